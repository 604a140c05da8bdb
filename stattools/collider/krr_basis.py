"""Coordinates in which kernel ridge regression is a ridge: all rows exactly, or the span of a few of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy.linalg

from stattools import _random
from stattools._typing import FloatArray, IntArray
from stattools.rkhs.cholesky import pivoted_cholesky
from stattools.rkhs.grams import Centring, centring
from stattools.rkhs.kernels import squared_distances
from stattools.rkhs.ridge import FeatureSpectrum, RidgePath, centred_spectrum, feature_spectrum
from stattools.rkhs.spectra import Spectrum, spectrum

NYSTROM_RANK = 600
NYSTROM_TOLERANCE = 1e-10


class Basis(Protocol):
    """What predictions need of the rows of a fit.

    width : number r of kernels, or features, of a new point that determine its coordinates.
    """

    @property
    def width(self) -> int: ...

    def kernels(self, new: FloatArray) -> FloatArray:
        """(k, r) kernels of new points with rows, up to what centring removes, or their features."""
        ...

    def coefficients(self, path: RidgePath, penalty: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(r, q) coefficients on kernels and (q,) constants of predictions; penalty : (q,)."""
        ...

    def coordinates(self, kernels: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(k, s) coordinates along the eigenvectors, and (k,) squared lengths of the (centred) features."""
        ...

    def products(self, one: FloatArray, two: FloatArray) -> FloatArray:
        """(k, l) products of the features of points, up to a constant."""
        ...


def kernel_values(new: FloatArray, points: FloatArray | None, *, centred: bool) -> FloatArray:
    """(k, r) Gaussian kernels of scaled points, less one if they will be centred.

    Centring removes the constant anyway, and without it long lengthscales cost no digits. Default points: the new ones.
    """
    # centred on the rows of the fit, so that no prediction depends on the others made with it
    squared = squared_distances(new) if points is None else squared_distances(points, new).T
    squared *= -0.5
    return np.expm1(squared, out=squared) if centred else np.exp(squared, out=squared)


@dataclass(frozen=True, eq=False)
class ExactBasis:
    """All rows. points : (n, d); learned : the centring, None without an intercept."""

    points: FloatArray
    spectrum: Spectrum
    learned: Centring | None

    @property
    def width(self) -> int:
        return len(self.points)

    def kernels(self, new: FloatArray) -> FloatArray:
        return kernel_values(new, self.points, centred=self.learned is not None)

    def coefficients(self, path: RidgePath, penalty: FloatArray) -> tuple[FloatArray, FloatArray]:
        dual = path.dual(penalty)
        if self.learned is None:
            return dual, path.mean
        return dual, np.asarray(path.mean - self.learned.column_means @ dual)  # the dual sums to zero

    def coordinates(self, kernels: FloatArray) -> tuple[FloatArray, FloatArray]:
        if self.learned is None:
            lengths, centred = np.ones(len(kernels)), kernels
        else:
            lengths = self.learned.grand_mean - 2.0 * kernels.mean(axis=1)  # the kernel less one is 0 at a point itself
            centred = self.learned.cross(kernels)
        return np.asarray(centred @ (self.spectrum.vectors / np.sqrt(self.spectrum.values))), np.asarray(lengths)

    def products(self, one: FloatArray, two: FloatArray) -> FloatArray:
        return kernel_values(one, two, centred=True)


@dataclass(frozen=True, eq=False)
class NystromBasis:
    """The span of the kernels of r rows.

    points : (r, d). lower : (r, r) triangular factor of their Gram matrix. residual : share of the trace of the Gram
    matrix of all rows that is left out.
    """

    points: FloatArray
    lower: FloatArray
    spectrum: FeatureSpectrum
    residual: float

    @property
    def width(self) -> int:
        return len(self.points)

    def kernels(self, new: FloatArray) -> FloatArray:
        return kernel_values(new, self.points, centred=False)

    def coefficients(self, path: RidgePath, penalty: FloatArray) -> tuple[FloatArray, FloatArray]:
        slopes = self.spectrum.right.T @ path.primal(penalty)
        constants = path.mean - self.spectrum.mean @ slopes
        found = scipy.linalg.solve_triangular(self.lower, slopes, lower=True, trans="T", check_finite=False)
        return np.asarray(found), np.asarray(constants)

    def coordinates(self, kernels: FloatArray) -> tuple[FloatArray, FloatArray]:
        features = scipy.linalg.solve_triangular(self.lower, kernels.T, lower=True, check_finite=False).T
        beyond = np.maximum(1.0 - np.square(features).sum(axis=1), 0.0)
        lengths = np.square(features - self.spectrum.mean).sum(axis=1) + beyond
        return self.spectrum.coordinates(features), np.asarray(lengths)

    def products(self, one: FloatArray, two: FloatArray) -> FloatArray:
        return kernel_values(one, two, centred=True)


def exact_basis(points: FloatArray, *, intercept: bool) -> ExactBasis:
    """All (n, d) rows, columns over their lengthscales; O(n^3)."""
    gram = kernel_values(points, None, centred=intercept)
    pairs = centred_spectrum(gram) if intercept else spectrum(gram)
    return ExactBasis(points, pairs, centring(gram) if intercept else None)


def nystrom_basis(
    points: FloatArray, *, intercept: bool, seed: np.random.SeedSequence, rank: int = NYSTROM_RANK
) -> NystromBasis:
    """At most `rank` rows, drawn by randomly pivoted Cholesky; O(n rank^2) time, 24 n rank bytes."""

    def columns(rows: IntArray) -> FloatArray:
        return kernel_values(points, np.ascontiguousarray(points[rows]), centred=False)

    found = pivoted_cholesky(
        columns, np.ones(len(points)), rank=rank, tol=NYSTROM_TOLERANCE, rng=_random.child_seed(seed, 0)
    )
    pairs = feature_spectrum(found.factor, centred=intercept)
    chosen = np.ascontiguousarray(points[found.pivots])
    return NystromBasis(chosen, found.factor[found.pivots], pairs, found.residual_trace / len(points))
