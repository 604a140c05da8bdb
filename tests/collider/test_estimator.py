import copy
import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression

from stattools._errors import Notes
from stattools.collider import ColliderRegressor, ProjectedRegressor, compile_dag
from stattools.collider.inputs import warn_of_repeats
from stattools.exceptions import (
    AssumptionWarning,
    CausalAssumptionWarning,
    ContradictedConstraintError,
    DegenerateDataWarning,
    InsufficientUnlabeledWarning,
    InvalidDataError,
    InvalidParameterError,
    NoUsableConstraintError,
)
from stattools.results import Result
from stattools.simulate.collider import gaussian_collider, violated_collider

FAST = {"test": None, "gain": False, "random_state": 1}


def data(n=40, m=60, seed=1, **options):
    return gaussian_collider(n, m, 500, spouses=(0.8, 0.8), rng=seed, **options)


def ridge(independent=(1, 2), **options):
    return ColliderRegressor(independent, base="ridge", **{**FAST, **options})


def table(X, names=("X1", "X2", "X3")):
    return pd.DataFrame(X, columns=list(names))


# property ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("base", ["krr", "ridge", "spline", "forest", LinearRegression()])
def test_without_a_constraint_predictions_are_those_of_the_base(base):
    d = data()
    free = ColliderRegressor(base=base, **FAST).fit(d.X, d.y, d.X_unlabeled)
    none = ColliderRegressor([1], base=base, method="none", **FAST).fit(d.X, d.y)
    infinite = ColliderRegressor([1], base=base, penalty=np.inf, projector="linear", **FAST).fit(d.X, d.y)
    np.testing.assert_array_equal(none.predict(d.X_test), free.predict(d.X_test))
    np.testing.assert_array_equal(infinite.predict(d.X_test), free.predict(d.X_test))
    assert free.results_.projection is None and free.results_.gain is None


def test_a_wrapped_regressor_is_itself_without_a_constraint():
    d = data()
    forest = RandomForestRegressor(n_estimators=20, random_state=1)
    wrapped = ProjectedRegressor(forest, **FAST).fit(d.X, d.y)
    np.testing.assert_array_equal(wrapped.predict(d.X_test), clone(forest).fit(d.X, d.y).predict(d.X_test))
    np.testing.assert_array_equal(wrapped.estimator_.predict(d.X_test), wrapped.predict(d.X_test))


@pytest.mark.parametrize("projector", ["auto", "linear", "spline", "kernel", "rff", "forest"])
@pytest.mark.parametrize("method", ["augmented", "plugin", "auto"])
def test_the_same_seed_gives_the_same_bits(method, projector):
    d = data()
    one, two = (ridge(method=method, projector=projector).fit(d.X, d.y, d.X_unlabeled) for _ in range(2))
    np.testing.assert_array_equal(one.predict(d.X_test), two.predict(d.X_test))
    assert one.results_ == two.results_


def test_estimated_projections_leave_nothing_of_the_independent_columns():
    """With 20,000 rows the part that the constraint forbids is below 0.2 % of the variance of the fit."""
    d = data(200, 20_000, seed=2)
    model = ridge(projector="linear").fit(d.X, d.y, d.X_unlabeled)
    fresh = data(10, 100_000, seed=3).X_unlabeled
    values = model.predict(fresh)
    design = np.column_stack([np.ones(len(fresh)), fresh[:, 1:]])
    forbidden = design @ np.linalg.lstsq(design, values, rcond=None)[0]
    assert np.var(forbidden) < 2e-3 * np.var(values)


def test_functions_are_projected_by_their_values():
    d = data(40, 2000)
    model = ridge(projector="linear", penalty=0.0).fit(d.X, d.y)
    w = np.array([1.0, 2.0, -1.0])
    values = d.X_unlabeled @ w
    projected = model.project(values, d.X_unlabeled)
    assert projected.mean() == pytest.approx(values.mean(), abs=1e-12)
    coefficients = np.linalg.lstsq(np.column_stack([np.ones(2000), d.X_unlabeled]), projected, rcond=None)[0][1:]
    # (w1, w2) becomes (w1, -w1 b) with the b of these rows, which has standard error 1.4 / root 2000
    np.testing.assert_allclose(coefficients, [1.0, -0.8, -0.8], atol=0.13)
    both = model.project(np.column_stack([values, 2 * values]), d.X_unlabeled)
    np.testing.assert_allclose(both, np.column_stack([projected, 2 * projected]), atol=1e-10)  # rounding
    np.testing.assert_array_equal(ridge(()).fit(d.X, d.y).project(values, d.X_unlabeled), values)


def test_predictions_do_not_depend_on_how_the_data_are_stored():
    d = data()
    X, y = d.X.astype(np.float32), d.y.astype(np.float32)
    plain = ridge().fit(X.astype(np.float64), y.astype(np.float64), d.X_unlabeled).predict(d.X_test)
    for form in (X, np.asfortranarray(X), X.tolist()):
        np.testing.assert_array_equal(ridge().fit(form, y, d.X_unlabeled).predict(d.X_test), plain)
    polars = pl.DataFrame(X, schema=["X1", "X2", "X3"])
    for frame in (table(X), polars, polars.to_arrow()):
        model = ridge(["X2", "X3"]).fit(frame, y, table(d.X_unlabeled))
        np.testing.assert_array_equal(model.predict(table(d.X_test)), plain)


def test_unlabelled_columns_are_matched_by_name():
    d = data()
    frame, other = table(d.X), table(d.X_unlabeled)
    straight = ridge(["X2", "X3"]).fit(frame, d.y, other).predict(table(d.X_test))
    turned = ridge(["X2", "X3"]).fit(frame, d.y, other[["X3", "X1", "X2"]]).predict(table(d.X_test))
    np.testing.assert_array_equal(straight, turned)
    by_position = ridge(["X2", "X3"]).fit(frame, d.y, d.X_unlabeled)
    np.testing.assert_array_equal(by_position.predict(table(d.X_test)), straight)
    assert any("no column names" in note for note in by_position.results_.notes)


@pytest.mark.parametrize("empty", [None, np.empty((0, 3)), [], pd.DataFrame({"a": [], "b": [], "c": []})])
def test_unlabelled_rows_may_be_absent(empty):
    d = data()
    model = ridge().fit(d.X, d.y, empty)
    np.testing.assert_array_equal(model.predict(d.X_test), ridge().fit(d.X, d.y).predict(d.X_test))


def test_several_responses():
    d = data()
    both = np.column_stack([d.y, 1.0 - d.y])
    model = ColliderRegressor([1, 2], base="ridge", random_state=1, n_resamples=99).fit(d.X, both, d.X_unlabeled)
    values = model.predict(d.X_test)
    assert values.shape == (500, 2)
    np.testing.assert_allclose(values.sum(axis=1), 1.0, atol=1e-8)  # one penalty path for each, equal up to rounding
    assert model.results_.fitted.shape == (40, 2)
    assert np.isfinite(model.results_.gain.estimate)


def test_several_constraints_at_once():
    d = data(200, 400)
    apart = ridge([(1,), (2,)], projector="linear", penalty=0.0).fit(d.X, d.y, d.X_unlabeled)
    together = ridge([1, 2], projector="linear", penalty=0.0).fit(d.X, d.y, d.X_unlabeled)
    np.testing.assert_allclose(apart.predict(d.X_test), together.predict(d.X_test), atol=1e-6)  # sweeps end at 1e-8
    assert len(apart.results_.constraints) == 2 and apart.results_.projection.sweeps > 1


def test_copies_pickles_and_parameters():
    d = data()
    model = ColliderRegressor([1, 2], base="ridge", random_state=1, n_resamples=99).fit(d.X, d.y, d.X_unlabeled)
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        np.testing.assert_array_equal(other.predict(d.X_test), model.predict(d.X_test))
        assert other.results_ == model.results_
    assert clone(model).get_params() == model.get_params()
    assert clone(model).set_params(method="plugin").method == "plugin"
    stored = Result.from_json(model.results_.to_json())
    assert stored == model.results_


def test_rows_twice_are_fitted():
    d = data()
    X, y = np.vstack([d.X, d.X]), np.r_[d.y, d.y]
    assert np.isfinite(ColliderRegressor([1, 2], **FAST).fit(X, y, X).predict(d.X_test)).all()


def test_whole_numbers_in_few_cells_are_projected_by_their_means():
    rng = np.random.default_rng(1)
    y, a = rng.normal(size=300), rng.integers(0, 3, 300)
    X = np.column_stack([y + (a == 1) + rng.normal(size=300), a])
    model = ridge([1]).fit(X[:60], y[:60], X[60:])
    assert model.results_.projection.projector == "cells"


# results -------------------------------------------------------------------------------------------------------------
def test_everything_is_measured():
    d = data(60, 200)
    model = ColliderRegressor([1, 2], base="ridge", random_state=1, n_resamples=99).fit(d.X, d.y, d.X_unlabeled)
    r = model.results_
    assert r.gain.low < r.gain.estimate < r.gain.high and 0 < r.gain.pvalue <= 1
    assert r.gain.n_train == 48
    assert r.predicted.linear == pytest.approx(d.bayes_risk * 2 / 56, rel=0.6)  # 60 rows estimate the risk
    assert r.break_even.ratio == pytest.approx(260 * (1 - r.break_even.r_squared) / (60 * r.break_even.r_squared))
    assert r.sensitivity.threshold > 0
    assert r.degrees_of_freedom.base == pytest.approx(4.0, abs=0.5)  # three columns and the intercept, little penalty
    (check,) = r.checks
    assert check.verdict == "not contradicted" and check.used
    assert check.violation_low <= check.violation <= check.violation_high
    assert check.detectable > 0
    assert r.shift.pvalue > 0.01
    assert r.projection.before.shape == (260, 1) and r.projection.columns == ("x1", "x2")
    assert any("weak evidence" in note for note in r.notes)
    assert any("approximate" in note for note in r.notes)


def test_a_gain_that_is_not_asked_for_is_not_measured():
    d = data()
    assert ridge().fit(d.X, d.y).results_.gain is None
    few = ColliderRegressor([1], base="ridge", test=None, random_state=1).fit(d.X[:8], d.y[:8])
    assert few.results_.gain is None and any("not computed for n = 8" in note for note in few.results_.notes)
    with pytest.raises(InvalidDataError, match="at least 10 labelled rows"):
        ridge(gain=True, penalty=0.0, projector="linear").fit(d.X[:8], d.y[:8])


def test_a_gate_closes_when_nothing_is_gained():
    """Rows that break the independence: the projection does harm, and the gate leaves the base."""
    d = violated_collider(200, 400, 500, kind="linear", strength=1.5, rng=1)
    free = ColliderRegressor(base="ridge", **FAST).fit(d.X, d.y)
    options = {"base": "ridge", "test": None, "random_state": 1, "method": "plugin"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsufficientUnlabeledWarning)
        gated = ColliderRegressor(d.independent, gate=True, **options).fit(d.X, d.y, d.X_unlabeled)
    assert gated.results_.gain.estimate < 0
    np.testing.assert_array_equal(gated.predict(d.X_test), free.predict(d.X_test))
    assert any("gate=True" in note for note in gated.results_.notes)


def test_auto_says_that_it_chose():
    d = data(40, 400)
    model = ridge(method="auto").fit(d.X, d.y, d.X_unlabeled)
    assert model.results_.projection.method == "plugin"
    assert any("method='auto' chose 'plugin'" in note for note in model.results_.notes)
    assert ridge(method="auto").fit(d.X, d.y).results_.break_even.ratio < 2


def test_a_constant_response_is_predicted():
    d = data()
    model = ColliderRegressor([1, 2], base="ridge", random_state=1).fit(d.X, np.full(40, 2.5), d.X_unlabeled)
    np.testing.assert_allclose(model.predict(d.X_test), 2.5, atol=1e-12)  # rounding
    assert model.results_.gain.estimate == 0.0
    assert any("y is constant" in note for note in model.results_.notes)


# graphs --------------------------------------------------------------------------------------------------------------
def test_constraints_are_read_from_a_graph():
    d = data()
    by_graph = ColliderRegressor(dag="Y -> X1 <- X2; X3 -> X1", response="Y", base="ridge", **FAST)
    by_graph.fit(table(d.X), d.y, table(d.X_unlabeled))
    assert set(by_graph.constraints_[0].independent) == {"X2", "X3"}
    by_hand = ridge(["X2", "X3"]).fit(table(d.X), d.y, table(d.X_unlabeled))
    np.testing.assert_array_equal(by_graph.predict(table(d.X_test)), by_hand.predict(table(d.X_test)))
    assert by_graph.results_.roles["X1"] and by_graph.results_.reasons


def test_columns_without_names_are_nodes_of_a_graph_by_index():
    d = data()
    graph = [("Y", 0), (1, 0), (2, 0)]
    by_graph = ColliderRegressor(dag=graph, response="Y", base="ridge", **FAST).fit(d.X, d.y, d.X_unlabeled)
    by_hand = ridge([1, 2]).fit(d.X, d.y, d.X_unlabeled)
    np.testing.assert_array_equal(by_graph.predict(d.X_test), by_hand.predict(d.X_test))
    assert by_graph.results_.roles == {"x0": "child, collider", "x1": "spouse", "x2": "spouse"}
    numbered = ColliderRegressor(dag=[(7, 0), (1, 0), (2, 0)], response=7, base="ridge", **FAST).fit(d.X, d.y)
    assert numbered.constraints_[0].independent == (1, 2)


def test_a_compiled_graph_is_used_as_it_is():
    d = data()
    compiled = compile_dag("Y -> X1 <- X2; X3 -> X1", "Y", ["X1", "X2", "X3"])
    by_hand = ridge(["X2", "X3"]).fit(table(d.X), d.y)
    for response in ("Y", None):
        model = ColliderRegressor(dag=compiled, response=response, base="ridge", **FAST)
        assert clone(model).get_params()["dag"] == compiled
        model.fit(table(d.X), d.y)
        np.testing.assert_array_equal(model.predict(table(d.X_test)), by_hand.predict(table(d.X_test)))
    with pytest.raises(InvalidParameterError, match="response is 'Z', and dag was compiled for 'Y'"):
        ColliderRegressor(dag=compiled, response="Z", **FAST).fit(table(d.X), d.y)
    other = compile_dag("Y -> X1 <- X2; X3 -> X1; U -> X1", "Y", ["X1", "X2", "U"])
    with pytest.raises(InvalidParameterError, match=r"other columns: X lacks 'U' and has also 'X3'; compile it"):
        ColliderRegressor(dag=other, **FAST).fit(table(d.X), d.y)


def test_a_response_of_another_name_than_its_node_is_noted():
    d = data()
    model = ColliderRegressor(dag="Y -> X1 <- X2; X3 -> X1", response="Y", base="ridge", **FAST)
    for y, noted in ((d.y, False), (pd.Series(d.y, name="Y"), False), (pd.Series(d.y, name="np.log(Y)"), False),
                     (pd.Series(d.y, name="weeks"), True), (pd.DataFrame({"weeks": d.y}), True)):  # fmt: skip
        notes = model.fit(table(d.X), y).results_.notes
        words = "y has the name 'weeks', and the response of the graph 'Y'; y was taken for it"
        assert (words in notes) is noted


def test_a_graph_without_a_constraint_is_refused():
    d = data()
    chain = ColliderRegressor(dag="X1 -> Y -> X2; X3 -> Y", response="Y", base="ridge", **FAST)
    with pytest.raises(NoUsableConstraintError, match="allow_empty"):
        chain.fit(table(d.X), d.y)
    allowed = clone(chain).set_params(allow_empty=True).fit(table(d.X), d.y)
    free = ColliderRegressor(base="ridge", **FAST).fit(table(d.X), d.y)
    np.testing.assert_array_equal(allowed.predict(table(d.X_test)), free.predict(table(d.X_test)))


@pytest.mark.parametrize(
    ("options", "frame", "message"),
    [
        ({"dag": "Y -> X1 <- X2", "response": None}, True, "response is None"),
        ({"dag": "Y -> X1 <- X2", "response": "Y"}, False, "no column names .*set_output\\(transform='pandas'"),
        ({"dag": [("Y", 0), (1, 0)], "response": "Y"}, False, "X has the column 2, which is no node"),
        ({"dag": [(0, 1), (2, 1)], "response": 0}, False, "response is 0, a column of X"),
        ({"dag": "Y -> X1 <- X22; X3 -> X1", "response": "Y"}, True, "X has the column 'X2', .* closest .* is 'X22'"),
        ({"dag": "Y -> X1 <- X2", "response": "Y"}, True, "the column 'X3', .* must be placed in it or be left out"),
        ({"dag": "risk -> X1 <- X2; X3 -> X1", "response": "Risk"}, True, "no node of .* did you mean 'risk'"),
        ({"dag": "Y -> X1 <- X2", "response": "Y", "independent": ["X2"]}, True, "both given"),
        ({"dag": "Y -> X1 -> X2 -> Y; X3 -> Y", "response": "Y"}, True, "cycl"),
    ],
)
def test_graphs_that_cannot_be_used(options, frame, message):
    d = data()
    with pytest.raises(ValueError, match=message):
        ColliderRegressor(base="ridge", **FAST, **options).fit(table(d.X) if frame else d.X, d.y)


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("independent", "given", "error", "message"),
    [
        (["X2", "X2"], (), InvalidParameterError, "twice"),
        (["X2"], ["X2"], InvalidParameterError, "independent and given"),
        (["X1", "X2", "X3"], (), InvalidParameterError, "all 3 columns"),
        (["X2"], ["X1", "X3"], InvalidParameterError, "all 3 columns"),
        (["Z"], (), KeyError, "'Z'"),
        ([7], (), KeyError, "column 7"),
    ],
)
def test_constraints_that_do_not_fit_the_columns(independent, given, error, message):
    d = data()
    with pytest.raises(error, match=message):
        ColliderRegressor(independent, given, base="ridge", **FAST).fit(table(d.X), d.y)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X": np.full((40, 3), np.nan)}, "X has NaN at row 0, column 0, and in 119 more places; remove or impute"),
        ({"X": np.full((40, 3), np.inf)}, "X has infinity at row 0"),
        ({"y": np.full(40, np.nan)}, "y has nan at index 0; pass the rows without a response as X_unlabeled"),
        ({"y": np.full((40, 2), -np.inf)}, "y has -inf at row 0, column 0; remove or correct it first"),
        ({"y": np.zeros(39)}, "y has 39 rows and X 40"),
        ({"y": None}, "requires y"),
        ({"X_unlabeled": np.zeros((5, 2))}, "X_unlabeled has 2 columns and X 3"),
        ({"X_unlabeled": np.full((5, 3), np.nan)}, "X_unlabeled has NaN at row 0, column 0"),
        ({"X_unlabeled": np.full((5, 3), "a")}, "column 0 of X_unlabeled holds text"),
    ],
)
def test_data_that_cannot_be_used(change, message):
    d = data()
    arguments = {"X": d.X, "y": d.y, "X_unlabeled": d.X_unlabeled, **change}
    with pytest.raises(ValueError, match=message):
        ridge().fit(**arguments)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (["male", "female"] * 20, r"column 'Z' of X holds text \('male' at row 0\); encode it .*get_dummies"),
        (pd.Categorical([None, "b"] * 20), r"column 'Z' of X holds text \('b' at row 1\)"),
        (pd.date_range("2020-01-01", periods=40), "column 'Z' of X holds dates or durations; convert it"),
        (pd.date_range("2020-01-01", periods=40, tz="UTC"), "column 'Z' of X holds dates or durations"),
        (pd.to_timedelta(range(40)), "column 'Z' of X holds dates or durations"),
        (pd.array([1, None] * 20, dtype="Int64"), "X has NaN at row 1, column 'Z', and in 19 more places"),
        ([None, *np.zeros(39)], "X has NaN at row 0, column 'Z'; remove"),
        ([0.0, -np.inf, *np.zeros(38)], "X has -infinity at row 1, column 'Z'; remove"),
    ],
)
@pytest.mark.parametrize("convert", [pd.DataFrame, pl.from_pandas, lambda frame: pl.from_pandas(frame).to_arrow()])
def test_columns_that_are_no_finite_numbers_are_named(column, message, convert):
    d = data()
    frame, model = convert(table(d.X).assign(Z=column)), ridge(["X2"])
    with pytest.raises(InvalidDataError, match=message):
        model.fit(frame, d.y)


def test_text_that_is_new_in_predictions_is_named():
    d = data()
    model = ridge(["X2"]).fit(table(d.X), d.y)
    with pytest.raises(InvalidDataError, match=r"column 'X3' of X holds text \('x' at row 0\)"):
        model.predict(table(d.X).assign(X3="x"))
    with pytest.raises(InvalidDataError, match=r"X has NaN at row 2 \(index 'c'\), column 'X3'; remove"):
        model.predict(table(d.X[:3]).set_axis(list("abc")).assign(X3=[0.0, 1.0, np.nan]))


@pytest.mark.parametrize("column", [pd.Categorical([1, 2] * 20), [True, False] * 20, ["1", "2"] * 20])
def test_numbers_of_other_types_are_read(column):
    d = data()
    values = np.asarray(column).astype(np.float64)
    plain = ridge([1]).fit(np.column_stack([d.X, values]), d.y)
    model = ridge(["X2"]).fit(table(d.X).assign(Z=column), d.y)
    np.testing.assert_array_equal(model.results_.fitted, plain.results_.fitted)


def test_columns_of_one_name_are_refused():
    d = data()
    with pytest.raises(InvalidDataError, match="X has more than one column 'X2'; rename or drop all but one"):
        ridge(["X1"]).fit(table(d.X, ("X1", "X2", "X2")), d.y)


def test_fewer_than_five_rows_are_refused():
    d = data()
    with pytest.raises(InvalidDataError, match="n_samples = 4 is fewer than 5"):
        ridge().fit(d.X[:4], d.y[:4])
    assert np.isfinite(ridge().fit(d.X[:5], d.y[:5]).predict(d.X_test)).all()


def test_other_columns_of_unlabelled_rows_are_refused():
    d = data()
    frame = table(d.X)
    with pytest.raises(InvalidDataError, match=r"lacks \['X3'\] and has \['X4'\]"):
        ridge(["X2"]).fit(frame, d.y, table(d.X_unlabeled, ("X1", "X2", "X4")))
    with pytest.raises(InvalidDataError, match=r"has \['Y'\], which X has not"):
        ridge(["X2"]).fit(frame, d.y, table(d.X_unlabeled).assign(Y=0.0))


def test_a_response_inside_the_features_is_refused():
    d = data()
    frame = table(d.X).assign(Y=d.y)
    with pytest.raises(InvalidDataError, match="the response 'Y' is one of the columns"):
        ridge(["X2"]).fit(frame, frame["Y"])


@pytest.mark.parametrize(
    "options",
    [
        {"method": "augmentd"},
        {"projector": "tree"},
        {"tune": "aic"},
        {"solver": "fast"},
        {"on_violation": "ignore"},
        {"penalty": -1.0},
        {"penalty": "cv"},
        {"gain": "yes"},
        {"gain_folds": 1},
        {"gate": 1},
        {"confidence_level": 1.0},
        {"level": 0.0},
        {"n_resamples": 0},
        {"test": "chi2"},
        {"random_state": -1},
        {"constraints": "some"},
        {"method": "erm"},
    ],
)
def test_options_that_do_not_exist(options):
    d = data()
    with pytest.raises(InvalidParameterError, match=next(iter(options))):
        ridge(**options).fit(d.X, d.y)


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (LinearRegression, "estimator is the class LinearRegression; .* such as LinearRegression\\(\\)"),
        ("ridge", "estimator is 'ridge'; .* ColliderRegressor takes names"),
        (["X2"], "estimator is .* it takes an instance with fit and predict"),
    ],
)
def test_what_is_no_regressor_is_refused_by_the_name_of_its_parameter(estimator, message):
    d = data()
    with pytest.raises(InvalidParameterError, match=message):
        ProjectedRegressor(estimator, [1], **FAST).fit(d.X, d.y)


def test_standard_deviations_of_a_projected_fit_are_refused():
    d = data()
    with pytest.raises(InvalidParameterError, match="not derived"):
        ridge(projector="linear", penalty=0.0).fit(d.X, d.y).predict(d.X, return_std=True)
    with pytest.raises(InvalidParameterError, match="has no standard deviations"):
        ColliderRegressor(base="forest", **FAST).fit(d.X, d.y).predict(d.X, return_std=True)


# warnings ------------------------------------------------------------------------------------------------------------
def test_a_constant_column_has_no_effect():
    d = data()
    X, other = d.X.copy(), d.X_unlabeled.copy()
    X[:, 2] = other[:, 2] = 1.0
    with pytest.warns(DegenerateDataWarning, match="x2 is constant in all rows; .* has no effect"):
        model = ridge([2]).fit(X, d.y, other)
    np.testing.assert_array_equal(model.predict(X), ridge(()).fit(X, d.y).predict(X))
    with pytest.warns(DegenerateDataWarning, match="uses the other columns"):
        ridge([1, 2]).fit(X, d.y, other)


def test_a_contradicted_constraint():
    d = violated_collider(200, 200, 500, kind="linear", strength=1.0, rng=1)
    options = {"base": "ridge", "n_resamples": 199, "gain": False, "random_state": 1}
    with pytest.warns(CausalAssumptionWarning, match="the data contradict"):
        model = ColliderRegressor(d.independent, **options).fit(d.X, d.y)
    assert model.results_.checks[0].verdict == "contradicted" and model.results_.checks[0].used
    assert model.results_.checks[0].violation_low < 1.0 < model.results_.checks[0].violation_high
    with pytest.raises(ContradictedConstraintError, match="on_violation='warn'"):
        ColliderRegressor(d.independent, on_violation="raise", **options).fit(d.X, d.y)
    skipped = ColliderRegressor(d.independent, on_violation="skip", **options).fit(d.X, d.y)
    free = ColliderRegressor(base="ridge", **FAST).fit(d.X, d.y)
    np.testing.assert_array_equal(skipped.predict(d.X_test), free.predict(d.X_test))
    assert not skipped.results_.checks[0].used
    assert any("left out" in note for note in skipped.results_.notes)


def test_too_few_rows_for_the_plug_in():
    d = data(50, 10, sigma=0.1)
    with pytest.warns(InsufficientUnlabeledWarning, match="projection needs a ratio above 1"):
        ridge(method="plugin").fit(d.X, d.y, d.X_unlabeled)
    with pytest.warns(InsufficientUnlabeledWarning, match="without its penalty needs a ratio above 1"):
        ridge(method="plugin", projector="linear").fit(d.X, d.y, d.X_unlabeled)


def test_a_response_among_the_columns_is_told_by_its_values():
    d = data(50, 10)
    X = table(d.X).assign(copy=d.y)
    with pytest.warns(AssumptionWarning, match="copy among the columns of X equals the response; leave it out"):
        ridge(["X2"]).fit(X, d.y)


def test_unlabelled_rows_of_another_law():
    d = data(60, 100)
    options = {"base": "ridge", "gain": False, "random_state": 1, "n_resamples": 199}
    with pytest.warns(AssumptionWarning, match="do not look like one distribution"):
        model = ColliderRegressor([1, 2], **options).fit(d.X, d.y, d.X_unlabeled + 1.0)
    assert model.results_.shift.pvalue == pytest.approx(1 / 200)
    assert ColliderRegressor([1, 2], **options).fit(d.X, d.y, d.X_unlabeled).results_.shift.pvalue > 0.01


def test_labelled_rows_among_the_unlabelled_ones():
    d = data()
    with pytest.warns(AssumptionWarning, match="all of the labelled rows are among the unlabelled"):
        model = ridge().fit(d.X, d.y, np.vstack([d.X, d.X_unlabeled]))
    assert any("counted twice" in text for text in model.results_.warnings)
    with pytest.warns(AssumptionWarning, match="90% of the labelled rows"):
        ridge().fit(d.X, d.y, np.vstack([d.X_unlabeled, d.X[4:]]))
    ridge().fit(d.X, d.y, np.vstack([d.X_unlabeled, d.X[8:]]))  # every warning is an error here


def test_equal_rows_of_few_cells_are_no_repeats():
    rng = np.random.default_rng(1)
    for levels in (2, 3, 5, 8):
        for size in (40, 400, 4000):
            X, other = (rng.integers(0, levels, (n, 3)).astype(float) for n in (40, size))
            notes = Notes()
            warn_of_repeats(X, other, notes)
            assert notes.warnings == ()


def test_many_labelled_rows_are_looked_up_by_some_of_them():
    rng = np.random.default_rng(1)
    X, other = rng.normal(size=(5000, 2)), rng.normal(size=(2000, 2))
    X[0] = 0.0
    notes = Notes()
    warn_of_repeats(X, other, notes)
    assert notes.warnings == ()
    with pytest.warns(AssumptionWarning, match="all of the labelled rows"):
        warn_of_repeats(X, np.vstack([other, -0.0 * X[:1], X[1:]]), notes)


# calibration ---------------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_the_shift_test_rejects_at_its_level():
    from scipy import stats

    from stattools._errors import Notes
    from stattools.collider.checks import check_shift

    rng = np.random.default_rng(1)
    rejected = 0
    for k in range(1000):
        X, other = rng.normal(size=(30, 2)), rng.normal(size=(45, 2))
        found = check_shift(X, other, n_resamples=99, level=1e-9, notes=Notes(), rng=k)
        rejected += found.pvalue <= 0.05
    assert stats.binom.ppf(0.0005, 1000, 0.05) <= rejected <= stats.binom.ppf(0.9995, 1000, 0.05)
