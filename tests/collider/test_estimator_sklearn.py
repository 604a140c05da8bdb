import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from stattools.collider import ColliderRegressor, ProjectedRegressor
from stattools.exceptions import InvalidDataError
from stattools.simulate.collider import gaussian_collider

OPTIONS = {"gain": False, "test": None, "random_state": 1}
FREE = [ColliderRegressor(base="ridge", **OPTIONS), ProjectedRegressor(LinearRegression(), **OPTIONS)]
CONSTRAINED = [
    ColliderRegressor([0], base="ridge", projector="linear", **OPTIONS),
    ProjectedRegressor(LinearRegression(), [0], projector="linear", **OPTIONS),
]
EXPECTED = {"check_fit2d_1feature": "a constraint on the only column leaves none to predict with, as the error says"}


def data(n=40, m=60):
    return gaussian_collider(n, m, 10, spouses=(0.8, 0.8), rng=1)


def run(check, estimator):
    state = np.random.get_state()  # noqa: NPY002  (one of the checks shuffles with the global generator)
    try:
        check(estimator)
    finally:
        np.random.set_state(state)  # noqa: NPY002


@parametrize_with_checks(FREE)
def test_conventions_without_a_constraint(estimator, check):
    run(check, estimator)


@parametrize_with_checks(CONSTRAINED, expected_failed_checks=lambda estimator: EXPECTED)
def test_conventions_with_a_constraint(estimator, check):
    run(check, estimator)


def test_searches_and_pipelines():
    d = data()
    search = GridSearchCV(ColliderRegressor([1, 2], base="ridge", **OPTIONS), {"method": ["augmented", "none"]}, cv=3)
    assert search.fit(d.X, d.y).best_params_["method"] in ("augmented", "none")
    pipeline = make_pipeline(StandardScaler(), ProjectedRegressor(LinearRegression(), [1, 2], **OPTIONS))
    assert np.isfinite(cross_val_score(pipeline, d.X, d.y, cv=3)).all()


def test_graphs_in_pipelines():
    d = data()
    frame = pd.DataFrame(d.X, columns=["X1", "X2", "X3"])
    by_name = ColliderRegressor(dag="Y -> X1 <- X2; X3 -> X1", response="Y", base="ridge", **OPTIONS)
    by_index = ColliderRegressor(dag=[("Y", 0), (1, 0), (2, 0)], response="Y", base="ridge", **OPTIONS)
    with pytest.raises(InvalidDataError, match="StandardScaler"):
        make_pipeline(StandardScaler(), by_name).fit(frame, d.y)
    named = make_pipeline(StandardScaler().set_output(transform="pandas"), by_name).fit(frame, d.y)
    plain = make_pipeline(StandardScaler(), by_index).fit(frame, d.y)
    np.testing.assert_array_equal(named.predict(frame), plain.predict(frame))


def test_unlabelled_rows_are_routed():
    d = data()
    with sklearn.config_context(enable_metadata_routing=True):
        model = ColliderRegressor([1, 2], base="ridge", projector="linear", penalty=0.0, **OPTIONS)
        model.set_fit_request(X_unlabeled=True)
        with_rows = cross_val_score(model, d.X, d.y, cv=3, params={"X_unlabeled": d.X_unlabeled})
        search = GridSearchCV(model, {"method": ["augmented"]}, cv=3).fit(d.X, d.y, X_unlabeled=d.X_unlabeled)
    plain = ColliderRegressor([1, 2], base="ridge", projector="linear", penalty=0.0, **OPTIONS)
    alone = cross_val_score(plain, d.X, d.y, cv=3)
    assert not np.allclose(with_rows, alone)
    assert search.best_estimator_.results_.provenance.sizes["unlabeled"] == 60
