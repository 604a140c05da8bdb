"""What each node of a graph is to the response, and in words why a regression uses it or not."""

from __future__ import annotations

import itertools
from collections.abc import Sequence, Set

from stattools.collider.constraints import Constraint
from stattools.collider.dag import Dag, Node

SUPERFLUOUS = "; superfluous beside the other columns"


def markov_boundary(dag: Dag, response: Node, observed: Sequence[Node]) -> tuple[Node, ...]:
    """Observed nodes that are not d-separated from the response by all other observed ones."""
    return tuple(node for node in observed if node in dag.connected(response, set(observed) - {node}))


def role(dag: Dag, response: Node, node: Node) -> str:
    """What a node is to the response, such as "child, collider".

    parent, child : joined by an edge. spouse : another parent of a child of the response. collider : a child of the
    response that has other parents. ancestor, descendant : a directed path of more than one edge. relative : an
    ancestor in common. indirect : joined by paths with colliders only. unrelated : no path at all.
    """
    children = dag.children[response]
    found = []
    if response in dag.children[node]:
        found.append("parent")
    elif response in dag.descendants((node,)):
        found.append("ancestor")
    if node in children:
        found.append("child")
        if len(dag.parents[node]) > 1:
            found.append("collider")
    elif node in dag.descendants((response,)):
        found.append("descendant")
    if any(child in children for child in dag.children[node]):
        found.append("spouse")
    if found:
        return ", ".join(found)
    if dag.ancestors((node,)) & dag.ancestors((response,)):
        return "relative"
    return "indirect" if dag.shortest_path(response, node) else "unrelated"


def reason(
    dag: Dag,
    response: Node,
    node: Node,
    observed: Sequence[Node],
    boundary: Set[Node],
    best: Constraint | None,
) -> str:
    """Why a node is used or not, by the constraint that is used first; one sentence without its subject."""
    if node not in observed:
        return "not observed"
    if best is None:
        words = _why_not_separable(dag, response, node, observed)
    elif node in best.independent:
        words = _why_independent(dag, response, node, best)
    elif node in best.given:
        words = _why_given(dag, response, node, best)
    else:
        words = _why_free(dag, response, node, set(best.given))
    return words if node in boundary else words + SUPERFLUOUS


def _under(given: Sequence[Node]) -> str:
    return f" given {', '.join(map(str, given))}" if given else ""


def _why_independent(dag: Dag, response: Node, node: Node, best: Constraint) -> str:
    words = f"independent of {response}{_under(best.given)}"
    path = dag.shortest_path(response, node)
    if not path:
        return f"{words}: no path joins them"
    return f"{words}: the path {_arrows(dag, path)} is blocked {_block(dag, path, set(best.given))}"


def _why_given(dag: Dag, response: Node, node: Node, best: Constraint) -> str:
    others = set(best.given) - {node}
    for end in best.independent:
        path = dag.open_path(response, end, others)
        if path:
            return f"a condition of the independence: without it the path {path} is open"
    return "a condition of the independence, beside the other ones"


def _why_free(dag: Dag, response: Node, node: Node, given: Set[Node]) -> str:
    path = dag.open_path(response, node, given)
    return f"predicts {response}, without a constraint of its own: the path {path} is open"


def _why_not_separable(dag: Dag, response: Node, node: Node, observed: Sequence[Node]) -> str:
    if node in dag.children[response] or node in dag.parents[response]:
        return f"joined to {response} by an edge, so nothing makes them independent"
    separator = dag.minimal_separator(response, node, set(observed) - {node})
    if separator is None:
        # each set leaves some path open; the one shown stays open under all observed ancestors, which separate whenever
        # anything does
        attempt = (dag.ancestors((response, node)) & set(observed)) - {node}
        path = dag.open_path(response, node, attempt)
        return f"no observed columns make it independent of {response}: the path {path} stays open"
    return f"independent of {response}{_under(separator)}, which says nothing beyond leaving columns out"


def _arrows(dag: Dag, path: Sequence[Node]) -> str:
    words = [str(path[0])]
    for left, right in itertools.pairwise(path):
        words += [" -> " if right in dag.children[left] else " <- ", str(right)]
    return "".join(words)


def _block(dag: Dag, path: Sequence[Node], given: Set[Node]) -> str:
    """Where the conditions block a path."""
    opened = dag.ancestors(given)
    for left, node, right in zip(path, path[1:], path[2:], strict=False):
        is_collider = node in dag.children[left] and node in dag.children[right]
        if is_collider and node not in opened:
            return f"at the collider {node}"
        if not is_collider and node in given:
            return f"by {node}"
    raise AssertionError("an open path between separated nodes")
