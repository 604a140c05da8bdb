"""Point clouds whose projections fit given quantile functions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stattools._errors import InvalidParameterError
from stattools._typing import BoolArray, FloatArray

MOST_STEPS = 500
TOLERANCE = 1e-6
"""Steps end when one lowers the squared distance by less than this share of it."""

NEGLIGIBLE = 1e-20
"""A squared distance below this share of the squared quantiles is rounding."""


@dataclass(frozen=True, eq=False)
class Clouds:
    """Point clouds and how well they fit.

    Attributes
    ----------
    points : (k, m, d) float64
    distances : (k,) float64
        Root of the weighted mean square between quantile functions of the projections and the given ones.
    converged : (k,) bool
    n_steps : int
        Steps of the cloud that took most.
    """

    points: FloatArray
    distances: FloatArray
    converged: BoolArray
    n_steps: int


def from_slices(
    targets: FloatArray, directions: FloatArray, weights: FloatArray, *, box: FloatArray | None = None
) -> Clouds:
    """Equally weighted points with projections near given quantile functions.

    Parameters
    ----------
    targets : (k, S, m) float64
        Non-decreasing quantile functions on m cells, of each cloud and direction.
    directions : (S, d) float64
        Unit vectors that span R^d.
    weights : (S,) float64
        Non-negative.
    box : (d, 2) float64, optional
        Lower and upper end of each coordinate, which points may not leave.

    Returns
    -------
    Clouds

    Raises
    ------
    InvalidParameterError
        The directions do not span R^d.

    Notes
    -----
    Minimises sum_s w_s |Q_s(points) - target_s|^2 / m. Each step ranks the points along each direction and then moves
    them to the minimum of the resulting quadratic, x_i <- A^-1 sum_s w_s theta_s target_s(rank of x_i along theta_s)
    with A = sum_s w_s theta_s theta_s'. Ranking is the best assignment because targets do not decrease, so that neither
    half of a step raises the objective (derived here; the objective and its gradient are those of [1]_). Inside a box
    the move is a gradient step of length 1 / the largest eigenvalue of A, then cut to the box, which lowers the
    quadratic too. The minimum found is a local one. The start is a fixed cloud of Gaussian scores with the mean and
    covariance that fit those of the targets, so the result does not depend on a seed.

    O(S m (d + log m)) a step and cloud; 24 S m bytes.

    References
    ----------
    .. [1] Bonneel, Rabin, Peyre and Pfister (2015), Sliced and Radon Wasserstein barycenters of measures, J. Math.
       Imaging Vision 51, 22-45, section 3.

    Examples
    --------
    >>> axes = np.eye(2)
    >>> clouds = from_slices(np.array([[[0.0, 1.0], [5.0, 7.0]]]), axes, np.array([0.5, 0.5]))
    >>> bool(clouds.distances[0] < 1e-12)
    True
    """
    matrix = (directions.T * weights) @ directions
    eigenvalues = np.linalg.eigvalsh(matrix)
    if not eigenvalues[0] > 1e-8 * eigenvalues[-1]:
        raise InvalidParameterError(
            f"slicer has {len(directions)} directions that do not span R^{directions.shape[1]}, so that points cannot "
            "be told from their slices; take more, or use predict_embedding()"
        )
    size = 1.0 / eigenvalues[-1] if box is not None else None
    weighted: FloatArray = directions.T * weights
    pull = weighted if box is not None else np.asarray(np.linalg.solve(matrix, weighted))
    points = np.empty((len(targets), targets.shape[2], directions.shape[1]))
    distances, settled, most = np.empty(len(targets)), np.empty(len(targets), bool), 0
    scores = _scores(targets.shape[2], directions.shape[1])
    for k, target in enumerate(targets):
        start = _start(target, directions, weights, matrix, scores)
        points[k], distances[k], settled[k], steps = _descend(start, target, directions, weights, pull, size, box)
        most = max(most, steps)
    return Clouds(points, distances, settled, most)


def _descend(
    points: FloatArray,
    target: FloatArray,
    directions: FloatArray,
    weights: FloatArray,
    pull: FloatArray,
    size: float | None,
    box: FloatArray | None,
) -> tuple[FloatArray, float, bool, int]:
    """One cloud (m, d) to a local minimum, its distance, whether it settled, and the steps taken."""
    points = points if box is None else np.clip(points, box[:, 0], box[:, 1])
    floor = NEGLIGIBLE * float(np.mean(target**2))
    best = np.inf
    gaps = np.empty_like(target)
    for step in range(MOST_STEPS + 1):
        projections = directions @ points.T
        order = np.argsort(projections, axis=1, kind="stable")
        np.put_along_axis(gaps, order, target, axis=1)
        gaps -= projections
        squared = float(weights @ np.einsum("sm,sm->s", gaps, gaps)) / gaps.shape[1]
        if best - squared <= TOLERANCE * squared or squared <= floor:
            return points, float(np.sqrt(squared)), True, step
        best = squared
        if step < MOST_STEPS:
            moved = points + (1.0 if size is None else size) * (pull @ gaps).T
            points = moved if box is None else np.clip(moved, box[:, 0], box[:, 1])
    return points, float(np.sqrt(best)), False, MOST_STEPS


def _scores(m: int, d: int) -> FloatArray:
    """(m, d) Gaussian scores of a Halton sequence with mean zero and unit covariance, as far as m points allow."""
    from scipy import special, stats

    uniforms = stats.qmc.Halton(d, scramble=False).random(m + 1)[1:]
    scores = special.ndtri(uniforms)
    scores -= scores.mean(axis=0)
    spread = scores.std(axis=0)
    return np.asarray(scores / np.where(spread > 0, spread, 1.0))


def _start(
    target: FloatArray, directions: FloatArray, weights: FloatArray, matrix: FloatArray, scores: FloatArray
) -> FloatArray:
    """The scores with the mean and covariance that fit the means and variances of the targets."""
    mean = np.linalg.solve(matrix, (directions.T * weights) @ target.mean(axis=1))
    d = directions.shape[1]
    rows, columns = np.triu_indices(d)
    products = directions[:, rows] * directions[:, columns] * np.where(rows == columns, 1.0, 2.0)
    root = np.sqrt(weights)
    entries = np.linalg.lstsq(products * root[:, None], target.var(axis=1) * root, rcond=None)[0]
    covariance = np.zeros((d, d))
    covariance[rows, columns] = entries
    covariance[columns, rows] = entries
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(mean + scores @ (vectors * np.sqrt(np.maximum(values, 0.0))).T)
