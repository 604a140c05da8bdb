"""What risk do losses on a test set promise?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools import _random, _validation
from stattools._errors import AssumptionWarning, DegenerateDataError, InvalidDataError, InvalidParameterError, Notes
from stattools._provenance import Provenance
from stattools._typing import ArrayLike, FloatArray, Seed
from stattools.bounds import assembly, inverses, moments
from stattools.bounds.evidence import Evidence, read
from stattools.bounds.lower import LowerBoundResult, LowerBoundTable
from stattools.bounds.methods import METHODS, assumptions, level
from stattools.bounds.table import CHOICE, BoundTable
from stattools.results import BoundResult, ConfidenceInterval

ALTERNATIVES = ("upper", "lower", "two-sided")


@dataclass(frozen=True, slots=True)
class Options:
    """Checked options of a call, on the scale of losses in [0, 1].

    delta, alternative : as given.
    variance : of a scaled loss; None when it is not known.
    levels : (k + 1,) ends of the parts of split-kl, from 0 to 1.
    n_shuffles : orders whose wealth is averaged; 0 for the order given.
    seed : of the orders.

    Examples
    --------
    >>> options = Options(0.05, "upper", None, np.array([0.0, 0.5, 1.0]), n_shuffles=0, seed=None)
    >>> options.delta, options.variance is None
    (0.05, True)
    """

    delta: float
    alternative: str
    variance: float | None
    levels: FloatArray
    n_shuffles: int
    seed: np.random.SeedSequence | None


@dataclass(frozen=True, slots=True)
class Limit:
    """One end of an interval for the risk: the limit, its distance from the mean, and what it was computed from.

    Examples
    --------
    >>> Limit(0.3, 0.2, {"errors": 10}).components["errors"]
    10
    """

    value: float
    gap: float
    components: dict[str, Any]


def test_set(
    losses: ArrayLike | None = None,
    *,
    errors: int | None = None,
    n: int | None = None,
    method: str = "auto",
    delta: float = 0.05,
    alternative: str = "upper",
    loss_range: tuple[float, float] = (0.0, 1.0),
    variance: float | None = None,
    levels: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    max_weight: float | None = None,
    n_shuffles: int = 0,
    nan_policy: str = "raise",
    rng: Seed = None,
    data_name: str = "",
) -> BoundResult | BoundTable:
    """Bound the risk of a rule by its losses on a test set.

    Parameters
    ----------
    losses : (n,) array_like, optional
        Loss of the rule at each test point, in the order in which they were drawn.
    errors, n : int, optional
        Instead of losses: how many 0-1 losses are 1, of how many.
    method : str, default "auto"
        - "binomial": exact limit for 0-1 losses (Clopper-Pearson), the sharpest there;
        - "kl": Chernoff's bound through the inverse of the divergence, for any bounded loss;
        - "hoeffding": the simplest and widest;
        - "bernstein", "bennett": with a known variance;
        - "empirical_bernstein": with the sample variance (Maurer and Pontil);
        - "unexpected_bernstein": with the second moment, for losses that are mostly small;
        - "split_kl": one inverse divergence for each part of the loss between `levels`, for losses of few values;
        - "betting": wealth of bets against values of the mean, usually the sharpest for losses that are not 0-1;
        - "hoeffding_bentkus": the smaller of "kl" and Bentkus' bound;
        - "auto": "binomial" when every loss is one of the ends of `loss_range`, without weights, else "betting"; name
          the method when a loss between the ends was possible and did not happen to occur;
        - "all": every method that the input allows, in a table.
    delta : float, default 0.05
        In (0, 1): the probability that the bound fails. A two-sided interval spends half of it on each side.
    alternative : {"upper", "lower", "two-sided"}
        Which side of the risk is bounded.
    loss_range : (float, float), default (0, 1)
        The smallest and the largest loss there can be, not those that were seen.
    variance : float, optional
        A known bound of the variance of one loss (of one weighted loss with `sample_weight`), in squared units of it.
        Only for "bernstein" and "bennett".
    levels : array_like, optional
        Values strictly inside the range at which "split_kl" cuts the loss, fixed before the losses were seen; by
        default its middle.
    sample_weight : (n,) array_like, optional
        Importance weights: the density of the distribution that the risk is about, over that which the points were
        drawn from. The bound is then that of the mean of weight times loss, which is unbiased for the risk.
    max_weight : float, optional
        The largest weight there can be, known beforehand and not read off the sample; it is needed with weights, since
        it gives the weighted losses their range.
    n_shuffles : int, default 0
        For "betting": average the final wealth over this many random orders, so that the answer hardly depends on the
        order of the losses; slightly wider as a rule, because the wealth at earlier times is not used.
    nan_policy : {"raise", "omit"}
        "omit" leaves out missing losses and says how many.
    rng : None, int, SeedSequence or Generator
        Of the shuffles.
    data_name : str
        Printed with the result.

    Returns
    -------
    BoundResult
        ``value`` is the upper bound, and ``interval`` the interval for "two-sided". A lower bound is a
        `LowerBoundResult`. Nothing is cut off: a bound beyond the range of the loss is reported as vacuous.
    BoundTable
        For "all", with the names above as keys; a `LowerBoundTable` of lower bounds.

    Raises
    ------
    InvalidDataError
        A loss outside `loss_range` or missing, 0-1 losses required and not given, weights above `max_weight`.
    InvalidParameterError
        An unknown option; delta outside (0, 1); losses and counts together, or neither; a method that needs `variance`
        or losses without them, or an option that the method does not use.
    DegenerateDataError
        One loss, where a variance must be estimated.

    Warns
    -----
    AssumptionWarning
        The two limits of a two-sided betting interval cross: the order of the losses speaks against one mean. Or
        `max_weight` is the largest weight that was seen, or the average weight contradicts its expectation, which is 1.

    Notes
    -----
    All bounds are rounded outwards. For n losses the time is O(n), the memory about 24 n bytes; betting takes some
    fifty passes, a tenth of a second for a million losses. "betting" uses the order of the losses, and must see the
    order in which they were drawn; sorting them voids it.

    References
    ----------
    .. [1] The citation of each method is on its result.

    Examples
    --------
    >>> from stattools.bounds import test_set
    >>> bound = test_set(errors=3, n=100)
    >>> round(bound.value, 4)
    0.0757
    >>> import numpy as np
    >>> losses = np.random.default_rng(0).beta(2, 18, 1000)
    >>> table = test_set(losses, method="all", variance=0.0043)
    >>> {key: round(bound.value, 4) for key, bound in table.items() if key in ("kl", "bennett", "betting")}
    {'kl': 0.1205, 'bennett': 0.1021, 'betting': 0.1026}
    >>> low, high = test_set(losses, method="kl", alternative="two-sided").interval
    >>> round(low, 4), round(high, 4)
    (0.0728, 0.1234)
    """
    notes = Notes()
    _validation.choice(method, ("auto", *METHODS, "all"), "method")
    evidence = read(losses, errors, n, loss_range, sample_weight, max_weight, nan_policy, notes)
    options = _read_options(evidence, method, delta, alternative, variance, levels, n_shuffles, rng)
    assembly.remark_on_level(options.delta, notes)
    keys = _keys(method, evidence, options)
    call = _call(evidence, method, options)
    source = Provenance.capture(call, seed=options.seed, sizes={"n": evidence.n})
    said = notes.warnings
    bounds = tuple(_bound(key, evidence, options, source, notes, said, data_name) for key in keys)
    if method != "all":
        return bounds[0]
    notes.remark(CHOICE)
    table = LowerBoundTable if alternative == "lower" else BoundTable
    return table(
        provenance=source,
        warnings=notes.warnings,
        notes=notes.remarks,
        bounds=bounds,
        keys=keys,
        method="Test-set bounds",
        data_name=data_name,
        settings=_settings(evidence, options),
    )


test_set.__test__ = False  # type: ignore[attr-defined]  # its name would make pytest collect it


# reading options -----------------------------------------------------------------------------------------------------
def _read_options(
    evidence: Evidence,
    method: str,
    delta: Any,
    alternative: Any,
    variance: Any,
    levels: Any,
    n_shuffles: Any,
    rng: Seed,
) -> Options:
    _validation.real(delta, "delta", minimum=0, maximum=1, exclusive=True)
    _validation.choice(alternative, ALTERNATIVES, "alternative")
    shuffles = _validation.integer(n_shuffles, "n_shuffles", minimum=0)
    used = {
        "variance": ("bernstein", "bennett", "all"),
        "levels": ("split_kl", "all"),
        "n_shuffles": ("betting", "auto", "all"),
    }
    given = {"variance": variance is not None, "levels": levels is not None, "n_shuffles": shuffles > 0}
    for name, methods in used.items():
        if given[name] and method not in methods:
            raise InvalidParameterError(f"{name} is given, and method {method!r} does not use it; leave it out")
    return Options(
        delta=float(delta),
        alternative=alternative,
        variance=None if variance is None else _scaled_variance(variance, evidence),
        levels=_scaled_levels(levels, evidence),
        n_shuffles=shuffles,
        seed=_random.seed_sequence(rng) if shuffles else None,
    )


def _scaled_variance(variance: Any, evidence: Evidence) -> float:
    width = evidence.width
    number = _validation.real(variance, "variance", minimum=0, maximum=width / 2.0 * (width / 2.0))
    # one that is too small to be written stays positive
    return max(number / width / width, float(np.finfo(np.float64).tiny)) if number else 0.0


def _scaled_levels(levels: Any, evidence: Evidence) -> FloatArray:
    if levels is None:
        return np.array([0.0, 0.5, 1.0])
    inner = _validation.float_array(np.atleast_1d(np.asarray(levels)), "levels", ndim=1)
    if not (np.all(np.diff(inner) > 0) and inner[0] > evidence.low and inner[-1] < evidence.high):
        raise InvalidParameterError(
            f"levels is {inner.tolist()}; they must increase strictly inside ({evidence.low:g}, {evidence.high:g})"
        )
    return np.concatenate([[0.0], (inner - evidence.low) / evidence.width, [1.0]])


def _keys(method: str, evidence: Evidence, options: Options) -> tuple[str, ...]:
    if method == "all":
        return tuple(key for key in METHODS if not _obstacle(key, evidence, options))
    key = method
    if method == "auto":
        key = "binomial" if evidence.errors is not None else "betting"
    obstacle = _obstacle(key, evidence, options)
    if obstacle is not None:
        raise obstacle
    return (key,)


def _obstacle(key: str, evidence: Evidence, options: Options) -> Exception | None:
    """Why a method cannot be used, as the error to raise."""
    needs = METHODS[key].needs
    if needs == "errors" and evidence.errors is None:
        if evidence.max_weight is not None:
            return InvalidParameterError(
                "sample_weight is given, and method 'binomial' counts errors without weights; use 'betting' or 'kl'"
            )
        losses: Any = evidence.losses
        i = int(np.argmax((losses != 0.0) & (losses != 1.0)))
        value = evidence.low + evidence.width * losses[i]
        return InvalidDataError(
            f"losses has {value:.6g} at index {i}; method 'binomial' is for losses that are {evidence.low:g} or "
            f"{evidence.high:g}, use 'kl' or 'betting'"
        )
    if needs == "variance" and options.variance is None:
        return InvalidParameterError(f"variance is None; method {key!r} needs a variance known beforehand")
    if needs == "spread" and evidence.n < 2:
        return DegenerateDataError(f"losses has one element; method {key!r} estimates a variance and needs two")
    if needs == "losses" and evidence.losses is None:
        return InvalidParameterError(f"losses is None; method {key!r} needs the losses one by one, not their count")
    return None


# limits on [0, 1] ----------------------------------------------------------------------------------------------------
def _limit(key: str, evidence: Evidence, options: Options, side: str) -> Limit:
    halves = 2.0 if options.alternative == "two-sided" else 1.0
    log_level = math.log(halves) - math.log(options.delta)
    if key == "binomial":
        k: Any = evidence.errors
        limit, gap = inverses.binomial_tail_inverse(k, evidence.n, log_delta=-log_level, side=side, return_gap=True)
        return Limit(limit, gap, {"errors": k})
    if key == "unexpected_bernstein":
        second = evidence.second_moment()
        gap, rate, count = moments.unexpected_bernstein(second, evidence.n, log_level, side)
        return _from_gap(evidence.mean, gap, side, {"second moment": second, "rate": rate, "rates tried": count})
    if key == "split_kl":
        losses: Any = evidence.losses
        limit, means = moments.split_kl(losses, options.levels, log_level, side)
        return _from_limit(evidence.mean, limit, side, {"part means": means})
    if key == "betting":
        return _from_limit(evidence.mean, _betting(evidence, options, log_level, side), side, {})
    return _summary_limit(key, evidence, options, log_level, side)


def _summary_limit(key: str, evidence: Evidence, options: Options, log_level: float, side: str) -> Limit:
    variance = options.variance if METHODS[key].needs == "variance" else None
    if METHODS[key].needs == "spread":
        variance = evidence.variance()
    mean, n, level, spread = (np.array([float(x)]) for x in (evidence.mean, evidence.n, log_level, variance or 0.0))
    gap = float(moments.summary_gap(key, mean, n, level, spread, side)[0])
    return _from_gap(evidence.mean, gap, side, {} if variance is None else {"variance": variance})


def _betting(evidence: Evidence, options: Options, log_level: float, side: str) -> float:
    from stattools.bounds.betting import wealth

    losses: Any = evidence.losses
    if options.seed is None:
        return wealth.betting_limit(losses, log_level, side)
    return wealth.shuffled_limit(losses, log_level, side, options.n_shuffles, options.seed)


def _from_gap(mean: float, gap: float, side: str, components: dict[str, Any]) -> Limit:
    return Limit(float(moments.outer_limit(np.array(mean), np.array(gap), side)), gap, components)


def _from_limit(mean: float, limit: float, side: str, components: dict[str, Any]) -> Limit:
    return Limit(limit, limit - mean if side == "upper" else mean - limit, components)


# results -------------------------------------------------------------------------------------------------------------
def _bound(
    key: str,
    evidence: Evidence,
    options: Options,
    source: Provenance,
    notes: Notes,
    said: tuple[str, ...],
    data_name: str,
) -> BoundResult:
    sides = ("lower", "upper") if options.alternative == "two-sided" else (options.alternative,)
    limits = {side: _limit(key, evidence, options, side) for side in sides}
    values = {side: _in_units(limit.value, evidence, side) for side, limit in limits.items()}
    main = limits[sides[-1]]
    own = Notes()
    own.carry(said)
    if len(sides) == 2 and values["lower"] > values["upper"]:
        own.warn(
            f"{METHODS[key].title.lower()}: the lower limit {values['lower']:.4g} is above the upper limit "
            f"{values['upper']:.4g}; the losses, in this order, do not look like draws with one mean",
            AssumptionWarning,
        )
        notes.carry(own.warnings)
    common: dict[str, Any] = {
        "provenance": source,
        "warnings": own.warnings,
        "notes": notes.remarks,
        "method": METHODS[key].title,
        "value": values[sides[-1]],
        "kind": "high-probability",
        "delta": options.delta,
        "gap": main.gap * evidence.width,
        "empirical_risk": evidence.low + evidence.width * evidence.mean,
        "n": evidence.n,
        "data_name": data_name,
        "assumptions": _assumptions(key, evidence, options),
        "components": _components(main.components, evidence),
        "largest": evidence.largest,
        "vacuous": _vacuous(values, evidence),
        "interval": _interval(key, values, options) if len(sides) == 2 else None,
        "settings": _settings(evidence, options, key),
        "citation": METHODS[key].citation,
    }
    if options.alternative == "lower":
        return LowerBoundResult(smallest=evidence.smallest, **common)
    return BoundResult(**common)


def _in_units(limit: float, evidence: Evidence, side: str) -> float:
    """A limit in the units of the loss, rounded outwards."""
    if evidence.low == 0.0 and evidence.high == 1.0:
        return limit
    value = evidence.low + evidence.width * limit
    if limit in (0.0, 1.0):
        return evidence.high if limit == 1.0 else evidence.low
    room = 4.0 * 2.0**-52 * max(abs(evidence.low), abs(evidence.high), abs(value))
    return value + room if side == "upper" else value - room


def _vacuous(values: dict[str, float], evidence: Evidence) -> bool:
    """Whether the bound, or each limit of the interval, excludes nothing; NaN counts as that."""
    open_above = "upper" not in values or not values["upper"] < evidence.largest
    open_below = "lower" not in values or not values["lower"] > evidence.smallest
    return open_above and open_below


def _interval(key: str, values: dict[str, float], options: Options) -> ConfidenceInterval:
    return ConfidenceInterval(
        values["lower"], values["upper"], level(options.delta), method=key.replace("_", " "), of="risk"
    )


def _components(components: dict[str, Any], evidence: Evidence) -> dict[str, Any]:
    """What belongs to losses in [0, 1], in the units of the losses where it has them."""
    scaled = dict(components)
    if "variance" in scaled:
        scaled["variance"] *= evidence.width * evidence.width
    if evidence.width != 1.0 or evidence.low != 0.0:
        for name in ("second moment", "part means"):
            if name in scaled:
                scaled[f"{name} on [0, 1]"] = scaled.pop(name)
    return scaled


def _assumptions(key: str, evidence: Evidence, options: Options) -> tuple[str, ...]:
    variance = None if options.variance is None else options.variance * evidence.width * evidence.width
    return assumptions(
        key,
        low=evidence.low,
        high=evidence.high,
        variance=variance,
        max_weight=evidence.max_weight,
        shuffled=options.n_shuffles > 0,
    )


def _settings(evidence: Evidence, options: Options, key: str | None = None) -> dict[str, Any]:
    settings: dict[str, Any] = {"alternative": options.alternative}
    settings["loss range"] = f"[{evidence.smallest:g}, {evidence.largest:g}]"
    if key in (None, "split_kl") and evidence.losses is not None:
        inner = evidence.low + evidence.width * options.levels[1:-1]
        settings["levels"] = ", ".join(f"{level:g}" for level in inner)
    if key in (None, "betting") and options.n_shuffles:
        settings["shuffles"] = options.n_shuffles
    if evidence.max_weight is not None:
        settings["largest weight"] = evidence.max_weight
    return settings


def _call(evidence: Evidence, method: str, options: Options) -> str:
    data = "losses" if evidence.losses is not None else f"errors={evidence.errors}, n={evidence.n}"
    weights = "" if evidence.max_weight is None else f", sample_weight=..., max_weight={evidence.max_weight:g}"
    return f"test_set({data}, method={method!r}, delta={options.delta:g}, alternative={options.alternative!r}{weights})"
