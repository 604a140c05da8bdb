"""A bound with the assumptions it rests on and the sense in which it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from stattools import _validation
from stattools._errors import InvalidParameterError
from stattools.results import _format
from stattools.results.base import Result
from stattools.results.interval import ConfidenceInterval
from stattools.results.summary import Gap, Items, Line, Part, Table

KINDS = ("high-probability", "expectation", "up-to-constant")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class BoundResult(Result):
    """An upper bound of a risk.

    Parameters
    ----------
    value : float
        The bound.
    method : str
        Its name, the title of the printed form.
    kind : {"high-probability", "expectation", "up-to-constant"}
        Whether it holds with probability at least ``1 - delta`` over the draw of the sample, on average over samples,
        or only up to a constant that nobody has computed.
    delta : float, optional
        Needed for, and only for, a bound of high probability.
    gap : float, optional
        The part of the bound that is added to the empirical risk.
    empirical_risk : float, optional
    n : int, optional
        Size of the sample.
    data_name : str
    of : str
        What is bounded.
    assumptions : tuple of str
        All that must hold for the bound to hold.
    components : dict of str to float or (k,) array_like
        What it was computed from.
    largest : float, default 1
        The largest value that the risk can have.
    vacuous : bool, optional
        The bound excludes nothing; by default, it is not below `largest`.
    interval : ConfidenceInterval, optional
        Of the bound itself, when it was estimated.
    noise_floor : float, optional
        The bound that data without any dependence would give.
    settings : dict of str to str or number
    citation : str

    Raises
    ------
    InvalidParameterError
        `kind` is unknown, or `delta` does not go with it.

    Examples
    --------
    >>> from stattools._provenance import Provenance
    >>> bound = BoundResult(
    ...     provenance=Provenance.capture("test_set(losses)"), method="Test-set bound", value=0.13,
    ...     kind="high-probability", delta=0.05, empirical_risk=0.1, gap=0.03, n=1000,
    ... )
    >>> bound.vacuous
    False
    """

    plot_kinds: ClassVar[tuple[str, ...]] = ()

    value: float
    method: str
    kind: str
    delta: float | None = None
    gap: float | None = None
    empirical_risk: float | None = None
    n: int | None = None
    data_name: str = ""
    of: str = "risk"
    assumptions: tuple[str, ...] = ()
    components: dict[str, Any] = field(default_factory=dict)
    largest: float = 1.0
    vacuous: bool | None = None
    interval: ConfidenceInterval | None = None
    noise_floor: float | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    citation: str = ""

    def __post_init__(self) -> None:
        _validation.choice(self.kind, KINDS, "kind")
        if self.kind == "high-probability":
            if self.delta is None:
                raise InvalidParameterError("delta is None; a bound of high probability needs it")
            _validation.real(self.delta, "delta", minimum=0, maximum=1, exclusive=True)
        elif self.delta is not None:
            raise InvalidParameterError(f"delta is {self.delta}; a bound of kind {self.kind!r} has none")
        for name in ("value", "gap", "empirical_risk", "delta", "noise_floor", "largest"):
            number = getattr(self, name)
            object.__setattr__(self, name, None if number is None else float(number))
        # written so that NaN counts as vacuous
        vacuous = not self.value < self.largest if self.vacuous is None else bool(self.vacuous)
        object.__setattr__(self, "vacuous", vacuous)
        if isinstance(self.assumptions, str):
            raise InvalidParameterError("assumptions is one text; pass a tuple of texts")
        super().__post_init__()

    # printed forms ---------------------------------------------------------------------------------------------------
    def _title(self) -> str:
        return self.method

    def _headline(self, digits: int) -> str:
        vacuous = ", vacuous" if self.vacuous else ""
        return f"{self.of} <= {_format.number(self.value, digits)} {self._guarantee()}{vacuous}"

    def _guarantee(self) -> str:
        if self.kind == "high-probability":
            return f"with probability at least {_confidence(self.delta)}"
        return "on average over samples" if self.kind == "expectation" else "up to an unknown constant"

    def _equations(self) -> dict[str, Any]:
        named = {
            f"empirical {self.of}": self.empirical_risk,
            "gap": self.gap,
            "n": self.n,
            "delta": self.delta,
            "noise floor": self.noise_floor,
        }
        return {name: value for name, value in named.items() if value is not None}

    def _parts(self, digits: int, *, full: bool) -> list[Part]:
        parts: list[Part] = [Line(self.data_name, label="data:")] if self.data_name else []
        parts.append(Line(f"{self.of} <= {_format.number(self.value, digits)} {self._guarantee()}"))
        if self._equations():
            parts.append(Line(_format.equations(self._equations(), digits)))
        if self.interval is not None:
            parts.append(Line(*self.interval.words(digits)))
        if self.vacuous:
            largest = _format.number(self.largest, digits)
            parts.append(Line(f"the bound is vacuous: the {self.of} cannot exceed {largest} anyway"))
        if self.components:
            values = tuple(_format.value_text(value, digits) for value in self.components.values())
            parts.append(Table("components:", tuple(self.components), (values,), min_width=10))
        if self.assumptions:
            parts += [Gap(), Items("assumptions:", self.assumptions)]
        if self.settings:
            parts += [Gap(), Line(_format.equations(self.settings, digits, "; "), label="settings:")]
        return parts + ([Gap(), Line(self.citation, label="reference:")] if self.citation else [])

    def _sentence(self, style: str) -> str:
        digits = 3 if style == "apa" else 4
        about = f" for {self.data_name}" if self.data_name and style == "plain" else ""
        bound = f"{self.of} <= {_format.number(self.value, digits)} {self._guarantee()}"
        details = f" ({_format.equations(self._equations(), digits)})" if self._equations() else ""
        vacuous = ", which is vacuous" if self.vacuous else ""
        assumed = f", assuming that {'; '.join(self.assumptions)}" if self.assumptions and style == "plain" else ""
        return f"{self.method}{about}: {bound}{details}{vacuous}{assumed}."

    # tables ----------------------------------------------------------------------------------------------------------
    def _tidy(self) -> Mapping[str, Any]:
        limits = (None, None) if self.interval is None else tuple(self.interval)
        rows: list[tuple[Any, ...]] = [("value", self.value, *limits)]
        rows += [(name, getattr(self, name), None, None) for name in ("gap", "empirical_risk", "noise_floor")]
        for name, component in self.components.items():
            rows += [(term, number, None, None) for term, number in _terms(name, component)]
        # None becomes NaN, so that a column without an interval is a column of numbers
        kept = [(term, *(np.nan if x is None else x for x in rest)) for term, *rest in rows if rest[0] is not None]
        columns = dict(zip(("term", "estimate", "conf_low", "conf_high"), zip(*kept, strict=True), strict=True))
        return columns | {"method": [self.method] * len(kept)}

    def _glance(self) -> Mapping[str, Any]:
        names = ("value", "gap", "empirical_risk", "kind", "delta", "vacuous", "n", "noise_floor", "method")
        row = {name: getattr(self, name) for name in names}
        return row if self.interval is None else row | {"conf_low": self.interval.low, "conf_high": self.interval.high}


def _confidence(delta: float | None) -> str:
    """1 - delta with no more digits than delta has, and never 1."""
    delta = 0.0 if delta is None else delta
    text = f"{1.0 - delta:.12g}"
    return text if float(text) < 1.0 and len(text) <= 8 else f"1 - {_format.number(delta)}"


def _terms(name: str, component: Any) -> list[tuple[str, Any]]:
    array = np.asarray(component)
    if array.ndim == 0 or array.dtype.kind not in "biuf":
        return [(name, array.item() if array.dtype.kind in "biuf" else _format.value_text(component))]
    return [(f"{name}{list(map(int, index))}", array[index].item()) for index in np.ndindex(array.shape)]
