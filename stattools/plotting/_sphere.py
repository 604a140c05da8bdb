"""Maps of the sphere on ordinary axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidParameterError
from stattools._typing import BoolArray, FloatArray
from stattools.plotting import _cells, _style

PROJECTIONS = ("equirectangular", "mollweide")


def mollweide(lon: Any, lat: Any) -> tuple[FloatArray, FloatArray]:
    """Equal-area coordinates: x in [-2, 2] (times root 2), y in [-1, 1] (times root 2); degrees in.

    References
    ----------
    Snyder (1987), Map projections: a working manual, USGS Professional Paper 1395, eqs. (31-1) to (31-3).
    """
    phi = np.deg2rad(np.asarray(lat, dtype=np.float64))
    theta = phi.copy()
    target = np.pi * np.sin(phi)
    for _ in range(60):  # Newton; halves its error only at the poles, where the derivative vanishes
        slope = np.maximum(2 + 2 * np.cos(2 * theta), 1e-9)
        theta = np.clip(theta - (2 * theta + np.sin(2 * theta) - target) / slope, -np.pi / 2, np.pi / 2)
    x = 2 * np.sqrt(2) / np.pi * np.deg2rad(np.asarray(lon, dtype=np.float64)) * np.cos(theta)
    return x, np.sqrt(2) * np.sin(theta)


def project(projection: str, lon: Any, lat: Any) -> tuple[FloatArray, FloatArray]:
    """Plane coordinates of places in degrees."""
    if projection == "mollweide":
        return mollweide(lon, lat)
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def checked_extent(extent: Any) -> tuple[float, float, float, float] | None:
    """(west, east, south, north) in degrees."""
    if extent is None:
        return None
    try:
        west, east, south, north = (_validation.real(value, "extent") for value in extent)
    except (TypeError, ValueError):
        raise InvalidParameterError(f"extent is {extent!r}; it is (west, east, south, north) in degrees") from None
    if not (west < east <= west + 360 and -180 <= west and east <= 180 and -90 <= south < north <= 90):
        raise InvalidParameterError(
            f"extent is {(west, east, south, north)}; west < east within [-180, 180] and south < north within [-90, 90]"
        )
    return west, east, south, north


def frame(ax: Any, projection: str, extent: Any = None, land: Any = None) -> None:
    """Graticule, ticks in degrees and coast lines."""
    _validation.choice(projection, PROJECTIONS, "projection")
    bounds = checked_extent(extent)
    for line in () if land is None else land:
        lon, lat = _coast(line)
        ax.plot(*project(projection, lon, lat), color=_style.INK, linewidth=0.6, gid="land", zorder=3)
    if projection == "equirectangular":
        _plain_frame(ax, bounds)
        return
    if bounds is not None:
        raise InvalidParameterError(
            "extent needs projection='equirectangular'; the Mollweide map shows the whole sphere"
        )
    from matplotlib.patheffects import Normal, Stroke

    style = {"color": _style.PALE, "linewidth": 0.6, "zorder": 2}
    for parallel in range(-60, 61, 30):
        ax.plot(*mollweide(np.linspace(-180, 180, 91), np.full(91, parallel)), **style)
        (x,), (y,) = mollweide([-180.0], [float(parallel)])
        ax.text(x - 0.06, y, _degrees(parallel, "NS"), ha="right", va="center", fontsize="small", color=_style.INK)
    for meridian in range(-180, 181, 60):
        edge = abs(meridian) == 180
        at = np.linspace(-90, 90, 181)
        ax.plot(
            *mollweide(np.full(181, meridian), at),
            **(style | ({"color": _style.GREY, "linewidth": 0.9} if edge else {})),
        )
        if not edge:
            (x,), (y,) = mollweide([float(meridian)], [0.0])
            text = ax.text(
                x, y, _degrees(meridian, "EW"), ha="center", va="center", fontsize="x-small", color=_style.INK, zorder=4
            )
            text.set_path_effects([Stroke(linewidth=2.5, foreground="white"), Normal()])
    _style.bare(ax)


def _plain_frame(ax: Any, bounds: tuple[float, float, float, float] | None) -> None:
    west, east, south, north = bounds or (-180.0, 180.0, -90.0, 90.0)
    ax.set_xlim(west, east)
    ax.set_ylim(south, north)
    for axis, low, high, letters in ((ax.xaxis, west, east, "EW"), (ax.yaxis, south, north, "NS")):
        step = next(s for s in (1, 2, 5, 10, 15, 30, 60, 90) if (high - low) / s <= 6 or s == 90)
        ticks = [int(t) for t in np.arange(np.ceil(low / step) * step, high + 1e-9, step)]
        axis.set_ticks(ticks, [_degrees(t, letters) for t in ticks])
    ax.set_aspect("equal" if bounds is None else 1 / max(np.cos(np.deg2rad((south + north) / 2)), 0.2))
    ax.grid(color=_style.PALE, linewidth=0.5, zorder=0)
    ax.set_axisbelow(True)
    ax.set(xlabel="longitude", ylabel="latitude")


def _degrees(value: float, letters: str) -> str:
    value = round(value)
    return f"{abs(value)}°" + ("" if value in (0, 180, -180) else letters[0] if value > 0 else letters[1])


def _coast(line: Any) -> tuple[FloatArray, FloatArray]:
    """Longitudes and latitudes with a break where the line crosses the 180th meridian."""
    points = _validation.float_array(line, "land", ndim=2, finite=False)
    if points.shape[1] != 2:
        raise InvalidParameterError(f"land has a line of shape {points.shape}; each is (m, 2), longitude and latitude")
    lon = (points[:, 0] + 180) % 360 - 180
    jumps = np.flatnonzero(np.abs(np.diff(lon)) > 180) + 1
    return np.insert(lon, jumps, np.nan), np.insert(points[:, 1], jumps, np.nan)


def draw(
    ax: Any,
    domain: Any,
    points: FloatArray,
    values: FloatArray,
    *,
    mask: BoolArray | None,
    signed: bool,
    threshold: float | None,
    label: str,
    projection: str,
    extent: Any,
    land: Any,
) -> Any:
    """Cells of a regular grid of places as an image, other places as dots."""
    lon, lat = domain.to_lonlat(points)
    colors = {"cmap": _style.color_map(signed), "norm": _style.color_scale(values, signed)}
    cells = _cells.regular(np.column_stack([lon, lat]).round(9))
    frame(ax, projection, extent, land)
    if cells is None:
        order = np.argsort(np.abs(values), kind="stable")
        x, y = project(projection, lon[order], lat[order])
        edge = None if mask is None else np.where(mask[order], _style.MARK, "none")
        artist = ax.scatter(x, y, c=values[order], s=18, edgecolors=edge, linewidths=0.9, **colors, zorder=1)
    else:
        ticks, order = cells
        shape = (len(ticks[0]), len(ticks[1]))
        around = bool(np.ptp(ticks[0]) + 2 * (ticks[0][1] - ticks[0][0]) > 360)  # a patch of the sphere has no seam
        chosen = None if mask is None else mask[order].reshape(shape)
        image = _cells.image(ticks, values[order].reshape(shape), chosen, ((-180, 180), (-90, 90)), (around, False))
        corners = project(projection, *np.meshgrid(*image.borders, indexing="ij"))
        artist = ax.pcolormesh(*corners, image.values, shading="flat", rasterized=True, zorder=0, **colors)
        if mask is not None:
            _cells.draw_outline(ax, [np.column_stack(project(projection, s[:, 0], s[:, 1])) for s in image.outline])
    _style.color_bar(ax, artist, label, mark=threshold, horizontal=True)
    return ax
