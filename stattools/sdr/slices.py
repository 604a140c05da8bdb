"""Slices of a response: groups of observations whose responses are alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import DegenerateDataError, InvalidDataError, InvalidParameterError
from stattools._typing import FloatArray, IntArray
from stattools.results import serialization

RULES = ("dr", "balanced")
FEWEST = 2
"""Observations that a slice of numbers has at least."""


@serialization.register
@dataclass(frozen=True, eq=False)
class Slices:
    """Observations in groups by their response.

    Attributes
    ----------
    codes : (n,) intp
        Slice of each observation, 0 to H - 1.
    names : tuple of str
        Levels, or intervals of numbers.
    levels : bool
        Slices are levels, of a category or of a number with few values.

    Examples
    --------
    >>> Slices(np.array([0, 1, 1]), ("a", "b"), True).sizes
    array([1, 2])
    """

    codes: IntArray
    names: tuple[str, ...]
    levels: bool

    def __post_init__(self) -> None:
        object.__setattr__(self, "codes", _validation.read_only(np.ascontiguousarray(self.codes, dtype=np.intp)))
        object.__setattr__(self, "names", tuple(self.names))

    @property
    def count(self) -> int:
        """Number of slices H."""
        return len(self.names)

    @property
    def sizes(self) -> IntArray:
        """(H,) observations in each."""
        return np.bincount(self.codes, minlength=self.count).astype(np.intp)

    @property
    def shares(self) -> FloatArray:
        """(H,) sizes over n."""
        return np.asarray(self.sizes / len(self.codes))

    @property
    def indicators(self) -> FloatArray:
        """(n, H) float64, one where an observation is in a slice."""
        return np.eye(self.count)[self.codes]


def slice_response(response: Any, *, n_slices: int | None, n_columns: int, rule: str = "dr") -> Slices:
    """Group observations by their response.

    Parameters
    ----------
    response : (n,) or (n, q) float64, or sequence of labels
        Labels, and numbers with at most `n_slices` values, have a slice for each.
    n_slices : int or None
        None is ``max(8, n_columns + 3)``, or n / 4 where that is less, and 2 at least.
    n_columns : int
        Columns of the predictor.
    rule : {"dr", "balanced"}, default "dr"
        "dr": n // n_slices observations or as many more as share the last value, from the smallest on, as the R package
        of this name does; what remains is a slice of its own, one or two observations join the last. "balanced": slices
        as equal as ties allow, of two observations at least.

    Returns
    -------
    Slices

    Raises
    ------
    DegenerateDataError
        The response is constant.

    Notes
    -----
    Equal responses are never parted. For q responses the slices of the first are sliced by the second, and so on, into
    the q-th root of `n_slices` each time, rounded up.

    Examples
    --------
    >>> slice_response(np.arange(20.0), n_slices=3, n_columns=1).sizes
    array([6, 6, 8])
    >>> slice_response(np.array(["b", "a", "b"]), n_slices=None, n_columns=1).names
    ('a', 'b')
    """
    values = np.asarray(response)
    n = len(values)
    if values.dtype.kind != "f":
        codes, labels = _validation.group_codes(response, "y")
        return _checked(Slices(codes, tuple(map(str, labels)), True))
    wanted = _default_count(n, n_columns) if n_slices is None else n_slices
    if values.ndim == 1:
        return _checked(_of_numbers(values, wanted, rule))
    return _checked(_nested(values, wanted, rule))


def require_rows(slices: Slices, *, labels: bool) -> None:
    """Refuse slices that have less than two rows each on average.

    Parameters
    ----------
    slices : Slices
    labels : bool
        Whether the response is labels, not numbers.

    Raises
    ------
    InvalidDataError
        Labels, see `require_repeated`.
    InvalidParameterError
        More than n / 2 slices of numbers.

    Notes
    -----
    With white predictors that know nothing of the response, sum_h f_h m_h m_h' over H slices with shares f_h and means
    m_h has the mean (H / n) I, while no eigenvalue exceeds 1: beyond n / 2 slices noise is the larger part of each, and
    with n slices it is the whole.

    Examples
    --------
    >>> require_rows(slice_response(np.arange(20.0), n_slices=10, n_columns=1), labels=False)
    """
    n = len(slices.codes)
    if labels:
        require_repeated(slices.count, n, "y")
    elif _are_too_many(slices.count, n):
        raise InvalidParameterError(
            f"y is cut into {slices.count} slices of {n} rows, less than two rows each on average, whose means are "
            f"little but noise; n_slices is at most {n // 2}, and much less as a rule"
        )


def require_repeated(count: int, n: int, name: str) -> None:
    """Refuse labels of which most rows have one of their own.

    Raises
    ------
    InvalidDataError

    Examples
    --------
    >>> require_repeated(2, 4, "y")
    """
    if not _are_too_many(count, n):
        return
    each = "one row each" if count == n else "less than two rows each on average"
    raise InvalidDataError(
        f"{name} holds {count} labels for {n} rows, {each}, and means by label are little but noise; convert numbers "
        "stored as text with pd.to_numeric, or join labels"
    )


def _are_too_many(count: int, n: int) -> bool:
    return count > 2 and 2 * count > n


def is_categorical(response: Any) -> bool:
    """Whether a response is labels: text, booleans, or a column that declares categories; integers are numbers.

    Examples
    --------
    >>> is_categorical(["a", "b"]), is_categorical([1, 2])
    (True, False)
    """
    if hasattr(getattr(response, "dtype", None), "categories"):
        return True
    if hasattr(response, "columns"):
        return False
    array = np.asarray(response, dtype=object) if isinstance(response, (list, tuple)) else np.asarray(response)
    if array.ndim != 1 or not array.size:
        return False
    if array.dtype.kind in "USb":
        return True
    return array.dtype.kind == "O" and all(isinstance(value, (str, bool)) for value in array.tolist())


def _checked(slices: Slices) -> Slices:
    if slices.count < 2:
        raise DegenerateDataError("all responses are equal, or so few differ that they make a single slice")
    return slices


def _default_count(n: int, n_columns: int) -> int:
    return max(2, min(max(8, n_columns + 3), n // 4))


def _of_numbers(values: FloatArray, wanted: int, rule: str) -> Slices:
    distinct, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    if len(distinct) <= wanted:
        return Slices(inverse.astype(np.intp), tuple(f"{value:.6g}" for value in distinct), True)
    of_value = _balanced(counts, wanted) if rule == "balanced" else _as_dr(counts, wanted)
    last = np.append(np.flatnonzero(np.diff(of_value)), len(distinct) - 1)
    first = np.append(0, last[:-1] + 1)
    names = tuple(f"{distinct[a]:.4g} to {distinct[b]:.4g}" for a, b in zip(first, last, strict=True))
    return Slices(of_value[inverse].astype(np.intp), names, False)


def _balanced(counts: IntArray, wanted: int) -> IntArray:
    """Slice of each distinct value, by the mean rank of its observations."""
    stops = np.cumsum(counts)
    wanted = min(wanted, max(2, int(stops[-1]) // FEWEST))
    slices = ((2 * stops - counts) * wanted // (2 * stops[-1])).astype(np.intp)
    slices = np.unique(slices, return_inverse=True)[1]
    sizes = np.bincount(slices, weights=counts)
    while len(sizes) > 2 and sizes.min() < FEWEST:
        alone = int(np.argmin(sizes))
        slices = slices - (slices >= max(alone, 1))  # joins the slice before, the first one the slice after
        sizes = np.bincount(slices, weights=counts)
    return np.asarray(slices, np.intp)


def _as_dr(counts: IntArray, wanted: int) -> IntArray:
    """Slice of each distinct value: at least n // wanted observations each, until fewer than two are left."""
    stops = np.cumsum(counts)
    n, step = int(stops[-1]), max(1, int(stops[-1]) // wanted)
    ends: list[int] = []
    covered = 0
    while covered < n - 2:
        ends.append(min(int(np.searchsorted(stops, covered + step)), len(stops) - 1))
        covered = int(stops[ends[-1]])
    ends[-1] = len(stops) - 1
    return np.searchsorted(np.array(ends), np.arange(len(stops))).astype(np.intp)


def _nested(values: FloatArray, wanted: int, rule: str) -> Slices:
    each = int(np.ceil(round(wanted ** (1 / values.shape[1]), 9)))
    codes, names, levels = np.zeros(len(values), np.intp), [""], True
    for column in values.T:
        parts = np.empty(len(values), np.intp)
        collected: list[str] = []
        for k, name in enumerate(names):
            own = np.flatnonzero(codes == k)
            inner = _of_numbers(column[own], each, rule)
            parts[own] = inner.codes + len(collected)
            levels &= inner.levels
            collected += [f"{name}, {more}".lstrip(", ") for more in inner.names]
        codes, names = parts, collected
    return Slices(codes, tuple(names), levels)


def require_pairs(slices: Slices, method: str) -> None:
    """Refuse slices of one observation where variances inside slices are needed.

    Raises
    ------
    InvalidDataError

    Examples
    --------
    >>> require_pairs(slice_response(np.arange(6.0), n_slices=3, n_columns=1), "SAVE")
    """
    small = np.flatnonzero(slices.sizes < FEWEST)
    if small.size:
        raise InvalidDataError(
            f"the slice {slices.names[small[0]]!r} has one observation; {method} needs two in each for its variance. "
            "Join or drop it, or use fewer slices"
        )
