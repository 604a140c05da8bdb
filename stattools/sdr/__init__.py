"""Which few functions of a predictor matter for a response, how many are there, and what do they predict?"""

from __future__ import annotations

import importlib
from typing import Any

_PUBLIC = {
    "DirectionalRegression": "linear",
    "DistributionSDR": "estimator",
    "FrechetRegressor": "frechet",
    "FrechetResult": "frechet_result",
    "KernelSIR": "kernelsir",
    "LinearSDRResult": "linear_result",
    "PHD": "linear",
    "QuantileBands": "frechet_bands",
    "SAVE": "linear",
    "SDRResult": "result",
    "SIR": "linear",
    "SteinIndexModel": "stein",
    "SteinResult": "stein_result",
    "distance_correlation": "metrics",
    "monotone_projection": "monotone",
    "regression_weights": "weights",
    "rv_multirank": "metrics",
    "subspace_distance": "metrics",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return __all__
