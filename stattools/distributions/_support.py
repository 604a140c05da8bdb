"""Shared supports: bin centres, nodes, and the volumes of cells."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import ArrayLike, FloatArray
from stattools.distributions._samples import node_ids, require_domain


def support_points(edges: Any, support: Any, domain: Any) -> tuple[Any, tuple[int, ...]]:
    """Checked points of a shared support and the shape of a histogram over it."""
    require_domain(domain)
    if edges is not None and support is not None:
        raise InvalidParameterError("edges and support are both given; masses can sit in one of them only")
    if edges is not None:
        if domain is not None and domain.is_discrete:
            raise InvalidParameterError(f"edges is given; masses on {domain.description} sit on nodes, leave it out")
        points, shape = _centres(edges)
        _require_one_turn(edges, domain)
    elif support is not None:
        points = _validation.float_array(support, "support", ndim=(1, 2))
        points = points[:, None] if points.ndim == 1 else points
        shape = (len(points),)
    elif domain is not None and domain.is_discrete:
        return domain.check_points(np.arange(domain.n_nodes)), tuple(getattr(domain, "shape", (domain.n_nodes,)))
    else:
        raise InvalidParameterError("edges and support are None; say where the masses sit, by bin edges or by points")
    if domain is None:
        return np.array(points), shape
    return support_on_domain(points, domain, "edges" if edges is not None else "support"), shape


def _require_one_turn(edges: Any, domain: Any) -> None:
    """Bins on a circle must not overlap."""
    several = isinstance(edges, (list, tuple)) and len(edges) > 0 and not np.isscalar(edges[0])
    periods = [getattr(axis, "period", None) for axis in getattr(domain, "axes", ())]
    for k, (values, period) in enumerate(zip(edges if several else [edges], periods, strict=False)):
        span = float(np.max(values)) - float(np.min(values))
        if period is not None and span > period * (1 + 1e-9):
            name = f"edges[{k}]" if several else "edges"
            raise InvalidDataError(
                f"{name} span {span:g}, more than the period {period:g} of {domain.description}: the bins would overlap"
            )


def support_on_domain(points: FloatArray, domain: Any, name: str) -> Any:
    """Canonical points of a domain."""
    if domain.is_discrete:
        return domain.check_points(node_ids(points, name), name=name)
    if points.shape[1] != domain.n_coordinates:
        raise InvalidDataError(
            f"{name} has {points.shape[1]} coordinates; {domain.description} has {domain.n_coordinates}"
        )
    return domain.check_points(points, name=name)


def _centres(edges: Any) -> tuple[FloatArray, tuple[int, ...]]:
    several = isinstance(edges, (list, tuple)) and len(edges) > 0 and not np.isscalar(edges[0])
    axes = []
    for k, axis in enumerate(edges if several else [edges]):
        name = f"edges[{k}]" if several else "edges"
        values = _validation.float_array(axis, name, ndim=1)
        if len(values) < 2:
            raise InvalidDataError(f"{name} has {len(values)} number; a bin needs two edges")
        if np.any(np.diff(values) <= 0):
            i = int(np.argmax(np.diff(values) <= 0)) + 1
            raise InvalidDataError(f"{name} has {values[i]} after {values[i - 1]} at index {i}; edges must increase")
        axes.append(values[:-1] + np.diff(values) / 2)
    grid = np.meshgrid(*axes, indexing="ij")
    return np.stack([axis.ravel() for axis in grid], axis=1), grid[0].shape


def cell_volumes(points: Any, volumes: ArrayLike | None, domain: Any) -> FloatArray:
    """Volume of the cell of each support point: the given one, a node's mass, or the length that is nearest to it."""
    if volumes is not None:
        given = _validation.nonnegative(_validation.float_array(volumes, "volumes", ndim=1), "volumes")
        if len(given) != len(points):
            raise InvalidDataError(f"volumes has {len(given)} numbers for {len(points)} support points")
        return np.array(given)
    if domain is not None and domain.is_discrete:
        return np.array(domain.node_masses[points])
    if points.shape[1] > 1:
        where = f"R^{points.shape[1]}" if domain is None else domain.description
        raise InvalidParameterError(f"volumes is None; densities on {where} need the volume of each point's cell")
    axis = None if domain is None else domain.axes[0]
    period = getattr(axis, "period", None)
    order = np.argsort(points[:, 0], kind="stable")
    x = points[order, 0]
    lengths = np.empty(len(x))
    lengths[order] = _arc_lengths(x, float(period)) if period is not None else _interval_lengths(x, axis)
    return lengths


def _arc_lengths(x: FloatArray, period: float) -> FloatArray:
    gaps = np.diff(np.append(x, x[0] + period))
    return (gaps + np.roll(gaps, 1)) / 2


def _interval_lengths(x: FloatArray, axis: Any) -> FloatArray:
    low, high = (x[0], x[-1]) if axis is None else (float(axis.low), float(axis.high))
    if high == low:
        raise InvalidDataError(f"support holds the single point {low}; a density needs at least two on the line")
    borders = np.concatenate([[low], (x[1:] + x[:-1]) / 2, [high]])
    return np.diff(borders)
