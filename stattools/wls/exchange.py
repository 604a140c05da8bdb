"""D-optimal choice of rows: a greedy start, then exchanges of one row until none makes the determinant larger."""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np

from stattools._errors import DegenerateDataError
from stattools._threads import one_blas_thread
from stattools._typing import BoolArray, FloatArray, IntArray
from stattools.wls.rows import EPSILON, solved_from_right, squared_norms

GAIN = 1e-10  # an exchange must raise the determinant by this relative amount


class DOptimalRows(NamedTuple):
    """indices : (n,) intp, increasing; log_determinant : float; converged : no single exchange improves further."""

    indices: IntArray
    log_determinant: float
    converged: bool


def d_optimal_rows(
    features: FloatArray, n: int, *, fixed: IntArray | None = None, max_sweeps: int = 100
) -> DOptimalRows:
    """n different rows with a large determinant of ``sum_i phi_i phi_i^T``, which no exchange of one row increases.

    The answer is deterministic, and a local optimum: D-optimal choice is NP-hard. Ties go to the row with the smaller
    index, up to rounding.

    Parameters
    ----------
    features : (N, r) float64
        Rows in coordinates orthonormal on the pool; the choice depends on their span alone.
    n : int
        Rows to choose, r <= n <= N.
    fixed : (k,) intp, optional
        Rows that must be among them, k <= n, all different.
    max_sweeps : int, default 100
        A sweep tries to replace each chosen row in turn by the best row of the pool.

    Returns
    -------
    DOptimalRows
        ``(indices, log_determinant, converged)``.

    Raises
    ------
    DegenerateDataError
        The fixed rows span so little that no choice of the others reaches rank r.

    Notes
    -----
    Start: the row farthest from the span of those chosen, until the rank is r; then the row that raises the determinant
    most. Replacing row i by row j multiplies the determinant by ``(1 + d_j)(1 - d_i) + d_ij^2`` with
    ``d_ij = phi_i^T M^-1 phi_j`` [1]_. That is at most ``1 + d_j - d_i`` by Cauchy and Schwarz, so only rows with
    ``d_j > d_i`` are looked at. The factor of M comes from a new QR factorization after each exchange.

    Time O(N r) for each row started with and each exchange. Memory 8 N (r + 3) bytes besides the features.

    References
    ----------
    .. [1] Fedorov (1972), Theory of Optimal Experiments, section 3.2.

    Examples
    --------
    >>> x = np.linspace(-1, 1, 21)
    >>> best = d_optimal_rows(np.vander(x, 3), 3)
    >>> x[best.indices], best.converged
    (array([-1.,  0.,  1.]), True)
    """
    fixed = np.empty(0, dtype=np.intp) if fixed is None else fixed
    with one_blas_thread():
        chosen = _greedy(features, n, fixed)
        converged = _exchange(features, chosen, len(fixed), max_sweeps)
        factor = _factor(features[chosen])
    return DOptimalRows(np.sort(chosen), 2 * float(np.log(np.abs(np.diag(factor))).sum()), converged)


def _greedy(features: FloatArray, n: int, fixed: IntArray) -> IntArray:
    """The fixed rows, and after them those that the start chooses."""
    rank = features.shape[1]
    free = np.ones(len(features), dtype=bool)
    free[fixed] = False
    basis = _row_basis(features[fixed])
    chosen = fixed.tolist()
    if rank - len(basis) > n - len(fixed):
        raise DegenerateDataError(
            f"the {len(fixed)} rows that must be in have rank {len(basis)}; {n} rows in all cannot reach rank {rank}"
        )
    gaps = squared_norms(features - (features @ basis.T) @ basis)
    while len(basis) < rank:
        row = int(np.argmax(np.where(free, gaps, -1.0)))
        direction = features[row].copy()
        for _ in range(2):  # the second pass makes it orthogonal to working precision
            direction -= basis.T @ (basis @ direction)
        length = float(np.linalg.norm(direction))
        if length <= 10 * rank * EPSILON * np.linalg.norm(features[row]):
            raise DegenerateDataError(
                f"the rows that may be chosen span {len(basis)} of the {rank} dimensions of the features"
            )
        basis = np.concatenate([basis, direction[None] / length])
        gaps = np.maximum(gaps - (features @ basis[-1]) ** 2, 0.0)
        free[row] = False
        chosen.append(row)
    spread = squared_norms(solved_from_right(features.copy(), _factor(features[chosen])))
    while len(chosen) < n:
        row = int(np.argmax(np.where(free, spread, -1.0)))
        factor = _factor(features[chosen])
        spread -= (features @ _solved(factor, features[row])) ** 2 / (1 + spread[row])
        free[row] = False
        chosen.append(row)
    return np.array(chosen, dtype=np.intp)


def _row_basis(rows: FloatArray) -> FloatArray:
    """Orthonormal rows that span the given ones."""
    if not len(rows):
        return np.empty((0, rows.shape[1]))
    _, values, right = np.linalg.svd(rows, full_matrices=False)
    tolerance = 10 * EPSILON * (np.sqrt(len(rows)) + rows.shape[1])
    return np.asarray(right[values > tolerance * values[0]])


def _exchange(features: FloatArray, chosen: IntArray, n_fixed: int, max_sweeps: int) -> bool:
    """Improve `chosen` in place, its first `n_fixed` rows excepted, until a whole sweep finds nothing."""
    free = np.ones(len(features), dtype=bool)
    free[chosen] = False
    for _ in range(max_sweeps):
        factor = _factor(features[chosen])
        spread = squared_norms(solved_from_right(features.copy(), factor))
        improved = False
        for place in range(n_fixed, len(chosen)):
            out = chosen[place]
            row = _best_replacement(features, factor, spread, free, int(out))
            if row is None:
                continue
            improved = True
            chosen[place] = row
            free[out], free[row] = True, False
            spread -= (features @ _solved(factor, features[row])) ** 2 / (1 + spread[row])  # row comes in
            arrived = _factor(np.concatenate([features[chosen], features[out][None]]))
            spread += (features @ _solved(arrived, features[out])) ** 2 / (1 - spread[out])  # out goes
            factor = _factor(features[chosen])
        if not improved:
            return True
    return False


def _best_replacement(
    features: FloatArray, factor: FloatArray, spread: FloatArray, free: BoolArray, out: int
) -> int | None:
    """The row that raises the determinant most in place of row `out`; None when none does."""
    candidates = np.flatnonzero(free & (spread > spread[out] + GAIN))
    if not candidates.size:
        return None
    cross = features[candidates] @ _solved(factor, features[out])
    ratio = (1 + spread[candidates]) * (1 - spread[out]) + cross**2
    best = int(np.argmax(ratio))
    return int(candidates[best]) if ratio[best] > 1 + GAIN else None


def _factor(rows: FloatArray) -> FloatArray:
    return cast("FloatArray", np.linalg.qr(rows, mode="r"))


def _solved(factor: FloatArray, row: FloatArray) -> FloatArray:
    """``(R^T R)^-1 row``."""
    import scipy.linalg

    half = scipy.linalg.solve_triangular(factor, row, trans="T", check_finite=False)
    return np.asarray(scipy.linalg.solve_triangular(factor, half, check_finite=False))
