"""Directed acyclic graphs: read from what users have, and asked which nodes are d-separated."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from stattools._errors import InvalidParameterError

Node = str | int
Edge = tuple[Node, Node]

_TOKEN = re.compile(r"\s*(<->|<-|->|--|→|←|,|`[^`]+`|\"[^\"]+\"|'[^']+'|[^\s<>,;`\"'→←-]+)")
_PLAIN = re.compile(r"[^\s<>,;`\"'→←-]+")
_ARROWS = {"->": True, "→": True, "<-": False, "←": False}
EXAMPLE = "such as 'Y -> X1 <- X2; X3 -> Y'"
GROUPS = (
    "Nodes with the same arrow are listed by commas, 'A, B -> C'; leave out 'dag {' and '}', and write '[A][B|A]' as "
    "'A -> B'"
)


@dataclass(frozen=True)
class Dag:
    """A directed acyclic graph.

    nodes : distinct names, in the order in which they were first seen. edges : pairs (from, to).
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @cached_property
    def parents(self) -> dict[Node, tuple[Node, ...]]:
        """For each node those with an arrow to it."""
        found: dict[Node, list[Node]] = {node: [] for node in self.nodes}
        for start, end in self.edges:
            found[end].append(start)
        return {node: tuple(above) for node, above in found.items()}

    @cached_property
    def children(self) -> dict[Node, tuple[Node, ...]]:
        """For each node those it has an arrow to."""
        found: dict[Node, list[Node]] = {node: [] for node in self.nodes}
        for start, end in self.edges:
            found[start].append(end)
        return {node: tuple(below) for node, below in found.items()}

    @property
    def source(self) -> str | dict[Node, list[Node]]:
        """What `read_dag` makes this graph of: text of its arrows, or a dict where text cannot hold the names.

        Examples
        --------
        >>> read_dag({"Y": ["X1"], "age of mother": ["X1"], "U": []}).source
        'Y -> X1; "age of mother" -> X1; U'
        >>> read_dag([(0, 1)]).source
        {0: [1], 1: []}
        """
        quoted = {node: _quoted(node) for node in self.nodes}
        if not all(quoted.values()):
            return {node: list(below) for node, below in self.children.items()}
        alone = [quoted[node] for node in self.nodes if not self.parents[node] and not self.children[node]]
        return "; ".join([*(f"{quoted[a]} -> {quoted[b]}" for a, b in self.edges), *alone])

    def ancestors(self, nodes: Iterable[Node]) -> set[Node]:
        """The nodes themselves and all from which a directed path leads to one of them."""
        return _closure(nodes, self.parents)

    def descendants(self, nodes: Iterable[Node]) -> set[Node]:
        """The nodes themselves and all to which a directed path leads from one of them."""
        return _closure(nodes, self.children)

    def connected(self, start: Node, given: Set[Node]) -> set[Node]:
        """Nodes that are not d-separated from `start` by `given`, without `start` and those of `given`.

        References
        ----------
        Koller and Friedman (2009), Probabilistic Graphical Models, algorithm 3.1.
        """
        return {node for node, _ in self._walk(start, given)} - given - {start}

    def open_path(self, start: Node, end: Node, given: Set[Node]) -> str:
        """A shortest path that `given` leaves open, written with arrows; empty when there is none.

        Examples
        --------
        >>> read_dag("Y -> X1 <- X2").open_path("Y", "X2", {"X1"})
        'Y -> X1 <- X2'
        """
        before = self._walk(start, given)
        reached = [state for state in before if state[0] == end]
        if not reached or end in given:
            return ""
        state: tuple[Node, bool] | None = reached[0]
        words: list[str] = []
        while state is not None:
            node, upwards = state
            previous = before[state]
            words = [str(node), *words] if previous is None else [" <- " if upwards else " -> ", str(node), *words]
            state = previous
        return "".join(words)

    def shortest_path(self, start: Node, end: Node) -> tuple[Node, ...]:
        """A shortest path that may go along and against arrows; empty when there is none."""
        before: dict[Node, Node | None] = {start: None}
        pending = deque([start])
        while pending:
            node = pending.popleft()
            for neighbour in (*self.children[node], *self.parents[node]):
                if neighbour not in before:
                    before[neighbour] = node
                    pending.append(neighbour)
        if end not in before:
            return ()
        path: list[Node] = []
        step: Node | None = end
        while step is not None:
            path.append(step)
            step = before[step]
        return tuple(reversed(path))

    def _walk(self, start: Node, given: Set[Node]) -> dict[tuple[Node, bool], tuple[Node, bool] | None]:
        """What open paths reach, as (node, whether it came from a child), with predecessors; breadth first."""
        opened = self.ancestors(given)  # colliders that are no obstacle
        first = (start, True)
        before: dict[tuple[Node, bool], tuple[Node, bool] | None] = {first: None}
        pending = deque([first])
        while pending:
            state = pending.popleft()
            node, upwards = state
            following: list[tuple[Node, bool]] = []
            if node not in given:
                following += [(child, False) for child in self.children[node]]
            if (upwards and node not in given) or (not upwards and node in opened):
                following += [(parent, True) for parent in self.parents[node]]
            for step in following:
                if step not in before:
                    before[step] = state
                    pending.append(step)
        return before

    def minimal_separator(self, a: Node, b: Node, allowed: Set[Node]) -> tuple[Node, ...] | None:
        """Allowed nodes that d-separate a from b, none of them superfluous; None when no set of allowed ones does.

        Notes
        -----
        If any subset of `allowed` separates, then its ancestors of a or b do. Among those, separation is that of the
        moral graph of the ancestors of a and b, which more nodes never undo; so leaving out one after the other ends in
        a minimal set.

        References
        ----------
        van der Zander, Liskiewicz and Textor (2014), Constructing separators and adjustment sets in ancestral graphs,
        UAI 2014 workshop Causal Inference, section 3.
        """
        chosen = [node for node in self.nodes if node in self.ancestors((a, b)) & allowed and node not in (a, b)]
        if b in self.connected(a, set(chosen)):
            return None
        for node in tuple(chosen):
            fewer = [other for other in chosen if other != node]
            if b not in self.connected(a, set(fewer)):
                chosen = fewer
        return tuple(chosen)


def _closure(nodes: Iterable[Node], steps: Mapping[Node, Sequence[Node]]) -> set[Node]:
    found = set(nodes)
    pending = list(found)
    while pending:
        for node in steps[pending.pop()]:
            if node not in found:
                found.add(node)
                pending.append(node)
    return found


# reading -------------------------------------------------------------------------------------------------------------
def read_dag(graph: Any) -> Dag:
    """A directed acyclic graph from what a user has.

    Parameters
    ----------
    graph : str, sequence of pairs, dict, networkx.DiGraph, Dag or CompiledGraph
        Text of arrows; pairs (from, to); a dict from each node to its children; or any object with `nodes`, `edges` and
        ``is_directed()`` as networkx has them. Nodes are text or integers.

    Raises
    ------
    InvalidParameterError
        The graph cannot be read, is undirected or empty, has a cycle, an edge twice, or a node with an edge to itself.

    Examples
    --------
    >>> read_dag("Y -> X1 <- X2").edges
    (('Y', 'X1'), ('X2', 'X1'))
    """
    ready = getattr(graph, "dag", graph)  # that of a compiled graph
    if isinstance(ready, Dag):
        return ready
    nodes, edges = _parts(graph)
    if not nodes:
        raise InvalidParameterError(f"graph has no node; write its arrows, {EXAMPLE}")
    seen = set()
    for start, end in edges:
        if start == end:
            hint = "; commas list nodes, and semicolons or lines end an edge" if isinstance(graph, str) else ""
            raise InvalidParameterError(
                f"graph has an edge from {start!r} to itself; a cause differs from its effect{hint}"
            )
        if (start, end) in seen:
            raise InvalidParameterError(f"graph has the edge {start} -> {end} twice; leave it once")
        seen.add((start, end))
    dag = Dag(tuple(dict.fromkeys(nodes)), tuple(edges))
    cycle = find_cycle(dag)
    if cycle:
        raise InvalidParameterError(
            f"graph has the cycle {' -> '.join(map(str, cycle))}; remove one of its arrows, d-separation needs a graph "
            "without cycles"
        )
    return dag


def find_cycle(dag: Dag) -> tuple[Node, ...]:
    """Nodes of a directed cycle, the first one repeated at the end; empty when there is none."""
    waiting = {node: len(above) for node, above in dag.parents.items()}
    ready = [node for node, count in waiting.items() if count == 0]
    while ready:
        for child in dag.children[ready.pop()]:
            waiting[child] -= 1
            if waiting[child] == 0:
                ready.append(child)
    # each node that is left has a parent that is left, so going back must come round
    left = [node for node, count in waiting.items() if count > 0]
    path: list[Node] = left[:1]
    while path:
        above = next(parent for parent in dag.parents[path[-1]] if waiting[parent] > 0)
        if above in path:
            return (above, *reversed(path[path.index(above) :]))
        path.append(above)
    return ()


def _parts(graph: Any) -> tuple[list[Node], list[Edge]]:
    if isinstance(graph, str):
        return _parts_of_text(graph)
    if hasattr(graph, "is_directed") and hasattr(graph, "nodes") and hasattr(graph, "edges"):
        if not graph.is_directed():
            raise InvalidParameterError(
                f"graph is an undirected {type(graph).__name__}; arrows say what causes what, use a DiGraph"
            )
        return [_node(node) for node in graph.nodes()], [(_node(a), _node(b)) for a, b in graph.edges()]
    if isinstance(graph, Mapping):
        nodes: list[Node] = []
        edges = []
        for parent, children in graph.items():
            below = _children(parent, children)
            nodes += [_node(parent), *below]
            edges += [(_node(parent), child) for child in below]
        return nodes, edges
    if isinstance(graph, Iterable) and not isinstance(graph, bytes):
        edges = [_pair(item) for item in graph]
        return [node for edge in edges for node in edge], edges
    raise InvalidParameterError(
        f"graph is a {type(graph).__name__}; it takes text {EXAMPLE}, pairs (from, to), a dict of children, or a "
        "networkx "
        "DiGraph"
    )


def _node(value: Any) -> Node:
    if isinstance(value, str) and value.strip():
        return str(value)
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return int(value)
    raise InvalidParameterError(
        f"graph has the node {value!r:.80}; nodes are names, or integers for columns without names"
    )


def _children(parent: Any, children: Any) -> list[Node]:
    if isinstance(children, (str, int)):
        return [_node(children)]
    if not isinstance(children, Iterable):
        raise InvalidParameterError(
            f"graph maps {parent!r} to {children!r:.80}; a dict maps each node to a list of its children"
        )
    return [_node(child) for child in children]


def _pair(item: Any) -> Edge:
    if isinstance(item, str) or not isinstance(item, Sequence) or len(item) != 2:
        raise InvalidParameterError(f"graph has the edge {item!r:.80}; an edge is a pair (from, to)")
    return _node(item[0]), _node(item[1])


def _parts_of_text(text: str) -> tuple[list[Node], list[Edge]]:
    nodes: list[Node] = []
    edges: list[Edge] = []
    for statement in re.split(r"[;\n]", text):
        groups, arrows = _chain(statement)
        nodes += [node for group in groups for node in group]
        for left, forward, right in zip(groups, arrows, groups[1:], strict=False):
            edges += [(a, b) if forward else (b, a) for a in left for b in right]
    return nodes, edges


def _chain(statement: str) -> tuple[list[list[Node]], list[bool]]:
    """Groups of nodes and the arrows between them, True for those that point to the right."""
    groups: list[list[Node]] = [[]]
    arrows: list[bool] = []
    place, expects_name = 0, True
    while statement[place:].strip():
        match = _TOKEN.match(statement, place)
        token = match.group(1) if match else statement[place:].strip()[:1]
        if _groups(token):
            raise _unreadable(statement, f"{token!r} has brackets. {GROUPS}")
        if token in _ARROWS and not expects_name:
            arrows.append(_ARROWS[token])
            groups.append([])
        elif token == "<->":
            raise _unreadable(statement, "'<->' is written with its common cause, A <- U -> B, where U is not observed")
        elif token in (*_ARROWS, "--", ",") or match is None:
            if token != "," or expects_name:
                raise _unreadable(statement, f"{token!r} does not belong where it stands")
        elif not expects_name:
            raise _unreadable(statement, f"there is no arrow before {token!r}")
        else:
            groups[-1].append(token.strip("`\"'"))
        expects_name = token in _ARROWS or token == ","
        place = match.end() if match else len(statement)
    if expects_name and (arrows or groups[0]):
        raise _unreadable(statement, "a name is missing at the end")
    return groups, arrows


def _quoted(node: Node) -> str:
    """A name as text of arrows has it, in quotes where it needs any; empty when there is no way."""
    if isinstance(node, int) or re.search(r"[;\n]", node) or node != node.strip("`\"'"):
        return ""
    if _PLAIN.fullmatch(node) and not _groups(node):
        return node
    return next((f"{mark}{node}{mark}" for mark in "\"`'" if mark not in node), "")


def _groups(token: str) -> bool:
    """Whether a token has brackets other than those of a name, such as sex[female] or log(x), or of quotes."""
    if token[0] in "`\"'":
        return False
    pairs = all(token.count(opening) == token.count(closing) for opening, closing in ("[]", "()"))
    return token[0] in "[(" or not pairs or "{" in token or "}" in token


def _unreadable(statement: str, reason: str) -> InvalidParameterError:
    return InvalidParameterError(
        f"graph has {statement.strip()!r:.80}, which cannot be read: {reason}. Write arrows {EXAMPLE}; names with "
        "blanks or "
        "hyphens in quotes"
    )
