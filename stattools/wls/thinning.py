"""From drawn designs to stable ones: conditioning, the best of several candidates, and greedy removal."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from stattools import _random
from stattools._typing import BoolArray, FloatArray, IntArray
from stattools.wls.laws import Sample

Drawer = Callable[[np.random.Generator], Sample]

ONE_SIDED, TWO_SIDED = "one_sided", "two_sided"
BATCH_DIM = 40  # up to this dimension every candidate for removal is judged by its eigenvalues


@dataclass(frozen=True)
class Stability:
    """The event that a design is stable.

    one_sided : lambda_min(G) >= 1 - delta. two_sided : every eigenvalue of G is within delta of 1.

    Examples
    --------
    >>> Stability(0.5).holds(np.array([0.6, 4.0])), Stability(0.5, "two_sided").holds(np.array([0.6, 4.0]))
    (True, False)
    """

    delta: float
    event: str = ONE_SIDED

    def shortfall(self, eigenvalues: FloatArray) -> FloatArray:
        """How far the deciding eigenvalue lies from 1, for (..., m) ascending ones; the event: at most delta."""
        return np.asarray(1.0 - eigenvalues[..., 0]) if self.event == ONE_SIDED else self.distance(eigenvalues)

    @staticmethod
    def distance(eigenvalues: FloatArray) -> FloatArray:
        """Spectral norm of G less the identity, for (..., m) ascending eigenvalues."""
        return np.asarray(np.maximum(1.0 - eigenvalues[..., 0], eigenvalues[..., -1] - 1.0))

    def holds(self, eigenvalues: FloatArray) -> bool:
        return bool(self.shortfall(eigenvalues) <= self.delta)

    @property
    def words(self) -> str:
        if self.event == ONE_SIDED:
            return f"lambda_min >= {1 - self.delta:g}"
        return f"all eigenvalues within {self.delta:g} of 1"


@dataclass(frozen=True)
class Selection:
    """A design and what it took.

    sample : None when no try was stable. tries : rounds drawn, of several candidates each. best : the smallest
    shortfall seen.
    """

    sample: Sample | None
    tries: int
    best: float


def select(
    draw: Drawer, seed: np.random.SeedSequence, stability: Stability | None, n_candidates: int, max_tries: int
) -> Selection:
    """Draw candidates, keep the one nearest to the identity, and repeat until it is stable.

    Parameters
    ----------
    draw : callable
        From a generator to a Sample.
    seed : SeedSequence
        Candidate c of round t draws from the child (t, c).
    stability : Stability, optional
        None takes the first round as it is, the best candidate by the distance of G to the identity.
    """
    if stability is None and n_candidates == 1:
        return Selection(draw(_random.generator(seed, 0, 0)), 1, np.nan)
    best = np.inf
    for t in range(max_tries if stability is not None else 1):
        samples = [draw(_random.generator(seed, t, c)) for c in range(n_candidates)]
        spectra = [s.eigenvalues for s in samples]
        nearest = int(np.argmin([float(Stability.distance(e)) for e in spectra]))
        if stability is None:
            return Selection(samples[nearest], 1, np.nan)
        best = min(best, float(stability.shortfall(spectra[nearest])))
        if stability.holds(spectra[nearest]):
            return Selection(samples[nearest], t + 1, best)
    return Selection(None, max_tries, best)


def default_simulations(n: int, m: int) -> int:
    """Designs simulated unless a number is given: 100, fewer where each takes long, none where that is too long.

    Examples
    --------
    >>> default_simulations(33, 11), default_simulations(750, 250), default_simulations(2883, 961)
    (100, 21, 0)
    """
    affordable = 10**9 // (n * m**2)
    return int(min(100, affordable)) if affordable >= 10 else 0


def stable_share(draw: Drawer, seed: np.random.SeedSequence, stability: Stability, n_simulations: int) -> float:
    """Simulated probability of the stability event: a draw of a design costs no evaluation of the function."""
    held = sum(stability.holds(draw(_random.generator(seed, k)).eigenvalues) for k in range(n_simulations))
    return held / n_simulations


def share_reaches(
    draw: Drawer, seed: np.random.SeedSequence, stability: Stability, probability: float, n_simulations: int
) -> bool:
    """Whether `stable_share` is at least `probability`; ends as soon as enough designs failed."""
    allowed = math.floor((1 - probability) * n_simulations + 1e-9)
    failed = 0
    for k in range(n_simulations):
        failed += not stability.holds(draw(_random.generator(seed, k)).eigenvalues)
        if failed > allowed:
            return False
    return True


def remove_greedily(sample: Sample, n: int, stability: Stability) -> Sample:
    """Take points away one at a time, as long as the design stays stable and has more than n points.

    Up to dimension 40 the point whose removal leaves the smallest distance to the identity goes; above, the one whose
    removal leaves the smallest trace of the inverse, among those that keep the design stable.

    Notes
    -----
    O(n m^3) a removal in small dimensions, O(n m^2 + m^3) in large ones.
    """
    kept = np.arange(len(sample.weights))
    scaled = sample.features * np.sqrt(sample.weights)[:, None]
    while len(kept) > n:
        chosen = _removable(scaled[kept], stability)
        if chosen is None:
            break
        kept = np.delete(kept, chosen)
    return restricted(sample, kept)


def restricted(sample: Sample, kept: IntArray | BoolArray) -> Sample:
    """Some of the points of a design."""
    block = None if sample.block is None else sample.block[kept]
    return replace(
        sample, where=sample.where[kept], features=sample.features[kept], weights=sample.weights[kept], block=block
    )


def _removable(scaled: FloatArray, stability: Stability) -> int | None:
    """Which row can best be spared; None when each is needed. `scaled` holds sqrt(w) phi."""
    n, m = scaled.shape
    total = scaled.T @ scaled
    if m <= BATCH_DIM:
        without = (total - scaled[:, :, None] * scaled[:, None, :]) / (n - 1)
        spectra = np.asarray(np.linalg.eigvalsh(without))
        distances = np.where(stability.shortfall(spectra) <= stability.delta, Stability.distance(spectra), np.inf)
        k = int(np.argmin(distances))
        return k if np.isfinite(distances[k]) else None
    for k in np.argsort(_trace_after_removal(total, scaled)):
        eigenvalues = np.linalg.eigvalsh((total - np.outer(scaled[k], scaled[k])) / (n - 1))
        if stability.holds(np.asarray(eigenvalues)):
            return int(k)
    return None


def _trace_after_removal(total: FloatArray, scaled: FloatArray) -> FloatArray:
    """tr((M - b b^T)^-1) less tr(M^-1) for each row b, by Sherman and Morrison: |M^-1 b|^2 / (1 - b^T M^-1 b)."""
    from scipy.linalg import cho_factor, cho_solve

    solved = cho_solve(cho_factor(total), scaled.T)
    spare = 1.0 - np.einsum("ij,ji->i", scaled, solved)
    with np.errstate(divide="ignore"):
        gain = (solved**2).sum(axis=0) / np.maximum(spare, 0.0)
    return np.asarray(gain)
