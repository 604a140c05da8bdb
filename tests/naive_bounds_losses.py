"""Slow and obvious twins of the kernels behind test-set bounds."""

import math

from scipy import stats
from scipy.optimize import brentq


def binary_kl(q, p):
    total = 0.0
    for a, b in ((q, p), (1 - q, 1 - p)):
        if a > 0:
            total += a * math.log(a / b) if b > 0 else math.inf
    return total


def kl_inverse(q, c, side="upper"):
    """By bisection of p itself, to about 1e-12."""
    low, high = (q, 1.0) if side == "upper" else (0.0, q)
    for _ in range(60):
        middle = (low + high) / 2
        outside = binary_kl(q, middle) > c
        if side == "upper":
            low, high = (low, middle) if outside else (middle, high)
        else:
            low, high = (middle, high) if outside else (low, middle)
    return (low + high) / 2


def binomial_tail_inverse(k, n, delta, side="upper"):
    if side == "lower":
        return 0.0 if k == 0 else brentq(lambda p: stats.binom.sf(k - 1, n, p) - delta, 0, 1, xtol=1e-14)
    return 1.0 if k == n else brentq(lambda p: stats.binom.cdf(k, n, p) - delta, 0, 1, xtol=1e-14)


def bets(x, log_level, n_fixed):
    """Sizes of the bets, each from the losses before it."""
    sizes = []
    for t in range(1, len(x) + 1):
        means = [(0.5 + sum(x[: j + 1])) / (j + 2) for j in range(t - 1)]
        variance = (0.25 + sum((a - m) ** 2 for a, m in zip(x, means, strict=False))) / t
        sizes.append(math.sqrt(2 * log_level / ((n_fixed or t * math.log(1 + t)) * variance)))
    return sizes


def log_wealth(x, sizes, m):
    """The path of the logarithm of the wealth."""
    path, total = [], 0.0
    for value, size in zip(x, sizes, strict=True):
        stake = min(size, 0.5 / (1 - m)) if m < 1 else size
        total += math.log1p(stake * (m - value))
        path.append(total)
    return path


def crossing_time(x, sizes, m, log_threshold):
    for t, value in enumerate(log_wealth(x, sizes, m), 1):
        if value >= log_threshold:
            return t
    return len(x) + 1


def upper_limit(x, log_level, grid):
    """The smallest m of an increasing grid that is rejected by the end."""
    sizes = bets(x, log_level, len(x))
    return next((m for m in grid if crossing_time(x, sizes, m, log_level) <= len(x)), 1.0)
