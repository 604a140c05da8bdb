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
    diagnostic : str
        Why the number need not be a bound at all; empty for a bound.
    settings : dict of str to str or number
    citation : str

    Raises
    ------
    InvalidParameterError
        `kind` is unknown, or `delta` does not go with it.

    Notes
    -----
    Printed bounds and gaps are rounded up, and the limits of an interval outwards: a printed certificate holds too.

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
    diagnostic: str = ""
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
        return self._statement(digits) + self._remarks()

    def _statement(self, digits: int) -> str:
        return f"{self.of} <= {_format.number_up(self.value, digits)} {self._guarantee()}"

    def _guarantee(self) -> str:
        if self.kind == "high-probability":
            return f"with probability at least {_format.confidence(self.delta or 0.0)}"
        return "on average over samples" if self.kind == "expectation" else "up to an unknown constant"

    def _remarks(self) -> str:
        """What goes with every statement of the bound."""
        vacuous = ", vacuous" if self.vacuous else ""
        diagnostic = ", a diagnostic and no bound" if self.diagnostic else ""
        return vacuous + diagnostic + (", contradicted by the data" if self._crossed else "")

    @property
    def _crossed(self) -> bool:
        """Whether no risk is between the limits."""
        return self.interval is not None and self.interval.low > self.interval.high

    def _equations(self, digits: int) -> dict[str, Any]:
        named = {
            f"empirical {self.of}": self.empirical_risk,
            "gap": None if self.gap is None else _format.number_up(_format.steady(self.gap), digits),
            "n": self.n,
            "delta": self.delta,
            "noise floor": self.noise_floor,
        }
        return {name: value for name, value in named.items() if value is not None}

    def _parts(self, digits: int, *, full: bool) -> list[Part]:
        parts: list[Part] = [Line(self.data_name, label="data:")] if self.data_name else []
        parts.append(Line(self._statement(digits)))
        if self.diagnostic:
            parts.append(Line(f"this is a diagnostic and no bound: {self.diagnostic}"))
        if self._equations(digits):
            parts.append(Line(_format.equations(self._equations(digits), digits)))
        if self.interval is not None:
            parts.append(Line(outwards(self.interval, digits), label=self.interval.words(digits)[1]))
        if self._crossed:
            parts.append(Line(f"the limits contradict each other: no {self.of} is within both; use neither"))
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
        equations = self._equations(digits)
        details = f" ({_format.equations(equations, digits)})" if equations else ""
        remarks = ", which is vacuous" if self.vacuous else ""
        remarks += ", which is a diagnostic and no bound" if self.diagnostic else ""
        remarks += ", which the other limit of the interval contradicts" if self._crossed else ""
        assumed = f", assuming that {'; '.join(self.assumptions)}" if self.assumptions and style == "plain" else ""
        return f"{self.method}{about}: {self._statement(digits)}{details}{remarks}{assumed}."

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
        row = {name: getattr(self, name) for name in names} | {"diagnostic": bool(self.diagnostic)}
        return row if self.interval is None else row | {"conf_low": self.interval.low, "conf_high": self.interval.high}


def outwards(interval: ConfidenceInterval, digits: int = 4) -> str:
    """The limits of an interval, rounded outwards, and how it was computed.

    Examples
    --------
    >>> outwards(ConfidenceInterval(0.123456, 0.345612))
    '0.1234 to 0.3457'
    """
    how = f" ({interval.method})" if interval.method else ""
    return f"{_format.number_down(interval.low, digits)} to {_format.number_up(interval.high, digits)}{how}"


def _terms(name: str, component: Any) -> list[tuple[str, Any]]:
    array = np.asarray(component)
    if array.ndim == 0 or array.dtype.kind not in "biuf":
        return [(name, array.item() if array.dtype.kind in "biuf" else _format.value_text(component))]
    return [(f"{name}{list(map(int, index))}", array[index].item()) for index in np.ndindex(array.shape)]
