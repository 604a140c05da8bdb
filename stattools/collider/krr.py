"""Kernel ridge regression with a Gaussian kernel: tuned, with leave-one-out values and standard deviations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from stattools import _random, _validation
from stattools._errors import InvalidParameterError
from stattools._threads import one_blas_thread
from stattools._typing import FloatArray, IntArray, Seed
from stattools.collider.features import Scaler
from stattools.collider.krr_basis import NYSTROM_RANK, Basis, exact_basis, nystrom_basis
from stattools.collider.krr_fourier import (
    N_FEATURES,
    FourierBasis,
    draw_features,
    fit_streamed,
    remark_on,
    streamed_scaler,
)
from stattools.collider.krr_tuning import Lengthscales, choose_lengthscales
from stattools.rkhs.fourier import STREAMED_CRITERIA, over_rows
from stattools.rkhs.ridge import CRITERIA, RidgePath, Selection, posterior_covariances, posterior_deviations, ridge_path

SOLVERS = ("auto", "exact", "nystrom", "rff")
MOST_EXACT, MOST_NYSTROM = 3000, 30_000
"""Rows up to which "auto" decomposes the whole Gram matrix, and up to which a factor of it."""
ROWS_FOR_LENGTHSCALE = 500
CHUNK = 2**22
"""Kernel values at once in predictions."""
N_FOLDS = 5
FOLDS_KEY, SUBSAMPLE_KEY, PIVOTS_KEY, FEATURES_KEY = 0, 1, 2, 3


@dataclass(frozen=True, eq=False)
class KernelRidge:
    """A fitted kernel ridge regression: from `fit_krr`.

    Attributes
    ----------
    scaler : Scaler or None
        Of the columns.
    lengthscale : (d,) float64
        Of the columns that the scaler keeps, in its units.
    penalty : (q,) float64
        Added to eigenvalues of the (centred) Gram matrix, infinite for a constant.
    out_of_sample : (n, q) float64
        Exact leave-one-out predictions of the rows at the lengthscale, penalty and scaling of the whole fit.
    degrees_of_freedom : float
        Trace of the smoother with the intercept, the mean over targets.
    noise_variance : (q,) float64
        Of the responses about the function: squared residuals over n less degrees of freedom.
    tuning : dict
        "criterion", "lengthscale", "penalty"; and as far as they were chosen "multiples" (tried lengthscales over
        median distances) with "profile" (the criterion at each, with its best penalty), "penalties" and "path".
    remarks : tuple of str
        What is approximate.
    fitted : (n, q) float64 or None
        Values at the rows of the fit, where a pass over many rows gave them.

    Examples
    --------
    >>> x = np.linspace(-2.0, 2.0, 40)[:, None]
    >>> fit = fit_krr(x, np.sin(x) + 0.1 * np.cos(40.0 * x))
    >>> fit.predict(np.array([[1.0]])).round(1), fit.std(np.array([[1.0]])).round(1)
    (array([[0.8]]), array([[0.]]))
    """

    scaler: Scaler | None
    lengthscale: FloatArray
    penalty: FloatArray
    out_of_sample: FloatArray
    degrees_of_freedom: float
    noise_variance: FloatArray
    tuning: dict[str, Any]
    remarks: tuple[str, ...]
    fitted: FloatArray | None = field(repr=False)
    _basis: Basis = field(repr=False)
    _coefficients: FloatArray = field(repr=False)
    _constants: FloatArray = field(repr=False)
    _path: RidgePath = field(repr=False)
    name: str = "krr"

    def predict(self, X: FloatArray) -> FloatArray:
        """(k, q) values at (k, p) rows."""
        parts = self._over_chunks(X, lambda part: self._basis.kernels(part) @ self._coefficients)
        return np.asarray(np.vstack(parts) + self._constants)

    def std(self, X: FloatArray) -> FloatArray:
        """(k, q) posterior standard deviations of the function at (k, p) rows, see Notes of `fit_krr`."""

        def deviations(part: FloatArray) -> FloatArray:
            coordinates, lengths = self._basis.coordinates(self._basis.kernels(part))
            return posterior_deviations(self._path, self.penalty, coordinates, lengths)

        return np.vstack(self._over_chunks(X, deviations))

    def contrast_covariances(self, X: FloatArray, weights: FloatArray) -> FloatArray:
        """(q, r, r) posterior covariances of weighted sums of values at (k, p) rows; weights : (k, r), of sums zero.

        Time O(k^2).
        """
        points = _scaled(X, self.scaler, self.lengthscale)
        step = max(1, CHUNK // max(1, self._basis.width, len(points)))
        r = weights.shape[1]
        coordinates, products = np.zeros((r, len(self._path.values))), np.zeros((r, r))
        for start in range(0, len(points), step):
            rows = slice(start, start + step)
            own, part = np.ascontiguousarray(points[rows]), weights[rows]
            coordinates += part.T @ self._basis.coordinates(self._basis.kernels(own))[0]
            products += part.T @ (self._basis.products(own, points) @ weights)
        return posterior_covariances(self._path, self.penalty, coordinates, products)

    def again(self, y: FloatArray, penalty: float) -> KernelRidge | None:
        """The same smoother for other (n, k) responses, all with one penalty; None where rows were not kept."""
        spectrum = getattr(self._basis, "spectrum", None)
        if spectrum is None:
            return None
        own = np.full(y.shape[1], penalty)
        path = ridge_path(spectrum, y, intercept=self._path.intercept)
        coefficients, constants = self._basis.coefficients(path, own)
        return replace(
            self,
            penalty=own,
            out_of_sample=y - path.loo_residuals(own),
            _coefficients=coefficients,
            _constants=constants,
            _path=path,
        )

    def _over_chunks(self, X: FloatArray, of: Callable[[FloatArray], FloatArray]) -> list[FloatArray]:
        """Values of a function of scaled points, for parts of the rows."""
        step = max(1, CHUNK // max(1, self._basis.width))
        if len(X) <= step:
            return [of(_scaled(X, self.scaler, self.lengthscale))]
        return list(over_rows(lambda rows: of(_scaled(X[rows], self.scaler, self.lengthscale)), len(X), step))


def fit_krr(
    X: FloatArray,
    y: FloatArray,
    *,
    tune: str = "reml",
    solver: str = "auto",
    lengthscale: float | FloatArray | None = None,
    penalty: float | FloatArray | None = None,
    groups: tuple[tuple[int, ...], ...] | None = None,
    standardise: bool = True,
    intercept: bool = True,
    rank: int = NYSTROM_RANK,
    n_features: int = N_FEATURES,
    rng: Seed = None,
) -> KernelRidge:
    """Fit f that minimises |y - b - f|^2 + penalty |f|^2 in the space of the kernel exp(-|x - x'|^2 / (2 l^2)).

    Parameters
    ----------
    X : (n, p) float64
    y : (n,) or (n, q) float64
    tune : {"reml", "gcv", "loo", "kfold"}, default "reml"
        How lengthscales and penalty are chosen: by the restricted likelihood of a Gaussian process [1]_, by generalised
        cross-validation, exact leave-one-out errors, or errors of five folds drawn at random.
    solver : {"auto", "exact", "nystrom", "rff"}, default "auto"
        All rows; the span of the kernels of at most `rank` rows; or random Fourier features, for which rows pass in
        blocks, so that X may be a `numpy.memmap`. "auto" takes them in this order up to 3000 rows, up to 30,000, and
        beyond, and stays with "nystrom" where `tune` is "loo" or "kfold", which "rff" has not.
    lengthscale : float or (p,) float64, optional
        In units of the scaled columns. Default: chosen.
    penalty : float or (q,) float64, optional
        Default: chosen, for each target apart.
    groups : tuple of tuples of int, optional
        Columns that share a lengthscale. Default: all share one.
    standardise : bool, default True
        Scale columns to mean 0 and variance 1 over these rows; constant columns are left out.
    intercept : bool, default True
        A constant that is not penalised.
    rank : int, default 600
        Of the solver "nystrom".
    n_features : int, default 512
        Of the solver "rff", an even number.
    rng : None, int, SeedSequence or Generator
        For folds, the rows that lengthscales are chosen on, the rows of "nystrom" and the frequencies of "rff".

    Returns
    -------
    KernelRidge

    Raises
    ------
    InvalidParameterError
        An option, a lengthscale or a penalty is none, the groups are not a partition of the columns, or "rff" was
        asked for with a criterion, or without an intercept, that it has not.

    Notes
    -----
    The penalty is added to the eigenvalues of the Gram matrix: it is n lambda where the mean square is penalised by
    lambda. All targets share the lengthscale.

    Beyond 500 rows lengthscales are chosen on 500 of them, drawn at random, and the penalty on all. One trial of a
    lengthscale is an eigendecomposition, and there are about 20; O(n^3) time and 24 n^2 bytes for "exact", O(n rank^2)
    and 24 n rank for "nystrom". Its leave-one-out predictions keep the rows that span.

    For D features "rff" takes O(n D^2 + D^3) time, in a pass for their products, from which the penalty follows, and
    one for leave-one-out predictions, which are exact for the features; memory is that of D^2 and 4096 D numbers
    and of the predictions.

    Standard deviations are those of the posterior of f + b at a new x, with f a Gaussian process with the kernel times
    noise variance / penalty and a flat prior of b (derived here): with centred features, of x and of the rows,
    variance / noise variance = (k_c(x, x) - k_c(x)' (K_c + penalty I)^-1 k_c(x)) / penalty + 1 / n, the second term
    that of the mean response. They leave out the uncertainty of lengthscale, penalty and noise variance, and the bias
    where f is not such a process. Of 95 % intervals by Student's law with n - df degrees of freedom, 95.3 % covered at
    n = 40 in two dimensions with lengthscale and penalty known, and 91.6 % with both chosen; 400 processes, standard
    errors 0.3 % and 0.5 %. For a new response add the noise variance. In "nystrom" the part of the kernel of x beyond
    the span counts as unknown. In "rff" the process is the one of the features, whose variance far from all rows is
    too small once the rows have determined most of its D coefficients.

    References
    ----------
    .. [1] Rasmussen and Williams (2006), Gaussian processes for machine learning, MIT Press, sections 2.2, 2.7 and 5.4.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> X = rng.normal(size=(50, 2))
    >>> fit = fit_krr(X, X[:, 0] ** 2 + 0.1 * rng.normal(size=50))
    >>> fit.predict(np.array([[1.0, 0.0], [2.0, 0.0]])).round(0).ravel()
    array([1., 4.])
    """
    _validation.choice(tune, CRITERIA, "tune")
    solver = _solver(_validation.choice(solver, SOLVERS, "solver"), len(X), tune, intercept)
    targets = y[:, None] if y.ndim == 1 else y
    seed = _random.seed_sequence(rng)
    scaler = None
    if standardise:
        scaler = streamed_scaler(X) if solver == "rff" else Scaler.fit(X)
    kept = scaler.kept if scaler is not None else np.arange(X.shape[1])
    folds = fold_labels(len(X), seed) if tune == "kfold" else None

    scale, chosen, notes = lengthscales(
        X, targets, scaler, kept, lengthscale, groups, tune=tune, intercept=intercept, folds=folds, seed=seed
    )
    fixed = None if penalty is None else _penalties(penalty, targets.shape[1])
    if solver == "rff":
        features_seed = _random.child_seed(seed, FEATURES_KEY)
        features = draw_features(len(scale), n_features, features_seed)

        def points_of(rows: slice) -> FloatArray:
            return _scaled(X[rows], scaler, scale)

        found = fit_streamed(
            lambda rows, out: features.of(points_of(rows), out), targets, features.count, fixed, tune
        )
        basis: Basis = FourierBasis(features, found.path)
        path: RidgePath = found.path
        selection, own, outside = found.selection, found.penalty, found.out_of_sample
        fitted: FloatArray | None = found.fitted
        notes += (remark_on(features, points_of, len(X), features_seed),)
    else:
        points = np.ascontiguousarray(_scaled(X, scaler, scale))
        if solver == "exact":
            basis = exact_basis(points, intercept=intercept)
        else:
            pivots_seed = _random.child_seed(seed, PIVOTS_KEY)
            basis = nystrom_basis(points, intercept=intercept, seed=pivots_seed, rank=rank)
            notes += (
                f"Nystrom approximation by {len(basis.points)} of {len(X)} rows leaves out {basis.residual:.2g} of "
                "the trace of the Gram matrix",
            )
        path = ridge_path(basis.spectrum, targets, intercept=intercept)
        selection = path.select(tune, folds=folds) if fixed is None else None
        own = selection.penalty if selection is not None else np.asarray(fixed)
        outside, fitted = targets - path.loo_residuals(own), None
    coefficients, constants = basis.coefficients(path, own)
    return KernelRidge(
        scaler=scaler,
        lengthscale=scale,
        penalty=own,
        out_of_sample=outside,
        degrees_of_freedom=float(np.mean(path.degrees_of_freedom(own))),
        noise_variance=path.noise_variance(own),
        tuning=_tuning(tune, scale, own, chosen, selection),
        remarks=notes,
        fitted=fitted,
        _basis=basis,
        _coefficients=coefficients,
        _constants=constants,
        _path=path,
    )


def _solver(solver: str, n: int, tune: str, intercept: bool) -> str:
    """The solver that "auto" stands for, and "rff" only with what it has."""
    streams = tune in STREAMED_CRITERIA and intercept
    if solver == "auto":
        if n <= MOST_EXACT:
            return "exact"
        return "nystrom" if n <= MOST_NYSTROM or not streams else "rff"
    if solver == "rff" and not streams:
        asked = f"tune={tune!r}" if intercept else "intercept=False"
        raise InvalidParameterError(
            f"solver is 'rff' with {asked}; it keeps no rows, and so chooses penalties by 'reml' or 'gcv', with an "
            "intercept. Pass one of these, or solver='nystrom'"
        )
    return solver


def fold_labels(n: int, seed: np.random.SeedSequence, n_folds: int = N_FOLDS) -> IntArray:
    """(n,) labels of folds of equal size, up to one row, at random; at most n folds."""
    return np.asarray(_random.generator(seed, FOLDS_KEY).permutation(n) % min(n_folds, n), dtype=np.int64)


def _scaled(X: FloatArray, scaler: Scaler | None, lengthscale: FloatArray | float) -> FloatArray:
    return np.asarray((X if scaler is None else scaler.of(X)) / lengthscale)


def lengthscales(
    X: FloatArray,
    y: FloatArray,
    scaler: Scaler | None,
    kept: IntArray,
    given: float | FloatArray | None,
    groups: tuple[tuple[int, ...], ...] | None,
    *,
    tune: str,
    intercept: bool,
    folds: IntArray | None,
    seed: np.random.SeedSequence,
) -> tuple[FloatArray, Lengthscales | None, tuple[str, ...]]:
    """A lengthscale for each kept column, how it was chosen, and remarks."""
    d, n = len(kept), len(X)
    if given is not None:
        own = np.asarray(given, dtype=np.float64)
        if not (np.isfinite(own) & (own > 0)).all():
            raise InvalidParameterError(f"lengthscale is {given!r}; it must be positive")
        return np.broadcast_to(own[kept] if own.ndim else own, (d,)), None, ()
    sets = _kept_groups(groups, kept, d)
    notes: tuple[str, ...] = ()
    if n > ROWS_FOR_LENGTHSCALE:
        drawn = _random.generator(seed, SUBSAMPLE_KEY).choice(n, ROWS_FOR_LENGTHSCALE, replace=False)
        drawn.sort()
        notes = (f"the lengthscale was chosen on {ROWS_FOR_LENGTHSCALE} of {n} rows, drawn at random",)
        X, y, folds = X[drawn], y[drawn], None if folds is None else folds[drawn]
    columns = np.ascontiguousarray(_scaled(X, scaler, 1.0))
    with one_blas_thread():
        chosen = choose_lengthscales(columns, y, sets, tune=tune, intercept=intercept, folds=folds)
    scale = np.empty(d)
    for group, value in zip(sets, chosen.values, strict=True):
        scale[list(group)] = value
    return scale, chosen, notes


def _kept_groups(groups: tuple[tuple[int, ...], ...] | None, kept: IntArray, d: int) -> tuple[tuple[int, ...], ...]:
    """Groups as positions among the kept columns."""
    if groups is None:
        return (tuple(range(d)),)
    members = [column for group in groups for column in group]
    if len(set(members)) < len(members) or not set(kept.tolist()) <= set(members):
        raise InvalidParameterError(f"groups is {groups!r}; it must hold each column once")
    position = {int(column): i for i, column in enumerate(kept)}
    found = tuple(tuple(position[column] for column in group if column in position) for group in groups)
    return tuple(group for group in found if group) or ((),)


def _penalties(penalty: float | FloatArray | None, q: int) -> FloatArray:
    own = np.asarray(penalty, dtype=np.float64)
    if not (own >= 0).all():
        raise InvalidParameterError(f"penalty is {penalty!r}; it must not be negative")
    return np.broadcast_to(own, (q,))


def _tuning(
    tune: str, scale: FloatArray, penalty: FloatArray, chosen: Lengthscales | None, selection: Selection | None
) -> dict[str, Any]:
    found: dict[str, Any] = {"criterion": tune, "lengthscale": scale, "penalty": penalty}
    if chosen is not None:
        found |= {"multiples": chosen.tried, "profile": chosen.criterion}
    if selection is not None:
        found |= {"penalties": selection.penalties, "path": selection.criterion}
    return found
