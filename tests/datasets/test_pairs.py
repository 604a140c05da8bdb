"""Pairs of distributions: are they those of the tables, and the stated numbers true?"""

import pickle

import numpy as np
import pytest

from stattools.datasets._base import read_table
from stattools.datasets._pairs import PairedDataset
from stattools.datasets.nyc_days import load_nyc_days
from stattools.datasets.un_population import load_un_population
from stattools.domains import Interval
from stattools.exceptions import DegenerateDataError, InvalidParameterError
from tests.helpers import assert_snapshot

PAIRS = {"un_population": load_un_population, "nyc_days": load_nyc_days}


# every data set of pairs ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", PAIRS)
def test_source_licence_and_question_are_stated(name):
    data = PAIRS[name]()
    assert isinstance(data, PairedDataset)
    assert all(len(text) > 20 for text in (data.source, data.licence, data.question, data.description))


@pytest.mark.parametrize("name", PAIRS)
def test_printed_form(name):
    text = repr(PAIRS[name]())
    assert text.isascii() and max(map(len, text.splitlines())) <= 80
    assert_snapshot(text, f"dataset_{name}.txt")


@pytest.mark.parametrize("name", PAIRS)
def test_both_sides_are_named_by_the_units(name):
    data = PAIRS[name]()
    assert data.X.names == data.Y.names == tuple(data.units["unit"])
    assert data.X is data.X  # built once
    assert data.units["unit"].is_unique and not data.units.isna().any(axis=None)


@pytest.mark.parametrize("name", PAIRS)
def test_pairs_survive_pickling(name):
    data = PAIRS[name]()
    again = pickle.loads(pickle.dumps(data))
    np.testing.assert_array_equal(again.Y.mean(), data.Y.mean())
    with pytest.raises(AttributeError):
        data.name = "other"


# population ----------------------------------------------------------------------------------------------------------
def test_population_is_that_of_the_file():
    data, table = load_un_population(min_population=0), read_table("un_population")
    assert len(data.units) == 237 and len(table) == 237 * 21 and not data.remarks
    mozambique = table[table["location"] == "Mozambique"]
    row = data.X.names.index("Mozambique")
    for side, year in ((data.X, 1975), (data.Y, 2015)):
        counts = mozambique[f"population_{year}"].to_numpy()
        points, masses = side.atoms(row)
        np.testing.assert_array_equal(np.ravel(points), np.arange(105) + 0.5)
        np.testing.assert_allclose(masses.reshape(21, 5).sum(axis=1), counts / counts.sum(), rtol=1e-12)
        assert np.ptp(masses.reshape(21, 5), axis=1).max() < 1e-15
        assert isinstance(side.domain, Interval) and repr(side.domain) == "Interval(0, 105)"
    assert data.units["population_2015"][row] == counts.sum()


def test_large_countries_only():
    data = load_un_population(min_population=1e8)
    assert (data.units["population_1975"] >= 1e8).all()
    assert {"China", "India", "United States of America", "Japan"} < set(data.X.names)
    assert data.frame["location"].nunique() == len(data.X)
    assert data.remarks[0].startswith(f"{237 - len(data.X)} of 237")


def test_mean_ages_are_plausible():
    """The world grew older by years; where it did not, births have stayed many: mostly south of the Sahara."""
    data = load_un_population()
    rise = (data.Y.mean() - data.X.mean()).ravel()
    younger = {name for name, value in zip(data.X.names, rise, strict=True) if value < 0}
    assert len(younger) == 18 and {"Mali", "Chad", "Uganda", "Zambia"} < younger and 2 < np.median(rise) < 10


@pytest.mark.parametrize("value, error", [(-1, InvalidParameterError), ("large", InvalidParameterError),
                                          (1e12, DegenerateDataError)])  # fmt: skip
def test_population_options_are_checked(value, error):
    with pytest.raises(error, match="min_population"):
        load_un_population(min_population=value)


# days ----------------------------------------------------------------------------------------------------------------
def test_days_are_those_of_the_files():
    data = load_nyc_days()
    delays, temperatures = read_table("nyc_day_delays_2013"), read_table("nyc_day_temperatures_2013")
    row = data.X.names.index("2013-07-04")
    points, masses = data.Y.atoms(row)
    day = delays[delays["date"] == "2013-07-04"].sort_values("delay")
    order = np.argsort(np.ravel(points))
    np.testing.assert_array_equal(np.ravel(points)[order], day["delay"])
    np.testing.assert_allclose(masses[order], day["flights"] / day["flights"].sum(), rtol=1e-12)
    hours = temperatures.loc[temperatures["date"] == "2013-07-04", "temperature"]
    np.testing.assert_array_equal(np.sort(np.ravel(data.X.atoms(row)[0])), np.sort(hours))
    assert data.units["n_flights"][row] == day["flights"].sum() and data.units["n_hours"][row] == 24
    assert data.frame["flights"].sum() == data.units["n_flights"].sum()


def test_days_with_few_hours_or_flights_go_and_are_counted():
    data = load_nyc_days(min_hours=24, min_flights=300)
    assert (data.units["n_hours"] == 24).all() and (data.units["n_flights"] >= 300).all()
    assert data.remarks[0].startswith(f"{365 - len(data.units)} of 365")
    assert len(load_nyc_days(min_hours=1, min_flights=1).units) == 364  # the last day has no weather


def test_correlation_of_neighbouring_days_is_as_documented():
    data = load_nyc_days()
    month = data.units["month"].to_numpy()
    for side, stated in ((data.Y, (0.20, 0.03)), (data.X, (0.65, 0.08))):
        mean = side.mean().ravel()
        rest = mean - np.array([mean[month == m].mean() for m in month])
        found = [(rest[:-lag] * rest[lag:]).sum() / (rest**2).sum() for lag in (1, 3)]
        np.testing.assert_allclose(found, stated, atol=0.0051)  # stated with two digits


@pytest.mark.parametrize("option", ["min_hours", "min_flights"])
def test_day_options_are_checked(option):
    with pytest.raises(InvalidParameterError, match=option):
        load_nyc_days(**{option: 0})
    with pytest.raises(DegenerateDataError, match="no day"):
        load_nyc_days(**{option: 10_000})
