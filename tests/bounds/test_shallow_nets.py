import itertools
import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from stattools.bounds import f1_complexity
from stattools.exceptions import InvalidDataError, InvalidParameterError


def random_layers(seed, sizes=(3, 2, 4), width=5):
    rng = np.random.default_rng(seed)
    pairs = itertools.pairwise(sizes)
    return [(rng.normal(size=(o, width)), rng.normal(size=(width, i)), rng.normal(size=width)) for i, o in pairs]


# naive ---------------------------------------------------------------------------------------------------------------
@given(st.integers(0, 10**6))
def test_the_formula_by_loops(seed):
    layers, slopes = random_layers(seed), [0.7, 2.0]
    total = 0.0
    for (v, w, b), slope in zip(layers, slopes, strict=True):
        path = sum(np.linalg.norm(v[:, j]) * np.linalg.norm([*w[j], b[j]]) for j in range(len(b)))
        total += path / slope * math.sqrt(v.shape[0] + w.shape[1])
    found = f1_complexity(layers, lipschitz=slopes)
    assert found.value == pytest.approx(math.prod(slopes) * total, rel=1e-12)


# property ------------------------------------------------------------------------------------------------------------
@given(seed=st.integers(0, 10**6), factor=st.floats(0.01, 100))
def test_no_scaling_of_a_neuron_changes_it(seed, factor):
    layers = random_layers(seed)
    v, w, b = (a.copy() for a in layers[0])
    v[:, 2] /= factor
    w[2] *= factor
    b[2] *= factor
    scaled = f1_complexity([(v, w, b), layers[1]])
    assert scaled.value == pytest.approx(f1_complexity(layers).value, rel=1e-11)


@given(st.integers(0, 10**6))
def test_constants_bound_what_they_should(seed):
    layers = random_layers(seed)
    found = f1_complexity(layers)
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(2, 200, 3))
    apply = lambda z, part: np.maximum(z @ part[1].T + part[2], 0) @ part[0].T
    slopes = np.linalg.norm(apply(x, layers[0]) - apply(y, layers[0]), axis=1) / np.linalg.norm(x - y, axis=1)
    assert slopes.max() <= found.components["Lipschitz constants"][0] * (1 + 1e-12)
    v, w, b = layers[0]
    squares = (np.sum(v**2) + np.sum(w**2) + np.sum(b**2)) / 2
    assert found.components["path norms"][0] <= squares * (1 + 1e-12)


def test_a_dead_part_is_no_division_by_zero():
    layers = random_layers(0)
    dead = [(np.zeros_like(layers[0][0]), *layers[0][1:]), layers[1]]
    assert f1_complexity(dead).value == 0.0  # its path norm is 0, and the other part's is multiplied by 0


# reference -----------------------------------------------------------------------------------------------------------
def test_a_constant_gives_a_bound_of_the_risk():
    layers, n = random_layers(1), 10**12
    measure = f1_complexity(layers).value
    bound = f1_complexity(layers, n=n, constant=1e-3, radius=2.0, risk=0.1)
    deviation = math.sqrt(2 * math.log(40) / n)
    assert bound.gap == pytest.approx(2e-3 * measure * math.log(n) / math.sqrt(n) + deviation, rel=1e-9)
    half = f1_complexity(layers, n=n, constant=1e-3, radius=2.0, risk=0.1, log_power=0.5)
    assert half.value < bound.value and bound.kind == "up-to-constant" and bound.delta is None


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "layers, options, error, words",
    [
        ([], {}, InvalidDataError, "layers is empty"),
        ([np.ones((2, 2))], {}, InvalidDataError, r"layers\[0\] is a ndarray; it must be \(V, W\)"),
        ([(np.ones((1, 2)), np.ones((3, 2)))], {}, InvalidDataError, "V has 2 columns and W 3 rows"),
        ([(np.ones((1, 2)), np.ones((2, 2)), np.ones(3))], {}, InvalidDataError, "b has shape"),
        (
            [(np.ones((1, 2)), np.ones((2, 2)))] * 2,
            {},
            InvalidDataError,
            r"layers\[0\] has 1 outputs and layers\[1\] has 2",
        ),
        ([(np.ones((1, 2)), np.ones((2, 2)))], {"n": 10}, InvalidParameterError, "n is 10; it is used with constant"),
        ([(np.ones((1, 2)), np.ones((2, 2)))], {"constant": 1.0}, InvalidParameterError, "n is None"),
        ([(np.ones((1, 2)), np.ones((2, 2)))], {"lipschitz": [1, 2]}, InvalidParameterError, "2 numbers for 1 parts"),
    ],
)
def test_what_is_refused(layers, options, error, words):
    with pytest.raises(error, match=words):
        f1_complexity(layers, **options)
