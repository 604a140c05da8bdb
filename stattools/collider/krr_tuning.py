"""Lengthscales of a Gaussian kernel by the criterion of the penalty, each with its best penalty."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from stattools._typing import FloatArray, IntArray
from stattools.rkhs.kernels import median_distance, squared_distances
from stattools.rkhs.ridge import centred_spectrum, is_constant, ridge_path
from stattools.rkhs.spectra import spectrum

MULTIPLES = np.geomspace(0.125, 64.0, 10)
"""Tried lengthscales over the median distance; the best is refined between its neighbours."""
SWEEPS = 4
PRECISION = 0.02
"""Of logarithms of lengthscales."""


@dataclass(frozen=True, eq=False)
class Lengthscales:
    """Chosen lengthscales.

    values : (g,) one for each group of columns. tried : (c,) shared ones, as multiples of the median distance of each
    group. criterion : (c,) their criterion. smallest : that of the chosen ones.
    """

    values: FloatArray
    tried: FloatArray
    criterion: FloatArray
    smallest: float


def choose_lengthscales(
    columns: FloatArray,
    y: FloatArray,
    groups: tuple[tuple[int, ...], ...],
    *,
    tune: str,
    intercept: bool,
    folds: IntArray | None,
) -> Lengthscales:
    """A lengthscale for each group of columns.

    Parameters
    ----------
    columns : (n, d) float64
        Scaled.
    y : (n, q) float64
    groups : tuple of tuples of int
        Indices of columns.
    tune : {"reml", "gcv", "loo", "kfold"}
    intercept : bool
    folds : (n,) int, or None

    Returns
    -------
    Lengthscales

    Notes
    -----
    The criterion is profiled over the penalties: the sum over targets of the restricted likelihoods, or of logarithms
    of the other criteria, which have units. One multiple of the median distances of all groups is found on a grid and
    refined; with several groups each lengthscale is then refined in turn, in at most four sweeps. The minimum found is
    a local one. O(n^3) for each of about 20 trials, and of 10 more for each group and sweep.
    """
    parts = [squared_distances(np.ascontiguousarray(columns[:, list(group)])) for group in groups]
    medians = np.array([_median(columns[:, list(group)]) for group in groups])
    varying = ~is_constant(y, y.mean(axis=0) if intercept else 0.0)
    if not varying.any() or not columns.shape[1]:
        return Lengthscales(medians, np.empty(0), np.empty(0), np.nan)
    value = _profile(parts, y[:, varying], tune=tune, intercept=intercept, folds=folds)

    table = np.array([value(np.log(medians * multiple)) for multiple in MULTIPLES])
    best = int(np.argmin(table))
    step = np.log(MULTIPLES[1] / MULTIPLES[0])
    logarithms = np.log(medians * MULTIPLES[best])
    limits = (np.log(medians * MULTIPLES[0]), np.log(medians * MULTIPLES[-1]))
    logarithms, smallest = _line(value, logarithms, np.ones(len(groups)), step, float(table[best]), limits)
    for _ in range(SWEEPS if len(groups) > 1 else 0):
        before = smallest
        for axis in np.eye(len(groups)):
            logarithms, smallest = _line(value, logarithms, axis, 2.0 * step, smallest, limits)
        if before - smallest < 1e-3:
            break
    return Lengthscales(np.exp(logarithms), MULTIPLES, table, smallest)


def _median(columns: FloatArray) -> float:
    return median_distance(np.ascontiguousarray(columns)) if columns.size and np.ptp(columns, axis=0).any() else 1.0


def _profile(
    parts: list[FloatArray], y: FloatArray, *, tune: str, intercept: bool, folds: IntArray | None
) -> Callable[[FloatArray], float]:
    def value(logarithms: FloatArray) -> float:
        gram = np.zeros_like(parts[0])
        for squared, logarithm in zip(parts, logarithms, strict=True):
            gram -= squared * (0.5 * np.exp(-2.0 * logarithm))
        gram = np.expm1(gram, out=gram) if intercept else np.exp(gram, out=gram)
        pairs = centred_spectrum(gram) if intercept else spectrum(gram)
        smallest = ridge_path(pairs, y, intercept=intercept).select(tune, folds=folds).smallest
        if tune != "reml":
            smallest = np.log(np.maximum(smallest, np.finfo(np.float64).tiny))
        return float(smallest.sum())

    return value


def _line(
    value: Callable[[FloatArray], float],
    start: FloatArray,
    direction: FloatArray,
    reach: float,
    smallest: float,
    limits: tuple[FloatArray, FloatArray],
) -> tuple[FloatArray, float]:
    """The lowest point seen on a line, within reach of the start and within limits, the start included."""
    moved = direction > 0
    low = max(-reach, float((limits[0] - start)[moved].max()))
    high = min(reach, float((limits[1] - start)[moved].min()))
    if not low < high:
        return start, smallest
    found = minimize_scalar(
        lambda t: value(start + t * direction), bounds=(low, high), method="bounded", options={"xatol": PRECISION}
    )
    if found.fun < smallest:
        return start + found.x * direction, float(found.fun)
    return start, smallest
