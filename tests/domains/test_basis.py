"""Bases of domains with formulas: orthonormality, completeness, eigenspaces, weights, truncation, storage."""

import itertools
import json
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import special

from stattools.domains import Box, Circle, Cylinder, EigenBasis, Grid, Interval, Sphere, Torus, Weighting
from stattools.domains._tails import lattice_remainder, lattice_tail, sphere_tail
from stattools.exceptions import AssumptionWarning, InvalidParameterError
from stattools.results import decode, encode
from tests.domains.slices import grid_adjacency

FLAT = [
    Interval(-2, 5),
    Circle(360),
    Torus((1, 2.5)),
    Torus((1, 1, 1)),
    Cylinder(24, (0, 10)),
    Box([(0, 1), (-1, 0.5), (0, 2)]),
]
ANALYTIC = [*FLAT, Sphere(), Grid((6, 5)), Grid((6, 5), periodic=True), Grid((2, 3, 4), periodic=(False, True, False))]


def quadrature(domain, n=64):
    """Points and weights that integrate products of low eigenfunctions without error."""
    if isinstance(domain, Grid):
        return domain.nodes(), domain.node_masses
    if isinstance(domain, Sphere):
        z, weights = np.polynomial.legendre.leggauss(n)
        lon = np.arange(n) * 360 / n
        lat = np.rad2deg(np.arcsin(z))
        return Sphere.from_lonlat(np.tile(lon, n), np.repeat(lat, n)), np.repeat(weights / 2, n) / n
    n = round(4096 ** (1 / domain.dimension))
    low = [getattr(axis, "low", 0.0) for axis in domain.axes]
    high = [axis.period if hasattr(axis, "period") else axis.high for axis in domain.axes]
    middles = [a + (b - a) * (np.arange(n) + 0.5) / n for a, b in zip(low, high, strict=True)]
    points = np.array(list(itertools.product(*middles)))
    return points, np.full(len(points), 1 / len(points))


# eigenfunctions ------------------------------------------------------------------------------------
@pytest.mark.parametrize("domain", ANALYTIC, ids=repr)
def test_orthonormal_and_orthogonal_to_constants(domain):
    points, masses = quadrature(domain)
    basis = domain.eigenbasis(min(20, (domain.n_nodes or 99) - 1))
    values = np.column_stack([np.ones(len(points)), basis.evaluate_eigenfunctions(points)])
    np.testing.assert_allclose(values.T @ (masses[:, None] * values), np.eye(values.shape[1]), atol=1e-12)


@pytest.mark.parametrize("domain", ANALYTIC, ids=repr)
def test_volume_normalisation_is_a_constant_factor(domain):
    by_measure, by_volume = (domain.eigenbasis(5, normalization=name) for name in ("measure", "volume"))
    x = domain.uniform(4, 0)
    np.testing.assert_allclose(by_volume.evaluate(x) * math.sqrt(domain.volume), by_measure.evaluate(x), atol=1e-14)
    assert by_volume.truncation_bound == pytest.approx(by_measure.truncation_bound / domain.volume)
    np.testing.assert_allclose(by_volume.slice_ranges * math.sqrt(domain.volume), by_measure.slice_ranges)


@pytest.mark.parametrize("domain", [d for d in FLAT if d.dimension == 1], ids=repr)
def test_second_differences_return_the_eigenvalue(domain):
    basis = domain.eigenbasis(6, multiplicity="fixed")
    h = 1e-3 * domain.volume
    x = domain.axes[0].low + domain.volume / 3 if isinstance(domain, Interval) else domain.volume / 3
    left, middle, right = basis.evaluate(np.array([x - h, x, x + h]))
    # the error of a second difference is h**2 / 12 times the fourth derivative, eigenvalue**2 times the function
    expected = -(left - 2 * middle + right) / h**2
    tolerance = h**2 / 12 * basis.eigenvalues**2 * math.sqrt(2) + 1e-8 / h**2
    assert np.all(np.abs(expected - basis.eigenvalues * middle) <= tolerance)


@pytest.mark.parametrize(
    "shape, periodic", [((7,), False), ((7,), True), ((8,), True), ((3, 4), False), ((4, 5), True)]
)
def test_grid_eigenpairs_solve_the_laplacian(shape, periodic):
    adjacency = grid_adjacency(shape, cycle=periodic).toarray()
    laplacian = np.diag(adjacency.sum(axis=1)) - adjacency
    basis = Grid(shape, periodic).eigenbasis(math.prod(shape) - 1, multiplicity="fixed")
    vectors = basis.evaluate(np.arange(math.prod(shape)))
    np.testing.assert_allclose(laplacian @ vectors, vectors * basis.eigenvalues, atol=1e-13)
    np.testing.assert_allclose(basis.eigenvalues, np.linalg.eigvalsh(laplacian)[1:], atol=1e-13)


def test_sphere_eigenvalues():
    basis = Sphere().eigenbasis(20)
    assert basis.eigenvalues.tolist() == [2.0] * 3 + [6.0] * 5 + [12.0] * 7 + [20.0] * 9
    assert basis.next_eigenvalue == 30.0


lengths = st.floats(0.1, 10)


@given(kinds=st.lists(st.tuples(st.booleans(), lengths), min_size=1, max_size=3), n=st.integers(1, 60))
def test_no_eigenvalue_of_a_product_is_missing(kinds, n):
    """Against all products of the first wave numbers of every axis."""
    if all(periodic for periodic, _ in kinds):
        domain = Torus([length for _, length in kinds])
    elif not any(periodic for periodic, _ in kinds):
        domain = Box([(0, length) for _, length in kinds])
    else:
        kinds = [(True, kinds[0][1]), (False, kinds[-1][1])]
        domain = Cylinder(kinds[0][1], (0, kinds[1][1]))
    basis = domain.eigenbasis(n)
    found = basis.eigenvalues
    factors = []
    for periodic, length in kinds:
        frequency = (2 if periodic else 1) * np.pi / length
        highest = int(np.sqrt(found[-1]) / frequency) + 2
        waves = [(frequency * k) ** 2 for k in range(highest + 1) for _ in range(2 if periodic and k else 1)]
        factors.append(waves)
    naive = np.sort([sum(terms) for terms in itertools.product(*factors)])[1:]
    np.testing.assert_allclose(found, naive[: len(found)], rtol=1e-12)
    assert basis.next_eigenvalue == pytest.approx(naive[len(found)], rel=1e-12)
    assert basis.next_eigenvalue > found[-1] * (1 + 1e-9)


@given(shape=st.lists(st.integers(1, 5), min_size=1, max_size=3), data=st.data())
def test_no_eigenvalue_of_a_grid_is_missing(shape, data):
    total = math.prod(shape)
    if total < 2:
        shape, total = [2], 2
    periodic = [n >= 3 and data.draw(st.booleans()) for n in shape]
    basis = Grid(shape, periodic).eigenbasis(data.draw(st.integers(1, total - 1)))
    factors = [
        [2 - 2 * np.cos((2 if ring else 1) * np.pi * k / n) for k in range(n)]
        for n, ring in zip(shape, periodic, strict=True)
    ]
    naive = np.sort([sum(terms) for terms in itertools.product(*factors)])[1:]
    np.testing.assert_allclose(basis.eigenvalues, naive[: basis.n_eigenfunctions], atol=1e-13)
    assert len({tuple(mode) for mode in basis.modes.tolist()}) == basis.n_eigenfunctions


def test_a_huge_grid_needs_no_memory():
    basis = Grid((10**6, 10**6), periodic=(True, False)).eigenbasis(20)
    assert basis.evaluate([0, 10**12 - 1]).shape == (2, basis.n_slices)
    assert basis.truncation_bound is None


# eigenspaces -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("n, found", [(1, 3), (3, 3), (4, 8), (20, 24), (24, 24), (25, 35)])
def test_eigenspaces_are_never_cut(n, found):
    basis = Sphere().eigenbasis(n)
    assert basis.n_eigenfunctions == found
    text = f"n_eigenfunctions = {n} was extended to {found}, the end of an eigenspace"
    assert basis.remarks == (() if n == found else (text,))
    assert np.all(np.diff(basis.groups) >= 0) and len(basis.directions) == basis.groups[-1] + 1


def test_accidental_degeneracy_on_the_square():
    basis = Box([(0, 1), (0, 1)]).eigenbasis(30)
    in_units = np.rint(basis.eigenvalues / np.pi**2).astype(int)
    sizes = {value: int((in_units == value).sum()) for value in in_units}
    assert sizes[1] == 2 and sizes[2] == 1 and sizes[5] == 2 and sizes[25] == 4  # 25 = 5^2 + 0 = 3^2 + 4^2
    assert np.bincount(basis.groups).tolist() == list(sizes.values())


def test_slices_of_an_eigenspace():
    basis = Circle(1.0).eigenbasis(4)
    assert basis.n_slices == 32 and basis.slice_names[:2] == ("k = 1, 0 deg", "k = 1, 11.25 deg")
    np.testing.assert_allclose(basis.slice_weights[:16], basis.eigenvalue_weights[0] * 2 / 16)
    np.testing.assert_allclose(basis.slice_weights.sum(), basis.eigenvalue_weights.sum())
    np.testing.assert_allclose(basis.slice_eigenvalues[16:], (4 * np.pi) ** 2)
    assert basis.slice_groups.tolist() == [0] * 16 + [1] * 16
    fixed = Circle(1.0).eigenbasis(4, multiplicity="fixed")
    assert fixed.slice_names == ("cos 1", "sin 1", "cos 2", "sin 2")
    np.testing.assert_array_equal(fixed.slice_weights, fixed.eigenvalue_weights)
    assert Sphere().eigenbasis(3).slice_names[3] == "l = 1, frame 2, axis 1"
    assert Cylinder().eigenbasis(4, multiplicity="fixed").slice_names[-1].startswith(("cos", "sin"))


@pytest.mark.parametrize("domain", ANALYTIC, ids=repr)
@pytest.mark.parametrize("multiplicity", ["average", "fixed"])
def test_directions_have_the_second_moment_of_the_sphere(domain, multiplicity):
    basis = domain.eigenbasis(12, multiplicity=multiplicity, n_rotations=3)
    for rows in basis.directions:
        m = rows.shape[1]
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, rtol=1e-12)
        np.testing.assert_allclose(rows.T @ rows / len(rows), np.eye(m) / m, atol=1e-12)


def test_frames_are_uniform():
    """The squared first coordinate of a uniform unit vector in R^3 has mean 1/3 and variance 4/45."""
    rows = Sphere().eigenbasis(3, n_rotations=4000, rng=5).directions[0]
    first = rows[::3]  # one independent vector a frame
    standard_error = np.sqrt(4 / 45 / 4000)
    np.testing.assert_allclose((first**2).mean(axis=0), 1 / 3, atol=4.5 * standard_error)
    np.testing.assert_allclose(first.mean(axis=0), 0.0, atol=4.5 * np.sqrt(1 / 3 / 4000))


def test_frames_repeat_with_the_seed():
    a, b, c = (Sphere().eigenbasis(8, rng=seed) for seed in (0, 0, 1))
    assert a.equals(b) and not a.equals(c)


@pytest.mark.parametrize("domain", ANALYTIC, ids=repr)
@pytest.mark.parametrize("multiplicity", ["average", "fixed"])
def test_slice_ranges_hold(domain, multiplicity):
    basis = domain.eigenbasis(15, multiplicity=multiplicity)
    points = domain.nodes() if domain.is_discrete else np.vstack([domain.nodes(), domain.uniform(2000, 0)])
    seen = np.ptp(basis.evaluate(points), axis=0)
    assert np.all(seen <= basis.slice_ranges * (1 + 1e-12))
    single = np.array([len(rows) == 1 for rows in basis.directions])[basis.slice_groups]
    if not isinstance(domain, Sphere):
        # a grid of 16 points an axis misses an extreme of wave number k <= 3 by at most (k pi / 15)**2 / 8 of it
        assert np.all(seen[single] >= 0.85 * basis.slice_ranges[single])


def test_gaps():
    assert Interval(0, 1).eigenbasis(3).min_gap == pytest.approx(7 / 16)  # between 9 and 16, the next one
    assert Grid(3).eigenbasis(1).min_gap == pytest.approx(2 / 3)
    assert Grid(2).eigenbasis(1).min_gap == np.inf


# weightings ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "options, formula, text",
    [
        ({}, lambda v: v**-2, "biharmonic"),
        ({"weighting": "commute"}, lambda v: 1 / v, "commute"),
        ({"weighting": "sobolev", "order": 1.5}, lambda v: v**-1.5, "sobolev(p=1.5)"),
        ({"weighting": "heat"}, lambda v: np.exp(-v / v[0]), "heat(t=0.101321)"),
        ({"weighting": "heat", "heat_time": 0.01}, lambda v: np.exp(-0.01 * v), "heat(t=0.01)"),
        ({"weighting": "flat"}, np.ones_like, "flat"),
        ({"weighting": lambda v: 1 / (1 + v)}, lambda v: 1 / (1 + v), "custom"),
        ({"weighting": math.sqrt}, np.sqrt, "custom(sqrt)"),
    ],
)
def test_weights(options, formula, text):
    basis = Interval(0, 1).eigenbasis(6, **options)
    np.testing.assert_allclose(basis.eigenvalue_weights, formula(basis.eigenvalues), rtol=1e-13)
    assert basis.weighting == text


@pytest.mark.parametrize(
    "domain, options",
    [
        (Sphere(), {"weighting": "commute"}),
        (Cylinder(), {"weighting": "commute"}),
        (Torus((1, 1)), {"weighting": "sobolev", "order": 1.0}),
        (Interval(), {"weighting": "sobolev", "order": 0.5}),
        (Box([(0, 1)] * 4), {}),
    ],
)
def test_slow_weights_on_a_continuum_warn(domain, options):
    with pytest.warns(AssumptionWarning, match="decay too slowly"):
        basis = domain.eigenbasis(5, **options)
    assert len(basis.warnings) == 1 and basis.truncation_bound == np.inf


@pytest.mark.parametrize(
    "domain, options",
    [
        (Interval(), {"weighting": "commute"}),
        (Circle(), {"weighting": "commute"}),
        (Grid((4, 4)), {"weighting": "commute"}),
        (Sphere(), {"weighting": "sobolev", "order": 1.01}),
        (Box([(0, 1)] * 3), {}),
    ],
)
def test_fast_weights_do_not_warn(domain, options):
    basis = domain.eigenbasis(5, **options)
    assert basis.warnings == () and np.isfinite(basis.truncation_bound)


# truncation --------------------------------------------------------------------------------------------
def test_bounds_of_the_interval_and_the_sphere():
    for n in (5, 20):
        bound = Interval(0, 1).eigenbasis(n).truncation_bound
        assert bound == pytest.approx(8 / np.pi**4 * special.zeta(4, n + 1), rel=1e-10)
        assert bound <= 8 / (3 * np.pi**4 * n**3)
    for degree in (1, 4, 9):
        bound = Sphere().eigenbasis((degree + 1) ** 2 - 1).truncation_bound
        assert bound == pytest.approx(4 / (degree + 1) ** 2, rel=1e-12)


def test_worst_case_of_the_interval_is_close():
    """A point mass at the end against the uniform law loses 3 / 8 of what the bound allows: 2 + 1 of 8 a slice."""
    lost = 3 / np.pi**4 * special.zeta(4, 6)
    assert lost == pytest.approx(6.07e-5, rel=2e-3)
    assert lost == pytest.approx(3 / 8 * Interval(0, 1).eigenbasis(5).truncation_bound, rel=1e-10)


@pytest.mark.parametrize(
    "options", [{}, {"weighting": "heat", "heat_time": 0.01}, {"weighting": "sobolev", "order": 2.7}]
)
@pytest.mark.parametrize("domain", ANALYTIC, ids=repr)
def test_truncation_bound_holds_for_point_masses(domain, options):
    if domain.is_discrete:
        few, many = domain.eigenbasis(6, **options), domain.eigenbasis(domain.n_nodes - 1, **options)
    else:
        few, many = domain.eigenbasis(6, **options), domain.eigenbasis(1200, **options)
    points = domain.nodes()[:: max(1, len(domain.nodes()) // 60)]
    lost = many.spectral_distance(points, points) ** 2 - few.spectral_distance(points, points) ** 2
    assert lost.max() <= few.truncation_bound
    if many.truncation_bound == 0.0:
        assert lost.max() >= 0.05 * few.truncation_bound  # a bound of the right size, not merely a bound


def test_bound_is_known_to_be_unknown():
    assert Interval().eigenbasis(3, weighting=lambda v: 1 / v**2).truncation_bound is None
    assert Sphere().eigenbasis(3, weighting=lambda v: 1 / v**2).truncation_bound is None
    assert Interval().eigenbasis(3, weighting="flat").truncation_bound == np.inf
    assert Grid((3, 3)).eigenbasis(2, weighting=lambda v: 1 / v**2).truncation_bound == pytest.approx(
        Grid((3, 3)).eigenbasis(2).truncation_bound
    )


def brute_lattice(frequencies, weighting, low, high):
    axes = [np.arange(-int(high / c) - 1, int(high / c) + 2) * c for c in frequencies]
    squares = sum(np.square(k) for k in np.meshgrid(*axes, indexing="ij"))
    chosen = squares[(squares > low**2) & (squares <= high**2)]
    return weighting(chosen).sum()


@given(
    frequencies=st.lists(st.floats(0.5, 4.0), min_size=1, max_size=3),
    radius=st.floats(1.0, 20.0),
    heat=st.booleans(),
)
def test_lattice_remainder_is_above_the_sum(frequencies, radius, heat):
    weighting = Weighting("heat", "heat", 0.02) if heat else Weighting("power", "sobolev", 2.2)
    frequencies = np.array(frequencies)
    assert brute_lattice(frequencies, weighting, radius, 40.0) <= lattice_remainder(frequencies, weighting, radius)


@pytest.mark.parametrize("frequencies", [[1.0, 1.0], [np.pi, 2 * np.pi / 24], [1.0, 1.0, 2.0]])
def test_lattice_tail_is_tight(frequencies):
    """Summed explicitly far out, plus the integral outside, which is exact to first order."""
    frequencies = np.array(frequencies)
    d, cutoff = len(frequencies), 30.0
    weighting = Weighting("power", "biharmonic", 2.0)
    high = 60.0 if d == 3 else 300.0
    explicit = brute_lattice(frequencies, weighting, np.sqrt(cutoff), high)
    outside = (2 * np.pi / (2 * high**2) if d == 2 else 4 * np.pi / high) / np.prod(frequencies)
    tail = lattice_tail(frequencies, weighting, cutoff)
    # 1e-3: the lattice sum outside of `high` differs from its integral by the share of cells that the sphere cuts
    assert (explicit + outside) * (1 - 1e-3) <= tail <= (explicit + outside) * 1.2


def test_heat_on_the_circle_is_exact():
    exact = 2 * sum(math.exp(-0.3 * k**2) for k in range(3, 60))
    assert lattice_tail(np.array([1.0]), Weighting("heat", "heat", 0.3), 6.0) == pytest.approx(exact, rel=1e-10)


def test_sphere_tails():
    degrees = np.arange(4, 10**6)
    power = Weighting("power", "sobolev", 2.5)
    explicit = ((2 * degrees + 1.0) * power(degrees * (degrees + 1.0))).sum()
    assert sphere_tail(power, 3) == pytest.approx(explicit, rel=1e-9)
    heat = Weighting("heat", "heat", 0.01)
    explicit = ((2 * degrees + 1.0) * heat(degrees * (degrees + 1.0))).sum()
    assert explicit <= sphere_tail(heat, 3) <= explicit * (1 + 1e-9)


# storage -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("domain", ANALYTIC, ids=repr)
def test_round_trips(domain):
    basis = domain.eigenbasis(12, weighting="heat", n_rotations=2)
    stored = json.dumps(encode(basis))
    for copy in (pickle.loads(pickle.dumps(basis)), decode(json.loads(stored))):
        assert isinstance(copy, EigenBasis) and copy.equals(basis) and copy.domain.equals(domain)
        x = domain.uniform(3, 0)
        np.testing.assert_array_equal(copy.evaluate(x), basis.evaluate(x))
        assert not copy.eigenvalues.flags.writeable
    assert len(pickle.dumps(basis)) < 20_000


def test_domains_compare_by_value():
    assert Circle(360, "deg").equals(Circle(360.0, "deg")) and not Circle(360).equals(Circle(360, "deg"))
    assert not Circle(1.0).equals(Interval(0, 1)) and not Circle(1.0).equals("Circle(1)")
    assert Grid((3, 3), periodic=True).equals(Grid([3, 3], periodic=[True, True]))


def test_bases_cannot_be_changed():
    basis = Circle().eigenbasis(4)
    with pytest.raises(ValueError, match="read-only"):
        basis.eigenvalues[0] = 1.0
    with pytest.raises(AttributeError):
        basis.groups = None


# points, distances, uniform laws -----------------------------------------------------------------------------
@pytest.mark.parametrize("domain", ANALYTIC, ids=repr)
def test_distances_are_a_metric(domain):
    x = domain.uniform(12, 3)
    d = domain.distances(x, x)
    np.testing.assert_allclose(np.diag(d), 0.0, atol=1e-7)
    np.testing.assert_allclose(d, d.T, atol=1e-14)
    assert np.all(d[:, None, :] <= d[:, :, None] + d[None, :, :] + 1e-12)


@pytest.mark.parametrize("domain", ANALYTIC, ids=repr)
def test_uniform_points_are_uniform(domain):
    """Means of eigenfunctions under the uniform law are 0, with standard error one over root n."""
    n = 4000
    points = domain.uniform(n, 11)
    np.testing.assert_array_equal(points, domain.uniform(n, 11))
    np.testing.assert_array_equal(domain.check_points(points), points)
    means = domain.eigenbasis(8).evaluate_eigenfunctions(points).mean(axis=0)
    assert np.abs(means).max() <= 4.5 / np.sqrt(n)


def test_arcs_on_the_sphere_are_accurate_when_tiny_and_when_opposite():
    a = Sphere.from_lonlat([0.0], [0.0])
    b = Sphere.from_lonlat([np.rad2deg(1e-9), 180.0, 90.0], [0.0, 0.0, 0.0])
    np.testing.assert_allclose(Sphere().distances(a, b)[0], [1e-9, np.pi, np.pi / 2], rtol=1e-7)


def test_longitudes_and_latitudes_round_trip():
    lon, lat = np.array([-179.0, 0.0, 90.0, 180.0]), np.array([-89.0, 10.0, 0.0, 45.0])
    back = Sphere.to_lonlat(Sphere.from_lonlat(lon, lat))
    np.testing.assert_allclose(back[0], lon, atol=1e-12)
    np.testing.assert_allclose(back[1], lat, atol=1e-12)


@given(x=st.floats(-1e6, 1e6), turns=st.integers(-3, 3))
def test_circle_points_are_wrapped(x, turns):
    domain = Circle(360)
    wrapped = domain.check_points([x + 360.0 * turns])[0, 0]
    assert 0 <= wrapped < 360
    assert domain.distances([x + 360.0 * turns], [x])[0, 0] <= 1e-9
    assert 0 <= domain.check_points([-1e-300])[0, 0] < 360


def test_accepted_forms_of_points():
    domain = Circle(360)
    expected = domain.check_points([[10.0], [20.0]])
    for points in (
        [10, 20],
        np.array([10, 20], dtype=np.float32),
        np.array([[10.0, 20.0]]).T,
        np.asfortranarray([[10], [20]]),
    ):
        np.testing.assert_array_equal(domain.check_points(points), expected)
    np.testing.assert_array_equal(Grid(5).check_points([1.0, 3.0]), [1, 3])
    np.testing.assert_array_equal(Grid(5).check_points([[1], [3]]), [1, 3])


def test_grid_ids():
    grid = Grid((3, 4))
    assert grid.ids([[2, 3]]).tolist() == [11] and grid.indices([11]).tolist() == [[2, 3]]
    assert grid.positions.shape == (12, 2) and grid.nearest([[1.8, 3.4]]).tolist() == [11]
    assert Grid((5, 6), periodic=True).distances([0], [29])[0, 0] == 2.0


def test_too_many_eigenfunctions():
    with pytest.raises(InvalidParameterError, match=r"n_eigenfunctions is 12; .* at most 11"):
        Grid((3, 4)).eigenbasis(12)
    assert Grid((3, 4)).eigenbasis(11).truncation_bound == 0.0
