"""Agreement of scores and subspaces, and distance correlation."""

import numpy as np
import pytest
from scipy import stats

from stattools import DistributionArray
from stattools.exceptions import DegenerateDataError, InvalidDataError
from stattools.sdr import distance_correlation, rv_multirank, subspace_distance

pytestmark = pytest.mark.kernels
RNG = np.random.default_rng(1)
U = RNG.normal(size=(40, 2))


def naive_rv(u, v):
    def ranks(x):
        n = len(x)
        found = np.zeros(x.shape)
        for i in range(n):
            for k in range(n):
                length = np.linalg.norm(x[k] - x[i])
                found[i] += (x[k] - x[i]) / length / n if length else 0.0
        return found - found.mean(axis=0)

    a, b = ranks(u), ranks(v)
    return np.trace(a.T @ b @ b.T @ a) / np.sqrt(np.trace((a.T @ a) @ (a.T @ a)) * np.trace((b.T @ b) @ (b.T @ b)))


def naive_dcor(x, y, *, centred=True):
    n = len(x)
    h = np.eye(n) - (1 / n if centred else 0)
    a, b = (h @ np.linalg.norm(z[:, None] - z[None], axis=2) @ h for z in (x, y))
    return np.sqrt(np.mean(a * b) / np.sqrt(np.mean(a * a) * np.mean(b * b)))


# naive ---------------------------------------------------------------------------------------------------------------
def test_against_loops():
    v = np.column_stack([U[:, 0] + 0.3 * RNG.normal(size=40), np.exp(U[:, 1])])
    assert rv_multirank(U, v) == pytest.approx(naive_rv(U, v), rel=1e-12)  # rounding of sums
    assert distance_correlation(U, v, n_resamples=9, rng=1).statistic == pytest.approx(naive_dcor(U, v), rel=1e-10)
    distances = [np.linalg.norm(z[:, None] - z[None], axis=2) for z in (U, v)]
    given = distance_correlation(*distances, is_distance=True, n_resamples=99, rng=1)
    assert given.statistic == pytest.approx(naive_dcor(U, v), rel=1e-10)
    assert given.pvalue == distance_correlation(U, v, n_resamples=99, rng=1).pvalue


# known answers -------------------------------------------------------------------------------------------------------
def test_subspaces():
    basis = np.eye(4)
    assert subspace_distance(basis[:, :2], basis[:, :2] @ [[2.0, 1.0], [0.0, 1.0]]) == pytest.approx(0.0, abs=1e-15)
    assert subspace_distance(basis[:, :2], basis[:, 2:]) == pytest.approx(1.0, rel=1e-15)
    turned = np.array([np.cos(0.3), np.sin(0.3), 0.0, 0.0])
    assert subspace_distance(basis[:, 0], turned) == pytest.approx(np.sin(0.3), rel=1e-12)
    assert subspace_distance(basis[:, 0], turned, angles=True) == pytest.approx([0.3], rel=1e-12)
    projectors = [basis[:, :2] @ basis[:, :2].T, np.outer(turned, turned)]
    expected = np.linalg.norm(projectors[0] - projectors[1]) / np.sqrt(3)
    assert subspace_distance(basis[:, :2], turned) == pytest.approx(expected, rel=1e-12)


@pytest.mark.slow
def test_independent_normal_scores_have_known_means():
    """Means over 200 data sets of n = 100, against .167 and .252 (centred), .798 and .888 (not), .008 and .018 (RV)."""
    means = []
    for d in (1, 2):
        rng = np.random.default_rng(d)
        rows = []
        for _ in range(200):
            x, y = rng.normal(size=(100, d)), rng.normal(size=(100, d))
            rows.append([naive_dcor(x, y), naive_dcor(x, y, centred=False), rv_multirank(x, y)])
        means.append(np.mean(rows, axis=0))
    # one earlier run of unknown size: the standard errors of 200 data sets are about .003, .001 and .001
    assert np.allclose(means, [[0.167, 0.798, 0.008], [0.252, 0.888, 0.018]], atol=0.012)


# properties ----------------------------------------------------------------------------------------------------------
def test_invariances():
    turn = np.linalg.qr(RNG.normal(size=(2, 2)))[0]
    v = U + 0.5 * RNG.normal(size=(40, 2))
    assert rv_multirank(U @ turn * 3 + 7, v) == pytest.approx(rv_multirank(U, v), rel=1e-12)
    assert distance_correlation(U @ turn * 3 + 7, v, n_resamples=9).statistic == pytest.approx(
        distance_correlation(U, v, n_resamples=9).statistic, rel=1e-10
    )
    assert rv_multirank(U[:, 0], np.exp(U[:, 0])) == pytest.approx(1.0, rel=1e-12)
    assert 0 <= rv_multirank(U, RNG.normal(size=(40, 3))) <= 1


# calibration ---------------------------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("d", [1, 2])
def test_level_under_independence(d):
    rng = np.random.default_rng(d)
    runs = 1000
    rejected = sum(
        distance_correlation(rng.normal(size=(20, d)), rng.exponential(size=(20, d)), n_resamples=99, rng=k).pvalue
        <= 0.05
        for k in range(runs)
    )
    assert stats.binom.ppf(0.0005, runs, 0.05) <= rejected <= stats.binom.ppf(0.9995, runs, 0.05)


# errors --------------------------------------------------------------------------------------------------------------
def test_what_is_refused():
    with pytest.raises(InvalidDataError, match="rows are paired"):
        rv_multirank(U, U[:5])
    with pytest.raises(InvalidDataError, match="at least 3"):
        distance_correlation([1.0, 2.0], [1.0, 2.0])
    with pytest.raises(DegenerateDataError, match="coincide"):
        rv_multirank(U, np.ones(40))
    with pytest.raises(DegenerateDataError, match="coincide"):
        distance_correlation(np.zeros((4, 4)), np.ones((4, 4)) - np.eye(4), is_distance=True)
    with pytest.raises(DegenerateDataError, match="dependent"):
        subspace_distance(np.ones((3, 2)), np.eye(3)[:, :1])
    with pytest.raises(DegenerateDataError, match=r"a has shape \(2, 4\).*pass components_.T"):
        subspace_distance(np.eye(4)[:2], np.eye(4)[:, :2])
    with pytest.raises(InvalidDataError, match="not symmetric"):
        distance_correlation(np.arange(9.0).reshape(3, 3), np.zeros((3, 3)), is_distance=True)
    with pytest.raises(InvalidDataError, match="shape"):
        distance_correlation(np.ones((3, 2)), np.zeros((3, 3)), is_distance=True)


def test_distributions_are_compared_by_their_distances():
    array = DistributionArray.from_samples(U[:, :1] + np.arange(4.0))
    for call in (distance_correlation, rv_multirank):
        with pytest.raises(InvalidDataError, match=r"a holds distributions.*is_distance=True.*a.pairwise\(\)"):
            call(array, U)
        with pytest.raises(InvalidDataError, match="b holds distributions"):
            call(U, list(array))
    with pytest.raises(InvalidDataError, match=r"b holds distributions; pass their distances, such as b.pairwise\(\)"):
        distance_correlation(array.pairwise(), array, is_distance=True)
    found = distance_correlation(array.pairwise(), array.pairwise(), is_distance=True, n_resamples=9)
    assert found.statistic == pytest.approx(1.0, rel=1e-12)
