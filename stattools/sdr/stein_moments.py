"""Candidate matrices from moments of responses with scores, and permutation tests of how many directions they have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools import _random
from stattools._typing import FloatArray
from stattools.resampling import JointNull, RowPermutation, resample
from stattools.results import serialization
from stattools.rkhs.spectra import top_eigenpairs
from stattools.sdr.pairing import TIE, needed
from stattools.sdr.stein_scores import Scores, covariance_of, normal_scores

ORDERS = ("both", "first", "second")
POOLINGS = ("squares", "mean")
SECOND_WEIGHT = 0.5


@serialization.register
@dataclass(frozen=True)
class Moments:
    """Which moments make a candidate matrix.

    Attributes
    ----------
    order : {"both", "first", "second"}
    pooling : {"squares", "mean"}
        Of second-order moments M_j over responses: sum of M_j^2, or the square of their sum.
    weight : float
        Of the second order beside the first where there are both.

    Examples
    --------
    >>> Moments("first").parts
    (True, False)
    """

    order: str = "both"
    pooling: str = "squares"
    weight: float = SECOND_WEIGHT

    @property
    def parts(self) -> tuple[bool, bool]:
        """Whether first and second moments take part."""
        return self.order != "second", self.order != "first"

    @property
    def second_weight(self) -> float:
        """Weight of the second order: 1 where it stands alone."""
        return self.weight if self.order == "both" else 1.0


@dataclass(frozen=True, eq=False)
class Directions:
    """All eigenpairs of a candidate matrix.

    Attributes
    ----------
    eigenvalues : (p,) float64
        Decreasing.
    vectors : (p, p) float64
        In coordinates of the scores.
    first_order : (p,) float64
        What the first order contributes to each eigenvalue; the second contributes the rest.
    """

    eigenvalues: FloatArray
    vectors: FloatArray
    first_order: FloatArray


def first_order(scores: Scores, responses: FloatArray) -> FloatArray:
    """(p, p) sum over responses of m_j m_j', for the means m_j of y_j s.

    Examples
    --------
    >>> z = np.array([[1.0], [-1.0]])
    >>> first_order(Scores(z, None, np.eye(1), True), np.array([[2.0], [-2.0]]))
    array([[4.]])
    """
    moments = scores.first_moments(responses)
    return np.asarray(moments.T @ moments)


def second_order(scores: Scores, responses: FloatArray, pooling: str = "squares") -> FloatArray:
    """(p, p) sum over responses of M_j^2, for the means M_j of y_j T, or (sum of M_j)^2 with pooling "mean".

    O(n p^2 q), or O(n p^2) with pooling "mean".

    Examples
    --------
    >>> z = np.array([[1.0], [-1.0], [2.0], [-2.0]])
    >>> second_order(Scores(z, None, np.eye(1), True), np.array([[-1.0], [-1.0], [1.0], [1.0]]))
    array([[2.25]])
    """
    columns = responses.sum(axis=1, keepdims=True) if pooling == "mean" else responses
    total = np.zeros((scores.first.shape[1],) * 2)
    for response in columns.T:
        moment = scores.second_moment(response)
        total += moment @ moment
    return total


def candidate(scores: Scores, responses: FloatArray, moments: Moments) -> FloatArray:
    """(p, p) positive semidefinite candidate matrix, for (n, q) responses of mean zero.

    Examples
    --------
    >>> z = np.array([[1.0], [-1.0]])
    >>> candidate(Scores(z, None, np.eye(1), True), np.array([[2.0], [-2.0]]), Moments())
    array([[4.]])
    """
    with_first, with_second = moments.parts
    total = first_order(scores, responses) if with_first else np.zeros((scores.first.shape[1],) * 2)
    if with_second:
        total += moments.second_weight * second_order(scores, responses, moments.pooling)
    return np.asarray(0.5 * (total + total.T))


def directions(scores: Scores, responses: FloatArray, moments: Moments) -> Directions:
    """Eigenpairs of the candidate matrix.

    Examples
    --------
    >>> z = np.array([[1.0], [-1.0]])
    >>> directions(Scores(z, None, np.eye(1), True), np.array([[2.0], [-2.0]]), Moments()).first_order
    array([4.])
    """
    values, vectors = top_eigenpairs(candidate(scores, responses, moments), scores.first.shape[1])
    linear = np.zeros(len(values))
    if moments.parts[0]:
        linear = np.sum((scores.first_moments(responses) @ vectors) ** 2, axis=0)
    return Directions(np.maximum(values, 0.0), vectors, linear)


# how many ------------------------------------------------------------------------------------------------------------
@serialization.register
@dataclass(frozen=True, eq=False)
class PermutationTests:
    """Tests of "at most d directions" for d = 0, 1, ... up to the first that is not rejected.

    Attributes
    ----------
    statistics : (K,) float64
        Eigenvalue d + 1.
    pvalues : (K,) float64
    n_components : int
        The first d that is not rejected, or K.
    n_resamples : int
    level : float

    Examples
    --------
    >>> PermutationTests(np.array([2.0, 0.1]), np.array([0.01, 0.6]), 1, 99, 0.05).n_components
    1
    """

    statistics: FloatArray
    pvalues: FloatArray
    n_components: int
    n_resamples: int
    level: float


def independence_null(
    scores: Scores, responses: FloatArray, moments: Moments, *, n_resamples: int, rng: Any, **options: Any
) -> JointNull:
    """Largest eigenvalue, and the sum of all, over random pairings of rows of scores and of responses.

    Options are `n_jobs` and `progress` of `stattools.resampling.resample`.
    """
    scheme = RowPermutation(n_resamples, n=len(responses))
    statistic = _Paired(scores, responses, moments, needed(n_resamples))
    return resample(statistic, scheme, rng=rng, tolerance=TIE, **options)


@dataclass(frozen=True)
class _Paired:
    scores: Scores
    responses: FloatArray
    moments: Moments
    n_needed: int | None

    def __call__(self, orders: Any) -> FloatArray:
        found = np.zeros((len(orders), 2))
        for b, rows in enumerate(orders[: self.n_needed]):
            matrix = candidate(self.scores, self.responses[rows], self.moments)
            found[b] = top_eigenpairs(matrix, 1)[0][0], np.trace(matrix)
        return found


def sequential_tests(
    x: FloatArray,
    responses: FloatArray,
    moments: Moments,
    *,
    shrinkage: float,
    white: bool,
    most: int,
    n_resamples: int,
    level: float,
    rng: np.random.SeedSequence,
) -> PermutationTests:
    """Test "at most d directions" for d = 0, 1, ..., with normal scores, until one is not rejected.

    Parameters
    ----------
    x : (n, p) float64
    responses : (n, q) float64
        Of mean zero.
    moments : Moments
    shrinkage : float
        Intensity that the fit used, held for all permutations.
    white : bool
        Coordinates of the scores.
    most : int
        Hypotheses d = 0 to `most` - 1 at most.
    n_resamples : int
    level : float
    rng : SeedSequence
        Step d draws from its child d.

    Returns
    -------
    PermutationTests

    Notes
    -----
    Under "at most d directions" the responses depend on x through B'x alone. Normal predictors are B'x and a residual
    that is independent of it, hence of the responses too. Rows of the residuals from the regression of x on the d
    estimated components are permuted, the covariance and the candidate matrix are computed anew from the predictors put
    together again, and eigenvalue d + 1 is compared with those of the permutations. For d = 0 this is the pairing at
    random, whose level is exact for whatever law of x.
    """
    scores = _scores(x, shrinkage, white)
    coefficients = scores.basis @ directions(scores, responses, moments).vectors
    statistics, pvalues = [], []
    for d in range(most):
        null = tail_null(
            x, responses, moments, coefficients[:, :d],
            shrinkage=shrinkage, white=white, n_resamples=n_resamples, rng=_random.child_seed(rng, d),
        ).marginal()  # fmt: skip
        statistics.append(null.observed)
        pvalues.append(null.pvalue)
        if null.pvalue > level:
            break
    kept = len(pvalues) - int(pvalues[-1] > level)
    return PermutationTests(np.array(statistics), np.array(pvalues), kept, n_resamples, level)


def tail_null(
    x: FloatArray,
    responses: FloatArray,
    moments: Moments,
    coefficients: FloatArray,
    *,
    shrinkage: float,
    white: bool,
    n_resamples: int,
    rng: Any,
    **options: Any,
) -> JointNull:
    """Eigenvalue d + 1 when rows of what (p, d) coefficients do not explain of the predictors are permuted.

    Options are `n_jobs` and `progress` of `stattools.resampling.resample`.
    """
    statistic = _Tail.of(
        x, x @ coefficients, responses, moments,
        shrinkage=shrinkage, white=white, n_needed=needed(n_resamples),
    )  # fmt: skip
    return resample(statistic, RowPermutation(n_resamples, n=len(x)), rng=rng, tolerance=TIE, **options)


def _scores(x: FloatArray, shrinkage: float, white: bool) -> Scores:
    return normal_scores(x, covariance_of(x, shrinkage), white=white)


@dataclass(frozen=True)
class _Tail:
    """Orders of the rows of residuals (b, n) to the eigenvalue after the first d."""

    explained: FloatArray
    residual: FloatArray
    responses: FloatArray
    moments: Moments
    d: int
    shrinkage: float
    white: bool
    n_needed: int | None

    @classmethod
    def of(
        cls, x: FloatArray, components: FloatArray, responses: FloatArray, moments: Moments, **options: Any
    ) -> _Tail:
        d = components.shape[1]
        basis = np.linalg.qr(components - components.mean(axis=0))[0]
        centred = x - x.mean(axis=0)
        explained = basis @ (basis.T @ centred)
        return cls(explained, centred - explained, responses, moments, d, **options)

    def __call__(self, orders: Any) -> FloatArray:
        found = np.zeros(len(orders))
        for b, rows in enumerate(orders[: self.n_needed]):
            found[b] = self.value(rows)
        return found

    def value(self, rows: Any) -> float:
        scores = _scores(self.explained + self.residual[rows], self.shrinkage, self.white)
        matrix = candidate(scores, self.responses, self.moments)
        return float(top_eigenpairs(matrix, self.d + 1)[0][-1])
