"""A base regression and its projection, on arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stattools import _random
from stattools._errors import InvalidParameterError
from stattools._typing import FloatArray
from stattools.collider import augmented
from stattools.collider.augmented import Correction, Targets
from stattools.collider.prior import linear_priors

BASE_KEY, PROJECTION_KEY = 0, 1
CONSTRAINED_PROJECTORS = ("auto", "kernel")


@dataclass(frozen=True)
class Options:
    """How to fit.

    base : a name or an estimator. penalty : of the projection, "auto", "gcv" or a number. names : of columns of tables,
    which an estimator then sees.
    """

    base: Any
    method: str
    projector: str
    penalty: str | float
    tune: str
    solver: str
    names: tuple[str, ...] | None = None

    @property
    def criterion(self) -> str | float:
        """The penalty, or the criterion for one that nothing else determines."""
        return "gcv" if self.penalty == "auto" else self.penalty


@dataclass(frozen=True)
class Words:
    """kind : of the regression on constraint columns. settings : what was chosen."""

    kind: str
    settings: dict[str, Any]


@dataclass(frozen=True)
class ConstrainedCorrection:
    """A base less a constrained fit, with what a `Correction` tells of itself.

    constrained : ConstrainedRidge or ProjectedFeatures. outside : (n, q) out-of-sample values of the base at labelled
    rows. n_rows : N of the conditional means.
    """

    base: Any
    constrained: Any
    outside: FloatArray
    n_rows: int
    sweeps: int = 1
    change: float = 0.0
    converged: bool = True

    @property
    def places(self) -> tuple[Any, ...]:
        """One for each constraint."""
        return tuple(getattr(self.constrained, "embeddings", ((),)))

    @property
    def projectors(self) -> tuple[Words, ...]:
        """The conditional means, each with the lengthscales and penalties of the constrained fit."""
        own = {"ridge_lengthscale": self.constrained.lengthscale, "ridge_penalty": self.constrained.penalty}
        if not hasattr(self.constrained, "embeddings"):
            return (Words("rff", {"kind": "rff", **own}),)
        return tuple(
            Words(
                f"kernel, lengthscale {one.lengthscale:.3g}",
                {"kind": "kernel", "lengthscale": one.lengthscale, "features": one.rank, **own},
            )
            for one in self.constrained.embeddings
        )

    @property
    def penalty(self) -> FloatArray:
        """(constraints, q) of the conditional means given A and B, over the number of rows."""
        own = self.constrained.embedding_penalty[: len(self.places)] / self.n_rows
        return np.tile(own[:, None], (1, self.outside.shape[1]))

    @property
    def degrees_of_freedom(self) -> FloatArray:
        """(q,) of the conditional means."""
        return np.full(self.outside.shape[1], float(np.sum(self.constrained.embedding_freedom)))

    @property
    def noise(self) -> FloatArray:
        """(q,) unknown: the conditional means are part of the fit."""
        return np.full(self.outside.shape[1], np.nan)

    def predict(self, X: FloatArray) -> FloatArray:
        """(k, q) values of the base less those of the constrained fit."""
        return np.asarray(two_dimensional(self.base.predict(X)) - self.constrained.predict(X))


@dataclass(frozen=True)
class ProjectedFit:
    """A base and what is subtracted from it.

    base : FittedBase. correction : None for no projection, ConstrainedCorrection for "erm". residuals : (n, q)
    out-of-sample f - Y. values : (N, q) function values on the rows of the projection, labelled first and out of
    sample. method : what "auto" became. ratios, r_squared : (q,) of break-even, for each response.
    """

    base: Any
    correction: Correction | ConstrainedCorrection | None
    residuals: FloatArray
    values: FloatArray
    method: str
    ratios: FloatArray
    r_squared: FloatArray

    @property
    def projects(self) -> bool:
        """Whether predictions differ from those of the base."""
        if isinstance(self.correction, ConstrainedCorrection):
            return True
        return self.correction is not None and not bool(np.isinf(self.correction.penalty).all())

    @property
    def by_law(self) -> bool:
        """Whether all that is subtracted follows from a law that the base has of its errors."""
        laws = [p.settings.get("law") for p in self.correction.projectors] if self.correction is not None else []
        return bool(laws) and all(laws)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is approximate in the base and in a constrained fit."""
        own = tuple(getattr(self.base, "remarks", ()))
        if isinstance(self.correction, ConstrainedCorrection):
            own += tuple(f"constrained fit: {words}" for words in self.correction.constrained.remarks)
        return own

    @property
    def df_after(self) -> float:
        """Degrees of freedom of the fitted values after the projection; NaN where they are not derived."""
        if isinstance(self.correction, ConstrainedCorrection):
            return float(self.correction.constrained.degrees_of_freedom)
        return float("nan")

    def after(self, rows: FloatArray) -> FloatArray:
        """(N, q) function values after the projection, labelled ones out of sample. rows : (N, p) of `values`."""
        correction = self.correction
        if correction is None:
            return self.values
        if isinstance(correction, ConstrainedCorrection):
            labelled = correction.constrained.out_of_sample
            others = rows[len(labelled) :]
            return np.vstack([labelled, correction.constrained.predict(others)]) if len(others) else labelled
        return np.asarray(self.values - correction.predict(rows))

    def compact(self) -> ProjectedFit:
        """Without what only degrees of freedom need."""
        if isinstance(self.correction, Correction):
            return replace(self, correction=self.correction.compact())
        return self

    def unprojected(self) -> ProjectedFit:
        """The base alone."""
        return replace(self, correction=None)

    def predict_base(self, X: FloatArray) -> FloatArray:
        """(k, q) values of the base."""
        return two_dimensional(self.base.predict(X))

    def standard_deviation(self, X: FloatArray) -> FloatArray:
        """(k,) or (k, q) standard deviations of the base, derived only where nothing was subtracted from it."""
        if isinstance(self.correction, ConstrainedCorrection):
            return np.asarray(self.correction.constrained.std(X))
        if self.projects:
            raise InvalidParameterError(
                "return_std is True, and standard deviations after a projection are not derived; pass method='none' "
                "for those of the base"
            )
        deviations = self.base.std(X)
        if deviations is None:
            raise InvalidParameterError(
                f"return_std is True, and the base {self.base.name!r} has no standard deviations"
            )
        return np.asarray(deviations)

    def predict(self, X: FloatArray) -> FloatArray:
        """(k, q) values of the base less the correction."""
        if isinstance(self.correction, ConstrainedCorrection):
            return np.asarray(self.correction.constrained.predict(X))
        values = self.predict_base(X)
        return values if self.correction is None else values - self.correction.predict(X)


def two_dimensional(values: FloatArray) -> FloatArray:
    """(k, q) from (k,) or (k, q)."""
    return values[:, None] if values.ndim == 1 else values


def fit_base(options: Options, X: FloatArray, y: FloatArray, seed: np.random.SeedSequence) -> Any:
    """The base regression on labelled rows: a FittedBase. X : (n, p); y : (n, q)."""
    from stattools.collider import bases

    return bases.fit_base(
        options.base,
        X,
        y,
        tune=options.tune,
        solver=options.solver,
        names=options.names,
        rng=_random.child_seed(seed, BASE_KEY),
    )


def fit_projected(
    options: Options,
    X: FloatArray,
    y: FloatArray,
    X_unlabeled: FloatArray,
    constraints: Sequence[Any],
    seed: np.random.SeedSequence,
    *,
    keep: bool = False,
) -> ProjectedFit:
    """Fit the base and the correction for the constraints.

    X : (n, p); y : (n, q); X_unlabeled : (m, p), m may be 0; constraints : with tuples of indices `independent` and
    `given`; keep : the smoothers of the correction, for degrees of freedom.
    """
    base = fit_base(options, X, y, seed)
    return project_base(base, options, X, y, X_unlabeled, constraints, seed, keep=keep)


def project_base(
    base: Any,
    options: Options,
    X: FloatArray,
    y: FloatArray,
    X_unlabeled: FloatArray,
    constraints: Sequence[Any],
    seed: np.random.SeedSequence,
    *,
    keep: bool = False,
) -> ProjectedFit:
    """The correction for a base that was fitted before; parameters as in `fit_projected`."""
    outside = two_dimensional(np.asarray(base.out_of_sample))
    residuals = outside - y
    values = np.vstack([outside, two_dimensional(base.predict(X_unlabeled))]) if len(X_unlabeled) else outside
    ratios = augmented.break_even_ratios(residuals, y, len(values))
    r_squared = augmented.out_of_sample_r_squared(residuals, y)
    method = augmented.resolved_method(options.method, ratios)
    correction: Correction | ConstrainedCorrection | None = None
    if constraints and method == "erm":
        constrained = fit_constrained(options, X, y, X_unlabeled, constraints, seed)
        correction = ConstrainedCorrection(base, constrained, outside, len(X) + len(X_unlabeled))
    elif constraints and method in ("plugin", "augmented"):
        rows = np.vstack([X, X_unlabeled])
        targets = targets_of(method, values, residuals, rows, constraints)
        known = options.penalty == "auto" and options.projector in ("auto", "linear")
        careful = method == "augmented"
        kind = options.projector
        priors = linear_priors(base, rows, targets, constraints, careful=careful, kind=kind, rng=seed) if known else ()
        correction = augmented.fit_correction(
            options.projector,
            rows,
            targets,
            constraints,
            penalty=options.criterion,
            priors=priors,
            keep=keep,
            rng=_random.child_seed(seed, PROJECTION_KEY),
        )
    return ProjectedFit(base, correction, residuals, values, method, ratios, r_squared)


def fit_constrained(
    options: Options,
    X: FloatArray,
    y: FloatArray,
    X_unlabeled: FloatArray,
    constraints: Sequence[Any],
    seed: np.random.SeedSequence,
) -> Any:
    """The fit of method "erm", a ConstrainedRidge or ProjectedFeatures; parameters as in `fit_projected`."""
    from stattools.collider import largescale, projected
    from stattools.collider.krr import MOST_NYSTROM
    from stattools.rkhs.fourier import STREAMED_CRITERIA

    require_constrained(options)
    rows = len(X) + len(X_unlabeled)
    many = rows > MOST_NYSTROM and options.tune in STREAMED_CRITERIA and len(constraints) == 1
    if options.solver == "rff" or (options.solver == "auto" and many):
        return largescale.fit_projected_features(
            X,
            y,
            X_unlabeled,
            constraints,
            tune=options.tune,
            embedding_penalty=options.criterion if isinstance(options.criterion, str) else options.criterion * rows,
            rng=_random.child_seed(seed, PROJECTION_KEY),
        )
    return projected.fit_constrained(
        X,
        y,
        X_unlabeled,
        constraints,
        tune=options.tune,
        solver=options.solver,
        embedding_penalty=options.criterion,
        rng=_random.child_seed(seed, PROJECTION_KEY),
    )


def require_constrained(options: Options) -> None:
    """Refuse what method "erm" has not."""
    if options.base != "krr":
        raise InvalidParameterError(
            f"method is 'erm' and base {options.base!r:.60}; the constraint is part of the fit for base='krr' only: "
            "pass that, or method='augmented' to project this base"
        )
    if options.projector not in CONSTRAINED_PROJECTORS:
        raise InvalidParameterError(
            f"method is 'erm' and projector {options.projector!r}; its conditional means are by kernels: leave "
            "projector at 'auto'"
        )


def targets_of(
    method: str, values: FloatArray, residuals: FloatArray, rows: FloatArray, constraints: Sequence[Any]
) -> Targets:
    """What the projection of a method regresses on constraint columns."""
    given = [rows[:, list(constraint.given)] if constraint.given else None for constraint in constraints]
    given = given if any(columns is not None for columns in given) else [None]
    if method == "plugin":
        return augmented.plugin_targets(values, given)
    return augmented.augmented_targets(values, residuals, given)


def pair_fitter(
    options: Options, X_unlabeled: FloatArray, constraints: Sequence[Any]
) -> Callable[[FloatArray, FloatArray, np.random.SeedSequence], Callable[[FloatArray], tuple[FloatArray, FloatArray]]]:
    """A function that fits base and projection on some labelled rows, for `gain.held_out_gain`."""

    def fit(
        X: FloatArray, y: FloatArray, seed: np.random.SeedSequence
    ) -> Callable[[FloatArray], tuple[FloatArray, FloatArray]]:
        fitted = fit_projected(options, X, y, X_unlabeled, constraints, seed)
        return lambda rows: (fitted.predict_base(rows), fitted.predict(rows))

    return fit
