"""Points that are probably not in the units of their domain."""

import functools
import operator

import numpy as np
import pytest

from stattools import Circle, Cylinder, DistributionArray, Sphere, isw_test
from stattools.exceptions import AssumptionWarning, InvalidDataError

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "values, domain, message",
    [
        ([10.0, 20.0, -999.0], Circle(360), "1 of 3 values lie more than a turn .* such as -999"),
        (RNG.uniform(0, 360, 50), Circle(), "such as"),
        (RNG.uniform(0, 360, 50), Circle(24), "such as"),
        (RNG.uniform(0, 6.2, 50), Circle(360), "are they radians"),
        (np.column_stack([RNG.uniform(0, 360, 50), RNG.uniform(0, 1, 50)]), Cylinder(24, (0, 1)), "such as"),
    ],
)
def test_units_that_look_wrong_are_warned_of_and_the_array_remembers(values, domain, message):
    with pytest.warns(AssumptionWarning, match=message):
        array = DistributionArray.from_samples([values], domain=domain)
    assert any("?" in remark for remark in array.remarks)


def test_the_result_carries_the_doubt():
    with pytest.warns(AssumptionWarning):
        days = DistributionArray.from_samples([*RNG.uniform(0, 360, (9, 30)), [5.0, 999.0]], domain=Circle(360))
    assert any("such as 999" in note for note in isw_test(days[:5], days[5:], n_resamples=99, rng=1).notes)


@pytest.mark.parametrize(
    "values, domain",
    [
        ([-180.0, 0.0, 180.0, 360.0, 540.0], Circle(360)),
        (np.repeat([0.0, 1.0, 5.0], 20), Circle(360)),  # whole degrees
        (RNG.uniform(0, 6.2, 50), Circle()),
        (RNG.uniform(0, 6.2, 50), Circle(24)),
        ([0.1, 0.2], Circle(360)),
    ],
)
def test_plausible_values_are_not_warned_of(values, domain):
    assert DistributionArray.from_samples([values], domain=domain).remarks == ()


def test_places_in_radians_are_warned_of():
    with pytest.warns(AssumptionWarning, match="are they radians"):
        Sphere.from_lonlat(RNG.uniform(-3, 3, 30), RNG.uniform(-1.5, 1.5, 30))
    assert Sphere.from_lonlat(RNG.uniform(-180, 180, 30), RNG.uniform(-1.5, 1.5, 30)).shape == (30, 3)


def test_bins_that_overlap_on_a_circle_are_refused():
    with pytest.raises(InvalidDataError, match="edges span 540, more than the period 360"):
        DistributionArray.from_histogram(np.ones((2, 18)), edges=np.arange(-180, 361, 30), domain=Circle(360))
    assert (
        len(DistributionArray.from_histogram(np.ones((2, 12)), edges=np.arange(-180, 181, 30), domain=Circle(360))) == 2
    )


def test_nodes_of_a_graph_go_by_their_names():
    import pandas as pd
    import polars as pl

    from stattools import Graph

    graph = Graph.from_edges([["spring", "brook"], ["brook", "mill"], ["mill", "sea"]])
    samples = [["spring", "brook", "brook"], ["sea", "mill"]]
    by_name = DistributionArray.from_samples(samples, domain=graph)
    ids = [[graph.names.index(node) for node in sample] for sample in samples]
    by_id = DistributionArray.from_samples(ids, domain=graph)
    np.testing.assert_array_equal(by_name.points, by_id.points)
    columns = {"gauge": functools.reduce(operator.iadd, samples, []), "day": ["a", "a", "a", "b", "b"]}
    for frame in (pd.DataFrame(columns), pl.DataFrame(columns), pd.DataFrame(columns).astype({"gauge": "category"})):
        table = DistributionArray.from_frame(frame, value="gauge", unit="day", domain=graph)
        np.testing.assert_array_equal(table.points, by_id.points)
    with pytest.raises(InvalidDataError, match="'weir'"):
        DistributionArray.from_samples([["weir"]], domain=graph)
