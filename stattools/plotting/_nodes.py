"""Functions on graphs, point clouds and surface meshes."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidParameterError
from stattools._typing import BoolArray, FloatArray, IntArray
from stattools.plotting import _layout, _style

MAX_EDGES = 20_000
MAX_NAMES = 30


def draw_graph(
    ax: Any,
    domain: Any,
    points: IntArray,
    values: FloatArray,
    *,
    mask: BoolArray | None,
    signed: bool,
    threshold: float | None,
    label: str,
    node_size: float | None,
    positions: Any,
    names: bool | None,
) -> Any:
    """Nodes as dots on grey edges; those in the mask have a dark rim."""
    places, remark = _places(domain, positions)
    size = (
        _validation.real(node_size, "node_size", minimum=0, exclusive=True)
        if node_size is not None
        else _size(len(places))
    )
    draw_edges(ax, domain, places)
    order = np.argsort(np.abs(values) if signed else values, kind="stable")  # large values on top
    order = order[np.isfinite(values[order])]
    x, y = places[points[order]].T
    norm = _style.color_scale(values, signed)
    chosen = np.zeros(len(values), dtype=bool) if mask is None else mask[order]
    artist = ax.scatter(
        x,
        y,
        c=values[order],
        s=size,
        cmap=_style.color_map(signed),
        norm=norm,
        zorder=2,
        edgecolors=[_style.MARK if c else _style.GREY for c in chosen],
        linewidths=np.where(chosen, 1.5, 0.3),
    )
    _write_names(ax, domain, places, names, size)
    _style.color_bar(ax, artist, label, mark=threshold)
    _style.bare(ax)
    _open_up(ax, places)
    if remark:
        ax.text(0, 0, remark, transform=ax.transAxes, ha="left", va="top", fontsize="x-small", color=_style.GREY)
    return ax


def _open_up(ax: Any, places: FloatArray) -> None:
    """A path laid out as a line still gets room above and below."""
    low, high = places.min(axis=0), places.max(axis=0)
    half = np.maximum((high - low) / 2, 0.15 * max(float((high - low).max()), 1e-9)) * 1.08
    (x, y), (dx, dy) = (low + high) / 2, half
    ax.set_xlim(x - dx, x + dx)
    ax.set_ylim(y - dy, y + dy)


def _write_names(ax: Any, domain: Any, places: FloatArray, names: bool | None, size: float) -> None:
    texts = getattr(domain, "names", None)
    if names is None:
        names = texts is not None and len(texts) <= MAX_NAMES
    if not _validation.boolean(names, "names"):
        return
    for place, text in zip(places, texts or map(str, range(len(places))), strict=True):
        ax.annotate(
            str(text),
            place,
            (0.5 * np.sqrt(size), 0.35 * np.sqrt(size)),
            textcoords="offset points",
            fontsize="x-small",
            color=_style.INK,
            zorder=3,
        )


def draw_edges(ax: Any, domain: Any, places: FloatArray) -> None:
    """Edges of a graph or cloud, thinner where there are many; none for a domain that lists no edges."""
    from matplotlib.collections import LineCollection

    adjacency = getattr(domain, "adjacency", None)
    if adjacency is None:
        return
    from scipy import sparse

    upper = sparse.triu(sparse.coo_array(adjacency), k=1)
    if upper.nnz > MAX_EDGES:
        return
    width = float(np.clip(60 / np.sqrt(max(upper.nnz, 1)), 0.4, 1.2))
    segments = np.stack([places[upper.row], places[upper.col]], axis=1)
    lines = LineCollection(list(segments), colors=_style.PALE, linewidths=width, zorder=1)
    lines.set_gid("edges")
    ax.add_collection(lines)


def _places(domain: Any, positions: Any) -> tuple[FloatArray, str]:
    if positions is None:
        return _layout.node_positions(domain)
    places = _validation.float_array(positions, "positions", ndim=2)
    if places.shape != (domain.n_nodes, 2):
        raise InvalidParameterError(
            f"positions has shape {places.shape}; {domain.description} needs ({domain.n_nodes}, 2)"
        )
    return places, ""


def _size(n: int) -> float:
    return float(np.clip(9000 / n, 5, 120))


def draw_mesh(
    ax: Any,
    domain: Any,
    points: IntArray,
    values: FloatArray,
    *,
    mask: BoolArray | None,
    signed: bool,
    threshold: float | None,
    label: str,
    view: tuple[float, float],
) -> Any:
    """A surface seen from one side and from the other; triangles take the mean of their corners."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.collections import PolyCollection

    vertices, faces = np.asarray(domain.vertices, dtype=np.float64), np.asarray(domain.faces)
    full, chosen = np.full(len(vertices), np.nan), np.zeros(len(vertices), dtype=bool)
    full[points] = values
    chosen[points] = False if mask is None else mask
    scale = ScalarMappable(_style.color_scale(values, signed), _style.color_map(signed))
    shapes, fills, edges, widths = [], [], [], []
    offset = 0.0
    for plane, depth in _views(vertices, view):
        plane = plane - [plane[:, 0].min() - offset, plane[:, 1].mean()]
        for corners in faces[np.argsort(depth[faces].mean(axis=1), kind="stable")]:  # near faces cover far ones
            shade = scale.to_rgba(full[corners].mean())
            border = _border(plane, corners, chosen)
            shapes += [plane[corners], *([] if border is None else [border])]
            fills += [shade, *([] if border is None else ["none"])]
            edges += [shade, *([] if border is None else [_style.MARK])]
            widths += [0.3, *([] if border is None else [1.8])]
        offset = plane[:, 0].max() + 0.12 * np.ptp(plane[:, 0])
    ax.add_collection(PolyCollection(shapes, facecolors=fills, edgecolors=edges, linewidths=widths, closed=False))
    ax.autoscale_view()
    _style.color_bar(ax, scale, label, mark=threshold, horizontal=True)
    return _style.bare(ax)


def _views(vertices: FloatArray, view: Any) -> list[tuple[FloatArray, FloatArray]]:
    """Plane coordinates and depth (towards the eye) of the vertices, for one side and the opposite one."""
    if vertices.shape[1] == 2 or np.ptp(vertices[:, 2]) == 0:
        return [(vertices[:, :2], np.zeros(len(vertices)))]
    try:
        elevation, azimuth = (np.deg2rad(_validation.real(angle, "view")) for angle in view)
    except (TypeError, ValueError):
        raise InvalidParameterError(f"view is {view!r}; it is (elevation, azimuth) in degrees") from None
    sides = []
    for turn in (0.0, np.pi):
        a = azimuth + turn
        eye = np.array([np.cos(elevation) * np.cos(a), np.cos(elevation) * np.sin(a), np.sin(elevation)])
        right = np.array([-np.sin(a), np.cos(a), 0.0])
        sides.append((vertices @ np.column_stack([right, np.cross(eye, right)]), vertices @ eye))
    return sides


def _border(plane: FloatArray, corners: IntArray, chosen: BoolArray) -> FloatArray | None:
    """The line across a triangle that has chosen and other corners, through the middles of the two edges between."""
    inside = chosen[corners]
    if inside.all() or not inside.any():
        return None
    alone = corners[inside] if inside.sum() == 1 else corners[~inside]
    return np.asarray((plane[alone[0]] + plane[corners[corners != alone[0]]]) / 2)
