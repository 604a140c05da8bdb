"""Columns of a vector predictor in coordinates in which their covariance is the identity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import qr, solve_triangular

from stattools import _validation
from stattools._errors import DegenerateDataError
from stattools._typing import FloatArray
from stattools.results import serialization


@serialization.register
@dataclass(frozen=True, eq=False)
class Whitening:
    """The map from columns to white coordinates, z = (x - mean) / spread R^{-1}.

    Attributes
    ----------
    mean, spread : (p,) float64
        Of the columns; spread with divisor n.
    factor : (p, p) float64
        Upper triangular R; R' R is the correlation matrix, plus the ridge.
    ridge : float

    Examples
    --------
    >>> x = np.random.default_rng(1).normal(size=(20, 2)) * [1.0, 5.0]
    >>> z = whitening(x).apply(x)
    >>> (z.T @ z / 20).round(6) + 0.0
    array([[1., 0.],
           [0., 1.]])
    """

    mean: FloatArray
    spread: FloatArray
    factor: FloatArray
    ridge: float

    def __post_init__(self) -> None:
        for name in ("mean", "spread", "factor"):
            object.__setattr__(self, name, _validation.read_only(np.ascontiguousarray(getattr(self, name))))

    def apply(self, x: FloatArray) -> FloatArray:
        """(k, p) white coordinates of rows."""
        scaled = (x - self.mean) / self.spread
        return np.ascontiguousarray(solve_triangular(self.factor, scaled.T, trans="T", check_finite=False).T)

    def coefficients(self, directions: FloatArray) -> FloatArray:
        """(p, k) coefficients of the columns, from (p, k) directions in white coordinates."""
        return np.asarray(solve_triangular(self.factor, directions, check_finite=False) / self.spread[:, None])


def whitening(x: FloatArray, *, ridge: float = 0.0, names: Sequence[str] | None = None) -> Whitening:
    """White coordinates by a QR factorization of the standardized columns.

    Parameters
    ----------
    x : (n, p) float64
    ridge : float, default 0
        Added to the correlation matrix's diagonal, so that it does not depend on the units of the columns.
    names : sequence of str, optional

    Returns
    -------
    Whitening

    Raises
    ------
    DegenerateDataError
        A column is constant; or, without a ridge, columns are linearly dependent in these rows.

    Notes
    -----
    O(n p^2).

    Examples
    --------
    >>> whitening(np.array([[0.0], [2.0]])).spread
    array([1.])
    """
    n, p = x.shape
    labels = [f"x{j + 1}" for j in range(p)] if names is None else list(names)
    mean = x.mean(axis=0)
    centred = x - mean
    spread = np.sqrt(np.mean(centred**2, axis=0))
    for j in np.flatnonzero(spread <= 8 * np.finfo(float).eps * np.abs(x).max(axis=0)):
        raise DegenerateDataError(f"column {labels[j]!r} of X is constant; drop it")
    rows = centred / (spread * np.sqrt(n))
    if ridge > 0:
        rows = np.vstack([rows, np.sqrt(ridge) * np.eye(p)])
    elif n <= p:
        raise DegenerateDataError(
            f"X has {n} rows for {p} columns; without a ridge there must be more rows than columns. Give ridge= a "
            "positive number, or drop columns"
        )
    else:
        _require_independent(rows, labels)
    factor = np.asarray(np.linalg.qr(rows, mode="r"))
    return Whitening(mean, spread, factor, ridge)


def _require_independent(rows: FloatArray, labels: Sequence[str]) -> None:
    _, triangle, order = qr(rows, mode="economic", pivoting=True, check_finite=False)
    pivots = np.abs(np.diag(triangle))
    bad = np.flatnonzero(pivots <= len(rows) * np.finfo(float).eps * pivots[0])
    if bad.size:
        raise DegenerateDataError(
            f"column {labels[order[bad[0]]]!r} of X is a linear combination of the others in these {len(rows)} rows; "
            "drop it, or give ridge= a positive number"
        )
