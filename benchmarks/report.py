"""What a benchmark returns, and its form as markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Table:
    """header : column names; rows : cells as text; title : a line above it, or ""."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""

    def markdown(self) -> str:
        lines = [f"**{self.title}**\n"] if self.title else []
        cells = [[str(cell) for cell in row] for row in (self.header, *self.rows)]
        widths = [max(3, *(len(row[k]) for row in cells)) for k in range(len(self.header))]
        lined = ["| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |" for row in cells]
        rule = "|" + "|".join("-" * (w + 2) for w in widths) + "|"
        return "\n".join([*lines, lined[0], rule, *lined[1:]])


@dataclass(frozen=True)
class Check:
    """A figure that has a target: what, as text; measured and target, as text; passed."""

    what: str
    measured: str
    target: str
    passed: bool


@dataclass
class Section:
    """Results of one benchmark, filled by it."""

    title: str
    intro: str
    parts: list[Table | str] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)

    def markdown(self) -> str:
        parts = [part if isinstance(part, str) else part.markdown() for part in self.parts]
        return "\n\n".join([f"## {self.title}", self.intro, *parts])


def check_table(sections: Sequence[Section]) -> Table:
    """All figures that have a target."""
    rows = [
        (c.what, c.measured, c.target, "reached" if c.passed else "**missed**") for s in sections for c in s.checks
    ]
    return Table(("figure", "measured", "target", ""), rows)


def seconds(value: float) -> str:
    """A duration with three digits and its unit.

    Examples
    --------
    >>> seconds(0.01234), seconds(75.0)
    ('12.3 ms', '75.0 s')
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if value >= size or unit == "us":
            return f"{value / size:#.3g}".rstrip(".") + f" {unit}"
    raise AssertionError


def megabytes(value: float) -> str:
    """Bytes as MB (10^6)."""
    return f"{value / 1e6:.0f} MB"


def times(value: float) -> str:
    """A ratio.

    Examples
    --------
    >>> times(0.25), times(3.21), times(123.4)
    ('0.25x', '3.2x', '123x')
    """
    return f"{value:.2g}x" if value < 1 else f"{value:.1f}x" if value < 20 else f"{value:.0f}x"
