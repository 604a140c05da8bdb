"""Eigenvalues under random pairings: against dense matrices, and the level of the test of independence."""

import joblib
import numpy as np
import pytest

from stattools.resampling.engine import at_least
from stattools.sdr import DistributionSDR, pairing
from stattools.sdr.gsir import Operator, candidate
from stattools.sdr.pairing import (
    NEGLIGIBLE,
    Retuning,
    _Pairings,
    largest_squares,
    null_eigenvalues,
    observed_eigenvalues,
)
from tests.helpers import assert_in_binomial_band
from tests.sdr.operators import (
    GRID,
    beta_normal,
    canonical_operator,
    centred,
    gaussian_gram,
    naive_gcv,
    naive_matrix,
    operator_of,
    tuned,
)


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(3)
    x = rng.standard_normal((30, 2))
    return x, np.column_stack([x[:, 0] ** 2, rng.standard_normal(30)])


# naive ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["gsir1", "gsir2"])
def test_observed_eigenvalues_are_those_of_the_dense_matrix(rows, method):
    grams = [gaussian_gram(part) for part in rows]
    operator = operator_of(*grams, method)
    dense = naive_matrix(list(map(centred, grams)), operator.x_penalty, operator.y_penalty, method)
    found = observed_eigenvalues(operator, 5)
    # 1e-10: inverses of matrices of condition 100
    np.testing.assert_allclose(found[:-1], np.linalg.eigvalsh(dense)[::-1][:5], rtol=1e-10)
    np.testing.assert_allclose(found[-1], np.trace(dense), rtol=1e-10)


@pytest.mark.parametrize("method", ["gsir1", "gsir2"])
def test_a_pairing_is_a_permuted_gram_matrix(rows, method):
    x_gram, y_gram = map(gaussian_gram, rows)
    operator = operator_of(x_gram, y_gram, method)
    order = np.random.default_rng(1).permutation(30)
    permuted = centred(y_gram[np.ix_(order, order)])
    dense = naive_matrix((centred(x_gram), permuted), operator.x_penalty, operator.y_penalty, method)
    first, trace, *held = _Pairings.of(operator, 3, None).values(order)
    assert first == held[0]
    # what is passed over moves eigenvalues by at most NEGLIGIBLE^2 of the largest filter of Y, the trace by 30 times
    # that; the rest is rounding
    slack = NEGLIGIBLE**2 * operator.y_filter[0] * 1.01
    np.testing.assert_allclose(held, np.linalg.eigvalsh(dense)[::-1][:3], atol=slack)
    np.testing.assert_allclose(trace, np.trace(dense), atol=60 * slack)
    # the core says the same of permuted rows
    np.testing.assert_allclose(held, np.linalg.eigvalsh(candidate(operator, order))[::-1][:3], atol=slack)


def test_retuning_is_cross_validation_of_the_permuted_pairs(rows):
    x_gram, y_gram = map(gaussian_gram, rows)
    operator, retuning, chosen = tuned(*rows)
    assert retuning.trimmed().chosen(retuning.trimmed().squared_products(np.arange(30))) == tuple(chosen)
    seen = set()
    for seed in range(10):
        order = np.random.default_rng(seed).permutation(30)
        permuted = y_gram[np.ix_(order, order)]
        expected = tuple(GRID[np.argmin(naive_gcv(*pair, GRID))] for pair in ((x_gram, permuted), (permuted, x_gram)))
        trimmed = retuning.trimmed()
        assert trimmed.chosen(trimmed.squared_products(order)) == expected
        seen.add(expected)
        tuned_operator = operator_of(x_gram, permuted, "gsir2", expected)
        statistic = _Pairings.of(operator, 1, retuning).values(order)
        np.testing.assert_allclose(statistic[0], observed_eigenvalues(tuned_operator, 1)[0], atol=1.1 * NEGLIGIBLE**2)
    assert len(seen) > 1  # or the test would not see whether tuning was repeated


@pytest.mark.parametrize("single_from, tolerance", [(10**9, 1e-12), (0, 1e-6)])  # rounding of either precision
@pytest.mark.parametrize("constant", [1.0, 1e3])  # nearly an eigenvector of the plain matrices, if it is large
def test_in_low_rank_one_product_serves_both_gram_matrices(monkeypatch, single_from, tolerance, constant):
    monkeypatch.setattr(pairing, "SINGLE_FROM", single_from)
    rng = np.random.default_rng(2)
    plain = [rng.standard_normal((400, r)) * 0.5 ** np.arange(r) + constant for r in (5, 4)]
    operator, retuning = low_rank(*plain)
    assert pairing._Change.of(operator, retuning) is not None
    direct = pairing._Pairings(operator, 2, retuning, None)
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(400)
        found = pairing._Pairings.of(operator, 2, retuning).values(order)
        np.testing.assert_allclose(found, direct.values(order), atol=tolerance)


def low_rank(*factors):
    pairs, plain = [], []
    for factor in factors:
        for rows, kept in ((factor - factor.mean(axis=0), pairs), (factor, plain)):
            vectors, sizes, _ = np.linalg.svd(rows, full_matrices=False)
            kept += [vectors, sizes**2]
    operator = Operator(*pairs, 1e-2 * pairs[1][0], 1e-2 * pairs[3][0], "gsir2")
    return operator, Retuning(*plain, GRID, GRID)


# property ------------------------------------------------------------------------------------------------------------
def test_the_values_do_not_depend_on_workers_and_fewer_resamples_are_the_first_of_more(rows):
    operator, retuning, _ = tuned(*rows)
    few = null_eigenvalues(operator, 2, n_resamples=50, rng=1, retuning=retuning)
    with joblib.parallel_config(backend="threading"):
        many = null_eigenvalues(operator, 2, n_resamples=300, rng=1, retuning=retuning, n_jobs=2)
    assert few.values.shape == (50, 4)
    np.testing.assert_array_equal(few.values, many.values[:50])
    assert (many.values[:, 2] > 0).all()


def test_a_given_regularization_is_held():
    x, y = np.random.default_rng(5).standard_normal((2, 25, 2))
    operator, retuning, _ = tuned(x, y)
    given = type(retuning)(
        retuning.x_vectors, retuning.x_values, retuning.y_vectors, retuning.y_values, None, None
    )
    order = np.random.default_rng(1).permutation(25)
    assert given.chosen(given.squared_products(order)) == (None, None)
    values = _Pairings.of(operator, 1, given).values(order)
    assert values[0] == values[2]


def test_squares_beyond_the_rank_are_zero():
    np.testing.assert_allclose(largest_squares(np.diag([2.0, 1.0])[:, :1], 3), [4.0, 0.0, 0.0], atol=1e-15)


# reference -----------------------------------------------------------------------------------------------------------
def test_without_regularization_eigenvalues_are_squared_canonical_correlations():
    operator, x, y = canonical_operator(80, [0.9, 0.4, 0.0], 1)
    left, right = (np.linalg.qr(rows)[0] for rows in (x, y))
    correlations = np.linalg.svd(left.T @ right, compute_uv=False)
    # 1e-12: orthonormal bases, no inverse
    np.testing.assert_allclose(observed_eigenvalues(operator, 3)[:-1], correlations**2, atol=1e-12)


def test_eigenvalues_that_the_data_do_not_touch_are_told():
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(20, 1)), rng.normal(size=(20, 1))
    options = {"kernel_x": "laplacian", "kernel_y": "laplacian", "n_components": 1, "criteria": (), "random_state": 1}
    for given, words in (
        ({"regularization_x": 0, "regularization_y": 0}, "at least 19 eigenvalues are 1 whatever the data are"),
        ({"regularization_x": 0, "regularization_y": 0.1}, "regularization_x is 0, and functions of X take any values"),
        ({"regularization_x": 0.1, "regularization_y": 0}, "regularization_y is 0, and functions of Y take any values"),
    ):
        fits = [DistributionSDR(**options, **given).fit(x, paired).results_ for paired in (y, rng.permutation(y))]
        assert any(words in note for note in fits[0].notes)
        # rounding of a Gram matrix of condition 1e3
        np.testing.assert_allclose(fits[0].eigenvalues, fits[1].eigenvalues, rtol=1e-10)
    none = DistributionSDR(**options, regularization_x=0, regularization_y=0).fit(x, y).results_
    np.testing.assert_allclose(none.eigenvalues, 1.0, rtol=1e-10)
    regularized = DistributionSDR(**options, regularization_x=0.1, regularization_y=0.1).fit(x, y).results_
    assert not any("eigenvalues" in note for note in regularized.notes)


# calibration ---------------------------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("method", ["gsir1", "gsir2"])
@pytest.mark.parametrize("data", ["distributions", "vectors"])
def test_level_under_independence_with_tuned_regularization(method, data):
    """H0: X and Y independent; exact with 39 permutations at level 0.05, the choice of regularization repeated."""
    n_runs, rejected = 600, np.zeros(2, dtype=int)
    for seed in range(n_runs):
        rng = np.random.default_rng(seed)
        if data == "distributions":
            x, y = beta_normal(40, 30, seed)
            y = y[rng.permutation(40)]
        else:
            x, y = rng.standard_normal((40, 2)), rng.standard_normal((40, 1))
        operator, retuning, _ = tuned(x, y, method)
        joint = null_eigenvalues(operator, n_resamples=39, rng=seed, retuning=retuning)
        rejected += [joint.marginal(k).pvalue <= 0.05 for k in (0, 1)]
    for count in rejected:
        assert_in_binomial_band(int(count), n=n_runs, p=0.05)


@pytest.mark.slow
def test_power_against_dependence_through_the_spread_alone():
    rejected = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        x = rng.standard_normal((80, 1))
        operator, retuning, _ = tuned(x, np.exp(0.8 * x) * rng.standard_normal((80, 1)))
        joint = null_eigenvalues(operator, n_resamples=99, rng=seed, retuning=retuning)
        rejected += joint.marginal(0).pvalue <= 0.05
    assert rejected >= 30  # far above the 2 of an invalid alternative; 0.75 is the claim


def test_ties_count():
    assert at_least(np.array([1.0 - 1e-10]), 1.0, 1e-9).all()
