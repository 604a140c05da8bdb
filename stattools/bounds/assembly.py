"""What the bounds from formulas share: checks of their numbers, rounding to the safe side, and the finished result."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError, Notes
from stattools._provenance import Provenance
from stattools._typing import FloatArray
from stattools.results.bound import BoundResult

if TYPE_CHECKING:
    from stattools.bounds.table import BoundTable

SMALLEST_LEVEL = 1e-300
LARGEST_SIZE = 2**53  # up to which a float holds every whole number
LARGEST = 1e60  # of sizes, norms and constants: their squares and products stay representable
ROUNDING = 8 * float(np.finfo(np.float64).eps)  # the closed formulas lose less than this


# checks --------------------------------------------------------------------------------------------------------------
def risk(value: Any, name: str = "risk") -> float:
    """A risk in [0, 1].

    Examples
    --------
    >>> risk(0.1)
    0.1
    """
    return _validation.real(value, name, minimum=0, maximum=1)


def level(value: Any, name: str = "delta") -> float:
    """A probability of failure in (0, 1), at least 1e-300.

    Examples
    --------
    >>> level(0.05)
    0.05
    """
    number = _validation.real(value, name, minimum=0, maximum=1, exclusive=True)
    return _validation.real(number, name, minimum=SMALLEST_LEVEL)


def size(value: Any, name: str = "n") -> int:
    """A number of observations, at least 1.

    Examples
    --------
    >>> size(100)
    100
    """
    return _validation.integer(value, name, minimum=1, maximum=LARGEST_SIZE)


def cost(value: Any, name: str) -> float:
    """A number from 0 to infinity, such as a divergence; what is above 1e60 counts as infinite, which is the safe side.

    Examples
    --------
    >>> cost(float("inf"), "kl")
    inf
    """
    if isinstance(value, (float, np.floating)) and math.isinf(value) and value > 0:
        return math.inf
    number = _validation.real(value, name, minimum=0)
    return number if number <= LARGEST else math.inf


def magnitude(value: Any, name: str) -> float:
    """A number from 0 to 1e60, such as a norm.

    Examples
    --------
    >>> magnitude(2, "norm_bound")
    2.0
    """
    return _validation.real(value, name, minimum=0, maximum=LARGEST)


def array(values: Any, name: str, *, ndim: int | tuple[int, ...]) -> FloatArray:
    """An array of finite numbers up to 1e60 in size, whose squares can be summed.

    Examples
    --------
    >>> array([1, 2], "x", ndim=1)
    array([1., 2.])
    """
    found = _validation.float_array(values, name, ndim=ndim)
    large = np.abs(found) > LARGEST
    if large.any():
        index = np.unravel_index(int(np.argmax(large)), found.shape)
        where = _validation.place(index, found.ndim)
        raise InvalidDataError(f"{name} has {found[index]} at {where}; scale it, numbers above {LARGEST:g} overflow")
    return found


def positive(value: Any, name: str) -> float:
    """A number above 0, from 1e-60 to 1e60.

    Examples
    --------
    >>> positive(2, "rho")
    2.0
    """
    number = _validation.real(value, name)
    if number <= 0:
        raise InvalidParameterError(f"{name} is {number}; it must be above 0")
    return _validation.real(number, name, minimum=1 / LARGEST, maximum=LARGEST)


def numbers(values: Any, name: str, *, low: float, high: float = math.inf, whole: bool = False) -> FloatArray:
    """An array of any shape whose elements are between two numbers, infinity only where `high` is.

    Without an upper limit what is above 1e60 counts as infinite; whole numbers go up to 2^53.

    Raises
    ------
    InvalidDataError
        It is no array of numbers, or is empty.
    InvalidParameterError
        An element is NaN or outside.

    Examples
    --------
    >>> numbers([0, 0.5], "risk", low=0, high=1)
    array([0. , 0.5])
    """
    found = _validation.float_array(values, name, finite=False)
    if whole:
        high = LARGEST_SIZE
    wrong = ~((found >= low) & (found <= high))  # NaN is wrong too
    if whole:
        with np.errstate(invalid="ignore"):
            wrong |= found != np.floor(found)
    if wrong.any():
        index = np.unravel_index(int(np.argmax(wrong)), found.shape)
        kind = "a whole number" if whole else "a number"
        where = _validation.place(index, found.ndim)
        upper = "" if math.isinf(high) else f" and at most {high:g}"
        raise InvalidParameterError(f"{name} has {found[index]} at {where}; it must be {kind} at least {low:g}{upper}")
    return np.where(found > LARGEST, np.inf, found) if math.isinf(high) else found


def levels(values: Any, name: str = "delta") -> FloatArray:
    """An array of probabilities of failure, each in (0, 1).

    Examples
    --------
    >>> levels([0.05, 0.01])
    array([0.05, 0.01])
    """
    found = numbers(values, name, low=0, high=1)
    if ((found < SMALLEST_LEVEL) | (found == 1)).any():
        raise InvalidParameterError(f"{name} holds 0 or 1; each must be at least {SMALLEST_LEVEL:g} and below 1")
    return found


def remark_on_level(delta: float | None, notes: Notes) -> None:
    """Say what delta means where it looks like a confidence level.

    Examples
    --------
    >>> notes = Notes()
    >>> remark_on_level(0.95, notes)
    >>> notes.remarks
    ('delta = 0.95 is the probability that the bound fails; for a confidence of 0.95 pass delta = 0.05',)
    """
    if delta is not None and delta > 0.5:
        notes.remark(
            f"delta = {delta:g} is the probability that the bound fails; for a confidence of {delta:g} pass delta = "
            f"{1 - delta:.3g}"
        )


# rounding ------------------------------------------------------------------------------------------------------------
def upwards(value: Any) -> Any:
    """A number, or an array, raised by what a closed formula may have lost in rounding.

    Examples
    --------
    >>> 1.0 < upwards(1.0) < 1.0 + 1e-14
    True
    """
    return value * (1.0 + ROUNDING)


# the result ----------------------------------------------------------------------------------------------------------
def finished(
    call: str,
    method: str,
    value: float,
    *,
    delta: float | None,
    kind: str = "high-probability",
    empirical_risk: float | None = None,
    n: int | None = None,
    largest: float = 1.0,
    of: str = "risk",
    assumptions: Sequence[str] = (),
    components: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    citation: str = "",
    data_name: str = "",
    notes: Notes | None = None,
    cls: type[BoundResult] = BoundResult,
    seed: np.random.SeedSequence | None = None,
    **fields: Any,
) -> BoundResult:
    """A result whose value is at most `largest`; what the formula gave beyond that is a component and a note.

    Examples
    --------
    >>> finished("f(x)", "A bound", 1.3, delta=0.05, empirical_risk=0.5).components
    {'before the limit': 1.3}
    """
    notes = Notes() if notes is None else notes
    remark_on_level(delta, notes)
    parts = dict(components or {})
    shown = value
    if value > largest:
        shown = largest
        notes.remark(f"the formula gives {value:.4g}; the {of} cannot exceed {largest:.4g}, which is reported")
        parts["before the limit"] = value
    return cls(
        provenance=Provenance.capture(call, seed=seed, sizes={} if n is None else {"n": n}),
        warnings=notes.warnings,
        notes=notes.remarks,
        value=shown,
        method=method,
        kind=kind,
        delta=delta,
        gap=None if empirical_risk is None else shown - empirical_risk,
        empirical_risk=empirical_risk,
        n=n,
        data_name=data_name,
        of=of,
        assumptions=tuple(assumptions),
        components=parts,
        largest=largest,
        settings=dict(settings or {}),
        citation=citation,
        **fields,
    )


def table(
    call: str, title: str, results: Mapping[str, BoundResult], data_name: str = "", *, choice: str | None = None
) -> BoundTable:
    """Several bounds of one risk, by their keys, and what choosing among those of high probability costs.

    Examples
    --------
    >>> one, two = (finished("f(x)", "A bound", value, delta=0.05) for value in (0.3, 0.4))
    >>> table("f(x)", "Bounds", {"one": one, "two": two}).notes
    ('each bound has its own probability of failure; to choose among them, divide delta by their number',)
    """
    from stattools.bounds.table import CHOICE, BoundTable

    source = Provenance.capture(call)
    keys, bounds = tuple(results), tuple(results.values())
    several = sum(bound.delta is not None for bound in bounds) > 1
    notes = ((CHOICE if choice is None else choice),) if several else ()
    return BoundTable(provenance=source, notes=notes, bounds=bounds, keys=keys, method=title, data_name=data_name)
