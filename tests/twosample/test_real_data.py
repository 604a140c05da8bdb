"""What README and the loaders say of the shipped data, as far as the numbers of tests go."""

from stattools import datasets, isw_anova, isw_test


def test_the_wind_of_two_airports_differs_in_pairs_and_not_without_them():
    wind = datasets.load_nyc_wind(("JFK", "LGA"), unit="week")
    jfk, lga = wind.collection("JFK"), wind.collection("LGA")
    assert isw_test(jfk, lga, paired=True, rng=2013).pvalue == 0.0001
    assert round(isw_test(jfk, lga, rng=2013).pvalue, 2) == 0.21


def test_storms_of_the_season_differ_within_years():
    storms = datasets.load_storms(by="season")
    assert isw_anova(storms.distributions, strata=storms.units["year"], n_resamples=999, rng=1).pvalue == 0.001


def test_how_many_died_at_an_address_is_not_seen_to_depend_on_where_it_lies():
    snow = datasets.load_snow1854(by="deaths")
    assert isw_test(snow.distributions, n_resamples=999, rng=1).pvalue > 0.2
