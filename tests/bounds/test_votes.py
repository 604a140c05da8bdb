import math

import numpy as np
import pytest
from hypothesis import given, strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_breast_cancer, load_iris, make_classification
from sklearn.ensemble import BaggingClassifier, ExtraTreesClassifier, GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from stattools.bounds import forest_certificate, kl_inverse, majority_vote, out_of_bag_votes, pac_bayes
from stattools.bounds.votes import METHODS, _averages
from stattools.exceptions import DegenerateDataError, InvalidDataError, InvalidParameterError
from stattools.results.base import Result
from tests import naive_bounds_pac as naive
from tests.helpers import assert_snapshot


def random_votes(seed, voters=6, n=60, classes=3, judged=0.8):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, n)
    votes = np.where(rng.random((voters, n)) < 0.7, y, rng.integers(0, classes, (voters, n)))
    valid = rng.random((voters, n)) < judged
    valid[:, :2] = True
    return votes, y, valid, rng.dirichlet(np.ones(voters))


# naive ---------------------------------------------------------------------------------------------------------------
@given(seed=st.integers(0, 10**6), voters=st.integers(1, 6), classes=st.integers(2, 4))
def test_errors_alone_and_in_pairs_equal_loops(seed, voters, classes):
    votes, y, valid, weights = random_votes(seed, voters, 20, classes)
    gibbs, tandem, apart = naive.pair_errors(votes, y, valid, weights)
    table = majority_vote(votes, y, valid=valid, weights=weights)
    # sums of a few products of exact counts
    assert table["first_order"].components["Gibbs error"] == pytest.approx(gibbs, abs=1e-13)
    assert table["tandem"].components["tandem error"] == pytest.approx(tandem, abs=1e-13)
    assert table["disagreement"].components["disagreement"] == pytest.approx(apart, abs=1e-13)


# property ------------------------------------------------------------------------------------------------------------
@given(seed=st.integers(0, 10**6))
def test_on_one_hold_out_set_the_limits_are_those_of_pac_bayes(seed):
    votes, y, _, weights = random_votes(seed)
    kl = float(np.sum(weights * np.log(weights * len(weights))))
    table = majority_vote(votes, y, weights=weights)
    gibbs = pac_bayes(table["first_order"].components["Gibbs error"], max(kl, 0), len(y)).value
    assert table["first_order"].components["its limit"] == pytest.approx(gibbs, rel=1e-10)
    tandem = pac_bayes(table["tandem"].components["tandem error"], max(2 * kl, 0), len(y)).value
    assert table["tandem"].components["its limit"] == pytest.approx(tandem, rel=1e-10)


@given(seed=st.integers(0, 10**6))
def test_before_limits_two_bounds_are_one_and_the_c_bound_is_smaller(seed):
    votes, y, _, weights = random_votes(seed, classes=2)
    errors = votes != y
    found = _averages(errors, np.ones_like(errors), weights, weights, "maurer", pairs=True)
    gibbs, tandem, apart = found.gibbs.share, found.tandem.share, found.apart.share
    assert 4 * tandem == pytest.approx(4 * gibbs - 2 * apart, abs=1e-12)
    vote_errs = np.mean(weights @ errors >= 0.5 - 1e-12)
    assert vote_errs <= 2 * gibbs + 1e-12 and vote_errs <= 4 * tandem + 1e-12
    if gibbs < 0.5:
        c_bound = 1 - (1 - 2 * gibbs) ** 2 / (1 - 2 * apart)
        assert vote_errs <= c_bound + 1e-12 <= 4 * tandem + 2e-12


@given(seed=st.integers(0, 10**6))
def test_order_of_voters_and_data_and_names_of_classes_do_not_matter(seed):
    votes, y, valid, weights = random_votes(seed)
    t, i = (np.random.default_rng(seed).permutation(k) for k in votes.shape)
    names = np.array(["x", "b", "c"])
    here = majority_vote(votes, y, valid=valid, weights=weights)
    there = majority_vote(names[votes[t][:, i]], names[y[i]], valid=valid[t][:, i], weights=5 * weights[t])
    for a, b in zip(here, there, strict=True):
        assert a.value == pytest.approx(b.value, rel=1e-12)


def test_the_harmonic_mean_of_sizes_stands_between_them():
    votes, y, valid, _ = random_votes(0, n=300)
    components = majority_vote(votes, y, valid=valid, method="tandem").components
    shared = valid.astype(int) @ valid.T.astype(int)
    assert components["n of the tandem error"] == pytest.approx(1 / np.mean(1 / shared))
    assert shared.min() < components["n of the tandem error"] < shared.max()
    assert components["KL of the tandem error"] == 0


def test_voters_without_prior_weight_do_not_count():
    votes, y, _, _ = random_votes(0)
    fewer = majority_vote(votes[:4], y)
    same = majority_vote(votes, y, weights=[1, 1, 1, 1, 0, 0], prior=[1, 1, 1, 1, 0, 0])
    assert [b.value for b in fewer] == [b.value for b in same]


def test_a_gibbs_error_near_one_half_ends_the_c_bound():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    bound = majority_vote(rng.integers(0, 2, (5, 200)), y, method="c_bound")
    assert bound.vacuous and "not below 1/2" in bound.notes[0]


def test_second_order_beats_first_order_when_errors_are_independent():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 20_000)
    votes = np.where(rng.random((50, 20_000)) < 0.25, 1 - y, y)
    table = majority_vote(votes, y)
    assert table["tandem"].value < 0.35 < 0.5 < table["first_order"].value
    assert Result.from_json(table.to_json()) == table and list(table.keys) == list(METHODS)


def test_out_of_bag_is_what_the_forest_itself_says():
    X, y = load_breast_cancer(return_X_y=True)
    forest = RandomForestClassifier(60, oob_score=True, random_state=0).fit(X, y)
    votes, valid = out_of_bag_votes(forest, X)
    counts = valid.sum(axis=0)
    assert (counts > 0).all() and valid.mean() == pytest.approx(math.exp(-1), abs=0.02)  # (1 - 1/n)^n
    share = np.sum((votes == 1) & valid, axis=0) / counts  # leaves are pure, so that votes are probabilities
    np.testing.assert_allclose(share, forest.oob_decision_function_[:, 1], atol=1e-12)


@pytest.mark.parametrize(
    "forest",
    [
        RandomForestClassifier(12, random_state=0),
        ExtraTreesClassifier(12, bootstrap=True, random_state=0),
        BaggingClassifier(n_estimators=12, max_features=2, random_state=0),
        BaggingClassifier(
            make_pipeline(LogisticRegression(max_iter=2000)),
            n_estimators=6,
            max_samples=0.4,
            bootstrap=False,
            random_state=0,
        ),
        RandomForestClassifier(12, class_weight="balanced_subsample", random_state=0),
        BaggingClassifier(n_estimators=12, bootstrap_features=True, max_samples=0.5, random_state=0),
    ],
)
def test_forests_and_bagging_of_named_classes(forest):
    X, codes = load_iris(return_X_y=True)
    y = np.array(["setosa", "versicolor", "virginica"])[codes]
    forest.fit(X, y)
    _, valid = out_of_bag_votes(forest, X, y)
    for t, bag in enumerate(forest.estimators_samples_):
        assert not valid[t, bag].any() and valid[t].sum() == len(X) - len(np.unique(bag))
    table = forest_certificate(forest, X, y)
    assert 0 < table["first_order"].components["Gibbs error"] < 0.2
    held_out = forest_certificate(forest, X[::3], y[::3], data="hold_out", method="first_order")
    assert held_out.components["n of the Gibbs error"] == pytest.approx(50)


def test_trees_fitted_in_two_steps_on_the_same_data():
    X, y = load_iris(return_X_y=True)
    forest = RandomForestClassifier(5, warm_start=True, random_state=0).fit(X, y)
    forest.set_params(n_estimators=10).fit(X, y)
    assert forest_certificate(forest, X, y, method="first_order").value < 0.6


def test_trees_whose_leaves_are_clipped():
    X, y = noise()
    forest = RandomForestClassifier(30, max_depth=4, monotonic_cst=[1, -1, 0], random_state=0).fit(X, y)
    assert forest_certificate(forest, X, y, method="first_order").components["Gibbs error"] > 0.4


def test_one_datum_a_bag():
    X, y = make_classification(40, random_state=0)
    bagged = BaggingClassifier(n_estimators=12, bootstrap=False, max_samples=1, random_state=0).fit(X, y)
    bound = forest_certificate(bagged, X, y, method="first_order")
    assert bound.components["n of the Gibbs error"] == pytest.approx(39)


def test_pairs_that_share_nothing_leave_the_first_order():
    X, y = make_classification(8, random_state=0)
    forest = RandomForestClassifier(100, random_state=0).fit(X, y)
    table = forest_certificate(forest, X, y)
    assert table.keys == ("first_order",) and "bounds by pairs are left out" in table.notes[0]
    assert table["first_order"] == forest_certificate(forest, X, y, method="first_order")


@pytest.mark.parametrize("data", ["out_of_bag", "hold_out"])
def test_it_is_said_that_the_vote_counts_labels(data):
    X, y = load_iris(return_X_y=True)
    forest = RandomForestClassifier(20, random_state=0).fit(X, y)
    said = "predict averages probabilities and may differ"
    assert all(said in bound.assumptions[-1] for bound in forest_certificate(forest, X, y, data=data))
    assert said in forest_certificate(forest, X, y, data=data, method="tandem").assumptions[-1]
    assert not any(said in text for bound in majority_vote(*random_votes(0)[:2]) for text in bound.assumptions)


# reference -----------------------------------------------------------------------------------------------------------
def test_formulas_by_hand():
    y = np.zeros(1000, int)
    votes = np.zeros((2, 1000), int)
    votes[0, :100] = votes[1, 50:150] = 1  # Gibbs 0.1, both wrong 0.05, one wrong 0.1
    cost = lambda d: math.log(2 * math.sqrt(1000) / d) / 1000
    table = majority_vote(votes, y, delta=0.05)
    assert table["first_order"].value == pytest.approx(2 * naive.kl_upper(0.1, cost(0.05)), rel=1e-10)
    assert table["tandem"].value == pytest.approx(4 * naive.kl_upper(0.075, cost(0.05)), rel=1e-10)
    g, d = naive.kl_upper(0.1, cost(0.025)), float(kl_inverse(0.05, cost(0.025), side="lower"))
    assert table["disagreement"].value == pytest.approx(4 * g - 2 * d, rel=1e-10)
    assert table["c_bound"].value == pytest.approx(1 - (1 - 2 * g) ** 2 / (1 - 2 * d), rel=1e-10)


# calibration ---------------------------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_coverage_with_weights_that_depend_on_the_data_and_sizes_that_differ(method):
    rng = np.random.default_rng(1)
    delta, repeats, voters, n, failures = 0.2, 600, 5, 60, 0
    # voters err together or apart: four patterns of errors with known probabilities, so that the vote's error is known
    patterns = rng.random((8, voters)) < 0.35
    chances = rng.dirichlet(np.ones(8))
    for _ in range(repeats):
        errors = patterns[rng.choice(8, n, p=chances)].T
        valid = rng.random((voters, n)) < np.linspace(0.5, 1, voters)[:, None]
        quality = np.sum(errors & valid, axis=1) / valid.sum(axis=1)
        weights = np.exp(-10 * quality)
        weights /= weights.sum()
        truth = chances @ (patterns @ weights >= 0.5)
        bound = majority_vote(
            errors.astype(int), np.zeros(n, int), valid=valid, weights=weights, method=method, delta=delta
        )
        failures += bound.value < truth
    assert failures / repeats <= delta


@pytest.mark.slow
def test_coverage_of_forests():
    X, y = make_classification(30_000, 6, n_informative=4, flip_y=0.1, random_state=0)
    rng = np.random.default_rng(0)
    failures = np.zeros(len(METHODS))
    for seed in range(25):
        rows = rng.choice(10_000, 400, replace=False)
        forest = RandomForestClassifier(15, random_state=seed).fit(X[rows], y[rows])
        hard = np.mean([tree.predict(X[10_000:]) for tree in forest.estimators_], axis=0)
        truth = np.mean(np.where(y[10_000:] == 1, hard <= 0.5, hard >= 0.5))
        failures += [bound.value < truth for bound in forest_certificate(forest, X[rows], y[rows])]
    assert failures.max() <= 5  # 25 runs at 0.05 exceed 5 failures with probability 0.001


# errors --------------------------------------------------------------------------------------------------------------
def test_what_is_refused():
    votes, y, _, _ = random_votes(0)
    with pytest.raises(InvalidDataError, match=r"votes has shape \(6, 60\) and y has \(59,\)"):
        majority_vote(votes, y[:-1])
    with pytest.raises(InvalidDataError, match="rectangular"):
        majority_vote([[0, 1], [1]], [0, 1])
    with pytest.raises(InvalidDataError, match="labels must be of one kind"):
        majority_vote(votes.astype(str), y)
    with pytest.raises(InvalidDataError, match="valid has dtype int64"):
        majority_vote(votes, y, valid=np.ones(votes.shape, int))
    with pytest.raises(InvalidDataError, match="weights has -1.0 at index 0"):
        majority_vote(votes, y, weights=[-1, 1, 1, 1, 1, 1])
    with pytest.raises(InvalidDataError, match="weights has 2 elements for 6 voters"):
        majority_vote(votes, y, weights=[1, 1])
    with pytest.raises(InvalidParameterError, match="prior is 0 for voter 0"):
        majority_vote(votes, y, prior=[0, 1, 1, 1, 1, 1])
    nowhere = np.ones(votes.shape, bool)
    nowhere[2] = False
    with pytest.raises(DegenerateDataError, match="voter 2 may be judged on no datum"):
        majority_vote(votes, y, valid=nowhere)
    apart = np.ones(votes.shape, bool)
    apart[0, ::2] = apart[1, 1::2] = False
    with pytest.raises(DegenerateDataError, match="voters 0 and 1 have no datum"):
        majority_vote(votes, y, valid=apart, method="tandem")
    assert majority_vote(votes, y, valid=apart, method="first_order").value > 0


def test_forests_that_are_refused():
    X, y = load_iris(return_X_y=True)
    with pytest.raises(InvalidParameterError, match="not fitted"):
        forest_certificate(RandomForestClassifier(), X, y)
    with pytest.raises(InvalidParameterError, match="GradientBoostingClassifier"):
        forest_certificate(GradientBoostingClassifier(n_estimators=2, random_state=0).fit(X, y), X, y)
    with pytest.raises(InvalidParameterError, match="bootstrap=False"):
        forest_certificate(RandomForestClassifier(3, bootstrap=False, random_state=0).fit(X, y), X, y)
    forest = RandomForestClassifier(3, random_state=0).fit(X, y)
    with pytest.raises(InvalidDataError, match="X has 100 rows"):
        forest_certificate(forest, X[:100], y[:100])
    with pytest.raises(InvalidDataError, match="X has 3 columns; the forest was fitted on 4"):
        forest_certificate(forest, X[:, :3], y)


def noise(n=300, d=3):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, d)), rng.integers(0, 2, n)


@pytest.mark.parametrize("kind", [RandomForestClassifier, BaggingClassifier])
def test_trees_must_have_been_grown_on_these_data(kind):
    X, y = noise()
    forest = kind(n_estimators=20, random_state=0).fit(X, y)
    order = np.random.default_rng(1).permutation(300)
    with pytest.raises(InvalidDataError, match="same order, or new data with data='hold_out'"):
        forest_certificate(forest, X[order], y[order])
    with pytest.raises(InvalidDataError, match="y is not what member 0 was fitted on, or in another order"):
        forest_certificate(forest, X, y[order])
    with pytest.raises(InvalidDataError, match="do not fit how it was grown"):
        out_of_bag_votes(forest, X[order])
    with pytest.raises(InvalidDataError, match="labels that are no classes of the forest"):
        forest_certificate(forest, X, y + 1)
    with pytest.raises(InvalidDataError, match="labels that are no classes of the forest"):
        forest_certificate(forest, X, y.astype(str))
    with pytest.raises(InvalidDataError, match="X has 301 rows; the forest was fitted on 300"):
        forest_certificate(forest, np.vstack([X, X[:1]]), np.append(y, y[0]))
    more = kind(n_estimators=20, random_state=0, warm_start=True).fit(X[:299], y[:299])
    more.set_params(n_estimators=21).fit(X, y)
    with pytest.raises(InvalidDataError, match="do not fit how it was grown"):
        forest_certificate(more, X, y)


@pytest.mark.parametrize(
    "forest",
    [
        RandomForestClassifier(5, random_state=0),
        BaggingClassifier(n_estimators=5, random_state=0),
        BaggingClassifier(make_pipeline(LogisticRegression()), n_estimators=5, random_state=0),
    ],
)
def test_weights_that_depend_on_labels_are_refused(forest):
    X, y = noise()
    with pytest.raises((InvalidParameterError, InvalidDataError), match="weights"):
        forest_certificate(forest.fit(X, y, sample_weight=np.where(y == 1, 1.0, 0.5)), X, y)
    assert 0 < forest_certificate(forest.fit(X, y), X, y, method="first_order").value


@pytest.mark.parametrize("weights", ["balanced", {0: 1, 1: 5}])
def test_weights_of_classes_are_refused(weights):
    X, y = noise()
    forest = RandomForestClassifier(5, class_weight=weights, random_state=0).fit(X, y)
    with pytest.raises(InvalidParameterError, match="weights of data or classes"):
        forest_certificate(forest, X, y)
    tree = BaggingClassifier(DecisionTreeClassifier(class_weight=weights), n_estimators=5, random_state=0).fit(X, y)
    with pytest.raises(InvalidDataError, match="or data had weights"):
        forest_certificate(tree, X, y)


class IgnoresWeights(ClassifierMixin, BaseEstimator):
    """The nearest neighbour among all that it is given."""

    def fit(self, X, y, sample_weight=None):
        self.model_ = KNeighborsClassifier(1).fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X):
        return self.model_.predict(X)


def test_members_that_may_have_seen_all_data_are_refused():
    FrozenEstimator = pytest.importorskip("sklearn.frozen").FrozenEstimator  # from scikit-learn 1.6 on
    X, y = noise()
    bagged = BaggingClassifier(IgnoresWeights(), n_estimators=5, random_state=0).fit(X, y)
    with pytest.raises(InvalidParameterError, match="IgnoresWeights, whose fit takes sample_weight.*hold_out"):
        forest_certificate(bagged, X, y)
    fresh, labels = noise(301)
    assert forest_certificate(bagged, fresh, labels, data="hold_out", method="first_order").value > 0.8
    honest = BaggingClassifier(make_pipeline(IgnoresWeights()), n_estimators=5, random_state=0).fit(X, y)
    assert forest_certificate(honest, X, y, method="first_order").components["Gibbs error"] > 0.4
    frozen = BaggingClassifier(FrozenEstimator(KNeighborsClassifier(1).fit(X, y)), n_estimators=5, random_state=0)
    with pytest.raises(InvalidParameterError, match="FrozenEstimator"):
        forest_certificate(frozen.fit(X, y), X, y)
    warm = BaggingClassifier(KNeighborsClassifier(1), n_estimators=5, random_state=0, warm_start=True)
    warm.fit(X[:299], y[:299]).set_params(n_estimators=6).fit(X, y)
    with pytest.raises(InvalidParameterError, match="warm_start=True"):
        forest_certificate(warm, X, y)


# print ---------------------------------------------------------------------------------------------------------------
def test_printed_forms():
    votes, y, valid, _ = random_votes(0, n=400)
    table = majority_vote(votes, y, valid=valid, data_name="six voters")
    assert_snapshot("\n".join(map(str, [table, table["c_bound"]])), "bounds_majority_vote.txt")
