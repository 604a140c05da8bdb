import numpy as np
import pytest
from scipy import stats

from stattools import isw_power, isw_test, simulate
from stattools.exceptions import AssumptionWarning, DegenerateDataError, InvalidParameterError
from tests.helpers import assert_snapshot
from tests.twosample.test_isw_test import rows_as_embedding


def pilot(shift=0.8, n=40, seed=1, dimension=12):
    return tuple(
        rows_as_embedding(a) for a in simulate.gaussian_embeddings(n, n, shift=shift, dimension=dimension, rng=seed)
    )


X, Y = pilot()


# reference -------------------------------------------------------------------------------------------
def test_one_coordinate_gives_the_power_of_the_two_sided_normal_test():
    x, y = pilot(dimension=1, shift=0.5, n=200)
    found = isw_power(x, y, n=40, effect="observed", rng=1, n_simulations=200_000)
    difference = x.features.mean() - y.features.mean()
    error = np.sqrt((x.features.var(ddof=1) + y.features.var(ddof=1)) / 40)
    z = stats.norm.isf(0.025)
    expected = stats.norm.sf(z - difference / error) + stats.norm.cdf(-z - difference / error)
    # Monte Carlo error of the power and of the critical value
    assert abs(found.power - expected) < 6 * found.std_error + 0.005


@pytest.mark.slow
@pytest.mark.parametrize("n", [20, 60])
def test_predicted_power_is_the_rejection_rate_of_the_test(n):
    x, y = pilot(shift=0.5, n=4000)  # a pilot so large that its own error does not count
    predicted = {m: isw_power(x, y, n=n, method=m, rng=1).power for m in ("mixture", "bootstrap")}
    rejections = 0
    for seed in range(600):
        a, b = pilot(shift=0.5, n=n, seed=np.random.SeedSequence([11, seed]))
        rejections += isw_test(a, b, n_resamples=199, rng=seed).pvalue <= 0.05
    rate, error = rejections / 600, np.sqrt(0.25 / 600)
    # 4 standard errors of the simulation, and 0.04 for what B = 199 and n = 20 cost
    assert abs(predicted["mixture"] - rate) < 4 * error + 0.04, (predicted, rate)
    assert abs(predicted["bootstrap"] - rate) < 4 * error + 0.04, (predicted, rate)


# property --------------------------------------------------------------------------------------------
def test_size_found_is_the_smallest_that_reaches_the_power():
    found = isw_power(X, Y, power=0.8, rng=1)
    n1, n2 = found.n
    assert n1 == n2 and found.power >= 0.8
    assert isw_power(X, Y, n=n1 - 1, rng=1).power < 0.8
    uneven = isw_power(X, Y, power=0.8, ratio=3.0, rng=1)
    assert uneven.n[1] == 3 * uneven.n[0] and uneven.n[0] < n1


def test_power_grows_with_size_and_level():
    powers = [isw_power(X, Y, n=n, rng=1).power for n in (10, 20, 40, 80)]
    assert powers == sorted(powers)
    assert isw_power(X, Y, n=20, alpha=0.01, rng=1).power < isw_power(X, Y, n=20, alpha=0.1, rng=1).power
    assert isw_power(X, Y, n=20, rng=1).power <= isw_power(X, Y, n=20, effect="observed", rng=1).power


def test_the_unbiased_effect_is_the_observed_one_less_its_variance():
    observed = isw_power(X, Y, n=20, effect="observed", rng=1).effect
    estimate = isw_test(X, Y, n_resamples=19, rng=1).estimate
    np.testing.assert_allclose(observed, estimate["distance"] ** 2, rtol=1e-10)
    np.testing.assert_allclose(isw_power(X, Y, n=20, rng=1).effect, estimate["unbiased sq. distance"], rtol=1e-9)


def test_seed_storage_and_size_pairs():
    one, two = (isw_power(X, Y, n=(20, 30), rng=5) for _ in range(2))
    assert one == two and one.n == (20, 30)
    assert type(one).from_json(one.to_json()) == one
    assert len(one.tidy()) == len(one.curve_n) and len(one.glance()) == 1


# errors and print --------------------------------------------------------------------------------------
def test_a_pilot_without_effect_warns_and_has_no_size():
    x, y = pilot(shift=0.0, seed=5, dimension=3)
    squared = isw_test(x, y, n_resamples=19, rng=1).estimate["unbiased sq. distance"]
    assert squared < 0
    with pytest.warns(AssumptionWarning, match="no larger than its own sampling error"):
        found = isw_power(x, y, n=30, rng=1)
    assert abs(found.power - 0.05) < 5 * found.std_error + 0.01 and found.warnings
    with pytest.warns(AssumptionWarning), pytest.raises(DegenerateDataError, match="no size"):
        isw_power(x, y, power=0.8)


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ({}, InvalidParameterError, "either n or power"),
        ({"n": 20, "power": 0.8}, InvalidParameterError, "either n or power"),
        ({"n": 2}, InvalidParameterError, "n is 2; it must be at least 3"),
        ({"n": (20, 30, 40)}, InvalidParameterError, "two numbers"),
        ({"n": "many"}, InvalidParameterError, "n is 'many'"),
        ({"power": 1.0}, InvalidParameterError, "power is 1.0"),
        ({"power": 0.01}, InvalidParameterError, "power is 0.01"),
        ({"n": 20, "alpha": 0}, InvalidParameterError, "alpha is 0"),
        ({"n": 20, "ratio": -1}, InvalidParameterError, "ratio is -1"),
        ({"n": 20, "method": "exact"}, InvalidParameterError, "method is 'exact'"),
        ({"n": 20, "effect": "cohen"}, InvalidParameterError, "effect is 'cohen'"),
        ({"n": 20, "n_simulations": 5}, InvalidParameterError, "n_simulations is 5"),
        ({"n": 20, "y": Y[:2]}, DegenerateDataError, "at least 3 units"),
    ],
)
def test_mistakes_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        isw_power(**{"x": X, "y": Y, **arguments})


def test_printed_form():
    assert_snapshot(str(isw_power(X, Y, power=0.8, rng=1)), "isw_power.txt")


# what an outside review found ----------------------------------------------------------------------------
def test_sizes_too_small_for_any_small_permutation_pvalue_have_no_power():
    x, y = pilot(shift=20.0)
    found = isw_power(x, y, n=3, rng=1)
    assert found.power == 0.0 and any("no permutation p-value" in note for note in found.notes)
    assert isw_power(x, y, power=0.8, rng=1).n == (4, 4)  # 2/70 is the first below 0.05


@pytest.mark.slow
@pytest.mark.parametrize("decay", [0.0, 1.0])
def test_small_pilots_do_not_understate_power_much(decay):
    # the same population, its effect known: power from pilots of 20 against that from a large one
    def predicted(n, seed):
        rows = simulate.gaussian_embeddings(n, n, dimension=200, decay=decay, rng=np.random.SeedSequence([14, seed]))
        x, y = (r - r.mean(axis=0) for r in rows)
        x[:, 0] += 1.2 * np.sqrt((np.arange(1, 201) ** -decay).sum() / 20)
        return isw_power(rows_as_embedding(x), rows_as_embedding(y), n=20, effect="observed", rng=1).power

    large = predicted(3000, 0)
    small = np.mean([predicted(20, seed) for seed in range(30)])
    assert abs(small - large) < 0.15, (small, large)


def test_reported_error_covers_the_simulated_critical_value():
    powers = [isw_power(X, Y, n=20, rng=seed, n_simulations=2000) for seed in range(40)]
    spread = np.std([found.power for found in powers], ddof=1)
    assert 0.6 * spread < powers[0].std_error < 1.6 * spread  # 40 runs give a spread to within a fifth
