import pickle

import numpy as np
import pytest
from hypothesis import given, strategies as st

from stattools.exceptions import DegenerateDataError
from stattools.rkhs import distance_correlation_of
from stattools.rkhs.dependence import (
    Form,
    correlation,
    dependence,
    distance_form,
    double_centred,
    euclidean_form,
    factor_form,
    gaussian_form,
    gram_form,
    permuted_distance_correlations,
    permuted_products,
)
from tests import naive_dependence as naive

pytestmark = pytest.mark.kernels


def pair(n=17, seed=0, d=1):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d))
    return x, x[:, :1] ** 2 + rng.normal(size=(n, 1)), np.array([rng.permutation(n) for _ in range(4)], dtype=np.int32)


def forms(x):
    """The same Gram matrix held as a factor and with all its entries, and lines and distances."""
    gram = naive.gaussian(x, 1.0)
    return gram_form(gram), Form(len(x), matrix=double_centred(gram))


# naive ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("d", [1, 3])
def test_gaussian_forms_equal_sums_over_pairs(d):
    x, y, rows = pair(d=d)
    expected = [naive.mean_product(naive.gaussian(x, 1.3), naive.gaussian(y, 0.8), order) for order in rows]
    found = permuted_products(gaussian_form(x, 1.3), gaussian_form(y, 0.8), rows)
    # a factor leaves out 1e-10 of the trace, at most n times that of the statistic's mean
    np.testing.assert_allclose(found, expected, rtol=1e-8)


@pytest.mark.parametrize("d", [1, 2])
def test_distances_equal_sums_over_pairs(d):
    x, y, rows = pair(d=d)
    expected = [naive.mean_product(naive.distances(x), naive.distances(y), order) for order in rows]
    # rounding of n^2 = 289 terms
    np.testing.assert_allclose(permuted_products(euclidean_form(x), euclidean_form(y), rows), expected, rtol=1e-12)


def test_factor_and_entries_give_the_same_values():
    x, y, rows = pair(n=60)
    (factor, entries), (other_factor, other_entries) = forms(x), forms(y)
    assert factor.factor is not None and entries.factor is None
    values = [permuted_products(a, b, rows) for a in (factor, entries) for b in (other_factor, other_entries)]
    for other in values[1:]:
        np.testing.assert_allclose(other, values[0], rtol=1e-8)  # 1e-10 of the trace is left out


def test_lines_with_ties_equal_all_entries():
    rng = np.random.default_rng(3)
    x, y = rng.integers(4, size=(2, 30, 1)).astype(float)
    rows = np.array([rng.permutation(30) for _ in range(5)], dtype=np.int32)
    entries = [distance_form(naive.distances(v)) for v in (x, y)]
    expected = permuted_products(*entries, rows)
    np.testing.assert_allclose(permuted_products(euclidean_form(x), euclidean_form(y), rows), expected, atol=1e-13)


# property ------------------------------------------------------------------------------------------------------------
@given(st.integers(2, 40), st.integers(0, 2**32 - 1), st.floats(-1e6, 1e6))
def test_lines_do_not_depend_on_their_position(n, seed, shift):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(2, n, 1))
    value = dependence(euclidean_form(x), euclidean_form(y))
    # a shift of 1e6 costs six of sixteen digits of the numbers themselves
    assert dependence(euclidean_form(x + shift), euclidean_form(y)) == pytest.approx(value, rel=1e-7, abs=1e-8)


def test_moving_both_changes_nothing():
    x, y, rows = pair()
    for make in (euclidean_form, lambda v: gaussian_form(v, 1.0)):
        value = dependence(make(x), make(y))
        moved = dependence(make(x[rows[0]]), make(y[rows[0]]))
        assert moved == pytest.approx(value, rel=1e-8)  # pivots of the factors differ


def test_distance_correlation_is_one_for_a_similarity_and_zero_for_a_constant():
    x, *_ = pair(d=2)
    turned = x @ np.array([[0.0, -3.0], [3.0, 0.0]]) + 7.0
    assert distance_correlation_of(naive.distances(x), naive.distances(turned)) == pytest.approx(1.0, abs=1e-12)
    assert distance_correlation_of(naive.distances(x), np.zeros((17, 17))) == 0.0
    assert correlation(euclidean_form(np.ones((5, 1))), euclidean_form(np.arange(5.0)[:, None])) == 0.0


def test_permuted_correlations_start_at_the_observed_one():
    x, y, rows = pair()
    a, b = naive.distances(x), naive.distances(y)
    rows[0] = np.arange(17)
    found = permuted_distance_correlations(a, b, rows)
    assert np.sqrt(found[0]) == pytest.approx(naive.distance_correlation(a, b), rel=1e-12)
    assert permuted_distance_correlations(a, np.zeros((17, 17)), rows).tolist() == [0.0] * 4


def test_a_rank_too_large_keeps_all_entries():
    x = np.random.default_rng(1).normal(size=(60, 8))
    assert gaussian_form(x, 0.5).matrix is not None
    assert gram_form(np.eye(60)).matrix is not None
    assert factor_form(x).dense() == pytest.approx(double_centred(x @ x.T), abs=1e-12)


def test_forms_can_be_sent_to_workers():
    form = euclidean_form(np.arange(4.0)[:, None])
    assert pickle.loads(pickle.dumps(form)).line.tolist() == form.line.tolist()


# reference -----------------------------------------------------------------------------------------------------------
def test_two_groups_have_the_distance_covariance_of_a_two_by_two_table():
    """For 0-1 variables, squared distance covariance is 4 (p11 - p1. p.1)^2 (expanding definition 4)."""
    x, y = np.array([0.0, 0, 0, 1, 1, 1, 1, 0]), np.array([0.0, 0, 1, 1, 1, 0, 1, 1])
    covariance = np.mean(x * y) - x.mean() * y.mean()
    value = dependence(euclidean_form(x[:, None]), euclidean_form(y[:, None]))
    assert value == pytest.approx(4 * covariance**2, rel=1e-12)


# errors --------------------------------------------------------------------------------------------------------------
def test_distances_that_are_not_of_negative_type_are_named():
    rng = np.random.default_rng(0)
    found = 0
    for _ in range(200):
        a, b = (np.abs(m + m.T) for m in rng.standard_cauchy(size=(2, 5, 5)))
        np.fill_diagonal(a, 0.0)
        np.fill_diagonal(b, 0.0)
        if correlation(distance_form(a), distance_form(b)) < -0.01:
            found += 1
            with pytest.raises(DegenerateDataError, match="negative type"):
                distance_correlation_of(a, b)
    assert found
