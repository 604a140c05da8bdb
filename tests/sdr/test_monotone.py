import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.optimize import minimize
from sklearn.isotonic import IsotonicRegression

from stattools.exceptions import InvalidDataError, InvalidParameterError
from stattools.sdr.monotone import monotone_projection
from tests import naive_frechet as naive

pytestmark = pytest.mark.kernels


def curves(seed, d=9, ties=False):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(4, d)) + np.linspace(0, 1, d)
    return (np.round(values) if ties else values), rng.uniform(0.1, 3.0, d)


# naive ---------------------------------------------------------------------------------------------------------------
@given(seed=st.integers(0, 2**32 - 1), ties=st.booleans())
def test_rows_are_max_min_of_means(seed, ties):
    values, weights = curves(seed, ties=ties)
    found = monotone_projection(values, weights=weights)
    expected = [naive.isotonic(row, weights) for row in values]
    np.testing.assert_allclose(found, expected, atol=1e-13)  # rounding of means


# property ------------------------------------------------------------------------------------------------------------
@given(seed=st.integers(0, 2**32 - 1))
def test_projections_are_monotone_idempotent_and_contract(seed):
    values, weights = curves(seed)
    found = monotone_projection(values, weights=weights, lower=-0.5, upper=0.7)
    assert (np.diff(found, axis=1) >= 0).all()
    assert found.min() >= -0.5 and found.max() <= 0.7
    np.testing.assert_array_equal(monotone_projection(found, weights=weights, lower=-0.5, upper=0.7), found)
    apart = (weights * (values[0] - values[1]) ** 2).sum()
    assert (weights * (found[0] - found[1]) ** 2).sum() <= apart * (1 + 1e-12)


def test_increasing_rows_come_back_unchanged():
    values = np.sort(curves(1)[0], axis=1)
    np.testing.assert_array_equal(monotone_projection(values), values)
    np.testing.assert_array_equal(monotone_projection(values.reshape(2, 2, 9)), values.reshape(2, 2, 9))


# reference -----------------------------------------------------------------------------------------------------------
@given(seed=st.integers(0, 2**32 - 1))
def test_scikit_learn_finds_the_same(seed):
    values, weights = curves(seed, d=30)
    found = monotone_projection(values, weights=weights, lower=-0.3, upper=1.2)
    model = IsotonicRegression(y_min=-0.3, y_max=1.2)
    for row, fitted in zip(values, found, strict=True):
        expected = model.fit_transform(np.arange(30), row, sample_weight=weights)
        np.testing.assert_allclose(fitted, expected, atol=1e-12)  # rounding


@pytest.mark.parametrize("seed", range(5))
def test_clipping_after_pooling_is_the_projection(seed):
    values, weights = curves(seed, d=6)
    lower, upper = -0.4, 0.6

    def objective(steps):
        q = np.cumsum(steps)
        return (weights * (values[0] - q) ** 2).sum()

    # non-decreasing by steps that are not negative; the ends as constraints
    ends = [{"type": "ineq", "fun": lambda s: upper - s.sum()}, {"type": "ineq", "fun": lambda s: s[0] - lower}]
    bounds = [(None, None), *[(0, None)] * 5]
    best = minimize(
        objective, np.full(6, 0.01), bounds=bounds, constraints=ends, method="SLSQP", options={"ftol": 1e-14}
    )
    found = monotone_projection(values[0], weights=weights, lower=lower, upper=upper)
    # SLSQP stops near 1e-7 of the minimum; the projection may only be better
    np.testing.assert_allclose((weights * (values[0] - found) ** 2).sum(), best.fun, rtol=1e-6)
    np.testing.assert_allclose(found, np.cumsum(best.x), atol=1e-4)


# errors --------------------------------------------------------------------------------------------------------------
def test_input_is_checked():
    with pytest.raises(InvalidDataError, match="nan at index 1"):
        monotone_projection([1.0, np.nan])
    with pytest.raises(InvalidDataError, match="curves is a number"):
        monotone_projection(1.0)
    with pytest.raises(InvalidDataError, match="2 positive numbers"):
        monotone_projection([1.0, 2.0], weights=[1.0, 0.0])
    with pytest.raises(InvalidParameterError, match="lower is 1 and upper 0"):
        monotone_projection([1.0, 2.0], lower=1.0, upper=0.0)
