"""The weighted least-squares estimator, with the interface of scikit-learn."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError, Notes
from stattools._typing import FloatArray
from stattools.wls import alignment, problem, spaces
from stattools.wls.assembly import Data, Options, results_of


class WeightedLeastSquares(MultiOutputMixin, RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Weighted least squares on columns, or in a space of functions, with inference that fits the kind of weights.

    Parameters
    ----------
    space : PolynomialSpace, SphericalHarmonicSpace or FunctionSpace, optional
        X holds points, and coefficients are those of the orthonormal basis. Without it X holds the columns themselves,
        or, with a design on a space, points of that space.
    cov_type : {"auto", "nonrobust", "HC0", "HC1", "HC2", "HC3", "dpp-block", "design"}, default "auto"
        Covariance of the coefficients, see Notes. "design" changes the estimate too: it is the mean of the interpolants
        of the blocks of a repeated DPP, which is exactly unbiased and less accurate than the joint fit.
    fit_intercept : bool, default False
        Put a constant before the columns. Not with a space, which either holds the constant or is meant not to.
    unbiased : bool, default False
        Only accept an estimate whose mean is exactly the projection. On an unconditioned repeated DPP that is the mean
        of block interpolants; a design whose law has no unbiased estimate is refused.
    noise_free : bool, default False
        The responses are exact values of a function, as in a computer experiment. Then "auto" chooses "dpp-block" on a
        repeated DPP of five blocks or more, the only type that credits what repulsion saves.
    estimand : {"projection", "model"}, optional
        What the coefficients are about, with a design. "projection", which is the default: the best approximation under
        the measure the design was drawn for, by its sampling weights. "model": the linear model is taken to be true and
        the sampling weights are not used. To be chosen when `var_weights` come with a design.
    finite_population : bool, default False
        With rows of a pool that were drawn by "uniform" or "volume", multiply variances by 1 - n / N: intervals are
        then for the fit to all N rows alone, and not for what the pool itself is a sample of.

    Attributes
    ----------
    coef_ : (m,) or (q, m) float64
        Without the intercept.
    intercept_ : float or (q,) float64
        Only with ``fit_intercept=True``. In a space that holds the constant, ``results_.mean()`` is its coefficient.
    results_ : WLSResult, or tuple of them
        Inference; one for each response when there are several.
    space_ : Space or None
        That of the fit.
    n_features_in_ : int
    feature_names_in_ : (d,) array of str
        Only for tables.

    Notes
    -----
    Three kinds of weights are kept apart. The sampling weights of a `design` undo its law, so that the fit estimates
    the projection under the measure mu it was drawn for. ``sample_weight`` is importance chosen by the user.
    ``var_weights`` are inverse noise variances. Importance weights are not variance weights, and the two are never
    multiplied: with w from a design for mu and inverse variances v, weights w v would estimate the projection in
    L2(v mu), which is neither the projection under mu nor, for a wrong model, anything else that was asked for. So
    ``sample_weight`` is refused beside each of the others, and ``var_weights`` beside a design need `estimand`: with
    "projection" they enter the nonrobust covariance only, sum w^2 phi phi^T sigma^2 / v in the middle of the sandwich;
    with "model" they are the weights of the fit, and copies of a row of a pool, which have one label, are one row.

    "auto" is "nonrobust" without weights or with `var_weights`, and "HC3" under ``sample_weight``, where intervals of
    "nonrobust" are too narrow by far, and those of HC2 somewhat, at any size. With sampling weights it is "HC3" for few
    points and "HC2" from 3 m points of repeated DPPs ("dpp-block" from five blocks if `noise_free`) and from 5 m points
    of all other laws; "HC3" at any size for rows of a pool whose weights are one, among which single rows may have much
    leverage. HC2 and HC3 take copies of a row, which have one label, as one row. "dpp-block" takes the draws of the DPP
    as clusters, with residuals divided by the root of what the fit left of each block [1]_, and Student's law with
    blocks less one degrees of freedom. A ridge penalty comes from a design of regularized volume sampling, and its
    covariances are sandwich forms with the ridge hat matrix.

    One QR factorization, O(n m^2) time and 24 n m bytes. A row of weight zero has no part in the fit or its degrees of
    freedom, and is counted in ``nobs``.

    References
    ----------
    .. [1] Bell and McCaffrey (2002), Bias reduction in standard errors for linear regression with multi-stage samples,
       Survey Methodology 28(2), 169-181.

    Examples
    --------
    >>> from stattools.wls import PolynomialSpace, optimal_design
    >>> space = PolynomialSpace("legendre", degree=4)
    >>> design = optimal_design(space, 25, rng=1)
    >>> y = np.exp(design.points[:, 0])
    >>> fit = WeightedLeastSquares(space, noise_free=True).fit(design.points, y, design=design)
    >>> bool(abs(fit.predict([[0.5]])[0] - np.exp(0.5)) < 1e-3)
    True
    >>> fit.results_.cov_type
    'dpp-block'
    """

    def __init__(
        self,
        space: Any = None,
        *,
        cov_type: str = "auto",
        fit_intercept: bool = False,
        unbiased: bool = False,
        noise_free: bool = False,
        estimand: str | None = None,
        finite_population: bool = False,
    ) -> None:
        self.space = space
        self.cov_type = cov_type
        self.fit_intercept = fit_intercept
        self.unbiased = unbiased
        self.noise_free = noise_free
        self.estimand = estimand
        self.finite_population = finite_population

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        design: Any = None,
        var_weights: Any = None,
    ) -> Self:
        """Fit the coefficients.

        Parameters
        ----------
        X : (n, d) array_like or table
            Columns, or points of the space. With a design: its points, or the rows of the pool that it chose, in order.
        y : (n,) or (n, q) array_like
            Responses, row by row those of X; for a pool, in the order of ``design.indices``, into which
            ``design.gather(labels)`` puts labels that were collected in another one. Rows are matched by position;
            pandas objects with different row labels are refused.
        sample_weight : (n,) array_like, optional
            Importance of the rows.
        design : Design, optional
            From `optimal_design` or `pool_design`.
        var_weights : (n,) array_like, optional
            Inverse noise variances, up to a common factor.

        Raises
        ------
        InvalidDataError
            There are fewer rows than coefficients, X does not hold the rows of the design, row labels of pandas objects
            differ, or a number is missing, infinite, or a negative weight.
        InvalidParameterError
            The weights have no common meaning, or the design does not allow what was asked for.

        Warns
        -----
        DegenerateDataWarning
            The columns are linearly dependent in these rows. Of all solutions the one of smallest norm is taken, after
            columns were scaled to unit length.
        AssumptionWarning
            The index of y is a permutation of 0 to n - 1, and X has none with which it could be compared.

        Examples
        --------
        >>> WeightedLeastSquares(fit_intercept=True).fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0]).coef_.round(6)
        array([2.])
        """
        options = Options(self.cov_type, self.unbiased, self.noise_free, self.estimand, self.finite_population)
        notes = Notes()
        problem.check_is_no_design(sample_weight)
        self._check_intercept(design)
        if design is not None:
            problem.check_is_design(design)
        space = self._space(design)
        points = self._checked(X, reset=True)
        names = self._column_names()
        problem.require_finite(points, "X", names)
        y_array = _responses(y, len(points), design)
        if space is not None:
            alignment.check_order_in_space(X, space)
        alignment.check_same_rows(X=X, y=y, sample_weight=sample_weight, var_weights=var_weights)
        if design is not None and alignment.row_labels(X) is None:
            alignment.check_order_of_responses(y, design, notes)
        weights = problem.resolve_weights(
            len(points), design=design, sample_weight=sample_weight, var_weights=var_weights, estimand=self.estimand
        )
        if design is not None:
            problem.check_rows(points, design)
        self.space_ = space
        same = design is not None and problem.same_space(self.space_, design)
        features = self._features(points, design if same else None)
        data = Data(
            features=features,
            y=y_array,
            weights=weights,
            design=design,
            space=self.space_,
            same_space=same,
            names=self._names(names),
            response_names=_response_names(y, y_array),
            intercept=self.fit_intercept,
            index=alignment.row_labels(X),
            named=hasattr(X, "columns"),
            data_name=self._data_name(names, y),
            call=self._call(sample_weight, design, var_weights),
            columns=names or (),
        )
        results = results_of(data, options, notes)
        first = int(self.fit_intercept)
        coefficients = np.array([result.coefficients for result in results])
        self.coef_ = coefficients[0, first:] if y_array.ndim == 1 else coefficients[:, first:]
        if self.fit_intercept:
            self.intercept_ = float(coefficients[0, 0]) if y_array.ndim == 1 else coefficients[:, 0]
        elif hasattr(self, "intercept_"):  # of an earlier fit
            del self.intercept_
        self.results_ = results[0] if len(results) == 1 else results
        return self

    def predict(self, X: Any) -> FloatArray:
        """Values of the fit.

        Parameters
        ----------
        X : (k, d) array_like or table

        Returns
        -------
        (k,) or (k, q) float64

        Examples
        --------
        >>> WeightedLeastSquares().fit([[1.0], [2.0]], [2.0, 4.0]).predict([[3.0]]).round(6)
        array([6.])
        """
        check_is_fitted(self)
        points = self._checked(X, reset=False)
        if self.space_ is not None:
            alignment.check_order_in_space(X, self.space_)
        problem.require_finite(points, "X", self._column_names())
        features = points if self.space_ is None else self.space_.features(self.space_.check_points(points, "X"))
        predicted = features @ self.coef_.T
        return np.asarray(predicted + getattr(self, "intercept_", 0.0))

    # from the input to the arrays -----------------------------------------------------------------------------------
    def _check_intercept(self, design: Any) -> None:
        _validation.boolean(self.fit_intercept, "fit_intercept")
        if self.space is not None and not isinstance(self.space, spaces.Space):
            raise InvalidParameterError(
                f"space is {self.space!r:.80}; it takes a space such as PolynomialSpace('legendre', degree=5)"
            )
        in_space = self.space is not None or getattr(design, "space", None) is not None
        if self.fit_intercept and in_space:
            raise InvalidParameterError(
                "fit_intercept is True for a fit in a space. A space holds the constant where it is wanted; "
                "leave fit_intercept out"
            )

    def _checked(self, X: Any, *, reset: bool) -> FloatArray:
        """(n, d) numbers; names and counts of columns are learned or compared as scikit-learn does."""
        if type(X).__module__.partition(".")[0] == "pyarrow":
            X = X.to_pandas()
        space = self.space if reset else self.space_
        if space is not None and space.n_inputs == 1 and np.ndim(X) == 1:
            X = np.reshape(X, (-1, 1))
        try:
            checked = validate_data(self, X, dtype=np.float64, order="C", ensure_all_finite=False, reset=reset)
        except ValueError as error:
            raise InvalidDataError(str(error)) from None
        except TypeError as error:  # one of ours that is a TypeError still, which scikit-learn asks for
            raise InvalidParameterError(str(error)) from None
        return np.asarray(checked)

    def _column_names(self) -> tuple[str, ...] | None:
        names = getattr(self, "feature_names_in_", None)
        return None if names is None else tuple(str(name) for name in names)

    def _space(self, design: Any) -> Any:
        if self.space is None:
            return getattr(design, "space", None)
        if design is not None and design.space is None:
            raise InvalidParameterError(
                f"space is {self.space!r}, and the design chose rows of a pool, whose columns are fitted as they are; "
                "leave the space out"
            )
        return self.space

    def _features(self, points: FloatArray, design: Any) -> FloatArray:
        if self.space_ is None:
            return np.column_stack([np.ones(len(points)), points]) if self.fit_intercept else points
        if design is not None:
            return np.asarray(design.features)
        return np.asarray(self.space_.features(self.space_.check_points(points, "X")))

    # words ----------------------------------------------------------------------------------------------------------
    def _names(self, columns: tuple[str, ...] | None) -> tuple[str, ...]:
        if self.space_ is not None:
            return tuple(self.space_.term_names)
        names = columns or tuple(f"x{j + 1}" for j in range(self.n_features_in_))
        return ("Intercept", *names) if self.fit_intercept else names

    def _data_name(self, columns: tuple[str, ...] | None, y: Any) -> str:
        response = _response_names(y, None)[0]
        if self.space_ is not None:
            return f"{response} in {self.space_!r}"
        names = columns or self._names(None)[int(self.fit_intercept) :]
        return f"{response} on " + (", ".join(names) if len(names) <= 5 else f"{len(names)} columns")

    def _call(self, sample_weight: Any, design: Any, var_weights: Any) -> str:
        defaults = {"cov_type": "auto", "fit_intercept": False, "unbiased": False, "noise_free": False}
        chosen = [f"{name}={getattr(self, name)!r}" for name, value in defaults.items() if getattr(self, name) != value]
        chosen += [] if self.estimand is None else [f"estimand={self.estimand!r}"]
        chosen += ["finite_population=True"] if self.finite_population else []
        chosen = [repr(self.space), *chosen] if self.space is not None else chosen
        given = {"sample_weight": sample_weight, "design": design, "var_weights": var_weights}
        passed = ["X", "y", *(f"{name}={name}" for name, value in given.items() if value is not None)]
        return f"WeightedLeastSquares({', '.join(chosen)}).fit({', '.join(passed)})"


def _responses(y: Any, n: int, design: Any) -> FloatArray:
    if y is None:
        raise InvalidDataError("WeightedLeastSquares requires y to be passed, but the target y is None")
    problem.refuse_text(y, "y")
    values = _validation.float_array(y, "y", ndim=(1, 2), finite=False)
    if len(values) != n:
        gather = "" if getattr(design, "indices", None) is None else f"; {problem.GATHER}"
        raise InvalidDataError(f"y has {len(values)} rows and X {n}{gather}")
    problem.require_finite(values, "y")
    return values


def _response_names(y: Any, values: FloatArray | None) -> tuple[str, ...]:
    """Names of the columns of y."""
    if values is not None and values.ndim == 2:
        names = tuple(str(name) for name in getattr(y, "columns", ()))
        return names or tuple(f"y{k + 1}" for k in range(values.shape[1]))
    name = getattr(y, "name", None)
    return (str(name) if name is not None else "y",)
