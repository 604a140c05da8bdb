"""Tests of how many directions there are, and of which columns have a part in them, for linear reductions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from scipy import stats

from stattools import _validation
from stattools._typing import FloatArray
from stattools.results import serialization
from stattools.sdr.candidates import (
    Eigenpairs,
    Problem,
    hessian_weights,
    quadratic_design,
    slice_deviations,
    slice_means,
)
from stattools.sdr.chisquares import weighted_chi2_sf

MOST_TESTED = 8
"""Hypotheses "at most d directions" that are tested, from d = 0."""
WIDEST = 1500
"""Terms of a weighted chi-square law beyond which its weights are not computed."""


@serialization.register
@dataclass(frozen=True, eq=False)
class DimensionTests:
    """Tests of "at most d directions", for d = 0, 1, ...

    Attributes
    ----------
    statistics : (K,) float64
    freedoms : (K,) float64
        Degrees of freedom of the chi-square law.
    chi2_pvalues : (K,) float64
        By that law, which needs normal predictors, or moments like theirs.
    weighted_pvalues : (K,) float64
        By a weighted sum of chi-square variables, whose weights are estimated; NaN where there are too many terms.

    Examples
    --------
    >>> len(DimensionTests(np.ones(1), np.ones(1), np.ones(1), np.ones(1)).statistics)
    1
    """

    statistics: FloatArray
    freedoms: FloatArray
    chi2_pvalues: FloatArray
    weighted_pvalues: FloatArray

    def __post_init__(self) -> None:
        for name in ("statistics", "freedoms", "chi2_pvalues", "weighted_pvalues"):
            object.__setattr__(self, name, _validation.read_only(np.asarray(getattr(self, name), dtype=np.float64)))

    def pvalues(self, law: str) -> FloatArray:
        """(K,) p-values by one of the laws, "weighted" or "chi2"."""
        return self.weighted_pvalues if law == "weighted" else self.chi2_pvalues


@dataclass(frozen=True, eq=False)
class Limit:
    """A statistic and its law under the null hypothesis for large samples.

    Attributes
    ----------
    statistic : float
    freedom : float
        Degrees of freedom under the stronger assumptions.
    weights, counts : (k,) float64
        Weights of independent chi-square variables and the degrees of freedom of each, under the weaker ones; NaN where
        they were not computed.
    chi2_pvalue : float
        Under the stronger assumptions.

    Examples
    --------
    >>> Limit(5.991464547, 2.0, np.ones(2), np.ones(2), 0.05).weighted_pvalue.__round__(6)
    0.05
    """

    statistic: float
    freedom: float
    weights: FloatArray
    counts: FloatArray
    chi2_pvalue: float

    @property
    def weighted_pvalue(self) -> float:
        """Under the weaker assumptions."""
        if np.isnan(self.weights).any():
            return float("nan")
        return weighted_chi2_sf(self.statistic, self.weights, self.counts)


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
    In white coordinates let G be the first d eigenvectors, T the others, v = T' z, e_h = (1{slice h} - f_h) / sqrt(f_h),
    and svec the entries of a symmetric matrix on and above its diagonal, those above times sqrt(2). Each statistic is
    the squared length of an estimate whose mean is zero under the null hypothesis, and n times its covariance is that
    of the terms below, over observations; weights are its eigenvalues. The terms are derived here, and for "sir" agree
    with [1]_, for "save" with [2]_.

    *sir.* n times the sum of the eigenvalues left. Terms v (x) N' e, N orthogonal to sqrt(f) and to the first d right
    singular vectors of the slice means. No assumption but that the means of slices span d dimensions. If the covariance
    of v does not depend on the slice: (p - d)(H - d - 1) degrees of freedom.

    *save.* n / 2 times the sum of squares of T' A_h T, for A_h = sqrt(f_h) (I - V_h). Terms e_h svec(v v' - I) / sqrt(2),
    with moments of v up to the fourth that are the same in all slices: each eigenvalue of their covariance in one slice
    stands H - 1 times. Normal predictors: (H - 1)(p - d)(p - d + 1) / 2.

    *directional.* The sum of both: that of "save", and n times the squares of T' M N, for the slice means M and N
    orthogonal to sqrt(f) and to the rows of G' M. With moments as for "save": H - 1 - d times the eigenvalues of the
    joint covariance of svec(v v' - I) / sqrt(2) and v, and d times those of the first alone. The test of [3]_ has
    another statistic.

    *phd.* n times the sum of squares of the eigenvalues left, over twice the variance of the response or residuals r.
    Terms r svec(v v' - I) / sqrt(2 var r), less what regression on z explains of v v' for residuals, and less
    v b' + b v' with b = E(y v) for responses; for quadratic fits the terms of the coefficients. Normal predictors and r
    independent of v: (p - d)(p - d + 1) / 2. For responses with a linear trend along T that law does not hold, and
    the weighted one does.

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
    terms = _products(v, slice_residuals(problem) @ free)
    return _limit(statistic, v.shape[1] * free.shape[1], terms)


def _save(problem: Problem, found: Eigenpairs, d: int) -> Limit:
    rest = found.vectors[:, d:]
    count = len(problem.shares) - 1
    weights = _covariance_eigenvalues(_squares(problem.z @ rest) / np.sqrt(2.0))
    return _limit_of_weights(
        _squared_deviations(problem, rest), count * _pairs(rest.shape[1]), weights, np.full(len(weights), float(count))
    )


def _directional(problem: Problem, found: Eigenpairs, d: int) -> Limit:
    first, rest = found.vectors[:, :d], found.vectors[:, d:]
    means = slice_means(problem.z, problem.codes)
    free = _complement(first.T @ means, problem.shares, d)
    v = problem.z @ rest
    squares = _squares(v) / np.sqrt(2.0)
    joint = _covariance_eigenvalues(np.hstack([squares, v]))
    alone = _covariance_eigenvalues(squares)
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
    squares = _squares(v)
    if problem.variant == "quadratic":
        terms = _quadratic_terms(problem.z @ found.vectors, weights, d)
    elif problem.variant == "residual":
        design = np.hstack([np.ones((problem.n, 1)), problem.z])
        terms = weights[:, None] * (squares - design @ np.linalg.lstsq(design, squares, rcond=None)[0])
    else:
        rows, columns = np.triu_indices(v.shape[1])
        trend = v.T @ weights / problem.n
        linear = v[:, rows] * trend[columns] + v[:, columns] * trend[rows]
        terms = weights[:, None] * squares - linear * _svec_factors(v.shape[1])
    return _limit(statistic, _pairs(v.shape[1]), terms / np.sqrt(spread))


def _quadratic_terms(rotated: FloatArray, residuals: FloatArray, d: int) -> FloatArray:
    """(n, k) terms of the Hessian of a quadratic fit among the directions from d on, in coordinates of all of them."""
    p = rotated.shape[1]
    design = quadratic_design(rotated)
    q, r = np.linalg.qr(design)
    coefficients = scipy.linalg.solve_triangular(r, q.T, check_finite=False)[1 + p :].T * len(design)
    rows, columns = np.triu_indices(p)
    own = rows >= d
    # twice the coefficient of a square is its second derivative
    factors = np.where(rows == columns, 2.0, np.sqrt(2.0))[own]
    return np.asarray(residuals[:, None] * coefficients[:, own] * factors)


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
        weights = _covariance_eigenvalues(_squares(v) / np.sqrt(2.0))
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
    if min(n, k) > WIDEST:
        return np.full(1, np.nan)
    centred = terms - terms.mean(axis=0)
    gram = centred.T @ centred if k <= n else centred @ centred.T
    return np.maximum(scipy.linalg.eigvalsh(gram / n, check_finite=False), 0.0)


def _complement(means: FloatArray, shares: FloatArray, d: int) -> FloatArray:
    """(H, H - d - 1) orthonormal, orthogonal to the roots of the shares and to d leading right singular vectors."""
    leading = np.linalg.svd(means, full_matrices=False)[2][:d]
    used = np.column_stack([np.sqrt(shares), leading.T])
    return np.asarray(np.linalg.qr(used, mode="complete")[0][:, min(used.shape[1], len(shares)) :])


def _squared_deviations(problem: Problem, rest: FloatArray) -> float:
    deviations = slice_deviations(problem.z @ rest, problem.codes, about_means=True)
    return 0.5 * problem.n * float(np.sum(deviations**2))


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
