"""Limits of a mean from the wealth of bets against its values, for a sample of fixed size."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from stattools import _random
from stattools._typing import FloatArray
from stattools.bounds.betting import _kernels

EPS = 2.0**-52


def betting_limit(losses: FloatArray, log_level: float, side: str) -> float:
    """The limit at which the wealth has reached 1 / delta at some time.

    Parameters
    ----------
    losses : (n,) float64
        In [0, 1], in the order in which they came.
    log_level : float
        ln(1 / delta).
    side : {"upper", "lower"}

    Notes
    -----
    The wealth ``prod(1 - b_i (X_i - m))`` with bets ``b_i = min(sqrt(2 ln(1 / delta) / (n v_{i-1})), 1 / (2 (1 - m)))``
    is a nonnegative martingale under the mean m, so that it reaches 1 / delta with probability at most delta. Every
    factor grows with m, capped or not, hence bisection is exact (derived here).

    Examples
    --------
    >>> x = np.random.default_rng(0).beta(2, 18, 1000)
    >>> round(betting_limit(x, np.log(20), "upper"), 5)
    0.10258
    """
    x = losses if side == "upper" else 1.0 - losses
    bets = _kernels.predictable_bets(x, log_level, x.size)
    limit = _kernels.smallest_rejected(x, bets, safe_threshold(log_level, x.size))
    return float(limit) if side == "upper" else 1.0 - float(limit)


def safe_threshold(log_level: float, n: int) -> float:
    """ln(1 / delta), raised by what n factors lose to rounding.

    Examples
    --------
    >>> safe_threshold(3.0, 1000) > 3.0
    True
    """
    return log_level + 4.0 * n * EPS


def shuffled_limit(
    losses: FloatArray, log_level: float, side: str, n_shuffles: int, seed: np.random.SeedSequence
) -> float:
    """The limit at which the final wealth, averaged over random orders of the losses, reaches 1 / delta.

    The average of martingales started at 1 has mean 1, and Markov's inequality does the rest; the average over orders
    of limits would have no such guarantee. Time and memory are `n_shuffles` times those of one order.

    Examples
    --------
    >>> x = np.random.default_rng(0).beta(2, 18, 1000)
    >>> round(shuffled_limit(x, np.log(20), "upper", 10, np.random.SeedSequence(1)), 3)
    0.103
    """
    x = losses if side == "upper" else 1.0 - losses
    orders = [_random.generator(seed, i).permutation(x) for i in range(n_shuffles)]
    bets = [_kernels.predictable_bets(order, log_level, x.size) for order in orders]
    threshold = safe_threshold(log_level, x.size) + math.log(n_shuffles)

    def rejected(m: float) -> bool:
        logs = np.array([_kernels.final_log_wealth(order, b, m) for order, b in zip(orders, bets, strict=True)])
        top = float(np.max(logs))
        return top + math.log(math.fsum(np.exp(logs - top))) >= threshold

    limit = _smallest(rejected) if rejected(1.0) else 1.0
    return limit if side == "upper" else 1.0 - limit


def _smallest(rejected: Callable[[float], bool]) -> float:
    """From above, the smallest m in [0, 1] from which on all are rejected."""
    low, high = 0.0, 1.0
    while high - low > 1e-12 * high:
        middle = 0.5 * (low + high)
        low, high = (low, middle) if rejected(middle) else (middle, high)
    return high
