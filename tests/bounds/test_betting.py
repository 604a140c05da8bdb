"""Bets against values of the mean: wealth, limits for a fixed sample, and limits at all times."""

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as hnp

from stattools import bounds
from stattools.bounds import ConfidenceSequence, confidence_sequence
from stattools.bounds.betting import _kernels, wealth
from stattools.exceptions import AssumptionWarning, InvalidDataError, InvalidParameterError, StattoolsError
from stattools.results import Result
from tests import naive_bounds_losses as naive
from tests.helpers import assert_snapshot
from tests.test_hostile import ARRAYS, THINGS, outcome

LOSSES = st.one_of(
    hnp.arrays(np.float64, st.integers(1, 40), elements=st.floats(0, 1)),
    hnp.arrays(np.float64, st.integers(1, 40), elements=st.sampled_from([0.0, 1.0])),
)
LEVELS = st.floats(0.5, 200)
POINTS = st.floats(0, 1)


# naive ---------------------------------------------------------------------------------------------------------------
@given(LOSSES, LEVELS, st.booleans())
def test_bets_come_from_earlier_losses(x, level, fixed):
    size = len(x) if fixed else 0
    np.testing.assert_allclose(_kernels.predictable_bets(x, level, size), naive.bets(x, level, size), rtol=1e-12)


@given(LOSSES, LEVELS, POINTS)
def test_wealth_and_the_time_it_crosses(x, level, m):
    bets = _kernels.predictable_bets(x, level, len(x))
    path = naive.log_wealth(x, bets, m)
    assert _kernels.final_log_wealth(x, bets, m) == pytest.approx(path[-1], rel=1e-12, abs=1e-12)
    for threshold in (0.1, level, 0.3 * max(path) + 0.01):
        if min(abs(value - threshold) for value in path) > 1e-9:  # else rounding decides
            assert _kernels.crossing_time(x, bets, m, threshold) == naive.crossing_time(x, bets, m, threshold)


@settings(max_examples=20)
@given(LOSSES, st.floats(0.5, 10))
def test_the_limit_is_that_of_a_grid(x, level):
    grid = np.linspace(0, 1, 101)
    coarse = naive.upper_limit(x, level, grid)
    fine = wealth.betting_limit(x, level, "upper")
    assert coarse - 0.01 - 1e-9 <= fine <= coarse + 1e-9


def test_wealth_neither_overflows_nor_underflows():
    x = np.zeros(200_000)
    bets = np.ones(x.size)
    log_wealth = _kernels.final_log_wealth(x, bets, 0.5)
    assert log_wealth == pytest.approx(x.size * math.log(1.5), rel=1e-12)
    assert _kernels.final_log_wealth(x + 0.9, bets, 0.5) == pytest.approx(x.size * math.log(0.6), rel=1e-12)
    assert _kernels.crossing_time(x, bets, 0.5, 1000.0) == math.ceil(1000 / math.log(1.5))
    assert _kernels.crossing_time(x, bets, 0.5, 100_000.0) == x.size + 1


# property ------------------------------------------------------------------------------------------------------------
@given(LOSSES, LEVELS, POINTS, POINTS)
def test_wealth_grows_with_m(x, level, m, other):
    bets = _kernels.predictable_bets(x, level, len(x))
    low, high = sorted((m, other))
    assert _kernels.final_log_wealth(x, bets, low) <= _kernels.final_log_wealth(x, bets, high) + 1e-9
    # a rounding of the wealth may move a crossing that is within it, hence the margin of the threshold
    assert _kernels.crossing_time(x, bets, low, level + 1e-9) >= _kernels.crossing_time(x, bets, high, level)


@given(LOSSES, st.floats(0.01, 50))
def test_limits_are_outside_the_mean_or_at_the_end(x, level):
    upper = wealth.betting_limit(x, level, "upper")
    lower = wealth.betting_limit(x, level, "lower")
    assert 0 <= upper <= 1 and 0 <= lower <= 1
    bets = _kernels.predictable_bets(x, level, len(x))
    if upper < 1:  # rejected, and nothing noticeably smaller is
        assert _kernels.crossing_time(x, bets, upper, level) <= len(x)
        assert _kernels.crossing_time(x, bets, upper * (1 - 1e-9), level + 1e-6) > len(x) or upper < 1e-8


@given(LOSSES, st.floats(0.01, 0.3))
def test_limits_over_time_are_the_inverse_of_crossing_times(x, delta):
    level = wealth.safe_threshold(math.log(1 / delta), len(x))
    bets = _kernels.predictable_bets(x, math.log(1 / delta), 0)
    means = np.cumsum(x) / np.arange(1.0, len(x) + 1)
    limits = _kernels.limits_over_time(x, bets, means, level, 1e-3)
    assert np.all(np.diff(limits) <= 0)
    for t in range(1, len(x) + 1):
        if limits[t - 1] < 1:
            found = _kernels.crossing_time(x, bets, limits[t - 1], level)
            assert found <= t
            lower = limits[t - 1] - 1.01e-3 * max(limits[t - 1] - means[found - 1], 1e-9)
            assert lower <= 0 or _kernels.crossing_time(x, bets, lower, level) > t
    exact = _kernels.smallest_rejected(x, bets, level)
    assert limits[-1] == exact


@given(LOSSES, st.sampled_from(["upper", "lower", "two-sided"]))
def test_sequences_only_close_in(x, alternative):
    sequence = outcome(confidence_sequence, x, alternative=alternative)
    assert np.all(np.diff(sequence.low) >= 0) and np.all(np.diff(sequence.high) <= 0)
    assert np.all((0 <= sequence.low) & (sequence.high <= 1))
    assert np.all(sequence.high == 1) or alternative != "lower"
    assert np.all(sequence.low == 0) or alternative != "upper"
    np.testing.assert_allclose(sequence.mean, np.cumsum(x) / np.arange(1, len(x) + 1), rtol=1e-12)


def test_a_sequence_sees_no_later_losses():
    x = np.random.default_rng(2).random(400)
    whole, part = confidence_sequence(x), confidence_sequence(x[:150])
    # both are rounded outwards, by at most 0.1 percent of the distance to the mean
    np.testing.assert_allclose(whole.high[:150], part.high, atol=2e-3)
    np.testing.assert_allclose(whole.low[:150], part.low, atol=2e-3)
    fixed = bounds.test_set(x, method="betting", alternative="two-sided")
    assert fixed.interval.high - fixed.interval.low < whole.high[-1] - whole.low[-1]


def test_a_finer_resolution_is_never_wider():
    x = np.random.default_rng(2).random(400)
    fine, coarse = (confidence_sequence(x, resolution=r) for r in (1e-4, 1e-1))
    assert np.all(fine.high <= coarse.high) and np.all(fine.low >= coarse.low)
    assert fine.high[-1] == coarse.high[-1]  # the last one is exact


def test_units_and_weights():
    x = np.random.default_rng(2).random(300)
    plain, moved = confidence_sequence(x), confidence_sequence(5 * x - 2, loss_range=(-2, 3))
    np.testing.assert_allclose(moved.high, 5 * plain.high - 2, atol=1e-9)
    weights = np.tile([0.5, 1.5], 150)
    weighted, scaled = confidence_sequence(x, sample_weight=weights, max_weight=2), confidence_sequence(weights * x / 2)
    np.testing.assert_allclose(weighted.high, np.minimum(2 * scaled.high, 1), rtol=1e-12)
    with pytest.warns(AssumptionWarning, match="contradicts their expectation of 1"):
        doubtful = confidence_sequence(x, sample_weight=np.full(300, 0.5), max_weight=1)
    assert doubtful.warnings


def test_shuffles_make_the_order_matter_less():
    x = np.sort(np.random.default_rng(4).beta(2, 18, 500))
    rng = np.random.default_rng(5)
    orders = [rng.permutation(x) for _ in range(6)]
    alone = [bounds.test_set(order, method="betting").value for order in orders]
    mixed = [bounds.test_set(order, method="betting", n_shuffles=30, rng=i).value for i, order in enumerate(orders)]
    assert np.std(mixed) < np.std(alone)
    result = bounds.test_set(x, method="betting", n_shuffles=5, rng=1)
    assert result == bounds.test_set(x, method="betting", n_shuffles=5, rng=1)
    assert result.provenance.seed == 1 and result.settings["shuffles"] == 5
    assert any("independent draws" in text for text in result.assumptions)


def test_one_shuffle_is_the_final_wealth():
    x = np.random.default_rng(4).beta(2, 18, 200)
    seed = np.random.SeedSequence(3)
    limit = wealth.shuffled_limit(x, 3.0, "upper", 1, seed)
    from stattools._random import generator

    order = generator(seed, 0).permutation(x)
    bets = _kernels.predictable_bets(order, 3.0, 200)
    assert _kernels.final_log_wealth(order, bets, limit) == pytest.approx(3.0, abs=1e-6)


# property: results ---------------------------------------------------------------------------------------------------
def test_sequences_are_results():
    x = np.random.default_rng(2).random(250)
    sequence = confidence_sequence(x, data_name="uniform losses")
    assert isinstance(sequence, ConfidenceSequence) and len(sequence) == 250
    assert Result.from_json(sequence.to_json()) == sequence
    assert list(sequence.tidy().columns) == ["n", "estimate", "conf_low", "conf_high"] and len(sequence.tidy()) == 250
    assert len(sequence.glance()) == 1
    interval = sequence.at(250)
    assert (interval.low, interval.high) == (sequence.low[-1], sequence.high[-1])
    text = str(sequence)
    assert "uniform losses" in text and "at all times" in text and "100" in text
    assert_snapshot(text, "bounds_confidence_sequence.txt")
    assert "after 250 losses" in repr(sequence) and "95%" in sequence.report()


def test_crossing_limits_are_warned_of():
    drift = np.repeat([0.0, 1.0], 300)
    with pytest.warns(AssumptionWarning, match="the limits cross after"):
        sequence = confidence_sequence(drift)
    first = int(np.argmax(sequence.low > sequence.high)) + 1
    assert f"the limits contradict each other after {first} losses" in str(sequence)
    assert "contradicted by the data" in repr(sequence) and f"contradict each other after {first}" in sequence.report()


def test_probabilities_are_never_printed_as_one():
    sequence = confidence_sequence([0, 1, 0] * 100, delta=1e-13)
    assert "with probability at least 1 - 1e-13," in str(sequence)
    assert "the 99.99999999999% confidence sequence" in sequence.report()
    assert confidence_sequence([0, 1, 0], delta=1e-20).at(3).confidence_level < 1
    both = bounds.test_set(errors=0, n=100, delta=1e-13, alternative="two-sided")
    assert "99.99999999999 percent confidence interval" in str(both) and "100 percent" not in str(both)
    assert bounds.test_set(errors=0, n=100, delta=1e-20, alternative="two-sided").interval.confidence_level < 1


def test_printed_limits_are_rounded_outwards():
    x = np.random.default_rng(2).random(250)
    sequence = confidence_sequence(x)
    for line in str(sequence).split("limits:\n")[1].split("\n\n")[0].split("\n")[1:]:
        t, _, low, high = line.split()
        assert float(low) <= sequence.low[int(t) - 1] and float(high) >= sequence.high[int(t) - 1]
    low, high = map(float, re.search(r"\[(.*), (.*)\]", sequence.report()).groups())
    assert low <= sequence.low[-1] and high >= sequence.high[-1]


# calibration ---------------------------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (2, 18), (None, 0.1), (None, 0.5)])
def test_coverage_at_all_times(a, b):
    rng, repeats, missed = np.random.default_rng(11), 600, 0
    mean = b if a is None else a / (a + b)
    for _ in range(repeats):
        x = (rng.random(400) < b) * 1.0 if a is None else rng.beta(a, b, 400)
        sequence = outcome(confidence_sequence, x, delta=0.1)
        missed += bool(np.any((sequence.low > mean) | (sequence.high < mean)))
    assert missed <= repeats * 0.1 + 3 * math.sqrt(repeats * 0.1 * 0.9)


@pytest.mark.slow
def test_coverage_of_shuffled_bets():
    rng, repeats, held = np.random.default_rng(12), 300, 0
    for i in range(repeats):
        losses = rng.beta(2, 18, 100)
        held += bounds.test_set(losses, method="betting", n_shuffles=5, rng=i, delta=0.1).value >= 0.1
    assert held >= repeats * 0.9 - 3 * math.sqrt(repeats * 0.1 * 0.9)


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"losses": [0, 2]}, InvalidDataError, "losses has 2.0 at index 1"),
        ({"losses": [0, math.nan]}, InvalidDataError, "losses has nan"),
        ({"losses": []}, InvalidDataError, "losses is empty"),
        ({"losses": None}, InvalidParameterError, "losses is None"),
        ({"losses": [0, 1], "delta": 2}, InvalidParameterError, "delta is 2"),
        ({"losses": [0, 1], "alternative": "less"}, InvalidParameterError, "alternative is 'less'"),
        ({"losses": [0, 1], "resolution": 0}, InvalidParameterError, "resolution is 0"),
        ({"losses": [0, 1], "sample_weight": [1, 1]}, InvalidParameterError, "without max_weight"),
    ],
)
def test_errors_say_what_was_wrong(options, error, message):
    with pytest.raises(error) as caught:
        confidence_sequence(**options)
    assert message in str(caught.value) and isinstance(caught.value, StattoolsError)


def test_times_outside_the_sequence():
    with pytest.raises(InvalidParameterError, match="t is 4"):
        confidence_sequence([0, 1, 0]).at(4)


@given(st.one_of(ARRAYS, LOSSES), st.sampled_from(["delta", "alternative", "loss_range", "resolution"]), THINGS)
def test_arbitrary_input(losses, option, value):
    result = outcome(confidence_sequence, losses, **{option: value})
    if result is not None:
        assert str(result) and type(result).from_json(result.to_json()) == result
