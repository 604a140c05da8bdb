"""What DistributionSDR refuses, and what it accepts although it looks odd."""

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from scipy.spatial.distance import pdist

from stattools import DistributionArray
from stattools.exceptions import AssumptionWarning, DegenerateDataError, InvalidDataError, InvalidParameterError
from stattools.sdr import DistributionSDR, FrechetRegressor
from stattools.sdr.bandwidths import MOST_ROWS, Rule, bandwidth_of

RNG = np.random.default_rng(1)
CENTRES = RNG.normal(size=30)
X = DistributionArray.from_samples(CENTRES[:, None] + RNG.normal(size=(30, 20)))
CLOUDS = DistributionArray.from_samples(CENTRES[:, None, None] + RNG.normal(size=(30, 6, 2)))


def fast(**options):
    return DistributionSDR(**{"n_components": 1, "criteria": (), "random_state": 1} | options)


# distributions that cannot be ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: DistributionArray.from_samples([[0.0, 1.0], []]), "no point in distribution 1"),
        (lambda: DistributionArray.from_samples([[0.0, 1.0], [np.nan, 1.0]]), "nan in distribution 1, point 0"),
        (lambda: DistributionArray.from_samples([[0.0, 1.0], [2.0, np.inf]]), "inf in distribution 1, point 1"),
        (
            lambda: DistributionArray.from_samples([[0.0, 1.0]] * 2, masses=[[1.0, 1.0], [1.0, -1.0]]),
            "-1.0 in distribution 1, point 1",
        ),
        (lambda: DistributionArray.from_samples([[0.0, 1.0]] * 2, masses=[[1.0, 1.0], [0.0, 0.0]]), "distribution 1"),
        (
            lambda: DistributionArray.from_samples([np.zeros((3, 2)), np.zeros((3, 3))]),
            "3 coordinates in distribution 1 and 2 before",
        ),
    ],
    ids=["empty", "nan", "inf", "negative masses", "no mass", "mixed dimensions"],
)
def test_distributions_that_are_none_are_refused_by_their_index(make, match):
    with pytest.raises(ValueError, match=match):
        make()


# numbers that differ in nothing --------------------------------------------------------------------------------------
def test_constant_numbers_are_not_called_distributions():
    with pytest.raises(DegenerateDataError, match="response rows are all identical"):
        fast().fit(X, np.ones(30))
    with pytest.raises(DegenerateDataError, match="predictor rows are all identical"):
        fast().fit(np.ones((30, 2)), CENTRES)
    with pytest.raises(DegenerateDataError, match=r"rows of X\['b'\] are all identical"):
        fast().fit({"a": X, "b": np.ones(30)}, CENTRES)
    with pytest.raises(DegenerateDataError, match="single category"):
        fast().fit(X, ["a"] * 30)


def test_a_median_distance_of_zero():
    """Rows have the largest distance then; distances without rows are refused, and not called identical."""
    y = np.where(np.arange(30) < 28, 0.0, 1.0)
    assert fast(bandwidth_y="median").fit(X, y).results_.response.bandwidth == 1.0
    points = DistributionArray.from_samples(y[:, None])
    with pytest.raises(DegenerateDataError, match=r"at least half of the pairs are identical; use bandwidth_x='mean'"):
        fast(bandwidth_x="median", metric_x="w1", kernel_x="laplacian").fit(points, CENTRES)


# bandwidths ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("given", ["mean", "median"])
def test_the_bandwidth_of_many_rows_does_not_depend_on_their_order(given):
    rows = np.random.default_rng(1).normal(size=(3 * MOST_ROWS // 2, 3))
    rule = Rule("X", given, 1.0, "gaussian")
    first = bandwidth_of(rows, rule, "euclidean")
    other = rows[np.argsort(rows[:, 0])]
    assert bandwidth_of(other, rule, "euclidean") == pytest.approx(first, rel=1e-12)  # sums in another order
    # of all rows; 2000 of 3000 rows know a mean distance to about 1 / sqrt(3 * 2000)
    assert first == pytest.approx(getattr(np, given)(pdist(rows)), rel=0.02)


# kernels that may be indefinite --------------------------------------------------------------------------------------
def test_a_kernel_that_may_be_indefinite_has_no_cholesky_factor():
    options = {"metric_x": "w2", "allow_indefinite": True}
    refused = pytest.raises(InvalidParameterError, match="use solver='exact'")
    with pytest.warns(AssumptionWarning, match="positive definite"), refused:
        fast(solver="rpcholesky", **options).fit(CLOUDS, CENTRES)
    with pytest.warns(AssumptionWarning, match="positive definite"):
        fit = fast(**options).fit(CLOUDS, CENTRES)
    assert fit.results_.solver == "exact"
    with pytest.raises(InvalidParameterError, match="allow_indefinite"):
        fast(metric_x="w2", kernel_x="laplacian").fit(CLOUDS, CENTRES)


# what is passed through ----------------------------------------------------------------------------------------------
def test_criteria_and_the_largest_number_of_components():
    few = DistributionSDR(criteria=("bic",), n_components="ratio", max_components=3, random_state=1).fit(X, CENTRES)
    order = few.results_.order
    assert set(order.choices) == {"bic", "ratio"}
    assert order.candidates.tolist() == [0, 1, 2, 3]
    assert fast(criteria=()).fit(X, CENTRES).results_.order.choices == {}
    with pytest.raises(InvalidParameterError, match="criteria"):
        fast(criteria=("aic",)).fit(X, CENTRES)
    with pytest.raises(InvalidParameterError, match="criteria"):
        fast(criteria=3).fit(X, CENTRES)
    with pytest.raises(InvalidParameterError, match="max_components"):
        fast(max_components=0).fit(X, CENTRES)


# samples that are not distributions ----------------------------------------------------------------------------------
def test_samples_that_were_not_made_distributions():
    ragged = [RNG.normal(size=20 + k % 3) for k in range(30)]
    for data, message in (
        (ragged, r"X holds rows of 20 to 22 entries; .*DistributionArray.from_samples\(X\)"),
        ([RNG.normal(size=(5, 2)) for _ in range(30)], r"X has shape \(30, 5, 2\).*from_samples\(X\)"),
    ):
        with pytest.raises(InvalidDataError, match=message):
            fast().fit(data, CENTRES)
    with pytest.raises(InvalidDataError, match=r"Y holds rows of 20 to 22 entries"):
        fast().fit(X, ragged)


def test_a_matrix_of_samples_is_one_of_coordinates_and_says_so():
    values = CENTRES[:, None] + RNG.normal(size=(30, 21))
    result = fast().fit(values, X).results_
    assert result.method == "GSIR2"
    assert any("X was read as vectors of 21 coordinates" in note for note in result.notes)
    assert fast().fit(X, CENTRES).results_.method == "W-GSIR2"
    assert fast().fit({"a": CLOUDS, "b": CENTRES}, CENTRES).results_.method == "SW-GSIR2"
    for plain in (values[:, :20], pd.DataFrame(values).add_prefix("column ")):  # few, or with names
        assert not any("read as vectors" in note for note in fast().fit(plain, X).results_.notes)


def test_numbers_stored_as_text_are_no_categories():
    text = [f"{value:.6f}" for value in CENTRES]
    for one, other, name in ((X, text, "Y"), (text, X, "X"), ({"a": X, "b": text}, X, r"X\['b'\]")):
        with pytest.raises(InvalidDataError, match=f"{name} holds 30 labels for 30 rows, one row each.*pd.to_numeric"):
            fast().fit(one, other)


# words ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_components": "auto"}, r"n_components is 'auto'; it takes a number, or .*\('permutation' by default\)"),
        ({"n_components": "bicc"}, "did you mean 'bic'"),
        ({"metric_x": "wasserstein"}, "metric_x is 'wasserstein'; .*did you mean 'w2'"),
        ({"metric_x": "sliced_wasserstein"}, "did you mean 'sw2'"),
        ({"metric_x": "precomputed"}, "a Gram matrix goes with kernel_x='precomputed'"),
        ({"metric_y": "cosine"}, "'euclidean', 'match'$"),
        ({"criteria": "aic"}, "criteria is 'aic'"),
    ],
)
def test_words_are_explained(options, message):
    with pytest.raises(InvalidParameterError, match=message):
        fast(**options).fit(X, CENTRES)


def test_one_criterion_needs_no_list():
    result = fast(criteria="bic").fit(X, CENTRES).results_
    assert set(result.order.choices) == {"bic"}
    assert set(result.order_criteria("cv", rng=1).choices) == {"cv"}


# sizes and shapes ----------------------------------------------------------------------------------------------------
def test_sizes():
    for data in (X[:2], np.arange(2.0), ["a", "b"]):
        with pytest.raises(InvalidDataError, match="at least 3"):
            fast().fit(data, np.arange(2.0))
    with pytest.raises(InvalidDataError, match="X has 30 observations and Y has 29"):
        fast().fit(X, CENTRES[:29])
    with pytest.raises(InvalidParameterError, match="at most"):
        fast(n_components=30).fit(X, CENTRES)
    for matrix in (scipy.sparse.csr_array(np.eye(5)), scipy.sparse.dok_array(np.eye(5))):
        with pytest.raises(InvalidDataError, match="X is sparse"):
            fast().fit(matrix, np.arange(5.0))


def test_samples_of_one_point_and_duplicates_are_legal_on_both_sides():
    points = DistributionArray.from_samples(np.repeat(CENTRES[:15], 2)[:, None])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(fast().fit(points, points).results_.scores).all()


def test_dimension_of_new_data():
    fit = fast().fit(CLOUDS, CENTRES)
    with pytest.raises(InvalidDataError, match="those of the fit"):
        fit.transform(X)


# one slicer ----------------------------------------------------------------------------------------------------------
def test_responses_of_both_estimators_are_sliced_alike():
    sdr = fast(n_directions=8).fit(CENTRES, CLOUDS)
    frechet = FrechetRegressor("global", n_directions=8, random_state=1).fit(CENTRES, CLOUDS)
    assert sdr.results_.responses.features.shape[1] == 8 * 6
    assert frechet.predict_embedding([0.0]).values.shape[1] == 8
