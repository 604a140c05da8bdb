"""Random Fourier features and regressions on rows that pass in blocks."""

import numpy as np
import pytest

from stattools._threads import one_blas_thread
from stattools.exceptions import InvalidParameterError
from stattools.rkhs import _kernels, feature_spectrum, gaussian_gram, posterior_deviations, ridge_path
from stattools.rkhs.fourier import (
    FourierFeatures,
    accumulate,
    accumulate_cross,
    beside,
    fourier_features,
    over_rows,
    streamed_ridge,
)


# naive ---------------------------------------------------------------------------------------------------------------
@pytest.mark.kernels
@pytest.mark.parametrize("size", [1.0, 100.0, 9e4, 1e9])
def test_cosines_and_sines_are_those_of_numpy(size):
    angles = np.random.default_rng(1).uniform(-size, size, (50, 33))
    out = np.full((50, 70), 7.0)
    _kernels.cosines_and_sines(angles, 2.0, out)
    # two units in the last place of numbers up to 2
    np.testing.assert_allclose(out[:, :33], 2.0 * np.cos(angles), rtol=0, atol=1e-15)
    np.testing.assert_allclose(out[:, 33:66], 2.0 * np.sin(angles), rtol=0, atol=1e-15)
    assert (out[:, 66:] == 7.0).all()


@pytest.mark.kernels
# uncompiled, numpy warns of what the loop computes for angles that it then leaves to the library
@pytest.mark.filterwarnings("ignore:(overflow|invalid value) encountered:RuntimeWarning")
def test_angles_at_multiples_of_a_quarter_turn_and_special_ones():
    angles = np.concatenate([np.arange(-9, 10) * np.pi / 2, [0.0, 1e5, -1e5, 1e300]])[None, :]
    out = np.empty((1, 2 * angles.size))
    _kernels.cosines_and_sines(angles, 1.0, out)
    # absolute: the nearest float to a multiple of pi / 2 has a cosine of 1e-16
    np.testing.assert_allclose(out[0], np.concatenate([np.cos(angles[0]), np.sin(angles[0])]), rtol=0, atol=4e-16)
    strange = np.empty((1, 4))
    _kernels.cosines_and_sines(np.array([[np.nan, np.inf]]), 1.0, strange)
    assert np.isnan(strange).all()


def test_moments_are_those_of_all_rows_at_once():
    rows = np.random.default_rng(2).normal(size=(537, 6)) + 1e6
    found = accumulate(lambda block: rows[block].copy(), len(rows), 6, size=100)
    centred = rows - rows.mean(axis=0)
    assert found.count == 537
    np.testing.assert_allclose(found.mean, rows.mean(axis=0), rtol=1e-14)
    # deviations of size 1 beside means of 1e6 keep ten digits
    np.testing.assert_allclose(found.scatter, centred.T @ centred, rtol=1e-8, atol=1e-6)
    cross = accumulate_cross(lambda b: (rows[b, :4].copy(), rows[b, 4:].copy()), len(rows), 4, 2, size=100)
    split = found.split(4)
    for name in ("feature_mean", "mean", "gram", "cross", "squares"):
        np.testing.assert_allclose(getattr(cross, name), getattr(split, name), rtol=1e-9, atol=1e-7)


def _paths(n=300, q=2, size=64):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(n, 2))
    y = np.column_stack([np.sin(2.0 * x[:, 0]), x[:, 1] ** 2])[:, :q] + 0.3 * rng.normal(size=(n, q))
    features = fourier_features(2, 40, lengthscale=0.7, rng=1)
    moments = accumulate(beside(lambda rows, out: features.of(x[rows], out), y, 40), n, 40 + q, size=size)
    return features.of(x), y, streamed_ridge(moments.split(40)), ridge_path(feature_spectrum(features.of(x)), y)


def test_streamed_regression_is_the_one_of_all_rows():
    values, _, streamed, whole = _paths()
    penalties = np.array([np.inf, 10.0, 0.1, 1e-4])
    # products lose digits by the square of singular values; these features have condition 1e3
    for name in ("gcv", "reml"):
        np.testing.assert_allclose(streamed.criterion(name, penalties), whole.criterion(name, penalties), rtol=1e-10)
        np.testing.assert_allclose(streamed.select(name).penalty, whole.select(name).penalty, rtol=1e-6)
    own = np.array([0.1, 2.0])
    slopes, constant = streamed.linear(own)
    np.testing.assert_allclose(values @ slopes + constant, whole.fitted(own), atol=1e-10)
    np.testing.assert_allclose(streamed.degrees_of_freedom(penalties), whole.degrees_of_freedom(penalties), rtol=1e-10)
    np.testing.assert_allclose(streamed.noise_variance(own), whole.noise_variance(own), rtol=1e-10)
    new = values[:5] + 0.1
    lengths = np.square(new - values.mean(axis=0)).sum(axis=1)
    found = feature_spectrum(values)
    np.testing.assert_allclose(
        posterior_deviations(streamed, own, streamed.coordinates(new), lengths),
        posterior_deviations(whole, own, found.coordinates(new), lengths),
        rtol=1e-8,
    )


def test_leave_one_out_is_that_of_refits():
    values, y, streamed, whole = _paths(n=60)
    own = np.array([0.1, 2.0])
    fitted, outside = streamed.leave_one_out(own).of(values.copy(), y)
    np.testing.assert_allclose(fitted, whole.fitted(own), atol=1e-10)
    np.testing.assert_allclose(outside, y - whole.loo_residuals(own), atol=1e-9)
    for i in (0, 17, 59):
        kept = np.arange(60) != i
        for j in range(2):
            mean, target = values[kept].mean(axis=0), y[kept, j].mean()
            centred = values[kept] - mean
            slopes = np.linalg.solve(centred.T @ centred + own[j] * np.eye(40), centred.T @ (y[kept, j] - target))
            # two ways to the same number, of condition 1e4
            assert outside[i, j] == pytest.approx(target + (values[i] - mean) @ slopes, abs=1e-9)


def test_leverages_of_many_rows_are_precise_enough(monkeypatch):
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(4100, 2)), rng.normal(size=(4100, 1))
    x[0] = 6.0  # alone there: a leverage of nearly one
    features = fourier_features(2, 40, lengthscale=0.7, rng=1)
    values = features.of(x)
    moments = accumulate(beside(lambda rows, out: features.of(x[rows], out), y, 40), 4100, 41).split(40)
    outside = []
    for rows in (100, 1000):
        monkeypatch.setattr("stattools.rkhs.fourier.ROWS_FOR_SINGLE", rows)
        outside.append(streamed_ridge(moments).leave_one_out(np.array([1e-3])).of(values.copy(), y)[1])
    assert not np.array_equal(*outside)
    np.testing.assert_allclose(outside[0][1:], outside[1][1:], atol=1e-6)
    np.testing.assert_allclose(*outside, rtol=1e-4, atol=1e-4)


def test_an_infinite_penalty_leaves_the_mean_of_the_others():
    values, y, streamed, _ = _paths(n=60)
    _, outside = streamed.leave_one_out(np.array([np.inf, np.inf])).of(values.copy(), y)
    np.testing.assert_allclose(outside, (y.sum(axis=0) - y) / 59, rtol=1e-12)


# property ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("orthogonal", [False, True])
def test_products_converge_to_the_kernel_at_the_known_rate(orthogonal):
    x = np.random.default_rng(4).normal(size=(40, 3))
    lengthscale = np.array([0.8, 1.5, 3.0])
    gram = gaussian_gram(x, lengthscale=lengthscale)
    expected = np.sqrt(np.mean((1.0 - gram**2) ** 2) / 2.0)
    for m in (100, 10_000):
        errors = []
        for seed in range(20):
            values = fourier_features(3, 2 * m, lengthscale=lengthscale, orthogonal=orthogonal, rng=seed).of(x)
            np.testing.assert_allclose(np.square(values).sum(axis=1), 1.0, rtol=1e-12)
            errors.append(np.mean((values @ values.T - gram) ** 2))
        ratio = np.sqrt(np.mean(errors) * m) / expected
        # 20 draws whose mean square over pairs varies by a third give the root within a tenth
        assert 0.85 < ratio < 1.15 if not orthogonal else ratio < 1.05


def test_orthogonal_frequencies_are_orthogonal_and_of_the_same_law():
    found = fourier_features(3, 6000, rng=5).frequencies
    first = found[:, :3]
    np.testing.assert_allclose(first.T @ first, np.diag(np.square(first).sum(axis=0)), atol=1e-12)
    # 9000 normal numbers, those of a set dependent: standard errors of 0.011 and 0.018
    assert abs(found.mean()) < 0.05
    assert np.mean(found**2) == pytest.approx(1.0, abs=0.06)
    assert np.mean(found**4) == pytest.approx(3.0, abs=0.4)


def test_seeds_and_threads_do_not_change_bits():
    first, again = fourier_features(2, 40, rng=7), fourier_features(2, 40, rng=7)
    assert (first.frequencies == again.frequencies).all()
    assert (first.frequencies != fourier_features(2, 40, rng=8).frequencies).any()
    _, _, several, _ = _paths()
    with one_blas_thread():
        _, _, one, _ = _paths()
    assert (several.rotated == one.rotated).all()
    assert (several.values == one.values).all()


def test_blocks_come_in_order_and_cover_all_rows():
    assert list(over_rows(lambda rows: (rows.start, rows.stop), 10, 3)) == [(0, 3), (3, 6), (6, 9), (9, 10)]
    assert list(over_rows(lambda rows: rows, 0, 3)) == []


def test_constant_features_and_responses():
    rows = np.column_stack([np.full(50, 1e8), np.arange(50.0), np.full(50, 3.3)])
    path = streamed_ridge(accumulate(lambda b: rows[b].copy(), 50, 3, size=7).split(2))
    assert len(path.values) == 1
    assert path.is_constant.tolist() == [True]
    assert path.select("reml").penalty.tolist() == [np.inf]


def test_more_features_than_rows_pass_through_the_responses():
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=(12, 2)), rng.normal(size=(12, 1))
    features = fourier_features(2, 60, lengthscale=0.3, rng=1)
    path = streamed_ridge(accumulate(beside(lambda r, o: features.of(x[r], o), y, 60), 12, 61).split(60))
    fitted, outside = path.leave_one_out(np.zeros(1)).of(features.of(x), y)
    # products of 60 features of condition 1e2
    np.testing.assert_allclose(fitted, y, atol=1e-9)
    assert np.isinf(outside).all()


# errors --------------------------------------------------------------------------------------------------------------
def test_refusals():
    with pytest.raises(InvalidParameterError, match="must be even"):
        fourier_features(2, 5)
    with pytest.raises(InvalidParameterError, match="must be positive"):
        fourier_features(2, 4, lengthscale=0.0)
    _, _, path, _ = _paths(n=60)
    with pytest.raises(InvalidParameterError, match="tune"):
        path.select("loo")


def test_no_columns_give_constant_features():
    found = FourierFeatures(np.empty((0, 2))).of(np.empty((3, 0)))
    np.testing.assert_allclose(found, np.tile([np.sqrt(0.5), np.sqrt(0.5), 0.0, 0.0], (3, 1)), rtol=1e-15)
