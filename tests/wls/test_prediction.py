import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.api as sm
from scipy import stats

from stattools.exceptions import AssumptionWarning, DegenerateDataWarning, InvalidDataError, InvalidParameterError
from stattools.results import Result
from stattools.wls import PolynomialSpace, SphericalHarmonicSpace, WeightedLeastSquares, optimal_design, pool_design
from stattools.wls.prediction import Prediction, standard_errors
from tests.helpers import assert_snapshot


def columns(seed=0, n=40, m=4):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, m)), rng.normal(size=n), rng.uniform(0.2, 3.0, n)


# property ------------------------------------------------------------------------------------------------------------
def test_predictions_in_a_space_take_points():
    space = PolynomialSpace("legendre", degree=3)
    design = optimal_design(space, 16, rng=1)
    fit = WeightedLeastSquares(space).fit(design.points, np.exp(design.points[:, 0]), design=design)
    prediction = fit.results_.get_prediction([[0.25], [0.5]])
    np.testing.assert_array_equal(prediction.predicted_mean, fit.predict([[0.25], [0.5]]))
    phi = space.evaluate([[0.25], [0.5]])
    np.testing.assert_allclose(prediction.se_mean**2, np.diag(phi @ fit.results_.cov_params() @ phi.T), rtol=1e-12)
    np.testing.assert_allclose(prediction.se_obs**2, prediction.se_mean**2 + fit.results_.scale, rtol=1e-12)


def test_the_rows_of_the_fit_are_predicted_as_if_they_were_new():
    X, y, weights = columns()
    weights[3] = 0.0
    result = WeightedLeastSquares(fit_intercept=True, cov_type="HC2").fit(X, y, sample_weight=weights).results_
    own, new = result.get_prediction().summary_frame(), result.get_prediction(X).summary_frame()
    assert np.isnan(own.iloc[3, 0])
    pd.testing.assert_frame_equal(own.drop(3), new.drop(3), rtol=1e-10)


def test_rows_keep_their_labels():
    X, y, _ = columns()
    table = pd.DataFrame(X, columns=list("abcd"), index=[f"r{k}" for k in range(40)])
    result = WeightedLeastSquares().fit(table, y).results_
    assert result.get_prediction().summary_frame().index[1] == "r1"
    assert result.get_prediction(table.iloc[5:7]).summary_frame().index.tolist() == ["r5", "r6"]


def test_degrees_of_freedom_of_an_observation_are_those_of_its_parts():
    space = PolynomialSpace("legendre", degree=4)
    design = optimal_design(space, 15, rng=1)
    y = np.exp(design.points[:, 0]) + 0.1 * np.random.default_rng(0).normal(size=15)
    blocks = WeightedLeastSquares(space, cov_type="dpp-block").fit(design.points, y, design=design).results_
    prediction = blocks.get_prediction([[0.0], [0.9]])
    a, b = prediction.se_mean**2, blocks.scale
    np.testing.assert_allclose(prediction.df_obs, (a + b) ** 2 / (a**2 / 2 + b**2 / 10), rtol=1e-12)
    assert prediction.df == 2
    assert ((prediction.df_obs >= 2) & (prediction.df_obs <= 12)).all()
    half = np.diff(prediction.conf_int(obs=True), axis=1).ravel() / 2
    np.testing.assert_allclose(half, stats.t.ppf(0.975, prediction.df_obs) * prediction.se_obs, rtol=1e-10)
    joint = WeightedLeastSquares(space, cov_type="HC2").fit(design.points, y, design=design).results_
    assert joint.get_prediction([[0.0]]).df_obs == joint.get_prediction([[0.0]]).df == 10


@pytest.mark.parametrize("units", [1e-8, 1.0, 1e8])
def test_only_what_the_rows_determine_has_a_standard_error(units):
    X, y, _ = columns()
    doubled = np.hstack([X, X[:, :1], np.zeros((40, 1))]) * [1, 1, 1, 1, units, units]
    with pytest.warns(DegenerateDataWarning, match="rank 4 of 6"):
        result = WeightedLeastSquares(cov_type="HC3").fit(doubled, y).results_
    full = WeightedLeastSquares(cov_type="HC3").fit(X, y).results_
    inside = result.get_prediction(doubled[:5])
    np.testing.assert_allclose(inside.se_mean, full.get_prediction(X[:5]).se_mean, rtol=1e-9)
    for new in ([0, 0, 0, 0, units, 0], [1, 0, 0, 0, units, 1e-3 * units]):
        with pytest.warns(AssumptionWarning, match="do not determine the value there"):
            outside = result.get_prediction([new])
        assert np.isnan(outside.se_mean[0]) and np.isnan(outside.se_obs[0])
        assert np.isfinite(outside.predicted_mean[0])
    bounded = PolynomialSpace("legendre", degree=3)
    x = np.repeat([-0.5, 0.0, 0.5], 4)
    with pytest.warns(DegenerateDataWarning):
        result = WeightedLeastSquares(bounded).fit(x, np.random.default_rng(0).normal(size=12)).results_
    with pytest.warns(AssumptionWarning, match="1 of 2 rows are extrapolated, most of all row 1"):
        assert np.isnan(result.get_prediction([0.5, 0.9]).se_mean).tolist() == [False, True]


def test_an_unknown_variance_hides_the_rows_that_need_it_only():
    errors = standard_errors(np.array([[1.0, 0.0], [1.0, 2.0]]), np.array([[4.0, np.nan], [np.nan, np.nan]]))
    np.testing.assert_array_equal(errors, [2.0, np.nan])


def test_an_interpolation_predicts_without_intervals():
    space = PolynomialSpace("legendre", degree=3)
    x = np.linspace(-1, 1, 4)
    frame = WeightedLeastSquares(space).fit(x, x**2).results_.get_prediction([0.5]).summary_frame()
    np.testing.assert_allclose(frame["mean"], [0.25], atol=1e-14)
    assert frame.drop(columns="mean").isna().all(axis=None)


def test_the_result_predicts_as_the_estimator_does():
    X, y, _ = columns()
    fit = WeightedLeastSquares(fit_intercept=True).fit(X, y)
    np.testing.assert_allclose(fit.results_.predict(X[:3]), fit.predict(X[:3]), rtol=1e-12)
    np.testing.assert_allclose(fit.results_.predict(), fit.results_.fittedvalues, atol=1e-12)
    assert isinstance(fit.results_.predict(1e6 * X), np.ndarray)  # silent, however far


def test_leverage_at_new_points_is_the_variance_of_a_prediction_in_units_of_the_noise():
    X, y, weights = columns()
    for features in (X, np.hstack([X, X[:, :1]])):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # dependent columns
            result = WeightedLeastSquares().fit(features, y, var_weights=weights).results_
        prediction = result.get_prediction(features[:5])
        np.testing.assert_allclose(prediction.leverage, prediction.se_mean**2 / result.scale, rtol=1e-10)
        np.testing.assert_allclose(prediction.leverage, result.get_prediction().leverage[:5], rtol=1e-10)


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_rows_far_outside_of_those_of_the_fit_are_a_warning(scale):
    X, y, weights = columns()
    result = WeightedLeastSquares().fit(X * scale, y, var_weights=weights * scale).results_
    farthest = X[np.argmax(result.leverage / weights)] * scale
    result.get_prediction(np.vstack([X * scale, 1.99 * farthest]))
    with pytest.warns(AssumptionWarning, match="1 of 2 rows are extrapolated, most of all row 1: leverage .* 4.04"):
        result.get_prediction(np.vstack([farthest, 2.01 * farthest]))
    table = pd.DataFrame([2.01 * farthest], index=["out"])
    with pytest.warns(AssumptionWarning, match=r"row 0 \(index 'out'\)"):
        result.get_prediction(table)


def test_the_pool_of_a_design_by_leverage_is_not_far_from_its_rows():
    X = np.random.default_rng(0).standard_t(3, size=(500, 4))
    design = pool_design(X, 40, method="leverage", rng=1)
    WeightedLeastSquares().fit(X[design.indices], X[design.indices, 0], design=design).results_.get_prediction(X)


def test_unbounded_domains_have_an_outside_and_bounded_ones_refuse_theirs():
    space = PolynomialSpace("hermite", degree=4)
    points = optimal_design(space, 20, rng=1).points
    result = WeightedLeastSquares(space).fit(points, points[:, 0]).results_
    with pytest.warns(AssumptionWarning, match="1 of 1 rows are extrapolated"):
        result.get_prediction([[3 * abs(points).max()]])
    bounded = PolynomialSpace("legendre", degree=4)
    x = np.linspace(-0.2, 0.2, 9)
    assert WeightedLeastSquares(bounded).fit(x, x).results_.get_prediction([1.0]).leverage[0] > 1e3
    sphere = SphericalHarmonicSpace(1)
    cap = sphere.sample(400, rng=1)
    cap = cap[cap[:, 2] > 0.9]
    assert WeightedLeastSquares(sphere).fit(cap, cap[:, 0]).results_.get_prediction(-cap).leverage.min() > 1


def test_a_value_that_the_rows_do_not_determine_is_a_warning():
    X, y, _ = columns()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # dependent columns
        result = WeightedLeastSquares().fit(np.hstack([X, X[:, :1]]), y).results_
    with pytest.warns(AssumptionWarning, match="the rows of the fit do not determine the value there"):
        assert np.isinf(result.get_prediction([[0.0, 0.0, 0.0, 0.0, 1.0]]).leverage[0])


# reference -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("cov_type", ["nonrobust", "HC0", "HC3"])
def test_statsmodels_predicts_the_same(cov_type):
    X, y, weights = columns()
    ours = WeightedLeastSquares(cov_type=cov_type).fit(X, y, var_weights=weights).results_
    theirs = sm.WLS(y, X, weights=weights).fit(cov_type=cov_type, use_t=True)
    new, noise = X[:6] * 1.3, np.arange(1.0, 7.0)
    pairs = [
        (ours.get_prediction(new), theirs.get_prediction(new)),
        (ours.get_prediction(), theirs.get_prediction()),
        (ours.get_prediction(new, var_weights=noise), theirs.get_prediction(new, weights=noise)),
    ]
    for mine, reference in pairs:
        np.testing.assert_allclose(mine.se_mean, reference.se_mean, rtol=1e-10)
        np.testing.assert_allclose(mine.conf_int(obs=True), reference.conf_int(obs=True), rtol=1e-10, atol=1e-12)
        pd.testing.assert_frame_equal(mine.summary_frame(0.2), reference.summary_frame(0.2), rtol=1e-10, atol=1e-12)


# errors and print ----------------------------------------------------------------------------------------------------
def test_other_columns_than_those_of_the_fit_are_refused():
    X, y, _ = columns()
    result = WeightedLeastSquares(fit_intercept=True).fit(X, y).results_
    with pytest.raises(InvalidDataError, match="X has 3 columns; the fit has 4"):
        result.get_prediction(X[:, :3])
    with pytest.raises(InvalidDataError, match="var_weights has 2 entries for 3 rows"):
        result.get_prediction(X[:3], var_weights=[1.0, 2.0])
    with pytest.raises(InvalidDataError, match="X has nan at row 0, column 1"):
        result.get_prediction([[1.0, np.nan, 1.0, 1.0]])


def test_columns_in_another_order_are_refused():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.uniform(-1, 1, (30, 2)), columns=["a", "b"])
    y = table.a + 2 * table.b
    space = PolynomialSpace(["legendre"] * 2, degree=1)
    for estimator in (WeightedLeastSquares(), WeightedLeastSquares(space), WeightedLeastSquares(fit_intercept=True)):
        result = estimator.fit(table, y).results_
        for form in (table, pl.DataFrame(table.to_dict("list")), table.to_numpy()):
            np.testing.assert_allclose(result.predict(form), y, atol=1e-13)
        for swapped in (table[["b", "a"]], pl.DataFrame(table[["b", "a"]].to_dict("list"))):
            for method in (result.get_prediction, result.predict):
                with pytest.raises(InvalidDataError, match=r"X has the columns 'b', 'a' in another order.*'a', 'b'"):
                    method(swapped)
        with pytest.raises(InvalidDataError, match="X has the columns 'a', 'c'; the fit has 'a', 'b'"):
            result.get_prediction(table.rename(columns={"b": "c"}))
    again = Result.from_json(result.to_json())
    with pytest.raises(InvalidDataError, match="in another order than the fit"):
        again.get_prediction(table[["b", "a"]])
    unnamed = WeightedLeastSquares(space).fit(table.to_numpy(), y.to_numpy()).results_
    with pytest.raises(InvalidDataError, match="in another order than the space"):
        unnamed.get_prediction(pd.DataFrame({"x2": [0.0], "x1": [1.0]}))


def test_a_level_outside_of_zero_and_one_is_refused():
    with pytest.raises(InvalidParameterError, match="alpha is 1.5"):
        Prediction(np.zeros(1), np.ones(1), np.ones(1), df=3.0).conf_int(alpha=1.5)


def test_one_line_form():
    assert repr(Prediction(np.zeros(2), np.ones(2), np.ones(2), df=3.0)) == "<Prediction: 2 rows>"
    assert repr(Prediction(np.zeros(1), np.ones(1), np.ones(1), df=3.0)) == "<Prediction: 1 row>"


def test_printed_form():
    k = 22
    prediction = Prediction(np.linspace(0, 1, k), np.ones(k), np.full(k, 2.0), df=3.0, row_labels=np.arange(k) + 7)
    assert_snapshot(str(prediction), "wls_fit_prediction.txt")
    assert "2 more rows" in prediction._repr_html_()
    assert "in summary_frame" not in str(Prediction(np.zeros(1), np.ones(1), np.ones(1), df=3.0))
