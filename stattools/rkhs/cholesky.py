"""Low-rank factors of Gram matrices from a few of their columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
from scipy.linalg.lapack import dpstrf

from stattools import _random, _validation
from stattools._errors import InvalidDataError
from stattools._typing import FloatArray, IntArray, Seed

BLOCK = 32
"""Pivots drawn together: enough for a matrix product, few enough to keep the accuracy of single draws."""
REDUNDANT = 1e-10
"""A pivot whose residual in its block falls below this share of the largest diagonal entry adds rounding only."""


@dataclass(frozen=True, eq=False)
class PivotedCholesky:
    """Factor L of K ~ L L' that reproduces the columns of the pivots.

    Attributes
    ----------
    factor : (n, r) float64
    pivots : (r,) int64
    residual_trace : float
        Trace of K - L L'.

    Examples
    --------
    >>> matrix = np.array([[2.0, 1.0], [1.0, 2.0]])
    >>> found = pivoted_cholesky(lambda chosen: matrix[:, chosen], matrix.diagonal(), rank=1, pivoting="greedy")
    >>> found.pivots, round(found.residual_trace, 6)
    (array([0]), 1.5)
    """

    factor: FloatArray
    pivots: IntArray
    residual_trace: float

    def transform(self, cross: FloatArray) -> FloatArray:
        """Rows of the factor for new points, from their kernel with the pivots.

        Parameters
        ----------
        cross : (k, r) float64

        Returns
        -------
        (k, r) float64
            For a pivot itself its row of the factor.
        """
        lower = self.factor[self.pivots]
        solved = scipy.linalg.solve_triangular(lower, cross.T, lower=True, check_finite=False)
        return np.ascontiguousarray(solved.T)


def pivoted_cholesky(
    columns: Callable[[IntArray], FloatArray],
    diagonal: FloatArray,
    *,
    rank: int,
    tol: float = 1e-10,
    pivoting: str = "random",
    rng: Seed = None,
    block: int = BLOCK,
) -> PivotedCholesky:
    """Partial Cholesky factorization of a positive semidefinite matrix that is known by its columns.

    Parameters
    ----------
    columns : callable
        ``columns(indices)`` returns the (n, b) columns of the matrix.
    diagonal : (n,) float64
    rank : int
        Largest number of pivots.
    tol : float, default 1e-10
        Stop when the trace of the residual is at most this share of that of the matrix.
    pivoting : {"random", "greedy"}, default "random"
        Pivots drawn with probability proportional to the residual diagonal [1]_, or the largest entry each time.
    rng : None, int, SeedSequence or Generator
    block : int, default 32
        Pivots drawn together; greedy pivots are chosen one by one.

    Returns
    -------
    PivotedCholesky

    Raises
    ------
    InvalidDataError
        The diagonal has a negative entry.

    Notes
    -----
    The rows of the pivots form a lower triangular matrix. Pivots of one block that the others of the block already
    represent are dropped, by a Cholesky factorization with complete pivoting of the residual. O(n r^2) time beside the
    columns, 8 n (r + b) bytes.

    References
    ----------
    .. [1] Chen, Epperly, Tropp and Webber (2025), Randomly pivoted Cholesky: practical approximation of a kernel matrix
       with few entry evaluations, Communications on Pure and Applied Mathematics 78, 995-1041.

    Examples
    --------
    >>> matrix = np.array([[2.0, 1.0], [1.0, 2.0]])
    >>> found = pivoted_cholesky(lambda chosen: matrix[:, chosen], matrix.diagonal(), rank=2, rng=1)
    >>> np.allclose(found.factor @ found.factor.T, matrix)
    True
    """
    _validation.choice(pivoting, ("random", "greedy"), "pivoting")
    residual = np.array(diagonal, dtype=np.float64)
    if residual.min(initial=0.0) < 0:
        raise InvalidDataError(f"diagonal holds {residual.min():.3g}; that of a kernel is not negative")
    n, generator = len(residual), _random.generator(_random.seed_sequence(rng))
    rank = min(rank, n)
    factor = np.empty((n, rank), order="F")
    pivots = np.empty(rank, dtype=np.int64)
    whole, largest, found = float(residual.sum()), float(residual.max(initial=0.0)), 0
    while found < rank and residual.sum() > tol * whole and residual.max() > REDUNDANT * largest:
        if pivoting == "greedy":
            drawn = np.array([int(np.argmax(residual))])
        else:
            drawn = _drawn(residual, min(block, rank - found), generator)
        part = np.array(columns(drawn), dtype=np.float64, order="F")
        part -= factor[:, :found] @ factor[drawn, :found].T
        kept, lower = _independent(part[drawn], REDUNDANT * largest)
        if not len(kept):
            residual[drawn] = 0.0
            continue
        new = scipy.linalg.solve_triangular(lower, part[:, kept].T, lower=True, check_finite=False).T
        stop = found + len(kept)
        factor[:, found:stop] = new
        pivots[found:stop] = drawn[kept]
        factor[pivots[found:stop], found:stop] = lower
        residual -= np.einsum("ij,ij->i", new, new)
        np.maximum(residual, 0.0, out=residual)
        residual[drawn] = 0.0
        found = stop
    return PivotedCholesky(np.ascontiguousarray(factor[:, :found]), pivots[:found].copy(), float(residual.sum()))


def _drawn(residual: FloatArray, size: int, generator: np.random.Generator) -> IntArray:
    """Different indices, the first ones of independent draws proportional to the residual."""
    cumulative = np.cumsum(residual)
    draws = np.searchsorted(cumulative, generator.random(size) * cumulative[-1], side="right")
    draws = np.minimum(draws, len(residual) - 1)
    chosen, first = np.unique(draws, return_index=True)
    in_order = chosen[np.argsort(first)]
    return np.asarray(in_order[residual[in_order] > 0], dtype=np.int64)


def _independent(block: FloatArray, smallest: float) -> tuple[Any, FloatArray]:
    """Pivots of a block in the order of complete pivoting, and their lower triangular factor."""
    found, order, rank, _ = dpstrf((block + block.T) / 2.0, lower=1, tol=smallest)
    rank = int(rank)
    if block[order[0] - 1, order[0] - 1] <= smallest:
        rank = 0
    return order[:rank] - 1, np.tril(found[:rank, :rank])
