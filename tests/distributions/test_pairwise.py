import numpy as np
import ot
import pytest
from scipy.spatial.distance import cdist

from stattools.distributions import Directions, DistributionArray, Identity, exact_squared_distances
from stattools.domains import Circle, Cylinder, Graph, Interval, Sphere
from stattools.exceptions import InvalidDataError, InvalidParameterError

A = DistributionArray


def test_sliced_distance_on_one_direction_is_that_of_projections():
    rng = np.random.default_rng(0)
    samples = [rng.normal(size=(m, 2)) for m in (4, 7, 7)]
    direction = np.array([[0.6, 0.8]])
    sliced = A.from_samples(samples).pairwise("sw2", slicer=Directions(direction))
    line = A.from_samples([s @ direction[0] for s in samples]).pairwise("w2")
    np.testing.assert_allclose(sliced, line, rtol=1e-13)


def test_sliced_distance_agrees_with_pot():
    rng = np.random.default_rng(1)
    samples = [rng.normal(size=(m, 3)) for m in (20, 35)]
    directions = Directions.random(3, 64, rng=2)
    expected = ot.sliced_wasserstein_distance(*samples, projections=directions.directions.T, p=2)
    found = A.from_samples(samples).pairwise("sw2", slicer=directions)[0, 1]
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_isw_and_sw2_are_one_sum():
    array = A.from_samples(np.random.default_rng(2).random((3, 20)), domain=Interval(0, 1))
    basis = array.domain.eigenbasis(5)
    np.testing.assert_array_equal(array.pairwise(slicer=basis), array.pairwise("sw2", slicer=basis))
    np.testing.assert_array_equal(array.pairwise(slicer=basis), np.sqrt(exact_squared_distances(array, None, basis)))
    np.testing.assert_array_equal(array.pairwise(), array.pairwise(slicer=array.domain.eigenbasis()))


@pytest.mark.parametrize("power, metric", [(1, "w1"), (2, "w2")])
def test_transport_in_space_agrees_with_pot(power, metric):
    rng = np.random.default_rng(3)
    samples = [rng.normal(size=(m, 2)) for m in (5, 8, 1)]
    masses = [rng.random(len(s)) * (np.arange(len(s)) % 3 != 1) for s in samples]
    array = A.from_samples(samples, masses=masses)
    expected = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            cost = cdist(samples[i], samples[j]) ** power
            expected[i, j] = ot.emd2(masses[i] / masses[i].sum(), masses[j] / masses[j].sum(), cost) ** (1 / power)
    np.testing.assert_allclose(array.pairwise(metric), expected, rtol=1e-10, atol=1e-7)
    np.testing.assert_array_equal(array.pairwise(metric, array[1:])[0], array.pairwise(metric)[0, 1:])


def test_transport_does_not_depend_on_the_unit():
    samples = np.random.default_rng(4).normal(size=(2, 12, 2))
    small, large = (A.from_samples(samples * scale).pairwise("w2")[0, 1] / scale for scale in (1e-9, 1e9))
    np.testing.assert_allclose(small, large, rtol=1e-12)


@pytest.mark.parametrize("metric", ["w1", "w2"])
@pytest.mark.parametrize(
    "domain", [Sphere(), Cylinder(24, (0, 1)), Interval(0, 1), Circle(360)], ids=lambda d: d.description
)
def test_single_points_are_as_far_apart_as_the_geodesic_distance(domain, metric):
    points = domain.uniform(5, 1)
    array = A.from_samples([point[None] for point in points], domain=domain)
    # 1e-7: an arc on the sphere is an arc cosine
    np.testing.assert_allclose(array.pairwise(metric), domain.distances(points, points), atol=1e-7)


def test_transport_on_a_graph_moves_along_its_edges():
    path = Graph.from_edges([(0, 1), (1, 2), (2, 3)])
    array = A.from_histogram([[1, 0, 0, 0], [0, 0, 0, 1], [1, 0, 0, 1]], domain=path)
    np.testing.assert_allclose(array.pairwise("w1"), [[0, 3, 1.5], [3, 0, 1.5], [1.5, 1.5, 0]], atol=1e-12)
    ragged = A.from_samples([[0], [3], [0, 3]], domain=path)
    np.testing.assert_allclose(ragged.pairwise("w1"), array.pairwise("w1"), atol=1e-12)
    np.testing.assert_allclose(ragged.pairwise("w2", array), array.pairwise("w2"), atol=1e-12)


def test_shared_and_ragged_arrays_compare():
    rng = np.random.default_rng(5)
    counts = rng.poisson(2, size=(4, 10)) + (np.arange(10) == 0)
    shared = A.from_histogram(counts, support=np.arange(10))
    moved = A.from_histogram(counts[:, ::-1], support=np.arange(10)[::-1])
    ragged = A.from_samples([np.repeat(np.arange(10), row) for row in counts])
    expected = shared.pairwise("w2")
    for other in (shared[:], moved, ragged):
        np.testing.assert_allclose(shared.pairwise("w2", other) ** 2, expected**2, atol=1e-13)
        np.testing.assert_array_equal(np.diag(shared.pairwise("w2", other)), 0)


def test_slicing_the_line_is_no_slicing():
    array = A.from_samples([[0.0, 1.0], [3.0, 7.0]])
    for found in (array.pairwise(), array.pairwise(slicer=Identity()), array.pairwise("w2")):
        np.testing.assert_allclose(found, [[0, np.sqrt(22.5)], [np.sqrt(22.5), 0]], rtol=1e-15)
    np.testing.assert_allclose(array.pairwise("w1"), [[0, 4.5], [4.5, 0]], rtol=1e-15)


def test_options_are_checked():
    array = A.from_samples([[0.0, 1.0]])
    with pytest.raises(InvalidParameterError, match="metric is 'w3'"):
        array.pairwise("w3")
    with pytest.raises(InvalidParameterError, match="which takes none"):
        array.pairwise("w2", slicer=Identity())
    with pytest.raises(InvalidDataError, match="must be on the same space"):
        array.pairwise("w2", A.from_samples([[0.1]], domain=Circle(1.0)))
    with pytest.raises(InvalidParameterError, match="other is list"):
        array.pairwise("w2", [[1.0]])
    with pytest.raises(InvalidParameterError, match="power is 3"):
        exact_squared_distances(array, power=3)
    with pytest.raises(InvalidParameterError, match="x is ndarray; pass a DistributionArray"):
        exact_squared_distances(np.zeros((2, 2)))
    with pytest.raises(InvalidParameterError, match=r"Directions.random\(2"):
        A.from_samples([np.zeros((1, 2))]).pairwise("sw2")
