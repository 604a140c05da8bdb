"""Real spherical harmonics as a space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stattools import _validation
from stattools._typing import ArrayLike, FloatArray
from stattools.domains._harmonics import real_harmonics
from stattools.domains.sphere import Sphere
from stattools.results.serialization import register
from stattools.wls.spaces import Draw, Space, table_values

LARGEST_DEGREE = 1000


@register
@dataclass(frozen=True, eq=False, repr=False, init=False)
class SphericalHarmonicSpace(Space):
    """Functions on the unit sphere that are sums of spherical harmonics up to a degree.

    Parameters
    ----------
    degree : int
        L, from 0 to 1000; the space has (L + 1)^2 functions.

    Attributes
    ----------
    dim : int
        (L + 1)^2. Function l^2 + l + m has degree l and order m, -l <= m <= l: sines of |m| longitudes for m < 0,
        cosines for m > 0, unit mean square over the sphere.

    Notes
    -----
    Points are unit vectors (x, y, z), as `stattools.Sphere` has them; `Sphere.from_lonlat` makes them. The measure is
    uniform, and by the addition theorem the Christoffel function is constant, (L + 1)^2: independent points of the
    optimal measure are uniform with weights 1. Draws of the projection DPP are those of the harmonic ensemble [1]_.
    Values come from a recurrence in the degree that is stable beyond degree 1000. An array of features takes 8 n m
    bytes.

    References
    ----------
    .. [1] Beltran, Marzo and Ortega-Cerda (2016), Energy and discrepancy of rotationally invariant determinantal point
       processes in high dimensional spheres, J. Complexity 37, section 1.

    Examples
    --------
    >>> space = SphericalHarmonicSpace(8)
    >>> space
    SphericalHarmonicSpace(degree 8: 81 functions)
    >>> north = [[0.0, 0.0, 1.0]]
    >>> float(space.christoffel(north)[0].round(9))
    81.0
    """

    degree: int

    def __init__(self, degree: int) -> None:
        size = _validation.integer(degree, "degree", minimum=0, maximum=LARGEST_DEGREE)
        names = ["1", *(f"Y({k},{m})" for k in range(1, size + 1) for m in range(-k, k + 1))]
        fields = {
            "degree": size,
            "dim": len(names),
            "n_inputs": 3,
            "input_names": ("x", "y", "z"),
            "constant_index": 0,
            "term_names": tuple(names),
            "measure": "uniform on the unit sphere",
        }
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return f"SphericalHarmonicSpace(degree {self.degree}: {self.dim} function{'' if self.dim == 1 else 's'})"

    def check_points(self, x: ArrayLike, name: str = "x") -> FloatArray:
        return Sphere().check_points(table_values(x, name), name)

    def features(self, points: FloatArray) -> FloatArray:
        values = np.ones((len(points), self.dim))
        values[:, 1:] = real_harmonics(points, self.degree)
        return values

    def draw_measure(self, generator: np.random.Generator, n: int) -> Draw:
        vectors = generator.standard_normal((n, 3))
        points = vectors / np.sqrt((vectors**2).sum(axis=1, keepdims=True))
        return Draw(points, self.features(points))

    def draw_optimal(self, generator: np.random.Generator, n: int) -> Draw:
        return self.draw_measure(generator, n)
