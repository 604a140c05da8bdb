"""Densities of the measures of a space of polynomials, along one or two of its inputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools._typing import FloatArray

STEPS = 801  # along one input, more for high degrees
STEPS_EACH = 121  # along each of two inputs
NEGLIGIBLE = 2e-3  # of the largest density: the picture of an unbounded input ends there


def measure_density(family: Any, x: FloatArray) -> FloatArray:
    """Density of the measure of a univariate family at points of its domain; infinite at poles.

    Examples
    --------
    >>> from stattools.wls import PolynomialSpace
    >>> measure_density(PolynomialSpace("legendre", degree=1, domain=(0, 4)).univariate[0], np.array([1.0, 3.0]))
    array([0.25, 0.25])
    """
    from scipy.special import betaln, gammaln, xlog1py, xlogy

    if family.name == "hermite":
        mean, sd = family.parameters
        return np.asarray(np.exp(-0.5 * ((x - mean) / sd) ** 2) / (sd * np.sqrt(2 * np.pi)))
    if family.name == "laguerre":
        alpha = family.parameters[0]
        return np.asarray(np.exp(xlogy(alpha, x) - x - gammaln(alpha + 1)))
    share = (x - family.low) / (family.high - family.low)
    if family.name == "trigonometric":
        return np.full(len(x), 1.0 / (family.high - family.low))
    alpha, beta = family.exponents
    logarithm = xlog1py(alpha, -share) + xlogy(beta, share) - betaln(alpha + 1, beta + 1)
    return np.asarray(np.exp(logarithm) / (family.high - family.low))


def optimal_ratio(space: Any, inputs: tuple[int, ...], grids: tuple[FloatArray, ...]) -> FloatArray:
    """Density of some inputs under the optimal measure, with respect to their own measure: (G,) or (G1, G2).

    For all inputs of the space it is k(x) / m. For some of them the others integrate out: squares of orthonormal
    functions have mean 1, which leaves the mean over the basis of the squared factors in these inputs.

    Examples
    --------
    >>> from stattools.wls import PolynomialSpace
    >>> space = PolynomialSpace(["legendre"] * 3, degree=1)
    >>> optimal_ratio(space, (0,), (np.array([0.0, 1.0]),))
    array([0.75, 1.5 ])
    """
    indices = space.indices[:, list(inputs)]
    sizes = tuple(int(size) + 1 for size in indices.max(axis=0))
    counts = np.zeros(sizes)
    np.add.at(counts, tuple(indices.T), 1.0 / space.dim)
    with np.errstate(over="ignore", invalid="ignore"):
        squares = [
            space.univariate[j].values(grid, size) ** 2 for j, grid, size in zip(inputs, grids, sizes, strict=True)
        ]
        return np.asarray(squares[0] @ counts if len(inputs) == 1 else squares[0] @ counts @ squares[1].T)


def optimal_density(space: Any, j: int, x: FloatArray) -> FloatArray:
    """Density of one input under the optimal measure; zero where it is too small for a number.

    Examples
    --------
    >>> from stattools.wls import PolynomialSpace
    >>> optimal_density(PolynomialSpace("legendre", degree=1), 0, np.array([0.0, 1.0]))
    array([0.25, 1.  ])
    """
    measure = measure_density(space.univariate[j], x)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.where(measure > 0, optimal_ratio(space, (j,), (x,)) * measure, 0.0)


def grid(space: Any, j: int, points: FloatArray, n_steps: int) -> FloatArray:
    """(n_steps,) places along one input, from end to end of its domain or of what matters of an unbounded one.

    points : (n,) coordinates that the picture has to hold.
    """
    family = space.univariate[j]
    if family.bounded:
        return np.linspace(family.low, family.high, n_steps)
    degree = int(space.indices[:, j].max())
    if family.name == "hermite":
        mean, sd = family.parameters
        reach = sd * (np.sqrt(4 * degree + 2) + 6)
        wide = mean + reach * np.linspace(-1, 1, STEPS)
    else:
        wide = np.linspace(0, 4 * degree + 3 * abs(family.parameters[0]) + 30, STEPS + 1)[1:]
    density = optimal_density(space, j, wide)
    matters = wide[density > NEGLIGIBLE * density.max()]
    low, high = min(matters[0], points.min()), max(matters[-1], points.max())
    margin = 0.03 * (high - low)
    return np.linspace(max(low - margin, family.low), high + margin, n_steps)
