"""Functions on domains: values, outlines and their places are those handed in."""

import networkx as nx
import numpy as np
import pytest

from stattools import Box, Circle, Cylinder, Graph, Grid, Interval, Mesh, PointCloud, Precomputed, Sphere, Torus
from stattools.exceptions import InvalidDataError, InvalidParameterError
from stattools.plotting import _cells, _layout, _sphere, draw_values, plot_slice
from tests.plotting.conftest import by_gid

TETRAHEDRON = Mesh(
    np.array([[1.0, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]),
    np.array([[0, 1, 2], [0, 3, 1], [0, 2, 3], [1, 3, 2]]),
)
DOMAINS = [
    Circle(360, unit="deg"),
    Circle(),
    Circle(24, unit="h"),
    Interval(-1, 2),
    Sphere(),
    Torus((1, 2)),
    Cylinder(24, (0, 10)),
    Box([(0, 1), (2, 4)]),
    Grid((5, 7)),
    Grid((6, 4), periodic=True),
    Grid((9,)),
    Graph(nx.karate_club_graph()),
    Graph(nx.path_graph(4)),
    Graph(nx.cycle_graph(450)),
    TETRAHEDRON,
    PointCloud(np.random.default_rng(1).normal(size=(40, 3))),
    Precomputed([1.0, 2.0], np.array([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])),
]


def wave(domain):
    n = len(domain.nodes())
    return np.sin(np.arange(n) * 7 / n)


@pytest.mark.parametrize("domain", DOMAINS, ids=repr)
@pytest.mark.parametrize("signed", [True, False])
def test_every_domain_can_be_drawn_on_given_axes(domain, signed, ax):
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    values = np.abs(wave(domain)) if not signed else wave(domain)
    mask = values > 0.5
    drawn = draw_values(
        domain, None, values, ax, mask=mask, signed=signed, threshold=0.5, label="v", ends=("up", "down")
    )
    assert drawn is ax
    ax.figure.canvas.draw()
    assert plt.get_fignums() == before


@pytest.mark.parametrize("domain", DOMAINS, ids=repr)
def test_constant_zero_is_drawn(domain, ax):
    values = np.zeros(len(domain.nodes()))
    draw_values(domain, None, values, ax, mask=values > 0)
    ax.figure.canvas.draw()


def test_without_axes_a_new_figure_is_made():
    import matplotlib.pyplot as plt

    before = set(plt.get_fignums())
    ax = draw_values(Interval(), [0.0, 0.5, 1.0], [1.0, 2.0, 3.0])
    assert set(plt.get_fignums()) - before == {ax.figure.number}


def test_a_curve_goes_through_its_values_in_order(ax):
    draw_values(Interval(), [0.9, 0.1, 0.5], [3.0, 1.0, 2.0], ax)
    assert by_gid(ax, "values").get_xydata().tolist() == [[0.1, 1.0], [0.5, 2.0], [0.9, 3.0]]


def test_a_single_point_in_the_mask_of_a_curve_is_visible(ax):
    draw_values(Interval(), [0.0, 0.25, 0.5, 1.0], [0.0, 1.0, 2.0, 3.0], ax, mask=[False, True, False, False])
    marked = by_gid(ax, "mask").get_xdata()
    assert marked[:2].tolist() == [0.125, 0.375]
    assert np.isnan(marked[2:]).all()


def test_circle_distance_from_the_zero_ring_is_proportional_to_the_value(ax):
    points, values = np.array([0.0, 90.0, 180.0, 270.0]), np.array([1.0, -0.5, 0.0, 0.25])
    draw_values(Circle(360, unit="deg"), points, values, ax)
    xy = by_gid(ax, "values").get_xydata()
    radius = np.hypot(*xy.T)
    assert radius[:4] == pytest.approx(1 + 0.62 * values)
    # a compass: zero at the top, 90 degrees to the right; the curve closes
    assert xy[0] == pytest.approx([0, radius[0]])
    assert xy[1] == pytest.approx([radius[1], 0])
    assert xy[4] == pytest.approx(xy[0])


def test_orientation_of_a_circle_in_radians_and_by_choice(ax):
    values = np.array([1.0, 1.0])
    draw_values(Circle(), [0.0, np.pi / 2], values, ax)
    assert by_gid(ax, "values").get_xydata()[0] == pytest.approx([1.62, 0])
    ax.clear()
    draw_values(Circle(), [0.0, np.pi / 2], values, ax, orientation="clock")
    assert by_gid(ax, "values").get_xydata()[0] == pytest.approx([0, 1.62])


def test_the_arc_of_one_point_in_a_circle_mask(ax):
    draw_values(Circle(360), [0.0, 90.0, 180.0, 270.0], np.ones(4), ax, mask=[True, False, False, False])
    xy = by_gid(ax, "mask").get_xydata()[:5]
    angles = np.rad2deg(np.arctan2(xy[:, 0], xy[:, 1]))
    assert angles == pytest.approx([-45, -22.5, 0, 22.5, 45])


def test_grid_image_is_the_matrix_of_values(ax):
    values = np.arange(12.0)
    draw_values(Grid((3, 4)), None, values, ax)
    (image,) = ax.images
    np.testing.assert_array_equal(image.get_array(), values.reshape(3, 4))
    assert image.norm.vmin == -11 and image.norm.vmax == 11


def test_grid_nodes_that_are_not_given_are_blank(ax):
    draw_values(Grid((2, 2)), [3, 0], [5.0, 1.0], ax)
    image = np.ma.filled(ax.images[0].get_array(), np.nan)
    np.testing.assert_array_equal(image, [[1.0, np.nan], [np.nan, 5.0]])


def test_unsigned_colours_start_at_zero(ax):
    draw_values(Grid((1, 3)), None, [1.0, 2.0, 4.0], ax, signed=False)
    assert (ax.images[0].norm.vmin, ax.images[0].norm.vmax) == (0.0, 4.0)


def test_outline_of_one_cell_is_its_four_sides(ax):
    mask = np.zeros((3, 4), dtype=bool)
    mask[1, 2] = True
    draw_values(Grid((3, 4)), None, np.arange(12.0), ax, mask=mask.ravel())
    sides = {tuple(sorted(map(tuple, s))) for s in by_gid(ax, "mask").get_segments()}
    left, right, top, bottom = 1.5, 2.5, 0.5, 1.5
    assert sides == {
        ((left, top), (left, bottom)),
        ((right, top), (right, bottom)),
        ((left, top), (right, top)),
        ((left, bottom), (right, bottom)),
    }


def test_a_seam_inside_the_mask_is_not_outlined():
    ticks = (np.arange(4.0), np.arange(3.0))
    mask = np.ones((4, 3), dtype=bool)
    bounds = ((0.0, 4.0), (-0.5, 2.5))
    image = _cells.image(ticks, np.zeros((4, 3)), mask, bounds, (True, False))
    assert {round(float(y), 9) for segment in image.outline for y in segment[:, 1]} == {-0.5, 2.5}
    assert image.borders[0][0] == 0.0 and image.borders[0][-1] == 4.0
    open_ended = _cells.image(ticks, np.zeros((4, 3)), mask, bounds, (False, False))
    assert len(open_ended.outline) == 2 * (4 + 3)


def test_periodic_images_continue_across_the_seam(ax):
    domain = Torus((4.0, 4.0))
    points = np.array([[i, j] for i in range(4) for j in range(4)], dtype=float)
    values = points[:, 0] * 10 + points[:, 1]
    draw_values(domain, points, values, ax)
    (mesh,) = ax.collections
    at_four = mesh.get_array()[:, -2]  # the column of cells that straddles coordinate 4, which is coordinate 0
    np.testing.assert_array_equal(at_four[2:6], [0.0, 1.0, 2.0, 3.0])


def test_plane_image_has_the_first_coordinate_to_the_right(ax):
    domain = Box([(0, 1), (0, 2)])
    points = domain.nodes()
    draw_values(domain, points, points[:, 0] + 10 * points[:, 1], ax)
    cells = ax.collections[0].get_array()
    assert cells[0, -1] - cells[0, 0] == pytest.approx(1.0)
    assert cells[-1, 0] - cells[0, 0] == pytest.approx(20.0)


def test_points_without_a_grid_are_dots(ax):
    points = np.array([[0.1, 0.2], [0.7, 0.3], [0.4, 0.9]])
    draw_values(Box([(0, 1), (0, 1)]), points, [1.0, -2.0, 3.0], ax)
    np.testing.assert_array_equal(ax.collections[0].get_offsets(), points)


def test_sphere_cells_hold_the_values_of_their_places(ax):
    lon, lat = np.meshgrid(np.arange(-150.0, 181, 60), np.array([-60.0, 0.0, 60.0]))
    points = Sphere.from_lonlat(lon.ravel(), lat.ravel())
    values = lon.ravel() + lat.ravel() / 100
    draw_values(Sphere(), points, values, ax)
    cells = ax.collections[0].get_array()  # (lon with two wrapped on both sides, lat)
    np.testing.assert_allclose(cells[2:-2, 1], np.arange(-150.0, 181, 60))
    np.testing.assert_allclose(cells[2, :], [-150.6, -150.0, -149.4])


def test_scattered_places_on_the_sphere_are_dots_at_their_degrees(ax):
    points = Sphere.from_lonlat([10.0, -100.0, 33.0], [5.0, 50.0, -20.0])
    draw_values(Sphere(), points, [3.0, 1.0, 2.0], ax)
    np.testing.assert_allclose(ax.collections[0].get_offsets(), [[-100, 50], [33, -20], [10, 5]], atol=1e-9)


def test_land_is_broken_at_the_date_line(ax):
    draw_values(Sphere(), None, wave(Sphere()), ax, land=[np.array([[170.0, 0.0], [-170.0, 10.0]])])
    lon = by_gid(ax, "land").get_xdata()
    assert lon[0] == 170 and np.isnan(lon[1]) and lon[2] == -170


def test_extent_sets_the_limits(ax):
    draw_values(Sphere(), None, wave(Sphere()), ax, extent=(-110, 10, 0, 70))
    assert ax.get_xlim() == (-110, 10) and ax.get_ylim() == (0, 70)


def test_mollweide_has_equal_areas_and_its_known_corners():
    x, y = _sphere.mollweide([180.0, 0.0, 0.0], [0.0, 90.0, -90.0])
    np.testing.assert_allclose(x, [2 * np.sqrt(2), 0, 0], atol=1e-6)
    np.testing.assert_allclose(y, [0, np.sqrt(2), -np.sqrt(2)], atol=1e-6)
    # area north of latitude phi on the whole map, by quadrature: 4 pi (1 - sin phi) / 2; grid error below 1e-3
    lat = np.linspace(30, 90, 4001)
    width, height = _sphere.mollweide(np.full(4001, 180.0), lat)
    assert 2 * np.trapezoid(width, height) == pytest.approx(4 * np.pi * (1 - 0.5) / 2, rel=1e-3)


def test_graph_dots_sit_at_positions_and_edges_join_them(ax):
    places = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 2.0]])
    graph = Graph.from_edges([(0, 1), (1, 2)], positions=places)
    draw_values(graph, None, [1.0, -3.0, 2.0], ax, mask=[False, True, False])
    edges = {tuple(sorted(map(tuple, s))) for s in by_gid(ax, "edges").get_segments()}
    assert edges == {((0.0, 0.0), (1.0, 0.0)), ((1.0, 0.0), (1.0, 2.0))}
    dots = next(c for c in ax.collections if c.get_gid() is None)
    drawn = {tuple(p): v for p, v in zip(dots.get_offsets(), dots.get_array(), strict=True)}
    assert drawn == {(0.0, 0.0): 1.0, (1.0, 0.0): -3.0, (1.0, 2.0): 2.0}
    widest = dots.get_offsets()[np.argmax(dots.get_linewidths())]
    assert tuple(widest) == (1.0, 0.0)


def test_positions_can_be_given_for_the_picture(ax):
    graph = Graph(nx.path_graph(3))
    draw_values(graph, None, [1.0, 2.0, 3.0], ax, positions=[[0, 0], [5, 0], [5, 5]], names=False)
    dots = next(c for c in ax.collections if c.get_gid() is None)
    assert sorted(map(tuple, dots.get_offsets())) == [(0, 0), (5, 0), (5, 5)]
    with pytest.raises(InvalidParameterError, match=r"positions has shape \(2, 2\)"):
        draw_values(graph, None, [1.0, 2.0, 3.0], ax, positions=[[0, 0], [5, 0]])


def test_layout_of_a_grid_graph_keeps_its_distances():
    hops = Grid((4, 3)).distances(np.arange(12), np.arange(12))
    places = _layout.stress_layout(hops)
    neighbours = hops == 1
    lengths = np.linalg.norm(places[:, None] - places[None], axis=2)
    # the graph embeds almost isometrically: diagonals are two hops of length root 2
    assert 0.7 < lengths[neighbours].min() <= lengths[neighbours].max() < 1.3
    np.testing.assert_array_equal(places, _layout.stress_layout(hops))


def test_layout_of_a_disconnected_graph_is_finite():
    graph = Graph.from_edges([(0, 1), (2, 3)], components="ignore")
    places, remark = _layout.node_positions(graph)
    assert np.isfinite(places).all() and remark == "layout by shortest paths"


def test_mesh_triangles_take_the_mean_of_their_corners(ax):
    from matplotlib.collections import PolyCollection

    draw_values(TETRAHEDRON, None, [4.0, 0.0, 0.0, 0.0], ax)
    (faces,) = [c for c in ax.collections if isinstance(c, PolyCollection)]
    assert len(faces.get_paths()) == 8  # four triangles from two sides
    shades = {tuple(np.round(shade, 6)) for shade in faces.get_facecolors()}
    assert len(shades) == 2  # 4/3 on the three triangles at corner 0, 0 on the other


def test_plot_slice_draws_the_slice_function(ax):
    basis = Interval().eigenbasis(3)
    plot_slice(basis, 1, ax=ax)
    x, y = by_gid(ax, "values").get_data()
    np.testing.assert_allclose(y, np.sqrt(2) * np.cos(2 * np.pi * x), atol=1e-12)
    plot_slice(basis, basis.slice_names[1], ax=ax)


@pytest.mark.parametrize("slice", [3, -1, "k = 9", 1.5])
def test_an_unknown_slice_is_refused(slice):
    with pytest.raises(InvalidParameterError, match="slice is"):
        plot_slice(Interval().eigenbasis(3), slice)


def test_what_cannot_be_drawn_is_said():
    with pytest.raises(InvalidParameterError, match="dimension 3"):
        draw_values(Torus((1, 1, 1)), [[0.0, 0.0, 0.0]], [1.0])
    with pytest.raises(InvalidParameterError, match="has 3 axes"):
        draw_values(Grid((2, 2, 2)), None, np.zeros(8))
    with pytest.raises(InvalidParameterError, match="domain is a str"):
        draw_values("circle", None, [1.0])
    with pytest.raises(InvalidParameterError, match="land is no option for a picture of Circle"):
        draw_values(Circle(), [0.0], [1.0], land=[])
    with pytest.raises(InvalidParameterError, match="projection is 'robinson'"):
        draw_values(Sphere(), None, wave(Sphere()), projection="robinson")
    with pytest.raises(InvalidParameterError, match="extent is"):
        draw_values(Sphere(), None, wave(Sphere()), extent=(10, -10, 0, 1))


def test_bad_values_are_refused():
    with pytest.raises(InvalidDataError, match="values has 2 entries for 1 points"):
        draw_values(Circle(), [0.0], [1.0, 2.0])
    with pytest.raises(InvalidDataError, match="at row 1"):
        draw_values(Circle(), [0.0, 1.0], [1.0, np.inf])
    with pytest.raises(InvalidDataError, match="mask has shape"):
        draw_values(Circle(), [0.0, 1.0], [1.0, 2.0], mask=[True])
    with pytest.raises(InvalidDataError, match="mask has shape"):
        draw_values(Circle(), [0.0, 1.0], [1.0, 2.0], mask=[0, 1])


@pytest.mark.parametrize("domain", DOMAINS, ids=repr)
def test_missing_values_are_left_blank(domain, ax):
    values = wave(domain)
    values[0] = np.nan
    draw_values(domain, None, values, ax)
    ax.figure.canvas.draw()


def test_axes_of_another_kind_are_refused():
    from matplotlib.figure import Figure

    with pytest.raises(InvalidParameterError, match="ax is polar axes"):
        draw_values(Circle(), [0.0], [1.0], Figure().add_subplot(projection="polar"))
    with pytest.raises(InvalidParameterError, match="ax is a Figure"):
        draw_values(Circle(), [0.0], [1.0], Figure())
