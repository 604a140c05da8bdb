"""Drawing functions on domains."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import BoolArray, FloatArray
from stattools.domains import Circle, Domain, Grid, Interval, Sphere
from stattools.plotting import _cells, _circle, _nodes, _sphere, _style


def draw_values(
    domain: Any,
    points: Any,
    values: Any,
    ax: Any = None,
    *,
    mask: Any = None,
    signed: bool = True,
    threshold: float | None = None,
    label: str = "value",
    ends: tuple[str, str] | None = None,
    title: str = "",
    **options: Any,
) -> Any:
    """Draw a function on a domain.

    A circle is drawn as a ring with values as the distance from it, an interval as a curve, a sphere as a map in
    longitude and latitude, a grid and flat domains of dimension two as an image, a graph as dots on its edges, a mesh
    from two sides.

    Parameters
    ----------
    domain : Domain
    points : (n, d) or (n,) array_like, or None
        Points of the domain, or node ids; by default ``domain.nodes()``.
    values : (n,) array_like
        NaN is left blank.
    ax : matplotlib Axes, optional
        Ordinary axes; a new figure by default.
    mask : (n,) array_like of bool, optional
        Points to outline.
    signed : bool, default True
        Colours diverge from zero; otherwise they grow from zero.
    threshold : float, optional
        Drawn at plus and minus its value: as lines, or in the colour bar.
    label : str
        What the values are, with their unit.
    ends : (str, str), optional
        What positive and negative values mean.
    title : str
    **options
        ``orientation`` ("clock" or "math") on a circle; ``projection`` ("equirectangular" or "mollweide"), ``extent``
        (west, east, south, north; degrees) and ``land`` (a list of (m, 2) lines of longitude and latitude) on a sphere;
        ``node_size`` (square points), ``positions`` (n, 2) and ``names`` (whether to write the names of the nodes; by
        default for up to 30 that have names) on a graph or a point cloud; ``view`` (elevation, azimuth; degrees) on a
        mesh.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InvalidParameterError
        The domain has no picture (more than two flat dimensions), an option does not fit it, or `ax` is not ordinary.
    InvalidDataError
        Values or mask of another number than the points, or infinite.

    Examples
    --------
    >>> from stattools.domains import Interval
    >>> x = np.linspace(0, 1, 50)
    >>> ax = draw_values(Interval(), x, np.sin(6 * x), label="sine")
    >>> ax.get_ylabel()
    'sine'
    """
    if not isinstance(domain, Domain):
        raise InvalidParameterError(f"domain is a {type(domain).__name__}; it takes a domain such as Circle(360)")
    points = domain.nodes() if points is None else domain.check_points(points)
    values = _validation.float_array(values, "values", ndim=1, finite=False)
    chosen = None if mask is None else _checked_mask(mask, len(points))
    if len(values) != len(points):
        raise InvalidDataError(f"values has {len(values)} entries for {len(points)} points")
    if np.isinf(values).any():
        raise InvalidDataError(f"values has {values[np.isinf(values)][0]} at row {int(np.isinf(values).argmax())}")
    draw, takes = _drawer(domain)
    for name in options:
        if name not in takes:
            known = f"it takes {', '.join(takes)}" if takes else "it takes none"
            raise InvalidParameterError(f"{name} is no option for a picture of {domain.description}; {known}")
    ax = _style.axes(ax, height=_height(domain), layout="constrained" if draw is _draw_curve else "compressed")
    common: dict[str, Any] = {"mask": chosen, "signed": signed, "threshold": threshold, "label": label}
    if draw in (_circle.draw, _draw_curve):
        common["ends"] = ends
    elif ends is not None:
        common["label"] = f"{label}\n← {ends[1]}    {ends[0]} →"
    draw(ax, domain, points, values, **common, **(takes | options))
    if title:
        ax.set_title(title, loc="left", fontsize="medium", color=_style.INK)
    return ax


def plot_slice(basis: Any, slice: Any = 0, *, ax: Any = None, **options: Any) -> Any:
    """Draw a slice function, an eigenfunction of the domain or a mix of those of one eigenspace.

    Parameters
    ----------
    basis : EigenBasis
    slice : int or str
        Number or name of the slice.
    ax : matplotlib Axes, optional
    **options
        As in `draw_values`.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InvalidParameterError
        There is no such slice, or the slicer has no domain.

    Examples
    --------
    >>> from stattools.domains import Circle
    >>> plot_slice(Circle(360, unit="deg").eigenbasis(4), "k = 1, 45 deg").get_title(loc="left")
    'slice k = 1, 45 deg'
    """
    domain = getattr(basis, "domain", None)
    if domain is None:
        raise InvalidParameterError("basis has no domain to draw on; it takes domain.eigenbasis(...)")
    s = slice_number(basis, slice)
    points = domain.nodes()
    name = basis.slice_names[s]
    defaults: dict[str, Any] = {"label": "slice function", "title": f"slice {name}"}
    return draw_values(domain, points, basis.evaluate(points)[:, s], ax, **(defaults | options))


def slice_number(slicer: Any, slice: Any) -> int:
    """The number of a slice given by number or name."""
    if isinstance(slice, str):
        return int(slicer.slice_names.index(_validation.choice(slice, slicer.slice_names, "slice")))
    return _validation.integer(slice, "slice", minimum=0, maximum=slicer.n_slices - 1)


def _checked_mask(mask: Any, n: int) -> BoolArray:
    array = np.asarray(mask)
    if array.dtype != np.bool_ or array.shape != (n,):
        raise InvalidDataError(f"mask has shape {array.shape} and type {array.dtype}; it must be booleans ({n},)")
    return array


def _height(domain: Any) -> float:
    if isinstance(domain, Interval) or _is_line(domain) or hasattr(domain, "faces"):
        return 3.6
    return 4.2


def _is_line(domain: Any) -> bool:
    return isinstance(domain, Grid) and domain.dimension == 1


def _drawer(domain: Any) -> tuple[Any, dict[str, Any]]:
    """The function that draws on a domain, and its own options with their defaults."""
    if isinstance(domain, Circle):
        return _circle.draw, {"orientation": None}
    if isinstance(domain, Sphere):
        return _sphere.draw, {"projection": "equirectangular", "extent": None, "land": None}
    if isinstance(domain, Grid):
        if domain.dimension > 2:
            raise InvalidParameterError(f"{domain.description} has {domain.dimension} axes; pictures show one or two")
        return (_draw_curve if domain.dimension == 1 else _draw_grid), {}
    if hasattr(domain, "faces"):
        return _nodes.draw_mesh, {"view": (20.0, -60.0)}
    if domain.is_discrete:
        return _nodes.draw_graph, {"node_size": None, "positions": None, "names": None}
    if domain.dimension == 1:
        return _draw_curve, {}
    if domain.dimension == 2 and domain.n_coordinates == 2:
        return _draw_plane, {}
    raise InvalidParameterError(f"{domain.description} has dimension {domain.dimension}; pictures show one or two")


def _draw_curve(
    ax: Any,
    domain: Any,
    points: Any,
    values: FloatArray,
    *,
    mask: BoolArray | None,
    signed: bool,
    threshold: float | None,
    label: str,
    ends: tuple[str, str] | None,
) -> Any:
    x = np.asarray(points, dtype=np.float64).ravel()
    order = np.argsort(x, kind="stable")
    x, v = x[order], values[order]
    ax.axhline(0.0, color=_style.GREY, linewidth=0.8)
    for k, sign in enumerate((1, -1)):
        name = ends[k] if ends is not None else None
        ax.fill_between(
            x, 0.0, v, where=sign * v >= 0, interpolate=True, color=_style.color(k), alpha=0.4, linewidth=0, label=name
        )
    ax.plot(x, v, color=_style.INK, linewidth=1.4, gid="values")
    if threshold is not None:
        for level in (threshold, -threshold) if signed else (threshold,):
            text = f"± {_style.number(threshold)} limit" if level == threshold else None
            ax.axhline(level, color=_style.INK, linewidth=0.8, linestyle=(0, (4, 3)), label=text)
    if mask is not None and mask.any():
        low = float(min(np.nanmin(v, initial=0.0), -(threshold or 0.0)))
        high = float(max(np.nanmax(v, initial=0.0), threshold or 0.0))
        edges = _cells.edges(x) if len(x) > 1 else np.r_[x - 0.5, x + 0.5]
        if not domain.is_discrete:
            edges = np.clip(edges, x[0], x[-1])
        marked = _style.spans(edges[:-1][mask[order]], edges[1:][mask[order]])
        bar = np.full(len(marked), low - 0.08 * (high - low))
        ax.plot(marked, bar, color=_style.MARK, linewidth=4, solid_capstyle="butt", label="marked", gid="mask")
    ax.margins(x=0 if not domain.is_discrete else 0.02)
    if ends is not None or threshold is not None or (mask is not None and mask.any()):
        _style.legend(ax, fontsize="small")
    return _style.finish(ax, xlabel="node" if domain.is_discrete else "position", ylabel=label)


def _draw_grid(
    ax: Any,
    domain: Any,
    points: Any,
    values: FloatArray,
    *,
    mask: BoolArray | None,
    signed: bool,
    threshold: float | None,
    label: str,
) -> Any:
    image = np.full(domain.n_nodes, np.nan)
    image[points] = values
    rows, columns = domain.shape
    artist = ax.imshow(
        image.reshape(rows, columns),
        cmap=_style.color_map(signed),
        norm=_style.color_scale(values, signed),
        origin="upper",
        interpolation="nearest",
        aspect="equal" if max(rows, columns) <= 4 * min(rows, columns) else "auto",
    )
    if mask is not None:
        chosen = np.zeros(domain.n_nodes, dtype=bool)
        chosen[points] = mask
        around = _cells.image(
            (np.arange(rows), np.arange(columns)),
            image.reshape(rows, columns),
            chosen.reshape(rows, columns),
            ((-0.5, rows - 0.5), (-0.5, columns - 0.5)),
            tuple(domain.periodic),
        )
        _cells.draw_outline(ax, [segment[:, ::-1] for segment in around.outline])
    _style.color_bar(ax, artist, label, mark=threshold)
    _style.finish(ax, xlabel="column (axis 1)", ylabel="row (axis 0)")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.yaxis.get_major_locator().set_params(integer=True)
    return ax


def flat_bounds(domain: Any) -> list[tuple[float, float]]:
    """Lowest and highest coordinate along each axis of a flat domain."""
    return [(0.0, float(a.period)) if hasattr(a, "period") else (float(a.low), float(a.high)) for a in domain.axes]


def _draw_plane(
    ax: Any,
    domain: Any,
    points: Any,
    values: FloatArray,
    *,
    mask: BoolArray | None,
    signed: bool,
    threshold: float | None,
    label: str,
) -> Any:
    colors = {"cmap": _style.color_map(signed), "norm": _style.color_scale(values, signed)}
    bounds = flat_bounds(domain)
    cells = _cells.regular(np.asarray(points))
    if cells is None:
        edge = None if mask is None else [_style.MARK if chosen else "none" for chosen in mask]
        artist = ax.scatter(points[:, 0], points[:, 1], c=values, s=18, edgecolors=edge, linewidths=0.9, **colors)
    else:
        ticks, order = cells
        shape = (len(ticks[0]), len(ticks[1]))
        periodic = [hasattr(axis, "period") for axis in domain.axes]
        chosen = None if mask is None else mask[order].reshape(shape)
        image = _cells.image(ticks, values[order].reshape(shape), chosen, bounds, periodic)
        artist = ax.pcolormesh(*image.borders, image.values.T, rasterized=True, **colors)
        if mask is not None:
            _cells.draw_outline(ax, image.outline)
    ax.set_xlim(*bounds[0])
    ax.set_ylim(*bounds[1])
    for axis, factor in ((ax.xaxis, domain.axes[0]), (ax.yaxis, domain.axes[1])):
        if hasattr(factor, "period") and np.isclose(factor.period, 2 * np.pi):
            axis.set_ticks(np.arange(5) * np.pi / 2, ["0", "π/2", "π", "3π/2", "2π"])
        elif hasattr(factor, "period") and factor.period in (12, 24, 360):
            axis.set_ticks(np.linspace(0, factor.period, 5))
    _style.color_bar(ax, artist, label, mark=threshold)
    names = [
        "angle"
        if hasattr(axis, "period")
        else "height"
        if any(hasattr(a, "period") for a in domain.axes)
        else f"coordinate {k + 1}"
        for k, axis in enumerate(domain.axes)
    ]
    if names == ["angle", "angle"]:
        names = ["angle 1", "angle 2"]
    return _style.finish(ax, xlabel=names[0], ylabel=names[1])
