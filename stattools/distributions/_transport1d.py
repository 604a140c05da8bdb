"""Exact optimal transport between weighted points on the line and on the circle. Arrays and scalars in and out.

A measure is a pair of arrays: its atoms in increasing order, and the cumulated masses, the last of which is 1. Many
measures are stored one after the other, with the position where each starts.
"""

import numpy as np

from stattools._numba import njit

TIE = 2e-15
"""Cumulated masses this close are one level. Compensated sums keep their error below it, and a sliver of rounding
between two equal levels would otherwise cost its width times the squared distance of two unrelated atoms."""

BELOW_ONE = 1.0 - 2.0**-53
"""Bound of all cumulated masses but the last."""


@njit
def compress(values, weights, atoms, cumulative, start):
    """Append one measure: drop empty atoms, join equal ones, cumulate the masses.

    Parameters
    ----------
    values : (n,) float64
        Increasing.
    weights : (n,) float64
        Non-negative with sum 1 up to rounding.
    atoms, cumulative : (m,) float64, written to
    start : int
        Where the measure begins in `atoms`.

    Returns
    -------
    int
        Where it ends.
    """
    total, lost, end = 0.0, 0.0, start
    for k in range(len(values)):
        weight = weights[k]
        if weight <= 0.0:
            continue
        term = weight - lost
        larger = total + term
        lost = (larger - total) - term
        total = larger
        if end == start or values[k] != atoms[end - 1]:
            atoms[end] = values[k]
            end += 1
        cumulative[end - 1] = min(total, BELOW_ONE)
    cumulative[end - 1] = 1.0
    return end


@njit
def compress_shared(values, order, masses):
    """Measures on one support, seen through one slice.

    Parameters
    ----------
    values : (n,) float64
        The slice at the nodes, increasing.
    order : (n,) intp
        The node that holds each value.
    masses : (N, n) float64

    Returns
    -------
    atoms, cumulative : (m,) float64
    starts : (N + 1,) intp
    """
    n_measures, n_nodes = masses.shape
    atoms = np.empty(n_measures * n_nodes)
    cumulative = np.empty(n_measures * n_nodes)
    starts = np.zeros(n_measures + 1, np.intp)
    weights = np.empty(n_nodes)
    for i in range(n_measures):
        for k in range(n_nodes):
            weights[k] = masses[i, order[k]]
        starts[i + 1] = compress(values, weights, atoms, cumulative, starts[i])
    return atoms, cumulative, starts


@njit
def compress_ragged(values, weights, offsets):
    """Measures with atoms of their own, each sorted.

    Parameters
    ----------
    values : (M,) float64
        Increasing inside each segment.
    weights : (M,) float64, or empty
        Empty: the atoms of a measure weigh the same.
    offsets : (N + 1,) intp
        Measure i is ``values[offsets[i]:offsets[i + 1]]``.

    Returns
    -------
    atoms, cumulative : (m,) float64
    starts : (N + 1,) intp
    """
    n_measures = len(offsets) - 1
    atoms = np.empty(len(values))
    cumulative = np.empty(len(values))
    starts = np.zeros(n_measures + 1, np.intp)
    for i in range(n_measures):
        low, high = offsets[i], offsets[i + 1]
        if len(weights):
            starts[i + 1] = compress(values[low:high], weights[low:high], atoms, cumulative, starts[i])
            continue
        end = starts[i]
        for k in range(low, high):
            if k == low or values[k] != atoms[end - 1]:
                atoms[end] = values[k]
                end += 1
            cumulative[end - 1] = (k - low + 1) / (high - low)  # equal fractions round to equal numbers
        starts[i + 1] = end
    return atoms, cumulative, starts


@njit
def first_above(levels, start, stop, level):
    """Position of the first of ``levels[start:stop]`` that exceeds `level`; the last, which is 1, always does."""
    low, high = start, stop - 1
    while low < high:
        middle = (low + high) // 2
        if levels[middle] > level:
            high = middle
        else:
            low = middle + 1
    return low


@njit
def merge_step(x, x_levels, i, y, y_levels, j, done, power):
    """Match the atoms i and j up to the lower of their levels and move on from that one.

    There is no branch: which level is lower cannot be predicted. A width within `TIE` costs nothing and is left to the
    next step.

    Returns
    -------
    cost : float
    i, j : int
    done : float
        The level up to which mass is matched.
    """
    level_x, level_y = x_levels[i], y_levels[j]
    difference = x[i] - y[j]
    piece = difference * difference if power == 2 else abs(difference)
    reach = min(level_x, level_y)
    width = reach - done
    counts = width > TIE
    x_moves = level_x < level_y
    return width * piece if counts else 0.0, i + x_moves, j + 1 - x_moves, reach if counts else done


@njit
def merge_cost(x, x_levels, x_start, x_stop, y, y_levels, y_start, y_stop, power):
    """Integral over (0, 1) of the distance between two quantile functions, to the power 1 or 2.

    The levels below and above 1/2 are merged side by side: each step of a merge waits for the one before, and two
    merges fill the time.

    Parameters
    ----------
    x, y : float64
        Atoms; the two measures are ``x[x_start:x_stop]`` and ``y[y_start:y_stop]``.
    x_levels, y_levels : float64
        Cumulated masses.
    power : {1, 2}

    Returns
    -------
    float
    """
    i, j, low_done, low_cost = x_start, y_start, 0.0, 0.0
    k = first_above(x_levels, x_start, x_stop, 0.5)
    m = first_above(y_levels, y_start, y_stop, 0.5)
    high_done, high_cost = 0.0, 0.0
    if k > x_start:
        high_done = x_levels[k - 1]
    if m > y_start:
        high_done = max(high_done, y_levels[m - 1])
    low_steps, high_steps = k - i + m - j, x_stop - 1 - k + y_stop - 1 - m
    both = min(low_steps, high_steps)
    for _ in range(both):
        cost, i, j, low_done = merge_step(x, x_levels, i, y, y_levels, j, low_done, power)
        low_cost += cost
        cost, k, m, high_done = merge_step(x, x_levels, k, y, y_levels, m, high_done, power)
        high_cost += cost
    for _ in range(low_steps - both):
        cost, i, j, low_done = merge_step(x, x_levels, i, y, y_levels, j, low_done, power)
        low_cost += cost
    for _ in range(high_steps - both):
        cost, k, m, high_done = merge_step(x, x_levels, k, y, y_levels, m, high_done, power)
        high_cost += cost
    difference = x[k] - y[m]
    piece = difference * difference if power == 2 else abs(difference)
    return low_cost + high_cost + (1.0 - high_done) * piece


@njit
def add_line_costs(x, x_levels, x_starts, y, y_levels, y_starts, power, symmetric, weight, costs):
    """Add `weight` times the transport cost of every pair of measures to `costs`.

    Parameters
    ----------
    x, x_levels, x_starts : atoms, cumulated masses and starts of N measures
    y, y_levels, y_starts : the same of K measures
    power : {1, 2}
    symmetric : bool
        x and y are the same measures: each pair is computed once.
    weight : float
    costs : (N, K) float64, written to
    """
    for i in range(len(x_starts) - 1):
        for j in range(i + 1 if symmetric else 0, len(y_starts) - 1):
            cost = weight * merge_cost(
                x, x_levels, x_starts[i], x_starts[i + 1], y, y_levels, y_starts[j], y_starts[j + 1], power
            )
            costs[i, j] += cost
            if symmetric:
                costs[j, i] += cost


@njit
def add_shared_costs(values, order, x_masses, y_masses, power, symmetric, weights, costs):
    """Add the weighted transport costs of all pairs over several slices of one support.

    Parameters
    ----------
    values, order : (S, n)
        Sorted slices, and the node that holds each value.
    x_masses, y_masses : (N, n) and (K, n) float64
    power : {1, 2}
    symmetric : bool
    weights : (S,) float64
    costs : (N, K) float64, written to
    """
    for s in range(len(weights)):
        x, x_levels, x_starts = compress_shared(values[s], order[s], x_masses)
        if symmetric:
            add_line_costs(x, x_levels, x_starts, x, x_levels, x_starts, power, True, weights[s], costs)
        else:
            y, y_levels, y_starts = compress_shared(values[s], order[s], y_masses)
            add_line_costs(x, x_levels, x_starts, y, y_levels, y_starts, power, False, weights[s], costs)


@njit
def add_ragged_costs(
    x_values, x_weights, x_offsets, y_values, y_weights, y_offsets, power, symmetric, slice_weights, costs
):
    """Add the weighted transport costs of all pairs over several slices of ragged measures.

    Parameters
    ----------
    x_values, y_values : (S, M) float64
        Sorted inside each segment.
    x_weights, y_weights : (S, M) float64, or (S, 0) for equal masses
    x_offsets, y_offsets : (N + 1,) and (K + 1,) intp
    power : {1, 2}
    symmetric : bool
    slice_weights : (S,) float64
    costs : (N, K) float64, written to
    """
    for s in range(len(slice_weights)):
        x, x_levels, x_starts = compress_ragged(x_values[s], x_weights[s], x_offsets)
        if symmetric:
            add_line_costs(x, x_levels, x_starts, x, x_levels, x_starts, power, True, slice_weights[s], costs)
        else:
            y, y_levels, y_starts = compress_ragged(y_values[s], y_weights[s], y_offsets)
            add_line_costs(x, x_levels, x_starts, y, y_levels, y_starts, power, False, slice_weights[s], costs)


# the circle ----------------------------------------------------------------------------------------------------------
@njit
def circle_cost_1(x, x_levels, i, x_stop, y, y_levels, j, y_stop):
    """W_1 on the circle of length 1: the integral of the distance of F - G to its median.

    Parameters
    ----------
    x, y : float64
        Atoms in [0, 1); the measures are ``x[i:x_stop]`` and ``y[j:y_stop]``.
    x_levels, y_levels : float64
        Cumulated masses.
    """
    n_arcs = x_stop - i + y_stop - j
    heights, arcs = np.empty(n_arcs), np.empty(n_arcs)
    level_x, level_y = 0.0, 0.0
    first = min(x[i], y[j])
    here = first
    for k in range(n_arcs):
        if j == y_stop or (i < x_stop and x[i] <= y[j]):
            level_x = x_levels[i]
            i += 1
        else:
            level_y = y_levels[j]
            j += 1
        following = first + 1.0
        if i < x_stop:
            following = x[i]
        if j < y_stop:
            following = min(following, y[j])
        heights[k] = level_x - level_y
        arcs[k] = following - here
        here = following
    order = np.argsort(heights)
    below, median = 0.0, 0.0
    for k in order:
        below += arcs[k]
        median = heights[k]
        if below >= 0.5:
            break
    cost = 0.0
    for k in range(n_arcs):
        cost += arcs[k] * abs(heights[k] - median)
    return cost


@njit
def shifted_cost(x, x_levels, x_start, x_stop, y, y_levels, y_start, y_stop, shift):
    """Squared cost of matching level s of one measure with level s + shift of the other, around the circle.

    Returns
    -------
    cost : float
    slope : float
        A subgradient of the cost in `shift`.
    """
    lap = np.floor(shift)
    part = shift - lap
    j = y_start
    while j < y_stop - 1 and y_levels[j] <= part + TIE:
        j += 1
    if y_levels[j] <= part + TIE:  # the shift is a whole turn up to rounding
        lap += 1.0
        part -= 1.0
        j = y_start
    i = x_start
    done, cost, slope = 0.0, 0.0, 0.0
    while i < x_stop:
        level_x, level_y = x_levels[i], y_levels[j] - part
        difference = x[i] - y[j] - lap
        reach = min(level_x, level_y)
        cost += (reach - done) * difference * difference
        done = reach
        x_moves, y_moves = level_x <= level_y + TIE, level_y <= level_x + TIE
        if y_moves:
            j += 1
            if j == y_stop:
                j = y_start
                lap += 1.0
                part -= 1.0
            passed = x[i] - y[j] - lap
            slope += passed * passed - difference * difference
        if x_moves:
            i += 1
    return cost, slope


@njit
def circle_cost_2(x, x_levels, x_start, x_stop, y, y_levels, y_start, y_stop):
    """W_2^2 on the circle of length 1: the least cost over all shifts of the levels.

    The cost is convex and piecewise linear in the shift, so two lines that support it from both sides meet below its
    least value; the search ends when the cost at a shift has come down to that bound.
    """
    low, high = -1.0, 1.0
    low_cost, low_slope = shifted_cost(x, x_levels, x_start, x_stop, y, y_levels, y_start, y_stop, low)
    high_cost, high_slope = shifted_cost(x, x_levels, x_start, x_stop, y, y_levels, y_start, y_stop, high)
    best = min(low_cost, high_cost)
    shift = 0.0
    for step in range(200):
        cost, slope = shifted_cost(x, x_levels, x_start, x_stop, y, y_levels, y_start, y_stop, shift)
        best = min(best, cost)
        if slope == 0.0:
            break
        if slope < 0.0:
            low, low_cost, low_slope = shift, cost, slope
        else:
            high, high_cost, high_slope = shift, cost, slope
        if not (low_slope < 0.0 < high_slope) or high - low < TIE:
            break
        meeting = (high_cost - low_cost + low_slope * low - high_slope * high) / (low_slope - high_slope)
        bound = low_cost + low_slope * (meeting - low)
        if best - bound <= 1e-14 * best:
            break
        inside = low < meeting < high
        shift = meeting if inside and step % 3 < 2 else (low + high) / 2
    return best


@njit
def circle_costs(x, x_levels, x_starts, y, y_levels, y_starts, power, symmetric):
    """Transport costs of every pair of measures on the circle of length 1.

    Parameters
    ----------
    x, x_levels, x_starts : atoms in [0, 1), cumulated masses and starts of N measures
    y, y_levels, y_starts : the same of K measures
    power : {1, 2}
    symmetric : bool

    Returns
    -------
    (N, K) float64
        W_1 for power 1, W_2^2 for power 2.
    """
    n_x, n_y = len(x_starts) - 1, len(y_starts) - 1
    costs = np.zeros((n_x, n_y))
    for i in range(n_x):
        for j in range(i + 1 if symmetric else 0, n_y):
            cost_of = x, x_levels, x_starts[i], x_starts[i + 1], y, y_levels, y_starts[j], y_starts[j + 1]
            costs[i, j] = circle_cost_1(*cost_of) if power == 1 else circle_cost_2(*cost_of)
            if symmetric:
                costs[j, i] = costs[i, j]
    return costs
