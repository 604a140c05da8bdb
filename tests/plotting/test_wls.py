"""Pictures of designs: the numbers of the design are the numbers in the picture."""

import numpy as np
import pytest
from scipy import integrate, stats

from stattools.exceptions import InvalidParameterError
from stattools.plotting import _measures, plot_design
from stattools.wls import (
    Design,
    FunctionSpace,
    PolynomialSpace,
    SphericalHarmonicSpace,
    optimal_design,
    pool_design,
)
from tests.plotting.conftest import by_gid


def offsets(ax, gid="points"):
    return np.asarray(by_gid(ax, gid).get_offsets())


def all_offsets(ax, gid="points"):
    parts = [np.asarray(artist.get_offsets()) for artist in ax.collections if artist.get_gid() == gid]
    return np.concatenate(parts)


def texts(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def drawn(space, n=None, **options):
    return optimal_design(space, n, n_simulations=0, rng=1, **options)


@pytest.fixture(scope="module")
def line():
    return drawn(PolynomialSpace("legendre", degree=4), 15)


@pytest.fixture(scope="module")
def plane():
    return drawn(PolynomialSpace(["legendre", "hermite"], degree=2, domain=[(0, 10), None]), 12)


@pytest.fixture(scope="module")
def five():
    return drawn(PolynomialSpace(["legendre"] * 5, degree=2))


@pytest.fixture(scope="module")
def sphere():
    return drawn(SphericalHarmonicSpace(3), 32)


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(2).standard_t(4, (300, 4))


@pytest.fixture(scope="module")
def pool(rows):
    return pool_design(rows, 40, method="leverage", n_simulations=0, rng=1)


@pytest.fixture(scope="module")
def completed(rows):
    return pool_design(rows, 10, method="volume", given=[3, 8, 200], n_simulations=0, rng=1)


# densities -----------------------------------------------------------------------------------------------------------
FAMILIES = {
    "legendre": ("legendre", (2, 5), stats.uniform(2, 3)),
    "jacobi": (("jacobi", 1.5, -0.5), (0, 4), stats.beta(0.5, 2.5, 0, 4)),
    "chebyshev": ("chebyshev", (-1, 1), stats.arcsine(-1, 2)),
    "hermite": (("hermite", 3, 2), None, stats.norm(3, 2)),
    "laguerre": (("laguerre", 0.7), None, stats.gamma(1.7)),
    "trigonometric": ("trigonometric", (0, 24), stats.uniform(0, 24)),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_densities_of_families_are_those_of_scipy(name):
    family, domain, law = FAMILIES[name]
    space = PolynomialSpace([family], degree=3, domain=[domain])
    x = law.ppf(np.linspace(0.05, 0.95, 19))
    # a few roundings of logarithms and exponentials
    np.testing.assert_allclose(_measures.measure_density(space.univariate[0], x), law.pdf(x), rtol=1e-12)
    expected = law.pdf(x) * space.christoffel(x) / space.dim
    np.testing.assert_allclose(_measures.optimal_density(space, 0, x), expected, rtol=1e-11)


@pytest.mark.parametrize("name", ["legendre", "hermite", "laguerre", "trigonometric"])
def test_optimal_densities_integrate_to_one_over_the_picture(name):
    family, domain, _ = FAMILIES[name]
    space = PolynomialSpace([family], degree=6, domain=[domain])
    places = _measures.grid(space, 0, np.array([3.0]), 4001)
    total = integrate.trapezoid(_measures.optimal_density(space, 0, places), places)
    # what an unbounded picture cuts off has a density below 2e-3 of the largest
    assert total == pytest.approx(1, abs=2e-3)


def test_densities_far_out_are_zero_and_not_missing():
    space = PolynomialSpace("hermite", degree=30)
    assert _measures.optimal_density(space, 0, np.array([0.0, 60.0, 1e6])).tolist()[1:] == [0.0, 0.0]


def test_ratios_of_some_inputs_are_averages_over_the_others():
    space = PolynomialSpace(["legendre", "hermite", "trigonometric"], index_set="hyperbolic_cross", degree=5)
    grids = np.linspace(-1, 1, 5), np.array([0.1, 0.4])
    found = _measures.optimal_ratio(space, (0, 2), grids)
    nodes, masses = np.polynomial.hermite_e.hermegauss(12)  # exact up to degree 23
    masses = masses / masses.sum()
    for a, x in enumerate(grids[0]):
        for b, z in enumerate(grids[1]):
            values = space.christoffel(np.column_stack([np.full(12, x), nodes, np.full(12, z)])) / space.dim
            # sums of a dozen numbers of the size of the result
            assert found[a, b] == pytest.approx(masses @ values, rel=1e-11)


# spaces --------------------------------------------------------------------------------------------------------------
def test_points_along_a_line_are_coloured_by_weight_below_the_density(line, ax):
    assert line.plot(ax=ax) is ax
    found = offsets(ax)
    np.testing.assert_array_equal(found[:, 0], line.points[:, 0])
    np.testing.assert_array_equal(by_gid(ax, "points").get_array(), line.sampling_weights)
    depth = found[:, 1]
    assert (depth < 0).all()
    assert [len(set(depth[line.block_id == b])) for b in range(3)] == [1, 1, 1] and len(set(depth)) == 3
    density = by_gid(ax, "density")
    x = density.get_xdata()
    np.testing.assert_allclose(density.get_ydata(), line.space.christoffel(x) / 5 / 2, rtol=1e-12)  # roundings
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels[-3:] == ["draw 1", "draw 2", "draw 3"]
    assert f"{line._title()}: 15 points, dimension 5" == ax.get_title(loc="left")
    assert ax.figure.axes[1].get_ylabel() == "sampling weight"


def test_draws_can_share_a_line(line, ax):
    line.plot(ax=ax, blocks=False)
    assert len(set(offsets(ax)[:, 1])) == 1
    assert ax.get_yticklabels()[-1].get_text() == "points"


def test_many_points_are_strokes_and_equal_weights_have_one_colour(ax):
    design = drawn(PolynomialSpace("trigonometric", degree=2), 1000)
    design.plot(ax=ax)
    points = by_gid(ax, "points")
    assert points.get_array() is None and len(ax.figure.axes) == 1
    assert len(offsets(ax)) == 1000
    np.testing.assert_array_equal(points.get_paths()[0].vertices[:, 0], 0.0)  # upright


def test_a_pole_of_the_density_is_cut(ax):
    drawn(PolynomialSpace("chebyshev", degree=3), 8).plot(ax=ax)
    assert np.isinf(by_gid(ax, "density").get_ydata()).any()
    assert np.isfinite(ax.get_ylim()).all()
    ax.figure.canvas.draw()


def test_weights_of_very_different_size_are_coloured_by_their_logarithm(ax):
    from matplotlib.colors import LogNorm

    design = drawn(PolynomialSpace("hermite", degree=14), 60, method="iid", condition=False)
    assert design.sampling_weights.max() > 50 * np.median(design.sampling_weights)
    design.plot(ax=ax)
    norm = by_gid(ax, "points").norm
    assert isinstance(norm, LogNorm) and norm.vmax == design.sampling_weights.max()


def test_two_inputs_are_drawn_over_bands_of_the_christoffel_function(plane, ax):
    plane.plot(ax=ax)
    np.testing.assert_array_equal(offsets(ax), plane.points)
    np.testing.assert_array_equal(by_gid(ax, "points").get_array(), plane.sampling_weights)
    levels = by_gid(ax, "bands").levels
    steps = np.log2(levels)
    np.testing.assert_array_equal(steps, np.round(steps))
    corners = np.array([[0.0, 0.0], [5.0, 0.0], [10.0, 1.0]])
    ratio = plane.space.christoffel(corners) / plane.dim
    assert levels[0] <= ratio.min() and ratio.max() <= levels[-1]
    assert ax.get_xlim() == (0.0, 10.0) and ax.get_ylim()[0] < plane.points[:, 1].min()
    assert ax.get_xlabel() == "x1, legendre on [0, 10]" and ax.get_ylabel() == "x2, hermite(0, 1)"
    assert [other.get_xlabel() for other in ax.figure.axes[1:]].count("k(x) / m") == 1


def test_draws_in_the_plane_have_markers(plane, ax):
    plane.plot(ax=ax, blocks=True)
    np.testing.assert_array_equal(all_offsets(ax), plane.points[np.argsort(plane.block_id, kind="stable")])
    assert texts(ax) == ["draw 1", "draw 2"]


def test_a_constant_density_has_no_bands(ax):
    drawn(PolynomialSpace(["trigonometric"] * 2, index_set="tensor", degree=1), 18).plot(ax=ax)
    assert "k(x) / m is 1 throughout" in ax.get_title(loc="left")
    assert len(ax.figure.axes) == 1


def test_a_density_that_vanishes_has_bands(ax):
    space = PolynomialSpace(["legendre"] * 2, index_set=np.array([[1, 0], [0, 1], [1, 1]]))
    drawn(space, 9, method="iid", condition=False).plot(ax=ax)
    assert by_gid(ax, "bands").levels[0] > 0
    ax.figure.canvas.draw()


def test_of_many_inputs_a_pair_or_one_is_drawn(five, ax):
    five.plot(ax=ax)
    np.testing.assert_array_equal(offsets(ax), five.points[:, :2])
    ax.figure.clear()
    ax = ax.figure.add_subplot()
    five.plot(ax=ax, inputs=(4, 1))
    np.testing.assert_array_equal(offsets(ax), five.points[:, [4, 1]])
    assert ax.get_xlabel().startswith("x5") and ax.get_ylabel().startswith("x2")
    ax.figure.clear()
    ax = ax.figure.add_subplot()
    five.plot(ax=ax, inputs=2)
    np.testing.assert_array_equal(offsets(ax)[:, 0], five.points[:, 2])


@pytest.mark.parametrize("inputs", [5, (0, 0), (0, 1, 2), (0, 7), (), "x1", 1.5])
def test_inputs_are_checked(five, inputs):
    with pytest.raises(InvalidParameterError, match="inputs is|inputs has"):
        five.plot(inputs=inputs)


def test_blocks_are_checked(five, plane, line):
    with pytest.raises(InvalidParameterError, match="has no draws of a DPP"):
        drawn(line.space, 12, method="iid").plot(blocks=True)
    many = drawn(PolynomialSpace("legendre", degree=1), 40)
    with pytest.raises(InvalidParameterError, match="20 draws, and 12 can be told apart"):
        many.plot(blocks=True)
    with pytest.raises(InvalidParameterError, match="blocks is 'yes'"):
        plane.plot(blocks="yes")


def test_functions_on_nodes_are_drawn_with_them(ax):
    nodes = (np.arange(200) + 0.5) / 200
    space = FunctionSpace(lambda x: np.column_stack([np.ones(len(x)), np.sqrt(2) * np.cos(np.pi * x[:, 0])]), nodes)
    design = drawn(space, 6)
    design.plot(ax=ax)
    curve = by_gid(ax, "density")
    np.testing.assert_array_equal(curve.get_xdata(), nodes)
    np.testing.assert_allclose(curve.get_ydata(), space.christoffel(nodes) / 2)
    np.testing.assert_array_equal(offsets(ax)[:, 0], design.points[:, 0])


def test_nodes_in_the_plane_are_thinned(ax):
    nodes = np.random.default_rng(0).uniform(-np.sqrt(3), np.sqrt(3), (3000, 2))
    with pytest.warns(UserWarning, match="not orthonormal"):
        space = FunctionSpace(lambda x: np.column_stack([np.ones(len(x)), x]), nodes)
    design = drawn(space, 6)
    design.plot(ax=ax)
    assert len(offsets(ax, "nodes")) == 2000
    assert "2000 of 3000 nodes" in ax.get_title(loc="left")
    ax.figure.clear()
    ax = ax.figure.add_subplot()
    design.plot(ax=ax, inputs=1)  # the density of one of two inputs is not known
    np.testing.assert_array_equal(offsets(ax)[:, 0], design.points[:, 1])
    assert not ax.lines and [label.get_text() for label in ax.get_yticklabels()] == ["draw 1", "draw 2"]


def test_one_point_in_a_space_of_constants(ax):
    design = drawn(PolynomialSpace("legendre", degree=0), 1)
    for kind in ("points", "weights", "spectrum"):
        ax.figure.clear()
        axes = ax.figure.add_subplot()
        design.plot(kind=kind, ax=axes)
        axes.figure.canvas.draw()
        assert "1 point, dimension 1" in axes.get_title(loc="left")


# sphere --------------------------------------------------------------------------------------------------------------
def test_points_on_the_sphere_are_a_map(sphere, ax):
    from stattools.domains import Sphere
    from stattools.plotting._sphere import mollweide

    sphere.plot(ax=ax)
    lon, lat = Sphere().to_lonlat(sphere.points)
    np.testing.assert_array_equal(offsets(ax), np.column_stack(mollweide(lon, lat)))
    ax.figure.clear()
    ax = ax.figure.add_subplot()
    sphere.plot(ax=ax, projection="equirectangular", extent=(-20, 60, 20, 75), blocks=True)
    order = np.argsort(sphere.block_id, kind="stable")
    np.testing.assert_array_equal(all_offsets(ax), np.column_stack([lon, lat])[order])
    assert ax.get_xlim() == (-20.0, 60.0) and texts(ax) == ["draw 1", "draw 2"]
    assert all(artist.get_clip_on() for artist in ax.collections)


def test_options_are_those_of_the_target(sphere, line, pool):
    with pytest.raises(InvalidParameterError, match="inputs is no option of kind='points', which takes projection"):
        sphere.plot(inputs=(0, 1))
    with pytest.raises(InvalidParameterError, match="land is no option of kind='points', which takes inputs, blocks"):
        line.plot(land=[])
    with pytest.raises(InvalidParameterError, match="blocks is no option of kind='points', which takes columns"):
        pool.plot(blocks=True)
    with pytest.raises(InvalidParameterError, match="bins is no option of kind='weights', which takes no options"):
        line.plot(kind="weights", bins=3)
    with pytest.raises(InvalidParameterError, match="projection is 'globe'"):
        sphere.plot(projection="globe")


# pools ---------------------------------------------------------------------------------------------------------------
def test_rows_of_a_design_stand_at_their_rank_in_leverage(pool, rows, ax):
    pool.plot(ax=ax)
    leverage = (np.linalg.qr(rows)[0] ** 2).sum(axis=1)
    curve = by_gid(ax, "pool")
    np.testing.assert_array_equal(curve.get_xdata(), np.arange(1, 301))
    np.testing.assert_allclose(curve.get_ydata(), np.sort(leverage)[::-1], rtol=1e-9)  # QR twice, by other routes
    distinct, counts = np.unique(pool.indices, return_counts=True)
    assert counts.max() > 1
    found = by_gid(ax, "drawn")
    np.testing.assert_allclose(offsets(ax, "drawn")[:, 1], leverage[distinct], rtol=1e-9)
    expected = np.array([(leverage > leverage[i]).sum() + 1 for i in distinct])
    np.testing.assert_array_equal(offsets(ax, "drawn")[:, 0], expected)
    sizes = found.get_sizes()
    np.testing.assert_allclose(sizes / sizes.min(), counts)
    assert "larger: drawn more than once" in texts(ax)
    assert by_gid(ax, "mean").get_ydata()[0] == pytest.approx(4 / 300)


def test_rows_labelled_before_are_marked(completed, ax):
    completed.plot(ax=ax)
    assert len(offsets(ax, "labelled before")) == 3 and len(offsets(ax, "drawn")) == 10
    leverage = completed._problem.rows.leverage
    np.testing.assert_array_equal(offsets(ax, "labelled before")[:, 1], leverage[[3, 8, 200]])
    assert texts(ax) == ["rows of the pool", "drawn", "labelled before", "mean of the pool"]


def test_a_design_from_storage_draws_its_own_rows(pool, rows, ax):
    stored = Design.from_json(pool.to_json())
    stored.plot(ax=ax)
    assert not any(artist.get_gid() == "pool" for artist in ax.lines)
    leverage = (np.linalg.qr(rows)[0] ** 2).sum(axis=1)[pool.indices]
    np.testing.assert_allclose(np.sort(offsets(ax, "drawn")[:, 1]), np.sort(leverage), rtol=1e-9)  # as above
    with pytest.raises(InvalidParameterError, match="from storage"):
        stored.plot(columns=(0, 1))


def test_rows_in_two_columns(pool, completed, rows, ax):
    pool.plot(ax=ax, columns=("x2", 3))
    np.testing.assert_array_equal(offsets(ax), rows[pool.indices][:, [1, 3]])
    np.testing.assert_array_equal(by_gid(ax, "points").get_array(), pool.sampling_weights)
    np.testing.assert_array_equal(offsets(ax, "pool"), rows[:, [1, 3]])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x2", "x4")
    ax.figure.clear()
    ax = ax.figure.add_subplot()
    completed.plot(ax=ax, columns=(0, 1))
    np.testing.assert_array_equal(offsets(ax, "labelled before"), rows[[3, 8, 200]][:, :2])
    assert len(offsets(ax)) == 10 and texts(ax) == ["drawn", "labelled before"]


@pytest.mark.parametrize("columns", [("x1", "x9"), (0, 4), (0,), 3, "x1"])
def test_columns_are_checked(pool, columns):
    with pytest.raises(InvalidParameterError, match="columns is"):
        pool.plot(columns=columns)


def test_rows_of_zeros_and_large_pools_are_drawn(ax):
    X = np.random.default_rng(3).standard_normal((6000, 3))
    X[:100] = 0.0
    design = pool_design(X, 9, n_simulations=0, rng=1)
    design.plot(ax=ax)
    curve = by_gid(ax, "pool")
    assert len(curve.get_xdata()) <= 4000 and curve.get_xdata()[[0, -1]].tolist() == [1, 6000]
    assert ax.get_xscale() == "log"
    ax.figure.canvas.draw()
    ax.figure.clear()
    ax = ax.figure.add_subplot()
    design.plot(ax=ax, columns=(0, 1))
    assert 3000 < len(offsets(ax, "pool")) <= 5000


# weights, spectrum, inclusion ----------------------------------------------------------------------------------------
def test_weights_are_bars_in_falling_order(line, ax):
    line.plot(kind="weights", ax=ax)
    (bars,) = ax.containers
    np.testing.assert_array_equal([bar.get_height() for bar in bars], np.sort(line.sampling_weights)[::-1])
    assert f"effective size {line.effective_size:.4g} of 15" in ax.get_title(loc="left")
    share = 100 * line.sampling_weights.max() / line.sampling_weights.sum()
    assert f"{share:.3g} % of the sum" in ax.get_title(loc="left")
    assert ax.get_ylim()[0] == 0


def test_many_weights_are_a_line_and_equal_ones_are_said_to_be(rows, sphere, ax):
    design = pool_design(rows, 120, method="leverage", n_simulations=0, rng=1)
    design.plot(kind="weights", ax=ax)
    np.testing.assert_array_equal(by_gid(ax, "weights").get_ydata(), np.sort(design.sampling_weights)[::-1])
    ax.clear()
    sphere.plot(kind="weights", ax=ax)
    assert "effective size 32 of 32; all weights are 1" in ax.get_title(loc="left")


def test_the_spectrum_has_its_limit(line, ax):
    line.plot(kind="spectrum", ax=ax)
    np.testing.assert_array_equal(offsets(ax, "eigenvalues"), np.column_stack([np.arange(1, 6), line.eigenvalues]))
    limits = [artist.get_ydata()[0] for artist in ax.lines if artist.get_gid() == "limit"]
    assert limits == [pytest.approx(0.1)]
    assert f"smallest eigenvalue {line.lambda_min:.4g}" in ax.get_title(loc="left")
    assert ax.get_yscale() == "log" and ax.get_ylim()[0] < 0.1
    assert "stable: from 0.1" in texts(ax)


def test_a_two_sided_event_has_two_limits(ax):
    design = drawn(PolynomialSpace("legendre", degree=2), 60, method="boosted", n_candidates=5, delta=0.6)
    design.plot(kind="spectrum", ax=ax)
    limits = [artist.get_ydata()[0] for artist in ax.lines if artist.get_gid() == "limit"]
    assert limits == [pytest.approx(0.4), pytest.approx(1.6)]
    box = by_gid(ax, "band").get_extents().transformed(ax.transData.inverted())
    assert (box.y0, box.y1) == (pytest.approx(0.4), pytest.approx(1.6))
    assert ax.get_yscale() == "linear" and ax.get_ylim()[0] == 0


def test_eigenvalues_of_zero_are_marked_at_the_edge(rows, ax):
    design = pool_design(rows, 2, method="regularized_volume", regularization=1.0, rng=1)
    design.plot(kind="spectrum", ax=ax)
    assert len(offsets(ax, "eigenvalues")) == 2
    np.testing.assert_array_equal(offsets(ax, "zero"), [[1, ax.get_ylim()[0]], [2, ax.get_ylim()[0]]])
    assert "zero: 2 of 4" in texts(ax)


def test_inclusion_probabilities_with_the_rows_drawn(pool, ax):
    pool.plot(kind="inclusion", ax=ax)
    chances = pool.inclusion_probabilities
    np.testing.assert_array_equal(by_gid(ax, "pool").get_ydata(), np.sort(chances)[::-1])
    np.testing.assert_array_equal(offsets(ax, "drawn")[:, 1], chances[np.unique(pool.indices)])
    assert f"distinct rows {chances.sum():.4g}, drawn {pool.n_unique}" in ax.get_title(loc="left")


def test_unknown_inclusion_probabilities_cannot_be_drawn(line, completed):
    for design in (line, completed):
        with pytest.raises(InvalidParameterError, match="kind is 'inclusion'"):
            design.plot(kind="inclusion")
        with pytest.raises(InvalidParameterError, match="not known in closed form"):
            plot_design(design, "inclusion")


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("design", [None, 1.0, "design", {"points": 1}, Design], ids=lambda value: type(value).__name__)
def test_what_is_no_design_is_refused(design):
    with pytest.raises(InvalidParameterError, match="result is a .*; it takes what optimal_design"):
        plot_design(design)


def test_a_kind_that_there_is_not_is_refused(line):
    with pytest.raises(InvalidParameterError, match="did you mean 'spectrum'"):
        plot_design(line, "spectra")


@pytest.mark.parametrize("kind", ["points", "weights", "spectrum", "inclusion"])
def test_designs_draw_on_the_axes_they_are_given_or_on_new_ones(pool, ax, kind):
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    assert pool.plot(kind=kind, ax=ax) is ax
    ax.figure.canvas.draw()
    assert plt.get_fignums() == before
    pool.plot(kind=kind).figure.canvas.draw()
    assert len(plt.get_fignums()) == len(before) + 1
