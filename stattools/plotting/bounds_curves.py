"""Pictures of bounds over the size of the sample."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools import _validation
from stattools.plotting import _style

WORDS = {"expectation": " (on average)", "up-to-constant": " (up to a constant)"}
LINES = ("-", "--", ":", "-.")


def plot_bound_curve(result: Any, ax: Any = None, *, kind: str = "value", vacuous: bool = False) -> Any:
    """Draw bounds over n on logarithmic axes: a colour for each bound, a dash for each delta.

    Parameters
    ----------
    result : BoundCurve
    ax : matplotlib Axes, optional
    kind : {"value", "gap"}
        The bounds, or what they add to the empirical risk.
    vacuous : bool, default False
        Draw also the parts of the curves that exclude nothing.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InvalidParameterError
        `result` is no curve.

    Examples
    --------
    >>> from stattools.bounds import bound_curve
    >>> plot_bound_curve(bound_curve(["kl", "hoeffding"], risk=0.1)).get_xscale()
    'log'
    """
    _style.require(result, ("names", "n", "delta", "values", "gaps"), "a BoundCurve")
    _validation.choice(kind, ("value", "gap"), "kind")
    show = _validation.boolean(vacuous, "vacuous")
    ax = _style.axes(ax)
    order = np.argsort(result.n, kind="stable")
    shown = result.values if kind == "value" else result.gaps
    for b, name in enumerate(result.names):
        for d in range(1 if name in result.without_delta else result.delta.size):
            heights = np.where(result.vacuous[b, d] & (not show), np.nan, shown[b, d])[order]
            heights = np.where(heights > 0, heights, np.nan)  # a logarithm has no zero
            style = {"color": _style.color(b), "marker": "o" if result.n.size == 1 else None, "gid": f"curve-{d}"}
            label = name + WORDS.get(result.kinds[b], "") if d == 0 else None
            ax.plot(result.n[order], heights, LINES[d % len(LINES)], label=label, **style)
    ax.set(xscale="log", yscale="log")
    _lines(ax, result, kind, show)
    _deltas(ax, result)
    _style.legend(ax, fontsize="small")
    what = "bound of the risk" if kind == "value" else "bound less empirical risk"
    return _style.finish(ax, title=_title(result), xlabel="size of the sample n", ylabel=what)


def _title(result: Any) -> str:
    deltas = ", ".join(_style.number(delta) for delta in result.delta if not np.isnan(delta))
    risk = "" if result.risk is None else f"empirical risk {_style.number(result.risk)}"
    return ", ".join(text for text in (f"delta = {deltas}" if deltas else "", risk) if text)


def _lines(ax: Any, result: Any, kind: str, show: bool) -> None:
    """The empirical risk, and 1, from which on nothing is excluded."""
    grey = {"color": _style.GREY, "linewidth": 0.9}
    if kind == "value" and result.risk:
        ax.axhline(result.risk, gid="risk", **grey)
        _named(ax, result.risk, "empirical risk", "top")
    if kind == "value" and show:
        ax.axhline(1.0, linestyle=":", gid="largest", **grey)
        _named(ax, 1.0, "vacuous above", "bottom")


def _named(ax: Any, y: float, text: str, side: str) -> None:
    label = {"ha": "left", "va": side, "fontsize": "x-small", "color": _style.GREY, "gid": "line name"}
    shift = (3, 2 if side == "bottom" else -2)
    ax.annotate(text, (0.0, y), shift, xycoords=ax.get_yaxis_transform(), textcoords="offset points", **label)


def _deltas(ax: Any, result: Any) -> None:
    """One grey line in the legend for each delta, when there are several."""
    if result.delta.size > 1:
        for d, delta in enumerate(result.delta):
            ax.plot([], [], LINES[d % len(LINES)], color=_style.GREY, label=f"delta = {_style.number(delta)}")
