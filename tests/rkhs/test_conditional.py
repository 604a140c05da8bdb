"""Conditional mean embeddings."""

import numpy as np
import pytest

from stattools.exceptions import InvalidParameterError
from stattools.rkhs import (
    centred_spectrum,
    embedding_gcv,
    feature_spectrum,
    fit_conditional_embedding,
    gaussian_gram,
    spectrum,
)

RNG = np.random.default_rng(1)
N = 30
Z = RNG.normal(size=(N, 2))
R = np.column_stack([Z[:, 0] ** 2, RNG.normal(size=N)])
NEW = RNG.normal(size=(5, 2))
L, CROSS = gaussian_gram(Z, lengthscale=2.0), gaussian_gram(NEW, Z, lengthscale=2.0)
OUTCOMES = gaussian_gram(R)
H = np.eye(N) - 1 / N


# naive ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("penalty", [0.05, 1.0, 30.0])
def test_weights_are_those_of_explicit_inverses(penalty):
    centred_new = (CROSS - L.mean(axis=0)) @ H
    expected = 1 / N + centred_new @ np.linalg.inv(H @ L @ H + penalty * np.eye(N)) @ H
    found = fit_conditional_embedding(L, OUTCOMES, penalty=penalty)
    # inverses with a condition of 1e3
    assert np.allclose(found.weights(CROSS), expected, rtol=0, atol=1e-11)
    assert np.allclose(found.weights(L), found.training_weights(), rtol=0, atol=1e-11)
    assert found.degrees_of_freedom == pytest.approx(np.trace(found.training_weights()), rel=1e-10)
    plain = fit_conditional_embedding(L, OUTCOMES, penalty=penalty, centred=False)
    assert np.allclose(plain.weights(CROSS), CROSS @ np.linalg.inv(L + penalty * np.eye(N)), rtol=0, atol=1e-11)
    for fit in (found, plain):
        assert np.allclose(fit.expectation(CROSS, R), fit.weights(CROSS) @ R, rtol=0, atol=1e-12)


@pytest.mark.parametrize("centred", [True, False])
def test_gcv_is_that_of_features_of_outcomes(centred):
    """Residuals of regressions of explicit features, whose inner products are the Gram matrix of outcomes."""
    features = np.linalg.cholesky(OUTCOMES + 1e-12 * np.eye(N))
    penalties = np.array([np.inf, 5.0, 0.1, 1e-3])
    found = embedding_gcv(centred_spectrum(L) if centred else spectrum(L), OUTCOMES, penalties, centred=centred)
    by_features = embedding_gcv(
        centred_spectrum(L) if centred else spectrum(L), np.hstack([features, features]), penalties, centred=centred
    )
    for k, penalty in enumerate(penalties):
        matrix = fit_conditional_embedding(L, OUTCOMES, penalty=penalty, centred=centred).training_weights()
        residuals = features - matrix @ features
        expected = N * np.square(residuals).sum() / (N - np.trace(matrix)) ** 2
        assert found[k] == pytest.approx(expected, rel=1e-8)  # 1e-12 was added to the diagonal
        assert by_features[k] == pytest.approx(2 * expected, rel=1e-8)


# properties ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("penalty", [0.0, 1e-8, 0.1, 10.0, np.inf])
def test_centred_weights_sum_to_one(penalty):
    doubled = np.vstack([Z, Z[:3]])
    found = fit_conditional_embedding(gaussian_gram(doubled), np.eye(N + 3), penalty=penalty)
    tolerance = 1e-6 if penalty == 0 else 1e-10  # inverses of eigenvalues of rounding size
    assert np.allclose(found.weights(gaussian_gram(NEW, doubled)).sum(axis=1), 1.0, rtol=0, atol=tolerance)


def test_uncentred_weights_do_not():
    found = fit_conditional_embedding(L, OUTCOMES, penalty=10.0, centred=False)
    assert (found.weights(CROSS).sum(axis=1) < 0.9).all()


def test_a_constant_added_to_a_kernel_changes_nothing():
    one, two = (fit_conditional_embedding(L + shift, OUTCOMES + shift) for shift in (0.0, 3.0))
    assert one.penalty == pytest.approx(two.penalty, rel=1e-10)
    # rounding of entries four times as large, over eigenvalues down to the penalty
    assert np.allclose(one.weights(CROSS), two.weights(CROSS + 3.0), rtol=0, atol=1e-9)


def test_an_infinite_penalty_gives_the_mean():
    found = fit_conditional_embedding(L, OUTCOMES, penalty=np.inf)
    assert np.allclose(found.expectation(CROSS, R), R.mean(axis=0), rtol=1e-12)
    assert found.degrees_of_freedom == 1.0


def test_independent_outcomes_take_a_large_penalty_and_dependent_ones_a_small():
    rng = np.random.default_rng(4)
    z = rng.normal(size=(200, 1))
    noise, signal = rng.normal(size=(200, 1)), z**2 + 0.1 * rng.normal(size=(200, 1))
    free, tied = (fit_conditional_embedding(gaussian_gram(z), gaussian_gram(r)) for r in (noise, signal))
    assert free.degrees_of_freedom < 3.0 < 5.0 < tied.degrees_of_freedom
    new = np.array([[0.0], [1.5]])
    # a smooth curve through 200 points with noise 0.1, whose standard error is about 0.1 sqrt(15 / 200) = 0.03
    assert np.allclose(tied.expectation(gaussian_gram(new, z), signal)[:, 0], [0.0, 2.25], atol=0.12)


def test_features_and_their_gram_matrix_agree():
    decomposed = feature_spectrum(Z)
    by_features = fit_conditional_embedding(decomposed, OUTCOMES)
    by_gram = fit_conditional_embedding(Z @ Z.T, OUTCOMES)
    assert by_features.criterion == pytest.approx(by_gram.criterion, rel=1e-9)
    assert np.allclose(by_features.weights(NEW), by_gram.weights(NEW @ Z.T), rtol=0, atol=1e-10)


def test_conditions_that_do_not_vary_give_the_mean():
    found = fit_conditional_embedding(np.ones((N, N)), OUTCOMES)
    assert np.isinf(found.penalty)
    assert np.array_equal(found.weights(np.ones((2, N))), np.full((2, N), 1 / N))


# reference -----------------------------------------------------------------------------------------------------------
def test_linear_kernels_without_penalty_are_least_squares():
    slope, *_ = np.linalg.lstsq(np.column_stack([np.ones(N), Z]), R, rcond=None)
    found = fit_conditional_embedding(Z @ Z.T, OUTCOMES, penalty=0.0)
    assert np.allclose(found.expectation(NEW @ Z.T, R), np.column_stack([np.ones(5), NEW]) @ slope, rtol=1e-10)


# errors --------------------------------------------------------------------------------------------------------------
def test_penalties_are_checked():
    with pytest.raises(InvalidParameterError, match="penalty is 'loo'; it takes 'gcv' or a number"):
        fit_conditional_embedding(L, OUTCOMES, penalty="loo")
    for wrong in (-1.0, np.nan):
        with pytest.raises(InvalidParameterError, match="must not be negative"):
            fit_conditional_embedding(L, OUTCOMES, penalty=wrong)
