import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from stattools.exceptions import InvalidDataError, InvalidParameterError
from stattools.wls import PolynomialSpace, WeightedLeastSquares, optimal_design
from stattools.wls.prediction import Prediction, standard_errors


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


def test_an_unknown_variance_hides_the_rows_that_need_it_only():
    errors = standard_errors(np.array([[1.0, 0.0], [1.0, 2.0]]), np.array([[4.0, np.nan], [np.nan, np.nan]]))
    np.testing.assert_array_equal(errors, [2.0, np.nan])


def test_an_interpolation_predicts_without_intervals():
    space = PolynomialSpace("legendre", degree=3)
    x = np.linspace(-1, 1, 4)
    frame = WeightedLeastSquares(space).fit(x, x**2).results_.get_prediction([0.5]).summary_frame()
    np.testing.assert_allclose(frame["mean"], [0.25], atol=1e-14)
    assert frame.drop(columns="mean").isna().all(axis=None)


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


def test_a_level_outside_of_zero_and_one_is_refused():
    with pytest.raises(InvalidParameterError, match="alpha is 1.5"):
        Prediction(np.zeros(1), np.ones(1), np.ones(1), df=3.0).conf_int(alpha=1.5)


def test_one_line_form():
    assert repr(Prediction(np.zeros(2), np.ones(2), np.ones(2), df=3.0)) == "<Prediction: 2 rows>"
