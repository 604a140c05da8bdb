"""Domains as text, for the command line."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from stattools import _validation
from stattools._errors import InvalidParameterError
from stattools._typing import ArrayLike, FloatArray
from stattools.domains.base import Domain
from stattools.domains.euclidean import Box, Circle, Cylinder, Interval, Torus
from stattools.domains.grid import Grid
from stattools.domains.sphere import Sphere

FORMS = (
    "line, interval:LOW,HIGH, circle:PERIOD, torus:PERIOD1,PERIOD2, cylinder:PERIOD,LOW,HIGH, "
    "box:LOW1,HIGH1,LOW2,HIGH2, sphere, sphere-lonlat, grid:8x8"
)


def parse_domain(text: str) -> Domain | None:
    """A domain from a short text.

    Parameters
    ----------
    text : str
        ``line``, ``interval:0,10``, ``circle:360``, ``torus:360,24``, ``cylinder:24,0,100``, ``box:0,1,0,2`` (two
        numbers for each coordinate), ``sphere`` (columns x, y, z), ``sphere-lonlat`` (columns longitude and latitude in
        degrees; see `parse_points`), or ``grid:8x8``.

    Returns
    -------
    Domain, or None for ``line``

    Raises
    ------
    InvalidParameterError
        The text has none of these forms.

    Examples
    --------
    >>> parse_domain("circle:360")
    Circle(360)
    >>> parse_domain("grid:8x8")
    Grid(8 x 8)
    """
    if not isinstance(text, str):
        raise InvalidParameterError(f"domain is {text!r}; it must be text such as {FORMS}")
    kind, _, rest = text.strip().partition(":")
    kind = kind.strip().lower()
    if kind not in _MAKERS:
        _validation.choice(kind, tuple(_MAKERS), "domain")
    if kind == "grid":
        parts = [part.strip() for part in rest.lower().split("x")]
        return Grid(tuple(int(v) for v in _numbers(parts, text, whole=True)))
    numbers = _numbers([part.strip() for part in rest.split(",")] if rest.strip() else [], text)
    count, make = _MAKERS[kind]
    if (count is not None and len(numbers) != count) or (kind == "torus" and not numbers):
        raise InvalidParameterError(f"domain is {text!r}; the forms are {FORMS}")
    return make(numbers, text)


def _numbers(parts: list[str], text: str, *, whole: bool = False) -> list[float]:
    try:
        return [int(part) if whole else float(part) for part in parts]
    except ValueError:
        raise InvalidParameterError(
            f"domain is {text!r}, which holds something that is not a number; the forms are {FORMS}"
        ) from None


def _box(numbers: list[float], text: str) -> Domain:
    if not numbers or len(numbers) % 2:
        raise InvalidParameterError(
            f"domain is {text!r}; a box takes two numbers for each coordinate, LOW1,HIGH1,LOW2,HIGH2"
        )
    return Box(list(zip(numbers[::2], numbers[1::2], strict=True)))


_MAKERS: dict[str, tuple[int | None, Callable[[list[float], str], Domain | None]]] = {
    "line": (0, lambda numbers, text: None),
    "interval": (2, lambda numbers, text: Interval(*numbers)),
    "circle": (1, lambda numbers, text: Circle(numbers[0])),
    "torus": (None, lambda numbers, text: Torus(numbers)),
    "cylinder": (3, lambda numbers, text: Cylinder(numbers[0], (numbers[1], numbers[2]))),
    "box": (None, _box),
    "sphere": (0, lambda numbers, text: Sphere()),
    "sphere-lonlat": (0, lambda numbers, text: Sphere()),
    "grid": (None, lambda numbers, text: None),
}


def parse_points(text: str, values: ArrayLike) -> FloatArray:
    """Columns of a table as points of the domain that `text` names.

    Longitudes and latitudes become unit vectors for ``sphere-lonlat``; everything else is passed on.

    Examples
    --------
    >>> parse_points("sphere-lonlat", [[0.0, 90.0]]).round(6)
    array([[0., 0., 1.]])
    """
    array = _validation.float_array(values, "values", ndim=(1, 2), empty=True)
    if text.strip().lower() != "sphere-lonlat":
        return array
    if array.ndim != 2 or array.shape[1] != 2:
        raise InvalidParameterError(
            f"sphere-lonlat takes two columns, longitude and latitude; values has shape {array.shape}"
        )
    return np.asarray(Sphere.from_lonlat(array[:, 0], array[:, 1]))
