"""The kernel of several constraints: features of all columns less a correction that respects each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg

from stattools._typing import FloatArray
from stattools.collider.projected_kernel import (
    CompiledMean,
    Conditions,
    Points,
    RestFeatures,
    Units,
    cross_kernels,
    rest_features,
)


@dataclass(frozen=True, eq=False)
class Smoothing:
    """One constraint: smoother matrices of S = (A, B) and of B at the rows, and what predicts with them.

    on_joint, on_given : ConditionalMean, the second None without B. matrix : (N, N) D = (I - V) (W - 11'/N) (I - V).
    """

    joint: tuple[int, ...]
    given: tuple[int, ...]
    on_joint: Any
    on_given: Any
    matrix: FloatArray

    def correction(self, values: FloatArray) -> tuple[tuple[tuple[int, ...], CompiledMean, float], ...]:
        """What D makes of (N, q) values, as a function of columns: (indices, mean, sign) of each term."""
        first = values
        if self.on_given is not None:
            first = values - self.on_given.embedding.training_weights() @ values
        terms = [(self.joint, self.on_joint.compiled(first - first.mean(axis=0)), 1.0)]
        if self.on_given is not None:
            smooth = self.on_joint.embedding.training_weights() @ (first - first.mean(axis=0))
            terms.append((self.given, self.on_given.compiled(smooth), -1.0))
        return tuple(terms)


@dataclass(frozen=True, eq=False)
class SeveralKernel:
    """The inner product of projected features of all columns, for several constraints."""

    units: Units
    scale: float
    features: RestFeatures
    terms: tuple[tuple[tuple[int, ...], CompiledMean, float], ...]
    smoothings: tuple[Smoothing, ...]

    def at(self, X: FloatArray) -> Points:
        """The rows (k, p) ready for `cross`."""
        z = self.units.of(X)
        residual = self.features.of(z / self.scale)
        for columns, mean, sign in self.terms:
            residual = residual - sign * mean.of(z[:, columns])
        return Points(residual, None, None)

    def cross(self, new: Points, rows: Points) -> FloatArray:
        """(k, n) kernels."""
        return cross_kernels(new, rows, 0.0)

    def lengths(self, X: FloatArray, points: Points) -> FloatArray:
        """(k,) kernels of rows with themselves."""
        return np.asarray(np.square(points.residual).sum(axis=1) + self.features.beyond(self.units.of(X) / self.scale))


def smoothing(z: FloatArray, constraint: Any, values: FloatArray, penalty: float | str) -> Smoothing:
    """Regressions of (N, q) features on the columns of a constraint. z : (N, p) in their units."""
    joint = tuple(sorted((*constraint.independent, *constraint.given)))
    n = len(z)
    left = np.eye(n)
    on_given, first = None, values
    if constraint.given:
        on_given = Conditions.tried(np.ascontiguousarray(z[:, constraint.given])).fit(values, penalty)
        left = left - on_given.embedding.training_weights()
        first = left @ values
    on_joint = Conditions.tried(np.ascontiguousarray(z[:, joint])).fit(first, penalty)
    matrix = on_joint.embedding.training_weights() - 1.0 / n
    matrix = left @ matrix @ left
    return Smoothing(joint, constraint.given, on_joint, on_given, (matrix + matrix.T) / 2.0)


def fit_several(
    X: FloatArray, units: Units, scale: float, smoothings: Sequence[Smoothing]
) -> SeveralKernel:
    """The kernel of several constraints with one lengthscale for all columns.

    Parameters
    ----------
    X : (N, p) float64
        All rows.
    units : Units
    scale : float
    smoothings : sequence of Smoothing
        One for each constraint.

    Notes
    -----
    Derived here. Let D_k estimate E[. | A_k, B_k] - E[. | B_k] at the rows. The projection on what all constraints
    allow is f - sum of g_k with g_k = D_k (f - sum of the other g_j), see `fit_correction`. With e = f - sum of all g_j
    that is g_k = (I - D_k)^-1 D_k e, so e = T f with T = (I + sum (I - D_k)^-1 D_k)^-1, and no sweeps are needed. As a
    function g_k is what D_k makes of the values (I - D_k)^-1 T f. D_k = (I - V) W (I - V), W and V the smoothers on
    (A, B) and on B, has eigenvalues from 0 to below 1, so that all inverses exist.
    """
    z = units.of(X)
    made = rest_features(np.ascontiguousarray(z / scale), None, centred=True)
    n = len(X)
    identity = np.eye(n)
    factors = [scipy.linalg.cho_factor(identity - one.matrix, lower=True) for one in smoothings]
    total = identity - len(smoothings) * identity
    for factor in factors:
        total += scipy.linalg.cho_solve(factor, identity)
    rest = scipy.linalg.cho_solve(scipy.linalg.cho_factor((total + total.T) / 2.0, lower=True), made.values)
    terms: list[tuple[tuple[int, ...], CompiledMean, float]] = []
    for one, factor in zip(smoothings, factors, strict=True):
        terms += one.correction(scipy.linalg.cho_solve(factor, rest))
    return SeveralKernel(units, scale, made, tuple(terms), tuple(smoothings))
