import numpy as np
import pytest
from scipy import stats

from stattools.collider import gain
from stattools.collider.assembly import HeldOutGain


def least_squares_pair(oracle):
    """Base: least squares; projected: by the known regression of the first column on the others."""

    def fit(X, y, seed):
        w = np.linalg.lstsq(X, y, rcond=None)[0]
        projected = np.vstack([w[:1], -w[:1] * oracle[:, None]])
        return lambda rows: (rows @ w, rows @ projected)

    return fit


def draw(rng, n, d=3, sigma=1.0):
    y, x2 = rng.normal(size=(n, 1)), rng.normal(size=(n, d))
    x1 = y + 0.8 * x2.sum(axis=1, keepdims=True) + sigma * rng.normal(size=(n, 1))
    return np.hstack([x1, x2]), y


ORACLE = np.full(3, 0.8)


# naive ---------------------------------------------------------------------------------------------------------------
def test_differences_are_averaged_over_responses():
    y = np.zeros((2, 2))
    base, projected = np.array([[1.0, 2.0], [3.0, 0.0]]), np.array([[1.0, 1.0], [1.0, 1.0]])
    np.testing.assert_allclose(gain.loss_differences(y, base, projected), [1.5, 3.5])


def test_held_out_gain_against_a_plain_loop():
    rng = np.random.default_rng(1)
    X, y = draw(rng, 30)
    found = gain.held_out_gain(
        least_squares_pair(ORACLE), X, y, n_folds=5, n_repeats=2, confidence_level=0.9, rng=3
    )
    assert isinstance(found, HeldOutGain)
    assert found.estimate == pytest.approx(found.base_loss - found.projected_loss, rel=1e-10)
    assert found.estimate == pytest.approx(found.differences.mean(), rel=1e-12)
    assert found.fold_means.shape == (10,)
    assert found.std_error == pytest.approx(np.sqrt((0.1 + 0.25) * found.fold_means.var(ddof=1)), rel=1e-12)
    assert found.high - found.estimate == pytest.approx(stats.t.ppf(0.95, 9) * found.std_error, rel=1e-10)
    assert found.pvalue == pytest.approx(stats.t.sf(found.estimate / found.std_error, 9), rel=1e-12)
    assert found.relative == pytest.approx(found.estimate / found.base_loss)
    again = gain.held_out_gain(
        least_squares_pair(ORACLE), X, y, n_folds=5, n_repeats=2, confidence_level=0.9, rng=3
    )
    np.testing.assert_array_equal(again.differences, found.differences)


def test_moments_are_those_of_an_analysis_of_variance():
    rng = np.random.default_rng(1)
    a, b, y = rng.normal(size=(40, 2)), rng.normal(size=(40, 1)), rng.normal(size=(40, 1))
    statistic, df, variance = gain.linear_moments(y, a, b)
    full, reduced = np.column_stack([np.ones(40), b, a]), np.column_stack([np.ones(40), b])
    rss = [float(np.linalg.lstsq(z, y, rcond=None)[1][0]) for z in (full, reduced)]
    assert df == (2, 36)
    assert statistic[0] == pytest.approx((rss[1] - rss[0]) / 2 / (rss[0] / 36), rel=1e-10)
    assert variance[0] == pytest.approx(rss[0] / 36, rel=1e-10)


# property ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("estimate", [-0.4, 0.0, 0.4, 0.9])
def test_the_interval_excludes_zero_where_the_p_value_is_below_its_tail(estimate):
    means = estimate + np.array([-0.3, -0.1, 0.0, 0.2, 0.2])
    low, high, pvalue = gain.cross_fitted_law(estimate, means, 0.25, 0.9)[1:]
    assert (low > 0) == (pvalue < 0.05) and (high < 0) == (pvalue > 0.95)
    assert low + high == pytest.approx(2 * estimate)
    level = 1.0 - 2.0 * min(pvalue, 1.0 - pvalue)  # of the interval that ends at 0
    if level > 0:
        ends = gain.cross_fitted_law(estimate, means, 0.25, level)[1:3]
        assert min(abs(end) for end in ends) < 1e-12


def test_folds_without_a_projection_give_no_interval():
    rng = np.random.default_rng(1)
    X, y = draw(rng, 30)
    options = {"n_folds": 5, "n_repeats": 1, "confidence_level": 0.95, "rng": 1}
    found = gain.held_out_gain(lambda X, y, seed: lambda rows: (rows[:, :1], rows[:, :1]), X, y, **options)
    assert not found.compares and found.estimate == 0.0
    assert np.isnan([found.std_error, found.low, found.high, found.pvalue]).all()


def test_units_of_several_responses_do_not_matter():
    rng = np.random.default_rng(1)
    X, first = draw(rng, 40)
    y = np.hstack([first, X[:, 1:2] + rng.normal(size=(40, 1)), np.full((40, 1), 0.3)])
    options = {"n_folds": 5, "n_repeats": 1, "confidence_level": 0.95, "rng": 3}
    units = np.array([1e-3, 1e3, 7.0])
    one, other = (gain.held_out_gain(least_squares_pair(ORACLE), X, v, **options) for v in (y, y * units))
    names = ("estimate", "std_error", "low", "high", "pvalue", "base_loss", "projected_loss")
    for name in names:  # rounding of least squares
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-9)
    alone = [gain.held_out_gain(least_squares_pair(ORACLE), X, y[:, [j]], **options) for j in (0, 1)]
    shares = [single.estimate / y[:, j].var() for j, single in enumerate(alone)]
    assert one.estimate == pytest.approx(sum(shares) / 3, rel=1e-9)  # the constant response gains nothing
    assert np.array_equal(gain.response_units(y[:, [2]]), [1.0])


def test_no_degrees_of_freedom_are_not_a_number():
    y = np.arange(4.0)[:, None]
    statistic, df, _ = gain.linear_moments(y, np.random.default_rng(1).normal(size=(4, 5)), None)
    assert np.isnan(statistic).all() and df[1] == 0
    assert np.isnan(gain.violation_interval(np.nan, (2, 0), 1.0, 0.95)).all()
    statistic, df, _ = gain.linear_moments(y, np.ones((4, 1)), None)
    assert df[0] == 0 and np.isnan(statistic).all()


def test_intervals_of_huge_statistics_join_those_of_the_exact_law():
    small, large = (np.array(gain.violation_interval(f, (1, 30), 1.0, 0.95)) for f in (0.999e6, 1.001e6))
    np.testing.assert_allclose(large / small, 1.001 / 0.999, rtol=5e-3)  # 2 / root of a million
    assert np.isfinite(gain.violation_interval(1e30, (2, 17), 1.0, 0.95)).all()


def test_the_threshold_of_a_violation_cancels_the_gain():
    correction = np.array([[1.0], [-1.0]])
    found = gain.sensitivity(1.0, correction, 4.0)
    assert found.threshold == 0.25  # |m| = |g| / 2
    assert found.relative == 0.0625
    at = np.interp(found.threshold, found.violations, found.worst)
    assert abs(at) < 0.02  # linear interpolation of a root
    assert gain.sensitivity(-1.0, correction, 4.0).threshold == 0.0
    assert gain.sensitivity(0.0, 0.0 * correction, 4.0).threshold == 0.0


@pytest.mark.parametrize(
    ("ratio", "r_squared", "word"), [(0.5, 0.9, "too few"), (1.5, 0.5, "less than half"), (9.0, 0.5, "enough rows")]
)
def test_verdicts(ratio, r_squared, word):
    assert word in gain.break_even(np.array([ratio]), np.array([r_squared]), 50, 150).verdict
    assert "any projection" in gain.break_even(np.array([np.inf]), np.array([-0.1]), 50, 150).verdict


def test_the_verdict_is_that_of_the_response_with_the_fewest_rows_for_it():
    found = gain.break_even(np.array([np.inf, 0.3, np.inf, 4.0]), np.array([np.nan, 0.9, -0.1, 0.4]), 50, 150)
    assert (found.ratio, found.r_squared) == (0.3, 0.9) and "too few" in found.verdict
    np.testing.assert_array_equal(found.ratios, [np.inf, 0.3, np.inf, 4.0])
    assert np.isnan(gain.break_even(np.array([np.inf]), np.array([np.nan]), 50, 150).r_squared)


# reference -----------------------------------------------------------------------------------------------------------
def test_the_theory_of_least_squares():
    assert gain.linear_gain(0.5, 1, 50, 2) == pytest.approx(0.010638, abs=5e-7)
    assert np.isnan(gain.linear_gain(0.5, 1, 3, 2))
    plugin = gain.predicted_gain("plugin", np.full((10, 1), 2.0), np.array([1.0]), np.nan)
    assert (plugin.raw, plugin.oracle, plugin.net) == (4.0, 3.0, 2.0)
    augmented = gain.predicted_gain("augmented", np.full((10, 1), 2.0), np.array([1.0]), np.nan)
    assert (augmented.raw, augmented.oracle, augmented.net) == (4.0, 5.0, 4.0)


def test_an_interval_of_the_noncentrality_against_its_definition():
    low, high = gain.violation_interval(4.0, (3, 50), 1.0, 0.9)[1:]
    assert stats.ncf.cdf(4.0, 3, 50, low) == pytest.approx(0.95, abs=1e-8)
    assert stats.ncf.cdf(4.0, 3, 50, high) == pytest.approx(0.05, abs=1e-8)


# calibration ---------------------------------------------------------------------------------------------------------
def covers(interval, truth):
    return interval[-2] <= truth <= interval[-1]


@pytest.mark.slow
@pytest.mark.parametrize("n_test", [100, 500])
def test_coverage_on_fresh_rows_for_a_fixed_pair(n_test):
    rng = np.random.default_rng(1)
    X, y = draw(rng, 40)
    predict = least_squares_pair(ORACLE)(X, y, None)
    big = draw(rng, 2_000_000)
    truth = gain.loss_differences(big[1], *predict(big[0])).mean()
    hits = 0
    for _ in range(1000):
        rows, response = draw(rng, n_test)
        hits += covers(gain.conditional_interval(gain.loss_differences(response, *predict(rows)), 0.95), truth)
    assert 920 <= hits <= 980


@pytest.mark.slow
@pytest.mark.parametrize(("folds", "repeats"), [(5, 1), (5, 3), (10, 1)])
@pytest.mark.parametrize("n", [50, 200])
def test_coverage_of_the_cross_fitted_interval(n, folds, repeats):
    """Of the expected gain at the number of training rows: R* q / (n_train - p - 1) for the oracle."""
    rng = np.random.default_rng(1)
    truth = gain.linear_gain(0.5, 3, round(n * (folds - 1) / folds), 4)
    reps, hits = 1000, 0
    for k in range(reps):
        X, y = draw(rng, n)
        options = {"n_folds": folds, "n_repeats": repeats, "confidence_level": 0.95}
        found = gain.held_out_gain(least_squares_pair(ORACLE), X, y, rng=k, **options)
        hits += found.low <= truth <= found.high
    assert hits / reps >= 0.90


def plugin_pair(unlabeled):
    """Base: least squares; projected: less its regression on the other columns over all rows."""

    def with_one(rows):
        return np.column_stack([np.ones(len(rows)), rows])

    def fit(X, y, seed):
        w = np.linalg.lstsq(with_one(X), y, rcond=None)[0]
        rows = np.vstack([X, unlabeled])
        values = with_one(rows) @ w
        slopes = np.linalg.lstsq(with_one(rows[:, 1:]), values, rcond=None)[0]

        def predict(new):
            base = with_one(new) @ w
            return base, base - with_one(new[:, 1:]) @ slopes + values.mean()

        return predict

    return fit


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "m", "sigma", "highest"), [(50, 0, 1.0, 0.008), (50, 0, 0.8, -0.01), (50, 20, 0.7, 0.0), (100, 0, 1.0, 0.004)]
)
def test_the_p_value_of_the_gain_has_its_level(n, m, sigma, highest):
    """At an expected gain of about 0 and below: the plug-in projection near and below its break-even ratio."""
    reps, rejected, gains = 1000, np.zeros(2), []
    for k in range(reps):
        rng = np.random.default_rng(k)
        X, y = draw(rng, n, sigma=sigma)
        pair = plugin_pair(draw(rng, m, sigma=sigma)[0])
        found = gain.held_out_gain(pair, X, y, n_folds=5, n_repeats=1, confidence_level=0.95, rng=k)
        rejected += found.pvalue <= np.array([0.05, 0.01])
        gains.append(found.estimate)
    assert np.mean(gains) < highest  # unbiased for the gain at the training rows of a fold
    assert (rejected <= stats.binom.ppf(0.9995, reps, [0.05, 0.01])).all()


@pytest.mark.slow
@pytest.mark.parametrize("size", [0.0, 0.05, 0.3])
def test_coverage_of_the_violation(size):
    rng = np.random.default_rng(1)
    n, reps, hits, estimates = 60, 2000, 0, []
    a, b = rng.normal(size=(n, 2)), rng.normal(size=(n, 1))
    left = np.linalg.qr(np.column_stack([np.ones(n), b, a]))[0][:, 2:] * np.sqrt(n)  # A less B, orthonormal
    m = left @ np.array([[np.sqrt(size)], [0.0]])
    for _ in range(reps):
        y = 2.0 * b + m + rng.normal(size=(n, 1))
        statistic, df, variance = gain.linear_moments(y, a, b)
        found = gain.violation_interval(float(statistic[0]), df, float(variance[0]) / n, 0.95)
        hits += covers(found, size)
        estimates.append(found[0])
    band = stats.binom.ppf([0.0005, 0.9995], reps, 0.95 if size else 0.975)  # at 0 only the lower limit can miss
    assert band[0] <= hits <= band[1]
    if size == 0.3:  # far from the cut at zero
        assert abs(np.mean(estimates) - size) < 4 * np.std(estimates) / np.sqrt(reps)
