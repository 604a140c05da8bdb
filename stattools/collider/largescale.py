"""Risk minimisation under a constraint by projected random features, for rows that pass in blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stattools import _random, _validation
from stattools._errors import InvalidParameterError
from stattools._typing import FloatArray, IntArray, Seed
from stattools.collider.features import Scaler
from stattools.collider.krr import lengthscales
from stattools.collider.krr_fourier import N_FEATURES, draw_features, fit_streamed, streamed_scaler
from stattools.collider.largescale_means import Blocks, MeanFeatures, fit_means_of
from stattools.rkhs.fourier import (
    BLOCK,
    STREAMED_CRITERIA,
    FourierFeatures,
    StreamedRidge,
    accumulate,
    beside,
    over_rows,
    streamed_ridge,
)
from stattools.rkhs.ridge import posterior_deviations

N_CONDITIONING = 128
SCALE_MULTIPLES = (0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6)
"""Lengthscales of all columns, over those without a constraint."""
ROWS_FOR_SCALE, OTHERS_FOR_SCALE = 2000, 10_000
SCALE_KEY, FEATURES_KEY, BOTH_KEY, GIVEN_KEY, SUBSAMPLE_KEY = 0, 1, 3, 4, 5


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
        Of the ridge regression, and of the lengthscale.
    lengthscale : float or (p,) float64, optional
        In units of scaled columns. Default: a multiple of that of `fit_krr` without a constraint, chosen by `tune` on
        2000 labelled and 10,000 other rows. What a constraint leaves is often smoother.
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
    plan = _Plan(scaler, features, constraints[0], n_conditioning, embedding_penalty, seed)
    fixed = None if penalty is None else np.broadcast_to(np.asarray(penalty, dtype=np.float64), (y.shape[1],))
    profile = None
    if chosen is not None:
        profile = _profile(plan, X, y, X_unlabeled, scale, fixed, tune)
        scale = scale * SCALE_MULTIPLES[int(np.argmin(profile))]
    projection = plan.projection(Blocks(X, X_unlabeled), scale)
    found = fit_streamed(lambda part, out: projection.of(X[part], out), y, n_features, fixed, tune)
    parts = [part for part in (projection.waves, projection.given) if part is not None]
    tuning: dict[str, Any] = {"criterion": tune, "lengthscale": scale, "penalty": found.penalty}
    if profile is not None:
        tuning |= {"multiples": np.array(SCALE_MULTIPLES), "profile": profile}
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


@dataclass(frozen=True, eq=False)
class _Plan:
    """How features are projected, up to lengthscales."""

    scaler: Scaler
    features: FourierFeatures
    constraint: Any
    n_conditioning: int
    penalty: str | float
    seed: np.random.SeedSequence

    def projection(self, rows: Blocks, scale: FloatArray) -> _Projection:
        """Conditional means over rows, for features of scaled columns over `scale`."""
        scaler, features = self.scaler, self.features
        independent, given = (np.array(sorted(part), dtype=np.intp) for part in _columns(self.constraint))
        both = np.union1d(independent, given)
        inside = np.isin(scaler.kept, both)
        rest, conditioning = np.flatnonzero(~inside), np.flatnonzero(inside)

        def others(part: FloatArray) -> FloatArray:
            return waves(features, scaler.of(part) / scale, rest)

        def whole(part: FloatArray) -> FloatArray:
            return features.of(scaler.of(part) / scale)

        def fit_means(columns: IntArray, targets: Callable[[FloatArray], FloatArray], key: int) -> MeanFeatures:
            return fit_means_of(
                rows, columns, targets, count=self.n_conditioning, penalty=self.penalty, q=features.count,
                seed=_random.child_seed(self.seed, key),
            )  # fmt: skip

        means = fit_means(both, others, BOTH_KEY)
        on_given = fit_means(given, whole, GIVEN_KEY) if len(given) else None
        return _Projection(scaler, scale, features, rest, conditioning, means, on_given)


def _profile(
    plan: _Plan,
    X: FloatArray,
    y: FloatArray,
    X_unlabeled: FloatArray,
    scale: FloatArray,
    penalty: FloatArray | None,
    tune: str,
) -> FloatArray:
    """(c,) criterion of the constrained fit to some rows, at multiples of the lengthscales `scale`."""
    generator = _random.generator(plan.seed, SUBSAMPLE_KEY)

    def some(n: int, most: int) -> IntArray:
        return np.sort(generator.choice(n, min(n, most), replace=False))

    chosen = some(len(X), ROWS_FOR_SCALE)
    others = np.asarray(X_unlabeled[some(len(X_unlabeled), OTHERS_FOR_SCALE)])
    own, values = np.asarray(X[chosen]), y[chosen]
    rows = Blocks(own, others)
    count, criterion = plan.features.count, np.empty(len(SCALE_MULTIPLES))
    for k, multiple in enumerate(SCALE_MULTIPLES):
        projection = plan.projection(rows, multiple * scale)

        def fill(block: slice, out: FloatArray, projection: _Projection = projection) -> None:
            projection.of(own[block], out)

        path = streamed_ridge(accumulate(beside(fill, values, count), len(own), count + values.shape[1]).split(count))
        best = path.select(tune).penalty if penalty is None else penalty
        at_best = np.diag(path.criterion(tune, best))
        criterion[k] = np.sum(at_best if tune == "reml" else np.log(at_best))
    return criterion


def _columns(constraint: Any) -> tuple[Sequence[int], Sequence[int]]:
    return constraint.independent, constraint.given
