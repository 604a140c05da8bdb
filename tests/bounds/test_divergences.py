import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats

from stattools.bounds import gaussian_kl, laplace_kl
from stattools.exceptions import InvalidDataError
from tests import naive_bounds_pac as naive

SCALES = st.floats(0.1, 10)


# naive ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("m, v, m0, v0", [(0.3, 2.0, -1.0, 0.5), (0.0, 1.0, 0.0, 1.5), (5.0, 0.1, 0.0, 4.0)])
def test_gaussian_equals_the_integral(m, v, m0, v0):
    integral = naive.density_kl(stats.norm(m, np.sqrt(v)), stats.norm(m0, np.sqrt(v0)))
    assert gaussian_kl(m, v, m0, v0) == pytest.approx(integral, rel=1e-8)  # quadrature's own tolerance


@pytest.mark.parametrize("m, b, m0, b0", [(0.3, 2.0, -1.0, 0.5), (0.0, 1.0, 0.0, 1.5), (5.0, 0.1, 0.0, 4.0)])
def test_laplace_equals_the_integral(m, b, m0, b0):
    posterior, prior = stats.laplace(m, b), stats.laplace(m0, b0)
    draws = posterior.ppf((np.arange(2_000_000) + 0.5) / 2_000_000)
    mean = np.mean(posterior.logpdf(draws) - prior.logpdf(draws))
    assert laplace_kl(m, b, m0, b0) == pytest.approx(mean, rel=1e-5)  # midpoint rule in probability with 2e6 cells


def test_full_covariance_equals_the_textbook_formula():
    rng = np.random.default_rng(0)
    a, b, m, m0 = rng.normal(size=(4, 4)), rng.normal(size=(4, 4)), rng.normal(size=4), rng.normal(size=4)
    s, s0 = a @ a.T + np.eye(4), b @ b.T + np.eye(4)
    inverse = np.linalg.inv(s0)
    textbook = 0.5 * (
        np.trace(inverse @ s) - 4 + (m - m0) @ inverse @ (m - m0) + np.log(np.linalg.det(s0) / np.linalg.det(s))
    )
    assert gaussian_kl(m, s, m0, s0) == pytest.approx(textbook, rel=1e-12)  # well conditioned, a few roundings


# property ------------------------------------------------------------------------------------------------------------
@given(m=st.floats(-5, 5), v=SCALES, v0=SCALES, d=st.integers(1, 4))
def test_isotropic_diagonal_and_full_agree(m, v, v0, d):
    mean, zero = np.full(d, m), np.zeros(d)
    expected = gaussian_kl(mean, v, zero, v0)
    assert gaussian_kl(mean, np.full(d, v), 0.0, v0) == pytest.approx(expected, rel=1e-13)
    full = gaussian_kl(mean, v * np.eye(d), zero, np.full(d, v0))
    assert full == pytest.approx(expected, rel=1e-9, abs=1e-13)  # near v = v0 the ratio has lost digits to a root


@given(m=st.floats(-5, 5), v=SCALES)
def test_it_is_zero_only_for_equal_laws(m, v):
    assert gaussian_kl(m, v, m, v) == laplace_kl(m, v, m, v) == 0
    assert gaussian_kl(m, v, m + 1, v) > 0 < laplace_kl(m, v, m, 2 * v)


def test_nearby_laws_keep_their_digits():
    # (1/2)(x - ln(1 + x)) = x^2/4 - x^3/6 + ...; a difference of logarithms would have no digit here
    x = 2.0**-30
    assert gaussian_kl(0.0, 1 + x, 0.0, 1.0) == pytest.approx(x**2 / 4 - x**3 / 6, rel=1e-12)
    assert laplace_kl(1e-9, 1.0, 0.0, 1.0) == pytest.approx(5e-19, rel=1e-6)  # t - 1 + exp(-t) by expm1


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "arguments, words",
    [
        (([0.0, 1.0], 1.0, [0.0, 1.0, 2.0], 1.0), "mean has 2 coordinates and prior_mean has 3"),
        (([0.0], 0.0, [0.0], 1.0), "variance has 0.0; each must be above 0"),
        (([0.0], 1.0, [0.0], -1.0), "prior_variance has -1.0"),
        (([0.0, 0.0], [[1.0, 2.0], [0.0, 1.0]], 0.0, 1.0), "variance is not symmetric"),
        (([0.0, 0.0], [[1.0, 2.0], [2.0, 1.0]], 0.0, 1.0), "variance is not positive definite"),
        (([0.0, np.nan], 1.0, 0.0, 1.0), "mean has nan at index 1"),
        (([0.0, 0.0], np.ones(3), 0.0, 1.0), "variance has 3 coordinates; there are 2"),
    ],
)
def test_what_does_not_fit_is_named(arguments, words):
    with pytest.raises(InvalidDataError, match=words):
        gaussian_kl(*arguments)
