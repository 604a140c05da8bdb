import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from stattools.exceptions import InvalidDataError, InvalidParameterError
from stattools.results import Result
from stattools.results.summary import Summary, Table
from tests.helpers import assert_snapshot
from tests.results import builders


def least_squares(**changes):
    rng = np.random.default_rng(3)
    x = pd.DataFrame(rng.normal(size=(30, 2)), columns=["a", "b"], index=[f"row{k}" for k in range(30)])
    x.insert(0, "const", 1.0)
    y = x @ [1.0, 2.0, 0.0] + rng.normal(size=30)
    theirs = sm.OLS(y, x).fit()
    fields = {
        "coefficients": theirs.params.to_numpy(),
        "covariance": theirs.cov_params().to_numpy(),
        "param_names": tuple(x.columns),
        "nobs": 30,
        "df_resid": theirs.df_resid,
        "fitted": theirs.fittedvalues.to_numpy(),
        "residuals": theirs.resid.to_numpy(),
        "leverage": None,
        "row_names": x.index,
        "named": True,
    }
    return builders.fit(**{**fields, **changes}), theirs, x


# reference -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["params", "bse", "tvalues", "pvalues", "fittedvalues", "resid"])
def test_named_input_gives_the_series_of_statsmodels(name):
    ours, theirs, _ = least_squares()
    pd.testing.assert_series_equal(getattr(ours, name), getattr(theirs, name), rtol=1e-10, check_names=False)


def test_named_input_gives_the_frames_of_statsmodels():
    ours, theirs, _ = least_squares()
    pd.testing.assert_frame_equal(ours.cov_params(), theirs.cov_params(), rtol=1e-10)
    for alpha in (0.05, 0.32):
        pd.testing.assert_frame_equal(ours.conf_int(alpha), theirs.conf_int(alpha), rtol=1e-10)


def test_unnamed_input_gives_read_only_arrays_of_the_same_numbers():
    named, _, _ = least_squares()
    plain, _, _ = least_squares(named=False)
    for name in ("params", "bse", "tvalues", "pvalues", "fittedvalues", "resid"):
        assert isinstance(getattr(plain, name), np.ndarray)
        np.testing.assert_array_equal(getattr(plain, name), getattr(named, name).to_numpy())
    assert plain.conf_int().shape == (3, 2)
    assert not plain.params.flags.writeable


def test_without_residual_df_the_law_is_normal():
    ours, theirs, _ = least_squares(df_resid=None)
    normal = theirs.model.fit(use_t=False)
    np.testing.assert_allclose(ours.pvalues, normal.pvalues, rtol=1e-10)
    np.testing.assert_allclose(ours.conf_int(), normal.conf_int(), rtol=1e-10)


# tables --------------------------------------------------------------------------------------------------------------
def test_tidy_has_the_columns_of_broom():
    ours, _, _ = least_squares()
    table = ours.tidy(alpha=0.1)
    columns = ["term", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high", "method"]
    assert table.columns.tolist() == columns
    assert table["term"].tolist() == ["const", "a", "b"]
    np.testing.assert_allclose(table[["conf_low", "conf_high"]], ours.conf_int(0.1))


def test_augment_adds_to_the_data_and_keeps_their_index():
    ours, theirs, x = least_squares()
    table = ours.augment(x)
    assert table.columns.tolist() == ["const", "a", "b", "fitted", "resid"]
    assert table.index.equals(x.index)
    np.testing.assert_array_equal(table["fitted"], theirs.fittedvalues)
    assert "fitted" not in x.columns


def test_augment_accepts_arrays_and_nothing():
    fit = builders.fit()
    assert fit.augment(np.zeros((40, 2))).columns.tolist() == [0, 1, "fitted", "resid", "hat"]
    assert fit.augment().columns.tolist() == ["fitted", "resid", "hat"]


def test_augment_of_several_responses():
    fit = builders.fit(fitted=np.zeros((40, 2)), residuals=np.ones((40, 2)), leverage=None)
    assert fit.augment().columns.tolist() == ["fitted_1", "fitted_2", "resid_1", "resid_2"]


def test_augment_refuses_other_rows_and_taken_names():
    fit = builders.fit()
    with pytest.raises(InvalidDataError, match="data has 3 rows; the fit was made on 40"):
        fit.augment(np.zeros((3, 2)))
    with pytest.raises(InvalidDataError, match="data has a column 'resid' already"):
        fit.augment(pd.DataFrame({"resid": np.zeros(40)}))


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(3),
        pd.date_range("2024-01-01", periods=3),
        pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)]),
        pd.Index(["x", "y", "z"]),
    ],
    ids=["range", "dates", "multi", "text"],
)
def test_row_names_survive_storage(index):
    fit = builders.fit(nobs=3, fitted=[1.0, 2.0, 3.0], residuals=None, leverage=None, row_names=index, named=True)
    again = Result.from_json(fit.to_json())
    assert again == fit
    assert again.fittedvalues.index.equals(index)


# edges ---------------------------------------------------------------------------------------------------------------
def test_nan_stays_nan_and_is_printed():
    covariance = np.diag([0.03, np.nan, -1e-18])
    fit = builders.fit(coefficients=[0.8, np.nan, 0.0], covariance=covariance, param_names=("a", "dropped", "flat"))
    np.testing.assert_array_equal(np.isnan(fit.bse), [False, True, True])
    np.testing.assert_array_equal(np.isnan(fit.pvalues), [False, True, True])
    assert Result.from_json(fit.to_json()) == fit
    assert_snapshot(str(fit), "results/fit_nan.txt")


def test_no_residual_df_left_gives_nan():
    fit = builders.fit(df_resid=0)
    assert np.isnan(fit.pvalues).all()
    assert np.isnan(fit.conf_int()).all()


def test_a_standard_error_of_zero_gives_an_infinite_ratio():
    fit = builders.fit(coefficients=[1.0], covariance=[[0.0]], param_names=("a",))
    assert fit.tvalues[0] == np.inf
    assert fit.pvalues[0] == 0.0
    assert "< 1e-04" in str(fit)


def test_a_fit_without_covariance():
    fit = builders.fit(covariance=None)
    assert np.isnan(fit.bse).all()
    with pytest.raises(InvalidParameterError, match="has no covariance of its coefficients"):
        fit.cov_params()
    assert_snapshot(str(fit), "results/fit_no_covariance.txt")


def test_a_fit_without_coefficients():
    fit = builders.fit(coefficients=[], covariance=None, param_names=(), scale=None)
    assert len(fit.tidy()) == 0
    assert "coefficients" not in str(fit)
    assert fit.report() == "Weighted least squares, N = 40, R-squared = 0.971."


def test_what_was_not_kept_is_an_error():
    with pytest.raises(InvalidParameterError, match="keeps no residuals"):
        _ = builders.fit(residuals=None).resid


def test_default_names():
    assert builders.fit(param_names=()).param_names == ("x1", "x2", "x3")


def test_long_names_are_wrapped():
    names = ("the logarithm of the number of inhabitants", "a" * 120, "z")
    text = str(builders.fit(param_names=names))
    assert_snapshot(text, "results/fit_long_names.txt")


def test_rows_of_wrapped_names_begin_with_all_their_cells():
    name = "the aerosol forcing is independent of the carbon dioxide forcing"
    row = (name, "not contradicted so far", "0.03127", "0.1234", "0.2468", "12345.67")
    columns = ("constraint", "verdict", "statistic", "p_value", "p_adjusted", "estimate")
    text = Summary("", (Table("", columns, (row, row), n_left=2),)).as_text()
    first, *rest = [line for line in text.splitlines() if line.strip()][1:]
    assert all(word in first for word in ("the aerosol", "not", *row[2:]))
    assert rest[0].startswith("    ") and not any(character.isdigit() for character in rest[0])



def test_many_terms_are_cut_in_print_and_not_in_the_summary():
    fit = builders.fit(coefficients=np.arange(60.0), covariance=np.eye(60), param_names=())
    assert "10 more rows in tidy()" in str(fit)
    assert "  x60 " in fit.summary().as_text()


@pytest.mark.parametrize(
    "field, value, message",
    [
        ("coefficients", [[1.0, 2.0]], r"coefficients has shape \(1, 2\)"),
        ("covariance", np.eye(2), r"covariance has shape \(2, 2\); it must be \(3, 3\)"),
        ("param_names", ("a",), r"param_names has shape \(1,\)"),
        ("fitted", np.zeros(39), r"fitted has shape \(39,\); it must have 40 rows"),
        ("leverage", np.zeros(39), r"leverage has shape \(39,\)"),
        ("row_names", ["a", "b"], r"row_names has shape \(2,\)"),
    ],
)
def test_shapes_are_checked(field, value, message):
    with pytest.raises(InvalidParameterError, match=message):
        builders.fit(**{field: value})


@pytest.mark.parametrize("alpha", [0, 1, -1, "0.05"])
def test_alpha_is_checked(alpha):
    with pytest.raises(InvalidParameterError, match="alpha is"):
        builders.fit().conf_int(alpha)
