"""Places in the plane for nodes that have none, and for rows that have only distances."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools._typing import FloatArray

MAX_STRESS_NODES = 400
STRESS_STEPS = 60


def with_sign(scores: FloatArray) -> FloatArray:
    """Columns turned so that the entry of largest size is positive: the signs of eigenvectors are arbitrary."""
    largest = scores[np.abs(scores).argmax(axis=0), np.arange(scores.shape[1])]
    return scores * np.where(largest < 0, -1.0, 1.0)


def principal_scores(rows: FloatArray, n_axes: int = 2) -> tuple[FloatArray, FloatArray]:
    """Classical scaling of the Euclidean distances between rows, and the share of variance of each axis.

    Parameters
    ----------
    rows : (N, P)

    Returns
    -------
    scores : (N, n_axes), zero where the rows span fewer axes
    shares : (n_axes,)

    Examples
    --------
    >>> scores, shares = principal_scores(np.array([[0.0, 0.0], [3.0, 4.0]]))
    >>> scores.round(6) + 0.0, shares.round(6)
    (array([[ 2.5,  0. ],
           [-2.5,  0. ]]), array([1., 0.]))
    """
    centred = rows - rows.mean(axis=0)
    scores, shares = np.zeros((len(rows), n_axes)), np.zeros(n_axes)
    total = float((centred**2).sum())
    if total > 0:
        # of the two Grams the smaller one
        if len(rows) <= rows.shape[1]:
            values, vectors = np.linalg.eigh(centred @ centred.T)
            found = vectors[:, ::-1] * np.sqrt(np.maximum(values[::-1], 0.0))
        else:
            values, vectors = np.linalg.eigh(centred.T @ centred)
            found = centred @ vectors[:, ::-1]
        k = min(n_axes, found.shape[1])
        scores[:, :k] = with_sign(found[:, :k])
        shares[:k] = np.maximum(values[::-1][:k], 0.0) / total
    return scores, shares


def node_positions(domain: Any) -> tuple[FloatArray, str]:
    """(n, 2) places of the nodes of a discrete domain, and a remark on where they come from.

    Positions in the plane are taken as they are, those of higher dimension along their principal axes. Without any, a
    small graph is laid out by its shortest-path distances (stress majorization), a large one by its first two
    eigenfunctions.
    """
    positions = getattr(domain, "positions", None)
    if positions is not None:
        positions = np.asarray(positions, dtype=np.float64)
        if positions.shape[1] == 1:
            return np.column_stack([positions[:, 0], np.zeros(len(positions))]), ""
        if positions.shape[1] == 2:
            return positions, ""
        return principal_scores(positions)[0], "positions along their first two principal axes"
    if hasattr(domain, "adjacency") and 3 <= domain.n_nodes <= MAX_STRESS_NODES:
        steps = _hops(domain)
        steps[np.isinf(steps)] = 1.3 * steps[np.isfinite(steps)].max()
        return stress_layout(steps), "layout by shortest paths"
    basis = domain.eigenbasis(min(2, domain.n_nodes - 1), multiplicity="fixed")
    functions = with_sign(np.asarray(basis.evaluate_eigenfunctions(domain.nodes())))[:, :2]
    if functions.shape[1] == 1:
        functions = np.column_stack([functions, np.zeros(len(functions))])
    return functions, "layout by the first two eigenfunctions"


def _hops(domain: Any) -> FloatArray:
    from scipy.sparse.csgraph import shortest_path

    return np.asarray(shortest_path(domain.adjacency, directed=False, unweighted=True))


def stress_layout(distances: FloatArray) -> FloatArray:
    """Places in the plane whose distances are near the given ones, relative errors weighted alike.

    References
    ----------
    Gansner, Koren and North (2005), Graph drawing by stress majorization, Graph Drawing 2004, eq. (7).
    """
    n = len(distances)
    squared = distances**2
    doubly = -(squared - squared.mean(axis=0) - squared.mean(axis=1)[:, None] + squared.mean()) / 2
    values, vectors = np.linalg.eigh(doubly)
    places = with_sign(vectors[:, :-3:-1] * np.sqrt(np.maximum(values[:-3:-1], 1e-12)))
    # points that coincide would never part; the golden angle spreads them without a random number
    turn = np.arange(n) * np.pi * (3 - np.sqrt(5))
    places = places + 0.02 * distances.max() * np.column_stack([np.cos(turn), np.sin(turn)])
    safe = np.where(distances > 0, distances, 1.0)
    weights = np.where(distances > 0, safe**-2.0, 0.0)
    pseudo_inverse = np.linalg.pinv(np.diag(weights.sum(axis=1)) - weights)
    for _ in range(STRESS_STEPS):
        apart = places[:, None] - places[None]
        lengths = np.sqrt((apart**2).sum(axis=2))
        pull = -weights * distances / np.maximum(lengths, 1e-9)
        np.fill_diagonal(pull, 0.0)
        np.fill_diagonal(pull, -pull.sum(axis=1))
        places = pseudo_inverse @ (pull @ places)
    return np.asarray(places)
