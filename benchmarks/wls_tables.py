"""Errors, losses and coverage of weighted least squares on random designs: their section of docs/replication.md.

    python benchmarks/wls_tables.py --write docs/replication.md

R, the number of designs, is stated in each table. With ``--repetitions 0.1`` all R are a tenth, for a look. Seeds are
fixed: the tables repeat to the digit on one machine. A full run returns 1 when a median of the table of errors is more
than 4 percent from its reference.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from pathlib import Path

import joblib
import numpy as np
from scipy import stats

if __package__ in (None, ""):  # called as a script
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import stattools as st
from benchmarks.replication import write_section
from stattools._threads import one_blas_thread
from stattools.wls import PolynomialSpace, WeightedLeastSquares, optimal_design
from stattools.wls.poollaws import LAWS, PoolProblem
from stattools.wls.rows import orthonormal_rows
from stattools.wls.solve import weighted_fit

HEADING = "Designs and weighted least squares"
TOLERANCE = 0.04
BLOCK = 50  # designs that a worker computes at once

# functions and their projections -------------------------------------------------------------------------------------
FUNCTIONS = {
    "(1)": ("hermite", lambda x: np.exp(-((x - 1) ** 2) / 4)),
    "(2)": ("legendre", lambda x: 1 / (1 + 5 * x**2)),
}


class Projection:
    """The space of all degrees below m, a function, its coefficients and the squared norm of what they leave."""

    def __init__(self, name, m):
        family, self.function = FUNCTIONS[name]
        self.space = PolynomialSpace(family, degree=m - 1)
        if family == "hermite":
            nodes, masses = np.polynomial.hermite_e.hermegauss(120)
        else:
            nodes, masses = np.polynomial.legendre.leggauss(300)
        features, values = self.space.evaluate(nodes), self.function(nodes)
        masses = masses / masses.sum()
        self.coefficients = features.T @ (masses * values)
        self.left = float(masses @ (values - features @ self.coefficients) ** 2)

    def error(self, coefficients):
        """The L2 norm of the function less a fit."""
        return np.sqrt(self.left + np.sum((coefficients - self.coefficients) ** 2))

    def fit(self, design):
        """Coefficients of weighted least squares on a design."""
        return weighted_fit(design.features, self.function(design.points[:, 0]), design.sampling_weights).coefficients


def blocks(total):
    """Numbers of the designs, by blocks."""
    return [range(low, min(low + BLOCK, total)) for low in range(0, total, BLOCK)]


def in_parallel(n_jobs, function, total, *arguments):
    """Rows that `function` returns for numbers 0, ..., total - 1."""
    found = joblib.Parallel(n_jobs)(joblib.delayed(of_block)(function, block, *arguments) for block in blocks(total))
    return np.array([row for rows in found for row in rows])


def of_block(function, numbers, *arguments):
    with warnings.catch_warnings(), one_blas_thread():
        warnings.simplefilter("ignore")
        return [function(k, *arguments) for k in numbers]


# table of errors -----------------------------------------------------------------------------------------------------
M = 11
BEST = 8.750e-4
# n / m, law, conditioned: q50, q90, q99, mean of rho^2, P(1/2), P(0.1) for function (1)
REFERENCE = {
    (1, "iid", False): (13.1, 115, 845, 6e4, 0, 0),
    (1, "DPP", False): (2.56, 5.02, 9.81, 12.2, 0.003, 0.26),
    (2, "iid", False): (2.15, 6.39, 21.6, 36.8, 0.003, 0.33),
    (2, "volume", False): (1.39, 2.30, 4.12, 3.01, 0.011, 0.82),
    (2, "repeated DPP", False): (1.23, 1.62, 2.38, 1.80, 0.098, 0.98),
    (3, "iid", False): (1.35, 2.50, 8.65, 4.87, 0.009, 0.78),
    (3, "volume", False): (1.21, 1.60, 2.69, 1.85, 0.029, 0.95),
    (3, "repeated DPP", False): (1.12, 1.28, 1.57, 1.34, 0.365, 1.00),
    (3, "repeated DPP", True): (1.08, 1.15, 1.25, 1.19, 1, 1),
    (5, "iid", False): (1.13, 1.36, 2.30, 1.49, 0.136, 0.98),
    (5, "iid", True): (1.07, 1.12, 1.18, 1.15, 1, 1),
    (5, "volume", False): (1.11, 1.26, 1.63, 1.31, 0.196, 1.00),
    (5, "repeated DPP", False): (1.06, 1.12, 1.24, 1.15, 0.833, 1),
    (10, "iid", False): (1.05, 1.12, 1.22, 1.13, 0.671, 1),
    (10, "volume", False): (1.05, 1.10, 1.18, 1.12, 0.714, 1),
    (10, "repeated DPP", False): (1.03, 1.05, 1.08, 1.06, 0.998, 1),
}
METHODS = {"iid": "iid", "DPP": "dpp", "volume": "volume", "repeated DPP": "repeated_dpp"}


def one_error(k, projection, key, ratio, law, conditioned):
    """rho, lambda_min and the tries of one design; nan when none of 50 was stable."""
    try:
        design = optimal_design(
            projection.space, ratio * projection.space.dim, method=METHODS[law], delta=0.5, condition=conditioned,
            max_tries=50, n_simulations=0, rng=np.random.SeedSequence([1, key, k]),
        )  # fmt: skip
    except st.exceptions.StabilityError:
        return np.nan, np.nan, 50
    rho = projection.error(projection.fit(design)) / np.sqrt(projection.left)
    return rho, design.lambda_min, design.n_tries


def errors(repetitions, n_jobs):
    """For each function a list of ((n / m, law, conditioned), statistics); statistics as in REFERENCE, and tries."""
    found = {}
    for f, name in enumerate(FUNCTIONS):
        projection = Projection(name, M)
        if name == "(1)":
            assert abs(np.sqrt(projection.left) / BEST - 1) < 1e-3, projection.left
        found[name] = {}
        for row, (ratio, law, conditioned) in enumerate(REFERENCE):
            values = in_parallel(n_jobs, one_error, repetitions, projection, 100 * f + row, ratio, law, conditioned)
            rho, smallest, _ = values[~np.isnan(values[:, 0])].T
            shares = [np.mean(smallest >= 0.5 - 1e-12), np.mean(smallest >= 0.1)]
            found[name][ratio, law, conditioned] = (
                *np.quantile(rho, [0.5, 0.9, 0.99]), np.mean(rho**2), *shares,
                len(rho) / values[:, 2].sum(), int(np.isnan(values[:, 0]).sum()),
            )  # fmt: skip
            progress(f"errors {name}, {law_name(law, conditioned)}, n = {ratio} m")
    return found


def law_name(law, conditioned):
    return f"{law}, conditioned" if conditioned else law


def number(value):
    """Three digits, without an exponent below a million."""
    return f"{value:.0f}" if 100 <= value < 1e6 else f"{value:.2e}" if value >= 1e6 else f"{value:#.3g}".rstrip(".")


def error_table(found, *, reference):
    """Markdown; with the reference in parentheses."""
    lines = ["| n | law | q50 | q90 | q99 | mean rho^2 | P(1/2) | P(0.1) |", "|---|---|--:|--:|--:|--:|--:|--:|"]
    for (ratio, law, conditioned), values in found.items():
        cells = [number(v) for v in values[:4]] + [f"{v:.3f}" for v in values[4:6]]
        if reference:
            known = REFERENCE[ratio, law, conditioned]
            cells = [f"{c} ({k:g})" for c, k in zip(cells, known, strict=True)]
        size = "m" if ratio == 1 else f"{ratio} m"
        lines.append(f"| {size} | {law_name(law, conditioned)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def deviations(found):
    """Relative distances of medians at n = 2 m, 3 m, 5 m from their reference."""
    return {key: found[key][0] / known[0] - 1 for key, known in REFERENCE.items() if key[0] in (2, 3, 5)}


def error_words(found, repetitions):
    """How to read the tables of errors."""
    far = deviations(found["(1)"])
    worst = max(far, key=lambda key: abs(far[key]))
    lines = [
        f"Medians at n = 2 m, 3 m and 5 m for (1) lie within {100 * max(map(abs, far.values())):.1f} percent of their "
        f"references ({worst[0]} m, {law_name(*worst[1:])}, is the farthest); the tolerance is "
        f"{100 * TOLERANCE:.0f} percent."
    ]
    for name, values in found.items():
        iid, repeated = values[3, "iid", False], values[3, "repeated DPP", False]
        lines.append(
            f"Function {name} at n = 3 m: the median of repeated DPPs is {repeated[0] / iid[0]:.2f} times, and their "
            f"99 percent quantile {repeated[2] / iid[2]:.2f} times, that of independent points."
        )
    one = found["(1)"]
    lines += [
        f"One DPP, n = m: E rho^2 = m + 1 = 12 exactly; the mean here is {number(one[1, 'DPP', False][3])} for (1) and "
        f"{number(found['(2)'][1, 'DPP', False][3])} for (2). For independent points at n = m and 2 m a few designs "
        "make up the mean, which differs from seed to seed by factors.",
        "Conditioned rows: a draw was stable with probability "
        f"{one[3, 'repeated DPP', True][6]:.2f} (repeated DPP, 3 m) and {one[5, 'iid', True][6]:.2f} (iid, 5 m) for "
        f"(1), and {one[3, 'repeated DPP', True][7]} and {one[5, 'iid', True][7]} of {repetitions} designs found no "
        "stable draw among 50 and are left out.",
        f"With R = {repetitions} the standard error of a share of 0.2 is {np.sqrt(0.16 / repetitions):.3f}.",
    ]
    return lines


# selection and removal -----------------------------------------------------------------------------------------------
PRUNED = {
    "best of 100 iid, stable, n = 108": ({"n": 108, "method": "boosted"}, (1.03, 1.04)),
    "the same, pruned to n = m": ({"n": 108, "method": "boosted", "subsample_to": M}, (1.81, 2.33)),
    "best of 100 iid, n = m": ({"n": M, "method": "boosted", "condition": False}, (4.8, 30)),
    "repeated DPP of 3 m, pruned to n = m": ({"n": M, "method": "greedy"}, (1.82, 2.42)),
}


def one_pruned(k, projection, key, options):
    design = optimal_design(
        projection.space, delta=0.9, n_simulations=0, rng=np.random.SeedSequence([2, key, k]), **options
    )
    return projection.error(projection.fit(design)) / np.sqrt(projection.left), design.n


def pruned_table(repetitions, n_jobs):
    lines = ["| design | n, mean | median rho | q90 |", "|---|--:|--:|--:|"]
    projection = Projection("(1)", M)
    for key, (name, (options, known)) in enumerate(PRUNED.items()):
        rho, n = in_parallel(n_jobs, one_pruned, repetitions, projection, key, options).T
        cells = [f"{number(v)} ({k:g})" for v, k in zip(np.quantile(rho, [0.5, 0.9]), known, strict=True)]
        lines.append(f"| {name} | {n.mean():.1f} | " + " | ".join(cells) + " |")
        progress(f"pruned, {name}")
    return "\n".join(lines)


# pool ----------------------------------------------------------------------------------------------------------------
POOL_ROWS, POOL_COLUMNS = 2000, 10
POOL_LAWS = ("uniform", "leverage", "volume", "leveraged_volume", "repeated_dpp")


def pool():
    """Rows with t_3 entries and labels that are nearly linear in them."""
    rng = np.random.default_rng([3, 0])
    x = rng.standard_t(3, (POOL_ROWS, POOL_COLUMNS))
    y = x.sum(axis=1) + 0.5 * np.sin(2 * x[:, :3]).sum(axis=1) + 0.1 * rng.standard_normal(POOL_ROWS)
    return orthonormal_rows(x), y


def one_loss(k, problem, y, target, left, key):
    """L(w) / L(w*) and the number of distinct rows of one design."""
    generator = np.random.default_rng(np.random.SeedSequence([3, key, k]))
    sample = LAWS[problem.method].draw(problem, generator)
    found = weighted_fit(sample.features, y[sample.where], sample.weights).coefficients
    return 1 + np.sum((found - target) ** 2) / left, len(np.unique(sample.where))


def losses(repetitions, n_jobs):
    """For each (k / d, law): quantiles 0.5, 0.9, 0.99 and mean of L(w) / L(w*), and the mean number of labels."""
    rows, y = pool()
    features = rows.stored
    target = features.T @ y / len(y)
    left = float(np.mean((y - features @ target) ** 2))
    found = {}
    for ratio in (1, 2, 5, 10):
        for law in POOL_LAWS:
            problem = PoolProblem(rows, law, ratio * POOL_COLUMNS, np.empty(0, dtype=np.intp))
            values = in_parallel(n_jobs, one_loss, repetitions, problem, y, target, left, len(found) + 1)
            loss, labels = values.T
            found[ratio, law] = (*np.quantile(loss, [0.5, 0.9, 0.99]), loss.mean(), labels.mean())
            progress(f"pool, {law}, k = {ratio} d")
    return found


def loss_table(found):
    lines = ["| k | law | q50 | q90 | q99 | mean | labels, mean |", "|---|---|--:|--:|--:|--:|--:|"]
    for (ratio, law), values in found.items():
        cells = [number(v) for v in values[:4]] + [f"{values[4]:.1f}"]
        lines.append(f"| {'d' if ratio == 1 else f'{ratio} d'} | {law} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def loss_words(found):
    volume, many = found[1, "volume"], found[10, "leveraged_volume"]
    lightest = {ratio: min(POOL_LAWS, key=lambda law: found[ratio, law][2]) for ratio in (2, 5, 10)}
    listed = ", ".join(f"{law} at {ratio} d ({number(found[ratio, law][2])})" for ratio, law in lightest.items())
    return [
        f"At k = d the 90 percent quantile of volume sampling is {volume[1] / found[1, 'uniform'][1]:.3f} times that "
        f"of uniform rows and {volume[1] / found[1, 'leverage'][1]:.3f} times that of independent rows in proportion "
        f"to leverage. Its mean is d + 1 = 11 exactly; here {number(volume[3])}. "
        "leveraged_volume and repeated_dpp are the same law at k = d: how their rows differ shows the sampling error.",
        f"The smallest 99 percent quantile: {listed}.",
        "At k = 10 d the 90 percent quantile of leveraged volume sampling is "
        f"{many[1] / found[10, 'leverage'][1]:.2f} times that of independent leverage rows, and its 100 draws cost "
        f"{many[4]:.1f} labels on average, since rows come more than once.",
    ]


# inference -----------------------------------------------------------------------------------------------------------
M_INFERENCE, LEVEL = 6, 0.95
TYPES = ("nonrobust", "HC1", "HC2", "HC3", "dpp-block")
DESIGNS = (("iid", 3), ("iid", 5), ("volume", 3), ("volume", 5), ("repeated DPP", 3), ("repeated DPP", 5))


def one_inference(k, projection, key, ratio, law, noise):
    """Coefficients and standard errors of all types, flat."""
    m = projection.space.dim
    seed = np.random.SeedSequence([4, key, k])
    design = optimal_design(
        projection.space, ratio * m, method=METHODS[law], condition=False, n_simulations=0, rng=seed
    )
    y = projection.function(design.points[:, 0])
    y = y + noise * np.random.default_rng([4, key, k, 1]).standard_normal(len(y))
    fit = WeightedLeastSquares(projection.space, cov_type="HC2").fit(design.points, y, design=design).results_
    types = TYPES if law == "repeated DPP" else TYPES[:-1]
    rows = [np.sqrt(np.diag(fit.cov_params(name))) for name in types]
    return np.concatenate([fit.params, *rows])


def inference_table(repetitions, n_jobs):
    """Markdown, and {(law, n / m, noise): {type: (coverage, median of SE over sd)}}."""
    projection = Projection("(2)", M_INFERENCE)
    m, found = M_INFERENCE, {}
    lines = ["| design | n | noise sd | " + " | ".join(TYPES) + " |", "|---|--:|--:|" + "--:|" * len(TYPES)]
    for noise in (0.0, 0.2):
        for key, (law, ratio) in enumerate(DESIGNS):
            code = 10 * int(noise > 0) + key
            values = in_parallel(n_jobs, one_inference, repetitions, projection, code, ratio, law, noise)
            estimates, errors_ = values[:, :m], values[:, m:].reshape(len(values), -1, m)
            sd = estimates.std(axis=0, ddof=1)
            cells = {}
            for t, name in enumerate(TYPES[: errors_.shape[1]]):
                df = ratio - 1 if name == "dpp-block" else (ratio - 1) * m
                reach = stats.t.ppf((1 + LEVEL) / 2, df) * errors_[:, t]
                covered = np.mean(np.abs(estimates - projection.coefficients) <= reach)
                cells[name] = covered, float(np.median(np.median(errors_[:, t], axis=0) / sd))
            found[law, ratio, noise] = cells
            texts = [f"{cells[n][0]:.3f} ({cells[n][1]:.2f})" if n in cells else "" for n in TYPES]
            lines.append(f"| {law} | {ratio} m | {noise:g} | " + " | ".join(texts) + " |")
            progress(f"inference, {law}, n = {ratio} m, noise {noise:g}")
    return "\n".join(lines), found


def inference_words(found, repetitions):
    block = found["repeated DPP", 5, 0.0]
    return [
        f"Two binomial standard errors of a coverage of 0.95 over {repetitions} designs are "
        f"{2 * np.sqrt(0.05 * 0.95 / repetitions):.3f} for one coefficient; the table averages over {M_INFERENCE} "
        "coefficients.",
        f"Without noise the residual is what the space misses. On repeated DPPs of 5 m points HC2 is "
        f"{block['HC2'][1]:.2f} times the standard deviation and dpp-block {block['dpp-block'][1]:.2f} times: only the "
        "block type credits the repulsion of the points.",
        f"With noise of sd 0.2 on repeated DPPs of 5 m points HC2 covers {found['repeated DPP', 5, 0.2]['HC2'][0]:.3f} "
        f"and dpp-block {found['repeated DPP', 5, 0.2]['dpp-block'][0]:.3f}.",
        f"Independent points at 3 m without noise: HC2 covers {found['iid', 3, 0.0]['HC2'][0]:.3f}, HC3 "
        f"{found['iid', 3, 0.0]['HC3'][0]:.3f}. This is why `cov_type=\"auto\"` takes HC3 below 5 m points.",
    ]


# estimates of the error ----------------------------------------------------------------------------------------------
def one_estimate(k, projection, key, ratio, law):
    """Leave-one-out and final prediction error over the true error."""
    seed = np.random.SeedSequence([5, key, k])
    design = optimal_design(
        projection.space, ratio * M, method=METHODS[law], condition=False, n_simulations=0, rng=seed
    )
    y = projection.function(design.points[:, 0])
    fit = WeightedLeastSquares(projection.space).fit(design.points, y, design=design).results_
    true = projection.error(fit.params)
    return fit.loo_error / true, fit.fpe / true


def estimate_table(repetitions, n_jobs):
    """Markdown, and a sentence on designs that have no leave-one-out error."""
    projection, undefined = Projection("(2)", M), {}
    lines = ["| design | n | leave-one-out: q10 | q50 | q90 | FPE: q10 | q50 | q90 |", "|---|--:|" + "--:|" * 6]
    cases = (("iid", 2), ("iid", 3), ("volume", 3), ("repeated DPP", 3), ("iid", 5), ("repeated DPP", 5),
             ("repeated DPP", 10))  # fmt: skip
    for key, (law, ratio) in enumerate(cases):
        values = in_parallel(n_jobs, one_estimate, repetitions, projection, key, ratio, law)
        cells = [f"{q:.2f}" for column in values.T for q in np.nanquantile(column, [0.1, 0.5, 0.9])]
        if missing := int(np.isnan(values[:, 0]).sum()):
            undefined[law, ratio] = missing
        lines.append(f"| {law} | {ratio} m | " + " | ".join(cells) + " |")
        progress(f"estimates, {law}, n = {ratio} m")
    if not undefined:
        return "\n".join(lines), ""
    listed = ", ".join(f"{law} at {ratio} m, {count} of {repetitions}" for (law, ratio), count in undefined.items())
    words = f" So is leave-one-out where a point has leverage one up to rounding; left out: {listed}."
    return "\n".join(lines), words


# the page ------------------------------------------------------------------------------------------------------------
STARTED = time.time()


def progress(text):
    print(f"[{time.time() - STARTED:5.0f} s] {text}", file=sys.stderr, flush=True)


def items(sentences):
    """A bullet each, in lines of at most 120 characters."""
    import textwrap

    return "\n".join(textwrap.fill(s, 120, initial_indent="- ", subsequent_indent="  ") for s in sentences)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=float, default=1.0, help="factor on every R")
    parser.add_argument("--write", type=Path, help="a Markdown page to write the section to")
    parser.add_argument("--n-jobs", type=int, default=2)
    options = parser.parse_args()

    def size(full):
        return max(20, round(full * options.repetitions))

    found = errors(size(2000), options.n_jobs)
    pruned = pruned_table(size(40), options.n_jobs)
    pooled = losses(size(2000), options.n_jobs)
    inference, calibration = inference_table(size(1500), options.n_jobs)
    estimates, undefined = estimate_table(size(1500), options.n_jobs)
    text = SECTION.format(
        version=st.__version__, r_errors=size(2000), r_pruned=size(40), r_pool=size(2000), r_inference=size(1500),
        first=error_table(found["(1)"], reference=True), second=error_table(found["(2)"], reference=False),
        reading=items(error_words(found, size(2000))), pruned=pruned, pooled=loss_table(pooled),
        pool_reading=items(loss_words(pooled)), inference=inference,
        inference_reading=items(inference_words(calibration, size(1500))), estimates=estimates,
        estimates_reading=items([
            "1 is exact, and a value above 1 overstates the error. Both are undefined for n = m." + undefined
        ]),
    )  # fmt: skip
    print(f"## {HEADING}\n\n{text}")
    if options.write:
        write_section(options.write, HEADING, text)
    far = {law_name(*key[1:]) + f", {key[0]} m": d for key, d in deviations(found["(1)"]).items() if abs(d) > TOLERANCE}
    for name, deviation in far.items():
        print(f"median of {name}: {100 * deviation:+.1f} percent from its reference", file=sys.stderr)
    return int(bool(far) and options.repetitions >= 1)


SECTION = """\
Written by `benchmarks/wls_tables.py` with stattools {version}. R is the number of designs a row. The laws are those of
`optimal_design` and `pool_design`: iid are independent points from the optimal measure. Functions, sizes and numbers of
designs below are this package's choice; (1), (2) and m = 11 are after the public code of Haberstich, Nouy and Perrin
(2022), whose printed numbers are not comparable and are not quoted. Bounds that a design prints in words have constants
derived in this package, and none of the tables tests a constant of a paper.

### Errors of fits to exact values

rho = |f - Qf| / |f - Pf|, both norms exact by Gauss quadrature: Qf is the fit on the design and Pf the best
approximation in L2(mu), so that rho is 1 at best. m = 11, all degrees up to 10, R = {r_errors}. P(1/2) and P(0.1) are
the shares of designs with lambda_min of at least 1/2 and 0.1. Conditioned: drawn until lambda_min is at least 1/2, at
most 50 times. In parentheses: values of a prototype written before this package and drawn with other seeds.

Function (1): exp(-(x - 1)^2 / 4), Hermite polynomials for N(0, 1), |f - Pf| = 8.750e-4.

{first}

Function (2): 1 / (1 + 5 x^2), Legendre polynomials on [-1, 1].

{second}

How to read it:

{reading}

### Selection and removal

Function (1), delta = 0.9, R = {r_pruned}; the values of the prototype in parentheses.

{pruned}

How to read it: rows with n = m interpolate. The second row selects among 100 designs of 108 points, 10,800 in all; the
fourth draws 33 points, again if they are not stable. One DPP of 11 points without removal has the row "m, DPP" above.
None of these designs is unbiased.

### Rows of a pool

{r_pool} draws from one pool: 2000 rows with 10 independent t_3 entries, labels x.1 + (1/2) sum sin(2 x_j) over three
columns + 0.1 normal noise. L(w) / L(w*) is the loss of the fit on k labelled rows over that of the fit to all. Labels
are distinct rows.

{pooled}

How to read it:

{pool_reading}

### Coverage of confidence intervals

Share of 95 percent intervals that cover the coefficients of the L2(mu) projection of function (2) on m = 6 Legendre
polynomials, and in parentheses the median over coefficients of (median standard error / standard deviation of the
estimates). R = {r_inference}; Student's t with n - m degrees of freedom, for dpp-block the number of blocks less one.

{inference}

How to read it:

{inference_reading}

### Estimates of the error

Leave-one-out error (`loo_error`) and final prediction error (`fpe`) over the true L2(mu) error, function (2), m = 11,
no noise, R = {r_inference}.

{estimates}

How to read it:

{estimates_reading}
"""

if __name__ == "__main__":
    sys.exit(main())
