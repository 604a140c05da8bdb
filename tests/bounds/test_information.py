import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from stattools.bounds import mutual_information
from stattools.exceptions import InvalidDataError, InvalidParameterError


def gaussian_mean(n):
    """Bound for the mean of n Gaussians under squared loss, in units of the variance times the dimension.

    The loss at a fresh datum has a lower tail no heavier than a Gaussian of standard deviation sqrt(2) (1 + 1/n), and
    each datum shares (1/2) ln(n / (n - 1)) nats with the mean, a dimension.
    """
    nats = np.full(n, 0.5 * math.log(n / (n - 1)))
    return mutual_information(nats, n, "individual", sigma=math.sqrt(2) * (1 + 1 / n))


# property ------------------------------------------------------------------------------------------------------------
@given(st.lists(st.floats(0, 100), min_size=1, max_size=20))
def test_individual_samples_never_lose_for_independent_information(nats):
    # by concavity of the root; the information of the sample is at least the sum
    individual = mutual_information(nats, len(nats), "individual").components
    assert individual["sigma"] == 0.5
    gap = mutual_information(nats, len(nats), "individual", sigma=1.0).value
    assert gap <= mutual_information(sum(nats), len(nats), sigma=1.0).value * (1 + 1e-12)


def test_a_risk_is_added_and_a_gap_is_named():
    assert mutual_information(10, 1000, risk=0.2).value == pytest.approx(0.2 + mutual_information(10, 1000).value)
    assert mutual_information(10, 1000).of == "generalization gap" and mutual_information(1, 9, risk=0.1).of == "risk"
    assert mutual_information(10, 1000).kind == "expectation"


def test_infinite_information_promises_nothing():
    assert mutual_information(math.inf, 10).vacuous and mutual_information(math.inf, 10, sigma=1.0).vacuous


# reference -----------------------------------------------------------------------------------------------------------
def test_reference_values():
    # ten digits are printed
    assert mutual_information(10, 1000).value == pytest.approx(0.0707106781, rel=1e-9)
    assert mutual_information(10, 1000, "cmi").value == pytest.approx(0.1414213562, rel=1e-9)


@pytest.mark.parametrize("n, value", [(10, 0.504947965529), (100, 0.143194606073), (1000, 0.044777278496)])
def test_the_mean_of_gaussians(n, value):
    assert gaussian_mean(n).value == pytest.approx(value, rel=1e-11)  # twelve digits are printed
    assert gaussian_mean(n).value >= 2 / n  # the true gap


def test_rate_of_the_bound_against_that_of_the_gap():
    n = [10**3, 10**4, 10**5]
    slope = np.polyfit(np.log(n), np.log([gaussian_mean(m).value for m in n]), 1)[0]
    assert slope == pytest.approx(-0.5, abs=0.05)  # the gap falls as 1/n


# errors --------------------------------------------------------------------------------------------------------------
def test_what_is_refused():
    with pytest.raises(InvalidParameterError, match="information has -1.0"):
        mutual_information(-1, 10)
    with pytest.raises(InvalidParameterError, match="information has nan"):
        mutual_information(math.nan, 10)
    with pytest.raises(InvalidDataError, match="method 'xu_raginsky' takes one number"):
        mutual_information([1.0] * 10, 10)
    with pytest.raises(InvalidDataError, match="takes a number or 10 of them"):
        mutual_information([1.0] * 9, 10, "individual")
    with pytest.raises(InvalidParameterError, match="no sigma"):
        mutual_information(1.0, 10, "cmi", sigma=1.0)
    with pytest.raises(InvalidParameterError, match="risk is 2"):
        mutual_information(1.0, 10, risk=2)
