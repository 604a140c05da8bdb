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
    columns: list[Any] = list(value) if isinstance(value, (list, tuple)) else [value]
    if not columns:
        raise InvalidParameterError("value is empty; name at least one column")
    table = _table(df)
    for role, column in [*(("value", c) for c in columns), ("unit", unit), ("group", group), ("mass", mass)]:
        if column not in table.columns and not (column is None and role in ("group", "mass")):
            known = ", ".join(map(str, table.columns))
            raise InvalidParameterError(f"{role} is {column!r}; the table has the columns {known}")
    if len(table) == 0:
        raise InvalidDataError("df has no rows")
    codes, names, first_rows = _units(table, unit)
    order = np.argsort(codes, kind="stable")
    labels = None if group is None else _unit_groups(table, group, codes, names, first_rows)
    points = np.column_stack([_coordinate(table, column, domain) for column in columns])[order]
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
    except nw.exceptions.DuplicateError:
        names = list(map(str, df.columns))
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidParameterError(f"df has more than one column {twice!r}; rename them") from None


def _units(table: Any, unit: str) -> tuple[IntArray, tuple[str, ...], IntArray]:
    """Code of each row by order of appearance, names of the units, and the first row of each."""
    codes, labels = _codes(table, unit, "unit")
    first_rows = np.unique(codes, return_index=True)[1]
    return codes, tuple(str(label) for label in labels), first_rows


def _codes(table: Any, column: str, role: str) -> tuple[IntArray, list[Any]]:
    """Code of each row by order of appearance, and the distinct labels."""
    series = table.get_column(column)
    missing = series.is_null().to_numpy()
    if series.dtype.is_float():
        missing = missing | series.is_nan().to_numpy().astype(bool)
    if missing.any():
        raise InvalidDataError(f"{role} column {column!r} is missing at row {int(np.argmax(missing))} of df")
    codes: dict[Any, int] = {}
    try:
        found = np.array([codes.setdefault(label, len(codes)) for label in series.to_list()], dtype=np.intp)
    except TypeError:
        raise InvalidDataError(
            f"{role} column {column!r} of df has dtype {series.dtype}, which holds no labels"
        ) from None
    return found, list(codes)


def _unit_groups(table: Any, group: str, codes: IntArray, names: tuple[str, ...], first_rows: IntArray) -> Any:
    """One label a unit, categories kept."""
    marks, labels = _codes(table, group, "group")
    of_unit = marks[first_rows]
    differs = marks != of_unit[codes]
    if differs.any():
        row = int(np.argmax(differs))
        raise InvalidDataError(
            f"group column {group!r} is {labels[of_unit[codes[row]]]!r} and {labels[marks[row]]!r} (row {row} of df) "
            f"within unit {names[codes[row]]!r}; a unit belongs to one group"
        )
    return table.get_column(group)[first_rows.tolist()].to_native()


def _coordinate(table: Any, column: Any, domain: Any) -> FloatArray:
    """A column of numbers, or of node names of the domain as node ids."""
    import narwhals as nw

    series = table.get_column(column)
    text = series.dtype in (nw.String, nw.Categorical, nw.Enum)
    if text and getattr(domain, "names", None) is not None and not series.is_null().any():
        names = np.asarray(series.cast(nw.String).to_list())
        return np.asarray(domain.check_points(names, name=f"column {column!r} of df"), dtype=np.float64)
    return _numbers(table, column)


def _numbers(table: Any, column: str) -> FloatArray:
    import narwhals as nw

    series = table.get_column(column)
    if not (series.dtype.is_numeric() or series.dtype in (nw.Boolean, nw.Object)):
        raise InvalidDataError(f"column {column!r} of df has dtype {series.dtype}; it must hold numbers")
    if series.dtype != nw.Object:
        series = series.cast(nw.Float64)
    return _validation.float_array(series.to_numpy(), f"column {column!r} of df", ndim=1, finite=False)
