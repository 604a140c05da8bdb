import copy
import pickle

import numpy as np
import ot
import pytest
from hypothesis import given, strategies as st

from stattools.distributions import Directions, DistributionArray, Identity
from stattools.domains import Circle, Graph, Grid, Interval, Sphere
from stattools.exceptions import InvalidDataError, InvalidParameterError
from stattools.results import decode, encode
from tests import naive_distributions as naive
from tests.distributions.slicers import random_table
from tests.distributions.test_transport1d import weighted_samples


def histograms(seed, n=8, nodes=30, density=1.0):
    """Count data, ties included; `density` is the share of non-zero counts."""
    rng = np.random.default_rng(seed)
    counts = rng.poisson(3.0, size=(n, nodes)) * (rng.random((n, nodes)) < density)
    counts[:, 0] += counts.sum(axis=1) == 0
    return counts


def expected_features(counts, values, n_quantiles, quantile):
    levels = {"left": 0, "mid": 1}
    for row in counts:
        for s in range(values.shape[1]):
            if quantile == "cell":
                yield naive.cell_averages(values[:, s], row, n_quantiles)
            else:
                shift = levels[quantile]
                yield [
                    naive.left_quantile(values[:, s], row, naive.Fraction(2 * k + shift, 2 * n_quantiles))
                    for k in range(n_quantiles)
                ]


# naive ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("quantile", ["cell", "left", "mid"])
@pytest.mark.parametrize("density", [1.0, 0.6, 0.2, 0.03])
@pytest.mark.parametrize("ties", [False, True])
def test_shared_features_equal_their_naive_twin(quantile, density, ties):
    counts = histograms(1, nodes=70, density=density)
    grid = Grid((70,))
    table = random_table(grid, 3, np.random.default_rng(2), ties=ties)
    shared = DistributionArray.from_histogram(counts, domain=grid)
    ragged = DistributionArray.from_samples([np.arange(70)] * len(counts), masses=counts, domain=grid)
    expected = np.array(list(expected_features(counts, table.values, 7, quantile))).reshape(8, 3, 7)
    for array in (shared, ragged):
        found = array.embed(table, n_quantiles=7, quantile=quantile).quantile_functions()
        # 1e-13: n roundings of masses; quantiles at levels are values of atoms, and exact
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13 if quantile == "cell" else 0)


@given(weighted_samples(), st.integers(1, 12), st.sampled_from(["cell", "left", "mid"]))
def test_line_features_equal_their_naive_twin(sample, n_quantiles, quantile):
    values, counts = sample
    array = DistributionArray.from_samples([values], masses=[counts])
    expected = next(iter(expected_features([counts], np.array(values)[:, None], n_quantiles, quantile)))
    found = array.embed(n_quantiles=n_quantiles, quantile=quantile).quantile_functions()[0, 0]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("quantile", ["cell", "left", "mid"])
@pytest.mark.parametrize("size", [1, 3, 20, 37, 1000])
def test_equal_masses_give_the_features_of_explicit_ones(quantile, size):
    values = np.random.default_rng(size).normal(size=(3, size))
    plain = DistributionArray.from_samples(values).embed(quantile=quantile)
    explicit = DistributionArray.from_samples(values, masses=np.ones((3, size))).embed(quantile=quantile)
    np.testing.assert_allclose(plain.features, explicit.features, rtol=0, atol=1e-14)


def test_counts_put_jumps_exactly_on_levels():
    # 0.05 is not a binary number; the cumulated mass of 50 of 1000 counts must still reach the level 0.05
    counts = np.full(20, 50)
    array = DistributionArray.from_histogram(counts[None], support=np.arange(20))
    np.testing.assert_array_equal(array.quantile(np.arange(1, 21) / 20)[0], np.arange(20))
    np.testing.assert_array_equal(array.embed(n_quantiles=20, quantile="left").values[0, 0], np.r_[0, np.arange(19)])


# reference ------------------------------------------------------------------------------------------------------------
def test_uniform_law_has_the_quantiles_of_the_arcsine_law():
    nodes = (np.arange(20000) + 0.5) / 20000
    basis = Interval(0, 1).eigenbasis(3)
    array = DistributionArray.from_histogram(np.ones((1, 20000)), support=nodes, domain=Interval(0, 1))
    k = np.arange(11)
    expected = -np.sqrt(2) * 10 * np.diff(np.sin(np.pi * k / 10)) / np.pi
    for s in range(3):
        # 1e-6: the nodes stand for the uniform law up to the square of their spacing, times the wave number squared
        np.testing.assert_allclose(array.embed(basis, 10).values[0, s], expected, atol=1e-6)


def test_two_node_graph():
    graph = Graph(np.array([[0.0, 1.0], [1.0, 0.0]]))
    basis = graph.eigenbasis(1, weighting="flat", normalization="volume")
    p, q = 0.3, 0.85
    array = DistributionArray.from_histogram([[p, 1 - p], [q, 1 - q]], domain=graph)
    np.testing.assert_allclose(array.pairwise(slicer=basis)[0, 1] ** 2, 2 * abs(p - q), rtol=1e-13)


@pytest.mark.parametrize("domain", [Interval(0, 1), Circle(1.0), Sphere()], ids=lambda d: d.description)
def test_points_are_as_far_apart_as_the_spectral_distance(domain):
    points = domain.uniform(6, 3)
    basis = domain.eigenbasis(8)
    array = DistributionArray.from_samples([point[None] for point in points], domain=domain)
    np.testing.assert_allclose(array.pairwise(slicer=basis), basis.spectral_distance(points, points), atol=1e-7)
    np.testing.assert_allclose(
        array.pairwise(slicer=basis) ** 2, basis.spectral_distance(points, points) ** 2, atol=1e-13
    )
    np.testing.assert_allclose(array.embed(basis).distance_matrix(), array.pairwise(slicer=basis), rtol=1e-10)


def test_two_points_of_the_circle_under_the_biharmonic_weighting():
    basis = Circle(1.0).eigenbasis(200, multiplicity="fixed")
    array = DistributionArray.from_samples([[0.1], [0.4]], domain=Circle(1.0))
    squared = array.pairwise(slicer=basis)[0, 1] ** 2
    assert 0 <= 0.3**2 * 0.7**2 / 12 - squared <= basis.truncation_bound
    np.testing.assert_allclose(squared, 0.003675, rtol=1e-5)


def test_two_points_of_the_interval_under_the_biharmonic_weighting():
    basis = Interval(0, 1).eigenbasis(200)
    array = DistributionArray.from_samples([[0.2], [0.7]], domain=Interval(0, 1))
    squared = array.pairwise(slicer=basis)[0, 1] ** 2
    assert 0 <= 0.0410416666667 - squared <= basis.truncation_bound


@pytest.mark.parametrize("x, expected", [(0.0, 1 / 30), (0.2, 0.0248), (0.5, 0.0125)])
def test_a_point_and_the_uniform_law_of_the_interval(x, expected):
    nodes = np.r_[x, (np.arange(8000) + 0.5) / 8000]
    masses = [np.r_[1.0, np.zeros(8000)], np.r_[0.0, np.ones(8000)]]
    array = DistributionArray.from_histogram(masses, support=nodes, domain=Interval(0, 1))
    basis = Interval(0, 1).eigenbasis(100)
    # 1e-6: the discretised uniform law; and what 100 eigenfunctions leave out
    np.testing.assert_allclose(array.pairwise(slicer=basis)[0, 1] ** 2, expected, atol=1e-6 + basis.truncation_bound)


@pytest.mark.compiled
@pytest.mark.parametrize("multiplicity", ["fixed", "average"])
def test_a_point_and_the_uniform_law_of_the_circle(multiplicity):
    nodes = (np.arange(8000) + 0.5) / 8000
    array = DistributionArray.from_samples([[0.3], nodes], domain=Circle(1.0))
    basis = Circle(1.0).eigenbasis(60, multiplicity=multiplicity)
    np.testing.assert_allclose(array.pairwise(slicer=basis)[0, 1] ** 2, 1 / 360, atol=1e-8 + basis.truncation_bound)


@pytest.mark.compiled
def test_a_point_and_the_uniform_law_of_the_sphere():
    # points on a spiral of equal areas stand for the uniform law
    k = np.arange(20000) + 0.5
    height, angle = 1 - 2 * k / 20000, np.pi * (1 + 5**0.5) * k
    spiral = np.column_stack([np.cos(angle), np.sin(angle), np.zeros_like(k)]) * np.sqrt(1 - height[:, None] ** 2)
    spiral[:, 2] = height
    array = DistributionArray.from_samples([[[0.0, 0.6, 0.8]], spiral], domain=Sphere())
    basis = Sphere().eigenbasis(24)  # the shells 1 to 4
    np.testing.assert_allclose(array.pairwise(slicer=basis)[0, 1] ** 2, 2 * (1 - 1 / 25), rtol=1e-4)


def test_distances_grow_with_the_eigenfunctions():
    graph, rng = random_graph(1)
    array = DistributionArray.from_histogram(rng.dirichlet(np.full(25, 0.3), size=5), domain=graph)
    before = np.zeros((5, 5))
    for n in (1, 2, 5, 10, 24):
        distances = array.pairwise(slicer=graph.eigenbasis(n))
        assert np.all(distances >= before - 1e-12)
        before = distances


def random_graph(seed, n=25):
    rng = np.random.default_rng(seed)
    weights = np.triu(rng.random((n, n)) * (rng.random((n, n)) < 0.3), 1)
    ring = np.roll(np.eye(n), 1, axis=1)
    weights += np.triu(ring + ring.T, 1) * 0.5
    return Graph(weights + weights.T), rng


@pytest.mark.parametrize("seed", range(50))
def test_mmd_isw_and_transport_are_ordered_on_a_random_graph(seed):
    graph, rng = random_graph(seed)
    basis = graph.eigenbasis(graph.n_nodes - 1)
    masses = rng.dirichlet(np.full(graph.n_nodes, 0.3), size=2)
    array = DistributionArray.from_histogram(masses, domain=graph)
    difference = masses[0] - masses[1]
    nodes = np.arange(graph.n_nodes)
    mmd = np.sqrt(difference @ basis.kernel(nodes, nodes) @ difference)
    isw = array.pairwise(slicer=basis)[0, 1]
    w2 = np.sqrt(ot.emd2(*masses, basis.spectral_distance(nodes, nodes) ** 2))
    assert mmd < isw * (1 + 1e-12)
    assert isw < w2 * (1 + 1e-10)
    # the means of the features are the means of the eigenfunctions: the embedding holds the MMD exactly
    features = array.embed(basis).features
    blocks = (features[0] - features[1]).reshape(basis.n_slices, -1).sum(axis=1) / np.sqrt(20)
    np.testing.assert_allclose(np.linalg.norm(blocks), mmd, rtol=1e-10)


# property -------------------------------------------------------------------------------------------------------------
def graph_arrays(seed, **options):
    rng = np.random.default_rng(seed)
    grid = Grid((6, 5))
    return DistributionArray.from_histogram(histograms(seed, nodes=30, **options), domain=grid), random_table(
        grid, 4, rng
    )


@pytest.mark.parametrize("seed", range(5))
def test_distances_grow_with_the_levels_and_stay_below_the_exact_one(seed):
    array, table = graph_arrays(seed)
    exact = array.pairwise(slicer=table)
    coarser = np.zeros_like(exact)
    for n_quantiles in (5, 10, 20, 40, 80, 160, 10240):
        distances = array.embed(table, n_quantiles).distance_matrix()
        assert np.all(coarser <= distances + 1e-12)
        assert np.all(distances <= exact + 1e-12)
        coarser = distances
    # what a projection on D cells leaves of two increasing functions of range R is at most R^2 / D
    lost = exact**2 - coarser**2
    assert np.all(lost <= (table.slice_weights * np.ptp(table.values, axis=0) ** 2).sum() / 10240)


@pytest.mark.parametrize("seed", range(5))
def test_left_levels_are_not_the_minimum_twice(seed):
    array, table = graph_arrays(seed)
    left = array.embed(table, 4, quantile="left").values
    np.testing.assert_array_equal(left[..., 0], naive_minimum(array, table))


def naive_minimum(array, table):
    return [[table.values[array.masses[i] > 0, s].min() for s in range(table.n_slices)] for i in range(len(array))]


@pytest.mark.parametrize("density", [1.0, 0.2])
@pytest.mark.parametrize("ties", [False, True])
def test_turning_the_sign_of_a_slice_reverses_and_negates_its_cells(density, ties):
    array, _ = graph_arrays(0, density=density)
    table = random_table(array.domain, 4, np.random.default_rng(1), ties=ties)
    plain, negated = array.embed(table).values, array.embed(table.negated()).values
    np.testing.assert_allclose(negated, -plain[..., ::-1], rtol=0, atol=1e-14)
    np.testing.assert_allclose(array.pairwise(slicer=table.negated()), array.pairwise(slicer=table), rtol=1e-12)


@pytest.mark.parametrize("quantile", ["cell", "left", "mid"])
def test_scaling_a_row_changes_nothing(quantile):
    counts = histograms(4)
    grid = Grid((30,))
    table = random_table(grid, 4, np.random.default_rng(0))
    scaled = counts * np.array([1, 3, 7, 0.1, 1e-30, 1e30, np.pi, 1 / 3])[:, None]
    first, second = (DistributionArray.from_histogram(c, domain=grid) for c in (counts, scaled))
    np.testing.assert_allclose(
        second.embed(table, quantile=quantile).features, first.embed(table, quantile=quantile).features, atol=1e-14
    )
    np.testing.assert_allclose(second.pairwise(slicer=table), first.pairwise(slicer=table), rtol=1e-12)


def test_relabelling_the_nodes_changes_nothing():
    counts, rng = histograms(5), np.random.default_rng(6)
    grid = Grid((30,))
    table = random_table(grid, 4, rng, ties=True)
    order = rng.permutation(30)
    relabelled = type(table)(grid, table.values[order], table.slice_weights)
    first = DistributionArray.from_histogram(counts, domain=grid)
    second = DistributionArray.from_histogram(counts[:, order], domain=grid)
    np.testing.assert_allclose(second.embed(relabelled).features, first.embed(table).features, atol=1e-14)
    np.testing.assert_allclose(second.pairwise(slicer=relabelled), first.pairwise(slicer=table), rtol=1e-12)


def test_splitting_atoms_and_merging_duplicates_change_nothing():
    rng = np.random.default_rng(7)
    values = np.round(rng.normal(size=50), 1)
    distinct, counts = np.unique(values, return_counts=True)
    other = DistributionArray.from_samples([rng.normal(size=33)])
    repeated = DistributionArray.from_samples([values])
    merged = DistributionArray.from_samples([distinct], masses=[counts])
    split = DistributionArray.from_samples(
        [np.repeat(distinct, 3)], masses=[np.repeat(counts, 3) * np.tile([0.2, 0.3, 0.5], len(counts))]
    )
    for array in (merged, split):
        assert array.pairwise(other=repeated, metric="w2")[0, 0] == 0.0
        np.testing.assert_allclose(array.pairwise("w2", other), repeated.pairwise("w2", other), rtol=1e-12)
        np.testing.assert_allclose(array.embed().features, repeated.embed().features, atol=1e-14)
        np.testing.assert_array_equal(array.embed(quantile="mid").features, repeated.embed(quantile="mid").features)


@pytest.mark.parametrize("quantile", ["cell", "left", "mid"])
def test_atoms_without_mass_do_not_matter(quantile):
    rng = np.random.default_rng(8)
    values, masses = rng.normal(size=(3, 20)), rng.random((3, 20))
    masses[:, ::3] = 0
    with_zeros = DistributionArray.from_samples(values, masses=masses)
    without = DistributionArray.from_samples(
        [v[m > 0] for v, m in zip(values, masses, strict=True)], masses=[m[m > 0] for m in masses]
    )
    np.testing.assert_allclose(
        with_zeros.embed(quantile=quantile).features, without.embed(quantile=quantile).features, atol=1e-15
    )
    np.testing.assert_allclose(with_zeros.pairwise("w2"), without.pairwise("w2"), rtol=1e-13)
    np.testing.assert_array_equal(with_zeros.quantile([0, 0.3, 1]), without.quantile([0, 0.3, 1]))


@pytest.mark.compiled
def test_rotating_the_circle_hardly_moves_averaged_slices():
    rng = np.random.default_rng(9)
    x, y = rng.vonmises(0, 2, size=(2, 2000))
    y = y + 0.8
    basis = Circle().eigenbasis(10)
    distances = []
    for angle in (0.0, 0.1, 0.37, 1.0):
        array = DistributionArray.from_samples([(x + angle) % (2 * np.pi), (y + angle) % (2 * np.pi)], domain=Circle())
        distances.append(array.pairwise(slicer=basis)[0, 1])
    np.testing.assert_allclose(distances, distances[0], rtol=5e-5)


def test_triangle_inequality_on_200_triples():
    array, table = graph_arrays(10, n=15)
    d = array.pairwise(slicer=table)
    rng = np.random.default_rng(0)
    for _ in range(200):
        i, j, k = rng.choice(15, 3, replace=False)
        assert d[i, k] <= d[i, j] + d[j, k] + 1e-12
    np.testing.assert_array_equal(d, d.T)


def test_swapping_the_two_sides_transposes():
    array, table = graph_arrays(17)
    x, y = array[:3], array[3:]
    np.testing.assert_allclose(x.pairwise(other=y, slicer=table), y.pairwise(other=x, slicer=table).T, rtol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.int8, np.uint16, bool])
def test_other_types_and_orders_give_the_same_answer(dtype):
    counts = histograms(11).astype(dtype)
    grid = Grid((30,))
    table = random_table(grid, 4, np.random.default_rng(0))
    plain = DistributionArray.from_histogram(counts.astype(np.float64), domain=grid).embed(table).features
    np.testing.assert_array_equal(DistributionArray.from_histogram(counts, domain=grid).embed(table).features, plain)
    fortran = DistributionArray.from_histogram(np.asfortranarray(counts), domain=grid)
    np.testing.assert_array_equal(fortran.embed(table).features, plain)
    np.testing.assert_array_equal(
        DistributionArray.from_histogram(counts.tolist(), domain=grid).embed(table).features, plain
    )


def test_a_sparse_matrix_gives_the_features_of_its_dense_form():
    from scipy import sparse

    counts = histograms(12, density=0.2)
    grid = Grid((30,))
    table = random_table(grid, 4, np.random.default_rng(0))
    dense = DistributionArray.from_histogram(counts, domain=grid)
    stored = DistributionArray.from_histogram(sparse.csr_array(counts), domain=grid)
    np.testing.assert_allclose(stored.embed(table).features, dense.embed(table).features, atol=1e-14)
    np.testing.assert_array_equal(stored.totals, dense.totals)
    np.testing.assert_array_equal(stored.n_atoms, dense.n_atoms)
    np.testing.assert_allclose(stored.pairwise(slicer=table, other=dense), dense.pairwise(slicer=table), atol=1e-7)


def test_blocks_of_a_ragged_array_do_not_show(monkeypatch):
    from stattools.distributions import _slices

    rng = np.random.default_rng(13)
    array = DistributionArray.from_samples([rng.normal(size=(m, 2)) for m in rng.integers(1, 30, size=20)])
    directions = Directions.random(2, 5, rng=1)
    whole = array.embed(directions).features
    monkeypatch.setattr(_slices.row_blocks, "__defaults__", (50,))
    assert len(list(_slices.row_blocks(array.offsets, 5))) > 5
    np.testing.assert_allclose(array.embed(directions).features, whole, atol=1e-15)


# the object -----------------------------------------------------------------------------------------------------------
def test_columns_are_slice_major_and_carry_the_weights():
    array, table = graph_arrays(14)
    embedding = array.embed(table, 6)
    assert embedding.features.shape == (8, 24)
    np.testing.assert_array_equal(embedding.slice_of, np.repeat([0, 1, 2, 3], 6))
    np.testing.assert_allclose(
        embedding.features[:, 6:12], embedding.values[:, 1] * np.sqrt(table.slice_weights[1] / 6), rtol=1e-15
    )
    np.testing.assert_allclose(embedding.gram(), embedding.features @ embedding.features.T)
    assert embedding.n_quantiles == 6
    assert embedding.levels.tolist() == [(k + 0.5) / 6 for k in range(6)]


def test_distance_matrix_is_accurate_for_neighbours_far_from_the_origin():
    values = 1e6 + np.array([[0.0, 1.0], [0.0, 1.0 + 1e-6], [5.0, 5.0]])
    embedding = DistributionArray.from_samples(values).embed(n_quantiles=2)
    found, features = embedding.distance_matrix(), embedding.features
    # the product form would keep no digit of it: the rows' norms are 1e12 times larger
    np.testing.assert_allclose(found[0, 1], np.linalg.norm(features[0] - features[1]), rtol=1e-12)
    assert np.all(np.diag(found) == 0)


def test_transform_uses_the_same_slices():
    array, table = graph_arrays(15)
    embedding = array.embed(table, 6)
    again = embedding.transform(array[2:5])
    np.testing.assert_array_equal(again.features, embedding.features[2:5])
    np.testing.assert_allclose(embedding.distance_matrix(again), embedding.distance_matrix()[:, 2:5], atol=1e-12)
    with pytest.raises(InvalidDataError, match="make it with transform"):
        embedding.distance_matrix(array.embed(table, 7))
    with pytest.raises(InvalidDataError, match="pass an Embedding"):
        embedding.distance_matrix(array)


def test_indexing_keeps_labels():
    array, table = graph_arrays(16)
    embedding = array.with_groups(list("aabbccaa")).embed(table)
    part = embedding[[2, 5]]
    assert (len(part), part.names, part.groups.tolist(), part.group_levels) == (2, ("2", "5"), ["b", "c"], ("b", "c"))
    assert len(embedding[-1]) == 1
    assert len(embedding[embedding.groups == "a"]) == 4
    assert embedding["1"].names == ("1",)
    for index in (8, [0, 8], [True]):
        with pytest.raises(IndexError):
            embedding[index]
    for index in (1.5, None, "q", [[0, 1]]):
        with pytest.raises(InvalidParameterError):
            embedding[index]
    with pytest.raises(InvalidDataError, match="keeps none"):
        embedding[[]]
    with pytest.raises(InvalidParameterError, match="new is list; pass a DistributionArray"):
        embedding.transform([[1.0]])


def test_an_embedding_is_stored_without_loss():
    array = DistributionArray.from_samples([[0.1, 0.4], [0.3, 0.9]], domain=Interval(0, 1), groups=["a", "b"])
    embedding = array.embed(n_quantiles=3)
    again = decode(encode(embedding))
    np.testing.assert_array_equal(again.features, embedding.features)
    assert repr(again) == repr(embedding)
    back = decode(encode(array))
    assert repr(back) == repr(array)
    np.testing.assert_array_equal(back.embed(n_quantiles=3).features, embedding.features)
    for slicer in (Identity(), Directions.random(2, 3, rng=1)):
        assert repr(decode(encode(slicer))) == repr(slicer)


def test_features_cannot_be_changed():
    features = DistributionArray.from_samples([[1.0, 2.0]]).embed().features
    with pytest.raises(ValueError, match="read-only"):
        features[0, 0] = 1.0


def test_pickles_are_frozen_and_leave_the_cache_behind():
    embedding = DistributionArray.from_samples(np.arange(40.0).reshape(20, 2), groups=[0, 1] * 10).embed()
    before = len(pickle.dumps(embedding))
    features = embedding.features
    assert len(pickle.dumps(embedding)) == before
    for twin in (pickle.loads(pickle.dumps(embedding)), copy.copy(embedding), copy.deepcopy(embedding)):
        assert not twin.values.flags.writeable and not twin.groups.flags.writeable
        np.testing.assert_array_equal(twin.features, features)


# errors ---------------------------------------------------------------------------------------------------------------
def test_options_are_checked():
    array = DistributionArray.from_samples([[1.0, 2.0]])
    with pytest.raises(InvalidParameterError, match="n_quantiles is 0"):
        array.embed(n_quantiles=0)
    with pytest.raises(InvalidParameterError, match="did you mean 'cell'"):
        array.embed(quantile="cells")
    with pytest.raises(InvalidParameterError, match="pass an EigenBasis, Directions or Identity"):
        array.embed("identity")


def test_the_slicer_must_fit():
    plane = DistributionArray.from_samples([np.zeros((3, 2))])
    with pytest.raises(InvalidParameterError, match=r"R\^2 need Directions.random\(2"):
        plane.embed()
    with pytest.raises(InvalidParameterError, match="3 coordinates against 2"):
        plane.embed(Directions.random(3, 4, rng=1))
    circle = DistributionArray.from_samples([[0.1, 0.2]], domain=Circle(1.0))
    with pytest.raises(InvalidParameterError, match="whose points are not vectors"):
        circle.embed(Identity())
    with pytest.raises(InvalidParameterError, match=r"slicer is for Circle\(2\)"):
        circle.embed(Circle(2.0).eigenbasis(3))
    assert circle.embed(Circle(1.0).eigenbasis(3)).n_slices == Circle(1.0).eigenbasis(3).n_slices


def test_distributions_in_space_are_put_on_the_domain_of_the_basis():
    sphere = Sphere()
    points = sphere.uniform(30, 1)
    basis = sphere.eigenbasis(8)
    bare, placed = (DistributionArray.from_samples([points[:10], points[10:]], domain=d) for d in (None, sphere))
    np.testing.assert_array_equal(bare.embed(basis).features, placed.embed(basis).features)
    np.testing.assert_array_equal(bare.pairwise(slicer=basis), placed.pairwise(slicer=basis))
    with pytest.raises(InvalidDataError, match="distribution 1"):
        DistributionArray.from_samples([points[:10], 2 * points[10:]]).embed(basis)


def test_a_slicer_with_bad_values_is_reported():
    grid = Grid((30,))
    table = random_table(grid, 2, np.random.default_rng(0))
    table.values[3, 1] = np.nan
    with pytest.raises(InvalidDataError, match="point 3 is nan in column 1"):
        DistributionArray.from_histogram(histograms(0), domain=grid).embed(table)


def test_values_whose_squares_overflow_are_refused():
    with pytest.raises(InvalidDataError, match="rescale the data"):
        DistributionArray.from_samples([[1e200, 0.0]]).embed()
