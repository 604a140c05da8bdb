"""Artificial data whose truth is known, for tests, power studies and examples.

Two collections of distributions drawn at random with a known difference, and functions that stand for a costly
computer experiment, with their exact moments and Sobol indices.
"""

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
    from stattools.simulate.experiments import (
        ExactSobol,
        franke,
        franke_sobol,
        friedman,
        friedman_sobol,
        ishigami,
        ishigami_sobol,
    )

__all__ = [
    "ExactSobol",
    "cylinder_collections",
    "franke",
    "franke_sobol",
    "friedman",
    "friedman_sobol",
    "gaussian_embeddings",
    "graph_collections",
    "ishigami",
    "ishigami_sobol",
    "line_collections",
    "sphere_collections",
    "von_mises_collections",
]

_MODULES = {
    "ExactSobol": "experiments",
    "cylinder_collections": "collections",
    "franke": "experiments",
    "franke_sobol": "experiments",
    "friedman": "experiments",
    "friedman_sobol": "experiments",
    "gaussian_embeddings": "embeddings",
    "graph_collections": "collections",
    "ishigami": "experiments",
    "ishigami_sobol": "experiments",
    "line_collections": "collections",
    "sphere_collections": "collections",
    "von_mises_collections": "collections",
}


def __getattr__(name: str) -> _Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(_import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
