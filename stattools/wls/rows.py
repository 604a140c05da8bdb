"""Rows of a finite pool in coordinates that are orthonormal on it, computed by blocks of rows."""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from stattools import _validation
from stattools._errors import DegenerateDataError
from stattools._threads import one_blas_thread
from stattools._typing import FloatArray, IntArray

_T = TypeVar("_T", bound=np.generic)

EPSILON = float(np.finfo(np.float64).eps)
BLOCK_NUMBERS = 2**16  # numbers in a block of rows, 512 kB: factorized within a processor's cache
GATHERED = 64  # scattered rows of a memmap read before its pages are given back; each may bring in 600 kB or so


@dataclass(frozen=True, eq=False)
class Rows:
    """A pool of N rows and the linear map that makes them orthonormal, phi(row) = row @ transform.

    Attributes
    ----------
    matrix : (N, p) float64
        The rows as given, perhaps a memmap.
    transform : (p, r) float64
        ``sum_i mu_i phi_i phi_i^T`` is the identity, mu_i being the masses (1/N each without masses). Of all maps that
        do this for rows of the pool it is the one of least norm, so ``transform @ c`` are the minimum-norm coefficients
        in the columns of `matrix`.
    rank : int
        r, the numerical rank of the rows of positive mass.
    leverage : (N,) float64
        ``mu_i |phi_i|^2``; they sum to r, and a row of zeros has 0.
    masses : (N,) float64 or None
    stored : (N, r) float64 or None
        All features; None for a memmap, where no array of that size is made.

    Examples
    --------
    >>> rows = orthonormal_rows(np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0], [1.0, 3.0]]))
    >>> rows.leverage
    array([0.7, 0.3, 0.3, 0.7])
    >>> phi = rows.features(np.arange(4))
    >>> np.allclose(phi.T @ phi / 4, np.eye(2))
    True
    """

    matrix: FloatArray
    transform: FloatArray
    rank: int
    leverage: FloatArray
    masses: FloatArray | None = None
    stored: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.matrix)

    def features(self, where: IntArray) -> FloatArray:
        """Features of some rows, (len(where), r), C-contiguous."""
        if self.stored is not None:
            return np.ascontiguousarray(self.stored[where])
        found = np.empty((len(where), self.matrix.shape[1]))
        for low in range(0, len(where), GATHERED):
            found[low : low + GATHERED] = self.matrix[where[low : low + GATHERED]]
            _drop_pages(self.matrix)
        with one_blas_thread():
            return np.asarray(found @ self.transform)

    def blocks(self) -> Iterator[tuple[int, FloatArray]]:
        """Features by blocks of rows, each with the index of its first row."""
        for low, block in blocks_of(self.matrix if self.stored is None else self.stored):
            yield low, block if self.stored is not None else np.asarray(block @ self.transform)

    @cached_property
    def cumulative(self) -> FloatArray:
        """(N,) cumulative sums of the leverages; rows are drawn in proportion to leverage by bisection in it."""
        return np.cumsum(self.leverage)


def orthonormal_rows(matrix: FloatArray, *, masses: FloatArray | None = None, block_rows: int | None = None) -> Rows:
    """Orthonormal coordinates of the rows of a pool, with their rank and leverages.

    Parameters
    ----------
    matrix : (N, p) float64
        Finite numbers. An array is worked on in memory; of an `np.memmap` only blocks of rows are, in two passes.
    masses : (N,) float64, optional
        Non-negative masses of the rows; 1/N each by default.
    block_rows : int, optional
        Rows in a block; by default as many as make 512 kB.

    Raises
    ------
    InvalidDataError
        A number of a memmap is not finite; arrays are checked before.
    DegenerateDataError
        Every row of positive mass is zero, or squares overflow.

    Notes
    -----
    The triangular factor R of the weighted rows is updated by a QR factorization of R on top of each block. Its columns
    are scaled to norm one before its singular values are taken, so that units of columns do not matter; those above
    ``10 eps (sqrt(N) + p)`` times the largest count for the rank. In memory the features are made orthonormal once
    more, to about 1e-15 for any condition number; from a memmap they are so to about the condition number times 1e-16.

    Time O(N p^2). Memory 8 N (r + 2) bytes and a few blocks; 16 N bytes and a few blocks for a memmap. BLAS runs on one
    thread, and results depend on `block_rows` by rounding only.

    Examples
    --------
    >>> x = np.arange(5.0)
    >>> rows = orthonormal_rows(np.column_stack([np.ones(5), x, 1e8 * (x - 1)]))
    >>> rows.rank, float(rows.leverage.sum().round(12))
    (2, 2.0)
    """
    n = len(matrix)
    roots = None if masses is None else np.sqrt(masses)
    with one_blas_thread():
        factor = triangular_factor(blocks_of(matrix, block_rows), roots)
        if not np.isfinite(factor).all():
            _validation.require_finite(matrix, "X")  # tells the place
            raise DegenerateDataError("the squares of X overflow; divide its columns by powers of ten")
        transform = _whitening(factor, n)
        if roots is None:
            transform *= np.sqrt(n)
        if isinstance(matrix, np.memmap):
            leverage = np.empty(n)
            for low, block in blocks_of(matrix, block_rows):
                leverage[low : low + len(block)] = squared_norms(block @ transform)
            stored = None
        else:
            stored, transform = _refined(matrix, transform, roots, block_rows)
            leverage = squared_norms(stored)
    leverage *= 1 / n if masses is None else masses
    return Rows(matrix, transform, transform.shape[1], leverage, masses, stored)


def pool_matrix(values: Any, name: str) -> FloatArray:
    """A matrix of numbers, of which only a memmap may hold some that are not finite: the factorization finds those.

    Raises
    ------
    InvalidDataError
        It is not that.

    Examples
    --------
    >>> pool_matrix([[1, 2], [3, 4]], "X").dtype
    dtype('float64')
    """
    if isinstance(values, np.memmap) and values.ndim == 2 and values.dtype.kind in "fiub" and values.size:
        return cast("FloatArray", values)  # of any type; blocks are converted as they are read
    return _validation.float_array(values, name, ndim=2)


def triangular_factor(
    blocks: Iterable[tuple[int, FloatArray]], roots: FloatArray | None = None, start: FloatArray | None = None
) -> FloatArray:
    """R of a QR factorization of ``[start; roots * rows]``, one pass over blocks of p columns; (at most p, p).

    Examples
    --------
    >>> abs(triangular_factor([(0, np.array([[3.0]])), (1, np.array([[4.0]]))]))
    array([[5.]])
    """
    factor = start
    for low, block in blocks:
        weighted = block if roots is None else block * roots[low : low + len(block), None]
        stacked = weighted if factor is None else np.concatenate([factor, weighted])
        factor = cast("FloatArray", np.linalg.qr(stacked, mode="r"))
    return cast("FloatArray", factor)


def _whitening(factor: FloatArray, n: int) -> FloatArray:
    """The (p, r) map T of least norm for which ``factor @ T`` has orthonormal columns that span those of `factor`."""
    p = factor.shape[1]
    largest = np.abs(factor).max(axis=0)
    if not largest.any():
        raise DegenerateDataError("every row of the pool is zero; there is nothing to choose from")
    scale = np.where(largest > 0, largest, 1.0)
    scale *= np.where(largest > 0, np.linalg.norm(factor / scale, axis=0), 1.0)
    _, values, right = np.linalg.svd(factor / scale, full_matrices=False)
    rank = int(np.count_nonzero(values > 10 * EPSILON * (np.sqrt(n) + p) * values[0]))
    values, right = values[:rank], right[:rank].T
    with np.errstate(over="ignore"):
        if rank == p:
            transform = np.ascontiguousarray(right / values / scale[:, None])
        else:
            transform = np.asarray(_least_norm(right * scale[:, None], largest) / values)
    if not np.isfinite(transform).all():
        raise DegenerateDataError("a column of the pool is below 1e-300 throughout; change its units")
    return transform


def _least_norm(span: FloatArray, largest: FloatArray) -> FloatArray:
    """The (p, r) matrix of least norm whose product with the transpose of `span` is the identity.

    A column of the pool that is zero has a zero row in the answer. Rows are sorted by size and columns pivoted, which
    makes Householder's factorization accurate row by row whatever the scales of the rows are.
    """
    import scipy.linalg

    span = np.where(largest[:, None] > 0, span, 0.0)
    order, orthogonal, factor, pivot = _graded_factor(span)
    inverse = np.empty_like(span)
    solved = scipy.linalg.solve_triangular(factor, orthogonal.T, check_finite=False)
    inverse[np.ix_(order, pivot)] = solved.T
    return inverse


def _graded_factor(matrix: FloatArray) -> tuple[IntArray, FloatArray, FloatArray, IntArray]:
    """order, Q, R, pivot with ``matrix[order][:, pivot] = Q R``."""
    import scipy.linalg

    order = np.argsort(-np.abs(matrix).max(axis=1), kind="stable")
    orthogonal, factor, pivot = scipy.linalg.qr(matrix[order], mode="economic", pivoting=True, check_finite=False)
    return order, orthogonal, factor, np.asarray(pivot, dtype=np.intp)


def _refined(
    matrix: FloatArray, transform: FloatArray, roots: FloatArray | None, block_rows: int | None
) -> tuple[FloatArray, FloatArray]:
    """All features and their transform, orthonormalised once more, now to the last digits."""
    features = np.asarray(matrix @ transform)
    factor = triangular_factor(blocks_of(features, block_rows), roots)
    if roots is None:
        factor = factor / np.sqrt(len(matrix))
    return solved_from_right(features, factor), solved_from_right(transform, factor)


def solved_from_right(rows: FloatArray, factor: FloatArray) -> FloatArray:
    """``rows @ factor^-1`` for an upper triangular factor, C-contiguous; `rows` may be overwritten.

    Examples
    --------
    >>> solved_from_right(np.array([[2.0, 8.0]]), np.array([[2.0, 4.0], [0.0, 2.0]]))
    array([[1., 2.]])
    """
    import scipy.linalg

    solved = scipy.linalg.solve_triangular(factor, rows.T, trans="T", overwrite_b=True, check_finite=False)
    return np.ascontiguousarray(solved.T)


def ridge(rows: Rows, regularization: float) -> Ridge:
    """Coordinates z of the rows of a pool, without masses, in which ``X^T X + regularization I`` is the identity.

    So ``z_i . z_i`` is the ridge leverage ``x_i^T (X^T X + regularization I)^-1 x_i``, the columns being the user's.

    Notes
    -----
    Derived here. Let F = X T be the features divided by sqrt(N), so that F^T F = I. For x = B^T f in the row space,
    ``x^T (B^T B + c I)^-1 x = f^T (I + c (B B^T)^-1)^-1 f``, and ``(B B^T)^-1 = T^T T`` because T has least norm. The
    triangular factor of ``[sqrt(c) T; I]`` therefore does it, for any rank and any c > 0, however small.

    Examples
    --------
    >>> rows = orthonormal_rows(np.array([[1.0], [2.0], [2.0]]))
    >>> z = ridge(rows, 1.0).of(rows.features(np.arange(3)))
    >>> (z**2).ravel()
    array([0.1, 0.4, 0.4])
    """
    root = np.sqrt(len(rows))
    with one_blas_thread():
        stacked = np.concatenate([np.sqrt(regularization) / root * rows.transform, np.eye(rows.rank)])
        order, orthogonal, factor, pivot = _graded_factor(stacked)
    return Ridge(factor, pivot, root, orthogonal[order < len(rows.transform)])


@dataclass(frozen=True, eq=False)
class Ridge:
    """The map from features to ridge coordinates: divide by `root`, permute by `pivot`, solve with `factor`.

    Attributes
    ----------
    anchors : (p, r) float64
        Coordinates of the rows ``sqrt(regularization) e_k``, in some order: with those of the pool their squares sum to
        the identity.

    Examples
    --------
    >>> Ridge(np.array([[2.0]]), np.array([0]), 1.0, np.empty((0, 1))).of(np.array([[4.0]]))
    array([[2.]])
    """

    factor: FloatArray
    pivot: IntArray
    root: float
    anchors: FloatArray

    def of(self, features: FloatArray) -> FloatArray:
        """(n, r) coordinates of rows with these features, C-contiguous."""
        with one_blas_thread():
            return solved_from_right(features[:, self.pivot] / self.root, self.factor)


def rows_in_block(matrix: npt.NDArray[Any]) -> int:
    """Rows that make a block of 512 kB, and at least four times as many as there are columns.

    Examples
    --------
    >>> rows_in_block(np.ones((5, 1024)))
    4096
    """
    n_columns = int(matrix.shape[1])
    return max(4 * n_columns, BLOCK_NUMBERS // max(n_columns, 1))


def blocks_of(matrix: npt.NDArray[_T], block_rows: int | None = None) -> Iterator[tuple[int, npt.NDArray[_T]]]:
    """Blocks of rows with the index of their first; pages of a memmap are given back once they are read.

    Examples
    --------
    >>> [low for low, _ in blocks_of(np.ones((5, 1)), 2)]
    [0, 2, 4]
    """
    block_rows = rows_in_block(matrix) if block_rows is None else block_rows
    for low in range(0, len(matrix), block_rows):
        yield low, np.asarray(matrix[low : low + block_rows], dtype=np.float64)
        _drop_pages(matrix)


def _drop_pages(matrix: npt.NDArray[Any]) -> None:
    """Give back the pages of a memmap, which the system reads again when they are wanted.

    Not those of copy-on-write, where that would lose changes.
    """
    if not isinstance(matrix, np.memmap) or matrix.mode not in ("r", "r+") or not hasattr(mmap, "MADV_DONTNEED"):
        return
    base: Any = matrix
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap):
        base.madvise(cast("Any", mmap).MADV_DONTNEED)


def squared_norms(features: FloatArray) -> FloatArray:
    """Squared norm of each row.

    Examples
    --------
    >>> squared_norms(np.array([[3.0, 4.0], [0.0, 1.0]]))
    array([25.,  1.])
    """
    return np.asarray(np.einsum("ij,ij->i", features, features))
