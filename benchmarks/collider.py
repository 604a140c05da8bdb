"""Collider regression: the published estimators beside explicit inverses, cost and memory of exact fits (a figure)."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.figures import draw_costs
from benchmarks.report import Check, Section, Table, megabytes, seconds
from benchmarks.timing import Contestant, compare, in_turn
from stattools import ColliderRegressor
from stattools._threads import one_blas_thread
from stattools.collider.constraints import Resolved
from stattools.collider.projected import fit_constrained
from stattools.collider.projected_published import published_fit
from stattools.simulate.collider import mvn_collider
from tests import naive_collider

FIGURE = Path(__file__).resolve().parent.parent / "docs" / "_static" / "benchmarks-collider-cost.png"
LONGEST = 0.10
"""Seconds for three fits to 50 rows and their predictions of 5000."""
FITTED, TOLERANCE = 3, 0.2
MATRICES = 12.0
"""N x N matrices that an exact constrained fit may hold at once."""


def run(quick: bool, repetitions: int) -> list[Section]:
    """Published estimators, cost, memory."""
    section = Section(
        "Collider regression",
        "Rows of `mvn_collider`: six columns, three of them independent of the response. BLAS on one thread.",
    )
    with one_blas_thread():
        _published(section, repetitions)
        _cost(section, quick, repetitions)
        _memory(section, 300 if quick else 1500)
    return [section]


def _published(section: Section, repetitions: int) -> None:
    """KRR, P-KRR and H_P-KRR with the published hyper-parameters, n = 50, m = 100, 5000 predictions."""
    data = mvn_collider(protocol="official", rng=1)
    rows, spouses = np.vstack([data.X, data.X_unlabeled]), data.independent

    def ours() -> Any:
        return published_fit(data.X, data.y, data.X_unlabeled, spouses).predict(data.X_test)

    def inverses() -> Any:
        return (
            naive_collider.krr(data.X, data.y, data.X_test, spouses),
            naive_collider.projected_krr(data.X, data.y, rows, data.X_test, spouses),
            naive_collider.constrained_krr(data.X, data.y, rows, data.X_test, spouses),
        )

    error = max(float(np.abs(a - b).max()) for a, b in zip(ours(), inverses(), strict=True))
    what = "largest difference of a prediction from the version with explicit inverses"
    section.checks.append(Check(what, f"{error:.1e}", "<= 1e-7", error <= 1e-7))
    name = "numpy with explicit inverses"
    title = "Three published estimators: fit to 50 + 100 rows and 5000 predictions"
    contestants = {"stattools": Contestant(ours), name: Contestant(inverses, note="full Gram matrices")}
    took = compare(section, title, contestants, max(repetitions, 5), {name: 2.0})
    median = float(np.median(took["stattools"]))
    section.checks.append(Check(title, seconds(median), f"<= {LONGEST:g} s", median <= LONGEST))


# cost ----------------------------------------------------------------------------------------------------------------
def _estimator(n: int, method: str) -> Callable[[], Any]:
    """The whole estimator on n labelled and n unlabelled rows, without tests and held-out gain."""
    data = mvn_collider(n, n, 1, rng=1)
    model = ColliderRegressor(
        data.independent, method=method, solver="exact", test=None, gain=False, random_state=1
    )
    return lambda: model.fit(data.X, data.y, data.X_unlabeled)


def _constrained(size: int) -> Callable[[], Any]:
    """A constrained fit of 50 labelled among `size` rows with lengthscales that are given."""
    data = mvn_collider(50, size - 50, 1, rng=1)
    return partial(
        fit_constrained, data.X, data.y, data.X_unlabeled, [Resolved(data.independent, (), (0, 1, 2))],
        lengthscale=(8.0, 8.0), solver="exact", rng=1,
    )  # fmt: skip


def _cost(section: Section, quick: bool, repetitions: int) -> None:
    """Time against n or N on log-log axes, with fitted exponents beside the expected ones."""
    count = 2 if quick else 5
    curves: list[tuple[str, str, int, float, Callable[[int], Callable[[], Any]]]] = [
        ("augmented, exact", "n = m", 150, 3.0, partial(_estimator, method="augmented")),
        ("constrained fit, exact", "N, n = 50", 150, 3.0, _constrained),
    ]
    measured, rows = [], []
    for what, against, first, expected, prepare in curves:
        sizes = np.array([first * 2**k for k in range(count)])
        took = in_turn({str(n): Contestant(prepare(n)) for n in sizes}, min(3, repetitions))
        medians = np.array([float(np.median(took[str(n)])) for n in sizes])
        slope = float(np.polyfit(np.log(sizes[-FITTED:]), np.log(medians[-FITTED:]), 1)[0])
        measured.append((f"{what}, against {against}", sizes, medians, slope, expected))
        span, times = f"{sizes[0]:,} to {sizes[-1]:,}", f"{seconds(medians[0])} to {seconds(medians[-1])}"
        rows.append((what, against, f"{slope:.2f}", f"{expected:g}", span, times))
    title = "Cost against rows; exponents over the largest sizes, expected are those of large n"
    section.parts.append(Table(("", "against", "exponent", "expected", "rows", "times"), rows, title))
    if quick:
        return
    above = [what for what, _, _, slope, expected in measured if slope > expected + TOLERANCE]
    found = ", ".join(f"{what}: {slope:.2f}" for what, _, _, slope, _ in measured)
    limit = f"at most the expected one + {TOLERANCE:g}"
    section.checks.append(Check("exponents of cost, collider regression", found, limit, not above))
    draw_costs(measured, FIGURE, "rows", fitted=FITTED, every_size=True)
    section.parts.append("![Median time against rows, log-log, with powers](_static/benchmarks-collider-cost.png)")


# memory --------------------------------------------------------------------------------------------------------------
def _memory(section: Section, size: int) -> None:
    """Arrays that are alive at once in an exact constrained fit, in matrices of N x N numbers."""
    fit = _constrained(size)
    tracemalloc.start()
    fit()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    count = peak / (8 * size**2)
    what = f"arrays alive at once in an exact constrained fit, N = {size:,}"
    text = f"{megabytes(peak)}, {count:.1f} N x N matrices"
    section.checks.append(Check(what, text, f"<= {MATRICES:g} matrices", count <= MATRICES))
