"""Sampling laws of the rows of a pool, one entry each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from stattools._errors import ConvergenceWarning, warn
from stattools._typing import FloatArray, IntArray
from stattools.wls import conditional, exchange, laws, removal, scores
from stattools.wls.laws import Sample
from stattools.wls.poolsource import PoolSource, proportional
from stattools.wls.rows import Rows
from stattools.wls.spaces import Draw


@dataclass(frozen=True, eq=False)
class PoolProblem:
    """What the laws need.

    rows : the pool. n_new : rows to add. fixed : (g,) rows that are in any design, each once. cost : (N,) or None.
    regularization, p : see `pool_design`. method : a key of `LAWS`.
    """

    rows: Rows
    method: str
    n_new: int
    fixed: IntArray
    cost: FloatArray | None = None
    regularization: float = 0.0
    p: float = 2.0

    @cached_property
    def source(self) -> PoolSource:
        return PoolSource(self.rows)

    @cached_property
    def scores(self) -> FloatArray:
        """(N,) probabilities of a row in one independent draw; they sum to one."""
        values = self._raw_scores()
        if self.cost is not None:
            values = values / np.sqrt(self.cost)
        return np.asarray(values / values.sum())

    def _raw_scores(self) -> FloatArray:
        if self.method == "lewis":
            return scores.lewis_weights_of(self.rows, self.p).weights  # near to converged is as valid a law
        if self.method == "sensitivity":
            # the leverages stabilise the sensitivities, which alone may miss rows that matter together
            return scores.sensitivity_bounds(self.rows, self.p) + self.rows.leverage
        return self.rows.leverage

    @cached_property
    def completion(self) -> conditional.Completion:
        return conditional.completion(self.rows, self.fixed, self.n_new)

    @cached_property
    def reference(self) -> ByScore:
        return ByScore(self.source, self.scores)


@dataclass(frozen=True, eq=False)
class ByScore:
    """Independent rows with given probabilities q, and weights 1 / (N q).

    Examples
    --------
    >>> from stattools.wls.rows import orthonormal_rows
    >>> law = ByScore(PoolSource(orthonormal_rows(np.eye(2))), np.array([0.25, 0.75]))
    >>> law.weights(Draw(np.array([0, 1]), np.eye(2)))
    array([2.        , 0.66666667])
    """

    source: PoolSource
    probabilities: FloatArray

    @cached_property
    def _cumulative(self) -> FloatArray:
        return np.cumsum(self.probabilities)

    def draw(self, generator: np.random.Generator, n: int) -> Draw:
        return self.source.at(proportional(self._cumulative, generator, n))

    def weights(self, draw: Draw) -> FloatArray:
        return np.asarray(1.0 / (len(self.probabilities) * self.probabilities[draw.where]))


def unweighted(problem: PoolProblem, where: IntArray) -> Sample:
    """A design with weights 1, the fixed rows first."""
    draw = problem.source.at(np.concatenate([problem.fixed, where]).astype(np.intp))
    return Sample(draw.where, draw.features, np.ones(len(draw.where)))


# draws ---------------------------------------------------------------------------------------------------------------
def _uniform(problem: PoolProblem, generator: np.random.Generator) -> Sample:
    return unweighted(problem, conditional.uniform_rows(len(problem.rows), problem.fixed, problem.n_new, generator))


def _by_score(problem: PoolProblem, generator: np.random.Generator) -> Sample:
    return laws.independent(problem.source, problem.n_new, generator, problem.reference)


def _volume(problem: PoolProblem, generator: np.random.Generator) -> Sample:
    return unweighted(problem, problem.completion.draw(generator))


def _leveraged_volume(problem: PoolProblem, generator: np.random.Generator) -> Sample:
    return laws.volume_rescaled(problem.source, problem.n_new, generator, problem.reference)


def _repeated_dpp(problem: PoolProblem, generator: np.random.Generator) -> Sample:
    return laws.repeated_dpp(problem.source, problem.n_new, generator)


def _regularized(problem: PoolProblem, generator: np.random.Generator) -> Sample:
    coordinates, anchors = removal.removal_coordinates(problem.rows, problem.regularization)
    kept, _ = removal.remove_to(coordinates, problem.n_new, generator, anchors=anchors)
    return unweighted(problem, kept)


def _d_optimal(problem: PoolProblem, generator: np.random.Generator) -> Sample:
    del generator  # nothing is random
    features = problem.rows.features(np.arange(len(problem.rows)))
    found = exchange.d_optimal_rows(features, len(problem.fixed) + problem.n_new, fixed=problem.fixed)
    if not found.converged:
        warn("exchanges were stopped while they still improved the determinant", ConvergenceWarning)
    return unweighted(problem, np.setdiff1d(found.indices, problem.fixed))


# inclusion probabilities ---------------------------------------------------------------------------------------------
def _included_uniform(problem: PoolProblem) -> FloatArray:
    n = len(problem.rows)
    chances = np.full(n, problem.n_new / max(1, n - len(problem.fixed)))
    chances[problem.fixed] = 1.0
    return chances


def _included_by_score(problem: PoolProblem) -> FloatArray:
    return np.asarray(-np.expm1(problem.n_new * np.log1p(-np.minimum(problem.scores, 1.0 - 1e-16))))


def _included_volume(problem: PoolProblem) -> FloatArray | None:
    """l + (s - d) / (N - d) (1 - l)."""
    if len(problem.fixed):
        return None
    n, rank, leverage = len(problem.rows), problem.rows.rank, np.minimum(problem.rows.leverage, 1.0)
    share = (problem.n_new - rank) / (n - rank) if n > rank else 0.0
    return np.asarray(leverage + share * (1 - leverage))


def _included_leveraged_volume(problem: PoolProblem) -> FloatArray:
    """The DPP misses a row with probability 1 - l, each independent draw with 1 - q."""
    missed = (1 - np.minimum(problem.rows.leverage, 1.0)) * (1 - problem.scores) ** (problem.n_new - problem.rows.rank)
    return np.asarray(1 - missed)


def _included_repeated(problem: PoolProblem) -> FloatArray:
    full, left = divmod(problem.n_new, problem.rows.rank)
    return included_in_blocks(problem.rows, np.array([problem.rows.rank] * full + [left] * (left > 0)))


def included_in_blocks(rows: Rows, sizes: IntArray) -> FloatArray:
    """A draw of the DPP thinned to t rows misses a row with probability 1 - t l / d, and draws are independent.

    Examples
    --------
    >>> from stattools.wls.rows import orthonormal_rows
    >>> included_in_blocks(orthonormal_rows(np.ones((4, 1))), np.array([1, 1]))
    array([0.4375, 0.4375, 0.4375, 0.4375])
    """
    leverage, missed = np.minimum(rows.leverage, 1.0), np.ones(len(rows))
    for size, count in zip(*np.unique(sizes, return_counts=True), strict=True):
        missed *= (1 - size / rows.rank * leverage) ** count
    return np.asarray(1 - missed)


def _included_d_optimal(problem: PoolProblem) -> FloatArray:
    """Nothing is random: one for the rows of the design, zero for the others."""
    chosen = np.zeros(len(problem.rows))
    chosen[_d_optimal(problem, np.random.default_rng(0)).where] = 1.0
    return chosen


def _unknown(problem: PoolProblem) -> None:
    del problem


@dataclass(frozen=True)
class PoolLaw:
    """draw : a design. included : inclusion probabilities. replacement : a row may come twice.

    fixed : the law knows rows that are chosen already. tilted : the law of its independent rows may follow costs.
    simulated : P(S_delta) is estimated by drawing it again.
    """

    draw: Callable[[PoolProblem, np.random.Generator], Sample]
    included: Callable[[PoolProblem], FloatArray | None]
    replacement: bool = False
    fixed: bool = False
    tilted: bool = False
    simulated: bool = True


LAWS = {
    "uniform": PoolLaw(_uniform, _included_uniform, fixed=True),
    "leverage": PoolLaw(_by_score, _included_by_score, replacement=True, tilted=True),
    "volume": PoolLaw(_volume, _included_volume, fixed=True),
    "leveraged_volume": PoolLaw(_leveraged_volume, _included_leveraged_volume, replacement=True, tilted=True),
    "repeated_dpp": PoolLaw(_repeated_dpp, _included_repeated, replacement=True),
    "regularized_volume": PoolLaw(_regularized, _unknown, simulated=False),
    "lewis": PoolLaw(_by_score, _included_by_score, replacement=True),
    "sensitivity": PoolLaw(_by_score, _included_by_score, replacement=True),
    "d_optimal": PoolLaw(_d_optimal, _included_d_optimal, fixed=True, simulated=False),
}
