"""Arbitrary input at the public functions of this area: a sound result or a documented error, nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from stattools import wls
from stattools.wls.poollaws import LAWS
from tests.test_hostile import ARRAYS, TAME, THINGS, outcome

SPACE = wls.PolynomialSpace("legendre", degree=2)
POOL = np.random.default_rng(0).normal(size=(20, 3))
DESIGN = wls.pool_design(POOL, 8, rng=1)

MODEST = THINGS.filter(lambda v: not (isinstance(v, float) and v > 1e5))  # a size of 1e16 is a fair MemoryError

SPACE_OPTIONS = ("index_set", "degree", "domain", "anisotropy", "q")
DESIGN_OPTIONS = (
    "n", "method", "delta", "condition", "max_tries", "safe_mixture", "n_candidates", "subsample_to", "reference",
    "n_simulations", "rng",
)  # fmt: skip
POOL_OPTIONS = (
    "n", "method", "data", "given", "cost", "must_include", "regularization", "p", "delta", "n_simulations", "rng",
)  # fmt: skip
FIT_OPTIONS = ("sample_weight", "design", "var_weights")


def check_design(design):
    if design is None:
        return
    assert (design.sampling_weights > 0).all() and np.isfinite(design.features).all()
    assert str(design) and repr(design).isprintable() and len(design.glance()) == 1
    assert type(design).from_json(design.to_json()) == design


# well formed and extreme ---------------------------------------------------------------------------------------------
@settings(max_examples=60)
@given(rows=TAME, n=st.integers(1, 9), method=st.sampled_from(sorted(LAWS)))
def test_pools_of_ties_zeros_and_extreme_scales(rows, n, method):
    options = {"regularization": 1.0} if method == "regularized_volume" else {}
    check_design(outcome(wls.pool_design, rows, n, method=method, n_simulations=5, rng=1, **options))


@settings(max_examples=40)
@given(rows=TAME, p=st.sampled_from([0.5, 1, 1.5, 2, 3, 4, 8]))
def test_scores_of_ties_zeros_and_extreme_scales(rows, p):
    for scores in (
        outcome(wls.leverage_scores, rows),
        outcome(wls.lewis_weights, rows, p),
        outcome(wls.lp_sensitivities, rows, max(p, 1)),
    ):
        if scores is not None:
            assert scores.shape == (len(rows),)
            assert (scores >= 0).all() and (scores <= 1 + 1e-8).all()  # rounding of a row with leverage 1


@settings(max_examples=40)
@given(rows=TAME, seed=st.integers(0, 5), cov_type=st.sampled_from(["nonrobust", "HC0", "HC1", "HC2", "HC3"]))
def test_fits_of_ties_zeros_and_extreme_scales(rows, seed, cov_type):
    y = np.random.default_rng(seed).normal(size=len(rows))
    fit = outcome(wls.WeightedLeastSquares(cov_type=cov_type).fit, rows, y)
    if fit is not None:
        result = fit.results_
        assert np.isfinite(result.params).all() and str(result) and repr(result).isprintable()
        assert type(result).from_json(result.to_json()) == result


# anything at all -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("option", SPACE_OPTIONS)
@settings(max_examples=30)
@given(thing=MODEST)
def test_any_option_of_a_space(option, thing):
    options = {"degree": 2, option: thing} if option != "index_set" else {option: thing}
    space = outcome(wls.PolynomialSpace, ["legendre", "trigonometric"], **options)
    if space is not None:
        assert space.evaluate(space.sample(2, rng=1)).shape == (2, space.dim)


@settings(max_examples=40)
@given(families=MODEST, points=ARRAYS)
def test_any_families_and_points(families, points):
    outcome(wls.PolynomialSpace, families, degree=1)
    values = outcome(SPACE.evaluate, points)
    assert values is None or np.isfinite(values).all()
    outcome(wls.SphericalHarmonicSpace(1).evaluate, points)
    outcome(wls.SphericalHarmonicSpace, families)
    outcome(wls.FunctionSpace, lambda x: x, points)


@pytest.mark.parametrize("option", DESIGN_OPTIONS)
@settings(max_examples=25)
@given(thing=MODEST)
def test_any_option_of_a_design(option, thing):
    options = {"n_simulations": 5, "rng": 1, "max_tries": 20, option: thing}
    check_design(outcome(wls.optimal_design, SPACE, **options))


@pytest.mark.parametrize("option", POOL_OPTIONS)
@settings(max_examples=25)
@given(thing=MODEST)
def test_any_option_of_a_pool_design(option, thing):
    options = {"n": 8, "n_simulations": 5, "rng": 1, option: thing}
    check_design(outcome(wls.pool_design, POOL, **options))


@settings(max_examples=40)
@given(thing=MODEST)
def test_any_pool(thing):
    check_design(outcome(wls.pool_design, thing, 3, n_simulations=5, rng=1))
    check_design(outcome(wls.optimal_design, thing, rng=1))


@settings(max_examples=40)
@given(m=THINGS, delta=THINGS, eta=THINGS)
def test_any_required_n(m, delta, eta):
    n = outcome(wls.required_n, m, delta, eta)
    assert n is None or n >= m


@pytest.mark.parametrize("option", FIT_OPTIONS)
@settings(max_examples=25)
@given(thing=MODEST)
def test_any_option_of_a_fit(option, thing):
    fit = outcome(wls.WeightedLeastSquares().fit, POOL, POOL[:, 0] + 1, **{option: thing})
    assert fit is None or np.isfinite(fit.coef_).all()


@settings(max_examples=40)
@given(X=THINGS, y=THINGS, n=MODEST)
def test_any_data_of_a_fit_and_any_extension(X, y, n):
    outcome(wls.WeightedLeastSquares().fit, X, y)
    outcome(wls.WeightedLeastSquares(SPACE).fit, X, y)
    check_design(outcome(DESIGN.extend, n))
