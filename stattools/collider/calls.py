"""The call that is printed with a result: options that differ from their defaults, as a reader can type them."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stattools._provenance import argument_text

if TYPE_CHECKING:
    from stattools.collider.graph import CompiledGraph
    from stattools.collider.result import ColliderResult

GRAPH_WIDTH = 200


def estimator_call(estimator: Any, graph: CompiledGraph | None, unlabeled: bool) -> str:
    """The call of an estimator and of its `fit`; the graph, where there is one, as text of its arrows."""
    passed = ["X", "y", *(["X_unlabeled=X_unlabeled"] if unlabeled else [])]
    options = option_texts(type(estimator), estimator.get_params(deep=False), graph)
    return f"{type(estimator).__name__}({', '.join(options)}).fit({', '.join(passed)})"


def by_formula(
    result: ColliderResult, cls: type, formula: str, options: Mapping[str, Any], unlabeled: bool
) -> ColliderResult:
    """The same result with the call of `collider`, in place of that of the estimator `cls` behind it."""
    words = [repr(formula), "data", *(["unlabeled=unlabeled"] if unlabeled else [])]
    words += option_texts(cls, options, result.graph)
    return replace(result, provenance=replace(result.provenance, call=f"collider({', '.join(words)})"))


def option_texts(cls: type, options: Mapping[str, Any], graph: CompiledGraph | None) -> list[str]:
    """Name and value of each option that is not the default of a class."""
    parameters = inspect.signature(cls).parameters
    texts = []
    for name, value in options.items():
        default = parameters[name].default
        if default is inspect.Parameter.empty or type(value) is not type(default) or not bool(value == default):
            drawn = name == "dag" and graph is not None
            shown = argument_text(graph.dag.source, GRAPH_WIDTH) if drawn and graph else argument_text(value)
            texts.append(f"{name}={shown}")
    return texts
