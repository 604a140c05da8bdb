"""Linear projections by the posterior law that a base has of its errors."""

from types import SimpleNamespace

import numpy as np
import pytest

from stattools.collider import ColliderRegressor, augmented, bases, fitting, gain
from stattools.collider.features import Scaler
from stattools.collider.fitting import Options
from stattools.collider.paths import MULTIPLES, PROBABLY
from stattools.collider.prior import MOST_ROWS, linear_priors
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
def test_covariances_of_contrasts_are_those_of_the_posterior_of_a_kernel_ridge(chunk, monkeypatch):
    monkeypatch.setattr("stattools.collider.krr.CHUNK", chunk)
    X, y = sample()
    fit = bases.fit_base("krr", X[:40], y, rng=1)
    weights = np.random.default_rng(2).normal(size=(70, 4))
    weights -= weights.mean(axis=0)
    found = fit.contrast_covariances(X, weights)
    for j in range(2):
        expected = weights.T @ naive_krr_covariance(fit, X, 40, j) @ weights
        # inverses of matrices of condition 1e4
        np.testing.assert_allclose(found[j], expected, rtol=1e-8, atol=1e-8 * np.abs(expected).max())


@pytest.mark.parametrize("base", ["ridge", "spline"])
def test_covariances_of_contrasts_are_those_of_the_posterior_of_a_ridge(base):
    X, y = sample()
    fit = bases.fit_base(base, X[:40], y, rng=1)
    weights = np.random.default_rng(2).normal(size=(70, 4))
    weights -= weights.mean(axis=0)
    found = fit.contrast_covariances(X, weights)
    features = bases._features(fit._maps, fit._scales, X) - fit._spectrum.mean
    sums = weights.T @ features
    for j in range(2):
        gram = features[:40].T @ features[:40] + fit.penalty[j] * np.eye(features.shape[1])
        expected = fit._path.noise_variance(fit.penalty)[j] * sums @ np.linalg.solve(gram, sums.T)
        # systems of condition 1e4
        np.testing.assert_allclose(found[j], expected, rtol=1e-8, atol=1e-8 * np.abs(expected).max())


def test_approximate_kernel_ridges_have_nearly_the_same_covariances():
    X, y = sample(n=600, m=100)
    weights = np.random.default_rng(2).normal(size=(700, 3))
    weights -= weights.mean(axis=0)
    exact, few, random = (
        bases.fit_base("krr", X[:600], y, solver=solver, rng=1).contrast_covariances(X, weights)
        for solver in ("exact", "nystrom", "rff")
    )
    # penalties are chosen by each, and random features err by a tenth
    size = np.abs(exact).max(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(few / size, exact / size, atol=0.05)
    np.testing.assert_allclose(random / size, exact / size, atol=0.5)


def naive_slopes(base, fit, rows, columns, given=()):
    """Posterior mean of the slopes of errors on constraint columns, by inverses; their covariance; and the features.

    Values are errors plus noise of the variance of the values.
    """
    left = [columns.index(j) for j in columns]
    z = rows[:, columns] - rows[:, columns].mean(axis=0)
    values = fit.values[:, 0] - fit.values[:, 0].mean()
    if given:
        b = rows[:, list(given)] - rows[:, list(given)].mean(axis=0)
        hat = b @ np.linalg.pinv(b)
        z, values = z - hat @ z, values - hat @ values
    inverse = np.linalg.inv(z.T @ z)
    prior = inverse @ base.contrast_covariances(rows, z)[0] @ inverse
    noise = np.mean(values**2)
    covariance = np.linalg.inv(np.linalg.inv(prior) + z.T @ z / noise)
    return covariance @ (z.T @ values) / noise, covariance, z[:, left]


@pytest.mark.parametrize("base", ["krr", "ridge", "spline"])
@pytest.mark.parametrize(("columns", "given"), [([1], ()), ([1, 2, 3], ()), ([2, 3], (0,))])
def test_a_plug_in_correction_is_the_posterior_mean(base, columns, given):
    X, y = sample(p=4, q=1)
    mixed = X @ np.array([[1.0, 0.5, 0.0, 0.3], [0.0, 1.0, 0.4, 0.0], [0.0, 0.0, 1.0, 0.8], [0.0, 0.0, 0.0, 1.0]])
    fit = fitting.fit_projected(
        options(base=base, method="plugin"), mixed[:40], y, mixed[40:], [constraint(columns, given)], SEED
    )
    slopes, covariance, z = naive_slopes(fit.base, fit, mixed, columns, given)
    # covariances of bases have condition 1e4
    np.testing.assert_allclose(fit.correction.predict(mixed)[:, 0], z @ slopes, rtol=1e-6, atol=1e-9)
    gram = z.T @ z / len(z)
    expected = np.sum(gram * (covariance + np.outer(slopes, slopes)))
    predicted = gain.predicted_gain(
        "plugin", fit.correction.predict(mixed), fit.correction.noise, np.nan, fit.correction.unshrunk
    )
    assert predicted.oracle == pytest.approx(expected, rel=1e-6)
    assert predicted.net == pytest.approx(slopes @ gram @ slopes, rel=1e-6)


def test_the_probability_of_a_gain_is_that_of_draws_from_the_posterior():
    X, y = sample(p=4, q=1)
    for method in ("plugin", "augmented"):
        fit = fitting.fit_projected(options(method=method), X[:40], y, X[40:], [constraint([1, 2, 3])], SEED)
        slopes, covariance, z = naive_slopes(fit.base, fit, X, [1, 2, 3])
        correction = fit.correction.predict(X)[:, 0]
        errors = z @ np.random.default_rng(1).multivariate_normal(slopes, covariance, 40_000).T
        gains = np.mean(errors**2, axis=0) - np.mean((errors - correction[:, None]) ** 2, axis=0)
        unshrunk = fit.correction.unshrunk
        predicted = gain.predicted_gain(method, correction[:, None], fit.correction.noise, np.nan, unshrunk)
        # 40,000 draws
        assert predicted.probability == pytest.approx(np.mean(gains > 0), abs=0.01)
        assert predicted.net == pytest.approx(gains.mean(), abs=4.0 * gains.std() / 200.0)


def test_a_careful_correction_is_the_least_shrunk_one_that_probably_helps():
    found = {1.0: 0, 10.0: 0}
    for seed in range(30):
        X, y = sample(m=300, p=5, q=1, seed=seed)
        base = bases.fit_base("krr", X[:40], y, rng=1)
        mean, careful = (
            fitting.project_base(base, options(method=method), X[:40], y, X[40:], [constraint([2, 3, 4])], SEED)
            for method in ("plugin", "augmented")
        )
        multiple = float((careful.correction.penalty / mean.correction.penalty)[0, 0])
        probability = []
        for fit in (mean, careful):
            values = fit.correction.predict(X)
            predicted = gain.predicted_gain("augmented", values, np.zeros(1), np.nan, fit.correction.unshrunk)
            probability.append(predicted.probability)
        assert np.isclose(multiple, MULTIPLES, rtol=1e-12).any()
        if multiple == 1.0:
            assert probability[0] >= PROBABLY
        else:
            assert probability[0] < PROBABLY and probability[0] < probability[1]
            assert probability[1] >= PROBABLY or multiple == pytest.approx(10.0)
        for edge in found:
            found[edge] += bool(np.isclose(multiple, edge))
    assert found[1.0] and found[10.0] and sum(found.values()) < 30


def test_least_squares_has_the_closed_form():
    """With u' C u = v for all u in the span of the rows: features of one length, and a penalty of 1 / N."""
    data = gaussian_collider(60, 0, 1, spouses=(0.8, 0.8), sigma=0.6, rng=3)
    y = data.y[:, None]
    base = bases.fit_features("ridge", (bases.Linear.fit(data.X),), (1.0,), data.X, y, tune="reml", seed=SEED)
    base = base.again(y, 0.0)
    targets = augmented.plugin_targets(base.out_of_sample)
    (found,) = linear_priors(base, data.X, targets, [constraint([1, 2])], careful=False)
    v = np.sum((y - base.predict(data.X)) ** 2) / (60 - 4)
    features = (data.X[:, 1:] - data.X[:, 1:].mean(axis=0)) @ found.mixing
    np.testing.assert_allclose(features.T @ features, v * targets.weights_of(0)[0] * np.eye(2), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.penalty, 1.0 / 60.0, rtol=1e-12)


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
    """(1 - R2) / n over its sum with 1 / N, since errors of slopes have variance (1 - R2) / n, those of values 1."""
    n, found = 400, []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(n + n_unlabelled, 2))
        y = X[:n, :1] + noise * rng.normal(size=(n, 1))
        fit = fitting.fit_projected(options(base="ridge", method="plugin"), X[:n], y, X[n:], [constraint([1])], SEED)
        found.append(fit.correction.degrees_of_freedom[0])
    left = noise**2 / (1.0 + noise**2)
    error, sampling = left / n, (1.0 - left) / (n + n_unlabelled)
    # one share has a standard deviation of 0.04
    assert np.mean(found) == pytest.approx(error / (error + sampling), abs=0.03)


def test_several_responses_with_one_penalty_are_corrected_as_each_by_itself():
    X, y = sample()
    y = y[:, :1] * np.array([1.0, -30.0])
    both, one = (
        fitting.fit_projected(options(base="ridge"), X[:40], part, X[40:], [constraint([1, 2])], SEED).predict(X)
        for part in (y, y[:, :1])
    )
    np.testing.assert_allclose(both, one * np.array([1.0, -30.0]), rtol=1e-8)


def test_a_law_that_is_not_finite_is_none():
    """Least squares on a column that is constant on labelled rows knows nothing of its slope."""
    X, y = sample(q=1)
    X[:40, 2] = 1.0
    base = bases.fit_features("ridge", (bases.Linear(Scaler.fit(X)),), (1.0,), X[:40], y, tune="reml", seed=SEED)
    base = base.again(y, 0.0)
    targets = augmented.plugin_targets(base.predict(X))
    assert linear_priors(base, X, targets, [constraint([2])], careful=False) == (None,)


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
    targets = augmented.plugin_targets(base.predict(X))
    some, others = (
        linear_priors(base, X, targets, [constraint([1, 2])], careful=False, rng=seed)[0].mixing for seed in (1, 2)
    )
    z = X[:, 1:] - X[:, 1:].mean(axis=0)
    inverse = np.linalg.inv(z.T @ z)
    every = targets.weights_of(0)[0, 0] * inverse @ base.contrast_covariances(X, z)[0] @ inverse
    for mixing in (some, others):
        # covariances of slopes between samples of 2000 rows differ by the size of 1 / sqrt(2000)
        np.testing.assert_allclose(mixing @ mixing.T, every, atol=0.1 * np.abs(every).max())
    assert not np.allclose(some, others, rtol=1e-9)


@pytest.mark.parametrize("m", [6000, 40_000])
@pytest.mark.parametrize("method", ["plugin", "augmented"])
def test_passes_over_many_rows_are_the_regression_of_few(method, m, monkeypatch):
    X, y = sample(n=60, m=m, q=1)
    y = y + 3.0 * np.random.default_rng(5).normal(size=y.shape)
    found = []
    for limit in (10**9, 5000):
        monkeypatch.setattr("stattools.collider.smoothers.ROWS_AS_PRODUCTS", limit)
        monkeypatch.setattr("stattools.collider.smoothers.MANY_ROWS", 10**9 if limit > 5000 else 30_000)
        fit = fitting.fit_projected(
            options(base="ridge", method=method), X[:60], y, X[60:], [constraint([1, 2])], SEED
        )
        found.append((fit.predict(X[:100]), fit.correction.unshrunk.left, fit.correction.unshrunk.doubt))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-12)


def test_residuals_do_not_enter_where_the_law_of_errors_is_known():
    X, y = sample(q=1)
    base = bases.fit_base("ridge", X[:40], y, rng=1)
    rows, places = X, [constraint([1, 2])]
    values = np.vstack([base.out_of_sample, base.predict(X[40:])])
    residuals = base.out_of_sample - y
    priors = linear_priors(base, X, augmented.plugin_targets(values), places, careful=True)
    plain = augmented.fit_correction("linear", rows, augmented.plugin_targets(values), places, priors=priors)
    for shift in (residuals, residuals + np.random.default_rng(1).normal(size=residuals.shape)):
        stacked = augmented.augmented_targets(values, shift)
        found = augmented.fit_correction("linear", rows, stacked, places, priors=priors)
        np.testing.assert_array_equal(found.predict(X), plain.predict(X))


def test_discrete_columns_have_cells_and_no_law():
    X, y = sample(n=60, m=60, q=1)
    X[:, 2] = np.sign(X[:, 2])
    places = [constraint([2]), constraint([1])]
    base = bases.fit_base("ridge", X[:60], y, rng=1)
    found = linear_priors(base, X, augmented.plugin_targets(base.predict(X)), places, careful=False, kind="auto")
    assert found[0] is None and found[1] is not None
    fit = fitting.fit_projected(options(base="ridge", projector="auto"), X[:60], y, X[60:], places, SEED)
    cells, linear = fit.correction.projectors
    assert cells.settings["law"] is None and len(linear.settings["terms"][0]["law"]) == 1


def test_noise_is_that_around_the_columns_of_each_constraint():
    """Values vary much with column 2, on which only the second constraint conditions."""
    gains, predicted = [], []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(1100, 3))
        y = 5.0 * X[:40, [2]] + rng.normal(size=(40, 1))
        places = [constraint([0]), constraint([1], [2])]
        fit = fitting.fit_projected(options(base="ridge"), X[:40], y, X[40:100], places, SEED)
        base, values = fit.predict_base(X[100:]), fit.predict(X[100:])
        truth = 5.0 * X[100:, [2]]
        gains.append(np.mean((base - truth) ** 2) - np.mean((values - truth) ** 2))
        correction = fit.correction.predict(X[:100])
        found = gain.predicted_gain("augmented", correction, fit.correction.noise, np.nan, fit.correction.unshrunk)
        predicted.append(found.net)
        assert np.isnan(found.probability)
    error = np.std(gains) / np.sqrt(30.0)
    assert np.mean(gains) > 2.0 * error
    assert abs(np.mean(predicted) - np.mean(gains)) < 4.0 * np.hypot(error, np.std(predicted) / np.sqrt(30.0))


def test_the_same_response_twice_is_as_probable_to_gain_as_once():
    X, y = sample(q=1)
    found = []
    for responses in (y, np.hstack([y, 2.0 * y, -y])):
        model = ColliderRegressor([1, 2], base="ridge", projector="linear", gain=False, test=None, random_state=1)
        found.append(model.fit(X[:40], responses, X[40:]).results_.predicted.probability)
    assert found[0] == pytest.approx(found[1], rel=1e-9)


@pytest.mark.parametrize(
    ("independent", "given", "projector", "says"),
    [
        ([2], (), "linear", "posterior mean from function values"),
        ([[2], [1]], [(), ()], "linear", "posterior mean from function values"),
        ([2], (), "spline", "residuals of labelled ones"),
        ([0, 1], (), "auto", "linear parts by the law of errors"),
    ],
)
def test_the_printed_form_says_what_the_correction_rests_on(independent, given, projector, says):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(300, 3))
    y = X[:40, 0] + np.sin(2.0 * X[:40, 2]) + 0.8 * rng.normal(size=40)
    model = ColliderRegressor(
        independent, given, base="krr", projector=projector, gain=False, test=None, random_state=1
    ).fit(X[:40], y, X[40:])
    text = " ".join(str(model.results_.summary()).split())
    assert says in text
    assert ("over that of the posterior mean" in text) == (says.startswith("posterior"))
    several = isinstance(independent[0], list)
    lawful = says.startswith("posterior")
    assert ("probability that the correction lowers the error" in text) == (lawful and not several)
    assert ("under the posterior law of the errors" in text) == (lawful and not several)
    assert ("for several constraints what they take" in text) == several


def test_a_constant_function_has_no_projection():
    X, _ = sample()
    fit = fitting.fit_projected(options(), X[:40], np.ones((40, 1)), X[40:], [constraint([1])], SEED)
    assert not fit.projects


# calibration ---------------------------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize(("base", "m"), [("krr", 0), ("krr", 100), ("ridge", 100)])
def test_predicted_gains_and_probabilities_are_those_that_are_found(base, m):
    gains, expected, chances = [], [], []
    for seed in range(1000, 1300):
        data = mvn_collider(50, m, 1500, rng=seed)
        y, rows = data.y[:, None], np.vstack([data.X, data.X_unlabeled])
        fitted = bases.fit_base(base, data.X, y, rng=seed)
        plain = fitted.predict(data.X_test)[:, 0]
        own = []
        for method in ("augmented", "plugin"):
            fit = fitting.project_base(
                fitted, options(method=method, base=base), data.X, y, data.X_unlabeled,
                [constraint(data.independent)], SEED,
            )  # fmt: skip
            values = fit.predict(data.X_test)[:, 0]
            predicted = gain.predicted_gain(
                method, fit.correction.predict(rows), fit.correction.noise, np.nan, fit.correction.unshrunk
            )
            measured = np.mean((plain - data.y_test) ** 2) - np.mean((values - data.y_test) ** 2)
            own.append((measured, predicted.net, predicted.probability))
        gains.append([one[0] for one in own])
        expected.append([one[1] for one in own])
        chances.append([one[2] for one in own])
    gains, expected, chances = np.array(gains), np.array(expected), np.array(chances)
    wins, chance = (gains > 0).mean(axis=0), chances.mean(axis=0)
    error = gains.std(axis=0) / np.sqrt(len(gains))
    assert (np.abs(wins - chance) < 3.0 * np.sqrt(wins * (1.0 - wins) / len(gains))).all()
    assert (np.abs(gains.mean(axis=0) - expected.mean(axis=0)) < 3.0 * error + 0.1 * expected.mean(axis=0)).all()
    assert (gains.mean(axis=0) > 2.0 * error).all()
    assert wins[0] > wins[1] and expected.mean(axis=0)[0] < expected.mean(axis=0)[1]


@pytest.mark.slow
def test_the_posterior_mean_gains_more_than_the_criterion():
    found = []
    for seed in range(1000, 1150):
        data = mvn_collider(50, 100, 1500, rng=seed)
        y = data.y[:, None]
        base = bases.fit_base("krr", data.X, y, rng=seed)
        row = [base.predict(data.X_test)[:, 0]]
        for penalty, method in (("auto", "plugin"), ("gcv", "plugin"), ("gcv", "augmented")):
            fit = fitting.project_base(
                base, options(penalty, method), data.X, y, data.X_unlabeled, [constraint(data.independent)], SEED
            )
            row.append(fit.predict(data.X_test)[:, 0])
        found.append([np.mean((values - data.y_test) ** 2) for values in row])
    losses = np.array(found)
    gains = losses[:, [0]] - losses[:, 1:]
    for k in (1, 2):
        difference = gains[:, 0] - gains[:, k]
        assert difference.mean() > -2.0 * difference.std() / np.sqrt(len(gains))
    assert gains[:, 0].std() < gains[:, 1].std()
