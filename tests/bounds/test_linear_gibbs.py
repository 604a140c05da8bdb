import copy
import math
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from scipy.special import ndtr
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.feature_selection import RFECV, SelectFromModel, SelectKBest
from sklearn.linear_model import LogisticRegression, Perceptron, RidgeClassifier, SGDClassifier
from sklearn.model_selection import KFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, Normalizer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC

from stattools.bounds import gaussian_kl, linear_certificate, pac_bayes
from stattools.bounds.gibbs import exact_risk, sampled_risk
from stattools.exceptions import InvalidDataError, InvalidParameterError
from stattools.results.base import Result
from tests import naive_bounds_pac as naive
from tests.helpers import assert_snapshot


def two_clouds(n, d=4, classes=2, seed=0, distance=2.0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, n)
    centres = np.random.default_rng(99).normal(size=(classes, d)) * distance / math.sqrt(d)
    return centres[y] + rng.normal(size=(n, d)), y


# naive ---------------------------------------------------------------------------------------------------------------
@given(seed=st.integers(0, 10**6), k=st.sampled_from([1, 3, 4, 11]), scale=st.floats(0.1, 30))
def test_exact_risk_equals_adaptive_quadrature(seed, k, scale):
    rng = np.random.default_rng(seed)
    rows, mean = rng.normal(size=(3, 4)), scale * rng.normal(size=(k, 4))
    codes = rng.integers(0, max(k, 2), size=3)
    assert exact_risk(rows, codes, mean) == pytest.approx(naive.gibbs_risk(rows, codes, mean), abs=1e-9)  # quadrature's


@pytest.mark.parametrize("k", [1, 5])
def test_exact_risk_is_what_draws_of_weights_give(k):
    rng = np.random.default_rng(0)
    rows, mean, codes = rng.normal(size=(50, 3)), rng.normal(size=(k, 3)), rng.integers(0, max(k, 2), size=50)
    sampled = sampled_risk(rows, codes, mean, 4000, np.random.SeedSequence(1))
    assert sampled == pytest.approx(exact_risk(rows, codes, mean), abs=0.02)  # five times 0.25 / sqrt(4000)


# property ------------------------------------------------------------------------------------------------------------
def test_the_certificate_can_be_put_together_by_hand():
    X, y = two_clouds(600)
    model = LogisticRegression(C=0.1)
    found = linear_certificate(model, X, y, rng=1)
    first = found.prior_rows
    second = np.setdiff1d(np.arange(600), first)
    assert len(first) == 300 and len(second) == found.n == 300
    location, spread = X[first].mean(axis=0), X[first].std(axis=0)
    directions = []
    for fit in (LogisticRegression(C=0.1).fit(X[first], y[first]), LogisticRegression(C=0.1).fit(X, y)):
        weights = np.append(fit.coef_[0] * spread, fit.intercept_[0] + fit.coef_[0] @ location)
        directions.append(weights / np.linalg.norm(weights))
    s, t = found.components["prior scale"], found.components["posterior scale"]
    rows = np.column_stack([(X[second] - location) / spread, np.ones(300)])
    margins = (2 * y[second] - 1) * (rows @ (t * directions[1])) / np.linalg.norm(rows, axis=1)
    risk = np.mean(ndtr(-margins))
    kl = gaussian_kl(t * directions[1], 1.0, s * directions[0], 1.0) + math.log(10)
    assert found.empirical_risk == pytest.approx(risk, rel=1e-12)
    assert found.components["KL"] == pytest.approx(kl, rel=1e-9)  # 1 - cosine has lost digits
    assert found.value == pytest.approx(pac_bayes(risk, kl, 300, xi="exact").value, rel=1e-9)
    np.testing.assert_allclose(found.mean[0], t * directions[1], rtol=1e-12)


@pytest.mark.parametrize("classes", [2, 3])
def test_units_of_the_features_do_not_matter(classes):
    # for a rule that is itself indifferent to units
    X, y = two_clouds(400, classes=classes)
    scale, shift = np.array([1e-6, 1.0, 1e6, 30.0]), np.array([0.0, 5.0, -1e6, 1.0])
    here = linear_certificate(LinearDiscriminantAnalysis(), X, y, rng=0)
    there = linear_certificate(LinearDiscriminantAnalysis(), X * scale + shift, y, rng=0)
    assert there.value == pytest.approx(here.value, rel=1e-6)  # the fit itself keeps fewer digits
    np.testing.assert_array_equal(there.predict(X * scale + shift), here.predict(X))


def test_a_fitted_estimator_gives_the_direction():
    X, y = two_clouds(400)
    other = LogisticRegression(C=1e-3).fit(X, y)
    fitted, unfitted = (linear_certificate(m, X, y, rng=0) for m in (other, LogisticRegression(C=1e-3)))
    assert fitted.value == unfitted.value
    other.coef_ = -other.coef_
    other.intercept_ = -other.intercept_
    assert linear_certificate(other, X, y, rng=0).value > 0.5


@pytest.mark.parametrize(
    "model",
    [
        LogisticRegression(max_iter=2000),
        LinearSVC(C=0.1, random_state=0),
        RidgeClassifier(),
        LinearDiscriminantAnalysis(),
        SGDClassifier(random_state=0),
        Perceptron(random_state=0),
        make_pipeline(StandardScaler(), LogisticRegression()),
        make_pipeline(RidgeClassifier()),
    ],
    ids=lambda m: type(m).__name__,
)
@pytest.mark.parametrize("classes", [2, 4])
def test_linear_classifiers(model, classes):
    X, y = two_clouds(300, classes=classes, distance=6.0)
    names = np.array(["a", "b", "c", "d"])[y]
    found = linear_certificate(model, X, names, rng=0)
    assert found.empirical_risk < found.value < 1 and found.mean.shape == ((1 if classes == 2 else 4), 5)
    assert np.mean(found.predict(X) == names) > 0.7
    assert set(found.predict_gibbs(X, rng=0)) <= set("abcd")


def test_estimators_without_a_seed_repeat_and_leave_numpys_generator_alone():
    X, y = two_clouds(200, classes=3)
    first, second = (linear_certificate(SGDClassifier(), X, y, rng=5) for _ in range(2))
    assert first == second != linear_certificate(SGDClassifier(), X, y, rng=6)
    model = make_pipeline(StandardScaler(), SGDClassifier())
    assert linear_certificate(model, X, y, rng=5) == linear_certificate(model, X, y, rng=5)
    assert model[-1].random_state is None


def test_random_predictions_have_the_risk_that_is_stated():
    X, y = two_clouds(2000, classes=3)
    found = linear_certificate(LogisticRegression(), X, y, rng=0)
    second = np.setdiff1d(np.arange(2000), found.prior_rows)
    shares = [np.mean(found.predict_gibbs(X[second], rng=s) != y[second]) for s in range(40)]
    assert np.mean(shares) == pytest.approx(found.empirical_risk, abs=5 * 0.5 / math.sqrt(40 * 1000))  # five s.e.


def test_draws_instead_of_the_integral():
    X, y = two_clouds(600)
    exact = linear_certificate(LogisticRegression(), X, y, rng=0)
    drawn = linear_certificate(LogisticRegression(), X, y, rng=0, gibbs="monte_carlo", mc_samples=500)
    assert drawn.delta == pytest.approx(0.06) and drawn.value > exact.value
    assert drawn.components["posterior risk"] > exact.empirical_risk
    assert drawn == linear_certificate(LogisticRegression(), X, y, rng=0, gibbs="monte_carlo", mc_samples=500)


def test_it_is_stored_and_says_what_is_certified():
    X, y = load_iris(return_X_y=True)
    found = linear_certificate(LogisticRegression(max_iter=1000), X, y, rng=0)
    again = Result.from_json(found.to_json())
    assert again == found
    np.testing.assert_array_equal(again.predict(X), found.predict(X))
    assert "risk of the Gibbs classifier" in str(found) and "twice the risk" in str(found)
    assert found.deterministic == min(1, 2 * found.value)


def test_a_real_data_set_has_a_certificate_that_says_something():
    X, y = load_breast_cancer(return_X_y=True)
    found = linear_certificate(make_pipeline(StandardScaler(), LogisticRegression(C=0.1)), X, y, rng=0)
    assert found.value < 0.13 and found.deterministic < 0.25


def test_a_pipeline_predicts_from_raw_rows():
    X, y = two_clouds(300)
    raw = 50 + 1e3 * X
    model = make_pipeline(StandardScaler(), LogisticRegression())
    found = linear_certificate(model, raw, y, rng=0)
    first = found.prior_rows
    scaled = StandardScaler().fit(raw[first]).transform(raw)
    rows = np.column_stack([(scaled - found.location) / found.spread, np.ones(300)])
    np.testing.assert_array_equal(found.predict(raw), (rows @ found.mean[0] > 0).astype(int))
    assert found.steps == ("standardscaler",) and np.mean(found.predict(raw) == y) > 0.7
    again = pickle.loads(pickle.dumps(found))
    assert again == found
    np.testing.assert_array_equal(again.predict_gibbs(raw, rng=1), found.predict_gibbs(raw, rng=1))
    read = Result.from_json(found.to_json())
    assert read == found
    with pytest.raises(InvalidParameterError, match=r"before the last \(standardscaler\) are not stored in JSON"):
        read.predict(raw)
    with pytest.raises(InvalidDataError, match="X has nan"):
        found.predict(np.full((2, 4), np.nan))


def test_steps_that_call_columns_by_name():
    X, y = two_clouds(300)
    frame = pd.DataFrame(X, columns=list("abcd")).assign(kind=np.where(X[:, 0] > 0, "p", "q"))
    chosen = ColumnTransformer([("s", StandardScaler(), ["a", "b"]), ("k", OneHotEncoder(), ["kind"])])
    found = linear_certificate(make_pipeline(chosen, LogisticRegression()), frame, y, rng=0)
    assert found.value < 1 and found.mean.shape == (1, 5)
    assert np.mean(found.predict(frame) == y) > 0.6
    plain = linear_certificate(LogisticRegression(), frame[list("abcd")], y, rng=0)
    assert plain == linear_certificate(LogisticRegression(), X, y, rng=0)


def test_steps_without_a_state_are_no_memory():
    X, y = two_clouds(300)
    model = make_pipeline(FunctionTransformer(np.tanh), Normalizer(), LogisticRegression()).fit(X, y)
    assert linear_certificate(model, X, y, rng=0).value < 1


def test_splitters_without_a_seed_repeat():
    X, y = two_clouds(200)
    selector = RFECV(LogisticRegression(), cv=KFold(3, shuffle=True))
    model = make_pipeline(selector, LogisticRegression())
    found = [linear_certificate(model, X, y, rng=0) for _ in range(4)]
    assert found.count(found[0]) == 4


# calibration ---------------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_coverage():
    X, y = two_clouds(60_000, distance=1.5)
    rng = np.random.default_rng(0)
    delta, repeats, failures, deterministic = 0.2, 200, 0, 0
    for seed in range(repeats):
        rows = rng.choice(20_000, 120, replace=False)
        found = linear_certificate(LogisticRegression(C=0.5), X[rows], y[rows], delta=delta, rng=seed)
        fresh, labels = X[20_000:40_000], y[20_000:40_000]
        standard = np.column_stack([(fresh - found.location) / found.spread, np.ones(len(fresh))])
        failures += found.value < exact_risk(standard, labels, found.mean)
        deterministic += found.deterministic < np.mean(found.predict(fresh) != labels)
    assert failures / repeats <= delta and deterministic <= failures


# errors --------------------------------------------------------------------------------------------------------------
def test_what_is_refused():
    X, y = two_clouds(100, classes=3)
    with pytest.raises(InvalidParameterError, match="KNeighborsClassifier, without coef_"):
        linear_certificate(KNeighborsClassifier(), X, y)
    with pytest.raises(InvalidParameterError, match="SVC"):
        linear_certificate(SVC(kernel="linear", random_state=0), X, y)  # one row for each pair of classes
    with pytest.raises(InvalidParameterError, match="it must be a scikit-learn classifier"):
        linear_certificate("logistic", X, y)
    with pytest.raises(InvalidDataError, match="y has 1 class"):
        linear_certificate(LogisticRegression(), X, np.zeros(100))
    with pytest.raises(InvalidDataError, match="y has 99 labels for 100 units"):
        linear_certificate(LogisticRegression(), X, y[:-1])
    with pytest.raises(InvalidDataError, match="lacks 1 of 4 classes"):
        linear_certificate(LogisticRegression(), X, np.where(np.arange(100) == 57, 3, y), prior_fraction=0.1, rng=0)
    with pytest.raises(InvalidParameterError, match="prior_fraction is 1.0"):
        linear_certificate(LogisticRegression(), X, y, prior_fraction=1.0)
    with pytest.raises(InvalidDataError, match="X has nan at row 0, column 0"):
        linear_certificate(LogisticRegression(), np.where(X == X[0, 0], np.nan, X), y)
    with pytest.raises(InvalidParameterError, match="does not know the classes of y"):
        linear_certificate(LogisticRegression().fit(X, y), X, y + 1)
    with pytest.raises(InvalidDataError, match="X has 3 columns; the classifier has 4 features"):
        linear_certificate(LogisticRegression(), X, y, rng=0).predict(X[:, :3])


def centred(X):
    return X - X.mean(axis=0)


def test_steps_that_mix_rows_are_refused():
    X, y = two_clouds(100)
    with pytest.raises(InvalidParameterError, match="transform a row differently beside other rows"):
        linear_certificate(make_pipeline(FunctionTransformer(centred), LogisticRegression()), X, y)


class Remembers(LogisticRegression):
    def __sklearn_clone__(self):
        return copy.deepcopy(self)


class IsItself(LogisticRegression):
    def __sklearn_clone__(self):
        return self


def test_what_clone_does_not_forget_is_refused():
    FrozenEstimator = pytest.importorskip("sklearn.frozen").FrozenEstimator  # from scikit-learn 1.6 on
    X, y = two_clouds(100)
    fitted = LogisticRegression().fit(X, y)
    selected = SelectKBest(k=2).fit(X, y)
    for model in (
        FrozenEstimator(fitted),
        make_pipeline(FrozenEstimator(selected), LogisticRegression()),
        make_pipeline(SelectFromModel(FrozenEstimator(fitted)), LogisticRegression()),
        make_pipeline(FeatureUnion([("a", StandardScaler()), ("b", FrozenEstimator(selected))]), LogisticRegression()),
        make_pipeline(StandardScaler(), FrozenEstimator(fitted)),
    ):
        with pytest.raises(InvalidParameterError, match="holds a FrozenEstimator"):
            linear_certificate(model, X, y)
    with pytest.raises(InvalidParameterError, match="holds a IsItself, which clones and fits leave"):
        linear_certificate(IsItself().fit(X, y), X, y)
    with pytest.raises(InvalidParameterError, match="holds a Remembers that is still fitted after clone"):
        linear_certificate(make_pipeline(StandardScaler(), Remembers().fit(X, y)), X, y)
    assert linear_certificate(Remembers(), X, y, rng=0) is not None
    with pytest.raises(InvalidParameterError, match="cannot be cloned"):
        linear_certificate(NoClone(), X, y)


class NoClone(LogisticRegression):
    def __sklearn_clone__(self):
        raise TypeError("no")


# print ---------------------------------------------------------------------------------------------------------------
def test_printed_form():
    X, y = two_clouds(500)
    assert_snapshot(str(linear_certificate(LinearDiscriminantAnalysis(), X, y, rng=0)), "bounds_linear_certificate.txt")
