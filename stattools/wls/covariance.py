"""Covariances of weighted least-squares coefficients, from the orthogonal factor of the fit and without inverses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from stattools import _validation
from stattools._errors import InvalidParameterError
from stattools._threads import one_blas_thread
from stattools._typing import BoolArray, FloatArray, IntArray
from stattools.wls.solve import WeightedFit, by_row, determined, to_coefficients

COV_TYPES = ("nonrobust", "HC0", "HC1", "HC2", "HC3", "dpp-block", "design")
ROBUST = ("robust", "hc", "white", "sandwich", "eicker-huber-white", "hccm")
DIVISIBLE = 1e-10  # smallest one minus leverage that a residual is divided by


def check_cov_type(cov_type: Any, options: Sequence[str] = COV_TYPES) -> str:
    """One of the names; the case of letters and common words for robust types are told apart from a slip.

    Examples
    --------
    >>> check_cov_type("hc3")
    Traceback (most recent call last):
    ...
    stattools._errors.InvalidParameterError: cov_type is 'hc3'; did you mean 'HC3'? It takes one of 'nonrobust', ...
    """
    if isinstance(cov_type, str) and cov_type not in options:
        folded = cov_type.strip().lower().replace("_", "-")
        meant = {option.lower(): option for option in options} | dict.fromkeys(ROBUST, "HC3")
        if folded in meant:
            listed = ", ".join(map(repr, options))
            raise InvalidParameterError(
                f"cov_type is {cov_type!r}; did you mean {meant[folded]!r}? It takes one of {listed}"
            )
    return _validation.choice(cov_type, options, "cov_type")


def scale(fit: WeightedFit, noise_ratio: FloatArray | None = None) -> float:
    """Residual variance: weighted sum of squared residuals over residual degrees of freedom.

    Parameters
    ----------
    fit : WeightedFit
        Of one response.
    noise_ratio : (n,) float64, optional
        Weights of the fit times the noise variances up to a common factor, where the two are not reciprocal. Then the
        sum is divided by its expectation at factor 1, sum_i (1 - h_i) ratio_i for a hat matrix that projects, so that
        the common factor is estimated without bias.

    Returns
    -------
    float
        NaN without residual degrees of freedom.

    Examples
    --------
    >>> from stattools.wls.solve import weighted_fit
    >>> scale(weighted_fit(np.ones((3, 1)), np.array([1.0, 2.0, 3.0])))
    1.0
    """
    df = residual_df(fit)
    if not df > 0:
        return float("nan")
    total = float(np.sum(fit.weighted_residuals**2))
    return total / (df if noise_ratio is None else float(np.sum((1.0 - fit.leverage) * noise_ratio)))


def residual_df(fit: WeightedFit) -> float:
    """Rows of positive weight less the effective rank; 0 for an interpolation.

    Examples
    --------
    >>> from stattools.wls.solve import weighted_fit
    >>> residual_df(weighted_fit(np.ones((3, 1)), np.ones(3), np.array([1.0, 2.0, 0.0])))
    1.0
    """
    return max(fit.n_used - fit.effective_rank, 0.0)


def joint_leverage(fit: WeightedFit, copies: IntArray | None = None) -> FloatArray:
    """(n,) leverage of each row together with its copies, which have one label.

    Parameters
    ----------
    fit : WeightedFit
    copies : (n,) int, optional
        The same number for copies of one row; by default there are none.

    Examples
    --------
    >>> from stattools.wls.solve import weighted_fit
    >>> joint_leverage(weighted_fit(np.ones((4, 1)), np.ones(4)), np.array([0, 1, 1, 1])).round(6)
    array([0.25, 0.75, 0.75, 0.75])
    """
    if copies is None:
        return fit.leverage
    return np.asarray(np.bincount(copies, weights=fit.leverage)[copies])


def unit_leverage(fit: WeightedFit, copies: IntArray | None = None) -> BoolArray:
    """(n,) rows that the fit reproduces whatever their response is, copies of a row taken as one.

    Examples
    --------
    >>> from stattools.wls.solve import weighted_fit
    >>> unit_leverage(weighted_fit(np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), np.ones(3)))
    array([False, False,  True])
    """
    return np.asarray(1.0 - joint_leverage(fit, copies) < DIVISIBLE)


def covariance(
    fit: WeightedFit,
    cov_type: str,
    *,
    blocks: IntArray | None = None,
    noise_ratio: FloatArray | None = None,
    copies: IntArray | None = None,
    exact: BoolArray | None = None,
    every: bool = False,
) -> FloatArray:
    """Covariance of the coefficients of the joint fit.

    Parameters
    ----------
    fit : WeightedFit
        Of one response.
    cov_type : {"nonrobust", "HC0", "HC1", "HC2", "HC3", "dpp-block"}
    blocks : (n,) int, optional
        Block of each row, for "dpp-block".
    noise_ratio : (n,) float64, optional
        As in `scale`, for "nonrobust".
    copies : (n,) int, optional
        As in `joint_leverage`: HC2 and HC3 divide by one minus the leverage of all copies of a row, whose residual all
        of them have made small.
    exact : (n,) bool, optional
        Rows whose residual is zero in the fit that is estimated, as in a pool where their leverage is one.
    every : bool, default False
        True gives the covariance of the solution of smallest norm; else coefficients that the rows do not determine
        have NaN.

    Returns
    -------
    (m, m) float64
        NaN without residual degrees of freedom. With HC2 and HC3, NaN for the coefficients that rest on a row of
        leverage one that is not `exact`: nothing is known of its error.

    Examples
    --------
    >>> from stattools.wls.solve import weighted_fit
    >>> covariance(weighted_fit(np.ones((4, 1)), np.array([1.0, 2.0, 3.0, 6.0])), "HC1").round(4)
    array([[1.1667]])
    """
    with one_blas_thread():
        result = _covariance(fit, cov_type, blocks, noise_ratio, copies, exact)
        return result if every else _hide(result, ~determined(fit, np.identity(len(result))))


def _covariance(
    fit: WeightedFit,
    cov_type: str,
    blocks: IntArray | None,
    noise_ratio: FloatArray | None,
    copies: IntArray | None,
    exact: BoolArray | None,
) -> FloatArray:
    m = len(fit.triangle)
    if not residual_df(fit) > 0:
        return np.full((m, m), np.nan)
    if cov_type == "nonrobust":
        return _sandwich(fit, _model_kernel(fit, noise_ratio))
    if cov_type == "dpp-block":
        assert blocks is not None
        return _sandwich(fit, block_kernel(fit.basis, fit.weighted_residuals, blocks))
    kernel, excluded = _heteroscedastic_kernel(fit, cov_type, copies)
    result = _sandwich(fit, kernel)
    if exact is not None:
        excluded = excluded & ~exact
    return _hide(result, touched(fit, excluded)) if excluded.any() else result


def _hide(matrix: FloatArray, places: BoolArray) -> FloatArray:
    """NaN in some rows and columns."""
    if places.any():
        matrix[places] = np.nan
        matrix[:, places] = np.nan
    return matrix


def _model_kernel(fit: WeightedFit, noise_ratio: FloatArray | None) -> FloatArray:
    if noise_ratio is not None:
        return scale(fit, noise_ratio) * (fit.basis.T @ by_row(fit.basis, noise_ratio))
    if fit.regularization:
        return scale(fit) * (fit.basis.T @ fit.basis)
    return scale(fit) * np.eye(fit.rank)


def _heteroscedastic_kernel(
    fit: WeightedFit, cov_type: str, copies: IntArray | None
) -> tuple[FloatArray, BoolArray]:
    """Sum of q q^T times squared weighted residuals, and the rows that had to be left out of it."""
    squares = fit.weighted_residuals**2
    excluded = np.zeros(len(squares), dtype=np.bool_)
    if cov_type == "HC1":
        squares = squares * (fit.n_used / residual_df(fit))
    elif cov_type in ("HC2", "HC3"):
        excluded = unit_leverage(fit, copies)
        remaining = np.where(excluded, 1.0, 1.0 - joint_leverage(fit, copies))
        squares = np.where(excluded, 0.0, squares / remaining ** (1 if cov_type == "HC2" else 2))
    return fit.basis.T @ by_row(fit.basis, squares), excluded


def touched(fit: WeightedFit, rows: BoolArray) -> BoolArray:
    """(m,) coefficients that the responses of some rows enter, up to rounding.

    Examples
    --------
    >>> from stattools.wls.solve import weighted_fit
    >>> touched(weighted_fit(np.eye(2), np.ones(2)), np.array([True, False]))
    array([ True, False])
    """
    influence = np.abs(to_coefficients(fit, fit.basis[rows].T)).max(axis=1)
    identity = np.identity(fit.basis.shape[1])
    size = np.linalg.norm(to_coefficients(fit, identity), axis=1)
    return np.asarray(influence > 1e-8 * size)


def block_kernel(basis: FloatArray, weighted_residuals: FloatArray, blocks: npt.NDArray[np.integer]) -> FloatArray:
    """Sum over blocks of u u^T, u = Q_b^T (I - Q_b Q_b^T)^(-1/2) e_b: residuals of a block divided by the root of what
    the fit left of it, as in Bell and McCaffrey (2002). With r blocks of equal Gram matrices this is the sum of
    (Q_b^T e_b)(Q_b^T e_b)^T times r / (r - 1). Directions that a block determines alone count as zero.

    Examples
    --------
    >>> block_kernel(np.full((4, 1), 0.5), np.array([1.0, 1.0, -1.0, -1.0]), np.array([0, 0, 1, 1]))
    array([[4.]])
    """
    total = np.zeros((basis.shape[1],) * 2)
    for block in np.unique(blocks):
        rows = blocks == block
        left, share, right = np.linalg.svd(basis[rows], full_matrices=False)
        remaining = 1.0 - share**2
        factor = np.where(remaining > DIVISIBLE, share / np.sqrt(np.maximum(remaining, DIVISIBLE)), 0.0)
        vector = right.T @ (factor * (left.T @ weighted_residuals[rows]))
        total += np.outer(vector, vector)
    return total


def block_interpolants(fit: WeightedFit, y: FloatArray, blocks: npt.NDArray[np.integer]) -> FloatArray:
    """Coefficients of the interpolant of each complete block of m rows: (r, m) for one response.

    Examples
    --------
    >>> from stattools.wls.solve import weighted_fit
    >>> features, y = np.ones((3, 1)), np.array([1.0, 2.0, 6.0])
    >>> block_interpolants(weighted_fit(features, y), y, np.arange(3)).ravel().round(6)
    array([1., 2., 6.])
    """
    order = np.argsort(blocks, kind="stable")
    m = fit.basis.shape[1]
    rows = fit.basis[order].reshape(-1, m, m)
    values = (y * np.sqrt(fit.weights))[order].reshape(-1, m, 1)
    coordinates = np.asarray(np.linalg.solve(rows, values)[:, :, 0].T, dtype=np.float64)
    return to_coefficients(fit, coordinates).T


def replicate_covariance(interpolants: FloatArray) -> FloatArray:
    """Covariance of the mean of r independent replicates, from their spread: (m, m).

    Examples
    --------
    >>> replicate_covariance(np.array([[1.0], [3.0]]))
    array([[1.]])
    """
    centred = interpolants - interpolants.mean(axis=0)
    r = len(centred)
    return np.asarray(centred.T @ centred / (r - 1) / r)


def _sandwich(fit: WeightedFit, kernel: FloatArray) -> FloatArray:
    """The covariance of coefficients whose coordinates in the basis have the covariance `kernel`."""
    half = to_coefficients(fit, kernel)
    whole = to_coefficients(fit, np.ascontiguousarray(half.T))
    return np.asarray((whole + whole.T) / 2)
