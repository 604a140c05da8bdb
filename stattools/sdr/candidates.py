"""Candidate matrices of linear reductions: their leading eigenvectors span the directions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import scipy.linalg

from stattools import _validation
from stattools._errors import DegenerateDataError
from stattools._typing import FloatArray, IntArray
from stattools.results import serialization
from stattools.rkhs import spectra

METHODS = ("sir", "save", "directional", "phd")
NOTHING_LEFT = 1e-10
"""Share of the spread of a response below which its residuals are rounding."""


@serialization.register
@dataclass(frozen=True, eq=False)
class Problem:
    """What a candidate matrix is made of.

    Attributes
    ----------
    method : str
        One of METHODS.
    z : (n, p) float64
        White predictors.
    codes : (n,) intp
        Slices of the response; empty for "phd".
    responses : (n, q) float64
        Centred; empty where there are slices.
    variant : str
        "residual", "response" or "quadratic" for "phd".

    Examples
    --------
    >>> problem = Problem("sir", np.array([[-1.0], [1.0]]), np.array([0, 1]))
    >>> candidate(problem)
    array([[1.]])
    """

    method: str
    z: FloatArray
    codes: IntArray = field(default_factory=lambda: np.empty(0, np.intp))
    responses: FloatArray = field(default_factory=lambda: np.empty((0, 0)))
    variant: str = ""

    def __post_init__(self) -> None:
        for name in ("z", "codes", "responses"):
            object.__setattr__(self, name, _validation.read_only(np.ascontiguousarray(getattr(self, name))))

    @property
    def n(self) -> int:
        """Observations."""
        return len(self.z)

    @property
    def p(self) -> int:
        """Columns of the predictor."""
        return int(self.z.shape[1])

    @property
    def shares(self) -> FloatArray:
        """(H,) shares of the slices."""
        return np.asarray(np.bincount(self.codes) / len(self.codes))

    @property
    def rank(self) -> int:
        """Directions that the candidate matrix can have."""
        if self.method == "sir":
            return min(self.p, len(self.shares) - 1)
        return self.p

    @property
    def by_size(self) -> bool:
        """Eigenvalues have signs and are ordered by size."""
        return self.method == "phd"


@dataclass(frozen=True, eq=False)
class Eigenpairs:
    """Eigenvalues (p,) by decreasing size, and vectors (p, p) in white coordinates.

    Examples
    --------
    >>> eigenpairs(np.diag([1.0, -3.0]), by_size=True).values
    array([-3.,  1.])
    """

    values: FloatArray
    vectors: FloatArray


def eigenpairs(matrix: FloatArray, *, by_size: bool = False) -> Eigenpairs:
    """All eigenpairs of a symmetric matrix, the largest first; `by_size` in absolute value.

    Examples
    --------
    >>> eigenpairs(np.diag([1.0, 3.0])).values
    array([3., 1.])
    """
    values, vectors = scipy.linalg.eigh(matrix, driver="evd", check_finite=False)
    order = np.argsort(-np.abs(values) if by_size else -values, kind="stable")
    return Eigenpairs(values[order], spectra.signed(vectors[:, order]))


def eigenvalues(matrix: FloatArray, *, by_size: bool = False) -> FloatArray:
    """(p,) the eigenvalues alone.

    Examples
    --------
    >>> eigenvalues(np.diag([1.0, -3.0]), by_size=True)
    array([-3.,  1.])
    """
    values = scipy.linalg.eigvalsh(matrix, check_finite=False)
    return np.asarray(values[np.argsort(-np.abs(values) if by_size else -values, kind="stable")])


def candidate(problem: Problem, z: FloatArray | None = None) -> FloatArray:
    """(p, p) symmetric matrix of a problem, or of other white predictors `z` in the place of its own.

    Examples
    --------
    >>> candidate(Problem("save", np.array([[-1.5], [-0.5], [0.5], [1.5]]) / 1.25**0.5, np.array([0, 0, 1, 1])))
    array([[0.64]])
    """
    return _CANDIDATES[problem.method](problem, problem.z if z is None else z)


# slices --------------------------------------------------------------------------------------------------------------
def slice_means(z: FloatArray, codes: IntArray) -> FloatArray:
    """(p, H) means of the slices, each times the root of its share.

    Examples
    --------
    >>> slice_means(np.array([[-1.0], [1.0]]), np.array([0, 1])).round(4)
    array([[-0.7071,  0.7071]])
    """
    sums = np.array([np.bincount(codes, weights=column) for column in z.T])
    return np.asarray(sums / np.sqrt(len(z) * np.bincount(codes)))


def slice_deviations(z: FloatArray, codes: IntArray, *, about_means: bool) -> FloatArray:
    """(H, p, p) identity less the second moments of each slice, times the root of its share.

    Moments are about the mean of the slice, or about zero; divisors are the sizes of the slices.

    Examples
    --------
    >>> slice_deviations(np.array([[-1.0], [1.0]]), np.array([0, 1]), about_means=True).round(4).ravel()
    array([0.7071, 0.7071])
    """
    n, p = z.shape
    order = np.argsort(codes, kind="stable")
    stops = np.cumsum(np.bincount(codes))
    deviations = np.empty((len(stops), p, p))
    for h, rows in enumerate(np.split(order, stops[:-1])):
        own = z[rows] - z[rows].mean(axis=0) if about_means else z[rows]
        deviations[h] = np.sqrt(len(rows) / n) * (np.eye(p) - own.T @ own / len(rows))
    return deviations


def _sum_of_squares(symmetric: FloatArray) -> FloatArray:
    """(p, p) sum of the squares of (H, p, p) symmetric matrices, as one product."""
    stacked = symmetric.reshape(-1, symmetric.shape[-1])
    return np.asarray(stacked.T @ stacked)


def _sir(problem: Problem, z: FloatArray) -> FloatArray:
    means = slice_means(z, problem.codes)
    return np.asarray(means @ means.T)


def _save(problem: Problem, z: FloatArray) -> FloatArray:
    return _sum_of_squares(slice_deviations(z, problem.codes, about_means=True))


def _directional(problem: Problem, z: FloatArray) -> FloatArray:
    between = _sir(problem, z)
    moments = _sum_of_squares(slice_deviations(z, problem.codes, about_means=False))
    return np.asarray(2.0 * (moments + between @ between + np.trace(between) * between))


# moments with the response -------------------------------------------------------------------------------------------
def hessian_weights(problem: Problem, z: FloatArray) -> FloatArray:
    """(n,) what weights the squares of z in the average Hessian: response or residuals, of mean zero.

    Raises
    ------
    DegenerateDataError
        A linear function fits the response without a residual.

    Examples
    --------
    >>> problem = Problem("phd", np.ones((2, 1)), responses=np.array([[-1.0], [1.0]]), variant="response")
    >>> hessian_weights(problem, problem.z)
    array([-1.,  1.])
    """
    y = problem.responses[:, 0]
    if problem.variant == "response":
        return y
    design = z if problem.variant == "residual" else quadratic_design(z)
    residuals = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    if np.linalg.norm(residuals) <= NOTHING_LEFT * np.linalg.norm(y):
        raise DegenerateDataError(
            f"a {'linear' if problem.variant == 'residual' else 'quadratic'} function fits the response without a "
            "residual; response='response' does not need residuals"
        )
    return np.asarray(residuals - residuals.mean())


def quadratic_design(z: FloatArray) -> FloatArray:
    """(n, 1 + p + p (p + 1) / 2) constant, columns, and products of columns j <= k, ordered as `triu_indices`.

    Examples
    --------
    >>> quadratic_design(np.array([[2.0, 3.0]]))
    array([[1., 2., 3., 4., 6., 9.]])
    """
    rows, columns = np.triu_indices(z.shape[1])
    return np.hstack([np.ones((len(z), 1)), z, z[:, rows] * z[:, columns]])


def _weighted_squares(z: FloatArray, weights: FloatArray) -> FloatArray:
    product = (z * weights[:, None]).T @ z / len(z)
    return np.asarray(0.5 * (product + product.T))


def _phd(problem: Problem, z: FloatArray) -> FloatArray:
    if problem.variant != "quadratic":
        return _weighted_squares(z, hessian_weights(problem, z))
    p = z.shape[1]
    fitted = np.linalg.lstsq(quadratic_design(z), problem.responses[:, 0], rcond=None)[0][1 + p :]
    hessian = np.zeros((p, p))
    hessian[np.triu_indices(p)] = fitted
    return hessian + hessian.T


_CANDIDATES: dict[str, Callable[[Problem, FloatArray], FloatArray]] = {
    "sir": _sir,
    "save": _save,
    "directional": _directional,
    "phd": _phd,
}
