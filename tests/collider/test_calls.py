"""The call that a result prints: it can be typed again, holds no address, and is the one that the user made."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestRegressor

from stattools.collider import ColliderRegressor, ProjectedRegressor
from stattools.collider.dag import read_dag
from stattools.collider.formulas import collider
from stattools.results import Result

OPTIONS = {"base": "ridge", "test": None, "gain": False}
ARROWS = "risk -> severity; age -> severity; bmi -> severity"
REST = "base='ridge', gain=False, random_state=1, response='risk', test=None).fit(X, y, X_unlabeled=X_unlabeled)"


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(1)
    y, age, bmi = rng.normal(size=(3, 50))
    X = pd.DataFrame({"severity": y + age + bmi + rng.normal(size=50), "age": age, "bmi": bmi})
    return X, pd.Series(y, name="risk")


def call(model, X, y, *rest):
    return model.fit(X, y, *rest).results_.provenance.call


# property ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "graph",
    [
        ARROWS,
        [("risk", "severity"), ("age", "severity"), ("bmi", "severity")],
        {"risk": ["severity"], "age": ["severity"], "bmi": ["severity"]},
        nx.DiGraph([("risk", "severity"), ("age", "severity"), ("bmi", "severity")]),
    ],
    ids=["text", "pairs", "dict", "networkx"],
)
def test_a_graph_is_written_as_arrows(rows, graph):
    X, y = rows
    model = ColliderRegressor(dag=graph, response="risk", random_state=1, **OPTIONS)
    first, second = (model.fit(X, y, X + 0.1).results_ for _ in range(2))
    assert first == second and Result.from_json(first.to_json()) == first
    assert sorted(first.provenance.call[len("ColliderRegressor(") :].split(", ")) == sorted(
        [f"dag={ARROWS!r}", *REST.split(", ")]
    )


def test_a_long_graph_is_cut_between_arrows(rows):
    X, y = rows
    many = "; ".join([ARROWS, *(f"cause{k} -> age" for k in range(40))])
    text = call(ColliderRegressor(dag=many, response="risk", random_state=1, **OPTIONS), X, y)
    quoted = text.partition("dag='")[2].partition("'")[0]
    assert quoted.startswith(ARROWS) and quoted.endswith(" ...") and len(quoted) < 200
    assert text.endswith(".fit(X, y)")


def test_estimators_and_generators_carry_no_address(rows):
    X, y = rows
    forest = RandomForestRegressor(5, min_samples_leaf=4, max_depth=3, max_features=2, ccp_alpha=0.01, random_state=2)
    model = ProjectedRegressor(forest, ["age"], random_state=np.random.default_rng(1), test=None, gain=False)
    text = call(model, X, y)
    assert "random_state=Generator(PCG64)" in text and "estimator=RandomForestRegressor(" in text and "...)," in text
    assert " at 0x" not in text and text.count("(") == text.count(")")


def test_a_formula_is_its_own_call(rows):
    X, y = rows
    data = X.assign(risk=y, sex=["f", "m"] * 25)
    formula = "risk ~ severity + age + bmi + sex | risk _||_ age, sex"
    result = collider(formula, data, X.assign(sex="f"), random_state=1, **OPTIONS).results_
    expected = f"collider({formula!r}, data, unlabeled=unlabeled, random_state=1, base='ridge', test=None, gain=False)"
    assert result.provenance.call == expected
    assert f"call: {expected}" in " ".join(result.summary().as_text().split())
    by_graph = collider("risk ~ severity + age + bmi", X.assign(risk=y), dag=ARROWS, **OPTIONS).results_
    assert by_graph.provenance.call.startswith(f"collider('risk ~ severity + age + bmi', data, dag={ARROWS!r}, base=")


@pytest.mark.parametrize(
    "graph",
    [
        "a -> b <- c",
        {"a": ["b"], "alone": []},
        {"birth weight": ["mother's age"], "--": ["q"], "<->": ["1"], "a,b": ["x"]},
        [(0, 1), ("Y", 1)],
        {"x;y": ["z"], "'q'": ["z"]},
    ],
)
def test_the_source_of_a_graph_is_read_as_that_graph(graph):
    dag = read_dag(graph)
    again = read_dag(dag.source)
    assert set(again.nodes) == set(dag.nodes) and set(again.edges) == set(dag.edges)
