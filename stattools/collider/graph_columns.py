"""A causal graph compiled for the columns of a table, or of an array without names."""

from __future__ import annotations

from typing import Any

from stattools._errors import InvalidDataError, InvalidParameterError
from stattools.collider.dag import Dag, Node, read_dag
from stattools.collider.graph import CompiledGraph, compile_dag
from stattools.collider.nodes import PLACED, listed, require_nodes, require_response


def compile_columns(graph: Any, response: Node | None, names: tuple[str, ...] | None, width: int) -> CompiledGraph:
    """A graph compiled for the columns of X; one that was compiled before is taken as it is, if it is for them.

    names : (p,) names of columns, None where they have none; width : p.

    Raises
    ------
    InvalidDataError
        X has no names, and the nodes are no indices.
    InvalidParameterError
        A column or the response is no node, or a compiled graph is about others.

    Examples
    --------
    >>> str(compile_columns("Y -> X1 <- X2", "Y", ("X2", "X1"), 2)[0])
    'Y _||_ X2'
    """
    if isinstance(graph, CompiledGraph):
        return _compiled_before(graph, response, names, width)
    if response is None:
        raise InvalidParameterError("response is None; with dag it is the node of the response, such as response='Y'")
    dag = read_dag(graph)
    require_response(response, dag)
    columns = columns_of(dag, names, width)
    if response in columns:
        raise InvalidParameterError(f"response is {response!r}, a column of X; give its node another name, such as 'Y'")
    return compile_dag(dag, response, columns)


def _compiled_before(
    graph: CompiledGraph, response: Node | None, names: tuple[str, ...] | None, width: int
) -> CompiledGraph:
    if response not in (None, graph.response):
        raise InvalidParameterError(
            f"response is {response!r}, and dag was compiled for {graph.response!r}; leave response out, or compile "
            "the graph for it"
        )
    columns = columns_of(graph.dag, names, width)
    own = (*graph.observed, *graph.dropped)
    lost, extra = ([node for node in a if node not in b] for a, b in ((own, columns), (columns, own)))
    if lost or extra:
        parts = [f"{verb} {listed(some)}" for verb, some in (("lacks", lost), ("has also", extra)) if some]
        raise InvalidParameterError(
            f"dag was compiled for other columns: X {' and '.join(parts)}; compile it for these, with "
            f"compile_dag(graph, {graph.response!r}, observed=[...]), or pass the graph itself"
        )
    return graph


def columns_of(dag: Dag, names: tuple[str, ...] | None, width: int) -> tuple[Node, ...]:
    """(p,) nodes that the columns of X are: their names, or for columns without names their indices.

    Raises
    ------
    InvalidDataError
        X has no names, and the nodes are no indices.
    InvalidParameterError
        A column is no node.

    Examples
    --------
    >>> columns_of(Dag(("Y", 0, 1), (("Y", 0), (1, 0))), None, 2)
    (0, 1)
    """
    indices = tuple(range(width))
    if names is None and not set(indices) & set(dag.nodes):
        raise InvalidDataError(
            "X has no column names to look up in dag; pass a table whose columns are nodes of the graph, in a Pipeline "
            "by StandardScaler().set_output(transform='pandas'), or name the nodes by the indices of columns, such as "
            "dag=[('Y', 0), (1, 0)]"
        )
    columns: tuple[Node, ...] = indices if names is None else names
    require_nodes(columns, dag.nodes, "X has the column {}", PLACED.format("X"))
    return columns
