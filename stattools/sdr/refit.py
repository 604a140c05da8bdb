"""The estimator on rows of features: what bootstrap, cross-validation and augmentation fit again and again.

The rows of x_vectors * sqrt(x_values) are isometric to the observations in the space of the kernel of X, centred. A fit
to some of these rows is that of the estimator on the same observations with the bandwidths held, and its functions can
be evaluated on any rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import linalg

from stattools._errors import DegenerateDataError
from stattools._typing import FloatArray, IntArray
from stattools.rkhs.spectra import top_eigenpairs

if TYPE_CHECKING:
    from stattools.sdr.gsir import Operator

NEGLIGIBLE = 1e-3
"""Directions whose filter is below this share of the largest, in Y below its square, are left out."""


@dataclass(frozen=True, eq=False)
class Features:
    """Observations as rows, and how the estimator regularizes them.

    Attributes
    ----------
    x : (n, r) float64
        Centred features of X in its own space.
    y : (n, s) float64
        Those of Y.
    x_penalty, y_penalty : float
        Added to the eigenvalues of the scatter matrices of all n rows; 0 in Y for a pseudo-inverse.
    method : {"gsir1", "gsir2"}
    """

    x: FloatArray
    y: FloatArray
    x_penalty: float
    y_penalty: float
    method: str


@dataclass(frozen=True, eq=False)
class Refit:
    """Functions of X that a fit found.

    Attributes
    ----------
    eigenvalues : (k,) float64
    centre : (r,) float64
        Mean of the rows that were fitted.
    coefficients : (r, k) float64
        The functions at rows x are ``(x - centre) @ coefficients``.
    standardized : (r, k) float64
        Unit coefficients of the functions once features are brought to unit variance, as far as regularization does.
    """

    eigenvalues: FloatArray
    centre: FloatArray
    coefficients: FloatArray
    standardized: FloatArray

    def at(self, x: FloatArray) -> FloatArray:
        """(m, k) values of the functions at rows of features (m, r)."""
        return np.asarray((x - self.centre) @ self.coefficients)


def features_of(operator: Operator, *, negligible: float = NEGLIGIBLE) -> Features:
    """The rows behind an operator, without directions that regularization shrinks to nothing.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> basis = np.linalg.qr(np.random.default_rng(1).standard_normal((5, 2)))[0]
    >>> values = np.array([2.0, 1e-9])
    >>> operator = SimpleNamespace(
    ...     x_vectors=basis, x_values=values, y_vectors=basis, y_values=values, x_penalty=0.2, y_penalty=0.2,
    ...     x_filter=values / (values + 0.2), y_filter=values / (values + 0.2), method="gsir2",
    ... )
    >>> features_of(operator).x.shape
    (5, 1)
    """
    p, q = kept(operator.x_filter, negligible), kept(operator.y_filter, negligible**2)
    return Features(
        np.ascontiguousarray(operator.x_vectors[:, :p] * np.sqrt(operator.x_values[:p])),
        np.ascontiguousarray(operator.y_vectors[:, :q] * np.sqrt(operator.y_values[:q])),
        float(operator.x_penalty),
        float(operator.y_penalty),
        operator.method,
    )


def kept(decreasing: FloatArray, negligible: float) -> int:
    """How many of decreasing filters are above a share of the first.

    Examples
    --------
    >>> kept(np.array([1.0, 0.5, 1e-9]), 1e-6)
    2
    """
    return max(1, int(np.count_nonzero(decreasing > negligible * decreasing[0])))


def refit(features: Features, k: int, rows: IntArray | None = None, *, x: FloatArray | None = None) -> Refit:
    """Fit to some rows, or with other features of X.

    Parameters
    ----------
    features : Features
    k : int
        Number of functions; zeros beyond the rank.
    rows : (m,) intp, optional
        Rows to fit, with repetition; all by default.
    x : (n, r) float64, optional
        Instead of the features of X.

    Returns
    -------
    Refit

    Raises
    ------
    DegenerateDataError
        All of the rows are equal in X, or all in Y.

    Notes
    -----
    Penalties are held in proportion to the number of rows, m / n. Let S be the scatter matrix of the rows in X with
    eigenpairs (L, Q), T that in Y, P the products between them (s, r), and D = L / (L + eta). With H'H = P' A P, A the
    identity for gsir1 and (T + eta_y)^{-1} for gsir2, by a Cholesky factor, the eigenvectors w of D N'N D,
    N = H Q L^{-1/2}, are those of the estimator in the coordinates of its own features, and Q L^{1/2} / (L + eta) w are
    the coefficients of its functions. O(m (r + s)^2 + r^3 + s^3).

    Examples
    --------
    >>> x = np.random.default_rng(1).standard_normal((200, 2))
    >>> fit = refit(Features(x, x[:, :1], 1e-6, 1e-6, "gsir2"), 2)
    >>> fit.eigenvalues.round(6) + 0.0
    array([1., 0.])
    >>> bool(abs(np.corrcoef(fit.at(x)[:, 0], x[:, 0])[0, 1]) > 1 - 1e-9)
    True
    """
    of_x = features.x if x is None else x
    xs, ys = (of_x, features.y) if rows is None else (of_x[rows], features.y[rows])
    _require_spread(xs, "X")
    _require_spread(ys, "Y")
    held = len(xs) / len(of_x)
    centre = xs.mean(axis=0)
    xs, ys = xs - centre, ys - ys.mean(axis=0)
    values, vectors = _scatter(xs)
    x_filter = values / (values + held * features.x_penalty)
    half = _weighted_products(ys, xs, held * features.y_penalty, features.method)
    product = ((half @ vectors) * (x_filter / np.sqrt(values))).T
    eigenvalues, weights = left_pairs(product, k)
    standardized = (vectors * np.sqrt(x_filter)) @ weights
    lengths = np.linalg.norm(standardized, axis=0)
    standardized = standardized / np.where(lengths > 0, lengths, 1.0)
    return Refit(eigenvalues, centre, (vectors * (x_filter / np.sqrt(values))) @ weights, standardized)


def left_pairs(product: FloatArray, k: int) -> tuple[FloatArray, FloatArray]:
    """The k largest squared singular values (k,), zeros beyond the rank, and left singular vectors (r, k).

    Examples
    --------
    >>> left_pairs(np.diag([1.0, 2.0]), 1)[0]
    array([4.])
    """
    found = min(k, *product.shape)
    values, vectors = top_eigenpairs(product @ product.T, found)
    padded = np.zeros(k)
    padded[:found] = np.maximum(values, 0.0)
    weights = np.zeros((len(product), k))
    weights[:, :found] = vectors
    return padded, weights


def _weighted_products(ys: FloatArray, xs: FloatArray, penalty: float, method: str) -> FloatArray:
    """(s, r) H with H'H = P' A P for the products P of features of Y and X."""
    products = ys.T @ xs
    if method == "gsir1":
        return np.asarray(products)
    if penalty > 0.0:
        scatter = ys.T @ ys
        scatter[np.diag_indices_from(scatter)] += penalty
        factor = linalg.cholesky(scatter, lower=True, overwrite_a=True, check_finite=False)
        return np.asarray(linalg.solve_triangular(factor, products, lower=True, check_finite=False))
    values, vectors = _scatter(ys)
    return np.asarray((vectors / np.sqrt(values)).T @ products)


def _require_spread(rows: FloatArray, name: str) -> None:
    if not (rows[1:] != rows[0]).any():
        raise DegenerateDataError(f"all rows that were drawn are equal in {name}; there is nothing to fit")


def _scatter(rows: FloatArray) -> tuple[FloatArray, Any]:
    """Eigenvalues, decreasing, and eigenvectors of the scatter matrix; those that are rounding are left out."""
    values, vectors = np.linalg.eigh(rows.T @ rows)
    values, vectors = values[::-1], vectors[:, ::-1]
    positive = values > len(values) * np.finfo(float).eps * values[0]
    return values[positive], vectors[:, positive]
