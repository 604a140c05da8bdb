"""Eigenpairs of Gram matrices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from stattools._typing import FloatArray


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Positive eigenvalues of a Gram matrix, decreasing, and their vectors.

    Attributes
    ----------
    values : (r,) float64
    vectors : (n, r) float64
        Orthonormal columns.

    Examples
    --------
    >>> spectrum(np.diag([1.0, 3.0, 0.0])).values
    array([3., 1.])
    """

    values: FloatArray
    vectors: FloatArray

    @property
    def features(self) -> FloatArray:
        """(n, r) rows whose inner products are the matrix."""
        return np.asarray(self.vectors * np.sqrt(self.values))


def spectrum(gram: FloatArray, *, drop: float | None = None) -> Spectrum:
    """Eigenpairs of a symmetric positive semidefinite matrix, by LAPACK's divide and conquer.

    Parameters
    ----------
    gram : (n, n) float64
    drop : float, optional
        Eigenvalues up to this share of the largest are left out. Default: n times the precision of a float, below which
        they are rounding.

    Returns
    -------
    Spectrum

    Examples
    --------
    >>> spectrum(np.ones((3, 3))).vectors.shape
    (3, 1)
    """
    values, vectors = scipy.linalg.eigh(gram, driver="evd", check_finite=False)
    values, vectors = values[::-1], vectors[:, ::-1]
    share = len(gram) * np.finfo(np.float64).eps if drop is None else drop
    largest = max(float(values[0]), 0.0) if len(values) else 0.0
    rank = int(np.count_nonzero(values > share * largest)) if largest > 0 else 0
    return Spectrum(np.ascontiguousarray(values[:rank]), np.ascontiguousarray(signed(vectors[:, :rank])))


def top_eigenpairs(matrix: FloatArray, k: int) -> tuple[FloatArray, FloatArray]:
    """The k largest eigenvalues of a symmetric matrix, decreasing, and their vectors with a fixed sign.

    Parameters
    ----------
    matrix : (n, n) float64
    k : int
        At most n.

    Returns
    -------
    (k,) float64
    (n, k) float64

    Examples
    --------
    >>> values, vectors = top_eigenpairs(np.diag([1.0, 3.0, 2.0]), 2)
    >>> values
    array([3., 2.])
    """
    n = len(matrix)
    values, vectors = scipy.linalg.eigh(matrix, subset_by_index=(n - k, n - 1), driver="evr", check_finite=False)
    return values[::-1].copy(), np.ascontiguousarray(signed(vectors[:, ::-1]))


def column_signs(vectors: FloatArray) -> FloatArray:
    """Signs that make the largest entry in absolute value of each column positive.

    Entries within a millionth of the largest count as equal and the first of them decides, so that rounding, which
    differs with the number of threads, does not.

    Parameters
    ----------
    vectors : (n, k) float64

    Returns
    -------
    (k,) float64

    Examples
    --------
    >>> column_signs(np.array([[0.6, -0.6], [-0.8, -0.8]]))
    array([-1., -1.])
    """
    if not vectors.size:
        return np.ones(vectors.shape[1])
    size = np.abs(vectors)
    first = np.argmax(size >= (1.0 - 1e-6) * size.max(axis=0), axis=0)
    return np.where(vectors[first, np.arange(vectors.shape[1])] < 0, -1.0, 1.0)


def signed(vectors: FloatArray) -> FloatArray:
    """Columns with their largest entry in absolute value made positive.

    Examples
    --------
    >>> signed(np.array([[0.6, -0.6], [-0.8, -0.8]]))
    array([[-0.6,  0.6],
           [ 0.8,  0.8]])
    """
    return np.asarray(vectors * column_signs(vectors))
