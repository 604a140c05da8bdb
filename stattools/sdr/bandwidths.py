"""Bandwidths of kernels from typical distances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools import _random, _validation
from stattools._errors import DegenerateDataError, InvalidDataError, InvalidParameterError
from stattools._typing import FloatArray, IntArray
from stattools.rkhs.kernels import mean_distance, mean_squared_distance, median_distance
from stattools.sdr.parts import city_block

MOST_ROWS = 2000
"""Rows from which a mean or median distance is taken where it has no closed form."""
SHORTEST, LONGEST = 1e-150, 1e150
"""Distances and bandwidths beyond these have squares that are 0 or infinite."""


@dataclass(frozen=True)
class Rule:
    """How a bandwidth is found.

    Attributes
    ----------
    name : str
        Of the data, for messages.
    given : {"mean", "median"} or float
    complexity : float
        A rule's bandwidth is divided by its root (Gaussian kernel) or by it (Laplacian).
    kernel : {"gaussian", "laplacian"}
    """

    name: str
    given: Any
    complexity: float
    kernel: str

    def scaled(self, typical: float) -> float:
        """The bandwidth for a typical distance.

        Raises
        ------
        DegenerateDataError
            The distance is zero: for "median", at least half of the pairs are identical.

        Examples
        --------
        >>> Rule("X", "mean", 4.0, "gaussian").scaled(1.0)
        0.5
        """
        if typical == 0.0 and self.given == "median":
            raise DegenerateDataError(
                f"the median distance of {self.name} is zero, since at least half of the pairs are identical; use "
                f"bandwidth_{self.name[0].lower()}='mean' or a number"
            )
        if typical == 0.0:
            raise DegenerateDataError(identical(self.name, "distributions"))
        divisor = self.complexity**0.5 if self.kernel == "gaussian" else self.complexity
        return self._usable(float(typical / divisor), f"the bandwidth of {self.name}, with its complexity,")

    def checked(self) -> float | None:
        """A number that was given, or None where a rule is to be applied."""
        name = f"bandwidth_{self.name[0].lower()}"
        if isinstance(self.given, str):
            _validation.choice(self.given, ("mean", "median"), name)
            return None
        return self._usable(_validation.real(self.given, name, minimum=0.0, exclusive=True), name)

    def _usable(self, bandwidth: float, what: str) -> float:
        if not SHORTEST <= bandwidth <= LONGEST:
            raise InvalidParameterError(
                f"{what} is {bandwidth:g}; its square is too large or too small a number, take one between "
                f"{SHORTEST:g} and {LONGEST:g}"
            )
        return bandwidth


def bandwidth_of(rows: FloatArray, rule: Rule, metric: str) -> float:
    """The bandwidth for rows of features.

    "mean" is the root of the mean squared distance for distributions under a Gaussian kernel, which has a closed form,
    and the mean distance otherwise; "median" is the median distance, the largest where more than half of the pairs
    coincide. Where these have no closed form they are taken, for more than 2000 rows, from 2000 of them, spread evenly
    over an order that depends on what the rows hold and not on where they stand: by the values of a fixed linear
    combination of their columns.

    Raises
    ------
    DegenerateDataError
        All rows are identical.
    InvalidDataError
        They differ by so little that squares of differences are 0.
    InvalidParameterError
        The bandwidth is so long or so short that its square is not a number.

    Examples
    --------
    >>> bandwidth_of(np.array([[0.0], [1.0], [3.0]]), Rule("X", "mean", 1.0, "gaussian"), "euclidean")
    2.0
    """
    spread = float(np.ptp(rows, axis=0).max(initial=0.0))
    if spread == 0.0:
        raise DegenerateDataError(identical(rule.name, "rows" if metric == "euclidean" else "distributions"))
    if spread < SHORTEST:
        raise InvalidDataError(
            f"{rule.name} differs by {spread:g} at most; squared differences below {SHORTEST:g} are 0, rescale the data"
        )
    given = rule.checked()
    if given is not None:
        return given
    if rule.given == "mean" and rule.kernel == "gaussian" and metric != "euclidean":
        return rule.scaled(float(np.sqrt(mean_squared_distance(rows))))
    some = rows if len(rows) <= MOST_ROWS else rows[_spread_evenly(rows)]
    if metric == "w1":
        return bandwidth_of_distances(city_block(some, some), rule)
    return rule.scaled(mean_distance(some) if rule.given == "mean" else median_distance(some))


def bandwidth_of_distances(distances: FloatArray, rule: Rule) -> float:
    """The bandwidth for an (n, n) matrix of distances without features; "mean" as in `bandwidth_of`.

    Examples
    --------
    >>> bandwidth_of_distances(np.array([[0.0, 2.0], [2.0, 0.0]]), Rule("X", "median", 1.0, "laplacian"))
    2.0
    """
    given = rule.checked()
    if given is not None:
        return given
    pairs = distances[np.tril_indices(len(distances), -1)]
    if rule.given == "median":
        return rule.scaled(float(np.median(pairs)))
    return rule.scaled(float(np.sqrt(np.mean(pairs**2)) if rule.kernel == "gaussian" else pairs.mean()))


def _spread_evenly(rows: FloatArray) -> IntArray:
    """(MOST_ROWS,) rows that stand at equal distances in an order by a linear combination of the columns.

    Each row is summed on its own, in the order of its columns, so that its place does not move its last bits.
    """
    factors = _random.generator(_random.seed_sequence(0)).uniform(0.5, 1.5, (2, rows.shape[1]))
    first, second = (np.einsum("ij,j->i", rows, row) for row in factors)
    order = np.lexsort((second, first))
    return np.asarray(order[np.linspace(0, len(rows) - 1, MOST_ROWS).astype(np.intp)])


def identical(name: str, noun: str) -> str:
    """The complaint about "distributions" or "rows" of a side that do not differ."""
    side = {"X": "predictor", "Y": "response"}.get(name)
    what = f"{noun} of {name}" if side is None else f"{side} {noun}"
    return f"{what} are all identical; nothing can be learned from them"
