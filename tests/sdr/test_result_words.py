"""What results of dimension reductions say, and that they say it of the right numbers."""

import inspect

import numpy as np
import pandas as pd
import pytest

from stattools import Circle, DistributionArray, Sphere
from stattools._errors import Notes
from stattools.sdr import DistributionSDR, FrechetRegressor
from stattools.sdr.bootstrap import ScoreBands
from stattools.sdr.frechet_bands import QuantileBands
from stattools.sdr.frechet_result import FrechetResult
from stattools.sdr.kernelsir import KernelSIR
from stattools.sdr.linear import PHD, SAVE, SIR, DirectionalRegression
from stattools.sdr.linear_permutation import remaining
from stattools.sdr.linear_result import LinearSDRResult
from stattools.sdr.order import ALL_UP_TO, determine
from stattools.sdr.result import SDRResult
from stattools.sdr.stein_result import SteinResult
from tests.sdr.operators import canonical_operator


def fast(**options):
    return DistributionSDR(**{"n_components": 1, "criteria": (), "random_state": 1} | options)


def turned(n=30, m=40):
    rng = np.random.default_rng(1)
    centre = rng.uniform(0, 360, n)
    points = (centre[:, None] + 20 * rng.standard_normal((n, m))) % 360
    return np.c_[np.cos(np.deg2rad(centre)), np.sin(np.deg2rad(centre))], points


@pytest.fixture(scope="module")
def on_circle():
    x, points = turned()
    return fast(n_directions=8).fit(x, DistributionArray.from_samples(points, domain=Circle(360, unit="deg"))).results_


@pytest.fixture(scope="module")
def curved():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((150, 4))
    return x, x[:, 0] ** 2 + x[:, 1] + 0.3 * rng.standard_normal(150)


# reference -----------------------------------------------------------------------------------------------------------
def test_responses_on_a_circle_are_described_by_sines_and_cosines(on_circle):
    angles = np.deg2rad(turned()[1])
    own = on_circle.responses.own_summary()
    assert list(own) == [f"mean of eigenfunction {name}" for name in ("cos 1", "sin 1", "cos 2")]
    expected = [f.mean(axis=1) * 2**0.5 for f in (np.cos(angles), np.sin(angles), np.cos(2 * angles))]
    for values, wanted in zip(own.values(), expected, strict=True):  # mean square 1 under the uniform law
        np.testing.assert_allclose(values, wanted, atol=1e-12)
    assert any("squares of the domain's unit of length" in note for note in on_circle.notes)


def test_the_unit_of_intrinsic_distances_is_the_square_of_that_of_length():
    x, points = turned(12, 20)
    bandwidths = [
        fast(n_directions=8).fit(x, DistributionArray.from_samples(points * c, domain=Circle(360 * c))).results_
        for c in (1.0, 2.0)
    ]
    first, second = (result.response.bandwidth for result in bandwidths)
    assert second == pytest.approx(4.0 * first, rel=1e-9)  # rounding


def test_names_of_the_sphere_make_columns():
    rng = np.random.default_rng(1)
    z = rng.standard_normal((20, 10, 3)) + rng.standard_normal((20, 1, 3))
    Y = DistributionArray.from_samples(z / np.linalg.norm(z, axis=2, keepdims=True), domain=Sphere())
    table = fast(n_directions=8).fit(z.mean(axis=1), Y).results_.tidy()
    assert "mean_of_eigenfunction_l_1_m_minus_1_low" in table.columns
    assert sum(name.endswith(("_low", "_middle", "_high")) for name in table.columns) == 9


def test_labels_that_differ_in_sign_have_columns_of_their_own():
    x = np.random.default_rng(1).standard_normal((40, 2))
    for response in (np.where(x[:, 0] > 0, "1", "-1"), np.where(x[:, 0] > 0, "a-b", "a b")):
        result = fast().fit(x, response).results_
        columns = [name for name in result.tidy().columns if name.endswith(("_low", "_middle", "_high"))]
        assert len(columns) == 3 * len(result.effects.summaries) == 6


def test_no_effect_is_exactly_no_effect():
    rng = np.random.default_rng(1)
    Y = DistributionArray.from_samples(rng.standard_normal((40, 1)) + np.linspace(-1, 1, 5))
    result = FrechetRegressor("nadaraya_watson", bandwidth=np.inf).fit(rng.standard_normal(40), Y).results_
    assert result.rsquared == 0.0 and result.rsquared_cv == 0.0


# statistics under their names ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "estimator, same",
    [(SIR, True), (SAVE, False), (DirectionalRegression, False), (PHD, True)],
)
@pytest.mark.parametrize("d", [0, 1])
def test_one_name_is_one_statistic(curved, estimator, same, d):
    result = estimator(2).fit(*curved).results_
    permuted = result.permutation_test(d, n_resamples=9, rng=1)
    asymptotic = result.dimension_test(d)
    assert asymptotic.statistic_name == "T" and np.isclose(asymptotic.statistic, permuted.statistic) == same
    words = "n x sum of the smaller eigenvalues" if d else "n x sum of eigenvalues"
    assert permuted.statistic_name == ("T" if same else words)
    assert len(permuted.notes) == (not same)
    if not same:
        assert permuted.statistic == pytest.approx(result.nobs * result.eigenvalues[d:].sum(), rel=1e-9)  # rounding
    assert permuted.statistic == pytest.approx(remaining(result.problem, result.problem.z, d), rel=1e-9)


def test_a_table_says_when_permutations_are_of_another_statistic(curved):
    options = {"test": "permutation", "n_resamples": 19, "random_state": 1}
    other, same = (kind(**options).fit(*curved).results_ for kind in (DirectionalRegression, SIR))
    assert "which is not T" in str(other) and "T =" not in other.report()
    assert "which is not T" not in str(same) and "T =" in same.report()
    for result in (other, same):
        assert "T, p: test of at most (row - 1) directions:" in str(result)


def test_the_statistic_before_projection_is_named_so():
    rng = np.random.default_rng(1)
    u = rng.uniform(size=30)
    Y = DistributionArray.from_samples(np.exp(u)[:, None] * np.sort(rng.standard_normal((30, 10)), axis=1))
    test = FrechetRegressor("local").fit(u, Y).results_.permutation_test(n_resamples=9, rng=1)
    assert test.statistic_name == "unprojected cross-validated R-squared"
    assert "cross-validated R-squared" in test.estimate and test.notes


# criteria that were left out -----------------------------------------------------------------------------------------
def test_criteria_that_a_large_fit_leaves_out_are_told():
    operator, _, y = canonical_operator(ALL_UP_TO + 1, [0.9, 0.1], 1, penalty=0.01)
    notes = Notes()
    table = determine(operator, criteria="auto", criterion=1, responses=y, rng=1, notes=notes)
    assert table.omitted == ("permutation", "ladle", "augmentation", "cv") and table.rsquared_cv is None
    assert "left out at more than 300 observations: permutation, ladle, augmentation, cv." in notes.remarks[0]
    assert "order_criteria(['cv'])" in notes.remarks[0] and "criteria='all'" in notes.remarks[0]
    for named in ("bic",), "all":
        quiet = Notes()
        determine(operator, criteria=named, criterion=1, responses=y, n_resamples=9, rng=1, notes=quiet)
        assert not any("left out" in remark for remark in quiet.remarks)


def test_held_out_criteria_computed_afterwards_have_an_rsquared():
    x = np.random.default_rng(1).standard_normal((60, 2))
    result = fast().fit(x, x[:, 0]).results_
    assert result.rsquared_cv is None
    table = result.order_criteria(["cv"], rng=1)
    np.testing.assert_array_equal(table.rsquared_cv, 1.0 - table.curves["cv"][1:])


# slices are ordered, labels are not ----------------------------------------------------------------------------------
def test_slices_of_numbers_are_ordered_and_labels_are_not():
    x = np.random.default_rng(1).standard_normal((60, 2))
    labels = np.array(["a", "b", "c"])[np.digitize(x[:, 0], [-0.5, 0.5])]
    options = {"n_components": 1, "criteria": (), "random_state": 1}
    assert KernelSIR(**options).fit(x, x[:, 0]).results_.responses.ordered
    assert not KernelSIR(**options).fit(x, labels).results_.responses.ordered
    assert fast().fit(x, pd.Series(pd.Categorical(labels, ordered=True))).results_.responses.ordered


# print ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("names", [["a", "b", "c"], ["component_1", "component_2", "component_3"]])
def test_bands_are_one_table_however_many_predictors(names):
    rng = np.random.default_rng(1)
    U = pd.DataFrame(rng.uniform(size=(30, 3)), columns=names, index=[f"country {i}" for i in range(30)])
    Y = DistributionArray.from_samples(U.to_numpy()[:, :1] + rng.standard_normal((30, 20)))
    bands = FrechetRegressor("global", n_quantiles=10).fit(U, Y).predict_bands(U[:2], n_resamples=99, rng=1)
    text = str(bands)
    heads = [line.split() for line in text.splitlines() if line.split()[:1] == ["row"]]
    assert len(heads) == 1 and heads[0][-4:] == ["level", "quantile", "lower", "upper"]
    assert max(map(len, text.splitlines())) <= 80 and "confidence: 95 percent" in text
    assert ("1 more predictor in tidy()" in text) == (names[0] != "a")


@pytest.mark.parametrize(
    "result",
    [SDRResult, ScoreBands, LinearSDRResult, SteinResult, FrechetResult, QuantileBands],
    ids=lambda kind: kind.__name__,
)
def test_help_of_plot_names_all_kinds(result):
    words = inspect.getdoc(result.plot)
    assert all(f'"{kind}"' in words for kind in result.plot_kinds) and "**options" in words
