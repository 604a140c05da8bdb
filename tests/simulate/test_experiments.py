import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from stattools import simulate
from stattools.exceptions import InvalidDataError, InvalidParameterError

# function, its exact facts, dimension, lowest and highest input, nodes of a quadrature that is exact to rounding
EXPERIMENTS = {
    "franke": (simulate.franke, simulate.franke_sobol, 2, 0.0, 1.0, 40),
    "friedman": (simulate.friedman, simulate.friedman_sobol, 5, 0.0, 1.0, 10),
    "ishigami": (simulate.ishigami, simulate.ishigami_sobol, 3, -np.pi, np.pi, 24),
    "ishigami_other": (
        lambda x: simulate.ishigami(x, -2.0, 0.05),
        lambda: simulate.ishigami_sobol(-2.0, 0.05),
        3,
        -np.pi,
        np.pi,
        24,
    ),
}


def naive_franke(x, y):
    return (
        0.75 * math.exp(-((9 * x - 2) ** 2) / 4 - (9 * y - 2) ** 2 / 4)
        + 0.75 * math.exp(-((9 * x + 1) ** 2) / 49 - (9 * y + 1) / 10)
        + 0.5 * math.exp(-((9 * x - 7) ** 2) / 4 - (9 * y - 3) ** 2 / 4)
        - 0.2 * math.exp(-((9 * x - 4) ** 2) - (9 * y - 7) ** 2)
    )


def naive_friedman(a, b, c, d, e):
    return 10 * math.sin(math.pi * a * b) + 20 * (c - 0.5) ** 2 + 10 * d + 5 * e


def naive_ishigami(x, y, z):
    return math.sin(x) + 7 * math.sin(y) ** 2 + 0.1 * z**4 * math.sin(x)


# naive ----------------------------------------------------------------------------------------------
@given(seed=st.integers(0, 2**32 - 1))
@pytest.mark.parametrize(
    "name, naive", [("franke", naive_franke), ("friedman", naive_friedman), ("ishigami", naive_ishigami)]
)
def test_functions_equal_their_naive_twins(name, naive, seed):
    function, _, dimension, low, high, _ = EXPERIMENTS[name]
    x = np.random.default_rng(seed).uniform(low, high, size=(7, dimension))
    # rounding; the exponents of Franke's function are expanded, which costs their size, up to 162, times 1e-16
    np.testing.assert_allclose(function(x), [naive(*row) for row in x], rtol=1e-12, atol=1e-13)


# property -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_one_value_a_row_whatever_the_layout(name):
    function, _, dimension, low, high, _ = EXPERIMENTS[name]
    x = np.random.default_rng(1).uniform(low, high, size=(5, dimension))
    values = function(x)
    assert values.shape == (5,) and values.dtype == np.float64
    np.testing.assert_array_equal(function(np.asfortranarray(x)), values)
    np.testing.assert_array_equal(function(x.tolist()), values)
    np.testing.assert_allclose(function(x[2:3]), values[2:3], rtol=1e-14)  # products with one row may round otherwise


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_domain_is_closed_and_forgives_rounding(name):
    function, _, dimension, low, high, _ = EXPERIMENTS[name]
    corners = np.array([[low] * dimension, [high] * dimension])
    assert np.isfinite(function(corners)).all()
    assert np.isfinite(function(np.nextafter(corners, [[-np.inf], [np.inf]]))).all()


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_shares_are_shares(name):
    exact = EXPERIMENTS[name][1]()
    first, total = np.array(exact.first_order), np.array(exact.total)
    assert exact.variance > 0 and first.sum() <= 1 <= total.sum()
    assert (0 <= first).all() and (first <= total).all() and (total <= 1).all()


# reference ------------------------------------------------------------------------------------------
def quadrature(function, dimension, low, high, n_nodes):
    """Mean, variance, first-order and total indices by Gauss and Legendre's rule in each input."""
    nodes, weights = np.polynomial.legendre.leggauss(n_nodes)
    nodes, weights = low + (high - low) * (nodes + 1) / 2, weights / 2
    grid = np.stack(np.meshgrid(*[nodes] * dimension, indexing="ij"), axis=-1).reshape(-1, dimension)
    values = function(grid).reshape((n_nodes,) * dimension)

    def average(array, axes):
        for axis in sorted(axes, reverse=True):
            array = np.tensordot(array, weights, axes=(axis, 0))
        return array

    inputs = set(range(dimension))
    mean = float(average(values, inputs))
    centred = values - mean
    variance = float(average(centred**2, inputs))
    first = [float(average(average(centred, inputs - {i}) ** 2, {0})) / variance for i in inputs]
    others = [float(average(average(centred, {i}) ** 2, set(range(dimension - 1)))) / variance for i in inputs]
    return mean, variance, first, [1 - share for share in others]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_exact_facts_agree_with_quadrature(name):
    function, facts, dimension, low, high, n_nodes = EXPERIMENTS[name]
    mean, variance, first, total = quadrature(function, dimension, low, high, n_nodes)
    exact = facts()
    # more nodes change the quadratures by less than 2e-13, that is by rounding of sums
    np.testing.assert_allclose([exact.mean, exact.variance], [mean, variance], rtol=1e-12)
    np.testing.assert_allclose(exact.first_order, first, rtol=0, atol=1e-12)
    np.testing.assert_allclose(exact.total, total, rtol=0, atol=1e-12)


def test_the_indices_of_ishigami_are_the_published_ones():
    exact = simulate.ishigami_sobol()
    # Saltelli et al. (2008), Global Sensitivity Analysis, and any textbook after it: four decimals
    np.testing.assert_allclose(exact.first_order, [0.3139, 0.4424, 0.0], rtol=0, atol=5e-5)
    np.testing.assert_allclose(exact.total, [0.5576, 0.4424, 0.2437], rtol=0, atol=5e-5)


def test_friedman_is_that_of_scikit_learn_without_idle_inputs():
    from sklearn.datasets import make_friedman1

    x, y = make_friedman1(n_samples=50, n_features=5, noise=0.0, random_state=4)
    np.testing.assert_allclose(simulate.friedman(x), y, rtol=1e-13)  # rounding of a sum of four terms


def test_without_a_and_b_only_the_first_input_of_ishigami_counts():
    exact = simulate.ishigami_sobol(0.0, 0.0)
    assert (exact.mean, exact.variance, exact.first_order, exact.total) == (0.0, 0.5, (1.0, 0.0, 0.0), (1.0, 0.0, 0.0))


# errors ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_points_are_checked(name):
    function, _, dimension, low, high, _ = EXPERIMENTS[name]
    x = np.full((3, dimension), (low + high) / 2)
    with pytest.raises(InvalidDataError, match=f"x has {dimension + 1} columns; this function has {dimension} inputs"):
        function(np.column_stack([x, x[:, 0]]))
    with pytest.raises(InvalidDataError, match="dimension"):
        function(x[0])
    with pytest.raises(InvalidDataError, match="empty"):
        function(x[:0])
    for value, message in ((high + 0.01, "inputs lie within"), (low - 0.01, "inputs lie within"), (np.nan, "nan")):
        bad = x.copy()
        bad[2, 1] = value
        with pytest.raises(InvalidDataError, match=f"at row 2, column 1.*{message}|{message} at row 2, column 1"):
            function(bad)


@pytest.mark.parametrize("constants", [{"a": np.nan}, {"b": np.inf}, {"a": "7"}, {"b": 1e10}])
def test_constants_are_checked(constants):
    name = next(iter(constants))
    with pytest.raises(InvalidParameterError, match=f"{name} is"):
        simulate.ishigami([[0.0, 0.0, 0.0]], **constants)
    with pytest.raises(InvalidParameterError, match=f"{name} is"):
        simulate.ishigami_sobol(**constants)
