"""Joining, selecting and comparing DistributionArrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import FloatArray, IntArray
from stattools.distributions._samples import Parts, on_domain, require_domain
from stattools.distributions._slices import same_domain, starts_of
from stattools.distributions._support import support_on_domain

if TYPE_CHECKING:
    from stattools.distributions.array import DistributionArray


def concatenated(arrays: Sequence[DistributionArray]) -> Parts:
    """See `DistributionArray.concat`."""
    from stattools.distributions.array import require_array

    if not isinstance(arrays, Iterable):
        raise InvalidParameterError(f"arrays is {type(arrays).__name__}; pass a list of DistributionArrays")
    arrays = [require_array(array, f"arrays[{k}]") for k, array in enumerate(arrays)]
    if not arrays:
        raise InvalidDataError("arrays is empty; there is nothing to join")
    for k, array in enumerate(arrays):
        require_same_space(arrays[0], array, "arrays[0]", f"arrays[{k}]")
    grouped = [array.groups is not None for array in arrays]
    if any(grouped) and not all(grouped):
        raise InvalidDataError(
            f"arrays[{grouped.index(False)}] has no groups and others have; use with_groups on it first"
        )
    levels = _joined_levels(arrays) if all(grouped) else ()
    parts: Parts = {
        "totals": np.concatenate([array.totals for array in arrays]),
        "domain": arrays[0].domain,
        "names": tuple(name for array in arrays for name in array.names),
        "groups": np.concatenate([array.groups for array in arrays]) if all(grouped) else None,
        "group_levels": levels,
        "n_omitted": sum(array.n_omitted for array in arrays),
        "remarks": tuple(remark for array in arrays for remark in array.remarks),
    }
    if all(share_support(arrays[0], array) for array in arrays):
        masses = np.concatenate([array.masses for array in arrays if array.masses is not None])
        return {**parts, "points": arrays[0].points, "masses": masses, "offsets": None}
    pieces = [as_ragged(array) for array in arrays]
    equal = all(masses is None for _, masses, _ in pieces)
    return {
        **parts,
        "points": np.concatenate([points for points, _, _ in pieces]),
        "masses": None if equal else np.concatenate([explicit_masses(masses, starts) for _, masses, starts in pieces]),
        "offsets": starts_of(np.concatenate([np.diff(starts) for _, _, starts in pieces])),
    }


def _joined_levels(arrays: Sequence[DistributionArray]) -> tuple[Any, ...]:
    """All levels, sorted where every array sorts its own, else in the order of the arrays."""
    kinds = {array.groups.dtype.kind for array in arrays}
    if len(kinds) > 1:
        raise InvalidDataError("arrays have group labels of different types; use with_groups to make them alike")
    levels = tuple(dict.fromkeys(level for array in arrays for level in array.group_levels))
    in_order = all(list(array.group_levels) == sorted(array.group_levels) for array in arrays)
    return tuple(sorted(levels)) if in_order else levels


def share_support(x: DistributionArray, y: DistributionArray) -> bool:
    """Whether both are masses on one and the same support."""
    if not (x.is_shared and y.is_shared):
        return False
    return x.points is y.points or np.array_equal(x.points, y.points)


def require_same_space(x: DistributionArray, y: DistributionArray, x_name: str, y_name: str) -> None:
    """Refuse arrays whose distributions cannot be compared."""
    if not same_domain(x.domain, y.domain) or x.n_coordinates != y.n_coordinates:
        raise InvalidDataError(f"{x_name} is {x.place} and {y_name} is {y.place}; they must be on the same space")


def as_ragged(array: DistributionArray) -> tuple[Any, FloatArray | None, IntArray]:
    """Points, masses and offsets of any array; atoms of mass zero on a shared support are left out."""
    if array.offsets is not None:
        return array.points, array.masses, array.offsets
    assert array.masses is not None
    rows, columns = np.nonzero(array.masses)
    return array.points[columns], array.masses[rows, columns], starts_of(np.bincount(rows, minlength=len(array)))


def explicit_masses(masses: FloatArray | None, offsets: IntArray) -> FloatArray:
    sizes = np.diff(offsets)
    return np.repeat(1.0 / sizes, sizes) if masses is None else masses


def selected(array: DistributionArray, index: Any) -> DistributionArray:
    """See `DistributionArray.__getitem__`."""
    if isinstance(index, tuple) and len(index) == 2 and index[1] is Ellipsis:
        index = index[0]
    parts = array._parts()
    chosen = positions(array.names, index)
    labels = None if array.groups is None else array.groups[chosen]
    parts["totals"] = array.totals[chosen]
    parts["names"] = chosen_names(array.names, chosen)
    parts["groups"] = labels
    parts["group_levels"] = tuple(level for level in array.group_levels if np.any(labels == level))
    if array.offsets is None:
        assert array.masses is not None
        parts["masses"] = array.masses[chosen]
        return type(array)(**parts)
    if isinstance(chosen, slice):
        first, stop = chosen.start, chosen.stop
        low, high = array.offsets[first], array.offsets[stop]
        parts["points"] = array.points[low:high]
        parts["masses"] = None if array.masses is None else array.masses[low:high]
        parts["offsets"] = array.offsets[first : stop + 1] - low
        return type(array)(**parts)
    sizes = np.diff(array.offsets)[chosen]
    offsets = starts_of(sizes)
    held = np.arange(offsets[-1]) + np.repeat(array.offsets[:-1][chosen] - offsets[:-1], sizes)
    parts["points"] = array.points[held]
    parts["masses"] = None if array.masses is None else array.masses[held]
    parts["offsets"] = offsets
    return type(array)(**parts)


def positions(names: Sequence[str], index: Any) -> Any:
    """Where the rows that an index means are: a slice of step 1 where possible (no copy), else an array."""
    n = len(names)
    if isinstance(index, slice):
        start, stop, step = index.indices(n)
        chosen: Any = slice(start, stop) if step == 1 else np.arange(start, stop, step)
        size = max(0, stop - start) if step == 1 else len(chosen)
    elif isinstance(index, (str, int, np.integer)) and not isinstance(index, (bool, np.bool_)):
        i = position(names, index)
        chosen, size = slice(i, i + 1), 1
    else:
        chosen = _listed(names, index)
        size = len(chosen)
    if size == 0:
        raise InvalidDataError(f"the selection keeps none of {n} distributions")
    return chosen


def position(names: Sequence[str], i: Any) -> int:
    """Where the one row is that a number or a name means."""
    if isinstance(i, str):
        if i not in names:
            raise InvalidParameterError(f"no distribution is named {i!r}; the first names are {tuple(names[:5])}")
        first = names.index(i)
        if i in names[first + 1 :]:
            raise InvalidParameterError(f"{names.count(i)} distributions are named {i!r}; select them by number")
        return first
    if isinstance(i, (bool, np.bool_)) or not isinstance(i, (int, np.integer)):
        raise InvalidParameterError(f"index is {i!r}; it must be a whole number, a name, a slice, a mask or a list")
    if not -len(names) <= i < len(names):
        raise IndexError(f"index {i} is out of range for {len(names)} distributions")
    return int(i) % len(names)


def chosen_names(names: tuple[str, ...], chosen: Any) -> tuple[str, ...]:
    """Names at `positions`."""
    return names[chosen] if isinstance(chosen, slice) else tuple(names[i] for i in chosen)


def _listed(names: Sequence[str], index: Any) -> IntArray:
    n = len(names)
    if isinstance(index, (list, tuple)) and index and all(isinstance(i, str) for i in index):
        return np.array([position(names, i) for i in index], dtype=np.intp)
    try:
        keys = np.asarray(index)
    except ValueError:
        keys = np.empty((0, 0))
    if keys.ndim != 1 or (keys.size and keys.dtype.kind not in "bui"):
        raise InvalidParameterError(
            f"index is {type(index).__name__}; it must be a whole number, a name, a slice, a mask or a list of these"
        )
    if keys.dtype.kind == "b":
        if len(keys) != n:
            raise IndexError(f"the mask has {len(keys)} entries for {n} distributions")
        return np.flatnonzero(keys)
    keys = keys.astype(np.intp)
    outside = (keys < -n) | (keys >= n)
    if outside.any():
        raise IndexError(f"index {keys[outside][0]} is out of range for {n} distributions")
    return keys % n


def moved(array: DistributionArray, domain: Any) -> Any:
    """Points of an array, checked on a domain."""
    require_domain(domain)
    if array.domain is not None:
        if same_domain(array.domain, domain):
            return array.points
        raise InvalidParameterError(f"the distributions are {array.place} already; build them anew for another domain")
    if array.offsets is not None:
        return on_domain(array.points, array.offsets, domain, array.names)
    return support_on_domain(array.points, domain, "support")
