"""Points of a space that stand for a surface or a region nobody has a formula for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import DegenerateDataError, InvalidDataError
from stattools._typing import FloatArray
from stattools.domains._laplacian import LaplacianDomain, components, require_connected
from stattools.domains._spectral import LaplacianSystem
from stattools.domains.base import require_moderate
from stattools.results.serialization import register


@register
@dataclass(frozen=True, eq=False, repr=False)
class PointCloud(LaplacianDomain):
    """A cloud of points, each joined to its nearest neighbours by edges with Gaussian weights.

    Points of the domain are ids 0, ..., n - 1 of the cloud's points; `nearest` turns coordinates into ids. Two points
    are joined when either is among the `n_neighbors` nearest of the other, with weight
    exp(-distance**2 / (2 bandwidth**2)); the Laplacian is the combinatorial one and all points have equal mass.

    Parameters
    ----------
    points : (n, k) array_like
    n_neighbors : int, default 10
    bandwidth : float, optional
        In the units of the points; the median distance to the farthest of the `n_neighbors` when not given.

    Raises
    ------
    InvalidParameterError
        `n_neighbors` is not below the number of points, or the bandwidth is not positive.
    InvalidDataError
        The neighbour graph is disconnected (found on first use).
    DegenerateDataError
        More than half of the points coincide with all their neighbours, so that no bandwidth can be chosen.

    Notes
    -----
    `distances` follow edges of Euclidean length. scikit-learn finds the neighbours, on first use.

    Examples
    --------
    >>> import numpy as np
    >>> cloud = PointCloud(np.random.default_rng(0).random((50, 2)), n_neighbors=6)
    >>> cloud
    PointCloud(50 points in R^2, 6 neighbours)
    >>> cloud.eigenbasis(5).evaluate([0, 1]).shape
    (2, 5)
    """

    points: Any
    n_neighbors: int = 10
    bandwidth: float | None = None

    def __post_init__(self) -> None:
        points = _validation.float_array(self.points, "points", ndim=2)
        if len(points) < 2:
            raise InvalidDataError(f"points has shape {points.shape}; a point cloud has at least 2 points")
        require_moderate(points, "points")
        n_neighbors = _validation.integer(self.n_neighbors, "n_neighbors", minimum=1, maximum=len(points) - 1)
        if self.bandwidth is not None:
            object.__setattr__(
                self, "bandwidth", _validation.real(self.bandwidth, "bandwidth", minimum=0, exclusive=True)
            )
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "n_neighbors", n_neighbors)

    @property
    def description(self) -> str:
        return f"PointCloud({len(self.points)} points in R^{self.points.shape[1]}, {self.n_neighbors} neighbours)"

    @property
    def dimension(self) -> int:
        return 0

    @property
    def n_nodes(self) -> int:
        return len(self.points)

    @property
    def positions(self) -> FloatArray:
        """(n, k) the points."""
        return np.asarray(self.points)

    @cached_property
    def _neighbours(self) -> Any:
        """(n, n) sparse distances to the nearest neighbours of each point, n_neighbors a row."""
        from sklearn.neighbors import NearestNeighbors

        search = NearestNeighbors(n_neighbors=self.n_neighbors).fit(self.points)
        return search.kneighbors_graph(mode="distance").tocsr()

    def _edge_lengths(self) -> Any:
        found = self._neighbours.copy()
        found.data = np.maximum(found.data, 1e-300)  # a sparse matrix would drop the edge between equal points
        return found.maximum(found.T).tocsr()

    def _chosen_bandwidth(self) -> float:
        if self.bandwidth is not None:
            return self.bandwidth
        farthest = self._neighbours.data.reshape(self.n_nodes, self.n_neighbors).max(axis=1)
        bandwidth = float(np.median(farthest))
        if bandwidth <= 0:
            raise DegenerateDataError(
                "more than half of the points coincide with all their neighbours; pass bandwidth=, a larger "
                "n_neighbors=, or distinct points with masses"
            )
        return bandwidth

    @cached_property
    def _system(self) -> LaplacianSystem:
        from scipy.sparse import diags_array

        lengths = self._edge_lengths()
        weights = lengths.copy()
        with np.errstate(over="ignore", under="ignore"):  # a far neighbour has weight 0 and is no neighbour
            weights.data = np.exp(-0.5 * (lengths.data / self._chosen_bandwidth()) ** 2)
        weights.eliminate_zeros()
        parts = components(weights)
        require_connected(parts, self.description, "Increase n_neighbors or the bandwidth, or analyse the pieces apart")
        stiffness = (diags_array(np.asarray(weights.sum(axis=1)).ravel()) - weights).tocsr()
        return LaplacianSystem(stiffness, np.ones(self.n_nodes), parts.labels)
