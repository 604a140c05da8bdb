"""Kernels of bounds. Arrays and scalars in, arrays and scalars out."""

import numpy as np

from stattools._numba import njit

EPS = 2.0**-52
ROUND_UP = 1.0 + 8 * EPS  # the roots below were within 3 EPS of 60-digit arithmetic wherever that was tried


# divergence of two coins and its inverse -----------------------------------------------------------------------------
@njit
def _x_minus_log1p(x):
    """x - ln(1 + x) without cancellation, for x > -1.

    With r = x / (2 + x), ln(1 + x) = 2 artanh(r), so the difference is r (x - 2 r^2 (1/3 + r^2/5 + ...)).
    """
    if x > 0.5 or x < -0.35:
        return x - np.log1p(x)
    r = x / (2.0 + x)
    y = r * r
    s = 1.0 / 21.0 + y * (1.0 / 23.0 + y * (1.0 / 25.0 + y * (1.0 / 27.0)))
    s = 1.0 / 13.0 + y * (1.0 / 15.0 + y * (1.0 / 17.0 + y * (1.0 / 19.0 + y * s)))
    s = 1.0 / 3.0 + y * (1.0 / 5.0 + y * (1.0 / 7.0 + y * (1.0 / 9.0 + y * (1.0 / 11.0 + y * s))))
    return r * (x - 2.0 * y * s)


@njit
def _exp_remainder(s):
    """exp(-s) - 1 + s without cancellation."""
    if abs(s) > 0.5:
        return s + np.expm1(-s)
    t = 2.0 / 479001600.0 - s * (2.0 / 6227020800.0 - s * (2.0 / 87178291200.0))
    t = 2.0 / 362880.0 - s * (2.0 / 3628800.0 - s * (2.0 / 39916800.0 - s * t))
    t = 2.0 / 720.0 - s * (2.0 / 5040.0 - s * (2.0 / 40320.0 - s * t))
    t = 1.0 - s * (2.0 / 6.0 - s * (2.0 / 24.0 - s * (2.0 / 120.0 - s * t)))
    return 0.5 * s * s * t


@njit
def _exp_complement(s):
    """1 - exp(-s), at one exponential less than expm1 where that is possible."""
    return 1.0 - np.exp(-s) if s > 0.7 else -np.expm1(-s)


@njit
def _log_ratio(b, a):
    """ln(b / a), whether or not b / a can be written, for b and a in (0, 1]."""
    return np.log(b / a) if min(a, b) > 1e-290 else np.log(b) - np.log(a)


@njit
def _kl_term(a, b):
    """b - a + a ln(a / b), the nonnegative share of one outcome in a divergence."""
    if a == 0.0:
        return b
    if b == 0.0:
        return np.inf
    if -0.35 * a <= b - a <= 0.5 * a:
        return a * _x_minus_log1p((b - a) / a)
    return (b - a) - a * _log_ratio(b, a)


@njit
def _binary_kl(q, p):
    return _kl_term(q, p) + _kl_term(1.0 - q, 1.0 - p)


@njit
def binary_kl(q, p):
    """Divergence of Bernoulli(q) from Bernoulli(p), elementwise.

    Parameters
    ----------
    q, p : (n,) float64
        In [0, 1].

    Returns
    -------
    (n,) float64
    """
    values = np.empty(q.size)
    for i in range(q.size):
        values[i] = _binary_kl(q[i], p[i])
    return values


@njit
def _kl_exponent(a, b, c):
    """s > 0 with kl(a, 1 - b exp(-s)) = c, for a + b = 1, a and b in (0, 1) and c in (0, inf).

    The divergence is f(s) = a M(g / a) + b (exp(-s) - 1 + s) with g = b (1 - exp(-s)) and M(x) = x - ln(1 + x), two
    nonnegative terms, so it is found to a few ulp however small it is. The root of u(s) = sqrt(2 f(s)) = sqrt(2 c),
    which is almost linear where f is almost quadratic, is found by the inverse Taylor series of order 3.
    """
    target = np.sqrt(2.0 * c)
    s = max(c / b, target * (np.sqrt(a) / np.sqrt(b)) + c * (2.0 - a) / (3.0 * b))
    for _ in range(60):
        remainder = _exp_remainder(s)
        g = b * (s - remainder)
        p = a + g
        first = a * _x_minus_log1p(g / a) if g <= 0.5 * a else g - a * _log_ratio(p, a)
        double = 2.0 * (first + b * remainder)
        # derivatives of u, times the power of s over u: of order 1 at every scale
        ratio, reach, left = a / p, s / p, s * (max(b - g, 0.0) / double)
        u1 = s * (g / p / double)
        u2 = ratio * reach * left - u1 * u1
        u3 = -ratio * (2.0 - p) * reach * reach * left - 3.0 * u1 * u2
        step = (target / np.sqrt(double) - 1.0) / u1
        curvature = u2 / u1 * step
        change = step * (1.0 - 0.5 * curvature + (0.5 * curvature * curvature - u3 / u1 * step * step / 6.0))
        if not abs(curvature) < 0.5:
            change = step
        change = min(max(change, -0.75), 3.0)
        s += change * s
        if abs(change) <= 3e-5:
            break
    return s


@njit
def _kl_gap(a, b, c):
    """The largest g in [0, b] with kl(a, a + g) <= c, rounded up, and b - g, rounded down; a + b = 1."""
    if c <= 0.0 or b == 0.0:
        return 0.0, b
    most = b * (1.0 + EPS)  # b itself may have been rounded down
    if a > 0.0 and c < 1e-280:  # squares of the gap underflow; where q does too, the bound stays at that of 1e-280
        if c < 1e-20 * a * b:
            g = np.sqrt(2.0 * a * b) * np.sqrt(c) * ROUND_UP
            return g, b - g
        c = 1e-280
    if c > 800.0 * b:  # s is no smaller, and exp(-s) underflows
        return most, 0.0
    s = c / b if a == 0.0 else _kl_exponent(a, b, c)
    s *= ROUND_UP
    return min(b * _exp_complement(s) * (1.0 + 4.0 * EPS), most), b * np.exp(-s) * (1.0 - 4.0 * EPS)


@njit
def kl_inverse_upper(q, c):
    """Largest p with kl(q, p) <= c, elementwise, rounded up; and the gap p - q, rounded up.

    Parameters
    ----------
    q : (n,) float64
        In [0, 1].
    c : (n,) float64
        In [0, inf].

    Returns
    -------
    p, gap : (n,) float64
    """
    p, gap = np.empty(q.size), np.empty(q.size)
    for i in range(q.size):
        g, _ = _kl_gap(q[i], 1.0 - q[i], c[i])
        gap[i] = g
        p[i] = min(np.nextafter(q[i] + g, 2.0), 1.0) if g > 0.0 else q[i]
    return p, gap


@njit
def kl_inverse_lower(q, c):
    """Smallest p with kl(q, p) <= c, elementwise, rounded down; and the gap q - p, rounded up.

    Parameters
    ----------
    q : (n,) float64
        In [0, 1].
    c : (n,) float64
        In [0, inf].

    Returns
    -------
    p, gap : (n,) float64
    """
    p, gap = np.empty(q.size), np.empty(q.size)
    for i in range(q.size):
        g, left = _kl_gap(1.0 - q[i], q[i], c[i])
        gap[i] = g
        p[i] = left if g > 0.0 else q[i]
    return p, gap


# supersamples: counts of symbols and masks ---------------------------------------------------------------------------
LOG2 = 0.6931471805599453


@njit
def soft_pair_counts(losses, masks):
    """Expected counts of coins that are tossed with the losses of a row as their probabilities, for each mask.

    The two coins of a row are tossed with one uniform number, so that they agree as often as they can.

    Parameters
    ----------
    losses : (k1, k2, n, 2) float64
        In [0, 1].
    masks : (k1, k2, n) int64
        0 or 1.

    Returns
    -------
    (k1, n, 2, 2, 2) float64
        By supersample, row, mask, first coin, second coin.
    """
    k1, k2, n, _ = losses.shape
    counts = np.zeros((k1, n, 2, 2, 2))
    for z in range(k1):
        for j in range(k2):
            for i in range(n):
                a, b = losses[z, j, i, 0], losses[z, j, i, 1]
                u = masks[z, j, i]
                if a > b:
                    counts[z, i, u, 1, 0] += a - b
                    counts[z, i, u, 1, 1] += b
                    counts[z, i, u, 0, 0] += 1.0 - a
                else:
                    counts[z, i, u, 0, 1] += b - a
                    counts[z, i, u, 1, 1] += a
                    counts[z, i, u, 0, 0] += 1.0 - b
    return counts


@njit
def pair_counts(codes, masks, n_codes):
    """Counts of pairs of codes, for each mask.

    Parameters
    ----------
    codes : (k1, k2, n, 2) int64
        0 to n_codes - 1.
    masks : (k1, k2, n) int64
    n_codes : int

    Returns
    -------
    (k1, n, 2, n_codes, n_codes) float64
    """
    k1, k2, n, _ = codes.shape
    counts = np.zeros((k1, n, 2, n_codes, n_codes))
    for z in range(k1):
        for j in range(k2):
            for i in range(n):
                counts[z, i, masks[z, j, i], codes[z, j, i, 0], codes[z, j, i, 1]] += 1.0
    return counts


@njit
def symbol_counts(symbols, masks, n_symbols):
    """Counts of symbols, for each mask.

    Parameters
    ----------
    symbols : (k1, k2, n) int64
        0 to n_symbols - 1.
    masks : (k1, k2, n) int64
    n_symbols : int

    Returns
    -------
    (k1, n, 2, n_symbols) float64
    """
    k1, k2, n = symbols.shape
    counts = np.zeros((k1, n, 2, n_symbols))
    for z in range(k1):
        for j in range(k2):
            for i in range(n):
                counts[z, i, masks[z, j, i], symbols[z, j, i]] += 1.0
    return counts


@njit
def table_information(counts):
    """Mutual information of the two ways a table of counts is sorted, in nats.

    A sum of nonnegative terms, so that its square root is known to a few ulp near independence too.

    Parameters
    ----------
    counts : (m, 2, n_symbols) float64
        Not negative; a table of zeros has no information.

    Returns
    -------
    (m,) float64
        In [0, ln 2].
    """
    m, _, n_symbols = counts.shape
    values = np.zeros(m)
    for t in range(m):
        first, second = 0.0, 0.0
        for x in range(n_symbols):
            first += counts[t, 0, x]
            second += counts[t, 1, x]
        total = first + second
        if first == 0.0 or second == 0.0:
            continue
        sum_ = 0.0
        for x in range(n_symbols):
            p, q = counts[t, 0, x], counts[t, 1, x]
            if p + q > 0.0:
                # the observed less the expected count, exact for whole counts
                apart = (p * second - q * first) / total
                sum_ += _share(p, (p + q) * (first / total), apart) + _share(q, (p + q) * (second / total), -apart)
        sum_ /= total
        values[t] = min(max(sum_, 0.0), LOG2)
    return values


@njit
def _share(a, b, apart):
    """b - a + a ln(a / b) for a - b = apart, which is known better than a and b tell."""
    if a < 1e-290:
        return -apart if a > 0.0 else b
    if -0.5 * a <= apart <= 0.35 * a:
        return a * _x_minus_log1p(-apart / a)
    return a * (np.log(a / b) if b > 0.0 else LOG2) - apart  # b underflows where a is negligible


# supersamples: the largest gap that a risk and an information allow ---------------------------------------------------
MOST_STEPS = 400


@njit
def _even_divergence(x):
    """ln 2 less the entropy of a coin with bias x: ((1 + x) ln(1 + x) + (1 - x) ln(1 - x)) / 2, for 0 <= x <= 1."""
    if x < 0.1:
        y = x * x
        s = 1.0 / 56.0 + y * (1.0 / 90.0 + y * (1.0 / 132.0 + y * (1.0 / 182.0 + y / 240.0)))
        return y * (0.5 + y * (1.0 / 12.0 + y * (1.0 / 30.0 + y * s)))
    if x >= 1.0:
        return LOG2
    return 0.5 * ((1.0 + x) * np.log1p(x) + (1.0 - x) * np.log1p(-x))


@njit
def _difference_information(a, g):
    """The least information that a difference of losses has about its mask when training and test risk are a, a + g."""
    s = min(2.0 * a + g, 2.0 * (1.0 - a) - g)
    return s * _even_divergence(g / s) if s > g else max(s, 0.0) * LOG2


@njit
def _loss_information(a, g):
    """The least information that one loss has about its mask: the Jensen-Shannon divergence of coins a and a + g."""
    m = a + 0.5 * g
    first = m * _even_divergence(min(0.5 * g / m, 1.0)) if m > 0.0 else 0.0
    second = (1.0 - m) * _even_divergence(min(0.5 * g / (1.0 - m), 1.0)) if m < 1.0 else 0.0
    return first + second


@njit
def _largest_gap(a, c, of_difference):
    """The largest g in [0, 1 - a] whose least information is at most c, rounded up, by bisection.

    Both informations increase in g and are at least g^2 / 2.
    """
    if not c > 0.0 or a >= 1.0:
        return 0.0
    top = 1.0 - a
    high = min(top, np.sqrt(2.0 * c) * ROUND_UP)
    at_high = _difference_information(a, high) if of_difference else _loss_information(a, high)
    if at_high <= c:
        return high
    low = 0.0
    for _ in range(MOST_STEPS):
        middle = 0.5 * (low + high)
        if not low < middle < high:
            break
        value = _difference_information(a, middle) if of_difference else _loss_information(a, middle)
        if value <= c:
            low = middle
        else:
            high = middle
        if high - low <= EPS * high:
            break
    return min(high * ROUND_UP, top)


@njit
def largest_gaps(risk, information, of_difference):
    """Largest gap of test and training risk that the information allows, elementwise.

    Parameters
    ----------
    risk : (m,) float64
        Training risk in [0, 1].
    information : (m,) float64
        In nats, not negative.
    of_difference : bool
        The information that the difference of the two losses of a row has, or one loss.

    Returns
    -------
    (m,) float64
        At most ``1 - risk``.
    """
    gaps = np.empty(risk.size)
    for k in range(risk.size):
        gaps[k] = _largest_gap(risk[k], information[k], of_difference)
    return gaps


@njit
def _risk_factor(c2):
    """The smallest C1 with exp(2 C2) + exp(-2 C2 (1 + C1)) <= 2, for 0 <= C2 < ln(2) / 2."""
    y = 2.0 * c2
    if y < 0.01:  # the series of -ln(2 - e^y)
        s = 94586.0 / 40320.0 + y * (1091670.0 / 362880.0)
        s = 26.0 / 24.0 + y * (150.0 / 120.0 + y * (1082.0 / 720.0 + y * (9366.0 / 5040.0 + y * s)))
        return y * (1.0 + y * (1.0 + y * s))
    return -np.log1p(-np.expm1(y)) / y - 1.0


@njit
def _fast_value(x, a, c):
    """The bound and its two constants at C2 = (ln 2 / 2) / (1 + exp(-x))."""
    c2 = 0.5 * LOG2 / (1.0 + np.exp(-x))
    c1 = _risk_factor(c2)
    return c1 * a + c / c2, c1, c2


@njit
def fast_constants(risk, information):
    """Smallest ``C1 risk + information / C2`` over the constants that the fast-rate bound admits, elementwise.

    Parameters
    ----------
    risk : (m,) float64
        Not negative.
    information : (m,) float64
        In nats, not negative.

    Returns
    -------
    (m, 3) float64
        The smallest value, rounded up, C1 and C2.
    """
    found = np.empty((risk.size, 3))
    golden = 0.5 * (np.sqrt(5.0) - 1.0)
    for k in range(risk.size):
        a, c = risk[k], information[k]
        if not c > 0.0:
            found[k] = np.array([0.0, 0.0, 0.0])
            continue
        if a <= 0.0:
            found[k] = np.array([2.0 * c / LOG2 * ROUND_UP, np.inf, 0.5 * LOG2])
            continue
        # at the optimum 2 C2 is near sqrt(2 c / a) where that is small
        low, high = min(np.log(np.sqrt(2.0 * c / a)), 0.0) - 4.0, 33.0
        one, two = high - golden * (high - low), low + golden * (high - low)
        at_one, at_two = _fast_value(one, a, c)[0], _fast_value(two, a, c)[0]
        for _ in range(90):
            if at_one <= at_two:
                high, two, at_two = two, one, at_one
                one = high - golden * (high - low)
                at_one = _fast_value(one, a, c)[0]
            else:
                low, one, at_one = one, two, at_two
                two = low + golden * (high - low)
                at_two = _fast_value(two, a, c)[0]
            if high - low < 1e-10:
                break
        value, c1, c2 = _fast_value(0.5 * (low + high), a, c)
        found[k] = np.array([value * ROUND_UP, c1, c2])
    return found


LARGEST_RATE = 0.365342245654  # beyond it no factor is admitted


@njit
def _factor_less_one(rate):
    """g - 1 for the smallest g with rate (1 - g) + (exp(rate) - 1 - rate) (1 + g^2) <= 0."""
    e = rate * rate / 2.0 * (1.0 + rate / 3.0 * (1.0 + rate / 4.0 * (1.0 + rate / 5.0)))
    if rate > 1e-3:
        e = np.expm1(rate) - rate
    root = np.sqrt(max(rate * rate - 4.0 * e * (rate + e), 0.0))
    return (4.0 * e * (rate + e) / (rate + root) + 2.0 * e) / (rate + root)


@njit
def squared_constants(risk, information):
    """Smallest ``(g - 1) risk + information / rate`` over the constants of the bound by 1 + g^2, elementwise.

    Parameters
    ----------
    risk, information : (m,) float64
        Not negative.

    Returns
    -------
    (m, 3) float64
        The smallest value, rounded up, g and the rate.
    """
    found = np.empty((risk.size, 3))
    golden = 0.5 * (np.sqrt(5.0) - 1.0)
    for k in range(risk.size):
        a, c = risk[k], information[k]
        if not c > 0.0:
            found[k] = np.array([0.0, 1.0, 0.0])
            continue
        low = np.log(LARGEST_RATE) - 30.0 if a > 0.0 else np.log(LARGEST_RATE)
        high = np.log(LARGEST_RATE)
        for _ in range(120):
            one, two = high - golden * (high - low), low + golden * (high - low)
            at_one = _factor_less_one(np.exp(one)) * a + c / np.exp(one)
            at_two = _factor_less_one(np.exp(two)) * a + c / np.exp(two)
            if at_one <= at_two:
                high = two
            else:
                low = one
            if high - low < 1e-10:
                break
        # near the largest rate the factor falls like a square root: the end itself is tried too
        best = LARGEST_RATE if high >= np.log(LARGEST_RATE) - 1e-9 else np.exp(0.5 * (low + high))
        factor = _factor_less_one(best)
        found[k] = np.array([(factor * a + c / best) * ROUND_UP, 1.0 + factor, best])
    return found


# tail of the binomial distribution and its inverse -------------------------------------------------------------------
STIRLING = np.array(  # ln k! - ln(sqrt(2 pi k) (k / e)^k), k = 1, ..., 15, by arithmetic of 50 digits
    [
        0.0, 0.08106146679532725822, 0.04134069595540929409, 0.02767792568499833914, 0.02079067210376509311,
        0.01664469118982119216, 0.01387612882307074799, 0.01189670994589177009, 0.01041126526197209649,
        0.00925546218271273291, 0.00833056343336287125, 0.00757367548795184079, 0.00694284010720952986,
        0.00640899418800420706, 0.00595137011275884773, 0.00555473355196280137,
    ]
)  # fmt: skip


@njit
def _stirling_error(k):
    """ln k! - ln(sqrt(2 pi k) (k / e)^k), for a whole k >= 1."""
    if k < 16.0:
        return STIRLING[int(k)]
    y = 1.0 / (k * k)
    return (1.0 / 12.0 - y * (1.0 / 360.0 - y * (1.0 / 1260.0 - y * (1.0 / 1680.0 - y * (1.0 / 1188.0))))) / k


@njit
def _descending_sum(k, m, ratio):
    """1 + k / m ratio + k (k - 1) / (m (m + 1)) ratio^2 + ..., whose terms fall, and how many terms were added."""
    total, term, j = 1.0, 1.0, 0.0
    while j < k:
        factor = (k - j) / (m + j) * ratio
        term *= factor
        total += term
        j += 1.0
        if term * factor <= 0.25 * EPS * total * (1.0 - factor):
            break
    return total, j


@njit
def _log_tail(k, n, p, left, divergence):
    """ln P(Bin(n, p) <= k), minus its derivative in -ln(1 - p), and how many terms were added, for 0 < k < n.

    The probability of k is in Loader's form, with ``divergence = n kl(k / n, p)`` and ``left = 1 - p`` from outside.
    """
    log_mass = _stirling_error(n) - _stirling_error(k) - _stirling_error(n - k) - divergence
    log_mass += 0.5 * np.log(n / (k * (n - k))) - 0.91893853320467274178
    ratio = left / p
    if k * ratio <= n - k + 1.0:
        total, terms = _descending_sum(k, n - k + 1.0, ratio)
        return log_mass + np.log(total), (n - k) / total, terms
    # the other tail, from k + 1 up
    total, terms = _descending_sum(n - k - 1.0, k + 2.0, p / left)
    mass = np.exp(log_mass)
    tail = 1.0 - min(mass * (n - k) / (k + 1.0) / ratio * total, 1.0 - EPS)
    return np.log(tail), (n - k) * mass / tail, terms


@njit
def log_binomial_tail(k, n, p):
    """ln P(Bin(n, p) <= k), elementwise.

    Parameters
    ----------
    k, n : (m,) float64
        Whole numbers, 0 <= k <= n, n >= 1.
    p : (m,) float64
        In (0, 1).

    Returns
    -------
    (m,) float64
    """
    logs = np.zeros(k.size)
    for i in range(k.size):
        if k[i] == 0.0:
            logs[i] = n[i] * np.log1p(-p[i])
        elif k[i] < n[i]:
            logs[i] = _log_tail(k[i], n[i], p[i], 1.0 - p[i], n[i] * _binary_kl(k[i] / n[i], p[i]))[0]
    return logs


@njit
def _tail_exponent(k, n, log_delta):
    """s with P(Bin(n, p) <= k) = delta at p = 1 - (1 - k / n) exp(-s), rounded up, for 0 < k < n.

    The logarithm of the tail is concave in s, since ln(1 - p) has a log-concave density under the beta law, and the
    divergence gives a start to the right of the root. Newton's method therefore comes down to the root without
    crossing it.
    """
    a, b = k / n, (n - k) / n
    scale = s = _kl_exponent(a, b, max(-log_delta / n, 1e-18))
    slack = 0.0
    for _ in range(300):
        remainder, gap = _exp_remainder(s), b * _exp_complement(s)
        divergence = k * _x_minus_log1p(gap / a) + (n - k) * remainder
        log_tail, slope, terms = _log_tail(k, n, a + gap, b * np.exp(-s), divergence)
        step = (log_tail - log_delta) / slope
        slack = EPS * (8.0 + terms + 4.0 * divergence + abs(log_delta)) / slope
        s += step
        if abs(step) <= 1e-9 * max(abs(s), scale) or abs(step) <= slack:
            break
    return s + slack + 8.0 * EPS * abs(s)


@njit
def _tail_gap(k, n, log_delta):
    """p - k / n for the largest p with P(Bin(n, p) <= k) >= delta, rounded up, and 1 - p, rounded down."""
    b = (n - k) / n
    most = b * (1.0 + EPS)  # b itself may have been rounded down
    if -log_delta >= 800.0 * (n - k):  # 1 - p, which is at most delta^(1 / (n - k)), underflows
        return most, 0.0
    if k == 0.0:
        exponent = log_delta / n * (1.0 + 2.0 * EPS)
        return min(-np.expm1(exponent) * (1.0 + 2.0 * EPS), 1.0), np.exp(exponent) * (1.0 - 4.0 * EPS)
    s = _tail_exponent(k, n, log_delta)
    gap = b * _exp_complement(s)
    return min(gap + 4.0 * EPS * abs(gap), most), b * np.exp(-s) * (1.0 - 4.0 * EPS)


@njit
def binomial_tail_upper(k, n, log_delta):
    """Largest p with P(Bin(n, p) <= k) >= delta, elementwise, rounded up; and p - k / n, rounded up.

    Parameters
    ----------
    k, n : (m,) float64
        Whole numbers, 0 <= k <= n, n >= 1.
    log_delta : (m,) float64
        Below 0.

    Returns
    -------
    p, gap : (m,) float64
    """
    p, gap = np.empty(k.size), np.empty(k.size)
    for i in range(k.size):
        gap[i], _ = _tail_gap(k[i], n[i], log_delta[i])
        p[i] = min(np.nextafter(k[i] / n[i] * (1.0 + EPS) + gap[i], 2.0), 1.0) if k[i] > 0 else min(gap[i], 1.0)
    return p, gap


@njit
def binomial_tail_lower(k, n, log_delta):
    """Smallest p with P(Bin(n, p) >= k) >= delta, elementwise, rounded down; and k / n - p, rounded up.

    Parameters
    ----------
    k, n : (m,) float64
        Whole numbers, 0 <= k <= n, n >= 1.
    log_delta : (m,) float64
        Below 0.

    Returns
    -------
    p, gap : (m,) float64
    """
    p, gap = np.empty(k.size), np.empty(k.size)
    for i in range(k.size):
        gap[i], p[i] = _tail_gap(n[i] - k[i], n[i], log_delta[i])
    return p, gap
