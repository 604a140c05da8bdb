"""Exact identities by enumeration of small discrete problems; 1e-12 is rounding in sums of a few thousand terms."""

import itertools
import math

import numpy as np
import pytest

from stattools.wls import required_n
from tests import naive_wls

MEASURES = {
    "optimal": lambda features, masses: masses * (features**2).sum(axis=1) / features.shape[1],
    "mu": lambda features, masses: masses,
    "mixture": lambda features, masses: 0.5 * masses * (1 + (features**2).sum(axis=1) / features.shape[1]),
}


def problem(seed=0, n_nodes=6, m=2):
    rng = np.random.default_rng(seed)
    features, masses = naive_wls.orthonormal_features(rng, n_nodes, m)
    values = rng.normal(size=n_nodes)
    best = features.T @ (masses * values)
    return features, masses, values, best


def expectation(features, masses, nu, n, of, volume=True):
    """Mean over designs of `of(rows, weights, phi)`, and the total weight; singular designs have none under volume."""
    total, mean = 0.0, 0.0
    for rows, chance, weights, phi in naive_wls.sequences(features, masses, nu, n):
        gram = (phi.T * weights) @ phi / n
        weight = chance * (max(np.linalg.det(gram), 0.0) if volume else float(np.linalg.det(gram) > 1e-12))
        if weight > 1e-18:
            total += weight
            mean = mean + weight * of(rows, weights, phi)
    return mean / total, total


# naive: the sampled laws are tested against these enumerations in test_sequential.py and test_pool.py -----------------
@pytest.mark.parametrize("nu", MEASURES)
@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_volume_rescaled_sampling_of_sequences(n, nu):
    features, masses, values, best = problem()
    law = MEASURES[nu](features, masses)
    m = 2
    mean, total = expectation(
        features, masses, law, n, lambda rows, w, phi: naive_wls.fit_coefficients(phi, w, values[rows])
    )
    assert total == pytest.approx(math.factorial(n) / (math.factorial(n - m) * n**m), rel=1e-12)
    np.testing.assert_allclose(mean, best, atol=1e-11)  # lstsq on nearly singular designs costs a digit
    gram, _ = expectation(features, masses, law, n, lambda rows, w, phi: (phi.T * w) @ phi / n)
    assert np.allclose(gram, np.eye(m), atol=1e-12) == (nu == "optimal")


def test_one_dpp_has_m_plus_one_times_the_best_error():
    features, masses, values, best = problem(seed=3)
    error = masses @ (values - features @ best) ** 2

    def ratio(rows, weights, phi):
        fit = features @ naive_wls.fit_coefficients(phi, weights, values[rows])
        return masses @ (values - fit) ** 2 / error

    mean, _ = expectation(features, masses, MEASURES["optimal"](features, masses), 2, ratio)
    assert mean == pytest.approx(3, rel=1e-11)


def test_independent_designs_are_biased():
    features, masses, values, best = problem()
    bias, _ = expectation(
        features, masses, masses, 2, lambda r, w, phi: naive_wls.fit_coefficients(phi, w, values[r]), volume=False
    )
    assert np.linalg.norm(bias - best) > 0.01 * np.sqrt(masses @ values**2)


def test_inverse_gram_is_at_most_its_continuous_value():
    features, masses, _, _ = problem(seed=5)
    law = MEASURES["optimal"](features, masses)
    for n in (2, 3, 4):
        mean, _ = expectation(features, masses, law, n, lambda r, w, phi: np.linalg.inv((phi.T * w) @ phi / len(r)))
        # equality would need that no design is singular; nodes that repeat make some so
        assert np.linalg.eigvalsh(mean)[-1] < n / (n - 1)


@pytest.mark.parametrize("nu", MEASURES)
@pytest.mark.parametrize("n", [2, 3, 4])
def test_volume_sampling_is_a_dpp_and_independent_points(n, nu):
    features, masses, _, _ = problem(seed=1, n_nodes=5)
    law = MEASURES[nu](features, masses)
    reweighted = naive_wls.volume_sequence_law(features, masses, law, n)
    composed = naive_wls.composed_law(features, masses, law, n)
    assert np.abs(reweighted / reweighted.sum() - composed).sum() < 1e-12


# pools ----------------------------------------------------------------------------------------------------------------
def pool(seed=0, n_rows=8, d=3):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_rows, d)), rng.normal(size=n_rows)


@pytest.mark.parametrize("size", [3, 4, 5, 6])
def test_volume_sampling_of_a_pool(size):
    X, y = pool()
    n, d = X.shape
    full = np.linalg.lstsq(X, y, rcond=None)[0]
    sets, chances = naive_wls.volume_law(X, size)
    total = sum(np.linalg.det(X[list(s)].T @ X[list(s)]) for s in sets)
    assert total == pytest.approx(math.comb(n - d, size - d) * np.linalg.det(X.T @ X), rel=1e-12)
    fits = np.array([np.linalg.lstsq(X[list(s)], y[list(s)], rcond=None)[0] for s in sets])
    np.testing.assert_allclose(chances @ fits, full, atol=1e-12)
    inverse = sum(p * np.linalg.inv(X[list(s)].T @ X[list(s)]) for p, s in zip(chances, sets, strict=True))
    expected = (n - d + 1) / (size - d + 1) * np.linalg.inv(X.T @ X)
    np.testing.assert_allclose(inverse, expected, rtol=1e-10, atol=1e-12)
    leverage = np.einsum("ij,ij->i", X @ np.linalg.inv(X.T @ X), X)
    included = [sum(p for p, s in zip(chances, sets, strict=True) if i in s) for i in range(n)]
    np.testing.assert_allclose(included, leverage + (size - d) / (n - d) * (1 - leverage), atol=1e-12)
    if size == d:
        loss = ((X @ fits.T - y[:, None]) ** 2).sum(axis=0)
        assert chances @ loss == pytest.approx((d + 1) * ((X @ full - y) ** 2).sum(), rel=1e-11)


def test_volume_sampling_of_a_pool_is_a_dpp_and_a_uniform_rest():
    X, _ = pool()
    n, d = X.shape
    sets, chances = naive_wls.volume_law(X, 5)
    dpps, dpp_chances = naive_wls.volume_law(X, d)
    composed = dict.fromkeys(sets, 0.0)
    for dpp, p in zip(dpps, dpp_chances, strict=True):
        for rest in itertools.combinations([i for i in range(n) if i not in dpp], 2):
            composed[tuple(sorted((*dpp, *rest)))] += p / math.comb(n - d, 2)
    assert np.abs(np.array([composed[s] for s in sets]) - chances).sum() < 1e-12


# how many ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "delta, eta, m, low, two",
    [(0.9, 0.01, 11, 116, 265), (0.9, 0.01, 21, 240, 549), (0.5, 0.1, 11, 338, 549), (0.5, 0.01, 45, 2468, 3787)],
)
def test_numbers_by_chernoff(delta, eta, m, low, two):
    assert required_n(m, delta, eta) == low
    assert required_n(m, delta, eta, event="two_sided") == two
