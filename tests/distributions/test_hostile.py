"""Random input of every shape and kind: the outcome is a sound result or an error that is meant."""

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from stattools.distributions import Directions, DistributionArray, exact_squared_distances
from stattools.domains import Circle, Grid, Interval, Sphere
from stattools.exceptions import DegenerateDataWarning, StattoolsError

pytestmark = pytest.mark.filterwarnings("ignore::stattools.exceptions.StattoolsWarning")

NUMBERS = st.one_of(
    st.integers(-5, 5),
    st.floats(-10, 10),
    st.sampled_from([0.0, -0.0, np.nan, np.inf, -np.inf, 1e308, -1e308, 1e-320, 1e150, 2**53, 1 / 3]),
)
ODDITIES = st.sampled_from([None, "text", 1j, {}, [], (), object(), [[]], True, b"x", [None]])
DTYPES = st.sampled_from([np.float64, np.float32, np.float16, np.int64, np.int8, np.uint8, bool, object])
DOMAINS = st.sampled_from([None, None, Interval(-5, 5), Circle(1.0), Sphere(), Grid((2, 3))])


@st.composite
def rectangles(draw, max_dim=3, numbers=NUMBERS):
    shape = draw(st.lists(st.integers(0, 4), min_size=1, max_size=max_dim))
    size = int(np.prod(shape))
    values = np.array(draw(st.lists(numbers, min_size=size, max_size=size)), dtype=np.float64).reshape(shape)
    with np.errstate(all="ignore"):
        values = values.astype(draw(DTYPES))
    return np.asfortranarray(values) if draw(st.booleans()) else values


RAGGED = st.lists(st.one_of(st.lists(NUMBERS, max_size=5), rectangles(2), ODDITIES), max_size=4)
ANYTHING = st.one_of(rectangles(), RAGGED, ODDITIES)
POLICIES = st.sampled_from(["raise", "omit"])


def assert_sound(array):
    """What holds for every array that was built."""
    n = len(array)
    assert n == len(array.names) == len(array.totals)
    assert np.all(array.totals > 0)
    for i in range(n):
        points, masses = array.atoms(i)
        assert len(points) == len(masses) >= 1
        assert np.isfinite(points).all()
        assert np.all(masses >= 0)
        np.testing.assert_allclose(masses.sum(), 1, rtol=1e-12)
    assert repr(array).count("\n") == 0
    np.testing.assert_array_equal(array[list(range(n))].totals, array.totals)
    assert len(DistributionArray.concat([array, array])) == 2 * n
    for call in (array.mean, lambda: array.quantile([0, 0.5, 1]), lambda: array.barycenter().mean(), array.mixture):
        attempt(call)


def attempt(call):
    """The result, or None when the call ends in one of the package's errors."""
    try:
        return call()
    except StattoolsError as error:
        assert str(error).strip()
        return None


def assert_sound_distances(array, slicer):
    exact = attempt(lambda: exact_squared_distances(array, slicer=slicer))
    if exact is None:
        return
    assert np.isfinite(exact).all()
    assert np.all(exact >= 0)
    np.testing.assert_array_equal(exact, exact.T)
    np.testing.assert_array_equal(np.diag(exact), 0)
    embedded = array.embed(slicer, n_quantiles=3)
    assert np.isfinite(embedded.features).all()
    scale = np.abs(embedded.features).max()
    # masses are known up to rounding: 2e-15 of mass moved across the range costs 5e-8 of it
    assert np.all(embedded.distance_matrix() <= np.sqrt(exact) * (1 + 1e-12) + 1e-7 * scale)


def assert_sound_transport(array, metric):
    distances = attempt(lambda: array[:3].pairwise(metric))
    if distances is None:
        return
    assert np.isfinite(distances).all()
    assert np.all(distances >= 0)
    np.testing.assert_array_equal(distances, distances.T)
    np.testing.assert_array_equal(np.diag(distances), 0)


def check(array):
    if array is None:
        return
    assert_sound(array)
    assert_sound_transport(array, "w1")
    assert_sound_transport(array, "w2")
    slicer = None
    if array.domain is not None:
        slicer = array.domain.eigenbasis(2)
    elif array.n_coordinates > 1:
        slicer = Directions.random(array.n_coordinates, 2, rng=0)
    assert_sound_distances(array, slicer)


@settings(max_examples=300)
@given(ANYTHING, st.one_of(st.none(), st.none(), ANYTHING), DOMAINS, POLICIES)
def test_samples(samples, masses, domain, policy):
    check(attempt(lambda: DistributionArray.from_samples(samples, masses=masses, domain=domain, nan_policy=policy)))


@settings(max_examples=200)
@given(rectangles(2), st.one_of(st.lists(st.integers(-1, 8), max_size=5), ANYTHING), DOMAINS, POLICIES)
def test_flat_samples(samples, offsets, domain, policy):
    check(attempt(lambda: DistributionArray.from_samples(samples, offsets=offsets, domain=domain, nan_policy=policy)))


@settings(max_examples=300)
@given(ANYTHING, st.one_of(st.none(), ANYTHING), st.one_of(st.none(), ANYTHING), DOMAINS, POLICIES)
def test_histograms(frequencies, edges, support, domain, policy):
    check(
        attempt(
            lambda: DistributionArray.from_histogram(
                frequencies, edges=edges, support=support, domain=domain, nan_policy=policy
            )
        )
    )


@settings(max_examples=300)
@given(st.integers(1, 4), st.integers(1, 5), st.data())
def test_histograms_of_fitting_shape(n, bins, data):
    size = n * bins
    counts = data.draw(st.lists(st.one_of(st.integers(0, 3), NUMBERS), min_size=size, max_size=size))
    support = data.draw(st.lists(st.floats(-5, 5), min_size=bins, max_size=bins))
    table = np.array(counts, dtype=np.float64).reshape(n, bins)
    policy = data.draw(POLICIES)
    array = attempt(lambda: DistributionArray.from_histogram(table, support=support, nan_policy=policy))
    with np.errstate(over="ignore", invalid="ignore"):
        totals = table.sum(axis=1)
    if (table >= 0).all() and (totals > 0).all() and np.isfinite(totals).all():
        assert array is not None
    check(array)


@settings(max_examples=200)
@given(ANYTHING, st.one_of(st.none(), ANYTHING), DOMAINS, POLICIES)
def test_quantiles_and_densities(values, levels, domain, policy):
    options = {"domain": domain, "nan_policy": policy}
    check(attempt(lambda: DistributionArray.from_quantiles(values, levels=levels, **options)))
    check(attempt(lambda: DistributionArray.from_density(values, support=levels, **options)))
    check(attempt(lambda: DistributionArray.from_density(values, support=[0.1, 0.2], volumes=levels, **options)))


@settings(max_examples=200)
@given(ANYTHING, ANYTHING, ANYTHING)
def test_labels_indices_and_options(names, groups, index):
    array = attempt(lambda: DistributionArray.from_samples([[1.0, 2.0], [3.0]], names=names, groups=groups))
    array = DistributionArray.from_samples([[1.0, 2.0], [3.0]]) if array is None else array
    check(array)
    with contextlib.suppress(IndexError):
        attempt(lambda: array[index])
    for call in (
        lambda: array.with_groups(groups),
        lambda: array.quantile(index),
        lambda: array.cdf(index),
        lambda: array.barycenter(index),
        lambda: array.mixture(index),
        lambda: array.sample(index),
        lambda: array.embed(index),
        lambda: array.embed(n_quantiles=index),
        lambda: array.embed(quantile=index),
        lambda: array.pairwise(index),
        lambda: array.pairwise("w2", index),
        lambda: exact_squared_distances(array, power=index),
        lambda: exact_squared_distances(index),
        lambda: DistributionArray.concat(index),
        lambda: DistributionArray.from_frame(index, value="v", unit="u"),
        lambda: array.with_domain(index),
        lambda: Directions(index),
        lambda: Directions([[1.0]], weights=index),
        lambda: Directions.random(index, 2),
        lambda: Directions.random(2, index),
        lambda: Directions.random(2, 2, kind=index),
    ):
        attempt(call)


def test_the_warning_that_is_ignored_here_is_ours():
    assert issubclass(DegenerateDataWarning, UserWarning)
