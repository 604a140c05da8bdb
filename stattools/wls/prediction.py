"""Predictions with standard errors, confidence intervals of means and prediction intervals of observations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stattools import _validation
from stattools._typing import FloatArray

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, repr=False, eq=False)
class Prediction:
    """Predicted means and their uncertainty, with the names of statsmodels.

    Attributes
    ----------
    predicted_mean : (k,) float64
    se_mean : (k,) float64
        Standard errors of the means.
    se_obs : (k,) float64
        Standard deviations of new observations about the predicted means.
    df : float
        Degrees of freedom of Student's law; NaN where there are none.
    row_labels : pandas Index or None

    Examples
    --------
    >>> from stattools.wls import WeightedLeastSquares
    >>> fit = WeightedLeastSquares().fit(np.ones((4, 1)), [1.0, 2.0, 3.0, 6.0])
    >>> fit.results_.get_prediction([[1.0]]).se_mean.round(3)
    array([1.08])
    """

    predicted_mean: FloatArray
    se_mean: FloatArray
    se_obs: FloatArray
    df: float
    row_labels: Any = None

    def __repr__(self) -> str:
        return f"<Prediction: {len(self.predicted_mean)} rows>"

    def conf_int(self, *, obs: bool = False, alpha: float = 0.05) -> FloatArray:
        """Limits of intervals of level ``1 - alpha``: (k, 2).

        Parameters
        ----------
        obs : bool, default False
            True for intervals of new observations, False for those of means.
        alpha : float, default 0.05

        Examples
        --------
        >>> Prediction(np.zeros(1), np.ones(1), np.ones(1), df=10.0).conf_int().round(3)
        array([[-2.228,  2.228]])
        """
        from scipy.special import stdtrit

        alpha = _validation.real(alpha, "alpha", minimum=0, maximum=1, exclusive=True)
        width = stdtrit(self.df, 1.0 - alpha / 2) * (self.se_obs if obs else self.se_mean)
        return np.column_stack([self.predicted_mean - width, self.predicted_mean + width])

    def summary_frame(self, alpha: float = 0.05) -> DataFrame:
        """A row for each prediction.

        Parameters
        ----------
        alpha : float, default 0.05

        Returns
        -------
        DataFrame
            With the columns mean, mean_se, mean_ci_lower, mean_ci_upper, obs_ci_lower, obs_ci_upper.

        Examples
        --------
        >>> Prediction(np.zeros(1), np.ones(1), np.ones(1), df=10.0).summary_frame().columns[:2].tolist()
        ['mean', 'mean_se']
        """
        import pandas

        means, observations = self.conf_int(alpha=alpha), self.conf_int(obs=True, alpha=alpha)
        columns = {
            "mean": self.predicted_mean,
            "mean_se": self.se_mean,
            "mean_ci_lower": means[:, 0],
            "mean_ci_upper": means[:, 1],
            "obs_ci_lower": observations[:, 0],
            "obs_ci_upper": observations[:, 1],
        }
        return pandas.DataFrame(columns, index=self.row_labels)


def standard_errors(features: FloatArray, covariance: FloatArray) -> FloatArray:
    """Standard errors of linear combinations of coefficients.

    Coefficients whose variance is NaN make those rows NaN in which they have a part.

    Examples
    --------
    >>> standard_errors(np.array([[1.0, 0.0], [1.0, 1.0]]), np.diag([4.0, np.nan]))
    array([ 2., nan])
    """
    known = np.isfinite(np.diag(covariance))
    usable = np.where(np.outer(known, known), covariance, 0.0)
    variances = np.einsum("ij,ij->i", features @ usable, features)
    uncertain = (features[:, ~known] != 0).any(axis=1)
    return np.where(uncertain, np.nan, np.sqrt(np.maximum(variances, 0.0)))
