import datetime
import decimal
import fractions
import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from stattools import _validation as v
from stattools.exceptions import InvalidDataError, InvalidParameterError


def refuses(error, message):
    """The whole message, so that a change of its words is seen."""
    return pytest.raises(error, match=f"^{re.escape(message)}$")


# choice ---------------------------------------------------------------------------------------------
def test_choice_names_the_near_miss():
    with refuses(InvalidParameterError, "quantile is 'cel'; it takes one of 'cell', 'left'; did you mean 'cell'?"):
        v.choice("cel", ("cell", "left"), "quantile")


@pytest.mark.parametrize("value", [None, 3, ["cell"], np.array(["cell", "left"]), "xyzzy"])
def test_choice_lists_the_options(value):
    with refuses(InvalidParameterError, f"quantile is {value!r}; it takes one of 'cell', 'left'"):
        v.choice(value, ("cell", "left"), "quantile")


def test_choice_returns_the_word():
    assert v.choice("left", ("cell", "left"), "quantile") == "left"


# numbers --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("value", [3, 3.0, np.int8(3), np.uint64(3), np.float32(3), fractions.Fraction(6, 2)])
def test_integer_accepts_whole_numbers_of_any_type(value):
    assert v.integer(value, "n") == 3
    assert type(v.integer(value, "n")) is int


@pytest.mark.parametrize(
    "value", [2.5, True, np.True_, "3", None, np.nan, np.inf, np.float64("inf"), -np.inf, 1j, [3], np.array(3)]
)
def test_integer_refuses_anything_else(value):
    with refuses(InvalidParameterError, f"n_quantiles is {value!r}; it must be a whole number"):
        v.integer(value, "n_quantiles")


@pytest.mark.parametrize(
    "bounds, message",
    [
        ({"minimum": 4}, "n is 3; it must be at least 4"),
        ({"maximum": 2}, "n is 3; it must be at most 2"),
        ({"minimum": 4, "maximum": 9}, "n is 3; it must be at least 4 and at most 9"),
    ],
)
def test_integer_states_the_bounds(bounds, message):
    with refuses(InvalidParameterError, message):
        v.integer(3, "n", **bounds)


def test_integer_bounds_belong_to_the_range():
    assert v.integer(3, "n", minimum=3, maximum=3) == 3


@pytest.mark.parametrize("value", [0.5, np.float32(0.5), fractions.Fraction(1, 2)])
def test_real_accepts_numbers_of_any_type(value):
    assert v.real(value, "power") == 0.5
    assert type(v.real(value, "power")) is float


@pytest.mark.parametrize("value", [True, "0.5", None, 0.5j, [0.5], np.array(0.5)])
def test_real_refuses_other_types(value):
    with refuses(InvalidParameterError, f"power is {value!r}; it must be a number"):
        v.real(value, "power")


@pytest.mark.parametrize(
    "value, text", [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf"), (10**400, "inf"), (-(10**400), "-inf")]
)
def test_real_refuses_what_is_not_finite(value, text):
    with refuses(InvalidParameterError, f"power is {text}; it must be finite"):
        v.real(value, "power")


@pytest.mark.parametrize(
    "value, options, message",
    [
        (0.0, {"minimum": 0, "exclusive": True}, "power is 0.0; it must be above 0"),
        (1.0, {"minimum": 0, "maximum": 1, "exclusive": True}, "power is 1.0; it must be above 0 and below 1"),
        (-0.1, {"minimum": 0}, "power is -0.1; it must be at least 0"),
        (1.1, {"maximum": 1}, "power is 1.1; it must be at most 1"),
    ],
)
def test_real_states_the_bounds(value, options, message):
    with refuses(InvalidParameterError, message):
        v.real(value, "power", **options)


@pytest.mark.parametrize("value", [True, False, np.True_])
def test_boolean_returns_a_plain_bool(value):
    assert v.boolean(value, "paired") is bool(value)


@pytest.mark.parametrize("value", [1, 0, None, "yes", np.array(True)])
def test_boolean_refuses_what_merely_behaves_like_one(value):
    with refuses(InvalidParameterError, f"paired is {value!r}; it must be True or False"):
        v.boolean(value, "paired")


# arrays ---------------------------------------------------------------------------------------------
TABLE = [[1, 2], [3, 4], [5, 6]]


@pytest.mark.parametrize(
    "values",
    [
        TABLE,
        tuple(map(tuple, TABLE)),
        np.array(TABLE, dtype=np.int8),
        np.array(TABLE, dtype=np.float32),
        np.array(TABLE, dtype=np.float16),
        np.array(TABLE, dtype=np.longdouble),
        np.array(TABLE, dtype=">f8"),
        np.array(TABLE, dtype=object),
        np.asfortranarray(np.array(TABLE, dtype=float)),
        np.array([row * 2 for row in TABLE], dtype=float)[:, :2],
        np.ma.array(TABLE),
        pd.DataFrame(TABLE),
        pd.DataFrame(TABLE).astype("Int64"),
        pl.DataFrame({"a": [1, 3, 5], "b": [2.0, 4.0, 6.0]}),
        pa.table({"a": [1, 3, 5], "b": [2.0, 4.0, 6.0]}),
        [[decimal.Decimal(a), fractions.Fraction(b)] for a, b in TABLE],
    ],
    ids=lambda values: f"{type(values).__module__}.{type(values).__name__}",
)
def test_every_kind_of_table_gives_the_same_array(values):
    array = v.float_array(values, "x", ndim=2)
    assert type(array) is np.ndarray
    assert array.dtype == np.float64
    assert array.dtype.isnative
    assert array.flags.c_contiguous
    assert not array.flags.writeable
    np.testing.assert_array_equal(array, TABLE)


def test_a_number_keeps_its_zero_dimensions():
    assert v.float_array(3, "x", ndim=0).shape == ()


def test_the_users_array_stays_writable():
    x = np.ones(3)
    v.float_array(x, "x")
    x[0] = 2.0


def test_booleans_count_as_zero_and_one():
    assert v.float_array([True, False], "x").tolist() == [1.0, 0.0]


def test_a_float64_memmap_stays_one_and_is_not_copied(tmp_path):
    stored = np.memmap(tmp_path / "x.bin", dtype=np.float64, mode="w+", shape=(4, 2))
    array = v.float_array(stored, "x")
    assert isinstance(array, np.memmap)
    assert np.shares_memory(array, stored)


@pytest.mark.parametrize(
    "values, message",
    [
        (None, "x is None; pass an array of numbers"),
        ([], "x is empty (shape (0,))"),
        (np.ones((0, 3)), "x is empty (shape (0, 3))"),
        (["a"], "x has dtype <U1; it must hold real numbers"),
        ([1j], "x has dtype complex128; it must hold real numbers"),
        (np.array(["2020-01-01"], dtype="M8[D]"), "x has dtype datetime64[D]; it must hold real numbers"),
        (np.array(["1.5"], dtype=object), "x holds '1.5' at index 0, which is not a number"),
        (pd.DataFrame({"a": [1, 2], "b": ["p", "q"]}), "x holds 'p' at row 0, column 1, which is not a number"),
        ({"a": 1}, "x holds {'a': 1} at the only element, which is not a number"),
        (sparse.eye_array(3), "x is a sparse matrix; pass a dense array"),
        ([1.0, np.nan], "x has nan at index 1; remove or impute it first"),
        ([[1.0, 2.0], [3.0, -np.inf]], "x has -inf at row 1, column 1; remove or impute it first"),
        (np.full((2, 2, 2), np.nan), "x has nan at index (0, 0, 0); remove or impute it first"),
        (np.nan, "x has nan at the only element; remove or impute it first"),
        ([1.0, None], "x has nan at index 1; remove or impute it first"),
        (np.ma.array([1.0, 2.0], mask=[False, True]), "x has nan at index 1; remove or impute it first"),
        (np.ma.array([1, 2], mask=[True, False]), "x has nan at index 0; remove or impute it first"),
        (pd.Series([1, None], dtype="Int64"), "x has nan at index 1; remove or impute it first"),
        (pl.Series([1, None]), "x has nan at index 1; remove or impute it first"),
        (pa.array([1, None]), "x has nan at index 1; remove or impute it first"),
        ([10**400], "x has inf at index 0; remove or impute it first"),
    ],
    ids=str,
)
def test_what_is_not_an_array_of_numbers_is_refused(values, message):
    with refuses(InvalidDataError, message):
        v.float_array(values, "x")


def test_a_long_double_beyond_the_range_is_reported_as_infinite():
    with refuses(InvalidDataError, "x has inf at index 0; remove or impute it first"):
        v.float_array(np.array(["1e4000"]).astype(np.longdouble), "x")


@pytest.mark.parametrize("values", [[[1], [1, 2]], [[1, 2], None]])
def test_ragged_lists_are_refused(values):
    with pytest.raises(InvalidDataError, match="^x cannot be read as a rectangular array of numbers: "):
        v.float_array(values, "x")


@pytest.mark.parametrize(
    "ndim, message",
    [
        (2, "x has shape (2,); it must have 2 dimension(s)"),
        ((0, 2), "x has shape (2,); it must have 0 or 2 dimension(s)"),
    ],
)
def test_the_wrong_number_of_dimensions_is_refused(ndim, message):
    with refuses(InvalidDataError, message):
        v.float_array([1, 2], "x", ndim=ndim)


def test_options_of_float_array_let_empty_and_missing_through():
    assert v.float_array([], "x", empty=True).size == 0
    assert np.isnan(v.float_array([np.nan], "x", finite=False)[0])


def test_finite_numbers_whose_sum_overflows_are_accepted():
    assert v.float_array([1e308] * 10, "x").size == 10


@given(hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=6)))
def test_the_first_number_that_is_not_finite_is_the_one_named(x):
    bad = np.argwhere(~np.isfinite(x))
    if len(bad) == 0:
        v.require_finite(x, "x")
        return
    where = re.escape(v.place(bad[0], x.ndim))
    with pytest.raises(InvalidDataError, match=rf"^x has \S+ at {where}; "):
        v.require_finite(x, "x")


def test_a_late_missing_value_of_a_long_array_is_found():
    x = np.zeros((2**20 + 5, 2))
    x[2**20 + 3, 1] = np.nan
    with refuses(InvalidDataError, f"x has nan at row {2**20 + 3}, column 1; remove or impute it first"):
        v.require_finite(x, "x")


def test_negative_numbers_are_named():
    with refuses(InvalidDataError, "masses has -0.5 at row 1, column 0; it must not be negative"):
        v.nonnegative(np.array([[0.0, 1.0], [-0.5, -2.0]]), "masses")


def test_zero_and_empty_are_not_negative():
    assert v.nonnegative(np.array([0.0, -0.0]), "masses").size == 2
    assert v.nonnegative(np.empty(0), "masses").size == 0


# groups ---------------------------------------------------------------------------------------------
CHRISTMAS, NEW_YEAR = datetime.date(2020, 12, 25), datetime.date(2021, 1, 1)


def midnight(day):
    return datetime.datetime.combine(day, datetime.time())


@pytest.mark.parametrize(
    "groups, codes, levels",
    [
        (["b", "a", "b"], [1, 0, 1], ("a", "b")),
        (np.array([2, 1, 2]), [1, 0, 1], (1, 2)),
        ([2.5, 1, 2.5], [1, 0, 1], (1, 2.5)),
        ([True, False], [1, 0], (False, True)),
        (pd.Series(["b", "a"], index=[7, 7]), [1, 0], ("a", "b")),
        (pd.Series(["b", "a"], dtype="string"), [1, 0], ("a", "b")),
        (pl.Series(["b", "a"]), [1, 0], ("a", "b")),
        (pl.Series(["b", "a"], dtype=pl.Categorical), [1, 0], ("a", "b")),
        (pa.array(["b", "a"]), [1, 0], ("a", "b")),
        (pa.array(["b", "a"]).dictionary_encode(), [1, 0], ("a", "b")),
        (np.ma.array(["b", "a"]), [1, 0], ("a", "b")),
        (pd.Categorical(["b", "a"], categories=["b", "c", "a"]), [0, 1], ("b", "a")),
        (pd.Series(pd.Categorical(["b", "a"], categories=["b", "c", "a"], ordered=True)), [0, 1], ("b", "a")),
        (pl.Series(["b", "a"], dtype=pl.Enum(["b", "c", "a"])), [0, 1], ("b", "a")),
        ([NEW_YEAR, CHRISTMAS], [1, 0], (CHRISTMAS, NEW_YEAR)),
        (np.array([NEW_YEAR, CHRISTMAS], dtype="M8[ns]"), [1, 0], tuple(map(midnight, (CHRISTMAS, NEW_YEAR)))),
        ([], [], ()),
    ],
    ids=lambda value: f"{type(value).__module__}.{type(value).__name__}",
)
def test_codes_and_levels(groups, codes, levels):
    found, names = v.group_codes(groups, "groups")
    assert found.tolist() == codes
    assert found.dtype == np.intp
    assert not found.flags.writeable
    assert names == levels


@pytest.mark.parametrize(
    "groups",
    [
        ["a", None],
        ["a", np.nan],
        [1.0, np.nan],
        ["a", pd.NA],
        np.array(["2020", "NaT"], dtype="M8[D]"),
        np.array(["2020", "NaT"], dtype="M8[ns]"),
        np.ma.array(["a", "b"], mask=[False, True]),
        pd.Series(["a", None]),
        pd.Series(["a", None], dtype="string"),
        pd.Series([1, None], dtype="Int64"),
        pd.Categorical(["a", None]),
        pd.Series([pd.Timestamp(2020, 1, 1), pd.NaT]),
        pl.Series(["a", None]),
        pa.array(["a", None]),
    ],
    ids=lambda value: f"{type(value).__module__}.{type(value).__name__}",
)
def test_a_missing_label_is_named(groups):
    with refuses(InvalidDataError, "groups has a missing label at index 1"):
        v.group_codes(groups, "groups")


@pytest.mark.parametrize(
    "groups, message",
    [
        (None, "groups is None; it must be one label a unit"),
        ("abc", "groups is 'abc'; it must be one label a unit"),
        (5, "groups is 5; it must be one label a unit"),
        ([["a", "b"]], "groups has shape (1, 2); it must be one label a unit"),
        ([1, "a"], "groups mixes labels that cannot be sorted, such as text and numbers"),
        ([[1], [1, 2]], "groups has [1] at index 0, which is not a label"),
    ],
)
def test_what_is_not_a_list_of_labels_is_refused(groups, message):
    with refuses(InvalidDataError, message):
        v.group_codes(groups, "groups")


def test_the_number_of_labels_is_checked():
    with refuses(InvalidDataError, "groups has 2 labels for 3 units"):
        v.group_codes(["a", "b"], "groups", n=3)


@given(st.lists(st.text(max_size=2), max_size=20))
def test_levels_at_codes_give_the_labels_back(labels):
    codes, levels = v.group_codes(labels, "groups")
    assert [levels[code] for code in codes] == labels
    assert list(levels) == sorted(set(labels))
