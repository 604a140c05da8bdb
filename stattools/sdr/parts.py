"""One block of predictors or responses with its kernel, frozen at the fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError
from stattools._typing import FloatArray, IntArray
from stattools.distributions import DistributionArray
from stattools.distributions.array import joined
from stattools.rkhs.kernels import apply_kernel, kernel_scale, matching_gram, squared_distances

LARGEST = 1e150
"""Numbers beyond it have infinite squares."""


@dataclass(frozen=True, eq=False)
class Template:
    """How distributions of one block become rows.

    Attributes
    ----------
    array : DistributionArray
        One distribution of the fit; its space is that of all.
    slicer : Identity, Directions or EigenBasis
    n_quantiles : int
    """

    array: DistributionArray
    slicer: Any
    n_quantiles: int


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns of vector data: their number and, of a table, their names."""

    count: int
    names: tuple[str, ...] | None


@dataclass(frozen=True, eq=False)
class Part:
    """One block of data with its kernel.

    Attributes
    ----------
    name : str
    kind : {"distributions", "vectors", "categories", "clouds", "precomputed"}
    kernel : {"gaussian", "laplacian", "match", "precomputed"}
    metric : str
    bandwidth : float
        In units of the distance: kernels are exp(-d^2 / (2 b^2)) and exp(-d / b); NaN where there is none.
    rows : array
        (n, M) features, (n,) codes, (n, n) Gram matrix, or the distributions themselves for "clouds".
    template : object
        What turns new data into rows: a Template, Columns, or levels; for "clouds" the (n, n) distances of the fit,
        which cost more than all that follows.
    description : str
    """

    name: str
    kind: str
    kernel: str
    metric: str
    bandwidth: float
    rows: Any
    template: Any
    description: str

    @property
    def scale(self) -> float:
        """gamma of exp(-gamma d^2) or exp(-gamma d)."""
        return float(kernel_scale(self.bandwidth, self.kernel))

    @property
    def is_hilbertian(self) -> bool:
        """Whether the kernel is Gaussian in Euclidean distances of the rows."""
        return self.kind in ("distributions", "vectors") and self.metric != "w1" and self.kernel == "gaussian"

    def values(self, first: Any, second: Any | None = None) -> FloatArray:
        """(k, n) kernel between two sets of rows; those of the fit with themselves when `second` is None."""
        if self.kind == "categories":
            return matching_gram(first, second)
        if self.kind == "clouds":
            squared = (self.template if second is None else first.pairwise("w2", second)) ** 2
        elif self.metric == "w1":
            squared = city_block(first, first if second is None else second) ** 2
        else:
            squared = squared_distances(first, second)
        return apply_kernel(squared, self.kernel, self.scale)

    def rows_of(self, new: Any, name: str) -> Any:
        """Rows of new data, of the same kind."""
        if self.kind == "categories":
            return _codes_of(new, self.template, name)
        if self.kind == "vectors":
            return _columns_of(new, self.template, name)
        if not isinstance(new, DistributionArray):
            raise InvalidDataError(f"{name} is {type(new).__name__}; the fit had a DistributionArray there")
        if self.kind == "clouds":
            if new.n_coordinates != self.rows.n_coordinates:
                raise InvalidDataError(
                    f"{name} holds points of {new.n_coordinates} coordinates; those of the fit have "
                    f"{self.rows.n_coordinates}"
                )
            return new
        _check_same_space(new, self.template.array, name)
        return features_of(new, self.template, self.metric)


def read(data: Any) -> Any:
    """Data with every list of DistributionArrays as one, also those among the blocks of a dict.

    Examples
    --------
    >>> array = DistributionArray.from_samples([[1.0], [2.0]])
    >>> len(read({"a": list(array)})["a"])
    2
    """
    if isinstance(data, Mapping) and not hasattr(data, "toarray"):  # some sparse matrices are dicts
        return {key: joined(block) for key, block in data.items()}
    return joined(data)


def features_of(array: DistributionArray, template: Template, metric: str) -> FloatArray:
    """(n, M) features whose Euclidean distance is the metric; for "w1" it is their city-block distance."""
    embedding = array.embed(template.slicer, template.n_quantiles)
    if metric == "w1":  # plain averages, so that the city-block distance is the mean absolute difference
        return np.ascontiguousarray(embedding.values[:, 0] / template.n_quantiles)
    return embedding.features


def _check_same_space(new: DistributionArray, old: DistributionArray, name: str) -> None:
    if new.n_coordinates != old.n_coordinates or new.domain != old.domain:
        raise InvalidDataError(f"{name} holds distributions {new.place}; those of the fit are {old.place}")


def _codes_of(new: Any, levels: tuple[Any, ...], name: str) -> IntArray:
    codes, found = _validation.group_codes(new, name)
    unknown = [level for level in found if level not in levels]
    if unknown:
        raise InvalidDataError(f"{name} has the category {unknown[0]!r}, which the fit has not seen")
    return np.asarray(np.array([levels.index(level) for level in found], dtype=np.intp)[codes])


def _columns_of(new: Any, columns: Columns, name: str) -> FloatArray:
    if hasattr(new, "columns") and columns.names is not None:
        names = [str(column) for column in new.columns]
        if names != list(columns.names):
            known = list(columns.names)[:6]
            raise InvalidDataError(f"{name} has columns {names[:6]}; the fit had {known}, in this order")
    rows = numbers(new, name)
    if rows.shape[1] != columns.count:
        raise InvalidDataError(f"{name} has {rows.shape[1]} columns; the fit had {columns.count}")
    return rows


def numbers(data: Any, name: str) -> FloatArray:
    """(n, d) numbers; one dimension is a column."""
    require_dense(data, name)
    require_rectangular(data, name)
    rows = _validation.float_array(data, name, ndim=(1, 2))
    rows = rows[:, None] if rows.ndim == 1 else rows
    largest = float(np.abs(rows).max(initial=0.0))
    if largest > LARGEST:
        raise InvalidDataError(
            f"{name} holds {largest:g} in size; squared differences of values above {LARGEST:g} overflow, rescale the "
            "data"
        )
    return rows


def require_rectangular(data: Any, name: str) -> None:
    """Say what becomes of samples, where rows of equally many numbers are needed.

    Raises
    ------
    InvalidDataError

    Examples
    --------
    >>> require_rectangular([[1.0, 2.0], [3.0, 4.0]], "X")
    """
    made = f"DistributionArray.from_samples({name}) makes distributions of them"
    samples = f"if they are samples, {made}, for DistributionSDR"
    if isinstance(data, (list, tuple)):
        sizes = {len(row) for row in data if hasattr(row, "__len__") and not isinstance(row, str)}
        if len(sizes) > 1:
            raise InvalidDataError(f"{name} holds rows of {min(sizes)} to {max(sizes)} entries; {samples}")
    try:
        shape = np.shape(data) if isinstance(data, (list, tuple)) else getattr(data, "shape", ())
    except (ValueError, TypeError):
        raise InvalidDataError(f"{name} cannot be read as a rectangular array of numbers; {samples}") from None
    if len(shape) > 2:
        raise InvalidDataError(f"{name} has shape {shape}, and (n, d) is needed; {samples}")


def require_dense(data: Any, name: str) -> None:
    """Refuse sparse matrices; some of them are dicts, so this comes before dicts of blocks are looked for."""
    if hasattr(data, "toarray"):
        what = type(data).__name__
        raise InvalidDataError(f"{name} is sparse ({what}); kernels need a dense array, such as {name}.toarray()")


def city_block(first: FloatArray, second: FloatArray) -> FloatArray:
    """(k, n) sums of absolute differences between rows."""
    from scipy.spatial.distance import cdist

    return np.asarray(cdist(first, second, "cityblock"))
