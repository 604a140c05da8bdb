"""Age structure of countries, forty years apart."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from stattools import _validation
from stattools._errors import DegenerateDataError
from stattools.datasets._base import read_table
from stattools.datasets._pairs import PairedDataset

if TYPE_CHECKING:
    import pandas as pd

    from stattools.distributions import DistributionArray

WIDTH, OLDEST = 5, 105
"""Years in an age group, and where the open group "100+" is cut off."""


def load_un_population(*, min_population: float = 1e6) -> PairedDataset:
    """Ages of the people of each country in 1975 (X) and in 2015 (Y).

    Parameters
    ----------
    min_population : float, default 1e6
        Countries with fewer people in 1975 are left out; 0 keeps all 237.

    Returns
    -------
    PairedDataset
        `frame` has a row a country and age group: location, age (lower end, in years), population_1975,
        population_2015 (persons). `units` has unit, population_1975, population_2015. X and Y are distributions on
        Interval(0, 105), years, with the people of an age group spread evenly over the middles of its five years.

    Raises
    ------
    InvalidParameterError
        `min_population` is negative or no number.
    DegenerateDataError
        No country is that large.

    Notes
    -----
    The numbers are estimates: the United Nations reconcile censuses, registers and surveys by a demographic model, and
    the ages of countries with few data owe much to it. People of 100 and more are put into 100 to 105. Countries are as
    of today, so that those that did not exist in 1975 have numbers for their present territory.

    Countries are no random sample, and neighbours are alike; a p-value that takes them as independent is too small.

    References
    ----------
    .. [1] United Nations, Department of Economic and Social Affairs, Population Division (2024), World Population
       Prospects 2024, Online Edition. Copyright July 2024 United Nations, CC BY 3.0 IGO. The changes made here imply
       no endorsement by the United Nations.

    Examples
    --------
    >>> data = load_un_population()
    >>> japan = data.X.names.index("Japan")
    >>> float(data.X.mean()[japan].round(1)), float(data.Y.mean()[japan].round(1))
    (32.6, 46.5)
    """
    least = _validation.real(min_population, "min_population", minimum=0)
    table = read_table("un_population")
    totals = table.groupby("location", sort=False)[["population_1975", "population_2015"]].sum()
    large = totals[totals["population_1975"] >= least]
    if large.empty:
        largest = totals["population_1975"].max()
        raise DegenerateDataError(f"min_population is {least:g}; the largest country had {largest} people in 1975")
    frame = table[table["location"].isin(large.index)].reset_index(drop=True)
    left_out = len(totals) - len(large)
    return PairedDataset(
        name="ages by country, 1975 and 2015",
        frame=frame,
        units=large.rename_axis("unit").reset_index(),
        build=partial(_distributions, frame),
        description=(
            "Estimated population by age group of five years. A unit is a country; X is the distribution of the ages "
            "of its people in 1975, Y in 2015."
        ),
        question=(
            "Which features of the age structure of 1975 say how old a country was forty years later? Neighbours are "
            "alike, and countries are no sample of anything."
        ),
        source=(
            "United Nations, Department of Economic and Social Affairs, Population Division (2024), World Population "
            "Prospects 2024, Online Edition; through the PyPI package bokeh_sampledata 2026.1."
        ),
        licence="CC BY 3.0 IGO, copyright July 2024 United Nations; changed as stated, no endorsement implied",
        remarks=(f"{left_out} of {len(totals)} countries and areas had fewer than {least:g} people in 1975",)
        if left_out
        else (),
    )


def _distributions(frame: pd.DataFrame) -> tuple[DistributionArray, DistributionArray]:
    from stattools.distributions import DistributionArray
    from stattools.domains import Interval

    edges = np.arange(OLDEST + 1)
    built = []
    for year in (1975, 2015):
        counts = frame.pivot_table(index="location", columns="age", values=f"population_{year}", sort=False)
        built.append(
            DistributionArray.from_histogram(
                np.repeat(counts.to_numpy(), WIDTH, axis=1),
                edges=edges,
                domain=Interval(0, OLDEST),
                names=list(counts.index),
            )
        )
    return built[0], built[1]
