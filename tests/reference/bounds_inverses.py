"""Write bounds_inverses.csv: inverses of the divergence and of binomial tails, by mpmath in many digits.

Needs ``pip install mpmath`` (1.3.0 or later). q, c and ln delta are floats, taken as exact; limits are written with 34
digits, so that a rounding to the wrong side shows.
"""

from __future__ import annotations

import csv
import random
from pathlib import Path

import mpmath as mp

mp.mp.dps = 60
DIGITS = 34
SMALLEST = mp.mpf(10) ** -300


def kl_gap(a, b, c):
    """The root g of kl(a, a + g) = c, and b - g; a + b = 1."""

    def excess(s):
        g = -b * mp.expm1(-s)
        return a * (g / a - mp.log1p(g / a)) + b * (s + mp.expm1(-s)) - c, g / (a + g)

    s = (c - a * mp.log(a)) / b  # to the right of the root of a convex function
    for _ in range(2000):
        value, slope = excess(s)
        step = value / slope
        s -= step
        if abs(step) < s * mp.mpf(10) ** -45:
            break
    return -b * mp.expm1(-s), b * mp.exp(-s)


def divergence_rows(rng):
    for i in range(300):
        q = 10.0 ** rng.uniform(-14, 0) if i % 3 else 1.0 - 10.0 ** rng.uniform(-14, 0)
        if i % 10 == 0:
            q = 10.0 ** rng.uniform(-300, -20)
        c = 10.0 ** rng.uniform(-28, 2)
        side = "lower" if i % 2 else "upper"
        with mp.workdps(400 if q < 1e-20 else 80):
            exact_q, exact_c = mp.mpf(q), mp.mpf(c)
            a, b = (exact_q, 1 - exact_q) if side == "upper" else (1 - exact_q, exact_q)
            gap, left = kl_gap(a, b, exact_c)
            p = exact_q + gap if side == "upper" else left
            if p < SMALLEST:
                continue
            yield "kl", side, repr(q), "", repr(c), mp.nstr(p, DIGITS), mp.nstr(gap, DIGITS)


def log_tail(k, n, y):
    """ln P(Bin(n, p) <= k) at 1 - p = exp(y), and its derivative in y, by sums of terms that fall from k or k + 1."""
    p, left = -mp.expm1(y), mp.exp(y)
    choose = mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1)
    log_mass = choose + k * mp.log(p) + (n - k) * y
    term = total = mp.mpf(1)
    if k * left <= (n - k + 1) * p:
        for j in range(k):
            term *= (k - j) * left / ((n - k + 1 + j) * p)
            total += term
            if term < total * mp.mpf(10) ** -50:
                break
        tail = total * mp.exp(log_mass)
        log_of_tail = mp.log(total) + log_mass
    else:
        for j in range(k + 1, n):
            term *= (n - j) * p / ((j + 1) * left)
            total += term
            if term < total * mp.mpf(10) ** -50:
                break
        tail = 1 - total * mp.exp(log_mass) * (n - k) * p / ((k + 1) * left)
        log_of_tail = mp.log(tail)
    return log_of_tail, (n - k) * mp.exp(log_mass - log_of_tail)


def tail_limit(k, n, log_delta):
    """p and 1 - p with ln P(Bin(n, p) <= k) = ln delta, by Newton's method in ln(1 - p)."""
    if k == n:
        return mp.mpf(1), mp.mpf(0)
    if k == 0:
        return -mp.expm1(log_delta / n), mp.exp(log_delta / n)
    share = mp.mpf(k) / n
    _, left = kl_gap(share, 1 - share, -log_delta / n)
    y = mp.log(left)
    for _ in range(2000):
        value, slope = log_tail(k, n, y)
        step = (value - log_delta) / slope
        y -= step
        if abs(step) < abs(y) * mp.mpf(10) ** -45:
            break
    return -mp.expm1(y), mp.exp(y)


def binomial_rows(rng):
    for i in range(160):
        n = int(10 ** rng.uniform(0, 9 if i % 4 else 5))
        k = min(n, rng.choice([0, 1, 2, 7, n, n - 1, int(n * rng.random()), int(n * 10 ** rng.uniform(-6, 0))]))
        log_delta = -(10.0 ** rng.uniform(-1, 3 if i % 5 else 5))
        side = "lower" if i % 2 else "upper"
        if n > 1e6 and 100 < k < n - 100 and log_delta > -20:
            continue  # the exact sum would have too many terms
        with mp.workdps(400 if log_delta < -1000 else 80):
            exact = mp.mpf(log_delta)
            if side == "upper":
                p, _ = tail_limit(k, n, exact)
                gap = p - mp.mpf(k) / n
            else:
                _, p = tail_limit(n - k, n, exact)
                gap = mp.mpf(k) / n - p
            if p < SMALLEST and p != 0:
                continue
            yield "binomial", side, str(k), str(n), repr(log_delta), mp.nstr(p, DIGITS), mp.nstr(gap, DIGITS)


def main():
    rng = random.Random(2026)
    path = Path(__file__).with_suffix(".csv")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["function", "side", "q_or_k", "n", "c_or_log_delta", "p", "gap"])
        writer.writerows(divergence_rows(rng))
        writer.writerows(binomial_rows(rng))


if __name__ == "__main__":
    main()
