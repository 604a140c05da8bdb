"""Tail probabilities of weighted sums of chi-square variables."""

from __future__ import annotations

import numpy as np
from scipy import stats

from stattools._typing import FloatArray

OUTSIDE = 1e-10
"""Probability that the sum exceeds the period on which its law is inverted."""
ACCURACY = 1e-9
MOST_TERMS = 2**20
FIRST_CHUNK, LARGEST_CHUNK = 2**8, 2**14
GRID = np.linspace(0.002, 0.4999, 200)
NEGLIGIBLE = 1e-12
"""Weights below this share of the largest are rounding."""


def weighted_chi2_sf(statistic: float, weights: FloatArray, freedoms: FloatArray | None = None) -> float:
    """P(sum of w_k chi2_k > statistic) for independent chi-square variables.

    Parameters
    ----------
    statistic : float
    weights : (k,) float64
        Not negative.
    freedoms : (k,) float64, optional
        Degrees of freedom; 1 by default.

    Returns
    -------
    float
        Within about 1e-8, or below 1e-9 where it is that small; 1 without a positive weight.

    Notes
    -----
    The characteristic function phi is inverted on a grid u_k = (k + 1/2) d [1]_: the distribution function is
    1/2 - sum_k Im(phi(u_k) exp(-i u_k q)) / (pi (k + 1/2)), but for the probability outside a period 2 pi / d, which
    is chosen by Chernoff's bound so that 1e-10 is left. Beyond it the bound itself is returned. Equal weights are a
    chi-square law. O(k) time a term; a few hundred terms for ten weights, up to a million for two.

    References
    ----------
    .. [1] Davies (1980), Algorithm AS 155: the distribution of a linear combination of chi-square random variables,
       Applied Statistics 29(3), 323-333.

    Examples
    --------
    >>> round(weighted_chi2_sf(5.991464547, np.ones(2)), 6)
    0.05
    """
    w = np.asarray(weights, dtype=np.float64)
    m = np.ones_like(w) if freedoms is None else np.asarray(freedoms, dtype=np.float64)
    used = w > NEGLIGIBLE * max(float(w.max(initial=0.0)), 0.0)
    w, m = w[used], m[used]
    if not len(w) or statistic <= 0:
        return 1.0
    if np.ptp(w) <= 1e-10 * w.max():
        return float(stats.chi2.sf(statistic / w.mean(), m.sum()))
    scale = float(w.max())
    return _inverted(float(statistic) / scale, w / scale, m)


def _inverted(q: float, w: FloatArray, m: FloatArray) -> float:
    """As above for weights whose largest is one."""
    tail = _far_point(w, m)
    if q > tail:
        return float(_chernoff(q, w, m))
    step = 2.0 * np.pi / (2.0 * tail)
    total, start, size = 0.0, 0, FIRST_CHUNK
    while start < MOST_TERMS:
        k = np.arange(start, start + size) + 0.5
        u = k * step
        log_size, phase = np.zeros(size), -u * q
        for weight, freedom in zip(w, m, strict=True):
            log_size -= 0.25 * freedom * np.log1p((2.0 * weight * u) ** 2)
            phase += 0.5 * freedom * np.arctan(2.0 * weight * u)
        terms = np.exp(log_size) * np.sin(phase) / (np.pi * k)
        total += float(terms.sum())
        start += size
        size = min(2 * size, LARGEST_CHUNK)
        if np.exp(log_size[-1]) / (np.pi * k[-1]) < ACCURACY:
            break
    return float(np.clip(0.5 + total, 0.0, 1.0))


def _far_point(w: FloatArray, m: FloatArray) -> float:
    """Smallest value that the sum exceeds with a probability below OUTSIDE, by Chernoff's bound."""
    t, logs = _cumulants(w, m)
    return float(np.min((logs - np.log(OUTSIDE)) / t))


def _chernoff(q: float, w: FloatArray, m: FloatArray) -> float:
    """Smallest exp(-t q) E exp(t Q) over a grid of t below 1/2."""
    t, logs = _cumulants(w, m)
    return float(np.exp(min(0.0, float((logs - t * q).min()))))


def _cumulants(w: FloatArray, m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A grid of t, and log E exp(t Q) there."""
    return GRID, np.asarray(-0.5 * (m @ np.log1p(-2.0 * np.outer(w, GRID))))
