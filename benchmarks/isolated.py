"""Measurements that need a process of their own: peaks of memory, first calls, imports.

``run("task", key=value)`` starts ``python -m benchmarks.isolated`` and returns what the task returns.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def run(task: str, *, env: Mapping[str, str] | None = None, **arguments: Any) -> Any:
    """Run a task of `TASKS` in a fresh process and return its result."""
    command = [sys.executable, "-m", "benchmarks.isolated", task, json.dumps(arguments)]
    settings = {**os.environ, **(env or {}), "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{task} {arguments} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


# memory -------------------------------------------------------------------------------------------------------------
def peak_of_process() -> int:
    """Largest resident size of this process in bytes."""
    if sys.platform == "linux":
        return _status("VmHWM")  # ru_maxrss starts from the size of the process that started this one
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _status(key: str, pid: int | str = "self") -> int:
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(key + ":"))


def peaks_of_children() -> int:
    """Sum of the peaks of the worker processes that are alive, memory that they share counted in each."""
    total = 0
    for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        total += _status("VmHWM", pid)
    return total


def peak(case: str) -> dict[str, float]:
    """Growth of memory from before a call of `benchmarks.memory.CASES` to its peak, and the input's part excluded."""
    from benchmarks import memory

    memory.CASES[case].prepare(small=True)()
    call = memory.CASES[case].prepare(small=False)
    before = _status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    held = call()
    del held
    return {"growth": _status("VmHWM") - before}


def large_test(n_units: int, n_nodes: int, n_slices: int, options: dict[str, Any]) -> dict[str, float]:
    """Time and peaks of one `isw_test`, from building the collection to the result."""
    from benchmarks import cases
    from stattools import isw_test

    case = cases.histograms(n_units, n_nodes, n_slices)
    start = time.perf_counter()
    result = isw_test(case.array, groups=case.groups, basis=case.basis, rng=1, **options)
    took = time.perf_counter() - start
    workers = peaks_of_children() if options.get("n_jobs", 1) != 1 else 0
    features = case.basis.n_slices * 20
    return {"took": took, "main": peak_of_process(), "workers": workers, "pvalue": result.pvalue, "P": features}


def low_rank_sdr(n: int, order: Any) -> dict[str, float]:
    """Time of one low-rank fit of `DistributionSDR`, after a small one, and the peak of the process."""
    from benchmarks.sdr import pairs
    from stattools import DistributionSDR

    x, y = pairs(n)
    sdr = DistributionSDR(n_components=order, solver="rpcholesky", rank=200, random_state=1)
    sdr.fit(x[:200], y[:200])
    start = time.perf_counter()
    result = sdr.fit(x, y).results_
    took = time.perf_counter() - start
    return {"took": took, "peak": peak_of_process(), "rank": result.predictor.rank}


def memmap_pool(n_rows: int, n_columns: int, n: int, method: str) -> dict[str, float]:
    """Time, growth of memory and passes over the file of one `pool_design` on a pool that lies on disk.

    The file is written by blocks and removed afterwards. Passes are counted by the rows of it that were read in blocks.
    """
    import tempfile

    import numpy as np

    from stattools.wls import pool_design, rows

    read, blocks_of = [0], rows.blocks_of

    def counted(matrix: Any, *arguments: Any, **options: Any) -> Any:
        for low, block in blocks_of(matrix, *arguments, **options):
            read[0] += len(block) if isinstance(matrix, np.memmap) else 0
            yield low, block

    rows.blocks_of = counted
    options: dict[str, Any] = {"method": method, "rng": 1}
    pool_design(np.random.default_rng(0).standard_normal((1000, n_columns)), n, **options)
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/pool"
        rng, step = np.random.default_rng(1), 100_000
        with open(path, "wb") as file:
            for low in range(0, n_rows, step):
                rng.standard_normal((min(step, n_rows - low), n_columns)).tofile(file)
        pool = np.memmap(path, dtype=np.float64, mode="r", shape=(n_rows, n_columns))
        before, read[0] = _status("VmRSS"), 0
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
        start = time.perf_counter()
        design = pool_design(pool, n, **options)
        took = time.perf_counter() - start
        growth, after = _status("VmHWM") - before, _status("VmRSS") - before
        del design, pool
    return {"growth": growth, "after": after, "took": took, "passes": read[0] / n_rows}


# first calls and imports ----------------------------------------------------------------------------------------------
def first_call(name: str, imports: list[str] | None) -> dict[str, Any]:
    """Time of the first and second call of `benchmarks.budgets.CALLS`, after the imports given."""
    import importlib

    from benchmarks import budgets

    for module in imports or ():
        try:
            importlib.import_module(module)
        except Exception:  # a module that cannot be imported on its own is imported by the call
            continue
    call = budgets.CALLS[name]()
    start = time.perf_counter()
    call()
    first = time.perf_counter() - start
    start = time.perf_counter()
    call()
    second = time.perf_counter() - start
    return {"first": first, "second": second, "modules": [] if imports is not None else sorted(sys.modules)}


def import_time() -> dict[str, Any]:
    """What `import stattools` adds to `import numpy`, and which third-party packages it loads."""
    start = time.perf_counter()
    import numpy  # noqa: F401

    middle = time.perf_counter()
    import stattools  # noqa: F401

    stop = time.perf_counter()
    heavy = ("scipy", "numba", "joblib", "pandas", "sklearn", "ot", "statsmodels", "matplotlib", "narwhals")
    return {"numpy": middle - start, "stattools": stop - middle, "loaded": [m for m in heavy if m in sys.modules]}


TASKS = {
    "peak": peak,
    "large_test": large_test,
    "low_rank_sdr": low_rank_sdr,
    "memmap_pool": memmap_pool,
    "first_call": first_call,
    "import_time": import_time,
}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](**json.loads(sys.argv[2]))))
