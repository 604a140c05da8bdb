"""Upper bounds for sums over the eigenfunctions that a basis leaves out.

For any two distributions, what the left-out eigenfunctions add to the squared sliced distance is at most
4 sup_x sum alpha(lambda) phi(x)**2, because a squared distance on the line is at most twice the sum of the second
moments. Each function here bounds that sum of alpha(lambda) phi(x)**2 over eigenvalues above a cutoff.
"""

from __future__ import annotations

import math

import numpy as np

from stattools._typing import FloatArray
from stattools.domains.weightings import Weighting

N_EXPLICIT = 200_000


def lattice_tail(frequencies: FloatArray, weighting: Weighting, cutoff: float) -> float | None:
    """Sum of alpha(|c k|**2) over integer vectors k with |c k|**2 > cutoff, rounded up.

    On a product of segments and circles this is sup_x of the tail: an axis contributes 2 for every wave number k >= 1
    (2 cos**2 <= 2 on a segment, cos and sin together on a circle), the number of integers of size k.

    Parameters
    ----------
    frequencies : (d,) root of the first eigenvalue of each axis.
    weighting : Weighting
    cutoff : float
        A number between the last eigenvalue kept and the first one left out.
    """
    d = len(frequencies)
    if weighting.kind == "custom":
        return None
    if weighting.kind == "flat" or weighting.diverges(d):
        return math.inf
    if d == 1 and weighting.kind == "power":
        return _line_tail(float(frequencies[0]), weighting.parameter, cutoff)
    radius = explicit_radius(frequencies, math.sqrt(cutoff))
    eigenvalues, counts = _lattice(frequencies, radius)
    beyond = eigenvalues > cutoff
    explicit = float(counts[beyond] @ weighting(eigenvalues[beyond])) if beyond.any() else 0.0
    return (explicit + lattice_remainder(frequencies, weighting, radius)) * (1 + 1e-12)


def _line_tail(frequency: float, exponent: float, cutoff: float) -> float:
    from scipy.special import zeta

    first = math.floor(math.sqrt(cutoff) / frequency) + 1
    return float(2 * frequency ** (-2 * exponent) * zeta(2 * exponent, first)) * (1 + 1e-12)


def explicit_radius(frequencies: FloatArray, radius: float) -> float:
    """A radius at least as large, within which there are about N_EXPLICIT lattice points to sum one by one."""
    while _count_bound(frequencies, 1.5 * radius) < N_EXPLICIT:
        radius *= 1.5
    return radius


def _inverse_products(frequencies: FloatArray) -> FloatArray:
    """(d + 1,) elementary symmetric polynomials of 1 / frequencies: sums of 1 / prod(c_S) over subsets S by size."""
    return np.asarray(np.abs(np.poly(1 / frequencies)), dtype=np.float64)


def _ball_volume(d: int, radius: float) -> float:
    return float(math.pi ** (d / 2) / math.gamma(d / 2 + 1) * radius**d)


def _count_bound(frequencies: FloatArray, radius: float) -> float:
    by_size = _inverse_products(frequencies)
    return sum(float(by_size[d]) * _ball_volume(d, radius) for d in range(len(by_size)))


def _lattice(frequencies: FloatArray, radius: float) -> tuple[FloatArray, FloatArray]:
    """|c k|**2 <= radius**2 over k >= 0, and the number 2**(non-zero entries) of sign patterns of each."""
    totals, counts = np.zeros(1), np.ones(1)
    for frequency in frequencies:
        k = np.arange(int(radius / frequency) + 1)
        sums = np.add.outer(totals, (frequency * k) ** 2)
        rows, columns = np.nonzero(sums <= radius**2)
        counts = counts[rows] * np.where(columns == 0, 1.0, 2.0)
        totals = sums[rows, columns]
    return totals, counts


def lattice_remainder(frequencies: FloatArray, weighting: Weighting, radius: float) -> float:
    """Bound of the sum over lattice points with |c k| > radius, for a decreasing weighting. Derived here.

    Take the k whose non-zero entries are a set S of size j. By symmetry all are positive, up to 2**j sign patterns. On
    the unit cube below k, |c y| <= |c k|, so alpha(|c k|) <= min(alpha(|c y|), alpha(radius)); also |c y| > radius -
    |c|. The cubes are disjoint; in polar coordinates they give at most an integral outside the radius plus a shell
    inside.
    """
    by_size = _inverse_products(frequencies)
    at_radius = float(weighting(np.array([radius**2]))[0])
    inner = max(radius - float(np.linalg.norm(frequencies)), 0.0)
    total = 0.0
    for j in range(1, len(by_size)):
        sphere = j * _ball_volume(j, 1.0)
        shell = at_radius * (_ball_volume(j, radius) - _ball_volume(j, inner))
        total += float(by_size[j]) * (sphere * _radial_integral(weighting, j - 1, radius) + shell)
    return total


def _radial_integral(weighting: Weighting, power: int, start: float) -> float:
    """Integral of alpha(u**2) u**power from `start` to infinity."""
    if weighting.kind == "power":
        decay = 2 * weighting.parameter - power - 1
        return float(start**-decay / decay)
    from scipy.special import gamma, gammaincc

    time, shape = weighting.parameter, (power + 1) / 2
    return float(gamma(shape) * gammaincc(shape, time * start**2) / (2 * time**shape))


def sphere_tail(weighting: Weighting, degree: int) -> float | None:
    """Sum of (2 l + 1) alpha(l (l + 1)) over degrees l > degree, by the addition theorem the same at all points.

    Biharmonic weights telescope to 1 / (degree + 1)**2. Other weights are summed one by one until the remainder is
    bounded by an integral of the decreasing summand.
    """
    if weighting.kind == "custom":
        return None
    if weighting.kind == "flat" or weighting.diverges(2):
        return math.inf
    if weighting.kind == "power" and weighting.parameter == 2.0:
        return 1.0 / (degree + 1) ** 2
    time = weighting.parameter
    last = degree + N_EXPLICIT
    if weighting.kind == "heat":  # the summand decreases from where time * (2 l + 1)**2 > 2
        last = max(last, math.ceil(1 / math.sqrt(time)))
    degrees = np.arange(degree + 1, last + 1, dtype=np.float64)
    explicit = float((2 * degrees + 1) @ weighting(degrees * (degrees + 1)))
    edge = float(last) * (last + 1)
    if weighting.kind == "heat":
        remainder = math.exp(-time * edge) / time
    else:
        remainder = edge ** (1 - weighting.parameter) / (weighting.parameter - 1)
    return (explicit + remainder) * (1 + 1e-12)
