"""Pictures of fits: the numbers of the result are the numbers in the picture."""

import numpy as np
import pandas as pd
import pytest

from stattools.exceptions import InvalidParameterError
from stattools.plotting import plot_fit
from stattools.wls import (
    PolynomialSpace,
    SphericalHarmonicSpace,
    WeightedLeastSquares,
    WLSResult,
    optimal_design,
    pool_design,
    wls,
)
from tests.plotting.conftest import by_gid
from tests.plotting.test_wls import offsets, texts


def fitted(space, n, function, noise=0.05):
    design = optimal_design(space, n, n_simulations=0, rng=1)
    y = function(design.points) + noise * np.random.default_rng(3).standard_normal(design.n)
    return WeightedLeastSquares(space).fit(design.points, y, design=design).results_


@pytest.fixture(scope="module")
def line():
    return fitted(PolynomialSpace("legendre", degree=6), 30, lambda x: np.exp(x[:, 0]))


@pytest.fixture(scope="module")
def interpolant():
    return fitted(PolynomialSpace("legendre", degree=6), 7, lambda x: np.exp(x[:, 0]))


@pytest.fixture(scope="module")
def surface():
    space = PolynomialSpace(["legendre"] * 3, degree=5)
    return fitted(space, 120, lambda x: 2 * x[:, 0] * x[:, 1] + x[:, 1] + 3 * x[:, 2] ** 2)


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"a": rng.standard_normal(60), "g": np.repeat(["north", "south"], 30)})
    frame["precision"] = rng.uniform(0.2, 3.0, 60)
    frame["y"] = 1.0 + 2.0 * frame["a"] + rng.standard_normal(60) / np.sqrt(frame["precision"])
    return frame.set_index(pd.Index([f"unit {i}" for i in range(60)]))


@pytest.fixture(scope="module")
def formula(table):
    return wls("y ~ a * C(g)", table, var_weights="precision")


def marks(ax):
    """Estimates of filled and open dots, in the order of their places."""
    parts = np.concatenate([offsets(ax, "found"), offsets(ax, "other")])
    return parts[np.argsort(parts[:, 1])]


def ticks(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


# coefficients --------------------------------------------------------------------------------------------------------
def test_estimates_stand_in_their_intervals(formula, ax):
    assert formula.plot(ax=ax, alpha=0.1) is ax
    np.testing.assert_array_equal(marks(ax)[:, 0], formula.params)
    segments = np.array(by_gid(ax, "intervals").get_segments())
    np.testing.assert_array_equal(segments[:, :, 0], formula.conf_int(0.1))
    assert ticks(ax) == ["Intercept", "a", "C(g)[T.south]", "a:C(g)[T.south]"]
    low, high = np.asarray(formula.conf_int(0.1)).T
    found = (low > 0) | (high < 0)
    np.testing.assert_array_equal(offsets(ax, "found")[:, 0], np.asarray(formula.params)[found])
    assert ax.get_xlabel() == "estimate with 90 % confidence interval"
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first term is on top


def test_of_many_coefficients_the_largest_are_drawn_in_order(surface, ax):
    surface.plot(ax=ax)
    largest = np.sort(np.argsort(-np.abs(surface.coefficients), kind="stable")[:40])
    np.testing.assert_array_equal(marks(ax)[:, 0], surface.coefficients[largest])
    assert ticks(ax) == [surface.param_names[k] for k in largest]
    assert "Largest 40 of 56 coefficients, covariance HC3" in ax.get_title(loc="left")


def test_coefficients_by_size_without_the_constant(surface, ax):
    surface.plot(ax=ax, order="size", n_terms=5, constant=False)
    drawn = np.abs(marks(ax)[:, 0])
    assert (np.diff(drawn) <= 0).all()
    np.testing.assert_array_equal(drawn, np.sort(np.abs(surface.coefficients[1:]))[::-1][:5])
    assert "Largest 5 of 55 coefficients but the constant" in ax.get_title(loc="left")


def test_columns_of_a_table_are_ranked_by_their_ratio(table, ax):
    scaled = wls("y ~ a + C(g)", table.assign(a=1e6 * table["a"]))
    scaled.plot(ax=ax, n_terms=1)
    assert ticks(ax) == ["a"]  # the smallest coefficient, and the clearest


def test_the_constant_is_found_where_there_is_one(formula, table, ax):
    formula.plot(ax=ax, constant=False)
    assert "Intercept" not in ticks(ax)
    X, y = table[["a"]].to_numpy(), table["y"].to_numpy()
    ax.clear()
    WeightedLeastSquares(fit_intercept=True).fit(X, y).results_.plot(ax=ax, constant=False)
    assert len(ticks(ax)) == 1
    with pytest.raises(InvalidParameterError, match="no coefficient of a constant"):
        WeightedLeastSquares().fit(X, y).results_.plot(constant=False)


def test_long_names_keep_both_ends(ax):
    X = pd.DataFrame({"a" * 30 + "_first_of_all": [1.0, 2.0, 4.0], "short": [1.0, 0.0, 2.0]})
    WeightedLeastSquares().fit(X, [1.0, 2.0, 3.0]).results_.plot(ax=ax)
    name, other = ticks(ax)
    assert other == "short"
    assert name.startswith("aaa") and name.endswith("first_of_all") and "…" in name and len(name) == 32


def test_an_interpolant_has_no_intervals(interpolant, ax):
    interpolant.plot(ax=ax)
    np.testing.assert_array_equal(marks(ax)[:, 0], interpolant.coefficients)
    assert len(offsets(ax, "found")) == 0
    assert "no standard errors" in ax.get_title(loc="left") and ax.get_xlabel() == "estimate"
    ax.figure.canvas.draw()


# decay ---------------------------------------------------------------------------------------------------------------
def test_coefficients_against_the_degree(surface, ax):
    surface.plot(ax=ax, by_degree=True)
    degrees = surface.space.indices.sum(axis=1)
    drawn = np.concatenate([offsets(ax, "found"), offsets(ax, "other")])
    np.testing.assert_array_equal(np.sort(drawn[:, 1]), np.sort(np.abs(surface.coefficients)))
    np.testing.assert_array_equal(np.bincount(np.round(drawn[:, 0]).astype(int)), np.bincount(degrees))
    totals = by_gid(ax, "totals")
    expected = [np.linalg.norm(surface.coefficients[degrees == level]) for level in range(6)]
    np.testing.assert_allclose(totals.get_ydata(), expected, rtol=1e-12)  # roundings of sums of squares
    assert ax.get_yscale() == "log"


def test_frequencies_and_degrees_of_harmonics_count_as_degrees(ax):
    wave = fitted(PolynomialSpace("trigonometric", degree=3), 21, lambda x: np.cos(2 * np.pi * x[:, 0]))
    wave.plot(ax=ax, by_degree=True, constant=False)
    np.testing.assert_array_equal(by_gid(ax, "totals").get_xdata(), [1, 2, 3])
    ax.clear()
    field = fitted(SphericalHarmonicSpace(3), 48, lambda x: x[:, 0] + x[:, 2] ** 2)
    field.plot(ax=ax, by_degree=True)
    expected = [np.linalg.norm(field.coefficients[k**2 : (k + 1) ** 2]) for k in range(4)]
    np.testing.assert_allclose(by_gid(ax, "totals").get_ydata(), expected, rtol=1e-12)  # as above


def test_what_has_no_degrees_has_no_decay(formula):
    with pytest.raises(InvalidParameterError, match="by_degree needs a fit in a space of polynomials"):
        formula.plot(by_degree=True)


def test_coefficients_of_zero_have_no_logarithm():
    space = PolynomialSpace("legendre", degree=2)
    x = np.linspace(-1, 1, 9)[:, None]
    zero = WeightedLeastSquares(space).fit(x, np.zeros(9)).results_
    with pytest.raises(InvalidParameterError, match="all coefficients are zero"):
        zero.plot(by_degree=True)


# residuals -----------------------------------------------------------------------------------------------------------
def test_weighted_residuals_against_fitted_values(formula, ax):
    formula.plot(kind="residuals", ax=ax, n_labels=2)
    expected = np.column_stack([formula.fittedvalues, formula.wresid])
    np.testing.assert_array_equal(offsets(ax, "residuals"), expected)
    largest = np.argsort(-np.abs(np.asarray(formula.wresid)))[:2]
    assert [text.get_text() for text in ax.texts] == [f"unit {i}" for i in largest]
    assert ax.get_ylabel() == "residual times root of weight"
    levels = sorted(artist.get_ydata()[0] for artist in ax.lines)
    assert levels == pytest.approx([-2 * np.sqrt(formula.scale), 0, 2 * np.sqrt(formula.scale)])


def test_leave_one_out_residuals_lie_farther_out(line, ax):
    line.plot(kind="residuals", ax=ax, loo=True)
    inner, outer = offsets(ax, "residuals"), offsets(ax, "loo")
    np.testing.assert_allclose(outer[:, 1], inner[:, 1] / (1 - line.leverage), rtol=1e-9)  # 1 - h is above 1e-3
    assert "leave-one-out" in texts(ax)


def test_rows_of_weight_zero_are_left_out_and_counted(table, ax):
    weights = np.r_[np.zeros(5), np.ones(55)]
    result = WeightedLeastSquares().fit(table[["a"]], table["y"], sample_weight=weights).results_
    result.plot(kind="residuals", ax=ax)
    assert len(offsets(ax, "residuals")) == 55
    assert "5 rows of weight zero not shown" in ax.get_title(loc="left")


def test_an_interpolant_leaves_rounding(interpolant, ax):
    interpolant.plot(kind="residuals", ax=ax, loo=True)
    assert "the fit interpolates" in ax.get_title(loc="left")
    assert not ax.texts and len(offsets(ax, "loo")) == 0
    ax.figure.canvas.draw()


# leverage ------------------------------------------------------------------------------------------------------------
def test_standardized_residuals_are_those_of_statsmodels(table, ax):
    import statsmodels.api as sm

    X = sm.add_constant(table["a"].to_numpy())
    result = WeightedLeastSquares().fit(X, table["y"].to_numpy(), var_weights=table["precision"].to_numpy()).results_
    result.plot(kind="leverage", ax=ax, n_labels=50)
    reference = sm.WLS(table["y"].to_numpy(), X, weights=table["precision"].to_numpy()).fit()
    # statsmodels' influence is that of the weighted rows as a plain regression
    influence = sm.OLS(reference.model.wendog, reference.model.wexog).fit().get_influence()
    expected = np.column_stack([influence.hat_matrix_diag, influence.resid_studentized_internal])
    np.testing.assert_allclose(offsets(ax, "leverage"), expected, rtol=1e-9)  # two factorizations of 60 rows
    largest = np.argsort(-influence.cooks_distance[0])[:50]  # labelled in this order
    assert [text.get_text() for text in ax.texts] == [str(i) for i in largest]


def test_contours_are_of_equal_cooks_distance(line, ax):
    line.plot(kind="leverage", ax=ax)
    for level in (0.5, 1.0):
        h, r = by_gid(ax, f"cook {level:g}").get_data()
        np.testing.assert_allclose(r**2 * h / (7 * (1 - h)), level, rtol=1e-9)  # a root squared
    assert by_gid(ax, "mean").get_xdata()[0] == pytest.approx(7 / 30)
    assert ax.get_xlim()[1] <= 1


def test_rows_of_leverage_one_have_no_standardized_residual(ax):
    A = np.column_stack([np.ones(8), np.r_[np.zeros(7), 1.0]])
    result = WeightedLeastSquares().fit(A, np.arange(8.0) ** 2).results_
    result.plot(kind="leverage", ax=ax)
    assert len(offsets(ax, "leverage")) == 7
    np.testing.assert_allclose(offsets(ax, "undefined"), [[1.0, 0.0]])
    assert "no standardized residual: 1" in texts(ax)


def test_an_interpolant_has_leverage_one_throughout(interpolant, ax):
    interpolant.plot(kind="leverage", ax=ax)
    assert len(offsets(ax, "leverage")) == 0 and len(offsets(ax, "undefined")) == 7
    assert "the fit interpolates" in ax.get_title(loc="left")
    ax.figure.canvas.draw()


def test_ridge_fits_have_their_own_leverages(ax):
    X = np.random.default_rng(1).standard_normal((200, 4))
    design = pool_design(X, 20, method="regularized_volume", regularization=3.0, rng=1)
    y = X[design.indices] @ np.ones(4) + np.random.default_rng(2).standard_normal(20)
    result = WeightedLeastSquares().fit(X[design.indices], y, design=design).results_
    result.plot(kind="leverage", ax=ax)
    np.testing.assert_array_equal(offsets(ax, "leverage")[:, 0], result.leverage)
    assert by_gid(ax, "mean").get_xdata()[0] == pytest.approx(result.leverage.mean())


def test_means_of_interpolants_have_no_leverages(ax):
    space = PolynomialSpace("legendre", degree=2)
    design = optimal_design(space, 15, condition=False, n_simulations=0, rng=1)
    y = np.exp(design.points[:, 0])
    result = WeightedLeastSquares(space, cov_type="design").fit(design.points, y, design=design).results_
    result.plot(kind="residuals", ax=ax)
    np.testing.assert_array_equal(offsets(ax, "residuals")[:, 1], result.wresid)
    with pytest.raises(InvalidParameterError, match="kind is 'leverage'; the coefficients are a mean of interpolants"):
        result.plot(kind="leverage")
    with pytest.raises(InvalidParameterError, match="loo is True; the coefficients are a mean"):
        result.plot(kind="residuals", loo=True)


# Sobol indices -------------------------------------------------------------------------------------------------------
def test_bars_are_sobol_indices(surface, ax):
    surface.plot(kind="sobol", ax=ax)
    total, first = ax.containers
    table = surface.sobol()
    np.testing.assert_array_equal([bar.get_width() for bar in total], table["total"])
    np.testing.assert_array_equal([bar.get_width() for bar in first], table["first_order"])
    assert ticks(ax) == ["x1", "x2", "x3"] and ax.get_xlim()[0] == 0


def test_of_many_inputs_the_largest_are_drawn(ax):
    many = fitted(PolynomialSpace(["legendre"] * 24, degree=1), 75, lambda x: x[:, 3] + 2 * x[:, 20])
    many.plot(kind="sobol", ax=ax)
    total, _ = ax.containers
    table = many.sobol()
    assert len(total) == 20 and "largest 20 of 24 inputs" in ax.get_title(loc="left")
    assert sorted(bar.get_width() for bar in total) == sorted(table["total"])[-20:]


def test_a_constant_function_has_no_shares(formula):
    x = np.linspace(-1, 1, 9)[:, None]
    constant = WeightedLeastSquares(PolynomialSpace("legendre", degree=0)).fit(x, np.ones(9)).results_
    with pytest.raises(InvalidParameterError, match="the fitted function is constant"):
        constant.plot(kind="sobol")
    with pytest.raises(InvalidParameterError, match="kind is 'sobol'"):
        formula.plot(kind="sobol")


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("result", [None, 1.0, "fit", {"solution": 1}, WLSResult], ids=str)
def test_what_is_no_fit_is_refused(result):
    with pytest.raises(InvalidParameterError, match="result is a .*; it takes what WeightedLeastSquares"):
        plot_fit(result)


def test_options_are_checked(line, surface):
    with pytest.raises(InvalidParameterError, match="loo is no option of kind='coefficients', which takes alpha"):
        line.plot(loo=True)
    with pytest.raises(InvalidParameterError, match="alpha is no option of kind='sobol', which takes no options"):
        surface.plot(kind="sobol", alpha=0.1)
    with pytest.raises(InvalidParameterError, match="alpha is 2"):
        line.plot(alpha=2)
    with pytest.raises(InvalidParameterError, match="order is 'largest'"):
        line.plot(order="largest")
    with pytest.raises(InvalidParameterError, match="n_terms is 0"):
        line.plot(n_terms=0)
    with pytest.raises(InvalidParameterError, match="constant is 1"):
        line.plot(constant=1)
    with pytest.raises(InvalidParameterError, match="loo is 'yes'"):
        line.plot(kind="residuals", loo="yes")
    for kind in ("residuals", "leverage"):
        with pytest.raises(InvalidParameterError, match="n_labels is -1"):
            line.plot(kind=kind, n_labels=-1)


@pytest.mark.parametrize("kind", ["coefficients", "residuals", "leverage", "sobol"])
def test_fits_draw_on_the_axes_they_are_given_or_on_new_ones(line, ax, kind):
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    assert line.plot(kind=kind, ax=ax) is ax
    ax.figure.canvas.draw()
    assert plt.get_fignums() == before
    line.plot(kind=kind).figure.canvas.draw()
    assert len(plt.get_fignums()) == len(before) + 1
