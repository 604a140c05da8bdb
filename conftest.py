"""What every test gets: matplotlib without a window, repeatable hypothesis examples, a guarded global seed."""

import functools
import os
import re

if "PYTEST_XDIST_WORKER" in os.environ:  # two processes whose BLAS takes two threads each wait for one another
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("MPLBACKEND", "Agg")

collect_ignore_glob = ["tests/reference/*.py"]  # what made stored numbers, with packages that tests do not need

settings.register_profile(
    "default", derandomize=True, deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", settings.get_profile("default"), max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_xdist_auto_num_workers(config):
    """A whole run uses two processes; a run of named files or with a debugger stays in one."""
    whole_suite = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    return min(2, os.cpu_count() or 1) if whole_suite else 0


def pytest_collection_modifyitems(items):
    """Mark the tests of a file that imports slow twins, which CI repeats under other modes of numba."""
    for item in items:
        if _imports_naive_twins(item.path):
            item.add_marker("kernels")


@functools.cache
def _imports_naive_twins(path):
    if path.suffix != ".py" or "tests" not in path.parts:
        return False
    imports = r"^(from|import) .*\bnaive"
    return re.search(imports, path.read_text(encoding="utf-8"), re.MULTILINE) is not None


@pytest.fixture(autouse=True)
def _global_random_state_is_untouched():
    """Fail a test that draws from, or seeds, numpy's global generator.

    Inside ``@given`` hypothesis restores the state by itself; there ruff's NPY002 is the guard.
    """
    before = np.random.get_state()  # noqa: NPY002
    yield
    after = np.random.get_state()  # noqa: NPY002
    same = np.array_equal(before[1], after[1]) and before[2:] == after[2:]
    if not same:
        np.random.set_state(before)  # noqa: NPY002
        pytest.fail("the test touched numpy's global random state; pass rng or a Generator")


@pytest.fixture(autouse=True)
def _figures_are_closed():
    """Close the figures of a test, so that a long run does not keep hundreds open."""
    yield
    import sys

    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")
