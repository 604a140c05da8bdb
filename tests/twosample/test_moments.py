"""Statistics against their slow twins, and against scipy and statsmodels."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats
from statsmodels.stats.multivariate import test_mvmean as statsmodels_mean_test

from stattools.twosample import approximations, moments, statistics as ours
from tests.twosample import naive


def two_groups(seed, n1, n2, p):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n1, p)), rng.normal(0.3, 2.0, size=(n2, p))


def design_of(first, second):
    rows = moments.rows_of(np.vstack([first, second]), centre=True)
    return moments.TwoGroups(rows, (len(first), len(second)))


def labellings(n1, n2, seed=0, b=5):
    codes = np.repeat([0, 1], [n1, n2])
    rng = np.random.default_rng(seed)
    return np.array([codes] + [rng.permutation(codes) for _ in range(b)])


# naive -----------------------------------------------------------------------------------------------
# 1e-9 throughout: sums of squares of a few dozen centred numbers of size one
@given(seed=st.integers(0, 10**6), n1=st.integers(2, 9), n2=st.integers(2, 9), p=st.integers(1, 30))
def test_norms_equal_their_twins_through_gram_and_features(seed, n1, n2, p):
    first, second = two_groups(seed, n1, n2, p)
    pooled = np.vstack([first, second])
    design = design_of(first, second)
    codes = labellings(n1, n2, seed)
    norms = design.norms(codes)
    for b, row in enumerate(codes):
        a, c = pooled[row == 0], pooled[row == 1]
        np.testing.assert_allclose(norms.distance[b], naive.squared_distance(a, c), rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(ours.studentized(norms)[b], naive.studentized(a, c), rtol=1e-9, atol=1e-12)
    assert (design.rows.gram is None) == (n1 + n2 > p)


@given(seed=st.integers(0, 10**6), n1=st.integers(2, 9), n2=st.integers(2, 9), p=st.integers(1, 6))
def test_coordinates_equal_their_twins(seed, n1, n2, p):
    first, second = two_groups(seed, n1, n2, p)
    pooled = np.vstack([first, second])
    design = design_of(first, second)
    codes = labellings(n1, n2, seed)
    found = design.coordinates(codes)
    t = ours.t_of(found, design.rows)
    for b, row in enumerate(codes):
        expected_t, expected_df, difference = naive.welch(pooled[row == 0], pooled[row == 1])
        np.testing.assert_allclose(found.difference[b], difference, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(t[b], expected_t, rtol=1e-7, atol=1e-9)  # the variance is a difference of squares
        np.testing.assert_allclose(found.df[b], expected_df, rtol=1e-7)


def test_pairs_equal_their_twins():
    rng = np.random.default_rng(0)
    d = rng.normal(0.2, 1.0, size=(11, 4))
    design = moments.Pairs(moments.rows_of(d, centre=False))
    signs = np.vstack([np.ones(11), rng.choice([-1.0, 1.0], size=(6, 11))])
    norms, coordinates = design.norms(signs), design.coordinates(signs)
    for b, s in enumerate(signs):
        rows = d * s[:, None]
        np.testing.assert_allclose(norms.distance[b], (rows.mean(axis=0) ** 2).sum(), rtol=1e-9)
        np.testing.assert_allclose(norms.trace[b], naive.trace_of_covariance(rows) / 11, rtol=1e-9)
        t = ours.t_of(moments.Coordinates(*(m[b : b + 1] if len(m) > 1 else m for m in coordinates)), design.rows)[0]
        np.testing.assert_allclose(t, stats.ttest_1samp(rows, 0.0).statistic, rtol=1e-9)


@pytest.mark.parametrize("p", [3, 40])
def test_wild_bootstrap_equals_its_twin(p):
    first, second = two_groups(1, 7, 9, p)
    codes = np.repeat([0, 1], [7, 9])
    design = moments.wild_two_groups(np.vstack([first, second]), codes, scale=np.ones(p))
    multipliers = np.random.default_rng(2).choice([-1.0, 1.0], size=(4, 16))
    stretched = [(g - g.mean(axis=0)) * np.sqrt(len(g) / (len(g) - 1)) for g in (first, second)]
    norms, coordinates = design.norms(multipliers), design.coordinates(multipliers)
    for b, e in enumerate(multipliers):
        a, c = stretched[0] * e[:7, None], stretched[1] * e[7:, None]
        np.testing.assert_allclose(norms.distance[b], naive.squared_distance(a, c), rtol=1e-9)
        np.testing.assert_allclose(ours.studentized(norms)[b], naive.studentized(a, c), rtol=1e-9)
        np.testing.assert_allclose(ours.t_of(coordinates, design.rows)[b], naive.welch(a, c)[0], rtol=1e-7)


def test_group_moments_equal_their_twins_and_two_groups_give_the_studentized_distance():
    rng = np.random.default_rng(0)
    groups = [rng.normal(m, s, size=(n, 3)) for m, s, n in ((0, 1, 5), (1, 2, 8), (0, 1, 6))]
    codes = np.repeat([0, 1, 2], [5, 8, 6])
    rows = moments.rows_of(np.vstack(groups), centre=True)
    found = moments.group_moments(rows, codes[None], (5, 8, 6))
    statistic = found.between[0] / (found.within[0] @ (1 - np.array([5, 8, 6]) / 19))
    np.testing.assert_allclose(statistic, naive.studentized_groups(groups), rtol=1e-10)
    np.testing.assert_allclose(naive.studentized_groups(groups[:2]), naive.studentized(*groups[:2]), rtol=1e-12)


def test_hotelling_equals_its_twin():
    first, second = two_groups(3, 9, 12, 3)
    pooled = np.vstack([first, second])
    codes = labellings(9, 12)
    found = ours.hotelling_two_groups(codes, scores=pooled, sizes=(9, 12))
    expected = [naive.hotelling_james(pooled[c == 0], pooled[c == 1]) for c in codes]
    np.testing.assert_allclose(found, expected, rtol=1e-9)


# reference -------------------------------------------------------------------------------------------
def test_welch_pvalues_agree_with_scipy():
    first, second = two_groups(0, 12, 20, 15)
    found = moments.coordinate_tests((first, second))
    expected = stats.ttest_ind(first, second, equal_var=False)
    np.testing.assert_allclose(found.statistic, expected.statistic, rtol=1e-12)
    np.testing.assert_allclose(found.pvalue, expected.pvalue, rtol=1e-12)
    np.testing.assert_allclose(found.df, expected.df, rtol=1e-12)


def test_paired_pvalues_agree_with_scipy():
    d = np.random.default_rng(0).normal(0.2, 1.0, size=(11, 4))
    np.testing.assert_allclose(moments.coordinate_tests((d,)).pvalue, stats.ttest_1samp(d, 0.0).pvalue, rtol=1e-12)


def test_hotelling_of_pairs_and_its_f_agree_with_statsmodels():
    d = np.random.default_rng(0).normal(0.2, 1.0, size=(25, 4))
    found = float(ours.hotelling_pairs(np.ones((1, 25)), scores=d)[0])
    expected = statsmodels_mean_test(d, np.zeros(4))
    np.testing.assert_allclose(found, expected.t2, rtol=1e-10)
    np.testing.assert_allclose(approximations.james_f(found, (d,))[2], expected.pvalue, rtol=1e-9)


def test_hotelling_of_one_score_is_the_squared_welch_t():
    first, second = two_groups(3, 9, 12, 1)
    statistic = float(
        ours.hotelling_two_groups(labellings(9, 12)[:1], scores=np.vstack([first, second]), sizes=(9, 12))[0]
    )
    welch = stats.ttest_ind(first[:, 0], second[:, 0], equal_var=False)
    np.testing.assert_allclose(statistic, welch.statistic**2, rtol=1e-10)
    df1, df2, pvalue = approximations.james_f(statistic, (first, second))
    np.testing.assert_allclose([df1, df2, pvalue], [1.0, welch.df, welch.pvalue], rtol=1e-10)


def test_satterthwaite_of_one_coordinate_is_nearly_welch():
    first, second = two_groups(3, 40, 30, 1)
    match = approximations.satterthwaite((first, second))
    welch = stats.ttest_ind(first[:, 0], second[:, 0], equal_var=False)
    # in one dimension tr(Omega^2) is tr(Omega)^2; its unbiased estimate differs by O(1/n)
    assert abs(match.numerator_df - 1) < 0.1 and abs(match.denominator_df / welch.df - 1) < 0.1
    np.testing.assert_allclose(match.pvalue, welch.pvalue, atol=0.01)  # what a tenth of the degrees of freedom moves


def test_trace_of_the_squared_covariance_is_estimated_without_bias():
    rng = np.random.default_rng(0)
    spread = np.array([3.0, 1.0, 0.5])
    found = []
    for _ in range(4000):
        groups = rng.normal(size=(6, 3)) * spread, rng.normal(size=(8, 3)) * 2 * spread
        found.append(approximations.trace_moments(tuple(g - g.mean(axis=0) for g in groups), (6, 8)))
    omega = spread**2 / 6 + 4 * spread**2 / 8
    squared = np.array([traces.squared for traces in found])
    expected, error = (omega**2).sum(), squared.std() / np.sqrt(4000)
    assert abs(squared.mean() - expected) < 4 * error + 0.01 * expected  # the floor at tiny groups adds a little
    trace = np.array([traces.trace for traces in found])
    halves = np.array([traces.error for traces in found])
    assert abs(trace.mean() - omega.sum()) < 4 * trace.std() / np.sqrt(4000)
    assert abs(2 * halves.mean() / trace.var() - 1) < 0.1  # the variance of a variance from 4000 draws


@pytest.mark.parametrize("shape", [(40, 5), (5, 40)])
def test_leading_scores_explain_the_share_asked_for(shape):
    rng = np.random.default_rng(0)
    x = rng.normal(size=shape) * np.arange(1, shape[1] + 1) ** -1.0
    rows = moments.rows_of(x, centre=True)
    found = ours.leading_scores(rows, explained=0.9, at_most=100)
    singular = np.linalg.svd(rows.features, compute_uv=False) ** 2
    r = int(np.argmax(np.cumsum(singular) / singular.sum() >= 0.9)) + 1
    assert found.values.shape == (shape[0], r)
    np.testing.assert_allclose(found.values.T @ found.values / shape[0], np.eye(r), atol=1e-9)


# the guard -------------------------------------------------------------------------------------------
def test_rounding_is_not_evidence():
    rng = np.random.default_rng(0)
    x = 1.0 + rng.integers(-2, 3, size=(40, 3)) * 2.0**-52  # constant but for the last bits
    found = moments.coordinate_tests((x[:20], x[20:]))
    assert found.constant.all() and (found.pvalue == 1).all()
    assert (moments.rows_of(x, centre=True).features == 0).all()


def test_two_constant_groups_that_differ_are_infinitely_far_apart():
    rows = moments.rows_of(np.repeat([[1.0, 2.0], [3.0, 5.0]], 4, axis=0), centre=True)
    norms = moments.TwoGroups(rows, (4, 4)).norms(np.tile([0, 1], 4)[None])
    assert ours.studentized(norms)[0] < np.inf  # an interleaved labelling mixes them
    separated = moments.TwoGroups(rows, (4, 4)).norms(np.repeat([0, 1], 4)[None])
    assert ours.studentized(separated)[0] == np.inf


def test_a_long_column_of_one_number_has_no_spread():
    # the mean of 357 equal numbers is not that number; without care its error passes for data
    rows = np.column_stack([np.full(357, 0.1763), np.linspace(0, 1, 357)])
    assert (moments.rows_of(rows, centre=True).features[:, 0] == 0).all()
