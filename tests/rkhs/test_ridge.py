"""Ridge paths: every criterion against the computation it abbreviates."""

import numpy as np
import pytest
from numpy.linalg import inv, slogdet

from stattools.exceptions import InvalidParameterError
from stattools.rkhs import (
    centred_spectrum,
    feature_spectrum,
    gaussian_gram,
    posterior_deviations,
    ridge_path,
    spectrum,
)

RNG = np.random.default_rng(1)
N = 24
X = RNG.normal(size=(N, 3))
Y = np.column_stack([np.sin(X[:, 0]) + 0.3 * RNG.normal(size=N), 5.0 + RNG.normal(size=N)])
FOLDS = np.arange(N) % 5
PENALTIES = np.array([np.inf, 10.0, 0.3, 1e-3])
GRAM = gaussian_gram(X, lengthscale=1.5)
KERNEL = ridge_path(centred_spectrum(GRAM), Y)
LINEAR = ridge_path(feature_spectrum(X), Y)
PLAIN = ridge_path(spectrum(GRAM), Y, intercept=False)


def smoother(gram, penalty, intercept=True):
    """The matrix of a ridge regression with an unpenalised intercept, from its normal equations."""
    n = len(gram)
    if not intercept:
        return np.zeros((n, n)) if np.isinf(penalty) else gram @ inv(gram + penalty * np.eye(n))
    if np.isinf(penalty):
        return np.full((n, n), 1 / n)
    precision = inv(gram + penalty * np.eye(n))
    one = np.ones((n, 1))
    mean = one @ inv(one.T @ precision @ one) @ one.T @ precision  # generalised least squares
    return mean + gram @ precision @ (np.eye(n) - mean)


def without(gram, penalty, fold, intercept=True):
    """Predictions of the rows of a fold from a fit to the others."""
    others = np.setdiff1d(np.arange(len(gram)), fold)
    part, cross = gram[np.ix_(others, others)], gram[np.ix_(fold, others)]
    y = Y[others]
    mean = y * 0.0
    if intercept:
        weights = np.ones(len(others)) if np.isinf(penalty) else inv(part + penalty * np.eye(len(others))).sum(axis=0)
        mean = np.broadcast_to(weights @ y / weights.sum(), y.shape)
    if np.isinf(penalty):
        return mean[: len(fold)]
    return mean[: len(fold)] + cross @ inv(part + penalty * np.eye(len(others))) @ (y - mean)


PATHS = [(KERNEL, GRAM, True), (LINEAR, X @ X.T, True), (PLAIN, GRAM, False)]
BY_NAME = pytest.mark.parametrize(("path", "gram", "intercept"), PATHS, ids=["kernel", "linear", "no intercept"])


# naive ---------------------------------------------------------------------------------------------------------------
@BY_NAME
@pytest.mark.parametrize("penalty", PENALTIES)
def test_fits_leverages_and_freedom_are_those_of_the_smoother_matrix(path, gram, intercept, penalty):
    matrix = smoother(gram, penalty, intercept)
    # inverses lose the digits of the condition, 1e4 at most
    assert np.allclose(path.fitted(penalty), matrix @ Y, rtol=0, atol=1e-10)
    assert np.allclose(path.leverages(penalty), np.diag(matrix)[:, None], rtol=0, atol=1e-10)
    assert path.degrees_of_freedom(penalty) == pytest.approx(np.trace(matrix), abs=1e-10)


@BY_NAME
@pytest.mark.parametrize("penalty", PENALTIES)
def test_left_out_residuals_are_those_of_refits(path, gram, intercept, penalty):
    rows = np.arange(N)
    one_by_one = np.vstack([without(gram, penalty, rows[i : i + 1], intercept) for i in rows])
    by_fold = np.empty_like(Y)
    for fold in range(5):
        by_fold[FOLDS == fold] = without(gram, penalty, np.flatnonzero(FOLDS == fold), intercept)
    # rounding, times the condition
    assert np.allclose(path.loo_residuals(penalty), Y - one_by_one, rtol=1e-8, atol=1e-10)
    assert np.allclose(path.fold_residuals(penalty, FOLDS), Y - by_fold, rtol=1e-8, atol=1e-10)
    assert np.allclose(path.loo(np.array([penalty]))[0], np.square(Y - one_by_one).mean(axis=0), rtol=1e-8)
    assert np.allclose(path.kfold(np.array([penalty]), FOLDS)[0], np.square(Y - by_fold).mean(axis=0), rtol=1e-8)


@BY_NAME
def test_gcv_is_its_definition(path, gram, intercept):
    found = path.gcv(PENALTIES)
    for k, penalty in enumerate(PENALTIES):
        matrix = smoother(gram, penalty, intercept)
        expected = N * np.square(Y - matrix @ Y).sum(axis=0) / (N - np.trace(matrix)) ** 2
        assert np.allclose(found[k], expected, rtol=1e-9)  # rounding of inverses


@BY_NAME
def test_reml_is_the_density_of_contrasts_at_its_largest(path, gram, intercept):
    contrasts = np.linalg.qr(np.column_stack([np.ones(N), np.eye(N)]))[0][:, 1:] if intercept else np.eye(N)
    found = path.reml(PENALTIES)
    for k, penalty in enumerate(PENALTIES):
        covariance = np.eye(N) + (0.0 if np.isinf(penalty) else 1.0 / penalty) * gram
        reduced = contrasts.T @ covariance @ contrasts
        z = contrasts.T @ Y
        m = len(z)
        for j in range(2):
            variance = z[:, j] @ inv(reduced) @ z[:, j] / m
            expected = 0.5 * (m * np.log(2 * np.pi * variance) + m + slogdet(reduced)[1])
            assert found[k, j] == pytest.approx(expected, rel=1e-8)  # inverses with a condition of 1e4


def test_centred_spectrum_is_that_of_the_centred_matrix():
    h = np.eye(N) - 1 / N
    found = centred_spectrum(GRAM)
    assert len(found.values) == N - 1
    assert np.allclose((found.vectors * found.values) @ found.vectors.T, h @ GRAM @ h, rtol=0, atol=1e-13)  # rounding
    assert np.allclose(found.vectors.sum(axis=0), 0.0, atol=1e-13)


@BY_NAME
def test_noise_variance_and_deviations_are_those_of_matrices(path, gram, intercept):
    for penalty in PENALTIES:
        matrix = smoother(gram, penalty, intercept)
        expected = np.square(Y - matrix @ Y).sum(axis=0) / (N - np.trace(matrix))
        assert path.noise_variance(penalty) == pytest.approx(expected, rel=1e-9)


def test_least_squares_has_its_textbook_standard_errors():
    decomposed = feature_spectrum(X)
    path = ridge_path(decomposed, Y)
    new = np.random.default_rng(2).normal(size=(7, 3))
    lengths = np.square(new - decomposed.mean).sum(axis=1)
    found = posterior_deviations(path, np.zeros(2), decomposed.coordinates(new), lengths)
    design, rows = np.column_stack([np.ones(N), X]), np.column_stack([np.ones(7), new])
    residuals = Y - design @ np.linalg.lstsq(design, Y, rcond=None)[0]
    variance = np.square(residuals).sum(axis=0) / (N - 4)
    leverages = np.einsum("ij,jk,ik->i", rows, inv(design.T @ design), rows)
    assert np.allclose(found, np.sqrt(leverages[:, None] * variance), rtol=1e-10)


def test_deviations_beyond_the_rows_are_infinite_without_a_penalty():
    flat = X * [1.0, 1.0, 0.0]
    decomposed = feature_spectrum(flat)
    path = ridge_path(decomposed, Y[:, 0])
    new = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    lengths = np.square(new - decomposed.mean).sum(axis=1)
    found = posterior_deviations(path, np.zeros(1), decomposed.coordinates(new), lengths)[:, 0]
    assert np.isfinite(found[0]) and np.isinf(found[1])


# properties ----------------------------------------------------------------------------------------------------------
def test_predictions_from_kernels_and_from_coordinates_agree():
    new = np.random.default_rng(2).normal(size=(7, 3))
    decomposed = feature_spectrum(X)
    path = ridge_path(decomposed, Y)
    penalty = np.array([0.5, 4.0])
    primal = path.mean + decomposed.coordinates(new) @ path.primal(penalty)
    dual = path.mean + (new - X.mean(axis=0)) @ (X - X.mean(axis=0)).T @ path.dual(penalty)
    assert np.allclose(primal, dual, rtol=1e-12)
    assert np.allclose(path.mean + decomposed.coordinates(X) @ path.primal(penalty), path.fitted(penalty), rtol=1e-12)


def test_targets_are_apart_even_with_penalties_of_their_own():
    both, penalty = KERNEL, np.array([0.2, np.inf])
    for j in range(2):
        alone = ridge_path(centred_spectrum(GRAM), Y[:, j])
        # one product of two columns or two products: rounding
        assert np.allclose(both.fitted(penalty)[:, j], alone.fitted(penalty[j])[:, 0], rtol=0, atol=1e-13)
        assert np.allclose(both.loo_residuals(penalty)[:, j], alone.loo_residuals(penalty[j])[:, 0], atol=1e-12)
        for name in ("reml", "gcv", "loo", "kfold"):
            one, two = alone.select(name, folds=FOLDS), both.select(name, folds=FOLDS)
            assert one.penalty[0] == pytest.approx(two.penalty[j], rel=1e-6)  # of a minimum found to 1e-3


@pytest.mark.parametrize("name", ["reml", "gcv", "loo", "kfold"])
def test_the_selected_penalty_is_no_worse_than_any_candidate(name):
    found = KERNEL.select(name, folds=FOLDS)
    assert (found.smallest <= found.criterion.min(axis=0)).all()
    assert np.isinf(found.penalties[0])
    assert np.allclose(KERNEL.criterion(name, found.penalty[:1], FOLDS)[0, 0], found.smallest[0], rtol=1e-10)


def test_order_of_rows_does_not_matter():
    order = np.random.default_rng(5).permutation(N)
    turned = ridge_path(centred_spectrum(GRAM[np.ix_(order, order)]), Y[order])
    assert np.allclose(turned.reml(PENALTIES), KERNEL.reml(PENALTIES), rtol=1e-10)
    assert np.allclose(turned.loo_residuals(0.1), KERNEL.loo_residuals(0.1)[order], rtol=1e-9)


# degenerate ----------------------------------------------------------------------------------------------------------
def test_what_leaves_no_freedom_is_infinitely_bad():
    wide = ridge_path(feature_spectrum(np.random.default_rng(3).normal(size=(6, 9))), Y[:6])
    assert np.isinf(wide.gcv(np.array([0.0]))).all()
    assert np.isinf(wide.loo(np.array([0.0]))).all()
    assert np.isinf(wide.kfold(np.array([0.0]), FOLDS[:6])).all()
    assert np.isinf(LINEAR.reml(np.array([0.0]))).all()


def test_constant_responses_take_the_intercept_alone():
    path = ridge_path(centred_spectrum(GRAM), np.full(N, 0.1))
    for name in ("reml", "gcv", "loo", "kfold"):
        with np.errstate(divide="ignore"):
            assert path.select(name, folds=FOLDS).penalty.tolist() == [np.inf]
    assert np.array_equal(path.fitted(np.inf)[:, 0], np.full(N, path.mean[0]))


def test_no_features_leave_the_mean():
    path = ridge_path(feature_spectrum(np.ones((N, 2))), Y)
    assert path.values.shape == (0,)
    assert np.isinf(path.select("reml").penalty).all()
    assert np.allclose(path.fitted(0.0), Y.mean(axis=0))
    assert path.dual(1.0).shape == (N, 2) and path.primal(1.0).shape == (0, 2)


def test_repeated_columns_and_rows():
    doubled = ridge_path(feature_spectrum(np.hstack([X, X])), Y)
    assert np.allclose(doubled.fitted(2.0), LINEAR.fitted(1.0), rtol=1e-12)  # twice the eigenvalues
    rows = np.repeat(np.arange(N), 2)
    path = ridge_path(centred_spectrum(GRAM[np.ix_(rows, rows)]), Y[rows])
    assert np.allclose(path.fitted(0.2), smoother(GRAM[np.ix_(rows, rows)], 0.2) @ Y[rows], atol=1e-9)


# errors --------------------------------------------------------------------------------------------------------------
def test_unknown_criteria_are_named():
    with pytest.raises(InvalidParameterError, match="'gcvv'; it takes"):
        KERNEL.select("gcvv")
    with pytest.raises(TypeError, match="folds"):
        KERNEL.select("kfold")
