"""One thread for BLAS, where products are small or their bits must not depend on the number of cores."""

from __future__ import annotations

import functools
from typing import Any


def one_blas_thread() -> Any:
    """Context in which BLAS runs on one thread: small products do not wait for a busy core, and bits are the same.

    Examples
    --------
    >>> import numpy as np
    >>> with one_blas_thread():
    ...     float(np.ones(2) @ np.ones(2))
    2.0
    """
    return _blas().limit(limits=1, user_api="blas")


def blas_threads() -> int:
    """Threads that BLAS may use here: of a limit, an environment variable, or the cores.

    Examples
    --------
    >>> with one_blas_thread():
    ...     blas_threads()
    1
    """
    return max((int(lib.num_threads) for lib in _blas().lib_controllers if lib.user_api == "blas"), default=1)


@functools.lru_cache(maxsize=1)
def _blas() -> Any:
    """The BLAS libraries of this process; finding them takes milliseconds, so it is done once."""
    import scipy.linalg  # noqa: F401  (its own BLAS must be loaded to be found)
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
