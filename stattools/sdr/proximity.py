"""How near rows are to those of the fit, as the kernel sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stattools._typing import BoolArray, FloatArray, IntArray

FLOOR, FACTOR, CEILING = 1.5, 2.0, 4.5
"""A row is far beyond FACTOR times the largest separation of a row of the fit, within FLOOR and CEILING; the latter is
three bandwidths of a Gaussian kernel."""
CHUNK = 2**22


@dataclass(frozen=True, eq=False)
class Proximity:
    """Separations of the rows of the fit, by which those of new rows are judged.

    The separation of a row is minus the logarithm of its largest kernel value with other rows, for a kernel that is 1
    on the diagonal: d^2 / (2 b^2) or d / b for the distance d of the nearest.

    Attributes
    ----------
    unit : float
        The diagonal of the kernel; NaN where it is not constant, and then no row has a separation.
    own : (n,) float64
        Of each row of the fit from the others, in low rank from the pivots.

    Notes
    -----
    Far from all rows of the fit the kernel is 0 and the scores are those of no information, wherever the row is. The
    limits are calibrated, not derived: of 50 new rows of the law of the fit one or more is called far in less than one
    of 20 fits to 60 rows or more of normal predictors in 1, 2 or 5 dimensions. Of laws with heavy tails more are, which
    do lie far from the others.

    Examples
    --------
    >>> near = Proximity(1.0, np.array([0.1, 0.3]))
    >>> near.limit, near.is_far(np.array([1.0, 2.0])).tolist()
    (1.5, [False, True])
    """

    unit: float
    own: FloatArray

    def separations(self, kernel: FloatArray) -> FloatArray:
        """(k,) of new rows, from their (k, m) kernel with those of the fit."""
        return _separations(kernel.max(axis=1), self.unit)

    @property
    def limit(self) -> float:
        """The separation beyond which a row is far."""
        return float(np.clip(FACTOR * self.own.max(), FLOOR, CEILING))

    @property
    def isolated(self) -> bool:
        """Whether most rows of the fit are so far from all others that the kernel is nearly the identity."""
        return bool(np.median(self.own) > CEILING)

    def is_far(self, separations: FloatArray) -> BoolArray:
        """(k,) whether rows of these separations are far; never where they have none."""
        return np.asarray(separations > self.limit)


def proximity_of_gram(gram: FloatArray) -> Proximity:
    """Separations from an (n, n) Gram matrix.

    Examples
    --------
    >>> proximity_of_gram(np.array([[1.0, np.exp(-2.0)], [np.exp(-2.0), 1.0]])).own
    array([2., 2.])
    """
    return _proximity(gram.diagonal(), lambda rows: gram[rows], np.arange(len(gram)))


def proximity_of_factor(factor: FloatArray, pivots: IntArray, diagonal: FloatArray) -> Proximity:
    """Separations from the pivots of a low-rank factor (n, r), which gives their columns of the Gram matrix exactly.

    Examples
    --------
    >>> factor = np.array([[1.0, 0.0], [0.6, 0.8], [0.6, 0.8]])
    >>> np.exp(-proximity_of_factor(factor, np.array([0, 1]), np.ones(3)).own).round(6)
    array([0.6, 0.6, 1. ])
    """
    of_pivots = factor[pivots].T
    columns = np.full(len(factor), -1)
    columns[pivots] = np.arange(len(pivots))
    return _proximity(diagonal, lambda rows: factor[rows] @ of_pivots, columns)


def _proximity(diagonal: FloatArray, values: Callable[[slice], FloatArray], own_column: IntArray) -> Proximity:
    """From rows of the kernel; the column of a row itself, -1 where it has none, does not count."""
    unit = float(diagonal.max())
    if not np.ptp(diagonal) <= 1e-8 * unit:
        return Proximity(np.nan, np.full(len(diagonal), np.nan))
    largest = np.empty(len(diagonal))
    step = max(1, CHUNK // len(diagonal))
    for start in range(0, len(diagonal), step):
        rows = slice(start, start + step)
        block = np.array(values(rows))
        own = own_column[rows]
        block[np.flatnonzero(own >= 0), own[own >= 0]] = -np.inf
        largest[rows] = block.max(axis=1)
    return Proximity(unit, _separations(largest, unit))


def _separations(largest: FloatArray, unit: float) -> FloatArray:
    """Rows whose kernel is 0 or below with all others have an infinite separation."""
    with np.errstate(divide="ignore"):
        return np.asarray(-np.log(np.maximum(largest / unit, 0.0)) + 0.0)
