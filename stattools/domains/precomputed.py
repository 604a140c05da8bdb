"""Eigenfunctions that were computed elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError
from stattools._typing import ArrayLike, FloatArray
from stattools.domains._eigenspaces import group_eigenvalues, group_end
from stattools.domains._laplacian import stored_tail
from stattools.domains.base import NodeDomain, Spectrum, require_moderate
from stattools.domains.graph import checked_positions
from stattools.domains.weightings import Weighting
from stattools.results.serialization import register

_ZERO = 1e-10  # relative to the largest eigenvalue
_ORTHOGONAL = 1e-6


@register
@dataclass(frozen=True, eq=False, repr=False)
class Precomputed(NodeDomain):
    """Nodes with Laplacian eigenfunctions from another program: a finite element code, a robust mesh Laplacian.

    Parameters
    ----------
    eigenvalues : (L,) array_like
        Ascending and not negative; at most one is zero (up to 1e-10 of the largest), and it is left out.
    eigenvectors : (n, L) array_like
        Values at the nodes, orthogonal under `masses`, on any scale.
    masses : (n,) array_like, optional
        Mass, area or volume of each node; equal to 1 when not given.
    positions : (n, k) array_like, optional
        Coordinates of the nodes; `distances` are Euclidean ones between them.

    Raises
    ------
    InvalidDataError
        Shapes do not match, eigenvalues descend or several are zero, masses are not positive, or eigenvectors are not
        orthogonal within 1e-6.

    Examples
    --------
    >>> import numpy as np
    >>> domain = Precomputed([2.0], [[1.0], [-1.0]])
    >>> domain
    Precomputed(2 nodes, 1 eigenfunction)
    >>> domain.eigenbasis(1).evaluate([0, 1])
    array([[ 1.],
           [-1.]])
    """

    eigenvalues: Any
    eigenvectors: Any
    masses: Any = None
    positions: Any = None

    def __post_init__(self) -> None:
        values = _validation.float_array(self.eigenvalues, "eigenvalues", ndim=1)
        vectors = _validation.float_array(self.eigenvectors, "eigenvectors", ndim=2)
        n, count = vectors.shape
        if count != len(values):
            raise InvalidDataError(f"eigenvectors has {count} columns for {len(values)} eigenvalues")
        if n < 2:
            raise InvalidDataError(f"eigenvectors has shape {vectors.shape}; there must be at least 2 nodes")
        masses = np.ones(n) if self.masses is None else self.masses
        masses = _validation.float_array(masses, "masses", ndim=1)
        if len(masses) != n:
            raise InvalidDataError(f"masses has {len(masses)} entries for {n} rows of eigenvectors")
        if masses.min() <= 0:
            raise InvalidDataError(f"masses has {masses.min()} at index {np.argmin(masses)}; masses must be positive")
        require_moderate(masses, "masses")
        _check_order(values)
        for name, value in (("eigenvalues", values), ("eigenvectors", vectors), ("masses", masses)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "positions", checked_positions(self.positions, n))
        _check_orthogonal(self._pairs[1], self.node_masses)

    @property
    def description(self) -> str:
        count = len(self._pairs[0])
        return f"Precomputed({self.n_nodes} nodes, {count} eigenfunction{'s' if count != 1 else ''})"

    @property
    def dimension(self) -> int:
        return 0

    @property
    def n_nodes(self) -> int:
        return len(self.eigenvectors)

    @property
    def node_masses(self) -> FloatArray:
        masses: FloatArray = _validation.read_only(self.masses / self.masses.sum())
        return masses

    @property
    def volume(self) -> float:
        return float(self.masses.sum())

    @cached_property
    def _pairs(self) -> tuple[FloatArray, FloatArray]:
        """Non-zero eigenvalues and their eigenvectors with unit mean square."""
        kept = self.eigenvalues > _ZERO * self.eigenvalues[-1]
        vectors = self.eigenvectors[:, kept]
        largest = np.abs(vectors).max(axis=0)
        vectors = vectors / np.where(largest > 0, largest, 1.0)  # the scale is free, and squares must not overflow
        sizes = np.sqrt(self.node_masses @ vectors**2)
        if not np.all(sizes > 0):
            column = int(np.flatnonzero(kept)[np.argmin(sizes)])
            raise InvalidDataError(f"eigenvectors: column {column} is zero")
        return self.eigenvalues[kept], vectors / sizes

    def distances(self, x: ArrayLike, y: ArrayLike) -> FloatArray:
        """Euclidean distances of the nodes' positions, (len(x), len(y))."""
        from scipy.spatial.distance import cdist

        if self.positions is None:
            raise InvalidDataError(f"{self.description} has no positions, so distances are not known; pass positions=")
        return np.asarray(cdist(self.positions[self.check_points(x, "x")], self.positions[self.check_points(y, "y")]))

    def _spectrum(self, n: int) -> Spectrum:
        values, vectors = self._pairs
        self._checked_count(n, len(values))
        groups = group_eigenvalues(values, self._group_tolerance)
        end = group_end(groups, n)
        following = float(values[end]) if end < len(values) else None
        remarks: tuple[str, ...] = ()
        if following is None and not self._is_complete:
            remarks = ("whether the last eigenspace is complete is not known: no later eigenvalue was given",)
        modes = np.arange(1, end + 1, dtype=np.intp)[:, None]
        return Spectrum(
            values[:end], modes, groups[:end], following, np.ascontiguousarray(vectors[:, :end]), remarks=remarks
        )

    @property
    def _is_complete(self) -> bool:
        return len(self._pairs[0]) >= self.n_nodes - 1

    def _tail_bound(self, weighting: Weighting, spectrum: Spectrum, *, average: bool) -> float | None:
        if not self._is_complete:
            return None
        kept = len(spectrum.eigenvalues)
        if kept == len(self._pairs[0]):
            return 0.0
        return stored_tail(*self._pairs, weighting, kept, self._group_tolerance, average)


def _check_order(values: FloatArray) -> None:
    if len(values) > 1 and np.min(np.diff(values)) < 0:
        at = int(np.argmax(np.diff(values) < 0)) + 1
        raise InvalidDataError(
            f"eigenvalues has {values[at]} at index {at} after {values[at - 1]}; sort the pairs ascending"
        )
    noise = _ZERO * max(values[-1], 0.0)
    if values[0] < -noise:
        raise InvalidDataError(f"eigenvalues has {values[0]} at index 0; Laplacian eigenvalues are not negative")
    n_zero = int((values <= noise).sum())
    if n_zero == len(values):
        raise InvalidDataError("eigenvalues are all zero; give at least one positive one with its eigenvector")
    if n_zero > 1:
        raise InvalidDataError(
            f"eigenvalues has {n_zero} zeros: the domain is disconnected; remove these pairs if the mass of each "
            "component is equal by design"
        )


def _check_orthogonal(vectors: FloatArray, masses: FloatArray) -> None:
    gram = vectors.T @ (masses[:, None] * vectors)
    np.fill_diagonal(gram, 0.0)
    i, j = np.unravel_index(int(np.argmax(np.abs(gram))), gram.shape)
    if abs(gram[i, j]) > _ORTHOGONAL:
        raise InvalidDataError(
            f"eigenvectors {i} and {j} of the positive eigenvalues are not orthogonal under masses (cosine "
            f"{gram[i, j]:.3g}); pass the masses they were computed with"
        )
