"""Univariate orthonormal families: their measure, their functions, and draws from their induced laws."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidParameterError
from stattools._typing import FloatArray, IntArray
from stattools.wls import _kernels

NAMES = ("legendre", "chebyshev", "jacobi", "hermite", "laguerre", "trigonometric")
PARAMETERS = {"jacobi": ("alpha", "beta"), "laguerre": ("alpha", "scale"), "hermite": ("mean", "sd")}
DEFAULTS = {"laguerre": (0.0, 1.0), "hermite": (0.0, 1.0)}
OTHER_NAMES = {
    "uniform": "legendre", "arcsine": "chebyshev", "beta": "jacobi", "normal": "hermite", "gaussian": "hermite",
    "gamma": "laguerre", "exponential": "laguerre", "fourier": "trigonometric", "periodic": "trigonometric",
}  # fmt: skip
DEFAULT_DOMAIN = {"legendre": (-1.0, 1.0), "chebyshev": (-1.0, 1.0), "jacobi": (-1.0, 1.0), "trigonometric": (0.0, 1.0)}
CELLS_PER_DEGREE = 128
CELLS_OF_MANY = 48  # above 100 degrees, where a cell holds less of the mass
FEWEST_CELLS = 1024
GAUSS_NODES = 5

Map = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class Family:
    """An orthonormal family p_0 = 1, p_1, ... of one input.

    Attributes
    ----------
    name : str
    parameters : tuple of float
        (alpha, beta) of Jacobi, (alpha, scale) of Laguerre, (mean, sd) of Hermite.
    low, high : float
        The interval on which the measure lives; infinite for Hermite and on one side for Laguerre.

    Examples
    --------
    >>> family = parse(("jacobi", 1, 2), (0, 3))
    >>> family.description
    'jacobi(1, 2) on [0, 3]'
    """

    name: str
    parameters: tuple[float, ...]
    low: float
    high: float

    @property
    def bounded(self) -> bool:
        return math.isfinite(self.high)

    @property
    def description(self) -> str:
        numbers = ", ".join(f"{value:g}" for value in self.parameters)
        name = f"{self.name}({numbers})" if numbers else self.name
        return f"{name} on [{self.low:g}, {self.high:g}]" if self.bounded else name

    # measure ---------------------------------------------------------------------------------------------------------
    @property
    def exponents(self) -> tuple[float, float]:
        """(alpha, beta) of the weight (1 - x)^alpha (1 + x)^beta of a bounded polynomial family."""
        if self.name == "jacobi":
            return self.parameters[0], self.parameters[1]
        return (-0.5, -0.5) if self.name == "chebyshev" else (0.0, 0.0)

    def to_standard(self, x: FloatArray) -> FloatArray:
        """Points of the user's domain in the standard one: [-1, 1], [0, 1) for trigonometric, a ray or the line."""
        if self.name == "hermite":
            return np.asarray((x - self.parameters[0]) / self.parameters[1])
        if self.name == "laguerre":
            return np.asarray(x / self.parameters[1])
        share = (x - self.low) / (self.high - self.low)
        return np.asarray(share if self.name == "trigonometric" else 2.0 * share - 1.0)

    def from_standard(self, z: FloatArray) -> FloatArray:
        """The inverse of `to_standard`; points of a bounded domain stay inside it."""
        if self.name == "hermite":
            return np.asarray(self.parameters[0] + self.parameters[1] * z)
        if self.name == "laguerre":
            return np.asarray(self.parameters[1] * np.maximum(z, 0.0))
        share = z if self.name == "trigonometric" else (1.0 + z) / 2.0
        return np.minimum(np.maximum(self.low + (self.high - self.low) * share, self.low), self.high)

    def sample(self, generator: np.random.Generator, n: int) -> FloatArray:
        """(n,) independent draws from the measure."""
        if self.name == "hermite":
            return self.from_standard(generator.standard_normal(n))
        if self.name == "laguerre":
            return self.from_standard(generator.standard_gamma(self.parameters[0] + 1.0, n))
        if self.name == "trigonometric":
            return self.from_standard(generator.random(n))
        alpha, beta = self.exponents
        return self.from_standard(2.0 * generator.beta(beta + 1.0, alpha + 1.0, n) - 1.0)

    # functions -------------------------------------------------------------------------------------------------------
    def recurrence(self, n_degrees: int) -> tuple[FloatArray, FloatArray]:
        """a_0, ..., a_{K-1} and b_1, ..., b_K of b_{k+1} p_{k+1} = (x - a_k) p_k - b_k p_{k-1}, standard domain.

        The coefficients are the classical ones [1]_.

        References
        ----------
        .. [1] Gautschi (2004), Orthogonal Polynomials: Computation and Approximation, table 1.1.
        """
        k = np.arange(n_degrees, dtype=np.float64)
        if self.name == "hermite":
            return np.zeros(n_degrees), np.sqrt(k + 1)
        if self.name == "laguerre":
            alpha = self.parameters[0]
            return 2 * k + 1 + alpha, np.sqrt((k + 1) * (k + 1 + alpha))
        return _jacobi_recurrence(*self.exponents, n_degrees)

    def values(self, x: FloatArray, n_degrees: int) -> FloatArray:
        """(n, K) values of the first K functions at points of the user's domain."""
        return self._standard_values(self.to_standard(x), n_degrees)

    def _standard_values(self, z: FloatArray, n_degrees: int) -> FloatArray:
        if self.name == "trigonometric":
            return _trigonometric_values(z, n_degrees)
        return np.asarray(_kernels.recurrence_values(np.ascontiguousarray(z), *_recurrence(self, n_degrees)))

    def quadrature(self, n_nodes: int) -> tuple[FloatArray, FloatArray]:
        """Nodes in the user's domain and masses that sum to one.

        Gauss's rule, exact for polynomials of degree below 2 n; equal masses on an equispaced grid for trigonometric
        functions, exact for products of frequencies that add up to less than n.

        Notes
        -----
        Nodes are eigenvalues of the Jacobi matrix [1]_. Masses are 1 / sum_k p_k(node)^2, which keeps full relative
        accuracy in the far tails, where the eigenvectors' first components do not.

        References
        ----------
        .. [1] Golub and Welsch (1969), Mathematics of Computation 23, 221-230.
        """
        if self.name == "trigonometric":
            return self.from_standard((np.arange(n_nodes) + 0.5) / n_nodes), np.full(n_nodes, 1.0 / n_nodes)
        from scipy.linalg import eigvalsh_tridiagonal

        diagonal, offdiagonal = self.recurrence(n_nodes)
        nodes = eigvalsh_tridiagonal(diagonal, offdiagonal[:-1]) if n_nodes > 1 else diagonal.copy()
        with np.errstate(over="ignore", invalid="ignore"):
            totals = (self._standard_values(nodes, n_nodes) ** 2).sum(axis=1)
            masses = np.where(np.isfinite(totals), 1.0 / totals, 0.0)  # overflow: a mass below 1e-300
        return self.from_standard(nodes), masses / masses.sum()

    # induced laws ----------------------------------------------------------------------------------------------------
    def induced(self, degrees: Any, levels: FloatArray, n_degrees: int) -> FloatArray:
        """Quantiles of the laws p_k^2 dmu.

        Parameters
        ----------
        degrees : (n,) int64
            k, below `n_degrees`.
        levels : (n,) float64
            In [0, 1).
        """
        if self.name == "trigonometric":
            return self.from_standard(self._induced_waves(degrees, levels))
        table = _induced_table(self, n_degrees)
        positions = _kernels.inverse_cdf(levels, degrees, table.cdf, table.density, table.guide)
        return self.from_standard(table.place(np.asarray(positions)))

    def _induced_waves(self, functions: Any, levels: FloatArray) -> FloatArray:
        """The square of a wave of frequency l has l equal periods, in each of which it is that of frequency one."""
        frequencies = np.maximum((functions + 1) // 2, 1)
        first = np.where(functions > 0, 2 - functions % 2, 0)
        periods = levels * frequencies
        whole = np.floor(periods)
        table = _induced_table(self, 3)
        levels = np.ascontiguousarray(periods - whole)
        within = _kernels.inverse_cdf(levels, first, table.cdf, table.density, table.guide)
        return np.asarray((whole + within) / frequencies)

    def largest_logarithms(self, n_degrees: int) -> FloatArray:
        """(K,) decimal logarithms of p_k^2 at the outer end of the points that designs of K degrees reach.

        Zero for bounded families, whose functions grow slowly. For the others p_k^2 w is about one at the outermost
        zero of p_k, and the density w is tiny there.
        """
        k = np.arange(n_degrees)
        if self.name == "hermite":
            return np.asarray((2 * np.sqrt(k + 1.0) + 2) ** 2 / 2 / math.log(10))
        if self.name == "laguerre":
            return np.asarray((4 * (k + 1.0) + 2 * max(self.parameters[0], 0.0) + 20) / math.log(10))
        return np.zeros(n_degrees)


@dataclass(frozen=True)
class InducedTable:
    """cdf, density : (K, G + 1) of p_k^2 dmu on equal steps of a position; place : position to standard point.

    guide : (K, G) cell of the quantile of level j / G.
    """

    cdf: FloatArray
    density: FloatArray
    guide: IntArray
    place: Map


@lru_cache(maxsize=64)
def _recurrence(family: Family, n_degrees: int) -> tuple[FloatArray, FloatArray]:
    return family.recurrence(n_degrees)


@lru_cache(maxsize=16)
def _induced_table(family: Family, n_degrees: int) -> InducedTable:
    """Distribution functions of p_k^2 dmu for k < K.

    The position is chosen so that the density has no singularity in it, each cell is integrated by a Gauss rule, and
    quantiles invert the cubic through values and densities at the ends of a cell: the error of a distribution function
    is below 1e-8 (tested), far below what any sample could show.
    """
    place, weight, stretch = _coordinates(family, n_degrees)
    per_degree = CELLS_PER_DEGREE if n_degrees <= 100 else CELLS_OF_MANY
    n_cells = int(stretch * max(FEWEST_CELLS, per_degree * n_degrees))
    nodes, masses = np.polynomial.legendre.leggauss(GAUSS_NODES)
    left = np.arange(n_cells) / n_cells
    cells = np.zeros((n_degrees, n_cells))
    for node, mass in zip(nodes, masses, strict=True):
        cells += mass * _densities(family, n_degrees, left + (node + 1) / 2 / n_cells, place, weight)
    cdf = np.concatenate([np.zeros((n_degrees, 1)), np.cumsum(cells, axis=1)], axis=1)
    total = cdf[:, -1:]
    density = _densities(family, n_degrees, np.arange(n_cells + 1) / n_cells, place, weight) * (2 * n_cells) / total
    cdf = np.ascontiguousarray(cdf / total)
    cells_of_levels = np.array([np.searchsorted(row, left, side="right") - 1 for row in cdf])
    guide = np.clip(cells_of_levels, 0, n_cells - 1).astype(np.int64)
    return InducedTable(cdf, np.ascontiguousarray(density), guide, place)


def _densities(family: Family, n_degrees: int, t: FloatArray, place: Map, weight: Map) -> FloatArray:
    """(K, len(t)) densities of p_k^2 dmu in the position, up to a common factor."""
    return np.asarray((family._standard_values(place(t), n_degrees).T * np.sqrt(weight(t))) ** 2)


def _coordinates(family: Family, n_degrees: int) -> tuple[Map, Map, float]:
    """Position t in [0, 1] to standard point, the weight of the measure in t up to a factor, and the steepest slope.

    Bounded families use x = -cos(pi s(t)) with a smooth step s that is flat at both ends to the order that removes the
    singularities of the weight; Laguerre x = R t^q likewise at zero; Hermite a stretch of the line.
    """
    if family.name == "trigonometric":
        return np.asarray, np.ones_like, 1.0
    if family.name == "hermite":
        return _hermite_coordinates(math.sqrt(4 * n_degrees + 2) + 8.0)
    if family.name == "laguerre":
        alpha = family.parameters[0]
        return _laguerre_coordinates(alpha, 4 * n_degrees + 2 * abs(alpha) + 60.0)
    return _jacobi_coordinates(*family.exponents)


def _hermite_coordinates(reach: float) -> tuple[Map, Map, float]:
    def place(t: FloatArray) -> FloatArray:
        return reach * (2 * t - 1)

    return place, lambda t: np.exp(-0.5 * place(t) ** 2), 1.0


def _laguerre_coordinates(alpha: float, reach: float) -> tuple[Map, Map, float]:
    power = max(2, math.ceil(3 / (alpha + 1)))

    def place(t: FloatArray) -> FloatArray:
        return np.asarray(reach * t**power)

    return place, lambda t: np.exp(-place(t)) * t ** (power * (alpha + 1) - 1), math.sqrt(power / 2)


def _jacobi_coordinates(alpha: float, beta: float) -> tuple[Map, Map, float]:
    from scipy.special import betainc

    flat = math.ceil(2 / (min(alpha, beta, 0.0) + 1))

    def angle(t: FloatArray) -> FloatArray:
        step = t * t * (3 - 2 * t) if flat == 2 else betainc(flat, flat, t)  # the same polynomial
        return np.asarray(np.pi * step)

    def weight(t: FloatArray) -> FloatArray:
        # (1 - x)^alpha (1 + x)^beta dx with x = -cos(angle) and dx = sin(angle) d(angle)
        half = angle(t) / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            body = np.cos(half) ** (2 * alpha + 1) * np.sin(half) ** (2 * beta + 1) * (t * (1 - t)) ** (flat - 1)
        return np.where((t > 0) & (t < 1), body, 0.0)

    return lambda t: -np.cos(angle(t)), weight, math.sqrt(flat)


def _jacobi_recurrence(alpha: float, beta: float, n_degrees: int) -> tuple[FloatArray, FloatArray]:
    k = np.arange(1, n_degrees + 1, dtype=np.float64)
    both = alpha + beta
    diagonal = np.empty(n_degrees)
    diagonal[0] = (beta - alpha) / (both + 2)
    tail = k[:-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = beta**2 - alpha**2
        diagonal[1:] = spread / ((2 * tail + both) * (2 * tail + both + 2)) if spread else 0.0
        squares = 4 * k * (k + alpha) * (k + beta) * (k + both) / ((2 * k + both) ** 2 * ((2 * k + both) ** 2 - 1))
    squares[0] = 4 * (1 + alpha) * (1 + beta) / ((2 + both) ** 2 * (3 + both))
    return diagonal, np.sqrt(squares)


def _trigonometric_values(z: FloatArray, n_degrees: int) -> FloatArray:
    """1, sqrt(2) cos(2 pi x), sqrt(2) sin(2 pi x), sqrt(2) cos(4 pi x), ..."""
    values = np.ones((len(z), n_degrees))
    frequencies = (np.arange(1, n_degrees) + 1) // 2
    turns = np.multiply.outer(z, frequencies)
    angles = 2 * np.pi * (turns - np.round(turns))  # whole turns taken off while they are exact
    values[:, 1::2] = math.sqrt(2) * np.cos(angles[:, 0::2])
    values[:, 2::2] = math.sqrt(2) * np.sin(angles[:, 1::2])
    return values


# what users write ----------------------------------------------------------------------------------------------------
def parse(family: Any, domain: Any, *, place: str = "families") -> Family:
    """A family from its name, or a tuple of its name and parameters, and the interval of its input.

    Examples
    --------
    >>> parse("legendre", None).description
    'legendre on [-1, 1]'
    """
    name, given = (family, ()) if isinstance(family, str) else _name_and_parameters(family, place)
    if isinstance(name, str) and name.lower() in OTHER_NAMES:
        known = OTHER_NAMES[name.lower()]
        raise InvalidParameterError(f"{place} has {name!r}; the family of that measure is {known!r}")
    name = _validation.choice(name, NAMES, place)
    wanted = PARAMETERS.get(name, ())
    numbers = tuple(_validation.real(value, f"parameter of {name}") for value in given)
    if name in DEFAULTS and (not numbers or (name == "laguerre" and len(numbers) == 1)):
        numbers += DEFAULTS[name][len(numbers) :]
    if len(numbers) != len(wanted):
        listed = ", ".join(wanted)
        form = f'("{name}", {listed})' if wanted else f'"{name}"'
        raise InvalidParameterError(f"{place} has {family!r}; {name} is written {form}")
    _check_parameters(name, numbers)
    if name in DEFAULT_DOMAIN:
        low, high = _interval(domain, name)
    else:
        if domain is not None:
            shape = '("hermite", mean, sd)' if name == "hermite" else '("laguerre", alpha, scale)'
            raise InvalidParameterError(f"domain is {domain!r} for {name}, which is unbounded; pass None, and {shape}")
        low, high = (0.0 if name == "laguerre" else -math.inf), math.inf
    return Family(name, numbers, low, high)


def _name_and_parameters(family: Any, place: str) -> tuple[Any, tuple[Any, ...]]:
    if isinstance(family, (tuple, list)) and family:
        return family[0], tuple(family[1:])
    raise InvalidParameterError(f"{place} has {family!r}; it takes names such as 'legendre' or ('jacobi', 1, 2)")


def _check_parameters(name: str, numbers: tuple[float, ...]) -> None:
    exponents = {"jacobi": 2, "laguerre": 1}.get(name, 0)
    for label, value in zip(PARAMETERS.get(name, ()), numbers[:exponents], strict=False):
        _validation.real(value, f"{label} of {name}", minimum=-0.95, maximum=100)
    if name in DEFAULTS:
        _validation.real(numbers[1], f"{PARAMETERS[name][1]} of {name}", minimum=0, maximum=1e300, exclusive=True)


def _interval(domain: Any, name: str) -> tuple[float, float]:
    if domain is None:
        return DEFAULT_DOMAIN[name]
    ends = tuple(domain) if isinstance(domain, (tuple, list, np.ndarray)) else ()
    if len(ends) != 2:
        raise InvalidParameterError(f"domain has {domain!r} for {name}; it takes (low, high)")
    low, high = (_validation.real(value, f"domain of {name}") for value in ends)
    if not math.isfinite(high - low):
        raise InvalidParameterError(f"domain has ({low:g}, {high:g}) for {name}; its width is not a finite number")
    if 0 < high - low < 1e-9 * max(abs(low), abs(high)):
        raise InvalidParameterError(
            f"domain has ({low!r}, {high!r}) for {name}, too narrow for double precision; subtract {low!r} from the "
            "input"
        )
    if not low < high:
        raise InvalidParameterError(f"domain has ({low:g}, {high:g}) for {name}; the first must be below the second")
    return low, high
