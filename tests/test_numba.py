import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from stattools import _numba

PACKAGE = Path(_numba.__file__).parent

compiled_only = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled in this run")

KERNEL_IN_A_FILE = """
from stattools._numba import njit

@njit
def total(values):
    result = 0.0
    for value in values:
        result += value
    return result
"""

USE_A_KERNEL = """
import numpy as np
import stattools
from stattools.resampling._kernels import shuffle_within

shuffled = shuffle_within(np.arange(3, dtype=np.int32), np.array([0, 3]), np.array([[0.1, 0.9, 0.5]]))
print(stattools.__file__, type(shuffle_within._cache).__name__, sorted(shuffled[0].tolist()))
"""


def kernel_without_a_file():
    """A function that numba cannot cache for any user, since it has no source file."""
    names = {"njit": _numba.njit}
    exec(compile(KERNEL_IN_A_FILE, "<nowhere>", "exec"), names)
    return names["total"]


def run_python(code, folder, **environment):
    """What a process started in `folder` prints, without a home folder and with the numba settings given."""
    dropped = ("HOME", "NUMBA_CACHE_DIR", "XDG_CACHE_HOME")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env={**kept, **environment}, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@compiled_only
def test_kernels_release_the_gil_and_divide_as_numpy_does():
    @_numba.njit
    def ratio(a, b):
        return a / b

    assert ratio.targetoptions["nogil"] is True
    assert not ratio.targetoptions.get("parallel")
    assert not ratio.targetoptions.get("fastmath")
    assert np.isinf(ratio(1.0, 0.0))


@compiled_only
def test_a_kernel_that_cannot_be_cached_is_compiled_all_the_same():
    with pytest.raises(RuntimeError, match="cannot cache function"):
        numba.njit(cache=True)(kernel_without_a_file().py_func)
    assert kernel_without_a_file()(np.arange(4.0)) == 6.0


@compiled_only
def test_the_second_process_finds_the_machine_code_of_the_first(tmp_path):
    (tmp_path / "kernels.py").write_text(KERNEL_IN_A_FILE)
    code = (
        "import numpy as np; from kernels import total; total(np.ones(3)); "
        "print(sum(total.stats.cache_hits.values()), sum(total.stats.cache_misses.values()))"
    )
    settings = {"PYTHONPATH": str(PACKAGE.parent), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    counts = [run_python(code, tmp_path, **settings) for _ in range(2)]
    assert counts == ["0 1", "1 0"]


@compiled_only
def test_a_package_without_any_writable_folder_imports_and_computes(tmp_path):
    """A file where a folder should be stops even the superuser, whom permission bits do not bind."""
    copy = tmp_path / "stattools"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__", "files"))
    for folder in [copy, *(path for path in copy.rglob("*") if path.is_dir())]:
        (folder / "__pycache__").touch()
    printed = run_python(USE_A_KERNEL, tmp_path, XDG_CACHE_HOME="/dev/null/nowhere")
    assert printed == f"{copy / '__init__.py'} NullCache [0, 1, 2]"
