"""Scores of the law of a vector predictor: first and second derivatives of its density, over the density."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import FloatArray

SHRINKAGES = ("none", "ledoit_wolf", "oas")
ASYMMETRY = 1e-8
"""Difference of a second score from its transpose, over its largest entry, that is more than rounding."""


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores at n observations, in coordinates z = W' (x - mean).

    Attributes
    ----------
    first : (n, p) float64
        s = -grad log f(z), for the density f of z.
    second : (n, p, p) float64 or None
        T = (Hessian of f) / f; None for normal z, where it is s s' less a constant that responses of mean zero
        cancel.
    basis : (p, p) float64
        W; columns v in these coordinates are W v in those of x.
    normal : bool
        Scores of a normal law, linear in z.

    Examples
    --------
    >>> Scores(np.array([[1.0], [-1.0]]), None, np.eye(1), True).second_moment(np.array([2.0, -2.0]))
    array([[0.]])
    """

    first: FloatArray
    second: FloatArray | None
    basis: FloatArray
    normal: bool

    def first_moments(self, responses: FloatArray) -> FloatArray:
        """(q, p) means of y_j s over observations, for (n, q) responses of mean zero."""
        return np.asarray(responses.T @ self.first / len(self.first))

    def second_moment(self, response: FloatArray) -> FloatArray:
        """(p, p) mean of y T over observations, for an (n,) response of mean zero."""
        if self.second is None:
            product = (self.first * response[:, None]).T @ self.first
        else:
            product = np.tensordot(response, self.second, axes=1)
        return np.asarray(0.5 * (product + product.T) / len(self.first))


@dataclass(frozen=True, eq=False)
class Covariance:
    """Covariance of the columns of a predictor, and how much of it is its shrinkage target.

    Attributes
    ----------
    mean : (p,) float64
    matrix : (p, p) float64
        With divisor n, less or more shrunk towards the diagonal of equal correlations zero.
    intensity : float
        Share of the target, from 0 (sample covariance) to 1.

    Examples
    --------
    >>> covariance_of(np.array([[0.0], [2.0]]), "none").matrix
    array([[1.]])
    """

    mean: FloatArray
    matrix: FloatArray
    intensity: float


def covariance_of(x: FloatArray, shrinkage: Any) -> Covariance:
    """Sample covariance, or the correlations of it shrunk towards zero.

    Parameters
    ----------
    x : (n, p) float64
        Without constant columns.
    shrinkage : {"none", "ledoit_wolf", "oas"} or float in [0, 1]
        How much the correlation matrix is moved towards the identity; the two rules are those of scikit-learn on
        standardized columns, so that nothing depends on units.

    Examples
    --------
    >>> covariance_of(np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]), 0.5).matrix.round(4)
    array([[0.6667, 0.3333],
           [0.3333, 0.6667]])
    """
    from sklearn.covariance import ledoit_wolf_shrinkage, oas

    mean = x.mean(axis=0)
    centred = x - mean
    spread = np.sqrt(np.mean(centred**2, axis=0))
    standardized = centred / spread
    correlation = standardized.T @ standardized / len(x)
    if isinstance(shrinkage, str):
        _validation.choice(shrinkage, SHRINKAGES, "shrinkage")
        intensity = 0.0
        if x.shape[1] > 1 and shrinkage == "ledoit_wolf":
            intensity = float(ledoit_wolf_shrinkage(standardized, assume_centered=True))
        elif x.shape[1] > 1 and shrinkage == "oas":
            intensity = float(oas(standardized, assume_centered=True)[1])
    else:
        intensity = _validation.real(shrinkage, "shrinkage", minimum=0, maximum=1)
    correlation *= 1.0 - intensity
    correlation[np.diag_indices_from(correlation)] += intensity
    return Covariance(mean, correlation * np.outer(spread, spread), intensity)


def normal_scores(x: FloatArray, covariance: Covariance, *, white: bool) -> Scores:
    """Scores of the normal law with this mean and covariance C: s = C^{-1} (x - mean), in coordinates of x.

    With ``white`` the coordinates have covariance identity: C = L L', W = L'^{-1}, and the score is z itself.

    Examples
    --------
    >>> x = np.array([[0.0], [4.0]])
    >>> normal_scores(x, covariance_of(x, "none"), white=True).first.ravel()
    array([-1.,  1.])
    """
    lower = scipy.linalg.cholesky(covariance.matrix, lower=True, check_finite=False)
    z = scipy.linalg.solve_triangular(lower, (x - covariance.mean).T, lower=True, check_finite=False).T
    p = x.shape[1]
    if white:
        basis = scipy.linalg.solve_triangular(lower, np.eye(p), trans="T", lower=True, check_finite=False)
        return Scores(np.ascontiguousarray(z), None, basis, True)
    s = scipy.linalg.solve_triangular(lower, z.T, trans="T", lower=True, check_finite=False).T
    return Scores(np.ascontiguousarray(s), None, np.eye(p), True)


def given_scores(
    x: FloatArray,
    score: Callable[[FloatArray], Any],
    second_score: Callable[[FloatArray], Any] | None,
    basis: FloatArray,
) -> Scores:
    """Scores from functions of x, turned into coordinates z = W' (x - mean) by s_z = W^{-1} s, T_z = W^{-1} T W'^{-1}.

    Parameters
    ----------
    x : (n, p) float64
    score : callable
        (n, p) to (n, p), -grad log f(x).
    second_score : callable, optional
        (n, p) to (n, p, p), (Hessian of f) / f.
    basis : (p, p) float64
        Invertible W.

    Raises
    ------
    InvalidParameterError
        A score is no function.
    InvalidDataError
        A function returns another shape, a number that is missing, or a second score that is not symmetric.

    Examples
    --------
    >>> x = np.array([[1.0], [-1.0]])
    >>> given_scores(x, lambda x: x, lambda x: x[:, :, None] ** 2 - 1.0, np.eye(1)).second.ravel()
    array([0., 0.])
    """
    n, p = x.shape
    first = _values(score, x, (n, p), "score_function")
    s = scipy.linalg.solve(basis, first.T, check_finite=False).T
    second = None
    if second_score is not None:
        second = _values(second_score, x, (n, p, p), "second_score_function")
        gap = np.abs(second - second.transpose(0, 2, 1)).reshape(n, -1).max(axis=1)
        bad = int(np.argmax(gap))
        if gap[bad] > ASYMMETRY * float(np.abs(second).max()):
            raise InvalidDataError(
                f"second_score_function is not symmetric at row {bad}; it is the Hessian of the density over the "
                "density"
            )
        inverse = scipy.linalg.solve(basis, np.eye(p), check_finite=False)
        second = np.matmul(np.matmul(inverse, second), inverse.T)
    return Scores(np.ascontiguousarray(s), second, basis, False)


def _values(function: Any, x: FloatArray, shape: tuple[int, ...], name: str) -> FloatArray:
    if not callable(function):
        raise InvalidParameterError(f"{name} is {function!r}; it is 'gaussian' or a function of the (n, p) predictors")
    found = _validation.float_array(function(x.copy()), name, ndim=len(shape))
    if found.shape != shape:
        raise InvalidDataError(f"{name} returned an array of shape {found.shape}; it must be {shape}")
    return found
