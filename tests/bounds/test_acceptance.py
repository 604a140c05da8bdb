"""What the whole area promises of bad input, of orders between bounds, and of rates; one place for each list."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, strategies as st
from sklearn.tree import DecisionTreeClassifier
from statsmodels.stats.proportion import proportion_confint

from stattools import bounds
from stattools.bounds import binary_kl, binomial_tail_inverse, bound_curve, kl_inverse, supersample
from stattools.exceptions import AssumptionWarning, StattoolsError
from tests.bounds.supersamples import antithetic, trained

HALF = antithetic(np.random.default_rng(0), 2, 4, 3)
LOSSES = np.random.default_rng(1).random((2, 4, 3, 2)).round()


# property ------------------------------------------------------------------------------------------------------------
@given(st.floats(0, 1), st.floats(1e-12, 5))
def test_the_divergence_at_the_inverse_is_what_was_asked_for(q, c):
    v = kl_inverse(q, c)
    if v < 1.0 and c >= 1e-9 * q * (1 - q):  # below, the divergence itself is not known to 1e-10
        assert binary_kl(q, v) >= c * (1 - 1e-10)


def test_the_fast_rate_and_the_root_have_no_order():
    root = lambda risk, nats: 2.0 * bounds.information_gap(risk, nats, method="square_root")  # of one loss
    assert bounds.information_gap(0.05, 0.01, method="fast_rate") < root(0.05, 0.01)
    assert bounds.information_gap(1.0, 0.5, method="fast_rate") > root(1.0, 0.5)


def test_the_smaller_of_two_estimates_is_seen_below_the_gap_and_warned_of():
    """It selects downward noise: bounds from it fail where those of the symmetrized table cannot."""
    below = {"minimum": 0, "symmetrized": 0}
    for seed in range(40):
        rng = np.random.default_rng(seed)
        masks = antithetic(rng, 5, 10, 5)
        losses = (rng.random((*masks.shape, 2)) < np.where(trained(masks), 0.02, 0.25)).astype(float)
        for columns in below:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                bound = supersample(losses, masks, methods="fast_rate", columns=columns)["fast_rate"]
            assert any(issubclass(w.category, AssumptionWarning) for w in caught) is (columns == "minimum")
            assert bool(bound.diagnostic) is (columns == "minimum")
            below[columns] += bound.gap < bound.components["empirical_gap"] - 1e-12
    assert below["symmetrized"] == 0 and below["minimum"] > 0


# reference -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("alpha", [0.1, 0.05, 1e-3])
def test_two_sided_binomial_limits_are_those_of_statsmodels(alpha):
    for n in (1, 7, 100, 2000):
        for k in sorted({0, 1, n // 3, n - 1, n}):
            low, high = proportion_confint(k, n, alpha=alpha, method="beta")
            interval = bounds.test_set(errors=k, n=n, delta=alpha, alternative="two-sided").interval
            # limits that do not exist are 0 and 1; beta quantiles are good to 1e-9
            assert tuple(interval) == pytest.approx((low, high), rel=1e-6, abs=1e-12)
    assert binomial_tail_inverse(7, 7, alpha) == 1.0


@pytest.mark.parametrize(
    "name, options, slope, tolerance",
    [
        ("hoeffding", {"risk": 0.1}, -0.5, 0.05),
        ("binomial", {"risk": 0.1}, -0.5, 0.05),
        ("binomial", {}, -1.0, 0.05),
        ("kl", {}, -1.0, 0.05),
        ("bernstein", {"variance": 0.0}, -1.0, 0.05),
        ("occam", {"log_prior": -100.0}, -1.0, 0.05),
        ("vc_vapnik", {"dimension": 10, "risk": 0.1}, -0.5, 0.1),
        ("xu_raginsky", {"information": 3.0}, -0.5, 0.01),
    ],
)
def test_rates(name, options, slope, tolerance):
    """Slopes in n of the logarithm of the gap; logarithms of n bend those of VC bounds."""
    n = np.array([10**5, 10**6, 10**7, 10**8])
    gaps = bound_curve(name, n, **options).gaps[0, 0]
    assert np.polyfit(np.log(n), np.log(gaps), 1)[0] == pytest.approx(slope, abs=tolerance)


# errors --------------------------------------------------------------------------------------------------------------
def masks_of(value):
    masks = HALF.copy()
    masks[0, 0, 0] = value
    return masks


def experiment(**options):
    x = np.random.default_rng(0).standard_normal((40, 2))
    settings = {"n": 5, "k1": 1, "k2": 2, "random_state": 0, "progress": False} | options
    return bounds.supersample_experiment(DecisionTreeClassifier(), x, (x[:, 0] > 0).astype(int), **settings)


BAD = {
    "risk above 1": (lambda: bounds.pac_bayes(1.1, 1.0, 100), "risk"),
    "risk below 0": (lambda: bounds.vc(-0.1, 100, 2), "risk"),
    "risk NaN": (lambda: bounds.rademacher(math.nan, 0.1, 100), "risk"),
    "risk of a limit": (lambda: bounds.risk_limit(1.5, 100), "risk"),
    "more errors than data": (lambda: bounds.test_set(errors=11, n=10), "errors"),
    "more errors than trials": (lambda: binomial_tail_inverse(11, 10, 0.05), "k"),
    "more errors than remain": (lambda: bounds.compression(9, 10, 2), "errors"),
    "n 0": (lambda: bounds.test_set(errors=0, n=0), "n"),
    "n negative": (lambda: bounds.pac_bayes(0.1, 1.0, -5), "n"),
    "n not whole": (lambda: bounds.occam(0.1, 10.5, log_prior=-1.0), "n"),
    "delta 0": (lambda: bounds.test_set(errors=0, n=10, delta=0.0), "delta"),
    "delta 1": (lambda: bounds.vc(0.1, 100, 2, delta=1.0), "delta"),
    "delta NaN": (lambda: bounds.stability(0.1, 0.01, 100, delta=math.nan), "delta"),
    "KL negative": (lambda: bounds.pac_bayes(0.1, -1.0, 100), "kl"),
    "KL NaN": (lambda: bounds.pac_bayes(0.1, math.nan, 100), "kl"),
    "masks of 2": (lambda: supersample(LOSSES, masks_of(2)), "masks"),
    "masks of one half": (lambda: supersample(LOSSES, HALF + 0.5), "masks"),
    "masks of another shape": (lambda: supersample(LOSSES, HALF[:, :, :2]), "masks"),
    "odd k2": (lambda: experiment(k2=3), "k2"),
    "loss above the range": (lambda: supersample(2 * LOSSES, HALF), "losses"),
    "loss below the range": (lambda: bounds.test_set([-0.1, 0.2], method="kl"), "losses"),
    "predictions missing": (lambda: supersample(LOSSES, HALF, methods="f_cmi"), "predictions"),
    "tau 1": (lambda: bounds.contrastive(0.5, 100, tau=1.0, radius=1.0, complexity=1.0), "tau"),
    "supersample larger than the data": (lambda: experiment(n=21), "n"),
    "lambda 0": (lambda: bounds.pac_bayes(0.1, 1.0, 100, "lambda", lam=0.0), "lam"),
    "lambda 2": (lambda: bounds.pac_bayes(0.1, 1.0, 100, "lambda", lam=2.0), "lam"),
    "beta 0": (lambda: bounds.pac_bayes(0.1, 1.0, 100, "catoni", beta=0.0), "beta"),
    "beta negative": (lambda: bounds.pac_bayes(0.1, 1.0, 100, "catoni", beta=-1.0), "beta"),
    "no losses": (lambda: bounds.test_set([]), "losses"),
    "no supersamples": (lambda: supersample(LOSSES[:0], HALF[:0]), "losses"),
    "no scores": (lambda: bounds.conformal([]), "scores"),
    "nothing to compare": (lambda: bounds.compare(), "results"),
    "NaN losses": (lambda: bounds.test_set([0.1, math.nan]), "losses"),
    "NaN losses of a supersample": (lambda: supersample(LOSSES + math.nan, HALF), "losses"),
    "interpolating with training errors": (
        lambda: supersample(1 - 0 * LOSSES, HALF, methods="interpolating"), "training risk"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_a_value_error_that_names_the_parameter(name):
    call, parameter = BAD[name]
    with pytest.raises(ValueError, match=rf"\b{parameter}\b") as caught:
        call()
    assert isinstance(caught.value, StattoolsError)


def test_predictions_that_are_missing_are_a_type_error_too():
    with pytest.raises(TypeError, match="predictions is None; f_cmi needs"):
        supersample(LOSSES, HALF, methods="f_cmi")


def test_missing_losses_of_a_supersample_are_never_left_out():
    with pytest.raises(TypeError, match="nan_policy"):
        supersample(LOSSES, HALF, nan_policy="omit")
    assert bounds.test_set([0.1, math.nan], method="kl", nan_policy="omit").n == 1


def test_masks_that_are_constant_in_a_row_warn():
    masks = HALF.copy()
    masks[0, :, 0] = 1
    with pytest.warns(AssumptionWarning, match="all 0 or all 1 in 1 of 6 rows"):
        table = supersample(LOSSES, masks)
    assert all(bound.diagnostic for bound in table)


@pytest.mark.parametrize(
    "call",
    [
        lambda: bounds.pac_bayes(0.1, math.inf, 100),
        lambda: bounds.mutual_information(math.inf, 100, risk=0.1),
        lambda: bounds.stability(0.1, math.inf, 100),
        lambda: bounds.occam(0.1, 100, prior=0.0),
    ],
    ids=["KL", "information", "stability", "prior"],
)
def test_infinity_promises_nothing(call):
    bound = call()
    assert bound.value == 1.0 and bound.vacuous


def test_a_delta_that_looks_like_a_confidence_level_is_explained():
    for bound in (bounds.test_set(errors=3, n=100, delta=0.95), bounds.pac_bayes(0.1, 1.0, 100, delta=0.95)):
        assert bound.notes[0].startswith("delta = 0.95 is the probability that the bound fails")
    assert bounds.test_set(errors=3, n=100, delta=0.5).notes == ()
