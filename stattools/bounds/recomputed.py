"""A bound that was computed at one probability of failure, at another one, from what its result keeps."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from stattools._errors import InvalidParameterError
from stattools.bounds import inverses, moments
from stattools.bounds.methods import METHODS
from stattools.bounds.table import BoundTable
from stattools.results import BoundResult, ConfidenceInterval

Fields = Mapping[str, Any]
Recipe = Callable[[BoundResult, float], Fields]
SAME = 1e-12  # relative; what rounding may change between a stored bound and its repetition
UNCUT = "before the limit"  # the component that holds a bound before it was cut at the largest risk
OUTWARDS = 16 * 2.0**-52  # what is added to a bound that was scaled to [0, 1] and back
TEST_SET = {method.title: key for key, method in METHODS.items()}


def at_delta(bound: BoundResult, delta: float, name: str = "the bound") -> BoundResult:
    """The bound that the same data and options give at another probability of failure.

    Nothing is trusted: the recipe must first give the stored value at the stored delta.

    Parameters
    ----------
    bound : BoundResult
        Of high probability.
    delta : float
    name : str
        For messages.

    Raises
    ------
    InvalidParameterError
        The result does not keep all that the bound needs.

    Examples
    --------
    >>> from stattools.bounds import test_set
    >>> bound = at_delta(test_set(errors=3, n=100, method="kl"), 0.01)
    >>> bound.value == test_set(errors=3, n=100, method="kl", delta=0.01).value
    True
    """
    recipe = _recipe(bound)
    if recipe is None:
        raise _refusal(bound, delta, name, "does not keep what it was computed from")
    if not _agrees(bound, recipe(bound, bound.delta or 0.0)):
        raise _refusal(bound, delta, name, "does not keep all options that it was computed with")
    found = dict(recipe(bound, delta))
    kept = {key: value for key, value in bound.components.items() if key != UNCUT}
    components = {**kept, **found.pop("components", {})}
    vacuous = found.pop("vacuous", None)
    return dataclasses.replace(bound, delta=delta, components=components, vacuous=vacuous, **found)


def _refusal(bound: BoundResult, delta: float, name: str, why: str) -> InvalidParameterError:
    method = "" if name.strip("'") == bound.method else f" ({bound.method})"
    return InvalidParameterError(
        f"{name}{method} {why}, and cannot be recomputed; compute it with delta={delta:.6g} and compare with "
        "union=False"
    )


def _agrees(bound: BoundResult, found: Fields) -> bool:
    uncut = (float(parts.get(UNCUT, math.inf)) for parts in (bound.components, found.get("components", {})))
    close = math.isclose(found["value"], bound.value, rel_tol=SAME, abs_tol=1e-300)
    close &= math.isclose(*uncut, rel_tol=SAME)  # bounds that were cut at the largest risk agree before, too
    if bound.interval is None or found.get("interval") is None:
        return close and bound.interval is found.get("interval")
    return close and math.isclose(found["interval"].low, bound.interval.low, rel_tol=SAME, abs_tol=1e-15)


def _recipe(bound: BoundResult) -> Recipe | None:
    """How the bound is computed, if anything here knows."""
    if bound.method in TEST_SET:
        return None if TEST_SET[bound.method] == "betting" else _test_set
    if type(bound) is not BoundResult:
        return None  # it has an optimisation, or data, of its own
    named: dict[str, Recipe] = {
        "Occam's razor bound": _occam,
        "Sample compression bound": _compression,
        "Rademacher bound": _rademacher,
        "Uniform stability bound": _stability,
    }
    from stattools.bounds import pacbayes, vapnik

    named |= dict.fromkeys(pacbayes.TITLES.values(), _pac_bayes) | dict.fromkeys(vapnik.TITLES.values(), _vc)
    return named.get(bound.method)


def _of(result: BoundResult | BoundTable) -> Fields:
    """The fields that depend on delta, of a bound that was computed by its own function."""
    assert isinstance(result, BoundResult)
    return {
        "value": result.value, "gap": result.gap, "vacuous": result.vacuous, "components": dict(result.components),
        "notes": result.notes,
    }  # fmt: skip


# bounds from formulas ------------------------------------------------------------------------------------------------
def _vc(bound: BoundResult, delta: float) -> Fields:
    from stattools.bounds.vapnik import vc

    options = bound.settings
    dimension = bound.components["VC dimension"]
    return _of(vc(_risk(bound), _n(bound), dimension, options["method"], growth=options["growth"], delta=delta))


def _occam(bound: BoundResult, delta: float) -> Fields:
    from stattools.bounds.pacbayes import occam

    information = float(bound.components["-ln prior"])
    return _of(occam(_risk(bound), _n(bound), log_prior=-information, method=bound.settings["method"], delta=delta))


def _compression(bound: BoundResult, delta: float) -> Fields:
    level = bound.components["ln level"] + math.log(delta) - math.log(bound.delta or 1.0)
    wrong, rest = bound.components["errors"], _n(bound) - bound.components["kept"]
    if bound.settings["method"] == "binomial":
        value = float(inverses.binomial_tail_inverse(wrong, rest, log_delta=level))
    else:
        value = float(inverses.kl_inverse(wrong / rest, -level / rest * (1.0 + OUTWARDS)))
    return {"value": value, "gap": value - _risk(bound), "components": {"ln level": level}}


def _rademacher(bound: BoundResult, delta: float) -> Fields:
    from stattools.bounds.symmetrization import FACTORS, rademacher

    of = bound.settings["of"]
    slope = bound.components["factor"] / FACTORS[of] if of == "scores" else 1.0
    empirical = bound.settings["complexity"] == "empirical"
    complexity = float(bound.components["complexity"])
    return _of(
        rademacher(_risk(bound), complexity, _n(bound), of=of, empirical=empirical, lipschitz=slope, delta=delta)
    )


def _stability(bound: BoundResult, delta: float) -> Fields:
    from stattools.bounds.stable import stability

    options = {name: bound.settings[name] for name in ("estimate", "definition")}
    beta = float(bound.components["beta"])
    return _of(stability(_risk(bound), beta, _n(bound), loss_bound=bound.largest, delta=delta, **options))


def _pac_bayes(bound: BoundResult, delta: float) -> Fields:
    from stattools.bounds.pacbayes import DELTA_MC, pac_bayes
    from stattools.bounds.pacbayes_forms import beta_grid

    method, parts = bound.settings["method"], bound.components
    options: dict[str, Any] = {"loss_range": (0.0, bound.largest)}
    if method != "catoni":
        options["xi"] = "exact" if bound.settings["constant"] == "exact" else "maurer"
    elif parts["grid"] != len(beta_grid(_n(bound))):
        options["beta"] = parts["beta"]  # right if it was the only one, which the check at the stored delta shows

    def at(total: float) -> Fields:
        own = dict(options)
        if "posterior draws" in parts:  # both parts of delta shrink alike
            own |= {"mc_samples": parts["posterior draws"], "delta_mc": DELTA_MC * total / (bound.delta or 1.0)}
            total -= own["delta_mc"]
        return _of(pac_bayes(_risk(bound), float(parts["KL"]), _n(bound), method, delta=total, **own))

    if "lambda" in parts:  # the best lambda depends on delta; one that was given does not
        free = at(bound.delta or 0.0)["components"]["lambda"]
        if not math.isclose(free, parts["lambda"], rel_tol=SAME):
            options["lam"] = parts["lambda"]
    return at(delta)


def _risk(bound: BoundResult) -> float:
    return math.nan if bound.empirical_risk is None else bound.empirical_risk


def _n(bound: BoundResult) -> int:
    return 0 if bound.n is None else bound.n


# bounds of a test set ------------------------------------------------------------------------------------------------
def _test_set(bound: BoundResult, delta: float) -> Fields:
    alternative = bound.settings["alternative"]
    sides = ("lower", "upper") if alternative == "two-sided" else (alternative,)
    log_level = math.log(2.0 if alternative == "two-sided" else 1.0) - math.log(delta)
    low, high = _loss_range(bound)
    width = high - low
    limits: dict[str, float] = {}
    gap = math.nan
    parts: dict[str, Any] = {}
    for side in sides:
        limit, gap, parts = _limit(bound, (_risk(bound) - low) / width, width, log_level, side)
        limits[side] = limit if (low, high) == (0.0, 1.0) else _outwards(low + width * limit, low, high, side)
    value = limits[sides[-1]]
    found: dict[str, Any] = {"value": value, "gap": gap * width, "components": parts}
    if len(sides) == 2:
        key = TEST_SET[bound.method].replace("_", " ")
        found["interval"] = ConfidenceInterval(limits["lower"], limits["upper"], 1.0 - delta, method=key, of="risk")
        smallest = float(bound.settings["loss range"].strip("[]").split(",")[0])
        found["vacuous"] = not limits["upper"] < bound.largest and not limits["lower"] > smallest
    return found


def _loss_range(bound: BoundResult) -> tuple[float, float]:
    """The range of the losses, or of weighted losses; the printed form may have lost digits, which the check shows."""
    low, high = (float(end) for end in bound.settings["loss range"].strip("[]").split(","))
    top = bound.settings.get("largest weight")
    return (low, high) if top is None else (min(0.0, low * top), max(0.0, high * top))


def _outwards(value: float, low: float, high: float, side: str) -> float:
    room = OUTWARDS * max(abs(low), abs(high), abs(value))
    return value + room if side == "upper" else value - room


def _limit(
    bound: BoundResult, mean: float, width: float, log_level: float, side: str
) -> tuple[float, float, dict[str, Any]]:
    """Limit and gap for losses in [0, 1], and the components that changed."""
    key, n, parts = TEST_SET[bound.method], _n(bound), bound.components
    if key == "binomial":
        limit, gap = inverses.binomial_tail_inverse(
            parts["errors"], n, log_delta=-log_level, side=side, return_gap=True
        )
        return float(limit), float(gap), {}
    if key == "unexpected_bernstein":
        second = float(parts["second moment"] if "second moment" in parts else parts["second moment on [0, 1]"])
        gap, rate, count = moments.unexpected_bernstein(second, n, log_level, side)
        limit = moments.outer_limit(np.array(mean), np.array(gap), side)
        return float(limit), gap, {"rate": rate, "rates tried": count}
    if key == "split_kl":
        means = np.asarray(parts["part means"] if "part means" in parts else parts["part means on [0, 1]"])
        limit = _split_kl(means, _levels(bound), n, log_level, side)
        return limit, (limit - mean if side == "upper" else mean - limit), {}
    variance = parts.get("variance", 0.0) / width / width
    one = [np.array([float(x)]) for x in (mean, n, log_level, variance)]
    gaps = moments.summary_gap(key, one[0], one[1], one[2], one[3], side)
    return float(moments.outer_limit(one[0], gaps, side)[0]), float(gaps[0]), {}


def _levels(bound: BoundResult) -> Any:
    low, high = _loss_range(bound)
    inner = [(float(level) - low) / (high - low) for level in bound.settings["levels"].split(",")]
    return np.array([0.0, *inner, 1.0])


def _split_kl(means: Any, levels: Any, n: int, log_level: float, side: str) -> float:
    share = (log_level + math.log(len(means))) / n
    total = math.fsum(np.diff(levels) * inverses.kl_inverse(means, share, side=side))
    return total * moments.ROUND_UP if side == "upper" else total / moments.ROUND_UP
