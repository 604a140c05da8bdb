import itertools

import joblib
import numpy as np
import pytest
from scipy import stats

from stattools.exceptions import DegenerateDataError, InvalidDataError, InvalidParameterError
from stattools.resampling import (
    Bootstrap,
    MonteCarlo,
    Multiplier,
    Permutation,
    RowPermutation,
    Sequential,
    SignFlip,
    extend,
    null_distribution,
    resample,
    step_down_pvalues,
)
from stattools.resampling.engine import BLOCK_SIZE, pvalue_of, upper_tail_fractions
from tests.helpers import assert_in_binomial_band


def first_sum(x):
    return lambda codes: np.where(codes == 0, x, 0.0).sum(axis=1)


# naive -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "codes, strata",
    [
        ([0, 0, 1, 1, 1], None),
        ([0, 1, 2, 0], None),
        ([0, 0, 1, 0, 1, 1], ["a", "b", "a", "b", "a", "b"]),
        ([0, 0, 0], None),
    ],
)
def test_enumeration_lists_each_distinct_relabelling_once(codes, strata):
    scheme = Permutation(10**6, codes=codes, strata=strata)
    listed = [tuple(row) for row in scheme.listed(0, scheme.n_distinct).tolist()]
    strata = [0] * len(codes) if strata is None else strata
    expected = set()
    for order in itertools.permutations(range(len(codes))):
        if all(strata[i] == strata[j] for i, j in enumerate(order)):
            expected.add(tuple(codes[j] for j in order))
    assert len(listed) == len(set(listed)) == scheme.n_distinct
    assert set(listed) == expected


def test_enumerated_row_permutations_of_blocks():
    scheme = RowPermutation(10**6, n=6, blocks=[0, 0, 1, 1, 2, 2])
    listed = {tuple(row) for row in scheme.listed(0, scheme.n_distinct).tolist()}
    blocks = [(0, 1), (2, 3), (4, 5)]
    assert listed == {tuple(sum((blocks[k] for k in order), ())) for order in itertools.permutations(range(3))}


def test_enumerated_signs():
    scheme = SignFlip(100, n=3)
    assert {tuple(row) for row in scheme.listed(0, 8).tolist()} == set(itertools.product([-1.0, 1.0], repeat=3))


def test_signs_of_one_block_are_flipped_together():
    draws = SignFlip(100, n=6, blocks=list("aabbcc")).draw(np.random.default_rng(0), 50)
    assert (draws[:, ::2] == draws[:, 1::2]).all() and len(np.unique(draws, axis=0)) == 8


def test_smallest_pvalue_of_several_statistics_equals_its_definition():
    x = np.random.default_rng(0).normal(size=(8, 3))
    joint = resample(
        lambda codes: (codes == 0) @ x, Permutation(60, group_sizes=(3, 5)), observed=[1.0, 2.0, 0.5], rng=1
    )
    pool = np.vstack([joint.observed, joint.values])
    fractions = np.array([[np.mean(pool[:, k] >= row[k]) for k in range(3)] for row in pool])
    smallest = fractions.min(axis=1)
    expected = np.mean(smallest <= smallest[0])
    np.testing.assert_allclose(joint.minimum_pvalue().pvalue, expected, rtol=1e-12)


def test_step_down_equals_its_definition():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(10, 4)) + np.r_[np.ones(5), np.zeros(5)][:, None] * [2.0, 0.0, 1.0, 0.0]
    joint = resample(lambda c: np.abs((c == 0) @ x / 5 - (c == 1) @ x / 5), Permutation(99, group_sizes=(5, 5)), rng=1)
    order = np.argsort(-joint.observed)
    raw = [
        (1 + sum(max(row[order[k:]]) >= joint.observed[j] * (1 - 1e-12) for row in joint.values)) / 100
        for k, j in enumerate(order)
    ]
    expected = np.empty(4)
    expected[order] = np.maximum.accumulate(raw)
    np.testing.assert_allclose(step_down_pvalues(joint), expected, rtol=1e-12)


def test_arrangements_beyond_counting_are_not_counted():
    assert Permutation(99, group_sizes=(10_000, 10_000)).n_distinct is None
    assert Permutation(99, group_sizes=(20, 20)).n_distinct == 137846528820
    assert SignFlip(99, n=5000).n_distinct is None


# property --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("backend, n_jobs", [("loky", 2), ("threading", 2), ("threading", 3)])
def test_bits_do_not_depend_on_workers(backend, n_jobs):
    x = np.random.default_rng(0).normal(size=40)
    alone = resample(first_sum(x), Permutation(3000, group_sizes=(15, 25)), rng=5)
    with joblib.parallel_config(backend=backend):
        together = resample(first_sum(x), Permutation(3000, group_sizes=(15, 25)), rng=5, n_jobs=n_jobs)
    np.testing.assert_array_equal(alone.values, together.values)


@pytest.mark.parametrize("first", [1, 99, BLOCK_SIZE, 999])
def test_extending_keeps_the_first_values_and_equals_one_long_run(first):
    x = np.random.default_rng(0).normal(size=40)
    short = resample(first_sum(x), Permutation(first, group_sizes=(15, 25)), rng=5)
    longer = extend(first_sum(x), short, Permutation(1500, group_sizes=(15, 25)))
    direct = resample(first_sum(x), Permutation(1500, group_sizes=(15, 25)), rng=5)
    np.testing.assert_array_equal(longer.values[:first], short.values)
    np.testing.assert_array_equal(longer.values, direct.values)


def test_extending_past_the_number_of_arrangements_enumerates():
    x = np.arange(8.0)
    short = resample(first_sum(x), Permutation(50, group_sizes=(4, 4)), rng=1)
    longer = extend(first_sum(x), short, Permutation(70, group_sizes=(4, 4)))
    assert not short.exact and longer.exact and len(longer.values) == 70


def test_drawn_labels_keep_strata_and_blocks():
    codes = np.array([0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0])
    blocks = np.repeat(np.arange(6), 2)
    strata = np.repeat([0, 0, 1], 4)
    draws = Permutation(100, codes=codes, blocks=blocks, strata=strata).draw(np.random.default_rng(0), 200)
    assert (draws[:, ::2] == draws[:, 1::2]).all()
    for s in (0, 1):
        assert (np.sort(draws[:, strata == s], axis=1) == np.sort(codes[strata == s])).all()
    assert (draws != codes).any()


def test_every_relabelling_is_drawn_equally_often():
    draws = Permutation(1, group_sizes=(2, 3)).draw(np.random.default_rng(0), 20_000)
    _, counts = np.unique(draws, axis=0, return_counts=True)
    assert len(counts) == 10
    assert stats.chisquare(counts).pvalue > 1e-4


def test_bootstrap_draws_inside_groups():
    draws = Bootstrap(10, codes=[0, 1, 0, 1, 1], sizes=(4, 7)).draw(np.random.default_rng(0), 500)
    assert set(draws[:, :4].ravel()) == {0, 2} and set(draws[:, 4:].ravel()) == {1, 3, 4}


def test_upper_tail_fractions_count_ties_up_to_rounding():
    values = np.array([1.0, 0.1 * 3, 0.3, 2.0])[:, None]
    np.testing.assert_array_equal(upper_tail_fractions(values)[:, 0], [0.5, 1.0, 1.0, 0.25])


@pytest.mark.parametrize("alternative", ["greater", "less", "two-sided"])
def test_pvalue_is_never_zero_and_at_most_one(alternative):
    values = np.random.default_rng(0).normal(size=99)
    for observed in (-10.0, 0.0, 10.0, np.inf):
        assert 0 < pvalue_of(observed, values, exact=False, alternative=alternative)[0] <= 1


def test_progress_reports_up_to_the_total():
    seen = []
    x = np.arange(30.0)
    null_distribution(first_sum(x), Permutation(1000, group_sizes=(10, 20)), rng=1, progress=lambda *a: seen.append(a))
    assert seen[-1] == (1000, 1000) and [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_progress_bar_is_written_to_stderr(capsys):
    null_distribution(first_sum(np.arange(30.0)), Permutation(300, group_sizes=(10, 20)), rng=1, progress=True)
    captured = capsys.readouterr()
    assert "300" in captured.err and captured.out == ""


# reference -------------------------------------------------------------------------------------------
def test_full_enumeration_agrees_with_scipy():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=5), rng.normal(0.5, 1.0, size=5)
    ours = null_distribution(
        lambda c: np.abs((c == 0) @ np.r_[x, y] / 5 - (c == 1) @ np.r_[x, y] / 5), Permutation(999, group_sizes=(5, 5))
    )
    theirs = stats.permutation_test(
        (x, y), lambda a, b, axis: np.abs(a.mean(axis) - b.mean(axis)), alternative="greater", vectorized=True
    )
    assert ours.exact and ours.n_resamples == 252
    assert ours.pvalue == theirs.pvalue


def test_monte_carlo_of_a_known_null():
    scheme = MonteCarlo(4999, lambda generator, size: generator.standard_normal((size, 10)))
    null = null_distribution(lambda data: data.mean(axis=1) * np.sqrt(10), scheme, observed=1.6449, rng=3)
    # the normal's upper 5 % point; 4 standard errors of 4999 draws
    assert abs(null.pvalue - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 4999)


def test_sequential_pvalue_is_exceedances_over_draws():
    x = np.random.default_rng(0).normal(size=30)
    scheme = Permutation(9999, group_sizes=(15, 15))
    full = resample(first_sum(x), scheme, rng=4)
    stopped = null_distribution(first_sum(x), scheme, stopping=Sequential(exceedances=20), rng=4)
    hits = np.flatnonzero(full.values[:, 0] >= full.observed[0] * (1 - np.sign(full.observed[0]) * 1e-12))
    assert stopped.stopped_early and stopped.n_resamples == hits[19] + 1 and stopped.n_exceeding == 20
    assert stopped.pvalue == 20 / (hits[19] + 1)


def test_sequential_run_that_never_stops_is_an_ordinary_one():
    x = np.r_[np.full(15, 5.0), np.zeros(15)] + np.random.default_rng(0).normal(size=30)
    scheme = Permutation(999, group_sizes=(15, 15))
    stopped = null_distribution(first_sum(x), scheme, stopping=Sequential(20), rng=4)
    assert (
        not stopped.stopped_early and stopped.pvalue == null_distribution(first_sum(x), scheme, rng=4).pvalue == 0.001
    )


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_sequential_stopping_does_not_depend_on_workers(n_jobs):
    x = np.random.default_rng(0).normal(size=30)
    scheme = Permutation(9999, group_sizes=(15, 15))
    stopped = null_distribution(first_sum(x), scheme, stopping=Sequential(300), rng=4, n_jobs=n_jobs)
    alone = null_distribution(first_sum(x), scheme, stopping=Sequential(300), rng=4)
    assert stopped.pvalue == alone.pvalue and stopped.n_exceeding == 300
    np.testing.assert_array_equal(stopped.values, alone.values)


# calibration -----------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("stopping", [None, Sequential(5)])
def test_pvalues_are_valid_at_every_level(stopping):
    pvalues = []
    for seed in range(4000):
        x = np.random.default_rng(seed).normal(size=16)
        scheme = Permutation(39, group_sizes=(8, 8))
        pvalues.append(null_distribution(first_sum(x), scheme, stopping=stopping, rng=seed).pvalue)
    pvalues = np.array(pvalues)
    for level in (1 / 40, 0.05, 0.25):
        assert_in_binomial_band(int((pvalues <= level + 1e-12).sum()), n=4000, p=level, level=0.999)


# errors ----------------------------------------------------------------------------------------------
def test_blocks_of_unequal_size_are_named():
    with pytest.raises(InvalidDataError, match=r"block 'a' has 2 units, block 'b' has 1"):
        Permutation(9, codes=[0, 0, 1], blocks=["a", "a", "b"])


def test_block_in_two_strata_is_named():
    with pytest.raises(InvalidDataError, match=r"block of units \[2, 3\] lies in more than one stratum"):
        Permutation(9, codes=[0, 0, 1, 1], blocks=[0, 0, 1, 1], strata=[0, 0, 0, 1])


def test_stopping_several_statistics_is_refused():
    with pytest.raises(InvalidParameterError, match="single statistic"):
        resample(lambda c: c[:, :2] + 0.0, Permutation(99, group_sizes=(9, 9)), stopping=Sequential())


def test_a_statistic_that_is_not_a_number_is_reported():
    with pytest.raises(DegenerateDataError, match="not a number"):
        resample(lambda c: c[:, 0] * np.nan, Permutation(9, group_sizes=(9, 9)), rng=1)


def test_extending_a_stopped_run_is_refused():
    x = np.random.default_rng(0).normal(size=30)
    scheme = Permutation(9999, group_sizes=(15, 15))
    stopped = resample(first_sum(x), scheme, stopping=Sequential(5), rng=4)
    with pytest.raises(InvalidParameterError, match="final"):
        extend(first_sum(x), stopped, scheme)


def test_shortening_a_run_is_refused():
    run = resample(first_sum(np.arange(30.0)), Permutation(99, group_sizes=(15, 15)), rng=4)
    with pytest.raises(InvalidParameterError, match="n_resamples is 50; the run already has 99"):
        extend(first_sum(np.arange(30.0)), run, Permutation(50, group_sizes=(15, 15)))


def test_a_scheme_without_observed_arrangement_needs_the_value():
    with pytest.raises(InvalidParameterError, match="give the observed value"):
        null_distribution(lambda signs: signs.sum(axis=1), Multiplier(9, n=3))


@pytest.mark.parametrize("exceedances", [0, 2.5, True, "many"])
def test_sequential_checks_its_parameter(exceedances):
    with pytest.raises(InvalidParameterError, match="exceedances"):
        Sequential(exceedances)


def test_unknown_alternative_names_the_options():
    with pytest.raises(InvalidParameterError, match="'two-sided'"):
        pvalue_of(1.0, np.ones(3), exact=False, alternative="two.sided")


@pytest.mark.parametrize("alternative", ["less", "two-sided"])
def test_stopping_on_another_tail_is_refused(alternative):
    x = np.random.default_rng(0).normal(size=30)
    scheme = Permutation(9999, group_sizes=(15, 15))
    with pytest.raises(InvalidParameterError, match="needs a full run"):
        null_distribution(first_sum(x), scheme, alternative=alternative, stopping=Sequential(5), rng=4)
    stopped = resample(first_sum(x), scheme, stopping=Sequential(5), rng=4)
    with pytest.raises(InvalidParameterError, match="run it in full"):
        stopped.marginal(alternative=alternative)


@pytest.mark.parametrize(
    "build",
    [
        lambda: Permutation(0, group_sizes=(2, 2)),
        lambda: SignFlip(-3, n=4),
        lambda: SignFlip(9, n=0),
        lambda: RowPermutation(9, n=-1),
        lambda: Permutation(9, codes=[1, 1, 2, 2]),
        lambda: Permutation(9, codes=[0.0, 0.5, 1.0]),
        lambda: Permutation(9, codes=["a", "b"]),
        lambda: Bootstrap(9, codes=[0, 0, 2]),
        lambda: MonteCarlo(2.5, lambda generator, size: generator.random(size)),
    ],
)
def test_schemes_check_their_parameters(build):
    with pytest.raises((InvalidDataError, InvalidParameterError)):
        build()


def test_an_enumerated_run_is_not_continued_by_drawing():
    x = np.arange(8.0)
    run = resample(first_sum(x), Permutation(100, group_sizes=(4, 4)), rng=1)
    assert run.exact
    with pytest.raises(InvalidParameterError, match="complete as it is"):
        resample(first_sum(x), Permutation(50, group_sizes=(4, 4)), start=run)
