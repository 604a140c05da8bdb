"""Bounds side by side, and the price of choosing among them."""

import copy
import dataclasses
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, strategies as st

from stattools import bounds
from stattools.bounds import compare, pac_bayes, supersample, test_set, vc
from stattools.bounds.recomputed import at_delta
from stattools.exceptions import AssumptionWarning, InvalidParameterError
from stattools.results import Result
from tests.helpers import assert_snapshot, binomial_band

LOSSES = np.random.default_rng(0).beta(2, 18, 1000)
UNPAID = pytest.mark.filterwarnings("ignore:the (smallest|largest) of:stattools.exceptions.AssumptionWarning")


def expectation():
    half = np.random.default_rng(1).integers(0, 2, (3, 8, 5))
    masks = np.concatenate([half, 1 - half], axis=1)
    losses = np.random.default_rng(2).integers(0, 2, (*masks.shape, 2))
    return supersample(losses, masks, methods=["ld_mi", "ld_cmi"])


# what a result keeps is what it needs: a function of delta, and the bound that should come out
FUNCTIONS = {
    "binomial": lambda d: test_set(errors=3, n=100, delta=d),
    "binomial, two-sided": lambda d: test_set(errors=3, n=100, delta=d, alternative="two-sided"),
    "kl": lambda d: test_set(LOSSES, method="kl", delta=d),
    "kl, lower": lambda d: test_set(LOSSES, method="kl", delta=d, alternative="lower"),
    "hoeffding": lambda d: test_set(LOSSES, method="hoeffding", delta=d),
    "hoeffding, wide": lambda d: test_set(4 * LOSSES - 1, method="hoeffding", delta=d, loss_range=(-1, 3)),
    "bernstein": lambda d: test_set(LOSSES, method="bernstein", variance=0.01, delta=d),
    "bennett": lambda d: test_set(LOSSES, method="bennett", variance=0.01, delta=d),
    "empirical_bernstein": lambda d: test_set(LOSSES, method="empirical_bernstein", delta=d),
    "empirical_bernstein, weighted": lambda d: test_set(
        LOSSES, method="empirical_bernstein", delta=d, sample_weight=np.linspace(0, 2, 1000), max_weight=2.5
    ),
    "unexpected_bernstein": lambda d: test_set(LOSSES, method="unexpected_bernstein", delta=d),
    "unexpected_bernstein, wide": lambda d: test_set(
        2 * LOSSES, method="unexpected_bernstein", delta=d, loss_range=(0, 2)
    ),
    "split_kl": lambda d: test_set(LOSSES, method="split_kl", levels=[0.125, 0.25], delta=d),
    "split_kl, two-sided": lambda d: test_set(LOSSES, method="split_kl", delta=d, alternative="two-sided"),
    "hoeffding_bentkus": lambda d: test_set(LOSSES, method="hoeffding_bentkus", delta=d),
    **{
        f"pac_bayes {form}": lambda d, form=form: pac_bayes(0.1, 20.0, 5000, form, delta=d)
        for form in ("kl", "mcallester", "quadratic", "refined_pinsker", "catoni")
    },
    "pac_bayes exact": lambda d: pac_bayes(0.1, 20.0, 5000, xi="exact", delta=d),
    "pac_bayes lambda": lambda d: pac_bayes(0.1, 20.0, 5000, "lambda", lam=0.5, delta=d),
    "pac_bayes best lambda": lambda d: pac_bayes(0.1, 20.0, 5000, "lambda", delta=d),
    "pac_bayes beyond the largest risk": lambda d: pac_bayes(0.5, 2e4, 5000, "quadratic", delta=d),
    "pac_bayes one beta": lambda d: pac_bayes(0.1, 20.0, 5000, "catoni", beta=0.7, delta=d),
    "pac_bayes wide": lambda d: pac_bayes(0.3, 20.0, 5000, loss_range=(0, 2), delta=d),
    "vc": lambda d: vc(0.05, 10**5, 10, delta=d),
    "vc relative": lambda d: vc(0.05, 10**5, 10, "relative", growth="sauer", delta=d),
    "occam": lambda d: bounds.occam(0.1, 1000, log_prior=-20.0, delta=d),
    "occam binomial": lambda d: bounds.occam(0.1, 1000, log_prior=-20.0, method="binomial", delta=d),
    "compression": lambda d: bounds.compression(10, 1000, 20, messages=7, delta=d),
    "compression kl": lambda d: bounds.compression(10, 1000, 20, method="kl", delta=d),
    "rademacher": lambda d: bounds.rademacher(0.1, 0.02, 10000, delta=d),
    "rademacher of scores": lambda d: bounds.rademacher(0.1, 0.02, 10000, of="scores", lipschitz=2.0, delta=d),
    "stability": lambda d: bounds.stability(0.1, 1e-4, 10000, loss_bound=2.0, delta=d),
}  # fmt: skip


# property ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_recomputed_bound_is_the_one_that_its_function_gives(name):
    found, wanted = at_delta(FUNCTIONS[name](0.05), 0.004), FUNCTIONS[name](0.004)
    # the mean of losses is scaled to [0, 1] and back, which costs the last digits
    assert found.value == pytest.approx(wanted.value, rel=1e-13)
    assert found.gap == pytest.approx(wanted.gap, rel=1e-10)
    assert (found.delta, found.vacuous, type(found)) == (wanted.delta, wanted.vacuous, type(wanted))
    if wanted.interval is not None:
        assert tuple(found.interval) == pytest.approx(tuple(wanted.interval), rel=1e-13)
        assert found.interval.confidence_level == wanted.interval.confidence_level
    for key, value in wanted.components.items():
        np.testing.assert_allclose(found.components[key], value, rtol=1e-10)


def test_simulated_posteriors_divide_both_of_their_deltas():
    bound = pac_bayes(0.1, 20.0, 5000, mc_samples=1000, delta=0.05)
    wanted = pac_bayes(0.1, 20.0, 5000, mc_samples=1000, delta=0.025, delta_mc=0.005)
    found = at_delta(bound, bound.delta / 2)
    assert found.value == pytest.approx(wanted.value, rel=1e-13) and found.delta == pytest.approx(wanted.delta)


@given(st.floats(1e-6, 0.9), st.integers(0, 200), st.integers(1, 6))
def test_the_union_costs_what_boole_says(delta, errors, count):
    table = compare(*(test_set(errors=errors, n=200, delta=delta) for _ in range(count)), union=True)
    wanted = test_set(errors=errors, n=200, delta=delta / count).value
    assert [bound.value for bound in table] == [wanted] * count
    assert table.joint_delta == pytest.approx(delta)
    assert table.best().value == wanted and table.best().delta == pytest.approx(delta)


def test_kinds_are_never_ranked_together():
    high = test_set(LOSSES, method="kl")
    table = compare(expectation(), high, test_set(LOSSES, method="hoeffding", delta=0.3), union=True)
    assert [bound.kind for bound in table] == ["high-probability"] * 2 + ["expectation"] * 2
    for kind in ("high-probability", "expectation"):
        values = [bound.value for bound in table if bound.kind == kind]
        assert values == sorted(values)
    assert table.status == ("delta / 2", "delta / 2", "as given", "as given")
    assert table.best().kind == "high-probability"


def test_bounds_on_average_pay_nothing_and_are_no_certificate():
    table = compare(expectation(), union=True)
    assert table.joint_delta is None and table.status == ("as given", "as given")
    assert list(table.bounds) == sorted(expectation().bounds, key=lambda bound: bound.value)
    with pytest.raises(InvalidParameterError, match="no bound of high probability"):
        table.best()


@UNPAID
def test_what_each_bound_is_about_is_said_where_it_differs():
    gibbs = dataclasses.replace(pac_bayes(0.1, 20.0, 5000), of="risk of the Gibbs classifier")
    table = compare(test_set(errors=30, n=1000), gibbs, expectation(), names=["test", "prior", "mean"])
    lines = str(table).splitlines()
    (header,) = (line.split() for line in lines if line.split()[:1] == ["key"] and "delta" in line)
    assert header[:4] == ["key", "of", "bound", "<="] and any("risk of the Gibbs classifier" in line for line in lines)
    assert table.plot().get_xlabel() == "bound"
    lower = [test_set(errors=30, n=1000, method=key, alternative="lower") for key in ("kl", "hoeffding")]
    mixed = compare(lower[0], dataclasses.replace(lower[1], of="error of the vote"))
    assert "bound >=" in str(mixed)


def test_without_union_a_warning_states_the_price():
    one, two = test_set(errors=3, n=100), test_set(errors=3, n=100, method="kl", delta=0.02)
    with pytest.warns(AssumptionWarning, match=r"smallest of 2 .* with probability at least 0.93; pass union"):
        table = compare(one, two)
    assert table.joint_delta == pytest.approx(0.07) and "0.93" in table.warnings[0]
    assert table.best().delta == pytest.approx(0.07) and table.best().value == min(one.value, two.value)
    assert "at least 0.93" in str(table)


def test_one_certificate_pays_nothing():
    one = test_set(errors=3, n=100)
    table = compare(one, expectation())
    assert table.warnings == () and table.best() == one and table.joint_delta == 0.05


def test_lower_bounds_put_the_largest_first():
    table = compare(test_set(errors=20, n=100, method="all", alternative="lower"), union=True)
    values = [bound.value for bound in table]
    assert values == sorted(values, reverse=True)
    assert isinstance(table, bounds.LowerComparison) and table.best().value == values[0]
    assert ">= " in str(table) and "<= " not in str(table).split("probability at")[0]


def test_the_best_two_sided_bound_keeps_its_interval_at_the_level_that_is_left():
    both = [test_set(errors=k, n=100, method="hoeffding", alternative="two-sided") for k in (90, 95)]
    best = compare(*both, union=True).best()
    assert best.value > 1 and not best.vacuous  # its lower limit excludes something
    assert best.interval.confidence_level == pytest.approx(0.95) and best.delta == pytest.approx(0.05)
    assert tuple(best.interval) == tuple(at_delta(both[0], 0.025).interval)


@UNPAID
@pytest.mark.filterwarnings("ignore:betting test-set bound:stattools.exceptions.AssumptionWarning")
def test_contradicted_limits_are_never_the_best():
    order = np.repeat([0.0, 1.0], 300)
    crossed = test_set(order, method="betting", alternative="two-sided")
    plain = test_set(order, method="hoeffding")
    table = compare(crossed, plain)
    assert crossed.value < plain.value and table.best().value == plain.value
    assert "1 whose two limits contradict each other" in table.report()
    with pytest.raises(InvalidParameterError, match="no bound of high probability"):
        compare(crossed).best()


def test_losses_of_different_range_are_doubted():
    wide = test_set(4 * LOSSES, method="kl", loss_range=(0, 4))
    with pytest.warns(AssumptionWarning, match=r"losses of different range \(largest values 1, 4\)"):
        compare(test_set(LOSSES, method="kl"), wide, union=True)


@UNPAID
def test_keys_are_told_apart():
    one = test_set(errors=3, n=100)
    assert compare(one, one, one).keys == (one.method, f"{one.method} (2)", f"{one.method} (3)")
    named = compare(one, test_set(errors=3, n=100, method="all"), names=["own", "all"])
    assert "own" in named.keys and "all, binomial" in named.keys
    table = test_set(errors=3, n=100, method="all")
    assert set(compare(table).keys) == set(table.keys)


@UNPAID
def test_round_trips():
    for table in (compare(test_set(LOSSES, method="all")), compare(expectation())):
        assert type(table).from_json(table.to_json()) == table == Result.from_dict(table.to_dict())
        assert pickle.loads(pickle.dumps(table)) == table == copy.deepcopy(table)
        assert table.tidy()["status"].tolist() == ["as given"] * len(table)
        assert len(table.glance()) == 1


# calibration ---------------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_the_best_of_several_holds_as_often_as_stated():
    """Ten test sets of one rule: the smallest bound fails too often, and with the union it does not."""
    rng = np.random.default_rng(4)
    risk, runs, count = 0.1, 1000, 10
    failed = {True: 0, False: 0}
    errors = rng.binomial(300, risk, (runs, count))
    for row in errors:
        for union, delta in ((True, 0.05 / count), (False, 0.05)):
            failed[union] += bounds.binomial_tail_inverse(row, np.full(count, 300), delta).min() < risk
    best = compare(*(test_set(errors=int(k), n=300) for k in errors[0]), union=True).best()
    assert best.value == bounds.binomial_tail_inverse(errors[0].min(), 300, 0.05 / count)
    assert failed[True] <= binomial_band(n=runs, p=0.05)[1]
    assert failed[False] > binomial_band(n=runs, p=0.2)[1]


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "bound",
    [
        lambda: test_set(LOSSES),
        lambda: test_set(LOSSES, method="split_kl", levels=[1 / 3, 0.5]),
        lambda: test_set(math.pi * LOSSES, method="kl", loss_range=(0, math.pi)),
        lambda: pac_bayes(0.1, 20.0, 5000, "catoni", beta=[0.5, 0.7]),
        lambda: pac_bayes(0.1, 20.0, 5000, mc_samples=100, delta_mc=0.02),
        lambda: pac_bayes(0.0, 20.0, 5000, loss_range=(-1, 1)),
        lambda: pac_bayes(0.5, 2e4, 5000, "catoni", beta=[0.5, 0.7]),
    ],
    ids=["betting", "levels in print only", "range in print only", "several betas", "delta_mc", "negative losses",
         "several betas, vacuous"],
)
def test_what_cannot_be_recomputed_is_refused(bound):
    with pytest.raises(InvalidParameterError, match=r"cannot be recomputed; compute it with delta=0.0[23]"):
        compare(bound(), bound(), union=True)


def test_a_bound_that_was_tampered_with_is_refused():
    bound = test_set(errors=3, n=100)
    with pytest.raises(InvalidParameterError, match="'one' .* cannot be recomputed"):
        compare(dataclasses.replace(bound, value=0.05), bound, union=True, names=["one", "two"])


def test_refused():
    one = test_set(errors=3, n=100)
    lower = test_set(errors=3, n=100, alternative="lower")
    gap = bounds.mutual_information(1.0, 100)
    with pytest.raises(InvalidParameterError, match="results is empty"):
        compare()
    with pytest.raises(InvalidParameterError, match=r"results\[1\] is a float"):
        compare(one, 0.3)
    with pytest.raises(InvalidParameterError, match=r"results\[0\] is a list; .* unpack it, compare\(\*results\)"):
        compare([one, one])
    with pytest.raises(InvalidParameterError, match=r"results\[0\] is a dict; .* names=list\(results\)"):
        compare({"a": one})
    with pytest.raises(InvalidParameterError, match="are upper and lower bounds"):
        compare(one, lower)
    with pytest.raises(InvalidParameterError, match="bounds the risk and .* the generalization gap"):
        compare(one, gap)
    with pytest.raises(InvalidParameterError, match="names has 1 entries for 2 results"):
        compare(one, one, names=["a"])
    with pytest.raises(InvalidParameterError, match="names holds ''"):
        compare(one, names=[""])
    with pytest.raises(InvalidParameterError, match="names is 3"):
        compare(one, names=3)
    with pytest.raises(InvalidParameterError, match="union is 'yes'"):
        compare(one, union="yes")


def test_too_many_certificates_promise_nothing():
    with pytest.warns(AssumptionWarning, match="with no probability stated"):
        table = compare(*(test_set(errors=3, n=100, delta=0.5) for _ in range(2)))
    assert "nothing is promised about both" in str(table)
    with pytest.raises(InvalidParameterError, match="the deltas add up to 1"):
        table.best()


# print ---------------------------------------------------------------------------------------------------------------
def test_printed_forms():
    table = compare(test_set(errors=30, n=1000, method="all"), expectation(), vc(0.05, 10**4, 5), union=True)
    text = "\n".join([str(table), table.report(), repr(table)])
    assert_snapshot(text, "bounds_comparison.txt")
    assert "delta / 7" in table.tidy()["status"].tolist()
