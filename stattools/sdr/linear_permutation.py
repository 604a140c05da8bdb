"""Permutation tests of how many directions a linear reduction has."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from stattools import _random
from stattools._errors import InvalidParameterError
from stattools._typing import FloatArray, Progress
from stattools.resampling import NullDistribution, RowPermutation, resample
from stattools.sdr.candidates import Eigenpairs, Problem, candidate, eigenvalues, hessian_weights

ROUNDING = 1e-9
"""Relative; statistics so close are ties, since permuted columns are scaled again."""


def remaining(problem: Problem, z: FloatArray, d: int) -> float:
    """n times the sum of all but the d first eigenvalues for predictors `z` (n, p).

    For average Hessians n times the sum of their squares, over twice the variance of the response or residuals.

    Examples
    --------
    >>> problem = Problem("sir", np.array([[-1.0], [1.0]]), np.array([0, 1]))
    >>> round(remaining(problem, problem.z, 0), 6)
    2.0
    """
    values = eigenvalues(candidate(problem, z), by_size=problem.by_size)[d:]
    if problem.method != "phd":
        return problem.n * float(values.sum())
    weights = hessian_weights(problem, z)
    return problem.n * float(values @ values) * (problem.n - 1) / (2.0 * float(weights @ weights))


class Rearranged:
    """Statistics of predictors whose part beside the first d directions is permuted.

    Parameters
    ----------
    problem : Problem
    found : Eigenpairs
    d : int

    Examples
    --------
    >>> problem = Problem("sir", np.array([[-1.0], [1.0]]), np.array([0, 1]))
    >>> from stattools.sdr.candidates import eigenpairs
    >>> Rearranged(problem, eigenpairs(candidate(problem)), 0)(np.array([[1, 0]])).round(6)
    array([2.])
    """

    def __init__(self, problem: Problem, found: Eigenpairs, d: int) -> None:
        self.problem, self.d = problem, d
        rotated = problem.z @ found.vectors
        self.first, others = rotated[:, :d], rotated[:, d:]
        self.basis = np.linalg.qr(self.first)[0]
        self.explained = self.basis @ (self.basis.T @ others)
        self.rest = others - self.explained
        if d:
            self.factor = scipy.linalg.cholesky(self.rest.T @ self.rest, check_finite=False)

    def __call__(self, orders: Any) -> FloatArray:
        """(b,) statistics for (b, n) permutations."""
        return np.array([remaining(self.problem, self.predictors(order), self.d) for order in orders])

    def predictors(self, order: Any) -> FloatArray:
        """(n, p) the first directions, and the permuted rest with the covariance that it had."""
        moved = self.rest[order]
        if not self.d:
            return np.asarray(moved)
        moved = moved - self.basis @ (self.basis.T @ moved)
        factor = scipy.linalg.cholesky(moved.T @ moved, check_finite=False)
        white = scipy.linalg.solve_triangular(factor, moved.T, trans="T", check_finite=False).T
        return np.asarray(np.hstack([self.first, self.explained + white @ self.factor]))


def permuted(
    problem: Problem,
    found: Eigenpairs,
    d: int,
    *,
    n_resamples: int,
    seed: np.random.SeedSequence,
    n_jobs: int | None = None,
    progress: Progress = False,
) -> NullDistribution:
    """Null distribution of the statistic of "at most d directions".

    Parameters
    ----------
    problem : Problem
    found : Eigenpairs
        Of its candidate matrix.
    d : int
    n_resamples : int
    seed : SeedSequence
        Each d draws from its own stream.
    n_jobs, progress
        As in `stattools.resampling.resample`.

    Raises
    ------
    InvalidParameterError
        There are too few rows to permute beside d directions.

    Examples
    --------
    >>> from stattools.sdr.candidates import eigenpairs
    >>> z = np.array([[-1.5], [-0.5], [0.5], [1.5]]) / 1.25**0.5
    >>> problem = Problem("sir", z, np.array([0, 0, 1, 1]))
    >>> permuted(problem, eigenpairs(candidate(problem)), 0, n_resamples=99, seed=np.random.SeedSequence(1)).pvalue
    0.3333333333333333
    """
    if d and problem.n <= problem.p + d:
        raise InvalidParameterError(
            f"{problem.n} observations of {problem.p} columns are too few to permute what is left beside {d} "
            "directions; only n_directions=0 can be tested"
        )
    joint = resample(
        Rearranged(problem, found, d),
        RowPermutation(n_resamples, n=problem.n),
        rng=_random.child_seed(seed, d),
        n_jobs=n_jobs,
        progress=progress,
        tolerance=ROUNDING,
    )
    return joint.marginal()


def permutation_pvalues(
    problem: Problem, found: Eigenpairs, *, level: float, most: int, n_resamples: int, seed: np.random.SeedSequence
) -> FloatArray:
    """(most,) p-values of "at most d directions", from d = 0 up to the first above the level; NaN from there on.

    Examples
    --------
    >>> from stattools.sdr.candidates import eigenpairs
    >>> z = np.array([[-1.5], [-0.5], [0.5], [1.5]]) / 1.25**0.5
    >>> problem = Problem("sir", z, np.array([0, 0, 1, 1]))
    >>> found = eigenpairs(candidate(problem))
    >>> permutation_pvalues(problem, found, level=0.05, most=1, n_resamples=99, seed=np.random.SeedSequence(1)).round(2)
    array([0.33])
    """
    pvalues = np.full(most, np.nan)
    for d in range(most):
        pvalues[d] = permuted(problem, found, d, n_resamples=n_resamples, seed=seed).pvalue
        if pvalues[d] > level:
            break
    return pvalues
