"""Errors of predicted quantile functions, and how well residuals determine them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from stattools._typing import FloatArray

if TYPE_CHECKING:
    from stattools.sdr.frechet_assembly import Fit


@dataclass(frozen=True, eq=False)
class Residuals:
    """Residuals on the line from fits without the row.

    Attributes
    ----------
    values : (n, D) float64
        Each response less what the others predict: a combination of all responses whose coefficients are in a row of
        the matrix A = I - W, for the weights W with a zero diagonal.
    noise : (n, D) float64
        The same divided by the norm of its row of A, which makes its variance that of a response. For linear fits the
        squared norm is 1 / (1 - h) with the leverage h.
    products : (n, n) float64
        A A'.
    """

    values: FloatArray
    noise: FloatArray
    products: FloatArray

    @classmethod
    def of(cls, fit: Fit) -> Residuals:
        """Residuals of a fit on the line; O(n^3), three matrices (n, n)."""
        combined = -fit.left_out_weights()
        np.fill_diagonal(combined, 1.0)
        values = combined @ fit.embedding.values[:, 0]
        products = combined @ combined.T
        return cls(values, values / np.sqrt(np.diag(products))[:, None], products)

    def of_mean(self, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Standard errors (k, D) of predictions with weights (k, n), and their degrees of freedom (k,)."""
        return np.sqrt(weights**2 @ self.values**2), self._degrees_of_freedom(weights**2)

    def of_response(self, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The same for the distance of a new response from its prediction."""
        own = 1.0 / (len(self.products) * np.diag(self.products))
        errors = np.sqrt(weights**2 @ self.values**2 + (self.noise**2).mean(axis=0))
        return errors, self._degrees_of_freedom(weights**2 + own)

    def _degrees_of_freedom(self, shares: FloatArray) -> FloatArray:
        """(k,) of the sums of squared residuals with non-negative factors (k, n)."""
        expected = shares @ np.diag(self.products)
        return np.asarray(expected**2 / np.einsum("kn,kn->k", shares @ self.products**2, shares))


def widened(critical: FloatArray, df: FloatArray, *, level: float, n_levels: int) -> FloatArray:
    """Critical values for errors that are estimated, from those for errors that are known.

    Parameters
    ----------
    critical : (k,) or (k, D) float64
        In units of the standard error.
    df : (k,) float64
        Degrees of freedom of the standard errors.
    level : float
    n_levels : int
        Quantiles that are covered at once.

    Returns
    -------
    array like `critical`

    Notes
    -----
    A value of the normal law is replaced by that of Student's t which is exceeded as often. Values beyond the one at
    which the largest of `n_levels` normal variables has this level by Bonferroni's inequality are those of laws with
    heavier tails; they are multiplied as that one is.

    Examples
    --------
    >>> widened(np.array([1.96]), np.array([10.0]), level=0.95, n_levels=1).round(3)
    array([2.228])
    """
    most = stats.norm.isf(0.5 * (1.0 - level) / n_levels)
    at = np.clip(critical, 1e-3 * most, most)  # below, the ratio of the two laws is constant
    columns = df if critical.ndim == 1 else df[:, None]
    return np.asarray(critical * stats.t.isf(stats.norm.sf(at), columns) / at)
