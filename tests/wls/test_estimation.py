"""What fits on drawn designs do: exactness, unbiasedness, errors and coverage, against closed forms and stored tables.

Two functions serve throughout, with best approximations known by quadrature:
(1) exp(-(x - 1)^2 / 4) under N(0, 1), Hermite; (2) 1 / (1 + 5 x^2) on [-1, 1], Legendre; m = 11.
"""

from typing import NamedTuple

import numpy as np
import pytest

from stattools.wls import PolynomialSpace, WeightedLeastSquares, guarantees, laws, optimal_design, pool_design, thinning
from stattools.wls.sequential import draw_dpp
from stattools.wls.thinning import Stability
from tests import naive_wls


class Target(NamedTuple):
    """space; f; best : (m,) coefficients of the projection; error : squared norm of f less its projection."""

    space: PolynomialSpace
    f: object
    best: np.ndarray
    error: float

    def ratio(self, sample):
        """Norm of f less the fit over the norm of f less its projection."""
        fit = naive_wls.fit_coefficients(sample.features, sample.weights, self.f(sample.where[:, 0]))
        return np.sqrt(1 + ((fit - self.best) ** 2).sum() / self.error)

    def ratios(self, draw, n_designs, seed):
        generator = np.random.default_rng(seed)
        return np.array([self.ratio(draw(generator)) for _ in range(n_designs)])


def target(family, f, degree=10):
    space = PolynomialSpace(family, degree=degree)
    nodes, masses = space.univariate[0].quadrature(120)
    values, features = f(nodes), space.evaluate(nodes)
    best = features.T @ (masses * values)
    return Target(space, f, best, float(masses @ (values - features @ best) ** 2))


BUMP = target("hermite", lambda x: np.exp(-((x - 1) ** 2) / 4))
RUNGE = target("legendre", lambda x: 1 / (1 + 5 * x**2))


def drawer(of, law, n):
    space = of.space
    return {
        "iid": lambda g: laws.independent(space, n, g),
        "volume": lambda g: laws.volume_rescaled(space, n, g),
        "rdpp": lambda g: laws.repeated_dpp(space, n, g),
    }[law]


# reference -----------------------------------------------------------------------------------------------------------
def test_best_error_of_the_first_function():
    assert np.sqrt(BUMP.error) == pytest.approx(8.750e-4, rel=5e-4)


@pytest.mark.compiled
@pytest.mark.parametrize(
    "space",
    [
        PolynomialSpace("legendre", degree=60),
        PolynomialSpace("hermite", degree=40),
        PolynomialSpace(["legendre"] * 3, degree=8),
        PolynomialSpace(["hermite"] * 2, degree=12),
    ],
    ids=repr,
)
@pytest.mark.parametrize("times", [1, 3])
def test_functions_of_the_space_are_reproduced(space, times):
    rng = np.random.default_rng(1)
    design = optimal_design(space, times * space.dim, condition=False, n_simulations=0, rng=2)
    coefficients = rng.normal(size=space.dim)
    fit = WeightedLeastSquares(space).fit(design.points, design.features @ coefficients, design=design)
    np.testing.assert_allclose(fit.coef_, coefficients, atol=1e-12)  # condition numbers reach 100 at n = m


# property ------------------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_one_dpp_has_m_plus_one_times_the_best_error():
    ratios = BUMP.ratios(drawer(BUMP, "rdpp", 11), 20_000, 1)
    assert (ratios**2).mean() == pytest.approx(12, rel=0.05)  # standard error 0.15


@pytest.mark.slow
@pytest.mark.parametrize("r", [2, 3, 5, 10])
def test_averages_of_interpolants_have_their_error(r):
    generator, squares = np.random.default_rng(2), []
    for _ in range(20_000 // r):
        samples = [draw_dpp(BUMP.space, generator) for _ in range(r)]
        fits = [np.linalg.solve(s.features, BUMP.f(s.where[:, 0])) for s in samples]
        squares.append(1 + ((np.mean(fits, axis=0) - BUMP.best) ** 2).sum() / BUMP.error)
    assert np.mean(squares) == pytest.approx(1 + 11 / r, rel=0.10)  # standard error up to 4 percent


@pytest.mark.slow
@pytest.mark.parametrize("law, n, bound", [("volume", 22, 0.03), ("rdpp", 11, 0.05)])
def test_unbiased_laws_are_unbiased(law, n, bound):
    generator, draw = np.random.default_rng(3), drawer(BUMP, law, n)
    total = np.zeros(11)
    for _ in range(20_000):
        sample = draw(generator)
        total += naive_wls.fit_coefficients(sample.features, sample.weights, BUMP.f(sample.where[:, 0]))
    # simulation noise alone is 0.010 for volume sampling and 0.023 for one DPP
    assert np.linalg.norm(total / 20_000 - BUMP.best) / np.sqrt(BUMP.error) < bound


MEDIANS = {  # of the ratio for function (1), over 2000 designs, from an independent implementation
    ("iid", 22): 2.15, ("volume", 22): 1.39, ("rdpp", 22): 1.23,
    ("iid", 33): 1.35, ("volume", 33): 1.21, ("rdpp", 33): 1.12,
    ("iid", 55): 1.13, ("volume", 55): 1.11, ("rdpp", 55): 1.06,
}  # fmt: skip


@pytest.mark.replication
@pytest.mark.parametrize("law, n", MEDIANS)
def test_median_ratios_are_those_of_the_table(law, n):
    # 4 percent: the standard error of a median of 2000 is 3 percent for iid at 2m and below 1 percent elsewhere
    assert np.median(BUMP.ratios(drawer(BUMP, law, n), 4000, 4)) == pytest.approx(MEDIANS[law, n], rel=0.04)


@pytest.mark.slow
@pytest.mark.parametrize("of", [BUMP, RUNGE], ids=["bump", "runge"])
def test_repeated_dpps_beat_independent_points_in_the_tails_most(of):
    dpp, iid = (of.ratios(drawer(of, law, 33), 2000, 5) for law in ("rdpp", "iid"))
    assert np.median(dpp) <= 0.90 * np.median(iid)
    assert np.quantile(dpp, 0.99) <= 0.4 * np.quantile(iid, 0.99)


@pytest.mark.slow
@pytest.mark.parametrize(
    "law, n, low, high",
    [("rdpp", 55, 0.78, 1), ("iid", 55, 0, 0.20), ("volume", 55, 0.15, 0.28), ("rdpp", 110, 0.99, 1)],
)
def test_probability_of_stability(law, n, low, high):
    share = thinning.stable_share(drawer(BUMP, law, n), np.random.SeedSequence(6), Stability(0.5), 2000)
    assert low <= share <= high


@pytest.mark.slow
@pytest.mark.parametrize("method, n", [("iid", 110), ("repeated_dpp", 55), ("volume", 110)])
def test_stated_bounds_on_the_expected_error_hold(method, n):
    """Conditioned at delta = 0.5, and for the event alone; the bound is on a mean, so it must hold with room."""
    law = {"iid": "iid", "repeated_dpp": "rdpp", "volume": "volume"}[method]
    stability, draw, generator = Stability(0.5), drawer(RUNGE, law, n), np.random.default_rng(7)
    samples = [draw(generator) for _ in range(2000)]
    stable = np.array([stability.holds(s.eigenvalues) for s in samples])
    squares = np.array([RUNGE.ratio(s) ** 2 for s in samples])
    design = optimal_design(RUNGE.space, n, method=method, delta=0.5, rng=1, n_simulations=400)
    assert squares[stable].mean() <= guarantees.error_factor(design)[0]
    plain = optimal_design(RUNGE.space, n, method=method, delta=0.5, condition=False, rng=1, n_simulations=0)
    factor, words = guarantees.error_factor(plain)
    counted = squares if method == "volume" else squares * stable
    assert counted.mean() <= factor and words


@pytest.mark.slow
def test_greedy_designs_interpolate_well():
    ratios = []
    for seed in range(40):
        design = optimal_design(BUMP.space, method="greedy", rng=seed, n_simulations=0)
        ratios.append(BUMP.ratio(laws.Sample(design.points, design.features, design.sampling_weights)))
    assert np.median(ratios) <= 2.1


# calibration ---------------------------------------------------------------------------------------------------------
def fits(of, n, noise, n_designs, seed, **options):
    """Fits on unconditioned repeated DPPs of a function with noise, and the truth."""
    generator = np.random.default_rng(seed)
    for k in range(n_designs):
        design = optimal_design(of.space, n, condition=False, n_simulations=0, rng=10**6 * seed + k)
        y = of.f(design.points[:, 0]) + noise * generator.normal(size=n)
        yield WeightedLeastSquares(of.space, **options).fit(design.points, y, design=design).results_


@pytest.mark.slow
def test_prediction_errors_are_estimated():
    found = []
    for result in fits(RUNGE, 55, 0.0, 300, 8):
        truth = np.sqrt(RUNGE.error + ((result.params - RUNGE.best) ** 2).sum())
        found.append(result.loo_error / truth)
    assert 0.95 <= np.median(found) <= 1.3 and np.quantile(found, 0.9) <= 1.5


SMALL = target("legendre", lambda x: 1 / (1 + 5 * x**2), degree=5)


@pytest.mark.slow
@pytest.mark.parametrize(
    "noise, cov_type, low, high, ratio", [(0.2, "HC2", 0.92, 0.97, None), (0.0, "dpp-block", 0.93, 0.995, (0.85, 1.25))]
)
def test_intervals_cover(noise, cov_type, low, high, ratio):
    """Coverage of the coefficients of the projection at nominal 95 percent; bounds contain the design's own error.

    Without noise the only error is that of the design, which intervals from residuals can but approximate.
    """
    covered, errors, estimates = [], [], []
    for result in fits(SMALL, 30, noise, 1500, 9, cov_type=cov_type):
        limits = result.conf_int()
        covered.append((limits[:, 0] <= SMALL.best) & (SMALL.best <= limits[:, 1]))
        errors.append(result.bse)
        estimates.append(result.params)
    assert low <= np.mean(covered) <= high
    if ratio is not None:
        relative = np.median(errors, axis=0) / np.std(estimates, axis=0)
        assert ratio[0] <= relative.mean() <= ratio[1]


# pools ---------------------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_volume_sampling_avoids_the_bad_draws_of_uniform_rows():
    rng = np.random.default_rng(10)
    X = rng.standard_t(3, size=(2000, 10))
    y = X @ rng.normal(size=10) + 0.3 * np.sin(X[:, 0] * 2) + 0.2 * rng.normal(size=2000)
    best = np.linalg.lstsq(X, y, rcond=None)[0]
    loss = ((X @ best - y) ** 2).sum()
    tails = {}
    for method in ("volume", "uniform"):
        losses = []
        for seed in range(400):
            rows = pool_design(X, 10, method=method, n_simulations=0, rng=seed).indices
            losses.append(((X @ np.linalg.lstsq(X[rows], y[rows], rcond=None)[0] - y) ** 2).sum() / loss)
        tails[method] = np.quantile(losses, 0.9)
    assert tails["volume"] <= 0.15 * tails["uniform"]


def covers(result, truth):
    limits = np.asarray(result.conf_int())
    return (limits[:, 0] <= truth) & (truth <= limits[:, 1])


def labelled_pool(seed, n_rows=1000, dominant=0, bent=False):
    """Five columns and a constant, some rows thirty times as far out; y with noise or with curvature; all rows' fit."""
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(n_rows, 5))
    Z[:dominant] *= 30.0
    X = np.column_stack([np.ones(n_rows), Z])
    rest = 0.3 * np.minimum(Z[:, 0] ** 2, 30) + 0.3 * rng.normal(size=n_rows) if bent else rng.normal(size=n_rows)
    y = X.sum(axis=1) + rest
    return X, y, np.linalg.lstsq(X, y, rcond=None)[0]


def fit_of(X, y, design, **options):
    return WeightedLeastSquares(**options).fit(X[design.indices], y[design.indices], design=design).results_


# Bounds on coverage leave 1 to 3 percent around what 300 to 900 intervals that are partly dependent were measured at.
@pytest.mark.slow
def test_intervals_under_importance_cover_by_default():
    covered = {"auto": [], "HC2": [], "nonrobust": []}
    for seed in range(300):
        rng = np.random.default_rng(seed)
        Z = rng.normal(size=(160, 7))
        X, w = np.column_stack([np.ones(160), Z]), np.exp(Z[:, 0] / 1.2 + 0.5 * rng.normal(size=160))
        y = X.sum(axis=1) + rng.normal(size=160) * np.exp(0.4 * Z[:, 0])
        for cov_type, values in covered.items():
            result = WeightedLeastSquares(cov_type=cov_type).fit(X, y, sample_weight=w).results_
            values.append(covers(result, 1.0))
    assert 0.94 <= np.mean(covered["auto"]) <= 0.975
    assert np.mean(covered["nonrobust"]) < 0.85
    assert np.mean(covered["HC2"]) < np.mean(covered["auto"]) - 0.01


@pytest.mark.slow
@pytest.mark.parametrize("bent", [False, True])
@pytest.mark.parametrize("n", [12, 30])
def test_rows_of_a_pool_have_intervals_and_errors_that_hold(n, bent):
    """Eight dominant rows and volume sampling: HC3 covers, HC2 does not; errors are those over the pool."""
    covered, of_hc2, ratios, unweighted = [], [], [], []
    for seed in range(150):
        X, y, best = labelled_pool(seed, dominant=8, bent=bent)
        result = fit_of(X, y, pool_design(X, n, method="volume", n_simulations=0, rng=seed))
        covered.append(covers(result, best))
        of_hc2.append(covers(fit_of(X, y, result.design, cov_type="HC2"), best))
        truth = np.sqrt(np.mean((y - X @ result.params) ** 2))
        ratios.append(result.loo_error / truth)
        unweighted.append(np.sqrt(np.mean(result.loo_residuals**2)) / truth)
    assert 0.95 <= np.mean(covered) <= 0.999
    assert not bent or np.mean(of_hc2) < 0.75
    assert 0.95 <= np.median(ratios) <= (2.2 if n == 12 else 1.35)
    assert np.median(unweighted) > 2.0 * np.median(ratios)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["uniform", "volume"])
@pytest.mark.parametrize("n", [75, 150])
def test_intervals_for_a_finite_population_cover(method, n):
    covered = {True: [], False: []}
    for seed in range(150):
        X, y, best = labelled_pool(seed // 3, n_rows=300)
        design = pool_design(X, n, method=method, n_simulations=0, rng=seed)
        for flag, values in covered.items():
            values.append(covers(fit_of(X, y, design, finite_population=flag), best))
    assert 0.925 <= np.mean(covered[True]) <= 0.975
    assert np.mean(covered[False]) > 0.97


@pytest.mark.slow
def test_a_model_counts_each_label_once():
    covered = []
    for seed in range(250):
        X, y, _ = labelled_pool(seed, n_rows=500, dominant=5)
        design = pool_design(X, 30, method="leveraged_volume", n_simulations=0, rng=seed)
        assert design.n_unique < 30
        covered.append(covers(fit_of(X, y, design, estimand="model"), 1.0))
    assert 0.93 <= np.mean(covered) <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("method, n", [("repeated_dpp", 18), ("repeated_dpp", 30), ("leverage", 30)])
def test_leave_one_out_over_draws_with_copies_is_the_error_over_the_pool(method, n):
    covered, ratios = [], []
    for seed in range(150):
        X, y, best = labelled_pool(seed, n_rows=500, dominant=5, bent=True)
        result = fit_of(X, y, pool_design(X, n, method=method, n_simulations=0, rng=seed))
        covered.append(covers(result, best))
        ratios.append(result.loo_error / np.sqrt(np.mean((y - X @ result.params) ** 2)))
    assert 0.93 <= np.nanmean(covered) <= 0.99
    assert 0.9 <= np.nanmedian(ratios) <= 1.15


@pytest.mark.slow
@pytest.mark.parametrize("cov_type", ["HC2", "dpp-block", "design"])
@pytest.mark.parametrize("blocks", [3, 5])
def test_intervals_of_observations_cover_with_few_blocks(cov_type, blocks):
    space, covered, widths = PolynomialSpace("legendre", degree=4), [], []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        design = optimal_design(space, 5 * blocks, n_simulations=0, rng=seed)
        y = np.exp(design.points[:, 0]) + 0.1 * rng.normal(size=5 * blocks)
        z = rng.uniform(-1, 1, (200, 1))
        new = np.exp(z[:, 0]) + 0.1 * rng.normal(size=200)
        fit = WeightedLeastSquares(space, cov_type=cov_type).fit(design.points, y, design=design)
        limits = fit.results_.get_prediction(z).conf_int(obs=True)
        covered.append((limits[:, 0] <= new) & (new <= limits[:, 1]))
        widths.append(limits[:, 1] - limits[:, 0])
    assert 0.92 <= np.mean(covered) <= 0.965
    assert np.mean(widths) < 0.65


@pytest.mark.slow
def test_corrected_sobol_indices_are_nearly_unbiased():
    space, truth = PolynomialSpace(["legendre"] * 4, degree=3), np.array([0.8, 0.2, 0.0, 0.0])
    found, plain, covered = [], [], []
    for seed in range(150):
        design = optimal_design(space, 2 * space.dim, n_simulations=0, rng=seed)
        noise = np.random.default_rng(seed).normal(size=design.n)
        y = design.points[:, 0] + 0.5 * design.points[:, 1] + 0.5 * noise
        result = WeightedLeastSquares(space).fit(design.points, y, design=design).results_
        table = result.sobol()
        found.append(table["total"])
        plain.append(result.sobol(corrected=False)["total"])
        covered.append(np.abs(table["total"] - truth) <= 1.96 * table["total_se"])
    # a share is a ratio, which is biased still; 0.036 was measured, with a standard error of 0.012
    assert np.abs(np.mean(found, axis=0) - truth).max() < 0.07
    assert np.mean(plain, axis=0)[2:].min() > 0.1
    assert 0.85 <= np.mean(covered) <= 0.99
