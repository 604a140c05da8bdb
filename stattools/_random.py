"""Seeds. One integer gives the same bits for any number of workers, any batch size and any backend.

Work is cut into blocks of fixed size, and block i draws from its own stream, derived from the seed and i alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stattools._errors import InvalidParameterError

if TYPE_CHECKING:
    from stattools._typing import Seed


def seed_sequence(rng: Seed, *, name: str = "rng") -> np.random.SeedSequence:
    """Turn what a user passes as `rng` into a SeedSequence.

    Parameters
    ----------
    rng : None, int, SeedSequence or Generator
        None takes fresh entropy from the operating system. A Generator is advanced by one draw, so that two calls
        in a row with the same generator differ.
    name : str
        The parameter's name in messages.

    Raises
    ------
    InvalidParameterError
        `rng` is something else, such as a legacy RandomState or a negative integer.

    Examples
    --------
    >>> seed_sequence(7).entropy
    7
    """
    if rng is None:
        return np.random.SeedSequence()
    if isinstance(rng, np.random.SeedSequence):
        return rng
    if isinstance(rng, np.random.Generator):
        words = rng.integers(0, 2**32, size=4, dtype=np.uint32)
        return np.random.SeedSequence(int.from_bytes(words.tobytes(), "little"))
    if isinstance(rng, (int, np.integer)) and not isinstance(rng, (bool, np.bool_)):
        if rng < 0:
            raise InvalidParameterError(f"{name} is {rng}; an integer seed must not be negative")
        return np.random.SeedSequence(int(rng))
    raise InvalidParameterError(
        f"{name} is {type(rng).__name__}; it takes None, a non-negative int, a numpy SeedSequence or a numpy Generator"
    )


def child_seed(seed: np.random.SeedSequence, *key: int) -> np.random.SeedSequence:
    """The seed of a named part of the work; unlike ``seed.spawn`` it leaves `seed` as it was.

    Examples
    --------
    >>> child_seed(seed_sequence(7), 3).spawn_key
    (3,)
    """
    return np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, *key))


def generator(seed: np.random.SeedSequence, *key: int) -> np.random.Generator:
    """The generator of block `key`.

    Examples
    --------
    >>> a, b = generator(seed_sequence(7), 0), generator(seed_sequence(7), 0)
    >>> a.random() == b.random()
    True
    """
    return np.random.Generator(np.random.PCG64(child_seed(seed, *key)))
