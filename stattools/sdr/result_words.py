"""The printed forms and tables of `SDRResult`."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from stattools._typing import FloatArray
from stattools.results import _format
from stattools.results.summary import Gap, Line, Part, Table
from stattools.sdr.order_table import DECIDED_BY, choice_lines, criteria_table

if TYPE_CHECKING:
    from stattools.sdr.result import SDRResult, Side

MOST_SUMMARIES = 6
POSITION_NAMES = ("low", "middle", "high")
PRINTED = ("eigenvalue", "share", "p_value", "rsquared_cv", "rsquared_cv_std_error", "rsquared_alone")
HEADERS = {"rsquared_cv_std_error": "(s.e.)"}


def component_columns(result: SDRResult) -> dict[str, Any]:
    """A row for each leading eigenvalue, those that were kept and some that were not."""
    k = min(len(result.eigenvalues), max(result.n_components, *(len(c) - 1 for c in result.order.curves.values()), 1))
    d = result.n_components
    alone, distances = np.full(k, np.nan), np.full(k, np.nan)
    alone[:d], distances[:d] = result.effects.rsquared_alone, result.effects.distances
    columns: dict[str, Any] = {
        "component": np.arange(1, k + 1),
        "eigenvalue": result.eigenvalues[:k].copy(),
        "share": result.shares[:k].copy(),
    }
    if result.order.pvalues is not None:
        columns["p_value"] = _padded(result.order.pvalues, k)
    if result.rsquared_cv is not None:
        columns["rsquared_cv"] = _padded(result.rsquared_cv, k)
    if result.order.rsquared_cv_std_error is not None:
        columns["rsquared_cv_std_error"] = _padded(result.order.rsquared_cv_std_error, k)
    columns |= {"rsquared_alone": alone, "distance": distances}
    stems = column_stems(result.effects.summaries)
    for stem, values in zip(stems, result.effects.summaries.values(), strict=True):
        for position, column in zip(POSITION_NAMES, values.T, strict=True):
            filled = np.full(k, np.nan)
            filled[:d] = column
            columns[f"{stem}_{position}"] = filled
    return columns | {"kept": np.arange(k) < d}


def column_stems(labels: Iterable[str]) -> list[str]:
    """Names of columns for labels: signs and decimal points of numbers are kept, and no two names are the same.

    Examples
    --------
    >>> column_stems(["-1.5 to 2", "a-b", "a b", "+"])
    ['minus_1.5_to_2', 'a_b', 'a_b_2', 'plus']
    """
    stems: list[str] = []
    for label in labels:
        text = re.sub(r"(?<!\w)-(?=\.?\d)|-$", " minus ", label.strip().lower())
        text = re.sub(r"(?<!\w)\+(?=\.?\d)|\+$", " plus ", text)
        plain = re.sub(r"(?:(?<!\d)\.|\.(?!\d)|[^\w.])+", "_", text).strip("_") or "value"
        candidates = itertools.chain([plain], (f"{plain}_{k}" for k in itertools.count(2)))
        stems.append(next(stem for stem in candidates if stem not in stems))
    return stems


def _padded(values: FloatArray, k: int) -> FloatArray:
    padded = np.full(k, np.nan)
    padded[: min(k, len(values))] = values[:k]
    return padded


def glance(result: SDRResult) -> dict[str, Any]:
    """One row that describes the fit."""
    row: dict[str, Any] = {
        "nobs": result.nobs,
        "n_components": result.n_components,
        "criterion": result.order.criterion,
        "largest_eigenvalue": float(result.eigenvalues[0]),
        "share": float(result.shares[: result.n_components].sum()),
    }
    said = _explained(result)
    if said is not None:
        row["rsquared_cv"] = said
    for side, end in ((result.predictor, "x"), (result.response, "y")):
        if not isinstance(side.bandwidth, dict):
            row[f"bandwidth_{end}"] = side.bandwidth
        row |= {f"regularization_{end}": side.regularization, f"rank_{end}": side.rank}
    return row | {"solver": result.solver, "method": result.method}


def headline(result: SDRResult, digits: int) -> str:
    """Numbers of `repr`: no share of eigenvalues, which would pass for explained variance."""
    d = result.n_components
    said = _explained(result)
    words = {"largest eigenvalue": float(result.eigenvalues[0])} | (
        {} if said is None else {"cross-validated R-squared": said}
    )
    return f"{d} component{'' if d == 1 else 's'}, {result.nobs} observations, " + _format.equations(words, digits)


def _explained(result: SDRResult) -> float | None:
    """Cross-validated R-squared of the components that were kept, where it was computed."""
    found, d = result.rsquared_cv, result.n_components
    return float(found[d - 1]) if found is not None and len(found) >= d else None


def sentence(result: SDRResult, style: str) -> str:
    """The sentence of `report`."""
    digits = 3 if style == "apa" else 4
    d = result.n_components
    how = "as given" if result.order.criterion == "given" else f"by {DECIDED_BY[result.order.criterion]}"
    count = f"{d} component{'' if d == 1 else 's'} ({how})"
    values = ", ".join(_format.number(value, digits) for value in result.eigenvalues[:d])
    said = _explained(result)
    explained = "" if said is None else f", cross-validated R-squared = {_format.number(said, digits)}"
    size = f"N = {result.nobs}" if style == "apa" else f"{result.nobs} observations"
    plural = "eigenvalue" if d == 1 else "eigenvalues"
    return f"{result.method}, {size}: {count}, {plural} {values}{explained}."


def parts(result: SDRResult, digits: int, *, full: bool) -> list[Part]:
    """The parts of the printed form."""
    data = " given ".join(
        f"{side.name} ({side.description})" if side.description else side.name
        for side in (result.response, result.predictor)
    )
    d = result.n_components
    shown: list[Part] = [
        Line(data, label="data:"),
        Line(f"observations = {result.nobs}, components = {d}, chosen by {DECIDED_BY[result.order.criterion]}"),
        Gap(),
        _components(result, digits, full=full),
        *choice_lines(result.order),
    ]
    if full and result.order.curves:
        shown += [Gap(), criteria_table(result.order, digits)]
    if result.effects.summaries:
        shown += [Gap(), _effects(result, digits)]
        hidden = len(result.effects.summaries) - MOST_SUMMARIES
        shown += [Line(f"{hidden} more in tidy()")] if hidden > 0 else []
    return [*shown, Gap(), *_regularization(result, digits)]


def _components(result: SDRResult, digits: int, *, full: bool) -> Table:
    columns = component_columns(result)
    k = len(columns["component"]) if full else min(len(columns["component"]), result.n_components + 1)
    names = [name for name in PRINTED if name in columns]
    texts = [[_mark(j, result) for j in range(k)]]
    for name in names:
        values = columns[name][:k].tolist()
        known = [value for value in values if not np.isnan(value)]
        filled = iter(
            [_format.number(v, digits) for v in known]
            if name == "p_value"
            else _format.number_column(known, 2 if name in HEADERS else digits)
        )
        texts.append(["" if np.isnan(value) else next(filled) for value in values])
    headers = ("component", *(HEADERS.get(name, name) for name in names))
    return Table("components:", headers, tuple(zip(*texts, strict=True)), n_left=1)


def _mark(j: int, result: SDRResult) -> str:
    return str(j + 1) if j < result.n_components else f"({j + 1})"


def _effects(result: SDRResult, digits: int) -> Table:
    rows = []
    for j in range(result.n_components):
        for name, values in list(result.effects.summaries.items())[:MOST_SUMMARIES]:
            rows.append((f"{j + 1}", name, *_format.number_column(values[j].tolist(), digits)))
    return Table(
        "expected response at the 10, 50 and 90 percent points of a component:",
        ("component", "of the response", *POSITION_NAMES),
        tuple(rows),
        n_left=2,
    )


def _regularization(result: SDRResult, digits: int) -> list[Part]:
    sides = (result.predictor, result.response)
    rows = tuple(_side_row(side, digits) for side in sides)
    columns = ("side", "kernel", "metric", "bandwidth", "regularization", "by", "rank")
    line = f"solver: {result.solver}"
    if any(side.residual_share > 0 for side in sides):
        left_out = ", ".join(f"{side.name} {_format.number(side.residual_share, 2)}" for side in sides)
        line += f"; share of the trace that the approximation leaves out: {left_out}"
    return [Table("kernels:", columns, rows, n_left=3), Line(line)]


def _side_row(side: Side, digits: int) -> tuple[str, ...]:
    if isinstance(side.bandwidth, dict):
        bandwidth = f"{len(side.bandwidth)} blocks"
    else:
        bandwidth = "" if np.isnan(side.bandwidth) else _format.number(side.bandwidth, digits)
    regularization = "" if np.isnan(side.regularization) else _format.number(side.regularization, digits)
    by = "GCV" if side.tuned else "pseudo-inverse" if side.regularization == 0 else "given" if regularization else ""
    return side.name, side.kernel, side.metric, bandwidth, regularization, by, str(side.rank)
