"""Bound of the error of a classifier from the margins of its scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidParameterError
from stattools._typing import FloatArray
from stattools.bounds import assembly
from stattools.bounds.symmetrization import deviation, known_complexity
from stattools.results.bound import BoundResult


def margin(
    margins: Any,
    complexity: float | BoundResult,
    rho: float | Sequence[float],
    *,
    rho_max: float | None = None,
    loss: str = "ramp",
    empirical: bool = True,
    delta: float = 0.05,
    data_name: str = "",
) -> BoundResult:
    """Bound the error of the sign of a score that was chosen from a class of known Rademacher complexity.

    Parameters
    ----------
    margins : (n,) array_like
        y_i f(x_i) with y_i = -1 or 1: negative where the sign of the score is wrong.
    complexity : float or BoundResult
        Rademacher complexity of the class of scores; a result of `rademacher_monte_carlo` brings its own delta.
    rho : float or sequence of float
        The margin, fixed before the data were seen. Of several the best is used, at the price of their number (delta is
        shared among them). With `rho_max` a single margin, which may depend on the data.
    rho_max : float, optional
        Use the form that holds for all margins up to `rho_max` at once; it was fixed before the data were seen.
    loss : {"ramp", "fraction"}
        Empirical margin loss: the mean of min(1, max(0, 1 - margin / rho)), or the share of margins below rho, which is
        never smaller.
    empirical : bool, default True
        Whether the complexity was computed at these data, or is an expectation.
    delta : float, default 0.05
    data_name : str

    Returns
    -------
    BoundResult
        ``empirical_risk`` is the share of margins that are not positive; ``components`` hold the margin loss.

    Notes
    -----
    For a fixed rho, margin loss + (2 / rho) R + the deviation of `rademacher`. For all up to rho_max, margin loss +
    (4 / rho) R + sqrt(ln log2(2 rho_max / rho) / n) + that deviation at delta / 2 [1]_.

    References
    ----------
    .. [1] Mohri, Rostamizadeh and Talwalkar (2018), Foundations of Machine Learning, 2nd ed., theorems 5.8 and 5.9;
       Koltchinskii and Panchenko (2002), Ann. Statist. 30, 1-50.

    Examples
    --------
    >>> import numpy as np
    >>> bound = margin(np.full(10000, 2.0), 0.02, [0.5, 1.0, 2.0])
    >>> round(bound.value, 4), bound.components["rho"]
    (0.0664, 2.0)
    """
    values = assembly.array(margins, "margins", ndim=1)
    _validation.choice(loss, ("ramp", "fraction"), "loss")
    known, failure = known_complexity(complexity), assembly.level(delta)
    estimated = _validation.boolean(empirical, "empirical")
    candidates = [assembly.positive(r, "rho") for r in np.atleast_1d(np.asarray(rho)).tolist()]
    if not candidates:
        raise InvalidParameterError("rho is empty; pass at least one margin")
    chosen = None if rho_max is None else _largest_margin(candidates, rho_max)
    bounds = [
        _bound(_margin_loss(values, r, loss), known.value, r, len(values), failure / len(candidates), estimated, chosen)
        for r in candidates
    ]
    best = int(np.argmin(bounds))
    return assembly.finished(
        "margin(margins, complexity, rho)", "Margin bound", assembly.upwards(bounds[best]),
        delta=assembly.level(failure + known.delta, "delta, with that of the complexity,"),
        empirical_risk=float(np.mean(values <= 0)), n=len(values), data_name=data_name,
        assumptions=(
            "the n data are independent and identically distributed",
            "the class of scores was fixed before these data were seen",
            f"its complexity is at most the one given{known.words}",
            "the margins to choose from were fixed before these data were seen" if chosen is None
            else "rho_max was fixed before these data were seen",
        ),
        components={
            "margin loss": _margin_loss(values, candidates[best], loss), "rho": candidates[best],
            "complexity": known.value, "candidates": len(candidates),
        },
        settings={"loss": loss, "complexity": "empirical" if estimated else "expected"},
        citation="Koltchinskii and Panchenko (2002), Ann. Statist. 30, 1-50; Mohri et al. (2018), theorems 5.8 and 5.9",
    )  # fmt: skip


def _largest_margin(candidates: list[float], rho_max: Any) -> float:
    limit = assembly.positive(rho_max, "rho_max")
    if len(candidates) > 1:
        raise InvalidParameterError("rho holds several margins; with rho_max, which pays for all, pass one")
    if candidates[0] > limit:
        raise InvalidParameterError(f"rho is {candidates[0]}; it must be at most rho_max = {limit}")
    return limit


def _margin_loss(margins: FloatArray, rho: float, loss: str) -> float:
    if loss == "fraction":
        return float(np.mean(margins < rho))
    return float(np.mean(np.clip(1 - margins / rho, 0.0, 1.0)))


def _bound(
    loss: float, complexity: float, rho: float, n: int, delta: float, empirical: bool, rho_max: float | None
) -> float:
    if rho_max is None:
        return loss + 2 / rho * complexity + deviation(n, delta, empirical=empirical)
    scales = math.sqrt(math.log(math.log2(2 * rho_max / rho)) / n)
    return loss + 4 / rho * complexity + scales + deviation(n, delta / 2, empirical=empirical)
