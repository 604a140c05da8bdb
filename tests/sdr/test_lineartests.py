"""Laws and p-values of linear reductions: weighted chi-squared sums, dimension, coordinate and permutation tests."""

import warnings

import numpy as np
import pytest
from scipy import stats

from stattools.exceptions import AssumptionWarning
from stattools.resampling import RowPermutation
from stattools.sdr.candidates import Problem, candidate, eigenpairs, eigenvalues, slice_deviations
from stattools.sdr.chisquares import weighted_chi2_sf
from stattools.sdr.linear import PHD, SAVE, SIR, DirectionalRegression
from stattools.sdr.linear_permutation import Rearranged
from stattools.sdr.lineartests import dimension_tests
from tests.helpers import assert_in_binomial_band

LEVEL = 0.05


# reference: sums of chi-squared variables ----------------------------------------------------------------------------
@pytest.mark.parametrize("q", [0.1, 1.0, 5.0, 20.0, 45.0])
def test_pairs_of_equal_weights_have_a_closed_form(q):
    # w chi2_2 is exponential of mean 2 w: a sum of three different ones is hypoexponential
    w = np.array([1.0, 0.6, 0.1])
    rates = 1 / (2 * w)
    terms = [np.prod([r / (r - s) for r in rates if r != s]) * np.exp(-s * q) for s in rates]
    found = weighted_chi2_sf(q, w, np.array([2.0, 2.0, 2.0]))
    assert found == pytest.approx(sum(terms), abs=2e-8)  # as the docstring promises


def test_equal_weights_and_scale():
    assert weighted_chi2_sf(7.0, np.full(5, 2.0)) == pytest.approx(stats.chi2.sf(3.5, 5), rel=1e-12)
    w = np.array([3.0, 1.0, 0.2])
    assert weighted_chi2_sf(9.0, w) == pytest.approx(weighted_chi2_sf(90.0, 10 * w), abs=2e-8)
    assert weighted_chi2_sf(9.0, np.append(w, 1e-20)) == weighted_chi2_sf(9.0, w)
    assert weighted_chi2_sf(0.0, w) == 1.0 and weighted_chi2_sf(1.0, np.zeros(2)) == 1.0
    assert weighted_chi2_sf(1e4, w) < 1e-9


def test_many_weights_against_simulation():
    rng = np.random.default_rng(1)
    w = rng.exponential(size=30)
    draws = rng.chisquare(1, size=(200_000, 30)) @ w
    for q in np.quantile(draws, [0.1, 0.5, 0.9, 0.99]):
        share = np.mean(draws > q)
        # four standard errors of a share of 200,000
        assert weighted_chi2_sf(q, w) == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / 200_000) + 1e-8)


# naive ---------------------------------------------------------------------------------------------------------------
def white(seed=1, n=80, p=4):
    z = np.random.default_rng(seed).standard_normal((n, p))
    return np.linalg.qr(z - z.mean(axis=0))[0] * np.sqrt(n)


def test_candidates_against_their_definitions():
    z, codes = white(), np.repeat(np.arange(4), 20)
    means = [z[codes == h].mean(axis=0) for h in range(4)]
    seconds = [z[codes == h].T @ z[codes == h] / 20 for h in range(4)]
    eye = np.eye(4)
    between = sum(np.outer(m, m) for m in means) / 4
    np.testing.assert_allclose(candidate(Problem("sir", z, codes)), between, atol=1e-13)
    within = [s - np.outer(m, m) for s, m in zip(seconds, means, strict=True)]
    save = sum((eye - v) @ (eye - v) for v in within) / 4
    np.testing.assert_allclose(candidate(Problem("save", z, codes)), save, atol=1e-13)
    # pairs of slices: A = 2 I - E((z - z')(z - z')' | slices of both), and E(A A)
    pairs = [
        2 * eye - seconds[h] - seconds[k] + np.outer(means[h], means[k]) + np.outer(means[k], means[h])
        for h in range(4)
        for k in range(4)
    ]
    directional = sum(a @ a for a in pairs) / 16
    np.testing.assert_allclose(candidate(Problem("directional", z, codes)), directional, atol=1e-12)
    y = np.random.default_rng(2).standard_normal(80)
    response = (y - y.mean())[:, None]
    hessian = sum(r * np.outer(row, row) for r, row in zip(response[:, 0], z, strict=True)) / 80
    problem = Problem("phd", z, responses=response, variant="response")
    np.testing.assert_allclose(candidate(problem), hessian, atol=1e-13)


def test_statistics_against_their_definitions():
    z, codes = white(), np.repeat(np.arange(4), 20)
    for method in ("sir", "save", "directional"):
        problem = Problem(method, z, codes)
        found = eigenpairs(candidate(problem))
        tests = dimension_tests(problem, found)
        for d in range(len(tests.statistics)):
            rest = found.vectors[:, d:]
            deviations = slice_deviations(z, codes, about_means=True)
            squares = 40 * sum(np.sum((rest.T @ a @ rest) ** 2) for a in deviations)
            if method == "sir":
                assert tests.statistics[d] == pytest.approx(80 * found.values[d:].sum())
            elif method == "save":
                assert tests.statistics[d] == pytest.approx(squares)
            else:
                assert tests.statistics[d] >= squares - 1e-9


@pytest.mark.parametrize("d", [0, 1, 2])
def test_rearranged_predictors_keep_the_first_directions_and_the_covariance(d):
    z, codes = white(), np.repeat(np.arange(4), 20)
    problem = Problem("sir", z, codes)
    found = eigenpairs(candidate(problem))
    rearranged = Rearranged(problem, found, d)
    same = rearranged.predictors(np.arange(80))
    np.testing.assert_allclose(same, z @ found.vectors, atol=1e-12)
    order = RowPermutation(1, n=80).draw(np.random.default_rng(1), 1)[0]
    moved = rearranged.predictors(order)
    np.testing.assert_array_equal(moved[:, :d], rearranged.first)
    np.testing.assert_allclose(moved.T @ moved / 80, np.eye(4), atol=1e-12)
    left = 80 * eigenvalues(candidate(problem, moved))[d:].sum()
    assert rearranged(order[None])[0] == pytest.approx(left)


# calibration ---------------------------------------------------------------------------------------------------------
N = 200
KINDS = {
    "SIR": SIR(2),
    "SAVE": SAVE(2),
    "DR": DirectionalRegression(2),
    "pHd residual": PHD(2),
    "pHd response": PHD(2, response="response"),
    "pHd quadratic": PHD(2, response="quadratic"),
}
SEES_TREND = ("SIR", "DR")
LARGE = {"SAVE": 800, "DR": 800}
"""Rows from which the laws of second moments in slices are judged: with 200 in nine slices SAVE is conservative, its
chi-squared test of independence rejected 24 of 1000 data sets at level .05 (9 and 15 in two runs of 500)."""


def data_of(seed, n=N, p=4):
    rng = np.random.default_rng(seed)
    return rng, rng.standard_normal((n, p)) @ (np.eye(p) + 0.3)


def response_of(x, name, d, rng):
    """No direction, or the first predictor alone, in a way that the method sees."""
    if d == 0:
        return rng.standard_normal(len(x))
    u = x[:, 0] / 1.3
    return (u if name in SEES_TREND else u**2) + 0.4 * rng.standard_normal(len(x))


def fitted(model, x, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AssumptionWarning)
        return model.fit(x, y).results_


@pytest.mark.slow
@pytest.mark.parametrize("d", [0, 1])
@pytest.mark.parametrize("name", KINDS)
def test_dimension_tests_hold_their_level(name, d):
    """Null: at most d directions, normal predictors, d = 0 (independence) or 1."""
    n_sets, rejections = 500, np.zeros(2, int)
    for seed in range(n_sets):
        rng, x = data_of([seed, d], n=LARGE.get(name, N))
        tests = fitted(KINDS[name], x, response_of(x, name, d, rng)).tests
        rejections += np.array([tests.weighted_pvalues[d] <= LEVEL, tests.chi2_pvalues[d] <= LEVEL])
    # weighted tests estimate fourth moments and are conservative, so only the upper end is held for them
    assert rejections[0] <= stats.binom.isf(0.0005, n_sets, LEVEL)
    assert_in_binomial_band(rejections[1], n=n_sets, p=LEVEL)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SAVE", "DR"])
def test_tests_of_second_moments_are_conservative_with_few_rows(name):
    """Null: independence, 200 normal rows in nine slices."""
    n_sets, rejections = 500, np.zeros(2, int)
    for seed in range(n_sets):
        rng, x = data_of([seed, 0])
        tests = fitted(KINDS[name], x, rng.standard_normal(N)).tests
        rejections += np.array([tests.weighted_pvalues[0] <= LEVEL, tests.chi2_pvalues[0] <= LEVEL])
    assert (rejections <= stats.binom.isf(0.0005, n_sets, LEVEL)).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SIR", "pHd residual", "SAVE"])
def test_weighted_tests_hold_their_level_where_the_chi_squared_law_does_not(name):
    """Null: independence of X and y, with exponential predictors."""
    n_sets, rejections = 300, 0
    for seed in range(n_sets):
        rng = np.random.default_rng([seed, 3])
        x = rng.exponential(size=(N, 3))
        rejections += fitted(KINDS[name], x, rng.standard_normal(N)).tests.weighted_pvalues[0] <= LEVEL
    assert rejections <= stats.binom.isf(0.0005, n_sets, LEVEL)


@pytest.mark.slow
def test_a_trend_breaks_the_chi_squared_law_of_the_response_and_not_the_weighted_one():
    """Null: no direction of the average Hessian, with a linear link."""
    n_sets, weighted, plain = 300, 0, 0
    for seed in range(n_sets):
        rng, x = data_of([seed, 4])
        tests = KINDS["pHd response"].fit(x, x[:, 0] + 0.5 * rng.standard_normal(N)).results_.tests
        weighted += tests.weighted_pvalues[0] <= LEVEL
        plain += tests.chi2_pvalues[0] <= LEVEL
    assert weighted <= stats.binom.isf(0.0005, n_sets, LEVEL) < plain


@pytest.mark.slow
@pytest.mark.parametrize("law", ["weighted", "chi2"])
@pytest.mark.parametrize("name", ["SIR", "SAVE"])
def test_coordinate_tests_hold_their_level(name, law):
    """Null: columns 2 and 3 have no part in the one direction; normal predictors."""
    n_sets, rejections = 500, 0
    for seed in range(n_sets):
        rng, x = data_of([seed, 5])
        result = KINDS[name].fit(x, response_of(x, name, 1, rng)).results_
        rejections += result.coordinate_test([1, 2], law=law).pvalue <= LEVEL
        assert seed or result.coordinate_test(0, law=law).pvalue < 1e-3
    assert_in_binomial_band(rejections, n=n_sets, p=LEVEL)


@pytest.mark.slow
@pytest.mark.parametrize("d", [0, 1])
@pytest.mark.parametrize("name", KINDS)
def test_permutation_tests_hold_their_level(name, d):
    """Null: independence (d = 0, where the test is exact), or what is left beside one direction is noise (d = 1)."""
    n_sets, rejections = 150, 0
    for seed in range(n_sets):
        rng, x = data_of([seed, 6 + d], n=100, p=3)
        result = fitted(KINDS[name], x, response_of(x, name, d, rng))
        rejections += result.permutation_test(d, n_resamples=39, rng=seed).pvalue <= LEVEL
    assert_in_binomial_band(rejections, n=n_sets, p=LEVEL)


@pytest.mark.slow
def test_a_permutation_test_with_a_ridge_is_exact():
    """Null: independence, more columns than rows."""
    n_sets, rejections = 300, 0
    for seed in range(n_sets):
        rng, x = data_of([seed, 8], n=20, p=30)
        result = SIR(1, ridge=0.5).fit(x, rng.exponential(size=20)).results_
        rejections += result.permutation_test(n_resamples=39, rng=seed).pvalue <= LEVEL
    assert_in_binomial_band(rejections, n=n_sets, p=LEVEL)


@pytest.mark.slow
def test_sequential_tests_choose_too_many_as_rarely_as_their_level():
    """One direction: two or more are kept with at most the probability of the level."""
    n_sets, many = 300, 0
    for seed in range(n_sets):
        rng, x = data_of([seed, 9])
        many += SIR().fit(x, response_of(x, "SIR", 1, rng)).n_components_ > 1
    assert many <= stats.binom.isf(0.0005, n_sets, LEVEL)
