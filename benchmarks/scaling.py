"""Cost against sizes on log-log axes, with fitted exponents beside the expected ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import cases
from benchmarks.report import Check, Section, Table, seconds
from benchmarks.timing import Contestant, in_turn, log
from stattools import isw_test
from stattools.distributions import exact_squared_distances

FIGURE = Path(__file__).resolve().parent.parent / "docs" / "_static" / "benchmarks-cost.png"
TOLERANCE = 0.2
FITTED = 4
"""Sizes that the exponent is fitted to, the largest ones: small ones show the fixed cost of a call."""


@dataclass(frozen=True)
class Curve:
    """prepare : size -> call. against : "N", "n", "L" or "B". expected : exponent for large sizes."""

    what: str
    against: str
    sizes: Sequence[int]
    prepare: Callable[[int], Callable[[], Any]]
    expected: float


def _embed(n_units: int, n_nodes: int, n_slices: int) -> Callable[[], Any]:
    case = cases.histograms(n_units, n_nodes, n_slices)
    return lambda: case.array.embed(case.basis, 20)


def _exact(n_units: int, n_nodes: int, n_slices: int) -> Callable[[], Any]:
    case = cases.histograms(n_units, n_nodes, n_slices)
    return lambda: exact_squared_distances(case.array, None, case.basis)


def _test(n_units: int, n_slices: int, n_resamples: int, statistic: str = "studentized") -> Callable[[], Any]:
    case = cases.histograms(n_units, 100, n_slices)
    embedding = case.array.embed(case.basis, 20)
    return lambda: isw_test(embedding, groups=case.groups, statistic=statistic, n_resamples=n_resamples, rng=1)


def doubling(first: int, count: int) -> list[int]:
    """Sizes, each twice the one before."""
    return [first * 2**k for k in range(count)]


def curves(quick: bool) -> list[Curve]:
    """What is measured."""
    cut = 2 if quick else 0
    studentized, combined = "test, T*", "test, combined"
    return [
        Curve("embed", "N", doubling(25, 6 - cut), lambda k: _embed(k, 2000, 20), 1),
        Curve("exact pairs", "N", doubling(5, 5 - cut), lambda k: _exact(k, 1000, 10), 2),
        Curve(studentized, "N", doubling(100, 5 - cut), lambda k: _test(k, 100, 1024), 2),
        Curve(combined, "N", doubling(100, 6 - cut), lambda k: _test(k, 10, 1024, "combined"), 1),
        Curve("embed", "n", doubling(500, 6 - cut), lambda k: _embed(100, k, 20), 1),
        Curve("exact pairs", "n", doubling(250, 6 - cut), lambda k: _exact(20, k, 10), 1),
        Curve("embed", "L", doubling(5, 6 - cut), lambda k: _embed(100, 2000, k), 1),
        Curve("exact pairs", "L", doubling(5, 6 - cut), lambda k: _exact(20, 1000, k), 1),
        Curve(combined, "L", doubling(5, 6 - cut), lambda k: _test(100, k, 1024, "combined"), 1),
        Curve(studentized, "B", doubling(1024, 6 - cut), lambda k: _test(200, 20, k), 1),
        Curve(combined, "B", doubling(512, 6 - cut), lambda k: _test(100, 10, k, "combined"), 1),
    ]


def run(quick: bool, repetitions: int) -> list[Section]:
    """Measure, fit, draw."""
    section = Section(
        "Cost against sizes",
        "N units, n shared points, L slices of 20 levels, B permutations. Exponents are least-squares slopes of log "
        f"time on log size over the {FITTED} largest sizes; expected are those of large sizes, fixed costs make them "
        "smaller. `exact pairs` are all pairs of N. `test, T*` with more features than units works on their N x N Gram "
        "matrix, so its cost is of order N^2 a permutation. `test, combined` computes one p-value a feature and "
        "permutation, a part of its cost that does not grow with N.",
    )
    measured = []
    rows = []
    for curve in curves(quick):
        contestants = {str(size): Contestant(curve.prepare(size)) for size in curve.sizes}
        took = in_turn(contestants, min(3, repetitions))
        medians = np.array([np.median(took[str(size)]) for size in curve.sizes])
        last = slice(-FITTED, None)
        slope = float(np.polyfit(np.log(curve.sizes[last]), np.log(medians[last]), 1)[0])
        measured.append((curve, medians, slope))
        span = f"{curve.sizes[0]} to {curve.sizes[-1]}"
        rows.append((curve.what, curve.against, f"{slope:.2f}", f"{curve.expected:g}", span,
                     f"{seconds(medians[0])} to {seconds(medians[-1])}"))  # fmt: skip
        log(f"cost of {curve.what} against {curve.against}: exponent {slope:.2f}, expected {curve.expected:g}")
    section.parts.append(Table(("", "against", "exponent", "expected", "sizes", "times"), rows))
    above = [f"{c.what} against {c.against}" for c, _, slope in measured if slope > c.expected + TOLERANCE]
    measured_text = f"above in {len(above)} of {len(measured)}" + (f": {', '.join(above)}" if above else "")
    section.checks.append(
        Check("exponents of cost", measured_text, f"at most the expected one + {TOLERANCE:g}", not above)
    )
    if quick:
        return [section]
    draw(measured, FIGURE)
    section.parts.append(
        "![Median time against N, n, L and B on log-log axes, with the fitted power laws](_static/benchmarks-cost.png)"
    )
    return [section]


def draw(measured: list[tuple[Curve, Any, float]], path: Path) -> None:
    """Four panels, one for each size that is varied."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    names = {"N": "units N", "n": "shared points n", "L": "slices L", "B": "permutations B"}
    colours = {what: f"C{k}" for k, what in enumerate(dict.fromkeys(curve.what for curve, _, _ in measured))}
    figure, axes = plt.subplots(1, 4, figsize=(12, 3.8), sharey=True, layout="constrained")
    for ax, (key, label) in zip(axes, names.items(), strict=True):
        for curve, medians, slope in measured:
            if curve.against != key:
                continue
            colour = colours[curve.what]
            text = f"{curve.what}: {slope:.2f} ({curve.expected:g})"
            ax.loglog(curve.sizes, medians, "o", color=colour, markersize=4, label=text)
            sizes = np.array(curve.sizes[-FITTED:], dtype=float)
            level = np.log(medians[-FITTED:]).mean() - slope * np.log(sizes).mean()
            ax.loglog(sizes, np.exp(level) * sizes**slope, "-", color=colour, linewidth=1)
        ax.set_xlabel(label)
        ax.grid(which="major", color="0.9")
        ax.legend(fontsize=7, title="exponent (expected)", title_fontsize=7, loc="upper left", framealpha=0.8)
        ax.set_ylim(top=200)  # room for the legend
    axes[0].set_ylabel("seconds")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)
