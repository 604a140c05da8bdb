"""The slicer that distributions have unless the user gives another one."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools.distributions import DistributionArray
from stattools.distributions.slicers import Directions, Identity
from stattools.distributions.summaries import is_flat, is_on_line


def natural_metric(array: DistributionArray) -> str:
    """The metric of "auto": "w2" on the line, "sw2" in R^d and on a box, "intrinsic" on any other domain.

    Examples
    --------
    >>> natural_metric(DistributionArray.from_samples([[0.0, 1.0]]))
    'w2'
    """
    if is_on_line(array):
        return "w2"
    return "sw2" if is_flat(array) else "intrinsic"


def natural_slicer(
    array: DistributionArray, *, n_directions: int, n_functions: int | None, rng: np.random.Generator
) -> Any:
    """No slices on the line, directions spread evenly in R^d and on a box, the eigenbasis of any other domain.

    Parameters
    ----------
    array : DistributionArray
    n_directions : int
        In R^d.
    n_functions : int or None
        Of the eigenbasis; None is the domain's own default.
    rng : Generator
        Of the directions.

    Returns
    -------
    Identity, Directions or EigenBasis

    Examples
    --------
    >>> clouds = DistributionArray.from_samples(np.zeros((2, 3, 2)))
    >>> natural_slicer(clouds, n_directions=8, n_functions=None, rng=np.random.default_rng(1)).n_slices
    8
    """
    metric = natural_metric(array)
    if metric == "w2":
        return Identity()
    if metric == "sw2":
        return Directions.random(array.n_coordinates, n_directions, kind="qmc", rng=rng)
    return array.domain.eigenbasis() if n_functions is None else array.domain.eigenbasis(n_functions)
