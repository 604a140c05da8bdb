"""How a p-value was computed by resampling, and how exact it is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from stattools._provenance import seed_fields, seed_text
from stattools.results import _format, serialization

INTERVAL_LEVEL = 0.95


class _Null(Protocol):
    """What `ResamplingInfo.from_null` reads of a null distribution."""

    if TYPE_CHECKING:

        @property
        def kind(self) -> str: ...
        @property
        def pvalue(self) -> float: ...
        @property
        def n_resamples(self) -> int: ...
        @property
        def n_requested(self) -> int: ...
        @property
        def n_exceeding(self) -> int: ...
        @property
        def exact(self) -> bool: ...
        @property
        def n_distinct(self) -> int | None: ...
        @property
        def stopped_early(self) -> bool: ...
        @property
        def seed(self) -> np.random.SeedSequence | None: ...


@serialization.register
@dataclass(frozen=True, kw_only=True)
class ResamplingInfo:
    """Counts behind a resampling p-value, and its Monte Carlo error.

    Attributes
    ----------
    kind : str
        "permutation", "sign-flip", "bootstrap", ...
    n_resamples : int
        Resamples used, B.
    n_requested : int
        Resamples asked for.
    n_exceeding : int
        Those at least as extreme as the observed statistic, c.
    exact : bool
        All distinct arrangements were gone through; the p-value has no Monte Carlo error.
    n_distinct : int or None
        Distinct arrangements, where they are counted.
    stopped_early : bool
        The run ended at its last needed exceedance; the p-value is c/B.
    tails : int
        2 when the p-value doubles the smaller tail, else 1.
    standard_error : float
        Monte Carlo standard error of the p-value; 0 when exact.
    interval : tuple of float
        95 percent interval for the p-value that infinitely many resamples would give; the p-value itself when exact.
    smallest_pvalue : float
        No data can give a smaller one with these settings.
    seed : int, tuple of int or None
        Entropy of the seed; None where nothing was drawn.
    spawn_key : tuple of int

    Examples
    --------
    >>> info = ResamplingInfo.from_counts("permutation", n_exceeding=41, n_resamples=9999)
    >>> info.pvalue, round(info.standard_error, 5)
    (0.0042, 0.00065)
    """

    kind: str
    n_resamples: int
    n_requested: int
    n_exceeding: int
    exact: bool = False
    n_distinct: int | None = None
    stopped_early: bool = False
    tails: int = 1
    standard_error: float
    interval: tuple[float, float]
    smallest_pvalue: float
    seed: int | tuple[int, ...] | None = None
    spawn_key: tuple[int, ...] = ()

    @classmethod
    def from_null(cls, null: _Null) -> ResamplingInfo:
        """Describe a null distribution of the resampling engine.

        Parameters
        ----------
        null : NullDistribution

        Returns
        -------
        ResamplingInfo

        Notes
        -----
        With B resamples drawn, c of them exceeding, the standard error is ``sqrt(p(1 - p)/B)`` and the interval that of
        Clopper and Pearson [1]_. For a run stopped at exceedance h after b draws, b has a negative binomial law; the
        same expression at p = h/b is then the delta-method standard error ``p sqrt((1 - p)/h)``, and the interval
        inverts the negative binomial tails (derived here: the upper limit is the Beta(h, b - h) quantile instead of
        the Beta(h + 1, b - h) one, because the last draw is known to exceed). A doubled tail doubles all of them.

        References
        ----------
        .. [1] Clopper and Pearson (1934), Biometrika 26, 404-413.
        .. [2] Besag and Clifford (1991), Biometrika 78, 301-304.

        Examples
        --------
        >>> from stattools.resampling import SignFlip, null_distribution
        >>> null = null_distribution(lambda signs: signs.sum(axis=1) + 0.0, SignFlip(99, n=3))
        >>> ResamplingInfo.from_null(null).equation
        '1/8'
        """
        two_sided = getattr(null, "alternative", "greater") == "two-sided" and not null.stopped_early
        return cls.from_counts(
            null.kind,
            n_exceeding=null.n_exceeding,
            n_resamples=null.n_resamples,
            n_requested=null.n_requested,
            exact=null.exact,
            n_distinct=null.n_distinct,
            stopped_early=null.stopped_early,
            tails=2 if two_sided else 1,
            seed=null.seed,
        )

    @classmethod
    def from_counts(
        cls,
        kind: str,
        *,
        n_exceeding: int,
        n_resamples: int,
        n_requested: int | None = None,
        exact: bool = False,
        n_distinct: int | None = None,
        stopped_early: bool = False,
        tails: int = 1,
        seed: np.random.SeedSequence | None = None,
    ) -> ResamplingInfo:
        """Describe a run by its counts; the parameters are the attributes of the class.

        Examples
        --------
        >>> ResamplingInfo.from_counts("permutation", n_exceeding=2, n_resamples=20, exact=True).standard_error
        0.0
        """
        count, total = int(n_exceeding), int(n_resamples)
        requested = total if n_requested is None else int(n_requested)
        entropy, key = seed_fields(seed)
        single = _single_tail(count, total, exact=exact, stopped=stopped_early)
        error = 0.0 if exact else math.sqrt(max(0.0, single * (1.0 - single)) / total)
        low, high = (single, single) if exact else _interval(count, total, stopped=stopped_early)
        smallest = 1.0 / total if exact else 1.0 / (1 + requested)
        return cls(
            kind=kind,
            n_resamples=total,
            n_requested=requested,
            n_exceeding=count,
            exact=bool(exact),
            n_distinct=None if n_distinct is None else int(n_distinct),
            stopped_early=bool(stopped_early),
            tails=tails,
            standard_error=tails * error,
            interval=(min(1.0, tails * low), min(1.0, tails * high)),
            smallest_pvalue=min(1.0, tails * smallest),
            seed=entropy,
            spawn_key=key,
        )

    @property
    def pvalue(self) -> float:
        """The p-value that the counts give."""
        single = _single_tail(self.n_exceeding, self.n_resamples, exact=self.exact, stopped=self.stopped_early)
        return min(1.0, self.tails * single)

    @property
    def equation(self) -> str:
        """The arithmetic of the p-value, such as "(1 + 41)/(1 + 9999)"."""
        plain = self.exact or self.stopped_early
        fraction = (
            f"{self.n_exceeding}/{self.n_resamples}" if plain else f"(1 + {self.n_exceeding})/(1 + {self.n_resamples})"
        )
        if self.tails == 1:
            return fraction
        single = _single_tail(self.n_exceeding, self.n_resamples, exact=self.exact, stopped=self.stopped_early)
        return f"min(1, 2 x {fraction})" if 2 * single > 1 else f"2 x {fraction}"

    def lines(self, pvalue: Any = None) -> tuple[str, str]:
        """The two printed lines.

        Parameters
        ----------
        pvalue : float, optional
            The reported p-value; the arithmetic is left out when it does not lead there.

        Examples
        --------
        >>> info = ResamplingInfo.from_counts("permutation", n_exceeding=41, n_resamples=9999)
        >>> info.lines()[0]
        'p-value by permutation, 9999 of 9999 resamples, (1 + 41)/(1 + 9999)'
        """
        agrees = pvalue is None or math.isclose(float(pvalue), self.pvalue, rel_tol=1e-9)
        how = f"p-value by {self.kind}, {self._extent()}" + (f", {self.equation}" if agrees else "")
        smallest = f"smallest attainable p-value {_format.number(self.smallest_pvalue)}"
        if self.exact:
            return how, f"no Monte Carlo error; {smallest}"
        error = "Monte Carlo s.e. " + _format.number(self.standard_error, 2)
        if self.stopped_early:
            error += " (sequential)"
        seed = "" if self.seed is None else f"; seed {seed_text(self.seed, self.spawn_key)}"
        return how, f"{error}; {smallest}{seed}"

    def _extent(self) -> str:
        if self.exact:
            return f"all {self.n_resamples} distinct arrangements"
        if self.stopped_early:
            return f"stopped at exceedance {self.n_exceeding} after {self.n_resamples} of {self.n_requested} resamples"
        return f"{self.n_resamples} of {self.n_requested} resamples"


def _single_tail(count: int, total: int, *, exact: bool, stopped: bool) -> float:
    return count / total if exact or stopped else (1 + count) / (1 + total)


def _interval(count: int, total: int, *, stopped: bool) -> tuple[float, float]:
    """Exact 95 percent interval of a binomial or, for a stopped run, a negative binomial proportion."""
    from scipy.special import betaincinv

    tail = (1.0 - INTERVAL_LEVEL) / 2
    low = 0.0 if count == 0 else float(betaincinv(count, total - count + 1, tail))
    if count == total:
        return low, 1.0
    first = count if stopped else count + 1
    return low, float(betaincinv(first, total - count, 1.0 - tail))
