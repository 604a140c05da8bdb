"""A space spanned by any functions, under a measure given by nodes and masses or by a sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from stattools import _validation
from stattools._errors import AssumptionWarning, DegenerateDataWarning, InvalidDataError, InvalidParameterError, warn
from stattools._typing import ArrayLike, FloatArray
from stattools.wls.poolsource import PoolSource
from stattools.wls.rows import Rows, orthonormal_rows
from stattools.wls.spaces import Draw, Space, default_input_names, table_values

ORTHONORMAL_TOLERANCE = 1e-8


@dataclass(frozen=True, eq=False, repr=False, init=False)
class FunctionSpace(Space):
    """The span of given functions, made orthonormal under a discrete measure.

    Parameters
    ----------
    basis : callable
        From (n, d) points to (n, p) values of the functions.
    nodes : (N, d) array_like or table, or (N,) for one input
        Nodes of a quadrature, or a sample from the measure.
    masses : (N,) array_like, optional
        Non-negative weights of the nodes, scaled to sum to one; equal by default, as for a sample.
    names : sequence of str, optional
        Names of the functions.

    Attributes
    ----------
    dim : int
        The rank of the functions at the nodes, which may be below p.
    transform : (p, m) float64
        The orthonormal basis is ``basis(x) @ transform``; the identity for functions that are orthonormal.

    Warns
    -----
    AssumptionWarning
        The functions are not orthonormal at the nodes within 1e-8: they are made so, and coefficients refer to the new
        basis.
    DegenerateDataWarning
        The functions are linearly dependent at the nodes.

    Raises
    ------
    InvalidDataError
        `basis` returns something else than a finite (n, p) array, or a mass is negative.

    Notes
    -----
    Designs take their points among the nodes, and all exact statements hold for the discrete measure of nodes and
    masses; a measure that they approximate is met up to the error of the quadrature, or to sampling error. A result
    that holds such a space cannot be stored as JSON, because functions cannot.

    Examples
    --------
    >>> nodes = (np.arange(1000) + 0.5) / 1000
    >>> wave = lambda x: np.column_stack([np.ones(len(x)), np.sqrt(2) * np.cos(np.pi * x[:, 0])])
    >>> space = FunctionSpace(wave, nodes)
    >>> space
    FunctionSpace(2 functions of 1 input, 1000 nodes)
    >>> space.christoffel([0.0])
    array([3.])
    """

    is_discrete: ClassVar[bool] = True

    basis: Callable[[FloatArray], Any]
    nodes: Any
    masses: Any = None
    names: Any = None
    transform: FloatArray = field(init=False, compare=False)
    _source: PoolSource = field(init=False, compare=False)

    def __init__(
        self,
        basis: Callable[[FloatArray], Any],
        nodes: ArrayLike,
        masses: ArrayLike | None = None,
        *,
        names: Sequence[str] | None = None,
    ) -> None:
        if not callable(basis):
            raise InvalidParameterError(f"basis is a {type(basis).__name__}; it takes a function of (n, d) points")
        points = table_values(nodes, "nodes")
        points = points.reshape(len(points), -1)
        mass = _masses(masses, len(points))
        object.__setattr__(self, "basis", basis)
        values = self._values(points)
        n_functions = values.shape[1]
        rows = orthonormal_rows(values, masses=mass)
        already = _is_orthonormal(values, mass)
        rows = _kept(rows, values) if already else _with_constant(rows)
        transform = rows.transform
        if not already:
            _warn_of_basis(n_functions, rows)
        given = tuple(str(name) for name in names) if names is not None else ()
        if names is not None and len(given) != n_functions:
            raise InvalidParameterError(f"names has {len(given)} entries for {n_functions} functions")
        dim = transform.shape[1]
        default = tuple(f"{'f' if already else 'q'}{k + 1}" for k in range(dim))
        fields = {
            "nodes": points,
            "masses": mass,
            "names": given or None,
            "transform": _validation.read_only(transform),
            "dim": dim,
            "n_inputs": points.shape[1],
            "input_names": default_input_names(points.shape[1]),
            "term_names": given if given and already else default,
            "measure": f"{len(points)} nodes" + (" with masses" if mass is not None else ""),
            "_source": PoolSource(rows),
        }
        for name, value in fields.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "constant_index", self._find_constant())

    def __repr__(self) -> str:
        functions = f"{self.dim} function{'' if self.dim == 1 else 's'}"
        inputs = f"{self.n_inputs} input{'' if self.n_inputs == 1 else 's'}"
        return f"FunctionSpace({functions} of {inputs}, {len(self.nodes)} nodes)"

    def check_points(self, x: ArrayLike, name: str = "x") -> FloatArray:
        return self._check_shape(x, name)

    def features(self, points: FloatArray) -> FloatArray:
        return np.ascontiguousarray(self._values(points) @ self.transform)

    def draw_measure(self, generator: np.random.Generator, n: int) -> Draw:
        return self._at(self._source.draw_measure(generator, n))

    def draw_optimal(self, generator: np.random.Generator, n: int) -> Draw:
        return self._at(self._source.draw_optimal(generator, n))

    def _at(self, draw: Draw) -> Draw:
        return Draw(self.nodes[draw.where], draw.features)

    def _values(self, points: FloatArray) -> FloatArray:
        values = _validation.float_array(self.basis(points), "basis(x)", ndim=2, empty=True)
        if len(values) != len(points):
            raise InvalidDataError(
                f"basis(x) has shape {values.shape} for {len(points)} points; it must have a row each"
            )
        return values

    def _find_constant(self) -> int | None:
        farthest = np.zeros(self.dim)
        for low, block in self._source.rows.blocks():
            mass = slice(low, low + len(block))
            there = np.ones(len(block), dtype=bool) if self.masses is None else self.masses[mass] > 0
            farthest = np.maximum(farthest, np.abs(block[there] - 1.0).max(axis=0, initial=0.0))
        constant = np.flatnonzero(farthest <= ORTHONORMAL_TOLERANCE)
        return int(constant[0]) if len(constant) else None


def _masses(masses: ArrayLike | None, n: int) -> FloatArray | None:
    if masses is None:
        return None
    mass = _validation.nonnegative(_validation.float_array(masses, "masses", ndim=1), "masses")
    if len(mass) != n:
        raise InvalidDataError(f"masses has {len(mass)} entries for {n} nodes")
    if not mass.any():
        raise InvalidDataError("masses are all zero; at least one node must have mass")
    return _validation.read_only(mass / mass.sum())


def _is_orthonormal(values: FloatArray, mass: FloatArray | None) -> bool:
    weights = 1.0 / len(values) if mass is None else mass[:, None]
    with np.errstate(over="ignore", invalid="ignore"):  # then it is not
        gram = values.T @ (values * weights)
    return bool(np.abs(gram - np.eye(len(gram))).max() <= ORTHONORMAL_TOLERANCE)


def _kept(rows: Rows, values: FloatArray) -> Rows:
    """The functions themselves as features: those of `rows` span the same and may be turned."""
    mass = 1.0 / len(values) if rows.masses is None else rows.masses
    leverage = mass * np.einsum("ij,ij->i", values, values)
    return Rows(values, np.eye(values.shape[1]), values.shape[1], leverage, rows.masses, values)


def _with_constant(rows: Rows) -> Rows:
    """The same span turned so that its first function is the constant 1, where the span holds it."""
    values = rows.features(np.arange(len(rows), dtype=np.intp))
    masses = np.full(len(rows), 1.0 / len(rows)) if rows.masses is None else rows.masses
    ones = masses @ values
    if 1.0 - ones @ ones > ORTHONORMAL_TOLERANCE:
        return rows
    turn, _ = np.linalg.qr(np.column_stack([ones, np.eye(rows.rank)]))
    turn = turn * np.where(ones @ turn[:, 0] < 0, -1.0, 1.0)
    return replace(rows, transform=rows.transform @ turn, stored=np.ascontiguousarray(values @ turn))


def _warn_of_basis(n_functions: int, rows: Rows) -> None:
    if rows.rank < n_functions:
        warn(
            f"the {n_functions} functions have rank {rows.rank} at the nodes; the space has dimension {rows.rank}",
            DegenerateDataWarning,
        )
    warn(
        "basis is not orthonormal under the measure of the nodes; it was made so, and coefficients refer to "
        "basis(x) @ space.transform",
        AssumptionWarning,
    )
