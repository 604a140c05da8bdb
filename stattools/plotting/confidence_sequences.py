"""Pictures of confidence sequences."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools import _validation
from stattools.plotting import _style
from stattools.results._format import percent

MOST_POINTS = 2000


def plot_confidence_sequence(result: Any, ax: Any = None, *, log_time: bool = True) -> Any:
    """Draw the running mean of losses and the limits that hold at all times.

    From where the limits contradict each other, which speaks against one mean, they are grey and say so.

    Parameters
    ----------
    result : ConfidenceSequence
    ax : matplotlib Axes, optional
    log_time : bool, default True
        A logarithmic axis of the number of losses, since limits close in like its root.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InvalidParameterError
        `result` is no confidence sequence.

    Examples
    --------
    >>> from stattools.bounds import confidence_sequence
    >>> plot_confidence_sequence(confidence_sequence([0, 1, 0, 0] * 50)).get_xlabel()
    'number of losses'
    """
    _style.require(result, ("low", "high", "mean", "delta", "alternative"), "a ConfidenceSequence")
    log_time = _validation.boolean(log_time, "log_time")
    times = drawn_times(len(result.mean), log_time)
    low, high, mean = (np.asarray(column)[times - 1] for column in (result.low, result.high, result.mean))
    ax = _style.axes(ax)
    color = _style.color(0)
    crossed = np.asarray(result.low) > np.asarray(result.high)
    first = int(np.argmax(crossed)) + 1 if crossed.any() else len(crossed) + 1
    valid = times < first
    area = {"step": "post", "color": color, "alpha": 0.2, "linewidth": 0, "gid": "limits"}
    ax.fill_between(times[valid], low[valid], high[valid], **area)
    for limits, side in ((low, "lower"), (high, "upper")):
        if result.alternative in ("two-sided", side):
            ax.step(times[valid], limits[valid], where="post", color=color, linewidth=1.2, gid=side)
            if not valid.all():
                style = {"color": _style.GREY, "linewidth": 0.9, "linestyle": ":", "gid": f"{side}, no limit"}
                ax.step(times[~valid], limits[~valid], where="post", **style)
    if crossed.any():
        _contradiction(ax, first)
    ax.plot(times, mean, color=_style.INK, linewidth=1.0, gid="mean")
    if log_time:
        ax.set_xscale("log")
    ax.set_xlim(times[0], max(times[-1], times[0] + 1))
    label = f"{percent(1.0 - result.delta)}% limits at all times, and running mean"
    title = label + (f"\n{_style.group_name(result.data_name)}" if result.data_name else "")
    return _style.finish(ax, title=title, xlabel="number of losses", ylabel="risk")


def _contradiction(ax: Any, time: Any) -> None:
    """A line from which on the limits contradict each other."""
    ax.axvline(time, color=_style.GREY, linewidth=0.9, gid="contradicted")
    label = {"ha": "right", "va": "top", "fontsize": "x-small", "color": _style.GREY, "gid": "line name"}
    text = "from here the limits contradict\neach other: use neither"
    ax.annotate(text, (time, 1.0), (-3, -2), xycoords=ax.get_xaxis_transform(), textcoords="offset points", **label)


def drawn_times(n: int, log_time: bool) -> Any:
    """All times from 1 to n, or as many of them as can be told apart.

    Examples
    --------
    >>> drawn_times(4, True)
    array([1, 2, 3, 4])
    """
    if n <= MOST_POINTS:
        return np.arange(1, n + 1)
    spaced = np.geomspace(1, n, MOST_POINTS) if log_time else np.linspace(1, n, MOST_POINTS)
    return np.unique(np.rint(spaced).astype(np.int64))
