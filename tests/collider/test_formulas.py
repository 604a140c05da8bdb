"""Collider regression by formula: how formulas are read, and to which columns of the model constraints lead."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from stattools.collider import ColliderRegressor, Constraint, collider
from stattools.collider.formula_text import parse
from stattools.collider.formulas import _constraint_options, _model_matrix
from stattools.exceptions import InvalidDataError, InvalidParameterError

QUICK = {"base": "ridge", "projector": "linear", "gain": False, "test": None, "random_state": 1}


def table(n=60, seed=1):
    rng = np.random.default_rng(seed)
    X3 = rng.normal(size=n)
    Y, X2 = X3 + rng.normal(size=n), X3 + rng.normal(size=n)
    g = np.array(["north", "south", "west"])[rng.integers(0, 3, n)]
    X1 = Y + X2 + 0.5 * (g == "west") + rng.normal(size=n)
    return pd.DataFrame({"Y": Y, "X1": X1, "X2": X2, "X3": X3, "g": g, "birth weight": rng.normal(size=n)})


def sides(formula, data=None):
    """The options that a formula leads to, and the columns of the model."""
    data = table() if data is None else data
    parsed = parse(formula)
    rows, _, spec = _model_matrix(parsed, data)
    return _constraint_options(parsed, spec, rows, data, {}), list(rows.columns)


# naive ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Y _||_ X2", [Constraint("X2")]),
        ("Y _||_ X2 given X3", [Constraint("X2", "X3")]),
        ("Y_||_X2|X3", [Constraint("X2", "X3")]),
        ("Y \u27c2 X2 given X3", [Constraint("X2", "X3")]),
        ("Y \u22a5 X2", [Constraint("X2")]),
        ("Y \u2aeb X2", [Constraint("X2")]),
        ("Y indep X2, X4 given X3 + X5", [Constraint(("X2", "X4"), ("X3", "X5"))]),
        ("X2 _||_ Y given X3", [Constraint("X2", "X3")]),
        ("Y _||_ X2 given X3; Y _||_ X4;", [Constraint("X2", "X3"), Constraint("X4")]),
        ("Y _||_ `birth weight` given `given`", [Constraint("birth weight", "given")]),
        ("Y _||_ X_1_", [Constraint("X_1_")]),
    ],
)
def test_constraints_are_read(text, expected):
    assert list(parse(f"Y ~ X1 + X2 | {text}").constraints) == expected


@pytest.mark.parametrize(
    ("formula", "model", "response"),
    [
        ("Y ~ X1", "Y ~ X1", "Y"),
        ("log(Y) ~ X1 + X2 | Y _||_ X2", "log(Y) ~ X1 + X2", "log(Y)"),
        ("log(Y) ~ X1 + X2 | log(Y) _||_ X2", None, "log(Y)"),
        ("`birth weight` ~ X1 + X2 | `birth weight` _||_ X2", "`birth weight` ~ X1 + X2", "`birth weight`"),
        ("Y ~ I(X1 | X2) + `a | b` | Y _||_ X2", "Y ~ I(X1 | X2) + `a | b`", "Y"),
    ],
)
def test_the_model_stands_before_the_bar(formula, model, response):
    if model is None:  # a call is no name of a column
        with pytest.raises(InvalidParameterError, match="where the name of a column should stand"):
            parse(formula)
        return
    parsed = parse(formula)
    assert (parsed.model, parsed.response) == (model, response)
    assert all(constraint.response in response for constraint in parsed.constraints)


@pytest.mark.parametrize(
    ("formula", "independent", "given"),
    [
        ("Y ~ X1 + X2 + X3 | Y _||_ X2 given X3", [("X2",)], [("X3",)]),
        ("Y ~ X1 + X2 + X3", None, None),
        ("Y ~ X1 + X2 + g | Y _||_ g", [("g[north]", "g[south]", "g[west]")], [()]),
        ("Y ~ X1 + X2 + C(g) | Y _||_ X2 given g", [("X2",)], [("C(g)[north]", "C(g)[south]", "C(g)[west]")]),
        ("Y ~ X1 + poly(X2, 2) | Y _||_ X2", [("poly(X2, 2)[1]", "poly(X2, 2)[2]")], [()]),
        # the product with X1 is a column of the rest, that with X3 one of the independent side
        ("Y ~ X1*X2 + X3*X2 | Y _||_ X2 given X3", [("X2", "X3:X2")], [("X3",)]),
        ("Y ~ X1 + X2 + X3 + X2:X3 | Y _||_ X2, X3", [("X2", "X3", "X2:X3")], [()]),
        ("Y ~ X1 + np.exp(X3) + X2 | Y _||_ X2 given X3", [("X2",)], [("np.exp(X3)",)]),
        ("Y ~ X1 + X2 + X3 | Y _||_ X2 given X3; Y _||_ X3", [("X2",), ("X3",)], [("X3",), ()]),
        ("Y ~ X1 + `birth weight` | Y _||_ `birth weight`", [("birth weight",)], [()]),
    ],
)
def test_constraints_lead_to_columns_of_the_model(formula, independent, given):
    options, columns = sides(formula)
    assert options == ({} if independent is None else {"independent": independent, "given": given})
    assert "Intercept" not in columns


# property ------------------------------------------------------------------------------------------------------------
def test_a_formula_is_the_estimator_on_its_columns():
    data, other = table(), table(200, 2)
    fit = collider("Y ~ X1 + X2 + X3 | Y _||_ X2 given X3", data, other, **QUICK)
    columns = ["X1", "X2", "X3"]
    direct = ColliderRegressor(independent=["X2"], given=["X3"], **QUICK)
    direct.fit(data[columns], data["Y"], X_unlabeled=other[columns])
    np.testing.assert_array_equal(fit.predict(other), direct.predict(other[columns]))
    np.testing.assert_array_equal(fit.project(other["X2"], other), direct.project(other["X2"], other[columns]))
    assert fit.constraints == (Constraint("X2", "X3"),) and fit.results_ is fit.estimator.results_
    assert str(fit) == str(fit.results_) and fit.summary(digits=3).as_text() == fit.results_.summary(digits=3).as_text()
    assert repr(fit) == "<FormulaFit: Y ~ X1 + X2 + X3 | Y _||_ X2 given X3>"


def test_without_a_constraint_it_is_the_base():
    data = table()
    fit = collider("Y ~ X1 + X2", data, **QUICK)
    base = ColliderRegressor(**QUICK).fit(data[["X1", "X2"]], data["Y"])
    np.testing.assert_array_equal(fit.predict(data), base.predict(data[["X1", "X2"]]))


def test_predictions_keep_the_index_and_need_no_response():
    data = table().set_index(np.arange(60) + 100)
    fit = collider("Y ~ X1 + poly(X2, 2) + C(g) | Y _||_ X2", data, **QUICK)
    rows = data.drop(columns="Y").iloc[[5, 3]]
    values = fit.predict(rows)
    assert values.index.tolist() == [105, 103] and values.name == "Y"
    # columns of two rows are built as those of sixty: rounding only
    np.testing.assert_allclose(values, fit.predict(data).iloc[[5, 3]], rtol=1e-12)


def test_several_constraints_reach_the_estimator():
    fit = collider("Y ~ X1 + X2 + `birth weight` | Y _||_ X2; Y _||_ `birth weight`", table(), **QUICK)
    assert fit.estimator.independent == [("X2",), ("birth weight",)] and fit.estimator.given == [(), ()]


@pytest.mark.parametrize("convert", [lambda d: d.to_dict("list"), pl.from_pandas], ids=["dict", "polars"])
def test_tables_of_other_kinds(convert):
    data, other, formula = table(), table(80, 2), "Y ~ X1 + X2 + g | Y _||_ X2"
    expected = collider(formula, data, other, **QUICK).predict(data)
    found = collider(formula, convert(data), convert(other), **QUICK).predict(convert(data))
    np.testing.assert_array_equal(found, expected)


def test_constraints_may_come_from_a_graph():
    graph = "Y -> X1 <- X2; X3 -> Y; X3 -> X2"
    fit = collider("Y ~ X1 + X2 + X3", table(), dag=graph, **QUICK)
    assert fit.estimator.constraints_ == (Constraint("X2", "X3"),)


def test_a_change_may_be_regressed_on_what_it_starts_from():
    data = table()
    fit = collider("I(Y - X1) ~ X1 + X2", data, **QUICK)
    direct = ColliderRegressor(**QUICK).fit(data[["X1", "X2"]], data["Y"] - data["X1"])
    np.testing.assert_array_equal(fit.predict(data), direct.predict(data[["X1", "X2"]]))


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("formula", "message"),
    [
        (3, "formula is 3; it takes text"),
        ("X1 + X2", "needs a left-hand side"),
        ("~ X1", "needs a left-hand side"),
        ("Y ~ X1 + X2 |", "behind the bar there is no constraint"),
        ("Y ~ X1 + X2; Y _||_ X2", "put a bar between the model and its constraints"),
        ("Y ~ X1 + X2 | X2", "with 0 signs of independence"),
        ("Y ~ X1 + X2 | Y _||_ X2 _||_ X3", "with 2 signs of independence"),
        ("Y ~ X1 + X2 | Y _||_ X2 given X3 given X4", "'given' twice"),
        ("Y ~ X1 + X2 | X1 _||_ X2", "not about the response 'Y'"),
        ("Y ~ X1 + X2 | Y, X1 _||_ X2", "not about the response 'Y'"),
        ("Y ~ X1 + X2 | Y _||_ X2 X3", "with 'X2 X3' where the name of a column should stand"),
        ("Y ~ X1 + X2 | Y _||_ log(X2)", "name raw columns, not terms"),
        ("Y ~ X1 + X2 | Y _||_ ", "with '' where the name of a column should stand"),
        ("Y ~ X1 + X2 | Y _||_ X2 given", "with '' where the name of a column should stand"),
        ("Y ~ X1 + X2 | Y _||_ X2, X2", "names column 'X2' twice"),
        ("Y ~ X1 + X2 | Y _||_ X2 given X2", "is independent and given at once"),
        ("Y ~ X1 + + | Y _||_ X2", "which cannot be read"),
        ("Y ~ X1 + X2 - 1 | Y _||_ X2", "without an intercept"),
        ("Y ~ X1 + X3 | Y _||_ X2", "column 'X2', which is not in the model; add it before the bar"),
        ("Y ~ X1 + X1:X2 | Y _||_ X2", "'X2' enters the model only together with columns"),
        ("Y ~ X1 + X2 + I(X3**2 > 1) | Y _||_ X2 given X3", "from which the raw value cannot be told"),
        ("Y ~ X1 + X2 + X1:X3 | Y _||_ X2 given X3", "from which the raw value cannot be told"),
        ("Y ~ X1 + X2 | Y _||_ X1, X2", "uses all 2 columns"),
        ("Y ~ 1", "no column on its right-hand side"),
        ("Y ~ X1 + Y + X2 | Y _||_ X2", "the response Y is on the right-hand side too, as in 'Y'; leave out"),
        ("Y ~ X1 + np.exp(Y) + X2 | Y _||_ X2", "the response Y is on the right-hand side too, as in 'np.exp"),
        ("Y ~ X1 + X2 + X1:Y", "the response Y is on the right-hand side too, as in 'X1:Y'"),
        ("np.sinh(Y) ~ X1 + X2 + Y", "the response np.sinh\\(Y\\) is made of Y, all on the right-hand side too"),
        ("I(Y - X1) ~ X1 + Y", "is made of Y, X1, all on the right-hand side too"),
    ],
)
def test_formulas_that_cannot_be_used(formula, message):
    with pytest.raises(InvalidParameterError, match=message):
        collider(formula, table(), **QUICK)


def test_a_response_of_categories():
    with pytest.raises(InvalidDataError, match="the response 'g' holds text or categories; it must hold numbers"):
        collider("g ~ X1 + X2 | g _||_ X2", table(), **QUICK)


def test_columns_that_are_not_there():
    with pytest.raises(KeyError, match="names column 'X9'; data has 'Y', 'X1'"):
        collider("Y ~ X1 + X2 | Y _||_ X9", table(), **QUICK)
    with pytest.raises(InvalidDataError, match="X9"):
        collider("Y ~ X1 + X9", table(), **QUICK)
    with pytest.raises(InvalidDataError, match="unlabeled has no column 'X2', which the formula uses"):
        collider("Y ~ X1 + X2 | Y _||_ X2", table(), table()[["X1"]], **QUICK)


def test_rows_that_cannot_be_used():
    data = table()
    formula = "Y ~ X1 + X2 + g | Y _||_ X2"
    holed = data.copy()
    holed.loc[3, "X2"] = np.nan
    with pytest.raises(InvalidDataError, match="data has a missing value in column 'X2' at row 3"):
        collider(formula, holed, **QUICK)
    with pytest.raises(InvalidDataError, match="unlabeled has a missing value in column 'X2' at row 3"):
        collider(formula, data, holed, **QUICK)
    unlabelled = data.assign(Y=data["Y"].where(data.index != 4))
    with pytest.raises(InvalidDataError, match="response 'Y' is nan at row 4; pass rows without a response"):
        collider(formula, unlabelled, **QUICK)
    with pytest.raises(InvalidDataError, match="the term 'np.log\\(X2\\)' is nan at row"):
        collider("Y ~ X1 + np.log(X2) | Y _||_ X2", data, **QUICK)
    strange = data.assign(g=data["g"].where(data.index != 2, "east"))
    with pytest.raises(InvalidDataError, match="unlabeled has 'east' in column 'g' at row 2; the fit knows 'north'"):
        collider(formula, data, strange, **QUICK)
    with pytest.raises(InvalidDataError, match="data has no rows"):
        collider(formula, data.iloc[:0], **QUICK)
    with pytest.raises(InvalidDataError, match="data is list; a formula needs a table"):
        collider(formula, [[1.0, 2.0]], **QUICK)
    with pytest.raises(InvalidDataError, match="data is no table"):
        collider(formula, {"Y": [1.0, 2.0], "X1": [1.0]}, **QUICK)


def test_options_that_do_not_go_together():
    with pytest.raises(InvalidParameterError, match="independent is no option here"):
        collider("Y ~ X1 + X2 | Y _||_ X2", table(), independent=["X2"])
    with pytest.raises(InvalidParameterError, match="X_unlabeled is called unlabeled here; pass unlabeled="):
        collider("Y ~ X1 + X2 | Y _||_ X2", table(), X_unlabeled=table())
    with pytest.raises(InvalidParameterError, match="the option is 'metod'; .* did you mean 'method'?"):
        collider("Y ~ X1 + X2 | Y _||_ X2", table(), metod="plugin")
    with pytest.raises(InvalidParameterError, match="dag is given, and constraints stand in the formula"):
        collider("Y ~ X1 + X2 | Y _||_ X2", table(), dag="Y -> X1 <- X2", **QUICK)
    with pytest.raises(InvalidParameterError, match="the term 'np.exp\\(X2\\)' is no node of dag"):
        collider("Y ~ X1 + np.exp(X2)", table(), dag="Y -> X1 <- X2", **QUICK)
