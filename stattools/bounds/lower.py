"""Lower bounds of a risk, alone and in a table, which print as such."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

from stattools.bounds.table import BoundTable
from stattools.results import BoundResult, _format
from stattools.results.summary import Line, Part, Table


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LowerBoundResult(BoundResult):
    """A lower bound of a risk.

    Parameters
    ----------
    smallest : float, default 0
        The smallest value that the risk can have; the bound is vacuous when it is not above it.
    value, gap : float
        The bound, and what is subtracted from the empirical risk.

    See Also
    --------
    stattools.results.BoundResult : has the other parameters.

    Examples
    --------
    >>> from stattools._provenance import Provenance
    >>> bound = LowerBoundResult(
    ...     provenance=Provenance.capture("test_set(losses)"), method="Test-set bound", value=0.07,
    ...     kind="high-probability", delta=0.05, empirical_risk=0.1, gap=0.03, n=1000,
    ... )
    >>> bound
    <LowerBoundResult: Test-set bound, risk >= 0.07 with probability at least 0.95>
    """

    smallest: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "smallest", float(self.smallest))
        if self.vacuous is None:
            object.__setattr__(self, "vacuous", not self.value > self.smallest)
        super().__post_init__()

    def _statement(self, digits: int) -> str:
        return f"{self.of} >= {_format.number_down(self.value, digits)} {self._guarantee()}"

    def _parts(self, digits: int, *, full: bool) -> list[Part]:
        parts = super()._parts(digits, full=full)
        return [self._turned(part, digits) for part in parts]

    def _turned(self, part: Part, digits: int) -> Part:
        """The part that the upper bound would print, said of the lower one."""
        if not isinstance(part, Line) or part.label:
            return part
        if part.text.startswith("the bound is vacuous"):
            smallest = _format.number(self.smallest, digits)
            return Line(f"the bound is vacuous: the {self.of} cannot be below {smallest} anyway")
        return part


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LowerBoundTable(BoundTable):
    """Lower bounds of one risk; the largest is the best.

    See Also
    --------
    BoundTable : has the parameters and the rest of the documentation.

    Examples
    --------
    >>> from stattools.bounds import test_set
    >>> table = test_set(errors=20, n=100, method="all", alternative="lower")
    >>> round(table["binomial"].value, 3), table["kl"].value < table["binomial"].value
    (0.137, True)
    """

    _direction: ClassVar[str] = "down"

    def _order(self, row: tuple[str, BoundResult]) -> tuple[bool, float]:
        return row[1].value != row[1].value, -row[1].value

    def _rounded(self, value: float, digits: int) -> str:
        return _format.number_down(value, digits)

    def _headline(self, digits: int) -> str:
        return super()._headline(digits).replace(", smallest ", ", largest ").replace(" <= ", " >= ")

    def _parts(self, digits: int, *, full: bool) -> list[Part]:
        upper, lower = (f"{self.bounds[0].of} {sign}" for sign in ("<=", ">="))

        def turned(part: Part) -> Part:
            if not isinstance(part, Table):
                return part
            return dataclasses.replace(part, columns=tuple(lower if name == upper else name for name in part.columns))

        return [turned(part) for part in super()._parts(digits, full=full)]

    def _sentence(self, style: str) -> str:
        return super()._sentence(style).replace("the smallest of ", "the largest of ").replace(" <= ", " >= ")
