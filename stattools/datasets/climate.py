"""Runs of a simple climate model, in which temperature is a collider of two forcings."""

from __future__ import annotations

from stattools.datasets._base import Table, read_table


def load_climate() -> Table:
    """Temperature, CO2 forcing and aerosol forcing at the end of 1500 runs of an energy balance model.

    A row is one run over 200 years under scenarios of its own. Aerosols cool and CO2 warms; both act on temperature,
    and their scenarios were drawn independently of each other. So the graph is known: aerosol_forcing -> temperature <-
    co2_forcing, and aerosol forcing is independent of CO2 forcing.

    Returns
    -------
    Table
        `frame` has columns temperature (K, of the surface layer, above the start of the run), co2_forcing and
        aerosol_forcing (W/m2, in the last year).

    Notes
    -----
    Temperature remembers: it also depends on when forcing came, which differs between runs, and on weather, a yearly
    noise of the forcing. Hence neither forcing is a function of the other two columns.

    A row is a run and not a year, on purpose. The years of one run share their date, on which both forcings depend; the
    independence would be lost.

    The model is deterministic: capacities 5, 15 and 80 W yr/m2/K, exchange 1.1, 1.6 and 0.9 W/m2/K, efficacy of the
    deep ocean 1.1. CO2 forcing grows exponentially to between 1.5 and 5.5 W/m2. Aerosol forcing sets in between years
    60 and 140 with a gamma-distributed size (mean 1.2 W/m2), and up to nine tenths of it are cleaned up after year 130.
    The scenarios were drawn for this package; they are no scenarios of the IPCC, and the runs are no observations.

    References
    ----------
    .. [1] Leach et al. (2021), FaIRv2.0.0: a generalized impulse response model for climate uncertainty and future
       scenario exploration, Geoscientific Model Development 14, 3007-3036.
    .. [2] Bouabid, Fawkes and Sejdinovic (2023), Returning the favour: when regression benefits from probabilistic
       causal knowledge, ICML. Their second study has this graph, and other data.

    Examples
    --------
    >>> load_climate().frame.head(2)
       temperature  co2_forcing  aerosol_forcing
    0        0.496        1.852           -0.549
    1        1.073        2.382           -0.359
    """
    return Table(
        name="runs of a simple climate model",
        frame=read_table("climate_runs"),
        description=(
            "The last of 200 years in 1500 runs of an energy balance model with three layers. A row is a run: its "
            "temperature (K), and what drove it (W/m2), by CO2 and by aerosols."
        ),
        question=(
            "What was the aerosol forcing, given temperature and CO2 forcing, when it is known for a few runs only? "
            "The independence of the two forcings holds because they were drawn so; in the world, both follow the "
            "economy."
        ),
        source=(
            "Simulated with the energy balance model of the PyPI package fair 2.2.4, under scenarios drawn for this "
            "package."
        ),
        licence="BSD-3-Clause, as this package; fair is Apache-2.0, and nothing of it is shipped",
    )
