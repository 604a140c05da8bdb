"""Errors and warnings that stattools raises."""

from stattools._errors import (
    AssumptionWarning,
    ConvergenceWarning,
    DegenerateDataError,
    DegenerateDataWarning,
    InvalidDataError,
    InvalidParameterError,
    PerformanceWarning,
    StabilityError,
    StattoolsError,
    StattoolsWarning,
)

__all__ = [
    "AssumptionWarning",
    "ConvergenceWarning",
    "DegenerateDataError",
    "DegenerateDataWarning",
    "InvalidDataError",
    "InvalidParameterError",
    "PerformanceWarning",
    "StabilityError",
    "StattoolsError",
    "StattoolsWarning",
]
