"""Ragged input in its several forms, as one flat array and offsets."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError
from stattools._typing import FloatArray, IntArray
from stattools.distributions._slices import starts_of


def flat_samples(samples: Any, offsets: Any, domain: Any) -> tuple[FloatArray, IntArray]:
    """Points (M, d) and offsets (N + 1,), shapes checked, values not."""
    n_coordinates = None if domain is None else getattr(domain, "n_coordinates", None)
    if offsets is not None:
        points = _owned(_validation.float_array(samples, "samples", ndim=(1, 2), finite=False), samples)
        starts = _offsets(offsets, len(points))
        return _columns(points, n_coordinates, "samples"), starts
    if _is_rectangular(samples):
        table = _owned(_validation.float_array(samples, "samples", ndim=(2, 3), finite=False), samples)
        flat = table.reshape(-1) if table.ndim == 2 else table.reshape(-1, table.shape[2])
        return _columns(flat, n_coordinates, "samples"), np.arange(0, len(flat) + 1, table.shape[1], dtype=np.intp)
    items = _items(samples, "samples")
    pieces = [_piece(item, i, n_coordinates) for i, item in enumerate(items)]
    widths = {piece.shape[1] for piece in pieces if len(piece)}
    if len(widths) > 1:
        i = next(i for i, piece in enumerate(pieces) if len(piece) and piece.shape[1] != pieces[0].shape[1])
        raise InvalidDataError(
            f"samples has {pieces[i].shape[1]} coordinates in distribution {i} and {pieces[0].shape[1]} before"
        )
    width = widths.pop() if widths else 1
    points = np.concatenate([piece.reshape(-1, width) for piece in pieces])
    return points, starts_of([len(piece) for piece in pieces])


def flat_masses(masses: Any, offsets: IntArray, is_flat: bool) -> FloatArray:
    """Masses (M,) parallel to the points, sizes checked, values not."""
    if is_flat or _is_rectangular(masses):
        table = _validation.float_array(masses, "masses", ndim=1 if is_flat else 2, finite=False)
        sizes = np.full(len(table), table.shape[1]) if table.ndim == 2 else None
        flat = table.reshape(-1)
    else:
        pieces = [
            _validation.float_array(item, f"masses[{i}]", ndim=1, finite=False, empty=True)
            for i, item in enumerate(_items(masses, "masses"))
        ]
        sizes = np.array([len(piece) for piece in pieces])
        flat = np.concatenate(pieces)
    expected = np.diff(offsets)
    if sizes is not None and len(sizes) != len(expected):
        raise InvalidDataError(f"masses has {len(sizes)} distributions; samples has {len(expected)}")
    if sizes is not None and np.any(sizes != expected):
        i = int(np.argmax(sizes != expected))
        raise InvalidDataError(f"masses has {sizes[i]} numbers for the {expected[i]} points of distribution {i}")
    if len(flat) != offsets[-1]:
        raise InvalidDataError(f"masses has {len(flat)} numbers for {offsets[-1]} points")
    return flat


def _owned(array: FloatArray, given: Any) -> FloatArray:
    """The array itself if nobody else can change it or if it is a memmap, else a copy."""
    if isinstance(array, np.memmap):
        return array
    return np.array(array) if np.may_share_memory(array, np.asarray(given)) else array


def _is_rectangular(values: Any) -> bool:
    if isinstance(values, np.ndarray):
        return values.dtype.kind != "O" or values.ndim != 1
    return hasattr(values, "to_numpy") and getattr(values, "ndim", 2) == 2


def _items(values: Any, name: str) -> list[Any]:
    if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        raise InvalidDataError(f"{name} is {type(values).__name__}; it must be a sequence of arrays of points")
    items = list(values)
    if not items:
        raise InvalidDataError(f"{name} is empty; there is no distribution")
    return items


def _piece(item: Any, i: int, n_coordinates: int | None) -> FloatArray:
    if np.isscalar(item) or item is None:
        raise InvalidDataError(
            f"samples holds the single value {item!r} at index {i}; it must hold one array of points a distribution "
            "(for a single distribution, pass [values])"
        )
    array = _validation.float_array(item, f"samples[{i}]", ndim=(1, 2), finite=False, empty=True)
    return _columns(array, n_coordinates, f"samples[{i}]")


def _columns(points: FloatArray, n_coordinates: int | None, name: str) -> FloatArray:
    if points.ndim == 1:
        points = points[:, None]
    if n_coordinates is not None and len(points) and points.shape[1] != n_coordinates:
        raise InvalidDataError(f"{name} has {points.shape[1]} coordinates; the domain has {n_coordinates}")
    if points.shape[1] == 0:
        raise InvalidDataError(f"{name} has no coordinates (shape {points.shape})")
    return points


def _offsets(offsets: Any, n_points: int) -> IntArray:
    values = _validation.float_array(offsets, "offsets", ndim=1)
    if np.any(values != np.floor(values)):
        raise InvalidDataError("offsets holds a number that is not whole")
    if len(values) < 2 or values[0] != 0 or values[-1] != n_points:
        raise InvalidDataError(
            f"offsets runs from {values[0]:.0f} to {values[-1]:.0f} ({len(values)} numbers); it must run from 0 to the "
            f"number of points, {n_points}, with one number more than there are distributions"
        )
    if np.any(np.diff(values) < 0):
        i = int(np.argmax(np.diff(values) < 0))
        raise InvalidDataError(f"offsets decreases at index {i + 1}; it must not")
    return values.astype(np.intp)
