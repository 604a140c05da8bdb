"""Kernels of dimension reduction and Frechet regression. Arrays and scalars in, arrays and scalars out."""

import numpy as np

from stattools._numba import njit


# isotonic regression ---------------------------------------------------------------------------------------------
@njit
def isotonic_rows(values, weights, fitted):
    """Weighted isotonic regression of each row, by pooling adjacent violators.

    Parameters
    ----------
    values : (N, D) float64
    weights : (D,) float64
        Positive.
    fitted : (N, D) float64, written to
        The non-decreasing row that is nearest in the weighted squared distance.

    Notes
    -----
    Blocks are kept on a stack of levels, weights and first columns; a new value is a block, and is joined to the one
    before while it lies below. O(D) a row. A row that does not decrease is copied bit by bit.
    """
    n_rows, n_columns = values.shape
    level = np.empty(n_columns)
    mass = np.empty(n_columns)
    first = np.empty(n_columns, np.intp)
    for i in range(n_rows):
        top = -1
        for j in range(n_columns):
            top += 1
            level[top] = values[i, j]
            mass[top] = weights[j]
            first[top] = j
            while top > 0 and level[top - 1] > level[top]:
                total = mass[top - 1] + mass[top]
                level[top - 1] += (level[top] - level[top - 1]) * (mass[top] / total)
                mass[top - 1] = total
                top -= 1
        stop = n_columns
        for block in range(top, -1, -1):
            for j in range(first[block], stop):
                fitted[i, j] = level[block]
            stop = first[block]


# spatial ranks ---------------------------------------------------------------------------------------------------
@njit
def spatial_ranks(points):
    """Mean unit vectors from each point to all points; coinciding points count as zero.

    Parameters
    ----------
    points : (n, d) float64

    Returns
    -------
    (n, d) float64
    """
    n, d = points.shape
    ranks = np.zeros((n, d))
    step = np.empty(d)
    for i in range(n):
        for k in range(i):
            length = 0.0
            for j in range(d):
                step[j] = points[k, j] - points[i, j]
                length += step[j] * step[j]
            if length > 0.0:
                length = np.sqrt(length)
                for j in range(d):
                    ranks[i, j] += step[j] / length
                    ranks[k, j] -= step[j] / length
    return ranks / n
