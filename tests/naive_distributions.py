"""Slow, obvious twins of the kernels of stattools.distributions, in exact rational arithmetic."""

from fractions import Fraction

import numpy as np


def steps(values, masses):
    """Pieces (start, stop, value) of the quantile function of a weighted sample."""
    masses = [Fraction(m) for m in np.asarray(masses).tolist()]
    total, start, pieces = sum(masses), Fraction(0), []
    values = np.asarray(values).tolist()
    for value, mass in sorted(zip(values, masses, strict=True), key=lambda pair: pair[0]):
        if mass:
            pieces.append((start, start + mass / total, Fraction(value)))
            start += mass / total
    return pieces


def overlap(a, b, c, d):
    return max(Fraction(0), min(b, d) - max(a, c))


def cell_averages(values, masses, n_cells):
    pieces = steps(values, masses)
    cells = [(Fraction(k, n_cells), Fraction(k + 1, n_cells)) for k in range(n_cells)]
    return [float(n_cells * sum(v * overlap(a, b, c, d) for a, b, v in pieces)) for c, d in cells]


def left_quantile(values, masses, level):
    """inf{x : F(x) >= level}; the minimum for level 0."""
    level = Fraction(level)
    return float(next(value for _, stop, value in steps(values, masses) if stop >= level))


def line_cost(x, x_masses, y, y_masses, power):
    return float(
        sum(
            overlap(a, b, c, d) * abs(u - v) ** power
            for a, b, u in steps(x, x_masses)
            for c, d, v in steps(y, y_masses)
        )
    )


def circle_cost(x, x_masses, y, y_masses, power):
    """Least cost over every shift at which a jump of one quantile function meets a jump of the other; period 1."""
    first, second = steps(x, x_masses), steps(y, y_masses)
    laps = [(a + k, b + k, v + k) for k in (-2, -1, 0, 1, 2) for a, b, v in second]
    shifts = {stop - own for _, stop, _ in laps for _, own, _ in first}
    return min(
        float(sum(overlap(a, b, c - s, d - s) * abs(u - v) ** power for a, b, u in first for c, d, v in laps))
        for s in shifts
        if -1 <= s <= 1
    )
