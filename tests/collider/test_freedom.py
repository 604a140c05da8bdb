"""Degrees of freedom after a projection are the trace of what fitted values make of responses."""

from types import SimpleNamespace

import numpy as np
import pytest

from stattools.collider import ColliderRegressor, ProjectedRegressor, augmented
from stattools.simulate.collider import gaussian_collider

pytestmark = pytest.mark.kernels
SETTINGS = {"base": "ridge", "projector": "linear", "penalty": 0.0, "gain": False, "test": None, "random_state": 1}


def smoother(model, data):
    """(n, n) and (N, n) matrices of a ridge regression: fitted values, and values out of sample or unlabelled."""
    n = len(data.y)
    scale = data.X.std(axis=0)
    rows = np.vstack([data.X, data.X_unlabeled])
    features = (rows - data.X.mean(axis=0)) / scale
    own = features[:n]
    ridge = np.linalg.inv(own.T @ own + float(model._fit.base.penalty[0]) * np.eye(own.shape[1])) @ own.T
    whole = features @ ridge @ (np.eye(n) - 1.0 / n) + 1.0 / n
    hat = whole[:n]
    leverage = np.diag(hat)[:, None]
    outside = np.where(np.eye(n, dtype=bool), 0.0, hat / (1.0 - leverage))
    return hat, np.vstack([outside, whole[n:]])


# naive ---------------------------------------------------------------------------------------------------------------
@pytest.mark.filterwarnings("ignore:N .1 - R2.")  # too few rows for the plug-in, which does not matter here
@pytest.mark.parametrize("method", ["plugin", "augmented"])
def test_the_trace_is_that_of_explicit_matrices(method):
    data = gaussian_collider(30, 40, 2, spouses=(0.8, 0.5), sigma=0.7, rng=1)
    model = ColliderRegressor(data.independent, method=method, **SETTINGS)
    model.fit(data.X, data.y, data.X_unlabeled)
    n = len(data.y)
    hat, values = smoother(model, data)
    residuals = values[:n] - np.eye(n)
    rows = np.vstack([data.X, data.X_unlabeled])[:, list(data.independent)]
    first = rows - rows.mean(axis=0)
    design, targets, weights = first, values, np.ones(len(rows))
    if method == "augmented":
        outside, all_values = values[:n] @ data.y, values @ data.y
        weights = np.concatenate([np.full(len(rows), 1 / np.var(all_values)), np.full(n, 1 / np.var(outside - data.y))])
        design = np.vstack([first, rows[:n] - rows[:n].mean(axis=0)])
        targets = np.vstack([values - values.mean(axis=0), residuals - residuals.mean(axis=0)])
    else:
        targets = values - values.mean(axis=0)
    roots = np.sqrt(weights)[:, None]
    coefficients = np.linalg.lstsq(design * roots, targets * roots, rcond=None)[0]
    expected = np.trace(hat) - np.trace(first[:n] @ coefficients)
    found = model.results_.degrees_of_freedom
    np.testing.assert_allclose(found.base, np.trace(hat), rtol=1e-10)  # explicit inverses
    np.testing.assert_allclose(found.projected, expected, rtol=1e-8)


# property ------------------------------------------------------------------------------------------------------------
def test_the_plug_in_takes_the_freedom_of_the_independent_columns():
    data = gaussian_collider(60, 2000, 3, spouses=(0.5, 0.5, 0.5), rng=2)
    model = ColliderRegressor(data.independent, method="plugin", **SETTINGS).fit(data.X, data.y, data.X_unlabeled)
    found = model.results_.degrees_of_freedom
    assert 2.5 < found.base - found.projected < 3.2


@pytest.mark.filterwarnings("ignore:N .1 - R2.")
@pytest.mark.parametrize("method", ["plugin", "augmented"])
def test_two_constraints_without_penalties_are_one_on_both_columns(method):
    data = gaussian_collider(30, 100, 2, spouses=(0.8, 0.5), sigma=0.7, rng=1)
    settings = {**SETTINGS, "method": method}
    one = ColliderRegressor([1, 2], **settings).fit(data.X, data.y, data.X_unlabeled)
    two = ColliderRegressor([(1,), (2,)], [(), ()], **settings).fit(data.X, data.y, data.X_unlabeled)
    found = [model.results_.degrees_of_freedom.projected for model in (one, two)]
    # sweeps end at changes of 1e-8
    np.testing.assert_allclose(*found, rtol=1e-6)


def test_two_penalised_constraints_have_the_derivatives_of_fits():
    """Responses enter linearly at fixed penalties and weights, so differences are derivatives."""
    data = gaussian_collider(25, 40, 2, spouses=(0.8, 0.5), sigma=0.7, rng=2)
    settings = {**SETTINGS, "method": "plugin", "penalty": 0.3}
    model = ColliderRegressor([(1,), (2,)], [(), ()], **settings).fit(data.X, data.y, data.X_unlabeled)
    fit, n = model._fit, len(data.y)
    rows = np.vstack([data.X, data.X_unlabeled])
    values = np.vstack([fit.base.again(np.eye(n), float(fit.base.penalty[0])).out_of_sample,
                        fit.base.again(np.eye(n), float(fit.base.penalty[0])).predict(data.X_unlabeled)])  # fmt: skip
    places = [SimpleNamespace(independent=(k,), given=()) for k in (1, 2)]
    trace = 0.0
    for i in range(n):
        targets = augmented.plugin_targets(values[:, [i]])
        trace += augmented.fit_correction("linear", rows, targets, places, penalty=0.3).predict(rows)[i, 0]
    found = model.results_.degrees_of_freedom
    np.testing.assert_allclose(found.projected, found.base - trace, rtol=1e-6)


def test_no_projection_leaves_all_and_forests_have_none():
    data = gaussian_collider(30, 0, 1, rng=1)
    model = ColliderRegressor(data.independent, **{**SETTINGS, "penalty": np.inf}).fit(data.X, data.y)
    assert model.results_.degrees_of_freedom.projected == model.results_.degrees_of_freedom.base
    from sklearn.tree import DecisionTreeRegressor

    options = {key: SETTINGS[key] for key in ("projector", "penalty", "gain", "test", "random_state")}
    tree = ProjectedRegressor(DecisionTreeRegressor(max_depth=2), data.independent, **options).fit(data.X, data.y)
    assert np.isnan(tree.results_.degrees_of_freedom.projected)
