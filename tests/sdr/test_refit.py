"""Fits on rows of features: the same estimator in other coordinates."""

import numpy as np
import pytest

from stattools._errors import DegenerateDataError
from stattools.sdr.gsir import components
from stattools.sdr.refit import Features, features_of, refit
from tests.sdr.operators import centred, gaussian_gram, naive_matrix, operator_of


@pytest.fixture(scope="module")
def grams():
    rng = np.random.default_rng(3)
    x = rng.standard_normal((35, 2))
    return gaussian_gram(x), gaussian_gram(np.sin(x[:, :1]) + 0.3 * rng.standard_normal((35, 1)))


def unsigned(functions, like):
    return functions * np.sign((functions * like).sum(axis=0))


# naive ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["gsir1", "gsir2"])
def test_a_fit_to_all_rows_is_the_fit(grams, method):
    operator = operator_of(*grams, method)
    found = components(operator, 3)
    fit = refit(features_of(operator, negligible=0.0), 3)
    # 1e-8: eigenvectors through scatter matrices, gaps of eigenvalues of order 0.1
    np.testing.assert_allclose(fit.eigenvalues, found.eigenvalues, rtol=1e-8)
    scores = fit.at(features_of(operator, negligible=0.0).x)
    np.testing.assert_allclose(unsigned(scores, found.scores), found.scores, atol=1e-7)


@pytest.mark.parametrize("method", ["gsir1", "gsir2"])
def test_a_fit_to_drawn_rows_is_the_dense_estimator_on_their_gram_matrices(grams, method):
    operator = operator_of(*grams, method)
    rows = np.random.default_rng(1).integers(0, 35, 35)
    x_gram, y_gram = (centred(gram[np.ix_(rows, rows)]) for gram in grams)
    dense = naive_matrix((x_gram, y_gram), operator.x_penalty, operator.y_penalty, method)
    values, vectors = np.linalg.eigh(dense)
    features = features_of(operator, negligible=0.0)
    fit = refit(features, 2, rows)
    np.testing.assert_allclose(fit.eigenvalues, values[::-1][:2], rtol=1e-8)
    # functions at all observations: centred cross-Gram times (G + eta)^-1 v
    cross = grams[0][:, rows]
    cross = cross - cross.mean(axis=1, keepdims=True)
    cross = cross - (grams[0][np.ix_(rows, rows)].mean(axis=0) - grams[0][np.ix_(rows, rows)].mean())
    expected = cross @ np.linalg.solve(x_gram + operator.x_penalty * np.eye(35), vectors[:, ::-1][:, :2])
    np.testing.assert_allclose(unsigned(fit.at(features.x), expected), expected, atol=1e-7)


# property ------------------------------------------------------------------------------------------------------------
def test_penalties_are_held_in_proportion_to_the_rows(grams):
    operator = operator_of(*grams)
    features = features_of(operator)
    doubled = refit(features, 2, np.tile(np.arange(35), 2))
    once = refit(features, 2)
    # twice the rows with twice the penalty: the same functions
    np.testing.assert_allclose(doubled.eigenvalues, once.eigenvalues, rtol=1e-9)
    left, right = doubled.at(features.x), once.at(features.x)
    np.testing.assert_allclose(unsigned(left, right) * np.sqrt(2), right, atol=1e-8)


def test_a_pseudo_inverse_in_y_needs_no_penalty():
    x = np.random.default_rng(1).standard_normal((40, 2))
    fit = refit(Features(x, np.hstack([x[:, :1], x[:, :1]]), 1e-9, 0.0, "gsir2"), 2)
    np.testing.assert_allclose(fit.eigenvalues, [1.0, 0.0], atol=1e-6)  # the penalty of X over its eigenvalues


# errors --------------------------------------------------------------------------------------------------------------
def test_rows_that_are_all_equal_are_refused():
    x = np.random.default_rng(1).standard_normal((10, 2))
    with pytest.raises(DegenerateDataError, match="equal in X"):
        refit(Features(x, x, 0.1, 0.1, "gsir2"), 1, np.zeros(10, dtype=int))
