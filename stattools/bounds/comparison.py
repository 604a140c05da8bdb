"""Bounds of one risk side by side, and what it costs to choose the best of them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stattools import _validation
from stattools._errors import AssumptionWarning, InvalidParameterError, Notes
from stattools._provenance import Provenance
from stattools.bounds.lower import LowerBoundResult, LowerBoundTable
from stattools.bounds.methods import level
from stattools.bounds.recomputed import at_delta
from stattools.bounds.table import HEADINGS, BoundTable
from stattools.results import BoundResult, _format
from stattools.results.bound import KINDS
from stattools.results.summary import Gap, Line, Part, Table

CERTIFICATE = "high-probability"
AS_GIVEN = "as given"


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Comparison(BoundTable):
    """Bounds in the order of their values within each kind, with the probability that all certificates hold together.

    Parameters
    ----------
    joint_delta : float, optional
        Sum of the probabilities of failure of all bounds of high probability; None if there are none.
    status : tuple of str
        For each bound "as given", or how its delta was divided.

    See Also
    --------
    BoundTable : has the other parameters.

    Examples
    --------
    >>> from stattools.bounds import compare, test_set
    >>> kl, hoeffding = (test_set(errors=3, n=100, method=method) for method in ("kl", "hoeffding"))
    >>> compare(hoeffding, kl, union=True).keys
    ('Chernoff-kl test-set bound', 'Hoeffding test-set bound')
    """

    joint_delta: float | None = None
    status: tuple[str, ...] = ()

    def best(self) -> BoundResult:
        """The best bound of high probability, with the delta that choosing it after seeing all of them leaves.

        Raises
        ------
        InvalidParameterError
            There is no bound of high probability (diagnostics are none, nor are bounds that the other limit of their
            interval contradicts), or so many that nothing is left.

        Examples
        --------
        >>> from stattools.bounds import compare, test_set
        >>> table = compare(test_set(errors=3, n=100, method="all"), union=True)
        >>> bound = table.best()
        >>> bound.method, round(bound.delta, 12)
        ('Binomial tail test-set bound', 0.05)
        """
        rows = dict(self._by_kind(ranked=True)).get(CERTIFICATE)
        if not rows or self.joint_delta is None:
            raise InvalidParameterError("the table has no bound of high probability, so none is a certificate")
        if self.joint_delta >= 1.0:
            raise InvalidParameterError(f"the deltas add up to {self.joint_delta:g}, which promises nothing")
        chosen = rows[0][1]
        if len(rows) == 1:
            return chosen
        note = f"chosen after seeing {len(rows)} bounds, of which each may fail"
        interval = chosen.interval
        if interval is not None:  # all intervals hold together, this one among them
            interval = dataclasses.replace(interval, confidence_level=level(self.joint_delta))
        return dataclasses.replace(chosen, delta=self.joint_delta, interval=interval, notes=(*chosen.notes, note))

    @property
    def _mixed(self) -> bool:
        """Whether the bounds are about the risks of different rules, in words."""
        return len({bound.of for bound in self.bounds}) > 1

    def _parts(self, digits: int, *, full: bool) -> list[Part]:
        parts = super()._parts(digits, full=full)
        parts = parts[1:] if isinstance(parts[0], Gap) else parts
        if self._mixed:
            groups = {HEADINGS[kind]: [bound.of for _, bound in rows] for kind, rows in self._by_kind()}
            parts = [_with_names(part, groups) for part in parts]
        words = self._together()
        return [*parts, Gap(), Line(words)] if words else parts

    def _shared(self) -> dict[str, Any]:
        shared = super()._shared()
        own = f"empirical {self.bounds[0].of}"
        return {"empirical risk" if self._mixed and name == own else name: value for name, value in shared.items()}

    def _plot(self, kind: str, ax: Any, **options: Any) -> Any:
        ax = super()._plot(kind, ax, **options)
        if self._mixed:
            ax.set_xlabel("bound")
        return ax

    def _together(self) -> str:
        """With what probability the certificates hold at once."""
        count = sum(bound.kind == CERTIFICATE for bound in self.bounds)
        if count < 2 or self.joint_delta is None:
            return ""
        all_of = "both" if count == 2 else f"all {count}"
        if self.joint_delta >= 1.0:
            return f"nothing is promised about {all_of} bounds of high probability at once"
        return (
            f"{all_of} bounds of high probability hold at once, and so does the best of them, with probability at "
            f"least {_format.confidence(self.joint_delta)}"
        )

    def _tidy(self) -> Mapping[str, Any]:
        return {**super()._tidy(), "status": list(self.status)}

    def _glance(self) -> Mapping[str, Any]:
        return {**super()._glance(), "joint_delta": self.joint_delta}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LowerComparison(Comparison, LowerBoundTable):
    """A comparison of lower bounds, the largest first.

    See Also
    --------
    Comparison : has the documentation.

    Examples
    --------
    >>> from stattools.bounds import compare, test_set
    >>> table = compare(test_set(errors=20, n=100, method="all", alternative="lower"), union=True)
    >>> table.keys[0]
    'binomial'
    """


def compare(*results: BoundResult | BoundTable, union: bool = False, names: Sequence[str] | None = None) -> Comparison:
    """Put bounds into a table, each kind by itself, and say what choosing among them costs.

    Parameters
    ----------
    *results : BoundResult or BoundTable
        Bounds of risks, of one rule or of several, or tables of them.
    union : bool, default False
        Recompute each of the m bounds of high probability at ``delta / m``, from what its result keeps. The best of
        them is then a bound with probability at least 1 - delta, though it was chosen after seeing all. Bounds on
        average are left as they are.
    names : sequence of str, optional
        A name for each of `results`; that of a table goes before its keys. By default the keys of tables and the
        methods of bounds, numbered where they come twice.

    Returns
    -------
    Comparison
        A `BoundTable` sorted by value within each kind: bounds of high probability, bounds on average over samples, and
        bounds up to a constant, which are never ranked with one another. ``joint_delta`` is the probability that any
        bound of the first kind fails, at most; ``best()`` is the best of that kind with this delta; ``plot()`` draws a
        forest. Lower bounds give a `LowerComparison`.

    Raises
    ------
    InvalidParameterError
        Nothing to compare; lower and upper bounds, or bounds of a risk and of something else; `union` and a result that
        does not keep what it was computed from, such as a betting bound without its losses.

    Warns
    -----
    AssumptionWarning
        There are several bounds of high probability and `union` is False: the best of them holds with a probability
        that is lower than each one's own. Or the largest possible losses differ, so that the numbers are not in one
        unit. The texts are on the result too.

    Notes
    -----
    If bound i fails with probability at most delta_i, some bound fails with probability at most their sum (Boole), so
    the best one holds with probability at least 1 less the sum, however it was chosen. With `union` the sum is the mean
    of the deltas. Bounds that follow from one event, such as the forms of PAC-Bayes at one posterior, pay too much
    here. A bound that was named before the data were seen pays nothing: then look at it alone.

    A result is recomputed only if the recipe gives its stored value at its stored delta within 1e-12.

    References
    ----------
    The union bound is Boole's; the recipes are those of the functions that the results come from.

    Examples
    --------
    >>> from stattools.bounds import compare, pac_bayes, test_set
    >>> test, gibbs = test_set(errors=30, n=1000), pac_bayes(0.025, kl=5, n=1000)
    >>> table = compare(test, gibbs, union=True, names=["test", "gibbs"])
    >>> table.joint_delta
    0.05
    >>> [(key, round(bound.value, 4), bound.delta) for key, bound in table.items()]
    [('test', 0.0426, 0.025), ('gibbs', 0.0585, 0.025)]
    """
    union = _validation.boolean(union, "union")
    rows = _rows(results, names)
    lower = _one_thing(rows)
    notes = Notes()
    _doubt_units(rows, notes)
    count = sum(bound.kind == CERTIFICATE for _, bound in rows)
    status = {key: AS_GIVEN for key, _ in rows}
    if union and count > 1:
        rows = [(key, _share(bound, count, key)) for key, bound in rows]
        status = {key: f"delta / {count}" if bound.kind == CERTIFICATE else AS_GIVEN for key, bound in rows}
    joint = math.fsum(bound.delta or 0.0 for _, bound in rows) if count else None
    if not union and count > 1 and joint is not None:
        best = "largest" if lower else "smallest"
        held = f"only with probability at least {1.0 - joint:.6g}" if joint < 1.0 else "with no probability stated"
        notes.warn(
            f"the {best} of {count} bounds of high probability, chosen after seeing them, holds {held}; pass "
            f"union=True to recompute each at delta / {count}, or decide for one beforehand",
            AssumptionWarning,
        )
    for _, bound in rows:
        notes.carry(bound.warnings)
    rows = _sorted(rows, lower)
    return (LowerComparison if lower else Comparison)(
        provenance=Provenance.capture(f"compare(*results, union={union})", sizes={"bounds": len(rows)}),
        warnings=notes.warnings,
        bounds=tuple(bound for _, bound in rows),
        keys=tuple(key for key, _ in rows),
        method="Comparison of bounds",
        joint_delta=joint,
        status=tuple(status[key] for key, _ in rows),
        settings={"union": "yes" if union else "no"},
    )


# below the public function -------------------------------------------------------------------------------------------
Row = tuple[str, BoundResult]
RISKS = ("risk", "error")  # how words for what is bounded begin, when they can stand in one table


def _with_names(part: Part, groups: Mapping[str, list[str]]) -> Part:
    """A printed table of bounds with a column that says what each is about."""
    if not isinstance(part, Table) or part.label not in groups:
        return part
    columns = tuple("bound" + name[-3:] if name.endswith((" <=", " >=")) else name for name in part.columns)
    place = part.n_left  # after the names
    rows = tuple((*row[:place], of, *row[place:]) for row, of in zip(part.rows, groups[part.label], strict=True))
    return dataclasses.replace(part, columns=(*columns[:place], "of", *columns[place:]), rows=rows, n_left=place + 1)


def _rows(results: Sequence[Any], names: Any) -> list[Row]:
    """Keys and bounds, tables opened."""
    if not results:
        raise InvalidParameterError("results is empty; pass bounds or tables of bounds")
    given = _names(names, len(results))
    rows: list[Row] = []
    for i, (result, name) in enumerate(zip(results, given, strict=True)):
        if isinstance(result, BoundTable):
            rows += [(f"{name}, {key}" if name else key, bound) for key, bound in result.items()]
        elif isinstance(result, BoundResult):
            rows.append((name or result.method, result))
        else:
            more = _unpacked(result)
            raise InvalidParameterError(
                f"results[{i}] is a {type(result).__name__}; compare takes BoundResults and BoundTables{more}"
            )
    return _told_apart(rows)


def _unpacked(result: Any) -> str:
    """What to do with a collection of results."""
    if isinstance(result, Mapping):
        return "; unpack it, compare(*results.values(), names=list(results))"
    return "; unpack it, compare(*results)" if isinstance(result, (list, tuple)) else ""


def _names(names: Any, count: int) -> list[str]:
    if names is None:
        return [""] * count
    if not isinstance(names, (str, Iterable)):
        raise InvalidParameterError(f"names is {names!r:.80}; it takes a text for each result")
    given = [names] if isinstance(names, str) else list(names)
    if len(given) != count:
        raise InvalidParameterError(f"names has {len(given)} entries for {count} results")
    for name in given:
        if not isinstance(name, str) or not name:
            raise InvalidParameterError(f"names holds {name!r}; a name is a text that is not empty")
    return given


def _told_apart(rows: list[Row]) -> list[Row]:
    """Keys with a number where they come twice."""
    keys = [key for key, _ in rows]
    taken = set(keys)
    seen: dict[str, int] = {}
    found = []
    for key, bound in rows:
        seen[key] = seen.get(key, 0) + 1
        unique, k = key, seen[key]
        while k > 1 and unique in taken:
            unique, k = f"{key} ({k})", k + 1
        taken.add(unique)
        found.append((unique, bound))
    return found


def _one_thing(rows: list[Row]) -> bool:
    """Whether the bounds are lower ones, after a check that they can stand in one table."""
    first_key, first = rows[0]
    lower = isinstance(first, LowerBoundResult)
    for key, bound in rows[1:]:
        if isinstance(bound, LowerBoundResult) is not lower:
            sides = "lower and upper" if lower else "upper and lower"
            raise InvalidParameterError(f"{first_key!r} and {key!r} are {sides} bounds; compare them apart")
        if bound.of != first.of and not (bound.of.startswith(RISKS) and first.of.startswith(RISKS)):
            raise InvalidParameterError(
                f"{first_key!r} bounds the {first.of} and {key!r} the {bound.of}; compare bounds of one thing"
            )
    return lower


def _doubt_units(rows: list[Row], notes: Notes) -> None:
    """Say so where the losses that the bounds are about reach to different heights."""
    largest = sorted({bound.largest for _, bound in rows})
    if len(largest) > 1:
        heights = ", ".join(_format.number(value) for value in largest)
        notes.warn(
            f"the bounds are about losses of different range (largest values {heights}); ranking them means something "
            "only if the losses are in one unit",
            AssumptionWarning,
        )


def _share(bound: BoundResult, count: int, key: str) -> BoundResult:
    if bound.kind != CERTIFICATE or bound.delta is None:
        return bound
    found = at_delta(bound, bound.delta / count, repr(key))
    return dataclasses.replace(found, notes=(*found.notes, f"recomputed at delta = {bound.delta:g} / {count}"))


def _sorted(rows: list[Row], lower: bool) -> list[Row]:
    sign = -1.0 if lower else 1.0

    def order(row: Row) -> tuple[int, bool, float]:
        value = row[1].value
        return KINDS.index(row[1].kind), value != value, sign * value

    return sorted(rows, key=order)
