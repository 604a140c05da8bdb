"""Formulas: from a table with names to the arrays of a design or of a fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stattools._errors import InvalidDataError, InvalidParameterError, Notes
from stattools._formulas import (
    as_frame,
    columns_used,
    materialize,
    one_response,
    parse_sides,
    require_complete,
    require_finite,
    row_words,
)
from stattools._typing import FloatArray, IntArray
from stattools.wls import alignment
from stattools.wls.problem import refuse_text

if TYPE_CHECKING:
    from pandas import DataFrame

    from stattools.wls.result import WLSResult


@dataclass(frozen=True)
class ModelMatrix:
    """What a formula makes of a table.

    X : (n, p) finite. names : names of its columns. index : pandas Index of the rows.
    y : (n,) or None for a formula without a left-hand side; NaN where the label is missing. y_name : what stands there.
    spec : rebuilds the columns for other rows, with the knots, levels and moments of these.
    formula : as the user wrote it.
    """

    X: FloatArray
    names: tuple[str, ...]
    index: Any
    y: FloatArray | None
    y_name: str
    spec: Any
    formula: str


def wls(
    formula: str,
    data: Any,
    design: Any = None,
    var_weights: Any = None,
    *,
    sample_weight: Any = None,
    cov_type: str = "auto",
    unbiased: bool = False,
    noise_free: bool = False,
    estimand: str | None = None,
    finite_population: bool = False,
) -> WLSResult:
    """Weighted least squares by formula.

    Parameters
    ----------
    formula : str
        ``"y ~ poly(x1, 3) + C(g)"``: names are columns, functions those of formulaic.
    data : DataFrame or dict
        pandas, polars or anything that narwhals reads. With a design for a pool: the whole pool, where labels may be
        missing outside of the rows of the design, or the rows of the design, in its order. Take the whole pool where
        terms depend on all rows, as ``poly`` and ``C`` do.
    design : Design, optional
        From `pool_design`, for the right-hand side of this formula.
    var_weights, sample_weight : str or array_like, optional
        Name of a column, or one number for each row of `data` or of the design; a Series has the index of those rows.
    cov_type, unbiased, noise_free, estimand, finite_population
        As in `WeightedLeastSquares`.

    Returns
    -------
    WLSResult
        With pandas objects; ``get_prediction`` takes a table.

    Raises
    ------
    InvalidParameterError
        The formula cannot be read or has no left-hand side, or weights of different kinds are mixed.
    InvalidDataError
        A column is absent, or holds a missing value that is needed; the response is text; or the index of weights is
        not that of `data`.

    Examples
    --------
    >>> wls("y ~ x", {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 2.0, 4.0, 4.0]}).params.round(2).to_dict()
    {'Intercept': 1.1, 'x': 1.1}
    """
    from stattools.wls import assembly, problem

    options = assembly.Options(cov_type, unbiased, noise_free, estimand, finite_population)
    matrix = model_matrix(formula, data)
    if matrix.y is None:
        raise InvalidParameterError(f"formula is {formula!r}; a fit needs a left-hand side, such as 'y ~ x'")
    rows = np.arange(len(matrix.X)) if design is None else _rows_of_design(design, len(matrix.X))
    y = _labels(matrix, rows, design)
    weights = problem.resolve_weights(
        len(rows),
        design=design,
        sample_weight=_row_values(sample_weight, "sample_weight", data, rows, len(matrix.X)),
        var_weights=_row_values(var_weights, "var_weights", data, rows, len(matrix.X)),
        estimand=estimand,
    )
    features = np.ascontiguousarray(matrix.X[rows])
    if design is not None:
        problem.check_rows(features, design, _advice(len(matrix.X), design))
    chosen = {"design": design, "var_weights": var_weights, "sample_weight": sample_weight}
    call = _call(formula, chosen, options)
    problem_data = assembly.Data(
        features=features,
        y=y,
        weights=weights,
        design=design,
        space=None,
        same_space=design is not None,
        names=matrix.names,
        response_names=(matrix.y_name,),
        intercept=False,
        index=matrix.index[rows],
        named=True,
        data_name=formula,
        call=call,
        formula=formula,
    )
    (result,) = assembly.results_of(problem_data, options, Notes())
    object.__setattr__(result, "_spec", matrix.spec)
    return result


def _call(formula: str, given: dict[str, Any], options: Any) -> str:
    words = [repr(formula), "data"]
    for name, value in given.items():
        if value is not None:
            words.append(f"{name}={value!r}" if isinstance(value, str) else f"{name}={name}")
    defaults = {"cov_type": "auto", "unbiased": False, "noise_free": False, "estimand": None}
    for name, default in (defaults | {"finite_population": False}).items():
        if getattr(options, name) != default:
            words.append(f"{name}={getattr(options, name)!r}")
    return f"wls({', '.join(words)})"


def _rows_of_design(design: Any, n_data: int) -> IntArray:
    """Rows of the table that the design holds."""
    from stattools.wls import problem

    problem.check_is_design(design)
    if design.indices is None:
        raise InvalidParameterError(
            "the design is one on a space, and a formula describes columns of a table; use WeightedLeastSquares(space)"
        )
    if n_data == design.n_pool:
        return np.asarray(design.indices)
    if n_data == len(design.indices):
        return np.arange(n_data)
    raise InvalidDataError(
        f"data has {n_data} rows; the design was drawn from a pool of {design.n_pool} and holds {len(design.indices)}. "
        "Pass the pool, with labels where the design has rows, or data.iloc[design.indices]"
    )


def _advice(n_data: int, design: Any) -> str:
    if n_data == design.n_pool:
        return "data are another pool, or the right-hand side is another one, than those of the design"
    return "pass the whole pool as data: terms such as poly() and C() depend on all of its rows"


def _labels(matrix: ModelMatrix, rows: IntArray, design: Any) -> FloatArray:
    assert matrix.y is not None
    y = np.ascontiguousarray(matrix.y[rows])
    bad = np.flatnonzero(~np.isfinite(y))
    if bad.size:
        where = row_words(matrix.index, int(rows[bad[0]]))
        hint = ". Pass design=..., or the labelled rows only" if design is None and np.isnan(y[bad[0]]) else ""
        raise InvalidDataError(
            f"the response {matrix.y_name!r} is {y[bad[0]]} at {where}; a row of the fit needs one{hint}"
        )
    return y


def _row_values(values: Any, name: str, data: Any, rows: IntArray, n_data: int) -> Any:
    """A column by its name, or an array, at the rows of the fit."""
    if isinstance(values, str):
        table = as_frame(data)
        if values not in table.columns:
            raise InvalidDataError(f"data has no column {values!r}")
        refuse_text(table[values], f"column {values!r}, for {name},")
        values = table[values].to_numpy(dtype=np.float64, na_value=np.nan)
    index, own = alignment.row_labels(values), alignment.row_labels(data)
    if index is not None and own is not None and len(index) in (n_data, len(rows)):
        expected, other = (own, "data") if len(index) == n_data else (own[rows], "data.iloc[design.indices]")
        alignment.require_same_index(index, expected, name, other)
    if values is None or np.ndim(values) == 0 or len(values) != n_data:
        return values
    return np.asarray(values)[rows]


def rhs_matrix(formula: str, data: Any) -> tuple[FloatArray, tuple[str, ...]]:
    """Columns of the right-hand side of a formula, and their names.

    Parameters
    ----------
    formula : str
        Such as ``"~ poly(x1, 3) + C(g)"``; a left-hand side is not evaluated.
    data : DataFrame or dict
        pandas, polars or anything that narwhals reads.

    Returns
    -------
    X : (n, p) float64
    names : tuple of str

    Raises
    ------
    InvalidParameterError
        The formula cannot be read, or has several parts.
    InvalidDataError
        A column is absent, or holds a missing value.

    Examples
    --------
    >>> X, names = rhs_matrix("~ x + C(g)", {"x": [1.0, 2.0, 4.0], "g": ["a", "b", "b"]})
    >>> names
    ('Intercept', 'x', 'C(g)[T.b]')
    """
    matrix = _model_matrix(formula, data, with_response=False)
    return matrix.X, matrix.names


def model_matrix(formula: str, data: Any) -> ModelMatrix:
    """Both sides of a formula as arrays; labels may be missing, all else may not.

    Parameters
    ----------
    formula : str
        ``"y ~ x1 + C(g)"``, or without a left-hand side.
    data : DataFrame or dict

    Raises
    ------
    InvalidParameterError
        The formula cannot be read, has several parts, or several responses.
    InvalidDataError
        A column is absent, or one of the right-hand side holds a missing value.

    Examples
    --------
    >>> model_matrix("y ~ x - 1", {"x": [1.0, 2.0], "y": [3.0, None]}).y
    array([ 3., nan])
    """
    return _model_matrix(formula, data, with_response=True)


def rebuild(spec: Any, data: Any) -> tuple[FloatArray, Any]:
    """Columns of other rows, built as those of the fit were, and the index of the rows; new levels are refused.

    Examples
    --------
    >>> fitted = model_matrix("~ center(x)", {"x": [1.0, 3.0]})
    >>> rebuild(fitted.spec, {"x": [2.0]})[0]
    array([[1., 0.]])
    """
    table = as_frame(data)
    return _evaluate(spec.formula, table, spec)[0], table.index


def _model_matrix(formula: str, data: Any, *, with_response: bool) -> ModelMatrix:
    left, right = _sides(formula)
    table = as_frame(data)
    if len(table) == 0:
        raise InvalidDataError("data has no rows")
    X, spec = _evaluate(right, table)
    y = one_response(left, table).to_numpy() if with_response and left is not None else None
    names = tuple(str(name) for name in spec.column_names)
    y_name = " + ".join(str(term) for term in left) if left is not None else ""
    return ModelMatrix(X, names, table.index, y, y_name, spec, formula)


def _sides(formula: str) -> tuple[Any, Any]:
    """The parsed left-hand side, None without one, and right-hand side."""
    if not isinstance(formula, str):
        raise InvalidParameterError(f"formula is {formula!r:.80}; it takes text such as 'y ~ x1 + C(g)'")
    left, right = parse_sides(formula)
    if isinstance(right, tuple) or isinstance(left, tuple):
        raise InvalidParameterError(f"formula is {formula!r}; parts separated by | have no meaning in least squares")
    return left, right


def _evaluate(formula: Any, table: DataFrame, spec: Any = None) -> tuple[FloatArray, Any]:
    """Columns of one side, all finite, and the specification that rebuilds them."""
    require_complete(table, columns_used(formula, table.columns))
    matrix = materialize(formula if spec is None else spec, table)
    if matrix.shape[1] == 0:
        raise InvalidParameterError("the formula has no term on its right-hand side")
    require_finite(matrix, table.index)
    return np.ascontiguousarray(matrix.to_numpy(dtype=np.float64)), matrix.model_spec
