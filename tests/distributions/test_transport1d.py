import numpy as np
import ot
import pytest
from hypothesis import given, strategies as st

from stattools.distributions import Directions, DistributionArray, exact_squared_distances
from stattools.domains import Circle
from tests import naive_distributions as naive


@st.composite
def weighted_samples(draw, *, low=-3, high=3, denominator=1):
    """Few atoms on a coarse grid with small counts: equal atoms, equal levels and empty atoms all occur."""
    n = draw(st.integers(1, 7))
    values = draw(st.lists(st.integers(low, high), min_size=n, max_size=n))
    counts = draw(st.lists(st.integers(0, 4), min_size=n, max_size=n).filter(any))
    return [value / denominator for value in values], counts


def one(values, masses, domain=None):
    return DistributionArray.from_samples([values], masses=[masses], domain=domain)


# naive ----------------------------------------------------------------------------------------------------------------
@given(weighted_samples(), weighted_samples(), st.sampled_from([1, 2]))
def test_merge_equals_its_naive_twin(first, second, power):
    cost = exact_squared_distances(one(*first), one(*second), power=power)[0, 0]
    # 1e-13: a few roundings of masses, times costs up to 36
    np.testing.assert_allclose(cost, naive.line_cost(*first, *second, power), rtol=1e-13, atol=1e-13)


@given(weighted_samples(low=0, high=7, denominator=8), weighted_samples(low=0, high=7, denominator=8))
def test_circle_equals_its_naive_twin(first, second):
    x, y = one(*first, Circle(1.0)), one(*second, Circle(1.0))
    # squares are compared: near zero a rounding of 1e-16 in the cost is 1e-8 in its root
    np.testing.assert_allclose(x.pairwise("w2", y)[0, 0] ** 2, naive.circle_cost(*first, *second, 2), atol=1e-14)
    np.testing.assert_allclose(x.pairwise("w1", y)[0, 0], naive.circle_cost(*first, *second, 1), atol=1e-14)


# reference ------------------------------------------------------------------------------------------------------------
def random_pair(seed):
    """Two weighted samples of 1 to 2000 atoms, with empty atoms and repeated values in turn."""
    rng = np.random.default_rng(seed)
    sizes = (1, 1) if seed == 0 else (2000, 2000) if seed == 1 else np.exp(rng.uniform(0, np.log(2000), 2)).astype(int)
    values = [rng.normal(size=n) for n in sizes]
    masses = [rng.dirichlet(np.full(n, 0.3 if n > 1 else 1.0)) for n in sizes]
    if seed % 3 == 1:
        masses = [m * (rng.random(len(m)) < 0.5) for m in masses]
        for m in masses:
            m[0] += 1e-3
    if seed % 3 == 2:
        values = [np.round(v, 1) for v in values]
    return values, [m / m.sum() for m in masses]


@pytest.mark.parametrize("seed", range(100))
def test_line_agrees_with_pot(seed):
    values, masses = random_pair(seed)
    array = DistributionArray.from_samples(values, masses=masses)
    squared, first = exact_squared_distances(array)[0, 1], exact_squared_distances(array, power=1)[0, 1]
    # 1e-10 relative: both sum at most 4000 products; seen 1e-13
    np.testing.assert_allclose(squared, ot.emd2_1d(*values, *masses, metric="sqeuclidean"), rtol=1e-10)
    np.testing.assert_allclose(squared, ot.wasserstein_1d(*values, *masses, p=2), rtol=1e-10)
    np.testing.assert_allclose(first, ot.emd2_1d(*values, *masses, metric="euclidean"), rtol=1e-10)


@pytest.mark.parametrize("seed", range(40))
def test_circle_agrees_with_pot(seed):
    values, masses = random_pair(seed)
    values = [v[:300] % 1.0 for v in values]
    masses = [m[:300] + 1e-6 for m in masses]
    masses = [m / m.sum() for m in masses]
    array = DistributionArray.from_samples(values, masses=masses, domain=Circle(1.0))
    arcs = np.abs(values[0][:, None] - values[1])
    arcs = np.minimum(arcs, 1 - arcs)
    np.testing.assert_allclose(array.pairwise("w1")[0, 1], ot.emd2(*masses, arcs), rtol=1e-10)
    np.testing.assert_allclose(array.pairwise("w2")[0, 1] ** 2, ot.emd2(*masses, arcs**2), rtol=1e-10)
    by_median = ot.wasserstein_circle(*(v[:, None] for v in values), *(m[:, None] for m in masses), p=1)
    # 1e-7: for two single atoms POT's circle misses the arc between them, which its simplex gives, by 6e-8
    np.testing.assert_allclose(array.pairwise("w1")[0, 1], by_median[0], rtol=1e-7)


@pytest.mark.parametrize("seed", range(10))
def test_circle_agrees_with_the_search_of_pot(seed):
    rng = np.random.default_rng(seed)
    values = [rng.random(rng.integers(1, 50)) for _ in range(2)]
    array = DistributionArray.from_samples(values, domain=Circle(1.0))
    found = ot.binary_search_circle(*(v[:, None] for v in values), p=2, eps=1e-12)[0]
    # 1e-7: the search stops on a tolerance of its own; it never gets below the least cost
    np.testing.assert_allclose(array.pairwise("w2")[0, 1] ** 2, found, rtol=1e-7)
    assert array.pairwise("w2")[0, 1] ** 2 <= found * (1 + 1e-12)


def test_merge_over_slices_is_the_sum_of_slices():
    rng = np.random.default_rng(3)
    x = DistributionArray.from_samples([rng.normal(size=(m, 3)) for m in (5, 9, 30)])
    directions = Directions.random(3, 4, rng=1)
    expected = np.zeros((3, 3))
    for direction, weight in zip(directions.directions, directions.slice_weights, strict=True):
        projected = [x.atoms(i)[0] @ direction for i in range(3)]
        expected += weight * np.array([[ot.emd2_1d(a, b) for b in projected] for a in projected])
    np.testing.assert_allclose(exact_squared_distances(x, slicer=directions), expected, atol=1e-14)


# property -------------------------------------------------------------------------------------------------------------
def circles(seed, n=4):
    rng = np.random.default_rng(seed)
    return [rng.vonmises(rng.normal(), 2.0, size=rng.integers(1, 40)) % (2 * np.pi) for _ in range(n)]


@pytest.mark.parametrize("metric", ["w1", "w2"])
@pytest.mark.parametrize("seed", range(10))
def test_circle_distances_ignore_rotation_and_scale_with_the_period(metric, seed):
    samples = circles(seed)
    turned = [(s + 1.234) % (2 * np.pi) for s in samples]
    degrees = [np.degrees(s) for s in samples]
    reference = DistributionArray.from_samples(samples, domain=Circle()).pairwise(metric)
    # 1e-12: rotating and converting round the points themselves
    rotated = DistributionArray.from_samples(turned, domain=Circle()).pairwise(metric)
    np.testing.assert_allclose(rotated, reference, rtol=1e-12)
    scaled = DistributionArray.from_samples(degrees, domain=Circle(360)).pairwise(metric)
    np.testing.assert_allclose(scaled, np.degrees(reference), rtol=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_w1_is_at_most_w2_and_both_satisfy_the_triangle_inequality_on_the_circle(seed):
    array = DistributionArray.from_samples(circles(seed, 6), domain=Circle())
    w1, w2 = array.pairwise("w1"), array.pairwise("w2")
    assert np.all(w1 <= w2 + 1e-12)
    for d in (w1, w2):
        assert np.all(d[:, None, :] <= d[:, :, None] + d[None, :, :] + 1e-12)


def test_equal_levels_leave_no_sliver():
    # one third is not a binary number: without the tie rule, slivers of 1e-17 would match atoms that are 2e8 apart
    far = 1e8
    x = one([-far, 0.0, far], [1, 1, 1])
    y = one([-far] * 3 + [0.0] * 3 + [far] * 3, [0.1] * 9)
    assert exact_squared_distances(x, y)[0, 0] == 0.0


def test_many_tiny_masses_are_all_transported():
    rng = np.random.default_rng(0)
    n = 5000
    x = one(np.r_[rng.normal(size=n), 5.0], np.r_[np.full(n, 1e-18), 1.0])
    y = one([5.0, 1.0], [1.0, 1e-15])
    # the tiny masses are below the tie rule: at most the rule's width times the cost is lost
    np.testing.assert_allclose(exact_squared_distances(x, y)[0, 0], 0.0, atol=1e-12)


def test_cross_table_in_blocks_equals_the_whole(monkeypatch):
    from stattools.distributions import pairwise

    rng = np.random.default_rng(5)
    x = DistributionArray.from_samples([rng.normal(size=m) for m in rng.integers(1, 20, size=12)])
    y = DistributionArray.from_histogram(rng.poisson(1.0, size=(5, 9)) + 1, edges=np.arange(10) - 5)
    whole, cross = exact_squared_distances(x), exact_squared_distances(x, y)
    monkeypatch.setattr(pairwise, "HELD_VALUES", 25)
    np.testing.assert_array_equal(exact_squared_distances(x), whole)
    np.testing.assert_array_equal(exact_squared_distances(x, y), cross)
