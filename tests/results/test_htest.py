import numpy as np
import pytest

from stattools.exceptions import InvalidParameterError
from stattools.results import ConfidenceInterval, ResamplingInfo
from tests.helpers import assert_snapshot
from tests.results import builders


def test_unpacks_to_statistic_and_pvalue():
    statistic, pvalue = builders.htest()
    assert (statistic, pvalue) == (0.031271, 0.0042)
    assert len(tuple(builders.htest())) == 2


def test_the_printed_block_is_the_mock_of_the_design():
    lines = str(builders.htest()).split("\n")
    assert lines[:3] == ["", "\tIntrinsic sliced Wasserstein two-sample test", ""]
    assert "T* = 0.03127, slices = 40, p-value = 0.0042" in lines
    start = lines.index("sample estimates:")
    assert lines[start:-1] == [
        "sample estimates:",
        "      distance   R-squared",
        "         10.13      0.0412",
        "",
        "p-value by permutation, 9999 of 9999 resamples, (1 + 41)/(1 + 9999)",
        "Monte Carlo s.e. 0.00065; smallest attainable p-value 0.0001; seed 20240501",
    ]


def test_warnings_notes_and_settings_are_printed():
    result = builders.htest(warnings=("too few days",), notes=("2 days omitted",), settings={"levels": 20})
    assert_snapshot(str(result), "results/htest_remarks.txt")


@pytest.mark.parametrize(
    "pvalue, resampled, shown",
    [
        (0.0, False, "p-value < 1e-04"),
        (9.99e-5, False, "p-value < 1e-04"),
        (1e-4, False, "p-value = 0.0001"),
        (1.0, False, "p-value = 1"),
        (float("nan"), False, "p-value = NaN"),
        (1e-5, True, "p-value = 1e-05"),
    ],
)
def test_tiny_pvalues_are_cut_only_when_asymptotic(pvalue, resampled, shown):
    info = ResamplingInfo.from_counts("permutation", n_exceeding=0, n_resamples=99_999) if resampled else None
    assert shown in str(builders.htest(pvalue=pvalue, resampling=info)).replace("\n", " ")


@pytest.mark.parametrize("pvalue", [-0.1, 1.1, [0.5, 2.0]])
def test_an_impossible_pvalue_is_refused(pvalue):
    with pytest.raises(InvalidParameterError, match="pvalue is"):
        builders.htest(pvalue=pvalue)


def test_an_unknown_alternative_is_refused():
    with pytest.raises(InvalidParameterError, match="alternative is 'two.sided'"):
        builders.htest(alternative="two.sided")


def test_components_of_different_lengths_are_refused():
    with pytest.raises(InvalidParameterError, match="components has columns of shapes"):
        builders.htest(components={"a": [1, 2], "b": [1, 2, 3]})


@pytest.mark.parametrize(
    "alternative, words",
    [("two-sided", "is not equal to 0"), ("less", "is less than 0"), ("greater", "is greater than 0")],
)
def test_the_alternative_is_put_in_words(alternative, words):
    assert f"alternative hypothesis: true difference in means {words}" in str(builders.welch(alternative=alternative))


def test_units_of_single_estimates():
    result = builders.htest(estimate_units={"distance": "deg"})
    assert "distance (deg)   R-squared" in str(result)


def test_many_estimates_are_continued_below():
    text = str(builders.htest(estimate={f"estimate number {k}": k / 7 for k in range(12)}))
    assert_snapshot(text, "results/htest_many_estimates.txt")


def test_the_arithmetic_is_not_printed_when_it_leads_elsewhere():
    assert "(1 + 41)/(1 + 9999)" in str(builders.htest())
    assert "(1 + 41)/(1 + 9999)" not in str(builders.htest(pvalue=0.5))


# intervals -----------------------------------------------------------------------------------------------------------
def test_the_stored_interval_is_given_back():
    low, high = builders.welch().confidence_interval(0.95)
    assert (low, high) == (-1.85, -1.31)


def test_another_level_is_refused():
    with pytest.raises(InvalidParameterError, match=r"confidence_level is 0\.9; .* level 0\.95"):
        builders.welch().confidence_interval(0.9)


@pytest.mark.parametrize("level", [0, 1, 95, "0.95"])
def test_a_level_outside_the_unit_interval_is_refused(level):
    with pytest.raises(InvalidParameterError, match="confidence_level is"):
        builders.welch().confidence_interval(level)
    with pytest.raises(InvalidParameterError, match="confidence_level is"):
        ConfidenceInterval(0.0, 1.0, level)


def test_no_interval_is_an_error():
    with pytest.raises(InvalidParameterError, match="has no confidence interval"):
        builders.htest().confidence_interval()


# tables --------------------------------------------------------------------------------------------------------------
def test_tidy_has_a_row_for_each_component():
    assert builders.htest().tidy().columns.tolist() == ["term", "share", "p_value"]
    assert len(builders.htest().tidy()) == 25


def test_tidy_of_a_test_without_components_is_one_row_like_broom():
    table = builders.welch(estimate={"mean": 1.0}).tidy()
    assert len(table) == 1
    assert {"estimate", "statistic", "p_value", "conf_low", "conf_high", "method"} <= set(table.columns)
    assert table["p_value"][0] == 3.2e-9  # in full; only print cuts it


def test_glance_names_what_the_test_has():
    row = builders.htest().glance().iloc[0]
    assert row["estimate_r_squared"] == 0.0412
    assert row["parameter_slices"] == 40
    assert row["n_jfk"] == 120
    assert row["n_resamples"] == 9999


# several tests in one ------------------------------------------------------------------------------------------------
def test_arrays_of_tests():
    rng = np.random.default_rng(0)
    result = builders.htest(
        statistic=rng.normal(size=25), pvalue=rng.uniform(size=25), resampling=None, components={}, data_name="25 rows"
    )
    assert_snapshot(str(result), "results/htest_array.txt")
    assert repr(result).startswith("<HTestResult: Intrinsic sliced Wasserstein two-sample test, 25 tests, smallest p-")
    assert len(result.tidy()) == 25
    assert len(result.glance()) == 1
    assert result.report().endswith(".")
    statistic, _ = result
    assert not statistic.flags.writeable


def test_numpy_numbers_become_plain_ones():
    result = builders.htest(statistic=np.float32(0.5), pvalue=np.array(0.25))
    assert type(result.statistic) is float
    assert type(result.pvalue) is float
