"""Embedding and exact distances beside numpy and POT."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import cases, peers
from benchmarks.report import Section
from benchmarks.timing import Contestant, compare
from stattools.distributions import exact_squared_distances

N_CELLS = 20


def run(quick: bool, repetitions: int) -> list[Section]:
    """Embedding, all distances through it, exact distances."""
    n_units, n_nodes, n_slices = (40, 400, 10) if quick else (200, 2000, 40)
    case = cases.histograms(n_units, n_nodes, n_slices)
    section = Section(
        "Embedding and distances",
        f"{n_units} histograms on {n_nodes} shared points, {n_slices} slices, {N_CELLS} levels (cell averages). The "
        "masses are rough (Dirichlet 0.3) and none is zero.",
    )
    _embedding(section, case, repetitions)
    _through_embedding(section, case, repetitions, n_sampled=3 if quick else 20)
    _exact(section, case, repetitions, n_units=20 if quick else 40, n_sampled=3 if quick else 20)
    return [section]


def _embedding(section: Section, case: cases.Histograms, repetitions: int) -> None:
    values = case.basis.evaluate(case.points)

    def by(peer: Callable[..., Any]) -> Contestant:
        return Contestant(lambda: peer(case.basis.evaluate(case.points), case.masses, N_CELLS), note=notes[peer])

    notes = {
        peers.cells_by_interp: "`cumsum` for all measures, `interp` for each",
        peers.cells_by_segments: "one `searchsorted` for all measures, `reduceat`; the fastest numpy we could write",
    }
    ours = case.array.embed(case.basis, N_CELLS).quantile_functions()
    for peer in (peers.cells_by_interp, peers.cells_by_segments):
        theirs = peer(values, case.masses, N_CELLS)
        assert np.abs(theirs - ours).max() <= 1e-11, peer.__name__  # rounding of 2000 sums of numbers below 2
    contestants = {
        "stattools": Contestant(lambda: case.array.embed(case.basis, N_CELLS)),
        "numpy, cumulated sums": by(peers.cells_by_interp),
        "numpy, segment sums": by(peers.cells_by_segments),
    }
    compare(section, "Embedding", contestants, repetitions, {"numpy, cumulated sums": 10.0})
    section.parts.append("Each evaluates the slice functions, sorts them and averages; averages agree within 1e-11.")


def _sampled_pairs(n_units: int, n_sampled: int) -> list[tuple[int, int]]:
    rng = np.random.default_rng(2)
    return [tuple(rng.choice(n_units, 2, replace=False)) for _ in range(n_sampled)]


def _pot_contestants(case: cases.Histograms, pairs: list[tuple[int, int]], n_pairs: float) -> dict[str, Contestant]:
    """POT on sampled pairs. `emd2_1d` gets presorted slices, which is faster for it; sorting them is not timed."""
    values = case.basis.evaluate(case.points)
    order, sorted_values = peers.sorted_slices(values)
    weights = case.basis.slice_weights
    exact = exact_squared_distances(case.array, None, case.basis) if len(case.array) <= 40 else None

    def by_slice() -> None:
        import ot

        for i, j in pairs:
            cost = sum(
                w * ot.emd2_1d(v, v, case.masses[i][o], case.masses[j][o])
                for w, v, o in zip(weights, sorted_values, order, strict=True)
            )
            assert exact is None or abs(cost - exact[i, j]) <= 1e-10 * exact[i, j]

    def batched() -> None:
        for i, j in pairs:
            cost = peers.pot_batched(values, weights, case.masses[i], case.masses[j])
            assert exact is None or abs(cost - exact[i, j]) <= 1e-10 * exact[i, j]

    scale = n_pairs / len(pairs)
    note = f"{len(pairs)} random pairs"
    return {
        "POT, emd2_1d": Contestant(by_slice, scale, note + ", one call a slice"),
        "POT, wasserstein_1d": Contestant(batched, scale, note + ", one call for all slices"),
    }


def _through_embedding(section: Section, case: cases.Histograms, repetitions: int, n_sampled: int) -> None:
    n_units = len(case.array)
    n_pairs = n_units * (n_units - 1) / 2
    pairs = _sampled_pairs(n_units, n_sampled)
    through = case.array.embed(case.basis, N_CELLS).distance_matrix()
    exact = np.sqrt(exact_squared_distances(case.array[[i for i, _ in pairs]], case.array, case.basis))
    for row, (i, j) in zip(exact, pairs, strict=True):
        assert through[i, j] <= row[j] * (1 + 1e-10)  # a projection never stretches
    contestants = {
        "stattools": Contestant(
            lambda: case.array.embed(case.basis, N_CELLS).distance_matrix(),
            note=f"{n_pairs:.0f} distances, `embed` and `distance_matrix`",
        )
    }
    contestants |= _pot_contestants(case, pairs, n_pairs)
    title = "All pairs through the embedding"
    compare(section, title, contestants, repetitions, {"POT, emd2_1d": 100.0, "POT, wasserstein_1d": 100.0})
    share = np.mean([through[i, j] / row[j] for row, (i, j) in zip(exact, pairs, strict=True)])
    section.parts.append(
        "POT gets the slice functions' values, and is extrapolated from the sampled pairs. The embedding's distances "
        f"are lower bounds of the exact ones: with {N_CELLS} levels of histograms as rough as these they are "
        f"{share:.0%} of them on average. "
        "Smooth or sampled data come closer; tests use the embedding, `isw_distance` does not."
    )


def _exact(section: Section, case: cases.Histograms, repetitions: int, n_units: int, n_sampled: int) -> None:
    part = cases.Histograms(case.array[:n_units], case.basis, case.masses[:n_units], case.points, case.groups)
    n_pairs = n_units * (n_units - 1) // 2
    contestants = {
        "stattools": Contestant(
            lambda: exact_squared_distances(part.array, None, part.basis), 1 / n_pairs, f"mean over {n_pairs} pairs"
        )
    }
    contestants |= _pot_contestants(part, _sampled_pairs(n_units, n_sampled), 1.0)
    compare(section, "One exact distance", contestants, repetitions, {"POT, emd2_1d": 9.0})
    contestants["stattools"] = Contestant(
        lambda: exact_squared_distances(part.array[:1], part.array[1:2], part.basis),
        note="two histograms alone: evaluates and sorts the slices for this one pair",
    )
    compare(section, "One exact distance, asked for alone", contestants, repetitions)
    section.parts.append("Exact distances agree with POT's within 1e-10 of their size; the benchmark asserts it.")
