"""Slow, obvious versions of what the domains are for, and small meshes and graphs."""

import numpy as np
from scipy.sparse import coo_array, eye_array, kron


def squared_transport(a, a_masses, b, b_masses):
    """Squared W2 on the line: match mass from left to right, one piece at a time."""
    left = [[x, m] for x, m in sorted(zip(a, a_masses, strict=True))]
    right = [[x, m] for x, m in sorted(zip(b, b_masses, strict=True))]
    total = 0.0
    while left and right:
        moved = min(left[0][1], right[0][1])
        total += moved * (left[0][0] - right[0][0]) ** 2
        for side in (left, right):
            side[0][1] -= moved
            if side[0][1] <= 1e-15:
                side.pop(0)
    return total


def squared_transport_samples(a, b):
    """The same for samples of one size and equal masses."""
    return float(np.mean((np.sort(a) - np.sort(b)) ** 2))


def squared_sliced(basis, x, x_masses, y, y_masses):
    """Squared sliced distance between two weighted sets of points, slice by slice."""
    left, right = basis.evaluate(x), basis.evaluate(y)
    return sum(
        weight * squared_transport(left[:, s], x_masses, right[:, s], y_masses)
        for s, weight in enumerate(basis.slice_weights)
    )


def squared_sliced_samples(basis, x, y):
    left, right = basis.evaluate(x), basis.evaluate(y)
    return sum(w * squared_transport_samples(left[:, s], right[:, s]) for s, w in enumerate(basis.slice_weights))


def path_adjacency(n, *, cycle=False):
    i = np.arange(n if cycle else n - 1)
    one_way = coo_array((np.ones(len(i)), (i, (i + 1) % n)), shape=(n, n)).tocsr()
    return one_way + one_way.T


def grid_adjacency(shape, *, cycle=False):
    """Sparse adjacency of a grid in C order."""
    total = path_adjacency(shape[0], cycle=cycle)
    for n in shape[1:]:
        total = kron(total, eye_array(n)) + kron(eye_array(total.shape[0]), path_adjacency(n, cycle=cycle))
    return total.tocsr()


def random_adjacency(n, rng, *, density=0.2):
    """Connected: a ring with random chords and random weights."""
    weights = np.triu(rng.random((n, n)) * (rng.random((n, n)) < density), 1)
    ring = np.arange(n)
    weights[ring[:-1], ring[1:]] = rng.random(n - 1) + 0.1
    return weights + weights.T


def icosphere(levels):
    """Vertices and faces of an icosahedron, each triangle cut in four `levels` times, on the unit sphere."""
    golden = (1 + 5**0.5) / 2
    vertices = [(0, s, t * golden) for s in (-1, 1) for t in (-1, 1)]
    vertices += [(s, t * golden, 0) for s in (-1, 1) for t in (-1, 1)]
    vertices += [(t * golden, 0, s) for s in (-1, 1) for t in (-1, 1)]
    vertices = np.array(vertices, dtype=float)
    near = np.linalg.norm(vertices[:, None] - vertices, axis=2) < 2.1
    np.fill_diagonal(near, False)
    n = range(12)
    faces = [(i, j, k) for i in n for j in n for k in n if i < j < k and near[i, j] and near[j, k] and near[i, k]]
    vertices = [tuple(v) for v in vertices / np.linalg.norm(vertices, axis=1, keepdims=True)]
    for _ in range(levels):
        middle = {}
        cut = []
        for a, b, c in faces:
            ids = []
            for p, q in ((a, b), (b, c), (c, a)):
                key = (min(p, q), max(p, q))
                if key not in middle:
                    between = np.add(vertices[p], vertices[q])
                    middle[key] = len(vertices)
                    vertices.append(tuple(between / np.linalg.norm(between)))
                ids.append(middle[key])
            ab, bc, ca = ids
            cut += [(a, ab, ca), (b, bc, ab), (c, ca, bc), (ab, bc, ca)]
        faces = cut
    return np.array(vertices), np.array(faces)
