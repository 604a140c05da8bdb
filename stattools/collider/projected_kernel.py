"""Kernels whose functions respect an independence: a product kernel less its conditional mean.

With columns C that no constraint names and columns S = (A, B), the kernel is k = r(C) l(S). The mean of its feature
given S is the mean of the feature of r, times the feature of l, so only features of C are regressed on S.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools._typing import FloatArray, IntArray
from stattools.collider import features
from stattools.collider.features import Scaler
from stattools.rkhs.conditional import ConditionalEmbedding, embedding_gcv, fit_conditional_embedding
from stattools.rkhs.grams import Centring, centring
from stattools.rkhs.ridge import FeatureSpectrum, centred_spectrum, feature_spectrum
from stattools.rkhs.spectra import spectrum

MULTIPLES = (1.0, 2.0, 4.0, 8.0)
"""Lengthscales of the conditioning kernel, in units of half the root mean square distance of two rows."""
MOST_FEATURES = 300
"""Of the conditioning kernel."""


def gaussian(new: FloatArray, points: FloatArray, *, less_one: bool = False) -> FloatArray:
    """(k, N) Gaussian kernels of rows that were centred and divided by their lengthscales; less one if asked for.

    Distances by products alone: rows that nearly coincide lose digits of their distance, and none of the kernel.
    """
    squared = new @ points.T
    squared -= 0.5 * np.einsum("ij,ij->i", new, new)[:, None]
    squared -= 0.5 * np.einsum("ij,ij->i", points, points)
    np.minimum(squared, 0.0, out=squared)
    return np.expm1(squared, out=squared) if less_one else np.exp(squared, out=squared)


# features of the columns that no constraint names --------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class RestFeatures:
    """Features u of C with u(c)'u(c') = r(c, c') for rows of the span.

    points : (m, d) scaled landmarks. turn : (m, q) from kernels with them. centring : of the kernel of the landmarks,
    or None. plus_one : whether the kernel is r + 1. values : (N, q) of the rows of the fit.
    """

    points: FloatArray
    turn: FloatArray
    centring: Centring | None
    plus_one: bool
    values: FloatArray

    def of(self, columns: FloatArray) -> FloatArray:
        """(k, q) features of (k, d) scaled columns."""
        return self.of_kernels(gaussian(columns, self.points, less_one=self.centring is not None))

    def of_kernels(self, cross: FloatArray) -> FloatArray:
        """(k, q) features from kernels with the landmarks, less one if they are centred."""
        if self.plus_one:
            cross = cross + 1.0
        shift = 0.0 if self.centring is None else self.centring.column_means @ self.turn
        return np.asarray(cross @ self.turn - shift)

    def beyond(self, columns: FloatArray) -> FloatArray:
        """(k,) squared length of the (centred) feature of r that the landmarks do not span."""
        cross = gaussian(columns, self.points, less_one=self.centring is not None)
        found = np.square(self.of_kernels(cross)).sum(axis=1)
        if self.centring is None:
            return np.asarray(np.maximum(1.0 + float(self.plus_one) - found, 0.0))
        return np.asarray(np.maximum(self.centring.grand_mean - 2.0 * cross.mean(axis=1) - found, 0.0))


def rest_features(columns: FloatArray, landmarks: IntArray | None, *, centred: bool) -> RestFeatures:
    """Features of (N, d) scaled columns from all rows, exactly, or from the span of some; O(m^3 + N m q).

    Centred ones have mean zero over the landmarks. Otherwise the kernel is r + 1.
    """
    points = columns if landmarks is None else np.ascontiguousarray(columns[landmarks])
    gram = gaussian(points, points, less_one=centred)
    learned = centring(gram) if centred else None
    pairs = centred_spectrum(gram) if centred else spectrum(gram + 1.0)
    turn = pairs.vectors / np.sqrt(pairs.values)
    made = RestFeatures(points, turn, learned, not centred, np.empty((0, 0)))
    values = pairs.features if landmarks is None else made.of(columns)
    return RestFeatures(points, turn, learned, not centred, values)


# their means given other columns -------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class Conditions:
    """Conditioning columns with what all regressions on them share.

    spectra : for each lengthscale. maps : from columns to what `ConditionalEmbedding` takes of new rows. lengthscales :
    tried.
    """

    spectra: tuple[Any, ...]
    maps: tuple[Any, ...]
    lengthscales: tuple[float, ...]

    @classmethod
    def tried(cls, columns: FloatArray) -> Conditions:
        """Gaussian kernels of four lengthscales on scaled columns, at most 300 features each. columns : (N, d)."""
        width = max(len(Scaler.fit(columns).kept), 1)
        scales = tuple(multiple * float(np.sqrt(width / 2.0)) for multiple in MULTIPLES)
        maps = tuple(features.Kernel.fit(columns, lengthscale=scale, rank=MOST_FEATURES) for scale in scales)
        return cls(tuple(feature_spectrum(one.of(columns)) for one in maps), maps, scales)

    def fit(self, outcomes: FloatArray, penalty: float | str) -> ConditionalMean:
        """Regress (N, q) features on the columns, by the lengthscale of the smallest GCV."""
        values = _not_square(outcomes)
        fits = []
        for pairs, one, scale in zip(self.spectra, self.maps, self.lengthscales, strict=True):
            found = fit_conditional_embedding(pairs, values, penalty=penalty)
            least = float(embedding_gcv(pairs, values, np.array([found.penalty]))[0])
            fits.append((least, scale, ConditionalMean(found, one, scale)))
        return min(fits, key=lambda fit: fit[:2])[2]


def _not_square(outcomes: FloatArray) -> FloatArray:
    """As many features as rows would be read as a Gram matrix; a column of zeros changes nothing else."""
    n, q = outcomes.shape
    return np.hstack([outcomes, np.zeros((n, 1))]) if q == n else outcomes


@dataclass(frozen=True, eq=False)
class ConditionalMean:
    """An embedding and the map of new columns to what it takes. lengthscale : of the conditioning kernel."""

    embedding: ConditionalEmbedding
    of_columns: Any
    lengthscale: float

    @property
    def rank(self) -> int:
        """Features of the conditioning kernel."""
        return len(self.embedding.spectrum.values)

    def weights(self, columns: FloatArray) -> FloatArray:
        """(k, N) weights on the rows, for (k, d) columns."""
        return self.embedding.weights(self.of_columns.of(columns))

    def compiled(self, values: FloatArray) -> CompiledMean:
        """The same for (N, q) values at the rows, with what predictions need precomputed."""
        own = self.embedding
        pairs = own.spectrum
        constant = values.mean(axis=0) if own.centred else np.zeros(values.shape[1])
        slopes = pairs.vectors.T @ values
        if isinstance(pairs, FeatureSpectrum):
            slopes *= (np.sqrt(pairs.values) / (pairs.values + own.penalty))[:, None]
            turned = pairs.right.T @ slopes
            return CompiledMean(self.of_columns, turned, constant - pairs.mean @ turned)
        turned = pairs.vectors @ (slopes / (pairs.values + own.penalty)[:, None])
        if own.centring is not None:  # columns of `turned` sum to zero, which does the rest of the centring
            constant = constant - own.centring.column_means @ turned
        return CompiledMean(self.of_columns, turned, constant)


@dataclass(frozen=True, eq=False)
class CompiledMean:
    """(k, q) conditional means of features as an affine function of what a map makes of columns."""

    of_columns: Any
    slopes: FloatArray
    constant: FloatArray

    def of(self, columns: FloatArray) -> FloatArray:
        return np.asarray(self.of_columns.of(columns) @ self.slopes + self.constant)


@dataclass(frozen=True, eq=False)
class GaussianMap:
    """Kernels with fixed rows. points : (N, d) over the lengthscale."""

    points: FloatArray
    lengthscale: float

    def of(self, columns: FloatArray) -> FloatArray:
        return gaussian(columns / self.lengthscale, self.points)


def fixed_conditions(
    columns: FloatArray, outcomes: FloatArray, *, lengthscale: float, penalty: float | str, centred: bool
) -> ConditionalMean:
    """A conditional mean with a lengthscale that is given, from the whole (N, N) Gram matrix; O(N^3)."""
    one = GaussianMap(np.ascontiguousarray(columns / lengthscale), lengthscale)
    gram = gaussian(one.points, one.points)
    found = fit_conditional_embedding(gram, _not_square(outcomes), penalty=penalty, centred=centred)
    return ConditionalMean(found, one, lengthscale)


# kernels -------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class Units:
    """Columns less their centre, over their scale. centre, scale : (p,)."""

    centre: FloatArray
    scale: FloatArray

    @classmethod
    def of_rows(cls, X: FloatArray, *, standardise: bool = True) -> Units:
        """Mean and standard deviation; scale one for columns that are constant, or for all. X : (N, p)."""
        scale = np.ones(X.shape[1])
        if standardise:
            found = Scaler.fit(X)
            scale[found.kept] = found.scale
        return cls(X.mean(axis=0), scale)

    def of(self, X: FloatArray) -> FloatArray:
        return np.asarray((X - self.centre) / self.scale)


@dataclass(frozen=True, eq=False)
class Points:
    """What a projected kernel needs of k rows.

    residual : (k, q) features of C less their conditional mean. joint : (k, d) columns S over the lengthscale, or None
    where the kernel has no such factor. given : (k, e) columns B over the lengthscale, or None.
    """

    residual: FloatArray
    joint: FloatArray | None
    given: FloatArray | None


@dataclass(frozen=True, eq=False)
class ProjectedKernel:
    """The kernel of one constraint: l(S, S') <u(C) - m(S), u(C') - m(S')>, and with B also share l_B(B, B').

    units : of columns. rest, joint, given : indices of C, S and B. rest_scale, joint_scale : lengthscales. features :
    u. mean : m. share : 0 without B.
    """

    units: Units
    rest: tuple[int, ...]
    joint: tuple[int, ...]
    given: tuple[int, ...]
    rest_scale: float
    joint_scale: float
    features: RestFeatures
    mean: CompiledMean
    embedding: ConditionalMean
    share: float

    def at(self, X: FloatArray) -> Points:
        """The rows (k, p) ready for `cross`."""
        z = self.units.of(X)
        joint = z[:, self.joint]
        residual = self.features.of(z[:, self.rest] / self.rest_scale) - self.mean.of(joint)
        given = z[:, self.given] / self.joint_scale if self.given else None
        return Points(residual, joint / self.joint_scale, given)

    def cross(self, new: Points, rows: Points) -> FloatArray:
        """(k, n) kernels."""
        return cross_kernels(new, rows, self.share)

    def lengths(self, X: FloatArray, points: Points) -> FloatArray:
        """(k,) kernels of rows with themselves."""
        beyond = self.features.beyond(self.units.of(X)[:, self.rest] / self.rest_scale)
        return np.asarray(np.square(points.residual).sum(axis=1) + beyond + self.share)


def cross_kernels(new: Points, rows: Points, share: float) -> FloatArray:
    """(k, n) kernels of a `ProjectedKernel`."""
    found = new.residual @ rows.residual.T
    if new.joint is not None and rows.joint is not None:
        found *= gaussian(new.joint, rows.joint)
    if new.given is not None and rows.given is not None:
        found += share * gaussian(new.given, rows.given)
    return np.asarray(found)


def fit_projected_kernel(
    X: FloatArray,
    units: Units,
    constraint: Any,
    scales: tuple[float, float],
    *,
    conditions: Conditions,
    penalty: float | str = "gcv",
    landmarks: IntArray | None = None,
) -> ProjectedKernel:
    """The kernel of one constraint at two lengthscales, of C and of S = (A, B).

    Parameters
    ----------
    X : (N, p) float64
        All rows.
    units : Units
    constraint : Resolved
    scales : (float, float)
    conditions : Conditions
        Of the columns S in their units.
    penalty : "gcv" or float
        Of the conditional mean, added to eigenvalues of a Gram matrix of N rows.
    landmarks : (m,) int, optional
        Rows that span the features of C. Default: all.
    """
    z = units.of(X)
    joint = tuple(sorted((*constraint.independent, *constraint.given)))
    rest_scale, joint_scale = scales
    made = rest_features(np.ascontiguousarray(z[:, constraint.rest] / rest_scale), landmarks, centred=True)
    embedding = conditions.fit(made.values, penalty)
    share = 0.0
    if constraint.given:
        rows = z if landmarks is None else z[landmarks]
        independent = rows[:, constraint.independent] / joint_scale
        # the squared length of the mean feature of (r + 1) l_A, the part of the kernel that depends on B alone
        share = float(((gaussian(made.points, made.points) + 1.0) * gaussian(independent, independent)).mean())
    return ProjectedKernel(
        units, constraint.rest, joint, constraint.given, rest_scale, joint_scale, made,
        embedding.compiled(made.values), embedding, share,
    )  # fmt: skip
