"""Values that cannot be changed after they were stored, and equality that looks inside arrays."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np


class ReadOnlyDict(dict[Any, Any]):
    """A dict that refuses to be changed; it copies, pickles and prints as a dict does.

    Examples
    --------
    >>> ReadOnlyDict(a=1)
    {'a': 1}
    """

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("a stored result cannot be changed; copy it with dict(...) first")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> Any:
        return ReadOnlyDict, (dict(self),)


def freeze(value: Any, *, own: bool = False) -> Any:
    """A read-only form of a stored value.

    Arrays that can be written to are copied, unless they are `own`; read-only ones are kept as they are. Dicts become
    read-only dicts, lists tuples. Other objects pass.

    Examples
    --------
    >>> freeze({"a": np.ones(2)})["a"].flags.writeable
    False
    """
    if isinstance(value, np.ndarray):
        if value.flags.writeable:
            value = value if own else value.copy()
            value.flags.writeable = False
        return value
    if isinstance(value, Mapping) and not is_sparse(value):
        return ReadOnlyDict({key: freeze(item, own=own) for key, item in value.items()})
    if type(value) is list or type(value) is tuple:
        return tuple(freeze(item, own=own) for item in value)
    return value


def equal(left: Any, right: Any) -> bool:
    """Equality by content: arrays element by element, NaN equals NaN, dataclasses field by field.

    Fields declared with ``compare=False`` are passed over.

    Examples
    --------
    >>> equal({"a": np.array([1.0, np.nan])}, {"a": np.array([1.0, np.nan])})
    True
    """
    if left is right:
        return True
    if isinstance(left, np.ndarray) or isinstance(right, np.ndarray):
        return isinstance(left, np.ndarray) and isinstance(right, np.ndarray) and _equal_arrays(left, right)
    if is_sparse(left) or is_sparse(right):
        return is_sparse(left) and is_sparse(right) and _equal_sparse(left, right)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        same = isinstance(left, list) == isinstance(right, list) and len(left) == len(right)
        return same and all(equal(a, b) for a, b in zip(left, right, strict=True))
    if dataclasses.is_dataclass(left) and not isinstance(left, type):
        return type(left) is type(right) and all(
            equal(getattr(left, field.name), getattr(right, field.name))
            for field in dataclasses.fields(left)
            if field.compare
        )
    if isinstance(left, np.random.SeedSequence) and isinstance(right, np.random.SeedSequence):
        return bool(left.state == right.state)
    return bool(left == right) or bool(_is_nan(left) and _is_nan(right))


def is_sparse(value: Any) -> bool:
    """Whether a value is a scipy sparse array or matrix, without importing scipy.

    Examples
    --------
    >>> is_sparse(np.ones(2))
    False
    """
    return type(value).__module__.startswith("scipy.sparse") and hasattr(value, "tocoo")


def _equal_arrays(left: Any, right: Any) -> bool:
    if left.shape != right.shape:
        return False
    if left.dtype.hasobject or right.dtype.hasobject:
        return all(equal(a, b) for a, b in zip(left.ravel().tolist(), right.ravel().tolist(), strict=True))
    # NaN and NaT are the only values that differ from themselves
    same = np.asarray(left == right)
    return bool(np.all(same | ((left != left) & (right != right))))


def _equal_sparse(left: Any, right: Any) -> bool:
    if left.shape != right.shape or left.format != right.format:
        return False
    a, b = left.tocsr().copy(), right.tocsr().copy()
    a.sum_duplicates()
    b.sum_duplicates()
    return all(_equal_arrays(getattr(a, part), getattr(b, part)) for part in ("indptr", "indices", "data"))


def _is_nan(value: Any) -> bool:
    try:
        return bool(value != value)
    except (TypeError, ValueError):
        return False
