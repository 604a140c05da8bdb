"""Pictures of collections of distributions."""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import FloatArray
from stattools.domains import Circle, Sphere
from stattools.plotting import _cells, _circle, _sphere, _style
from stattools.plotting.domains import draw_values, flat_bounds

MOST_LINES = 100
MOST_POINTS = 20_000


def plot_distributions(
    array: Any,
    *,
    ax: Any = None,
    group: Any = None,
    bins: int | None = None,
    individuals: bool = False,
    title: str | None = None,
    **options: Any,
) -> Any:
    """Draw a collection of distributions, each of equal weight.

    On the line and on an interval: mean densities of the groups, over those of the single distributions. On a circle:
    roses, whose sectors have areas in proportion to mass. In the plane and on the sphere: the points, coloured by
    group. On a grid, graph or mesh and on flat domains of dimension two: the mean mass, of one group at a time.

    Parameters
    ----------
    array : DistributionArray
    ax : matplotlib Axes, optional
    group : label, optional
        Draw this group alone.
    bins : int, optional
        Bins along each axis: 36 on a circle, 40 elsewhere. For pictures of densities only, not of points and nodes.
    individuals : bool, default False
        On the line and on an interval: also the single distributions, at most 100 a group and evenly chosen, as pale
        frequency polygons.
    title : str, optional
    **options
        On domains as in `draw_values`.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InvalidParameterError
        There is no such group, the space has more than two dimensions, or its picture does not take an option.

    Examples
    --------
    >>> from stattools import Circle, DistributionArray
    >>> domain = Circle(360, unit="deg")
    >>> winds = DistributionArray.from_samples([[350, 10, 20], [90, 100]], domain=domain, groups=["a", "b"])
    >>> ax = plot_distributions(winds)
    """
    from stattools.distributions import DistributionArray
    from stattools.distributions.summaries import is_on_line

    if not isinstance(array, DistributionArray):
        raise InvalidDataError(f"array is a {type(array).__name__}; it takes a DistributionArray")
    bins = None if bins is None else _validation.integer(bins, "bins", minimum=1, maximum=10_000)
    individuals = _validation.boolean(individuals, "individuals")
    members = _members(array, group)
    domain = array.domain
    text = title if title is not None else f"{sum(map(len, members.values()))} distributions {array.place}"
    if is_on_line(array):
        _refuse(options, ())
        return _densities(array, members, ax, bins=bins, individuals=individuals, title=text)
    if individuals:
        raise InvalidParameterError(
            f"individuals is True; single distributions {array.place} are drawn one at a time: array[[i]]"
        )
    if bins is not None and (domain is None or domain.is_discrete or isinstance(domain, Sphere)):
        raise InvalidParameterError(f"bins is {bins}; distributions {array.place} are drawn without bins")
    if domain is None:
        if array.n_coordinates > 2:
            raise InvalidParameterError(f"the distributions are {array.place}; pictures show one or two dimensions")
        _refuse(options, ())
        return _points(array, members, ax, title=text)
    if isinstance(domain, Circle):
        _refuse(options, ("orientation",))
        return _roses(array, members, ax, bins=bins or 36, title=text, **options)
    if isinstance(domain, Sphere):
        _refuse(options, ("projection", "extent", "land"))
        return _places(array, members, ax, title=text, **options)
    return _mean_mass(array, members, ax, bins=bins or 40, title=text, **options)


def _refuse(options: Any, known: tuple[str, ...]) -> None:
    for name in options:
        if name not in known:
            raise InvalidParameterError(
                f"{name} is no option here; there {'are ' + ', '.join(known) if known else 'is none'}"
            )


def _members(array: Any, group: Any) -> dict[Any, Any]:
    """Positions of the distributions of each group; one group named None without labels."""
    if array.groups is None:
        if group is not None:
            raise InvalidParameterError(f"group is {group!r}; the distributions have no groups")
        return {None: np.arange(len(array))}
    members = {level: np.flatnonzero(array.groups == level) for level in array.group_levels}
    if group is None:
        return members
    if group not in members:
        known = ", ".join(repr(level) for level in members)
        raise InvalidParameterError(f"group is {group!r}; there are {known}")
    return {group: members[group]}


def pooled(array: Any, rows: Any) -> tuple[Any, FloatArray]:
    """Atoms of some distributions with masses that sum to one, each distribution of equal weight."""
    if array.is_shared:
        return array.points, np.asarray(array.masses[rows].mean(axis=0))
    atoms = [array.atoms(int(i)) for i in rows]
    return np.concatenate([p for p, _ in atoms]), np.concatenate([m for _, m in atoms]) / len(rows)


def _evenly(rows: Any, most: int) -> Any:
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).round().astype(int)]


def _order_of(array: Any, level: Any) -> int:
    """The colour of a group does not depend on which groups are drawn."""
    return 0 if level is None else array.group_levels.index(level)


def _densities(array: Any, members: Any, ax: Any, *, bins: int | None, individuals: bool, title: str) -> Any:
    ax = _style.axes(ax)
    edges = _line_edges(array, members, bins)
    for level, rows in members.items():
        k = _order_of(array, level)
        for i in _evenly(rows, MOST_LINES) if individuals else ():
            wide = edges if array.is_shared else np.linspace(edges[0], edges[-1], len(edges) // 3 + 1)
            heights = _heights(array.atoms(int(i)), wide)
            ax.plot((wide[1:] + wide[:-1]) / 2, heights, color=_style.color(k), linewidth=0.6, alpha=0.3, zorder=1)
        label = None if level is None else _style.group_name(level, len(rows))
        heights = _heights(pooled(array, rows), edges)
        ax.stairs(
            heights,
            edges,
            color=_style.color(k),
            linewidth=2.0,
            label=label,
            linestyle=("-", "--", "-.", ":")[k % 4],
            gid=f"mean {k}",
        )
    if None not in members:
        _style.legend(ax, fontsize="small", title="mean density", title_fontsize="small")
    ax.set_ylim(0, None)
    return _style.finish(ax, title=title, xlabel="value" if array.domain is None else "position", ylabel="density")


def _line_edges(array: Any, members: Any, bins: int | None) -> FloatArray:
    points = np.asarray(
        array.points
        if array.is_shared
        else np.concatenate([array.atoms(int(i))[0] for r in members.values() for i in r])
    )
    points = points.astype(np.float64).ravel()
    low, high = float(points.min()), float(points.max())
    if array.domain is not None:
        low, high = array.domain.axes[0].low, array.domain.axes[0].high
    ticks = np.unique(points)
    if array.is_shared and bins is None and 2 <= len(ticks) <= 200:  # a histogram keeps its own bins
        return _cells.edges(ticks)
    if high == low:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, (bins or 40) + 1)


def _heights(atoms: tuple[Any, FloatArray], edges: FloatArray) -> FloatArray:
    points, masses = atoms
    shares, _ = np.histogram(np.asarray(points).ravel(), edges, weights=masses)
    return np.asarray(shares / np.diff(edges))


def _points(array: Any, members: Any, ax: Any, *, title: str) -> Any:
    ax = _style.axes(ax)
    _group_dots(ax, array, members, lambda p: (p[:, 0], p[:, 1]), corner="upper right")
    ax.set_aspect("equal", adjustable="datalim")
    ax.autoscale_view()
    return _style.finish(ax, title=title, xlabel="coordinate 1", ylabel="coordinate 2")


def _group_dots(ax: Any, array: Any, members: Any, project: Any, *, corner: str) -> None:
    """Points of each group, of areas in proportion to mass; of very many an even choice."""
    each = max(1, MOST_POINTS // len(members))
    for level, rows in members.items():
        points, masses = pooled(array, rows)
        keep = _evenly(np.flatnonzero(masses > 0), each)
        relative = masses[keep] / masses[keep].mean()
        size = float(np.clip(12000 / max(len(keep), 1), 3, 30))
        label = None if level is None else _style.group_name(level, len(rows))
        k = _order_of(array, level)
        ax.scatter(
            *project(points[keep]),
            s=np.clip(size * relative, 0.3, 200),
            color=_style.color(k),
            marker="o",
            alpha=0.4,
            linewidths=0,
            label=label,
            zorder=2,
        )
    if None not in members:
        key = ax.legend(facecolor="white", edgecolor="none", framealpha=0.85, fontsize="small", loc=corner)
        for handle in key.legend_handles:
            handle.set_sizes([30])
            handle.set_alpha(1.0)


def _places(
    array: Any,
    members: Any,
    ax: Any,
    *,
    title: str,
    projection: str = "equirectangular",
    extent: Any = None,
    land: Any = None,
) -> Any:
    ax = _style.axes(ax, height=3.8)
    _sphere.frame(ax, projection, extent, land)
    places = partial(_project, domain=array.domain, projection=projection)
    _group_dots(ax, array, members, places, corner="lower left")
    ax.set_title(title, loc="left", fontsize="medium", color=_style.INK)
    return ax


def _project(points: Any, *, domain: Any, projection: str) -> tuple[FloatArray, FloatArray]:
    return _sphere.project(projection, *domain.to_lonlat(points))


def _roses(array: Any, members: Any, ax: Any, *, bins: int, title: str, orientation: str | None = None) -> Any:
    ax = _style.axes(ax)
    domain = array.domain
    sense = _circle.turn(domain, orientation)
    edges = np.linspace(0, domain.period, bins + 1)
    shares = {level: _rose_shares(array, rows, edges) for level, rows in members.items()}
    top = max(float(share.max()) for share in shares.values())
    from matplotlib.patheffects import withStroke

    halo = withStroke(linewidth=1.6, foreground="white")
    free = _emptiest(list(shares.values()), edges, domain)
    for fraction in (0.25, 0.5, 0.75, 1.0):
        radius = np.sqrt(fraction)
        _circle.ring(ax, domain, radius, sense, color=_style.PALE, linewidth=0.7)
        (x,), (y,) = _circle.place([free], radius, domain, sense)
        text = ax.text(x, y, _percent(fraction * top), fontsize="x-small", color=_style.INK, ha="center", va="center")
        text.set(path_effects=[halo], zorder=4)
    for level, rows in members.items():
        k = _order_of(array, level)
        x, y = _rose(shares[level], edges, top, domain, sense)
        ax.fill(x, y, color=_style.color(k), alpha=0.18, linewidth=0)
        ax.plot(
            x,
            y,
            color=_style.color(k),
            linewidth=1.8,
            linestyle=("-", "--", "-.", ":")[k % 4],
            label=_style.group_name("all" if level is None else level, len(rows)),
            gid=f"mean {k}",
        )
    _circle.write_ticks(ax, domain, 1.02, sense)
    _circle.make_room(ax, 1.02)
    about = f"mean share of mass,\nsectors of {_style.number(domain.period / bins)}{_unit(domain)}"
    _circle.key(ax, 1.02, title=about)
    return _style.bare(ax, title=title)


def _emptiest(shares: list[FloatArray], edges: FloatArray, domain: Any) -> float:
    """Where labels of radii cross the outlines least: of the places between the ticks the one of shortest sectors."""
    places = (np.arange(8) + 0.5) * domain.period / 8
    middles = (edges[1:] + edges[:-1]) / 2
    away = np.abs(places[:, None] - middles)
    near = np.minimum(away, domain.period - away) <= max(domain.period / 24, edges[1] - edges[0])
    longest = np.max(shares, axis=0)
    return float(places[np.argmin(np.where(near, longest, 0.0).max(axis=1))])


def _percent(share: float) -> str:
    """A share in percent, never in powers of ten."""
    value = 100 * share
    return f"{value:.0f} %" if value >= 99.5 else f"{value:.2g} %"


def _unit(domain: Any) -> str:
    return "°" if domain.unit in ("deg", "degree", "degrees") else f" {domain.unit}" if domain.unit else ""


def _rose_shares(array: Any, rows: Any, edges: FloatArray) -> FloatArray:
    points, masses = pooled(array, np.asarray(rows))
    return np.histogram(np.asarray(points).ravel(), edges, weights=masses)[0]


def _rose(shares: FloatArray, edges: FloatArray, top: float, domain: Any, sense: Any) -> tuple[FloatArray, FloatArray]:
    """Outline of sectors whose area is in proportion to their share; the radius is its square root."""
    steps = [np.linspace(a, b, 9) for a, b in itertools.pairwise(edges)]
    around = np.concatenate([*steps, edges[:1]])
    radius = np.append(np.repeat(np.sqrt(shares / top), 9), np.sqrt(shares[0] / top))
    return _circle.place(around, radius, domain, sense)


def _mean_mass(array: Any, members: Any, ax: Any, *, bins: int, title: str, **options: Any) -> Any:
    domain = array.domain
    rows = np.concatenate(list(members.values()))
    points, masses = pooled(array, rows)
    name = next(iter(members)) if len(members) == 1 else None
    heading = title if name is None else f"{title}, group {_style.group_name(name)}"
    settings: dict[str, Any] = {"signed": False, "title": heading}
    if domain.is_discrete:
        at_nodes = np.bincount(points, weights=masses, minlength=domain.n_nodes)
        return draw_values(domain, None, at_nodes, ax, **({"label": "mean share of mass"} | settings | options))
    if domain.dimension != 2:
        hint = f"use Circle({domain.volume:g})" if domain.dimension == 1 else "pictures show one or two"
        raise InvalidParameterError(f"{domain.description} has dimension {domain.dimension}; {hint}")
    edges = [np.linspace(low, high, bins + 1) for low, high in flat_bounds(domain)]
    heights, *_ = np.histogram2d(points[:, 0], points[:, 1], edges, weights=masses)
    area = np.outer(np.diff(edges[0]), np.diff(edges[1]))
    middles = np.meshgrid(*((e[1:] + e[:-1]) / 2 for e in edges), indexing="ij")
    support = np.column_stack([m.ravel() for m in middles])
    return draw_values(
        domain, support, (heights / area).ravel(), ax, **({"label": "mean density"} | settings | options)
    )
