"""From frequencies, quantiles and densities to the parts of a DistributionArray: checks and normalisation."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import FloatArray
from stattools.distributions._labels import Groups, group_labels, kept_labels, names_of, omission
from stattools.distributions._samples import Parts, first_bad, ragged, require_domain, require_totals
from stattools.distributions._slices import starts_of
from stattools.distributions._support import cell_volumes, support_points


def histogram(
    frequencies: Any, edges: Any, support: Any, domain: Any, names: Any, groups: Any, nan_policy: str
) -> Parts:
    """See `DistributionArray.from_histogram`."""
    if hasattr(frequencies, "tocsr"):
        return _sparse_histogram(frequencies, edges, support, domain, names, groups, nan_policy)
    table = _validation.float_array(frequencies, "frequencies", finite=False)
    if table.ndim == 0:
        raise InvalidDataError("frequencies is a single number; it must be one row of counts a distribution")
    table = table[None] if table.ndim == 1 else table
    points, shape = support_points(edges, support, domain)
    if table.shape[1:] not in (shape, (len(points),)):
        raise InvalidDataError(
            f"frequencies has {' x '.join(map(str, table.shape[1:]))} columns; there are "
            f"{' x '.join(map(str, shape))} {'bins' if edges is not None else 'support points'}"
        )
    return shared(table.reshape(len(table), -1), points, domain, names, groups, nan_policy, "frequencies")


def shared(table: FloatArray, points: Any, domain: Any, names: Any, groups: Any, nan_policy: str, name: str) -> Parts:
    """Check and normalise rows of masses on checked support points."""
    _validation.choice(nan_policy, ("raise", "omit"), "nan_policy")
    labels = names_of(names, len(table))
    levels = group_labels(groups, len(labels))
    table, labels, levels, remarks = _complete_rows(table, labels, levels, nan_policy, name)
    _require_masses(table, labels, name)
    with np.errstate(over="ignore"):
        totals = table.sum(axis=1)
    require_totals(totals, labels, name)
    return {
        "points": points,
        "masses": table / totals[:, None],
        "offsets": None,
        "totals": totals,
        "domain": domain,
        "names": labels,
        "groups": levels[0],
        "group_levels": levels[1],
        "n_omitted": _count(remarks),
        "remarks": remarks,
    }


def _complete_rows(
    table: FloatArray, names: tuple[str, ...], groups: Groups, nan_policy: str, name: str
) -> tuple[FloatArray, tuple[str, ...], Groups, tuple[str, ...]]:
    if nan_policy == "raise":
        return table, names, groups, ()
    kept = np.logical_not(np.isnan(table).any(axis=1))
    if kept.all():
        return table, names, groups, ()
    if not kept.any():
        raise InvalidDataError(f"{name} has a missing value in every row; nothing is left to omit from")
    remarks = omission(kept, names, f"with missing {name}")
    names, groups = kept_labels(kept, names, groups)
    return table[kept], names, groups, remarks


def _require_masses(table: FloatArray, names: tuple[str, ...], name: str) -> None:
    bad = ~(table >= 0) | np.isinf(table)
    if not bad.any():
        return
    row, column = first_bad(bad)
    advice = "it must not be negative" if table[row, column] < 0 else "it must be finite"
    if np.isnan(table[row, column]):
        advice = "remove or impute it, or pass nan_policy='omit'"
    shown = "" if names[row] == str(row) else f" (distribution {names[row]!r})"
    raise InvalidDataError(f"{name} has {table[row, column]} at row {row}, column {column}{shown}; {advice}")


def _sparse_histogram(
    frequencies: Any, edges: Any, support: Any, domain: Any, names: Any, groups: Any, nan_policy: str
) -> Parts:
    """A sparse matrix is kept by its non-zero entries: samples with masses."""
    _validation.choice(nan_policy, ("raise", "omit"), "nan_policy")
    matrix = frequencies.tocsr().copy()
    matrix.sum_duplicates()
    points, _ = support_points(edges, support, domain)
    if matrix.ndim != 2 or matrix.shape[1] != len(points):
        raise InvalidDataError(f"frequencies has shape {matrix.shape}; there are {len(points)} bins or nodes")
    labels = names_of(names, matrix.shape[0])
    levels = group_labels(groups, len(labels))
    data = _validation.float_array(matrix.data, "frequencies", finite=False, empty=True)
    offsets = matrix.indptr.astype(np.intp)
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(offsets))
    remarks: tuple[str, ...] = ()
    columns = matrix.indices
    if nan_policy == "omit" and np.isnan(data).any():
        kept = np.ones(len(labels), bool)
        kept[rows[np.isnan(data)]] = False
        remarks = omission(kept, labels, "with missing frequencies")
        held = kept[rows]
        data, columns, offsets = data[held], columns[held], starts_of(np.diff(offsets)[kept])
        labels, levels = kept_labels(kept, labels, levels)
        rows = np.repeat(np.arange(len(labels)), np.diff(offsets))
        if not kept.any():
            raise InvalidDataError("frequencies has a missing value in every row; nothing is left to omit from")
    bad = ~(data >= 0) | np.isinf(data)
    if bad.any():
        k = int(np.argmax(bad))
        raise InvalidDataError(
            f"frequencies has {data[k]} at row {rows[k]}, column {columns[k]}; masses are finite and not negative"
        )
    with np.errstate(over="ignore"):
        totals = np.bincount(rows, weights=data, minlength=len(labels)).astype(np.float64)
    require_totals(totals, labels, "frequencies")
    return {
        "points": points[columns],
        "masses": data / totals[rows],
        "offsets": offsets,
        "totals": totals,
        "domain": domain,
        "names": labels,
        "groups": levels[0],
        "group_levels": levels[1],
        "n_omitted": _count(remarks),
        "remarks": remarks,
    }


# quantiles and densities ----------------------------------------------------------------------------------------------
def quantiles(values: Any, levels: Any, domain: Any, names: Any, groups: Any, nan_policy: str) -> Parts:
    """See `DistributionArray.from_quantiles`."""
    _validation.choice(nan_policy, ("raise", "omit"), "nan_policy")
    require_domain(domain)
    if domain is not None and (domain.is_discrete or not hasattr(domain, "low")):
        raise InvalidParameterError(f"domain is {domain.description}; quantiles exist on the line and on an Interval")
    table = _validation.float_array(values, "quantiles", ndim=(1, 2), finite=nan_policy == "raise")
    table = table[None] if table.ndim == 1 else table
    masses = _level_masses(levels, table.shape[1])
    labels = names_of(names, len(table))
    marks = group_labels(groups, len(labels))
    table, labels, marks, remarks = _complete_rows(table, labels, marks, nan_policy, "quantiles")
    _validation.require_finite(table, "quantiles")
    falls = np.diff(table, axis=1) < 0
    if falls.any():
        row, column = first_bad(falls)
        raise InvalidDataError(
            f"quantiles has {table[row, column + 1]} after {table[row, column]} at row {row}, column {column + 1}; "
            "rows must not decrease"
        )
    offsets = np.arange(0, table.size + 1, table.shape[1], dtype=np.intp)
    equal = np.all(masses == masses[0])
    parts = ragged(
        np.array(table).reshape(-1, 1), None if equal else np.tile(masses, len(table)), offsets, domain, labels, marks,
        "raise",
    )  # fmt: skip
    return {**parts, "remarks": remarks, "n_omitted": _count(remarks)}


def _level_masses(levels: Any, n_levels: int) -> FloatArray:
    """The share of (0, 1) that is nearer to each level than to the others."""
    if levels is None:
        return np.full(n_levels, 1.0 / n_levels)
    given = _validation.float_array(levels, "levels", ndim=1)
    if len(given) != n_levels:
        raise InvalidDataError(f"levels has {len(given)} numbers for {n_levels} columns of quantiles")
    outside = (given < 0) | (given > 1) | np.concatenate([[False], np.diff(given) <= 0])
    if outside.any():
        i = int(np.argmax(outside))
        raise InvalidDataError(f"levels has {given[i]} at index {i}; levels lie in [0, 1] and strictly increase")
    return np.diff(np.concatenate([[0.0], (given[1:] + given[:-1]) / 2, [1.0]]))


def density(values: Any, support: Any, volumes: Any, domain: Any, names: Any, groups: Any, nan_policy: str) -> Parts:
    """See `DistributionArray.from_density`."""
    table = _validation.float_array(values, "density", ndim=(1, 2), finite=False)
    table = table[None] if table.ndim == 1 else table
    points, _ = support_points(None, support, domain)
    if table.shape[1] != len(points):
        raise InvalidDataError(f"density has {table.shape[1]} columns; there are {len(points)} support points")
    with np.errstate(over="ignore", invalid="ignore"):
        table = table * cell_volumes(points, volumes, domain)
    return shared(table, points, domain, names, groups, nan_policy, "density")


def _count(remarks: tuple[str, ...]) -> int:
    return int(remarks[0].split(" ", 1)[0]) if remarks else 0
