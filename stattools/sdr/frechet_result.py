"""The result of a Frechet regression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import ArrayLike, FloatArray, Progress, Seed
from stattools.results import FitResult, HTestResult
from stattools.results._format import number_column
from stattools.results.summary import Gap, Part, Table, cut
from stattools.sdr.monotone import project
from stattools.sdr.weights import weights_at

if TYPE_CHECKING:
    from pandas import DataFrame

MOST_PREDICTORS = 20


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class FrechetResult(FitResult):
    """A fitted regression of distributions on vectors.

    Distances are those between cell averages of quantile functions, root mean squared over slices.

    Parameters
    ----------
    kind : {"local", "global", "nadaraya_watson", "kernel_ridge"}
    bandwidth : (d,) float64 or None
    penalty : float or None
    tuned : bool
        Whether bandwidth or penalty were chosen by leave-one-out loss.
    curve : dict of str to (c,) float64
        Candidates: "factor", bandwidth in standard deviations of the predictors; "penalty"; "loss", the mean squared
        distance of a response from what the others predict.
    predictors : (n, d) float64
    predictor_names : tuple of str
    responses : (n, S, D) float64
        Quantile functions of S slices, averaged over D cells.
    slice_weights : (S,) float64
    slice_names : tuple of str
    barycentre : (S, D) float64
        Quantile functions of the Frechet mean of the responses.
    distances, loo_distances, barycentre_distances : (n,) float64
        Of each response from its fitted value, from what the others predict, and from the barycentre.
    support : (lower, upper)
        Declared for responses on the line.
    space_kind : {"line", "vectors", "slices"}

    Examples
    --------
    >>> from stattools.distributions import DistributionArray
    >>> from stattools.sdr.frechet import FrechetRegressor
    >>> Y = DistributionArray.from_samples([[0.0, 1.0], [1.0, 2.0], [3.0, 4.0]])
    >>> result = FrechetRegressor("global", n_quantiles=2).fit([0.0, 1.0, 2.0], Y).results_
    >>> round(result.rsquared, 4)
    0.9643
    """

    plot_kinds: ClassVar[tuple[str, ...]] = ("effect", "smoothing", "residuals")

    kind: str
    bandwidth: FloatArray | None = None
    penalty: float | None = None
    tuned: bool = False
    curve: dict[str, FloatArray] = field(default_factory=dict)
    predictors: FloatArray
    predictor_names: tuple[str, ...]
    responses: FloatArray
    slice_weights: FloatArray
    slice_names: tuple[str, ...] = ()
    barycentre: FloatArray
    distances: FloatArray
    loo_distances: FloatArray
    barycentre_distances: FloatArray
    support: tuple[float, float] = (-np.inf, np.inf)
    space_kind: str = "line"

    @property
    def rsquared(self) -> float:
        """1 - sum d(Y_i, fitted_i)^2 / sum d(Y_i, barycentre)^2."""
        return float(self.statistics["Wasserstein R-squared"])

    @property
    def rsquared_cv(self) -> float:
        """The same for each response predicted by the others, against the barycentre of the others."""
        return float(self.statistics["cross-validated R-squared"])

    @property
    def levels(self) -> FloatArray:
        """(D,) middles of the cells of the quantile functions."""
        d = self.responses.shape[2]
        return np.asarray((np.arange(d) + 0.5) / d)

    @property
    def features(self) -> FloatArray:
        """(n, S D) Hilbert features of the responses."""
        scale = np.sqrt(self.slice_weights / self.responses.shape[2])[:, None]
        return np.asarray((self.responses * scale).reshape(self.nobs, -1))

    def quantile_functions(self, U: ArrayLike) -> FloatArray:
        """Predicted quantile functions, without warnings on extrapolation.

        Parameters
        ----------
        U : (k, d) array_like

        Returns
        -------
        (k, S, D) float64

        Raises
        ------
        InvalidDataError
            `U` has not as many columns as the fit.

        Examples
        --------
        >>> from stattools.distributions import DistributionArray
        >>> from stattools.sdr.frechet import FrechetRegressor
        >>> Y = DistributionArray.from_samples([[0.0, 1.0], [1.0, 2.0], [2.0, 3.0]])
        >>> result = FrechetRegressor("global", n_quantiles=2).fit([0.0, 1.0, 2.0], Y).results_
        >>> result.quantile_functions([[1.5]]).round(6)
        array([[[1.5, 2.5]]])
        """
        new = _validation.float_array(U, "U", ndim=2)
        if new.shape[1] != self.predictors.shape[1]:
            raise InvalidDataError(f"U has {new.shape[1]} columns; the fit has {self.predictors.shape[1]}")
        weights = weights_at(self.kind, self.predictors, new, self.bandwidth, self.penalty).values
        curves = (weights @ self.responses.reshape(self.nobs, -1)).reshape(-1, *self.responses.shape[1:])
        return project(curves, np.ones(curves.shape[2]), *self.support)

    def permutation_test(
        self, *, n_resamples: int = 999, rng: Seed = None, n_jobs: int | None = None, progress: Progress = False
    ) -> HTestResult:
        """Test that the predictors have no effect on the response.

        Parameters
        ----------
        n_resamples : int, default 999
        rng, n_jobs, progress
            Seed, processes and display of the resampling.

        Returns
        -------
        HTestResult

        Notes
        -----
        The null hypothesis is that responses are exchangeable given the predictors, as when both are independent; the
        p-value is exact for it. For a global fit the statistic is F = (R^2 / p) / ((1 - R^2) / (n - p - 1)) with p the
        rank of the predictors, of sums of squared distances; else the cross-validated R-squared, the largest over the
        candidates if the smoothing was chosen, so that the choice is part of what is permuted. Fits are taken before
        the projection on quantile functions, where sums of squares are <M, G_pi> for the Gram matrix G of the
        responses, permuted, and a matrix M of the predictors for each candidate (derived here).

        8 H n^2 bytes for H candidates, and O(H n^2) time a permutation.

        Examples
        --------
        >>> from stattools.distributions import DistributionArray
        >>> from stattools.sdr.frechet import FrechetRegressor
        >>> Y = DistributionArray.from_samples(np.arange(8.0)[:, None] + [0.0, 1.0])
        >>> FrechetRegressor("global").fit(np.arange(8.0) ** 2, Y).results_.permutation_test(rng=1).pvalue
        0.001
        """
        from stattools.sdr.no_effect import no_effect_test

        return no_effect_test(self, n_resamples=n_resamples, rng=rng, n_jobs=n_jobs, progress=progress)

    # tables ----------------------------------------------------------------------------------------------------------
    def tidy(self, *, alpha: float = 0.05) -> DataFrame:
        """A row for each predictor, with its bandwidth and its range; there are no coefficients, `alpha` is refused.

        Examples
        --------
        >>> from stattools.distributions import DistributionArray
        >>> from stattools.sdr.frechet import FrechetRegressor
        >>> Y = DistributionArray.from_samples([[0.0, 1.0], [1.0, 2.0], [2.0, 3.0]])
        >>> FrechetRegressor("global").fit([0.0, 1.0, 2.0], Y).results_.tidy()["term"].tolist()
        ['u1']
        """
        import pandas

        if alpha != 0.05:
            raise InvalidParameterError("alpha is for coefficients, and a Frechet regression has none; leave it out")
        return pandas.DataFrame(self._predictor_rows())

    def _tidy(self) -> Mapping[str, Any]:
        return self._predictor_rows()

    def _predictor_rows(self) -> dict[str, Any]:
        d = len(self.predictor_names)
        return {
            "term": list(self.predictor_names),
            "bandwidth": np.full(d, np.nan) if self.bandwidth is None else self.bandwidth.copy(),
            "std_dev": self.predictors.std(axis=0),
            "minimum": self.predictors.min(axis=0),
            "maximum": self.predictors.max(axis=0),
        }

    def _glance(self) -> Mapping[str, Any]:
        row = dict(super()._glance())
        for name in ("scale", "cov_type"):
            row.pop(name, None)
        return row | {"kind": self.kind, "penalty": self.penalty, "tuned": self.tuned}

    def _augmentation(self) -> dict[str, FloatArray]:
        columns = {"resid_distance": self.distances.copy(), "loo_distance": self.loo_distances.copy()}
        if self.space_kind == "line":
            assert self.fitted is not None
            columns = {"fitted_mean": self.fitted.mean(axis=1), **columns}
        assert self.leverage is not None
        return columns | {"hat": self.leverage.copy()}

    # printed form ----------------------------------------------------------------------------------------------------
    def _headline(self, digits: int) -> str:
        from stattools.results import _format

        return _format.equations(self._sizes(), digits)

    def _sizes(self) -> dict[str, Any]:
        sizes = dict(super()._sizes())
        df = sizes.pop("residual df")
        return {"observations": sizes.pop("observations"), "effective df": self.nobs - df, **sizes}

    def _parts(self, digits: int, *, full: bool) -> list[Part]:
        parts = super()._parts(digits, full=full)
        parts += [Gap(), self._distance_table(digits)]
        if full:
            rows = self._predictor_rows()
            columns = [number_column(np.asarray(values).tolist(), digits) for values in list(rows.values())[1:]]
            lines = list(zip(rows["term"], *columns, strict=True))
            parts += [Gap(), Table("predictors:", tuple(rows), cut(lines, MOST_PREDICTORS)[0], n_left=1)]
        return parts

    def _distance_table(self, digits: int) -> Table:
        named = {
            "fitted": self.distances,
            "predicted by the others": self.loo_distances,
            "barycentre": self.barycentre_distances,
        }
        quantiles = {name: np.quantile(values, [0.0, 0.25, 0.5, 0.75, 1.0]) for name, values in named.items()}
        rows = [(name, *number_column(values.tolist(), digits)) for name, values in quantiles.items()]
        return Table("distance of responses from:", ("", "min", "1Q", "median", "3Q", "max"), tuple(rows), n_left=1)

    # plots -----------------------------------------------------------------------------------------------------------
    def plot(self, *, ax: Any = None, kind: str | None = None, **options: Any) -> Any:
        """Draw the result with matplotlib.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            A new figure by default.
        kind : {"effect", "smoothing", "residuals"}, optional
            "effect", the default for responses on the line: predicted quantile functions or densities along one
            predictor, the others held. "smoothing", for a fit that chose its smoothing: the leave-one-out loss of all
            candidates. "residuals": distances of responses from what the others predict.
        **options
            For "effect": ``predictor``, name or number, default the first; ``show``, "quantile" or "density";
            ``n_curves``, default 9; ``at``, dict of name to value for the other predictors, default their means. For
            "residuals": ``predictor``, name or number to draw against, by default the distance from the barycentre;
            ``n_labels``, default 3.

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        InvalidParameterError
            There is no such kind, option or predictor, or this result cannot draw it.

        Examples
        --------
        >>> from stattools.distributions import DistributionArray
        >>> from stattools.sdr.frechet import FrechetRegressor
        >>> Y = DistributionArray.from_samples(np.arange(8.0)[:, None] + [0.0, 1.0])
        >>> result = FrechetRegressor("global").fit(np.arange(8.0), Y).results_
        >>> result.plot(kind="effect", show="density").get_ylabel()
        'density'
        """
        return super().plot(ax=ax, kind=kind, **options)

    def _absent_plots(self) -> Mapping[str, str]:
        absent = {} if self.tuned else {"smoothing": "bandwidth and penalty were given, nothing was chosen"}
        if self.space_kind != "line":
            absent["effect"] = "quantile functions along a predictor are for responses on the line"
        return absent

    def _plot(self, kind: str, ax: Any, **options: Any) -> Any:
        from stattools.plotting import frechet as plots

        return plots.plot_frechet(self, kind, ax, **options)
