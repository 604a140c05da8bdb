"""Predictions with standard errors, confidence intervals of means and prediction intervals of observations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stattools import _validation
from stattools._errors import AssumptionWarning, warn
from stattools._typing import FloatArray
from stattools.results import _format
from stattools.results.summary import Gap, Line, Part, Summary, Table
from stattools.wls.solve import WeightedFit, leverage_at

if TYPE_CHECKING:
    from pandas import DataFrame

MAX_ROWS = 20
FARTHEST = 4.0  # leverage grows with the square of the distance from the centre: twice as far out as any row of the fit
INTERVALS = (
    ("mean_ci:", "for the best approximation, the mean of responses if the model holds"),
    ("obs_ci:", "for a new observation; for the function itself if responses are exact"),
)


@dataclass(frozen=True, repr=False, eq=False)
class Prediction:
    """Predicted means and their uncertainty, with the names of statsmodels.

    The interval of the mean is about the value of the best approximation, which is the mean of responses if the model
    holds. That of an observation counts in addition what single responses differ from it by: noise, and the error of
    the best approximation. So it is the one for the value of the function when responses are exact.

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
    leverage : (k,) float64 or None
        Variance of the predicted mean under the model over that of a response of weight one; for the rows of a fit,
        leverage over weight. Far above those of the fit in a row that lies far outside of its rows.
    df_obs : (k,) float64, float or None
        Degrees of freedom for new observations; None for `df`.

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
    leverage: FloatArray | None = None
    df_obs: FloatArray | float | None = None

    def __repr__(self) -> str:
        k = len(self.predicted_mean)
        return f"<Prediction: {k} row{'' if k == 1 else 's'}>"

    def __str__(self) -> str:
        return self._summary().as_text()

    def _repr_html_(self) -> str:
        return self._summary().as_html()

    def _summary(self) -> Summary:
        frame = self.summary_frame()
        shown = frame.iloc[:MAX_ROWS]
        columns = [[_format.clean(label) for label in shown.index]]
        columns += [_format.number_column(shown[name].tolist()) for name in shown]
        names = [name.replace("_lower", "_low").replace("_upper", "_high") for name in shown]
        parts: list[Part] = [Table("", ("row", *names), tuple(zip(*columns, strict=True)), n_left=1)]
        k, hidden = len(frame), len(frame) - len(shown)
        parts += [Line(f"{hidden} more row{'' if hidden == 1 else 's'} in summary_frame()")] if hidden else []
        parts += [Gap(), Line("95 percent intervals"), *(Line(text, label=label) for label, text in INTERVALS)]
        return Summary(f"Prediction of {k} row{'' if k == 1 else 's'}", tuple(parts))

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
        df = self.df_obs if obs and self.df_obs is not None else self.df
        width = stdtrit(df, 1.0 - alpha / 2) * (self.se_obs if obs else self.se_mean)
        return np.column_stack([self.predicted_mean - width, self.predicted_mean + width])

    def summary_frame(self, alpha: float = 0.05) -> DataFrame:
        """A row for each prediction.

        Parameters
        ----------
        alpha : float, default 0.05

        Returns
        -------
        DataFrame
            With the columns mean, mean_se, mean_ci_lower, mean_ci_upper, obs_ci_lower, obs_ci_upper. mean_ci is for
            the best approximation; obs_ci for a new observation, and so for the function itself where responses are
            exact, as under ``noise_free=True``.

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


def largest_leverage(fit: WeightedFit) -> float:
    """Of the rows of a fit, as if each had weight one.

    Examples
    --------
    >>> from stattools.wls.solve import weighted_fit
    >>> largest_leverage(weighted_fit(np.ones((4, 1)), np.ones(4), np.full(4, 2.0))).__round__(6)
    0.125
    """
    used = fit.weights > 0
    return float(np.max(fit.leverage[used] / fit.weights[used]))


def checked_leverage(fit: WeightedFit, features: FloatArray, labels: Any, *, everywhere: bool) -> FloatArray:
    """Leverage of new rows; those beyond the rows of the fit are named in a warning, unless the fit holds `everywhere`.

    The limit is `FARTHEST` times the largest leverage of a row of the fit, weights aside. Leverage is a squared
    distance from the centre in the metric of the rows of the fit, which units of columns do not change, so that
    for a linear model the limit means twice as far out as any row. New rows of the law of the old ones rarely are.

    Examples
    --------
    >>> from stattools.wls.solve import weighted_fit
    >>> fit = weighted_fit(np.array([[1.0], [2.0]]), np.ones(2))
    >>> checked_leverage(fit, np.array([[3.0]]), None, everywhere=False).round(6)
    array([1.8])
    """
    leverage = leverage_at(fit, features)
    limit = FARTHEST * largest_leverage(fit)
    far = np.flatnonzero(np.isinf(leverage) if everywhere else leverage > limit * (1 + 1e-9))
    if far.size:
        i = int(far[np.argmax(leverage[far])])
        label = f"row {i}" if labels is None or labels[i] == i else f"row {i} (index {labels[i]!r})"
        if np.isinf(leverage[i]):
            what = "the rows of the fit do not determine the value there, which has no standard error"
        else:
            times = _format.number(float(leverage[i] / limit * FARTHEST), 3)
            what = f"leverage there is {times} times the largest of a row of the fit"
        warn(
            f"{far.size} of {len(leverage)} rows are extrapolated, most of all {label}: {what}. Intervals there rest "
            "on the model alone",
            AssumptionWarning,
        )
    return leverage


def combined_df(of_mean: FloatArray, df_mean: float, of_noise: FloatArray, df_noise: float) -> FloatArray | float:
    """Degrees of freedom of the sum of two variances, by Satterthwaite; those of the mean where both agree.

    Examples
    --------
    >>> combined_df(np.array([1.0]), 2.0, np.array([3.0]), 10.0).round(3)
    array([11.429])
    """
    if not df_noise > 0 or df_noise == df_mean:
        return df_mean
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((of_mean + of_noise) ** 2 / (of_mean**2 / df_mean + of_noise**2 / df_noise))


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
