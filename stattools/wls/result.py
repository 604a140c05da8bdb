"""What a weighted least-squares fit returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._formulas import as_frame
from stattools._typing import FloatArray
from stattools.results import FitResult, HTestResult, _format
from stattools.results.summary import Gap, Line, Part, Table
from stattools.wls import accuracy, alignment, covariance as covariances, formulas, guarantees, problem, remarks
from stattools.wls.accuracy import ErrorEstimate
from stattools.wls.copies import copies_of, exact_rows
from stattools.wls.prediction import Prediction, checked_leverage, combined_df, standard_errors
from stattools.wls.sensitivity import shares
from stattools.wls.solve import WeightedFit, determined, r_squared, rows_of

if TYPE_CHECKING:
    from pandas import DataFrame

    from stattools.wls.design import Design
    from stattools.wls.spaces import Space

LONG_EXPANSION, LARGEST = 30, 20  # a longer one is printed by its largest coefficients
OF_AN_EVENT = "over designs with"  # in the words of a bound that holds for stable designs only


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
    finite_population : bool
        Variances carry the factor 1 - n / N of a sample without replacement.

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
    finite_population: bool = False
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
    def weighted_scale(self) -> float:
        """Variance of weighted residuals: `scale`, in the unit of the weights where those are importance."""
        variance = float("nan") if self.scale is None else float(self.scale)
        if self.weights_kind != "sample_weight":
            return variance
        return variance * float(np.sum(self.weights)) / self.solution.n_used

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
        values = self.covariance_of(cov_type)
        return self._frame(values, columns=self.param_names) if self.named else values

    def covariance_of(self, cov_type: str, *, every: bool = False) -> FloatArray:
        """The covariance of a type as an array: (m, m).

        Parameters
        ----------
        cov_type : str
        every : bool, default False
            True for that of the solution of smallest norm, also where coefficients are not determined.

        Examples
        --------
        >>> from stattools.wls import WeightedLeastSquares
        >>> result = WeightedLeastSquares().fit(np.ones((4, 1)), [1.0, 2.0, 3.0, 6.0]).results_
        >>> result.covariance_of("HC2").round(3)
        array([[1.167]])
        """
        blocks = blocks_of(self.design, n_rows=self.nobs) if cov_type == "dpp-block" else None
        of_pool = self.certified and self.design is not None
        values = covariances.covariance(
            self.solution, cov_type, blocks=blocks, noise_ratio=self.noise_ratio, copies=self.copies,
            exact=exact_rows(self.design) if of_pool and self.design is not None else None, every=every,
        )  # fmt: skip
        if self.finite_population and self.design is not None and self.design.n_pool:
            values = values * (1.0 - self.design.n / self.design.n_pool)
        return values

    def wald_test(self, terms: Any) -> HTestResult:
        """Test that several coefficients are all zero.

        Parameters
        ----------
        terms : str or sequence of str
            Names of coefficients, or of terms of a formula, which stand for all of their coefficients: ``"C(g)"``.

        Returns
        -------
        HTestResult
            An F test with the covariance of the fit.

        Raises
        ------
        InvalidParameterError
            No coefficient belongs to a term.
        DegenerateDataError
            A coefficient has no standard error, or the covariance of those that are tested is singular.

        Notes
        -----
        Exact for "nonrobust" under normal noise. Sandwich covariances take the same law, with too many rejections when
        many coefficients are tested on few rows; those from the spread of r blocks take Hotelling's.

        Examples
        --------
        >>> from stattools.wls import wls
        >>> data = {"g": list("aabbcc"), "y": [1.0, 2.0, 3.0, 5.0, 4.0, 4.0]}
        >>> print(wls("y ~ g", data).wald_test("g")._headline(4))
        F = 5, p-value = 0.1109
        """
        from stattools.wls import hypotheses

        return hypotheses.wald_test(self, terms)

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
            formula that was read from storage takes a table with the columns of the model, ``param_names``.
        var_weights : (k,) array_like, optional
            Inverse noise variances of the new observations, in the unit of those of the fit; 1 by default, and those
            of the fit for its own rows.

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
            instead. Or the rows do not determine the value at a row, whose standard error is NaN then.

        Notes
        -----
        ``mean_ci`` is the interval for the best approximation, which is the mean of responses if the model holds. When
        a smooth function is evaluated without noise (``noise_free=True``), the function differs from its best
        approximation, and ``obs_ci`` is the interval for its value at a point; ``mean_ci`` covers it too rarely.

        Standard errors are those of the type of the fit. Intervals of observations take the normal law for the noise;
        its variance is that of the residuals, which includes what the model misses, and under sampling weights is an
        average over the measure. Where the covariance has other degrees of freedom than the residuals, those of an
        observation are Satterthwaite's.

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
            noise = self._own_precision() if X is None else np.ones(len(features))
        errors = standard_errors(features, self._covariance_of_means())
        errors = np.where(determined(self.solution, features) | np.isnan(errors), errors, np.nan)
        variance = float("nan") if self.scale is None else float(self.scale)
        with np.errstate(divide="ignore", invalid="ignore"):
            of_noise = variance / noise
            spread = np.sqrt(errors**2 + of_noise)
        df = combined_df(errors**2, self._df, of_noise, self._residual_df)
        return Prediction(features @ self.coefficients, errors, spread, self._df, labels, leverage, df)

    def _own_precision(self) -> FloatArray:
        """(n,) inverse noise variances of the rows of the fit."""
        if self.noise_ratio is not None:
            return np.asarray(self.weights / self.noise_ratio)
        return self.weights if self.weights_kind == "var_weights" else np.ones(self.nobs)

    def _covariance_of_means(self) -> FloatArray:
        """Of the coefficients, also where only combinations of them are determined."""
        assert self.covariance is not None
        if self.averaged or self.solution.map is None:
            return self.covariance
        return self.covariance_of(self.cov_type, every=True)

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
        if self._spec is not None:
            return formulas.rebuild(self._spec, X)
        if self.formula:
            return self._model_columns(X), labels
        alignment.check_columns(X, self.columns)
        columns = _validation.float_array(X, "X", ndim=2)
        if self.intercept:
            columns = np.column_stack([np.ones(len(columns)), columns])
        if columns.shape[1] != self.coefficients.size:
            expected = self.coefficients.size - self.intercept
            raise InvalidDataError(f"X has {columns.shape[1] - self.intercept} columns; the fit has {expected}")
        return columns, labels

    def _model_columns(self, X: Any) -> FloatArray:
        """The columns of a formula by their names, from a table that has those and no others."""
        names = alignment.column_names(X)
        if names is None or sorted(names) != sorted(self.param_names):
            raise InvalidDataError(
                "this result was read from storage, where the knots, levels and moments of the formula are not kept; "
                f"pass a table with the columns of the model ({', '.join(self.param_names[:10])}) and no others"
            )
        return _validation.float_array(as_frame(X)[list(self.param_names)].to_numpy(), "X", ndim=2)

    # errors ----------------------------------------------------------------------------------------------------------
    @property
    def loo_residuals(self) -> Any:
        """Residual of each row from the fit to all others: e / (1 - h); NaN where the leverage h is one."""
        return self._rows(accuracy.left_out(self), "residuals")

    @property
    def press(self) -> float:
        """Weighted sum of squared leave-one-out residuals, over the rows that have one; NaN if none has."""
        values = accuracy.left_out(self)
        known = (self.weights > 0) & np.isfinite(values)
        return float(np.sum(self.weights[known] * values[known] ** 2)) if known.any() else float("nan")

    @property
    def loo_error(self) -> float:
        """Root of the weighted mean of squared leave-one-out residuals, over the rows that have one.

        Rows of a pool that were drawn without replacement are weighted here by the inverse of their inclusion
        probabilities, so that the mean square over the pool is estimated.
        """
        return accuracy.leave_one_out_error(self)

    @property
    def fpe(self) -> float:
        """Root of the final prediction error: weighted mean squared residual times n / (n - m) (1 + m / n).

        With the weights of `loo_error`. For a mean of r interpolants the last factor is 1 + m / r, by which the best
        squared error is multiplied on average without conditioning.
        """
        return accuracy.final_prediction_error(self)

    @property
    def error_estimate(self) -> ErrorEstimate:
        """A-posteriori estimates of the L2 error: ``central`` from `fpe`, ``leave_one_out`` from `loo_error`.

        Under a design they estimate the error under the measure it was drawn for. Noise in the responses is part of
        them. Both are NaN for an interpolation, which leaves nothing to estimate an error from, and where the rows do
        not see a part of what the measure does. Neither bounds the error; below n = 1.5 m they are unreliable.
        """
        return ErrorEstimate(self.fpe, self.loo_error)

    def cv_error(self, k: int = 10, *, rng: Any = None) -> float:
        """Root of the weighted mean squared error of predicting rows from fits to the others, in k folds.

        Parameters
        ----------
        k : int, default 10
            Folds, as equal as can be; at most as many as there are rows, or blocks, to leave out.
        rng : None, int, SeedSequence or Generator
            Deals rows to folds.

        Raises
        ------
        InvalidParameterError
            The coefficients are a mean of block interpolants.
        DegenerateDataError
            The rows outside of a fold do not determine the coefficients.

        Notes
        -----
        Weights are those of `loo_error`. Rows of one draw of a DPP stay together, since they depend on each other; so
        do copies of a row, which have one label. A row that stands in several draws may be predicted from its copy.

        Examples
        --------
        >>> from stattools.wls import WeightedLeastSquares
        >>> x = np.arange(12.0)
        >>> fit = WeightedLeastSquares(fit_intercept=True).fit(x[:, None], x + np.tile([0.5, -0.5], 6))
        >>> round(fit.results_.cv_error(4, rng=1), 2)
        0.54
        """
        return accuracy.cross_validated_error(self, k, rng)

    @property
    def certificate(self) -> Certificate | None:
        """What the law of the design promises for exact responses, before any is seen; None where nothing is known.

        A bound over designs of an event says nothing of a design outside of it.
        """
        found = self._promise()
        return None if found is None or self._outside(found) else found

    def _promise(self) -> Certificate | None:
        if not self.certified or self.design is None:
            return None
        if self.averaged:
            if not remarks.averages(self.design):
                return None
            exact = self.design.space is not None and not self.design.space.is_discrete
            factor = 1.0 + self.design.dim / (self.df_inference + 1.0)
            return Certificate(factor, "in expectation" + (", with equality" if exact else ""))
        constant, words = guarantees.error_factor(self.design)
        return None if constant is None else Certificate(constant, words)

    def _outside(self, promise: Certificate) -> bool:
        """The promise is one over designs of an event, and the design is not in it."""
        design = self.design
        return design is not None and OF_AN_EVENT in promise.words and not design.stability.holds(design.eigenvalues)

    @property
    def copies(self) -> Any:
        """(n,) the same number for copies of one row, under a design whose weights the fit takes; None without any."""
        return copies_of(self.design, self.nobs) if self.weights_kind == "sampling_weights" else None

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
        scaled = self.weights / np.max(self.weights)
        return float(np.sum(scaled) ** 2 / np.sum(scaled**2))

    def _spectrum(self) -> tuple[float, float]:
        if self.design is not None and self.design.space is None and self.weights_kind == "sampling_weights":
            return self.design.lambda_min, self.design.lambda_max
        if self.space is None:
            return float("nan"), float("nan")
        squares = self.solution.singular_values**2 / accuracy.error_weights(self)[1]
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

    def sobol(self, *, corrected: bool | None = None) -> DataFrame:
        """First-order and total Sobol indices of the inputs, from the coefficients of a `PolynomialSpace`.

        Parameters
        ----------
        corrected : bool, optional
            Subtract from each squared coefficient its variance, which the square is too large by on average. By
            default where standard errors are known; an interpolation has none.

        Returns
        -------
        DataFrame
            A row for each input, named as in the space, columns ``first_order``, ``total`` and their standard errors
            ``first_order_se``, ``total_se``; NaN for a function that is constant up to rounding.

        Raises
        ------
        InvalidParameterError
            The space is no PolynomialSpace, or holds no constant; or ``corrected=True`` without standard errors.

        Notes
        -----
        The indices are shares of `variance`: of the squared coefficients of functions of one input alone, and of all
        functions in which it occurs. Corrected ones estimate those of the projection without bias in numerators and
        denominator; an index near zero may come out below it. With ``corrected=False`` they are those of the fitted
        function. Variances are those of the covariance of the fit, of HC2 in the place of HC3, which is meant to be
        too large. Standard errors come from them by a quadratic approximation.

        Constant up to rounding: a root of the variance of at most max(n, m) eps times the condition number of the
        weighted features, relative to the root of the mean square. That much the coefficients of a QR factorization
        may be off, and the same product decides the rank. A variance below that of the noise is NaN too.

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
        # HC3 is too large on average, which intervals need and a difference of variances does not
        matrix = self.covariance_of("HC2") if self.cov_type == "HC3" else np.asarray(super().cov_params())
        known = bool(np.isfinite(matrix).all())
        corrected = known if corrected is None else _validation.boolean(corrected, "corrected")
        if corrected and not known:
            raise InvalidParameterError(
                "corrected=True subtracts the variances of the coefficients, and this fit has no standard errors; "
                "corrected=False gives the indices of the fitted function"
            )
        values = shares(self.coefficients, matrix, np.asarray(indices > 0), corrected=corrected)
        noise = float(np.delete(np.diag(matrix), self._constant("sobol")).sum()) if corrected else 0.0
        constant = self.variance() <= max(noise, self._rounding() ** 2 * float(self.coefficients @ self.coefficients))
        table = pandas.DataFrame(values._asdict(), index=list(self.space.input_names))
        return table * np.nan if constant else table

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
            n = self.design.n
            distinct = "all distinct" if self.design.n_unique == n else f"{self.design.n_unique} distinct"
            lines.append(Line(f"{self.design._title()}: {n} {noun}, {distinct}"))
        if self.noise_ratio is not None:
            text = "var_weights (inverse noise variances), in nonrobust standard errors and prediction intervals only"
            lines.append(Line(text, label="noise:"))
        if self.weights_kind == "sampling_weights" and not np.isnan(self.lambda_min):
            numbers = {"lambda_min": self.lambda_min, "condition number": self.cond}
            numbers["effective size"] = self.effective_size
            lines.append(Line(_format.equations(numbers, digits)))
        return lines

    def _weight_words(self) -> str:
        if not self._has_unit_weights:
            return problem.KINDS[self.weights_kind]
        if self.design is not None and self.design.method == "d_optimal":
            return "all 1 (rows were chosen, not drawn)"
        if self.design is not None and self.design.has_fixed_rows:
            return "all 1 (some rows were chosen beforehand)"
        estimator = "ridge regression" if self.solution.regularization else "plain least squares"
        return f"all 1 (the law's estimator is {estimator})"

    @property
    def _has_unit_weights(self) -> bool:
        return self.weights_kind == "sampling_weights" and bool((self.weights == 1).all())

    def _sizes(self) -> dict[str, Any]:
        sizes = super()._sizes()
        if self.df_inference == self._residual_df:
            return sizes
        both = {"observations": sizes.pop("observations"), "residual df": sizes.pop("residual df")}
        return {**both, "df of intervals": self.df_inference, **sizes}

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
        central, loo = self.error_estimate
        lines: list[Part] = []
        estimates = {"central": central, "leave-one-out": loo}
        lines.append(Line(_format.equations(estimates, digits), label=self._error_label()))
        promise = self._promise()
        if promise is None:
            return lines
        if self._outside(promise):
            assert self.design is not None
            event = self.design.stability.words
            text = f"nothing: the known bound is for designs with {event}, and this is none"
            return [*lines, Line(text, label="promised:")]
        factor, words = _format.number(promise.factor, digits), promise.words
        if self.space is None:
            text = f"E L(w) <= {factor} L(w*) {words}; L is the sum of squares over all rows, w* the fit to all"
            return [*lines, Line(text, label="for any labels:")]
        text = f"mean squared error at most {factor} times the smallest possible, {words}"
        return [*lines, Line(text, label="promised for exact responses:")]

    def _error_label(self) -> str:
        """What the error estimates are about: a measure backs them, or only the rows at hand."""
        if self.weights_kind != "sampling_weights" or self.design is None:
            return f"prediction error at such {'rows' if self.space is None else 'points'}:"
        chosen = self.design.method == "d_optimal" or self.design.has_fixed_rows
        return "error on such rows:" if chosen else "L2 error, noise included:"

    def _glance(self) -> Mapping[str, Any]:
        kind = "none" if self._has_unit_weights else self.weights_kind
        row = {**super()._glance(), "df_inference": self.df_inference, "weights": kind}
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


def blocks_of(design: Any, *, minimum: int = 3, n_rows: int | None = None) -> Any:
    """(n,) block of each row, for covariances over independent draws of a DPP.

    Raises
    ------
    InvalidDataError
        There is no design with that many independent blocks, or the fit has other rows than the design.

    Examples
    --------
    >>> blocks_of(None)
    Traceback (most recent call last):
    ...
    stattools._errors.InvalidDataError: cov_type='dpp-block' needs a design of at least 3 draws of a DPP; ...
    """
    count = 0 if design is None else independent_blocks(design)
    name = "dpp-block" if minimum == 3 else "design"
    if n_rows is not None and count and n_rows != design.n:
        raise InvalidDataError(
            f"cov_type={name!r} is about the draws of the design, and the fit has each of its distinct rows once"
        )
    if count < minimum:
        have = "there is no design" if design is None else f"this one, {design.method!r}, has {count} independent ones"
        if design is not None and (design.n_candidates > 1 or design.n_drawn > design.n):
            have += ", since points were selected or removed by what the others are"
        raise InvalidDataError(
            f"cov_type={name!r} needs a design of at least {minimum} draws of a DPP; {have}. "
            "optimal_design(..., method='repeated_dpp') makes one"
        )
    return design.block_id


def independent_blocks(design: Any) -> int:
    """How many independent draws of a DPP a design consists of; 0 when it was selected or pruned.

    Examples
    --------
    >>> from stattools.wls import PolynomialSpace, optimal_design
    >>> independent_blocks(optimal_design(PolynomialSpace("legendre", degree=2), 9, rng=1))
    3
    """
    selected = design.n_candidates > 1 or design.n_drawn > design.n
    if design.method not in ("dpp", "repeated_dpp") or design.block_id is None or selected:
        return 0
    return len(np.unique(design.block_id))
