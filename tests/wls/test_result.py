import dataclasses

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, strategies as st

from stattools.exceptions import InvalidDataError, InvalidParameterError
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
    table = result.sobol()
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
    assert any("leverage is 1 in row 7" in note and "NaN" in note for note in result.notes)
    assert np.isnan(result.press)
    assert np.isnan(result.loo_residuals[7])
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


@pytest.mark.parametrize("scale", [0.5, 7.0])
def test_a_common_factor_of_importance_changes_no_error(scale):
    X, y, weights = columns()
    one, other = (
        WeightedLeastSquares(cov_type="HC2").fit(X, y, sample_weight=c * weights).results_ for c in (1.0, scale)
    )
    for name in ("params", "bse", "rsquared", "loo_error", "fpe", "effective_size"):
        np.testing.assert_allclose(getattr(other, name), getattr(one, name), rtol=1e-12)
    ours, theirs = one.get_prediction(X[:3]), other.get_prediction(X[:3])
    np.testing.assert_allclose(theirs.se_obs, ours.se_obs, rtol=1e-12)


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


def pool_fit(method, **options):
    X, y, _ = columns(n=60)
    design = pool_design(X, 20, method=method, rng=1, n_simulations=20, **options)
    return WeightedLeastSquares().fit(X[design.indices], y[design.indices], design=design).results_


def test_weights_that_are_all_one_are_said_to_be():
    plain, ridge = pool_fit("volume"), pool_fit("regularized_volume", regularization=1.0)
    assert "weights: all 1 (the law's estimator is plain least squares)" in str(plain)
    assert "weights: all 1 (the law's estimator is ridge regression)" in str(ridge)
    assert "weights: sampling weights" in str(pool_fit("leverage"))


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
