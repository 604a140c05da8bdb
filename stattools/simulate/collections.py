"""Collections of distributions on the line, the circle, the cylinder, the sphere and a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stattools import _random, _validation
from stattools._errors import InvalidParameterError
from stattools._typing import FloatArray, IntArray, Seed

if TYPE_CHECKING:
    from stattools.distributions import DistributionArray
    from stattools.domains import Domain, Graph

LINE_NODES = 30
NOISE_SCALES = np.sqrt([1.0, 2.0, 3.0])
NOISE_LIMIT = 3.0
HEIGHT_CORRELATION = 0.5
LARGEST = 1e9  # beyond this, angles lose their digits and sums their meaning


def von_mises_collections(
    n1: int = 60,
    n2: int = 40,
    *,
    shift: float = 0.0,
    kappa: float = 2.0,
    size: int = 100,
    spread: float = 0.1,
    rng: Seed = None,
) -> tuple[DistributionArray, DistributionArray]:
    """Samples of von Mises laws on the circle, one law a unit.

    Unit i has `size` draws of a von Mises law whose mean is N(0, spread^2) in the first collection and
    N(shift, spread^2) in the second.

    Parameters
    ----------
    n1, n2 : int, default 60 and 40
        Units of the two collections.
    shift : float, default 0
        In radians; ``np.deg2rad(4)`` for four degrees.
    kappa : float, default 2
        Concentration within a unit; 0 is uniform.
    size : int, default 100
        Draws a unit.
    spread : float, default 0.1
        Standard deviation of the units' means, in radians.
    rng : None, int, SeedSequence or Generator
        The first collection depends on neither `n2` nor `shift`.

    Returns
    -------
    x, y : DistributionArray
        On ``Circle(2 * pi)``, of lengths n1 and n2.

    Raises
    ------
    InvalidParameterError
        A size is below 1, a number is not finite or above 1e9, or a concentration or spread is negative.

    References
    ----------
    .. [1] Rustamov and Majumdar (2023), ICML, PMLR 202, 29388-29415: their circle simulation, settings as in the
       authors' public code.

    Examples
    --------
    >>> x, y = von_mises_collections(5, 4, shift=0.5, rng=1)
    >>> len(x), len(y)
    (5, 4)
    """
    n1, n2, size = _sizes(n1, n2, size)
    shift = _amount(shift, "shift", minimum=-LARGEST)
    kappa = _amount(kappa, "kappa")
    spread = _amount(spread, "spread")

    def draw(n: int, centre: float, generator: np.random.Generator) -> FloatArray:
        means = centre + spread * generator.normal(size=(n, 1))
        return np.mod(means + generator.vonmises(0.0, kappa, size=(n, size)), 2 * np.pi)

    from stattools.domains import Circle

    seed = _random.seed_sequence(rng)
    circle = Circle(2 * np.pi)
    x = draw(n1, 0.0, _random.generator(seed, 0))
    y = draw(n2, shift, _random.generator(seed, 1))
    return _from_points(x, circle), _from_points(y, circle)


def line_collections(
    n1: int = 60, n2: int = 40, *, shift: float = 0.0, size: int = 1000, rng: Seed = None
) -> tuple[DistributionArray, DistributionArray]:
    """Histograms of counts on 30 nodes of an interval, with heavy noise at each node.

    The intensity of a unit at node t = j/31, j = 1, ..., 30, is 13.638 + 6.5 cos(2 pi t) plus the noise
    z0 + sqrt(2) z1 cos(2 pi t) + sqrt(3) z2 sin(2 pi t), all z independent over nodes and units, standard normal
    and clipped at 3; the second collection adds `shift` everywhere, which flattens its histograms. An intensity below
    0, which is rare, counts as 0. The unit is a multinomial draw of `size` counts.

    Parameters
    ----------
    n1, n2 : int, default 60 and 40
        Units of the two collections.
    shift : float, default 0
        Not negative; beside an average intensity near 14.
    size : int, default 1000
        Counts a unit.
    rng : None, int, SeedSequence or Generator
        The first collection depends on neither `n2` nor `shift`.

    Returns
    -------
    x, y : DistributionArray
        On ``Interval(0, 30/31)``, with shared support, of lengths n1 and n2.

    Raises
    ------
    InvalidParameterError
        A size is below 1, or `shift` is negative, above 1e9 or not finite.

    Notes
    -----
    At the extreme quantile levels all units share the first or the last node: those coordinates of an embedding are
    constant up to rounding, and a t-test there must be guarded.

    References
    ----------
    .. [1] Rustamov and Majumdar (2023), ICML, PMLR 202, 29388-29415: their line simulation, settings as in the
       authors' public code, where both terms of the mean are cosines (2.3 and 4.2).

    Examples
    --------
    >>> x, y = line_collections(5, 4, shift=1.0, rng=1)
    >>> x.is_shared, x.totals.tolist()
    (True, [1000.0, 1000.0, 1000.0, 1000.0, 1000.0])
    """
    n1, n2, size = _sizes(n1, n2, size)
    shift = _amount(shift, "shift")
    from stattools.distributions import DistributionArray
    from stattools.domains import Interval

    seed = _random.seed_sequence(rng)
    nodes = np.arange(1, LINE_NODES + 1) / (LINE_NODES + 1)
    interval = Interval(0.0, float(nodes[-1]))
    x = _line_counts(n1, 0.0, size, _random.generator(seed, 0))
    y = _line_counts(n2, shift, size, _random.generator(seed, 1))
    return (
        DistributionArray.from_histogram(x, support=nodes, domain=interval),
        DistributionArray.from_histogram(y, support=nodes, domain=interval),
    )


def _line_counts(n: int, shift: float, size: int, generator: np.random.Generator) -> IntArray:
    angle = 2 * np.pi * np.arange(1, LINE_NODES + 1) / (LINE_NODES + 1)
    shapes = NOISE_SCALES[:, None] * np.stack([np.ones(LINE_NODES), np.cos(angle), np.sin(angle)])
    normal = generator.normal(size=(n, 3, LINE_NODES))
    noise = (np.minimum(np.maximum(normal, -NOISE_LIMIT), NOISE_LIMIT) * shapes).sum(axis=1)
    floor = NOISE_LIMIT * NOISE_SCALES.sum()
    intensity = np.maximum(1.2 + 6.5 * np.cos(angle) + noise + shift + floor, 0.0)
    return generator.multinomial(size, intensity / intensity.sum(axis=1, keepdims=True))


def cylinder_collections(
    n1: int = 60, n2: int = 40, *, shift: float = 0.0, kappa: float = 2.0, size: int = 500, rng: Seed = None
) -> tuple[DistributionArray, DistributionArray]:
    """Samples on the cylinder, angle times height, with height depending on the angle.

    The angle is von Mises with mean m0 and concentration kappa. Given the angle a, the height is normal with mean
    m + sqrt(kappa) (r (cos a - cos m0) + r (sin a - sin m0)) and variance 1 - 2 r^2, r = 1/2, and is moved to the
    nearer end when it falls outside [0, 2 pi]. For each unit m and m0 are uniform on (0, 1/2); the second collection
    adds `shift` to both.

    Parameters
    ----------
    n1, n2 : int, default 60 and 40
        Units of the two collections.
    shift : float, default 0
        In radians for the angle, in units of height for the height.
    kappa : float, default 2
        Concentration of the angle.
    size : int, default 500
        Draws a unit.
    rng : None, int, SeedSequence or Generator
        The first collection depends on neither `n2` nor `shift`.

    Returns
    -------
    x, y : DistributionArray
        On ``Cylinder(2 * pi, (0, 2 * pi))``, of lengths n1 and n2.

    Raises
    ------
    InvalidParameterError
        A size is below 1, a number is not finite or above 1e9, or a concentration or spread is negative.

    Notes
    -----
    Close to half of the heights fall below 0 and are moved there, so the lower rim carries much of the mass. The
    authors' code takes the variance as a standard deviation, which this function does not.

    References
    ----------
    .. [1] Mardia and Sutton (1978), J. R. Statist. Soc. B 40, 229-233: the joint law of angle and height.
    .. [2] Rustamov and Majumdar (2023), ICML, PMLR 202, 29388-29415: their cylinder simulation.

    Examples
    --------
    >>> x, y = cylinder_collections(5, 4, rng=1)
    >>> x.dimension, len(y)
    (2, 4)
    """
    n1, n2, size = _sizes(n1, n2, size)
    shift = _amount(shift, "shift", minimum=-LARGEST)
    kappa = _amount(kappa, "kappa")

    def draw(n: int, shift: float, generator: np.random.Generator) -> FloatArray:
        m, m0 = generator.uniform(0, 0.5, size=(2, n, 1)) + shift
        angle = m0 + generator.vonmises(0.0, kappa, size=(n, size))
        slope = HEIGHT_CORRELATION * (np.cos(angle) - np.cos(m0) + np.sin(angle) - np.sin(m0))
        deviation = np.sqrt(1 - 2 * HEIGHT_CORRELATION**2)
        height = m + np.sqrt(kappa) * slope + deviation * generator.normal(size=(n, size))
        height = np.minimum(np.maximum(height, 0.0), 2 * np.pi)
        return np.stack([np.mod(angle, 2 * np.pi), height], axis=2)

    from stattools.domains import Cylinder

    seed = _random.seed_sequence(rng)
    cylinder = Cylinder(2 * np.pi, (0.0, 2 * np.pi))
    x = draw(n1, 0.0, _random.generator(seed, 0))
    y = draw(n2, shift, _random.generator(seed, 1))
    return _from_points(x, cylinder), _from_points(y, cylinder)


def sphere_collections(
    n1: int = 60,
    n2: int = 40,
    *,
    shift: float = 0.0,
    kappa: float = 20.0,
    size: int = 50,
    kappa_between: float = 100.0,
    rng: Seed = None,
) -> tuple[DistributionArray, DistributionArray]:
    """Samples of von Mises-Fisher laws on the sphere, one law a unit.

    The centre of a unit is a draw around longitude 0 on the equator in the first collection, around longitude `shift`
    in the second.

    Parameters
    ----------
    n1, n2 : int, default 60 and 40
        Units of the two collections.
    shift : float, default 0
        Along the equator, in radians.
    kappa : float, default 20
        Concentration within a unit; 0 is uniform. The standard deviation along each direction is about
        1/sqrt(kappa).
    size : int, default 50
        Draws a unit.
    kappa_between : float, default 100
        Concentration of the centres.
    rng : None, int, SeedSequence or Generator
        The first collection depends on neither `n2` nor `shift`.

    Returns
    -------
    x, y : DistributionArray
        On ``Sphere()``, points are unit vectors; of lengths n1 and n2.

    Raises
    ------
    InvalidParameterError
        A size is below 1, a number is not finite or above 1e9, or a concentration or spread is negative.

    References
    ----------
    .. [1] Fisher (1953), Dispersion on a sphere, Proc. R. Soc. Lond. A 217, 295-305. The cosine of the angle to the
       centre is drawn by inverting its distribution function (derived here).

    Examples
    --------
    >>> x, y = sphere_collections(5, 4, shift=0.3, rng=1)
    >>> len(x), len(y)
    (5, 4)
    """
    n1, n2, size = _sizes(n1, n2, size)
    shift = _amount(shift, "shift", minimum=-LARGEST)
    kappa = _amount(kappa, "kappa")
    kappa_between = _amount(kappa_between, "kappa_between")

    def draw(n: int, longitude: float, generator: np.random.Generator) -> FloatArray:
        base = np.array([[np.cos(longitude), np.sin(longitude), 0.0]])
        centres = _around(base, kappa_between, n, generator)[0]
        return _around(centres, kappa, size, generator)

    from stattools.domains import Sphere

    seed = _random.seed_sequence(rng)
    sphere = Sphere()
    x = draw(n1, 0.0, _random.generator(seed, 0))
    y = draw(n2, shift, _random.generator(seed, 1))
    return _from_points(x, sphere), _from_points(y, sphere)


def _around(centres: FloatArray, kappa: float, size: int, generator: np.random.Generator) -> FloatArray:
    """(n, size, 3) von Mises-Fisher draws around (n, 3) unit vectors."""
    n = len(centres)
    uniform = 1 - generator.random((n, size))  # in (0, 1], so that its logarithm is finite
    # F(w) = (e^{kappa w} - e^{-kappa}) / (e^{kappa} - e^{-kappa}) on [-1, 1], solved for w without overflow
    if kappa < 1e-8:
        along = 2 * uniform - 1
    else:
        along = np.maximum(1 + np.log(uniform + (1 - uniform) * np.exp(-2 * kappa)) / kappa, -1.0)
    turn = 2 * np.pi * generator.random((n, size))
    across = np.sqrt(np.maximum(1 - along**2, 0.0))
    first, second = _tangents(centres)
    points = along[..., None] * centres[:, None] + (across * np.cos(turn))[..., None] * first[:, None]
    points += (across * np.sin(turn))[..., None] * second[:, None]
    return np.asarray(points / np.linalg.norm(points, axis=2, keepdims=True))


def _tangents(centres: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Two unit vectors at right angles to each centre and to each other."""
    axis = np.eye(3)[np.abs(centres).argmin(axis=1)]
    first = np.cross(centres, axis)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    return first, np.cross(centres, first)


def graph_collections(
    n1: int = 60,
    n2: int = 40,
    *,
    shift: float = 0.0,
    domain: Domain | None = None,
    size: int = 200,
    concentration: float = 50.0,
    rng: Seed = None,
) -> tuple[DistributionArray, DistributionArray]:
    """Counts on the nodes of a graph; in the second collection part of the mass moves to one end of it.

    A unit draws its node probabilities from a Dirichlet law around a base, then `size` counts. The base is uniform in
    the first collection. In the second, a share `shift` of it lies evenly on the quarter of the nodes nearest to
    node 0.

    Parameters
    ----------
    n1, n2 : int, default 60 and 40
        Units of the two collections.
    shift : float, default 0
        The share that moves, from 0 to 1.
    domain : Domain, optional
        Any domain made of nodes: Graph, Grid, Mesh, PointCloud. By default a graph of 40 nodes, five groups of eight
        in a ring, all nodes of a group linked.
    size : int, default 200
        Counts a unit.
    concentration : float, default 50
        Sum of the Dirichlet parameters; units differ less when it is larger.
    rng : None, int, SeedSequence or Generator
        The first collection depends on neither `n2` nor `shift`.

    Returns
    -------
    x, y : DistributionArray
        On `domain`, of lengths n1 and n2.

    Raises
    ------
    InvalidParameterError
        A size is below 1, a number is outside its range, or `domain` is not made of nodes.

    References
    ----------
    .. [1] The design is stattools'.

    Examples
    --------
    >>> x, y = graph_collections(5, 4, shift=0.2, rng=1)
    >>> x.domain.n_nodes, len(y)
    (40, 4)
    """
    n1, n2, size = _sizes(n1, n2, size)
    shift = _validation.real(shift, "shift", minimum=0, maximum=1)
    concentration = _amount(concentration, "concentration", minimum=1e-9)
    from stattools.distributions import DistributionArray

    graph = _ring_of_groups() if domain is None else domain
    n_nodes = getattr(graph, "n_nodes", None)
    if not n_nodes:
        raise InvalidParameterError(f"domain is {domain!r}; it must be made of nodes, such as a Graph or a Grid")
    near = np.argsort(graph.distances(np.array([0]), np.arange(n_nodes))[0], kind="stable")[: max(n_nodes // 4, 1)]
    uniform = np.full(n_nodes, 1 / n_nodes)
    moved = (1 - shift) * uniform
    moved[near] += shift / len(near)

    def draw(n: int, base: FloatArray, generator: np.random.Generator) -> IntArray:
        # a Dirichlet draw by gammas; with tiny parameters all of them can round to 0, so one node gets it all
        weights = generator.standard_gamma(concentration * base, size=(n, n_nodes))
        lost = weights.sum(axis=1) == 0
        weights[lost, generator.choice(n_nodes, size=int(lost.sum()), p=base)] = 1.0
        return generator.multinomial(size, weights / weights.sum(axis=1, keepdims=True))

    seed = _random.seed_sequence(rng)
    x = DistributionArray.from_histogram(draw(n1, uniform, _random.generator(seed, 0)), domain=graph)
    y = DistributionArray.from_histogram(draw(n2, moved, _random.generator(seed, 1)), domain=graph)
    return x, y


def _ring_of_groups(n_groups: int = 5, group_size: int = 8) -> Graph:
    from stattools.domains import Graph

    first, second = np.triu_indices(group_size, k=1)
    start = group_size * np.arange(n_groups)[:, None]
    inside = np.column_stack([(start + first).ravel(), (start + second).ravel()])
    between = np.column_stack([start.ravel() + group_size - 1, np.roll(start.ravel(), -1)])
    return Graph.from_edges(np.concatenate([inside, between]))


def _sizes(n1: int, n2: int, size: int) -> tuple[int, int, int]:
    return (
        _validation.integer(n1, "n1", minimum=1),
        _validation.integer(n2, "n2", minimum=1),
        _validation.integer(size, "size", minimum=1),
    )


def _amount(value: float, name: str, *, minimum: float = 0.0) -> float:
    return _validation.real(value, name, minimum=minimum, maximum=LARGEST)


def _from_points(points: FloatArray, domain: Domain) -> DistributionArray:
    """One distribution for each first index of (n, size) or (n, size, d) points."""
    from stattools.distributions import DistributionArray

    n, size = points.shape[:2]
    flat = points.reshape(n * size, *points.shape[2:])
    return DistributionArray.from_samples(flat, offsets=np.arange(n + 1) * size, domain=domain)
