"""Several bounds side by side, grouped by the sense in which they hold."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, overload

from stattools import _validation
from stattools._errors import InvalidParameterError
from stattools.results import BoundResult, Result, _format
from stattools.results.bound import KINDS, outwards
from stattools.results.summary import Gap, Items, Line, Part, Table

CHOICE = "each bound has its own probability of failure; to choose among them, divide delta by their number"
HEADINGS = {
    "high-probability": "hold with high probability:",
    "expectation": "hold on average over samples:",
    "up-to-constant": "hold up to an unknown constant:",
}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class BoundTable(Result):
    """Bounds of one risk, in order; a sequence that is indexed by place or by key.

    Parameters
    ----------
    bounds : tuple of BoundResult
    keys : tuple of str
        A short name for each bound, such as "ld_mi"; no two alike.
    method : str
        The title of the printed form.
    data_name : str
    settings : dict of str to str or number

    Raises
    ------
    InvalidParameterError
        There are no bounds, or a key is missing or comes twice.

    Notes
    -----
    The printed form never ranks bounds of different kinds together: a bound on an average over samples is no
    certificate for the sample at hand. Diagnostics, which need not be bounds, are never the smallest, nor are bounds
    that the other limit of their interval contradicts. Choosing the
    smallest of several bounds of high probability after seeing them has a price: it holds with probability at least 1
    less the sum of their deltas, which `report` states.

    Examples
    --------
    >>> from stattools._provenance import Provenance
    >>> source = Provenance.capture("example")
    >>> shared = {"provenance": source, "kind": "high-probability", "delta": 0.05, "empirical_risk": 0.1, "n": 1000}
    >>> hoeffding = BoundResult(method="Hoeffding", value=0.1387, gap=0.0387, **shared)
    >>> kl = BoundResult(method="Chernoff-kl", value=0.1247, gap=0.0247, **shared)
    >>> table = BoundTable(provenance=source, bounds=(hoeffding, kl), keys=("hoeffding", "kl"), method="Test set")
    >>> table["kl"].value
    0.1247
    >>> [bound.method for bound in table]
    ['Hoeffding', 'Chernoff-kl']
    """

    plot_kinds: ClassVar[tuple[str, ...]] = ("forest",)
    _direction: ClassVar[str] = "up"

    bounds: tuple[BoundResult, ...]
    keys: tuple[str, ...]
    method: str = "Bounds"
    data_name: str = ""
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "bounds", tuple(self.bounds))
        object.__setattr__(self, "keys", (self.keys,) if isinstance(self.keys, str) else tuple(self.keys))
        if not self.bounds:
            raise InvalidParameterError("bounds is empty; a table needs at least one bound")
        for bound in self.bounds:
            if not isinstance(bound, BoundResult):
                raise InvalidParameterError(f"bounds holds a {type(bound).__name__}; it takes BoundResults")
        if len(self.keys) != len(self.bounds):
            raise InvalidParameterError(f"keys has {len(self.keys)} names for {len(self.bounds)} bounds")
        for key in self.keys:
            if not isinstance(key, str) or not key:
                raise InvalidParameterError(f"keys holds {key!r}; a key is a text that is not empty")
        twice = sorted({key for key in self.keys if self.keys.count(key) > 1})
        if twice:
            raise InvalidParameterError(f"keys has {twice[0]!r} more than once; give each bound a name of its own")
        super().__post_init__()

    # a sequence ------------------------------------------------------------------------------------------------------
    def __len__(self) -> int:
        return len(self.bounds)

    def __iter__(self) -> Iterator[BoundResult]:
        return iter(self.bounds)

    def __contains__(self, key: object) -> bool:
        return key in self.keys if isinstance(key, str) else any(bound is key for bound in self.bounds)

    @overload
    def __getitem__(self, key: str | int) -> BoundResult: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[BoundResult, ...]: ...
    def __getitem__(self, key: str | int | slice) -> BoundResult | tuple[BoundResult, ...]:
        if isinstance(key, str):
            if key not in self.keys:
                raise KeyError(_missing(key, self.keys))
            return self.bounds[self.keys.index(key)]
        return self.bounds[key]

    def items(self) -> tuple[tuple[str, BoundResult], ...]:
        """Pairs of key and bound.

        Examples
        --------
        >>> from stattools.bounds import supersample
        >>> losses, masks = [[[[0, 1]], [[1, 0]]]], [[[0], [1]]]
        >>> dict(supersample(losses, masks, methods=["ld_mi"]).items())["ld_mi"].kind
        'expectation'
        """
        return tuple(zip(self.keys, self.bounds, strict=True))

    # printed forms ---------------------------------------------------------------------------------------------------
    def _title(self) -> str:
        return self.method

    def _headline(self, digits: int) -> str:
        found = [
            f"{len(rows)} {kind}, smallest {rows[0][0]} <= {self._rounded(rows[0][1].value, digits)}"
            for kind, rows in self._by_kind(ranked=True)
        ]
        return "; ".join([*found, *self._diagnostics()])

    def _rounded(self, value: float, digits: int) -> str:
        """A bound in print, on the safe side."""
        return _format.number_up(value, digits)

    def _diagnostics(self) -> list[str]:
        """How many of the numbers are diagnostics or contradicted, in words, if any are."""
        count = sum(bool(bound.diagnostic) for bound in self.bounds)
        found = [f"{count} diagnostic{'s' if count > 1 else ''}, no bound{'s' if count > 1 else ''}"] if count else []
        crossed = sum(_contradicted(bound) for bound in self.bounds)
        return found + ([f"{crossed} whose two limits contradict each other"] if crossed else [])

    def _by_kind(self, *, ranked: bool = False) -> list[tuple[str, list[tuple[str, BoundResult]]]]:
        """Bounds of each kind that occurs, certificates first; ranked, without diagnostics and contradicted ones."""
        rows = [row for row in self.items() if not (ranked and (row[1].diagnostic or _contradicted(row[1])))]
        found = [(kind, [row for row in rows if row[1].kind == kind]) for kind in KINDS]
        return [(kind, sorted(of_one, key=self._order) if ranked else of_one) for kind, of_one in found if of_one]

    def _order(self, row: tuple[str, BoundResult]) -> tuple[bool, float]:
        """Where a bound stands among those of its kind: NaN last."""
        return row[1].value != row[1].value, row[1].value

    def _parts(self, digits: int, *, full: bool) -> list[Part]:
        parts: list[Part] = [Line(self.data_name, label="data:")] if self.data_name else []
        shared = self._shared()
        if shared:
            parts.append(Line(_format.equations(shared, digits)))
        for kind, rows in self._by_kind():
            parts += [Gap(), _table(kind, rows, digits, self._direction, full=full, skipped=tuple(shared))]
        if full:
            for kind, rows in self._by_kind():
                parts += _assumptions(kind, rows)
        if self.settings:
            parts += [Gap(), Line(_format.equations(self.settings, digits, "; "), label="settings:")]
        return parts

    def _shared(self) -> dict[str, Any]:
        """What all bounds agree on."""
        words = {"empirical_risk": f"empirical {self.bounds[0].of}", "n": "n", "delta": "delta"}
        values = {name: {getattr(bound, name) for bound in self.bounds} for name in words}
        one = {name: next(iter(found)) for name, found in values.items() if len(found) == 1}
        return {words[name]: value for name, value in one.items() if value is not None}

    def _sentence(self, style: str) -> str:
        digits = 3 if style == "apa" else 4
        found = [
            f"the smallest of {len(rows)} {kind} bound{'s' if len(rows) > 1 else ''} is {rows[0][1].of} <= "
            f"{self._rounded(rows[0][1].value, digits)} ({rows[0][1].method}){_price(rows)}{_caveat(rows)}"
            for kind, rows in self._by_kind(ranked=True)
        ]
        return f"{self.method}: {'; '.join([*found, *self._diagnostics()])}."

    # tables ----------------------------------------------------------------------------------------------------------
    def _tidy(self) -> Mapping[str, Any]:
        rows = [bound._glance() for bound in self.bounds]
        names = [name for name in rows[0] if name not in ("conf_low", "conf_high")]
        columns: dict[str, Any] = {"key": list(self.keys)}
        columns |= {name: [row[name] for row in rows] for name in names}
        if any("conf_low" in row for row in rows):
            columns |= {name: [row.get(name) for row in rows] for name in ("conf_low", "conf_high")}
        for name in ("gap", "empirical_risk", "delta", "noise_floor", "conf_low", "conf_high"):
            if name in columns:  # None becomes NaN, so that the column is one of numbers
                columns[name] = [float("nan") if value is None else value for value in columns[name]]
        return columns

    def _glance(self) -> Mapping[str, Any]:
        row: dict[str, Any] = {"n_bounds": len(self), "n_vacuous": sum(bool(bound.vacuous) for bound in self.bounds)}
        smallest = {kind: rows[0] for kind, rows in self._by_kind(ranked=True)}
        for kind in KINDS:
            name = kind.replace("-", "_")
            key, bound = smallest.get(kind, (None, None))
            row |= {f"{name}_key": key, f"{name}_value": None if bound is None else bound.value}
        return row | {"method": self.method}

    def _plot(self, kind: str, ax: Any, **options: Any) -> Any:
        from stattools.plotting.bounds import plot_bound_table

        return plot_bound_table(self, ax, **options)


def _missing(key: str, keys: Sequence[str]) -> str:
    """The message about a key that is not there, a near miss named."""
    try:
        _validation.choice(key, keys, "key")
    except InvalidParameterError as error:
        return str(error)
    return key  # pragma: no cover


# text ----------------------------------------------------------------------------------------------------------------
def _price(rows: list[tuple[str, BoundResult]]) -> str:
    """With what probability the first of ranked bounds holds, alone and when it was chosen after seeing all."""
    deltas = [bound.delta for _, bound in rows if bound.delta is not None]
    if not deltas:
        return ""
    alone = f", with probability at least {_format.confidence(deltas[0])}"
    if len(deltas) == 1:
        return alone
    total = math.fsum(deltas)
    chosen = f"at least {_format.confidence(total)}" if total < 1.0 else "no probability that is stated"
    return f"{alone} if it was named beforehand, and with {chosen} if it was chosen among the {len(deltas)}"


def _caveat(rows: list[tuple[str, BoundResult]]) -> str:
    """That the first of ranked bounds was itself estimated with the losses of test points, if it was."""
    if "empirical_gap" not in rows[0][1].components:
        return ""
    return ", on average over samples; it was estimated from test losses, explains the gap and certifies nothing"


def _table(
    kind: str, rows: list[tuple[str, BoundResult]], digits: int, direction: str, *, full: bool, skipped: tuple[str, ...]
) -> Table:
    bounds = [bound for _, bound in rows]
    values = [bound.value for bound in bounds]
    columns = {f"{bounds[0].of} <=": _format.number_column(values, digits, rounding=direction)}
    for name, title in (("gap", "gap"), ("noise_floor", "noise floor"), ("delta", "delta"), ("n", "n")):
        values = [getattr(bound, name) for bound in bounds]
        if title not in skipped and any(value is not None for value in values):
            texts = _numbers(values, digits, gap=name == "gap")
            columns[title] = ["" if v is None else t for v, t in zip(values, texts, strict=True)]
    if any(bound.interval is not None for bound in bounds):
        columns["interval"] = [_interval(bound, digits) for bound in bounds]
    remarks = [_remark(bound) for bound in bounds]
    if any(remarks):
        columns["remark"] = remarks
    left = {"key": [key for key, _ in rows]}
    if full:
        left["bound"] = [bound.method for bound in bounds]
    body = tuple(zip(*left.values(), *columns.values(), strict=True))
    return Table(HEADINGS[kind], (*left, *columns), body, n_left=len(left))


def _remark(bound: BoundResult) -> str:
    words = {"vacuous": bound.vacuous, "diagnostic": bool(bound.diagnostic), "contradicted": _contradicted(bound)}
    return ", ".join(word for word, holds in words.items() if holds)


def _contradicted(bound: BoundResult) -> bool:
    """Whether no risk is between the limits of a two-sided interval, so that neither is to be used."""
    return bound.interval is not None and bound.interval.low > bound.interval.high


def _numbers(values: list[Any], digits: int, *, gap: bool) -> list[str]:
    found = [float("nan") if value is None else value for value in values]
    if gap:
        return _format.number_column([_format.steady(x) for x in found], digits, rounding="up")
    return _format.number_column(found, digits)


def _interval(bound: BoundResult, digits: int) -> str:
    return "" if bound.interval is None else outwards(dataclasses.replace(bound.interval, method=""), digits)


def _assumptions(kind: str, rows: list[tuple[str, BoundResult]]) -> list[Part]:
    """What all bounds of a kind assume, and what each assumes beside."""
    first = rows[0][1].assumptions
    shared = [text for text in first if all(text in bound.assumptions for _, bound in rows)]
    own = [(key, [text for text in bound.assumptions if text not in shared]) for key, bound in rows]
    items = [*shared, *(f"{key}: {'; '.join(texts)}" for key, texts in own if texts)]
    return [Gap(), Items(f"assumptions of those that {HEADINGS[kind]}", tuple(items))] if items else []
