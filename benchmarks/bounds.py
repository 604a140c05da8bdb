"""Bounds: inverses of a divergence, tests on losses, and the tables of a supersample experiment."""

from __future__ import annotations

import csv
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import Check, Section, Table, seconds
from benchmarks.timing import Contestant, compare, in_turn, log

REFERENCE = Path(__file__).resolve().parent.parent / "tests" / "reference" / "bounds_inverses.csv"
SIZE = {"k1": 50, "k2": 100, "n": 30}
WIDTH = 1e-5  # relative, where the bisection of public PAC-Bayes code stops


def run(quick: bool, repetitions: int) -> list[Section]:
    """Inverses, tests on losses, supersamples."""
    return [_inverses(quick, repetitions), _losses(quick, repetitions), _supersamples(quick, repetitions)]


def _budget(section: Section, what: str, call: Any, repetitions: int, limit: float) -> None:
    took = float(np.median(in_turn({what: Contestant(call)}, repetitions)[what]))
    section.checks.append(Check(what, seconds(took), f"<= {seconds(limit)}", took <= limit))
    section.parts.append(f"{what}: {seconds(took)}.")
    log(f"{what}: {seconds(took)}")


# inverses of the divergence ------------------------------------------------------------------------------------------
def _divergence(q: float, p: float) -> float:
    """kl(q || p) for q and p inside (0, 1), the fastest way in plain Python."""
    return q * math.log(q / p) + (1 - q) * math.log((1 - q) / (1 - p))


def by_brentq(q: list[float], c: list[float]) -> list[float]:
    """The inverses one by one with scipy's root finder."""
    from scipy.optimize import brentq

    top = 1 - 1e-15
    found = []
    for risk, cost in zip(q, c, strict=True):
        reached = _divergence(risk, top) > cost
        found.append(brentq(lambda p, r=risk, b=cost: _divergence(r, p) - b, risk, top) if reached else top)
    return found


def by_brentq_of_scipy(q: list[float], c: list[float]) -> list[float]:
    """The same with scipy's relative entropies, which know that 0 ln 0 is 0."""
    from scipy.optimize import brentq
    from scipy.special import rel_entr

    top = 1 - 1e-15
    kl = lambda r, p: rel_entr(r, p) + rel_entr(1 - r, 1 - p)
    return [
        brentq(lambda p, r=risk, b=cost: kl(r, p) - b, risk, top) if kl(risk, top) > cost else top
        for risk, cost in zip(q, c, strict=True)
    ]


def by_bisection(q: list[float], c: list[float]) -> list[float]:
    """Bisection as in public PAC-Bayes code: from q and 1 - 1e-10 to a relative width of 1e-5, and then the middle."""
    found = []
    for risk, cost in zip(q, c, strict=True):
        low, high, middle = risk, 1 - 1e-10, risk
        while high - low >= WIDTH * high:
            middle = (low + high) / 2
            value = -math.log1p(-middle) if risk == 0 else _divergence(risk, middle)
            low, high = (low, middle) if value > cost else (middle, high)
        found.append(middle)
    return found


def _inverses(quick: bool, repetitions: int) -> Section:
    from stattools.bounds import kl_inverse

    size, part = (10**5, 500) if quick else (10**6, 5000)
    section = Section(
        "Inverses of the binary divergence",
        f"{size:.0e} pairs with q uniform on [0, 1] and c from 1e-6 to 1 on a logarithmic scale. Loops run over {part} "
        "of them, and their time is scaled. PAC-Bayes packages (PBB, pacbb) bisect; the archives of pacbb 0.1.2 on "
        "PyPI do not contain its function, so the algorithm is written anew here.",
    )
    rng = np.random.default_rng(0)
    q, c = rng.uniform(0, 1, size), 10.0 ** rng.uniform(-6, 0, size)
    few = q[:part].tolist(), c[:part].tolist()
    scale = size / part
    contestants = {
        "kl_inverse": Contestant(lambda: kl_inverse(q, c)),
        "brentq, math.log": Contestant(lambda: by_brentq(*few), scale, "the root finder on the fastest plain function"),
        "brentq, rel_entr": Contestant(lambda: by_brentq_of_scipy(*few), scale, "the root finder on scipy's entropies"),
        "bisection": Contestant(lambda: by_bisection(*few), scale, "to a relative width of 1e-5"),
    }
    targets = {"brentq, math.log": 100.0, "brentq, rel_entr": 100.0}
    compare(section, "kl_inverse", contestants, repetitions, targets)
    _errors(section)
    return section


def _references() -> tuple[list[float], list[float], list[Fraction]]:
    """q, c and the inverse to 34 digits, by 60-digit arithmetic."""
    with REFERENCE.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if (row["function"], row["side"]) == ("kl", "upper")]
    q, c = ([float(row[name]) for row in rows] for name in ("q_or_k", "c_or_log_delta"))
    return q, c, [Fraction(row["p"]) for row in rows]


def _errors(section: Section) -> None:
    """Relative errors, and how often the result is below the true inverse and so no bound."""
    from stattools.bounds import kl_inverse

    q, c, exact = _references()
    rows = []
    for name, values in {"kl_inverse": kl_inverse(q, c).tolist(), "bisection": by_bisection(q, c)}.items():
        pairs = list(zip(map(Fraction, values), exact, strict=True))
        error = np.array([float(abs(value - true) / true) for value, true in pairs])
        below = sum(value < true for value, true in pairs)
        rows.append((name, f"{error.max():.1e}", f"{np.median(error):.1e}", f"{below} of {len(exact)}"))
        if name == "kl_inverse":
            passed = bool(error.max() <= 1e-14 and not below)
            what = "kl_inverse, relative error, and results below the true inverse"
            section.checks.append(Check(what, f"{error.max():.1e}, {below}", "<= 1e-14, none", passed))
    title = f"Against 60-digit arithmetic, {len(exact)} pairs, some of them extreme"
    section.parts.append(Table(("", "largest relative error", "median", "below the true inverse"), rows, title))


# losses of a test set ------------------------------------------------------------------------------------------------
def _losses(quick: bool, repetitions: int) -> Section:
    from stattools.bounds import bound_curve, confidence_sequence, sample_size, test_set

    many, some = (10**5, 10**4) if quick else (10**6, 10**5)
    section = Section("Bounds from losses", "Losses are Beta(2, 18).")
    losses = np.random.default_rng(1).beta(2, 18, many)
    two_sided = lambda: test_set(losses, method="betting", alternative="two-sided")
    _budget(section, f"betting interval, two-sided, n = {many:.0e}", two_sided, repetitions, 2.0)
    sequence = lambda: confidence_sequence(losses[:some])
    _budget(section, f"confidence sequence, n = {some:.0e}", sequence, repetitions, 3.0)
    _budget(section, "sample_size, binomial, 3 percent at 1 percent", lambda: sample_size("binomial", 0.03, risk=0.01),
            repetitions, 0.1)  # fmt: skip
    names = ["binomial", "kl", "hoeffding", "pac_bayes_kl"]
    sizes, deltas = np.arange(10, 10**4 + 10, 10), [0.1, 0.05, 0.01, 0.001]
    curves = lambda: bound_curve(names, sizes, deltas, risk=0.1, kl=5.0)
    _budget(section, "bound_curve, 4 bounds, 1000 sizes, 4 deltas", curves, repetitions, 0.5)
    return section


# supersamples --------------------------------------------------------------------------------------------------------
def experiment(k1: int, k2: int, n: int, seed: int = 1) -> tuple[Any, Any, Any]:
    """Losses, masks and predictions of a classifier that errs more where it was not trained."""
    rng = np.random.default_rng(seed)
    half = rng.integers(0, 2, (k1, k2 // 2, n))
    masks = np.concatenate([half, 1 - half], axis=1)
    trained = masks[..., None] == np.arange(2)
    labels = rng.integers(0, 2, (k1, 1, n, 2))
    hard = rng.beta(0.5, 2, (k1, 1, n, 2))
    losses = (rng.random((k1, k2, n, 2)) < np.where(trained, 0.2, 0.6) * hard).astype(np.int8)
    return losses, masks, labels ^ losses


def _supersamples(quick: bool, repetitions: int) -> Section:
    from stattools.bounds import supersample
    from tests import naive_bounds_supersample as naive

    size = {"k1": 5, "k2": 20, "n": 10} if quick else SIZE
    words = ", ".join(f"{name} = {value}" for name, value in size.items())
    data = experiment(**size)
    section = Section(
        "Supersample bounds",
        f"All bounds that the data allow, for {words}. The plain Python loop is the one that tests compare with: one "
        "counter for each table, over the same definitions and for the same bounds. It is timed on one "
        f"{'supersample' if quick else 'tenth of the supersamples'}, and its time is scaled.",
    )
    part = max(1, size["k1"] // 10)
    few = [array[:part].tolist() for array in data]
    contestants = {
        "supersample": Contestant(lambda: supersample(*data)),
        "plain Python": Contestant(lambda: naive.gaps(*few), size["k1"] / part),
    }
    took = compare(section, "All tables", contestants, min(repetitions, 3), {} if quick else {"plain Python": 50.0})
    once = float(np.median(took["supersample"]))
    section.checks.append(Check(f"all supersample tables, {words}", seconds(once), "<= 0.3 s", once <= 0.3))
    draws = lambda: supersample(*data, n_boot=1000, rng=1)
    _budget(section, f"1000 bootstrap draws, {words}", draws, min(repetitions, 3), 3.0)
    return section
