"""The unit sphere in three dimensions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stattools import _random, _validation
from stattools._errors import AssumptionWarning, InvalidDataError, warn
from stattools._typing import ArrayLike, FloatArray, IntArray, Seed
from stattools.domains._harmonics import real_harmonics
from stattools.domains._tails import sphere_tail
from stattools.domains.base import Domain, Spectrum, as_array, columns
from stattools.domains.weightings import Weighting
from stattools.results.serialization import register

MANY_PLACES = 20
UNIT_TOLERANCE = 1e-6


@register
@dataclass(frozen=True, eq=False, repr=False)
class Sphere(Domain):
    """The unit sphere: directions in space, places on the Earth. Points are unit vectors (x, y, z).

    Eigenfunctions are the real spherical harmonics of degree l = 1, 2, ..., with eigenvalue l (l + 1) and 2 l + 1
    functions for each degree. Distances are arcs, in radians.

    Examples
    --------
    >>> sphere = Sphere()
    >>> equator = Sphere.from_lonlat([0, 90], [0, 0])
    >>> equator.round(6) + 0.0
    array([[1., 0., 0.],
           [0., 1., 0.]])
    >>> float(sphere.distances(equator[:1], equator[1:])[0, 0] / np.pi)
    0.5
    """

    @property
    def description(self) -> str:
        return "Sphere()"

    @property
    def dimension(self) -> int:
        return 2

    @property
    def n_coordinates(self) -> int:
        return 3

    @property
    def volume(self) -> float:
        return 4 * np.pi

    def check_points(self, points: ArrayLike, name: str = "points") -> FloatArray:
        array = _three_columns(points, name)
        with np.errstate(over="ignore"):
            lengths = np.sqrt((array**2).sum(axis=1))
        bad = np.flatnonzero(~(np.abs(lengths - 1) <= UNIT_TOLERANCE))
        if bad.size:
            raise InvalidDataError(
                f"{name} has length {lengths[bad[0]]:.9g} at row {bad[0]}; points of Sphere() are unit vectors within "
                f"{UNIT_TOLERANCE:g}. Divide by the length, or use Sphere.from_lonlat"
            )
        lengths[np.abs(lengths - 1) <= 1e-15] = 1.0  # so that checking twice gives the same bits as checking once
        units: FloatArray = _validation.read_only(array / lengths[:, None])
        return units

    @staticmethod
    def from_lonlat(lon: ArrayLike, lat: ArrayLike) -> FloatArray:
        """Unit vectors of places given by longitude and latitude.

        Parameters
        ----------
        lon : (M,) array_like
            Degrees, of any size.
        lat : (M,) array_like
            Degrees, from -90 to 90.

        Returns
        -------
        (M, 3) float64

        Warns
        -----
        AssumptionWarning
            All places lie so near to (0, 0) that the numbers may be radians.

        Raises
        ------
        InvalidDataError
            A latitude is outside its range, or the two differ in length.

        Examples
        --------
        >>> Sphere.from_lonlat([0.0], [90.0]).round(6)
        array([[0., 0., 1.]])
        """
        lon_array = _validation.float_array(lon, "lon", ndim=(0, 1), empty=True).reshape(-1)
        lat_array = _validation.float_array(lat, "lat", ndim=(0, 1), empty=True).reshape(-1)
        if len(lon_array) != len(lat_array):
            raise InvalidDataError(f"lon has {len(lon_array)} entries and lat has {len(lat_array)}; they must match")
        bad = np.flatnonzero(np.abs(lat_array) > 90)
        if bad.size:
            raise InvalidDataError(
                f"lat has {lat_array[bad[0]]} at row {bad[0]}; latitudes lie within [-90, 90] degrees"
            )
        if (
            len(lon_array) >= MANY_PLACES
            and np.abs(lon_array).max() <= 2 * np.pi
            and np.abs(lat_array).max() <= np.pi / 2
        ):
            warn(
                "all longitudes lie within 2 pi of zero and all latitudes within pi / 2; are they radians? from_lonlat "
                "takes degrees",
                AssumptionWarning,
            )
        longitude, latitude = np.deg2rad(np.mod(lon_array, 360.0)), np.deg2rad(lat_array)
        ring = np.cos(latitude)
        return np.column_stack([ring * np.cos(longitude), ring * np.sin(longitude), np.sin(latitude)])

    @staticmethod
    def to_lonlat(points: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Longitude in (-180, 180] and latitude in [-90, 90], in degrees.

        Parameters
        ----------
        points : (M, 3) array_like

        Examples
        --------
        >>> lon, lat = Sphere.to_lonlat([[0.0, -1.0, 0.0]])
        >>> float(lon[0]), float(lat[0])
        (-90.0, 0.0)
        """
        x, y, z = Sphere().check_points(points).T
        longitude = np.rad2deg(np.arctan2(y, x))
        return np.where(longitude <= -180.0, 180.0, longitude), np.rad2deg(np.arctan2(z, np.hypot(x, y)))

    def nodes(self) -> FloatArray:
        """(2592, 3) centres of cells of 5 by 5 degrees, latitude by latitude from south to north."""
        latitude, longitude = np.meshgrid(np.arange(-87.5, 90, 5), np.arange(-177.5, 180, 5), indexing="ij")
        return self.from_lonlat(longitude.ravel(), latitude.ravel())

    def distances(self, x: ArrayLike, y: ArrayLike) -> FloatArray:
        from scipy.spatial.distance import cdist

        left, right = self.check_points(x, "x"), self.check_points(y, "y")
        # arccos of the inner product would lose half the digits for near points
        return np.asarray(2 * np.arctan2(cdist(left, right), cdist(left, -right)))

    def uniform(self, n: int, rng: Seed = None) -> FloatArray:
        n = _validation.integer(n, "n", minimum=0)
        drawn = _random.generator(_random.seed_sequence(rng)).standard_normal((n, 3))
        return self.check_points(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))

    def _spectrum(self, n: int) -> Spectrum:
        degree = int(np.ceil(np.sqrt(n + 1))) - 1  # (degree + 1)**2 - 1 harmonics up to that degree
        degrees = np.arange(1, degree + 1)
        modes = np.array([(d, m) for d in degrees for m in range(-d, d + 1)], dtype=np.intp)
        eigenvalues = (modes[:, 0] * (modes[:, 0] + 1)).astype(np.float64)
        return Spectrum(eigenvalues, modes, modes[:, 0] - 1, float((degree + 1) * (degree + 2)))

    def _evaluate_modes(self, points: FloatArray, modes: IntArray) -> FloatArray:
        return real_harmonics(points, int(modes[-1, 0]))

    def _mode_extremes(self, modes: IntArray) -> FloatArray:
        height = np.sqrt(2.0 * modes[:, 0] + 1)  # the sum of squares over a degree is 2 l + 1 at every point
        return np.column_stack([-height, height])

    def _mode_shares(self, modes: IntArray) -> FloatArray:
        return np.ones(len(modes))

    def _tail_bound(self, weighting: Weighting, spectrum: Spectrum, *, average: bool) -> float | None:
        tail = sphere_tail(weighting, int(spectrum.modes[-1, 0]))
        return None if tail is None else 4 * tail

    def _mode_name(self, mode: IntArray) -> str:
        return f"l = {int(mode[0])}, m = {int(mode[1])}"

    def _eigenspace_name(self, group: int, modes: IntArray) -> str:
        return f"l = {group + 1}"


def _three_columns(points: ArrayLike, name: str) -> FloatArray:
    if as_array(points, name).shape[1:] == (2,):
        raise InvalidDataError(
            f"{name} has 2 columns; points of Sphere() are unit vectors with 3. Convert degrees by Sphere.from_lonlat"
        )
    return columns(points, 3, name, "Sphere()")
