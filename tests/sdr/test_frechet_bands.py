import numpy as np
import pytest
from scipy import stats

from stattools import DistributionArray, Interval
from stattools.exceptions import DegenerateDataError, DegenerateDataWarning, InvalidParameterError
from stattools.results import Result
from stattools.sdr.band_errors import Residuals, widened
from stattools.sdr.frechet import FrechetRegressor
from stattools.sdr.weights import leave_one_out_weights, regression_weights
from tests.helpers import assert_in_binomial_band, assert_snapshot

LEVELS = (np.arange(10) + 0.5) / 10
SHAPE = 2.0 * LEVELS - 1.0
AT = np.array([[0.25], [0.7]])


def drawn(n=80, seed=0, uneven=True):
    """Q_i(t) = 2 u + (1 + u) (shape(t) + noise_i) + small scale noise_i shape(t)."""
    rng = np.random.default_rng(seed)
    u = rng.uniform(size=(n, 1))
    shift = (0.4 * (0.5 + u) if uneven else 0.4) * rng.standard_normal((n, 1))
    scale = 1.0 + u + 0.2 * np.clip(rng.standard_normal((n, 1)), -3, 3)
    return u, DistributionArray.from_quantiles(2.0 * u + shift + scale * SHAPE)


def fitted(n=80, seed=0, kind="global", **options):
    return FrechetRegressor(kind, n_quantiles=10, **options).fit(*drawn(n, seed))


def truth(at):
    return 2.0 * at + (1.0 + at) * SHAPE


# naive ---------------------------------------------------------------------------------------------------------------
def test_bands_are_the_prediction_and_its_standard_errors():
    u, Y = drawn()
    model = FrechetRegressor("global", n_quantiles=10).fit(u, Y)
    bands = model.predict_bands(AT, rng=1)
    values = Y.embed(None, 10).values[:, 0]
    residuals = values - leave_one_out_weights("global", u) @ values
    weights = regression_weights("global", u, AT)
    errors = np.sqrt(weights**2 @ residuals**2)
    np.testing.assert_allclose(bands.std_error, errors, rtol=1e-12)
    np.testing.assert_allclose(bands.centre, weights @ values, atol=1e-12)  # increasing already
    half = bands.critical[:, None] * errors
    np.testing.assert_allclose(bands.lower, np.maximum.accumulate(weights @ values - half, axis=1), atol=1e-12)
    pointwise = model.predict_bands(AT, coverage="pointwise", rng=1)
    assert pointwise.critical.shape == (2, 10)
    assert (pointwise.critical < bands.critical[:, None]).all()
    np.testing.assert_allclose(pointwise.critical, 1.96, atol=0.3)  # signs of 80 residuals are near normal


def test_the_noise_of_a_linear_fit_is_that_of_its_leverages():
    model = fitted(n=12)
    found, leverage = Residuals.of(model._fit), model.results_.leverage[:, None]
    np.testing.assert_allclose(found.noise, found.values * np.sqrt(1.0 - leverage), rtol=1e-10)


def test_the_mean_of_n_responses_has_n_less_one_degrees_of_freedom():
    model = fitted(n=9, kind="nadaraya_watson", bandwidth=np.inf)
    bands = model.predict_bands([[0.5]], coverage="pointwise", rng=1)
    np.testing.assert_allclose(bands.df, 8.0, rtol=1e-12)
    spread = model.results_.responses[:, 0].std(axis=0, ddof=1) / 3.0
    np.testing.assert_allclose(bands.std_error[0], spread * np.sqrt(9 / 8), rtol=1e-12)  # left out: HC3
    response = model.predict_bands([[0.5]], of="response", rng=1)
    np.testing.assert_allclose(response.df, 8.0, rtol=1e-12)
    np.testing.assert_allclose(response.std_error[0] ** 2, bands.std_error[0] ** 2 + 9.0 * spread**2, rtol=1e-12)


def test_degrees_of_freedom_are_those_of_two_moments():
    model = fitted(n=12)
    weights, found = model._fit.weights(AT), Residuals.of(model._fit)
    combined = np.eye(12) - leave_one_out_weights("global", model.results_.predictors)
    for k, df in enumerate(found.of_mean(weights)[1]):
        form = combined.T @ np.diag(weights[k] ** 2) @ combined
        np.testing.assert_allclose(df, np.trace(form) ** 2 / np.trace(form @ form), rtol=1e-10)


def test_critical_values_become_those_of_student():
    normal, student = (law.isf([0.05, 0.01, 0.001]) for law in (stats.norm, stats.t(6)))
    np.testing.assert_allclose(widened(normal, np.full(3, 6.0), level=0.95, n_levels=100), student, rtol=1e-10)
    # those of heavier tails are multiplied as the last one that normal variables can have
    heavy = widened(np.array([5.0, 0.0]), np.full(2, 6.0), level=0.9, n_levels=5)
    np.testing.assert_allclose(heavy, [5.0 * stats.t(6).isf(0.01) / stats.norm.isf(0.01), 0.0], rtol=1e-10)


# property ------------------------------------------------------------------------------------------------------------
def test_bands_increase_with_the_level_and_with_what_they_cover():
    model = fitted()
    narrow, wide = (model.predict_bands(AT, level=level, rng=1) for level in (0.8, 0.99))
    assert (narrow.lower > wide.lower).all() and (narrow.upper < wide.upper).all()
    response = model.predict_bands(AT, level=0.8, of="response", rng=1)
    assert (response.lower < narrow.lower).all() and (response.upper > narrow.upper).all()
    assert (np.diff(response.lower, axis=1) >= 0).all() and (np.diff(response.upper, axis=1) >= 0).all()
    again = model.predict_bands(AT, level=0.8, of="response", rng=1, n_jobs=2)
    np.testing.assert_array_equal(again.upper, response.upper)
    assert Result.from_json(response.to_json()) == response


def test_bands_stay_in_the_support():
    u, Y = drawn()
    inside = DistributionArray.from_quantiles(np.clip(Y.points.reshape(80, 10), 0, 2), domain=Interval(0, 2))
    for coverage in ("simultaneous", "pointwise"):
        bands = FrechetRegressor("global", n_quantiles=10).fit(u, inside).predict_bands(AT, coverage=coverage, rng=1)
        assert bands.lower.min() >= 0 and bands.upper.max() <= 2


def test_quantiles_that_never_vary_have_no_width():
    u, Y = drawn()
    tied = np.column_stack([np.zeros(80), np.sort(np.abs(Y.points.reshape(80, 10)[:, 1:]), axis=1)])
    bands = FrechetRegressor("global", n_quantiles=10).fit(u, DistributionArray.from_quantiles(tied)).predict_bands(
        AT, rng=1
    )
    np.testing.assert_allclose(bands.upper[:, 0] - bands.lower[:, 0], 0.0, atol=1e-12)


@pytest.mark.parametrize("kind, options", [("local", {"bandwidth": 1e-6}), ("global", {})])
def test_a_saturated_fit_has_no_bands_of_responses(kind, options):
    u, Y = drawn(n=10)
    u = u if kind == "local" else np.random.default_rng(1).normal(size=(10, 15))
    with pytest.warns(DegenerateDataWarning, match="to 10 responses has 0 residual degrees of freedom"):
        model = FrechetRegressor(kind, n_quantiles=10, **options).fit(u, Y)
    assert "R-squared of the fit says nothing" in model.results_.warnings[0]
    with pytest.raises(DegenerateDataError, match="no residual tells the size of the noise"):
        model.predict_bands(u[:1], of="response", rng=1)
    assert any("the level is not known" in note for note in model.predict_bands(u[:1], rng=1).notes)


def test_rows_that_determine_their_own_fit_count_as_noise():
    """A bandwidth that leaves half of the rows alone: the spread of their residuals left out is known, and not 0."""
    rng = np.random.default_rng(4)
    u = np.concatenate([rng.uniform(size=40), 10.0 + 5.0 * np.arange(40)])[:, None]
    Y = DistributionArray.from_quantiles(rng.standard_normal((80, 1)) + SHAPE)
    model = FrechetRegressor("nadaraya_watson", bandwidth=0.5, n_quantiles=10).fit(u, Y)
    assert (model.results_.leverage[40:] > 0.999).all()
    noise = Residuals.of(model._fit).noise
    np.testing.assert_allclose(noise[40:].std() / noise[:40].std(), 1.0, atol=0.35)  # two spreads of 40 numbers


# calibration ---------------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_simultaneous_bands_of_the_mean_cover():
    runs = 600
    covered = np.zeros(2, int)
    for seed in range(runs):
        bands = fitted(seed=seed).predict_bands(AT, level=0.9, n_resamples=399, rng=seed)
        expected = truth(AT)
        covered += ((bands.lower <= expected) & (expected <= bands.upper)).all(axis=1)
    for count in covered:  # noise of unequal variance; rows with residuals left out err on the wide side at n = 80
        assert_in_binomial_band(count, n=runs, p=0.9)


@pytest.mark.slow
def test_pointwise_bands_of_the_mean_cover_each_level():
    runs = 600
    covered = np.zeros((2, 10), int)
    for seed in range(runs):
        bands = fitted(seed=seed).predict_bands(AT, level=0.9, coverage="pointwise", n_resamples=399, rng=seed)
        covered += (bands.lower <= truth(AT)) & (truth(AT) <= bands.upper)
    for place in ((0, 1), (0, 8), (1, 4)):  # levels of one run depend on each other
        assert_in_binomial_band(covered[place], n=runs, p=0.9)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["global", "local"])
def test_bands_of_responses_cover_new_ones(kind):
    runs, covered = 600, 0
    for seed in range(runs):
        u, Y = drawn(n=121, seed=seed, uneven=False)
        options = {"bandwidth": 0.2} if kind == "local" else {}
        model = FrechetRegressor(kind, n_quantiles=10, **options).fit(u[:120], Y[:120])
        at = np.clip(u[120:], u[:120].min(), u[:120].max())
        bands = model.predict_bands(at, level=0.9, of="response", n_resamples=399, rng=seed)
        new = Y[120].points.ravel()
        covered += ((bands.lower[0] <= new) & (new <= bands.upper[0])).all()
    assert_in_binomial_band(covered, n=runs, p=0.9)


def few(u, rng, uneven):
    """Linear quantile functions; the spread of noise is 6 times as large at two deviations as at none, if uneven."""
    size = 0.3 + 0.7 * np.abs(u) if uneven else 1.0
    shift, scale = 0.4 * size * rng.normal(size=u.shape), 0.2 * size * rng.uniform(-1, 1, size=u.shape)
    return 1.0 + 0.5 * u + shift + (2.0 + scale + 0.1 * u) * SHAPE


def coverage_for_few(n, uneven=False, level=0.95, runs=600):
    """(3, 2) how often bands of means and of new responses cover, at 0, 1 and 2 deviations of fixed predictors."""
    rng = np.random.default_rng(n)
    u = rng.normal(size=(n, 1))
    u, at = (u - u.mean()) / u.std(), np.array([[0.0], [1.0], [2.0]])
    covered = np.zeros((3, 2), int)
    for seed in range(runs):
        model = FrechetRegressor("global", n_quantiles=10).fit(u, DistributionArray.from_quantiles(few(u, rng, uneven)))
        mean = 1.0 + 0.5 * at + (2.0 + 0.1 * at) * SHAPE
        for k, (of, value) in enumerate([("mean", mean), ("response", few(at, rng, uneven))]):
            bands = model.predict_bands(at, level=level, of=of, n_resamples=399, rng=seed)
            covered[:, k] += ((bands.lower <= value) & (value <= bands.upper)).all(axis=1)
    return covered


@pytest.mark.slow
@pytest.mark.parametrize("n", [15, 30])
def test_bands_cover_with_few_responses(n):
    mean, response = coverage_for_few(n).T
    for count in response:
        assert_in_binomial_band(count, n=600, p=0.95)
    # the variance of a residual left out is too large, which errs on the wide side where leverages are high
    assert mean.min() > 600 * 0.921 and mean.max() < 600 * 0.99  # 0.921 is the lower end of the band of 0.95


@pytest.mark.slow
@pytest.mark.parametrize("n", [15, 30])
def test_bands_of_the_mean_cover_less_where_noise_is_uneven_and_responses_are_few(n):
    mean = coverage_for_few(n, uneven=True)[:, 0]
    assert mean.min() > 600 * 0.88 and mean.max() < 600 * 0.99


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": 1.0}, "below 1"),
        ({"of": "mode"}, "it takes one of 'mean'"),
        ({"coverage": "point"}, "did you mean 'pointwise'"),
        ({"n_resamples": 18}, "level=0.95 needs at least 19"),
        ({"level": 0.99, "n_resamples": 98}, "needs at least 99"),
    ],
)
def test_options_are_checked(options, message):
    with pytest.raises(InvalidParameterError, match=message):
        fitted().predict_bands(AT, **options)


def test_the_fewest_resamples_are_enough():
    assert np.isfinite(fitted().predict_bands(AT, n_resamples=19, rng=1).upper).all()


def test_bands_are_for_the_line():
    rng = np.random.default_rng(0)
    Y = DistributionArray.from_samples(rng.normal(size=(10, 5, 2)))
    model = FrechetRegressor("global", n_quantiles=5, random_state=1).fit(np.arange(10.0), Y)
    with pytest.raises(InvalidParameterError, match="50 slices; bands are for responses on the line"):
        model.predict_bands([1.0])


# print ---------------------------------------------------------------------------------------------------------------
def test_printed_forms():
    model = fitted(kind="local", bandwidth=0.3)
    bands = model.predict_bands(AT, n_resamples=99, rng=1)
    response = model.predict_bands(AT, n_resamples=99, of="response", coverage="pointwise", rng=1)
    assert bands.tidy().shape == (20, 7)
    assert bands.glance()["rows"][0] == 2
    texts = [str(bands), repr(bands), bands.report(), str(response)]
    assert_snapshot("\n".join(texts), "sdr_frechet_bands.txt")
