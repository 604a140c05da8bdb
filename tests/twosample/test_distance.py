import numpy as np
import pytest

from stattools import Circle, DistributionArray, Graph, Interval, Sphere, isw_distance, isw_pairwise
from stattools.distributions import Identity
from stattools.exceptions import InvalidDataError, InvalidParameterError


# reference: closed forms, measure normalisation ---------------------------------------------------------
@pytest.mark.parametrize("gap", [0.1, 0.3, 0.5])
def test_point_masses_on_the_circle(gap):
    basis = Circle(1.0).eigenbasis(400)
    expected = gap**2 * (1 - gap) ** 2 / 12
    found = isw_distance([0.2], [0.2 + gap], basis=basis) ** 2
    # the truncated tail bounds the error from below
    assert expected - basis.truncation_bound <= found <= expected * (1 + 1e-10)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_point_masses_on_the_interval():
    basis = Interval(0, 1).eigenbasis(400)
    np.testing.assert_allclose(isw_distance([0.2], [0.7], basis=basis) ** 2, 0.0410416667, atol=1e-7)


@pytest.mark.parametrize("at, expected", [(0.0, 1 / 30), (0.2, 0.0248), (0.5, 0.0125)])
def test_point_mass_against_the_uniform_law_of_the_interval(at, expected):
    nodes = (np.arange(20_000) + 0.5) / 20_000
    found = isw_distance([at], nodes, domain=Interval(0, 1), n_eigenfunctions=60) ** 2
    np.testing.assert_allclose(found, expected, atol=2e-6)  # 60 eigenfunctions leave less than 2e-7, the grid the rest


def test_two_nodes():
    pair = Graph([[0, 1], [1, 0]])
    basis = pair.eigenbasis(1, normalization="volume", weighting=lambda eigenvalue: eigenvalue**-2)
    p, q = (DistributionArray.from_histogram([[a, 1 - a]], domain=pair) for a in (0.3, 0.8))
    np.testing.assert_allclose(isw_distance(p, q, basis=basis) ** 2, 2 * 0.5 / 4, rtol=1e-12)


def test_the_line_itself_gives_the_wasserstein_distance():
    import ot

    rng = np.random.default_rng(0)
    a, b = rng.normal(size=30), rng.normal(1.0, 2.0, size=47)
    np.testing.assert_allclose(isw_distance(a, b) ** 2, ot.wasserstein_1d(a, b, p=2), rtol=1e-12)
    np.testing.assert_allclose(isw_distance(a, b, basis=Identity()), isw_distance(a, b), rtol=1e-15)


# property --------------------------------------------------------------------------------------------
def test_quantile_levels_never_exceed_the_exact_distance_and_grow_to_it():
    rng = np.random.default_rng(0)
    a, b = Sphere.from_lonlat(rng.uniform(-180, 180, 40), rng.uniform(-60, 60, 40)), None
    b = Sphere.from_lonlat(rng.uniform(0, 180, 25), rng.uniform(-60, 60, 25))
    exact = isw_distance(a, b, domain=Sphere())
    levels = [isw_distance(a, b, domain=Sphere(), exact=False, n_quantiles=k) for k in (5, 10, 20, 40)]
    assert levels == sorted(levels) and levels[-1] <= exact * (1 + 1e-12)


def test_matrix_is_symmetric_with_zero_diagonal_and_equals_single_calls():
    rng = np.random.default_rng(0)
    x = DistributionArray.from_samples(rng.uniform(0, 1, (4, 15)), domain=Circle(1.0))
    found = isw_pairwise(x)
    np.testing.assert_allclose(found, found.T, atol=0)
    assert (np.diag(found) == 0).all()
    np.testing.assert_allclose(found[1, 2], isw_distance(x[1], x[2]), rtol=1e-12)
    np.testing.assert_allclose(isw_pairwise(x[:2], x[2:]), found[:2, 2:], rtol=1e-12)


# errors ----------------------------------------------------------------------------------------------
def test_mistakes_are_named():
    x = DistributionArray.from_samples([[0.1], [0.2]], domain=Circle(1.0))
    with pytest.raises(InvalidDataError, match="p holds 2 distributions; isw_pairwise"):
        isw_distance(x, x[0])
    with pytest.raises(InvalidDataError, match="x is list"):
        isw_pairwise([[1.0]])
    with pytest.raises(InvalidDataError, match="x lives on Circle"):
        isw_pairwise(x, DistributionArray.from_samples([[0.1]], domain=Interval(0, 1)))
    with pytest.raises(InvalidDataError, match="p has nan at index 1"):
        isw_distance([0.1, np.nan], [0.2], domain=Circle(1.0))
    with pytest.raises(InvalidParameterError, match="domain is 'circle'"):
        isw_distance([0.1], [0.2], domain="circle")
    with pytest.raises(InvalidDataError):
        isw_distance([0.1], [1.2], domain=Interval(0, 1))
    with pytest.raises(InvalidParameterError, match="exact is 'yes'"):
        isw_pairwise(x, exact="yes")


def test_a_table_that_takes_minutes_is_announced(monkeypatch):
    from stattools.exceptions import PerformanceWarning
    from stattools.twosample import distance

    x = DistributionArray.from_samples(np.random.default_rng(0).uniform(0, 1, (30, 20)), domain=Circle(1.0))
    monkeypatch.setattr(distance, "MANY_STEPS", 1e4)
    with pytest.warns(PerformanceWarning, match="435 exact distances .* exact=False"):
        isw_pairwise(x)
