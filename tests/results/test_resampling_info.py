import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats

from stattools.resampling import Permutation, Sequential, SignFlip, null_distribution
from stattools.results import ResamplingInfo
from tests.helpers import assert_snapshot, binomial_band

counts = st.integers(1, 500).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))


def info(count, total, **options):
    return ResamplingInfo.from_counts("permutation", n_exceeding=count, n_resamples=total, **options)


# naive ---------------------------------------------------------------------------------------------------------------
@given(counts)
def test_the_interval_is_that_of_clopper_and_pearson(counts):
    count, total = counts
    expected = stats.binomtest(count, total).proportion_ci(0.95, method="exact")
    # both invert the same incomplete beta function, scipy's by root finding
    np.testing.assert_allclose(info(count, total).interval, expected, rtol=1e-8, atol=1e-12)


@given(counts.filter(lambda c: 0 < c[0] < c[1]))
def test_the_interval_of_a_stopped_run_inverts_the_negative_binomial(counts):
    count, total = counts
    low, high = info(count, total, stopped_early=True, n_requested=2 * total).interval
    # P(N <= total | low) = P(N >= total | high) = 2.5 percent, N the draws until the last needed exceedance
    np.testing.assert_allclose(stats.nbinom.cdf(total - count, count, low), 0.025, rtol=1e-8)
    np.testing.assert_allclose(stats.nbinom.sf(total - count - 1, count, high), 0.025, rtol=1e-8)


# property ------------------------------------------------------------------------------------------------------------
@given(counts, st.booleans(), st.integers(1, 2))
def test_pvalue_interval_and_error_hang_together(counts, stopped, tails):
    count, total = counts
    if stopped and count == 0:
        return
    run = info(count, total, stopped_early=stopped, tails=tails)
    low, high = run.interval
    assert 0 <= low <= run.pvalue <= high <= 1
    assert run.standard_error >= 0
    assert 0 < run.smallest_pvalue <= 1
    np.testing.assert_allclose(eval(run.equation.replace("x", "*")), run.pvalue, rtol=1e-12)


def test_counts_of_the_design():
    run = info(41, 9999)
    assert run.pvalue == 0.0042
    assert run.smallest_pvalue == 0.0001
    assert run.standard_error == pytest.approx(np.sqrt(0.0042 * 0.9958 / 9999), rel=1e-14)


def test_exact_runs_have_no_error():
    run = info(2, 20, exact=True, n_distinct=20)
    assert (run.pvalue, run.standard_error, run.interval, run.smallest_pvalue) == (0.1, 0.0, (0.1, 0.1), 0.05)


# the engine ----------------------------------------------------------------------------------------------------------
def mean_of_first(x):
    return lambda codes: np.where(codes == 0, x, 0.0).sum(axis=1)


@pytest.mark.parametrize("alternative", ["greater", "less", "two-sided"])
@pytest.mark.parametrize("n_resamples", [99, 9999])
def test_from_null_repeats_the_engines_pvalue(alternative, n_resamples):
    x = np.random.default_rng(0).normal(size=12)
    scheme = Permutation(n_resamples, group_sizes=(6, 6))
    null = null_distribution(mean_of_first(x), scheme, alternative=alternative, rng=5)
    run = ResamplingInfo.from_null(null)
    assert run.pvalue == pytest.approx(null.pvalue, rel=1e-14)
    assert run.exact == null.exact
    assert run.seed == (None if null.exact else 5)


def test_from_null_of_a_stopped_run():
    x = np.random.default_rng(0).normal(size=30)
    scheme = Permutation(9999, group_sizes=(15, 15))
    null = null_distribution(mean_of_first(x), scheme, stopping=Sequential(10), rng=1)
    run = ResamplingInfo.from_null(null)
    assert run.stopped_early
    assert run.n_exceeding == 10
    assert run.pvalue == null.pvalue == 10 / run.n_resamples
    assert run.n_requested == 9999


def test_a_spawned_seed_is_kept():
    null = null_distribution(
        lambda signs: signs @ np.arange(20.0), SignFlip(99, n=20), rng=np.random.SeedSequence(3, spawn_key=(4,))
    )
    run = ResamplingInfo.from_null(null)
    assert (run.seed, run.spawn_key) == (3, (4,))
    assert run.lines()[1].endswith("seed 3, spawn key (4,)")


def test_printed_lines():
    runs = {
        "Monte Carlo": info(41, 9999, seed=np.random.SeedSequence(1)),
        "exact": info(2, 20, exact=True, n_distinct=20),
        "stopped": info(20, 124, stopped_early=True, n_requested=9999, seed=np.random.SeedSequence(1)),
        "two-sided": info(41, 9999, tails=2),
        "two-sided, above one": info(80, 99, tails=2),
        "nothing exceeds": info(0, 99),
    }
    text = "\n".join(f"{name}\n  " + "\n  ".join(run.lines()) for name, run in runs.items())
    assert_snapshot(text, "results/resampling_lines.txt")


# calibration ---------------------------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("p", [0.02, 0.3])
@pytest.mark.parametrize("stopped", [False, True])
def test_the_interval_covers_and_the_standard_error_is_the_spread(p, stopped):
    rng = np.random.default_rng(8)
    n = 20_000
    counts, totals = (
        (20, 20 + rng.negative_binomial(20, p, size=n)) if stopped else (rng.binomial(1000, p, size=n), 1000)
    )
    runs = [
        info(int(count), int(total), stopped_early=stopped)
        for count, total in np.broadcast(np.broadcast_to(counts, n), np.broadcast_to(totals, n))
    ]
    covered = sum(run.interval[0] <= p <= run.interval[1] for run in runs)
    assert covered >= binomial_band(n=n, p=0.95)[0]  # exact intervals cover at least 95 percent
    spread = np.std([run.pvalue for run in runs])
    mean_error = np.sqrt(np.mean([run.standard_error**2 for run in runs]))
    # 20,000 runs determine the spread within 2 percent. Drawn at random, (1 + c)/(1 + B) lies 0.001 above p = 0.02,
    # which adds 2.5 percent to the error. Stopped, the delta method's next term is of the order of one in 20.
    assert mean_error == pytest.approx(spread, rel=0.12 if stopped else 0.045)
