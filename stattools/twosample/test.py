"""Are two collections of distributions drawn from the same law?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from stattools import _random, _validation
from stattools._errors import (
    AssumptionWarning,
    DegenerateDataError,
    DegenerateDataWarning,
    InvalidDataError,
    InvalidParameterError,
    Notes,
)
from stattools._provenance import Provenance
from stattools._threads import one_blas_thread
from stattools._typing import Progress, Seed
from stattools.distributions import Identity
from stattools.resampling import JointNull, Permutation, Sequential, resample
from stattools.resampling.combination import METHODS, combination_pvalue, combination_statistic
from stattools.results import ResamplingInfo
from stattools.twosample import approximations, inputs, plan as plans, statistics as st
from stattools.twosample.plan import Plan
from stattools.twosample.result import ISWTestResult, component_table, estimates

COMBINATIONS = ("hmp", "cauchy", "cauchy_truncated", "simes", "bonferroni")
USUAL_LEVEL = 0.05
LARGE_GROUP = 20


def isw_test(
    x: Any,
    y: Any = None,
    *,
    groups: Any = None,
    domain: Any = None,
    basis: Any = None,
    n_eigenfunctions: int = 20,
    n_quantiles: int = 20,
    quantile: str = "cell",
    statistic: str = "studentized",
    calibration: str = "permutation",
    combination: str = "hmp",
    paired: bool = False,
    strata: Any = None,
    blocks: Any = None,
    n_resamples: int = 9999,
    stopping: Sequential | None = None,
    nan_policy: str = "raise",
    rng: Seed = None,
    n_jobs: int | None = None,
    progress: Progress = False,
) -> ISWTestResult:
    """Intrinsic sliced Wasserstein test of two collections of distributions.

    Each unit is a whole distribution. Eigenfunctions of the domain's Laplacian push it to the line, quantile functions
    embed the images in a Hilbert space, and the two collections are compared by the means of their embeddings [1]_.

    Parameters
    ----------
    x : DistributionArray or Embedding
        The first collection, or both when `groups` tells them apart.
    y : DistributionArray or Embedding, optional
        The second collection, on the same domain.
    groups : (N,) array_like, optional
        Labels with two levels, instead of `y`; by default ``x.groups``.
    domain : Domain, optional
        Where the distributions live, for a collection that does not say.
    basis : EigenBasis, Directions or Identity, optional
        The slices; by default ``domain.eigenbasis(n_eigenfunctions)``, or the line itself for distributions on it.
    n_eigenfunctions : int, default 20
    n_quantiles : int, default 20
        Levels of each slice's quantile function.
    quantile : {"cell", "left", "mid"}
        Averages over cells of levels, quantiles at the left ends, or at the midpoints of the cells.
    statistic : {"studentized", "mean", "max_t", "hotelling", "combined", "omnibus"}
        "studentized": squared distance of the means over the trace of its estimated covariance, which allows for groups
        that differ in size and spread. "mean": the squared distance itself, the paper's
        first procedure; it tests equality of the whole laws. "max_t": the largest coordinate-wise Welch t.
        "hotelling": James's T-squared on the leading principal components that carry 90 % of the pooled variance.
        "combined": coordinate-wise Welch tests combined by `combination`, the paper's second procedure with
        ``calibration="asymptotic"``. "omnibus": the smallest p-value of several of these, calibrated on one set of
        permutations.
    calibration : {"permutation", "satterthwaite", "wild", "asymptotic"}
        "permutation": relabelling, sign flips for pairs. "satterthwaite": F with matched moments.
        "wild": Rademacher multipliers of the residuals. "asymptotic": the combination's own law, or James's F.
    combination : {"hmp", "cauchy", "cauchy_truncated", "simes", "bonferroni"}
        For "combined" and "omnibus".
    paired : bool, default False
        Unit i of x belongs with unit i of y; with `groups`, the i-th of one group with the i-th of the other.
    strata : (N,) array_like, optional
        Relabel only inside strata; in the order of x, then y.
    blocks : array_like, optional
        Units of a block keep together ((N,) labels; (n,) labels of pairs when paired).
    n_resamples : int, default 9999
        All distinct arrangements are enumerated when there are no more than this.
    stopping : Sequential, optional
        Stop resampling early when the p-value is clearly large.
    nan_policy : {"raise", "omit"}
        "omit" leaves out units without a group label and says how many.
    rng : None, int, SeedSequence or Generator
        The same seed gives the same bits for any `n_jobs`.
    n_jobs : int, optional
        joblib's meaning.
    progress : bool or callable
        A callable receives ``(done, total)``.

    Returns
    -------
    ISWTestResult
        Unpacks to ``(statistic, pvalue)``; has ``localize()``, ``extend()`` and ``confidence_interval()``.

    Raises
    ------
    InvalidDataError
        The collections cannot be compared: other domains, labels of another number, blocks of unequal size.
    InvalidParameterError
        An unknown option, or a statistic without that calibration.
    DegenerateDataError
        A group is too small for the statistic.

    Notes
    -----
    Null hypothesis: under "permutation" both collections come from one law of distributions; the p-value is then exact
    at any size. For the weaker null that only the mean embeddings agree, "wild" is valid for large groups (20 or more
    were tried), "satterthwaite" and "asymptotic" are approximations. "permutation" of the studentized distance has the
    right mean under it, and the right level when groups are of equal size or their covariances proportional; when
    groups are unequal and vary in different directions, take "wild".

    With P features and N units, time is O(B N min(N, P)) for "studentized" and "mean", O(B N P) for the others. Peak
    memory is near 8 (6.5 N P + N min(N, P)) bytes, for "omnibus" 8 (8.5 N P + 4 N min(N, P)).

    References
    ----------
    .. [1] Rustamov and Majumdar (2023), ICML, PMLR 202, 29388-29415. The studentized statistic, the omnibus test and
       the Satterthwaite calibration are not theirs; they are derived here.

    Examples
    --------
    >>> from stattools import Circle, DistributionArray
    >>> rng = np.random.default_rng(1)
    >>> days = DistributionArray.from_samples([rng.vonmises(0.0, 2.0, 50) for _ in range(12)], domain=Circle())
    >>> later = DistributionArray.from_samples([rng.vonmises(0.9, 2.0, 50) for _ in range(10)], domain=Circle())
    >>> statistic, pvalue = isw_test(days, later, n_resamples=999, rng=2)
    >>> pvalue
    0.001
    """
    notes = Notes()
    _validation.choice(statistic, tuple(plans.CALIBRATIONS), "statistic")
    _validation.choice(calibration, ("permutation", "satterthwaite", "wild", "asymptotic"), "calibration")
    _validation.choice(combination, COMBINATIONS, "combination")
    plans.check_calibration(statistic, calibration)
    n_resamples = _validation.integer(n_resamples, "n_resamples", minimum=1)
    seed = _random.seed_sequence(rng)
    collections = inputs.collections_of(x, y, groups, nan_policy=nan_policy, notes=notes, name="isw_test")
    _check_design(collections, statistic, calibration, paired=_validation.boolean(paired, "paired"), stopping=stopping)
    if paired:
        if y is None and len(collections.kept) < len(x):
            raise InvalidDataError("a unit without a group label breaks the pairs; label or remove both of its pair")
        collections = inputs.in_pairs(collections)
    embedding = inputs.embedded(
        collections,
        domain=domain,
        basis=basis,
        notes=notes,
        n_eigenfunctions=n_eigenfunctions,
        n_quantiles=n_quantiles,
        quantile=quantile,
    )
    plan = Plan(
        embedding=embedding,
        codes=collections.codes,
        levels=collections.levels,
        paired=paired,
        strata=arrangement_codes(strata, "strata", collections, paired=paired, calibration=calibration),
        blocks=arrangement_codes(blocks, "blocks", collections, paired=paired, calibration=calibration),
        statistic=statistic,
        calibration=calibration,
        combination=combination,
        n_resamples=n_resamples,
    )
    with one_blas_thread():
        if calibration == "wild" and _without_spread(plan):
            return without_spread_result(plan, seed, notes, n_jobs=n_jobs, progress=progress)
        if calibration in ("permutation", "wild"):
            null = run(plan, stopping=stopping, seed=seed, n_jobs=n_jobs, progress=progress)
            return resampled_result(plan, null, notes)
        return approximate_result(plan, seed, notes, n_jobs=n_jobs, progress=progress)


def run(
    plan: Plan,
    *,
    stopping: Sequential | None = None,
    seed: np.random.SeedSequence | None = None,
    n_jobs: int | None = None,
    progress: Progress = False,
    start: JointNull | None = None,
) -> JointNull:
    """Resample the statistic of a plan."""
    scheme = plans.scheme_of(plan)
    observed = None
    if plan.calibration == "wild" and not plan.paired:
        observed = plans.statistic_of(plan, observed=True)(plans.identity_of(plan))
    return resample(
        plans.statistic_of(plan),
        scheme,
        observed=observed,
        stopping=stopping,
        rng=seed,
        n_jobs=n_jobs,
        progress=progress,
        start=start,
        tolerance=plans.tie_tolerance(plan),
    )


def resampled_result(plan: Plan, joint: JointNull, notes: Notes) -> ISWTestResult:
    """The result of a resampling test."""
    combination: dict[str, Any] = {}
    if plan.statistic == "omnibus":
        null = joint.minimum_pvalue()
        marginals = [joint.marginal(k).pvalue for k in range(len(joint.observed))]
        combination = dict(zip(plans.omnibus_names(plan), marginals, strict=True))
    else:
        null = joint.marginal()
    equivalent = 1
    if plan.calibration == "permutation":  # reversing all signs, or exchanging two groups, changes no statistic
        equivalent = 2 if plan.paired else plans.scheme_of(plan).n_equivalent
    info = attainable(ResamplingInfo.from_null(null), equivalent)
    warn_of_resolution(info, notes)
    if not plan.rows().squares.any():
        notes.warn("all distributions are the same up to rounding", DegenerateDataWarning)
    _warn_of_spread(plan, notes)
    return _assemble(
        plan,
        notes,
        statistic=null.observed,
        pvalue=null.pvalue,
        combination=combination,
        resampling=info,
        null_distribution=null.values,
        joint=joint,
        seed=joint.seed,
    )


def approximate_result(
    plan: Plan, seed: np.random.SeedSequence, notes: Notes, *, n_jobs: int | None, progress: Progress
) -> ISWTestResult:
    """The result of a test whose p-value comes from a limiting law."""
    groups = plan.groups
    parameter: dict[str, float] = {}
    combination: dict[str, Any] = {}
    observed = (
        plans.statistic_of(plan, observed=True)(plans.identity_of(plan))[0] if plan.statistic != "combined" else 0.0
    )
    if plan.calibration == "satterthwaite":
        match = approximations.satterthwaite(groups)
        pvalue, parameter = match.pvalue, {"num df": match.numerator_df, "denom df": match.denominator_df}
    elif plan.statistic == "hotelling":
        scores = plans.scores_of(plan).values
        parts = (scores,) if plan.paired else tuple(scores[plan.codes == g] for g in (0, 1))
        df1, df2, pvalue = approximations.james_f(float(observed), parts)
        parameter = {"num df": df1, "denom df": df2}
    else:
        tests = plans.welch_tests(plan)
        observed, pvalue, combination = _combine(tests, plan.combination)
        if tests.constant.all():
            pvalue = np.nan
    if np.isnan(pvalue):
        return without_spread_result(plan, seed, notes, n_jobs=n_jobs, progress=progress)
    return _assemble(
        plan,
        notes,
        statistic=float(observed),
        pvalue=float(pvalue),
        parameter=parameter,
        combination=combination,
        seed=seed,
    )


def _without_spread(plan: Plan) -> bool:
    """Whether the groups differ and nothing varies inside them."""
    spread = any((rows - rows[0]).any() for rows in plan.groups)
    return not spread and bool(plan.rows().squares.any())


def without_spread_result(
    plan: Plan, seed: np.random.SeedSequence, notes: Notes, *, n_jobs: int | None, progress: Progress
) -> ISWTestResult:
    """Permutations of the studentized distance, for groups whose spread no other calibration can use."""
    notes.warn(
        "the groups have no spread in some coordinates: the test statistic is not defined, so the p-value comes from "
        "permutations of the studentized distance",
        DegenerateDataWarning,
    )
    fallback = replace(plan, statistic="studentized", calibration="permutation")
    return resampled_result(fallback, run(fallback, seed=seed, n_jobs=n_jobs, progress=progress), notes)


def _combine(tests: Any, method: str) -> tuple[float, float, dict[str, Any]]:
    n = len(tests.pvalue)
    pvalues = np.where(tests.constant, st.neutral_pvalue(method), tests.pvalue)
    value = combination_statistic(pvalues, method, np.full(n, 1.0 / n))
    pvalue = float(combination_pvalue(value, method, np.full(n, 1.0 / n)))
    return float(value), min(pvalue, 1.0), {"method": METHODS[method], "coordinates": n}


def arrangement_codes(
    labels: Any, name: str, collections: inputs.Collections, *, paired: bool, calibration: str
) -> Any:
    """Codes of strata or blocks, or None."""
    if labels is None:
        return None
    if calibration != "permutation":
        raise InvalidParameterError(f"{name} only restricts permutations; calibration={calibration!r} cannot use it")
    if paired and name == "strata":
        raise InvalidParameterError("strata has no effect on pairs, whose signs are flipped one by one; leave it out")
    if name == "blocks" and not paired and np.ndim(labels) == 1 and len(labels) == len(collections.codes):
        Permutation(1, codes=collections.codes, blocks=labels)  # reports unequal blocks by the user's labels
    n = len(collections.codes) // 2 if paired else None
    if not paired:
        labels = inputs.by_name(labels, collections.units, name)
    labels = np.asarray(labels.to_numpy() if hasattr(labels, "to_numpy") else labels)
    if not paired and labels.ndim == 1 and len(labels) > len(collections.kept):
        labels = labels[collections.kept]
    return _validation.group_codes(labels, name, n=n or len(collections.codes))[0]


def _listed(levels: tuple[Any, ...]) -> str:
    return ", ".join(repr(level) for level in levels[:6]) + (", ..." if len(levels) > 6 else "")


def _check_design(
    collections: inputs.Collections, statistic: str, calibration: str, *, paired: bool, stopping: Any
) -> None:
    if len(collections.levels) > 2:
        raise InvalidDataError(
            f"groups has {len(collections.levels)} levels ({_listed(collections.levels)}); isw_test compares two, "
            "isw_anova compares more"
        )
    if stopping is not None:
        if not isinstance(stopping, Sequential):
            raise InvalidParameterError(f"stopping is {stopping!r}; it takes None or Sequential(...)")
        if calibration not in ("permutation", "wild") or statistic == "omnibus":
            raise InvalidParameterError("stopping needs a single resampled statistic")
    if paired and calibration == "wild":
        raise InvalidParameterError("paired=True is calibrated by sign flips; use calibration='permutation'")
    sizes = np.bincount(collections.codes)
    smallest = int(sizes.min())
    needed = 3 if calibration == "satterthwaite" else 2
    if statistic == "mean" and calibration == "permutation" and not paired:
        if sizes.sum() < 3:
            raise DegenerateDataError("isw_test needs at least 3 distributions in all")
        return
    if smallest < needed:
        name = collections.levels[int(sizes.argmin())]
        raise DegenerateDataError(
            f"{name!r} has {smallest} distribution(s); statistic={statistic!r} with calibration={calibration!r} needs "
            f"at least {needed} a group"
        )


def warn_of_resolution(info: ResamplingInfo, notes: Notes) -> None:
    """Warn when no outcome of the resampling could be significant."""
    if info.n_distinct == 1:
        notes.warn("there is only one distinct arrangement of the labels: the p-value is 1", DegenerateDataWarning)
    elif info.smallest_pvalue > USUAL_LEVEL:
        notes.warn(
            f"the smallest p-value that can be attained is {info.smallest_pvalue:.3g}: no result can be significant at "
            f"level {USUAL_LEVEL}",
            DegenerateDataWarning,
        )


def _warn_of_spread(plan: Plan, notes: Notes) -> None:
    """Permutation tests equal laws; with unequal sizes and spreads most statistics give no test of equal means."""
    if plan.statistic == "studentized" or plan.calibration != "permutation" or plan.paired:
        return
    if plan.sizes[0] == plan.sizes[1]:
        return
    if min(plan.sizes) < 2:
        return
    traces = [float(rows.var(axis=0, ddof=1).sum()) for rows in plan.groups]
    if max(traces) > 2 * min(traces):
        notes.warn(
            f"groups of {plan.sizes[0]} and {plan.sizes[1]} units differ in spread by a factor of "
            f"{max(traces) / max(min(traces), 1e-300):.3g}: permutations of statistic={plan.statistic!r} reject for "
            "unequal spreads too; use 'studentized', or calibration='wild', to compare means",
            AssumptionWarning,
        )


def _remark_small(plan: Plan, notes: Notes) -> None:
    if plan.calibration != "permutation" and min(plan.sizes) < LARGE_GROUP:
        notes.remark(
            f"calibration={plan.calibration!r} rests on groups of {LARGE_GROUP} or more and can reject too often in "
            "smaller ones; permutations are exact for equal laws"
        )


def _assemble(
    plan: Plan, notes: Notes, *, seed: np.random.SeedSequence, joint: Any = None, **fields: Any
) -> ISWTestResult:
    n_constant = _count_constant(plan, notes)
    _remark_small(plan, notes)
    embedding = plan.embedding
    where = place_words(embedding)
    sizes = [f"{level} (n{g + 1} = {plan.sizes[g]})" for g, level in enumerate(plan.levels)]
    return ISWTestResult(
        provenance=Provenance.capture(
            _call(plan), seed=seed, sizes={"units": len(embedding), "features": embedding.features.shape[1]}
        ),
        warnings=notes.warnings,
        notes=notes.remarks,
        method="Intrinsic sliced Wasserstein " + ("paired" if plan.paired else "two-sample") + " test",
        data_name=f"{sizes[0]} and {sizes[1]}{where}",
        statistic_name=plans.STATISTIC_SYMBOLS[plan.statistic],
        estimate=estimates(plan),
        null_value={"distance": 0.0},
        alternative="greater",
        alternative_text="the two populations of distributions differ in mean embedding",
        n={str(level): size for level, size in zip(plan.levels, plan.sizes, strict=True)},
        components=component_table(plan),
        settings={
            **exchanged_words(plan.paired, plan.strata, plan.blocks),
            "statistic": plan.statistic
            + (f" ({plan.combination})" if plan.statistic in ("combined", "omnibus") else ""),
            "calibration": plan.calibration,
            "basis": embedding.slicer.description,
            "quantiles": f"{embedding.n_quantiles} ({embedding.quantile})",
        },
        plan=plan,
        n_constant=n_constant,
        joint_values=None if joint is None else joint.values,
        **fields,
    )


def _count_constant(plan: Plan, notes: Notes) -> int:
    """Coordinates that are constant up to rounding in every group carry no information for a t-test."""
    groups = plan.groups
    if min(len(rows) for rows in groups) < 2:
        return 0
    n_constant = int(plans.welch_tests(plan).constant.sum())
    if n_constant and plan.statistic in ("combined", "max_t", "omnibus"):
        notes.remark(f"{n_constant} of {groups[0].shape[1]} coordinates are constant in each group and give no t-test")
    return n_constant


def place_words(embedding: Any) -> str:
    """Where the distributions live, for the line that describes the data."""
    domain = getattr(embedding.slicer, "domain", None)
    if domain is not None:
        return f" on {domain.description}"
    return " on the line" if isinstance(embedding.slicer, Identity) else " in R^d"


def exchanged_words(paired: bool, strata: Any, blocks: Any) -> dict[str, str]:
    """What is exchanged, where that is not simply the units."""
    whole = f"{len(np.unique(blocks))} whole blocks" if blocks is not None else ""
    if paired:
        return {"exchanged": f"signs of {whole}"} if whole else {}
    inside = f"within {len(np.unique(strata))} strata" if strata is not None else ""
    words = " ".join(word for word in (whole or ("units" if inside else ""), inside) if word)
    return {"exchanged": words} if words else {}


def attainable(info: ResamplingInfo, equivalent: int) -> ResamplingInfo:
    """The smallest p-value, given that as many arrangements as `equivalent` always have the same statistic."""
    if info.n_distinct is None:
        return info
    return replace(info, smallest_pvalue=max(info.smallest_pvalue, min(equivalent, info.n_distinct) / info.n_distinct))


def _call(plan: Plan) -> str:
    options = [f"statistic={plan.statistic!r}", f"calibration={plan.calibration!r}"]
    if plan.statistic in ("combined", "omnibus"):
        options.append(f"combination={plan.combination!r}")
    if plan.paired:
        options.append("paired=True")
    options += [f"{name}={name}" for name in ("strata", "blocks") if getattr(plan, name) is not None]
    options.append(f"n_quantiles={plan.embedding.n_quantiles}")
    options.append(f"n_resamples={plan.n_resamples}")
    return f"isw_test({', '.join(map(str, plan.levels))}, {', '.join(options)})"
