"""The plain parts that a result of a collider regression is made from."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from stattools._typing import FloatArray
from stattools.results import _format, serialization


class Brief:
    """A part that prints on one line, with the shapes of its arrays in place of their numbers."""

    def __repr__(self) -> str:
        texts = (f"{f.name}={_brief(getattr(self, f.name))}" for f in fields(self))  # type: ignore[arg-type]
        return f"{type(self).__name__}({', '.join(texts)})"


def _brief(value: Any) -> str:
    if isinstance(value, np.ndarray):
        few = value.ndim == 1 and value.size <= 4
        return f"[{', '.join(map(_format.number, value))}]" if few else f"array of shape {value.shape}"
    if isinstance(value, tuple) and any(isinstance(item, dict) for item in value):
        return f"settings of {len(value)}"
    return _format.number(value) if isinstance(value, (float, np.floating)) else repr(value)


NAN = float("nan")


@serialization.register
@dataclass(frozen=True, eq=False, repr=False)
class HeldOutGain(Brief):
    """Held-out squared error of the base less that of the projected fit, by refitting both on the other folds.

    estimate, std_error, low, high : of the expected gain at n_train rows, corrected for overlapping training sets.
    pvalue : one-sided, of the null that this expected gain is at most 0, by the t statistic that the interval inverts.
    NaN, as are std_error, low and high, where no fold has a projection and spread cannot be seen. base_loss,
    projected_loss : mean held-out squared errors. differences : (n,) by row, averaged over repeats. fold_means :
    (repeats * folds,). Of several responses each is taken in units of its standard deviation, and losses are averaged.
    """

    estimate: float
    std_error: float
    low: float
    high: float
    confidence_level: float
    pvalue: float
    base_loss: float
    projected_loss: float
    n_folds: int
    n_repeats: int
    n_train: float
    differences: FloatArray
    fold_means: FloatArray

    @property
    def relative(self) -> float:
        """The gain as a share of the loss of the base."""
        return self.estimate / self.base_loss if self.base_loss > 0 else float("nan")

    @property
    def compares(self) -> bool:
        """Whether base and projected predictions differ in any fold."""
        return bool(np.any(self.differences != 0.0))


@serialization.register
@dataclass(frozen=True, eq=False, repr=False)
class PredictedGain(Brief):
    """What theory says of the gain, averaged over the responses as in `HeldOutGain`; NaN where it has no answer.

    raw : mean square of the correction. noise : mean variance of the correction. oracle : mean square of what the
    constraint forbids in the base. net : expected gain of the correction that was fitted. linear : R* q / (n - p - 1),
    the gain of the oracle for least squares on a Gaussian design. probability : posterior probability of a gain, where
    the base has a posterior law of its errors and one constraint was projected on linear functions.
    """

    raw: float
    noise: float
    oracle: float
    net: float
    linear: float
    probability: float = NAN


@serialization.register
@dataclass(frozen=True, eq=False, repr=False)
class BreakEven(Brief):
    """ratio : N (1 - R2) / (n R2), N the rows of the projection; verdict : in words.

    ratio and r_squared are those of the response with the smallest ratio. ratios, r_squareds : (q,) of each.
    """

    ratio: float
    r_squared: float
    n: int
    n_rows: int
    verdict: str
    ratios: FloatArray = field(default_factory=lambda: EMPTY)
    r_squareds: FloatArray = field(default_factory=lambda: EMPTY)


@serialization.register
@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity(Brief):
    """How a violation of size |m|^2 changes the gain.

    threshold : the smallest |m|^2 that could cancel the net gain, when m points along the correction. violations,
    worst : (k,) sizes and the gain in the worst direction. relative : threshold over the variance of the response.
    """

    threshold: float
    relative: float
    violations: FloatArray
    worst: FloatArray

    @property
    def best(self) -> FloatArray:
        """(k,) the gain when m points against the correction, as far above that without violation as worst is below."""
        return np.asarray(2.0 * self.worst[0] - self.worst)


@serialization.register
@dataclass(frozen=True, eq=False, repr=False)
class DegreesOfFreedom(Brief):
    """base, projected : of the fitted values at the labelled rows.

    projection : of the regression on constraint columns. NaN where unknown.
    """

    base: float
    projected: float
    projection: float


@serialization.register
@dataclass(frozen=True, eq=False, repr=False)
class ConstraintCheck(Brief):
    """One constraint beside the data.

    statistic, pvalue, adjusted : of the independence test; adjusted by Holm over the constraints; NaN without a test.
    violation, violation_low, violation_high : |m|^2, the variance of the linear part of E[Y | A, B] - E[Y | B],
    averaged over the responses as in `HeldOutGain`, with an interval. detectable : the |m|^2 that a moment test of this
    size finds with power 0.8. used : whether it was projected on. level : of the test, and of the moment test of
    detectable; confidence_level : of the interval; NaN where they were not kept.
    """

    constraint: str
    method: str
    statistic: float
    pvalue: float
    adjusted: float
    violation: float
    violation_low: float
    violation_high: float
    detectable: float
    used: bool
    verdict: str
    level: float = float("nan")
    confidence_level: float = float("nan")


@serialization.register
@dataclass(frozen=True, eq=False, repr=False)
class Projection(Brief):
    """How the correction was estimated.

    columns : names of A of each constraint. before, after : (N, q) function values on the rows of the projection,
    without and with the correction; labelled rows are out of sample. penalty : (constraints, q), infinite for no
    projection; where a law of errors is known, on features whose slopes have its variance, `laws` times the one of the
    posterior mean. along : (N, d) the constraint columns A of all constraints.
    """

    method: str
    projector: str
    penalty: FloatArray
    sweeps: int
    change: float
    converged: bool
    columns: tuple[str, ...]
    along: FloatArray
    before: FloatArray
    after: FloatArray
    settings: tuple[dict[str, Any], ...] = ()

    @property
    def laws(self) -> tuple[Any, ...]:
        """For each constraint with an effect, penalties over those of the posterior mean; None without a law."""
        penalties = np.atleast_2d(self.penalty)
        return tuple(one.get("law") for k, one in enumerate(self.settings) if np.isfinite(penalties[k]).any())

    @property
    def by_law(self) -> bool:
        """Whether all that is subtracted follows from a law that the base has of its errors."""
        return bool(self.laws) and all(self.laws)

    @property
    def title(self) -> str:
        """The method in words, such as "augmented projection"."""
        return TITLES.get(self.method, f"{self.method} projection")

    @property
    def takes_effect(self) -> bool:
        """Whether predictions differ from those of the base; a constrained minimiser is another fit at any penalty."""
        return self.method == "erm" or not bool(np.isinf(self.penalty).all())


@serialization.register
@dataclass(frozen=True, eq=False, repr=False)
class ShiftCheck(Brief):
    """Two-sample test of labelled against unlabelled rows. statistic : squared maximum mean discrepancy."""

    statistic: float
    pvalue: float
    n_resamples: int
    rows: tuple[int, int]


@dataclass(frozen=True)
class Parts:
    """Everything that `fit` measured, before it becomes a result."""

    gain: HeldOutGain | None
    predicted: PredictedGain | None
    break_even: BreakEven | None
    sensitivity: Sensitivity | None
    degrees_of_freedom: DegreesOfFreedom
    checks: tuple[ConstraintCheck, ...]
    projection: Projection | None
    shift: ShiftCheck | None
    tuning: dict[str, Any] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)


TITLES = {"plugin": "plug-in projection", "erm": "constrained risk minimisation"}
EMPTY: FloatArray = np.empty(0)
