"""Warnings and errors about causal assumptions."""

from __future__ import annotations

from stattools._errors import AssumptionWarning, InvalidDataError


class CausalAssumptionWarning(AssumptionWarning):
    """The data contradict an independence that the regression uses."""


class InsufficientUnlabeledWarning(AssumptionWarning):
    """There are fewer rows than the plug-in projection needs to gain anything."""


class ContradictedConstraintError(InvalidDataError):
    """The data contradict an independence, and the caller asked for an error in that case."""
