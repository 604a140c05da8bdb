"""A test as data: the embedded rows, how they are grouped, and what is to be computed.

A plan is all that is needed to run a test again, to run it longer, or to ask where the difference lies.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from stattools._errors import InvalidParameterError
from stattools._typing import FloatArray
from stattools.distributions import Embedding
from stattools.resampling import Multiplier, Permutation, Scheme, SignFlip
from stattools.results import serialization
from stattools.twosample import statistics as st
from stattools.twosample.moments import Design, Pairs, TwoGroups, rows_of, wild_two_groups

CALIBRATIONS = {
    "studentized": ("permutation", "satterthwaite", "wild"),
    "mean": ("permutation", "satterthwaite", "wild"),
    "max_t": ("permutation", "wild"),
    "hotelling": ("permutation", "asymptotic"),
    "combined": ("permutation", "wild", "asymptotic"),
    "omnibus": ("permutation",),
}
STATISTIC_SYMBOLS = {
    "studentized": "T*",
    "mean": "|d|^2",
    "max_t": "max|t|",
    "hotelling": "T^2",
    "combined": "C",
    "omnibus": "-log10 min p",
}
HEAT_TIMES = (0.25, 1.0, 4.0)  # in units of one over the smallest eigenvalue
SCORE_SHARE = 0.9


@serialization.register
@dataclass(frozen=True, eq=False)
class Plan:
    """What to test and how.

    embedding : N pooled rows; for pairs the first halves, then the second halves.
    codes : (N,) group of each row. levels : names of the groups.
    strata, blocks : (N,) codes or None ((n,) blocks of pairs).
    """

    embedding: Embedding
    codes: Any
    levels: tuple[Any, ...]
    paired: bool
    strata: Any
    blocks: Any
    statistic: str
    calibration: str
    combination: str
    n_resamples: int

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(np.bincount(self.codes, minlength=len(self.levels)).tolist())

    @property
    def groups(self) -> tuple[FloatArray, ...]:
        """Rows of each group, or the differences of pairs; columns constant up to rounding are exactly equal."""
        rows = observed_rows(self).features
        return (rows,) if self.paired else tuple(rows[self.codes == g] for g in range(len(self.levels)))


def observed_rows(plan: Plan, features: FloatArray | None = None) -> Any:
    """Centred pooled rows, or the differences of pairs."""
    x = plan.embedding.features if features is None else features
    if not plan.paired:
        return rows_of(x, centre=True)
    n = len(x) // 2
    return rows_of(x[:n] - x[n:], centre=False, scale=np.abs(x).max(axis=0))


def design_of(plan: Plan, features: FloatArray | None = None) -> Design:
    """The design whose moments make the statistics of a two-sample plan."""
    if plan.paired:
        return Pairs(observed_rows(plan, features))
    sizes = (plan.sizes[0], plan.sizes[1])
    if plan.calibration == "wild":
        return wild_two_groups(plan.embedding.features if features is None else features, plan.codes)
    return TwoGroups(observed_rows(plan, features), sizes)


def observed_design(plan: Plan, features: FloatArray | None = None) -> Design:
    """The design that gives the observed value."""
    return design_of(replace(plan, calibration="permutation"), features)


def scheme_of(plan: Plan, n_resamples: int | None = None) -> Scheme:
    """What is exchanged under the null of a plan."""
    size = plan.n_resamples if n_resamples is None else n_resamples
    if plan.paired:
        return SignFlip(size, n=len(plan.codes) // 2, blocks=plan.blocks)
    if plan.calibration == "wild":
        return Multiplier(size, n=len(plan.codes))
    return Permutation(size, codes=plan.codes, strata=plan.strata, blocks=plan.blocks)


def identity_of(plan: Plan) -> Any:
    """The observed arrangement of a plan's observed design."""
    return np.ones((1, len(plan.codes) // 2)) if plan.paired else plan.codes[None]


def statistic_of(plan: Plan, *, observed: bool = False) -> Callable[[Any], FloatArray]:
    """The statistic as a function of arrangements: of the observed design, or of the one that is resampled."""
    build = observed_design if observed else design_of
    if plan.statistic == "omnibus":
        return partial(_stacked, statistics=tuple(omnibus_parts(plan).values()))
    if plan.statistic == "hotelling":
        return _hotelling(plan)
    if plan.statistic in ("studentized", "mean"):
        return partial(_of_norms, design=build(plan), kind=plan.statistic)
    design = build(plan, unit_columns(plan.embedding.features))
    if plan.statistic == "max_t":
        return partial(st.max_t, design)
    return partial(st.combined, design, method=plan.combination)


def unit_columns(features: FloatArray) -> FloatArray:
    """Columns divided by powers of two near their size: t-tests do not change, and squares of faint columns survive."""
    exponents = np.frexp(np.abs(features).max(axis=0))[1]
    return np.asarray(np.ldexp(features, -exponents))


def omnibus_parts(plan: Plan) -> dict[str, Callable[[Any], FloatArray]]:
    """The statistics whose smallest p-value the omnibus test calibrates, by name.

    The studentized distance, the combination of coordinate-wise p-values, the largest t and, where slices have
    eigenvalues, the studentized distance with the slices reweighted by heat kernels of three times.
    """
    columns = design_of(plan, unit_columns(plan.embedding.features))
    parts: dict[str, Callable[[Any], FloatArray]] = {
        "studentized": partial(_of_norms, design=design_of(plan), kind="studentized"),
        f"combined ({plan.combination})": partial(st.combined, columns, method=plan.combination),
        "max_t": partial(st.max_t, columns),
    }
    for time in HEAT_TIMES:
        scale = heat_rescaling(plan.embedding, time)
        if scale is not None:
            heated = design_of(plan, plan.embedding.features * scale)
            parts[f"studentized, heat {time:g}/lambda1"] = partial(_of_norms, design=heated, kind="studentized")
    return parts


def heat_rescaling(embedding: Embedding, time: float) -> FloatArray | None:
    """(P,) factors that turn the embedding's weighting into a heat kernel's; None where slices have no eigenvalues."""
    eigenvalues = getattr(embedding.slicer, "slice_eigenvalues", None)
    if eigenvalues is None or len(eigenvalues) == 0:
        return None
    # relative to alpha = 1 the weight of a slice is its multiplicity share, m over the slices of its eigenspace
    weights = np.asarray(embedding.slicer.slice_weights)
    groups = np.asarray(embedding.slicer.slice_groups)
    multiplicities = np.bincount(np.asarray(embedding.slicer.groups), minlength=groups.max() + 1)
    share = (multiplicities / np.maximum(np.bincount(groups, minlength=len(multiplicities)), 1))[groups]
    if (weights <= 0).any():
        return None
    heat = share * np.exp(-time * eigenvalues / eigenvalues.min())
    return np.repeat(np.sqrt(heat / weights), embedding.n_quantiles)


def _of_norms(arrangements: Any, *, design: Design, kind: str) -> FloatArray:
    norms = design.norms(arrangements)
    return st.studentized(norms) if kind == "studentized" else st.mean_distance(norms)


def _stacked(arrangements: Any, *, statistics: tuple[Callable[[Any], FloatArray], ...]) -> FloatArray:
    return np.column_stack([statistic(arrangements) for statistic in statistics])


def scores_of(plan: Plan) -> st.Scores:
    """Leading pooled scores for Hotelling's statistic: at most half as many as the smaller group has rows."""
    rows = observed_rows(plan)
    smallest = len(rows.squares) if plan.paired else min(plan.sizes)
    return st.leading_scores(rows, explained=SCORE_SHARE, at_most=max(1, smallest // 2))


def _hotelling(plan: Plan) -> Callable[[Any], FloatArray]:
    scores = scores_of(plan).values
    if plan.paired:
        return partial(st.hotelling_pairs, scores=scores)
    return partial(st.hotelling_two_groups, scores=scores, sizes=(plan.sizes[0], plan.sizes[1]))


def check_calibration(statistic: str, calibration: str) -> None:
    """Refuse a pair of statistic and calibration that has no theory behind it."""
    if calibration not in CALIBRATIONS[statistic]:
        allowed = " or ".join(repr(c) for c in CALIBRATIONS[statistic])
        raise InvalidParameterError(f"statistic={statistic!r} has no calibration={calibration!r}; it takes {allowed}")


def component_starts(embedding: Embedding) -> tuple[Any, tuple[str, ...], FloatArray | None]:
    """First coordinate, name and eigenvalue of each component: an eigenspace, or a slice where there are none."""
    slicer = embedding.slicer
    groups = getattr(slicer, "slice_groups", None)
    if groups is None:
        starts = np.arange(slicer.n_slices) * embedding.n_quantiles
        return starts, tuple(slicer.slice_names), None
    first = np.flatnonzero(np.r_[True, np.diff(groups) != 0])
    eigenvalues = np.asarray(slicer.slice_eigenvalues)[first]
    sizes = np.bincount(np.asarray(slicer.groups))
    names = tuple(
        f"eigenspace {k + 1}" + (f" (dim {sizes[groups[i]]})" if sizes[groups[i]] > 1 else "")
        for k, i in enumerate(first)
    )
    return first * embedding.n_quantiles, names, eigenvalues
