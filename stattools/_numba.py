"""The one decorator that compiles kernels.

Kernels are serial, release the GIL, and are cached on disk where a folder is writable. Where none is (a read-only
install, a container without a home folder), they are compiled anew in each process instead of failing at import.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def njit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile `function` on its first call; cache the machine code on disk when that is possible.

    Examples
    --------
    >>> @njit
    ... def total(values):
    ...     result = 0.0
    ...     for value in values:
    ...         result += value
    ...     return result
    >>> import numpy as np
    >>> total(np.ones(3))
    3.0
    """
    try:
        return _compile(function, cache=True)
    except RuntimeError:  # numba found no writable folder for its cache
        return _compile(function, cache=False)


def _compile(function: Callable[..., Any], *, cache: bool) -> Callable[..., Any]:
    compiled: Callable[..., Any] = numba.njit(function, nogil=True, error_model="numpy", cache=cache)
    return compiled
