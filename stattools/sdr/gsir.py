"""Generalized sliced inverse regression in eigenbases of the two centred Gram matrices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools import _validation
from stattools._typing import FloatArray
from stattools.rkhs import spectra

METHODS = ("gsir1", "gsir2")


@dataclass(frozen=True, eq=False)
class Operator:
    """The regression operator of a sample: eigenpairs of both centred Gram matrices, exact or of low rank, regularized.

    With G_X = U diag(l) U' and G_Y = V diag(m) V', the sample operator [1]_ in the basis U is

        D C E C' D,    C = U' V,    D = diag(l / (l + x_penalty)),

    where E is diag(m) for "gsir1" and diag(m / (m + y_penalty)) for "gsir2". Eigenvalues of the latter are squares of
    regularized canonical correlations, in [0, 1).

    Attributes
    ----------
    x_vectors : (n, r) float64
    x_values : (r,) float64
        Decreasing and positive.
    y_vectors : (n, s) float64
    y_values : (s,) float64
    x_penalty, y_penalty : float
        Added to eigenvalues, in their units; 0 in Y is a pseudo-inverse, and NaN where gsir1 has none.
    method : {"gsir1", "gsir2"}

    References
    ----------
    .. [1] Zhang, Li and Xue (2024), Nonlinear sufficient dimension reduction for distribution-on-distribution
       regression, Journal of Multivariate Analysis 202, 105302: the estimator. The form in eigenbases is derived here.

    Examples
    --------
    >>> basis = np.linalg.qr(np.random.default_rng(1).standard_normal((20, 3)))[0]
    >>> Operator(basis, np.ones(3), basis, np.ones(3), 1.0, 1.0, "gsir2").x_filter
    array([0.5, 0.5, 0.5])
    """

    x_vectors: FloatArray
    x_values: FloatArray
    y_vectors: FloatArray
    y_values: FloatArray
    x_penalty: float
    y_penalty: float
    method: str

    def __post_init__(self) -> None:
        for name in ("x_vectors", "x_values", "y_vectors", "y_values"):
            object.__setattr__(self, name, _validation.read_only(np.ascontiguousarray(getattr(self, name))))

    @property
    def x_filter(self) -> FloatArray:
        """(r,) diagonal of D."""
        return np.asarray(self.x_values / (self.x_values + self.x_penalty))

    @property
    def y_filter(self) -> FloatArray:
        """(s,) diagonal of E."""
        return self.y_values if self.method == "gsir1" else np.asarray(self.y_values / (self.y_values + self.y_penalty))


@dataclass(frozen=True, eq=False)
class Components:
    """The leading functions of X that a fit found.

    Attributes
    ----------
    eigenvalues : (k,) float64
    weights : (r, k) float64
        Orthonormal; the functions in the basis of the operator.
    scores : (n, k) float64
        Their values at the observations, of mean zero.
    """

    eigenvalues: FloatArray
    weights: FloatArray
    scores: FloatArray


def candidate(operator: Operator, rows: Any = None) -> FloatArray:
    """(r, r) the operator in the basis of X, with the rows of Y in another order if `rows` is given.

    Examples
    --------
    >>> basis = np.linalg.qr(np.random.default_rng(1).standard_normal((20, 2)))[0]
    >>> candidate(Operator(basis, np.ones(2), basis, np.ones(2), 1.0, 1.0, "gsir2")).round(6)
    array([[0.125, 0.   ],
           [0.   , 0.125]])
    """
    half = _half(operator, rows)
    return np.asarray(half @ half.T)


def unregularized(operator: Operator) -> str | None:
    """What eigenvalues say for lack of regularization alone, in words, or None.

    Spaces of functions of X and of Y of dimensions r and s, among functions of mean zero at n observations, meet in at
    least r + s - (n - 1) dimensions whatever the data are; one of dimension n - 1 holds every function of the other.

    Examples
    --------
    >>> basis = np.linalg.qr(np.random.default_rng(1).standard_normal((20, 12)))[0]
    >>> unregularized(Operator(basis, np.ones(12), basis[:, :9], np.ones(9), 0.0, 0.0, "gsir2"))
    'without regularization at least 2 eigenvalues are 1 whatever the data are'
    """
    n, r, s = len(operator.x_vectors), len(operator.x_values), len(operator.y_values)
    free_x, free_y = operator.x_penalty == 0, operator.method == "gsir2" and operator.y_penalty == 0
    if free_x and free_y and r + s >= n:
        k = r + s - (n - 1)
        said = f"{k} eigenvalue{'s are' if k > 1 else ' is'} 1"
        return f"without regularization at least {said} whatever the data are"
    for name, free, rank in (("x", free_x, r), ("y", free_y, s)):
        if free and rank == n - 1:
            return (
                f"regularization_{name} is 0, and functions of {name.upper()} take any values at the {n} observations: "
                f"eigenvalues do not depend on how {name.upper()} is paired"
            )
    return None


def components(operator: Operator, k: int, rows: Any = None) -> Components:
    """Eigenpairs of the operator and the functions they stand for.

    Signs are such that the score largest in absolute value is positive.

    Examples
    --------
    >>> basis = np.linalg.qr(np.random.default_rng(1).standard_normal((20, 2)))[0]
    >>> found = components(Operator(basis, np.array([2.0, 1.0]), basis, np.ones(2), 1.0, 1.0, "gsir2"), 1)
    >>> found.eigenvalues.round(4), found.scores.shape
    (array([0.2222]), (20, 1))
    """
    half = _half(operator, rows)
    if half.shape[1] < half.shape[0]:
        values, vectors = _by_responses(half, k)
    else:
        values, vectors = spectra.top_eigenpairs(half @ half.T, k)
    scores = operator.x_vectors @ (operator.x_filter[:, None] * vectors)
    signs = spectra.column_signs(scores)
    return Components(np.maximum(values, 0.0), vectors * signs, scores * signs)


def _half(operator: Operator, rows: Any) -> FloatArray:
    """(r, s) with the operator as its product with its transpose."""
    responses = operator.y_vectors if rows is None else operator.y_vectors[rows]
    product = operator.x_vectors.T @ responses
    product *= operator.x_filter[:, None]
    product *= np.sqrt(operator.y_filter)
    return np.asarray(product)


def _by_responses(half: FloatArray, k: int) -> tuple[FloatArray, FloatArray]:
    """Left singular pairs through the smaller side; there are as many positive ones as the rank of the response."""
    u, singular, _ = np.linalg.svd(half, full_matrices=False)
    return singular[:k] ** 2, u[:, :k]
