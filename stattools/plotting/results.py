"""Pictures that any test result has."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidParameterError
from stattools._typing import BoolArray, FloatArray
from stattools.plotting import _style

TIE = 1e-12  # the engine counts values this near (relative) to the observed one as equal to it


def plot_null_distribution(result: Any, *, ax: Any = None, bins: int | None = None) -> Any:
    """Histogram of the resampled statistic with the observed one, the tail that makes the p-value shaded.

    Parameters
    ----------
    result : HTestResult
        With a `null_distribution`.
    ax : matplotlib Axes, optional
    bins : int, optional
        Number of bars over the range of the resampled values; by default from their number and spread.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InvalidParameterError
        The p-value was not computed by resampling, or the result holds several tests.

    Notes
    -----
    One border between bars lies at the observed value, so that the heights of shaded bars add up to the number of
    resampled values that are at least as extreme. For a two-sided test the smaller tail is shaded. An observed value
    farther from the resampled ones than they are spread is an arrow at the edge, so that the bars stay visible.

    Examples
    --------
    >>> from stattools import DistributionArray, isw_test
    >>> x = DistributionArray.from_samples(np.random.default_rng(1).normal(size=(20, 30)))
    >>> result = isw_test(x[:10], x[10:], n_resamples=199, rng=1)
    >>> ax = plot_null_distribution(result)
    >>> ax.get_xlabel()
    'T*'
    """
    _style.require(result, ("null_distribution", "statistic"), "the result of a test")
    if result.null_distribution is None:
        raise InvalidParameterError(f"the {result.method} holds no null distribution; its p-value was not resampled")
    if np.ndim(result.statistic) != 0:
        raise InvalidParameterError("result holds several tests; a null distribution is drawn for one")
    bins = None if bins is None else _validation.integer(bins, "bins", minimum=1, maximum=10_000)
    values = np.asarray(result.null_distribution, dtype=np.float64)
    values = values[np.isfinite(values)]
    if len(values) == 0 or not np.isfinite(result.statistic):
        raise InvalidParameterError("the statistic is not finite; there is nothing to draw")
    observed = float(result.statistic)
    extreme = extreme_values(values, observed, result.alternative)
    ax = _style.axes(ax)
    upper = (
        bool(extreme.any() and values[extreme].max() >= observed - TIE * abs(observed)) and result.alternative != "less"
    )
    edges = _edges(values, observed, upper, bins)
    for chosen, shade, name in ((~extreme, _style.PALE, ""), (extreme, _style.PLAIN, "shaded")):
        heights, _ = np.histogram(values[chosen], edges)
        ax.bar(
            edges[:-1],
            heights,
            np.diff(edges),
            align="edge",
            color=shade,
            edgecolor="white",
            linewidth=0.4,
            gid=name or "rest",
        )
    ax.margins(x=0.03)
    _mark_observed(ax, observed, float(edges[0]), float(edges[-1]))
    _write_pvalue(ax, result, observed, int(extreme.sum()), values)
    kind = f"{result.resampling.kind} " if result.resampling is not None else ""
    return _style.finish(
        ax,
        title=f"{result.statistic_name} under the null hypothesis, {len(values)} {kind}resamples",
        xlabel=result.statistic_name,
        ylabel="resamples",
    )


def extreme_values(values: FloatArray, observed: float, alternative: str) -> BoolArray:
    """Which resampled values are at least as extreme as the observed one, ties up to rounding included."""
    slack = TIE * abs(observed)
    upper, lower = values >= observed - slack, values <= observed + slack
    if alternative == "greater":
        return np.asarray(upper)
    if alternative == "less":
        return np.asarray(lower)
    return np.asarray(upper if upper.sum() <= lower.sum() else lower)


def _edges(values: FloatArray, observed: float, upper: bool, bins: int | None) -> FloatArray:
    """Borders of equal bars, one of them at the observed value and on the side that keeps its ties in the tail."""
    low, high = float(values.min()), float(values.max())
    spread = high - low
    if spread <= 1e-9 * max(abs(low), abs(high)):
        return np.array([low - 0.5, low + 0.5]) * 1.0
    border = observed - 2 * TIE * abs(observed) if upper else observed + 2 * TIE * abs(observed)
    if bins is None:
        quartiles = np.quantile(values, [0.25, 0.75])
        rule = 2 * float(quartiles[1] - quartiles[0]) / np.cbrt(len(values))
        bins = int(np.clip(np.ceil(spread / rule) if rule > 0 else 30, 10, 60))
    width = spread / bins
    first = int(np.floor((low - border) / width))
    last = max(int(np.ceil((high - border) / width)), first + 1)
    edges = border + width * np.arange(first, last + 1)
    edges[0], edges[-1] = min(edges[0], low), max(edges[-1], high)
    return np.asarray(edges)


def _mark_observed(ax: Any, observed: float, low: float, high: float) -> None:
    """A line at the observed value; an arrow at the edge where the axis would shrink the bars to reach it."""
    spread = high - low
    if low - spread <= observed <= high + spread:
        ax.axvline(observed, color=_style.INK, linewidth=1.4, gid="observed")
        return
    above = observed > high
    ax.set_xlim(low - spread * (0.03 if above else 0.5), high + spread * (0.5 if above else 0.03))
    tip, tail = (1.0, 0.86) if above else (0.0, 0.14)
    arrow = {"arrowstyle": "-|>", "color": _style.INK, "linewidth": 1.4}
    ax.annotate("", (tip, 0.5), (tail, 0.5), xycoords="axes fraction", arrowprops=arrow, gid="beyond")


def _write_pvalue(ax: Any, result: Any, observed: float, n_extreme: int, values: FloatArray) -> None:
    from stattools.results import _format

    relation = {"less": "as small", "greater": "as large"}.get(result.alternative, "as extreme")
    low, high = ax.get_xlim()
    beyond = not low <= observed <= high
    lines = [
        f"observed {_style.number(observed, 4)}" + (", beyond this axis" if beyond else ""),
        f"{n_extreme} of {len(values)} at least {relation}",
        _format.pvalue_equation(result.pvalue),
    ]
    left = observed > (low + high) / 2
    ax.set_ylim(0, 1.06 * ax.get_ylim()[1])
    ax.annotate(
        "\n".join(lines),
        (min(max(observed, low), high), 0.98),
        (-6 if left else 6, 0),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="right" if left else "left",
        va="top",
        fontsize="small",
        color=_style.INK,
        bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1.5},
    )
