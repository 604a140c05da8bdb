"""stattools imports and computes where no folder can hold numba's cache, and the check shows that there was none.

Permission bits do not bind the superuser, so that the cache folders are blocked by files that have their names:
nobody can make a folder where a file stands.
"""

import atexit
import importlib.util
import os
import shutil
from pathlib import Path

assert "HOME" not in os.environ, "HOME is set"
package = Path(importlib.util.find_spec("stattools").origin).parent
for cache in [*package.rglob("__pycache__")]:
    if cache.is_dir():
        shutil.rmtree(cache)
for folder in [package, *(path for path in package.rglob("*") if path.is_dir())]:
    (folder / "__pycache__").touch()
    atexit.register((folder / "__pycache__").unlink)

import numba  # noqa: E402
import numpy as np  # noqa: E402
from numba.core.caching import NullCache  # noqa: E402

import stattools as st  # noqa: E402
from stattools.distributions import _kernels  # noqa: E402
from stattools.resampling._kernels import shuffle_within  # noqa: E402

try:
    numba.njit(cache=True)(shuffle_within.py_func)
except RuntimeError as error:
    print(f"numba by itself: {error}")
else:
    raise SystemExit("numba found a writable folder, so that this check shows nothing")

dispatchers = [kernel for kernel in vars(_kernels).values() if isinstance(kernel, numba.core.dispatcher.Dispatcher)]
assert dispatchers, "no kernel was found"
assert all(isinstance(kernel._cache, NullCache) for kernel in (*dispatchers, shuffle_within))

rng = np.random.default_rng(1)
x, y = (
    st.DistributionArray.from_samples(list(rng.normal(mean, 0.3, size=(20, 50)) % (2 * np.pi)), domain=st.Circle())
    for mean in (1.0, 1.5)
)
result = st.isw_test(x, y, n_resamples=199, rng=1)
assert result.pvalue == 1 / 200, result
print(f"without any cache: {result!r}")
