"""Distributions seen through a slicer: evaluated and sorted once, ready for the kernels."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import FloatArray, IntArray

if TYPE_CHECKING:
    from stattools.distributions.array import DistributionArray
    from stattools.distributions.slicers import Slicer

BLOCK_VALUES = 2**21
"""Slice values held at once while a ragged array is embedded: 16 MB, four times with masses and sorting."""

LARGEST_VALUE = 1e150


@dataclass(frozen=True)
class SharedSlices:
    """Slices of one support.

    values : (S, n) sorted slice values.
    order : (S, n) the node that holds each.
    masses : (N, n) rows with sum 1.
    """

    values: FloatArray
    order: IntArray
    masses: FloatArray

    def rank(self) -> Any:
        """(S, n) position of each node, or (S, 0) when no row is mostly zero."""
        n_nodes = self.masses.shape[1]
        if np.all(2 * np.count_nonzero(self.masses, axis=1) >= n_nodes):
            return contiguous(np.empty((len(self.order), 0), np.intp))
        rank = np.empty(self.order.shape, np.intp)
        np.put_along_axis(rank, self.order, np.arange(n_nodes)[None], axis=1)
        return contiguous(rank)

    def ragged(self) -> RaggedSlices:
        """The same measures with atoms of their own; already sorted."""
        positive = self.masses > 0
        counts = positive.sum(axis=1)
        values = np.empty((len(self.values), counts.sum()))
        weights = np.empty_like(values)
        for s, order in enumerate(self.order):
            held = positive[:, order]
            values[s] = np.broadcast_to(self.values[s], held.shape)[held]
            weights[s] = self.masses[:, order][held]
        return RaggedSlices(contiguous(values), contiguous(weights), contiguous(starts_of(counts)))


@dataclass(frozen=True)
class RaggedSlices:
    """Slices of measures with atoms of their own.

    values : (S, M) sorted inside each measure.
    weights : (S, M) masses in that order; (S, 0) when the atoms of a measure weigh the same.
    offsets : (N + 1,) where each measure starts.
    """

    values: FloatArray
    weights: FloatArray
    offsets: IntArray


def contiguous(array: Any) -> Any:
    """A C-contiguous read-only view, copied only if needed; kernels see one type."""
    return _validation.read_only(np.ascontiguousarray(array))


def starts_of(counts: Any) -> IntArray:
    """(N + 1,) offsets of consecutive segments of the given sizes."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.intp)


def shared_slices(array: DistributionArray, slicer: Slicer) -> SharedSlices:
    """Evaluate and sort the support; O(S n log n) once for all distributions."""
    values = np.array(evaluate(slicer, array.points).T, order="C")
    order = np.argsort(values, axis=1)
    return SharedSlices(
        contiguous(np.take_along_axis(values, order, axis=1)), contiguous(order), contiguous(array.masses)
    )


def ragged_slices(points: Any, masses: FloatArray | None, offsets: IntArray, slicer: Slicer) -> RaggedSlices:
    """Evaluate all atoms and sort them inside each distribution; O(S M log m)."""
    values = np.array(evaluate(slicer, points).T, order="C")
    sizes = np.diff(offsets)
    weights = np.empty((len(values), 0 if masses is None else values.shape[1]))
    if masses is None and np.all(sizes == sizes[0]):
        values.reshape(len(values), len(sizes), sizes[0]).sort(axis=2)
    else:
        for start, stop in itertools.pairwise(offsets):
            segment = values[:, start:stop]
            if masses is None:
                segment.sort(axis=1)
            else:
                order = np.argsort(segment, axis=1)
                weights[:, start:stop] = masses[start:stop][order]
                values[:, start:stop] = np.take_along_axis(segment, order, axis=1)
    return RaggedSlices(contiguous(values), contiguous(weights), contiguous(offsets))


def row_blocks(offsets: IntArray, n_slices: int, limit: int = BLOCK_VALUES) -> Iterator[tuple[int, int]]:
    """Consecutive distributions whose slice values number at most `limit`; at least one at a time."""
    first, n = 0, len(offsets) - 1
    while first < n:
        stop = int(np.searchsorted(offsets, offsets[first] + limit // n_slices, side="right")) - 1
        stop = min(max(stop, first + 1), n)
        yield first, stop
        first = stop


def evaluate(slicer: Slicer, points: Any) -> FloatArray:
    """Slice values at points, checked for shape and finiteness: a slicer may be the user's own."""
    values = np.asarray(slicer.evaluate(points), dtype=np.float64)
    if values.shape != (len(points), slicer.n_slices):
        raise InvalidParameterError(
            f"slicer gives values of shape {values.shape} at {len(points)} points; it has {slicer.n_slices} slices"
        )
    require_usable(values)
    return values


def require_usable(values: Any) -> None:
    """Refuse numbers that are not finite or whose squares are not."""
    usable = np.abs(values) <= LARGEST_VALUE
    if not usable.all():
        place = np.argwhere(~usable)[0]
        raise InvalidDataError(
            f"the value at point {place[0]} is {values[tuple(place)]:g} in column {place[-1]}; squared differences of "
            f"values above {LARGEST_VALUE:g} overflow, rescale the data"
        )


def fitted(array: DistributionArray, slicer: Slicer | None) -> tuple[DistributionArray, Slicer]:
    """The slicer given, or the default one, and the array on its domain.

    Distributions in R^d are put on the domain of the slicer; those on a domain must be on that one.
    """
    from stattools.distributions.slicers import Identity

    if slicer is None:
        if array.domain is not None:
            return array, array.domain.eigenbasis()
        if array.n_coordinates == 1:
            return array, Identity()
        raise InvalidParameterError(
            f"slicer is None; distributions in R^{array.n_coordinates} need "
            f"Directions.random({array.n_coordinates}, n_directions, rng=...)"
        )
    if isinstance(slicer, type):
        raise InvalidParameterError(f"slicer is the class {slicer.__name__}; pass one of its objects")
    missing = [
        name
        for name in ("n_slices", "slice_weights", "slice_names", "evaluate", "description", "domain")
        if not hasattr(slicer, name)
    ]
    if missing:
        raise InvalidParameterError(
            f"slicer is {type(slicer).__name__}, without {missing[0]}; pass an EigenBasis, Directions or Identity()"
        )
    if slicer.domain is None:
        _require_fit(array, slicer)
    elif array.domain is None:
        return array.with_domain(slicer.domain), slicer
    elif not same_domain(array.domain, slicer.domain):
        raise InvalidParameterError(
            f"slicer is for {slicer.domain.description} and the distributions are {array.place}; "
            "make a basis of their own domain"
        )
    return array, slicer


def _require_fit(array: DistributionArray, slicer: Slicer) -> None:
    if not has_linear_coordinates(array.domain):
        raise InvalidParameterError(
            f"slicer is {slicer.description} and the distributions are {array.place}, whose points are not vectors; "
            "use an eigenbasis of the domain"
        )
    wanted = getattr(slicer, "n_coordinates", array.n_coordinates)
    if wanted != array.n_coordinates:
        raise InvalidParameterError(
            f"slicer is {slicer.description} and the distributions are {array.place}: "
            f"{wanted} coordinates against {array.n_coordinates}"
        )


def has_linear_coordinates(domain: Any) -> bool:
    """Whether the coordinates of points may be projected on a direction: R^d, an interval, a box, a sphere in R^3."""
    if domain is None:
        return True
    if domain.is_discrete:
        return False
    from stattools import domains

    return isinstance(domain, (domains.Interval, domains.Box, domains.Sphere))


def same_domain(first: Any, second: Any) -> bool:
    """Whether two domains are equal field by field."""
    if first is None or second is None:
        return first is second
    return first is second or bool(first.equals(second))
