"""The rows of a pool as a source of designs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from stattools._typing import FloatArray, IntArray
from stattools.wls.rows import Rows
from stattools.wls.spaces import Draw


@dataclass(frozen=True, eq=False)
class PoolSource:
    """Draws of row numbers; mu has the masses of the rows, which are equal by default.

    Examples
    --------
    >>> from stattools.wls.rows import orthonormal_rows
    >>> source = PoolSource(orthonormal_rows(np.eye(3)[[0, 0, 1, 2]]))
    >>> source.draw_optimal(np.random.default_rng(0), 2).features.shape
    (2, 3)
    """

    rows: Rows

    @property
    def dim(self) -> int:
        return self.rows.rank

    def draw_measure(self, generator: np.random.Generator, n: int) -> Draw:
        if self.rows.masses is None:
            return self.at(generator.integers(len(self.rows), size=n))
        return self.at(proportional(self._cumulative_masses, generator, n))

    def draw_optimal(self, generator: np.random.Generator, n: int) -> Draw:
        return self.at(proportional(self.rows.cumulative, generator, n))

    def draw_ensemble(self, generator: np.random.Generator) -> Draw | None:
        del generator
        return None

    def at(self, where: IntArray) -> Draw:
        """The rows with these numbers."""
        return Draw(where, self.rows.features(where))

    @cached_property
    def _cumulative_masses(self) -> FloatArray:
        return np.cumsum(np.asarray(self.rows.masses))


def proportional(cumulative: FloatArray, generator: np.random.Generator, n: int) -> IntArray:
    """n numbers drawn with replacement, in proportion to the steps of `cumulative`; a step of zero is never drawn.

    Examples
    --------
    >>> proportional(np.array([0.0, 1.0, 1.0]), np.random.default_rng(0), 3)
    array([1, 1, 1])
    """
    last = int(np.searchsorted(cumulative, cumulative[-1]))  # the last with a step
    found = np.searchsorted(cumulative, generator.random(n) * cumulative[-1], side="right")
    clipped: IntArray = np.minimum(found, last).astype(np.intp)
    return clipped
