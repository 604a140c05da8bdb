import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats

from stattools.exceptions import DegenerateDataError
from stattools.wls import removal
from stattools.wls.removal import PROPOSALS, removal_coordinates, remove_to
from stattools.wls.rows import orthonormal_rows
from tests import naive_wls_rows as naive


def coordinates(x, regularization=0.0):
    return removal_coordinates(orthonormal_rows(x), regularization)


def chi_square_pvalue(draws, law):
    """Goodness of fit of drawn sets; sets that are expected fewer than five times are put together."""
    counts = dict.fromkeys(law, 0)
    for s in draws:
        counts[s] += 1
    expected = len(draws) * np.array([law[s] for s in law])
    seen = np.array([counts[s] for s in law])
    assert (seen[expected < 1e-6 * len(draws)] == 0).all()
    rare = expected < 5
    seen, expected = np.r_[seen[~rare], seen[rare].sum()], np.r_[expected[~rare], expected[rare].sum()]
    keep = expected > 0
    return stats.chisquare(seen[keep], expected[keep] * seen[keep].sum() / expected[keep].sum()).pvalue


# naive ---------------------------------------------------------------------------------------------
@given(
    n=st.integers(3, 25),
    d=st.integers(1, 4),
    fast=st.booleans(),
    regularization=st.sampled_from([0.0, 0.5]),
    seed=st.integers(0, 2**32 - 1),
)
def test_removal_equals_its_naive_twin(n, d, fast, regularization, seed):
    rng = np.random.default_rng(seed)
    d = min(d, n - 1)
    z, anchors = coordinates(rng.normal(size=(n, d)), regularization)
    size = int(rng.integers(d if regularization == 0 else 1, n + 1))
    kept, order = remove_to(z, size, np.random.default_rng(seed), anchors=anchors, fast=fast)
    uniforms = np.random.default_rng(seed).random((PROPOSALS, 2))
    no_anchors = np.empty((0, d))
    wanted = naive.remove_rows(z, size, no_anchors if anchors is None else anchors, 2 * d if fast else n, uniforms)
    assert order.tolist() == wanted
    assert kept.tolist() == sorted(set(range(n)) - set(wanted))


@pytest.mark.compiled
@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("regularization", [0.0, 0.3, 30.0])
def test_law_equals_that_of_all_paths_of_removal(fast, regularization):
    x = np.random.default_rng(5).normal(size=(6, 2)) * [1.0, 3.0]
    z, anchors = coordinates(x, regularization)
    law = naive.removal_law(z, 3, np.empty((0, 2)) if anchors is None else anchors)
    generator = np.random.default_rng(11)
    draws = [tuple(remove_to(z, 3, generator, anchors=anchors, fast=fast)[0].tolist()) for _ in range(20_000)]
    assert chi_square_pvalue(draws, law) > 1e-3


def test_fast_proposals_follow_the_law_while_more_than_two_r_rows_are_left():
    x = np.random.default_rng(6).normal(size=(8, 1)) * np.logspace(0, 1, 8)[:, None]
    z, _ = coordinates(x)
    law = naive.volume_law(x, 5)
    generator = np.random.default_rng(12)
    draws = [tuple(remove_to(z, 5, generator)[0].tolist()) for _ in range(20_000)]
    assert chi_square_pvalue(draws, law) > 1e-3


# reference -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("size", [2, 3, 5])
def test_without_penalty_the_paths_make_volume_sampling(size):
    x = np.random.default_rng(7).normal(size=(6, 2))
    z, _ = coordinates(x)
    paths, volumes = naive.removal_law(z, size, np.empty((0, 2))), naive.volume_law(x, size)
    # 1e-12: enumeration of at most 360 paths in double precision
    np.testing.assert_allclose([paths[s] for s in volumes], list(volumes.values()), atol=1e-12)


def test_anchors_are_rows_that_stay():
    """Not the conditional law of volume sampling: h_i sum to a constant only when every row may go."""
    x = np.random.default_rng(8).normal(size=(7, 2))
    law = naive.removal_law(x[2:], 2, x[:2])
    generator = np.random.default_rng(13)
    draws = [tuple(remove_to(x[2:], 2, generator, anchors=x[:2])[0].tolist()) for _ in range(20_000)]
    assert chi_square_pvalue(draws, law) > 1e-3


# property ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("regularization", [0.0, 2.0])
def test_many_rows_leave_a_partition_with_full_rank(regularization):
    x = np.random.default_rng(9).standard_t(2, size=(6000, 6)) * 10.0 ** np.arange(-8, 4, 2)
    z, anchors = coordinates(x, regularization)
    kept, order = remove_to(z, 6, np.random.default_rng(0), anchors=anchors)
    assert np.array_equal(np.sort(np.r_[kept, order]), np.arange(6000))
    assert (np.diff(kept) > 0).all()
    if regularization == 0:
        assert np.linalg.matrix_rank(z[kept]) == 6


def test_a_path_passes_through_the_samples_of_all_sizes():
    z, _ = coordinates(np.random.default_rng(10).normal(size=(50, 3)))
    few, long = remove_to(z, 5, np.random.default_rng(1))
    many, short = remove_to(z, 20, np.random.default_rng(1))
    assert long[:30].tolist() == short.tolist()
    assert set(few) < set(many)


def test_a_row_of_leverage_one_is_never_removed():
    x = np.random.default_rng(11).normal(size=(30, 3))
    x[:, 0] = 0.0
    x[17] = [1e-3, 5.0, -2.0]
    z, _ = coordinates(x)
    for seed in range(500):
        assert 17 in remove_to(z, 3, np.random.default_rng(seed))[0]


def test_duplicated_rows_and_rows_of_zeros():
    x = np.repeat(np.eye(2), [5, 1], axis=0)
    x = np.concatenate([x, np.zeros((4, 2))])
    z, _ = coordinates(x)
    for seed in range(200):
        kept = remove_to(z, 2, np.random.default_rng(seed))[0]
        assert kept[0] < 5 and kept[1] == 5  # one of the equal rows, the only other one, and no zero


def test_nothing_to_remove():
    z, _ = coordinates(np.random.default_rng(12).normal(size=(5, 2)))
    kept, order = remove_to(z, 5, np.random.default_rng(0))
    assert kept.tolist() == [0, 1, 2, 3, 4] and order.size == 0


def test_units_of_columns_do_not_change_a_draw():
    x = np.random.default_rng(13).normal(size=(300, 3))
    draws = [remove_to(coordinates(x * s)[0], 10, np.random.default_rng(3))[0] for s in (1.0, [1e-8, 1.0, 1e8])]
    np.testing.assert_array_equal(draws[0], draws[1])


def test_fewer_rows_than_the_rank_under_a_penalty():
    x = np.random.default_rng(14).normal(size=(40, 5))
    z, anchors = coordinates(x, 1.0)
    assert len(remove_to(z, 2, np.random.default_rng(0), anchors=anchors)[0]) == 2


@pytest.mark.parametrize("regularization", [0.0, 50.0])
def test_the_factor_keeps_its_digits(regularization, monkeypatch):
    """With a factor computed anew whenever a quarter of the rows has gone, down to the last, the same rows go."""
    z, anchors = coordinates(np.random.default_rng(15).standard_t(1, size=(3000, 3)), regularization)
    usual = remove_to(z, 3, np.random.default_rng(2), anchors=anchors)[1]
    lower_factor, calls = removal._lower_factor, []

    def counted(*arguments):
        calls.append(None)
        return lower_factor(*arguments)

    monkeypatch.setattr(removal, "_lower_factor", counted)
    monkeypatch.setattr(removal, "FRESH", 1)
    fresh = remove_to(z, 3, np.random.default_rng(2), anchors=anchors)[1]
    assert len(calls) > 20
    np.testing.assert_array_equal(usual, fresh)


# errors --------------------------------------------------------------------------------------------
def test_a_penalty_too_small_for_fewer_rows_than_the_rank_is_refused():
    z, anchors = coordinates(np.random.default_rng(16).normal(size=(40, 5)), 1e-14)
    with pytest.raises(DegenerateDataError, match="5 rows are left and none can be removed .* of 2 wanted"):
        remove_to(z, 2, np.random.default_rng(0), anchors=anchors)
