"""Kullback-Leibler divergences between the laws that posteriors and priors are taken from."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools._errors import InvalidDataError
from stattools._typing import FloatArray
from stattools.bounds import assembly


def gaussian_kl(mean: Any, variance: Any, prior_mean: Any, prior_variance: Any) -> float:
    """KL(N(mean, variance) || N(prior_mean, prior_variance)).

    Parameters
    ----------
    mean, prior_mean : (d,) array_like or float
        A number stands for all coordinates when the other mean is a vector.
    variance, prior_variance : float, (d,) array_like or (d, d) array_like
        One variance for all coordinates, one for each, or a covariance matrix. Variances, not standard deviations.

    Returns
    -------
    float
        In nats; a sum of terms none of which is negative, so that no digits cancel.

    Raises
    ------
    InvalidDataError
        Shapes do not fit, a variance is not positive, or a matrix is not symmetric and positive definite.

    Notes
    -----
    With l_j the eigenvalues of the posterior covariance in units of the prior's,
    ``KL = (1/2) sum_j (l_j - 1 - ln l_j) + (1/2) |m - m_0|^2`` where the norm is that of the prior's precision.

    Examples
    --------
    >>> gaussian_kl([1.0, 0.0], 1.0, [0.0, 0.0], 1.0)
    0.5
    >>> round(gaussian_kl([0.0, 0.0], [[1.0, 0.5], [0.5, 1.0]], 0.0, 1.0), 6)
    0.143841
    """
    shift = _shift(mean, prior_mean)
    posterior = _covariance(variance, "variance", len(shift))
    prior = _covariance(prior_variance, "prior_variance", len(shift))
    if posterior.ndim == prior.ndim == 1:
        ratios, scaled = posterior / prior, shift / np.sqrt(prior)
    else:
        ratios, scaled = _in_units_of_prior(posterior, prior, shift)
    return float(0.5 * np.sum(_excess(ratios)) + 0.5 * scaled @ scaled)


def laplace_kl(location: Any, scale: Any, prior_location: Any, prior_scale: Any) -> float:
    """KL between products of Laplace laws.

    Parameters
    ----------
    location, prior_location : (d,) array_like or float
    scale, prior_scale : float or (d,) array_like
        b of the density exp(-|x - location| / b) / (2 b).

    Returns
    -------
    float
        In nats.

    Raises
    ------
    InvalidDataError
        Shapes do not fit, or a scale is not positive.

    Notes
    -----
    With r = b / b_0 and t = |location - prior_location| / b, a coordinate contributes
    ``(r - 1 - ln r) + r (t - 1 + exp(-t))``.

    Examples
    --------
    >>> round(laplace_kl([1.0], 1.0, [0.0], 1.0), 6)
    0.367879
    """
    shift = _shift(location, prior_location, ("location", "prior_location"))
    posterior, prior = (_scales(b, name, len(shift)) for b, name in ((scale, "scale"), (prior_scale, "prior_scale")))
    ratio, distance = posterior / prior, np.abs(shift) / posterior
    return float(np.sum(_excess(ratio) + ratio * (distance + np.expm1(-distance))))


def _shift(mean: Any, prior_mean: Any, names: tuple[str, str] = ("mean", "prior_mean")) -> FloatArray:
    first = assembly.array(mean, names[0], ndim=(0, 1))
    second = assembly.array(prior_mean, names[1], ndim=(0, 1))
    if first.ndim == second.ndim == 1 and first.shape != second.shape:
        raise InvalidDataError(f"{names[0]} has {first.size} coordinates and {names[1]} has {second.size}")
    return np.atleast_1d(first - second)


def _scales(values: Any, name: str, d: int) -> FloatArray:
    array = assembly.array(values, name, ndim=(0, 1))
    if array.ndim == 1 and array.size != d:
        raise InvalidDataError(f"{name} has {array.size} coordinates; there are {d}")
    if (array < 1 / assembly.LARGEST).any():
        raise InvalidDataError(
            f"{name} has {array.min()}; each must be above 0 (and not below {1 / assembly.LARGEST:g})"
        )
    return np.broadcast_to(array, (d,))


def _covariance(values: Any, name: str, d: int) -> FloatArray:
    array = assembly.array(values, name, ndim=(0, 1, 2))
    if array.ndim < 2:
        return _scales(array, name, d)
    if array.shape != (d, d):
        raise InvalidDataError(f"{name} has shape {array.shape}; it must be ({d}, {d})")
    if not np.allclose(array, array.T, rtol=1e-10, atol=1e-12 * float(np.abs(array).max())):
        raise InvalidDataError(f"{name} is not symmetric")
    return array


def _in_units_of_prior(posterior: FloatArray, prior: FloatArray, shift: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Eigenvalues of the posterior covariance and the shift of the mean, where the prior covariance is the identity."""
    from scipy.linalg import solve_triangular

    posterior, prior = (np.diag(c) if c.ndim == 1 else c for c in (posterior, prior))
    factor = _cholesky(prior, "prior_variance")
    root = solve_triangular(factor, _cholesky(posterior, "variance"), lower=True)
    singular = np.linalg.svd(root, compute_uv=False)
    return singular**2, solve_triangular(factor, shift, lower=True)


def _cholesky(matrix: FloatArray, name: str) -> FloatArray:
    try:
        return np.asarray(np.linalg.cholesky(matrix), dtype=np.float64)
    except np.linalg.LinAlgError:
        raise InvalidDataError(f"{name} is not positive definite") from None


def _excess(ratio: FloatArray) -> FloatArray:
    """r - 1 - ln r, which is at least 0, without cancellation near r = 1."""
    x = ratio - 1.0
    near = np.abs(x) < 1e-3
    small = np.where(near, x, 0.0)
    series = small**2 * (1 / 2 - small * (1 / 3 - small * (1 / 4 - small * (1 / 5 - small / 6))))
    return np.where(near, series, x - np.log(ratio))
