"""Every bad input gets a documented error that says what and where."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as arrays
from scipy import sparse

from stattools.domains import (
    Box,
    Circle,
    Cylinder,
    Graph,
    Grid,
    Interval,
    Mesh,
    PointCloud,
    Precomputed,
    Sphere,
    Torus,
    parse_domain,
    parse_points,
)
from stattools.exceptions import DegenerateDataError, InvalidDataError, InvalidParameterError, StattoolsError
from tests.domains.slices import path_adjacency

SQUARE = [[0, 0], [1, 0], [1, 1], [0, 1]]
TWO = [[0, 1, 2], [0, 2, 3]]
ring = path_adjacency(4, cycle=True)

MAKING = [
    (lambda: Interval(1, 1), InvalidParameterError, r"interval is \[1, 1\]; its upper end must be above"),
    (lambda: Interval(2, 1), InvalidParameterError, r"interval is \[2, 1\]"),
    (lambda: Interval(0, np.inf), InvalidParameterError, "interval high is inf; it must be finite"),
    (lambda: Interval("a", 1), InvalidParameterError, "interval low is 'a'; it must be a number"),
    (lambda: Interval(0, 1e-200), InvalidParameterError, "length of interval is 1e-200"),
    (lambda: Circle(0), InvalidParameterError, "period is 0.0"),
    (lambda: Circle(-1), InvalidParameterError, "period is -1"),
    (lambda: Circle(np.nan), InvalidParameterError, "period is nan"),
    (lambda: Circle(360, unit=3), InvalidParameterError, "unit is 3; it must be text"),
    (lambda: Torus(()), InvalidParameterError, "periods is empty"),
    (lambda: Torus(3.0), InvalidParameterError, "periods is 3.0; it must be a sequence"),
    (lambda: Torus((1, -2)), InvalidParameterError, r"periods\[1\] is -2"),
    (lambda: Cylinder(1, 3), InvalidParameterError, r"interval is 3; it must be a pair"),
    (lambda: Cylinder(1, (1, 0)), InvalidParameterError, r"interval is \[1, 0\]"),
    (lambda: Box([(0, 1), (2,)]), InvalidParameterError, r"intervals\[1\] is \(2,\); it must be a pair"),
    (lambda: Box("ab"), InvalidParameterError, "intervals is 'ab'"),
    (lambda: Grid(()), InvalidParameterError, "shape is empty"),
    (lambda: Grid("88"), InvalidParameterError, "shape is '88'"),
    (lambda: Grid((1, 1)), InvalidParameterError, "at least 2 nodes"),
    (lambda: Grid((3, 2.5)), InvalidParameterError, r"shape\[1\] is 2.5; it must be a whole number"),
    (lambda: Grid((3, 0)), InvalidParameterError, r"shape\[1\] is 0; it must be at least 1"),
    (lambda: Grid((3, 3), periodic=[True]), InvalidParameterError, "periodic has 1 entries for 2 axes"),
    (lambda: Grid((3, 3), periodic=[True, 1]), InvalidParameterError, r"periodic\[1\] is 1; it must be True or False"),
    (lambda: Grid((3, 2), periodic=True), InvalidParameterError, r"shape\[1\] is 2; a periodic axis needs at least 3"),
    (lambda: Graph([[0, 1], [2, 0]]), InvalidDataError, "not symmetric: 1 at row 0, column 1 and 2 at row 1, column 0"),
    (lambda: Graph([[0, -1], [-1, 0]]), InvalidDataError, "adjacency has -1.0 at row 0, column 1; .* not be negative"),
    (lambda: Graph([[0, np.nan], [1, 0]]), InvalidDataError, "adjacency has nan at row 0, column 1"),
    (lambda: Graph(sparse.csr_array([[0, np.inf], [np.inf, 0]])), InvalidDataError, "inf at row 0, column 1"),
    (lambda: Graph([[0, 1, 0], [1, 0, 1]]), InvalidDataError, r"shape \(2, 3\); it must be square"),
    (lambda: Graph([[0]]), InvalidDataError, "at least 2 nodes"),
    (lambda: Graph([[0, 1], [1]]), InvalidDataError, "rectangular"),
    (lambda: Graph("graph"), InvalidDataError, "adjacency"),
    (lambda: Graph(sparse.csr_array([[0, 1j], [1j, 0]])), InvalidDataError, "complex"),
    (lambda: Graph(np.zeros((3, 3))), InvalidDataError, "disconnected: 3 components"),
    (
        lambda: Graph(sparse.block_diag([ring, ring])),
        InvalidDataError,
        "2 components of 4 nodes at most and 4 at least; node 4 cannot be reached from node 0",
    ),
    (lambda: Graph(ring, laplacian="norm"), InvalidParameterError, "laplacian is 'norm'"),
    (lambda: Graph(ring, components="drop"), InvalidParameterError, "components is 'drop'"),
    (lambda: Graph(ring, names=["a"]), InvalidDataError, "names has 1 entries for 4 nodes"),
    (lambda: Graph(ring, names=list("abca")), InvalidDataError, "names has 'a' more than once"),
    (lambda: Graph(ring, names=[1, 2, 3, 4]), InvalidDataError, "names has 1 at index 0; names are text"),
    (lambda: Graph(ring, names="abcd"), InvalidDataError, "names is 'abcd'; it must be a sequence"),
    (lambda: Graph(ring, names=4), InvalidDataError, "names is 4; it must be a sequence"),
    (lambda: Graph.from_edges([[0, 1]], names=4), InvalidDataError, "names is 4"),
    (lambda: Graph.from_edges([[0, 1]], positions="here"), InvalidDataError, "positions has dtype"),
    (lambda: Graph(ring, positions=[[0, 0]]), InvalidDataError, "positions has 1 rows for 4 nodes"),
    (lambda: Graph(ring, lengths="metres"), InvalidParameterError, "lengths is 'metres'"),
    (lambda: Graph(ring, lengths=np.eye(4)), InvalidParameterError, "lengths: row 0, column [01] has"),
    (lambda: Graph(ring, lengths=np.zeros((3, 3))), InvalidDataError, "they must match"),
    (
        lambda: Graph(sparse.block_diag([ring, [[0.0]]]), laplacian="symnorm", components="ignore"),
        InvalidDataError,
        "node 4 has edges of total weight 0;",
    ),
    (lambda: Graph.from_edges([[0, 1, 2]]), InvalidDataError, r"edges has shape \(1, 3\)"),
    (lambda: Graph.from_edges([]), InvalidDataError, r"edges has shape \(0,\)"),
    (lambda: Graph.from_edges([[0, -1]]), InvalidDataError, "edges has -1 at row 0, column 1"),
    (lambda: Graph.from_edges([[0, 0.5]]), InvalidDataError, "edges has 0.5 at row 0, column 1"),
    (lambda: Graph.from_edges([[0, np.nan]]), InvalidDataError, "edges has"),
    (
        lambda: Graph.from_edges([["a", "c"]], names=["a", "b"]),
        InvalidDataError,
        "edges has 'c' at row 0, column 1, which",
    ),
    (lambda: Graph.from_edges([[0, 1]], weights=[1, 2]), InvalidDataError, "weights has 2 entries for 1 edges"),
    (lambda: Graph.from_edges([[0, 1]], weights=[-1]), InvalidDataError, "weights has -1.0 at index 0"),
    (lambda: Mesh(SQUARE, [[0, 1, 1], [0, 2, 3]]), InvalidDataError, r"face 0, vertices \[0, 1, 1\], is degenerate"),
    (lambda: Mesh([[0, 0], [1, 1], [2, 2]], [[0, 1, 2]]), InvalidDataError, "face 0"),
    (lambda: Mesh(SQUARE, [[0, 1, 2], [0, 2, 4]]), InvalidDataError, "faces has 4 at row 1, column 2"),
    (lambda: Mesh(SQUARE, [[0, 1, 2.5]]), InvalidDataError, "faces has 2.5 at row 0, column 2"),
    (lambda: Mesh(SQUARE, [[0, 1, 2]]), InvalidDataError, "vertex 3 belongs to no face"),
    (lambda: Mesh(SQUARE, [[0, 1]]), InvalidDataError, r"faces has shape \(1, 2\)"),
    (
        lambda: Mesh([[0, 0], [1e200, 0], [1, 1], [0, 1]], TWO),
        InvalidDataError,
        "1e\\+200 at row 1, column 0; .* rescale",
    ),
    (lambda: Graph([[0, 1e200], [1e200, 0]]), InvalidDataError, "1e\\+200 at row 0, column 1; .* rescale"),
    (lambda: Mesh([0, 1, 2], TWO), InvalidDataError, "vertices has shape"),
    (lambda: Mesh(np.zeros((4, 4)), TWO), InvalidDataError, "2 or 3 columns"),
    (lambda: Mesh([[0, 0], [1, 0], [1, np.nan], [0, 1]], TWO), InvalidDataError, "vertices has nan at row 2, column 1"),
    (
        lambda: Mesh([*SQUARE, [5, 5], [6, 5], [5, 6]], [*TWO, [4, 5, 6]]),
        InvalidDataError,
        "disconnected: 2 components",
    ),
    (lambda: PointCloud([[0.0]]), InvalidDataError, "at least 2 points"),
    (lambda: PointCloud([0.0, 1.0]), InvalidDataError, "points has shape"),
    (lambda: PointCloud(SQUARE), InvalidParameterError, "n_neighbors is 10; it must be at least 1 and at most 3"),
    (lambda: PointCloud(SQUARE, n_neighbors=2, bandwidth=0), InvalidParameterError, "bandwidth is 0"),
    (lambda: PointCloud(np.zeros((9, 2)), n_neighbors=2).eigenbasis(2), DegenerateDataError, "pass bandwidth="),
    (
        lambda: PointCloud([[0.0], [1.0], [50.0], [51.0]], n_neighbors=1).eigenbasis(2),
        InvalidDataError,
        "disconnected: 2 components.*Increase n_neighbors",
    ),
    (lambda: Precomputed([1.0, 2.0], np.eye(3)), InvalidDataError, "3 columns for 2 eigenvalues"),
    (lambda: Precomputed([2.0, 1.0], np.eye(4)[:, :2]), InvalidDataError, "1.0 at index 1 after 2.0"),
    (lambda: Precomputed([-1.0, 1.0], np.eye(4)[:, :2]), InvalidDataError, "-1.0 at index 0"),
    (lambda: Precomputed([0.0, 0.0, 1.0], np.eye(4)[:, :3]), InvalidDataError, "2 zeros: the domain is disconnected"),
    (lambda: Precomputed([0.0], np.ones((4, 1))), InvalidDataError, "all zero"),
    (lambda: Precomputed([1.0, 2.0], np.ones((4, 2))), InvalidDataError, "not orthogonal"),
    (lambda: Precomputed([1.0, 2.0], np.eye(4)[:, :2], masses=[1, 1, 1]), InvalidDataError, "masses has 3 entries"),
    (lambda: Precomputed([1.0], np.ones((2, 1)), masses=[1, 0]), InvalidDataError, "masses has 0.0 at index 1"),
    (lambda: Precomputed([1.0], np.zeros((2, 1))), InvalidDataError, "column 0 is zero"),
    (lambda: Precomputed([1.0], np.ones((1, 1))), InvalidDataError, "at least 2 nodes"),
]


@pytest.mark.parametrize("make, error, message", MAKING)
def test_domains_that_cannot_be(make, error, message):
    with pytest.raises(error, match=message):
        make()


POINTS = [
    (Interval(0, 1), [0.5, 1.5], "points has 1.5 at row 1, outside"),
    (Interval(0, 1), [0.5, np.nan], "points has nan at index 1"),
    (Interval(0, 1), [[0.5, 0.6]], r"points has shape \(1, 2\); points of Interval\(0, 1\) are \(M, 1\)"),
    (Interval(0, 1), ["a"], "points has dtype"),
    (Interval(0, 1), [[0.1], [0.1, 0.2]], "rectangular"),
    (Interval(0, 1), 0.5, "points has shape"),
    (Circle(), [np.inf], "points has inf at index 0"),
    (Torus((1, 1)), [0.1, 0.2], r"points has shape \(2,\); .* \(M, 2\), one row a point"),
    (Box([(0, 1), (0, 1)]), [[0.5, 0.5], [0.5, -0.1]], "points, column 1 has -0.1.* at row 1"),
    (Cylinder(1, (0, 1)), [[5.0, 2.0]], "points, column 1 has 2 at row 0"),
    (Sphere(), [[1, 0, 0], [1, 1, 0]], "points has length 1.41421356 at row 1"),
    (Sphere(), [[0, 0, 0]], "points has length 0 at row 0"),
    (Sphere(), [[1e200, 0, 0]], "points has length inf at row 0"),
    (Sphere(), [[10.0, 20.0]], "Sphere.from_lonlat"),
    (Grid((2, 2)), [0, 4], "node id 4 at row 1; ids of .* run from 0 to 3"),
    (Grid((2, 2)), [-1], "node id -1 at row 0"),
    (Grid((2, 2)), [0.5], "points has 0.5 at row 0; .* whole numbers"),
    (Grid((2, 2)), [np.nan], "points has nan"),
    (Grid((2, 2)), [True, False, True, True], "numpy.flatnonzero"),
    (Grid((2, 2)), [[0, 1]], r"points has shape \(1, 2\)"),
    (Grid((2, 2)), ["a"], "points has dtype"),
    (Graph(ring, names=list("abcd")), ["a", "e"], "points has 'e' at index 1, which is not the name of a node"),
]


@pytest.mark.parametrize("domain, points, message", POINTS)
def test_points_off_the_domain(domain, points, message):
    with pytest.raises(InvalidDataError, match=message):
        domain.check_points(points)
    with pytest.raises(InvalidDataError):
        domain.eigenbasis(1).evaluate(points)


def test_the_name_of_the_argument_is_used():
    with pytest.raises(InvalidDataError, match="wind has 7 at row 0"):
        Interval(0, 1).check_points([7.0], "wind")


OPTIONS = [
    ({"n_eigenfunctions": 0}, "n_eigenfunctions is 0; it must be at least 1"),
    ({"n_eigenfunctions": 2.5}, "n_eigenfunctions is 2.5"),
    ({"n_eigenfunctions": "20"}, "n_eigenfunctions is '20'"),
    ({"weighting": "biharmnic"}, "did you mean 'biharmonic'"),
    ({"weighting": None}, "weighting is None"),
    ({"weighting": "heat", "heat_time": 0.0}, "heat_time is 0.0; it must be above 0"),
    ({"weighting": "heat", "heat_time": np.inf}, "heat_time is inf"),
    ({"weighting": "heat", "heat_time": 1e9}, "gives every one of the 20 eigenfunctions weight 0"),
    ({"heat_time": 1.0}, "used with weighting='heat' only"),
    ({"order": np.array([2.0, 2.0])}, "used with weighting='sobolev' only"),
    ({"order": 3.0}, "used with weighting='sobolev' only"),
    ({"weighting": "sobolev", "order": -1.0}, "order is -1.0; it must be above 0"),
    ({"weighting": "sobolev", "order": "2"}, "order is '2'"),
    ({"weighting": lambda v: -1.0}, "weighting custom is -1.0 at eigenvalue"),
    ({"weighting": lambda v: np.nan}, "weighting custom is nan"),
    ({"weighting": lambda v: np.inf}, "weighting custom is inf"),
    ({"weighting": lambda v: "a"}, "returned str at eigenvalue"),
    ({"weighting": lambda v: [1, 2]}, "returned list at eigenvalue"),
    ({"weighting": lambda v: 0.0}, "weight 0"),
    ({"multiplicity": "mean"}, "multiplicity is 'mean'"),
    ({"normalization": "unit"}, "normalization is 'unit'"),
    ({"n_rotations": 1}, "n_rotations is 1; it must be at least 2"),
    ({"rng": -1}, "rng is -1"),
    ({"rng": "seed"}, "rng is str"),
]


@pytest.mark.parametrize("options, message", OPTIONS)
def test_options_of_a_basis(options, message):
    with pytest.raises(InvalidParameterError, match=message):
        Interval(0, 1).eigenbasis(**options)


def test_weights_that_overflow():
    with pytest.raises(InvalidParameterError, match="weighting sobolev.* is inf at eigenvalue"):
        Interval(0, 1e60).eigenbasis(3, weighting="sobolev", order=5.0)


@pytest.mark.parametrize("domain", [Grid((3, 3)), Graph(ring), Mesh(SQUARE, TWO), Precomputed([1.0], [[1.0], [-1.0]])])
@pytest.mark.parametrize("extra", [0, 1, 1000])
def test_more_eigenfunctions_than_there_are(domain, extra):
    with pytest.raises(
        InvalidParameterError, match=f"{domain.n_nodes + extra}; .* must be at most {domain.n_nodes - 1}"
    ):
        domain.eigenbasis(domain.n_nodes + extra)


def test_components_reduce_what_can_be_asked_for():
    domain = Graph(sparse.block_diag([ring, ring]), components="ignore")
    with pytest.raises(InvalidParameterError, match="at most 6"):
        domain.eigenbasis(7)
    assert "2 components" in domain.eigenbasis(6).remarks[0]


def test_numerically_disconnected():
    weights = np.array([[0, 1, 0, 0], [1, 0, 1e-30, 0], [0, 1e-30, 0, 1], [0, 0, 1, 0]])
    with pytest.raises(InvalidDataError, match="disconnected in double precision"):
        Graph(weights).eigenbasis(1)


def test_a_networkx_weight_that_is_no_number():
    import networkx as nx

    with pytest.raises(InvalidDataError, match="a weight that is no number"):
        Graph(nx.Graph([(0, 1, {"weight": "far"})]))


def test_a_sparse_vector_is_no_adjacency():
    from scipy.sparse import coo_array

    with pytest.raises(InvalidDataError, match=r"adjacency has shape \(3,\); it must be square"):
        Graph(coo_array(np.ones(3)))


def test_directed_networkx_graph():
    import networkx as nx

    with pytest.raises(InvalidDataError, match="directed"):
        Graph(nx.DiGraph([(0, 1)]))
    with pytest.raises(InvalidDataError, match="without nodes"):
        Graph(nx.Graph())


def test_what_a_domain_does_not_have():
    with pytest.raises(InvalidDataError, match="no positions"):
        Graph(ring).nearest([[0, 0]])
    with pytest.raises(InvalidDataError, match="no positions"):
        Precomputed([1.0], [[1.0], [-1.0]]).distances([0], [1])
    with pytest.raises(InvalidParameterError, match="no node masses"):
        _ = Circle().node_masses
    with pytest.raises(InvalidDataError, match=r"points has shape \(1, 3\)"):
        Grid((3, 3)).nearest([[0, 0, 0]])
    with pytest.raises(InvalidParameterError, match="outside"):
        Grid((3, 3)).ids([[0, 3]])
    with pytest.raises(InvalidParameterError, match="it must be integers"):
        Grid((3, 3)).ids([[0.5, 1]])
    with pytest.raises(InvalidParameterError, match="n is -1"):
        Circle().uniform(-1)


def test_longitudes_and_latitudes():
    with pytest.raises(InvalidDataError, match="lat has 91.0 at row 1"):
        Sphere.from_lonlat([0, 0], [0, 91])
    with pytest.raises(InvalidDataError, match="lon has 1 entries and lat has 2"):
        Sphere.from_lonlat([0], [0, 1])
    with pytest.raises(InvalidDataError, match="lon has nan"):
        Sphere.from_lonlat([np.nan], [0])


# text ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text, expected",
    [
        ("interval:0,10", Interval(0, 10)),
        ("circle:360", Circle(360)),
        (" Circle : 24 ", Circle(24)),
        ("torus:360,24", Torus((360, 24))),
        ("cylinder:24,0,100", Cylinder(24, (0, 100))),
        ("box:0,1,-1,2.5", Box([(0, 1), (-1, 2.5)])),
        ("sphere", Sphere()),
        ("sphere-lonlat", Sphere()),
        ("grid:8x8", Grid((8, 8))),
        ("grid:5", Grid(5)),
    ],
)
def test_domains_from_text(text, expected):
    assert parse_domain(text).equals(expected)


def test_the_line_has_no_domain():
    assert parse_domain("line") is None


@pytest.mark.parametrize(
    "text, message",
    [
        ("circel:360", "did you mean 'circle'"),
        ("circle", "the forms are"),
        ("circle:a", "not a number"),
        ("circle:1,2", "the forms are"),
        ("circle:-1", "period is -1"),
        ("circle:nan", "period is nan"),
        ("interval:0", "the forms are"),
        ("box:0,1,2", "two numbers for each coordinate"),
        ("box", "two numbers for each coordinate"),
        ("torus", "the forms are"),
        ("line:3", "the forms are"),
        ("grid:8x", "not a number"),
        ("grid:8.5x2", "not a number"),
        ("grid", "not a number"),
        ("", "domain is ''"),
        (3, "domain is 3"),
    ],
)
def test_text_that_is_no_domain(text, message):
    with pytest.raises(InvalidParameterError, match=message):
        parse_domain(text)


def test_columns_of_a_table():
    np.testing.assert_allclose(parse_points("sphere-lonlat", [[90.0, 0.0]]), [[0, 1, 0]], atol=1e-15)
    np.testing.assert_array_equal(parse_points("circle:360", [1.0, 2.0]), [1.0, 2.0])
    with pytest.raises(InvalidParameterError, match="two columns"):
        parse_points("sphere-lonlat", [[1.0, 2.0, 3.0]])


# anything at all ---------------------------------------------------------------------------------------------
ANY_DOMAIN = st.sampled_from(
    [
        Interval(),
        Circle(),
        Torus(),
        Box(),
        Cylinder(),
        Sphere(),
        Grid((3, 3)),
        Graph(ring, names=list("abcd")),
        Mesh(SQUARE, TWO),
    ]
)
ANY_ARRAY = arrays.arrays(
    dtype=st.sampled_from([np.float64, np.float32, np.int64, np.uint8, np.bool_, np.complex128, "U3", "O", "M8[D]"]),
    shape=arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
)
ANYTHING = st.one_of(
    ANY_ARRAY, st.none(), st.text(max_size=3), st.lists(st.floats() | st.none(), max_size=3), st.floats()
)


@given(domain=ANY_DOMAIN, points=ANYTHING)
def test_any_points_are_checked_or_refused(domain, points):
    try:
        checked = domain.check_points(points)
    except StattoolsError:
        return
    assert checked.ndim == (1 if domain.is_discrete else 2)
    assert np.all(np.isfinite(domain.eigenbasis(2).evaluate(checked)))
    np.testing.assert_array_equal(domain.check_points(checked), checked)


SYMMETRIC = arrays.arrays(np.float64, (4, 4), elements=st.floats(0, allow_infinity=False)).map(
    lambda a: np.maximum(a, a.T)
)


@given(matrix=ANY_ARRAY | SYMMETRIC, laplacian=st.sampled_from(["combinatorial", "symnorm"]))
def test_any_adjacency_is_a_graph_or_refused(matrix, laplacian):
    try:
        graph = Graph(matrix, laplacian)
        basis = graph.eigenbasis(1)
    except StattoolsError:
        return
    assert np.all(np.isfinite(basis.evaluate(graph.nodes()))) and np.all(basis.eigenvalues > 0)


@given(
    values=arrays.arrays(np.float64, 2, elements=st.floats()),
    vectors=arrays.arrays(np.float64, (3, 2), elements=st.floats()),
    masses=st.none() | arrays.arrays(np.float64, 3, elements=st.floats()),
)
def test_any_precomputed_pairs_are_used_or_refused(values, vectors, masses):
    try:
        basis = Precomputed(values, vectors, masses).eigenbasis(1)
    except StattoolsError:
        return
    assert np.all(np.isfinite(basis.evaluate([0, 1, 2])))


@given(points=arrays.arrays(np.float64, (4, 2), elements=st.floats()), bandwidth=st.none() | st.floats())
def test_any_cloud_is_made_or_refused(points, bandwidth):
    try:
        basis = PointCloud(points, n_neighbors=2, bandwidth=bandwidth).eigenbasis(1)
    except StattoolsError:
        return
    assert np.all(np.isfinite(basis.evaluate([0, 1, 2, 3])))


@given(vertices=arrays.arrays(np.float64, (4, 3)), faces=arrays.arrays(np.int64, (2, 3), elements=st.integers(-1, 4)))
def test_any_mesh_is_made_or_refused(vertices, faces):
    try:
        basis = Mesh(vertices, faces).eigenbasis(1)
    except StattoolsError:
        return
    assert np.all(np.isfinite(basis.evaluate([0, 1, 2, 3])))


@given(a=ANYTHING, b=ANYTHING)
def test_any_option_makes_a_domain_or_is_refused(a, b):
    for make in (Interval, Circle, Cylinder, Grid):
        try:
            domain = make(a, b)
        except StattoolsError:
            continue
        assert isinstance(domain.description, str)
    for single in (Torus, Box, Grid, PointCloud):
        try:
            domain = single(a)
        except StattoolsError:
            continue
        assert domain.volume > 0
