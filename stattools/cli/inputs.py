"""``compare``: from a table and the options to a collection of distributions."""

from __future__ import annotations

import argparse
import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from stattools.cli import tables
from stattools.cli._run import CommandError

if TYPE_CHECKING:
    import pandas as pd

    from stattools.distributions import DistributionArray

UNIT = "stattools unit"
ROLES = ("pair", "strata", "blocks")
SPHERE = ("x", "y", "z")


def check_columns(options: argparse.Namespace) -> None:
    named = [("--value", name) for name in options.value]
    named += [("--mass", options.mass)] if options.mass else []
    named += [("--unit", " and ".join(options.unit)), ("--group", options.group)]
    for k, (role, name) in enumerate(named):
        for other, same in named[:k]:
            if name == same:
                raise CommandError(f"column {name!r} is both {other} and {role}; each needs a column of its own")


def collections(options: argparse.Namespace) -> tuple[pd.DataFrame, DistributionArray]:
    """The table, with one column `UNIT` that names units, and the distributions in it."""
    from stattools import DistributionArray

    domain, lonlat = _domain(options)
    numbers = [*options.value, *([options.mass] if options.mass else [])]
    labels = [*options.unit, *(getattr(options, role) for role in ("group", *ROLES) if getattr(options, role))]
    frame = tables.read_table(options.file, labels=labels, numbers=numbers, sep=options.sep, encoding=options.encoding)
    value = list(options.value)
    if lonlat:
        frame, value = _unit_vectors(frame, value)
    _check_labels(frame, options)
    names = functools.reduce(lambda a, b: a + " " + b, (frame[name].astype(str) for name in options.unit))
    frame = frame.assign(**{UNIT: names})
    _check_joined(frame, options)
    _check_units(frame, options)
    units = DistributionArray.from_frame(
        frame,
        value=value[0] if len(value) == 1 else value,
        unit=UNIT,
        group=options.group,
        mass=options.mass,
        domain=domain,
        nan_policy=options.nan_policy,
    )
    return frame, units


def _check_labels(frame: pd.DataFrame, options: argparse.Namespace) -> None:
    for name in (*options.unit, options.group):
        missing = frame[name].isna().to_numpy()
        if missing.any():
            row = int(missing.argmax()) + 1
            raise CommandError(f"column {name!r} is empty in row {row} below the header; fill it in or remove the row")


def _check_joined(frame: pd.DataFrame, options: argparse.Namespace) -> None:
    """Joined labels must not make one unit of two: "a b" with "c", and "a" with "b c"."""
    if len(options.unit) < 2:
        return
    pairs = frame[[UNIT, *options.unit]].drop_duplicates()
    twice = pairs[UNIT].duplicated(keep=False)
    if twice.any():
        name = pairs.loc[twice, UNIT].iloc[0]
        raise CommandError(
            f"two units are named {name!r} once the columns {', '.join(options.unit)} are joined; relabel one of them"
        )


def _check_units(frame: pd.DataFrame, options: argparse.Namespace) -> None:
    """A unit in two groups is most often two units of the same name."""
    groups = frame.groupby(UNIT, sort=False)[options.group].unique()
    several = groups[groups.map(len) > 1]
    if len(several):
        first, second = several.iloc[0][:2]
        raise CommandError(
            f"unit {several.index[0]!r} has rows in the groups {first!r} and {second!r} of {options.group!r}; if units "
            f"of different groups share a name, join the columns: --unit {options.group} {' '.join(options.unit)}"
        )


def _domain(options: argparse.Namespace) -> tuple[Any, bool]:
    """The domain, None for the line, and whether points come as longitude and latitude."""
    from stattools.domains import Sphere, parse_domain

    text = options.domain.strip().lower()
    lonlat = text == "sphere-lonlat"
    domain = None if text == "line" else Sphere() if lonlat else parse_domain(options.domain)
    expected = 2 if lonlat else 1 if domain is None else domain.n_coordinates
    given = len(options.value)
    if given != expected:
        takes = "longitude, then latitude" if lonlat else f"{expected} column{'s' if expected > 1 else ''}"
        hint = "; for more name another, such as box:0,1,0,1" if domain is None and not lonlat else ""
        named = f"--value names {given} column{'s' if given > 1 else ''}"
        raise CommandError(f"{named}; --domain {options.domain} takes {takes}{hint}")
    return domain, lonlat


def _unit_vectors(frame: pd.DataFrame, value: list[str]) -> tuple[pd.DataFrame, list[str]]:
    """Longitude and latitude as three columns; a row without either keeps its NaN."""
    from stattools.domains import Sphere

    degrees = frame[value].to_numpy(dtype=np.float64)
    given = np.isfinite(degrees).all(axis=1)
    vectors = np.full((len(frame), 3), np.nan)
    vectors[given] = Sphere.from_lonlat(degrees[given, 0], degrees[given, 1])
    names = [f"{axis} of {value[0]}, {value[1]}" for axis in SPHERE]
    return frame.assign(**dict(zip(names, vectors.T, strict=True))), names


def labels_by_unit(frame: pd.DataFrame, options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Labels of pairs, strata and blocks by unit."""
    found: dict[str, dict[str, Any]] = {}
    for role in ROLES:
        name = getattr(options, role)
        if name is None:
            continue
        labels = frame.groupby(UNIT, sort=False)[name].unique()
        for unit, values in labels.items():
            if len(values) > 1 or values[0] is None or values[0] != values[0]:
                seen = "no label" if len(values) == 1 else f"{len(values)} labels"
                raise CommandError(f"unit {unit!r} has {seen} in column {name!r} of --{role}; it needs one")
        found[role] = {str(unit): values[0] for unit, values in labels.items()}
    return found
