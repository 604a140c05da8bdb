"""A causal graph in layers, with what a regression takes each node for."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from stattools import _validation
from stattools.plotting import _style

SWEEPS = 8
LARGEST_NAME = 22
# fill, border, text
LOOKS = {
    "response": (_style.INK, _style.INK, "white"),
    "independent": ("#cfe4f2", _style.PALETTE[0], _style.INK),
    "given": ("#fae3c0", _style.PALETTE[4], _style.INK),
    "predictor": ("#ededed", _style.GREY, _style.INK),
    "dropped": ("white", _style.PALE, _style.GREY),
    "latent": ("white", _style.GREY, _style.INK),
}
WORDS = {
    "response": "response",
    "independent": "independent of the response",
    "given": "condition",
    "predictor": "other predictor",
    "dropped": "dropped",
    "latent": "not observed",
}


def plot_graph(result: Any, *, ax: Any = None, roles: bool = True) -> Any:
    """Draw the graph of a `CompiledGraph`: causes to the left of their effects, coloured by the first constraint.

    Parameters
    ----------
    result : CompiledGraph
    ax : matplotlib Axes, optional
    roles : bool, default True
        Write the role of each node below it.

    Returns
    -------
    matplotlib Axes
    """
    _style.require(result, ("nodes", "edges", "roles", "use"), "a CompiledGraph")
    show_roles = _validation.boolean(roles, "roles")
    places, bends = layered_layout(result.nodes, result.edges)
    xy = np.array(list(places.values()))
    low, high = _limits(places, bends)
    ax = _style.axes(ax, height=float(np.clip(1.3 + 0.95 * (high - low), 2.8, 9.0)))
    ax.set_xlim(xy[:, 0].min() - 0.5, xy[:, 0].max() + 0.5)
    ax.set_ylim(low, high)
    narrow = xy[:, 0].max() >= 4
    boxes = {node: _draw_node(ax, result, node, places[node], show_roles, narrow) for node in result.nodes}
    for edge in result.edges:
        _draw_edge(ax, boxes, places, edge, bends[edge], result.latent)
    _legend(ax, [result.use(node) for node in result.nodes])
    ax.set_axis_off()
    words = f"no constraint on the regression of {result.response}"
    if result.constraints:
        words = str(result.constraints[0])
    ax.set_title(_style.wrapped(words, 70), loc="left", fontsize="medium", color=_style.INK)
    return ax


def _draw_node(ax: Any, result: Any, node: Any, place: tuple[float, float], show_roles: bool, narrow: bool) -> Any:
    """A box with the name of a node and below it its role, where no arrow can cross it."""
    from matplotlib.offsetbox import AnnotationBbox, TextArea, VPacker

    use = result.use(node)
    fill, border, ink = LOOKS[use]
    name = str(node)
    name = name if len(name) <= LARGEST_NAME else name[: LARGEST_NAME - 1] + "…"
    size = "small" if narrow else "medium"
    lines: list[Any] = [TextArea(name, textprops={"color": ink, "fontsize": size, "ha": "center"})]
    if show_roles and node in result.roles:
        words = _style.wrapped(result.roles[node], 12 if narrow else 18)
        style = {"color": ink, "fontsize": "x-small", "ha": "center", "multialignment": "center"}
        lines.append(TextArea(words, textprops=style))
    box: dict[str, Any] = {"boxstyle": "round,pad=0.35", "facecolor": fill, "edgecolor": border, "linewidth": 1.2}
    if use in ("latent", "dropped"):
        box["linestyle"] = (0, (3, 2))
    packed = VPacker(children=lines, align="center", pad=0, sep=2)
    drawn = AnnotationBbox(packed, place, bboxprops=box, pad=0.3, zorder=3, gid=f"node {node}")
    return ax.add_artist(drawn)


def _draw_edge(
    ax: Any, boxes: Mapping[Any, Any], places: Mapping[Any, Any], edge: Any, bend: float, latent: Any
) -> None:
    from matplotlib.patches import FancyArrowPatch

    from stattools.plotting.collider_arcs import DataArc

    start, end = edge
    dashed = start in latent or end in latent
    arrow = FancyArrowPatch(
        places[start],
        places[end],
        patchA=boxes[start].patch,
        patchB=boxes[end].patch,
        shrinkA=1.0,
        shrinkB=2.0,
        arrowstyle="-|>",
        mutation_scale=12,
        connectionstyle=DataArc(bend, ax.transData),
        linewidth=1.1,
        linestyle=(0, (4, 2)) if dashed else "-",
        color=_style.GREY if dashed else _style.INK,
        zorder=4,  # after the boxes, whose size is known only when they are drawn
        gid=f"edge {start} {end}",
    )
    ax.add_patch(arrow)


def _legend(ax: Any, uses: Sequence[str]) -> None:
    from matplotlib.patches import Patch

    shown = [use for use in LOOKS if use in uses]
    handles = []
    for use in shown:
        fill, border, _ = LOOKS[use]
        style: Any = "--" if use in ("latent", "dropped") else "-"
        handles.append(Patch(facecolor=fill, edgecolor=border, linestyle=style, label=WORDS[use]))
    _style.legend(
        ax, handles=handles, fontsize="small", loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=min(len(shown), 3)
    )


# layout --------------------------------------------------------------------------------------------------------------
def layered_layout(
    nodes: Sequence[Any], edges: Sequence[tuple[Any, Any]]
) -> tuple[dict[Any, tuple[float, float]], dict[tuple[Any, Any], float]]:
    """Places of the nodes of an acyclic graph, causes to the left, and how far each edge bends around others.

    Returns
    -------
    places : dict
        (x, y) of each node; x is a whole number, the layer, and nodes of a layer are at least 1 apart.
    bends : dict
        For each edge how far the middle of its arc is above the straight line, in units of y.

    Notes
    -----
    Layers by the longest directed path, and nodes without causes moved as far to the right as their effects permit. An
    edge over several layers has a place in each of them. Within layers nodes are ordered by the mean place of their
    neighbours, forwards and backwards in turn, and the order with the fewest crossings is kept.

    References
    ----------
    Sugiyama, Tagawa and Toda (1981), Methods for visual understanding of hierarchical system structures, IEEE
    Transactions on Systems, Man, and Cybernetics 11, 109-125.
    """
    level = _levels(nodes, edges)
    layers: list[list[Hashable]] = [[] for _ in range(max(level.values()) + 1)]
    for node in nodes:
        layers[level[node]].append(node)
    links: list[tuple[Hashable, Hashable]] = []
    between: dict[tuple[Any, Any], list[Hashable]] = {}
    for edge in edges:
        start, end = edge
        between[edge] = [("between", edge, k) for k in range(level[start] + 1, level[end])]
        for stop, k in zip(between[edge], range(level[start] + 1, level[end]), strict=True):
            layers[k].append(stop)
        chain = [start, *between[edge], end]
        links += list(itertools.pairwise(chain))
    height = _heights(_ordered(layers, links))
    places = {node: (float(level[node]), height[node]) for node in nodes}
    bends = {edge: _bend(places[edge[0]], places[edge[1]], [height[stop] for stop in between[edge]]) for edge in edges}
    return places, bends


def _limits(
    places: Mapping[Any, tuple[float, float]], bends: Mapping[tuple[Any, Any], float]
) -> tuple[float, float]:
    """Lowest and highest y in sight: all boxes and all arcs."""
    nodes = np.array([y for _, y in places.values()])
    along = np.linspace(0.0, 1.0, 21)
    arcs = [
        (1 - along) * places[start][1] + along * places[end][1] + 4 * along * (1 - along) * bend
        for (start, end), bend in bends.items()
    ]
    reach = np.concatenate([nodes, *arcs])
    return float(min(nodes.min() - 0.6, reach.min() - 0.2)), float(max(nodes.max() + 0.6, reach.max() + 0.2))


def _levels(nodes: Sequence[Any], edges: Sequence[tuple[Any, Any]]) -> dict[Any, int]:
    level = dict.fromkeys(nodes, 0)
    for _ in nodes:
        for start, end in edges:
            level[end] = max(level[end], level[start] + 1)
    parents = {end for _, end in edges}
    for node in nodes:
        below = [level[end] for start, end in edges if start == node]
        if below and node not in parents:
            level[node] = min(below) - 1
    lowest = min(level.values())
    return {node: value - lowest for node, value in level.items()}


def _ordered(layers: list[list[Hashable]], links: list[tuple[Hashable, Hashable]]) -> list[list[Hashable]]:
    best, fewest = [list(layer) for layer in layers], _crossings(layers, links)
    current = [list(layer) for layer in layers]
    for sweep in range(SWEEPS):
        forwards = sweep % 2 == 0
        height = _heights(current)
        for k in range(len(current)) if forwards else reversed(range(len(current))):
            means = {}
            for node in current[k]:
                near = [a if b == node else b for a, b in links if (b == node if forwards else a == node)]
                means[node] = float(np.mean([height[other] for other in near])) if near else height[node]
            current[k].sort(key=lambda node: -means[node])
            height.update(_heights([current[k]]))
        count = _crossings(current, links)
        if count < fewest:
            best, fewest = [list(layer) for layer in current], count
    return best


def _crossings(layers: Sequence[Sequence[Hashable]], links: Sequence[tuple[Hashable, Hashable]]) -> int:
    place = {node: (k, i) for k, layer in enumerate(layers) for i, node in enumerate(layer)}
    ends = [(*place[a], place[b][1]) for a, b in links]
    return sum(
        1
        for i, (layer, a, b) in enumerate(ends)
        for other, c, d in ends[:i]
        if layer == other and (a - c) * (b - d) < 0
    )


def _heights(layers: Sequence[Sequence[Hashable]]) -> dict[Hashable, float]:
    """Each layer is centred, from top to bottom."""
    return {node: (len(layer) - 1) / 2 - i for layer in layers for i, node in enumerate(layer)}


def _bend(start: tuple[float, float], end: tuple[float, float], stops: Sequence[float]) -> float:
    """The arc whose middle is at the mean height of an edge in the layers between."""
    return float(np.mean(stops)) - (start[1] + end[1]) / 2 if stops else 0.0
