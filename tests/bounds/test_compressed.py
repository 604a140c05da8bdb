import math

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats

from stattools.bounds import compression
from stattools.exceptions import InvalidParameterError


# naive ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("n, k, errors, messages", [(30, 2, 3, 1), (100, 0, 0, 5), (50, 10, 40, 1), (200, 5, 7, 1000)])
def test_the_tail_at_the_bound_is_the_level(n, k, errors, messages):
    level = 0.05 / ((n + 1) * math.comb(n, k) * messages)
    bound = compression(errors, n, k, messages=messages)
    if errors == n - k:
        assert bound.value == 1 and bound.vacuous
    else:
        assert stats.binom.cdf(errors, n - k, bound.value) == pytest.approx(level, rel=1e-8)  # scipy's own tail


# property ------------------------------------------------------------------------------------------------------------
@given(n=st.integers(2, 10**6), data=st.data())
def test_the_exact_form_is_below_the_closed_one(n, data):
    k = data.draw(st.integers(0, min(n - 1, 3000)))
    errors = data.draw(st.integers(0, n - k))
    exact, closed = compression(errors, n, k), compression(errors, n, k, method="kl")
    assert exact.empirical_risk <= exact.value <= closed.value * (1 + 1e-12)
    assert compression(errors, n, k, messages=100).value >= exact.value
    assert compression(errors, n, k, messages=7).value == compression(errors, n, k, log_messages=math.log(7)).value


def test_many_kept_data_need_no_huge_whole_number():
    near, far = compression(10, 10**5, 2000), compression(10, 10**5, 2001)  # on both sides of the switch to gammaln
    assert near.value < far.value < near.value * 1.001


# reference -----------------------------------------------------------------------------------------------------------
def test_reference_values():
    # nine digits are printed
    assert compression(10, 1000, 20).value == pytest.approx(0.133687058, rel=1e-8)
    assert compression(10, 1000, 20, method="kl").value == pytest.approx(0.135602561, rel=1e-8)


# calibration ---------------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_coverage_of_a_threshold_through_the_best_point():
    # x uniform, label 1 above 0.3 with probability 0.9 and below it with 0.1; the rule keeps one point as threshold
    rng = np.random.default_rng(0)
    n, delta, repeats, failures = 60, 0.2, 400, 0
    for _ in range(repeats):
        x = np.sort(rng.random(n))
        y = rng.random(n) < np.where(x > 0.3, 0.9, 0.1)
        wrong = (x[None, :] >= x[:, None]) != y[None, :]
        np.fill_diagonal(wrong, False)
        best = int(np.argmin(wrong.sum(axis=1)))
        risk = 0.1 + 0.8 * abs(x[best] - 0.3)
        failures += compression(int(wrong[best].sum()), n, 1, delta=delta).value < risk
    assert failures / repeats <= delta


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "arguments, options, words",
    [
        ((1, 10, 10), {}, "k is 10; it must be at least 0 and at most 9"),
        ((9, 10, 2), {}, "errors is 9; it must be at least 0 and at most 8"),
        ((0.5, 10, 2), {}, "errors is 0.5; it must be a whole number"),
        ((1, 10, 2), {"messages": 0}, "messages is 0"),
        ((1, 10, 2), {"messages": 2, "log_messages": 1.0}, "not both"),
        ((1, 10, 2), {"delta": 2}, "delta is 2"),
    ],
)
def test_what_is_refused(arguments, options, words):
    with pytest.raises(InvalidParameterError, match=words):
        compression(*arguments, **options)
