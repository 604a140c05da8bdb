"""The correction that a projection subtracts from a regression.

from values of the fitted function, and from its residuals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stattools import _random
from stattools._typing import FloatArray, IntArray, Seed
from stattools.collider.features import Scaler
from stattools.collider.paths import Unshrunk
from stattools.collider.projectors import FittedProjector, fit_projector
from stattools.collider.rows import LinearPrior

RATIO_FOR_PLUGIN = 2.0  # the plug-in gains half of the oracle there, and its weights need no variance to be estimated
SWEEPS, TOLERANCE = 200, 1e-8
SWEEPS_OF_FORESTS, TOLERANCE_OF_FORESTS = 5, 0.02
SMALLEST_VARIANCE = 1e-10  # relative: a base that fits out of sample without error has residual rows of finite weight


@dataclass(frozen=True)
class Targets:
    """What is regressed on constraint columns.

    rows : (N,) indices of the rows of X that they belong to. values : (N, q). types : (N,) 0 for function values, 1 for
    residuals. weights : for each constraint, or one for all, (N, q) inverse variances.
    """

    rows: IntArray
    values: FloatArray
    types: IntArray
    weights: tuple[FloatArray, ...]

    def weights_of(self, k: int) -> FloatArray:
        """(N, q) inverse variances around what the columns B of constraint k explain."""
        return self.weights[k if len(self.weights) > 1 else 0]


@dataclass(frozen=True)
class Correction:
    """An estimate of what the constraints forbid in a function of the columns of X.

    places : for each constraint, the indices of A and of B. projectors : their regressions, to be summed. sweeps,
    change : of the backfitting over several constraints, the largest of the responses, relative to the size of the
    function.
    degrees_of_freedom, noise, unshrunk : (q,) sums over the constraints. penalty : (constraints, q), infinite for no
    projection, NaN where there is none. low, high : (q,) that no value of the correction can leave. smoothers :
    `projectors` with all that smoothing other targets needs, if they were kept.
    """

    places: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    projectors: tuple[FittedProjector, ...]
    sweeps: int
    change: float
    converged: bool
    degrees_of_freedom: FloatArray
    noise: FloatArray
    unshrunk: Unshrunk
    penalty: FloatArray
    low: FloatArray
    high: FloatArray
    smoothers: tuple[FittedProjector, ...] = ()

    def compact(self) -> Correction:
        """Without what only degrees of freedom need."""
        return replace(self, smoothers=())

    def predict(self, X: FloatArray) -> FloatArray:
        """(k, q) values to subtract; of mean zero over the rows of the fit, up to the bounds."""
        parts = [_predict(*pair, X) for pair in zip(self.projectors, self.places, strict=True)]
        return np.asarray(np.clip(np.sum(parts, axis=0), self.low, self.high))


def plugin_targets(values: FloatArray, given: Sequence[FloatArray | None] = (None,)) -> Targets:
    """Function values on all rows alone. values : (N, q); given : for each constraint, (N, e) columns B or None."""
    n = len(values)
    weights = []
    for columns in given:
        spread = _variances(values, columns)
        weights.append(np.broadcast_to(1.0 / np.where(spread > 0, spread, 1.0), values.shape))
    return Targets(np.arange(n), values, np.zeros(n, dtype=np.intp), tuple(weights))


def augmented_targets(
    values: FloatArray, residuals: FloatArray, given: Sequence[FloatArray | None] = (None,)
) -> Targets:
    """Function values on all rows, and out-of-sample residuals f - Y on the labelled ones, by inverse variances.

    values : (N, q), labelled rows first. residuals : (n, q). given : for each constraint, (N, e) columns B or None.

    Notes
    -----
    Derived here. When the constraint holds, E[f - Y | A, B] - E[f - Y | B] = E[f | A, B] - E[f | B], since the terms of
    Y cancel. So a residual is another response for the same regression, with the noise of the residual and not that of
    the function. For least squares with R-squared R2 the effective number of rows is n / (1 - R2) + m, and the
    correction is the posterior mean of what least squares added to the columns A by chance. Weights are inverses of
    variances around a linear regression on B.
    """
    n, size = len(residuals), len(values)
    return Targets(
        rows=np.concatenate([np.arange(size), np.arange(n)]),
        values=np.vstack([values, residuals]),
        types=np.repeat(np.array([0, 1], dtype=np.intp), [size, n]),
        weights=tuple(_stacked_weights(values, residuals, columns) for columns in given),
    )


def _stacked_weights(values: FloatArray, residuals: FloatArray, given: FloatArray | None) -> FloatArray:
    """(N + n, q) inverse variances of function values and residuals."""
    n, q = residuals.shape
    spread = _variances(values, given)
    noise = _variances(residuals, None if given is None else given[:n])
    noise = np.maximum(noise, SMALLEST_VARIANCE * np.where(spread > 0, spread, 1.0))
    spread = np.where(spread > 0, spread, noise)
    return np.vstack([np.broadcast_to(1.0 / spread, (len(values), q)), np.broadcast_to(1.0 / noise, (n, q))])


def _variances(values: FloatArray, given: FloatArray | None) -> FloatArray:
    """(q,) mean squares around the mean, or around a linear regression on B."""
    centred = values - values.mean(axis=0)
    if given is not None and given.shape[1] < len(values) - 1:
        design = given - given.mean(axis=0)
        centred = centred - design @ np.linalg.lstsq(design, centred, rcond=None)[0]
    return np.asarray(np.mean(centred**2, axis=0))


def break_even_ratios(residuals: FloatArray, y: FloatArray, n_rows: int) -> FloatArray:
    """(q,) N (1 - R2) / (n R2) of each response, R2 out of sample; infinite for R2 <= 0. residuals, y : (n, q)."""
    r_squared = out_of_sample_r_squared(residuals, y)
    useful = np.where(r_squared > 0, r_squared, 1.0)
    return np.where(r_squared > 0, n_rows * (1.0 - useful) / (len(y) * useful), np.inf)


def out_of_sample_r_squared(residuals: FloatArray, y: FloatArray) -> FloatArray:
    """(q,) 1 - mean squared residual / variance of each response; NaN for a constant one."""
    varies = Scaler.varies(y)
    total = np.where(varies, np.sum((y - y.mean(axis=0)) ** 2, axis=0), np.nan)
    return np.asarray(1.0 - np.sum(residuals**2, axis=0) / total)


def resolved_method(method: str, ratios: FloatArray) -> str:
    """The method that "auto" stands for: one for all responses, by the smallest of their break-even ratios."""
    if method != "auto":
        return method
    return "plugin" if np.min(ratios) >= RATIO_FOR_PLUGIN else "augmented"


def fit_correction(
    kind: str,
    X: FloatArray,
    targets: Targets,
    constraints: Sequence[Any],
    *,
    penalty: str | float = "gcv",
    priors: Sequence[LinearPrior | None] = (),
    tolerance: float = TOLERANCE,
    keep: bool = False,
    rng: Seed = None,
) -> Correction:
    """The correction for one or several constraints.

    Parameters
    ----------
    kind : str
        As in `fit_projector`.
    X : (N, p) float64
    targets : Targets
    constraints : sequence
        With attributes `independent` and `given`, tuples of column indices.
    penalty, rng
        As in `fit_projector`.
    priors : sequence of LinearPrior or None
        For each constraint, as in `fit_projector`; empty for none.
    tolerance : float, default 1e-8
        Sweeps end when the correction changes by less, relative to the standard deviation of each target.
    keep : bool, default False
        Keep the smoothers.

    Notes
    -----
    Several constraints ask for the projection on an intersection. Its correction is the sum of g_k with g_k = S_k (f -
    sum of the other g_j), S_k the smoother of constraint k, which backfitting solves; without penalties that is von
    Neumann's method of alternating projections. Alternating the smoothers themselves would undo their penalties, as
    each sweep would fit again what the last one shrank. Penalties are chosen in the first sweep.

    A conditional mean cannot leave the range of the function. Where constraint columns are rare an estimate could, far
    beyond; so corrections are held within a range, that of f over the rows about its mean, widened at both ends by half
    its width, since the rows do not show all of it. With conditions, or for several constraints, it is plus and minus
    one and a half widths.
    """
    seed = _random.seed_sequence(rng)
    places = tuple((tuple(c.independent), tuple(c.given)) for c in constraints)
    rows = X[targets.rows]
    projectors: list[FittedProjector] = []
    parts: list[FloatArray] = []
    for k, (independent, given) in enumerate(places):
        rest = targets.values - np.sum(parts, axis=0) if parts else targets.values
        projector = fit_projector(
            kind,
            np.ascontiguousarray(rows[:, independent]),
            rest,
            targets.weights_of(k),
            given=np.ascontiguousarray(rows[:, given]) if given else None,
            types=targets.types,
            penalty=penalty,
            prior=priors[k] if priors else None,
            rng=_random.child_seed(seed, k),
        )
        projectors.append(projector)
        if len(places) > 1:
            parts.append(_predict(projector, places[k], rows))
    sweeps, change, converged = 1, 0.0, True
    if len(places) > 1:
        forest = kind == "forest"
        limit = SWEEPS_OF_FORESTS if forest else SWEEPS
        goal = max(tolerance, TOLERANCE_OF_FORESTS) if forest else tolerance
        sweeps, change, converged = _backfit(projectors, parts, places, rows, targets.values, limit, goal)
    low, high = _bounds(targets, simple=len(places) == 1 and not places[0][1])
    return Correction(
        places,
        tuple(p.compact() for p in projectors),
        sweeps,
        change,
        converged,
        np.asarray(np.sum([p.degrees_of_freedom for p in projectors], axis=0)),
        np.asarray(np.sum([p.noise for p in projectors], axis=0)),
        Unshrunk.total([p.unshrunk for p in projectors]),
        np.array([p.penalty for p in projectors]),
        low,
        high,
        tuple(projectors) if keep else (),
    )


def smoothed(correction: Correction, X: FloatArray, rows: IntArray, values: FloatArray, j: int) -> FloatArray:
    """(N, k) what the smoothers of a correction make of other targets, at fixed penalties and without bounds.

    correction : with its smoothers. X : (N, p) rows of the fit. rows : (M,) indices of the rows of the targets.
    values : (M, k), to be smoothed as target j was.
    """
    kept: Any = correction.smoothers
    smoothers = [smoother.repeated(j, values.shape[1]) for smoother in kept]
    places = correction.places
    if len(smoothers) == 1:
        return _predict(smoothers[0].again(values), places[0], X)
    parts = [np.zeros_like(values) for _ in smoothers]
    _backfit(smoothers, parts, places, X[rows], values, SWEEPS, TOLERANCE)
    return np.asarray(np.sum([_predict(*pair, X) for pair in zip(smoothers, places, strict=True)], axis=0))


def _bounds(targets: Targets, *, simple: bool) -> tuple[FloatArray, FloatArray]:
    """(q,) bounds of the correction; simple : one constraint without conditions."""
    values = targets.values[targets.types == 0]
    low, high = values.min(axis=0), values.max(axis=0)
    width = high - low
    if simple:
        return low - values.mean(axis=0) - width / 2.0, high - values.mean(axis=0) + width / 2.0
    return -1.5 * width, 1.5 * width


def _backfit(
    projectors: list[FittedProjector],
    parts: list[FloatArray],
    places: Any,
    rows: FloatArray,
    values: FloatArray,
    limit: int,
    goal: float,
) -> tuple[int, float, bool]:
    """Sweep over the constraints in place until nothing changes.

    Changes are relative to the standard deviations of the values. (sweeps, last change, whether it is below the goal).
    """
    change, scale = np.inf, values.std(axis=0)
    scale[scale == 0] = 1.0
    for sweep in range(2, limit + 1):
        change = 0.0
        for k in range(len(projectors)):
            others = np.sum([part for j, part in enumerate(parts) if j != k], axis=0)
            projectors[k] = projectors[k].again(values - others)
            part = _predict(projectors[k], places[k], rows)
            change = max(change, float(np.max(np.sqrt(np.mean((part - parts[k]) ** 2, axis=0)) / scale)))
            parts[k] = part
        if change <= goal:
            return sweep, change, True
    return limit, change, change <= goal


def _predict(projector: FittedProjector, place: Any, X: FloatArray) -> FloatArray:
    independent, given = place
    return projector.predict(
        np.ascontiguousarray(X[:, independent]), np.ascontiguousarray(X[:, given]) if given else None
    )
