"""Places of a domain: which hold data, and what they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stattools._typing import FloatArray
from stattools.results._format import number

if TYPE_CHECKING:
    from stattools.distributions import DistributionArray

CHUNK = 2000
HELD = 0.25  # of the mass that a place would have if all were alike


def holding_data(units: DistributionArray, points: Any, basis: Any = None) -> Any:
    """Which points of a map hold data: at least a quarter of the mean mass of a point, over all units.

    A map is smooth, and therefore not zero where nothing was observed; words about places should not speak of those.
    In a continuous space observations are often rounded, and then single points say little: with a basis it is the
    density of all units, smoothed as `localize` does, that must be at least a quarter of the uniform one.

    Parameters
    ----------
    units : DistributionArray
        On a domain.
    points : (n, d) or (n,) array
        Points of the map.
    basis : EigenBasis, optional
        Of a continuous domain.

    Returns
    -------
    (n,) bool

    Examples
    --------
    >>> from stattools import Circle, DistributionArray
    >>> units = DistributionArray.from_samples([[0.0, 0.0], [90.0, 0.0]], domain=Circle(360))
    >>> holding_data(units, np.array([[0.0], [90.0], [180.0], [270.0]]))
    array([ True,  True, False, False])
    """
    if basis is not None and not units.domain.is_discrete:
        return smoothed_density(units, points, basis) >= HELD
    masses = pooled_masses(units, points)
    return masses >= HELD / len(masses)


def smoothed_density(units: DistributionArray, points: Any, basis: Any) -> FloatArray:
    """(n,) mean density of the units, 1 where it is that of the uniform law, by the heat kernel of `localize`."""
    from stattools.twosample.localization import DENSITY_TIME

    atoms, masses = _pooled(units)
    damped = np.exp(-DENSITY_TIME / basis.eigenvalues.max() * basis.eigenvalues)
    means = masses @ basis.evaluate_eigenfunctions(atoms)
    scale = basis.domain.volume if basis.normalization == "volume" else 1.0
    return np.asarray(1 + scale * (basis.evaluate_eigenfunctions(points) @ (damped * means)))


def pooled_masses(units: DistributionArray, points: Any) -> FloatArray:
    """(n,) mean mass of the units nearest to each point; every unit counts the same."""
    atoms, masses = _pooled(units)
    found = np.zeros(len(points))
    if units.domain.is_discrete:
        np.add.at(found, _positions(atoms, points), masses)
        return found
    for start in range(0, len(atoms), CHUNK):
        part = slice(start, start + CHUNK)
        nearest = units.domain.distances(atoms[part], points).argmin(axis=1)
        np.add.at(found, nearest, masses[part])
    return found


def _pooled(units: DistributionArray) -> tuple[Any, FloatArray]:
    """Distinct atoms of all units with their mean masses."""
    parts = [units.atoms(i) for i in range(len(units))]
    atoms = np.concatenate([np.asarray(points) for points, _ in parts])
    masses = np.concatenate([weights for _, weights in parts]) / len(parts)
    distinct, position = np.unique(atoms, axis=0, return_inverse=True)
    return distinct, np.bincount(position.ravel(), weights=masses).astype(np.float64)


def _positions(nodes: Any, points: Any) -> Any:
    order = np.argsort(points)
    return order[np.searchsorted(np.asarray(points)[order], nodes)]


def place_text(domain: Any, point: Any) -> str:
    """A point of a domain in words.

    Examples
    --------
    >>> from stattools import Circle, Grid
    >>> place_text(Circle(360, unit="deg"), [210.0]), place_text(Grid((8, 8)), 17)
    ('210 deg', 'row 3, column 2')
    """
    kind = type(domain).__name__
    if kind == "Sphere":
        (lon,), (lat,) = domain.to_lonlat(np.atleast_2d(point))
        return f"{_side(lat, 'N', 'S')}, {_side(lon, 'E', 'W')}"
    if kind == "Grid":
        index = [int(i) + 1 for i in np.unravel_index(int(point), domain.shape)]
        return f"row {index[0]}, column {index[1]}" if len(index) == 2 else f"cell {tuple(index)}"
    if domain.is_discrete:
        names = getattr(domain, "names", None)
        return names[int(point)] if names else f"node {int(point)}"
    values = [number(x, 3) for x in np.atleast_1d(point)]
    return f"{values[0]} {getattr(domain, 'unit', '')}".strip() if len(values) == 1 else f"({', '.join(values)})"


def _side(angle: float, positive: str, negative: str) -> str:
    return f"{abs(angle):.3g} {positive if angle >= 0 else negative}"
