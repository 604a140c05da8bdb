"""Options that name no block of the data, or that nothing uses."""

import numpy as np
import pytest

from stattools.exceptions import InvalidParameterError
from stattools.sdr import DistributionSDR

RNG = np.random.default_rng(1)
N = 30
X = RNG.normal(size=(N, 2))
LABELS = np.array(["a", "b", "c"] * 10)
GRAM = np.exp(-((X[:, None] - X) ** 2).sum(axis=-1))
Y = X[:, 0] ** 2 + 0.1 * RNG.normal(size=N)


def fit(x, method="gsir2", **options):
    return DistributionSDR(method, n_components=1, criteria=(), random_state=1, **options).fit(x, Y).results_


# properties ----------------------------------------------------------------------------------------------------------
def test_options_that_some_block_uses_are_accepted():
    both = {"x": X, "g": LABELS}
    assert fit(both, kernel_x="laplacian", bandwidth_x=2.0).predictor.kernel == "laplacian x match"
    assert fit(both, kernel_x={"g": "gaussian"}, metric_x={"g": "match"}).predictor.kernel == "gaussian x match"
    assert fit({0: X, 1: Y}, bandwidth_x={0: 2.0}, complexity_x=4.0).predictor.bandwidth["0"] == 2.0


def test_gsir1_has_no_regularization_of_the_response():
    for method, y in (("gsir1", Y), ("gsir1", LABELS)):
        result = DistributionSDR(method, n_components=1, criteria=(), random_state=1).fit(X, y).results_
        assert np.isnan(result.response.regularization) and np.isnan(result.operator.y_penalty)
        assert not result.response.tuned and not result.response.curve
        assert type(result).from_dict(result.to_dict()) == result
        assert 0 < result.permutation_test(n_resamples=19, rng=1).pvalue <= 1


def test_cross_validation_of_the_method_leaves_the_response_as_the_method_does():
    for seed in range(3):
        result = DistributionSDR("cv", n_components=1, criteria=(), random_state=seed).fit(X, Y).results_
        assert np.isnan(result.response.regularization) == result.method.endswith("1")


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("data", "options", "match"),
    [
        ({"x": X}, {"bandwidth_x": {"y": 2.0}}, "bandwidth_x has 'y'; the blocks of X are 'x'"),
        ({"x": X}, {"kernel_x": {"zzz": "laplacian"}}, "kernel_x has 'zzz'"),
        ({"x": X}, {"metric_x": {"X": "euclidean"}}, "metric_x has 'X'"),
        (X, {"bandwidth_x": {"x": 2.0}}, "X has a single block"),
        (GRAM, {"kernel_x": "precomputed", "bandwidth_x": 99.0}, "bandwidth_x is 99.0; a Gram matrix.* no bandwidth"),
        (GRAM, {"kernel_x": "precomputed", "complexity_x": 7}, "complexity_x is 7.0; a Gram matrix"),
        (GRAM, {"kernel_x": "precomputed", "metric_x": "w2"}, "metric_x is 'w2'; a Gram matrix"),
        (LABELS, {"kernel_x": "laplacian"}, "kernel_x is 'laplacian'; the kernel of categories is 1"),
        (LABELS, {"bandwidth_x": 99.0}, "and has no bandwidth"),
        (LABELS, {"complexity_x": 5.0}, "and has no complexity"),
        ({"x": X, "g": LABELS}, {"bandwidth_x": {"g": 2.0}}, r"bandwidth_x\['g'\] is 2.0; the kernel of categories"),
        (X, {"bandwidth_x": 2.0, "complexity_x": 3.0}, "complexity_x is 3.0; it changes the bandwidth of a rule"),
        (X, {"method": "gsir1", "regularization_y": 0.1}, "regularization_y is 0.1; method='gsir1' does not"),
    ],
)
def test_options_without_effect_are_refused(data, options, match):
    with pytest.raises(InvalidParameterError, match=match):
        fit(data, **options)
