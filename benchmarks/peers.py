"""The same results by numpy alone, POT and scipy, written as well as we could."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def sorted_slices(values: Any) -> tuple[Any, Any]:
    """(L, n) nodes in the order of each slice, and the slice values in that order, of (n, L) slice values."""
    order = np.argsort(values, axis=0)
    return np.ascontiguousarray(order.T), np.ascontiguousarray(np.take_along_axis(values, order, 0).T)


def cells_by_interp(values: Any, masses: Any, n_cells: int) -> Any:
    """(N, L, D) cell averages of the quantile functions, the textbook way.

    The integral of the quantile function is the line through (cumulated mass, cumulated first moment): one sort and two
    cumulated sums a slice for all measures at once, `np.interp` for each measure.
    """
    order, sorted_values = sorted_slices(values)
    edges = np.arange(n_cells + 1) / n_cells
    averages = np.empty((len(masses), len(order), n_cells))
    knots = np.zeros((2, len(masses), masses.shape[1] + 1))
    integral = np.empty((len(masses), n_cells + 1))
    for s, nodes in enumerate(order):
        weights = masses[:, nodes]
        np.cumsum(weights, axis=1, out=knots[0, :, 1:])
        np.cumsum(weights * sorted_values[s], axis=1, out=knots[1, :, 1:])
        for i in range(len(masses)):
            integral[i] = np.interp(edges, knots[0, i], knots[1, i])
        averages[:, s] = np.diff(integral, axis=1) * n_cells
    return averages


def cells_by_segments(values: Any, masses: Any, n_cells: int) -> Any:
    """The same without a loop over measures and with half of the cumulated sums.

    Where the edges of the cells fall is searched for all measures at once (row i is shifted by 2 i, so that the rows
    follow one another); first moments are summed only between these places.
    """
    n_units, n_nodes = masses.shape
    order, sorted_values = sorted_slices(values)
    edges = np.arange(1, n_cells) / n_cells
    shifts = 2.0 * np.arange(n_units)[:, None]
    rows = np.arange(n_units)[:, None]
    averages = np.empty((n_units, len(order), n_cells))
    integral = np.zeros((n_units, n_cells + 1))
    for s, nodes in enumerate(order):
        weights, slice_values = np.take(masses, nodes, axis=1), sorted_values[s]
        levels = np.cumsum(weights, axis=1)
        at = np.searchsorted((levels + shifts).ravel(), (edges + shifts).ravel()).reshape(n_units, -1)
        at = np.minimum(at - rows * n_nodes, n_nodes - 1)
        integral[:, -1] = weights @ slice_values
        reached = levels[rows, at] - weights[rows, at]
        np.multiply(weights, slice_values, out=weights)
        starts = np.concatenate([rows * n_nodes, at + rows * n_nodes], axis=1)
        moments = np.add.reduceat(weights.ravel(), starts.ravel()).reshape(n_units, -1)[:, :-1]
        moments[starts[:, :-1] == starts[:, 1:]] = 0.0
        integral[:, 1:-1] = np.cumsum(moments, axis=1) + (edges - reached) * slice_values[at]
        averages[:, s] = np.diff(integral, axis=1) * n_cells
    return averages


def pot_by_slice(values: Any, slice_weights: Any, a: Any, b: Any) -> float:
    """Squared sliced distance of two histograms on one support by `ot.emd2_1d`, slice by slice.

    Parameters
    ----------
    values : sequence of L contiguous (n,) arrays
    """
    import ot

    return sum(w * ot.emd2_1d(v, v, a, b) for w, v in zip(slice_weights, values, strict=True))


def pot_batched(values: Any, slice_weights: Any, a: Any, b: Any) -> float:
    """The same by one call of `ot.wasserstein_1d` for all slices; values is (n, L)."""
    import ot

    return float(slice_weights @ ot.wasserstein_1d(values, values, a, b, p=2))


# permutation tests ----------------------------------------------------------------------------------------------------
def studentized(x: Any, y: Any, axis: int) -> Any:
    """T* for scipy: features along the axis before the last, units along `axis`, which is the last."""
    difference = x.mean(axis=axis) - y.mean(axis=axis)
    variance = x.var(axis=axis, ddof=1) / x.shape[axis] + y.var(axis=axis, ddof=1) / y.shape[axis]
    return (difference**2).sum(axis=-1) / variance.sum(axis=-1)


def mean_distance(x: Any, y: Any, axis: int) -> Any:
    """|d|^2 for scipy."""
    return ((x.mean(axis=axis) - y.mean(axis=axis)) ** 2).sum(axis=-1)


def studentized_of_indices(features: Any) -> Callable[..., Any]:
    """T* as a function of the units' numbers, through the Gram matrix: scipy then only shuffles whole numbers.

    What a user could write who knows the algebra; it repeats what our test does inside.
    """
    centred = features - features.mean(axis=0)
    gram = centred @ centred.T
    squares = np.diag(gram).copy()

    def statistic(i: Any, j: Any, axis: int) -> Any:
        n1, n2 = i.shape[-1], j.shape[-1]
        first = np.zeros((*i.shape[:-1], n1 + n2))
        np.put_along_axis(first, i.astype(np.intp), 1.0, -1)
        quadratic = np.einsum("...n,...n->...", first @ gram, first)
        own = first @ squares
        trace1 = (own - quadratic / n1) / (n1 - 1)
        trace2 = (squares.sum() - own - quadratic / n2) / (n2 - 1)
        return quadratic * (1 / n1 + 1 / n2) ** 2 / (trace1 / n1 + trace2 / n2)

    return statistic


def scipy_test(data: Any, statistic: Callable[..., Any], n_resamples: int, batch: int) -> Any:
    """`scipy.stats.permutation_test` of two samples with units along the first axis."""
    from scipy import stats

    return stats.permutation_test(
        data, statistic, vectorized=True, axis=0, n_resamples=n_resamples, batch=batch, alternative="greater", rng=1
    )
