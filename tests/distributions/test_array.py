import copy
import pickle

import numpy as np
import pandas as pd
import pytest

from stattools.distributions import DistributionArray
from stattools.distributions.array import joined
from stattools.domains import Box, Circle, Cylinder, Graph, Grid, Interval, Sphere, Torus
from stattools.exceptions import InvalidDataError, InvalidParameterError

A = DistributionArray


# samples --------------------------------------------------------------------------------------------------------------
FORMS = {
    "lists": [[1, 2, 3], [4, 5, 6]],
    "array": np.array([[1.0, 2, 3], [4, 5, 6]]),
    "three dimensions": np.array([[[1.0], [2], [3]], [[4], [5], [6]]]),
    "columns": [np.array([[1.0], [2], [3]]), np.array([[4.0], [5], [6]])],
    "series": [pd.Series([1, 2, 3]), pd.Series([4, 5, 6])],
    "frame": pd.DataFrame([[1, 2, 3], [4, 5, 6]]),
    "objects": np.array([np.array([1, 2, 3]), np.array([4, 5, 6]), None], dtype=object)[:2],
    "mapping": {"0": [1, 2, 3], "1": (4, 5, 6)},
    "mixed types": [np.float32([1, 2, 3]), np.int8([4, 5, 6])],
    "generator": None,
}


@pytest.mark.parametrize("form", FORMS)
def test_all_forms_of_samples_are_one(form):
    samples = FORMS[form] if form != "generator" else ([3 * i + j + 1 for j in range(3)] for i in range(2))
    array = A.from_samples(samples)
    np.testing.assert_array_equal(array.points, np.arange(1.0, 7)[:, None])
    assert array.points.dtype == np.float64
    assert array.offsets.tolist() == [0, 3, 6]
    assert array.masses is None
    assert array.names == ("0", "1")
    assert array.totals.tolist() == [3, 3]
    assert not array.is_shared


def test_flat_samples_with_offsets():
    array = A.from_samples(np.arange(5.0), offsets=[0, 2, 5], masses=[1, 3, 1, 1, 2])
    assert array.n_atoms.tolist() == [2, 3]
    assert array.totals.tolist() == [4, 4]
    assert array.atoms(1)[1].tolist() == [0.25, 0.25, 0.5]
    assert array.atoms(1)[0].tolist() == [[2], [3], [4]]


def test_masses_are_ragged_as_the_samples_are():
    array = A.from_samples([[1, 2, 3], [4]], masses=[[1, 0, 1], [7]])
    assert array.n_atoms.tolist() == [2, 1]
    assert array.totals.tolist() == [2, 7]
    assert array.masses.tolist() == [0.5, 0, 0.5, 1]


def test_a_memmap_stays_on_disk(tmp_path):
    path = tmp_path / "values.npy"
    np.save(path, np.random.default_rng(0).random((1000, 1)))
    values = np.load(path, mmap_mode="r")
    for domain in (None, Interval(0, 1), Circle(1.0)):
        array = A.from_samples(values, offsets=[0, 400, 1000], domain=domain)
        assert isinstance(array.points, np.memmap)
        assert np.may_share_memory(array.points, values)
        assert isinstance(array[1:].points, np.memmap)
        plain = A.from_samples(np.array(values), offsets=[0, 400, 1000], domain=domain)
        np.testing.assert_array_equal(array.embed().features, plain.embed().features)
    # turned by less than a period, the points are no longer those on disk
    np.save(path, 0.5 + np.random.default_rng(0).random((1000, 1)))
    wrapped = A.from_samples(np.load(path, mmap_mode="r"), offsets=[0, 400, 1000], domain=Circle(1.0))
    assert wrapped.points.max() < 1


def test_changing_the_input_afterwards_changes_nothing():
    values, masses = np.arange(6.0).reshape(2, 3), np.ones((2, 3))
    arrays = [
        A.from_samples(values),
        A.from_samples(values, masses=masses),
        A.from_samples(values.reshape(-1), offsets=[0, 3, 6]),
        A.from_histogram(masses, support=values[0]),
        A.from_samples(values / 10, domain=Interval(0, 1)),
    ]
    before = [array.mean() for array in arrays]
    values += 1
    masses[:, 0] = 9
    for array, mean in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array.mean(), mean)
        for part in (array.points, array.totals):
            assert not part.flags.writeable


@pytest.mark.parametrize(
    "samples, message",
    [
        ([1.0, 2.0], r"single value 1.0 at index 0.*pass \[values\]"),
        ([], "samples is empty"),
        ("abc", "must be a sequence of arrays"),
        (3.0, "must be a sequence of arrays"),
        (["abc"], "single value 'abc'"),
        ([["a", "b"]], "samples.0. has dtype"),
        ([[1, 2], []], "no point in distribution 1"),
        ([[1, np.nan, 3], [1, 2, 3]], "has nan in distribution 0, point 1"),
        ([[1, 2], [1, 2, np.inf]], "has inf in distribution 1, point 2"),
        ([[1, 2], [[1, 2], [3, 4]]], "2 coordinates in distribution 1 and 1 before"),
        (np.zeros((0, 3)), "is empty"),
        (np.zeros((2, 0)), "is empty"),
        (np.zeros(3), "dimension"),
        ([np.zeros((2, 0))], "no coordinates"),
        ([[1j]], "real numbers"),
    ],
)
def test_bad_samples_are_named(samples, message):
    with pytest.raises(InvalidDataError, match=message):
        A.from_samples(samples)


@pytest.mark.parametrize(
    "masses, message",
    [
        ([[1, -1], [1]], "masses has -1.0 in distribution 0 .'mon'., point 1"),
        ([[1, 1], [np.nan]], "masses has nan in distribution 1 .'tue'., point 0"),
        ([[1, np.inf], [1]], "masses has inf in distribution 0 .'mon'., point 1"),
        ([[0, 0], [1]], "masses sums to 0 in row 0"),
        ([[1, 1], [1, 1]], "2 numbers for the 1 points of distribution 1"),
        ([[1, 1]], "1 distributions; samples has 2"),
        ([[1e308, 1e308], [1]], "sums to inf in row 0.*divide"),
    ],
)
def test_bad_masses_are_named(masses, message):
    with pytest.raises(InvalidDataError, match=message):
        A.from_samples([[1.0, 2.0], [3.0]], masses=masses, names=["mon", "tue"])


def test_masses_by_name_find_their_samples():
    samples = {"mon": [1.0, 2.0], "tue": [3.0, 4.0]}
    array = A.from_samples(samples, masses={"tue": [1, 3], "mon": [4, 1]})
    assert array.atoms("mon")[1].tolist() == [0.8, 0.2]
    assert array.atoms("tue")[1].tolist() == [0.25, 0.75]
    for masses in ({"mon": [1, 1], "wed": [1, 1]}, {"mon": [1, 1]}, {**dict.fromkeys(samples, (1, 1)), "wed": [1]}):
        with pytest.raises(InvalidDataError, match="do not name the same distributions: '(tue|wed)'"):
            A.from_samples(samples, masses=masses)
    with pytest.raises(InvalidDataError, match="masses is a mapping and samples is not"):
        A.from_samples(list(samples.values()), masses={0: [1, 1], 1: [1, 1]})


@pytest.mark.parametrize(
    "offsets, message",
    [
        ([0, 2], "must run from 0 to the number of points, 4"),
        ([1, 4], "must run from 0"),
        ([0], "must run from 0"),
        ([0, 3, 1, 4], "decreases at index 2"),
        ([0, 1.5, 4], "not whole"),
        ([0, 2, 2, 4], "no point in distribution 1"),
    ],
)
def test_bad_offsets_are_named(offsets, message):
    with pytest.raises(InvalidDataError, match=message):
        A.from_samples(np.zeros(4), offsets=offsets)


def test_points_outside_the_domain_are_named_by_distribution():
    with pytest.raises(InvalidDataError, match="distribution 1 .'tue'.*1.5"):
        A.from_samples([[0.1, 0.2], [0.3, 1.5]], domain=Interval(0, 1), names=["mon", "tue"])
    with pytest.raises(InvalidDataError, match="distribution 1"):
        A.from_samples([[[1.0, 0, 0]], [[1.0, 1, 0]]], domain=Sphere())
    with pytest.raises(InvalidDataError, match="2 coordinates; the domain has 3"):
        A.from_samples([[[1.0, 0]]], domain=Sphere())
    assert A.from_samples([[370.0, -10.0]], domain=Circle(360)).points.ravel().tolist() == [10, 350]
    with pytest.raises(InvalidParameterError, match="pass a domain such as"):
        A.from_samples([[1.0]], domain="circle")


def test_points_of_nodes_are_whole_ids():
    grid = Grid((3, 3))
    array = A.from_samples([[0, 8], [4.0, 4.0]], domain=grid)
    assert array.points.dtype == np.intp
    with pytest.raises(InvalidDataError, match="0.5 at index 1"):
        A.from_samples([[0, 0.5]], domain=grid)
    with pytest.raises(InvalidDataError, match="9"):
        A.from_samples([[0, 9]], domain=grid)
    with pytest.raises(InvalidDataError, match="coordinates"):
        A.from_samples([[[0, 1]]], domain=grid)


def test_missing_points_are_omitted_on_request_and_counted():
    samples = [[1.0, np.nan, 3.0], [np.nan], [5.0]]
    array = A.from_samples(samples, names=["a", "b", "c"], groups=["x", "y", "x"], nan_policy="omit")
    assert array.names == ("a", "c")
    assert array.points.ravel().tolist() == [1, 3, 5]
    assert array.groups.tolist() == ["x", "x"]
    assert array.group_levels == ("x",)
    assert array.n_omitted == 3
    assert array.remarks == (
        "2 of 5 points omitted, a coordinate or mass is missing",
        "1 of 3 distributions omitted, without a point: b",
    )
    masses = A.from_samples([[1.0, 2.0], [3.0, 4.0]], masses=[[1, np.nan], [1, 3]], nan_policy="omit")
    assert masses.n_atoms.tolist() == [1, 2]
    with pytest.raises(InvalidDataError, match="no distribution left"):
        A.from_samples([[np.nan]], nan_policy="omit")
    with pytest.raises(InvalidDataError, match="inf in distribution 0, point 1"):
        A.from_samples([[np.nan, 1.0, np.inf]], nan_policy="omit")
    with pytest.raises(InvalidParameterError, match="nan_policy"):
        A.from_samples(samples, nan_policy="propagate")


# shared support -------------------------------------------------------------------------------------------------------
def test_histogram_masses_sit_at_bin_centres():
    array = A.from_histogram([[1, 3], [2, 0]], edges=[0, 1, 3])
    assert array.points.tolist() == [[0.5], [2]]
    assert array.masses.tolist() == [[0.25, 0.75], [1, 0]]
    assert array.totals.tolist() == [4, 2]
    assert array.n_atoms.tolist() == [2, 1]
    assert array.is_shared
    assert len(A.from_histogram([1, 2, 3], support=[0, 1, 2])) == 1


def test_histograms_of_numpy_are_taken_as_they_come():
    values = [0.0, 0.2, 0.9, 1.0]
    one = A.from_histogram(*np.histogram(values, bins=2))
    assert one.atoms(0)[0].ravel().tolist() == [0.25, 0.75] and one.atoms(0)[1].tolist() == [0.5, 0.5]


def test_histogram_of_two_coordinates():
    counts = np.arange(12).reshape(1, 3, 4) + 1
    angles, heights = np.linspace(0, 24, 4), np.linspace(0, 1, 5)
    array = A.from_histogram(counts, edges=(angles, heights), domain=Cylinder(24, (0, 1)))
    assert array.points[1].tolist() == [4, 0.375]
    assert array.points[4].tolist() == [12, 0.125]
    np.testing.assert_allclose(array.masses[0], counts.ravel() / counts.sum())
    on_grid = A.from_histogram(counts, domain=Grid((3, 4)))
    assert on_grid.points.tolist() == list(range(12))
    np.testing.assert_array_equal(on_grid.masses, array.masses)


def test_histogram_on_nodes():
    graph = Graph(np.ones((3, 3)) - np.eye(3))
    assert A.from_histogram([[1, 1, 2]], domain=graph).points.tolist() == [0, 1, 2]
    assert A.from_histogram([[1, 2]], support=[2, 0], domain=graph).points.tolist() == [2, 0]
    with pytest.raises(InvalidDataError, match="4 columns; there are 3"):
        A.from_histogram([[1, 1, 2, 0]], domain=graph)
    with pytest.raises(InvalidParameterError, match="leave it out"):
        A.from_histogram([[1, 1, 2]], edges=[0, 1, 2, 3], domain=graph)


@pytest.mark.parametrize(
    "frequencies, message",
    [
        ([[1, 2], [3, -4]], "frequencies has -4.0 at row 1, column 1; it must not be negative"),
        ([[1, 2], [np.nan, 4]], "frequencies has nan at row 1, column 0.*nan_policy='omit'"),
        ([[1, np.inf], [3, 4]], "frequencies has inf at row 0, column 1; it must be finite"),
        ([[1, 2], [0, 0]], "frequencies sums to 0 in row 1"),
        ([[1, 2, 3]], "3 columns; there are 2"),
        ([[]], "empty"),
        (3, "single number"),
        ([[1e308, 1e308]], "sums to inf in row 0"),
        ([["a", "b"]], "dtype"),
    ],
)
def test_bad_frequencies_are_named(frequencies, message):
    with pytest.raises(InvalidDataError, match=message):
        A.from_histogram(frequencies, support=[0.0, 1.0])


def test_bad_frequencies_name_the_distribution_too():
    with pytest.raises(InvalidDataError, match="row 1, column 0 .distribution 'tue'"):
        A.from_histogram([[1, 2], [np.nan, 4]], support=[0, 1], names=["mon", "tue"])


def test_where_masses_sit_must_be_said_once():
    with pytest.raises(InvalidParameterError, match="edges and support are None"):
        A.from_histogram([[1, 2]])
    with pytest.raises(InvalidParameterError, match="both given"):
        A.from_histogram([[1, 2]], edges=[0, 1, 2], support=[0, 1])
    with pytest.raises(InvalidParameterError, match="edges and support are None"):
        A.from_histogram([[1, 2]], domain=Circle(1.0))
    with pytest.raises(InvalidDataError, match="edges must increase"):
        A.from_histogram([[1, 2]], edges=[0, 2, 1])
    with pytest.raises(InvalidDataError, match="a bin needs two edges"):
        A.from_histogram([[1]], edges=[0])
    with pytest.raises(InvalidDataError, match="support"):
        A.from_histogram([[1, 2]], support=[0, 3], domain=Interval(0, 1))
    with pytest.raises(InvalidDataError, match="1 coordinates.*has 2"):
        A.from_histogram([[1, 2]], support=[0, 1], domain=Box([(0, 1), (0, 1)]))


def test_missing_frequencies_omit_the_distribution():
    from scipy import sparse

    counts = np.array([[1, 2], [np.nan, 4], [5, 6]])
    for table in (counts, sparse.csr_array(counts)):
        array = A.from_histogram(
            table, support=[0, 1], names=["a", "b", "c"], groups=["x", "x", "y"], nan_policy="omit"
        )
        assert (array.names, array.groups.tolist(), array.n_omitted) == (("a", "c"), ["x", "y"], 1)
        assert array.remarks == ("1 of 3 distributions omitted, with missing frequencies: b",)
        assert array.totals.tolist() == [3, 11]
        with pytest.raises(InvalidDataError, match="every row"):
            A.from_histogram(table[[1]], support=[0, 1], nan_policy="omit")


def test_bad_sparse_frequencies_are_named():
    from scipy import sparse

    for value, message in ((-1.0, "has -1.0 at row 1, column 2"), (np.inf, "has inf at row 1, column 2")):
        table = sparse.csr_array(np.array([[1, 0, 0], [1, 0, value]]))
        with pytest.raises(InvalidDataError, match=message):
            A.from_histogram(table, support=[0, 1, 2])
    with pytest.raises(InvalidDataError, match="sums to 0 in row 1"):
        A.from_histogram(sparse.csr_array(np.array([[1, 0], [0, 0]])), support=[0, 1])
    with pytest.raises(InvalidDataError, match="there are 3"):
        A.from_histogram(sparse.csr_array(np.eye(2)), support=[0, 1, 2])


# quantiles and densities ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("levels", [None, [0.1, 0.5, 0.6, 0.99], [0.0, 0.3, 0.6, 1.0]])
def test_quantiles_at_the_given_levels_are_those_given(levels):
    table = np.sort(np.random.default_rng(0).normal(size=(3, 4)), axis=1)
    array = A.from_quantiles(table, levels=levels)
    asked = levels if levels is not None else (np.arange(4) + 0.5) / 4
    np.testing.assert_array_equal(array.quantile(asked), table)
    if levels is None:
        np.testing.assert_allclose(array.mean(), table.mean(axis=1), rtol=1e-14)
        assert array.masses is None


def test_bad_quantiles_are_named():
    with pytest.raises(InvalidDataError, match="1.0 after 2.0 at row 1, column 2"):
        A.from_quantiles([[1, 2, 3], [1, 2, 1]])
    with pytest.raises(InvalidDataError, match="nan at row 0, column 1"):
        A.from_quantiles([[1, np.nan]])
    assert A.from_quantiles([[1, np.nan], [1, 2]], nan_policy="omit").remarks[0].startswith("1 of 2 distributions")
    with pytest.raises(InvalidDataError, match="0.5 at index 1"):
        A.from_quantiles([[1, 2]], levels=[0.5, 0.5])
    with pytest.raises(InvalidDataError, match="2 numbers for 3 columns"):
        A.from_quantiles([[1, 2, 3]], levels=[0.1, 0.2])
    with pytest.raises(InvalidParameterError, match="on the line and on an Interval"):
        A.from_quantiles([[1, 2]], domain=Circle(1.0))
    assert A.from_quantiles([[0.1, 0.2]], domain=Interval(0, 1)).place == "on Interval(0, 1)"


def test_densities_are_weighted_by_the_length_of_cells():
    x = np.array([0.0, 0.1, 0.4, 1.0])
    assert A.from_density([[1, 1, 1, 1]], support=x).masses[0].tolist() == pytest.approx([0.05, 0.2, 0.45, 0.3])
    wide = A.from_density([[1, 1]], support=[0.25, 0.5], domain=Interval(0, 1))
    assert wide.masses[0].tolist() == pytest.approx([0.375, 0.625])
    circle = A.from_density([[1, 1, 1]], support=[0.0, 0.5, 0.2], domain=Circle(1.0))
    assert circle.masses[0].tolist() == pytest.approx([0.35, 0.4, 0.25])
    box = Box([(0, 1), (0, 1)])
    with pytest.raises(InvalidParameterError, match="volumes is None"):
        A.from_density([[1, 1]], support=[[0, 0], [1, 1]], domain=box)
    given = A.from_density([[1, 1]], support=[[0, 0], [1, 1]], volumes=[1, 3], domain=box)
    assert given.masses[0].tolist() == [0.25, 0.75]
    line, ring = Box([(0, 1)]), Torus([1.0])  # products of one factor are an interval and a circle
    same = A.from_density([[1, 1]], support=[0.25, 0.5], domain=line)
    np.testing.assert_array_equal(same.masses, wide.masses)
    same = A.from_density([[1, 1, 1]], support=[0.0, 0.5, 0.2], domain=ring)
    np.testing.assert_array_equal(same.masses, circle.masses)
    assert A.from_density(np.ones((1, 9)), domain=Grid((3, 3))).masses[0].tolist() == pytest.approx([1 / 9] * 9)


def test_a_normal_density_has_its_quantiles():
    from scipy import stats

    x = np.linspace(-8, 8, 4001)
    array = A.from_density(stats.norm.pdf(x), support=x)
    levels = [0.025, 0.5, 0.9]
    # 0.004: the spacing of the points
    np.testing.assert_allclose(array.quantile(levels)[0], stats.norm.ppf(levels), atol=0.004)


# labels ---------------------------------------------------------------------------------------------------------------
def test_labels_must_match_the_distributions():
    with pytest.raises(InvalidDataError, match="names has 1 names for 2"):
        A.from_samples([[1.0], [2.0]], names=["a"])
    with pytest.raises(InvalidDataError, match="groups has 3 labels for 2"):
        A.from_samples([[1.0], [2.0]], groups=["a", "b", "c"])
    for names in ("ab", {"a", "b"}):
        with pytest.raises(InvalidDataError, match="one name a distribution"):
            A.from_samples([[1.0], [2.0]], names=names)


def test_labels_without_the_order_of_the_distributions_are_refused():
    samples = {"mon": [1.0], "tue": [2.0]}
    for groups in ({"tue": "b", "mon": "a"}, {"a", "b"}, frozenset("ab")):
        with pytest.raises(InvalidDataError, match="pass a list with one label a distribution"):
            A.from_samples(samples, groups=groups)
    assert A.from_samples(samples, groups={"tue": "b", "mon": "a"}.values()).groups.tolist() == ["b", "a"]


def test_group_labels_of_every_kind():
    array = A.from_samples([[1.0], [2.0], [3.0]])
    assert array.groups is None
    assert array.with_groups([2, 1, 2]).group_levels == (1, 2)
    ordered = pd.Categorical(["lo", "hi", "lo"], categories=["lo", "mid", "hi"])
    assert array.with_groups(ordered).group_levels == ("lo", "hi")
    dates = array.with_groups(np.array(["2020-01-02", "2019-01-01", "2020-01-02"], dtype="datetime64[D]"))
    assert dates.group_levels == ("2019-01-01", "2020-01-02")
    assert dates.groups.dtype.kind == "U"
    assert array.with_groups(["a", "b", "a"]).with_groups(None).groups is None


# indexing, joining ----------------------------------------------------------------------------------------------------
def arrays():
    rng = np.random.default_rng(0)
    groups, names = ["a", "b", "a", "c"], ["w", "x", "y", "z"]
    yield A.from_samples([rng.normal(size=m) for m in (3, 1, 4, 2)], groups=groups, names=names)
    yield A.from_samples(
        [rng.normal(size=m) for m in (3, 1, 4, 2)],
        masses=[rng.random(m) for m in (3, 1, 4, 2)],
        groups=groups,
        names=names,
    )
    yield A.from_histogram(rng.poisson(2, size=(4, 6)) + 1, support=rng.normal(size=6), groups=groups, names=names)


@pytest.mark.parametrize("array", list(arrays()), ids=["equal", "weighted", "shared"])
@pytest.mark.parametrize(
    "index, kept",
    [
        (1, [1]),
        (-1, [3]),
        ("y", [2]),
        (np.int64(2), [2]),
        (slice(1, 3), [1, 2]),
        (slice(None, None, -1), [3, 2, 1, 0]),
        (slice(None, None, 2), [0, 2]),
        ([2, 2, 0], [2, 2, 0]),
        ((3, 1), [3, 1]),
        (["z", "w"], [3, 0]),
        ([True, False, False, True], [0, 3]),
        (np.array([-1, 0]), [3, 0]),
    ],
)
def test_selections_keep_everything_of_a_distribution(array, index, kept):
    part = array[index]
    assert len(part) == len(kept)
    assert part.names == tuple(array.names[i] for i in kept)
    assert part.groups.tolist() == [array.groups[i] for i in kept]
    assert part.group_levels == tuple(sorted(set(part.groups.tolist())))
    np.testing.assert_array_equal(part.totals, array.totals[kept])
    for k, i in enumerate(kept):
        for mine, original in zip(part.atoms(k), array.atoms(i), strict=True):
            np.testing.assert_array_equal(mine, original)
    # a product with fewer rows may add up in another order
    np.testing.assert_allclose(part.mean(), array.mean()[kept], rtol=0, atol=1e-15)


def test_arrays_are_split_and_joined_as_those_of_numpy():
    for array in arrays():
        assert array.shape == (len(array),)
        for index in ([2, 0], np.array([True, False, True, False]), slice(1, 3)):
            assert array[index, ...].names == array[index].names
        back = np.concatenate([array[[0, 1]], array[2:]])
        assert back.names == array.names
        np.testing.assert_array_equal(back.mean(), array.mean())
        with pytest.raises(TypeError, match="no implementation found"):
            np.stack([array, array])


def test_lists_of_arrays_are_joined_and_nothing_else():
    array = next(arrays())
    assert joined(list(array)).names == joined(tuple(array)).names == array.names
    for other in (array, [], [1.0], [array, 1.0], "ab", None):
        assert joined(other) is other


def test_selections_that_make_no_sense_are_refused():
    array = next(arrays())
    for index in (4, -5, [0, 9], [True, False]):
        with pytest.raises(IndexError):
            array[index]
    for index in (1.5, None, [[0, 1]], [0.5]):
        with pytest.raises(InvalidParameterError, match="index"):
            array[index]
    with pytest.raises(InvalidParameterError, match="no distribution is named 'q'"):
        array["q"]
    for index in ([], slice(2, 2), [False] * 4):
        with pytest.raises(InvalidDataError, match="keeps none"):
            array[index]


def test_a_name_that_several_distributions_have_selects_none():
    array = A.from_samples([[1.0], [2.0], [3.0]], names=["a", "b", "a"])
    assert array["b"].mean().tolist() == [2.0]
    for call in (lambda: array["a"], lambda: array[["b", "a"]], lambda: array.atoms("a")):
        with pytest.raises(InvalidParameterError, match="2 distributions are named 'a'; select them by number"):
            call()


@pytest.mark.parametrize("domain", ["circle:360", Circle, 360.0], ids=["text", "class", "number"])
def test_what_is_no_domain_is_refused_by_every_constructor(domain):
    for call in (
        lambda: A.from_samples([[0.5]], domain=domain),
        lambda: A.from_histogram([[1.0]], support=[0.5], domain=domain),
        lambda: A.from_quantiles([[0.5]], domain=domain),
        lambda: A.from_density([[1.0, 1.0]], support=[0.1, 0.5], domain=domain),
        lambda: A.from_samples([[0.5]]).with_domain(domain),
    ):
        with pytest.raises(InvalidParameterError, match="domain is .*; pass a domain such as Circle"):
            call()


def test_iterating_gives_arrays_of_length_one():
    array = next(arrays())
    assert [one.names for one in array] == [("w",), ("x",), ("y",), ("z",)]
    assert [len(one) for one in array] == [1] * 4


def test_concat_keeps_a_common_support():
    equal, weighted, shared = arrays()
    joined = A.concat([shared, shared[:2]])
    assert joined.is_shared
    assert len(joined) == 6
    mixed = A.concat([equal, weighted, shared])
    assert not mixed.is_shared
    assert mixed.group_levels == ("a", "b", "c")
    np.testing.assert_allclose(mixed.mean(), np.r_[equal.mean(), weighted.mean(), shared.mean()], rtol=1e-14)
    np.testing.assert_array_equal(mixed.totals, np.r_[equal.totals, weighted.totals, shared.totals])
    assert A.concat([equal, equal]).masses is None
    split = A.concat([equal[i] for i in range(4)])
    np.testing.assert_array_equal(split.points, equal.points)


def test_concat_refuses_what_does_not_fit():
    equal = next(arrays())
    with pytest.raises(InvalidDataError, match="must be on the same space"):
        A.concat([equal, A.from_samples([[0.1]], domain=Circle(1.0), groups=["a"])])
    with pytest.raises(InvalidDataError, match="has no groups"):
        A.concat([equal, equal.with_groups(None)])
    with pytest.raises(InvalidDataError, match="different types"):
        A.concat([equal, equal.with_groups([1, 2, 3, 4])])
    with pytest.raises(InvalidDataError, match="nothing to join"):
        A.concat([])
    with pytest.raises(InvalidParameterError, match="from_samples"):
        A.concat([equal, [[1.0]]])
    circles = [A.from_samples([[0.1]], domain=Circle(1.0)) for _ in range(2)]
    assert len(A.concat(circles)) == 2


# printing, storing ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "array, text",
    [
        (A.from_samples([[1.0]]), "DistributionArray(1 distribution on the line, samples of 1 points)"),
        (
            A.from_samples([[1.0, 2], [3.0]], masses=[[1, 2], [1]], groups=["a", "a"]),
            "DistributionArray(2 distributions on the line, weighted samples of 1 to 2\n    points, groups a: 2)",
        ),
        (
            A.from_histogram(np.ones((3, 4)), domain=Grid((2, 2))),
            "DistributionArray(3 distributions on Grid(2 x 2), masses on 4 shared points)",
        ),
        (A.from_samples([np.zeros((2, 3))]), "DistributionArray(1 distribution in R^3, samples of 2 points)"),
        (
            A.from_samples(np.zeros((9, 1)), groups=range(9)),
            "DistributionArray(9 distributions on the line, samples of 1 points, groups 0: 1,\n"
            "    1: 1, 2: 1, 3: 1, 4: 1, and 4 more)",
        ),
    ],
    ids=["one", "weighted", "grid", "space", "many groups"],
)
def test_repr_is_short_lines_without_arrays(array, text):
    assert repr(array) == text and max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("array", list(arrays()), ids=["equal", "weighted", "shared"])
def test_pickling_keeps_everything(array):
    again = pickle.loads(pickle.dumps(array))
    assert repr(again) == repr(array)
    np.testing.assert_array_equal(again.embed().features, array.embed().features)
    for twin in (again, copy.copy(array), copy.deepcopy(array)):
        for part in (twin.points, twin.masses, twin.offsets, twin.totals, twin.groups):
            assert part is None or not part.flags.writeable


def test_parts_that_do_not_fit_are_refused():
    with pytest.raises(InvalidDataError, match="build it with a constructor"):
        A(np.zeros((3, 1)), None, np.array([0, 2]), np.ones(1))


def test_dimension_of_a_space():
    assert A.from_samples([np.zeros((2, 3))]).dimension == 3
    assert A.from_samples([Sphere().uniform(3, 0)], domain=Sphere()).dimension == 2
    assert A.from_samples([Sphere().uniform(3, 0)], domain=Sphere()).n_coordinates == 3


def test_domain_can_be_added_later():
    bare = A.from_samples([[370.0, 20.0]])
    circle = bare.with_domain(Circle(360))
    assert circle.points.ravel().tolist() == [10, 20]
    assert circle.with_domain(Circle(360)).place == "on Circle(360)"
    with pytest.raises(InvalidParameterError, match="already"):
        circle.with_domain(Interval(0, 360))
    shared = A.from_histogram([[1, 2]], support=[0, 1]).with_domain(Grid((2,)))
    assert shared.points.dtype == np.intp
