"""Dependence of two collections of points through their Gram or distance matrices, and its values under permutation.

Distance covariance and the Hilbert-Schmidt independence criterion are one statistic, the mean product of two
double-centred matrices; they differ in the matrix. A form holds one such matrix in the way that is fastest to permute:
a factor of low rank, numbers on the line, or all entries.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools._errors import DegenerateDataError
from stattools._typing import FloatArray, IntArray
from stattools.rkhs.cholesky import pivoted_cholesky
from stattools.rkhs.grams import centring
from stattools.rkhs.kernels import gaussian_gram, squared_distances

FACTOR_TOLERANCE = 1e-10
"""Share of the trace that a factor may leave out; the statistic is off by at most n times this share of its mean under
permutation."""
LARGEST_RANK = 600
RANKS_PER_ROW = 16
"""Beyond ranks whose product is this many times n, a sum over all entries is faster than a product of factors."""


@dataclass(frozen=True, eq=False)
class Form:
    """A double-centred n x n matrix, ready to be permuted.

    Attributes
    ----------
    n : int
    factor : (n, r) float64 or None
        The matrix is ``factor @ factor.T``; columns have mean zero.
    line : (n,) float64 or None
        The matrix is that of the double-centred negative distances of these numbers; their mean is zero.
    matrix : (n, n) float64 or None
        All entries, where there is neither a factor nor a line.
    """

    n: int
    factor: FloatArray | None = None
    line: FloatArray | None = None
    matrix: FloatArray | None = None

    def dense(self) -> FloatArray:
        """(n, n) entries of the double-centred matrix."""
        if self.factor is not None:
            return np.asarray(self.factor @ self.factor.T)
        if self.line is not None:
            return double_centred(-np.abs(self.line[:, None] - self.line))
        assert self.matrix is not None
        return self.matrix

    def self_product(self) -> float:
        """Mean squared entry, the statistic of the points with themselves."""
        if self.factor is not None:
            return float(np.sum((self.factor.T @ self.factor) ** 2)) / self.n**2
        identity = np.arange(self.n, dtype=np.int32)[None]
        return float(permuted_products(self, self, identity)[0])


def double_centred(matrix: FloatArray) -> FloatArray:
    """(n, n) symmetric matrix less its row and column means, plus its grand mean.

    Examples
    --------
    >>> double_centred(np.array([[1.0, 0.0], [0.0, 1.0]]))
    array([[ 0.5, -0.5],
           [-0.5,  0.5]])
    """
    return centring(matrix).train(matrix)


# forms ---------------------------------------------------------------------------------------------------------------
def gram_form(gram: FloatArray) -> Form:
    """The form of an (n, n) positive semi-definite Gram matrix.

    Examples
    --------
    >>> gram_form(np.eye(3)).n
    3
    """
    n = len(gram)
    found = pivoted_cholesky(lambda rows: gram[:, rows], np.diag(gram), rank=_most(n), tol=FACTOR_TOLERANCE, rng=0)
    if found.residual_trace <= FACTOR_TOLERANCE * np.trace(gram):
        return factor_form(found.factor)
    return Form(n, matrix=np.ascontiguousarray(double_centred(gram)))


def gaussian_form(points: FloatArray, lengthscale: float) -> Form:
    """The form of the Gaussian kernel exp(-|x - x'|^2 / (2 l^2)) on (n, d) points; needs no n x n matrix at low rank.

    Examples
    --------
    >>> gaussian_form(np.arange(30.0)[:, None], 10.0).factor.shape[0]
    30
    """
    n = len(points)

    def columns(rows: IntArray) -> FloatArray:
        return gaussian_gram(points, points[rows], lengthscale=lengthscale)

    found = pivoted_cholesky(columns, np.ones(n), rank=_most(n), tol=FACTOR_TOLERANCE, rng=0)
    if found.residual_trace <= FACTOR_TOLERANCE * n:
        return factor_form(found.factor)
    return Form(n, matrix=np.ascontiguousarray(double_centred(gaussian_gram(points, lengthscale=lengthscale))))


def _most(n: int) -> int:
    """Ranks that are tried before all entries are formed."""
    return min(n, n // 4 + 16, LARGEST_RANK)


def factor_form(features: FloatArray) -> Form:
    """The form of inner products of (n, r) features.

    Examples
    --------
    >>> factor_form(np.eye(3)).factor.shape
    (3, 3)
    """
    return Form(len(features), factor=np.ascontiguousarray(features - features.mean(axis=0)))


def distance_form(distances: FloatArray) -> Form:
    """The form of an (n, n) matrix of distances, with the sign that makes it positive semi-definite for Euclidean ones.

    Examples
    --------
    >>> distance_form(np.array([[0.0, 1.0], [1.0, 0.0]])).matrix
    array([[ 0.5, -0.5],
           [-0.5,  0.5]])
    """
    return Form(len(distances), matrix=np.ascontiguousarray(double_centred(-distances)))


def euclidean_form(points: FloatArray) -> Form:
    """The form of Euclidean distances between (n, d) points; without an n x n matrix for d = 1.

    Examples
    --------
    >>> euclidean_form(np.arange(4.0)[:, None]).line
    array([-1.5, -0.5,  0.5,  1.5])
    """
    if points.shape[1] == 1:
        return Form(len(points), line=np.ascontiguousarray(points[:, 0] - points[:, 0].mean()))
    return distance_form(np.sqrt(squared_distances(points)))


# statistics ----------------------------------------------------------------------------------------------------------
def dependence(a: Form, b: Form) -> float:
    """Mean product of the entries of two forms: HSIC for Grams, squared distance covariance for distances.

    Both are V-statistics: sums run over all pairs of rows, equal ones included.

    Examples
    --------
    >>> form = distance_form(np.array([[0.0, 1.0], [1.0, 0.0]]))
    >>> dependence(form, form)
    0.25
    """
    return float(permuted_products(a, b, np.arange(a.n, dtype=np.int32)[None])[0])


def correlation(a: Form, b: Form) -> float:
    """`dependence` over the root of the product of both with themselves; 0 where one of them is constant.

    For distances it is the squared distance correlation, for Grams the centred kernel alignment.

    Examples
    --------
    >>> form = distance_form(np.array([[0.0, 1.0], [1.0, 0.0]]))
    >>> correlation(form, form)
    1.0
    """
    scale = a.self_product() * b.self_product()
    return dependence(a, b) / math.sqrt(scale) if scale > 0 else 0.0


def distance_correlation_of(a_distances: FloatArray, b_distances: FloatArray) -> float:
    """Distance correlation of two (n, n) distance matrices, from V-statistics, between 0 and 1 for Euclidean ones.

    Parameters
    ----------
    a_distances, b_distances : (n, n) float64

    Returns
    -------
    float
        The root of squared distance covariance over both distance standard deviations; 0 where one of them vanishes.

    Raises
    ------
    DegenerateDataError
        The squared distance covariance is negative, as happens for distances that are not of negative type.

    References
    ----------
    Szekely, Rizzo and Bakirov (2007), Ann. Statist. 35, 2769-2794, definitions 4 and 5.

    Examples
    --------
    >>> x = np.arange(5.0)
    >>> d = np.abs(x[:, None] - x)
    >>> round(distance_correlation_of(d, 2 * d), 12)
    1.0
    """
    squared = correlation(distance_form(a_distances), distance_form(b_distances))
    if squared < -1e-12:  # rounding is below 1e-15 n
        raise DegenerateDataError(
            f"the squared distance correlation is {squared:.4g}; these distances are not of negative type, take their "
            "roots or Euclidean distances"
        )
    return math.sqrt(max(squared, 0.0))


def permuted_distance_correlations(a_distances: FloatArray, b_distances: FloatArray, rows: Any) -> FloatArray:
    """(m,) squared distance correlations after the points of b are put in the orders ``rows`` (m, n).

    Examples
    --------
    >>> x = np.arange(4.0)
    >>> d = np.abs(x[:, None] - x)
    >>> permuted_distance_correlations(d, d, np.array([[0, 1, 2, 3]], dtype=np.int32)).round(12)
    array([1.])
    """
    a, b = distance_form(a_distances), distance_form(b_distances)
    scale = math.sqrt(a.self_product() * b.self_product())
    return permuted_products(a, b, rows) / scale if scale > 0 else np.zeros(len(rows))


def permuted_products(a: Form, b: Form, rows: Any) -> FloatArray:
    """`dependence` after the points of `b` are put in other orders.

    Parameters
    ----------
    a, b : Form
    rows : (m, n) int32
        Point i of the rearranged b is its point ``rows[., i]``.

    Returns
    -------
    (m,) float64

    Notes
    -----
    Time for each order is O(n r s) for factors of ranks r and s, O(n log n) for two lines and O(n^2) otherwise.

    Examples
    --------
    >>> form = factor_form(np.arange(3.0)[:, None])
    >>> permuted_products(form, form, np.array([[0, 1, 2], [2, 1, 0], [1, 0, 2]], dtype=np.int32)).round(4)
    array([0.4444, 0.4444, 0.1111])
    """
    rows = np.ascontiguousarray(rows, dtype=np.int32)
    if a.factor is not None and b.factor is not None and _cheap(a.factor, b.factor):
        return _factor_products(a.factor, b.factor, rows) / a.n**2
    if a.line is not None and b.line is not None:
        return _line_products(a.line, b.line, rows) / a.n**2
    from stattools.rkhs._kernels import permuted_entry_sums

    return np.asarray(permuted_entry_sums(a.dense(), b.dense(), rows)) / a.n**2


def _cheap(a: FloatArray, b: FloatArray) -> bool:
    return bool(a.shape[1] * b.shape[1] <= RANKS_PER_ROW * len(a))


def _factor_products(a: FloatArray, b: FloatArray, rows: Any) -> FloatArray:
    values = np.empty(len(rows))
    transposed = np.ascontiguousarray(a.T)
    for k, order in enumerate(rows):
        product = transposed @ b[order]
        values[k] = np.vdot(product, product)
    return values


def _line_products(a: FloatArray, b: FloatArray, rows: Any) -> FloatArray:
    """Sums over all pairs of products of double-centred distances.

    With distances d and e, their row sums and totals, the sum is ``sum d e - (2/n) d.' e. + d.. e.. / n^2``; only the
    first term needs more than the rearranged row sums.
    """
    from stattools.rkhs._kernels import line_distance_sums, permuted_line_sums

    order = np.argsort(a, kind="stable").astype(np.int64)
    ranks = np.empty(len(b), dtype=np.int64)
    ranks[np.argsort(b, kind="stable")] = np.arange(1, len(b) + 1)
    a_sums, b_sums = np.asarray(line_distance_sums(a, order)), np.asarray(line_distance_sums(b, np.argsort(ranks)))
    pairs = np.asarray(permuted_line_sums(a, b, order, ranks, rows))
    n = len(a)
    return np.asarray(pairs - 2.0 / n * (b_sums[rows] @ a_sums) + a_sums.sum() * b_sums.sum() / n**2)
