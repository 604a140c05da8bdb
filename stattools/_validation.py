"""Checks of user input, made once per call. Everything below the public functions trusts its arguments.

A message says what was wrong, the value or shape seen, where it was, and what to do.
"""

from __future__ import annotations

import decimal
import difflib
import math
import numbers
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import FloatArray, IntArray

_T = TypeVar("_T", bound=np.generic)


def choice(value: Any, options: Sequence[str], name: str) -> str:
    """One of a few words; a near miss is named.

    Examples
    --------
    >>> choice("cell", ("cell", "left"), "quantile")
    'cell'
    """
    if isinstance(value, str) and value in options:
        return value
    close = difflib.get_close_matches(value, options, n=1) if isinstance(value, str) else []
    hint = f"; did you mean {close[0]!r}?" if close else ""
    listed = ", ".join(repr(option) for option in options)
    raise InvalidParameterError(f"{name} is {value!r}; it takes one of {listed}{hint}")


def integer(value: Any, name: str, *, minimum: int | None = None, maximum: int | None = None) -> int:
    """A whole number within bounds; booleans are refused, 3.0 is accepted.

    Examples
    --------
    >>> integer(3, "n_quantiles", minimum=1)
    3
    """
    if not _is_real(value) or not (isinstance(value, numbers.Integral) or _is_whole(value)):
        raise InvalidParameterError(f"{name} is {value!r}; it must be a whole number")
    return int(_within(int(value), name, minimum, maximum))


def real(
    value: Any, name: str, *, minimum: float | None = None, maximum: float | None = None, exclusive: bool = False
) -> float:
    """A finite number within bounds; `exclusive` refuses the bounds themselves.

    Examples
    --------
    >>> real(0.5, "power", minimum=0, maximum=1, exclusive=True)
    0.5
    """
    if not _is_real(value):
        raise InvalidParameterError(f"{name} is {value!r}; it must be a number")
    number = _as_float(value)
    if not math.isfinite(number):
        raise InvalidParameterError(f"{name} is {number}; it must be finite")
    return float(_within(number, name, minimum, maximum, exclusive=exclusive))


def _is_real(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, (bool, np.bool_))


def _is_whole(value: Any) -> bool:
    return math.isfinite(value) and bool(value == math.floor(value))


def _as_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer above 1e308
        return math.inf if value > 0 else -math.inf


def _within(value: Any, name: str, minimum: Any, maximum: Any, *, exclusive: bool = False) -> Any:
    too_low = minimum is not None and (value <= minimum if exclusive else value < minimum)
    too_high = maximum is not None and (value >= maximum if exclusive else value > maximum)
    if too_low or too_high:
        word = ("above", "below") if exclusive else ("at least", "at most")
        bounds = [f"{word[0]} {minimum}"] if minimum is not None else []
        bounds += [f"{word[1]} {maximum}"] if maximum is not None else []
        raise InvalidParameterError(f"{name} is {value}; it must be {' and '.join(bounds)}")
    return value


def boolean(value: Any, name: str) -> bool:
    """True or False, nothing that merely behaves like one.

    Examples
    --------
    >>> boolean(True, "paired")
    True
    """
    if not isinstance(value, (bool, np.bool_)):
        raise InvalidParameterError(f"{name} is {value!r}; it must be True or False")
    return bool(value)


def float_array(
    values: Any, name: str, *, ndim: int | tuple[int, ...] | None = None, finite: bool = True, empty: bool = False
) -> FloatArray:
    """A C-contiguous float64 array, read-only; a float64 memmap stays a memmap.

    Parameters
    ----------
    values : array_like
        Numbers; booleans count as 0 and 1. Text, complex numbers and ragged lists are refused.
    name : str
        The parameter's name in messages.
    ndim : int or tuple of int, optional
        The number of dimensions that are accepted.
    finite : bool, default True
        Refuse NaN and infinity, naming the first place where one stands.
    empty : bool, default False
        Accept an array without elements.

    Raises
    ------
    InvalidDataError
        Anything of the above.

    Examples
    --------
    >>> float_array([[1, 2], [3, 4]], "x", ndim=2).dtype
    dtype('float64')
    """
    array = _numeric(values, name)
    accepted = (ndim,) if isinstance(ndim, int) else ndim
    if accepted is not None and array.ndim not in accepted:
        wanted = " or ".join(str(k) for k in accepted)
        raise InvalidDataError(f"{name} has shape {array.shape}; it must have {wanted} dimension(s)")
    if array.size == 0 and not empty:
        raise InvalidDataError(f"{name} is empty (shape {array.shape})")
    if finite:
        require_finite(array, name)
    return read_only(array)


def _numeric(values: Any, name: str) -> FloatArray:
    if values is None:
        raise InvalidDataError(f"{name} is None; pass an array of numbers")
    if hasattr(values, "toarray") and not isinstance(values, np.ndarray):
        raise InvalidDataError(f"{name} is a sparse matrix; pass a dense array")
    keep_class = isinstance(values, (np.memmap, np.ma.MaskedArray))  # asarray would drop a mask
    try:
        array: Any = np.asanyarray(values) if keep_class else np.asarray(values)
    except (ValueError, TypeError) as error:
        raise InvalidDataError(f"{name} cannot be read as a rectangular array of numbers: {error}") from None
    if array.dtype.kind == "O":
        array = _numbers_of_objects(array, name)
    if array.dtype.kind not in "buif":
        raise InvalidDataError(f"{name} has dtype {array.dtype}; it must hold real numbers")
    if isinstance(array, np.ma.MaskedArray):
        array = array.astype(np.float64).filled(np.nan)  # type: ignore[attr-defined]
    if isinstance(array, np.memmap) and array.dtype == np.float64 and array.flags.c_contiguous:
        return cast("FloatArray", array)
    with np.errstate(over="ignore"):  # a long double above 1e308 becomes infinite, which is reported as such
        # not ascontiguousarray: it would turn a number into an array of one dimension
        return np.asarray(array, dtype=np.float64, order="C")


def _numbers_of_objects(array: Any, name: str) -> FloatArray:
    """Numbers of an object array; missing values become NaN, and text is not parsed."""
    numbers_found = np.empty(array.shape)
    for i, value in enumerate(array.flat):
        if value is None or _is_missing(value):
            numbers_found.flat[i] = np.nan
        elif isinstance(value, (numbers.Real, decimal.Decimal, np.bool_)):
            numbers_found.flat[i] = _as_float(value)
        else:
            where = place(np.unravel_index(i, array.shape), array.ndim)
            raise InvalidDataError(f"{name} holds {value!r:.80} at {where}, which is not a number")
    return numbers_found


def _is_missing(value: Any) -> bool:
    """None, NaN, and the missing values of pandas, told by name so that pandas is not imported."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, (numbers.Real, decimal.Decimal)) and bool(value != value)


def first_non_number(values: Any) -> int | None:
    """Where the first entry of a (k,) array is text, a date or a duration; text that spells a number is one.

    Examples
    --------
    >>> first_non_number(np.array([1.0, "2", "male"], dtype=object))
    2
    """
    if values.dtype.kind in "mM":
        return 0 if values.size else None
    if values.dtype.kind not in "OUS":
        return None
    for i, value in enumerate(values.tolist()):
        if isinstance(value, (str, bytes)):
            try:
                float(value)
            except ValueError:
                return i
        elif hasattr(value, "isoformat") or hasattr(value, "total_seconds"):
            return i
    return None


def require_finite(array: FloatArray, name: str) -> None:
    """Refuse NaN and infinity, naming the first place; one pass over the rows, no array-sized temporary.

    Examples
    --------
    >>> require_finite(np.ones(3), "x")
    """
    if array.size == 0 or math.isfinite(_chunked_sum(array)):
        return
    flat = array.reshape(-1)
    for start in range(0, flat.size, 2**20):
        bad = np.flatnonzero(~np.isfinite(flat[start : start + 2**20]))
        if bad.size:
            where = place(np.unravel_index(start + bad[0], array.shape), array.ndim)
            raise InvalidDataError(f"{name} has {flat[start + bad[0]]} at {where}; remove or impute it first")


def _chunked_sum(array: FloatArray) -> float:
    """A finite sum proves that all terms are finite; the reverse is checked by the caller."""
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.sum(array))


def place(index: Sequence[Any], ndim: int) -> str:
    """An index in words.

    Examples
    --------
    >>> place((3, 1), 2)
    'row 3, column 1'
    """
    words = ("row", "column") if ndim == 2 else ("index", "index", "index")
    if ndim == 0:
        return "the only element"
    if ndim > 2:
        return "index (" + ", ".join(str(int(i)) for i in index) + ")"
    return ", ".join(f"{word} {int(i)}" for word, i in zip(words, index, strict=False))


def read_only(array: npt.NDArray[_T]) -> npt.NDArray[_T]:
    """A view that cannot be written to; kernels see one type whether data come from a user or from joblib's memmaps.

    Examples
    --------
    >>> read_only(np.ones(2)).flags.writeable
    False
    """
    view = array.view()
    view.flags.writeable = False
    return view


def nonnegative(array: FloatArray, name: str) -> FloatArray:
    """Refuse negative numbers, naming the first.

    Examples
    --------
    >>> nonnegative(np.zeros((1, 2)), "masses").shape
    (1, 2)
    """
    if array.size and np.min(array) < 0:
        index = np.unravel_index(int(np.argmax(array < 0)), array.shape)
        raise InvalidDataError(f"{name} has {array[index]} at {place(index, array.ndim)}; it must not be negative")
    return array


def group_codes(groups: Any, name: str, *, n: int | None = None) -> tuple[IntArray, tuple[Any, ...]]:
    """Integer codes of group labels and the levels in order.

    Levels are sorted; those of a pandas categorical or a polars Enum keep their own order, and levels without a member
    are dropped.

    Parameters
    ----------
    groups : (n,) array_like
        Labels of any type that sorts: text, integers, booleans, dates.
    name : str
        The parameter's name in messages.
    n : int, optional
        The number of labels there must be.

    Returns
    -------
    codes : (n,) intp, read-only
    levels : tuple

    Raises
    ------
    InvalidDataError
        A label is missing, there are not n of them, or they do not sort.

    Examples
    --------
    >>> group_codes(["b", "a", "b"], "groups")[1]
    ('a', 'b')
    """
    order = _category_order(groups)
    labels = _labels(groups, name)
    if n is not None and len(labels) != n:
        raise InvalidDataError(f"{name} has {len(labels)} labels for {n} units")
    for i, label in enumerate(labels.tolist()):
        if _is_missing(label):
            raise InvalidDataError(f"{name} has a missing label at index {i}")
        if getattr(label, "__hash__", None) is None:
            raise InvalidDataError(f"{name} has {label!r:.80} at index {i}, which is not a label")
    try:
        levels, codes = np.unique(labels, return_inverse=True)
    except TypeError:
        raise InvalidDataError(f"{name} mixes labels that cannot be sorted, such as text and numbers") from None
    names = tuple(levels.tolist())
    if order is not None:
        wanted = [level for level in order if level in set(names)]
        position = np.array([wanted.index(level) for level in names], dtype=np.intp)
        codes, names = position[codes], tuple(wanted)
    return read_only(np.ascontiguousarray(codes, dtype=np.intp)), names


def _labels(groups: Any, name: str) -> npt.NDArray[Any]:
    """Labels as an array that has not turned numbers or missing values into text."""
    if groups is None or isinstance(groups, (str, bytes)):
        raise InvalidDataError(f"{name} is {groups!r:.80}; it must be one label a unit")
    if isinstance(groups, np.ma.MaskedArray):
        groups = np.where(np.ma.getmaskarray(groups), np.array(None), np.asarray(groups, dtype=object))
    if hasattr(groups, "dtype") or hasattr(groups, "__array__"):
        labels = np.asarray(groups)
    elif isinstance(groups, Iterable):
        labels = np.asarray(list(groups), dtype=object)
    else:
        raise InvalidDataError(f"{name} is {groups!r:.80}; it must be one label a unit")
    if labels.ndim != 1:
        raise InvalidDataError(f"{name} has shape {labels.shape}; it must be one label a unit")
    if labels.dtype.kind in "mM":
        if np.datetime_data(labels.dtype)[0] == "ns":  # for which tolist() gives integers
            labels = labels.astype(f"{labels.dtype.kind}8[us]")
        labels = np.array(labels.tolist(), dtype=object)
    return labels


def _category_order(groups: Any) -> list[Any] | None:
    """The order of levels that the column itself declares."""
    categories = getattr(getattr(groups, "dtype", None), "categories", None)
    return None if categories is None or not hasattr(categories, "to_numpy") else list(categories)
