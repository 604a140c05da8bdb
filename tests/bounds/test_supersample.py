"""Bounds from supersample experiments."""

import math
import time

import numba
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from stattools.bounds import BoundTable, supersample
from stattools.bounds.supersample_formulas import KEYS
from stattools.bounds.supersample_words import uniformity
from stattools.exceptions import AssumptionWarning, InvalidDataError, InvalidParameterError
from tests import naive_bounds_supersample as naive
from tests.bounds.supersamples import TWO_SIDED, antithetic, classified, coin_losses, learner, trained
from tests.helpers import assert_snapshot

LOG2 = np.log(2)
FEW = st.sampled_from([0.0, 1.0])
ANY = st.one_of(st.sampled_from([0.0, 1.0, 0.5, 1e-9, 1 - 1e-9]), st.floats(0, 1, width=32))


@st.composite
def experiments(draw, elements=ANY):
    """Arbitrary losses under antithetic masks."""
    k1, half, n = draw(st.integers(1, 3)), draw(st.integers(1, 5)), draw(st.integers(1, 4))
    seed = draw(st.integers(0, 2**32 - 1))
    masks = antithetic(np.random.default_rng(seed), k1, 2 * half, n)
    losses = draw(arrays(np.float64, (k1, 2 * half, n, 2), elements=elements))
    # an adversary may let the loss depend on what was trained on
    lift = draw(st.sampled_from([0.0, 0.0, 0.5, -0.5, 1.0, -1.0, 1e-7]))
    return np.clip(losses + lift * np.where(trained(masks), -0.5, 0.5), 0, 1), masks


def gap_of(bound):
    return bound.gap, bound.components["empirical_gap"]


@pytest.fixture(scope="module")
def wide():
    """The size of the speed targets."""
    rng = np.random.default_rng(1)
    masks = antithetic(rng, 50, 100, 30)
    predictions, losses = classified(rng, masks, 2)
    return losses, masks, predictions


# naive ---------------------------------------------------------------------------------------------------------------
@given(data=experiments())
@settings(max_examples=30)
def test_all_bounds_equal_their_naive_twins(data):
    losses, masks = data
    predictions = np.round(3 * losses).astype(int)
    expected = naive.gaps(losses.tolist(), masks.tolist(), predictions.tolist())
    table = supersample(losses, masks, predictions)
    assert set(table.keys) - {"cmi", "interpolating"} == set(expected)
    risk, test = naive.risks(losses.tolist(), masks.tolist())
    for key, value in expected.items():
        # an information of the twin is known to 1e-15, and its square root to 4e-8
        assert table[key].gap == pytest.approx(value, rel=1e-6, abs=2e-7), key
        assert table[key].empirical_risk == pytest.approx(risk, abs=1e-14)
        assert table[key].components["empirical_gap"] == pytest.approx(test - risk, abs=1e-14)


@pytest.mark.parametrize("pool", ["none", "supersample", "all"])
def test_pools_and_columns_equal_their_naive_twins(pool):
    losses, masks = learner(np.random.default_rng(2), 3, k2=8, n=4)
    listed = losses.tolist(), masks.tolist()
    found = lambda key, **options: supersample(losses, masks, methods=key, pool=pool, **options)[key].components
    for key, variable in (("e_mi", "pair"), ("ld_tight", "difference"), ("single_js", "single")):
        expected = np.mean(naive.informations(*listed, variable, pool))
        assert found(key)["information"] == pytest.approx(expected, abs=1e-13)
    one, two = (np.array(naive.informations(*listed, column, pool)) for column in ("first", "second"))
    assert found("fast_rate", columns="first")["information"] == pytest.approx(one.mean(), abs=1e-13)
    assert found("fast_rate", columns="mean")["information"] == pytest.approx((one + two).mean() / 2, abs=1e-13)
    with pytest.warns(AssumptionWarning, match="the one that erred downward"):
        smaller = found("fast_rate", columns="minimum")["information"]
    assert smaller == pytest.approx(np.minimum(one, two).mean(), abs=1e-13)


def test_information_by_row():
    losses, masks = learner(np.random.default_rng(2), 3, k2=8, n=4)
    table = supersample(losses, masks, methods=["ld_cmi", "ld_mi"])
    cells = np.reshape(naive.informations(losses.tolist(), masks.tolist(), "difference", "none"), (3, 4))
    np.testing.assert_allclose(table["ld_cmi"].components["information_by_row"], cells.mean(axis=0), atol=1e-13)
    cells = naive.informations(losses.tolist(), masks.tolist(), "difference", "supersample")
    np.testing.assert_allclose(table["ld_mi"].components["information_by_row"], cells, atol=1e-13)
    assert supersample(losses, masks, methods="ld_mi", pool="all")["ld_mi"].components["information"] > 0


# property: with antithetic masks the theorems hold of the data themselves -------------------------------------------
@given(data=experiments(), pool=st.sampled_from(["auto", "none", "supersample", "all"]), columns=st.booleans())
@settings(max_examples=200)
def test_no_bound_is_below_the_empirical_gap(data, pool, columns):
    table = supersample(*data, pool=pool, columns="symmetrized" if columns else "mean")
    for key, bound in table.items():
        gap, empirical = gap_of(bound)
        assert gap >= (abs(empirical) if key in TWO_SIDED else empirical) - 1e-12, key
        assert not any("below the empirical gap" in note for note in bound.notes)


@given(data=experiments(st.sampled_from([0.0, 0.25, 0.5, 1.0])), pool=st.sampled_from(["auto", "none", "all"]))
def test_nor_with_plug_in_information(data, pool):
    for key, bound in supersample(*data, pool=pool, estimator="plugin").items():
        gap, empirical = gap_of(bound)
        assert gap >= (abs(empirical) if key in TWO_SIDED else empirical) - 1e-12, key


@given(
    seed=st.integers(0, 2**32 - 1), k1=st.integers(1, 3), half=st.integers(1, 7), n=st.integers(1, 5),
    n_classes=st.integers(2, 4),
)  # fmt: skip
def test_conditional_informations_are_ordered(seed, k1, half, n, n_classes):
    """Differences tell less than pairs, and pairs less than predictions, in each supersample and row."""
    rng = np.random.default_rng(seed)
    masks = antithetic(rng, k1, 2 * half, n)
    predictions, losses = classified(rng, masks, n_classes)
    table = supersample(losses, masks, predictions)
    for z in range(k1):
        one = supersample(losses[z : z + 1], masks[z : z + 1], predictions[z : z + 1], pool="none", columns="first")
        rows = {key: one[key].components["information_by_row"] for key in ("ld_cmi", "e_cmi", "f_cmi", "fast_rate")}
        for less, more in (("ld_cmi", "e_cmi"), ("e_cmi", "f_cmi"), ("fast_rate", "e_cmi")):
            assert (rows[less] <= rows[more] + 1e-14).all()
        # of each row by itself: no bound is below its own gap
        gaps = np.take_along_axis(losses[z], (1 - masks[z])[..., None], 2) - np.take_along_axis(
            losses[z], masks[z][..., None], 2
        )
        assert (np.abs(gaps.mean(axis=(0, 2))) <= np.sqrt(2 * rows["ld_cmi"]) + 1e-12).all()
    slack = 1e-14
    assert table["ld_cmi"].gap <= table["e_cmi"].gap + slack <= table["f_cmi"].gap + 2 * slack
    assert table["ld_mi"].gap <= table["e_mi"].gap + slack
    assert table["f_cmi"].gap >= abs(table["f_cmi"].components["empirical_gap"]) - 1e-12
    # pooling balanced masks loses information
    for cmi, mi in (("ld_cmi", "ld_mi"), ("e_cmi", "e_mi")):
        assert table[mi].components["information"] <= table[cmi].components["information"] + slack


@given(data=experiments(), pool=st.sampled_from(["none", "supersample", "all"]))
def test_bounds_are_ordered(data, pool):
    gap = {key: bound.gap for key, bound in supersample(*data, pool=pool).items()}
    slack = 1e-12
    assert gap["ld_tight"] <= min(gap["kl_cmi"], gap["sz_fast"], gap["fast_pair"]) + slack
    assert gap["single_js"] <= gap["fast_rate"] + slack <= gap["fast_explicit"] + 2 * slack
    assert gap["single_js"] <= gap["single_loss"] / 2 + slack or pool != "all"
    for key in ("variance", "sharpness"):
        assert gap[key] == pytest.approx(gap["fast_rate"], rel=1e-9, abs=1e-12)


@given(data=experiments(), gamma=st.floats(0.05, 1))
def test_variance_and_sharpness_never_beat_the_fast_rate(data, gamma):
    """Over gamma their optimum is at 1, where they equal it."""
    table = supersample(*data, methods=["fast_rate", "variance", "sharpness"], gamma=gamma)
    for key in ("variance", "sharpness"):
        components = table[key].components
        assert table[key].gap >= table["fast_rate"].gap * (1 - 1e-9) - 1e-12
        if np.isfinite(components["C1"]) and components["C2"] > 0:
            used = components["C1"] * components[key] + components["information"] / components["C2"]
            assert used == pytest.approx(table[key].gap, rel=1e-9, abs=1e-12)
            c1, c2 = components["C1"], components["C2"]
            assert np.exp(2 * c2) + np.exp(-2 * c2 * (1 + c1 * gamma**2)) <= 2 + 1e-12


@given(data=experiments(FEW), seed=st.integers(0, 2**32 - 1))
def test_invariances(data, seed):
    losses, masks = (data[0] > 0.3).astype(float), data[1]
    table = supersample(losses, masks)
    rng = np.random.default_rng(seed)
    runs, rows, supers = (rng.permutation(masks.shape[k]) for k in (1, 2, 0))
    for other in (
        supersample(losses[:, runs], masks[:, runs]),
        supersample(losses[:, :, rows], masks[:, :, rows]),
        supersample(losses[supers], masks[supers]),
        supersample(losses[..., ::-1], 1 - masks),  # other names for the columns
        supersample(7 + 3 * losses, masks, loss_range=(7, 10)),
        supersample(losses.astype(np.int8), masks.astype(bool)),
        supersample(losses, masks, estimator="plugin"),
    ):
        factor = 3.0 if other[0].largest == 10 else 1.0
        for key, bound in table.items():
            assert other[key].gap / factor == pytest.approx(bound.gap, abs=1e-12, rel=1e-9), key


@given(seed=st.integers(0, 2**32 - 1))
def test_names_of_labels_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    masks = antithetic(rng, 2, 6, 3)
    predictions, losses = classified(rng, masks, 3)
    renamed = np.array(["z", "a", "m"])[predictions]
    one = supersample(losses, masks, predictions, methods="f_cmi")["f_cmi"].gap
    assert supersample(losses, masks, renamed, methods="f_cmi")["f_cmi"].gap == pytest.approx(one, abs=1e-14)
    assert supersample(losses, masks, predictions + 0.5, methods="f_cmi")["f_cmi"].gap == pytest.approx(one, abs=1e-14)


@given(data=experiments())
def test_interpolation_gives_the_test_risk(data):
    losses, masks = data
    losses = np.where(trained(masks), 0.0, losses)
    for pool in ("none", "supersample", "all"):
        bound = supersample(losses, masks, methods="interpolating", pool=pool)["interpolating"]
        assert bound.value == pytest.approx(bound.components["empirical_gap"], abs=1e-12)
        assert bound.components["by_pair"] >= bound.value - 1e-12
        assert bound.components["by_single"] >= bound.value - 1e-12


def test_the_noise_floor_of_interpolating_is_the_bias_of_its_information():
    """Permuted masks have a training risk; the floor is the formula, I / ln 2, whose information is biased upward."""
    rng = np.random.default_rng(8)
    masks = antithetic(rng, 1, 40, 5)
    losses = np.where(trained(masks), 0.0, rng.random((*masks.shape, 2)) < 0.3)
    table = supersample(losses, masks, methods="interpolating", n_perm=200, rng=2)
    bound = table["interpolating"]
    assert any("under permuted masks" in note for note in table.notes) and "under permuted masks" in bound.notes[-1]
    assert not any("permuted" in note for note in supersample(losses, masks, methods="interpolating").notes)
    # the information of a permuted mask about the difference with an experiment that does not need a risk of 0: the sum
    # of both columns' tables; in each row 80 draws, three values and two masks
    found = []
    for _ in range(300):
        order = rng.permutation(40)
        difference = losses[0, :, :, 1] - losses[0, :, :, 0]
        for i in range(5):
            u = masks[0, order, i]
            table = np.zeros((2, 3))
            for sign, mask in ((1, u), (-1, 1 - u)):
                np.add.at(table, (mask, (1 + sign * difference[:, i]).astype(int)), 1.0)
            joint = table / table.sum()
            product = joint.sum(1)[:, None] * joint.sum(0)
            found.append((joint[joint > 0] * np.log(joint[joint > 0] / product[joint > 0])).sum() / np.log(2.0))
    # means of 200 and 300 permutations
    error = np.std(found) * np.sqrt(1 / 1000 + 1 / 1500)
    assert bound.noise_floor == pytest.approx(np.mean(found), abs=4 * error)
    assert 0 < bound.noise_floor < bound.gap


@given(data=experiments(FEW))
def test_pooled_single_losses_are_the_gap_in_other_words(data):
    """The circularity that results warn about."""
    bound = supersample(*data, methods="single_js", pool="all")["single_js"]
    gap, empirical = gap_of(bound)
    assert gap == pytest.approx(abs(empirical), abs=1e-9) or empirical < 0
    assert any("certify nothing" in note for note in bound.notes)


def test_bits_do_not_depend_on_n_jobs():
    losses, masks = learner(np.random.default_rng(5), 6, k2=8, n=3)
    options = {"n_boot": 300, "n_perm": 270, "rng": 3}
    one, two = (supersample(losses, masks, n_jobs=jobs, **options) for jobs in (1, 2))
    assert one == two


# reference -----------------------------------------------------------------------------------------------------------
def test_one_row_by_hand():
    """The trained point is always right and the other always wrong: all informations are ln 2."""
    table = supersample([[[[0, 1]], [[1, 0]]]], [[[0], [1]]], [[[["a", "b"]], [["b", "a"]]]])
    root = np.sqrt(2 * LOG2)
    assert [table[key].gap for key in TWO_SIDED] == pytest.approx([root] * 6, rel=1e-14)
    assert table["single_loss"].gap == pytest.approx(2 * root, rel=1e-14)
    assert table["fast_rate"].gap == pytest.approx(2, rel=1e-14)
    for key in ("interpolating", "ld_tight", "single_js", "kl_cmi"):
        assert table[key].gap == pytest.approx(1, rel=1e-14)
    assert all(bound.vacuous for bound in table)


def test_cmi_where_masks_are_enumerated():
    """A rule whose losses name its training set has n ln 2; one that ignores it has 0."""
    masks = ((np.arange(8)[:, None] >> np.arange(3)) & 1)[None]
    told = supersample(np.where(trained(masks), 0.0, 1.0), masks)["cmi"]
    assert told.components["information"] == pytest.approx(3 * LOG2, rel=1e-14)
    silent = supersample(np.full((1, 8, 3, 2), 0.5), masks)["cmi"]
    assert silent.gap == 0.0
    half = np.where(trained(masks), 0.0, 1.0)
    half[:, :, 1:] = 0.0  # only row 0 tells
    assert supersample(half, masks)["cmi"].components["information"] == pytest.approx(LOG2, rel=1e-14)


def test_units_and_vacuity():
    losses, masks = learner(np.random.default_rng(7), 4)
    bound = supersample(10 * losses - 5, masks, methods="ld_tight", loss_range=(-5, 5))["ld_tight"]
    unit = supersample(losses, masks, methods="ld_tight")["ld_tight"]
    assert bound.gap == pytest.approx(10 * unit.gap) and bound.value == pytest.approx(10 * unit.value - 5)
    assert bound.largest == 5 and bound.kind == "expectation" and bound.delta is None
    vacuous = supersample(losses, masks, methods="cmi")["cmi"]
    assert vacuous.vacuous and vacuous.value > 1  # not clipped


def test_the_estimators_that_are_no_bounds_say_so():
    rng = np.random.default_rng(8)
    masks = antithetic(rng, 3, 20, 4)
    losses = np.where(trained(masks), 0.1, 0.4) * rng.random((*masks.shape, 2))
    for estimator in ("bins", "ksg"):
        table = supersample(losses, masks, estimator=estimator)
        assert any("need not bound the risk" in note for note in table.notes)
        assert all(0 <= bound.components["information"] <= LOG2 + 1e-15 for key, bound in table.items() if key != "cmi")
    coins = supersample(losses, masks)
    # coins know less than the losses themselves
    assert coins["ld_cmi"].gap < supersample(losses, masks, estimator="bins")["ld_cmi"].gap


def test_bins_of_zero_one_losses_are_the_losses():
    losses, masks = learner(np.random.default_rng(9), 3)
    one, two = supersample(losses, masks), supersample(losses, masks, estimator="bins", n_bins=5)
    for key, bound in one.items():
        assert two[key].gap == pytest.approx(bound.gap, rel=1e-12)


# reference: speed ----------------------------------------------------------------------------------------------------
@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled in this run")
def test_all_tables_are_fast_enough(wide):
    losses, masks, predictions = wide
    supersample(losses, masks, predictions, n_boot=1)  # compiled
    once = _seconds(lambda: supersample(losses, masks, predictions))
    assert once < 0.3
    assert _seconds(lambda: supersample(losses, masks, predictions, n_boot=1000, rng=1)) < 3
    # a tenth of the data is enough for the loop to be slower by far
    part = [array[:5].tolist() for array in (losses, masks, predictions)]
    assert _seconds(lambda: naive.gaps(*part), repetitions=1) * 10 > 50 * once


def _seconds(function, repetitions=3):
    """The shortest of several times."""
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


# calibration ---------------------------------------------------------------------------------------------------------
def test_independent_losses_pooled_information_is_chi_squared():
    rng = np.random.default_rng(11)
    values = []
    for _ in range(200):
        masks = antithetic(rng, 4, 10, 5)
        losses = (rng.random((*masks.shape, 2)) < 0.3).astype(float)
        bound = supersample(losses, masks, methods="ld_mi", pool="all")["ld_mi"]
        values.append(2 * 200 * bound.components["information"])
    assert stats.kstest(values, stats.chi2(2).cdf).pvalue > 1e-3  # counts of 200 are not quite continuous


def test_the_noise_floor_is_what_independence_gives():
    rng = np.random.default_rng(12)
    masks = antithetic(rng, 10, 40, 10)
    losses = (rng.random((*masks.shape, 2)) < 0.3).astype(float)
    table = supersample(losses, masks, n_perm=20, rng=1, methods=["e_cmi", "ld_cmi", "kl_cmi"])
    for bound in table:
        assert bound.noise_floor == pytest.approx(bound.gap, rel=0.2)


def test_miller_madow_is_less_biased_than_the_plug_in():
    rng = np.random.default_rng(13)
    masks = antithetic(rng, 100, 100, 10)
    losses = coin_losses(rng, masks, 0.3, 0.5)
    # the exact information of a difference of independent coins about its mask
    plus, minus = 0.7 * 0.5, 0.3 * 0.5
    table = np.array([[0.5, plus, minus], [0.5, minus, plus]]) / 2
    exact = naive.mutual_information([(u, x, table[u, x]) for u in range(2) for x in range(3)])
    bias = {}
    for correction in (None, "miller-madow", "jackknife"):
        bound = supersample(losses, masks, methods="ld_cmi", correction=correction)["ld_cmi"]
        bias[correction] = bound.components["information"] - exact
    # (r - 1) (c - 1) / (2 k2), to first order; the mean of 1000 informations has a standard error of a tenth of it
    assert bias[None] == pytest.approx(2 / 200, rel=0.3)
    for correction in ("miller-madow", "jackknife"):
        assert abs(bias[correction]) < bias[None] / 3


def test_shrinkage_helps_near_independence_and_errs_downward():
    rng = np.random.default_rng(17)
    masks = antithetic(rng, 40, 40, 10)
    for test in (0.3, 0.9):
        losses = coin_losses(rng, masks, 0.3, test)
        plain, shrunken = (
            supersample(losses, masks, methods="ld_cmi", correction=correction)["ld_cmi"].components["information"]
            for correction in (None, "shrinkage")
        )
        assert shrunken < plain
        assert test == 0.9 or shrunken < plain / 3  # the truth is 0


@pytest.mark.slow
def test_bootstrap_intervals_cover():
    keys = [key for key in KEYS if key not in ("cmi", "f_cmi", "interpolating")]
    large = supersample(*learner(np.random.default_rng(14), 6000), methods=keys)
    rng = np.random.default_rng(15)
    covered = dict.fromkeys(keys, 0)
    for repetition in range(200):
        table = supersample(*learner(rng, 25), methods=keys, n_boot=400, rng=repetition)
        for key in keys:
            low, high = table[key].interval
            covered[key] += low <= large[key].value <= high
    assert min(covered.values()) >= 180, covered


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "change, error, message",
    [
        ({"losses": np.zeros((2, 4, 3))}, InvalidDataError, r"losses has shape \(2, 4, 3\)"),
        ({"losses": np.zeros((2, 4, 3, 3))}, InvalidDataError, "the last dimension is the column"),
        ({"losses": np.full((2, 4, 3, 2), np.nan)}, InvalidDataError, r"losses has nan at index \(0, 0, 0, 0\)"),
        ({"losses": np.full((2, 4, 3, 2), 1.5)}, InvalidDataError, r"1.5 at index .*, outside of loss_range"),
        ({"losses": np.zeros((0, 4, 3, 2))}, InvalidDataError, "losses is empty"),
        ({"masks": np.zeros((2, 4, 2))}, InvalidDataError, r"masks has shape \(2, 4, 2\).*need \(2, 4, 3\)"),
        ({"masks": np.full((2, 4, 3), 0.5)}, InvalidDataError, r"masks has 0.5 at index \(0, 0, 0\); a mask is 0 or 1"),
        ({"predictions": np.zeros((2, 4, 3))}, InvalidDataError, r"predictions has shape"),
        ({"methods": "f_cmi"}, InvalidParameterError, "predictions is None; f_cmi needs"),
        ({"methods": "f_cmi"}, TypeError, "predictions is None"),
        ({"methods": "ldcmi"}, InvalidParameterError, "did you mean 'ld_cmi'"),
        ({"methods": 5}, InvalidParameterError, "methods is 5"),
        ({"predictions": [[1, 2], [3]]}, InvalidDataError, "predictions cannot be read"),
        ({"predictions": np.full((2, 4, 3, 2), None)}, InvalidDataError, "predictions has a missing label"),
        ({"methods": []}, InvalidParameterError, "methods is empty"),
        ({"methods": "interpolating"}, ValueError, "training risk is not 0"),
        ({"loss_range": (1, 0)}, InvalidParameterError, "loss_range"),
        ({"loss_range": 3}, InvalidParameterError, "loss_range is 3"),
        ({"pool": "rows"}, InvalidParameterError, "pool is 'rows'"),
        ({"estimator": "soft"}, InvalidParameterError, "estimator is 'soft'"),
        ({"correction": "james"}, InvalidParameterError, "correction is 'james'"),
        ({"columns": "both"}, InvalidParameterError, "columns is 'both'"),
        ({"gamma": 0}, InvalidParameterError, "gamma is 0"),
        ({"n_boot": -1}, InvalidParameterError, "n_boot is -1"),
        ({"n_boot": 10, "estimator": "ksg"}, InvalidParameterError, "n_boot is 10; estimator='ksg'"),
        ({"confidence_level": 1}, InvalidParameterError, "confidence_level is 1"),
    ],
)  # fmt: skip
def test_refused(change, error, message):
    masks = antithetic(np.random.default_rng(1), 2, 4, 3)
    data = {"losses": np.full((2, 4, 3, 2), 0.5), "masks": masks, **change}
    with pytest.raises(error, match=message):
        supersample(data.pop("losses"), data.pop("masks"), **data)


def test_plug_in_of_many_values_is_refused():
    rng = np.random.default_rng(1)
    masks = antithetic(rng, 2, 20, 3)
    with pytest.raises(InvalidParameterError, match="the losses take 240 values; it counts at most 32"):
        supersample(rng.random((2, 20, 3, 2)), masks, estimator="plugin")
    with pytest.raises(InvalidParameterError, match="jackknife"):
        supersample(rng.random((2, 20, 3, 2)), masks, correction="jackknife")


def test_constant_masks_warn():
    masks = antithetic(np.random.default_rng(1), 2, 4, 3)
    masks[0, :, 0] = 1
    with pytest.warns(AssumptionWarning, match="all 0 or all 1 in 1 of 6 rows"):
        table = supersample(np.full((2, 4, 3, 2), 0.5), masks)
    assert any("all 0 or all 1" in text for text in table.warnings)


@pytest.mark.parametrize("kind", ["all", "row", "cell"])
def test_masks_that_are_not_uniform_give_no_bound(kind):
    rng = np.random.default_rng(1)
    masks = rng.integers(0, 2, (5, 400, 6))
    if kind == "all":
        masks = (rng.random(masks.shape) < 0.9).astype(int)
    elif kind == "row":  # balanced over all masks
        masks[:, :, 0], masks[:, :, 1] = rng.random((5, 400)) < 0.6, rng.random((5, 400)) < 0.4
    else:
        masks[2, :, 3] = rng.random(400) < 0.75
    losses = np.where(trained(masks), 0.0, 1.0)
    with pytest.warns(AssumptionWarning, match="masks are not uniform: no bound"):
        table = supersample(losses, masks)
    assert not any("1 / sqrt" in note for note in table.notes)
    for bound in table:
        assert any("masks are not uniform: no bound" in text for text in bound.warnings)
        assert "this is a diagnostic and no bound: masks are not uniform" in str(bound)
    assert "smallest" not in repr(table)


def test_uniform_masks_are_seldom_doubted():
    rng = np.random.default_rng(2)
    p = [uniformity(rng.integers(0, 2, (3, 50, 4))) for _ in range(500)]
    assert np.mean(np.array(p) <= 0.1) <= 0.1 + 3 * math.sqrt(0.09 / 500)
    assert uniformity(antithetic(rng, 3, 50, 4)) == 1.0


def test_diagnostics_say_so_on_every_bound_that_they_touch():
    rng = np.random.default_rng(8)
    masks = antithetic(rng, 3, 20, 4)
    losses = np.where(trained(masks), 0.1, 0.4) * rng.random((*masks.shape, 2))
    predictions = rng.integers(0, 2, losses.shape)
    for options, untouched in (
        ({"estimator": "bins"}, {"cmi", "f_cmi"}),
        ({"estimator": "ksg"}, {"cmi", "f_cmi"}),
        ({"correction": "miller-madow"}, {"cmi"}),
    ):
        table = supersample(losses, masks, predictions, **options)
        name, value = next(iter(options.items()))
        for key, bound in table.items():
            assert (f"{name}={value!r}" in bound.diagnostic) is (key not in untouched), key
            assert bool(bound.diagnostic) is ("this is a diagnostic and no bound" in str(bound))
            assert bool(bound.diagnostic) is any("need not bound" in n or "may lie below" in n for n in bound.notes)
        assert "diagnostics, no bounds" in table.report()
    with pytest.warns(AssumptionWarning, match="erred downward"):
        table = supersample(losses, masks, columns="minimum")
    touched = {key for key, bound in table.items() if bound.diagnostic}
    assert touched == {"single_loss", "fast_rate", "fast_explicit", "variance", "sharpness", "single_js"}
    assert touched == {key for key, bound in table.items() if any("erred downward" in text for text in bound.warnings)}
    binary, masks = learner(np.random.default_rng(9), 3)
    assert not any(bound.diagnostic for bound in supersample(binary, masks, estimator="bins"))


def test_each_bound_says_that_it_comes_from_test_losses():
    losses, masks = learner(np.random.default_rng(1), 2)
    for key, bound in supersample(losses, masks, losses).items():
        assert any("computed from test losses" in note for note in bound.notes) is (key != "cmi"), key


def test_bootstraps_of_few_supersamples():
    losses, masks = learner(np.random.default_rng(1), 6)
    with pytest.raises(InvalidParameterError, match="n_boot is 50 and there is one supersample"):
        supersample(losses[:1], masks[:1], n_boot=50)
    with pytest.warns(AssumptionWarning, match="the intervals resample 4 supersamples"):
        table = supersample(losses[:4], masks[:4], methods=["cmi", "ld_mi"], n_boot=50, rng=0)
    assert any("resample 4" in text for text in table["ld_mi"].warnings) and not table["cmi"].warnings
    assert not supersample(losses, masks, methods="ld_mi", n_boot=50, rng=0).warnings


def test_what_is_left_out_is_said():
    losses, masks = learner(np.random.default_rng(1), 2)
    table = supersample(losses, masks)
    assert "f_cmi" not in table and "interpolating" not in table
    assert any(note.startswith("f_cmi is left out") for note in table.notes)
    assert any(note.startswith("interpolating is left out") for note in table.notes)


def test_unbalanced_masks_are_said_to_have_a_sampling_error():
    rng = np.random.default_rng(1)
    masks = rng.integers(0, 2, (3, 21, 4))
    table = supersample(coin_losses(rng, masks), masks)
    assert any("not balanced" in note for note in table.notes)
    worse = supersample(np.where(trained(masks), 0.0, 1.0), masks, methods="ld_tight")["ld_tight"]
    assert worse.gap < worse.components["empirical_gap"] or worse.gap == 1.0


def test_a_bound_below_the_empirical_gap_is_marked():
    rng = np.random.default_rng(0)
    masks = antithetic(rng, 1, 2, 6)
    losses = coin_losses(rng, masks, 0.0, 0.6)
    with pytest.warns(AssumptionWarning):
        bound = supersample(losses, masks, methods="fast_rate", columns="minimum")["fast_rate"]
    gap, empirical = gap_of(bound)
    assert gap < empirical
    assert any("below the empirical gap" in note for note in bound.notes)


# print ---------------------------------------------------------------------------------------------------------------
def test_printed_forms():
    rng = np.random.default_rng(16)
    masks = antithetic(rng, 8, 20, 6)
    predictions, losses = classified(rng, masks, 2)
    table = supersample(losses, masks, predictions, n_boot=200, n_perm=10, rng=1)
    assert isinstance(table, BoundTable)
    assert_snapshot(str(table), "bounds_supersample.txt")
    assert_snapshot(str(table["ld_tight"]), "bounds_supersample_one.txt")
    assert BoundTable.from_json(table.to_json()) == table
