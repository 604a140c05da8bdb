"""Domains made of nodes and a sparse Laplacian: what graphs, meshes and point clouds share."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import ArrayLike, FloatArray, IntArray
from stattools.domains import _spectral
from stattools.domains._eigenspaces import group_eigenvalues, group_end, group_means, group_slices
from stattools.domains.base import NodeDomain, Spectrum
from stattools.domains.weightings import Weighting

DENSE_NODES = 1500
DENSE_NODES_WHEN_MOST = 6000


class LaplacianDomain(NodeDomain):
    """Nodes 0..n-1 with a Laplacian, masses and edge lengths."""

    @cached_property
    @abstractmethod
    def _system(self) -> _spectral.LaplacianSystem:
        """The Laplacian."""

    @abstractmethod
    def _edge_lengths(self) -> Any:
        """(n, n) sparse, the length of each edge in both directions."""

    @property
    def n_nodes(self) -> int:
        return len(self._system.masses)

    @property
    def node_masses(self) -> FloatArray:
        masses: FloatArray = _validation.read_only(self._system.masses / self._system.masses.sum())
        return masses

    @property
    def volume(self) -> float:
        return float(self._system.masses.sum())

    def distances(self, x: ArrayLike, y: ArrayLike) -> FloatArray:
        """Lengths of shortest paths along edges, (len(x), len(y)); infinite between components."""
        return shortest_paths(self._edge_lengths(), self.check_points(x, "x"), self.check_points(y, "y"))

    @cached_property
    def _full(self) -> tuple[FloatArray, FloatArray]:
        return _spectral.dense_eigenpairs(self._system)

    @cached_property
    def _kept(self) -> dict[int, _spectral.LeadingPairs]:
        return {}

    def _spectrum(self, n: int) -> Spectrum:
        self._checked_count(n, self._system.n_eigenfunctions)
        remarks = self._component_remarks()
        if self._is_dense(n):
            values, functions = self._full
            groups = group_eigenvalues(values, self._group_tolerance, _spectral.NOISE * values[-1])
            end = group_end(groups, n)
            following = float(values[end]) if end < len(values) else None
            return Spectrum(
                values[:end],
                _numbers(end),
                groups[:end],
                following,
                np.ascontiguousarray(functions[:, :end]),
                remarks=remarks,
            )
        pairs = self._leading(n)
        warnings: tuple[str, ...] = ()
        if pairs.residual > _spectral.RESIDUAL_TOLERANCE:
            warnings = (
                f"eigenfunctions of {self.description} are accurate to {pairs.residual:.1g} only (relative residual)",
            )
        count = len(pairs.values)
        return Spectrum(
            pairs.values, _numbers(count), pairs.groups, pairs.following, pairs.functions, warnings, remarks
        )

    def _leading(self, n: int) -> _spectral.LeadingPairs:
        """Iterative eigenpairs; the last ones found are kept, since one domain often serves several calls."""
        pairs = self._kept.get(n)
        if pairs is None:
            pairs = _spectral.leading_eigenpairs(self._system, n, self._group_tolerance)
            self._kept.clear()
            self._kept[n] = pairs
        return pairs

    def _is_dense(self, n: int) -> bool:
        if self.n_nodes <= DENSE_NODES:
            return True
        if 2 * (n + _spectral.N_CHECKED) < self.n_nodes:
            return False
        if self.n_nodes <= DENSE_NODES_WHEN_MOST:
            return True
        raise InvalidParameterError(
            f"n_eigenfunctions is {n}; {self.description} is large, and for large domains n_eigenfunctions must be "
            f"below half the number of nodes, {self.n_nodes / 2:g}"
        )

    def _component_remarks(self) -> tuple[str, ...]:
        count = self._system.n_components
        if count == 1:
            return ()
        return (
            f"{self.description} has {count} components; differences in the total mass of components are invisible to "
            "its eigenfunctions",
        )

    def _tail_bound(self, weighting: Weighting, spectrum: Spectrum, *, average: bool) -> float | None:
        if spectrum.next_eigenvalue is None:
            return 0.0
        if "_full" not in self.__dict__:
            return None
        values, functions = self._full
        return stored_tail(values, functions, weighting, len(spectrum.eigenvalues), self._group_tolerance, average)


def stored_tail(
    values: FloatArray, functions: FloatArray, weighting: Weighting, n_kept: int, tolerance: float, average: bool
) -> float:
    """What the eigenfunctions after the first `n_kept` could add to a squared distance, from their values at nodes.

    The smaller of two bounds: the weighted sum of squared ranges (in an averaged eigenspace four times the largest
    squared norm, which no rotation changes), and four times the largest weighted sum of squares at a node.
    """
    rest, vectors = values[n_kept:], functions[:, n_kept:]
    groups = group_eigenvalues(rest, tolerance, _spectral.NOISE * values[-1])
    weights = weighting(group_means(rest, groups))
    by_node = 4 * float(np.max(vectors**2 @ weights))
    by_slice = 0.0
    for columns in group_slices(groups):
        block, weight = vectors[:, columns], float(weights[columns.start])
        if average and block.shape[1] > 1:
            by_slice += 4 * weight * float(np.max((block**2).sum(axis=1)))
        else:
            by_slice += weight * float(np.sum(np.ptp(block, axis=0) ** 2))
    return min(by_node, by_slice) * (1 + 1e-12)


def _numbers(count: int) -> IntArray:
    return np.arange(1, count + 1, dtype=np.intp)[:, None]


@dataclass(frozen=True)
class Components:
    """labels : (n,) number of the component of each node; count : how many."""

    labels: IntArray
    count: int


def components(pattern: Any) -> Components:
    """Connected components of a symmetric sparse matrix."""
    from scipy.sparse.csgraph import connected_components

    count, labels = connected_components(narrow(pattern), directed=False)
    return Components(labels.astype(np.intp), int(count))


def require_connected(parts: Components, description: str, advice: str) -> None:
    """Refuse more than one component, saying how large they are."""
    if parts.count > 1:
        sizes = np.bincount(parts.labels)
        first = int(np.flatnonzero(parts.labels != parts.labels[0])[0])
        raise InvalidDataError(
            f"{description} is disconnected: {parts.count} components of {sizes.max()} nodes at most and {sizes.min()} "
            f"at least; node {first} cannot be reached from node 0. {advice}"
        )


def narrow(matrix: Any) -> Any:
    """A writable copy with 32-bit indices, which scipy.sparse.csgraph asks for."""
    from scipy.sparse import csr_array

    matrix = csr_array(matrix)
    return csr_array(
        (matrix.data.astype(np.float64), matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)),
        shape=matrix.shape,
    )


def shortest_paths(lengths: Any, x: IntArray, y: IntArray) -> FloatArray:
    """(len(x), len(y)) lengths; one search, with n numbers, from each distinct node of the smaller side."""
    from scipy.sparse.csgraph import dijkstra

    sources, where = np.unique(x, return_inverse=True)
    targets, target_where = np.unique(y, return_inverse=True)
    if len(targets) < len(sources):
        return np.ascontiguousarray(shortest_paths(lengths, y, x).T)
    graph = narrow(lengths)
    block = max(1, 2**22 // graph.shape[0])
    found = np.empty((len(sources), len(targets)))
    for start in range(0, len(sources), block):
        chunk = sources[start : start + block]
        found[start : start + block] = dijkstra(graph, directed=True, indices=chunk)[:, targets]
    return found[np.ix_(where, target_where)]
