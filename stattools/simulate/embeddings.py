"""Embedded collections: rows that behave like quantile embeddings, without distributions behind them."""

from __future__ import annotations

import numpy as np

from stattools import _random, _validation
from stattools._typing import FloatArray, Seed

LARGEST = 1e9


def gaussian_embeddings(
    n1: int = 60,
    n2: int = 20,
    *,
    shift: float = 0.0,
    scale: float = 1.0,
    dimension: int = 50,
    decay: float = 1.0,
    rng: Seed = None,
) -> tuple[FloatArray, FloatArray]:
    """Two Gaussian samples whose coordinates fade, the second with its own spread.

    Coordinate j has variance j^-decay in the first sample and scale^2 j^-decay in the second. With ``shift=0`` the
    means are equal whatever the scale, so a test of means should reject at its level and no more often.

    Parameters
    ----------
    n1, n2 : int, default 60 and 20
        Rows of the two samples.
    shift : float, default 0
        Difference of the means in the first coordinate.
    scale : float, default 1
        Standard deviations of the second sample over those of the first.
    dimension : int, default 50
        Number of coordinates.
    decay : float, default 1
        How fast variances fall with j.
    rng : None, int, SeedSequence or Generator
        The first sample depends on neither `n2`, `shift` nor `scale`.

    Returns
    -------
    x : (n1, dimension) float64
    y : (n2, dimension) float64

    Raises
    ------
    InvalidParameterError
        A size is below 1, `scale` is not between 1e-9 and 1e9, or another number is not finite or above 1e9.

    References
    ----------
    .. [1] Equal means under unequal spread are a classical difficulty of permutation tests; the design is stattools'.

    Examples
    --------
    >>> x, y = gaussian_embeddings(60, 20, scale=3, rng=1)
    >>> x.shape, y.shape, bool(y.std() > 2 * x.std())
    ((60, 50), (20, 50), True)
    """
    n1 = _validation.integer(n1, "n1", minimum=1)
    n2 = _validation.integer(n2, "n2", minimum=1)
    dimension = _validation.integer(dimension, "dimension", minimum=1)
    shift = _validation.real(shift, "shift", minimum=-LARGEST, maximum=LARGEST)
    scale = _validation.real(scale, "scale", minimum=1 / LARGEST, maximum=LARGEST)
    decay = _validation.real(decay, "decay", minimum=0, maximum=LARGEST)
    seed = _random.seed_sequence(rng)
    spread = np.arange(1, dimension + 1) ** (-decay / 2)
    x = _random.generator(seed, 0).normal(size=(n1, dimension)) * spread
    y = _random.generator(seed, 1).normal(size=(n2, dimension)) * (scale * spread)
    y[:, 0] += shift
    return x, y
