"""Rows without responses beside the rows of a fit: matched by the names of their columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, Notes
from stattools._typing import FloatArray

FEWEST_ROWS = 5


def column_names(table: Any) -> tuple[str, ...] | None:
    """Names of the columns of a table, None where there are none that are all text."""
    names = getattr(table, "columns", None)
    if names is None:
        return None
    found = tuple(names)
    return found if all(isinstance(name, str) for name in found) else None


def unlabeled_rows(table: Any, names: tuple[str, ...] | None, width: int, notes: Notes) -> FloatArray:
    """(m, p) rows in the order of the columns of the fit; (0, p) for None or a table without rows."""
    if table is None:
        return np.empty((0, width))
    own = column_names(table)
    if names is not None and own is not None:
        table = _matched(table, own, names)
    elif names is not None and not hasattr(table, "columns"):
        notes.remark("X_unlabeled has no column names; its columns were taken in the order of those of X")
    if len(np.shape(table)) == 2 and np.shape(table)[0] == 0:
        _check_width(np.shape(table)[1], width)
        return np.empty((0, width))
    if hasattr(table, "shape") and np.size(table) == 0:
        return np.empty((0, width))
    if not hasattr(table, "shape") and len(table) == 0:
        return np.empty((0, width))
    values = _validation.float_array(_plain(table), "X_unlabeled", ndim=2)
    _check_width(values.shape[1], width)
    return values


def _check_width(seen: int, width: int) -> None:
    if seen != width:
        raise InvalidDataError(
            f"X_unlabeled has {seen} columns and X {width}; pass the same columns, without the response"
        )


def _matched(table: Any, own: tuple[str, ...], names: tuple[str, ...]) -> Any:
    missing = [name for name in names if name not in own]
    extra = [name for name in own if name not in names]
    if missing or extra or len(own) != len(names):
        lacks = f"lacks {missing}" if missing else ""
        has = f"has {extra}, which X has not" if extra else ""
        repeated = "names a column twice" if not (lacks or has) else ""
        words = " and ".join(word for word in (lacks, has, repeated) if word)
        raise InvalidDataError(f"X_unlabeled {words}; its columns must be those of X: {list(names)}")
    return table[list(names)]


def _plain(table: Any) -> Any:
    return table.to_numpy() if hasattr(table, "to_numpy") else table


def require_rows(n: int) -> None:
    """Refuse fewer than five labelled rows."""
    if n < FEWEST_ROWS:
        raise InvalidDataError(
            f"n_samples = {n} is fewer than {FEWEST_ROWS}; a collider regression compares fits on parts of the rows "
            "and needs at least "
            f"{FEWEST_ROWS}"
        )
