"""Sets of multi-indices: which products of univariate functions a space is spanned by."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from stattools import _validation
from stattools._errors import InvalidParameterError

NAMES = ("total_degree", "hyperbolic_cross", "tensor", "lq")
LARGEST_DIM = 50_000


def build(
    index_set: str, degree: Any, n_inputs: int, anisotropy: Sequence[float], q: float, paired: Sequence[bool]
) -> npt.NDArray[np.int64]:
    """The multi-indices of a named set, by rising level and then lexicographically.

    Parameters
    ----------
    index_set : {"total_degree", "hyperbolic_cross", "tensor", "lq"}
    degree : number, or one for each input with "tensor"
    anisotropy : (d,) positive
        An input's levels count this many times over.
    q : float
        The exponent of "lq".
    paired : (d,) bool
        Inputs whose functions come in pairs of one level, a cosine and a sine.

    Returns
    -------
    (m, d) int64

    Examples
    --------
    >>> build("total_degree", 2, 2, (1, 1), 1.0, (False, False)).tolist()
    [[0, 0], [1, 0], [0, 1], [2, 0], [1, 1], [0, 2]]
    """
    steps, limit = _steps(index_set, degree, n_inputs, anisotropy, q)
    levels: list[tuple[int, ...]] = []
    _extend((), 0.0, steps, limit, levels)
    found = [index for level in levels for index in _expand(level, paired)]
    if len(found) > LARGEST_DIM:
        raise _too_large(len(found))
    order = sorted(
        found, key=lambda index: (sum(_level(k, p) for k, p in zip(index, paired, strict=True)), _reversed(index))
    )
    return np.array(order, dtype=np.int64).reshape(-1, n_inputs)


Step = Callable[[int], float]


def _steps(
    index_set: str, degree: Any, n_inputs: int, anisotropy: Sequence[float], q: float
) -> tuple[list[Step], float]:
    """What a level of each input costs, and the budget: every named set is one of bounded sums."""
    if index_set == "tensor":
        degrees = _degrees(degree, n_inputs)
        return [_cutoff(bound / weight) for bound, weight in zip(degrees, anisotropy, strict=True)], 0.0
    budget = _validation.real(degree, "degree", minimum=0, maximum=10_000)
    if index_set == "total_degree":
        return [_linear(weight) for weight in anisotropy], budget
    if index_set == "hyperbolic_cross":
        return [_logarithm(weight) for weight in anisotropy], math.log(budget + 1)
    return [_power(weight, q) for weight in anisotropy], budget**q


def _cutoff(bound: float) -> Step:
    return lambda level: 0.0 if level <= bound + 1e-9 else math.inf


def _linear(weight: float) -> Step:
    return lambda level: weight * level


def _logarithm(weight: float) -> Step:
    return lambda level: weight * math.log(level + 1)


def _power(weight: float, q: float) -> Step:
    return lambda level: (weight * level) ** q


def _degrees(degree: Any, n_inputs: int) -> list[float]:
    if np.ndim(degree) == 0:
        return [_validation.real(degree, "degree", minimum=0, maximum=10_000)] * n_inputs
    if len(degree) != n_inputs:
        raise InvalidParameterError(f"degree has {len(degree)} entries for {n_inputs} inputs")
    return [_validation.real(value, "degree", minimum=0, maximum=10_000) for value in degree]


def _extend(head: tuple[int, ...], spent: float, steps: list[Step], limit: float, found: list[tuple[int, ...]]) -> None:
    """All ways to go on from the levels of the first inputs; the slack forgives rounding in sums of the budget."""
    if len(head) == len(steps):
        found.append(head)
        if len(found) > LARGEST_DIM:
            raise _too_large(len(found))
        return
    level = 0
    while (cost := spent + steps[len(head)](level)) <= limit + 1e-9 * max(1.0, limit):
        _extend((*head, level), cost, steps, limit, found)
        level += 1


def _expand(levels: tuple[int, ...], paired: Sequence[bool]) -> list[tuple[int, ...]]:
    """Indices of a tuple of levels: level l > 0 of a paired input stands for the functions 2 l - 1 and 2 l."""
    expanded: list[tuple[int, ...]] = [()]
    for level, pair in zip(levels, paired, strict=True):
        choices = (2 * level - 1, 2 * level) if pair and level else (level,)
        expanded = [(*head, k) for head in expanded for k in choices]
    return expanded


def _level(index: int, paired: bool) -> int:
    return (index + 1) // 2 if paired else index


def _reversed(index: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(-k for k in index)


def _too_large(n: int) -> InvalidParameterError:
    return InvalidParameterError(
        f"the index set has more than {LARGEST_DIM} functions ({n} found so far); lower degree, or use "
        "index_set='hyperbolic_cross'"
    )


def check(indices: Any, n_inputs: int) -> npt.NDArray[np.int64]:
    """A user's own index set.

    Raises
    ------
    InvalidParameterError
        It is not a table of unique non-negative whole numbers with a column for each input.

    Examples
    --------
    >>> check([[0, 0], [3, 1]], 2).tolist()
    [[0, 0], [3, 1]]
    """
    array = _validation.float_array(indices, "index_set", ndim=(1, 2))
    array = array.reshape(-1, 1) if array.ndim == 1 and n_inputs == 1 else np.atleast_2d(array)
    if array.shape[1] != n_inputs:
        raise InvalidParameterError(
            f"index_set has shape {array.shape}; it must have a column for each of {n_inputs} inputs"
        )
    bad = np.argwhere((array < 0) | (array != np.floor(array)) | (array > 10_000))
    if len(bad):
        where = _validation.place(tuple(bad[0]), 2)
        raise InvalidParameterError(f"index_set has {array[tuple(bad[0])]:g} at {where}; it takes whole numbers from 0")
    rows, first, counts = np.unique(array, axis=0, return_index=True, return_counts=True)
    if len(rows) < len(array):
        repeated = array[first[counts > 1].min()].astype(int).tolist()
        raise InvalidParameterError(f"index_set has {tuple(repeated)} more than once; each multi-index may stand once")
    return array.astype(np.int64)
