"""Pictures of dimension reductions: the numbers of the result are the numbers in the picture."""

import dataclasses

import numpy as np
import pytest

from stattools._errors import InvalidParameterError
from stattools.plotting.sdr import plot_score_bands, plot_sdr
from stattools.sdr.order import determine
from tests.plotting.conftest import by_gid
from tests.plotting.test_wls import offsets
from tests.sdr.operators import assembled


@pytest.fixture(scope="module")
def result():
    return assembled()


def test_scree(result, ax):
    assert result.plot(ax=ax) is ax
    np.testing.assert_array_equal(offsets(ax, "kept")[:, 1], result.eigenvalues[:2])
    np.testing.assert_array_equal(offsets(ax, "left out")[:, 1], result.eigenvalues[2:])
    height = by_gid(ax, "null").get_ydata()[0]
    assert height == np.quantile(result.order.null_eigenvalues, 0.95)


def test_scores_are_coloured_by_the_mean_of_the_response(result, ax):
    result.plot(kind="scores", ax=ax)
    np.testing.assert_array_equal(offsets(ax, "scores"), result.scores)
    np.testing.assert_allclose(by_gid(ax, "scores").get_array(), result.responses.values.mean(axis=1))
    assert ax.get_xlabel() == "component 1" and ax.get_ylabel() == "component 2"


def test_one_component_against_a_summary(result, ax):
    result.plot(kind="scores", ax=ax, components=2, color="sd")
    np.testing.assert_array_equal(offsets(ax, "scores")[:, 0], result.scores[:, 1])
    assert ax.get_ylabel() == "sd of Y"


def test_quantile_functions_along_a_component(result, ax):
    result.plot(kind="component", ax=ax, component=2, n_curves=3)
    at = np.linspace(*np.quantile(result.scores[:, 1], [0.05, 0.95]), 3)
    for k, curve in enumerate(result.along(2, at)):
        np.testing.assert_array_equal(by_gid(ax, f"curve {k}").get_ydata(), curve)


def test_criteria(result, ax):
    result.plot(kind="order", ax=ax, criterion="cv")
    np.testing.assert_array_equal(by_gid(ax, "curve").get_ydata(), result.order.curves["cv"])
    assert offsets(ax, "choice")[0, 0] == result.order.choices["cv"]


@pytest.mark.parametrize("criterion", ["permutation", "bic", "ratio", "ladle", "augmentation"])
def test_each_criterion_can_be_drawn(result, ax, criterion):
    result.plot(kind="order", ax=ax, criterion=criterion)
    assert str(result.order.choices[criterion]) in ax.get_title(loc="left")


def test_gcv(result, ax):
    result.plot(kind="gcv", ax=ax)
    curve = result.predictor.curve["gcv"]
    np.testing.assert_allclose(by_gid(ax, "X").get_ydata(), curve / curve.min())


def test_bands(result, ax):
    bands = result.bootstrap_scores(n_resamples=20, rng=1)
    assert bands.plot(ax=ax, component=2) is ax
    np.testing.assert_array_equal(offsets(ax, "scores")[:, 1], np.sort(result.scores[:, 1]))


def test_categories_have_colours_of_their_own(ax):
    other = assembled(n=30, kind="categories")
    other.plot(kind="scores", ax=ax)
    assert sum(len(offsets(ax, f"level {k}")) for k in range(3)) == 30
    other.plot(kind="component", ax=ax.figure.add_subplot())


def test_ordered_categories_have_a_scale_beside_the_points(ax):
    other = assembled(n=30, kind="categories")
    ordered = dataclasses.replace(other, responses=dataclasses.replace(other.responses, ordered=True))
    ordered.plot(kind="scores", ax=ax)
    assert ax.get_legend() is None
    bar = ax.figure.axes[-1]
    assert [text.get_text() for text in bar.get_yticklabels()] == list(other.responses.names)
    lightness = [by_gid(ax, f"level {k}").get_facecolor()[0, :3].sum() for k in range(3)]
    assert lightness == sorted(lightness)
    ordered.plot(kind="component", ax=ax.figure.add_subplot())


def test_a_given_number_is_marked_and_permutations_are_the_default(result, ax):
    result.plot(kind="order", ax=ax)
    assert ax.get_ylabel() == "p-value"
    assert by_gid(ax, "given").get_xdata()[0] == 2


def test_a_criterion_that_was_not_computed_is_told_how_to_have(result):
    table = determine(result.operator, criterion=2, criteria=("bic", "ratio"))
    fewer = dataclasses.replace(result, order=table)
    with pytest.raises(InvalidParameterError, match=r"did not compute; it has bic, ratio.*order_criteria\(\['cv'\]\)"):
        fewer.plot(kind="order", criterion="cv")


@pytest.mark.parametrize(
    "kind, options, words",
    [
        ("scores", {"components": 3}, "components is 3"),
        ("scores", {"components": (1, 2, 1)}, "one or two numbers"),
        ("scores", {"color": "skewness"}, "summaries of the response are 'mean', 'sd'"),
        ("scores", {"color": [1.0]}, "1 numbers for 60 observations"),
        ("component", {"component": 0}, "component is 0"),
        ("order", {"criterion": "aic"}, "criterion is 'aic'"),
        ("scree", {"level": 1}, "takes no options"),
    ],
)
def test_what_cannot_be_drawn(result, kind, options, words):
    with pytest.raises(InvalidParameterError, match=words):
        result.plot(kind=kind, **options)


def test_why_a_kind_is_absent_is_said(result):
    features = dataclasses.replace(result, responses=dataclasses.replace(result.responses, kind="features"))
    with pytest.raises(InvalidParameterError, match="curves along a component are for responses on the line"):
        features.plot(kind="component")
    with pytest.raises(InvalidParameterError, match="rows is no option of kind='bands', which takes component"):
        result.bootstrap_scores(n_resamples=20, rng=1).plot(rows=1)


def test_another_object_is_refused(result):
    with pytest.raises(InvalidParameterError, match="what DistributionSDR keeps"):
        plot_sdr(3)
    with pytest.raises(InvalidParameterError, match="what SDRResult.bootstrap_scores returns"):
        plot_score_bands(result)
