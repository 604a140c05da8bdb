"""How far a fit is from what it is to predict, estimated from its own residuals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from stattools import _random, _validation
from stattools._errors import DegenerateDataError, InvalidParameterError
from stattools._typing import FloatArray, IntArray
from stattools.wls import copies as duplicates, covariance as covariances
from stattools.wls.solve import rows_of, weighted_fit

if TYPE_CHECKING:
    from stattools.wls.result import WLSResult

WITHOUT_REPLACEMENT = ("uniform", "volume")
FEW = 1.5  # distinct rows over coefficients below which residuals tell little of the error


class ErrorEstimate(NamedTuple):
    """Estimates of the L2 distance between the fit and the responses' mean function.

    Examples
    --------
    >>> ErrorEstimate(0.1, 0.12).leave_one_out
    0.12
    """

    central: float
    leave_one_out: float


def left_out(result: WLSResult) -> FloatArray:
    """(n,) residuals of each row from the fit to the others; NaN where the leverage is one.

    Of copies of a row one is left out at a time: under a law that draws with replacement, a new row may well be one
    that was drawn, and the mean square over draws is then that over the pool. Without all copies it is far too large
    where few rows dominate.

    Examples
    --------
    >>> from stattools.wls import WeightedLeastSquares
    >>> left_out(WeightedLeastSquares().fit(np.ones((3, 1)), [1.0, 2.0, 6.0]).results_).round(6)
    array([-3. , -1.5,  4.5])
    """
    assert result.residuals is not None
    if result.averaged:
        return np.full(result.nobs, np.nan)
    fixed = covariances.unit_leverage(result.solution)
    return np.where(fixed, np.nan, result.residuals / np.where(fixed, 1.0, 1.0 - result.solution.leverage))


def without_replacement(design: Any) -> bool:
    """A sample of a pool whose rows are drawn at most once, with known probabilities, and none chosen.

    Examples
    --------
    >>> from stattools.wls import pool_design
    >>> without_replacement(pool_design([[1.0], [2.0]], 1, method="uniform", rng=1))
    True
    """
    return bool(design is not None and design.method in WITHOUT_REPLACEMENT and design.indices is not None
                and design.inclusion_probabilities is not None and not design.has_fixed_rows)  # fmt: skip


def error_weights(result: WLSResult) -> tuple[FloatArray, float]:
    """(n,) weights under which squared residuals have the mean square that is meant as their mean, and their total.

    Sampling weights have mean one by their law. Rows of a pool that were drawn without replacement have weight one in
    the fit and the inverse of their inclusion probability here, as in the estimator of Hajek.

    Examples
    --------
    >>> from stattools.wls import WeightedLeastSquares
    >>> error_weights(WeightedLeastSquares().fit(np.ones((2, 1)), [1.0, 2.0]).results_)
    (array([1., 1.]), 2.0)
    """
    if result.weights_kind != "sampling_weights":
        return result.weights, float(np.sum(result.weights))
    design = result.design
    if design is not None and without_replacement(design):
        assert design.inclusion_probabilities is not None
        weights = 1.0 / design.inclusion_probabilities[design.indices]
        return weights, float(weights.sum())
    return result.weights, float(result.nobs)


def is_blind(result: WLSResult) -> bool:
    """Whether the rows do not see a part of the space, or of the columns, that the measure of a design does.

    Examples
    --------
    >>> from stattools.wls import WeightedLeastSquares
    >>> is_blind(WeightedLeastSquares().fit(np.ones((2, 1)), [1.0, 2.0]).results_)
    False
    """
    if result.design is None or result.weights_kind != "sampling_weights" or result.solution.regularization:
        return False
    return result.solution.rank < (result.design.dim if result.certified else result.coefficients.size)


def leave_one_out_error(result: WLSResult) -> float:
    """Root of the weighted mean of squared leave-one-out residuals, over the rows that have one.

    Examples
    --------
    >>> from stattools.wls import WeightedLeastSquares
    >>> leave_one_out_error(WeightedLeastSquares().fit(np.ones((2, 1)), [1.0, 3.0]).results_).__round__(6)
    2.0
    """
    values, (weights, total) = left_out(result), error_weights(result)
    used = result.weights > 0
    known = used & np.isfinite(values)
    total -= float(np.sum(weights[used & ~known]))
    if is_blind(result) or not known.any() or not total > 0:
        return float("nan")
    return float(np.sqrt(np.sum(weights[known] * values[known] ** 2) / total))


def final_prediction_error(result: WLSResult) -> float:
    """Root of the weighted mean squared residual times n / (n - m) (1 + m / n).

    Examples
    --------
    >>> from stattools.wls import WeightedLeastSquares
    >>> final_prediction_error(WeightedLeastSquares().fit(np.ones((2, 1)), [1.0, 3.0]).results_).__round__(6)
    1.732051
    """
    fit = result.solution
    n, m, df = fit.n_used, fit.effective_rank, covariances.residual_df(fit)
    if not df > 0 or is_blind(result):
        return float("nan")
    weights, total = error_weights(result)
    inflation = 1.0 + m / (result.df_inference + 1.0 if result.averaged else n)
    return float(np.sqrt(float(np.sum(weights * fit.residuals**2)) / total * n / df * inflation))


def cross_validated_error(result: WLSResult, k: int, rng: Any) -> float:
    """See `WLSResult.cv_error`.

    Examples
    --------
    >>> from stattools.wls import WeightedLeastSquares
    >>> cross_validated_error(WeightedLeastSquares().fit(np.ones((2, 1)), [1.0, 3.0]).results_, 2, 1).__round__(6)
    2.0
    """
    if result.averaged:
        raise InvalidParameterError(
            "cv_error() is about a joint fit, and these coefficients are a mean of block interpolants; fit again "
            "without unbiased=True or cov_type='design'"
        )
    k = _validation.integer(k, "k", minimum=2)
    used = result.weights > 0
    groups = _groups(result)
    labels = np.unique(groups[used])
    if len(labels) < 2:
        raise DegenerateDataError("cv_error() needs at least two rows, or blocks of rows, that can be left out")
    order = _random.generator(_random.seed_sequence(rng), 0).permutation(labels)
    fold_of = dict(zip(order.tolist(), (np.arange(len(order)) % min(k, len(order))).tolist(), strict=True))
    folds = np.array([fold_of.get(group, -1) for group in groups.tolist()])
    fit, (weights, total) = result.solution, error_weights(result)
    features, y = rows_of(fit), fit.fitted + fit.residuals
    squares = np.zeros(len(y))
    for fold in range(min(k, len(order))):
        kept, out = used & (folds != fold), used & (folds == fold)
        others = weighted_fit(
            features[kept], y[kept], fit.weights[kept],
            regularization=fit.regularization, unpenalized=0 if result.intercept else None,
        ) if kept.sum() >= fit.rank else None  # fmt: skip
        if others is None or others.rank < fit.rank:
            raise DegenerateDataError(
                f"without the {int(out.sum())} rows of a fold the others do not determine the coefficients; take more "
                "folds (k), or more rows"
            )
        squares[out] = (y[out] - features[out] @ others.coefficients) ** 2
    return float(np.sqrt(np.sum(np.where(used, weights * squares, 0.0)) / total))


def _groups(result: WLSResult) -> IntArray:
    """(n,) rows with the same number are left out together: blocks of a DPP, else copies of a row."""
    design = result.design
    if design is not None and design.block_id is not None and design.n == result.nobs:
        return np.asarray(design.block_id)
    copies = duplicates.copies_of(design, result.nobs)
    return np.arange(result.nobs) if copies is None else copies
