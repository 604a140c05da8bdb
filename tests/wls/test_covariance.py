import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, strategies as st

from stattools.wls.covariance import (
    block_interpolants,
    covariance,
    replicate_covariance,
    residual_df,
    scale,
    unit_leverage,
)
from stattools.wls.solve import weighted_fit
from tests import naive_wls_fit as naive

HC = ["HC0", "HC1", "HC2", "HC3"]


def problem(seed, n=24, m=3):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, m)), rng.normal(size=n), rng.uniform(0.2, 3.0, n)


# naive ---------------------------------------------------------------------------------------------------------------
@given(seed=st.integers(0, 2**32 - 1), penalty=st.sampled_from([0.0, 2.0]), cov_type=st.sampled_from(HC))
def test_sandwich_forms_equal_their_naive_twin(seed, penalty, cov_type):
    features, y, weights = problem(seed)
    fit = weighted_fit(features, y, weights, regularization=penalty)
    expected = naive.sandwich(features, y, weights, cov_type, penalty)
    # the twin inverts a Gram matrix twice, condition below 1e3: a margin over rounding
    np.testing.assert_allclose(covariance(fit, cov_type), expected, atol=1e-10 * np.abs(expected).max())


@given(seed=st.integers(0, 2**32 - 1))
def test_the_block_form_equals_its_naive_twin(seed):
    features, y, weights = problem(seed)
    blocks = np.random.default_rng(seed).permutation(np.repeat(np.arange(4), 6))
    fit = weighted_fit(features, y, weights)
    expected = naive.block_covariance(features, y, weights, blocks)
    # the twin takes roots of eigenvalues that may be small: half the digits at worst
    np.testing.assert_allclose(
        covariance(fit, "dpp-block", blocks=blocks), expected, atol=1e-8 * np.abs(expected).max()
    )


@given(seed=st.integers(0, 2**32 - 1))
def test_the_mean_of_interpolants_equals_its_naive_twin(seed):
    features, y, weights = problem(seed)
    blocks = np.random.default_rng(seed).permutation(np.repeat(np.arange(8), 3))
    interpolants = block_interpolants(weighted_fit(features, y, weights), y, blocks)
    mean, matrix = naive.block_mean(features, y, blocks)
    worst = max(np.linalg.cond(features[blocks == b]) for b in range(8))
    tolerance = 1e-13 * worst**2 * max(np.abs(interpolants).max(), 1)  # the twin inverts each block
    np.testing.assert_allclose(interpolants.mean(axis=0), mean, atol=tolerance)
    np.testing.assert_allclose(
        replicate_covariance(interpolants), matrix, atol=tolerance * max(np.abs(interpolants).max(), 1)
    )


# property ------------------------------------------------------------------------------------------------------------
def test_blocks_of_equal_gram_matrices_have_the_factor_r_over_r_minus_one():
    rng = np.random.default_rng(0)
    rotations = [np.linalg.qr(rng.normal(size=(3, 3)))[0] for _ in range(5)]
    features, y, blocks = np.vstack(rotations), rng.normal(size=15), np.repeat(np.arange(5), 3)
    fit = weighted_fit(features, y)
    scores = np.array([features[blocks == b].T @ fit.residuals[blocks == b] for b in range(5)])
    plain = scores.T @ scores / 25  # the Gram matrix is 5 times the identity
    np.testing.assert_allclose(covariance(fit, "dpp-block", blocks=blocks), plain * 5 / 4, atol=1e-14)


@pytest.mark.parametrize("cov_type", ["nonrobust", *HC])
def test_columns_in_other_units_change_units_only(cov_type):
    features, y, weights = problem(1)
    units = np.array([1e-8, 1.0, 1e8])
    plain = covariance(weighted_fit(features, y, weights), cov_type)
    scaled = covariance(weighted_fit(features * units, y, weights), cov_type)
    np.testing.assert_allclose(scaled * np.outer(units, units), plain, rtol=1e-11)  # rounding


@pytest.mark.parametrize("cov_type", ["nonrobust", *HC])
def test_weights_of_zero_leave_rows_out(cov_type):
    features, y, weights = problem(2)
    weights[:5] = 0.0
    with_zeros = covariance(weighted_fit(features, y, weights), cov_type)
    without = covariance(weighted_fit(features[5:], y[5:], weights[5:]), cov_type)
    np.testing.assert_allclose(with_zeros, without, rtol=1e-12)


def test_a_row_of_leverage_one_hides_only_what_rests_on_it():
    features, y, weights = problem(3)
    lonely = np.column_stack([features, np.eye(24)[0]])
    fit = weighted_fit(lonely, y, weights)
    assert unit_leverage(fit).tolist() == [True] + 23 * [False]
    without = weighted_fit(features[1:], y[1:], weights[1:])
    for cov_type in ("HC2", "HC3"):
        matrix = covariance(fit, cov_type)
        assert np.isnan(matrix[3]).all()
        np.testing.assert_allclose(matrix[:3, :3], covariance(without, cov_type), rtol=1e-12)
    assert np.isfinite(covariance(fit, "HC1")).all()


def test_an_interpolation_has_no_covariance():
    features, y, weights = problem(4, n=3)
    fit = weighted_fit(features, y, weights)
    assert residual_df(fit) == 0
    assert np.isnan(scale(fit))
    for cov_type in ("nonrobust", *HC):
        assert np.isnan(covariance(fit, cov_type)).all()


def test_known_noise_variances_under_other_weights():
    """Averages over many noise vectors: the scale is 1 and the covariance is that of the coefficients."""
    features, _, weights = problem(5)
    variances = np.random.default_rng(6).uniform(0.2, 5.0, 24)
    noise = np.random.default_rng(7).normal(size=(24, 4000)) * np.sqrt(variances)[:, None]
    fits = [weighted_fit(features, column, weights) for column in noise.T]
    ratio = weights * variances
    scales = np.array([scale(fit, ratio) for fit in fits])
    assert abs(scales.mean() - 1) < 4 * scales.std() / np.sqrt(4000)  # four standard errors
    matrices = np.mean([covariance(fit, "nonrobust", noise_ratio=ratio) for fit in fits], axis=0)
    observed = np.cov(np.array([fit.coefficients for fit in fits]).T)
    # a variance from 4000 draws has relative standard error sqrt(2 / 4000) = 0.022; four of them
    np.testing.assert_allclose(np.diag(matrices), np.diag(observed), rtol=0.09)


def test_noise_that_the_weights_undo_is_the_ordinary_case():
    features, y, weights = problem(8)
    fit = weighted_fit(features, y, weights)
    np.testing.assert_allclose(
        covariance(fit, "nonrobust", noise_ratio=np.ones(24)), covariance(fit, "nonrobust"), rtol=1e-12
    )


# reference -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("cov_type", ["nonrobust", *HC])
def test_statsmodels_has_the_same_covariances(cov_type):
    for seed in range(5):
        features, y, weights = problem(seed, n=30, m=5)
        theirs = sm.WLS(y, features, weights=weights).fit(cov_type=cov_type).cov_params()
        ours = covariance(weighted_fit(features, y, weights), cov_type)
        np.testing.assert_allclose(ours, theirs, atol=1e-10 * np.abs(theirs).max())


@pytest.mark.filterwarnings("ignore:The design matrix is rank-deficient")
def test_statsmodels_has_the_same_covariance_for_dependent_columns_that_it_takes_as_given():
    features, y, weights = problem(9)
    columns = np.hstack([features, features[:, :1]])
    theirs = sm.WLS(y, columns, weights=weights).fit()
    fit = weighted_fit(columns, y, weights)
    # equal columns have equal lengths, so that the two choices of the smallest norm are one here
    np.testing.assert_allclose(fit.coefficients, theirs.params, rtol=1e-10)
    np.testing.assert_allclose(np.diag(covariance(fit, "nonrobust")), theirs.bse**2, rtol=1e-10)
