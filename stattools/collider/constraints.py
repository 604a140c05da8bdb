"""Independences that a regression may use: how they are written, and what they mean for the columns of a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stattools._errors import InvalidParameterError, UnknownColumnError
from stattools.results import serialization

SYMBOL = "_||_"
Column = str | int


@dataclass(frozen=True)
class Constraint:
    """The response is independent of some columns, given others.

    Parameters
    ----------
    independent : tuple of str or int
        A, names of columns or their indices; one alone may stand without a tuple.
    given : tuple of str or int
        B, empty for an independence without conditions.
    response : str
        The name that is printed; it plays no part in comparisons.

    Raises
    ------
    InvalidParameterError
        No column is independent, a column stands twice, or one is neither a name nor an index.

    Notes
    -----
    Of the regression f(x) = E(Y | X = x) it says that E(f(X) | A, B) = E(f(X) | B): by the tower property the left-hand
    side is E(Y | A, B), and the right-hand side E(Y | B).

    Examples
    --------
    >>> print(Constraint(("X2",), ("X3",)))
    Y _||_ X2 given X3
    >>> Constraint("X2") == Constraint(("X2",))
    True
    """

    independent: tuple[Column, ...]
    given: tuple[Column, ...] = ()
    response: str = field(default="Y", compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "independent", _columns(self.independent, "independent"))
        object.__setattr__(self, "given", _columns(self.given, "given"))
        if not self.independent:
            raise InvalidParameterError("independent is empty; a constraint names at least one column")
        both = [column for column in self.independent if column in self.given]
        if both:
            raise InvalidParameterError(
                f"{column_word(both[0])} is independent and given at once; leave it in one of the two"
            )

    def __str__(self) -> str:
        words = f"{self.response} {SYMBOL} {', '.join(map(_shown, self.independent))}"
        return f"{words} given {', '.join(map(_shown, self.given))}" if self.given else words


serialization.register(Constraint)


@dataclass(frozen=True)
class Resolved:
    """A constraint as indices of columns; each index from 0 to p - 1 is in one of the three.

    independent : A, at least one; given : B; rest : C, at least one.
    """

    independent: tuple[int, ...]
    given: tuple[int, ...]
    rest: tuple[int, ...]


def normalise(independent: Any, given: Any = ()) -> tuple[Constraint, ...]:
    """Constraints from what an estimator takes as `independent` and `given`.

    Parameters
    ----------
    independent : str, int, Constraint, or a sequence of any one of them, or a sequence of sequences of names
        Names or indices make one constraint: ``["X2", "X4"]`` says that both together are independent of the
        response. A sequence of sequences, ``[("X2",), ("X4",)]``, makes several constraints, each of which holds by
        itself.
    given : str, int, or a sequence of them, or a sequence of sequences
        Of the form of `independent`. Empty for no conditions anywhere.

    Returns
    -------
    tuple of Constraint
        Empty when nothing is independent.

    Raises
    ------
    InvalidParameterError
        The two do not fit together, or a constraint stands twice.

    Examples
    --------
    >>> [str(c) for c in normalise([("X2",), ("X4",)], [("X3",), ()])]
    ['Y _||_ X2 given X3', 'Y _||_ X4']
    >>> normalise("X2", "X3")
    (Constraint(independent=('X2',), given=('X3',), response='Y'),)
    """
    first, second = _listed(independent, "independent"), _listed(given, "given")
    if not first:
        if second:
            raise InvalidParameterError(f"given is {given!r:.80}, and independent is empty; name what is independent")
        return ()
    if any(isinstance(item, Constraint) for item in first):
        found = _ready(first, second)
    elif any(_is_nested(item) for item in first):
        found = _several(first, second)
    else:
        found = (Constraint(tuple(first), tuple(second)),)
    _refuse_repeated(found)
    return found


def resolve(constraints: Iterable[Constraint], names: Sequence[str]) -> list[Resolved]:
    """The columns of a table that constraints speak of.

    Parameters
    ----------
    constraints : iterable of Constraint
    names : (p,) sequence of str
        Names of the columns of X. An integer in a constraint is an index from 0 to p - 1.

    Returns
    -------
    list of Resolved
        Indices in the order of the columns.

    Raises
    ------
    UnknownColumnError
        A column does not exist; it is a KeyError too.
    InvalidParameterError
        A column is named twice, is independent and given at once, or no column is left over to predict with.

    Examples
    --------
    >>> resolve([Constraint(("X2",), (2,))], ("X1", "X2", "X3"))
    [Resolved(independent=(1,), given=(2,), rest=(0,))]
    """
    found = [_resolve_one(constraint, tuple(names)) for constraint in constraints]
    seen: dict[tuple[tuple[int, ...], tuple[int, ...]], Resolved] = {}
    for one in found:
        if (one.independent, one.given) in seen:
            words = Constraint(tuple(names[j] for j in one.independent), tuple(names[j] for j in one.given))
            raise InvalidParameterError(f"the constraint {words} stands twice; leave it once")
        seen[one.independent, one.given] = one
    return found


def column_word(column: Column) -> str:
    """A column in a message.

    Examples
    --------
    >>> column_word("X2"), column_word(3)
    ("column 'X2'", 'column 3')
    """
    return f"column {column!r}"


# from what a user writes ---------------------------------------------------------------------------------------------
def _listed(values: Any, name: str) -> list[Any]:
    """A list of what a user may write as one thing, a sequence, or an array."""
    if values is None:
        return []
    if isinstance(values, (str, int, np.integer, np.str_, Constraint)):
        return [values]
    if isinstance(values, (set, frozenset)):
        return sorted(values, key=str)
    if isinstance(values, Iterable) and not isinstance(values, (bytes, dict)):
        return list(values)
    raise InvalidParameterError(f"{name} is {values!r:.80}; it takes names or indices of columns")


def _is_nested(item: Any) -> bool:
    return isinstance(item, Iterable) and not isinstance(item, (str, bytes, dict, Constraint))


def _columns(values: Any, name: str) -> tuple[Column, ...]:
    found = tuple(_column(item, name) for item in _listed(values, name))
    for k, column in enumerate(found):
        if column in found[:k]:
            raise InvalidParameterError(f"{name} names {column_word(column)} twice; leave it once")
    return found


def _column(item: Any, name: str) -> Column:
    if isinstance(item, str):
        return str(item)
    if isinstance(item, (int, np.integer)) and not isinstance(item, bool):
        return int(item)
    hint = "; several constraints need a sequence of sequences in both" if _is_nested(item) else ""
    raise InvalidParameterError(f"{name} holds {item!r:.80}, which is neither a name nor an index of a column{hint}")


def _ready(first: list[Any], second: list[Any]) -> tuple[Constraint, ...]:
    strangers = [item for item in first if not isinstance(item, Constraint)]
    if strangers:
        raise InvalidParameterError(f"independent mixes constraints with {strangers[0]!r:.80}; pass constraints only")
    if second:
        raise InvalidParameterError("given is not empty, and constraints have conditions of their own; leave given out")
    return tuple(first)


def _several(first: list[Any], second: list[Any]) -> tuple[Constraint, ...]:
    plain = [item for item in first if not _is_nested(item)]
    if plain:
        raise InvalidParameterError(
            f"independent mixes the column {plain[0]!r} with a sequence; write ['X2', 'X4'] for one constraint or "
            "[('X2',), ('X4',)] for two"
        )
    if not second:
        second = [()] * len(first)
    if len(second) != len(first) or not all(_is_nested(item) for item in second):
        raise InvalidParameterError(
            f"independent has {len(first)} constraints, and given is {second!r:.80}; give each its own conditions, "
            "such "
            f"as {[('X3',), *[()] * (len(first) - 1)]}"
        )
    return tuple(Constraint(tuple(a), tuple(b)) for a, b in zip(first, second, strict=True))


def _refuse_repeated(constraints: tuple[Constraint, ...]) -> None:
    seen = set()
    for constraint in constraints:
        key = (frozenset(constraint.independent), frozenset(constraint.given))
        if key in seen:
            raise InvalidParameterError(f"the constraint {constraint} stands twice; leave it once")
        seen.add(key)


# to columns of a table -----------------------------------------------------------------------------------------------
def _resolve_one(constraint: Constraint, names: tuple[str, ...]) -> Resolved:
    independent = _indices(constraint.independent, names, "independent")
    given = _indices(constraint.given, names, "given")
    both = sorted(set(independent) & set(given))
    if both:
        raise InvalidParameterError(
            f"{column_word(names[both[0]])} is independent and given at once; leave it in one of the two"
        )
    rest = tuple(j for j in range(len(names)) if j not in independent and j not in given)
    if not rest:
        raise InvalidParameterError(
            f"the constraint {constraint} uses all {len(names)} columns of X; then the best prediction does not "
            "depend on "
            "what is independent: fit a regression without those columns"
        )
    return Resolved(independent, given, rest)


def _indices(columns: tuple[Column, ...], names: tuple[str, ...], name: str) -> tuple[int, ...]:
    found = [_index(column, names) for column in columns]
    for k, j in enumerate(found):
        if j in found[:k]:
            raise InvalidParameterError(f"{name} names {column_word(names[j])} twice; leave it once")
    return tuple(sorted(found))


def _index(column: Column, names: tuple[str, ...]) -> int:
    if isinstance(column, int):
        if not 0 <= column < len(names):
            raise UnknownColumnError(f"there is no {column_word(column)}; X has the columns 0 to {len(names) - 1}")
        return column
    places = [j for j, own in enumerate(names) if own == column]
    if not places:
        listed = ", ".join(map(repr, names[:10])) + (", ..." if len(names) > 10 else "")
        raise UnknownColumnError(f"there is no {column_word(column)}; X has the columns {listed}")
    if len(places) > 1:
        raise InvalidParameterError(f"X has {len(places)} columns of the name {column!r}; refer to one by its index")
    return places[0]


def _shown(column: Column) -> str:
    return column if isinstance(column, str) else f"column {column}"
