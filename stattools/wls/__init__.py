"""Which points should be evaluated, or which rows labelled, and what may be concluded from the weighted fit on them?"""

from __future__ import annotations

import importlib
from typing import Any

_PUBLIC = {
    "Design": "design",
    "FunctionSpace": "functions",
    "PolynomialSpace": "spaces",
    "Space": "spaces",
    "SphericalHarmonicSpace": "spheres",
    "WLSResult": "result",
    "WeightedLeastSquares": "estimator",
    "leverage_scores": "scores",
    "lewis_weights": "scores",
    "lp_sensitivities": "scores",
    "optimal_design": "optimal",
    "pool_design": "pool",
    "required_n": "required",
    "wls": "formulas",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return __all__
