"""Flat domains with formulas for everything: segments, circles and their products."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from stattools import _random, _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import ArrayLike, FloatArray, IntArray, Seed
from stattools.domains import _tails
from stattools.domains._axes import (
    CircleAxis,
    SegmentAxis,
    evaluate_product,
    product_extremes,
    product_name,
    product_shares,
    product_spectrum,
)
from stattools.domains.base import LARGEST, Domain, Spectrum, columns, listed
from stattools.domains.weightings import Weighting
from stattools.results.serialization import register

_SHORTEST = 1e-100  # from here to LARGEST, eigenvalues are far from the limits of a double
_PLOT_NODES = 4096
MANY_VALUES = 20

FlatAxis: TypeAlias = SegmentAxis | CircleAxis


def _doubts_on_circle(values: FloatArray, period: float) -> tuple[str, ...]:
    """Values far outside a turn, which wrapping would hide; what looks like radians on a circle of degrees."""
    if len(values) == 0:
        return ()
    low, high = float(values.min()), float(values.max())
    if low < -period or high > 2 * period:
        far = (values < -period) | (values > 2 * period)
        return (
            f"{int(far.sum())} of {len(values)} values lie more than a turn from [0, {period:g}), such as "
            f"{values[int(np.argmax(far))]:g}; they are wrapped. Codes for missing values, or another unit?",
        )
    if period == 360 and len(values) >= MANY_VALUES and -2 * np.pi <= low and high <= 2 * np.pi:
        some = values[:1000]
        if not np.array_equal(some, np.round(some)):
            return ("all values lie within 2 pi of zero on a circle of 360; are they radians? Use Circle() for those",)
    return ()


class FlatDomain(Domain):
    """A product of segments and circles; coordinate a runs along axis a."""

    @property
    @abstractmethod
    def axes(self) -> tuple[FlatAxis, ...]:
        """The factors."""

    @property
    def dimension(self) -> int:
        return len(self.axes)

    @property
    def volume(self) -> float:
        return float(np.prod([_length(axis) for axis in self.axes]))

    def check_points(self, points: ArrayLike, name: str = "points") -> FloatArray:
        array = columns(points, self.n_coordinates, name, self.description)
        checked = np.empty(array.shape)
        for a, axis in enumerate(self.axes):
            if isinstance(axis, CircleAxis):
                checked[:, a] = wrap(array[:, a], axis.period)
            else:
                checked[:, a] = self._inside(
                    array[:, a], axis, f"{name}, column {a}" if self.n_coordinates > 1 else name
                )
        read_only: FloatArray = _validation.read_only(checked)
        return read_only

    def doubts(self, points: FloatArray) -> tuple[str, ...]:
        circles = [(axis.period, points[:, a]) for a, axis in enumerate(self.axes) if isinstance(axis, CircleAxis)]
        return tuple(doubt for period, values in circles for doubt in _doubts_on_circle(values, period))

    def _inside(self, values: FloatArray, axis: SegmentAxis, name: str) -> FloatArray:
        bad = np.flatnonzero((values < axis.low) | (values > axis.high))
        if bad.size:
            raise InvalidDataError(
                f"{name} has {values[bad[0]]:.17g} at row {bad[0]}, outside [{axis.low:g}, {axis.high:g}] of "
                f"{self.description}; make the domain wider or drop the point"
            )
        return values

    def nodes(self) -> FloatArray:
        n = max(2, round(_PLOT_NODES ** (1 / self.dimension))) if self.dimension > 1 else 360
        ticks = [_ticks(axis, n) for axis in self.axes]
        mesh = np.meshgrid(*ticks, indexing="ij")
        return np.column_stack([coordinate.ravel() for coordinate in mesh])

    def distances(self, x: ArrayLike, y: ArrayLike) -> FloatArray:
        left, right = self.check_points(x, "x"), self.check_points(y, "y")
        total = np.zeros((len(left), len(right)))
        for a, axis in enumerate(self.axes):
            apart = np.abs(np.subtract.outer(left[:, a], right[:, a]))
            if isinstance(axis, CircleAxis):
                np.minimum(apart, axis.period - apart, out=apart)
            total = apart if self.dimension == 1 else np.hypot(total, apart)
        return total

    def uniform(self, n: int, rng: Seed = None) -> FloatArray:
        n = _validation.integer(n, "n", minimum=0)
        drawn = _random.generator(_random.seed_sequence(rng)).random((n, self.dimension))
        for a, axis in enumerate(self.axes):
            if isinstance(axis, CircleAxis):
                drawn[:, a] *= axis.period
            else:
                drawn[:, a] = np.minimum(axis.low + drawn[:, a] * axis.length, axis.high)
        return self.check_points(drawn)

    def _spectrum(self, n: int) -> Spectrum:
        return product_spectrum(self.axes, n, self._group_tolerance)

    def _evaluate_modes(self, points: FloatArray, modes: IntArray) -> FloatArray:
        tables = [partial(axis.evaluate, points[:, a]) for a, axis in enumerate(self.axes)]
        return evaluate_product(tables, modes)

    def _mode_extremes(self, modes: IntArray) -> FloatArray:
        return product_extremes(self.axes, modes)

    def _mode_shares(self, modes: IntArray) -> FloatArray:
        return product_shares(self.axes, modes)

    def _tail_bound(self, weighting: Weighting, spectrum: Spectrum, *, average: bool) -> float | None:
        frequencies = np.array([axis.frequency for axis in self.axes])
        tail = _tails.lattice_tail(frequencies, weighting, spectrum.cutoff)
        return None if tail is None else 4 * tail

    def _mode_name(self, mode: IntArray) -> str:
        return product_name(mode)


def _length(axis: FlatAxis) -> float:
    return axis.period if isinstance(axis, CircleAxis) else axis.length


def _ticks(axis: FlatAxis, n: int) -> FloatArray:
    if isinstance(axis, CircleAxis):
        return np.arange(n, dtype=np.float64) * (axis.period / n)
    return np.asarray(np.linspace(axis.low, axis.high, n), dtype=np.float64)


def wrap(values: FloatArray, period: float) -> FloatArray:
    """Values modulo the period, in [0, period).

    Examples
    --------
    >>> import numpy as np
    >>> wrap(np.array([-90.0, 360.0, -1e-30]), 360.0)
    array([270.,   0.,   0.])
    """
    wrapped = np.mod(values, period)
    return np.asarray(np.where(wrapped >= period, 0.0, wrapped))  # -1e-30 modulo 360 rounds to 360


def _segment(low: Any, high: Any, name: str) -> tuple[float, float]:
    low, high = _validation.real(low, f"{name} low"), _validation.real(high, f"{name} high")
    if not high > low:
        raise InvalidParameterError(f"{name} is [{low:g}, {high:g}]; its upper end must be above its lower end")
    _validation.real(high - low, f"length of {name}", minimum=_SHORTEST, maximum=LARGEST)
    return low, high


def _pair(values: Any, name: str) -> tuple[float, float]:
    try:
        low, high = values
    except (TypeError, ValueError):
        raise InvalidParameterError(f"{name} is {values!r}; it must be a pair (low, high)") from None
    return _segment(low, high, name)


def _period(value: Any, name: str) -> float:
    return _validation.real(value, name, minimum=_SHORTEST, maximum=LARGEST)


@register
@dataclass(frozen=True, eq=False, repr=False)
class Interval(FlatDomain):
    """A segment [low, high] of the line.

    Eigenfunctions are sqrt(2) cos(pi k (x - low) / (high - low)) with eigenvalues (pi k / (high - low))**2.

    Parameters
    ----------
    low, high : float, default 0 and 1

    Raises
    ------
    InvalidParameterError
        The ends are not finite, or `high` is not above `low`.

    Examples
    --------
    >>> domain = Interval(0, 10)
    >>> domain
    Interval(0, 10)
    >>> domain.distances([1.0], [4.0, 9.0])
    array([[3., 8.]])
    """

    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        low, high = _segment(self.low, self.high, "interval")
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "high", high)

    @property
    def description(self) -> str:
        return f"Interval({self.low:g}, {self.high:g})"

    @property
    def axes(self) -> tuple[FlatAxis, ...]:
        return (SegmentAxis(self.low, self.high),)


@register
@dataclass(frozen=True, eq=False, repr=False)
class Circle(FlatDomain):
    """Directions, times of day, phases: numbers modulo a period.

    Eigenfunctions are sqrt(2) cos and sin of 2 pi k x / period, with eigenvalues (2 pi k / period)**2. Points are
    wrapped into [0, period).

    Parameters
    ----------
    period : float, default 2 pi
    unit : str, default ""
        Printed after the period.

    Raises
    ------
    InvalidParameterError
        The period is not a positive number.

    Examples
    --------
    >>> domain = Circle(360, unit="deg")
    >>> domain
    Circle(360 deg)
    >>> domain.distances([350.0], [10.0, -10.0])
    array([[20.,  0.]])
    """

    period: float = 2 * np.pi
    unit: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "period", _period(self.period, "period"))
        if not isinstance(self.unit, str):
            raise InvalidParameterError(f"unit is {self.unit!r}; it must be text")

    @property
    def description(self) -> str:
        return f"Circle({self.period:.6g}{' ' + self.unit if self.unit else ''})"

    @property
    def axes(self) -> tuple[FlatAxis, ...]:
        return (CircleAxis(self.period),)

    def _eigenspace_name(self, group: int, modes: IntArray) -> str:
        return f"k = {group + 1}"


@register
@dataclass(frozen=True, eq=False, repr=False)
class Torus(FlatDomain):
    """A flat torus: a product of circles.

    Parameters
    ----------
    periods : sequence of float
        The period of each coordinate.

    Raises
    ------
    InvalidParameterError
        A period is not a positive number.

    Examples
    --------
    >>> Torus((360, 24))
    Torus(360, 24)
    """

    periods: Sequence[float] = (2 * np.pi, 2 * np.pi)

    def __post_init__(self) -> None:
        periods = listed(self.periods, "periods")
        object.__setattr__(self, "periods", tuple(_period(p, f"periods[{a}]") for a, p in enumerate(periods)))

    @property
    def description(self) -> str:
        return f"Torus({', '.join(f'{period:.6g}' for period in self.periods)})"

    @property
    def axes(self) -> tuple[FlatAxis, ...]:
        return tuple(CircleAxis(period) for period in self.periods)


@register
@dataclass(frozen=True, eq=False, repr=False)
class Cylinder(FlatDomain):
    """A circle times a segment, such as time of day times intensity. Points are (angle, height).

    Parameters
    ----------
    period : float, default 2 pi
    interval : (low, high), default (0, 1)
        The range of heights.

    Raises
    ------
    InvalidParameterError
        The period is not positive, or the interval has no length.

    Examples
    --------
    >>> domain = Cylinder(24, (0, 100))
    >>> domain
    Cylinder(24, [0, 100])
    >>> domain.distances([[23.0, 4.0]], [[2.0, 0.0]])
    array([[5.]])
    """

    period: float = 2 * np.pi
    interval: tuple[float, float] = (0.0, 1.0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "period", _period(self.period, "period"))
        object.__setattr__(self, "interval", _pair(self.interval, "interval"))

    @property
    def description(self) -> str:
        return f"Cylinder({self.period:.6g}, [{self.interval[0]:g}, {self.interval[1]:g}])"

    @property
    def axes(self) -> tuple[FlatAxis, ...]:
        return (CircleAxis(self.period), SegmentAxis(*self.interval))


@register
@dataclass(frozen=True, eq=False, repr=False)
class Box(FlatDomain):
    """A product of segments: a rectangle, a cuboid and so on.

    Parameters
    ----------
    intervals : sequence of (low, high)
        The range of each coordinate.

    Raises
    ------
    InvalidParameterError
        An interval is not a pair of numbers in ascending order.

    Examples
    --------
    >>> Box([(0, 1), (0, 2)])
    Box([0, 1] x [0, 2])
    """

    intervals: Sequence[tuple[float, float]] = ((0.0, 1.0), (0.0, 1.0))

    def __post_init__(self) -> None:
        intervals = listed(self.intervals, "intervals")
        object.__setattr__(self, "intervals", tuple(_pair(p, f"intervals[{a}]") for a, p in enumerate(intervals)))

    @property
    def description(self) -> str:
        return f"Box({' x '.join(f'[{low:g}, {high:g}]' for low, high in self.intervals)})"

    @property
    def axes(self) -> tuple[FlatAxis, ...]:
        return tuple(SegmentAxis(low, high) for low, high in self.intervals)
