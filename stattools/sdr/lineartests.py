"""Tests of how many directions there are, and of which columns have a part in them, for linear reductions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.linalg
from scipy import stats

from stattools._typing import FloatArray, IntArray
from stattools.sdr.candidates import (
    Eigenpairs,
    Problem,
    hessian_weights,
    quadratic_design,
    slice_deviations,
    slice_means,
)
from stattools.sdr.chisquares import weighted_chi2_sf
from stattools.sdr.linear_laws import UNKNOWN, DimensionTests, Limit

MOST_TESTED = 8
"""Hypotheses "at most d directions" that are tested, from d = 0."""
WIDEST = 1500
"""Terms of a weighted chi-square law, and rows, beyond which its weights are not computed."""
MOST_VALUES = 2**25
"""Numbers (256 MB) in rows times terms beyond which they are not either."""
SMALLEST_REST = 1e-3
"""Of one less the leverage, by which residuals are divided."""


def dimension_tests(problem: Problem, found: Eigenpairs) -> DimensionTests:
    """Test "at most d directions" for each d from 0 on.

    Parameters
    ----------
    problem : Problem
        Of "sir", "save", "directional" or "phd", without a ridge.
    found : Eigenpairs
        Of its candidate matrix.

    Returns
    -------
    DimensionTests

    Notes
    -----
    In white coordinates let G be the first d eigenvectors, T the others, v = T' z, e_h = (1{slice h} - f_h) / sqrt(f_h)
    and svec the entries of a symmetric matrix on and above its diagonal, those above times sqrt(2). Each statistic is
    the squared length of an estimate whose mean is zero under the null hypothesis, and n times its covariance is that
    of the terms below, over observations; weights are its eigenvalues. The terms are derived here, and for "sir" agree
    with [1]_, for "save" with [2]_.

    *sir.* n times the sum of the eigenvalues left. Terms v (x) N' e, N orthogonal to sqrt(f) and to the first d right
    singular vectors of the slice means, and v less the means of its slice. No assumption but that the means of slices
    span d dimensions. If the covariance of v does not depend on the slice: (p - d)(H - d - 1) degrees of freedom.

    *save.* n / 2 times the sum of squares of T' A_h T, for A_h = sqrt(f_h) (I - V_h). Terms e_h svec(v v' - I) /
    sqrt(2), with moments of v up to the fourth that are the same in all slices: each eigenvalue of their covariance in
    one slice stands H - 1 times. Normal predictors: (H - 1)(p - d)(p - d + 1) / 2.

    *directional.* The sum of both: that of "save", and n times the squares of T' M N, for the slice means M and N
    orthogonal to sqrt(f) and to the rows of G' M. With moments as for "save": H - 1 - d times the eigenvalues of the
    joint covariance of svec(v v' - I) / sqrt(2) and v, and d times those of the first alone. The test of [3]_ has
    another statistic.

    *phd.* n times the sum of squares of the eigenvalues left, over twice the variance of the response or residuals r.
    Terms r svec(v v' - I) / sqrt(2 var r), less what regression on z explains of v v' for residuals, and less
    v b' + b v' with b = E(y v) for responses. Normal predictors and r independent of v: (p - d)(p - d + 1) / 2. For
    responses with a linear trend along T that law does not hold, and the weighted one does. For quadratic fits the
    terms are those of the coefficients, with residuals divided by one less their leverage as in the covariance estimate
    HC3; and the other law is that of errors with one variance given the predictors, whatever their law, which is no
    plain chi-square law: weights n (D'D)^{-1} of the design D, for the coefficients in question.

    References
    ----------
    .. [1] Bura and Cook (2001), Extending sliced inverse regression: the weighted chi-squared test, Journal of the
       American Statistical Association 96, 996-1003.
    .. [2] Shao, Cook and Weisberg (2007), Marginal tests with sliced average variance estimation, Biometrika 94(2),
       285-296.
    .. [3] Li and Wang (2007), On directional regression for dimension reduction, Journal of the American Statistical
       Association 102, 997-1008.

    Examples
    --------
    >>> from stattools.sdr.candidates import candidate, eigenpairs
    >>> z = np.array([[-1.5], [-0.5], [0.5], [1.5]]) / 1.25**0.5
    >>> problem = Problem("sir", z, np.array([0, 0, 1, 1]))
    >>> dimension_tests(problem, eigenpairs(candidate(problem))).statistics
    array([3.2])
    """
    most = min(problem.rank, MOST_TESTED)
    limits = [_LIMITS[problem.method](problem, found, d) for d in range(most)]
    return DimensionTests(
        np.array([limit.statistic for limit in limits]),
        np.array([limit.freedom for limit in limits]),
        np.array([limit.chi2_pvalue for limit in limits]),
        np.array([limit.weighted_pvalue for limit in limits]),
    )


# laws ----------------------------------------------------------------------------------------------------------------
def _sir(problem: Problem, found: Eigenpairs, d: int) -> Limit:
    means = slice_means(problem.z, problem.codes)
    free = _complement(means, problem.shares, d)
    v = problem.z @ found.vectors[:, d:]
    statistic = problem.n * float(found.values[d:].sum())
    terms = _products(_within_slices(v, problem.codes), slice_residuals(problem) @ free)
    return _limit(statistic, v.shape[1] * free.shape[1], terms)


def _save(problem: Problem, found: Eigenpairs, d: int) -> Limit:
    rest = found.vectors[:, d:]
    count = len(problem.shares) - 1
    weights = _square_weights(problem.z @ rest)
    return _limit_of_weights(
        _squared_deviations(problem, rest), count * _pairs(rest.shape[1]), weights, np.full(len(weights), float(count))
    )


def _directional(problem: Problem, found: Eigenpairs, d: int) -> Limit:
    first, rest = found.vectors[:, :d], found.vectors[:, d:]
    means = slice_means(problem.z, problem.codes)
    free = _complement(first.T @ means, problem.shares, d)
    v = problem.z @ rest
    joint, alone = _square_weights(v, beside=v), _square_weights(v)
    both, count = free.shape[1], len(problem.shares) - 1
    statistic = _squared_deviations(problem, rest) + problem.n * float(np.sum((rest.T @ means @ free) ** 2))
    counts = np.concatenate([np.full(len(joint), float(both)), np.full(len(alone), float(count - both))])
    freedom = count * _pairs(rest.shape[1]) + both * rest.shape[1]
    return _limit_of_weights(statistic, freedom, np.concatenate([joint, alone])[counts > 0], counts[counts > 0])


def _phd(problem: Problem, found: Eigenpairs, d: int) -> Limit:
    weights = hessian_weights(problem, problem.z)
    used = quadratic_design(problem.z[:1]).shape[1] if problem.variant == "quadratic" else 1
    spread = 2.0 * float(weights @ weights) / (problem.n - used)
    statistic = problem.n * float(np.sum(found.values[d:] ** 2)) / spread
    v = problem.z @ found.vectors[:, d:]
    if _too_wide(problem.n, _pairs(problem.p if problem.variant == "quadratic" else v.shape[1])):
        return _limit_of_weights(statistic, _pairs(v.shape[1]), UNKNOWN, np.ones(1))
    if problem.variant == "quadratic":
        return _quadratic_limit(statistic, problem.z @ found.vectors, weights / np.sqrt(spread), d)
    squares = _squares(v)
    if problem.variant == "residual":
        design = np.hstack([np.ones((problem.n, 1)), problem.z])
        terms = weights[:, None] * (squares - design @ np.linalg.lstsq(design, squares, rcond=None)[0])
    else:
        rows, columns = np.triu_indices(v.shape[1])
        trend = v.T @ weights / problem.n
        linear = v[:, rows] * trend[columns] + v[:, columns] * trend[rows]
        # a response less its mean weights squares less theirs
        terms = weights[:, None] * (squares - squares.mean(axis=0)) - linear * _svec_factors(v.shape[1])
    return _limit(statistic, _pairs(v.shape[1]), terms / np.sqrt(spread))


def _quadratic_limit(statistic: float, rotated: FloatArray, residuals: FloatArray, d: int) -> Limit:
    """Law of the Hessian of a quadratic fit among the directions from d on, in coordinates of all of them."""
    n, p = rotated.shape
    design = quadratic_design(rotated)
    q, r = np.linalg.qr(design)
    influence = scipy.linalg.solve_triangular(r, q.T, check_finite=False)[1 + p :].T * n
    rows, columns = np.triu_indices(p)
    own = rows >= d
    # twice the coefficient of a square is its second derivative
    terms = influence[:, own] * np.where(rows == columns, 2.0, np.sqrt(2.0))[own]
    kept = np.maximum(1.0 - np.sum(q**2, axis=1), SMALLEST_REST)
    weights, counts = _weights_of(terms * (residuals / kept)[:, None])
    equal = 0.5 * _covariance_eigenvalues(terms)
    return Limit(statistic, float(_pairs(p - d)), weights, counts, weighted_chi2_sf(statistic, equal))


_LIMITS: dict[str, Callable[[Problem, Eigenpairs, int], Limit]] = {
    "sir": _sir,
    "save": _save,
    "directional": _directional,
    "phd": _phd,
}


# columns -------------------------------------------------------------------------------------------------------------
def coordinate_limit(problem: Problem, directions: FloatArray) -> Limit:
    """Test that Y depends on z through what is orthogonal to given directions alone.

    Parameters
    ----------
    problem : Problem
        Of "sir" or "save", without a ridge.
    directions : (p, r) float64
        Orthonormal, in white coordinates: the standardized parts of the columns in question that the other columns do
        not explain.

    Returns
    -------
    Limit

    Notes
    -----
    *sir* [1]_. n times the squares of the means of v = T' z over slices. Terms v (x) (e_h - sqrt(f_h) m_h' z) with the
    means m_h of slices. If the covariance of z does not depend on the slice: weights 1 - l_j for the eigenvalues l_j of
    the candidate matrix, and 1 for the slices less one that are left, r degrees of freedom each.

    *save* [2]_. As the test of a dimension with T given.

    References
    ----------
    .. [1] Cook (2004), Testing predictor contributions in sufficient dimension reduction, Annals of Statistics 32(3),
       1062-1092.
    .. [2] Shao, Cook and Weisberg (2007), Marginal tests with sliced average variance estimation, Biometrika 94(2),
       285-296.

    Examples
    --------
    >>> z = np.array([[-1.5], [-0.5], [0.5], [1.5]]) / 1.25**0.5
    >>> coordinate_limit(Problem("sir", z, np.array([0, 0, 1, 1])), np.eye(1)).freedom
    1.0
    """
    v = problem.z @ directions
    count = len(problem.shares) - 1
    if problem.method == "save":
        weights = _square_weights(v)
        counts = np.full(len(weights), float(count))
        return _limit_of_weights(_squared_deviations(problem, directions), count * _pairs(v.shape[1]), weights, counts)
    means = slice_means(problem.z, problem.codes)
    statistic = problem.n * float(np.sum((directions.T @ means) ** 2))
    terms = _products(v, slice_residuals(problem) - problem.z @ means)
    weights, counts = _weights_of(terms)
    left = np.ones(count)
    singular = np.linalg.svd(means, compute_uv=False)[:count]
    left[: len(singular)] = np.maximum(1.0 - singular**2, 0.0)
    strict = weighted_chi2_sf(statistic, left, np.full(count, float(v.shape[1])))
    return Limit(statistic, float(count * v.shape[1]), weights, counts, strict)


# pieces --------------------------------------------------------------------------------------------------------------
def slice_residuals(problem: Problem) -> FloatArray:
    """(n, H) indicators of slices less their shares, over the roots of these.

    Examples
    --------
    >>> slice_residuals(Problem("sir", np.ones((2, 1)), np.array([0, 1]))).round(4)
    array([[ 0.7071, -0.7071],
           [-0.7071,  0.7071]])
    """
    shares = problem.shares
    return np.asarray((np.eye(len(shares))[problem.codes] - shares) / np.sqrt(shares))


def _limit(statistic: float, freedom: float, terms: FloatArray) -> Limit:
    return _limit_of_weights(statistic, freedom, *_weights_of(terms))


def _limit_of_weights(statistic: float, freedom: float, weights: FloatArray, counts: FloatArray) -> Limit:
    pvalue = float(stats.chi2.sf(statistic, freedom)) if freedom > 0 else 1.0
    return Limit(statistic, float(freedom), weights, counts, pvalue)


def _weights_of(terms: FloatArray) -> tuple[FloatArray, FloatArray]:
    weights = _covariance_eigenvalues(terms)
    return weights, np.ones(len(weights))


def _covariance_eigenvalues(terms: FloatArray) -> FloatArray:
    """Positive eigenvalues of the covariance of (n, k) terms, through the smaller side; NaN where both are too wide."""
    n, k = terms.shape
    if _too_wide(n, k):
        return UNKNOWN
    centred = terms - terms.mean(axis=0)
    gram = centred.T @ centred if k <= n else centred @ centred.T
    return np.asarray(np.maximum(scipy.linalg.eigvalsh(gram / n, check_finite=False), 0.0))


def _square_weights(v: FloatArray, beside: FloatArray | None = None) -> FloatArray:
    """Eigenvalues of the covariance of svec(v v') / sqrt(2), with other columns beside them."""
    if _too_wide(len(v), _pairs(v.shape[1])):
        return UNKNOWN
    terms = _squares(v) / np.sqrt(2.0)
    return _covariance_eigenvalues(terms if beside is None else np.hstack([terms, beside]))


def _too_wide(n: int, k: int) -> bool:
    return min(n, k) > WIDEST or n * k > MOST_VALUES


def _complement(means: FloatArray, shares: FloatArray, d: int) -> FloatArray:
    """(H, H - d - 1) orthonormal, orthogonal to the roots of the shares and to d leading right singular vectors."""
    leading = np.linalg.svd(means, full_matrices=False)[2][:d]
    used = np.column_stack([np.sqrt(shares), leading.T])
    return np.asarray(np.linalg.qr(used, mode="complete")[0][:, min(used.shape[1], len(shares)) :])


def _squared_deviations(problem: Problem, rest: FloatArray) -> float:
    deviations = slice_deviations(problem.z @ rest, problem.codes, about_means=True)
    return 0.5 * problem.n * float(np.sum(deviations**2))


def _within_slices(v: FloatArray, codes: IntArray) -> FloatArray:
    """(n, k) columns less the means of their slices, scaled so that covariances in slices have no bias.

    Under the null hypothesis the means are zero; where they are not, they would hide themselves in the covariance.
    A slice of one observation, whose covariance cannot be had without its mean, keeps its values.
    """
    sizes = np.bincount(codes).astype(np.float64)
    means = np.array([np.bincount(codes, weights=column) for column in v.T]).T / sizes[:, None]
    single = sizes == 1
    means[single] = 0.0
    scales = np.where(single, 1.0, np.sqrt(sizes / np.maximum(sizes - 1.0, 1.0)))
    return np.asarray((v - means[codes]) * scales[codes, None])


def _products(a: FloatArray, b: FloatArray) -> FloatArray:
    """(n, j k) products of each column of one with each of the other."""
    return np.asarray((a[:, :, None] * b[:, None, :]).reshape(len(a), -1))


def _squares(v: FloatArray) -> FloatArray:
    """(n, k (k + 1) / 2) svec of v v'."""
    rows, columns = np.triu_indices(v.shape[1])
    return np.asarray(v[:, rows] * v[:, columns] * _svec_factors(v.shape[1]))


def _svec_factors(k: int) -> FloatArray:
    rows, columns = np.triu_indices(k)
    return np.where(rows == columns, 1.0, np.sqrt(2.0))


def _pairs(k: int) -> int:
    return k * (k + 1) // 2
