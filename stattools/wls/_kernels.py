"""Kernels of designs. Arrays and scalars in, arrays and scalars out."""

import numpy as np

from stattools._numba import njit


# spaces of functions -------------------------------------------------------------------------------------------------
@njit
def recurrence_values(x, diagonal, offdiagonal):
    """Orthonormal polynomials by their three-term recurrence.

    Parameters
    ----------
    x : (n,) float64
        Points of the family's standard domain.
    diagonal : (K,) float64
        a_k in b_{k+1} p_{k+1} = (x - a_k) p_k - b_k p_{k-1}.
    offdiagonal : (K,) float64
        b_1, ..., b_K.

    Returns
    -------
    (n, K) float64
        p_0 = 1, ..., p_{K-1}.
    """
    n, n_degrees = x.size, diagonal.size
    values = np.empty((n, n_degrees))
    for i in range(n):
        before, current = 0.0, 1.0
        values[i, 0] = 1.0
        for k in range(n_degrees - 1):
            low = offdiagonal[k - 1] if k > 0 else 0.0
            before, current = current, ((x[i] - diagonal[k]) * current - low * before) / offdiagonal[k]
            values[i, k + 1] = current
    return values


@njit
def tensor_products(tables, indices):
    """Products of univariate functions.

    Parameters
    ----------
    tables : (d, n, K) float64
        Values of the univariate functions of each input, padded to a common K.
    indices : (m, d) int64
        Which of them each function multiplies.

    Returns
    -------
    (n, m) float64
    """
    d, n, _ = tables.shape
    m = indices.shape[0]
    values = np.empty((n, m))
    columns = indices.T.copy().astype(np.uint64)
    for i in range(n):
        for k in range(m):
            values[i, k] = tables[0, i, columns[0, k]]
        for j in range(1, d):
            for k in range(m):
                values[i, k] *= tables[j, i, columns[j, k]]
    return values


@njit
def inverse_cdf(levels, rows, cdf, density, guide):
    """Quantiles of tabulated laws on equal steps of [0, 1], by inverting cubic Hermite pieces.

    Parameters
    ----------
    levels : (n,) float64
        In [0, 1).
    rows : (n,) int64
        Which law each quantile is of.
    cdf : (K, G + 1) float64
        Distribution functions at the nodes, from 0 to 1.
    density : (K, G + 1) float64
        Their derivatives with respect to the position.
    guide : (K, G) int64
        The cell of the quantile of level j / G, where the search for levels from there to (j + 1) / G starts.

    Returns
    -------
    (n,) float64
        Positions in [0, 1].
    """
    n, cells = levels.size, cdf.shape[1] - 1
    step = 1.0 / cells
    positions = np.empty(n)
    for i in range(n):
        row, u = rows[i], levels[i]
        low = guide[row, min(int(u * cells), cells - 1)]
        while low < cells - 1 and cdf[row, low + 1] <= u:
            low += 1
        start, rise = cdf[row, low], cdf[row, low + 1] - cdf[row, low]
        if rise <= 0.0:
            positions[i] = low * step
            continue
        target = (u - start) / rise
        first, last = density[row, low] * step / rise, density[row, low + 1] * step / rise
        # y(t) = first t + c2 t^2 + c3 t^3 rises from 0 to 1; bisection keeps Newton's steps inside
        c2, c3 = 3.0 - 2.0 * first - last, first + last - 2.0
        target = min(max(target, 0.0), 1.0)
        root = np.sqrt(first * first + 4.0 * (1.0 - first) * target)
        left, right = 0.0, 1.0
        t = min(2.0 * target / (first + root), 1.0) if first + root > 0.0 else target  # exact for a linear density
        for _ in range(60):
            gap = t * (first + t * (c2 + t * c3)) - target
            if gap > 0.0:
                right = t
            else:
                left = t
            slope = first + t * (2.0 * c2 + 3.0 * t * c3)
            following = t - gap / slope if slope > 0.0 else 0.5 * (left + right)
            if not (left < following < right):
                following = 0.5 * (left + right)
            done = abs(following - t) <= 1e-9  # of a cell; the next step changes nothing that the table knows
            t = following
            if done:
                break
        positions[i] = (low + t) * step
    return positions


# projection determinantal point processes ----------------------------------------------------------------------------
@njit
def accept_proposals(features, uniforms, basis, n_accepted, accepted):
    """Go on with a sequential draw of a projection DPP, with the proposals at hand.

    A proposal is accepted with probability ||(I - Q^T Q) phi||^2 / ||phi||^2, where the rows of Q span the features
    accepted so far; it is given up as soon as the remaining norm falls below the level that acceptance needs.

    Parameters
    ----------
    features : (B, m) float64
        Of proposals drawn in proportion to their squared norm.
    uniforms : (B,) float64
    basis : (ceil(r / 8), m, 8) float64, changed
        Orthonormal vectors in groups of eight: ``basis[b, :, j]`` is number 8 b + j. Those from n_accepted on are zero.
    n_accepted : int
    accepted : (r,) int64, changed
        Positions of accepted proposals in this block are written from n_accepted on.

    Returns
    -------
    n_accepted, n_used : int
        Proposals beyond n_used were not looked at.
    """
    n_proposals, m = features.shape
    rank = accepted.size
    residual, parts = np.empty(m), np.zeros((basis.shape[0], 8))
    for i in range(n_proposals):
        feature = features[i]
        norm = 0.0
        for k in range(m):
            norm += feature[k] * feature[k]
        left, bar = norm, uniforms[i] * norm
        n_groups = (n_accepted + 7) // 8
        group = 0
        while group < n_groups and left > bar:
            left -= _eight_products(feature, basis[group], parts[group])
            group += 1
        if left <= bar or norm == 0.0:
            continue
        residual[:] = feature
        _subtract(residual, parts, basis, n_groups)
        for group in range(n_groups):  # a second pass makes the vector orthogonal to working precision
            _eight_products(residual, basis[group], parts[group])
        _subtract(residual, parts, basis, n_groups)
        length = 0.0
        for k in range(m):
            length += residual[k] * residual[k]
        if length <= 1e-12 * norm:  # in the span already, up to rounding
            continue
        scale = 1.0 / np.sqrt(length)
        for k in range(m):
            basis[n_accepted // 8, k, n_accepted % 8] = residual[k] * scale
        accepted[n_accepted] = i
        n_accepted += 1
        if n_accepted == rank:
            return n_accepted, i + 1
    return n_accepted, n_proposals


@njit
def _eight_products(vector, group, parts):
    """Write the products with eight vectors to `parts` and return the sum of their squares."""
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
    for k in range(vector.size):
        value = vector[k]
        s0 += group[k, 0] * value
        s1 += group[k, 1] * value
        s2 += group[k, 2] * value
        s3 += group[k, 3] * value
        s4 += group[k, 4] * value
        s5 += group[k, 5] * value
        s6 += group[k, 6] * value
        s7 += group[k, 7] * value
    parts[0], parts[1], parts[2], parts[3] = s0, s1, s2, s3
    parts[4], parts[5], parts[6], parts[7] = s4, s5, s6, s7
    return s0 * s0 + s1 * s1 + s2 * s2 + s3 * s3 + s4 * s4 + s5 * s5 + s6 * s6 + s7 * s7


@njit
def _subtract(vector, parts, basis, n_groups):
    """Take the vectors of the first groups, times their parts, from a vector."""
    for b in range(n_groups):
        p0, p1, p2, p3 = parts[b, 0], parts[b, 1], parts[b, 2], parts[b, 3]
        p4, p5, p6, p7 = parts[b, 4], parts[b, 5], parts[b, 6], parts[b, 7]
        for k in range(vector.size):
            first = (p0 * basis[b, k, 0] + p1 * basis[b, k, 1]) + (p2 * basis[b, k, 2] + p3 * basis[b, k, 3])
            last = (p4 * basis[b, k, 4] + p5 * basis[b, k, 5]) + (p6 * basis[b, k, 6] + p7 * basis[b, k, 7])
            vector[k] -= first + last


# removal of rows -----------------------------------------------------------------------------------------------------
@njit
def remove_rows(rows, factor, alive, n_alive, removed, target, n_listed, uniforms):
    """Go on with removing rows, each with probability proportional to h_i = 1 - z_i^T M^-1 z_i, M over those left.

    While more than n_listed rows are left, one drawn uniformly is removed with probability h_i; then all h_i are listed
    and one is drawn from them. An h_i below 1e-10 counts as zero.

    Parameters
    ----------
    rows : (N, r) float64
    factor : (r, r) float64, changed
        Lower triangular L with M = L L^T, kept up by orthogonal downdates.
    alive : (N,) int64, changed
        Rows that are left, in the first n_alive places.
    n_alive : int
    removed : (N,) int64, changed
        The k-th row removed is written at place k.
    target : int
        Stop when as many rows are left.
    n_listed : int
    uniforms : (B, 2) float64
        One line for each proposal.

    Returns
    -------
    n_alive, n_used : int
    status : int
        0: uniforms are used up or the target is reached; 1: the last removal spoiled L, which must be computed anew;
        2: no row has h_i > 0.
    """
    n, r = rows.shape
    solved = np.empty(r)
    weights = np.empty(min(n_listed, n))
    for used in range(uniforms.shape[0]):
        if n_alive <= target:
            return n_alive, used, 0
        if n_alive > n_listed:
            place = min(int(uniforms[used, 0] * n_alive), n_alive - 1)
            left = _left_over(rows[alive[place]], factor, max(uniforms[used, 1], 1e-10), solved)
            if left == 0.0:
                continue
        else:
            total = 0.0
            for k in range(n_alive):
                weights[k] = _left_over(rows[alive[k]], factor, 1e-10, solved)
                total += weights[k]
            if total == 0.0:
                return n_alive, used, 2
            bar, place, cumulative = uniforms[used, 0] * total, -1, 0.0
            for k in range(n_alive):
                if weights[k] > 0.0:
                    place = k
                    cumulative += weights[k]
                    if cumulative > bar:
                        break
            left = _left_over(rows[alive[place]], factor, 1e-10, solved)
        _downdate(factor, solved, left)
        removed[n - n_alive] = alive[place]
        n_alive -= 1
        alive[place] = alive[n_alive]
        if left < 1e-4:
            return n_alive, used + 1, 1
    return n_alive, uniforms.shape[0], 0


@njit
def _left_over(row, factor, bar, solved):
    """h = 1 - |v|^2 where L v = row; 0 as soon as it is seen to be at most the bar. Writes v to `solved`."""
    left = 1.0
    for i in range(row.size):
        value = row[i]
        for k in range(i):
            value -= factor[i, k] * solved[k]
        solved[i] = value / factor[i, i]
        left -= solved[i] * solved[i]
        if left <= bar:
            return 0.0
    return left


@njit
def _downdate(factor, solved, left):
    """Replace L by the factor of L (I - v v^T) L^T with plane rotations; left = 1 - |v|^2. Uses up `solved`."""
    r = solved.size
    cosines = np.empty(r)
    remaining = np.sqrt(left)
    for i in range(r - 1, -1, -1):
        length = np.hypot(remaining, solved[i])
        cosines[i] = remaining / length
        solved[i] /= length
        remaining = length
    for j in range(r):
        carried = 0.0
        for i in range(j, -1, -1):
            entry = factor[j, i]
            factor[j, i] = cosines[i] * entry - solved[i] * carried
            carried = cosines[i] * carried + solved[i] * entry
