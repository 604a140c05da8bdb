"""Feature maps of constraint columns: a projection is a penalised regression on their values.

Each map is frozen at its fit. ``map.of(columns)`` is a (k, r) array; the constant is never among the features.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from stattools._typing import BoolArray, FloatArray, IntArray, Seed
from stattools.rkhs import gaussian_gram, pivoted_cholesky
from stattools.rkhs.fourier import FourierFeatures, fourier_features
from stattools.rkhs.kernels import lexicographic_order

SPLINE_PIECES = 8
LINEAR_RIDGE = 1e-3  # what a straight line costs beside curvature, in the penalty of splines


class FeatureMap(Protocol):
    """Maps (k, d) columns to (k, r) features."""

    def of(self, columns: FloatArray) -> FloatArray: ...


@dataclass(frozen=True)
class Scaler:
    """Columns less their mean, over their standard deviation; constant columns are left out. mean, scale : (d,)."""

    mean: FloatArray
    scale: FloatArray
    kept: IntArray

    @classmethod
    def fit(cls, columns: FloatArray) -> Scaler:
        mean, scale = columns.mean(axis=0), columns.std(axis=0)
        kept = np.flatnonzero(cls.varies(columns))
        return cls(mean[kept], scale[kept], kept)

    @staticmethod
    def varies(columns: FloatArray) -> BoolArray:
        """(d,) whether a column varies by more than rounding."""
        largest = np.abs(columns).max(axis=0, initial=0.0)
        return np.asarray(columns.std(axis=0) > 1e-12 * np.maximum(np.abs(columns.mean(axis=0)), largest))

    def of(self, columns: FloatArray) -> FloatArray:
        return np.asarray((columns[:, self.kept] - self.mean) / self.scale)


@dataclass(frozen=True)
class Linear:
    """The columns themselves, scaled."""

    scaler: Scaler

    @classmethod
    def fit(cls, columns: FloatArray) -> Linear:
        return cls(Scaler.fit(columns))

    def of(self, columns: FloatArray) -> FloatArray:
        return self.scaler.of(columns)


@dataclass(frozen=True)
class Mixed:
    """Linear combinations of the columns less their means. mean : (d,); mixing : (d, r)."""

    mean: FloatArray
    mixing: FloatArray

    @classmethod
    def fit(cls, columns: FloatArray, mixing: FloatArray) -> Mixed:
        return cls(columns.mean(axis=0), mixing)

    def of(self, columns: FloatArray) -> FloatArray:
        return np.asarray((columns - self.mean) @ self.mixing)


@dataclass(frozen=True)
class Cells:
    """One indicator for each combination of levels; a combination that was never seen has none. levels : (c, d)."""

    levels: FloatArray

    @classmethod
    def fit(cls, columns: FloatArray) -> Cells:
        return cls(np.unique(columns, axis=0))

    def of(self, columns: FloatArray) -> FloatArray:
        return np.asarray((columns[:, None, :] == self.levels[None]).all(axis=2), dtype=np.float64)


@dataclass(frozen=True)
class Splines:
    """Additive cubic B-splines in each column, turned so that a ridge on them penalises curvature.

    knots : (d, pieces + 7). turns : (d, pieces + 3, r).
    """

    scaler: Scaler
    knots: FloatArray
    turns: FloatArray

    @classmethod
    def fit(cls, columns: FloatArray, *, pieces: int = SPLINE_PIECES) -> Splines:
        scaler = Scaler.fit(columns)
        values = scaler.of(columns)
        size = pieces + 3
        if values.shape[1] == 0:
            return cls(scaler, np.empty((0, pieces + 7)), np.empty((0, size, 0)))
        knots, turns = [], []
        for column in values.T:
            knots.append(_knots(column, pieces))
            basis = _bsplines(column, knots[-1])
            turns.append(_curvature_coordinates(basis - basis.mean(axis=0)))
        return cls(scaler, np.array(knots), np.array(turns))

    def of(self, columns: FloatArray) -> FloatArray:
        values = self.scaler.of(columns)
        parts = [_bsplines(values[:, j], self.knots[j]) @ self.turns[j] for j in range(values.shape[1])]
        return np.hstack(parts) if parts else np.empty((len(columns), 0))


def _knots(column: FloatArray, pieces: int) -> FloatArray:
    """Equally spaced over the range: the penalty on differences of coefficients is then one on curvature."""
    low, high = column.min(), column.max()
    step = (high - low) / pieces
    return np.asarray(low + step * np.arange(-3, pieces + 4))


def _bsplines(column: FloatArray, knots: FloatArray) -> FloatArray:
    """(k, pieces + 3) cubic B-splines, held constant outside the range of the fit."""
    from scipy.interpolate import BSpline

    inside = np.clip(column, knots[3], knots[-4])
    return np.asarray(BSpline.design_matrix(inside, knots, 3).toarray())


def _curvature_coordinates(basis: FloatArray) -> FloatArray:
    """(p, p - 1) coordinates in which the ridge is curvature plus a little of the size of the function.

    With G the Gram matrix of the centred basis and P the matrix of squared second differences, G v = g (P + e G) v
    turns the penalty c' (P + e G) c into the squared length of coordinates.
    """
    from scipy.linalg import eigh

    p = basis.shape[1]
    gram = basis.T @ basis / len(basis)
    difference = np.diff(np.eye(p), n=2, axis=0)
    rough = difference.T @ difference
    scale = np.trace(gram) / p
    # the constant costs nothing in either; a trace of the identity keeps the matrix definite
    penalty = rough + (LINEAR_RIDGE / scale) * gram + 1e-9 * np.eye(p)
    _, vectors = eigh(gram, penalty)
    return np.asarray(vectors[:, 1:])  # the first is the constant


@dataclass(frozen=True)
class Kernel:
    """Coordinates of a Gaussian kernel by a pivoted Cholesky factor, exact to its tolerance unless the rank is cut.

    centres : (r, d) scaled pivots. triangle : (r, r) lower factor of their Gram matrix. residual : share of the trace
    that the factor leaves out.
    """

    scaler: Scaler
    lengthscale: float
    centres: FloatArray
    triangle: FloatArray
    residual: float

    @classmethod
    def fit(cls, columns: FloatArray, *, lengthscale: float, rank: int) -> Kernel:
        scaler = Scaler.fit(columns)
        values = scaler.of(columns)
        values = np.ascontiguousarray(values[lexicographic_order(values)])  # the first pivot is that of any row order
        n = len(values)

        def block(indices: IntArray) -> FloatArray:
            return np.asarray(gaussian_gram(values, np.ascontiguousarray(values[indices]), lengthscale=lengthscale))

        factor = pivoted_cholesky(block, np.ones(n), rank=min(rank, n), tol=1e-6, pivoting="greedy")
        pivots = np.asarray(factor.pivots)
        return cls(
            scaler, lengthscale, values[pivots], np.asarray(factor.factor)[pivots], float(factor.residual_trace) / n
        )

    def of(self, columns: FloatArray) -> FloatArray:
        from scipy.linalg import solve_triangular

        values = np.ascontiguousarray(self.scaler.of(columns))
        cross = gaussian_gram(values, self.centres, lengthscale=self.lengthscale)
        return np.ascontiguousarray(solve_triangular(self.triangle, cross.T, lower=True).T)


@dataclass(frozen=True)
class Fourier:
    """Random Fourier features, whose products average to a Gaussian kernel."""

    scaler: Scaler
    features: FourierFeatures

    @classmethod
    def fit(cls, columns: FloatArray, *, lengthscale: float, count: int, rng: Seed) -> Fourier:
        scaler = Scaler.fit(columns)
        return cls(scaler, fourier_features(len(scaler.kept), count, lengthscale=lengthscale, rng=rng))

    def of(self, columns: FloatArray) -> FloatArray:
        return self.features.of(self.scaler.of(columns))


def is_discrete(columns: FloatArray, *, cells: int = 20, rows_each: float = 5.0) -> bool:
    """Whether the rows fall into few cells that hold enough rows for a mean each. columns : (n, d)."""
    if columns.shape[1] == 0 or len(np.unique(columns[:, 0])) > cells:
        return False
    count = len(np.unique(columns, axis=0))
    return count <= min(cells, len(columns) / rows_each)
