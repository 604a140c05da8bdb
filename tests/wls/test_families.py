import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats
from scipy.optimize import brentq

from stattools.exceptions import InvalidParameterError
from stattools.wls import families
from tests import naive_wls

FAMILIES = {
    "legendre": ("legendre", (-2, 5)),
    "chebyshev": ("chebyshev", None),
    "jacobi": (("jacobi", 1, 2), (0, 3)),
    "jacobi, singular": (("jacobi", -0.5, 0.75), None),
    "hermite": (("hermite", 10, 3), None),
    "laguerre": (("laguerre", 1.5), None),
    "laguerre, singular": (("laguerre", -0.5), None),
    "trigonometric": ("trigonometric", (0, 24)),
}


@pytest.fixture(params=FAMILIES)
def family(request):
    return families.parse(*FAMILIES[request.param])


# naive ---------------------------------------------------------------------------------------------------------------
@given(degree=st.integers(0, 12), share=st.floats(0.001, 0.999))
@pytest.mark.parametrize("name", FAMILIES)
def test_values_are_those_of_the_classical_polynomials(name, degree, share):
    family = families.parse(*FAMILIES[name])
    x = np.array([np.quantile(family.quadrature(40)[0], share)])
    expected = naive_wls.orthonormal_value(family.name, family.parameters, degree, family.to_standard(x)[0])
    # the classical formulas cancel: about 1e-10 of the size of the terms
    np.testing.assert_allclose(family.values(x, 13)[0, degree], expected, rtol=1e-9, atol=1e-9)


# property ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("n_degrees", [1, 2, 25, 61])
def test_functions_are_orthonormal_under_the_quadrature(family, n_degrees):
    nodes, masses = family.quadrature(max(2, n_degrees + 1))
    values = family.values(nodes, n_degrees)
    # rounding in sums of products that cancel, seen at most 2e-13 (singular Jacobi)
    np.testing.assert_allclose((values.T * masses) @ values, np.eye(n_degrees), atol=2e-12)


def test_draws_from_the_measure_have_its_moments(family):
    draws = family.sample(np.random.default_rng(1), 40_000)
    values = family.values(draws, 3)[:, 1:]
    # mean 0 and standard deviation 1 of each function: 4 standard errors of a mean of 40,000
    np.testing.assert_allclose(values.mean(axis=0), 0, atol=4 / 200)


def test_standard_points_and_back(family):
    x = family.quadrature(9)[0]
    np.testing.assert_allclose(family.from_standard(family.to_standard(x)), x, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("n_degrees", [1, 5, pytest.param(40, marks=pytest.mark.compiled)])
def test_induced_quantiles_invert_the_exact_distribution_function(family, n_degrees):
    """The distribution function of p_k^2 dmu at quantiles, against its integral by substitution on a fine rule."""
    levels = np.linspace(0.01, 0.99, 25)
    for k in {0, n_degrees // 2, n_degrees - 1}:
        x = family.induced(np.full(25, k), levels, n_degrees)
        fine = _fine_distribution(family, k, x)
        # the docstring of the table promises 1e-8; the rest is the fine rule
        np.testing.assert_allclose(fine, levels, atol=3e-8)


def _fine_distribution(family, k, x):
    """Integrals of p_k^2 dmu up to each x by Gauss-Legendre on 400 pieces, over the integral up to the upper end."""
    to_point, density, start, stop = _coordinate(family)
    ends = [*(brentq(lambda s, z=z: to_point(s) - z, start, stop, xtol=1e-15) for z in family.to_standard(x)), stop]
    nodes, masses = np.polynomial.legendre.leggauss(20)
    found = []
    for end in ends:
        edges = np.linspace(start, end, 401)
        s = ((edges[1:] + edges[:-1])[:, None] + np.diff(edges)[:, None] * nodes).ravel() / 2
        w = np.repeat(np.diff(edges) / 2, 20) * np.tile(masses, 400)
        found.append((w * family._standard_values(to_point(s), k + 1)[:, k] ** 2 * density(s)).sum())
    return np.array(found[:-1]) / found[-1]


def _coordinate(family):
    """A coordinate in which the density of the measure is smooth, the density in it, and its range."""
    if family.name == "hermite":
        return lambda s: s, stats.norm.pdf, -40.0, 40.0
    if family.name == "laguerre":
        alpha = family.parameters[0]
        return lambda s: s**4, lambda s: s ** (4 * alpha + 3) * np.exp(-(s**4)), 0.0, 300**0.25
    if family.name == "trigonometric":
        return lambda s: s, np.ones_like, 0.0, 1.0
    alpha, beta = family.exponents
    power = 10 if beta < -0.5 else 1  # the angle is a power of the coordinate

    def density(s):
        half = s**power / 2
        return np.cos(half) ** (2 * alpha + 1) * np.sin(half) ** (2 * beta + 1) * s ** (power - 1)

    return lambda s: -np.cos(s**power), density, 0.0, np.pi ** (1 / power)


def test_a_singular_jacobi_table_is_as_good_as_numbers_near_the_end_allow():
    family = families.parse(("jacobi", 0.3, -0.9), None)
    levels = np.linspace(0.05, 0.95, 19)
    x = family.induced(np.full(19, 3), levels, 6)
    # near -1 the mass of 1e-16 is (1e-16)^0.1 = 2.5 percent: no double can be nearer
    np.testing.assert_allclose(_fine_distribution(family, 3, x), levels, atol=0.03)


# reference -----------------------------------------------------------------------------------------------------------
def test_gauss_rules_are_those_of_numpy():
    for name, rule in (
        ("legendre", np.polynomial.legendre.leggauss),
        ("hermite", np.polynomial.hermite_e.hermegauss),
        ("laguerre", np.polynomial.laguerre.laggauss),
    ):
        nodes, masses = families.parse(name, None).quadrature(20)
        theirs, weights = rule(20)
        np.testing.assert_allclose(nodes, theirs, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(masses, weights / weights.sum(), rtol=1e-10)  # numpy's weights


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "family, domain, message",
    [
        ("legndre", None, "did you mean 'legendre'"),
        (("jacobi", 1), None, r'jacobi is written \("jacobi", alpha, beta\)'),
        (("legendre", 1), None, 'legendre is written "legendre"'),
        (("jacobi", -1, 0), None, "alpha of jacobi is -1"),
        (("hermite", 0, 0), None, "sd of hermite is 0"),
        ("hermite", (-1, 1), "hermite, which is unbounded"),
        ("legendre", (1, 1), "the first must be below the second"),
        ("legendre", (0, np.inf), "domain of legendre is inf; it must be finite"),
        ("legendre", 3, r"it takes \(low, high\)"),
        (7, None, "it takes names such as 'legendre'"),
    ],
)
def test_bad_families_are_refused(family, domain, message):
    with pytest.raises(InvalidParameterError, match=message):
        families.parse(family, domain)
