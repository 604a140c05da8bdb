"""Do k collections of distributions share one mean, with covariates held fixed?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import numpy as np

from stattools import _random, _validation
from stattools._errors import DegenerateDataError, DegenerateDataWarning, InvalidDataError, InvalidParameterError, Notes
from stattools._provenance import Provenance
from stattools._threads import one_blas_thread
from stattools._typing import FloatArray, Progress, Seed
from stattools.distributions import Embedding
from stattools.resampling import JointNull, Permutation, RowPermutation, Scheme, Sequential, resample
from stattools.resampling.engine import TIE_TOLERANCE
from stattools.results import HTestResult, ResamplingInfo, serialization
from stattools.twosample import inputs
from stattools.twosample.moments import Norms, Rows, group_moments, rows_of
from stattools.twosample.plan import LARGEST_TOLERANCE, component_starts, slice_sizes
from stattools.twosample.result import finished_run
from stattools.twosample.statistics import studentized
from stattools.twosample.test import (
    arrangement_codes,
    attainable,
    exchanged_words,
    place_words,
    warn_of_resolution,
)

STATISTICS = ("studentized", "pseudo_f", "mean")
SHOWN_GROUPS = 8
SYMBOLS = {"studentized": "F2", "pseudo_f": "pseudo-F", "mean": "SSB"}


@serialization.register
@dataclass(frozen=True, eq=False)
class AnovaPlan:
    """What to test and how.

    embedding : N rows. codes : (N,) group of each. covariates : (N, q) or None.
    """

    embedding: Embedding
    codes: Any
    levels: tuple[Any, ...]
    covariates: Any
    covariate_names: tuple[str, ...]
    strata: Any
    blocks: Any
    statistic: str
    n_resamples: int

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(np.bincount(self.codes, minlength=len(self.levels)).tolist())


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ISWAnovaResult(HTestResult):
    """Result of `isw_anova`.

    Attributes
    ----------
    plan : AnovaPlan
        The embedded rows, their groups, covariates and the options.

    Besides it, all attributes of `HTestResult`.

    Examples
    --------
    >>> from stattools import DistributionArray, isw_anova
    >>> x = DistributionArray.from_samples(np.random.default_rng(1).normal(size=(18, 30)))
    >>> isw_anova(x, [0] * 6 + [1] * 6 + [2] * 6, n_resamples=99, rng=1).plan.sizes
    (6, 6, 6)
    """

    plot_kinds: ClassVar[tuple[str, ...]] = ("null", "components", "quantiles", "scatter")

    plan: AnovaPlan

    def extend(self, n_resamples: int, *, n_jobs: int | None = None, progress: Progress = False) -> ISWAnovaResult:
        """The same test with more resamples; those that it has are kept, bit for bit.

        Raises
        ------
        InvalidParameterError
            The test was stopped early, or has that many resamples already.

        Examples
        --------
        >>> from stattools import DistributionArray, isw_anova
        >>> x = DistributionArray.from_samples(np.random.default_rng(1).normal(size=(18, 30)))
        >>> result = isw_anova(x, [0] * 6 + [1] * 6 + [2] * 6, n_resamples=99, rng=1)
        >>> result.extend(499).resampling.n_resamples
        499
        """
        values = np.asarray(self.null_distribution)[:, None]
        start, notes = finished_run(self, values, _scheme(self.plan), n_resamples)
        plan = replace(self.plan, n_resamples=int(n_resamples))
        return _run(plan, notes, n_jobs=n_jobs, progress=progress, start=start)

    def coefficients(self) -> Any:
        """Coefficient curves: the effect of each group (against the first) and covariate on every quantile.

        Returns
        -------
        DataFrame
            A row a term, slice and level: term, slice, level, estimate, std_error, statistic, p_value. Estimates are
            differences of slice quantiles. Standard errors are HC3 (MacKinnon and White, 1985), p-values two-sided
            from t on N - r degrees of freedom, not adjusted for their number.

        Examples
        --------
        >>> from stattools import DistributionArray, isw_anova
        >>> x = DistributionArray.from_samples(np.random.default_rng(1).normal(size=(18, 30)))
        >>> table = isw_anova(x, [0] * 9 + [1] * 9, n_resamples=99, rng=1).coefficients()
        >>> list(table.columns)[:4]
        ['term', 'slice', 'level', 'estimate']
        """
        return _coefficient_table(self.plan)

    def _plot(self, kind: str, ax: Any, **options: Any) -> Any:
        from stattools.plotting import twosample as plots

        return plots.plot_test(self, kind, ax, **options)


def isw_anova(
    x: Any,
    groups: Any = None,
    *,
    covariates: Any = None,
    strata: Any = None,
    blocks: Any = None,
    domain: Any = None,
    basis: Any = None,
    n_eigenfunctions: int = 20,
    n_quantiles: int = 20,
    quantile: str = "cell",
    statistic: str | None = None,
    n_resamples: int = 9999,
    stopping: Sequential | None = None,
    nan_policy: str = "raise",
    rng: Seed = None,
    n_jobs: int | None = None,
    progress: Progress = False,
) -> ISWAnovaResult:
    """Analysis of variance of k collections of distributions by permutation.

    Parameters
    ----------
    x : DistributionArray or Embedding
        N distributions.
    groups : (N,) array_like, optional
        Labels with k >= 2 levels; by default ``x.groups``.
    covariates : (N,) or (N, q) array_like or DataFrame, optional
        Numbers, or in a DataFrame also categories, to hold fixed, by permuting the residuals of the model without
        groups (Freedman and Lane [1]_).
    strata, blocks : (N,) array_like, optional
        Permute inside strata only; keep the units of a block together.
    domain, basis, n_eigenfunctions, n_quantiles, quantile
        As in `isw_test`.
    statistic : {"studentized", "pseudo_f", "mean"}, optional
        "studentized" (the default without covariates): between-group sum of squares over the sum of
        (1 - n_g/N) tr(S_g), which keeps its level when groups differ in size and spread [2]_; two groups give
        `isw_test`'s T*. "pseudo_f" (the default, and the only one, with covariates): explained over residual mean
        square. "mean": the between-group sum of squares.
    n_resamples, stopping, nan_policy, rng, n_jobs, progress
        As in `isw_test`; "omit" also leaves out units with a missing covariate.

    Returns
    -------
    ISWAnovaResult
        ``coefficients()`` gives the effects, slice by slice and level by level.

    Raises
    ------
    InvalidDataError
        Labels or covariates of another number than x, or missing.
    DegenerateDataError
        A group of fewer than two units (fewer than one for "mean"), or covariates that determine the groups.

    Notes
    -----
    Time is O(B k N min(N, P)) for k groups, and near 8 (4 N P + N min(N, P) + 512 N k) bytes are used.

    Without covariates the permutation p-value is exact for the null that all collections come from one law. With
    covariates it is approximate: the residuals of the reduced model are exchangeable in the limit only.

    References
    ----------
    .. [1] Freedman and Lane (1983), J. Business Econ. Statist. 1, 292-298.
    .. [2] Anderson, Walsh, Clarke, Gorley and Guerra-Castro (2017), Aust. N. Z. J. Statist. 59, 57-79.

    Examples
    --------
    >>> from stattools import DistributionArray
    >>> rng = np.random.default_rng(1)
    >>> means = np.repeat([0.0, 0.0, 1.0], 8)
    >>> x = DistributionArray.from_samples([rng.normal(m, 1.0, 40) for m in means])
    >>> isw_anova(x, np.repeat(["a", "b", "c"], 8), n_resamples=999, rng=2).pvalue
    0.001
    """
    notes = Notes()
    if statistic is None:
        statistic = "studentized" if covariates is None else "pseudo_f"
    _validation.choice(statistic, STATISTICS, "statistic")
    if covariates is not None and statistic != "pseudo_f":
        raise InvalidParameterError(f"statistic is {statistic!r}; with covariates it is 'pseudo_f'")
    if stopping is not None and not isinstance(stopping, Sequential):
        raise InvalidParameterError(f"stopping is {stopping!r}; it takes None or Sequential(...)")
    n_resamples = _validation.integer(n_resamples, "n_resamples", minimum=1)
    seed = _random.seed_sequence(rng)
    groups, covariates, names = _with_covariates(x, groups, covariates, nan_policy)
    collections = inputs.collections_of(x, None, groups, nan_policy=nan_policy, notes=notes, name="isw_anova")
    _check_sizes(collections, statistic)
    embedding = inputs.embedded(
        collections,
        domain=domain,
        basis=basis,
        notes=notes,
        n_eigenfunctions=n_eigenfunctions,
        n_quantiles=n_quantiles,
        quantile=quantile,
    )
    plan = AnovaPlan(
        embedding=embedding,
        codes=collections.codes,
        levels=collections.levels,
        covariates=None if covariates is None else covariates[collections.kept],
        covariate_names=names,
        strata=arrangement_codes(strata, "strata", collections, paired=False, calibration="permutation"),
        blocks=arrangement_codes(blocks, "blocks", collections, paired=False, calibration="permutation"),
        statistic=statistic,
        n_resamples=n_resamples,
    )
    with one_blas_thread():
        return _run(plan, notes, stopping=stopping, seed=seed, n_jobs=n_jobs, progress=progress)


def _with_covariates(x: Any, groups: Any, covariates: Any, nan_policy: str) -> tuple[Any, Any, tuple[str, ...]]:
    """Covariates as a matrix with names; under "omit" a unit without one loses its label, so that it is left out."""
    if covariates is None:
        return groups, None, ()
    covariates = _with_dummies(inputs.by_name(covariates, x, "covariates"))
    columns = [str(name) for name in getattr(covariates, "columns", [])]
    finite = nan_policy != "omit"
    matrix = _validation.float_array(covariates, "covariates", ndim=(1, 2), finite=finite)
    matrix = matrix[:, None] if matrix.ndim == 1 else matrix
    if len(matrix) != len(x):
        raise InvalidDataError(f"covariates has {len(matrix)} rows for {len(x)} units")
    names = tuple(columns) or tuple(f"covariate {j + 1}" for j in range(matrix.shape[1]))
    if groups is None:
        groups = getattr(x, "groups", None)
    if np.isinf(matrix).any():
        raise InvalidDataError(
            f"covariates has an infinite value in row {int(np.argmax(np.isinf(matrix).any(axis=1)))}"
        )
    incomplete = np.isnan(matrix).any(axis=1)
    if incomplete.any() and groups is not None:
        labels = np.array(list(groups), dtype=object)
        labels[incomplete] = None
        groups = labels
    return groups, matrix, names


def _with_dummies(covariates: Any) -> Any:
    """Columns of text or categories of a table become indicators of their levels but the first."""
    if not hasattr(covariates, "columns"):
        return covariates
    import narwhals as nw
    import pandas as pd

    table = nw.from_native(covariates).to_pandas()
    wanted = [name for name in table.columns if not pd.api.types.is_numeric_dtype(table[name])]
    if not wanted:
        return table
    dummies = pd.get_dummies(table, columns=wanted, drop_first=True, dtype=float)
    for name in wanted:  # a missing level is a missing covariate, not the first level
        dummies.loc[table[name].isna().to_numpy(), [c for c in dummies.columns if str(c).startswith(f"{name}_")]] = (
            np.nan
        )
    return dummies


def _check_sizes(collections: inputs.Collections, statistic: str) -> None:
    sizes = np.bincount(collections.codes)
    if sizes.min() < 2 and statistic == "studentized":
        name = collections.levels[int(sizes.argmin())]
        raise DegenerateDataError(
            f"group {name!r} has 1 distribution; statistic='studentized' needs at least 2 a group"
        )
    if len(collections.codes) <= len(sizes):
        raise DegenerateDataError(
            f"{len(collections.codes)} distributions in {len(sizes)} groups leave nothing to compare"
        )


def _scheme(plan: AnovaPlan) -> Scheme:
    if plan.covariates is None:
        return Permutation(plan.n_resamples, codes=plan.codes, strata=plan.strata, blocks=plan.blocks)
    return RowPermutation(plan.n_resamples, n=len(plan.codes), strata=plan.strata, blocks=plan.blocks)


def _statistic(plan: AnovaPlan) -> Any:
    if plan.covariates is None:
        rows = _centred(plan)
        return partial(_of_groups, rows=rows, sizes=plan.sizes, kind=plan.statistic)
    reduced, added = _model_bases(plan)
    features = plan.embedding.features
    scale = slice_sizes(features, plan.embedding.n_quantiles)
    residuals = rows_of(features - reduced @ (reduced.T @ features), centre=False, scale=scale)
    return partial(_freedman_lane, residuals=residuals, reduced=reduced, added=added)


def _centred(plan: AnovaPlan) -> Rows:
    features = plan.embedding.features
    return rows_of(features, centre=True, scale=slice_sizes(features, plan.embedding.n_quantiles))


def _of_groups(codes: Any, *, rows: Rows, sizes: tuple[int, ...], kind: str) -> FloatArray:
    moments = group_moments(rows, codes, sizes)
    if kind == "mean":
        return moments.between
    n, k = sum(sizes), len(sizes)
    if kind == "studentized":
        denominator = moments.within @ (1 - np.array(sizes) / n)
    else:
        denominator = (k - 1) * (rows.squares.sum() - moments.between) / (n - k)
    return studentized(Norms(moments.between, np.maximum(denominator, 0.0)))


def _freedman_lane(permutations: Any, *, residuals: Rows, reduced: FloatArray, added: FloatArray) -> FloatArray:
    """Pseudo-F of the added columns after permuting the rows of the reduced model's residuals.

    reduced : (N, r0), added : (N, q), orthonormal columns; together they span the full model. Permuting rows of the
    residuals is permuting rows of the bases the other way round, which are narrow.
    """
    n, q = added.shape
    inverse = np.argsort(permutations, axis=1)
    explained = _projected(residuals, added[inverse])
    absorbed = _projected(residuals, reduced[inverse])
    rest = residuals.squares.sum() - explained - absorbed
    df = n - q - reduced.shape[1]
    return studentized(Norms(explained / q, np.maximum(rest / df, 0.0)))


def _projected(rows: Rows, bases: FloatArray) -> FloatArray:
    """(b,) squared norm of the projections of the rows on (b, N, q) orthonormal columns."""
    b, n, q = bases.shape
    return np.asarray(rows.quadratic(bases.transpose(0, 2, 1).reshape(b * q, n)).reshape(b, q).sum(axis=1))


def _model_bases(plan: AnovaPlan) -> tuple[FloatArray, FloatArray]:
    """Orthonormal columns of the model without groups, and of what the groups add to it."""
    n = len(plan.codes)
    z = np.column_stack([np.ones(n), plan.covariates - plan.covariates.mean(axis=0)])
    scale = np.linalg.norm(z, axis=0)
    reduced = _column_space(z / np.where(scale > 0, scale, 1.0))
    dummies = (plan.codes[:, None] == np.arange(1, len(plan.levels))).astype(float)
    left = dummies - reduced @ (reduced.T @ dummies)
    added = _column_space(left, reference=1.0)
    if added.shape[1] < len(plan.levels) - 1:
        raise DegenerateDataError("the covariates determine some of the groups: their effect cannot be told apart")
    if n - added.shape[1] - reduced.shape[1] < 1:
        raise DegenerateDataError(f"{n} distributions leave no degree of freedom beside the model's columns")
    return reduced, added


def _column_space(matrix: FloatArray, reference: float | None = None) -> FloatArray:
    """Orthonormal basis of the columns."""
    left, singular, _ = np.linalg.svd(matrix, full_matrices=False)
    return np.ascontiguousarray(left[:, singular > 1e-8 * (singular[0] if reference is None else reference)])


def _run(
    plan: AnovaPlan,
    notes: Notes,
    *,
    stopping: Sequential | None = None,
    seed: np.random.SeedSequence | None = None,
    n_jobs: int | None = None,
    progress: Progress = False,
    start: JointNull | None = None,
) -> ISWAnovaResult:
    joint = resample(
        _statistic(plan),
        _scheme(plan),
        stopping=stopping,
        rng=seed,
        n_jobs=n_jobs,
        progress=progress,
        start=start,
        tolerance=_tie_tolerance(plan),
    )
    null = joint.marginal()
    info = attainable(ResamplingInfo.from_null(null), _scheme(plan).n_equivalent)
    warn_of_resolution(info, notes)
    if plan.covariates is not None:
        notes.remark("residuals are permuted (Freedman-Lane): with covariates the p-value is approximate")
    if _without_spread(plan):
        notes.warn("all distributions are the same up to rounding", DegenerateDataWarning)
    options = f"statistic={plan.statistic!r}, n_resamples={plan.n_resamples}"
    return ISWAnovaResult(
        provenance=Provenance.capture(
            f"isw_anova(x, groups, {'covariates=covariates, ' if plan.covariates is not None else ''}{options})",
            seed=joint.seed,
            sizes={"units": len(plan.codes), "features": plan.embedding.features.shape[1]},
        ),
        warnings=notes.warnings,
        notes=notes.remarks,
        method="Intrinsic sliced Wasserstein analysis of variance",
        data_name=_group_words(plan) + place_words(plan.embedding),
        statistic_name=SYMBOLS[plan.statistic],
        statistic=null.observed,
        pvalue=null.pvalue,
        estimate={"R-squared": _r_squared(plan)},
        alternative="greater",
        alternative_text="the populations of distributions differ in mean embedding"
        + (f", given {', '.join(plan.covariate_names)}" if plan.covariates is not None else ""),
        n={str(level): size for level, size in zip(plan.levels, plan.sizes, strict=True)},
        components=_component_table(plan),
        settings={
            **exchanged_words(False, plan.strata, plan.blocks),
            "statistic": plan.statistic,
            "basis": plan.embedding.slicer.description,
            "quantiles": f"{plan.embedding.n_quantiles} ({plan.embedding.quantile})",
        },
        resampling=info,
        null_distribution=null.values,
        plan=plan,
    )


def _group_words(plan: AnovaPlan) -> str:
    shown = [f"{level} (n{g + 1} = {plan.sizes[g]})" for g, level in enumerate(plan.levels[:SHOWN_GROUPS])]
    rest = len(plan.levels) - SHOWN_GROUPS
    return ", ".join(shown) + (f" and {rest} more groups" if rest > 0 else "")


def _tie_tolerance(plan: AnovaPlan) -> float:
    """As for two groups: the denominator loses the digits by which explained exceeds residual variation."""
    if plan.statistic == "mean":
        return TIE_TOLERANCE
    unexplained = 1.0 - _r_squared(plan)
    return min(LARGEST_TOLERANCE, TIE_TOLERANCE / max(unexplained, TIE_TOLERANCE))


def _without_spread(plan: AnovaPlan) -> bool:
    return not _centred(plan).squares.any()


def _r_squared(plan: AnovaPlan) -> float:
    """Share of the variance that the groups explain, after the covariates."""
    centred = _centred(plan)
    total = float(centred.squares.sum())
    if total == 0:
        return 0.0
    if plan.covariates is None:
        return float(group_moments(centred, plan.codes[None], plan.sizes).between[0]) / total
    _, added = _model_bases(plan)
    return float(((added.T @ centred.features) ** 2).sum()) / total


def _component_table(plan: AnovaPlan) -> dict[str, Any]:
    """One row an eigenspace or slice: eigenvalue, share of the explained sum of squares."""
    starts, names, eigenvalues = component_starts(plan.embedding)
    x = _centred(plan).features
    if plan.covariates is None:
        means = [x[plan.codes == g].mean(axis=0) for g in range(len(plan.levels))]
        explained = sum(n * m**2 for n, m in zip(plan.sizes, means, strict=True))
    else:
        explained = ((_model_bases(plan)[1].T @ x) ** 2).sum(axis=0)
    by_component = np.add.reduceat(np.asarray(explained), starts)
    total = by_component.sum()
    table: dict[str, Any] = {"component": np.array(names)}
    if eigenvalues is not None:
        table["eigenvalue"] = eigenvalues
    table["share"] = by_component / total if total > 0 else np.zeros(len(starts))
    return table


def _coefficient_table(plan: AnovaPlan) -> Any:
    import pandas as pd
    from scipy.special import stdtr

    embedding = plan.embedding
    n = len(plan.codes)
    dummies = (plan.codes[:, None] == np.arange(1, len(plan.levels))).astype(float)
    design = np.column_stack([np.ones(n), dummies] + ([] if plan.covariates is None else [plan.covariates]))
    terms = ["intercept"] + [f"{level} - {plan.levels[0]}" for level in plan.levels[1:]] + list(plan.covariate_names)
    if np.linalg.matrix_rank(design) < design.shape[1] or n <= design.shape[1]:
        raise DegenerateDataError("groups and covariates are linearly dependent: coefficients are not determined")
    weights = np.repeat(
        np.sqrt(np.asarray(embedding.slicer.slice_weights) / embedding.n_quantiles), embedding.n_quantiles
    )
    quantiles = embedding.features / np.where(weights > 0, weights, 1.0)
    q, r = np.linalg.qr(design)
    operator = np.linalg.solve(r, q.T)
    estimate = operator @ quantiles
    residuals = quantiles - design @ estimate
    leverage = np.minimum((q**2).sum(axis=1), 1 - 1e-12)
    std_error = np.sqrt(operator**2 @ (residuals / (1 - leverage)[:, None]) ** 2)
    t = np.divide(estimate, std_error, out=np.zeros_like(estimate), where=std_error > 0)
    pvalue = np.where(std_error > 0, 2 * stdtr(n - design.shape[1], -np.abs(t)), 1.0)
    p = quantiles.shape[1]
    return pd.DataFrame(
        {
            "term": np.repeat(terms, p),
            "slice": np.tile(np.repeat(embedding.slicer.slice_names, embedding.n_quantiles), len(terms)),
            "level": np.tile(embedding.levels, len(terms) * embedding.slicer.n_slices),
            "estimate": estimate.ravel(),
            "std_error": std_error.ravel(),
            "statistic": t.ravel(),
            "p_value": pvalue.ravel(),
        }
    )
