"""The call that is printed with a result: options that differ from their defaults, as a reader can type them."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stattools._provenance import argument_text, option_texts

if TYPE_CHECKING:
    from stattools.collider.graph import CompiledGraph
    from stattools.collider.result import ColliderResult

GRAPH_WIDTH = 200
_NONE = inspect.Parameter.empty


def estimator_call(estimator: Any, graph: CompiledGraph | None, unlabeled: bool) -> str:
    """The call of an estimator and of its `fit`; the graph, where there is one, as text of its arrows."""
    passed = ["X", "y", *(["X_unlabeled=X_unlabeled"] if unlabeled else [])]
    options = _texts(type(estimator), estimator.get_params(deep=False), graph)
    return f"{type(estimator).__name__}({', '.join(options)}).fit({', '.join(passed)})"


def by_formula(
    result: ColliderResult, cls: type, formula: str, options: Mapping[str, Any], unlabeled: bool
) -> ColliderResult:
    """The same result with the call of `collider`, in place of that of the estimator `cls` behind it."""
    words = [repr(formula), "data", *(["unlabeled=unlabeled"] if unlabeled else [])]
    words += _texts(cls, options, result.graph)
    return replace(result, provenance=replace(result.provenance, call=f"collider({', '.join(words)})"))


def _texts(cls: type, options: Mapping[str, Any], graph: CompiledGraph | None) -> list[str]:
    """Options that are not the defaults of a class, a graph as its arrows."""
    given = [parameter for parameter in inspect.signature(cls).parameters.values() if parameter.default is not _NONE]
    texts = option_texts(options, {parameter.name: parameter.default for parameter in given})
    if graph is None:
        return texts
    drawn = f"dag={argument_text(graph.dag.source, GRAPH_WIDTH)}"
    return [drawn if text.startswith("dag=") else text for text in texts]
