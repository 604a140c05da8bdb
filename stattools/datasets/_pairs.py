"""What loaders of paired distributions return."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from stattools.datasets._base import Described

if TYPE_CHECKING:
    import pandas as pd

    from stattools.distributions import DistributionArray


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class PairedDataset(Described):
    """A data set whose unit is a pair: a distribution X, and a distribution Y that may depend on it.

    Loaders make these; users read them.

    Parameters
    ----------
    name : str
        Short name, for titles and the `data` line of a result.
    frame : DataFrame
        The observations.
    units : DataFrame
        A row a unit, in the order of `X` and `Y`: `unit`, and what else is known about it.
    build : callable
        Makes X and Y when one of them is first asked for.
    description : str
        What was observed, and what the two distributions are.
    question : str
        A question that these pairs can answer, and what stands in the way.
    source, licence : str
        Where the data come from, and under which terms they are passed on.
    remarks : tuple of str, optional
        What was left out or changed, with counts.

    Examples
    --------
    >>> from stattools.datasets.un_population import load_un_population
    >>> data = load_un_population()
    >>> len(data.X), len(data.Y)
    (146, 146)
    """

    units: pd.DataFrame
    build: Callable[[], tuple[DistributionArray, DistributionArray]]

    @cached_property
    def _both(self) -> tuple[DistributionArray, DistributionArray]:
        return self.build()

    @property
    def X(self) -> DistributionArray:
        """The predictors, one distribution a unit, named by the units."""
        return self._both[0]

    @property
    def Y(self) -> DistributionArray:
        """The responses, one distribution a unit, named by the units."""
        return self._both[1]

    def _size(self) -> str:
        return f"{len(self.units)} pairs of distributions"
