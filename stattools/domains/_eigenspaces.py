"""Grouping of sorted eigenvalues into eigenspaces, and where a list of them may be cut."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from stattools._typing import FloatArray, IntArray


def group_eigenvalues(eigenvalues: FloatArray, tolerance: float, noise: float = 0.0) -> IntArray:
    """Number of the eigenspace of each eigenvalue.

    Parameters
    ----------
    eigenvalues : (L,) ascending
    tolerance : float
        Neighbours belong together when they differ by at most this fraction of the larger one.
    noise : float
        Absolute accuracy of the eigenvalues; smaller differences mean nothing.

    Returns
    -------
    (L,) intp, 0 for the first eigenspace
    """
    gaps = np.diff(eigenvalues)
    starts = gaps > np.maximum(tolerance * np.abs(eigenvalues[1:]), noise)
    return np.concatenate([np.zeros(min(1, len(eigenvalues)), dtype=np.intp), np.cumsum(starts, dtype=np.intp)])


def group_end(groups: IntArray, n: int) -> int:
    """Smallest count >= n at which an eigenspace ends, given that the list itself ends with one."""
    return int(np.searchsorted(groups, groups[n - 1], side="right"))


def group_start(groups: IntArray, n: int) -> int:
    """Largest count <= n at which an eigenspace ends when the last one in the list may be incomplete."""
    return int(np.searchsorted(groups, groups[min(n, len(groups) - 1)], side="left"))


def group_slices(groups: IntArray) -> list[slice]:
    """The columns of each eigenspace."""
    edges = np.searchsorted(groups, np.arange(groups[-1] + 2)) if len(groups) else np.zeros(1, dtype=np.intp)
    return [slice(int(a), int(b)) for a, b in pairwise(edges)]


def group_means(values: FloatArray, groups: IntArray) -> FloatArray:
    """(L,) the mean over the eigenspace that each entry belongs to."""
    counts = np.bincount(groups)
    means: FloatArray = (np.bincount(groups, weights=values) / counts)[groups]
    return means
