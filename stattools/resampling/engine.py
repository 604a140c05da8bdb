"""The only resampling loop: permutation, sign-flip, bootstrap and Monte Carlo tests all run here.

Arrangements are cut into blocks of fixed size; block i draws from a stream that depends on the seed and i alone, and is
always computed whole. So the values do not depend on the number of workers, and a run can be continued.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stattools import _random, _validation
from stattools._errors import DegenerateDataError, InvalidParameterError
from stattools._progress import Report
from stattools._threads import one_blas_thread
from stattools._typing import FloatArray, Progress
from stattools.resampling.schemes import Scheme

BLOCK_SIZE = 256
TIE_TOLERANCE = 1e-12  # relative; rounding must not split arrangements whose statistics are equal on paper

Statistic = Callable[[Any], Any]


@dataclass(frozen=True)
class Sequential:
    """Besag-Clifford stopping: draw until `exceedances` resampled values are at least the observed one.

    When they are reached after b draws the p-value is ``exceedances / b``; otherwise it is ``(1 + c) / (1 + B)`` after
    all B draws, c of them exceeding. Both are valid p-values [1]_. Large p-values need few draws.

    Parameters
    ----------
    exceedances : int, default 20

    References
    ----------
    .. [1] Besag and Clifford (1991), Biometrika 78, 301-304.

    Examples
    --------
    >>> Sequential(exceedances=10)
    Sequential(exceedances=10)
    """

    exceedances: int = 20

    def __post_init__(self) -> None:
        _validation.integer(self.exceedances, "exceedances", minimum=1)


@dataclass(frozen=True, eq=False)
class NullDistribution:
    """Resampled values of one statistic and the p-value they give.

    Attributes
    ----------
    kind : str
        "permutation", "sign-flip", "wild bootstrap", "bootstrap" or "Monte Carlo".
    observed : float
    values : (n_resamples,) float64
    pvalue : float
    n_resamples, n_requested : int
        Values used, and values asked for.
    n_exceeding : int
        Values at least as extreme as the observed one.
    exact : bool
        All distinct arrangements were enumerated.
    n_distinct : int or None
    stopped_early : bool
    seed : SeedSequence or None
        None where nothing was drawn.
    alternative : str
        The tail that counts: "greater", "less" or "two-sided".

    Examples
    --------
    >>> from stattools.resampling import SignFlip
    >>> null = null_distribution(lambda signs: signs.sum(axis=1), SignFlip(99, n=4))
    >>> null.exact, null.pvalue
    (True, 0.0625)
    """

    kind: str
    observed: float
    values: FloatArray
    pvalue: float
    n_resamples: int
    n_requested: int
    n_exceeding: int
    exact: bool
    n_distinct: int | None
    stopped_early: bool
    seed: np.random.SeedSequence | None
    alternative: str = "greater"


@dataclass(frozen=True, eq=False)
class JointNull:
    """Resampled values of several statistics on one shared set of arrangements.

    Attributes
    ----------
    observed : (K,) float64
    values : (B, K) float64
    scheme : Scheme
    exact, stopped_early, seed
        As in `NullDistribution`.
    tolerance : float
        Values this close to the observed one, relatively, count as ties.

    Examples
    --------
    >>> from stattools.resampling import SignFlip
    >>> joint = resample(lambda signs: signs[:, :2], SignFlip(99, n=4))
    >>> joint.values.shape
    (16, 2)
    """

    observed: FloatArray
    values: FloatArray
    scheme: Scheme
    exact: bool
    stopped_early: bool
    seed: np.random.SeedSequence
    tolerance: float = TIE_TOLERANCE

    def marginal(self, column: int = 0, *, alternative: str = "greater") -> NullDistribution:
        """The null distribution of one statistic.

        Examples
        --------
        >>> from stattools.resampling import Permutation, resample
        >>> joint = resample(lambda codes: codes[:, 0] + 0.0, Permutation(99, group_sizes=(2, 2)), rng=1)
        >>> joint.marginal().pvalue
        1.0
        """
        return self._null(float(self.observed[column]), self.values[:, column], alternative)

    def minimum_pvalue(self) -> NullDistribution:
        """The smallest marginal p-value as a statistic, calibrated by the same arrangements.

        Each column's values become p-values by their ranks among all values and the observed one; the statistic of an
        arrangement is minus the log10 of its smallest p-value. Exact, without a second layer of resampling, because
        the observed arrangement is exchangeable with the resampled ones.

        Examples
        --------
        >>> from stattools.resampling import Permutation, resample
        >>> joint = resample(lambda codes: codes[:, :2] + 0.0, Permutation(99, group_sizes=(2, 2)), rng=1)
        >>> round(joint.minimum_pvalue().pvalue, 3)
        1.0
        """
        pool = self.values if self.exact else np.vstack([self.values, self.observed])
        smallest = -np.log10(upper_tail_fractions(pool, self.tolerance).min(axis=1))
        hits = [max(1, at_least(pool[:, k], v, self.tolerance).sum()) / len(pool) for k, v in enumerate(self.observed)]
        return self._null(-float(np.log10(min(hits))), smallest[: len(self.values)], "greater")

    def _null(self, observed: float, values: FloatArray, alternative: str) -> NullDistribution:
        pvalue, count = pvalue_of(observed, values, exact=self.exact, alternative=alternative, tolerance=self.tolerance)
        if self.stopped_early:
            if alternative != "greater":
                raise InvalidParameterError(
                    f"a run stopped on its upper tail has no p-value for alternative={alternative!r}; run it in full"
                )
            pvalue = count / len(values)
        return NullDistribution(
            kind=self.scheme.kind,
            observed=observed,
            values=_validation.read_only(np.ascontiguousarray(values)),
            pvalue=pvalue,
            n_resamples=len(values),
            n_requested=self.scheme.n_resamples,
            n_exceeding=count,
            exact=self.exact,
            n_distinct=self.scheme.n_distinct,
            stopped_early=self.stopped_early,
            seed=None if self.exact else self.seed,
            alternative=alternative,
        )


def null_distribution(
    statistic: Statistic,
    scheme: Scheme,
    *,
    alternative: str = "greater",
    observed: float | None = None,
    stopping: Sequential | None = None,
    rng: Any = None,
    n_jobs: int | None = None,
    progress: Progress = False,
) -> NullDistribution:
    """Resample one statistic; see `resample` for the parameters.

    Examples
    --------
    >>> from stattools.resampling import Permutation
    >>> x = np.array([3.0, 4.0, 5.0, 1.0, 0.0, 2.0])
    >>> statistic = lambda codes: np.where(codes == 0, x, 0.0).sum(axis=1)
    >>> null_distribution(statistic, Permutation(999, group_sizes=(3, 3)), rng=1).pvalue
    0.05
    """
    if stopping is not None and alternative != "greater":
        raise InvalidParameterError(f"stopping counts the upper tail; alternative={alternative!r} needs a full run")
    joint = resample(statistic, scheme, observed=observed, stopping=stopping, rng=rng, n_jobs=n_jobs, progress=progress)
    return joint.marginal(alternative=alternative)


def resample(
    statistic: Statistic,
    scheme: Scheme,
    *,
    observed: Any = None,
    stopping: Sequential | None = None,
    rng: Any = None,
    n_jobs: int | None = None,
    progress: Progress = False,
    start: JointNull | None = None,
    tolerance: float = TIE_TOLERANCE,
) -> JointNull:
    """Values of a statistic over the arrangements of a scheme.

    Parameters
    ----------
    statistic : callable
        Maps (b, ...) arrangements to (b,) or (b, K) float64. It must treat each arrangement on its own.
    scheme : Scheme
        All distinct arrangements are enumerated when there are at most ``scheme.n_resamples``.
    observed : float or (K,) array_like, optional
        By default the statistic of the scheme's own observed arrangement.
    stopping : Sequential, optional
        Only for a single statistic.
    rng : None, int, SeedSequence or Generator
    n_jobs : int, optional
        joblib's meaning; None honours ``joblib.parallel_config``. The values do not depend on it.
    progress : bool or callable
        True shows a bar; a callable receives ``(done, total)``.
    start : JointNull, optional
        A finished run with the same statistic, scheme kind and seed; its values are kept and only the rest is computed.
    tolerance : float, default 1e-12
        Relative; values this close to the observed one are ties. A statistic that loses digits, such as a ratio whose
        denominator is small, needs a larger one, or rounding would tell equal arrangements apart.

    Returns
    -------
    JointNull

    Notes
    -----
    Memory is 8 B K bytes for the values, beside what `statistic` needs for 256 arrangements a worker.

    Examples
    --------
    >>> from stattools.resampling import SignFlip
    >>> x = np.array([1.0, 2.0, 3.0])
    >>> float(resample(lambda signs: signs @ x, SignFlip(99, n=3)).values.max())
    6.0
    """
    if start is not None and start.exact and not scheme.enumerated:
        raise InvalidParameterError("an enumerated run cannot be continued by drawing; it is complete as it is")
    seed = start.seed if start is not None else _random.seed_sequence(rng)
    first = statistic(scheme.identity()) if observed is None else observed
    observed_row = np.atleast_1d(np.asarray(first, dtype=np.float64).squeeze())
    exact = scheme.enumerated and observed is None
    if stopping is not None and len(observed_row) > 1:
        raise InvalidParameterError("sequential stopping needs a single statistic")
    total = int(scheme.n_distinct) if exact else scheme.n_resamples  # type: ignore[arg-type]
    kept = start.values if start is not None and not exact else np.empty((0, len(observed_row)))
    task = _Blocks(statistic, scheme, seed, exact, total)
    parts = [kept[: len(kept) // BLOCK_SIZE * BLOCK_SIZE]]
    stop_at = None
    count = 0
    for values in task.run(len(parts[0]) // BLOCK_SIZE, n_jobs, progress):
        parts.append(values.reshape(len(values), -1))
        if stopping is not None and not exact:
            hits = np.flatnonzero(at_least(parts[-1][:, 0], observed_row[0], tolerance))
            if count + len(hits) >= stopping.exceedances:
                before = sum(len(part) for part in parts[:-1])
                stop_at = before + int(hits[stopping.exceedances - count - 1]) + 1
                break
            count += len(hits)
    values = np.concatenate(parts)
    stopped = stop_at is not None and stop_at < total
    if np.isnan(values).any() or np.isnan(observed_row).any():
        raise DegenerateDataError("the statistic is not a number for some arrangements of these data")
    return JointNull(observed_row, values[:stop_at] if stopped else values, scheme, exact, stopped, seed, tolerance)


@dataclass(frozen=True)
class _Blocks:
    """All that a worker needs to compute a block of values."""

    statistic: Statistic
    scheme: Scheme
    seed: np.random.SeedSequence
    exact: bool
    total: int

    def compute(self, block: int) -> FloatArray:
        """One block; a short last one is drawn whole and cut, so that its bits do not depend on the total."""
        low, high = block * BLOCK_SIZE, min((block + 1) * BLOCK_SIZE, self.total)
        if self.exact:
            arrangements = self.scheme.listed(low, high)
        else:
            arrangements = self.scheme.draw(_random.generator(self.seed, block), BLOCK_SIZE)
        return np.asarray(self.statistic(arrangements), dtype=np.float64)[: high - low]

    def compute_alone(self, blocks: range) -> list[FloatArray]:
        with one_blas_thread():
            return [self.compute(block) for block in blocks]

    def run(self, first: int, n_jobs: int | None, progress: Progress) -> Iterator[FloatArray]:
        import joblib

        n_blocks = -(-self.total // BLOCK_SIZE)
        workers = joblib.effective_n_jobs(n_jobs)
        report = Report(progress, self.total, "resample")
        # the limit is held here too: threads of one process share the setting, and must not undo it for each other
        with one_blas_thread():
            if workers == 1:
                for block in range(first, n_blocks):
                    yield self.compute(block)
                    report(min((block + 1) * BLOCK_SIZE, self.total))
                report.close()
                return
            chunk = max(1, min(4, (n_blocks - first) // (2 * workers)))
            with joblib.Parallel(n_jobs=n_jobs) as parallel:
                for low in range(first, n_blocks, 2 * workers * chunk):
                    high = min(low + 2 * workers * chunk, n_blocks)
                    chunks = [range(i, min(i + chunk, high)) for i in range(low, high, chunk)]
                    for values in parallel(joblib.delayed(self.compute_alone)(blocks) for blocks in chunks):
                        yield from values
                    report(min(high * BLOCK_SIZE, self.total))
            report.close()


def at_least(values: FloatArray, observed: float, tolerance: float = TIE_TOLERANCE) -> Any:
    """Which values count as at least the observed one, ties up to rounding included.

    Examples
    --------
    >>> at_least(np.array([1.0, 1.0 - 1e-15, 0.9]), 1.0)
    array([ True,  True, False])
    """
    slack = tolerance * abs(observed) if np.isfinite(observed) else 0.0
    return values >= observed - slack


def pvalue_of(
    observed: float,
    values: FloatArray,
    *,
    exact: bool,
    alternative: str = "greater",
    tolerance: float = TIE_TOLERANCE,
) -> tuple[float, int]:
    """p-value and the count behind it.

    ``(1 + c) / (1 + B)`` for B values drawn at random, c of them at least as extreme; ``c / B`` for all B distinct
    arrangements, the observed one among them, whatever rounding says. The two-sided p-value doubles the smaller tail.

    Examples
    --------
    >>> pvalue_of(2.0, np.array([1.0, 2.0, 3.0]), exact=False)
    (0.75, 2)
    """
    _validation.choice(alternative, ("greater", "less", "two-sided"), "alternative")
    upper = int(np.count_nonzero(at_least(values, observed, tolerance)))
    lower = int(np.count_nonzero(at_least(-values, -observed, tolerance)))
    if exact:
        upper, lower = max(upper, 1), max(lower, 1)
    count = {"greater": upper, "less": lower, "two-sided": min(upper, lower)}[alternative]
    pvalue = count / len(values) if exact else (1 + count) / (1 + len(values))
    return (min(1.0, 2 * pvalue) if alternative == "two-sided" else pvalue), count


def upper_tail_fractions(values: FloatArray, tolerance: float = TIE_TOLERANCE) -> FloatArray:
    """For each column, the fraction of its values that are at least each value, ties up to rounding included.

    Examples
    --------
    >>> upper_tail_fractions(np.array([[1.0], [2.0], [2.0], [3.0]])).ravel()
    array([1.  , 0.75, 0.75, 0.25])
    """
    fractions = np.empty(values.shape)
    for k in range(values.shape[1]):
        column = values[:, k]
        slack = np.where(np.isfinite(column), tolerance * np.abs(column), 0.0)
        below = np.searchsorted(np.sort(column), column - slack, side="left")
        fractions[:, k] = (len(column) - below) / len(column)
    return fractions


def extend(
    statistic: Statistic, null: JointNull, scheme: Scheme, *, n_jobs: int | None = None, progress: Progress = False
) -> JointNull:
    """Continue a finished run up to ``scheme.n_resamples`` values; the first ones stay as they are, bit for bit.

    Parameters
    ----------
    statistic : callable
        The statistic of the finished run.
    null : JointNull
        The finished run.
    scheme : Scheme
        The same scheme with more resamples.
    n_jobs, progress
        As in `resample`.

    Raises
    ------
    InvalidParameterError
        The run was stopped early (its p-value is final), or the scheme asks for fewer values than there are.

    Examples
    --------
    >>> from stattools.resampling import SignFlip
    >>> x = np.arange(1.0, 21.0)
    >>> run = resample(lambda signs: signs @ x, SignFlip(99, n=20), rng=1)
    >>> longer = extend(lambda signs: signs @ x, run, SignFlip(999, n=20))
    >>> bool((longer.values[:99] == run.values).all())
    True
    """
    if null.stopped_early:
        raise InvalidParameterError("a run that was stopped early is final; run it again without stopping")
    if scheme.n_resamples < len(null.values):
        raise InvalidParameterError(
            f"n_resamples is {scheme.n_resamples}; the run already has {len(null.values)} resamples"
        )
    if null.exact:  # complete already; more resamples cannot add to it
        return replace(null, scheme=scheme)
    observed = None if scheme.enumerated else null.observed
    return resample(
        statistic, scheme, observed=observed, n_jobs=n_jobs, progress=progress, start=null, tolerance=null.tolerance
    )
