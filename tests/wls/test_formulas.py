import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.formula.api as smf

from stattools.exceptions import InvalidDataError, InvalidParameterError
from stattools.results import Result
from stattools.wls import PolynomialSpace, WeightedLeastSquares, optimal_design, pool_design, wls
from stattools.wls.formulas import model_matrix, rebuild, rhs_matrix

FORMULA = "y ~ poly(x1, 2) + C(g)"


def table(n=80, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"x1": rng.normal(size=n), "x2": rng.uniform(1, 2, size=n), "g": rng.choice(list("abc"), n)},
        index=[f"row{k}" for k in range(n)],
    )
    frame["y"] = 1 + frame.x1**2 + (frame.g == "b") + 0.1 * rng.normal(size=n)
    frame["precision"] = rng.uniform(0.5, 2.0, n)
    return frame


# property ------------------------------------------------------------------------------------------------------------
def test_labels_are_needed_where_the_design_has_rows_only():
    data = table()
    design = pool_design("~ poly(x1, 2) + C(g)", 25, data=data, rng=1)
    sparse = data.copy()
    sparse.loc[~np.isin(np.arange(80), design.indices), "y"] = np.nan
    whole, labelled = wls(FORMULA, data, design=design), wls(FORMULA, sparse, design=design)
    pd.testing.assert_series_equal(whole.params, labelled.params)
    assert labelled.resid.index.tolist() == data.index[design.indices].tolist()
    X, _ = rhs_matrix(FORMULA, data)
    arrays = WeightedLeastSquares().fit(X[design.indices], data.y.to_numpy()[design.indices], design=design)
    np.testing.assert_array_equal(arrays.coef_, labelled.params)


def test_rows_of_the_design_suffice_where_terms_look_at_one_row():
    data = table()
    design = pool_design("~ x1 + x2", 20, data=data, rng=1)
    pd.testing.assert_series_equal(
        wls("y ~ x1 + x2", data.iloc[design.indices], design=design).params,
        wls("y ~ x1 + x2", data, design=design).params,
    )


def test_polars_and_dicts_are_read():
    data = table()
    design = pool_design("~ poly(x1, 2) + C(g)", 25, data=data, rng=1)
    expected = wls(FORMULA, data, design=design).params
    columns = {name: data[name].tolist() for name in data}
    for form in (pl.DataFrame(columns), columns, pl.DataFrame(columns).to_arrow()):
        pd.testing.assert_series_equal(wls(FORMULA, form, design=design).params, expected)


def test_weights_may_be_a_column():
    data = table()
    named = wls("y ~ x1", data, var_weights="precision")
    given = wls("y ~ x1", data, None, data.precision.to_numpy())
    assert named == Result.from_json(named.to_json())
    pd.testing.assert_series_equal(named.bse, given.bse)
    assert named.provenance.call == "wls('y ~ x1', data, var_weights='precision')"
    important = wls("y ~ x1", data, sample_weight="precision", cov_type="HC3")
    assert (important.weights_kind, important.cov_type) == ("sample_weight", "HC3")


def test_weights_of_the_pool_are_taken_at_the_rows_of_the_design():
    data = table()
    design = pool_design("~ x1", 20, data=data, rng=1)
    by_name = wls("y ~ x1", data, design, "precision", estimand="model")
    by_row = wls("y ~ x1", data, design, data.precision.to_numpy()[design.indices], estimand="model")
    pd.testing.assert_series_equal(by_name.params, by_row.params)


def test_new_rows_get_the_columns_of_the_fit():
    data = table()
    result = wls(FORMULA, data)
    new = data.iloc[[4, 2]]
    frame = result.get_prediction(new).summary_frame()
    np.testing.assert_allclose(frame["mean"], result.fittedvalues.iloc[[4, 2]], rtol=1e-12)
    assert frame.index.tolist() == ["row4", "row2"]
    fitted = model_matrix(FORMULA, data)
    np.testing.assert_allclose(rebuild(fitted.spec, new)[0], fitted.X[[4, 2]], atol=1e-12)


def test_a_result_from_storage_takes_columns():
    data = table()
    result = wls("y ~ x1", data)
    again = Result.from_json(result.to_json())
    columns = np.column_stack([np.ones(2), [0.0, 1.0]])
    expected = result.predict({"x1": [0.0, 1.0]})
    named = pd.DataFrame(columns, columns=["Intercept", "x1"])
    for form in (named, named[["x1", "Intercept"]], named.to_dict("list"), pl.DataFrame(named.to_dict("list"))):
        np.testing.assert_allclose(again.predict(form), expected, rtol=1e-14)
        np.testing.assert_allclose(again.get_prediction(form).predicted_mean, expected, rtol=1e-14)
    more = named.assign(other=1.0)
    for new in (data, {"x1": [0.0]}, pl.DataFrame({"x1": [0.0]}), columns, columns.tolist(), more):
        with pytest.raises(InvalidDataError, match=r"read from storage, where the knots.*\(Intercept, x1\) and no"):
            again.get_prediction(new)
    with pytest.raises(InvalidDataError, match="a formula needs a table with named columns"):
        result.predict(columns)


def test_raw_columns_are_never_taken_for_those_of_a_formula():
    data = table()
    again = Result.from_json(wls("y ~ np.exp(x1) + x2 - 1", data).to_json())
    with pytest.raises(InvalidDataError, match="read from storage"):
        again.predict(data[["x1", "x2"]])
    with pytest.raises(InvalidDataError, match="read from storage"):
        again.predict(data[["x1", "x2"]].to_numpy())


# reference -----------------------------------------------------------------------------------------------------------
def test_statsmodels_has_the_same_fit():
    data = table()
    ours = wls("y ~ x1 * x2 + C(g)", data, var_weights="precision", cov_type="HC2")
    theirs = smf.wls("y ~ x1 * x2 + C(g)", data, weights=data.precision).fit(cov_type="HC2", use_t=True)
    np.testing.assert_allclose(np.sort(ours.params), np.sort(theirs.params), rtol=1e-10)
    np.testing.assert_allclose(np.sort(ours.bse), np.sort(theirs.bse), rtol=1e-10)
    np.testing.assert_allclose(ours.rsquared, theirs.rsquared, rtol=1e-10)


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("y ~ x1 +", "which cannot be read"),
        ("y ~ x1 | x2", r"parts separated by \| have no meaning"),
        ("y + x2 ~ x1", "the left-hand side of the formula gives the columns y, x2"),
        ("~ x1", "a fit needs a left-hand side"),
        ("y ~ 0", "no term on its right-hand side"),
        (3, "formula is 3; it takes text"),
    ],
)
def test_formulas_that_say_nothing_are_refused(formula, message):
    with pytest.raises(InvalidParameterError, match=message):
        wls(formula, table())


def test_text_is_no_weight():
    data = table().assign(word="heavy")
    with pytest.raises(InvalidDataError, match="column 'word', for var_weights, holds text, such as 'heavy'"):
        wls("y ~ x1", data, var_weights="word")


def test_text_is_no_response():
    with pytest.raises(InvalidDataError, match="the response 'g' holds text or categories; it must hold numbers"):
        wls("g ~ x1", table())


@pytest.mark.parametrize("formula", ["y ~ C(g)", "y ~ g", "y ~ x1 * C(g, contr.sum)"])
@pytest.mark.parametrize("kind", ["object", "category", "str"])
def test_a_level_that_the_fit_never_saw_is_refused(formula, kind):
    data = table().astype({"g": kind})
    result = wls(formula, data)
    new = pd.DataFrame({"x1": [0.0, 0.1, 0.2], "g": ["a", "Z", "c"]}).astype({"g": kind})
    for method in (result.get_prediction, result.predict):
        with pytest.raises(InvalidDataError, match="data has 'Z' in column 'g' at row 1; the fit knows 'a', 'b', 'c'"):
            method(new)
    np.testing.assert_allclose(result.predict(new[new.g != "Z"]), result.predict(new.iloc[[0, 2]]), rtol=1e-12)


def test_levels_that_are_computed_or_listed_are_refused_too():
    result = wls("y ~ C(x2.round(1))", table())
    with pytest.raises(InvalidDataError, match="a categorical term has levels outside of those of the fit.*{.*9.0"):
        result.predict({"x2": [9.0]})
    with pytest.raises(InvalidDataError, match="outside of those of the fit or of the formula: {'c'}"):
        wls("y ~ C(g, levels=['a', 'b'])", table())


def test_a_half_labelled_pool_needs_its_design():
    data = table()
    data.iloc[3:, data.columns.get_loc("y")] = np.nan
    with pytest.raises(InvalidDataError, match="needs one. Pass design=..., or the labelled rows only"):
        wls("y ~ x1", data)


def test_weights_with_other_row_labels_are_refused():
    data = table()
    design = pool_design("~ x1", 20, data=data, rng=1)
    weights = data.precision
    for name in ("var_weights", "sample_weight"):
        with pytest.raises(InvalidDataError, match=f"{name} and data have the same row labels in another order"):
            wls("y ~ x1", data, **{name: weights[::-1]})
        with pytest.raises(InvalidDataError, match="have different row labels: at row 0, 0 and 'row0'"):
            wls("y ~ x1", data, **{name: weights.reset_index(drop=True)})
    chosen = weights.iloc[design.indices]
    pd.testing.assert_series_equal(
        wls("y ~ x1", data, design, chosen, estimand="model").params,
        wls("y ~ x1", data, design, weights, estimand="model").params,
    )
    with pytest.raises(InvalidDataError, match=r"var_weights and data.iloc\[design.indices\] have the same row labels"):
        wls("y ~ x1", data, design, chosen[::-1], estimand="model")


def test_columns_that_are_absent_are_named():
    with pytest.raises(InvalidDataError, match="`nosuch`.*data has the columns 'x1', 'x2', 'g'"):
        wls("y ~ nosuch", table())
    with pytest.raises(InvalidDataError, match="data has no column 'nosuch'"):
        wls("y ~ x1", table(), var_weights="nosuch")


@pytest.mark.parametrize("formula", ["y ~ x1", "y ~ poly(x1, 2)", "y ~ x2 + np.exp(x1)"])
def test_missing_values_are_named_by_column_and_row(formula):
    data = table()
    data.iloc[5, 0] = np.nan
    with pytest.raises(InvalidDataError, match=r"missing value in column 'x1' at row 5 \(index 'row5'\)"):
        wls(formula, data)


def test_missing_levels_and_labels_are_named():
    data = table()
    data.iloc[7, data.columns.get_loc("g")] = None
    with pytest.raises(InvalidDataError, match=r"missing value in column 'g' at row 7"):
        wls("y ~ C(g)", data)
    data = table()
    data.iloc[3, data.columns.get_loc("y")] = np.nan
    with pytest.raises(InvalidDataError, match=r"the response 'y' is nan at row 3 \(index 'row3'\)"):
        wls("y ~ x1", data)


def test_terms_that_are_not_finite_are_named():
    data = table().assign(x2=0.0)
    with pytest.raises(InvalidDataError, match=r"the term 'log\(x2\)' is -inf at row 0"):
        wls("y ~ log(x2)", data)


def test_data_that_are_no_table_are_refused():
    with pytest.raises(InvalidDataError, match="data is list; a formula needs a table"):
        wls("y ~ x1", [1.0, 2.0])
    with pytest.raises(InvalidDataError, match="data has no rows"):
        wls("y ~ x1", table().iloc[:0])


def test_designs_for_something_else_are_refused():
    data = table()
    design = pool_design("~ poly(x1, 2) + C(g)", 25, data=data, rng=1)
    with pytest.raises(InvalidDataError, match="pass the whole pool as data"):
        wls(FORMULA, data.iloc[design.indices], design=design)
    with pytest.raises(InvalidDataError, match="data has 50 rows; the design was drawn from a pool of 80"):
        wls(FORMULA, data.iloc[:50], design=design)
    with pytest.raises(InvalidDataError, match="X has 2 columns; the design was drawn for a pool of 5"):
        wls("y ~ x1", data, design=design)
    with pytest.raises(InvalidDataError, match="data are another pool"):
        wls(FORMULA, table(seed=1), design=design)
    on_space = optimal_design(PolynomialSpace("legendre", degree=2), 9, rng=1)
    with pytest.raises(InvalidParameterError, match="a formula describes columns of a table"):
        wls("y ~ x1", data, design=on_space)
