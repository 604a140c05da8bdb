"""Sobol indices from the coefficients of an expansion in products, with what their noise adds taken off."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stattools._typing import BoolArray, FloatArray


class Shares(NamedTuple):
    """first_order, total : (d,) shares of the variance; with standard errors, NaN where the covariance is."""

    first_order: FloatArray
    total: FloatArray
    first_order_se: FloatArray
    total_se: FloatArray


def shares(coefficients: FloatArray, covariance: FloatArray, active: BoolArray, *, corrected: bool) -> Shares:
    """Shares of squared coefficients.

    Parameters
    ----------
    coefficients : (m,) float64
        Of orthonormal functions, the constant among them.
    covariance : (m, m) float64
    active : (m, d) bool
        Which inputs a function depends on.
    corrected : bool
        Subtract from each squared coefficient its variance, so that numerators and denominator are unbiased.

    Notes
    -----
    A share is A / B with quadratic forms A and B. To first order its error is that of c^T D c, D diagonal with entries
    (1 in the set, else 0, less the share) / B, and for normal coefficients with covariance S about their mean b that
    has the variance 4 b^T D S D b + 2 tr(D S D S). With estimates in the place of b the first term is too large by
    twice the second on average, and it is never below zero: the variance is taken as the first at the estimates, less
    half of that excess, and at least 2 tr(D S D S), what is left at b = 0 (derived here).

    Examples
    --------
    >>> active = np.array([[False, False], [True, False], [False, True]])
    >>> shares(np.array([1.0, 2.0, 1.0]), 0.1 * np.eye(3), active, corrected=False).total
    array([0.8, 0.2])
    """
    squares = coefficients**2
    if corrected:
        squares = squares - np.diag(covariance)
    varies = np.asarray(active.any(axis=1))
    variance = float(squares[varies].sum())
    alone = np.asarray(active & (active.sum(axis=1, keepdims=True) == 1))
    values, errors = [], []
    for members in (alone, active):
        with np.errstate(invalid="ignore", divide="ignore"):
            share = squares @ members / variance
        values.append(share)
        errors.append(_standard_errors(coefficients, covariance, (members - share) * varies[:, None] / variance))
    return Shares(values[0], values[1], errors[0], errors[1])


def _standard_errors(coefficients: FloatArray, covariance: FloatArray, forms: FloatArray) -> FloatArray:
    """Of c^T D c for each column of diagonals."""
    slopes = forms * coefficients[:, None]
    first = 4.0 * np.einsum("jk,jl,lk->k", slopes, covariance, slopes, optimize=True)
    second = 2.0 * np.einsum("jk,jl,lk->k", forms, covariance**2, forms, optimize=True)
    return np.asarray(np.sqrt(np.maximum(first - second, second)))
