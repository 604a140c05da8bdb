import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st
from sklearn.base import clone
from sklearn.linear_model import LinearRegression

from stattools.exceptions import AssumptionWarning, DegenerateDataWarning, InvalidDataError, InvalidParameterError
from stattools.wls import PolynomialSpace, WeightedLeastSquares, optimal_design, pool_design
from tests import naive_wls_fit as naive

SPACE = PolynomialSpace("legendre", degree=3)


def f(points):
    return 1.0 / (1.0 + 5.0 * points[:, 0] ** 2)


def drawn(method="repeated_dpp", n=None, **options):
    options = {"condition": False, "rng": 1, "n_simulations": 10, **options}
    return optimal_design(SPACE, n, method=method, **options)


def pool(n_rows=60, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_rows, 3)), rng.normal(size=n_rows)


def columns(seed=0, n=30, m=3):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, m)), rng.normal(size=n), rng.uniform(0.5, 2.0, n)


# naive ---------------------------------------------------------------------------------------------------------------
def test_a_design_gives_the_weights_of_the_fit():
    design = drawn(n=20)
    y = f(design.points)
    fit = WeightedLeastSquares(SPACE).fit(design.points, y, design=design)
    expected = naive.coefficients(design.features, y, design.sampling_weights)
    np.testing.assert_allclose(fit.coef_, expected, atol=1e-13)  # the twin inverts a Gram matrix of condition 10
    np.testing.assert_array_equal(fit.results_.weights, design.sampling_weights)


def test_the_mean_of_interpolants_is_the_estimate_of_an_unbiased_fit():
    design = drawn(n=20)
    y = f(design.points)
    fit = WeightedLeastSquares(SPACE, unbiased=True).fit(design.points, y, design=design)
    mean, matrix = naive.block_mean(design.features, y, design.block_id)
    np.testing.assert_allclose(fit.coef_, mean, atol=1e-11)  # blocks have condition numbers up to 1e3
    np.testing.assert_allclose(fit.results_.cov_params(), matrix, atol=1e-11)
    assert (fit.results_.cov_type, fit.results_.df_inference) == ("design", 4)
    np.testing.assert_allclose(fit.results_.fittedvalues, design.features @ mean, atol=1e-11)


def test_a_regularised_design_gives_the_ridge_fit():
    X, y = pool()
    design = pool_design(X, 15, method="regularized_volume", regularization=2.0, rng=1)
    fit = WeightedLeastSquares().fit(X[design.indices], y[design.indices], design=design)
    rows, labels = X[design.indices], y[design.indices]
    np.testing.assert_allclose(fit.coef_, naive.coefficients(rows, labels, np.ones(15), 2.0), atol=1e-13)
    expected = naive.sandwich(rows, labels, np.ones(15), "HC2", 2.0)
    np.testing.assert_allclose(fit.results_.cov_params("HC2"), expected, atol=1e-13)
    np.testing.assert_allclose(fit.results_.df_resid, 15 - naive.leverage(rows, np.ones(15), 2.0).sum())
    assert any("shrunken" in note for note in fit.results_.notes)


# property ------------------------------------------------------------------------------------------------------------
@given(seed=st.integers(0, 2**32 - 1))
def test_whole_sample_weights_are_repeated_rows(seed):
    X, y, _ = columns(seed % 1000)
    counts = np.random.default_rng(seed).integers(0, 4, 30)
    counts[:6] = np.maximum(counts[:6], 1)
    weighted = WeightedLeastSquares(fit_intercept=True).fit(X, y, sample_weight=counts)
    repeated = WeightedLeastSquares(fit_intercept=True).fit(np.repeat(X, counts, axis=0), np.repeat(y, counts))
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, atol=1e-11)  # rounding, condition below 1e3
    np.testing.assert_allclose(weighted.intercept_, repeated.intercept_, atol=1e-11)


def test_coefficients_do_not_depend_on_how_the_columns_are_stored():
    X, y, _ = columns()
    X, y = X.astype(np.float32), y.astype(np.float32)
    plain = WeightedLeastSquares().fit(X.astype(np.float64), y.astype(np.float64)).coef_
    forms = [X, np.asfortranarray(X), X.tolist(), pd.DataFrame(X, columns=["a", "b", "c"]), pl.DataFrame(X)]
    for form in forms:
        np.testing.assert_array_equal(WeightedLeastSquares().fit(form, y).coef_, plain)


def test_a_pyarrow_table_is_read():
    X, y, _ = columns()
    table = pl.DataFrame(X, schema=["a", "b", "c"]).to_arrow()
    np.testing.assert_array_equal(WeightedLeastSquares().fit(table, y).coef_, WeightedLeastSquares().fit(X, y).coef_)


def test_several_responses_have_a_result_each():
    X, y, weights = columns()
    both = np.column_stack([y, 2.0 - y])
    joint = WeightedLeastSquares(fit_intercept=True).fit(X, both, var_weights=weights)
    alone = WeightedLeastSquares(fit_intercept=True).fit(X, both[:, 1], var_weights=weights)
    assert joint.coef_.shape == (2, 3)
    np.testing.assert_allclose(joint.coef_[1], alone.coef_, rtol=1e-12)
    np.testing.assert_allclose(joint.intercept_[1], alone.intercept_, rtol=1e-12)
    np.testing.assert_allclose(joint.results_[1].bse, alone.results_.bse, rtol=1e-12)
    np.testing.assert_allclose(joint.predict(X)[:, 1], alone.predict(X), rtol=1e-11)
    named = WeightedLeastSquares().fit(X, pd.DataFrame(both, columns=["price", "other"]))
    assert [result.response_name for result in named.results_] == ["price", "other"]


def test_a_copy_without_the_fit_has_the_same_parameters():
    estimator = WeightedLeastSquares(SPACE, cov_type="HC3", noise_free=True)
    copied = clone(estimator)
    assert copied.get_params()["cov_type"] == "HC3"
    assert copied.space.equals(SPACE)


def test_points_are_those_of_the_space_of_the_design():
    design = drawn(n=12)
    y = f(design.points)
    named, taken = (
        WeightedLeastSquares(space).fit(design.points, y, design=design) for space in (SPACE, None)
    )
    np.testing.assert_array_equal(named.coef_, taken.coef_)
    np.testing.assert_array_equal(named.predict([[0.3]]), taken.predict([[0.3]]))
    assert taken.space_ is design.space


def test_points_of_one_input_may_be_a_plain_list():
    x = np.linspace(-1, 1, 9)
    fit = WeightedLeastSquares(SPACE).fit(x, x**3)
    np.testing.assert_allclose(fit.predict([0.5]), [0.125], atol=1e-14)


def test_a_model_taken_for_true_ignores_sampling_weights():
    design = drawn(n=20)
    y = f(design.points)
    noise = np.linspace(0.5, 2.0, 20)
    for chosen, expected in ((noise, noise), (None, np.ones(20))):
        fit = WeightedLeastSquares(SPACE, estimand="model").fit(design.points, y, design=design, var_weights=chosen)
        np.testing.assert_allclose(fit.coef_, naive.coefficients(design.features, y, expected), atol=1e-13)
        assert fit.results_.certificate is None
        assert any("sampling weights of the design were not used" in note for note in fit.results_.notes)


def test_rows_that_were_drawn_twice_are_one_observation_of_a_model():
    X, y = pool(10)
    design = pool_design(X, 20, method="leverage", rng=1)
    assert design.n_unique < 20
    rows, labels = X[design.indices], y[design.indices]
    model = WeightedLeastSquares(estimand="model").fit(rows, labels, design=design).results_
    assert any("repeat another one" in note for note in model.notes)
    distinct = design.indices[np.sort(np.unique(design.indices, return_index=True)[1])]
    once = WeightedLeastSquares().fit(X[distinct], y[distinct]).results_
    for name in ("params", "bse", "resid", "nobs", "df_resid", "loo_error"):
        np.testing.assert_allclose(getattr(model, name), getattr(once, name), rtol=1e-12)
    assert f"20 rows, {design.n_unique} distinct" in str(model)
    noise = np.linspace(1.0, 2.0, 10)[design.indices]
    weighted = WeightedLeastSquares(estimand="model").fit(rows, labels, design=design, var_weights=noise).results_
    assert weighted.nobs == design.n_unique
    with fitting("stands in the design more than once, with the var_weights"):
        WeightedLeastSquares(estimand="model").fit(rows, labels, design=design, var_weights=np.arange(1.0, 21.0))
    projection = WeightedLeastSquares().fit(rows, labels, design=design).results_
    assert projection.nobs == 20
    assert not any("repeat another one" in note for note in projection.notes)


@pytest.mark.parametrize("estimand", [None, "projection", "model"])
def test_two_labels_of_one_row_are_refused(estimand):
    X, y = pool(10)
    design = pool_design(X, 20, method="leverage", rng=1)
    rows, labels = X[design.indices], y[design.indices]
    row = np.flatnonzero(np.bincount(design.indices) > 1)[0]
    labels[np.flatnonzero(design.indices == row)[-1]] += 0.5
    for given_labels in (labels, np.column_stack([y[design.indices], labels])):
        with fitting(f"row {row} of the pool stands in the design more than once, with the labels .*gather.*the mean"):
            WeightedLeastSquares(estimand=estimand).fit(rows, given_labels, design=design)


def test_a_covariance_over_draws_needs_all_of_their_rows():
    X, y = pool(10)
    design = pool_design(X, 12, method="repeated_dpp", rng=1)
    rows, labels = X[design.indices], y[design.indices]
    assert design.n_unique < 12
    with fitting("is about the draws of the design, and the fit has each of its distinct rows once"):
        WeightedLeastSquares(estimand="model", cov_type="dpp-block").fit(rows, labels, design=design)
    model = WeightedLeastSquares(estimand="model").fit(rows, labels, design=design).results_
    with fitting("is about the draws of the design"):
        model.cov_params("dpp-block")


def test_noise_variances_enter_the_nonrobust_covariance_of_a_projection_only():
    design = drawn(n=20)
    y = f(design.points)
    noise = np.linspace(0.5, 2.0, 20)
    plain = WeightedLeastSquares(SPACE).fit(design.points, y, design=design)
    both = WeightedLeastSquares(SPACE, estimand="projection").fit(design.points, y, design=design, var_weights=noise)
    np.testing.assert_array_equal(both.coef_, plain.coef_)
    np.testing.assert_array_equal(both.results_.cov_params("HC2"), plain.results_.cov_params("HC2"))
    w, phi = design.sampling_weights, design.features
    inverse = np.linalg.inv((phi * w[:, None]).T @ phi)
    sigma2 = (w * plain.results_.resid**2).sum() / ((1 - plain.results_.leverage) * w / noise).sum()
    expected = inverse @ ((phi * (w**2 * sigma2 / noise)[:, None]).T @ phi) @ inverse
    np.testing.assert_allclose(both.results_.cov_params("nonrobust"), expected, rtol=1e-11)  # the twin inverts


@pytest.mark.parametrize(
    ("method", "n", "noise_free", "expected"),
    [
        ("repeated_dpp", 20, True, "dpp-block"),
        ("repeated_dpp", 20, False, "HC2"),
        ("repeated_dpp", 16, True, "HC2"),
        ("repeated_dpp", 8, True, "HC3"),
        ("iid", 19, False, "HC3"),
        ("iid", 20, False, "HC2"),
        ("volume", 12, True, "HC3"),
    ],
)
def test_the_covariance_that_suits_the_law(method, n, noise_free, expected):
    design = drawn(method, n)
    fit = WeightedLeastSquares(SPACE, noise_free=noise_free).fit(design.points, f(design.points), design=design)
    assert fit.results_.cov_type == expected


def test_without_a_design_weights_are_taken_for_noise():
    X, y, weights = columns()
    assert WeightedLeastSquares().fit(X, y).results_.cov_type == "nonrobust"
    important = WeightedLeastSquares().fit(X, y, sample_weight=weights).results_
    precise = WeightedLeastSquares().fit(X, y, var_weights=weights).results_
    assert (important.cov_type, precise.cov_type) == ("HC3", "nonrobust")
    assert not important.notes
    assert not precise.notes
    chosen = WeightedLeastSquares(cov_type="nonrobust").fit(X, y, sample_weight=weights).results_
    np.testing.assert_allclose(chosen.bse, precise.bse, rtol=1e-12)
    assert any("HC3 makes no such assumption" in note for note in chosen.notes)


@pytest.mark.parametrize(
    ("method", "n", "expected"),
    [("uniform", 50, "HC3"), ("volume", 50, "HC3"), ("d_optimal", 30, "HC3"), ("leverage", 12, "HC3"),
     ("leverage", 15, "HC2"), ("repeated_dpp", 9, "HC2"), ("leveraged_volume", 30, "HC2")],
)  # fmt: skip
def test_the_covariance_that_suits_rows_of_a_pool(method, n, expected):
    X, y = pool()
    design = pool_design(X, n, method=method, rng=1, n_simulations=0)
    fit = WeightedLeastSquares().fit(X[design.indices], y[design.indices], design=design)
    assert fit.results_.cov_type == expected


def test_heavy_tails_are_told_by_the_largest_leverage():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 3)), rng.normal(size=300)
    X[:4] *= 30.0
    for method, row, told in (("volume", X, True), ("volume", X[4:], False), ("repeated_dpp", X, False)):
        design = pool_design(row, 30, method=method, rng=1, n_simulations=0)
        labels = y[-len(row) :][design.indices]
        notes = WeightedLeastSquares().fit(row[design.indices], labels, design=design).results_.notes
        found = [note for note in notes if "heavy tails" in note]
        assert bool(found) == told
        assert not told or re.match(r"row [0-3] of the pool has leverage 0.*n >= 3 d = 9", found[0])


def test_what_conditioning_costs_is_said():
    design = drawn(n=8, method="iid", condition=True, delta=0.5, n_simulations=50)
    assert 0 < design.stability_probability < 1
    fit = WeightedLeastSquares(SPACE).fit(design.points, f(design.points), design=design)
    assert design.cost_words
    assert design.cost_words in fit.results_.notes


def test_a_condition_that_every_design_meets_costs_one_short_sentence():
    design = drawn(n=40, condition=True)
    assert design.stability_probability == 1
    fit = WeightedLeastSquares(SPACE).fit(design.points, f(design.points), design=design)
    assert design.cost_words not in fit.results_.notes
    assert any("conditioned on lambda_min >= 0.1, which every simulated design met" in n for n in fit.results_.notes)


def test_exact_responses_are_told_which_interval_is_theirs():
    design = drawn(n=16)
    fit = WeightedLeastSquares(SPACE, noise_free=True).fit(design.points, f(design.points), design=design)
    assert any("it is HC2" in n and "five complete blocks" in n and "5 m = 20" in n for n in fit.results_.notes)
    assert any("obs_ci of get_prediction" in note for note in fit.results_.notes)
    design = drawn(n=20)
    fit = WeightedLeastSquares(SPACE, noise_free=True).fit(design.points, f(design.points), design=design)
    assert not any("five complete blocks" in note for note in fit.results_.notes)
    assert any("obs_ci of get_prediction" in note for note in fit.results_.notes)
    x = np.linspace(-1, 1, 20)
    for estimator in (
        WeightedLeastSquares(SPACE, noise_free=True), WeightedLeastSquares(SPACE, noise_free=True, cov_type="HC3")
    ):
        result = estimator.fit(x, np.exp(x)).results_
        assert any("changed nothing in the covariance" in note for note in result.notes)


@pytest.mark.parametrize("options", [{"n": 20, "n_candidates": 3}, {"n": 32, "subsample_to": 20}])
def test_draws_that_were_selected_or_pruned_are_not_independent(options):
    design = drawn(**options)
    y = f(design.points)
    automatic = WeightedLeastSquares(SPACE, noise_free=True).fit(design.points, y, design=design).results_
    assert automatic.cov_type in ("HC2", "HC3")
    with fitting("selected or removed by what the others are"):
        WeightedLeastSquares(SPACE, cov_type="dpp-block").fit(design.points, y, design=design)
    with fitting("selected or removed by what the others are"):
        automatic.cov_params("dpp-block")
    with fitting("selected or removed by what the others are"):
        WeightedLeastSquares(SPACE, cov_type="design").fit(design.points, y, design=design)


def test_rows_for_another_loss_are_said_to_be():
    X, y = pool()
    for method in ("lewis", "sensitivity"):
        for p, told in ((1, True), (2, False)):
            design = pool_design(X, 30, method=method, p=p, rng=1)
            fit = WeightedLeastSquares().fit(X[design.indices], y[design.indices], design=design)
            assert any("the fit is one of squared loss" in note for note in fit.results_.notes) == told


def test_variances_beside_a_projection_are_mentioned():
    design = drawn(n=20)
    noise = np.linspace(0.5, 2.0, 20)
    estimator = WeightedLeastSquares(SPACE, estimand="projection")
    result = estimator.fit(design.points, f(design.points), design=design, var_weights=noise).results_
    assert "noise: var_weights (inverse noise variances), in nonrobust standard errors" in " ".join(str(result).split())
    own, named = result.get_prediction(), result.get_prediction(design.points, var_weights=noise)
    np.testing.assert_allclose(own.se_obs, named.se_obs, rtol=1e-10)
    assert np.ptp(own.se_obs) > 0.1 * own.se_obs.min()


def test_another_fit_leaves_no_intercept_behind():
    X, y, _ = columns()
    fit = WeightedLeastSquares(fit_intercept=True).fit(X, y)
    before = fit.predict(X)
    np.testing.assert_array_equal(fit.set_params(fit_intercept=False).predict(X), before)
    fit.fit(X, y)
    assert not hasattr(fit, "intercept_")
    np.testing.assert_allclose(fit.predict(X), X @ fit.coef_, rtol=1e-13)


def test_an_index_that_may_say_another_order_is_a_warning():
    design = drawn(n=12)
    y = pd.Series(f(design.points), index=np.roll(np.arange(12), 1))
    with pytest.warns(AssumptionWarning, match="index of y is a permutation of 0 to n - 1.*y.sort_index()"):
        fit = WeightedLeastSquares(SPACE).fit(design.points, y, design=design)
    assert fit.results_.warnings
    np.testing.assert_array_equal(
        fit.coef_, WeightedLeastSquares(SPACE).fit(design.points, y.to_numpy(), design=design).coef_
    )
    for index in (np.arange(12), np.arange(12) + 5, list("abcdefghijkl")):
        WeightedLeastSquares(SPACE).fit(design.points, y.set_axis(index), design=design)


def test_pandas_objects_with_the_same_row_labels_are_rows_of_one_table():
    X, y, weights = columns()
    index = np.random.default_rng(1).permutation(30)
    table, series = pd.DataFrame(X, columns=list("abc"), index=index), pd.Series(y, index=index)
    fit = WeightedLeastSquares().fit(table, series, var_weights=pd.Series(weights, index=index))
    np.testing.assert_array_equal(fit.coef_, WeightedLeastSquares().fit(X, y, var_weights=weights).coef_)


def test_nonrobust_errors_under_a_design_come_with_a_caution():
    design = drawn(n=12)
    fit = WeightedLeastSquares(SPACE, cov_type="nonrobust").fit(design.points, f(design.points), design=design)
    assert any("importance, not that" in note for note in fit.results_.notes)


def test_another_space_has_no_guarantees():
    design = drawn(n=20)
    smaller = PolynomialSpace("legendre", degree=1)
    fit = WeightedLeastSquares(smaller).fit(design.points, f(design.points), design=design)
    assert fit.coef_.shape == (2,)
    assert fit.results_.certificate is None
    assert any("another than that of the design" in note for note in fit.results_.notes)


def test_an_intercept_beside_a_pool_design_is_said_to_be_outside_of_it():
    X, y = pool()
    design = pool_design(X, 15, method="volume", rng=1)
    fit = WeightedLeastSquares(fit_intercept=True).fit(X[design.indices], y[design.indices], design=design)
    assert any("without the intercept" in note for note in fit.results_.notes)


@pytest.mark.parametrize("method", ["dpp", "volume"])
def test_laws_with_an_unbiased_fit_are_accepted_as_they_are(method):
    design = drawn(method, 4 if method == "dpp" else 8)
    y = f(design.points)
    unbiased, plain = (
        WeightedLeastSquares(SPACE, unbiased=flag).fit(design.points, y, design=design) for flag in (True, False)
    )
    np.testing.assert_array_equal(unbiased.coef_, plain.coef_)


@pytest.mark.parametrize("scale", [1e-8, 1e8])
def test_units_of_a_pool_do_not_matter(scale):
    X, y = pool()
    design = pool_design(X, 15, method="leverage", rng=1)
    units = np.array([scale, 1.0, 1.0 / scale])
    scaled_design = pool_design(X * units, 15, method="leverage", rng=1)
    np.testing.assert_array_equal(design.indices, scaled_design.indices)
    chosen = design.indices
    plain = WeightedLeastSquares().fit(X[chosen], y[chosen], design=design)
    scaled = WeightedLeastSquares().fit(X[chosen] * units, y[chosen], design=scaled_design)
    np.testing.assert_allclose(scaled.coef_ * units, plain.coef_, rtol=1e-9)  # weights carry rounding of leverages
    np.testing.assert_allclose(scaled.results_.tvalues, plain.results_.tvalues, rtol=1e-9)


# reference -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_scikit_learn_has_the_same_coefficients_and_score(fit_intercept):
    X, y, weights = columns()
    ours = WeightedLeastSquares(fit_intercept=fit_intercept).fit(X, y, sample_weight=weights)
    theirs = LinearRegression(fit_intercept=fit_intercept).fit(X, y, sample_weight=weights)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-11)
    assert ours.score(X, y) == pytest.approx(theirs.score(X, y), rel=1e-11)
    assert hasattr(ours, "intercept_") == fit_intercept


# errors --------------------------------------------------------------------------------------------------------------
def fitting(message, error=InvalidDataError):
    return pytest.raises(error, match=message)


def test_too_few_rows_are_counted():
    X, y, weights = columns(n=5)
    with fitting(r"n_samples = 2 is fewer than m = 3, the number of coefficients; at least 3 rows"):
        WeightedLeastSquares().fit(X[:2], y[:2])
    weights[:3] = 0.0
    with fitting(r"n_samples = 2 of positive weight \(of 5\) is fewer than m = 3"):
        WeightedLeastSquares().fit(X, y, sample_weight=weights)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_missing_and_infinite_numbers_are_named_with_their_place(bad):
    X, y, weights = columns()
    word = "NaN" if np.isnan(bad) else str(bad)
    broken = X.copy()
    broken[4, 1] = bad
    with fitting(f"X has {word} at row 4, column 1"):
        WeightedLeastSquares().fit(broken, y)
    with fitting(f"X has {word} at row 4, column 'b'"):
        WeightedLeastSquares().fit(pd.DataFrame(broken, columns=["a", "b", "c"]), y)
    with fitting(f"X has {word} at row 4, column 1"):
        WeightedLeastSquares().fit(X, y).predict(broken)
    y[7], weights[2] = bad, bad
    with fitting(f"y has {word} at index 7"):
        WeightedLeastSquares().fit(X, y)
    for name in ("sample_weight", "var_weights"):
        with fitting(f"{name} has {bad} at index 2"):
            WeightedLeastSquares().fit(X, np.ones(30), **{name: weights})


def test_weights_that_cannot_be_are_refused():
    X, y, weights = columns()
    with fitting("sample_weight has 29 entries for 30 rows"):
        WeightedLeastSquares().fit(X, y, sample_weight=weights[1:])
    with fitting("var_weights is zero in all 30 rows"):
        WeightedLeastSquares().fit(X, y, var_weights=np.zeros(30))
    weights[5] = -1.0
    with fitting(r"sample_weight has -1.0 at index 5; it must not be negative"):
        WeightedLeastSquares().fit(X, y, sample_weight=weights)


def test_kinds_of_weights_are_not_mixed():
    X, y, weights = columns()
    with fitting("sample_weight and var_weights are both given.*Pass one of them", InvalidParameterError):
        WeightedLeastSquares().fit(X, y, sample_weight=weights, var_weights=weights)
    design = drawn(n=12)
    y = f(design.points)
    with fitting("sample_weight is given together with a design.*Leave sample_weight out", InvalidParameterError):
        WeightedLeastSquares(SPACE).fit(design.points, y, design=design, sample_weight=np.ones(12))
    with fitting("var_weights is given together with a design.*estimand='projection'.*'model'", InvalidParameterError):
        WeightedLeastSquares(SPACE).fit(design.points, y, design=design, var_weights=np.ones(12))
    with fitting("var_weights is 0 at index 3"):
        noise = np.ones(12)
        noise[3] = 0.0
        estimator = WeightedLeastSquares(SPACE, estimand="projection")
        estimator.fit(design.points, y, design=design, var_weights=noise)


def test_an_estimand_without_a_design_would_do_nothing():
    X, y, _ = columns()
    with fitting("estimand is 'model', and there is no design", InvalidParameterError):
        WeightedLeastSquares(estimand="model").fit(X, y)
    with fitting("estimand is 'truth'; it takes one of", InvalidParameterError):
        WeightedLeastSquares(estimand="truth").fit(X, y)


def test_rows_must_be_those_of_the_design():
    design = drawn(n=12)
    y = f(design.points)
    moved = design.points.copy()
    moved[5] += 1e-3
    with fitting(r"X differs from the design in row 5; pass X=design.points"):
        WeightedLeastSquares(SPACE).fit(moved, y, design=design)
    with fitting("X has 11 rows and the design 12"):
        WeightedLeastSquares(SPACE).fit(design.points[1:], y[1:], design=design)
    X, y = pool()
    chosen = pool_design(X, 15, method="volume", rng=1)
    with fitting(re.escape("X has 60 rows and the design 15; pass X[design.indices] and y[design.indices]")):
        WeightedLeastSquares().fit(X, y, design=chosen)
    shuffled = np.roll(chosen.indices, 1)
    with fitting(re.escape("X differs from the design in row 0; pass X[design.indices]")):
        WeightedLeastSquares().fit(X[shuffled], y[shuffled], design=chosen)
    with fitting("X has 2 columns; the design was drawn for a pool of 3"):
        WeightedLeastSquares().fit(X[chosen.indices][:, :2], y[chosen.indices], design=chosen)


def test_rows_in_single_precision_are_those_of_the_design():
    design = drawn(n=12)
    WeightedLeastSquares(SPACE).fit(design.points.astype(np.float32), f(design.points), design=design)
    X, y = pool()
    chosen = pool_design(X * [1e-8, 1.0, 1e8], 15, method="volume", rng=1)
    rows = (X * [1e-8, 1.0, 1e8]).astype(np.float32)[chosen.indices]
    WeightedLeastSquares().fit(rows, y[chosen.indices], design=chosen)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"method": "iid", "n": 12}, "points are independent"),
        ({"method": "repeated_dpp", "n": 12, "condition": True}, "conditioning on stability"),
        ({"method": "repeated_dpp", "n": 10}, "a block is not complete"),
        ({"method": "greedy", "n": 6, "condition": True}, "conditioning on stability.*; points were chosen or removed"),
        ({"method": "iid", "n": 12, "n_candidates": 2}, "points were chosen or removed.*; points are independent"),
        ({"method": "repeated_dpp", "n": 10, "condition": True}, "conditioning on.*; a block is not complete"),
    ],
)
def test_laws_without_an_unbiased_fit_are_refused_with_the_reason(options, reason):
    design = drawn(**options)
    message = f"unbiased=True, and no unbiased estimate is known under this law, {design.method!r}: {reason}"
    with fitting(message, InvalidParameterError):
        WeightedLeastSquares(SPACE, unbiased=True).fit(design.points, f(design.points), design=design)


def test_rows_that_were_given_spoil_unbiasedness():
    X, y = pool()
    design = pool_design(X, 15, method="volume", given=[1, 2], rng=1)
    with fitting("some rows were given and not drawn", InvalidParameterError):
        WeightedLeastSquares(unbiased=True).fit(X[design.indices], y[design.indices], design=design)


def test_unbiasedness_needs_a_design_its_space_and_its_covariance():
    X, y, _ = columns()
    with fitting("unbiased=True is about a random design", InvalidParameterError):
        WeightedLeastSquares(unbiased=True).fit(X, y)
    design = drawn(n=12)
    y = f(design.points)
    with fitting("unbiased=True needs the space that the design was drawn for", InvalidParameterError):
        WeightedLeastSquares(PolynomialSpace("legendre", degree=1), unbiased=True).fit(design.points, y, design=design)
    with fitting("whose covariance is 'design', not 'HC2'", InvalidParameterError):
        WeightedLeastSquares(SPACE, unbiased=True, cov_type="HC2").fit(design.points, y, design=design)
    X, y = pool()
    chosen = pool_design(X, 15, method="volume", rng=1)
    with fitting("Put the constant into the pool", InvalidParameterError):
        estimator = WeightedLeastSquares(unbiased=True, fit_intercept=True)
        estimator.fit(X[chosen.indices], y[chosen.indices], design=chosen)


@pytest.mark.parametrize("cov_type", ["dpp-block", "design"])
def test_covariances_over_blocks_need_blocks(cov_type):
    X, y, _ = columns()
    with fitting(f"cov_type={cov_type!r} needs a design of at least . draws of a DPP; there is no design"):
        WeightedLeastSquares(cov_type=cov_type).fit(X, y)
    design = drawn("iid", 12)
    with fitting("this one, 'iid', has 0"):
        WeightedLeastSquares(SPACE, cov_type=cov_type).fit(design.points, f(design.points), design=design)


def test_a_mean_of_interpolants_needs_complete_blocks():
    design = drawn(n=14)
    with fitting("needs blocks of m points each", InvalidParameterError):
        WeightedLeastSquares(SPACE, cov_type="design").fit(design.points, f(design.points), design=design)


def test_dependent_columns_are_a_warning_and_columns_of_the_same_span_a_fit():
    X, y, _ = columns()
    with pytest.warns(DegenerateDataWarning, match="rank 3 of 4"):
        fit = WeightedLeastSquares().fit(np.hstack([X, X[:, :1]]), y)
    assert fit.results_.warnings
    assert fit.results_.df_resid == 27
    np.testing.assert_allclose(fit.predict(np.hstack([X, X[:, :1]])), WeightedLeastSquares().fit(X, y).predict(X))


def test_row_labels_that_differ_are_refused():
    X, y, weights = columns()
    table = pd.DataFrame(X, columns=list("abc"))
    turned = pd.Series(y)[::-1]
    with fitting("y and X have the same row labels in another order.*y.loc.X.index. .or .reindex"):
        WeightedLeastSquares().fit(table, turned)
    with fitting(r"y and X have different row labels: at row 0, 100 and 0.*y.reset_index\(drop=True\)"):
        WeightedLeastSquares().fit(table, pd.Series(y, index=np.arange(30) + 100))
    for name in ("sample_weight", "var_weights"):
        with fitting(f"{name} and X have the same row labels in another order"):
            WeightedLeastSquares().fit(table, y, **{name: pd.Series(weights)[::-1]})
        with fitting(f"{name} and y have the same row labels in another order"):
            WeightedLeastSquares().fit(X, turned, **{name: pd.Series(weights)})


def test_labels_in_the_order_of_new_indices_are_refused_or_counted():
    X, y = pool(10)
    design = pool_design(X, 7, method="volume", rng=1)
    assert (np.diff(design.indices) < 0).any()
    rows = X[design.indices]
    collected = pd.Series(y)[design.new_indices]
    with fitting(r"rows of the design in another order.*y.loc\[design.indices\].*design.gather\(labels\)"):
        WeightedLeastSquares().fit(rows, collected, design=design)
    expected = WeightedLeastSquares().fit(rows, y[design.indices], design=design).coef_
    for labels in (collected.loc[design.indices], design.gather(collected)):
        np.testing.assert_array_equal(WeightedLeastSquares().fit(rows, labels, design=design).coef_, expected)
    repeated = pool_design(X, 20, method="leverage", rng=1)
    with fitting(r"y has \d+ rows and X 20; design.gather\(labels\)"):
        WeightedLeastSquares().fit(X[repeated.indices], y[repeated.new_indices], design=repeated)
    with fitting(r"pass X\[design.indices\].*design.gather\(labels\)"):
        WeightedLeastSquares().fit(X[np.sort(design.indices)], y[np.sort(design.indices)], design=design)


def test_a_table_in_another_order_than_the_inputs_of_the_space_is_refused():
    space = PolynomialSpace(["legendre"] * 2, degree=1, names=["width", "height"])
    points = space.sample(9, rng=1)
    table = pd.DataFrame(points, columns=["width", "height"])
    fit = WeightedLeastSquares(space).fit(table, points[:, 0])
    with fitting("in another order than the space"):
        WeightedLeastSquares(space).fit(table[["height", "width"]], points[:, 0])
    with fitting("[Ff]eature names"):
        fit.predict(table[["height", "width"]])


def test_a_design_in_the_place_of_weights_is_named():
    design = drawn(n=12)
    with fitting(r"pass the design by name: fit\(X, y, design=design\)", InvalidParameterError):
        WeightedLeastSquares(SPACE).fit(design.points, f(design.points), design)


@pytest.mark.parametrize("y", [["1"] * 30, np.array(["a"] * 30), pd.Series(["low"] * 30), [["1", "2"]] * 30])
def test_text_is_no_response(y):
    with fitting("y holds text, such as '(1|a|low)'; it must hold numbers"):
        WeightedLeastSquares().fit(columns()[0], y)


@pytest.mark.parametrize(
    ("word", "meant"), [("hc3", "HC3"), ("Hc0", "HC0"), ("robust", "HC3"), ("white", "HC3"), ("dpp_block", "dpp-block")]
)
def test_a_covariance_by_another_name_is_recognised(word, meant):
    X, y, _ = columns()
    with fitting(f"cov_type is {word!r}; did you mean {meant!r}", InvalidParameterError):
        WeightedLeastSquares(cov_type=word).fit(X, y)
    with fitting(f"cov_type is {word!r}; did you mean {meant!r}", InvalidParameterError):
        WeightedLeastSquares().fit(X, y).results_.cov_params(word)


def test_parameters_that_mean_nothing_are_refused():
    X, y, _ = columns()
    with fitting("space is 'legendre'; it takes a space", InvalidParameterError):
        WeightedLeastSquares("legendre").fit(X, y)
    with fitting("did you mean 'HC2'|cov_type is 'HC4'", InvalidParameterError):
        WeightedLeastSquares(cov_type="HC4").fit(X, y)
    with fitting("leave fit_intercept out", InvalidParameterError):
        WeightedLeastSquares(SPACE, fit_intercept=True).fit(X[:, :1], y)
    with fitting("design is SimpleNamespace; it takes a Design", InvalidParameterError):
        WeightedLeastSquares().fit(X, y, design=SimpleNamespace(n=3))
    with fitting("y has 29 rows and X 30"):
        WeightedLeastSquares().fit(X, y[1:])
    design = pool_design(*pool()[:1], 15, method="volume", rng=1)
    with fitting("the design chose rows of a pool", InvalidParameterError):
        WeightedLeastSquares(SPACE).fit(X[:15, :1], y[:15], design=design)


@pytest.mark.parametrize("size", [1e200, 1e-200])
def test_numbers_whose_squares_are_none_are_refused(size):
    X, y, weights = columns()
    with fitting(r"y reaches .*e.200, whose square is no number any more; rescale it first"):
        WeightedLeastSquares().fit(X, y * size)
    with fitting("X reaches .* in column 1, whose square"):
        WeightedLeastSquares().fit(X * [1.0, size, 1.0], y)
    plain, scaled = (WeightedLeastSquares().fit(X, y, var_weights=w).results_ for w in (weights, weights * size))
    for name in ("params", "bse", "rsquared", "fpe", "loo_error", "effective_size"):
        np.testing.assert_allclose(getattr(scaled, name), getattr(plain, name), rtol=1e-11)


def test_a_finite_population_is_one_that_was_sampled_without_replacement():
    X, y = pool()
    finite = WeightedLeastSquares(finite_population=True)
    for options in ({"method": "leverage"}, {"method": "volume", "given": [1]}, {"method": "d_optimal"}):
        design = pool_design(X, 15, rng=1, **options)
        with fitting("drawn from a pool without replacement", InvalidParameterError):
            finite.fit(X[design.indices], y[design.indices], design=design)
    with fitting("drawn from a pool without replacement", InvalidParameterError):
        finite.fit(X, y)
    with fitting("finite_population is 3", InvalidParameterError):
        WeightedLeastSquares(finite_population=3).fit(X, y)


def test_sparse_and_complex_columns_are_refused():
    from scipy import sparse

    X, y, _ = columns()
    with fitting("[Ss]parse", InvalidParameterError):
        WeightedLeastSquares().fit(sparse.csr_array(X), y)
    with fitting("Complex data not supported"):
        WeightedLeastSquares().fit(X + 1j, y)


def test_points_outside_of_the_domain_are_refused():
    with fitting("X has 1.5 at row 1, input 1, outside"):
        WeightedLeastSquares(SPACE).fit([[0.0], [1.5], [0.2], [0.4]], np.ones(4))
