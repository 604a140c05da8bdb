"""Arbitrary input at the bounds from formulas: a sound result or an error of ours that says something."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import RidgeClassifier

from stattools import bounds
from stattools.bounds.table import BoundTable
from stattools.exceptions import StattoolsError, StattoolsWarning
from stattools.results import BoundResult

NUMBERS = st.one_of(
    st.floats(),
    st.integers(-3, 40),
    st.sampled_from([0, 1, 0.5, 1e-300, 5e-324, 1e300, 10**12, 10**400, math.inf, -math.inf, math.nan]),
)
THINGS = st.one_of(
    NUMBERS,
    st.none(),
    st.booleans(),
    st.text(max_size=4),
    st.lists(NUMBERS, max_size=4),
    st.lists(st.lists(st.floats(-5, 5), min_size=2, max_size=2), max_size=3).map(np.array),
    st.just({}),
    st.just(object()),
    st.just(np.array(["a", "b"])),
    st.just(1j),
)
W = [[1.0, 0.5], [0.0, 1.0]]
CALLS = {
    "pac_bayes": {
        "risk": 0.1,
        "kl": 3.0,
        "n": 100,
        "method": "all",
        "delta": 0.05,
        "xi": "exact",
        "lam": 1.0,
        "beta": 1.0,
        "mc_samples": 10,
        "delta_mc": 0.01,
        "loss_range": (0, 1),
    },
    "pac_bayes_values": {
        "risk": [0.1, 0.2],
        "kl": 3.0,
        "n": 100,
        "method": "catoni",
        "delta": 0.05,
        "xi": "maurer",
        "lam": None,
        "beta": None,
    },
    "occam": {"risk": 0.1, "n": 100, "log_prior": -3.0, "method": "binomial", "delta": 0.05},
    "posterior_risk": {"risk": 0.1, "mc_samples": 10, "delta_mc": 0.05},
    "maurer_xi": {"n": 3},
    "gaussian_kl": {"mean": [0.0, 1.0], "variance": 1.0, "prior_mean": 0.0, "prior_variance": 2.0},
    "laplace_kl": {"location": [0.0, 1.0], "scale": 1.0, "prior_location": 0.0, "prior_scale": 2.0},
    "vc": {"risk": 0.1, "n": 100, "dimension": 3, "method": "all", "growth": "closed", "delta": 0.05},
    "rademacher": {
        "risk": 0.1,
        "complexity": 0.1,
        "n": 100,
        "of": "scores",
        "empirical": True,
        "lipschitz": 1.0,
        "delta": 0.05,
    },
    "rademacher_linear": {"X": W, "norm_bound": 1.0, "norm": "l1"},
    "rademacher_kernel": {"gram": W, "norm_bound": 1.0},
    "rademacher_finite": {"outputs": W, "count": 3},
    "rademacher_network": {"layers": [W, W], "X": W, "x_norm": None, "n": None},
    "rademacher_monte_carlo": {"outputs": W, "supremum": None, "envelope": None, "n_draws": 5, "delta": 0.1, "rng": 0},
    "spectral_complexity": {"layers": [W, W], "reference": [W, W], "lipschitz": 1.0},
    "margin": {
        "margins": [0.5, 1.0],
        "complexity": 0.1,
        "rho": 1.0,
        "rho_max": 2.0,
        "loss": "ramp",
        "empirical": True,
        "delta": 0.1,
    },
    "compression": {"errors": 3, "n": 100, "k": 4, "messages": 3, "log_messages": None, "method": "kl", "delta": 0.05},
    "stability": {
        "risk": 0.1,
        "beta": 0.1,
        "n": 100,
        "estimate": "empirical",
        "definition": "replace",
        "loss_bound": 1.0,
        "delta": 0.05,
    },
    "stability_coefficient": {
        "algorithm": "kernel",
        "n": 100,
        "lipschitz": 1.0,
        "kernel_bound": 1.0,
        "regularization": 1.0,
        "step_sizes": None,
        "convexity": None,
    },
    "mutual_information": {"information": 1.0, "n": 3, "method": "individual", "sigma": 1.0, "risk": 0.1},
    "contrastive": {
        "risk": 0.5,
        "n": 100,
        "tau": 0.1,
        "class_probabilities": None,
        "radius": 1.0,
        "complexity": 1.0,
        "loss": "logistic",
        "compared": "empirical",
        "different_class_risk": 0.4,
        "deviation": 0.1,
        "constant": 1.0,
        "delta": 0.05,
    },
    "contrastive_identity": {"different_class_risk": 0.1, "same_class_risk": 1.0, "tau": 0.1},
    "sphere_eigenvalues": {"kernel": bounds.step_kernel, "dim": 3, "kmax": 5, "n_nodes": 20},
    "sphere_multiplicities": {"dim": 3, "kmax": 4},
    "neurons_rkhs": {"norm": 1.0, "eps": 0.1, "phi_sq": 1.0},
    "neurons_barron": {"constant": 1.0, "radius": 1.0, "eps": 0.1},
    "rkhs_norm": {"f": [1.0, 2.0], "gram": [[2.0, 0.5], [0.5, 1.0]], "eigenvalues": None, "regularization": 0.1},
    "decay_test": {
        "eigenvalues": [1.0, 0.5, 0.2, 0.1, 0.05, 0.02],
        "dim": 3,
        "degrees": (1, 5),
        "parity": "all",
        "order": "rank",
    },
    "f1_complexity": {
        "layers": [(W, W), (W, W, [0.0, 1.0])],
        "lipschitz": [1.0, 1.0],
        "n": 100,
        "constant": 1.0,
        "radius": 1.0,
        "loss_lipschitz": 1.0,
        "loss_bound": 1.0,
        "log_power": 1.0,
        "risk": 0.1,
        "delta": 0.05,
    },
    "majority_vote": {
        "votes": [[0, 1], [1, 1]],
        "y": [0, 1],
        "valid": None,
        "weights": None,
        "prior": None,
        "method": "all",
        "xi": "exact",
        "delta": 0.05,
    },
    "log_growth": {"n": 10, "dimension": 3},
}
HUGE = {"rademacher_monte_carlo": "n_draws", "sphere_eigenvalues": "n_nodes"}  # numbers that cost time


ROWS = st.sampled_from([1.0, 1e-50, 1e-12, 1e12, 1e50, 1e200]).flatmap(
    lambda scale: hnp.arrays(
        np.float64,
        st.tuples(st.integers(2, 20), st.integers(1, 4)),
        elements=st.one_of(st.floats(-1, 1).map(lambda v: round(v, 2)), st.sampled_from([0.0, 1.0])),
    ).map(lambda a: a * scale)
)
LABELS = st.lists(st.one_of(st.sampled_from([0, 1]), st.sampled_from(["a", "b", None])), min_size=20, max_size=20)


def sound(result):
    for bound in result if isinstance(result, BoundTable) else [result]:
        if isinstance(bound, BoundResult):
            assert not math.isnan(bound.value) and bound.value <= bound.largest
            assert bound.vacuous == (not bound.value < bound.largest)
            assert str(bound) and type(bound).from_json(bound.to_json()) == bound
        elif isinstance(bound, (float, np.ndarray)):
            assert not np.isnan(bound).any()


@pytest.mark.parametrize("name", CALLS)
def test_the_call_itself_is_sound(name):
    sound(getattr(bounds, name)(**CALLS[name]))


@pytest.mark.parametrize("name", CALLS)
@given(data=st.data())
def test_any_one_argument_may_be_anything(name, data):
    changed = data.draw(st.sampled_from(sorted(CALLS[name])))
    value = data.draw(THINGS)
    if isinstance(value, (int, float)) and abs(value) > 1e4 and changed in ("kmax", "dimension", HUGE.get(name)):
        value = 50
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", StattoolsWarning)
        try:
            result = getattr(bounds, name)(**(CALLS[name] | {changed: value}))
        except StattoolsError as error:
            assert str(error)
            return
    sound(result)


def outcome(function, *args, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", StattoolsWarning)
        try:
            return function(*args, **kwargs)
        except StattoolsError as error:
            assert str(error)
            return None


@given(rows=ROWS, labels=st.one_of(LABELS, st.just([0, 1] * 10)), share=st.floats(0.2, 0.8), seed=st.integers(0, 5))
def test_linear_certificates_cope_with_ties_and_extreme_scales(rows, labels, share, seed):
    model = RidgeClassifier(solver="svd")
    found = outcome(bounds.linear_certificate, model, rows, labels[: len(rows)], prior_fraction=share, rng=seed)
    if found is not None:
        sound(found)
        assert 0 <= found.empirical_risk <= found.value <= 1


@settings(max_examples=20)
@given(rows=ROWS, seed=st.integers(0, 5))
def test_forest_certificates_cope_with_ties_and_extreme_scales(rows, seed):
    y = np.arange(len(rows)) % 2
    rows = np.clip(rows, -1e30, 1e30)  # trees keep single precision
    forest = RandomForestClassifier(4, random_state=seed).fit(rows, y)
    found = outcome(bounds.forest_certificate, forest, rows, y)
    if found is not None:
        sound(found)


@given(
    votes=st.one_of(THINGS, st.just([[0, 1, 1]])), y=st.one_of(THINGS, st.just([0, 1, 1])), valid=THINGS, weights=THINGS
)
def test_votes_may_be_anything(votes, y, valid, weights):
    found = outcome(bounds.majority_vote, votes, y, valid=valid, weights=weights)
    if found is not None:
        sound(found)


@given(estimator=THINGS, X=THINGS, y=THINGS)
def test_certificates_of_anything(estimator, X, y):
    assert outcome(bounds.linear_certificate, estimator, X, y) is None
    assert outcome(bounds.forest_certificate, estimator, X, y) is None
