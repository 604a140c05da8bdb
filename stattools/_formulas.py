"""Formulas by formulaic: tables of any kind, sides of a formula as columns, and errors that name the row."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from stattools._errors import InvalidDataError, InvalidParameterError

if TYPE_CHECKING:
    from pandas import DataFrame

_QUOTED = re.compile(r"`([^`]*)`")


def as_frame(data: Any, name: str = "data") -> DataFrame:
    """A pandas DataFrame of any table; a pandas one is not copied.

    Examples
    --------
    >>> as_frame({"x": [1, 2]}).shape
    (2, 1)
    """
    import pandas

    if isinstance(data, pandas.DataFrame):
        return data
    if isinstance(data, dict):
        try:
            return pandas.DataFrame(data).infer_objects()
        except ValueError as error:
            raise InvalidDataError(f"{name} is no table: {error}") from None
    import narwhals as nw

    try:
        return nw.from_native(data, eager_only=True).to_pandas()
    except TypeError:
        raise InvalidDataError(
            f"{name} is {type(data).__name__}; a formula needs a table with named columns, such as a DataFrame"
        ) from None


def parse_sides(formula: str) -> tuple[Any, Any]:
    """The left-hand side of a formula, None without one, and the right-hand side; each a tuple if it has parts.

    Examples
    --------
    >>> left, right = parse_sides("y ~ x")
    >>> [str(term) for term in right]
    ['1', 'x']
    """
    from formulaic import Formula
    from formulaic.errors import FormulaicError

    try:
        parsed: Any = Formula(formula)
    except (FormulaicError, SyntaxError) as error:
        reason = re.sub(r"\x1b\[[0-9;]*m|[⧛⧚]", "", str(error)).strip().splitlines()
        raise InvalidParameterError(f"formula is {formula!r}, which cannot be read: {reason[0]}") from None
    if not hasattr(parsed, "rhs"):
        return None, parsed
    return getattr(parsed, "lhs", None), parsed.rhs


def materialize(formula: Any, table: DataFrame, name: str = "data", **options: Any) -> Any:
    """What formulaic makes of one side of a formula, or of the specification of one; its warnings stay here.

    Examples
    --------
    >>> materialize(parse_sides("y ~ x")[1], as_frame({"x": [1.0, 2.0]})).shape
    (2, 2)
    """
    from formulaic.errors import DataMismatchWarning, FactorEncodingError, FactorEvaluationError, FormulaicError

    try:
        with warnings.catch_warnings(record=True) as caught, np.errstate(all="ignore"):
            warnings.simplefilter("always")
            # log(0) is reported with its row by the caller
            matrix = formula.get_model_matrix(table, na_action="ignore", output="pandas", **options)
    except (FactorEvaluationError, FactorEncodingError) as error:
        listed = ", ".join(repr(column) for column in list(table.columns)[:10])
        raise InvalidDataError(f"{error} {name} has the columns {listed}") from None
    except FormulaicError as error:
        raise InvalidParameterError(f"the formula cannot be evaluated: {error}") from None
    for warning in caught:
        if issubclass(warning.category, DataMismatchWarning):
            _refuse_levels(getattr(formula, "encoder_state", {}), table, name, str(warning.message))
        elif not issubclass(warning.category, (DeprecationWarning, FutureWarning)):  # those are for formulaic to heed
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    return matrix


def columns_used(formula: Any, columns: Iterable[Any]) -> list[Any]:
    """Columns of the table that the terms name, also inside of calls.

    Examples
    --------
    >>> columns_used(parse_sides("y ~ np.log(x) + g")[1], ["x", "g", "z"])
    ['x', 'g']
    """
    named: set[str] = set()
    for term in formula:
        for factor in term.factors:
            expression = str(factor.expr)
            named.add(expression)
            named |= set(_QUOTED.findall(expression))
            try:
                tree = ast.parse(_QUOTED.sub("_", expression), mode="eval")
            except SyntaxError:
                continue
            named |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return [column for column in columns if str(column) in named]


def require_complete(table: DataFrame, columns: Iterable[Any], name: str = "data") -> None:
    """Refuse a column that the table does not have, and missing values.

    Examples
    --------
    >>> require_complete(as_frame({"x": [1.0, 2.0]}), ["x"])
    """
    for column in columns:
        if column not in table.columns:
            listed = ", ".join(repr(own) for own in list(table.columns)[:10])
            raise InvalidDataError(f"{name} has no column {column!r}, which the formula uses; it has {listed}")
        missing = table[column].isna().to_numpy()
        if missing.any():
            i = int(np.argmax(missing))
            raise InvalidDataError(
                f"{name} has a missing value in column {column!r} at {row_words(table.index, i)}; "
                "remove or impute it first"
            )


def require_finite(matrix: DataFrame, index: Any, name: str = "data") -> None:
    """Refuse columns of a model with a value that is not finite.

    Examples
    --------
    >>> require_finite(as_frame({"x": [1.0, 2.0]}), [0, 1])
    """
    values = matrix.to_numpy(dtype=np.float64)
    bad = ~np.isfinite(values)
    if bad.any():
        i, j = (int(k) for k in np.argwhere(bad)[0])
        raise InvalidDataError(
            f"the term {matrix.columns[j]!r} is {values[i, j]} at {row_words(index, i)} of {name}; "
            "remove or mend the row"
        )


def one_response(left: Any, table: DataFrame, name: str = "data") -> Any:
    """(n,) Series of the left-hand side, which must be one column of numbers; labels may be missing.

    Examples
    --------
    >>> one_response(parse_sides("y ~ x")[0], as_frame({"y": [1.0, None]})).tolist()
    [1.0, nan]
    """
    matrix = materialize(left, table, name)
    terms = [str(term) for term in left if str(term) != "1"]
    if len(terms) == 1 and any("[" in str(column) for column in matrix.columns):
        raise InvalidDataError(f"the response {terms[0]!r} holds text or categories; it must hold numbers")
    if matrix.shape[1] != 1 or "[" in str(matrix.columns[0]):
        raise InvalidParameterError(
            f"the left-hand side of the formula gives the columns {', '.join(map(str, matrix.columns))}; "
            "it must be one column of numbers"
        )
    return matrix.iloc[:, 0].astype(np.float64)


def row_words(index: Any, i: int) -> str:
    """A row by its position, and by its label where that says more.

    Examples
    --------
    >>> row_words(["a", "b"], 1)
    "row 1 (index 'b')"
    """
    label = index[i]
    label = label.item() if isinstance(label, np.generic) else label
    return f"row {i}" if label == i else f"row {i} (index {label!r})"


def _refuse_levels(states: Any, table: DataFrame, name: str, text: str) -> None:
    """Refuse levels that a categorical term does not have, with the first row that holds one where it can be told."""
    for expression, (_, state) in states.items():
        known = state.get("categories") if isinstance(state, dict) else None
        column = next((column for column in table.columns if _is_level_of(str(column), expression)), None)
        if known is None or column is None:
            continue
        strange = ~table[column].isin(list(known)).to_numpy()
        if strange.any():
            i = int(np.argmax(strange))
            level = table[column].iloc[i]
            level = level.item() if isinstance(level, np.generic) else level
            shown = ", ".join(repr(k) for k in list(known)[:10]) + (", ..." if len(known) > 10 else "")
            raise InvalidDataError(
                f"{name} has {level!r} in column {column!r} at {row_words(table.index, i)}; the fit knows {shown}"
            )
    found = re.search(r"\{.*\}", text)
    levels = f": {found.group()}" if found else ""
    raise InvalidDataError(f"a categorical term has levels outside of those of the fit or of the formula{levels}")


def _is_level_of(column: str, expression: str) -> bool:
    """Whether a categorical factor is this column, as it is or inside of C()."""
    name = rf"(?:`{re.escape(column)}`|{re.escape(column)})"
    return expression == column or re.fullmatch(rf"C\(\s*{name}\s*(?:,.*)?\)", expression) is not None
