"""What the methods of an independence test take and what they give."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from stattools import _random
from stattools._typing import FloatArray, IntArray, Progress
from stattools.collider.independence_inputs import Inputs
from stattools.collider.independence_residuals import Residuals, Smoother, group_smoother, residuals, smoother_of
from stattools.resampling import JointNull, NullDistribution, RowPermutation, Scheme, resample

TIE_TOLERANCE = 1e-9
"""Sums over n^2 terms keep at least ten digits of the statistic at the sizes that fit in memory."""
FEATURES, SMOOTHER = (1, 0), (2, 0)  # keys of streams; those of the blocks of resamples have one number


@dataclass(frozen=True, eq=False)
class Plan:
    """One test: its data, options and seed.

    Attributes
    ----------
    inputs : Inputs
    lengthscale : float or None
    n_features, degree : int or None
        None where the method has no such option or takes its default.
    n_resamples : int
    seed : SeedSequence
    n_jobs, progress
        Passed to the engine.
    """

    inputs: Inputs
    lengthscale: float | None
    n_features: int | None
    degree: int | None
    n_resamples: int
    seed: np.random.SeedSequence
    n_jobs: int | None
    progress: Progress

    @property
    def strata(self) -> IntArray | None:
        return self.inputs.strata

    @property
    def smooth(self) -> bool:
        """A continuous variable is given, and has to be regressed out."""
        return self.inputs.b is not None and self.strata is None

    def permutations(self) -> RowPermutation:
        """Permutations of rows, within the categories of b when there are any."""
        return RowPermutation(self.n_resamples, n=self.inputs.n, strata=self.strata)

    @cached_property
    def smoother(self) -> Smoother:
        """The smoother of b: kernel ridge, group means, or the mean alone."""
        if self.inputs.b is None:
            return group_smoother(np.zeros(self.inputs.n, dtype=np.intp))
        if self.strata is not None:
            return group_smoother(self.strata)
        return smoother_of(self.inputs.b.points(), _random.generator(self.seed, *SMOOTHER))

    def residuals(self, targets: FloatArray) -> Residuals:
        """Residuals of (n, q) targets on b."""
        return residuals(targets, self.smoother)

    def run(self, statistic: Any, scheme: Scheme, *, observed: float | None = None) -> NullDistribution:
        """Resample a statistic whose large values speak against independence."""
        joint: JointNull = resample(
            statistic,
            scheme,
            observed=observed,
            rng=self.seed,
            n_jobs=self.n_jobs,
            progress=self.progress,
            tolerance=TIE_TOLERANCE,
        )
        return joint.marginal()


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a method found.

    Attributes
    ----------
    title : str
        The name of the test.
    statistic_name : str
    statistic, pvalue : float
    null : NullDistribution or None
        None where the p-value comes from a limiting law alone.
    null_text, alternative_text : str
        Both hypotheses in words.
    guarantee : str
        What the p-value is worth.
    parameter, estimate : dict
    """

    title: str
    statistic_name: str
    statistic: float
    pvalue: float
    null: NullDistribution | None
    null_text: str
    alternative_text: str
    guarantee: str
    parameter: dict[str, Any] = field(default_factory=dict)
    estimate: dict[str, float] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def independence_words(plan: Plan) -> tuple[str, str]:
    """Null and alternative of a test of independence."""
    inputs = plan.inputs
    pair = f"{', '.join(inputs.y.names)} and {', '.join(inputs.a.names)}"
    given = "" if inputs.b is None else f" given {', '.join(inputs.b.names)}"
    return f"{pair} are independent{given}", f"{pair} are dependent{given}"


def permutation_guarantee(plan: Plan) -> str:
    """What a permutation p-value is worth without a continuous b."""
    if plan.strata is None:
        return "exact at every n: under independence the rows of y may be exchanged"
    return "exact at every n: given the categories, the rows of y may be exchanged within them"
