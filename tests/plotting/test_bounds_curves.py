"""Pictures of bounds over n, and of comparisons: the numbers of the result are the numbers in the picture."""

import numpy as np
import pytest

from stattools.bounds import bound_curve, compare, mutual_information, test_set
from stattools.exceptions import InvalidParameterError
from stattools.plotting.bounds_curves import plot_bound_curve

SIZES, DELTAS = [5, 40, 1000, 10**6], [0.05, 1e-3]


def lines(ax):
    return [line for line in ax.lines if (line.get_gid() or "").startswith("curve")]


def test_the_numbers_of_the_curve_are_those_of_the_picture(ax):
    curve = bound_curve(["kl", "hoeffding"], SIZES[::-1], DELTAS, risk=0.1)
    assert curve.plot(ax=ax) is ax and (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    drawn = lines(ax)
    assert len(drawn) == 4
    for line, (b, d) in zip(drawn, np.ndindex(2, 2), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), SIZES)
        heights = np.where(curve.values[b, d] < 1, curve.values[b, d], np.nan)[::-1]
        np.testing.assert_array_equal(line.get_ydata(), heights)
    assert {line.get_color() for line in drawn[:2]}.isdisjoint({line.get_color() for line in drawn[2:]})
    words = [text.get_text() for text in ax.get_legend().get_texts()]
    assert words == ["kl", "hoeffding", "delta = 0.05", "delta = 0.001"]


def test_gaps_and_vacuous_parts(ax):
    curve = bound_curve("hoeffding", SIZES, risk=0.1)
    curve.plot(ax=ax, kind="gap", vacuous=True)
    np.testing.assert_array_equal(lines(ax)[0].get_ydata(), curve.gaps[0, 0])
    second = ax.figure.add_subplot()
    curve.plot(ax=second, vacuous=True)
    named = {line.get_gid(): line.get_ydata()[0] for line in second.lines if line.get_gid() in ("risk", "largest")}
    assert named == {"risk": 0.1, "largest": 1.0}


def test_what_has_no_delta_is_drawn_once_and_named(ax):
    bound_curve(["kl", "cmi"], SIZES, DELTAS, information=1.0).plot(ax=ax)
    assert len(lines(ax)) == 3
    words = [text.get_text() for text in ax.get_legend().get_texts()]
    assert words == ["kl", "cmi (on average)", "delta = 0.05", "delta = 0.001"]


def test_a_comparison_draws_the_forest_of_a_table(ax):
    average = mutual_information(10.0, 100, risk=0.03)
    table = compare(test_set(errors=3, n=100, method="all"), average, union=True)
    assert table.plot(ax=ax) is ax
    assert [label.get_text() for label in ax.get_yticklabels()] == list(table.keys)


def test_refused(ax):
    with pytest.raises(InvalidParameterError, match="result is a int; it takes a BoundCurve"):
        plot_bound_curve(3, ax)
    curve = bound_curve("kl", SIZES)
    with pytest.raises(InvalidParameterError, match="kind is 'forest'"):
        curve.plot(ax=ax, kind="forest")
    with pytest.raises(InvalidParameterError, match="vacuous is 1"):
        curve.plot(ax=ax, vacuous=1)
