"""Kernels of points, distances between their rows, and the bandwidths that distances suggest."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import DegenerateDataError
from stattools._typing import FloatArray, IntArray

KERNELS = ("gaussian", "laplacian")
REFINED = 1e-6
"""Squared distances below this share of the squared norms are computed again from differences: the product form has
lost half of their digits."""
CHUNK = 2**20
"""Numbers of a block of differences or distances."""


def squared_distances(x: FloatArray, y: FloatArray | None = None) -> FloatArray:
    """Squared Euclidean distances between the rows of two matrices, accurate also where rows nearly coincide.

    Parameters
    ----------
    x : (n, p) float64
    y : (k, p) float64, optional
        Default: `x`; the result is then symmetric, with zeros on its diagonal.

    Returns
    -------
    (n, k) float64

    Notes
    -----
    One matrix product of rows from which the mean of `x` was taken, so that a common shift costs no digits. Pairs that
    are close against their norms are computed again from differences. Memory 8 (n k + (n + k) p) bytes.

    Examples
    --------
    >>> squared_distances(np.array([[0.0], [2.0]]), np.array([[1.0], [5.0]]))
    array([[ 1., 25.],
           [ 1.,  9.]])
    """
    centre = x.mean(axis=0)
    first = x - centre
    second = first if y is None else y - centre
    x_norms = np.einsum("ij,ij->i", first, first)[:, None]
    y_norms = x_norms[:, 0] if y is None else np.einsum("ij,ij->i", second, second)
    squared = first @ second.T
    squared *= -2.0
    squared += x_norms
    squared += y_norms
    np.maximum(squared, 0.0, out=squared)
    _refine(squared, first, second, x_norms, y_norms)
    return np.asarray(_mirrored(squared) if y is None else squared)


def lexicographic_order(points: FloatArray) -> IntArray:
    """(n,) indices that sort the rows of (n, p) points by their first column, ties by the next.

    What is chosen along this order, pivots say, depends on the set of points and not on the order of their rows.

    Examples
    --------
    >>> lexicographic_order(np.array([[2.0, 0.0], [1.0, 5.0], [1.0, 4.0]]))
    array([2, 1, 0])
    """
    return np.lexsort(points.T[::-1]) if points.shape[1] else np.arange(len(points))


def _refine(squared: FloatArray, x: FloatArray, y: FloatArray, x_norms: FloatArray, y_norms: FloatArray) -> None:
    rows_at_once = max(1, CHUNK // max(1, len(y)))
    pairs_at_once = max(1, CHUNK // max(1, x.shape[1]))
    for top in range(0, len(x), rows_at_once):
        part = slice(top, top + rows_at_once)
        rows, columns = np.nonzero(squared[part] <= REFINED * (x_norms[part] + y_norms))
        rows += top
        for start in range(0, len(rows), pairs_at_once):
            i, j = rows[start : start + pairs_at_once], columns[start : start + pairs_at_once]
            squared[i, j] = ((x[i] - y[j]) ** 2).sum(axis=1)


def _mirrored(squared: FloatArray) -> FloatArray:
    """Symmetric to the bit: BLAS may round the two halves of a product differently."""
    lower = np.tril(squared, -1)
    return np.asarray(lower + lower.T)


def apply_kernel(squared: FloatArray, kernel: str, scale: float) -> FloatArray:
    """Turn squared distances d^2 into kernel values, in place.

    Parameters
    ----------
    squared : (n, k) float64
    kernel : {"gaussian", "laplacian"}
        exp(-scale d^2), or exp(-scale d).
    scale : float

    Returns
    -------
    (n, k) float64
        The array that was passed.

    Examples
    --------
    >>> apply_kernel(np.array([[0.0, 4.0]]), "laplacian", 0.5).round(4)
    array([[1.    , 0.3679]])
    """
    _validation.choice(kernel, KERNELS, "kernel")
    if kernel == "laplacian":
        np.sqrt(squared, out=squared)
    squared *= -scale
    return np.exp(squared, out=squared)


def gaussian_gram(x: FloatArray, y: FloatArray | None = None, *, lengthscale: float | FloatArray = 1.0) -> FloatArray:
    """Gaussian kernel exp(-|x - y|^2 / (2 l^2)) between rows.

    Parameters
    ----------
    x : (n, d) float64
    y : (k, d) float64, optional
        Default: `x`.
    lengthscale : float or (d,) float64, default 1
        One l for all columns, or one for each.

    Returns
    -------
    (n, k) float64

    Examples
    --------
    >>> gaussian_gram(np.array([[0.0], [1.0]]), lengthscale=2.0).round(4)
    array([[1.    , 0.8825],
           [0.8825, 1.    ]])
    """
    scale = np.asarray(lengthscale, dtype=np.float64)
    if scale.ndim:
        x, y = x / scale, None if y is None else y / scale
        return apply_kernel(squared_distances(x, y), "gaussian", 0.5)
    return apply_kernel(squared_distances(x, y), "gaussian", 0.5 / float(scale) ** 2)


def matching_gram(codes: IntArray, other: IntArray | None = None) -> FloatArray:
    """Kernel of categories: 1 where two codes are equal, 0 elsewhere.

    Examples
    --------
    >>> matching_gram(np.array([0, 1, 0]))
    array([[1., 0., 1.],
           [0., 1., 0.],
           [1., 0., 1.]])
    """
    other = codes if other is None else other
    return np.asarray(codes[:, None] == other[None, :], dtype=np.float64)


def mean_squared_distance(features: FloatArray) -> float:
    """Mean squared distance over all pairs of different rows, without forming the pairs.

    The sum over pairs i < k of |x_i - x_k|^2 is n times the sum of squares about the mean.

    Examples
    --------
    >>> mean_squared_distance(np.array([[0.0], [1.0], [3.0]]))
    4.666666666666666
    """
    centred = features - features.mean(axis=0)
    return 2.0 * float(np.einsum("ij,ij->", centred, centred)) / (len(features) - 1)


def mean_distance(x: FloatArray) -> float:
    """Mean distance over all pairs of different rows; O(n^2 p) in blocks of rows.

    Examples
    --------
    >>> mean_distance(np.array([[0.0], [1.0], [3.0]]))
    2.0
    """
    n = len(x)
    block = max(1, CHUNK // n)
    parts = (np.sqrt(squared_distances(x[start : start + block], x)).sum() for start in range(0, n, block))
    return float(sum(parts)) / (n * (n - 1))


def median_distance(x: FloatArray) -> float:
    """Median distance over all pairs of different rows; the largest where more than half of the pairs coincide.

    Raises
    ------
    DegenerateDataError
        All rows coincide.

    Examples
    --------
    >>> median_distance(np.array([[0.0], [1.0], [3.0]]))
    2.0
    """
    distances = np.sqrt(squared_distances(x)[np.tril_indices(len(x), -1)])
    median = float(np.median(distances))
    if median > 0:
        return median
    largest = float(distances.max(initial=0.0))
    if largest == 0.0:
        raise DegenerateDataError("all rows coincide, so that their distances suggest no bandwidth")
    return largest


def kernel_scale(distance: float, kernel: str, complexity: float = 1.0) -> Any:
    """The scale gamma of a kernel at a typical distance: complexity / (2 d^2) or, Laplacian, complexity / d.

    Examples
    --------
    >>> kernel_scale(2.0, "gaussian"), kernel_scale(2.0, "laplacian")
    (0.125, 0.5)
    """
    _validation.choice(kernel, KERNELS, "kernel")
    return complexity / (2.0 * distance**2) if kernel == "gaussian" else complexity / distance
