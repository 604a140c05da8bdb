"""Optimal transport by POT's network simplex, where no closed form exists."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from stattools._errors import ConvergenceWarning, warn
from stattools._typing import FloatArray
from stattools.distributions._slices import require_usable

if TYPE_CHECKING:
    from stattools.distributions.array import DistributionArray

MAX_ITERATIONS = 10_000_000


def network_costs(x: DistributionArray, y: DistributionArray | None, power: int) -> FloatArray:
    """(N, K) optimal transport costs for the Euclidean or geodesic distance to the power 1 or 2."""
    for array in (x,) if y is None else (x, y):
        require_usable(array.points)
    ground = _ground_cost(x, y, power)
    left = [_support(x, i) for i in range(len(x))]
    right = left if y is None else [_support(y, j) for j in range(len(y))]
    costs = np.zeros((len(left), len(right)))
    for i, (x_atoms, x_masses) in enumerate(left):
        for j, (y_atoms, y_masses) in enumerate(right):
            if y is None and j <= i:
                costs[i, j] = costs[j, i]
            else:
                costs[i, j] = _cost(x_masses, y_masses, ground(x_atoms, y_atoms))
    return costs


def _ground_cost(x: DistributionArray, y: DistributionArray | None, power: int) -> Callable[[Any, Any], FloatArray]:
    """Cost between positions in the points of x and of y; node distances are looked up in one table."""
    y_points = x.points if y is None else y.points
    domain = x.domain
    if domain is not None and domain.is_discrete:
        nodes, positions = np.unique(np.concatenate([x.points, y_points]), return_inverse=True)
        table = np.asarray(domain.distances(nodes, nodes)) ** power
        first, second = positions[: len(x.points)], positions[len(x.points) :]
        return lambda i, j: table[np.ix_(first[i], second[j])]
    if domain is None or not hasattr(domain, "distances"):
        from scipy.spatial.distance import cdist

        kind = "sqeuclidean" if power == 2 else "euclidean"
        return lambda i, j: np.asarray(cdist(x.points[i], y_points[j], kind))
    return lambda i, j: np.asarray(domain.distances(x.points[i], y_points[j])) ** power


def _support(array: DistributionArray, i: int) -> tuple[Any, FloatArray]:
    """Positions of the atoms with positive mass in the array's points, and their masses."""
    masses = array.atoms(i)[1]
    held = np.flatnonzero(masses > 0)
    start = 0 if array.offsets is None else int(array.offsets[i])
    return held + start, masses[held]


def _cost(x_masses: FloatArray, y_masses: FloatArray, cost: FloatArray) -> float:
    import ot

    scale = float(cost.max(initial=0.0))
    if scale == 0.0:
        return 0.0
    # the simplex stops by absolute tolerances; a cost of order one keeps it exact in any unit
    value, log = ot.emd2(
        x_masses / x_masses.sum(), y_masses / y_masses.sum(), np.ascontiguousarray(cost / scale),
        numItermax=MAX_ITERATIONS, log=True,
    )  # fmt: skip
    if log.get("warning"):
        warn(f"optimal transport stopped early: {log['warning']}", ConvergenceWarning)
    return max(0.0, float(value)) * scale
