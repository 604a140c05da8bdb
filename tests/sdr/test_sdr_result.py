"""What DistributionSDR returns: numbers, tests, tables, storage and print."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest

from stattools import DistributionArray
from stattools.exceptions import InvalidDataError, InvalidParameterError
from stattools.results import Result
from stattools.sdr.effects import Responses, component_effects
from stattools.sdr.frechet import FrechetRegressor
from stattools.sdr.result import SDRResult
from stattools.sdr.result_words import column_stems
from tests.helpers import assert_snapshot
from tests.sdr.operators import assembled


@pytest.fixture(scope="module")
def result():
    return assembled()


@pytest.fixture(scope="module")
def responses(result):
    return DistributionArray.from_quantiles(result.responses.values)


def without_time(text):
    return "\n".join(line for line in text.splitlines() if not line.startswith(("versions", "    ", "computed")))


# property ------------------------------------------------------------------------------------------------------------
def test_shares_add_up_and_scores_are_centred(result):
    assert result.nobs == 60 and result.n_components == 2
    assert 0 < result.shares.sum() <= 1 + 1e-12
    assert (np.diff(result.eigenvalues) <= 0).all() and (result.eigenvalues < 1).all()
    np.testing.assert_allclose(result.scores.mean(axis=0), 0.0, atol=1e-12)  # rounding of 60 numbers


def test_storage_is_lossless_and_a_stored_result_works_on(result):
    stored = SDRResult.from_json(result.to_json())
    assert stored == result and Result.from_dict(result.to_dict()) == result
    for other in (stored, dataclasses.replace(result)):
        assert other.permutation_test(n_resamples=20, rng=1) == result.permutation_test(n_resamples=20, rng=1)


def test_the_test_of_independence(result):
    test = result.permutation_test(n_resamples=99, rng=3)
    assert test.statistic == pytest.approx(result.eigenvalues[0], rel=1e-5)  # what is negligible is passed over
    assert test.pvalue == test.resampling.pvalue and len(test.null_distribution) == 99
    assert test.settings == {"regularization chosen again for each pairing": "X, Y"} and not test.notes
    total = result.permutation_test(statistic="trace", n_resamples=99, rng=3)
    assert total.statistic == pytest.approx(result.trace, rel=1e-3)
    assert total.statistic_name == "sum of eigenvalues"


def test_a_method_chosen_on_the_same_responses_is_told():
    chosen = assembled(method_tuned=True, n=30)
    assert any("p-values are approximate" in note for note in chosen.notes)
    assert "p-value is approximate" in chosen.permutation_test(n_resamples=20, rng=1).notes[0]


def test_bands_are_around_the_scores(result):
    bands = result.bootstrap_scores(n_resamples=30, rng=1)
    assert bands.scores.shape == result.scores.shape
    np.testing.assert_array_equal(bands.scores, result.scores)
    assert (bands.alignment > 0.3).all()


def test_criteria_can_be_had_afterwards(result):
    table = result.order_criteria(n_resamples=39, rng=np.random.SeedSequence(1))
    assert table.choices == result.order.choices and not table.omitted  # the fit had the same seed
    for name, curve in result.order.curves.items():
        np.testing.assert_allclose(table.curves[name], curve, rtol=1e-9)  # features were rounded once more


def test_responses_along_a_component(result):
    at = np.quantile(result.scores[:, 0], [0.1, 0.9])
    curves = result.along(1, at)
    assert curves.shape == (2, 20) and (np.diff(curves, axis=1) >= 0).all()
    means = curves.mean(axis=1)
    np.testing.assert_allclose(means, result.effects.summaries["mean"][0, [0, 2]], rtol=1e-12)


@pytest.mark.parametrize("kind", ["vector", "categories"])
def test_other_responses(kind):
    other = assembled(n=30, kind=kind, d=1)
    assert f"{other.responses.names[0]}_low" in other.tidy().columns
    assert other.along(1, [0.0]).shape == (1, len(other.responses.names))
    assert SDRResult.from_json(other.to_json()) == other
    with pytest.raises(InvalidParameterError, match="Frechet regression is for distributions"):
        other.frechet_regression(Y=np.ones((30, 2)))


# tables --------------------------------------------------------------------------------------------------------------
def test_tidy_has_a_row_for_each_leading_eigenvalue(result):
    table = result.tidy()
    assert table["kept"].tolist() == [True, True] + [False] * 6
    np.testing.assert_array_equal(table["eigenvalue"], result.eigenvalues[:8])
    np.testing.assert_array_equal(table["p_value"], result.order.pvalues)
    np.testing.assert_allclose(table["rsquared_cv"], 1 - result.order.curves["cv"][1:])
    np.testing.assert_array_equal(table["rsquared_cv_std_error"], result.order.curves["cv_std_error"][1:])
    assert table["rsquared_alone"].notna().sum() == 2
    assert {"mean_low", "sd_high", "distance"} <= set(table.columns)
    assert len(result.glance()) == 1


def test_columns_of_summaries_keep_signs_and_are_as_many_as_summaries():
    other = assembled(n=30, kind="categories", d=1)
    renamed = Responses("categories", other.responses.values, np.ones(3), names=("-1", "1", "-1.5 to -0.75"))
    effects = component_effects(other.scores, renamed)
    table = dataclasses.replace(other, responses=renamed, effects=effects).tidy()
    stems = ("minus_1", "1", "minus_1.5_to_minus_0.75")
    ends = [f"{stem}_{position}" for stem in stems for position in ("low", "middle", "high")]
    assert [name for name in table.columns if name.endswith(("_low", "_middle", "_high"))] == ends
    np.testing.assert_array_equal(table.loc[0, ends], np.concatenate([effects.summaries[n][0] for n in renamed.names]))


@pytest.mark.parametrize("labels", [("a-b", "a b"), ("A", "a"), ("+", "-", "x+", "x-"), ("a", "a", "a_2", "a")])
def test_labels_that_differ_have_columns_that_differ(labels):
    stems = column_stems(labels)
    assert len(set(stems)) == len(labels) and all(re.fullmatch(r"[\w.]+", stem) for stem in stems)


def test_augment_adds_scores(result):
    assert result.augment().columns.tolist() == ["component_1", "component_2"]
    data = pd.DataFrame({"a": range(60)}, index=[f"r{i}" for i in range(60)])
    added = result.augment(data)
    np.testing.assert_array_equal(added["component_2"], result.scores[:, 1])
    assert added.index[0] == "r0" and "component_1" not in data
    named = assembled(n=30, row_names=[f"country {i}" for i in range(30)], named=True)
    assert named.augment().index[2] == "country 2"


def test_frechet_regression_is_the_regressor_on_the_scores(result, responses):
    fit = result.frechet_regression("nadaraya_watson", 0.05, Y=responses)
    direct = FrechetRegressor("nadaraya_watson", bandwidth=0.05).fit(result.augment(), responses)
    assert isinstance(fit, FrechetRegressor)
    assert fit.results_.rsquared == direct.results_.rsquared
    held = assembled(n=60, Y=responses).frechet_regression("nadaraya_watson", 0.05)
    assert held.results_.rsquared == direct.results_.rsquared


# errors --------------------------------------------------------------------------------------------------------------
def test_what_cannot_be_answered_is_said(result, responses):
    with pytest.raises(InvalidParameterError, match="read from storage"):
        result.frechet_regression()
    with pytest.raises(InvalidDataError, match="Y has 3 distributions; the fit has 60"):
        result.frechet_regression(Y=responses[:3])
    with pytest.raises(InvalidDataError, match="data has 2 rows; the fit was made on 60"):
        result.augment({"a": [1, 2]})
    with pytest.raises(InvalidDataError, match="'component_1' already"):
        result.augment({"component_1": range(60)})
    with pytest.raises(InvalidParameterError, match="component is 3"):
        result.along(3, [0.0])
    with pytest.raises(InvalidParameterError, match="statistic is 'max'"):
        result.permutation_test(statistic="max")
    with pytest.raises(InvalidParameterError, match="n_resamples is 1"):
        result.bootstrap_scores(n_resamples=1)


# print ---------------------------------------------------------------------------------------------------------------
def test_printed_forms(result):
    assert_snapshot(str(result), "sdr_result.txt")
    assert_snapshot(without_time(result.summary().as_text()), "sdr_summary.txt")
    for text in (str(result), result.summary().as_text()):
        assert text.isascii() and max(map(len, text.expandtabs().splitlines())) <= 80
    assert repr(result).startswith("<SDRResult: Sufficient dimension reduction by W-GSIR2, 2 components, 60 obs")
    assert "cross-validated R-squared = -0.0315" in repr(result) and "share" not in repr(result)


def test_sentences(result):
    assert result.report().startswith("W-GSIR2, N = 60: 2 components (as given), eigenvalues ")
    assert "60 observations" in result.report(style="plain")


def test_criteria_are_printed_as_a_table(result):
    text = str(result.order)
    assert_snapshot(text, "sdr_order.txt")
    assert max(map(len, text.expandtabs().splitlines())) <= 80
    assert repr(result.order).startswith("<OrderTable: 2 components by the caller; permutation = 0, bic = 0")
    few = result.order_criteria(["bic"])
    assert "not computed: permutation, ratio, ladle, augmentation, cv" in str(few) and few.rsquared_cv is None
    np.testing.assert_array_equal(result.order.rsquared_cv, result.rsquared_cv)


def test_units_of_intrinsic_distances_are_said(result):
    on_circle = assembled(n=30, response=dataclasses.replace(result.response, metric="intrinsic"))
    assert on_circle.notes[-1].startswith("Y: distances and bandwidth are in squares of the domain's unit of length")


def test_printed_test(result):
    assert_snapshot(str(result.permutation_test(n_resamples=99, rng=3)), "sdr_permutation_test.txt")
