"""Mutual information of a symbol and a mask, from tables of counts, in nats."""

from __future__ import annotations

import numpy as np

from stattools import _validation
from stattools._errors import InvalidParameterError
from stattools._typing import FloatArray

CORRECTIONS = ("miller-madow", "shrinkage", "jackknife")
LOG2 = float(np.log(2.0))


def information_of(counts: FloatArray, correction: str | None = None) -> FloatArray:
    """Mutual information of rows and columns of each table.

    Parameters
    ----------
    counts : (..., 2, K) float64
        Counts by mask and symbol; fractions are accepted.
    correction : {None, "miller-madow", "shrinkage", "jackknife"}
        None is the plug-in estimate, whose bias is upward, near ``(K - 1) / (2 N)`` for N counts. "miller-madow"
        subtracts it, by the cells that were seen. "shrinkage" mixes the table with the product of its margins, by the
        James-Stein share; it is right near independence and errs downward far from it. "jackknife" needs whole counts.

    Returns
    -------
    (...) float64
        In [0, ln 2].

    Raises
    ------
    InvalidParameterError
        The jackknife of counts that are not whole.

    References
    ----------
    Hausser and Strimmer (2009), JMLR 10, 1469-1484, for the share (their eq. 8, here with the product of the margins
    as the target).

    Examples
    --------
    >>> float(information_of(np.array([[10.0, 0.0], [0.0, 10.0]])))
    0.6931471805599453
    >>> float(information_of(np.array([[5.0, 5.0], [5.0, 5.0]])))
    0.0
    """
    tables = counts.reshape(-1, 2, counts.shape[-1])
    values = {None: _plug_in, "miller-madow": _miller_madow, "shrinkage": _shrunken, "jackknife": _jackknife}
    return values[correction](tables).reshape(counts.shape[:-2])


def _plug_in(tables: FloatArray) -> FloatArray:
    from stattools.bounds._kernels import table_information

    found: FloatArray = table_information(_validation.read_only(np.ascontiguousarray(tables)))
    return found


def _miller_madow(tables: FloatArray) -> FloatArray:
    seen = tables > 0
    rows, columns = seen.any(axis=2).sum(axis=1), seen.any(axis=1).sum(axis=1)
    total = np.maximum(tables.sum(axis=(1, 2)), 1e-300)
    added = (rows + columns - seen.sum(axis=(1, 2)) - 1) / (2.0 * total)
    return np.asarray(np.clip(_plug_in(tables) + added, 0.0, LOG2))


def _shrunken(tables: FloatArray) -> FloatArray:
    total = np.maximum(tables.sum(axis=(1, 2), keepdims=True), 1e-300)
    p = tables / total
    target = p.sum(axis=2, keepdims=True) * p.sum(axis=1, keepdims=True)
    apart = ((target - p) ** 2).sum(axis=(1, 2), keepdims=True)
    spread = (1.0 - (p**2).sum(axis=(1, 2), keepdims=True)) / np.maximum(total - 1.0, 1e-300)
    share = np.where(apart > 0, np.minimum(spread / np.maximum(apart, 1e-300), 1.0), 1.0)
    return _plug_in(share * target + (1.0 - share) * p)


def _jackknife(tables: FloatArray) -> FloatArray:
    if not (tables == np.round(tables)).all():
        raise InvalidParameterError("correction is 'jackknife'; it needs losses of 0 and 1, whose counts are whole")
    total = tables.sum(axis=(1, 2))
    whole, left_out = _plug_in(tables), np.zeros(len(tables))
    for u in range(2):
        for x in range(tables.shape[2]):
            less = tables.copy()
            less[:, u, x] = np.maximum(less[:, u, x] - 1.0, 0.0)
            left_out += tables[:, u, x] * _plug_in(less)
    with np.errstate(invalid="ignore"):
        mean = np.where(total > 0, left_out / np.maximum(total, 1.0), 0.0)
    return np.asarray(np.clip(total * whole - (total - 1.0) * mean, 0.0, LOG2))
