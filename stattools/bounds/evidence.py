"""What a test set says: checked losses, scaled to [0, 1], or a count of errors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import AssumptionWarning, InvalidDataError, InvalidParameterError, Notes
from stattools._typing import ArrayLike, FloatArray
from stattools.bounds import inverses

FALSE_ALARM = 1e-3  # probability of doubting weights that are as they should be


@dataclass(frozen=True, slots=True)
class Evidence:
    """Losses of a test set.

    losses : (n,) in [0, 1], in their order; None for a count of errors.
    errors : how many losses are 1, when all are 0 or 1; else None.
    n : number of losses.
    mean : of the scaled losses.
    low, high : what 0 and 1 stand for.
    smallest, largest : the range of the risk itself, which differs from that of weighted losses.
    max_weight : the largest importance weight there can be; None without weights.

    Examples
    --------
    >>> seen = read([0.0, 1.0, 2.0], None, None, (0, 2), None, None, "raise", Notes())
    >>> seen.n, seen.mean, seen.errors, seen.variance()
    (3, 0.5, None, 0.25)
    """

    losses: FloatArray | None
    errors: int | None
    n: int
    mean: float
    low: float
    high: float
    smallest: float
    largest: float
    max_weight: float | None = None

    @property
    def width(self) -> float:
        return self.high - self.low

    def variance(self) -> float:
        """Sample variance of the scaled losses, with n - 1."""
        if self.losses is None:
            return self.mean * (1.0 - self.mean) * self.n / (self.n - 1)
        return math.fsum((self.losses - self.mean) ** 2) / (self.n - 1)

    def second_moment(self) -> float:
        """Mean square of the scaled losses."""
        return self.mean if self.losses is None else math.fsum(self.losses**2) / self.n


def read(
    losses: ArrayLike | None,
    errors: Any,
    n: Any,
    loss_range: Any,
    sample_weight: ArrayLike | None,
    max_weight: Any,
    nan_policy: str,
    notes: Notes,
) -> Evidence:
    """Check what a user passes, and scale it.

    Examples
    --------
    >>> read([0, 1, 1, 0], None, None, (0, 1), None, None, "raise", Notes()).errors
    2
    """
    low, high = read_range(loss_range)
    _validation.choice(nan_policy, ("raise", "omit"), "nan_policy")
    if losses is None:
        if sample_weight is not None or max_weight is not None:
            raise InvalidParameterError("sample_weight is given without losses; a count of errors has no weights")
        return _counted(errors, n, low, high)
    if errors is not None or n is not None:
        raise InvalidParameterError("losses is given together with errors or n; pass the losses, or both counts")
    values = _losses(losses, low, high, nan_policy, notes, sample_weight)
    if sample_weight is None:
        if max_weight is not None:
            raise InvalidParameterError(f"max_weight is {max_weight} without sample_weight; pass both or neither")
        return _scaled(values, low, high, low, high, None)
    weights, values = _weights(sample_weight, values, max_weight, notes)
    top = float(max_weight)
    # a weighted loss may be zero, since a weight may
    return _scaled(weights * values, min(0.0, low * top), max(0.0, high * top), low, high, top)


def read_range(loss_range: Any) -> tuple[float, float]:
    """Ends of the range of the losses.

    Examples
    --------
    >>> read_range((0, 2))
    (0.0, 2.0)
    """
    try:
        low, high = loss_range
    except (TypeError, ValueError):
        raise InvalidParameterError(f"loss_range is {loss_range!r:.80}; it must be two numbers") from None
    low, high = _validation.real(low, "loss_range[0]"), _validation.real(high, "loss_range[1]")
    if not low < high or not math.isfinite(high - low):
        raise InvalidParameterError(f"loss_range is ({low}, {high}); the first must be below the second")
    return low, high


def _counted(errors: Any, n: Any, low: float, high: float) -> Evidence:
    if errors is None or n is None:
        missing = "losses" if errors is None and n is None else ("errors" if errors is None else "n")
        raise InvalidParameterError(f"{missing} is None; pass losses, or errors together with n")
    size = _validation.integer(n, "n", minimum=1, maximum=inverses.LARGEST_COUNT)
    count = _validation.integer(errors, "errors", minimum=0)
    if count > size:
        raise InvalidParameterError(f"errors is {count} and n is {size}; there cannot be more errors than losses")
    return Evidence(None, count, size, count / size, low, high, low, high)


def _losses(
    losses: ArrayLike, low: float, high: float, nan_policy: str, notes: Notes, sample_weight: ArrayLike | None
) -> FloatArray:
    values = _validation.float_array(losses, "losses", ndim=1, finite=False)
    missing = np.isnan(values)
    if missing.any() and nan_policy == "omit":
        if sample_weight is not None:
            raise InvalidParameterError("nan_policy='omit' with sample_weight; remove the losses and their weights")
        values = values[~missing]
        notes.remark(f"{int(missing.sum())} missing losses were left out; the bound is about losses that are observed")
    if values.size == 0:
        raise InvalidDataError("losses holds missing values only; a bound needs at least one loss")
    outside = ~((values >= low) & (values <= high))
    if outside.any():
        i = int(np.argmax(outside))
        remedy = "remove it or pass nan_policy='omit'" if np.isnan(values[i]) else "see loss_range"
        raise InvalidDataError(f"losses has {values[i]} at index {i}; it must be in [{low:g}, {high:g}], {remedy}")
    return values


def _weights(
    sample_weight: ArrayLike, losses: FloatArray, max_weight: Any, notes: Notes
) -> tuple[FloatArray, FloatArray]:
    if max_weight is None:
        raise InvalidParameterError(
            "sample_weight is given without max_weight; weighted losses have no known range. Pass the largest value "
            "that the ratio of target to sampling density can take, known before the sample was drawn"
        )
    top = _validation.real(max_weight, "max_weight", minimum=0, exclusive=True)
    weights = _validation.float_array(sample_weight, "sample_weight", ndim=1)
    if weights.size != losses.size:
        raise InvalidDataError(f"sample_weight has {weights.size} entries for {losses.size} losses")
    outside = (weights < 0) | (weights > top)
    if outside.any():
        i = int(np.argmax(outside))
        raise InvalidDataError(f"sample_weight has {weights[i]} at index {i}; it must be in [0, max_weight = {top:g}]")
    _doubt_weights(weights, top, notes)
    return weights, losses


def _doubt_weights(weights: FloatArray, top: float, notes: Notes) -> None:
    """Say what speaks against the weights or against the largest one."""
    average = math.fsum(weights) / weights.size
    if _not_one(weights, average, top):
        notes.warn(
            f"importance weights average {average:.4g} and are at most {top:g}, which contradicts their expectation of "
            "1; pass ratios of target to sampling density, not normalized, and the largest value that they can take",
            AssumptionWarning,
        )
    else:
        notes.remark(f"importance weights average {average:.4g}; their expectation must be 1, they are not normalized")
    if top > 1.0 and top == weights.max():  # at 1 all weights are 1
        notes.warn(
            f"max_weight, {top:g}, is the largest weight of the sample; it must be the largest that could occur, known "
            "beforehand, and there is no bound if it was read off the sample",
            AssumptionWarning,
        )


def _not_one(weights: FloatArray, average: float, top: float) -> bool:
    """Whether weights up to `top` with this average have an expectation other than 1, up to an error of 1 in 1000."""
    if top < 1.0:
        return True
    from stattools.bounds import moments

    n, log_level = np.array([float(weights.size)]), np.array([math.log(4.0 / FALSE_ALARM)])  # two methods, two sides
    scaled = weights / top
    mean = np.array([min(average / top, 1.0)])
    side = "upper" if average < 1.0 else "lower"
    gap = float(moments.summary_gap("kl", mean, n, log_level, mean, side)[0])
    if weights.size > 1:
        spread = np.array([math.fsum((scaled - mean[0]) ** 2) / (weights.size - 1)])
        other = moments.summary_gap("empirical_bernstein", mean, n, log_level, spread, side)
        gap = min(gap, float(other[0]))
    return abs(average - 1.0) / top > gap + 1e-12




def _scaled(
    values: FloatArray, low: float, high: float, smallest: float, largest: float, max_weight: float | None
) -> Evidence:
    plain = low == 0.0 and high == 1.0
    scaled = values if plain else np.clip((values - low) / (high - low), 0.0, 1.0)  # only rounding is cut off
    scaled = _validation.read_only(np.ascontiguousarray(scaled))
    total = math.fsum(scaled)
    binary = bool(np.all((scaled == 0.0) | (scaled == 1.0))) and max_weight is None
    return Evidence(
        losses=scaled,
        errors=int(total) if binary else None,
        n=scaled.size,
        mean=total / scaled.size,
        low=low,
        high=high,
        smallest=smallest,
        largest=largest,
        max_weight=max_weight,
    )
