"""Pictures of collections."""

import networkx as nx
import numpy as np
import pytest

from stattools import Box, Circle, Cylinder, DistributionArray, Graph, Grid, Interval, Sphere, Torus
from stattools.exceptions import InvalidDataError, InvalidParameterError
from stattools.plotting import plot_distributions
from stattools.plotting.distributions import pooled
from tests.plotting.conftest import by_gid


def rng():
    return np.random.default_rng(3)


def collections():
    groups = [0, 0, 1]
    yield DistributionArray.from_samples(rng().normal(size=(3, 20)), groups=groups)
    yield DistributionArray.from_samples(rng().normal(size=(3, 20)))
    yield DistributionArray.from_samples(rng().random((3, 20)), domain=Interval(), groups=groups)
    yield DistributionArray.from_histogram([[1, 2, 3], [0, 1, 0], [1, 1, 1]], edges=[0.0, 1.0, 2.0, 4.0])
    yield DistributionArray.from_samples(rng().normal(size=(3, 20, 2)), groups=groups)
    yield DistributionArray.from_samples(rng().random((3, 20)), domain=Circle(1), groups=groups)
    yield DistributionArray.from_samples(rng().random((3, 20)), domain=Circle(1))
    yield DistributionArray.from_samples([Sphere().uniform(9, k) for k in range(3)], domain=Sphere(), groups=groups)
    yield DistributionArray.from_samples(rng().random((3, 20, 2)), domain=Torus((1, 1)), groups=groups)
    yield DistributionArray.from_samples(rng().random((3, 20, 2)), domain=Cylinder(1, (0, 1)))
    yield DistributionArray.from_histogram(rng().random((3, 6)), domain=Grid((2, 3)), groups=groups)
    yield DistributionArray.from_samples([[0, 1], [2], [3, 3]], domain=Graph(nx.path_graph(4)), groups=groups)


@pytest.mark.parametrize("array", list(collections()), ids=repr)
def test_every_space_can_be_drawn(array, ax):
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    assert plot_distributions(array, ax=ax) is ax
    ax.figure.canvas.draw()
    assert plt.get_fignums() == before


def test_each_distribution_weighs_the_same():
    array = DistributionArray.from_samples([[0.0], [1.0, 2.0, 3.0, 4.0]])
    points, masses = pooled(array, np.array([0, 1]))
    assert points.ravel().tolist() == [0, 1, 2, 3, 4]
    assert masses.tolist() == [0.5, 0.125, 0.125, 0.125, 0.125]


def test_mean_density_integrates_to_one_and_matches_numpy(heights, ax):
    plot_distributions(heights, ax=ax, bins=25)
    values, edges, _ = by_gid(ax, "mean 1").get_data()
    assert (values * np.diff(edges)).sum() == pytest.approx(1.0)
    pooled_points = np.concatenate([heights.atoms(i)[0].ravel() for i in range(12, 24)])
    np.testing.assert_allclose(values, np.histogram(pooled_points, edges, density=True)[0])
    assert len(edges) == 26


def test_single_distributions_are_drawn_on_request(heights, ax):
    plot_distributions(heights, ax=ax, individuals=True, group="y")
    assert len(ax.lines) == 12


def test_rose_sectors_have_areas_in_proportion_to_mass(ax):
    array = DistributionArray.from_samples([[10.0, 10.0, 100.0, 190.0]], domain=Circle(360))
    plot_distributions(array, ax=ax, bins=4)
    radius = np.hypot(*by_gid(ax, "mean 0").get_xydata().T)
    sectors = [radius[9 * k + 4] for k in range(4)]
    np.testing.assert_allclose(np.square(sectors), np.array([0.5, 0.25, 0.25, 0.0]) / 0.5)


def test_nodes_show_the_mean_mass_of_the_group(ax):
    array = DistributionArray.from_samples([[0, 1], [2, 2], [3, 3]], domain=Grid((2, 2)), groups=["a", "a", "b"])
    plot_distributions(array, ax=ax, group="a")
    np.testing.assert_allclose(ax.images[0].get_array(), [[0.25, 0.25], [0.5, 0.0]])
    assert "group a" in ax.get_title(loc="left")


def test_flat_density_integrates_to_one(ax):
    array = DistributionArray.from_samples(rng().random((2, 300, 2)) * [24, 5], domain=Cylinder(24, (0, 5)))
    plot_distributions(array, ax=ax, bins=10)
    cells = ax.collections[0].get_array()[:, 2:-2]  # two columns on each side repeat across the seam
    assert cells.sum() * 2.4 * 0.5 == pytest.approx(1.0)


def test_dots_carry_the_colour_of_their_group_however_many_are_drawn(ax):
    array = DistributionArray.from_samples(rng().normal(size=(4, 5, 2)), groups=["a", "a", "b", "b"])
    plot_distributions(array, ax=ax)
    both = ax.collections[1].get_facecolor()
    ax.clear()
    plot_distributions(array, ax=ax, group="b")
    np.testing.assert_array_equal(ax.collections[0].get_facecolor(), both)
    np.testing.assert_allclose(ax.collections[0].get_offsets(), np.concatenate([array.atoms(2)[0], array.atoms(3)[0]]))


def test_bad_input_is_refused(heights):
    with pytest.raises(InvalidDataError, match="array is a list"):
        plot_distributions([1.0])
    with pytest.raises(InvalidParameterError, match="group is 'z'; there are 'x', 'y'"):
        plot_distributions(heights, group="z")
    with pytest.raises(InvalidParameterError, match="have no groups"):
        plot_distributions(heights.with_groups(None), group="z")
    with pytest.raises(InvalidParameterError, match="projection is no option"):
        plot_distributions(heights, projection="mollweide")
    with pytest.raises(InvalidParameterError, match="in R\\^3"):
        plot_distributions(DistributionArray.from_samples(rng().normal(size=(2, 5, 3))))
    with pytest.raises(InvalidParameterError, match="individuals is True"):
        plot_distributions(DistributionArray.from_samples([[0.1]], domain=Circle()), individuals=True)
    with pytest.raises(InvalidParameterError, match="dimension 3"):
        plot_distributions(DistributionArray.from_samples([[[0.1, 0.1, 0.1]]], domain=Torus((1, 1, 1))))


def test_options_that_a_picture_does_not_take_are_refused():
    plane = DistributionArray.from_samples(np.ones((2, 3, 2)))
    nodes = DistributionArray.from_histogram(np.ones((2, 4)), domain=Grid((2, 2)))
    sphere = DistributionArray.from_samples([Sphere().uniform(3, rng=0)], domain=Sphere())
    for array in (plane, nodes, sphere):
        with pytest.raises(InvalidParameterError, match="bins is 7; .* are drawn without bins"):
            plot_distributions(array, bins=7)
        with pytest.raises(InvalidParameterError, match="individuals is True"):
            plot_distributions(array, individuals=True)


def test_a_box_with_one_side_is_drawn_as_an_interval(ax):
    samples = [[0.1, 0.4, 0.4], [0.9, 0.2]]
    expected = plot_distributions(DistributionArray.from_samples(samples, domain=Interval(0, 2)))
    plot_distributions(DistributionArray.from_samples(samples, domain=Box([(0, 2)])), ax=ax)
    for mine, other in zip(ax.patches, expected.patches, strict=True):
        np.testing.assert_array_equal(mine.get_data().values, other.get_data().values)
        np.testing.assert_array_equal(mine.get_data().edges, other.get_data().edges)
    with pytest.raises(InvalidParameterError, match=r"has dimension 1; use Circle\(2\)"):
        plot_distributions(DistributionArray.from_samples(samples, domain=Torus([2.0])))
