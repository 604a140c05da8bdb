"""What a collider regression returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from stattools.collider.assembly import (
    BreakEven,
    ConstraintCheck,
    DegreesOfFreedom,
    HeldOutGain,
    PredictedGain,
    Projection,
    Sensitivity,
    ShiftCheck,
)
from stattools.results import FitResult, _format
from stattools.results.summary import Gap, Line, Part, Table


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ColliderResult(FitResult):
    """Result of `ColliderRegressor` and `ProjectedRegressor`.

    Attributes
    ----------
    gain : HeldOutGain or None
    predicted : PredictedGain or None
    break_even : BreakEven or None
    sensitivity : Sensitivity or None
    degrees_of_freedom : DegreesOfFreedom
    checks : tuple of ConstraintCheck
    projection : Projection or None
        None when predictions are those of the base.
    shift : ShiftCheck or None
        Of labelled against unlabelled rows.
    tuning : dict
        Tuning path of the base.
    roles : dict of str to str
        Of the variables, for a fit from a graph.
    reasons : dict of str to str
        Why each variable was used or not, for a fit from a graph.
    base : str
        Name of the base.
    constraints : tuple of str
        In words.
    """

    plot_kinds: ClassVar[tuple[str, ...]] = ()

    gain: HeldOutGain | None = None
    predicted: PredictedGain | None = None
    break_even: BreakEven | None = None
    sensitivity: Sensitivity | None = None
    degrees_of_freedom: DegreesOfFreedom
    checks: tuple[ConstraintCheck, ...] = ()
    projection: Projection | None = None
    shift: ShiftCheck | None = None
    tuning: dict[str, Any] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    base: str = ""
    constraints: tuple[str, ...] = ()

    def _headline(self, digits: int) -> str:
        if self.gain is None:
            return f"n = {self.nobs}"
        return f"n = {self.nobs}, gain = {_format.number(self.gain.estimate, digits)}"

    def _parts(self, digits: int, *, full: bool) -> list[Part]:
        parts: list[Part] = [Line(self.data_name, label="data:"), Line(f"n = {self.nobs}, base {self.base}")]
        if self.gain is not None:
            gain = self.gain
            numbers = [_format.number(v, digits) for v in (gain.estimate, gain.low, gain.high)]
            parts += [Gap(), Line(f"gain {numbers[0]} ({numbers[1]}, {numbers[2]})")]
        if self.checks:
            rows = tuple(
                (check.constraint, _format.number(check.adjusted, digits), check.verdict) for check in self.checks
            )
            parts += [Gap(), Table("constraints:", ("constraint", "adjusted p", "verdict"), rows)]
        return parts

    def _sentence(self, style: str) -> str:
        return f"{self.method} on {self.nobs} rows."

    def _tidy(self) -> Mapping[str, Any]:
        return {
            "term": [check.constraint for check in self.checks],
            "statistic": [check.statistic for check in self.checks],
            "p_value": [check.pvalue for check in self.checks],
            "estimate": [check.violation for check in self.checks],
            "conf_low": [check.violation_low for check in self.checks],
            "conf_high": [check.violation_high for check in self.checks],
        }

    def _glance(self) -> Mapping[str, Any]:
        row: dict[str, Any] = {"nobs": self.nobs, "method": self.method, "base": self.base}
        if self.gain is not None:
            row |= {"gain": self.gain.estimate, "gain_conf_low": self.gain.low, "gain_conf_high": self.gain.high}
            row |= {"gain_p_value": self.gain.pvalue}
        return row
