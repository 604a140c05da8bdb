import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, strategies as st

from stattools.wls.covariance import (
    block_interpolants,
    covariance,
    joint_leverage,
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


@pytest.mark.parametrize("units", [[1.0] * 6, [1e-8, 1e8, 1.0, 1e5, 1e-3, 1e-8]])
@pytest.mark.parametrize("cov_type", ["nonrobust", *HC])
def test_coefficients_that_the_rows_do_not_determine_have_no_covariance(units, cov_type):
    features, y, weights = problem(3)
    columns = np.column_stack([features, features[:, 0] + features[:, 2], np.zeros(24), np.arange(24.0)]) * units
    matrix = covariance(weighted_fit(columns, y, weights), cov_type)
    known = np.array([False, True, False, False, False, True])
    assert (np.isfinite(np.diag(matrix)) == known).all()
    kept = np.column_stack([features, np.arange(24.0)])
    plain = covariance(weighted_fit(kept, y, weights), cov_type)[np.ix_([1, 3], [1, 3])]
    scaled = matrix[np.ix_(known, known)] * np.outer(np.array(units)[known], np.array(units)[known])
    np.testing.assert_allclose(scaled, plain, rtol=1e-9)  # of two factorizations, one without full rank


def test_copies_of_a_row_are_divided_by_what_all_of_them_leave():
    """c copies with one label and weight 1 have the residual of one row of weight c, and its leverage in all."""
    features, y, _ = problem(10, n=9)
    copies = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 8])
    fit, once = weighted_fit(features[copies], y[copies]), weighted_fit(features, y, np.bincount(copies) * 1.0)
    np.testing.assert_allclose(joint_leverage(fit, copies)[:9], once.leverage, rtol=1e-12)
    kernel = sum(
        np.outer(features[i], features[i]) * (once.residuals[i] / (1 - once.leverage[i])) ** 2 for i in copies
    )
    inverse = np.linalg.inv(features[copies].T @ features[copies])
    np.testing.assert_allclose(covariance(fit, "HC3", copies=copies), inverse @ kernel @ inverse, rtol=1e-10)


def test_copies_of_a_row_that_stands_alone_have_leverage_one():
    features, y, _ = problem(11)
    lonely = np.column_stack([features, np.eye(24)[0]])
    copies = np.concatenate([np.arange(24), [0, 0]])
    fit = weighted_fit(lonely[copies], y[copies])
    assert not unit_leverage(fit).any()
    assert np.flatnonzero(unit_leverage(fit, copies)).tolist() == [0, 24, 25]
    assert np.isnan(np.diag(covariance(fit, "HC3", copies=copies))).tolist() == [False] * 3 + [True]
    exact = unit_leverage(fit, copies)
    assert np.isfinite(covariance(fit, "HC3", copies=copies, exact=exact)).all()


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
    np.testing.assert_allclose(np.diag(covariance(fit, "nonrobust", every=True)), theirs.bse**2, rtol=1e-10)
    hidden = covariance(fit, "nonrobust")
    np.testing.assert_allclose(np.diag(hidden)[1:3], theirs.bse[1:3] ** 2, rtol=1e-10)
    assert np.isnan(hidden[[0, 3]]).all()
