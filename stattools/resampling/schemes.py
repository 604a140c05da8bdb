"""How data are rearranged under a null: what is exchanged with what.

A scheme makes arrangements, one a row. The statistic of a test maps a matrix of arrangements to one value (or one row
of values) an arrangement; the engine does the rest.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import ArrayLike

LARGEST_COUNT = 2**60
MOST_RENAMED = 4
Arrangements = Any  # a matrix with one arrangement a row; its meaning is the scheme's


class Scheme:
    """Base of all schemes.

    Attributes
    ----------
    kind : str
        The word that results print.
    n_resamples : int
        How many arrangements to draw at random.
    n_distinct : int or None
        How many distinct arrangements there are; None when there are more than 2^60 or they are not counted.
    n_equivalent : int
        How many of them differ from the observed one in the names of groups alone. A statistic that does not depend on
        the names is equal for all of them, so no p-value is below ``n_equivalent / n_distinct``.

    Examples
    --------
    >>> issubclass(Permutation, Scheme)
    True
    """

    kind = "resampling"
    n_resamples: int
    n_distinct: int | None = None
    n_equivalent: int = 1

    @property
    def enumerated(self) -> bool:
        """Whether all distinct arrangements are gone through instead of being drawn."""
        return self.n_distinct is not None and self.n_distinct <= self.n_resamples

    def identity(self) -> Arrangements:
        """The arrangement that was observed, as a matrix of one row."""
        raise InvalidParameterError(f"a {self.kind} scheme has no observed arrangement; give the observed value")

    def draw(self, generator: np.random.Generator, size: int) -> Arrangements:
        """`size` arrangements at random; the first k of them do not depend on `size`."""
        raise NotImplementedError

    def listed(self, start: int, stop: int) -> Arrangements:
        """Distinct arrangements number `start` to `stop` - 1; only where they are enumerated."""
        raise NotImplementedError


class Permutation(Scheme):
    """Relabellings: group labels exchanged between units.

    Parameters
    ----------
    n_resamples : int
    codes : (N,) array_like of int, optional
        The observed group of each unit, 0 to k - 1.
    group_sizes : sequence of int, optional
        Instead of `codes`: the first units belong to group 0, the next to group 1, and so on.
    strata : (N,) array_like, optional
        Labels are exchanged only between units of one stratum.
    blocks : (N,) array_like, optional
        Units of one block keep together: whole blocks, in the order of their units, are exchanged. Blocks must be of
        equal size, and of one stratum each.

    Raises
    ------
    InvalidDataError
        Blocks of unequal size, or a block in two strata.

    Notes
    -----
    An arrangement is a row of N group codes (int32). Drawing takes O(N) a relabelling.

    Examples
    --------
    >>> scheme = Permutation(99, group_sizes=(2, 2))
    >>> scheme.n_distinct, scheme.enumerated
    (6, True)
    """

    kind = "permutation"

    def __init__(
        self,
        n_resamples: int,
        *,
        codes: ArrayLike | None = None,
        group_sizes: ArrayLike | None = None,
        strata: ArrayLike | None = None,
        blocks: ArrayLike | None = None,
    ) -> None:
        if (codes is None) == (group_sizes is None):
            raise InvalidParameterError("Permutation takes either codes or group_sizes")
        if codes is None:
            codes = np.repeat(np.arange(len(np.atleast_1d(group_sizes))), group_sizes)  # type: ignore[arg-type]
        self.n_resamples = _checked_count(n_resamples)
        self._codes = _checked_codes(codes)
        self._items = _Items(len(self._codes), strata, blocks)
        labels, self._kinds = self._items.label_kinds(self._codes)
        # without strata and blocks, items are units in their order and labels are codes
        self._plain = strata is None and blocks is None
        self._labels = labels
        self.n_distinct = _n_distinct(self._items.split(labels))
        self.n_equivalent = self._relabellings()

    def _relabellings(self) -> int:
        """Renamings of the groups that lead from one arrangement to another: all of them look alike to a statistic.

        Counted for up to 4 groups; 1 beyond, where the smallest p-value is rarely of interest.
        """
        k = int(self._codes.max()) + 1
        if k > MOST_RENAMED:
            return 1
        strata = self._items.split(self._items.members)
        own = [sorted(map(tuple, self._codes[members].tolist())) for members in strata]
        count = 0
        for renaming in itertools.permutations(range(k)):
            renamed = np.asarray(renaming)[self._codes]
            count += all(
                sorted(map(tuple, renamed[members].tolist())) == kinds
                for members, kinds in zip(strata, own, strict=True)
            )
        return count

    def identity(self) -> Arrangements:
        return self._codes[None]

    def draw(self, generator: np.random.Generator, size: int) -> Arrangements:
        return self._expand(self._items.shuffled(self._labels, generator, size))

    def listed(self, start: int, stop: int) -> Arrangements:
        return self._expand(self._items.listed(self._labels, start, stop))

    def _expand(self, labels: Any) -> Arrangements:
        """From item labels in the order of strata to group codes in the order of units."""
        if self._plain:
            return labels
        codes = np.empty((len(labels), len(self._codes)), dtype=np.int32)
        for position in range(self._items.size):
            codes[:, self._items.members[:, position]] = self._kinds[labels, position]
        return codes


class RowPermutation(Scheme):
    """Permutations of rows, for residuals that are exchangeable under a reduced model.

    Parameters
    ----------
    n_resamples, strata, blocks
        As for `Permutation`.
    n : int
        The number of rows.

    Notes
    -----
    An arrangement is a row of N indices (int32): row i of the rearranged data is row ``arrangement[i]`` of the data.

    Examples
    --------
    >>> RowPermutation(99, n=4).n_distinct
    24
    """

    kind = "permutation"

    def __init__(
        self, n_resamples: int, *, n: int, strata: ArrayLike | None = None, blocks: ArrayLike | None = None
    ) -> None:
        self.n_resamples = _checked_count(n_resamples)
        self._n = _validation.integer(n, "n", minimum=1)
        self._items = _Items(n, strata, blocks)
        self._labels = np.arange(len(self._items.members), dtype=np.int32)
        self.n_distinct = _n_distinct(self._items.split(self._labels))

    def identity(self) -> Arrangements:
        return np.arange(self._n, dtype=np.int32)[None]

    def draw(self, generator: np.random.Generator, size: int) -> Arrangements:
        return self._expand(self._items.shuffled(self._labels, generator, size))

    def listed(self, start: int, stop: int) -> Arrangements:
        return self._expand(self._items.listed(self._labels, start, stop))

    def _expand(self, items: Any) -> Arrangements:
        rows = np.empty((len(items), self._n), dtype=np.int32)
        for position in range(self._items.size):
            rows[:, self._items.members[:, position]] = self._items.members[items, position]
        return rows


class SignFlip(Scheme):
    """Signs of n differences, each flipped with probability one half.

    Notes
    -----
    An arrangement is a row of n signs (float64, -1 or 1).

    Examples
    --------
    >>> SignFlip(99, n=3).n_distinct
    8
    """

    kind = "sign-flip"

    def __init__(self, n_resamples: int, *, n: int, blocks: ArrayLike | None = None) -> None:
        self.n_resamples = _checked_count(n_resamples)
        n = _validation.integer(n, "n", minimum=1)
        codes = np.arange(n) if blocks is None else _validation.group_codes(blocks, "blocks", n=n)[0]
        self._block = codes
        self._n_blocks = int(codes.max()) + 1
        self.n_distinct = 2**self._n_blocks if 2**self._n_blocks <= LARGEST_COUNT else None

    def identity(self) -> Arrangements:
        return np.ones((1, len(self._block)))

    def draw(self, generator: np.random.Generator, size: int) -> Arrangements:
        return np.where(generator.random((size, self._n_blocks)) < 0.5, -1.0, 1.0)[:, self._block]

    def listed(self, start: int, stop: int) -> Arrangements:
        bits = np.arange(start, stop)[:, None] >> np.arange(self._n_blocks)
        return (1.0 - 2.0 * (bits & 1))[:, self._block]


class Multiplier(Scheme):
    """Rademacher multipliers of n residuals: the wild bootstrap.

    Unlike `SignFlip`, no arrangement stands for the observed data, so the observed value is given to the engine.

    Examples
    --------
    >>> Multiplier(99, n=3).draw(np.random.default_rng(1), 2).shape
    (2, 3)
    """

    kind = "wild bootstrap"

    def __init__(self, n_resamples: int, *, n: int) -> None:
        self.n_resamples = _checked_count(n_resamples)
        self._n = _validation.integer(n, "n", minimum=1)

    def draw(self, generator: np.random.Generator, size: int) -> Arrangements:
        return np.where(generator.random((size, self._n)) < 0.5, -1.0, 1.0)


class Bootstrap(Scheme):
    """Rows drawn with replacement, inside each group.

    Parameters
    ----------
    n_resamples : int
    codes : (N,) array_like of int
        The group of each row.
    sizes : sequence of int, optional
        How many rows to draw from each group; by default as many as it has.

    Notes
    -----
    An arrangement is a row of indices (int32), those of group 0 first, then of group 1, and so on.

    Examples
    --------
    >>> Bootstrap(99, codes=[0, 0, 1]).draw(np.random.default_rng(1), 2).shape
    (2, 3)
    """

    kind = "bootstrap"

    def __init__(self, n_resamples: int, *, codes: ArrayLike, sizes: ArrayLike | None = None) -> None:
        self.n_resamples = _checked_count(n_resamples)
        group = _checked_codes(codes)
        self._members = [np.flatnonzero(group == g).astype(np.int32) for g in range(int(group.max()) + 1)]
        self.sizes = tuple(len(m) for m in self._members) if sizes is None else tuple(np.asarray(sizes).tolist())

    def identity(self) -> Arrangements:
        return np.concatenate(self._members)[None]

    def draw(self, generator: np.random.Generator, size: int) -> Arrangements:
        uniforms = generator.random((size, sum(self.sizes)))
        stops = np.cumsum(self.sizes)
        parts = []
        for members, n, stop in zip(self._members, self.sizes, stops, strict=True):
            parts.append(members[(uniforms[:, stop - n : stop] * len(members)).astype(np.int32)])
        return np.concatenate(parts, axis=1)


class MonteCarlo(Scheme):
    """Data simulated under a null that is known completely.

    Parameters
    ----------
    n_resamples : int
    simulate : callable
        ``simulate(generator, size)`` returns `size` data sets, the first axis counting them; the first k must not
        depend on `size`.

    Examples
    --------
    >>> scheme = MonteCarlo(99, lambda generator, size: generator.random((size, 5)))
    >>> scheme.draw(np.random.default_rng(1), 2).shape
    (2, 5)
    """

    kind = "Monte Carlo"

    def __init__(self, n_resamples: int, simulate: Callable[[np.random.Generator, int], Any]) -> None:
        self.n_resamples = _checked_count(n_resamples)
        self._simulate = simulate

    def draw(self, generator: np.random.Generator, size: int) -> Arrangements:
        return self._simulate(generator, size)


def _checked_count(n_resamples: Any) -> int:
    return _validation.integer(n_resamples, "n_resamples", minimum=1)


def _checked_codes(codes: Any) -> Any:
    """Group codes 0 to k - 1, each of them present, as int32."""
    array = np.asarray(codes)
    if array.ndim != 1 or array.size == 0 or array.dtype.kind not in "iu":
        raise InvalidDataError(
            f"codes must be whole numbers in one dimension, not {array.dtype} of shape {array.shape}"
        )
    present = np.unique(array)
    if not np.array_equal(present, np.arange(len(present))):
        raise InvalidDataError(f"codes are {present[:5].tolist()}; k groups are numbered 0 to k - 1, without a gap")
    return np.ascontiguousarray(array, dtype=np.int32)


class _Items:
    """What is exchanged: units, or blocks of units, sorted by stratum.

    members : (n_items, size) intp, the units of each item; starts : (n_strata + 1,) where each stratum begins.
    """

    def __init__(self, n: int, strata: ArrayLike | None, blocks: ArrayLike | None) -> None:
        stratum = np.zeros(n, dtype=np.intp) if strata is None else _validation.group_codes(strata, "strata", n=n)[0]
        members = np.arange(n)[:, None] if blocks is None else _block_members(blocks, n)
        crossing = np.flatnonzero((stratum[members] != stratum[members[:, :1]]).any(axis=1))
        if crossing.size:
            units = members[crossing[0]].tolist()
            raise InvalidDataError(f"the block of units {units} lies in more than one stratum")
        of_item = stratum[members[:, 0]]
        order = np.argsort(of_item, kind="stable")
        self.members = members[order]
        self.size = members.shape[1]
        counts = np.bincount(of_item)
        self.starts = np.concatenate([[0], np.cumsum(counts[counts > 0])]).astype(np.int64)
        self._tables: list[Any] | None = None

    def split(self, labels: Any) -> list[Any]:
        return np.split(labels, self.starts[1:-1])

    def label_kinds(self, codes: Any) -> tuple[Any, Any]:
        """Each item's kind (its codes in order) as an integer, and the table of kinds, (n_kinds, size)."""
        kinds, labels = np.unique(codes[self.members], axis=0, return_inverse=True)
        return np.ascontiguousarray(labels.reshape(-1), dtype=np.int32), kinds

    def shuffled(self, labels: Any, generator: np.random.Generator, size: int) -> Any:
        from stattools.resampling._kernels import shuffle_within

        return shuffle_within(labels, self.starts, generator.random((size, len(labels))))

    def listed(self, labels: Any, start: int, stop: int) -> Any:
        """Distinct arrangements of the labels, numbered with the first stratum running fastest."""
        from stattools.resampling._kernels import distinct_arrangements

        if self._tables is None:
            parts = self.split(labels)
            sizes = [_n_distinct([part]) or 0 for part in parts]
            self._tables = [distinct_arrangements(np.sort(part), k) for part, k in zip(parts, sizes, strict=True)]
        number = np.arange(start, stop)
        columns = []
        for table in self._tables:
            columns.append(table[number % len(table)])
            number = number // len(table)
        return np.concatenate(columns, axis=1)


def _block_members(blocks: ArrayLike, n: int) -> Any:
    codes, levels = _validation.group_codes(blocks, "blocks", n=n)
    sizes = np.bincount(codes)
    if len(set(sizes.tolist())) > 1:
        odd = int(np.argmax(sizes != sizes[0]))
        raise InvalidDataError(
            f"blocks must be of equal size to be exchanged: block {levels[0]!r} has {sizes[0]} units, "
            f"block {levels[odd]!r} has {sizes[odd]}"
        )
    return np.argsort(codes, kind="stable").reshape(len(sizes), sizes[0])


def _n_distinct(strata: list[Any]) -> int | None:
    """Distinct arrangements of the labels within strata; None beyond 2^60, where nobody enumerates them."""
    counts = [np.unique(labels, return_counts=True)[1].tolist() for labels in strata]
    logarithm = sum(math.lgamma(sum(c) + 1) - sum(math.lgamma(k + 1) for k in c) for c in counts)
    if logarithm > math.log(LARGEST_COUNT):
        return None
    return math.prod(_multinomial(c) for c in counts)


def _multinomial(counts: list[int]) -> int:
    """Distinct arrangements of a multiset with these multiplicities."""
    total = math.factorial(sum(counts))
    for k in counts:
        total //= math.factorial(k)
    return total
