"""`isw_test` beside scipy and hyppo, and the same bits for any number of workers."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import numpy as np

from benchmarks import cases, peers
from benchmarks.report import Check, Section, Table, seconds, times
from benchmarks.timing import Contestant, compare, in_turn, log
from stattools import isw_anova, isw_test

BATCHES = (2, 5, 20, 100)
STATISTICS = ("studentized", "mean", "max_t", "hotelling", "combined", "omnibus")
CALIBRATED = (
    *((s, "permutation") for s in STATISTICS),
    ("studentized", "satterthwaite"),
    ("studentized", "wild"),
    ("hotelling", "asymptotic"),
    ("combined", "asymptotic"),
)


def run(quick: bool, repetitions: int) -> list[Section]:
    """Permutation tests side by side, all statistics, identity of bits."""
    n_units, n_nodes, n_slices = (60, 300, 10) if quick else (200, 2000, 40)
    n_resamples = 999 if quick else 9999
    case = cases.histograms(n_units, n_nodes, n_slices, shift=0.02)
    embedding = case.array.embed(case.basis, 20)
    section = Section(
        "Permutation tests",
        f"{n_units} units with {embedding.features.shape[1]} features, {n_resamples} permutations, one-sided. All get "
        "the same features; the embedding is not part of the time.",
    )
    _beside_scipy(section, embedding, case.groups, n_resamples, repetitions, n_timed=50 if quick else 250)
    _beside_hyppo(section, embedding, case.groups, n_resamples, repetitions, n_timed=50 if quick else 500)
    _all_statistics(section, embedding, case, n_resamples, repetitions)
    _same_bits(section, embedding, case.groups, 600 if quick else 2999)
    return [section]


def _fastest_batch(data: Any, statistic: Any, n_resamples: int) -> int:
    took = {}
    for batch in BATCHES:
        start = time.perf_counter()
        peers.scipy_test(data, statistic, n_resamples, batch)
        took[batch] = time.perf_counter() - start
    return min(took, key=lambda batch: took[batch])


def _same_pvalue(p: float, n: int, q: float, m: int) -> bool:
    """Whether two Monte Carlo p-values of one test agree within five standard errors."""
    pooled = (p * n + q * m) / (n + m)
    return abs(p - q) <= 5 * np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m)) + 1 / min(n, m)


def _beside_scipy(
    section: Section, embedding: Any, groups: Any, n_resamples: int, repetitions: int, n_timed: int
) -> None:
    features = embedding.features
    data = features[groups == 0], features[groups == 1]
    indices = np.flatnonzero(groups == 0), np.flatnonzero(groups == 1)
    for name, symbol, statistic in (
        ("studentized", "T*", peers.studentized),
        ("mean", "|d|^2", peers.mean_distance),
    ):
        ours = isw_test(embedding, groups=groups, statistic=name, n_resamples=n_resamples, rng=1)
        batch = _fastest_batch(data, statistic, n_timed)
        theirs = peers.scipy_test(data, statistic, n_timed, batch)
        assert abs(theirs.statistic - ours.statistic) <= 1e-9 * ours.statistic
        assert _same_pvalue(ours.pvalue, n_resamples, theirs.pvalue, n_timed)
        contestants = {
            "stattools": Contestant(
                partial(isw_test, embedding, groups=groups, statistic=name, n_resamples=n_resamples, rng=1),
                note=f"p = {ours.pvalue:.4f}",
            ),
            "scipy.stats.permutation_test": Contestant(
                partial(peers.scipy_test, data, statistic, n_timed, batch),
                n_resamples / n_timed,
                f"vectorised, the fastest of batches {', '.join(map(str, BATCHES))} ({batch}); extrapolated from "
                f"{n_timed} permutations",
            ),
        }
        if name == "studentized":
            by_index = peers.studentized_of_indices(features)
            clever = peers.scipy_test(indices, by_index, n_resamples, 1000)
            assert abs(clever.statistic - ours.statistic) <= 1e-9 * ours.statistic
            assert _same_pvalue(ours.pvalue, n_resamples, clever.pvalue, n_resamples)
            contestants["scipy, on indices"] = Contestant(
                partial(peers.scipy_test, indices, by_index, n_resamples, 1000),
                note="our Gram matrix algebra as the user's statistic of shuffled row numbers",
            )
        targets = {"scipy.stats.permutation_test": 50.0} if name == "studentized" else None
        compare(section, f"Permutation test of {symbol}", contestants, repetitions, targets)
    section.parts.append("Statistics agree within 1e-9 of their size, p-values within 5 Monte Carlo standard errors.")


def _beside_hyppo(
    section: Section, embedding: Any, groups: Any, n_resamples: int, repetitions: int, n_timed: int
) -> None:
    try:
        from hyppo.ksample import MMD
    except ImportError:
        section.parts.append("hyppo is not installed: its test was not timed.")
        return
    features = embedding.features
    x, y = features[groups == 0], features[groups == 1]
    ours = isw_test(embedding, groups=groups, statistic="mean", n_resamples=n_resamples, rng=1)
    linear = MMD(compute_kernel="linear", bias=True).test(x, y, reps=n_timed, auto=False, random_state=1)
    contestants: dict[str, Contestant] = {
        "stattools": Contestant(
            partial(isw_test, embedding, groups=groups, statistic="mean", n_resamples=n_resamples, rng=1),
            note=f"mean distance, p = {ours.pvalue:.4f}",
        )
    }
    for kernel, p in (("linear", float(linear.pvalue)), ("gaussian", None)):
        contestants[f"hyppo MMD, {kernel} kernel"] = Contestant(
            partial(MMD(compute_kernel=kernel, bias=True).test, x, y, reps=n_timed, auto=False, random_state=1),
            n_resamples / n_timed,
            f"extrapolated from {n_timed} permutations" + (f", p = {p:.3f}" if p is not None else ""),
        )
    compare(section, "Mean test beside hyppo's MMD permutation test", contestants, repetitions)
    section.parts.append(
        "With a linear kernel MMD is the distance of the mean embeddings; hyppo computes it as an independence "
        "statistic, so its value is on another scale and its p-value is the one to compare."
    )


def _all_statistics(
    section: Section, embedding: Any, case: cases.Histograms, n_resamples: int, repetitions: int
) -> None:
    options = [{"statistic": s, "calibration": c} for s, c in CALIBRATED]
    contestants = {
        f"{o['statistic']}, {o['calibration']}": Contestant(
            partial(isw_test, embedding, groups=case.groups, n_resamples=n_resamples, rng=1, **o)
        )
        for o in options
    }
    contestants["studentized, from distributions"] = Contestant(
        partial(isw_test, case.array, groups=case.groups, basis=case.basis, n_resamples=n_resamples, rng=1)
    )
    took = in_turn(contestants, repetitions)
    base = took["studentized, permutation"]
    rows = [
        (name, times(float(np.median(values / base))), seconds(float(np.median(values))))
        for name, values in took.items()
    ]
    section.parts.append(Table(("isw_test", "over the default", "median time"), rows, "All statistics"))
    default = float(np.median(base))
    section.checks.append(
        Check(f"isw_test, {len(embedding)} units, {n_resamples} permutations", seconds(default), "<= 150 ms",
              default <= 0.15)
    )  # fmt: skip


def _same_bits(section: Section, embedding: Any, groups: Any, n_resamples: int) -> None:
    import joblib

    calls = {
        f"isw_test, {s}, {c}": partial(isw_test, embedding, groups=groups, statistic=s, calibration=c)
        for s, c in CALIBRATED
        if c in ("permutation", "wild")
    }
    calls["isw_test, paired"] = partial(
        isw_test, embedding[: len(embedding) // 2], embedding[len(embedding) // 2 :], paired=True
    )
    labels = np.arange(len(embedding)) % 3
    calls["isw_anova"] = partial(isw_anova, embedding, labels)
    calls["isw_anova, covariate"] = partial(isw_anova, embedding, labels, covariates=np.arange(len(embedding)) ** 0.5)
    rows, all_equal = [], True
    for name, call in calls.items():
        values = [_null(call(n_resamples=n_resamples, rng=5, n_jobs=jobs)) for jobs in (1, 2)]
        with joblib.parallel_config(backend="threading", n_jobs=2):
            values.append(_null(call(n_resamples=n_resamples, rng=5)))
        equal = all(np.array_equal(values[0], other) for other in values[1:])
        all_equal &= equal
        rows.append((name, str(len(values[0])), "identical" if equal else "**different**"))
        log(f"bits: {name}: {equal}")
    section.parts.append(
        Table(("null distribution", "values", "one process, two processes, two threads"), rows,
              "The same bits for any number of workers")
    )  # fmt: skip
    section.checks.append(
        Check("null distributions with one process, two processes, two threads",
              "identical" if all_equal else "different", "identical bits", all_equal)
    )  # fmt: skip


def _null(result: Any) -> Any:
    return np.asarray(result.null_distribution)
