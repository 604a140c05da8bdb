import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from scipy import special, stats

from stattools import _random
from stattools._errors import Notes
from stattools.collider import conditional_independence_test
from stattools.collider.independence import IndependenceResult, automatic_method
from stattools.collider.independence_inputs import read
from stattools.collider.independence_kernels import _multiplied, _product_eigenvalues
from stattools.collider.independence_linear import _permuted_trace, _permuted_wald, _unit_columns
from stattools.collider.independence_power import smallest_detectable
from stattools.collider.independence_residuals import (
    N_PENALTIES,
    SMALLEST_PENALTY,
    Smoother,
    group_smoother,
    orthonormal,
    residuals,
    smoother_of,
)
from stattools.exceptions import (
    DegenerateDataError,
    DegenerateDataWarning,
    InvalidDataError,
    InvalidParameterError,
    PerformanceWarning,
)
from stattools.results import Result
from stattools.rkhs.dependence import correlation, euclidean_form, gaussian_form
from tests import naive_dependence as naive
from tests.helpers import assert_snapshot
from tests.reference.independence_peers import EFFECTS, N, data

pytestmark = pytest.mark.kernels
METHODS = ("hsic", "dcor", "kci", "rcot", "gcm", "partial", "moment")
PEERS = Path(__file__).parent.parent / "reference" / "independence_peers.csv"
test = conditional_independence_test
test.__test__ = False


def sample(n=60, seed=0, effect=0.0):
    rng = np.random.default_rng(seed)
    b, e, f = rng.normal(size=(3, n))
    a = np.sin(b) + e
    return b**2 + f + effect * a, a, b


def categories(n=60, seed=0):
    return np.array(["red", "green", "blue"])[np.random.default_rng(seed).integers(3, size=n)]


def orders(n, count=5, seed=1):
    rng = np.random.default_rng(seed)
    return np.array([rng.permutation(n) for _ in range(count)], dtype=np.int32)


def peers():
    with open(PEERS, encoding="utf-8") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


# naive ---------------------------------------------------------------------------------------------------------------
def test_hsic_is_n_times_the_mean_product_of_centred_kernels():
    y, a, _ = sample(25)
    y_, a_ = ((v - v.mean()) / v.std() for v in (y, a))
    found = test(y, a, method="hsic", lengthscale=0.7, n_resamples=9, rng=1)
    grams = (naive.gaussian(v[:, None], 0.7) for v in (y_, a_))
    # factors leave out 1e-10 of the traces
    assert found.statistic == pytest.approx(25 * naive.mean_product(*grams), rel=1e-8)


def test_categories_have_the_identity_kernel():
    y, *_ = sample(25)
    g = categories(25)
    y_ = (y - y.mean()) / y.std()
    match = (g[:, None] == g).astype(float)
    found = test(y, g, method="hsic", lengthscale=0.7, n_resamples=9, rng=1)
    expected = 25 * naive.mean_product(naive.gaussian(y_[:, None], 0.7), match)
    assert found.statistic == pytest.approx(expected, rel=1e-8)


def test_statistics_within_categories_add_up():
    y, a, _ = sample(40)
    g = categories(40)
    y_, a_ = ((v - v.mean()) / v.std() for v in (y, a))
    expected = 0.0
    for level in ("red", "green", "blue"):
        rows = g == level
        d = naive.distances(y_[rows][:, None]), naive.distances(a_[rows][:, None])
        expected += rows.sum() ** 2 / 40 * naive.mean_product(*d)
    found = test(y, a, g, method="dcor", n_resamples=9, rng=1)
    assert found.statistic == pytest.approx(expected, rel=1e-10)  # rounding


def test_both_ways_of_multiplying_equal_the_written_out_sum():
    rng = np.random.default_rng(2)
    signs = rng.choice([-1.0, 1.0], size=(4, 20))
    for r in (3, 15):  # products of factors, and the quadratic form
        u, v = rng.normal(size=(2, 20, r))
        expected = [naive.multiplied(u, v, e) for e in signs]
        np.testing.assert_allclose(_multiplied(u, v)(signs), expected, rtol=1e-11)  # rounding


def test_normal_multipliers_have_the_weighted_chi_square_law():
    """Mean and variance of sum w z^2 are those of |sum g_i u_i (x) v_i|^2 / n for normal g."""
    rng = np.random.default_rng(2)
    u, v = rng.normal(size=(2, 30, 2))
    products = np.einsum("ij,ik->ijk", u, v).reshape(30, -1)
    gram = products @ products.T / 30
    weights = _product_eigenvalues(u, v)
    assert weights.sum() == pytest.approx(np.trace(gram))
    assert (weights**2).sum() == pytest.approx(np.sum(gram**2))


def test_gcm_is_the_studentized_covariance():
    y, a, _ = sample(25)
    found = test(y, a, method="gcm", n_resamples=9, rng=1)
    assert found.statistic == pytest.approx(naive.studentized_covariance(y - y.mean(), a - a.mean()), rel=1e-12)


@pytest.mark.parametrize("columns", [1, 2])
def test_partial_is_the_f_test_of_nested_models(columns):
    y, _, b = sample(25)
    a = np.random.default_rng(3).normal(size=(25, columns)) + b[:, None]
    found = test(y, a, b, method="partial", n_resamples=9, rng=1)
    assert found.statistic == pytest.approx(naive.nested_f(y, b, a), rel=1e-10)
    rows = orders(25)
    given = orthonormal(np.column_stack([np.ones(25), b]))
    q, df2 = columns, 25 - columns - 2
    unit = _unit_columns(y[:, None], given), _unit_columns(a, given)
    r2 = _permuted_trace(rows, y=unit[0], a=unit[1], given=given)
    expected = [naive.freedman_lane(y, b, a, order) for order in rows]
    np.testing.assert_allclose(r2 / (1 - r2) * df2 / q, expected, rtol=1e-9)  # two least-squares fits


def test_partial_with_several_responses_is_pillais_trace():
    rng = np.random.default_rng(4)
    y, a = rng.normal(size=(30, 2)), rng.normal(size=(30, 2))
    y_, a_ = y - y.mean(axis=0), a - a.mean(axis=0)
    total, projected = y_.T @ y_, a_ @ np.linalg.pinv(a_) @ y_
    expected = np.trace(np.linalg.solve(total, y_.T @ projected))
    assert test(y, a, method="partial", n_resamples=9, rng=1).statistic == pytest.approx(expected, rel=1e-9)


def test_moment_is_the_robust_wald_statistic():
    y, a, _ = sample(40)
    a_ = (a - a.mean()) / a.std()
    columns = np.column_stack([a_, a_**2, a_**3])
    found = test(y, a, method="moment", n_resamples=9, rng=1)
    assert found.statistic == pytest.approx(naive.robust_wald(y, columns), rel=1e-8)  # condition of the cubes
    rows, basis = orders(40), orthonormal(columns - columns.mean(axis=0))
    first, second = np.triu_indices(3)
    centred = (y - y.mean())[:, None]
    values = _permuted_wald(rows, y=centred, columns=basis, crossed=basis[:, first] * basis[:, second])
    np.testing.assert_allclose(values, [naive.robust_wald(y[order], columns) for order in rows], rtol=1e-8)


def test_residuals_equal_hat_matrices():
    rng = np.random.default_rng(5)
    targets, fixed, features = rng.normal(size=(30, 2)), np.ones((30, 1)), rng.normal(size=(30, 4))
    rest = features - features.mean(axis=0)
    vectors, values, _ = np.linalg.svd(rest, full_matrices=False)
    smoother = Smoother(fixed / np.sqrt(30), ((vectors, values**2),))
    targets[:, 0] += 0.5 * features[:, 1]
    penalties = np.geomspace(30 * SMALLEST_PENALTY, 100 * values[0] ** 2, N_PENALTIES)
    expected, degrees = naive.ridge_gcv(targets, fixed, features, penalties)
    found = residuals(targets, smoother)
    np.testing.assert_allclose(found.values, expected, atol=1e-10)
    assert found.degrees_of_freedom == pytest.approx(degrees, rel=1e-10)


def test_residuals_within_groups_are_deviations_from_group_means():
    codes = np.array([0, 1, 0, 2, 1])
    values = np.array([[1.0], [5.0], [3.0], [4.0], [7.0]])
    found = residuals(values, group_smoother(codes))
    np.testing.assert_allclose(found.values[:, 0], [-1, -1, 1, 0, 1], atol=1e-14)
    assert found.degrees_of_freedom == 3


def test_the_smoother_removes_a_curve_and_keeps_the_noise():
    rng = np.random.default_rng(6)
    b = rng.normal(size=400)
    noise = rng.normal(size=400)
    found = residuals((np.sin(3 * b) + 0.3 * noise)[:, None], smoother_of(b[:, None] / b.std(), rng))
    assert np.corrcoef(found.values[:, 0], noise)[0, 1] > 0.95  # 1 less half the share of about 20 of 400 degrees
    assert 8 < found.degrees_of_freedom < 60


# property ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("given_b", ["none", "numeric", "categories"])
@pytest.mark.parametrize("method", METHODS)
def test_a_strong_dependence_is_found_and_the_result_is_stored(method, given_b):
    y, a, b = sample(80, effect=1.5)
    b = {"none": None, "numeric": b, "categories": categories(80)}[given_b]
    found = test(y, a, b, method=method, n_resamples=199, rng=1)
    assert found.pvalue <= 0.01
    assert Result.from_dict(json.loads(json.dumps(found.to_dict()))) == found
    assert tuple(found) == (found.statistic, found.pvalue)
    assert found.null_text and found.guarantee and len(found.detectable) == 1
    assert len(found.glance()) == 1
    if found.resampling is not None:
        assert found.resampling.n_resamples == 199


@pytest.mark.parametrize("method", METHODS)
def test_the_seed_fixes_all_bits_for_any_number_of_workers(method):
    y, a, b = sample(40)
    first, second = (test(y, a, b, method=method, n_resamples=300, rng=5, n_jobs=jobs) for jobs in (1, 2))
    assert first == second
    assert test(y, a, b, method=method, n_resamples=300, rng=6).null_distribution is None or not np.array_equal(
        first.null_distribution, test(y, a, b, method=method, n_resamples=300, rng=6).null_distribution
    )


@pytest.mark.parametrize("method", METHODS)
def test_neither_the_order_of_rows_nor_the_seed_moves_a_statistic(method):
    y, a, b = sample(80, effect=0.2)
    y, order = y + b**2, np.random.default_rng(1).permutation(80)
    first = test(y, a, b, method=method, n_resamples=19, rng=1)
    moved = test(y[order], a[order], b[order], method=method, n_resamples=19, rng=1)
    assert moved.statistic == pytest.approx(first.statistic, rel=1e-7)  # rounding, over the smallest penalty
    if method != "rcot":  # whose features are random
        other = test(y, a, b, method=method, n_resamples=19, rng=2)
        assert other.statistic == pytest.approx(first.statistic, rel=1e-4)  # features leave out 1e-3 of that penalty


@settings(max_examples=15)
@given(st.sampled_from(METHODS), st.floats(1e-6, 1e6), st.floats(-1e3, 1e3), st.integers(0, 1000))
def test_units_do_not_matter(method, scale, shift, seed):
    y, a, b = sample(20, seed=seed)
    first = test(y, a, b, method=method, n_resamples=19, rng=1)
    second = test(scale * y + shift, a, b, method=method, n_resamples=19, rng=1)
    # a shift of 1e3 and a scale of 1e-6 leave seven of sixteen digits of y
    assert second.statistic == pytest.approx(first.statistic, rel=1e-3, abs=1e-4)


def test_violations_have_the_squared_units_of_y():
    y, a, b = sample(80, effect=1.0)
    first, second = (test(v, a, b, method="moment", n_resamples=9, rng=1) for v in (y, 10 * y))
    assert second.estimate["||m||^2"] == pytest.approx(100 * first.estimate["||m||^2"], rel=1e-8)
    (x,), (z,) = first.detectable.values(), second.detectable.values()
    assert z.squared_norm == pytest.approx(100 * x.squared_norm, rel=1e-8)
    assert z.r_squared == x.r_squared


def test_few_rows_are_enumerated():
    found = test([1.0, 2, 3, 4, 6], [1.0, 3, 2, 5, 7], method="dcor", n_resamples=999)
    assert found.resampling.exact and found.resampling.n_resamples == 120
    found = test([1.0, 2, 3, 4, 6], [1.0, 3, 2, 5, 7], ["x", "x", "x", "y", "y"], method="gcm", n_resamples=999)
    assert found.resampling.n_resamples == 12


def test_no_row_is_exchanged_between_categories():
    """y and a both follow the categories exactly, up to noise that is independent: nothing is left to find."""
    g = categories(120)
    rng = np.random.default_rng(8)
    level = np.unique(g, return_inverse=True)[1] * 10.0
    y, a = level + rng.normal(size=120), level + rng.normal(size=120)
    for method in METHODS:
        assert test(y, a, method=method, n_resamples=99, rng=1).pvalue == 0.01
        assert test(y, a, g, method=method, n_resamples=99, rng=1).pvalue > 0.05


def test_the_method_follows_from_b_and_n():
    notes = Notes()
    for n, b, expected in (
        (100, None, "hsic"),
        (5001, None, "rcot"),
        (100, "numeric", "kci"),
        (2001, "numeric", "rcot"),
        (100, "categories", "hsic"),
    ):
        y, a, numeric = sample(n)
        given_b = {"numeric": numeric, "categories": categories(n)}.get(b)
        assert automatic_method(read(y, a, given_b, nan_policy="raise", notes=notes)) == expected
    assert test(*sample(), n_resamples=9, rng=1).settings["method"] == "kci (by n)"


def test_frames_give_names_and_categories():
    y, a, b = sample()
    frame = pd.DataFrame({"Y": y, "X2": a, "X3": b, "colour": pd.Categorical(categories())})
    found = test(frame["Y"], frame[["X2"]], frame[["X3", "colour"]], method="gcm", rng=1)
    assert found.data_name == "Y and X2 given X3, colour"
    plain = test(y, a, frame[["X3", "colour"]], method="gcm", rng=1)
    assert plain.statistic == found.statistic
    assert test(frame["Y"], frame["colour"], method="partial", n_resamples=9, rng=1).parameter["df1"] == 2
    assert list(found.detectable) == ["Y"]


def test_polars_and_pyarrow_columns_are_read():
    polars, pyarrow = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    y, a, _ = sample()
    columns = {"a": a, "colour": categories().tolist()}
    expected = test(y, pd.DataFrame(columns), method="dcor", n_resamples=9, rng=1)
    for table in (polars.DataFrame(columns), pyarrow.table(columns)):
        assert test(y, table, method="dcor", n_resamples=9, rng=1).statistic == expected.statistic


def test_integers_float32_and_lists_are_numbers():
    y, a, _ = sample()
    rounded = np.round(10 * a)
    expected = test(y, rounded, method="dcor", n_resamples=9, rng=1).statistic
    columns = np.asfortranarray(rounded[:, None])
    for form in (rounded.astype(int), rounded.astype(np.float32), rounded.tolist(), columns):
        assert test(y, form, method="dcor", n_resamples=9, rng=1).statistic == expected


def test_a_discrete_number_is_used_as_categories():
    y, a, _ = sample(80)
    b = np.arange(80) % 4
    found = test(y, a, b, method="gcm", n_resamples=9, rng=1)
    assert any("4 distinct values" in note for note in found.notes)
    assert found.statistic == test(y, a, b.astype(str), method="gcm", n_resamples=9, rng=1).statistic


def test_missing_rows_are_omitted_and_counted():
    y, a, _ = sample()
    y, g = y.copy(), categories().astype(object)
    y[3], g[5] = np.nan, None
    found = test(y, a, g, nan_policy="omit", method="gcm", n_resamples=9, rng=1)
    kept = np.setdiff1d(np.arange(60), [3, 5])
    assert found.statistic == test(y[kept], a[kept], g[kept], method="gcm", n_resamples=9, rng=1).statistic
    assert found.notes[0] == "2 of 60 rows have a missing value and were omitted"
    assert found.n["observations"] == 58
    assert found.tidy()["n_observations"].tolist() == [58] and "n_n" not in found.tidy()


def test_a_constant_is_independent_of_everything():
    y, a, b = sample()
    for method in METHODS:
        with pytest.warns(DegenerateDataWarning, match="a does not vary"):
            found = test(y, np.full(60, 3.0), b, method=method)
        assert found.pvalue == 1.0 and found.statistic == 0.0 and not found.detectable
    with pytest.warns(DegenerateDataWarning, match="y does not vary"):
        assert test(["only"] * 60, a).pvalue == 1.0


def test_a_constant_b_gives_nothing():
    y, a, _ = sample()
    found = test(y, a, np.ones(60), method="gcm", n_resamples=9, rng=1)
    assert found.statistic == test(y, a, method="gcm", n_resamples=9, rng=1).statistic
    assert "unconditional" in found.notes[0]


def test_extreme_units_and_duplicated_columns_do_no_harm():
    y, a, b = sample()
    twice = np.column_stack([a, a])
    for method in METHODS:
        found = test(1e140 * y, 1e-140 * a, b, method=method, n_resamples=19, rng=1)
        assert np.isfinite(found.statistic)
        assert np.isfinite(test(y, twice, b, method=method, n_resamples=19, rng=1).statistic)


# reference -----------------------------------------------------------------------------------------------------------
def test_statistics_of_hyppo():
    for row in peers():
        y, a, _ = (v[:, None] for v in data(int(row["seed"])))
        hsic = correlation(gaussian_form(y, 1.0), gaussian_form(a, 1.0))
        assert np.sqrt(hsic) == pytest.approx(row["hsic"], rel=1e-7)  # 1e-10 of the traces is left out
        dcor = correlation(euclidean_form(y), euclidean_form(a))
        assert np.sqrt(dcor) == pytest.approx(row["dcorr"], rel=1e-10)  # rounding


@pytest.mark.compiled
def test_multipliers_give_the_pvalues_of_the_spectral_law():
    """The kernels and the ridge of causal-learn with our law: the same for normals, close to it for signs."""
    for row in peers():
        y, a, b = ((v - v.mean()) / v.std(ddof=1) for v in data(int(row["seed"])))
        width = 1.2  # of causal-learn for fewer than 200 rows
        left, right = naive.gaussian(y[:, None], width), naive.gaussian(np.column_stack([a, b / 2]), width)
        ridge = np.linalg.solve(naive.centred(naive.gaussian(b[:, None], width)) / 1e-3 + np.eye(N), np.eye(N))
        u, v = (_root(ridge @ naive.centred(gram) @ ridge) for gram in (left, right))
        observed = np.sum((u.T @ v) ** 2)
        # their pseudo-inverse drops digits of a matrix of condition 1e5
        assert observed == pytest.approx(row["kci"], rel=1e-6)
        rng = np.random.default_rng(1)
        statistic = _multiplied(u, v)
        pvalue = np.mean(statistic(rng.normal(size=(20_000, N))) * N >= observed)
        # four Monte Carlo standard errors of 20,000 and 100,000 draws
        assert pvalue == pytest.approx(row["kci_spectral"], abs=0.016)
        pvalue = np.mean(statistic(rng.choice([-1.0, 1.0], size=(20_000, N))) * N >= observed)
        # signs leave out the squared diagonal of the quadratic form, whose share falls with n
        assert pvalue == pytest.approx(row["kci_spectral"], abs=0.1)


def _root(gram):
    values, vectors = np.linalg.eigh((gram + gram.T) / 2)
    return vectors * np.sqrt(np.maximum(values, 0.0))


def test_decisions_agree_with_causal_learn():
    ours, theirs = [], []
    for row in peers():
        ours.append(test(*data(int(row["seed"])), method="kci", rng=1).pvalue)
        theirs.append(row["kci_gamma"])
    for effect, p, q in zip(EFFECTS, ours, theirs, strict=True):
        # other bandwidths and penalties: p-values differ where both are large
        assert (p < 0.05) == (q < 0.05) or 0.02 < min(p, q) < 0.06, (effect, p, q)


def test_pearsons_correlation_and_its_exact_law():
    y, a, _ = sample(7)
    found = test(y, a, method="partial", n_resamples=5040)
    pearson = stats.pearsonr(y, a)
    assert found.estimate["partial correlation"] == pytest.approx(pearson.statistic, rel=1e-10)
    f = pearson.statistic**2 / (1 - pearson.statistic**2) * 5
    assert found.statistic == pytest.approx(f, rel=1e-10)
    exact = stats.permutation_test(
        (y,), lambda x: abs(stats.pearsonr(x, a).statistic), permutation_type="pairings", n_resamples=np.inf,
        alternative="greater", vectorized=False,
    )  # fmt: skip
    assert found.resampling.exact and found.pvalue == pytest.approx(exact.pvalue, rel=1e-12)


def test_gcm_given_b_is_two_sided_normal():
    found = test(*sample(), method="gcm")
    assert found.resampling is None
    assert found.pvalue == pytest.approx(2 * stats.norm.sf(abs(found.statistic)), rel=1e-12)


def test_smallest_detectable_has_the_power_it_states():
    for n, q, df in ((50, 1, 0.0), (100, 3, 5.5), (2000, 2, 40.0)):
        found = smallest_detectable(n, q, df_given=df, variance=4.0, level=0.01, power=0.9)
        df2 = n - q - 1 - df
        critical = stats.f.isf(0.01, q, df2)
        assert stats.ncf.sf(critical, q, df2, found.noncentrality) == pytest.approx(0.9, abs=1e-8)
        assert found.noncentrality == pytest.approx(n * found.r_squared / (1 - found.r_squared), rel=1e-12)
        assert found.squared_norm == pytest.approx(4 * found.r_squared, rel=1e-12)


def test_smallest_detectable_against_a_table():
    """Cohen (1988), table 9.3: lambda 7.85 for u = 1, power 0.80, level 0.05 and many degrees of freedom."""
    normal = (special.ndtri(0.975) + special.ndtri(0.8)) ** 2
    assert smallest_detectable(10**6, 1).noncentrality == pytest.approx(normal, rel=1e-4)
    assert normal == pytest.approx(7.85, abs=0.01)


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"y": np.arange(59.0)}, InvalidDataError, "y 59, a 60"),
        ({"y": np.full(60, np.nan)}, InvalidDataError, "y has a missing value .NaN. at row 0"),
        ({"y": np.full(60, np.inf)}, InvalidDataError, "y has inf at row 0"),
        ({"y": np.zeros((60, 2, 2))}, InvalidDataError, "shape"),
        ({"y": np.zeros((60, 0))}, InvalidDataError, "y is empty"),
        ({"y": None}, InvalidDataError, "y is None"),
        ({"y": "text"}, InvalidDataError, "y is 'text'"),
        ({"y": [[1], [2, 3]]}, InvalidDataError, "rectangular"),
        ({"y": np.arange(60).astype("M8[D]")}, InvalidDataError, "dates"),
        ({"y": np.arange(60) + 1j}, InvalidDataError, "complex"),
        ({"b": [str(i) for i in range(60)]}, DegenerateDataError, "own category"),
        ({"method": "hsci"}, InvalidParameterError, "did you mean 'hsic'"),
        ({"method": "gcm", "lengthscale": 1.0}, InvalidParameterError, "'hsic' and 'kci' and 'rcot'"),
        ({"method": "auto", "degree": 2}, InvalidParameterError, "here 'kci'"),
        ({"method": "hsic", "n_features": 2}, InvalidParameterError, "only 'rcot'"),
        ({"lengthscale": 0.0}, InvalidParameterError, "above 0"),
        ({"n_resamples": 0}, InvalidParameterError, "n_resamples"),
        ({"nan_policy": "drop"}, InvalidParameterError, "nan_policy"),
        ({"rng": "seed"}, InvalidParameterError, "rng"),
        ({"method": "partial", "a": np.random.default_rng(0).normal(size=(60, 60))}, DegenerateDataError, "too few"),
        ({"method": "moment", "a": np.random.default_rng(0).normal(size=(60, 40))}, DegenerateDataError, "too few"),
    ],
)
def test_bad_input_is_named(change, error, words):
    y, a, b = sample()
    with pytest.raises(error, match=words):
        test(**{"y": y, "a": a, "b": b, **change})


def test_too_few_rows():
    with pytest.raises(DegenerateDataError, match="there are 4 rows"):
        test([1, 2, 3, 4.0], [1, 2, 4, 3.0])


def test_a_is_explained_by_b():
    y, _, b = sample()
    with pytest.raises(DegenerateDataError, match="b explains"):
        test(y, 2 * b + 1, b, method="partial")
    for method in ("gcm", "kci", "rcot", "hsic", "dcor"):
        assert test(y, 2 * b + 1, b, method=method, n_resamples=99, rng=1).pvalue > 0.05


def test_duplicated_column_names():
    frame = pd.DataFrame(np.ones((60, 2)), columns=["x", "x"])
    with pytest.raises(InvalidDataError, match="more than one column 'x'"):
        test(sample()[0], frame)


def test_large_matrices_are_announced():
    y, a, _ = sample(5001)
    with pytest.warns(PerformanceWarning, match="GB"):
        test(y, np.column_stack([a, categories(5001) == "red"]).astype(float), method="hsic", n_resamples=1, rng=1)


@pytest.mark.parametrize("bad", [{"power": 0.01}, {"level": 0.0}, {"q": 0}, {"n": 1}, {"variance": -1.0}])
def test_smallest_detectable_refuses(bad):
    with pytest.raises(InvalidParameterError):
        smallest_detectable(**{"n": 50, "q": 1, **bad})
    with pytest.raises(DegenerateDataError, match="no degrees of freedom"):
        smallest_detectable(10, 9)


# print ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", METHODS)
def test_printed_forms(method):
    y, a, b = sample(effect=0.3)
    frame = pd.DataFrame({"yield": y, "aerosol": a, "CO2": b})
    found = test(frame["yield"], frame["aerosol"], frame["CO2"], method=method, n_resamples=199, rng=20240501)
    assert isinstance(found, IndependenceResult)
    text = f"{found}\n{found.report()}\n{found.report(style='plain')}\n"
    assert all(len(line) <= 80 for line in str(found).splitlines()) and text.isascii()
    assert_snapshot(text, f"independence_{method}.txt")


def test_seeds_of_features_and_resamples_differ():
    seed = _random.seed_sequence(1)
    streams = {_random.generator(seed, *key).random() for key in ((0,), (1,), (2,), (1, 0), (2, 0))}
    assert len(streams) == 5
