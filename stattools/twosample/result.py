"""What the tests of this area return."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import numpy as np

from stattools import _validation
from stattools._errors import DegenerateDataError, InvalidParameterError, Notes
from stattools._typing import FloatArray, Progress, Seed
from stattools.resampling import Bootstrap, JointNull, Scheme, resample
from stattools.results import ConfidenceInterval, HTestResult
from stattools.twosample import plan as plans
from stattools.twosample.moments import Norms, Rows, rows_of
from stattools.twosample.plan import Plan
from stattools.twosample.statistics import studentized


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ISWTestResult(HTestResult):
    """Result of `isw_test`.

    Attributes
    ----------
    plan : Plan
        The embedded rows, their groups and the options: all that is needed to run the test again.
    n_constant : int
        Coordinates that are constant up to rounding in each group, and so give no t-test.
    joint_values : (B, K) float64 or None
        Resampled values of every statistic of the test; K is 1 except for the omnibus test.

    Besides these, all attributes of `HTestResult`.

    Examples
    --------
    >>> from stattools import DistributionArray, isw_test
    >>> rng = np.random.default_rng(1)
    >>> x = DistributionArray.from_samples(rng.normal(size=(12, 30)))
    >>> y = DistributionArray.from_samples(rng.normal(1.0, 1.0, size=(12, 30)))
    >>> isw_test(x, y, n_resamples=99, rng=1)
    <ISWTestResult: Intrinsic sliced Wasserstein two-sample test, T* = ..., p-value = 0.01>
    """

    plot_kinds: ClassVar[tuple[str, ...]] = ("null", "components", "quantiles", "scatter", "map")

    plan: Plan
    n_constant: int = 0
    joint_values: Any = None

    def extend(self, n_resamples: int, *, n_jobs: int | None = None, progress: Progress = False) -> ISWTestResult:
        """The same test with more resamples; those that it has are kept, bit for bit.

        Parameters
        ----------
        n_resamples : int
            The new total.
        n_jobs, progress
            As in `isw_test`.

        Raises
        ------
        InvalidParameterError
            The test did not resample, was stopped early, or has that many resamples already.

        Examples
        --------
        >>> from stattools import DistributionArray, isw_test
        >>> rng = np.random.default_rng(1)
        >>> x = DistributionArray.from_samples(rng.normal(size=(12, 30)))
        >>> y = DistributionArray.from_samples(rng.normal(size=(12, 30)))
        >>> isw_test(x, y, n_resamples=99, rng=1).extend(499).resampling.n_resamples
        499
        """
        from stattools.twosample import test

        start, notes = finished_run(self, self.joint_values, plans.scheme_of(self.plan), n_resamples)
        plan = replace(self.plan, n_resamples=int(n_resamples))
        joint = test.run(plan, n_jobs=n_jobs, progress=progress, start=start)
        return test.resampled_result(plan, joint, notes)

    def localize(
        self,
        method: str = "westfall-young",
        *,
        map_of: str = "density",
        n_resamples: int = 1999,
        rng: Seed = None,
        n_jobs: int | None = None,
    ) -> Any:
        """Where the collections differ: in which slices, at which levels, and where on the domain.

        See `stattools.twosample.localize`, which this calls.
        """
        from stattools.twosample.localization import localize

        return localize(self, method, map_of=map_of, n_resamples=n_resamples, rng=rng, n_jobs=n_jobs)

    def confidence_interval(
        self, confidence_level: float = 0.95, *, n_resamples: int = 1999, rng: Seed = None
    ) -> ConfidenceInterval:
        """Bootstrap interval of the ISW distance between the two mean embeddings.

        The noise of the mean difference is drawn by resampling residuals with replacement inside each group. A squared
        distance with noise of its own exceeds the one sought twice by the trace of the covariance, once for the sample
        and once for the resample; both are taken off before percentiles are (derived here). Simulated coverage for a
        nominal 0.95 was 0.91 or more for groups of 5 to 60, and near 1 for a distance of zero.

        Parameters
        ----------
        confidence_level : float, default 0.95
        n_resamples : int, default 1999
        rng : None, int, SeedSequence or Generator
            By default the seed of the test.

        Raises
        ------
        InvalidParameterError
            The test used strata or blocks, whose units are not independent.
        DegenerateDataError
            A group has fewer than two units.

        Examples
        --------
        >>> from stattools import DistributionArray, isw_test
        >>> rng = np.random.default_rng(1)
        >>> x = DistributionArray.from_samples(rng.normal(size=(12, 30)))
        >>> y = DistributionArray.from_samples(rng.normal(1.0, 1.0, size=(12, 30)))
        >>> ci = isw_test(x, y, n_resamples=99, rng=1).confidence_interval()
        >>> ci.low < 1.0 < ci.high
        True
        """
        level = _validation.real(confidence_level, "confidence_level", minimum=0, maximum=1, exclusive=True)
        if min(self.plan.sizes) < 2:
            raise DegenerateDataError("an interval needs at least two units in each group")
        if self.plan.strata is not None or self.plan.blocks is not None:
            raise InvalidParameterError("an interval is not available with strata or blocks")
        seed = self.provenance.seed_sequence() if rng is None else rng
        squared = bootstrap_distances(self.plan, n_resamples, seed)
        tail = (1 - level) / 2
        low, high = np.sqrt(np.maximum(np.quantile(squared, [tail, 1 - tail]), 0.0))
        return ConfidenceInterval(
            low=float(low),
            high=float(high),
            confidence_level=level,
            method="bootstrap percentiles less their bias",
            of="distance",
        )

    def difference_at(self, points: Any, *, map_of: str = "density") -> FloatArray:
        """The map of `localize` at any points of the domain, without p-values.

        Parameters
        ----------
        points : (n, d) or (n,) array_like
            Points, or nodes.
        map_of : {"density", "kernel"}
            As in `stattools.twosample.localize`.

        Returns
        -------
        (n,) float64
            Positive where the first group puts more mass.

        Raises
        ------
        InvalidParameterError
            The slices have no domain.

        Examples
        --------
        >>> from stattools import Circle, DistributionArray, isw_test
        >>> rng = np.random.default_rng(1)
        >>> x = DistributionArray.from_samples(rng.vonmises(0.0, 2.0, (12, 50)), domain=Circle())
        >>> y = DistributionArray.from_samples(rng.vonmises(0.9, 2.0, (12, 50)), domain=Circle())
        >>> isw_test(x, y, n_resamples=99, rng=1).difference_at([-0.5, 1.5]) > 0
        array([ True, False])
        """
        from stattools.twosample.localization import difference_at

        _validation.choice(map_of, ("density", "kernel"), "map_of")
        slicer = self.plan.embedding.slicer
        domain = getattr(slicer, "domain", None)
        if domain is None:
            raise InvalidParameterError("these slices have no domain, so there is no map")
        return difference_at(self.plan, np.asarray(slicer.evaluate(domain.check_points(points))), map_of)

    def _available_plots(self) -> tuple[str, ...]:
        absent = {
            "null": self.null_distribution is None,
            "components": "share" not in self.components,
            "map": getattr(self.plan.embedding.slicer, "domain", None) is None,
        }
        return tuple(kind for kind in self.plot_kinds if not absent.get(kind, False))

    def _plot(self, kind: str, ax: Any, **options: Any) -> Any:
        from stattools.plotting import twosample as plots

        return plots.plot_test(self, kind, ax, **options)


def finished_run(result: HTestResult, values: Any, scheme: Scheme, n_resamples: int) -> tuple[JointNull, Notes]:
    """What a longer run of a test starts from: its resampled values, and the remarks it carries on.

    Raises
    ------
    InvalidParameterError
        The test did not resample, was stopped early, or has that many resamples already.
    """
    info = result.resampling
    n_resamples = _validation.integer(n_resamples, "n_resamples", minimum=1)
    if info is None or values is None:
        raise InvalidParameterError("this test did not resample; there is nothing to extend")
    if info.stopped_early:
        raise InvalidParameterError("a run that was stopped early is final; run the test again without stopping")
    if n_resamples < info.n_resamples:
        raise InvalidParameterError(f"n_resamples is {n_resamples}; the test already has {info.n_resamples}")
    notes = Notes()
    for remark in result.notes:
        notes.remark(remark)
    start = JointNull(
        observed=np.empty(0),
        values=values,
        scheme=scheme,
        exact=info.exact,
        stopped_early=False,
        seed=result.provenance.seed_sequence(),
    )
    return start, notes


def bootstrap_distances(plan: Plan, n_resamples: int, rng: Seed) -> FloatArray:
    """(B,) draws of |d + noise|^2 - 2 tr(Omega), the noise from resampled residuals."""
    n = _validation.integer(n_resamples, "n_resamples", minimum=19)
    groups = plan.groups
    means = [rows.mean(axis=0) for rows in groups]
    difference = means[0] - means[1] if len(means) == 2 else means[0]
    residuals = np.vstack(
        [(rows - mean) * np.sqrt(len(rows) / (len(rows) - 1)) for rows, mean in zip(groups, means, strict=True)]
    )
    scheme = Bootstrap(n, codes=np.repeat(np.arange(len(groups)), [len(rows) for rows in groups]))
    statistic = partial(
        _noisy_distance,
        rows=rows_of(residuals, centre=False),
        cross=residuals @ difference,
        squared=float(difference @ difference),
        sizes=scheme.sizes,
    )
    trace = float(observed_norms(plan).trace[0])
    return resample(statistic, scheme, rng=rng).values[:, 0] - 2 * trace


def _noisy_distance(
    indices: Any, *, rows: Rows, cross: FloatArray, squared: float, sizes: tuple[int, ...]
) -> FloatArray:
    """|d + noise|^2 for each row of drawn indices; cross holds the products of the residuals with d."""
    coefficients = np.zeros((len(indices), len(rows.squares)))
    stop = 0
    for sign, n in zip((1.0, -1.0), sizes, strict=False):
        np.add.at(coefficients, (np.arange(len(indices))[:, None], indices[:, stop : stop + n]), sign / n)
        stop += n
    return squared + 2 * coefficients @ cross + rows.quadratic(coefficients)


def observed_norms(plan: Plan) -> Norms:
    """Squared distance of the mean embeddings and the trace of its covariance, as numbers in arrays of length one."""
    return plans.observed_design(plan).norms(plans.identity_of(plan))


def estimates(plan: Plan) -> dict[str, float]:
    """Effect sizes.

    distance: ISW distance of the mean embeddings. unbiased squared distance: |d|^2 less its bias, the trace of its
    covariance; it may be negative. R-squared: share of the total variance between the groups (pairs: of the mean).
    """
    norms = observed_norms(plan)
    distance, trace = float(norms.distance[0]), float(norms.trace[0])
    rows = plan.rows()
    total = float(rows.squares.sum())
    if plan.paired:
        between = len(rows.squares) * distance
    else:
        n1, n2 = plan.sizes
        between = n1 * n2 / (n1 + n2) * distance
    values = {"distance": float(np.sqrt(distance))}
    if np.isfinite(trace):
        values["unbiased sq. distance"] = distance - trace
    values["R-squared"] = between / total if total > 0 else 0.0
    return values


def component_table(plan: Plan) -> dict[str, Any]:
    """One row an eigenspace (or a slice): its eigenvalue, its share of |d|^2, and its own studentized statistic."""
    starts, names, eigenvalues = plans.component_starts(plan.embedding)
    moments = plans.observed_design(plan).coordinates(plans.identity_of(plan)) if min(plan.sizes) > 1 else None
    table: dict[str, Any] = {"component": np.array(names)}
    if eigenvalues is not None:
        table["eigenvalue"] = eigenvalues
    if moments is None:
        return table
    distance = np.add.reduceat(moments.difference[0] ** 2, starts)
    trace = np.add.reduceat(np.broadcast_to(moments.variance, moments.difference.shape)[0], starts)
    total = distance.sum()
    table["share"] = distance / total if total > 0 else np.zeros(len(distance))
    table["statistic"] = studentized(Norms(distance, trace))
    return table
