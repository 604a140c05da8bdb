"""Statistics of the mean tests as functions of the moments of an arrangement; all are large under the alternative."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools._typing import FloatArray
from stattools.resampling.combination import combination_statistic
from stattools.twosample.moments import Coordinates, Design, Norms, Rows

# below this share of a coordinate's largest possible variance, sums of squares have no digit left
VARIANCE_FLOOR = 1e-13


def studentized(norms: Norms) -> FloatArray:
    """T* = |d|^2 / tr(Omega), Omega the estimated covariance of the mean difference d.

    Its permutation distribution has mean one, and so has its null distribution when only the means agree, however the
    groups differ in size and spread; |d|^2 has neither (derived here; k groups: Anderson's F2). The shapes of the two
    agree when the covariances are proportional or the groups of equal size. It is infinite when both groups are
    constant and differ, and zero when all rows are equal.
    """
    separated = np.where(norms.distance > 0, np.inf, 0.0)
    known = norms.trace > VARIANCE_FLOOR * norms.distance
    return np.where(known, norms.distance / np.where(known, norms.trace, 1.0), separated)


def mean_distance(norms: Norms) -> FloatArray:
    """|d|^2, the squared ISW distance between the mean embeddings."""
    return norms.distance


def t_of(moments: Coordinates, rows: Rows) -> FloatArray:
    """Coordinate-wise t; a variance that is all rounding is held at its floor, and a constant coordinate gives zero."""
    floor = VARIANCE_FLOOR * np.einsum("np,np->p", rows.features, rows.features) / len(rows.squares) ** 2
    return np.asarray(moments.difference / np.sqrt(np.maximum(moments.variance, np.where(floor > 0, floor, 1.0))))


def neutral_pvalue(method: str) -> float:
    """What a coordinate counts as where t is not defined: no evidence, and no evidence against other coordinates.

    That is 1, except for the Cauchy combination, whose sum a p-value of 1 would drown; there it is the value that
    adds nothing, one half.
    """
    return 0.5 if method == "cauchy" else 1.0


def max_t(design: Design, arrangements: Any) -> FloatArray:
    """Largest absolute coordinate-wise t."""
    return np.asarray(np.abs(t_of(design.coordinates(arrangements), design.rows)).max(axis=1))


def combined(design: Design, arrangements: Any, *, method: str) -> FloatArray:
    """Combination of the coordinate-wise p-values."""
    return combined_and_max_t(design, arrangements, method=method)[:, 0]


def combined_and_max_t(design: Design, arrangements: Any, *, method: str) -> FloatArray:
    """(b, 2): the combination of the coordinate-wise p-values, and the largest t."""
    from scipy.special import stdtr

    moments = design.coordinates(arrangements)
    t = t_of(moments, design.rows)
    n_coordinates = t.shape[1]
    pvalues = np.minimum(2 * stdtr(moments.df, -np.abs(t)), 1.0)
    pvalues[:, ~design.rows.features.any(axis=0)] = neutral_pvalue(method)
    value = combination_statistic(pvalues, method, np.full(n_coordinates, 1.0 / n_coordinates))
    return np.column_stack([value, np.abs(t).max(axis=1)])


@dataclass(frozen=True)
class Scores:
    """Leading principal components of the pooled rows, scaled to unit pooled variance.

    values : (N, r); explained : share of the variance that they carry. They do not depend on the labels, so
    permutation tests built on them stay exact.
    """

    values: FloatArray
    explained: float


def leading_scores(rows: Rows, *, explained: float, at_most: int) -> Scores:
    """The fewest components that explain a share of the variance, at most `at_most`."""
    x = rows.features
    gram = x @ x.T if rows.gram is None and len(x) <= x.shape[1] else rows.gram
    if gram is not None:
        eigenvalues, vectors = np.linalg.eigh(gram)
    else:
        eigenvalues, axes = np.linalg.eigh(x.T @ x)
        vectors = x @ axes / np.sqrt(np.maximum(eigenvalues, np.finfo(float).tiny))
    eigenvalues, vectors = np.maximum(eigenvalues[::-1], 0.0), vectors[:, ::-1]
    total = eigenvalues.sum()
    if total == 0:
        return Scores(np.zeros((len(x), 1)), 0.0)
    usable = int((eigenvalues > 1e-12 * eigenvalues[0]).sum())
    shares = np.cumsum(eigenvalues) / total
    r = min(int(np.searchsorted(shares, explained)) + 1, at_most, usable)
    return Scores(vectors[:, :r] * np.sqrt(len(x)), float(shares[r - 1]))


def hotelling_two_groups(codes: Any, *, scores: FloatArray, sizes: tuple[int, int]) -> FloatArray:
    """James's two-sample T^2 on r scores: d' (S1/n1 + S2/n2)^-1 d for each row of (b, N) codes."""
    n1, n2 = sizes
    r = scores.shape[1]
    first = (codes == 0).astype(np.float64)
    outer = (scores[:, :, None] * scores[:, None, :]).reshape(len(scores), r * r)
    sums = first @ scores
    sums2 = scores.sum(axis=0) - sums
    products = (first @ outer).reshape(-1, r, r)
    products2 = outer.sum(axis=0).reshape(r, r) - products
    s1 = (products - sums[:, :, None] * sums[:, None, :] / n1) / (n1 - 1)
    s2 = (products2 - sums2[:, :, None] * sums2[:, None, :] / n2) / (n2 - 1)
    return _mahalanobis(sums / n1 - sums2 / n2, s1 / n1 + s2 / n2)


def hotelling_pairs(signs: Any, *, scores: FloatArray) -> FloatArray:
    """One-sample T^2 of r scores of the differences, for each row of (b, n) signs."""
    n, r = scores.shape
    means = signs @ scores / n
    second = (scores.T @ scores) / n
    covariance = (second - means[:, :, None] * means[:, None, :]) / (n - 1)
    return _mahalanobis(means, np.broadcast_to(covariance, (len(means), r, r)))


def _mahalanobis(difference: FloatArray, covariance: FloatArray) -> FloatArray:
    """d' C^-1 d; by eigenvalues held at the rounding floor where a matrix is near singular, as in constant groups."""
    try:
        factors = np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:
        return _floored_mahalanobis(difference, covariance)
    pivots = np.diagonal(factors, axis1=1, axis2=2) ** 2
    if pivots.min() <= VARIANCE_FLOOR:
        return _floored_mahalanobis(difference, covariance)
    solved = np.linalg.solve(covariance, difference[:, :, None])[:, :, 0]
    return np.asarray(np.einsum("br,br->b", difference, solved))


def _floored_mahalanobis(difference: FloatArray, covariance: FloatArray) -> FloatArray:
    eigenvalues, vectors = np.linalg.eigh(covariance)
    projected = np.einsum("brk,br->bk", vectors, difference)
    size = len(difference[0])
    floor = VARIANCE_FLOOR / size
    return np.asarray((projected**2 / np.maximum(eigenvalues, floor)).sum(axis=1))
