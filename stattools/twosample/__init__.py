"""Are two, or k, collections of distributions drawn from the same law, and where do they differ?"""

from __future__ import annotations

import importlib
from typing import Any

_PUBLIC = {
    "isw_test": "test",
    "isw_anova": "anova",
    "isw_distance": "distance",
    "isw_pairwise": "distance",
    "isw_power": "power",
    "localize": "localization",
    "ISWTestResult": "result",
    "ISWAnovaResult": "anova",
    "ISWPowerResult": "power",
    "Localization": "localization",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return __all__
