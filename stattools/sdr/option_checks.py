"""Options of a side that name no block of its data, or that nothing in its data uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stattools._errors import InvalidParameterError

if TYPE_CHECKING:
    from stattools.sdr.parts import Part
    from stattools.sdr.reading import Options

DEFAULTS = {"kernel": "gaussian", "metric": "auto", "bandwidth": "mean", "complexity": 1.0}
"""What the options of a side are unless they are given."""
BY_BLOCK = ("kernel", "metric", "bandwidth")
"""Options that may be a dict, with an entry for some blocks."""


def require_known_blocks(options: Options, keys: Sequence[str]) -> None:
    """Refuse options for blocks that the data do not have.

    Raises
    ------
    InvalidParameterError
        A dict of options has a key that is no block, or the data are a single block.
    """
    side = options.name[0].lower()
    for field in BY_BLOCK:
        given = getattr(options, field)
        if not isinstance(given, Mapping):
            continue
        if not keys:
            raise InvalidParameterError(
                f"{field}_{side} is a dict; {options.name} has a single block, which takes one {field}"
            )
        unknown = [key for key in map(str, given) if key not in keys]
        if unknown:
            raise InvalidParameterError(
                f"{field}_{side} has {unknown[0]!r}; the blocks of {options.name} are {', '.join(map(repr, keys))}"
            )


def require_used(options: Options, parts: Sequence[Part], keys: Sequence[str]) -> None:
    """Refuse options that differ from their defaults and that no block uses.

    One value for all blocks needs a single block that uses it; an entry of a dict needs its own.

    Raises
    ------
    InvalidParameterError
    """
    side = options.name[0].lower()
    for field, default in DEFAULTS.items():
        given = getattr(options, field)
        reasons = [_why_unused(part, field, of_block(options.bandwidth, key)) for part, key in _pairs(parts, keys)]
        if isinstance(given, Mapping):
            for key, reason in zip(keys, reasons, strict=True):
                value = of_block(given, key)
                if reason and value is not None and not _equal(value, default):
                    raise InvalidParameterError(f"{field}_{side}[{key!r}] is {value!r}; {reason}, leave it out")
        elif not _equal(given, default) and all(reasons):
            raise InvalidParameterError(f"{field}_{side} is {given!r}; {reasons[0]}, leave it out")


def _pairs(parts: Sequence[Part], keys: Sequence[str]) -> list[tuple[Part, str]]:
    return list(zip(parts, keys or [""] * len(parts), strict=True))


def _equal(given: Any, default: Any) -> bool:
    return type(given) is type(default) and bool(given == default)


def of_block(given: Any, key: str) -> Any:
    """The entry of a block, None where there is none; one value is that of all blocks.

    Examples
    --------
    >>> of_block({1: "laplacian"}, "1"), of_block("gaussian", "1"), of_block({}, "1")
    ('laplacian', 'gaussian', None)
    """
    if not isinstance(given, Mapping):
        return given
    return {str(name): value for name, value in given.items()}.get(key)


def _why_unused(part: Part, field: str, bandwidth: Any) -> str:
    """Why a block does not use an option; empty where it does."""
    side = part.name[0].lower()
    if part.kind == "precomputed":
        return "" if field == "kernel" else f"a Gram matrix, kernel_{side}='precomputed', has no {field}"
    if part.kind == "categories":
        matching = "the kernel of categories is 1 where labels are equal, else 0"
        return {"kernel": matching, "metric": ""}.get(field, f"{matching}, and has no {field}")
    if field == "complexity" and bandwidth is not None and not isinstance(bandwidth, str):
        return f"it changes the bandwidth of a rule, and bandwidth_{side} is a number"
    return ""
