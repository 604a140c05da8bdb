"""Names and group labels of distributions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError
from stattools._typing import BoolArray

Groups: TypeAlias = tuple[Any, tuple[Any, ...]]
"""Labels of the distributions (or None), and their levels in order."""


def group_labels(groups: Any, n: int) -> Groups:
    """Labels as an array and their levels in order; dates become text."""
    if groups is None:
        return None, ()
    if isinstance(groups, (Mapping, set, frozenset)):  # their order is not that of the distributions
        raise InvalidDataError(
            f"groups is a {type(groups).__name__}; pass a list with one label a distribution, in their order"
        )
    codes, levels = _validation.group_codes(groups, "groups", n=n)
    levels = tuple(level if isinstance(level, (str, bool, int, float)) else str(level) for level in levels)
    return np.array(levels)[codes], levels


def names_of(names: Sequence[Any] | None, n: int) -> tuple[str, ...]:
    if names is None:
        return tuple(str(i) for i in range(n))
    if isinstance(names, (str, set, frozenset)) or not hasattr(names, "__iter__"):
        raise InvalidDataError(f"names is {names!r}; it must be a list with one name a distribution")
    listed = tuple(str(name) for name in names)
    if len(listed) != n:
        raise InvalidDataError(f"names has {len(listed)} names for {n} distributions")
    return listed


def label(i: int, names: tuple[str, ...]) -> str:
    return f"distribution {i}" if names[i] == str(i) else f"distribution {i} ({names[i]!r})"


def omission(kept: BoolArray, names: tuple[str, ...], reason: str) -> tuple[str, ...]:
    gone = [names[i] for i in np.flatnonzero(~kept)]
    if not gone:
        return ()
    shown = ", ".join(gone[:5]) + (f" and {len(gone) - 5} more" if len(gone) > 5 else "")
    return (f"{len(gone)} of {len(kept)} distributions omitted, {reason}: {shown}",)


def kept_labels(kept: BoolArray, names: tuple[str, ...], groups: Groups) -> tuple[tuple[str, ...], Groups]:
    names = tuple(name for name, keep in zip(names, kept, strict=True) if keep)
    labels, levels = groups
    if labels is None:
        return names, groups
    labels = labels[kept]
    return names, (labels, tuple(level for level in levels if np.any(labels == level)))
