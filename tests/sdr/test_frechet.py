import pickle

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from stattools import Box, Circle, DistributionArray, Interval
from stattools.distributions.slicers import Directions, Identity
from stattools.exceptions import (
    AssumptionWarning,
    DegenerateDataError,
    DegenerateDataWarning,
    InvalidDataError,
    InvalidParameterError,
)
from stattools.sdr.frechet import FrechetRegressor
from stattools.sdr.monotone import monotone_projection
from stattools.sdr.weights import regression_weights

KINDS = ("global", "local", "nadaraya_watson", "kernel_ridge")
BASE = np.linspace(-1.0, 1.0, 20) ** 3


def location(n=30, d=2, seed=0, noise=0.3):
    """Q_i = 1 + u_i' b + noise_i + Q_0."""
    rng = np.random.default_rng(seed)
    u = rng.normal(size=(n, d))
    shift = 1.0 + u @ np.array([2.0, -1.0, 0.5][:d]) + noise * rng.normal(size=n)
    return u, shift, DistributionArray.from_samples(shift[:, None] + BASE)


def curved(n=60, seed=0):
    rng = np.random.default_rng(seed)
    u = rng.uniform(size=(n, 1))
    points = np.sin(6 * u) + (0.3 + 0.5 * u) * rng.standard_normal((n, 30))
    return u, DistributionArray.from_samples(points + 0.1 * rng.standard_normal((n, 1)))


# reference -----------------------------------------------------------------------------------------------------------
def test_a_location_family_without_noise_is_predicted_exactly():
    u, _, Y = location(noise=0.0)
    new = np.array([[0.3, -0.2], [1.0, 1.0]])
    for kind in ("global", "local"):
        predicted = FrechetRegressor(kind, n_quantiles=20).fit(u, Y).predict(new)
        expected = 1.0 + new @ [2.0, -1.0]
        np.testing.assert_allclose(predicted.mean(), expected, atol=1e-12)  # rounding
        np.testing.assert_allclose(
            predicted.quantile((np.arange(20) + 0.5) / 20), expected[:, None] + BASE, atol=1e-12
        )


def test_a_location_family_is_least_squares_on_its_shifts():
    u, shift, Y = location(n=40, d=3)
    ols = sm.OLS(shift, sm.add_constant(u)).fit()
    model = FrechetRegressor("global").fit(u, Y)
    new = np.random.default_rng(1).normal(size=(5, 3)) / 2
    np.testing.assert_allclose(model.predict(new).mean(), ols.predict(sm.add_constant(new)), atol=1e-12)
    result = model.results_
    np.testing.assert_allclose(result.rsquared, ols.rsquared, atol=1e-12)
    np.testing.assert_allclose(result.distances, np.abs(ols.resid), atol=1e-12)
    press = ols.resid / (1.0 - ols.get_influence().hat_matrix_diag)
    np.testing.assert_allclose(result.loo_distances, np.abs(press), atol=1e-11)
    total = ((shift - shift.mean()) ** 2).sum() * (40 / 39) ** 2
    np.testing.assert_allclose(result.rsquared_cv, 1 - (press**2).sum() / total, atol=1e-11)
    np.testing.assert_allclose((result.df_model, result.df_resid), (3, 36), atol=1e-10)
    test = result.permutation_test(n_resamples=99, rng=1)
    np.testing.assert_allclose(test.statistic, ols.fvalue, rtol=1e-9)
    assert test.parameter == {"df1": 3, "df2": 36}


def test_a_local_fit_is_weighted_least_squares_at_each_point():
    u, Y = curved()
    model = FrechetRegressor("local", bandwidth=0.1, n_quantiles=10).fit(u, Y)
    embedded = Y.embed(None, 10).values[:, 0]
    for at in (0.2, 0.55):
        fit = sm.WLS(embedded, sm.add_constant(u - at), weights=np.exp(-0.5 * ((u[:, 0] - at) / 0.1) ** 2))
        expected = np.linalg.lstsq(fit.wexog, fit.wendog, rcond=None)[0][0]
        found = model.predict_embedding([[at]]).values[0, 0]
        np.testing.assert_allclose(found, monotone_projection(expected), atol=1e-10)


def test_positive_weights_give_the_barycentre():
    u, Y = curved()
    model = FrechetRegressor("nadaraya_watson", bandwidth=0.1, n_quantiles=30).fit(u, Y)
    weights = regression_weights("nadaraya_watson", u, [[0.4]], 0.1)[0]
    expected = Y.barycenter(weights)
    np.testing.assert_allclose(
        model.predict([[0.4]]).embed(None, 30).values, expected.embed(None, 30).values, atol=1e-12
    )


def test_the_loss_left_out_is_that_of_refitting_with_its_projection():
    rng = np.random.default_rng(5)
    u = rng.normal(size=(12, 2))
    # spreads that vary steeply, so that extrapolated means of quantile functions decrease
    Y = DistributionArray.from_samples(np.exp(2 * u[:, :1]) * rng.standard_normal((12, 15)), domain=Interval(-1e3, 1e3))
    ridge = {"bandwidth": 1.0, "penalty": 1e-2}
    for kind, options in (("global", {}), ("local", {"bandwidth": 1.0}), ("kernel_ridge", ridge)):
        model = FrechetRegressor(kind, n_quantiles=15, **options).fit(u, Y)
        for i in range(12):
            others = np.arange(12) != i
            refit = FrechetRegressor(kind, n_quantiles=15, **options).fit(u[others], Y[others])
            predicted = refit.results_.quantile_functions(u[i : i + 1])[0, 0]
            loss = np.sqrt(np.mean((predicted - model.results_.responses[i, 0]) ** 2))
            np.testing.assert_allclose(model.results_.loo_distances[i], loss, rtol=1e-9)  # penalties lose digits


# property ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", KINDS)
def test_predictions_increase_and_stay_in_the_support(kind):
    u, Y = curved()
    squeezed = DistributionArray.from_samples(1 / (1 + np.exp(-4 * Y.points.reshape(60, 30))), domain=Interval(0, 1))
    model = FrechetRegressor(kind, n_quantiles=25).fit(u, squeezed)
    predicted = model.predict(np.linspace(0, 1, 40)[:, None])
    assert predicted.domain.equals(Interval(0, 1))
    values = predicted.quantile((np.arange(25) + 0.5) / 25)
    assert (np.diff(values, axis=1) >= 0).all() and values.min() >= 0 and values.max() <= 1
    assert np.diff(model.results_.responses, axis=2).min() >= 0
    np.testing.assert_allclose(model.score(u, squeezed), model.results_.rsquared, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_units_of_responses_and_predictors_do_not_matter(kind):
    u, Y = curved()
    plain = FrechetRegressor(kind).fit(u, Y)
    scaled = DistributionArray.from_samples(100 + 10 * Y.points.reshape(60, 30))
    other = FrechetRegressor(kind).fit(3 * u - 1, scaled)
    np.testing.assert_allclose(other.results_.rsquared_cv, plain.results_.rsquared_cv, atol=1e-8)
    np.testing.assert_allclose(other.predict([[0.5]]).mean(), 100 + 10 * plain.predict([[0.5]]).mean(), atol=1e-6)
    np.testing.assert_allclose(plain.predict([[1.5 / 3]]).mean(), plain.predict([[0.5]]).mean())


def test_forms_of_the_input_give_the_same():
    u, _, Y = location()
    plain = FrechetRegressor("global").fit(u, Y).predict(u[:3]).mean()
    frame = pd.DataFrame(u, columns=["a", "b"], index=[f"row {i}" for i in range(30)])
    model = FrechetRegressor("global").fit(frame, Y)
    np.testing.assert_array_equal(model.predict(frame[:3]).mean(), plain)
    assert model.predict(frame[:3]).names == ("row 0", "row 1", "row 2")
    assert model.results_.predictor_names == ("a", "b")
    for form in (u.tolist(), np.asfortranarray(u)):
        np.testing.assert_array_equal(FrechetRegressor("global").fit(form, Y).predict(u[:3]).mean(), plain)


def test_it_is_a_scikit_learn_estimator():
    u, Y = curved()
    model = FrechetRegressor("local", bandwidth=0.1, n_quantiles=12)
    copied = clone(model)
    assert copied.get_params() == model.get_params()
    pipeline = make_pipeline(StandardScaler(), clone(model).set_params(bandwidth="cv")).fit(u, Y)
    direct = FrechetRegressor("local", n_quantiles=12).fit(u, Y)
    np.testing.assert_allclose(pipeline.predict(u[:4]).mean(), direct.predict(u[:4]).mean(), atol=1e-8)
    np.testing.assert_allclose(pipeline.score(u, Y), direct.score(u, Y), atol=1e-8)
    again = pickle.loads(pickle.dumps(direct))
    np.testing.assert_array_equal(again.predict(u[:4]).mean(), direct.predict(u[:4]).mean())


class Moments(TransformerMixin, BaseEstimator):
    """Stands for a dimension reduction: distributions to vectors, with a look at the responses."""

    def fit(self, X, Y):
        self.n_responses_ = len(Y)
        return self

    def transform(self, X):
        return np.column_stack([X.mean(), X.quantile(0.9) - X.quantile(0.1)])


def test_it_follows_a_reduction_of_distributions_in_a_pipeline():
    rng = np.random.default_rng(2)
    centre, spread = rng.normal(size=(50, 1)), rng.uniform(0.5, 2.0, (50, 1))
    X = DistributionArray.from_samples(centre + spread * rng.standard_normal((50, 80)))
    Y = DistributionArray.from_samples(2 * centre + spread * rng.standard_normal((50, 80)))
    pipeline = make_pipeline(Moments(), FrechetRegressor("global", n_quantiles=30)).fit(X[:40], Y[:40])
    assert len(pipeline.predict(X[40:])) == 10
    assert pipeline.score(X[40:], Y[40:]) > 0.9  # noise of 80 points leaves some 0.05


def test_duplicated_responses_and_samples_of_size_one_are_legal():
    u = np.array([0.0, 0.0, 1.0, 2.0])
    Y = DistributionArray.from_samples([[1.0], [1.0], [2.0], [3.0]])
    for kind in KINDS:
        model = FrechetRegressor(kind, n_quantiles=4).fit(u, Y)
        assert np.isfinite(model.results_.rsquared_cv)
    np.testing.assert_allclose(FrechetRegressor("global").fit(u, Y).predict([3.0]).mean(), [4.0], atol=1e-12)


# other spaces --------------------------------------------------------------------------------------------------------
def planar(n=40, seed=0):
    rng = np.random.default_rng(seed)
    base = rng.standard_normal((40, 2)) @ np.array([[1.0, 0.6], [0.0, 0.5]])
    u = rng.uniform(size=(n, 2))
    return u, base, DistributionArray.from_samples(base[None] + (u @ [[2.0, 0.0], [1.0, -1.0]])[:, None])


def test_shifts_in_the_plane_are_predicted():
    u, base, Y = planar()
    model = FrechetRegressor("global", n_quantiles=40, random_state=1).fit(u, Y)
    np.testing.assert_allclose(model.results_.rsquared, 1.0, atol=1e-12)
    predicted = model.predict([[0.5, 0.5]])
    shift = np.array([1.5, -0.5])
    np.testing.assert_allclose(predicted.mean()[0], base.mean(axis=0) + shift, atol=1e-10)
    true = DistributionArray.from_samples([base + shift])
    apart = predicted.pairwise("sw2", true, slicer=Directions.random(2, 100, rng=5))[0, 0]
    assert apart < 0.05 * np.sqrt(base.var(axis=0).sum() / 2)  # measured 0.02, a local minimum
    assert "to a sliced distance of" in predicted.remarks[0]
    again = FrechetRegressor("global", n_quantiles=40, random_state=1).fit(u, Y).predict([[0.5, 0.5]])
    np.testing.assert_array_equal(again.points, predicted.points)


def test_predictions_stay_in_a_box():
    u, _, Y = planar()
    box = Box([(-9.0, 9.0), (-9.0, 0.5)])
    inside = DistributionArray.from_samples(
        np.minimum(Y.points.reshape(40, 40, 2), [9.0, 0.5]), domain=box
    )
    predicted = FrechetRegressor("nadaraya_watson", n_quantiles=20, random_state=1).fit(u, inside).predict(u[:2])
    assert predicted.domain.equals(box)
    assert predicted.points.max(axis=0)[1] <= 0.5


def test_on_a_circle_only_slices_are_predicted():
    rng = np.random.default_rng(0)
    u = rng.uniform(size=(30, 1))
    Y = DistributionArray.from_samples((u + 0.2 * rng.uniform(size=(30, 20))) % 2, domain=Circle(2.0))
    model = FrechetRegressor("local", n_quantiles=10).fit(u, Y)
    found = model.predict_embedding([[0.5]])
    assert found.values.shape[1:] == model.results_.responses.shape[1:]
    assert found.distance_matrix(Y.embed(found.slicer, 10)).shape == (1, 30)
    with pytest.raises(InvalidParameterError, match=r"predict_embedding\(\) gives the quantile functions"):
        model.predict([[0.5]])
    assert model.results_.plot_kinds != model.results_._available_plots()


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "globl"}, "did you mean 'global'"),
        ({"bandwidth": 0.0}, "must be positive"),
        ({"bandwidth": "gcv"}, "it takes one of 'cv'"),
        ({"bandwidth": [1.0, 2.0, 3.0]}, "3 numbers for 2 columns"),
        ({"kind": "global", "bandwidth": 1.0}, "kind='global' has none"),
        ({"penalty": 1.0}, "kind='local' has none"),
        ({"kind": "kernel_ridge", "penalty": -1.0}, "above 0"),
        ({"n_quantiles": 1}, "at least 2"),
        ({"slicer": Directions([[1.0]])}, "on the line are not sliced"),
    ],
)
def test_options_are_checked(options, message):
    u, _, Y = location()
    with pytest.raises(InvalidParameterError, match=message):
        FrechetRegressor(**options).fit(u, Y)


def test_data_are_checked():
    u, _, Y = location()
    model = FrechetRegressor("global", slicer=Identity()).fit(u, Y)
    cases = [
        (lambda: FrechetRegressor().fit(u[:2], Y[:2]), InvalidDataError, "U has n_samples = 2; at least 3"),
        (lambda: FrechetRegressor().fit(u[:9], Y), InvalidDataError, "9 rows for 30 responses"),
        (lambda: FrechetRegressor().fit(Y, Y), InvalidDataError, "DistributionSDR"),
        (lambda: FrechetRegressor().fit([[1.0, 2.0], [3.0]] * 15, Y), InvalidDataError, "U holds rows of 1 to 2"),
        (lambda: FrechetRegressor().fit([Y[0], *[1.0] * 29], Y), InvalidDataError, "U cannot be read"),
        (lambda: FrechetRegressor().fit(None, Y), InvalidDataError, "U is None"),
        (lambda: FrechetRegressor().fit(u, u), InvalidParameterError, "pass a DistributionArray"),
        (lambda: FrechetRegressor().fit(np.where(u > 1, np.nan, u), Y), InvalidDataError, "NaN"),
        (lambda: FrechetRegressor().fit(np.ones((30, 2)), Y), DegenerateDataError, "U is constant"),
        (lambda: FrechetRegressor().fit(u, Y[[0] * 30]), DegenerateDataError, "responses are all equal"),
        (lambda: model.predict(u[:, :1]), InvalidDataError, "1 features"),
        (lambda: model.score(u[:3], Y), InvalidDataError, "3 rows for 30"),
        (lambda: model.results_.quantile_functions(u[:, :1]), InvalidDataError, "1 columns; the fit has 2"),
        (lambda: model.score(u[:2], planar()[2][:2]), InvalidDataError, "those of the fit are on the line"),
    ]
    for call, error, message in cases:
        with pytest.raises(error, match=message):
            call()


def test_a_constant_predictor_is_told_and_has_no_part():
    u, _, Y = location()
    widened = np.column_stack([u, np.full(30, 7.0)])
    for kind in KINDS:
        plain = FrechetRegressor(kind).fit(u, Y)
        with pytest.warns(DegenerateDataWarning, match="without a part in the fit: u3"):
            model = FrechetRegressor(kind).fit(widened, Y)
        if kind != "kernel_ridge":  # whose candidates go with the root of the number of predictors
            np.testing.assert_allclose(model.predict(widened[:3]).mean(), plain.predict(u[:3]).mean(), atol=1e-6)
        assert len(model.results_.warnings) == 1


def test_extrapolation_is_told():
    u, Y = curved()
    for kind, words in (("local", "more than 3 bandwidths"), ("global", "more than twice as far from the centre")):
        model = FrechetRegressor(kind).fit(u, Y)
        with pytest.warns(AssumptionWarning, match=f"1 of 2 rows of U lie {words}"):
            model.predict([[0.5], [4.0]])
        model.predict(u)
    with pytest.warns(DegenerateDataWarning, match="follows each of them"):
        isolated = FrechetRegressor("local", bandwidth=0.01, n_quantiles=5).fit([0.0, 1.0, 2.0], Y[:3])
    with pytest.warns(AssumptionWarning, match="too few rows of the fit lie near 1 of 1"):
        isolated.predict([0.02])


def test_equal_responses_have_no_score():
    u, _, Y = location()
    model = FrechetRegressor("global").fit(u, Y)
    with pytest.warns(DegenerateDataWarning, match="not defined"):
        assert np.isnan(model.score(u[:2], Y[[0, 0]]))
