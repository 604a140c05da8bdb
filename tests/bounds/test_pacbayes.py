import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given, strategies as st

from stattools import bounds
from stattools.bounds import maurer_xi, occam, pac_bayes, pac_bayes_values, posterior_risk
from stattools.bounds.pacbayes_forms import METHODS
from stattools.exceptions import InvalidDataError, InvalidParameterError
from stattools.results.base import Result
from tests import naive_bounds_pac as naive
from tests.helpers import assert_snapshot

RISKS, DIVERGENCES = st.floats(0, 1), st.floats(0, 1e4)
SIZES, LEVELS = st.integers(1, 10**7), st.floats(1e-9, 0.5)
ROUNDING = 1 + 1e-12  # every bound is raised by a few roundings, not all by equally many


# naive ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("n", [1, 2, 3, 7, 8, 23, 24, 25, 100, 331])
def test_xi_equals_its_sum(n):
    assert maurer_xi(n) == pytest.approx(naive.xi(n), rel=1e-13)  # Stirling's series and gammaincc


@pytest.mark.parametrize("n", [1, 10, 500])
@pytest.mark.parametrize("p", [0.01, 0.3, 0.9])
def test_xi_is_the_mean_of_the_exponential(n, p):
    from scipy import stats

    k = np.arange(n + 1)
    mean = sum(math.exp(stats.binom.logpmf(j, n, p) + n * naive.binary_kl(j / n, p)) for j in k)
    assert maurer_xi(n) == pytest.approx(mean, rel=1e-9)  # binomial masses in double precision


@pytest.mark.parametrize("q, kl, n", [(0.0, 3.0, 50), (0.1, 100.0, 60000), (0.5, 0.0, 10), (1.0, 1.0, 10)])
def test_kl_form_equals_bisection(q, kl, n):
    cost = (kl + math.log(2 * math.sqrt(n) / 0.05)) / n
    assert pac_bayes(q, kl, n).value == pytest.approx(naive.kl_upper(q, cost), rel=1e-12)  # bisection's last step


# property ------------------------------------------------------------------------------------------------------------
@given(q=RISKS, kl=DIVERGENCES, n=SIZES, delta=LEVELS, xi=st.sampled_from(["maurer", "exact"]))
def test_orderings(q, kl, n, delta, xi):
    bound = {m: pac_bayes_values(q, kl, n, m, delta=delta, xi=xi) for m in METHODS if m != "catoni"}
    assert q <= bound["kl"] <= 1
    assert bound["kl"] <= bound["quadratic"] * ROUNDING <= bound["refined_pinsker"] * ROUNDING**2
    assert bound["kl"] <= bound["mcallester"] * ROUNDING
    assert bound["lambda"] == pytest.approx(bound["quadratic"], rel=1e-12)  # the same number by two formulas


@given(q=RISKS, kl=DIVERGENCES, n=SIZES, delta=LEVELS, lam=st.floats(0.01, 1.99))
def test_no_lambda_beats_the_best(q, kl, n, delta, lam):
    best = pac_bayes_values(q, kl, n, "lambda", delta=delta)
    assert best <= pac_bayes_values(q, kl, n, "lambda", delta=delta, lam=lam) * ROUNDING


@given(q=RISKS, kl=DIVERGENCES, n=SIZES, delta=LEVELS, beta=st.floats(1e-3, 20))
def test_catoni_stays_above_its_envelope(q, kl, n, delta, beta):
    envelope = float(bounds.kl_inverse(q, (kl - math.log(delta)) / n))
    value = pac_bayes_values(q, kl, n, "catoni", delta=delta, beta=beta)
    # at beta = 1e-3 the form divides two small numbers, each exact to rounding
    assert envelope <= min(value, 1.0) * (1 + 1e-11)


@given(q=st.floats(0.01, 0.5), cost=st.floats(1e-3, 0.5))
def test_catoni_reaches_its_envelope_at_the_stated_beta(q, cost):
    n, delta = 1000, 0.05
    kl = 1000 * cost
    p = naive.kl_upper(q, (kl - math.log(delta)) / n)
    beta = math.log(p * (1 - q) / (q * (1 - p)))
    value = pac_bayes_values(q, kl, n, "catoni", delta=delta, beta=beta)
    assert value == pytest.approx(p, rel=1e-9)  # beta comes from p, which bisection knows to 1e-16, divided by 1 - p


@given(n=SIZES)
def test_the_exact_constant_is_between_its_bounds(n):
    assert math.sqrt(n) <= maurer_xi(n) <= 2 * math.sqrt(n) * (1 + 1e-15)  # equality at n = 1


@pytest.mark.parametrize("method", METHODS)
@given(q=st.floats(0, 0.9), kl=st.floats(0, 1e3), n=st.integers(2, 10**6), delta=st.floats(1e-6, 0.4))
def test_bounds_move_the_right_way(method, q, kl, n, delta):
    options = {"beta": 1.0} if method == "catoni" else {}  # the default grid depends on n
    value = lambda *a, d=delta: pac_bayes_values(*a, method, delta=d, **options)
    here = value(q, kl, n)
    assert here <= value(q + 0.05, kl, n) * ROUNDING
    assert here <= value(q, kl + 1, n) * ROUNDING
    assert here >= value(q, kl, 2 * n) / ROUNDING
    assert here >= value(q, kl, n, d=2 * delta) / ROUNDING


@given(q=RISKS, kl=DIVERGENCES, n=SIZES, delta=LEVELS)
def test_closed_forms_are_rounded_upwards(q, kl, n, delta):
    with localcontext() as context:
        context.prec = 40
        cost = (Decimal(kl) + (2 * Decimal(n).sqrt() / Decimal(delta)).ln()) / n
        half = cost / 2
        exact = {
            "mcallester": Decimal(q) + half.sqrt(),
            "quadratic": ((Decimal(q) + half).sqrt() + half.sqrt()) ** 2,
            "refined_pinsker": Decimal(q) + (2 * Decimal(q) * cost).sqrt() + 2 * cost,
        }
        for method, value in exact.items():
            assert Decimal(pac_bayes_values(q, kl, n, method, delta=delta)) >= value


def test_two_forms_have_no_order():
    assert pac_bayes_values(0.0, 10, 60000, "quadratic") < pac_bayes_values(0.0, 10, 60000, "mcallester")
    assert pac_bayes_values(0.3, 2e4, 60000, "quadratic") == pytest.approx(1.19, abs=5e-3)  # two digits are printed
    assert pac_bayes_values(0.3, 2e4, 60000, "mcallester") == pytest.approx(0.708, abs=5e-4)


def test_values_broadcast():
    values = pac_bayes_values([[0.0], [0.1]], [1.0, 10.0, 100.0], 1000, delta=[0.1, 0.05, 0.01])
    assert values.shape == (2, 3)
    assert values[1, 2] == pac_bayes(0.1, 100.0, 1000, delta=0.01).value
    catoni = pac_bayes_values(0.1, 10.0, [100, 10000], "catoni")
    assert catoni[1] == pac_bayes(0.1, 10.0, 10000, "catoni").value


def test_values_at_several_lambdas():
    rates = np.array([0.1, 1.0, 1.9])
    values = pac_bayes_values(0.1, 10.0, 1000, "lambda", lam=rates)
    assert values.tolist() == [pac_bayes_values(0.1, 10.0, 1000, "lambda", lam=lam) for lam in rates]
    assert pac_bayes_values([[0.1], [0.2]], 10.0, 1000, "lambda", lam=rates).shape == (2, 3)
    refused = {(1.0, 5.0): "lam has 5.0 at index 1", (1.0, 2.0): "lam has 2.0", (0.0, 1.0): "lam has 0.0"}
    for lam, words in refused.items():
        with pytest.raises(InvalidParameterError, match=words):
            pac_bayes_values(0.1, 10.0, 1000, "lambda", lam=lam)
    with pytest.raises(InvalidParameterError, match="lam have shapes .*, which do not broadcast"):
        pac_bayes_values([0.1, 0.2], 10.0, 1000, "lambda", lam=rates)


@pytest.mark.parametrize("method", [*METHODS, "all"])
def test_an_infinite_divergence_promises_nothing(method):
    found = pac_bayes(0.0, math.inf, 100, method)
    for bound in found if method == "all" else [found]:
        assert bound.value == 1 and bound.vacuous


def test_a_larger_value_is_shown_and_not_hidden():
    bound = pac_bayes(0.3, 2e4, 10_000, "quadratic")
    assert bound.value == 1 and bound.vacuous
    assert bound.components["before the limit"] == pac_bayes_values(0.3, 2e4, 10_000, "quadratic") > 1
    assert "cannot exceed 1" in bound.notes[0]


def test_another_range_of_losses_is_a_change_of_units():
    plain, scaled = pac_bayes(0.1, 5.0, 1000), pac_bayes(12.0, 5.0, 1000, loss_range=(10, 30))
    assert scaled.value == pytest.approx(10 + 20 * plain.value, rel=1e-14) and scaled.largest == 30


def test_the_best_of_a_grid_pays_for_its_size():
    grid = [0.5, 1.0, 2.0]
    together = pac_bayes(0.1, 100, 60000, "catoni", beta=grid)
    apart = min(pac_bayes(0.1, 100, 60000, "catoni", beta=b, delta=0.05 / 3).value for b in grid)
    assert together.value == pytest.approx(apart, rel=1e-14) and together.components["grid"] == 3


def test_the_default_grid_is_close_to_the_envelope():
    for q, kl, n in [(0.0, 10, 10**4), (0.1, 100, 60000), (0.4, 1000, 10**5), (0.01, 1, 300)]:
        price = math.log(pac_bayes(q, kl, n, "catoni").components["grid"])
        envelope = float(bounds.kl_inverse(q, (kl + price - math.log(0.05)) / n))
        # beside the best beta by at most sqrt(2), the gap grows by (sqrt(2) + 1/sqrt(2)) / 2 = 1.06 to leading order
        assert pac_bayes(q, kl, n, "catoni").value - q <= 1.1 * (envelope - q)


def test_monte_carlo_layer():
    bound = pac_bayes(0.1, 100, 60000, mc_samples=150_000, delta_mc=0.01)
    raised = posterior_risk(0.1, 150_000, 0.01)
    assert raised == pytest.approx(naive.kl_upper(0.1, math.log(200) / 150_000), rel=1e-12)
    assert bound.value == pac_bayes(raised, 100, 60000).value
    assert bound.delta == pytest.approx(0.06) and bound.empirical_risk == 0.1


def test_occam_is_a_test_set_bound_at_a_share_of_delta():
    assert occam(0.1, 1000, 0.01).value == pytest.approx(naive.kl_upper(0.1, math.log(100 / 0.05) / 1000), rel=1e-12)
    exact = occam(0.1, 1000, 0.01, method="binomial").value
    assert exact == pytest.approx(float(bounds.binomial_tail_inverse(100, 1000, 0.05 * 0.01)), rel=1e-12)
    assert exact < occam(0.1, 1000, 0.01).value
    assert occam(0.1, 1000, log_prior=math.log(0.01)).value == pytest.approx(occam(0.1, 1000, 0.01).value, rel=1e-14)
    assert occam(0.0, 1000, 0.0).vacuous and occam(0.0, 10, log_prior=-1e5).value > 0.99
    assert occam(0.0, 1000, log_prior=-math.inf, method="binomial").vacuous


def test_results_are_stored_and_printed():
    table = pac_bayes(0.1, 100, 60000, "all")
    assert Result.from_json(table.to_json()) == table and list(table.keys) == list(METHODS)
    assert "PAC-Bayes bounds" in str(table) and "up" not in table["kl"].kind
    assert "drawn anew from the posterior" in str(table["kl"])
    assert any("divide delta by 2" in note for note in table.notes)
    assert "with probability at least 0.95 if it was named beforehand" in table.report()


# reference -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "n, value",
    [(1, 2), (2, 2.5), (3, 26 / 9), (8, 4.24502), (100, 13.20996), (10**4, 125.99912), (10**6, 1253.98091)],
)
def test_xi_at_published_sizes(n, value):
    assert maurer_xi(n) == pytest.approx(value, abs=5e-6)  # printed to five decimals


def test_xi_at_a_huge_size():
    n = 10**12  # sqrt(pi n / 2) + 2/3 + ..., Ramanujan's expansion
    expansion = math.sqrt(math.pi * n / 2) + 2 / 3 + math.sqrt(math.pi / (2 * n)) / 12
    assert maurer_xi(n) == pytest.approx(expansion, rel=1e-12)  # gammaincc at a = x = 1e12


@pytest.mark.parametrize(
    "risk, kl, values",
    [
        (0.1, 100, {"kl": 0.1190646803, "mcallester": 0.1301648152, "quadratic": 0.1209843363, "lambda": 0.1209843363}),
        (0, 10, {"kl": 0.0003197810154, "mcallester": 0.0126457929, "quadratic": 0.0006396643125}),
    ],
)
def test_reference_values(risk, kl, values):
    # n = 60000, delta = 0.05; recomputed here from the closed forms, and by bisection for kl
    cost = (kl + math.log(2 * math.sqrt(60000) / 0.05)) / 60000
    closed = {
        "kl": naive.kl_upper(risk, cost),
        "mcallester": risk + math.sqrt(cost / 2),
        "quadratic": (math.sqrt(risk + cost / 2) + math.sqrt(cost / 2)) ** 2,
    }
    for method, value in values.items():
        assert pac_bayes(risk, kl, 60000, method).value == pytest.approx(value, rel=1e-9)  # ten digits are printed
        assert pac_bayes(risk, kl, 60000, method).value == pytest.approx(closed.get(method, value), rel=1e-9)


def test_reference_value_of_catoni():
    assert pac_bayes(0.1, 100, 60000, "catoni", beta=1.0).value == pytest.approx(0.1530000695, rel=1e-9)


@pytest.mark.parametrize(
    "method, risk, slope, tolerance",
    [
        ("mcallester", 0.1, -0.5, 0.05),
        ("kl", 0.1, -0.5, 0.05),
        ("kl", 0.0, -1.0, 0.1),
        ("quadratic", 0.0, -1.0, 0.1),
        ("refined_pinsker", 0.0, -1.0, 0.1),
    ],
)
def test_rates_at_a_fixed_divergence(method, risk, slope, tolerance):
    # the tolerance leaves room for ln(2 sqrt(n)) beside KL
    n = np.array([10**5, 10**6, 10**7])
    gaps = pac_bayes_values(risk, 100.0, n, method) - risk
    assert np.polyfit(np.log(n), np.log(gaps), 1)[0] == pytest.approx(slope, abs=tolerance)


# calibration ---------------------------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("inverse_temperature", [0.0, 1.0, 20.0, 1e6])
def test_coverage_for_posteriors_that_depend_on_the_data(method, inverse_temperature):
    rng = np.random.default_rng(1)
    n, delta, repeats, rules = 40, 0.2, 4000, 30
    risks = np.linspace(0.05, 0.6, rules)
    errors = rng.binomial(n, risks, size=(repeats, rules)) / n
    logits = -inverse_temperature * errors
    posterior = np.exp(logits - logits.max(axis=1, keepdims=True))
    posterior /= posterior.sum(axis=1, keepdims=True)
    kl = np.sum(np.where(posterior > 0, posterior * np.log(np.maximum(posterior * rules, 1e-300)), 0), axis=1)
    options = {} if method == "catoni" else {"xi": "exact"}  # catoni has no such constant
    bound = pac_bayes_values((posterior * errors).sum(axis=1), np.maximum(kl, 0), n, method, delta=delta, **options)
    failures = np.mean(bound < posterior @ risks)
    assert failures <= delta + 3 * math.sqrt(delta * (1 - delta) / repeats)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["kl", "binomial"])
def test_coverage_of_occam_for_the_rule_that_looks_best(method):
    rng = np.random.default_rng(2)
    n, delta, repeats, rules = 30, 0.2, 1500, 10
    risks = np.full(rules, 0.3)
    failures = 0
    for errors in rng.binomial(n, risks, size=(repeats, rules)):
        failures += occam(errors.min() / n, n, 1 / rules, method=method, delta=delta).value < 0.3
    assert failures / repeats <= delta + 3 * math.sqrt(delta * (1 - delta) / repeats)


@pytest.mark.slow
def test_coverage_when_the_posterior_is_sampled():
    rng = np.random.default_rng(3)
    n, delta, repeats, rules, draws, failures = 40, 0.1, 1000, 10, 20, 0
    risks = np.linspace(0.2, 0.5, rules)
    for errors in rng.binomial(n, risks, size=(repeats, rules)) / n:
        posterior = np.exp(-3 * errors)
        posterior /= posterior.sum()
        kl = float(posterior @ np.log(posterior * rules))
        sampled = float(rng.choice(errors, draws, p=posterior).mean())
        bound = pac_bayes(sampled, kl, n, delta=delta, mc_samples=draws, delta_mc=delta, xi="exact")
        failures += bound.value < posterior @ risks
    assert failures / repeats <= 2 * delta


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "arguments, options, words",
    [
        ((1.2, 1, 10), {}, "risk is 1.2; it must be at least 0.0 and at most 1.0"),
        ((0.1, -1, 10), {}, "kl is -1"),
        ((0.1, math.nan, 10), {}, "kl is nan"),
        ((0.1, -math.inf, 10), {}, "kl is -inf"),
        ((0.1, 1, 0), {}, "n is 0"),
        ((0.1, 1, 2.5), {}, "n is 2.5; it must be a whole number"),
        ((0.1, 1, 10), {"delta": 0.0}, "delta is 0"),
        ((0.1, 1, 10), {"delta": 1.0}, "delta is 1"),
        ((0.1, 1, 10, "lambda"), {"lam": 2.0}, "lam is 2.0"),
        ((0.1, 1, 10, "catoni"), {"beta": 0.0}, "beta is 0.0; it must be above 0"),
        ((0.1, 1, 10, "catoni"), {"beta": []}, "beta is empty"),
        ((0.1, 1, 10, "seeger"), {}, "method is 'seeger'"),
        ((0.1, 1, 10, "kl"), {"lam": 0.3}, "lam is given, and method 'kl' does not use it"),
        ((0.1, 1, 10, "lambda"), {"beta": 0.3}, "beta is given, and method 'lambda' does not use it"),
        ((0.1, 1, 10, "catoni"), {"xi": "exact"}, "xi is given, and method 'catoni' does not use it"),
        ((0.1, 1, 10), {"xi": "tight"}, "xi is 'tight'"),
        ((0.1, 1, 10), {"delta_mc": 0.01}, "delta_mc is given without mc_samples"),
        ((0.1, 1, 10), {"mc_samples": 0}, "mc_samples is 0"),
        ((0.1, 1, 10), {"mc_samples": 10, "delta_mc": 0.96}, "delta \\+ delta_mc is 1.01"),
        ((0.1, 1, 10), {"loss_range": (1, 0)}, "loss_range is"),
        ((0.1, 1, 10), {"loss_range": 3}, "loss_range is 3"),
    ],
)
def test_what_is_refused(arguments, options, words):
    with pytest.raises(InvalidParameterError, match=words):
        pac_bayes(*arguments, **options)


@pytest.mark.parametrize(
    "arguments, words",
    [
        (([0.1, 1.2], 1, 10), "risk has 1.2 at index 1"),
        ((0.1, [1, math.nan], 10), "kl has nan at index 1"),
        ((0.1, 1, [10, 10.5]), "n has 10.5 at index 1; it must be a whole number"),
        (([0.1, 0.2], [1, 2, 3], 10), "do not broadcast"),
    ],
)
def test_what_arrays_are_refused(arguments, words):
    with pytest.raises(InvalidParameterError, match=words):
        pac_bayes_values(*arguments)


def test_levels_and_empty_arrays_are_refused():
    with pytest.raises(InvalidParameterError, match="delta holds 0 or 1"):
        pac_bayes_values(0.1, 1, 10, delta=[0.1, 0.0])
    with pytest.raises(InvalidDataError, match="risk is empty"):
        pac_bayes_values([], 1, 10)


def test_occam_refuses():
    with pytest.raises(InvalidParameterError, match="exactly one of prior and log_prior"):
        occam(0.1, 10)
    with pytest.raises(InvalidParameterError, match="no multiple of 1/10"):
        occam(0.15, 10, 0.5, method="binomial")
    with pytest.raises(InvalidParameterError, match="prior is 1.5"):
        occam(0.1, 10, 1.5)
    with pytest.raises(InvalidParameterError, match="log_prior is 1"):
        occam(0.1, 10, log_prior=1.0)


# print ---------------------------------------------------------------------------------------------------------------
def test_printed_forms():
    shown = [
        pac_bayes(0.1, 100, 60000, mc_samples=1000),
        pac_bayes(0.1, 100, 60000, "catoni", beta=[0.5, 1.0]),
        pac_bayes(0.1, math.inf, 60000),
        occam(0.1, 1000, log_prior=-20),
        pac_bayes(0.1, 100, 60000, "all"),
    ]
    assert_snapshot("\n".join(map(str, shown)), "bounds_pacbayes.txt")
