"""Slicers: maps that turn a distribution on any space into several distributions on the line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from stattools import _random, _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import ArrayLike, FloatArray, Seed


class Slicer(Protocol):
    """What an embedding needs of a slicer; `Identity`, `Directions` and the eigenbases of domains are slicers.

    Attributes
    ----------
    n_slices : int
        Number of slice functions S.
    slice_weights : (S,) float64
        Non-negative weights of the slices in squared distances.
    slice_names : tuple of str
    description : str
    domain : Domain or None
        Where the slice functions live; None for coordinates in R^d.

    Examples
    --------
    >>> def count(slicer: Slicer) -> int:
    ...     return slicer.n_slices
    >>> count(Identity())
    1
    """

    @property
    def n_slices(self) -> int: ...
    @property
    def slice_weights(self) -> FloatArray: ...
    @property
    def slice_names(self) -> tuple[str, ...]: ...
    @property
    def description(self) -> str: ...
    @property
    def domain(self) -> Any: ...
    def evaluate(self, points: Any) -> FloatArray:
        """The (M, S) values of the slice functions at M points."""
        ...


@dataclass(frozen=True, eq=False, repr=False)
class Identity:
    """The line as it is: one slice, the value itself.

    Examples
    --------
    >>> Identity().evaluate([1.0, 2.0]).shape
    (2, 1)
    """

    @property
    def n_slices(self) -> int:
        return 1

    @property
    def slice_weights(self) -> FloatArray:
        weights: FloatArray = _validation.read_only(np.ones(1))
        return weights

    @property
    def slice_names(self) -> tuple[str, ...]:
        return ("value",)

    @property
    def description(self) -> str:
        return "the line itself"

    @property
    def domain(self) -> None:
        return None

    @property
    def n_coordinates(self) -> int:
        """Coordinates of the points that are sliced."""
        return 1

    def evaluate(self, points: ArrayLike) -> FloatArray:
        """The points as one column.

        Parameters
        ----------
        points : (M,) or (M, 1) array_like

        Returns
        -------
        (M, 1) float64
        """
        return _coordinates(points, 1)

    def __repr__(self) -> str:
        return "Identity()"


@dataclass(frozen=True, eq=False, repr=False)
class Directions:
    """Linear slices of R^d: projections on unit directions shared by all distributions.

    Parameters
    ----------
    directions : (S, d) array_like
        Unit vectors, one a row.
    weights : (S,) array_like, optional
        Non-negative weights of the slices. The default 1/S makes the distance the sliced Wasserstein distance, the
        mean over directions.

    Raises
    ------
    InvalidDataError
        A direction is not a unit vector, a weight is negative, or their numbers differ.

    References
    ----------
    .. [1] Bonneel, Rabin, Peyre and Pfister (2015), Sliced and Radon Wasserstein barycenters of measures, J. Math.
       Imaging Vision 51, 22-45, section 2.

    Examples
    --------
    >>> Directions([[1.0, 0.0], [0.0, 1.0]]).evaluate([[3.0, 4.0]])
    array([[3., 4.]])
    """

    directions: FloatArray
    weights: FloatArray | None = None

    def __post_init__(self) -> None:
        directions = _validation.float_array(self.directions, "directions", ndim=2)
        with np.errstate(over="ignore"):
            lengths = np.linalg.norm(directions, axis=1)
        wrong = np.flatnonzero(np.abs(lengths - 1.0) > 1e-6)
        if wrong.size:
            raise InvalidDataError(
                f"directions has length {lengths[wrong[0]]:.6g} in row {wrong[0]}; divide each row by its length"
            )
        weights = np.full(len(directions), 1.0 / len(directions)) if self.weights is None else self.weights
        weights = _validation.nonnegative(_validation.float_array(weights, "weights", ndim=1), "weights")
        if len(weights) != len(directions):
            raise InvalidDataError(f"weights has {len(weights)} numbers for {len(directions)} directions")
        object.__setattr__(self, "directions", _validation.read_only(np.array(directions)))
        object.__setattr__(self, "weights", _validation.read_only(np.array(weights)))

    @classmethod
    def random(cls, dimension: int, n_directions: int, *, kind: str = "random", rng: Seed = None) -> Directions:
        """Draw directions from the unit sphere of R^d.

        Parameters
        ----------
        dimension : int
            The dimension d of the space.
        n_directions : int
            The number S of directions.
        kind : {"random", "orthogonal", "qmc"}, default "random"
            "random" draws them independently and uniformly; "orthogonal" draws uniform orthonormal frames, d
            directions at a time; "qmc" spreads them evenly, by equispaced angles with a random offset for d = 2 and by
            a scrambled Sobol sequence otherwise. Each direction is uniform on the sphere for all three.
        rng : None, int, SeedSequence or Generator
            Seed.

        Returns
        -------
        Directions
            With equal weights.

        Raises
        ------
        InvalidParameterError
            A number is below 1, or `kind` is unknown.

        Examples
        --------
        >>> Directions.random(3, 50, kind="orthogonal", rng=1)
        Directions(50 in R^3)
        """
        dimension = _validation.integer(dimension, "dimension", minimum=1)
        n_directions = _validation.integer(n_directions, "n_directions", minimum=1)
        _validation.choice(kind, ("random", "orthogonal", "qmc"), "kind")
        generator = _random.generator(_random.seed_sequence(rng))
        draw = {"random": _independent, "orthogonal": _orthogonal, "qmc": _spread}[kind]
        return cls(draw(dimension, n_directions, generator))

    @property
    def n_slices(self) -> int:
        return len(self.directions)

    @property
    def slice_weights(self) -> FloatArray:
        assert self.weights is not None
        return self.weights

    @property
    def slice_names(self) -> tuple[str, ...]:
        return tuple(f"direction {s + 1}" for s in range(self.n_slices))

    @property
    def description(self) -> str:
        return f"{self.n_slices} directions in R^{self.n_coordinates}"

    @property
    def domain(self) -> None:
        return None

    @property
    def n_coordinates(self) -> int:
        """Coordinates of the points that are sliced."""
        return int(self.directions.shape[1])

    def evaluate(self, points: ArrayLike) -> FloatArray:
        """Projections of points.

        Parameters
        ----------
        points : (M, d) array_like
            (M,) is accepted for d = 1.

        Returns
        -------
        (M, S) float64
        """
        return np.asarray(_coordinates(points, self.n_coordinates) @ self.directions.T)

    def __repr__(self) -> str:
        return f"Directions({self.n_slices} in R^{self.n_coordinates})"


def _coordinates(points: ArrayLike, n_coordinates: int) -> FloatArray:
    array = _validation.float_array(points, "points", ndim=(1, 2), empty=True)
    if array.ndim == 1 and n_coordinates == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[1] != n_coordinates:
        raise InvalidDataError(f"points has shape {array.shape}; the slicer needs (M, {n_coordinates})")
    return array


def _independent(dimension: int, n_directions: int, generator: np.random.Generator) -> FloatArray:
    return _normalized(generator.standard_normal((n_directions, dimension)))


def _orthogonal(dimension: int, n_directions: int, generator: np.random.Generator) -> FloatArray:
    n_frames = -(-n_directions // dimension)
    frames, triangles = np.linalg.qr(generator.standard_normal((n_frames, dimension, dimension)))
    # the sign of R's diagonal is LAPACK's choice; only with it removed is Q uniform (Mezzadri 2007)
    signs = np.sign(np.einsum("fii->fi", triangles))
    rows = np.swapaxes(frames * signs[:, None, :], 1, 2).reshape(-1, dimension)
    return _normalized(rows[:n_directions])


def _spread(dimension: int, n_directions: int, generator: np.random.Generator) -> FloatArray:
    if dimension == 1:
        return generator.choice([-1.0, 1.0], size=(n_directions, 1))
    if dimension == 2:  # a direction and its opposite give the same distance: half a turn holds them all
        angles = np.pi * (np.arange(n_directions) / n_directions + 2.0 * generator.random())
        return np.column_stack([np.cos(angles), np.sin(angles)])
    from scipy import special, stats

    if dimension > stats.qmc.Sobol.MAXDIM:
        raise InvalidParameterError(
            f"dimension is {dimension}; kind='qmc' reaches {stats.qmc.Sobol.MAXDIM}, use kind='random'"
        )
    sequence = stats.qmc.Sobol(dimension, scramble=True, rng=generator)
    uniforms = sequence.random_base2(max(0, (n_directions - 1).bit_length()))[:n_directions]
    return _normalized(special.ndtri(np.clip(uniforms, 2.0**-54, 1.0 - 2.0**-53)))


def _normalized(vectors: FloatArray) -> FloatArray:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
