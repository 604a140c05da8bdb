"""Artificial collections of distributions, of any size and from a fixed seed."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from stattools import DistributionArray, Interval


class Histograms(NamedTuple):
    """array : N distributions on n shared points of [0, 1]; basis : L slices; masses : (N, n); points : (n,).

    groups : (N,) of sizes 2 N / 5 and 3 N / 5.
    """

    array: Any
    basis: Any
    masses: Any
    points: Any
    groups: Any


def histograms(n_units: int, n_nodes: int, n_slices: int, *, shift: float = 0.0, seed: int = 1) -> Histograms:
    """Rough random histograms, Dirichlet(0.3): no mass is zero, no two slice values are equal.

    Parameters
    ----------
    shift : float
        The first group's masses are tilted by 1 + shift * cos(pi x).
    """
    rng = np.random.default_rng(seed)
    points = np.sort(rng.random(n_nodes))
    masses = np.maximum(rng.dirichlet(np.full(n_nodes, 0.3), size=n_units), 1e-12)
    groups = (np.arange(n_units) >= 2 * n_units // 5).astype(int)
    masses[groups == 0] *= 1 + shift * np.cos(np.pi * points)
    masses /= masses.sum(axis=1, keepdims=True)
    domain = Interval(0, 1)
    array = DistributionArray.from_histogram(masses, support=points, domain=domain)
    return Histograms(array, domain.eigenbasis(n_slices), masses, points, groups)


def samples(n_units: int, n_points: int, *, weighted: bool = False, seed: int = 1) -> Any:
    """N samples of beta distributed points of [0, 1]."""
    rng = np.random.default_rng(seed)
    shapes = rng.uniform(1, 4, size=(n_units, 2, 1))
    points = rng.beta(shapes[:, 0], shapes[:, 1], size=(n_units, n_points))
    masses = rng.random((n_units, n_points)) if weighted else None
    return DistributionArray.from_samples(points, masses=masses, domain=Interval(0, 1))
