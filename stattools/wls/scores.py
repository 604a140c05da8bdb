"""How much each row of a matrix can matter: leverage scores, Lewis weights and l_p sensitivities."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from stattools import _validation
from stattools._errors import ConvergenceWarning, InvalidParameterError, warn
from stattools._threads import one_blas_thread
from stattools._typing import FloatArray
from stattools.wls.rows import (
    Rows,
    orthonormal_rows,
    ridge,
    solved_from_right,
    squared_norms,
    triangular_factor,
)

LARGEST_EXACT = 5000  # rows for which exact sensitivities, a regression each, are computed
NEWTON_STEPS = 500
ARMIJO = 0.25  # part of the decrease predicted by the slope that a step must bring
NEWTON_TOLERANCE = 1e-12  # predicted relative decrease of the p-th power of the norm
NEWTON_WARNING = 1e-9  # the same where steps bring nothing more; a larger one is reported


def leverage_scores(X: Any, *, data: Any = None, regularization: float = 0.0) -> FloatArray:
    """Leverage of each row of X, ``x_i^T (X^T X + regularization I)^-1 x_i``.

    Parameters
    ----------
    X : (N, p) array_like or table, or str
        Finite numbers, or a formula for `data`; a memmap is read by blocks of rows. No column of ones is added to an
        array.
    data : DataFrame, optional
        The table of a formula.
    regularization : float, default 0
        Ridge parameter, in the units of the columns squared. With 0, units of the columns do not matter and X may have
        deficient rank (the inverse is then the pseudo-inverse).

    Returns
    -------
    (N,) ndarray
        Between 0 and 1. They sum to the rank of X, or with regularization to the effective dimension
        ``sum_k s_k^2 / (s_k^2 + regularization)``, s_k being the singular values of X.

    Raises
    ------
    InvalidDataError
        X is not a matrix of finite numbers.
    InvalidParameterError
        `regularization` is negative.
    DegenerateDataError
        All of X is zero.

    Notes
    -----
    From QR factorizations by blocks of rows; X^T X is never formed. Time O(N p^2); memory 8 N (p + 2) bytes and some
    blocks of 512 kB, or 16 N bytes and the blocks when X is a memmap.

    Examples
    --------
    >>> leverage_scores([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0], [1.0, 3.0]])
    array([0.7, 0.3, 0.3, 0.7])
    >>> leverage_scores([[1.0], [2.0], [2.0]], regularization=1.0)
    array([0.1, 0.4, 0.4])
    """
    rows, regularization = _rows_of(X, data), _validation.real(regularization, "regularization", minimum=0)
    return ridge_leverage(rows, regularization) if regularization else rows.leverage


def ridge_leverage(rows: Rows, regularization: float) -> FloatArray:
    """Ridge leverage of the rows of a pool without masses.

    Examples
    --------
    >>> ridge_leverage(orthonormal_rows(np.array([[1.0], [2.0], [2.0]])), 1.0)
    array([0.1, 0.4, 0.4])
    """
    coordinates = ridge(rows, regularization)
    return np.concatenate([squared_norms(coordinates.of(features)) for _, features in rows.blocks()])


def lewis_weights(
    X: Any, p: float = 2, *, data: Any = None, tol: float = 1e-10, max_iterations: int = 200
) -> FloatArray:
    """l_p Lewis weights of the rows of X: ``w_i^(2/p) = x_i^T (X^T W^(1 - 2/p) X)^-1 x_i``.

    Parameters
    ----------
    X : (N, d) array_like or table, or str
        Finite numbers, or a formula for `data`; a memmap is read by blocks of rows.
    data : DataFrame, optional
        The table of a formula.
    p : float, default 2
        Any p > 0. For p = 2 they are the leverage scores.
    tol : float, default 1e-10
        Largest relative change, over the rows, that one more evaluation of the defining equation would make.
    max_iterations : int, default 200

    Returns
    -------
    (N,) ndarray
        Between 0 and 1; they sum to the rank of X. A row of zeros has 0.

    Raises
    ------
    InvalidDataError
        X is not a matrix of finite numbers.
    InvalidParameterError
        p or `tol` is not positive.
    DegenerateDataError
        All of X is zero.

    Warns
    -----
    ConvergenceWarning
        `tol` was not reached; the last weights are returned.

    Notes
    -----
    ``log w`` moves by ``eta`` times the residual ``(p/2) log(x_i^T (X^T W^(1 - 2/p) X)^-1 x_i) - log w_i``. Derived
    here: let H be the orthogonal projection on the columns of ``W^(1/2 - 1/p) X``. At the fixed point the derivative of
    the residual in log w is ``-I - (p/2 - 1) S`` with ``S_ij = H_ij^2 / w_i``. Rows of S sum to one, and S is similar
    to the matrix of ``H_ij^2 / sqrt(w_i w_j)``, positive semidefinite by Schur's product theorem. So its eigenvalues
    lie in [0, 1], and those of a step between ``1 - eta`` and ``1 - eta p / 2``. ``eta = 4 / (2 + p)`` balances the two
    ends: the error shrinks by ``|p - 2| / (p + 2)`` in a step, for every p > 0.

    For p < 2 this eta is above one. Steps of length one are taken while the residual is above 0.1; they shrink the
    largest residual by ``1 - p/2`` from any start [1]_. For p >= 4 convergence from any start is observed, not proved.
    The default number of iterations suffices for p between 0.2 and 25.

    Time O(N d^2) an iteration; memory as in `leverage_scores`, and 40 N bytes.

    References
    ----------
    .. [1] Cohen and Peng (2015), Lp row sampling by Lewis weights, STOC, 183-192.

    Examples
    --------
    >>> X = [[1.0, 0.0], [1.0, 1.0], [1.0, 2.0], [1.0, 3.0]]
    >>> lewis_weights(X, 1).round(4), float(lewis_weights(X, 1).sum().round(9))
    (array([0.6162, 0.3838, 0.3838, 0.6162]), 2.0)
    """
    p = _validation.real(p, "p", minimum=0, exclusive=True)
    tol = _validation.real(tol, "tol", minimum=0, exclusive=True)
    max_iterations = _validation.integer(max_iterations, "max_iterations", minimum=1)
    found = lewis_weights_of(_rows_of(X, data), p, tol, max_iterations)
    if not found.residual <= tol:
        warn(
            f"Lewis weights for p = {p:g} reached a residual of {found.residual:.2g} in {max_iterations} iterations, "
            f"not tol = {tol:g}; raise max_iterations",
            ConvergenceWarning,
        )
    return found.weights


class LewisWeights(NamedTuple):
    """weights : (N,); residual : float, largest relative error of the defining equation; n_iterations : int."""

    weights: FloatArray
    residual: float
    n_iterations: int


def lewis_weights_of(rows: Rows, p: float, tol: float = 1e-10, max_iterations: int = 200) -> LewisWeights:
    """Lewis weights of the rows of a pool, by the iteration that `lewis_weights` describes.

    Examples
    --------
    >>> rows = orthonormal_rows(np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0], [1.0, 3.0]]))
    >>> lewis_weights_of(rows, 2).n_iterations
    0
    """
    alive = rows.leverage > 0
    if p == 2:
        return LewisWeights(np.array(rows.leverage), 0.0, 0)
    logs = np.zeros(len(rows))
    logs[alive] = min(1.0, p / 2) * np.log(rows.leverage[alive])
    longest = 4 / (2 + p)
    for iteration in range(max_iterations + 1):
        change = p / 2 * np.log(_reweighted_leverage(rows, logs, p)[alive]) - logs[alive]
        residual = float(np.abs(change).max())
        if residual <= tol or iteration == max_iterations:
            break
        logs[alive] += (longest if residual < 0.1 else min(longest, 1.0)) * change
    weights = np.zeros(len(rows))
    weights[alive] = np.exp(logs[alive])
    return LewisWeights(weights, residual, iteration)


def _reweighted_leverage(rows: Rows, logs: FloatArray, p: float) -> FloatArray:
    """``x_i^T (X^T W^(1 - 2/p) X)^-1 x_i`` from the logarithms of w; those of zero rows do not matter."""
    roots = np.exp((0.5 - 1 / p) * logs)
    with one_blas_thread():
        factor = triangular_factor(rows.blocks(), roots)
        return np.concatenate([squared_norms(solved_from_right(block.copy(), factor)) for _, block in rows.blocks()])


def lp_sensitivities(
    X: Any, p: float = 2, *, data: Any = None, exact: bool = False, augment: bool = False
) -> FloatArray:
    """l_p sensitivity of each row of X, ``max_b |x_i^T b|^p / ||X b||_p^p``, or an upper bound for it.

    Parameters
    ----------
    X : (N, d) array_like or table, or str
        Finite numbers.
    p : float, default 2
        At least 1. For p = 2 sensitivities are leverage scores.
    exact : bool, default False
        False gives an upper bound from the Lewis weights w: ``w_i`` for p <= 2 and ``min(1, r^(p/2 - 1) w_i)`` for
        p > 2, r being the rank. True solves ``min ||X b||_p`` subject to ``x_i^T b = 1`` for each row; N up to 5000.
    augment : bool, default False
        Add the leverage scores, which brings down the number of rows that must be sampled for p < 2 [1]_.

    Returns
    -------
    (N,) ndarray
        Without `augment` between 0 and 1; a row of zeros has 0.

    Raises
    ------
    InvalidDataError
        X is not a matrix of finite numbers.
    InvalidParameterError
        p is below 1, or `exact` is asked for more than 5000 rows.
    DegenerateDataError
        All of X is zero.

    Warns
    -----
    ConvergenceWarning
        Some sensitivities, or the weights behind the bound, were not computed to full accuracy.

    Notes
    -----
    The bound, derived here: take coordinates in which the rows b_i of ``W^(1/2 - 1/p) X`` are orthonormal, so that
    ``|b_i|^2 = w_i``. For a unit vector u let ``t_i = |b_i^T u| / sqrt(w_i)``, at most 1. Then ``|x_i^T u|^p`` is
    ``w_i t_i^p <= w_i``, and ``||X u||_p^p = sum w_i t_i^p``. For p <= 2 this is at least ``sum w_i t_i^2 = 1``; for
    p >= 2 Jensen's inequality with ``sum w_i = r`` shows that it is at least ``r^(1 - p/2)``.

    Exact values: for p = 1 a linear program in its dual form, ``max t`` subject to ``X^T y = t x_i, |y| <= 1``;
    otherwise Newton steps, each a least-squares problem with weights ``|residual|^(p - 2)``, halved until the norm
    decreases enough. For p < 2 the step of reweighted least squares, p - 1 times Newton's, always decreases it.

    References
    ----------
    .. [1] Munteanu and Omlor (2024), Optimal bounds for l_p sensitivity sampling via l_2 augmentation, ICML.

    Examples
    --------
    >>> X = [[1.0, 0.0], [1.0, 1.0], [1.0, 2.0], [1.0, 3.0]]
    >>> lp_sensitivities(X, 1, exact=True)
    array([0.5       , 0.33333333, 0.33333333, 0.5       ])
    >>> bool(np.all(lp_sensitivities(X, 1) >= lp_sensitivities(X, 1, exact=True)))
    True
    """
    p = _validation.real(p, "p", minimum=1)
    exact, augment = _validation.boolean(exact, "exact"), _validation.boolean(augment, "augment")
    rows = _rows_of(X, data)
    if exact and len(rows) > LARGEST_EXACT:
        raise InvalidParameterError(
            f"exact sensitivities need a regression for each of {len(rows)} rows and are limited to {LARGEST_EXACT}; "
            "take exact=False, an upper bound"
        )
    scores = exact_sensitivities(rows, p) if exact and p != 2 else sensitivity_bounds(rows, p)
    return scores + rows.leverage if augment else scores


def sensitivity_bounds(rows: Rows, p: float) -> FloatArray:
    """Upper bounds of the l_p sensitivities of the rows of a pool, from its Lewis weights.

    Examples
    --------
    >>> sensitivity_bounds(orthonormal_rows(np.array([[1.0], [1.0]])), 4.0)
    array([0.5, 0.5])
    """
    found = lewis_weights_of(rows, p)
    if found.residual > 1e-6:
        warn(
            f"Lewis weights for p = {p:g} reached a residual of {found.residual:.2g}; the bounds may be too low",
            ConvergenceWarning,
        )
    return np.asarray(np.minimum(found.weights * max(1.0, rows.rank ** (p / 2 - 1)), 1.0))


def exact_sensitivities(rows: Rows, p: float) -> FloatArray:
    """l_p sensitivities of the rows of a pool by a regression for each, p = 1 or p > 1.

    Examples
    --------
    >>> exact_sensitivities(orthonormal_rows(np.array([[1.0], [2.0]])), 3.0).round(12)
    array([0.11111111, 0.88888889])
    """
    features = rows.features(np.arange(len(rows))) / np.sqrt(len(rows))
    values, accurate = np.zeros(len(rows)), True
    with one_blas_thread():
        for i in np.flatnonzero(rows.leverage > 0):
            if p == 1:
                values[i] = _sensitivity_by_linear_program(features, int(i))
            else:
                values[i], done = _sensitivity_by_newton(features, int(i), p)
                accurate = accurate and done
    if not accurate:
        warn(f"some l_p sensitivities for p = {p:g} were not computed to full accuracy", ConvergenceWarning)
    return values


def _sensitivity_by_linear_program(features: FloatArray, i: int) -> float:
    from scipy.optimize import linprog

    n = len(features)
    goal = np.zeros(n + 1)
    goal[-1] = -1.0
    equations = np.column_stack([features.T, -features[i]])
    bounds: Any = [(-1.0, 1.0)] * n + [(0.0, None)]
    solution = linprog(goal, A_eq=equations, b_eq=np.zeros(features.shape[1]), bounds=bounds, method="highs")
    if solution.status != 0:
        raise RuntimeError(f"the linear program of row {i} failed: {solution.message}")
    return min(1.0, -1.0 / float(solution.fun))


def _sensitivity_by_newton(features: FloatArray, i: int, p: float) -> tuple[float, bool]:
    """1 / min ||F b||_p^p subject to f_i^T b = 1, and whether the minimum was reached.

    From the solution for the exponent 2 towards p, each exponent starting where the one before stopped.
    """
    row = features[i]
    residuals = features @ (row / (row @ row))
    directions = features @ np.linalg.svd(row[None])[2][1:].T  # span the moves that keep f_i^T b
    residuals[i], directions[i] = 1.0, 0.0  # exactly: rounding here is not small against tiny weights elsewhere
    n_stages = max(1, int(np.ceil(abs(np.log2(p - 1)))))
    for stage in range(1, n_stages + 1):
        exponent = p if stage == n_stages else 1 + (p - 1) ** (stage / n_stages)
        residuals, done = _least_power(residuals, directions, exponent)
    return 1 / _power_sum(residuals, p), done


def _least_power(residuals: FloatArray, directions: FloatArray, p: float) -> tuple[FloatArray, bool]:
    """Move the residuals along the directions to the least p-th power sum; whether that was reached."""
    value, slope = _power_sum(residuals, p), -np.inf
    for _ in range(NEWTON_STEPS):
        sizes = np.abs(residuals) / np.abs(residuals).max()
        roots = np.maximum(sizes, 1e-10) ** (p / 2 - 1)
        moved = directions @ np.linalg.lstsq(directions * roots[:, None], -residuals * roots, rcond=None)[0]
        slope = p * float((np.sign(residuals) * np.abs(residuals) ** (p - 1)) @ moved)
        if -slope <= NEWTON_TOLERANCE * value:
            return residuals, True
        length = 1 / (p - 1)
        while _power_sum(residuals + length * moved, p) > value + ARMIJO * length * slope:
            length /= 2
            if length < 1e-9:
                return residuals, -slope <= NEWTON_WARNING * value
        residuals = residuals + length * moved
        value = _power_sum(residuals, p)
    return residuals, -slope <= NEWTON_WARNING * value


def _power_sum(residuals: FloatArray, p: float) -> float:
    return float((np.abs(residuals) ** p).sum())


def _rows_of(X: Any, data: Any) -> Rows:
    """The rows of a matrix, a table, or a formula for a table."""
    from stattools.wls.pool import columns_of_pool

    return orthonormal_rows(columns_of_pool(X, data)[0])
