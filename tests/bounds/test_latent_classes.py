import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from stattools.bounds import contrastive, contrastive_identity
from stattools.exceptions import AssumptionWarning, InvalidDataError, InvalidParameterError

SURE = {"radius": 1.0, "complexity": 0.0}
LOSSES = {"hinge": lambda v: np.maximum(0, 1 - v), "logistic": lambda v: np.log2(1 + np.exp(-v))}


def population(centres, weights, loss):
    """Contrastive and supervised losses of points that stand still in few places, by enumeration.

    centres (c, m, d): the m equally likely places of each class. Returns the contrastive loss, its two parts, tau, and
    the mean two-class loss of the mean classifier among different classes.
    """
    means, c = centres.mean(axis=1), len(weights)
    parts = np.zeros((c, c))
    supervised = np.zeros((c, c))
    for a in range(c):
        for b in range(c):
            pairs = [x @ (p - q) for x in centres[a] for p in centres[a] for q in centres[b]]
            parts[a, b] = LOSSES[loss](np.array(pairs)).mean()
            supervised[a, b] = LOSSES[loss](centres[a] @ (means[a] - means[b])).mean()
    joint, same = np.outer(weights, weights), np.eye(c, dtype=bool)
    tau = joint[same].sum()
    different = (joint * parts)[~same].sum() / (1 - tau)
    return (
        (joint * parts).sum(), different, (joint * parts)[same].sum() / tau, tau,
        (joint * supervised)[~same].sum() / (1 - tau),
    )  # fmt: skip


# naive ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("loss", ["hinge", "logistic"])
@given(seed=st.integers(0, 10**6), c=st.integers(2, 4))
def test_the_transfer_holds_in_every_small_world(loss, seed, c):
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(c, 3, 2))
    centres /= np.maximum(np.linalg.norm(centres, axis=2, keepdims=True), 1)
    weights = rng.dirichlet(np.ones(c))
    risk, different, same, tau, supervised = population(centres, weights, loss)
    # without a term for estimation: the inequality of the theorem itself
    assert supervised <= (risk - tau) / (1 - tau) + 1e-12
    assert contrastive_identity(different, same, tau) == pytest.approx(risk, rel=1e-12)
    bound = contrastive(risk, 10**12, class_probabilities=weights, loss=loss, **SURE)
    assert supervised <= bound.value <= (risk - tau) / (1 - tau) + 1e-4 / (1 - tau)


@pytest.mark.parametrize("loss", ["hinge", "logistic"])
def test_the_slope_and_range_of_the_composite_loss(loss):
    # numerically: steepest ascent in (a, b, c) of norm at most R, and the largest value
    rng, radius = np.random.default_rng(0), 1.5
    points = rng.normal(size=(20_000, 3, 2))
    points *= radius / np.linalg.norm(points, axis=2, keepdims=True)
    moved = points + 1e-6 * rng.normal(size=points.shape)
    value = lambda p: LOSSES[loss](np.sum(p[:, 0] * (p[:, 1] - p[:, 2]), axis=1))
    slopes = np.abs(value(moved) - value(points)) / np.linalg.norm((moved - points).reshape(len(points), -1), axis=1)
    M, complexity = 10**6, 1000.0
    found = contrastive(0.5, M, tau=0.1, radius=radius, complexity=complexity, loss=loss)
    largest = float(LOSSES[loss](-2 * radius**2))
    assert found.largest == pytest.approx(largest) and value(points).max() <= largest
    contraction = found.components["Gen"] - largest * math.sqrt(math.log(20) / (2 * M))
    assert slopes.max() <= contraction * M / (2 * math.sqrt(2) * complexity) * (1 + 1e-3)  # a difference quotient


# property ------------------------------------------------------------------------------------------------------------
@given(risk=st.floats(0.5, 1.5), tau=st.floats(0, 0.5), n=st.integers(10, 10**9))
def test_orderings(risk, tau, n):
    value = lambda **changed: contrastive(**({"risk": risk, "n": n, "tau": tau} | SURE | changed)).value
    assert value() <= value(n=max(n // 2, 1))
    assert value() <= value(complexity=1.0)
    assert value() <= value(risk=risk + 0.1)
    assert value() <= value(compared="population")


def test_the_second_form_holds_up_to_a_constant():
    bound = contrastive(0.5, 10**6, tau=0.1, different_class_risk=0.4, deviation=0.3, **SURE)
    assert bound.kind == "up-to-constant" and bound.delta is None
    gen = bound.components["Gen"]
    assert bound.value == pytest.approx(0.4 + 0.1 / 0.9 * 0.3 + gen / 0.9, rel=1e-12)
    twice = contrastive(0.5, 10**6, tau=0.1, different_class_risk=0.4, deviation=0.3, constant=2.0, **SURE)
    assert twice.value - bound.value == pytest.approx(0.1 / 0.9 * 0.3, rel=1e-9)


# reference -----------------------------------------------------------------------------------------------------------
def test_the_formula():
    n, r, c, delta = 10**5, 2.0, 500.0, 0.05
    gen = 4 * math.sqrt(3) * r * c / n + 2 * (1 + 2 * r**2) * math.sqrt(math.log(2 / delta) / (2 * n))
    bound = contrastive(0.5, n, tau=0.2, radius=r, complexity=c, compared="population")
    assert bound.value == pytest.approx((0.5 - 0.2 + gen) / 0.8, rel=1e-12)


# errors --------------------------------------------------------------------------------------------------------------
def test_a_loss_below_chance_warns():
    with pytest.warns(AssumptionWarning, match="risk is 0.05, below tau = 0.2"):
        bound = contrastive(0.05, 100, tau=0.2, **SURE)
    assert bound.warnings and bound.value >= 0


@pytest.mark.parametrize(
    "options, error, words",
    [
        ({"tau": 1.0}, InvalidParameterError, "tau is 1.0; it must be below 1"),
        ({"tau": -0.1}, InvalidParameterError, "tau is -0.1"),
        ({}, InvalidParameterError, "exactly one of tau and class_probabilities"),
        ({"class_probabilities": [0.5, 0.4]}, InvalidDataError, "sum to 0.9"),
        ({"tau": 0.1, "loss": "square"}, InvalidParameterError, "loss is 'square'"),
        ({"tau": 0.1, "deviation": 0.1}, InvalidParameterError, "both different_class_risk and deviation"),
        ({"tau": 0.1, "constant": 0.1}, InvalidParameterError, "constant is used with"),
        ({"tau": 0.1, "radius": 0}, InvalidParameterError, "radius is 0"),
        ({"tau": 0.1, "complexity": -1}, InvalidParameterError, "complexity is -1"),
    ],
)
def test_what_is_refused(options, error, words):
    with pytest.raises(error, match=words):
        contrastive(0.5, 100, **(SURE | options))
