"""``compare``: a user's table, from the file to the printed test."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from stattools.cli import figures, inputs, outputs
from stattools.cli._parser import LOCALIZE_RESAMPLES
from stattools.cli._run import CommandError, one_line

if TYPE_CHECKING:
    from stattools.distributions import DistributionArray

ONLY_TWO = ("max_t", "hotelling", "combined", "omnibus")
ONLY_MORE = ("pseudo_f",)


def run(options: argparse.Namespace) -> None:
    """Read, test, print; options are those of the parser."""
    inputs.check_columns(options)
    if options.localize_resamples is not None and not options.localize:
        raise CommandError("--localize-resamples is given without --localize; add it, or leave both out")
    path = None if options.report is None else outputs.report_path(options.report)
    issued: list[str] = []
    with _collected(issued):
        frame, units = inputs.collections(options)
        result = _test(units, inputs.labels_by_unit(frame, options), options)
        found = _localized(result, options) if options.localize else None
    if options.json:
        print(json.dumps(outputs.as_json(result, found, command=outputs.command(options)), indent=2, allow_nan=False))
    else:
        print(result)
        if found is not None:
            print(found)
    for text in issued:
        if options.json or text not in result.warnings:
            print(f"warning: {text}", file=sys.stderr)
    if path is not None:
        path.write_text(outputs.report(options, units, result, found), encoding="utf-8")
        print(f"Report: {path}", file=sys.stderr if options.json else sys.stdout)
        if not figures.available():
            print(figures.ABSENT, file=sys.stderr)


def _localized(result: Any, options: argparse.Namespace) -> Any:
    return result.localize(n_resamples=options.localize_resamples or LOCALIZE_RESAMPLES)


@contextlib.contextmanager
def _collected(texts: list[str]) -> Iterator[None]:
    """Keep the texts of warnings, to be shown below the result."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    texts += dict.fromkeys(one_line(str(warning.message)) for warning in caught)


def _test(units: DistributionArray, labels: dict[str, dict[str, Any]], options: argparse.Namespace) -> Any:
    from stattools import isw_anova, isw_test

    levels = units.group_levels
    if len(levels) < 2:
        raise CommandError(f"--group {options.group!r} has the single level {levels[0]!r}; two are needed to compare")
    if len(levels) > 2:
        _check_more(len(levels), options)
    elif options.statistic in ONLY_MORE:
        raise CommandError(f"--statistic {options.statistic} is for three or more groups; leave it out for two")
    named = {role: np.array([of[name] for name in units.names]) for role, of in labels.items()}
    common: dict[str, Any] = {
        "n_eigenfunctions": options.n_eigenfunctions,
        "n_quantiles": options.n_quantiles,
        "n_resamples": options.n_resamples,
        "rng": options.seed,
    }
    for name in ("statistic", "calibration", "combination"):
        if getattr(options, name) is not None:
            common[name] = getattr(options, name)
    if "pair" in named:
        order = _pair_order(units, named.pop("pair"), options)
        units = units[order]
        named = {role: of[order][: len(order) // 2] if role == "blocks" else of[order] for role, of in named.items()}
        common["paired"] = True
    return (isw_anova if len(levels) > 2 else isw_test)(units, **common, **named)


def _pair_order(units: DistributionArray, pairs: Any, options: argparse.Namespace) -> Any:
    """Units of the first group, then their partners in the second."""
    positions = []
    for level in units.group_levels:
        members = np.flatnonzero(np.asarray(units.groups) == level)
        distinct, first = np.unique(pairs[members], return_index=True)
        if len(distinct) < len(members):
            twice = next(label for label in distinct if (pairs[members] == label).sum() > 1)
            raise CommandError(
                f"group {level!r} has several units with {options.pair} {str(twice)!r}; it must have one"
            )
        positions.append(dict(zip(distinct.tolist(), members[first].tolist(), strict=True)))
    left, right = positions
    alone = sorted(set(left) ^ set(right))
    if alone:
        count, remedy = ("1 unit has", "it") if len(alone) == 1 else (f"{len(alone)} units have", "them")
        which = "with" if len(alone) == 1 else "the first with"
        raise CommandError(
            f"{count} no partner, {which} {options.pair} {alone[0]!r}; remove {remedy}, or compare without --pair"
        )
    return np.array([*left.values(), *(right[label] for label in left)])


def _check_more(n_levels: int, options: argparse.Namespace) -> None:
    if options.pair is not None:
        raise CommandError(f"--pair is for two groups; {options.group!r} has {n_levels}: use --strata {options.pair}")
    if options.statistic in ONLY_TWO:
        raise CommandError(
            f"--statistic {options.statistic} compares two groups and {options.group!r} has {n_levels}; "
            "use studentized, pseudo_f or mean"
        )
    if options.calibration not in (None, "permutation"):
        raise CommandError(f"--calibration {options.calibration} is for two groups; {n_levels} are permuted")
    if options.combination is not None:
        raise CommandError(f"--combination is for two groups; {options.group!r} has {n_levels}")
    if options.localize:
        raise CommandError(
            f"--localize compares two groups and {options.group!r} has {n_levels}; keep the rows of two of them"
        )
