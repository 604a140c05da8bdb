"""One collider regression on arrays: which constraints hold, the projected fit, and what it gained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stattools import _random
from stattools._errors import (
    AssumptionWarning,
    ConvergenceWarning,
    DegenerateDataWarning,
    InsufficientUnlabeledWarning,
    InvalidDataError,
    Notes,
)
from stattools._provenance import Provenance
from stattools._typing import FloatArray
from stattools.collider import checks, fitting, freedom, gain as gains
from stattools.collider.assembly import (
    NAN,
    BreakEven,
    ConstraintCheck,
    HeldOutGain,
    Parts,
    PredictedGain,
    Projection,
    Sensitivity,
    ShiftCheck,
)
from stattools.collider.augmented import Correction
from stattools.collider.features import Scaler
from stattools.collider.fitting import Options, ProjectedFit
from stattools.collider.result import ColliderResult

FIT_KEY, TEST_KEY, SHIFT_KEY, GAIN_KEY, TEST_ROWS_KEY = 0, 1, 2, 3, 4
GAIN_ROWS, FEWEST_GAIN_ROWS = 2000, 10
TEST_ROWS = 10_000
"""Labelled rows that constraints are tested on at most: a test permutes them."""


@dataclass(frozen=True)
class Problem:
    """Data and constraints.

    X : (n, p); y : (n, q); unlabeled : (m, p); labels : the constraints in words; names : of columns.
    """

    X: FloatArray
    y: FloatArray
    unlabeled: FloatArray
    constraints: tuple[Any, ...]
    labels: tuple[str, ...]
    names: tuple[str, ...]

    def only(self, kept: Sequence[bool]) -> Problem:
        """The same data with some of the constraints."""
        chosen = [k for k, keep in enumerate(kept) if keep]
        return replace(
            self,
            constraints=tuple(self.constraints[k] for k in chosen),
            labels=tuple(self.labels[k] for k in chosen),
        )


@dataclass(frozen=True)
class Examination:
    """What to measure beside the fit. test : of independence, None for none; gain : "auto", True or False."""

    test: str | None
    n_resamples: int
    level: float
    on_violation: str
    gain: Any
    n_folds: int
    n_repeats: int
    confidence_level: float
    gate: bool


def run(
    problem: Problem, options: Options, examination: Examination, notes: Notes, seed: np.random.SeedSequence
) -> tuple[ProjectedFit, Parts]:
    """Check, fit and measure."""
    usable = _usable(problem, notes)
    checked = _check(usable, examination, notes, seed)
    used = usable.only([check.used for check in checked])
    shift = _shift(used, examination, notes, seed)
    fit = fitting.fit_projected(
        options, used.X, used.y, used.unlabeled, used.constraints, _random.child_seed(seed, FIT_KEY), keep=True
    )
    for words in fit.remarks:
        notes.remark(words)
    if not problem.constraints or options.method == "none":
        return fit.compact(), Parts(None, None, None, None, freedom.of(fit, used), checked, None, shift, _tuning(fit))
    _remark_on_response(used, notes)
    _remark_on_method(fit, options, used, notes)
    held_out = _gain(fit, used, options, examination, notes, seed)
    if examination.gate and fit.projects and held_out is not None and held_out.estimate <= 0:
        notes.remark(
            f"gate=True: the held-out gain of the projection is {held_out.estimate:.3g}, so predictions are those of "
            "the base; the gain is that "
            "of the projection which was not used"
        )
        fit = fit.unprojected()
    projection = _projection(fit, used)
    predicted, even, sensitive = _theory(fit, used, projection)
    parts = Parts(
        held_out,
        predicted,
        even,
        sensitive,
        freedom.of(fit, used),
        checked,
        projection,
        shift,
        _tuning(fit),
    )
    return fit.compact(), parts


def _usable(problem: Problem, notes: Notes) -> Problem:
    """Constraints in the independent columns that vary in some row; none when the response is constant."""
    if problem.constraints and not Scaler.varies(problem.y).any():
        notes.remark("y is constant: the base predicts that constant, and there is nothing to project")
        return problem.only([False] * len(problem.constraints))
    rows = np.vstack([problem.X, problem.unlabeled])
    constant = ~Scaler.varies(rows)
    varying = []
    for constraint, label in zip(problem.constraints, problem.labels, strict=True):
        names = [problem.names[j] for j in constraint.independent if constant[j]]
        varying.append(replace(constraint, independent=tuple(j for j in constraint.independent if not constant[j])))
        if names:
            effect = "uses the other columns" if varying[-1].independent else "has no effect"
            notes.warn(f"{', '.join(names)} is constant in all rows; {label} {effect}", DegenerateDataWarning)
    return replace(problem, constraints=tuple(varying)).only([bool(one.independent) for one in varying])


def _check(
    problem: Problem, examination: Examination, notes: Notes, seed: np.random.SeedSequence
) -> tuple[ConstraintCheck, ...]:
    X, y, n = problem.X, problem.y * gains.response_units(problem.y), len(problem.y)
    if problem.constraints and n > TEST_ROWS:
        chosen = np.sort(_random.generator(seed, TEST_ROWS_KEY).choice(n, TEST_ROWS, replace=False))
        X, y = X[chosen], y[chosen]
        notes.remark(
            f"constraints were compared with {TEST_ROWS} of the {n} labelled rows, drawn at random: tests, violations "
            "and what could have been detected are about so many rows"
        )
    found = checks.check_constraints(
        X,
        y,
        problem.constraints,
        problem.labels,
        problem.names,
        method=examination.test,
        n_resamples=examination.n_resamples,
        level=examination.level,
        confidence_level=examination.confidence_level,
        on_violation=examination.on_violation,
        notes=notes,
        rng=_random.child_seed(seed, TEST_KEY),
    )
    if found and examination.test is not None and all(check.verdict == "not contradicted" for check in found):
        notes.remark(
            "that a test does not contradict a constraint is weak evidence for it: compare the smallest violation that "
            "could have been "
            "detected with the one that would cancel the gain"
        )
    return found


def _shift(
    problem: Problem, examination: Examination, notes: Notes, seed: np.random.SeedSequence
) -> ShiftCheck | None:
    if len(problem.unlabeled) < 2 or not problem.constraints or examination.test is None:
        return None
    return checks.check_shift(
        problem.X,
        problem.unlabeled,
        n_resamples=examination.n_resamples,
        level=examination.level,
        notes=notes,
        rng=_random.child_seed(seed, SHIFT_KEY),
    )


def _remark_on_response(problem: Problem, notes: Notes) -> None:
    varying = problem.y[:, Scaler.varies(problem.y)]
    inside = [name for j, name in enumerate(problem.names) if (problem.X[:, [j]] == varying).all(axis=0).any()]
    if inside:
        words = f"{', '.join(inside)} among the columns of X equals the response; leave it out of X"
        notes.warn(words, AssumptionWarning)


def _remark_on_method(fit: ProjectedFit, options: Options, problem: Problem, notes: Notes) -> None:
    if options.method == "auto":
        notes.remark(
            f"method='auto' chose {fit.method!r} by the break-even ratio {fit.ratios.min():.3g}, which rests on these "
            "data; intervals do not account for the choice"
        )
    short = np.flatnonzero(fit.ratios < 1.0)
    if fit.method in ("plugin", "erm") and len(short) and problem.constraints:
        which = "the plug-in" if fit.method == "plugin" else "the constrained fit by an estimated"
        which += " projection without its penalty" if fit.by_law else " projection"
        single = len(fit.ratios) == 1
        of = "" if single else f" of response {' and '.join(str(j + 1) for j in short)}"
        remedy = "Pass more unlabelled rows or method='augmented'"
        if fit.by_law:
            remedy = "With it the gain is small; more unlabelled rows make it larger, method='augmented' makes it surer"
        notes.warn(
            f"N (1 - R2) / (n R2){of} = {' and '.join(f'{ratio:.3g}' for ratio in fit.ratios[short])} with N = "
            f"{len(fit.values)} rows, n = {len(problem.y)}: {which} needs a ratio above 1 to gain. "
            f"{remedy}{'' if single else ', or fit each response by itself'}",
            InsufficientUnlabeledWarning,
        )
    correction = fit.correction
    if correction is not None and not correction.converged:
        notes.warn(
            f"the correction for {len(correction.places)} constraints still changed by {correction.change:.2g} of the "
            "size of the function after "
            f"{correction.sweeps} sweeps",
            ConvergenceWarning,
        )
    if correction is not None and np.isinf(correction.penalty).all():
        notes.remark("no projection predicted function values better than the mean: predictions are those of the base")


# gains ---------------------------------------------------------------------------------------------------------------
def _gain(
    fit: ProjectedFit,
    problem: Problem,
    options: Options,
    examination: Examination,
    notes: Notes,
    seed: np.random.SeedSequence,
) -> HeldOutGain | None:
    n = len(problem.y)
    wanted = examination.gain is True or examination.gate
    if not wanted and (examination.gain is False or not FEWEST_GAIN_ROWS <= n <= GAIN_ROWS):
        if examination.gain == "auto":
            notes.remark(
                f"the held-out gain was not computed for n = {n}; gain=True refits base and projection "
                f"{examination.n_folds} times"
            )
        return None
    if not problem.constraints or (options.penalty == np.inf and fit.method != "erm"):
        return _no_gain(fit, problem, examination)
    if n < FEWEST_GAIN_ROWS:
        raise InvalidDataError(f"the held-out gain needs at least {FEWEST_GAIN_ROWS} labelled rows, and there are {n}")
    result = gains.held_out_gain(
        fitting.pair_fitter(options, problem.unlabeled, problem.constraints),
        problem.X,
        problem.y,
        n_folds=examination.n_folds,
        n_repeats=examination.n_repeats,
        confidence_level=examination.confidence_level,
        rng=_random.child_seed(seed, GAIN_KEY),
    )
    _remark_on_gain(result, fit, examination, notes)
    return result


def _remark_on_gain(result: HeldOutGain, fit: ProjectedFit, examination: Examination, notes: Notes) -> None:
    count, total = np.count_nonzero(result.fold_means), len(result.fold_means)
    if count == 0:
        notes.remark(
            f"none of the {total} fits to the other folds has a projection that takes effect: the held-out gain is 0 "
            "in each, and their spread tells nothing of how large it is for other rows, so there is no interval"
        )
        return
    kept = " but for the constraints to leave out" if examination.on_violation == "skip" else ""
    notes.remark(
        "interval and p-value of the gain are approximate: folds share training rows. They are about fits to "
        f"{result.n_train:g} labelled rows, with all choices made anew in each fold{kept}"
    )
    if count < total or not fit.projects:
        notes.remark(
            f"{count} of {total} fits to the other folds have a projection that takes effect, and the fit to all rows "
            f"has {'one' if fit.projects else 'none'}; the held-out gain is a mean over such fits and others"
        )


def _no_gain(fit: ProjectedFit, problem: Problem, examination: Examination) -> HeldOutGain:
    """Base and projected fit are the same function by what was asked for, or by constraints that were left out."""
    n = len(problem.y)
    loss = float(np.mean((fit.residuals * gains.response_units(problem.y)) ** 2))
    zeros = np.zeros(examination.n_folds * examination.n_repeats)
    return HeldOutGain(
        estimate=0.0,
        std_error=0.0,
        low=0.0,
        high=0.0,
        confidence_level=examination.confidence_level,
        pvalue=1.0,
        base_loss=loss,
        projected_loss=loss,
        n_folds=examination.n_folds,
        n_repeats=examination.n_repeats,
        n_train=n * (examination.n_folds - 1) / examination.n_folds,
        differences=np.zeros(n),
        fold_means=zeros,
    )


def _theory(
    fit: ProjectedFit, problem: Problem, projection: Projection | None
) -> tuple[PredictedGain | None, BreakEven, Sensitivity | None]:
    n, p = problem.X.shape
    units = gains.response_units(problem.y)
    even = gains.break_even(fit.ratios, fit.r_squared, n, len(fit.values))
    if not isinstance(fit.correction, Correction) or projection is None:
        return None, even, None
    values = (projection.before - projection.after) * units
    columns = {j for constraint in problem.constraints for j in constraint.independent}
    # least squares on n - 1 rows has mean squared error R* (1 + (p + 1) / (n - p - 3)) on another, to first order
    risk = float(np.mean((fit.residuals * units) ** 2)) * (n - p - 3) / (n - 2) if n > p + 3 else NAN
    linear = gains.linear_gain(risk, len(columns), n, p) if getattr(fit.base, "name", "") == "ridge" else NAN
    noise, unshrunk = fit.correction.noise * units**2, fit.correction.unshrunk.times(units**2)
    predicted = gains.predicted_gain(fit.method, values, noise, linear, unshrunk)
    variance = float(np.mean(np.var(problem.y * units, axis=0)))
    return predicted, even, gains.sensitivity(predicted.net, values, variance)


# parts of the result -------------------------------------------------------------------------------------------------
def _projection(fit: ProjectedFit, problem: Problem) -> Projection | None:
    correction = fit.correction
    if correction is None:
        return None
    rows = np.vstack([problem.X, problem.unlabeled])
    columns = sorted({j for constraint in problem.constraints for j in constraint.independent})
    return Projection(
        method=fit.method,
        projector="; ".join(dict.fromkeys(projector.kind for projector in correction.projectors)),
        penalty=correction.penalty,
        sweeps=correction.sweeps,
        change=correction.change,
        converged=correction.converged,
        columns=tuple(problem.names[j] for j in columns),
        along=rows[:, columns],
        before=fit.values,
        after=fit.after(rows),
        settings=tuple(dict(projector.settings) for projector in correction.projectors),
    )


def _fitted(fit: ProjectedFit, problem: Problem, parts: Parts) -> FloatArray:
    """(n, q) values at the labelled rows, without another pass over many rows where the fit has kept them."""
    kept = getattr(fit.base, "fitted", None)
    if kept is not None and fit.correction is None:
        return np.asarray(kept)
    if kept is None or parts.projection is None or fit.method == "erm":
        return fit.predict(problem.X)
    n = len(problem.y)
    return np.asarray(kept - (parts.projection.before[:n] - parts.projection.after[:n]))


def _tuning(fit: ProjectedFit) -> dict[str, Any]:
    return dict(getattr(fit.base, "tuning", None) or {})



def assemble(
    fit: ProjectedFit,
    problem: Problem,
    parts: Parts,
    notes: Notes,
    *,
    title: str,
    data_name: str,
    call: str,
    seed: np.random.SeedSequence,
    named: bool,
    index: Any,
    single: bool,
    words: dict[str, Any],
) -> ColliderResult:
    """The result of a fit."""
    fitted = _fitted(fit, problem, parts)
    residuals = problem.y - fitted
    freedom_left = len(problem.y) - parts.degrees_of_freedom.projected
    sizes = {"n": len(problem.y), "unlabeled": len(problem.unlabeled)}
    return ColliderResult(
        provenance=Provenance.capture(call, seed=seed, sizes=sizes),
        warnings=notes.warnings,
        notes=notes.remarks,
        method=title,
        data_name=data_name,
        nobs=len(problem.y),
        df_resid=freedom_left if np.isfinite(freedom_left) else None,
        fitted=fitted[:, 0] if single else fitted,
        residuals=residuals[:, 0] if single else residuals,
        row_names=index,
        named=named,
        gain=parts.gain,
        predicted=parts.predicted,
        break_even=parts.break_even,
        sensitivity=parts.sensitivity,
        degrees_of_freedom=parts.degrees_of_freedom,
        checks=parts.checks,
        projection=parts.projection,
        shift=parts.shift,
        tuning=parts.tuning,
        roles=words.get("roles", {}),
        reasons=words.get("reasons", {}),
        graph=words.get("graph"),
        base=str(getattr(fit.base, "name", "")),
        constraints=problem.labels,
    )
