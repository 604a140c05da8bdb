"""All independences of the response that d-separation gives and that constrain a regression."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

from stattools.collider.constraints import Constraint
from stattools.collider.dag import Dag, Node

Sides = tuple[tuple[Node, ...], tuple[Node, ...]]  # A and B


def find_constraints(
    dag: Dag, response: Node, observed: Sequence[Node], *, max_given: int, exhaustive: bool
) -> tuple[Constraint, ...]:
    """Constraints of the regression on the observed nodes, none of which follows from another one, the strongest first.

    For a set B of conditions, A is all that is d-separated from the response: jointly, because d-separation is closed
    under composition. The pair says nothing about the regression on A, B and the rest C when C is empty, or when A is
    separated by B and C together: then A has no part in the regression.
    """
    candidates = _all_sets(observed, max_given) if exhaustive else _separators(dag, response, observed, max_given)
    found = []
    for given in candidates:
        open_nodes = dag.connected(response, set(given))
        independent = tuple(node for node in observed if node not in open_nodes and node not in given)
        rest = [node for node in observed if node in open_nodes]
        if independent and rest and dag.connected(response, {*given, *rest}) & set(independent):
            found.append((independent, given))
    kept = undominated(found)
    kept.sort(key=lambda sides: (-len(sides[0]), len(sides[1])))
    return tuple(Constraint(independent, given, str(response)) for independent, given in kept)


def undominated(pairs: Iterable[Sides]) -> list[Sides]:
    """Pairs (A, B) without those that follow from another pair (A', B'): B' is part of B, and A and B of A' and B'.

    Then E(f | A, B) = E(E(f | A', B') | A, B) = E(E(f | B') | A, B) = E(f | B') = E(f | B).
    """
    # what a pair follows from has fewer conditions, or as many and more columns
    ordered = sorted(pairs, key=lambda sides: (len(sides[1]), -len(sides[0])))
    kept: list[tuple[set[Node], set[Node], Sides]] = []
    for sides in ordered:
        given, both = set(sides[1]), {*sides[0], *sides[1]}
        if not any(fewer <= given and both <= more for fewer, more, _ in kept):
            kept.append((given, both, sides))
    return [sides for _, _, sides in kept]


def _all_sets(observed: Sequence[Node], max_given: int) -> Iterable[tuple[Node, ...]]:
    for size in range(min(max_given, len(observed) - 2) + 1):
        yield from combinations(observed, size)


def _separators(dag: Dag, response: Node, observed: Sequence[Node], max_given: int) -> Iterable[tuple[Node, ...]]:
    """No condition, the observed parents, and for each observed node a minimal separator from the response."""
    found: dict[tuple[Node, ...], None] = {(): None}
    found[tuple(node for node in observed if node in dag.parents[response])] = None
    for node in observed:
        separator = dag.minimal_separator(response, node, set(observed))
        if separator is not None:
            found[tuple(other for other in observed if other in separator)] = None
    return [given for given in found if len(given) <= max_given]
