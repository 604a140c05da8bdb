"""Columns with names: estimators that select by them, and tables without responses whose labels are numbers."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from stattools.collider import ColliderRegressor, ProjectedRegressor
from stattools.exceptions import InvalidDataError


def sample(n=60, m=30):
    rng = np.random.default_rng(1)
    y, a = rng.normal(size=(2, n + m))
    X = np.column_stack([y + a, a, rng.normal(size=n + m)]) + 0.5 * rng.normal(size=(n + m, 3))
    return X[:n], y[:n], X[n:]


def by_name():
    return make_pipeline(ColumnTransformer([("scaled", StandardScaler(), ["one", "three", "two"])]), Ridge())


def test_estimators_see_the_names_of_the_columns():
    X, y, others = sample()
    table, unlabeled = (pd.DataFrame(rows, columns=["one", "two", "three"]) for rows in (X, others))
    plain = make_pipeline(StandardScaler(), Ridge())
    for make in (
        lambda estimator: ProjectedRegressor(estimator, ["two"], gain=False, random_state=1),
        lambda estimator: ColliderRegressor(["two"], base=estimator, gain=False, random_state=1),
    ):
        named = make(by_name()).fit(table, y, X_unlabeled=unlabeled).predict(table)
        expected = make(plain).fit(table, y, X_unlabeled=unlabeled).predict(table)
        # the columns are in another order in the solve
        np.testing.assert_allclose(named, expected, rtol=1e-9)


def test_labels_that_are_numbers_are_matched():
    X, y, others = sample()
    settings = {"base": "ridge", "gain": False, "test": None, "random_state": 1}
    expected = ColliderRegressor([1], **settings).fit(X, y, X_unlabeled=others).predict(X)
    shuffled = pd.DataFrame(others)[[2, 0, 1]]
    found = ColliderRegressor([1], **settings).fit(pd.DataFrame(X), y, X_unlabeled=shuffled).predict(X)
    np.testing.assert_array_equal(found, expected)
    with pytest.raises(InvalidDataError, match=r"lacks \[0\] and has \[7\]"):
        ColliderRegressor([1], **settings).fit(pd.DataFrame(X), y, X_unlabeled=shuffled.rename(columns={0: 7}))
