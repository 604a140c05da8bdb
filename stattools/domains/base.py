"""What every domain offers: a set of points, a distance, a uniform law, and Laplacian eigenfunctions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from stattools import _random, _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import ArrayLike, FloatArray, IntArray, Seed

if TYPE_CHECKING:
    from stattools.domains.eigenbasis import EigenBasis
    from stattools.domains.weightings import Weighting


LARGEST = 1e100


@dataclass(frozen=True)
class Spectrum:
    """Leading non-constant eigenfunctions of a domain, ending where an eigenspace ends.

    eigenvalues : (L,) ascending.
    modes : (L, k) integers that name each eigenfunction on its domain.
    groups : (L,) number of the eigenspace, from 0.
    next_eigenvalue : the first eigenvalue that was left out, None when there is none or it is not known.
    eigenvectors : (n, L) values at the nodes under the "measure" normalisation; None where a formula gives them.
    """

    eigenvalues: FloatArray
    modes: IntArray
    groups: IntArray
    next_eigenvalue: float | None = None
    eigenvectors: FloatArray | None = None
    warnings: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def cutoff(self) -> float:
        """Half way between the last eigenvalue kept and the first one left out."""
        assert self.next_eigenvalue is not None
        return float((self.eigenvalues[-1] + self.next_eigenvalue) / 2)


def rebuild(cls: type[Any], values: dict[str, Any]) -> Any:
    """Make an object anew from its init fields; pickle calls this."""
    return cls(**values)


class FieldsOnly:
    """Pickling and comparison by init fields alone; whatever was cached beside them is left behind."""

    def _init_fields(self) -> dict[str, Any]:
        own: Any = self
        return {field.name: getattr(own, field.name) for field in fields(own) if field.init}

    def __reduce__(self) -> tuple[Any, ...]:
        return rebuild, (type(self), self._init_fields())

    def equals(self, other: object) -> bool:
        """Same type and same fields, arrays compared by value.

        Examples
        --------
        >>> from stattools.domains import Circle
        >>> Circle(360).equals(Circle(360)), Circle(360).equals(Circle(24))
        (True, False)
        """
        if self is other:
            return True
        if not isinstance(other, FieldsOnly) or type(self) is not type(other):
            return False
        theirs = other._init_fields()
        return all(_same(value, theirs[name]) for name, value in self._init_fields().items())


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, FieldsOnly):
        return a.equals(b)
    if hasattr(a, "tocsr") and hasattr(b, "tocsr"):
        return bool(a.shape == b.shape and (a != b).nnz == 0)
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and np.array_equal(a, b)
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    return bool(a == b)


class Domain(FieldsOnly, ABC):
    """A space on which distributions live.

    Users make one of the concrete domains: `Interval`, `Circle`, `Torus`, `Cylinder`, `Box`, `Sphere`, `Grid`,
    `Graph`, `Mesh`, `PointCloud` or `Precomputed`. Domains never change after they were made.

    Examples
    --------
    >>> from stattools.domains import Circle, Domain
    >>> circle = Circle(360, unit="deg")
    >>> isinstance(circle, Domain), circle.is_discrete, circle.dimension, circle.volume
    (True, False, 1, 360.0)
    >>> circle.check_points([-10.0, 370.0])
    array([[350.],
           [ 10.]])
    """

    is_discrete: ClassVar[bool] = False
    _group_tolerance: ClassVar[float] = 1e-8

    @property
    @abstractmethod
    def description(self) -> str:
        """One short line, such as ``Circle(360 deg)``."""

    def doubts(self, points: FloatArray) -> tuple[str, ...]:
        """Reasons to suspect that points, (M, k) finite numbers, are not in the units of the domain; most often none.

        Examples
        --------
        >>> from stattools.domains import Circle
        >>> Circle(360).doubts(np.array([[10.0], [-999.0]]))[0][:36]
        '1 of 2 values lie more than a turn f'
        """
        del points
        return ()

    @property
    @abstractmethod
    def dimension(self) -> int:
        """Intrinsic dimension; 0 for a finite set of nodes that is not a piece of a smooth space."""

    @property
    def n_coordinates(self) -> int:
        """Columns of an array of points; 1 where points are node ids."""
        return self.dimension

    @property
    def n_nodes(self) -> int | None:
        """Number of nodes, None on a continuous domain."""
        return None

    @property
    def node_masses(self) -> FloatArray:
        """(n,) probability of each node under the uniform law of a discrete domain."""
        raise InvalidParameterError(f"{self.description} is continuous and has no node masses; use uniform(n)")

    @property
    @abstractmethod
    def volume(self) -> float:
        """Length, area or volume; on nodes the total mass (number of nodes, of degrees, or the area of a mesh)."""

    @abstractmethod
    def check_points(self, points: ArrayLike, name: str = "points") -> Any:
        """Points in canonical form, or an `InvalidDataError` that names the row.

        Parameters
        ----------
        points : array_like
            (M, n_coordinates) numbers, or (M,) where there is one coordinate; (M,) node ids on a discrete domain.
        name : str
            What messages call the array.

        Returns
        -------
        (M, n_coordinates) float64, or (M,) intp of node ids
        """

    @abstractmethod
    def nodes(self) -> Any:
        """Points to draw a function of the domain at: all node ids, or a regular grid (n, n_coordinates)."""

    @abstractmethod
    def distances(self, x: ArrayLike, y: ArrayLike) -> FloatArray:
        """Geodesic distances, (len(x), len(y))."""

    @abstractmethod
    def uniform(self, n: int, rng: Seed = None) -> Any:
        """`n` independent points of the uniform law (the normalised volume)."""

    def eigenbasis(
        self,
        n_eigenfunctions: int = 20,
        *,
        weighting: Literal["biharmonic", "heat", "commute", "sobolev", "flat"]
        | Callable[[float], float] = "biharmonic",
        heat_time: float | None = None,
        order: float = 2.0,
        multiplicity: Literal["average", "fixed"] = "average",
        normalization: Literal["measure", "volume"] = "measure",
        n_rotations: int | None = None,
        rng: Seed = 0,
    ) -> EigenBasis:
        """The leading Laplacian eigenfunctions, as slices for distributions on this domain.

        The constant eigenfunction is never part of it. An eigenspace is never cut: the number asked for is extended
        to the end of the eigenspace it falls into, and the basis says so in its ``remarks``.

        Parameters
        ----------
        n_eigenfunctions : int, default 20
            How many; below the number of nodes on a discrete domain.
        weighting : str or callable, default "biharmonic"
            The weight alpha of an eigenfunction with eigenvalue lambda: "biharmonic" lambda**-2, "commute" lambda**-1,
            "sobolev" lambda**-order, "heat" exp(-heat_time * lambda), "flat" 1, or a function of one eigenvalue.
        heat_time : float, optional
            Time of the heat weighting; 1/lambda_1 when not given.
        order : float, default 2.0
            Exponent of the Sobolev weighting.
        multiplicity : {"average", "fixed"}, default "average"
            What stands for an eigenspace with more than one dimension. "average" takes directions spread over the
            eigenspace, so that symmetries of the domain leave distances alone; "fixed" takes the eigenfunctions as
            they are, and distances then depend on where the origin was put (by up to about 6 % on a circle).
        normalization : {"measure", "volume"}, default "measure"
            Eigenfunctions have unit mean square under the uniform law, or under the volume itself. Squared distances
            differ by the factor `volume`; tests do not differ.
        n_rotations : int, optional
            Directions in a two-dimensional eigenspace (16 when not given), random orthonormal frames in larger ones
            (4 when not given).
        rng : None, int, SeedSequence or Generator, default 0
            Seed of the random frames; used in eigenspaces of dimension three or more only.

        Returns
        -------
        EigenBasis

        Raises
        ------
        InvalidParameterError
            An option is out of range, there are not that many eigenfunctions, or a weight is negative or not finite.

        Warns
        -----
        AssumptionWarning
            On a continuous domain the weights decay too slowly for distances between points to stay finite as
            eigenfunctions are added (exponent at most half the dimension).

        References
        ----------
        Rustamov and Majumdar (2023), *Intrinsic Sliced Wasserstein Distances for Comparing Collections of Probability
        Distributions on Manifolds and Graphs*, PMLR 202, for the method. Averaging over eigenspaces: derived here, as
        the mean over all orthonormal bases of each eigenspace.

        Examples
        --------
        >>> from stattools.domains import Circle
        >>> basis = Circle(360, unit="deg").eigenbasis(10)
        >>> basis.n_slices, basis.evaluate([0.0, 90.0]).shape
        (80, (2, 80))
        """
        from stattools.domains._construction import build_basis

        return build_basis(
            self,
            n_eigenfunctions=n_eigenfunctions,
            weighting=weighting,
            heat_time=heat_time,
            order=order,
            multiplicity=multiplicity,
            normalization=normalization,
            n_rotations=n_rotations,
            rng=rng,
        )

    def __repr__(self) -> str:
        return self.description

    # What a concrete domain gives to the construction of a basis ------------------------------------------------

    @abstractmethod
    def _spectrum(self, n: int) -> Spectrum:
        """At least `n` leading eigenfunctions, to the end of an eigenspace (fewer only when that is impossible)."""

    def _evaluate_modes(self, points: Any, modes: IntArray) -> FloatArray:
        """(M, L) eigenfunctions, "measure" normalisation, at canonical points; where a formula gives them."""
        raise NotImplementedError

    def _mode_extremes(self, modes: IntArray) -> FloatArray:
        """(L, 2) lower and upper bounds of single eigenfunctions, "measure" normalisation."""
        raise NotImplementedError

    def _mode_shares(self, modes: IntArray) -> FloatArray:
        """(L,) numbers whose sum over an eigenspace bounds its sum of squared eigenfunctions at any point."""
        raise NotImplementedError

    @abstractmethod
    def _tail_bound(self, weighting: Weighting, spectrum: Spectrum, *, average: bool) -> float | None:
        """Bound of what the left-out eigenfunctions could add to a squared distance; None when none is known."""

    def _mode_name(self, mode: IntArray) -> str:
        return f"phi {int(mode[0])}"

    def _eigenspace_name(self, group: int, modes: IntArray) -> str:
        return f"eigenspace {group + 1}"


class NodeDomain(Domain):
    """A domain whose points are the nodes 0, 1, ..., n_nodes - 1."""

    is_discrete: ClassVar[bool] = True

    @property
    def n_coordinates(self) -> int:
        return 1

    @property
    @abstractmethod
    def n_nodes(self) -> int:
        """Number of nodes."""

    @property
    def positions(self) -> FloatArray | None:
        """(n, k) coordinates of the nodes for plots, or None."""
        return None

    def check_points(self, points: ArrayLike, name: str = "points") -> IntArray:
        array = as_array(points, name)
        if array.ndim == 2 and array.shape[1] == 1:
            array = array[:, 0]
        if array.ndim != 1:
            raise InvalidDataError(f"{name} has shape {array.shape}; points of {self.description} are (M,) node ids")
        if array.dtype.kind not in "iu":
            array = _whole_numbers(array, name, self.description)
        bad = np.flatnonzero((array < 0) | (array >= self.n_nodes))
        if bad.size:
            raise InvalidDataError(
                f"{name} has node id {array[bad[0]]} at row {bad[0]}; ids of {self.description} run from 0 to "
                f"{self.n_nodes - 1}"
            )
        ids: IntArray = _validation.read_only(np.ascontiguousarray(array, dtype=np.intp))
        return ids

    def nodes(self) -> IntArray:
        ids: IntArray = _validation.read_only(np.arange(self.n_nodes, dtype=np.intp))
        return ids

    def uniform(self, n: int, rng: Seed = None) -> IntArray:
        n = _validation.integer(n, "n", minimum=0)
        generator = _random.generator(_random.seed_sequence(rng))
        cumulative = np.cumsum(self.node_masses)
        drawn = np.searchsorted(cumulative, generator.random(n) * cumulative[-1], side="right")
        return self.check_points(np.minimum(drawn, self.n_nodes - 1))

    def nearest(self, points: ArrayLike) -> IntArray:
        """Id of the node nearest to each point of the surrounding space.

        Parameters
        ----------
        points : (M, k) array_like
            In the coordinates of `positions`.

        Raises
        ------
        InvalidDataError
            The domain has no positions, or the points have another number of columns.

        Examples
        --------
        >>> from stattools.domains import Grid
        >>> Grid((2, 3)).nearest([[0.9, 2.2], [0.1, 0.0]])
        array([5, 0])
        """
        from scipy.spatial import cKDTree

        if self.positions is None:
            raise InvalidDataError(f"{self.description} has no positions; pass positions= when you make it")
        coordinates = columns(points, self.positions.shape[1], "points", self.description)
        return self.check_points(cKDTree(self.positions).query(coordinates)[1])

    def _checked_count(self, n: int, available: int) -> None:
        if n >= self.n_nodes or n > available:
            raise InvalidParameterError(
                f"n_eigenfunctions is {n}; {self.description} has {available} non-constant eigenfunctions, so "
                f"n_eigenfunctions must be at most {available}"
            )


def as_array(values: Any, name: str) -> np.ndarray[Any, Any]:
    """An array of any type, or an `InvalidDataError` for ragged lists."""
    try:
        return np.asarray(values)
    except (ValueError, TypeError) as error:
        raise InvalidDataError(f"{name} cannot be read as a rectangular array: {error}") from None


def require_moderate(array: FloatArray, name: str) -> None:
    """Refuse sizes whose squares and sums could overflow."""
    if array.size and np.max(np.abs(array)) > LARGEST:
        index = np.unravel_index(int(np.argmax(np.abs(array))), array.shape)
        where = _validation.place(index, array.ndim)
        raise InvalidDataError(f"{name} has {array[index]:.3g} at {where}; sizes above {LARGEST:g} overflow, rescale")


def listed(values: Any, name: str) -> list[Any]:
    """The entries of a parameter that has one for each axis."""
    try:
        entries = None if isinstance(values, (str, bytes)) else list(values)
    except TypeError:
        entries = None
    if entries is None:
        raise InvalidParameterError(f"{name} is {values!r}; it must be a sequence with one entry for each axis")
    if not entries:
        raise InvalidParameterError(f"{name} is empty; give one entry for each axis")
    return entries


def _whole_numbers(array: np.ndarray[Any, Any], name: str, description: str) -> np.ndarray[Any, Any]:
    if array.dtype.kind == "b":
        raise InvalidDataError(f"{name} is boolean; points of {description} are node ids. Use numpy.flatnonzero(mask)")
    numbers = _validation.float_array(array, name, ndim=1, empty=True)
    bad = np.flatnonzero((numbers != np.floor(numbers)) | (np.abs(numbers) > 2**53))
    if bad.size:
        raise InvalidDataError(
            f"{name} has {numbers[bad[0]]} at row {bad[0]}; points of {description} are node ids, "
            "which are whole numbers"
        )
    return numbers.astype(np.int64)


def columns(points: ArrayLike, n_columns: int, name: str, description: str) -> FloatArray:
    """(M, n_columns) float64; one column may come as (M,)."""
    array = _validation.float_array(points, name, ndim=(1, 2), empty=True)
    if array.ndim == 1 and n_columns == 1:
        return array[:, None]
    if array.ndim == 1 and array.size == 0:
        return array.reshape(0, n_columns)
    if array.ndim == 1 or array.shape[1] != n_columns:
        raise InvalidDataError(
            f"{name} has shape {array.shape}; points of {description} are (M, {n_columns}), one row a point"
        )
    return array
