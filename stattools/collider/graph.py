"""From a causal graph to constraints of a regression."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from stattools import _validation
from stattools._errors import InvalidParameterError, Notes
from stattools._provenance import Provenance
from stattools.collider import roles
from stattools.collider.constraints import Constraint, normalise
from stattools.collider.dag import Dag, Edge, Node, read_dag
from stattools.collider.nodes import observed_nodes, require_nodes, require_response
from stattools.collider.search import find_constraints
from stattools.results.base import Result
from stattools.results.summary import Gap, Items, Line, Part, Table

SEARCHES = ("auto", "exhaustive", "separators")
LARGEST_EXHAUSTIVE = 12
MAX_PRINTED = 10


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class CompiledGraph(Result):
    """Constraints of a regression that follow from a causal graph; a sequence of them, the one to use first in front.

    Parameters
    ----------
    response : str or int
    observed : tuple of str or int
        Columns of the regression.
    nodes : tuple of str or int
    edges : tuple of pairs (from, to)
    constraints : tuple of Constraint
        None follows from another one. Ordered by the number of independent columns, then by that of conditions.
    roles : dict
        For each node but the response its role: parent, child, collider, spouse, ancestor, descendant, relative (an
        ancestor in common), indirect (joined by paths with colliders only), unrelated; several are joined by commas.
    reasons : dict
        For each of these nodes why the first constraint uses it or not.
    boundary : tuple of str or int
        The observed Markov boundary: no other column helps to predict the response beside these.
    dropped : tuple of str or int
        Observed nodes outside of the boundary, left out on request.
    search : str
        "exhaustive" over all sets of conditions, or "separators".

    Examples
    --------
    >>> compiled = compile_dag("Y -> X1 <- X2; X3 -> Y; X3 -> X2", "Y")
    >>> print(*compiled)
    Y _||_ X2 given X3
    >>> compiled.roles["X1"], compiled.roles["X2"]
    ('child, collider', 'spouse')
    """

    plot_kinds: ClassVar[tuple[str, ...]] = ("graph",)

    response: Node
    observed: tuple[Node, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    constraints: tuple[Constraint, ...]
    roles: dict[Node, str]
    reasons: dict[Node, str]
    boundary: tuple[Node, ...]
    dropped: tuple[Node, ...] = ()
    search: str

    def __iter__(self) -> Iterator[Constraint]:
        return iter(self.constraints)

    def __len__(self) -> int:
        return len(self.constraints)

    def __getitem__(self, place: int) -> Constraint:
        return self.constraints[place]

    @property
    def dag(self) -> Dag:
        """The graph."""
        return Dag(self.nodes, self.edges)

    @property
    def latent(self) -> tuple[Node, ...]:
        """Nodes that are neither the response nor observed."""
        known = {self.response, *self.observed, *self.dropped}
        return tuple(node for node in self.nodes if node not in known)

    def use(self, node: Node) -> str:
        """What the first constraint takes a node for: "response", "independent", "given", "predictor", "dropped" or
        "latent".

        Examples
        --------
        >>> compile_dag("Y -> X1 <- X2", "Y").use("X2")
        'independent'
        """
        if node == self.response:
            return "response"
        if node not in self.nodes:
            raise InvalidParameterError(f"node is {node!r}, which is none of the graph")
        if node not in self.observed:
            return "dropped" if node in self.dropped else "latent"
        if self.constraints and node in self.constraints[0].independent:
            return "independent"
        return "given" if self.constraints and node in self.constraints[0].given else "predictor"

    def implies(self, independent: Any, given: Any = ()) -> bool:
        """Whether the graph implies that the response is independent of some nodes, given others.

        Parameters
        ----------
        independent, given : names, or a Constraint
            Nodes of one constraint.

        Examples
        --------
        >>> compiled = compile_dag("Y -> X1 <- X2", "Y")
        >>> compiled.implies("X2"), compiled.implies("X2", "X1")
        (True, False)
        """
        (constraint,) = _one(normalise(independent, given))
        require_nodes((*constraint.independent, *constraint.given), self.nodes, "the constraint has {}")
        open_nodes = self.dag.connected(self.response, set(constraint.given))
        return self.response not in constraint.independent and not open_nodes & set(constraint.independent)

    def merge(self, constraints: Sequence[Constraint] | None = None) -> tuple[Constraint, ...]:
        """The same constraints, with those written as one that the graph lets hold as one.

        Parameters
        ----------
        constraints : sequence of Constraint, optional
            Those of this object by default. Each must follow from the graph.

        Returns
        -------
        tuple of Constraint
            In place of A given B and of A' given B', one that says that A and A' are independent jointly given B,
            wherever the graph implies it. The projection on one constraint has a closed form; several take turns.

        Raises
        ------
        InvalidParameterError
            The graph does not imply one of the constraints.

        Notes
        -----
        Two columns that are both independent of the response need not be so jointly; in a graph they are, as
        d-separation is closed under composition. So constraints with the same conditions always merge. With
        conditions B and B', the joint one given B implies the second one when B is part of B' and A' of A, A' and B;
        without that, both are kept.

        Examples
        --------
        >>> compiled = compile_dag("Y -> C1 <- S1; Y -> C2 <- S2", "Y")
        >>> compiled.merge([Constraint("S1"), Constraint("S2")])
        (Constraint(independent=('S1', 'S2'), given=(), response='Y'),)
        """
        wanted = list(self.constraints if constraints is None else normalise(constraints))
        for constraint in wanted:
            if not self.implies([constraint]):
                raise InvalidParameterError(
                    f"the graph does not imply {constraint}; the path {self._open_path(constraint)} is open"
                )
        return _merged(self, wanted)

    def _open_path(self, constraint: Constraint) -> str:
        paths = [self.dag.open_path(self.response, end, set(constraint.given)) for end in constraint.independent]
        return next(path for path in paths if path)

    # printed forms ---------------------------------------------------------------------------------------------------
    def _title(self) -> str:
        return f"Constraints on the regression of {self.response} from a causal graph"

    def _headline(self, digits: int) -> str:
        count = len(self.constraints)
        words = f"{count} constraint{'' if count == 1 else 's'}"
        return f"{words}, first {self.constraints[0]}" if count else words

    def _parts(self, digits: int, *, full: bool) -> list[Part]:
        shown = self.constraints if full else self.constraints[:MAX_PRINTED]
        parts: list[Part] = [
            Line(f"{len(self.nodes)} nodes, {len(self.edges)} edges", label="graph:"),
            Line(_listing(self.observed), label="observed:"),
        ]
        if self.latent:
            parts.append(Line(_listing(self.latent), label="latent:"))
        if self.dropped:
            parts.append(Line(_listing(self.dropped), label="dropped:"))
        parts += [Line(_listing(self.boundary), label="observed Markov boundary:"), Gap()]
        if not shown:
            parts.append(Line("the graph gives no constraint on this regression"))
        else:
            hidden = len(self.constraints) - len(shown)
            label = "constraints, the one to use first in front:"
            parts.append(Items(label, tuple(map(str, shown))))
            parts += [Line(f"{hidden} more in summary()")] if hidden else []
        rows = tuple((str(node), self.roles[node], self.use(node)) for node in self.roles)
        parts += [Gap(), Table("nodes:", ("node", "role", "use"), rows, n_left=3)]
        parts += [Gap(), Items("reasons:", tuple(f"{node}: {words}" for node, words in self.reasons.items()))]
        return parts

    def _sentence(self, style: str) -> str:
        if not self.constraints:
            names = _listing(self.observed)
            return f"The causal graph gives no constraint on the regression of {self.response} on {names}."
        first = self.constraints[0]
        given = f" given {_listing(first.given)}" if first.given else ""
        more = len(self.constraints) - 1
        rest = f", the first of {more + 1} constraints" if more else ""
        return f"In the causal graph {self.response} is d-separated from {_listing(first.independent)}{given}{rest}."

    def _tidy(self) -> dict[str, Any]:
        return {
            "term": [str(node) for node in self.roles],
            "role": list(self.roles.values()),
            "use": [self.use(node) for node in self.roles],
            "in_boundary": [node in self.boundary for node in self.roles],
            "reason": list(self.reasons.values()),
        }

    def _glance(self) -> dict[str, Any]:
        return {
            "response": str(self.response),
            "constraint": str(self.constraints[0]) if self.constraints else "",
            "n_constraints": len(self.constraints),
            "n_observed": len(self.observed),
            "n_latent": len(self.latent),
            "n_edges": len(self.edges),
            "search": self.search,
        }

    def _plot(self, kind: str, ax: Any, **options: Any) -> Any:
        from stattools.plotting import collider_graph

        return collider_graph.plot_graph(self, ax=ax, **options)


def compile_dag(
    graph: Any,
    response: str | int,
    observed: Sequence[str | int] | None = None,
    *,
    max_given: int | None = None,
    search: str = "auto",
    minimal: bool = False,
) -> CompiledGraph:
    """Independences that a causal graph implies and that constrain the regression of the response on observed columns.

    Parameters
    ----------
    graph : str, sequence of pairs, dict, networkx.DiGraph, or CompiledGraph
        ``"Y -> X1 <- X2; X3 -> Y"``, pairs (from, to), a dict from each node to its children, a directed graph with
        the interface of networkx, or the graph of another compilation. Nodes are names of columns or, for columns
        without names, their indices.
    response : str or int
        The node that is predicted.
    observed : sequence of str or int, optional
        Nodes that are columns of the regression; all but the response by default. Others are latent.
    max_given : int, optional
        The most columns in a condition; any number by default. Conditions on many columns are estimated badly.
    search : {"auto", "exhaustive", "separators"}
        All sets of conditions, or none, the parents of the response, and a minimal separator of each column from the
        response. "auto" goes through all sets for up to 12 columns; their number doubles with each column.
    minimal : bool, default False
        Drop observed columns outside of the Markov boundary of the response before the search. The best prediction
        does not need them; they do then not appear in constraints.

    Returns
    -------
    CompiledGraph
        Empty when the graph implies nothing of use, as with a latent common cause of the response and the column in
        question.

    Raises
    ------
    InvalidParameterError
        The graph has a cycle (which is named), an edge twice or one from a node to itself; the response or an
        observed name is no node; the response is observed, or a name stands twice.

    Notes
    -----
    For conditions B, A is everything observed that is d-separated from the response. The pair is kept if columns C
    are left over, and the response is not d-separated from A by B and C together: then the regression on A, B, C
    depends on A, and must do so in a way that E(f | A, B) = E(f | B). A pair (A, B) is dropped if there is a pair
    (A', B') with B' in B and with A and B in A' and B', from which it follows.

    Independence follows from d-separation in every distribution that factorises along the graph. That the regression
    does depend on what is d-connected is true of almost every such distribution.

    References
    ----------
    Pearl (2009), Causality, section 1.2.3, d-separation. Bouabid, Fawkes and Sejdinovic (2023), Returning the favour:
    when regression benefits from probabilistic causal knowledge, ICML. Which pairs constrain a regression is derived
    here.

    Examples
    --------
    >>> [str(c) for c in compile_dag("Y -> X1 <- X2", "Y")]
    ['Y _||_ X2']
    >>> list(compile_dag("Y -> X1 <- X2; X2 <- U -> Y", "Y", ["X1", "X2"]))
    []
    """
    dag = read_dag(graph)
    require_response(response, dag)
    columns = observed_nodes(dag, response, observed)
    limit = len(dag.nodes) if max_given is None else _validation.integer(max_given, "max_given", minimum=0)
    chosen = _validation.choice(search, SEARCHES, "search")
    notes = Notes()
    boundary = roles.markov_boundary(dag, response, columns)
    searched = boundary if _validation.boolean(minimal, "minimal") else columns
    if chosen == "auto":
        chosen = "exhaustive" if len(searched) <= LARGEST_EXHAUSTIVE else "separators"
    found = find_constraints(dag, response, searched, max_given=limit, exhaustive=chosen == "exhaustive")
    if chosen == "separators":
        notes.remark(
            "conditions tried: none, the parents, a minimal separator of each column; there may be further constraints"
        )
    others = [node for node in dag.nodes if node != response]
    best = found[0] if found else None
    dropped = tuple(node for node in columns if node not in searched)
    return CompiledGraph(
        provenance=Provenance.capture(
            f"compile_dag(graph, {response!r})", sizes={"nodes": len(dag.nodes), "edges": len(dag.edges)}
        ),
        notes=notes.remarks,
        response=response,
        observed=tuple(searched),
        nodes=dag.nodes,
        edges=dag.edges,
        constraints=found,
        roles={node: roles.role(dag, response, node) for node in others},
        reasons={
            node: "dropped" + roles.SUPERFLUOUS
            if node in dropped
            else roles.reason(dag, response, node, searched, set(boundary), best)
            for node in others
        },
        boundary=boundary,
        dropped=dropped,
        search=chosen,
    )


def _one(constraints: tuple[Constraint, ...]) -> tuple[Constraint, ...]:
    if len(constraints) != 1:
        raise InvalidParameterError(f"there are {len(constraints)} constraints here; pass one")
    return constraints


def _merged(compiled: CompiledGraph, wanted: list[Constraint]) -> tuple[Constraint, ...]:
    kept: list[Constraint] = []
    for constraint in sorted(wanted, key=lambda one: len(one.given)):
        for k, other in enumerate(kept):
            if set(other.given) <= set(constraint.given):
                extra = tuple(c for c in constraint.independent if c not in (*other.independent, *other.given))
                joint = Constraint((*other.independent, *extra), other.given, str(compiled.response))
                covers = set(constraint.given) <= {*joint.independent, *joint.given}
                if covers and compiled.implies([joint]):
                    kept[k] = joint
                    break
        else:
            kept.append(constraint)
    return tuple(kept)


def _listing(names: Sequence[Node]) -> str:
    return ", ".join(map(str, names)) if names else "none"
