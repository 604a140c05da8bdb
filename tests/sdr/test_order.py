"""The number of components: each criterion against its formula, known answers, and how often it is right."""

import numpy as np
import pytest

from stattools._errors import AssumptionWarning, InvalidParameterError, Notes
from stattools.results import decode, encode
from stattools.results._immutable import equal
from stattools.sdr import order
from stattools.sdr.order import CRITERIA, determine
from stattools.sdr.order_cv import cross_validated_losses, principal_features
from stattools.sdr.order_resampled import ladle_curve
from stattools.sdr.pairing import observed_eigenvalues
from stattools.sdr.refit import features_of
from tests.helpers import assert_in_binomial_band, binomial_band
from tests.sdr.operators import beta_normal, canonical_operator, gaussian_gram, operator_of, tuned


@pytest.fixture(scope="module")
def strong():
    """Linear kernels, two large canonical correlations of four."""
    return canonical_operator(150, [0.95, 0.85, 0.0, 0.0], 1, penalty=0.01)


# reference -----------------------------------------------------------------------------------------------------------
def test_every_criterion_on_two_clear_components(strong):
    operator, _, y = strong
    table = determine(operator, criteria="all", responses=y, rng=1)
    assert set(table.choices) == set(CRITERIA)
    assert {table.choices[name] for name in ("permutation", "ladle", "augmentation", "cv")} == {2}
    assert table.choices["ratio"] in (2, 3)  # two eigenvalues of noise can be far apart, too
    assert table.choices["bic"] == 2  # c = 4 keeps what is above 0.73 of the first at n = 150; the second is 0.8 of it
    assert table.n_components == 2 and table.criterion == "permutation" and not table.omitted


def test_bic_keeps_eigenvalues_above_a_share_of_the_first(strong):
    operator = strong[0]
    values = observed_eigenvalues(operator, 4)[:-1]
    for constant in (0.1, 1.0, 2.0, 4.0):
        choice = determine(operator, criterion="bic", criteria=(), bic_constant=constant).choices["bic"]
        assert choice == np.sum(values > constant * values[0] * np.sqrt(np.log(150) / 150))


def test_ratio_is_the_largest_drop(strong):
    values = observed_eigenvalues(strong[0], 4)[:-1]
    curve = determine(strong[0], criterion="ratio", criteria=()).curves["ratio"]
    np.testing.assert_allclose(curve[1:4], values[:3] / values[1:], rtol=1e-10)


def test_the_ratio_of_a_response_of_two_categories_is_one():
    rng = np.random.default_rng(1)
    group = rng.integers(0, 2, 40)
    x = rng.standard_normal((40, 2)) + 2.0 * group[:, None]
    operator = operator_of(gaussian_gram(x), (group[:, None] == group).astype(float), regularization=(1e-2, 0.0))
    table = determine(operator, criteria="all", rng=1)
    assert len(table.candidates) == 2  # no more than the rank of Y
    assert {table.choices[name] for name in ("ratio", "permutation", "cv")} == {1}


def test_a_loss_without_components_is_that_of_the_barycentre(strong):
    operator, _, y = strong
    losses = cross_validated_losses(operator, y, k_max=2, n_folds=5, rng=1)
    # the mean of the others errs by n / (n - n_fold) more: 1.25 over 1 / 0.8
    expected = y.var(axis=0).sum() * (1.0 + 1.0 / (0.8 * 150))
    np.testing.assert_allclose(losses.means[0], expected, rtol=0.01)  # the fold means deviate at random
    assert losses.sizes.sum() == 150


# property ------------------------------------------------------------------------------------------------------------
def test_principal_features_keep_distances():
    rows = np.random.default_rng(1).standard_normal((12, 40))
    for part in (rows, rows[:, :5], rows[:, :2] @ np.ones((2, 9))):
        found = principal_features(part)
        assert found.shape[1] <= min(part.shape[1], 11)
        squared = lambda a: ((a[:, None] - a[None]) ** 2).sum(axis=2)
        # 1e-8 of the variance may be left out
        np.testing.assert_allclose(squared(found), squared(part), atol=1e-7 * squared(part).max())


def test_a_seed_gives_the_same_table_and_it_can_be_stored(strong):
    operator, _, y = strong
    first, second = (determine(operator, criteria="all", responses=y, rng=7, n_resamples=20) for _ in range(2))
    assert equal(first, second)
    assert equal(decode(encode(first)), first)


def test_only_what_is_asked_for_is_computed(strong):
    table = determine(strong[0], criterion="bic", criteria=("ratio",))
    assert set(table.choices) == {"bic", "ratio"} and set(table.omitted) == set(CRITERIA) - {"bic", "ratio"}
    assert table.pvalues is None and table.null_eigenvalues is None


def test_auto_leaves_out_what_is_dear_for_many_observations(strong, monkeypatch):
    monkeypatch.setattr(order, "ALL_UP_TO", 100)
    assert set(determine(strong[0], criterion="ratio").choices) == {"bic", "ratio"}


def test_a_number_is_taken_as_it_is(strong):
    table = determine(strong[0], criterion=3, criteria=("bic",))
    assert table.n_components == 3 and table.criterion == "given"


def test_the_functions_of_a_ladle_are_compared_on_the_original_sample(strong):
    """Functions that every resample finds again vary little, whatever the order of the observations."""
    operator = strong[0]
    values = observed_eigenvalues(operator, 4)[:-1]
    curve = ladle_curve(features_of(operator), values, n_resamples=50, rng=1)
    variability = curve - values / (1.0 + values.sum())
    assert variability[2] < 0.2 * variability[3]


# errors --------------------------------------------------------------------------------------------------------------
def test_no_component_is_one_component_and_a_warning():
    rng = np.random.default_rng(11)
    operator = operator_of(*(gaussian_gram(rng.standard_normal((30, 1))) for _ in range(2)))
    notes = Notes()
    with pytest.warns(AssumptionWarning, match="'permutation' keeps no component"):
        table = determine(operator, criteria=("bic",), rng=1, notes=notes)
    assert table.choices["permutation"] == 0 and table.n_components == 1
    assert "BIC criterion with constant 4 keeps nothing at n = 30" in notes.remarks[0]
    assert table.pvalues[0] > 0.05


@pytest.mark.parametrize(
    "options, words",
    [
        ({"criterion": "permutations"}, "did you mean 'permutation'"),
        ({"criterion": 5}, "allow at most 4"),
        ({"criterion": 0}, "n_components is 0"),
        ({"criteria": "some"}, "criteria is 'some'"),
        ({"criteria": ("aic",)}, "criteria is 'aic'"),
        ({"level": 1.5}, "level is 1.5"),
        ({"bic_constant": 0}, "bic_constant is"),
        ({"n_folds": 1}, "n_folds is 1"),
        ({"n_folds": 100, "criteria": ("cv",)}, "n_folds is 100"),
        ({"n_resamples": 0}, "n_resamples is 0"),
        ({"max_components": 0}, "max_components is 0"),
    ],
)
def test_bad_options_are_named(strong, options, words):
    with pytest.raises(InvalidParameterError, match=words):
        determine(strong[0], **({"criteria": ("bic",), "n_resamples": 5} | options), rng=1)


# calibration ---------------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_level_of_the_permutation_criterion_under_independence():
    """H0: X and Y independent; any component is kept with probability 0.05, the level, in 300 runs."""
    kept = 0
    for seed in range(300):
        x, y = beta_normal(60, 50, seed)
        operator, retuning, _ = tuned(x, y[np.random.default_rng(seed).permutation(60)])
        notes = _Silent()
        table = determine(
            operator, criteria=(), retuning=retuning, n_resamples=39, max_components=2, rng=seed, notes=notes
        )
        kept += table.choices["permutation"] >= 1
    assert_in_binomial_band(kept, n=300, p=0.05)


class _Silent(Notes):
    """The warning that nothing was found is what this test expects."""

    def warn(self, message, category):
        self._warnings.append(message)


@pytest.mark.slow
def test_second_component_where_there_is_one():
    """H0 of one canonical correlation, for linear kernels, where it means a population eigenvalue of zero."""
    second = 0
    for seed in range(400):
        operator, _, _ = canonical_operator(80, [0.8, 0.0, 0.0], seed, penalty=0.01)
        table = determine(operator, criteria=(), n_resamples=39, rng=seed)
        second += table.choices["permutation"] >= 2
    # no level is promised; measured at or below it
    assert second <= binomial_band(n=400, p=0.05)[1]


@pytest.mark.slow
@pytest.mark.parametrize("two, right", [(False, 0.85), (True, 0.65)])
def test_accuracy_on_beta_and_normal_distributions(two, right):
    """n = 200, m = 100, GSIR2, 99 permutations; 30 runs, the bound lowered by two binomial standard errors."""
    correct = []
    for seed in range(30):
        operator, retuning, _ = tuned(*beta_normal(200, 100, 100 + seed, two=two))
        table = determine(operator, criteria=(), retuning=retuning, rng=seed)
        correct.append(table.choices["permutation"] == 1 + two)
    assert np.mean(correct) >= right - 2 * np.sqrt(right * (1 - right) / 30)


@pytest.mark.slow
@pytest.mark.parametrize("two", [False, True])
def test_bic_finds_one_component_and_misses_the_second(two):
    """n = 100, m = 100, GSIR1; right in 100 and 30 of 100 runs when this was written."""
    right = []
    for seed in range(100):
        operator, _, _ = tuned(*beta_normal(100, 100, 200 + seed, two=two), "gsir1")
        right.append(determine(operator, criterion="bic", criteria=()).n_components == 1 + two)
    if two:
        assert np.mean(right) <= 0.5
    else:
        assert np.mean(right) >= 0.95
