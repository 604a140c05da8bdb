"""Reverse iterative sampling: rows go one at a time, sooner those that the rows left make up for."""

from __future__ import annotations

import numpy as np

from stattools import _validation
from stattools._errors import DegenerateDataError
from stattools._threads import one_blas_thread
from stattools._typing import FloatArray, IntArray
from stattools.wls.rows import Rows, ridge, rows_in_block, triangular_factor

PROPOSALS = 2**14  # pairs of uniforms drawn at once
FRESH = 500  # the triangular factor is computed anew after as many removals, or a quarter of the rows if that is more


def remove_to(
    coordinates: FloatArray,
    size: int,
    generator: np.random.Generator,
    *,
    anchors: FloatArray | None = None,
    fast: bool = True,
) -> tuple[IntArray, IntArray]:
    """Remove rows until `size` are left, row i of those left with probability proportional to its h_i.

    With M the sum of ``z z^T`` over the rows that are left and over the anchors, ``h_i = 1 - z_i^T M^-1 z_i`` is the
    part of det M that stays when row i goes. Without anchors what is left is a volume sample: the set S has probability
    proportional to ``det(Z_S^T Z_S)``. A row that alone reaches some direction has h = 0 and stays.

    Parameters
    ----------
    coordinates : (N, r) float64
        Rows z in any coordinates in which, with the anchors, they have rank r; see `removal_coordinates`.
    size : int
        Rows to keep, at most N; without anchors at least r.
    generator : numpy Generator
    anchors : (k, r) float64, optional
        Rows that count in M and cannot be removed, such as those that stand for a ridge penalty. With them the law is
        that of the procedure; it is not proportional to a determinant, since the h_i no longer sum to a constant.
    fast : bool, default True
        While more than 2 r rows are left, draw one uniformly and remove it with probability h_i, which is the same law.
        Otherwise all h_i are computed at each step, O(N^2 r^2) in total.

    Returns
    -------
    kept : (size,) intp
        Rows that are left, in increasing order.
    order : (N - size,) intp
        Rows removed, the first one first.

    Raises
    ------
    DegenerateDataError
        Every h_i left is below 1e-10: fewer rows than the rank are wanted under an extremely small penalty.

    Notes
    -----
    A Cholesky factor of M is downdated by rotations, and computed anew by a QR factorization of the rows left whenever
    a quarter of them (or 500) have gone or one with h < 1e-4 has. At least half of the proposals are accepted on
    average, so the time is O(N r^2). Memory 24 N bytes besides the coordinates.

    References
    ----------
    .. [1] Derezinski and Warmuth (2018), J. Mach. Learn. Res. 19(23), algorithm "reverse iterative sampling".

    Examples
    --------
    >>> z = np.linalg.qr(np.vander(np.arange(6.0), 2))[0]
    >>> kept, order = remove_to(z, 3, np.random.default_rng(0))
    >>> len(kept), len(order), sorted([*kept.tolist(), *order.tolist()])
    (3, 3, [0, 1, 2, 3, 4, 5])
    """
    from stattools.wls._kernels import remove_rows

    coordinates = _validation.read_only(coordinates)
    n, rank = coordinates.shape
    alive, removed, n_alive = np.arange(n), np.empty(n, dtype=np.intp), n
    n_listed = 2 * rank if fast else n
    uniforms, used = np.empty((0, 2)), 0
    while n_alive > size:
        factor = _lower_factor(coordinates, alive[:n_alive], anchors)
        stop, status = max(size, n_alive - max(FRESH, n_alive // 4)), 0
        while n_alive > stop and status == 0:
            if used == len(uniforms):
                uniforms, used = _validation.read_only(generator.random((PROPOSALS, 2))), 0
            n_alive, taken, status = remove_rows(
                coordinates, factor, alive, n_alive, removed, stop, n_listed, uniforms[used:]
            )
            used += taken
        if status == 2:
            raise DegenerateDataError(
                f"{n_alive} rows are left and none can be removed without losing rank, of {size} wanted; keep at least "
                f"{rank} rows or take a larger regularization"
            )
    return np.sort(alive[:size]), removed[: n - size]


def _lower_factor(coordinates: FloatArray, alive: IntArray, anchors: FloatArray | None) -> FloatArray:
    """L with ``L L^T`` the sum of ``z z^T`` over the rows that are left and the anchors."""
    step = rows_in_block(coordinates)
    blocks = ((low, coordinates[alive[low : low + step]]) for low in range(0, len(alive), step))
    with one_blas_thread():
        return np.ascontiguousarray(triangular_factor(blocks, start=anchors).T)


def removal_coordinates(rows: Rows, regularization: float = 0.0) -> tuple[FloatArray, FloatArray | None]:
    """Coordinates and anchors for `remove_to`, such that h_i is ``1 - x_i^T (X_S^T X_S + regularization I)^-1 x_i``.

    The penalty is on the columns of the pool as given. Memory 8 N r bytes.

    Examples
    --------
    >>> from stattools.wls.rows import orthonormal_rows
    >>> z, anchors = removal_coordinates(orthonormal_rows(np.array([[1.0], [2.0], [2.0]])), 1.0)
    >>> (z**2).ravel(), (anchors**2).sum().round(12)
    (array([0.1, 0.4, 0.4]), np.float64(0.1))
    """
    features = rows.features(np.arange(len(rows)))
    if regularization == 0:
        features /= np.sqrt(len(rows))
        return features, None
    map_ = ridge(rows, regularization)
    return map_.of(features), map_.anchors
