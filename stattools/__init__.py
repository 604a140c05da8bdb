"""Statistical tests and regressions for collections of distributions, optimal designs, and bounds.

Everything here is loaded on first use: ``import stattools`` imports numpy and nothing else. The names below are where
a user starts; each subpackage lists the rest of its public names.
"""

from importlib import import_module as _import_module
from typing import Any as _Any

import numpy as _numpy  # noqa: F401  (loaded now, so that the cost of a first call is not blamed on it)

__version__ = "0.1.0"

_MODULES = (
    "bounds",
    "collider",
    "datasets",
    "distributions",
    "domains",
    "exceptions",
    "plotting",
    "resampling",
    "results",
    "rkhs",
    "sdr",
    "simulate",
    "twosample",
    "wls",
)

_NAMES = {
    "Box": "domains",
    "Circle": "domains",
    "Cylinder": "domains",
    "Graph": "domains",
    "Grid": "domains",
    "Interval": "domains",
    "Mesh": "domains",
    "PointCloud": "domains",
    "Precomputed": "domains",
    "Sphere": "domains",
    "Torus": "domains",
    "DistributionArray": "distributions",
    "Sequential": "resampling",
    "combine_pvalues": "resampling",
    "ColliderRegressor": "collider",
    "ProjectedRegressor": "collider",
    "compile_dag": "collider",
    "DistributionSDR": "sdr",
    "FrechetRegressor": "sdr",
    "isw_anova": "twosample",
    "isw_distance": "twosample",
    "isw_pairwise": "twosample",
    "isw_power": "twosample",
    "isw_test": "twosample",
    "PolynomialSpace": "wls",
    "WeightedLeastSquares": "wls",
    "optimal_design": "wls",
    "pool_design": "wls",
    "show_versions": "_versions",
}

__all__ = sorted((*_MODULES, *_NAMES, "__version__"))


def __getattr__(name: str) -> _Any:
    if name in _MODULES:
        return _import_module(f"{__name__}.{name}")
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(_import_module(f"{__name__}.{_NAMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
