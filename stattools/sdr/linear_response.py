"""Predictors and response of a linear reduction, as given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.validation import validate_data

from stattools import _validation
from stattools._errors import InvalidDataError
from stattools._typing import FloatArray
from stattools.results import serialization
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
        It is missing, has another length, or holds what is neither numbers nor labels.

    Examples
    --------
    >>> read_response(["b", "a", "b"], 3).levels
    ('a', 'b')
    """
    if y is None:
        raise InvalidDataError("this reduction requires y to be passed, but the target y is None")
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


def read_predictors(estimator: Any, X: Any, *, reset: bool) -> FloatArray:
    """(n, p) predictors, checked by and for an estimator; a fit, which resets what it knows of columns, needs 3 rows.

    Examples
    --------
    >>> from stattools.sdr.linear import SIR
    >>> read_predictors(SIR(), [[1, 2], [3, 4], [5, 7]], reset=True).shape
    (3, 2)
    """
    try:
        checked = validate_data(estimator, X, dtype=np.float64, order="C", reset=reset)
    except ValueError as error:
        raise InvalidDataError(str(error)) from None
    if reset and len(checked) < 3:
        raise InvalidDataError(f"X has n_samples = {len(checked)}; at least 3 rows are needed")
    return np.asarray(checked)
