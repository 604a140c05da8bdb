"""Names of columns and labels of rows, which must agree before numbers are taken by position."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from stattools._errors import AssumptionWarning, InvalidDataError, Notes


def row_labels(values: Any) -> Any:
    """The index of a pandas object; None of anything else.

    Examples
    --------
    >>> import pandas
    >>> row_labels(pandas.Series([1.0], index=["a"])).tolist(), row_labels([1.0])
    (['a'], None)
    """
    index = getattr(values, "index", None)
    return index if hasattr(index, "equals") else None


def column_names(table: Any) -> tuple[str, ...] | None:
    """Names of the columns of a table, if all are text; None of anything else.

    Examples
    --------
    >>> column_names({"a": [1.0], "b": [2.0]}), column_names([[1.0]])
    (('a', 'b'), None)
    """
    arrow = getattr(table, "column_names", None)
    names = list(table if isinstance(table, dict) else getattr(table, "columns", ()) if arrow is None else arrow)
    return tuple(str(name) for name in names) if names and all(isinstance(name, str) for name in names) else None


def check_columns(table: Any, expected: tuple[str, ...], whose: str = "the fit") -> None:
    """Refuse a table whose columns are named otherwise or stand in another order; what has no names passes.

    Examples
    --------
    >>> check_columns({"b": [1.0], "a": [2.0]}, ("a", "b"))
    Traceback (most recent call last):
    ...
    stattools._errors.InvalidDataError: X has the columns 'b', 'a' in another order than the fit; pass X[['a', 'b']]
    """
    names = column_names(table)
    if names is None or not expected or names == expected:
        return
    seen, wanted = (", ".join(map(repr, some[:10])) + (", ..." if len(some) > 10 else "") for some in (names, expected))
    if sorted(names) == sorted(expected):
        raise InvalidDataError(f"X has the columns {seen} in another order than {whose}; pass X[[{wanted}]]")
    raise InvalidDataError(f"X has the columns {seen}; {whose} has {wanted}. Pass those, in that order")


def check_order_in_space(table: Any, space: Any) -> None:
    """Refuse a table whose columns are the named inputs of a space in another order.

    Examples
    --------
    >>> from stattools.wls import PolynomialSpace
    >>> check_order_in_space({"x1": [0.0], "x2": [0.0]}, PolynomialSpace(["legendre"] * 2, degree=1))
    """
    names, inputs = column_names(table), tuple(space.input_names)
    if names is not None and sorted(names) == sorted(inputs):
        check_columns(table, inputs, "the space")


def check_same_rows(**given: Any) -> None:
    """Refuse pandas objects of one length with different row labels: rows are matched by position.

    Examples
    --------
    >>> import pandas
    >>> check_same_rows(X=pandas.Series([1.0, 2.0], index=[3, 4]), y=pandas.Series([1.0, 2.0], index=[3, 4]))
    """
    indexed = [(name, index) for name, value in given.items() if (index := row_labels(value)) is not None]
    for name, index in indexed[1:]:
        require_same_index(index, indexed[0][1], name, indexed[0][0])


def require_same_index(index: Any, expected: Any, name: str, other: str) -> None:
    """Refuse row labels that are not those of another object.

    Examples
    --------
    >>> import pandas
    >>> require_same_index(pandas.Index([1, 0]), pandas.Index([0, 1]), "y", "X")
    Traceback (most recent call last):
    ...
    stattools._errors.InvalidDataError: y and X have the same row labels in another order, and rows are matched by ...
    """
    if len(index) != len(expected) or index.equals(expected):
        return
    if Counter(index) == Counter(expected):
        how = f"reorder with {name}.loc[{other}.index] (or .reindex)" if index.is_unique else f"reorder {name}"
        raise InvalidDataError(
            f"{name} and {other} have the same row labels in another order, and rows are matched by position; {how}"
        )
    i = next((k for k, pair in enumerate(zip(index, expected, strict=True)) if not _same_label(*pair)), None)
    if i is None:
        return
    here, there = (label.item() if isinstance(label, np.generic) else label for label in (index[i], expected[i]))
    raise InvalidDataError(
        f"{name} and {other} have different row labels: at row {i}, {here!r} and {there!r}. If row i of one "
        f"belongs to row i of the other, pass {name}.reset_index(drop=True) and {other}.reset_index(drop=True)"
    )


def _same_label(one: Any, two: Any) -> bool:
    try:
        return one is two or bool(one == two) or bool(one != one and two != two)
    except (TypeError, ValueError):  # a missing value of pandas
        return False


def check_order_of_responses(y: Any, design: Any, notes: Notes) -> None:
    """Doubt or refuse responses whose index says another order than that of the design.

    Examples
    --------
    >>> from stattools.wls import PolynomialSpace, optimal_design
    >>> check_order_of_responses([1.0, 2.0], optimal_design(PolynomialSpace("legendre", degree=1), 2, rng=1), Notes())
    """
    index = row_labels(y)
    if index is None or index.dtype.kind not in "iu" or len(index) != len(design.sampling_weights):
        return
    order, rows = np.asarray(index), design.indices
    if rows is not None and np.array_equal(order, rows):
        return
    positions = np.arange(len(order))
    if np.array_equal(np.sort(order), positions):
        if not np.array_equal(order, positions):
            notes.warn(
                "the index of y is a permutation of 0 to n - 1, and the order of y was taken as it stands; if the "
                "index says which point of the design a response belongs to, pass y.sort_index()",
                AssumptionWarning,
            )
    elif rows is not None and np.array_equal(np.sort(order), np.sort(rows)):
        raise InvalidDataError(
            "the index of y holds the rows of the design in another order than design.indices; pass "
            "y.loc[design.indices] or, for labels in the order of design.new_indices, design.gather(labels)"
        )
