"""What is left of variables when others are regressed out: kernel ridge with a linear part, tuned by GCV."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import svd

from stattools._typing import FloatArray, IntArray
from stattools.rkhs.cholesky import pivoted_cholesky
from stattools.rkhs.kernels import gaussian_gram, lexicographic_order, median_distance

LENGTHSCALES = (0.25, 0.5, 1.0, 2.0)
"""Tried lengthscales, as multiples of the median distance."""
N_PENALTIES = 40
SMALLEST_PENALTY = 1e-7
"""Of a row: a thousand times what the kernel's features leave out, so that residuals do not depend on it."""
TOLERANCE = 1e-10
LARGEST_RANK = 300
ROWS_FOR_MEDIAN = 1000


@dataclass(frozen=True, eq=False)
class Smoother:
    """Linear smoother of one set of regressors.

    Attributes
    ----------
    fixed : (n, p) float64
        Orthonormal basis of what is not penalised: the constant, and the regressors themselves when n allows.
    paths : tuple of (vectors (n, r), squares (r,))
        For each lengthscale, left singular vectors and squared singular values of the kernel's features beside `fixed`.
    """

    fixed: FloatArray
    paths: tuple[tuple[FloatArray, FloatArray], ...]


@dataclass(frozen=True, eq=False)
class Residuals:
    """values : (n, q) float64; degrees_of_freedom : trace of the smoother that was chosen."""

    values: FloatArray
    degrees_of_freedom: float


def median_lengthscale(points: FloatArray) -> float:
    """Median distance between points, over at most 1000 of them, spread evenly over their lexicographic order.

    It depends on the set of points and not on their order, so a permutation test that uses it stays exact.
    """
    n = len(points)
    if n > ROWS_FOR_MEDIAN:
        order = lexicographic_order(points)
        points = points[order[np.linspace(0, n - 1, ROWS_FOR_MEDIAN).astype(np.intp)]]
    return median_distance(np.ascontiguousarray(points))


def smoother_of(points: FloatArray, rng: np.random.Generator) -> Smoother:
    """The smoother on (n, d) standardised regressors."""
    n, d = points.shape
    columns = np.hstack([np.ones((n, 1)), points]) if 1 + d <= n / 5 else np.ones((n, 1))
    fixed = orthonormal(columns)
    median = median_lengthscale(points)
    paths = []
    for multiple in LENGTHSCALES:
        features = kernel_features(points, multiple * median, tolerance=TOLERANCE, most=LARGEST_RANK, rng=rng)
        features = features - fixed @ (fixed.T @ features)
        paths.append(_left_singular(features))
    return Smoother(fixed, tuple(paths))


def group_smoother(codes: IntArray) -> Smoother:
    """Means of groups: the smoother of a discrete regressor."""
    indicators = (codes[:, None] == np.arange(int(codes.max()) + 1)).astype(np.float64)
    return Smoother(indicators / np.sqrt(indicators.sum(axis=0)), ())


def residuals(targets: FloatArray, smoother: Smoother) -> Residuals:
    """Residuals of (n, q) targets, all with one lengthscale and penalty, those of the smallest GCV.

    GCV is the total squared residual over (1 - df/n)^2. No smooth part at all is among the candidates.

    References
    ----------
    Golub, Heath and Wahba (1979), Technometrics 21, 215-223; for several targets the residuals add up.
    """
    n = len(targets)
    rest = targets - smoother.fixed @ (smoother.fixed.T @ targets)
    n_fixed = smoother.fixed.shape[1]
    total = float((rest**2).sum())
    best, chosen = (total / (1 - n_fixed / n) ** 2 if n_fixed < n else np.inf), None
    for vectors, squares in smoother.paths:
        if not len(squares):
            continue
        energy = ((vectors.T @ rest) ** 2).sum(axis=1)
        for penalty in _penalties(squares[0], n):
            shrunk = squares / (squares + penalty)
            degrees = n_fixed + float(shrunk.sum())
            if degrees >= 0.8 * n:
                continue
            loss = total - float((energy * shrunk * (2 - shrunk)).sum())
            score = loss / (1 - degrees / n) ** 2
            if score < best:
                best, chosen = score, (vectors, shrunk, degrees)
    if chosen is None:
        return Residuals(rest, float(n_fixed))
    vectors, shrunk, degrees = chosen
    return Residuals(rest - vectors @ (shrunk[:, None] * (vectors.T @ rest)), degrees)


def _penalties(largest: float, n: int) -> FloatArray:
    """Candidates, up to 100 times the largest squared singular value."""
    low = max(1e-9 * largest, SMALLEST_PENALTY * n)
    return np.geomspace(low, 100.0 * max(largest, low), N_PENALTIES)


def kernel_features(
    points: FloatArray, lengthscale: float, *, tolerance: float, most: int, rng: np.random.Generator
) -> FloatArray:
    """(n, r) features whose inner products are the Gaussian kernel, up to `tolerance` of its trace or rank `most`.

    Rows are drawn from the lexicographic order of the points, so the features are the same for any order of the rows.
    """
    n = len(points)
    order = lexicographic_order(points)
    ordered = np.ascontiguousarray(points[order])

    def columns(rows: IntArray) -> FloatArray:
        return gaussian_gram(ordered, ordered[rows], lengthscale=lengthscale)

    found = pivoted_cholesky(columns, np.ones(n), rank=min(n, most), tol=tolerance, pivoting="random", rng=rng)
    features = np.empty_like(found.factor)
    features[order] = found.factor
    return features


def orthonormal(columns: FloatArray) -> FloatArray:
    """Orthonormal basis of the span of (n, p) columns; dependent ones are dropped."""
    return _left_singular(columns)[0]


def _left_singular(columns: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Left singular vectors and squared singular values above rounding."""
    if not columns.shape[1]:
        return np.empty((len(columns), 0)), np.empty(0)
    vectors, values, _ = svd(columns, full_matrices=False)
    keep = values > max(columns.shape) * np.finfo(np.float64).eps * values[0]
    return np.ascontiguousarray(vectors[:, keep]), values[keep] ** 2
