"""Bounds from a test set: every method against its formula, the orderings, and the coverage."""

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as hnp

from stattools import bounds
from stattools.bounds import BoundTable, LowerBoundResult, LowerBoundTable, kl_inverse, risk_limit
from stattools.bounds.methods import METHODS
from stattools.exceptions import (
    AssumptionWarning,
    DegenerateDataError,
    InvalidDataError,
    InvalidParameterError,
    StattoolsError,
)
from stattools.results import BoundResult, Result
from tests import naive_bounds_losses as naive
from tests.helpers import assert_snapshot
from tests.test_hostile import ARRAYS, THINGS, outcome

BETA = np.random.default_rng(0).beta(2, 18, 1000)
LEVEL = math.log(20)
LOSSES = st.one_of(
    hnp.arrays(np.float64, st.integers(2, 60), elements=st.floats(0, 1)),
    hnp.arrays(np.float64, st.integers(2, 60), elements=st.sampled_from([0.0, 1.0])),
    hnp.arrays(np.float64, st.integers(2, 60), elements=st.sampled_from([0.0, 0.5, 1.0])),
)
DELTAS = st.floats(1e-12, 0.4)
SMALLER = 1 + 1e-12  # both sides of an ordering are rounded


def bound(losses, method, **options):
    return bounds.test_set(losses, method=method, **options)


# naive ---------------------------------------------------------------------------------------------------------------
@settings(max_examples=30)
@given(LOSSES, DELTAS)
def test_each_method_is_its_formula(losses, delta):
    n, r, level = len(losses), np.mean(losses), math.log(1 / delta)
    spread = math.sqrt(2 * np.var(losses, ddof=1) * (level + math.log(2)) / n)
    count = max(1, math.ceil(math.log2(math.sqrt(n / level) / 2)))
    rates = [2.0**-j for j in range(1, count + 1)]
    second = np.mean(losses**2)
    unexpected = min((-math.log(1 - g) - g) / g * second + (level + math.log(count)) / (g * n) for g in rates)
    halves = [np.mean(np.clip(2 * losses - j, 0, 1)) for j in (0, 1)]
    wanted = {
        "hoeffding": r + math.sqrt(level / (2 * n)),
        "empirical_bernstein": r + spread + 7 * (level + math.log(2)) / (3 * (n - 1)),
        "unexpected_bernstein": r + unexpected,
        "kl": naive.kl_inverse(r, level / n),
        "split_kl": sum(naive.kl_inverse(m, (level + math.log(2)) / n) / 2 for m in halves),
    }
    for method, value in wanted.items():
        assert bound(losses, method, delta=delta).value == pytest.approx(value, rel=1e-8), method


@settings(max_examples=30)
@given(st.floats(1e-6, 0.25), st.integers(1, 10**6), st.floats(0.1, 50))
def test_bennett_solves_its_equation(variance, n, level):
    gap = risk_limit(0.0, n, "bennett", log_delta=-level, variance=variance, return_gap=True)[1]
    u = gap / variance
    h = (1 + u) * math.log1p(u) - u
    assert variance * h == pytest.approx(level / n, rel=1e-7 + 1e-15 / u**2)  # h cancels for small u


# property: orderings -------------------------------------------------------------------------------------------------
@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), DELTAS)
def test_binomial_is_below_kl_is_below_hoeffding(counts, delta):
    k, n = counts
    options = {"errors": k, "n": n, "delta": delta}
    table = bounds.test_set(method="all", **options)
    assert table["binomial"].value <= table["kl"].value * SMALLER
    assert table["kl"].value <= table["hoeffding"].value * SMALLER
    assert table["binomial"].value <= table["hoeffding_bentkus"].value * SMALLER <= table["kl"].value * SMALLER**2
    lower = bounds.test_set(method="all", alternative="lower", **options)
    assert lower["binomial"].value >= lower["kl"].value / SMALLER
    assert lower["kl"].value >= lower["hoeffding"].value - 1e-12
    assert all(bound.value <= k / n for bound in lower) and all(bound.value >= k / n for bound in table)


@given(LOSSES, DELTAS, st.floats(0, 0.25))
def test_bennett_is_below_bernstein(losses, delta, variance):
    options = {"delta": delta, "variance": variance}
    assert bound(losses, "bennett", **options).value <= bound(losses, "bernstein", **options).value * SMALLER


@given(LOSSES, DELTAS, DELTAS, st.sampled_from(sorted(set(METHODS) - {"binomial", "bernstein", "bennett"})))
def test_bounds_fall_with_delta(losses, first, second, method):
    if method == "unexpected_bernstein":
        return  # its grid of rates depends on delta
    strict, loose = sorted((first, second))
    assert bound(losses, method, delta=strict).value >= bound(losses, method, delta=loose).value / SMALLER


@settings(max_examples=30)
@given(LOSSES, DELTAS)
def test_upper_and_lower_bounds_mirror(losses, delta):
    flipped = 1 - losses
    if not np.array_equal(1 - flipped, losses):
        return
    for method in ("kl", "hoeffding", "empirical_bernstein", "split_kl", "betting", "hoeffding_bentkus"):
        upper = bound(losses, method, delta=delta)
        lower = bound(flipped, method, delta=delta, alternative="lower")
        assert lower.value == pytest.approx(1 - upper.value, abs=1e-12), method
        assert lower.gap == pytest.approx(upper.gap, abs=1e-12), method


@settings(max_examples=20)
@given(LOSSES, DELTAS, st.floats(-5, 5), st.floats(0.01, 20))
def test_bounds_follow_the_units_of_the_loss(losses, delta, low, width):
    moved = np.clip(low + width * losses, low, low + width)
    for method in ("kl", "hoeffding", "empirical_bernstein", "unexpected_bernstein", "betting"):
        plain = bound(losses, method, delta=delta)
        other = bound(moved, method, delta=delta, loss_range=(low, low + width))
        assert other.value == pytest.approx(low + width * plain.value, rel=1e-6, abs=1e-6 * width)
        assert other.vacuous == plain.vacuous or abs(plain.value - 1) < 1e-9


@given(LOSSES, DELTAS)
def test_two_sided_spends_half_on_each_side(losses, delta):
    for method in ("kl", "hoeffding", "empirical_bernstein", "unexpected_bernstein", "hoeffding_bentkus"):
        both = bound(losses, method, delta=delta, alternative="two-sided")
        high = bound(losses, method, delta=delta / 2).value
        low = bound(losses, method, delta=delta / 2, alternative="lower").value
        # ln 2 - ln delta and ln(delta / 2) differ in the last place
        assert (both.interval.low, both.interval.high) == pytest.approx((low, high), rel=1e-13, abs=1e-13)
        assert both.value == both.interval.high
        assert both.delta == delta and both.interval.confidence_level == 1 - delta


def test_levels_of_a_loss_on_three_values():
    losses = np.repeat([0.0, 0.5, 1.0], [700, 250, 50])
    split = bound(losses, "split_kl", levels=[0.5])
    assert split.value == bound(losses, "split_kl").value  # the middle is the default
    assert split.value < bound(losses, "kl").value  # what splitting is for
    np.testing.assert_allclose(split.components["part means"], [0.3, 0.05], rtol=1e-15)
    whole = risk_limit(0.175, 1000)
    assert split.value == pytest.approx(0.5 * sum(kl_inverse([0.3, 0.05], math.log(40) / 1000)))
    assert whole == bound(losses, "kl").value


# property: weights ---------------------------------------------------------------------------------------------------
def test_weights_are_part_of_the_loss():
    weights = np.random.default_rng(1).uniform(0, 2, 1000)
    for method in ("kl", "hoeffding", "empirical_bernstein", "betting", "auto"):
        weighted = bound(BETA, method, sample_weight=weights, max_weight=2)
        plain = bound(BETA * weights, "betting" if method == "auto" else method, loss_range=(0, 2))
        assert weighted.value == plain.value and weighted.gap == plain.gap
        assert weighted.largest == 1.0 and any("ratios of target" in text for text in weighted.assumptions)
        assert any("importance weights average" in note for note in weighted.notes)


def test_weights_of_one_are_no_weights():
    one = bound(BETA, "kl", sample_weight=np.ones(1000), max_weight=1)
    assert one.value == bound(BETA, "kl").value


def test_weights_and_a_loss_that_is_never_zero():
    # a weight of 0 makes the weighted loss 0, which is below the smallest loss
    losses = np.full(50, 3.0)
    weighted = bound(losses, "hoeffding", sample_weight=np.ones(50), max_weight=2, loss_range=(2, 4))
    assert weighted.gap == pytest.approx(8 * math.sqrt(LEVEL / 100), rel=1e-12)


# reference -----------------------------------------------------------------------------------------------------------
def test_a_sample_of_beta_losses():
    # formulas in arithmetic of 30 digits; betting by an independent program
    table = bounds.test_set(BETA, method="all", variance=2 * 18 / (20**2 * 21))
    assert table["kl"].empirical_risk == pytest.approx(0.09610, abs=5e-6)
    wanted = {
        "hoeffding": 0.13480,
        "kl": 0.12052,
        "empirical_bernstein": 0.11018,
        "betting": 0.10258,
        "bernstein": 0.10217,
        "bennett": 0.10209,
    }
    for key, value in wanted.items():
        assert table[key].value == pytest.approx(value, abs=5.1e-6), key


def test_hoeffding_bentkus_inverts_its_p_value():
    for r, n in ((0.08, 1000), (0.0, 50), (0.3, 20)):
        limit = risk_limit(r, n, "hoeffding_bentkus", delta=0.05)
        assert bounds.hoeffding_bentkus(r, n, limit) == pytest.approx(0.05, rel=1e-9)


def test_vectors_of_sizes_and_levels():
    limits = risk_limit(0.1, [[100], [1000]], "kl", delta=[0.05, 0.01, 0.001])
    assert limits.shape == (2, 3)
    assert limits[1, 0] == bounds.test_set(errors=100, n=1000, method="kl").value
    # rates: the gap falls like 1 / n at risk 0, like its root elsewhere
    n = np.array([1e3, 1e9])
    for r, rate in ((0.0, -1.0), (0.3, -0.5)):
        gaps = risk_limit(r, n, return_gap=True)[1]
        assert np.log(gaps[1] / gaps[0]) / np.log(1e6) == pytest.approx(rate, abs=0.01)


def test_choices_of_auto():
    assert "Binomial" in bounds.test_set([0, 1, 0, 0]).method
    assert "Binomial" in bounds.test_set([2, 3, 2], loss_range=(2, 3)).method
    assert "Betting" in bounds.test_set(BETA).method
    assert set(bounds.test_set(BETA, method="all").keys) == set(METHODS) - {"binomial", "bernstein", "bennett"}
    counted = bounds.test_set(errors=1, n=2, method="all", variance=0.1)
    assert set(counted.keys) == set(METHODS) - {"split_kl", "betting"}


# property: results ---------------------------------------------------------------------------------------------------
def test_results_are_bounds_with_their_assumptions():
    for alternative in ("upper", "lower", "two-sided"):
        table = bounds.test_set(BETA, method="all", alternative=alternative, variance=0.01, data_name="beta losses")
        assert isinstance(table, BoundTable) and (isinstance(table, LowerBoundTable) == (alternative == "lower"))
        assert Result.from_json(table.to_json()) == table and len(table.glance()) == 1
        for result in table:
            assert isinstance(result, BoundResult) and len(result.assumptions) >= 3
            assert result.kind == "high-probability" and result.citation
            assert isinstance(result, LowerBoundResult) == (alternative == "lower")
            assert Result.from_json(result.to_json()) == result
            # two roundings
            outward = -1 if alternative == "lower" else 1
            assert result.value == pytest.approx(result.empirical_risk + outward * result.gap, abs=1e-14)


def test_bounds_that_exclude_nothing_are_said_to():
    assert bounds.test_set(errors=5, n=5).vacuous
    assert bounds.test_set(errors=0, n=5, alternative="lower").vacuous
    assert not bounds.test_set(errors=0, n=5, alternative="two-sided").vacuous
    beyond = bounds.test_set(errors=3, n=5, method="hoeffding")
    assert beyond.value > 1 and beyond.vacuous  # not cut off
    below = bounds.test_set(errors=1, n=5, method="hoeffding", alternative="lower")
    assert below.value < 0 and below.vacuous
    assert bounds.test_set(errors=3, n=5, method="hoeffding", alternative="two-sided").vacuous


def test_missing_losses():
    with_gap = np.concatenate([BETA, [np.nan]])
    result = bound(with_gap, "kl", nan_policy="omit")
    assert result.value == bound(BETA, "kl").value and result.n == 1000
    assert any("1 missing losses" in note for note in result.notes)


def test_kinds_of_input():
    from_list = bounds.test_set([True, False, False])
    assert from_list.value == bounds.test_set(np.array([1, 0, 0], dtype=np.int8)).value
    assert from_list.value == bounds.test_set(errors=1, n=3).value


def test_crossing_limits_are_warned_of():
    drift = np.repeat([0.0, 1.0], 200)
    with pytest.warns(AssumptionWarning, match="do not look like draws with one mean"):
        result = bound(drift, "betting", alternative="two-sided")
    assert result.warnings and result.interval.low > result.interval.high
    assert "the limits contradict each other" in str(result)
    assert "contradicted by the data" in repr(result)
    assert "which the other limit of the interval contradicts" in result.report()
    with pytest.warns(AssumptionWarning, match="do not look like draws"):
        table = bounds.test_set(drift, method="all", alternative="two-sided")
    assert [line.split()[-1] for line in str(table).split("\n") if line.startswith("  betting")] == ["contradicted"]
    assert table["kl"].warnings == ()


def test_a_largest_weight_from_the_sample_is_warned_of():
    weights = np.random.default_rng(1).uniform(0, 2, 1000)
    with pytest.warns(AssumptionWarning, match="max_weight, 1.9.* is the largest weight of the sample"):
        result = bound(BETA, "kl", sample_weight=weights, max_weight=weights.max())
    assert any("known beforehand" in text for text in result.warnings)
    with pytest.warns(AssumptionWarning, match="read off the sample"):
        table = bound(BETA, "all", sample_weight=weights, max_weight=weights.max())
    assert all(one.warnings == table.warnings for one in table)
    assert not bound(BETA, "kl", sample_weight=weights, max_weight=2).warnings


@pytest.mark.parametrize(
    ("weights", "top"),
    [
        (np.full(1000, 0.95), 1.5),  # a spread of 0 shows it
        (np.tile([0.2, 1.0], 500), 3.0),
        (np.tile([1.2, 2.0], 500), 3.0),
        (np.full(1000, 0.4), 0.9),  # weights below 1 cannot have the mean 1
        (np.full(1000, 0.4), 0.4),
    ],
)
def test_weights_whose_mean_cannot_be_1_are_warned_of(weights, top):
    with pytest.warns(AssumptionWarning, match="contradicts their expectation of 1"):
        result = bound(BETA, "kl", sample_weight=weights, max_weight=top)
    assert any("contradicts" in text for text in result.warnings)


def test_a_variance_that_is_tiny_on_the_scale_of_the_losses():
    # v h(gap / v) = L / n, solved with v in its logarithm: x = gap / v, ln v + ln((1 + x) ln(1 + x) - x) = ln(L / n)
    gaps = [float(risk_limit(0.1, 100, "bennett", variance=v, return_gap=True)[1]) for v in (1e-280, 1e-299, 1e-301)]
    for v, gap in zip((1e-280, 1e-299, 1e-301), gaps, strict=True):
        x = gap / v
        assert math.log(v) + math.log((1 + x) * math.log1p(x) - x) >= math.log(LEVEL / 100) - 1e-12
    smaller = [1e-280, 1e-290, 1e-299, 1e-301, 1e-305, 1e-310, 5e-324]
    found = risk_limit(0.1, 100, "bennett", variance=smaller, return_gap=True)[1]
    # the gap is about (L / n) / ln(L / (n v)): below 1e-290 that of 1e-290 is taken, which is larger
    assert np.all(np.diff(found) <= 0) and found[-1] >= LEVEL / 100 / 750
    assert np.isfinite(risk_limit(0.1, 100, "bennett", variance=[0.25, 1e-300], log_delta=-1e305)).all()
    for width in (1e152, 1e160):
        wide = bounds.test_set(np.full(100, 0.1), method="bennett", variance=1e-9, loss_range=(0, width))
        assert wide.gap > width * LEVEL / 100 / 750


# print ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("upper", {"errors": 3, "n": 100, "data_name": "errors of a classifier"}),
        ("lower", {"errors": 3, "n": 100, "alternative": "lower"}),
        ("two_sided", {"losses": BETA, "alternative": "two-sided", "method": "empirical_bernstein"}),
        ("weighted", {"losses": BETA, "sample_weight": np.tile([0.5, 1.5], 500), "max_weight": 2}),
        ("table", {"losses": BETA, "method": "all", "variance": 0.0043}),
    ],
)
def test_printed_results(name, options):
    assert_snapshot(str(bounds.test_set(**options)), f"bounds_test_set_{name}.txt")


def test_printed_forms():
    upper, lower = (bounds.test_set(errors=3, n=100, alternative=side) for side in ("upper", "lower"))
    # limits 0.0757145 and 0.0082256, rounded to the safe side
    assert "risk <= 0.07572 with probability at least 0.95" in str(upper)
    assert "risk >= 0.008225 with probability at least 0.95" in str(lower) and "<=" not in str(lower)
    assert ">= 0.008225" in repr(lower) and ">= 0.00822" in lower.report()
    both = bounds.test_set(errors=3, n=100, alternative="two-sided")
    assert "95 percent confidence interval of risk: 0.006229 to 0.08518 (binomial)" in str(both)
    nothing = bounds.test_set(errors=0, n=100, alternative="lower")
    assert "the bound is vacuous: the risk cannot be below 0 anyway" in str(nothing)
    table = bounds.test_set(errors=3, n=100, method="all", alternative="lower")
    assert "risk >=" in str(table) and "<=" not in str(table) and "<=" not in repr(table) + table.report()
    assert "largest binomial >= 0.008225" in repr(table)
    assert "chosen among" in table.report() and any("divide delta" in note for note in table.notes)


@settings(max_examples=50)
@given(st.integers(1, 500), st.floats(0, 1), st.sampled_from(["upper", "lower"]))
def test_printed_limits_hold_too(n, share, alternative):
    result = bounds.test_set(errors=round(share * n), n=n, alternative=alternative)
    table = bounds.test_set(errors=round(share * n), n=n, alternative=alternative, method="all")
    for text in (str(result), repr(result), result.report()):
        printed = float(re.search(r"risk [<>]= (-?[\d.e-]+)", text)[1])
        assert printed >= result.value if alternative == "upper" else printed <= result.value
    rows = {line.split()[0]: float(line.split()[1]) for line in str(table).split("\n") if line.startswith("  ")
            and line.split()[0] in METHODS}  # fmt: skip
    assert len(rows) == len(table)
    for key, printed in rows.items():
        assert printed >= table[key].value if alternative == "upper" else printed <= table[key].value


# calibration ---------------------------------------------------------------------------------------------------------
LAWS = {
    "rare errors": (lambda rng, n: (rng.random(n) < 0.02) * 1.0, 0.02, 0.02 * 0.98),
    "some errors": (lambda rng, n: (rng.random(n) < 0.1) * 1.0, 0.1, 0.09),
    "coin": (lambda rng, n: (rng.random(n) < 0.5) * 1.0, 0.5, 0.25),
    "arcsine": (lambda rng, n: rng.beta(0.5, 0.5, n), 0.5, 0.125),
    "small": (lambda rng, n: rng.beta(2, 18, n), 0.1, 36 / (400 * 21)),
    # the chance of no error at all is delta
    "worst two points": (lambda rng, n: (rng.random(n) < 1 - 0.05 ** (1 / n)) * 1.0, 1 - 0.05 ** (1 / 100), None),
    "two inner points": (lambda rng, n: np.where(rng.random(n) < 0.03, 0.9, 0.2), 0.221, 0.03 * 0.97 * 0.49),
}


@pytest.mark.slow
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("alternative", ["upper", "lower", "two-sided"])
def test_coverage_of_every_method(law, alternative):
    draw, mean, variance = LAWS[law]
    variance = mean * (1 - mean) if variance is None else variance
    rng, repeats, delta = np.random.default_rng(7), 1000, 0.05
    held, total = {}, {}
    for _ in range(repeats):
        losses = draw(rng, 100)
        table = bounds.test_set(losses, method="all", alternative=alternative, delta=delta, variance=variance)
        for key, result in table.items():
            low, high = result.interval if alternative == "two-sided" else (result.value, result.value)
            inside = {"upper": mean <= high, "lower": low <= mean, "two-sided": low <= mean <= high}[alternative]
            held[key] = held.get(key, 0) + inside
            total[key] = total.get(key, 0.0) + (high - low if alternative == "two-sided" else high)
    floor = repeats * (1 - delta) - 3 * math.sqrt(repeats * delta * (1 - delta))
    assert all(count >= floor for count in held.values()), held
    if alternative == "upper" and "binomial" in held:
        assert total["binomial"] <= total["kl"] <= total["hoeffding"]
    if alternative == "upper" and law in ("some errors", "small", "arcsine"):
        assert total["betting"] < total["kl"]


@pytest.mark.slow
def test_mean_bounds_at_published_settings():
    # means over 2000 samples by an independent program: 0.163, 0.176, 0.188, 0.222, 0.268
    rng = np.random.default_rng(3)
    keys = ("binomial", "betting", "kl", "hoeffding", "empirical_bernstein")
    tables = [bounds.test_set((rng.random(100) < 0.1) * 1.0, method="all") for _ in range(500)]
    means = [np.mean([table[key].value for table in tables]) for key in keys]
    # 4 standard errors of a mean of 500 and one of 2000 bounds with standard deviation about 0.04
    np.testing.assert_allclose(means, [0.163, 0.176, 0.188, 0.222, 0.268], atol=0.009)


@pytest.mark.slow
def test_coverage_of_weighted_losses():
    # the target is uniform on [0, 1], the draws have density 3 / 2 - x: weights are at most 2
    rng, repeats, held = np.random.default_rng(5), 400, {"kl": 0, "betting": 0, "empirical_bernstein": 0}
    for _ in range(repeats):
        mixed = rng.random(100) < 0.5
        x = np.where(mixed, rng.random(100), 1 - np.sqrt(1 - rng.random(100)))
        weights = 1 / (0.5 + (1 - x))
        for key in held:
            held[key] += bound(x**2, key, sample_weight=weights, max_weight=2).value >= 1 / 3
    floor = repeats * 0.95 - 3 * math.sqrt(repeats * 0.05 * 0.95)
    assert all(count >= floor for count in held.values()), held


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({}, InvalidParameterError, "losses is None; pass losses, or errors together with n"),
        ({"errors": 3}, InvalidParameterError, "n is None"),
        ({"n": 3}, InvalidParameterError, "errors is None"),
        ({"errors": 4, "n": 3}, InvalidParameterError, "errors is 4 and n is 3"),
        ({"errors": 0, "n": 0}, InvalidParameterError, "n is 0; it must be at least 1"),
        ({"errors": 0.5, "n": 2}, InvalidParameterError, "errors is 0.5; it must be a whole number"),
        ({"losses": [0, 1], "n": 2}, InvalidParameterError, "losses is given together with errors or n"),
        ({"losses": []}, InvalidDataError, "losses is empty"),
        ({"losses": [[0, 1]]}, InvalidDataError, "losses has shape (1, 2)"),
        ({"losses": [0, 1.5]}, InvalidDataError, "losses has 1.5 at index 1; it must be in [0, 1], see loss_range"),
        ({"losses": [0, math.nan]}, InvalidDataError, "losses has nan at index 1"),
        ({"losses": [math.nan], "nan_policy": "omit"}, InvalidDataError, "missing values only"),
        ({"losses": [0, 1], "loss_range": (1, 0)}, InvalidParameterError, "loss_range is (1.0, 0.0)"),
        ({"losses": [0, 1], "loss_range": 1}, InvalidParameterError, "loss_range is 1; it must be two numbers"),
        ({"losses": [0, 1], "loss_range": (0, math.inf)}, InvalidParameterError, "loss_range[1] is inf"),
        ({"losses": [0, 1], "delta": 0}, InvalidParameterError, "delta is 0.0; it must be above 0"),
        ({"losses": [0, 1], "delta": 1.0}, InvalidParameterError, "delta is 1.0"),
        ({"losses": [0, 1], "method": "binomal"}, InvalidParameterError, "did you mean 'binomial'?"),
        ({"losses": [0, 1], "alternative": "greater"}, InvalidParameterError, "alternative is 'greater'"),
        ({"losses": [0, 0.5], "method": "binomial"}, InvalidDataError, "losses has 0.5 at index 1; method 'binomial'"),
        ({"losses": [0, 1], "method": "bennett"}, InvalidParameterError, "variance is None; method 'bennett'"),
        ({"losses": [0, 1], "method": "bennett", "variance": 0.3}, InvalidParameterError, "at most 0.25"),
        ({"losses": [0, 1], "method": "kl", "variance": 0.1}, InvalidParameterError, "method 'kl' does not use it"),
        ({"losses": [0, 1], "method": "kl", "levels": [0.5]}, InvalidParameterError, "levels is given"),
        ({"losses": [0, 1], "method": "kl", "n_shuffles": 2}, InvalidParameterError, "n_shuffles is given"),
        ({"losses": [0, 1], "method": "split_kl", "levels": [0.5, 0.5]}, InvalidParameterError, "increase strictly"),
        ({"losses": [0, 1], "method": "split_kl", "levels": [0, 1]}, InvalidParameterError, "inside (0, 1)"),
        ({"losses": [1], "method": "empirical_bernstein"}, DegenerateDataError, "losses has one element"),
        ({"errors": 1, "n": 3, "method": "betting"}, InvalidParameterError, "needs the losses one by one"),
        ({"losses": [0, 1], "sample_weight": [1, 1]}, InvalidParameterError, "without max_weight"),
        ({"losses": [0, 1], "max_weight": 1}, InvalidParameterError, "without sample_weight"),
        ({"losses": [0, 1], "sample_weight": [1, 3], "max_weight": 2}, InvalidDataError, "sample_weight has 3.0"),
        ({"losses": [0, 1], "sample_weight": [1], "max_weight": 2}, InvalidDataError, "1 entries for 2 losses"),
        (
            {"losses": [0, 1], "sample_weight": [1, 1], "max_weight": 2, "method": "binomial"},
            InvalidParameterError,
            "counts errors without weights",
        ),
        ({"errors": 1, "n": 2, "sample_weight": [1, 1]}, InvalidParameterError, "a count of errors has no weights"),
    ],
)
def test_errors_say_what_was_wrong(options, error, message):
    with pytest.raises(error) as caught:
        bounds.test_set(**options)
    assert message in str(caught.value) and isinstance(caught.value, StattoolsError)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((0.1, 10, "binomial"), {}, "method is 'binomial'"),
        ((1.1, 10), {}, "risk has 1.1"),
        ((0.1, 10.5), {}, "n has 10.5"),
        ((0.1, 10, "bennett"), {}, "variance is None; 'bennett' needs it"),
        ((0.1, 10, "kl"), {"variance": 0.1}, "variance is given; 'kl' does not use it"),
        ((0.1, 10, "bernstein"), {"variance": 0.3}, "variance has 0.3"),
        ((0.1, 1, "empirical_bernstein"), {"variance": 0.1}, "n has 1.0"),
    ],
)
def test_errors_of_limits_from_summaries(arguments, options, message):
    with pytest.raises(StattoolsError) as caught:
        risk_limit(*arguments, **options)
    assert message in str(caught.value)


OPTIONS = (
    "errors", "n", "method", "delta", "alternative", "loss_range", "variance", "levels", "sample_weight", "max_weight",
    "n_shuffles", "nan_policy", "rng",
)  # fmt: skip


@given(st.one_of(ARRAYS, LOSSES), st.sampled_from([*METHODS, "all", "auto"]), st.sampled_from(OPTIONS), THINGS)
def test_arbitrary_input(losses, method, option, value):
    if option == "n_shuffles" and isinstance(value, (int, float)) and value > 50:
        return  # a fair request for much work
    options = {"method": method} | {option: value}
    result = outcome(bounds.test_set, losses, **options)
    if result is not None:
        assert str(result) and repr(result).isprintable()
        assert type(result).from_json(result.to_json()) == result
