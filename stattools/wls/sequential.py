"""One draw of a projection determinantal point process, point by point."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from stattools._errors import DegenerateDataError
from stattools._typing import FloatArray
from stattools.wls import _kernels

if TYPE_CHECKING:
    from stattools.wls.spaces import Draw

MOST_PROPOSALS = 200  # times m (1 + ln m): far beyond what a basis of full rank ever needs


class Source(Protocol):
    """Where designs draw their points from: a space of functions, or the rows of a pool."""

    @property
    def dim(self) -> int: ...

    def draw_measure(self, generator: np.random.Generator, n: int) -> Draw: ...

    def draw_optimal(self, generator: np.random.Generator, n: int) -> Draw: ...

    def draw_ensemble(self, generator: np.random.Generator) -> Draw | None: ...


def draw_dpp(source: Source, generator: np.random.Generator) -> Draw:
    """One draw: m points in random order.

    A random matrix gives it where the source has one; else points are added one at a time. Given the points so far, the
    next has density ||(I - P) phi(x)||^2 / (m - j) with respect to mu, P the projection on their features; it is drawn
    by proposals from the optimal measure, of which m H_m are expected in all, H_m the harmonic number [1]_.

    Raises
    ------
    DegenerateDataError
        The features do not span m dimensions at the points that can be proposed.

    References
    ----------
    .. [1] Hough, Krishnapur, Peres and Virag (2006), Determinantal processes and independence, Probability Surveys 3,
       algorithm 18; the bound on proposals is its chain rule with rejection, summed over steps.

    Examples
    --------
    >>> from stattools.wls import PolynomialSpace
    >>> draw_dpp(PolynomialSpace("legendre", degree=2), np.random.default_rng(0)).where.shape
    (3, 1)
    """
    ensemble = source.draw_ensemble(generator)
    return ensemble if ensemble is not None else by_rejection(source, generator)


def by_rejection(source: Source, generator: np.random.Generator) -> Draw:
    """`draw_dpp` without random matrices.

    Examples
    --------
    >>> from stattools.wls import PolynomialSpace
    >>> by_rejection(PolynomialSpace("legendre", degree=2), np.random.default_rng(0)).features.shape
    (3, 3)
    """
    rank = source.dim
    basis = np.zeros((-(-rank // 8), rank, 8))
    accepted = np.zeros(rank, dtype=np.int64)
    where: list[Any] = []
    features: list[FloatArray] = []
    reached, proposals = 0, 0
    while reached < rank:
        block = source.draw_optimal(generator, _block_size(rank, reached))
        uniforms = generator.random(len(block.features))
        before = reached
        reached, used = _kernels.accept_proposals(block.features, uniforms, basis, before, accepted)
        chosen = accepted[before:reached]
        where.append(block.where[chosen])
        features.append(block.features[chosen])
        proposals += used
        if proposals > MOST_PROPOSALS * rank * (1 + math.log(rank)):
            raise DegenerateDataError(
                f"a draw of the DPP stopped at {reached} of {rank} points after {proposals} proposals; the basis "
                "functions are linearly dependent at the points that can be drawn"
            )
    order = generator.permutation(rank)
    if len(where) == 1:
        return type(block)(where[0][order], features[0][order])
    return type(block)(np.concatenate(where)[order], np.concatenate(features)[order])


@functools.lru_cache(maxsize=1024)
def _block_size(rank: int, reached: int) -> int:
    """Proposals that are expected to suffice for the rest, and a few more."""
    expected = rank * sum(1.0 / k for k in range(1, rank - reached + 1))
    return math.ceil(1.15 * expected) + 16
