"""Weighted undirected graphs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import ArrayLike, FloatArray, IntArray
from stattools.domains._laplacian import LaplacianDomain, components, require_connected
from stattools.domains._spectral import LaplacianSystem
from stattools.domains.base import LARGEST, as_array
from stattools.results.serialization import register

SYMMETRY_TOLERANCE = 1e-10


@register
@dataclass(frozen=True, eq=False, repr=False)
class Graph(LaplacianDomain):
    """The nodes of a weighted undirected graph. Points are node ids 0, ..., n - 1, or node names where there are some.

    Parameters
    ----------
    adjacency : (n, n) array_like, scipy sparse array, or networkx graph
        Symmetric, non-negative edge weights: similarities, larger for nodes that are closer. Loops are allowed; they
        count for "symnorm" only. The names of a networkx graph's nodes are kept as text.
    laplacian : {"combinatorial", "symnorm"}, default "combinatorial"
        D - W with equal masses of the nodes, or D**-1/2 (D - W) D**-1/2 with masses proportional to degrees (its
        eigenfunctions are those of the random walk).
    components : {"raise", "ignore"}, default "raise"
        Whether a disconnected graph is an error. With "ignore", differences in the mass of components are invisible.
    names : sequence of str, optional
        One distinct name for each node.
    positions : (n, k) array_like, optional
        Coordinates of the nodes, for plots and `nearest`.
    lengths : {"hops", "inverse"} or (n, n) matrix, default "hops"
        Length of an edge in `distances`: 1, one over its weight, or given for each edge.

    Raises
    ------
    InvalidDataError
        The matrix is not square, not symmetric, holds a negative or missing entry (which is named), or is
        disconnected; names are not distinct.
    InvalidParameterError
        An option is none of its values.

    Notes
    -----
    Up to 1500 nodes an eigenbasis takes one dense decomposition (about 5 times 8 n**2 bytes; kept on the object for
    further calls). Larger graphs stay sparse: an iterative solver with a fixed start, O(n L) memory beside the
    factorisation of the Laplacian.

    Examples
    --------
    >>> import numpy as np
    >>> graph = Graph([[0, 2, 0], [2, 0, 1], [0, 1, 0]], names=["a", "b", "c"])
    >>> graph
    Graph(3 nodes, 2 edges)
    >>> graph.distances(["a"], ["b", "c"])
    array([[1., 2.]])
    >>> graph.eigenbasis(2).eigenvalues.round(4)
    array([1.2679, 4.7321])
    """

    adjacency: Any
    laplacian: Literal["combinatorial", "symnorm"] = "combinatorial"
    components: Literal["raise", "ignore"] = "raise"
    names: Sequence[str] | None = None
    positions: Any = None
    lengths: Any = "hops"

    def __post_init__(self) -> None:
        _validation.choice(self.laplacian, ("combinatorial", "symnorm"), "laplacian")
        _validation.choice(self.components, ("raise", "ignore"), "components")
        adjacency, names = _read_adjacency(self.adjacency)
        n = adjacency.shape[0]
        object.__setattr__(self, "adjacency", adjacency)
        object.__setattr__(self, "names", _checked_names(names if self.names is None else self.names, n))
        object.__setattr__(self, "positions", checked_positions(self.positions, n))
        object.__setattr__(self, "lengths", _checked_lengths(self.lengths, adjacency))
        self._check_connectivity()

    @classmethod
    def from_edges(
        cls,
        edges: ArrayLike,
        weights: ArrayLike | None = None,
        names: Sequence[str] | None = None,
        positions: ArrayLike | None = None,
        **options: Any,
    ) -> Graph:
        """A graph from a list of edges.

        Parameters
        ----------
        edges : (E, 2) array_like
            Node ids, or names. Weights of edges that are listed twice, in either direction, add up.
        weights : (E,) array_like, optional
            1 when not given.
        names, positions
            As for `Graph`. When edges hold names and none are given, the nodes are the distinct names, sorted.
        **options
            Passed to `Graph`: `laplacian`, `components`, `lengths`.

        Raises
        ------
        InvalidDataError
            An edge names an unknown node, or weights do not match the edges.

        Examples
        --------
        >>> Graph.from_edges([["a", "b"], ["b", "c"]], weights=[1.0, 2.0]).names
        ('a', 'b', 'c')
        """
        from scipy.sparse import coo_array

        ends = as_array(edges, "edges")
        if ends.ndim != 2 or ends.shape[1] != 2 or len(ends) == 0:
            raise InvalidDataError(f"edges has shape {ends.shape}; it must be (E, 2), one row an edge")
        if ends.dtype.kind in "UO":
            names = tuple(np.unique(ends.astype(str)).tolist()) if names is None else _listed_names(names)
            ends = _ids_of_names(ends, names, "edges")
        n = _n_nodes(ends, names, positions)
        bad = np.argwhere((ends != np.floor(ends)) | (ends < 0) | (ends >= n)) if ends.dtype.kind in "iuf" else [[0, 0]]
        if len(bad):
            row, column = bad[0]
            raise InvalidDataError(
                f"edges has {ends[row, column]} at row {row}, column {column}; node ids run from 0 to {n - 1}"
            )
        values = np.ones(len(ends)) if weights is None else _validation.float_array(weights, "weights", ndim=1)
        if len(values) != len(ends):
            raise InvalidDataError(f"weights has {len(values)} entries for {len(ends)} edges")
        _validation.nonnegative(values, "weights")
        a, b = ends.astype(np.intp).T
        loops = a == b
        one_way = coo_array((np.where(loops, values / 2, values), (a, b)), shape=(n, n)).tocsr()
        return cls(one_way + one_way.T, names=names, positions=positions, **options)

    @property
    def description(self) -> str:
        return f"Graph({self.adjacency.shape[0]} nodes, {self.n_edges} edges)"

    @property
    def dimension(self) -> int:
        return 0

    @property
    def n_nodes(self) -> int:
        return int(self.adjacency.shape[0])

    @property
    def n_edges(self) -> int:
        """Number of edges, loops not counted."""
        rows, columns = self.adjacency.nonzero()
        return int((rows < columns).sum())

    def edges(self) -> IntArray:
        """(E, 2) the two ends of each edge, loops left out.

        Examples
        --------
        >>> Graph([[0, 1], [1, 0]]).edges()
        array([[0, 1]])
        """
        rows, columns = self.adjacency.nonzero()
        return np.asarray(np.column_stack([rows, columns])[rows < columns], dtype=np.intp)

    def check_points(self, points: ArrayLike, name: str = "points") -> IntArray:
        array = as_array(points, name)
        if self.names is not None and array.ndim == 1 and array.size and isinstance(array.flat[0], str):
            return super().check_points(_ids_of_names(array, tuple(self.names), name), name)
        return super().check_points(array, name)

    @cached_property
    def _system(self) -> LaplacianSystem:
        from scipy.sparse import diags_array

        degrees = np.asarray(self.adjacency.sum(axis=1)).ravel()
        stiffness = (diags_array(degrees) - self.adjacency).tocsr()
        masses = degrees if self.laplacian == "symnorm" else np.ones(len(degrees))
        return LaplacianSystem(stiffness, masses, components(self.adjacency).labels)

    def _edge_lengths(self) -> Any:
        if not isinstance(self.lengths, str):
            return self.lengths
        lengths = self.adjacency.copy()
        lengths.data = np.ones(lengths.nnz) if self.lengths == "hops" else 1 / lengths.data
        return lengths

    def _check_connectivity(self) -> None:
        if self.components == "raise":
            require_connected(
                components(self.adjacency),
                self.description,
                "Analyse the components apart, or pass components='ignore'",
            )
        if self.laplacian == "symnorm":
            degrees = np.asarray(self.adjacency.sum(axis=1)).ravel()
            if degrees.min() < 1 / LARGEST:
                raise InvalidDataError(
                    f"node {np.argmin(degrees)} has edges of total weight {degrees.min():.3g}; laplacian='symnorm' "
                    "divides by it. Drop the node"
                )


def _read_adjacency(value: Any) -> tuple[Any, tuple[str, ...] | None]:
    names = None
    if hasattr(value, "nodes") and hasattr(value, "is_directed"):
        import networkx

        if value.is_directed():
            raise InvalidDataError("adjacency is a directed graph; pass graph.to_undirected()")
        names = tuple(str(node) for node in value.nodes)
        if not names:
            raise InvalidDataError("adjacency is a graph without nodes")
        try:
            value = networkx.to_scipy_sparse_array(value, dtype=np.float64)
        except (ValueError, TypeError) as error:
            raise InvalidDataError(f"adjacency is a graph with a weight that is no number: {error}") from None
    return checked_weights(value, "adjacency"), names


def checked_weights(value: Any, name: str) -> Any:
    """A symmetric, non-negative, finite sparse matrix in canonical form, read-only."""
    from scipy.sparse import csr_array, issparse

    if issparse(value):
        if value.dtype.kind not in "buif":
            raise InvalidDataError(f"{name} has dtype {value.dtype}; it must hold real numbers")
        matrix = csr_array(value, dtype=np.float64, copy=True)
    else:
        matrix = csr_array(_validation.float_array(value, name, ndim=2))
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise InvalidDataError(f"{name} has shape {matrix.shape}; it must be square")
    if matrix.shape[0] < 2:
        raise InvalidDataError(f"{name} has shape {matrix.shape}; a graph has at least 2 nodes")
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    _refuse_entry(matrix, ~np.isfinite(matrix.data), name, "entries must be finite")
    _refuse_entry(matrix, matrix.data < 0, name, "entries must not be negative")
    _refuse_entry(matrix, matrix.data > LARGEST, name, f"sizes above {LARGEST:g} overflow, rescale")
    matrix = _symmetric(matrix, name)
    for part in (matrix.data, matrix.indices, matrix.indptr):
        part.flags.writeable = False
    return matrix


def _refuse_entry(matrix: Any, bad: np.ndarray[Any, Any], name: str, rule: str) -> None:
    if bad.any():
        entry = matrix.tocoo()
        at = int(np.flatnonzero(bad)[0])
        raise InvalidDataError(f"{name} has {entry.data[at]} at row {entry.row[at]}, column {entry.col[at]}; {rule}")


def _symmetric(matrix: Any, name: str) -> Any:
    difference = (matrix - matrix.T).tocoo()
    if difference.nnz == 0 or not difference.data.any():
        return matrix
    worst = int(np.argmax(np.abs(difference.data)))
    if abs(difference.data[worst]) > SYMMETRY_TOLERANCE * np.max(matrix.data):
        i, j = int(difference.row[worst]), int(difference.col[worst])
        raise InvalidDataError(
            f"{name} is not symmetric: {matrix[i, j]:.6g} at row {i}, column {j} and {matrix[j, i]:.6g} at row {j}, "
            f"column {i}. Edges have no direction here; pass (A + A.T) / 2 if that is what you mean"
        )
    result = ((matrix + matrix.T) / 2).tocsr()
    result.sort_indices()
    return result


def _checked_names(names: Any, n: int) -> tuple[str, ...] | None:
    if names is None:
        return None
    listed = _listed_names(names)
    if len(listed) != n:
        raise InvalidDataError(f"names has {len(listed)} entries for {n} nodes")
    wrong = [i for i, entry in enumerate(listed) if not isinstance(entry, str)]
    if wrong:
        raise InvalidDataError(f"names has {listed[wrong[0]]!r} at index {wrong[0]}; names are text")
    if len(set(listed)) < n:
        seen: set[str] = set()
        twice = next(entry for entry in listed if entry in seen or seen.add(entry))  # type: ignore[func-returns-value]
        raise InvalidDataError(f"names has {twice!r} more than once; give each node its own name")
    return tuple(str(entry) for entry in listed)


def _listed_names(names: Any) -> tuple[Any, ...]:
    if isinstance(names, (str, bytes)) or not hasattr(names, "__len__") or np.ndim(names) != 1:
        raise InvalidDataError(f"names is {names!r}; it must be a sequence of texts, one for each node")
    return tuple(names)


def checked_positions(positions: Any, n: int) -> FloatArray | None:
    """(n, k) coordinates of nodes, or None."""
    if positions is None:
        return None
    array = _validation.float_array(positions, "positions", ndim=(1, 2))
    array = array[:, None] if array.ndim == 1 else array
    if len(array) != n:
        raise InvalidDataError(f"positions has {len(array)} rows for {n} nodes")
    return array


def _checked_lengths(lengths: Any, adjacency: Any) -> Any:
    if isinstance(lengths, str) or lengths is None:
        return _validation.choice(lengths, ("hops", "inverse"), "lengths")
    matrix = checked_weights(lengths, "lengths")
    if matrix.shape != adjacency.shape:
        raise InvalidDataError(f"lengths has shape {matrix.shape} and adjacency {adjacency.shape}; they must match")
    extra = ((matrix != 0).astype(np.int8) - (adjacency != 0).astype(np.int8)).tocoo()
    wrong = np.flatnonzero(extra.data)
    if wrong.size:
        i, j = int(extra.row[wrong[0]]), int(extra.col[wrong[0]])
        have = "a length and no edge" if extra.data[wrong[0]] > 0 else "an edge and no positive length"
        raise InvalidParameterError(f"lengths: row {i}, column {j} has {have}; give a positive length for every edge")
    return matrix


def _ids_of_names(array: np.ndarray[Any, Any], names: Sequence[str], what: str) -> IntArray:
    number = {entry: i for i, entry in enumerate(names)}
    ids = np.array([number.get(entry, -1) for entry in map(str, array.ravel().tolist())], dtype=np.intp)
    ids = ids.reshape(array.shape)
    bad = np.argwhere(ids < 0)
    if len(bad):
        entry, where = str(array[tuple(bad[0])]), _validation.place(bad[0], array.ndim)
        raise InvalidDataError(f"{what} has {entry!r} at {where}, which is not the name of a node")
    return ids


def _n_nodes(ends: np.ndarray[Any, Any], names: Sequence[str] | None, positions: Any) -> int:
    if names is not None:
        return len(_listed_names(names))
    if positions is not None:
        return len(_validation.float_array(positions, "positions", ndim=(1, 2)))
    return int(ends.max()) + 1 if ends.dtype.kind in "iuf" and np.all(np.isfinite(ends)) and ends.max() >= 0 else 0
