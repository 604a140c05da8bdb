"""Kernels of the resampling engine. Arrays and scalars in, arrays and scalars out."""

import numpy as np

from stattools._numba import njit


@njit
def shuffle_within(values, starts, uniforms):
    """Fisher-Yates shuffles of `values` inside consecutive segments, one a row of `uniforms`.

    Parameters
    ----------
    values : (m,) int32
    starts : (k + 1,) int64
        Segment s is ``values[starts[s]:starts[s + 1]]``.
    uniforms : (b, m) float64
        Uniform on [0, 1).

    Returns
    -------
    (b, m) int32
    """
    n_shuffles, size = uniforms.shape
    shuffled = np.empty((n_shuffles, size), np.int32)
    for b in range(n_shuffles):
        for i in range(size):
            shuffled[b, i] = values[i]
        for s in range(len(starts) - 1):
            low = starts[s]
            for i in range(starts[s + 1] - 1, low, -1):
                j = low + int(uniforms[b, i] * (i - low + 1))
                swap = shuffled[b, i]
                shuffled[b, i] = shuffled[b, j]
                shuffled[b, j] = swap
    return shuffled


@njit
def distinct_arrangements(values, n_arrangements):
    """The first distinct arrangements of a multiset, in lexicographic order.

    Parameters
    ----------
    values : (m,) int32
        Sorted; repeated values are exchangeable.
    n_arrangements : int
        At most the number of distinct arrangements.

    Returns
    -------
    (n_arrangements, m) int32
    """
    size = len(values)
    arrangements = np.empty((n_arrangements, size), np.int32)
    current = values.copy()
    for b in range(n_arrangements):
        arrangements[b] = current
        pivot = size - 2
        while pivot >= 0 and current[pivot] >= current[pivot + 1]:
            pivot -= 1
        if pivot < 0:
            break
        successor = size - 1
        while current[successor] <= current[pivot]:
            successor -= 1
        swap = current[pivot]
        current[pivot] = current[successor]
        current[successor] = swap
        low, high = pivot + 1, size - 1
        while low < high:
            swap = current[low]
            current[low] = current[high]
            current[high] = swap
            low += 1
            high -= 1
    return arrangements
