"""Kernel ridge regression by random Fourier features, for more rows than a factor of the Gram matrix could have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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
    row_blocks,
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


@dataclass(frozen=True, eq=False)
class FourierFit:
    """From `fit_fourier`. selection : None if the penalty was given. penalty : (q,). fitted, out_of_sample : (n, q)."""

    basis: FourierBasis
    path: StreamedRidge
    selection: Selection | None
    penalty: FloatArray
    fitted: FloatArray
    out_of_sample: FloatArray
    remark: str


def streamed_scaler(X: FloatArray) -> Scaler:
    """What `Scaler.fit` finds on (n, p) rows, which are read in blocks."""
    width = X.shape[1]
    # blocks are centred in place, hence copies
    moments = accumulate((np.array(X[rows], dtype=np.float64) for rows in row_blocks(len(X))), width)
    scale = np.sqrt(np.diag(moments.scatter) / moments.count)
    kept: IntArray = np.flatnonzero(scale > CONSTANT * moments.size)
    return Scaler(moments.mean[kept], scale[kept], kept)


def fit_fourier(
    points: Callable[[slice], FloatArray],
    y: FloatArray,
    penalty: FloatArray | None,
    tune: str,
    *,
    d: int,
    count: int,
    seed: np.random.SeedSequence,
) -> FourierFit:
    """Ridge regression on random features, with an unpenalised intercept; two passes over the rows.

    Parameters
    ----------
    points : callable
        The (k, d) points, over their lengthscales, of a slice of rows.
    y : (n, q) float64
    penalty : (q,) float64, or None
        None chooses it.
    tune : {"reml", "gcv"}
    d, count : int
        Columns, and features, an even number.
    seed : SeedSequence
    """
    features = fourier_features(d, count, rng=_random.child_seed(seed, FREQUENCIES_KEY))
    blocks = beside(lambda rows, out: features.of(points(rows), out), y, count)
    path = streamed_ridge(accumulate(blocks, count + y.shape[1]), count)
    selection = path.select(tune) if penalty is None else None
    own = selection.penalty if selection is not None else np.asarray(penalty)
    fitted, outside = np.empty(y.shape), np.empty(y.shape)
    without = path.leave_one_out(own)
    for rows in row_blocks(len(y)):
        fitted[rows], outside[rows] = without.of(features.of(points(rows)), y[rows])
    remark = (
        f"{count} random Fourier features stand for the kernel; their products differ from it by "
        f"{_error(features, points, len(y), seed):.2g} (root mean square over pairs of rows)"
    )
    return FourierFit(FourierBasis(features, path), path, selection, own, fitted, outside, remark)


def _error(
    features: FourierFeatures, points: Callable[[slice], FloatArray], n: int, seed: np.random.SeedSequence
) -> float:
    """Root mean square error of the kernel over pairs of a few rows."""
    drawn = _random.generator(seed, ERROR_KEY).choice(n, min(n, ROWS_FOR_ERROR), replace=False)
    some = np.ascontiguousarray(np.vstack([points(slice(row, row + 1)) for row in np.sort(drawn)]))
    values = features.of(some)
    return float(np.sqrt(np.mean(np.square(values @ values.T - gaussian_gram(some)))))
