"""Regular cells of plane pictures, and outlines around the chosen ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools._typing import BoolArray, FloatArray, IntArray
from stattools.plotting import _style


def regular(points: FloatArray) -> tuple[tuple[FloatArray, FloatArray], IntArray] | None:
    """Ticks along both axes and the order that makes a matrix of the points; None when they form no full grid.

    points : (n, 2). With ticks of lengths a and b, ``values[order].reshape(a, b)`` is the matrix.
    """
    ticks, codes = zip(*(np.unique(column, return_inverse=True) for column in points.T), strict=True)
    a, b = (len(t) for t in ticks)
    if min(a, b) < 2 or a * b != len(points):
        return None
    position = codes[0].ravel() * b + codes[1].ravel()
    order = np.argsort(position, kind="stable")
    return ((ticks[0], ticks[1]), order) if np.array_equal(position[order], np.arange(a * b)) else None


def edges(ticks: FloatArray) -> FloatArray:
    """Borders half way between ticks, the outer ones as far again."""
    middle = (ticks[1:] + ticks[:-1]) / 2
    first, last = ticks[0] - (middle[0] - ticks[0]), ticks[-1] + (ticks[-1] - middle[-1])
    return np.asarray(np.r_[first, middle, last])


@dataclass(frozen=True)
class Image:
    """Cells of a rectangle.

    borders : (a + 1,) and (b + 1,). values : (a, b). outline : segments (2, 2) around the cells of the mask.
    """

    borders: tuple[FloatArray, FloatArray]
    values: FloatArray
    outline: list[FloatArray]


def image(
    ticks: Sequence[FloatArray],
    values: FloatArray,
    mask: BoolArray | None,
    bounds: Sequence[tuple[float, float]],
    periodic: Sequence[bool],
) -> Image:
    """Cells around ticks that fill the bounds; across the seam of a periodic axis they continue on the other side.

    ticks : two of lengths a and b. values, mask : (a, b). bounds : (low, high) of each axis.
    """
    wraps = [(2, 2) if flag else (0, 0) for flag in periodic]
    longer = [
        np.r_[t[-2:] - (high - low), t, t[:2] + (high - low)] if flag else t
        for t, (low, high), flag in zip(ticks, bounds, periodic, strict=True)
    ]
    borders = [edges(t) for t in longer]
    clipped = [np.clip(b, low, high) for b, (low, high) in zip(borders, bounds, strict=True)]
    segments: list[FloatArray] = []
    if mask is not None:
        raw = outline(np.pad(mask, wraps, mode="wrap") if any(periodic) else mask, borders)
        segments = [cut for segment in raw if (cut := _within(segment, bounds, periodic)) is not None]
    padded = np.pad(values, wraps, mode="wrap") if any(periodic) else values
    return Image((clipped[0], clipped[1]), padded, segments)


def _within(segment: FloatArray, bounds: Sequence[tuple[float, float]], periodic: Sequence[bool]) -> FloatArray | None:
    """The part of a segment inside the bounds; None when nothing of it is left."""
    low, high = np.array(bounds, dtype=np.float64).T
    slack = 1e-9 * (high - low)
    outside = (segment < low - slack).all(axis=0) | (segment > high + slack).all(axis=0)
    if (outside & np.array(periodic)).any():
        return None
    cut = np.clip(segment, low, high)
    return None if np.array_equal(cut[0], cut[1]) else cut


def outline(mask: BoolArray, borders: Sequence[FloatArray]) -> list[FloatArray]:
    """Segments (2, 2) between cells in the mask and cells that are not, the rim included.

    mask : (a, b). borders : (a + 1,) and (b + 1,).
    """
    x, y = borders
    padded = np.pad(mask, 1)
    across = padded[1:, 1:-1] != padded[:-1, 1:-1]
    along = padded[1:-1, 1:] != padded[1:-1, :-1]
    segments = [np.array([[x[i], y[j]], [x[i], y[j + 1]]]) for i, j in zip(*np.nonzero(across), strict=True)]
    segments += [np.array([[x[i], y[j]], [x[i + 1], y[j]]]) for i, j in zip(*np.nonzero(along), strict=True)]
    return segments


def draw_outline(ax: Any, segments: Sequence[FloatArray]) -> Any:
    """The segments as one thin dark line."""
    from matplotlib.collections import LineCollection

    lines = LineCollection(list(segments), colors=_style.MARK, linewidths=1.6, capstyle="projecting", zorder=4)
    lines.set_gid("mask")
    return ax.add_collection(lines, autolim=False)
