"""Quantile kernels. Arrays and scalars in, arrays and scalars out."""

import numpy as np

from stattools._numba import njit

LEVEL_TOLERANCE = 1e-13
"""A level within this of a cumulated mass counts as reached: counts put jumps exactly on levels, and a rounding
error of the normalised masses would move the quantile to the next atom."""

_DE_BRUIJN = 0x077CB531
_BIT_POSITIONS = np.zeros(32, np.int64)
for _bit in range(32):
    _BIT_POSITIONS[((_DE_BRUIJN << _bit) & 0xFFFFFFFF) >> 27] = _bit


@njit
def sorted_ranks(rank, support, n_support, words, positions):
    """Ranks of a few nodes in increasing order, by one pass over a set of bits: no sort.

    Parameters
    ----------
    rank : (n,) intp
        A permutation of 0..n-1.
    support : intp
        The nodes are ``support[:n_support]``.
    n_support : int
    words : (at least n / 32,) int64
        Zero on entry and on exit.
    positions : (at least n_support,) intp, written to
    """
    for k in range(n_support):
        position = rank[support[k]]
        words[position >> 5] |= np.int64(1) << (position & 31)
    count = 0
    for w in range(len(words)):
        word = words[w]
        words[w] = 0
        while word:
            lowest = word & -word
            positions[count] = 32 * w + _BIT_POSITIONS[((lowest * _DE_BRUIJN) & 0xFFFFFFFF) >> 27]
            count += 1
            word ^= lowest


@njit
def fill_cells(values, weights, order, quantiles):
    """Averages of a quantile function over equal cells of (0, 1).

    Parameters
    ----------
    values : (n,) float64
        Increasing.
    weights : (at least n,) float64
        The mass of atom k is ``weights[order[k]]``; masses are non-negative with sum 1 up to rounding.
    order : (at least n,) intp
    quantiles : (D,) float64, written to

    Notes
    -----
    Atoms are taken eight at a time: their masses are added in a tree, so that additions do not wait for each other, and
    a border of cells among them is found without branching. What does not fit goes one by one.
    """
    n_atoms, n_cells = len(values), len(quantiles)
    width = 1.0 / n_cells
    cell, room, excess, base, fresh, k = 0, width, 0.0, 0.0, True, 0
    while k < n_atoms:
        stop = min(k + 8, n_atoms)
        if not fresh and k + 8 <= n_atoms:
            w0, w1, w2, w3 = weights[order[k]], weights[order[k + 1]], weights[order[k + 2]], weights[order[k + 3]]
            w4, w5, w6, w7 = weights[order[k + 4]], weights[order[k + 5]], weights[order[k + 6]], weights[order[k + 7]]
            mass = ((w0 + w1) + (w2 + w3)) + ((w4 + w5) + (w6 + w7))
            if mass < room:  # no border of a cell among them
                first = w0 * (values[k] - base) + w1 * (values[k + 1] - base)
                second = w2 * (values[k + 2] - base) + w3 * (values[k + 3] - base)
                third = w4 * (values[k + 4] - base) + w5 * (values[k + 5] - base)
                fourth = w6 * (values[k + 6] - base) + w7 * (values[k + 7] - base)
                excess += (first + second) + (third + fourth)
                room -= mass
                k = stop
                continue
            total, j = 0.0, 0
            for i in range(8):
                total += weights[order[k + i]]
                j += total < room
            if j < 8 and cell < n_cells - 1:  # atom k + j holds the border
                value = values[k + j]
                inside, own, after, later = 0.0, 0.0, 0.0, 0.0
                for i in range(8):
                    weight = weights[order[k + i]]
                    before, beyond = weight if i < j else 0.0, weight if i > j else 0.0
                    inside += before
                    own += before * (values[k + i] - base)
                    after += beyond
                    later += beyond * (values[k + i] - value)
                part = room - inside
                after += weights[order[k + j]] - part
                if after < width:  # and only one border
                    quantiles[cell] = base + (excess + own + part * (value - base)) / width
                    cell += 1
                    base, excess, room, k = value, later, width - after, stop
                    continue
        while k < stop:
            value, weight = values[k], weights[order[k]]
            k += 1
            if weight <= 0.0:
                continue
            while weight >= room and cell < n_cells - 1:
                if fresh:
                    base = value
                quantiles[cell] = base + (excess + room * (value - base)) / width
                weight -= room
                cell += 1
                room, excess, fresh = width, 0.0, True
            if fresh:
                base = value  # averages are taken around it: a cell of equal values returns exactly that value
                fresh = False
            excess += weight * (value - base)
            room -= weight
    filled = width - room
    # rounding can leave the last cell a hair short of its mass; it is averaged over what it holds
    quantiles[cell] = base + excess / filled if filled > 0.0 else base
    for rest in range(cell + 1, n_cells):
        quantiles[rest] = base


@njit
def fill_levels(values, weights, order, levels, quantiles):
    """Left-continuous quantiles: the smallest value whose cumulated mass reaches the level.

    Parameters
    ----------
    values, weights, order
        As in `fill_cells`.
    levels : (D,) float64
        Increasing, in [0, 1].
    quantiles : (D,) float64, written to
    """
    n_levels = len(levels)
    total, lost, last, k_level = 0.0, 0.0, values[0], 0
    for k in range(len(values)):
        weight = weights[order[k]]
        if weight <= 0.0:
            continue
        term = weight - lost
        larger = total + term
        lost = (larger - total) - term
        total = larger
        last = values[k]
        while k_level < n_levels and total >= levels[k_level] - LEVEL_TOLERANCE:
            quantiles[k_level] = last
            k_level += 1
    while k_level < n_levels:
        quantiles[k_level] = last
        k_level += 1


@njit
def fill(values, weights, order, levels, cells, quantiles):
    """Cell averages or quantiles at `levels`; see `fill_cells` and `fill_levels`."""
    if cells:
        fill_cells(values, weights, order, quantiles)
    else:
        fill_levels(values, weights, order, levels, quantiles)


@njit
def shared_quantiles(values, order, rank, masses, levels, cells):
    """Quantile features of measures on one support, one pass over the nodes for each measure and slice.

    Parameters
    ----------
    values : (S, n) float64
        Each slice at the nodes, increasing.
    order : (S, n) intp
        The node that holds each value.
    rank : (S, n) intp, or (S, 0)
        The position of each node in its slice; with it, rows that are mostly zero cost their non-zero masses only.
    masses : (N, n) float64
        Rows sum to 1.
    levels : (D,) float64
    cells : bool
        Averages over D equal cells instead of quantiles at the levels.

    Returns
    -------
    (N, S, D) float64
    """
    n_measures, n_nodes = masses.shape
    n_slices, n_levels = len(values), len(levels)
    quantiles = np.empty((n_measures, n_slices, n_levels))
    weights = np.empty(n_nodes)
    support = np.empty(n_nodes, np.intp)
    positions = np.empty(n_nodes, np.intp)
    as_they_are = np.arange(n_nodes)
    words = np.zeros((n_nodes + 31) // 32, np.int64)
    few_values = np.empty(n_nodes)
    for i in range(n_measures):
        n_support = 0
        for k in range(n_nodes):
            support[n_support] = k
            n_support += masses[i, k] > 0.0
        sparse = rank.shape[1] > 0 and 2 * n_support < n_nodes
        for s in range(n_slices):
            if sparse:
                sorted_ranks(rank[s], support, n_support, words, positions)
                for k in range(n_support):
                    few_values[k] = values[s, positions[k]]
                    weights[k] = masses[i, order[s, positions[k]]]
                fill(few_values[:n_support], weights, as_they_are, levels, cells, quantiles[i, s])
            else:
                fill(values[s], masses[i], order[s], levels, cells, quantiles[i, s])
    return quantiles


@njit
def ragged_quantiles(values, weights, offsets, levels, cells):
    """Quantile features of measures with atoms of their own.

    Parameters
    ----------
    values : (S, M) float64
        Increasing inside each segment.
    weights : (S, M) float64, or (S, 0)
        Masses in the order of the values; (S, 0): the atoms of a measure weigh the same.
    offsets : (N + 1,) intp
    levels : (D,) float64
    cells : bool

    Returns
    -------
    (N, S, D) float64
    """
    n_measures, n_slices = len(offsets) - 1, len(values)
    quantiles = np.empty((n_measures, n_slices, len(levels)))
    for i in range(n_measures):
        low, high = offsets[i], offsets[i + 1]
        equal = np.full(high - low, 1.0 / (high - low))
        as_they_are = np.arange(high - low)
        for s in range(n_slices):
            if weights.shape[1]:
                fill(values[s, low:high], weights[s, low:high], as_they_are, levels, cells, quantiles[i, s])
            else:
                fill(values[s, low:high], equal, as_they_are, levels, cells, quantiles[i, s])
    return quantiles
