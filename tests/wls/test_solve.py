import numpy as np
import pytest
from hypothesis import given, strategies as st
from threadpoolctl import threadpool_limits

from stattools.wls import solve
from stattools.wls.solve import r_squared, rows_of, to_coefficients, weighted_fit
from tests import naive_wls_fit as naive


def problem(seed, n=None, m=None, q=None):
    rng = np.random.default_rng(seed)
    m = m or int(rng.integers(1, 6))
    n = n or int(rng.integers(m + 1, 20))
    features = rng.normal(size=(n, m))
    y = rng.normal(size=n if q is None else (n, q))
    return features, y, rng.uniform(0.2, 3.0, n)


# naive ---------------------------------------------------------------------------------------------------------------
@given(seed=st.integers(0, 2**32 - 1), penalty=st.sampled_from([0.0, 0.3]))
def test_coefficients_and_leverage_equal_their_naive_twins(seed, penalty):
    features, y, weights = problem(seed)
    fit = weighted_fit(features, y, weights, regularization=penalty)
    # the twin inverts normal equations, whose condition is the square: 1e-16 times cond^2, with a margin
    tolerance = 1e-14 * max(fit.condition, 1) ** 2 * 1e2
    size = np.abs(fit.coefficients).max()
    np.testing.assert_allclose(
        fit.coefficients, naive.coefficients(features, y, weights, penalty), atol=tolerance * size
    )
    np.testing.assert_allclose(fit.leverage, naive.leverage(features, weights, penalty), atol=tolerance)


@pytest.mark.parametrize("n", [2, 5, 9])
@pytest.mark.parametrize("block_rows", [2, 4, 1000])
def test_blocks_of_rows_give_the_factors_of_all(n, block_rows, monkeypatch):
    monkeypatch.setattr(solve, "BLOCK_ROWS", block_rows)
    features, y, weights = problem(8, n=n, m=3)
    fit = weighted_fit(features, y, weights, regularization=0.7)
    np.testing.assert_allclose(fit.coefficients, naive.coefficients(features, y, weights, 0.7), atol=1e-13)
    np.testing.assert_allclose(fit.leverage, naive.leverage(features, weights, 0.7), atol=1e-13)


# property ------------------------------------------------------------------------------------------------------------
def test_several_responses_are_fitted_one_by_one():
    features, y, weights = problem(0, n=12, m=3, q=4)
    joint = weighted_fit(features, y, weights)
    for k in range(4):
        alone = weighted_fit(features, y[:, k], weights)
        np.testing.assert_allclose(joint.coefficients[:, k], alone.coefficients, rtol=1e-12)  # rounding of products


@pytest.mark.parametrize("rank_deficient", [False, True])
def test_columns_in_other_units_give_coefficients_in_those_units(rank_deficient):
    features, y, weights = problem(1, n=30, m=6)
    if rank_deficient:
        features[:, 5] = features[:, 0] + 2 * features[:, 3]
    units = 10.0 ** np.array([-8, 8, 0, 5, -3, 8])
    plain, scaled = weighted_fit(features, y, weights), weighted_fit(features * units, y, weights)
    assert plain.rank == scaled.rank == (5 if rank_deficient else 6)
    np.testing.assert_allclose(scaled.coefficients * units, plain.coefficients, rtol=1e-12)  # rounding
    np.testing.assert_allclose(scaled.leverage, plain.leverage, rtol=1e-12)
    np.testing.assert_allclose(scaled.condition, plain.condition, rtol=1e-9 if not rank_deficient else 0)


def test_a_row_of_weight_zero_is_a_row_left_out():
    features, y, weights = problem(2, n=15, m=4)
    weights[[3, 7]] = 0.0
    kept = weights > 0
    with_zeros, without = weighted_fit(features, y, weights), weighted_fit(features[kept], y[kept], weights[kept])
    np.testing.assert_allclose(with_zeros.coefficients, without.coefficients, rtol=1e-12)
    np.testing.assert_allclose(with_zeros.leverage[kept], without.leverage, rtol=1e-12)
    assert not with_zeros.leverage[~kept].any()
    assert with_zeros.n_used == without.n_used == 13


def test_rank_deficient_columns_have_the_fit_of_a_basis_of_their_span():
    features, y, weights = problem(3, n=20, m=3)
    doubled = np.hstack([features, features[:, :2] @ [[1.0, 2.0], [0.0, 1.0]]])
    full, deficient = weighted_fit(features, y, weights), weighted_fit(doubled, y, weights)
    assert (full.rank, deficient.rank) == (3, 3)
    np.testing.assert_allclose(deficient.fitted, full.fitted, atol=1e-13)
    np.testing.assert_allclose(deficient.leverage, full.leverage, atol=1e-13)
    lengths = np.sqrt((weights[:, None] * doubled**2).sum(axis=0))
    reference = np.linalg.lstsq(np.sqrt(weights)[:, None] * doubled / lengths, np.sqrt(weights) * y)[0] / lengths
    np.testing.assert_allclose(deficient.coefficients, reference, atol=1e-13)  # the smallest norm in scaled columns


@pytest.mark.parametrize("columns", [3, 5])
def test_rows_come_back_from_the_factors(columns):
    features, y, weights = problem(4, n=10, m=3)
    features = np.hstack([features, features])[:, :columns]
    weights[2] = 0.0
    rows = rows_of(weighted_fit(features, y, weights))
    np.testing.assert_allclose(np.delete(rows, 2, axis=0), np.delete(features, 2, axis=0), atol=1e-13)
    assert np.isnan(rows[2]).all()


@pytest.mark.parametrize("n", [2000, 2002, 6999])
def test_many_rows_have_orthonormal_factors(n):
    features, y, weights = problem(9, n=n, m=5)
    features[:, 4] = features[:, 0] + 1e-7 * features[:, 4]
    fit = weighted_fit(features, y, weights)
    np.testing.assert_allclose(fit.basis.T @ fit.basis, np.eye(5), atol=1e-14)  # rounding, at a condition of 1e7
    np.testing.assert_allclose(fit.basis @ fit.triangle, np.sqrt(weights)[:, None] * features, atol=1e-13)
    assert fit.rank == 5


def test_bits_do_not_depend_on_the_number_of_threads():
    features, y, weights = problem(10, n=5000, m=40)
    fits = []
    for threads in (1, 2):
        with threadpool_limits(threads, user_api="blas"):
            fits.append(weighted_fit(features, y, weights))
    for name in ("coefficients", "basis", "leverage", "residuals"):
        np.testing.assert_array_equal(getattr(fits[0], name), getattr(fits[1], name))


def test_what_is_passed_stays_writable():
    features, y, weights = problem(11)
    weighted_fit(features, y, weights)
    assert features.flags.writeable
    assert y.flags.writeable
    assert weights.flags.writeable


def test_only_zeros_have_rank_zero_and_coefficients_zero():
    fit = weighted_fit(np.zeros((4, 2)), np.ones(4))
    assert fit.rank == 0
    assert fit.coefficients.tolist() == [0.0, 0.0]
    assert to_coefficients(fit, np.zeros((0, 1))).shape == (2, 1)


def test_the_constant_is_found_when_it_is_a_combination_and_only_then():
    rng = np.random.default_rng(5)
    dummies = np.eye(3)[rng.integers(3, size=40)]
    weights = rng.uniform(0.1, 9.0, 40)
    y = rng.normal(size=40)
    assert weighted_fit(dummies, y, weights).constant_in_span
    assert weighted_fit(dummies, y, weights, regularization=0.5).constant_in_span
    assert not weighted_fit(dummies[:, :2], y, weights).constant_in_span
    assert not weighted_fit(dummies[:, :2], y, weights, regularization=0.5).constant_in_span


def test_an_unpenalised_intercept_takes_the_mean():
    features, y, _ = problem(6, n=25, m=3)
    columns = np.column_stack([np.ones(25), features])
    fit = weighted_fit(columns, y, regularization=1e12, unpenalized=0)
    np.testing.assert_allclose(fit.coefficients, [y.mean(), 0, 0, 0], atol=1e-10)  # of the order of n / penalty
    np.testing.assert_allclose(fit.effective_rank, 1.0, atol=1e-9)


# reference -----------------------------------------------------------------------------------------------------------
@pytest.mark.compiled
@pytest.mark.parametrize("n_rows", [1, 3])
@pytest.mark.parametrize(
    ("families", "options"),
    [
        ("legendre", {"degree": 60}),
        ("hermite", {"degree": 40}),
        (["legendre"] * 3, {"degree": 8}),
        (["hermite"] * 2, {"degree": 12}),
    ],
)
def test_functions_of_the_space_are_reproduced(families, options, n_rows):
    from stattools.wls import PolynomialSpace

    space = PolynomialSpace(families, **options)
    generator = np.random.default_rng(1)
    points = np.vstack([space.sample(law="dpp", rng=generator) for _ in range(n_rows)])
    features = space.evaluate(points)
    truth = generator.normal(size=space.dim)
    weights = space.dim / (features**2).sum(axis=1)
    fit = weighted_fit(features, features @ truth, weights)
    np.testing.assert_allclose(fit.coefficients, truth, atol=1e-12)  # rounding at conditions below 100, measured 3e-14


def test_r_squared_of_a_constant_response_is_undefined():
    features, _, weights = problem(7, n=12, m=3)
    columns = np.column_stack([np.ones(12), features])
    for response in (np.zeros(12), np.full(12, 0.1)):
        fit = weighted_fit(columns, response, weights)
        assert np.isnan(r_squared(fit, fit.residuals))
