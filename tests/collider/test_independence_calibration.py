"""Rejection rates of the independence tests over many simulated data sets."""

import numpy as np
import pytest
from scipy import stats

from stattools.collider import conditional_independence_test
from stattools.collider.independence_power import smallest_detectable
from tests.helpers import assert_in_binomial_band, binomial_band

pytestmark = pytest.mark.slow
METHODS = ("hsic", "dcor", "kci", "rcot", "gcm", "partial", "moment")
EXACT = ("hsic", "dcor", "rcot", "gcm", "partial", "moment")  # kci is hsic without a continuous b


def rejections(draw, method, *, repetitions, n_resamples=99, level=0.05):
    count = 0
    for repetition in range(repetitions):
        y, a, b = draw(np.random.default_rng([2024, repetition]))
        found = conditional_independence_test(y, a, b, method=method, n_resamples=n_resamples, rng=repetition)
        count += found.pvalue <= level
    return count


def assert_at_most(count, *, n, p):
    """Fewer rejections than a level of p makes plausible; conservative tests pass."""
    assert count <= binomial_band(n=n, p=p)[1], f"{count} of {n}"


# calibration: exact tests --------------------------------------------------------------------------------------------
def skewed(rng, n=30):
    return rng.exponential(size=n), rng.standard_t(3, size=(n, 2)), None


def by_category(rng, n=40):
    codes = rng.integers(3, size=n)
    y, a = codes**2 + rng.exponential(size=n) * (1 + codes), codes + rng.standard_t(3, size=n) * (1 + codes)
    return y, a, codes.astype(str)


@pytest.mark.parametrize("draw", [skewed, by_category])
@pytest.mark.parametrize("method", EXACT)
def test_permutation_tests_have_their_level(method, draw):
    count = rejections(draw, method, repetitions=1000)
    assert_in_binomial_band(count, n=1000, p=0.05)


@pytest.mark.parametrize("n", [50, 200])
def test_level_of_hsic_at_the_sizes_of_the_power_study(n):
    def draw(rng):
        return rng.normal(size=n), rng.normal(size=(n, 2)), None

    count = rejections(draw, "hsic", repetitions=1000)
    assert_in_binomial_band(count, n=1000, p=0.05)
    assert count <= 70


# calibration: a continuous b -----------------------------------------------------------------------------------------
def confounded(rng, n=200):
    b, e, f = rng.normal(size=(3, n))
    return np.cos(2 * b) + b + 0.5 * f, np.sin(2 * b) + e, b


def confounded_by_three(rng, n=200):
    b = rng.normal(size=(n, 3))
    e, f = rng.normal(size=(2, n))
    return b[:, 0] * b[:, 1] + np.sin(b[:, 2]) + f, np.sin(b.sum(axis=1)) + e, b


def linear(rng, n=200):
    b, e, f = rng.normal(size=(3, n))
    return b + f, b + e, b


def unequal_variances(rng, n=200):
    b, e, f = rng.normal(size=(3, n))
    return b**2 + np.exp(b / 2) * f, b + np.exp(b / 2) * e, b


@pytest.mark.parametrize("method", ["hsic", "dcor", "kci", "rcot", "gcm", "moment"])
@pytest.mark.parametrize("draw", [confounded, confounded_by_three])
def test_level_under_nonlinear_confounding(method, draw):
    # approximate tests: rates between .02 and .06 were measured
    assert_at_most(rejections(draw, method, repetitions=400), n=400, p=0.06)


def test_level_of_partial_under_linear_confounding():
    assert_in_binomial_band(rejections(linear, "partial", repetitions=1000), n=1000, p=0.05)


def test_partial_takes_nonlinear_confounding_for_dependence():
    def draw(rng):
        b, e, f = rng.normal(size=(3, 200))
        return b**2 + f, b**2 + e, b

    assert rejections(draw, "partial", repetitions=20) == 20


def changing_with_a(rng, n=80):
    b, e, f = rng.normal(size=(3, n))
    a = b + e
    return b + np.sqrt(0.2 + a**2) * f, a, b


def test_partial_takes_a_variance_that_depends_on_a_for_dependence():
    # a rate of .157 in 300 was measured, and .073 by the moment test
    assert rejections(changing_with_a, "partial", repetitions=200) > 0.1 * 200
    assert_at_most(rejections(changing_with_a, "moment", repetitions=400), n=400, p=0.07)


@pytest.mark.parametrize("method", ["kci", "rcot", "gcm", "moment"])
def test_level_when_b_changes_variances(method):
    assert_at_most(rejections(unequal_variances, method, repetitions=400), n=400, p=0.07)


def test_residual_permutation_takes_common_variances_for_dependence():
    assert rejections(unequal_variances, "hsic", repetitions=40) >= 10


def test_moment_test_allows_for_dependence_that_leaves_the_mean_alone():
    def draw(rng):
        a = rng.normal(size=200)
        return np.abs(a) * rng.normal(size=200), a, None

    # the null E[y|a] = E[y] holds, independence does not: valid for large n
    assert_at_most(rejections(draw, "moment", repetitions=400), n=400, p=0.06)
    assert rejections(draw, "hsic", repetitions=40) >= 35


# calibration: power --------------------------------------------------------------------------------------------------
def test_power_of_hsic_against_a_line_and_a_parabola():
    def line(rng):
        a = rng.normal(size=(200, 3))
        return 0.3 * a[:, 0] + rng.normal(size=200), a, None

    def parabola(rng):
        a = rng.normal(size=200)
        return 0.5 * (a**2 - 1) + rng.normal(size=200), a, None

    assert rejections(line, "hsic", repetitions=200) >= 120
    assert rejections(parabola, "hsic", repetitions=200) >= 190
    assert rejections(parabola, "moment", repetitions=200) >= 190


@pytest.mark.parametrize("method", ["hsic", "dcor", "kci", "rcot", "gcm", "moment"])
def test_power_given_b(method):
    def draw(rng):
        y, a, b = confounded(rng)
        return y + 0.3 * a, a, b

    assert rejections(draw, method, repetitions=50) >= 35


@pytest.mark.parametrize(("n", "q"), [(50, 1), (100, 3), (400, 2)])
def test_smallest_detectable_is_detected_as_often_as_stated(n, q):
    """Linear effects of random normal columns, F-test by least squares."""
    target = smallest_detectable(n, q, variance=1.0)
    rng = np.random.default_rng(n)
    repetitions = 4000
    critical = stats.f.isf(0.05, q, n - q - 1)
    count = 0
    slopes = np.full(q, np.sqrt(target.squared_norm / q))
    for _ in range(repetitions):
        a = rng.normal(size=(n, q))
        y = a @ slopes + np.sqrt(1 - target.squared_norm) * rng.normal(size=n)
        basis = np.linalg.qr(a - a.mean(axis=0))[0]
        e = y - y.mean()
        explained = np.sum((basis.T @ e) ** 2)
        count += explained / q / ((e @ e - explained) / (n - q - 1)) > critical
    # random columns make the mean square of the effect vary, by which up to .03 of power is lost or gained
    assert abs(count / repetitions - 0.8) < 0.03
