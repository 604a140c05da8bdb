"""Pairs of distributions with known predictors: are the predictors those of the laws, and the laws those stated?"""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from stattools import DistributionArray
from stattools.exceptions import InvalidParameterError
from stattools.simulate import sdr as module
from stattools.simulate.sdr import MODELS, distribution_regression

TWO = {
    "wasserstein_mean_spread", "wasserstein_mean_gamma", "hellinger_mean_spread", "moments_mean_gamma",
    "vector_mean_spread", "vector_mean_gamma", "plane_mean_spread", "plane_mean_gamma", "plane_hellinger",
    "plane_mean_narrow",
}  # fmt: skip
SHAPES = np.array([[0.4, 0.7], [2.0, 3.0], [1.5, 0.2], [6.0, 1.0]])


# reference -----------------------------------------------------------------------------------------------------------
def test_wasserstein_distances_are_integrals_of_quantile_functions():
    found = module.wasserstein_distances(*SHAPES.T)
    for (a, b), row in zip(SHAPES, found, strict=True):
        for (c, d), value in zip(module.BETA_REFERENCES, row, strict=True):
            squared = integrate.quad(lambda p: (stats.beta.ppf(p, a, b) - stats.beta.ppf(p, c, d)) ** 2, 0, 1)[0]  # noqa: B023
            # trapezoids of 0.01 beside the infinite slopes at both ends: 3 in 1000
            assert abs(value - math.sqrt(squared)) < 3e-3


def test_hellinger_and_divergence_are_integrals_of_densities():
    hellinger, divergence = module.squared_hellinger(*SHAPES.T), module.divergence(*SHAPES.T)
    for (a, b), row, found in zip(SHAPES, hellinger, divergence, strict=True):
        f = stats.beta(a, b)
        for (c, d), value in zip(module.BETA_REFERENCES, row, strict=True):
            g = stats.beta(c, d)
            overlap = integrate.quad(lambda x: math.sqrt(f.pdf(x) * g.pdf(x)), 0, 1)[0]  # noqa: B023
            assert abs(value - (1 - overlap)) < 1e-6  # of the quadrature, at integrable poles
        g = stats.beta(*module.BETA_REFERENCES[1])
        integral = integrate.quad(lambda x: g.pdf(x) * (g.logpdf(x) - f.logpdf(x)), 0, 1)[0]  # noqa: B023
        assert abs(found[0] - integral) < 1e-6
    np.testing.assert_allclose(hellinger[1, 1], 0, atol=1e-15)  # the reference itself
    np.testing.assert_allclose(divergence[1], 0, atol=1e-15)


def test_hellinger_of_normal_laws_is_an_integral():
    found = module.squared_hellinger_normal(np.array([0.7]), np.array([0.3]))[0]
    for mean, variance, value in zip(module.CLOUD_MEANS, module.CLOUD_VARIANCES, found, strict=True):
        overlap = 1.0
        for m, v in zip(mean, variance, strict=True):  # coordinates are independent
            f, g = stats.norm(0.7, math.sqrt(0.3)), stats.norm(m, math.sqrt(v))
            overlap *= integrate.quad(lambda x: math.sqrt(f.pdf(x) * g.pdf(x)), -12, 12)[0]  # noqa: B023
        assert abs(value - (1 - overlap)) < 1e-8  # of the quadrature


def test_functions_of_the_plane_by_hand():
    # a = 1, b = 1/4: (2 + 1)^2 + (1/2 - 1)^2 + (1/2 - 1/sqrt 2)^2 and (2 - 1)^2 + the same
    spread = 0.25 + (0.5 - math.sqrt(0.5)) ** 2
    np.testing.assert_allclose(module.summed_squares(np.ones(1), np.array([0.25]))[0], [9 + spread, 1 + spread])


def test_moments_of_beta_laws():
    found = module._moments(*SHAPES.T)
    known = [[stats.beta(a, b).moment(1), stats.beta(a, b).moment(2)] for a, b in SHAPES]
    np.testing.assert_allclose(found, known, rtol=1e-12)


@pytest.mark.parametrize("d", [0.3, 1.0, 3.0])
def test_truncated_gamma_has_its_law(d):
    draws = module.truncated_gamma(np.random.default_rng(1), np.full(4000, d)).ravel()
    law = stats.gamma(d**2, scale=1 / d)
    low, high = law.cdf(module.LEAST_VARIANCE), law.cdf(module.LARGEST_VARIANCE)
    pvalue = stats.kstest(draws, lambda x: np.clip((law.cdf(x) - low) / (high - low), 0, 1)).pvalue
    assert pvalue > 1e-3  # one fixed seed


def test_a_gamma_law_far_outside_its_limits_is_at_the_nearer_one():
    draws = module.truncated_gamma(np.random.default_rng(1), np.array([40.0, 20.0]))
    np.testing.assert_array_equal(draws[0], module.LARGEST_VARIANCE)
    assert np.all((draws[1] > 1.9) & (draws[1] <= 2.0))  # still by its quantile function: within some 1 / 180 of it


# the laws of responses ----------------------------------------------------------------------------------------------
def test_one_predictor_is_the_centre_of_responses():
    pairs = distribution_regression("wasserstein_mean", 2000, 40, rng=1)
    rest = pairs.Y.mean().ravel() - pairs.predictors[:, 0]
    variance = 0.2**2 + 1 / 40  # of the shift, and of a mean of 40 draws
    assert abs(rest.mean()) < 4 * math.sqrt(variance / 2000)
    assert abs(rest.var() / variance - 1) < 4 * math.sqrt(2 / 2000)


def test_spread_of_responses_is_that_of_the_second_predictor():
    pairs = distribution_regression("wasserstein_mean_spread", 500, 200, rng=2)
    samples = np.array([pairs.Y.atoms(i)[0].ravel() for i in range(500)])
    ratio = samples.var(axis=1, ddof=1) / np.exp(pairs.predictors[:, 1] ** 2) ** 2
    assert abs(ratio.mean() - 1) < 4 * math.sqrt(2 / 199 / 500)  # each is chi-squared over 199


def test_numbers_as_responses():
    pairs = distribution_regression("scalar_wave", 3000, 2, rng=3)
    rest = pairs.Y - pairs.predictors[:, 0]
    assert abs(rest.std() / 0.1 - 1) < 4 / math.sqrt(6000)


def test_samples_are_those_of_the_predictors():
    """Mean and second moment of X estimate the predictors of the model that is about these."""
    pairs = distribution_regression("moments_mean_gamma", 200, 1000, rng=4)
    samples = np.array([pairs.X.atoms(i)[0].ravel() for i in range(200)])
    estimates = np.column_stack([samples.mean(axis=1), (samples**2).mean(axis=1)])
    errors = np.column_stack([samples.std(axis=1), (samples**2).std(axis=1)]) / math.sqrt(1000)
    assert np.abs((estimates - pairs.predictors) / errors).max() < 4.5  # 400 normal errors


def test_principal_axes_in_the_plane():
    """The covariance of Y has its axes on the diagonals, with the variances |N(d2, 0.1)| in ratio to d2 near 1."""
    pairs = distribution_regression("plane_mean_narrow", 400, 100, rng=5)
    samples = np.array([pairs.Y.atoms(i)[0] for i in range(400)])
    for sign in (1.0, -1.0):
        along = (samples @ np.array([1.0, sign]) / math.sqrt(2)).var(axis=1, ddof=1)
        large = pairs.predictors[:, 1] > 1  # where the normal law is far from 0
        ratio = along[large] / pairs.predictors[large, 1]
        assert abs(ratio.mean() - 1) < 4 * ratio.std() / math.sqrt(large.sum())


# property ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("model", MODELS)
def test_every_model_gives_pairs_of_the_stated_kinds(model):
    pairs = distribution_regression(model, 40, 15, rng=1)
    assert repr(pairs).startswith(f"<DistributionPairs: 40 of {model}, X ") and len(repr(pairs)) < 90
    assert pairs.model == model and len(pairs.X) == len(pairs.Y) == 40
    assert pairs.predictors.shape == (40, 2 if model in TWO else 1)
    assert np.isfinite(pairs.predictors).all()
    for side, plain in ((pairs.X, "vector"), (pairs.Y, "scalar")):
        if model.startswith(plain):
            assert np.isfinite(side).all() and side.shape == ((40, 10) if plain == "vector" else (40,))
        else:
            assert isinstance(side, DistributionArray) and (side.n_atoms == 15).all()
            assert side.dimension == (2 if model.startswith("plane") else 1)


@pytest.mark.parametrize("model", MODELS)
def test_one_seed_gives_the_same_bits(model):
    first, second = (distribution_regression(model, 6, 5, rng=7) for _ in range(2))
    np.testing.assert_array_equal(first.predictors, second.predictors)
    for one, other in ((first.X, second.X), (first.Y, second.Y)):
        if isinstance(one, DistributionArray):
            one, other = (np.concatenate([side.atoms(i)[0] for i in range(6)]) for side in (one, other))
        np.testing.assert_array_equal(one, other)


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "options", [{"model": "d2d_ex1"}, {"n": 0}, {"m": 0}, {"n": 2.5}, {"rng": -1}], ids=lambda o: next(iter(o))
)
def test_bad_options(options):
    with pytest.raises(InvalidParameterError):
        distribution_regression(**options)
