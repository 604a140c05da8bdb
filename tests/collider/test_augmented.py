from types import SimpleNamespace

import numpy as np
import pytest

from stattools.collider import augmented, fitting, gain
from stattools.collider.fitting import Options
from stattools.simulate.collider import gaussian_collider

SEED = np.random.SeedSequence(1)


class LeastSquares:
    """Without intercept, with closed-form leave-one-out predictions."""

    name = "ridge"
    degrees_of_freedom = None

    def __init__(self, X, y):
        self.coefficients = np.linalg.lstsq(X, y, rcond=None)[0]
        leverage = (np.linalg.qr(X)[0] ** 2).sum(axis=1)[:, None]
        self.out_of_sample = y - (y - X @ self.coefficients) / (1.0 - leverage)

    def predict(self, X):
        return X @ self.coefficients


def constraint(independent, given=()):
    return SimpleNamespace(independent=tuple(independent), given=tuple(given))


def options(method, penalty=0.0, projector="linear"):
    return Options(base=None, method=method, projector=projector, penalty=penalty, tune="reml", solver="auto")


def linear_coefficients(fit, p):
    values = fit.predict(np.vstack([np.zeros((1, p)), np.eye(p)]))
    return (values[1:] - values[0])[:, 0]


def spouses(d, r_squared, n=50, m=100, seed=0, n_test=1):
    sigma = np.sqrt((1.0 - r_squared) / r_squared)
    return gaussian_collider(n, m, n_test, spouses=(0.8,) * d, sigma=sigma, rng=seed)


def moments(d, r_squared):
    """Covariance of (X1, X2) for a slope of 1 and spouses of slope 0.8."""
    b = np.full(d, 0.8)
    covariance = np.eye(d + 1)
    covariance[0, 0] = 1.0 + b @ b + (1.0 - r_squared) / r_squared
    covariance[0, 1:] = covariance[1:, 0] = b
    return covariance


def excess_risks(n, m, d, r_squared, reps, penalty=0.0):
    """Excess risk of least squares, and its plug-in and augmented projections; and both predicted gains: (reps, 5)."""
    covariance = moments(d, r_squared)
    best = r_squared * np.r_[1.0, np.full(d, -0.8)]
    rows = []
    for seed in range(reps):
        data = spouses(d, r_squared, n, m, seed)
        y = data.y[:, None]
        base = LeastSquares(data.X, y)
        risks = [base.coefficients[:, 0] - best]
        predicted = []
        for method in ("plugin", "augmented"):
            fit = fitting.project_base(
                base, options(method, penalty), data.X, y, data.X_unlabeled, [constraint(range(1, d + 1))], SEED
            )
            risks.append(linear_coefficients(fit, d + 1) - best)
            correction = fit.correction.predict(np.vstack([data.X, data.X_unlabeled]))
            predicted.append(gain.predicted_gain(method, correction, fit.correction.noise, np.nan).net)
        rows.append([*(error @ covariance @ error for error in risks), *predicted])
    return np.array(rows)


def within(values, expected, errors=4.0):
    return abs(values.mean() - expected) < errors * values.std(ddof=1) / np.sqrt(len(values))


# naive ---------------------------------------------------------------------------------------------------------------
def test_augmented_targets_are_stacked_by_inverse_variance():
    values, residuals = np.arange(6.0)[:, None], np.array([[1.0], [-1.0], [0.5]])
    targets = augmented.augmented_targets(values, residuals)
    np.testing.assert_array_equal(targets.rows, [0, 1, 2, 3, 4, 5, 0, 1, 2])
    np.testing.assert_array_equal(targets.types, [0] * 6 + [1] * 3)
    expected = np.r_[np.full(6, 1 / np.var(np.arange(6.0))), np.full(3, 1 / np.var(residuals))]
    np.testing.assert_allclose(targets.weights_of(0)[:, 0], expected, rtol=1e-14)  # rounding


def test_the_break_even_ratio_of_a_known_fit():
    """For three responses: one well predicted, one worse than by its mean, one constant up to rounding."""
    y = np.array([[0.0, 0.0, 0.3], [2.0, 2.0, 0.1 + 0.2]])
    residuals = np.array([[0.5, 0.0, 0.0], [0.5, 4.0, 0.0]])
    np.testing.assert_array_equal(augmented.out_of_sample_r_squared(residuals, y), [0.75, -7.0, np.nan])
    np.testing.assert_array_equal(augmented.break_even_ratios(residuals, y, 12), [2.0, np.inf, np.inf])
    assert augmented.resolved_method("auto", np.array([9.0, 1.9])) == "augmented"
    assert augmented.resolved_method("auto", np.array([np.inf, 2.0])) == "plugin"
    assert augmented.resolved_method("augmented", np.array([9.0])) == "augmented"


# property ------------------------------------------------------------------------------------------------------------
def test_exact_conditional_means_project_coefficients():
    """With E[X1 | X2] = b'X2 on the rows, (w1, w2) becomes (w1, -w1 b)."""
    rng = np.random.default_rng(1)
    b = np.array([0.8, -0.3])
    x2 = rng.normal(size=(300, 2))
    noise = rng.normal(size=300)
    design = np.column_stack([np.ones(300), x2])
    noise -= design @ np.linalg.lstsq(design, noise, rcond=None)[0]  # now the regression on X2 is b, exactly
    X = np.column_stack([x2 @ b + noise, x2])
    for w in rng.normal(size=(5, 3)):
        f = X @ w
        correction = augmented.fit_correction(
            "linear", X, augmented.plugin_targets(f[:, None]), [constraint([1, 2])], penalty=0.0
        )
        projected = f - correction.predict(X)[:, 0]
        coefficients = np.linalg.lstsq(np.column_stack([np.ones(300), X]), projected, rcond=None)[0][1:]
        np.testing.assert_allclose(coefficients, [w[0], *(-w[0] * b)], atol=1e-10)  # condition below 10
        left = design @ np.linalg.lstsq(design, projected, rcond=None)[0]
        assert np.var(left) < 1e-12 * np.var(f)


def test_several_constraints_project_on_the_intersection():
    """Backfitting without penalties gives least squares on both columns, however they are correlated."""
    rng = np.random.default_rng(1)
    common = rng.normal(size=(200, 1))
    X = np.hstack([rng.normal(size=(200, 1)), common + rng.normal(size=(200, 2)), rng.normal(size=(200, 1))])
    values = X @ np.array([1.0, 2.0, -1.0, 0.5])[:, None]
    targets = augmented.plugin_targets(values)
    apart = augmented.fit_correction("linear", X, targets, [constraint([1]), constraint([2])], penalty=0.0)
    together = augmented.fit_correction("linear", X, targets, [constraint([1, 2])], penalty=0.0)
    np.testing.assert_allclose(apart.predict(X), together.predict(X), atol=1e-7)  # sweeps end at 1e-8
    assert apart.converged and 2 < apart.sweeps < 60
    assert together.sweeps == 1


def test_one_sweep_is_enough_for_orthogonal_columns():
    X = np.linalg.qr(np.column_stack([np.ones(60), np.random.default_rng(1).normal(size=(60, 3))]))[0][:, 1:] * 8.0
    values = X @ np.array([1.0, 2.0, 3.0])[:, None]
    found = augmented.fit_correction(
        "linear", X, augmented.plugin_targets(values), [constraint([1]), constraint([2])], penalty=0.0
    )
    assert found.sweeps == 2  # the second sees that nothing changes
    np.testing.assert_allclose(found.predict(X), X[:, 1:] @ [[2.0], [3.0]], atol=1e-12)  # rounding


def test_constraints_with_conditions_hold_after_the_projection():
    """Y _||_ S given C1 and Y _||_ S given C2 at once."""
    rng = np.random.default_rng(1)
    c = rng.normal(size=(400, 2))
    s = c @ np.array([[0.5], [0.4]]) + rng.normal(size=(400, 1))
    X = np.hstack([c, s, rng.normal(size=(400, 1)) + s])
    values = X @ np.array([1.0, -1.0, 2.0, 1.0])[:, None]
    places = [constraint([2], [0]), constraint([2], [1])]
    found = augmented.fit_correction("linear", X, augmented.plugin_targets(values), places, penalty=0.0)
    assert found.converged
    projected = values - found.predict(X)
    for k in (0, 1):
        design = np.column_stack([np.ones(400), X[:, k], X[:, 2]])
        slope = np.linalg.lstsq(design, projected, rcond=None)[0][2, 0]
        assert abs(slope) < 1e-6  # sweeps end at 1e-8, in units of the targets


def test_responses_are_projected_one_by_one():
    data = spouses(2, 0.5, seed=3)
    y = np.column_stack([data.y, data.y**2, -data.y])
    place = [constraint([1, 2])]
    for method in ("plugin", "augmented"):
        joint = fitting.project_base(
            LeastSquares(data.X, y), options(method, "gcv", "auto"), data.X, y, data.X_unlabeled, place, SEED
        )
        for k in range(3):
            alone = fitting.project_base(
                LeastSquares(data.X, y[:, [k]]),
                options(method, "gcv", "linear"),
                data.X,
                y[:, [k]],
                data.X_unlabeled,
                place,
                SEED,
            )
            linear = fitting.project_base(
                LeastSquares(data.X, y), options(method, "gcv", "linear"), data.X, y, data.X_unlabeled, place, SEED
            )
            np.testing.assert_allclose(linear.predict(data.X)[:, [k]], alone.predict(data.X), atol=1e-12)  # rounding
        np.testing.assert_allclose(joint.predict(data.X)[:, 2], -joint.predict(data.X)[:, 0], atol=1e-12)


def test_a_perfect_base_is_left_alone():
    X = np.random.default_rng(1).normal(size=(30, 3))
    y = X[:, :1] - X[:, 1:2]
    fit = fitting.project_base(
        LeastSquares(X, y), options("augmented"), X, y, np.empty((0, 3)), [constraint([2])], SEED
    )
    np.testing.assert_allclose(fit.predict(X), y, atol=1e-8)  # residual rows weigh 1e10 times as much as values


def test_corrections_stay_within_the_range_of_the_function_where_columns_are_rare():
    rng = np.random.default_rng(1)
    X = np.column_stack([rng.normal(size=200), rng.exponential(size=200) ** 2])
    f = (np.sin(3.0 * np.log1p(X[:, 1])) + 0.3 * X[:, 0])[:, None]
    far = np.array([[0.0, value] for value in (-40.0, 60.0, 1e6)])
    width = np.ptp(f)
    for kind in ("auto", "linear", "spline", "kernel", "rff"):
        found = augmented.fit_correction(kind, X, augmented.plugin_targets(f), [constraint([1])], rng=1)
        assert np.abs(found.predict(far)).max() <= 1.5 * width
        given = augmented.fit_correction(kind, X, augmented.plugin_targets(f), [constraint([1], [0])], rng=1)
        assert np.abs(given.predict(far)).max() <= 1.5 * width


# reference -----------------------------------------------------------------------------------------------------------
def test_more_columns_than_rows_take_a_ridge():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(30, 61))
    y = X[:, :1] + 0.5 * rng.normal(size=(30, 1))
    base = SimpleNamespace(predict=lambda rows: rows[:, :1], out_of_sample=X[:, :1])
    fit = fitting.project_base(
        base, options("augmented", "gcv"), X, y, np.empty((0, 61)), [constraint(range(1, 61))], SEED
    )
    assert np.isfinite(fit.predict(X)).all()
    assert fit.correction.degrees_of_freedom[0] <= 0.25 * 60


# calibration ---------------------------------------------------------------------------------------------------------
TABLE = [  # n, m, spouses, R2: excess risk of least squares, of the plug-in from N rows by theory where it is exact
    (50, 100, 1, 0.5),
    (50, 100, 3, 0.5),
    (50, 100, 3, 0.909),
    (50, 1000, 3, 0.909),
    (50, 5, 3, 0.909),
    (50, 100, 3, 0.2),
]


@pytest.mark.slow
@pytest.mark.parametrize(("n", "m", "d", "r_squared"), TABLE)
def test_gains_of_least_squares_on_gaussian_designs(n, m, d, r_squared):
    """Excess risk R* p / (n - p - 1); the augmented projection gains at any m, the plug-in beyond break-even only."""
    found = excess_risks(n, m, d, r_squared, 2500)
    risk, p = 1.0 - r_squared, d + 1
    assert within(found[:, 0], risk * p / (n - p - 1))
    gains = found[:, [0]] - found[:, 1:3]
    error = gains.std(axis=0, ddof=1) / np.sqrt(len(gains))
    assert gains[:, 1].mean() > 2.0 * error[1]
    total = n / (1.0 - r_squared) + m
    predicted = (risk - r_squared * n / total) * d / n
    # derived to leading order: n / (n - p - 1) and its square remain
    assert predicted * 0.8 < gains[:, 1].mean() + 3 * error[1] and gains[:, 1].mean() - 3 * error[1] < predicted * 1.35
    if (n, m, r_squared) in {(50, 100, 0.909), (50, 5, 0.909)}:
        assert gains[:, 0].mean() < -3.0 * error[0]
    else:
        assert gains[:, 0].mean() > 3.0 * error[0]


@pytest.mark.slow
@pytest.mark.parametrize(("n", "m", "d", "r_squared"), [(50, 100, 1, 0.5), (50, 100, 3, 0.5), (50, 1000, 3, 0.909)])
def test_the_gain_is_predicted_from_the_correction_alone(n, m, d, r_squared):
    found = excess_risks(n, m, d, r_squared, 2500)
    gains = found[:, [0]] - found[:, 1:3]
    for k in (0, 1):
        difference = found[:, 3 + k] - gains[:, k]
        slack = 0.15 * abs(gains[:, k].mean())  # terms of order p / n relative to the gain
        assert abs(difference.mean()) < slack + 4.0 * difference.std() / np.sqrt(len(difference))


@pytest.mark.slow
@pytest.mark.parametrize(("base", "reps"), [("ridge", 300), ("krr", 80)])
@pytest.mark.parametrize("m", [0, 100])
def test_the_gain_of_the_default_is_predicted(base, reps, m):
    found = []
    for seed in range(reps):
        data = spouses(3, 0.5, 50, m, seed, 4000)
        y = data.y[:, None]
        own = fitting.Options(base, "augmented", "linear", "auto", "reml", "auto")
        fit = fitting.fit_projected(own, data.X, y, data.X_unlabeled, [constraint([1, 2, 3])], SEED)
        correction = fit.correction.predict(np.vstack([data.X, data.X_unlabeled]))
        predicted = gain.predicted_gain("augmented", correction, fit.correction.noise, np.nan, fit.correction.unshrunk)
        losses = [np.mean((values[:, 0] - data.y_test) ** 2) for values in (fit.predict_base(data.X_test),
                                                                            fit.predict(data.X_test))]  # fmt: skip
        found.append([losses[0] - losses[1], predicted.net])
    true, net = np.array(found).T
    # to leading order: a seventh of the gain, beside noise
    assert abs(np.mean(net - true)) < 0.15 * np.mean(true) + 3.0 * np.std(net - true) / np.sqrt(reps)


def test_predictions_know_what_a_penalty_took():
    """Against sums over the rows for plug-in values on one scaled column, with the shrinkage factor k."""
    rng = np.random.default_rng(8)
    X = rng.normal(size=(90, 2))
    f = X[:, :1] + 0.7 * X[:, 1:] + rng.normal(size=(90, 1))
    targets = augmented.plugin_targets(f)
    free, shrunk = (
        augmented.fit_correction("linear", X, targets, [constraint([1])], penalty=penalty) for penalty in (0.0, 0.5)
    )
    whole, part = free.predict(X), shrunk.predict(X)
    k = 1.0 / 1.5  # the scaled column has mean square 1
    np.testing.assert_allclose(part, k * whole, atol=1e-12)
    found = shrunk.unshrunk
    variance = np.sum((f - f.mean() - part) ** 2) / (90 - k - 1) / 90  # of the slope, and of the mean of l squared
    np.testing.assert_allclose(found.left[0], np.mean(part * (whole - part)), rtol=1e-10)
    np.testing.assert_allclose(found.grown[0], np.mean(whole**2 - part**2), rtol=1e-10)
    np.testing.assert_allclose([found.noise[0], found.optimism[0]], [variance, k * variance], rtol=1e-10)
    np.testing.assert_allclose(shrunk.noise[0], k**2 * variance, rtol=1e-10)
    predicted = gain.predicted_gain("plugin", part, shrunk.noise, np.nan, found)
    expected = 2.0 * (np.mean(part * whole) - k * variance) - np.mean(part**2)
    assert predicted.net == pytest.approx(expected, rel=1e-10)
    assert predicted.oracle == pytest.approx(np.mean(whole**2) - variance, rel=1e-10)


@pytest.mark.slow
def test_selected_penalties_keep_the_gain():
    for row in TABLE[:4]:
        free, chosen = (excess_risks(*row, 800, penalty=penalty) for penalty in (0.0, "gcv"))
        gains = [(found[:, 0] - found[:, 2]) for found in (free, chosen)]
        assert gains[1].mean() > 0.5 * gains[0].mean()


@pytest.mark.slow
@pytest.mark.parametrize(("m", "sigma", "reps"), [(100, 0.6, 1500), (100, 0.2, 3000), (10, 0.2, 9000)])
def test_gains_given_a_third_column(m, sigma, reps):
    """Y = .7 X3 + e, X2 = .5 X3 + u, X1 = Y + .8 X2 + noise: Y is independent of X2 given X3."""
    n = 40
    covariance = np.cov(gaussian_collider(200_000, 0, 1, spouses=(0.8,), sigma=sigma, confounder=0.7, rng=7).X.T)
    gains = np.empty((reps, 2))
    for seed in range(reps):
        data = gaussian_collider(n, m, 1, spouses=(0.8,), sigma=sigma, confounder=0.7, rng=seed)
        y = data.y[:, None]
        base = LeastSquares(data.X, y)
        for k, method in enumerate(("plugin", "augmented")):
            fit = fitting.project_base(
                base, options(method), data.X, y, data.X_unlabeled, [constraint(data.independent, data.given)], SEED
            )
            errors = [w - data.coefficients for w in (base.coefficients[:, 0], linear_coefficients(fit, 3))]
            gains[seed, k] = errors[0] @ covariance @ errors[0] - errors[1] @ covariance @ errors[1]
    assert gains[:, 1].mean() > 2.0 * gains[:, 1].std() / np.sqrt(reps)
    assert gains[:, 1].mean() > gains[:, 0].mean()
