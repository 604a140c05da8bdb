"""Functions and roses on a circle, drawn on ordinary axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools import _validation
from stattools._typing import BoolArray, FloatArray
from stattools.plotting import _style

RADIUS = 1.0  # of the circle that stands for zero
REACH = 0.62  # the largest value is drawn this far off it

Turn = tuple[float, float]  # angle of zero and sense of rotation, in the picture


def turn(domain: Any, orientation: str | None) -> Turn:
    """Where zero is, and which way round: "clock" from the top clockwise, "math" from the right anticlockwise."""
    if orientation is None:
        orientation = "math" if np.isclose(domain.period, 2 * np.pi) else "clock"
    _validation.choice(orientation, ("clock", "math"), "orientation")
    return (np.pi / 2, -1.0) if orientation == "clock" else (0.0, 1.0)


def place(points: Any, radius: Any, domain: Any, sense: Turn) -> tuple[FloatArray, FloatArray]:
    """Plane coordinates of points of the circle at a radius."""
    angle = sense[0] + sense[1] * 2 * np.pi * np.asarray(points, dtype=np.float64).ravel() / domain.period
    return np.asarray(radius * np.cos(angle)), np.asarray(radius * np.sin(angle))


def ring(ax: Any, domain: Any, radius: float, sense: Turn, **line: Any) -> Any:
    """A full circle."""
    around = np.linspace(0, domain.period, 361)
    (artist,) = ax.plot(*place(around, radius, domain, sense), **line)
    return artist


def tick_texts(domain: Any) -> list[tuple[float, str]]:
    """Eight or so round places on the circle with their names."""
    period, unit = domain.period, domain.unit
    if np.isclose(period, 2 * np.pi):
        names = ("0", "π/4", "π/2", "3π/4", "π", "5π/4", "3π/2", "7π/4")
        return [(k * period / 8, name) for k, name in enumerate(names)]
    suffix = "°" if unit in ("deg", "degree", "degrees") else f" {unit}" if unit else ""
    count = next((k for k in (8, 12, 7, 6, 10, 5) if _is_round(period / k)), 8)
    return [
        (k * period / count, f"{k * period / count:.3g}{suffix if suffix == '°' or k == 0 else ''}")
        for k in range(count)
    ]


def _is_round(step: float) -> bool:
    return float(f"{step:.2g}") == round(step, 12)


def write_ticks(ax: Any, domain: Any, radius: float, sense: Turn) -> None:
    """Short strokes and names outside a radius."""
    for value, text in tick_texts(domain):
        (x0,), (y0,) = place([value], radius, domain, sense)
        ax.plot([x0, 1.03 * x0], [y0, 1.03 * y0], color=_style.GREY, linewidth=0.8)
        beside = "left" if x0 > 0.3 * radius else "right" if x0 < -0.3 * radius else "center"
        above = "bottom" if y0 > 0.9 * radius else "top" if y0 < -0.9 * radius else "center"
        ax.text(1.08 * x0, 1.08 * y0, text, ha=beside, va=above, fontsize="small", color=_style.INK)


def draw(
    ax: Any,
    domain: Any,
    points: FloatArray,
    values: FloatArray,
    *,
    mask: BoolArray | None,
    signed: bool,
    threshold: float | None,
    ends: tuple[str, str] | None,
    label: str,
    orientation: str | None,
) -> Any:
    """A function as the distance from a circle that stands for zero: outward where positive."""
    sense = turn(domain, orientation)
    order = np.argsort(points.ravel(), kind="stable")
    x, v = points.ravel()[order], values[order]
    x, v = np.append(x, x[:1] + domain.period), np.append(v, v[:1])
    top = float(np.max(np.abs(v[np.isfinite(v)]), initial=0.0)) or 1.0
    base, reach = (RADIUS, REACH) if signed else (0.25, 1.0)
    radius = base + reach * v / top
    outer = (base + reach) * 1.02
    ring(ax, domain, outer, sense, color=_style.PALE, linewidth=0.8)
    write_ticks(ax, domain, outer, sense)
    ring(ax, domain, base, sense, color=_style.GREY, linewidth=0.9)
    for k, sign in enumerate((1, -1)):
        part = np.where(sign * v > 0, radius, base)
        inner, edge = place(x, base, domain, sense), place(x, part, domain, sense)
        ax.fill(
            np.r_[edge[0], inner[0][::-1]],
            np.r_[edge[1], inner[1][::-1]],
            color=_style.color(k),
            alpha=0.55,
            linewidth=0,
        )
    ax.plot(*place(x, radius, domain, sense), color=_style.INK, linewidth=1.4, gid="values")
    if threshold is not None and threshold <= top:
        for level in (threshold, -threshold) if signed else (threshold,):
            ring(ax, domain, base + reach * level / top, sense, color=_style.INK, linewidth=0.8, linestyle=(0, (4, 3)))
    if mask is not None:
        low, high = _arc_ends(x[:-1], domain.period)
        arcs = _style.spans(low[mask[order]], high[mask[order]], 5)
        ax.plot(*place(arcs, outer, domain, sense), color=_style.MARK, linewidth=4, solid_capstyle="butt", gid="mask")
    _legend(ax, outer, top, signed, threshold, ends, label, masked=mask is not None and bool(mask.any()))
    make_room(ax, outer)
    return _style.bare(ax)


def _arc_ends(x: FloatArray, period: float) -> tuple[FloatArray, FloatArray]:
    """Half way to the neighbours on both sides of each of the ascending places."""
    around = np.r_[x[-1] - period, x, x[0] + period]
    middle = (around[1:] + around[:-1]) / 2
    return middle[:-1], middle[1:]


def _legend(
    ax: Any,
    outer: float,
    top: float,
    signed: bool,
    threshold: float | None,
    ends: tuple[str, str] | None,
    label: str,
    *,
    masked: bool,
) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    names = ends if ends is not None else ("positive (outward)", "negative (inward)")
    handles: list[Any] = [Patch(color=_style.color(k), alpha=0.55, label=names[k]) for k in range(2 if signed else 1)]
    handles.append(Line2D([], [], color=_style.GREY, linewidth=0.9, label="zero"))
    if threshold is not None and threshold <= top:
        line = Line2D(
            [],
            [],
            color=_style.INK,
            linewidth=0.8,
            linestyle=(0, (4, 3)),
            label=f"± {_style.number(threshold)} limit",
        )
        handles.append(line)
    if masked:
        handles.append(Line2D([], [], color=_style.MARK, linewidth=4, label="marked"))
    title = f"{label}\nlargest |value| {_style.number(top)}".strip()
    key(ax, outer, handles=handles, title=title)


def key(ax: Any, outer: float, *, title: str, handles: Any = None) -> None:
    """Legend in the room that `make_room` leaves to the right of a circle."""
    if handles is None:
        handles = ax.get_legend_handles_labels()[0]
    ax.legend(
        handles=handles,
        labels=[_style.wrapped(handle.get_label()) for handle in handles],
        title=_style.wrapped(title, 28),
        frameon=False,
        fontsize="small",
        title_fontsize="small",
        alignment="left",
        loc="center left",
        bbox_to_anchor=(1.38 * outer, 0.0),
        bbox_transform=ax.transData,
        borderaxespad=0.0,
    )


def make_room(ax: Any, outer: float) -> None:
    """Limits around a circle and its ticks, and as much again for a legend on the right."""
    ax.set_xlim(-1.35 * outer, 3.0 * outer)
    ax.set_ylim(-1.25 * outer, 1.25 * outer)
