"""Penalties of linear projections from posterior variances of the base."""

from types import SimpleNamespace

import numpy as np
import pytest

from stattools.collider import augmented, bases, fitting
from stattools.collider.fitting import Options
from stattools.collider.prior import MOST_ROWS, posterior_penalties
from stattools.simulate.collider import gaussian_collider, mvn_collider

SEED = np.random.SeedSequence(1)


def constraint(independent, given=()):
    return SimpleNamespace(independent=tuple(independent), given=tuple(given))


def options(penalty="auto", method="augmented", projector="linear", base="krr"):
    return Options(base=base, method=method, projector=projector, penalty=penalty, tune="reml", solver="auto")


def sample(n=40, m=30, p=3, q=2, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n + m, p))
    y = np.column_stack([np.sin(X[:n, 0]) + X[:n, 1], X[:n, 2] ** 2])[:, :q] + 0.3 * rng.normal(size=(n, q))
    return X, y


# naive ---------------------------------------------------------------------------------------------------------------
def naive_krr_covariance(fit, X, n, j):
    """Posterior covariance of the function at the rows of X, by explicit inverses."""
    points = fit.scaler.of(X) / fit.lengthscale
    kernel = np.exp(-0.5 * np.square(points[:, None] - points[None]).sum(axis=2))
    centring = np.eye(len(X)) - np.r_[np.full(n, 1.0 / n), np.zeros(len(X) - n)][None, :]
    kernel = centring @ kernel @ centring.T  # less the mean over the rows of the fit
    inverse = np.linalg.inv(kernel[:n, :n] + fit.penalty[j] * np.eye(n))
    inside = kernel - kernel[:, :n] @ inverse @ kernel[:n]
    return fit.noise_variance[j] * (inside / fit.penalty[j] + 1.0 / n)


@pytest.mark.parametrize("chunk", [2**22, 300])
def test_variances_of_contrasts_are_those_of_the_posterior_of_a_kernel_ridge(chunk, monkeypatch):
    monkeypatch.setattr("stattools.collider.krr.CHUNK", chunk)
    X, y = sample()
    fit = bases.fit_base("krr", X[:40], y, rng=1)
    weights = np.random.default_rng(2).normal(size=(70, 4))
    weights -= weights.mean(axis=0)
    found = fit.contrast_variances(X, weights)
    for j in range(2):
        expected = np.diag(weights.T @ naive_krr_covariance(fit, X, 40, j) @ weights)
        # inverses of matrices of condition 1e4
        np.testing.assert_allclose(found[:, j], expected, rtol=1e-8)


@pytest.mark.parametrize("base", ["ridge", "spline"])
def test_variances_of_contrasts_are_those_of_the_posterior_of_a_ridge(base):
    X, y = sample()
    fit = bases.fit_base(base, X[:40], y, rng=1)
    weights = np.random.default_rng(2).normal(size=(70, 4))
    weights -= weights.mean(axis=0)
    found = fit.contrast_variances(X, weights)
    features = bases._features(fit._maps, fit._scales, X) - fit._spectrum.mean
    sums = weights.T @ features
    for j in range(2):
        gram = features[:40].T @ features[:40] + fit.penalty[j] * np.eye(features.shape[1])
        expected = fit._path.noise_variance(fit.penalty)[j] * np.diag(sums @ np.linalg.solve(gram, sums.T))
        # systems of condition 1e4
        np.testing.assert_allclose(found[:, j], expected, rtol=1e-8)


def test_approximate_kernel_ridges_have_nearly_the_same_variances():
    X, y = sample(n=600, m=100)
    weights = np.random.default_rng(2).normal(size=(700, 3))
    weights -= weights.mean(axis=0)
    exact, few, random = (
        bases.fit_base("krr", X[:600], y, solver=solver, rng=1).contrast_variances(X, weights)
        for solver in ("exact", "nystrom", "rff")
    )
    # penalties are chosen by each, and random features err by a tenth
    np.testing.assert_allclose(few, exact, rtol=0.05)
    np.testing.assert_allclose(random, exact, rtol=0.5)


def test_a_correction_is_shrunk_by_the_prior_variance():
    """One column, no conditions: b t / (t + 1 / (sum of w z^2)) with the prior variance t of the base."""
    data = gaussian_collider(50, 100, 1, spouses=(0.8,), sigma=0.6, rng=3)
    y = data.y[:, None]
    base = bases.fit_base("ridge", data.X, y, rng=1)
    rows = np.vstack([data.X, data.X_unlabeled])
    fit = fitting.project_base(base, options(), data.X, y, data.X_unlabeled, [constraint([1])], SEED)
    z = (rows[:, 1] - rows[:, 1].mean()) / rows[:, 1].std()
    t = float(base.contrast_variances(rows, z[:, None] / np.sqrt(150.0))[0, 0]) / 150.0
    targets = augmented.augmented_targets(fit.values, fit.residuals)
    w = targets.weights[:, 0]
    stacked = np.r_[z, z[:50] - z[:50].mean()]
    stacked[:150] -= stacked[:150].mean()
    values = np.r_[fit.values[:, 0] - fit.values.mean(), fit.residuals[:, 0] - fit.residuals.mean()]
    information = np.sum(w * stacked**2)
    slope = np.sum(w * stacked * values) / information * t / (t + 1.0 / information)
    grid = np.array([[0.0, -1.0], [0.0, 1.0]])
    found = np.diff(fit.correction.predict(grid)[:, 0])[0] / 2.0
    assert found == pytest.approx(slope / rows[:, 1].std(), rel=1e-10)


def test_least_squares_has_the_closed_form():
    """With u' C u the noise variance v for every direction in the span: a penalty of sum z^2 / (r v sum w)."""
    data = gaussian_collider(60, 0, 1, spouses=(0.8, 0.8), sigma=0.6, rng=3)
    y = data.y[:, None]
    base = bases.fit_features("ridge", (bases.Linear.fit(data.X),), (1.0,), data.X, y, tune="reml", seed=SEED)
    base = base.again(y, 0.0)
    targets = augmented.plugin_targets(base.out_of_sample)
    found = posterior_penalties(base, data.X, targets, [constraint([1, 2])])
    v = np.sum((y - base.predict(data.X)) ** 2) / (60 - 4)
    expected = 60 * 2 / (2 * v * targets.weights.sum())
    np.testing.assert_allclose(found[0], expected, rtol=1e-9)


# property ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("given", [(), (0,)])
def test_units_do_not_matter(given):
    X, y = sample(p=4, q=1)
    values = []
    for scale, shift, size in ((1.0, 0.0, 1.0), (np.array([1e3, 1e-3, 5.0, 2.0]), 7.0, 1e4)):
        rows = X * scale + shift
        fit = fitting.fit_projected(
            options(base="ridge"), rows[:40], size * y, rows[40:], [constraint([2, 3], given)], SEED
        )
        values.append(fit.predict(rows) / size)
    np.testing.assert_allclose(*values, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(("noise", "n_unlabelled"), [(1.0, 400), (1.0, 4000), (0.1, 400)])
def test_the_share_of_least_squares_that_is_kept_is_the_one_of_its_theory(noise, n_unlabelled):
    """(1 - R2) / n over its sum with R2 / (n / (1 - R2) + m), since errors of slopes have variance (1 - R2) / n."""
    n, rng = 400, np.random.default_rng(4)
    X = rng.normal(size=(n + n_unlabelled, 2))
    y = X[:n, :1] + noise * rng.normal(size=(n, 1))
    fit = fitting.fit_projected(options(base="ridge"), X[:n], y, X[n:], [constraint([1])], SEED)
    left = noise**2 / (1.0 + noise**2)
    error, sampling = left / n, (1.0 - left) / (n / left + n_unlabelled)
    # R2 of 400 rows has a standard error of 0.03
    assert fit.correction.degrees_of_freedom[0] == pytest.approx(error / (error + sampling), abs=0.04)


def test_bases_without_variances_keep_the_criterion():
    X, y = sample(q=1)
    one, two = (
        fitting.fit_projected(options(penalty, base="forest"), X[:40], y, X[40:], [constraint([1])], SEED).predict(X)
        for penalty in ("auto", "gcv")
    )
    np.testing.assert_array_equal(one, two)


def test_other_projectors_keep_the_criterion():
    X, y = sample(q=1)
    one, two = (
        fitting.fit_projected(
            options(penalty, projector="spline"), X[:40], y, X[40:], [constraint([1])], SEED
        ).predict(X)
        for penalty in ("auto", "gcv")
    )
    np.testing.assert_array_equal(one, two)


def test_many_rows_are_represented_by_some():
    X, y = sample(n=60, m=3 * MOST_ROWS, q=1)
    base = bases.fit_base("ridge", X[:60], y, rng=1)
    values = base.predict(X)
    targets = augmented.plugin_targets(values)
    ((some,), (others,)) = (posterior_penalties(base, X, targets, [constraint([1, 2])], seed) for seed in (1, 2))
    scaled = (X[:, 1:] - X[:, 1:].mean(axis=0)) / X[:, 1:].std(axis=0)
    u, s, _ = np.linalg.svd(scaled, full_matrices=False)
    every = np.sum(s**2) / (base.contrast_variances(X, u).sum() * targets.weights.sum())
    # variances of slopes between samples of 2000 rows differ by the size of 1 / sqrt(2000)
    assert some[0] == pytest.approx(every, rel=0.1) and others[0] == pytest.approx(every, rel=0.1)
    assert some[0] != others[0]


def test_a_constant_function_has_no_projection():
    X, _ = sample()
    fit = fitting.fit_projected(options(), X[:40], np.ones((40, 1)), X[40:], [constraint([1])], SEED)
    assert not fit.projects


# calibration ---------------------------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("m", [0, 100])
def test_the_default_gains_no_less_than_the_criterion_with_a_smaller_spread(m):
    found = []
    for seed in range(1000, 1150):
        data = mvn_collider(50, m, 5000, rng=seed)
        y = data.y[:, None]
        base = bases.fit_base("krr", data.X, y, rng=seed)
        row = [base.predict(data.X_test)[:, 0]]
        for penalty in ("auto", "gcv"):
            fit = fitting.project_base(
                base, options(penalty), data.X, y, data.X_unlabeled, [constraint(data.independent)], SEED
            )
            row.append(fit.predict(data.X_test)[:, 0])
        found.append([np.mean((values - data.y_test) ** 2) for values in row])
    losses = np.array(found)
    gains = losses[:, [0]] - losses[:, 1:]
    mean, error = gains.mean(axis=0), gains.std(axis=0) / np.sqrt(len(gains))
    assert mean[0] > -2.0 * error[0]
    assert mean[0] > mean[1] - 2.0 * np.std(gains[:, 0] - gains[:, 1]) / np.sqrt(len(gains))
    assert error[0] < error[1]
    if m:
        assert mean[0] > 3.0 * error[0]
        assert np.mean(gains[:, 0] > 0) > np.mean(gains[:, 1] > 0)
