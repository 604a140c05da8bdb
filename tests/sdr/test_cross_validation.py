"""Distributions in the hands of scikit-learn: splits, cross-validation, searches, and tables between two steps."""

import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV, KFold, cross_val_predict, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from stattools import Circle, DistributionArray
from stattools.exceptions import AssumptionWarning, InvalidDataError
from stattools.sdr import DistributionSDR, FrechetRegressor
from stattools.sdr.kernelsir import KernelSIR

N = 90
RNG = np.random.default_rng(1)
CENTRES = RNG.normal(size=N)
Y = DistributionArray.from_samples(CENTRES[:, None] + RNG.normal(size=(N, 25)))
SPACES = {
    "line": DistributionArray.from_samples([c + RNG.normal(size=20 + k % 3) for k, c in enumerate(CENTRES)]),
    "plane": DistributionArray.from_samples(CENTRES[:, None, None] + RNG.normal(size=(N, 12, 2))),
    "circle": DistributionArray.from_samples(
        (0.4 * CENTRES[:, None] + 0.3 * RNG.normal(size=(N, 12))) % (2 * np.pi), domain=Circle()
    ),
    "shared support": DistributionArray.from_histogram(
        np.exp(-((np.arange(12.0) - 6 - CENTRES[:, None]) ** 2)), support=np.arange(12.0)
    ),
}
FOLDS = KFold(3, shuffle=True, random_state=1)


def chain(**options):
    reduction = DistributionSDR(**{"n_components": 1, "criteria": (), "n_directions": 6, "random_state": 1} | options)
    return make_pipeline(reduction, FrechetRegressor("global", n_quantiles=20))


@pytest.fixture(autouse=True)
def _far_rows_are_told():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AssumptionWarning)  # rows of a fold may lie far from the others
        yield


# naive ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("space", SPACES)
def test_cross_validation_is_fitting_and_scoring_by_hand(space):
    X = SPACES[space]
    by_hand = [chain().fit(X[a], Y[a]).score(X[b], Y[b]) for a, b in FOLDS.split(np.arange(N))]
    # the same computation on the same rows
    assert cross_val_score(chain(), X, Y, cv=FOLDS).tolist() == by_hand
    assert min(by_hand) > 0.4  # 0.6 to 0.8 for these folds


def test_predictions_of_the_folds_come_back_in_order():
    X = SPACES["line"]
    predicted = cross_val_predict(chain(), X, Y, cv=FOLDS)
    assert isinstance(predicted, DistributionArray) and len(predicted) == N
    for a, b in FOLDS.split(np.arange(N)):
        np.testing.assert_array_equal(chain().fit(X[a], Y[a]).predict(X[b]).mean(), predicted[b].mean())


def test_responses_in_the_plane_are_predicted_and_joined():
    predicted = cross_val_predict(chain(), SPACES["line"], SPACES["plane"], cv=FOLDS)
    assert predicted.place == "in R^2" and len(predicted) == N
    assert np.corrcoef(predicted.mean()[:, 0], CENTRES)[0, 1] > 0.8


# property ------------------------------------------------------------------------------------------------------------
def test_splits_and_searches():
    X = SPACES["line"]
    X_fit, X_new, Y_fit, Y_new = train_test_split(X, Y, random_state=1)
    assert all(isinstance(part, DistributionArray) for part in (X_fit, X_new, Y_fit, Y_new))
    assert chain().fit(X_fit, Y_fit).score(X_new, Y_new) > 0.5
    search = GridSearchCV(chain(), {"distributionsdr__method": ["gsir1", "gsir2"]}, cv=FOLDS).fit(X, Y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert isinstance(search.predict(X[:2]), DistributionArray)


def test_tables_with_distributions_as_responses():
    table = pd.DataFrame({"centre": CENTRES, "other": RNG.normal(size=N)}, index=[f"r{k}" for k in range(N)])
    assert cross_val_score(FrechetRegressor("global"), table, Y, cv=FOLDS).min() > 0.5
    assert cross_val_predict(FrechetRegressor("global"), table, Y, cv=FOLDS).names == tuple(table.index)
    assert cross_val_score(chain(), table, Y, cv=FOLDS).min() > 0.3


def test_several_blocks_are_chosen_by_row_numbers():
    """A dict has no rows that scikit-learn could split; row numbers have."""
    blocks = {"line": SPACES["line"], "plane": SPACES["plane"]}

    def rows(numbers):
        return {key: block[numbers[:, 0]] for key, block in blocks.items()}

    pipeline = make_pipeline(FunctionTransformer(rows), *[step for _, step in chain().steps])
    assert cross_val_score(pipeline, np.arange(N)[:, None], Y, cv=FOLDS).min() > 0.5


def test_what_the_documentation_shows():
    """The two blocks of code on cross-validation, one after the other."""
    text = (Path(__file__).parents[2] / "docs" / "explanation" / "sdr.md").read_text(encoding="utf-8")
    blocks = [code for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "cross_val" in code]
    assert len(blocks) == 2
    few = slice(30)
    names = {"X": SPACES["line"][few], "Y": Y[few], "Z": SPACES["plane"][few], "np": np}
    names |= {"DistributionSDR": DistributionSDR, "FrechetRegressor": FrechetRegressor}
    exec("\n".join(blocks), names)
    assert len(names["held_out"]) == 30 and len(names["scores"]) == 5


def test_lists_of_arrays_are_joined():
    X, responses = SPACES["line"][:30], Y[:30]
    listed = chain().fit(list(X), list(responses))
    assert listed.score(list(X), list(responses)) == chain().fit(X, responses).score(X, responses)
    blocks = DistributionSDR(n_components=1, criteria=(), random_state=1)
    blocks.fit({"a": list(X), "b": CENTRES[:30]}, list(responses))
    assert blocks.transform({"a": list(X[:2]), "b": CENTRES[:2]}).shape == (2, 1)


# scores between two steps --------------------------------------------------------------------------------------------
def test_a_regression_on_scores_takes_what_transform_returns():
    X = SPACES["line"]
    sdr = DistributionSDR(n_components=2, criteria=(), random_state=1).fit(X, Y)
    regression = sdr.results_.frechet_regression("global")
    assert "component_1, component_2" in str(regression.results_)
    expected = regression.predict(sdr.transform(X[:5])).mean()
    # scores of the fit and transformed ones differ by rounding
    again = regression.predict(sdr.results_.augment()[:5]).mean()
    np.testing.assert_allclose(again, expected, rtol=0, atol=1e-12)
    for kind in ("pandas", "polars"):
        table = sdr.set_output(transform=kind).transform(X[:5])
        assert list(table.columns) == ["component_1", "component_2"]
        np.testing.assert_array_equal(regression.predict(table).mean(), expected)
    swapped = sdr.results_.augment()[["component_2", "component_1"]]
    with pytest.raises(InvalidDataError, match="in this order"):
        regression.predict(swapped)
    # a fit to other data forgets the names
    assert regression.fit(CENTRES, Y).results_.predictor_names == ("u1",)


def test_names_of_scores_of_slices():
    x = RNG.normal(size=(60, 2))
    fit = KernelSIR(n_components=1, criteria=(), random_state=1).set_output(transform="pandas").fit(x, x[:, 0])
    assert fit.transform(x).columns.tolist() == ["component_1"]
