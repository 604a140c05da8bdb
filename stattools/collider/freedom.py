"""Degrees of freedom of the fitted values before and after the projection."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools._typing import FloatArray
from stattools.collider.assembly import NAN, DegreesOfFreedom

MOST_ROWS = 500  # one smoothing of the targets for each labelled row


def of(fit: Any, problem: Any) -> DegreesOfFreedom:
    """Degrees of freedom of a ProjectedFit: traces of the derivatives of fitted values by responses.

    Penalties, lengthscales and weights count as fixed. After a projection they are NaN for bases that are not linear in
    the responses, several constraints, projectors without a linear smoother, and more than 500 labelled rows.
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
    if len(smoothers) != 1 or n > MOST_ROWS or not np.isfinite(smoothers[0].degrees_of_freedom).all():
        return NAN
    penalties = np.broadcast_to(getattr(fit.base, "penalty", NAN), (q,))
    units = [_unit_values(fit.base, problem, float(penalty)) for penalty in penalties]
    if any(unit is None for unit in units):
        return NAN
    (independent, given), total = fit.correction.places[0], 0.0
    columns, conditions = problem.X[:, independent], problem.X[:, given] if given else None
    for i in range(n):
        values = np.column_stack([unit[:, i] for unit in units if unit is not None])
        residuals = values[:n].copy()
        residuals[i] -= 1.0
        targets = values if fit.method == "plugin" else np.vstack([values, residuals])
        one = smoothers[0].again(targets).predict(columns[[i]], None if conditions is None else conditions[[i]])
        total += float(np.mean(one))
    return total


def _unit_values(base: Any, problem: Any, penalty: float) -> FloatArray | None:
    """(N, n) values of the base for unit responses, out of sample at labelled rows; None if it is not linear."""
    again = getattr(base, "again", None)
    unit = None if again is None else again(np.eye(len(problem.X)), penalty)
    if unit is None:
        return None
    outside = np.asarray(unit.out_of_sample)
    return np.vstack([outside, unit.predict(problem.unlabeled)]) if len(problem.unlabeled) else outside
