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

BASE_KEY, PROJECTION_KEY = 0, 1


@dataclass(frozen=True)
class Options:
    """How to fit. base : a name or an estimator; penalty : of the projection, "gcv" or a number."""

    base: Any
    method: str
    projector: str
    penalty: str | float
    tune: str
    solver: str


@dataclass(frozen=True)
class ProjectedFit:
    """A base and what is subtracted from it.

    base : FittedBase. correction : None for no projection. residuals : (n, q) out-of-sample f - Y. values : (N, q)
    function values on the rows of the projection, labelled first and out of sample. method : what "auto" became. ratio,
    r_squared : of break-even.
    """

    base: Any
    correction: Correction | None
    residuals: FloatArray
    values: FloatArray
    method: str
    ratio: float
    r_squared: float

    @property
    def projects(self) -> bool:
        """Whether predictions differ from those of the base."""
        return self.correction is not None and not bool(np.isinf(self.correction.penalty).all())

    def unprojected(self) -> ProjectedFit:
        """The base alone."""
        return replace(self, correction=None)

    def predict_base(self, X: FloatArray) -> FloatArray:
        """(k, q) values of the base."""
        return two_dimensional(self.base.predict(X))

    def standard_deviation(self, X: FloatArray) -> FloatArray:
        """(k,) or (k, q) standard deviations of the base, derived only where nothing was subtracted from it."""
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
        values = self.predict_base(X)
        return values if self.correction is None else values - self.correction.predict(X)


def two_dimensional(values: FloatArray) -> FloatArray:
    """(k, q) from (k,) or (k, q)."""
    return values[:, None] if values.ndim == 1 else values


def fit_base(options: Options, X: FloatArray, y: FloatArray, seed: np.random.SeedSequence) -> Any:
    """The base regression on labelled rows: a FittedBase. X : (n, p); y : (n, q)."""
    from stattools.collider import bases

    return bases.fit_base(
        options.base, X, y, tune=options.tune, solver=options.solver, rng=_random.child_seed(seed, BASE_KEY)
    )


def fit_projected(
    options: Options,
    X: FloatArray,
    y: FloatArray,
    X_unlabeled: FloatArray,
    constraints: Sequence[Any],
    seed: np.random.SeedSequence,
) -> ProjectedFit:
    """Fit the base and the correction for the constraints.

    X : (n, p); y : (n, q); X_unlabeled : (m, p), m may be 0; constraints : with tuples of indices `independent` and
    `given`.
    """
    base = fit_base(options, X, y, seed)
    return project_base(base, options, X, y, X_unlabeled, constraints, seed)


def project_base(
    base: Any,
    options: Options,
    X: FloatArray,
    y: FloatArray,
    X_unlabeled: FloatArray,
    constraints: Sequence[Any],
    seed: np.random.SeedSequence,
) -> ProjectedFit:
    """The correction for a base that was fitted before; parameters as in `fit_projected`."""
    outside = two_dimensional(np.asarray(base.out_of_sample))
    residuals = outside - y
    values = np.vstack([outside, two_dimensional(base.predict(X_unlabeled))]) if len(X_unlabeled) else outside
    ratio = augmented.break_even_ratio(residuals, y, len(values))
    r_squared = augmented.out_of_sample_r_squared(residuals, y)
    method = augmented.resolved_method(options.method, ratio)
    correction = None
    if constraints and method in ("plugin", "augmented"):
        rows = np.vstack([X, X_unlabeled])
        correction = augmented.fit_correction(
            options.projector,
            rows,
            targets_of(method, values, residuals, rows, constraints),
            constraints,
            penalty=options.penalty,
            rng=_random.child_seed(seed, PROJECTION_KEY),
        )
    return ProjectedFit(base, correction, residuals, values, method, ratio, r_squared)


def targets_of(
    method: str, values: FloatArray, residuals: FloatArray, rows: FloatArray, constraints: Sequence[Any]
) -> Targets:
    """What the projection of a method regresses on constraint columns."""
    if method == "plugin":
        return augmented.plugin_targets(values)
    given = sorted({index for constraint in constraints for index in constraint.given})
    return augmented.augmented_targets(values, residuals, rows[:, given] if given else None)


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
