"""SIR, SAVE and pHd beside base R, statsmodels and the package sliced.

The values of R come from tests/reference/sdr_dr.R. It is base R from the published formulas, with the conventions that
the manual of the package dr states; the package itself did not run. Those of sliced come from
tests/reference/sdr_sliced.py.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stattools.sdr.linear import PHD, SAVE, SIR

REFERENCE = Path(__file__).parents[1] / "reference"
N_COLUMNS = 4


def table(what):
    rows = STORED[STORED["what"] == what]
    return rows.pivot(index="i", columns="j", values="value").to_numpy()


STORED = pd.read_csv(REFERENCE / "sdr_dr.csv")
SLICED = pd.read_csv(REFERENCE / "sdr_sliced.csv")
X, Y = table("x"), table("y")[:, 0]
MODELS = {
    "sir": SIR(n_components=N_COLUMNS, n_slices=8),
    "save": SAVE(n_components=N_COLUMNS, n_slices=8),
    "phdy": PHD(n_components=N_COLUMNS, response="response"),
    "phdres": PHD(n_components=N_COLUMNS),
    "phdq": PHD(n_components=N_COLUMNS, response="quadratic"),
}


@pytest.fixture(scope="module")
def results():
    return {name: model.fit(X, Y).results_ for name, model in MODELS.items()}


# reference: base R ---------------------------------------------------------------------------------------------------
def test_slices_with_ties(results):
    np.testing.assert_array_equal(results["sir"].slices.codes + 1, table("slice")[:, 0])


@pytest.mark.parametrize("name", MODELS)
def test_eigenvalues_and_directions(results, name):
    # rounding of an eigenproblem of order 4 with 160 rows; R prints 17 digits
    np.testing.assert_allclose(results[name].eigenvalues, table(f"{name}_values")[:, 0], rtol=1e-10)
    directions = results[name].directions
    found = directions / np.linalg.norm(directions, axis=0)
    # vectors lose a factor of the inverse gap of eigenvalues
    np.testing.assert_allclose(found, table(f"{name}_directions"), atol=1e-9)


@pytest.mark.parametrize("name", ["sir", "save", "phdy", "phdres"])
def test_statistics_and_chi_squared_tests(results, name):
    tests = results[name].tests
    found = np.column_stack([tests.statistics, tests.freedoms, tests.chi2_pvalues])
    np.testing.assert_allclose(found, table(f"{name}_test"), rtol=1e-9)


@pytest.mark.parametrize("name", ["sir", "save"])
def test_weighted_tests_beside_imhofs_integral(results, name):
    # both inversions are good to about 1e-8
    np.testing.assert_allclose(results[name].tests.weighted_pvalues, table(f"{name}_weighted")[:, 0], atol=1e-7)


def test_coordinate_tests(results):
    stored = table("sir_coordinate")
    tests = [results["sir"].coordinate_test(j) for j in range(N_COLUMNS)]
    np.testing.assert_allclose([test.statistic for test in tests], stored[:, 0], rtol=1e-9)
    np.testing.assert_allclose([test.pvalue for test in tests], stored[:, 1], atol=1e-7)


# reference: statsmodels ----------------------------------------------------------------------------------------------
def continuous(seed=3, n=200, p=4):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, p)) @ (np.eye(p) + 0.3)
    return x, x[:, 0] + (x @ np.array([0.0, 1.0, -1.0, 0.0])) ** 2 + 0.3 * rng.standard_normal(n)


def same_up_to_sign(a, b):
    a, b = (v / np.linalg.norm(v, axis=0) for v in (a, b))
    return np.abs(np.abs(np.sum(a * b, axis=0)) - 1).max()


def save_with_divisor_less_one(result):
    z, codes = result.problem.z, result.slices.codes
    parts = [np.eye(4) - np.cov(z[codes == h].T) for h in range(10)]
    values, vectors = np.linalg.eigh(np.mean([part @ part for part in parts], axis=0))
    return values[::-1], result.whitening.coefficients(vectors[:, ::-1])


def test_beside_statsmodels():
    dimred = pytest.importorskip("statsmodels.regression.dimred")
    x, y = continuous()
    # ten slices of 20 in both; statsmodels whitens with divisor n as well
    sir = dimred.SlicedInverseReg(y, x).fit(slice_n=20)
    ours = SIR(n_components=4, n_slices=10, slicing="balanced").fit(x, y).results_
    np.testing.assert_allclose(ours.eigenvalues, sir.eigs, rtol=1e-9)
    assert same_up_to_sign(ours.directions, np.asarray(sir.params)) < 1e-9
    save = dimred.SlicedAverageVarianceEstimation(y, x).fit(slice_n=20)
    ours = SAVE(n_components=4, n_slices=10, slicing="balanced").fit(x, y).results_
    # covariances within slices have divisor 19 there and 20 here, and its matrix is weighted by 20 in place of 1/10
    values, directions = save_with_divisor_less_one(ours)
    np.testing.assert_allclose(values, save.eigs / 20, rtol=1e-9)
    assert same_up_to_sign(directions, np.asarray(save.params)) < 1e-9
    phd = dimred.PrincipalHessianDirections(y, x).fit()
    ours = PHD(n_components=4, response="response").fit(x, y).results_
    order = np.argsort(-np.abs(phd.eigs))
    assert same_up_to_sign(ours.directions[:, :1], np.real(np.asarray(phd.params))[:, order][:, :1]) < 1e-9
    # it divides covariances of predictors by n - 1
    np.testing.assert_allclose(ours.eigenvalues * 199 / 200, np.real(np.asarray(phd.eigs))[order], rtol=1e-8)


# reference: sliced ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("what", "model"), [("sir", SIR), ("save", SAVE)])
@pytest.mark.parametrize("slicing", ["dr", "balanced"])
def test_beside_sliced(what, model, slicing):
    stored = SLICED[SLICED["what"] == what]
    x, y = continuous()
    ours = model(n_components=4, n_slices=10, slicing=slicing).fit(x, y).results_
    # it keeps the conventions of dr; rounding of an eigenproblem
    np.testing.assert_allclose(ours.eigenvalues, stored["value"], rtol=1e-10)
    assert same_up_to_sign(ours.directions, stored[["b1", "b2", "b3", "b4"]].to_numpy().T) < 1e-9
