"""Rows of a pool that stand in a design more than once: one row has one label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stattools._errors import InvalidDataError
from stattools._typing import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from stattools.wls.design import Design

AGREE = 1e-9  # relative difference of two labels that may be rounding
WHOLE = 1e-10  # one minus a leverage in the pool below which it is one


def copies_of(design: Design | None, n: int) -> IntArray | None:
    """(n,) the same number for copies of one row or point of a design; None where all are distinct.

    Examples
    --------
    >>> from stattools.wls import pool_design
    >>> copies_of(pool_design([[1.0], [100.0]], 3, method="leverage", rng=1), 3)
    array([0, 0, 0])
    """
    if design is None or design.n != n or design.n_unique == n:
        return None
    places = design.indices if design.indices is not None else design.points
    return np.asarray(np.unique(np.asarray(places), axis=0, return_inverse=True)[1]).ravel()


def exact_rows(design: Design) -> BoolArray | None:
    """(n,) rows of leverage one in the whole pool, which the fit to all rows reproduces; None without any.

    Examples
    --------
    >>> from stattools.wls import pool_design
    >>> exact_rows(pool_design([[1.0, 0.0], [0.0, 1.0], [0.0, 2.0]], 3, method="uniform", rng=1)).sum()
    np.int64(1)
    """
    if design.indices is None or design.n_pool is None:
        return None
    found = np.asarray((design.features**2).sum(axis=1) / design.n_pool > 1.0 - WHOLE)
    return found if found.any() else None


def check_labels(values: FloatArray, design: Design, name: str = "label") -> None:
    """Refuse two different labels of one row of a pool.

    Examples
    --------
    >>> from stattools.wls import pool_design
    >>> check_labels(np.array([5.0, 5.0, 5.0]), pool_design([[1.0], [100.0]], 3, method="leverage", rng=1))
    """
    copies = None if design.indices is None else copies_of(design, len(values))
    if copies is None:
        return
    columns = values.reshape(len(values), -1)
    first = np.unique(copies, return_index=True)[1][copies]
    differ = np.abs(columns - columns[first]) > AGREE * np.maximum(np.abs(columns), np.abs(columns[first]))
    if differ.any():
        i, k = (int(place) for place in np.argwhere(differ)[0])
        assert design.indices is not None
        raise InvalidDataError(
            f"row {design.indices[i]} of the pool stands in the design more than once, with the {name}s "
            f"{columns[first[i], k]:g} and {columns[i, k]:g}; one row has one {name}, see design.gather(labels). Of "
            "several measurements of a row, pass the mean"
        )


def first_copies(design: Design) -> IntArray:
    """Positions of the first copy of each row, ascending.

    Examples
    --------
    >>> from stattools.wls import pool_design
    >>> first_copies(pool_design([[1.0], [100.0]], 3, method="leverage", rng=1))
    array([0])
    """
    return np.sort(np.unique(np.asarray(design.indices), return_index=True)[1])


def row_words(design: Any, i: int, index: Any = None) -> str:
    """A row of a fit in words: its number in the pool, or its label.

    Examples
    --------
    >>> row_words(None, 3)
    'row 3'
    """
    pool = None if design is None else design.indices
    if index is not None and not (pool is None and index[i] == i):
        label = index[i].item() if isinstance(index[i], np.generic) else index[i]
        known = "" if pool is None else f"row {pool[i]} of the pool, "
        return f"{known}index {label!r}" if pool is None or label != pool[i] else f"row {pool[i]} of the pool"
    return f"row {i}" if pool is None else f"row {pool[i]} of the pool"
