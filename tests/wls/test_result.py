import dataclasses

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, strategies as st

from stattools.exceptions import (
    AssumptionWarning,
    DegenerateDataError,
    DegenerateDataWarning,
    InvalidDataError,
    InvalidParameterError,
)
from stattools.results import Result
from stattools.wls import PolynomialSpace, WeightedLeastSquares, WLSResult, optimal_design, pool_design, wls
from tests import naive_wls_fit as naive
from tests.helpers import assert_snapshot
from tests.results.builders import PROVENANCE

SPACE = PolynomialSpace("legendre", degree=4)


def f(points):
    return 1.0 / (1.0 + 5.0 * points[:, 0] ** 2)


def design_of(method="repeated_dpp", n=25, **options):
    return optimal_design(SPACE, n, method=method, **{"condition": False, "rng": 1, "n_simulations": 10, **options})


def fitted(method="repeated_dpp", n=25, *, estimator=None, **options):
    design = design_of(method, n, **options)
    estimator = WeightedLeastSquares(SPACE) if estimator is None else estimator
    return estimator.fit(design.points, f(design.points), design=design).results_


def columns(seed=0, n=40, m=4, constant=True):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, m))
    if constant:
        X[:, 0] = 1.0
    return X, X @ rng.normal(size=m) + rng.normal(size=n), rng.uniform(0.2, 3.0, n)


# naive ---------------------------------------------------------------------------------------------------------------
@given(seed=st.integers(0, 2**32 - 1))
def test_leave_one_out_residuals_are_those_of_n_fits(seed):
    X, y, weights = columns(seed, n=15, m=3)
    result = WeightedLeastSquares().fit(X, y, sample_weight=weights).results_
    expected = naive.left_out_residuals(X, y, weights)
    # the twin inverts normal equations and rows of leverage near one amplify: a margin over rounding
    np.testing.assert_allclose(result.loo_residuals, expected, atol=1e-9 * np.abs(expected).max())
    np.testing.assert_allclose(result.press, (weights * expected**2).sum(), rtol=1e-8)
    np.testing.assert_allclose(result.loo_error, np.sqrt((weights * expected**2).sum() / weights.sum()), rtol=1e-8)


def test_errors_under_a_design_are_means_over_its_points():
    result = fitted()
    w, e, h = result.weights, result.resid, result.hat_diag
    np.testing.assert_allclose(result.loo_error, np.sqrt(np.mean(w * (e / (1 - h)) ** 2)), rtol=1e-13)
    np.testing.assert_allclose(result.fpe, np.sqrt(np.mean(w * e**2) * 25 / 20 * (1 + 5 / 25)), rtol=1e-13)
    assert result.error_estimate == (result.fpe, result.loo_error)


def test_sobol_indices_equal_their_naive_twin():
    space = PolynomialSpace(["legendre"] * 3, degree=3)
    points = space.sample(100, rng=1)
    y = np.exp(points[:, 0]) * (1 + points[:, 1]) + 0.1 * points[:, 2]
    result = WeightedLeastSquares(space).fit(points, y).results_
    first, total = naive.sobol(space.indices, result.params)
    table = result.sobol(corrected=False)
    np.testing.assert_allclose(table["first_order"], first, rtol=1e-12)
    np.testing.assert_allclose(table["total"], total, rtol=1e-12)
    assert table.index.tolist() == ["x1", "x2", "x3"]
    assert (table["total"] >= table["first_order"] - 1e-15).all()


# property ------------------------------------------------------------------------------------------------------------
def test_stability_is_that_of_the_design():
    for method, n in (("repeated_dpp", 25), ("iid", 20), ("volume", 12)):
        design = design_of(method, n)
        result = WeightedLeastSquares(SPACE).fit(design.points, f(design.points), design=design).results_
        for name in ("lambda_min", "cond", "stability_constant", "effective_size"):
            np.testing.assert_allclose(getattr(result, name), getattr(design, name), rtol=1e-10)  # QR against a Gram


def test_stability_of_a_pool_is_that_of_the_orthonormal_columns():
    X, y, _ = columns()
    design = pool_design(X * [1e-6, 1, 1, 1e6], 15, method="leverage", rng=1)
    rows = X[design.indices] * [1e-6, 1, 1, 1e6]
    result = WeightedLeastSquares().fit(rows, y[design.indices], design=design).results_
    assert result.lambda_min == design.lambda_min
    assert result.cond == design.cond


def test_without_a_measure_there_is_no_smallest_eigenvalue():
    X, y, _ = columns()
    result = WeightedLeastSquares().fit(X * [1e-8, 1, 1, 1e8], y).results_
    assert np.isnan(result.lambda_min)
    scaled = X / np.linalg.norm(X, axis=0)
    np.testing.assert_allclose(result.cond, np.linalg.cond(scaled.T @ scaled), rtol=1e-10)


def test_mean_and_variance_are_those_of_the_function():
    nodes, masses = np.polynomial.legendre.leggauss(30)
    result = fitted()
    values = SPACE.evaluate(nodes[:, None]) @ result.params
    mean = values @ masses / 2
    np.testing.assert_allclose(result.mean(), mean, rtol=1e-12)
    np.testing.assert_allclose(result.variance(), (values - mean) ** 2 @ masses / 2, rtol=1e-12)


@pytest.mark.parametrize("size", [1e-6, 3.7, 1e6])
@pytest.mark.parametrize("unbiased", [False, True])
def test_a_constant_function_has_no_sobol_indices(size, unbiased):
    space = PolynomialSpace(["legendre"] * 2, degree=2, names=["width", "height"])
    design = optimal_design(space, 30, condition=False, rng=1, n_simulations=10)
    estimator = WeightedLeastSquares(space, unbiased=unbiased)
    constant = estimator.fit(design.points, np.full(30, size), design=design).results_
    assert constant.sobol().isna().all(axis=None)
    assert constant.sobol().index.tolist() == ["width", "height"]
    nearly = size * (1 + 1e-10 * design.points[:, 0])  # far above rounding, far below what is printed
    table = estimator.fit(design.points, nearly, design=design).results_.sobol()
    np.testing.assert_allclose(table["total"], [1.0, 0.0], atol=1e-3)  # 1e-16 of rounding in 1e-10, amplified


def test_an_interpolation_has_no_errors_and_says_so():
    result = fitted("dpp", 5)
    for values in (result.bse, result.pvalues, result.conf_int(), result.loo_residuals):
        assert np.isnan(values).all()
    for number in (result.scale, result.rsquared_adj, result.press, result.fpe, *result.error_estimate):
        assert np.isnan(number)
    assert result.df_resid == 0
    assert any("the fit interpolates" in note for note in result.notes)
    assert result.certificate is not None
    assert result.certificate.factor == 6.0


def test_a_row_of_leverage_one_is_named():
    X, y, _ = columns()
    lonely = np.column_stack([X, np.eye(40)[7]])
    result = WeightedLeastSquares(cov_type="HC3").fit(lonely, y).results_
    (note,) = (note for note in result.notes if "leverage is 1" in note)
    assert "leverage is 1 in row 7" in note and "1 of 40 rows are left out" in note and "are NaN: x5" in note
    assert np.isnan(result.loo_residuals[7])
    assert result.press == pytest.approx(np.nansum(result.loo_residuals**2), rel=1e-14)
    assert result.loo_error == pytest.approx(np.sqrt(result.press / 39), rel=1e-14)
    assert np.isnan(result.bse).tolist() == [False] * 4 + [True]


def test_a_row_of_weight_zero_changes_nothing_but_the_count():
    X, y, weights = columns()
    weights[[2, 9]] = 0.0
    kept = weights > 0
    result = WeightedLeastSquares().fit(X, y, var_weights=weights).results_
    without = WeightedLeastSquares().fit(X[kept], y[kept], var_weights=weights[kept]).results_
    for name in ("params", "bse", "rsquared", "rsquared_adj", "scale", "df_resid", "press", "fpe", "loo_error"):
        np.testing.assert_allclose(getattr(result, name), getattr(without, name), rtol=1e-12)
    assert (result.nobs, without.nobs) == (40, 38)
    assert any("2 of 40 rows have weight zero" in note for note in result.notes)


@pytest.mark.parametrize("scale", [0.5, 7.0, 1e-200, 1e200])
@pytest.mark.parametrize("cov_type", ["HC2", "nonrobust"])
def test_a_common_factor_of_importance_changes_no_error(scale, cov_type):
    X, y, weights = columns()
    one, other = (
        WeightedLeastSquares(cov_type=cov_type).fit(X, y, sample_weight=c * weights).results_ for c in (1.0, scale)
    )
    for name in ("params", "bse", "rsquared", "loo_error", "fpe", "effective_size", "scale"):
        np.testing.assert_allclose(getattr(other, name), getattr(one, name), rtol=1e-12)
    ours, theirs = one.get_prediction(X[:3]), other.get_prediction(X[:3])
    np.testing.assert_allclose(theirs.se_obs, ours.se_obs, rtol=1e-12)
    e, w = one.resid, weights
    assert one.scale == pytest.approx(np.sum(w * e**2) / np.sum(w) * 40 / 36, rel=1e-12)
    np.testing.assert_allclose(one.weighted_scale, np.sum(w * e**2) / 36, rtol=1e-12)


def test_rows_that_do_not_matter_change_no_interval():
    X, y, weights = columns()
    result = WeightedLeastSquares().fit(X, y, sample_weight=weights).results_
    more = np.vstack([X, 3.0 * X]), np.concatenate([y, y + 100.0]), np.concatenate([weights, np.zeros(40)])
    longer = WeightedLeastSquares().fit(*more).results_
    for name in ("scale", "bse", "fpe", "loo_error"):
        np.testing.assert_allclose(getattr(longer, name), getattr(result, name), rtol=1e-11)
    for obs in (False, True):
        ours, theirs = (r.get_prediction(X[:3]).conf_int(obs=obs) for r in (result, longer))
        np.testing.assert_allclose(theirs, ours, rtol=1e-10)


def test_every_covariance_can_be_had_from_one_fit():
    result = fitted()
    for cov_type in ("nonrobust", "HC0", "HC1", "HC2", "HC3", "dpp-block"):
        again = fitted(estimator=WeightedLeastSquares(SPACE, cov_type=cov_type))
        np.testing.assert_array_equal(result.cov_params(cov_type), again.cov_params())
    assert again.df_inference == 4
    assert result.df_inference == 20


def test_intervals_over_blocks_take_blocks_less_one_degrees_of_freedom():
    from scipy import stats

    result = fitted(estimator=WeightedLeastSquares(SPACE, noise_free=True))
    half = stats.t.ppf(0.975, 4) * result.bse
    np.testing.assert_allclose(result.conf_int(), np.column_stack([result.params - half, result.params + half]))
    assert "t(4) =" in result.report()
    assert "t(20) =" not in result.report()
    assert result.df_resid == 20


def test_certificates_are_for_the_law_and_its_own_fit():
    assert fitted("dpp", 5).certificate.factor == 6.0
    averaged = fitted(estimator=WeightedLeastSquares(SPACE, unbiased=True))
    assert averaged.certificate.factor == 1 + 5 / 5
    conditioned = fitted(estimator=WeightedLeastSquares(SPACE, cov_type="design"), condition=True)
    assert conditioned.certificate is None
    assert not any("exactly unbiased," in note for note in conditioned.notes)
    X, y, _ = columns()
    assert WeightedLeastSquares().fit(X, y).results_.certificate is None


def test_an_average_is_unbiased_and_certified_only_where_nothing_chose_its_blocks():
    X, y, _ = columns(n=60)
    pool = pool_design(X, 12, method="repeated_dpp", rng=1, n_simulations=0)
    averaged = WeightedLeastSquares(unbiased=True).fit(X[pool.indices], y[pool.indices], design=pool).results_
    assert averaged.certificate == (1 + 4 / 3, "in expectation")
    assert "equality" in fitted(estimator=WeightedLeastSquares(SPACE, unbiased=True)).certificate.words
    for options in ({"condition": True}, {"n_candidates": 3}):
        design = design_of(n=25, **options)
        averaging = WeightedLeastSquares(SPACE, unbiased=True, cov_type="design")
        with pytest.raises(InvalidParameterError, match="no unbiased estimate is known"):
            averaging.fit(design.points, f(design.points), design=design)


def test_a_bound_over_stable_designs_is_not_printed_for_another():
    for seed in range(300):
        design = design_of(n=6, rng=seed, n_simulations=0)
        if not design.stability.holds(design.eigenvalues):
            break
    result = WeightedLeastSquares(SPACE).fit(design.points, f(design.points), design=design).results_
    assert result.certificate is None
    assert "promised: nothing: the known bound is for designs with lambda_min >= 0.1" in " ".join(str(result).split())
    stable = fitted(n=25)
    assert stable.certificate is not None
    assert "promised for exact responses" in str(stable)


def test_a_fit_that_does_not_see_a_part_of_its_pool_has_no_error():
    rng = np.random.default_rng(0)
    X = np.column_stack([np.ones(200), rng.normal(size=200), np.arange(200) < 2])
    y = X @ [1.0, 1.0, 10.0] + 0.3 * rng.normal(size=200)
    for seed in range(20):
        design = pool_design(X, 12, method="uniform", rng=seed)
        if design.indices.min() >= 2:
            break
    with pytest.warns(DegenerateDataWarning, match="rank 2 of 3"):
        result = WeightedLeastSquares().fit(X[design.indices], y[design.indices], design=design).results_
    assert np.isnan(result.error_estimate).all()
    assert np.isnan(result.bse).tolist() == [False, False, True]
    assert np.isnan(result.pvalues[2]) and np.isnan(result.conf_int()[2]).all()
    with pytest.warns(AssumptionWarning, match="do not determine the value there, which has no standard error"):
        prediction = result.get_prediction(X[:3])
    assert np.isnan(prediction.se_mean).tolist() == [True, True, False]
    # the pool itself has dependent columns: its rows are seen all the same
    doubled = np.column_stack([X[:, :2], X[:, :1]])
    with pytest.warns(DegenerateDataWarning):
        chosen = pool_design(doubled, 12, method="uniform", rng=1)
        result = WeightedLeastSquares().fit(doubled[chosen.indices], y[chosen.indices], design=chosen).results_
    assert np.isfinite(result.error_estimate).all()
    assert np.isfinite(result.get_prediction(doubled[:3]).se_mean).all()


def test_rows_without_replacement_count_for_those_they_stand_for():
    X, y, _ = columns(n=60)
    X[:3] *= 20.0
    design = pool_design(X, 20, method="volume", rng=1, n_simulations=0)
    result = WeightedLeastSquares().fit(X[design.indices], y[design.indices], design=design).results_
    shares = 1 / design.inclusion_probabilities[design.indices]
    left_out = result.resid / (1 - result.hat_diag)
    assert result.loo_error == pytest.approx(np.sqrt(np.average(left_out**2, weights=shares)), rel=1e-12)
    assert result.fpe == pytest.approx(
        np.sqrt(np.average(result.resid**2, weights=shares) * 20 / 16 * (1 + 4 / 20)), rel=1e-12
    )
    assert result.press == pytest.approx((left_out**2).sum(), rel=1e-12)


@pytest.mark.parametrize("method", ["uniform", "volume"])
def test_a_finite_population_narrows_intervals_by_the_share_that_is_not_seen(method):
    X, y, _ = columns(n=60)
    design = pool_design(X, 45, method=method, rng=1, n_simulations=0)
    plain, finite = (
        WeightedLeastSquares(finite_population=flag).fit(X[design.indices], y[design.indices], design=design).results_
        for flag in (False, True)
    )
    np.testing.assert_allclose(finite.bse, plain.bse * np.sqrt(1 - 45 / 60), rtol=1e-12)
    np.testing.assert_allclose(finite.cov_params("HC2"), plain.cov_params("HC2") / 4, rtol=1e-12)
    assert "nothing beyond the pool" in " ".join(finite.notes)
    assert "see finite_population=True" in " ".join(plain.notes)
    assert "fit to all 60 rows" in " ".join(plain.notes)
    assert Result.from_json(finite.to_json()) == finite


def test_a_row_that_the_fit_to_the_pool_reproduces_adds_no_error():
    X, y, _ = columns(n=60)
    X[:, 3] = np.arange(60) == 7
    for method, n in (("volume", 15), ("repeated_dpp", 12)):
        design = pool_design(X, n, method=method, rng=1, n_simulations=0)
        result = WeightedLeastSquares(cov_type="HC3").fit(X[design.indices], y[design.indices], design=design).results_
        (note,) = (note for note in result.notes if "leverage is 1" in note)
        assert "in row 7 of the pool:" in note and "The fit to all rows reproduces it too" in note
        assert np.isfinite(result.bse).all() and (result.bse > 1e-3).all()
        assert np.isfinite(result.loo_error)
    other = pool_design(X[:, :3], 15, method="uniform", must_include=None, rng=1)
    alone = np.column_stack([X[:, :3], np.arange(60) == other.indices[2]])
    for labels in (None, [f"r{k}" for k in other.indices]):
        rows = pd.DataFrame(alone[other.indices], columns=list("abcd"), index=labels)
        result = WeightedLeastSquares(cov_type="HC3").fit(rows, y[other.indices]).results_
        assert np.isnan(result.bse.to_numpy()).tolist() == [False, False, False, True]
        place = "row 2" if labels is None else f"index 'r{other.indices[2]}'"
        assert any(f"leverage is 1 in {place}:" in note and "are NaN: d" in note for note in result.notes)


def test_cross_validation_is_that_of_n_fits_and_keeps_draws_together():
    X, y, weights = columns()
    result = WeightedLeastSquares().fit(X, y, sample_weight=weights).results_
    assert result.cv_error(40, rng=1) == pytest.approx(result.loo_error, rel=1e-10)
    assert result.cv_error(500, rng=2) == pytest.approx(result.loo_error, rel=1e-10)
    assert result.cv_error(5, rng=1) == result.cv_error(5, rng=1) != result.cv_error(5, rng=2)
    blocks = fitted()
    design, squares = blocks.design, np.zeros(25)
    for block in range(5):
        out = design.block_id == block
        kept = naive.coefficients(
            design.features[~out], f(design.points)[~out], design.sampling_weights[~out]
        )
        squares[out] = (f(design.points)[out] - design.features[out] @ kept) ** 2
    expected = np.sqrt(np.mean(design.sampling_weights * squares))
    assert blocks.cv_error(rng=1) == pytest.approx(expected, rel=1e-9)  # the twin inverts Gram matrices
    with pytest.raises(InvalidParameterError, match="a mean of block interpolants"):
        fitted(estimator=WeightedLeastSquares(SPACE, unbiased=True)).cv_error()
    with pytest.raises(DegenerateDataError, match="do not determine the coefficients; take more folds"):
        WeightedLeastSquares().fit(X[:5], y[:5]).results_.cv_error(2, rng=1)


def test_corrected_sobol_indices_subtract_variances():
    space = PolynomialSpace(["legendre"] * 3, degree=2)
    points = space.sample(40, rng=1)
    y = points[:, 0] + 0.5 * points[:, 1] + 0.5 * np.random.default_rng(0).normal(size=40)
    result = WeightedLeastSquares(space).fit(points, y).results_
    squares = result.params**2 - result.bse**2
    others = space.indices.any(axis=1)
    third = space.indices[:, 2] > 0
    table = result.sobol()
    assert table["total"].iloc[2] == pytest.approx(squares[third].sum() / squares[others].sum(), rel=1e-12)
    assert table.columns.tolist() == ["first_order", "total", "first_order_se", "total_se"]
    draws = np.random.default_rng(1).multivariate_normal(result.params, result.cov_params(), 20_000)
    total = (draws**2)[:, third].sum(axis=1) / squares[others].sum()
    # drawn about the estimates, not the truth, whose squares they exceed: the spread is of that order only
    assert 0.5 < table["total_se"].iloc[2] / total.std() < 1.2
    interpolation = fitted("dpp", 5)
    assert np.isnan(interpolation.sobol()["total_se"]).all()
    assert interpolation.sobol()["total"].item() == pytest.approx(1.0, abs=1e-12)
    with pytest.raises(InvalidParameterError, match="corrected=True subtracts"):
        interpolation.sobol(corrected=True)


def test_a_mean_of_interpolants_has_no_leave_one_out_error():
    result = fitted(estimator=WeightedLeastSquares(SPACE, unbiased=True))
    assert np.isnan(result.press)
    assert np.isfinite(result.fpe)
    assert any("less accurate than the joint fit" in note for note in result.notes)


@pytest.mark.parametrize(
    "result",
    [
        fitted(),
        fitted("dpp", 5),
        fitted(estimator=WeightedLeastSquares(SPACE, unbiased=True)),
        WeightedLeastSquares(fit_intercept=True).fit(pd.DataFrame(columns()[0][:, 1:], columns=["a", "b", "c"]),
                                                     columns()[1]).results_,
    ],
    ids=["blocks", "interpolation", "averaged", "table"],
)
def test_storing_and_reading_gives_the_same_result(result):
    again = Result.from_json(result.to_json())
    assert isinstance(again, WLSResult)
    assert again == result
    assert str(again) == str(result)
    if not result.averaged:
        # stored arrays come back in C order, and products of them round in another one
        np.testing.assert_allclose(again.cov_params("HC0"), result.cov_params("HC0"), rtol=1e-12)


def test_tables_name_what_they_hold():
    result = fitted()
    assert result.tidy()["term"].tolist() == list(SPACE.term_names)
    row = result.glance()
    assert len(row) == 1
    assert row["design"].item() == "repeated_dpp"
    assert {"r_squared_uncentered", "r_squared"} & set(row.columns)
    assert {"lambda_min", "cond", "fpe", "loo_error", "weights", "df_inference"} <= set(row.columns)


def test_named_input_gives_pandas_objects():
    X, y, _ = columns()
    table = pd.DataFrame(X[:, 1:], columns=["a", "b", "c"], index=[f"r{k}" for k in range(40)])
    result = WeightedLeastSquares(fit_intercept=True).fit(table, y).results_
    for name in ("hat_diag", "wresid", "loo_residuals", "resid"):
        assert getattr(result, name).index[0] == "r0"
    assert result.params.index.tolist() == ["Intercept", "a", "b", "c"]
    assert result.cov_params("HC1").columns.tolist() == ["Intercept", "a", "b", "c"]


def test_plots_are_those_of_the_kind_of_fit():
    X, y, _ = columns()
    assert "sobol" in fitted()._available_plots()
    plain = WeightedLeastSquares().fit(X, y).results_
    assert "sobol" not in plain._available_plots()
    with pytest.raises(InvalidParameterError, match="kind is 'sobol'"):
        plain.plot(kind="sobol")


# reference -----------------------------------------------------------------------------------------------------------
NUMBERS = ("params", "bse", "tvalues", "rsquared", "rsquared_adj", "scale", "df_resid", "df_model", "nobs")


@pytest.mark.parametrize("cov_type", ["nonrobust", "HC0", "HC1", "HC2", "HC3"])
@pytest.mark.parametrize("constant", [True, False])
def test_statsmodels_has_the_same_numbers(cov_type, constant):
    for seed in range(4):
        X, y, weights = columns(seed, constant=constant)
        ours = WeightedLeastSquares(cov_type=cov_type).fit(X, y, var_weights=weights).results_
        theirs = sm.WLS(y, X, weights=weights).fit(cov_type=cov_type, use_t=True)
        for name in NUMBERS:
            np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-10)
        np.testing.assert_allclose(ours.pvalues, theirs.pvalues, rtol=1e-9)  # tails magnify the error of t
        np.testing.assert_allclose(ours.conf_int(0.1), theirs.conf_int(0.1), rtol=1e-10, atol=1e-12)
        for name in ("resid", "wresid", "fittedvalues"):
            np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), atol=1e-12)


def test_statsmodels_has_the_same_leverage_and_press():
    from statsmodels.stats.outliers_influence import OLSInfluence

    X, y, weights = columns()
    ours = WeightedLeastSquares().fit(X, y, sample_weight=weights).results_
    roots = np.sqrt(weights)
    theirs = OLSInfluence(sm.OLS(roots * y, roots[:, None] * X).fit())
    np.testing.assert_allclose(ours.hat_diag, theirs.hat_matrix_diag, rtol=1e-10)
    np.testing.assert_allclose(ours.press, theirs.ess_press, rtol=1e-10)


@pytest.mark.parametrize("cov_type", ["nonrobust", "HC3"])
def test_statsmodels_has_the_same_wald_tests(cov_type):
    import statsmodels.formula.api as smf

    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.normal(size=60), "g": rng.choice(list("abc"), 60)})
    data["y"] = data.x + (data.g == "b") + rng.normal(size=60)
    ours = wls("y ~ x * C(g)", data, cov_type=cov_type)
    scaled = wls("y ~ x * C(g)", data.assign(x=1e8 * data.x), cov_type=cov_type)
    theirs = smf.ols("y ~ x * C(g)", data).fit(cov_type=cov_type, use_t=True)
    for term, places in (("C(g)", [1, 2]), ("x:C(g)", [4, 5]), (["C(g)", "x"], [1, 2, 3]), ("x", [3])):
        reference = theirs.f_test(np.eye(6)[places])
        found = ours.wald_test(term)
        assert found.statistic == pytest.approx(float(reference.fvalue), rel=1e-9)
        assert found.pvalue == pytest.approx(float(reference.pvalue), rel=1e-8)
        assert scaled.wald_test(term).statistic == pytest.approx(found.statistic, rel=1e-8)
        assert found.parameter == {"df1": len(places), "df2": 54}


def test_sobol_indices_of_the_ishigami_function():
    """First-order 0.3139, 0.4424, 0 and total 0.5576, 0.4424, 0.2437 for a = 7, b = 0.1, from its closed form."""
    space = PolynomialSpace(["legendre"] * 3, degree=12, domain=(-np.pi, np.pi))
    points = space.sample(2000, law="optimal", rng=1)
    y = np.sin(points[:, 0]) + 7 * np.sin(points[:, 1]) ** 2 + 0.1 * points[:, 2] ** 4 * np.sin(points[:, 0])
    weights = space.dim / space.christoffel(points)
    table = WeightedLeastSquares(space).fit(points, y, sample_weight=weights).results_.sobol()
    # degree 12 leaves a relative error of the variance below 1e-3
    np.testing.assert_allclose(table["first_order"], [0.3139, 0.4424, 0.0], atol=2e-3)
    np.testing.assert_allclose(table["total"], [0.5576, 0.4424, 0.2437], atol=2e-3)


# errors --------------------------------------------------------------------------------------------------------------
def test_tests_of_several_coefficients_that_cannot_be():
    blocks = fitted(estimator=WeightedLeastSquares(SPACE, cov_type="dpp-block"))
    two = blocks.wald_test(["P1(x)", "P2(x)"])
    assert two.parameter == {"df1": 2, "df2": 3}
    with pytest.raises(DegenerateDataError, match="5 coefficients are tested with 5 blocks"):
        blocks.wald_test(SPACE.term_names)
    with pytest.raises(InvalidParameterError, match="terms has 'age', which no coefficient belongs to; there are '1'"):
        blocks.wald_test("age")
    with pytest.raises(InvalidParameterError, match="terms is empty"):
        blocks.wald_test([])
    with pytest.raises(DegenerateDataError, match="'P2.x.' has no standard error"):
        fitted("dpp", 5).wald_test("P2(x)")


def test_functionals_need_a_space_with_the_constant():
    X, y, _ = columns()
    plain = WeightedLeastSquares().fit(X, y).results_
    for name in ("mean", "variance", "sobol"):
        with pytest.raises(InvalidParameterError, match="needs? a fit in a"):
            getattr(plain, name)()
    odd = PolynomialSpace("legendre", index_set=[[1], [3]])
    x = np.linspace(-1, 1, 9)
    with pytest.raises(InvalidParameterError, match="holds the constant"):
        WeightedLeastSquares(odd).fit(x, x).results_.mean()


def test_covariances_of_other_estimates_are_refused():
    result = fitted()
    with pytest.raises(InvalidParameterError, match="fit again with another cov_type"):
        result.cov_params("design")
    averaged = fitted(estimator=WeightedLeastSquares(SPACE, unbiased=True))
    with pytest.raises(InvalidParameterError, match="fit again with another cov_type"):
        averaged.cov_params("HC2")
    with pytest.raises(InvalidParameterError, match="cov_type is 'HC5'"):
        result.cov_params("HC5")
    X, y, _ = columns()
    with pytest.raises(InvalidDataError, match="needs a design of at least 3 draws of a DPP; there is no design"):
        WeightedLeastSquares().fit(X, y).results_.cov_params("dpp-block")


# print ---------------------------------------------------------------------------------------------------------------
def table_fit():
    X, y, weights = columns()
    table = pd.DataFrame(X[:, 1:], columns=["income", "age", "rooms"])
    estimator = WeightedLeastSquares(fit_intercept=True)
    return estimator.fit(table, pd.Series(y, name="price"), var_weights=weights).results_


def pool_fit(method, n=20, **options):
    X, y, _ = columns(n=60)
    design = pool_design(X, n, method=method, rng=1, n_simulations=20, **options)
    return WeightedLeastSquares().fit(X[design.indices], y[design.indices], design=design).results_


def test_weights_that_are_all_one_are_said_to_be():
    plain, ridge = pool_fit("volume"), pool_fit("regularized_volume", regularization=1.0)
    assert "weights: all 1 (the law's estimator is plain least squares)" in str(plain)
    assert "weights: all 1 (the law's estimator is ridge regression)" in str(ridge)
    assert "weights: sampling weights" in str(pool_fit("leverage"))
    for chosen in (pool_fit("volume", given=[1, 2]), pool_fit("volume", must_include=[3]), pool_fit("d_optimal")):
        assert "weights: all 1 (" in str(chosen) and "chosen" in str(chosen).splitlines()[4]
        assert "error on such rows: central" in str(chosen)
        assert chosen.glance()["weights"].item() == "none"
        assert str(chosen).split()[0] == "Least"


def test_error_estimates_are_called_what_they_are():
    X, y, _ = columns()
    x = SPACE.sample(20, rng=1)
    on_space = WeightedLeastSquares(SPACE).fit(x, f(x)).results_
    assert "prediction error at such points: central" in str(on_space) and "lambda_min" not in str(on_space)
    assert "prediction error at such rows: central" in str(WeightedLeastSquares().fit(X, y).results_)
    design = design_of()
    model = WeightedLeastSquares(SPACE, estimand="model").fit(design.points, f(design.points), design=design).results_
    assert "prediction error at such points: central" in str(model) and "lambda_min" not in str(model)
    assert "L2 error, noise included: central" in str(fitted()) and "lambda_min" in str(fitted())
    assert not any("conservative" in str(result) for result in (on_space, model, fitted()))
    assert any("below 1.5 m = 6 the error estimates are unreliable" in note for note in pool_fit("volume", 5).notes)
    assert not any("unreliable" in note for note in pool_fit("volume", 6).notes)


def test_intervals_of_a_pool_say_what_they_are_for():
    assert any("for the fit to all 60 rows, and leave out the noise" in n for n in pool_fit("leverage").notes)
    assert any("for the fit to all 60 rows, and for the best approx" in n for n in pool_fit("volume").notes)
    assert any("nothing is design-unbiased" in note for note in pool_fit("volume", given=[1, 2]).notes)
    assert not any("nothing is design-unbiased" in note for note in pool_fit("volume").notes)


def test_degrees_of_freedom_of_intervals_are_printed_where_they_are_others():
    text = str(fitted(estimator=WeightedLeastSquares(SPACE, cov_type="dpp-block")))
    assert "residual df = 20, df of intervals = 4" in text
    assert "df of intervals" not in str(fitted())


def test_what_is_promised_of_a_pool_is_in_the_words_of_the_design():
    text = " ".join(str(pool_fit("leverage")).split())
    assert "E L(w) <= 21 L(w*)" in text
    assert "L is the sum of squares over all rows" in text
    assert "exact responses" not in text
    assert "promised for exact responses" in str(fitted())


def test_a_long_expansion_is_printed_by_its_largest_coefficients():
    space = PolynomialSpace(["legendre"] * 2, degree=7)
    x = space.sample(80, rng=1)
    result = WeightedLeastSquares(space).fit(x, np.exp(x[:, 0])).results_
    text = str(result)
    assert "20 largest coefficients (covariance: nonrobust):" in text
    assert "16 more in tidy()" in text
    largest = np.argsort(-np.abs(result.params))[:20]
    shown = [name for name in result.param_names if f"\n  {name} " in text]
    assert shown == [result.param_names[k] for k in np.sort(largest)]
    assert all(f"\n  {name} " in result.summary().as_text() for name in result.param_names)


def test_names_of_terms_are_not_broken():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"y": rng.normal(size=40), "region": np.tile(["A", "North", "South", "West"], 10)})
    table["x"] = rng.normal(size=40)
    text = str(wls("y ~ x + C(region)", table))
    for name in ("C(region)[T.North]", "C(region)[T.South]", "C(region)[T.West]"):
        assert f"\n  {name} " in text
    assert max(map(len, text.splitlines())) <= 80


PRINTED = {
    "blocks": lambda: fitted(estimator=WeightedLeastSquares(SPACE, noise_free=True), condition=True),
    "interpolation": lambda: fitted("dpp", 5),
    "averaged": lambda: fitted(estimator=WeightedLeastSquares(SPACE, unbiased=True)),
    "table": table_fit,
}


@pytest.mark.parametrize("name", PRINTED)
def test_printed_forms(name):
    assert_snapshot(str(PRINTED[name]()), f"wls_fit_{name}.txt")


def test_summary_has_the_provenance():
    result = dataclasses.replace(table_fit(), provenance=PROVENANCE)
    assert_snapshot(result.summary().as_text(), "wls_fit_summary.txt")


def test_one_line_forms():
    lines = [repr(make()) + "\n" + make().report() + "\n" + make().report(style="plain") for make in PRINTED.values()]
    assert_snapshot("\n\n".join(lines), "wls_fit_lines.txt")
