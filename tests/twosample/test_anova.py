import numpy as np
import pytest

from stattools import DistributionArray, isw_anova, isw_test
from stattools.exceptions import DegenerateDataError, DegenerateDataWarning, InvalidDataError, InvalidParameterError
from stattools.resampling import RowPermutation
from stattools.twosample import anova
from tests.helpers import assert_in_binomial_band, assert_snapshot
from tests.twosample import naive
from tests.twosample.test_isw_test import rows_as_embedding


def three_groups(seed=0, shift=1.0, sizes=(8, 10, 7)):
    rng = np.random.default_rng(seed)
    means = np.repeat([0.0, 0.0, shift], sizes)
    array = DistributionArray.from_samples([rng.normal(m, 1.0, 40) for m in means + 0.3 * rng.normal(size=len(means))])
    return array, np.repeat(["a", "b", "c"], sizes)


X, LABELS = three_groups()


# naive -----------------------------------------------------------------------------------------------
def test_statistics_equal_their_twins():
    features = X.embed().features
    groups = [features[LABELS == g] for g in "abc"]
    assert isw_anova(X, LABELS, n_resamples=19, rng=1).statistic == pytest.approx(
        naive.studentized_groups(groups), rel=1e-9
    )
    pseudo = isw_anova(X, LABELS, statistic="pseudo_f", n_resamples=19, rng=1).statistic
    assert pseudo == pytest.approx(naive.pseudo_f(groups), rel=1e-9)


@pytest.mark.parametrize("n_columns", [1, 3])
def test_freedman_lane_equals_its_twin(n_columns):
    rng = np.random.default_rng(1)
    z = rng.normal(size=(25, n_columns)) + 1e4  # an offset must not cost digits
    result = isw_anova(X, LABELS, covariates=z, n_resamples=19, rng=1)
    features = X.embed().features
    dummies = (LABELS[:, None] == np.array(["b", "c"])).astype(float)
    centred = z - z.mean(axis=0)
    # 1e-6: pseudo-inverses in the twin
    assert result.statistic == pytest.approx(naive.freedman_lane(features, dummies, centred, np.arange(25)), rel=1e-6)
    statistic = anova._statistic(result.plan)
    orders = RowPermutation(19, n=25).draw(np.random.default_rng(0), 4)
    expected = [naive.freedman_lane(features, dummies, centred, order) for order in orders]
    np.testing.assert_allclose(statistic(orders), expected, rtol=1e-6)


def test_a_constant_covariate_changes_nothing():
    plain = isw_anova(X, LABELS, statistic="pseudo_f", n_resamples=19, rng=1)
    assert isw_anova(X, LABELS, covariates=np.ones(25), n_resamples=19, rng=1).statistic == pytest.approx(
        plain.statistic
    )


def test_coefficients_are_least_squares_with_hc3_errors():
    import statsmodels.api as sm

    z = np.random.default_rng(1).normal(size=25)
    table = isw_anova(X, LABELS, covariates=z, n_resamples=19, rng=1).coefficients()
    design = np.column_stack([np.ones(25), LABELS == "b", LABELS == "c", z]).astype(float)
    quantile = X.embed().quantile_functions()[:, 0, 4]
    expected = sm.OLS(quantile, design).fit(cov_type="HC3", use_t=True)
    rows = table[np.isclose(table["level"], X.embed().levels[4])]
    np.testing.assert_allclose(rows["estimate"], expected.params, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(rows["std_error"], expected.bse, rtol=1e-9)
    np.testing.assert_allclose(rows["p_value"], expected.pvalues, rtol=1e-7)
    assert rows["term"].tolist() == ["intercept", "b - a", "c - a", "covariate 1"]


# property --------------------------------------------------------------------------------------------
def test_two_groups_give_the_two_sample_test():
    two = isw_test(X[:8], X[8:18], rng=3, n_resamples=499)
    k = isw_anova(X[:18], LABELS[:18], rng=3, n_resamples=499)
    assert k.statistic == pytest.approx(two.statistic, rel=1e-9) and k.pvalue == two.pvalue


@pytest.mark.parametrize("options", [{}, {"covariates": np.linspace(0, 1, 25)}])
def test_extending_storing_and_workers(options):
    short, long = (isw_anova(X, LABELS, n_resamples=b, rng=7, **options) for b in (300, 900))
    assert short.extend(900).pvalue == long.pvalue
    np.testing.assert_array_equal(short.extend(900).null_distribution, long.null_distribution)
    again = type(short).from_json(short.to_json())
    assert again == short and again.extend(900).pvalue == long.pvalue
    two = isw_anova(X, LABELS, n_resamples=300, rng=7, n_jobs=2, **options)
    np.testing.assert_array_equal(two.null_distribution, short.null_distribution)


def test_a_covariate_that_explains_the_groups_takes_their_effect():
    rng = np.random.default_rng(0)
    z = np.repeat([0.0, 1.0], 15) + 0.2 * rng.normal(size=30)
    x = rows_as_embedding(z[:, None] + 0.3 * rng.normal(size=(30, 3)))
    labels = np.repeat([0, 1], 15)
    assert isw_anova(x, labels, n_resamples=999, rng=1).pvalue == 0.001
    assert isw_anova(x, labels, covariates=z, n_resamples=999, rng=1).pvalue > 0.05


def test_missing_covariates_are_refused_or_omitted_with_a_count():
    z = np.linspace(0, 1, 25)
    z[3] = np.nan
    with pytest.raises(InvalidDataError, match="covariates has nan at index 3"):
        isw_anova(X, LABELS, covariates=z)
    with pytest.warns(DegenerateDataWarning, match="1 of 25"):
        result = isw_anova(X, LABELS, covariates=z, nan_policy="omit", n_resamples=99, rng=1)
    assert sum(result.n.values()) == 24


# errors ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ({"groups": None}, InvalidParameterError, "group labels"),
        ({"groups": ["a"] * 25}, DegenerateDataError, "single level 'a'"),
        ({"groups": [0] * 24}, InvalidDataError, "groups has 24 labels for 25 units"),
        ({"groups": [0] * 24 + [1]}, DegenerateDataError, "group 1 has 1 distribution"),
        ({"statistic": "f"}, InvalidParameterError, "statistic is 'f'"),
        ({"statistic": "studentized", "covariates": np.arange(25.0)}, InvalidParameterError, "it is 'pseudo_f'"),
        ({"covariates": np.arange(24.0)}, InvalidDataError, "24 rows for 25 units"),
        ({"covariates": (LABELS == "c").astype(float)}, DegenerateDataError, "determine some of the groups"),
        ({"covariates": np.full(25, np.inf)}, InvalidDataError, "covariates has inf"),
        ({"covariates": np.random.default_rng(0).normal(size=(25, 22))}, DegenerateDataError, "degree of freedom"),
        ({"stopping": 3}, InvalidParameterError, "Sequential"),
        ({"n_resamples": -1}, InvalidParameterError, "n_resamples"),
    ],
)
def test_mistakes_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        isw_anova(**{"x": X, "groups": LABELS, **arguments})


# calibration -----------------------------------------------------------------------------------------
@pytest.mark.slow
def test_size_with_four_groups():
    rejections = 0
    for seed in range(2000):
        rows = np.random.default_rng([9, seed]).normal(size=(34, 10)) / np.arange(1, 11)
        labels = np.repeat(np.arange(4), [5, 8, 9, 12])
        rejections += isw_anova(rows_as_embedding(rows), labels, n_resamples=199, rng=seed).pvalue <= 0.05
    assert_in_binomial_band(rejections, n=2000, p=0.05, level=0.999)


@pytest.mark.slow
def test_size_with_a_covariate_that_differs_between_groups():
    rejections = 0
    for seed in range(2000):
        rng = np.random.default_rng([10, seed])
        labels = np.repeat([0, 1], [12, 18])
        z = labels + rng.normal(size=30)
        rows = z[:, None] + rng.normal(size=(30, 5))
        rejections += isw_anova(rows_as_embedding(rows), labels, covariates=z, n_resamples=199, rng=seed).pvalue <= 0.05
    assert_in_binomial_band(rejections, n=2000, p=0.05, level=0.999)


# print -----------------------------------------------------------------------------------------------
def test_printed_form():
    result = isw_anova(X, LABELS, covariates=np.linspace(0, 1, 25), n_resamples=999, rng=1)
    assert_snapshot(str(result), "isw_anova.txt")


def test_categories_are_covariates_too():
    import pandas as pd

    rng = np.random.default_rng(0)
    site = rng.choice(["north", "south", "west"], 25)
    z = rng.normal(size=25)
    by_frame = isw_anova(X, LABELS, covariates=pd.DataFrame({"z": z, "site": site}), n_resamples=99, rng=1)
    dummies = np.column_stack([z, site == "south", site == "west"]).astype(float)
    by_hand = isw_anova(X, LABELS, covariates=dummies, n_resamples=99, rng=1)
    assert by_frame.statistic == pytest.approx(by_hand.statistic, rel=1e-9) and by_frame.pvalue == by_hand.pvalue
    assert by_frame.plan.covariate_names == ("z", "site_south", "site_west")


def test_mirror_images_of_groups_are_ties():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        rows = rng.normal(size=(9, 4)) + np.repeat([0.0, 100.0, 300.0], 3)[:, None]
        result = isw_anova(rows_as_embedding(rows), np.repeat([0, 1, 2], 3))
        assert result.resampling.exact and result.pvalue >= 6 / 1680


def test_levels_keep_the_order_of_a_categorical_and_many_groups_are_cut_in_print():
    import pandas as pd

    labels = pd.Categorical(np.repeat(["low", "mid", "top"], [8, 10, 7]), categories=["top", "mid", "low"])
    result = isw_anova(X.with_groups(labels), n_resamples=99, rng=1)
    assert list(result.n) == ["top", "mid", "low"]
    many = isw_anova(X[:24], np.repeat(np.arange(12), 2), n_resamples=99, rng=1)
    assert "and 4 more groups" in many.data_name


def test_unequal_blocks_are_named_by_their_labels():
    blocks = ["week 1"] * 3 + ["week 2"] * 22
    with pytest.raises(InvalidDataError, match="block 'week 1' has 3 units, block 'week 2' has 22"):
        isw_anova(X, LABELS, blocks=blocks)
