"""Tables and arrays of predictors, and responses, as finite numbers; errors name the row and the column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.utils.validation import validate_data

from stattools import _validation
from stattools._errors import InvalidDataError
from stattools._formulas import row_words
from stattools._typing import FloatArray

ENCODE = (
    "encode it as numbers, such as by pandas.get_dummies, or use the interface by formula, "
    "stattools.collider.collider('Y ~ ...'), which does"
)
DATES = "convert it to numbers first, such as days since the first date"


def read_predictors(estimator: Any, X: Any, *, reset: bool) -> FloatArray:
    """(n, p) finite numbers; names and counts of columns are learned or compared as scikit-learn does.

    Raises
    ------
    InvalidDataError
        A column holds text or dates or stands twice, a number is missing or infinite, or the columns are not those of
        the fit.
    """
    table = as_pandas(X)
    refuse_columns(table, "X")
    try:
        checked = validate_data(estimator, table, dtype=np.float64, order="C", reset=reset, ensure_all_finite=False)
    except ValueError as error:
        raise InvalidDataError(str(error)) from None
    values = np.asarray(checked)
    require_finite(values, table, "X")
    return values


def read_response(y: Any, n: int, owner: str) -> FloatArray:
    """(n,) or (n, q) finite responses of n rows. owner : the name of the estimator.

    Raises
    ------
    InvalidDataError
        There is none for a row, there are not n of them, or they are no numbers.

    Examples
    --------
    >>> read_response([1.0, float("nan")], 2, "ColliderRegressor")
    Traceback (most recent call last):
    ...
    stattools._errors.InvalidDataError: y has nan at index 1; pass the rows without a response as X_unlabeled
    """
    if y is None:
        raise InvalidDataError(f"{owner} requires y to be passed, but the target y is None")
    values = _validation.float_array(y, "y", ndim=(1, 2), finite=False)
    if len(values) != n:
        raise InvalidDataError(f"y has {len(values)} rows and X {n}")
    if not np.isfinite(values).all():
        index = np.unravel_index(int(np.argmax(~np.isfinite(values))), values.shape)
        missing = bool(np.isnan(values[index]))
        advice = "pass the rows without a response as X_unlabeled" if missing else "remove or correct it first"
        raise InvalidDataError(f"y has {values[index]} at {_validation.place(index, values.ndim)}; {advice}")
    return values


def as_pandas(table: Any) -> Any:
    """A table of pyarrow as one of pandas; anything else as it is."""
    return table.to_pandas() if type(table).__module__.partition(".")[0] == "pyarrow" else table


def refuse_columns(table: Any, name: str) -> None:
    """Refuse columns of text or dates, and in a table two of one name.

    Examples
    --------
    >>> refuse_columns(np.array([[1.0], ["male"]], dtype=object), "X")
    Traceback (most recent call last):
    ...
    stattools._errors.InvalidDataError: column 0 of X holds text ('male' at row 1); encode it as numbers, ...
    """
    if hasattr(table, "columns") and hasattr(table, "__getitem__"):
        labels = list(table.columns)
        if len(set(labels)) < len(labels):
            twice = next(label for label in labels if labels.count(label) > 1)
            raise InvalidDataError(f"{name} has more than one column {twice!r}; rename or drop all but one")
    for label, column in _columns(table):
        words = _strange(column)
        if words:
            raise InvalidDataError(f"column {label!r} of {name} holds {words}")


def require_finite(values: FloatArray, table: Any, name: str) -> None:
    """Refuse missing and infinite numbers. values : (n, p), read from `table`, which may name columns and rows.

    Examples
    --------
    >>> require_finite(np.array([[1.0, np.nan]]), None, "X")
    Traceback (most recent call last):
    ...
    stattools._errors.InvalidDataError: X has NaN at row 0, column 1; remove or impute it first
    """
    if np.isfinite(values).all():
        return
    bad = ~np.isfinite(values)
    row, k = (int(i) for i in np.unravel_index(int(np.argmax(bad)), values.shape))
    number = values[row, k]
    found = "NaN" if np.isnan(number) else "infinity" if number > 0 else "-infinity"
    where = _validation.place((row, k), 2)
    if hasattr(table, "columns"):
        where = f"{row_words(table.index, row) if hasattr(table, 'index') else f'row {row}'}, "
        where += f"column {list(table.columns)[k]!r}"
    others = int(bad.sum()) - 1
    more = f", and in {others} more place{'s' if others > 1 else ''}" if others else ""
    raise InvalidDataError(f"{name} has {found} at {where}{more}; remove or impute it first")


# what a column holds -------------------------------------------------------------------------------------------------
def _columns(table: Any) -> Iterator[tuple[Any, Any]]:
    """Labels and values of the columns that may hold something else than numbers."""
    if hasattr(table, "columns") and hasattr(table, "__getitem__"):
        for label in table.columns:
            column = table[label]
            if getattr(getattr(column, "dtype", None), "kind", "O") not in "buif":
                yield label, np.asarray(column)
        return
    array = _array(table)
    if array is not None and array.dtype.kind not in "buifc":
        for j in range(array.shape[1]):
            yield j, array[:, j]


def _array(values: Any) -> Any:
    """Rows as an array that has not turned numbers into text; None where scikit-learn has the better message."""
    if hasattr(values, "toarray"):
        return None
    try:
        array = np.asarray(values)
        if array.dtype.kind in "US" and not isinstance(values, np.ndarray):
            array = np.asarray(values, dtype=object)
    except (ValueError, TypeError):
        return None
    return array if array.ndim == 2 else None


def _strange(values: Any) -> str:
    """What a column holds besides numbers, its first place and what to do; empty for text that spells numbers."""
    place = _validation.first_non_number(values)
    if place is None:
        return ""
    value = values.tolist()[place]
    if isinstance(value, (str, bytes)):
        return f"text ({value!r:.40} at row {place}); {ENCODE}"
    return f"dates or durations; {DATES}"
