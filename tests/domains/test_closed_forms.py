"""Closed forms of the sliced distance, and of what eigenfunctions do to simple laws."""

import numpy as np
import pytest
from scipy import special

from stattools.domains import Box, Circle, Cylinder, Graph, Grid, Interval, Mesh, Sphere, Torus
from tests.domains.slices import icosphere, random_adjacency, squared_sliced, squared_sliced_samples

ONE = [1.0]


def bernoulli4(t):
    return t**4 - 2 * t**3 + t**2 - 1 / 30


@pytest.mark.parametrize("multiplicity", ["average", "fixed"])
@pytest.mark.parametrize("d", [0.05, 0.3, 0.5])
def test_circle_two_point_masses(multiplicity, d):
    basis = Circle(1.0).eigenbasis(400, multiplicity=multiplicity)
    squared = squared_sliced(basis, [0.9], ONE, [0.9 + d], ONE)
    exact = d**2 * (1 - d) ** 2 / 12
    assert exact - basis.truncation_bound <= squared <= exact + 1e-15  # truncation can only lose


def test_circle_at_three_tenths():
    assert Circle(1.0).eigenbasis(2000).spectral_distance([0.0], [0.3])[0, 0] ** 2 == pytest.approx(0.003675, abs=1e-11)


@pytest.mark.parametrize("x, y", [(0.2, 0.7), (0.0, 1.0), (0.31, 0.32)])
def test_interval_kernel_and_distance(x, y):
    basis = Interval(0, 1).eigenbasis(1000)

    def kernel(a, b):
        return -(bernoulli4(abs(a - b) / 2) + bernoulli4((a + b) / 2)) / 3

    # the tail of the kernel is at most half of the bound, which is for two masses: 8 / (3 pi^4 1000^3) = 3e-11
    np.testing.assert_allclose(basis.kernel([x], [y])[0, 0], kernel(x, y), atol=3e-11)
    exact = kernel(x, x) + kernel(y, y) - 2 * kernel(x, y)
    np.testing.assert_allclose(squared_sliced(basis, [x], ONE, [y], ONE), exact, atol=3e-11)


def test_interval_between_two_and_seven_tenths():
    squared = Interval(0, 1).eigenbasis(3000).spectral_distance([0.2], [0.7])[0, 0] ** 2
    assert squared == pytest.approx(0.0410416667, abs=1e-10)


DOMAINS = [
    Interval(-1, 3),
    Circle(360),
    Torus((1, 1.5)),
    Cylinder(24, (0, 10)),
    Box([(0, 1), (0, 1)]),
    Sphere(),
    Grid((4, 5), periodic=(True, False)),
    Graph(random_adjacency(12, np.random.default_rng(0)), laplacian="symnorm"),
    Mesh(*icosphere(1)),
]


@pytest.mark.parametrize("multiplicity", ["average", "fixed"])
@pytest.mark.parametrize("domain", DOMAINS, ids=repr)
def test_two_point_masses_are_apart_by_the_spectral_distance(domain, multiplicity):
    basis = domain.eigenbasis(9, multiplicity=multiplicity)
    x, y = domain.uniform(1, 1), domain.uniform(1, 2)
    squared = squared_sliced(basis, x, ONE, y, ONE)
    np.testing.assert_allclose(squared, basis.spectral_distance(x, y)[0, 0] ** 2, rtol=1e-12, atol=1e-300)


def test_point_mass_against_the_uniform_law():
    """Slice by slice W2 squared is phi(x)**2 + 1, since the uniform law has mean 0 and variance 1 in every slice."""
    interval, circle = Interval(0, 1).eigenbasis(2000), Circle(1.0).eigenbasis(4000)
    for x, exact in [(0.0, 1 / 30), (0.2, 0.0248), (0.5, 0.0125)]:
        value = interval.eigenvalue_weights @ (interval.evaluate_eigenfunctions([x])[0] ** 2 + 1)
        assert exact - interval.truncation_bound <= value <= exact + 1e-14
    value = circle.eigenvalue_weights @ (circle.evaluate_eigenfunctions([0.4])[0] ** 2 + 1)
    assert 1 / 360 - circle.truncation_bound <= value <= 1 / 360 + 1e-14
    for degree in (1, 3, 8):
        sphere = Sphere().eigenbasis((degree + 1) ** 2 - 1)
        value = sphere.eigenvalue_weights @ (sphere.evaluate_eigenfunctions([[0.6, 0.0, 0.8]])[0] ** 2 + 1)
        assert value == pytest.approx(2 * (1 - 1 / (degree + 1) ** 2), rel=1e-13)


def test_point_mass_against_the_uniform_law_by_transport():
    """The same by sorting: node masses of a grid of bin centres are uniform exactly."""
    basis = Interval(0, 1).eigenbasis(5)
    n = 4000
    centres = (np.arange(n) + 0.5) / n
    squared = squared_sliced(basis, [0.2], ONE, centres, np.full(n, 1 / n))
    exact = basis.eigenvalue_weights @ (basis.evaluate_eigenfunctions([0.2])[0] ** 2 + 1)
    assert squared == pytest.approx(exact, rel=1e-12)  # midpoint sums of cosines of low order are exact


@pytest.mark.parametrize("k", [1, 2, 7])
def test_interval_slices_push_the_uniform_law_to_the_arcsine_law(k):
    n_levels = 10
    n = 2 * k * n_levels * 1000
    values = np.sort(Interval(0, 1).eigenbasis(k).evaluate((np.arange(n) + 0.5) / n)[:, k - 1])
    averages = values.reshape(n_levels, -1).mean(axis=1)
    edges = np.sin(np.pi * np.arange(n_levels + 1) / n_levels)
    exact = -np.sqrt(2) * n_levels * np.diff(edges) / np.pi
    # the midpoint rule on cells of width 1 / 1000 of a quantile function with second derivative at most sqrt(2) pi^2
    np.testing.assert_allclose(
        averages, exact, atol=np.sqrt(2) * np.pi**2 / 24 / (1000 * n_levels) ** 2 * 4 * k**2 + 1e-9
    )
    quantiles = -np.sqrt(2) * np.cos(np.pi * (np.arange(n) + 0.5) / n)
    np.testing.assert_allclose(values, quantiles, atol=5 * k / n)  # slope at most sqrt(2) pi, over k cells of 1 / n


def test_two_nodes():
    basis = Graph([[0, 1], [1, 0]]).eigenbasis(1, weighting="sobolev", order=1.5, normalization="volume")
    assert basis.eigenvalues.tolist() == [2.0]
    p, q = 0.3, 0.85
    squared = squared_sliced(basis, [0, 1], [p, 1 - p], [0, 1], [q, 1 - q])
    assert squared == pytest.approx(2**-1.5 * 2 * abs(p - q), rel=1e-13)


# invariance under the symmetries of the domain -----------------------------------------------------
def von_mises_pair():
    rng = np.random.default_rng(0)
    return rng.vonmises(0.0, 2.0, 2000), rng.vonmises(0.8, 2.0, 2000)


def relative_spread(basis, shifts, move, x, y):
    squared = [squared_sliced_samples(basis, move(x, s), move(y, s)) for s in shifts]
    return (max(squared) - min(squared)) / min(squared)


def test_rotating_the_circle_changes_the_averaged_distance_by_almost_nothing():
    x, y = von_mises_pair()
    shifts = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    average = Circle().eigenbasis(20)
    fixed = Circle().eigenbasis(20, multiplicity="fixed")
    assert relative_spread(average, shifts, np.add, x, y) <= 5e-5  # measured for 16 angles: about 1e-5
    assert relative_spread(fixed, shifts, np.add, x, y) >= 0.01  # the reason for averaging


def test_more_angles_leave_less_variation():
    x, y = von_mises_pair()
    shifts = np.linspace(0, np.pi, 13)
    spread = [relative_spread(Circle().eigenbasis(2, n_rotations=k), shifts, np.add, x, y) for k in (2, 4, 8)]
    assert spread[0] > 3 * spread[1] > 9 * spread[2]


def test_rotating_the_sphere_by_many_frames():
    rng = np.random.default_rng(0)
    x = rng.normal([1, 0, 0], 0.4, size=(500, 3))
    y = rng.normal([0, 1, 0.5], 0.6, size=(500, 3))
    x, y = (p / np.linalg.norm(p, axis=1, keepdims=True) for p in (x, y))
    frames = [np.linalg.qr(rng.normal(size=(3, 3)))[0] for _ in range(8)]
    few, many = (Sphere().eigenbasis(8, n_rotations=k) for k in (4, 64))
    spreads = [relative_spread(b, frames, lambda p, q: p @ q, x, y) for b in (few, many)]
    assert spreads[1] <= 0.02  # random frames: the error falls as one over the root of their number
    assert spreads[1] < spreads[0]


def test_mean_difference_below_sliced_distance():
    """The kernel distance of means is below the sliced distance, slice by slice, for averaged directions too."""
    rng = np.random.default_rng(1)
    for domain in DOMAINS:
        basis = domain.eigenbasis(9)
        x, y = domain.uniform(30, rng), domain.uniform(30, rng)
        difference = basis.evaluate_eigenfunctions(x).mean(axis=0) - basis.evaluate_eigenfunctions(y).mean(axis=0)
        slices = basis.evaluate(x).mean(axis=0) - basis.evaluate(y).mean(axis=0)
        by_kernel = basis.eigenvalue_weights @ difference**2
        np.testing.assert_allclose(basis.slice_weights @ slices**2, by_kernel, rtol=1e-12)
        assert by_kernel <= squared_sliced_samples(basis, x, y) * (1 + 1e-12)


# eigenfunctions against other formulas ---------------------------------------------------------------
@pytest.mark.parametrize("degree", [1, 2, 5, 40, 150])
def test_spherical_harmonics_against_scipy(degree):
    rng = np.random.default_rng(degree)
    points = Sphere().uniform(50, rng)
    colatitude, longitude = np.arccos(points[:, 2]), np.arctan2(points[:, 1], points[:, 0])
    values = Sphere().eigenbasis((degree + 1) ** 2 - 1, multiplicity="fixed").evaluate(points)
    centre = degree**2 + degree - 1
    for m in range(0, degree + 1, max(1, degree // 7)):
        wave = special.sph_harm_y(degree, m, colatitude, longitude) * np.sqrt(4 * np.pi) * (-1) ** m
        root = 1 if m == 0 else np.sqrt(2)
        # scipy's own recurrence and the arccos of z lose digits with the degree
        tolerance = 1e-13 * degree**2
        np.testing.assert_allclose(values[:, centre + m], root * wave.real, atol=tolerance)
        if m:
            np.testing.assert_allclose(values[:, centre - m], root * wave.imag, atol=tolerance)


@pytest.mark.parametrize("degree", [3, 60, 250])
def test_addition_theorem(degree):
    """Products of all harmonics of one degree at two places depend on their distance only, as a Legendre polynomial."""
    near_poles = [[0, 0, 1], [1e-9, 0, -1], [1e-3, 0, np.sqrt(1 - 1e-6)], [0.6, 0, 0.8]]
    points = np.vstack([near_poles, Sphere().uniform(6, 0)])
    values = Sphere().eigenbasis((degree + 1) ** 2 - 1, multiplicity="fixed").evaluate(points)
    last = values[:, degree**2 - 1 :]
    exact = (2 * degree + 1) * special.eval_legendre(degree, np.clip(points @ points.T, -1, 1))
    # rounding of the inner product by eps moves a Legendre polynomial by at most degree**2 eps
    np.testing.assert_allclose(last @ last.T, exact, atol=(2 * degree + 1) * degree**2 * 4e-16 + 1e-12 * degree)
