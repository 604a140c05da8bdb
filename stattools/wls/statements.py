"""What a design says of itself in words."""

from __future__ import annotations

from stattools.results._format import number
from stattools.wls import guarantees
from stattools.wls.design import Design

SETTINGS = {
    "uniform": "plain least squares on a simple random sample is consistent, not unbiased, and may be singular",
    "leverage": "weighted least squares is not exactly unbiased; its design may be singular",
    "lewis": "weights are for the loss sum_i w_i |x_i^T b - y_i|^p; rows in this proportion keep every l_p norm of X "
    "b up "
    "to a constant factor once there are enough of them, a number known up to constants only",
    "d_optimal": "the rows are not random: nothing is unbiased, no design-based error can be computed, and the choice "
    "is "
    "best for a linear model that is true with equal noise",
    "regularized_volume": "ridge regression with this penalty is the estimator, shrunken towards zero and so not "
    "unbiased",
}
SETTINGS["sensitivity"] = SETTINGS["lewis"]


USEFUL = 100  # larger factors are not spelled out


def complete(design: Design) -> Design:
    """The design, which nobody has seen yet, with its guarantee and its price in words.

    Examples
    --------
    >>> from stattools.wls import PolynomialSpace, optimal_design
    >>> design = optimal_design(PolynomialSpace("legendre", degree=4), method="volume", condition=False, rng=1)
    >>> design.guarantee[0][:46]
    'the fit is exactly unbiased: its coefficients '
    """
    lines = _pool_lines(design) if design.space is None else _space_lines(design)
    object.__setattr__(design, "guarantee", tuple(lines))  # its eigenvalues stay known
    object.__setattr__(design, "cost_words", _price(design))
    return design


def _space_lines(design: Design) -> list[str]:
    lines = []
    plain = not design.conditioned and design.n_candidates == 1 and design.n_drawn == design.n
    if design.unbiased:
        lines.append("the fit is exactly unbiased: its coefficients have those of the L2(mu) projection as their mean")
    elif design.method == "repeated_dpp" and plain:
        lines.append(_of_replicates())
    factor, condition = guarantees.error_factor(design)
    if factor is not None and factor > USEFUL:
        lines.append(_too_large(factor))
    elif factor is not None:
        lines.append(
            f"for exact values, E ||f - Qf||^2 <= {number(factor)} ||f - Pf||^2 {condition}; Qf is the fit, Pf the "
            "best "
            "approximation in L2(mu); the constant is derived in this package"
        )
    else:
        lines.append("no bound on the expected error is known for this law" + _what_would_help(design))
    lines.append(_of_this_design(design))
    if design.safe_mixture:
        bound = (1 / design.safe_mixture) ** 0.5
        lines.append(
            f"weights are at most {number(1 / design.safe_mixture)}, so that for this design and every bounded f "
            f"||f - Qf|| <= {number(1 + bound * design.stability_constant**0.5)} min over V of max |f - v|"
        )
    return lines


def _pool_lines(design: Design) -> list[str]:
    lines = []
    if design.unbiased:
        how = "plain" if design.method == "volume" else "weighted"
        lines.append(
            f"{how} least squares is exactly unbiased: its coefficients have those of the fit to all rows as mean"
        )
    elif design.method == "repeated_dpp":
        lines.append(_of_replicates())
    elif design.method == "volume":
        lines.append(
            "the rows chosen beforehand were not drawn, so that nothing is exactly unbiased; given them, a set of "
            "rows has "
            "probability proportional to the determinant of its X^T X together with theirs"
        )
    if design.method in SETTINGS:
        lines.append(SETTINGS[design.method])
    factor, condition = guarantees.error_factor(design)
    if factor is not None and factor > USEFUL:
        lines.append(_too_large(factor))
    elif factor is not None:
        lines.append(
            f"for any labels, E L(w) <= {number(factor)} L(w*) {condition}; L is the sum of squares over all rows, w* "
            "the "
            "fit to all; the constant is derived in this package"
        )
    if design.method == "volume" and design.unbiased:
        n, size, rank = design.n_pool or 0, design.n, design.dim
        lines.append(
            "if labels are a linear model plus independent noise of variance s^2, then E |X (w_S - w)|^2 <= "
            f"{number(rank * (n - rank + 1) / (size - rank + 1))} s^2 (Derezinski and Warmuth 2018)"
        )
    effective = design.effective_dimension
    if effective is not None and design.n > effective - 1:
        bound = (design.n_pool or 0) * effective / (design.n - effective + 1)
        lines.append(
            "for labels from a linear model w with independent noise of variance s^2, and a penalty of at most "
            f"s^2 / |w|^2: E |X (w_S - w)|^2 <= {number(bound)} s^2 (Derezinski and Warmuth 2018, regularized volume "
            f"sampling; effective dimension {number(effective)} of the ridge fit to all rows)"
        )
    lines.append(_of_this_design(design))
    return lines


def _too_large(factor: float) -> str:
    return (
        f"the bound that is known on the expected error, {number(factor)} times the smallest possible, is too large to "
        "be of use at this n"
    )


def _of_replicates() -> str:
    return (
        "the joint fit is not exactly unbiased; the average of the interpolants of complete draws is "
        "(WeightedLeastSquares(unbiased=True))"
    )


def _of_this_design(design: Design) -> str:
    if design.lambda_min <= 0:
        return "this design: its Gram matrix is singular"
    return (
        f"this design: the mean square of a fit is at most {number(design.stability_constant)} times the weighted mean "
        "square of the values it is fitted to"
    )


def _what_would_help(design: Design) -> str:
    if design.conditioned and design.n_extensions:
        return "; designs of all their points, drawn at once, have one"
    if design.conditioned and not design.n_simulations:
        return " without its probability of stability; n_simulations=100 estimates it"
    return ""


def _price(design: Design) -> str:
    """What conditioning, selection and removal cost."""
    parts = []
    if design.conditioned:
        which = "the first points" if design.n_extensions else "designs"
        parts.append(f"{which} were redrawn until {design.stability.words}: their law is the law given that event")
    if design.n_candidates > 1:
        parts.append(
            f"the best of {design.n_candidates} candidates was kept: the bound on the expected error is "
            f"{design.n_candidates} times larger"
        )
    if design.n_drawn > design.n:
        parts.append(
            f"{design.n_drawn - design.n} of {design.n_drawn} points were removed greedily: the bound on the expected "
            f"error is {number(design.n_drawn / design.n_target)} times larger"
        )
    return "; ".join(parts) + "; no estimate is exactly unbiased" if parts else ""
