"""Graphs, meshes, point clouds and precomputed eigenfunctions."""

import functools
import json
import pickle
import tracemalloc

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import sparse
from scipy.linalg import eigh

from stattools.domains import Graph, Grid, Mesh, PointCloud, Precomputed, Sphere, _laplacian, _spectral
from stattools.exceptions import ConvergenceWarning, DegenerateDataError, InvalidParameterError
from stattools.results import decode, encode
from tests.domains.slices import (
    grid_adjacency,
    icosphere,
    path_adjacency,
    random_adjacency,
    squared_sliced,
)


def cloud(n=60, seed=0):
    return PointCloud(np.random.default_rng(seed).random((n, 2)), n_neighbors=8)


NODE_DOMAINS = [
    Graph(random_adjacency(20, np.random.default_rng(1))),
    Graph(random_adjacency(20, np.random.default_rng(1)), laplacian="symnorm"),
    Graph(sparse.block_diag([path_adjacency(6), path_adjacency(5)]), components="ignore"),
    Mesh(*icosphere(1)),
    cloud(),
    Precomputed([0.0, 1.0, 1.0, 3.0], np.linalg.qr(np.vander(np.arange(4.0), 4, increasing=True))[0]),
]


# eigenpairs -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("domain", NODE_DOMAINS, ids=repr)
def test_orthonormal_under_the_node_masses(domain):
    basis = domain.eigenbasis(3)
    values = np.column_stack([np.ones(domain.n_nodes), basis.evaluate_eigenfunctions(domain.nodes())])
    gram = values.T @ (domain.node_masses[:, None] * values)
    np.testing.assert_allclose(gram, np.eye(len(gram)), atol=1e-12)
    assert domain.node_masses.sum() == pytest.approx(1.0, rel=1e-14)


@pytest.mark.parametrize("laplacian", ["combinatorial", "symnorm"])
def test_eigenpairs_of_a_graph_against_the_generalised_problem(laplacian):
    weights = random_adjacency(25, np.random.default_rng(3))
    degrees = weights.sum(axis=1)
    masses = degrees if laplacian == "symnorm" else np.ones(25)
    exact = eigh(np.diag(degrees) - weights, np.diag(masses), eigvals_only=True)
    domain = Graph(weights, laplacian=laplacian)
    basis = domain.eigenbasis(24, multiplicity="fixed")
    np.testing.assert_allclose(basis.eigenvalues, exact[1:], atol=1e-13 * exact[-1])
    vectors = basis.evaluate(np.arange(25))
    residual = (np.diag(degrees) - weights) @ vectors - masses[:, None] * vectors * basis.eigenvalues
    np.testing.assert_allclose(residual, 0.0, atol=1e-12 * exact[-1] * masses.max())
    assert domain.volume == pytest.approx(masses.sum())


def test_loops_count_for_the_random_walk_only():
    plain = np.array([[0.0, 1, 0], [1, 0, 1], [0, 1, 0]])
    loops = plain + np.diag([3.0, 0, 0])
    a, b = (Graph(w).eigenbasis(2).eigenvalues for w in (plain, loops))
    np.testing.assert_allclose(a, b, atol=1e-14)
    assert Graph(loops, laplacian="symnorm").node_masses.tolist() == [4 / 7, 2 / 7, 1 / 7]


@pytest.mark.parametrize("shape, cycle", [((40, 41), False), ((45, 45), True), ((1600,), False)])
def test_iterative_solver_finds_every_copy(shape, cycle):
    """Against formulas; on a square or a torus most eigenvalues repeat, which Krylov methods are prone to miss."""
    domain, exact = Graph(grid_adjacency(shape, cycle=cycle)), Grid(shape, periodic=cycle)
    assert domain.n_nodes > _laplacian.DENSE_NODES
    found, expected = domain.eigenbasis(30), exact.eigenbasis(30)
    np.testing.assert_allclose(found.eigenvalues, expected.eigenvalues, rtol=1e-9)
    np.testing.assert_array_equal(found.groups, expected.groups)
    assert found.next_eigenvalue == pytest.approx(expected.next_eigenvalue, rel=1e-9)
    assert found.truncation_bound is None
    nodes = np.arange(0, domain.n_nodes, 97)
    scale = expected.kernel(nodes, nodes).max()  # the kernel does not depend on the basis of an eigenspace
    np.testing.assert_allclose(found.kernel(nodes, nodes), expected.kernel(nodes, nodes), atol=1e-9 * scale)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("laplacian", ["combinatorial", "symnorm"])
def test_iterative_agrees_with_dense(monkeypatch, laplacian, seed):
    rng = np.random.default_rng(seed)
    weights = random_adjacency(150, rng, density=[0.02, 0.2, 0.5, 0.0][seed])
    dense = Graph(weights, laplacian=laplacian).eigenbasis(12)
    monkeypatch.setattr(_laplacian, "DENSE_NODES", 10)
    iterative = Graph(weights, laplacian=laplacian).eigenbasis(12)
    np.testing.assert_allclose(iterative.eigenvalues, dense.eigenvalues, rtol=1e-8)
    np.testing.assert_allclose(iterative.evaluate(np.arange(150)), dense.evaluate(np.arange(150)), atol=1e-6)


def test_iterative_with_components(monkeypatch):
    monkeypatch.setattr(_laplacian, "DENSE_NODES", 10)
    pieces = sparse.block_diag([path_adjacency(50), path_adjacency(61), path_adjacency(40)])
    found = Graph(pieces, components="ignore").eigenbasis(10).eigenvalues
    exact = np.sort(np.concatenate([Grid(n).eigenbasis(10).eigenvalues for n in (50, 61, 40)]))[:10]
    np.testing.assert_allclose(found, exact, rtol=1e-9)


def test_results_of_the_iterative_solver_repeat():
    adjacency = grid_adjacency((41, 40))
    a, b = (Graph(adjacency).eigenbasis(5) for _ in range(2))
    np.testing.assert_array_equal(a.eigenvectors, b.eigenvectors)


def test_one_domain_solves_once(monkeypatch):
    domain = Graph(grid_adjacency((41, 40)))
    first = domain.eigenbasis(5)
    monkeypatch.setattr(_spectral, "leading_eigenpairs", None)
    np.testing.assert_array_equal(domain.eigenbasis(5, weighting="heat").eigenvectors, first.eigenvectors)
    assert "_kept" not in pickle.loads(pickle.dumps(domain)).__dict__


def test_large_graphs_stay_sparse():
    n = 20_000
    ring = Graph(path_adjacency(n, cycle=True))
    tracemalloc.start()
    basis = ring.eigenbasis(4)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    exact = 4 * np.sin(np.pi * np.array([1, 1, 2, 2]) / n) ** 2
    # eigenvalues of size 1e-7 come from entries of size 2: relative rounding is 2e-16 / 1e-7
    np.testing.assert_allclose(basis.eigenvalues, exact, rtol=1e-8)
    assert peak < 100e6  # a dense matrix would take 3.2e9 bytes


def test_eigenspace_that_does_not_end_is_left_out(monkeypatch):
    """Two stars whose hubs are joined: one small eigenvalue, then 1 repeated about 2 n times."""
    monkeypatch.setattr(_laplacian, "DENSE_NODES", 10)
    n = 100
    hubs = np.repeat([0, 1], n)
    edges = np.vstack([[[0, 1]], np.column_stack([hubs, np.arange(2, 2 * n + 2)])])
    basis = Graph.from_edges(edges).eigenbasis(5)
    assert basis.n_eigenfunctions == 1
    assert basis.remarks == ("n_eigenfunctions = 5 was reduced to 1, the end of an eigenspace",)
    assert basis.next_eigenvalue == pytest.approx(1.0, rel=1e-9)
    star = Graph.from_edges(np.column_stack([np.zeros(200, int), np.arange(1, 201)]))
    with pytest.raises(DegenerateDataError, match="repeats more than"):
        star.eigenbasis(5)


def test_inaccurate_eigenfunctions_warn(monkeypatch):
    monkeypatch.setattr(_spectral, "RESIDUAL_TOLERANCE", 0.0)
    with pytest.warns(ConvergenceWarning, match="relative residual"):
        basis = Graph(grid_adjacency((1600,))).eigenbasis(2)
    assert len(basis.warnings) == 1


def test_complete_graph_is_extended_to_all():
    basis = Graph(np.ones((8, 8)) - np.eye(8)).eigenbasis(2, multiplicity="fixed")
    assert basis.n_eigenfunctions == 7 and basis.truncation_bound == 0.0
    np.testing.assert_allclose(basis.eigenvalues, 8.0)


def test_too_many_for_the_iterative_solver(monkeypatch):
    monkeypatch.setattr(_laplacian, "DENSE_NODES", 10)
    monkeypatch.setattr(_laplacian, "DENSE_NODES_WHEN_MOST", 20)
    with pytest.raises(InvalidParameterError, match="must be below half the number of nodes"):
        Graph(path_adjacency(40)).eigenbasis(30)
    monkeypatch.setattr(_laplacian, "DENSE_NODES_WHEN_MOST", 50)
    assert Graph(path_adjacency(40)).eigenbasis(39).n_eigenfunctions == 39


# invariance and bounds -----------------------------------------------------------------------------------
@given(seed=st.integers(0, 2**32 - 1))
def test_relabelling_nodes_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    n = 15
    weights, order = random_adjacency(n, rng), rng.permutation(n)
    masses = rng.dirichlet(np.ones(n), size=2)
    basis = Graph(weights).eigenbasis(6)
    moved = Graph(weights[np.ix_(order, order)]).eigenbasis(6)
    a = squared_sliced(basis, np.arange(n), masses[0], np.arange(n), masses[1])
    b = squared_sliced(moved, np.arange(n), masses[0][order], np.arange(n), masses[1][order])
    # 1e-12 is the claim; the second term is the rounding of eigenfunctions, eps over the gap, for near ties
    np.testing.assert_allclose(a, b, rtol=1e-12 + 1e-15 / basis.min_gap)


@pytest.mark.parametrize("multiplicity", ["average", "fixed"])
@pytest.mark.parametrize("domain", [*NODE_DOMAINS[:5], Graph(np.ones((9, 9)))], ids=repr)
def test_truncation_bound_holds_and_is_of_the_right_size(domain, multiplicity):
    few = domain.eigenbasis(4, multiplicity=multiplicity)
    whole = domain.eigenbasis(
        domain.n_nodes - (2 if "components" in str(few.remarks) else 1), multiplicity=multiplicity
    )
    nodes = domain.nodes()
    lost = whole.spectral_distance(nodes, nodes) ** 2 - few.spectral_distance(nodes, nodes) ** 2
    assert lost.max() <= few.truncation_bound * (1 + 1e-9)
    if whole.n_eigenfunctions > few.n_eigenfunctions:
        assert lost.max() >= few.truncation_bound / 10


@pytest.mark.parametrize("domain", NODE_DOMAINS, ids=repr)
def test_slice_ranges_are_exact(domain):
    basis = domain.eigenbasis(3)
    np.testing.assert_allclose(np.ptp(basis.evaluate(domain.nodes()), axis=0), basis.slice_ranges, rtol=1e-12)


@pytest.mark.parametrize("domain", NODE_DOMAINS, ids=repr)
def test_round_trips(domain):
    basis = domain.eigenbasis(3)
    for copy in (pickle.loads(pickle.dumps(basis)), decode(json.loads(json.dumps(encode(basis))))):
        assert copy.equals(basis) and copy.domain.equals(domain)
        np.testing.assert_array_equal(copy.evaluate([0, 2]), basis.evaluate([0, 2]))


def test_pickles_leave_the_decomposition_behind():
    domain = Graph(path_adjacency(400))
    before = len(pickle.dumps(domain))
    domain.eigenbasis(5)
    assert len(pickle.dumps(domain)) == before < 40_000  # the dense decomposition has 1.3e6 bytes


# distances ------------------------------------------------------------------------------------------------
def test_shortest_paths_by_hops_weights_and_lengths():
    weights = np.array([[0, 1, 4, 0], [1, 0, 2, 0], [4, 2, 0, 1], [0, 0, 1, 0]], dtype=float)
    assert Graph(weights).distances([0], [0, 1, 2, 3]).tolist() == [[0, 1, 1, 2]]
    assert Graph(weights, lengths="inverse").distances([0], [0, 1, 2, 3]).tolist() == [[0, 0.75, 0.25, 1.25]]
    own = np.where(weights > 0, 10.0, 0.0)
    assert Graph(weights, lengths=own).distances([3, 3, 1], [0]).tolist() == [[20], [20], [10]]


@pytest.mark.parametrize("domain", [NODE_DOMAINS[0], *NODE_DOMAINS[3:5]], ids=repr)
def test_distances_are_a_metric(domain):
    nodes = domain.nodes()
    d = domain.distances(nodes, nodes)
    np.testing.assert_array_equal(np.diag(d), 0.0)
    np.testing.assert_allclose(d, d.T, rtol=1e-13)
    assert np.all(d[:, None, :] <= d[:, :, None] + d[None, :, :] + 1e-12)
    few = domain.distances(nodes[:3], nodes[::-1])
    np.testing.assert_allclose(few, d[:3, ::-1], rtol=1e-13)


def test_distance_between_components_is_infinite():
    domain = NODE_DOMAINS[2]
    assert domain.distances([0], [5, 6]).tolist() == [[5.0, np.inf]]


def test_precomputed_distances_are_those_of_positions():
    domain = Precomputed([2.0], [[1.0], [-1.0]], positions=[[0.0, 0.0], [3.0, 4.0]])
    assert domain.distances([0], [1])[0, 0] == 5.0


# graphs from elsewhere ---------------------------------------------------------------------------------------
def test_networkx_graphs():
    source = nx.Graph()
    source.add_edge("x", "y", weight=2.0)
    source.add_edge("y", "z")
    domain = Graph(source)
    assert domain.names == ("x", "y", "z") and domain.n_edges == 2
    np.testing.assert_array_equal(domain.adjacency.toarray(), [[0, 2, 0], [2, 0, 1], [0, 1, 0]])
    assert domain.check_points(["z", "x"]).tolist() == [2, 0]
    assert domain.check_points(np.array(["z", "x"], dtype=object)).tolist() == [2, 0]
    assert domain.edges().tolist() == [[0, 1], [1, 2]]


def test_graphs_from_edges():
    domain = Graph.from_edges([[0, 1], [1, 2], [2, 1]], weights=[1.0, 2.0, 3.0])
    np.testing.assert_array_equal(domain.adjacency.toarray(), [[0, 1, 0], [1, 0, 5], [0, 5, 0]])
    loop = Graph.from_edges([[0, 1], [1, 1]])
    np.testing.assert_array_equal(loop.adjacency.toarray(), [[0, 1], [1, 1]])
    named = Graph.from_edges([["b", "a"]], names=["a", "b"], positions=[[0, 0], [1, 0]])
    assert named.nearest([[0.9, 0.1]]).tolist() == [1]


@pytest.mark.parametrize("form", [np.asarray, sparse.csc_matrix, sparse.coo_array, sparse.lil_array, np.ndarray.tolist])
def test_forms_of_an_adjacency_matrix(form):
    weights = random_adjacency(10, np.random.default_rng(0))
    assert Graph(form(weights)).equals(Graph(weights))


def test_the_callers_matrix_is_left_alone():
    weights = path_adjacency(5)
    domain = Graph(weights)
    weights.data[:] = 7.0
    assert domain.adjacency.max() == 1.0
    dense = np.array([[0.0, 1.0], [1.0, 0.0]])
    Graph(dense)
    dense[0, 1] = 3.0


def test_rounding_asymmetry_is_accepted():
    weights = random_adjacency(10, np.random.default_rng(0))
    weights[0, 1] *= 1 + 1e-13
    adjacency = Graph(weights).adjacency
    assert (adjacency != adjacency.T).nnz == 0


# meshes -----------------------------------------------------------------------------------------------------
@functools.cache
def sphere_mesh(levels):
    return Mesh(*icosphere(levels))


def test_icospheres_converge_to_the_sphere():
    """Linear elements are of second order: halving the edges divides the error by about four."""
    exact = Sphere().eigenbasis(15).eigenvalues
    errors = []
    for levels in (1, 2, 3):
        basis = sphere_mesh(levels).eigenbasis(15)
        errors.append(np.abs(basis.eigenvalues[:15] / exact - 1).reshape(-1).max())
    assert 3.0 <= errors[0] / errors[1] <= 5.0 and 3.0 <= errors[1] / errors[2] <= 5.0
    # edges of length h = 0.15 at three cuts, and l (l + 1) = 12: the error is about 12 h**2 / 12
    assert errors[-1] <= 0.03


def test_icosphere_area_masses_and_groups():
    mesh = sphere_mesh(3)
    assert mesh.volume == pytest.approx(4 * np.pi, rel=0.01)  # inscribed: the area falls short by about h**2 / 4
    assert mesh.volume < 4 * np.pi
    assert np.bincount(mesh.eigenbasis(8).groups).tolist() == [3, 5]
    degree_two = mesh.eigenbasis(8).evaluate_eigenfunctions(mesh.nodes())[:, 3:]
    # the addition theorem: the squares sum to 5 everywhere, up to the error of the eigenfunctions
    np.testing.assert_allclose((degree_two**2).sum(axis=1), 5.0, rtol=0.02)


def square_mesh(n):
    """n by n vertices on the unit square, each cell cut along one diagonal."""
    x, y = np.meshgrid(np.linspace(0, 1, n), np.linspace(0, 1, n))
    flat = np.column_stack([x.ravel(), y.ravel()])
    corners = [i * n + j for i in range(n - 1) for j in range(n - 1)]
    lower = [(c, c + 1, c + n + 1) for c in corners]
    return flat, lower + [(c, c + n + 1, c + n) for c in corners]


def test_flat_meshes_in_two_and_three_dimensions_agree():
    flat, faces = square_mesh(6)
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    a, b = Mesh(flat, faces), Mesh(np.column_stack([flat, np.zeros(len(flat))]) @ turn, faces)
    np.testing.assert_allclose(a.eigenbasis(6).eigenvalues, b.eigenbasis(6).eigenvalues, rtol=1e-11)


def test_square_mesh_converges_to_neumann_eigenvalues():
    errors = [abs(Mesh(*square_mesh(n)).eigenbasis(1).eigenvalues[0] / np.pi**2 - 1) for n in (6, 11, 21)]
    assert 3.0 <= errors[0] / errors[1] <= 5.0 and 3.0 <= errors[1] / errors[2] <= 5.0  # second order
    assert errors[-1] <= 0.005  # 1.5 h**2 at h = 1 / 20


# point clouds ---------------------------------------------------------------------------------------------------
def test_point_cloud_weights():
    points = np.array([[0.0], [1.0], [3.0], [3.5]])
    domain = PointCloud(points, n_neighbors=1, bandwidth=2.0)
    with pytest.raises(ValueError, match="disconnected"):
        domain.eigenbasis(1)
    domain = PointCloud(points, n_neighbors=2, bandwidth=2.0)
    gaps = np.abs(points - points.T)
    joined = np.zeros((4, 4), bool)
    for i in range(4):
        joined[i, np.argsort(gaps[i], kind="stable")[1:3]] = True
    weights = np.where(joined | joined.T, np.exp(-(gaps**2) / 8), 0.0)
    exact = np.linalg.eigvalsh(np.diag(weights.sum(axis=1)) - weights)[1:]
    np.testing.assert_allclose(domain.eigenbasis(3).eigenvalues, exact, rtol=1e-12)


def test_point_cloud_of_a_circle_orders_by_wave_number():
    angles = 2 * np.pi * np.arange(100) / 100
    basis = PointCloud(np.column_stack([np.cos(angles), np.sin(angles)]), n_neighbors=4).eigenbasis(4)
    values = basis.evaluate_eigenfunctions(np.arange(100))
    waves = np.column_stack([f(k * angles) for k in (1, 2) for f in (np.cos, np.sin)]) * np.sqrt(2)
    overlap = (values.T @ waves / 100) ** 2
    np.testing.assert_allclose(overlap[:2, :2].sum(), 2.0, rtol=1e-9)  # equispaced: exactly a circulant matrix
    np.testing.assert_allclose(overlap[2:, 2:].sum(), 2.0, rtol=1e-9)


def test_coinciding_points_are_joined_at_no_distance():
    points = np.repeat(np.random.default_rng(0).random((20, 2)), 2, axis=0)
    domain = PointCloud(points, n_neighbors=6)
    assert domain.distances([0], [1])[0, 0] <= 1e-290
    assert domain.eigenbasis(3).n_eigenfunctions == 3


# precomputed --------------------------------------------------------------------------------------------------------
def test_precomputed_reproduces_a_mesh():
    mesh = Mesh(*icosphere(1))
    whole = mesh.eigenbasis(41, multiplicity="fixed", normalization="volume")
    vectors = np.column_stack([np.ones(42), -3 * whole.evaluate(mesh.nodes())])
    domain = Precomputed(np.r_[0.0, whole.eigenvalues], vectors, mesh.node_masses * mesh.volume)
    a, b = domain.eigenbasis(8), mesh.eigenbasis(8)
    np.testing.assert_allclose(a.kernel([0, 5], [1, 2]), b.kernel([0, 5], [1, 2]), rtol=1e-11)
    assert a.truncation_bound == pytest.approx(b.truncation_bound, rel=1e-2)  # the mesh merges what differs by 1e-3
    assert domain.volume == pytest.approx(mesh.volume)


def test_precomputed_says_what_it_cannot_know():
    vectors = np.linalg.qr(np.random.default_rng(0).normal(size=(10, 3)))[0]
    basis = Precomputed([1.0, 2.0, 3.0], vectors).eigenbasis(3)
    assert "not known" in basis.remarks[0] and basis.truncation_bound is None
    assert Precomputed([1.0, 2.0, 3.0], vectors).eigenbasis(2).remarks == ()
