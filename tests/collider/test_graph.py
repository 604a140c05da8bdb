"""d-separation, and the constraints that a causal graph gives."""

import itertools

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, strategies as st

from stattools.collider import CompiledGraph, Constraint, compile_dag
from stattools.collider.dag import Dag, find_cycle, read_dag
from stattools.collider.search import undominated
from stattools.exceptions import InvalidParameterError
from stattools.results import Result
from tests.helpers import assert_snapshot

GENERAL = "Y -> X1 <- X2; X3 -> Y; X3 -> X2"
TWO = "Y -> C1 <- S1; Y -> C2 <- S2"
BIRTHS = (
    "smoking -> weight <- gestation <- smoking; 'maternal age' -> weight; 'maternal age' -> smoking; U -> smoking; "
    "U -> gestation; weight -> 'Apgar score' <- hospital; hospital -> 'days in care' <- 'Apgar score'; sex -> weight"
)
BIRTH_COLUMNS = ["smoking", "maternal age", "Apgar score", "hospital", "days in care", "sex"]


@st.composite
def dags(draw, max_nodes=6):
    """Acyclic graphs on the names a, b, ...; the order of the names is not that of the arrows."""
    n = draw(st.integers(2, max_nodes))
    names = draw(st.permutations("abcdefgh"[:n]))
    pairs = [(names[i], names[j]) for i in range(n) for j in range(i + 1, n)]
    kept = draw(st.lists(st.booleans(), min_size=len(pairs), max_size=len(pairs)))
    return Dag(tuple(sorted(names)), tuple(pair for pair, keep in zip(pairs, kept, strict=True) if keep))


def separated(dag, a, b, given_nodes):
    """Every path between a and b is blocked: the definition, over all paths."""
    neighbours = {v: set(dag.children[v]) | set(dag.parents[v]) for v in dag.nodes}

    def open_path(path):
        for left, node, right in zip(path, path[1:], path[2:], strict=False):
            if node in dag.children[left] and node in dag.children[right]:
                if not dag.descendants([node]) & given_nodes:
                    return False
            elif node in given_nodes:
                return False
        return True

    def paths(path):
        if path[-1] == b:
            yield path
            return
        for node in neighbours[path[-1]] - set(path):
            yield from paths([*path, node])

    return not any(open_path(path) for path in paths([a]))


def subsets(nodes):
    return [set(chosen) for size in range(len(nodes) + 1) for chosen in itertools.combinations(nodes, size)]


# naive ---------------------------------------------------------------------------------------------------------------
@given(dags(max_nodes=5))
def test_d_separation_is_that_of_all_paths(dag):
    a, *others = dag.nodes
    for conditions in subsets(others):
        expected = {b for b in others if b not in conditions and not separated(dag, a, b, conditions)}
        assert dag.connected(a, conditions) == expected


@given(dags(max_nodes=8), st.data())
def test_d_separation_is_that_of_networkx(dag, data):
    graph = nx.DiGraph(dag.edges)
    graph.add_nodes_from(dag.nodes)
    a, b = data.draw(st.permutations(dag.nodes))[:2]
    conditions = data.draw(st.sets(st.sampled_from(dag.nodes))) - {a, b}
    assert (b not in dag.connected(a, conditions)) == nx.is_d_separator(graph, {a}, {b}, conditions)


@given(dags(), st.data())
def test_compiled_constraints_are_all_that_the_definition_gives(dag, data):
    response, *rest = data.draw(st.permutations(dag.nodes))
    observed = data.draw(st.sets(st.sampled_from(rest), min_size=1))
    expected = []
    for conditions in subsets(sorted(observed)):
        independent = {v for v in observed - conditions if separated(dag, response, v, conditions)}
        free = observed - conditions - independent
        if independent and free and any(not separated(dag, response, v, conditions | free) for v in independent):
            expected.append((independent, conditions))
    expected = [
        (a, b)
        for a, b in expected
        if not any((c, d) != (a, b) and d <= b and a | b <= c | d for c, d in expected)
    ]
    compiled = compile_dag(dag, response, sorted(observed))
    found = [(set(c.independent), set(c.given)) for c in compiled]
    assert sorted(map(str, map(sort_pair, found))) == sorted(map(str, map(sort_pair, expected)))
    sizes = [(-len(a), len(b)) for a, b in found]
    assert sizes == sorted(sizes)


def sort_pair(pair):
    return tuple(sorted(side) for side in pair)


# property ------------------------------------------------------------------------------------------------------------
@given(dags(max_nodes=7), st.data())
def test_open_paths_are_open(dag, data):
    a, b = data.draw(st.permutations(dag.nodes))[:2]
    conditions = data.draw(st.sets(st.sampled_from(dag.nodes))) - {a, b}
    path = dag.open_path(a, b, conditions)
    assert bool(path) == (b in dag.connected(a, conditions))
    if path:
        words = path.split(" ")
        nodes, arrows = words[::2], words[1::2]
        assert nodes[0] == a and nodes[-1] == b
        for left, arrow, right in zip(nodes, arrows, nodes[1:], strict=False):
            assert ((left, right) if arrow == "->" else (right, left)) in dag.edges
        for before, node, after in zip(arrows, nodes[1:], arrows[1:], strict=False):
            if (before, after) == ("->", "<-"):
                assert dag.descendants([node]) & conditions
            else:
                assert node not in conditions


@given(dags(), st.data())
def test_minimal_separators_separate_and_are_minimal(dag, data):
    a, b = data.draw(st.permutations(dag.nodes))[:2]
    allowed = data.draw(st.sets(st.sampled_from(dag.nodes))) - {a, b}
    found = dag.minimal_separator(a, b, allowed)
    exists = any(separated(dag, a, b, chosen) for chosen in subsets(sorted(allowed)))
    assert (found is not None) == exists
    if found is not None:
        assert set(found) <= allowed and separated(dag, a, b, set(found))
        smaller = [chosen for chosen in subsets(found) if len(chosen) < len(found)]
        assert not any(separated(dag, a, b, chosen) for chosen in smaller)


@given(dags(), st.data())
def test_constraints_hold_in_linear_gaussian_models_and_bind(dag, data):
    """Partial covariances vanish, and the best regression depends on A and satisfies E(f | A, B) = E(f | B)."""
    response, *rest = data.draw(st.permutations(dag.nodes))
    observed = sorted(data.draw(st.sets(st.sampled_from(rest), min_size=1)))
    compiled = compile_dag(dag, response, observed)
    place = {node: k for k, node in enumerate(dag.nodes)}
    generator = np.random.default_rng(data.draw(st.integers(0, 2**20)))
    arrows = np.zeros((len(place), len(place)))
    for start, end in dag.edges:
        arrows[place[start], place[end]] = generator.uniform(0.5, 1.5) * generator.choice([-1, 1])
    total = np.linalg.inv(np.eye(len(place)) - arrows)
    covariance = total.T @ np.diag(generator.uniform(0.5, 1.5, len(place))) @ total
    y, columns = place[response], [place[node] for node in observed]
    coefficients = np.linalg.solve(covariance[np.ix_(columns, columns)], covariance[columns, y])
    prediction = covariance[:, columns] @ coefficients  # covariance of the best regression with each node
    for constraint in compiled:
        a, b = ([place[node] for node in side] for side in (constraint.independent, constraint.given))
        for of in (covariance[:, y], prediction):
            weights = np.linalg.solve(covariance[np.ix_(b, b)], covariance[np.ix_(b, a)])
            partial = of[a] - of[b] @ weights
            # rounding of inverses of matrices of condition below 1e4, entries below 1e3
            np.testing.assert_allclose(partial, 0, atol=1e-8 * np.abs(covariance).max())
        own = [coefficients[observed.index(node)] for node in constraint.independent]
        # generic coefficients: no cancellation to rounding
        assert np.max(np.abs(own)) > 1e-9


@given(dags(), st.data())
def test_merging_keeps_what_is_known(dag, data):
    response, *_ = data.draw(st.permutations(dag.nodes))
    compiled = compile_dag(dag, response)
    merged = compiled.merge()
    assert all(compiled.implies([constraint]) for constraint in merged)
    for constraint in compiled:
        assert any(
            set(m.given) <= set(constraint.given)
            and {*constraint.independent, *constraint.given} <= {*m.independent, *m.given}
            for m in merged
        )


@given(dags(max_nodes=6), st.data())
def test_roles_and_reasons_are_given_for_every_node(dag, data):
    response, *rest = data.draw(st.permutations(dag.nodes))
    observed = data.draw(st.sets(st.sampled_from(rest)))
    compiled = compile_dag(dag, response, sorted(observed), minimal=data.draw(st.booleans()))
    assert set(compiled.roles) == set(compiled.reasons) == set(rest)
    assert all(compiled.roles.values()) and all(compiled.reasons.values())
    for node in rest:
        roles = compiled.roles[node].split(", ")
        assert ("parent" in roles) == ((node, response) in dag.edges)
        assert ("child" in roles) == ((response, node) in dag.edges)
        common = [child for child in dag.children[response] if node in dag.parents[child]]
        assert ("spouse" in roles) == bool(common)
        if roles == ["unrelated"]:
            assert separated(dag, response, node, set(rest) - {node})
    assert Result.from_dict(compiled.to_dict()) == compiled
    assert max(map(len, str(compiled).splitlines())) <= 80


@given(dags(max_nodes=6), st.data())
def test_separators_find_some_of_what_all_sets_find(dag, data):
    response, *_ = data.draw(st.permutations(dag.nodes))
    quick, full = (compile_dag(dag, response, search=search) for search in ("separators", "exhaustive"))
    for constraint in quick:
        assert any(
            set(other.given) <= set(constraint.given)
            and {*constraint.independent, *constraint.given} <= {*other.independent, *other.given}
            for other in full
        )
    assert all(quick.implies([constraint]) for constraint in quick)
    assert any("there may be further constraints" in note for note in quick.notes)


def test_domination_is_transitive_and_keeps_one_of_equals():
    pairs = [(("a",), ("b", "c")), (("a",), ("b",)), (("a", "c"), ("b",)), (("a", "c"), ("b",)), (("d",), ())]
    assert undominated(pairs) == [(("d",), ()), (("a", "c"), ("b",))]


# reference -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("graph", "observed", "expected"),
    [
        ("Y -> X1 <- X2", None, ["Y _||_ X2"]),
        (GENERAL, None, ["Y _||_ X2 given X3"]),
        (
            TWO,
            None,
            [
                "Y _||_ S1, S2",
                "Y _||_ S2 given C1",
                "Y _||_ S1 given C2",
                "Y _||_ S2 given C1, S1",
                "Y _||_ S1 given C2, S2",
            ],
        ),
        ("X1 -> Y -> X2", None, []),
        ("Y -> C <- S; C -> D", ["D", "S"], ["Y _||_ S"]),
        ("Y -> X1 <- X2; X2 <- U -> Y", ["X1", "X2"], []),
        ("Y -> X1; Z", None, []),
    ],
)
def test_known_graphs(graph, observed, expected):
    assert [str(constraint) for constraint in compile_dag(graph, "Y", observed)] == expected


def test_roles_of_a_markov_boundary():
    graph = "A -> P -> Y -> C <- S; Y -> M -> D; P -> B; C -> D; T -> S; Y -> K; V"
    roles = compile_dag(graph, "Y").roles
    assert roles == {
        "A": "ancestor",
        "P": "parent",
        "C": "child, collider",
        "S": "spouse",
        "M": "child",
        "D": "descendant",
        "B": "relative",
        "T": "indirect",
        "K": "child",
        "V": "unrelated",
    }
    assert compile_dag("P -> Y -> C <- P", "Y").roles["P"] == "parent, spouse"


def test_the_observed_markov_boundary_and_dropping_what_is_outside():
    graph = "A -> P -> Y -> C <- S; T -> S"
    assert compile_dag(graph, "Y").boundary == ("P", "C", "S")
    assert compile_dag(graph, "Y", ["A", "C", "S", "T"]).boundary == ("A", "C", "S")  # A stands in for P
    minimal = compile_dag(graph, "Y", minimal=True)
    assert minimal.observed == ("P", "C", "S") and minimal.dropped == ("A", "T") and minimal.latent == ()
    assert [str(c) for c in minimal] == ["Y _||_ S", "Y _||_ S given P"]
    assert minimal.use("T") == "dropped" and "superfluous" in minimal.reasons["T"]


def test_all_kinds_of_graphs_are_read():
    edges = [("Y", "X1"), ("X2", "X1"), ("X3", "Y"), ("X3", "X2")]
    forms = [
        GENERAL,
        "Y → X1 ← X2\nX3 -> Y, X2",
        "`Y` -> 'X1' <- \"X2\"; X3->Y;X3->X2;",
        edges,
        tuple(map(list, edges)),
        {"Y": ["X1"], "X2": "X1", "X3": {"Y": {}, "X2": {}}},
        nx.DiGraph(edges),
        nx.MultiDiGraph(edges),
    ]
    for form in forms:
        assert set(read_dag(form).edges) == set(edges)
        assert [str(c) for c in compile_dag(form, "Y")] == ["Y _||_ X2 given X3"]


def test_columns_without_names_are_nodes_by_index():
    compiled = compile_dag([("Y", 0), (1, 0)], "Y", np.array([0, 1]))
    assert list(compiled) == [Constraint((1,))] and compiled.roles[1] == "spouse"
    assert Result.from_dict(compiled.to_dict()) == compiled


def test_brackets_may_be_part_of_a_name():
    graph = read_dag("Y -> sex[male] <- log(X); '{Z}' -> Y")
    assert graph.nodes == ("Y", "sex[male]", "log(X)", "{Z}")
    assert read_dag(graph.source) == graph


def test_a_compiled_graph_is_compiled_again():
    compiled = compile_dag(GENERAL, "Y")
    again = compile_dag(compiled, "Y", ["X1", "X2"])
    assert again.edges == compiled.edges and again.latent == ("X3",)


def test_a_condition_may_have_a_largest_size():
    assert len(compile_dag(TWO, "Y", max_given=0)) == 1
    assert len(compile_dag(TWO, "Y", max_given=1)) == 3


def test_a_large_graph_is_searched_by_separators():
    graph = [("Y", "C"), *[(f"S{k}", "C") for k in range(30)], *[(f"P{k}", "Y") for k in range(5)]]
    compiled = compile_dag(graph, "Y")
    assert compiled.search == "separators"
    assert len(compiled[0].independent) == 30 and compiled[0].given == ()
    assert set(compiled[1].given) == {f"P{k}" for k in range(5)}


def test_merging_constraints_of_a_user():
    compiled = compile_dag(TWO, "Y")
    assert compiled.merge([Constraint("S1"), Constraint("S2")]) == (Constraint(("S1", "S2")),)
    apart = (Constraint("S2", "C1"), Constraint("S1", "C2"))
    assert compiled.merge(apart) == apart
    # contraction: independent of S1, and of S2 given S1
    assert compiled.merge([Constraint("S1"), Constraint("S2", "S1")]) == (Constraint(("S1", "S2")),)


def test_cycles_are_found():
    assert find_cycle(Dag(("a", "b"), (("a", "b"),))) == ()
    edges = (("d", "a"), ("a", "b"), ("b", "c"), ("c", "a"), ("c", "e"))
    assert set(find_cycle(Dag(("d", "a", "b", "c", "e"), edges))) == {"a", "b", "c"}


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("graph", "message"),
    [
        ("A -> B -> C -> A; A -> Y", "graph has the cycle A -> B -> C -> A; remove"),
        (nx.DiGraph([("Y", "X"), ("X", "Y")]), "graph has the cycle"),
        ("Y -> Y", "an edge from 'Y' to itself"),
        ("Y -> X; Y -> X", "the edge Y -> X twice"),
        ([("Y", "X"), ("Y", "X")], "the edge Y -> X twice"),
        (nx.Graph([("Y", "X")]), "undirected Graph"),
        ("", "graph has no node"),
        ({}, "graph has no node"),
        ("Y -> ", "a name is missing at the end"),
        ("Y X", "there is no arrow before 'X'"),
        ("-> Y", "'->' does not belong where it stands"),
        ("Y -- X", "'--' does not belong where it stands"),
        ("Y <-> X", "'<->' is written with its common cause, A <- U -> B"),
        ("{Y, A, B} -> X", "'{Y' has brackets. Nodes with the same arrow are listed by commas"),
        ("dag { Y -> X }", "'{' has brackets. .* leave out 'dag {' and '}'"),
        ("digraph{Y -> X; A -> X}", "has brackets"),
        ("[Y][A][X|Y:A]", "has brackets. .* write '\\[A\\]\\[B|A\\]' as 'A -> B'"),
        ("(Y, A) -> X", "'\\(Y' has brackets"),
        ("Y -> birth-weight", "names with blanks or hyphens in quotes"),
        ([("Y", "X", 1)], "an edge is a pair"),
        (["YX"], "an edge is a pair"),
        ([("Y", 1.5)], "the node 1.5"),
        ([("Y", "")], "the node ''"),
        ({"Y": 1.5}, "maps 'Y' to 1.5"),
        (3, "graph is a int"),
        (None, "graph is a NoneType"),
    ],
)
def test_graphs_that_cannot_be_used(graph, message):
    with pytest.raises(ValueError, match=message):
        compile_dag(graph, "Y")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"response": "Z"}, "response is 'Z', which is no node of the graph; its nodes are 'Y', 'X1', 'X2'; add it"),
        ({"response": "y"}, "response is 'y', which is no node .*; did you mean 'Y'?"),
        ({"response": 3}, "response is 3, which is no node"),
        ({"observed": ["X1", "Z"]}, "observed has 'Z', .* must be placed in it or be left out of observed"),
        ({"observed": ["X1", "x2"]}, "observed has 'x2', .* the closest of them is 'X2'"),
        ({"observed": ["X1", "Y"]}, "observed holds the response 'Y'; leave it out"),
        ({"observed": ["X1", "X1"]}, "observed holds 'X1' twice"),
        ({"observed": "X1"}, "it takes a sequence of nodes"),
        ({"observed": [1.5]}, "observed is 1.5"),
        ({"max_given": -1}, "max_given is -1"),
        ({"search": "fast"}, "search is 'fast'"),
        ({"minimal": 1}, "minimal is 1"),
    ],
)
def test_arguments_that_cannot_be_used(options, message):
    with pytest.raises(InvalidParameterError, match=message):
        compile_dag("Y -> X1 <- X2", **{"response": "Y", **options})


def test_questions_that_cannot_be_answered():
    compiled = compile_dag("Y -> X1 <- X2", "Y")
    with pytest.raises(InvalidParameterError, match="the graph does not imply Y _||_ X1; the path Y -> X1 is open"):
        compiled.merge([Constraint("X1")])
    with pytest.raises(InvalidParameterError, match="there are 2 constraints here; pass one"):
        compiled.implies([("X1",), ("X2",)])
    with pytest.raises(InvalidParameterError, match="the constraint has 'Z', which is no node"):
        compiled.implies("Z")
    with pytest.raises(InvalidParameterError, match="node is 'Z'"):
        compiled.use("Z")


# print ---------------------------------------------------------------------------------------------------------------
def test_printed_forms():
    compiled = compile_dag(BIRTHS, "weight", BIRTH_COLUMNS)
    assert_snapshot(str(compiled), "collider_graph.txt")
    assert_snapshot(str(compile_dag("Y -> X1 <- X2; X2 <- U -> Y", "Y", ["X1", "X2"])), "collider_graph_empty.txt")
    assert repr(compiled).startswith("<CompiledGraph: Constraints on the regression of weight from a causal graph, ")
    assert str(compiled).isascii()


def test_tables_and_sentences():
    compiled = compile_dag(GENERAL, "Y")
    assert isinstance(compiled, CompiledGraph) and len(compiled) == 1 and compiled[0] == Constraint("X2", "X3")
    assert compiled.tidy()["use"].tolist() == ["predictor", "independent", "given"]
    assert compiled.glance()["constraint"].tolist() == ["Y _||_ X2 given X3"]
    assert compiled.report() == "In the causal graph Y is d-separated from X2 given X3."
    assert compile_dag(TWO, "Y").report().endswith("d-separated from S1, S2, the first of 5 constraints.")
    nothing = compile_dag("X1 -> Y -> X2", "Y")
    assert nothing.report() == "The causal graph gives no constraint on the regression of Y on X1, X2."
    assert not nothing and "joined to Y by an edge" in nothing.reasons["X1"]
