import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from stattools.exceptions import (
    AssumptionWarning,
    DegenerateDataError,
    InvalidDataError,
    InvalidParameterError,
)
from stattools.results import Result
from stattools.sdr.stein import SteinIndexModel
from stattools.sdr.stein_moments import Moments, candidate
from stattools.sdr.stein_scores import covariance_of, given_scores, normal_scores
from tests.helpers import assert_snapshot


def sample(n=200, p=4, q=3, seed=1):
    """Correlated predictors; trends and curvature of three responses."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p)) @ (np.eye(p) + 0.3 * rng.normal(size=(p, p)))
    y = np.column_stack([x[:, 0], np.sin(x[:, 1]), x[:, 0] * x[:, 1]])[:, :q] + 0.3 * rng.normal(size=(n, q))
    return x, y


def given(n_components=2, **options):
    return SteinIndexModel(**{"n_components": n_components} | options)


def distance(first, second):
    """|P - Q| / sqrt(2 r) for the projections on two column spaces of rank r."""
    a, b = np.linalg.qr(first)[0], np.linalg.qr(second)[0]
    return np.linalg.norm(a @ a.T - b @ b.T) / np.sqrt(2 * a.shape[1])


# naive ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("white", [True, False])
@pytest.mark.parametrize("pooling", ["squares", "mean"])
def test_candidate_by_loops_over_observations(white, pooling):
    x, y = sample(30)
    y = y - y.mean(axis=0)
    mean, covariance = x.mean(axis=0), np.cov(x.T, bias=True)
    root = np.linalg.inv(np.linalg.cholesky(covariance)) if white else np.linalg.inv(covariance)
    first, second = np.zeros((3, 4)), np.zeros((3, 4, 4))
    for row, responses in zip(x, y, strict=True):
        s = root @ (row - mean)
        for j in range(3):
            first[j] += responses[j] * s / 30
            second[j] += responses[j] * (np.outer(s, s) - root @ covariance @ root.T) / 30
    squares = second.sum(axis=0) @ second.sum(axis=0) if pooling == "mean" else sum(m @ m for m in second)
    found = candidate(
        normal_scores(x, covariance_of(x, "none"), white=white), y, Moments("both", pooling, 0.7)
    )
    assert np.allclose(found, first.T @ first + 0.7 * squares, rtol=1e-9, atol=1e-12)  # inverses


# identities ----------------------------------------------------------------------------------------------------------
def test_first_order_is_the_svd_of_least_squares():
    x, y = sample()
    model = given(3, order="first", coordinates="original", scale_responses=False).fit(x, y)
    design = np.column_stack([np.ones(len(x)), x])
    coefficients = np.linalg.lstsq(design, y, rcond=None)[0][1:]
    u, singular, _ = np.linalg.svd(coefficients, full_matrices=False)
    assert np.allclose(model.results_.eigenvalues, singular**2, rtol=1e-10)  # rounding
    unit = model.components_ / np.linalg.norm(model.components_, axis=1, keepdims=True)
    assert np.allclose(np.abs(unit @ u), np.eye(3), atol=1e-8)  # rounding over gaps of eigenvalues


def test_first_order_of_standardized_responses_too():
    x, y = sample()
    first = given(order="first").fit(x, y)
    second = given(order="first").fit(x, y * [1.0, 100.0, 0.01] + 5.0)
    assert np.allclose(first.components_, second.components_, rtol=1e-9)  # rounding


def test_second_order_of_one_response_is_principal_hessian_directions():
    x, y = sample()
    y = y[:, 2] - y[:, 2].mean()
    model = given(4, order="second", scale_responses=False).fit(x, y)
    centred = x - x.mean(axis=0)
    covariance = centred.T @ centred / len(x)
    moment = (centred * y[:, None]).T @ centred / len(x)
    values, vectors = np.linalg.eig(np.linalg.solve(covariance, moment))
    order = np.argsort(-np.abs(values))
    assert np.allclose(model.results_.eigenvalues, values[order] ** 2, rtol=1e-8)  # a solver without symmetry
    for own, other in zip(model.components_, vectors[:, order].T, strict=True):
        assert abs(own @ other) / np.linalg.norm(own) == pytest.approx(1.0, abs=1e-8)


def test_mean_of_second_moments_has_their_eigenvectors():
    x, y = sample()
    pooled = given(2, order="second", pooling="mean", scale_responses=False).fit(x, y)
    single = given(2, order="second", scale_responses=False).fit(x, y.sum(axis=1))
    assert np.allclose(pooled.components_, single.components_, rtol=1e-9)  # one matrix, two sums


def test_functions_of_the_normal_score_give_the_normal_score():
    x, y = sample()
    mean, covariance = x.mean(axis=0), np.cov(x.T, bias=True)
    precision = np.linalg.inv(covariance)

    def score(x):
        return (x - mean) @ precision

    def second(x):
        return score(x)[:, :, None] * score(x)[:, None, :] - precision

    for coordinates in ("white", "original"):
        own = given(coordinates=coordinates).fit(x, y)
        other = given(coordinates=coordinates, score_function=score, second_score_function=second).fit(x, y)
        assert np.allclose(own.results_.eigenvalues, other.results_.eigenvalues, rtol=1e-8)  # an explicit inverse
        assert np.allclose(own.components_, other.components_, rtol=1e-6, atol=1e-8)


def test_the_trace_is_the_variance_that_a_quadratic_fit_explains():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(100_000, 2))
    y = x[:, 0] + x[:, 0] * x[:, 1] + 0.5 * (x[:, 1] ** 2 - 1)  # variances 1, 1 and 1/2
    result = given(2, scale_responses=False).fit(x, y).results_
    # fourth moments of 100,000 rows: standard error about 2.5 * sqrt(20 / 1e5) = .035
    assert result.eigenvalues.sum() == pytest.approx(2.5, abs=0.12)
    assert result.first_order.sum() == pytest.approx(1.0, abs=0.06)


# property ------------------------------------------------------------------------------------------------------------
@pytest.mark.filterwarnings("ignore:the tests find no direction:stattools.exceptions.AssumptionWarning")
@parametrize_with_checks(
    [
        SteinIndexModel(n_resamples=19, random_state=1),
        given(1, shrinkage="ledoit_wolf"),
        given(1, order="first", coordinates="original"),
    ]
)
def test_the_checks_of_scikit_learn(estimator, check):
    state = np.random.get_state()  # noqa: NPY002  (one of the checks shuffles with the global generator)
    try:
        check(estimator)
    finally:
        np.random.set_state(state)  # noqa: NPY002


def test_linear_maps_of_the_predictors_leave_the_scores():
    x, y = sample()
    turned = x @ np.random.default_rng(3).normal(size=(4, 4)) + 7.0
    first, second = (given().fit(values, y).results_ for values in (x, turned))
    assert np.allclose(first.eigenvalues, second.eigenvalues, rtol=1e-8)  # rounding times a condition number
    assert np.allclose(np.abs(first.scores), np.abs(second.scores), rtol=0, atol=1e-7)


def test_scores_are_uncorrelated_and_of_variance_one():
    x, y = sample()
    model = given(4).fit(x, y)
    assert np.allclose(np.cov(model.results_.scores.T, bias=True), np.eye(4), atol=1e-10)  # rounding
    assert np.array_equal(model.transform(x), model.results_.scores)
    original = given(2, coordinates="original").fit(x, y).results_.scores
    assert np.allclose(original.std(axis=0), 1.0)


def test_what_is_stored_comes_back():
    x, y = sample(60)
    model = SteinIndexModel(n_resamples=19, random_state=1).fit(x, y)
    result = model.results_
    assert Result.from_json(result.to_json()) == result
    assert np.array_equal(pickle.loads(pickle.dumps(model)).transform(x), model.transform(x))
    again = Result.from_dict(result.to_dict()).permutation_test(n_resamples=19, rng=1)
    assert again.pvalue == result.permutation_test(n_resamples=19, rng=1).pvalue


def test_tables_of_the_result():
    x, y = sample()
    table = pd.DataFrame(x, columns=list("abcd"))
    result = SteinIndexModel(n_resamples=39, random_state=1).fit(table, pd.DataFrame(y, columns=list("uvw"))).results_
    tidy = result.tidy()
    assert tidy["kept"].sum() == result.n_components
    assert ((tidy["linear"] >= 0) & (tidy["linear"] <= 1 + 1e-12)).all()
    assert result.data_name == "u, v, w on 4 predictors"
    assert result.coefficients_table().index.tolist() == list("abcd")
    text = str(result)
    assert max(map(len, text.splitlines())) <= 80 and text.isascii()
    assert "Stein" in result.report()


def test_one_seed_gives_one_result():
    x, y = sample(60)
    first, second = (SteinIndexModel(n_resamples=19, random_state=5).fit(x, y).results_ for _ in range(2))
    assert first == second


def test_shrinkage():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(40, 60))
    y = x[:, 0] + 0.1 * rng.normal(size=40)
    with pytest.raises(DegenerateDataError, match="ledoit_wolf"):
        given(1).fit(x, y)
    model = given(1, order="first", shrinkage="ledoit_wolf").fit(x, y)
    assert 0 < model.results_.shrinkage <= 1
    assert int(np.argmax(np.abs(model.components_[0]))) == 0
    # all correlations gone: the score is each column over its variance
    whole = normal_scores(x, covariance_of(x, 1.0), white=False).first
    assert np.allclose(whole, (x - x.mean(axis=0)) / x.var(axis=0), rtol=1e-12)
    assert given(1, shrinkage=0.5).fit(x, y).results_.shrinkage == 0.5


def test_the_score_of_another_law_corrects_what_the_normal_one_does_to_skewed_columns():
    """Gamma columns of shape 5, third cumulant 10: for y = (u - 13)^2 and u = x1 + 2 x2 with mean 15, E[y s] is
    b E[2 (u - 13)] = (4, 8), and covariances of x and y are (10 + 4 * 5, 40 + 8 * 5) = (30, 80)."""
    rng = np.random.default_rng(1)
    x = rng.gamma(5.0, size=(20_000, 3))
    y = (x[:, 0] + 2.0 * x[:, 1] - 13.0) ** 2
    own = given(1, order="first", score_function=lambda x: 1.0 - 4.0 / x, coordinates="original").fit(x, y)
    normal = given(1, order="first", coordinates="original").fit(x, y)
    # y has standard deviation near 50 and s near .58: .2 of 4 and of 8, so .1 of the ratio; four times that
    assert own.components_[0, 1] / own.components_[0, 0] == pytest.approx(2.0, abs=0.4)
    assert normal.components_[0, 1] / normal.components_[0, 0] == pytest.approx(80 / 30, abs=0.3)


# calibration ---------------------------------------------------------------------------------------------------------
def simulated(kind, seed, n=150, p=5, q=3):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p))
    x[:, 1] += x[:, 0]
    if kind == "none":
        return x, rng.standard_exponential((n, q))
    means = {
        "line": x[:, :1] * np.ones(q),
        "square": x[:, :1] ** 2 * np.ones(q),
        "both": np.column_stack([x[:, 0], x[:, 3] ** 2, x[:, 0]]),
    }[kind]
    return x, means + rng.normal(size=(n, q))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:the tests find no direction:stattools.exceptions.AssumptionWarning")
@pytest.mark.parametrize(("kind", "true"), [("none", 0), ("line", 1), ("square", 1), ("both", 2)])
def test_level_of_the_sequential_tests(kind, true):
    """Share of runs that keep more directions than there are, at level .05."""
    found = [
        SteinIndexModel(n_resamples=39, random_state=seed).fit(*simulated(kind, seed)).results_.n_found
        for seed in range(200)
    ]
    above = sum(d > true for d in found)
    assert above <= 22  # 99.9 percent of binomial counts for 200 runs at .05 are 1 to 22
    assert sum(d < true for d in found) <= 10  # signals this strong are found
    if true == 0:
        assert above >= 1


@pytest.mark.slow
def test_level_of_the_test_with_a_score_that_is_wrong():
    """Pairing at random needs no law of the predictors."""
    rejected = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        x, y = rng.standard_cauchy((40, 3)), rng.normal(size=(40, 2))
        model = given(1, order="first", score_function=np.tanh, coordinates="original").fit(x, y)
        rejected += model.results_.permutation_test(n_resamples=39, rng=seed).pvalue <= 0.05
    assert 4 <= rejected <= 29  # 99.9 percent of binomial counts for 300 runs at .05


# reference -----------------------------------------------------------------------------------------------------------
REFERENCES = {
    ("odd", "first", "squares"): (0.108, 0.055, 0.026),
    ("odd", "second", "squares"): (0.952, 0.958, 0.964),
    ("even", "first", "squares"): (0.903, 0.884, 0.891),
    ("even", "second", "squares"): (0.301, 0.140, 0.073),
    ("even", "second", "mean"): (0.510, 0.295, 0.177),
}
SIZES = (500, 2000, 8000)


def index_model(link, n, seed, p=20, q=10, r=2):
    """Normal predictors with covariance A A' + I, A normal over sqrt(p); links of two orthonormal indices."""
    rng = np.random.default_rng([seed, n])
    a = rng.normal(size=(p, p)) / np.sqrt(p)
    x = rng.normal(size=(n, p)) @ np.linalg.cholesky(a @ a.T + np.eye(p)).T
    b = np.linalg.qr(rng.normal(size=(p, r)))[0]
    weights = rng.normal(size=(r, q))
    mean = np.tanh(x @ b @ weights) if link == "odd" else (x @ b) ** 2 @ weights
    return x, mean + 0.5 * rng.normal(size=(n, q)), b


@pytest.mark.slow
@pytest.mark.parametrize("n", SIZES)
def test_distances_of_directions_in_a_simulation(n):
    """Means over 20 data sets. The figures came without their links and noise: of 24 combinations these two came
    nearest at n = 500 and 2000, where agreement is therefore weak evidence, and nothing was chosen at n = 8000. The odd
    link agrees everywhere to three units of the third digit where first moments see it. The even one may be another: at
    n = 8000 it gives .064 (standard error .002) for .073, and at n = 500 the mean .42 (.03) for .51."""
    for (link, order, pooling), figures in REFERENCES.items():
        distances = []
        for seed in range(20):
            x, y, b = index_model(link, n, seed)
            model = given(2, order=order, pooling=pooling, coordinates="original", scale_responses=False).fit(x, y)
            distances.append(distance(model.components_.T, b))
        error = np.std(distances, ddof=1) / np.sqrt(20)
        # three standard errors of a difference of two such means, and half a unit of the last printed digit
        tolerance = 3 * np.sqrt(2) * error + 5e-4
        assert np.mean(distances) == pytest.approx(figures[SIZES.index(n)], abs=tolerance), (link, order, pooling)


@pytest.mark.slow
def test_both_orders_find_what_each_of_them_misses():
    lost = {}
    for order in ("both", "first", "second"):
        for link in ("odd", "even"):
            found = []
            for seed in range(10):
                x, y, b = index_model(link, 2000, seed)
                found.append(distance(given(2, order=order).fit(x, y).components_.T, b))
            lost[order, link] = float(np.mean(found))
    assert lost["first", "even"] > 0.7 and lost["second", "odd"] > 0.7
    assert lost["both", "odd"] < 1.2 * lost["first", "odd"]
    assert lost["both", "even"] < 1.2 * lost["second", "even"]


# errors --------------------------------------------------------------------------------------------------------------
X, Y = sample(50)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"order": "third"}, "order"),
        ({"pooling": "max"}, "pooling"),
        ({"coordinates": "polar"}, "coordinates"),
        ({"second_weight": 0.0}, "second_weight"),
        ({"shrinkage": 1.5}, "shrinkage"),
        ({"shrinkage": "stein"}, "shrinkage"),
        ({"score_function": "kde"}, "score_function"),
        ({"second_score_function": np.tanh}, "has its own"),
        ({"score_function": np.tanh}, "second_score_function is not given"),
        ({"score_function": np.tanh, "order": "first", "n_components": "test"}, "needs score_function"),
        ({"n_components": 5}, "at most 4"),
        ({"n_components": 4, "order": "first"}, "at most 3"),
        ({"n_components": "bic"}, "n_components"),
        ({"level": 0.0}, "level"),
    ],
)
def test_options_are_checked(options, match):
    with pytest.raises(InvalidParameterError, match=match):
        given(**options).fit(X, Y)


def test_data_are_checked():
    with pytest.raises(InvalidDataError, match="labels"):
        given(1).fit(X, ["a", "b"] * 25)
    with pytest.raises(InvalidDataError, match="50 rows for 49"):
        given(1).fit(X, Y[:49])
    with pytest.raises(DegenerateDataError, match="y is constant"):
        given(1).fit(X, np.ones(50))
    with pytest.raises(DegenerateDataError, match="'x2' of X is constant"):
        given(1).fit(np.where(np.arange(4) == 1, 3.0, X), Y)
    with pytest.raises(DegenerateDataError, match="linear combination"):
        given(1).fit(np.column_stack([X, X[:, 0] + X[:, 1]]), Y)
    with pytest.raises(InvalidDataError, match="shape"):
        given(1, order="first", score_function=lambda x: x[:, 0]).fit(X, Y)
    with pytest.raises(InvalidDataError, match="not symmetric at row"):
        given_scores(X, np.tanh, lambda x: np.arange(16.0).reshape(4, 4) * np.ones((len(x), 1, 1)), np.eye(4))
    result = given(1).fit(X, Y * [1.0, 1.0, 0.0]).results_
    assert "constant responses have no part in the fit: y3" in result.notes


def test_no_direction_is_a_warning():
    rng = np.random.default_rng(2)
    with pytest.warns(AssumptionWarning, match="no direction"):
        model = SteinIndexModel(n_resamples=19, random_state=1).fit(rng.normal(size=(40, 3)), rng.normal(size=40))
    result = model.results_
    assert (result.n_components, result.n_found) == (1, 0)


def test_tests_that_there_are_not():
    result = given(1, order="first", score_function=np.tanh).fit(X, Y).results_
    with pytest.raises(InvalidParameterError, match="only 0 can be tested"):
        result.permutation_test(1)
    with pytest.raises(InvalidParameterError, match="only 0 can be tested"):
        given(1).fit(X, Y).results_.permutation_test(1, statistic="trace")
    with pytest.raises(InvalidParameterError, match="no law of the statistic of Stein; permutation_test"):
        result.dimension_test()
    with pytest.raises(InvalidParameterError, match="Stein has no test of columns; SIR and SAVE have one"):
        result.coordinate_test("x1")


# print ---------------------------------------------------------------------------------------------------------------
def test_printed_forms():
    x, y = sample()
    result = SteinIndexModel(n_resamples=39, random_state=1).fit(x, y).results_
    assert_snapshot(str(result), "stein_result.txt")
    assert_snapshot(str(result.permutation_test(n_resamples=99, rng=3)), "stein_permutation_test.txt")
