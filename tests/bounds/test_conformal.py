"""What calibration sets promise, and the p-value of Hoeffding and Bentkus."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats

from stattools import bounds
from stattools.bounds import (
    binary_kl,
    binomial_tail_inverse,
    conformal,
    conformal_coverage,
    conformal_risk_control,
    hoeffding_bentkus,
)
from stattools.exceptions import InvalidDataError, InvalidParameterError, StattoolsError
from stattools.results import Result
from tests.helpers import assert_snapshot
from tests.test_hostile import ARRAYS, THINGS, outcome

SCORES = np.random.default_rng(0).normal(size=300)
THRESHOLDS = np.linspace(0, 1, 21)


def missed(scores):
    return (scores[:, None] > THRESHOLDS).astype(float)


# naive ---------------------------------------------------------------------------------------------------------------
@given(st.integers(1, 200), st.floats(0.01, 0.99), st.floats(1e-6, 0.5))
def test_coverage_is_a_quantile_of_a_beta_law(n, alpha, delta):
    product = alpha * (n + 1)
    if abs(product - round(product)) < 1e-9:
        return  # rounding decides which law it is
    excluded = min(math.floor(product), n)
    wanted = 1.0 if excluded == 0 else stats.beta.ppf(delta, n + 1 - excluded, excluded)
    assert conformal_coverage(n, alpha, delta) == pytest.approx(wanted, rel=1e-7, abs=1e-10)  # scipy's error


@given(st.integers(1, 300), st.floats(0, 1), st.floats(0.01, 0.99))
def test_the_p_value_is_its_formula(n, risk, alpha):
    k = math.ceil(n * risk)
    if abs(n * risk - round(n * risk)) < 1e-9:
        k = round(n * risk)
    hoeffding = math.exp(-n * binary_kl(min(risk, alpha), alpha))
    bentkus = math.e * stats.binom.cdf(k, n, alpha)
    assert hoeffding_bentkus(risk, n, alpha) == pytest.approx(min(hoeffding, bentkus, 1), rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.3])
def test_the_threshold_is_the_sorted_score(alpha):
    result = conformal(SCORES, alpha=alpha)
    rank = math.ceil((1 - alpha) * 301)
    assert result.components["threshold"] == np.sort(SCORES)[rank - 1]
    assert np.sum(SCORES > result.components["threshold"]) == 300 - rank


# property ------------------------------------------------------------------------------------------------------------
@given(st.integers(1, 500), st.floats(0.01, 0.5), st.floats(1e-4, 0.4), st.floats(1e-4, 0.4))
def test_coverage_falls_with_confidence(n, alpha, first, second):
    strict, loose = sorted((first, second))
    assert conformal_coverage(n, alpha, strict) <= conformal_coverage(n, alpha, loose) + 1e-12


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 0.99))
def test_p_values_rise_with_the_risk(first, second, alpha):
    low, high = sorted((first, second))
    assert hoeffding_bentkus(low, 100, alpha) <= hoeffding_bentkus(high, 100, alpha) * (1 + 1e-9)


def test_miscoverage_is_a_binomial_limit():
    assert conformal(SCORES, alpha=0.1).value == pytest.approx(binomial_tail_inverse(29, 300, 0.05), rel=1e-14)


def test_sets_of_everything():
    result = conformal([1.0, 2.0, 3.0], alpha=0.1)
    assert result.components["threshold"] == math.inf and result.value == 0.0
    assert conformal_coverage(3, 0.1) == 1.0
    assert Result.from_json(result.to_json()) == result


def test_risk_control_takes_the_first_parameter_that_suffices():
    scores = np.random.default_rng(1).random(200)
    result = conformal_risk_control(missed(scores), THRESHOLDS, alpha=0.2)
    means = missed(scores).mean(axis=0)
    enough = (200 * means + 1) / 201 <= 0.2
    assert result.components["parameter"] == THRESHOLDS[np.argmax(enough)]
    assert result.value == 0.2 and result.kind == "expectation" and result.delta is None
    adjusted = result.components["adjusted risk"]
    assert adjusted == pytest.approx((200 * result.empirical_risk + 1) / 201, rel=1e-14) and adjusted <= 0.2
    assert Result.from_json(result.to_json()) == result
    assert any("no loss can exceed alpha = 0.2" in text for text in result.assumptions)
    # of 0-1 losses it is the conformal set
    fine = np.unique(np.concatenate([scores, [0.0, 1.0]]))
    control = conformal_risk_control(scores[:, None] > fine, fine, alpha=0.2)
    assert control.components["parameter"] == conformal(scores, alpha=0.2).components["threshold"]


def test_risk_control_takes_the_last_parameter_where_none_suffices():
    # one point, whose largest loss of 1 alone makes the adjusted risk 1/2
    result = conformal_risk_control([[1, 0.5, 0]], [0, 1, 2], alpha=0.1)
    assert result.components["parameter"] == 2 and result.value == 0.1
    assert result.components["adjusted risk"] == 0.5 and "by assumption, not by these data" in result.notes[0]
    assert "note: no parameter has an adjusted risk" in str(result)
    assert conformal_risk_control([[1, 0.5, 0]], [0, 1, 2], alpha=0.5).notes == ()


# reference -----------------------------------------------------------------------------------------------------------
def test_known_values():
    assert conformal_coverage(1000, 0.1, 0.05) == pytest.approx(0.8840755, abs=5e-8)
    assert hoeffding_bentkus(0.08, 1000, 0.1) == pytest.approx(0.0478732234, abs=5e-11)


def test_logarithms_of_tiny_p_values():
    log_p = hoeffding_bentkus(0.1, 10**6, 0.5, log=True)
    assert -math.inf < log_p < -3e5 and hoeffding_bentkus(0.1, 10**6, 0.5) == 0.0
    assert log_p <= -(10**6) * binary_kl(0.1, 0.5)
    np.testing.assert_allclose(
        hoeffding_bentkus([0.0, 0.5], 30, 0.4, log=True), np.log(hoeffding_bentkus([0.0, 0.5], 30, 0.4)), rtol=1e-12
    )


# print ---------------------------------------------------------------------------------------------------------------
def test_printed_forms():
    assert_snapshot(str(conformal(SCORES, alpha=0.1)), "bounds_conformal.txt")
    scores = np.random.default_rng(1).random(200)
    control = conformal_risk_control(missed(scores), THRESHOLDS, alpha=0.2)
    assert_snapshot(str(control), "bounds_conformal_risk_control.txt")


# calibration ---------------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_coverage_given_the_calibration_set():
    rng, repeats = np.random.default_rng(8), 2000
    held = 0
    for _ in range(repeats):
        result = conformal(rng.random(100), alpha=0.1, delta=0.1)
        held += 1 - result.components["threshold"] <= result.value  # uniform scores: miscoverage is known
    # exact for scores without ties
    assert abs(held - 0.9 * repeats) <= 3.3 * math.sqrt(repeats * 0.09)


@pytest.mark.slow
def test_risk_control_on_average():
    rng, repeats = np.random.default_rng(9), 2000
    parameters = [conformal_risk_control(missed(rng.random(60)), THRESHOLDS, alpha=0.2) for _ in range(repeats)]
    risks = np.array([1 - result.components["parameter"] for result in parameters])
    assert risks.mean() <= 0.2 + 3 * risks.std() / math.sqrt(repeats)


@pytest.mark.slow
@pytest.mark.parametrize("n", [3, 4, 6, 10])
def test_risk_control_of_few_points_holds_with_those_where_the_last_is_taken(n):
    """The average over all calibration sets, of which many admit no parameter but the last."""
    rng, repeats = np.random.default_rng(11), 4000
    results = [conformal_risk_control(missed(rng.random(n)), THRESHOLDS, alpha=0.2) for _ in range(repeats)]
    risks = np.array([1 - result.components["parameter"] for result in results])
    last = sum(bool(result.notes) for result in results)
    assert last == repeats if n == 3 else (last == 0 if n == 10 else last < repeats)
    assert risks.mean() <= 0.2 + 3 * risks.std() / math.sqrt(repeats)


@pytest.mark.slow
@pytest.mark.parametrize("alpha", [0.1, 0.5])
def test_the_p_value_is_valid(alpha):
    rng, repeats = np.random.default_rng(10), 20_000
    for risks in (rng.binomial(50, alpha, repeats) / 50, rng.beta(alpha, 1 - alpha, (repeats, 50)).mean(axis=1)):
        p = hoeffding_bentkus(risks, 50, alpha)
        for level in (0.01, 0.1):
            assert np.mean(p <= level) <= level + 3 * math.sqrt(level / repeats)


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: conformal([]), InvalidDataError, "scores is empty"),
        (lambda: conformal([1, math.nan]), InvalidDataError, "scores has nan at index 1"),
        (lambda: conformal([1, 2], alpha=0), InvalidParameterError, "alpha is 0"),
        (lambda: conformal([1, 2], delta=1), InvalidParameterError, "delta is 1"),
        (lambda: conformal_coverage(0, 0.1), InvalidDataError, "n has 0.0"),
        (lambda: conformal_coverage(10, 1.0), InvalidParameterError, "alpha has 1.0; it must be in (0, 1)"),
        (lambda: conformal_coverage(10, 0.1, 0.0), InvalidParameterError, "delta has 0.0"),
        (lambda: hoeffding_bentkus(2, 10, 0.1), InvalidDataError, "risk has 2.0"),
        (lambda: hoeffding_bentkus(0.1, 10, [0.1, 0.2], log=1), InvalidParameterError, "log is 1"),
        (lambda: conformal_risk_control([[1, 0]], [0.5]), InvalidDataError, "(1, 2) for 1 parameters"),
        (lambda: conformal_risk_control([[1, 0]], [1, 0]), InvalidDataError, "parameters does not increase"),
        (lambda: conformal_risk_control([[0, 1]], [0, 1]), InvalidDataError, "row 0, column 1; it is above the one"),
        (lambda: conformal_risk_control([[2, 1]], [0, 1]), InvalidDataError, "must be in [0, 1]"),
        (lambda: conformal_risk_control([[1, 0]], [0, 1], alpha="a"), InvalidParameterError, "alpha is 'a'"),
        (lambda: conformal_risk_control([[0.3], [0.7]], [1], alpha=0.6), InvalidDataError, "losses has 0.7 at row 1"),
        (lambda: conformal_risk_control([[0]] * 40 + [[1]], [1]), InvalidDataError, "at or below alpha: add one"),
    ],
)
def test_errors_say_what_was_wrong(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value) and isinstance(caught.value, StattoolsError)


@given(ARRAYS, THINGS, THINGS)
def test_arbitrary_input(array, a, b):
    for result in (
        outcome(conformal, array, alpha=a),
        outcome(conformal, array, alpha=0.3, delta=b),
        outcome(conformal_risk_control, array, a, alpha=b),
    ):
        if result is not None:
            assert str(result) and type(result).from_json(result.to_json()) == result
    for value in (outcome(conformal_coverage, a, b), outcome(hoeffding_bentkus, a, 20, b)):
        if value is not None:
            assert np.all((np.asarray(value) >= 0) & (np.asarray(value) <= 1))


def test_public_names():
    for name in ("test_set", "confidence_sequence", "conformal", "hoeffding_bentkus", "kl_inverse", "risk_limit"):
        assert callable(getattr(bounds, name)) and name in bounds.__all__
