"""Confidence sequences: what is drawn are the limits and the running mean."""

import numpy as np
import pytest

from stattools.bounds import confidence_sequence
from stattools.exceptions import InvalidParameterError
from stattools.plotting.confidence_sequences import drawn_times, plot_confidence_sequence

LOSSES = np.random.default_rng(0).beta(2, 18, 3000)


def line(ax, gid):
    return next((item for item in ax.lines if item.get_gid() == gid), None)


def test_limits_and_means_are_drawn(ax):
    sequence = confidence_sequence(LOSSES[:500], data_name="beta losses")
    assert sequence.plot(ax=ax) is ax
    for gid, values in (("lower", sequence.low), ("upper", sequence.high), ("mean", sequence.mean)):
        np.testing.assert_array_equal(line(ax, gid).get_ydata(), values)
    assert ax.get_xscale() == "log" and "beta losses" in ax.get_title(loc="left")


@pytest.mark.parametrize("alternative", ["upper", "lower"])
def test_an_open_end_has_no_line(ax, alternative):
    confidence_sequence(LOSSES[:100], alternative=alternative).plot(ax=ax, log_time=False)
    assert line(ax, alternative) is not None and ax.get_xscale() == "linear"
    assert line(ax, "upper" if alternative == "lower" else "lower") is None


@pytest.mark.filterwarnings("ignore::stattools.exceptions.AssumptionWarning")
def test_limits_that_contradict_each_other_are_no_limits(ax):
    sequence = confidence_sequence(np.repeat([0.0, 1.0], 300))
    first = int(np.argmax(sequence.low > sequence.high)) + 1
    assert 300 < first < 600
    sequence.plot(ax=ax)
    assert line(ax, "contradicted").get_xdata()[0] == first
    for gid, values in (("lower", sequence.low), ("upper", sequence.high)):
        np.testing.assert_array_equal(line(ax, gid).get_ydata(), values[: first - 1])
        np.testing.assert_array_equal(line(ax, f"{gid}, no limit").get_ydata(), values[first - 1 :])
    assert any("use neither" in text.get_text() for text in ax.texts)


def test_long_sequences_are_thinned():
    for log_time in (True, False):
        times = drawn_times(10**6, log_time)
        assert times[0] == 1 and times[-1] == 10**6 and len(times) <= 2000 and np.all(np.diff(times) > 0)


def test_one_loss(ax):
    confidence_sequence([0.5]).plot(ax=ax)


def test_other_results_are_refused():
    with pytest.raises(InvalidParameterError, match="ConfidenceSequence"):
        plot_confidence_sequence(object())
