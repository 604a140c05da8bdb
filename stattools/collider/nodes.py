"""The nodes of a causal graph that a regression speaks of: its response and its columns; errors name a close one."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from stattools import _validation
from stattools._errors import InvalidParameterError
from stattools.collider.dag import Dag, Node

MOST_LISTED = 10
PLACED = "a column that the graph is silent about must be placed in it or be left out of {}"


def require_response(response: Node, dag: Dag) -> None:
    """Refuse a response that is no node.

    Examples
    --------
    >>> require_response("Risk", Dag(("risk", "age"), ()))
    Traceback (most recent call last):
    ...
    stattools._errors.InvalidParameterError: response is 'Risk', which is no node of the graph; its nodes ...
    """
    if response not in dag.nodes:
        close = closest(response, dag.nodes)
        advice = f"did you mean {close!r}?" if close is not None else "add it with its arrows"
        raise InvalidParameterError(
            f"response is {response!r}, which is no node of the graph; its nodes are {listed(dag.nodes)}; {advice}"
        )


def observed_nodes(dag: Dag, response: Node, observed: Sequence[Node] | None) -> tuple[Node, ...]:
    """Columns of a regression from what a user names, all nodes but the response for None.

    Raises
    ------
    InvalidParameterError
        They are no sequence of distinct nodes, or the response is among them.
    """
    if observed is None:
        return tuple(node for node in dag.nodes if node != response)
    if isinstance(observed, (str, int)):
        raise InvalidParameterError(f"observed is {observed!r}; it takes a sequence of nodes, such as [{observed!r}]")
    columns = tuple(node if isinstance(node, str) else _validation.integer(node, "observed") for node in observed)
    if response in columns:
        raise InvalidParameterError(f"observed holds the response {response!r}; leave it out of the columns")
    twice = [node for k, node in enumerate(columns) if node in columns[:k]]
    if twice:
        raise InvalidParameterError(f"observed holds {twice[0]!r} twice; leave it once")
    require_nodes(columns, dag.nodes, "observed has {}", PLACED.format("observed"))
    return columns


def require_nodes(wanted: Sequence[Node], nodes: Sequence[Node], words: str, advice: str = "") -> None:
    """Refuse what is no node of a graph. words : what holds it, with braces in its place; advice : the last words."""
    strangers = [node for node in wanted if node not in nodes]
    if strangers:
        close = closest(strangers[0], nodes)
        hints = ([f"the closest of them is {close!r}"] if close is not None else []) + ([advice] if advice else [])
        raise InvalidParameterError(
            f"{words.format(repr(strangers[0]))}, which is no node of the graph; its nodes are "
            + "; ".join([listed(nodes), *hints])
        )


def closest(name: Node, nodes: Sequence[Node]) -> str | None:
    """The node whose name is most like another one, in letters of either size; None where none is close."""
    if not isinstance(name, str):
        return None
    lower = {node.lower(): node for node in nodes if isinstance(node, str)}
    found = difflib.get_close_matches(name.lower(), lower, n=1)
    return lower[found[0]] if found else None


def listed(nodes: Sequence[Node]) -> str:
    """The first names of nodes in a message."""
    return ", ".join(map(repr, nodes[:MOST_LISTED])) + (", ..." if len(nodes) > MOST_LISTED else "")
