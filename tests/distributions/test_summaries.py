import tracemalloc

import numpy as np
import pytest
from hypothesis import given, strategies as st

from stattools.distributions import DistributionArray
from stattools.domains import Box, Circle, Cylinder, Grid, Interval, Sphere, Torus
from stattools.exceptions import DegenerateDataWarning, InvalidDataError, InvalidParameterError
from tests import naive_distributions as naive
from tests.distributions.test_transport1d import weighted_samples

A = DistributionArray


# means ----------------------------------------------------------------------------------------------------------------
def test_means_of_vectors():
    rng = np.random.default_rng(0)
    samples = [rng.normal(size=(m, 3)) for m in (2, 5)]
    np.testing.assert_allclose(A.from_samples(samples).mean(), [s.mean(axis=0) for s in samples], rtol=1e-14)
    masses = [rng.random(m) for m in (2, 5)]
    expected = [np.average(s, axis=0, weights=m) for s, m in zip(samples, masses, strict=True)]
    np.testing.assert_allclose(A.from_samples(samples, masses=masses).mean(), expected, rtol=1e-13)
    box = Box([(-9, 9)] * 3)
    np.testing.assert_allclose(A.from_samples(samples, masses=masses, domain=box).mean(), expected, rtol=1e-13)


def test_means_of_angles_go_around_the_circle():
    assert A.from_samples([[350.0, 30.0]], domain=Circle(360)).mean() == pytest.approx([10.0])
    just_below = A.from_samples([[360 - 1e-20, 0.0]], domain=Circle(360)).mean()
    assert just_below == pytest.approx([0.0])
    torus = A.from_samples([[[0.9, 1.9], [0.1, 0.1]]], domain=Torus([1.0, 2.0])).mean()
    np.testing.assert_allclose(np.minimum(torus, np.abs(torus - [1, 2])), [[0, 0]], atol=1e-14)
    cylinder = A.from_samples([[[23.0, 0.2], [1.0, 0.4]]], domain=Cylinder(24, (0, 1))).mean()
    np.testing.assert_allclose(np.abs((cylinder - [[0, 0.3]] + 12) % 24 - 12), 0, atol=1e-13)


def test_means_on_the_sphere_have_length_one():
    points = Sphere().uniform(20, 1)
    mean = A.from_samples([points], domain=Sphere()).mean()
    np.testing.assert_allclose(mean[0], points.mean(axis=0) / np.linalg.norm(points.mean(axis=0)), rtol=1e-13)


def test_a_balanced_distribution_has_no_mean_direction():
    array = A.from_samples([[0.0, 90.0], [0.0, 180.0]], names=["a", "b"], domain=Circle(360))
    with pytest.warns(DegenerateDataWarning, match="1 of 2 distributions have no mean direction .the first is 'b'"):
        mean = array.mean()
    assert mean[0] == pytest.approx(45.0)
    assert np.isnan(mean[1])
    poles = A.from_samples([[[0, 0, 1.0], [0, 0, -1.0]]], domain=Sphere())
    with pytest.warns(DegenerateDataWarning):
        assert np.isnan(poles.mean()).all()


def test_nodes_have_no_mean():
    with pytest.raises(InvalidParameterError, match=r"nodes have no mean; average the rows of embed"):
        A.from_histogram(np.ones((2, 9)), domain=Grid((3, 3))).mean()


def test_means_of_huge_values_do_not_overflow():
    assert A.from_samples([[1.7e308, 1.7e308]]).mean() == pytest.approx([1.7e308])


# the line -------------------------------------------------------------------------------------------------------------
@given(weighted_samples(), st.lists(st.sampled_from([0, 0.05, 0.25, 1 / 3, 0.5, 0.75, 1]), min_size=1, max_size=5))
def test_quantiles_equal_their_naive_twin(sample, levels):
    values, counts = sample
    expected = [naive.left_quantile(values, counts, naive.Fraction(level).limit_denominator(100)) for level in levels]
    found = A.from_samples([values], masses=[counts]).quantile(levels)
    np.testing.assert_array_equal(found, [expected])


def test_quantiles_agree_with_numpy():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(4, 101))
    levels = rng.random(20)
    expected = np.quantile(values, levels, axis=1, method="inverted_cdf").T
    np.testing.assert_array_equal(A.from_samples(values).quantile(levels), expected)
    np.testing.assert_array_equal(A.from_samples(values).quantile(0.3), A.from_samples(values).quantile([0.3])[:, 0])


def test_cumulated_masses():
    array = A.from_samples([[1, 2, 2, 5], [3, 3, 3, 3]], masses=[[1, 1, 0, 2], [1, 1, 1, 1]])
    np.testing.assert_array_equal(array.cdf([0, 1, 2, 3, 9]), [[0, 0.25, 0.5, 0.5, 1], [0, 0, 0, 1, 1]])
    np.testing.assert_array_equal(array.cdf(2.0), [0.5, 0])


@pytest.mark.parametrize("seed", range(10))
def test_barycenter_has_the_mean_quantile_function(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 12, size=5)
    values = [np.round(rng.normal(size=m), 1) for m in sizes]
    masses = [rng.integers(0, 4, size=m) + (np.arange(m) == 0) for m in sizes]
    weights = rng.random(5) * (seed > 0) + (seed == 0)
    array = A.from_samples(values, masses=masses)
    barycenter = array.barycenter(weights)
    levels = np.linspace(0, 1, 1013)[1:-1]  # 1/1012 meets no jump: masses have small denominators
    expected = weights / weights.sum() @ array.quantile(levels)
    np.testing.assert_allclose(barycenter.quantile(levels)[0], expected, atol=1e-13)
    assert barycenter.n_atoms[0] <= sizes.sum()
    np.testing.assert_allclose(barycenter.mean(), weights / weights.sum() @ array.mean(), atol=1e-13)


def test_barycenter_minimises_the_mean_squared_distance():
    rng = np.random.default_rng(1)
    array = A.from_samples([rng.normal(size=9) for _ in range(5)])
    least = (array.pairwise("w2", array.barycenter()) ** 2).mean()
    for _ in range(20):
        moved = array.barycenter().points + 0.1 * rng.normal(size=(array.barycenter().n_atoms[0], 1))
        other = A.from_samples([moved.ravel()], masses=[array.barycenter().masses])
        assert (array.pairwise("w2", other) ** 2).mean() > least


def test_barycenter_of_one_is_itself():
    array = A.from_samples([[3.0, 1.0, 1.0, 2.0]])
    assert array.barycenter().pairwise("w2", array)[0, 0] < 1e-15
    constant = A.from_samples([[2.0], [4.0]]).barycenter()
    assert constant.atoms(0)[0].tolist() == [[3.0]]
    on_interval = A.from_samples([[0.1], [0.3]], domain=Interval(0, 1)).barycenter()
    assert on_interval.place == "on Interval(0, 1)"


@pytest.mark.parametrize("method", ["quantile", "cdf", "barycenter"])
def test_the_line_is_needed(method):
    for array in (
        A.from_samples([[0.1]], domain=Circle(1.0)),
        A.from_samples([np.zeros((1, 2))]),
        A.from_histogram([[1, 1]], domain=Grid((2,))),
    ):
        with pytest.raises(InvalidParameterError, match="needs the line or an Interval"):
            getattr(array, method)(0.5)


def test_levels_and_weights_are_checked():
    array = A.from_samples([[1.0], [2.0]])
    with pytest.raises(InvalidParameterError, match="levels has 1.5 at index 1"):
        array.quantile([0.5, 1.5])
    with pytest.raises(InvalidDataError, match="levels has nan"):
        array.quantile([np.nan])
    for method in (array.barycenter, array.mixture):
        with pytest.raises(InvalidDataError, match="3 numbers for 2"):
            method([1, 2, 3])
        with pytest.raises(InvalidDataError, match="weights sums to 0"):
            method([0, 0])
        with pytest.raises(InvalidDataError, match="not be negative"):
            method([1, -1])


# anywhere -------------------------------------------------------------------------------------------------------------
def test_mixture_averages_masses():
    shared = A.from_histogram([[1, 3], [1, 1]], support=[0, 1])
    np.testing.assert_allclose(shared.mixture().masses, [[0.375, 0.625]])
    np.testing.assert_allclose(shared.mixture([1, 3]).masses, [[0.4375, 0.5625]])
    ragged = A.from_samples([[0.0], [1.0, 2.0]])
    np.testing.assert_allclose(ragged.mixture([1, 3]).masses, [0.25, 0.375, 0.375])
    assert len(ragged.mixture()) == 1
    np.testing.assert_allclose(ragged.mixture().cdf([0.5, 1.5]), ragged.cdf([0.5, 1.5]).mean(axis=0, keepdims=True))


def test_samples_follow_the_masses():
    array = A.from_samples([[1.0, 2.0, 3.0], [5.0, 6.0, 7.0]], masses=[[0, 1, 3], [1, 0, 0]], groups=["a", "b"])
    drawn = array.sample(20000, rng=1)
    assert drawn.groups.tolist() == ["a", "b"]
    assert set(drawn.atoms(1)[0].ravel()) == {5.0}
    first = drawn.atoms(0)[0].ravel()
    assert set(first) == {2.0, 3.0}
    assert abs(np.mean(first == 3.0) - 0.75) < 0.014  # 4.5 standard errors


def test_samples_do_not_depend_on_the_other_distributions():
    array = A.from_histogram(np.ones((3, 4)), domain=Grid((4,)))
    drawn = array.sample(10, rng=5)
    np.testing.assert_array_equal(array[:2].sample(10, rng=5).points, drawn.points[:20])
    np.testing.assert_array_equal(array.sample(10, rng=5).points, drawn.points)
    assert drawn.points.dtype == np.intp
    assert not np.array_equal(array.sample(10, rng=6).points, drawn.points)
    with pytest.raises(InvalidParameterError, match="n is 0"):
        array.sample(0)


@pytest.mark.compiled
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name, arguments, stated", [("cdf", ([0.0],), 50), ("barycenter", (), 120)])
def test_memory_an_atom_is_as_stated(name, arguments, stated, weighted):
    rng = np.random.default_rng(0)
    masses = rng.random((200, 1000)) if weighted else None
    call = getattr(A.from_samples(rng.normal(size=(200, 1000)), masses=masses), name)
    call(*arguments)
    tracemalloc.start()
    call(*arguments)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # kernels allocate 16 bytes an atom that tracemalloc does not see; 2 bytes stand for all that does not grow
    assert peak <= (stated - 16 + 2) * 200_000
