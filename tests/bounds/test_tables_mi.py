"""Mutual information of tables of counts, and by nearest neighbours."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays
from scipy import special

from stattools.bounds.neighbours import neighbour_information
from stattools.bounds.tables_mi import information_of
from stattools.exceptions import InvalidParameterError
from tests import naive_bounds_supersample as naive

LOG2 = np.log(2)
whole = arrays(np.float64, st.tuples(st.just(2), st.integers(1, 5)), elements=st.integers(0, 20).map(float))
fractions = arrays(np.float64, st.tuples(st.just(2), st.integers(1, 5)), elements=st.floats(0, 5))


def pairs_of(table):
    return [(u, x, table[u, x]) for u in range(2) for x in range(table.shape[1]) if table[u, x] > 0]


def naive_information(table):
    found = pairs_of(table)
    return naive.mutual_information(found) if found else 0.0


# naive ---------------------------------------------------------------------------------------------------------------
@given(table=st.one_of(whole, fractions))
def test_plug_in_equals_its_naive_twin(table):
    # 1e-13: the twin is a difference of entropies
    assert information_of(table) == pytest.approx(min(naive_information(table), LOG2), abs=1e-13)


@given(table=whole)
def test_corrections_equal_their_definitions(table):
    total = table.sum()
    if total < 2:
        return
    p = table / total
    target = p.sum(axis=1, keepdims=True) * p.sum(axis=0)
    counted = [np.count_nonzero(part) for part in (p.sum(axis=1), p.sum(axis=0), p)]
    miller_madow = naive_information(table) + (counted[0] + counted[1] - counted[2] - 1) / (2 * total)
    assert information_of(table, "miller-madow") == pytest.approx(np.clip(miller_madow, 0, LOG2), abs=1e-13)

    apart = ((target - p) ** 2).sum()
    share = min(1.0, (1 - (p**2).sum()) / ((total - 1) * apart)) if apart > 1e-30 else 1.0
    mixed = share * target + (1 - share) * p
    assert information_of(table, "shrinkage") == pytest.approx(naive_information(mixed), abs=1e-12)

    left_out = 0.0
    for u in range(2):
        for x in range(table.shape[1]):
            if table[u, x]:
                less = table.copy()
                less[u, x] -= 1
                left_out += table[u, x] * naive_information(less)
    jackknife = total * naive_information(table) - (total - 1) * left_out / total
    # differences of terms of size N
    assert information_of(table, "jackknife") == pytest.approx(np.clip(jackknife, 0, LOG2), abs=1e-11)


# property ------------------------------------------------------------------------------------------------------------
@given(table=st.one_of(whole, fractions))
def test_range_and_symmetries(table):
    value = float(information_of(table))
    assert 0 <= value <= LOG2
    assert information_of(table[::-1]) == pytest.approx(value, abs=1e-15)
    assert information_of(table[:, ::-1]) == pytest.approx(value, abs=1e-14)
    assert information_of(4.0 * table) == pytest.approx(value, abs=1e-15)


@given(table=st.one_of(whole, fractions))
def test_merging_symbols_loses_information(table):
    if table.shape[1] > 1:
        merged = np.column_stack([table[:, 0] + table[:, 1], table[:, 2:]])
        assert information_of(merged) <= information_of(table) + 1e-14


@given(p=st.floats(0.01, 0.99), log_shift=st.floats(-9, -3))
def test_near_independence_the_root_is_known_to_full_accuracy(p, log_shift):
    shift = 10**log_shift * min(p, 1 - p)
    table = np.array([[p + shift, 1 - p - shift], [p - shift, 1 - p + shift]])
    shift = (table[0, 0] - table[1, 0]) / 2  # as it is represented
    # the first term of the series; the next is relatively 1e-6
    expected = shift / np.sqrt(p * (1 - p))
    assert np.sqrt(2 * information_of(table)) == pytest.approx(expected, rel=2e-6)


def test_a_constant_symbol_or_mask_has_none():
    assert information_of(np.array([[3.0, 0.0], [7.0, 0.0]])) == 0.0
    assert information_of(np.array([[3.0, 2.0], [0.0, 0.0]])) == 0.0
    assert information_of(np.zeros((2, 3))) == 0.0
    for correction in ("miller-madow", "shrinkage", "jackknife"):
        assert information_of(np.array([[3.0, 0.0], [7.0, 0.0]]), correction) == 0.0


# reference -----------------------------------------------------------------------------------------------------------
def test_against_scipy_and_scikit_learn():
    from sklearn.metrics import mutual_info_score

    tables = np.random.default_rng(1).integers(0, 30, (20, 2, 4)).astype(float)
    p = tables / tables.sum(axis=(1, 2), keepdims=True)
    q = p.sum(axis=1, keepdims=True) * p.sum(axis=2, keepdims=True)
    np.testing.assert_allclose(information_of(tables), special.rel_entr(p, q).sum(axis=(1, 2)), atol=1e-15)
    for table, value in zip(tables, information_of(tables), strict=True):
        assert mutual_info_score(None, None, contingency=table) == pytest.approx(value, abs=1e-14)


def test_neighbours_against_a_closed_form():
    """A mask shifts a normal by 1: the information is ln 2 less the mean entropy of the mask given the value."""
    rng = np.random.default_rng(3)
    masks = np.repeat([0, 1], 4000)
    values = rng.normal(size=8000) + masks
    grid = np.linspace(-8, 9, 20001)
    density = np.exp(-((grid[:, None] - [0, 1]) ** 2) / 2) / np.sqrt(2 * np.pi)
    posterior = density / density.sum(axis=1, keepdims=True)
    exact = LOG2 - np.trapezoid(special.entr(posterior).sum(axis=1) * density.mean(axis=1), grid)
    # the estimate's standard deviation at N = 8000 is near 0.01
    assert neighbour_information(values, masks) == pytest.approx(exact, abs=0.03)
    assert neighbour_information(np.column_stack([values, values]), masks) == pytest.approx(exact, abs=0.03)


def test_neighbours_of_ties_and_tiny_groups():
    masks = np.repeat([0, 1], 500)
    values = np.random.default_rng(4).integers(0, 2, 1000) * masks  # 0 under mask 0, a coin under mask 1
    table = np.array([[500.0, 0.0], [np.sum(values[500:] == 0), np.sum(values[500:] == 1)]])
    # digamma against logarithm at counts of hundreds
    assert neighbour_information(values.astype(float), masks) == pytest.approx(information_of(table), abs=0.01)
    assert neighbour_information(np.arange(3.0), np.array([0, 0, 1])) == 0.0


# errors --------------------------------------------------------------------------------------------------------------
def test_the_jackknife_needs_whole_counts():
    with pytest.raises(InvalidParameterError, match="'jackknife'; it needs losses of 0 and 1"):
        information_of(np.array([[0.5, 1.0], [1.0, 1.0]]), "jackknife")
