"""Limits of a mean of losses in [0, 1] that need only the sample mean, a second moment or a variance.

All functions take and return arrays; ``log_level`` is ln(1 / delta). A gap is what is added to the sample mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, overload

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import ArrayLike, FloatArray
from stattools.bounds import inverses

SUMMARY_METHODS = ("kl", "hoeffding", "bernstein", "bennett", "empirical_bernstein", "hoeffding_bentkus")
WITH_VARIANCE = ("bernstein", "bennett", "empirical_bernstein")
ROUND_UP = 1.0 + 2.0**-50


@overload
def risk_limit(
    risk: ArrayLike, n: ArrayLike, method: str = ..., *, delta: ArrayLike | None = ...,
    log_delta: ArrayLike | None = ..., variance: ArrayLike | None = ..., side: str = ...,
    return_gap: Literal[False] = ...,
) -> Any: ...  # fmt: skip
@overload
def risk_limit(
    risk: ArrayLike, n: ArrayLike, method: str = ..., *, delta: ArrayLike | None = ...,
    log_delta: ArrayLike | None = ..., variance: ArrayLike | None = ..., side: str = ...,
    return_gap: Literal[True],
) -> tuple[Any, Any]: ...  # fmt: skip
def risk_limit(
    risk: ArrayLike,
    n: ArrayLike,
    method: str = "kl",
    *,
    delta: ArrayLike | None = None,
    log_delta: ArrayLike | None = None,
    variance: ArrayLike | None = None,
    side: str = "upper",
    return_gap: bool = False,
) -> Any:
    """One-sided limits of a risk from summaries of test losses in [0, 1], elementwise.

    Parameters
    ----------
    risk : array_like
        Mean of the losses, in [0, 1].
    n : array_like
        Number of losses, whole, at least 1; 2 for "empirical_bernstein".
    method : {"kl", "hoeffding", "bernstein", "bennett", "empirical_bernstein", "hoeffding_bentkus"}
        As in `test_set`. Counts of errors belong to `binomial_tail_inverse`.
    delta : array_like, optional
        In (0, 1); 0.05 when neither it nor `log_delta` is given.
    log_delta : array_like, optional
        ln delta, instead of delta.
    variance : array_like, optional
        Of one loss: known for "bernstein" and "bennett", estimated with n - 1 for "empirical_bernstein".
    side : {"upper", "lower"}
    return_gap : bool, default False
        Return also the distance from `risk`, which keeps its digits where the two are close.

    Returns
    -------
    limit : float or ndarray
        All arguments broadcast. Not cut off at 0 or 1: beyond them it is vacuous.
    gap : float or ndarray
        Only with `return_gap`.

    Raises
    ------
    InvalidParameterError
        An unknown method, delta outside (0, 1), or a variance where none is used or none where one is.
    InvalidDataError
        risk outside [0, 1], n not whole, a variance that losses in [0, 1] cannot have, shapes that do not broadcast.

    Examples
    --------
    >>> risk_limit(0.1, [100, 1000, 10000]).round(4)
    array([0.1888, 0.1248, 0.1075])
    >>> round(risk_limit(0.1, 1000, "hoeffding", delta=0.01), 4)
    0.148
    """
    _validation.choice(method, SUMMARY_METHODS, "method")
    _validation.choice(side, inverses.SIDES, "side")
    _validation.boolean(return_gap, "return_gap")
    if delta is None and log_delta is None:
        delta = 0.05
    r, size = inverses.probabilities(risk, "risk"), inverses.counts(n, "n", 2 if method == "empirical_bernstein" else 1)
    level = -inverses.log_levels(delta, log_delta)
    spread = _spread(variance, method)
    shape, (r, size, level, spread) = inverses.broadcast({"risk": r, "n": size, "delta": level, "variance": spread})
    gap = np.asarray(summary_gap(method, r, size, level, spread, side))
    limit = outer_limit(r, gap, side)
    return (inverses.shaped(limit, shape), inverses.shaped(gap, shape)) if return_gap else inverses.shaped(limit, shape)


def _spread(variance: ArrayLike | None, method: str) -> FloatArray:
    if (variance is not None) != (method in WITH_VARIANCE):
        verb = "needs" if variance is None else "does not use"
        raise InvalidParameterError(f"variance is {'None' if variance is None else 'given'}; {method!r} {verb} it")
    if variance is None:
        return np.zeros(())
    array = _validation.nonnegative(_validation.float_array(variance, "variance", empty=True), "variance")
    largest = 0.5 if method == "empirical_bernstein" else 0.25  # with n - 1, two losses 0 and 1 have 1/2
    if array.size and np.max(array) > largest:
        raise InvalidDataError(f"variance has {np.max(array)}; losses in [0, 1] have at most {largest}")
    return array


def summary_gap(
    method: str, r: FloatArray, n: FloatArray, log_level: FloatArray, variance: FloatArray, side: str
) -> FloatArray:
    """The gap of one of SUMMARY_METHODS, for arrays of one shape.

    Examples
    --------
    >>> one = np.ones(1)
    >>> summary_gap("hoeffding", 0.1 * one, 1000 * one, 3.0 * one, one, "upper").round(4)
    array([0.0387])
    """
    gaps: dict[str, Callable[[], FloatArray]] = {
        "kl": lambda: kl_gap(r, n, log_level, side),
        "hoeffding": lambda: np.sqrt(log_level / (2.0 * n)),
        "bernstein": lambda: bernstein_gap(variance, n, log_level),
        "bennett": lambda: bennett_gap(variance, n, log_level),
        "empirical_bernstein": lambda: empirical_bernstein_gap(variance, n, log_level),
        "hoeffding_bentkus": lambda: hoeffding_bentkus_gap(r, n, log_level, side),
    }
    return np.asarray(gaps[method]() * ROUND_UP, dtype=np.float64)


def outer_limit(r: FloatArray, gap: FloatArray, side: str) -> FloatArray:
    """Mean and gap put together, rounded away from the mean.

    Examples
    --------
    >>> float(outer_limit(np.array(0.1), np.array(0.2), "upper")) >= 0.3
    True
    """
    # where the gap is zero, the limit is the mean itself
    outer = np.nextafter(r + gap, np.inf) if side == "upper" else np.nextafter(r - gap, -np.inf)
    limit = np.where(gap == 0.0, r, outer)
    # limits that keep within [0, 1] by themselves are not pushed out of it by rounding
    inside = gap <= (1.0 - r if side == "upper" else r) * ROUND_UP * ROUND_UP
    return np.where(inside, np.clip(limit, 0.0, 1.0), limit)


# one method each -----------------------------------------------------------------------------------------------------
def kl_gap(r: FloatArray, n: FloatArray, log_level: FloatArray, side: str) -> FloatArray:
    """Chernoff's bound: the divergence of r from the mean is at most ln(1 / delta) / n.

    Examples
    --------
    >>> round(float(kl_gap(np.array(0.0), np.array(100.0), np.array(3.0), "upper")), 5)
    0.02955
    """
    return np.asarray(inverses.kl_inverse(r, log_level / n, side=side, return_gap=True)[1])


def bernstein_gap(variance: FloatArray, n: FloatArray, log_level: FloatArray) -> FloatArray:
    """Bernstein's inequality with a known variance.

    Examples
    --------
    >>> round(float(bernstein_gap(0.01, 1000, 3.0)), 6)
    0.008746
    """
    return np.asarray(np.sqrt(2.0 * variance * log_level / n) + log_level / (3.0 * n))


def bennett_gap(variance: FloatArray, n: FloatArray, log_level: FloatArray) -> FloatArray:
    """Bennett's inequality with a known variance v: v h(gap / v) = ln(1 / delta) / n, h(u) = (1 + u) ln(1 + u) - u.

    h is convex and Bernstein's gap lies above the root, so Newton's method comes down to it without crossing it.

    Examples
    --------
    >>> round(float(bennett_gap(np.array(0.01), 1000, 3.0)), 6)
    0.008692
    """
    v = np.asarray(variance, dtype=np.float64)
    share = np.asarray(log_level / n)
    positive = np.maximum(v, 1e-290 * np.maximum(share, 1.0))  # a larger variance has a larger gap, and u stays finite
    wanted = np.asarray(share / positive)
    u = np.sqrt(2.0 * wanted) + wanted / 3.0
    for _ in range(60):
        step = (_bennett_h(u) - wanted) / np.log1p(u)
        u = u - np.maximum(step, 0.0)
        if np.all(step <= 4e-16 * u):
            break
    return np.where(v > 0.0, positive * u * ROUND_UP, 0.0)


def _bennett_h(u: FloatArray) -> FloatArray:
    """(1 + u) ln(1 + u) - u; by its series where the two terms cancel."""
    series = np.zeros_like(u)
    small = np.minimum(u, 0.03)
    for k in range(12, 1, -1):
        series = 1.0 / (k * (k - 1.0)) - small * series
    return np.where(u < 0.03, small * small * series, (1.0 + u) * np.log1p(u) - u)


def empirical_bernstein_gap(variance: FloatArray, n: FloatArray, log_level: FloatArray) -> FloatArray:
    """The inequality of Maurer and Pontil with the sample variance, which has n - 1 below.

    Examples
    --------
    >>> round(float(empirical_bernstein_gap(0.01, 1000, 3.0)), 5)
    0.01722
    """
    level = log_level + math.log(2.0)
    return np.asarray(np.sqrt(2.0 * variance * level / n) + 7.0 * level / (3.0 * (n - 1.0)))


def hoeffding_bentkus_gap(r: FloatArray, n: FloatArray, log_level: FloatArray, side: str) -> FloatArray:
    """The smaller of Chernoff's gap and that of Bentkus: a binomial tail at ceil(n r) with delta / e.

    Examples
    --------
    >>> round(float(hoeffding_bentkus_gap(np.array(0.08), np.array(1000.0), np.array(3.0), "upper")), 6)
    0.019844
    """
    mean = r if side == "upper" else 1.0 - r
    k = whole_above(mean, n)
    _, gap = inverses.binomial_tail_inverse(k, n, log_delta=-log_level - 1.0, return_gap=True)
    return np.asarray(np.minimum(kl_gap(r, n, log_level, side), gap + (k / n - mean)))


def whole_above(r: FloatArray, n: FloatArray) -> FloatArray:
    """ceil(n r), where a product within rounding of a whole number counts as that number.

    Examples
    --------
    >>> float(whole_above(np.array(0.07), np.array(100.0)))
    7.0
    """
    product = np.asarray(n * r)
    nearest = np.rint(product)
    return np.where(np.abs(product - nearest) <= 2.0**-50 * product, nearest, np.ceil(product))


# with second moments -------------------------------------------------------------------------------------------------
def unexpected_bernstein(second: float, n: int, log_level: float, side: str) -> tuple[float, float, int]:
    """The gap of the unexpected Bernstein inequality, the rate that gives it and how many rates were tried.

    For losses above 0, ``E exp(g (mu - X) - psi(g) X^2) <= 1`` for 0 < g < 1 with psi(g) = -ln(1 - g) - g, and
    ``E exp(g (X - mu) - g^2 X^2 / 2) <= 1`` for every g > 0; rates are tried on a grid fixed in advance, and delta is
    shared by them.

    Parameters
    ----------
    second : float
        Mean of the squared losses.
    n : int
    log_level : float
    side : {"upper", "lower"}

    Examples
    --------
    >>> gap, rate, count = unexpected_bernstein(0.02, 1000, 3.0, "upper")
    >>> round(gap, 4), rate, count
    (0.0165, 0.5, 4)
    """
    count = max(1, math.ceil(math.log2(math.sqrt(n / log_level) / 2.0)))
    rates = 0.5 ** np.arange(1.0, count + 1.0)
    if side == "lower":
        rates = 4.0 * rates
    price = (-np.log1p(-rates) - rates) if side == "upper" else rates**2 / 2.0
    gaps = price / rates * second + (log_level + math.log(count)) / (rates * n)
    best = int(np.argmin(gaps))
    return float(gaps[best]) * ROUND_UP, float(rates[best]), count


def split_kl(losses: FloatArray, levels: FloatArray, log_level: float, side: str) -> tuple[float, FloatArray]:
    """The limit of the split-kl inequality, and the mean of each part.

    The loss is the sum over parts of ``width * min(max((loss - start) / width, 0), 1)``; each part has a limit of its
    own by the divergence, at delta over the number of parts.

    Parameters
    ----------
    losses : (n,) float64
    levels : (k + 1,) float64
        From 0 to 1, increasing: the ends of the parts.
    log_level : float
    side : {"upper", "lower"}

    Examples
    --------
    >>> limit, means = split_kl(np.array([0.0, 0.5, 0.5, 1.0]), np.array([0.0, 0.5, 1.0]), 3.0, "upper")
    >>> round(limit, 4), means
    (0.926, array([0.75, 0.25]))
    """
    widths = np.diff(levels)
    means = np.array(
        [
            math.fsum(np.clip((losses - start) / width, 0.0, 1.0)) / losses.size
            for start, width in zip(levels[:-1], widths, strict=True)
        ]
    )
    share = (log_level + math.log(len(widths))) / losses.size
    limits = inverses.kl_inverse(means, share, side=side)
    total = math.fsum(widths * limits)
    return (total * ROUND_UP if side == "upper" else total / ROUND_UP), means
