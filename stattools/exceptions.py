"""Errors and warnings that stattools raises."""

from stattools._errors import (
    AssumptionWarning,
    CausalAssumptionWarning,
    ContradictedConstraintError,
    ConvergenceWarning,
    DegenerateDataError,
    DegenerateDataWarning,
    InsufficientUnlabeledWarning,
    InvalidDataError,
    InvalidParameterError,
    NoUsableConstraintError,
    PerformanceWarning,
    StabilityError,
    StattoolsError,
    StattoolsWarning,
    UnknownColumnError,
)

__all__ = [
    "AssumptionWarning",
    "CausalAssumptionWarning",
    "ContradictedConstraintError",
    "ConvergenceWarning",
    "DegenerateDataError",
    "DegenerateDataWarning",
    "InsufficientUnlabeledWarning",
    "InvalidDataError",
    "InvalidParameterError",
    "NoUsableConstraintError",
    "PerformanceWarning",
    "StabilityError",
    "StattoolsError",
    "StattoolsWarning",
    "UnknownColumnError",
]
