"""Fits of one supersample: what a worker does."""

from __future__ import annotations

import numbers
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools import _random, _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._threads import one_blas_thread
from stattools.bounds.fresh import fresh_clone, global_seed

GLOBAL = 0  # key of the seed of numpy's global generator
RESPONSES = ("predict", "predict_proba", "decision_function")


@dataclass(frozen=True)
class Rule:
    """An estimator and how its losses are measured.

    estimator : unfitted.
    loss : "zero_one" or a callable.
    loss_range : the losses that are possible.
    response_method : what the loss is computed from.
    classifies : whether it is a classifier.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> Rule.checked(DummyClassifier(), "zero_one", (0, 1), "predict", "resample").classifies
    True
    """

    estimator: Any
    loss: str | Callable[[Any, Any], Any]
    loss_range: tuple[float, float]
    response_method: str
    classifies: bool

    @classmethod
    def checked(cls, estimator: Any, loss: Any, loss_range: Any, response_method: Any, on_single_class: str) -> Rule:
        """From what the user passed.

        Raises
        ------
        InvalidParameterError
            Anything that cannot be used.

        Examples
        --------
        >>> from sklearn.linear_model import LinearRegression
        >>> Rule.checked(LinearRegression(), "zero_one", (0, 1), "predict", "resample")
        Traceback (most recent call last):
        ...
        stattools._errors.InvalidParameterError: loss is 'zero_one' and the estimator a regressor; ...
        """
        from sklearn.base import is_classifier, is_regressor

        if isinstance(estimator, type):
            raise InvalidParameterError(f"estimator is the class {estimator.__name__}; pass an instance")
        _validation.choice(response_method, RESPONSES, "response_method")
        for name in ("fit", response_method):
            if not hasattr(estimator, name):
                raise InvalidParameterError(f"estimator is a {type(estimator).__name__}, which has no {name} method")
        unfitted = fresh_clone(estimator)
        classifies = bool(is_classifier(estimator))
        if isinstance(loss, str):
            _validation.choice(loss, ("zero_one",), "loss")
            if is_regressor(estimator):
                raise InvalidParameterError(
                    "loss is 'zero_one' and the estimator a regressor; pass a function of losses"
                )
            if response_method != "predict":
                raise InvalidParameterError(f"response_method is {response_method!r}; zero_one loss needs 'predict'")
        elif not callable(loss):
            raise InvalidParameterError(f"loss is a {type(loss).__name__}; it takes 'zero_one' or a function")
        if on_single_class == "constant" and response_method != "predict":
            raise InvalidParameterError(
                f"on_single_class is 'constant'; it predicts a label and has no {response_method}"
            )
        try:
            low, high = (_validation.real(limit, "loss_range") for limit in loss_range)
        except (TypeError, ValueError):
            raise InvalidParameterError(f"loss_range is {loss_range!r}; it takes two numbers") from None
        if not low < high:
            raise InvalidParameterError(f"loss_range is ({low}, {high}); the first must be below the second")
        if loss == "zero_one" and (low, high) != (0.0, 1.0):
            raise InvalidParameterError(f"loss_range is ({low:g}, {high:g}); zero_one losses are 0 or 1")
        return cls(unfitted, loss, (low, high), response_method, classifies)

    def check_labels(self, labels: Any) -> None:
        """Refuse classes that are text, where the estimator does not say that it is a classifier.

        Raises
        ------
        InvalidParameterError
            They are.

        Examples
        --------
        >>> from sklearn.linear_model import LinearRegression
        >>> rule = Rule.checked(LinearRegression(), lambda y, p: abs(y - p), (0, 1), "predict", "resample")
        >>> rule.check_labels(np.ones(2))
        """
        if self.classifies or labels.dtype.kind in "biuf":
            return
        if labels.dtype.kind == "O" and all(isinstance(label, numbers.Real) for label in labels):
            return
        raise InvalidParameterError(
            f"y has dtype {labels.dtype}, and the estimator, a {type(self.estimator).__name__}, does not say that it "
            "is a classifier; derive it from sklearn.base.ClassifierMixin, or give numbers as y"
        )


@dataclass(frozen=True)
class Chunk:
    """Some masks of a supersample.

    supersample, first : its number, and that of the first mask.
    X, y : 2 n points, two by two the rows.
    classes : sorted labels, or None.
    masks : (c, n) int8.
    seeds : one SeedSequence a mask.

    Examples
    --------
    >>> seeds = [np.random.SeedSequence(0)]
    >>> Chunk(0, 0, [[0.0], [1.0]], [0, 1], None, np.array([[1]], dtype=np.int8), seeds).masks.shape
    (1, 1)
    """

    supersample: int
    first: int
    X: Any
    y: Any
    classes: Any
    masks: Any
    seeds: list[np.random.SeedSequence]


def run_chunk(rule: Rule, chunk: Chunk) -> dict[str, Any]:
    """Losses, and predictions where they are labels or values, (c, n, 2) each.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> rule = Rule.checked(DummyClassifier(), "zero_one", (0, 1), "predict", "resample")
    >>> labels, masks = np.array([0, 1]), np.array([[1]], dtype=np.int8)
    >>> chunk = Chunk(0, 0, np.zeros((2, 1)), labels, np.unique(labels), masks, [np.random.SeedSequence(0)])
    >>> run_chunk(rule, chunk)["losses"]  # trained on the second point, it errs on the first
    array([[[1, 0]]], dtype=int8)
    """
    with one_blas_thread():
        runs = [_run(rule, chunk, j) for j in range(len(chunk.masks))]
    return {name: np.stack([run[name] for run in runs]) for name in runs[0]}


def _run(rule: Rule, chunk: Chunk, j: int) -> dict[str, Any]:
    from sklearn.utils import _safe_indexing

    mask = chunk.masks[j]
    trained = 2 * np.arange(len(mask)) + mask
    labels = chunk.y[trained]
    try:
        if rule.classifies and (labels == labels[0]).all():
            response = np.full(len(chunk.y), labels[0])
        else:
            fitted = _with_seed(rule.estimator, chunk.seeds[j])
            with global_seed(_random.child_seed(chunk.seeds[j], GLOBAL)):
                fitted.fit(_safe_indexing(chunk.X, trained), labels)
                response = _response(rule, fitted, chunk)
    except Exception as error:
        error.add_note(f"while fitting mask {chunk.first + j} of supersample {chunk.supersample}")
        raise
    return _measured(rule, chunk, response, f"mask {chunk.first + j} of supersample {chunk.supersample}")


def _with_seed(estimator: Any, seed: np.random.SeedSequence) -> Any:
    """A clone whose random states that are not integers have got one."""
    from sklearn.base import clone

    fresh = clone(estimator)
    if not hasattr(fresh, "get_params"):
        return fresh
    params = fresh.get_params(deep=True)
    free = sorted(
        name for name, value in params.items()
        if name.rpartition("__")[2] == "random_state" and not isinstance(value, (int, np.integer))
    )  # fmt: skip
    if free:
        numbers = seed.generate_state(len(free)) >> 1  # below 2^31, which every estimator takes
        fresh.set_params(**dict(zip(free, numbers.tolist(), strict=True)))
    return fresh


def _response(rule: Rule, fitted: Any, chunk: Chunk) -> Any:
    response = np.asarray(getattr(fitted, rule.response_method)(chunk.X))
    if len(response) != len(chunk.y):
        raise InvalidDataError(f"{rule.response_method} returned {len(response)} values for {len(chunk.y)} points")
    if rule.response_method != "predict_proba" or chunk.classes is None:
        return response
    # a training set may lack classes
    columns = np.searchsorted(chunk.classes, fitted.classes_)
    full = np.zeros((len(response), len(chunk.classes)))
    full[:, columns] = response
    return full


def _measured(rule: Rule, chunk: Chunk, response: Any, where: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    rows = (len(response) // 2, 2)
    if rule.response_method == "predict":
        if response.ndim != 1:
            raise InvalidDataError(f"predict returned an array of shape {response.shape}; it must have one dimension")
        if chunk.classes is None and response.dtype.kind not in "biuf":
            raise InvalidDataError(f"predict returned dtype {response.dtype} in {where}; it must return numbers")
        coded = response if chunk.classes is None else _codes(response, chunk.classes, where)
        found["predictions"] = coded.astype(np.int32 if rule.classifies else np.float64).reshape(rows)
    if rule.loss == "zero_one":
        losses = np.asarray(response != chunk.y).astype(np.int8)
    else:
        coded_truth = rule.classifies and rule.response_method != "predict"
        truth = np.searchsorted(chunk.classes, chunk.y) if coded_truth else chunk.y
        losses = _checked_losses(rule, truth, response, where)
    return {"losses": losses.reshape(rows), **found}


def _codes(labels: Any, classes: Any, where: str) -> Any:
    """Numbers of labels among the sorted classes."""
    coded = np.minimum(np.searchsorted(classes, labels), len(classes) - 1)
    strange = classes[coded] != labels
    if strange.any():
        raise InvalidDataError(f"predict returned {labels[strange].tolist()[0]!r} in {where}, which is no class of y")
    return coded


def _checked_losses(rule: Rule, truth: Any, response: Any, where: str) -> Any:
    assert callable(rule.loss)
    losses = np.asarray(rule.loss(truth, response), dtype=np.float64)
    if losses.shape != (len(truth),):
        raise InvalidDataError(f"loss returned an array of shape {losses.shape}; it must be ({len(truth)},)")
    low, high = rule.loss_range
    outside = ~((losses >= low) & (losses <= high))  # NaN too
    if outside.any():
        value = losses[outside][0]
        raise InvalidDataError(f"loss is {value:g} in {where}, outside of loss_range ({low:g}, {high:g})")
    return losses
