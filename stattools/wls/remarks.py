"""What the result of a fit says of its own limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stattools._errors import Notes
from stattools._typing import IntArray
from stattools.results import _format
from stattools.wls import accuracy, covariance as covariances
from stattools.wls.copies import copies_of, exact_rows, row_words
from stattools.wls.solve import WeightedFit

if TYPE_CHECKING:
    from stattools.wls.assembly import Data, Options

MOST_NAMES = 3
HEAVY = 2.5  # times the mean leverage, which the largest of a sample of normal columns seldom exceeds; and one half


def remark(data: Data, options: Options, fit: WeightedFit, cov_type: str, notes: Notes) -> None:
    """All remarks on one fit.

    Examples
    --------
    >>> from stattools.wls import WeightedLeastSquares
    >>> WeightedLeastSquares().fit([[1.0], [2.0]], [1.0, 3.0], sample_weight=[1.0, 0.0]).results_.notes[-1]
    '1 of 2 rows have weight zero and no part in the fit'
    """
    design = data.design
    if design is not None and design.cost_words:
        notes.remark(price(design))
    if options.noise_free:
        _noise_free_remarks(data, options, cov_type, notes)
    if cov_type == "design":
        notes.remark(
            f"the estimate is the mean of the interpolants of the blocks: {_sense(data)}, and less accurate than the "
            "joint fit, which cov_type='HC2' gives; it has no leave-one-out error, as a block without a point has no "
            "interpolant"
        )
    if not covariances.residual_df(fit) > 0:
        notes.remark(
            "there are as many coefficients as rows with weight: the fit interpolates, and its residuals, being zero, "
            "tell nothing of any error. "
            + ("" if cov_type == "design" else "Standard errors, intervals and error estimates are NaN")
        )
    elif cov_type != "design":
        _leverage_remarks(data, fit, cov_type, notes)
        _few_rows_remark(data, fit, notes)
    if cov_type == "nonrobust" and data.weights.noise_ratio is None:
        _importance_remark(data, notes)
    if data.regularization:
        notes.remark(
            f"estimates are shrunken by the ridge penalty {data.regularization:.4g} of the design; standard errors are "
            "about their own mean, not about the unpenalised fit"
        )
    if data.weights.values is not None and fit.n_used < len(data.y):
        notes.remark(f"{len(data.y) - fit.n_used} of {len(data.y)} rows have weight zero and no part in the fit")
    if design is not None:
        _design_remarks(data, options, notes)


def averages(design: Any) -> bool:
    """A mean of interpolants is unbiased: independent complete draws of the DPP that nothing has selected.

    Examples
    --------
    >>> from stattools.wls import PolynomialSpace, optimal_design
    >>> averages(optimal_design(PolynomialSpace("legendre", degree=2), 9, condition=False, rng=1))
    True
    """
    unselected = not design.conditioned and design.n_candidates == 1 and design.n_drawn == design.n
    return bool(design.method == "repeated_dpp" and unselected and is_complete(design))


def is_complete(design: Any) -> bool:
    """The design consists of at least two draws of m points each.

    Examples
    --------
    >>> from stattools.wls import PolynomialSpace, optimal_design
    >>> is_complete(optimal_design(PolynomialSpace("legendre", degree=2), 8, rng=1))
    False
    """
    if design.block_id is None or (design.given is not None and np.any(design.given)):
        return False
    sizes = np.unique(design.block_id, return_counts=True)[1]
    return len(sizes) >= 2 and bool(np.all(sizes == design.dim))


def reasons_of_bias(design: Any) -> str:
    """Why no estimate is known to be unbiased under the law of a design: all reasons.

    Examples
    --------
    >>> from stattools.wls import PolynomialSpace, optimal_design
    >>> reasons_of_bias(optimal_design(PolynomialSpace("legendre", degree=2), 8, condition=False, rng=1))
    'a block is not complete, so that it cannot be interpolated'
    """
    found = []
    if design.conditioned:
        found.append(
            "conditioning on stability favours some designs over others, and spoils the balance of their errors"
        )
    if design.method in ("greedy", "boosted") or design.n_candidates > 1 or design.n_drawn > design.n:
        found.append("points were chosen or removed by what the others are, which changes their law")
    if design.has_fixed_rows or (design.given is not None and np.any(design.given)):
        found.append("some rows were given and not drawn")
    if design.regularization:
        found.append("a ridge penalty shrinks the estimate")
    if design.method in ("iid", "uniform", "leverage", "lewis", "sensitivity"):
        found.append("points are independent, and the inverse of their Gram matrix does not average to the right one")
    if design.method == "d_optimal":
        found.append("the rows are not random")
    if design.method == "repeated_dpp" and not is_complete(design):
        found.append("a block is not complete, so that it cannot be interpolated")
    return "; ".join(found) or "its law is not one of volume sampling with independent points"


def price(design: Any) -> str:
    """What conditioning, selection and removal cost; short where no simulated design failed the condition.

    Examples
    --------
    >>> from stattools.wls import PolynomialSpace, optimal_design
    >>> price(optimal_design(PolynomialSpace("legendre", degree=2), 9, condition=False, rng=1))
    ''
    """
    plain = design.n_candidates == 1 and design.n_drawn == design.n
    if plain and design.conditioned and design.stability_probability == 1:
        return (
            f"the law was conditioned on {design.stability.words}, which every simulated design met; strictly, no "
            "estimate is unbiased"
        )
    return str(design.cost_words)


def _sense(data: Data) -> str:
    if averages(data.design):
        return "exactly unbiased"
    return "unbiased up to what conditioning changes" if data.design.conditioned else "not unbiased for this law"


def _noise_free_remarks(data: Data, options: Options, cov_type: str, notes: Notes) -> None:
    if cov_type not in ("dpp-block", "design"):
        m = len(data.names)
        need = f"dpp-block needs five complete blocks of a repeated DPP that nothing selected (n >= 5 m = {5 * m})"
        if options.cov_type != "auto":
            need = "cov_type was chosen"
        notes.remark(
            f"noise_free=True changed nothing in the covariance: it is {cov_type}, which does not credit what "
            f"repulsion saves: {need}"
        )
    notes.remark(
        "noise_free=True: an interval for the function at a point is obs_ci of get_prediction, which counts the error "
        "of the best approximation as noise; mean_ci is about the best approximation alone"
    )


def _names(names: list[str]) -> str:
    return ", ".join(names[:MOST_NAMES]) + (", ..." if len(names) > MOST_NAMES else "")


def _leverage_remarks(data: Data, fit: WeightedFit, cov_type: str, notes: Notes) -> None:
    copies = copies_of(data.design, len(data.y)) if data.sampling else None
    found = exact_rows(data.design) if data.matches_pool else None
    exact = np.zeros(len(data.y), dtype=np.bool_) if found is None else found
    whole = covariances.unit_leverage(fit, copies)
    if whole.any():
        _whole_remark(data, fit, whole, whole & ~exact, cov_type, notes)
    if data.matches_pool and accuracy.without_replacement(data.design) and not exact.all():
        _tail_remark(data, fit, np.flatnonzero(~exact), notes)


def _tail_remark(data: Data, fit: WeightedFit, rows: IntArray, notes: Notes) -> None:
    """Rows that dominate a sample with weights of one; of rows that the fit to all reproduces nothing is lost."""
    design = data.design
    largest = rows[int(np.argmax(fit.leverage[rows]))]
    leverage, mean = float(fit.leverage[largest]), fit.effective_rank / fit.n_used
    if leverage > max(0.5, HEAVY * mean):
        share = float(np.sum(design.features[largest] ** 2)) / design.n_pool
        notes.remark(
            f"{row_words(design, int(largest), data.index)} has leverage {_format.number(leverage, 2)} in this fit, of "
            f"{_format.number(mean, 2)} on average, and {_format.number(share, 2)} in the pool: columns have heavy "
            "tails, where plain least squares rests on few rows and its intervals may cover too rarely. "
            f"method='repeated_dpp' with n >= 3 d = {3 * design.dim}, or 'leveraged_volume', is meant for them"
        )


def _whole_remark(data: Data, fit: WeightedFit, whole: Any, unknown: Any, cov_type: str, notes: Notes) -> None:
    design = data.design if data.sampling else None
    rows = list(dict.fromkeys(row_words(design, int(i), data.index) for i in np.flatnonzero(whole)))
    text = f"leverage is 1 in {_names(rows)}: the fit reproduces the response there"
    alone = int(covariances.unit_leverage(fit).sum())
    if alone:  # a row with copies has less, and a leave-one-out residual of zero
        text += f", and has no leave-one-out residual ({alone} of {len(data.y)} rows are left out of that error)"
    if cov_type in ("HC2", "HC3") and unknown.any():
        hidden = [name for name, lost in zip(data.names, covariances.touched(fit, unknown), strict=True) if lost]
        text += f". {cov_type} divides by one minus leverage; standard errors of coefficients that rest on it are NaN: "
        text += _names(hidden)
    elif cov_type in ("HC2", "HC3"):
        text += (
            ". The fit to all rows reproduces it too: intervals for that fit need no error of it, and for a model "
            "behind the pool they are too narrow"
        )
    notes.remark(text)


def _few_rows_remark(data: Data, fit: WeightedFit, notes: Notes) -> None:
    copies = copies_of(data.design, len(data.y)) if data.sampling else None
    distinct = fit.n_used if copies is None else int(copies.max()) + 1
    if distinct < accuracy.FEW * fit.rank and not data.regularization:
        notes.remark(
            f"there are {distinct} {'distinct ' if copies is not None else ''}rows for {fit.rank} coefficients: below "
            f"{accuracy.FEW:g} m = {accuracy.FEW * fit.rank:g} the error estimates are unreliable"
        )


def _importance_remark(data: Data, notes: Notes) -> None:
    if data.sampling and data.weights.values is not None and np.ptp(data.weights.values) > 0:
        notes.remark(
            "nonrobust standard errors take weights for inverse noise variances, and the sampling weights of a design "
            "are importance, not that; HC2 makes no such assumption"
        )
    if data.weights.kind == "sample_weight":
        notes.remark(
            "nonrobust standard errors take weights for inverse noise variances, and sample_weight is importance; HC3 "
            "makes no such assumption. Pass inverse variances as var_weights"
        )


def _design_remarks(data: Data, options: Options, notes: Notes) -> None:
    design = data.design
    if not data.sampling:
        notes.remark("the linear model is taken to be true: the sampling weights of the design were not used")
        repeated = design.n - len(data.y)
        if repeated:
            notes.remark(
                f"{repeated} of {design.n} rows repeat another one; each label is one observation, so that the fit "
                f"has {len(data.y)} rows, the first copy of each"
            )
    elif not data.same_space:
        notes.remark("the space is another than that of the design, whose guarantees do not apply to it")
    elif data.intercept:
        notes.remark("the design was drawn for the columns without the intercept; its guarantees do not apply here")
    if design.method == "d_optimal":
        notes.remark(
            "the rows were chosen, not drawn: nothing is design-unbiased, and standard errors and error estimates are "
            "about such rows, not about the pool"
        )
    elif design.has_fixed_rows or (design.given is not None and np.any(design.given)):
        notes.remark(
            "some rows were chosen beforehand: nothing is design-unbiased. Standard errors and error estimates take "
            "them for drawn rows, and are wrong if they were chosen by their responses"
        )
    if design.method in ("lewis", "sensitivity") and design.p != 2:
        notes.remark(f"rows were drawn for the loss |residual|^{design.p:g}, and the fit is one of squared loss")
    if data.sampling and design.indices is not None and data.same_space and not data.regularization:
        _pool_remarks(data, options, notes)


def _pool_remarks(data: Data, options: Options, notes: Notes) -> None:
    design = data.design
    if design.method == "d_optimal" or design.has_fixed_rows:
        return
    rows = f"the fit to all {design.n_pool} rows"
    if not accuracy.without_replacement(design):
        notes.remark(
            f"intervals are for {rows}, and leave out the noise of the labels of the pool itself: about a model behind "
            "the pool they say less"
        )
    elif options.finite_population:
        notes.remark(
            f"intervals are for {rows} and for nothing beyond the pool: variances carry the factor 1 - n / N = "
            f"{_format.number(1 - design.n / design.n_pool, 3)}"
        )
    else:
        wide = design.n > 0.1 * design.n_pool
        notes.remark(
            f"intervals are for {rows}, and for the best approximation under the law of the pool if that is a random "
            "sample" + ("; for the pool alone they are too wide, see finite_population=True" if wide else "")
        )
