"""Kernel ridge regression with a Gaussian kernel: tuned, with leave-one-out values and standard deviations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stattools import _random, _validation
from stattools._errors import InvalidParameterError
from stattools._typing import FloatArray, IntArray, Seed
from stattools.collider.features import Scaler
from stattools.collider.krr_basis import NYSTROM_RANK, Basis, exact_basis, nystrom_basis
from stattools.collider.krr_tuning import Lengthscales, choose_lengthscales
from stattools.rkhs.ridge import CRITERIA, RidgePath, Selection, posterior_deviations, ridge_path

SOLVERS = ("auto", "exact", "nystrom")
MOST_EXACT = 3000
"""Rows up to which "auto" decomposes the whole Gram matrix."""
ROWS_FOR_LENGTHSCALE = 500
CHUNK = 2**22
"""Kernel values at once in predictions."""
N_FOLDS = 5
FOLDS_KEY, SUBSAMPLE_KEY, PIVOTS_KEY = 0, 1, 2


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
    _basis: Basis = field(repr=False)
    _coefficients: FloatArray = field(repr=False)
    _constants: FloatArray = field(repr=False)
    _path: RidgePath = field(repr=False)
    name: str = "krr"

    def predict(self, X: FloatArray) -> FloatArray:
        """(k, q) values at (k, p) rows."""
        parts = [self._basis.kernels(part) @ self._coefficients for part in self._chunks(X)]
        return np.asarray(np.vstack(parts) + self._constants)

    def std(self, X: FloatArray) -> FloatArray:
        """(k, q) posterior standard deviations of the function at (k, p) rows, see Notes of `fit_krr`."""
        parts = []
        for part in self._chunks(X):
            coordinates, lengths = self._basis.coordinates(self._basis.kernels(part))
            parts.append(posterior_deviations(self._path, self.penalty, coordinates, lengths))
        return np.vstack(parts)

    def _chunks(self, X: FloatArray) -> list[FloatArray]:
        step = max(1, CHUNK // max(1, len(self._basis.points)))
        return [_scaled(X[i : i + step], self.scaler, self.lengthscale) for i in range(0, max(1, len(X)), step)]


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
    solver : {"auto", "exact", "nystrom"}, default "auto"
        All rows, or the span of the kernels of at most `rank` rows, which "auto" takes beyond 3000 rows.
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
    rng : None, int, SeedSequence or Generator
        For folds, the rows that lengthscales are chosen on, and the rows of "nystrom".

    Returns
    -------
    KernelRidge

    Raises
    ------
    InvalidParameterError
        An option, a lengthscale or a penalty is none, or the groups are not a partition of the columns.

    Notes
    -----
    The penalty is added to the eigenvalues of the Gram matrix: it is n lambda where the mean square is penalised by
    lambda. All targets share the lengthscale.

    Beyond 500 rows lengthscales are chosen on 500 of them, drawn at random, and the penalty on all. One trial of a
    lengthscale is an eigendecomposition, and there are about 20; O(n^3) time and 24 n^2 bytes for "exact", O(n rank^2)
    and 24 n rank for "nystrom". Its leave-one-out predictions keep the rows that span.

    Standard deviations are those of the posterior of f + b at a new x, with f a Gaussian process with the kernel times
    noise variance / penalty and a flat prior of b (derived here): with centred features, of x and of the rows,
    variance / noise variance = (k_c(x, x) - k_c(x)' (K_c + penalty I)^-1 k_c(x)) / penalty + 1 / n, the second term
    that of the mean response. They leave out the uncertainty of lengthscale, penalty and noise variance, and the bias
    where f is not such a process. Of 95 % intervals by Student's law with n - df degrees of freedom, 95.3 % covered at
    n = 40 in two dimensions with lengthscale and penalty known, and 91.6 % with both chosen; 400 processes, standard
    errors 0.3 % and 0.5 %. For a new response add the noise variance. In "nystrom" the part of the kernel of x beyond
    the span counts as unknown.

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
    exact = _validation.choice(solver, SOLVERS, "solver") == "exact" or (solver == "auto" and len(X) <= MOST_EXACT)
    targets = y[:, None] if y.ndim == 1 else y
    seed = _random.seed_sequence(rng)
    scaler = Scaler.fit(X) if standardise else None
    columns = np.ascontiguousarray(_scaled(X, scaler, 1.0))
    kept = scaler.kept if scaler is not None else np.arange(X.shape[1])
    folds = fold_labels(len(X), seed) if tune == "kfold" else None

    scale, chosen, notes = _lengthscales(
        columns, targets, kept, lengthscale, groups, tune=tune, intercept=intercept, folds=folds, seed=seed
    )
    points = np.ascontiguousarray(columns / scale)
    if exact:
        basis: Basis = exact_basis(points, intercept=intercept)
    else:
        pivots_seed = _random.child_seed(seed, PIVOTS_KEY)
        basis = nystrom_basis(points, intercept=intercept, seed=pivots_seed, rank=rank)
        notes += (
            f"Nystrom approximation by {len(basis.points)} of {len(X)} rows leaves out {basis.residual:.2g} of "
            "the trace of the Gram matrix",
        )
    path = ridge_path(basis.spectrum, targets, intercept=intercept)
    selection = None if penalty is not None else path.select(tune, folds=folds)
    own = _penalties(penalty, targets.shape[1]) if selection is None else selection.penalty
    coefficients, constants = basis.coefficients(path, own)
    return KernelRidge(
        scaler=scaler,
        lengthscale=scale,
        penalty=own,
        out_of_sample=targets - path.loo_residuals(own),
        degrees_of_freedom=float(np.mean(path.degrees_of_freedom(own))),
        noise_variance=path.noise_variance(own),
        tuning=_tuning(tune, scale, own, chosen, selection),
        remarks=notes,
        _basis=basis,
        _coefficients=coefficients,
        _constants=constants,
        _path=path,
    )


def fold_labels(n: int, seed: np.random.SeedSequence, n_folds: int = N_FOLDS) -> IntArray:
    """(n,) labels of folds of equal size, up to one row, at random; at most n folds."""
    return np.asarray(_random.generator(seed, FOLDS_KEY).permutation(n) % min(n_folds, n), dtype=np.int64)


def _scaled(X: FloatArray, scaler: Scaler | None, lengthscale: FloatArray | float) -> FloatArray:
    return np.asarray((X if scaler is None else scaler.of(X)) / lengthscale)


def _lengthscales(
    columns: FloatArray,
    y: FloatArray,
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
    d = columns.shape[1]
    if given is not None:
        own = np.asarray(given, dtype=np.float64)
        if not (np.isfinite(own) & (own > 0)).all():
            raise InvalidParameterError(f"lengthscale is {given!r}; it must be positive")
        return np.broadcast_to(own[kept] if own.ndim else own, (d,)), None, ()
    sets = _kept_groups(groups, kept, d)
    notes: tuple[str, ...] = ()
    if len(columns) > ROWS_FOR_LENGTHSCALE:
        drawn = _random.generator(seed, SUBSAMPLE_KEY).choice(len(columns), ROWS_FOR_LENGTHSCALE, replace=False)
        drawn.sort()
        notes = (f"the lengthscale was chosen on {ROWS_FOR_LENGTHSCALE} of {len(columns)} rows, drawn at random",)
        columns, y, folds = columns[drawn], y[drawn], None if folds is None else folds[drawn]
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
