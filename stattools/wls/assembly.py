"""From the arrays of one problem to results: which estimate, which covariance, what to say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import DegenerateDataWarning, InvalidDataError, InvalidParameterError, Notes
from stattools._provenance import Provenance
from stattools._typing import FloatArray
from stattools.wls import covariance as covariances
from stattools.wls.problem import Weights
from stattools.wls.result import WLSResult, blocks_of
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

    def __post_init__(self) -> None:
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


def results_of(data: Data, options: Options, notes: Notes) -> tuple[WLSResult, ...]:
    """The result of each response."""
    _require_rows(data)
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
            "do not depend on that choice",
            DegenerateDataWarning,
        )
    cov_type = "design" if averaged else _cov_type(data, options)
    _remarks(data, options, fit, cov_type, notes)
    return tuple(_result(data, single, name, cov_type, notes) for single, name in _responses(data, fit))


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


def _result(data: Data, fit: WeightedFit, response: str, cov_type: str, notes: Notes) -> WLSResult:
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
        blocks = blocks_of(data.design)
        matrix = covariances.covariance(fit, cov_type, blocks=blocks)
        df_inference = len(np.unique(blocks)) - 1.0
    else:
        matrix = covariances.covariance(fit, cov_type, noise_ratio=ratio)
        df_inference = df
    n, m = data.features.shape
    return WLSResult(
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
        scale=covariances.scale(fit, ratio),
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
        certified=data.same_space and data.sampling and not data.regularization and not data.intercept,
        averaged=cov_type == "design",
        df_inference=df_inference,
        intercept=data.intercept,
        response_name=response,
        columns=data.columns,
        formula=data.formula,
    )


def _whole(value: float) -> float:
    """Degrees of freedom print as whole numbers where they are."""
    return int(value) if float(value).is_integer() else value


def _title(data: Data, cov_type: str) -> str:
    if cov_type == "design":
        return "Mean of block interpolants"
    if data.regularization:
        return "Ridge regression"
    return "Least squares" if data.weights.kind == "none" else "Weighted least squares"


# which estimate and which covariance ---------------------------------------------------------------------------------
def _is_averaged(data: Data, options: Options) -> bool:
    """Whether the estimate is the mean of block interpolants; refuses what the design does not allow."""
    if options.cov_type == "design":
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
    if data.design.unbiased:
        return False
    if not _averages(data.design):
        raise InvalidParameterError(
            f"unbiased=True, and no unbiased estimate is known under this law, {data.design.method!r}: "
            f"{_why_biased(data.design)}. method='volume' with condition=False is unbiased"
        )
    if options.cov_type != "auto":
        raise InvalidParameterError(
            f"unbiased=True on a repeated DPP takes the mean of block interpolants, whose covariance is 'design', not "
            f"{options.cov_type!r}; leave cov_type out"
        )
    return True


def _require_blocks(data: Data, options: Options) -> None:
    blocks_of(data.design, minimum=2)
    if options.estimand == "model" or not data.same_space or data.intercept:
        raise InvalidParameterError(
            "cov_type='design' is about the projection on the space or the columns that the design was drawn for; "
            "another space, an intercept or estimand='model' cannot go with it"
        )
    if not _is_complete(data.design):
        raise InvalidParameterError(
            "cov_type='design' interpolates each block, and needs blocks of m points each: not thinned, pruned or with "
            "rows labelled before"
        )


def _averages(design: Any) -> bool:
    """A mean of interpolants is unbiased: independent complete draws of the DPP that nothing has selected."""
    unselected = not design.conditioned and design.n_candidates == 1 and design.n_drawn == design.n
    return design.method == "repeated_dpp" and unselected and _is_complete(design)


def _is_complete(design: Any) -> bool:
    if design.block_id is None or (design.given is not None and np.any(design.given)):
        return False
    sizes = np.unique(design.block_id, return_counts=True)[1]
    return len(sizes) >= 2 and bool(np.all(sizes == design.dim))


def _why_biased(design: Any) -> str:
    if design.conditioned:
        return "conditioning on stability favours some designs over others, and spoils the balance of their errors"
    if design.method in ("greedy", "boosted") or design.n_candidates > 1 or design.n_drawn > design.n:
        return "points were chosen or removed by what the others are, which changes their law"
    if design.regularization:
        return "a ridge penalty shrinks the estimate"
    if design.method in ("iid", "uniform", "leverage", "lewis", "sensitivity"):
        return "points are independent, and the inverse of their Gram matrix does not average to the right one"
    if design.method == "d_optimal":
        return "the rows are not random"
    if design.method == "repeated_dpp":
        return "a block is not complete, so that it cannot be interpolated"
    if design.method == "volume" and design.space is None:
        return "some rows were given and not drawn"
    return "its law is not one of volume sampling with independent points"


def _cov_type(data: Data, options: Options) -> str:
    if options.cov_type == "dpp-block":
        blocks_of(data.design)
    if options.cov_type != "auto":
        return options.cov_type
    if not data.sampling:
        return "nonrobust"
    n, m = data.features.shape
    if data.design.method == "repeated_dpp":
        blocks = 0 if data.design.block_id is None else len(np.unique(data.design.block_id))
        if options.noise_free and blocks >= BLOCKS_FOR_AUTO:
            return "dpp-block"
        return "HC3" if n < 3 * m else "HC2"
    return "HC3" if n < 5 * m else "HC2"


# what to say ---------------------------------------------------------------------------------------------------------
def _remarks(data: Data, options: Options, fit: WeightedFit, cov_type: str, notes: Notes) -> None:
    if data.design is not None and data.design.cost_words:
        notes.remark(_price(data.design))
    if options.noise_free:
        _noise_free_remarks(data, options, cov_type, notes)
    if cov_type == "design":
        sense = "unbiased up to what conditioning changes" if data.design.conditioned else "exactly unbiased"
        notes.remark(
            f"the estimate is the mean of the interpolants of the blocks: {sense}, and less accurate than the joint "
            "fit, which cov_type='HC2' gives; it has no leave-one-out error, as a block without a point has no "
            "interpolant"
        )
    if not covariances.residual_df(fit) > 0:
        notes.remark(
            "there are as many coefficients as rows with weight: the fit interpolates, and its residuals, being zero, "
            "tell nothing of any error. "
            + ("" if cov_type == "design" else "Standard errors, intervals and error estimates are NaN")
        )
    elif cov_type != "design":
        _leverage_remark(fit, cov_type, notes)
    if cov_type == "nonrobust" and data.weights.noise_ratio is None:
        _importance_remark(data, notes)
    if data.regularization:
        notes.remark(
            f"estimates are shrunken by the ridge penalty {data.regularization:.4g} of the design; standard errors are "
            "about their own mean, not about the unpenalised fit"
        )
    if data.weights.values is not None and fit.n_used < len(data.y):
        notes.remark(f"{len(data.y) - fit.n_used} of {len(data.y)} rows have weight zero and no part in the fit")
    _design_remarks(data, notes)


def _price(design: Any) -> str:
    """What conditioning, selection and removal cost; short where no simulated design failed the condition."""
    plain = design.n_candidates == 1 and design.n_drawn == design.n
    if plain and design.conditioned and design.stability_probability == 1:
        return (
            f"the law was conditioned on {design.stability.words}, which every simulated design met; strictly, no "
            "estimate is unbiased"
        )
    return str(design.cost_words)


def _noise_free_remarks(data: Data, options: Options, cov_type: str, notes: Notes) -> None:
    if data.sampling and options.cov_type == "auto" and cov_type in ("HC2", "HC3"):
        notes.remark(
            f"noise_free=True, and the covariance is {cov_type}, which does not credit what repulsion saves: dpp-block "
            f"needs five complete blocks of a repeated DPP (n >= 5 m = {5 * len(data.names)})"
        )
    notes.remark(
        "noise_free=True: an interval for the function at a point is obs_ci of get_prediction, which counts the error "
        "of the best approximation as noise; mean_ci is about the best approximation alone"
    )


def _leverage_remark(fit: WeightedFit, cov_type: str, notes: Notes) -> None:
    fixed = np.flatnonzero(covariances.unit_leverage(fit))
    if fixed.size == 0:
        return
    rows = ", ".join(map(str, fixed[:5])) + (", ..." if fixed.size > 5 else "")
    text = f"leverage is 1 in row {rows}: the fit reproduces the response there, and has no leave-one-out residual"
    if cov_type in ("HC2", "HC3"):
        text += f". {cov_type} divides by one minus leverage; standard errors of coefficients that rest on it are NaN"
    notes.remark(text)


def _importance_remark(data: Data, notes: Notes) -> None:
    if data.sampling and data.weights.values is not None and np.ptp(data.weights.values) > 0:
        notes.remark(
            "nonrobust standard errors take weights for inverse noise variances, and the sampling weights of a design "
            "are importance, not that; HC2 makes no such assumption"
        )
    if data.weights.kind == "sample_weight":
        notes.remark(
            "nonrobust standard errors take weights for inverse noise variances; if sample_weight is importance, HC2 "
            "is the honest choice, and if it is not, pass var_weights"
        )


def _design_remarks(data: Data, notes: Notes) -> None:
    if data.design is None:
        return
    if not data.sampling:
        notes.remark("the linear model is taken to be true: the sampling weights of the design were not used")
        repeated = data.design.n - data.design.n_unique
        if repeated:
            notes.remark(
                f"{repeated} of {data.design.n} rows repeat another one: if two labels are one observation, its noise "
                "is counted twice as independent, and standard errors are too small"
            )
    elif not data.same_space:
        notes.remark("the space is another than that of the design, whose guarantees do not apply to it")
    elif data.intercept:
        notes.remark("the design was drawn for the columns without the intercept; its guarantees do not apply here")
    if data.design.method == "d_optimal":
        notes.remark("the rows were chosen, not drawn: error estimates are about such rows, not about the pool")
