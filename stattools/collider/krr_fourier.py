"""Kernel ridge regression by random Fourier features, for more rows than a factor of the Gram matrix could have."""

from __future__ import annotations

import collections
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools import _random
from stattools._typing import FloatArray, IntArray
from stattools.collider.features import Scaler
from stattools.rkhs.fourier import (
    FourierFeatures,
    StreamedRidge,
    accumulate,
    beside,
    fourier_features,
    over_rows,
    streamed_ridge,
)
from stattools.rkhs.kernels import gaussian_gram
from stattools.rkhs.ridge import RidgePath, Selection

N_FEATURES = 512
ROWS_FOR_ERROR = 200
CONSTANT = 1e-12
FREQUENCIES_KEY, ERROR_KEY = 0, 1


@dataclass(frozen=True, eq=False)
class FourierBasis:
    """Random features of points over their lengthscales, see `Basis`."""

    features: FourierFeatures
    path: StreamedRidge

    @property
    def width(self) -> int:
        return self.features.count

    def kernels(self, new: FloatArray) -> FloatArray:
        return self.features.of(new)

    def coefficients(self, path: RidgePath, penalty: FloatArray) -> tuple[FloatArray, FloatArray]:
        return self.path.linear(penalty)

    def coordinates(self, kernels: FloatArray) -> tuple[FloatArray, FloatArray]:
        lengths = np.square(kernels - self.path.feature_mean).sum(axis=1)
        return self.path.coordinates(kernels), np.asarray(lengths)

    def products(self, one: FloatArray, two: FloatArray) -> FloatArray:
        return np.asarray(self.features.of(one) @ self.features.of(two).T)


@dataclass(frozen=True, eq=False)
class StreamedFit:
    """From `fit_streamed`. selection : None if the penalty was given. penalty : (q,). Others : (n, q)."""

    path: StreamedRidge
    selection: Selection | None
    penalty: FloatArray
    fitted: FloatArray
    out_of_sample: FloatArray


def streamed_scaler(X: FloatArray) -> Scaler:
    """What `Scaler.fit` finds on (n, p) rows, which are read in blocks."""
    width = X.shape[1]
    # blocks are centred in place, hence copies
    moments = accumulate(lambda rows: np.array(X[rows], dtype=np.float64), len(X), width)
    scale = np.sqrt(np.diag(moments.scatter) / moments.count)
    kept: IntArray = np.flatnonzero(scale > CONSTANT * np.sqrt(moments.mean**2 + scale**2))
    return Scaler(moments.mean[kept], scale[kept], kept)


def fit_streamed(
    fill: Callable[[slice, FloatArray], Any], y: FloatArray, count: int, penalty: FloatArray | None, tune: str
) -> StreamedFit:
    """Ridge regression on features, with an unpenalised intercept; two passes over the rows.

    Parameters
    ----------
    fill : callable
        Called with a slice of rows and a (k, w) array with w >= count, whose first columns it overwrites.
    y : (n, q) float64
    count : int
        Features.
    penalty : (q,) float64, or None
        None chooses it.
    tune : {"reml", "gcv"}
    """
    n, q = y.shape
    path = streamed_ridge(accumulate(beside(fill, y, count), n, count + q).split(count))
    selection = path.select(tune) if penalty is None else None
    own = selection.penalty if selection is not None else np.asarray(penalty)
    fitted, outside = np.empty(y.shape), np.empty(y.shape)
    without = path.leave_one_out(own)

    def both(rows: slice) -> None:
        block = np.empty((rows.stop - rows.start, count))
        fill(rows, block)
        fitted[rows], outside[rows] = without.of(block, y[rows])

    collections.deque(over_rows(both, n), maxlen=0)
    return StreamedFit(path, selection, own, fitted, outside)


def draw_features(d: int, count: int, seed: np.random.SeedSequence) -> FourierFeatures:
    """The features of points over their lengthscales; d : columns, count : features, an even number."""
    return fourier_features(d, count, rng=_random.child_seed(seed, FREQUENCIES_KEY))


def remark_on(
    features: FourierFeatures, points: Callable[[slice], FloatArray], n: int, seed: np.random.SeedSequence
) -> str:
    """How well the features stand for the kernel; points : those of a slice of the n rows."""
    return (
        f"{features.count} random Fourier features stand for the kernel; their products differ from it by "
        f"{_error(features, points, n, seed):.2g} (root mean square over pairs of rows)"
    )


def _error(
    features: FourierFeatures, points: Callable[[slice], FloatArray], n: int, seed: np.random.SeedSequence
) -> float:
    """Root mean square error of the kernel over pairs of a few rows."""
    drawn = _random.generator(seed, ERROR_KEY).choice(n, min(n, ROWS_FOR_ERROR), replace=False)
    some = np.ascontiguousarray(np.vstack([points(slice(row, row + 1)) for row in np.sort(drawn)]))
    values = features.of(some)
    return float(np.sqrt(np.mean(np.square(values @ values.T - gaussian_gram(some)))))
