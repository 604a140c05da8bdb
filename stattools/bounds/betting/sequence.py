"""Limits of a risk that hold at all times at once, while losses come in."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from stattools import _validation
from stattools._errors import AssumptionWarning, Notes
from stattools._provenance import Provenance
from stattools._typing import ArrayLike, FloatArray
from stattools.bounds.evidence import Evidence, read
from stattools.bounds.methods import METHODS, assumptions, level
from stattools.results import ConfidenceInterval, Result, _format
from stattools.results.summary import Gap, Items, Line, Part, Table

ALTERNATIVES = ("upper", "lower", "two-sided")
SHOWN_TIMES = 8


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ConfidenceSequence(Result):
    """Limits of a risk after each of n losses, all valid together.

    Parameters
    ----------
    low, high : (n,) array_like
        Limits after the first t losses, t = 1, ..., n; an end that is not bounded has the end of the loss range.
    mean : (n,) array_like
        Mean of the first t losses.
    delta : float
        Probability that any of the limits is ever on the wrong side.
    alternative : {"upper", "lower", "two-sided"}
    method, data_name, citation : str
    assumptions : tuple of str
    settings : dict of str to str or number

    Examples
    --------
    >>> from stattools.bounds import confidence_sequence
    >>> sequence = confidence_sequence([0, 1, 0, 0, 0, 1, 0, 0, 0, 0] * 20)
    >>> len(sequence), sequence.at(200).high < sequence.at(50).high
    (200, True)
    """

    plot_kinds: ClassVar[tuple[str, ...]] = ("sequence",)

    low: FloatArray
    high: FloatArray
    mean: FloatArray
    delta: float
    alternative: str = "two-sided"
    method: str = "Betting confidence sequence"
    data_name: str = ""
    assumptions: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    citation: str = ""

    def __len__(self) -> int:
        return len(self.mean)

    def at(self, t: int) -> ConfidenceInterval:
        """The interval after t losses.

        Parameters
        ----------
        t : int
            From 1 to n.

        Raises
        ------
        InvalidParameterError
            No such time.

        Examples
        --------
        >>> from stattools.bounds import confidence_sequence
        >>> confidence_sequence([0, 1, 0]).at(3).confidence_level
        0.95
        """
        t = _validation.integer(t, "t", minimum=1, maximum=len(self))
        return ConfidenceInterval(
            float(self.low[t - 1]), float(self.high[t - 1]), level(self.delta), method="at all times", of="risk"
        )

    # printed forms ---------------------------------------------------------------------------------------------------
    def _title(self) -> str:
        return self.method

    def _headline(self, digits: int) -> str:
        low, high = self.at(len(self))
        last = f"[{_format.number_down(low, digits)}, {_format.number_up(high, digits)}]"
        return f"risk in {last} after {len(self)} losses" + (", contradicted by the data" if self._crossed else "")

    @property
    def _crossed(self) -> int:
        """The first time at which the limits cross; 0 if they do not."""
        crossed = self.low > self.high
        return int(np.argmax(crossed)) + 1 if crossed.any() else 0

    def _parts(self, digits: int, *, full: bool) -> list[Part]:
        parts: list[Part] = [Line(self.data_name, label="data:")] if self.data_name else []
        sure = _format.confidence(self.delta)
        parts.append(Line(f"with probability at least {sure}, the risk is within the limits at all times"))
        if self._crossed:
            words = f"the limits contradict each other after {self._crossed} losses: from then on use neither"
            parts.append(Line(words))
        rows = tuple(self._row(t, digits) for t in shown_times(len(self)))
        parts.append(Table("limits:", ("losses", "mean", "low", "high"), rows, min_width=10))
        if self.assumptions:
            parts += [Gap(), Items("assumptions:", self.assumptions)]
        if self.settings:
            parts += [Gap(), Line(_format.equations(self.settings, digits, "; "), label="settings:")]
        return parts + ([Gap(), Line(self.citation, label="reference:")] if self.citation else [])

    def _row(self, t: int, digits: int) -> tuple[str, ...]:
        mean, low, high = (float(column[t - 1]) for column in (self.mean, self.low, self.high))
        limits = (_format.number_down(low, digits), _format.number_up(high, digits))
        return str(t), _format.number(mean, digits), *limits

    def _sentence(self, style: str) -> str:
        digits = 3 if style == "apa" else 4
        interval = self.at(len(self))
        ends = f"[{_format.number_down(interval.low, digits)}, {_format.number_up(interval.high, digits)}]"
        sure = f"{_format.percent(interval.confidence_level)}%"
        crossed = f"; its limits contradict each other after {self._crossed} losses" if self._crossed else ""
        return (
            f"{self.method}: after {len(self)} losses with mean {_format.number(float(self.mean[-1]), digits)}, the "
            + f"{sure} confidence sequence for the risk is {ends}{crossed}."
        )

    # tables ----------------------------------------------------------------------------------------------------------
    def _tidy(self) -> Mapping[str, Any]:
        return {
            "n": np.arange(1, len(self) + 1),
            "estimate": self.mean,
            "conf_low": self.low,
            "conf_high": self.high,
        }

    def _glance(self) -> Mapping[str, Any]:
        return {
            "estimate": float(self.mean[-1]),
            "conf_low": float(self.low[-1]),
            "conf_high": float(self.high[-1]),
            "delta": self.delta,
            "alternative": self.alternative,
            "n": len(self),
            "method": self.method,
        }

    def _plot(self, kind: str, ax: Any, **options: Any) -> Any:
        from stattools.plotting.confidence_sequences import plot_confidence_sequence

        return plot_confidence_sequence(self, ax, **options)


def shown_times(n: int) -> list[int]:
    """A few times up to n, about evenly spaced in logarithm.

    Examples
    --------
    >>> shown_times(1000)
    [1, 10, 100, 1000]
    """
    powers = [10**k for k in range(max(0, int(math.log10(n)) - SHOWN_TIMES + 2), int(math.log10(n)) + 1)]
    return sorted({t for t in powers if t <= n} | {n})


def confidence_sequence(
    losses: ArrayLike,
    *,
    delta: float = 0.05,
    alternative: str = "two-sided",
    loss_range: tuple[float, float] = (0.0, 1.0),
    sample_weight: ArrayLike | None = None,
    max_weight: float | None = None,
    resolution: float = 1e-3,
    nan_policy: str = "raise",
    data_name: str = "",
) -> ConfidenceSequence:
    """Limits of the risk that hold after every number of losses, so that one may look and stop at any time.

    Parameters
    ----------
    losses : (n,) array_like
        In the order in which they came.
    delta : float, default 0.05
        In (0, 1): the probability that the risk is outside the limits at any time; half of it a side if two-sided.
    alternative : {"two-sided", "upper", "lower"}
    loss_range : (float, float), default (0, 1)
        The smallest and the largest loss there can be.
    sample_weight, max_weight : optional
        Importance weights and their largest possible value, as in `test_set`.
    resolution : float, default 0.001
        In [1e-6, 0.5]. Each limit is found to this share of its distance to the mean at that time, and rounded
        outwards; the last one is found exactly.
    nan_policy : {"raise", "omit"}
    data_name : str

    Returns
    -------
    ConfidenceSequence

    Raises
    ------
    InvalidDataError
        A loss outside `loss_range` or missing, or a weight above `max_weight`.
    InvalidParameterError
        An unknown option.

    Warns
    -----
    AssumptionWarning
        The limits cross at some time: the losses do not look like draws with one mean; the printed form says so too. Or
        `max_weight` is the largest weight that was seen, or the average weight contradicts its expectation, which is 1.

    Notes
    -----
    The bets are those of `test_set`, tuned to all sizes alike: ``sqrt(2 ln(1 / delta) / (v_{t-1} t ln(1 + t)))``. By
    Ville's inequality the wealth against the true mean ever reaches 1 / delta with probability at most delta, so a
    value stays rejected once it is (the running intersection). A value m crosses at one time t(m), which falls with the
    distance of m from the mean; the limits are the inverse of that function, found by bisecting m where t(m) changes,
    which takes about ``2 n / resolution`` multiplications at most (derived here). Time for 100,000 losses: 0.3 s;
    memory 60 n bytes.

    References
    ----------
    .. [1] Waudby-Smith and Ramdas (2024), J. R. Statist. Soc. B 86, 1-27: the hedged capital process.

    Examples
    --------
    >>> import numpy as np
    >>> losses = np.random.default_rng(0).beta(2, 18, 1000)
    >>> low, high = confidence_sequence(losses).at(1000)
    >>> round(low, 3), round(high, 3)
    (0.09, 0.104)
    """
    notes = Notes()
    evidence = read(losses, None, None, loss_range, sample_weight, max_weight, nan_policy, notes)
    _validation.real(delta, "delta", minimum=0, maximum=1, exclusive=True)
    _validation.choice(alternative, ALTERNATIVES, "alternative")
    _validation.real(resolution, "resolution", minimum=1e-6, maximum=0.5)
    log_level = math.log(2.0 if alternative == "two-sided" else 1.0) - math.log(delta)
    low, high = np.full(evidence.n, evidence.smallest), np.full(evidence.n, evidence.largest)
    if alternative != "lower":
        high = _in_units(_upper(evidence, log_level, float(resolution), "upper"), evidence, "upper")
    if alternative != "upper":
        low = _in_units(1.0 - _upper(evidence, log_level, float(resolution), "lower"), evidence, "lower")
    if np.any(low > high):
        notes.warn(
            f"the limits cross after {int(np.argmax(low > high)) + 1} losses; the losses, in this order, do not look "
            "like draws with one mean",
            AssumptionWarning,
        )
    return ConfidenceSequence(
        provenance=Provenance.capture(
            f"confidence_sequence(losses, delta={delta:g}, alternative={alternative!r})", sizes={"n": evidence.n}
        ),
        warnings=notes.warnings,
        notes=notes.remarks,
        low=low,
        high=high,
        mean=evidence.low + evidence.width * _running_means(evidence, "upper"),
        delta=float(delta),
        alternative=alternative,
        data_name=data_name,
        assumptions=assumptions("betting", low=evidence.low, high=evidence.high, max_weight=evidence.max_weight),
        settings={
            "alternative": alternative,
            "loss range": f"[{evidence.smallest:g}, {evidence.largest:g}]",
            "resolution": float(resolution),
        },
        citation=METHODS["betting"].citation,
    )


def _upper(evidence: Evidence, log_level: float, resolution: float, side: str) -> FloatArray:
    """Upper limits, on [0, 1], of the mean of the losses, or of 1 minus them, over time."""
    from stattools.bounds.betting import _kernels
    from stattools.bounds.betting.wealth import safe_threshold

    losses: Any = evidence.losses
    x = losses if side == "upper" else 1.0 - losses
    bets = _kernels.predictable_bets(x, log_level, 0)
    threshold = safe_threshold(log_level, evidence.n)
    return np.asarray(_kernels.limits_over_time(x, bets, _running_means(evidence, side), threshold, resolution))


def _running_means(evidence: Evidence, side: str) -> FloatArray:
    losses: Any = evidence.losses
    x = losses if side == "upper" else 1.0 - losses
    return np.asarray(np.cumsum(x) / np.arange(1.0, evidence.n + 1.0))


def _in_units(limits: FloatArray, evidence: Evidence, side: str) -> FloatArray:
    values = evidence.low + evidence.width * limits
    if evidence.low != 0.0 or evidence.high != 1.0:
        room = 4.0 * 2.0**-52 * max(abs(evidence.low), abs(evidence.high))
        values = values + room if side == "upper" else values - room
    # a limit at the end of the range of weighted losses, or moved there by rounding, says no more than that of the loss
    return np.clip(values, evidence.smallest, evidence.largest)
