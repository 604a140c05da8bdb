"""SIR, SAVE, PHD and DirectionalRegression: known answers, equivariance, scikit-learn, results."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from stattools import DistributionArray
from stattools.exceptions import (
    AssumptionWarning,
    DegenerateDataError,
    InvalidDataError,
    InvalidParameterError,
    UnknownColumnError,
)
from stattools.results import Result
from stattools.sdr.kernelsir import KernelSIR
from stattools.sdr.linear import PHD, SAVE, SIR, DirectionalRegression
from stattools.sdr.linear_result import LinearSDRResult
from stattools.sdr.metrics import subspace_distance
from stattools.sdr.stein import SteinIndexModel
from tests.helpers import assert_snapshot

ALL = (SIR, SAVE, DirectionalRegression, PHD)
SLICED = (SIR, SAVE, DirectionalRegression)


def predictors(seed=1, n=400, p=5):
    rng = np.random.default_rng(seed)
    return rng, rng.standard_normal((n, p)) @ (np.eye(p) + 0.3)


def angle(model, *wanted):
    """Distance of the estimated from the true subspace."""
    return subspace_distance(model.components_.T, np.column_stack(wanted))


# known answers -------------------------------------------------------------------------------------------------------
B1, B2 = np.array([1.0, 1.0, 0.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0, -1.0, 0.0])


@pytest.mark.parametrize("kind", SLICED)
def test_a_linear_link(kind):
    rng, x = predictors()
    model = kind().fit(x, x @ B1 + 0.2 * rng.standard_normal(400))
    assert model.n_components_ == 1
    # over 30 seeds the distance was .04, .04 and .06 in the mean, and at most .08, .08 and .11
    assert angle(model, B1) < 0.13


@pytest.mark.parametrize("kind", [SAVE, DirectionalRegression, PHD])
def test_an_even_link_is_seen_by_second_moments_and_not_by_sir(kind):
    rng, x = predictors(n=600)
    y = (x @ B2) ** 2 + 0.2 * rng.standard_normal(600)
    assert angle(kind(n_components=1).fit(x, y), B2) < 0.15
    assert angle(SIR(n_components=1).fit(x, y), B2) > 0.4
    assert kind().fit(x, y).n_components_ == 1


@pytest.mark.parametrize("kind", [SAVE, DirectionalRegression])
def test_two_directions(kind):
    rng, x = predictors(n=1500)
    y = x @ B1 + (x @ B2) ** 2 + 0.2 * rng.standard_normal(1500)
    model = kind().fit(x, y)
    assert model.n_components_ == 2 and angle(model, B1, B2) < 0.2


@pytest.mark.parametrize("response", ["residual", "response", "quadratic"])
def test_a_quadratic_response_has_its_own_hessian(response):
    rng, x = predictors(n=2000, p=3)
    z = SIR(n_components=1).fit(x, x[:, 0]).results_.problem.z
    y = z[:, 0] ** 2 - 2.0 * z[:, 1] ** 2 + 0.01 * rng.standard_normal(2000)
    values = PHD(n_components=2, response=response).fit(x, y).results_.eigenvalues
    # second derivatives -4 and 2: the noise is that of a fit for "quadratic", else that of fourth moments of 2000 rows
    np.testing.assert_allclose(values, [-4.0, 2.0, 0.0], atol=2e-3 if response == "quadratic" else 0.9)


def test_categories_are_slices_and_two_groups_give_fishers_discriminant():
    rng, x = predictors(n=200, p=3)
    labels = np.where(rng.random(200) < 0.4, "a", "b")
    x[labels == "b"] += [1.0, 0.0, 2.0]
    model = SIR(n_components=1).fit(x, labels)
    within = sum((labels == k).sum() * np.cov(x[labels == k].T, ddof=0) for k in "ab")
    fisher = np.linalg.solve(within, x[labels == "b"].mean(axis=0) - x[labels == "a"].mean(axis=0))
    assert angle(model, fisher) < 1e-7  # the root of rounding
    assert model.results_.slices.names == ("a", "b") and len(model.results_.eigenvalues) == 1


# property ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ALL)
def test_affine_equivariance(kind):
    rng, x = predictors(n=200, p=4)
    y = x[:, 0] + x[:, 1] ** 2 + 0.3 * rng.standard_normal(200)
    a = rng.standard_normal((4, 4))
    one, other = (kind(n_components=2).fit(data, y).results_ for data in (x, x @ a.T + [5.0, 0.0, -3.0, 1e3]))
    # condition number of a near 10, and 1e3 of centring
    np.testing.assert_allclose(other.eigenvalues, one.eigenvalues, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(np.abs(other.scores), np.abs(one.scores), atol=1e-7)
    mapped = a.T @ other.directions
    np.testing.assert_allclose(np.abs(mapped), np.abs(one.directions), atol=1e-7)
    np.testing.assert_allclose(other.tests.statistics, one.tests.statistics, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(other.tests.weighted_pvalues, one.tests.weighted_pvalues, atol=1e-6)


@pytest.mark.parametrize("kind", ALL)
def test_units_do_not_change_signs(kind):
    rng, x = predictors(n=200, p=4)
    y = x[:, 0] + x[:, 1] ** 2 + 0.3 * rng.standard_normal(200)
    units = np.array([1.0, 1e-3, 1e4, 10.0])
    one, other = (kind(n_components=2).fit(data, y).results_ for data in (x, x * units))
    np.testing.assert_allclose(other.directions * units[:, None], one.directions, rtol=1e-7, atol=1e-9)
    table = one.standardized_directions
    assert (np.take_along_axis(table, np.abs(table).argmax(axis=0)[None], 0) > 0).all()


@pytest.mark.parametrize("kind", ALL)
def test_scores(kind):
    rng, x = predictors(n=150, p=4)
    y = x[:, 0] + x[:, 1] ** 2 + 0.3 * rng.standard_normal(150)
    model = kind(n_components=3)
    scores = model.fit_transform(x, y)
    np.testing.assert_array_equal(scores, model.results_.scores)
    np.testing.assert_allclose(model.transform(x[:1]), scores[:1], rtol=1e-12)
    np.testing.assert_allclose(scores.T @ scores / 150, np.eye(3), atol=1e-12)  # rounding of 150 rows
    order = rng.permutation(150)
    np.testing.assert_allclose(kind(n_components=3).fit(x[order], y[order]).results_.scores, scores[order], atol=1e-10)


@pytest.mark.parametrize("kind", SLICED)
def test_only_the_order_of_responses_matters(kind):
    rng, x = predictors(n=150, p=4)
    y = x[:, 0] + 0.3 * rng.standard_normal(150)
    np.testing.assert_array_equal(kind(2).fit(x, y).components_, kind(2).fit(x, np.exp(y)).components_)


def test_a_ridge_carries_more_columns_than_rows():
    rng, x = predictors(n=40, p=50)
    y = x[:, 0] * 3 + 0.1 * rng.standard_normal(40)
    with pytest.raises(DegenerateDataError, match="40 rows for 50 columns"):
        SIR().fit(x, y)
    model = SIR(ridge=1.0, test="permutation", n_resamples=99, random_state=1)
    with pytest.raises(InvalidParameterError, match="only n_directions=0 can be tested"):
        model.fit(x, y)
    result = model.set_params(n_components=1).fit(x, y).results_
    assert result.tests is None and result.permutation_test(n_resamples=99, rng=1).pvalue == 0.01
    with pytest.raises(InvalidParameterError, match="with a ridge the law"):
        SIR(ridge=1.0).fit(x, y)
    with pytest.raises(InvalidParameterError, match="ridge of 1"):
        result.dimension_test()


def test_a_small_ridge_is_near_none():
    rng, x = predictors(n=200, p=4)
    y = x[:, 0] + 0.3 * rng.standard_normal(200)
    plain, ridged = SIR(2).fit(x, y), SIR(2, ridge=1e-9).fit(x, y)
    np.testing.assert_allclose(ridged.components_, plain.components_, rtol=1e-6, atol=1e-7)
    one, other = (model.results_.permutation_test(1, n_resamples=199, rng=1) for model in (plain, ridged))
    assert one.pvalue == other.pvalue
    np.testing.assert_allclose(other.null_distribution, one.null_distribution, rtol=1e-5)


# scikit-learn --------------------------------------------------------------------------------------------------------
CHECKED = [kind(n_components=1) for kind in ALL]


@parametrize_with_checks(CHECKED)
def test_scikit_learn_conventions(estimator, check):
    state = np.random.get_state()  # noqa: NPY002  (some checks draw from the global generator)
    try:
        check(estimator)
    finally:
        np.random.set_state(state)  # noqa: NPY002


def test_pipelines_searches_clones_and_pickles():
    rng, x = predictors(n=150, p=4)
    y = x[:, 0] + 0.1 * rng.standard_normal(150)
    pipeline = make_pipeline(SIR(n_components=1), LinearRegression())
    search = GridSearchCV(pipeline, {"sir__n_components": [1, 2], "sir__slicing": ["dr", "balanced"]}, cv=3)
    assert search.fit(x, y).best_score_ > 0.9
    model = SAVE(2, n_slices=5)
    assert clone(model).get_params() == model.get_params()
    fitted = model.fit(x, y)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).transform(x), fitted.transform(x))


def test_tables_keep_names():
    rng, x = predictors(n=100, p=3)
    table = pd.DataFrame(x, columns=["age", "height", "weight"], index=[f"r{i}" for i in range(100)])
    target = pd.Series(x[:, 1] + 0.1 * rng.standard_normal(100), name="speed", index=table.index)
    model = SIR(n_components=1).set_output(transform="pandas").fit(table, target)
    assert model.transform(table).columns.tolist() == ["sir0"] and model.transform(table).index[0] == "r0"
    result = model.results_
    assert result.coefficients_table().index.tolist() == ["age", "height", "weight"]
    assert result.data_name == "speed on 3 predictors"
    assert result.augment(table).columns.tolist() == ["age", "height", "weight", "direction_1"]
    assert result.coordinate_test("height").pvalue < 1e-3 < result.coordinate_test(["age", 2]).pvalue


# results -------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def result():
    rng, x = predictors(seed=5, n=200, p=3)
    y = x[:, 0] + 0.5 * rng.standard_normal(200)
    return SIR(test="permutation", n_resamples=199, random_state=1).fit(x, y).results_


def test_the_tests_of_a_result(result):
    assert result.n_found == result.n_components == 1 and result.chosen_by == "permutation"
    assert result.provenance.seed == 1
    for law in ("weighted", "chi2"):
        test = result.dimension_test(1, law=law)
        assert test.pvalue == result.tests.pvalues(law)[1] and test.statistic == result.tests.statistics[1]
    again = result.permutation_test(1, n_resamples=199, rng=1)
    assert again.pvalue == result.tests.permutation_pvalues[1]  # the fit had the same seed
    assert again.statistic == pytest.approx(result.tests.statistics[1])  # for SIR both are n times what is left
    assert np.isnan(result.tests.permutation_pvalues[2])


def test_storage_is_lossless(result):
    stored = LinearSDRResult.from_json(result.to_json())
    assert stored == result and Result.from_dict(result.to_dict()) == result
    assert stored.permutation_test(n_resamples=19, rng=1) == result.permutation_test(n_resamples=19, rng=1)
    assert stored.coordinate_test(1) == result.coordinate_test(1)


def test_tables(result):
    tidy = result.tidy()
    assert tidy["component"].tolist() == [1, 2, 3] and tidy["kept"].tolist() == [True, False, False]
    assert {"statistic", "df", "p_chi2", "p_weighted", "p_permutation"} <= set(tidy.columns)
    glance = result.glance()
    assert len(glance) == 1 and glance["n_components"][0] == 1 and glance["slices"][0] == result.slices.count
    with pytest.raises(InvalidParameterError, match="alpha"):
        result.tidy(alpha=0.1)


def test_plots(result):
    assert result.plot().get_xlabel() == "direction 1"
    assert result.plot(kind="scree").get_ylabel() == "eigenvalue"
    assert len(result.plot(kind="coefficients").patches) == 3
    rng, x = predictors(n=90, p=3)
    labelled = SIR(n_components=2).fit(x, np.repeat(["a", "b", "c"], 30)).results_
    assert [t.get_text() for t in labelled.plot().get_yticklabels()] == ["a", "b", "c"]
    assert labelled.plot(components=(1, 2)).get_ylabel() == "direction 2"
    several = SIR(n_components=2).fit(x, rng.standard_normal((90, 2))).results_
    assert several.plot(components=(1, 2), response=1).get_xlabel() == "direction 1"
    with pytest.raises(InvalidParameterError, match="components"):
        result.plot(components=(2,))
    with pytest.raises(InvalidParameterError, match="the fit has y1, y2"):
        several.plot(response="z")


# errors --------------------------------------------------------------------------------------------------------------
def test_nothing_found_is_told():
    rng, x = predictors(seed=2, n=100, p=3)
    with pytest.warns(AssumptionWarning, match="find no direction at level 0.001"):
        model = SIR(level=0.001).fit(x, rng.standard_normal(100))
    assert model.n_components_ == 1 and model.results_.n_found == 0 and len(model.results_.warnings) == 1
    assert "none by weighted" in str(model.results_)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_components": "best"}, "n_components is 'best'"),
        ({"n_components": 0}, "n_components is 0"),
        ({"n_components": 4}, "finds at most 3 directions"),
        ({"test": "wood"}, "test is 'wood'"),
        ({"slicing": "equal"}, "slicing is 'equal'"),
        ({"n_slices": 1}, "n_slices is 1"),
        ({"ridge": -1.0}, "ridge is -1"),
        ({"level": 1.0}, "level is 1"),
        ({"n_resamples": 0}, "n_resamples is 0"),
    ],
)
def test_options(options, message):
    _, x = predictors(n=60, p=3)
    with pytest.raises(InvalidParameterError, match=message):
        SIR(**options).fit(x, x[:, 0])


@pytest.mark.parametrize("kind", [*SLICED, KernelSIR])
def test_slices_of_single_rows_are_refused(kind):
    """Their means are the rows, all eigenvalues are 1, and any direction is as good as any other."""
    rng, x = predictors(n=40, p=4)
    y = x[:, 1] + 0.1 * rng.standard_normal(40)
    for n_slices in (21, 40, 100):
        with pytest.raises(InvalidParameterError, match="n_slices is at most 20"):
            kind(n_components=1, n_slices=n_slices).fit(x, y)
    assert len(kind(n_components=1, n_slices=20).fit(x, y).components_ if kind is not KernelSIR else [0]) == 1
    with pytest.raises(InvalidDataError, match=r"y holds 40 labels for 40 rows, one row each.*pd.to_numeric"):
        kind(n_components=1).fit(x, [f"{value:.6f}" for value in y])
    with pytest.raises(InvalidDataError, match="y holds 21 labels for 40 rows, less than two rows each"):
        kind(n_components=1).fit(x, [f"label {min(k, 20)}" for k in range(40)])
    # many slices may be asked for where few values make few of them
    assert kind(n_components=1, n_slices=100).fit(x, np.repeat([0, 1], 20)).n_components_ == 1


@pytest.mark.parametrize("kind", [SIR, PHD, SteinIndexModel, KernelSIR])
def test_distributions_are_sent_to_where_they_are_reduced(kind):
    _, x = predictors(n=30, p=3)
    clouds = DistributionArray.from_samples(x[:, :1] + np.arange(5.0))
    for data in (clouds, list(clouds)):
        with pytest.raises(InvalidDataError, match="y holds distributions, .* use DistributionSDR"):
            kind(n_components=1).fit(x, data)
        with pytest.raises(InvalidDataError, match="X holds distributions, .* use DistributionSDR"):
            kind(n_components=1).fit(data, x[:, 0])


TABLE = pd.DataFrame(np.random.default_rng(1).standard_normal((30, 3)), columns=["a", "b", "c"])
MISSING = TABLE.mask((TABLE.index.to_numpy() == 3)[:, None] & (TABLE.columns == "c"))
BAD = {
    "text": (TABLE.assign(b=["u"] * 30), "X holds 'u' in row 0, column 'b', which is not a number"),
    "category": (TABLE.assign(b=pd.Categorical(["u", "v"] * 15)), "X holds 'u' in row 0, column 'b'"),
    "dates": (TABLE.assign(b=pd.date_range("2020-01-01", periods=30)), r"X holds .*2020.* in row 0, column 'b'"),
    "text in an array": ([["1", "2"]] * 29 + [["1", "two"]], "X holds 'two' in row 29, column 1"),
    "NaN": (MISSING, "X has NaN in row 3, column 'c'; remove or impute it first"),
    "NA": (MISSING.astype("Float64"), "X has NaN in row 3, column 'c'"),
    "infinite": (np.where(TABLE > 1, np.inf, TABLE), r"X has inf in row \d+, column \d, and in \d+ more places"),
    "samples": ([[1.0, 2.0], [3.0]] * 15, r"rows of 1 to 2 entries; .*DistributionArray.from_samples\(X\)"),
    "samples in the plane": (np.zeros((30, 4, 2)), r"X has shape \(30, 4, 2\).*DistributionArray.from_samples"),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("kind", [SIR, SteinIndexModel, KernelSIR])
def test_bad_predictors_are_named_by_row_and_column(kind, bad):
    data, message = BAD[bad]
    with pytest.raises(InvalidDataError, match=message):
        kind(n_components=1).fit(data, np.arange(30.0))


def test_data():
    rng, x = predictors(n=60, p=3)
    y = x[:, 0]
    with pytest.raises(InvalidDataError, match="60 rows for 59 responses"):
        SIR().fit(x, y[:-1])
    with pytest.raises(InvalidDataError, match="59 labels for 60"):
        SIR().fit(x, ["a"] * 59)
    with pytest.raises(DegenerateDataError, match="all responses are equal"):
        SIR().fit(x, np.ones(60))
    with pytest.raises(DegenerateDataError, match="all responses are equal"):
        PHD().fit(x, np.ones(60))
    with pytest.raises(DegenerateDataError, match="'x2' of X is constant"):
        SIR().fit(x * [1, 0, 1], y)
    with pytest.raises(DegenerateDataError, match="linear combination"):
        SIR().fit(np.column_stack([x, x[:, 0] + x[:, 1]]), y)
    with pytest.raises(InvalidDataError, match="at least 3 rows"):
        SIR().fit(x[:2], y[:2])
    with pytest.raises(InvalidDataError, match="labels"):
        PHD().fit(x, np.repeat(["a", "b"], 30))
    with pytest.raises(InvalidDataError, match="take one response"):
        PHD().fit(x, x[:, :2])
    with pytest.raises(DegenerateDataError, match="without a residual"):
        PHD().fit(x, y)
    with pytest.raises(DegenerateDataError, match="10 terms; there are 10"):
        PHD(response="quadratic").fit(x[:10], rng.standard_normal(10))
    with pytest.raises(InvalidDataError, match="one observation; SAVE needs two"):
        SAVE().fit(x, np.array(["a"] + ["b"] * 59))
    with pytest.raises(InvalidDataError, match="features"):
        SIR(1).fit(x, y).transform(x[:, :2])


def test_columns_of_coordinate_tests(result):
    with pytest.raises(UnknownColumnError, match="'age'"):
        result.coordinate_test("age")
    with pytest.raises(InvalidParameterError, match="each once"):
        result.coordinate_test([0, 0])
    with pytest.raises(InvalidParameterError, match="columns is 3"):
        result.coordinate_test(3)
    _, x = predictors(n=100, p=3)
    with pytest.raises(InvalidParameterError, match="pHd has no test of columns"):
        PHD(1).fit(x, x[:, 0] ** 2).results_.coordinate_test(0)


# print ---------------------------------------------------------------------------------------------------------------
def without_versions(text):
    lines = text.splitlines()
    keep = [k for k, line in enumerate(lines) if line.startswith("versions")]
    return "\n".join(lines[: keep[0]] if keep else lines)


def test_snapshots(result):
    rng, x = predictors(n=300, p=3)
    even = PHD().fit(x, (x[:, 0] - x[:, 1]) ** 2 + 0.3 * rng.standard_normal(300)).results_
    assert_snapshot(str(result), "sdr_linear.txt")
    assert_snapshot(without_versions(result.summary().as_text()), "sdr_linear_summary.txt")
    assert_snapshot(str(even), "sdr_linear_phd.txt")
    reports = [r.report(style=s) for r in (result, even) for s in ("apa", "plain")]
    assert_snapshot("\n".join(reports), "sdr_linear_reports.txt")
    tests = [result.dimension_test(1), result.coordinate_test([1, 2])]
    tests.append(result.permutation_test(1, n_resamples=99, rng=1))
    assert_snapshot("\n".join(map(str, tests)), "sdr_linear_tests.txt")
    texts = [str(result), str(even), *map(str, tests)]
    assert max(len(line) for text in texts for line in text.splitlines()) <= 80
