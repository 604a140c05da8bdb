"""Two collections of distributions drawn at random, with a known difference: for tests, power studies and examples."""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any as _Any

if TYPE_CHECKING:
    from stattools.simulate.collections import (
        cylinder_collections,
        graph_collections,
        line_collections,
        sphere_collections,
        von_mises_collections,
    )
    from stattools.simulate.embeddings import gaussian_embeddings

__all__ = [
    "cylinder_collections",
    "gaussian_embeddings",
    "graph_collections",
    "line_collections",
    "sphere_collections",
    "von_mises_collections",
]


def __getattr__(name: str) -> _Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = "embeddings" if name == "gaussian_embeddings" else "collections"
    value = getattr(_import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
