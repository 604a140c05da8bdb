import numpy as np
import pytest
from hypothesis import given, strategies as st

from stattools.exceptions import DegenerateDataError
from stattools.wls.exchange import d_optimal_rows
from stattools.wls.rows import orthonormal_rows
from tests import naive_wls_rows as naive


def log_determinant(x, where):
    return np.linalg.slogdet(x[where].T @ x[where])[1]


def best_single_exchange(x, chosen, fixed=()):
    outside = [j for j in range(len(x)) if j not in chosen]
    return max(
        (
            log_determinant(x, [*(k for k in chosen if k != i), j]) - log_determinant(x, list(chosen))
            for i in chosen
            if i not in fixed
            for j in outside
        ),
        default=-np.inf,
    )


# naive ---------------------------------------------------------------------------------------------
@given(n=st.integers(4, 14), d=st.integers(1, 4), seed=st.integers(0, 2**32 - 1))
def test_no_single_exchange_improves(n, d, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d))
    size = int(rng.integers(d, min(n, 8) + 1))
    fixed = rng.choice(n, size=int(rng.integers(0, size - d + 1)), replace=False)
    best = d_optimal_rows(x, size, fixed=fixed)
    assert best.converged and len(set(best.indices)) == size
    assert set(fixed) <= set(best.indices)
    assert (np.diff(best.indices) > 0).all()
    # 1e-9: rounding of log-determinants above the gain of 1e-10 at which exchanges stop
    assert best_single_exchange(x, best.indices.tolist(), set(fixed)) <= 1e-9
    np.testing.assert_allclose(best.log_determinant, log_determinant(x, best.indices), atol=1e-9)
    assert best.log_determinant <= naive.largest_determinant(x, size, fixed) + 1e-9


def test_most_small_choices_are_the_best_of_all():
    found = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        d = int(rng.integers(1, 4))
        x = rng.normal(size=(int(rng.integers(d + 2, 10)), d))
        size = int(rng.integers(d, len(x)))
        found += d_optimal_rows(x, size).log_determinant > naive.largest_determinant(x, size) - 1e-9
    assert found >= 190  # 198 when this was written; a local optimum is all that is promised


# property ------------------------------------------------------------------------------------------
def test_coordinates_and_units_do_not_matter():
    x = np.random.default_rng(0).normal(size=(200, 4))
    found = [
        d_optimal_rows(orthonormal_rows(x @ a).stored, 9).indices
        for a in (np.eye(4), np.diag([1e-8, 1.0, 1e8, 3.0]), np.random.default_rng(1).normal(size=(4, 4)))
    ]
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


def test_it_is_deterministic_and_leaves_its_arguments_alone():
    x, fixed = np.random.default_rng(2).normal(size=(100, 3)), np.array([5, 50])
    before = x.copy()
    one, other = d_optimal_rows(x, 6, fixed=fixed), d_optimal_rows(x, 6, fixed=fixed)
    np.testing.assert_array_equal(one.indices, other.indices)
    np.testing.assert_array_equal(x, before)
    assert fixed.tolist() == [5, 50]


def test_all_rows_and_fixed_rows_only():
    x = np.random.default_rng(3).normal(size=(6, 2))
    assert d_optimal_rows(x, 6).indices.tolist() == list(range(6))
    assert d_optimal_rows(x, 3, fixed=np.array([4, 0, 2])).indices.tolist() == [0, 2, 4]


def test_duplicated_rows_may_all_be_chosen():
    x = np.repeat(np.eye(2) * [3.0, 1.0], 4, axis=0)
    best = d_optimal_rows(x, 4)
    assert sorted(x[best.indices].sum(axis=0)) == [2.0, 6.0]  # two of each is the best split


def test_fixed_rows_of_deficient_rank_are_completed():
    x = np.concatenate([np.tile([1.0, 0.0, 0.0], (3, 1)), np.random.default_rng(4).normal(size=(20, 3))])
    best = d_optimal_rows(x, 5, fixed=np.array([0, 1, 2]))
    assert np.isfinite(best.log_determinant)
    np.testing.assert_allclose(best.log_determinant, naive.largest_determinant(x, 5, (0, 1, 2)), atol=1e-9)


def test_sweeps_that_do_not_suffice_are_reported():
    x = np.random.default_rng(5).normal(size=(2000, 6))
    short, long = d_optimal_rows(x, 30, max_sweeps=1), d_optimal_rows(x, 30)
    assert not short.converged and long.converged
    assert long.log_determinant >= short.log_determinant


# reference -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "degree, support",
    [(1, [-1.0, 1.0]), (2, [-1.0, 0.0, 1.0]), (3, [-1.0, -np.sqrt(1 / 5), np.sqrt(1 / 5), 1.0])],
)
def test_polynomial_regression_on_an_interval(degree, support):
    """D-optimal points are the ends and the roots of the derivative of a Legendre polynomial (Guest 1958)."""
    x = np.unique(np.r_[np.linspace(-1, 1, 401), support])
    best = d_optimal_rows(np.vander(x, degree + 1), degree + 1)
    np.testing.assert_allclose(x[best.indices], support, atol=1e-12)


def test_hadamard_design_is_found():
    """The 2^3 factorial holds a half fraction with orthogonal columns, determinant 4^4 for the four main terms."""
    levels = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, -1).T
    x = np.column_stack([np.ones(8), levels])
    np.testing.assert_allclose(d_optimal_rows(x, 4).log_determinant, 4 * np.log(4), rtol=1e-12)


# errors --------------------------------------------------------------------------------------------
def test_fixed_rows_that_leave_too_little_room_are_refused():
    x = np.concatenate([np.tile([1.0, 0.0], (3, 1)), np.eye(2)])
    with pytest.raises(DegenerateDataError, match="the 3 rows that must be in have rank 1; 3 rows in all cannot reach"):
        d_optimal_rows(x, 3, fixed=np.array([0, 1, 2]))


def test_features_of_deficient_rank_are_refused():
    with pytest.raises(DegenerateDataError, match="span 1 of the 2 dimensions"):
        d_optimal_rows(np.ones((5, 2)), 3)
