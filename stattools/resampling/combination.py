"""One p-value from many that depend on each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._provenance import Provenance
from stattools._typing import ArrayLike, FloatArray
from stattools.resampling.multiple import pvalue_array
from stattools.results import HTestResult

METHODS = {
    "hmp": "harmonic mean p",
    "cauchy": "Cauchy combination",
    "cauchy_truncated": "truncated Cauchy combination",
    "simes": "Simes",
    "bonferroni": "Bonferroni",
    "fisher": "Fisher",
    "stouffer": "Stouffer",
}
STATISTIC_NAMES = {
    "hmp": "1/HMP",
    "cauchy": "T",
    "cauchy_truncated": "T",
    "simes": "1/p",
    "bonferroni": "1/p",
    "fisher": "X-squared",
    "stouffer": "Z",
}
GUARANTEES = {
    "hmp": "valid in the tail under many common kinds of dependence, approximately at moderate levels",
    "cauchy": "valid in the tail under many common kinds of dependence, approximately at moderate levels",
    "cauchy_truncated": "valid in the tail under many common kinds of dependence, approximately at moderate levels",
    "simes": "valid under independence or positive dependence",
    "bonferroni": "valid under any dependence",
    "fisher": "valid under independence only",
    "stouffer": "valid under independence only",
}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class CombinationResult(HTestResult):
    """A combined p-value; with several rows of p-values, `statistic` and `pvalue` are arrays.

    Examples
    --------
    >>> combine_pvalues([[0.01, 0.2], [0.5, 0.6]], "bonferroni").pvalue
    array([0.02, 1.  ])
    """


def combine_pvalues(
    p: ArrayLike, method: str = "hmp", weights: ArrayLike | None = None, axis: int = -1
) -> CombinationResult:
    """Combine p-values of the same null hypothesis into one.

    Parameters
    ----------
    p : array_like
        p-values; those along `axis` are combined.
    method : {"hmp", "cauchy", "cauchy_truncated", "simes", "bonferroni", "fisher", "stouffer"}
        "hmp": harmonic mean p with its Landau tail [1]_. "cauchy": Cauchy combination [2]_. "cauchy_truncated": the
        same without the terms of p-values of one half or more, which else can cancel the small ones; still divided by
        the total weight. These three are accurate for small combined p-values under many kinds of dependence, such as
        between normal statistics; under the worst dependence they are too small by a factor near ln P. A p-value of 1
        drowns all others in "cauchy". "simes", "bonferroni": valid under positive, respectively any, dependence.
        "fisher" and "stouffer": only for independent p-values.
    weights : (P,) array_like, optional
        Non-negative; they are scaled to sum one, and p-values of weight zero are left out. Not for "fisher".
    axis : int, default -1

    Returns
    -------
    CombinationResult
        ``statistic`` is large when the p-values are small: 1/HMP, the Cauchy T, the reciprocal of the smallest adjusted
        p-value, or Fisher's and Stouffer's statistic.

    Raises
    ------
    InvalidDataError
        A p-value is missing or outside [0, 1]; weights are negative, all zero, or of another number than the p-values.

    References
    ----------
    .. [1] Wilson (2019), PNAS 116, 1195-1200, eq. (4).
    .. [2] Liu and Xie (2020), J. Am. Statist. Assoc. 115, 393-402, eq. (2).

    Examples
    --------
    >>> result = combine_pvalues([0.01, 0.2, 0.8])
    >>> round(result.pvalue, 5)
    0.03229
    """
    _validation.choice(method, tuple(METHODS), "method")
    array = pvalue_array(p)
    if array.ndim == 0:
        raise InvalidDataError("p is a single number; there is nothing to combine")
    axis = _validation.integer(axis, "axis", minimum=-array.ndim, maximum=array.ndim - 1)
    array = np.moveaxis(array, axis, -1)
    w = combination_weights(weights, array.shape[-1], method)
    array, w = array[..., w > 0], w[w > 0]
    if method == "stouffer" and ((array == 0).any(axis=-1) & (array == 1).any(axis=-1)).any():
        raise InvalidDataError("p holds both 0 and 1, whose normal scores cancel to nothing; use another method")
    statistic: Any = combination_statistic(array, method, w)
    pvalue: Any = combination_pvalue(statistic, method, w)
    scalar = array.ndim == 1
    if scalar:
        statistic, pvalue = float(statistic), float(pvalue)
    return CombinationResult(
        provenance=Provenance.capture(
            f"combine_pvalues(p, method={method!r}{'' if weights is None else ', weights=weights'}, axis={axis})",
            sizes={"p": array.shape[-1]},
        ),
        method=f"Combination of p-values, {METHODS[method]}",
        data_name=f"{array.shape[-1]} p-values" + ("" if scalar else f" in each of {array[..., 0].size} rows"),
        statistic_name=STATISTIC_NAMES[method],
        statistic=statistic,
        pvalue=pvalue,
        alternative="greater",
        alternative_text="at least one of the combined null hypotheses is false",
        n={"p-values": array.shape[-1]},
        combination={"method": METHODS[method], "guarantee": GUARANTEES[method]},
        settings={"guarantee": GUARANTEES[method]},
    )


def combination_weights(weights: ArrayLike | None, n: int, method: str) -> FloatArray:
    """Weights scaled to sum one; equal ones by default.

    Examples
    --------
    >>> combination_weights(None, 2, "hmp").tolist()
    [0.5, 0.5]
    """
    if weights is None:
        return np.full(n, 1.0 / n)
    if method == "fisher":
        raise InvalidParameterError("method 'fisher' takes no weights; method 'stouffer' does")
    array = _validation.nonnegative(_validation.float_array(weights, "weights", ndim=1), "weights")
    if len(array) != n:
        raise InvalidDataError(f"weights has {len(array)} values for {n} p-values")
    if array.sum() == 0:
        raise InvalidDataError("weights are all zero")
    return np.asarray(array / array.sum())


def combination_statistic(p: FloatArray, method: str, weights: FloatArray) -> FloatArray:
    """The statistic along the last axis, large when the p-values are small.

    Parameters
    ----------
    p : (..., P) float64
    method : str
    weights : (P,) float64, positive, summing to one

    Returns
    -------
    (...) float64

    Examples
    --------
    >>> float(combination_statistic(np.array([0.5, 0.25]), "hmp", np.array([0.5, 0.5])))
    3.0
    """
    with np.errstate(divide="ignore", over="ignore"):
        if method == "hmp":
            return np.asarray((1.0 / p) @ weights)
        if method in ("cauchy", "cauchy_truncated"):
            terms = _cotangents(p)
            if method == "cauchy_truncated":
                terms = np.where(p < 0.5, terms, 0.0)
            return np.asarray(terms @ weights)
        if method == "bonferroni":
            return np.asarray(1.0 / np.minimum(1.0, (p / weights).min(axis=-1)))
        if method == "simes":
            order = np.argsort(p, axis=-1)
            ratios = np.take_along_axis(p, order, -1) / np.cumsum(weights[order], axis=-1)
            return np.asarray(1.0 / np.minimum(1.0, ratios.min(axis=-1)))
        if method == "fisher":
            return np.asarray(-2.0 * np.log(p).sum(axis=-1))
    from scipy.special import ndtri

    return np.asarray(-(ndtri(p) @ weights) / np.sqrt((weights**2).sum()))


def combination_pvalue(statistic: FloatArray, method: str, weights: FloatArray) -> FloatArray:
    """Upper tail of `combination_statistic` for P p-values with these weights.

    Parameters
    ----------
    statistic : (...) float64
    method : str
    weights : (P,) float64, positive, summing to one

    Notes
    -----
    The harmonic mean's Landau law has location ``-sum w ln w + 1 - gamma + ln(pi/2)``, which is Wilson's
    ``ln P + 0.874`` for equal weights; that of unequal ones is derived here, from w/p having a Pareto tail of scale w.
    A single p-value is returned as it is.

    Examples
    --------
    >>> float(combination_pvalue(np.array(4.0), "bonferroni", np.full(3, 1 / 3)))
    0.25
    """
    from scipy import special, stats

    n = len(weights)
    if method == "hmp":
        if n == 1:
            return np.asarray(1.0 / statistic)
        location = -(weights @ np.log(weights)) + 1.0 - np.euler_gamma + np.log(np.pi / 2)
        return np.asarray(stats.landau.sf(statistic, loc=location, scale=np.pi / 2))
    if method in ("cauchy", "cauchy_truncated"):
        tail = np.arctan2(1.0, statistic) / np.pi
        return np.where(statistic <= 0, 1.0, tail) if method == "cauchy_truncated" else tail
    if method in ("simes", "bonferroni"):
        return np.asarray(1.0 / statistic)
    if method == "fisher":
        return np.asarray(stats.chi2.sf(statistic, 2 * n))
    return np.asarray(special.ndtr(-statistic))


def _cotangents(p: FloatArray) -> Any:
    """cot(pi p) for 0 <= p <= 1; p next to one is held at 1 - 1e-15, where the cotangent would swallow all others."""
    held = np.minimum(p, 1.0 - 1e-15)
    small = held < 1e-15
    angle = np.pi * np.where(small, 0.5, held)
    return np.where(small, 1.0 / (np.pi * held), np.cos(angle) / np.sin(angle))
