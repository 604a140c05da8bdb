import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from stattools.bounds import log_growth, vc
from stattools.exceptions import InvalidParameterError


# naive ---------------------------------------------------------------------------------------------------------------
@given(n=st.integers(1, 300), d=st.integers(1, 320))
def test_sauers_sum_in_whole_numbers(n, d):
    exact = math.log(sum(math.comb(n, i) for i in range(min(n, d) + 1)))
    assert log_growth(n, d) == pytest.approx(exact, rel=1e-12, abs=1e-12)  # gammaln, whose loss is added on top
    assert log_growth(n, d) >= exact - 1e-13 * max(exact, 1)


# property ------------------------------------------------------------------------------------------------------------
@given(n=st.integers(1, 10**6), d=st.integers(1, 2000))
def test_sauers_sum_is_the_smaller_count(n, d):
    assert log_growth(n, d) <= log_growth(n, d, closed=True) * (1 + 1e-12) + 1e-9  # lost digits of gammaln are added
    assert log_growth(n, d) <= n * math.log(2) * (1 + 1e-12)


@given(q=st.floats(0, 1), n=st.integers(1, 10**7), d=st.integers(1, 10**4), delta=st.floats(1e-9, 0.5))
def test_bounds_move_the_right_way(q, n, d, delta):
    for here, easier in zip(
        vc(q, n, d, "all", delta=delta), vc(q, n, d, "all", delta=min(2 * delta, 0.9)), strict=True
    ):
        assert q <= here.value and easier.value <= here.value
    for few, many in zip(vc(q, n, d, "all"), vc(q, n, d + 1, "all"), strict=True):
        assert few.value <= many.value
    for closed, sauer in zip(vc(q, n, d, "all"), vc(q, n, d, "all", growth="sauer"), strict=True):
        assert sauer.value <= closed.value * (1 + 1e-9)


def test_the_printed_form_is_kept_where_it_is_proved():
    # far from informative, the one-sided derivation is the larger of the two
    n, d = 50, 10
    printed = math.sqrt((log_growth(2 * n, d, closed=True) + math.log(80)) / n)
    assert vc(0.0, n, d).value > printed > 0.3
    n = 10**5
    printed = math.sqrt((log_growth(2 * n, d, closed=True) + math.log(80)) / n)
    assert vc(0.0, n, d).value == pytest.approx(printed, rel=1e-14) and printed < 0.3


def test_a_sum_of_too_many_terms_is_replaced_and_that_is_said():
    n, d = 10**12, 10**10
    assert log_growth(n, d) == log_growth(n, d, closed=True)
    for sauer, closed in zip(vc(0.1, n, d, "all", growth="sauer"), vc(0.1, n, d, "all"), strict=True):
        assert sauer.value == closed.value and not closed.notes
        assert any("Sauer's sum has 10000000001 terms" in note for note in sauer.notes)
    assert not vc(0.1, n, 10**5, growth="sauer").notes
    assert not vc(0.1, 10**5, 10**6, growth="sauer").notes[:-1]  # every labelling is possible: no sum is needed


# reference -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("method, value", [("vapnik", 0.083677426), ("relative", 0.069597679), ("mohri", 0.099059475)])
def test_reference_values(method, value):
    n, d, q = 10**5, 10, 0.05
    a = (d * math.log(2 * math.e * n / d) + math.log(80)) / n
    closed = {
        "vapnik": q + math.sqrt(a),
        "relative": q + 2 * math.sqrt(q * a) + 4 * a,
        "mohri": q + math.sqrt(2 * d * math.log(math.e * n / d) / n) + math.sqrt(math.log(20) / (2 * n)),
    }[method]
    assert vc(q, n, d, method).value == pytest.approx(closed, rel=1e-12)
    assert vc(q, n, d, method).value == pytest.approx(value, rel=1e-8)  # eight digits are printed


def test_rate():
    # ln n beside a constant flattens the slope; 0.05 leaves room for it from n = 1e8 on
    n = [10**8, 10**9, 10**10]
    gaps = [vc(0.1, m, 10).gap for m in n]
    assert np.polyfit(np.log(n), np.log(gaps), 1)[0] == pytest.approx(-0.5, abs=0.05)


# calibration ---------------------------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("method", ["vapnik", "relative", "mohri"])
def test_coverage_uniformly_over_thresholds(method):
    # labels are noise, so that every threshold has risk 1/2; the empirical risk is the smallest
    rng = np.random.default_rng(0)
    n, delta, repeats = 400, 0.2, 400
    failures = 0
    for _ in range(repeats):
        y = rng.integers(0, 2, n)  # in the order of x
        errors = np.concatenate([[0], np.cumsum(2 * y - 1)]) + np.sum(y == 0)
        failures += vc(errors.min() / n, n, 1, method, delta=delta).value < 0.5
    assert failures / repeats <= delta


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "arguments, words",
    [
        ((-0.1, 10, 1), "risk is -0.1"),
        ((0.1, 0, 1), "n is 0"),
        ((0.1, 10, 0), "dimension is 0"),
        ((0.1, 10, 1, "vapnic"), "did you mean"),
    ],
)
def test_what_is_refused(arguments, words):
    with pytest.raises(InvalidParameterError, match=words):
        vc(*arguments)
