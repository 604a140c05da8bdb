"""The first lines of the printed form of `ColliderResult`: what was fitted to what, and what letters stand for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stattools.collider.constraints import SYMBOL
from stattools.results import _format
from stattools.results.summary import Items, Line, Part

if TYPE_CHECKING:
    from stattools.collider.assembly import Projection
    from stattools.collider.result import ColliderResult

MOST_REASONS, MOST_VALUES, MOST_COLUMNS = 8, 4, 8
CRITERIA = {
    "reml": "REML",
    "gcv": "generalized cross-validation",
    "loo": "leave-one-out error",
    "kfold": "K-fold cross-validation",
    "out-of-bag": "out-of-bag error",
}
METHODS = {
    "plugin": "plug-in, function values on all rows",
    "augmented": "augmented, function values on all rows and residuals of labelled ones",
    "erm": "empirical risk minimisation among functions that respect the constraint",
}
METHODS_BY_LAW = {
    "plugin": "plug-in, posterior mean from function values on all rows",
    "augmented": "augmented, posterior mean from function values on all rows and the law of their errors that labelled "
    "ones leave, shrunk until it probably helps",
}
SETTINGS = ("penalty", "lengthscale", "leaf")


def known(value: float | None) -> bool:
    """Whether there is a number to print."""
    return value is not None and not np.isnan(value)


def setting(result: ColliderResult, digits: int) -> list[Part]:
    """Data, rows, base and projection, a line for each."""
    q = result.n_responses
    rows = f"labelled n = {result.nobs}, unlabelled m = {result.n_unlabeled}"
    lines: list[Part] = [Line(result.data_name, label="data:")] if result.data_name else []
    lines.append(Line(rows + (f"; {q} responses, measures are averaged over them" if q > 1 else ""), label="rows:"))
    base = [result.base, *_tuned(result, digits)]
    lines.append(Line(", ".join(word for word in base if word), label="base:"))
    if result.constraints or result.projection is not None:
        lines.append(Line(projection_words(result), label="projection:"))
    return lines


def _tuned(result: ColliderResult, digits: int) -> list[str]:
    """Words on the hyper-parameters of the base and how well it predicts."""
    tuning = result.tuning
    chosen = [f"{name} {_values(tuning[name], digits)}" for name in SETTINGS if np.size(tuning.get(name, ()))]
    if chosen and "criterion" in tuning:
        chosen.append(f"chosen by {CRITERIA.get(tuning['criterion'], str(tuning['criterion']))}")
    if result.break_even is not None and known(result.break_even.r_squared):
        own = result.break_even.r_squareds if np.size(result.break_even.r_squareds) else result.break_even.r_squared
        chosen.append(f"out-of-sample R-squared {_values(own, digits)}")
    return chosen


def _values(values: Any, digits: int) -> str:
    """Numbers that may all be the same, as that one."""
    flat = np.unique(np.asarray(values, dtype=np.float64))
    if len(flat) == 1:
        return "infinite" if np.isinf(flat[0]) else _format.number(flat[0], digits)
    listed = np.asarray(values, dtype=np.float64).ravel()
    if len(listed) > MOST_VALUES:
        return f"{_format.number(flat[0], digits)} to {_format.number(flat[-1], digits)}"
    return " and ".join("infinite" if np.isinf(value) else _format.number(value, digits) for value in listed)


def projection_words(result: ColliderResult) -> str:
    """How predictions differ from those of the base, on one line."""
    projection = result.projection
    if projection is None:
        return "none, predictions are those of the base"
    if not result.projects:
        return f"none, the penalty of the {projection.title} is infinite: predictions are those of the base"
    words = (METHODS_BY_LAW if projection.by_law else METHODS).get(projection.method, projection.method)
    if not projection.by_law and _partly_by_law(projection):
        words += ", linear parts by the law of errors that labelled ones leave"
    on = _sides(result.used_constraints) or ", ".join(projection.columns)
    if len(projection.columns) > MOST_COLUMNS:
        on = f"{len(projection.columns)} columns"
    words += f"; projector {projection.projector or 'regression'} on {on}, N = {len(projection.before)} rows"
    absent = _without_effect(result)
    return words + (f"; none for {', '.join(absent)}" if absent else "")


def _partly_by_law(projection: Projection) -> bool:
    terms = [term for settings in projection.settings for term in settings.get("terms", (settings,))]
    return any(term.get("law") for term in terms)


def _sides(constraints: Sequence[str]) -> str:
    """What constraints in words say of the columns: "X2 given X3"."""
    return "; ".join(text.partition(f" {SYMBOL} ")[2] for text in constraints)


def symbols(result: ColliderResult) -> list[Part]:
    """What the letters of the tables stand for, on one line."""
    if not result.constraints:
        return []
    response, _, _ = result.constraints[0].partition(f" {SYMBOL} ")
    meanings = {
        SYMBOL: "independent of, once the columns after 'given' are known",
        "A, B": "columns before and after 'given'",
        "Y": response if response != "Y" else "",
        "f": "the fitted function" if result.predicted is not None and result.projects else "",
        "R2": "out-of-sample R-squared" if result.break_even is not None and known(result.break_even.r_squared) else "",
        "errors, gains, |m|^2": f"in squared units of {response}"
        if result.n_responses == 1
        else "in units of the variances of the responses",
    }
    texts = [f"{symbol}: {meaning}" for symbol, meaning in meanings.items() if meaning]
    return [Line("; ".join(texts), label="symbols:")]


def _without_effect(result: ColliderResult) -> list[str]:
    """Constraints and responses whose penalty is infinite, when others have an effect."""
    assert result.projection is not None
    if result.projection.method == "erm":
        return []
    infinite = np.isinf(np.atleast_2d(result.projection.penalty))
    used = result.used_constraints
    found = [used[k] for k in np.flatnonzero(infinite.all(axis=1)) if k < len(used)]
    return found + [f"response {j + 1}" for j in np.flatnonzero(infinite.all(axis=0))]


def reasons(result: ColliderResult, *, full: bool) -> list[Part]:
    """Roles of the nodes of the graph, and why each is used as it is."""
    rows = [
        (name, result.roles.get(name, ""), result.reasons.get(name, ""))
        for name in dict.fromkeys((*result.roles, *result.reasons))
    ]
    if not rows:
        return []
    shown = rows if full else rows[:MOST_REASONS]
    texts = tuple(f"{name}{f' ({role})' if role else ''}{f': {why}' if why else ''}" for name, role, why in shown)
    hidden = len(rows) - len(shown)
    more: list[Part] = [Line(f"{hidden} more in summary()")] if hidden else []
    return [Items("graph, role of each variable and what it is used for:", texts), *more]
