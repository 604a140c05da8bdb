"""Projection of curves on quantile functions: non-decreasing, and within a declared support."""

from __future__ import annotations

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import ArrayLike, FloatArray
from stattools.sdr._kernels import isotonic_rows


def monotone_projection(
    curves: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    lower: float = -np.inf,
    upper: float = np.inf,
) -> FloatArray:
    """The nearest non-decreasing curves with values in an interval.

    Parameters
    ----------
    curves : (..., D) array_like
        Each row of the last axis is a curve on cells of (0, 1).
    weights : (D,) array_like, optional
        Positive widths of the cells; default: equal.
    lower, upper : float, default -inf and inf
        The declared support.

    Returns
    -------
    (..., D) float64
        The projection in the weighted L2 norm. Non-decreasing curves inside the support come back unchanged.

    Raises
    ------
    InvalidDataError
        A value is not finite, or the weights are not D positive numbers.
    InvalidParameterError
        `lower` is above `upper`.

    Notes
    -----
    On the line, the 2-Wasserstein distance is the L2 distance of quantile functions, so that this is the metric
    projection on distributions. Adjacent violators are pooled [1]_, O(D) a curve; the result is then clipped, and that
    is the projection on both constraints. Let g be the isotonic regression of y and c its clipped version. On a block
    where g is constant the residuals y - g have weighted sum zero, so <y - g, f(g)> = 0 for every function f, and
    <y - g, z> <= 0 for every non-decreasing z. For z that also lies in the interval,

        <y - c, z - c> = <y - g, z> - <y - g, c> + <g - c, z - c> <= 0 - 0 + 0,

    the last term because c is the nearest point of the interval to g, value by value. That is the condition for c to be
    the projection. Clipping first and pooling then is not.

    References
    ----------
    .. [1] Robertson, Wright and Dykstra (1988), Order restricted statistical inference, Wiley, theorems 1.3.2 and
       1.3.6, for the properties of g; the argument on clipping is derived here.

    Examples
    --------
    >>> monotone_projection([1.0, 3.0, 2.0, 7.0], upper=5.0)
    array([1. , 2.5, 2.5, 5. ])
    """
    given = _validation.float_array(curves, "curves")
    if given.ndim == 0:
        raise InvalidDataError("curves is a number; it must be an array with the levels on its last axis")
    if lower > upper:
        raise InvalidParameterError(f"lower is {lower:g} and upper {upper:g}; lower must not be above upper")
    width = given.shape[-1]
    masses = np.ones(width) if weights is None else _validation.float_array(weights, "weights", ndim=1)
    if len(masses) != width or not np.all(masses > 0):
        raise InvalidDataError(f"weights has shape {masses.shape}; it must be {width} positive numbers")
    return project(given, masses, lower, upper)


def project(curves: FloatArray, weights: FloatArray, lower: float = -np.inf, upper: float = np.inf) -> FloatArray:
    """See `monotone_projection`; (..., D) arrays that were checked before.

    Examples
    --------
    >>> project(np.array([[2.0, 1.0]]), np.array([1.0, 3.0]))
    array([[1.25, 1.25]])
    """
    rows = _validation.read_only(np.ascontiguousarray(curves.reshape(-1, curves.shape[-1])))
    fitted = np.empty_like(rows)
    isotonic_rows(rows, _validation.read_only(np.ascontiguousarray(weights)), fitted)
    if np.isfinite(lower) or np.isfinite(upper):
        np.clip(fitted, lower, upper, out=fitted)
    return np.asarray(fitted.reshape(curves.shape))
