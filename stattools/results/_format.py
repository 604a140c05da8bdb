"""Numbers and words as results print them."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable, Sequence
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


def number_column(values: Iterable[Any], digits: int = 4) -> list[str]:
    """Numbers of one column, with a common count of decimals where that stays short.

    Examples
    --------
    >>> number_column([1.5, 0.25, float("nan")])
    ['1.50', '0.25', 'NaN']
    """
    items = list(values)
    single = [number(item, digits) for item in items]
    if any("e" in text for text in single):
        return single
    decimals = max((len(text.partition(".")[2]) for text in single), default=0)
    padded = [
        f"{float(item):.{decimals}f}" if re.fullmatch(r"-?[\d.]+", text) and not _is_whole(item) else text
        for item, text in zip(items, single, strict=True)
    ]
    return padded if max((len(text.lstrip("-")) for text in padded), default=0) <= digits + 5 else single


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
