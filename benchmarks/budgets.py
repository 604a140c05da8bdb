"""Budgets of start-up: imports, first calls with and without a cache of compiled kernels, size of the wheel."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import bounds_cases, isolated
from benchmarks.report import Check, Section, Table, seconds
from benchmarks.timing import log

IMPORT, WARM, COLD, WHEEL = 0.2, 1.5, 12.0, 5e6  # seconds, seconds, seconds, bytes

Call = Callable[[], Any]


def _points(seed: int = 1, *, weighted: bool = False) -> Any:
    from stattools import Circle, DistributionArray

    rng = np.random.default_rng(seed)
    masses = rng.random((20, 30)) if weighted else None
    return DistributionArray.from_samples(
        rng.random((20, 30)), masses=masses, domain=Circle(1.0), groups=[0] * 10 + [1] * 10
    )


def _histograms() -> Any:
    from benchmarks import cases

    return cases.histograms(20, 30, 5)


def _line() -> Any:
    from stattools import DistributionArray

    return DistributionArray.from_samples(np.random.default_rng(1).random((5, 30)))


def _constructor(name: str, *arguments: Any, **options: Any) -> Callable[[], Call]:
    def prepare() -> Call:
        from stattools import DistributionArray

        return lambda: getattr(DistributionArray, name)(*arguments, **options)

    return prepare


def _from_frame() -> Call:
    import pandas as pd

    from stattools import DistributionArray

    frame = pd.DataFrame({"unit": ["a", "a", "b"], "value": [1.0, 2.0, 3.0]})
    return lambda: DistributionArray.from_frame(frame, value="value", unit="unit")


def _concat() -> Call:
    from stattools import DistributionArray

    arrays = [_points(1), _points(2)]
    return lambda: DistributionArray.concat(arrays)


def _method(array: Callable[[], Any], name: str, *arguments: Any, **options: Any) -> Callable[[], Call]:
    def prepare() -> Call:
        made = array()
        return lambda: getattr(made, name)(*arguments, **options)

    return prepare


def _embed_histograms() -> Call:
    case = _histograms()
    return lambda: case.array.embed(case.basis)


def _pairwise_histograms() -> Call:
    from stattools import isw_pairwise

    case = _histograms()
    return lambda: isw_pairwise(case.array, basis=case.basis)


def _pairwise_plane() -> Call:
    from stattools import DistributionArray

    array = DistributionArray.from_samples(np.random.default_rng(1).random((3, 20, 2)))
    return lambda: array.pairwise("w2")


def _top(name: str, **options: Any) -> Callable[[], Call]:
    def prepare() -> Call:
        import stattools

        array = _points()
        return lambda: getattr(stattools, name)(array, **options)

    return prepare


def _isw_distance() -> Call:
    from stattools import Circle, isw_distance

    return lambda: isw_distance([0.1, 0.2], [0.5, 0.9], domain=Circle(1.0))


def _localize() -> Call:
    from stattools import isw_test

    array = _points()
    return lambda: isw_test(array, n_resamples=199, rng=1).localize(n_resamples=199, rng=1)


def _combine() -> Call:
    from stattools import combine_pvalues

    return lambda: combine_pvalues([0.01, 0.2, 0.8])


def _eigenbasis(name: str, *arguments: Any) -> Callable[[], Call]:
    def prepare() -> Call:
        from stattools import domains

        return lambda: getattr(domains, name)(*arguments).eigenbasis(10)

    return prepare


def _load(name: str) -> Callable[[], Call]:
    def prepare() -> Call:
        from stattools import datasets

        return getattr(datasets, name)

    return prepare


def _space(n_inputs: int = 2) -> Any:
    from stattools.wls import PolynomialSpace

    return PolynomialSpace(["legendre"] * n_inputs, degree=5)


def _rows() -> Any:
    return np.random.default_rng(1).standard_normal((1000, 10))


def _space_values(name: str) -> Callable[[], Call]:
    def prepare() -> Call:
        from stattools import wls

        if name == "SphericalHarmonicSpace":
            return lambda: wls.SphericalHarmonicSpace(10).evaluate([[1.0, 0.0, 0.0], [0.0, 0.6, 0.8]])
        if name == "FunctionSpace":
            nodes = (np.arange(1000) + 0.5) / 1000
            return lambda: wls.FunctionSpace(lambda x: np.sqrt(2) * np.sin(np.pi * x), nodes)
        return lambda: _space().evaluate(np.full((3, 2), 0.5))

    return prepare


def _design(n_inputs: int = 2, **options: Any) -> Callable[[], Call]:
    def prepare() -> Call:
        from stattools.wls import optimal_design

        space = _space(n_inputs)
        return lambda: optimal_design(space, rng=1, **options)

    return prepare


def _pool(n: int = 30, **options: Any) -> Callable[[], Call]:
    def prepare() -> Call:
        from stattools.wls import pool_design

        rows = _rows()
        return lambda: pool_design(rows, n, rng=1, **options)

    return prepare


def _of_rows(name: str, *arguments: Any) -> Callable[[], Call]:
    def prepare() -> Call:
        from stattools import wls

        rows = _rows()
        return lambda: getattr(wls, name)(rows, *arguments)

    return prepare


def _required_n() -> Call:
    from stattools.wls import required_n

    space = _space()
    return lambda: required_n(space, law="repeated_dpp", simulate=True, n_simulations=50, rng=1)


def _estimator() -> Call:
    from stattools.wls import WeightedLeastSquares

    rows = _rows()
    return lambda: WeightedLeastSquares().fit(rows, rows[:, 0])


def _formula() -> Call:
    import pandas as pd

    from stattools.wls import wls

    frame = pd.DataFrame(_rows()[:, :3], columns=["y", "a", "b"])
    return lambda: wls("y ~ a * b", frame)


_RING = np.eye(30, k=1) + np.eye(30, k=-1) + np.eye(30, k=29) + np.eye(30, k=-29)
CALLS: dict[str, Callable[[], Call]] = {
    "from_samples": _constructor("from_samples", [[1.0, 2.0], [3.0]]),
    "from_histogram": _constructor("from_histogram", [[1, 2], [0, 3]], edges=[0.0, 1.0, 2.0]),
    "from_quantiles": _constructor("from_quantiles", [[1.0, 2.0, 4.0]]),
    "from_density": _constructor("from_density", [[1.0, 2.0, 1.0]], support=[0.0, 0.5, 1.0]),
    "from_frame": _from_frame,
    "concat": _concat,
    "quantile": _method(_line, "quantile", [0.5]),
    "cdf": _method(_line, "cdf", [0.5]),
    "mean": _method(_line, "mean"),
    "barycenter": _method(_line, "barycenter"),
    "mixture": _method(_line, "mixture"),
    "sample": _method(_line, "sample", 10, rng=1),
    "embed, histograms": _embed_histograms,
    "embed, samples": _method(_points, "embed"),
    "embed, weighted samples": _method(lambda: _points(weighted=True), "embed"),
    "pairwise('isw'), samples": _method(_points, "pairwise", "isw"),
    "pairwise('w1'), circle": _method(_points, "pairwise", "w1"),
    "pairwise('w2'), circle": _method(_points, "pairwise", "w2"),
    "pairwise('w2'), line": _method(_line, "pairwise", "w2"),
    "pairwise('w2'), plane": _pairwise_plane,
    "isw_distance": _isw_distance,
    "isw_pairwise, histograms": _pairwise_histograms,
    "isw_test": _top("isw_test", n_resamples=199, rng=1),
    "isw_test, omnibus": _top("isw_test", statistic="omnibus", n_resamples=199, rng=1),
    "isw_test, exact": _top("isw_test", statistic="mean", strata=[0, 1] * 10, n_resamples=70_000, rng=1),
    "isw_anova": _top("isw_anova", n_resamples=199, rng=1),
    "isw_power": _top("isw_power", n=20, n_simulations=1000, rng=1),
    "isw_test and localize": _localize,
    "combine_pvalues": _combine,
    "Circle.eigenbasis": _eigenbasis("Circle", 1.0),
    "Sphere.eigenbasis": _eigenbasis("Sphere"),
    "Graph.eigenbasis": _eigenbasis("Graph", _RING),
    "load_nyc_wind": _load("load_nyc_wind"),
    "load_storms": _load("load_storms"),
    "load_snow1854": _load("load_snow1854"),
    "load_digits_grid": _load("load_digits_grid"),
    "load_magnetic_field": _load("load_magnetic_field"),
    "load_nyc_flights": _load("load_nyc_flights"),
    "PolynomialSpace.evaluate": _space_values("PolynomialSpace"),
    "SphericalHarmonicSpace.evaluate": _space_values("SphericalHarmonicSpace"),
    "FunctionSpace": _space_values("FunctionSpace"),
    "optimal_design": _design(),
    "optimal_design, one input": _design(1),
    "optimal_design, volume": _design(method="volume"),
    "optimal_design, greedy": _design(method="greedy"),
    "optimal_design, boosted": _design(n=100, method="boosted"),
    "required_n, simulated": _required_n,
    "pool_design": _pool(),
    "pool_design, volume": _pool(method="volume"),
    "pool_design, regularized": _pool(method="regularized_volume", regularization=1.0),
    "pool_design, lewis": _pool(method="lewis", p=1),
    "pool_design, d_optimal": _pool(method="d_optimal"),
    "leverage_scores": _of_rows("leverage_scores"),
    "lewis_weights": _of_rows("lewis_weights", 1),
    "lp_sensitivities": _of_rows("lp_sensitivities", 3),
    "WeightedLeastSquares.fit": _estimator,
    "wls": _formula,
    **bounds_cases.CALLS,
}
QUICK = (
    "from_samples", "embed, histograms", "isw_distance", "isw_test", "optimal_design", "pool_design", "test_set, all",
)  # fmt: skip


def run(quick: bool, repetitions: int) -> list[Section]:
    """Imports, first calls, size of the wheel."""
    section = Section(
        "Start-up",
        "Each figure comes from fresh processes. A first call is timed after everything that it imports has been "
        'imported. "No cache" compiles every kernel that the call needs; "cached" reads them from disk.',
    )
    _imports(section, repetitions)
    _first_calls(section, QUICK if quick else tuple(CALLS), 1 if quick else 3)
    _wheel(section)
    return [section]


def _imports(section: Section, repetitions: int) -> None:
    runs = [isolated.run("import_time") for _ in range(repetitions + 1)][1:]
    added = float(np.median([r["stattools"] for r in runs]))
    numpy = float(np.median([r["numpy"] for r in runs]))
    loaded = runs[0]["loaded"]
    section.parts.append(
        f"`import stattools` takes {seconds(added)} after `import numpy` ({seconds(numpy)}), medians of {repetitions}, "
        f"and loads {', '.join(loaded) if loaded else 'no other package'}."
    )
    section.checks.append(
        Check("import stattools over import numpy", seconds(added), f"<= {seconds(IMPORT)}, numpy alone",
              added <= IMPORT and not loaded)
    )  # fmt: skip
    log(f"import: {seconds(added)}")


def _first_calls(section: Section, names: tuple[str, ...], repetitions: int) -> None:
    rows, slow = [], {"warm": [], "cold": []}
    worst = {"warm": 0.0, "cold": 0.0}
    for name in names:
        found = _first_call(name, repetitions)
        rows.append((name, seconds(found["cold"]), seconds(found["warm"]), seconds(found["second"])))
        for kind, limit in (("warm", WARM), ("cold", COLD)):
            worst[kind] = max(worst[kind], found[kind])
            if found[kind] > limit:
                slow[kind].append(name)
        log(f"first call of {name}: {seconds(found['cold'])}, cached {seconds(found['warm'])}")
    title = f"First calls (cached and second call: medians of {repetitions})"
    section.parts.append(Table(("call", "no cache", "cached", "second call"), rows, title))
    for kind, limit, text in (("cold", COLD, "no cache"), ("warm", WARM, "kernels cached")):
        measured = f"at most {seconds(worst[kind])}" + (f" ({', '.join(slow[kind])})" if slow[kind] else "")
        section.checks.append(
            Check(f"first call of {len(names)} public functions, {text}", measured, f"<= {limit:g} s", not slow[kind])
        )


def _first_call(name: str, repetitions: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        cached, empty = {"NUMBA_CACHE_DIR": f"{folder}/a"}, {"NUMBA_CACHE_DIR": f"{folder}/b"}
        modules = isolated.run("first_call", env=cached, name=name, imports=None)["modules"]
        modules = [m for m in modules if not m.startswith("__m")]
        cold = isolated.run("first_call", env=empty, name=name, imports=modules)
        runs = [isolated.run("first_call", env=cached, name=name, imports=modules) for _ in range(repetitions)]
    return {
        "cold": cold["first"],
        "warm": float(np.median([r["first"] for r in runs])),
        "second": float(np.median([r["second"] for r in runs])),
    }


def _wheel(section: Section) -> None:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        copy.mkdir()
        for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE", "MANIFEST.in"):
            if (isolated.ROOT / name).exists():
                shutil.copy(isolated.ROOT / name, copy)
        for name in ("stattools", "data"):
            shutil.copytree(isolated.ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.nb[ic]"))
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, str(copy)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode or not wheels:
            section.parts.append("The wheel could not be built here, so its size is not stated.")
            log(f"wheel: {done.stderr[-500:]}")
            return
        size = wheels[0].stat().st_size
    text = f"{size / 1e6:.2f} MB"
    pure = wheels[0].name.endswith("-py3-none-any.whl")
    section.parts.append(f"The wheel `{wheels[0].name}` has {text}.")
    section.checks.append(Check("wheel, data included", text, "< 5 MB, pure Python", pure and size < WHEEL))
    log(f"wheel: {text}")
