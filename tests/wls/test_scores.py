import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from stattools.exceptions import ConvergenceWarning, DegenerateDataError, InvalidDataError, InvalidParameterError
from stattools.wls.rows import orthonormal_rows
from stattools.wls.scores import leverage_scores, lewis_weights, lewis_weights_of, lp_sensitivities
from tests import naive_wls_rows as naive

POWERS = [0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 10.0]
SCALES = np.array([1e-8, 1.0, 1e8])


def matrix(n=60, d=3, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


def heavy(n=200, d=4, seed=1):
    return np.random.default_rng(seed).standard_t(1, size=(n, d))


# leverage: naive -----------------------------------------------------------------------------------
@given(n=st.integers(2, 30), d=st.integers(1, 5), seed=st.integers(0, 2**32 - 1), power=st.integers(-3, 3))
def test_leverages_equal_their_naive_twin(n, d, seed, power):
    x = np.random.default_rng(seed).normal(size=(n, d))
    # 1e-8: the twins lose digits where x is nearly singular
    np.testing.assert_allclose(leverage_scores(x), naive.leverages(x), atol=1e-8)
    ridge = naive.leverages(x, regularization=10.0**power)
    np.testing.assert_allclose(leverage_scores(x, regularization=10.0**power), ridge, atol=1e-8)


# leverage: reference -------------------------------------------------------------------------------
@pytest.mark.parametrize("regularization", [1e-20, 1e-6, 0.1, 10.0, 1e8])
def test_ridge_leverages_sum_to_the_effective_dimension(regularization):
    x = np.column_stack([matrix(), matrix()[:, 0]])
    squares = np.linalg.svd(x, compute_uv=False)[:3] ** 2
    found = leverage_scores(x, regularization=regularization)
    np.testing.assert_allclose(found.sum(), (squares / (squares + regularization)).sum(), rtol=1e-12)


def test_leverages_are_the_hat_diagonal_of_statsmodels():
    sm = pytest.importorskip("statsmodels.api")
    x = sm.add_constant(matrix())
    hat = sm.OLS(np.ones(60), x).fit().get_influence().hat_matrix_diag
    np.testing.assert_allclose(leverage_scores(x), hat, rtol=1e-11)  # two QR-like computations at condition 2


# leverage: property --------------------------------------------------------------------------------
def test_leverages_of_a_memmap(tmp_path):
    x = matrix(n=500)
    x.tofile(tmp_path / "x.dat")
    mapped = np.memmap(tmp_path / "x.dat", dtype=np.float64, mode="r", shape=x.shape)
    np.testing.assert_allclose(leverage_scores(mapped), leverage_scores(x), rtol=1e-12)
    np.testing.assert_allclose(
        leverage_scores(mapped, regularization=3.0), leverage_scores(x, regularization=3.0), rtol=1e-12
    )
    np.testing.assert_allclose(lewis_weights(mapped, 1), lewis_weights(x, 1), rtol=1e-9)


@pytest.mark.parametrize("convert", [np.asfortranarray, pd.DataFrame, list, lambda x: x.astype(np.int32)])
def test_the_kind_of_array_does_not_matter(convert):
    x = np.round(10 * matrix())
    np.testing.assert_array_equal(leverage_scores(convert(x)), leverage_scores(x))


# Lewis weights: naive ------------------------------------------------------------------------------
@pytest.mark.parametrize("p", POWERS)
@pytest.mark.parametrize("x", [matrix(), heavy(), np.vander(np.linspace(-1, 1, 50), 5)], ids=["normal", "t1", "powers"])
def test_weights_solve_their_equation(x, p):
    weights = lewis_weights(x, p)
    # 1e-10 is the tolerance of the iteration; the twin solves normal equations whose condition is below 1e5
    np.testing.assert_allclose(np.log(naive.lewis_equation(x, weights, p) / weights), 0.0, atol=1.5e-10)
    np.testing.assert_allclose(weights.sum(), x.shape[1], rtol=1e-8)
    assert ((weights > 0) & (weights <= 1 + 1e-8)).all()


# Lewis weights: reference --------------------------------------------------------------------------
def test_weights_for_p_2_are_leverages_exactly():
    np.testing.assert_array_equal(lewis_weights(heavy(), 2), leverage_scores(heavy()))


def test_weights_of_two_orthogonal_directions():
    """Rows c_k e_1 share the weight of their direction in proportion to |c_k|^p; derived from the equation."""
    sizes = np.array([1.0, 2.0, 5.0])
    x = np.zeros((4, 2))
    x[:3, 0], x[3, 1] = sizes, 7.0
    for p in POWERS:
        np.testing.assert_allclose(lewis_weights(x, p), np.r_[sizes**p / (sizes**p).sum(), 1.0], rtol=1e-8)


@pytest.mark.parametrize("p", [0.2, 0.5, 1.0, 1.5, 3.0, 4.0, 6.0, 10.0, 25.0])
def test_the_number_of_iterations_follows_the_rate(p):
    for x in (matrix(), heavy(), np.vander(np.linspace(-1, 1, 50), 5)):
        found = lewis_weights_of(orthonormal_rows(x), p)
        assert found.residual <= 1e-10
        rate = abs(p - 2) / (p + 2)
        # from a first residual below 1e5 to 1e-10 at the rate derived, and as many steps again to get near
        assert found.n_iterations <= 2 + 1.7 * np.log(1e-10) / np.log(rate)


@pytest.mark.parametrize("p", [1.0, 1.5, 3.0])
def test_sixty_iterations_suffice(p):
    x = np.random.default_rng(3).normal(size=(2000, 10))
    assert lewis_weights_of(orthonormal_rows(x), p, max_iterations=60).residual <= 1e-10


@pytest.mark.parametrize("p", [0.5, 1.0, 1.5, 3.0, 4.0, 10.0])
def test_the_rate_is_the_one_derived(p):
    rows = orthonormal_rows(matrix(n=400, d=6))
    early = lewis_weights_of(rows, p, 1e-5)
    late = lewis_weights_of(rows, p, 1e-300, early.n_iterations + 2)
    # two steps; directions at either end of the spectrum shrink by the rate, those between by more
    assert 0.3 <= late.residual / early.residual / (abs(p - 2) / (p + 2)) ** 2 <= 1.05


# Lewis weights: property ---------------------------------------------------------------------------
@given(seed=st.integers(0, 2**32 - 1), p=st.sampled_from([0.5, 1.0, 1.5, 3.0, 5.0, 10.0]))
def test_weights_of_awkward_matrices(seed, p):
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(2, 40)), int(rng.integers(1, 6))
    x = rng.standard_t(1, size=(n, d)) * 10.0 ** rng.uniform(-4, 4, size=(n, 1))
    x[rng.random((n, d)) < 0.5] = 0.0
    if not x.any():
        return
    rows = orthonormal_rows(x)
    found = lewis_weights_of(rows, p)
    assert found.residual <= 1e-10
    np.testing.assert_allclose(found.weights.sum(), rows.rank, rtol=1e-8)
    assert (found.weights[~x.any(axis=1)] == 0).all()


@pytest.mark.parametrize("p", POWERS)
def test_units_of_columns_do_not_matter(p):
    # 1e-8: both stop within 1e-10 of the fixed point, at most 1/(1 - rate) away from it
    np.testing.assert_allclose(lewis_weights(matrix() * SCALES, p), lewis_weights(matrix(), p), rtol=1e-8)
    np.testing.assert_allclose(leverage_scores(matrix() * SCALES), leverage_scores(matrix()), rtol=1e-11)
    if p >= 1:
        exact = [lp_sensitivities(x, p, exact=True) for x in (matrix(n=20) * SCALES, matrix(n=20))]
        np.testing.assert_allclose(*exact, rtol=1e-8)


@pytest.mark.parametrize("p", [1.0, 3.0, 6.0])
def test_equal_rows_share_and_a_lone_row_has_one(p):
    x = np.zeros((9, 3))
    x[:8, :2], x[8] = np.repeat(matrix(n=4, d=2), 2, axis=0), [1.0, 1.0, 1e-4]
    weights = lewis_weights(x, p)
    np.testing.assert_allclose(weights[:8:2], weights[1:8:2], rtol=1e-9)
    np.testing.assert_allclose(weights[8], 1.0, rtol=1e-9)
    assert lp_sensitivities(x, p, exact=True)[8] == pytest.approx(1.0, rel=1e-9)


# sensitivities: naive ------------------------------------------------------------------------------
def test_exact_l1_sensitivities_equal_those_of_the_primal_program():
    x = heavy(n=25, d=3)
    wanted = [naive.sensitivity_one(x, i) for i in range(25)]
    # 1e-6: the primal program meets its constraints to HiGHS' tolerance of 1e-7, on data that span decades
    np.testing.assert_allclose(lp_sensitivities(x, 1, exact=True), wanted, rtol=1e-6)


@pytest.mark.parametrize("p", [1.05, 1.2, 1.5, 1.9, 2.5, 3.0, 4.0, 10.0, 20.0])
@pytest.mark.parametrize("x", [matrix(n=30, d=2), heavy(n=30, d=2)], ids=["normal", "heavy"])
def test_exact_sensitivities_equal_a_scan_of_directions(x, p):
    wanted = [naive.sensitivity_two_columns(x, i, p) for i in range(30)]
    found = lp_sensitivities(x, p, exact=True)
    assert (found >= np.array(wanted) * (1 - 1e-9)).all()  # the scan can only be too low
    if np.abs(x).max() < 10:
        np.testing.assert_allclose(found, wanted, rtol=1e-7)  # the scan stops at angles 1e-10 apart


# sensitivities: property ---------------------------------------------------------------------------
@pytest.mark.parametrize("p", [1.0, 1.2, 1.5, 2.0, 3.0, 4.0, 8.0])
def test_bounds_hold_for_random_directions_and_exact_values(p):
    x = np.concatenate([heavy(n=80, d=3), matrix(n=20)])
    bound, exact = lp_sensitivities(x, p), lp_sensitivities(x, p, exact=True)
    values = np.abs(x @ np.random.default_rng(4).normal(size=(3, 1000))) ** p
    # 1e-8: Lewis weights and exact values are computed to 1e-9
    assert ((values / values.sum(axis=0)).max(axis=1) <= exact * (1 + 1e-8)).all()
    assert (exact <= bound * (1 + 1e-8)).all()
    assert bound.max() <= 1.0
    assert exact.sum() <= max(3.0, 3.0 ** (p / 2)) * (1 + 1e-8)


def test_sensitivities_for_p_2_are_leverages():
    for exact in (False, True):
        np.testing.assert_allclose(lp_sensitivities(matrix(), 2, exact=exact), leverage_scores(matrix()), rtol=1e-14)


def test_sensitivities_of_one_column():
    x = np.array([1.0, -2.0, 0.0, 5.0])
    for p in (1.0, 1.5, 3.0, 8.0):
        wanted = np.abs(x) ** p / (np.abs(x) ** p).sum()
        np.testing.assert_allclose(lp_sensitivities(x[:, None], p, exact=True), wanted, rtol=1e-12)
        np.testing.assert_allclose(lp_sensitivities(x[:, None], p), wanted, rtol=1e-8)


def test_augmented_scores_add_the_leverages():
    plain = lp_sensitivities(matrix(), 1.5)
    np.testing.assert_array_equal(lp_sensitivities(matrix(), 1.5, augment=True), plain + leverage_scores(matrix()))


def test_rows_of_zeros_and_deficient_rank():
    x = np.column_stack([matrix(n=20), matrix(n=20)[:, 0]])
    x[3] = 0.0
    for p in (1.0, 1.5, 4.0):
        exact = lp_sensitivities(x, p, exact=True)
        assert exact[3] == 0.0
        np.testing.assert_allclose(exact, lp_sensitivities(x[:, :3], p, exact=True), rtol=1e-7)


# errors --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("function", [leverage_scores, lewis_weights, lp_sensitivities])
def test_bad_matrices_are_refused(function):
    with pytest.raises(InvalidDataError, match="X has nan at row 1, column 0"):
        function([[1.0, 2.0], [np.nan, 1.0]])
    with pytest.raises(InvalidDataError, match=r"X has shape \(1, 2, 3\); it must have 1 or 2 dimension"):
        function(np.ones((1, 2, 3)))
    with pytest.raises(InvalidDataError, match="X is empty"):
        function(np.empty((0, 2)))
    with pytest.raises(DegenerateDataError, match="every row of the pool is zero"):
        function(np.zeros((3, 2)))


def test_bad_options_are_refused():
    with pytest.raises(InvalidParameterError, match="regularization is -1"):
        leverage_scores(matrix(), regularization=-1)
    for p in (0, -1.0, np.inf, "two"):
        with pytest.raises(InvalidParameterError, match="p is"):
            lewis_weights(matrix(), p)
    with pytest.raises(InvalidParameterError, match="p is 0.5; it must be at least 1"):
        lp_sensitivities(matrix(), 0.5)
    with pytest.raises(InvalidParameterError, match="tol is 0"):
        lewis_weights(matrix(), 1, tol=0)
    with pytest.raises(InvalidParameterError, match="max_iterations is 0"):
        lewis_weights(matrix(), 1, max_iterations=0)


def test_exact_values_are_refused_for_many_rows():
    with pytest.raises(InvalidParameterError, match="each of 5001 rows and are limited to 5000"):
        lp_sensitivities(np.ones((5001, 1)), 1, exact=True)


def test_weights_that_do_not_converge_are_reported():
    with pytest.warns(ConvergenceWarning, match="p = 100 reached a residual of .* in 5 iterations"):
        weights = lewis_weights(heavy(), 100, max_iterations=5)
    assert weights.shape == (200,)


# tables --------------------------------------------------------------------------------------------------------------
def test_formulas_and_tables_give_the_scores_of_their_columns():
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"x": rng.normal(size=30), "g": rng.choice(list("ab"), 30)})
    matrix = np.column_stack([np.ones(30), data["x"], data["g"] == "b"])
    for scores in (leverage_scores, lewis_weights, lp_sensitivities):
        np.testing.assert_allclose(scores("~ x + g", data=data), scores(matrix), rtol=1e-10)  # rounding
    np.testing.assert_array_equal(leverage_scores(data[["x"]]), leverage_scores(data[["x"]].to_numpy()))
