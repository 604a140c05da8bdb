import numpy as np
import pytest
from hypothesis import given, strategies as st

from stattools.exceptions import InvalidDataError, InvalidParameterError
from stattools.sdr import smoothing
from stattools.sdr.smoothing import kernel_mean_losses, select_smoothing
from stattools.sdr.weights import RidgeWeights, leave_one_out_weights, loo_losses, regression_weights, weights_at
from tests import naive_frechet as naive

pytestmark = pytest.mark.kernels

CASES = {
    "global": (None, None),
    "local": (np.array([0.5, 0.8]), None),
    "nadaraya_watson": (np.array([0.5, 0.8]), None),
    "kernel_ridge": (np.array([0.9, 1.3]), 0.2),
}


def predictors(n=25, d=2, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.normal(size=(6, d))


def twin(kind, train, new, bandwidth, penalty):
    functions = {"global": naive.global_weights, "local": naive.local_weights, "nadaraya_watson": naive.mean_weights}
    if kind == "kernel_ridge":
        return naive.ridge_weights(train, new, bandwidth, penalty)
    return functions[kind](train, new, *(() if kind == "global" else (bandwidth,)))


# naive ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", CASES)
def test_weights_are_those_of_the_printed_formulas(kind):
    train, new = predictors()
    bandwidth, penalty = CASES[kind]
    found = regression_weights(kind, train, new, bandwidth, penalty=penalty)
    # the twins invert matrices of condition below 1e4
    np.testing.assert_allclose(found, twin(kind, train, new, bandwidth, penalty), atol=1e-11)


@pytest.mark.parametrize("kind", CASES)
def test_leaving_out_is_fitting_to_the_others(kind):
    train, _ = predictors()
    bandwidth, penalty = CASES[kind]
    found = leave_one_out_weights(kind, train, bandwidth, penalty=penalty)
    for i in range(len(train)):
        others = np.arange(len(train)) != i
        expected = regression_weights(kind, train[others], train[i : i + 1], bandwidth, penalty=penalty)[0]
        np.testing.assert_allclose(found[i, others], expected, atol=1e-11)  # rounding, divided by 1 - leverage
    np.testing.assert_array_equal(np.diag(found), 0.0)


# property ------------------------------------------------------------------------------------------------------------
@given(seed=st.integers(0, 2**32 - 1), kind=st.sampled_from(sorted(CASES)), scale=st.floats(1e-3, 1e3))
def test_rows_sum_to_one_and_units_do_not_matter(seed, kind, scale):
    train, new = predictors(seed=seed)
    bandwidth, penalty = CASES[kind]
    found = regression_weights(kind, train, new, bandwidth, penalty=penalty)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-9 * np.abs(found).sum(axis=1).max())
    rescaled = None if bandwidth is None else bandwidth * scale
    again = regression_weights(kind, train * scale + 7.0, new * scale + 7.0, rescaled, penalty=penalty)
    # local weights far from all rows amplify the rounding of the shift, which is 7 / scale of the spread
    tolerance = 1e-9 * max(1.0, 1.0 / scale) * np.abs(found).max(axis=1).max() ** 2
    np.testing.assert_allclose(again, found, atol=tolerance)


@pytest.mark.parametrize("kind", ["global", "local"])
def test_linear_functions_are_reproduced(kind):
    train, new = predictors()
    slope = np.array([2.0, -1.0])
    for at, weights in (
        (new, regression_weights(kind, train, new, CASES[kind][0])),
        (train, leave_one_out_weights(kind, train, CASES[kind][0])),
    ):
        np.testing.assert_allclose(weights @ (train @ slope + 3.0), at @ slope + 3.0, atol=1e-9)


def test_infinite_bandwidths_are_limits():
    train, new = predictors()
    far = np.array([1e5, 1e5])
    for kind, expected in (("local", regression_weights("global", train, new)), ("nadaraya_watson", 1 / 25)):
        limit = regression_weights(kind, train, new, np.inf)
        np.testing.assert_allclose(limit, np.broadcast_to(expected, (6, 25)), atol=1e-12)
        np.testing.assert_allclose(regression_weights(kind, train, new, far), limit, atol=1e-8)  # 1 / 1e5 squared
    mixed = regression_weights("local", train, new, [0.5, np.inf])
    np.testing.assert_allclose(mixed, regression_weights("local", train, new, [0.5, 1e6]), atol=1e-9)
    np.testing.assert_allclose(regression_weights("kernel_ridge", train, new, 1.0, penalty=np.inf), 1 / 25, atol=1e-15)


def test_constant_and_repeated_columns_change_nothing():
    train, new = predictors()
    for kind in ("global", "local"):
        h = None if kind == "global" else [0.5, 0.8]
        plain = regression_weights(kind, train, new, h)
        constant = [np.column_stack([block, np.full(len(block), 4.0)]) for block in (train, new)]
        found = regression_weights(kind, *constant, None if h is None else [*h, 1.0])
        np.testing.assert_allclose(found, plain, atol=1e-11)
    double = [np.column_stack([block, block[:, 0]]) for block in (train, new)]
    np.testing.assert_allclose(
        regression_weights("global", *double), regression_weights("global", train, new), atol=1e-11
    )
    assert not weights_at("local", *constant, [0.5, 0.8, 1.0], None).flat.any()


def test_kernel_weights_do_not_underflow_and_flat_fits_are_told():
    train = np.array([[0.0], [1.0], [2.0]])
    found = weights_at("local", train, np.array([[1e3], [0.5]]), 0.01, None)
    np.testing.assert_allclose(found.values[0], [0.0, 0.0, 1.0], atol=1e-12)
    assert found.flat.tolist() == [True, False]
    np.testing.assert_allclose(found.values[1], [0.5, 0.5, 0.0], atol=1e-12)


def test_a_row_that_alone_determines_a_slope_is_fitted_again():
    train = np.column_stack([np.arange(6.0), [0.0, 0.0, 0.0, 0.0, 0.0, 1.0]])
    found = leave_one_out_weights("global", train)
    expected = regression_weights("global", train[:5], train[5:])[0]
    np.testing.assert_allclose(found[5, :5], expected, atol=1e-12)


def test_ridge_fits_left_out_are_products_with_the_weights():
    train, _ = predictors()
    responses = np.random.default_rng(1).normal(size=(25, 3))
    ridge = RidgeWeights(train, np.array([1.0, 1.0]))
    for penalty in (1e-3, 1.0, np.inf):
        np.testing.assert_allclose(
            ridge.left_out_fits(penalty, responses), ridge.left_out(penalty) @ responses, atol=1e-11
        )


def test_losses_of_several_bandwidths_are_those_of_the_weights(monkeypatch):
    monkeypatch.setattr(smoothing, "BLOCK_VALUES", 300)  # several blocks of rows
    rng = np.random.default_rng(1)
    train = np.column_stack([rng.normal(size=30) + 1e3, 5.0 * rng.normal(size=30), np.ones(30)])
    responses = rng.normal(size=(30, 4))
    bandwidths = np.array([[1e-3, 5e-3, 1.0], [0.3, 2.0, 1.0], [np.inf, 1.0, 1.0], [np.inf, np.inf, np.inf]])
    for projection in (None, np.abs):
        found = kernel_mean_losses(train, bandwidths, responses, projection)
        for bandwidth, losses in zip(bandwidths, found, strict=True):
            predicted = leave_one_out_weights("nadaraya_watson", train, bandwidth) @ responses
            predicted = predicted if projection is None else projection(predicted)
            # exponents near 1e6 lose six digits where the nearest two rows are alike
            np.testing.assert_allclose(losses, loo_losses(responses, predicted), rtol=1e-9)


# choosing ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", CASES)
def test_the_loss_is_that_of_refitting(kind):
    train, _ = predictors(n=18)
    responses = np.column_stack([np.sin(2 * train[:, 0]), train[:, 1]])
    found = select_smoothing(kind, train, responses)
    chosen = found.chosen
    for i in range(18):
        others = np.arange(18) != i
        weights = regression_weights(
            kind, train[others], train[i : i + 1], chosen.bandwidth, penalty=chosen.penalty
        )
        loss = ((responses[i] - weights[0] @ responses[others]) ** 2).sum()
        np.testing.assert_allclose(found.losses[i], loss, rtol=1e-4)  # penalties of 1e-7 lose seven digits
    assert np.isclose(found.curve["loss"].min(), found.losses.mean())
    np.testing.assert_array_equal(loo_losses(responses, responses), 0.0)


def test_edges_of_the_candidates_are_told():
    train = np.arange(40.0)[:, None]
    alternating = (-1.0) ** train  # neighbours tell the opposite, and the fewer the more
    for kind in ("nadaraya_watson", "kernel_ridge"):
        assert "the fit is constant" in select_smoothing(kind, train, alternating).remarks[0]
    assert "global regression" in select_smoothing("local", train, train + 0.1 * alternating).remarks[0]
    pairs = np.repeat(np.random.default_rng(3).normal(size=(20, 1)), 2, axis=0)  # only the twin tells anything
    assert "smallest bandwidth" in select_smoothing("nadaraya_watson", train // 2, pairs).remarks[0]


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "bandwidth", "penalty", "message"),
    [
        ("locl", 1.0, None, "did you mean 'local'"),
        ("local", None, None, "bandwidth is None"),
        ("local", 0.0, None, "must be positive"),
        ("local", float("nan"), None, "must be positive"),
        ("local", [1.0, 1.0, 1.0], None, "3 numbers for 2 columns"),
        ("local", 1.0, 1.0, "has no penalty"),
        ("global", 1.0, None, "has no bandwidth"),
        ("kernel_ridge", 1.0, None, "penalty is None"),
        ("kernel_ridge", 1.0, 0.0, "above 0"),
        ("kernel_ridge", np.inf, 1.0, "takes finite ones"),
    ],
)
def test_options_are_checked(kind, bandwidth, penalty, message):
    train, new = predictors()
    with pytest.raises(InvalidParameterError, match=message):
        regression_weights(kind, train, new, bandwidth, penalty=penalty)


def test_columns_must_agree():
    with pytest.raises(InvalidDataError, match="new has 3 columns and train 2"):
        regression_weights("global", np.ones((4, 2)), np.ones((1, 3)))
