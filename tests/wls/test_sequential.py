"""Drawn laws against closed forms and enumeration. Fixed seeds; a p-value above 1e-3 is asked for, as one test in a
thousand would fail by chance under another seed."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats

from stattools.exceptions import DegenerateDataError
from stattools.wls import PolynomialSpace, SphericalHarmonicSpace, _kernels, laws, sequential
from stattools.wls.poolsource import PoolSource
from stattools.wls.rows import orthonormal_rows
from stattools.wls.spaces import Draw
from tests import naive_wls

SPACES = {
    "legendre": PolynomialSpace("legendre", degree=9),
    "hermite": PolynomialSpace("hermite", degree=9),
    "laguerre": PolynomialSpace("laguerre", degree=7),
    "jacobi": PolynomialSpace(("jacobi", 1, 2), degree=7),
    "chebyshev": PolynomialSpace("chebyshev", degree=9),
    "trigonometric": PolynomialSpace("trigonometric", degree=3),
    "plane": PolynomialSpace(["legendre", "hermite"], degree=3),
}


def optimal_cdf(space, j):
    """Distribution function of input j under the optimal measure: the mixture of the induced laws."""
    family, degrees = space.univariate[j], space.indices[:, j]
    nodes, masses = family.quadrature(1200)
    order = np.argsort(nodes)
    squares = family.values(nodes, int(degrees.max()) + 1) ** 2
    density = squares[:, degrees].mean(axis=1) * masses
    steps = np.cumsum(density[order])
    return lambda x: np.interp(x, nodes[order], steps - density[order] / 2)


# naive ---------------------------------------------------------------------------------------------------------------
@given(rank=st.integers(1, 12), seed=st.integers(0, 2**32 - 1))
def test_acceptance_is_that_of_fresh_projections(rank, seed):
    rng = np.random.default_rng(seed)
    features, uniforms = rng.normal(size=(40, rank)), rng.random(40)
    basis, accepted = np.zeros((-(-rank // 8), rank, 8)), np.zeros(rank, dtype=np.int64)
    reached = 0
    for start in range(0, 40, 7):  # in pieces, as a draw that runs out of proposals goes on
        before = reached
        block = slice(start, start + 7)
        reached, _ = _kernels.accept_proposals(features[block], uniforms[block], basis, before, accepted)
        accepted[before:reached] += start
        if reached == rank:
            break
    assert accepted[:reached].tolist() == naive_wls.dpp_acceptance(features, uniforms, rank)
    vectors = basis.transpose(0, 2, 1).reshape(-1, rank)
    assert not vectors[reached:].any()
    np.testing.assert_allclose(vectors[:reached] @ vectors[:reached].T, np.eye(reached), atol=1e-13)


def test_a_pool_dpp_has_the_enumerated_law():
    X = np.random.default_rng(7).normal(size=(6, 2))
    source, generator = PoolSource(orthonormal_rows(X)), np.random.default_rng(8)
    sets, chances = naive_wls.volume_law(X, 2)
    counts = dict.fromkeys(sets, 0)
    for _ in range(20_000):
        counts[tuple(sorted(sequential.draw_dpp(source, generator).where.tolist()))] += 1
    assert stats.chisquare(list(counts.values()), chances * 20_000).pvalue > 1e-3


# property ------------------------------------------------------------------------------------------------------------
@pytest.mark.compiled
@pytest.mark.parametrize("name", SPACES)
def test_a_point_of_a_dpp_has_the_optimal_law(name):
    space, generator = SPACES[name], np.random.default_rng(11)
    points = np.array([sequential.by_rejection(space, generator).where[0] for _ in range(4000)])
    for j in range(space.n_inputs):
        assert stats.kstest(points[:, j], optimal_cdf(space, j)).pvalue > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("sampler", [sequential.by_rejection, sequential.draw_dpp])
@pytest.mark.parametrize("name", SPACES)
def test_a_point_of_a_dpp_has_the_optimal_law_in_many_draws(name, sampler):
    space, generator = SPACES[name], np.random.default_rng(12)
    points = np.array([sampler(space, generator).where[0] for _ in range(30_000)])
    for j in range(space.n_inputs):
        assert stats.kstest(points[:, j], optimal_cdf(space, j)).pvalue > 1e-3


@pytest.mark.compiled
@pytest.mark.parametrize("name", ["legendre", "hermite", "laguerre", "jacobi", "chebyshev"])
def test_random_matrices_and_rejection_draw_the_same_law(name):
    space, generator = SPACES[name], np.random.default_rng(13)
    first, second = (
        np.sort([draw().where[:, 0] for _ in range(2500)], axis=1)
        for draw in (lambda: space.draw_ensemble(generator), lambda: sequential.by_rejection(space, generator))
    )
    for k in range(space.dim):
        assert stats.ks_2samp(first[:, k], second[:, k]).pvalue > 1e-3


def test_random_matrices_know_the_domain_of_the_user():
    for family, domain in (("legendre", (5, 9)), (("hermite", 100, 0.1), None)):
        space, generator = PolynomialSpace(family, degree=5, domain=domain), np.random.default_rng(1)
        points = np.concatenate([space.draw_ensemble(generator).where for _ in range(400)])
        # mean of 2400 points whose spread is that of the optimal measure; DPP points vary less than independent ones
        nodes, masses = space.univariate[0].quadrature(40)
        density = masses * space.christoffel(nodes) / space.dim
        centre = density @ nodes
        assert abs(points.mean() - centre) < 4 * np.sqrt(density @ (nodes - centre) ** 2 / len(points))


@pytest.mark.compiled
@pytest.mark.parametrize("sampler", [sequential.by_rejection, sequential.draw_dpp])
def test_numbers_of_points_vary_as_a_dpp_does(sampler):
    space, generator = SPACES["legendre"], np.random.default_rng(14)
    counts = np.array([(sampler(space, generator).where >= 0).sum() for _ in range(4000)])
    nodes, masses = np.polynomial.legendre.leggauss(30)
    half = space.evaluate((nodes + 1) / 2)
    kernel = (half.T * masses / 4) @ half
    variance = np.trace(kernel) - np.trace(kernel @ kernel)
    assert variance == pytest.approx(0.2454, abs=5e-5)  # tr K - tr K^2 on [0, 1]; 2.5 for independent points
    assert counts.var() == pytest.approx(variance, abs=0.02)  # 4 standard errors of a variance over 4000 draws
    assert counts.mean() == pytest.approx(5.0, abs=0.032)


def test_harmonic_ensembles_keep_apart():
    space, generator = SphericalHarmonicSpace(4), np.random.default_rng(15)
    dpp = [space.sample(law="dpp", rng=k) for k in range(100)]
    independent = [space.draw_optimal(generator, space.dim).where for _ in range(100)]
    nearest = [np.mean([(p @ p.T - 2 * np.eye(len(p))).max() for p in designs]) for designs in (dpp, independent)]
    assert nearest[0] < 0.99 < nearest[1] and np.concatenate(dpp).mean(axis=0) == pytest.approx(0, abs=0.05)


def test_a_draw_has_random_order():
    """Position in the output tells nothing: the first accepted point would follow the optimal law, the last repel."""
    space, generator = SPACES["legendre"], np.random.default_rng(16)
    draws = np.array([sequential.by_rejection(space, generator).where[:, 0] for _ in range(3000)])
    assert stats.ks_2samp(draws[:, 0], draws[:, -1]).pvalue > 1e-3


@pytest.mark.compiled
@pytest.mark.parametrize("reference", ["optimal", "mixture"])
def test_volume_rescaled_draws_have_their_marginal(reference):
    space, generator = SPACES["legendre"], np.random.default_rng(17)
    share = 0.4 if reference == "mixture" else 0.0
    law = laws.Mixture(space, share)
    points = np.array([laws.volume_rescaled(space, 15, generator, law).where[3, 0] for _ in range(4000)])
    optimal = optimal_cdf(space, 0)
    from_mu = share * 5 / 15  # the 5 independent points of 15, a share of which comes from mu
    assert stats.kstest(points, lambda x: (1 - from_mu) * optimal(x) + from_mu * (x + 1) / 2).pvalue > 1e-3


@pytest.mark.compiled
@pytest.mark.parametrize("n, expected", [(10, 10 / 6), (15, 15 / 11)])
def test_mean_inverse_gram_of_volume_sampling(n, expected):
    space, generator = PolynomialSpace("legendre", degree=4), np.random.default_rng(18)
    found = np.array([np.trace(np.linalg.inv(laws.volume_rescaled(space, n, generator).gram)) / 5 for _ in range(6000)])
    assert found.mean() == pytest.approx(expected, abs=4 * found.std() / np.sqrt(6000))


def test_weights_of_a_mixture_are_capped():
    space, generator = PolynomialSpace("legendre", index_set=[1, 3]), np.random.default_rng(19)
    plain = laws.independent(space, 4000, generator).weights
    capped = laws.independent(space, 4000, generator, laws.Mixture(space, 0.25)).weights
    assert plain.max() > 40 and capped.max() <= 4
    assert capped.mean() == pytest.approx(1, abs=4 * capped.std() / np.sqrt(4000))  # an inverse density


def test_determinant_reweighting_of_independent_points_is_volume_sampling():
    space, generator = PolynomialSpace("legendre", degree=1), np.random.default_rng(20)
    by_rejection = [
        laws.determinant_reweighted(lambda g: laws.independent(space, 3, g), generator, 1000)[0].where[:, 0]
        for _ in range(4000)
    ]
    direct = [laws.volume_rescaled(space, 3, generator).where[:, 0] for _ in range(4000)]
    for of in (np.max, np.median):
        assert stats.ks_2samp([of(x) for x in by_rejection], [of(x) for x in direct]).pvalue > 1e-3


# errors --------------------------------------------------------------------------------------------------------------
def test_dependent_features_are_noticed():
    class Line:
        dim = 2

        def draw_optimal(self, generator, n):
            x = generator.random(n)
            return Draw(x, np.column_stack([x, 2 * x]))

        def draw_ensemble(self, generator):
            return None

    with pytest.raises(DegenerateDataError, match="stopped at 1 of 2 points .* linearly dependent"):
        sequential.draw_dpp(Line(), np.random.default_rng(0))
