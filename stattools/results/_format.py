"""Numbers and words as results print them."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Any

import numpy as np

WIDTH = 80
TINY_PVALUE = 1e-4


def number(value: Any, digits: int = 4) -> str:
    """A number to `digits` significant digits, without trailing zeros; whole numbers in full.

    Examples
    --------
    >>> [number(x) for x in (0.031274, 10.1300, 12345.6, 3, 0.00001, float("nan"))]
    ['0.03127', '10.13', '12346', '3', '1e-05', 'NaN']
    """
    if value is None:
        return "NA"
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    x = float(value)
    if math.isnan(x):
        return "NaN"
    if math.isinf(x):
        return "Inf" if x > 0 else "-Inf"
    if x == 0:
        return "0"
    if x.is_integer() and abs(x) < 1e10:
        return str(int(x))
    text = f"{x:.{digits}g}"
    if "e+" in text:
        whole = f"{x:.0f}"
        return whole if len(whole) <= len(text) else text
    return text


def number_up(value: Any, digits: int = 4) -> str:
    """A number as `number` prints it, rounded up: read again, it is never below the value.

    Examples
    --------
    >>> [number_up(x) for x in (0.031271, 0.1, 0.99999, 12345.1, -0.031279)]
    ['0.03128', '0.1', '1', '12346', '-0.03127']
    """
    return _directed(value, digits, ROUND_CEILING)


def number_down(value: Any, digits: int = 4) -> str:
    """A number as `number` prints it, rounded down: read again, it is never above the value.

    Examples
    --------
    >>> [number_down(x) for x in (0.031279, 0.1, 0.99999, 12345.9, -0.031271)]
    ['0.03127', '0.1', '0.9999', '12345', '-0.03128']
    """
    return _directed(value, digits, ROUND_FLOOR)


def _directed(value: Any, digits: int, rounding: str) -> str:
    text = number(value, digits)
    if value is None or isinstance(value, (bool, np.bool_, int, np.integer)) or not math.isfinite(float(value)):
        return text
    x = float(value)
    exact = Decimal(repr(x))  # the shortest decimal that is read as x
    if x == 0 or _beyond(text, exact, rounding):
        return text
    place = exact.adjusted() - digits + 1
    rounded = _quantized(exact, place if abs(x) >= 1e10 else min(place, 0), rounding)
    text = number(float(rounded), digits)
    return text if _beyond(text, exact, rounding) else repr(x)  # numbers next to 0, or next to the largest


def _beyond(text: str, exact: Decimal, rounding: str) -> bool:
    """Whether a printed number is not on the wrong side of the exact one."""
    shown = Decimal("Infinity" if text.startswith("Inf") else "-Infinity" if text.startswith("-Inf") else text)
    return shown >= exact if rounding == ROUND_CEILING else shown <= exact


def _quantized(exact: Decimal, place: int, rounding: str) -> Decimal:
    return exact.quantize(Decimal(1).scaleb(place), context=Context(prec=400, rounding=rounding))


def steady(value: float) -> float:
    """A difference of two numbers without its last digits, which rounding made.

    Examples
    --------
    >>> steady(0.3 - 0.1)
    0.2
    """
    return float(f"{value:.12g}")


def confidence(delta: float) -> str:
    """The probability 1 - delta with no more digits than delta has, never 1, and never above what it is.

    Examples
    --------
    >>> confidence(0.05), confidence(1e-13), confidence(0.05 / 3)
    ('0.95', '1 - 1e-13', '1 - 0.01667')
    """
    text = f"{1.0 - delta:.12g}"
    return text if float(text) < 1.0 and len(text) <= 8 else f"1 - {number_up(delta)}"


def percent(level: float) -> str:
    """A confidence level in percent, with as many digits as keep it from being 100.

    Examples
    --------
    >>> percent(0.95), percent(1 - 1e-9)
    ('95', '99.9999999')
    """
    texts = [f"{100.0 * level:.{digits}g}" for digits in range(4, 18)]
    return next((text for text in texts if float(text) < 100.0), number(100.0 * level))


def number_column(values: Iterable[Any], digits: int = 4, *, rounding: str = "nearest") -> list[str]:
    """Numbers of one column, with a common count of decimals where that stays short.

    Parameters
    ----------
    values : iterable of number
    digits : int, default 4
    rounding : {"nearest", "up", "down"}
        As `number`, `number_up` and `number_down` do.

    Examples
    --------
    >>> number_column([1.5, 0.25, float("nan")])
    ['1.50', '0.25', 'NaN']
    >>> number_column([0.123411, 0.9], rounding="up")
    ['0.1235', '0.9000']
    """
    items = list(values)
    single = [{"nearest": number, "up": number_up, "down": number_down}[rounding](item, digits) for item in items]
    if any("e" in text for text in single):
        return single
    decimals = max((len(text.partition(".")[2]) for text in single), default=0)
    padded = [
        _fixed(float(item), decimals, rounding) if re.fullmatch(r"-?[\d.]+", text) and not _is_whole(item) else text
        for item, text in zip(items, single, strict=True)
    ]
    return padded if max((len(text.lstrip("-")) for text in padded), default=0) <= digits + 5 else single


def _fixed(x: float, decimals: int, rounding: str) -> str:
    if rounding == "nearest":
        return f"{x:.{decimals}f}"
    direction = ROUND_CEILING if rounding == "up" else ROUND_FLOOR
    return f"{_quantized(Decimal(repr(x)), -decimals, direction):f}"


def _is_whole(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def pvalue(value: Any, digits: int = 4, *, asymptotic: bool = False) -> str:
    """A p-value without its relation: "0.0042", or "< 1e-04" for one that only an approximation makes so small.

    Examples
    --------
    >>> pvalue(3e-9, asymptotic=True), pvalue(1e-5)
    ('< 1e-04', '1e-05')
    """
    p = float(value)
    if p == 0 or (asymptotic and p < TINY_PVALUE):
        return "< 1e-04"
    return number(p, digits)


def pvalue_equation(value: Any, digits: int = 4, *, asymptotic: bool = False) -> str:
    """The p-value with its relation: "p-value = 0.0042" or "p-value < 1e-04".

    Examples
    --------
    >>> pvalue_equation(0.0, asymptotic=True)
    'p-value < 1e-04'
    """
    text = pvalue(value, digits, asymptotic=asymptotic)
    return f"p-value {text}" if text.startswith("<") else f"p-value = {text}"


def pvalue_apa(value: Any) -> str:
    """A p-value in the style of the APA: three decimals, no leading zero.

    Examples
    --------
    >>> pvalue_apa(0.0042), pvalue_apa(1e-9)
    ('p = .004', 'p < .001')
    """
    p = float(value)
    if math.isnan(p):
        return "p not available"
    if p < 0.001:
        return "p < .001"
    if p > 0.999:
        return "p > .999" if p < 1 else "p = 1.00"
    return f"p = {p:.3f}".replace("0.", ".", 1)


def value_text(value: Any, digits: int = 4) -> str:
    """A setting or a component as text: numbers rounded, text cleaned, long arrays by their range.

    Examples
    --------
    >>> value_text(0.123456), value_text("cell"), value_text(np.arange(20.0)), value_text((1, 2.5))
    ('0.1235', 'cell', '20 values, 0 to 19', '(1, 2.5)')
    """
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, np.ndarray) and value.ndim:
        return _array_text(value, digits)
    if isinstance(value, (tuple, list)):
        return "(" + ", ".join(value_text(item, digits) for item in value) + ")"
    if value is None or isinstance(value, (bool, int, float, np.number, np.bool_, np.ndarray)):
        return "none" if value is None else number(value, digits)
    return clean(str(value))


def _array_text(values: Any, digits: int) -> str:
    if values.ndim == 1 and values.size <= 4:
        return "(" + ", ".join(value_text(item, digits) for item in values.tolist()) + ")"
    if values.ndim > 1 or values.dtype.kind not in "biuf":
        return f"array of shape {values.shape}"
    return f"{values.size} values, {number(values.min(), digits)} to {number(values.max(), digits)}"


def equations(values: dict[str, Any], digits: int = 4, separator: str = ", ") -> str:
    """Names and values in one line; texts that may hold commas are told apart by another separator.

    Examples
    --------
    >>> equations({"slices": 40, "weighting": "heat"})
    'slices = 40, weighting = heat'
    """
    return separator.join(f"{clean(name)} = {value_text(value, digits)}" for name, value in values.items())


def clean(text: Any) -> str:
    """Text on one line: control characters and runs of blanks become one blank.

    Examples
    --------
    >>> clean("two\\nlines")
    'two lines'
    """
    return " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())


def wrap(text: str, width: int = WIDTH, *, indent: str = "", hanging: str = "    ") -> list[str]:
    """Lines of at most `width` characters; overlong words are broken.

    Examples
    --------
    >>> wrap("data:  a b", 8)
    ['data:  a', '    b']
    """
    lines = textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent + hanging,
        break_on_hyphens=False,
    )
    return lines or [indent.rstrip()]


def snake(name: str) -> str:
    """A display name as the name of a column.

    Examples
    --------
    >>> snake("R-squared (adj.)")
    'r_squared_adj'
    """
    return re.sub(r"\W+", "_", name.strip().lower()).strip("_") or "value"


def align(cells: Sequence[str], widths: Sequence[int], left: Sequence[bool]) -> str:
    """One line of a table.

    Examples
    --------
    >>> align(["a", "1"], [3, 3], [True, False])
    'a      1'
    """
    padded = (c.ljust(w) if flush else c.rjust(w) for c, w, flush in zip(cells, widths, left, strict=True))
    return "  ".join(padded).rstrip()
