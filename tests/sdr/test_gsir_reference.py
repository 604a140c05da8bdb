"""The fit beside plain formulas in R, on the samples of the first data set of the method's authors."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stattools import DistributionArray, DistributionSDR
from stattools.sdr import distance_correlation, rv_multirank

FOLDER = Path(__file__).parent.parent / "reference"
N = 100
# of the authors' own code on these samples, as printed: eigenvalues, then RVMR and dCor at new pairs
PRINTED = {
    "gsir1": ((4.757664142, 1.238837607, 0.191227458, 0.128453223, 0.041581015), (0.8532798, 0.9434477)),
    "gsir2": ((0.750000070, 0.373686272, 0.266880909, 0.149627404, 0.106040914), (0.9392024, 0.9601540)),
}


@pytest.fixture(scope="module")
def known():
    table = pd.read_csv(FOLDER / "sdr_gsir.csv")
    return {name: part["value"].to_numpy() for name, part in table.groupby("name")}


@pytest.fixture(scope="module")
def samples():
    values = pd.read_csv(FOLDER / "sdr_gsir_samples.csv.gz", header=None).to_numpy()
    return DistributionArray.from_samples(values[: 2 * N]), DistributionArray.from_samples(values[2 * N :])


@pytest.fixture(scope="module")
def fits(samples):
    x, y = samples
    return {
        method: DistributionSDR(method, n_components=2, criteria=("bic",), random_state=1).fit(x[:N], y[:N])
        for method in PRINTED
    }


# reference -----------------------------------------------------------------------------------------------------------
def test_cross_validation(fits, known):
    result = fits["gsir2"].results_
    assert np.array_equal(fits["gsir1"].results_.predictor.curve["gcv"], result.predictor.curve["gcv"])
    for side, name in ((result.predictor, "gcv_x"), (result.response, "gcv_y")):
        np.testing.assert_allclose(side.curve["regularization"], 10.0 ** np.arange(-6, 1), rtol=1e-12)
        # R inverts a matrix of condition 1e6, 2e-9 seen
        np.testing.assert_allclose(side.curve["gcv"], known[name], rtol=1e-8)
        assert side.regularization == known["epsilon"][0] == known["epsilon"][1]


@pytest.mark.parametrize("method", PRINTED)
def test_eigenvalues(fits, known, method):
    found = fits[method].results_.eigenvalues[:5]
    np.testing.assert_allclose(found, known[f"eigenvalues_{method}"], rtol=1e-9)  # twelve digits are stored
    np.testing.assert_allclose(found, PRINTED[method][0], atol=2e-8)  # samples are stored with seven decimals


@pytest.mark.parametrize("method", PRINTED)
def test_agreement_with_the_truth_at_new_pairs(fits, known, samples, method):
    scores = fits[method].transform(samples[0][N:])
    true = np.column_stack([known["true_1"], known["true_2"]])
    found = rv_multirank(scores, true), distance_correlation(scores, true, n_resamples=1, rng=1).statistic
    np.testing.assert_allclose(found, known[f"agreement_{method}"], rtol=1e-7)


@pytest.mark.parametrize("method", PRINTED)
def test_the_authors_numbers_have_another_bandwidth(known, method):
    """Their kernel of new rows takes its bandwidth from these rows; with it, R has the numbers that they print."""
    # printed with seven digits
    np.testing.assert_allclose(known[f"agreement_other_bandwidth_{method}"], PRINTED[method][1], atol=2e-7)
    assert np.all(np.abs(known[f"agreement_{method}"] - PRINTED[method][1]) < 0.003)

