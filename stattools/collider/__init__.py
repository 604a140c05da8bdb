"""What does a known collider in a causal graph add to a regression, and do the data agree with the graph?"""

from __future__ import annotations

import importlib
from typing import Any

_PUBLIC = {
    "ColliderRegressor": "estimator",
    "ColliderResult": "result",
    "CompiledGraph": "graph",
    "Constraint": "constraints",
    "ProjectedRegressor": "estimator",
    "collider": "formulas",
    "compile_dag": "graph",
    "conditional_independence_test": "independence",
    "published_fit": "projected_published",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return __all__
