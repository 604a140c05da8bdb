import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import special, stats

from stattools import simulate
from stattools.domains import Grid
from stattools.exceptions import InvalidParameterError
from stattools.simulate.collections import _around, _line_counts, _tangents
from tests.helpers import assert_in_binomial_band

COLLECTIONS = {
    "von_mises": simulate.von_mises_collections,
    "line": simulate.line_collections,
    "cylinder": simulate.cylinder_collections,
    "sphere": simulate.sphere_collections,
    "graph": simulate.graph_collections,
}


def parts(array):
    """All points and masses, end to end, whatever the storage."""
    atoms = [array.atoms(i) for i in range(len(array))]
    return np.concatenate([points for points, _ in atoms]), np.concatenate([masses for _, masses in atoms])


def same(a, b):
    return all(np.array_equal(p, q) for p, q in zip(parts(a), parts(b), strict=True))


# every design ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", COLLECTIONS)
def test_the_same_seed_gives_the_same_bits(name):
    first, again = (COLLECTIONS[name](4, 3, shift=0.3, rng=7) for _ in range(2))
    assert [len(array) for array in first] == [4, 3]
    assert all(same(a, b) for a, b in zip(first, again, strict=True))
    assert not same(first[0], COLLECTIONS[name](4, 3, shift=0.3, rng=8)[0])


@pytest.mark.parametrize("name", COLLECTIONS)
def test_the_first_collection_depends_on_neither_n2_nor_shift(name):
    assert same(COLLECTIONS[name](4, 3, rng=7)[0], COLLECTIONS[name](4, 9, shift=0.5, rng=7)[0])


@pytest.mark.parametrize("name", COLLECTIONS)
def test_the_two_collections_are_not_copies_of_each_other(name):
    assert not same(*COLLECTIONS[name](4, 4, rng=7))


@pytest.mark.parametrize("name", COLLECTIONS)
def test_a_generator_moves_on_and_a_seed_sequence_does_not(name):
    generator, sequence = np.random.default_rng(1), np.random.SeedSequence(1)
    assert not same(COLLECTIONS[name](3, 3, rng=generator)[0], COLLECTIONS[name](3, 3, rng=generator)[0])
    assert same(COLLECTIONS[name](3, 3, rng=sequence)[0], COLLECTIONS[name](3, 3, rng=sequence)[0])


@pytest.mark.parametrize("name", COLLECTIONS)
@pytest.mark.parametrize("options", [{"n1": 0}, {"n2": 1.5}, {"size": 0}, {"shift": np.nan}, {"rng": -1}])
def test_options_are_checked(name, options):
    with pytest.raises(InvalidParameterError, match=next(iter(options))):
        COLLECTIONS[name](**options)


@pytest.mark.parametrize(
    "name, options",
    [
        ("von_mises", {"kappa": -1}),
        ("von_mises", {"spread": -0.1}),
        ("line", {"shift": -1}),
        ("cylinder", {"kappa": np.inf}),
        ("sphere", {"kappa_between": -1}),
        ("graph", {"shift": 1.1}),
        ("graph", {"concentration": 0}),
    ],
)
def test_ranges_are_checked(name, options):
    with pytest.raises(InvalidParameterError, match=next(iter(options))):
        COLLECTIONS[name](**options)


@settings(max_examples=25, deadline=None)
@given(
    n1=st.integers(1, 3),
    size=st.integers(1, 5),
    kappa=st.sampled_from([0.0, 1e-12, 1e-8, 1.0, 700.0, 1e9]),
    shift=st.sampled_from([-1e9, -1.0, 0.0, 1e9]),
    seed=st.integers(0, 2**32 - 1),
)
def test_extreme_settings_give_points_inside_the_domain(n1, size, kappa, shift, seed):
    # the constructors refuse points that are not finite or outside, so building is the assertion
    for design in (simulate.von_mises_collections, simulate.cylinder_collections, simulate.sphere_collections):
        x, y = design(n1, 1, shift=shift, kappa=kappa, size=size, rng=seed)
        assert len(x) == n1 and len(y) == 1


def test_public_names_resolve():
    assert set(dir(simulate)) == set(simulate.__all__)
    assert all(callable(getattr(simulate, name)) for name in simulate.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        simulate.nothing


# circle ---------------------------------------------------------------------------------------------
def test_von_mises_moments():
    x, y = simulate.von_mises_collections(1, 1, shift=1.0, size=200_000, spread=0.0, kappa=2.0, rng=1)
    for array, mean in ((x, 0.0), (y, 1.0)):
        resultant = np.exp(1j * np.ravel(array.atoms(0)[0])).mean()
        # 4.5 standard errors; each coordinate of a unit vector has a standard deviation below 1
        np.testing.assert_allclose(resultant, special.iv(1, 2) / special.iv(0, 2) * np.exp(1j * mean), atol=0.0101)


def test_units_spread_around_the_shift():
    _, y = simulate.von_mises_collections(1, 4000, shift=0.5, kappa=1e9, size=1, spread=0.1, rng=2)
    angles = np.angle(np.exp(1j * np.ravel(parts(y)[0])))
    assert stats.kstest(angles, stats.norm(0.5, 0.1).cdf).pvalue > 1e-4


# line -----------------------------------------------------------------------------------------------
def test_line_counts_and_support():
    x, _ = simulate.line_collections(3, 2, size=250, rng=1)
    points, _ = x.atoms(0)
    np.testing.assert_array_equal(np.ravel(points), np.arange(1, 31) / 31)
    np.testing.assert_array_equal(x.totals, 250)
    assert x.is_shared


def test_line_intensity_is_the_stated_curve():
    counts = _line_counts(4000, 2.0, 1000, np.random.default_rng(3))
    t = np.arange(1, 31) / 31
    curve = 13.638 + 2.0 + 6.5 * np.cos(2 * np.pi * t)
    # rows are normalised one by one; the curvature of that is far below 1.5 %, the tolerance
    np.testing.assert_allclose(counts.mean(axis=0), 1000 * curve / curve.sum(), rtol=0.015)


def test_a_shift_flattens_the_line_histograms():
    x, y = simulate.line_collections(200, 200, shift=5.0, rng=4)
    spread = [parts(array)[1].reshape(200, 30).mean(axis=0).std() for array in (x, y)]
    assert spread[1] < 0.85 * spread[0]


# cylinder -------------------------------------------------------------------------------------------
def test_cylinder_law_given_the_angle():
    _, y = simulate.cylinder_collections(1, 1, size=100_000, shift=3.0, kappa=1.0, rng=5)
    angle, height = y.atoms(0)[0].T  # centred far from both rims, so that clipping does not matter
    design = np.c_[np.ones(len(angle)), np.cos(angle), np.sin(angle)]
    slopes, rest, *_ = np.linalg.lstsq(design, height, rcond=None)
    # five standard errors, near 1 / sqrt(size) times the residual deviation
    np.testing.assert_allclose(slopes[1:], 0.5, atol=0.02)
    np.testing.assert_allclose(rest / len(angle), 0.5, atol=0.012)


def test_cylinder_heights_outside_are_moved_to_the_rim():
    x, _ = simulate.cylinder_collections(50, 1, rng=5)
    height = parts(x)[0][:, 1]
    assert height.min() == 0.0 and height.max() <= 2 * np.pi
    assert 0.4 < (height == 0).mean() < 0.5


def test_cylinder_shift_moves_angle_and_height():
    x, y = simulate.cylinder_collections(40, 40, shift=1.0, size=300, rng=6)
    means = []
    for array in (x, y):
        points = parts(array)[0]
        means.append((np.angle(np.exp(1j * points[:, 0]).mean()), points[:, 1].mean()))
    difference = np.subtract(means[1], means[0])
    assert abs(difference[0] - 1.0) < 0.1  # means of 40 uniforms on (0, 1/2) have standard error 0.023
    assert 0.5 < difference[1] < 1.1  # clipping at 0 shortens the move


# sphere ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kappa", [0.0, 0.5, 20.0, 1e4])
def test_fisher_draws_have_the_stated_angle(kappa):
    centre = np.array([[0.6, 0.0, 0.8]])
    draws = _around(centre, kappa, 20_000, np.random.default_rng(7))[0]
    np.testing.assert_allclose(np.linalg.norm(draws, axis=1), 1.0, rtol=1e-12)
    cosine = draws @ centre[0]

    def cdf(w):
        return (w + 1) / 2 if kappa == 0 else np.expm1(kappa * (w + 1)) / np.expm1(2 * kappa) if kappa < 300 else None

    expected = cdf if kappa < 300 else lambda w: np.exp(kappa * (w - 1))
    assert stats.kstest(cosine, expected).pvalue > 1e-4
    first, second = (tangent[0] for tangent in _tangents(centre))
    turn = np.arctan2(draws @ second, draws @ first)
    assert stats.kstest(turn, stats.uniform(-np.pi, 2 * np.pi).cdf).pvalue > 1e-4


def test_sphere_shift_is_an_angle_along_the_equator():
    _, y = simulate.sphere_collections(1, 500, shift=0.7, size=40, rng=8)
    mean = parts(y)[0].mean(axis=0)
    mean /= np.linalg.norm(mean)
    np.testing.assert_allclose(mean, [np.cos(0.7), np.sin(0.7), 0.0], atol=0.02)


@given(st.integers(0, 2**32 - 1))
def test_tangents_are_orthonormal(seed):
    centres = np.random.default_rng(seed).normal(size=(3, 3))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    for centre, first, second in zip(centres, *_tangents(centres), strict=True):
        frame = np.stack([centre, first, second])
        np.testing.assert_allclose(frame @ frame.T, np.eye(3), atol=1e-12)


# graph ----------------------------------------------------------------------------------------------
def node_masses(array):
    mass = np.zeros((len(array), array.domain.n_nodes))
    for i in range(len(array)):
        nodes, masses = array.atoms(i)
        mass[i, np.ravel(nodes)] = masses
    return mass


def test_the_graph_shift_moves_that_share():
    x, y = simulate.graph_collections(400, 400, shift=0.4, rng=9)
    near, far = np.arange(8), np.arange(16, 32)
    # a node's mean over 400 units has a standard error below 0.002; sums over 8 and 16 nodes below 0.01
    assert abs(node_masses(x)[:, near].sum(axis=1).mean() - 8 / 40) < 0.02
    assert abs(node_masses(y)[:, near].sum(axis=1).mean() - (0.6 * 8 / 40 + 0.4 * 8 / 10)) < 0.03
    assert abs(node_masses(y)[:, far].sum(axis=1).mean() - 0.6 * 16 / 40) < 0.03


def test_the_graph_may_be_any_domain_of_nodes():
    x, y = simulate.graph_collections(3, 2, domain=Grid((3, 4)), shift=1.0, size=50, rng=10)
    assert x.domain.n_nodes == 12
    assert (node_masses(y) > 0).any(axis=0).sum() == 3  # a quarter of the nodes holds everything
    np.testing.assert_array_equal(x.totals, 50)


def test_a_tiny_concentration_still_gives_distributions():
    x, _ = simulate.graph_collections(50, 1, concentration=1e-9, rng=11)
    np.testing.assert_array_equal((node_masses(x) > 0).sum(axis=1), 1)


def test_a_domain_without_nodes_is_refused():
    from stattools.domains import Circle

    with pytest.raises(InvalidParameterError, match="made of nodes"):
        simulate.graph_collections(domain=Circle())


# embeddings -----------------------------------------------------------------------------------------
def test_gaussian_embeddings_have_the_stated_moments():
    x, y = simulate.gaussian_embeddings(40_000, 40_000, shift=0.5, scale=3, dimension=4, decay=1, rng=12)
    variance = 1 / np.arange(1, 5)
    np.testing.assert_allclose(x.var(axis=0), variance, rtol=0.04)  # five standard errors, sqrt(2 / n)
    np.testing.assert_allclose(y.var(axis=0), 9 * variance, rtol=0.04)
    np.testing.assert_allclose(y.mean(axis=0), [0.5, 0, 0, 0], atol=0.08)


def test_gaussian_embeddings_share_the_first_sample():
    x, _ = simulate.gaussian_embeddings(5, 5, rng=13)
    again, _ = simulate.gaussian_embeddings(5, 9, shift=1, scale=2, rng=13)
    np.testing.assert_array_equal(x, again)


@pytest.mark.parametrize("options", [{"n1": 0}, {"dimension": 0}, {"scale": 0}, {"shift": np.inf}, {"decay": -1}])
def test_gaussian_options_are_checked(options):
    with pytest.raises(InvalidParameterError, match=next(iter(options))):
        simulate.gaussian_embeddings(**options)


def test_welch_tests_keep_their_size_on_unequal_spread():
    rejections = 0
    for seed in range(2000):
        x, y = simulate.gaussian_embeddings(60, 20, scale=3, dimension=1, rng=seed)
        rejections += stats.ttest_ind(x[:, 0], y[:, 0], equal_var=False).pvalue <= 0.05
    assert_in_binomial_band(rejections, n=2000, p=0.05)
