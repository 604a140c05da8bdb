"""Real spherical harmonics by the recurrence in the degree."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stattools._typing import FloatArray


def real_harmonics(points: FloatArray, degree: int) -> FloatArray:
    """All real spherical harmonics of degree 1 to `degree` with unit mean square over the sphere.

    Parameters
    ----------
    points : (M, 3) unit vectors
    degree : int

    Returns
    -------
    (M, (degree + 1)**2 - 1)
        Column l**2 + l + m - 1 holds degree l and order m, -l <= m <= l: cosines of the longitude for m > 0, sines of
        |m| longitudes for m < 0.

    Notes
    -----
    Forward recurrence in l for each order m, on fully normalised Legendre functions, which neither grow nor cancel.
    The starting value of order m is proportional to sin(colatitude)**m. It underflows only where all functions of that
    order that could be reached are negligible, for degrees up to about 1900 [1]_.

    References
    ----------
    .. [1] Holmes and Featherstone (2002), J. Geodesy 76, 279-299, section 2 (standard forward column recursion).
    """
    x, y, z = points.T
    sine = np.hypot(x, y)
    turning = np.divide(x + 1j * y, sine, out=np.ones(len(points), dtype=np.complex128), where=sine > 0)
    values = np.empty((len(points), (degree + 1) ** 2 - 1))
    start = np.ones(len(points))  # Legendre function of degree m and order m
    wave = np.ones(len(points), dtype=np.complex128)  # exp(i m longitude)
    for m in range(degree + 1):
        if m > 0:
            start = start * sine * np.sqrt((2 * m + 1) / (2 * m) * (2 if m == 1 else 1))
            wave = wave * turning
        before, current = np.zeros(len(points)), start
        for order in range(m, degree + 1):
            if order > m:
                before, current = current, _next_degree(z, current, before, order, m)
            _store(values, current, wave, order, m)
    return values


def _next_degree(z: FloatArray, previous: FloatArray, before: FloatArray, degree: int, m: int) -> FloatArray:
    a = np.sqrt((4.0 * degree**2 - 1) / (degree**2 - m**2))
    b = np.sqrt(((degree - 1.0) ** 2 - m**2) / (4.0 * (degree - 1.0) ** 2 - 1)) if degree > m + 1 else 0.0
    return np.asarray(a * (z * previous - b * before))


def _store(values: FloatArray, legendre: FloatArray, wave: npt.NDArray[np.complex128], degree: int, m: int) -> None:
    if degree == 0:
        return
    centre = degree**2 + degree - 1
    if m == 0:
        values[:, centre] = legendre
    else:
        values[:, centre + m] = legendre * wave.real
        values[:, centre - m] = legendre * wave.imag
