"""Pictures of bounds."""

from __future__ import annotations

from typing import Any

from stattools import _validation
from stattools.plotting import _style

KINDS = {
    "high-probability": ("with high probability", 0),
    "expectation": ("on average over samples", 1),
    "up-to-constant": ("up to a constant", 2),
}
LONGEST_NAME = 34


def plot_bound_table(result: Any, ax: Any = None, *, sort: bool = True, vacuous: bool = True, xlim: Any = None) -> Any:
    """Draw bounds below each other, grouped by the sense in which they hold.

    A bar runs from the empirical risk to each bound; whiskers are its interval. A bound that excludes nothing is drawn
    hollow. Groups have headings, colours and an order of their own: bounds of different kinds are not ranked together.

    Parameters
    ----------
    result : BoundTable
    ax : matplotlib Axes, optional
    sort : bool, default True
        The smallest bound of each kind first, instead of the table's order.
    vacuous : bool, default True
        False leaves out bounds that exclude nothing, unless all do.
    xlim : (float, float), optional
        Limits of the axis. By default, bounds beyond one and a half times the largest risk stand at the edge, with
        their value beside them.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InvalidParameterError
        `result` is no table of bounds.

    Examples
    --------
    >>> from stattools.bounds import supersample
    >>> losses, masks = [[[[0, 1]], [[0, 0]]]], [[[0], [1]]]
    >>> plot_bound_table(supersample(losses, masks)).get_xlabel()
    'bound of the risk'
    """
    _style.require(result, ("bounds", "keys", "glance"), "a BoundTable")
    groups = _groups(result, _validation.boolean(sort, "sort"), _validation.boolean(vacuous, "vacuous"))
    n_rows = sum(len(rows) + 1 for _, rows in groups)
    ax = _style.axes(ax, height=max(2.4, 1.3 + 0.25 * n_rows))
    low, high = _limits(groups) if xlim is None else map(float, xlim)
    ax.set_xlim(low, high)
    ticks: list[tuple[float, str]] = []
    place = 0.0
    for kind, rows in groups:
        words, code = KINDS[kind]
        _heading(ax, words, place, f"heading-{kind}")
        for key, bound in rows:
            place += 1
            ticks.append((place, _short(key)))
            _row(ax, bound, place, _style.color(code), low, high)
        place += 1
    _risk(ax, result.bounds)
    _largest(ax, result.bounds, high)
    ax.set_yticks(*zip(*ticks, strict=True), fontsize="small" if n_rows < 20 else "x-small")
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(place - 0.4, -1.4)  # the lines are named above the first heading
    title = result.method + (f"\n{_style.wrapped(result.data_name, 70)}" if result.data_name else "")
    return _style.finish(ax, title=title, xlabel=f"bound of the {result.bounds[0].of}")


def _groups(result: Any, sort: bool, vacuous: bool) -> list[tuple[str, list[tuple[str, Any]]]]:
    rows = list(zip(result.keys, result.bounds, strict=True))
    if not vacuous and not all(bound.vacuous for _, bound in rows):
        rows = [row for row in rows if not row[1].vacuous]
    found = [(kind, [row for row in rows if row[1].kind == kind]) for kind in KINDS]
    if sort:
        found = [(kind, sorted(part, key=lambda row: _order(row[1].value))) for kind, part in found]
    return [(kind, part) for kind, part in found if part]


def _order(value: float) -> tuple[bool, float]:
    return value != value, value


def _limits(groups: list[tuple[str, list[tuple[str, Any]]]]) -> tuple[float, float]:
    """From the smallest risk, or zero, to the largest bound that is worth its room."""
    bounds = [bound for _, rows in groups for _, bound in rows]
    ends = [bound.value for bound in bounds] + [b.interval.high for b in bounds if b.interval is not None]
    low = min([0.0, *(bound.empirical_risk for bound in bounds if bound.empirical_risk is not None)])
    largest = max(bound.largest for bound in bounds)
    edge = largest + 0.5 * abs(largest - low)
    top = max([end for end in ends if end <= edge], default=edge)
    top = edge if any(not end <= edge for end in ends) else top
    return low, low + 1.04 * (top - low) if top > low else low + 1.0


def _heading(ax: Any, words: str, place: float, name: str) -> None:
    """The sense in which the bounds below hold, on a white ground that covers the lines."""
    ground = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
    label = {"ha": "left", "va": "center", "fontsize": "small", "fontstyle": "italic", "color": _style.INK}
    where = {"xycoords": ax.get_yaxis_transform(), "textcoords": "offset points"}
    ax.annotate(words, (0.0, place), (4, 0), bbox=ground, zorder=5, gid=name, **label, **where)


def _row(ax: Any, bound: Any, place: float, color: str, low: float, high: float) -> None:
    """One bound: bar, whiskers, mark; beyond the edge, an arrowhead and the value."""
    start = low if bound.empirical_risk is None else bound.empirical_risk
    beyond = not bound.value <= high  # NaN too
    end = high if beyond else bound.value
    ax.hlines(place, start, end, color=color, linewidth=4.0, alpha=0.25, gid="bar")
    if bound.interval is not None:
        ax.hlines(place, *(min(limit, high) for limit in bound.interval), color=color, linewidth=1.3, gid="interval")
    face = "white" if bound.vacuous else color
    marker = ">" if beyond else "o"
    style = {"s": 30, "facecolors": face, "edgecolors": color, "linewidths": 1.2, "zorder": 4, "clip_on": False}
    ax.scatter([end], [place], marker=marker, gid="beyond" if beyond else "bound", **style)
    if beyond:
        label = {"ha": "right", "va": "center", "fontsize": "x-small", "color": _style.INK}
        ax.annotate(_style.number(bound.value), (end, place), (-7, 0), textcoords="offset points", **label)


def _risk(ax: Any, bounds: Any) -> None:
    """A line at the empirical risk that the bounds share."""
    risks = {bound.empirical_risk for bound in bounds}
    risk = risks.pop() if len(risks) == 1 else None
    if risk is not None:
        ax.axvline(risk, color=_style.GREY, linewidth=0.9, gid="risk")
        _named(ax, risk, f"empirical {bounds[0].of} {_style.number(risk)}", "left")


def _largest(ax: Any, bounds: Any, high: float) -> None:
    """A line beyond which a bound excludes nothing."""
    values = {bound.largest for bound in bounds}
    largest = values.pop() if len(values) == 1 else None
    if largest is not None and largest <= high:
        ax.axvline(largest, color=_style.GREY, linewidth=0.9, linestyle=":", gid="largest")
        _named(ax, largest, "vacuous beyond", "right")


def _named(ax: Any, x: float, text: str, side: str) -> None:
    label = {"ha": side, "va": "top", "fontsize": "x-small", "color": _style.GREY, "gid": "line name"}
    shift = (3 if side == "left" else -3, -2)
    ax.annotate(text, (x, 1.0), shift, xycoords=ax.get_xaxis_transform(), textcoords="offset points", **label)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
