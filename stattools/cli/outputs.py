"""``compare``: a result as JSON and as a report."""

from __future__ import annotations

import argparse
import math
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stattools import _versions
from stattools.cli import figures, html, words
from stattools.cli._parser import PROGRAM
from stattools.cli._run import CommandError

if TYPE_CHECKING:
    from stattools.distributions import DistributionArray

MOST_PANELS = 6
LARGEST_INTEGER = 2**53


def command(options: argparse.Namespace) -> str:
    """The command line as it can be typed again."""
    return f"{PROGRAM} {shlex.join(options.words)}"


def report_path(text: str) -> Path:
    if Path(text).suffix.lower() not in (".html", ".htm") or Path(text).is_dir():
        raise CommandError(f"--report names {text!r}; it takes a file ending in .html")
    return html.target(text, default_name="")


def as_json(result: Any, found: Any = None, *, command: str = "") -> dict[str, Any]:
    """A result without its large arrays, as values that JSON knows.

    Parameters
    ----------
    result : HTestResult
    found : Localization, optional
    command : str
        What was typed.

    Examples
    --------
    >>> from stattools.resampling import combine_pvalues
    >>> as_json(combine_pvalues([0.01, 0.2]))["statistic_name"]
    '1/HMP'
    """
    info = result.resampling
    content: dict[str, Any] = {
        "method": result.method,
        "data": result.data_name,
        "statistic_name": result.statistic_name,
        "statistic": result.statistic,
        "pvalue": result.pvalue,
        "alternative": result.alternative_text,
        "n": result.n,
        "estimate": result.estimate,
        "parameter": result.parameter,
        "settings": result.settings,
        "combination": result.combination,
        "resampling": None if info is None else vars(info),
        "components": result.components,
        "warnings": result.warnings,
        "notes": result.notes,
        "provenance": {**vars(result.provenance), "command": command},
    }
    if found is not None:
        content["localization"] = {**found._glance(), "components": found.slices, "map": _map_columns(found)}
    cleaned: dict[str, Any] = plain(content)
    return cleaned


def _map_columns(found: Any) -> dict[str, Any] | None:
    if found.points is None:
        return None
    return {name: column.to_numpy() for name, column in found.map_table().items()}


def plain(value: Any) -> Any:
    """Values that JSON knows: NaN and infinities become null, integers that other readers would round become text.

    Examples
    --------
    >>> plain({"a": np.array([1.0, np.nan]), "b": np.int64(3), "seed": 2**80})
    {'a': [1.0, None], 'b': 3, 'seed': '1208925819614629174706176'}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        return str(value)
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def report(options: argparse.Namespace, units: DistributionArray, result: Any, found: Any) -> str:
    """The HTML page of a comparison.

    Parameters
    ----------
    options : Namespace
        Of the command line.
    units : DistributionArray
    result : ISWTestResult or ISWAnovaResult
    found : Localization or None
    """
    findings = [
        words.conclusion(result, null=f"the mean embeddings of the groups of {options.group} are equal"),
        words.parts(result),
        words.size(result),
        *([] if found is None else words.where(found, units if found.points is not None else None, test=result)),
    ]
    blocks: list[html.Block] = [
        html.Facts(_facts(options, units, result)),
        html.Finding(tuple(text for text in findings if text)),
    ]
    blocks += [html.Heading("Test"), html.Printed(result.summary().as_text())]
    if found is not None:
        blocks += [html.Heading("Where they differ"), html.Printed(str(found))]
    captions = {
        "null": "The statistic under relabelling, and the observed value; the share beyond it is the p-value.",
        "scatter": "The units, placed by the distances between them.",
        "components": "Each component's share of the squared distance between the groups.",
        "quantiles": "Mean quantile functions of the groups through the slice in which they differ most.",
    }
    maps = {"map": "Difference of mean densities, smoothed; marked where p <= 0.05, adjusted for all points."}
    blocks.insert(2, html.Figures(_collection_figures(units)))
    where = () if found is None else figures.figures(found, maps)
    blocks.append(html.Figures(where + figures.figures(result, captions)))
    rows = html.Rows(("package", "version"), tuple(_versions.versions().items()))
    seed = "" if options.seed is not None else f" The seed of this run was {result.provenance.seed}."
    again = html.Paragraph(f"The same file, seed and versions give the same digits.{seed}")
    versions = html.Section("How this was computed", (html.Printed(command(options)), again, rows))
    introduction: list[html.Block] = [] if figures.available() else [html.Paragraph(figures.ABSENT + ".")]
    title = f"{', '.join(options.value)} by {options.group}"
    return html.document(title, introduction, [html.Section("Comparison of distributions", tuple(blocks)), versions])


def _facts(options: argparse.Namespace, units: DistributionArray, result: Any) -> dict[str, str]:
    return {
        "File": Path(options.file).name if options.file != "-" else "standard input",
        "Unit": f"{' and '.join(options.unit)}: all rows of a unit make one distribution",
        **({"Pairs": f"units with the same {options.pair}"} if options.pair else {}),
        "Groups": ", ".join(f"{level} ({n})" for level, n in result.n.items()),
        "Value": ", ".join(options.value) + (f", weighted by {options.mass}" if options.mass else ""),
        "Domain": "the line" if units.domain is None else units.domain.description,
        "Collection": repr(units),
    }


def _collection_figures(units: DistributionArray) -> tuple[html.Figure, ...]:
    """Spaces of more than two dimensions have no picture."""
    if units.dimension > 2 or len(units.group_levels) > MOST_PANELS:
        return ()
    return figures.collection(units)
