"""Why a result of a collider regression cannot draw some of its pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from stattools.collider.result import ColliderResult


def absent(result: ColliderResult) -> dict[str, str]:
    """For each kind of picture that there is not, the reason and what to do about it."""
    reasons = {
        "projection": unprojected(result),
        "gain": _gain(result),
        "sensitivity": _sensitivity(result),
        "graph": "" if result.graph is not None else "the constraints were not read from a graph, fit with dag=...",
        "tuning": _tuning(result),
    }
    return {kind: why for kind, why in reasons.items() if why}


def unprojected(result: ColliderResult) -> str:
    """Why predictions are those of the base; empty when they are not."""
    if result.projects:
        return ""
    if not result.constraints:
        return "nothing was projected, as the fit has no constraint"
    if result.projection is None:
        return "nothing was projected, predictions are those of the base"
    return "the penalty of the projection is infinite, predictions are those of the base"


def _gain(result: ColliderResult) -> str:
    if result.gain is None:
        return "the held-out gain was not measured, fit with gain=True"
    return "" if result.compares else "base and projected predictions are the same"


def _tuning(result: ColliderResult) -> str:
    return "" if np.size(result.tuning.get("path", ())) > 1 else f"nothing was tuned in the base {result.base!r}"


def _sensitivity(result: ColliderResult) -> str:
    why = unprojected(result)
    if why:
        return why
    if result.predicted is None or result.sensitivity is None:
        return "no theory predicts the gain of this fit"
    return "" if result.predicted.raw > 0 else "the correction is zero, and a violation has no gain to cancel"
