"""Spaces of functions, orthonormal under a probability measure, in which a function is approximated."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from stattools import _random, _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import ArrayLike, FloatArray, Seed
from stattools.domains.base import FieldsOnly
from stattools.results.serialization import register
from stattools.wls import _kernels, ensembles, families as univariate, indexsets, sequential
from stattools.wls.families import Family

LAWS = ("measure", "optimal", "dpp")
SLACK = 1e-7  # of the width: points so little outside, as single precision makes them, are taken as the end
LARGEST_LOGARITHM = 290.0
MOST_INPUTS = 500
LETTERS = {"legendre": "P", "chebyshev": "T", "jacobi": "J", "hermite": "H", "laguerre": "L"}


class Draw(NamedTuple):
    """Points, (n, d) coordinates or (n,) rows of a pool, and their orthonormal features, (n, m)."""

    where: Any
    features: FloatArray


class Space(FieldsOnly, ABC):
    """A space V of dimension m with a basis that is orthonormal under a probability measure mu.

    Users make a `PolynomialSpace`, a `SphericalHarmonicSpace` or a `FunctionSpace`. Spaces never change after they were
    made.

    Attributes
    ----------
    dim : int
        m.
    n_inputs : int
        Columns of an array of points.
    input_names : tuple of str
        A name for each coordinate.
    term_names : tuple of str
        A name for each basis function.
    constant_index : int or None
        Which basis function is the constant 1.

    Examples
    --------
    >>> space = PolynomialSpace(["legendre"] * 2, degree=3)
    >>> isinstance(space, Space), space.dim, space.constant_index
    (True, 10, 0)
    """

    dim: int
    n_inputs: int
    input_names: tuple[str, ...]
    term_names: tuple[str, ...]
    constant_index: int | None
    measure: str
    is_discrete: ClassVar[bool] = False

    # what a kind of space provides -----------------------------------------------------------------------------------
    @abstractmethod
    def check_points(self, x: ArrayLike, name: str = "x") -> FloatArray:
        """(n, d) points of the domain, after a check."""

    @abstractmethod
    def features(self, points: FloatArray) -> FloatArray:
        """(n, m) values of the basis at points that were checked."""

    @abstractmethod
    def draw_measure(self, generator: np.random.Generator, n: int) -> Draw:
        """Independent draws from mu."""

    @abstractmethod
    def draw_optimal(self, generator: np.random.Generator, n: int) -> Draw:
        """Independent draws from the optimal measure, whose density is the Christoffel function over m."""

    def draw_ensemble_points(self, generator: np.random.Generator) -> FloatArray | None:
        """(m, d) points of the projection DPP by a random matrix, where there is one for the space."""
        del generator
        return None

    def draw_ensemble(self, generator: np.random.Generator) -> Draw | None:
        """`draw_ensemble_points` with features."""
        points = self.draw_ensemble_points(generator)
        return None if points is None else Draw(points, self.features(points))

    # what all have ---------------------------------------------------------------------------------------------------
    def evaluate(self, x: ArrayLike) -> FloatArray:
        """Values of the orthonormal basis.

        Parameters
        ----------
        x : (n, d) array_like or table, or (n,) for one input
            Points of the domain.

        Returns
        -------
        (n, m) float64

        Raises
        ------
        InvalidDataError
            A point is missing, infinite or outside the domain, or has another number of coordinates.

        Examples
        --------
        >>> PolynomialSpace("legendre", degree=1).evaluate([0.0, 1.0]).round(4)
        array([[1.    , 0.    ],
               [1.    , 1.7321]])
        """
        return self.features(self.check_points(x))

    def christoffel(self, x: ArrayLike) -> FloatArray:
        """The inverse Christoffel function k(x): the sum of squares of the orthonormal basis, whose mean is m.

        Parameters
        ----------
        x : (n, d) array_like or table, or (n,) for one input

        Returns
        -------
        (n,) float64

        Raises
        ------
        InvalidDataError
            As `evaluate`.

        Examples
        --------
        >>> PolynomialSpace("legendre", degree=1).christoffel([0.0, 1.0]).round(4)
        array([1., 4.])
        """
        features = self.evaluate(x)
        return np.asarray(np.einsum("ij,ij->i", features, features))

    def sample(self, n: int | None = None, *, law: str = "measure", rng: Seed = None) -> FloatArray:
        """Random points.

        Parameters
        ----------
        n : int, optional
            How many; not given for a DPP, which has m points.
        law : {"measure", "optimal", "dpp"}
            Independent points from mu, independent points from the optimal measure k(x) dmu / m, or one draw of the
            projection determinantal point process of the space, whose points repel each other.
        rng : None, int, SeedSequence or Generator
            A Generator is drawn from as it is.

        Returns
        -------
        (n, d) float64

        Raises
        ------
        InvalidParameterError
            `n` is missing, or given for a DPP and not m.

        Examples
        --------
        >>> space = PolynomialSpace("legendre", degree=4)
        >>> space.sample(law="dpp", rng=1).shape, space.sample(3, rng=1).shape
        ((5, 1), (3, 1))
        """
        law = _validation.choice(law, LAWS, "law")
        generator = rng if isinstance(rng, np.random.Generator) else _random.generator(_random.seed_sequence(rng))
        if law == "dpp":
            if n is not None and _validation.integer(n, "n") != self.dim:
                raise InvalidParameterError(f"n is {n}; a draw of the DPP of this space has dim = {self.dim} points")
            points = self.draw_ensemble_points(generator)
            return points if points is not None else np.asarray(sequential.by_rejection(self, generator).where)
        if n is None:
            raise InvalidParameterError(f"law={law!r} needs n, the number of points")
        size = _validation.integer(n, "n", minimum=0)
        draw = self.draw_measure if law == "measure" else self.draw_optimal
        return np.asarray(draw(generator, size).where)

    def _check_shape(self, x: ArrayLike, name: str) -> FloatArray:
        """Numbers with a column for each input; a plain list counts as the points of a space of one input."""
        array = table_values(x, name)
        if array.ndim == 1 and self.n_inputs == 1:
            array = array.reshape(-1, 1)
        if array.ndim != 2 or array.shape[1] != self.n_inputs:
            raise InvalidDataError(
                f"{name} has shape {array.shape}; points of {self!r} have {self.n_inputs} "
                f"coordinate{'s' if self.n_inputs > 1 else ''}, one row each"
            )
        return array


def table_values(x: Any, name: str) -> FloatArray:
    """Numbers of an array, or of a pandas, polars or pyarrow table.

    Examples
    --------
    >>> import pandas as pd
    >>> table_values(pd.DataFrame({"a": [1, 2]}), "X")
    array([[1.],
           [2.]])
    """
    if type(x).__module__.partition(".")[0] == "pyarrow":
        x = x.to_pandas()
    return _validation.float_array(x, name, ndim=(1, 2))


@register
@dataclass(frozen=True, eq=False, repr=False, init=False)
class PolynomialSpace(Space):
    """Products of univariate orthonormal functions, over a set of multi-indices.

    Parameters
    ----------
    families : str, tuple, or sequence of them
        One family for each input: "legendre" (uniform measure), "chebyshev" (arcsine), ("jacobi", alpha, beta) with the
        weight (1 - x)^alpha (1 + x)^beta, "hermite" or ("hermite", mean, sd) (normal), "laguerre" or
        ("laguerre", alpha, scale) (gamma with shape alpha + 1; scale 1 by default), "trigonometric" (uniform on a
        circle: 1, cosine, sine, ...).
    index_set : {"total_degree", "hyperbolic_cross", "tensor", "lq"} or (m, d) array of int
        Which products. With levels l_j and anisotropy g_j: sum g_j l_j <= p; prod (l_j + 1)^g_j <= p + 1; each
        g_j l_j <= p (p may be one number for each input); sum (g_j l_j)^q <= p^q. The level of a polynomial is its
        degree, of a cosine or sine its frequency. An array gives the multi-indices themselves, in any shape of set.
    degree : number
        p. Not given with an array.
    domain : (low, high), or a sequence with one for each input, optional
        Interval of each input; None for hermite and laguerre. By default [-1, 1], and [0, 1) for trigonometric.
    anisotropy : (d,) array_like, optional
        g: positive; an input with a larger number gets lower degrees. Not with an array.
    q : float, default 0.5
        Exponent of "lq", positive; below 1 the set is thinned where many inputs act together.
    names : sequence of str, optional
        Names of the inputs, for tables and terms; x1, x2, ... by default, x for one input.

    Attributes
    ----------
    term_names : tuple of str
        "P2(x1)*H1(x3)" is the product of the orthonormal functions of degree 2 and 1 in these inputs: P for legendre, T
        for chebyshev, J for jacobi, H for hermite, L for laguerre.
    indices : (m, d) int
        The multi-indices. For a trigonometric input 0 is the constant, 2 l - 1 and 2 l are cosine and sine.
    univariate : tuple of Family
        The family of each input.

    Raises
    ------
    InvalidParameterError
        A family, domain, degree or index set that cannot be used; a set of more than 50,000 functions.

    Notes
    -----
    Values come from three-term recurrences in orthonormal form, O(d K + d m) a point for K degrees. Draws from the
    optimal measure pick a function of the basis at random and draw each input from the square of its univariate factor
    [1]_, by a table of each distribution function with an error below 1e-8; the table takes 2 kB times K^2 for each
    family. For one input and all degrees below m, draws of the projection DPP are eigenvalues of a random tridiagonal
    matrix where the family has one.

    References
    ----------
    .. [1] Cohen and Migliorati (2017), Optimal weighted least-squares methods, SMAI J. Comput. Math. 3, section 5.

    Examples
    --------
    >>> space = PolynomialSpace(["legendre", "hermite"], degree=3, domain=[(0, 10), None])
    >>> space
    PolynomialSpace(legendre on [0, 10], hermite(0, 1); total degree 3: 10 functions)
    >>> space.term_names[:3]
    ('1', 'P1(x1)', 'H1(x2)')
    """

    families: Any
    index_set: Any = "total_degree"
    degree: Any = None
    domain: Any = None
    anisotropy: Any = None
    q: float = 0.5
    names: Any = None
    indices: npt.NDArray[np.int64] = field(init=False, compare=False)
    univariate: tuple[Family, ...] = field(init=False, compare=False)

    def __init__(
        self,
        families: Any,
        *,
        index_set: Any = "total_degree",
        degree: Any = None,
        domain: Any = None,
        anisotropy: Any = None,
        q: float = 0.5,
        names: Sequence[str] | None = None,
    ) -> None:
        parsed = _families(families, domain)
        inputs = _input_names(names, len(parsed))
        fields: dict[str, Any] = {
            "families": tuple((family.name, *family.parameters) for family in parsed),
            "domain": tuple((family.low, family.high) if family.bounded else None for family in parsed),
        }
        q = _validation.real(q, "q", minimum=0, maximum=100, exclusive=True)
        if isinstance(index_set, str):
            name = _validation.choice(index_set, indexsets.NAMES, "index_set")
            if degree is None:
                raise InvalidParameterError(f"index_set={name!r} needs degree")
            weights = _anisotropy(anisotropy, len(parsed))
            paired = [family.name == "trigonometric" for family in parsed]
            indices = indexsets.build(name, degree, len(parsed), weights, q, paired)
            fields |= {"index_set": name, "degree": _plain_degree(degree), "anisotropy": weights}
        else:
            if degree is not None or anisotropy is not None:
                word = "degree" if degree is not None else "anisotropy"
                raise InvalidParameterError(f"{word} is given together with an array of multi-indices; leave it out")
            indices = indexsets.check(index_set, len(parsed))
            fields |= {"index_set": indices, "degree": None, "anisotropy": None}
        _check_growth(parsed, indices)
        indices = np.ascontiguousarray(indices)
        indices.flags.writeable = False
        constant = np.flatnonzero(~indices.any(axis=1))
        fields |= {
            "q": q,
            "names": None if names is None else inputs,
            "input_names": inputs,
            "indices": indices,
            "dim": len(indices),
            "n_inputs": len(parsed),
            "constant_index": int(constant[0]) if len(constant) else None,
            "term_names": tuple(_term_name(index, parsed, inputs) for index in indices.tolist()),
            "measure": " x ".join(family.description for family in parsed),
            "univariate": parsed,
        }
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        inputs = ", ".join(family.description for family in self.univariate)
        named = isinstance(self.index_set, str)
        what = f"{self.index_set.replace('_', ' ')} {_degree_text(self.degree)}" if named else "own index set"
        return f"PolynomialSpace({inputs}; {what}: {self.dim} function{'' if self.dim == 1 else 's'})"

    def check_points(self, x: ArrayLike, name: str = "x") -> FloatArray:
        points = self._check_shape(x, name)
        for j, family in enumerate(self.univariate):
            slack = SLACK * (family.high - family.low) if family.bounded else 0.0
            outside = np.flatnonzero((points[:, j] < family.low - slack) | (points[:, j] > family.high + slack))
            if outside.size:
                raise InvalidDataError(
                    f"{name} has {float(points[outside[0], j])!r} at row {outside[0]}, input {j + 1}, outside "
                    f"{family.description}; the space is defined there only"
                )
        ends = np.array([(family.low, family.high) for family in self.univariate]).T
        return _validation.read_only(np.clip(points, *ends))

    def features(self, points: FloatArray) -> FloatArray:
        tables = np.empty((self.n_inputs, len(points), max(self._sizes)))
        for j, (family, size) in enumerate(zip(self.univariate, self._sizes, strict=True)):
            tables[j, :, :size] = family.values(points[:, j], size)
        return np.asarray(_kernels.tensor_products(tables, self.indices))

    def draw_measure(self, generator: np.random.Generator, n: int) -> Draw:
        columns = [family.sample(generator, n) for family in self.univariate]
        return self._draw(np.column_stack(columns) if n else np.empty((0, self.n_inputs)))

    def draw_optimal(self, generator: np.random.Generator, n: int) -> Draw:
        chosen = self.indices[generator.integers(self.dim, size=n)]
        levels = generator.random((self.n_inputs, n))
        points = np.empty((n, self.n_inputs))
        for j, (family, size) in enumerate(zip(self.univariate, self._sizes, strict=True)):
            points[:, j] = family.induced(np.ascontiguousarray(chosen[:, j]), levels[j], size)
        return self._draw(points)

    def draw_ensemble_points(self, generator: np.random.Generator) -> FloatArray | None:
        if self.n_inputs > 1 or self.dim != self._sizes[0]:
            return None
        points = ensembles.points(self.univariate[0], self.dim, generator)
        return None if points is None else points[:, None]

    def _draw(self, points: FloatArray) -> Draw:
        return Draw(points, self.features(points))

    @property
    def _sizes(self) -> tuple[int, ...]:
        """How many univariate functions of each input are needed."""
        return tuple(int(k) + 1 for k in self.indices.max(axis=0))


def _families(families: Any, domain: Any) -> tuple[Family, ...]:
    single = isinstance(families, str) or (
        isinstance(families, tuple)
        and len(families) > 1
        and isinstance(families[0], str)
        and not any(isinstance(item, (str, tuple, list)) for item in families[1:])
    )
    items = [families] if single else list(families) if isinstance(families, Sequence) else None
    if not items:
        raise InvalidParameterError(
            f"families is {families!r}; it takes one family for each input, such as ['legendre', 'hermite']"
        )
    if len(items) > MOST_INPUTS:
        raise InvalidParameterError(f"families has {len(items)} entries; a space has at most {MOST_INPUTS} inputs")
    domains = _domains(domain, len(items))
    return tuple(univariate.parse(item, interval) for item, interval in zip(items, domains, strict=True))


def _check_growth(families: Sequence[Family], indices: npt.NDArray[np.int64]) -> None:
    """Refuse functions of unbounded inputs whose squares leave the range of double precision where points are drawn."""
    sizes = indices.max(axis=0) + 1
    logarithms = sum(
        family.largest_logarithms(int(size))[indices[:, j]]
        for j, (family, size) in enumerate(zip(families, sizes, strict=True))
    )
    worst = int(np.argmax(logarithms))
    if np.asarray(logarithms)[worst] > LARGEST_LOGARITHM:
        raise InvalidParameterError(
            f"the function of degrees {tuple(indices[worst].tolist())} leaves the range of double precision at its "
            "outer "
            "points; hermite reaches degree 300 or so, laguerre 160, and their products less"
        )


def _domains(domain: Any, n_inputs: int) -> list[Any]:
    if domain is None:
        return [None] * n_inputs
    if not isinstance(domain, (Sequence, np.ndarray)) or isinstance(domain, str):
        raise InvalidParameterError(f"domain is {domain!r}; it takes (low, high) for each input")
    entries = list(np.atleast_1d(domain)) if isinstance(domain, np.ndarray) else list(domain)
    if len(entries) == 2 and all(np.ndim(entry) == 0 and entry is not None for entry in entries):
        return [tuple(entries)] * n_inputs
    if len(entries) != n_inputs:
        raise InvalidParameterError(
            f"domain has {len(entries)} entries for {n_inputs} inputs; give (low, high) or None for each"
        )
    return entries


def _anisotropy(anisotropy: Any, n_inputs: int) -> tuple[float, ...]:
    if anisotropy is None:
        return (1.0,) * n_inputs
    weights = _validation.float_array(anisotropy, "anisotropy", ndim=1)
    if len(weights) != n_inputs:
        raise InvalidParameterError(f"anisotropy has {len(weights)} entries for {n_inputs} inputs")
    return tuple(_validation.real(float(w), "anisotropy", minimum=1e-3, maximum=1e6) for w in weights)


def _plain_degree(degree: Any) -> Any:
    return degree if np.ndim(degree) == 0 else tuple(float(value) for value in degree)


def _degree_text(degree: Any) -> str:
    return f"{degree:g}" if np.ndim(degree) == 0 else "(" + ", ".join(f"{value:g}" for value in degree) + ")"


def _input_names(names: Any, n_inputs: int) -> tuple[str, ...]:
    if names is None:
        return default_input_names(n_inputs)
    given = (names,) if isinstance(names, str) else tuple(str(name) for name in names)
    if len(given) != n_inputs or len(set(given)) != n_inputs:
        raise InvalidParameterError(f"names is {names!r}; it takes a different name for each of {n_inputs} inputs")
    return given


def default_input_names(n_inputs: int) -> tuple[str, ...]:
    """x, or x1, x2, ...

    Examples
    --------
    >>> default_input_names(1), default_input_names(2)
    (('x',), ('x1', 'x2'))
    """
    return ("x",) if n_inputs == 1 else tuple(f"x{j + 1}" for j in range(n_inputs))


def _term_name(index: Sequence[int], parsed: Sequence[Family], names: Sequence[str]) -> str:
    """Such as "1", "P2(x1)*H1(x3)" or "cos2(x1)": the letter of the family and its degree."""
    parts = []
    for k, family, name in zip(index, parsed, names, strict=True):
        if k and family.name == "trigonometric":
            parts.append(f"{'cos' if k % 2 else 'sin'}{(k + 1) // 2}({name})")
        elif k:
            parts.append(f"{LETTERS[family.name]}{k}({name})")
    return "*".join(parts) or "1"
