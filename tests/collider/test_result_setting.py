"""Words that results of collider regressions use beside their tables: symbols, columns, verdicts that go together."""

import dataclasses

import numpy as np
import pytest

from stattools.collider.gain import break_even
from tests.collider.test_result import N, check, flat, held_out, made

NAMED = "risk _||_ age given bmi"


# words ---------------------------------------------------------------------------------------------------------------
def test_symbols_are_explained_once():
    text = flat(made(constraints=(NAMED,), checks=(check(NAMED),)))
    assert text.count("symbols:") == 1
    expected = (
        "symbols: _||_: independent of, once the columns after 'given' are known; A, B: columns before and after "
        "'given'; Y: risk; f: the fitted function; R2: out-of-sample R-squared; errors, gains, |m|^2: in squared units "
        "of risk"
    )
    assert expected in text
    several = flat(made(q=2))
    assert "errors, gains, |m|^2: in units of the variances of the responses" in several and "; Y: " not in several
    short = flat(made(predicted=None, sensitivity=None, break_even=None))
    assert "f: the fitted function" not in short and "R2:" not in short
    assert "symbols:" not in flat(made(constraints=(), checks=(), projection=None))


def test_the_projector_is_on_the_condition_too():
    assert "projector linear on age given bmi, N = 160 rows" in flat(made(constraints=(NAMED,), checks=(check(NAMED),)))
    two = ("Y _||_ X2", NAMED)
    text = flat(made(constraints=two, checks=tuple(map(check, two))))
    assert "projector linear on X2; age given bmi, N = 160 rows" in text
    base = made()
    wide = dataclasses.replace(base.projection, columns=tuple(f"x{k}" for k in range(9)), along=np.zeros((160, 9)))
    assert "projector linear on 9 columns" in flat(made(projection=wide))


@pytest.mark.parametrize("style", ["apa", "plain"])
def test_the_report_says_that_the_p_value_is_one_sided_and_what_to_go_by(style):
    gain = dataclasses.replace(held_out(), low=-0.01, high=0.11, pvalue=0.041)
    one = made(gain=gain)
    sentence = one.report(style=style)
    assert ("one-sided p = .041" if style == "apa" else "one-sided p-value = 0.041") in sentence
    assert "does not show a difference" in sentence and "conclude by the interval" in sentence
    assert "the interval includes 0; conclude by the interval" in flat(one)
    agreed = made(gain=dataclasses.replace(gain, pvalue=0.2))
    assert "conclude by" not in agreed.report(style=style) and "conclude by" not in flat(agreed)
    assert "conclude by" not in made().report(style=style)


@pytest.mark.parametrize(
    ("ratio", "r_squared", "words"),
    [
        (0.5, 0.9, "too few rows for a plug-in projection without a penalty, which would lose"),
        (1.9, 0.7, "a plug-in projection without a penalty gains less than half of what an exact one would"),
        (2.5, 0.7, "enough rows for any projection"),
        (np.inf, -0.1, "no better than the mean"),
    ],
)
def test_verdicts_of_break_even(ratio, r_squared, words):
    even = break_even(np.array([ratio]), np.array([r_squared]), N, 2 * N)
    assert words in even.verdict
    if np.isfinite(ratio):
        assert words in flat(made(break_even=even))


def test_break_even_of_several_responses():
    even = break_even(np.array([4.0, 0.3]), np.array([0.2, 0.8]), N, 2 * N)
    text = flat(made(q=2, break_even=even))
    assert "out-of-sample R-squared 0.2 and 0.8" in text
    assert "N (1 - R2) / (n R2) = 0.3, the least of the responses, with N = 80" in text


# print ---------------------------------------------------------------------------------------------------------------
def test_parts_print_on_one_line_without_their_arrays():
    one = made()
    for part in (
        *(one.gain, one.predicted, one.break_even, one.sensitivity, one.degrees_of_freedom, one.projection, one.shift),
        *one.checks,
    ):
        text = repr(part)
        assert text == str(part) and "\n" not in text and len(text) < 480
        assert text.startswith(f"{type(part).__name__}(") and text.endswith(")")
    assert "differences=array of shape (40,)" in repr(one.gain) and "n_folds=4" in repr(one.gain)
    assert "columns=('X2', 'X3'), along=array of shape (160, 2)" in repr(one.projection)
    words = "raw=0.09862, noise=0.004, oracle=0.1026, net=0.09862, linear=0.021, probability=NaN"
    assert repr(one.predicted) == f"PredictedGain({words})"
