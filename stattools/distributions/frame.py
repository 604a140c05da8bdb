"""From a long table to the parts of a DistributionArray."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import FloatArray, IntArray
from stattools.distributions._labels import group_labels
from stattools.distributions._samples import Parts, ragged
from stattools.distributions._slices import starts_of


def parts(
    df: Any, value: str | Sequence[str], unit: str, group: str | None, mass: str | None, domain: Any, nan_policy: str
) -> Parts:
    """See `DistributionArray.from_frame`."""
    _validation.choice(nan_policy, ("raise", "omit"), "nan_policy")
    columns = [value] if isinstance(value, str) else list(value)
    if not columns:
        raise InvalidParameterError("value is empty; name at least one column")
    table = _table(df)
    for role, column in [*(("value", c) for c in columns), ("unit", unit), ("group", group), ("mass", mass)]:
        if column is not None and column not in table.columns:
            raise InvalidParameterError(f"{role} is {column!r}; the table has the columns {', '.join(table.columns)}")
    if len(table) == 0:
        raise InvalidDataError("df has no rows")
    codes, names, first_rows = _units(table, unit)
    order = np.argsort(codes, kind="stable")
    labels = None if group is None else _unit_groups(table, group, codes, names, first_rows)
    points = np.column_stack([_numbers(table, column) for column in columns])[order]
    return ragged(
        points,
        None if mass is None else _numbers(table, mass)[order],
        starts_of(np.bincount(codes)),
        domain,
        names,
        group_labels(labels, len(names)),
        nan_policy,
    )


def _table(df: Any) -> Any:
    import narwhals as nw

    try:
        return nw.from_native(df, eager_only=True)
    except TypeError:
        raise InvalidParameterError(
            f"df is {type(df).__name__}; pass a pandas, polars or pyarrow table (collect a lazy frame first)"
        ) from None


def _units(table: Any, unit: str) -> tuple[IntArray, tuple[str, ...], IntArray]:
    """Code of each row by order of appearance, names of the units, and the first row of each."""
    _require_complete(table, unit, "unit")
    labels = table[unit].to_list()
    codes_of: dict[Any, int] = {}
    codes = np.array([codes_of.setdefault(label, len(codes_of)) for label in labels], dtype=np.intp)
    first_rows = np.unique(codes, return_index=True)[1]
    return codes, tuple(str(label) for label in codes_of), first_rows


def _require_complete(table: Any, column: str, role: str) -> None:
    missing = np.array([label is None or label != label for label in table[column].to_list()])
    if missing.any():
        raise InvalidDataError(f"{role} column {column!r} is missing at row {int(np.argmax(missing))} of df")


def _unit_groups(table: Any, group: str, codes: IntArray, names: tuple[str, ...], first_rows: IntArray) -> Any:
    """One label a unit, categories kept."""
    _require_complete(table, group, "group")
    labels = table[group].to_list()
    for row, code in enumerate(codes):
        if labels[row] != labels[first_rows[code]]:
            raise InvalidDataError(
                f"group column {group!r} is {labels[first_rows[code]]!r} and {labels[row]!r} (row {row} of df) within "
                f"unit {names[code]!r}; a unit belongs to one group"
            )
    return table[group][first_rows.tolist()].to_native()


def _numbers(table: Any, column: str) -> FloatArray:
    import narwhals as nw

    series = table[column]
    if not (series.dtype.is_numeric() or series.dtype in (nw.Boolean, nw.Object)):
        raise InvalidDataError(f"column {column!r} of df has dtype {series.dtype}; it must hold numbers")
    if series.dtype != nw.Object:
        series = series.cast(nw.Float64)
    return _validation.float_array(series.to_numpy(), f"column {column!r} of df", ndim=1, finite=False)
