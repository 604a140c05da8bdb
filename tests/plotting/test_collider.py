"""Pictures of collider regressions: the numbers of the result are the numbers in the picture."""

import dataclasses
import pickle

import numpy as np
import pytest

from stattools._errors import InvalidParameterError
from stattools.collider import compile_dag
from stattools.collider.assembly import PredictedGain
from stattools.collider.gain import sensitivity
from stattools.collider.result import ColliderResult
from stattools.plotting.collider import plot_collider, smooth_means
from stattools.results import Result
from tests.collider.test_result import check, held_out, made
from tests.plotting.conftest import by_gid
from tests.plotting.test_wls import offsets

KINDS = ("projection", "gain", "sensitivity", "graph", "tuning")


@pytest.fixture(scope="module")
def result():
    return made(graph=compile_dag("Y -> X1 <- X2; X3 -> X1", "Y"))


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_drawn(result, ax, kind):
    assert result.plot_kinds == result._available_plots() == KINDS
    assert result.plot(kind=kind, ax=ax) is ax
    assert ax.get_title(loc="left") and ax.get_legend() is not None
    ax.figure.canvas.draw()


# projection ----------------------------------------------------------------------------------------------------------
def test_function_values_before_and_after(result, ax):
    result.plot(ax=ax, column="X3")
    along = result.projection.along[:, 1]
    np.testing.assert_array_equal(offsets(ax, "before dots"), np.column_stack([along, result.projection.before[:, 0]]))
    np.testing.assert_array_equal(offsets(ax, "after dots")[:, 1], result.projection.after[:, 0])
    at, means = smooth_means(along, result.projection.before[:, 0])
    np.testing.assert_array_equal(by_gid(ax, "before").get_xydata(), np.column_stack([at, means]))
    assert ax.get_title(loc="left").endswith("along X3 (2 of 2)")
    assert ax.get_xlabel() == "X3" and ax.get_ylabel() == "function value" and labels(ax) == ["before", "after"]


def test_one_of_several_responses(ax):
    both = made(q=2)
    both.plot(ax=ax, response=2)
    np.testing.assert_array_equal(offsets(ax, "after dots")[:, 1], both.projection.after[:, 1])
    assert "of response 2" in ax.get_title(loc="left")


def test_one_column_needs_no_number(ax):
    one = made()
    alone = dataclasses.replace(one.projection, columns=("X2",), along=one.projection.along[:, :1])
    made(projection=alone).plot(ax=ax)
    assert ax.get_title(loc="left") == "Function before and after the augmented projection, along X2"


def test_the_options_of_each_kind_are_documented():
    words = " ".join(ColliderResult.plot.__doc__.split())
    for kind, options in {"projection": ("column", "response"), "graph": ("roles",), "tuning": ("of",)}.items():
        own = words.partition(f'- "{kind}":')[2].partition(' - "')[0]
        assert all(f"``{option}``" in own for option in options)


def test_many_rows_are_thinned(ax):
    base = made()
    rng = np.random.default_rng(1)
    many = {"along": rng.normal(size=(5000, 2)), "before": rng.normal(size=(5000, 1)), "after": np.zeros((5000, 1))}
    made(projection=dataclasses.replace(base.projection, **many)).plot(ax=ax)
    assert len(offsets(ax, "before dots")) == 1000


def test_means_of_few_values_are_those_of_their_rows(result, ax):
    codes = np.arange(len(result.projection.along)) % 3
    along = np.column_stack([codes, codes]).astype(float)
    made(projection=dataclasses.replace(result.projection, along=along)).plot(ax=ax)
    drawn = by_gid(ax, "before").get_ydata()
    expected = [result.projection.before[codes == k, 0].mean() for k in range(3)]
    np.testing.assert_allclose(drawn, expected, rtol=1e-12)  # the order of sums


def test_smooth_means_follow_straight_lines_and_noise_about_zero():
    rng = np.random.default_rng(1)
    x = rng.normal(size=3000)
    at, means = smooth_means(x, 1.0 - 2.0 * x)
    np.testing.assert_allclose(means, 1.0 - 2.0 * at, atol=1e-9)  # local lines reproduce lines up to rounding
    _, noise = smooth_means(x, rng.normal(size=3000))
    assert np.abs(noise).max() < 0.5  # some 80 rows of the thinnest window: four standard errors
    far = np.r_[np.zeros(20), np.arange(12) * 1e-9, 1e3]
    assert np.isfinite(smooth_means(far, far)[1]).all()


# gain ----------------------------------------------------------------------------------------------------------------
def test_gain_by_fold(result, ax):
    result.plot(kind="gain", ax=ax)
    np.testing.assert_array_equal(offsets(ax, "folds")[:, 1], result.gain.fold_means)
    assert offsets(ax, "gain")[0, 1] == result.gain.estimate
    (segment,) = by_gid(ax, "interval").get_segments()
    np.testing.assert_array_equal(segment[:, 1], [result.gain.low, result.gain.high])
    assert by_gid(ax, "net").get_ydata()[0] == result.predicted.net
    assert by_gid(ax, "linear").get_ydata()[0] == result.predicted.linear
    assert "one-sided p" in ax.get_title(loc="left")
    assert "95 % interval" in labels(ax)[1] and ax.get_xlabel() == "fold"


def test_a_gain_of_many_folds_without_a_theory(ax):
    one = made(gain=held_out(n_repeats=6), predicted=None, sensitivity=None)
    one.plot(kind="gain", ax=ax)
    assert ax.get_xlabel() == "fold, 6 repeats of 4" and len(offsets(ax, "folds")) == 24
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["all"]


# sensitivity ---------------------------------------------------------------------------------------------------------
def test_gain_against_a_violation(result, ax):
    result.plot(kind="sensitivity", ax=ax)
    worst, best = by_gid(ax, "worst"), by_gid(ax, "best")
    sizes, heights = worst.get_xydata().T
    # the curve of the picture is that of the result, on another grid
    stored = result.sensitivity
    at_stored = np.interp(stored.violations, sizes, heights)
    np.testing.assert_allclose(at_stored, stored.worst, atol=2e-3 * stored.worst[0])  # linear between 401 points
    np.testing.assert_allclose(heights + best.get_ydata(), 2 * result.predicted.net)
    np.testing.assert_array_equal(offsets(ax, "threshold"), [[stored.threshold, 0.0]])
    assert offsets(ax, "violation 0")[0, 0] == result.checks[0].violation
    (segment,) = by_gid(ax, "interval 0").get_segments()
    np.testing.assert_array_equal(segment[:, 0], [0.0, 0.12])
    assert "detectable with power 0.8" in labels(ax)


def test_violations_of_several_constraints_and_of_none(result, ax):
    two = (check(), check("Y _||_ X3", violation_high=0.3))
    one = made(checks=two, constraints=("Y _||_ X2", "Y _||_ X3"))
    one.plot(kind="sensitivity", ax=ax)
    assert [text.get_text() for text in ax.texts] == ["Y _||_ X2", "Y _||_ X3"]
    assert labels(ax).count("measured violation, interval") == 1
    missing = {"violation": np.nan, "violation_low": np.nan, "violation_high": np.nan, "detectable": np.nan}
    alone = made(checks=(check(**missing),)).plot(kind="sensitivity")
    assert "measured violation, interval" not in labels(alone)
    lost = dataclasses.replace(result.predicted, net=-0.01)
    negative = made(predicted=lost, sensitivity=sensitivity(-0.01, np.ones((3, 1)), 1.0), checks=())
    assert "gain cancelled" not in " ".join(labels(negative.plot(kind="sensitivity")))
    assert made(q=2).plot(kind="sensitivity").get_xlabel().endswith("in variances of the responses")


# tuning --------------------------------------------------------------------------------------------------------------
def test_the_criterion_along_the_penalties(result, ax):
    result.plot(kind="tuning", ax=ax)
    line = by_gid(ax, "path 0")
    np.testing.assert_array_equal(line.get_xdata(), [0.01, 0.1, 1.0, 10.0, 100.0])
    np.testing.assert_array_equal(line.get_ydata(), [6.0, 1.0, 0.0, 3.0, 7.0])
    assert offsets(ax, "ends 0")[0, 1] == 8.0  # infinity
    np.testing.assert_allclose(offsets(ax, "choice 0"), [[0.1, 1.0]])
    assert "infinite" in [tick.get_text() for tick in ax.get_xticklabels()] and labels(ax) == ["choice: 0.1"]


def test_errors_are_drawn_over_the_smallest_for_each_response(ax):
    tuning = {
        "criterion": "loo",
        "penalty": np.array([0.0, np.inf]),
        "penalties": np.array([np.inf, 10.0, 1.0, 0.0]),
        "path": np.array([[4.0, 1.0], [3.0, 2.0], [2.0, np.inf], [1.0, 5.0]]),
    }
    made(q=2, tuning=tuning).plot(kind="tuning", ax=ax)
    np.testing.assert_array_equal(by_gid(ax, "path 0").get_ydata(), [2.0, 3.0])
    assert labels(ax) == ["response 1: 0", "response 2: infinite"]
    assert {"0", "infinite"} <= {tick.get_text() for tick in ax.get_xticklabels()}


def test_lengthscales_and_leaves(result, ax):
    result.plot(kind="tuning", of="lengthscale", ax=ax)
    np.testing.assert_array_equal(by_gid(ax, "profile").get_ydata(), [4.0, 1.0, 0.0, 0.5])
    np.testing.assert_array_equal(offsets(ax, "choice"), [[2.0, 0.0]])
    forest = {"criterion": "out-of-bag", "leaf": 3, "leaves": np.array([1.0, 3.0, 10.0]), "path": np.array([2.0, 1, 3])}
    drawn = made(base="forest", tuning=forest).plot(kind="tuning")
    np.testing.assert_array_equal(offsets(drawn, "choice 0"), [[3.0, 1.0]])
    assert drawn.get_xlabel() == "fewest rows in a leaf"


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        ("scree", {}, "kind is 'scree'"),
        ("projection", {"column": "X1"}, "column is 'X1'; the independent columns are 'X2', 'X3'"),
        ("projection", {"column": 2}, "column is 2"),
        ("projection", {"response": 2}, "response is 2"),
        ("gain", {"column": 0}, "takes no options"),
        ("tuning", {"of": "leaf"}, "of is 'leaf'"),
    ],
)
def test_what_cannot_be_drawn(result, kind, options, words):
    with pytest.raises(InvalidParameterError, match=words):
        result.plot(kind=kind, **options)


@pytest.mark.parametrize(
    ("kind", "changes", "words"),
    [
        ("projection", {"projection": None}, "nothing was projected, predictions are those of the base"),
        ("projection", {"projection": None, "constraints": (), "checks": ()}, "as the fit has no constraint"),
        ("projection", {"penalty": np.inf}, "the penalty of the projection is infinite"),
        ("gain", {"gain": None}, "was not measured, fit with gain=True"),
        ("gain", {"gain": held_out(0.0, noise=0.0)}, "base and projected predictions are the same"),
        ("sensitivity", {"predicted": None}, "no theory predicts the gain"),
        ("sensitivity", {"penalty": np.inf}, "the penalty of the projection is infinite"),
        ("sensitivity", {"predicted": PredictedGain(0.0, 0.0, 0.0, 0.0, 0.0)}, "the correction is zero"),
        ("graph", {}, "not read from a graph, fit with dag="),
        ("tuning", {"tuning": {}}, "nothing was tuned in the base 'krr'"),
    ],
)
def test_parts_that_are_missing_are_told(kind, changes, words):
    one = made(**changes)
    assert kind not in one._available_plots() and kind not in one.plot_kinds
    for draw in (lambda: plot_collider(one, kind), lambda: one.plot(kind=kind)):
        with pytest.raises(InvalidParameterError, match=words):
            draw()
    stored = Result.from_json(one.to_json())
    assert stored.plot_kinds == pickle.loads(pickle.dumps(one)).plot_kinds == one.plot_kinds
    assert type(one).plot_kinds == KINDS  # of the class all


def test_another_object_is_refused():
    with pytest.raises(InvalidParameterError, match="what ColliderRegressor keeps"):
        plot_collider(3)
