"""Arcs whose height is in the units of the axes, whatever the size of the figure. Needs matplotlib to be imported."""

from __future__ import annotations

from typing import Any

from matplotlib.patches import ConnectionStyle
from matplotlib.path import Path


class DataArc(ConnectionStyle.Arc3):
    """A parabola with its middle `height` above the chord, in units of the y-axis; "arc3" counts in pixels.

    height : float. transform : from data to pixels, that of the axes.
    """

    def __init__(self, height: float, transform: Any) -> None:
        super().__init__()
        self.height = height
        self.transform = transform

    def connect(self, posA: Any, posB: Any) -> Path:
        """The path between two points in pixels."""
        (_, zero), (_, one) = self.transform.transform([(0.0, 0.0), (0.0, 1.0)])
        middle = [(a + b) / 2.0 for a, b in zip(posA, posB, strict=True)]
        middle[1] += 2.0 * self.height * (one - zero)  # a parabola is half as high as its control point
        return Path([posA, middle, posB], [Path.MOVETO, Path.CURVE3, Path.CURVE3])
