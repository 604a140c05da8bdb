"""A test as data: the embedded rows, how they are grouped, and what is to be computed.

A plan is all that is needed to run a test again, to run it longer, or to ask where the difference lies.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Literal

import numpy as np

from stattools._errors import InvalidParameterError
from stattools._typing import FloatArray
from stattools.distributions import Embedding
from stattools.resampling import Multiplier, Permutation, Scheme, SignFlip
from stattools.resampling.engine import TIE_TOLERANCE
from stattools.results import serialization
from stattools.twosample import statistics as st
from stattools.twosample.moments import (
    EPSILON,
    CoordinateTests,
    Design,
    Pairs,
    Rows,
    TwoGroups,
    coordinate_tests,
    rows_of,
    wild_two_groups,
)

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
LARGEST_TOLERANCE = 1e-3

View = Literal["weighted", "unit"] | float


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
        """Weighted rows of each group, or the differences of pairs; what is constant up to rounding is exactly so."""
        return self.split("weighted")

    def split(self, view: View) -> tuple[FloatArray, ...]:
        """Rows of each group in a view, or the differences of pairs."""
        rows = self.rows(view).features
        return (rows,) if self.paired else tuple(rows[self.codes == g] for g in range(len(self.levels)))

    def rows(self, view: View = "weighted") -> Rows:
        """Centred pooled rows in a view, or the differences of pairs; computed once."""
        if view not in self._rows:
            x = viewed(self.embedding, view)
            scale = slice_sizes(x, self.embedding.n_quantiles)
            n = len(x) // 2
            values = x[:n] - x[n:] if self.paired else x
            self._rows[view] = rows_of(values, centre=not self.paired, scale=scale, with_gram=view != "unit")
        return self._rows[view]

    @cached_property
    def _rows(self) -> dict[View, Rows]:
        return {}


def viewed(embedding: Embedding, view: View) -> FloatArray:
    """(N, P) rows of an embedding.

    view : "weighted" for the features themselves; "unit" for quantiles without weights, each slice divided by a power
    of two near its size, for t-tests, which do not depend on either; a number for the weights of a heat kernel at that
    time, in units of one over the smallest eigenvalue.
    """
    if view == "weighted":
        return embedding.features
    if view == "unit":
        largest = np.abs(embedding.values).max(axis=(0, 2))
        return np.asarray(np.ldexp(embedding.values, -np.frexp(largest)[1][:, None]).reshape(len(embedding), -1))
    slicer = embedding.slicer
    weights = heat_weights(slicer, float(view) / np.asarray(slicer.slice_eigenvalues).min())
    scaled = embedding.values * np.sqrt(weights / embedding.n_quantiles)[:, None]
    return np.asarray(scaled.reshape(len(embedding), -1))


def heat_weights(slicer: Any, time: float) -> FloatArray:
    """(S,) weights of slices that sum to exp(-time lambda) for each eigenfunction of an eigenspace."""
    groups = np.asarray(slicer.slice_groups)
    # an eigenspace of m dimensions counts m times, whatever the number of its slices
    multiplicities = np.bincount(np.asarray(slicer.groups))
    share = (multiplicities / np.maximum(np.bincount(groups, minlength=len(multiplicities)), 1))[groups]
    return np.asarray(share * np.exp(-time * np.asarray(slicer.slice_eigenvalues)))


def slice_sizes(x: FloatArray, n_quantiles: int) -> FloatArray:
    """(P,) largest absolute value of each column's slice."""
    largest = np.abs(x).max(axis=0).reshape(-1, n_quantiles).max(axis=1)
    return np.repeat(largest, n_quantiles)


def design_of(plan: Plan, view: View = "weighted") -> Design:
    """The design whose moments make the resampled statistics of a two-sample plan."""
    if plan.calibration == "wild":
        x = viewed(plan.embedding, view)
        scale = slice_sizes(x, plan.embedding.n_quantiles)
        return wild_two_groups(x, plan.codes, scale=scale, with_gram=view != "unit")
    return observed_design(plan, view)


def observed_design(plan: Plan, view: View = "weighted") -> Design:
    """The design that gives the observed value."""
    return Pairs(plan.rows(view)) if plan.paired else TwoGroups(plan.rows(view), (plan.sizes[0], plan.sizes[1]))


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
        return partial(_stacked, statistics=tuple(_omnibus(plan)))
    if plan.statistic == "hotelling":
        return _hotelling(plan)
    if plan.statistic in ("studentized", "mean"):
        return partial(_of_norms, design=build(plan), kind=plan.statistic)
    if plan.statistic == "max_t":
        return partial(st.max_t, build(plan, "unit"))
    return partial(st.combined, build(plan, "unit"), method=plan.combination)


def _omnibus(plan: Plan) -> list[Callable[[Any], FloatArray]]:
    """The statistics whose smallest p-value the omnibus test calibrates; `omnibus_names` names their columns.

    The studentized distance, the combination of coordinate-wise p-values, the largest t and, where slices have
    eigenvalues, the studentized distance with the slices reweighted by heat kernels of three times.
    """
    views: list[View] = ["weighted", *_heat_times(plan)]
    norms = [partial(_of_norms, design=observed_design(plan, view), kind="studentized") for view in views]
    return [partial(st.combined_and_max_t, observed_design(plan, "unit"), method=plan.combination), *norms]


def omnibus_names(plan: Plan) -> list[str]:
    """Names of the columns of the omnibus statistic."""
    heat = [f"studentized, heat {time:g}/lambda1" for time in _heat_times(plan)]
    return [f"combined ({plan.combination})", "max_t", "studentized", *heat]


def _heat_times(plan: Plan) -> tuple[float, ...]:
    eigenvalues = getattr(plan.embedding.slicer, "slice_eigenvalues", None)
    return () if eigenvalues is None or len(eigenvalues) == 0 else HEAT_TIMES


def tie_tolerance(plan: Plan) -> float:
    """How far rounding can drive apart the statistics of two arrangements that are equal on paper.

    A studentized statistic is a ratio whose denominator loses the digits by which the total sum of squares exceeds the
    one within groups; p-values of t lose as many again as t has degrees of freedom (derived here).
    """
    if plan.statistic == "mean":
        return TIE_TOLERANCE
    n = len(plan.codes)
    loss = 1.0
    if plan.statistic in ("studentized", "omnibus", "hotelling"):
        loss = total_over_within(plan.rows("weighted"), observed_design(plan), identity_of(plan))
    if plan.statistic != "studentized":
        t = st.t_of(observed_design(plan, "unit").coordinates(identity_of(plan)), plan.rows("unit"))
        loss = max(loss, 1.0 + float((t**2).max()))
    factor = {"hotelling": 50, "combined": n, "omnibus": n}.get(plan.statistic, 1)
    return min(LARGEST_TOLERANCE, TIE_TOLERANCE * loss * factor)


def total_over_within(rows: Rows, design: Design, identity: Any) -> float:
    """Total sum of squares over the sum within the observed groups; infinite when groups are constant."""
    distance = float(design.norms(identity).distance[0])
    n = len(rows.squares)
    between = n * distance if isinstance(design, Pairs) else distance * np.prod(design.sizes) / n
    total = float(rows.squares.sum())
    return total / (total - between) if total - between > EPSILON * total else (np.inf if total > 0 else 1.0)


def _of_norms(arrangements: Any, *, design: Design, kind: str) -> FloatArray:
    norms = design.norms(arrangements)
    return st.studentized(norms) if kind == "studentized" else st.mean_distance(norms)


def _stacked(arrangements: Any, *, statistics: tuple[Callable[[Any], FloatArray], ...]) -> FloatArray:
    return np.hstack([statistic(arrangements).reshape(len(arrangements), -1) for statistic in statistics])


def scores_of(plan: Plan) -> st.Scores:
    """Leading pooled scores for Hotelling's statistic: at most half as many as the smaller group has rows."""
    rows = plan.rows()
    smallest = len(rows.squares) if plan.paired else min(plan.sizes)
    return st.leading_scores(rows, explained=SCORE_SHARE, at_most=max(1, smallest // 2))


def _hotelling(plan: Plan) -> Callable[[Any], FloatArray]:
    scores = scores_of(plan).values
    if plan.paired:
        return partial(st.hotelling_pairs, scores=scores)
    return partial(st.hotelling_two_groups, scores=scores, sizes=(plan.sizes[0], plan.sizes[1]))


def welch_tests(plan: Plan) -> CoordinateTests:
    """Coordinate-wise t-tests, in units of the unit view."""
    return coordinate_tests(plan.split("unit"), plan.rows("unit").scale)


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
