"""Pictures of causal graphs: every node and arrow is there, and none hides another."""

import pickle

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, strategies as st
from matplotlib.text import Text

from stattools.collider import compile_dag
from stattools.exceptions import InvalidParameterError
from stattools.plotting.collider_graph import layered_layout

GRAPH = "Y -> X1 <- X2; X3 -> Y; X3 -> X2; X3 -> X1; U -> X1"


@pytest.fixture(scope="module")
def compiled():
    return compile_dag(GRAPH, "Y", ["X1", "X2", "X3"])


def marks(ax):
    return {artist.get_gid() for artist in (*ax.artists, *ax.patches) if artist.get_gid()}


def words(ax):
    """Names and roles in the boxes."""
    return {text.get_text() for box in ax.artists for text in box.findobj(Text)}


def arrows(ax):
    return [patch for patch in ax.patches if (patch.get_gid() or "").startswith("edge")]


def test_every_node_and_edge_is_drawn(compiled):
    ax = compiled.plot(kind="graph")
    expected = {f"node {node}" for node in compiled.nodes} | {f"edge {a} {b}" for a, b in compiled.edges}
    assert marks(ax) == expected
    assert ax.get_title(loc="left") == "Y _||_ X2 given X3"
    assert {"child, collider", "spouse", "parent, spouse", "X1", "U"} <= words(ax)
    shown = [text.get_text() for text in ax.get_legend().get_texts()]
    assert shown == ["response", "independent of the response", "condition", "other predictor", "not observed"]


def test_options(compiled):
    _, ax = plt.subplots()
    assert compiled.plot(ax=ax, roles=False) is ax
    assert words(ax) >= {"X2"} and "spouse" not in words(ax)
    nothing = compile_dag("X1 -> Y -> X2", "Y").plot()
    assert nothing.get_title(loc="left") == "no constraint on the regression of Y"
    assert compile_dag("A -> P -> Y -> C <- S", "Y", minimal=True).plot().get_legend() is not None
    with pytest.raises(InvalidParameterError, match="roles is 2"):
        compiled.plot(roles=2)
    with pytest.raises(InvalidParameterError, match="kind is 'gain'"):
        compiled.plot(kind="gain")


BENT = "weeks -> weight <- sex; smoker -> weight; smoker -> weeks"
WIDE = "A -> B; B -> C; C -> D; D -> E; E -> F; A -> F; A -> D; B -> E; C -> F"


@pytest.mark.parametrize(("graph", "response"), [(GRAPH, "Y"), (BENT, "weeks"), (WIDE, "E")])
def test_boxes_do_not_overlap(graph, response):
    ax = compile_dag(graph, response).plot()
    ax.figure.canvas.draw()
    boxes = [box.patch.get_window_extent() for box in ax.artists]
    assert len(boxes) == len(ax.artists) >= 4
    for k, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:k])


@pytest.mark.parametrize(("graph", "response"), [(BENT, "weeks"), (WIDE, "E"), ("A -> B -> C; A -> C; U -> A", "C")])
@pytest.mark.parametrize("size", [None, (3.0, 6.0), (12.0, 3.0)])
def test_arcs_stay_inside_the_axes_and_end_at_boxes(graph, response, size):
    ax = compile_dag(graph, response).plot() if size is None else plt.subplots(figsize=size)[1]
    if size is not None:
        compile_dag(graph, response).plot(ax=ax)
    ax.figure.canvas.draw()
    frame = ax.get_window_extent()
    assert len(arrows(ax)) == graph.count("->") + graph.count("<-")
    ends = {box.get_gid(): box.patch.get_window_extent() for box in ax.artists}
    for arrow in arrows(ax):
        points = np.vstack(arrow.get_path().to_polygons(arrow.get_transform(), closed_only=False))
        assert frame.y0 <= points[:, 1].min() and points[:, 1].max() <= frame.y1
        near = ends[f"node {arrow.get_gid().split()[-1]}"].padded(8)  # drawn 2 points short of the box
        assert any(near.contains(*point) for point in points)


def test_pictures_are_pickled(compiled):
    assert pickle.loads(pickle.dumps(compiled.plot().figure)).axes


@given(st.integers(1, 9), st.integers(0, 2**16))
def test_layouts_put_causes_to_the_left_and_nodes_apart(n, seed):
    generator = np.random.default_rng(seed)
    nodes = list(range(n))
    edges = [(a, b) for a in nodes for b in nodes if a < b and generator.random() < 0.35]
    places, bends = layered_layout(nodes, edges)
    assert set(places) == set(nodes) and set(bends) == set(edges)
    assert all(places[a][0] < places[b][0] for a, b in edges)
    for k in nodes:
        for j in range(k):
            apart = np.abs(np.subtract(places[k], places[j]))
            assert apart[0] >= 1 or apart[1] >= 1


def test_a_layout_without_needless_crossings():
    places, bends = layered_layout("abcd", [("a", "d"), ("b", "c")])
    assert (places["a"][1] > places["b"][1]) == (places["d"][1] > places["c"][1])
    assert set(bends.values()) == {0.0}
    # an edge over a layer goes around the node that stands there
    places, bends = layered_layout("abc", [("a", "b"), ("b", "c"), ("a", "c")])
    assert bends["a", "b"] == bends["b", "c"] == 0.0 and abs(bends["a", "c"]) == 0.5
