"""Kernel ridge regression among the functions that respect an independence: its constraint is part of the fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stattools import _random, _validation
from stattools._errors import InvalidParameterError
from stattools._typing import FloatArray, IntArray, Seed
from stattools.collider.krr import MOST_EXACT, fold_labels
from stattools.collider.krr_basis import NYSTROM_RANK, NYSTROM_TOLERANCE
from stattools.collider.projected_kernel import Conditions, Points, Units, fit_projected_kernel, rest_features
from stattools.collider.projected_several import SeveralKernel, fit_several, smoothing
from stattools.collider.projected_tuning import Scales, choose_scales
from stattools.rkhs.cholesky import PivotedCholesky, pivoted_cholesky
from stattools.rkhs.grams import Centring, centring
from stattools.rkhs.kernels import lexicographic_order
from stattools.rkhs.ridge import (
    CRITERIA,
    FeatureSpectrum,
    RidgePath,
    Selection,
    centred_spectrum,
    feature_spectrum,
    posterior_deviations,
    ridge_path,
)
from stattools.rkhs.spectra import Spectrum

SOLVERS = ("auto", "exact", "nystrom")
MOST_SEVERAL = 3000
"""Rows of the conditional means of several constraints, whose smoothers are N x N matrices."""
CHUNK = 2**22
"""Kernel values at once in predictions."""
LANDMARKS_KEY, SUBSAMPLE_KEY, PIVOTS_KEY = 2, 3, 4


@dataclass(frozen=True, eq=False)
class ConstrainedRidge:
    """A fitted constrained kernel ridge regression: from `fit_constrained`.

    Attributes
    ----------
    lengthscale : (2,) float64
        Of the columns that no constraint names, and of those of the constraint, in standard deviations; equal for
        several constraints.
    penalty : (q,) float64
        Added to the eigenvalues of the centred Gram matrix of the projected kernel.
    embedding_penalty : (constraints,) float64
        Of the conditional means, added to the eigenvalues of a Gram matrix of N rows; infinite where the mean replaces
        them.
    out_of_sample : (n, q) float64
        Exact leave-one-out predictions at everything that was chosen on all rows.
    degrees_of_freedom : float
        Trace of the smoother with the intercept, the mean over targets.
    embedding_freedom : float
        Degrees of freedom of the conditional means, the sum over constraints.
    noise_variance : (q,) float64
    tuning : dict
    remarks : tuple of str

    Examples
    --------
    >>> from stattools.collider.constraints import Resolved
    >>> from stattools.simulate.collider import gaussian_collider
    >>> data = gaussian_collider(40, 200, rng=1)
    >>> fit = fit_constrained(data.X, data.y, data.X_unlabeled, [Resolved((1,), (), (0,))], rng=1)
    >>> fit.predict(data.X_test[:3]).shape
    (3, 1)
    """

    lengthscale: FloatArray
    penalty: FloatArray
    embedding_penalty: FloatArray
    out_of_sample: FloatArray
    degrees_of_freedom: float
    embedding_freedom: float
    noise_variance: FloatArray
    tuning: dict[str, Any]
    remarks: tuple[str, ...]
    kernel: Any = field(repr=False)
    _rows: Points = field(repr=False)
    _span: Span = field(repr=False)
    _path: RidgePath = field(repr=False)
    name: str = "krr"

    @property
    def embeddings(self) -> tuple[Any, ...]:
        """The conditional mean of each constraint."""
        return _embeddings(self.kernel)

    def predict(self, X: FloatArray) -> FloatArray:
        """(k, q) values at (k, p) rows."""
        coefficients, constants = self._span.coefficients(self._path, self.penalty)
        parts = [self.kernel.cross(self.kernel.at(part), self._rows) @ coefficients for part in self._chunks(X)]
        return np.asarray(np.vstack(parts) + constants)

    def std(self, X: FloatArray) -> FloatArray:
        """(k, q) posterior standard deviations of the function at (k, p) rows; the conditional means count as known."""
        parts = []
        for part in self._chunks(X):
            new = self.kernel.at(part)
            cross = self.kernel.cross(new, self._rows)
            coordinates, lengths = self._span.coordinates(cross, self.kernel.lengths(part, new))
            parts.append(posterior_deviations(self._path, self.penalty, coordinates, lengths))
        return np.vstack(parts)

    def _chunks(self, X: FloatArray) -> list[FloatArray]:
        width = len(self._rows.residual) + self._rows.residual.shape[1]
        step = max(1, CHUNK // max(1, width))
        return [X[i : i + step] for i in range(0, max(1, len(X)), step)]


@dataclass(frozen=True, eq=False)
class Span:
    """Labelled rows whose kernels a function is made of: all of them, or the pivots of a low-rank factor.

    spectrum : of the centred Gram matrix of all labelled rows. learned : its centring, for all rows. factor : for
    pivots. residual : share of the trace that is left out.
    """

    spectrum: Spectrum
    learned: Centring | None
    factor: PivotedCholesky | None
    residual: float

    def coefficients(self, path: RidgePath, penalty: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(r, q) coefficients on kernels with the rows of the span, and (q,) constants."""
        if self.learned is not None:
            dual = path.dual(penalty)
            return dual, np.asarray(path.mean - self.learned.column_means @ dual)  # the dual sums to zero
        slopes, lower, mean = self._low_rank(path, penalty)
        # one solution for all new points
        found = np.linalg.solve(lower.T, slopes)
        return np.asarray(found), np.asarray(path.mean - mean @ slopes)

    def coordinates(self, cross: FloatArray, lengths: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(k, s) coordinates along the eigenvectors, and (k,) squared lengths of the centred features."""
        if self.learned is not None:
            turned = self.learned.cross(cross) @ (self.spectrum.vectors / np.sqrt(self.spectrum.values))
            return np.asarray(turned), lengths - 2.0 * cross.mean(axis=1) + self.learned.grand_mean
        assert self.factor is not None and isinstance(self.spectrum, FeatureSpectrum)
        features = self.factor.transform(cross)
        beyond = np.maximum(lengths - np.square(features).sum(axis=1), 0.0)
        centred = np.square(features - self.spectrum.mean).sum(axis=1) + beyond
        return self.spectrum.coordinates(features), np.asarray(centred)

    def _low_rank(self, path: RidgePath, penalty: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        assert self.factor is not None and isinstance(self.spectrum, FeatureSpectrum)
        return self.spectrum.right.T @ path.primal(penalty), self.factor.factor[self.factor.pivots], self.spectrum.mean


def fit_constrained(
    X: FloatArray,
    y: FloatArray,
    X_unlabeled: FloatArray,
    constraints: Sequence[Any],
    *,
    tune: str = "reml",
    solver: str = "auto",
    lengthscale: tuple[float, float] | None = None,
    penalty: float | FloatArray | None = None,
    embedding_penalty: float | str = "gcv",
    standardise: bool = True,
    rng: Seed = None,
) -> ConstrainedRidge:
    """Fit f that minimises |y - b - f|^2 + penalty |f|^2 in the space of a projected kernel.

    Parameters
    ----------
    X : (n, p) float64
    y : (n,) or (n, q) float64
    X_unlabeled : (m, p) float64
        m may be 0.
    constraints : sequence of Resolved
        At least one.
    tune : {"reml", "gcv", "loo", "kfold"}, default "reml"
        How the two lengthscales and the penalty are chosen, as in `fit_krr`.
    solver : {"auto", "exact", "nystrom"}, default "auto"
        All rows, or at most 600 of them; "auto" takes those beyond 3000.
    lengthscale : (float, float), optional
        Of the columns that no constraint names, and of those of the constraint, in standard deviations. Default:
        chosen. Several constraints take one for all columns, and the first is it.
    penalty : float or (q,) float64, optional
        Default: chosen, for each target apart.
    embedding_penalty : "gcv" or float, default "gcv"
        Of the conditional means, added to eigenvalues of a Gram matrix over N; infinity replaces them by means.
    standardise : bool, default True
        Scale columns to variance 1 over all N rows.
    rng : None, int, SeedSequence or Generator
        For folds and for the rows of "nystrom".

    Returns
    -------
    ConstrainedRidge

    Raises
    ------
    InvalidParameterError
        An option, a lengthscale or a penalty is none; several constraints with more rows than their solver takes.

    Notes
    -----
    One constraint, Y independent of A given B. With C the other columns and S = (A, B) take the kernel r(C) l(S) of two
    Gaussian kernels. Its feature less its conditional mean given S is the feature u(C) of r less its own conditional
    mean m(S), times the feature of l, so the projected kernel is [1]_

        l(S, S') <u(C) - m(S), u(C') - m(S')>.

    m is a conditional mean embedding from all N rows, labelled or not; its penalty, and its lengthscale among four, are
    those of the smallest embedding GCV, which needs no responses. It is centred: weights sum to one, so a constant that
    is added to r changes nothing, and at an infinite penalty u is centred and nothing else happens. Functions of the
    space have conditional mean zero given S, up to the error of m. What the constraint allows beside them is any
    function of B: allowed functions are the orthogonal sum of those with E[f | A, B] = 0 and of functions of B, as
    E[f | A, B] = E[f | B] says that f - E[f | B] is one of the former. So with B the kernel is that above plus a
    Gaussian kernel of B, whose weight is the squared length of the mean feature of (r + 1) l_A (derived here; the
    feature k_x - mu_(a, b) + mu_b describes the same functions, and costs N numbers for each row). Without B that part
    is the intercept.

    Several constraints: see `fit_several`.

    The intercept is not penalised. Lengthscales are chosen together with the penalty on at most 500 labelled and 1000
    rows in all, by a table of common ones and line searches; hyper-parameters that look at responses are these three
    alone, since more of them follow the noise of small samples.

    Time O(N^3) up to 3000 rows, and O(N 600^2) beyond; several constraints always O(N^3).

    References
    ----------
    .. [1] Bouabid, Fawkes and Sejdinovic (2023), Returning the favour: when regression benefits from probabilistic
       causal knowledge, ICML. Kernel and empirical risk minimiser are theirs; centring, selection and B are derived
       here.

    Examples
    --------
    >>> from stattools.collider.constraints import Resolved
    >>> X = np.random.default_rng(1).normal(size=(60, 2))
    >>> fit = fit_constrained(X[:30], X[:30, 0], X[30:], [Resolved((1,), (), (0,))], rng=1)
    >>> fit.predict(np.array([[1.0, 0.0]])).round(1)
    array([[1.]])
    """
    _validation.choice(tune, CRITERIA, "tune")
    _validation.choice(solver, SOLVERS, "solver")
    _check_sizes(lengthscale, penalty)
    targets = y[:, None] if y.ndim == 1 else y
    rows, n = np.vstack([X, X_unlabeled]), len(X)
    seed = _random.seed_sequence(rng)
    units = Units.of_rows(rows, standardise=standardise)
    folds = fold_labels(n, seed) if tune == "kfold" else None
    exact = solver == "exact" or (solver == "auto" and len(rows) <= MOST_EXACT)
    amount = embedding_penalty if isinstance(embedding_penalty, str) else float(embedding_penalty) * len(rows)
    chosen: Scales | None = None
    notes: tuple[str, ...] = ()
    if lengthscale is None:
        chosen, notes = choose_scales(
            rows, targets, units, constraints, embedding_penalty, tune=tune, folds=folds,
            seed=_random.child_seed(seed, SUBSAMPLE_KEY),
        )  # fmt: skip
        lengthscale = chosen.values
    kernel, kept = _kernel(rows, n, units, constraints, lengthscale, amount, exact, seed)
    points = kernel.at(X)
    if exact or n <= NYSTROM_RANK:
        span, used = _whole(kernel, points), points
    else:
        span, used = _pivots(kernel, points, _random.child_seed(seed, PIVOTS_KEY))
        notes += (
            f"Nystrom approximation by {len(used.residual)} of {n} rows leaves out {span.residual:.2g} of the trace "
            "of the Gram matrix",
        )
    notes += kept
    path = ridge_path(span.spectrum, targets)
    selection = None if penalty is not None else path.select(tune, folds=folds)
    own = np.broadcast_to(np.asarray(penalty if selection is None else selection.penalty, float), (targets.shape[1],))
    embeddings = _embeddings(kernel)
    return ConstrainedRidge(
        lengthscale=np.array(lengthscale, dtype=np.float64),
        penalty=own,
        embedding_penalty=np.array([one.embedding.penalty for one in embeddings]),
        out_of_sample=targets - path.loo_residuals(own),
        degrees_of_freedom=float(np.mean(path.degrees_of_freedom(own))),
        embedding_freedom=float(sum(one.embedding.degrees_of_freedom for one in embeddings)),
        noise_variance=path.noise_variance(own),
        tuning=_tuning(tune, lengthscale, own, chosen, selection),
        remarks=notes,
        kernel=kernel,
        _rows=used,
        _span=span,
        _path=path,
    )


def _check_sizes(lengthscale: tuple[float, float] | None, penalty: float | FloatArray | None) -> None:
    if lengthscale is not None and not (np.isfinite(lengthscale).all() and min(lengthscale) > 0):
        raise InvalidParameterError(f"lengthscale is {lengthscale!r}; both must be positive")
    if penalty is not None and not (np.asarray(penalty, dtype=np.float64) >= 0).all():
        raise InvalidParameterError(f"penalty is {penalty!r}; it must not be negative")


def _kernel(
    rows: FloatArray,
    n: int,
    units: Units,
    constraints: Sequence[Any],
    lengthscale: tuple[float, float],
    amount: float | str,
    exact: bool,
    seed: np.random.SeedSequence,
) -> tuple[Any, tuple[str, ...]]:
    """The projected kernel, and remarks."""
    z = units.of(rows)
    if len(constraints) > 1:
        if len(rows) > MOST_SEVERAL:
            raise InvalidParameterError(
                f"method is 'erm' with {len(constraints)} constraints and {len(rows)} rows; several constraints take "
                f"at most {MOST_SEVERAL}, labelled and unlabelled: pass fewer unlabelled rows or method='augmented'"
            )
        values = rest_features(np.ascontiguousarray(z / lengthscale[0]), None, centred=True).values
        smoothings = [smoothing(z, one, values, amount) for one in constraints]
        return fit_several(rows, units, lengthscale[0], smoothings), ()
    landmarks, notes = _landmarks(rows, n, exact, seed)
    joint = tuple(sorted((*constraints[0].independent, *constraints[0].given)))
    kernel = fit_projected_kernel(
        rows, units, constraints[0], lengthscale, conditions=Conditions.tried(np.ascontiguousarray(z[:, joint])),
        penalty=amount, landmarks=landmarks,
    )  # fmt: skip
    return kernel, notes


def _landmarks(
    rows: FloatArray, n: int, exact: bool, seed: np.random.SeedSequence
) -> tuple[IntArray | None, tuple[str, ...]]:
    """Rows that span the features of C: labelled ones first, as far as they go, then others at random.

    They are drawn along the lexicographic order, so that they do not depend on how rows are ordered.
    """
    if exact or len(rows) <= NYSTROM_RANK:
        return None, ()
    generator = _random.generator(seed, LANDMARKS_KEY)
    labelled, others = lexicographic_order(rows[:n]), n + lexicographic_order(rows[n:])
    if n > NYSTROM_RANK:
        labelled = generator.choice(labelled, NYSTROM_RANK, replace=False)
    others = generator.choice(others, min(NYSTROM_RANK - len(labelled), len(others)), replace=False)
    found = np.concatenate([np.sort(labelled), np.sort(others)]).astype(np.int64)
    return found, (f"features of the columns that no constraint names are spanned by {len(found)} of {len(rows)} rows",)


def _embeddings(kernel: Any) -> tuple[Any, ...]:
    if isinstance(kernel, SeveralKernel):
        return tuple(one.on_joint for one in kernel.smoothings)
    return (kernel.embedding,)


def _whole(kernel: Any, points: Points) -> Span:
    gram = kernel.cross(points, points)
    gram = (gram + gram.T) / 2.0
    return Span(centred_spectrum(gram), centring(gram), None, 0.0)


def _pivots(kernel: Any, points: Points, seed: np.random.SeedSequence) -> tuple[Span, Points]:
    def columns(rows: IntArray) -> FloatArray:
        return np.asarray(kernel.cross(points, _some(points, rows)))

    diagonal = np.square(points.residual).sum(axis=1) + getattr(kernel, "share", 0.0)
    found = pivoted_cholesky(columns, diagonal, rank=NYSTROM_RANK, tol=NYSTROM_TOLERANCE, rng=seed)
    residual = found.residual_trace / max(float(diagonal.sum()), np.finfo(np.float64).tiny)
    return Span(feature_spectrum(found.factor), None, found, residual), _some(points, found.pivots)


def _some(points: Points, rows: IntArray) -> Points:
    parts = (points.residual, points.joint, points.given)
    residual, joint, given = (None if part is None else np.ascontiguousarray(part[rows]) for part in parts)
    assert residual is not None
    return Points(residual, joint, given)


def _tuning(
    tune: str, lengthscale: tuple[float, float], penalty: FloatArray, chosen: Scales | None, selection: Selection | None
) -> dict[str, Any]:
    found: dict[str, Any] = {"criterion": tune, "lengthscale": np.array(lengthscale), "penalty": penalty}
    if chosen is not None:
        found |= {"multiples": chosen.tried, "profile": chosen.criterion}
    if selection is not None:
        found |= {"penalties": selection.penalties, "path": selection.criterion}
    return found
