"""Slices of a response: ties, levels, rules."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from stattools.exceptions import DegenerateDataError, InvalidDataError
from stattools.sdr.slices import RULES, is_categorical, require_pairs, slice_response


def naive_dr(values, wanted):
    """Fill slices from the smallest value on, one observation at a time."""
    step, codes, order = len(values) // wanted, np.zeros(len(values), int), np.argsort(values, kind="stable")
    current, filled, left = 0, 0, len(values)
    for place, i in enumerate(order):
        tied = place and values[i] == values[order[place - 1]]
        if filled >= step and not tied and left > 2:
            current, filled = current + 1, 0
        codes[i] = current
        filled, left = filled + 1, left - 1
    return codes


# naive ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(20))
def test_dr_rule_against_one_observation_at_a_time(seed):
    rng = np.random.default_rng(seed)
    values = np.round(rng.standard_normal(rng.integers(20, 90)), int(rng.integers(1, 3)))
    wanted = int(rng.integers(2, 9))
    if len(np.unique(values)) <= wanted:
        return
    codes = slice_response(values, n_slices=wanted, n_columns=2).codes
    np.testing.assert_array_equal(codes, naive_dr(values, wanted))


# property ------------------------------------------------------------------------------------------------------------
@given(
    st.lists(st.integers(-5, 5), min_size=6, max_size=60),
    st.integers(2, 10),
    st.sampled_from(RULES),
)
@settings(max_examples=80, deadline=None)
def test_ties_stay_together_and_slices_are_in_order(numbers, wanted, rule):
    values = np.array(numbers, dtype=float)
    if len(np.unique(values)) == 1:
        with pytest.raises(DegenerateDataError, match="all responses are equal"):
            slice_response(values, n_slices=wanted, n_columns=1, rule=rule)
        return
    try:
        slices = slice_response(values, n_slices=wanted, n_columns=1, rule=rule)
    except DegenerateDataError:  # nearly all are equal
        return
    order = np.argsort(values, kind="stable")
    assert (np.diff(slices.codes[order]) >= 0).all()
    assert all(len(set(slices.codes[values == v])) == 1 for v in values)
    assert slices.sizes.sum() == len(values) and (slices.sizes > 0).all()
    assert len(slices.names) == slices.count == slices.codes.max() + 1
    np.testing.assert_allclose(slices.indicators.mean(axis=0), slices.shares)


def test_balanced_slices_differ_by_one():
    sizes = slice_response(np.random.default_rng(1).random(103), n_slices=10, n_columns=3, rule="balanced").sizes
    assert sizes.max() - sizes.min() <= 1 and len(sizes) == 10


def test_default_count():
    values = np.random.default_rng(1).random(200)
    assert slice_response(values, n_slices=None, n_columns=3, rule="balanced").count == 8
    assert slice_response(values, n_slices=None, n_columns=9, rule="balanced").count == 12
    assert slice_response(values[:20], n_slices=None, n_columns=9, rule="balanced").count == 5


def test_levels():
    slices = slice_response(pd.Series(["b", "a", "b"], dtype="category"), n_slices=None, n_columns=1)
    assert slices.levels and slices.names == ("a", "b")
    few = slice_response(np.array([3.0, 1.0, 3.0, 2.0]), n_slices=5, n_columns=1)
    assert few.levels and few.names == ("1", "2", "3")
    ordered = pd.Series(pd.Categorical(["low", "high", "low"], categories=["low", "high"], ordered=True))
    assert slice_response(ordered, n_slices=None, n_columns=1).names == ("low", "high")


def test_several_responses_are_sliced_within_each_other():
    values = np.random.default_rng(1).random((120, 2))
    slices = slice_response(values, n_slices=9, n_columns=2, rule="balanced")
    assert slices.count == 9 and slices.sizes.min() >= 12
    first = slice_response(values[:, 0], n_slices=3, n_columns=2, rule="balanced").codes
    np.testing.assert_array_equal(slices.codes // 3, first)


def test_categories_are_told_from_numbers():
    for labels in (["a", "b"], np.array(["a"]), np.array([True]), pd.Series([1, 2], dtype="category")):
        assert is_categorical(labels)
    for numbers in ([1, 2], np.array([1.0]), np.array([1, 2], dtype=object), pd.DataFrame({"a": [1.0]})):
        assert not is_categorical(numbers)


# errors --------------------------------------------------------------------------------------------------------------
def test_single_observations():
    slices = slice_response(np.array([1.0, 2.0, 2.0, 3.0, 3.0]), n_slices=3, n_columns=1)
    with pytest.raises(InvalidDataError, match="'1' has one observation; SAVE needs two"):
        require_pairs(slices, "SAVE")


def test_missing_label():
    with pytest.raises(InvalidDataError, match="missing label at index 1"):
        slice_response(np.array(["a", None], dtype=object), n_slices=None, n_columns=1)
