"""Tests of independence beside hyppo and causal-learn."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from importlib import metadata
from typing import Any

import numpy as np

from benchmarks.report import Check, Section, Table, seconds, times
from benchmarks.timing import Contestant, compare, log
from stattools._threads import one_blas_thread
from stattools.collider import conditional_independence_test
from stattools.rkhs.dependence import correlation, euclidean_form, gaussian_form

TARGET = 5.0
LENGTHSCALE = 1.0
FEWEST_KCI = 1000
FOR_KCI = 6000  # rows up to which causal-learn's n x n matrices are tried


def run(quick: bool, repetitions: int) -> list[Section]:
    """HSIC and distance covariance beside hyppo, conditional tests beside causal-learn, cost against n."""
    section = Section(
        "Tests of independence",
        f"Beside hyppo {_version('hyppo')} and causal-learn {_version('causal-learn')}; BLAS on one thread for all.",
    )
    with one_blas_thread():
        _beside_hyppo(section, 150 if quick else 500, 99 if quick else 999, repetitions)
        _beside_causal_learn(section, 200 if quick else 2000, 1 if quick else min(repetitions, 2))
        _pvalues(section, 150 if quick else 300, 4 if quick else 20)
        _cost(section, quick)
    return [section]


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "(not installed)"


def confounded(n: int, seed: int, effect: float = 0.0) -> tuple[Any, Any, Any]:
    """y, a, b of n rows: y and a are curves of b plus noise, and y has `effect` times a in it."""
    rng = np.random.default_rng(seed)
    b, e, f = rng.normal(size=(3, n))
    a = np.sin(2 * b) + e
    return np.cos(2 * b) + b + 0.7 * f + effect * a, a, b


def weak(n: int, seed: int) -> tuple[Any, Any]:
    """Standardised y and a with a correlation near 0.08."""
    y, a = np.random.default_rng(seed).normal(size=(2, n))
    y = y + 0.08 * a
    return (y - y.mean()) / y.std(), (a - a.mean()) / a.std()


def _same_pvalue(p: float, q: float, n: int) -> bool:
    pooled = (p + q) / 2
    return abs(p - q) <= 5 * np.sqrt(pooled * (1 - pooled) * 2 / n) + 1 / n


def _beside_hyppo(section: Section, n: int, n_resamples: int, repetitions: int) -> None:
    try:
        from hyppo.independence import Dcorr, Hsic
    except ImportError:
        section.parts.append("hyppo is not installed: its tests were not timed.")
        return
    y, a = weak(n, 1)
    columns = y[:, None], a[:, None]
    few = max(19, n_resamples // 20)
    for method, peer, form, options in (
        ("hsic", Hsic(bias=True, gamma=0.5 / LENGTHSCALE**2), partial(gaussian_form, lengthscale=LENGTHSCALE),
         {"lengthscale": LENGTHSCALE}),
        ("dcor", Dcorr(bias=True), euclidean_form, {}),
    ):  # fmt: skip
        call = partial(
            conditional_independence_test, y, a, method=method, n_resamples=n_resamples, rng=1, **options
        )
        theirs = float(peer.statistic(*columns))
        assert abs(np.sqrt(correlation(form(columns[0]), form(columns[1]))) - theirs) <= 1e-7 * theirs
        full = peer.test(*columns, reps=n_resamples, workers=1, auto=False)
        p, q = call().pvalue, float(full[1])
        assert _same_pvalue(p, q, n_resamples), (p, q)
        compare(
            section,
            f"{method.upper()} of {n} rows, {n_resamples} permutations",
            {
                "stattools": Contestant(call, note=f"p = {p:.3f}"),
                "hyppo, one worker": Contestant(
                    partial(peer.test, *columns, reps=few, workers=1, auto=False),
                    n_resamples / few,
                    f"`auto=False`, p = {q:.3f}; extrapolated from {few} permutations",
                ),
            },
            repetitions,
            {"hyppo, one worker": TARGET},
        )
    section.parts.append(
        "Both compute the same biased statistic (equal within 1e-7); p-values agree within 5 Monte Carlo standard "
        "errors."
    )


def _kci_peer() -> Callable[..., Any] | None:
    try:
        from causallearn.utils.KCI.KCI import KCI_CInd
    except ImportError:
        return None

    def pvalue(y: Any, a: Any, b: Any) -> float:
        return float(KCI_CInd().compute_pvalue(a[:, None], y[:, None], b[:, None])[0])

    return pvalue


def _beside_causal_learn(section: Section, n: int, repetitions: int) -> None:
    peer = _kci_peer()
    if peer is None:
        section.parts.append("causal-learn is not installed: its test was not timed.")
        return
    y, a, b = confounded(n, 0)
    calls = {m: partial(conditional_independence_test, y, a, b, method=m, rng=1) for m in ("kci", "rcot")}
    p, q = (calls[m]().pvalue for m in ("kci", "rcot"))
    theirs = peer(y, a, b)
    contestants = {
        "stattools, kci": Contestant(calls["kci"], note=f"999 multipliers, ridge by GCV, p = {p:.3f}"),
        "causal-learn, KCI": Contestant(partial(peer, y, a, b), note=f"gamma approximation, p = {theirs:.3f}"),
        "stattools, rcot": Contestant(calls["rcot"], note=f"10 features of y and of a, p = {q:.3f}"),
    }
    name = f"y independent of a given b, {n} rows"
    targets = {"causal-learn, KCI": TARGET} if n >= FEWEST_KCI else None  # below, n^3 is no cost yet
    took = compare(section, name, contestants, repetitions, targets)
    if targets is None:
        return
    ratio = float(np.median(took["causal-learn, KCI"] / took["stattools, rcot"]))
    what = f"{name}: causal-learn, KCI over stattools' rcot"
    section.checks.append(Check(what, times(ratio), f">= {TARGET:g}x", ratio >= TARGET))


def _pvalues(section: Section, n: int, n_sets: int) -> None:
    """p-values of the same data sets: half without, half with an effect."""
    peer = _kci_peer()
    if peer is None:
        return
    rows: dict[str, list[float]] = {"kci": [], "rcot": []}
    theirs = []
    for seed in range(n_sets):
        y, a, b = confounded(n, seed, effect=0.15 * (seed % 2))
        theirs.append(peer(y, a, b))
        for method, found in rows.items():
            found.append(conditional_independence_test(y, a, b, method=method, rng=1).pvalue)
    table = []
    for method, found in rows.items():
        difference = np.abs(np.array(found) - theirs)
        agree = np.mean((np.array(found) <= 0.05) == (np.array(theirs) <= 0.05))
        table.append((method, f"{difference.mean():.3f}", f"{difference.max():.3f}", f"{agree:.0%}"))
    section.parts.append(
        Table(
            ("stattools", "mean difference", "largest", "same decision at 0.05"),
            table,
            f"p-values beside causal-learn's KCI: {n_sets} data sets of {n} rows, every other one with an effect",
        )
    )
    section.parts.append(
        "Bandwidths and ridge penalties differ: causal-learn fixes both, here the median distance and generalised "
        "cross-validation choose them. With its kernels and ridge, the law of normal multipliers gives its spectral "
        "p-values up to Monte Carlo error (`tests/collider/test_independence.py`)."
    )


def _cost(section: Section, quick: bool) -> None:
    """Seconds against n for every method, with b and without."""
    sizes = (200, 1000) if quick else (200, 1000, 5000, 20_000)
    rows = []
    for method in ("hsic", "dcor", "kci", "rcot", "gcm", "partial", "moment"):
        for with_b in (False, True):
            cells = [f"{method}{' given b' if with_b else ''}"]
            for n in sizes:
                if method == "kci" and with_b and n > FOR_KCI:
                    cells.append("-")
                    continue
                y, a, b = confounded(n, 0)
                call = partial(conditional_independence_test, y, a, b if with_b else None, method=method, rng=1)
                if n == sizes[0]:
                    call()
                start = time.perf_counter()
                call()
                cells.append(seconds(time.perf_counter() - start))
            rows.append(tuple(cells))
            log(" ".join(cells))
    section.parts.append(
        Table(("method", *(f"n = {n}" for n in sizes)), rows, "Time of a test, one column each, 999 resamples")
    )
