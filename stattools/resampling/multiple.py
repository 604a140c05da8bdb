"""Adjusted p-values for many hypotheses."""

from __future__ import annotations

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError
from stattools._typing import ArrayLike, FloatArray
from stattools.resampling.engine import JointNull, at_least


def pvalue_array(p: ArrayLike, name: str = "p") -> FloatArray:
    """p-values as an array, each checked to lie between 0 and 1.

    Examples
    --------
    >>> pvalue_array([0.1, 1]).tolist()
    [0.1, 1.0]
    """
    array = _validation.float_array(p, name)
    outside = (array < 0) | (array > 1)
    if outside.any():
        index = np.unravel_index(int(np.argmax(outside)), array.shape)
        raise InvalidDataError(
            f"{name} has {array[index]} at {_validation.place(index, array.ndim)}; a p-value lies between 0 and 1"
        )
    return array


def adjust_pvalues(p: ArrayLike, method: str = "holm") -> FloatArray:
    """Adjust p-values for their number.

    Parameters
    ----------
    p : (K,) array_like
    method : {"holm", "bonferroni", "bh", "by"}
        "holm" and "bonferroni" control the probability of any false rejection under every dependence; "bh" the false
        discovery rate under independence or positive dependence; "by" the same under every dependence.

    Returns
    -------
    (K,) float64

    Raises
    ------
    InvalidDataError
        A p-value is missing or outside [0, 1].

    References
    ----------
    Holm (1979), Scand. J. Statist. 6, 65-70. Benjamini and Hochberg (1995), J. R. Statist. Soc. B 57, 289-300.
    Benjamini and Yekutieli (2001), Ann. Statist. 29, 1165-1188.

    Examples
    --------
    >>> adjust_pvalues([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    _validation.choice(method, ("holm", "bonferroni", "bh", "by"), "method")
    array = pvalue_array(p)
    if array.ndim != 1:
        raise InvalidDataError(f"p has shape {array.shape}; it must have one dimension")
    if method == "bonferroni":
        return np.minimum(1.0, array * len(array))
    if method == "holm":
        order = np.argsort(array, kind="stable")
        steps = np.maximum.accumulate(array[order] * np.arange(len(array), 0, -1))
        adjusted = np.empty_like(array)
        adjusted[order] = np.minimum(1.0, steps)
        return adjusted
    from scipy.stats import false_discovery_control

    return np.asarray(false_discovery_control(array, method=method))


def step_down_pvalues(null: JointNull) -> FloatArray:
    """Westfall-Young step-down maxT p-values of the statistics of one run.

    Statistics are ordered by their observed values; each is compared with the maximum of itself and all later ones
    over the shared arrangements. The probability of any false rejection is controlled when the arrangements of the
    true nulls are exchangeable whatever the others are (subset pivotality).

    Parameters
    ----------
    null : JointNull
        K statistics on B shared arrangements.

    Returns
    -------
    (K,) float64

    References
    ----------
    Westfall and Young (1993), Resampling-Based Multiple Testing, section 4.1: the step-down maxT procedure.

    Examples
    --------
    >>> from stattools.resampling import Permutation, resample
    >>> joint = resample(lambda codes: codes[:, :2] + 0.0, Permutation(99, group_sizes=(2, 2)), rng=1)
    >>> step_down_pvalues(joint).tolist()
    [1.0, 1.0]
    """
    order = np.argsort(-null.observed, kind="stable")
    maxima = np.maximum.accumulate(null.values[:, order[::-1]], axis=1)[:, ::-1]
    counts = np.array([at_least(maxima[:, k], null.observed[j], null.tolerance).sum() for k, j in enumerate(order)])
    pvalues = np.maximum(counts, 1) / len(maxima) if null.exact else (1 + counts) / (1 + len(maxima))
    adjusted = np.empty(len(order))
    adjusted[order] = np.maximum.accumulate(pvalues)
    return adjusted
