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
NO_BOUNDS = {
    "diagnostic": "diagnostics, which need not be bounds",
    "contradicted": "contradicted by their other limit",
}
LONGEST_NAME = 34


def plot_bound_table(result: Any, ax: Any = None, *, sort: bool = True, vacuous: bool = True, xlim: Any = None) -> Any:
    """Draw bounds below each other, grouped by the sense in which they hold.

    A bar runs from the empirical risk to each bound; whiskers are its interval. A bound that excludes nothing is drawn
    hollow. Groups have headings, colours and an order of their own: bounds of different kinds are not ranked together.
    Diagnostics, and bounds that the other limit of their interval contradicts, are grey crosses in groups at the end.

    Parameters
    ----------
    result : BoundTable
    ax : matplotlib Axes, optional
    sort : bool, default True
        The smallest bound of each kind first, the largest of lower ones, instead of the table's order.
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
    lower = _is_lower(result.bounds)
    limits = _lower_limits if lower else _limits
    low, high = limits([bound for _, rows in groups for _, bound in rows]) if xlim is None else map(float, xlim)
    ax.set_xlim(low, high)
    ticks: list[tuple[float, str]] = []
    place = 0.0
    for kind, rows in groups:
        words, color = (NO_BOUNDS[kind], _style.GREY) if kind in NO_BOUNDS else _of_kind(kind)
        _heading(ax, words, place, f"heading-{kind}")
        for key, bound in rows:
            place += 1
            ticks.append((place, _short(key)))
            _row(ax, bound, place, color, (low, high), cross=kind in NO_BOUNDS)
        place += 1
    _risk(ax, result.bounds)
    _vacuous(ax, result.bounds, (low, high), lower)
    ax.set_yticks(*zip(*ticks, strict=True), fontsize="small" if n_rows < 20 else "x-small")
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(place - 0.4, -1.4)  # the lines are named above the first heading
    title = result.method + (f"\n{_style.wrapped(result.data_name, 70)}" if result.data_name else "")
    what = "lower bound" if lower else "bound"
    return _style.finish(ax, title=title, xlabel=f"{what} of the {result.bounds[0].of}")


def _of_kind(kind: str) -> tuple[str, str]:
    words, code = KINDS[kind]
    return words, _style.color(code)


def _is_lower(bounds: Any) -> bool:
    return all(getattr(bound, "smallest", None) is not None for bound in bounds)


def _group_of(bound: Any) -> str:
    """The kind of a bound, or why it is none."""
    if bound.diagnostic:
        return "diagnostic"
    crossed = bound.interval is not None and bound.interval.low > bound.interval.high
    return "contradicted" if crossed else str(bound.kind)


def _groups(result: Any, sort: bool, vacuous: bool) -> list[tuple[str, list[tuple[str, Any]]]]:
    rows = list(zip(result.keys, result.bounds, strict=True))
    if not vacuous and not all(bound.vacuous for _, bound in rows):
        rows = [row for row in rows if not row[1].vacuous]
    found = [(group, [row for row in rows if _group_of(row[1]) == group]) for group in (*KINDS, *NO_BOUNDS)]
    if sort:
        sign = -1.0 if _is_lower(result.bounds) else 1.0
        found = [(group, sorted(part, key=lambda row: _order(sign * row[1].value))) for group, part in found]
    return [(kind, part) for kind, part in found if part]


def _order(value: float) -> tuple[bool, float]:
    return value != value, value


def _lower_limits(bounds: list[Any]) -> tuple[float, float]:
    """From the lowest bound that is worth its room, and the smallest risk, to the largest bound or empirical risk."""
    top = max(end for bound in bounds for end in (bound.value, bound.empirical_risk) if end is not None and end == end)
    smallest = min(bound.smallest for bound in bounds)
    edge = smallest - 0.5 * abs(top - smallest)
    inside = [bound.value for bound in bounds if bound.value >= edge]
    bottom = min([smallest, *inside]) if len(inside) == len(bounds) else edge
    room = 0.04 * (top - bottom) if top > bottom else 1.0
    return bottom - room, top + room


def _limits(bounds: list[Any]) -> tuple[float, float]:
    """From the smallest risk, or zero, to the largest bound that is worth its room."""
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


def _row(ax: Any, bound: Any, place: float, color: str, limits: tuple[float, float], *, cross: bool) -> None:
    """One bound: bar, whiskers, mark; beyond the edge, an arrowhead and the value."""
    low, high = limits
    start = low if bound.empirical_risk is None else bound.empirical_risk
    above, below = not bound.value <= high, bound.value < low  # NaN is above
    end = high if above else low if below else bound.value
    ax.hlines(place, start, end, color=color, linewidth=4.0, alpha=0.25, gid="bar")
    if bound.interval is not None:
        ends = (min(max(limit, low), high) for limit in bound.interval)
        ax.hlines(place, *ends, color=color, linewidth=1.3, gid="interval")
    face = "white" if bound.vacuous and not cross else color
    marker = ">" if above else "<" if below else "x" if cross else "o"
    style = {"s": 30, "facecolors": face, "linewidths": 1.2, "zorder": 4, "clip_on": False}
    if marker != "x":  # which has no face
        style["edgecolors"] = color
    name = "beyond" if above or below else "no bound" if cross else "bound"
    ax.scatter([end], [place], marker=marker, gid=name, **style)
    if above or below:
        label = {"ha": "right" if above else "left", "va": "center", "fontsize": "x-small", "color": _style.INK}
        shift = (-7 if above else 7, 0)
        ax.annotate(_style.number(bound.value), (end, place), shift, textcoords="offset points", **label)


def _risk(ax: Any, bounds: Any) -> None:
    """A line at the empirical risk that the bounds share."""
    risks = {bound.empirical_risk for bound in bounds}
    risk = risks.pop() if len(risks) == 1 else None
    if risk is not None:
        ax.axvline(risk, color=_style.GREY, linewidth=0.9, gid="risk")
        _named(ax, risk, f"empirical {bounds[0].of} {_style.number(risk)}", "left")


def _vacuous(ax: Any, bounds: Any, limits: tuple[float, float], lower: bool) -> None:
    """A line beyond which a bound excludes nothing."""
    values = {bound.smallest if lower else bound.largest for bound in bounds}
    end = values.pop() if len(values) == 1 else None
    if end is not None and limits[0] <= end <= limits[1]:
        ax.axvline(end, color=_style.GREY, linewidth=0.9, linestyle=":", gid="smallest" if lower else "largest")
        _named(ax, end, "vacuous up to here" if lower else "vacuous beyond", "left" if lower else "right")


def _named(ax: Any, x: float, text: str, side: str) -> None:
    label = {"ha": side, "va": "top", "fontsize": "x-small", "color": _style.GREY, "gid": "line name"}
    shift = (3 if side == "left" else -3, -2)
    ax.annotate(text, (x, 1.0), shift, xycoords=ax.get_xaxis_transform(), textcoords="offset points", **label)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
