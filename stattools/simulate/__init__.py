"""Artificial data whose truth is known, for tests, power studies and examples.

Two collections of distributions drawn at random with a known difference, functions that stand for a costly computer
experiment, with their exact moments and Sobol indices, data with a known collider, and pairs of distributions with
known predictors.
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
    from stattools.simulate.collider import (
        ColliderData,
        gaussian_collider,
        mvn_collider,
        mvn_covariance,
        mvn_given_spouses,
        sine_collider,
        violated_collider,
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
    from stattools.simulate.sdr import DistributionPairs, distribution_regression

__all__ = [
    "ColliderData",
    "DistributionPairs",
    "ExactSobol",
    "cylinder_collections",
    "distribution_regression",
    "franke",
    "franke_sobol",
    "friedman",
    "friedman_sobol",
    "gaussian_collider",
    "gaussian_embeddings",
    "graph_collections",
    "ishigami",
    "ishigami_sobol",
    "line_collections",
    "mvn_collider",
    "mvn_covariance",
    "mvn_given_spouses",
    "sine_collider",
    "sphere_collections",
    "violated_collider",
    "von_mises_collections",
]

_MODULES = {
    "ColliderData": "collider",
    "DistributionPairs": "sdr",
    "ExactSobol": "experiments",
    "cylinder_collections": "collections",
    "distribution_regression": "sdr",
    "franke": "experiments",
    "franke_sobol": "experiments",
    "friedman": "experiments",
    "friedman_sobol": "experiments",
    "gaussian_collider": "collider",
    "gaussian_embeddings": "embeddings",
    "graph_collections": "collections",
    "ishigami": "experiments",
    "ishigami_sobol": "experiments",
    "line_collections": "collections",
    "mvn_collider": "collider",
    "mvn_covariance": "collider",
    "mvn_given_spouses": "collider",
    "sine_collider": "collider",
    "sphere_collections": "collections",
    "violated_collider": "collider",
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
