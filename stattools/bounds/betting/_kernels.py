"""Kernels of bets. Arrays and scalars in, arrays and scalars out.

Wealth is kept as ``w * 2^(400 e)`` with w in [1, 2^400), which neither overflows nor underflows and costs no logarithm.
Losses are in [0, 1], and a bet says that the mean is below m.
"""

import numpy as np

from stattools._numba import njit

HUGE = 2.0**400
LOG_HUGE = 400.0 * 0.6931471805599453


@njit
def predictable_bets(x, log_level, n_fixed):
    """How much is staked on each loss, from the losses before it.

    Parameters
    ----------
    x : (n,) float64
    log_level : float
        ln(1 / delta).
    n_fixed : int
        The size of the sample the bets are tuned to; 0 for all sizes alike.

    Returns
    -------
    (n,) float64
        ``sqrt(2 ln(1 / delta) / (n v))`` with the regularized variance v of the earlier losses; for all sizes the n
        is ``t ln(1 + t)``.
    """
    n = x.size
    bets = np.empty(n)
    total, squares = 0.5, 0.25
    for i in range(n):
        t = i + 1.0
        size = float(n_fixed) if n_fixed > 0 else t * np.log1p(t)
        bets[i] = np.sqrt(2.0 * log_level / (size * squares / t))
        total += x[i]
        squares += (x[i] - total / (t + 1.0)) ** 2
    return bets


@njit
def crossing_time(x, bets, m, log_threshold):
    """The first time at which the wealth reaches a threshold, from 1; n + 1 when it never does.

    Parameters
    ----------
    x, bets : (n,) float64
    m : float
        In [0, 1]. Half of what could be lost at one step is the most that is staked.
    log_threshold : float
        At least 0.
    """
    top = np.floor(log_threshold / LOG_HUGE)
    level = np.exp(log_threshold - top * LOG_HUGE)
    cap = 0.5 / (1.0 - m) if m < 1.0 else np.inf
    w, e = 1.0, 0.0
    for i in range(x.size):
        w *= 1.0 + min(bets[i], cap) * (m - x[i])
        if w < 1.0:
            w *= HUGE
            e -= 1.0
        elif w >= HUGE:
            w /= HUGE
            e += 1.0
        if e >= top and (w >= level or e > top):
            return i + 1
    return x.size + 1


@njit
def final_log_wealth(x, bets, m):
    """ln of the wealth after the last loss.

    Parameters
    ----------
    x, bets : (n,) float64
    m : float
        In [0, 1].
    """
    cap = 0.5 / (1.0 - m) if m < 1.0 else np.inf
    w, e = 1.0, 0.0
    for i in range(x.size):
        w *= 1.0 + min(bets[i], cap) * (m - x[i])
        if w < 1.0:
            w *= HUGE
            e -= 1.0
        elif w >= HUGE:
            w /= HUGE
            e += 1.0
    return np.log(w) + e * LOG_HUGE


@njit
def smallest_rejected(x, bets, log_threshold):
    """The smallest m that is rejected by the end, from above; 1 when none is.

    Parameters
    ----------
    x, bets : (n,) float64
    log_threshold : float

    Returns
    -------
    float
        The wealth grows with m, so bisection finds it, to the last bit.
    """
    low, high = 0.0, 1.0
    if crossing_time(x, bets, high, log_threshold) > x.size:
        return 1.0
    while True:
        middle = 0.5 * (low + high)
        if middle <= low or middle >= high or high - low <= 1e-15 * high:
            return high
        if crossing_time(x, bets, middle, log_threshold) <= x.size:
            high = middle
        else:
            low = middle


@njit
def limits_over_time(x, bets, means, log_threshold, resolution):
    """The smallest m that is rejected by time t, from above, for all t.

    Parameters
    ----------
    x, bets : (n,) float64
    means : (n,) float64
        Mean of the first t losses.
    log_threshold : float
    resolution : float
        Values of m are tried until neighbours are closer than this share of their distance to the mean at that time,
        or are rejected at the same time.

    Returns
    -------
    (n,) float64
        Falling, with 1 before anything is rejected; the last one to the last bit.
    """
    n = x.size
    limits = np.ones(n)
    lowest = smallest_rejected(x, bets, log_threshold)
    time_of_one = crossing_time(x, bets, 1.0, log_threshold)
    if time_of_one > n:
        return limits
    stack = np.empty((200, 4))
    stack[0, 0], stack[0, 1] = lowest, crossing_time(x, bets, lowest, log_threshold)
    stack[0, 2], stack[0, 3] = 1.0, time_of_one
    limits[int(stack[0, 1]) - 1] = lowest
    size = 1
    while size > 0:
        size -= 1
        low, late, high, early = stack[size, 0], stack[size, 1], stack[size, 2], stack[size, 3]
        width = max(high - means[int(early) - 1], 1e-12)
        middle = 0.5 * (low + high)
        if late <= early or high - low <= resolution * width or middle <= low or middle >= high:
            continue
        t = float(crossing_time(x, bets, middle, log_threshold))
        limits[int(t) - 1] = min(limits[int(t) - 1], middle)
        stack[size, 0], stack[size, 1], stack[size, 2], stack[size, 3] = low, late, middle, t
        size += 1
        stack[size, 0], stack[size, 1], stack[size, 2], stack[size, 3] = middle, t, high, early
        size += 1
    for i in range(1, n):
        limits[i] = min(limits[i], limits[i - 1])
    return limits
