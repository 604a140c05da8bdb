"""Kernels of reproducing kernel Hilbert spaces. Arrays and scalars in, arrays and scalars out."""

import numpy as np

from stattools._numba import njit


# dependence under permutation -----------------------------------------------------------------------------------------
@njit
def permuted_entry_sums(a, b, rows):
    """Sums of a[i, j] b[p(i), p(j)] over all i and j, for each order p.

    Parameters
    ----------
    a, b : (n, n) float64
        Symmetric.
    rows : (m, n) int32

    Returns
    -------
    (m,) float64
    """
    n_orders, n = rows.shape
    sums = np.empty(n_orders)
    order = np.empty(n, np.uint64)  # unsigned, so that no index is checked for being negative
    for k in range(n_orders):
        for i in range(n):
            order[i] = np.uint64(rows[k, i])
        total = 0.0
        diagonal = 0.0
        for i in range(n):
            left = a[i]
            right = b[order[i]]
            diagonal += left[i] * right[order[i]]
            # four sums do not wait for each other
            first = 0.0
            second = 0.0
            third = 0.0
            fourth = 0.0
            whole = i - i % 4
            for j in range(0, whole, 4):
                first += left[j] * right[order[j]]
                second += left[j + 1] * right[order[j + 1]]
                third += left[j + 2] * right[order[j + 2]]
                fourth += left[j + 3] * right[order[j + 3]]
            for j in range(whole, i):
                first += left[j] * right[order[j]]
            total += (first + second) + (third + fourth)
        sums[k] = diagonal + 2.0 * total
    return sums


@njit
def line_distance_sums(x, order):
    """Sums of |x[i] - x[j]| over j, for each i.

    Parameters
    ----------
    x : (n,) float64
    order : (n,) int64
        Sorts x.

    Returns
    -------
    (n,) float64
    """
    n = len(x)
    total = 0.0
    for i in range(n):
        total += x[i]
    sums = np.empty(n)
    below = 0.0
    for k in range(n):
        value = x[order[k]]
        sums[order[k]] = (2 * k - n) * value + total - 2.0 * below
        below += value
    return sums


@njit
def permuted_line_sums(x, y, order, ranks, rows):
    """Sums of |x[i] - x[j]| |y[p(i)] - y[p(j)]| over all i and j, for each order p, in O(n log n) each.

    Along increasing x the product is that of the signed differences, with the sign of the order of y. Four sums over
    the points before, kept in Fenwick trees over the ranks of y, give the part with positive sign.

    Parameters
    ----------
    x, y : (n,) float64
        Of mean zero, which keeps the digits of the sums.
    order : (n,) int64
        Sorts x.
    ranks : (n,) int64
        Ranks of y, 1 to n.
    rows : (m, n) int32

    Returns
    -------
    (m,) float64
    """
    n_orders, n = rows.shape
    sums = np.empty(n_orders)
    trees = np.empty((n + 1, 4))
    for k in range(n_orders):
        trees[:] = 0.0
        rising = 0.0
        signed = 0.0
        x_total = 0.0
        y_total = 0.0
        for step in range(n):
            i = order[step]
            u = x[i]
            v = y[rows[k, i]]
            rank = ranks[rows[k, i]]
            count = 0.0
            below_u = 0.0
            below_v = 0.0
            below_uv = 0.0
            node = rank
            while node > 0:
                count += trees[node, 0]
                below_u += trees[node, 1]
                below_v += trees[node, 2]
                below_uv += trees[node, 3]
                node -= node & -node
            rising += count * u * v - u * below_v - v * below_u + below_uv
            node = rank
            while node <= n:
                trees[node, 0] += 1.0
                trees[node, 1] += u
                trees[node, 2] += v
                trees[node, 3] += u * v
                node += node & -node
            signed += u * v
            x_total += u
            y_total += v
        sums[k] = 2.0 * (2.0 * rising - (n * signed - x_total * y_total))
    return sums


# random Fourier features ----------------------------------------------------------------------------------------------
@njit
def cosines_and_sines(angles, scale, out):
    """Write scale cos(angles) and scale sin(angles) side by side, with errors of 1e-15 for angles up to 1e5.

    Angles lose their nearest multiple of pi / 2, which is taken off in three parts whose products with it are exact;
    Taylor series to order 17 are precise to 1e-18 on what is left. No branch stands in the loop, so that the compiler
    does several angles at once. Larger angles, and those that are not finite, are left to the library.

    Parameters
    ----------
    angles : (n, m) float64
    scale : float
    out : (n, w) float64
        Columns 0 to m - 1 and m to 2 m - 1 are overwritten.
    """
    n, m = angles.shape
    # pi / 2 = high + middle + low, 33 bits in each of the first two
    high = 1.5707963267341256
    middle = 6.077100506303966e-11
    low = 2.0222662487959506e-21
    for i in range(n):
        row = angles[i]
        left = out[i, :m]
        right = out[i, m : 2 * m]
        for j in range(m):
            angle = row[j]
            quarters = np.rint(angle * 0.6366197723675814)
            x = ((angle - quarters * high) - quarters * middle) - quarters * low
            z = x * x
            sine = z * (-7.647163731819816e-13 + z * 2.8114572543455206e-15)
            sine = z * (2.7557319223985893e-06 + z * (-2.505210838544172e-08 + z * (1.6059043836821613e-10 + sine)))
            sine = z * (0.008333333333333333 + z * (-0.0001984126984126984 + sine))
            sine = x + x * (z * (-0.16666666666666666 + sine))
            cosine = z * (-1.1470745597729725e-11 + z * 4.779477332387385e-14)
            cosine = z * (2.48015873015873e-05 + z * (-2.755731922398589e-07 + z * (2.08767569878681e-09 + cosine)))
            cosine = 1.0 - z * (0.5 - z * (0.041666666666666664 + z * (-0.001388888888888889 + cosine)))
            # parity and sign of the number of quarters, as numbers
            halves = np.floor(quarters * 0.5)
            odd = quarters - 2.0 * halves
            even = 1.0 - odd
            sign = scale * (1.0 - 2.0 * (halves - 2.0 * np.floor(halves * 0.5)))
            left[j] = sign * (even * cosine - odd * sine)
            right[j] = sign * (even * sine + odd * cosine)
        for j in range(m):
            if not abs(row[j]) <= 1e5:
                left[j] = scale * np.cos(row[j])
                right[j] = scale * np.sin(row[j])
