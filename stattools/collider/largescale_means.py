"""Conditional means of random features, for rows that pass in blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stattools import _random
from stattools._typing import FloatArray, IntArray
from stattools.collider.features import Fourier
from stattools.rkhs.fourier import accumulate_cross, streamed_ridge
from stattools.rkhs.ridge import COST_OF_FREEDOM

MULTIPLES = (1.0, 2.0, 4.0, 8.0)
"""Lengthscales of conditioning columns, in units of the root mean square distance of a column pair."""
ROWS_FOR_MULTIPLE = 30_000
FEATURES_KEY, ROWS_KEY = 1, 2


@dataclass(frozen=True, eq=False)
class MeanFeatures:
    """Conditional means of features: from `fit_means_of`.

    columns : those conditioned on. map : of them. slopes, constant : of the regression on it. penalty : added to
    eigenvalues of products over all rows, infinite for the mean. degrees_of_freedom : with the intercept. multiple : of
    the lengthscale. penalties, criterion : (c,) candidates, and their generalised cross-validation.
    """

    columns: IntArray
    map: Fourier
    slopes: FloatArray
    constant: FloatArray
    penalty: float
    degrees_of_freedom: float
    multiple: float
    penalties: FloatArray
    criterion: FloatArray

    def of(self, X: FloatArray) -> FloatArray:
        """(k, q) conditional means at (k, p) rows."""
        return np.asarray(self.map.of(X[:, self.columns]) @ self.slopes + self.constant)


@dataclass(frozen=True, eq=False)
class Blocks:
    """Labelled rows, and unlabelled ones after them, without a copy of all."""

    first: FloatArray
    second: FloatArray

    def __len__(self) -> int:
        return len(self.first) + len(self.second)

    def block(self, rows: slice) -> FloatArray:
        """The rows of a slice."""
        n = len(self.first)
        if rows.stop <= n:
            return np.asarray(self.first[rows])
        if rows.start >= n:
            return np.asarray(self.second[rows.start - n : rows.stop - n])
        return np.vstack([self.first[rows.start :], self.second[: rows.stop - n]])

    def some(self, chosen: IntArray) -> FloatArray:
        """Rows of increasing indices."""
        n = len(self.first)
        return np.vstack([self.first[chosen[chosen < n]], self.second[chosen[chosen >= n] - n]])


def fit_means_of(
    rows: Blocks,
    columns: IntArray,
    targets: Callable[[FloatArray], FloatArray],
    *,
    count: int,
    penalty: str | float,
    q: int,
    seed: np.random.SeedSequence,
) -> MeanFeatures:
    """Regress targets, q functions of rows, on features of some columns, of a lengthscale chosen on a part of them."""
    n = len(rows)
    size = min(n, ROWS_FOR_MULTIPLE)
    drawn = np.sort(_random.generator(seed, ROWS_KEY).choice(n, size, replace=False))
    some = rows.some(drawn)

    def fit(multiple: float, block: Callable[[slice], FloatArray], size: int) -> MeanFeatures:
        lengthscale = multiple * float(np.sqrt(len(columns) / 2.0))
        own = Fourier.fit(
            some[:, columns], lengthscale=lengthscale, count=count, rng=_random.child_seed(seed, FEATURES_KEY)
        )

        def pair(part: slice) -> tuple[FloatArray, FloatArray]:
            values = block(part)
            return own.of(values[:, columns]), targets(values)

        path = streamed_ridge(accumulate_cross(pair, size, count, q))
        penalties = path.candidates() if isinstance(penalty, str) else np.array([float(penalty)])
        criterion = np.asarray(path.gcv(penalties, cost=COST_OF_FREEDOM).sum(axis=1))
        best = float(penalties[int(np.argmin(criterion))])
        slopes, constant = path.linear(np.full(q, best))
        freedom = float(path.degrees_of_freedom(best))
        return MeanFeatures(columns, own, slopes, constant, best, freedom, multiple, penalties, criterion)

    tried = [fit(multiple, lambda part: some[part], size) for multiple in MULTIPLES]
    best = tried[int(np.argmin([one.criterion.min() for one in tried]))]
    return best if size == n else fit(best.multiple, rows.block, n)
