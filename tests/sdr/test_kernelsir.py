import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from stattools.exceptions import DegenerateDataError, InvalidDataError, InvalidParameterError
from stattools.results import Result
from stattools.sdr import DistributionSDR
from stattools.sdr.kernelsir import KernelSIR


def ring(n=120, seed=1):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    radius = np.sqrt((x**2).sum(axis=1))
    return x, radius + 0.05 * rng.normal(size=n), radius


def fast(**options):
    return KernelSIR(**{"n_components": 2, "criteria": (), "random_state": 1} | options)


# naive ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("slicing", ["dr", "balanced"])
def test_against_explicit_inverses(slicing):
    x, y, _ = ring(60)
    model = fast(n_slices=4, slicing=slicing, regularization=0.01, bandwidth=1.5, scale="unit_norm").fit(x, y)
    gram = np.exp(-((x[:, None] - x[None]) ** 2).sum(axis=-1) / (2 * 1.5**2))
    centring = np.eye(60) - 1 / 60
    centred = centring @ gram @ centring
    penalty = 0.01 * np.linalg.eigvalsh(centred)[-1]
    smoother = centred @ np.linalg.inv(centred + penalty * np.eye(60))
    indicators = model.slices_.indicators
    projection = indicators @ np.linalg.inv(indicators.T @ indicators) @ indicators.T - 1 / 60
    values, vectors = np.linalg.eigh(smoother @ projection @ smoother)
    scores = smoother @ vectors[:, ::-1][:, :2]
    # rounding, times the condition number 1e2 of the inverse
    assert np.allclose(model.results_.eigenvalues[:2], values[::-1][:2], rtol=0, atol=1e-10)
    assert np.allclose(np.abs(model.results_.scores), np.abs(scores), rtol=0, atol=1e-8)


# property ------------------------------------------------------------------------------------------------------------
@parametrize_with_checks([fast(n_components=1), KernelSIR(n_components=1, criteria=(), slicing="balanced")])
def test_the_checks_of_scikit_learn(estimator, check):
    state = np.random.get_state()  # noqa: NPY002  (one of the checks shuffles with the global generator)
    try:
        check(estimator)
    finally:
        np.random.set_state(state)  # noqa: NPY002


def test_it_is_the_reduction_for_a_response_of_slices():
    x, y, _ = ring()
    model = fast().fit(x, y)
    names = [f"slice {code}" for code in model.slices_.codes]  # ten slices sort as they are numbered
    plain = DistributionSDR(n_components=2, criteria=(), scale="unit_variance", random_state=1).fit(x, names)
    assert np.allclose(model.results_.eigenvalues, plain.results_.eigenvalues, rtol=0, atol=1e-12)  # rounding
    assert np.allclose(model.results_.scores, plain.results_.scores, rtol=0, atol=1e-9)


def test_transform_of_the_fit_gives_its_scores_and_all_is_stored():
    x, y, _ = ring()
    model = fast().fit(x, y)
    assert np.allclose(model.transform(x), model.results_.scores, rtol=0, atol=1e-9)  # rounding over small eigenvalues
    assert np.array_equal(pickle.loads(pickle.dumps(model)).transform(x), model.transform(x))
    assert Result.from_json(model.results_.to_json()) == model.results_


def test_monotone_changes_of_the_response_change_nothing():
    x, y, _ = ring()
    first, second = fast().fit(x, y).results_, fast().fit(x, np.exp(y)).results_
    assert np.array_equal(first.eigenvalues, second.eigenvalues)


def test_labels_and_ties_are_slices():
    x, y, _ = ring()
    assert fast(n_components=1).fit(x, np.where(y > 1, "far", "near")).slices_.names == ("far", "near")
    tied = fast(n_slices=4).fit(x, np.round(y, 1)).slices_
    for value in np.unique(np.round(y, 1)):
        assert len(set(tied.codes[np.round(y, 1) == value])) == 1


def test_intervals_that_round_to_one_name_stay_apart():
    x, _, _ = ring(40)
    y = 1.0 + 1e-9 * np.arange(40.0)
    result = fast(n_slices=4).fit(x, y).results_
    assert len(set(result.responses.names)) == result.response.rank + 1 == 4


def test_columns_and_rows_of_tables_keep_their_names():
    x, y, _ = ring(40)
    table = pd.DataFrame(x, columns=["a", "b"], index=[f"row {i}" for i in range(40)])
    model = fast(n_components=1).fit(table, y)
    assert model.feature_names_in_.tolist() == ["a", "b"]
    assert model.results_.augment().index[3] == "row 3"
    assert model.results_.provenance.call.startswith("KernelSIR(criteria=(), n_components=1")


# known answers -------------------------------------------------------------------------------------------------------
def test_a_function_of_the_radius_is_found_where_no_line_is():
    x, y, radius = ring()
    scores = fast(n_components=1).fit(x, y).results_.scores[:, 0]
    assert abs(np.corrcoef(scores, radius)[0, 1]) > 0.9  # smoothing; no linear function has more than 0.3
    design = np.column_stack([np.ones(len(x)), x])
    assert np.corrcoef(design @ np.linalg.lstsq(design, radius, rcond=None)[0], radius)[0, 1] < 0.3


# calibration ---------------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_level_of_the_permutation_test():
    rejected = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        x, y = rng.normal(size=(40, 3)), rng.standard_exponential(40)
        result = fast(n_components=1).fit(x, y).results_
        rejected += result.permutation_test(n_resamples=39, rng=seed).pvalue <= 0.05
    assert 4 <= rejected <= 29  # 99.9 percent of binomial counts for 300 runs at .05


# errors --------------------------------------------------------------------------------------------------------------
def test_errors():
    x, y, _ = ring(30)
    with pytest.raises(InvalidParameterError, match="at most 3"):
        fast(n_components=4, n_slices=4).fit(x, y)
    with pytest.raises(InvalidParameterError, match="n_slices"):
        fast(n_slices=1).fit(x, y)
    with pytest.raises(InvalidParameterError, match="kernel"):
        fast(kernel="precomputed").fit(x, y)
    with pytest.raises(InvalidParameterError, match="slicing"):
        fast(slicing="quantiles").fit(x, y)
    with pytest.raises(InvalidParameterError, match="criteria"):
        fast(criteria=("aic",)).fit(x, y)
    with pytest.raises(InvalidDataError, match="30 rows for 29"):
        fast().fit(x, y[:29])
    with pytest.raises(DegenerateDataError, match="all responses are equal"):
        fast().fit(x, np.ones(30))
    with pytest.raises(DegenerateDataError, match="predictor rows are all identical"):
        fast().fit(np.ones((30, 2)), y)
