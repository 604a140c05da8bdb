"""Rejection rates of the mean tests on simulated collections: their section of docs/replication.md.

    python benchmarks/isw_tables.py --write docs/replication.md

Every rate is at level 0.05 with 199 resamples; R is the number of simulated data sets, stated in each row. With
``--repetitions 0.1`` all R are a tenth, for a look. Seeds are fixed: the tables repeat to the digit.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from pathlib import Path

import joblib
import numpy as np

if __package__ in (None, ""):  # called as a script
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import stattools as st
from benchmarks.replication import write_section
from stattools.distributions import Embedding, Identity

HEADING = "Rejection rates of the two-sample tests"
LEVEL = 0.05
TESTS = {
    "T*": {},
    "mean": {"statistic": "mean"},
    "max t": {"statistic": "max_t"},
    "Hotelling": {"statistic": "hotelling"},
    "HMP": {"statistic": "combined", "calibration": "asymptotic"},
    "Cauchy": {"statistic": "combined", "calibration": "asymptotic", "combination": "cauchy"},
    "HMP, perm.": {"statistic": "combined"},
    "Satterthwaite": {"calibration": "satterthwaite"},
    "wild": {"calibration": "wild"},
    "omnibus": {"statistic": "omnibus"},
}


def circle(n1, n2, degrees):
    basis = st.Circle(2 * np.pi).eigenbasis(20, multiplicity="fixed")

    def draw(seed):
        x, y = st.simulate.von_mises_collections(n1, n2, shift=np.deg2rad(degrees), rng=seed)
        return x.embed(basis), y.embed(basis)

    return draw


def line(shift):
    def draw(seed):
        x, y = st.simulate.line_collections(shift=shift, rng=seed)
        basis = x.domain.eigenbasis(3)
        return x.embed(basis, n_quantiles=10), y.embed(basis, n_quantiles=10)

    return draw


def cylinder(degrees):
    def draw(seed):
        x, y = st.simulate.cylinder_collections(shift=np.deg2rad(degrees), rng=seed)
        basis = x.domain.eigenbasis(16, multiplicity="fixed")
        return x.embed(basis), y.embed(basis)

    return draw


def gaussian(n1, n2, scale):
    def draw(seed):
        rows = st.simulate.gaussian_embeddings(n1, n2, scale=scale, rng=seed)
        return tuple(Embedding(values=r[:, None, :], slicer=Identity()) for r in rows)

    return draw


DESIGNS = {
    "circle, 60/40, null": (circle(60, 40, 0), 2000),
    "circle, 10/10, null": (circle(10, 10, 0), 2000),
    "circle, 60/40, shift 2 degrees": (circle(60, 40, 2), 500),
    "circle, 60/40, shift 4 degrees": (circle(60, 40, 4), 500),
    "line, 60/40, null": (line(0.0), 1000),
    "line, 60/40, delta 1": (line(1.0), 500),
    "line, 60/40, delta 2": (line(2.0), 500),
    "cylinder, 60/40, null": (cylinder(0), 500),
    "cylinder, 60/40, shift 8 degrees": (cylinder(8), 500),
    "equal means, 60/20, second spread x3": (gaussian(60, 20, 3.0), 1000),
    "equal means, 20/60, second spread x3": (gaussian(20, 60, 3.0), 1000),
    "equal means, 40/40, second spread x3": (gaussian(40, 40, 3.0), 1000),
    "equal means, 10/10, equal spread": (gaussian(10, 10, 1.0), 1000),
}


def pvalues(draw, key, repetition):
    """One simulated data set, tested in every way."""
    seed = np.random.SeedSequence([key, repetition])
    x, y = draw(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [st.isw_test(x, y, n_resamples=199, rng=seed, **options).pvalue for options in TESTS.values()]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=float, default=1.0, help="factor on every R")
    parser.add_argument("--write", type=Path, help="a Markdown page to write the section to")
    parser.add_argument("--n-jobs", type=int, default=2)
    options = parser.parse_args()
    started = time.time()
    lines = [
        "| design | R | " + " | ".join(TESTS) + " |",
        "|---|--:|" + "--:|" * len(TESTS),
    ]
    for key, (name, (draw, full)) in enumerate(DESIGNS.items()):
        repetitions = max(10, round(full * options.repetitions))
        found = joblib.Parallel(options.n_jobs)(joblib.delayed(pvalues)(draw, key, r) for r in range(repetitions))
        rates = (np.array(found) <= LEVEL + 1e-12).mean(axis=0)
        lines.append(f"| {name} | {repetitions} | " + " | ".join(f"{rate:.3f}" for rate in rates) + " |")
        print(lines[-1], f"({time.time() - started:.0f} s)", flush=True)
    if options.write:
        write_section(options.write, HEADING, SECTION.format(table="\n".join(lines), version=st.__version__))


SECTION = """\
Written by `benchmarks/isw_tables.py` with stattools {version}: rejection rates at level 0.05, 199 resamples a test, R
simulated data sets a row. Two binomial standard errors are 0.010 at rate 0.05 for R = 2000, 0.014 for R = 1000 and
0.019 for R = 500; about 0.045 at rate 0.5 for R = 500.

{table}

How to read it:

- **Null rows.** Every column may be compared with 0.05. Permutation columns (T*, mean, max t, Hotelling, "HMP, perm.",
  omnibus) are exact when both collections come from one law; the others are approximations.
- **Equal means, unequal spread.** The laws differ and the means do not. The plain squared distance ("mean") calibrated
  by permutation rejects for the spread when groups are unequal: it tests equality of laws. The columns that estimate
  each group's covariance are tests of means for large groups; how large shows here.
- **Shifted rows.** Power. Which statistic wins depends on the design: a difference spread over leading coordinates
  favours T*, one in coordinates of small variance favours HMP and Hotelling.

The designs are `stattools.simulate.von_mises_collections`, `line_collections`, `cylinder_collections` and
`gaussian_embeddings`, after the simulations of Rustamov and Majumdar (2023) where they have one; settings are those of
the authors' public code as far as it fixes them, and the cylinder uses true product eigenfunctions, which theirs does
not. Circle: 20 eigenfunctions with their phases as they are, 20 levels. Line: 3 eigenfunctions, 10 levels. Cylinder: at
least 16 eigenfunctions, 20 levels. No number of the paper is quoted: the comparison methods it prints are not public.
"""

if __name__ == "__main__":
    main()
