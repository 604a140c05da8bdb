"""Where the points of a design lie: along a line, in the plane, on the sphere, or among the rows of a pool."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidParameterError
from stattools._typing import BoolArray, FloatArray, IntArray
from stattools.domains import Sphere
from stattools.plotting import _measures, _sphere, _style

MOST_LANES = 12
MOST_DOTS = 120  # along a line; more points are strokes
MOST_ROWS = 5000  # of a pool, drawn as background
LINEAR_RANKS = 200  # above, ranks are drawn on a logarithmic axis
MOST_NODES = 2000
MOST_BANDS = 7
BAND_LIMITS = (2.0**-6, 2.0**12)
WIDE = 50.0  # ratio of the largest weight to the median from which colours follow logarithms
GIVEN = {"marker": "s", "facecolors": "none", "edgecolors": _style.INK, "linewidths": 1.2, "zorder": 6}


# what all share ------------------------------------------------------------------------------------------------------
def title(design: Any, more: str = "") -> str:
    """Law, size and dimension, in lines that fit."""
    noun = ("point" if design.points is not None else "row") + ("" if design.n == 1 else "s")
    text = f"{design._title()}: {design.n} {noun}, dimension {design.dim}"
    return _style.wrapped(f"{text}\n{more}".rstrip(), 74)


def equal_weights(weights: FloatArray) -> bool:
    """All the same, up to rounding.

    Examples
    --------
    >>> equal_weights(np.array([2.0, 2.0])), equal_weights(np.array([1.0, 2.0]))
    (True, False)
    """
    return bool(np.ptp(weights) <= 1e-9 * np.max(weights))


def scatter(
    ax: Any,
    x: FloatArray,
    y: FloatArray,
    weights: FloatArray,
    *,
    size: float,
    blocks: Any = None,
    label: str | None = None,
    strokes: bool = False,
    clip: bool = False,
) -> None:
    """Marks coloured by weight, with a colour bar; in one colour when all weights are equal.

    blocks : (n,) draw of each point, or None; each draw gets a marker of its own. strokes : upright strokes for
    marks. clip : cut what is outside the axes; else dots on the rim are drawn whole.
    """
    style: dict[str, Any] = {"s": size, "zorder": 5, "gid": "points", "clip_on": clip}
    if strokes:
        style |= {"s": 60.0, "linewidths": 0.5, "alpha": 0.7}
    else:
        style |= {"edgecolors": _style.INK, "linewidths": 0.5 if size > 10 else 0.25}
    equal = equal_weights(weights)
    colors = {} if equal else {"cmap": _style.color_map(False), "norm": _norm(weights)}
    parts = [np.arange(len(x))] if blocks is None else [np.flatnonzero(blocks == b) for b in np.unique(blocks)]
    artist = None
    for k, part in enumerate(parts):
        shade = {"color": _style.PLAIN} if equal else {"c": weights[part], **colors}
        name = label if blocks is None else f"draw {k + 1}"
        mark = "|" if strokes else _style.marker(k)
        artist = ax.scatter(x[part], y[part], marker=mark, label=name, **(style | shade))
    if not equal:
        _weight_bar(ax, artist)


def _weight_bar(ax: Any, artist: Any) -> None:
    from matplotlib.colors import LogNorm

    if not isinstance(artist.norm, LogNorm):
        _style.color_bar(ax, artist, "sampling weight")
        return
    bar = ax.figure.colorbar(artist, ax=ax, fraction=0.046, pad=0.04)
    bar.outline.set_visible(False)
    bar.set_label("sampling weight")


def _norm(weights: FloatArray) -> Any:
    from matplotlib.colors import LogNorm

    top = float(weights.max())
    if top <= WIDE * np.median(weights):
        return _style.color_scale(weights, False)
    return LogNorm(max(float(weights.min()), 1e-6 * top), top)


def dot_size(n: float) -> float:
    """Area of one of n dots, in square points."""
    return float(np.clip(2400 / n, 7, 42))


def _blocks(design: Any, wanted: bool | None, most: int) -> IntArray | None:
    """The block of each point when draws are to be told apart: when asked for, or when they are few."""
    if wanted is None:
        few = design.block_id is not None and 1 < len(np.unique(design.block_id)) <= most
        return design.block_id if few else None
    if not _validation.boolean(wanted, "blocks"):
        return None
    if design.block_id is None:
        raise InvalidParameterError(f"blocks is True; a design of method={design.method!r} has no draws of a DPP")
    count = len(np.unique(design.block_id))
    if count > most:
        raise InvalidParameterError(f"blocks is True; the design has {count} draws, and {most} can be told apart")
    return np.asarray(design.block_id)


# spaces --------------------------------------------------------------------------------------------------------------
def on_space(design: Any, ax: Any, *, inputs: Any = None, blocks: bool | None = None) -> Any:
    """One input along a line, two in the plane."""
    chosen = _checked_inputs(inputs, design.points.shape[1])
    if len(chosen) == 1:
        return _along_line(design, ax, chosen[0], _blocks(design, blocks, MOST_LANES))
    return _in_plane(design, ax, chosen, _blocks(design, blocks or False, len(_style.MARKERS)))


def _checked_inputs(inputs: Any, n_inputs: int) -> tuple[int, ...]:
    if inputs is None:
        return tuple(range(min(n_inputs, 2)))
    items = list(inputs) if isinstance(inputs, (tuple, list, np.ndarray)) else [inputs]
    numbers = [_validation.integer(item, "inputs", minimum=0, maximum=n_inputs - 1) for item in items]
    if len(numbers) not in (1, 2) or len(set(numbers)) < len(numbers):
        raise InvalidParameterError(f"inputs is {inputs!r}; it takes one or two different numbers of inputs, from 0")
    return tuple(numbers)


def _input_name(space: Any, j: int) -> str:
    name = "x" if space.n_inputs == 1 else f"x{j + 1}"
    return f"{name}, {space.univariate[j].description}" if hasattr(space, "univariate") else name


def _along_line(design: Any, ax: Any, j: int, blocks: IntArray | None) -> Any:
    x = design.points[:, j]
    names, lane = (("points",), np.zeros(len(x), dtype=np.intp)) if blocks is None else _lanes(blocks)
    places, heights, label = _line_curve(design.space, j, x)
    ax = _style.axes(ax, height=(3.6 if len(places) else 1.8) + 0.14 * len(names))
    top = _top(heights)
    if len(places):
        ax.fill_between(places, 0.0, heights, color=_style.PALE, alpha=0.45, linewidth=0)
        ax.plot(places, heights, color=_style.GREY, linewidth=1.3, gid="density")
        ax.axhline(0.0, color=_style.INK, linewidth=0.8)
    depth = np.asarray(-top * (0.10 + 0.075 * np.arange(len(names))), dtype=np.float64)
    ax.hlines(depth, *_ends(places, x), color=_style.PALE, linewidth=0.6, zorder=1)
    each = len(x) / len(names)
    scatter(ax, x, depth[lane], design.sampling_weights, size=dot_size(each), strokes=each > MOST_DOTS)
    ax.set_ylim(depth[-1] - 0.06 * top, 1.04 * top if len(places) else 0.0)
    ticks = [] if not len(places) else [tick for tick in ax.get_yticks() if 0 <= tick <= top]
    ax.set_yticks([*ticks, *depth], [*(f"{tick:.6g}" for tick in ticks), *names])
    for text in ax.get_yticklabels()[len(ticks) :]:
        text.set_fontsize("x-small")
    for line in ax.yaxis.get_ticklines()[2 * len(ticks) :]:
        line.set_visible(False)
    return _style.finish(ax, title=title(design), xlabel=_input_name(design.space, j), ylabel=label)


def _lanes(blocks: IntArray) -> tuple[tuple[str, ...], IntArray]:
    found, lane = np.unique(blocks, return_inverse=True)
    return tuple(f"draw {k + 1}" for k in range(len(found))), lane


def _ends(places: FloatArray, x: FloatArray) -> tuple[float, float]:
    return min(places.min(initial=np.inf), x.min()), max(places.max(initial=-np.inf), x.max())


def _line_curve(space: Any, j: int, x: FloatArray) -> tuple[FloatArray, FloatArray, str]:
    """Places, heights and name of the curve of the optimal measure; no places where it is not known."""
    if hasattr(space, "univariate"):
        places = _measures.grid(space, j, x, max(_measures.STEPS, 10 * int(space.indices[:, j].max())))
        return places, _measures.optimal_density(space, j, places), "density of the optimal measure"
    if space.n_inputs == 1 and hasattr(space, "nodes"):
        nodes = np.unique(space.nodes[:, 0])
        nodes = nodes[_thinned(len(nodes), MOST_NODES)]
        return nodes, space.christoffel(nodes) / space.dim, "k(x) / m at the nodes"
    return np.empty(0), np.empty(0), ""


def _top(heights: FloatArray) -> float:
    """Height of the picture: that of the curve, unless it has a narrow peak, which is cut."""
    finite = heights[np.isfinite(heights)]
    top = float(min(finite.max(), 4 * np.quantile(finite, 0.9))) if len(finite) else 0.0
    return top if top > 0 else 1.0


def _thinned(n: int, most: int) -> IntArray:
    """Evenly spread positions, the first and the last among them."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.intp))


def _in_plane(design: Any, ax: Any, chosen: tuple[int, ...], blocks: IntArray | None) -> Any:
    space = design.space
    x, y = (design.points[:, j] for j in chosen)
    ax = _style.axes(ax, height=4.8)
    words = (_bands if hasattr(space, "univariate") else _nodes)(ax, space, chosen, design.points)
    scatter(ax, x, y, design.sampling_weights, size=dot_size(len(x)), blocks=blocks)
    if blocks is not None:
        _style.legend(ax, fontsize="small")
    names = [_input_name(space, j) for j in chosen]
    return _style.finish(ax, title=title(design, words), xlabel=names[0], ylabel=names[1])


def _bands(ax: Any, space: Any, chosen: tuple[int, ...], points: FloatArray) -> str:
    """Bands of the density of the optimal measure with respect to mu; says so when there is but one."""
    from matplotlib.colors import LinearSegmentedColormap, LogNorm

    grids = tuple(_measures.grid(space, j, points[:, j], _measures.STEPS_EACH) for j in chosen)
    ratio = _measures.optimal_ratio(space, chosen, grids)
    ax.set_xlim(grids[0][0], grids[0][-1])
    ax.set_ylim(grids[1][0], grids[1][-1])
    levels = _levels(ratio)
    whole = space.n_inputs == 2
    if len(levels) == 1:
        name = "k(x) / m" if whole else "the optimal density of these inputs relative to their own"
        return f"{name} is {_style.number(float(ratio.mean()))} throughout"
    shades = LinearSegmentedColormap.from_list("bands", ("white", "#a0a0a0"))
    values = np.maximum(ratio.T, 1e-3 * levels[0])  # no logarithm of zero
    ends = {(True, True): "both", (True, False): "min", (False, True): "max", (False, False): "neither"}
    beyond = ends[bool(ratio.min() < levels[0]), bool(ratio.max() > levels[-1])]
    norm = LogNorm(levels[0], levels[-1])
    bands = ax.contourf(*grids, values, levels, cmap=shades, norm=norm, extend=beyond, zorder=0)
    bands.set_gid("bands")
    ax.contour(*grids, values, levels[1:-1], colors="white", linewidths=0.7, zorder=1)
    pad = 0.17 if ax.figure.get_layout_engine() is None else 0.02  # a layout engine makes room by itself
    place = {"location": "bottom", "fraction": 0.05, "pad": pad, "aspect": 40, "panchor": False}
    bar = ax.figure.colorbar(bands, ax=ax, ticks=levels, **place)
    bar.minorticks_off()
    bar.outline.set_visible(False)
    texts = [_style.number(level, 4 if level > 1 else 3) for level in levels]
    bar.ax.set_xticklabels(texts, fontsize="small")
    bar.set_label("k(x) / m" if whole else "density under the optimal measure / density under mu")
    return ""


def _levels(ratio: FloatArray) -> FloatArray:
    """Powers of two, or of a larger number, around the values or those of them that matter; one for a constant."""
    low, high = np.clip([ratio.min(), ratio.max()], *BAND_LIMITS)
    if high <= 1.001 * low:
        return np.array([high])
    first, last = np.floor(np.log2(low)), np.ceil(np.log2(high))
    step = max(1, int(np.ceil((last - first) / MOST_BANDS)))
    return np.asarray(2.0 ** np.arange(first, last + step, step))


def _nodes(ax: Any, space: Any, chosen: tuple[int, ...], points: FloatArray) -> str:
    """The nodes of a space that has them; says how many."""
    del points
    if not hasattr(space, "nodes"):
        return ""
    nodes = space.nodes[_thinned(len(space.nodes), MOST_NODES)]
    ax.scatter(*nodes[:, list(chosen)].T, s=4, color=_style.PALE, linewidths=0, zorder=1, gid="nodes")
    return f"grey: {'nodes' if len(nodes) == len(space.nodes) else f'{len(nodes)} of {len(space.nodes)} nodes'}"


def on_sphere(
    design: Any,
    ax: Any,
    *,
    projection: str = "mollweide",
    extent: Any = None,
    land: Any = None,
    blocks: bool | None = None,
) -> Any:
    """A map; the density of the optimal measure is constant and not drawn."""
    told = _blocks(design, blocks or False, len(_style.MARKERS))
    ax = _style.axes(ax, height=4.0, layout="compressed")
    _sphere.frame(ax, projection, extent, land)
    x, y = _sphere.project(projection, *Sphere().to_lonlat(design.points))
    scatter(ax, x, y, design.sampling_weights, size=dot_size(len(x)), blocks=told, clip=True)
    if told is not None:
        below = -0.02 if projection == "mollweide" else -0.24
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, below), ncols=4, frameon=False, fontsize="small")
    ax.set_title(title(design), loc="left", fontsize="medium", color=_style.INK)
    return ax


# pools ---------------------------------------------------------------------------------------------------------------
def on_pool(design: Any, ax: Any, *, columns: Any = None) -> Any:
    """Leverages in falling order with the rows of the design, or these rows in two columns of the pool."""
    if columns is not None:
        return _in_columns(design, ax, columns)
    pool = design._problem
    if pool is None:
        leverage = (design.features**2).sum(axis=1) / design.n_pool
        words = "the other rows of the pool were not kept with the design"
        ylabel = "leverage in the pool"
        ax = ranked(design, ax, leverage, np.arange(design.n), words=words, ylabel=ylabel, whole=False)
        ax.set_xlabel("rows of the design in falling order")
        return ax
    return ranked(design, ax, pool.rows.leverage, design.indices, words="", ylabel="leverage in the pool")


def ranked(
    design: Any,
    ax: Any,
    values: FloatArray,
    chosen: IntArray,
    *,
    words: str,
    ylabel: str,
    whole: bool = True,
) -> Any:
    """Values of rows in falling order, with dots for the chosen ones; those labelled before are squares.

    values : (N,). chosen : (n,) rows, one for each of the design. whole : the values are those of the whole pool.
    """
    ax = _style.axes(ax)
    order = np.argsort(-values, kind="stable")
    rank = np.empty(len(values), dtype=np.intp)
    rank[order] = np.arange(1, len(values) + 1)
    if whole:
        shown = _ranks_to_draw(len(values))
        ax.plot(shown + 1, values[order[shown]], color=_style.GREY, linewidth=1.3, gid="pool", label="rows of the pool")
    rows, first, counts = np.unique(chosen, return_index=True, return_counts=True)
    before = np.zeros(len(rows), dtype=bool) if design.given is None else design.given[first]
    size = dot_size(len(rows))
    for part, style, name in _new_and_given(before, counts, size):
        ax.scatter(rank[rows[part]], values[rows[part]], gid=name, clip_on=False, **style)
        ax.scatter([], [], label=name, **(style | {"s": max(size, 16.0), "alpha": 0.8}))
    if whole:
        line = {"color": _style.INK, "linewidth": 0.8, "linestyle": (0, (4, 3)), "zorder": 1}
        ax.axhline(float(values.mean()), label="mean of the pool", gid="mean", **line)
    if (counts > 1).any():
        large = {"s": 3 * max(size, 16.0), "color": _style.PLAIN, "linewidths": 0}
        ax.scatter([], [], label="larger: drawn more than once", **large)
    _logarithmic(ax, values)
    if len(values) > LINEAR_RANKS:
        ax.set_xscale("log")  # the few rows with much leverage decide about a fit
        ax.set_xlim(0.85, 1.15 * len(values))
    else:
        ax.set_xlim(1 - 0.02 * len(values), 1.02 * len(values))
    _style.legend(ax, fontsize="small")
    return _style.finish(ax, title=title(design, words), xlabel="rows of the pool in falling order", ylabel=ylabel)


def _ranks_to_draw(n: int) -> IntArray:
    """Positions in falling order, from 0: all of a few, else evenly spaced on the axis that is drawn."""
    if n <= LINEAR_RANKS:
        return np.arange(n)
    return np.unique(np.round(np.geomspace(1, n, 4000)).astype(np.intp)) - 1


def _new_and_given(before: BoolArray, counts: IntArray, size: float) -> list[tuple[IntArray, dict[str, Any], str]]:
    """Rows drawn and rows labelled before, with their styles and names."""
    drawn = {"color": _style.PLAIN, "linewidths": 0, "alpha": 0.8 if len(before) <= 200 else 0.3, "zorder": 5}
    parts = [(np.flatnonzero(~before), drawn, "drawn"), (np.flatnonzero(before), GIVEN, "labelled before")]
    return [(rows, {**style, "s": size * counts[rows]}, name) for rows, style, name in parts if len(rows)]


def _logarithmic(ax: Any, values: FloatArray) -> None:
    positive = values[values > 0]
    if len(positive) and positive.max() > 30 * positive.min():
        ax.set_yscale("log")
        ax.set_ylim(0.7 * max(float(positive.min()), 1e-6 * float(positive.max())), 1.4 * float(positive.max()))
    else:
        ax.set_ylim(0.0, 1.06 * float(values.max(initial=0.0)) or 1.0)


def _in_columns(design: Any, ax: Any, columns: Any) -> Any:
    names = design.pool_columns
    pair = [_column(item, names) for item in columns] if isinstance(columns, (tuple, list)) else []
    if len(pair) != 2:
        raise InvalidParameterError(f"columns is {columns!r}; it takes two columns of the pool, by name or number")
    if design._problem is None:
        raise InvalidParameterError("columns needs the pool, which a design from storage does not hold")
    matrix = design._problem.rows.matrix
    some = np.arange(len(matrix))
    if len(some) > MOST_ROWS:
        some = np.unique(np.random.default_rng(0).integers(len(matrix), size=MOST_ROWS))
    ax = _style.axes(ax, height=4.8)
    ax.scatter(*np.asarray(matrix[some][:, pair]).T, s=6, color=_style.PALE, linewidths=0, zorder=1, gid="pool")
    rows = np.asarray(matrix[design.indices][:, pair])
    before = np.zeros(design.n, dtype=bool) if design.given is None else np.asarray(design.given)
    size = dot_size(design.n)
    new = rows[~before]
    scatter(ax, new[:, 0], new[:, 1], design.sampling_weights[~before], size=size, label="drawn")
    if before.any():
        ax.scatter(*rows[before].T, s=1.4 * size, gid="labelled before", label="labelled before", **GIVEN)
        _style.legend(ax, fontsize="small")
    of = f"{len(some)} of {len(matrix)} rows" if len(some) < len(matrix) else "rows"
    xlabel, ylabel = (_style.wrapped(names[k], 60) for k in pair)
    return _style.finish(ax, title=title(design, f"grey: {of} of the pool"), xlabel=xlabel, ylabel=ylabel)


def _column(item: Any, names: tuple[str, ...]) -> int:
    if isinstance(item, str):
        return names.index(_validation.choice(item, names, "columns"))
    return _validation.integer(item, "columns", minimum=0, maximum=len(names) - 1)
