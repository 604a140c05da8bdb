"""Directions of prior and posterior of a linear classifier, from a split of the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools import _random
from stattools._errors import DegenerateDataError, InvalidDataError, InvalidParameterError, Notes
from stattools._typing import FloatArray, IntArray
from stattools.bounds.fresh import fresh_clone, global_seed

FITS = 3  # key of the seed of numpy's global generator during fits


@dataclass(frozen=True, slots=True)
class Parts:
    """What the bound needs.

    rows : (n, d + 1) features of the second part, standardized by the first, and a constant.
    codes : (n,) classes of the second part.
    prior, posterior : (k, d + 1) weights of length 1.
    location, spread : (d,) of the first part.
    prior_rows : (m,) rows of the data in the first part.
    name : the class of the estimator.
    prepare : the steps before the last of a pipeline, fitted on the first part, or None.
    """

    rows: FloatArray
    codes: IntArray
    prior: FloatArray
    posterior: FloatArray
    location: FloatArray
    spread: FloatArray
    prior_rows: IntArray
    name: str
    prepare: Any


def prior_and_posterior(
    estimator: Any, X: Any, codes: IntArray, classes: tuple[Any, ...], share: float,
    seed: np.random.SeedSequence, notes: Notes,
) -> Parts:  # fmt: skip
    """Split, fit on the first part and on all, and bring the weights to common coordinates."""
    first, second = _split(codes, len(classes), share, seed)
    labels = np.array(classes)[codes]
    prepare, final = _steps(estimator, notes)
    if prepare is not None:
        prepare = _prepared(_clone(prepare, seed), X, labels, first, seed)
        X = _transformed_row_by_row(prepare, X, first)
    fitted_on_first = _fit(_clone(final, seed), X[first], labels[first], seed)
    keep = prepare is None and hasattr(final, "coef_")
    fitted = final if keep else _fit(_clone(final, seed), X, labels, seed)
    location, spread = X[first].mean(axis=0), X[first].std(axis=0)
    spread = np.where(spread > 1e-12 * np.maximum(np.abs(location), 1e-300), spread, 1.0)
    directions = [_direction(model, X[first], classes, location, spread) for model in (fitted_on_first, fitted)]
    rows = np.column_stack([(X[second] - location) / spread, np.ones(len(second))])
    name = type(final).__name__
    return Parts(rows, codes[second], directions[0], directions[1], location, spread, first, name, prepare)


def transformed(prepare: Any, X: Any) -> FloatArray:
    """What fitted steps make of rows.

    Raises
    ------
    InvalidDataError
        That is no finite matrix.

    Examples
    --------
    >>> from sklearn.preprocessing import StandardScaler
    >>> transformed(StandardScaler().fit([[0.0], [2.0]]), [[3.0]])
    array([[2.]])
    """
    found = prepare.transform(X)
    found = np.asarray(found.toarray() if hasattr(found, "toarray") else found, dtype=np.float64)
    if found.ndim != 2 or not np.isfinite(found).all():
        raise InvalidDataError("the steps of the pipeline before the last return values that are not finite")
    return found


def _transformed_row_by_row(prepare: Any, X: Any, first: IntArray) -> FloatArray:
    """All rows, none of which may depend on another: the prior must not see the second part."""
    from sklearn.utils import _safe_indexing

    found, alone = transformed(prepare, X), transformed(prepare, _safe_indexing(X, first))
    scale = np.abs(alone).max(axis=0, initial=1e-300)
    if found[first].shape != alone.shape or not (np.abs(found[first] - alone) <= 1e-6 * scale).all():
        raise InvalidParameterError(
            "the steps of the pipeline before the last transform a row differently beside other rows; the prior would "
            "depend on the data behind the bound: let fit learn what transform uses"
        )
    return found


def _prepared(prepare: Any, X: Any, labels: Any, first: IntArray, seed: np.random.SeedSequence) -> Any:
    from sklearn.utils import _safe_indexing

    with global_seed(_random.child_seed(seed, FITS)):
        prepare.fit(_safe_indexing(X, first), labels[first])
    return prepare


def _split(codes: IntArray, n_classes: int, share: float, seed: np.random.SeedSequence) -> tuple[IntArray, IntArray]:
    """Rows of both parts, drawn without regard to the classes, so that the second part stays independent."""
    n = len(codes)
    m = round(share * n)
    if not 2 <= m <= n - 1:
        raise InvalidDataError(
            f"prior_fraction {share:g} cuts {n} data into {m} and {n - m}; that is too few for a part"
        )
    order = _random.generator(seed, 0).permutation(n)
    first, second = np.sort(order[:m]), np.sort(order[m:])
    missing = n_classes - len(np.unique(codes[first]))
    if missing:
        raise InvalidDataError(
            f"the part for the prior lacks {missing} of {n_classes} classes; raise prior_fraction or use more data"
        )
    return first, second


def _steps(estimator: Any, notes: Notes) -> tuple[Any, Any]:
    """The steps before the last of a pipeline, or None, and the linear classifier."""
    from sklearn.pipeline import Pipeline

    if not isinstance(estimator, Pipeline):
        if not hasattr(estimator, "fit") or not hasattr(estimator, "get_params"):
            raise InvalidParameterError(f"estimator is {estimator!r:.80}; it must be a scikit-learn classifier")
        return None, estimator
    final = estimator[-1]
    if len(estimator) == 1:
        return None, final
    if hasattr(final, "coef_"):
        notes.remark("the pipeline was fitted again: its first steps on the part for the prior, the last on all data")
    return estimator[:-1], final


def _clone(estimator: Any, seed: np.random.SeedSequence) -> Any:
    """A clone without a fit; where it would draw from numpy's global generator, it gets a seed of ours."""
    model = fresh_clone(estimator)
    number = int(_random.generator(seed, 2).integers(2**31))
    unset = {k: number for k, v in model.get_params().items() if k.split("__")[-1] == "random_state" and v is None}
    return model.set_params(**unset) if unset else model


def _fit(model: Any, X: FloatArray, labels: Any, seed: np.random.SeedSequence) -> Any:
    with global_seed(_random.child_seed(seed, FITS)):
        model.fit(X, labels)
    if not hasattr(model, "coef_"):
        raise InvalidParameterError(
            f"estimator is a {type(model).__name__}, without coef_ after fit; it must be linear"
        )
    return model


def _direction(
    model: Any, X: FloatArray, classes: tuple[Any, ...], location: FloatArray, spread: FloatArray
) -> FloatArray:
    """Weights of length 1 that act on standardized features and a constant, equal up to what decides nothing."""
    if not hasattr(model, "classes_") or list(np.asarray(model.classes_).tolist()) != list(classes):
        raise InvalidParameterError(f"estimator does not know the classes of y, {classes!r:.60}; fit it on such labels")
    coef = np.asarray(model.coef_.toarray() if hasattr(model.coef_, "toarray") else model.coef_, dtype=np.float64)
    coef = np.atleast_2d(coef)
    if coef.shape[1] != X.shape[1]:
        raise InvalidDataError(f"estimator was fitted on {coef.shape[1]} features and X has {X.shape[1]}")
    k = 1 if len(classes) == 2 else len(classes)
    if len(coef) == k:
        intercept = np.broadcast_to(np.asarray(model.intercept_, dtype=np.float64), (k,))
        _check_rule(model, X, coef, intercept, classes)
        weights = np.column_stack([coef * spread, intercept + coef @ location])
        weights = weights - weights.mean(axis=0) if k > 1 else weights
        length = float(np.linalg.norm(weights))
        if not 0 < length < np.inf:
            raise DegenerateDataError(
                "all weights of the classifier are 0, or one is not finite; there is nothing to certify"
            )
        return weights / length
    raise InvalidParameterError(
        f"estimator has coef_ of shape {coef.shape}; one row a class ({len(classes)}) is needed"
    )


def _check_rule(model: Any, X: FloatArray, coef: FloatArray, intercept: FloatArray, classes: tuple[Any, ...]) -> None:
    scores = X @ coef.T + intercept
    decided = (scores[:, 0] > 0).astype(np.intp) if len(coef) == 1 else np.argmax(scores, axis=1)
    differs = np.asarray(model.predict(X) != np.array(classes)[decided])
    if differs.mean() > 0.01:  # scores that tie may be decided either way
        raise InvalidParameterError(
            f"estimator is a {type(model).__name__}, whose predict differs from the largest linear score on "
            f"{differs.mean():.1%} of the data; only classifiers with that rule are certified"
        )
