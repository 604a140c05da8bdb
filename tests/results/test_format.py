import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, strategies as st

from stattools.results import _format
from stattools.results.summary import Items, Line, Summary, Table

floats = st.floats(-1e307, 1e307)  # so that rounding up cannot overflow


@given(floats, st.integers(1, 15))
def test_numbers_keep_their_significant_digits(x, digits):
    # rounding to d significant digits moves a number by at most half a unit of its d-th digit
    text = _format.number(x, digits)
    assert math.isclose(float(text), x, rel_tol=0.5000001 * 10.0 ** (1 - digits), abs_tol=1e-323)


@given(st.one_of(floats, st.floats(0, 1)), st.integers(1, 15))
def test_directed_rounding_never_crosses_the_number(x, digits):
    low, high = float(_format.number_down(x, digits)), float(_format.number_up(x, digits))
    assert low <= x <= high
    # by less than one unit of the last digit
    assert high - low <= 1.0000001 * abs(x) * 10.0 ** (1 - digits) + 1e-322


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=6))
def test_directed_columns_never_cross_their_numbers(values):
    low, high = (_format.number_column(values, rounding=rounding) for rounding in ("down", "up"))
    assert all(float(a) <= x <= float(b) for a, x, b in zip(low, values, high, strict=True))


@given(st.floats(1e-300, 1, exclude_max=True))
def test_probabilities_are_below_one_and_not_above_what_they_are(delta):
    text = _format.confidence(delta)
    if text.startswith("1 - "):
        assert float(text[4:]) >= delta
    else:
        assert float(text) < 1 and float(text) <= 1 - delta + 1e-12  # no more than the noise of 1 - delta
    level = min(1 - delta, 1 - 2.0**-53)
    assert level <= 0 or float(_format.percent(level)) < 100


@given(st.integers())
def test_integers_are_printed_in_full(n):
    assert _format.number(n) == str(n)


@pytest.mark.parametrize(
    "value, text",
    [
        (0.0, "0"),
        (-0.0, "0"),
        (100000.0, "100000"),
        (1e10, "1e+10"),
        (12345.6, "12346"),
        (9999.6, "10000"),
        (0.00012345, "0.0001234"),
        (float("inf"), "Inf"),
        (-float("inf"), "-Inf"),
        (None, "NA"),
        (True, "True"),
        (np.int64(7), "7"),
        (np.float32(0.5), "0.5"),
    ],
)
def test_numbers(value, text):
    assert _format.number(value) == text


@given(st.lists(st.floats() | st.none() | st.integers(-(10**6), 10**6), max_size=6), st.integers(1, 8))
def test_a_column_shows_each_number_as_exactly_as_alone(values, digits):
    for value, text in zip(values, _format.number_column(values, digits), strict=True):
        alone = _format.number(value, digits)
        if value is None or not math.isfinite(value):
            assert text == alone
        else:
            assert abs(float(text) - value) <= abs(float(alone) - value) * (1 + 1e-9) + 1e-300


@given(st.floats(0, 1))
def test_apa_pvalues_are_true(p):
    text = _format.pvalue_apa(p)
    if "<" in text:
        assert p < 0.001
    elif ">" in text:
        assert 0.999 < p < 1
    else:
        assert abs(float(text.removeprefix("p = ")) - p) <= 0.0005000001
    assert "0." not in text


@given(st.text(max_size=60))
def test_clean_text_has_no_control_characters(text):
    cleaned = _format.clean(text)
    assert cleaned.isprintable()
    assert cleaned == _format.clean(cleaned)


@given(
    names=st.lists(st.text(min_size=1, max_size=60), min_size=1, max_size=12),
    cells=st.text(max_size=120),
    n_left=st.integers(0, 3),
    min_width=st.sampled_from([0, 10]),
)
def test_tables_of_any_shape_fit_the_page(names, cells, n_left, min_width):
    rows = (tuple(cells for _ in names), tuple(names))
    table = Table("label", tuple(names), rows, n_left=min(n_left, len(names)), min_width=min_width)
    text = Summary("t", (table,)).as_text()
    assert all(len(line.expandtabs(8)) <= 80 for line in text.split("\n"))
    # nothing is lost: each character that is printed stands in the table as often as in the cells, or more often
    # where leading columns are repeated
    wanted = Counter("".join(_format.clean(cell) for row in (table.columns, *rows) for cell in row).replace(" ", ""))
    assert wanted <= Counter(text)


def test_items_and_lines_wrap_with_hanging_indent():
    text = Summary("t", (Line("word " * 30, label="note:"), Items("list:", ("item " * 30,)))).as_text()
    assert "\n    word" in text
    assert "\n    item" in text


def test_a_latex_cell_that_begins_with_a_bracket_is_guarded():
    assert "{[0, 1]}" in Summary("t", (Table("", ("a",), (("[0, 1]",),)),)).as_latex()
