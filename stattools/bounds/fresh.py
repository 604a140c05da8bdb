"""Clones of estimators that remember nothing, and fits that repeat."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from stattools._errors import InvalidParameterError

_TURN = threading.RLock()  # numpy's global generator is shared by the threads of a process


def fresh_clone(estimator: Any) -> Any:
    """A clone none of whose parts has been fitted.

    Raises
    ------
    InvalidParameterError
        It cannot be cloned, or a part keeps its fit, as a FrozenEstimator does.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> fresh_clone(DummyClassifier().fit([[0], [1]], [0, 1]))
    DummyClassifier()
    """
    from sklearn.base import clone

    try:
        copy = clone(estimator)
    except TypeError as error:
        raise InvalidParameterError(f"estimator cannot be cloned: {error}") from None
    for part in parts_of(copy):
        if hasattr(part, "fit") and not isinstance(part, type):
            _refuse_memory(part)
    return copy


def parts_of(estimator: Any) -> Iterator[Any]:
    """An estimator and all that its parameters hold, at any depth, each object once.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn.pipeline import make_pipeline
    >>> [type(part).__name__ for part in parts_of(make_pipeline(DummyClassifier())) if hasattr(part, "fit")]
    ['Pipeline', 'DummyClassifier']
    """
    seen: dict[int, Any] = {}  # holds the objects, so that no id is used again
    pending = [estimator]
    while pending:
        part = pending.pop()
        if id(part) in seen or isinstance(part, (str, bytes, int, float, np.ndarray)):
            continue
        seen[id(part)] = part
        yield part
        pending.extend(reversed(_inside(part)))


def _inside(part: Any) -> list[Any]:
    if isinstance(part, (list, tuple, set, frozenset)):
        return list(part)
    if isinstance(part, Mapping):
        return list(part.values())
    return list(_parameters(part).values())


def _parameters(part: Any) -> dict[str, Any]:
    if isinstance(part, type) or not hasattr(part, "get_params"):
        return {}
    try:
        return dict(part.get_params(deep=False))
    except (AttributeError, TypeError):  # no get_params in the sense of scikit-learn
        return {}


def _refuse_memory(part: Any) -> None:
    from sklearn.base import clone

    name = type(part).__name__
    own = getattr(part, "__sklearn_clone__", None)
    if any(base.__name__ == "FrozenEstimator" for base in type(part).__mro__) or (own and clone(part) is part):
        raise InvalidParameterError(
            f"estimator holds a {name}, which clones and fits leave as it is: what it was fitted on may be the data "
            "behind the result; pass it unfitted"
        )
    if _is_fitted(part):
        raise InvalidParameterError(
            f"estimator holds a {name} that is still fitted after clone: what it was fitted on may be the data behind "
            "the result; pass it unfitted"
        )


def _is_fitted(part: Any) -> bool:
    """Attributes that end in an underscore, or what the object says; parts inside of it are asked by themselves."""
    parameters = _parameters(part)
    names = [name for name in getattr(part, "__dict__", {}) if name.endswith("_") and not name.startswith("__")]
    if any(name not in parameters for name in names):
        return True
    if not hasattr(part, "__sklearn_is_fitted__") or any(hasattr(inner, "fit") for inner in _nested(part)):
        return False
    return _needs_fit(part) and bool(part.__sklearn_is_fitted__())


def _nested(part: Any) -> list[Any]:
    return [inner for inner in parts_of(part) if inner is not part]


def _needs_fit(part: Any) -> bool:
    """Whether it says that it has a state; FunctionTransformer and the like have none."""
    try:
        from sklearn.utils import get_tags
    except ImportError:  # before scikit-learn 1.6
        return bool(part._get_tags().get("requires_fit", True)) if hasattr(part, "_get_tags") else True
    try:
        return bool(get_tags(part).requires_fit)
    except (AttributeError, TypeError):
        return True


@contextlib.contextmanager
def global_seed(seed: np.random.SeedSequence) -> Iterator[None]:
    """Context in which numpy's global generator starts from a seed; afterwards it is what it was.

    Parts that cannot be given a ``random_state``, such as a splitter inside a grid search, draw from it. Threads of one
    process take turns.

    Examples
    --------
    >>> with global_seed(np.random.SeedSequence(1)):
    ...     pass
    """
    with _TURN:
        before = np.random.get_state()  # noqa: NPY002
        np.random.seed(seed.generate_state(4))  # noqa: NPY002
        try:
            yield
        finally:
            np.random.set_state(before)  # noqa: NPY002
