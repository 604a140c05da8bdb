"""Embedding: one row of quantile features for each distribution."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError
from stattools._typing import FloatArray, IntArray
from stattools.distributions._slices import contiguous, fitted, ragged_slices, row_blocks, shared_slices
from stattools.rkhs.kernels import squared_distances

if TYPE_CHECKING:
    from stattools.distributions.array import DistributionArray
    from stattools.distributions.slicers import Slicer


@dataclass(frozen=True, eq=False, repr=False)
class Embedding:
    """Distributions as rows of quantile features; Euclidean distances between rows are sliced Wasserstein distances.

    Made by `DistributionArray.embed`. With "cell" features the rows are orthogonal projections of the exact Hilbert
    embedding: distances are at most the exact ones.

    Attributes
    ----------
    values : (N, S, D) float64
        Quantile functions of each distribution through each slice, without weights.
    slicer : EigenBasis, Directions or Identity
    quantile : {"cell", "left", "mid"}
    names : tuple of str
    groups : (N,) ndarray or None
    group_levels : tuple

    References
    ----------
    .. [1] Rustamov and Majumdar (2023), Intrinsic sliced Wasserstein distances for comparing collections of
       probability distributions on manifolds and graphs, PMLR 202, 29388-29415: the method. That cell averages are
       projections is derived here: an average over a cell is the inner product with its normalised indicator.

    Examples
    --------
    >>> from stattools.distributions import DistributionArray
    >>> embedding = DistributionArray.from_samples([[0.0, 1.0], [2.0, 3.0]]).embed(n_quantiles=2)
    >>> embedding
    Embedding(2 distributions x 2 features: 1 slice x 2 quantiles (cell averages), the line itself)
    >>> embedding.distance_matrix()
    array([[0., 2.],
           [2., 0.]])
    """

    values: FloatArray
    slicer: Any
    quantile: str = "cell"
    names: tuple[str, ...] = ()
    groups: Any = None
    group_levels: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", contiguous(self.values))
        if self.groups is not None:
            object.__setattr__(self, "groups", _validation.read_only(np.asarray(self.groups)))

    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}  # without what was cached

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()  # arrays come out of a pickle or a copy writable

    @property
    def n_quantiles(self) -> int:
        """Features D of each slice."""
        return int(self.values.shape[2])

    @property
    def n_slices(self) -> int:
        """Number of slices S."""
        return int(self.values.shape[1])

    @property
    def levels(self) -> FloatArray:
        """(D,) levels of the quantiles; the middles of the cells for cell averages."""
        return quantile_levels(self.n_quantiles, self.quantile)

    @property
    def slice_of(self) -> IntArray:
        """(P,) slice of each feature."""
        return np.repeat(np.arange(self.n_slices), self.n_quantiles)

    @cached_property
    def features(self) -> FloatArray:
        """(N, P) features, slice by slice: quantiles times the square root of slice weight over D."""
        scale = np.sqrt(np.asarray(self.slicer.slice_weights) / self.n_quantiles)
        weighted = (self.values * scale[:, None]).reshape(len(self), -1)
        features: FloatArray = contiguous(weighted)
        return features

    def quantile_functions(self) -> FloatArray:
        """(N, S, D) quantile functions without weights."""
        return self.values

    def gram(self) -> FloatArray:
        """(N, N) inner products of the rows."""
        return np.asarray(self.features @ self.features.T)

    def distance_matrix(self, other: Embedding | None = None) -> FloatArray:
        """Euclidean distances between rows.

        Parameters
        ----------
        other : Embedding, optional
            With the same slicer, number of quantiles and kind; default: this one.

        Returns
        -------
        (N, K) float64

        Raises
        ------
        InvalidDataError
            The features of `other` are not comparable.

        Notes
        -----
        One matrix product; pairs that are close against their norms are recomputed from differences.
        """
        if other is None:
            return np.sqrt(squared_distances(self.features))
        self._require_same_features(other)
        return np.sqrt(squared_distances(self.features, other.features))

    def transform(self, new: DistributionArray) -> Embedding:
        """Embed other distributions with the same slicer and quantiles.

        Examples
        --------
        >>> from stattools.distributions import DistributionArray
        >>> array = DistributionArray.from_samples([[0.0, 1.0], [2.0, 3.0]])
        >>> len(array.embed(n_quantiles=5).transform(array[:1]))
        1
        """
        from stattools.distributions.array import require_array

        return embed(require_array(new, "new"), self.slicer, self.n_quantiles, self.quantile)

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, index: Any) -> Embedding:
        """Some of the distributions: a slice, mask or list; a whole number or a name keeps one row."""
        from stattools.distributions._joining import chosen_names, positions

        chosen = positions(self.names or tuple(map(str, range(len(self)))), index)
        labels = None if self.groups is None else self.groups[chosen]
        return replace(
            self,
            values=self.values[chosen],
            names=chosen_names(self.names, chosen) if self.names else (),
            groups=labels,
            group_levels=tuple(level for level in self.group_levels if np.any(labels == level)),
        )

    def __repr__(self) -> str:
        kind = {"cell": "cell averages", "left": "left", "mid": "mid-levels"}[self.quantile]
        slices = f"{self.n_slices} slice{'s' if self.n_slices > 1 else ''}"
        shape = f"{len(self)} distributions x {self.n_slices * self.n_quantiles} features"
        return f"Embedding({shape}: {slices} x {self.n_quantiles} quantiles ({kind}), {self.slicer.description})"

    def _require_same_features(self, other: Embedding) -> None:
        if not isinstance(other, Embedding):
            raise InvalidDataError(f"other is {type(other).__name__}; pass an Embedding made by transform")
        mine, theirs = (self.values.shape[1:], self.quantile), (other.values.shape[1:], other.quantile)
        if mine != theirs or not np.array_equal(self.slicer.slice_weights, other.slicer.slice_weights):
            raise InvalidDataError(f"other has features {theirs} and this embedding {mine}; make it with transform")


def embed(array: DistributionArray, slicer: Slicer | None, n_quantiles: int, quantile: str) -> Embedding:
    """See `DistributionArray.embed`."""
    n_quantiles = _validation.integer(n_quantiles, "n_quantiles", minimum=1)
    _validation.choice(quantile, ("cell", "left", "mid"), "quantile")
    array, slicer = fitted(array, slicer)
    values = slice_quantiles(array, slicer, quantile_levels(n_quantiles, quantile), quantile == "cell")
    return Embedding(values, slicer, quantile, array.names, array.groups, array.group_levels)


def quantile_levels(n_quantiles: int, quantile: str) -> FloatArray:
    """Levels of the features: k/D for "left", (k + 1/2)/D otherwise."""
    return (np.arange(n_quantiles) + (0.0 if quantile == "left" else 0.5)) / n_quantiles


def slice_quantiles(array: DistributionArray, slicer: Slicer, levels: FloatArray, cells: bool) -> FloatArray:
    """(N, S, D) quantiles of every slice at increasing levels, or averages over D equal cells."""
    return (_shared if array.is_shared else _ragged)(array, slicer, contiguous(levels), cells)


def _shared(array: DistributionArray, slicer: Slicer, levels: FloatArray, cells: bool) -> FloatArray:
    from stattools.distributions._kernels import shared_quantiles

    slices = shared_slices(array, slicer)
    return np.asarray(shared_quantiles(slices.values, slices.order, slices.rank(), slices.masses, levels, cells))


def _ragged(array: DistributionArray, slicer: Slicer, levels: FloatArray, cells: bool) -> FloatArray:
    from stattools.distributions._kernels import ragged_quantiles

    offsets = array.offsets
    assert offsets is not None
    values = np.empty((len(array), slicer.n_slices, len(levels)))
    for first, stop in row_blocks(offsets, slicer.n_slices):
        low, high = offsets[first], offsets[stop]
        masses = None if array.masses is None else array.masses[low:high]
        slices = ragged_slices(array.points[low:high], masses, offsets[first : stop + 1] - low, slicer)
        values[first:stop] = ragged_quantiles(slices.values, slices.weights, slices.offsets, levels, cells)
    return values
