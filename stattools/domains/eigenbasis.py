"""Slices of a domain: functions on it that turn a distribution there into distributions on the line."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from stattools import _validation
from stattools._typing import ArrayLike, FloatArray, IntArray
from stattools.domains._eigenspaces import group_slices
from stattools.domains.base import Domain, FieldsOnly
from stattools.results.serialization import register


@register
@dataclass(frozen=True, eq=False, repr=False)
class EigenBasis(FieldsOnly):
    """Leading Laplacian eigenfunctions of a domain with their weights; a slicer for distributions.

    Made by ``domain.eigenbasis(...)``; the fields below are what is stored and serialised.

    Parameters
    ----------
    domain : Domain
    weighting : str
        The weighting in words, such as ``"biharmonic"`` or ``"heat(t=0.5)"``.
    normalization : {"measure", "volume"}
    multiplicity : {"average", "fixed"}
    eigenvalues : (L,) ascending, all positive; in 1 / (unit of length)**2.
    eigenvalue_weights : (L,) the weight alpha of each eigenfunction, equal within an eigenspace.
    groups : (L,) number of the eigenspace that each eigenfunction belongs to, from 0.
    modes : (L, k) integers that name the eigenfunctions (wave numbers; degree and order; column number).
    directions : tuple with one (S_E, m_E) array for each eigenspace
        Rows are unit vectors: the slices of an eigenspace in terms of its eigenfunctions.
    slice_ranges : (S,) largest minus smallest value of each slice function
        Exact for single eigenfunctions of a flat domain and for all slices of graphs, meshes and point clouds;
        elsewhere a proven upper bound.
    truncation_bound : float or None
        The squared distance over all eigenfunctions exceeds the one over these by at most this, for any two
        distributions. Infinite where no finite bound exists, None where none is known.
    next_eigenvalue : float or None
        The first eigenvalue left out.
    eigenvectors : (n, L) or None
        Values at the nodes, "measure" normalisation, where no formula gives them.
    warnings, remarks : tuple of str
        What the construction warned of, and what it did that was not asked for.

    Examples
    --------
    >>> from stattools.domains import Sphere
    >>> basis = Sphere().eigenbasis(20)
    >>> basis
    EigenBasis(24 eigenfunctions of Sphere(), biharmonic, 96 slices)
    >>> basis.remarks
    ('n_eigenfunctions = 20 was extended to 24, the end of an eigenspace',)
    >>> round(basis.truncation_bound, 6)  # 4 / (4 + 1)**2
    0.16
    """

    domain: Domain
    weighting: str
    normalization: str
    multiplicity: str
    eigenvalues: FloatArray
    eigenvalue_weights: FloatArray
    groups: IntArray
    modes: IntArray
    directions: tuple[FloatArray, ...]
    slice_ranges: FloatArray
    truncation_bound: float | None = None
    next_eigenvalue: float | None = None
    eigenvectors: FloatArray | None = None
    warnings: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("eigenvalues", "eigenvalue_weights", "slice_ranges", "groups", "modes", "eigenvectors"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, _validation.read_only(np.asarray(getattr(self, name))))
        for name in ("warnings", "remarks"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "directions", tuple(_validation.read_only(np.asarray(d)) for d in self.directions))

    @property
    def n_eigenfunctions(self) -> int:
        """L, the number of eigenfunctions."""
        return len(self.eigenvalues)

    @property
    def n_slices(self) -> int:
        """S, the number of slice functions; L when multiplicity is "fixed" or no eigenvalue repeats."""
        return sum(len(directions) for directions in self.directions)

    @property
    def description(self) -> str:
        """One line for printed results."""
        return (
            f"{_counted(self.n_eigenfunctions, 'eigenfunction')} of {self.domain.description}, {self.weighting}, "
            f"{_counted(self.n_slices, 'slice')}"
        )

    @cached_property
    def slice_groups(self) -> IntArray:
        """(S,) eigenspace of each slice."""
        counts = [len(directions) for directions in self.directions]
        groups: IntArray = _validation.read_only(np.repeat(np.arange(len(counts), dtype=np.intp), counts))
        return groups

    @cached_property
    def slice_weights(self) -> FloatArray:
        """(S,) weight of each slice: alpha times the dimension of its eigenspace over the number of slices there."""
        blocks = zip(self._columns, self.directions, strict=True)
        return self._by_group([self.eigenvalue_weights[c].sum() / len(d) for c, d in blocks])

    @cached_property
    def slice_eigenvalues(self) -> FloatArray:
        """(S,) eigenvalue of the eigenspace of each slice (the mean over the eigenspace)."""
        return self._by_group([self.eigenvalues[c].mean() for c in self._columns])

    @cached_property
    def slice_names(self) -> tuple[str, ...]:
        """(S,) names for tables and plots."""
        names: list[str] = []
        for group, (columns, directions) in enumerate(zip(self._columns, self.directions, strict=True)):
            modes = self.modes[columns]
            if len(modes) == 1 or self.multiplicity == "fixed":
                names += [self.domain._mode_name(mode) for mode in modes]
            else:
                space = self.domain._eigenspace_name(group, modes)
                names += [f"{space}, {name}" for name in _direction_names(directions)]
        return tuple(names)

    @property
    def min_gap(self) -> float:
        """Smallest relative gap between neighbouring eigenspaces, the next one left out included.

        The gap between eigenvalues a < b is (b - a) / b. Where it is tiny, a small change of the domain mixes the
        eigenfunctions on its two sides.
        """
        values = np.array([self.eigenvalues[c].mean() for c in self._columns])
        if self.next_eigenvalue is not None:
            values = np.append(values, self.next_eigenvalue)
        return float(np.min(np.diff(values) / values[1:])) if len(values) > 1 else float("inf")

    def evaluate(self, points: ArrayLike) -> FloatArray:
        """Slice functions at points of the domain.

        Parameters
        ----------
        points : (M, n_coordinates) array_like, or (M,) node ids

        Returns
        -------
        (M, S) float64

        Raises
        ------
        InvalidDataError
            A point is not on the domain.

        Examples
        --------
        >>> from stattools.domains import Interval
        >>> Interval(0, 1).eigenbasis(2).evaluate([0.0, 0.5]).round(4) + 0.0
        array([[ 1.4142,  1.4142],
               [ 0.    , -1.4142]])
        """
        eigenfunctions = self.evaluate_eigenfunctions(points)
        if self.multiplicity == "fixed" or self.n_slices == len(self.directions):
            return eigenfunctions
        values = np.empty((len(eigenfunctions), self.n_slices))
        start = 0
        for columns, directions in zip(self._columns, self.directions, strict=True):
            stop = start + len(directions)
            np.matmul(eigenfunctions[:, columns], directions.T, out=values[:, start:stop])
            start = stop
        return values

    def evaluate_eigenfunctions(self, points: ArrayLike) -> FloatArray:
        """The eigenfunctions themselves, not rotated.

        Parameters
        ----------
        points : (M, n_coordinates) array_like, or (M,) node ids

        Returns
        -------
        (M, L) float64

        Examples
        --------
        >>> from stattools.domains import Circle
        >>> Circle(4).eigenbasis(2).evaluate_eigenfunctions([0.0, 0.5]).round(4)
        array([[1.4142, 0.    ],
               [1.    , 1.    ]])
        """
        checked = self.domain.check_points(points)
        if self.eigenvectors is not None:
            values: FloatArray = self.eigenvectors[checked]
        else:
            values = self.domain._evaluate_modes(checked, self.modes)
        if self.normalization == "volume":
            values /= np.sqrt(self.domain.volume)
        return values

    def kernel(self, x: ArrayLike, y: ArrayLike) -> FloatArray:
        """k(x, y), the weighted sum of products of eigenfunctions, (len(x), len(y)).

        Examples
        --------
        >>> from stattools.domains import Circle
        >>> Circle(1.0).eigenbasis(2, weighting="flat").kernel([0.0], [0.0, 0.5]).round(4)
        array([[ 2., -2.]])
        """
        left = self.evaluate_eigenfunctions(x) * self.eigenvalue_weights
        return np.asarray(left @ self.evaluate_eigenfunctions(y).T)

    def spectral_distance(self, x: ArrayLike, y: ArrayLike) -> FloatArray:
        """Root of the weighted sum of squared differences of eigenfunctions, (len(x), len(y)).

        It is the sliced distance between a unit mass at x and one at y.

        Examples
        --------
        >>> from stattools.domains import Circle
        >>> distance = Circle(1.0).eigenbasis(200).spectral_distance([0.0], [0.3])
        >>> bool(abs(distance[0, 0] ** 2 - 0.3**2 * 0.7**2 / 12) < 1e-8)  # closed form of the biharmonic distance
        True
        """
        from scipy.spatial.distance import cdist

        root = np.sqrt(self.eigenvalue_weights)
        return np.asarray(cdist(self.evaluate_eigenfunctions(x) * root, self.evaluate_eigenfunctions(y) * root))

    def __repr__(self) -> str:
        return f"EigenBasis({self.description})"

    @cached_property
    def _columns(self) -> list[slice]:
        return group_slices(self.groups)

    def _by_group(self, values: list[Any]) -> FloatArray:
        spread: FloatArray = _validation.read_only(np.asarray(values, dtype=np.float64)[self.slice_groups])
        return spread


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'s' if count != 1 else ''}"


def _direction_names(directions: FloatArray) -> list[str]:
    n_slices, dimension = directions.shape
    if dimension == 2:
        return [f"{180 * i / n_slices:g} deg" for i in range(n_slices)]
    return [f"frame {i // dimension + 1}, axis {i % dimension + 1}" for i in range(n_slices)]
