"""What every loader returns, and how the shipped tables are read."""

from __future__ import annotations

import gzip
import io
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from stattools._errors import InvalidParameterError
from stattools._typing import FloatArray, IntArray

if TYPE_CHECKING:
    import pandas as pd

    from stattools.distributions import DistributionArray


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Described:
    """What every data set says about itself, and how it prints; `Dataset` and `Table` list the fields."""

    name: str
    frame: pd.DataFrame
    description: str
    question: str
    source: str
    licence: str
    remarks: tuple[str, ...] = ()

    def _size(self) -> str:
        """What there is, in words, to stand after the name."""
        raise NotImplementedError

    def __repr__(self) -> str:
        head = textwrap.fill(f"{self.name}: {self._size()}", width=80, subsequent_indent="  ")
        texts = {
            "description": self.description,
            "question": self.question,
            "remarks": "; ".join(self.remarks),
            "source": self.source,
            "licence": self.licence,
        }
        return "\n".join([head, *(_paragraph(label, text) for label, text in texts.items() if text)])


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Dataset(Described):
    """A data set with its statistical unit: one distribution a unit, and what is known about each unit.

    Loaders make these; users read them.

    Parameters
    ----------
    name : str
        Short name, for titles and the `data` line of a result.
    frame : DataFrame
        The observations, also those that do not enter a distribution; `used` tells which do, `unit` and `group`
        where they go.
    units : DataFrame
        A row a unit, in the order of `distributions`: `unit`, `group`, covariates and counts.
    build : callable
        Makes the DistributionArray when it is first asked for.
    description : str
        What was observed, and what a distribution is here.
    question : str
        A question that these units can answer, and what stands in the way.
    source, licence : str
        Where the data come from, and under which terms they are passed on.
    remarks : tuple of str, optional
        What was left out or set to missing, with counts.
    tables : mapping of str to DataFrame, optional
        Further tables, such as the nodes of a graph.

    Examples
    --------
    >>> from stattools.datasets import load_digits_grid
    >>> data = load_digits_grid(digits=(3, 8))
    >>> data.groups[:4]
    array([3, 8, 3, 8])
    >>> data.counts()
    {3: 183, 8: 174}
    """

    units: pd.DataFrame
    build: Callable[[], DistributionArray]
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    @cached_property
    def distributions(self) -> DistributionArray:
        """One distribution a unit, in the order of `units`, with `groups` attached."""
        return self.build()

    @property
    def groups(self) -> npt.NDArray[Any]:
        """(N,) the group of each unit."""
        labels: npt.NDArray[Any] = self.units["group"].to_numpy()
        return labels

    def counts(self) -> dict[Any, int]:
        """Units a group, in order of appearance.

        Examples
        --------
        >>> from stattools.datasets import load_storms
        >>> load_storms(by="intensity").counts()
        {'weaker': 257, 'hurricane': 295}
        """
        return {label: int(n) for label, n in self.units["group"].value_counts(sort=False).items()}

    def collection(self, group: Any) -> DistributionArray:
        """The distributions of one group.

        Parameters
        ----------
        group : label
            One of `groups`.

        Raises
        ------
        InvalidParameterError
            There is no such group.

        Examples
        --------
        >>> from stattools.datasets import load_digits_grid
        >>> len(load_digits_grid(digits=(3, 8)).collection(8))
        174
        """
        chosen = np.flatnonzero(self.groups == group)
        if not len(chosen):
            known = ", ".join(repr(label) for label in self.counts())
            raise InvalidParameterError(f"group is {group!r}; {self.name} has {known}")
        return self.distributions[chosen]

    def _size(self) -> str:
        counts = ", ".join(f"{label} {n}" for label, n in self.counts().items())
        return f"{len(self.units)} units ({counts}) from {int(self.frame['used'].sum())} observations"


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Table(Described):
    """A data set of plain rows: no distributions, a row is what can be observed, labelled or computed.

    Loaders make these; users read them.

    Parameters
    ----------
    name : str
        Short name, for titles and the `data` line of a result.
    frame : DataFrame
        The rows.
    description : str
        What a row is.
    question : str
        A question that the rows can answer, and what stands in the way.
    source, licence : str
        Where the data come from, and under which terms they are passed on.
    remarks : tuple of str, optional
        What was left out or changed, with counts.

    Examples
    --------
    >>> from stattools.datasets import load_magnetic_field
    >>> load_magnetic_field().frame.columns.tolist()
    ['n', 'm', 'g', 'h']
    """

    def _size(self) -> str:
        return f"{len(self.frame)} rows of {', '.join(self.frame.columns)}"


def _paragraph(label: str, text: str) -> str:
    return textwrap.fill(text, width=80, initial_indent=f"  {label:<13}", subsequent_indent=" " * 15)


def read_table(name: str) -> pd.DataFrame:
    """A shipped table.

    Examples
    --------
    >>> read_table("snow1854_pumps").columns.tolist()
    ['pump', 'label', 'x', 'y']
    """
    import pandas as pd

    packed = resources.files("stattools.datasets").joinpath("files", f"{name}.csv.gz").read_bytes()
    return pd.read_csv(io.BytesIO(gzip.decompress(packed)))


def ragged(frame: pd.DataFrame, units: pd.DataFrame, columns: list[str]) -> tuple[FloatArray, IntArray]:
    """The used observations of each unit, in the order of `units`.

    Returns
    -------
    values : (M, len(columns)) float64
    offsets : (N + 1,) intp
        Unit i has the rows ``offsets[i]`` to ``offsets[i + 1]``.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"unit": ["b", "a", "b"], "used": True, "x": [1.0, 2.0, 3.0]})
    >>> values, offsets = ragged(frame, pd.DataFrame({"unit": ["a", "b"]}), ["x"])
    >>> values[:, 0], offsets
    (array([2., 1., 3.]), array([0, 1, 3]))
    """
    used = frame[frame["used"]]
    position = used["unit"].map({name: i for i, name in enumerate(units["unit"])}).to_numpy()
    order = np.argsort(position, kind="stable")
    sizes = np.bincount(position, minlength=len(units))
    values = used[columns].to_numpy(dtype=np.float64)[order]
    return values, np.concatenate([[0], np.cumsum(sizes)]).astype(np.intp)
