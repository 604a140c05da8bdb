"""From the arrays of one problem to results: which estimate and which covariance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import DegenerateDataWarning, InvalidDataError, InvalidParameterError, Notes
from stattools._provenance import Provenance
from stattools._typing import FloatArray
from stattools.wls import accuracy, copies, covariance as covariances, problem, remarks
from stattools.wls.problem import Weights
from stattools.wls.result import WLSResult, blocks_of, independent_blocks
from stattools.wls.solve import WeightedFit, r_squared, weighted_fit

COV_TYPES = ("auto", *covariances.COV_TYPES)
BLOCKS_FOR_AUTO = 5


@dataclass(frozen=True)
class Options:
    """What the user chose, checked."""

    cov_type: str
    unbiased: bool
    noise_free: bool
    estimand: str | None
    finite_population: bool = False

    def __post_init__(self) -> None:
        _validation.boolean(self.finite_population, "finite_population")
        covariances.check_cov_type(self.cov_type, COV_TYPES)
        _validation.boolean(self.unbiased, "unbiased")
        _validation.boolean(self.noise_free, "noise_free")


@dataclass(frozen=True)
class Data:
    """One problem.

    features : (n, m). y : (n,) or (n, q). same_space : the features are those that the design was drawn for.
    index : labels of rows, or None. named : attributes of the result are pandas objects.
    columns : names of the columns of X, if it was a table. formula : the formula that made the columns, or "".
    """

    features: FloatArray
    y: FloatArray
    weights: Weights
    design: Any
    space: Any
    same_space: bool
    names: tuple[str, ...]
    response_names: tuple[str, ...]
    intercept: bool
    index: Any
    named: bool
    data_name: str
    call: str
    columns: tuple[str, ...] = ()
    formula: str = ""

    @property
    def sampling(self) -> bool:
        """The weights are those of the design."""
        return self.design is not None and self.weights.kind == "sampling_weights"

    @property
    def regularization(self) -> float:
        return float(self.design.regularization) if self.sampling else 0.0

    @property
    def certified(self) -> bool:
        """The fit is the one that the guarantees of the design are about."""
        return self.same_space and self.sampling and not self.regularization and not self.intercept

    @property
    def matches_pool(self) -> bool:
        """The columns are those of a pool, and the fit is that of its design."""
        return self.certified and self.design.indices is not None


def results_of(data: Data, options: Options, notes: Notes) -> tuple[WLSResult, ...]:
    """The result of each response."""
    data = _one_label_each(data)
    problem.require_magnitude(data.features, data.y)
    _require_rows(data)
    _check_finite_population(data, options)
    averaged = _is_averaged(data, options)
    fit = weighted_fit(
        data.features,
        data.y,
        data.weights.values,
        regularization=data.regularization,
        unpenalized=0 if data.intercept else None,
    )
    if fit.rank < len(data.names):
        notes.warn(
            f"the columns are linearly dependent in these rows: rank {fit.rank} of {len(data.names)}. Coefficients are "
            "those of smallest norm after columns were scaled to unit length; fitted values and estimable combinations "
            "do not depend on that choice, and coefficients that do have no standard errors",
            DegenerateDataWarning,
        )
    cov_type = "design" if averaged else _cov_type(data, options)
    remarks.remark(data, options, fit, cov_type, notes)
    return tuple(_result(data, options, single, name, cov_type, notes) for single, name in _responses(data, fit))


def _one_label_each(data: Data) -> Data:
    """Copies of a row have one label; for a model that label is one observation, and one row of the fit."""
    design = data.design
    if design is None or design.indices is None:
        return data
    copies.check_labels(data.y, design)
    if data.sampling or design.n_unique == design.n:
        return data
    kept, values = copies.first_copies(design), data.weights.values
    if values is not None:
        copies.check_labels(values, design, "var_weight")
    return replace(
        data,
        features=np.ascontiguousarray(data.features[kept]),
        y=np.ascontiguousarray(data.y[kept]),
        weights=replace(data.weights, values=None if values is None else values[kept]),
        index=None if data.index is None else data.index[kept],
    )


def _check_finite_population(data: Data, options: Options) -> None:
    if options.finite_population and not (data.matches_pool and accuracy.without_replacement(data.design)):
        raise InvalidParameterError(
            "finite_population=True is for rows that were drawn from a pool without replacement, by pool_design with "
            "method='uniform' or 'volume' and no rows chosen beforehand, and for the fit of their columns"
        )


def _require_rows(data: Data) -> None:
    n, m = data.features.shape
    used = n if data.weights.values is None else int(np.count_nonzero(data.weights.values))
    if used < m and not data.regularization:
        positive = "" if used == n else f" of positive weight (of {n})"
        raise InvalidDataError(
            f"n_samples = {used}{positive} is fewer than m = {m}, the number of coefficients; at least {m} rows are "
            "needed"
        )


def _responses(data: Data, fit: WeightedFit) -> list[tuple[WeightedFit, str]]:
    """The solution for each response alone; factors are shared."""
    if data.y.ndim == 1:
        return [(fit, data.response_names[0])]
    pieces = []
    for k, name in enumerate(data.response_names):
        coefficients, fitted, residuals = (
            _validation.read_only(np.ascontiguousarray(values[:, k]))
            for values in (fit.coefficients, fit.fitted, fit.residuals)
        )
        pieces.append((replace(fit, coefficients=coefficients, fitted=fitted, residuals=residuals), name))
    return pieces


def _result(
    data: Data, options: Options, fit: WeightedFit, response: str, cov_type: str, notes: Notes
) -> WLSResult:
    ratio = data.weights.noise_ratio
    df = covariances.residual_df(fit)
    coefficients, fitted, residuals, leverage = fit.coefficients, fit.fitted, fit.residuals, fit.leverage
    if cov_type == "design":
        blocks = blocks_of(data.design, minimum=2)
        interpolants = covariances.block_interpolants(fit, fitted + residuals, blocks)
        coefficients = interpolants.mean(axis=0)
        matrix = covariances.replicate_covariance(interpolants)
        fitted, residuals = data.features @ coefficients, residuals + fitted - data.features @ coefficients
        df_inference = len(interpolants) - 1.0
        leverage = np.full(len(fitted), 1.0 / len(interpolants))  # the interpolant of its own block passes through it
    elif cov_type == "dpp-block":
        matrix, df_inference = None, len(np.unique(blocks_of(data.design))) - 1.0
    else:
        matrix, df_inference = None, df
    n, m = data.features.shape
    result = WLSResult(
        provenance=Provenance.capture(data.call, sizes={"n": n, "coefficients": m}),
        warnings=notes.warnings,
        notes=notes.remarks,
        method=_title(data, cov_type),
        data_name=data.data_name if data.y.ndim == 1 else data.data_name.replace("y ", f"{response} ", 1),
        coefficients=coefficients,
        covariance=matrix,
        param_names=data.names,
        nobs=n,
        df_resid=_whole(df),
        df_model=_whole(fit.effective_rank - fit.constant_in_span),
        cov_type=cov_type,
        scale=_residual_variance(data, fit),
        fitted=fitted,
        residuals=residuals,
        leverage=leverage,
        row_names=data.index,
        named=data.named,
        statistics={"R-squared" if fit.constant_in_span else "R-squared (uncentered)": r_squared(fit, residuals)},
        settings={"ridge penalty": data.regularization} if data.regularization else {},
        solution=fit,
        weights_kind=data.weights.kind,
        noise_ratio=ratio,
        space=data.space,
        design=data.design,
        certified=data.certified,
        averaged=cov_type == "design",
        df_inference=df_inference,
        intercept=data.intercept,
        response_name=response,
        columns=data.columns,
        formula=data.formula,
        finite_population=options.finite_population,
    )
    return result if matrix is not None else replace(result, covariance=result.covariance_of(cov_type))


def _residual_variance(data: Data, fit: WeightedFit) -> float:
    """In the unit of squared responses: a common factor of importance weights does not enter."""
    if data.weights.kind != "sample_weight":
        return covariances.scale(fit, data.weights.noise_ratio)
    return covariances.scale(fit) * fit.n_used / float(np.sum(fit.weights))


def _whole(value: float) -> float:
    """Degrees of freedom print as whole numbers where they are."""
    return int(value) if float(value).is_integer() else value


def _title(data: Data, cov_type: str) -> str:
    if cov_type == "design":
        return "Mean of block interpolants"
    if data.regularization:
        return "Ridge regression"
    unit = data.weights.values is None or (data.sampling and bool((data.weights.values == 1).all()))
    return "Least squares" if unit else "Weighted least squares"


# which estimate and which covariance ---------------------------------------------------------------------------------
def _is_averaged(data: Data, options: Options) -> bool:
    """Whether the estimate is the mean of block interpolants; refuses what the design does not allow."""
    if options.cov_type == "design" and not options.unbiased:
        _require_blocks(data, options)
        return True
    if not options.unbiased:
        return False
    if not data.sampling:
        raise InvalidParameterError(
            "unbiased=True is about a random design and its sampling weights; pass the design, without estimand='model'"
        )
    if not data.same_space:
        raise InvalidParameterError("unbiased=True needs the space that the design was drawn for")
    if data.intercept:
        raise InvalidParameterError(
            "unbiased=True with fit_intercept=True: the design was drawn for the columns without the constant. Put "
            "the constant into the pool that pool_design sees"
        )
    if data.design.unbiased and options.cov_type != "design":
        return False
    if not remarks.averages(data.design) and not data.design.unbiased:
        raise InvalidParameterError(
            f"unbiased=True, and no unbiased estimate is known under this law, {data.design.method!r}: "
            f"{remarks.reasons_of_bias(data.design)}. {_unbiased_law(data.design)} is unbiased"
        )
    if options.cov_type == "design":
        _require_blocks(data, options)
    elif options.cov_type != "auto":
        raise InvalidParameterError(
            f"unbiased=True on a repeated DPP takes the mean of block interpolants, whose covariance is 'design', not "
            f"{options.cov_type!r}; leave cov_type out"
        )
    return True


def _unbiased_law(design: Any) -> str:
    if design.indices is None:
        return "method='volume' with condition=False"
    return "pool_design with method='volume' or 'leveraged_volume', and without rows chosen beforehand,"


def _require_blocks(data: Data, options: Options) -> None:
    blocks_of(data.design, minimum=2)
    if options.estimand == "model" or not data.same_space or data.intercept:
        raise InvalidParameterError(
            "cov_type='design' is about the projection on the space or the columns that the design was drawn for; "
            "another space, an intercept or estimand='model' cannot go with it"
        )
    if not remarks.is_complete(data.design):
        raise InvalidParameterError(
            "cov_type='design' interpolates each block, and needs blocks of m points each: not thinned, pruned or with "
            "rows labelled before"
        )


def _cov_type(data: Data, options: Options) -> str:
    if options.cov_type == "dpp-block":
        blocks_of(data.design, n_rows=len(data.y))
    if options.cov_type != "auto":
        return options.cov_type
    if data.weights.kind == "sample_weight":
        return "HC3"
    if not data.sampling:
        return "nonrobust"
    n, m = data.features.shape
    if data.design.indices is not None and bool(np.all(data.weights.values == 1)):
        return "HC3"
    if data.design.method == "repeated_dpp":
        if options.noise_free and independent_blocks(data.design) >= BLOCKS_FOR_AUTO:
            return "dpp-block"
        return "HC3" if n < 3 * m else "HC2"
    return "HC3" if n < 5 * m else "HC2"
