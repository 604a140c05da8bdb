import numpy as np
import pytest

from stattools import Circle, DistributionArray, isw_test, simulate
from stattools.exceptions import DegenerateDataError, InvalidParameterError
from stattools.resampling import Permutation
from stattools.twosample import localize
from tests.helpers import assert_in_binomial_band
from tests.twosample import naive
from tests.twosample.test_isw_test import rows_as_embedding


def collections(shift=0.6, seed=3, n1=12, n2=12):
    return simulate.von_mises_collections(n1, n2, shift=shift, size=40, rng=seed)


BASIS = Circle(2 * np.pi).eigenbasis(6, multiplicity="fixed")


# naive -----------------------------------------------------------------------------------------------
def test_statistics_and_pvalues_equal_their_definitions():
    x, y = collections(0.1)
    result = isw_test(x, y, basis=BASIS, n_resamples=99, rng=1, n_quantiles=4)
    found = result.localize(n_resamples=99, rng=5)
    a, b = result.plan.groups
    pooled, starts = np.vstack([a, b]), np.arange(0, 24, 8)  # pairs of slices with 4 quantiles each
    statistic = lambda u, v: [naive.studentized(u[:, s : s + 8], v[:, s : s + 8]) for s in starts]
    observed = statistic(a, b)
    np.testing.assert_allclose(found.slices["statistic"], observed, rtol=1e-8)
    codes = Permutation(99, group_sizes=(12, 12)).draw(
        np.random.Generator(np.random.PCG64(np.random.SeedSequence(5, spawn_key=(0,)))), 99
    )
    null = np.array([statistic(pooled[c == 0], pooled[c == 1]) for c in codes])
    expected = [(1 + (null[:, k] >= observed[k]).sum()) / 100 for k in range(3)]
    np.testing.assert_allclose(found.slices["p_value"], expected, rtol=1e-12)
    order = np.argsort(observed)[::-1]
    steps = [(1 + (null[:, order[k:]].max(axis=1) >= observed[j]).sum()) / 100 for k, j in enumerate(order)]
    np.testing.assert_allclose(found.slices["p_adjusted"][order], np.maximum.accumulate(steps), rtol=1e-12)


def test_witness_is_the_weighted_difference_of_mean_eigenfunctions():
    x, y = collections()
    for multiplicity in ("fixed", "average"):
        basis = Circle(2 * np.pi).eigenbasis(6, multiplicity=multiplicity)
        found = isw_test(x, y, basis=basis, n_resamples=99, rng=1).localize(map_of="kernel", n_resamples=99)
        phi = basis.evaluate_eigenfunctions(found.points)
        means = [
            np.mean([basis.evaluate_eigenfunctions(a.atoms(i)[0]).mean(axis=0) for i in range(len(a))], axis=0)
            for a in (x, y)
        ]
        expected = phi @ (basis.eigenvalue_weights * (means[0] - means[1]))
        np.testing.assert_allclose(found.witness, expected, atol=1e-10)  # rotations of an eigenspace add up to it
        assert abs(found.witness.mean()) < 1e-10  # no mass is gained or lost


def test_density_map_is_the_damped_series_of_the_difference_of_densities():
    x, y = collections()
    for weighting in ("biharmonic", "heat"):
        basis = Circle(2 * np.pi).eigenbasis(12, weighting=weighting)
        found = isw_test(x, y, basis=basis, n_resamples=99, rng=1).localize(n_resamples=99)
        phi = basis.evaluate_eigenfunctions(found.points)
        means = [
            np.mean([basis.evaluate_eigenfunctions(a.atoms(i)[0]).mean(axis=0) for i in range(len(a))], axis=0)
            for a in (x, y)
        ]
        damped = np.exp(-2 * basis.eigenvalues / basis.eigenvalues.max())
        np.testing.assert_allclose(found.witness, phi @ (damped * (means[0] - means[1])), atol=1e-10)


@pytest.mark.slow
def test_density_map_marks_the_places_that_differ():
    # laws that differ within 0.3 of zero only: a bump of mass there, taken from everywhere alike
    rng = np.random.default_rng(0)

    def units(share):
        bump = rng.uniform(-0.3, 0.3, (40, 100))
        return np.mod(np.where(rng.random((40, 100)) < share, bump, rng.uniform(0, 2 * np.pi, (40, 100))), 2 * np.pi)

    x, y = (DistributionArray.from_samples(units(share), domain=Circle(2 * np.pi)) for share in (0.25, 0.1))
    found = isw_test(x, y, n_eigenfunctions=40, n_resamples=99, rng=1).localize(n_resamples=999)
    angle = np.abs((np.asarray(found.points).ravel() + np.pi) % (2 * np.pi) - np.pi)
    marked = found.p_map <= 0.05
    assert marked[angle < 0.2].all() and found.witness[angle < 0.2].min() > 0
    assert marked[angle > 0.8].mean() < 0.2  # 40 eigenfunctions resolve about 0.3; uniform mass is a little lower there
    kernel = isw_test(x, y, n_eigenfunctions=40, n_resamples=99, rng=1).localize(map_of="kernel", n_resamples=999)
    assert (kernel.p_map <= 0.05)[angle > 0.8].mean() > 0.5


def test_transport_of_point_masses_points_from_one_to_the_other():
    x = DistributionArray.from_samples([[1.0]] * 5, domain=Circle(2 * np.pi))
    y = DistributionArray.from_samples([[2.0]] * 5, domain=Circle(2 * np.pi))
    found = isw_test(x, y, n_resamples=99, rng=1).localize(n_resamples=99)
    angle = np.asarray(found.points).ravel()
    at = lambda a: found.transport[np.argmin(np.abs(angle - a))]
    assert at(1.0) > at(1.5) > at(2.0)


# property --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["westfall-young", "bh", "by"])
def test_a_shift_is_found_where_it_is(method):
    found = isw_test(*collections(), n_resamples=99, rng=1).localize(method, n_resamples=499)
    assert found.slices["p_adjusted"][0] <= 0.05
    angle = np.asarray(found.points).ravel()
    more_first = angle[(found.p_map <= 0.05) & (found.witness > 0)]
    more_second = angle[(found.p_map <= 0.05) & (found.witness < 0)]
    # the first collection is centred at 0, the second at 0.6: mass is missing before the middle, and added after it
    assert np.cos(more_first - 0.0).mean() > 0 > np.sin(more_first - 0.3).mean()
    assert np.sin(more_second - 0.3).mean() > 0
    assert (np.abs(found.witness) > found.threshold).sum() == pytest.approx((found.p_map <= 0.05).sum(), abs=2)


def test_adjusted_pvalues_are_never_smaller_and_tables_agree():
    found = isw_test(*collections(0.2), n_resamples=99, rng=1).localize(n_resamples=199)
    assert (found.slices["p_adjusted"] >= found.slices["p_value"] - 1e-12).all()
    assert len(found.tidy()) == len(found.slices["p_value"])
    table = found.coordinate_table()
    assert len(table) == len(found.coordinates["level"]) and table["p_adjusted"].between(0, 1).all()
    assert len(found.map_table()) == len(found.witness)
    assert found.glance()["n_points"][0] == len(found.witness)
    assert type(found).from_json(found.to_json()) == found


def test_localize_is_reproducible_and_follows_the_seed_of_the_test():
    result = isw_test(*collections(0.2), n_resamples=99, rng=1)
    assert result.localize(n_resamples=99) == localize(result, n_resamples=99)
    assert result.localize(n_resamples=99, rng=1) != result.localize(n_resamples=99, rng=2)


def test_pairs_and_the_line_have_no_map_or_one():
    rng = np.random.default_rng(0)
    x, y = (DistributionArray.from_samples(rng.normal(m, 1.0, (10, 30))) for m in (0.0, 1.0))
    found = isw_test(x, y, paired=True, n_resamples=99, rng=1).localize(n_resamples=99)
    assert found.witness is None and found.slices["p_adjusted"][0] <= 0.05
    with pytest.raises(InvalidParameterError, match="no domain"):
        found.map_table()


# calibration -----------------------------------------------------------------------------------------
@pytest.mark.slow
def test_family_wise_error_under_the_null():
    errors = np.zeros(3)
    for seed in range(600):
        x, y = collections(0.0, seed=np.random.SeedSequence([12, seed]))
        result = isw_test(x, y, basis=BASIS, n_resamples=19, n_quantiles=5, rng=seed)
        found = result.localize(n_resamples=199)
        errors += [
            (found.slices["p_adjusted"] <= 0.05).any(),
            (found.coordinates["p_adjusted"] <= 0.05).any(),
            (found.p_map <= 0.05).any(),
        ]
    for count in errors:
        assert_in_binomial_band(int(count), n=600, p=0.05, level=0.999)


# errors ----------------------------------------------------------------------------------------------
def test_mistakes_are_named():
    result = isw_test(*collections(), n_resamples=99, rng=1)
    with pytest.raises(InvalidParameterError, match="method is 'holm'"):
        result.localize("holm")
    with pytest.raises(InvalidParameterError, match="n_resamples is 5"):
        result.localize(n_resamples=5)
    with pytest.raises(InvalidParameterError, match="map_of is 'mass'"):
        result.localize(map_of="mass")
    x = rows_as_embedding(np.random.default_rng(0).normal(size=(25, 2)))
    with pytest.raises(DegenerateDataError, match="two units in each group"):
        isw_test(x[:24], x[24:], statistic="mean", n_resamples=99).localize()


# what an outside review found ----------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("method", ["westfall-young", "bh"])
def test_localisation_respects_blocks_and_strata(method):
    blocks, labels = np.repeat(np.arange(12), 5), np.repeat([0, 1], 30)
    errors = np.zeros(2)
    for seed in range(200):
        rng = np.random.default_rng([13, seed])
        rows = rng.normal(size=(12, 4))[blocks] + 0.2 * rng.normal(size=(60, 4))
        result = isw_test(rows_as_embedding(rows), groups=labels, blocks=blocks, n_resamples=99, rng=seed)
        errors[0] += (result.localize(method, n_resamples=199).coordinates["p_adjusted"] <= 0.05).any()
        stratum = np.r_[np.repeat([0, 1], [20, 10]), np.repeat([0, 1], [10, 20])]
        rows = rng.normal(size=(60, 4)) + 10.0 * stratum[:, None]
        result = isw_test(rows_as_embedding(rows), groups=labels, strata=stratum, n_resamples=99, rng=seed)
        errors[1] += (result.localize(method, n_resamples=199).coordinates["p_adjusted"] <= 0.05).any()
    for count in errors:
        assert_in_binomial_band(int(count), n=200, p=0.05, level=0.999)


def test_the_transport_potential_does_not_depend_on_signs():
    x, y = collections(0.4)
    plain = Circle(2 * np.pi).eigenbasis(6, multiplicity="fixed")
    found = isw_test(x, y, basis=plain, n_resamples=99, rng=1).localize(n_resamples=99)

    class Flipped:
        def __getattr__(self, name):
            return getattr(plain, name)

        def evaluate(self, points):
            return -plain.evaluate(points)

    flipped = isw_test(x, y, basis=Flipped(), n_resamples=99, rng=1).localize(n_resamples=99)
    np.testing.assert_allclose(flipped.transport, found.transport, atol=1e-9 * np.ptp(found.transport))
