"""Kernels, Gram matrices, spectra and low-rank factors."""

import numpy as np
import pytest

from stattools.exceptions import DegenerateDataError, InvalidDataError, InvalidParameterError
from stattools.rkhs import (
    apply_kernel,
    centring,
    gaussian_gram,
    kernel_scale,
    matching_gram,
    mean_distance,
    mean_squared_distance,
    median_distance,
    pivoted_cholesky,
    spectrum,
    squared_distances,
    top_eigenpairs,
)

X = np.random.default_rng(1).normal(size=(60, 3))
Y = np.random.default_rng(2).normal(size=(25, 3))


def pairs(x, y):
    """(n, k) squared distances, one pair at a time."""
    return np.array([[sum((a - b) ** 2) for b in y] for a in x])


# naive ---------------------------------------------------------------------------------------------------------------
def test_squared_distances_of_pairs():
    # the product form loses digits only relative to the norms, a few units
    assert np.allclose(squared_distances(X, Y), pairs(X, Y), rtol=0, atol=1e-13)
    assert np.allclose(squared_distances(X), pairs(X, X), rtol=0, atol=1e-13)


def test_mean_distances_are_those_of_pairs():
    squared = pairs(X, X)[np.tril_indices(60, -1)]
    assert mean_squared_distance(X) == pytest.approx(squared.mean(), rel=1e-12)  # rounding of sums
    assert mean_distance(X) == pytest.approx(np.sqrt(squared).mean(), rel=1e-12)
    assert median_distance(X) == pytest.approx(np.median(np.sqrt(squared)), rel=1e-12)


def test_centring_is_a_product_with_the_projector():
    gram, cross = gaussian_gram(X), gaussian_gram(Y, X)
    h = np.eye(60) - 1 / 60
    learned = centring(gram)
    assert np.allclose(learned.train(gram), h @ gram @ h, rtol=0, atol=1e-14)  # rounding
    expected = (cross - gram.mean(axis=0)) @ h
    assert np.allclose(learned.cross(cross), expected, rtol=0, atol=1e-14)
    assert np.allclose(learned.cross(gram), learned.train(gram), rtol=0, atol=1e-14)


# closed forms --------------------------------------------------------------------------------------------------------
def test_values_of_kernels():
    assert apply_kernel(np.array([4.0]), "gaussian", 0.5)[0] == pytest.approx(np.exp(-2.0), rel=1e-15)
    assert apply_kernel(np.array([4.0]), "laplacian", 0.5)[0] == pytest.approx(np.exp(-1.0), rel=1e-15)
    by_column = gaussian_gram(X, lengthscale=np.array([1.0, 2.0, 3.0]))
    assert np.allclose(by_column, gaussian_gram(X / [1.0, 2.0, 3.0]), rtol=1e-14)  # one more rounding
    assert np.array_equal(matching_gram(np.array([0, 1]), np.array([1])), [[0.0], [1.0]])
    assert (kernel_scale(2.0, "gaussian", 3.0), kernel_scale(2.0, "laplacian", 3.0)) == (0.375, 1.5)


def test_rows_that_nearly_coincide_keep_their_digits():
    shifted = np.array([[1e8, 0.0], [1e8, 1e-5], [-1e8, 0.0]])
    assert squared_distances(shifted)[0, 1] == pytest.approx(1e-10, rel=1e-9)  # a difference of two stored numbers


def test_a_common_shift_costs_no_digits():
    # 1e6 is stored with a unit of 1e-10, which is what is lost of each coordinate
    assert np.allclose(squared_distances(X + 1e6), squared_distances(X), rtol=0, atol=1e-8)


# properties ----------------------------------------------------------------------------------------------------------
def test_distances_of_a_set_with_itself_are_symmetric_to_the_bit():
    squared = squared_distances(X)
    assert np.array_equal(squared, squared.T)
    assert not squared.diagonal().any()


def test_spectrum_rebuilds_the_matrix():
    gram = gaussian_gram(X)
    found = spectrum(gram)
    assert np.all(np.diff(found.values) <= 0) and found.values[-1] > 0
    assert np.allclose(found.features @ found.features.T, gram, rtol=0, atol=1e-12)  # n units of rounding
    assert np.allclose(found.vectors.T @ found.vectors, np.eye(len(found.values)), rtol=0, atol=1e-12)


def test_spectrum_of_a_matrix_of_low_rank_has_its_rank():
    features = X[:, :2]
    assert spectrum(features @ features.T).vectors.shape == (60, 2)
    assert spectrum(np.zeros((4, 4))).vectors.shape == (4, 0)


def test_top_eigenpairs_are_the_first_of_the_spectrum():
    gram = gaussian_gram(X)
    values, vectors = top_eigenpairs(gram, 3)
    whole = spectrum(gram)
    assert np.allclose(values, whole.values[:3], rtol=1e-12)
    assert np.allclose(vectors, whole.vectors[:, :3], rtol=0, atol=1e-10)  # gaps of these eigenvalues are about 1
    assert np.all(vectors.max(axis=0) >= -vectors.min(axis=0) - 1e-12)


@pytest.mark.parametrize("pivoting", ["random", "greedy"])
def test_the_factor_reproduces_the_columns_of_its_pivots(pivoting):
    gram = gaussian_gram(X)
    found = pivoted_cholesky(lambda i: gram[:, i], gram.diagonal(), rank=20, pivoting=pivoting, rng=1)
    rebuilt = found.factor @ found.factor.T
    assert np.allclose(rebuilt[:, found.pivots], gram[:, found.pivots], rtol=0, atol=1e-12)
    assert found.residual_trace == pytest.approx(np.trace(gram - rebuilt), abs=1e-10)
    assert len(set(found.pivots.tolist())) == 20
    assert np.allclose(np.triu(found.factor[found.pivots], 1), 0.0, atol=1e-12)
    # rows of the factor for points are found again from their kernel with the pivots
    assert np.allclose(found.transform(gram[:, found.pivots]), found.factor, rtol=0, atol=1e-10)


@pytest.mark.parametrize("pivoting", ["random", "greedy"])
def test_a_full_factor_is_exact_and_stops_at_the_rank(pivoting):
    gram = gaussian_gram(np.vstack([X, X[:20]]))
    found = pivoted_cholesky(lambda i: gram[:, i], gram.diagonal(), rank=80, tol=0.0, pivoting=pivoting, rng=1)
    assert found.factor.shape[1] <= 60
    assert np.allclose(found.factor @ found.factor.T, gram, rtol=0, atol=1e-8)  # pivots below 1e-10 are dropped


def test_one_seed_gives_one_factor():
    gram = gaussian_gram(X)
    first, second = (pivoted_cholesky(lambda i: gram[:, i], gram.diagonal(), rank=30, rng=4) for _ in range(2))
    assert np.array_equal(first.factor, second.factor)


# errors --------------------------------------------------------------------------------------------------------------
def test_what_is_refused():
    with pytest.raises(InvalidParameterError, match="kernel"):
        apply_kernel(np.zeros(2), "cauchy", 1.0)
    with pytest.raises(InvalidParameterError, match="pivoting"):
        pivoted_cholesky(lambda i: X, np.ones(3), rank=2, pivoting="best")
    with pytest.raises(InvalidDataError, match="negative"):
        pivoted_cholesky(lambda i: X, -np.ones(3), rank=2)
    with pytest.raises(DegenerateDataError, match="coincide"):
        median_distance(np.ones((4, 2)))


def test_a_majority_of_equal_rows_takes_the_largest_distance():
    assert median_distance(np.array([[0.0], [0.0], [0.0], [0.0], [3.0]])) == 3.0
