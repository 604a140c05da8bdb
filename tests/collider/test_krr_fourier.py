"""Kernel ridge regression by random Fourier features."""

import numpy as np
import pytest

from stattools.collider import krr, study
from stattools.collider.estimator import ColliderRegressor
from stattools.collider.features import Scaler
from stattools.collider.krr import fit_krr
from stattools.collider.krr_fourier import streamed_scaler
from stattools.exceptions import InvalidParameterError


def _data(n, seed=1):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2)) * [1.0, 5.0] + [0.0, 40.0]
    return x, np.sin(2.0 * x[:, :1]) + 0.1 * x[:, 1:] + 0.2 * rng.normal(size=(n, 1))


def _design(n, rng):
    """Y and two standard normal columns independent of it, and two collider columns; the Bayes risk is 1/6."""
    y, x2 = rng.normal(size=n), rng.normal(size=(n, 2))
    x1 = np.column_stack([y + np.sin(x2[:, 0]), 0.5 * y + x2[:, 1]]) + 0.5 * rng.normal(size=(n, 2))
    return np.hstack([x1, x2]), y


def _best(X):
    """E[Y | X]: precision 1 + 1 / .25 + .25 / .25 = 6."""
    return (4.0 * (X[:, 0] - np.sin(X[:, 2])) + 2.0 * (X[:, 1] - X[:, 3])) / 6.0


# naive ---------------------------------------------------------------------------------------------------------------
def test_scaler_of_blocks_is_that_of_all_rows():
    x = np.column_stack([_data(5000)[0], np.full(5000, 0.1), np.full(5000, 1e9)])
    found, whole = streamed_scaler(x), Scaler.fit(x)
    assert found.kept.tolist() == whole.kept.tolist() == [0, 1]
    np.testing.assert_allclose(found.mean, whole.mean, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(found.scale, whole.scale, rtol=1e-12)


def test_out_of_sample_values_are_those_of_refits():
    x, y = _data(40)
    scaler = Scaler.fit(x)
    fit = fit_krr(scaler.of(x), y, solver="rff", standardise=False, lengthscale=1.0, penalty=0.3, n_features=64, rng=3)
    for i in (0, 11, 39):
        kept = np.arange(40) != i
        other = fit_krr(
            scaler.of(x)[kept], y[kept], solver="rff", standardise=False, lengthscale=1.0, penalty=0.3, n_features=64,
            rng=3,
        )  # fmt: skip
        # the same features, regressed by two decompositions
        assert other.predict(scaler.of(x)[[i]])[0, 0] == pytest.approx(fit.out_of_sample[i, 0], abs=1e-10)
    np.testing.assert_allclose(fit.fitted, fit.predict(scaler.of(x)), atol=1e-12)


# property ------------------------------------------------------------------------------------------------------------
def test_many_features_give_the_exact_fit():
    x, y = _data(150)
    y = np.hstack([y, y**2])
    settings = {"lengthscale": 0.7, "penalty": np.array([0.5, 5.0])}
    exact = fit_krr(x, y, **settings)
    found = fit_krr(x, y, solver="rff", n_features=1000, rng=1, **settings)
    new, _ = _data(50, seed=2)
    # kernels differ by 1 / sqrt(1000) = 0.03; measured 0.07 at this size and half of it with four times as many
    for one, other in ((found.predict(new), exact.predict(new)), (found.out_of_sample, exact.out_of_sample)):
        assert (np.sqrt(np.mean((one - other) ** 2, axis=0)) < 0.12 * other.std(axis=0)).all()
    assert found.degrees_of_freedom == pytest.approx(exact.degrees_of_freedom, rel=0.05)
    inside = exact.std(new) < 2.0 * exact.std(new).min()  # beyond the rows features know less
    np.testing.assert_allclose(found.std(new)[inside], exact.std(new)[inside], rtol=0.1)


def test_rows_on_disk_and_seeds(tmp_path):
    x, y = _data(5000)
    np.save(tmp_path / "x.npy", x)
    stored = np.load(tmp_path / "x.npy", mmap_mode="r")
    first = fit_krr(x, y, solver="rff", n_features=32, rng=5)
    again = fit_krr(stored, y, solver="rff", n_features=32, rng=5)
    assert (first.out_of_sample == again.out_of_sample).all()
    assert (first.predict(x[:9]) == again.predict(stored[:9])).all()
    other = fit_krr(x, y, solver="rff", n_features=32, rng=6)
    assert (first.predict(x[:9]) != other.predict(x[:9])).any()
    assert "32 random Fourier features" in first.remarks[-1]


def test_auto_takes_features_for_many_rows(monkeypatch):
    x, y = _data(300)
    monkeypatch.setattr(krr, "MOST_EXACT", 100)
    monkeypatch.setattr(krr, "MOST_NYSTROM", 200)
    assert "Fourier" in fit_krr(x, y, rng=1).remarks[-1]
    assert "Nystrom" in fit_krr(x[:150], y[:150], rng=1).remarks[-1]
    assert "Nystrom" in fit_krr(x, y, tune="loo", rng=1).remarks[-1]
    assert fit_krr(x[:90], y[:90], rng=1).remarks == ()


def test_the_estimator_takes_features(monkeypatch):
    X, y = _design(400, np.random.default_rng(1))
    monkeypatch.setattr(study, "TEST_ROWS", 300)
    model = ColliderRegressor(independent=[2, 3], solver="rff", gain=False, n_resamples=99, random_state=1)
    model.fit(X[:350], y[:350], X_unlabeled=X[350:])
    again = ColliderRegressor(independent=[2, 3], solver="rff", gain=False, n_resamples=99, random_state=1)
    again.fit(X[:350], y[:350], X_unlabeled=X[350:])
    assert (model.predict(X) == again.predict(X)).all()
    assert any("300 of the 350 labelled rows" in words for words in model.results_.notes)
    # fitted values came with the fit, and predictions by another pass
    np.testing.assert_allclose(model.results_.fitted, model.predict(X[:350]), atol=1e-10)
    bare = ColliderRegressor(solver="rff", random_state=1).fit(X[:350], y[:350])
    np.testing.assert_allclose(bare.results_.fitted, bare.predict(X[:350]), atol=1e-10)
    assert (bare.predict(X, return_std=True)[1] > 0).all()


# calibration ---------------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_a_large_fit_comes_close_to_the_best_prediction():
    rng = np.random.default_rng(2)
    X, y = _design(60_000, rng)
    unlabeled, _ = _design(60_000, rng)
    new, _ = _design(50_000, rng)
    model = ColliderRegressor(independent=[2, 3], random_state=1).fit(X, y, X_unlabeled=unlabeled)
    projected = np.mean((model.predict(new) - _best(new)) ** 2)
    base = np.mean((model._fit.predict_base(new)[:, 0] - _best(new)) ** 2)
    # 100 degrees of freedom on 60,000 rows cost 100 / 60,000 = 0.17 % of the Bayes risk, and features as much
    assert projected < 0.01 / 6.0
    assert projected < 1.02 * base


# errors --------------------------------------------------------------------------------------------------------------
def test_what_features_have_not_is_refused():
    x, y = _data(30)
    for options in ({"tune": "loo"}, {"tune": "kfold"}, {"intercept": False}):
        with pytest.raises(InvalidParameterError, match="solver is 'rff'"):
            fit_krr(x, y, solver="rff", **options)
    with pytest.raises(InvalidParameterError, match="must be even"):
        fit_krr(x, y, solver="rff", n_features=31)
