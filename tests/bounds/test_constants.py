"""Gaps that an information allows."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from stattools.bounds import information_gap
from stattools.exceptions import InvalidDataError, InvalidParameterError
from tests import naive_bounds_supersample as naive

METHODS = ("ld_tight", "single_js", "kl_cmi", "fast_rate", "fast_pair", "fast_explicit", "sz_fast", "square_root")
INVERSES = ("ld_tight", "single_js", "kl_cmi")

risks = st.one_of(st.just(0.0), st.floats(1e-9, 0.999))
informations = st.one_of(st.just(0.0), st.floats(1e-12, 0.69))


# naive ---------------------------------------------------------------------------------------------------------------
@given(a=risks, c=informations)
def test_gaps_equal_their_naive_twins(a, c):
    twins = {
        "ld_tight": naive.ld_gap(a, c),
        "single_js": naive.js_gap(a, c),
        "kl_cmi": naive.kl_gap(a, c),
        "fast_rate": naive.fast_value(a, c),
        "sz_fast": naive.squared_value(a, c),
    }
    for method, expected in twins.items():
        # the twins cancel: an information is known to 1e-15, so a gap near g to 1e-15 / g, or to its square root
        assert information_gap(a, c, method=method) == pytest.approx(expected, rel=1e-6, abs=2e-7), method


# property ------------------------------------------------------------------------------------------------------------
@given(a=risks, c=informations)
def test_orderings_at_equal_information(a, c):
    gap = {method: information_gap(a, c, method=method) for method in METHODS}
    slack = 1e-12  # rounding up of each
    for other in ("kl_cmi", "sz_fast", "fast_pair", "square_root"):
        assert gap["ld_tight"] <= gap[other] + slack
    assert gap["kl_cmi"] <= gap["square_root"] + slack
    assert gap["fast_pair"] <= gap["sz_fast"] + slack
    assert gap["single_js"] <= gap["fast_rate"] + slack
    assert gap["fast_rate"] <= gap["fast_explicit"] + slack
    # centred at one half, the square root of a single loss needs no factor 2
    assert gap["single_js"] <= gap["square_root"] + slack


@given(a=risks, c=informations)
def test_the_fast_rate_of_a_pair_is_the_inverse_where_risks_are_small(a, c):
    inverse = information_gap(a, c)
    if 2 * a + inverse <= 1:
        # two code paths; 1e-8 is the accuracy of a minimum that was bracketed to 1e-10
        assert information_gap(a, c, method="fast_pair") == pytest.approx(inverse, rel=1e-8, abs=1e-12)


@given(a=risks, c=informations, more=st.floats(0, 0.5))
def test_gaps_increase_with_information(a, c, more):
    for method in METHODS:
        low, high = (information_gap(a, value, method=method) for value in (c, c + more))
        assert low <= high * (1 + 1e-9) + 1e-15  # a minimum over constants is found to 1e-9


@given(a=risks, c=st.floats(1e-14, 0.69))
def test_inverses_are_on_the_safe_side(a, c):
    """The least information at the gap is not below the information: 1e-13 is the rounding of the naive divergence."""
    least = {
        "single_js": lambda b: (naive.kl(a, (a + b) / 2) + naive.kl(b, (a + b) / 2)) / 2,
        "kl_cmi": lambda b: naive.kl(a, (a + b) / 2),
    }
    for method, function in least.items():
        gap = information_gap(a, c, method=method)
        assert a + gap >= 1 - 1e-12 or function(a + gap) >= c - 1e-13


@pytest.mark.parametrize("method", METHODS)
def test_no_information_no_gap(method):
    np.testing.assert_array_equal(information_gap([0.0, 0.3, 1.0], 0.0, method=method), 0.0)


@pytest.mark.parametrize("method", METHODS)
def test_infinite_information_excludes_nothing(method):
    gap = information_gap([0.0, 0.25], np.inf, method=method)
    assert (gap >= [1.0, 0.75]).all()


@given(a=st.floats(1e-6, 1), c=st.floats(1e-9, 0.69))
def test_constants_satisfy_their_constraints(a, c):
    from stattools.bounds import constants

    _, fast = constants.fast_gap(np.array([a]), np.array([c]))
    c1, c2 = fast["C1"][0], fast["C2"][0]
    assert np.exp(2 * c2) + np.exp(-2 * c2 * (1 + c1)) <= 2 + 1e-14  # rounding of a sum near 2
    _, squared = constants.squared_gap(np.array([a]), np.array([c]))
    g, rate = squared["g"][0], squared["lambda"][0]
    # terms of size rate cancel
    assert rate * (1 - g) + (np.expm1(rate) - rate) * (1 + g * g) <= 1e-14


# reference -----------------------------------------------------------------------------------------------------------
# tests/reference/bounds_supersample.py computes these with 40 digits
GAPS = [
    # risk, information, ld_tight, kl_cmi, single_js
    (0.1, 0.01, 0.073505913571, 0.095351078596, 0.100192870325),
    (0.05, 0.05, 0.153843604737, 0.198124992682, 0.223654740367),
    (0.0, 0.1, 0.144269504089, 0.190325163928, 0.260331538139),
    (0.3, 0.001, 0.035645825050, 0.041502056554, 0.041741805148),
    (0.2, 0.3, 0.693299323121, 0.756730238074, 0.723293039256),
    (0.6, 0.05, 0.234275542440, 0.289455148786, 0.273314480092),
]
FAST = [
    # risk, information, value, C2
    (0.1, 0.01, 0.110171770053926, 0.1519730),
    (0.05, 0.05, 0.251741159670415, 0.2699106),
    (0.3, 0.001, 0.0510033900766083, 0.03771411),
    (0.2, 0.3, 1.36557158503185, 0.2864618),
]


@pytest.mark.parametrize("a, c, tight, kl, js", GAPS)
def test_inverses_at_forty_digits(a, c, tight, kl, js):
    for method, expected in (("ld_tight", tight), ("kl_cmi", kl), ("single_js", js)):
        # stored to 12 decimals
        assert information_gap(a, c, method=method) == pytest.approx(expected, abs=6e-13, rel=1e-11)


@pytest.mark.parametrize("a, c, value, c2", FAST)
def test_fast_rate_at_forty_digits(a, c, value, c2):
    from stattools.bounds.constants import fast_gap

    found, constants = fast_gap(np.array([a]), np.array([c]))
    assert found[0] == pytest.approx(value, rel=1e-13)
    assert constants["C2"][0] == pytest.approx(c2, rel=1e-6)  # the value is flat there


def test_the_constants_of_steinke_and_zakynthinou_are_admitted():
    """g = 2 with rate 1/3: the optimum is not worse."""
    for a, c in [(0.1, 0.01), (0.0, 0.2), (0.3, 0.5)]:
        assert information_gap(a, c, method="sz_fast") <= a + 3 * c


def test_interpolation_and_small_information():
    assert information_gap(0.0, 0.2) == pytest.approx(0.2 / np.log(2), rel=1e-14)
    assert information_gap(0.0, 0.2, method="fast_rate") == pytest.approx(0.4 / np.log(2), rel=1e-14)
    # the limit of small information; the next term is relatively sqrt(c / a) = 1e-6
    assert information_gap(0.2, 2e-13, method="fast_rate") == pytest.approx(2 * np.sqrt(2 * 2e-13 * 0.2), rel=3e-6)


# errors --------------------------------------------------------------------------------------------------------------
def test_refused():
    with pytest.raises(InvalidParameterError, match="method is 'ld_tigth'; .*did you mean 'ld_tight'"):
        information_gap(0.1, 0.1, method="ld_tigth")
    with pytest.raises(InvalidParameterError, match="risk is 1.5"):
        information_gap([0.1, 1.5], 0.1)
    with pytest.raises(InvalidParameterError, match="information is -0.1"):
        information_gap(0.1, -0.1)
    with pytest.raises(InvalidDataError, match="information is NaN"):
        information_gap(0.1, np.nan)
    with pytest.raises(InvalidDataError, match="must broadcast"):
        information_gap([0.1, 0.2], [0.1, 0.2, 0.3])


def test_shapes():
    assert isinstance(information_gap(0.1, 0.1), float)
    assert information_gap([[0.1], [0.2]], [0.1, 0.2, 0.3]).shape == (2, 3)
    assert information_gap([], 0.1).shape == (0,)
