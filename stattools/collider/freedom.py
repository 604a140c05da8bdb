"""Degrees of freedom of the fitted values before and after the projection."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools._typing import FloatArray
from stattools.collider import augmented
from stattools.collider.assembly import NAN, DegreesOfFreedom

MOST_ROWS = 1000  # labelled ones: each is a response that base and projector are asked for
MOST_VALUES = 2**24  # of the base at all rows for each of these responses


def of(fit: Any, problem: Any) -> DegreesOfFreedom:
    """Degrees of freedom of a ProjectedFit: traces of the derivatives of fitted values by responses.

    Penalties, lengthscales and weights count as fixed. After a projection they are NaN for bases that are not linear in
    the responses, projectors without a linear smoother, more than 1000 labelled rows, and more than 2^24 values of the
    base at all rows for as many responses as there are labelled rows.
    """
    base = getattr(fit.base, "degrees_of_freedom", None)
    before = NAN if base is None else float(np.mean(base))
    if fit.correction is None:
        return DegreesOfFreedom(before, before, 0.0)
    after = fit.df_after
    if np.isnan(after):
        after = before - correction_trace(fit, problem) if fit.projects else before
    return DegreesOfFreedom(before, after, float(np.mean(fit.correction.degrees_of_freedom)))


def correction_trace(fit: Any, problem: Any) -> float:
    """Trace of the derivatives of the correction at labelled rows by their responses, the mean over responses.

    Base and projector are linear in the responses at fixed penalties, so the derivatives by response i are what they
    make of a response that is 1 in row i and 0 elsewhere.
    """
    smoothers: Any = getattr(fit.correction, "smoothers", ())
    n, q = len(problem.y), problem.y.shape[1]
    if not smoothers or not all(np.isfinite(smoother.degrees_of_freedom).all() for smoother in smoothers):
        return NAN
    if n > MOST_ROWS or n * (n + len(problem.unlabeled)) > MOST_VALUES:
        return NAN
    total = 0.0
    whole = np.vstack([problem.X, problem.unlabeled])
    rows = np.arange(len(whole)) if fit.method == "plugin" else np.concatenate([np.arange(len(whole)), np.arange(n)])
    penalties = np.broadcast_to(getattr(fit.base, "penalty", NAN), (q,))
    for j in range(q):
        values = _unit_values(fit.base, problem, float(penalties[j]))
        if values is None:
            return NAN
        targets = values if fit.method == "plugin" else np.vstack([values, values[:n] - np.eye(n)])
        total += float(np.trace(augmented.smoothed(fit.correction, whole, rows, targets, j)[:n]))
    return float(total / q)


def _unit_values(base: Any, problem: Any, penalty: float) -> FloatArray | None:
    """(N, n) values of the base for unit responses, out of sample at labelled rows; None if it is not linear."""
    again = getattr(base, "again", None)
    unit = None if again is None else again(np.eye(len(problem.X)), penalty)
    if unit is None:
        return None
    outside = np.asarray(unit.out_of_sample)
    return np.vstack([outside, unit.predict(problem.unlabeled)]) if len(problem.unlabeled) else outside
