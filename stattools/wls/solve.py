"""Weighted least squares on arrays: one QR factorization, from which all else follows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from stattools import _validation
from stattools._threads import one_blas_thread
from stattools._typing import BoolArray, FloatArray
from stattools.results.serialization import register

BLOCK_ROWS = 1000
DETERMINED = 1e-8  # relative length outside of the span that rounding may leave


@register
@dataclass(frozen=True)
class WeightedFit:
    """The solution of a weighted least-squares problem, with B the features times the roots of the weights.

    coefficients : (m,) or (m, q).
    basis : (n, r), rows q_i with B = basis @ (m columns of the triangle); orthonormal columns without a ridge penalty.
    triangle : (m, m) upper triangular factor of B, or of B with the penalty below it.
    map : (m, r), from coordinates in `basis` to coefficients, when the rank r is below m; else None.
    fitted, residuals : (n,) or (n, q), not weighted. leverage : (n,), diagonal of the weighted hat matrix.
    weights : (n,). rank : int.
    condition : largest over smallest singular value after columns were scaled to unit length.
    constant_in_span : a combination of the columns is the constant 1 in all rows of positive weight.
    """

    coefficients: FloatArray
    basis: FloatArray
    triangle: FloatArray
    map: FloatArray | None
    fitted: FloatArray
    residuals: FloatArray
    leverage: FloatArray
    weights: FloatArray
    rank: int
    condition: float
    constant_in_span: bool
    regularization: float = 0.0

    @property
    def n_used(self) -> int:
        """Rows of positive weight."""
        return int(np.count_nonzero(self.weights))

    @property
    def effective_rank(self) -> float:
        """Trace of the hat matrix: the rank without a ridge penalty, less with one."""
        return float(self.leverage.sum()) if self.regularization else float(self.rank)

    @cached_property
    def singular_values(self) -> FloatArray:
        """(m,) of B, or of B with the penalty below it, falling."""
        return np.asarray(np.linalg.svd(self.triangle, compute_uv=False), dtype=np.float64)

    @property
    def weighted_residuals(self) -> FloatArray:
        return by_row(self.residuals, np.sqrt(self.weights))


def weighted_fit(
    features: FloatArray,
    y: FloatArray,
    weights: FloatArray | None = None,
    *,
    regularization: float = 0.0,
    unpenalized: int | None = None,
) -> WeightedFit:
    """Minimise the weighted sum of squared residuals, plus `regularization` times the squared norm of the coefficients.

    Parameters
    ----------
    features : (n, m) float64
    y : (n,) or (n, q) float64
    weights : (n,) float64, optional
        Non-negative; ones by default.
    regularization : float, default 0
    unpenalized : int, optional
        A column that the penalty leaves out: the intercept.

    Returns
    -------
    WeightedFit
        With read-only arrays.

    Notes
    -----
    Householder QR of the rows times the roots of their weights, by blocks; O(n m^2) time, 16 n m bytes. It runs on one
    thread, so that the bits do not depend on the number of cores. The rank is the count of singular values above
    max(n, m) eps times the largest, after columns were scaled to unit length, so that units do not decide it. Below
    full rank the coefficients are the ones of smallest norm in those scaled columns: a column in other units gets the
    same coefficient in those units. Numpy and statsmodels take the smallest norm in the columns as given, which units
    change; fitted values and estimable combinations are the same.

    Examples
    --------
    >>> weighted_fit(np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), np.array([1.0, 3.0, 5.0])).coefficients.round(6)
    array([1., 2.])
    """
    with one_blas_thread():
        return _weighted_fit(features, y, np.ones(len(y)) if weights is None else weights, regularization, unpenalized)


def _weighted_fit(
    features: FloatArray, y: FloatArray, weights: FloatArray, regularization: float, unpenalized: int | None
) -> WeightedFit:
    n, m = features.shape
    roots = np.sqrt(weights)
    basis, triangle = _factors(features, roots, regularization, unpenalized)
    scaled = np.linalg.svd(triangle / _lengths(triangle), compute_uv=False)
    rank = int(np.count_nonzero(scaled > max(n, m) * np.finfo(np.float64).eps * scaled[0])) if scaled[0] > 0 else 0
    map_ = None
    if rank < m:
        left, map_ = _smallest_norm_map(triangle, rank)
        basis = basis @ left
    coordinates = basis.T @ np.column_stack([by_row(y, roots), roots])
    constant = coordinates[:, -1]
    coordinates = coordinates[:, 0] if y.ndim == 1 else coordinates[:, :-1]
    coefficients = _coefficients(triangle, map_, coordinates)
    fitted = features @ coefficients
    fit = WeightedFit(
        coefficients=coefficients,
        basis=basis,
        triangle=triangle,
        map=map_,
        fitted=fitted,
        residuals=y - fitted,
        leverage=np.einsum("ij,ij->i", basis, basis),
        weights=_validation.read_only(weights),
        rank=rank,
        condition=float(scaled[0] / scaled[-1]) if rank == m else float("inf"),
        constant_in_span=_spans(basis, constant, roots) if not regularization else _spans_unpenalized(features, roots),
        regularization=regularization,
    )
    for array in (coefficients, basis, triangle, map_, fitted, fit.residuals, fit.leverage):
        if array is not None:
            array.flags.writeable = False
    return fit


def to_coefficients(fit: WeightedFit, coordinates: FloatArray) -> FloatArray:
    """Coefficients of vectors given in the basis of the fit: (r, k) to (m, k).

    Examples
    --------
    >>> fit = weighted_fit(np.eye(2) * 2.0, np.ones(2))
    >>> to_coefficients(fit, fit.basis.T @ np.ones((2, 1))).round(6).ravel()
    array([0.5, 0.5])
    """
    return _coefficients(fit.triangle, fit.map, coordinates)


def leverage_at(fit: WeightedFit, features: FloatArray) -> FloatArray:
    """(k,) leverage of rows of features with weight one: variance of their fitted value over that of such a response.

    Infinite where the rows of the fit do not determine the value.

    Examples
    --------
    >>> leverage_at(weighted_fit(np.array([[1.0], [2.0]]), np.ones(2)), np.array([[3.0]])).round(6)
    array([1.8])
    """
    from scipy.linalg import solve_triangular

    if fit.map is None:
        coordinates = solve_triangular(fit.triangle, features.T, trans="T", check_finite=False)
        return np.asarray(np.einsum("ij,ij->j", coordinates, coordinates))
    coordinates = features @ fit.map
    return np.where(determined(fit, features), np.einsum("ij,ij->i", coordinates, coordinates), np.inf)


def determined(fit: WeightedFit, features: FloatArray) -> BoolArray:
    """(k,) combinations of coefficients that all solutions agree on: rows of features in the span of those of the fit.

    Units of columns do not matter. The identity for features tells it of each coefficient.

    Examples
    --------
    >>> fit = weighted_fit(np.array([[1.0, 2.0, 0.0], [1.0, 2.0, 1.0], [1.0, 2.0, 3.0]]), np.ones(3))
    >>> determined(fit, np.array([[1.0, 0.0, 0.0], [1.0, 2.0, 0.0], [0.0, 0.0, 1.0]]))
    array([False,  True,  True])
    """
    if fit.map is None:
        return np.ones(len(features), dtype=np.bool_)
    lengths = _lengths(fit.triangle)
    kept, scaled = np.linalg.qr(fit.map * lengths[:, None])[0], features / lengths
    outside = np.linalg.norm(scaled - (scaled @ kept) @ kept.T, axis=1)
    unseen = ~np.any(fit.triangle != 0, axis=0)  # columns of zeros, whose unit the rows do not tell
    beyond = (features[:, unseen] != 0).any(axis=1)
    return np.asarray(~beyond & (outside <= DETERMINED * np.linalg.norm(scaled, axis=1)))


def rows_of(fit: WeightedFit) -> FloatArray:
    """(n, m) features from the factors of the fit; NaN in rows of weight zero, which the factors do not hold.

    Examples
    --------
    >>> rows_of(weighted_fit(np.array([[1.0, 2.0], [3.0, 5.0]]), np.ones(2), np.array([1.0, 4.0]))).round(6)
    array([[1., 2.],
           [3., 5.]])
    """
    triangle = fit.triangle
    if fit.map is not None:
        triangle = _smallest_norm_map(triangle, fit.rank)[0].T @ triangle
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(fit.weights[:, None] > 0, fit.basis @ triangle / np.sqrt(fit.weights)[:, None], np.nan)


def r_squared(fit: WeightedFit, residuals: FloatArray) -> float:
    """Weighted share of the sum of squares that is explained, centred where the constant lies in the span.

    Parameters
    ----------
    fit : WeightedFit
        Of one response.
    residuals : (n,) float64
        Those of the fit, or of another estimate with the same weights.

    Returns
    -------
    float
        NaN for a response without variation.

    Examples
    --------
    >>> fit = weighted_fit(np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), np.array([1.0, 3.0, 5.0]))
    >>> round(r_squared(fit, fit.residuals), 6)
    1.0
    """
    y = fit.fitted + fit.residuals
    centre = np.average(y, weights=fit.weights) if fit.constant_in_span else 0.0
    total = float(np.sum(fit.weights * (y - centre) ** 2))
    rounding = (len(y) * np.finfo(np.float64).eps) ** 2 * float(np.sum(fit.weights * y**2))
    return 1.0 - float(np.sum(fit.weights * residuals**2)) / total if total > rounding else float("nan")


def by_row(values: FloatArray, factors: FloatArray) -> FloatArray:
    """Rows of (n,) or (n, q) values times one factor each.

    Examples
    --------
    >>> by_row(np.ones((2, 2)), np.array([1.0, 3.0]))
    array([[1., 1.],
           [3., 3.]])
    """
    return values * (factors if values.ndim == 1 else factors[:, None])


def _factors(
    features: FloatArray, roots: FloatArray, regularization: float, unpenalized: int | None
) -> tuple[FloatArray, FloatArray]:
    """Rows of Q that belong to data, and R: blocks of rows that fit into the cache, then their triangles together."""
    n, m = features.shape
    size = max(BLOCK_ROWS, 2 * m)
    blocks = [slice(start, min(start + size, n)) for start in range(0, n, size)]
    factors = [_qr(features[rows], roots[rows, None]) for rows in blocks]
    if len(blocks) == 1 and not regularization:
        return factors[0]
    triangles = [triangle for _, triangle in factors]
    if regularization:
        penalty = np.sqrt(regularization) * np.identity(m)
        if unpenalized is not None:
            penalty[unpenalized] = 0.0
        triangles.append(penalty)
    joint, triangle = _qr(np.vstack(triangles), np.ones((1, 1)))
    basis = np.empty((n, m))
    stop = 0
    for rows, (q, own) in zip(blocks, factors, strict=True):
        start, stop = stop, stop + len(own)
        np.matmul(q, joint[start:stop], out=basis[rows])
    return basis, triangle


def _qr(rows: FloatArray, factors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """QR of rows times one factor each."""
    from scipy.linalg import qr

    product = np.multiply(rows, factors, out=np.empty(rows.shape, order="F"))
    q, triangle = qr(product, mode="economic", overwrite_a=True, check_finite=False)
    return q, triangle


def _lengths(triangle: FloatArray) -> FloatArray:
    """Lengths of the columns, 1 for those that are zero."""
    lengths = np.linalg.norm(triangle, axis=0)
    return np.where(lengths > 0, lengths, 1.0)


def _smallest_norm_map(triangle: FloatArray, rank: int) -> tuple[FloatArray, FloatArray]:
    """(m, r) directions of the columns that are kept, and the map from coordinates along them to coefficients."""
    lengths = _lengths(triangle)
    left, scaled, right = np.linalg.svd(triangle / lengths)
    return left[:, :rank], np.ascontiguousarray((right[:rank] / scaled[:rank, None]).T / lengths[:, None])


def _coefficients(triangle: FloatArray, map_: FloatArray | None, coordinates: FloatArray) -> FloatArray:
    from scipy.linalg import solve_triangular

    if map_ is not None:
        return np.asarray(map_ @ coordinates)
    return np.asarray(solve_triangular(triangle, coordinates, check_finite=False))


def _spans(basis: FloatArray, coordinates: FloatArray, roots: FloatArray) -> bool:
    """Whether the roots of the weights, the constant in all rows, lie in the span of an orthonormal basis."""
    length = float(np.linalg.norm(roots))
    if float(np.linalg.norm(coordinates)) < (1.0 - 1e-6) * length:
        return False
    return bool(np.linalg.norm(roots - basis @ coordinates) <= 1e-9 * length)


def _spans_unpenalized(features: FloatArray, roots: FloatArray) -> bool:
    basis = np.linalg.qr(by_row(features, roots))[0]
    return _spans(basis, basis.T @ roots, roots)
