"""Sizes at which bounds reach a target."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from stattools.bounds import compression, pac_bayes, risk_limit, sample_size, test_set, vc
from stattools.bounds.named import BOUNDS
from stattools.bounds.sample_sizes import _Search
from stattools.exceptions import InvalidParameterError

OPTIONS = {
    "binomial": {},
    "kl": {},
    "hoeffding": {},
    "hoeffding_bentkus": {},
    "bernstein": {"variance": 0.05},
    "bennett": {"variance": 0.05},
    "empirical_bernstein": {"variance": 0.05},
    "unexpected_bernstein": {},
    "pac_bayes_kl": {"kl": 3.0},
    "pac_bayes_mcallester": {"kl": 3.0},
    "pac_bayes_quadratic": {"kl": 3.0, "xi": "exact"},
    "pac_bayes_lambda": {"kl": 3.0, "lam": 0.7},
    "pac_bayes_refined_pinsker": {"kl": 3.0},
    "pac_bayes_catoni": {"kl": 3.0},
    "occam": {"log_prior": -5.0},
    "vc_vapnik": {"dimension": 2},
    "vc_relative": {"dimension": 2},
    "vc_mohri": {"dimension": 2, "growth": "sauer"},
    "compression": {"k": 3},
    "xu_raginsky": {"information": 2.0},
    "cmi": {"information": 2.0},
}


def options_of(name, risk):
    options = {"risk": risk, **OPTIONS[name]}
    return options | {"second_moment": 0.7 * risk} if name == "unexpected_bernstein" else options


# naive ---------------------------------------------------------------------------------------------------------------
def first_by_trying(name, target, delta, n_max, options):
    """The first of all sizes up to n_max whose value is at most the target."""
    spec = BOUNDS[name]
    sizes = np.arange(spec.smallest(options), n_max + 1.0)
    reached = spec.values(sizes, np.full(sizes.shape, delta), options) <= target
    return int(sizes[np.argmax(reached)]) if reached.any() else None


def test_every_name_is_tried():
    assert set(OPTIONS) == set(BOUNDS)


@pytest.mark.parametrize("name", OPTIONS)
@given(
    risk=st.one_of(st.sampled_from([0.0, 0.01, 0.1, 0.25, 1 / 3]), st.floats(0.001, 0.4)),
    distance=st.floats(0.02, 0.4),
    delta=st.sampled_from([0.05, 0.3, 1e-4]),
)
def test_the_size_is_the_first_that_reaches_the_target(name, risk, distance, delta):
    options = options_of(name, risk)
    given_delta = {"delta": delta} if BOUNDS[name].kind == "high-probability" else {}
    one_by_one = name.startswith("vc") or name in ("compression", "xu_raginsky", "cmi", "unexpected_bernstein")
    n_max = 150 if one_by_one else 3000
    target = risk + distance
    wanted = first_by_trying(name, target, delta, n_max, options)
    if wanted is not None:
        assert sample_size(name, target, **given_delta, **options) == wanted
        assert sample_size(name, target, **given_delta, n_max=wanted, **options) == wanted
    else:
        with pytest.raises(InvalidParameterError, match="where the search ends"):
            sample_size(name, target, **given_delta, n_max=n_max, **options)


@pytest.mark.parametrize("risk, target", [(0.1, 0.1013), (0.1, 0.103), (0.3, 0.3017), (0.01, 0.0107)])
def test_close_targets_between_errors(risk, target):
    n = sample_size("binomial", target, risk=risk)
    values = binomial_values(np.arange(max(1, n - 20_000), n + 1.0), risk)
    assert values[-1] <= target and (values[:-1] > target).all()


@pytest.mark.parametrize("risk", [0.1, 0.1003, 1 / 3, 0.25 + 1e-7, 0.01717171])
def test_numbers_of_errors_with_few_values_tried(risk):
    """The search among numbers of errors finds what trying all of them finds."""
    target = risk + 3e-4
    search = _Search(BOUNDS["binomial"], {"risk": risk}, target, 0.05, 2**50)
    found = sample_size("binomial", target, risk=risk)
    errors = int(np.ceil(risk * found))
    window = np.arange(max(1, errors - 3000), errors + 1.0)
    reached = search.values(search._last(window)) <= target
    assert reached.any() and int(window[np.argmax(reached)]) == errors


def test_a_first_size_for_each_bound():
    # one loss suffices where the variance is known; a variance estimated from it does not exist
    assert sample_size("bernstein", 0.5, variance=0.0, delta=0.5) == 1
    assert sample_size("bennett", 0.5, variance=0.0, delta=0.5) == 1
    assert BOUNDS["empirical_bernstein"].smallest({}) == 2


def binomial_values(sizes, risk):
    return BOUNDS["binomial"].values(sizes, np.full(sizes.shape, 0.05), {"risk": risk})


# reference -----------------------------------------------------------------------------------------------------------
def test_closed_forms():
    # rule of three: (1 - p)^n <= delta; Hoeffding: ln(1 / delta) / (2 gap^2)
    assert sample_size("binomial", 0.01) == math.ceil(math.log(0.05) / math.log(0.99)) == 299
    assert sample_size("binomial", 1e-6) == math.ceil(math.log(0.05) / math.log1p(-1e-6))
    assert sample_size("hoeffding", 0.11, risk=0.1) == math.ceil(math.log(20) / 2e-4)
    assert sample_size("xu_raginsky", 0.0501, information=10.0) == math.ceil(10.0 / (2 * 0.0501**2))


@pytest.mark.parametrize(
    "name, target, options, bound",
    [
        ("binomial", 0.1, {}, lambda n: test_set(errors=0, n=n)),
        ("kl", 0.15, {"risk": 0.1}, lambda n: risk_limit(0.1, n)),
        ("pac_bayes_kl", 0.15, {"risk": 0.1, "kl": 20.0}, lambda n: pac_bayes(0.1, 20.0, n)),
        ("vc_vapnik", 0.3, {"risk": 0.1, "dimension": 4}, lambda n: vc(0.1, n, 4)),
        ("compression", 0.2, {"k": 3}, lambda n: compression(0, n, 3) if n > 3 else 1.0),
    ],
)
def test_a_function_gives_what_its_name_gives(name, target, options, bound):
    n = sample_size(name, target, **options)
    assert sample_size(bound, target) == n
    for size, reached in ((n, True), (n - 1, False)):
        value = bound(size)
        assert (getattr(value, "value", value) <= target) is reached


# property ------------------------------------------------------------------------------------------------------------
def test_functions_may_take_delta():
    bound = lambda n, delta: math.sqrt(math.log(1 / delta) / (2 * n))
    assert sample_size(bound, 0.1, delta=0.01) == math.ceil(math.log(100) / 0.02)


@pytest.mark.parametrize("name", [name for name in OPTIONS if BOUNDS[name].kind == "high-probability"])
def test_more_certainty_needs_no_fewer_data(name):
    sizes = [sample_size(name, 0.3, delta=delta, **options_of(name, 0.05)) for delta in (0.2, 0.05, 0.01)]
    assert sizes == sorted(sizes)


def test_large_sizes():
    # neighbours differ by less than rounding; the closed form is right to the digits that a double has
    n = sample_size("hoeffding", 0.1 + 1e-6, risk=0.1)
    assert n == pytest.approx(math.log(20) / 2e-12, rel=1e-9)
    # a risk of 0.1 and a normal approximation of its binomial tail
    n = sample_size("binomial", 0.1 + 1e-5, risk=0.1)
    assert n == pytest.approx(0.09 * 1.6448536**2 / 1e-10, rel=1e-3)


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "arguments, options, message",
    [
        (("hoefding", 0.2), {}, "bound is 'hoefding'.*did you mean 'hoeffding'"),
        ((3, 0.2), {}, "bound is 3"),
        (("kl", 0.1), {"risk": 0.1}, "target is 0.1; 'kl' stays above the empirical risk 0.1"),
        (("kl", float("nan")), {}, "target is nan"),
        (("kl", "x"), {}, "target is 'x'"),
        (("kl", 0.2), {"delta": 0}, "delta is 0"),
        (("kl", 0.2), {"risk": -0.1}, "risk is -0.1"),
        (("kl", 0.2), {"variance": 0.1}, "variance is no setting of kl, which takes risk"),
        (("bernstein", 0.2), {}, "variance is missing; 'bernstein' needs risk, variance"),
        (("pac_bayes_kl", 0.2), {"kl": -1.0}, "kl is -1"),
        (("pac_bayes_kl", 0.2), {"kl": [1.0, 2.0]}, "kl is "),
        (("pac_bayes_lambda", 0.2), {"kl": 1.0, "lam": [0.5, 1.0]}, "lam is "),
        (("empirical_bernstein", 0.9), {"variance": 0.1, "n_max": 1}, "n_max is 1; the bound needs at least 2 data"),
        (("compression", 0.9), {"risk": 0.1, "k": 50, "n_max": 10}, "n_max is 10; the bound needs at least 51 data"),
        (("vc_vapnik", 0.2), {"dimension": 0}, "dimension is 0"),
        (("unexpected_bernstein", 0.3), {"risk": 0.1, "second_moment": 0.2}, "second_moment is 0.2"),
        (("kl", 1e-6), {"n_max": 1000}, "target is 1e-06; the bound is 0.00299.* at n = 1000"),
        (("kl", 0.2), {"n_max": 0}, "n_max is 0"),
        (("compression", 0.2), {"k": -1}, "k is -1"),
        ((lambda n: "x", 0.2), {}, "bound returned a str for n = 1"),
        ((lambda n: float("nan"), 0.2), {}, "bound returned NaN for n = 1"),
        ((lambda n: 1.0, 0.2), {}, "the bound is 1 at n = "),
        ((lambda n: 1 / n, 0.2), {"risk": 0.1}, "risk is no setting of a function"),
        (("binomial", 5), {}, r"target is 5; a risk in \[0, 1\] is below that without any data"),
        (("cmi", 0.2), {"information": 1.0, "delta": 0.01}, "delta is given, and cmi holds on average"),
        ((lambda n: test_set(errors=0, n=n), 0.05), {"delta": 1e-6}, "does not take it; leave it out, or write a func"),
        ((lambda n: test_set(errors=0, n=n, alternative="lower"), 0.05), {}, "bound returned a lower bound for n = 1"),
        ((lambda n: dataclasses.replace(test_set(errors=0, n=n), diagnostic="x"), 0.05), {}, "returned a diagnostic"),
        ((test_set, 0.05), {}, "bound cannot be computed for n = 1: losses has shape"),
        ((lambda n: test_set(errors=0, n=n, method="all"), 0.05), {}, "bound returned a BoundTable for n = 1"),
    ],
)  # fmt: skip
def test_refused(arguments, options, message):
    with pytest.raises(InvalidParameterError, match=message):
        sample_size(*arguments, **options)
