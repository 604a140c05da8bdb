"""Generalized cross-validation of the two regularizations, from eigenpairs alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stattools._typing import FloatArray


@dataclass(frozen=True, eq=False)
class Curve:
    """A criterion over candidates.

    Attributes
    ----------
    grid : (g,) float64
        Regularizations in units of the largest eigenvalue.
    gcv : (g,) float64
    df : (g,) float64
        Effective degrees of freedom.

    Examples
    --------
    >>> Curve(np.array([0.1, 1.0]), np.array([2.0, 1.0]), np.array([3.0, 1.5])).best
    1
    """

    grid: FloatArray
    gcv: FloatArray
    df: FloatArray

    @property
    def best(self) -> int:
        """Position of the smallest value."""
        return int(np.argmin(self.gcv))

    @property
    def chosen(self) -> float:
        """The candidate of the smallest value."""
        return float(self.grid[self.best])

    @property
    def at_end(self) -> bool:
        """Whether the smallest value is at an end of the grid of more than one candidate."""
        return len(self.grid) > 1 and self.best in (0, len(self.grid) - 1)


def gcv_curve(grid: FloatArray, values: FloatArray, explained: FloatArray, total: float, n: int) -> Curve:
    """|(I - S_e) T|^2 / (1 - tr S_e / n)^2 with S_e = K (K + e l_1)^{-1}, for each candidate e.

    Parameters
    ----------
    grid : (g,) float64
    values : (p,) float64
        Eigenvalues l of K, decreasing.
    explained : (p,) float64
        Squared norms u_i' T T' u_i of the targets T along the eigenvectors.
    total : float
        Squared norm of T.
    n : int

    Returns
    -------
    Curve

    Notes
    -----
    With r_i = e l_1 / (l_i + e l_1), the residual along u_i is r_i times the target, and what lies outside of the
    eigenvectors stays: the numerator is total - sum_i (1 - r_i^2) explained_i. O(g p) once the matrix is decomposed.

    Examples
    --------
    >>> gcv_curve(np.array([1.0]), np.array([1.0]), np.array([4.0]), 4.0, 2).gcv.round(4)
    array([1.7778])
    """
    absolute = grid[:, None] * values[0]
    shrunk = absolute / (values + absolute)
    df = len(values) - shrunk.sum(axis=1)
    return Curve(grid, (total - (1.0 - shrunk**2) @ explained) / (1.0 - df / n) ** 2, df)
