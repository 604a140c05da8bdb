"""Functions that stand for a costly computer experiment, with what is known exactly about them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError
from stattools._typing import ArrayLike, FloatArray

LARGEST = 1e9
ROUNDING = 1e-12  # how far a point may lie outside, as a share of the width

# The four terms of Franke's function: weight times exp(-(p t^2 + q t + r)) in each coordinate t, columns x1 and x2.
FRANKE_WEIGHTS = np.array([0.75, 0.75, 0.5, -0.2])
FRANKE_SQUARE = np.array([[81 / 4, 81 / 4], [81 / 49, 0.0], [81 / 4, 81 / 4], [81.0, 81.0]])
FRANKE_LINEAR = np.array([[-9.0, -9.0], [18 / 49, 9 / 10], [-63 / 2, -27 / 2], [-72.0, -126.0]])
FRANKE_CONSTANT = np.array([[1.0, 1.0], [1 / 49, 1 / 10], [49 / 4, 9 / 4], [16.0, 49.0]])


@dataclass(frozen=True)
class ExactSobol:
    """Mean, variance and Sobol indices of a function of independent uniform inputs, known without sampling.

    Parameters
    ----------
    mean, variance : float
        Of the function's value.
    first_order : tuple of float
        For each input, the share of the variance that the conditional mean given this input has.
    total : tuple of float
        For each input, the share that is left when all other inputs are fixed, on average.

    Examples
    --------
    >>> exact = ishigami_sobol()
    >>> [round(share, 4) for share in exact.first_order]
    [0.3139, 0.4424, 0.0]
    >>> [round(share, 4) for share in exact.total]
    [0.5576, 0.4424, 0.2437]
    """

    mean: float
    variance: float
    first_order: tuple[float, ...]
    total: tuple[float, ...]


def franke(x: ArrayLike) -> FloatArray:
    """Franke's function on the unit square: two hills, a slope and a dip.

    With u = 9 x1 and v = 9 x2 it is 3/4 exp(-((u - 2)^2 + (v - 2)^2) / 4) + 3/4 exp(-(u + 1)^2 / 49 - (v + 1) / 10)
    + 1/2 exp(-((u - 7)^2 + (v - 3)^2) / 4) - 1/5 exp(-(u - 4)^2 - (v - 7)^2).

    Parameters
    ----------
    x : (n, 2) array_like
        Points of [0, 1]^2.

    Returns
    -------
    (n,) float64

    Raises
    ------
    InvalidDataError
        `x` does not have two columns of finite numbers, or a point lies outside.

    References
    ----------
    .. [1] Franke (1979), A critical comparison of some methods for interpolation of scattered data, Naval Postgraduate
       School Technical Report NPS-53-79-003.

    Examples
    --------
    >>> franke([[0.2, 0.2], [0.5, 0.8]]).round(4)
    array([1.2186, 0.03  ])
    """
    points = _inside(x, 2, 0.0, 1.0)[:, None]
    exponents = ((FRANKE_SQUARE * points + FRANKE_LINEAR) * points + FRANKE_CONSTANT).sum(axis=2)
    return np.asarray(np.exp(-exponents) @ FRANKE_WEIGHTS)


def franke_sobol() -> ExactSobol:
    """Mean, variance and Sobol indices of `franke` under the uniform law on the unit square.

    Returns
    -------
    ExactSobol

    Notes
    -----
    Each term is a product of two functions of one coordinate, an exponential of a polynomial of degree at most two, and
    so are products of two terms. Their integrals over [0, 1] are differences of error functions (derived here).

    Examples
    --------
    >>> exact = franke_sobol()
    >>> round(exact.mean, 6), round(exact.variance, 6)
    (0.40697, 0.082557)
    """
    single = _exponential_integrals(FRANKE_SQUARE, FRANKE_LINEAR, FRANKE_CONSTANT)
    double = _exponential_integrals(*(part[:, None] + part for part in (FRANKE_SQUARE, FRANKE_LINEAR, FRANKE_CONSTANT)))
    outer = single[:, None] * single

    def average(pairs: FloatArray) -> float:
        return float(FRANKE_WEIGHTS @ pairs @ FRANKE_WEIGHTS)

    square_of_mean = average(outer[..., 0] * outer[..., 1])
    variance = average(double[..., 0] * double[..., 1]) - square_of_mean
    first = average(double[..., 0] * outer[..., 1]) - square_of_mean
    second = average(outer[..., 0] * double[..., 1]) - square_of_mean
    return ExactSobol(
        mean=float(FRANKE_WEIGHTS @ (single[:, 0] * single[:, 1])),
        variance=variance,
        first_order=(first / variance, second / variance),
        total=(1 - second / variance, 1 - first / variance),
    )


def _exponential_integrals(square: FloatArray, linear: FloatArray, constant: FloatArray) -> FloatArray:
    """Integral over [0, 1] of exp(-(p t^2 + q t + r)), entry by entry; p is not negative, and q is not 0 where p is."""
    from scipy.special import erf

    curved = square > 0
    root = np.sqrt(np.where(curved, square, 1.0))
    shift = linear / (2 * root)
    bell = np.exp(shift**2 - constant) * np.sqrt(np.pi) / (2 * root) * (erf(root + shift) - erf(shift))
    slope = np.where(curved, 1.0, linear)
    return np.where(curved, bell, np.exp(-constant) * -np.expm1(-slope) / slope)


def friedman(x: ArrayLike) -> FloatArray:
    """Friedman's first function on the unit cube of five dimensions.

    10 sin(pi x1 x2) + 20 (x3 - 1/2)^2 + 10 x4 + 5 x5: one interaction, a square, two slopes. The idle inputs that are
    often appended are not part of it.

    Parameters
    ----------
    x : (n, 5) array_like
        Points of [0, 1]^5.

    Returns
    -------
    (n,) float64

    Raises
    ------
    InvalidDataError
        `x` does not have five columns of finite numbers, or a point lies outside.

    References
    ----------
    .. [1] Friedman (1991), Multivariate adaptive regression splines, Annals of Statistics 19, 1-67.

    Examples
    --------
    >>> friedman([[0.5, 1.0, 0.5, 0.0, 1.0]]).round(12)
    array([15.])
    """
    x1, x2, x3, x4, x5 = _inside(x, 5, 0.0, 1.0).T
    return np.asarray(10 * np.sin(np.pi * x1 * x2) + 20 * (x3 - 0.5) ** 2 + 10 * x4 + 5 * x5)


def friedman_sobol() -> ExactSobol:
    """Mean, variance and Sobol indices of `friedman` under the uniform law on the cube.

    Returns
    -------
    ExactSobol

    Notes
    -----
    Only s = sin(pi x1 x2) needs thought; Si and Ci are the sine and cosine integrals, C = gamma + log(pi) - Ci(pi).
    Averaging over x2 leaves (1 - cos(pi x1)) / (pi x1), so the mean of s is C / pi. Averaging the square of that over
    x1, by parts, gives (2 Si(pi) - Si(2 pi) - 4 / pi) / pi. The mean of s^2 = (1 - cos(2 pi x1 x2)) / 2 is
    1/2 - Si(2 pi) / (4 pi) (derived here). The variances of the other terms are 20/9, 100/12 and 25/12.

    Examples
    --------
    >>> exact = friedman_sobol()
    >>> round(exact.mean, 4), round(exact.variance, 4)
    (14.4133, 23.8265)
    >>> [round(share, 4) for share in exact.first_order]
    [0.1973, 0.1973, 0.0933, 0.3498, 0.0874]
    """
    from scipy.special import sici

    sine_integral, cosine_integral = sici(np.pi)
    sine_integral_of_two = sici(2 * np.pi)[0]
    mean = (np.euler_gamma + np.log(np.pi) - cosine_integral) / np.pi
    given_one = (2 * sine_integral - sine_integral_of_two - 4 / np.pi) / np.pi - mean**2
    joint = 0.5 - sine_integral_of_two / (4 * np.pi) - mean**2
    alone = np.array([100 * given_one, 100 * given_one, 20 / 9, 100 / 12, 25 / 12])
    together = np.array([100 * (joint - 2 * given_one)] * 2 + [0.0] * 3)
    variance = 100 * joint + alone[2:].sum()
    return _exact(10 * mean + 20 / 12 + 5 + 2.5, variance, alone, alone + together)


def ishigami(x: ArrayLike, a: float = 7.0, b: float = 0.1) -> FloatArray:
    """The function of Ishigami and Homma, sin(x1) + a sin(x2)^2 + b x3^4 sin(x1).

    Parameters
    ----------
    x : (n, 3) array_like
        Points of [-pi, pi]^3.
    a, b : float, default 7 and 0.1

    Returns
    -------
    (n,) float64

    Raises
    ------
    InvalidDataError
        `x` does not have three columns of finite numbers, or a point lies outside.
    InvalidParameterError
        `a` or `b` is not finite or beyond 1e9.

    References
    ----------
    .. [1] Ishigami and Homma (1990), An importance quantification technique in uncertainty analysis for computer
       models, Proc. First International Symposium on Uncertainty Modeling and Analysis, 398-403.

    Examples
    --------
    >>> ishigami([[np.pi / 2, np.pi / 2, 0.0]])
    array([8.])
    """
    a, b = _constants(a, b)
    x1, x2, x3 = _inside(x, 3, -np.pi, np.pi).T
    return np.asarray(np.sin(x1) * (1 + b * x3**4) + a * np.sin(x2) ** 2)


def ishigami_sobol(a: float = 7.0, b: float = 0.1) -> ExactSobol:
    """Mean, variance and Sobol indices of `ishigami` under the uniform law on [-pi, pi]^3.

    Parameters
    ----------
    a, b : float, default 7 and 0.1

    Returns
    -------
    ExactSobol

    Raises
    ------
    InvalidParameterError
        `a` or `b` is not finite or beyond 1e9.

    Notes
    -----
    The mean of x3^4 is pi^4 / 5 and that of x3^8 is pi^8 / 9. Hence x1 alone has the variance (1 + b pi^4 / 5)^2 / 2,
    x2 has a^2 / 8, x3 alone none, and x1 with x3 have 8 b^2 pi^8 / 225 together (derived here).

    Examples
    --------
    >>> exact = ishigami_sobol()
    >>> exact.mean, round(exact.variance, 4)
    (3.5, 13.8446)
    """
    a, b = _constants(a, b)
    alone = np.array([(1 + b * np.pi**4 / 5) ** 2 / 2, a**2 / 8, 0.0])
    together = 8 * b**2 * np.pi**8 / 225
    return _exact(a / 2, alone.sum() + together, alone, alone + np.array([together, 0.0, together]))


def _exact(mean: float, variance: float, alone: FloatArray, total: FloatArray) -> ExactSobol:
    return ExactSobol(
        mean=float(mean),
        variance=float(variance),
        first_order=tuple((alone / variance).tolist()),
        total=tuple((total / variance).tolist()),
    )


def _constants(a: float, b: float) -> tuple[float, float]:
    return (
        _validation.real(a, "a", minimum=-LARGEST, maximum=LARGEST),
        _validation.real(b, "b", minimum=-LARGEST, maximum=LARGEST),
    )


def _inside(x: ArrayLike, dimension: int, low: float, high: float) -> FloatArray:
    """The points, once they are known to lie in the cube, up to rounding."""
    points = _validation.float_array(x, "x", ndim=2)
    if points.shape[1] != dimension:
        raise InvalidDataError(f"x has {points.shape[1]} columns; this function has {dimension} inputs")
    slack = ROUNDING * (high - low)
    outside = (points < low - slack) | (points > high + slack)
    if outside.any():
        row, column = np.argwhere(outside)[0]
        where = _validation.place((row, column), 2)
        raise InvalidDataError(f"x has {points[row, column]:.9g} at {where}; inputs lie within [{low:.9g}, {high:.9g}]")
    return points
