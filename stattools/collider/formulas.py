"""Collider regression by formula, on a table with names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError, UnknownColumnError
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
from stattools._typing import FloatArray
from stattools.collider import calls
from stattools.collider.constraints import Constraint, column_word
from stattools.collider.formula_text import ParsedFormula, parse

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from stattools.collider.result import ColliderResult
    from stattools.results.summary import Summary

_CONSTRAINT_OPTIONS = ("independent", "given")


@dataclass(frozen=True, eq=False, repr=False)
class FormulaFit:
    """A collider regression that takes tables with the columns of its formula.

    Parameters
    ----------
    estimator : ColliderRegressor
        Fitted to the columns that the formula makes.
    formula : str
    constraints : tuple of Constraint
        On raw columns, as in the formula.
    response : str

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> y, x2 = rng.normal(size=(2, 40))
    >>> data = {"y": y, "x1": y + x2, "x2": x2}
    >>> fit = collider("y ~ x1 + x2 | y _||_ x2", data, base="ridge", gain=False, random_state=1)
    >>> fit.predict({"x1": [0.0, 1.0], "x2": [0.0, 0.0]}).shape
    (2,)
    """

    estimator: Any
    formula: str
    constraints: tuple[Constraint, ...]
    response: str
    _spec: Any

    @property
    def results_(self) -> ColliderResult:
        """The result of the fit."""
        result: ColliderResult = self.estimator.results_
        return result

    def design(self, data: Any) -> DataFrame:
        """The columns that the formula makes of a table, without the intercept, with levels and knots of the fit."""
        return _columns_of(self._spec, as_frame(data, "data"), "data")

    def predict(self, data: Any, return_std: bool = False) -> Any:
        """Predictions for the rows of a table.

        Parameters
        ----------
        data : DataFrame or dict
            With the raw columns of the formula; the response is not needed.
        return_std : bool, default False
            Also standard deviations, where the estimator has them.

        Returns
        -------
        Series, or a pair of them
            With the index of the table.
        """
        rows = self.design(data)
        if not return_std:
            return self._series(self.estimator.predict(rows), rows)
        values, deviations = self.estimator.predict(rows, return_std=True)
        return self._series(values, rows), self._series(deviations, rows)

    def project(self, values: Any, data: Any) -> Series:
        """Values of a function at the rows of a table after the projection that the fit uses."""
        rows = self.design(data)
        return self._series(self.estimator.project(np.asarray(values), rows), rows)

    def summary(self, *, digits: int = 4) -> Summary:
        """That of the result."""
        return self.results_.summary(digits=digits)

    def _series(self, values: Any, rows: DataFrame) -> Series:
        import pandas

        return pandas.Series(np.asarray(values), index=rows.index, name=self.response)

    def __str__(self) -> str:
        return str(self.results_)

    def __repr__(self) -> str:
        return f"<FormulaFit: {self.formula}>"

    def _repr_html_(self) -> str:
        return self.results_._repr_html_()


def collider(formula: str, data: Any, unlabeled: Any = None, **options: Any) -> FormulaFit:
    """Collider regression by formula.

    Parameters
    ----------
    formula : str
        ``"Y ~ X1 + X2 + X3 | Y _||_ X2 given X3; Y _||_ X4"``. Before the bar a model in the language of formulaic,
        behind it independences of the response, separated by semicolons. For ``_||_`` a perpendicular sign or
        ``indep`` may stand. They are about raw columns; each stands for all columns of the model that are made of it.
    data : DataFrame or dict
        pandas, polars or anything that narwhals reads; the labelled rows.
    unlabeled : DataFrame or dict, optional
        Further rows, without response; other columns than those of the model are ignored.
    **options
        Of `ColliderRegressor`, all but `independent` and `given`. With `dag` constraints come from the graph, if the
        terms of the model are plain columns; `response` is the left-hand side then.

    Returns
    -------
    FormulaFit
        Its `predict` takes tables with raw columns; `results_` is the result.

    Raises
    ------
    InvalidParameterError
        The formula cannot be read, leaves out the intercept, has on its right-hand side all columns that the response
        is made of, or has a constraint that its terms cannot express; or an option does not exist.
    UnknownColumnError
        A constraint names a column that the data do not have; a KeyError.
    InvalidDataError
        A column is absent or holds a missing value, or new rows have a level that the fit does not know.

    Notes
    -----
    Text and categories become one column for each level, none left out, and there is no column for the intercept: the
    regressions have one of their own. A column of the model belongs to the independent side of a constraint when it
    is made of its columns A, or of A and B; to the conditions when it is made of B only; else to the rest.
    Independence of A carries over to functions of A. Given a function of B it does not, so terms from which B cannot
    be told are refused.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> y, x2 = rng.normal(size=(2, 60))
    >>> data = {"y": y, "x1": y + x2 + rng.normal(size=60), "x2": x2}
    >>> fit = collider("y ~ x1 + x2 | y _||_ x2", data, base="ridge", gain=False, random_state=1)
    >>> str(fit.constraints[0])
    'y _||_ x2'
    """
    from stattools.collider.estimator import ColliderRegressor

    _refuse_options(options, ColliderRegressor._get_param_names())
    parsed = parse(formula)
    table = as_frame(data, "data")
    rows, y, spec = _model_matrix(parsed, table)
    chosen = options | _constraint_options(parsed, spec, rows, table, options)
    other = None if unlabeled is None else _columns_of(spec, as_frame(unlabeled, "unlabeled"), "unlabeled")
    estimator = ColliderRegressor(**chosen).fit(rows, y, X_unlabeled=other)
    estimator.results_ = calls.by_formula(
        estimator.results_, ColliderRegressor, formula, options, unlabeled is not None
    )
    return FormulaFit(estimator, formula, parsed.constraints, str(y.name), spec)


def _refuse_options(options: dict[str, Any], known: list[str]) -> None:
    """Refuse options that have another place or that the estimator does not have."""
    for name in options:
        if name in _CONSTRAINT_OPTIONS:
            raise InvalidParameterError(f"{name} is no option here; constraints stand behind the bar of the formula")
        if name == "X_unlabeled":
            raise InvalidParameterError("X_unlabeled is called unlabeled here; pass unlabeled=...")
        _validation.choice(name, [own for own in known if own not in _CONSTRAINT_OPTIONS], "the option")


# columns of the model ------------------------------------------------------------------------------------------------
def _model_matrix(parsed: ParsedFormula, table: DataFrame) -> tuple[DataFrame, Series, Any]:
    """Columns of the right-hand side, the response, and the specification that makes the columns of other rows."""
    left, right = parse_sides(parsed.model)
    if isinstance(right, tuple) or isinstance(left, tuple):
        raise InvalidParameterError(f"formula has {parsed.model!r}; a model of several parts has no meaning here")
    if "1" not in [str(term) for term in right]:
        raise InvalidParameterError(f"formula has {parsed.model!r}, without an intercept; these regressions have one")
    if len(table) == 0:
        raise InvalidDataError("data has no rows")
    spec = materialize(right, table, ensure_full_rank=False).model_spec
    _refuse_own_response(parsed, left, spec, table)
    rows = _columns_of(spec, table, "data")
    if rows.shape[1] == 0:
        raise InvalidParameterError(f"formula has {parsed.model!r}, with no column on its right-hand side")
    return rows, _response(left, table), spec


def _refuse_own_response(parsed: ParsedFormula, left: Any, spec: Any, table: DataFrame) -> None:
    """Refuse a right-hand side from which the response can be computed."""
    made_of = [str(column) for column in columns_used(left, table.columns)]
    used = set(map(str, spec.required_variables))
    if made_of and set(made_of) <= used:
        term = next(str(term) for term, names in spec.term_variables.items() if made_of[0] in set(map(str, names)))
        plain = made_of == [parsed.response.strip("`")]
        words = "is" if plain else f"is made of {', '.join(made_of)}, all"
        raise InvalidParameterError(
            f"formula has {parsed.model!r}: the response {parsed.response} {words} on the right-hand side too, as in "
            f"{term!r}; leave out what the response can be computed from"
        )


def _columns_of(spec: Any, table: DataFrame, name: str) -> DataFrame:
    """(n, p) finite columns without the intercept."""
    require_complete(table, sorted(map(str, spec.required_variables)), name)
    matrix = materialize(spec, table, name)
    columns = [str(column) for column in matrix.columns]
    matrix = matrix.set_axis(columns, axis=1)[[column for column in columns if column != "Intercept"]]
    require_finite(matrix, table.index, name)
    return matrix.astype(np.float64)


def _response(left: Any, table: DataFrame) -> Series:
    y: Series = one_response(left, table)
    bad = np.flatnonzero(~np.isfinite(y.to_numpy()))
    if bad.size:
        raise InvalidDataError(
            f"the response {y.name!r} is {y.iat[bad[0]]} at {row_words(table.index, int(bad[0]))}; "
            "pass rows without a response as unlabeled=..."
        )
    return y


# constraints on columns of the model ---------------------------------------------------------------------------------
def _constraint_options(
    parsed: ParsedFormula, spec: Any, rows: DataFrame, table: DataFrame, options: dict[str, Any]
) -> dict[str, Any]:
    if options.get("dag") is not None:
        return _graph_options(parsed, spec, rows, options)
    made_of = _made_of(spec, rows)
    sides = [_sides(constraint, made_of, rows, table) for constraint in parsed.constraints]
    return {"independent": [a for a, _ in sides], "given": [b for _, b in sides]} if sides else {}


def _graph_options(parsed: ParsedFormula, spec: Any, rows: DataFrame, options: dict[str, Any]) -> dict[str, Any]:
    if parsed.constraints:
        raise InvalidParameterError("dag is given, and constraints stand in the formula; they come from one of them")
    transformed = [column for column, names in _made_of(spec, rows).items() if names != {column}]
    if transformed:
        raise InvalidParameterError(
            f"the term {transformed[0]!r} is no node of dag; write the constraints behind the bar of the formula, "
            "compile_dag prints "
            "them"
        )
    return {"response": options.get("response") or parsed.response.strip("`")}


def _made_of(spec: Any, rows: DataFrame) -> dict[str, set[str]]:
    """For each column of the model the raw columns it is made of."""
    found: dict[str, set[str]] = {}
    names = [str(name) for name in spec.column_names]
    for term, places in spec.term_indices.items():
        variables = {str(v) for v in spec.term_variables[term] if getattr(v, "source", None) == "data"}
        found |= {names[k]: variables for k in places}
    return {column: found[column] for column in rows.columns}


def _sides(
    constraint: Constraint, made_of: dict[str, set[str]], rows: DataFrame, table: DataFrame
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A and B as columns of the model."""
    independent, given = set(map(str, constraint.independent)), set(map(str, constraint.given))
    used = set().union(*made_of.values())
    for name in (*constraint.independent, *constraint.given):
        if name not in table.columns:
            listed = ", ".join(repr(own) for own in list(table.columns)[:10])
            raise UnknownColumnError(f"the constraint {constraint} names {column_word(name)}; data has {listed}")
        if name not in used:
            raise InvalidParameterError(
                f"the constraint {constraint} names {column_word(name)}, which is not in the model; add it before "
                "the bar"
            )
    first = tuple(c for c, names in made_of.items() if names & independent and names <= independent | given)
    second = tuple(c for c, names in made_of.items() if names and names <= given)
    lost = [name for name in constraint.independent if not any(name in made_of[column] for column in first)]
    if lost:
        raise InvalidParameterError(
            f"the constraint {constraint} cannot be used: {lost[0]!r} enters the model only together with columns "
            "that the constraint "
            "does not name; add it as a term of its own"
        )
    _require_told_apart(constraint, rows[list(second)], table)
    return first, second


def _require_told_apart(constraint: Constraint, rows: DataFrame, table: DataFrame) -> None:
    """Refuse conditions whose columns of the model are equal where their raw columns differ."""
    if not constraint.given:
        return
    raw = [str(name) for name in constraint.given]
    if rows.shape[1]:
        codes = np.column_stack([rows.to_numpy(), *(_codes(table, name) for name in raw)])
        if len(np.unique(codes, axis=0)) == len(np.unique(rows.to_numpy(), axis=0)):
            return
    raise InvalidParameterError(
        f"the constraint {constraint} cannot be used: the model holds {', '.join(raw)} only in a form from which the "
        "raw value cannot be "
        "told, and independence given a column is not independence given a function of it; add the column as a term "
        "of its own"
    )


def _codes(table: DataFrame, name: str) -> FloatArray:
    codes, _ = table[name].factorize()
    return np.asarray(codes, dtype=np.float64)
