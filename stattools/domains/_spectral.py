"""Eigenpairs of a sparse Laplacian with masses: dense for small ones, iterative for large ones.

The generalised problem S phi = lambda M phi (M diagonal) is solved as B u = lambda u with B = M**-1/2 S M**-1/2 and
u = M**1/2 phi. The null space of a graph Laplacian is known (constants on components), so it is projected out instead
of being computed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools._errors import DegenerateDataError, InvalidDataError
from stattools._typing import FloatArray, IntArray
from stattools.domains._eigenspaces import group_eigenvalues, group_end, group_start

RESIDUAL_TOLERANCE = 1e-8
NOISE = 1e-13  # accuracy of eigenvalues relative to the largest
N_CHECKED = 4  # further eigenpairs sought in the complement of those found


@dataclass(frozen=True)
class LaplacianSystem:
    """stiffness : (n, n) sparse, symmetric, rows sum to zero; masses : (n,) positive; labels : (n,) component."""

    stiffness: Any
    masses: FloatArray
    labels: IntArray

    @property
    def n_components(self) -> int:
        return int(self.labels.max()) + 1

    @property
    def n_eigenfunctions(self) -> int:
        """Eigenfunctions that are not constant on every component."""
        return len(self.masses) - self.n_components

    def symmetric(self) -> Any:
        """B, in compressed columns."""
        import scipy.sparse as sp

        root = sp.diags_array(1 / np.sqrt(self.masses))
        return (root @ self.stiffness @ root).tocsc()

    def eigenfunctions(self, vectors: FloatArray) -> FloatArray:
        """(n, L) phi with unit mean square under the normalised masses, from orthonormal u; signs made definite."""
        functions = fix_signs(vectors) * np.sqrt(self.masses.sum() / self.masses)[:, None]
        return np.ascontiguousarray(functions)

    def project(self, vector: FloatArray) -> FloatArray:
        """Remove the null space of B: on each component the root of the masses."""
        root = np.sqrt(self.masses)
        size = np.bincount(self.labels, weights=self.masses)
        share = np.bincount(self.labels, weights=root * vector) / size
        return np.asarray(vector - root * share[self.labels])


def fix_signs(vectors: FloatArray) -> FloatArray:
    """Make the first of the largest entries of each column positive, so that solvers cannot differ by sign."""
    size = np.abs(vectors)
    first = np.argmax(size >= (1 - 1e-6) * size.max(axis=0), axis=0)
    signs = np.sign(vectors[first, np.arange(vectors.shape[1])])
    return np.asarray(vectors * signs)


def dense_eigenpairs(system: LaplacianSystem) -> tuple[FloatArray, FloatArray]:
    """All eigenvalues but the zeros, (n - c,), and eigenfunctions (n, n - c). 8 n**2 bytes, a few times over."""
    from scipy.linalg import eigh

    values, vectors = eigh(system.symmetric().toarray(), driver="evd")
    n_zero = system.n_components
    _require_connected(values[n_zero:], float(values[-1]), NOISE)
    return values[n_zero:], system.eigenfunctions(vectors[:, n_zero:])


def _require_connected(values: FloatArray, largest: float, noise: float) -> None:
    if len(values) and values[0] <= noise * largest:
        raise InvalidDataError(
            f"the smallest non-zero eigenvalue, {values[0]:.3g}, is lost in rounding beside the largest, "
            f"{largest:.3g}: some edges are so weak that the domain is disconnected in double precision; drop them or "
            "rescale"
        )


@dataclass(frozen=True)
class LeadingPairs:
    """values (L,), functions (n, L), groups (L,); following : the next eigenvalue; residual relative to the largest."""

    values: FloatArray
    functions: FloatArray
    groups: IntArray
    following: float | None
    residual: float


def leading_eigenpairs(system: LaplacianSystem, n: int, tolerance: float) -> LeadingPairs:
    """The leading `n` eigenpairs of a large sparse system, to the end of an eigenspace.

    Krylov methods can miss copies of a repeated eigenvalue. So after each solve the next ones are sought in the
    orthogonal complement of all that were found: what is below the smallest of these is then known to be complete.
    An eigenspace that does not end within 4 n + 64 eigenpairs is left out, which may give fewer than `n`.
    """
    matrix = system.symmetric()
    scale = float(matrix.diagonal().max())
    apply = _operator(matrix, scale)
    values, vectors = _solve(matrix, apply, system, np.empty((len(system.masses), 0)), n + N_CHECKED)
    cap = min(4 * n + 64, system.n_eigenfunctions - N_CHECKED)
    while True:
        extra, extra_vectors = _solve(matrix, apply, system, vectors, N_CHECKED)
        complete_below = float(extra[0])
        order = np.argsort(np.concatenate([values, extra]), kind="stable")
        values = np.concatenate([values, extra])[order]
        vectors = np.concatenate([vectors, extra_vectors], axis=1)[:, order]
        groups = group_eigenvalues(values, tolerance, NOISE * scale)
        end = group_end(groups, n)
        if end < len(values) and values[end] <= complete_below * (1 + 1e-12):
            break
        if len(values) >= cap:
            end = group_start(groups, n - 1)
            break
    if end == 0:
        raise DegenerateDataError(
            f"the first eigenvalue, {values[0]:.6g}, repeats more than {len(values) - 1} times: its eigenspace cannot "
            "be computed whole. A graph with many interchangeable nodes is of this kind; merge such nodes"
        )
    _require_connected(values, scale, NOISE / 10)
    residual = matrix @ vectors[:, :end] - vectors[:, :end] * values[:end]
    size = float(np.max(np.linalg.norm(residual, axis=0))) / scale
    return LeadingPairs(values[:end], system.eigenfunctions(vectors[:, :end]), groups[:end], float(values[end]), size)


def _operator(matrix: Any, scale: float) -> Callable[[FloatArray], FloatArray]:
    """An operator whose largest eigenvalues belong to the smallest of `matrix`.

    Inverse of a slightly shifted matrix; where a factorisation would fill in (expanders, hubs), the matrix subtracted
    from a bound of its spectrum, which converges more slowly and needs no memory.
    """
    import scipy.sparse as sp
    from scipy.sparse.linalg import splu

    identity = sp.eye_array(matrix.shape[0], format="csc")
    if _bandwidth(matrix) <= matrix.shape[0] / 10:
        shifted = (matrix + 1e-8 * scale * identity).tocsc()
        factor = splu(shifted, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
        return lambda vector: np.asarray(factor.solve(vector))
    bound = float(abs(matrix).sum(axis=1).max())
    return lambda vector: np.asarray(bound * vector - matrix @ vector)


def _bandwidth(matrix: Any) -> int:
    """Bandwidth in reverse Cuthill-McKee order; a cheap sign of how much a factorisation fills in."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import reverse_cuthill_mckee

    pattern = csr_array(matrix)
    pattern.indices, pattern.indptr = pattern.indices.astype(np.int32), pattern.indptr.astype(np.int32)
    place = np.empty(matrix.shape[0], dtype=np.intp)
    place[reverse_cuthill_mckee(pattern, symmetric_mode=True)] = np.arange(matrix.shape[0])
    rows, columns = pattern.nonzero()
    return int(np.abs(place[rows] - place[columns]).max())


def _solve(
    matrix: Any, apply: Callable[[FloatArray], FloatArray], system: LaplacianSystem, known: FloatArray, k: int
) -> tuple[FloatArray, FloatArray]:
    """The k smallest eigenpairs of `matrix` orthogonal to its null space and to the columns of `known`."""
    from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

    def clean(vector: FloatArray) -> FloatArray:
        vector = system.project(vector)
        return vector - known @ (known.T @ vector)

    n = matrix.shape[0]
    operator = LinearOperator((n, n), matvec=lambda v: clean(apply(clean(np.ravel(v)))), dtype=np.float64)
    # a fixed start makes results repeat; a new one for each solve, since a copy missed once has no part in the old one
    start = clean(np.random.Generator(np.random.PCG64(known.shape[1])).standard_normal(n))
    try:
        _, vectors = eigsh(operator, k=k, which="LA", v0=start, tol=1e-12)
    except ArpackNoConvergence as error:
        raise DegenerateDataError(
            f"the eigenvalue solver found {len(error.eigenvalues)} of {k} eigenfunctions of {n} nodes before it gave "
            "up; ask for fewer, or drop very weak edges"
        ) from None
    vectors, _ = np.linalg.qr(np.column_stack([clean(vector) for vector in vectors.T]))
    small = vectors.T @ (matrix @ vectors)
    values, rotation = np.linalg.eigh((small + small.T) / 2)
    return values, vectors @ rotation
