"""Rows without responses beside the rows of a fit: matched by the names of their columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import AssumptionWarning, InvalidDataError, Notes
from stattools._typing import FloatArray
from stattools.collider import tables

FEWEST_ROWS = 5
LOOKED_UP, FEWEST_LOOKED_UP = 1000, 10
"""Labelled rows that are looked up among the unlabelled ones."""
REPEATED = 0.9
"""Share of them that is found where the labelled rows were passed once more."""
ONCE = 1.5
"""Times each of them is found there, at most."""


def column_labels(table: Any) -> tuple[Any, ...] | None:
    """Labels of the columns of a table, text or not; None for arrays."""
    labels = getattr(table, "columns", None)
    return None if labels is None else tuple(labels)


def unlabeled_rows(table: Any, labels: tuple[Any, ...] | None, width: int, notes: Notes) -> FloatArray:
    """(m, p) rows in the order of the columns of the fit, of these labels; (0, p) for None or a table without rows."""
    if table is None:
        return np.empty((0, width))
    table = tables.as_pandas(table)
    own = column_labels(table)
    if labels is not None and own is not None:
        table = _matched(table, own, labels)
    elif labels is not None and all(isinstance(label, str) for label in labels):
        notes.remark("X_unlabeled has no column names; its columns were taken in the order of those of X")
    if len(np.shape(table)) == 2 and np.shape(table)[0] == 0:
        _check_width(np.shape(table)[1], width)
        return np.empty((0, width))
    if hasattr(table, "shape") and np.size(table) == 0:
        return np.empty((0, width))
    if not hasattr(table, "shape") and len(table) == 0:
        return np.empty((0, width))
    tables.refuse_columns(table, "X_unlabeled")
    values = _validation.float_array(_plain(table), "X_unlabeled", ndim=2, finite=False)
    _check_width(values.shape[1], width)
    tables.require_finite(values, table, "X_unlabeled")
    return values


def warn_of_repeats(X: FloatArray, unlabeled: FloatArray, notes: Notes) -> None:
    """Warn when the labelled rows are among the unlabelled ones. X : (n, p); unlabeled : (m, p).

    Notes
    -----
    Rows in few cells are found there by chance too, each several times: of those drawn from cells with expected counts
    c, as many as 1 - exp(-c) are found, at most, so 90 % of them take a mean count of 2.3. Rows that were passed once
    more are found once each.

    Warns
    -----
    AssumptionWarning

    Examples
    --------
    >>> notes, rows = Notes(), np.arange(20.0).reshape(10, 2)
    >>> warn_of_repeats(rows, rows + 0.5, notes)
    >>> notes.warnings
    ()
    """
    if len(X) < FEWEST_LOOKED_UP or len(unlabeled) < REPEATED * min(len(X), LOOKED_UP):
        return
    step = -(-len(X) // LOOKED_UP)
    sought, counts = np.unique(X[::step], axis=0, return_counts=True)
    found = _times_found(sought, unlabeled)
    share = float(np.mean(found > 0))
    once = found.sum() <= ONCE * np.count_nonzero(found) and len(sought) >= REPEATED * counts.sum()
    if share >= REPEATED and once:
        words = "all" if share == 1.0 else f"{share:.0%}"
        notes.warn(
            f"{words} of the labelled rows are among the unlabelled ones as well and are counted twice, in N, in the "
            "break-even ratio and in the projection; leave them out of the unlabelled rows",
            AssumptionWarning,
        )


def _times_found(sought: FloatArray, rows: FloatArray) -> FloatArray:
    """(k,) how often each of (k, p) distinct rows occurs among (m, p) rows, counted until they are not found once."""
    j = int(np.argmax([len(np.unique(column)) for column in sought.T]))
    values = np.unique(sought[:, j])
    places = np.minimum(np.searchsorted(values, rows[:, j]), len(values) - 1)
    near = rows[values[places] == rows[:, j]]  # few, so that rows can be compared whole
    place = {row.tobytes(): k for k, row in enumerate(sought + 0.0)}  # + 0.0: there are two zeros
    found = np.zeros(len(sought))
    total = 0
    for row in near + 0.0:
        k = place.get(row.tobytes())
        if k is not None:
            found[k] += 1
            total += 1
            if total > ONCE * len(sought):
                break
    return found


def _check_width(seen: int, width: int) -> None:
    if seen != width:
        raise InvalidDataError(
            f"X_unlabeled has {seen} columns and X {width}; pass the same columns, without the response"
        )


def _matched(table: Any, own: tuple[Any, ...], names: tuple[Any, ...]) -> Any:
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
