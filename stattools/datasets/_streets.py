"""Streets as a graph: nodes along the streets, and places put on the nearest of them. Arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stattools._typing import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class StreetGraph:
    """A street network cut into pieces of nearly equal length.

    positions : (n, 2) of the nodes, in map units.
    edges : (m, 2) node ids.
    lengths : (m,) in map units.
    """

    positions: FloatArray
    edges: IntArray
    lengths: FloatArray


def street_graph(segment: IntArray, corners: FloatArray, spacing: float) -> StreetGraph:
    """Cut polylines into pieces no longer than `spacing`; lines are joined where their corners coincide.

    Parameters
    ----------
    segment : (c,) int
        The polyline each corner belongs to; its corners are consecutive rows.
    corners : (c, 2) float64
    spacing : float
        In map units.

    Examples
    --------
    >>> corners = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 0.0], [2.0, 1.0]])
    >>> graph = street_graph(np.array([1, 1, 2, 2]), corners, spacing=1.0)
    >>> graph.positions.tolist()
    [[0.0, 0.0], [2.0, 0.0], [2.0, 1.0], [1.0, 0.0]]
    >>> graph.edges.tolist()
    [[0, 3], [3, 1], [1, 2]]
    """
    junctions, node = np.unique(corners, axis=0, return_inverse=True)
    first = np.flatnonzero(segment[:-1] == segment[1:])
    pieces = np.unique(np.sort(np.column_stack([node[first], node[first + 1]]), axis=1), axis=0)
    positions, edges = [junctions], []
    n_nodes = len(junctions)
    for start, end in pieces:
        length = float(np.linalg.norm(junctions[end] - junctions[start]))
        n_inner = max(int(np.ceil(length / spacing)) - 1, 0)
        share = np.arange(1, n_inner + 1)[:, None] / (n_inner + 1)
        positions.append(junctions[start] + share * (junctions[end] - junctions[start]))
        chain = np.concatenate([[start], np.arange(n_nodes, n_nodes + n_inner), [end]])
        edges.append(np.column_stack([chain[:-1], chain[1:]]))
        n_nodes += n_inner
    points, links = np.concatenate(positions), np.concatenate(edges).astype(np.intp)
    return StreetGraph(points, links, np.linalg.norm(points[links[:, 0]] - points[links[:, 1]], axis=1))


def nearest_node(graph: StreetGraph, places: FloatArray) -> tuple[IntArray, FloatArray]:
    """The node nearest along the street to the foot of each place, and how far the place is from that street.

    A place goes to its nearest street first: the nearest node as the crow flies may lie on another street.

    Parameters
    ----------
    graph : StreetGraph
    places : (k, 2) float64

    Returns
    -------
    node : (k,) intp
    distance : (k,) float64
        From the place to the street, in map units.

    Examples
    --------
    >>> graph = street_graph(np.array([1, 1]), np.array([[0.0, 0.0], [2.0, 0.0]]), spacing=1.0)
    >>> nearest_node(graph, np.array([[1.2, 0.5]]))
    (array([2]), array([0.5]))
    """
    start, end = graph.positions[graph.edges[:, 0]], graph.positions[graph.edges[:, 1]]
    along = end - start
    share = ((places[:, None] - start) * along).sum(axis=2) / graph.lengths**2
    share = np.minimum(np.maximum(share, 0.0), 1.0)
    distance = np.linalg.norm(places[:, None] - start - share[..., None] * along, axis=2)
    edge = distance.argmin(axis=1)
    row = np.arange(len(places))
    node = graph.edges[edge, (share[row, edge] > 0.5).astype(np.intp)]
    return node, distance[row, edge]


def stacks(places: FloatArray, reach: float) -> IntArray:
    """Label places that hang together through steps of at most `reach`; labels follow the first member of a stack.

    Parameters
    ----------
    places : (k, 2) float64
    reach : float

    Returns
    -------
    (k,) intp

    Examples
    --------
    >>> stacks(np.array([[0.0, 0.0], [5.0, 0.0], [0.0, 0.5]]), reach=1.0)
    array([0, 1, 0])
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    pairs = cKDTree(places).query_pairs(reach, output_type="ndarray")
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(places), len(places)))
    labels = connected_components(links, directed=False)[1]
    _, first, label = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    return np.asarray(rank[label], dtype=np.intp)


def walking_distances(graph: StreetGraph, sources: IntArray) -> FloatArray:
    """Lengths of the shortest ways along the streets.

    Parameters
    ----------
    graph : StreetGraph
    sources : (k,) intp

    Returns
    -------
    (k, n) float64
        In map units; infinite where there is no way.

    Examples
    --------
    >>> corners = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 0.0], [3.0, 4.0]])
    >>> walking_distances(street_graph(np.array([1, 1, 2, 2]), corners, spacing=9.0), np.array([0]))
    array([[0., 3., 7.]])
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    n = len(graph.positions)
    links = coo_array((graph.lengths, (graph.edges[:, 0], graph.edges[:, 1])), shape=(n, n)).tocsr()
    return np.asarray(dijkstra(links, directed=False, indices=sources), dtype=np.float64)
