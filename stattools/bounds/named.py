"""Bounds by name, as functions of the size of the sample and the probability of failure."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidParameterError, StattoolsError
from stattools._typing import FloatArray
from stattools.bounds import assembly, inverses, moments
from stattools.bounds.lower import LowerBoundResult

Settings = Mapping[str, Any]
Values = Callable[[FloatArray, FloatArray, Settings], FloatArray]


@dataclass(frozen=True, slots=True)
class Named:
    """A bound of a risk that decreases to `risk` as the sample grows.

    values : from sizes and deltas of one shape, and the settings, to values; as the formula gives them, not cut at 1.
    needs, takes : names of the settings that must, and that may, be given.
    errors : whether it depends on the risk through the number of errors, a whole number, so that it jumps upward.
    jumps : sizes at which it may jump upward otherwise.
    kind : as of BoundResult.
    least : the smallest size for which there is a value, but for what the settings demand.

    Examples
    --------
    >>> bound = named("compression")
    >>> bound.settings, bound.smallest({"k": 3})
    (('risk', 'k', 'messages'), 4)
    """

    values: Values
    needs: tuple[str, ...]
    takes: tuple[str, ...] = ()
    errors: bool = False
    jumps: Callable[[float], Iterator[int]] | None = None
    kind: str = "high-probability"
    least: int = 1

    @property
    def settings(self) -> tuple[str, ...]:
        return self.needs + self.takes

    def smallest(self, settings: Settings) -> int:
        """The smallest size for which there is a value."""
        return int(settings["k"]) + 1 if "k" in self.needs else self.least



# families ------------------------------------------------------------------------------------------------------------
def _binomial(n: FloatArray, delta: FloatArray, settings: Settings) -> FloatArray:
    k = moments.whole_above(np.full(n.shape, settings["risk"]), n)
    return np.asarray(inverses.binomial_tail_inverse(k, n, delta))


def _summary(method: str) -> Values:
    def values(n: FloatArray, delta: FloatArray, settings: Settings) -> FloatArray:
        variance = settings.get("variance")
        return np.asarray(moments.risk_limit(settings["risk"], n, method, delta=delta, variance=variance))

    return values


def _unexpected(n: FloatArray, delta: FloatArray, settings: Settings) -> FloatArray:
    second, mean = settings["second_moment"], settings["risk"]
    if not mean * mean * (1 - 1e-12) <= second <= mean * (1 + 1e-12):
        raise InvalidParameterError(
            f"second_moment is {second}; that of losses in [0, 1] with mean {mean} is from {mean * mean:.6g} to {mean}"
        )
    gaps = [moments.unexpected_bernstein(second, int(m), -math.log(d), "upper")[0]
            for m, d in zip(n.ravel(), delta.ravel(), strict=True)]  # fmt: skip
    gap = np.array(gaps).reshape(n.shape)
    return moments.outer_limit(np.full(n.shape, mean), gap, "upper")


def _pac_bayes(method: str) -> Values:
    def values(n: FloatArray, delta: FloatArray, settings: Settings) -> FloatArray:
        from stattools.bounds.pacbayes import pac_bayes_values

        options = {name: settings[name] for name in ("xi", "lam", "beta") if name in settings}
        return np.asarray(pac_bayes_values(settings["risk"], settings["kl"], n, method, delta=delta, **options))

    return values


def _occam(n: FloatArray, delta: FloatArray, settings: Settings) -> FloatArray:
    information = -_validation.real(settings["log_prior"], "log_prior", maximum=0)
    cost = assembly.upwards((information - np.log(delta)) / n)
    return np.asarray(inverses.kl_inverse(settings["risk"], cost))


def _one_by_one(call: Callable[[int, float, Settings], Any]) -> Values:
    def values(n: FloatArray, delta: FloatArray, settings: Settings) -> FloatArray:
        found = [call(int(m), float(d), settings) for m, d in zip(n.ravel(), delta.ravel(), strict=True)]
        return np.array([_formula(result) for result in found]).reshape(n.shape)

    return values


def _formula(result: Any) -> float:
    """The bound before it was cut at the largest risk."""
    return float(result.components.get("before the limit", result.value))


def _vc(method: str) -> Values:
    def call(n: int, delta: float, settings: Settings) -> Any:
        from stattools.bounds.vapnik import vc

        growth = settings.get("growth", "closed")
        return vc(settings["risk"], n, settings["dimension"], method, growth=growth, delta=delta)

    return _one_by_one(call)


def _compression(n: int, delta: float, settings: Settings) -> Any:
    from stattools.bounds.compressed import compression

    rest = n - settings["k"]
    errors = int(moments.whole_above(np.array(settings["risk"]), np.array(float(rest))))
    return compression(errors, n, settings["k"], messages=settings.get("messages"), delta=delta)


def _information(method: str) -> Values:
    def call(n: int, delta: float, settings: Settings) -> Any:
        from stattools.bounds.information import mutual_information

        sigma = settings.get("sigma")
        return mutual_information(settings["information"], n, method, sigma=sigma, risk=settings["risk"])

    return _one_by_one(call)


def _rates_added(delta: float) -> Iterator[int]:
    """Where the grid of unexpected Bernstein gets another rate, and pays for it."""
    level = -math.log(delta)
    for j in range(1, 60):
        place = math.floor(level * 4.0**j)
        yield from (place, place + 1, place + 2)


def _betas_added(delta: float) -> Iterator[int]:
    """Where the grid of Catoni's bound gets another beta."""
    for j in range(27):
        yield from (4**j, 4**j + 1)


def _named() -> dict[str, Named]:
    forms = ("kl", "mcallester", "quadratic", "lambda", "refined_pinsker")
    bounds = {"binomial": Named(_binomial, ("risk",), errors=True)}
    bounds |= {key: Named(_summary(key), ("risk",)) for key in ("kl", "hoeffding")}
    bounds["hoeffding_bentkus"] = Named(_summary("hoeffding_bentkus"), ("risk",), errors=True)
    bounds |= {key: Named(_summary(key), ("risk", "variance")) for key in ("bernstein", "bennett")}
    bounds["empirical_bernstein"] = Named(_summary("empirical_bernstein"), ("risk", "variance"), least=2)
    bounds["unexpected_bernstein"] = Named(_unexpected, ("risk", "second_moment"), jumps=_rates_added)
    bounds |= {f"pac_bayes_{key}": Named(_pac_bayes(key), ("risk", "kl"), ("xi",)) for key in forms}
    bounds["pac_bayes_lambda"] = Named(_pac_bayes("lambda"), ("risk", "kl"), ("xi", "lam"))
    bounds["pac_bayes_catoni"] = Named(_pac_bayes("catoni"), ("risk", "kl"), ("beta",), jumps=_betas_added)
    bounds["occam"] = Named(_occam, ("risk", "log_prior"))
    for key in ("vapnik", "relative", "mohri"):
        bounds[f"vc_{key}"] = Named(_vc(key), ("risk", "dimension"), ("growth",))
    bounds["compression"] = Named(_one_by_one(_compression), ("risk", "k"), ("messages",), errors=True)
    for key, takes in (("xu_raginsky", ("sigma",)), ("cmi", ())):
        bounds[key] = Named(_information(key), ("risk", "information"), takes, kind="expectation")
    return bounds


BOUNDS = _named()


# reading -------------------------------------------------------------------------------------------------------------
def named(bound: Any) -> Named:
    """The bound of a name.

    Examples
    --------
    >>> named("pac_bayes_kl").needs
    ('risk', 'kl')
    """
    return BOUNDS[_validation.choice(bound, tuple(BOUNDS), "bound")]


def check_settings(settings: Mapping[str, Any], bounds: Mapping[str, Named]) -> dict[str, dict[str, Any]]:
    """What belongs to each bound, the risk being 0 unless given.

    Examples
    --------
    >>> check_settings({"risk": 0.1, "kl": 3}, {"hoeffding": named("hoeffding"), "pac_bayes_kl": named("pac_bayes_kl")})
    {'hoeffding': {'risk': 0.1}, 'pac_bayes_kl': {'risk': 0.1, 'kl': 3.0}}
    """
    known = {name for bound in bounds.values() for name in bound.settings}
    for name in settings:
        if name not in known:
            takes = ", ".join(dict.fromkeys(name for bound in bounds.values() for name in bound.settings)) or "none"
            what = ", ".join(bounds) or "a function"
            raise InvalidParameterError(f"{name} is no setting of {what}, which takes {takes}")
    full = {"risk": 0.0, **settings}
    full["risk"] = assembly.risk(full["risk"])
    for name in ("variance", "second_moment"):
        if name in full:
            full[name] = _validation.real(full[name], name, minimum=0)
    if "kl" in full:
        full["kl"] = assembly.cost(full["kl"], "kl")
    if full.get("lam") is not None:
        full["lam"] = _validation.real(full["lam"], "lam", minimum=0, maximum=2, exclusive=True)
    if "k" in full:
        full["k"] = _validation.integer(full["k"], "k", minimum=0)
    for key, bound in bounds.items():
        for name in bound.needs:
            if name not in full:
                raise InvalidParameterError(f"{name} is missing; {key!r} needs {', '.join(bound.needs)}")
    return {key: {name: full[name] for name in bound.settings if name in full} for key, bound in bounds.items()}


def has_delta(bound: Named | Callable[..., Any]) -> bool:
    """Whether a bound, or a user's function, depends on the probability of failure.

    Examples
    --------
    >>> has_delta(named("kl")), has_delta(named("cmi")), has_delta(lambda n, delta: delta / n), has_delta(math.sqrt)
    (True, False, True, False)
    """
    if isinstance(bound, Named):
        return bound.kind == "high-probability"
    try:
        return "delta" in inspect.signature(bound).parameters
    except (TypeError, ValueError):
        return False


def refuse_unused_delta(delta: Any, bounds: Mapping[str, Any]) -> None:
    """A delta that no bound of a call would use is refused: it would change nothing, unseen.

    Examples
    --------
    >>> refuse_unused_delta(0.01, {"kl": named("kl"), "cmi": named("cmi")})
    """
    if delta is None or any(has_delta(each) for each in bounds.values()):
        return
    labels = ", ".join(bounds)
    if all(isinstance(each, Named) for each in bounds.values()):
        raise InvalidParameterError(f"delta is given, and {labels} holds on average over samples; leave it out")
    raise InvalidParameterError(
        f"delta is given, and {labels} does not take it; leave it out, or write a function of n and delta, such as "
        "lambda n, delta: test_set(errors=0, n=n, delta=delta)"
    )


def by_call(bound: Callable[..., Any]) -> Callable[[int, float], tuple[float, str]]:
    """A user's function of n, or of n and delta, as one of both: to the number and the kind of bound, if it says so.

    Examples
    --------
    >>> by_call(lambda n: n**-0.5)(4, 0.05)
    (0.5, '')
    """
    takes = has_delta(bound)

    def value(n: int, delta: float) -> tuple[float, str]:
        try:
            found = bound(n, delta=delta) if takes else bound(n)
        except StattoolsError as error:
            raise InvalidParameterError(
                f"bound cannot be computed for n = {n}: {error}. Pass a function of n, such as lambda n: "
                "test_set(errors=0, n=n), which returns 1 or infinity where there is no bound"
            ) from error
        if isinstance(found, LowerBoundResult):
            raise InvalidParameterError(f"bound returned a lower bound for n = {n}; it must return an upper one")
        if getattr(found, "diagnostic", ""):
            raise InvalidParameterError(f"bound returned a diagnostic for n = {n}, which need not bound anything")
        number = getattr(found, "value", found)
        if isinstance(number, np.ndarray) and number.ndim == 0:
            number = number.item()
        if isinstance(number, bool) or not isinstance(number, (int, float, np.floating, np.integer)):
            raise InvalidParameterError(
                f"bound returned a {type(found).__name__} for n = {n}; it must return a number or a BoundResult"
            )
        if math.isnan(number):
            raise InvalidParameterError(f"bound returned NaN for n = {n}; it must return a number or a BoundResult")
        return float(number), str(getattr(found, "kind", ""))

    return value
