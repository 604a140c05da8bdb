"""The printed form of `ColliderResult`: what was constrained and why, what it gained, and what that rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stattools.collider.result_setting import known, reasons, setting, symbols
from stattools.results import _format
from stattools.results.summary import Gap, Items, Line, Part, Table, cut

if TYPE_CHECKING:
    from stattools.collider.assembly import ConstraintCheck, HeldOutGain
    from stattools.collider.result import ColliderResult

PREDICTED = {
    "plugin": "takes errors of the base and of the projection to be independent, which few rows without responses "
    "contradict; high then, and low for a projector of the wrong shape",
    "augmented": "derived here for least squares on a Gaussian design, to leading order; approximate for other bases, "
    "and low where a rich projector shrinks the correction",
}
SEVERAL = "for several constraints what they take from function values less the noise in it; approximate and mostly low"
POSTERIOR = (
    "expectation and probability under the posterior law of the errors of the base, its hyper-parameters taken as "
    "known, and several responses to err together"
)


def parts(result: ColliderResult, digits: int, *, full: bool) -> list[Part]:
    """The parts of the printed form, those that exist."""
    blocks = (
        [*setting(result, digits), *symbols(result)],
        reasons(result, full=full),
        _constraints(result, digits),
        _violations(result, digits),
        _gain(result, digits),
        _consequences(result, digits),
        _penalties(result, digits) if full else [],
        approximation_parts(result),
    )
    shown: list[Part] = []
    for block in blocks:
        shown += [Gap(), *block] if block and shown else block
    return shown


# constraints ---------------------------------------------------------------------------------------------------------
def _constraints(result: ColliderResult, digits: int) -> list[Part]:
    checked = {check.constraint for check in result.checks}
    unusable = [text for text in result.constraints if text not in checked]
    if not result.checks and not unusable:
        return []
    rows = [(check.constraint, verdict_words(check), *_test_numbers(check, digits)) for check in result.checks]
    rows += [(text, "not usable", "", "", "") for text in unusable]
    names = ("constraint", "verdict", "statistic", "p_value", "p_adjusted")
    if not any(known(check.pvalue) for check in result.checks):
        return [Table("constraints, not tested:", names[:2], tuple(row[:2] for row in rows), n_left=2)]
    methods = ", ".join(dict.fromkeys(check.method for check in result.checks if check.method))
    test = f"{methods or 'as given'}; null: the constraint; p_adjusted: by Holm over the constraints"
    return [Table("constraints:", names, tuple(rows), n_left=2), Line(test, label="test:")]


def verdict_words(check: ConstraintCheck) -> str:
    """What the data say of a constraint, and whether it was left out for that."""
    return check.verdict if check.used else f"{check.verdict}, left out"


def _test_numbers(check: ConstraintCheck, digits: int) -> tuple[str, str, str]:
    values = (check.statistic, check.pvalue, check.adjusted)
    texts = [_format.number(values[0], digits), *(_format.pvalue(p, digits) for p in values[1:])]
    first, second, third = (text if known(value) else "" for text, value in zip(texts, values, strict=True))
    return first, second, third


def _violations(result: ColliderResult, digits: int) -> list[Part]:
    measured = [check for check in result.checks if known(check.violation) or known(check.detectable)]
    if not measured:
        return []
    names = ("violation", "violation_low", "violation_high", "detectable")
    columns = [_column([getattr(check, name) for check in measured], digits) for name in names]
    rows = zip((check.constraint for check in measured), *columns, strict=True)
    table = Table(
        "violation |m|^2, m the linear part of E[Y|A,B] - E[Y|B]:",
        ("constraint", "estimate", "conf_low", "conf_high", "detectable"),
        tuple(rows),
        n_left=1,
    )
    at = f" at level {_format.number(measured[0].level, digits)}" if known(measured[0].level) else ""
    level = measured[0].confidence_level
    interval = f"; interval: {_format.percent(level)} percent" if known(level) else ""
    return [table, Line(f"detectable: found with power 0.8 by a moment test of {result.nobs} rows{at}{interval}")]


def _column(values: list[float], digits: int) -> list[str]:
    """Numbers of one column; blanks for those there are not."""
    filled = iter(_format.number_column([value for value in values if known(value)], digits))
    return [next(filled) if known(value) else "" for value in values]


# the gain ------------------------------------------------------------------------------------------------------------
def _gain(result: ColliderResult, digits: int) -> list[Part]:
    gain, predicted = result.gain, result.predicted
    if gain is None and predicted is None:
        return []
    rows: list[tuple[str, list[float]]] = []
    nothing = float("nan")
    compared = gain is not None and result.compares
    if gain is not None and compared:
        label = f"held out, {_folds(gain.n_folds, gain.n_repeats)}"
        rows.append((label, [gain.estimate, gain.std_error, gain.low, gain.high, gain.pvalue]))
    if predicted is not None and result.projects:
        theory = {
            "predicted": predicted.net,
            "predicted, exact": predicted.oracle,
            "linear, exact": predicted.linear,
        }
        rows += [(label, [value, *[nothing] * 4]) for label, value in theory.items() if known(value)]
    if not rows:
        return [Line("none, base and projected predictions are the same", label="gain in mean squared error:")]
    names = ("gain", "estimate", "std_error", "conf_low", "conf_high", "p_value")
    columns = [_column([values[k] for _, values in rows], digits) for k in range(5)]
    width = 6 if compared else 2
    table = tuple(tuple(row[:width]) for row in zip((label for label, _ in rows), *columns, strict=True))
    shown: list[Part] = [Table("gain in mean squared error, base less projected:", names[:width], table, n_left=1)]
    if predicted is not None and result.projects:
        shown.append(Line("predicted: from the correction alone, if the constraints hold; exact: for E[f|A,B] known"))
        if known(predicted.probability):
            chance = _format.number(predicted.probability, 2)
            shown.append(Line(f"probability that the correction lowers the error, if the constraint holds: {chance}"))
    if gain is not None and compared:
        shown += [Line(gain_words(result, digits)), Line(_null_words(gain))]
    return shown


def _folds(n_folds: int, n_repeats: int) -> str:
    return f"{n_folds} folds" + (f" x {n_repeats}" if n_repeats > 1 else "")


def gain_words(result: ColliderResult, digits: int) -> str:
    """What the held-out gain amounts to."""
    gain = result.gain
    assert gain is not None
    losses = f"{_format.number(gain.base_loss, digits)} to {_format.number(gain.projected_loss, digits)}"
    share = ""
    if known(gain.relative):
        share = f", {_format.number(100 * abs(gain.relative), 3)} percent {'less' if gain.estimate >= 0 else 'more'}"
    return f"held-out squared error: {losses}{share}; {conclusion(gain)}"


def conclusion(gain: HeldOutGain) -> str:
    """A verdict by the interval: only one that excludes 0 speaks of an effect."""
    if gain.high < 0:
        return "the interval excludes 0, the projection did harm"
    verdict = "the interval excludes 0" if gain.low > 0 else "the interval includes 0"
    why = disagreement(gain)
    return f"{verdict}; {why}" if why else verdict


def disagreement(gain: HeldOutGain) -> str:
    """What to go by where interval and p-value seem to say different things of a smaller loss; empty elsewhere."""
    if (gain.low > 0) == (gain.pvalue < 1.0 - gain.confidence_level):
        return ""
    tail = _format.number((1.0 - gain.confidence_level) / 2.0, 3)
    return f"conclude by the interval, which leaves {tail} on each side; the p-value is one-sided"


def _null_words(gain: HeldOutGain) -> str:
    return (
        f"interval: {_format.percent(gain.confidence_level)} percent; p-value: one-sided, by the t statistic that the "
        f"interval inverts, null: no gain is expected of fits to {_format.number(gain.n_train, 4)} rows"
    )


# what it rests on ----------------------------------------------------------------------------------------------------
def _consequences(result: ColliderResult, digits: int) -> list[Part]:
    lines = {
        "degrees of freedom:": _freedom(result, digits),
        "break-even:": _break_even(result, digits),
        "sensitivity:": sensitivity_words(result, digits),
        "unlabelled rows:": _shift(result, digits),
    }
    return [Line(text, label=label) for label, text in lines.items() if text]


def _freedom(result: ColliderResult, digits: int) -> str:
    df = result.degrees_of_freedom
    words = [f"base {_format.number(df.base, digits)}"] if known(df.base) else []
    if result.projects and known(df.projected):
        words.append(f"projected {_format.number(df.projected, digits)}")
    if result.projects and known(df.projection):
        words.append(f"regression on constraint columns {_format.number(df.projection, digits)}")
    return ", ".join(words)


def _break_even(result: ColliderResult, digits: int) -> str:
    even = result.break_even
    if even is None or not known(even.r_squared):
        return ""
    if not np.isfinite(even.ratio):
        return even.verdict
    least = ", the least of the responses," if np.size(even.ratios) > 1 else ""
    sizes = f"N = {even.n_rows}, n = {even.n}"
    return f"N (1 - R2) / (n R2) = {_format.number(even.ratio, digits)}{least} with {sizes}: {even.verdict}"


def sensitivity_words(result: ColliderResult, digits: int) -> str:
    """How large a violation would cancel the gain, and whether the data exclude one of that size."""
    sensitive, predicted = result.sensitivity, result.predicted
    if sensitive is None or predicted is None or not result.projects:
        return ""
    if not sensitive.threshold > 0:
        return "no gain is predicted, even if the constraints hold"
    share = f" ({_format.number(100 * sensitive.relative, 3)} percent of Var Y)" if known(sensitive.relative) else ""
    words = (
        f"the predicted gain of {_format.number(predicted.net, digits)} is cancelled by |m|^2 = "
        f"{_format.number(sensitive.threshold, digits)}{share}, if m points along the correction"
    )
    compared = _compared(result, digits)
    return f"{words}; {compared}" if compared else words


def _compared(result: ColliderResult, digits: int) -> str:
    """The measured violations beside the one that would cancel the gain."""
    assert result.sensitivity is not None
    threshold = result.sensitivity.threshold
    used = [check for check in result.checks if check.used and known(check.violation_high)]
    if not used:
        return ""
    largest = max(used, key=lambda check: check.violation_high)
    low, high = max(check.violation_low for check in used), largest.violation_high
    shown = _format.number(high, digits)
    if low >= threshold:
        return f"the data speak for a larger one (lower limit {_format.number(low, digits)})"
    if high >= threshold:
        return f"the data do not exclude one of that size (upper limit {shown})"
    needed = max((check.detectable for check in used if known(check.detectable)), default=float("inf"))
    if needed > threshold:  # an F statistic that is small by chance gives a short interval
        size = f", 0.8 needs {_format.number(needed, digits)}" if np.isfinite(needed) else ""
        return f"the upper limit {shown} is below, but these rows detect one of that size with power below 0.8{size}"
    if len(used) == 1:
        return f"the data exclude one of that size (upper limit {shown})"
    return f"the data exclude one of that size for each constraint alone (largest upper limit {shown})"


def _shift(result: ColliderResult, digits: int) -> str:
    shift = result.shift
    if shift is None:
        return ""
    rows = " and ".join(str(count) for count in shift.rows)
    return (
        f"squared maximum mean discrepancy from labelled ones {_format.number(shift.statistic, digits)}, "
        f"{_format.pvalue_equation(shift.pvalue, digits)} ({shift.n_resamples} permutations of {rows} rows, null: one "
        "distribution)"
    )


def _penalties(result: ColliderResult, digits: int) -> list[Part]:
    """For `summary`: penalties of the projection, sweeps over constraints, and the settings of projectors."""
    projection = result.projection
    if projection is None:
        return []
    lines: list[Part] = []
    penalty = np.atleast_2d(projection.penalty)
    used = result.used_constraints
    if len(used) == len(penalty) and not np.isnan(penalty).all():
        laws = [settings.get("law") for settings in projection.settings]
        words = "penalties of the projection:"
        if len(laws) == len(penalty) and all(laws):
            words = "penalties of the projection, over that of the posterior mean:"
            penalty = np.where(np.isinf(penalty), penalty, np.array(laws))
        rows = tuple(
            (used[k], str(j + 1), "infinite" if np.isinf(value) else _format.number(value, digits))
            for k, row in enumerate(penalty)
            for j, value in enumerate(row)
            if known(value)
        )
        shown, more = cut(rows, 20)
        table = Table(words, ("constraint", "response", "penalty"), shown, n_left=1)
        lines += [table, *([Line(more)] if more else [])]
    if projection.sweeps > 1:
        end = "converged" if projection.converged else "not converged"
        change = _format.number(projection.change, 2)
        text = f"{projection.sweeps} over {len(penalty)} constraints, {end}, last change {change}"
        lines.append(Line(text, label="sweeps:"))
    return lines


# what is approximate -------------------------------------------------------------------------------------------------
def approximation_parts(result: ColliderResult) -> list[Part]:
    """Remarks on what holds only approximately."""
    texts = approximations(result)
    return [Items("what is approximate:", texts)] if texts else []


def approximations(result: ColliderResult) -> tuple[str, ...]:
    """What of the printed numbers is approximate, and under which assumptions it was derived."""
    texts = []
    if result.gain is not None and result.compares:
        count = len(result.gain.fold_means)
        texts.append(
            f"interval of the held-out gain: Student's law with {count - 1} df, the variance of the {count} fold means "
            f"times 1/{count} + 1/{result.gain.n_folds - 1} for overlapping training rows (Nadeau and Bengio, 2003)"
        )
    if result.predicted is not None and result.projects and result.projection is not None:
        how = PREDICTED.get(result.projection.method)
        if result.projection.by_law:
            how = POSTERIOR if known(result.predicted.probability) else SEVERAL
        texts += [f"predicted gain: {how}"] if how else []
        texts.append("sensitivity: holds the fitted correction fixed, for one violation m at a time")
    if any(known(check.violation) for check in result.checks):
        texts.append("violation: exact for a linear mean with normal noise; what is not linear in A is not in it")
    return tuple(texts)
