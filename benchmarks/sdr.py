"""Gram matrices of distributions beside POT, fits of the dimension reduction, and their cost against n (a figure)."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import isolated
from benchmarks.figures import draw_costs
from benchmarks.report import Check, Section, Table, megabytes, seconds
from benchmarks.timing import Contestant, compare, in_turn
from stattools import DistributionArray, DistributionSDR, FrechetRegressor
from stattools.distributions.slicers import Directions
from stattools.rkhs import squared_distances

N_QUANTILES = 100
FIGURE = Path(__file__).resolve().parent.parent / "docs" / "_static" / "benchmarks-sdr-cost.png"
FITTED = 4
"""Sizes that an exponent is fitted to, the largest ones: small ones show the fixed cost of a call."""
TOLERANCE = 0.2


def run(quick: bool, repetitions: int) -> list[Section]:
    """Distances beside POT, exact and low-rank fits."""
    section = Section(
        "Dimension reduction for distributions",
        "Squared Wasserstein distances from samples to matrix, and whole fits. X: samples of 100 points of beta laws; "
        "Y: of normal laws whose mean and spread depend on distances of X to two beta laws.",
    )
    _line(section, 40 if quick else 200, repetitions)
    _sliced(section, 15 if quick else 60, repetitions)
    _exact(section, 100 if quick else 400, repetitions)
    _agreement(section, 300 if quick else 1500)
    _low_rank(section, (500, 1000) if quick else (20_000, 100_000))
    _cost(section, quick, repetitions)
    return [section]


def pairs(n: int, m: int = 100, seed: int = 1) -> tuple[DistributionArray, DistributionArray]:
    """n pairs (X, Y) of samples of m points."""
    from scipy import stats

    rng = np.random.default_rng(seed)
    a, b = rng.gamma(2, 1, n)[:, None], rng.gamma(2, 1 / 3, n)[:, None]
    levels = (np.arange(100) + 0.5) / 100
    quantiles = stats.beta.ppf(levels, a, b)
    first, second = (np.mean((quantiles - stats.beta.ppf(levels, 2, c)) ** 2, axis=1) for c in (1, 3))
    centre = np.exp(first) + 0.2 * rng.normal(size=n)
    x = rng.beta(a, b, size=(n, m))
    y = rng.normal(centre[:, None], np.exp(second)[:, None], size=(n, m))
    return DistributionArray.from_samples(x), DistributionArray.from_samples(y)


def _line(section: Section, n: int, repetitions: int) -> None:
    import ot

    array, _ = pairs(n)
    samples = [array.atoms(i)[0].ravel() for i in range(n)]
    lower = np.tril_indices(n, -1)

    def ours() -> Any:
        return squared_distances(array.embed(n_quantiles=N_QUANTILES).features)

    def loop() -> Any:
        return np.array([ot.emd2_1d(samples[i], samples[k]) for i, k in zip(*lower, strict=True)])

    error = float(np.abs(ours()[lower] - loop()).max())
    what = "largest difference of a squared distance from emd2_1d"
    section.checks.append(Check(what, f"{error:.1e}", "<= 1e-13", error <= 1e-13))
    title = f"Squared distances of {n} samples of 100 points"
    contestants = {"stattools": Contestant(ours), "loop over emd2_1d": Contestant(loop)}
    compare(section, title, contestants, min(repetitions, 3), {"loop over emd2_1d": 100.0})


def _sliced(section: Section, n: int, repetitions: int) -> None:
    import ot

    rng = np.random.default_rng(1)
    clouds = rng.normal(size=(n, 100, 3)) + rng.normal(size=(n, 1, 3))
    array, directions = DistributionArray.from_samples(clouds), Directions.random(3, 50, rng=1)
    lower = np.tril_indices(n, -1)

    def ours() -> Any:
        return squared_distances(array.embed(directions, n_quantiles=N_QUANTILES).features)

    def loop() -> Any:
        fixed = directions.directions.T
        distance = partial(ot.sliced_wasserstein_distance, projections=fixed)
        return np.array([distance(clouds[i], clouds[k]) ** 2 for i, k in zip(*lower, strict=True)])

    error = float(np.abs(ours()[lower] / loop() - 1).max())
    what = "largest relative difference from POT's sliced distance"
    section.checks.append(Check(what, f"{error:.1e}", "<= 1e-13", error <= 1e-13))
    title = f"Sliced squared distances of {n} samples of 100 points in R^3, 50 directions"
    name = "loop over sliced_wasserstein_distance"
    compare(section, title, {"stattools": Contestant(ours), name: Contestant(loop)}, min(repetitions, 3), {name: 20.0})


def _exact(section: Section, n: int, repetitions: int) -> None:
    x, y = pairs(n)
    rows = []
    for order in (2, "permutation"):
        sdr = DistributionSDR(n_components=order, random_state=1)
        sdr.fit(x, y)
        took = []
        for _ in range(min(repetitions, 3)):
            start = time.perf_counter()
            sdr.fit(x, y)
            took.append(time.perf_counter() - start)
        median = float(np.median(took))
        rows.append((f"n_components={order!r}", seconds(median)))
        what = f"exact fit with cross-validation, n = {n}, n_components={order!r}"
        section.checks.append(Check(what, seconds(median), "< 3 s", median < 3))
    section.parts.append(Table(("", "time"), rows, f"Exact fit of {n} pairs"))


def _agreement(section: Section, n: int) -> None:
    x, y = pairs(n)
    options: dict[str, Any] = {"n_components": 2, "regularization_x": 1e-3, "regularization_y": 1e-3, "random_state": 1}
    fits = [DistributionSDR(solver=solver, rank=80, **options).fit(x, y) for solver in ("exact", "rpcholesky")]
    exact, low = (fit.results_.scores for fit in fits)
    found = [abs(float(np.corrcoef(exact[:, k], low[:, k])[0, 1])) for k in range(2)]
    what = f"correlation of scores of rank 80 with the exact ones, n = {n}"
    section.checks.append(Check(what, " and ".join(f"{value:.5f}" for value in found), ">= .999", min(found) >= 0.999))


def _low_rank(section: Section, sizes: tuple[int, ...]) -> None:
    rows, took = [], []
    limits = {20_000: (20.0, 1.5e9), 100_000: (60.0, 3e9)}
    for n in sizes:
        for order in (2, "permutation") if n <= 20_000 else (2,):
            found = isolated.run("low_rank_sdr", n=n, order=order)
            rows.append((f"{n:,}", str(order), seconds(found["took"]), megabytes(found["peak"]), str(found["rank"])))
            if order == 2:
                took.append(found["took"])
            if n in limits:
                longest, most = limits[n]
                what = f"rpcholesky of rank 200, n = {n:,}, n_components={order!r}"
                passed = found["took"] < longest and found["peak"] < most
                measured = f"{seconds(found['took'])}, {megabytes(found['peak'])}"
                section.checks.append(Check(what, measured, f"< {longest:g} s, < {most / 1e9:g} GB", passed))
    header = ("pairs", "n_components", "time", "peak of the process", "rank")
    section.parts.append(Table(header, rows, "Low-rank fits"))
    exponent = float(np.log(took[-1] / took[0]) / np.log(sizes[-1] / sizes[0]))
    section.checks.append(Check("exponent of time in n, low rank", f"{exponent:.2f}", "<= 1.2", exponent <= 1.2))


def _cost(section: Section, quick: bool, repetitions: int) -> None:
    """Time against the number of pairs on log-log axes, with fitted exponents beside the expected ones."""
    count = 3 if quick else 6
    curves: list[tuple[str, int, float, Callable[[int], Callable[[], Any]]]] = [
        ("exact fit", 50, 3.0, lambda n: _fit(n, solver="exact")),
        ("low-rank fit, rank 100", 500, 1.0, lambda n: _fit(n, solver="rpcholesky", rank=100)),
        ("local Frechet regression", 50, 2.0, _local),
    ]
    measured, rows = [], []
    for what, first, expected, prepare in curves:
        sizes = np.array([first * 2**k for k in range(count)])
        took = in_turn({str(n): Contestant(prepare(n)) for n in sizes}, min(3, repetitions))
        medians = np.array([float(np.median(took[str(n)])) for n in sizes])
        slope = float(np.polyfit(np.log(sizes[-FITTED:]), np.log(medians[-FITTED:]), 1)[0])
        measured.append((what, sizes, medians, slope, expected))
        span, times = f"{sizes[0]:,} to {sizes[-1]:,}", f"{seconds(medians[0])} to {seconds(medians[-1])}"
        rows.append((what, f"{slope:.2f}", f"{expected:g}", span, times))
    title = "Cost against the number of pairs; exponents over the largest sizes, expected are those of large n"
    section.parts.append(Table(("", "exponent", "expected", "pairs", "times"), rows, title))
    if quick:
        return
    above = [what for what, _, _, slope, expected in measured if slope > expected + TOLERANCE]
    found = ", ".join(f"{what} {slope:.2f}" for what, _, _, slope, _ in measured)
    limit = f"at most the expected one + {TOLERANCE:g}"
    section.checks.append(Check("exponents of cost in n", found, limit, not above))
    draw_costs(measured, FIGURE, "pairs n", fitted=FITTED)
    section.parts.append("![Median time against n, log-log, with fitted powers](_static/benchmarks-sdr-cost.png)")


def _fit(n: int, **options: Any) -> Callable[[], Any]:
    x, y = pairs(n)
    sdr = DistributionSDR(n_components=2, criteria=("bic",), random_state=1, **options)
    return lambda: sdr.fit(x, y)


def _local(n: int) -> Callable[[], Any]:
    _, y = pairs(n)
    u = y.mean().reshape(-1, 1)
    return lambda: FrechetRegressor("local").fit(u, y)
