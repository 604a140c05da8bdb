"""Bootstrap bands of scores: alignment, and how often they cover."""

import numpy as np
import pytest

from stattools.results import Result
from stattools.sdr.bootstrap import procrustes, score_bands
from stattools.sdr.refit import Features, refit
from tests.helpers import assert_snapshot


def linear(n, seed, *, two=False):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 4))
    second = x[:, 1] if two else 0.0
    return x, np.column_stack([x[:, 0] + 0.5 * rng.standard_normal(n), second + rng.standard_normal(n)])


def fitted(n, seed, share, method="gsir2", *, two=False):
    x, y = linear(n, seed, two=two)
    features = Features(x, y, share * n, share * n, method)
    return features, refit(features, 1 + two).at(x)


@pytest.fixture(scope="module")
def bands():
    features, scores = fitted(40, 1, 0.01, two=True)
    return score_bands(features, scores, n_resamples=60, rng=1, call="bootstrap_scores(n_resamples=60)")


# property ------------------------------------------------------------------------------------------------------------
def test_procrustes_undoes_a_rotation_and_a_reflection():
    rng = np.random.default_rng(1)
    target = rng.standard_normal((20, 3))
    turn = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    np.testing.assert_allclose(procrustes(target @ turn, target), target, atol=1e-12)  # rounding


def test_bands_surround_the_scores_and_narrow_with_n(bands):
    assert (bands.low < bands.scores).all() and (bands.scores < bands.high).all()
    widths = []
    for n in (50, 800):
        features, scores = fitted(n, 2, 0.01)
        found = score_bands(features, scores, n_resamples=60, rng=1)
        widths.append(np.sqrt(np.mean(found.std_error**2)) / scores.std())
    # 16 times the data: a quarter of the width, up to a factor of two for chance
    assert 0.125 < widths[1] / widths[0] < 0.5
    assert found.alignment[0] > 0.99


def test_signs_of_components_do_not_matter():
    features, scores = fitted(40, 1, 0.01)
    one, other = (score_bands(features, sign * scores, n_resamples=40, rng=1) for sign in (1.0, -1.0))
    np.testing.assert_allclose(one.std_error, other.std_error, rtol=1e-9)
    np.testing.assert_allclose(one.low, -other.high, atol=1e-12)


def test_the_scale_of_scores_carries_over():
    features, scores = fitted(40, 1, 0.01)
    one, other = (score_bands(features, scale * scores, n_resamples=40, rng=1) for scale in (1.0, 7.0))
    np.testing.assert_allclose(7.0 * one.std_error, other.std_error, rtol=1e-9)


def test_bands_can_be_stored(bands):
    assert Result.from_json(bands.to_json()) == bands
    assert len(bands.tidy()) == 80 and len(bands.glance()) == 1


# calibration ---------------------------------------------------------------------------------------------------------
def skewed(n, seed):
    """Squares and products as features, and two functions of X with eigenvalues 0.48 and 0.44 at a ridge of 0.1."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 2))
    y = x[:, :1] + 0.5 * rng.standard_normal((n, 1))
    return np.column_stack([x, x**2 - 1.0, x[:, 0] * x[:, 1]]), np.column_stack([y, y**2 - 1.25])


def coverage(n, share, method, *, two=False, n_runs, draw=None):
    """Mean share of scores whose interval holds what 100,000 observations give, turned and scaled as in the claim."""
    draw = (lambda size, seed: linear(size, seed, two=two)) if draw is None else draw
    x, y = draw(100_000, 99)
    units = [np.linalg.eigvalsh(rows.T @ rows)[-1] / len(rows) for rows in (x, y)]
    limit = refit(Features(x, y, share * units[0] * len(x), share * units[1] * len(x), method), 1 + two)
    covered = []
    for seed in range(n_runs):
        x, y = draw(n, seed)
        features = Features(x, y, share * units[0] * n, share * units[1] * n, method)
        scores = refit(features, 1 + two).at(x)
        found = score_bands(features, scores, n_resamples=199, rng=seed)
        lengths = np.linalg.norm(scores, axis=0)
        target = limit.at(features.x)
        target = target - target.mean(axis=0)
        target = procrustes(target / np.linalg.norm(target, axis=0), scores / lengths) * lengths
        covered.append(((found.low <= target) & (target <= found.high)).mean())
    return np.mean(covered), np.std(covered) / np.sqrt(n_runs)


@pytest.mark.slow
@pytest.mark.parametrize("n", [60, 200])
@pytest.mark.parametrize("method", ["gsir1", "gsir2"])
def test_bands_of_a_leading_component_cover_at_their_level(n, method):
    mean, error = coverage(n, 0.01, method, two=False, n_runs=80)
    assert mean >= 0.95 - 3 * error  # scores of one data set are covered or not together: the error is between sets


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.01, 0.3])
def test_bands_of_two_components_cover_as_often_as_is_said(share):
    for method in ("gsir1", "gsir2"):
        mean, error = coverage(120, share, method, two=True, n_runs=60)
        assert 0.88 - 3 * error <= mean <= 0.98


@pytest.mark.slow
@pytest.mark.parametrize("n", [60, 200])
def test_bands_of_a_component_with_a_close_second_cover_less_as_is_said(n):
    mean, error = coverage(n, 0.1, "gsir2", n_runs=60, draw=skewed)
    assert 0.73 - 3 * error <= mean <= 0.93


# print ---------------------------------------------------------------------------------------------------------------
def test_printed_form(bands):
    assert_snapshot(str(bands), "sdr_score_bands.txt")
    assert repr(bands) == "<ScoreBands: Bootstrap bands of scores, 40 observations, 2 components, 60 resamples>"
    assert max(map(len, bands.summary().as_text().splitlines())) <= 80
    assert "60 resamples" in bands.report()
