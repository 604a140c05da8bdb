"""Exceptions, warnings, and the collector that lets a result carry the warnings of its own computation.

Users import these from :mod:`stattools.exceptions`.
"""

from __future__ import annotations

import os
import sys
import warnings
from types import FrameType

_PACKAGE_FOLDER = os.path.dirname(os.path.abspath(__file__)) + os.sep


class StattoolsError(Exception):
    """Base class of every error that stattools raises on purpose."""


class InvalidParameterError(StattoolsError, ValueError, TypeError):
    """An option has a value or a type that the function does not accept."""


class InvalidDataError(StattoolsError, ValueError):
    """The data cannot be used as given: wrong shape, missing, infinite or negative where that has no meaning."""


class DegenerateDataError(StattoolsError, ValueError):
    """The data are well formed, and too few or too constant for the question asked."""


class StabilityError(StattoolsError, ValueError):
    """No stable design was found within the tries that were allowed.

    Attributes
    ----------
    best : float
        The smallest eigenvalue of the best design that was seen (for a two-sided event, 1 less its distance to the
        identity).
    probability : float
        Estimated probability that a design is stable; an upper confidence limit when none of the tries was.
    n_needed : int or None
        Points with which half of the designs are stable, by simulation; None when it was not found.
    """

    def __init__(self, message: str, *, best: float, probability: float, n_needed: int | None) -> None:
        super().__init__(message)
        self.best, self.probability, self.n_needed = best, probability, n_needed


class NoUsableConstraintError(InvalidParameterError):
    """A causal graph was given, and no independence that constrains the regression follows from it."""


class UnknownColumnError(InvalidParameterError, KeyError):
    """A column is named that the data do not have."""

    __str__ = Exception.__str__  # that of KeyError puts the message in quotation marks


class ContradictedConstraintError(InvalidDataError):
    """The data contradict an independence, and the caller asked for an error in that case."""


class StattoolsWarning(UserWarning):
    """Base class of every warning that stattools issues."""


class ConvergenceWarning(StattoolsWarning):
    """An iterative computation stopped before it reached its tolerance."""


class DegenerateDataWarning(StattoolsWarning):
    """Part of the data carries no information for the question asked."""


class PerformanceWarning(StattoolsWarning):
    """The call will need much time or memory, and a cheaper one exists."""


class AssumptionWarning(StattoolsWarning):
    """The answer rests on an assumption that the data or the options put in doubt."""


class CausalAssumptionWarning(AssumptionWarning):
    """The data contradict an independence that a regression uses."""


class InsufficientUnlabeledWarning(AssumptionWarning):
    """There are fewer rows without a response than a projection needs to gain anything."""


def warn(message: str, category: type[Warning]) -> None:
    """Issue a warning that points at the user's line, not at one of ours."""
    frame: FrameType | None = sys._getframe(1)
    level = 2
    while frame is not None and os.path.abspath(frame.f_code.co_filename).startswith(_PACKAGE_FOLDER):
        frame = frame.f_back
        level += 1
    warnings.warn(message, category, stacklevel=level)


class Notes:
    """Warnings and remarks of one call, in order, to be stored on its result.

    Examples
    --------
    >>> notes = Notes()
    >>> notes.remark("20 eigenfunctions were extended to 24")
    >>> notes.remarks
    ('20 eigenfunctions were extended to 24',)
    """

    def __init__(self) -> None:
        self._warnings: list[str] = []
        self._remarks: list[str] = []

    def warn(self, message: str, category: type[Warning]) -> None:
        """Issue the warning now and keep its text for the result."""
        if message not in self._warnings:
            self._warnings.append(message)
            warn(message, category)

    def remark(self, message: str) -> None:
        """Keep a text for the result without a warning."""
        if message not in self._remarks:
            self._remarks.append(message)

    def carry(self, warnings: tuple[str, ...]) -> None:
        """Keep texts of warnings that were issued before, by the object they are about."""
        self._warnings += [text for text in warnings if text not in self._warnings]

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(self._warnings)

    @property
    def remarks(self) -> tuple[str, ...]:
        return tuple(self._remarks)
