"""From points to the parts of a DistributionArray: checks and normalisation."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import AssumptionWarning, InvalidDataError, InvalidParameterError, warn
from stattools._typing import BoolArray, FloatArray, IntArray
from stattools.distributions._labels import Groups, group_labels, kept_labels, label, names_of, omission
from stattools.distributions._ragged import flat_masses, flat_samples
from stattools.distributions._slices import starts_of

Parts = dict[str, Any]
BLOCK_ROWS = 2**18


def samples(samples: Any, masses: Any, offsets: Any, domain: Any, names: Any, groups: Any, nan_policy: str) -> Parts:
    """See `DistributionArray.from_samples`."""
    _validation.choice(nan_policy, ("raise", "omit"), "nan_policy")
    require_domain(domain)
    if isinstance(masses, Mapping):
        masses = _in_order_of(samples, masses)
    if isinstance(samples, Mapping):
        names = list(samples) if names is None else names
        samples = list(samples.values())
    points, starts = flat_samples(_ids_of_names(samples, domain), offsets, domain)
    weights = None if masses is None else flat_masses(masses, starts, offsets is not None)
    labels = names_of(names, len(starts) - 1)
    levels = group_labels(groups, len(labels))
    return ragged(points, weights, starts, domain, labels, levels, nan_policy)


def _ids_of_names(samples: Any, domain: Any) -> Any:
    """Node ids in place of node names, where the domain has names and the samples are text."""
    if getattr(domain, "names", None) is None:
        return samples
    return [domain.check_points(np.asarray(s), name="samples") if _is_text(s) else s for s in samples]


def _is_text(sample: Any) -> bool:
    array = np.asarray(sample, dtype=object)
    return array.ndim == 1 and array.size > 0 and all(isinstance(node, str) for node in array)


def _in_order_of(samples: Any, masses: Mapping[Any, Any]) -> list[Any]:
    """Masses by name, since two mappings may list the same names in different orders."""
    if not isinstance(samples, Mapping):
        raise InvalidDataError("masses is a mapping and samples is not; pass both by name, or both in order")
    unmatched = [key for key in (*samples, *masses) if key not in masses or key not in samples]
    if unmatched:
        raise InvalidDataError(
            f"samples and masses do not name the same distributions: {unmatched[0]!r} is in one of them only"
        )
    return [masses[key] for key in samples]


def ragged(
    points: FloatArray,
    masses: FloatArray | None,
    offsets: IntArray,
    domain: Any,
    names: tuple[str, ...],
    groups: Groups,
    nan_policy: str,
) -> Parts:
    """Check flat samples and normalise their masses; points are float64 (M, d), not yet checked for NaN."""
    remarks: tuple[str, ...] = ()
    n_points = len(points)
    if nan_policy == "omit":
        points, masses, offsets = _without_missing(points, masses, offsets)
    n_omitted = n_points - len(points)
    if n_omitted:
        remarks = (f"{n_omitted} of {n_points} points omitted, a coordinate or mass is missing",)
    sizes = np.diff(offsets)
    kept = sizes > 0
    if not kept.all():
        if nan_policy == "raise":
            raise InvalidDataError(f"samples has no point in {label(int(np.argmin(kept)), names)}")
        if not kept.any():
            raise InvalidDataError("samples has no distribution left once missing points are omitted")
        remarks += omission(kept, names, "without a point")
        n_omitted += int((~kept).sum())
        names, groups = kept_labels(kept, names, groups)
        offsets = starts_of(sizes[kept])
    _require_finite_points(points, offsets, names)
    checked = on_domain(points, offsets, domain, names)
    remarks += doubted(points, domain)
    totals = np.diff(offsets).astype(np.float64)
    if masses is not None:
        masses, totals = _normalized_segments(masses, offsets, names)
    return {
        "points": checked,
        "masses": masses,
        "offsets": offsets,
        "totals": totals,
        "domain": domain,
        "names": names,
        "groups": groups[0],
        "group_levels": groups[1],
        "n_omitted": n_omitted,
        "remarks": remarks,
    }


def _without_missing(
    points: FloatArray, masses: FloatArray | None, offsets: IntArray
) -> tuple[FloatArray, FloatArray | None, IntArray]:
    missing = np.isnan(points).any(axis=1)
    if masses is not None:
        missing |= np.isnan(masses)
    if not missing.any():
        return points, masses, offsets
    gone = np.concatenate([[0], np.cumsum(missing)])
    return points[~missing], None if masses is None else masses[~missing], offsets - gone[offsets]


def _require_finite_points(points: FloatArray, offsets: IntArray, names: tuple[str, ...]) -> None:
    with contextlib.suppress(InvalidDataError):
        _validation.require_finite(points, "samples")
        return
    row, column = first_bad(~np.isfinite(points))
    i = _segment(row, offsets)
    raise InvalidDataError(
        f"samples has {points[row, column]} in {label(i, names)}, point {row - offsets[i]}; "
        "remove it, or pass nan_policy='omit' for missing values"
    )


def first_bad(bad: BoolArray) -> tuple[int, ...]:
    return tuple(int(k) for k in np.unravel_index(int(np.argmax(bad)), bad.shape))


def _segment(position: int, offsets: IntArray) -> int:
    return int(np.searchsorted(offsets, position, side="right")) - 1


def require_domain(domain: Any) -> None:
    """Refuse anything but a domain and None; the class of a domain is no domain."""
    if domain is not None and (isinstance(domain, type) or not hasattr(domain, "check_points")):
        raise InvalidParameterError(f"domain is {domain!r}; pass a domain such as Circle(360), or None for R^d")


def doubted(points: FloatArray, domain: Any) -> tuple[str, ...]:
    """Warn of points that may not be in the units of the domain; the texts, to be kept with the array."""
    doubts: tuple[str, ...] = () if domain is None or domain.is_discrete else domain.doubts(points)
    for doubt in doubts:
        warn(doubt, AssumptionWarning)
    return doubts


def on_domain(points: FloatArray, offsets: IntArray, domain: Any, names: tuple[str, ...]) -> Any:
    """Canonical points of the domain; a memmap that is canonical already stays one."""
    require_domain(domain)
    if domain is None:
        return points
    given = node_ids(points, "samples") if domain.is_discrete else points
    try:
        if isinstance(given, np.memmap) and _is_canonical(given, domain):
            return given
        return domain.check_points(given, name="samples")
    except InvalidDataError:
        for i, (start, stop) in enumerate(itertools.pairwise(offsets)):
            domain.check_points(given[start:stop], name=f"samples of {label(i, names)}")
        raise


def _is_canonical(points: FloatArray, domain: Any) -> bool:
    blocks = (points[start : start + BLOCK_ROWS] for start in range(0, len(points), BLOCK_ROWS))
    return all(np.array_equal(domain.check_points(block, name="samples"), block) for block in blocks)


def node_ids(points: FloatArray, name: str) -> IntArray:
    """Whole numbers as intp, naming the first that is not whole."""
    if points.ndim == 2 and points.shape[1] != 1:
        raise InvalidDataError(f"{name} has {points.shape[1]} columns; points of this domain are single node ids")
    flat = points.reshape(-1)
    bad = (flat != np.floor(flat)) | (np.abs(flat) > 2**53)
    if bad.any():
        row = int(np.argmax(bad))
        raise InvalidDataError(f"{name} has {flat[row]} at index {row}; the points of this domain are whole node ids")
    return flat.astype(np.intp)


def _normalized_segments(
    masses: FloatArray, offsets: IntArray, names: tuple[str, ...]
) -> tuple[FloatArray, FloatArray]:
    bad = ~(masses >= 0) | np.isinf(masses)
    if bad.any():
        (position,) = first_bad(bad)
        i = _segment(position, offsets)
        raise InvalidDataError(
            f"masses has {masses[position]} in {label(i, names)}, point {position - offsets[i]}; "
            "masses are finite and not negative"
        )
    with np.errstate(over="ignore"):
        totals = np.array([masses[start:stop].sum() for start, stop in itertools.pairwise(offsets)], dtype=np.float64)
    require_totals(totals, names, "masses")
    return masses / np.repeat(totals, np.diff(offsets)), totals


def require_totals(totals: FloatArray, names: tuple[str, ...], name: str) -> None:
    bad = (totals <= 0) | ~np.isfinite(totals)
    if bad.any():
        i = int(np.argmax(bad))
        advice = "remove it" if totals[i] == 0 else "divide it by a constant"
        raise InvalidDataError(f"{name} sums to {totals[i]:g} in row {i}, {label(i, names)}; {advice}")
