"""Write independence_peers.csv: statistics of hyppo and p-values of causal-learn on data that numpy draws from seeds.

Needs ``pip install hyppo causal-learn`` (0.5.2 and 0.1.4.8 were used). Columns: hyppo's Hsic (biased, Gaussian kernels
with lengthscale 1) and Dcorr (biased) of y and a; statistic, spectral and gamma p-value of causal-learn's conditional
KCI with its own kernel widths and ridge.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

N = 120
EFFECTS = (0.0, 0.0, 0.0, 0.0, 0.1, 0.2, 0.3, 0.6)


def data(seed):
    """y, a, b: y and a are functions of b plus noise, and y has EFFECTS[seed] times a in it."""
    rng = np.random.default_rng(seed)
    b, e, f = rng.normal(size=(3, N))
    a = np.sin(2 * b) + e
    return np.cos(2 * b) + b + 0.7 * f + EFFECTS[seed] * a, a, b


def main():
    from causallearn.utils.KCI.KCI import KCI_CInd
    from hyppo.independence import Dcorr, Hsic

    rows = []
    for seed in range(len(EFFECTS)):
        y, a, b = (v[:, None] for v in data(seed))
        np.random.seed(0)  # noqa: NPY002 (causal-learn draws from it)
        spectral, statistic = KCI_CInd(approx=False, nullss=100_000).compute_pvalue(a, y, b)
        gamma, _ = KCI_CInd().compute_pvalue(a, y, b)
        hsic, dcorr = Hsic(bias=True, gamma=0.5).statistic(a, y), Dcorr(bias=True).statistic(a, y)
        rows.append((seed, *(repr(float(v)) for v in (hsic, dcorr, statistic, spectral, gamma))))
    with open(Path(__file__).with_suffix(".csv"), "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("seed", "hsic", "dcorr", "kci", "kci_spectral", "kci_gamma"))
        writer.writerows(rows)


if __name__ == "__main__":
    main()
