"""A field on the sphere that is known exactly: the World Magnetic Model of 2025."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from stattools import _validation
from stattools._typing import ArrayLike, FloatArray
from stattools.datasets._base import Table, read_table

DEGREE = 12


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class MagneticField(Table):
    """The Earth's magnetic field on a sphere, as a finite sum of spherical harmonics.

    `load_magnetic_field` makes it; the fields are those of `Table` and two more.

    Parameters
    ----------
    epoch : float
        The instant that the coefficients are for, in years.
    radius : float
        Radius of the sphere on which the field is evaluated, in kilometres.

    Examples
    --------
    >>> from stattools.datasets import load_magnetic_field
    >>> from stattools.domains import Sphere
    >>> field = load_magnetic_field()
    >>> field.epoch, field.radius, field.degree
    (2025.0, 6371.2, 12)
    >>> field.radial(Sphere.from_lonlat([0, 0], [90, -90])).round(1)
    array([-56517.5,  51366.5])
    """

    epoch: float
    radius: float

    @property
    def degree(self) -> int:
        """The highest degree of the harmonics."""
        return int(self.frame["n"].max())

    @cached_property
    def radial_coefficients(self) -> FloatArray:
        """(168,) coefficients of the radial field, nT, in real harmonics of unit mean square over the sphere.

        Entry l**2 + l + m - 1 belongs to degree l = 1, ..., 12 and order m = -l, ..., l: cosines of the longitude for
        m > 0, sines of |m| longitudes for m < 0, without the sign (-1)**m that some fields attach. The constant has
        coefficient 0. Hence the mean square of the part above degree k is the sum of squares from entry k (k + 2) on.
        """
        degrees = _degrees(self.degree)
        return _validation.read_only(np.asarray((degrees + 1) * self._potential))

    @cached_property
    def _potential(self) -> FloatArray:
        """(168,) the potential over the radius, in the same harmonics.

        The mean square of a Schmidt semi-normalised harmonic of degree n is 1 / (2 n + 1).
        """
        n, m, g, h = (self.frame[column].to_numpy() for column in ("n", "m", "g", "h"))
        values = np.zeros((self.degree + 1) ** 2 - 1)
        centre = n**2 + n - 1
        values[centre - m] = h
        values[centre + m] = g  # second, since an h of order 0 is a 0 that has no function
        return np.asarray(values / np.sqrt(2 * _degrees(self.degree) + 1))

    def radial(self, points: ArrayLike, *, degree: int | None = None) -> FloatArray:
        """The radial field, in nT, positive outwards: minus the vertical intensity Z of geomagnetism.

        Parameters
        ----------
        points : (M, 3) array_like
            Unit vectors, as `Sphere.from_lonlat` makes them from longitude and geocentric latitude.
        degree : int, optional
            Leave out the terms above this degree.

        Returns
        -------
        (M,) float64

        Raises
        ------
        InvalidDataError
            A point is not a unit vector.
        InvalidParameterError
            `degree` is not from 1 to 12.

        Notes
        -----
        With the coefficients g, h and Schmidt's functions P of degree n and order m, the field on the sphere is the
        sum of (n + 1) (g cos(m longitude) + h sin(m longitude)) P(sin(latitude)) [1]_. Memory is 8 M (degree + 1)^2
        bytes.

        References
        ----------
        .. [1] Chulliat et al. (2025), The US/UK World Magnetic Model for 2025-2030: the potential and its gradient.

        Examples
        --------
        >>> from stattools.datasets import load_magnetic_field
        >>> from stattools.domains import Sphere
        >>> load_magnetic_field().radial(Sphere.from_lonlat([-0.13], [51.5])).round()  # London: into the ground
        array([-45037.])
        """
        harmonics = self._harmonics(points, degree)[1]
        return np.asarray(harmonics @ self.radial_coefficients[: harmonics.shape[1]])

    def north_east_down(self, points: ArrayLike, *, degree: int | None = None) -> FloatArray:
        """The three components X (north), Y (east) and Z (down, minus `radial`) of geomagnetism, in nT.

        North, east and down are those of the sphere. At (0, 0, 1) and (0, 0, -1), where no direction is north, they are
        those that the meridian of longitude 0 has in the limit.

        Parameters
        ----------
        points : (M, 3) array_like
            Unit vectors.
        degree : int, optional
            Leave out the terms above this degree.

        Returns
        -------
        (M, 3) float64

        Raises
        ------
        InvalidDataError
            A point is not a unit vector.
        InvalidParameterError
            `degree` is not from 1 to 12.

        Notes
        -----
        The horizontal field is minus the surface gradient of the potential V. A surface gradient is -x times (x times
        grad V), and the three parts of x times grad V, the infinitesimal rotations of V, are harmonics of the same
        degrees: their coefficients are computed once by ladder operators, and nothing is divided by the cosine of the
        latitude (derived here).

        Examples
        --------
        >>> from stattools.datasets import load_magnetic_field
        >>> from stattools.domains import Sphere
        >>> x, y, z = load_magnetic_field().north_east_down(Sphere.from_lonlat([-0.13], [51.5]))[0]
        >>> declination, inclination = np.degrees([np.arctan2(y, x), np.arctan2(z, np.hypot(x, y))])
        >>> print(f"{declination:.1f} degrees east of north, dipping by {inclination:.1f}")
        0.9 degrees east of north, dipping by 66.9
        """
        places, harmonics = self._harmonics(points, degree)
        n_terms = harmonics.shape[1]
        horizontal = np.cross(places, harmonics @ _rotations(self._potential)[:n_terms])
        x, y, z = places.T
        ring = np.hypot(x, y)
        cosine = np.divide(x, ring, out=np.ones_like(x), where=ring > 0)
        sine = np.divide(y, ring, out=np.zeros_like(y), where=ring > 0)
        north = np.column_stack([-z * cosine, -z * sine, ring])
        east = np.column_stack([-sine, cosine, np.zeros_like(z)])
        down = -(harmonics @ self.radial_coefficients[:n_terms])
        return np.column_stack([(horizontal * north).sum(axis=1), (horizontal * east).sum(axis=1), down])

    def _harmonics(self, points: ArrayLike, degree: int | None) -> tuple[FloatArray, FloatArray]:
        from stattools.domains import Sphere
        from stattools.domains._harmonics import real_harmonics

        highest = self.degree
        degree = highest if degree is None else _validation.integer(degree, "degree", minimum=1, maximum=highest)
        places = Sphere().check_points(points)
        return places, real_harmonics(places, degree)


def load_magnetic_field() -> MagneticField:
    """The Earth's main magnetic field at the start of 2025, from the World Magnetic Model.

    A field on the sphere that is known everywhere, with the coefficients that a fit from few places should recover.

    Returns
    -------
    MagneticField
        `frame` has columns n (degree, 1 to 12), m (order, 0 to n), g and h: the 168 Gauss coefficients in nT, Schmidt
        semi-normalised, of the reference sphere of 6371.2 km. `radial` and `north_east_down` evaluate the field,
        `radial_coefficients` are the truth in the functions of `Sphere`.

    Notes
    -----
    Latitudes are geocentric, the Earth is a sphere, and the instant is that of the coefficients, 2025.0; rates of
    change are left out. A compass needs the official software: at sea level, the flattening of the Earth alone moves
    the components by up to some 500 nT. The model leaves out what the rocks of the crust and currents above the ground
    add.

    The radial field has a root mean square of 35480 nT. All but 104 nT of it is caught by the 80 harmonics
    up to degree 8.

    References
    ----------
    .. [1] NOAA NCEI Geomagnetic Modeling Team and British Geological Survey (2024), World Magnetic Model 2025,
       doi:10.25921/aqfd-sd83.

    Examples
    --------
    >>> field = load_magnetic_field()
    >>> field.frame.head(2)
       n  m        g       h
    0  1  0 -29351.8     0.0
    1  1  1  -1410.8  4545.4
    >>> missed = np.sqrt((field.radial_coefficients[8 * 10 :] ** 2).sum())
    >>> print(f"{missed:.0f} nT lie above degree 8")
    104 nT lie above degree 8
    """
    return MagneticField(
        name="Earth's magnetic field, 2025",
        frame=read_table("magnetic_field_2025"),
        epoch=2025.0,
        radius=6371.2,
        description=(
            "Gauss coefficients g, h (nT) of degree n and order m, at 2025.0 on the sphere of 6371.2 km; radial() "
            "evaluates the radial field, positive outwards."
        ),
        question=(
            "Where should n observatories stand, so that the radial field is recovered in spherical harmonics of "
            "degree 8? The field has 12 degrees; real observatories need land."
        ),
        source=(
            "World Magnetic Model 2025 (NOAA National Centers for Environmental Information and British Geological "
            "Survey); through the PyPI package pygeomag 1.1.0."
        ),
        licence=(
            "may be used freely by the public (NOAA); taken to be in the public domain (data/LICENCES.md); no code of "
            "pygeomag (MIT) is used"
        ),
    )


def _degrees(degree: int) -> FloatArray:
    """The degree of each harmonic, in their order."""
    return np.repeat(np.arange(1.0, degree + 1), 2 * np.arange(1, degree + 1) + 1)


def _rotations(coefficients: FloatArray) -> FloatArray:
    """Coefficients of the three parts of x times grad f, for a function f given by its coefficients.

    With the angular momentum L = -i x times grad, they are i L_x f, i L_y f and i L_z f. In complex harmonics of degree
    l and order m, L_x + i L_y raises m by one and L_x - i L_y lowers it, both with the factor
    sqrt(l (l + 1) - m (m + 1)) between m and m + 1, and L_z multiplies by m.
    """
    rotated = np.empty((len(coefficients), 3))
    for degree in range(1, round(np.sqrt(len(coefficients) + 1))):
        m = np.arange(-degree, degree + 1)
        to_complex = _complex_basis(degree)
        rows = slice(degree**2 - 1, (degree + 1) ** 2 - 1)
        values = to_complex @ coefficients[rows]
        ladder = np.sqrt(degree * (degree + 1.0) - m[:-1] * m[1:])
        raised, lowered = np.zeros_like(values), np.zeros_like(values)
        raised[1:], lowered[:-1] = ladder * values[:-1], ladder * values[1:]
        parts = np.column_stack([1j * (raised + lowered) / 2, (raised - lowered) / 2, 1j * m * values])
        rotated[rows] = (to_complex.conj().T @ parts).real
    return rotated


def _complex_basis(degree: int) -> np.ndarray[tuple[int, int], np.dtype[np.complex128]]:
    """The unitary matrix from coefficients in real harmonics of one degree to those in complex ones.

    Complex harmonics carry the sign (-1)**m for m > 0, which the ladder operators presuppose.
    """
    matrix = np.zeros((2 * degree + 1, 2 * degree + 1), dtype=np.complex128)
    matrix[degree, degree] = 1.0
    m = np.arange(1, degree + 1)
    plus, minus, sign = degree + m, degree - m, (-1.0) ** m
    matrix[plus, plus], matrix[plus, minus] = sign / np.sqrt(2), -1j * sign / np.sqrt(2)
    matrix[minus, plus], matrix[minus, minus] = 1 / np.sqrt(2), 1j / np.sqrt(2)
    return matrix
