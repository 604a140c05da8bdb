"""Regular grids: pixels, bins of a multi-way histogram. Eigenpairs by formula, whatever the size."""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from stattools import _random, _validation
from stattools._errors import InvalidParameterError
from stattools._typing import ArrayLike, FloatArray, IntArray, Seed
from stattools.domains._axes import (
    CycleAxis,
    NodeAxis,
    PathAxis,
    evaluate_product,
    product_extremes,
    product_name,
    product_shares,
    product_spectrum,
)
from stattools.domains.base import NodeDomain, Spectrum, as_array, listed
from stattools.domains.weightings import Weighting
from stattools.results.serialization import register

_MAX_SPECTRUM = 4_000_000


@register
@dataclass(frozen=True, eq=False, repr=False)
class Grid(NodeDomain):
    """A regular grid of nodes, neighbours along each axis joined; nodes are numbered in C order.

    Eigenfunctions are products of those of paths and cycles (combinatorial Laplacian, edges of weight 1).

    Parameters
    ----------
    shape : sequence of int, or int
        Number of nodes along each axis.
    periodic : bool or sequence of bool, default False
        Whether the ends of each axis are joined; such an axis needs at least 3 nodes.

    Raises
    ------
    InvalidParameterError
        A length is not a positive whole number, there is one node only, or `periodic` does not match `shape`.

    Examples
    --------
    >>> grid = Grid((8, 8))
    >>> grid
    Grid(8 x 8)
    >>> grid.ids([[0, 0], [1, 2]])
    array([ 0, 10])
    >>> grid.distances([0], [10])
    array([[3.]])
    """

    shape: Sequence[int]
    periodic: bool | Sequence[bool] = False

    def __post_init__(self) -> None:
        entries = [self.shape] if isinstance(self.shape, numbers.Number) else listed(self.shape, "shape")
        shape = tuple(_validation.integer(n, f"shape[{a}]", minimum=1) for a, n in enumerate(entries))
        flags = (
            [self.periodic] * len(shape)
            if isinstance(self.periodic, (bool, np.bool_))
            else listed(self.periodic, "periodic")
        )
        if len(flags) != len(shape):
            raise InvalidParameterError(
                f"periodic has {len(flags)} entries for {len(shape)} axes; give one for each axis"
            )
        periodic = tuple(_validation.boolean(flag, f"periodic[{a}]") for a, flag in enumerate(flags))
        for a, (n, flag) in enumerate(zip(shape, periodic, strict=True)):
            if flag and n < 3:
                raise InvalidParameterError(f"shape[{a}] is {n}; a periodic axis needs at least 3 nodes")
        if not 2 <= math.prod(shape) <= 2**53:
            raise InvalidParameterError(f"shape is {shape}; a grid has at least 2 nodes and at most 2**53")
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "periodic", periodic)

    @property
    def description(self) -> str:
        flags = tuple(self.periodic)  # type: ignore[arg-type]
        note = ""
        if any(flags):
            note = (
                ", periodic" if all(flags) else f", periodic along {', '.join(str(a) for a in np.flatnonzero(flags))}"
            )
        return f"Grid({' x '.join(str(n) for n in self.shape)}{note})"

    @property
    def axes(self) -> tuple[NodeAxis, ...]:
        """The factors."""
        flags = tuple(self.periodic)  # type: ignore[arg-type]
        return tuple(CycleAxis(n) if flag else PathAxis(n) for n, flag in zip(self.shape, flags, strict=True))

    @property
    def dimension(self) -> int:
        return len(self.shape)

    @property
    def n_nodes(self) -> int:
        return math.prod(self.shape)

    @property
    def node_masses(self) -> FloatArray:
        masses: FloatArray = _validation.read_only(np.full(self.n_nodes, 1.0 / self.n_nodes))
        return masses

    @property
    def volume(self) -> float:
        return float(self.n_nodes)

    @property
    def positions(self) -> FloatArray:
        """(n, d) index of each node along each axis."""
        return self.indices(np.arange(self.n_nodes)).astype(np.float64)

    def ids(self, indices: ArrayLike) -> IntArray:
        """Node ids of (M, d) indices along the axes; see `indices` for the reverse."""
        array = as_array(indices, "indices")
        if array.ndim != 2 or array.shape[1] != len(self.shape) or array.dtype.kind not in "iu":
            raise InvalidParameterError(
                f"indices has shape {array.shape}, {array.dtype}; it must be integers (M, {len(self.shape)})"
            )
        try:
            return np.asarray(np.ravel_multi_index(tuple(array.T), tuple(self.shape)))
        except ValueError:
            bad = int(np.flatnonzero(((array < 0) | (array >= np.array(self.shape))).any(axis=1))[0])
            raise InvalidParameterError(
                f"indices has {array[bad].tolist()} at row {bad}, outside {self.description}"
            ) from None

    def indices(self, ids: ArrayLike) -> IntArray:
        """(M, d) indices along the axes of node ids."""
        return np.column_stack(np.unravel_index(self.check_points(ids, "ids"), tuple(self.shape)))

    def uniform(self, n: int, rng: Seed = None) -> IntArray:
        n = _validation.integer(n, "n", minimum=0)
        return self.check_points(_random.generator(_random.seed_sequence(rng)).integers(self.n_nodes, size=n))

    def distances(self, x: ArrayLike, y: ArrayLike) -> FloatArray:
        """Number of steps along edges, (len(x), len(y))."""
        left, right = self.indices(x), self.indices(y)
        steps = np.zeros((len(left), len(right)))
        for a, axis in enumerate(self.axes):
            apart = np.abs(np.subtract.outer(left[:, a], right[:, a]))
            steps += np.minimum(apart, axis.n_nodes - apart) if isinstance(axis, CycleAxis) else apart
        return steps

    def _spectrum(self, n: int) -> Spectrum:
        self._checked_count(n, self.n_nodes - 1)
        return product_spectrum(self.axes, n, self._group_tolerance)

    def _evaluate_modes(self, points: IntArray, modes: IntArray) -> FloatArray:
        places = np.unravel_index(points, tuple(self.shape))
        tables = [partial(_rows, axis, place) for axis, place in zip(self.axes, places, strict=True)]
        return evaluate_product(tables, modes)

    def _mode_extremes(self, modes: IntArray) -> FloatArray:
        return product_extremes(self.axes, modes)

    def _mode_shares(self, modes: IntArray) -> FloatArray:
        return product_shares(self.axes, modes)

    def _tail_bound(self, weighting: Weighting, spectrum: Spectrum, *, average: bool) -> float | None:
        if spectrum.next_eigenvalue is None:
            return 0.0
        if self.n_nodes > (_MAX_SPECTRUM if weighting.kind != "custom" else 10_000):
            return None
        eigenvalues, shares = np.zeros(1), np.ones(1)
        for axis in self.axes:
            modes = axis.modes_below(np.inf)
            eigenvalues = np.add.outer(eigenvalues, axis.eigenvalues(modes)).ravel()
            shares = np.multiply.outer(shares, axis.shares(modes)).ravel()
        beyond = eigenvalues > spectrum.cutoff
        return float(4 * (shares[beyond] @ weighting(eigenvalues[beyond]))) * (1 + 1e-12)

    def _mode_name(self, mode: IntArray) -> str:
        return product_name(mode)


def _rows(axis: NodeAxis, place: IntArray, modes: IntArray) -> FloatArray:
    if len(place) < axis.n_nodes:
        return axis.evaluate(place.astype(np.float64), modes)
    return np.asarray(axis.evaluate(np.arange(axis.n_nodes, dtype=np.float64), modes)[place])
