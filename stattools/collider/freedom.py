"""Degrees of freedom of the fitted values before and after the projection."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools.collider.assembly import NAN, DegreesOfFreedom


def of(fit: Any, problem: Any) -> DegreesOfFreedom:
    """Degrees of freedom of a ProjectedFit."""
    base = getattr(fit.base, "degrees_of_freedom", None)
    before = NAN if base is None else float(np.mean(base))
    if fit.correction is None:
        return DegreesOfFreedom(before, before, 0.0)
    return DegreesOfFreedom(before, getattr(fit, "df_after", NAN), float(np.mean(fit.correction.degrees_of_freedom)))
