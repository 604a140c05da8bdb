"""DistributionSDR: kernels, solvers, scores, and what it refuses."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from stattools import Circle, DistributionArray
from stattools.exceptions import (
    AssumptionWarning,
    DegenerateDataError,
    InvalidDataError,
    InvalidParameterError,
    PerformanceWarning,
)
from stattools.sdr import DistributionSDR, FrechetRegressor
from tests import naive_sdr

pytestmark = pytest.mark.kernels

N, M = 40, 30


def samples(seed=1, n=N, m=M):
    """Samples of X and Y: centre and spread of X move mean and spread of Y."""
    rng = np.random.default_rng(seed)
    centre, spread = rng.normal(size=n), rng.uniform(0.5, 2.0, size=n)
    x = centre[:, None] + spread[:, None] * rng.normal(size=(n, m))
    y = np.exp(centre / 2)[:, None] + spread[:, None] * rng.normal(size=(n, m))
    return x, y


def arrays(seed=1, n=N, m=M):
    return tuple(DistributionArray.from_samples(values) for values in samples(seed, n, m))


def fast(**options):
    """Without the criteria for the number of components."""
    return DistributionSDR(**{"n_components": 2, "n_resamples": 9, "random_state": 1} | options)


X, Y = arrays()


# naive ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["gsir1", "gsir2"])
def test_against_explicit_inverses(method):
    x, y = samples()
    gamma = [1 / (2 * naive_sdr.mean_squared(values)) for values in (x, y)]
    k_x, k_y = naive_sdr.gaussian_gram(x, gamma[0]), naive_sdr.gaussian_gram(y, gamma[1])
    grid = np.logspace(-6, 0, 7)
    curves = [[naive_sdr.gcv(a, b, e) for e in grid] for a, b in ((k_x, k_y), (k_y, k_x))]
    epsilon = [grid[int(np.argmin(curve))] for curve in curves]
    values, scores = naive_sdr.gsir(k_x, k_y, *epsilon, method, 2)
    result = fast(method=method).fit(X, Y).results_
    sides = (result.predictor, result.response)[: 1 if method == "gsir1" else 2]  # gsir1 does not weight the response
    for side, curve in zip(sides, curves, strict=False):
        # the twin inverts a matrix of condition 1e6 and multiplies twice: 1e-16 * 1e6 * n, and loses more than we do
        assert np.allclose(side.curve["gcv"], curve, rtol=1e-7)
        assert side.regularization == grid[int(np.argmin(curve))]
    assert result.predictor.bandwidth == pytest.approx(1 / np.sqrt(2 * gamma[0]), rel=1e-12)
    assert np.allclose(result.eigenvalues[:2], values, rtol=1e-8)  # as above
    assert np.allclose(np.abs(result.scores), np.abs(scores), rtol=0, atol=1e-8)


def test_gcv_with_centred_gram_matrices():
    x, y = samples()
    k = [naive_sdr.gaussian_gram(v, 1 / (2 * naive_sdr.mean_squared(v))) for v in (x, y)]
    q = np.eye(N) - 1 / N
    expected = [naive_sdr.gcv(q @ k[0] @ q, q @ k[1] @ q, e) for e in (1e-3, 1e-1)]
    fit = fast(gcv_centered=True, regularization_grid=[1e-3, 1e-1]).fit(X, Y)
    assert np.allclose(fit.results_.predictor.curve["gcv"], expected, rtol=1e-9)  # inverses


# properties ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("solver", ["exact", "rpcholesky"])
@pytest.mark.parametrize("scale", ["unit_norm", "unit_variance"])
def test_transform_of_the_fit_gives_its_scores(solver, scale):
    fit = fast(solver=solver, scale=scale).fit(X, Y)
    assert np.allclose(fit.transform(X), fit.results_.scores, rtol=0, atol=1e-10)  # rounding over small eigenvalues
    assert np.allclose(fit.results_.scores.mean(axis=0), 0.0, atol=1e-12)
    if scale == "unit_variance":
        assert np.allclose(fit.results_.scores.std(axis=0), 1.0, rtol=1e-12)
    assert np.all(fit.results_.scores.max(axis=0) >= -fit.results_.scores.min(axis=0))


@pytest.mark.parametrize("solver", ["exact", "rpcholesky"])
def test_a_new_observation_has_one_score(solver):
    new, _ = arrays(seed=7)
    fit = fast(solver=solver).fit(X, Y)
    assert np.allclose(fit.transform(new[3:4]), fit.transform(new)[3], rtol=0, atol=1e-13)  # rounding of products


def test_new_samples_may_have_other_sizes():
    ragged = DistributionArray.from_samples([[0.0], [0.5, 1.0, 2.0], np.arange(100.0) / 50])
    assert np.isfinite(fast().fit(X, Y).transform(ragged)).all()


def test_low_rank_of_full_rank_is_exact():
    exact, low = (fast(solver=s, tol=0.0).fit(X, Y) for s in ("exact", "rpcholesky"))
    # pivots stop where 1e-10 of the diagonal is left, whose root moves features by 1e-5, eigenvalues by its square
    assert np.allclose(low.results_.eigenvalues[:5], exact.results_.eigenvalues[:5], rtol=1e-6)
    assert np.allclose(low.results_.scores, exact.results_.scores, rtol=0, atol=1e-6)


def test_eigenvalues_of_gsir2_are_squared_correlations():
    values = fast().fit(X, Y).results_.eigenvalues
    assert np.all((values >= 0) & (values < 1))


@pytest.mark.parametrize("solver", ["exact", "rpcholesky"])
def test_scaling_and_reflection_change_nothing(solver):
    x, _ = samples()
    first = fast(solver=solver, tol=0.0).fit(X, Y).results_
    for change in (lambda v: 1e3 * v, lambda v: -v, lambda v: v + 1e6):
        other = fast(solver=solver, tol=0.0).fit(DistributionArray.from_samples(change(x)), Y).results_
        # a shift by 1e6 costs digits of the stored samples, 1e-10 each; pivots of the low rank end at 1e-10
        assert np.allclose(other.eigenvalues[:4], first.eigenvalues[:4], rtol=1e-6)
        assert other.predictor.regularization == first.predictor.regularization


def test_observations_in_another_order_have_their_scores_in_that_order():
    order = np.random.default_rng(3).permutation(N)
    first, second = fast().fit(X, Y), fast().fit(X[order], Y[order])
    signs = np.sign(np.sum(first.results_.scores[order] * second.results_.scores, axis=0))
    assert np.allclose(second.results_.scores * signs, first.results_.scores[order], rtol=0, atol=1e-9)  # rounding


def test_two_copies_of_a_block_double_gamma():
    both = fast().fit({"a": X, "b": X}, Y).results_
    single = fast(complexity_x=2.0).fit(X, Y).results_
    assert np.allclose(both.eigenvalues, single.eigenvalues, rtol=0, atol=1e-10)  # rounding


def test_a_sliced_metric_does_not_see_a_turn_by_the_angle_of_its_directions():
    rng = np.random.default_rng(1)
    clouds = rng.normal(size=(12, 20, 2)) + rng.normal(size=(12, 1, 2))
    angle = np.pi / 10 * 3
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    y = clouds.mean(axis=1)[:, 0]
    fits = [
        fast(n_directions=10, n_components=1).fit(DistributionArray.from_samples(points), y).results_
        for points in (clouds, clouds @ turn.T)
    ]
    assert np.allclose(fits[0].eigenvalues, fits[1].eigenvalues, rtol=0, atol=1e-10)  # rounding


def test_one_seed_gives_one_result():
    first, second = (fast(solver="rpcholesky").fit(X, Y).results_ for _ in range(2))
    assert first == second


# known answers -------------------------------------------------------------------------------------------------------
def test_a_location_family_is_ordered_by_its_location():
    rng = np.random.default_rng(1)
    theta = rng.normal(size=80)
    x = DistributionArray.from_samples(theta[:, None] + rng.normal(size=(80, 50)))
    fit = DistributionSDR(n_components=1, n_resamples=9, random_state=1).fit(x, theta)
    ranks = [np.argsort(np.argsort(v)) for v in (theta, fit.results_.scores[:, 0])]
    # samples of 50 points know theta to 0.14, so that no score can do much better than .99
    assert abs(np.corrcoef(*ranks)[0, 1]) >= 0.97


def test_every_kind_of_data_has_a_kernel():
    rng = np.random.default_rng(1)
    angle = rng.uniform(0, 6.28, size=N)
    points = np.mod(angle[:, None] + 0.3 * rng.normal(size=(N, M)), 2 * np.pi)
    circle = DistributionArray.from_samples(points, domain=Circle())
    labels = np.where(np.cos(angle) > 0, "east", "west")
    assert fast(n_components=1).fit(circle, labels).results_.method == "ISW-GSIR2"
    both = fast(n_components=1).fit({"wind": circle, "side": labels, "x": rng.normal(size=N)}, np.cos(angle))
    assert both.transform({"wind": circle, "side": labels, "x": rng.normal(size=N)}).shape == (N, 1)
    assert both.results_.eigenvalues[0] > 0.5
    assert fast(kernel_x="laplacian", metric_x="w1").fit(X, Y).results_.method == "W-GSIR2"
    mixed = fast(kernel_x={"a": "laplacian"}, bandwidth_x={"b": 2.0}).fit({"a": X, "b": X}, Y)
    assert mixed.results_.predictor.bandwidth["b"] == 2.0


def test_a_precomputed_gram_matrix_is_the_kernel():
    plain = fast().fit(X, Y)
    kernel = plain._x.kernel
    given = fast(kernel_x="precomputed").fit(kernel.gram(), Y)
    assert np.allclose(given.results_.scores, plain.results_.scores, rtol=0, atol=1e-12)
    new, _ = arrays(seed=5)
    cross = kernel.cross(kernel.rows_of(new))
    assert np.allclose(given.transform(cross), plain.transform(new), rtol=0, atol=1e-12)


def test_categories_of_the_response_have_a_pseudo_inverse():
    labels = np.array(["a", "b", "c", "a"] * 10)
    result = fast().fit(X, labels).results_
    assert (result.response.rank, result.response.regularization) == (2, 0.0)
    assert np.count_nonzero(result.eigenvalues > 1e-12) <= 2
    with pytest.raises(InvalidParameterError, match="pseudo-inverse"):
        fast(regularization_y=0.1).fit(X, labels)
    with pytest.raises(InvalidParameterError, match="at most 2"):
        fast(n_components=3).fit(X, labels)


def test_rows_are_named_by_their_labels_alone():
    """A list has a method called index, and a table may have a column called names."""
    x = np.linspace(-1.0, 1.0, 20)
    assert fast(n_components=1).fit(x.tolist(), x).results_.row_names is None
    labels = [f"row {i}" for i in range(20)]
    result = fast(n_components=1).fit(pd.DataFrame({"names": x}, index=labels), x).results_
    assert result.row_names.tolist() == labels
    assert result.augment().index.tolist() == labels


def test_method_by_cross_validation_is_one_of_the_two():
    chosen = fast(method="cv").fit(X, Y).results_
    assert chosen.method_tuned
    assert chosen.method in ("W-GSIR1", "W-GSIR2")


def test_duplicates_and_single_points_are_legal():
    x, _ = samples()
    x[5] = x[6]
    assert np.isfinite(fast().fit(DistributionArray.from_samples(x), Y).results_.scores).all()
    points = DistributionArray.from_samples(x[:, :1])
    assert np.isfinite(fast().fit(points, Y).results_.scores).all()


def test_scikit_learn_conventions():
    fit = fast(n_components=1).fit(X, Y)
    assert clone(fit).get_params() == fit.get_params()
    again = pickle.loads(pickle.dumps(fit))
    assert np.array_equal(again.transform(X), fit.transform(X))
    pipeline = make_pipeline(fast(n_components=1), FrechetRegressor("global"))
    predicted = pipeline.fit(X, Y).predict(X[:3])
    assert isinstance(predicted, DistributionArray) and len(predicted) == 3
    assert 0 < pipeline.score(X, Y) < 1
    assert fit.get_feature_names_out().tolist() == list(fit.results_.augment().columns) == ["component_1"]


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"method": "sir"}, "method"),
        ({"kernel_x": "cauchy"}, "kernel_x"),
        ({"metric_x": "sw2"}, "metric_x"),
        ({"metric_x": "w1"}, "laplacian"),
        ({"bandwidth_x": 0.0}, "bandwidth_x"),
        ({"bandwidth_y": "silverman"}, "bandwidth_y"),
        ({"regularization_x": -1e-3}, "regularization_x"),
        ({"regularization_grid": [0.0, 1.0]}, "regularization_grid"),
        ({"complexity_x": 0.0}, "complexity_x"),
        ({"n_components": 0}, "n_components"),
        ({"n_components": 50}, "at most 39"),
        ({"n_components": "aic"}, "aic"),
        ({"solver": "svd"}, "solver"),
        ({"scale": "none"}, "scale"),
        ({"n_resamples": 0}, "n_resamples"),
        ({"level": 1.5}, "level"),
        ({"rank": 0, "solver": "rpcholesky"}, "rank"),
    ],
)
def test_options_are_checked(options, match):
    with pytest.raises(InvalidParameterError, match=match):
        fast(**options).fit(X, Y)


@pytest.mark.parametrize(
    ("x", "y", "match"),
    [
        (X[:2], Y[:2], "at least 3"),
        (X[:10], Y[:9], "X has 10 observations and Y has 9"),
        (np.full((5, 2), np.nan), np.arange(5.0), "X"),
        ({}, Y, "empty dict"),
        ({"a": X, "b": X[:3]}, Y, "different numbers"),
    ],
)
def test_data_are_checked(x, y, match):
    with pytest.raises(InvalidDataError, match=match):
        fast().fit(x, y)


@pytest.mark.parametrize("name", ["X", "Y"])
def test_identical_distributions_are_refused(name):
    same = DistributionArray.from_samples([[0.0, 1.0]] * N)
    word = {"X": "predictor", "Y": "response"}[name]
    with pytest.raises(DegenerateDataError, match=f"{word} distributions are all identical"):
        fast().fit(same if name == "X" else X, same if name == "Y" else Y)


def test_transform_checks_the_space():
    fit = fast().fit(X, Y)
    with pytest.raises(InvalidDataError, match="on the line"):
        fit.transform(DistributionArray.from_samples(np.zeros((2, 3, 2))))
    with pytest.raises(InvalidDataError, match="DistributionArray"):
        fit.transform(np.zeros((2, 3)))
    table = fast().fit(np.random.default_rng(1).normal(size=(20, 3)), np.arange(20.0))
    with pytest.raises(ValueError, match="2 features"):
        table.transform(np.zeros((4, 2)))
    blocks = fast().fit({"a": X, "c": ["u", "v"] * 20}, Y)
    with pytest.raises(InvalidDataError, match="no block"):
        blocks.transform({"a": X})
    with pytest.raises(InvalidDataError, match="has not seen"):
        blocks.transform({"a": X, "c": ["w"] * 40})


def test_a_wasserstein_kernel_off_the_line_must_be_allowed():
    clouds = DistributionArray.from_samples(np.random.default_rng(1).normal(size=(8, 5, 2)))
    y = np.arange(8.0)
    with pytest.raises(InvalidParameterError, match="allow_indefinite"):
        fast(metric_x="w2", n_components=1).fit(clouds, y)
    with pytest.warns(AssumptionWarning, match="not known to be positive definite"):
        fit = fast(metric_x="w2", n_components=1, allow_indefinite=True).fit(clouds, y)
    assert np.allclose(fit.transform(clouds), fit.results_.scores, rtol=0, atol=1e-10)


def test_precomputed_matrices_are_checked():
    with pytest.raises(InvalidDataError, match="square"):
        fast(kernel_x="precomputed").fit(np.zeros((4, 3)), np.arange(4.0))
    with pytest.raises(InvalidDataError, match="not symmetric"):
        fast(kernel_x="precomputed").fit(np.arange(16.0).reshape(4, 4), np.arange(4.0))
    with pytest.raises(InvalidDataError, match="negative eigenvalue"):
        fast(kernel_x="precomputed").fit(1.0 - 2.0 * np.eye(4), np.arange(4.0))


def test_a_large_exact_fit_warns_of_its_memory():
    with pytest.warns(PerformanceWarning, match="rpcholesky"):
        fast(solver="exact", memory_limit=1e4).fit(X, Y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fast(solver="rpcholesky", memory_limit=1e4).fit(X, Y)
