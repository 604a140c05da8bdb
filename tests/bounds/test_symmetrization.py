import itertools
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, strategies as st

from stattools.bounds import (
    margin,
    rademacher,
    rademacher_finite,
    rademacher_kernel,
    rademacher_linear,
    rademacher_monte_carlo,
    rademacher_network,
    spectral_complexity,
    vc,
)
from stattools.exceptions import InvalidDataError, InvalidParameterError
from stattools.results.base import Result
from tests import naive_bounds_pac as naive


def signs_of(n):
    return np.array(list(itertools.product([-1.0, 1.0], repeat=n)))


# naive ---------------------------------------------------------------------------------------------------------------
@given(seed=st.integers(0, 10**6), n=st.integers(1, 8), d=st.integers(1, 4))
def test_closed_bounds_are_above_the_enumerated_complexity(seed, n, d):
    X = np.random.default_rng(seed).normal(size=(n, d))
    sums = signs_of(n) @ X
    assert np.linalg.norm(sums, axis=1).mean() / n <= rademacher_linear(X, 1.0) * (1 + 1e-12)
    assert np.abs(sums).max(axis=1).mean() / n <= rademacher_linear(X, 1.0, norm="l1") * (1 + 1e-12)
    assert rademacher_kernel(X @ X.T, 2.0) == pytest.approx(2 * rademacher_linear(X, 1.0), rel=1e-12)
    assert naive.empirical_rademacher(X.T) <= rademacher_finite(X.T) + 1e-12


def test_simulation_agrees_with_enumeration():
    outputs = np.random.default_rng(0).normal(size=(5, 8))
    exact = naive.empirical_rademacher(outputs)
    found = rademacher_monte_carlo(outputs, n_draws=4000, rng=1)
    # five standard errors of the simulation
    assert found.components["estimate"] == pytest.approx(exact, abs=5 * found.components["std_error"])
    assert exact <= found.value


# property ------------------------------------------------------------------------------------------------------------
def test_a_class_by_its_values_or_by_its_supremum():
    X = np.random.default_rng(0).normal(size=(30, 3))
    by_values = rademacher_monte_carlo(np.vstack([X.T, -X.T]), n_draws=300, rng=3)
    by_supremum = rademacher_monte_carlo(
        supremum=lambda s: np.abs(X.T @ s).max(), envelope=np.abs(X).max(axis=1), n_draws=300, rng=3
    )
    assert by_values.value == pytest.approx(by_supremum.value, rel=1e-13)
    assert by_values.provenance.seed == 3
    assert Result.from_json(by_values.to_json()) == by_values


def test_more_draws_extend_fewer():
    outputs = np.random.default_rng(0).normal(size=(5, 20))
    few, many = (rademacher_monte_carlo(outputs, n_draws=n, rng=0) for n in (128, 256))
    assert many.components["error limit"] == pytest.approx(few.components["error limit"] / math.sqrt(2), rel=1e-14)
    assert few.components["estimate"] != many.components["estimate"]


def test_a_simulated_complexity_brings_its_delta():
    found = rademacher_monte_carlo(np.ones((2, 50)), delta=0.02, rng=0)
    bound = rademacher(0.1, found, 50, delta=0.05)
    assert bound.delta == pytest.approx(0.07)
    assert bound.value == pytest.approx(min(1.0, rademacher(0.1, found.value, 50).value))
    assert margin(np.ones(50), found, 1.0).delta == pytest.approx(0.07)


@given(q=st.floats(0, 1), c=st.floats(0, 1), n=st.integers(1, 10**7))
def test_factors(q, c, n):
    loss, signs = rademacher(q, c, n), rademacher(q, c / 2, n, of="scores", lipschitz=2.0)
    assert loss.components["factor"] * c == pytest.approx(signs.components["factor"] * c / 2)
    assert rademacher(q, c, n, of="signs").value <= loss.value
    assert rademacher(q, c, n, empirical=False).value <= loss.value


def test_network_bounds():
    W = [np.array([[3.0, 4.0], [0.0, 0.0]]), np.array([[2.0, 0.0]])]
    X = np.random.default_rng(0).normal(size=(7, 2))
    by_matrices, by_norms = rademacher_network(W, X), rademacher_network([5.0, 2.0], X)
    assert by_matrices == pytest.approx(by_norms, rel=1e-14)
    # one layer is linear; the bound for networks is larger by its factor
    assert rademacher_network([1.0], X) == pytest.approx((math.sqrt(2 * math.log(2)) + 1) * rademacher_linear(X, 1.0))
    assert spectral_complexity(W) == pytest.approx(5 * 2 * (1 + 1) ** 1.5)  # both layers have rank one and one row
    assert spectral_complexity(W, reference=W) == 0
    scaled = spectral_complexity([10 * W[0], W[1] / 10])
    assert scaled == pytest.approx(spectral_complexity(W), rel=1e-12)


@given(seed=st.integers(0, 10**6), rho=st.floats(0.05, 3))
def test_margin_losses(seed, rho):
    margins = np.random.default_rng(seed).normal(size=40)
    ramp, fraction = margin(margins, 0.0, rho), margin(margins, 0.0, rho, loss="fraction")
    assert ramp.empirical_risk <= ramp.components["margin loss"] <= fraction.components["margin loss"]
    assert ramp.value <= fraction.value


def test_margins_to_choose_from_share_delta():
    margins = np.random.default_rng(0).normal(1.0, 1.0, size=10_000)
    grid = [0.25, 0.5, 1.0, 2.0]
    together = margin(margins, 0.01, grid)
    apart = [margin(margins, 0.01, r, delta=0.05 / 4).value for r in grid]
    assert together.value == pytest.approx(min(apart), rel=1e-14)
    assert together.components["rho"] == grid[int(np.argmin(apart))]


def test_signs_are_not_held_together():
    outputs = np.ones((1, 10**5))
    tracemalloc.start()
    found = rademacher_monte_carlo(outputs, n_draws=400, rng=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 150e6  # all signs at once take 640 MB
    assert abs(found.components["estimate"]) < 5 * found.components["std_error"]


def test_how_many_signs_are_held_does_not_matter(monkeypatch):
    outputs = np.random.default_rng(0).normal(size=(3, 101))
    here = rademacher_monte_carlo(outputs, n_draws=300, rng=0)
    monkeypatch.setattr("stattools.bounds.symmetrization.AT_ONCE", 707)
    # products of other shapes may round differently
    assert rademacher_monte_carlo(outputs, n_draws=300, rng=0).value == pytest.approx(here.value, rel=1e-13)


# reference -----------------------------------------------------------------------------------------------------------
def test_formulas():
    n, r, c = 10**4, 0.1, 0.02
    assert rademacher(r, c, n, empirical=False).value == pytest.approx(r + 2 * c + math.sqrt(math.log(20) / (2 * n)))
    assert rademacher(r, c, n).value == pytest.approx(r + 2 * c + 3 * math.sqrt(math.log(40) / (2 * n)))
    margins = np.full(n, 2.0)
    assert margin(margins, c, 0.5).value == pytest.approx(4 * c + 3 * math.sqrt(math.log(40) / (2 * n)))
    uniform = 8 * c + math.sqrt(math.log(math.log2(2 * 4 / 0.5)) / n) + 3 * math.sqrt(math.log(80) / (2 * n))
    assert margin(margins, c, 0.5, rho_max=4.0).value == pytest.approx(uniform)


def test_rate():
    n = [10**4, 10**5, 10**6]
    gaps = [rademacher(0.1, rademacher_linear(np.ones((m, 1)), 1.0), m).gap for m in n]
    assert np.polyfit(np.log(n), np.log(gaps), 1)[0] == pytest.approx(-0.5, abs=1e-6)  # exact but for rounding


# calibration ---------------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_the_limit_of_a_simulation_holds():
    outputs = np.random.default_rng(0).choice([-1.0, 1.0], size=(4, 6))
    exact, delta, repeats = naive.empirical_rademacher(outputs), 0.2, 1000
    failures = sum(rademacher_monte_carlo(outputs, n_draws=3, delta=delta, rng=s).value < exact for s in range(repeats))
    assert failures / repeats <= delta + 3 * math.sqrt(delta * (1 - delta) / repeats)


@pytest.mark.slow
def test_coverage_uniformly_over_thresholds():
    rng = np.random.default_rng(1)
    n, delta, repeats = 300, 0.2, 200
    outputs = np.concatenate([np.tri(n + 1, n, -1) * 2 - 1, 1 - np.tri(n + 1, n, -1) * 2])
    complexity = rademacher_monte_carlo(outputs, delta=0.01, rng=0)
    failures = 0
    for _ in range(repeats):
        y = rng.choice([-1, 1], n)  # noise: every threshold has risk 1/2
        best = np.min(1 - outputs @ y / n) / 2
        failures += rademacher(best, complexity, n, of="signs", delta=delta - 0.01).value < 0.5
    assert failures / repeats <= delta
    assert complexity.value < 2 * vc(0.0, n, 2, "mohri").gap  # simulated, it is below Massart's bound


@pytest.mark.slow
def test_coverage_of_margins_uniformly_over_directions():
    rng = np.random.default_rng(2)
    n, delta, repeats, failures = 2000, 0.2, 200, 0
    angles = np.linspace(0, 2 * math.pi, 60, endpoint=False)
    directions = np.stack([np.cos(angles), np.sin(angles)])
    for _ in range(repeats):
        X = rng.normal(size=(n, 2))
        margins = (X @ directions) * rng.choice([-1, 1], size=(n, 1))  # noise: every direction errs half the time
        best = margins[:, np.argmax(np.mean(margins > 0, axis=0))]
        failures += margin(best, rademacher_linear(X, 1.0), [0.1, 0.5, 1.0], delta=delta).value < 0.5
    assert failures / repeats <= delta


# errors --------------------------------------------------------------------------------------------------------------
def test_what_is_refused():
    outputs = np.ones((2, 3))
    with pytest.raises(InvalidParameterError, match="exactly one of outputs and supremum"):
        rademacher_monte_carlo()
    with pytest.raises(InvalidParameterError, match="envelope is None"):
        rademacher_monte_carlo(supremum=np.sum)
    with pytest.raises(InvalidParameterError, match="supremum exceeds the sum of envelope"):
        rademacher_monte_carlo(supremum=lambda s: 100.0, envelope=np.ones(3), rng=0)
    with pytest.raises(InvalidDataError, match="supremum returned an array of shape"):
        rademacher_monte_carlo(supremum=lambda s: s, envelope=np.ones(3), rng=0)
    with pytest.raises(InvalidParameterError, match="complexity is a bound of the risk"):
        rademacher(0.1, vc(0.1, 100, 1), 100)
    with pytest.raises(InvalidParameterError, match="that of the data at hand"):
        rademacher(0.1, rademacher_monte_carlo(outputs, rng=0), 3, empirical=False)
    with pytest.raises(InvalidParameterError, match="lipschitz is 2.0"):
        rademacher(0.1, 0.1, 3, lipschitz=2.0)
    with pytest.raises(InvalidParameterError, match="give either X, or both"):
        rademacher_network([1.0], n=10)
    with pytest.raises(InvalidDataError, match="layers is empty"):
        rademacher_network([], x_norm=1.0, n=10)
    with pytest.raises(InvalidDataError, match="gram has -1.0|diagonal of gram has -1.0"):
        rademacher_kernel([1.0, -1.0], 1.0)
    with pytest.raises(InvalidParameterError, match="rho is 0"):
        margin(np.ones(3), 0.1, 0.0)
    with pytest.raises(InvalidParameterError, match="at most rho_max = 1.0"):
        margin(np.ones(3), 0.1, 2.0, rho_max=1.0)
    with pytest.raises(InvalidDataError, match="margins has nan at index 1"):
        margin([1.0, np.nan], 0.1, 1.0)
