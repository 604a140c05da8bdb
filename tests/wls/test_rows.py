import threading

import numpy as np
import pytest
from hypothesis import given, strategies as st

from stattools.exceptions import DegenerateDataError, InvalidDataError
from stattools.wls.rows import blocks_of, orthonormal_rows, pool_matrix, ridge
from tests import naive_wls_rows as naive

SCALES = 10.0 ** np.array([-8.0, 8.0, 0.0, 3.0, -5.0])


def pool(n=40, p=5, seed=0):
    return np.random.default_rng(seed).normal(size=(n, p))


def memmap_of(x, folder, mode="r"):
    path = folder / "pool.dat"
    np.asarray(x, dtype=np.float64).tofile(path)
    return np.memmap(path, dtype=np.float64, mode=mode, shape=x.shape)


def second_moment(rows):
    phi = rows.features(np.arange(len(rows)))
    masses = np.full(len(rows), 1 / len(rows)) if rows.masses is None else rows.masses
    return (phi.T * masses) @ phi


# naive ---------------------------------------------------------------------------------------------
@given(n=st.integers(1, 30), p=st.integers(1, 6), block_rows=st.integers(1, 40), seed=st.integers(0, 2**32 - 1))
def test_leverage_equals_its_naive_twin(n, p, block_rows, seed):
    rng = np.random.default_rng(seed)
    x, masses = rng.normal(size=(n, p)), rng.exponential(size=n) + 0.01
    # 1e-8: the pseudo-inverse of a nearly singular square matrix loses digits, ours loses fewer
    np.testing.assert_allclose(orthonormal_rows(x, block_rows=block_rows).leverage, naive.leverages(x), atol=1e-8)
    weighted = orthonormal_rows(x, masses=masses, block_rows=block_rows)
    np.testing.assert_allclose(weighted.leverage, naive.leverages(x, masses), atol=1e-8)


@pytest.mark.parametrize("regularization", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("deficient", [False, True])
def test_ridge_coordinates_give_ridge_leverages(regularization, deficient):
    x = pool()
    x = np.column_stack([x, x[:, 0] - x[:, 2]]) if deficient else x
    rows = orthonormal_rows(x)
    z = ridge(rows, regularization).of(rows.stored)
    # 1e-12: the twin solves normal equations whose condition is below 1e5
    np.testing.assert_allclose((z**2).sum(axis=1), naive.leverages(x, regularization=regularization), rtol=1e-12)


# property ------------------------------------------------------------------------------------------
@given(
    n=st.integers(2, 60),
    p=st.integers(1, 6),
    rank=st.integers(1, 6),
    seed=st.integers(0, 2**32 - 1),
    zero=st.booleans(),
)
def test_features_are_orthonormal_and_linear_in_the_rows(n, p, rank, seed, zero):
    rng = np.random.default_rng(seed)
    rank = min(n - zero, p, rank)
    x = rng.integers(-4, 5, size=(n, rank)) @ rng.integers(-4, 5, size=(rank, p)) * SCALES[rng.integers(0, 5, size=p)]
    if zero:
        x[0] = 0.0
    if not x.any():
        return
    rows = orthonormal_rows(x, block_rows=7)
    # integers: numpy's rank of the columns scaled to one is unambiguous
    scaled = x / np.maximum(np.abs(x).max(axis=0), 1e-300)
    assert rows.rank == np.linalg.matrix_rank(scaled, tol=1e-10)
    assert rows.transform.shape == (p, rows.rank)
    # 1e-13: a few dozen operations at 1e-16; the map itself by the condition of integer matrices of this size
    np.testing.assert_allclose(second_moment(rows), np.eye(rows.rank), atol=1e-13)
    np.testing.assert_allclose(x @ rows.transform, rows.stored, atol=1e-10 * np.sqrt(n))
    np.testing.assert_allclose(rows.leverage.sum(), rows.rank, rtol=1e-13)
    assert rows.leverage.max() <= 1 + 1e-13
    assert (rows.leverage[~x.any(axis=1)] == 0).all()


@pytest.mark.parametrize("masses", [None, np.arange(40.0)])
def test_units_of_columns_do_not_matter(masses):
    x = pool()
    one, other = orthonormal_rows(x, masses=masses), orthonormal_rows(x * SCALES, masses=masses)
    assert one.rank == other.rank == 5
    np.testing.assert_allclose(one.leverage, other.leverage, rtol=1e-12)  # rounding of the scaled data


def test_orthonormal_to_the_last_digits_at_condition_1e8():
    rng = np.random.default_rng(1)
    left, right = np.linalg.qr(rng.normal(size=(500, 8)))[0], np.linalg.qr(rng.normal(size=(8, 8)))[0]
    rows = orthonormal_rows(left * np.logspace(0, -8, 8) @ right)
    assert rows.rank == 8
    np.testing.assert_allclose(second_moment(rows), np.eye(8), atol=1e-14)
    # 1e-7: the data themselves are rounded at 1e-16, times the condition
    np.testing.assert_allclose(rows.leverage, (left**2).sum(axis=1), atol=1e-7)


def test_masses_of_zero_leave_rows_out_of_the_measure_only():
    x, masses = pool(), np.ones(40)
    masses[10:] = 0.0
    rows = orthonormal_rows(x, masses=masses)
    alone = orthonormal_rows(x[:10])
    assert (rows.leverage[10:] == 0).all()
    np.testing.assert_allclose(rows.leverage[:10], alone.leverage, rtol=1e-12)
    np.testing.assert_allclose(rows.stored, x @ rows.transform, rtol=1e-10, atol=1e-12)


def test_the_transform_gives_coefficients_of_least_norm():
    x = pool()
    x = np.column_stack([x, x @ np.arange(1.0, 6.0), np.zeros(40)])
    rows = orthonormal_rows(x)
    y = np.random.default_rng(2).normal(size=40)
    coefficients = rows.transform @ (rows.stored.T @ y / 40)
    # 1e-12: numpy's minimum-norm solution, condition about 10
    np.testing.assert_allclose(coefficients, np.linalg.lstsq(x, y, rcond=None)[0], atol=1e-12)


def test_a_deficient_pool_with_columns_of_any_scale():
    x = np.random.default_rng(3).integers(-9, 10, size=(40, 4)).astype(float)
    x = np.column_stack([x, x[:, 0] + x[:, 1]]) * 2.0 ** np.array([-26, 13, 26, 0, -13])
    rows = orthonormal_rows(x)
    assert rows.rank == 4
    np.testing.assert_allclose(second_moment(rows), np.eye(4), atol=1e-14)
    np.testing.assert_allclose(x @ rows.transform, rows.stored, atol=1e-13)


@pytest.mark.parametrize("regularization", [1e-30, 1e-12, 1.0, 1e15])
def test_ridge_coordinates_and_anchors_sum_to_the_identity(regularization):
    x = pool() * SCALES
    x = np.column_stack([x, x[:, 0] / SCALES[0] + x[:, 1] / SCALES[1]])
    rows = orthonormal_rows(x)
    found = ridge(rows, regularization)
    z = found.of(rows.stored)
    np.testing.assert_allclose(z.T @ z + found.anchors.T @ found.anchors, np.eye(5), atol=1e-13)
    if regularization == 1e-30:
        np.testing.assert_allclose((z**2).sum(axis=1), rows.leverage, rtol=1e-12)


def test_a_memmap_gives_the_same_without_an_array_of_its_size(tmp_path):
    x = pool(n=3000)
    stored, mapped = orthonormal_rows(x), orthonormal_rows(memmap_of(x, tmp_path), block_rows=100)
    assert mapped.stored is None and isinstance(mapped.matrix, np.memmap)
    np.testing.assert_allclose(mapped.leverage, stored.leverage, rtol=1e-12)  # the condition is about 1
    where = np.random.default_rng(0).integers(0, 3000, size=700)
    gram = [(rows.features(where) @ rows.features(where[:5]).T) for rows in (stored, mapped)]
    np.testing.assert_allclose(gram[0], gram[1], atol=1e-11)
    parts = [(low, len(block)) for low, block in mapped.blocks()]
    assert sum(size for _, size in parts) == 3000 and parts[0][0] == 0
    np.testing.assert_array_equal(np.concatenate([b for _, b in mapped.blocks()])[where], mapped.features(where))


def test_changes_of_a_copy_on_write_memmap_survive(tmp_path):
    mapped = memmap_of(pool(), tmp_path, mode="c")
    mapped[0] = 7.0
    orthonormal_rows(mapped)
    assert (mapped[0] == 7.0).all()


def test_features_are_c_contiguous_and_a_copy():
    rows = orthonormal_rows(pool())
    part = rows.features(np.array([3, 3, 0]))
    assert part.flags.c_contiguous and part.shape == (3, 5)
    part[:] = 0.0
    assert rows.stored[3].any()


def test_cumulative_leverages_are_computed_once():
    rows = orthonormal_rows(pool())
    assert rows.cumulative is rows.cumulative
    np.testing.assert_allclose(rows.cumulative[-1], 5.0)


def test_bits_do_not_depend_on_threads():
    from threadpoolctl import threadpool_limits

    x = pool(n=5000, p=60)
    expected = orthonormal_rows(x)
    with threadpool_limits(limits=2):
        again = orthonormal_rows(x)
    found = []
    thread = threading.Thread(target=lambda: found.append(orthonormal_rows(x)))
    thread.start()
    thread.join()
    for other in (again, found[0]):
        np.testing.assert_array_equal(other.stored, expected.stored)
        np.testing.assert_array_equal(other.leverage, expected.leverage)


def test_more_columns_than_rows_and_extreme_numbers():
    wide = orthonormal_rows(pool(n=3, p=5))
    assert wide.rank == 3
    np.testing.assert_allclose(wide.leverage, 1.0, rtol=1e-12)
    for size in (1e-150, 1e150):
        np.testing.assert_allclose(orthonormal_rows(size * pool()).leverage, orthonormal_rows(pool()).leverage)


def test_blocks_cover_the_rows_in_order():
    assert [(low, len(block)) for low, block in blocks_of(np.ones((7, 2)), 3)] == [(0, 3), (3, 3), (6, 1)]


# errors --------------------------------------------------------------------------------------------
def test_a_pool_of_zeros_is_refused():
    with pytest.raises(DegenerateDataError, match="every row of the pool is zero"):
        orthonormal_rows(np.zeros((4, 2)))


def test_a_memmap_with_nan_is_refused_with_its_place(tmp_path):
    x = pool(n=100)
    x[70, 2] = np.nan
    with pytest.raises(InvalidDataError, match="X has nan at row 70, column 2"):
        orthonormal_rows(pool_matrix(memmap_of(x, tmp_path), "X"))
    with pytest.raises(InvalidDataError, match="X has nan at row 70, column 2"):
        pool_matrix(x, "X")


def test_a_sum_that_overflows_is_no_infinity():
    assert pool_matrix(np.full((4, 2), 1e308), "X").shape == (4, 2)
