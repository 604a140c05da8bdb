"""Base regressions by name, or any regressor of scikit-learn's interface: fitted, with out-of-sample values."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from stattools import _random, _validation
from stattools._errors import InvalidParameterError
from stattools._typing import FloatArray, Seed
from stattools.collider.features import FeatureMap, Linear, Splines
from stattools.collider.krr import SOLVERS, fit_krr, fold_labels
from stattools.collider.trees import grow_forest
from stattools.rkhs.ridge import (
    CRITERIA,
    FeatureSpectrum,
    RidgePath,
    feature_spectrum,
    posterior_covariances,
    posterior_deviations,
    ridge_path,
)

BASES = ("krr", "ridge", "spline", "forest")
STRAIGHT = 100.0
"""Scale of straight lines beside splines: their penalty is divided by its square."""
N_TREES = 200
LEAVES = (1, 3, 10)
"""Fewest rows in a leaf: candidates."""
FOREST_KEY, ESTIMATOR_KEY = 10, 11


class FittedBase(Protocol):
    """A fitted base regression.

    name : str. out_of_sample : (n, q) predictions of the rows of the fit, each made without its own response.
    degrees_of_freedom : trace of the smoother, the mean over targets, None where there is none. tuning : how
    hyper-parameters were chosen. remarks : what is approximate.
    """

    @property
    def name(self) -> str: ...
    @property
    def out_of_sample(self) -> FloatArray: ...
    @property
    def degrees_of_freedom(self) -> float | None: ...
    @property
    def tuning(self) -> dict[str, Any]: ...
    @property
    def remarks(self) -> tuple[str, ...]: ...

    def predict(self, X: FloatArray) -> FloatArray:
        """(k, q) values at (k, p) rows."""
        ...

    def std(self, X: FloatArray) -> FloatArray | None:
        """(k, q) standard deviations of the function at (k, p) rows; None where they are not derived."""
        ...

    def contrast_covariances(self, X: FloatArray, weights: FloatArray) -> FloatArray | None:
        """(q, r, r) covariances of weighted sums of values at rows, or None; weights : (k, r), each of sum zero."""
        ...


def fit_base(
    base: Any,
    X: FloatArray,
    y: FloatArray,
    *,
    tune: str = "reml",
    solver: str = "auto",
    names: tuple[str, ...] | None = None,
    rng: Seed = None,
) -> FittedBase:
    """Fit a base regression.

    Parameters
    ----------
    base : {"krr", "ridge", "spline", "forest"} or regressor
        Gaussian kernel ridge, see `fit_krr`; linear ridge on scaled columns; the same on additive cubic splines; a
        random forest; or an estimator with `fit` and `predict`, which is cloned.
    X : (n, p) float64
    y : (n, q) float64
    tune : {"reml", "gcv", "loo", "kfold"}, default "reml"
        How the penalty of a ridge, and the lengthscale, are chosen. A forest chooses the fewest rows in a leaf, of 1, 3
        and 10, by its out-of-bag errors, and an estimator is taken as it is; both say so in `remarks` if another choice
        than the default was asked for.
    solver : {"auto", "exact", "nystrom", "rff"}, default "auto"
        Of "krr".
    names : tuple of str, optional
        Of the columns; an estimator is then given tables, as it would be without the projection.
    rng : None, int, SeedSequence or Generator
        For folds, forests, rows of "krr", and each `random_state` of an estimator that is None.

    Returns
    -------
    FittedBase

    Raises
    ------
    InvalidParameterError
        The base is no such name and has no `fit` and `predict`, `tune` or `solver` is none of the above, or a solver
        was chosen for another base than "krr".

    Notes
    -----
    Out-of-sample values are, for ridges, exact leave-one-out predictions at the penalty (lengthscale, scaling and
    knots) of the whole fit; for a forest averages over the trees that did not see the row, at the leaf size of smallest
    error; for an estimator predictions of refits to five folds, drawn at random.

    Splines are cubic with eight pieces over the range of each column, their curvature is penalised, and straight lines
    nearly free. Beyond the range the spline stays constant and the straight line goes on.

    Examples
    --------
    >>> X = np.random.default_rng(1).normal(size=(40, 2))
    >>> fit = fit_base("ridge", X, X[:, :1] + 1.0, rng=1)
    >>> fit.predict(np.array([[3.0, 0.0]])).round(6)
    array([[4.]])
    """
    _validation.choice(tune, CRITERIA, "tune")
    _validation.choice(solver, SOLVERS, "solver")
    seed = _random.seed_sequence(rng)
    if isinstance(base, str) and base == "krr":
        return fit_krr(X, y, tune=tune, solver=solver, rng=seed)
    if solver != "auto":
        raise InvalidParameterError(f"solver is {solver!r}, and base is {base!r:.60}; only 'krr' has solvers")
    if not isinstance(base, str):
        return fit_estimator(base, X, y, tune=tune, names=names, seed=seed)
    _validation.choice(base, BASES, "base")
    if base == "forest":
        return fit_forest(X, y, tune=tune, seed=seed)
    features: tuple[FeatureMap, ...] = (Linear.fit(X),)
    scales: tuple[float, ...] = (1.0,)
    if base == "spline":
        features, scales = (*features, Splines.fit(X)), (STRAIGHT, 1.0)
    return fit_features(base, features, scales, X, y, tune=tune, seed=seed)


@dataclass(frozen=True, eq=False)
class FeatureRidge:
    """Ridge regression on features of the rows, with an intercept; see `FittedBase`. penalty : (q,)."""

    name: str
    out_of_sample: FloatArray
    degrees_of_freedom: float | None
    tuning: dict[str, Any]
    penalty: FloatArray
    _maps: tuple[FeatureMap, ...] = field(repr=False)
    _scales: tuple[float, ...] = field(repr=False)
    _spectrum: FeatureSpectrum = field(repr=False)
    _path: RidgePath = field(repr=False)
    remarks: tuple[str, ...] = ()

    def predict(self, X: FloatArray) -> FloatArray:
        slopes = self._spectrum.right.T @ self._path.primal(self.penalty)
        features = _features(self._maps, self._scales, X) - self._spectrum.mean
        return np.asarray(features @ slopes + self._path.mean)

    def again(self, y: FloatArray, penalty: float) -> FeatureRidge:
        """The same smoother for other (n, k) responses, all with one penalty."""
        own = np.full(y.shape[1], penalty)
        path = ridge_path(self._spectrum, y)
        return replace(self, penalty=own, out_of_sample=y - path.loo_residuals(own), _path=path)

    def std(self, X: FloatArray) -> FloatArray:
        features = _features(self._maps, self._scales, X)
        lengths = np.square(features - self._spectrum.mean).sum(axis=1)
        return posterior_deviations(self._path, self.penalty, self._spectrum.coordinates(features), lengths)

    def contrast_covariances(self, X: FloatArray, weights: FloatArray) -> FloatArray:
        """(q, r, r) posterior covariances of weighted sums of values at (k, p) rows; weights : (k, r), of sums zero."""
        sums = weights.T @ _features(self._maps, self._scales, X)
        return posterior_covariances(self._path, self.penalty, sums @ self._spectrum.right.T, sums @ sums.T)


def fit_features(
    name: str,
    maps: tuple[FeatureMap, ...],
    scales: tuple[float, ...],
    X: FloatArray,
    y: FloatArray,
    *,
    tune: str,
    seed: np.random.SeedSequence,
) -> FeatureRidge:
    """Ridge on maps of (n, p) rows, each times its scale; least squares is a candidate if n is over twice its rank."""
    decomposed = feature_spectrum(_features(maps, scales, X))
    path = ridge_path(decomposed, y)
    folds = fold_labels(len(X), seed) if tune == "kfold" else None
    # least squares that passes through a response for sure has no prediction of it
    determined = not (path.loo_residuals(0.0) == np.inf).any()
    chosen = path.select(tune, folds=folds, zero=determined and 2 * len(path.values) < len(X))
    tuning = {"criterion": tune, "penalty": chosen.penalty, "penalties": chosen.penalties, "path": chosen.criterion}
    return FeatureRidge(
        name=name,
        out_of_sample=y - path.loo_residuals(chosen.penalty),
        degrees_of_freedom=float(np.mean(path.degrees_of_freedom(chosen.penalty))),
        tuning=tuning,
        penalty=chosen.penalty,
        _maps=maps,
        _scales=scales,
        _spectrum=decomposed,
        _path=path,
    )


def _features(maps: tuple[FeatureMap, ...], scales: tuple[float, ...], X: FloatArray) -> FloatArray:
    return np.hstack([scale * part.of(X) for part, scale in zip(maps, scales, strict=True)])


@dataclass(frozen=True, eq=False)
class EstimatorBase:
    """A fitted regressor of scikit-learn's interface; see `FittedBase`.

    estimator : the fitted clone. names : of the columns of the tables that it takes, None for arrays.
    """

    name: str
    estimator: Any
    out_of_sample: FloatArray
    tuning: dict[str, Any]
    remarks: tuple[str, ...] = ()
    degrees_of_freedom: float | None = None
    names: tuple[str, ...] | None = None

    def predict(self, X: FloatArray) -> FloatArray:
        values = np.asarray(self.estimator.predict(_named(X, self.names)), dtype=np.float64)
        return values[:, None] if values.ndim == 1 else values

    def std(self, X: FloatArray) -> None:
        return None

    def contrast_covariances(self, X: FloatArray, weights: FloatArray) -> None:
        return None


def fit_forest(
    X: FloatArray, y: FloatArray, *, tune: str, seed: np.random.SeedSequence, n_trees: int = N_TREES
) -> EstimatorBase:
    """Random forest on scaled columns, its leaf size chosen by out-of-bag error; see `fit_base`."""
    state = _integer(_random.generator(seed, FOREST_KEY))
    size = np.square(y - y.mean(axis=0)).mean(axis=0)
    size[size == 0] = 1.0
    fits = [grow_forest(X, y, trees=n_trees, leaf=leaf, state=state) for leaf in LEAVES]
    unseen = np.asarray(np.isnan(fits[0][1]).any(axis=1))  # bags are the same for every leaf size
    others = (y.sum(axis=0) - y) / max(len(y) - 1, 1)
    values = [np.where(unseen[:, None], others, outside) for _, outside in fits]
    errors = np.array([float((np.square(outside - y).mean(axis=0) / size).mean()) for outside in values])
    best = int(np.argmin(errors))
    remarks = _not_used(tune, "a forest chooses its leaf size by out-of-bag error")
    if unseen.any():
        count = int(unseen.sum())
        remarks += (f"{count} rows were in the bag of every tree; their out-of-bag value is the mean of the others",)
    tuning = {"criterion": "out-of-bag", "leaf": LEAVES[best], "leaves": np.array(LEAVES, float), "path": errors}
    return EstimatorBase("forest", fits[best][0], values[best], tuning, remarks)


def fit_estimator(
    estimator: Any,
    X: FloatArray,
    y: FloatArray,
    *,
    tune: str,
    seed: np.random.SeedSequence,
    names: tuple[str, ...] | None = None,
) -> EstimatorBase:
    """Clone and fit a regressor, and cross-fit it on five folds; see `fit_base`.

    One that takes a single response is fitted to each of several apart.
    """
    require_regressor(estimator, "base", BASES)
    generator = _random.generator(seed, ESTIMATOR_KEY)
    model = _seeded(_several(estimator, y.shape[1]), generator)
    target = y[:, 0] if y.shape[1] == 1 else y
    folds = fold_labels(len(X), seed)
    outside = np.empty(y.shape)
    for fold in np.unique(folds):
        rows = folds == fold
        fitted = _fresh(model).fit(_named(X[~rows], names), target[~rows])
        values = np.asarray(fitted.predict(_named(X[rows], names)), dtype=np.float64)
        outside[rows] = values.reshape(int(rows.sum()), -1)
    remarks = _not_used(tune, "an estimator is fitted with its own parameters")
    whole = _fresh(model).fit(_named(X, names), target)
    return EstimatorBase(type(estimator).__name__, whole, outside, {}, remarks, names=names)


def _named(X: FloatArray, names: tuple[str, ...] | None) -> Any:
    """Rows as a table with these names, or as they are."""
    if names is None:
        return X
    import pandas as pd

    return pd.DataFrame(X, columns=list(names))


def require_regressor(estimator: Any, name: str, words: tuple[str, ...] = ()) -> Any:
    """The estimator, if it is an instance with `fit` and `predict`. words : what else the parameter takes.

    Examples
    --------
    >>> require_regressor(dict, "estimator")
    Traceback (most recent call last):
    ...
    stattools._errors.InvalidParameterError: estimator is the class dict; it takes an instance ...
    """
    is_class = isinstance(estimator, type)
    if not is_class and hasattr(estimator, "fit") and hasattr(estimator, "predict"):
        return estimator
    seen = f"the class {estimator.__name__}" if is_class else f"{estimator!r:.60}"
    listed = f"one of {', '.join(map(repr, words))}, or " if words else ""
    example = f", such as {estimator.__name__}()" if is_class else ""
    if not words and isinstance(estimator, str):
        example = "; ColliderRegressor takes names, as its base"
    raise InvalidParameterError(f"{name} is {seen}; it takes {listed}an instance with fit and predict{example}")


def _several(estimator: Any, q: int) -> Any:
    """A clone that takes q responses."""
    from sklearn.multioutput import MultiOutputRegressor
    from sklearn.utils import get_tags

    if q == 1 or get_tags(estimator).target_tags.multi_output:
        return _fresh(estimator)
    return MultiOutputRegressor(_fresh(estimator))


def _fresh(estimator: Any) -> Any:
    from sklearn.base import clone

    return clone(estimator)


def _seeded(estimator: Any, generator: np.random.Generator) -> Any:
    """Give each `random_state` that is None a drawn integer; those that the user chose stay."""
    if not hasattr(estimator, "get_params"):
        return estimator
    names = [
        name
        for name, value in sorted(estimator.get_params(deep=True).items())
        if value is None and (name == "random_state" or name.endswith("__random_state"))
    ]
    return estimator.set_params(**{name: _integer(generator) for name in names}) if names else estimator


def _integer(generator: np.random.Generator) -> int:
    return int(generator.integers(2**31 - 1))


def _not_used(tune: str, why: str) -> tuple[str, ...]:
    return () if tune == "reml" else (f"tune={tune!r} has no part in this base: {why}",)
