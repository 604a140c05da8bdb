"""Base regressions: what they predict, and what they predict without the row's own response."""

import pickle

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from stattools.collider.bases import fit_base, fit_forest
from stattools.collider.krr import fit_krr
from stattools.exceptions import InvalidParameterError

RNG = np.random.default_rng(1)
N = 40
X = RNG.normal(size=(N, 3)) * [1.0, 5.0, 0.1] + [0.0, 3.0, 0.0]
Y = np.column_stack([np.sin(X[:, 0]) + 0.1 * RNG.normal(size=N), X[:, 1] + RNG.normal(size=N)])
NEW = RNG.normal(size=(11, 3)) * [1.0, 5.0, 0.1] + [0.0, 3.0, 0.0]
SMALL, BIG = 2.0 ** np.array([-40, 0, 30]), 2.0**60
EVERY = ["krr", "ridge", "spline", "forest", LinearRegression(), GradientBoostingRegressor(n_estimators=5)]


def names(base):
    return base if isinstance(base, str) else type(base).__name__


# interface -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("base", EVERY, ids=names)
def test_every_base_has_the_same_interface(base):
    for y in (Y[:, :1],) if base == "forest" else (Y, Y[:, :1]):
        one, two = (fit_base(base, X, y, rng=3) for _ in range(2))
        assert one.predict(NEW).shape == (11, y.shape[1])
        assert one.out_of_sample.shape == y.shape
        assert one.name == (base if isinstance(base, str) else type(base).__name__)
        assert np.array_equal(one.predict(NEW), two.predict(NEW))
        assert np.array_equal(one.out_of_sample, two.out_of_sample)
        assert np.array_equal(pickle.loads(pickle.dumps(one)).predict(NEW), one.predict(NEW))
        deviations = one.std(NEW)
        if base in ("krr", "ridge", "spline"):
            assert deviations.shape == (11, y.shape[1]) and (deviations > 0).all()
            assert 1.0 < one.degrees_of_freedom < N
            assert one.tuning["path"].shape == (len(one.tuning["penalties"]), y.shape[1])
        else:
            assert deviations is None and one.degrees_of_freedom is None
        assert isinstance(one.tuning, dict) and one.remarks == ()


@pytest.mark.parametrize("base", ["krr", "ridge", "spline"])
@pytest.mark.parametrize("tune", ["reml", "gcv", "loo", "kfold"])
def test_every_criterion_predicts_better_than_the_mean(base, tune):
    fit = fit_base(base, X, Y, tune=tune, rng=1)
    losses = np.square(fit.out_of_sample - Y).mean(axis=0)
    assert (losses < 0.5 * Y.var(axis=0)).all()  # R squared of 0.7 and more at this noise


def test_krr_is_fit_krr():
    fit = fit_base("krr", X, Y, rng=1)
    assert np.array_equal(fit.predict(NEW), fit_krr(X, Y, rng=1).predict(NEW))
    low = fit_base("krr", X, Y, solver="nystrom", rng=1)
    assert "Nystrom" in low.remarks[0]


# reference -----------------------------------------------------------------------------------------------------------
def test_a_ridge_without_noise_is_least_squares():
    y = X @ np.array([[1.0], [2.0], [3.0]]) + 4.0
    fit = fit_base("ridge", X, y, tune="gcv")
    assert fit.penalty.tolist() == [0.0]
    assert np.allclose(fit.predict(NEW), NEW @ np.array([[1.0], [2.0], [3.0]]) + 4.0, rtol=1e-12)
    assert fit.degrees_of_freedom == pytest.approx(4.0)


def test_leave_one_out_values_of_nearly_exact_lines_are_those_of_least_squares():
    y = X @ np.array([[1.0], [2.0], [3.0]]) + np.random.default_rng(3).normal(size=(N, 1)) * 1e-3
    fit = fit_base("ridge", X, y, tune="loo")
    for i in (0, 5):
        rest = np.delete(np.arange(N), i)
        again = LinearRegression().fit(X[rest], y[rest]).predict(X[i : i + 1])
        assert np.allclose(fit.out_of_sample[i], again[0], atol=1e-3)  # shrinkage of the size of the noise


def test_splines_follow_curves_and_continue_straight_lines():
    x = np.sort(np.random.default_rng(4).uniform(-3.0, 3.0, 200))[:, None]
    noise = 0.1 * np.random.default_rng(5).normal(size=(200, 1))
    curve = fit_base("spline", x, np.sin(x) + noise)
    assert np.mean((curve.predict(x) - np.sin(x)) ** 2) < 0.002  # 12 degrees of freedom at most: 0.01 * 12 / 200 = 6e-4
    line = fit_base("spline", x, 2.0 * x + noise)
    assert line.predict(np.array([[5.0]]))[0, 0] == pytest.approx(10.0, abs=0.3)  # slope 2, s.e. 0.004, smoothed a bit
    assert line.degrees_of_freedom < 4.0 < curve.degrees_of_freedom


def test_splines_are_additive():
    fit = fit_base("spline", X, Y)
    a, b = NEW[0], NEW[1]
    mixed = np.array([a, b, [a[0], b[1], b[2]], [b[0], a[1], a[2]]])
    values = fit.predict(mixed)
    assert np.allclose(values[0] + values[1], values[2] + values[3], rtol=1e-10)


def test_a_forest_has_the_out_of_bag_values_of_scikit_learn():
    fit = fit_base("forest", X, Y[:, :1], rng=1)
    model = fit.estimator.model
    again = RandomForestRegressor(
        model.n_estimators, min_samples_leaf=model.min_samples_leaf, random_state=model.random_state, oob_score=True
    )
    y = Y[:, 0]
    again.fit((X - X.mean(axis=0)) / X.std(axis=0), (y - y.mean()) / y.std())
    assert np.allclose(fit.out_of_sample[:, 0], again.oob_prediction_ * y.std() + y.mean(), rtol=1e-12)
    assert fit.tuning["leaf"] == fit.tuning["leaves"][np.argmin(fit.tuning["path"])]


def test_a_forest_is_the_same_in_any_units():
    seed = np.random.SeedSequence(1)
    fits = [fit_forest(rows, y, tune="reml", seed=seed, n_trees=20) for rows, y in ((X, Y), (X * SMALL, Y / BIG))]
    fit, scaled = fits
    assert np.array_equal(scaled.predict(NEW * SMALL) * BIG, fit.predict(NEW))  # powers of two: no rounding
    assert np.array_equal(scaled.out_of_sample * BIG, fit.out_of_sample)
    assert scaled.tuning["leaf"] == fit.tuning["leaf"]
    moved = fit_forest(X + 1e8, Y + 1e8, tune="reml", seed=seed, n_trees=20)
    near = moved.predict(NEW + 1e8) - 1e8
    assert np.square(near - fit.predict(NEW)).mean() < 0.01 * Y.var()  # 1e-8 of rounding may turn a few splits


def test_a_forest_takes_several_responses():
    fit = fit_forest(X, Y, tune="reml", seed=np.random.SeedSequence(1), n_trees=50)
    assert fit.predict(NEW).shape == (11, 2)
    assert (np.square(fit.out_of_sample - Y).mean(axis=0) < Y.var(axis=0)).all()


def test_rows_that_every_tree_saw_get_the_mean_of_the_others():
    fit = fit_forest(X[:6], Y[:6], tune="reml", seed=np.random.SeedSequence(1), n_trees=1)
    assert "in the bag of every tree" in fit.remarks[0]
    others = (Y[:6].sum(axis=0) - Y[:6]) / 5
    assert np.isclose(fit.out_of_sample, others).all(axis=1).any()


def test_an_estimator_predicts_as_it_does_alone_and_is_left_as_it_was():
    model = LinearRegression()
    fit = fit_base(model, X, Y, rng=1)
    assert np.array_equal(fit.predict(NEW), LinearRegression().fit(X, Y).predict(NEW))
    assert not hasattr(model, "coef_")
    assert fit.estimator is not model


def test_out_of_sample_values_of_an_estimator_never_saw_their_response():
    """The nearest neighbour of a row is the row itself, unless the row was left out."""
    y = np.arange(float(N))[:, None]
    fit = fit_base(KNeighborsRegressor(1), X, y, rng=1)
    assert np.array_equal(fit.predict(X), y)
    assert not (fit.out_of_sample == y).any()


def test_estimators_for_one_response_are_fitted_to_each():
    model = GradientBoostingRegressor(n_estimators=5, random_state=2)
    fit = fit_base(model, X, Y, rng=1)
    for j in range(2):
        alone = GradientBoostingRegressor(n_estimators=5, random_state=2).fit(X, Y[:, j])
        assert np.array_equal(fit.predict(NEW)[:, j], alone.predict(NEW))


def test_seeds_that_the_user_chose_stay_and_others_are_drawn():
    chosen = fit_base(RandomForestRegressor(5, random_state=4), X, Y[:, :1], rng=1)
    assert chosen.estimator.random_state == 4
    nested = make_pipeline(StandardScaler(), RandomForestRegressor(5))
    drawn = fit_base(nested, X, Y[:, :1], rng=1)
    assert isinstance(drawn.estimator[-1].random_state, int)
    assert nested[-1].random_state is None


# degenerate ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("base", ["ridge", "spline"])
@pytest.mark.parametrize("tune", ["reml", "gcv", "loo", "kfold"])
def test_hostile_data_give_finite_values(base, tune):
    rng = np.random.default_rng(9)
    dummy = np.zeros((12, 2))
    dummy[0, 0] = 1.0
    dummy[:, 1] = rng.normal(size=12)
    cases = {
        "five rows": (rng.normal(size=(5, 2)), rng.normal(size=(5, 1))),
        "constant response": (rng.normal(size=(9, 2)), np.full((9, 1), 0.1)),
        "constant columns": (np.full((9, 2), 0.3), rng.normal(size=(9, 1))),
        "copies of columns": (np.repeat(rng.normal(size=(15, 1)), 3, axis=1), rng.normal(size=(15, 1))),
        "more columns than rows": (rng.normal(size=(8, 30)), rng.normal(size=(8, 1))),
        "exact": (np.arange(12.0)[:, None], np.arange(12.0)[:, None]),
        "a row with a column of its own": (dummy, rng.normal(size=(12, 1))),
    }
    for name, (x, y) in cases.items():
        fit = fit_base(base, x, y, tune=tune, rng=1)
        assert np.isfinite(fit.predict(x)).all(), name
        assert np.isfinite(fit.out_of_sample).all(), name
        assert np.isfinite(fit.std(x)).all(), name


# errors --------------------------------------------------------------------------------------------------------------
def test_what_a_base_does_not_use_is_refused_or_said():
    with pytest.raises(InvalidParameterError, match="only 'krr' has solvers"):
        fit_base("ridge", X, Y, solver="nystrom")
    forest = fit_forest(X, Y, tune="gcv", seed=np.random.SeedSequence(1), n_trees=5)
    for fit in (forest, fit_base(LinearRegression(), X, Y, tune="gcv")):
        assert "tune='gcv' has no part in this base" in fit.remarks[0]


@pytest.mark.parametrize(
    ("base", "message"),
    [("rigde", "did you mean 'ridge'"), (3, "base is 3; it takes one of"), (LinearRegression, "an instance")],
)
def test_bad_bases_are_named(base, message):
    with pytest.raises(InvalidParameterError, match=message):
        fit_base(base, X, Y)
