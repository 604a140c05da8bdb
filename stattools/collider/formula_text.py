"""The text of a collider formula: a model, and behind a bar the independences that it may use."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stattools._errors import InvalidParameterError
from stattools.collider.constraints import Constraint

GRAMMAR = "'Y ~ X1 + X2 + X3 | Y _||_ X2 given X3; Y _||_ X4'"
_SYMBOLS = r"_\|\|_|[\u27c2\u22a5\u2aeb]|\bindep\b"  # the signs are perpendicular, up tack and double up tack
_PIECE = re.compile(rf"`[^`]*`|{_SYMBOLS}|\bgiven\b|.", re.DOTALL)
_INDEPENDENT = re.compile(_SYMBOLS)


@dataclass(frozen=True)
class ParsedFormula:
    """model : what stands before the bar. response : left of the tilde. constraints : names of raw columns."""

    model: str
    response: str
    constraints: tuple[Constraint, ...]


def parse(formula: str) -> ParsedFormula:
    """Read a formula with constraints.

    Parameters
    ----------
    formula : str
        ``model | response _||_ A given B; ...``. The sign of independence is ``_||_``, a perpendicular sign, or the
        word ``indep``; A and B are columns separated by commas or plus signs; names with blanks stand in backquotes;
        a bar may take the place of ``given``.

    Raises
    ------
    InvalidParameterError
        The text does not follow this grammar, or a statement is not about the response.

    Examples
    --------
    >>> parsed = parse("Y ~ X1 + X2 + X3 | Y _||_ X2 given X3")
    >>> parsed.model, str(parsed.constraints[0])
    ('Y ~ X1 + X2 + X3', 'Y _||_ X2 given X3')
    """
    if not isinstance(formula, str):
        raise InvalidParameterError(f"formula is {formula!r:.80}; it takes text such as {GRAMMAR}")
    pieces: list[str] = _PIECE.findall(formula)
    model, statements = _split_at_bar(pieces)
    if model.count("~") != 1 or not model.split("~")[0].strip():
        raise InvalidParameterError(
            f"formula is {formula!r}; a fit needs a left-hand side and a model, such as {GRAMMAR}"
        )
    if any(_INDEPENDENT.fullmatch(piece) for piece in _PIECE.findall(model)):
        raise InvalidParameterError(
            f"formula is {formula!r}; put a bar between the model and its constraints: {GRAMMAR}"
        )
    response = model.split("~")[0].strip()
    constraints = tuple(_statement(part, response) for part in _parts(statements, (";",)) if _text(part))
    if statements and not constraints:
        raise InvalidParameterError(f"formula is {formula!r}; behind the bar there is no constraint, such as {GRAMMAR}")
    return ParsedFormula(model, response, constraints)


def _split_at_bar(pieces: list[str]) -> tuple[str, list[str]]:
    """The model, and the pieces behind the first bar outside of brackets."""
    depth = 0
    for k, piece in enumerate(pieces):
        depth += (piece in "([{") - (piece in ")]}")
        if piece == "|" and depth == 0:
            return "".join(pieces[:k]).strip(), pieces[k + 1 :] or [" "]
    return "".join(pieces).strip(), []


def _parts(pieces: list[str], separators: tuple[str, ...]) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for piece in pieces:
        if piece in separators:
            parts.append([])
        else:
            parts[-1].append(piece)
    return parts


def _text(pieces: list[str]) -> str:
    return "".join(pieces).strip()


def _statement(pieces: list[str], response: str) -> Constraint:
    shown = _text(pieces)
    signs = [k for k, piece in enumerate(pieces) if _INDEPENDENT.fullmatch(piece)]
    if len(signs) != 1:
        raise InvalidParameterError(
            f"formula has the constraint {shown!r}, with {len(signs)} signs of independence; write it as in {GRAMMAR}"
        )
    left = _columns(pieces[: signs[0]], shown)
    sides = _parts(pieces[signs[0] + 1 :], ("given", "|"))
    if len(sides) > 2:
        raise InvalidParameterError(
            f"formula has the constraint {shown!r}, with 'given' twice; list conditions with commas"
        )
    right = _columns(sides[0], shown)
    given = _columns(sides[1], shown) if len(sides) == 2 else ()
    own = _response_names(response)
    if len(right) == 1 and right[0] in own and not (len(left) == 1 and left[0] in own):
        left, right = right, left  # independence is symmetric
    if len(left) != 1 or left[0] not in own:
        raise InvalidParameterError(
            f"formula has the constraint {shown!r}, which is not about the response {response!r}; one side must be "
            "the response"
        )
    return Constraint(right, given, response=left[0])


def _columns(pieces: list[str], shown: str) -> tuple[str, ...]:
    names = []
    for part in _parts(pieces, (",", "+")):
        name = _text(part)
        quoted = len(name) > 2 and name[0] == name[-1] == "`"
        name = name[1:-1] if quoted else name
        if not name or (not quoted and re.search(r"[\s()`*:^|]", name)):
            raise InvalidParameterError(
                f"formula has the constraint {shown!r}, with {name!r} where the name of a column should stand; "
                "separate names "
                "by commas, put names with blanks in backquotes, and name raw columns, not terms"
            )
        names.append(name)
    return tuple(names)


def _response_names(response: str) -> set[str]:
    """The response as it is written, and columns inside of it: a function is independent of what its column is."""
    inside = re.findall(r"`([^`]+)`|([^\W\d][\w.]*)(?!\s*\(|[\w.])", response)
    return {response.strip("`"), *(quoted or plain for quoted, plain in inside)}
