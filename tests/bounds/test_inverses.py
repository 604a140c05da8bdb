"""The divergence of coins, its inverse, and binomial tails: exact, and rounded to the safe side."""

import csv
import math
from decimal import Decimal, localcontext
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import special, stats

from stattools.bounds import binary_kl, binomial_tail_inverse, kl_inverse
from stattools.exceptions import InvalidDataError, InvalidParameterError, StattoolsError
from tests import naive_bounds_losses as naive
from tests.test_hostile import THINGS, outcome

REFERENCE = Path(__file__).parent.parent / "reference" / "bounds_inverses.csv"  # by bounds_inverses.py beside it
UNIT = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 1.0, 0.5, 1e-300, 5e-324, 1e-12, 1 - 2.0**-53]))
SIZES = st.one_of(st.floats(0, 40), st.sampled_from([0.0, 5e-324, 1e-300, 1e-290, 1e-20, 1e-8, 1e5, 1e300, math.inf]))
SIDES = st.sampled_from(["upper", "lower"])
COUNTS = st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def reference(function):
    with REFERENCE.open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["function"] == function]


def errors_of(row, p, gap):
    """Relative errors of limit and gap, positive on the safe side."""
    with localcontext() as context:
        context.prec = 60
        exact_p, exact_gap = Decimal(row["p"]), Decimal(row["gap"])
        outward = 1 if row["side"] == "upper" else -1
        error_p = outward * (Decimal(p) - exact_p) / exact_p if exact_p else Decimal(p)
        # 33 digits are stored; a gap of all there is equals its reference to those only
        error_gap = (Decimal(gap) - exact_gap) / abs(exact_gap) if exact_gap else Decimal(gap)
        return float(error_p), float(error_gap)


# naive ---------------------------------------------------------------------------------------------------------------
@given(UNIT.filter(lambda q: q > 1e-10), st.floats(1e-6, 1 - 1e-6))
def test_the_divergence_is_the_sum_of_two_logarithms(q, p):
    # the naive sum cancels to about 1e-16 in absolute terms
    assert binary_kl(q, p) == pytest.approx(naive.binary_kl(q, p), rel=1e-12, abs=1e-15)


@given(st.floats(0, 1), st.floats(1e-4, 5), SIDES)
def test_the_inverse_is_that_of_bisection(q, c, side):
    # bisection of p compares divergences that are known to 1e-15, so p to 1e-15 / slope
    assert kl_inverse(q, c, side=side) == pytest.approx(naive.kl_inverse(q, c, side), abs=1e-9)


@settings(max_examples=30)
@given(COUNTS, st.floats(1e-8, 0.99), SIDES)
def test_the_binomial_limit_is_that_of_a_root_finder(counts, delta, side):
    k, n = counts
    wanted = naive.binomial_tail_inverse(k, n, delta, side)
    assert binomial_tail_inverse(k, n, delta, side=side) == pytest.approx(wanted, rel=1e-7, abs=1e-12)


# property ------------------------------------------------------------------------------------------------------------
@given(UNIT, SIZES, SIDES)
def test_the_inverse_is_sound_for_all_arguments(q, c, side):
    p, gap = kl_inverse(q, c, side=side, return_gap=True)
    assert 0 <= p <= 1 and (p >= q if side == "upper" else p <= q)
    assert gap >= 0 and (gap > 0) == (c > 0 and q != (1.0 if side == "upper" else 0.0))
    if 0 < p < 1 and c >= 1e-9 * q * (1 - q) and 0 < q < 1 and p != q:
        assert binary_kl(q, p) >= c * (1 - 1e-10)  # below that, p cannot tell the difference


@given(UNIT, SIZES, SIZES, SIDES)
def test_the_inverse_rises_with_c(q, c, d, side):
    c, d = sorted((c, d))
    near, far = kl_inverse(q, [c, d], side=side, return_gap=True)[1]
    assert near <= far * (1 + 1e-14)  # each is rounded up by a few ulp


@given(UNIT, UNIT, SIZES.filter(lambda c: c == 0 or c > 1e-280))  # below, it is a bound and no inverse
def test_the_inverse_rises_with_q(q, r, c):
    q, r = sorted((q, r))
    low, high = kl_inverse([q, r], c)
    assert low <= high * (1 + 1e-14)


@given(st.integers(1, 2**20 - 1).map(lambda i: i / 2**20), st.floats(1e-12, 10))
def test_upper_and_lower_are_mirror_images(q, c):
    upper, gap = kl_inverse(q, c, return_gap=True)
    lower, mirrored = kl_inverse(1 - q, c, side="lower", return_gap=True)
    assert gap == mirrored  # 1 - q is exact here
    assert lower == pytest.approx(1 - upper, abs=1e-14)


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_inverse_undoes_the_divergence(q, p):
    q, p = min(q, p), max(q, p)
    c = binary_kl(q, p)
    if math.isfinite(c) and c > 1e-280:
        assert kl_inverse(q, c) == pytest.approx(p, rel=1e-12, abs=1e-300)


@given(UNIT, SIZES.filter(lambda c: 1e-280 < c < 1e5))
def test_pinsker(q, c):
    assert kl_inverse(q, c, return_gap=True)[1] <= math.sqrt(c / 2) * (1 + 1e-14)


@given(COUNTS, st.floats(-1e5, -1e-3))
def test_the_binomial_limit_is_below_that_of_the_divergence(counts, log_delta):
    k, n = counts
    tight = binomial_tail_inverse(k, n, log_delta=log_delta)
    assert tight <= kl_inverse(k / n, -log_delta / n) * (1 + 1e-12)  # roundings of both
    assert binomial_tail_inverse(k, n, log_delta=log_delta, side="lower") <= tight * (1 + 1e-12) or log_delta > -0.7


@given(COUNTS, st.floats(1e-300, 0.999))
def test_binomial_limits_are_mirror_images(counts, delta):
    k, n = counts
    upper = binomial_tail_inverse(k, n, delta)
    assert binomial_tail_inverse(n - k, n, delta, side="lower") == pytest.approx(1 - upper, abs=1e-14)


@given(COUNTS, st.floats(-1e5, -1e-6), st.floats(-1e5, -1e-6))
def test_binomial_limits_are_monotone(counts, first, second):
    k, n = counts
    small, large = sorted((first, second))
    wide, narrow = binomial_tail_inverse(k, n, log_delta=[small, large])
    assert wide >= narrow * (1 - 1e-11)  # near delta = 1 the tail itself is known to 1e-14 only
    if k < n:
        assert binomial_tail_inverse(k, n, log_delta=small) <= binomial_tail_inverse(k + 1, n, log_delta=small)
        assert binomial_tail_inverse(k, n + 1, log_delta=small) <= wide * (1 + 1e-12)


def test_arguments_broadcast():
    p, gap = kl_inverse(np.array([[0.1], [0.2]]), np.array([0.0, 0.1, 1.0]), return_gap=True)
    assert p.shape == gap.shape == (2, 3)
    assert p[1, 2] == kl_inverse(0.2, 1.0) and isinstance(kl_inverse(0.2, 1.0), float)
    assert binomial_tail_inverse([[1], [2]], 10, [0.1, 0.2, 0.3]).shape == (2, 3)
    assert binary_kl([], 0.5).shape == (0,)
    assert kl_inverse(np.float32(0.25), np.arange(3)[::2]).shape == (2,)


# reference -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("side", ["upper", "lower"])
def test_the_inverse_against_many_digits(side):
    rows = [row for row in reference("kl") if row["side"] == side]
    assert len(rows) > 100
    for row in rows:
        q, c = float(row["q_or_k"]), float(row["c_or_log_delta"])
        error_p, error_gap = errors_of(row, *kl_inverse(q, c, side=side, return_gap=True))
        # a lower p is q exp(-s), whose relative error is that of s times s
        most = 1e-14 if side == "upper" else 1e-14 + 3e-15 * math.log(q / float(row["p"]))
        assert 0 <= error_p < most and -1e-32 < error_gap < 1e-14, row


@pytest.mark.parametrize("side", ["upper", "lower"])
def test_the_binomial_limit_against_many_digits(side):
    rows = [row for row in reference("binomial") if row["side"] == side]
    assert len(rows) > 50
    for row in rows:
        k, n, level = int(row["q_or_k"]), int(row["n"]), float(row["c_or_log_delta"])
        error_p, error_gap = errors_of(row, *binomial_tail_inverse(k, n, log_delta=level, side=side, return_gap=True))
        # sums of up to thousands of terms, each with its rounding, are covered by the outward step
        assert 0 <= error_p < 5e-12 and -1e-32 < error_gap < 5e-12, row


@pytest.mark.parametrize(
    ("q", "c", "p"),
    [
        (0.0, 0.001, "0.0009995001666250083"),
        (0.05, 0.01, "0.08690214907386274"),
        (0.1, 0.05, "0.22007860110692463"),
        (0.2, 1e-6, "0.20056608521255732"),
        (1e-9, 1e-8, "1.3610868552327439e-8"),
        (0.5, 5.0, "0.99998864988873435"),
        (0.99, 0.001, "0.99381996911282338"),
        (1e-12, 1e-12, "3.1461932206172064e-12"),
    ],
)
def test_the_inverse_at_known_values(q, c, p):
    assert kl_inverse(q, c) == pytest.approx(float(p), rel=1e-14)  # by arithmetic of 60 digits


def test_the_gap_keeps_its_digits():
    p, gap = kl_inverse(0.25, 1e-20, return_gap=True)
    # sqrt(2 q (1 - q) c) + (2 / 3) (1 - 2 q) c
    assert gap == pytest.approx(math.sqrt(0.375e-20) + 1e-20 / 3, rel=1e-14)
    assert p - 0.25 == pytest.approx(gap, abs=2e-16)


def test_closed_forms():
    c = np.array([1e-300, 1e-12, 0.1, 3.0, 50.0])
    np.testing.assert_allclose(kl_inverse(0.0, c), -np.expm1(-c), rtol=3e-15)
    np.testing.assert_allclose(kl_inverse(1.0, c, side="lower"), np.exp(-c), rtol=1e-13)  # 8 ulp of the exponent
    assert list(kl_inverse([0.0, 0.3, 1.0], 0.0)) == [0.0, 0.3, 1.0]
    assert list(kl_inverse([0.0, 0.3, 1.0], math.inf)) == [1.0, 1.0, 1.0]
    assert list(kl_inverse([0.0, 0.3, 1.0], math.inf, side="lower")) == [0.0, 0.0, 0.0]
    delta, n = 1e-9, np.array([1, 10, 10**6, 10**12])
    np.testing.assert_allclose(binomial_tail_inverse(0, n, delta), -np.expm1(np.log(delta) / n), rtol=4e-15)
    # P(Bin(n, p) <= n - 1) = 1 - p^n
    np.testing.assert_allclose(binomial_tail_inverse(n - 1, n, 0.3), np.exp(np.log(0.7) / n), rtol=1e-13)
    np.testing.assert_allclose(binomial_tail_inverse(1, n, 0.3, side="lower"), -np.expm1(np.log(0.7) / n), rtol=1e-13)
    assert binomial_tail_inverse(7, 7, 0.05) == 1.0 and binomial_tail_inverse(0, 7, 0.05, side="lower") == 0.0


@pytest.mark.parametrize(
    ("k", "n", "delta", "p"),
    [
        (0, 100, 0.05, 0.029513049607039932),
        (3, 100, 0.05, 0.07571079374983006),
        (50, 1000, 0.05, 0.06286340351237975),
        (0, 1000, 5e-8, 0.01667072243152071),
        (1, 1000, 5e-8, 0.01966259351233148),
        (10, 10**5, 5e-12, 0.0005030609007572588),
        (0, 10**12, 0.05, 2.9957322735495e-12),
    ],
)
def test_the_binomial_limit_at_known_values(k, n, delta, p):
    assert binomial_tail_inverse(k, n, delta) == pytest.approx(p, rel=5e-14)


def test_the_binomial_limit_is_that_of_scipy():
    for n in (1, 5, 40, 1000):
        for k in {0, 1, n // 3, n - 1, n}:
            for delta in (0.5, 0.05, 1e-6):
                exact = stats.binomtest(k, n, alternative="less").proportion_ci(1 - delta, "exact").high
                assert binomial_tail_inverse(k, n, delta) == pytest.approx(exact, rel=1e-6, abs=1e-12)
                exact = stats.binomtest(k, n, alternative="greater").proportion_ci(1 - delta, "exact").low
                assert binomial_tail_inverse(k, n, delta, side="lower") == pytest.approx(exact, rel=1e-6, abs=1e-12)


def test_large_counts():
    # the incomplete beta function near its mean is known to about 1e-10 here
    for k, n in ((5 * 10**9, 10**10), (10**7, 10**9)):
        p = binomial_tail_inverse(k, n, 0.05)
        assert special.betaincc(k + 1, n - k, p) == pytest.approx(0.05, rel=1e-6)
    p, gap = binomial_tail_inverse(10**6, 10**12, log_delta=-1e5, return_gap=True)
    assert p == pytest.approx(1e-6 + gap, rel=1e-15) and 0 < gap < kl_inverse(1e-6, 1e-7, return_gap=True)[1]


def test_tiny_probabilities_of_failure():
    levels = -np.array([1e2, 690.0, 700.0, 745.0, 1e3, 1e4, 1e5])
    limits = binomial_tail_inverse(3, 100, log_delta=levels)
    assert np.all(np.diff(limits) > 0) or limits[-1] == 1.0
    assert binomial_tail_inverse(3, 100, log_delta=-math.inf) == 1.0
    assert binomial_tail_inverse(3, 100, log_delta=-math.inf, side="lower") == 0.0
    same = binomial_tail_inverse(3, 100, log_delta=math.log(1e-300))
    assert binomial_tail_inverse(3, 100, 1e-300) == pytest.approx(same, rel=1e-13)


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: binary_kl(0.5, 1.5), InvalidDataError, "p has 1.5; it must be in [0, 1]"),
        (lambda: binary_kl([0.1, -0.1], 0.5), InvalidDataError, "q has -0.1 at index 1"),
        (lambda: kl_inverse(2, 0.1), InvalidDataError, "q has 2.0"),
        (lambda: kl_inverse(0.1, -1.0), InvalidDataError, "c has -1.0; it must be at least 0"),
        (lambda: kl_inverse(0.1, math.nan), InvalidDataError, "c has nan"),
        (lambda: kl_inverse(math.nan, 0.1), InvalidDataError, "q has nan"),
        (lambda: kl_inverse(0.1, 0.1, side="uper"), InvalidParameterError, "did you mean 'upper'?"),
        (lambda: kl_inverse([0.1, 0.2], [0.1] * 3), InvalidDataError, "q (2,), c (3,)"),
        (lambda: kl_inverse("a", 0.1), InvalidDataError, "q has dtype"),
        (lambda: binomial_tail_inverse(3, 2, 0.1), InvalidDataError, "more errors than trials"),
        (lambda: binomial_tail_inverse(0.5, 2, 0.1), InvalidDataError, "k has 0.5"),
        (lambda: binomial_tail_inverse(0, 0, 0.1), InvalidDataError, "n has 0.0"),
        (lambda: binomial_tail_inverse(0, 2**60, 0.1), InvalidDataError, "2^53"),
        (lambda: binomial_tail_inverse(0, 2, 0.0), InvalidParameterError, "delta has 0.0; it must be in (0, 1)"),
        (lambda: binomial_tail_inverse(0, 2, 1.0), InvalidParameterError, "delta has 1.0"),
        (lambda: binomial_tail_inverse(0, 2, log_delta=0.0), InvalidParameterError, "log_delta has 0.0"),
        (lambda: binomial_tail_inverse(0, 2, log_delta=math.nan), InvalidParameterError, "log_delta has nan"),
        (lambda: binomial_tail_inverse(0, 2), InvalidParameterError, "neither of delta and log_delta"),
        (lambda: binomial_tail_inverse(0, 2, 0.1, log_delta=-1), InvalidParameterError, "both of delta and log_delta"),
        (lambda: binomial_tail_inverse(0, 2, "x"), InvalidParameterError, "delta has dtype"),
    ],
)
def test_errors_say_what_was_wrong(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)
    assert isinstance(caught.value, StattoolsError)


@given(THINGS, THINGS, THINGS)
def test_arbitrary_input(a, b, c):
    for result in (
        outcome(binary_kl, a, b),
        outcome(kl_inverse, a, b, side="upper"),
        outcome(binomial_tail_inverse, a, b, c),
        outcome(binomial_tail_inverse, a, b, 0.1, side="lower"),
    ):
        if result is not None:
            assert np.all(np.asarray(result) >= 0)
