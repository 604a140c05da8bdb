"""Exact transport distances between all pairs of distributions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidParameterError
from stattools._typing import FloatArray
from stattools.distributions._joining import as_ragged, require_same_space, share_support
from stattools.distributions._slices import (
    RaggedSlices,
    contiguous,
    fitted,
    ragged_slices,
    row_blocks,
    shared_slices,
)
from stattools.distributions.array import require_array
from stattools.distributions.slicers import Identity
from stattools.distributions.summaries import is_on_line

if TYPE_CHECKING:
    from stattools.distributions.array import DistributionArray
    from stattools.distributions.slicers import Slicer

HELD_VALUES = 2**24
"""Sorted slice values held at once for each side of a cross table of ragged arrays: 128 MB, twice with masses."""


def exact_squared_distances(
    x: DistributionArray, y: DistributionArray | None = None, slicer: Slicer | None = None, *, power: int = 2
) -> FloatArray:
    """Sliced transport costs between all pairs, exact for the atoms given.

    Parameters
    ----------
    x : DistributionArray
        N distributions.
    y : DistributionArray, optional
        K distributions on the same space; default x.
    slicer : EigenBasis, Directions or Identity, optional
        As in `DistributionArray.embed`.
    power : {1, 2}, default 2
        Order of the transport cost on each slice.

    Returns
    -------
    (N, K) float64
        Sum over slices of the slice weight times W_2^2 (power 2: squared sliced distances) or W_1 (power 1).

    Raises
    ------
    InvalidDataError
        The spaces differ.
    InvalidParameterError
        `power` is not 1 or 2, or the slicer does not fit.

    Notes
    -----
    Each distribution is sorted once; a pair of m atoms costs O(S m). On a shared support of n nodes memory is
    24 S n + 16 (N + K) n bytes. Otherwise it is 17 S bytes an atom up to 700 MB; larger arrays are taken in blocks of
    distributions, and sorted once for each block of the other side.

    References
    ----------
    .. [1] Rustamov and Majumdar (2023), PMLR 202, 29388-29415: the sliced distance. The merge of two quantile
       functions is the textbook one-dimensional coupling, e.g. Peyre and Cuturi (2019), Computational Optimal
       Transport, remark 2.28.

    Examples
    --------
    >>> from stattools.distributions import DistributionArray
    >>> array = DistributionArray.from_samples([[0.0, 1.0], [2.0, 4.0]])
    >>> exact_squared_distances(array)
    array([[0. , 6.5],
           [6.5, 0. ]])
    """
    x = require_array(x, "x")
    if _validation.integer(power, "power") not in (1, 2):
        raise InvalidParameterError(f"power is {power}; it must be 1 or 2")
    if y is not None:
        require_same_space(x, require_array(y, "y"), "x", "y")
    if y is not None:
        y, slicer = fitted(y, slicer)
    x, slicer = fitted(x, slicer)
    if x.is_shared and (y is None or share_support(x, y)):
        return _shared_costs(x, y, slicer, power)
    return _ragged_costs(x, y, slicer, power)


def _shared_costs(x: DistributionArray, y: DistributionArray | None, slicer: Slicer, power: int) -> FloatArray:
    from stattools.distributions._transport1d import add_shared_costs

    slices = shared_slices(x, slicer)
    y_masses = slices.masses if y is None else contiguous(y.masses)
    costs = np.zeros((len(x), len(y_masses)))
    weights = contiguous(slicer.slice_weights)
    # a kernel call cannot be interrupted: long tables go slice by slice
    n_slices = len(weights) if costs.size * len(x.points) < 10**7 else 1
    for s in range(0, len(weights), n_slices):
        part = slice(s, s + n_slices)
        add_shared_costs(
            slices.values[part], slices.order[part], slices.masses, y_masses, power, y is None, weights[part], costs
        )
    return costs


def _ragged_costs(x: DistributionArray, y: DistributionArray | None, slicer: Slicer, power: int) -> FloatArray:
    from stattools.distributions._transport1d import add_ragged_costs

    costs = np.zeros((len(x), len(x if y is None else y)))
    weights = contiguous(slicer.slice_weights)
    y_blocks = None if y is None else _blocks(y, slicer)
    x_blocks = _blocks(x, slicer)
    for k, (x_first, x_stop) in enumerate(x_blocks):
        left = _sorted(x, x_first, x_stop, slicer)
        for y_first, y_stop in x_blocks[k:] if y_blocks is None else y_blocks:
            same = y is None and x_first == y_first
            right = left if same else _sorted(x if y is None else y, y_first, y_stop, slicer)
            block = np.zeros((x_stop - x_first, y_stop - y_first))
            for s in range(len(weights)):
                part = slice(s, s + 1)
                add_ragged_costs(
                    left.values[part], left.weights[part], left.offsets,
                    right.values[part], right.weights[part], right.offsets,
                    power, same, weights[part], block,
                )  # fmt: skip
            costs[x_first:x_stop, y_first:y_stop] = block
            if y is None and not same:
                costs[y_first:y_stop, x_first:x_stop] = block.T
    return costs


def _blocks(array: DistributionArray, slicer: Slicer) -> list[tuple[int, int]]:
    """Bounds of runs of distributions that are held at once."""
    offsets = array.offsets if array.offsets is not None else np.arange(len(array) + 1) * len(array.points)
    return list(row_blocks(offsets, slicer.n_slices, HELD_VALUES))


def _sorted(array: DistributionArray, first: int, stop: int, slicer: Slicer) -> RaggedSlices:
    part = array[first:stop]
    if part.offsets is None:
        return shared_slices(part, slicer).ragged()
    return ragged_slices(part.points, part.masses, part.offsets, slicer)


def pairwise(x: DistributionArray, other: DistributionArray | None, metric: str, slicer: Slicer | None) -> FloatArray:
    """See `DistributionArray.pairwise`."""
    _validation.choice(metric, ("isw", "sw2", "w2", "w1"), "metric")
    if other is not None:
        require_same_space(x, require_array(other, "other"), "the array", "other")
    if metric in ("isw", "sw2"):
        return np.sqrt(exact_squared_distances(x, other, slicer))
    if slicer is not None:
        raise InvalidParameterError(f"slicer is given with metric={metric!r}, which takes none; use 'isw' or 'sw2'")
    power = 1 if metric == "w1" else 2
    if is_on_line(x):
        costs = exact_squared_distances(x, other, Identity(), power=power)
    elif is_circle(x.domain):
        costs = _circle_costs(x, other, power)
    else:
        from stattools.distributions._network import network_costs

        costs = network_costs(x, other, power)
    return costs if power == 1 else np.sqrt(costs)


def is_circle(domain: Any) -> bool:
    """Whether a domain is a circle."""
    if domain is None or domain.is_discrete:
        return False
    from stattools.domains import Circle

    return isinstance(domain, Circle)


def _circle_costs(x: DistributionArray, y: DistributionArray | None, power: int) -> FloatArray:
    """Transport costs of arc length to the power 1 or 2, by the kernels of the circle of length 1."""
    from stattools.distributions._transport1d import circle_costs

    period = float(x.domain.period)
    left = _circle_atoms(x, period)
    right = left if y is None else _circle_atoms(y, period)
    return np.asarray(circle_costs(*left, *right, power, y is None) * period**power)


def _circle_atoms(array: DistributionArray, period: float) -> tuple[Any, ...]:
    from stattools.distributions._transport1d import compress_ragged

    slices = ragged_slices(*as_ragged(array), Identity())
    values = contiguous(slices.values[0] / period)
    return tuple(contiguous(part) for part in compress_ragged(values, slices.weights[0], slices.offsets))
