"""Which column of each row a run trains on."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools._errors import DegenerateDataError
from stattools._typing import BoolArray

DESIGNS = ("antithetic", "random", "enumerate")
TRIES = 200  # a design gives up after so many rejections for each mask that it needs


def draw_masks(design: str, k2: int, n: int, generator: np.random.Generator, labels: Any = None) -> tuple[Any, int]:
    """Masks of one supersample, and how many were rejected.

    A mask is rejected when it or its complement would train on a single class. Since both go together, each row's mask
    stays uniform.

    Parameters
    ----------
    design : {"antithetic", "random", "enumerate"}
        "antithetic": each mask is followed by its complement. "enumerate": all 2^n masks, row 0 running fastest.
    k2 : int
        How many; even for "antithetic", and not used for "enumerate".
    n : int
    generator : Generator
    labels : (n, 2) array, optional
        Classes, when training on a single one is to be avoided.

    Returns
    -------
    (k2, n) int8, int

    Raises
    ------
    DegenerateDataError
        Almost no mask has two classes in both halves.

    Examples
    --------
    >>> draw_masks("enumerate", 0, 2, np.random.default_rng(1))[0].tolist()
    [[0, 0], [1, 0], [0, 1], [1, 1]]
    """
    if design == "enumerate":
        return _all_masks(n), 0
    needed = k2 // 2 if design == "antithetic" else k2
    kept: list[Any] = []
    n_rejected = 0
    while len(kept) < needed:
        mask = generator.integers(0, 2, n, dtype=np.int8)
        if labels is None or not single_class(np.stack([mask, 1 - mask]), labels).any():
            kept.append(mask)
            continue
        n_rejected += 1
        if n_rejected > TRIES * needed:
            raise DegenerateDataError(
                f"of {n_rejected + len(kept)} masks {len(kept)} have two classes in both halves; take more rows (n is "
                f"{n}), or on_single_class='constant'"
            )
    masks = np.stack(kept)
    if design == "antithetic":
        masks = np.stack([masks, 1 - masks], axis=1).reshape(-1, n)
        n_rejected *= 2
    return masks, n_rejected


def _all_masks(n: int) -> Any:
    return ((np.arange(2**n)[:, None] >> np.arange(n)) & 1).astype(np.int8)


def single_class(masks: Any, labels: Any) -> BoolArray:
    """Which masks train on one class only.

    Examples
    --------
    >>> single_class(np.array([[0, 0], [0, 1]]), np.array([["a", "b"], ["a", "b"]])).tolist()
    [True, False]
    """
    trained = labels[np.arange(len(labels)), masks.astype(np.intp)]
    return np.asarray((trained == trained[:, :1]).all(axis=1))
