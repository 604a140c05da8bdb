"""Mutual information of real values and a mask by nearest neighbours: a diagnostic, not a bound."""

from __future__ import annotations

import numpy as np

from stattools._typing import FloatArray, IntArray

NEIGHBOURS = 3
LOG2 = float(np.log(2.0))


def neighbour_information(values: FloatArray, masks: IntArray, k: int = NEIGHBOURS) -> float:
    """Mutual information of points and a binary mask, in nats.

    Parameters
    ----------
    values : (N,) or (N, d) float64
    masks : (N,) int
        0 or 1.
    k : int, default 3
        The neighbour of the same mask that sets the radius; fewer where a mask has no more points.

    Returns
    -------
    float
        In [0, ln 2]; 0 when a mask has fewer than two points.

    References
    ----------
    Ross (2014), PLOS ONE 9, e87357, eq. (3); points that coincide are counted as Gao, Kannan, Oh and Viswanath (2017),
    NeurIPS 30, do in their algorithm 1.

    Examples
    --------
    >>> values = np.concatenate([np.linspace(0, 1, 50), np.linspace(5, 6, 50)])
    >>> round(neighbour_information(values, np.repeat([0, 1], 50)), 2)
    0.69
    """
    from scipy.spatial import cKDTree
    from scipy.special import digamma

    points = values.reshape(len(values), -1)
    sizes = np.bincount(masks, minlength=2)
    if sizes.min() < 2:
        return 0.0
    all_points = cKDTree(points)
    terms = np.empty(len(points))
    for u in (0, 1):
        own = points[masks == u]
        tree = cKDTree(own)
        wanted = min(k, sizes[u] - 1)
        radius = tree.query(own, wanted + 1, p=np.inf)[0][:, wanted]
        tied = radius == 0
        # as many neighbours as coincide, where more than k do
        near = np.where(tied, tree.query_ball_point(own, 0.0, p=np.inf, return_length=True) - 1, wanted)
        inside = np.where(tied, 0.0, np.nextafter(radius, 0.0))
        around = all_points.query_ball_point(own, inside, p=np.inf, return_length=True)
        terms[masks == u] = digamma(np.maximum(near, 1)) - digamma(np.maximum(around, 1)) - digamma(sizes[u])
    return float(np.clip(digamma(len(points)) + terms.mean(), 0.0, LOG2))
