import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from stattools.bounds import stability, stability_coefficient
from stattools.exceptions import InvalidParameterError


# property ------------------------------------------------------------------------------------------------------------
@given(q=st.floats(0, 1), beta=st.floats(0, 1), n=st.integers(1, 10**6), delta=st.floats(1e-6, 0.9))
def test_orderings(q, beta, n, delta):
    removed, left_out = stability(q, beta, n, delta=delta), stability(q, beta, n, delta=delta, estimate="leave_one_out")
    assert left_out.value <= removed.value
    # stability beta under removal is stability 2 beta under replacement
    replaced = stability(q, 2 * beta, n, delta=delta, definition="replace")
    assert replaced.value == pytest.approx(removed.value, rel=1e-14)
    mean = stability(q, beta, n, delta=None)
    assert mean.kind == "expectation" and mean.delta is None and mean.value <= removed.value


def test_an_infinite_coefficient_promises_nothing():
    assert stability(0.0, math.inf, 10).vacuous


# reference -----------------------------------------------------------------------------------------------------------
def test_reference_value():
    value = 2e-3 + (4 * 1000 * 1e-3 + 1) * math.sqrt(math.log(20) / 2000)
    assert stability(0.0, 1e-3, 1000).value == pytest.approx(value, rel=1e-13)
    assert value == pytest.approx(0.1955113780, rel=1e-9)  # ten digits are printed


def test_rate():
    n = np.array([10**4, 10**5, 10**6])
    gaps = [stability(0.1, 1 / m, int(m)).gap for m in n]
    assert np.polyfit(np.log(n), np.log(gaps), 1)[0] == pytest.approx(-0.5, abs=0.05)  # 2 c / n is of smaller order


def test_coefficients():
    kernel = stability_coefficient("kernel", 100, lipschitz=2.0, kernel_bound=3.0, regularization=0.1)
    assert kernel == pytest.approx(4 * 9 / (2 * 0.1 * 100))
    assert stability_coefficient("sgd", 100, lipschitz=2.0, step_sizes=[0.1, 0.2]) == pytest.approx(8 * 0.3 / 100)
    assert stability_coefficient("strongly_convex", 100, lipschitz=2.0, convexity=0.5) == pytest.approx(0.16)


# calibration ---------------------------------------------------------------------------------------------------------
def test_ridge_regression_is_as_stable_as_stated():
    # squared loss on labels and predictions within known limits; removal of each datum, at many points
    rng = np.random.default_rng(0)
    n, regularization = 40, 0.5
    X = rng.uniform(-1, 1, size=(n, 2)) / math.sqrt(2)  # kappa <= 1
    y = rng.uniform(-1, 1, size=n)
    fit = lambda rows: np.linalg.solve(X[rows].T @ X[rows] / n + regularization * np.eye(2), X[rows].T @ y[rows] / n)
    limit = 1 / math.sqrt(regularization)  # |w|, from the objective at w = 0, where it is at most 1
    beta = stability_coefficient(
        "kernel", n, lipschitz=2 * (1 + limit), kernel_bound=1.0, regularization=regularization
    )
    full = fit(np.arange(n))
    points, labels = rng.uniform(-1, 1, size=(200, 2)) / math.sqrt(2), rng.uniform(-1, 1, size=200)
    losses = [(points @ w - labels) ** 2 for w in [full] + [fit(np.delete(np.arange(n), i)) for i in range(n)]]
    changes = np.abs(np.array(losses[1:]) - losses[0])
    assert 0 < changes.max() <= beta


def test_a_free_intercept_is_not_stable_and_not_promised_to_be():
    from sklearn.svm import SVC, LinearSVC

    rng = np.random.default_rng(0)
    n, C = 41, 1e-3  # one label more on one side: the intercept of little weight follows the majority
    X = rng.normal(size=(n, 2))
    X /= np.maximum(1, np.linalg.norm(X, axis=1))[:, None]
    y = np.where(np.arange(n) < 21, 1, -1)
    points = np.concatenate([X, -X])
    beta = stability_coefficient("kernel", n, lipschitz=1.0, kernel_bound=1.0, regularization=1 / (2 * n * C))

    def change(model):
        hinge = lambda rows: np.maximum(0, 1 - model.fit(X[rows], y[rows]).decision_function(points))
        full = hinge(np.arange(n))
        return max(np.abs(hinge(np.delete(np.arange(n), i)) - full).max() for i in range(n))

    assert change(SVC(kernel="linear", C=C, random_state=0)) > 0.5 > 100 * beta
    through_zero = LinearSVC(loss="hinge", C=C, fit_intercept=False, tol=1e-10, max_iter=10**6, random_state=0)
    assert 0 < change(through_zero) <= beta * (1 + 1e-6)  # the solver stops at 1e-10
    text = " ".join(stability_coefficient.__doc__.split())
    assert "no unpenalised intercept" in text and "SVC has" not in text


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "arguments, options, words",
    [
        ((1.5, 0.1, 10), {}, "risk is 1.5"),
        ((0.5, -0.1, 10), {}, "beta is -0.1"),
        ((0.5, 0.1, 10), {"loss_bound": 0}, "loss_bound is 0"),
        ((0.5, 0.1, 10), {"definition": "replace", "estimate": "leave_one_out"}, "needs stability under removal"),
        ((0.5, 0.1, 10), {"delta": 0}, "delta is 0"),
    ],
)
def test_what_is_refused(arguments, options, words):
    with pytest.raises(InvalidParameterError, match=words):
        stability(*arguments, **options)


def test_parameters_of_other_algorithms_are_refused():
    with pytest.raises(InvalidParameterError, match="kernel_bound is None; algorithm 'kernel' needs it"):
        stability_coefficient("kernel", 10, lipschitz=1.0, regularization=1.0)
    with pytest.raises(InvalidParameterError, match="convexity is 1.0; algorithm 'sgd' does not use it"):
        stability_coefficient("sgd", 10, lipschitz=1.0, step_sizes=[0.1], convexity=1.0)
    with pytest.raises(InvalidParameterError, match="step_sizes has -1.0 at index 0"):
        stability_coefficient("sgd", 10, lipschitz=1.0, step_sizes=[-1.0])
