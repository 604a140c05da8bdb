"""DistributionArray: N distributions on the line, in R^d or on a domain, as one immutable object."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import ArrayLike, FloatArray, IntArray, NanPolicy, Seed

if TYPE_CHECKING:
    from stattools.distributions.embedding import Embedding
    from stattools.distributions.slicers import Slicer


@dataclass(frozen=True, eq=False, repr=False)
class DistributionArray:
    """N probability distributions on one space, each with finitely many weighted atoms.

    Build one with a constructor, whose name says what the numbers are: `from_samples` (values), `from_histogram`
    (frequencies), `from_quantiles`, `from_density`, `from_frame` (a long table), `concat`.

    Attributes
    ----------
    points : (M, d) or (n, d) float64, or node ids (M,) or (n,) intp
        Atoms of all distributions one after the other, or the support that they share.
    masses : (M,) float64, None or (N, n) float64
        Masses of the atoms, with sum 1 for each distribution; None when the atoms of a distribution weigh the same.
        (N, n) on a shared support.
    offsets : (N + 1,) intp or None
        Distribution i holds the atoms ``offsets[i]:offsets[i + 1]``; None on a shared support.
    totals : (N,) float64
        Masses before normalisation: the number of points of a sample, the sum of a row of counts.
    domain : Domain or None
        None for R^d.
    names : tuple of str
        One a distribution.
    groups : (N,) ndarray or None
        Group label of each distribution.
    group_levels : tuple
        The distinct labels in order.
    n_omitted : int
        Points and distributions that ``nan_policy="omit"`` left out; `remarks` says which.
    remarks : tuple of str

    Examples
    --------
    >>> array = DistributionArray.from_samples([[1.0, 2.0, 3.0], [4.0, 8.0]], groups=["a", "b"])
    >>> array
    DistributionArray(2 distributions on the line, samples of 2 to 3 points, groups
        a: 1, b: 1)
    >>> array.mean()
    array([2., 6.])
    """

    points: Any
    masses: FloatArray | None
    offsets: IntArray | None
    totals: FloatArray
    domain: Any = None
    names: tuple[str, ...] = ()
    groups: Any = None
    group_levels: tuple[Any, ...] = ()
    n_omitted: int = 0
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for field in ("points", "masses", "offsets", "totals", "groups"):
            value = getattr(self, field)
            if value is not None:
                object.__setattr__(self, field, _validation.read_only(np.asanyarray(value)))
        n = len(self.totals)
        if not self.names:
            object.__setattr__(self, "names", tuple(str(i) for i in range(n)))
        atoms = len(self.points)
        consistent = (
            self.masses is not None and self.masses.shape == (n, atoms)
            if self.offsets is None
            else self.offsets.shape == (n + 1,)
            and self.offsets[-1] == atoms
            and (self.masses is None or self.masses.shape == (atoms,))
        )
        if n == 0 or not consistent or len(self.names) != n or (self.groups is not None and len(self.groups) != n):
            raise InvalidDataError("the parts of a DistributionArray do not fit together; build it with a constructor")

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()  # arrays come out of a pickle or a copy writable

    # constructors ------------------------------------------------------------------------------------------------
    @classmethod
    def from_samples(
        cls,
        samples: Any,
        *,
        masses: Any = None,
        offsets: ArrayLike | None = None,
        domain: Any = None,
        names: Sequence[Any] | None = None,
        groups: Any = None,
        nan_policy: NanPolicy = "raise",
    ) -> DistributionArray:
        """Distributions given by their points.

        Parameters
        ----------
        samples : sequence of (m_i,) or (m_i, d) array_like, mapping, or ndarray
            One array of points a distribution; a mapping also gives the names. A rectangular array (N, m) or (N, m, d)
            holds N samples of the same size. With `offsets`, all points in one array (M,) or (M, d), which may be a
            float64 memmap and then stays on disk. On a domain with nodes, points are node ids.
        masses : like samples without the coordinates, optional
            Non-negative masses of the points, normalised to sum 1 within each distribution. Default: equal.
        offsets : (N + 1,) array_like of int, optional
            Distribution i is ``samples[offsets[i]:offsets[i + 1]]``.
        domain : Domain, optional
            Where the points live; default R^d.
        names : sequence, optional
            One name a distribution; default "0", "1", ...
        groups : (N,) array_like, optional
            Group label of each distribution.
        nan_policy : {"raise", "omit"}, default "raise"
            "omit" leaves out points with a missing coordinate or mass, and distributions without a point left.

        Returns
        -------
        DistributionArray

        Raises
        ------
        InvalidDataError
            A distribution is empty or has no mass; a point is not finite or outside the domain; a mass is negative,
            NaN or infinite; shapes do not fit. The message names the distribution and the point.

        Notes
        -----
        Memory: 8 M d bytes for the points (none for a memmap), 8 M for masses if given.

        Examples
        --------
        >>> DistributionArray.from_samples({"mon": [1.0, 4.0], "tue": [2.0, 2.5, 3.0]}).names
        ('mon', 'tue')
        """
        from stattools.distributions import _samples

        return cls(**_samples.samples(samples, masses, offsets, domain, names, groups, nan_policy))

    @classmethod
    def from_histogram(
        cls,
        frequencies: Any,
        edges: Any = None,
        *,
        support: ArrayLike | None = None,
        domain: Any = None,
        names: Sequence[Any] | None = None,
        groups: Any = None,
        nan_policy: NanPolicy = "raise",
    ) -> DistributionArray:
        """Distributions given by counts or masses on a shared support.

        Parameters
        ----------
        frequencies : (N, n) array_like or scipy sparse
            Row i holds the counts or masses of distribution i; rows are normalised and their sums kept in `totals`.
            (n,) is one distribution. (N, n1, n2, ...) holds histograms over several coordinates. A sparse matrix is
            stored by its non-zero entries.
        edges : (n + 1,) array_like, or one such array a coordinate, optional
            Increasing bin edges; the mass of a bin sits at its centre. ``from_histogram(*np.histogram(x))`` works.
        support : (n,) or (n, d) array_like, optional
            Where the masses sit; node ids on a domain with nodes. Without edges and support, a domain with nodes takes
            all of its nodes.
        domain, names, groups
            As in `from_samples`.
        nan_policy : {"raise", "omit"}, default "raise"
            "omit" leaves out distributions with a missing frequency.

        Returns
        -------
        DistributionArray

        Raises
        ------
        InvalidDataError
            A frequency is negative, NaN or infinite (the row and column are named), a row has no mass, the number of
            columns is not that of bins or nodes, or the support lies outside the domain.
        InvalidParameterError
            None or several of edges, support and a domain with nodes say where the masses sit.

        Examples
        --------
        >>> DistributionArray.from_histogram([[1, 2, 1], [0, 0, 5]], edges=[0.0, 1.0, 2.0, 3.0]).mean()
        array([1.5, 2.5])
        """
        from stattools.distributions import _histograms

        return cls(**_histograms.histogram(frequencies, edges, support, domain, names, groups, nan_policy))

    @classmethod
    def from_quantiles(
        cls,
        quantiles: ArrayLike,
        *,
        levels: ArrayLike | None = None,
        domain: Any = None,
        names: Sequence[Any] | None = None,
        groups: Any = None,
        nan_policy: NanPolicy = "raise",
    ) -> DistributionArray:
        """Distributions on the line given by quantiles at shared levels.

        The quantile function is taken as a step function: the value at a level holds half-way to the neighbouring
        levels, so that the quantile at each given level is the one given.

        Parameters
        ----------
        quantiles : (N, D) array_like
            Non-decreasing rows.
        levels : (D,) array_like, optional
            Strictly increasing, in [0, 1]; default (k + 1/2)/D, which makes the D values equally probable.
        domain : Interval, optional
        names, groups
            As in `from_samples`.
        nan_policy : {"raise", "omit"}, default "raise"
            "omit" leaves out distributions with a missing quantile.

        Returns
        -------
        DistributionArray

        Raises
        ------
        InvalidDataError
            A row decreases (row and column are named), is not finite or is outside the domain.

        Examples
        --------
        >>> array = DistributionArray.from_quantiles([[1.0, 2.0, 4.0]], levels=[0.25, 0.5, 0.75])
        >>> array.quantile([0.25, 0.5, 0.75])
        array([[1., 2., 4.]])
        """
        from stattools.distributions import _histograms

        return cls(**_histograms.quantiles(quantiles, levels, domain, names, groups, nan_policy))

    @classmethod
    def from_density(
        cls,
        density: ArrayLike,
        *,
        support: ArrayLike | None = None,
        volumes: ArrayLike | None = None,
        domain: Any = None,
        names: Sequence[Any] | None = None,
        groups: Any = None,
        nan_policy: NanPolicy = "raise",
    ) -> DistributionArray:
        """Distributions given by densities at shared points.

        The mass of a point is its density times the volume of its cell; rows are then normalised.

        Parameters
        ----------
        density : (N, n) array_like
            Non-negative values; they need not integrate to 1.
        support : (n,) or (n, d) array_like
            Where the densities were evaluated; a domain with nodes may leave it out.
        volumes : (n,) array_like, optional
            Volumes of the cells. By default, node masses on a domain with nodes, and on the line, an interval or a
            circle the length of the points that are nearest to each; anything else needs them.
        domain, names, groups
            As in `from_samples`.
        nan_policy : {"raise", "omit"}, default "raise"
            "omit" leaves out distributions with a missing value.

        Returns
        -------
        DistributionArray

        Raises
        ------
        InvalidDataError
            As in `from_histogram`.
        InvalidParameterError
            `volumes` is needed.

        Examples
        --------
        >>> x = [0.0, 0.5, 1.0]
        >>> DistributionArray.from_density([[1.0, 1.0, 1.0]], support=x).atoms(0)[1]
        array([0.25, 0.5 , 0.25])
        """
        from stattools.distributions import _histograms

        return cls(**_histograms.density(density, support, volumes, domain, names, groups, nan_policy))

    @classmethod
    def from_frame(
        cls,
        df: Any,
        *,
        value: str | Sequence[str],
        unit: str,
        group: str | None = None,
        mass: str | None = None,
        domain: Any = None,
        nan_policy: NanPolicy = "raise",
    ) -> DistributionArray:
        """Distributions from a long table with one row an observation.

        Parameters
        ----------
        df : pandas, polars or pyarrow table
            Anything that narwhals reads eagerly.
        value : str or sequence of str
            Column of the points, or one column a coordinate.
        unit : str
            Column that says which distribution a row belongs to; units keep their order of appearance.
        group : str, optional
            Column of group labels, constant within a unit.
        mass : str, optional
            Column of masses.
        domain : Domain, optional
        nan_policy : {"raise", "omit"}, default "raise"
            "omit" leaves out rows with a missing value or mass.

        Returns
        -------
        DistributionArray
            Named by the units, grouped by their groups.

        Raises
        ------
        InvalidParameterError
            `df` is no table, or a column is not there.
        InvalidDataError
            A unit or group is missing in a row, a unit has two group labels, or the values are no valid samples.

        Examples
        --------
        >>> import pandas as pd
        >>> df = pd.DataFrame({"day": ["mon", "mon", "tue"], "wind": [350.0, 10.0, 90.0]})
        >>> DistributionArray.from_frame(df, value="wind", unit="day").names
        ('mon', 'tue')
        """
        from stattools.distributions import frame

        return cls(**frame.parts(df, value, unit, group, mass, domain, nan_policy))

    @classmethod
    def concat(cls, arrays: Sequence[DistributionArray]) -> DistributionArray:
        """Join arrays on one space into one.

        Parameters
        ----------
        arrays : sequence of DistributionArray
            On equal domains; either all or none of them have groups.

        Returns
        -------
        DistributionArray
            On a shared support when all arrays share one.

        Raises
        ------
        InvalidDataError
            The spaces differ, or some arrays have groups and some have none.

        Examples
        --------
        >>> a = DistributionArray.from_samples([[1.0, 2.0]])
        >>> len(DistributionArray.concat([a, a]))
        2
        """
        from stattools.distributions import _joining

        return cls(**_joining.concatenated(arrays))

    # the collection -------------------------------------------------------------------------------------------------
    def __len__(self) -> int:
        return len(self.totals)

    def __iter__(self) -> Iterator[DistributionArray]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> DistributionArray:
        """One distribution (an array of length one), or a slice, mask or list of them; slices do not copy.

        ``array[index, ...]`` is ``array[index]``, as for arrays of one dimension.
        """
        from stattools.distributions._joining import selected

        return selected(self, index)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """``np.concatenate`` joins, as `concat` does; no other function of numpy takes distributions."""
        if func is not np.concatenate or len(args) != 1 or kwargs.get("axis", 0) != 0 or kwargs.keys() - {"axis"}:
            return NotImplemented
        return type(self).concat(list(args[0]))

    def with_groups(self, groups: Any) -> DistributionArray:
        """The same distributions with other group labels; None removes them.

        Examples
        --------
        >>> DistributionArray.from_samples([[1.0], [2.0]]).with_groups(["a", "b"]).group_levels
        ('a', 'b')
        """
        from stattools.distributions._labels import group_labels

        labels, levels = group_labels(groups, len(self))
        return replace(self, groups=labels, group_levels=levels)

    def with_domain(self, domain: Any) -> DistributionArray:
        """The same distributions of R^d on a domain, once their points are known to lie on it.

        Raises
        ------
        InvalidDataError
            A point is outside the domain.
        InvalidParameterError
            The distributions are on another domain already.

        Examples
        --------
        >>> from stattools.domains import Interval
        >>> DistributionArray.from_samples([[0.1, 0.7]]).with_domain(Interval(0, 1)).place
        'on Interval(0, 1)'
        """
        from stattools.distributions._joining import moved

        return replace(self, domain=domain, points=moved(self, domain))

    @property
    def shape(self) -> tuple[int]:
        """(N,), by which scikit-learn splits the array as it does arrays of numbers."""
        return (len(self),)

    @property
    def is_shared(self) -> bool:
        """Whether the distributions are masses on one support."""
        return self.offsets is None

    @property
    def n_coordinates(self) -> int:
        """Columns of a point array; 1 for node ids."""
        return int(self.points.shape[1]) if self.points.ndim == 2 else 1

    @property
    def dimension(self) -> int:
        """Dimension of the space."""
        return self.n_coordinates if self.domain is None else int(self.domain.dimension)

    @property
    def place(self) -> str:
        """Where the distributions live, in words."""
        if self.domain is not None:
            return f"on {self.domain.description}"
        return "on the line" if self.n_coordinates == 1 else f"in R^{self.n_coordinates}"

    @property
    def n_atoms(self) -> IntArray:
        """(N,) number of atoms with positive mass."""
        if self.masses is None:
            assert self.offsets is not None
            return np.diff(self.offsets)
        counts: IntArray
        if self.offsets is None:
            counts = np.count_nonzero(self.masses, axis=1).astype(np.intp)
        else:
            counts = np.add.reduceat(self.masses > 0, self.offsets[:-1], dtype=np.intp)
        return counts

    def atoms(self, i: int) -> tuple[Any, FloatArray]:
        """Points and masses of distribution i, those of mass zero included.

        Returns
        -------
        points : (m, d) float64 or (m,) intp node ids
        masses : (m,) float64
            With sum 1.

        Examples
        --------
        >>> DistributionArray.from_samples([[1.0, 2.0]]).atoms(0)[1]
        array([0.5, 0.5])
        """
        from stattools.distributions._joining import position

        i = position(self.names, i)
        if self.offsets is None:
            assert self.masses is not None
            return self.points, self.masses[i]
        start, stop = self.offsets[i], self.offsets[i + 1]
        if self.masses is None:
            return self.points[start:stop], np.full(stop - start, 1.0 / (stop - start))
        return self.points[start:stop], self.masses[start:stop]

    def _parts(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __repr__(self) -> str:
        n = len(self)
        if self.offsets is None:
            kind = f"masses on {len(self.points)} shared points"
        else:
            sizes = np.diff(self.offsets)
            spread = f"{sizes.min()}" if sizes.min() == sizes.max() else f"{sizes.min()} to {sizes.max()}"
            kind = f"{'samples' if self.masses is None else 'weighted samples'} of {spread} points"
        text = f"{n} distribution{'s' if n > 1 else ''} {self.place}, {kind}"
        if self.groups is not None:
            counts = [f"{level}: {np.count_nonzero(self.groups == level)}" for level in self.group_levels]
            shown = counts if len(counts) <= 6 else [*counts[:5], f"and {len(counts) - 5} more"]
            text += ", groups " + ", ".join(shown)
        return textwrap.fill(
            f"DistributionArray({text})", 80, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
        )

    # what a distribution has --------------------------------------------------------------------------------------
    def mean(self) -> FloatArray:
        """Mean of each distribution.

        On a circle, and on the angles of a torus or cylinder, it is the extrinsic mean direction (the direction of the
        mean of the points on the unit circle); on the sphere likewise. Where the points balance exactly it is not
        defined, and is NaN with a warning.

        Returns
        -------
        (N,) or (N, d) float64

        Raises
        ------
        InvalidParameterError
            The domain's points are nodes, which cannot be averaged; embed the array and average its rows instead.

        References
        ----------
        .. [1] Mardia and Jupp (2000), Directional Statistics, eq. (2.2.4) and section 9.2.1.

        Examples
        --------
        >>> DistributionArray.from_samples([[1.0, 2.0, 6.0]]).mean()
        array([3.])
        """
        from stattools.distributions import summaries

        return summaries.means(self)

    def quantile(self, levels: ArrayLike) -> FloatArray:
        """Quantiles of distributions on the line: the smallest point whose cumulated mass reaches the level.

        Parameters
        ----------
        levels : float or (K,) array_like
            In [0, 1]; level 0 gives the smallest point.

        Returns
        -------
        (N, K) float64, or (N,) for a single level

        Raises
        ------
        InvalidParameterError
            The distributions are not on the line or an interval, or a level is outside [0, 1].

        References
        ----------
        .. [1] Hyndman and Fan (1996), Am. Stat. 50, 361-365, definition 1.

        Examples
        --------
        >>> DistributionArray.from_samples([[1.0, 2.0, 3.0, 4.0]]).quantile([0.0, 0.5, 1.0])
        array([[1., 2., 4.]])
        """
        from stattools.distributions import summaries

        return summaries.quantiles(self, levels)

    def cdf(self, values: ArrayLike) -> FloatArray:
        """Cumulated mass at or below given values, for distributions on the line.

        Parameters
        ----------
        values : float or (K,) array_like

        Returns
        -------
        (N, K) float64, or (N,) for a single value

        Raises
        ------
        InvalidParameterError
            The distributions are not on the line or an interval.

        Notes
        -----
        Memory: 8 N K bytes for the result and 50 bytes an atom of all distributions together.

        Examples
        --------
        >>> DistributionArray.from_samples([[1.0, 2.0, 3.0, 4.0]]).cdf([0.0, 2.0])
        array([[0. , 0.5]])
        """
        from stattools.distributions import summaries

        return summaries.cumulated(self, values)

    def barycenter(self, weights: ArrayLike | None = None) -> DistributionArray:
        """Wasserstein barycentre on the line: the distribution whose quantile function is the mean one, exactly.

        Parameters
        ----------
        weights : (N,) array_like, optional
            Non-negative weights of the distributions; default equal.

        Returns
        -------
        DistributionArray
            Of length one, with at most as many atoms as all distributions together.

        Raises
        ------
        InvalidParameterError
            The distributions are not on the line or an interval.

        Notes
        -----
        Memory: 120 bytes an atom of all distributions together, also for a memmap.

        References
        ----------
        .. [1] Agueh and Carlier (2011), SIAM J. Math. Anal. 43, 904-924, section 6.1.

        Examples
        --------
        >>> DistributionArray.from_samples([[0.0, 1.0], [2.0, 5.0]]).barycenter().atoms(0)[0].ravel()
        array([1., 3.])
        """
        from stattools.distributions import summaries

        return type(self)(**summaries.barycenter(self, weights))

    def mixture(self, weights: ArrayLike | None = None) -> DistributionArray:
        """The mixture of the distributions.

        Parameters
        ----------
        weights : (N,) array_like, optional
            Non-negative weights of the distributions; default equal.

        Returns
        -------
        DistributionArray
            Of length one.

        Examples
        --------
        >>> DistributionArray.from_samples([[0.0], [1.0, 2.0]]).mixture().mean()
        array([0.75])
        """
        from stattools.distributions import summaries

        return type(self)(**summaries.mixture(self, weights))

    def sample(self, n: int, rng: Seed = None) -> DistributionArray:
        """Draw n independent points from each distribution.

        Parameters
        ----------
        n : int
        rng : None, int, SeedSequence or Generator
            Distribution i draws from its own stream: the first k distributions give the same points alone.

        Returns
        -------
        DistributionArray
            Samples with the same names, groups and domain.

        Examples
        --------
        >>> DistributionArray.from_samples([[1.0, 2.0]]).sample(100, rng=1).n_atoms
        array([100])
        """
        from stattools.distributions import summaries

        return type(self)(**summaries.sample(self, n, rng))

    # slices and distances -------------------------------------------------------------------------------------------
    def embed(self, slicer: Slicer | None = None, n_quantiles: int = 20, quantile: str = "cell") -> Embedding:
        """One row of quantile features for each distribution.

        Parameters
        ----------
        slicer : EigenBasis, Directions or Identity, optional
            Default: the domain's eigenbasis; the identity on the line.
        n_quantiles : int, default 20
            Features D for each slice.
        quantile : {"cell", "left", "mid"}, default "cell"
            "cell" averages the quantile function over D equal cells: distances between rows are at most the exact
            ones and grow to them as D is doubled. "left" takes quantiles at the levels k/D, from the minimum on;
            "mid" at (k + 1/2)/D.

        Returns
        -------
        Embedding

        Raises
        ------
        InvalidParameterError
            No slicer is given in R^d with d > 1, it does not fit the space, or an option is unknown.

        Notes
        -----
        On a support of n shared nodes, O(S n log n + N S n) time and 8 (N S D + 3 S n) bytes for S slices. For samples
        of M points in all, O(S M log m) time and 8 N S D bytes plus blocks of 70 MB, or of 32 S m bytes when a single
        distribution of m points needs more.

        Examples
        --------
        >>> DistributionArray.from_samples([[0.0, 1.0, 2.0, 3.0]]).embed(n_quantiles=2).quantile_functions()
        array([[[0.5, 2.5]]])
        """
        from stattools.distributions.embedding import embed

        return embed(self, slicer, n_quantiles, quantile)

    def pairwise(
        self, metric: str = "isw", other: DistributionArray | None = None, *, slicer: Slicer | None = None
    ) -> FloatArray:
        """Exact transport distances between distributions.

        Parameters
        ----------
        metric : {"isw", "sw2", "w2", "w1"}, default "isw"
            "isw" and "sw2" are sliced distances of order 2 through an eigenbasis and through directions. "w2" and "w1"
            are Wasserstein distances of order 2 and 1 for the Euclidean distance in R^d, or the geodesic one of the
            domain: in closed form on the line, an interval and a circle, by POT's network simplex elsewhere.
        other : DistributionArray, optional
            Default: the array itself.
        slicer : EigenBasis, Directions or Identity, optional
            For "isw" and "sw2"; as in `embed`.

        Returns
        -------
        (N, K) float64

        Raises
        ------
        InvalidParameterError
            The metric is unknown or does not fit the space.
        InvalidDataError
            The two arrays are on different spaces.

        Notes
        -----
        Sliced: O(S m) a pair after one sort a distribution. POT: O(m^3) a pair at worst, and near 50 m^2 bytes, most of
        them its own.

        Examples
        --------
        >>> DistributionArray.from_samples([[0.0, 1.0], [2.0, 3.0]]).pairwise("w2")
        array([[0., 2.],
               [2., 0.]])
        """
        from stattools.distributions.pairwise import pairwise

        return pairwise(self, other, metric, slicer)


def joined(value: Any) -> Any:
    """A list or tuple of DistributionArrays as one array; anything else as it is.

    Examples
    --------
    >>> array = DistributionArray.from_samples([[1.0], [2.0]])
    >>> len(joined(list(array))), joined([1.0])
    (2, [1.0])
    """
    listed = isinstance(value, (list, tuple)) and len(value) > 0
    if listed and all(isinstance(one, DistributionArray) for one in value):
        return DistributionArray.concat(value)
    return value


def require_array(value: Any, name: str) -> DistributionArray:
    """Refuse anything but a DistributionArray, saying how to get one.

    Examples
    --------
    >>> len(require_array(DistributionArray.from_samples([[1.0]]), "x"))
    1
    """
    if not isinstance(value, DistributionArray):
        kind = "a mapping" if isinstance(value, Mapping) else type(value).__name__
        raise InvalidParameterError(
            f"{name} is {kind}; pass a DistributionArray, e.g. DistributionArray.from_samples(...) for values "
            "or from_histogram(...) for frequencies"
        )
    return value
