"""Eigenfunctions of one axis (a segment or a circle, continuous or of nodes), and of products of axes.

A mode is an integer: 0 the constant, k > 0 a cosine of k half turns (segment) or k turns (circle), k < 0 the sine of
|k| turns. Functions have unit mean square.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from stattools._typing import FloatArray, IntArray
from stattools.domains._eigenspaces import group_eigenvalues, group_end
from stattools.domains.base import Spectrum

SQRT2 = float(np.sqrt(2.0))


class Axis(ABC):
    """One factor of a product domain."""

    @property
    def n_modes(self) -> int | None:
        """How many eigenfunctions there are, None when infinitely many."""
        return None

    @property
    @abstractmethod
    def first_eigenvalue(self) -> float:
        """The smallest positive eigenvalue; infinite when there is none."""

    @abstractmethod
    def modes_below(self, limit: float) -> IntArray:
        """All modes with eigenvalue <= limit, and possibly more."""

    @abstractmethod
    def eigenvalues(self, modes: IntArray) -> FloatArray:
        """(K,) eigenvalues."""

    @abstractmethod
    def evaluate(self, coordinates: FloatArray, modes: IntArray) -> FloatArray:
        """(M, K) values of the eigenfunctions."""

    def extremes(self, modes: IntArray) -> FloatArray:
        """(K, 2) smallest and largest value."""
        height = np.where(modes == 0, 1.0, SQRT2)
        return np.column_stack([np.where(modes == 0, 1.0, -height), height])

    @abstractmethod
    def shares(self, modes: IntArray) -> FloatArray:
        """(K,) what each adds to a bound of the sum of squares; a cosine and its sine add up to 2 at every point."""


def waves(turns: FloatArray, modes: IntArray) -> FloatArray:
    """(M, K) constant, cosine and sine waves of unit mean square; `turns` counts full turns of mode 1."""
    values = np.empty((len(turns), len(modes)))
    for chosen, function in ((modes > 0, np.cos), (modes < 0, np.sin)):
        angles = np.multiply.outer(turns, 2 * np.pi * np.abs(modes[chosen]))
        values[:, chosen] = SQRT2 * function(angles)
    values[:, modes == 0] = 1.0
    return values


def signed_modes(highest: int) -> IntArray:
    """0, 1, -1, 2, -2, ..., highest, -highest."""
    k = np.arange(1, highest + 1, dtype=np.intp)
    return np.concatenate([np.zeros(1, dtype=np.intp), np.column_stack([k, -k]).ravel()])


@dataclass(frozen=True)
class SegmentAxis(Axis):
    """[low, high] with a reflecting (Neumann) boundary."""

    low: float
    high: float

    @property
    def length(self) -> float:
        return self.high - self.low

    @property
    def frequency(self) -> float:
        return np.pi / self.length

    @property
    def first_eigenvalue(self) -> float:
        return self.frequency**2

    def modes_below(self, limit: float) -> IntArray:
        return np.arange(int(np.sqrt(limit) / self.frequency) + 2, dtype=np.intp)

    def eigenvalues(self, modes: IntArray) -> FloatArray:
        return np.asarray((self.frequency * modes) ** 2)

    def evaluate(self, coordinates: FloatArray, modes: IntArray) -> FloatArray:
        return waves((coordinates - self.low) / (2 * self.length), modes)

    def shares(self, modes: IntArray) -> FloatArray:
        return np.where(modes == 0, 1.0, 2.0)


@dataclass(frozen=True)
class CircleAxis(Axis):
    """A circle of circumference `period`."""

    period: float

    @property
    def frequency(self) -> float:
        return 2 * np.pi / self.period

    @property
    def first_eigenvalue(self) -> float:
        return self.frequency**2

    def modes_below(self, limit: float) -> IntArray:
        return signed_modes(int(np.sqrt(limit) / self.frequency) + 1)

    def eigenvalues(self, modes: IntArray) -> FloatArray:
        return np.asarray((self.frequency * modes) ** 2)

    def evaluate(self, coordinates: FloatArray, modes: IntArray) -> FloatArray:
        return waves(coordinates / self.period, modes)

    def shares(self, modes: IntArray) -> FloatArray:
        return np.ones(len(modes))


@dataclass(frozen=True)
class NodeAxis(Axis):
    """n nodes in a row (path) or a ring (cycle), neighbours joined by edges of weight 1; L = D - A."""

    n_nodes: int

    @property
    def n_modes(self) -> int:
        return self.n_nodes

    @property
    def first_eigenvalue(self) -> float:
        return float(self.eigenvalues(np.ones(1, dtype=np.intp))[0]) if self.n_nodes > 1 else np.inf

    def extremes(self, modes: IntArray) -> FloatArray:
        values = self.evaluate(np.arange(self.n_nodes, dtype=np.float64), modes)
        return np.column_stack([values.min(axis=0), values.max(axis=0)])


@dataclass(frozen=True)
class PathAxis(NodeAxis):
    """Nodes in a row."""

    def modes_below(self, limit: float) -> IntArray:
        highest = self.n_nodes * 2 / np.pi * np.arcsin(min(1.0, np.sqrt(limit) / 2))
        return np.arange(min(self.n_nodes, int(highest) + 2), dtype=np.intp)

    def eigenvalues(self, modes: IntArray) -> FloatArray:
        # 4 sin^2(a/2) is 2 - 2 cos(a) without its cancellation
        return np.asarray(4 * np.sin(np.pi * modes / (2 * self.n_nodes)) ** 2)

    def evaluate(self, coordinates: FloatArray, modes: IntArray) -> FloatArray:
        return waves((coordinates + 0.5) / (2 * self.n_nodes), modes)

    def shares(self, modes: IntArray) -> FloatArray:
        return np.where(modes == 0, 1.0, 2.0)


@dataclass(frozen=True)
class CycleAxis(NodeAxis):
    """Nodes in a ring, at least three."""

    def modes_below(self, limit: float) -> IntArray:
        highest = self.n_nodes / np.pi * np.arcsin(min(1.0, np.sqrt(limit) / 2))
        return signed_modes(min(self.n_nodes // 2, int(highest) + 1))[: self.n_nodes]  # no sine at half the nodes

    def eigenvalues(self, modes: IntArray) -> FloatArray:
        return np.asarray(4 * np.sin(np.pi * np.abs(modes) / self.n_nodes) ** 2)

    def evaluate(self, coordinates: FloatArray, modes: IntArray) -> FloatArray:
        values = waves(coordinates / self.n_nodes, modes)
        values[:, 2 * modes == self.n_nodes] /= SQRT2  # alternates between -1 and 1: already of unit mean square
        return values

    def shares(self, modes: IntArray) -> FloatArray:
        return np.ones(len(modes))


def modes_up_to(axes: Sequence[Axis], limit: float) -> tuple[IntArray, FloatArray]:
    """All modes of the product with eigenvalue <= limit: (L, d) and (L,), in no particular order.

    Complete because eigenvalues are sums of non-negative terms: no term of a sum <= limit exceeds it.
    """
    modes = np.zeros((1, 0), dtype=np.intp)
    totals = np.zeros(1)
    for axis in axes:
        own = axis.modes_below(limit)
        sums = np.add.outer(totals, axis.eigenvalues(own))
        rows, columns = np.nonzero(sums <= limit)
        modes = np.column_stack([modes[rows], own[columns]])
        totals = sums[rows, columns]
    return modes, totals


def product_spectrum(axes: Sequence[Axis], n: int, tolerance: float) -> Spectrum:
    """The leading n eigenfunctions of a product, extended to the end of an eigenspace.

    The list below a limit is complete, so the limit is raised until the list holds an eigenspace beyond the one where
    number n falls. `n` must not exceed the number of non-constant eigenfunctions.
    """
    n_all = math.prod(axis.n_modes or 0 for axis in axes) - 1  # -1 where an axis has infinitely many
    limit = min(axis.first_eigenvalue for axis in axes)
    while True:
        limit *= 2
        modes, eigenvalues = modes_up_to(axes, limit)
        count = len(eigenvalues) - 1
        if count == n_all or count > n:
            modes, eigenvalues, groups = sort_modes(modes, eigenvalues, tolerance)
            end = group_end(groups, n)
            if end < count or count == n_all:
                break
    following = float(eigenvalues[end]) if end < count else None
    return Spectrum(eigenvalues[:end], modes[:end], groups[:end], following)


def sort_modes(modes: IntArray, eigenvalues: FloatArray, tolerance: float) -> tuple[IntArray, FloatArray, IntArray]:
    """Drop the constant, sort by eigenvalue, and within an eigenspace by mode, whatever the rounding of ties."""
    keep = modes.any(axis=1)
    modes, eigenvalues = modes[keep], eigenvalues[keep]
    order = np.argsort(eigenvalues, kind="stable")
    modes, eigenvalues = modes[order], eigenvalues[order]
    groups = group_eigenvalues(eigenvalues, tolerance)
    keys: list[IntArray] = []
    for column in modes.T[::-1]:
        keys += [(column < 0).astype(np.intp), -np.abs(column)]
    order = np.lexsort((*keys, groups))
    return modes[order], eigenvalues[order], groups


def evaluate_product(tables: Sequence[Callable[[IntArray], FloatArray]], modes: IntArray) -> FloatArray:
    """(M, L) products; ``tables[a](modes)`` gives the (M, K) eigenfunctions of axis a at the points."""
    values: FloatArray | None = None
    for table, column in zip(tables, modes.T, strict=True):
        distinct, where = np.unique(column, return_inverse=True)
        factor = table(distinct)[:, where]
        values = factor if values is None else np.multiply(values, factor, out=values)
    assert values is not None
    return values


def product_extremes(axes: Sequence[Axis], modes: IntArray) -> FloatArray:
    """(L, 2) exact extremes: the axes vary independently."""
    result = np.ones((len(modes), 2))
    for axis, column in zip(axes, modes.T, strict=True):
        distinct, where = np.unique(column, return_inverse=True)
        corners = (result[:, :, None] * axis.extremes(distinct)[where][:, None, :]).reshape(len(modes), 4)
        result = np.column_stack([corners.min(axis=1), corners.max(axis=1)])
    return result


def product_shares(axes: Sequence[Axis], modes: IntArray) -> FloatArray:
    """(L,) products of the axes' shares."""
    return np.asarray(np.prod([axis.shares(column) for axis, column in zip(axes, modes.T, strict=True)], axis=0))


def product_name(modes: IntArray) -> str:
    """A mode in words: ``cos 2``, or ``cos 2 (x1) sin 1 (x3)`` on a product."""
    place = " (x{})" if len(modes) > 1 else ""
    factors = [(a + 1, int(k)) for a, k in enumerate(modes) if k]
    return " ".join(f"{'cos' if k > 0 else 'sin'} {abs(k)}{place.format(a)}" for a, k in factors)
