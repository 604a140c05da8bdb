"""Triangle meshes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError
from stattools._typing import FloatArray, IntArray
from stattools.domains._laplacian import LaplacianDomain, components, require_connected
from stattools.domains._spectral import LaplacianSystem
from stattools.domains.base import as_array, require_moderate
from stattools.results.serialization import register

_FLAT = 1e-12  # twice the area over the square of the longest edge, below which cotangents are noise


@register
@dataclass(frozen=True, eq=False, repr=False)
class Mesh(LaplacianDomain):
    """The vertices of a triangulated surface. Points are vertex ids; masses are areas.

    Linear finite elements: cotangent stiffness and lumped mass, a third of the area of each face at a vertex. A
    boundary reflects (Neumann). `distances` follow edges, so they overestimate geodesic distances on the surface.

    Parameters
    ----------
    vertices : (V, 3) or (V, 2) array_like
    faces : (F, 3) array_like of int
        Vertex ids of each triangle.

    Raises
    ------
    InvalidDataError
        A face is degenerate or refers to a vertex that is not there, a vertex belongs to no face, or the mesh is
        disconnected; the message names it.

    Notes
    -----
    Eigenvalues count as one eigenspace when neighbours differ by at most a thousandth: discretisation splits what is
    repeated on the surface by about the squared edge length.

    References
    ----------
    Meyer, Desbrun, Schroeder and Barr (2003), *Discrete differential-geometry operators for triangulated 2-manifolds*,
    section 3, for the cotangent weights.

    Examples
    --------
    >>> corners = [[0, 0], [1, 0], [1, 1], [0, 1]]
    >>> mesh = Mesh(corners, [[0, 1, 2], [0, 2, 3]])
    >>> mesh, round(mesh.volume, 12)
    (Mesh(4 vertices, 2 faces), 1.0)
    """

    vertices: Any
    faces: Any

    _group_tolerance: ClassVar[float] = 1e-3

    def __post_init__(self) -> None:
        vertices = _validation.float_array(self.vertices, "vertices", ndim=2)
        if vertices.shape[1] not in (2, 3):
            raise InvalidDataError(f"vertices has shape {vertices.shape}; it must have 2 or 3 columns")
        require_moderate(vertices, "vertices")
        faces = _checked_faces(self.faces, len(vertices))
        object.__setattr__(self, "vertices", vertices)
        object.__setattr__(self, "faces", faces)
        _refuse_flat(self._corners, faces)
        used = np.bincount(faces.ravel(), minlength=len(vertices))
        if not used.all():
            raise InvalidDataError(
                f"vertices: vertex {np.argmin(used > 0)} belongs to no face; remove it and renumber the faces"
            )
        require_connected(components(self._edge_lengths()), self.description, "Analyse the pieces apart")

    @property
    def description(self) -> str:
        return f"Mesh({len(self.vertices)} vertices, {len(self.faces)} faces)"

    @property
    def dimension(self) -> int:
        return 2

    @property
    def n_nodes(self) -> int:
        return len(self.vertices)

    @property
    def positions(self) -> FloatArray:
        """(V, 2 or 3) the vertices."""
        return np.asarray(self.vertices)

    @property
    def _corners(self) -> FloatArray:
        """(F, 3 corners, coordinates)."""
        return np.asarray(self.vertices[self.faces])

    @cached_property
    def _system(self) -> LaplacianSystem:
        stiffness, masses = cotangent_laplacian(self._corners, self.faces, len(self.vertices))
        return LaplacianSystem(stiffness, masses, np.zeros(len(self.vertices), dtype=np.intp))

    def _edge_lengths(self) -> Any:
        from scipy.sparse import csr_array

        ends = np.concatenate([self.faces[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
        ends = np.unique(np.sort(ends, axis=1), axis=0)
        lengths = np.linalg.norm(self.vertices[ends[:, 0]] - self.vertices[ends[:, 1]], axis=1)
        one_way = csr_array((lengths, (ends[:, 0], ends[:, 1])), shape=(len(self.vertices),) * 2)
        return (one_way + one_way.T).tocsr()


def _checked_faces(faces: Any, n_vertices: int) -> IntArray:
    array = as_array(faces, "faces")
    if array.ndim != 2 or array.shape[1] != 3 or len(array) == 0:
        raise InvalidDataError(f"faces has shape {array.shape}; it must be (F, 3), three vertex ids a triangle")
    numbers = _validation.float_array(array, "faces", ndim=2)
    bad = np.argwhere((numbers != np.floor(numbers)) | (numbers < 0) | (numbers >= n_vertices))
    if len(bad):
        i, j = bad[0]
        raise InvalidDataError(
            f"faces has {numbers[i, j]:g} at row {i}, column {j}; vertex ids run from 0 to {n_vertices - 1}"
        )
    read_only: IntArray = _validation.read_only(numbers.astype(np.intp))
    return read_only


def _refuse_flat(corners: FloatArray, faces: IntArray) -> None:
    sides = np.roll(corners, -1, axis=1) - corners
    longest = np.max((sides**2).sum(axis=2), axis=1)
    flat = np.flatnonzero(~(_double_areas(corners) > _FLAT * longest))
    if flat.size:
        raise InvalidDataError(
            f"faces: face {flat[0]}, vertices {faces[flat[0]].tolist()}, is degenerate (its area is zero); "
            "remove such faces or merge the vertices that coincide"
        )


def _double_areas(corners: FloatArray) -> FloatArray:
    """(F,) by Gram determinant, so that it serves in two and in three dimensions."""
    u, v = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    if corners.shape[2] == 2:
        return np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0])
    return np.asarray(np.linalg.norm(np.cross(u, v), axis=1))


def cotangent_laplacian(corners: FloatArray, faces: IntArray, n: int) -> tuple[Any, FloatArray]:
    """Stiffness (n, n) sparse and lumped masses (n,) of linear finite elements on triangles."""
    from scipy.sparse import csr_array, diags_array

    double_areas = _double_areas(corners)
    masses = np.bincount(faces.ravel(), weights=np.repeat(double_areas / 6, 3), minlength=n).astype(np.float64)
    rows, columns, values = [], [], []
    for corner in range(3):
        a, b = (corner + 1) % 3, (corner + 2) % 3
        u, v = corners[:, a] - corners[:, corner], corners[:, b] - corners[:, corner]
        half_cotangent = (u * v).sum(axis=1) / double_areas / 2
        rows += [faces[:, a], faces[:, b]]
        columns += [faces[:, b], faces[:, a]]
        values += [half_cotangent, half_cotangent]
    weights = csr_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=(n, n))
    return (diags_array(np.asarray(weights.sum(axis=1)).ravel()) - weights).tocsr(), masses
