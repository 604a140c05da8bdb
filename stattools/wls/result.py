"""What a weighted least-squares fit returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import FloatArray
from stattools.results import FitResult, _format
from stattools.results.summary import Gap, Line, Part, Table
from stattools.wls import alignment, covariance as covariances, formulas, guarantees, problem
from stattools.wls.prediction import Prediction, checked_leverage, standard_errors
from stattools.wls.solve import WeightedFit, r_squared, rows_of

if TYPE_CHECKING:
    from pandas import DataFrame

    from stattools.wls.design import Design
    from stattools.wls.spaces import Space

LONG_EXPANSION, LARGEST = 30, 20  # a longer one is printed by its largest coefficients


class ErrorEstimate(NamedTuple):
    """Estimates of the L2 distance between the fit and the responses' mean function.

    Examples
    --------
    >>> ErrorEstimate(0.1, 0.12).conservative
    0.12
    """

    central: float
    conservative: float


class Certificate(NamedTuple):
    """The mean squared error of the fit is at most `factor` times that of the best approximation, in the sense `words`.

    Examples
    --------
    >>> Certificate(6.0, "in expectation, with equality").factor
    6.0
    """

    factor: float
    words: str


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class WLSResult(FitResult):
    """Result of `WeightedLeastSquares` and `wls`: coefficients, inference, and what is known of the error.

    Attributes
    ----------
    solution : WeightedFit
        Factors and residuals of the joint fit.
    weights_kind : {"none", "sampling_weights", "sample_weight", "var_weights"}
        What the weights of the fit mean.
    noise_ratio : (n,) float64 or None
        Weights of the fit times noise variances, where ``var_weights`` were given beside a design.
    space : Space or None
        For a fit in a space, the coefficients are those of its orthonormal basis.
    design : Design or None
    certified : bool
        The fit is the one that the guarantees of the design are about.
    averaged : bool
        The coefficients are the mean of interpolants of the blocks of the design, not those of the joint fit.
    df_inference : float
        Degrees of freedom of Student's law for tests and intervals: those of the residuals, or blocks less one.
    intercept : bool
        The first coefficient belongs to a constant that was put before the columns.
    columns : tuple of str
        Names of the columns of X, if it was a table.
    formula : str
        The formula that made the columns, or "".

    Besides these, all attributes of `FitResult`, with the names of statsmodels.

    Notes
    -----
    Importance is not precision: under sampling weights or ``sample_weight`` the "nonrobust" covariance is right only
    for residuals whose weighted variance is constant; the sandwich forms HC0 to HC3 need no such assumption. They
    are those of statsmodels' WLS, with weighted residuals and the weighted hat matrix. Intervals take Student's law
    for all of them. The factor of the fit is kept, 8 n m bytes, so that any covariance can be computed later.

    Examples
    --------
    >>> from stattools.wls import PolynomialSpace, WeightedLeastSquares, optimal_design
    >>> space = PolynomialSpace("legendre", degree=4)
    >>> design = optimal_design(space, 15, rng=1)
    >>> y = np.exp(design.points[:, 0])
    >>> result = WeightedLeastSquares(space).fit(design.points, y, design=design).results_
    >>> round(result.mean(), 3), bool(result.error_estimate.central < 1e-3)
    (1.175, True)
    """

    plot_kinds: ClassVar[tuple[str, ...]] = ("coefficients", "residuals", "leverage", "sobol")

    solution: WeightedFit
    weights_kind: str = "none"
    noise_ratio: FloatArray | None = None
    space: Space | None = None
    design: Design | None = None
    certified: bool = False
    averaged: bool = False
    df_inference: float = float("nan")
    intercept: bool = False
    response_name: str = "y"
    columns: tuple[str, ...] = ()
    formula: str = ""
    _spec: Any = field(init=False, default=None, compare=False)

    # the fit ---------------------------------------------------------------------------------------------------------
    @property
    def weights(self) -> FloatArray:
        """Weights of the fit: (n,) array."""
        return self.solution.weights

    @property
    def wresid(self) -> Any:
        """Residuals times the roots of the weights."""
        return self._rows(self._weighted_residuals, "residuals")

    @property
    def hat_diag(self) -> Any:
        """Leverage: how much of a response enters its own fitted value."""
        return self._rows(self.leverage, "leverage")

    @property
    def rsquared(self) -> float:
        """Weighted share of the sum of squares that the fit explains; centred where the columns span the constant."""
        assert self.residuals is not None
        return r_squared(self.solution, self.residuals)

    @property
    def rsquared_adj(self) -> float:
        """R-squared with sums of squares over their degrees of freedom; NaN without any for the residuals."""
        df = self._residual_df
        rows = self.solution.n_used - self.solution.constant_in_span
        return 1.0 - rows / df * (1.0 - self.rsquared) if df > 0 else float("nan")

    @property
    def _weighted_residuals(self) -> FloatArray:
        assert self.residuals is not None
        return np.asarray(self.residuals * np.sqrt(self.weights))

    @property
    def _residual_df(self) -> float:
        return covariances.residual_df(self.solution)

    # inference -------------------------------------------------------------------------------------------------------
    def cov_params(self, cov_type: str | None = None) -> Any:
        """Covariance of the coefficients: (m, m) array, or DataFrame.

        Parameters
        ----------
        cov_type : str, optional
            Any type that the fit supports; that of the fit by default.

        Raises
        ------
        InvalidParameterError
            The type is unknown, or belongs to another estimator.
        InvalidDataError
            "dpp-block" without a design of at least three blocks.

        Examples
        --------
        >>> from stattools.wls import WeightedLeastSquares
        >>> result = WeightedLeastSquares().fit(np.ones((4, 1)), [1.0, 2.0, 3.0, 6.0]).results_
        >>> result.cov_params("HC3").round(3)
        array([[1.556]])
        """
        if cov_type is None or cov_type == self.cov_type:
            return super().cov_params()
        cov_type = covariances.check_cov_type(cov_type)
        if self.averaged or cov_type == "design":
            raise InvalidParameterError(
                "'design' is the covariance of a mean of block interpolants and of no other estimate; fit again with "
                "another cov_type to compare"
            )
        blocks = blocks_of(self.design) if cov_type == "dpp-block" else None
        values = covariances.covariance(self.solution, cov_type, blocks=blocks, noise_ratio=self.noise_ratio)
        return self._frame(values, columns=self.param_names) if self.named else values

    @property
    def _df(self) -> float:
        return self.df_inference if self.df_inference > 0 else float("nan")

    def predict(self, X: Any = None) -> FloatArray:
        """Values of the fit, without standard errors.

        Parameters
        ----------
        X : (k, d) array_like or DataFrame, optional
            As in `get_prediction`.

        Returns
        -------
        (k,) float64

        Examples
        --------
        >>> from stattools.wls import wls
        >>> wls("y ~ x", {"x": [0.0, 1.0, 2.0], "y": [1.0, 2.0, 3.0]}).predict({"x": [5.0]}).round(6)
        array([6.])
        """
        features = rows_of(self.solution) if X is None else self._features_at(X)[0]
        return np.asarray(features @ self.coefficients)

    def get_prediction(self, X: Any = None, *, var_weights: Any = None) -> Prediction:
        """Predictions with standard errors and intervals.

        Parameters
        ----------
        X : (k, d) array_like or DataFrame, optional
            Points for a fit in a space, a table for a fit by formula, else columns; by default the rows of the fit, of
            which those of weight zero are not kept and give NaN. Columns of a table are named as in the fit. A fit by
            formula that was read from storage takes the columns of the formula.
        var_weights : (k,) array_like, optional
            Inverse noise variances of the new observations, in the unit of those of the fit; 1 by default.

        Returns
        -------
        Prediction

        Raises
        ------
        InvalidDataError
            Columns are not those of the fit, a categorical column has a level that the fit does not know, or a point
            lies outside of the domain of the space.

        Warns
        -----
        AssumptionWarning
            A row lies far outside of those of the fit: its leverage, at weight one, exceeds four times the largest of
            theirs, as at twice the distance from their centre. Spaces on bounded domains refuse points outside
            instead.

        Notes
        -----
        ``mean_ci`` is the interval for the best approximation, which is the mean of responses if the model holds. When
        a smooth function is evaluated without noise (``noise_free=True``), the function differs from its best
        approximation, and ``obs_ci`` is the interval for its value at a point; ``mean_ci`` covers it too rarely.

        Standard errors are those of the type of the fit. Intervals of observations take the normal law for the noise;
        its variance is that of the residuals, which includes what the model misses, and under sampling weights is an
        average over the measure.

        Examples
        --------
        >>> from stattools.wls import WeightedLeastSquares
        >>> result = WeightedLeastSquares().fit(np.ones((4, 1)), [1.0, 2.0, 3.0, 6.0]).results_
        >>> result.get_prediction([[1.0]]).summary_frame()["mean"].tolist()
        [3.0]
        """
        if X is None:
            features, labels = rows_of(self.solution), self.row_names
            with np.errstate(divide="ignore", invalid="ignore"):
                leverage = self.solution.leverage / self.weights
        else:
            features, labels = self._features_at(X)
            leverage = checked_leverage(self.solution, features, labels, everywhere=self._is_bounded)
        if var_weights is not None:
            noise = problem.require_weights(var_weights, "var_weights", len(features))
        else:
            noise = self.weights if X is None and self.weights_kind == "var_weights" else np.ones(len(features))
        assert self.covariance is not None
        errors = standard_errors(features, self.covariance)
        with np.errstate(divide="ignore"):
            spread = np.sqrt(errors**2 + self._noise_variance() / noise)
        return Prediction(features @ self.coefficients, errors, spread, self._df, labels, leverage)

    def _noise_variance(self) -> float:
        """Of a response, about its mean: residual variance in the unit of the response."""
        variance = float("nan") if self.scale is None else float(self.scale)
        return variance / float(np.mean(self.weights)) if self.weights_kind == "sample_weight" else variance

    @property
    def _is_bounded(self) -> bool:
        """The fit is one in a space on a bounded domain, whose points are checked."""
        from stattools.wls.spheres import SphericalHarmonicSpace

        families = getattr(self.space, "univariate", None)
        return isinstance(self.space, SphericalHarmonicSpace) if families is None else all(f.bounded for f in families)

    def _features_at(self, X: Any) -> tuple[FloatArray, Any]:
        labels = alignment.row_labels(X)
        if self.space is not None:
            alignment.check_columns(X, self.columns)
            alignment.check_order_in_space(X, self.space)
            return self.space.evaluate(X), labels
        if self._spec is not None and not isinstance(X, np.ndarray):
            return formulas.rebuild(self._spec, X)
        names = alignment.column_names(X)
        if self.formula and names not in (None, self.param_names):
            raise InvalidDataError(
                "this result was read from storage, where the knots, levels and moments of the formula are not kept; "
                f"pass the columns of the model ({', '.join(self.param_names[:10])})"
            )
        alignment.check_columns(X, self.columns)
        columns = _validation.float_array(X, "X", ndim=2)
        if self.intercept:
            columns = np.column_stack([np.ones(len(columns)), columns])
        if columns.shape[1] != self.coefficients.size:
            expected = self.coefficients.size - self.intercept
            raise InvalidDataError(f"X has {columns.shape[1] - self.intercept} columns; the fit has {expected}")
        return columns, labels

    # errors ----------------------------------------------------------------------------------------------------------
    @property
    def loo_residuals(self) -> Any:
        """Residual of each row from the fit to all others: e / (1 - h); NaN where the leverage h is one."""
        return self._rows(self._left_out(), "residuals")

    @property
    def press(self) -> float:
        """Weighted sum of squared leave-one-out residuals; NaN when a row of positive weight has leverage one."""
        return float(np.sum(np.where(self.weights > 0, self.weights * self._left_out() ** 2, 0.0)))

    @property
    def loo_error(self) -> float:
        """Root of the weighted mean of squared leave-one-out residuals."""
        return float(np.sqrt(self.press / self._total_weight))

    @property
    def fpe(self) -> float:
        """Root of the final prediction error: weighted mean squared residual times n / (n - m) (1 + m / n).

        For a mean of r interpolants the last factor is 1 + m / r, by which the best squared error is multiplied on
        average without conditioning.
        """
        n, m, df = self.solution.n_used, self.solution.effective_rank, self._residual_df
        if not df > 0:
            return float("nan")
        inflation = 1.0 + m / (self.df_inference + 1.0 if self.averaged else n)
        weighted = float(np.sum(self.solution.weighted_residuals**2))
        return float(np.sqrt(weighted / self._total_weight * n / df * inflation))

    @property
    def error_estimate(self) -> ErrorEstimate:
        """A-posteriori estimates of the L2 error: ``central`` from `fpe`, ``conservative`` from `loo_error`.

        Under a design they estimate the error under the measure it was drawn for. Noise in the responses is part of
        them. Both are NaN for an interpolation, which leaves nothing to estimate an error from.
        """
        return ErrorEstimate(self.fpe, self.loo_error)

    @property
    def certificate(self) -> Certificate | None:
        """What the law of the design promises for exact responses, before any is seen; None where nothing is known."""
        if not self.certified or self.design is None:
            return None
        if self.averaged:
            if self.design.conditioned:
                return None
            factor = 1.0 + self.design.dim / (self.df_inference + 1.0)
            return Certificate(factor, "in expectation, with equality")
        constant, words = guarantees.error_factor(self.design)
        return None if constant is None else Certificate(constant, words)

    def _left_out(self) -> FloatArray:
        assert self.residuals is not None
        if self.averaged:
            return np.full(self.nobs, np.nan)
        fixed = covariances.unit_leverage(self.solution)
        return np.where(fixed, np.nan, self.residuals / np.where(fixed, 1.0, 1.0 - self.solution.leverage))

    @property
    def _total_weight(self) -> float:
        """Divisor of weighted sums: n for sampling weights, whose mean is one by their law, else the sum of weights."""
        return float(self.nobs if self.weights_kind == "sampling_weights" else np.sum(self.weights))

    # stability -------------------------------------------------------------------------------------------------------
    @property
    def lambda_min(self) -> float:
        """Smallest eigenvalue of the weighted Gram matrix of the orthonormal basis; NaN without a space or a design."""
        return self._spectrum()[0]

    @property
    def cond(self) -> float:
        """Condition number of that Gram matrix; without a space or a design, of columns scaled to unit length."""
        low, high = self._spectrum()
        if np.isnan(low):
            return self.solution.condition**2
        return high / low if low > 0 else float("inf")

    @property
    def stability_constant(self) -> float:
        """1 / lambda_min."""
        return 1.0 / self.lambda_min if self.lambda_min != 0 else float("inf")

    @property
    def effective_size(self) -> float:
        """(sum w)^2 / sum w^2: as many equally weighted rows carry this much."""
        return float(np.sum(self.weights) ** 2 / np.sum(self.weights**2))

    def _spectrum(self) -> tuple[float, float]:
        if self.design is not None and self.design.space is None and self.weights_kind == "sampling_weights":
            return self.design.lambda_min, self.design.lambda_max
        if self.space is None:
            return float("nan"), float("nan")
        squares = self.solution.singular_values**2 / self._total_weight
        return float(squares[-1]) if self.solution.rank == len(squares) else 0.0, float(squares[0])

    # functionals of a fit in an orthonormal space -------------------------------------------------------------------
    def mean(self) -> float:
        """Mean of the fitted function under the measure of its space: the coefficient of the constant.

        Raises
        ------
        InvalidParameterError
            The fit is not one in a space that holds the constant.

        Examples
        --------
        >>> from stattools.wls import PolynomialSpace, WeightedLeastSquares
        >>> x = np.linspace(-1, 1, 20)[:, None]
        >>> round(WeightedLeastSquares(PolynomialSpace("legendre", degree=2)).fit(x, x[:, 0] ** 2).results_.mean(), 6)
        0.333333
        """
        return float(self.coefficients[self._constant("mean")])

    def variance(self) -> float:
        """Variance of the fitted function under the measure of its space: the sum of the other squared coefficients.

        It exceeds that of the projection on average by the sum of the variances of these coefficients.

        Raises
        ------
        InvalidParameterError
            The fit is not one in a space that holds the constant.

        Examples
        --------
        >>> from stattools.wls import PolynomialSpace, WeightedLeastSquares
        >>> x = np.linspace(-1, 1, 20)[:, None]
        >>> fit = WeightedLeastSquares(PolynomialSpace("legendre", degree=2)).fit(x, x[:, 0])
        >>> round(fit.results_.variance(), 6)
        0.333333
        """
        others = np.delete(self.coefficients, self._constant("variance"))
        return float(others @ others)

    def sobol(self) -> DataFrame:
        """First-order and total Sobol indices of the inputs, from the coefficients of a `PolynomialSpace`.

        Returns
        -------
        DataFrame
            A row for each input, named as in the space, columns ``first_order`` and ``total``; NaN for a function that
            is constant up to rounding.

        Raises
        ------
        InvalidParameterError
            The space is no PolynomialSpace, or holds no constant.

        Notes
        -----
        The indices are shares of `variance`: of the squared coefficients of functions of one input alone, and of all
        functions in which it occurs. They are those of the fitted function. As estimates for the function that was
        evaluated, numerators are too large on average by the variance of the coefficients that enter them.

        Constant up to rounding: a root of the variance of at most max(n, m) eps times the condition number of the
        weighted features, relative to the root of the mean square. That much the coefficients of a QR factorization
        may be off, and the same product decides the rank.

        Examples
        --------
        >>> from stattools.wls import PolynomialSpace, WeightedLeastSquares
        >>> x = np.random.default_rng(0).uniform(-1, 1, (30, 2))
        >>> space = PolynomialSpace(["legendre"] * 2, degree=2)
        >>> WeightedLeastSquares(space).fit(x, x[:, 0] + 2 * x[:, 1]).results_.sobol()["total"].round(6).tolist()
        [0.2, 0.8]
        """
        import pandas

        indices = getattr(self.space, "indices", None)
        if self.space is None or indices is None:
            raise InvalidParameterError("Sobol indices need a fit in a PolynomialSpace, whose functions are products")
        self._constant("sobol")
        squares, active = self.coefficients**2, indices > 0
        alone = active & (active.sum(axis=1) == 1)[:, None]
        total = self.variance()
        total = total if total > (self._rounding() ** 2) * float(squares.sum()) else float("nan")
        with np.errstate(invalid="ignore"):
            columns = {"first_order": squares @ alone / total, "total": squares @ active / total}
        return pandas.DataFrame(columns, index=list(self.space.input_names))

    def _rounding(self) -> float:
        """Relative error that rounding may leave in the coefficients."""
        condition, basis = self.solution.condition, self.solution.basis
        if self.averaged:
            order = np.argsort(blocks_of(self.design, minimum=2), kind="stable")
            m = basis.shape[1]
            condition *= float(np.linalg.cond(basis[order].reshape(-1, m, m)).max())
        return float(max(basis.shape) * np.finfo(np.float64).eps * condition)

    def _constant(self, name: str) -> int:
        index = None if self.space is None else self.space.constant_index
        if index is None:
            raise InvalidParameterError(f"{name}() needs a fit in a space of functions that holds the constant")
        return index

    # printed forms ---------------------------------------------------------------------------------------------------
    def _parts(self, digits: int, *, full: bool) -> list[Part]:
        parts = super()._parts(digits, full=full)
        first = 1 if self.data_name else 0
        parts[first:first] = self._weight_lines(digits)
        return [*parts, Gap(), *self._error_lines(digits)]

    def _weight_lines(self, digits: int) -> list[Part]:
        lines: list[Part] = []
        if self.weights_kind != "none":
            lines.append(Line(self._weight_words(), label="weights:"))
        if self.design is not None:
            noun = "rows" if self.design.space is None else "points"
            distinct = "all distinct" if self.design.n_unique == self.nobs else f"{self.design.n_unique} distinct"
            lines.append(Line(f"{self.design._title()}: {self.nobs} {noun}, {distinct}"))
        if not np.isnan(self.lambda_min):
            numbers = {"lambda_min": self.lambda_min, "condition number": self.cond}
            numbers["effective size"] = self.effective_size
            lines.append(Line(_format.equations(numbers, digits)))
        return lines

    def _weight_words(self) -> str:
        if self.weights_kind != "sampling_weights" or not (self.weights == 1).all():
            return problem.KINDS[self.weights_kind]
        estimator = "ridge regression" if self.solution.regularization else "plain least squares"
        return f"all 1 (the law's estimator is {estimator})"

    def _coefficient_parts(self, digits: int, *, limit: int | None) -> list[Part]:
        """Of a long expansion in an orthonormal basis, the largest coefficients, in the order of the basis."""
        parts = super()._coefficient_parts(digits, limit=limit)
        m = self.coefficients.size
        if self.space is None or limit is None or m <= LONG_EXPANSION:
            return parts
        largest = np.sort(np.argsort(-np.abs(self.coefficients), kind="stable")[:LARGEST])
        names, rows = self._inference_rows(digits)
        label = f"{LARGEST} largest coefficients (covariance: {self.cov_type}):"
        return [Table(label, names, tuple(rows[k] for k in largest), n_left=1), Line(f"{m - LARGEST} more in tidy()")]

    def _error_lines(self, digits: int) -> list[Part]:
        central, conservative = self.error_estimate
        estimates = {"central": central, "conservative (leave-one-out)": conservative}
        under_measure = self.weights_kind == "sampling_weights" or self.space is not None
        label = "L2 error, noise included:" if under_measure else "prediction error:"
        lines: list[Part] = [Line(_format.equations(estimates, digits), label=label)]
        if self.certificate is not None:
            factor, words = _format.number(self.certificate.factor, digits), self.certificate.words
            if self.space is None:
                text = f"E L(w) <= {factor} L(w*) {words}; L is the sum of squares over all rows, w* the fit to all"
                lines.append(Line(text, label="for any labels:"))
            else:
                text = f"mean squared error at most {factor} times the smallest possible, {words}"
                lines.append(Line(text, label="promised for exact responses:"))
        return lines

    def _glance(self) -> Mapping[str, Any]:
        row = {**super()._glance(), "df_inference": self.df_inference, "weights": self.weights_kind}
        row |= {"lambda_min": self.lambda_min, "cond": self.cond, "effective_size": self.effective_size}
        row |= {"fpe": self.fpe, "loo_error": self.loo_error}
        row["design"] = None if self.design is None else self.design.method
        return row

    # plots -----------------------------------------------------------------------------------------------------------
    def _available_plots(self) -> tuple[str, ...]:
        has_indices = getattr(self.space, "indices", None) is not None
        sobol = has_indices and self.space is not None and self.space.constant_index is not None
        return self.plot_kinds if sobol else self.plot_kinds[:-1]

    def _plot(self, kind: str, ax: Any, **options: Any) -> Any:
        from stattools.plotting import wls_fit as plots

        return plots.plot_fit(self, kind, ax, **options)


def blocks_of(design: Any, *, minimum: int = 3) -> Any:
    """(n,) block of each row, for covariances over independent draws of a DPP.

    Raises
    ------
    InvalidDataError
        There is no design with that many blocks.

    Examples
    --------
    >>> blocks_of(None)
    Traceback (most recent call last):
    ...
    stattools._errors.InvalidDataError: cov_type='dpp-block' needs a design of at least 3 draws of a DPP; ...
    """
    independent = design is not None and design.method in ("dpp", "repeated_dpp") and design.block_id is not None
    blocks = design.block_id if independent else None
    count = 0 if blocks is None else len(np.unique(blocks))
    if count < minimum:
        have = "there is no design" if design is None else f"this one, {design.method!r}, has {count} independent ones"
        name = "dpp-block" if minimum == 3 else "design"
        raise InvalidDataError(
            f"cov_type={name!r} needs a design of at least {minimum} draws of a DPP; {have}. "
            "optimal_design(..., method='repeated_dpp') makes one"
        )
    return blocks
