"""Risk minimisation under a constraint by projected random features, for rows that pass in blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stattools import _random, _validation
from stattools._errors import InvalidParameterError
from stattools._typing import FloatArray, IntArray, Seed
from stattools.collider.features import Fourier, Scaler
from stattools.collider.krr import lengthscales
from stattools.collider.krr_fourier import N_FEATURES, draw_features, fit_streamed, streamed_scaler
from stattools.rkhs.fourier import (
    BLOCK,
    STREAMED_CRITERIA,
    FourierFeatures,
    StreamedRidge,
    accumulate_cross,
    over_rows,
    streamed_ridge,
)
from stattools.rkhs.ridge import COST_OF_FREEDOM, posterior_deviations

N_CONDITIONING = 128
MULTIPLES = (1.0, 2.0, 4.0, 8.0)
"""Lengthscales of conditioning columns, in units of the root mean square distance of a column pair."""
ROWS_FOR_MULTIPLE = 30_000
SCALE_KEY, FEATURES_KEY, ROWS_KEY, BOTH_KEY, GIVEN_KEY = 0, 1, 2, 3, 4


@dataclass(frozen=True, eq=False)
class MeanFeatures:
    """Conditional means of features: from `_fit_means`.

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
class ProjectedFeatures:
    """A ridge regression on features that respect a constraint: from `fit_projected_features`; see `FittedBase`.

    Attributes
    ----------
    lengthscale : (d,) float64
        Of the columns that the scaler keeps, in its units.
    penalty : (q,) float64
    fitted, out_of_sample : (n, q) float64
        Values at the labelled rows, with and (exactly, for these features) without their own response.
    degrees_of_freedom : float
    embedding_penalty, embedding_freedom : (1,) or (2,) float64
        Of the conditional means given A and B, and given B.
    tuning : dict
    remarks : tuple of str
    """

    scaler: Scaler
    lengthscale: FloatArray
    penalty: FloatArray
    fitted: FloatArray
    out_of_sample: FloatArray
    degrees_of_freedom: float
    embedding_penalty: FloatArray
    embedding_freedom: FloatArray
    tuning: dict[str, Any]
    remarks: tuple[str, ...]
    _features: _Projection = field(repr=False)
    _path: StreamedRidge = field(repr=False)
    name: str = "krr"

    def predict(self, X: FloatArray) -> FloatArray:
        """(k, q) values at (k, p) rows."""
        slopes, constant = self._path.linear(self.penalty)
        parts = list(over_rows(lambda rows: self._features.of(X[rows]) @ slopes + constant, len(X), BLOCK))
        return np.vstack(parts) if parts else np.empty((0, len(constant)))

    def std(self, X: FloatArray) -> FloatArray:
        """(k, q) posterior standard deviations of the function, as in `fit_krr`, given the conditional means."""

        def part(rows: slice) -> FloatArray:
            features = self._features.of(X[rows])
            lengths = np.square(features - self._path.feature_mean).sum(axis=1)
            return posterior_deviations(self._path, self.penalty, self._path.coordinates(features), lengths)

        return np.vstack(list(over_rows(part, len(X), BLOCK)))

    def features(self, X: FloatArray) -> FloatArray:
        """(k, D) projected features, up to constants."""
        return self._features.of(X)


@dataclass(frozen=True, eq=False)
class _Projection:
    """Features of scaled columns, less their conditional means.

    features : of all columns that the scaler keeps. rest, conditioning : positions of the others and of A and B among
    them. waves : (k, 2 m) means of cosines and sines of the angles of the other columns. given : means of features
    given B, None without B.
    """

    scaler: Scaler
    lengthscale: FloatArray
    features: FourierFeatures
    rest: IntArray
    conditioning: IntArray
    waves: MeanFeatures
    given: MeanFeatures | None

    def of(self, X: FloatArray, out: FloatArray | None = None) -> FloatArray:
        """(k, 2 m) features of (k, p) rows; out : (k, w), whose first columns take them."""
        points = self.scaler.of(X) / self.lengthscale
        own = waves(self.features, points, self.rest)
        own -= self.waves.of(X)
        turns = waves(self.features, points, self.conditioning)
        turns *= np.sqrt(self.features.count / 2.0)  # cosines and sines themselves
        m = self.features.count // 2
        found = np.empty((len(X), 2 * m)) if out is None else out
        found[:, :m] = turns[:, :m] * own[:, :m] - turns[:, m:] * own[:, m:]
        found[:, m : 2 * m] = turns[:, m:] * own[:, :m] + turns[:, :m] * own[:, m:]
        if self.given is not None:
            found[:, : 2 * m] += self.given.of(X)
        return found


def waves(features: FourierFeatures, points: FloatArray, columns: IntArray) -> FloatArray:
    """(k, 2 m) cosines and sines, over the root of m, of the part of the angles that some columns have."""
    part = FourierFeatures(np.ascontiguousarray(features.frequencies[columns]))
    return part.of(np.ascontiguousarray(points[:, columns]))


def fit_projected_features(
    X: FloatArray,
    y: FloatArray,
    X_unlabeled: FloatArray,
    constraints: Sequence[Any],
    *,
    tune: str = "reml",
    lengthscale: float | FloatArray | None = None,
    penalty: float | FloatArray | None = None,
    embedding_penalty: str | float = "gcv",
    n_features: int = N_FEATURES,
    n_conditioning: int = N_CONDITIONING,
    rng: Seed = None,
) -> ProjectedFeatures:
    """Minimise the penalised risk over functions whose conditional means respect a constraint.

    Parameters
    ----------
    X : (n, p) float64
        May be a `numpy.memmap`, like the other rows.
    y : (n, q) float64
    X_unlabeled : (m, p) float64
        m may be 0.
    constraints : sequence
        One, with attributes `independent` and `given`, tuples of column indices.
    tune : {"reml", "gcv"}, default "reml"
        Of the ridge regression, and of the lengthscale, which is that of `fit_krr` without a constraint.
    lengthscale : float or (p,) float64, optional
        In units of scaled columns. Default: chosen on 500 rows.
    penalty : float or (q,) float64, optional
    embedding_penalty : "gcv" or float, default "gcv"
        Of the conditional means: added to eigenvalues of products over all rows. Infinity is among the candidates of
        "gcv", and leaves the features of other columns centred.
    n_features, n_conditioning : int, default 512 and 128
        Features of all columns, and of A and B for the conditional means; even numbers.
    rng : Seed

    Returns
    -------
    ProjectedFeatures

    Raises
    ------
    InvalidParameterError
        Several constraints, or an option that is none.

    Notes
    -----
    A random feature of all columns is cos(u + t) or sin(u + t), with u the part of its angle from the other columns and
    t that from A and B. Since cos(u + t) = cos t cos u - sin t sin u, its conditional mean given A and B follows from
    those of cos u and sin u, which are ridge regressions on random features of A and B over all N = n + m rows. The
    features less these means, plus their means given B, regressed likewise, respect the constraint as far as the
    means are right; a ridge regression on them is the constrained minimiser for the kernel that they stand for, the
    Gaussian one of all columns. The embedding penalty is chosen by generalised cross-validation summed over all
    features, at 1.4 a degree of freedom. Derived here.

    Time O(N (D2^2 + D D2) + n D^2) and memory O(D^2 + D D2) beside blocks and the predictions, for D features and D2
    of A and B.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> from stattools.collider.constraints import Constraint, resolve
    >>> y, x2 = rng.normal(size=(300, 1)), rng.normal(size=(300, 1))
    >>> X = np.hstack([y + x2, x2])
    >>> one = resolve([Constraint((1,))], ("x0", "x1"))
    >>> fit = fit_projected_features(X[:200], y[:200], X[200:], one, n_features=64, n_conditioning=32, rng=1)
    >>> bool(np.mean((fit.predict(X[200:]) - y[200:]) ** 2) < 0.02)
    True
    """
    _validation.choice(tune, STREAMED_CRITERIA, "tune")
    if len(constraints) != 1:
        raise InvalidParameterError(
            f"projected features take one constraint, and there are {len(constraints)}; pass method='augmented', or "
            "one constraint"
        )
    if isinstance(embedding_penalty, str):
        _validation.choice(embedding_penalty, ("gcv",), "embedding_penalty")
    elif not embedding_penalty >= 0:
        raise InvalidParameterError(f"embedding_penalty is {embedding_penalty}; it must not be negative")
    seed = _random.seed_sequence(rng)
    scaler = streamed_scaler(X)
    scale, chosen, notes = lengthscales(
        X, y, scaler, scaler.kept, lengthscale, None, tune=tune, intercept=True, folds=None,
        seed=_random.child_seed(seed, SCALE_KEY),
    )  # fmt: skip
    features = draw_features(len(scale), n_features, _random.child_seed(seed, FEATURES_KEY))
    independent, given = (np.array(sorted(part), dtype=np.intp) for part in _columns(constraints[0]))
    both = np.union1d(independent, given)
    inside = np.isin(scaler.kept, both)
    rest, conditioning = np.flatnonzero(~inside), np.flatnonzero(inside)
    rows = _Rows(X, X_unlabeled)

    def others(part: FloatArray) -> FloatArray:
        return waves(features, scaler.of(part) / scale, rest)

    def whole(part: FloatArray) -> FloatArray:
        return features.of(scaler.of(part) / scale)

    def fit_means(columns: IntArray, targets: Callable[[FloatArray], FloatArray], key: int) -> MeanFeatures:
        return _fit_means(
            rows, columns, targets, count=n_conditioning, penalty=embedding_penalty, q=n_features,
            seed=_random.child_seed(seed, key),
        )  # fmt: skip

    means = fit_means(both, others, BOTH_KEY)
    on_given = fit_means(given, whole, GIVEN_KEY) if len(given) else None
    projection = _Projection(scaler, scale, features, rest, conditioning, means, on_given)
    fixed = None if penalty is None else np.broadcast_to(np.asarray(penalty, dtype=np.float64), (y.shape[1],))
    found = fit_streamed(lambda part, out: projection.of(X[part], out), y, n_features, fixed, tune)
    parts = [means] if on_given is None else [means, on_given]
    tuning: dict[str, Any] = {"criterion": tune, "lengthscale": scale, "penalty": found.penalty}
    if chosen is not None:
        tuning |= {"multiples": chosen.tried, "profile": chosen.criterion}
    if found.selection is not None:
        tuning |= {"penalties": found.selection.penalties, "path": found.selection.criterion}
    notes += (
        f"{n_features} random features of all columns, and {n_conditioning} of the constraint columns, stand for "
        "kernels",
        "leave-one-out values keep the conditional means, which do not use the response",
    )
    return ProjectedFeatures(
        scaler=scaler,
        lengthscale=scale,
        penalty=found.penalty,
        fitted=found.fitted,
        out_of_sample=found.out_of_sample,
        degrees_of_freedom=float(np.mean(found.path.degrees_of_freedom(found.penalty))),
        embedding_penalty=np.array([part.penalty for part in parts]),
        embedding_freedom=np.array([part.degrees_of_freedom for part in parts]),
        tuning=tuning,
        remarks=notes,
        _features=projection,
        _path=found.path,
    )


def _columns(constraint: Any) -> tuple[Sequence[int], Sequence[int]]:
    return constraint.independent, constraint.given


@dataclass(frozen=True, eq=False)
class _Rows:
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


def _fit_means(
    rows: _Rows,
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
