"""Predictors and response of a linear reduction, as given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.validation import validate_data

from stattools import _validation
from stattools._errors import InvalidDataError
from stattools._typing import FloatArray
from stattools.distributions import DistributionArray
from stattools.distributions.array import joined
from stattools.results import serialization
from stattools.sdr.parts import require_rectangular
from stattools.sdr.slices import is_categorical


@serialization.register
@dataclass(frozen=True, eq=False, kw_only=True)
class Response:
    """The response as pictures need it.

    Attributes
    ----------
    values : (n,) or (n, q) float64
        Numbers, or places of levels.
    names : tuple of str
        One for each column.
    levels : tuple of str
        Of a category, in the order of the places; empty for numbers.

    Examples
    --------
    >>> Response(values=np.zeros(3)).names
    ('y',)
    """

    values: FloatArray
    names: tuple[str, ...] = ("y",)
    levels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", _validation.read_only(np.ascontiguousarray(self.values, dtype=np.float64)))


def read_response(y: Any, n: int) -> Response:
    """What a user passes as y, n observations of it.

    Raises
    ------
    InvalidDataError
        It is missing, has another length, or holds distributions or what is neither numbers nor labels.

    Examples
    --------
    >>> read_response(["b", "a", "b"], 3).levels
    ('a', 'b')
    """
    if y is None:
        raise InvalidDataError("this reduction requires y to be passed, but the target y is None")
    refuse_distributions(y, "y")
    names = tuple(map(str, y.columns)) if hasattr(y, "columns") else (str(getattr(y, "name", None) or "y"),)
    if is_categorical(y):
        codes, levels = _validation.group_codes(y, "y", n=n)
        return Response(values=codes.astype(np.float64), names=names, levels=tuple(map(str, levels)))
    values = _validation.float_array(y, "y", ndim=(1, 2))
    if len(values) != n:
        raise InvalidDataError(f"X has {n} rows for {len(values)} responses y")
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim == 2 and len(names) != values.shape[1]:
        names = tuple(f"y{k + 1}" for k in range(values.shape[1]))
    return Response(values=values, names=names)


def read_predictors(estimator: Any, X: Any, *, reset: bool, name: str = "X") -> FloatArray:
    """(n, p) predictors, checked by and for an estimator; a fit, which resets what it knows of columns, needs 3 rows.

    Raises
    ------
    InvalidDataError
        They are distributions, hold text, or a number is missing or infinite; row and column are named. There are fewer
        than three rows, or not the columns of the fit.

    Examples
    --------
    >>> from stattools.sdr.linear import SIR
    >>> read_predictors(SIR(), [[1, 2], [3, 4], [5, 7]], reset=True).shape
    (3, 2)
    """
    refuse_distributions(X, name)
    require_rectangular(X, name)
    try:
        checked = validate_data(estimator, X, dtype=np.float64, order="C", reset=reset, ensure_all_finite=False)
    except (ValueError, TypeError) as error:
        found = _not_a_number(X)
        if found is None and isinstance(error, TypeError):  # scikit-learn's own, of sparse matrices
            raise
        if found is None:
            raise InvalidDataError(str(error).replace("X has", f"{name} has", 1)) from None
        raise InvalidDataError(f"{name} holds {found}, which is not a number; encode or drop it") from None
    _require_finite(np.asarray(checked), X, name)
    if reset and len(checked) < 3:
        raise InvalidDataError(f"{name} has n_samples = {len(checked)}; at least 3 rows are needed")
    return np.asarray(checked)


def refuse_distributions(data: Any, name: str) -> None:
    """Say where distributions, one array or a list of them, are reduced.

    Raises
    ------
    InvalidDataError

    Examples
    --------
    >>> refuse_distributions([1.0, 2.0], "y")
    """
    if isinstance(joined(data), DistributionArray):
        raise InvalidDataError(f"{name} holds distributions, where numbers are needed; use DistributionSDR")


def _not_a_number(X: Any) -> str | None:
    """The first text in words, by columns of a table and by rows of an array; None where all are numbers."""
    if hasattr(X, "columns"):
        for k, column in enumerate(X.columns):
            values = np.asarray(X.iloc[:, k] if hasattr(X, "iloc") else X[column])
            row = _validation.first_non_number(values)
            if row is not None:
                return f"{values.tolist()[row]!r:.40} in row {row}, column {column!r}"
        return None
    try:
        values = np.asarray(X)
    except ValueError:
        return None
    place = _validation.first_non_number(values.ravel()) if values.ndim == 2 else None
    if place is None:
        return None
    return f"{values.ravel().tolist()[place]!r:.40} in {_validation.place(np.unravel_index(place, values.shape), 2)}"


def _require_finite(checked: FloatArray, X: Any, name: str) -> None:
    bad = np.argwhere(~np.isfinite(checked))
    if not len(bad):
        return
    row, k = (int(i) for i in bad[0])
    what = "NaN" if np.isnan(checked[row, k]) else f"{checked[row, k]}"
    column = f"column {list(X.columns)[k]!r}" if hasattr(X, "columns") else f"column {k}"
    more = f", and in {len(bad) - 1} more places" if len(bad) > 1 else ""
    raise InvalidDataError(f"{name} has {what} in row {row}, {column}{more}; remove or impute it first")
