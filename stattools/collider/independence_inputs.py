"""What a user passes as y, a and b of an independence test, turned into standardised columns and categories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import DegenerateDataError, InvalidDataError, Notes
from stattools._typing import BoolArray, FloatArray, IntArray

FEWEST_ROWS = 5
ROUNDING = 4 * np.finfo(np.float64).eps
ROWS_PER_VALUE = 10
"""A numeric b with at most n / 10 distinct rows is used as categories."""


@dataclass(frozen=True, eq=False)
class Block:
    """The columns of one argument.

    Attributes
    ----------
    names : tuple of str
    contrast_names : tuple of str
        Of the columns of `contrasts`.
    numeric : (n, d) float64
        Columns of mean 0 and variance 1; constant ones are left out.
    scales : (d,) float64
        Standard deviations they had.
    indicators : tuple of (n, k) float64
        0-1 columns of each categorical column with at least two levels, a column for each level.
    n : int
    """

    names: tuple[str, ...]
    contrast_names: tuple[str, ...]
    numeric: FloatArray
    scales: FloatArray
    indicators: tuple[FloatArray, ...]
    n: int

    @property
    def constant(self) -> bool:
        """No column varies."""
        return not self.numeric.shape[1] and not self.indicators

    @property
    def categorical(self) -> bool:
        """Categories only."""
        return bool(self.indicators) and not self.numeric.shape[1]

    @property
    def one_category(self) -> bool:
        """A single categorical column."""
        return self.categorical and len(self.indicators) == 1

    def points(self) -> FloatArray:
        """(n, d) points: numeric columns, and indicators over root 2, so that two categories are at distance 1."""
        return np.ascontiguousarray(np.hstack([self.numeric, *(x / np.sqrt(2.0) for x in self.indicators)]))

    def contrasts(self) -> tuple[FloatArray, FloatArray]:
        """(n, q) columns for linear models, without first levels of categories, and (q,) what they were divided by."""
        dummies = [x[:, 1:] for x in self.indicators]
        return (
            np.ascontiguousarray(np.hstack([self.numeric, *dummies])),
            np.concatenate([self.scales, *(np.ones(x.shape[1]) for x in dummies)]),
        )


@dataclass(frozen=True, eq=False)
class Inputs:
    """Blocks of the three arguments on the rows that are used.

    Attributes
    ----------
    y, a : Block
    b : Block or None
    strata : (n,) intp or None
        Categories of b, when it is discrete.
    """

    y: Block
    a: Block
    b: Block | None
    strata: IntArray | None

    @property
    def n(self) -> int:
        return self.y.n

    @property
    def data_name(self) -> str:
        name = f"{', '.join(self.y.names)} and {', '.join(self.a.names)}"
        return name if self.b is None else f"{name} given {', '.join(self.b.names)}"


def read(y: Any, a: Any, b: Any, *, nan_policy: str, notes: Notes) -> Inputs:
    """Check the three arguments and drop rows with missing values when asked to.

    Raises
    ------
    InvalidDataError
        Lengths differ, a value is missing or infinite, or there is no column.
    DegenerateDataError
        Fewer than five rows.
    """
    _validation.choice(nan_policy, ("raise", "omit"), "nan_policy")
    given = {"y": y, "a": a} if b is None else {"y": y, "a": a, "b": b}
    columns = {name: _columns(values, name) for name, values in given.items()}
    lengths = {name: len(found[0][1]) for name, found in columns.items()}
    if len(set(lengths.values())) > 1:
        words = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise InvalidDataError(f"y, a and b must have one row a unit each; their rows number: {words}")
    kept = _kept_rows(columns, nan_policy, notes)
    n = int(kept.sum())
    if n < FEWEST_ROWS:
        raise DegenerateDataError(f"there are {n} rows; an independence test needs at least {FEWEST_ROWS}")
    blocks = {name: _block(found, kept) for name, found in columns.items()}
    given_block = blocks.get("b")
    if given_block is not None and given_block.constant:
        notes.remark(f"{', '.join(given_block.names)} does not vary: the test is unconditional")
        given_block = None
    strata = None if given_block is None else _strata(given_block, notes)
    return Inputs(blocks["y"], blocks["a"], given_block, strata)


# columns of an argument ----------------------------------------------------------------------------------------------
Column = tuple[str, Any, bool]  # a name, its values (float64 or object), and whether they are categories


def _columns(values: Any, name: str) -> list[Column]:
    if hasattr(values, "columns") and hasattr(values, "__getitem__"):
        found = [_column(values[label], str(label), str(label)) for label in _labels(values, name)]
    elif not isinstance(values, np.ndarray) and hasattr(values, "dtype") and hasattr(values, "to_numpy"):
        label = name if getattr(values, "name", None) in (None, "") else str(values.name)
        found = [_column(values, label, name)]
    else:
        array = _array(values, name)
        labels = [name] if array.shape[1] == 1 else [f"{name}[{j}]" for j in range(array.shape[1])]
        found = [_column(array[:, j], label, name) for j, label in enumerate(labels)]
    if not found or len(found[0][1]) == 0:
        raise InvalidDataError(f"{name} is empty; pass at least one column")
    return found


def _labels(values: Any, name: str) -> list[Any]:
    labels = list(getattr(values, "column_names", values.columns))  # pyarrow's columns are not their names
    if len(set(labels)) < len(labels):
        twice = next(label for label in labels if labels.count(label) > 1)
        raise InvalidDataError(f"{name} has more than one column {twice!r}; rename them")
    return labels


def _array(values: Any, name: str) -> Any:
    """(n, d) array of numbers, text or objects."""
    if values is None or isinstance(values, (str, bytes)):
        raise InvalidDataError(f"{name} is {values!r:.80}; pass one value a row")
    if hasattr(values, "toarray"):
        raise InvalidDataError(f"{name} is a sparse matrix; pass a dense array")
    try:
        array = np.asanyarray(values)
        if array.dtype.kind in "US" and not isinstance(values, np.ndarray):
            array = np.asarray(values, dtype=object)  # numbers and None in a list must not have become text
    except ValueError as error:
        raise InvalidDataError(f"{name} cannot be read as a rectangular array: {error}") from None
    if isinstance(array, np.ma.MaskedArray):
        array = np.where(np.ma.getmaskarray(array), np.array(None), np.asarray(array, dtype=object))
    if array.ndim not in (1, 2):
        raise InvalidDataError(f"{name} has shape {array.shape}; it must be (n,) or (n, d)")
    return array[:, None] if array.ndim == 1 else array


def _column(values: Any, label: str, name: str) -> Column:
    """Numbers as float64; booleans, text and declared categories as objects."""
    dtype = getattr(values, "dtype", None)
    text = str(dtype).lower()
    declared = any(word in text for word in ("category", "categorical", "enum", "bool", "str"))
    array = np.asarray(values)
    if not declared and array.dtype.kind == "O":
        present = [v for v in array.tolist() if not _missing(v)]
        declared = not all(_is_number(v) for v in present)
    if array.dtype.kind in "mM":
        raise InvalidDataError(f"{label} holds dates or durations; convert them to numbers or to text first")
    if declared or array.dtype.kind in "USb":
        return label, np.asarray(array, dtype=object), True
    return label, _validation.float_array(values, name, ndim=1, finite=False), False


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, (bool, np.bool_))


def _missing(value: Any) -> bool:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, (float, np.floating)) and bool(np.isnan(value))


def _kept_rows(columns: dict[str, list[Column]], nan_policy: str, notes: Notes) -> BoolArray:
    n = len(next(iter(columns.values()))[0][1])
    kept = np.ones(n, dtype=bool)
    for found in columns.values():
        for label, values, categorical in found:
            bad = np.array([_missing(v) for v in values.tolist()]) if categorical else np.isnan(values)
            if not categorical and np.isinf(values).any():
                row = int(np.argmax(np.isinf(values)))
                raise InvalidDataError(f"{label} has {values[row]} at row {row}; remove or impute it first")
            if bad.any() and nan_policy == "raise":
                row = int(np.argmax(bad))
                raise InvalidDataError(
                    f"{label} has a missing value (NaN) at row {row}; remove or impute it, or pass nan_policy='omit'"
                )
            kept &= ~bad
    if not kept.all():
        notes.remark(f"{n - int(kept.sum())} of {n} rows have a missing value and were omitted")
    return kept


def _block(found: list[Column], kept: BoolArray) -> Block:
    numeric, scales, indicators = [], [], []
    names: list[str] = []
    dummies: list[str] = []
    for label, values, categorical in found:
        if categorical:
            codes, levels = _validation.group_codes(values[kept], label)
            if len(levels) > 1:
                indicators.append(np.ascontiguousarray((codes[:, None] == np.arange(len(levels))).astype(np.float64)))
                dummies += [f"{label}[{level}]" for level in levels[1:]]
            continue
        standard, scale = _standardised(values[kept])
        if scale > 0:
            numeric.append(standard)
            scales.append(scale)
            names.append(label)
    n = int(kept.sum())
    stacked = np.column_stack(numeric) if numeric else np.empty((n, 0))
    labels = tuple(label for label, *_ in found)
    return Block(labels, (*names, *dummies), stacked, np.array(scales), tuple(indicators), n)


def _standardised(values: FloatArray) -> tuple[FloatArray, float]:
    """Values of mean 0 and variance 1, and the standard deviation they had; 0 where they are equal up to rounding."""
    largest = float(np.abs(values).max())
    if largest == 0 or float(np.ptp(values / largest)) <= ROUNDING:
        return values, 0.0
    scaled = values / largest
    scaled = scaled - scaled.mean()
    deviation = float(scaled.std())
    return scaled / deviation, deviation * largest


def _strata(b: Block, notes: Notes) -> IntArray | None:
    """Codes of the distinct rows of b when it is discrete."""
    rows = np.hstack([b.numeric, *b.indicators])
    if not b.categorical and not _repeats(b.numeric):
        return None
    codes = np.unique(rows, axis=0, return_inverse=True)[1].reshape(-1)
    n_values = int(codes.max()) + 1
    if not b.categorical:
        if n_values > b.n / ROWS_PER_VALUE:
            return None
        notes.remark(f"{', '.join(b.names)} takes {n_values} distinct values, which are used as categories")
    return np.asarray(codes, dtype=np.intp)


def _repeats(numeric: FloatArray) -> bool:
    """Whether every column alone has few enough distinct values; rules out continuous columns cheaply."""
    return all(len(np.unique(column)) <= len(column) / ROWS_PER_VALUE for column in numeric.T)
