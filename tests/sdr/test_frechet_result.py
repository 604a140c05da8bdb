import numpy as np
import pandas as pd
import pytest
from scipy import stats

from stattools import DistributionArray, Interval
from stattools.exceptions import DegenerateDataError, DegenerateDataWarning, InvalidParameterError
from stattools.results import Result
from stattools.sdr.frechet import FrechetRegressor
from stattools.sdr.weights import leave_one_out_weights
from tests.helpers import assert_in_binomial_band, assert_snapshot

KINDS = ("global", "local", "nadaraya_watson", "kernel_ridge")


def drawn(n=40, seed=0, effect=1.0, d=1):
    rng = np.random.default_rng(seed)
    u = rng.uniform(size=(n, d))
    points = effect * np.sin(5 * u[:, :1]) + 0.3 * rng.standard_normal((n, 1)) + rng.standard_normal((n, 20))
    return u, DistributionArray.from_samples(points)


def result(kind="local", **options):
    u, Y = drawn()
    return FrechetRegressor(kind, n_quantiles=20, **options).fit(u, Y).results_


# naive ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", KINDS)
def test_statistics_are_those_of_fits_to_permuted_responses(kind):
    u, Y = drawn(n=14)
    options = {"bandwidth": 0.3} if kind != "global" else {}
    options |= {"penalty": 0.5} if kind == "kernel_ridge" else {}
    fit = FrechetRegressor(kind, n_quantiles=6, **options).fit(u, Y).results_
    test = fit.permutation_test(n_resamples=20, rng=3)
    features = fit.features
    weights = leave_one_out_weights(kind, u, options.get("bandwidth"), penalty=options.get("penalty"))

    def statistic(order):
        y = features[order]
        if kind == "global":
            design = np.column_stack([np.ones(14), u])
            left = ((y - design @ np.linalg.lstsq(design, y, rcond=None)[0]) ** 2).sum()
            total = ((y - y.mean(axis=0)) ** 2).sum()
            return (total - left) / (left / 12)
        others = (14 * y.mean(axis=0) - y) / 13
        return 1 - ((y - weights @ y) ** 2).sum() / ((y - others) ** 2).sum()

    from stattools.resampling import RowPermutation, resample

    expected = resample(lambda orders: np.array([statistic(o) for o in orders]), RowPermutation(20, n=14), rng=3)
    np.testing.assert_allclose(test.statistic, expected.observed[0], rtol=1e-9)
    np.testing.assert_allclose(test.null_distribution, expected.values[:, 0], rtol=1e-8, atol=1e-12)


# property ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", KINDS)
def test_results_are_stored_without_loss(kind):
    fit = result(kind)
    assert Result.from_json(fit.to_json()) == fit
    new = [[0.3], [0.8]]
    np.testing.assert_array_equal(Result.from_json(fit.to_json()).quantile_functions(new), fit.quantile_functions(new))
    u, Y = drawn()
    model = FrechetRegressor(kind, n_quantiles=20).fit(u, Y)
    np.testing.assert_array_equal(model.predict_embedding(new).values, fit.quantile_functions(new))


def test_choosing_is_part_of_what_is_permuted():
    fit = result("local")
    test = fit.permutation_test(n_resamples=49, rng=1)
    assert test.parameter == {"candidates": 20}
    fixed = result("local", bandwidth=float(fit.bandwidth[0])).permutation_test(n_resamples=49, rng=1)
    assert fixed.parameter == {}
    assert test.statistic <= fixed.statistic + 0.02  # the coarse candidates are near the refined one
    ridge = result("kernel_ridge", bandwidth=0.3).permutation_test(n_resamples=49, rng=1)
    assert ridge.parameter == {"candidates": 10}
    again = fit.permutation_test(n_resamples=49, rng=1)
    np.testing.assert_array_equal(again.null_distribution, test.null_distribution)


def test_tables_have_the_numbers_of_the_fit():
    u, Y = drawn()
    frame = pd.DataFrame(u, columns=["heat"])
    fit = FrechetRegressor("local", n_quantiles=20).fit(frame, Y).results_
    tidy, glance, augmented = fit.tidy(), fit.glance(), fit.augment(frame)
    assert tidy["term"].tolist() == ["heat"] and tidy["bandwidth"][0] == fit.bandwidth[0]
    assert glance["wasserstein_r_squared"][0] == fit.rsquared and glance["kind"][0] == "local"
    assert augmented.columns.tolist() == ["heat", "fitted_mean", "resid_distance", "loo_distance", "hat"]
    np.testing.assert_array_equal(augmented["loo_distance"], fit.loo_distances)
    np.testing.assert_allclose(fit.barycentre, fit.responses.mean(axis=0))
    total = (fit.barycentre_distances**2).sum()
    np.testing.assert_allclose(fit.rsquared, 1 - (fit.distances**2).sum() / total)


# calibration ---------------------------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_test_of_no_effect_keeps_its_level(kind):
    runs, rejected = 400, 0
    for seed in range(runs):
        u, Y = drawn(n=20, seed=seed, effect=0.0, d=2)
        fit = FrechetRegressor(kind, n_quantiles=10).fit(u, Y).results_
        rejected += fit.permutation_test(n_resamples=19, rng=seed).pvalue <= 0.1
    assert_in_binomial_band(rejected, n=runs, p=0.1)  # 2 of 20 ranks: the level is exactly 0.1


@pytest.mark.slow
def test_the_test_of_no_effect_finds_effects():
    found = dict.fromkeys(KINDS, 0)
    for seed in range(40):
        u, Y = drawn(n=40, seed=seed, effect=1.0)
        for kind in KINDS:
            fit = FrechetRegressor(kind, n_quantiles=10).fit(u, Y).results_
            found[kind] += fit.permutation_test(n_resamples=99, rng=seed).pvalue <= 0.05
    assert all(count >= 38 for count in found.values()), found  # the effect is about five standard errors


# errors --------------------------------------------------------------------------------------------------------------
def test_a_fit_without_residual_degrees_of_freedom_has_no_f():
    u, Y = drawn(n=3, d=2)
    with pytest.warns(DegenerateDataWarning, match="fewer predictors would leave some; R-squared of the fit"):
        fit = FrechetRegressor("global", n_quantiles=5).fit(u, Y).results_
    with pytest.raises(DegenerateDataError, match="leave no residual degrees of freedom beside 2 predictors"):
        fit.permutation_test(rng=1)


def test_there_are_no_coefficients():
    fit = result("global")
    with pytest.raises(InvalidParameterError, match="has none"):
        fit.tidy(alpha=0.1)
    with pytest.raises(InvalidParameterError, match="no covariance"):
        fit.cov_params()


# print ---------------------------------------------------------------------------------------------------------------
def test_printed_forms():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(rng.uniform(size=(50, 2)), columns=["heat", "rain"])
    points = np.sin(5 * frame[["heat"]].to_numpy()) + rng.standard_normal((50, 20))
    Y = DistributionArray.from_samples(points, domain=Interval(-9, 9))
    texts = []
    for kind in ("global", "local", "kernel_ridge"):
        fit = FrechetRegressor(kind, n_quantiles=20).fit(frame, Y).results_
        texts += [str(fit), repr(fit), fit.report()]
    texts.append(fit.summary().as_text().split("versions:")[0])
    texts.append(str(fit.permutation_test(n_resamples=99, rng=1)))
    lines = "\n".join(text for text in texts if text.startswith("\n")).splitlines()
    assert max(map(len, lines)) <= 80
    assert_snapshot("\n".join(texts), "sdr_frechet.txt")


def test_null_values_of_f_are_near_those_of_the_law_of_one_response():
    rng = np.random.default_rng(0)
    u, shift = rng.normal(size=(60, 2)), rng.normal(size=60)
    Y = DistributionArray.from_samples(shift[:, None] + np.array([0.0, 1.0]))
    test = FrechetRegressor("global", n_quantiles=2).fit(u, Y).results_.permutation_test(n_resamples=1999, rng=1)
    # a location family has one normal response, whose permutation law of F is near Fisher's: Kolmogorov's 99.9 %
    assert stats.kstest(test.null_distribution, stats.f(2, 57).cdf).statistic < 1.95 / np.sqrt(1999) + 0.01
