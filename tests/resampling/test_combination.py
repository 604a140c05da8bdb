import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import integrate, stats
from statsmodels.stats.multitest import multipletests

from stattools.exceptions import InvalidDataError, InvalidParameterError
from stattools.resampling import adjust_pvalues, combine_pvalues
from tests.helpers import assert_in_binomial_band, assert_snapshot

METHODS = ["hmp", "cauchy", "cauchy_truncated", "simes", "bonferroni", "fisher", "stouffer"]


def landau_tail(x, location, scale):
    """Upper tail of the Landau law: its density's sine integral, integrated over the tail in closed form."""
    z = (x - location) / scale
    integrand = lambda t: np.exp(-t * z - 2 / np.pi * t * np.log(t)) * np.sin(2 * t) / (np.pi * t)
    # beyond 60/z the factor exp(-t z) is below 1e-26; a finite range keeps the quadrature from missing a narrow peak
    return integrate.quad(integrand, 0, 60 / z if z > 1 else np.inf, limit=500, epsabs=1e-16, epsrel=1e-12)[0]


# reference -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("n, thresholds", [
    (10, (0.03972, 0.009356, 0.000991)),
    (100, (0.03639, 0.009159, 0.000989)),
    (1000, (0.03358, 0.008970, 0.000986)),
    (10_000, (0.03117, 0.008788, 0.000984)),
])  # fmt: skip
def test_hmp_rejects_at_wilsons_thresholds(n, thresholds):
    for level, threshold in zip((0.05, 0.01, 0.001), thresholds, strict=True):
        combined = combine_pvalues(np.full(n, threshold)).pvalue
        # the thresholds are printed to four digits
        np.testing.assert_allclose(combined, level, rtol=2e-3)


@pytest.mark.parametrize("n, h", [(3, 0.5), (20, 0.04), (600, 0.01), (600, 1e-5)])
def test_hmp_equals_the_landau_integral(n, h):
    location, scale = np.log(n) + 1 - np.euler_gamma - np.log(2 / np.pi), np.pi / 2
    np.testing.assert_allclose(combine_pvalues(np.full(n, h)).pvalue, landau_tail(1 / h, location, scale), rtol=1e-8)


@given(st.lists(st.floats(1e-12, 0.999), min_size=1, max_size=30))
def test_cauchy_equals_its_definition(p):
    p = np.array(p)
    statistic = np.mean(1 / np.tan(np.pi * p))
    result = combine_pvalues(p, "cauchy")
    np.testing.assert_allclose(result.statistic, statistic, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(result.pvalue, stats.cauchy.sf(statistic), rtol=1e-9)


def test_cauchy_thresholds():
    for level, threshold in ((0.05, 6.3138), (0.01, 31.8205), (0.001, 318.309)):
        np.testing.assert_allclose(combine_pvalues([level] * 4, "cauchy").statistic, threshold, rtol=1e-5)


def test_truncated_cauchy_divides_by_all():
    expected = (1 / np.tan(np.pi * 0.01)) / 4
    result = combine_pvalues([0.01, 0.6, 0.7, 0.99], "cauchy_truncated")
    np.testing.assert_allclose(result.statistic, expected, rtol=1e-12)
    assert combine_pvalues([0.6, 0.9], "cauchy_truncated").pvalue == 1.0


@pytest.mark.parametrize("method, scipy_name", [("fisher", "fisher"), ("stouffer", "stouffer")])
def test_independence_methods_agree_with_scipy(method, scipy_name):
    p = np.random.default_rng(0).random(12)
    ours, theirs = combine_pvalues(p, method), stats.combine_pvalues(p, scipy_name)
    np.testing.assert_allclose([ours.statistic, ours.pvalue], [theirs.statistic, theirs.pvalue], rtol=1e-12)


def test_stouffer_weights_agree_with_scipy():
    p, w = np.random.default_rng(0).random((2, 12))
    np.testing.assert_allclose(
        combine_pvalues(p, "stouffer", weights=w).pvalue,
        stats.combine_pvalues(p, "stouffer", weights=w).pvalue,
        rtol=1e-12,
    )


def test_simes_and_bonferroni_agree_with_statsmodels():
    p = np.random.default_rng(0).random(12) / 5
    np.testing.assert_allclose(
        combine_pvalues(p, "simes").pvalue, multipletests(p, method="fdr_bh")[1].min(), rtol=1e-12
    )
    np.testing.assert_allclose(combine_pvalues(p, "bonferroni").pvalue, min(1, 12 * p.min()), rtol=1e-12)


@pytest.mark.parametrize(
    "ours, theirs", [("holm", "holm"), ("bonferroni", "bonferroni"), ("bh", "fdr_bh"), ("by", "fdr_by")]
)
def test_adjusted_pvalues_agree_with_statsmodels(ours, theirs):
    p = np.r_[np.random.default_rng(0).random(20) ** 3, 0.2, 0.2, 0.0, 1.0]
    np.testing.assert_allclose(adjust_pvalues(p, ours), multipletests(p, method=theirs)[1], rtol=1e-12)


# property --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", METHODS)
def test_rows_are_combined_one_by_one(method):
    p = np.random.default_rng(0).random((4, 6))
    together = combine_pvalues(p, method)
    alone = [combine_pvalues(row, method).pvalue for row in p]
    np.testing.assert_allclose(together.pvalue, alone, rtol=1e-12)
    np.testing.assert_allclose(combine_pvalues(p.T, method, axis=0).pvalue, alone, rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
@given(p=st.lists(st.floats(0, 1), min_size=1, max_size=8), k=st.integers(0, 7))
def test_smaller_pvalues_never_combine_to_a_larger_one(method, p, k):
    smaller = np.array(p)
    smaller[k % len(p)] /= 2
    # 1e-9: rounding where p-values near one cancel small ones
    assert combine_pvalues(smaller, method).pvalue <= combine_pvalues(p, method).pvalue + 1e-9


@pytest.mark.parametrize("method", [m for m in METHODS if m != "fisher"])
def test_equal_weights_change_nothing_and_weight_zero_leaves_out(method):
    p = np.random.default_rng(0).random(6)
    plain = combine_pvalues(p, method).pvalue
    np.testing.assert_allclose(combine_pvalues(p, method, weights=np.full(6, 3.0)).pvalue, plain, rtol=1e-12)
    np.testing.assert_allclose(combine_pvalues(np.r_[p, 0.0], method, weights=[1] * 6 + [0]).pvalue, plain, rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_extreme_pvalues_give_a_number(method):
    for p in ([0.0, 0.5], [1.0, 1.0], [0.0, 1e-300], [1e-20, 0.3], [0.5]):
        assert 0 <= combine_pvalues(p, method).pvalue <= 1


# calibration -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", METHODS)
def test_a_single_pvalue_is_returned_as_it_is(method):
    for p in (0.001, 0.05, 0.3):
        np.testing.assert_allclose(combine_pvalues([p], method).pvalue, p, rtol=1e-12)


@pytest.mark.slow
def test_size_of_the_weighted_harmonic_mean():
    p = np.random.default_rng(2).random((20_000, 6))
    weights = [20, 5, 1, 1, 1, 1]
    rejections = int((combine_pvalues(p, "hmp", weights=weights).pvalue <= 0.01).sum())
    # the tail approximation is off by less than a tenth at this level
    assert stats.binom.ppf(0.0005, 20_000, 0.009) <= rejections <= stats.binom.ppf(0.9995, 20_000, 0.011)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_size_for_independent_pvalues(method):
    p = np.random.default_rng(1).random((20_000, 10))
    rejections = int((combine_pvalues(p, method).pvalue <= 0.01).sum())
    if method == "bonferroni":
        assert rejections <= stats.binom.ppf(0.9995, 20_000, 0.01)
    else:
        # the tail approximations of hmp and of the Cauchy methods are off by less than a tenth at this level
        exact = method in ("simes", "fisher", "stouffer", "cauchy")
        if exact:
            assert_in_binomial_band(rejections, n=20_000, p=0.01, level=0.999)
        else:
            assert stats.binom.ppf(0.0005, 20_000, 0.009) <= rejections <= stats.binom.ppf(0.9995, 20_000, 0.011)


# errors and print --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "p, message",
    [
        ([0.1, np.nan], "nan at index 1"),
        ([0.1, 1.5], "1.5 at index 1"),
        ([[0.1, -0.2]], "-0.2 at row 0, column 1"),
        (0.5, "single number"),
        ([], "empty"),
        (["a"], "p"),
    ],
)
def test_bad_pvalues_are_named(p, message):
    with pytest.raises(InvalidDataError, match=message):
        combine_pvalues(p)


def test_bad_options_are_named():
    with pytest.raises(InvalidParameterError, match="did you mean 'cauchy'"):
        combine_pvalues([0.1], "cauchi")
    with pytest.raises(InvalidDataError, match="weights has 3 values for 2 p-values"):
        combine_pvalues([0.1, 0.2], weights=[1, 1, 1])
    with pytest.raises(InvalidDataError, match="all zero"):
        combine_pvalues([0.1, 0.2], weights=[0, 0])
    with pytest.raises(InvalidDataError, match="-1.0 at index 1"):
        combine_pvalues([0.1, 0.2], weights=[1, -1])
    with pytest.raises(InvalidParameterError, match="takes no weights"):
        combine_pvalues([0.1, 0.2], "fisher", weights=[1, 1])
    with pytest.raises(InvalidDataError, match="holds both 0 and 1"):
        combine_pvalues([0.0, 1.0], "stouffer")
    with pytest.raises(InvalidParameterError, match="axis is 2"):
        combine_pvalues([0.1, 0.2], axis=2)


def test_printed_form():
    assert_snapshot(str(combine_pvalues([0.01, 0.2, 0.8])), "combine_pvalues.txt")
