"""What `SteinIndexModel` returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stattools import _random, _validation
from stattools._errors import InvalidParameterError
from stattools._provenance import Provenance
from stattools._typing import FloatArray, Progress, Seed
from stattools.results import HTestResult, ResamplingInfo, serialization
from stattools.sdr.linear_htests import at_most, more_than
from stattools.sdr.linear_result import LinearSDRResult
from stattools.sdr.stein_moments import Moments, independence_null, tail_null
from stattools.sdr.stein_scores import Scores

STATISTICS = {"largest": "largest eigenvalue", "trace": "sum of eigenvalues"}
serialization.register(Scores)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SteinResult(LinearSDRResult):
    """Directions of a Stein index model.

    Everything of `LinearSDRResult`, and:

    Parameters
    ----------
    moments : Moments
        Which moments of responses with scores make the candidate matrix.
    first_order : (r,) float64
        What first-order moments contribute to each eigenvalue; second-order moments contribute the rest.
    coordinates : {"white", "original"}
        In which the candidate matrix stands. In white ones scores of different directions are not correlated (with a
        shrunk covariance: nearly); in original ones they may be.
    shrinkage : float
        Intensity, 0 to 1, with which correlations of predictors were shrunk towards zero.
    predictors : (n, p) float64
    responses : (n, q) float64
        As they entered the moments: of mean zero, and of variance one if they were scaled.
    score_values : Scores
        Scores of the law of the predictors at the observations.

    Examples
    --------
    >>> from stattools.sdr.stein import SteinIndexModel
    >>> x = np.random.default_rng(1).standard_normal((200, 3))
    >>> result = SteinIndexModel(n_components=2).fit(x, x[:, [0, 0, 1]] ** [1, 1, 2]).results_
    >>> (result.first_order / result.eigenvalues)[:2].round(1).tolist()
    [1.0, 0.0]
    """

    moments: Moments
    first_order: FloatArray
    coordinates: str = "white"
    shrinkage: float = 0.0
    predictors: FloatArray = field(repr=False)
    responses: FloatArray = field(repr=False)
    score_values: Scores = field(repr=False)

    def permutation_test(
        self,
        n_directions: int = 0,
        *,
        statistic: str = "largest",
        n_resamples: int = 999,
        rng: Seed = None,
        n_jobs: int | None = None,
        progress: Progress = False,
    ) -> HTestResult:
        """Test by permutation that there are at most so many directions.

        Parameters
        ----------
        n_directions : int, default 0
            d in the null hypothesis; 0 is independence of predictors and responses. More need normal scores.
        statistic : {"largest", "trace"}, default "largest"
            The largest eigenvalue after the first d, or the sum of all; the sum for d = 0 alone.
        n_resamples : int, default 999
        rng, n_jobs, progress
            As in `stattools.resampling.resample`.

        Returns
        -------
        HTestResult

        Raises
        ------
        InvalidParameterError
            d is too large, or not 0 where scores were given as functions or with "trace".

        Notes
        -----
        d = 0: rows of responses are paired with those of predictors at random; the p-value is exact whatever their
        laws, and whether or not the score is that of the predictors. More: see
        `stattools.sdr.stein_moments.sequential_tests`; it holds for normal predictors in large samples, since the
        first directions are estimates.

        Examples
        --------
        >>> from stattools.sdr.stein import SteinIndexModel
        >>> x = np.random.default_rng(1).standard_normal((100, 3))
        >>> SteinIndexModel(n_components=1).fit(x, x[:, 0]).results_.permutation_test(n_resamples=99, rng=1).pvalue
        0.01
        """
        d = _validation.integer(n_directions, "n_directions", minimum=0, maximum=len(self.eigenvalues) - 1)
        _validation.choice(statistic, tuple(STATISTICS), "statistic")
        if d and (statistic == "trace" or not self.score_values.normal):
            reason = "statistic='trace'" if statistic == "trace" else "scores that were given as functions"
            raise InvalidParameterError(f"n_directions is {d}; with {reason} only 0 can be tested")
        seed = _random.seed_sequence(rng)
        options: dict[str, Any] = {"n_resamples": n_resamples, "rng": seed, "n_jobs": n_jobs, "progress": progress}
        if d == 0:
            joint = independence_null(self.score_values, self.responses, self.moments, **options)
            null = joint.marginal(list(STATISTICS).index(statistic))
        else:
            null = tail_null(
                self.predictors, self.responses, self.moments, self.all_directions[:, :d],
                shrinkage=self.shrinkage, white=self.coordinates == "white", **options,
            ).marginal()  # fmt: skip
        return HTestResult(
            provenance=Provenance.capture(
                f"permutation_test({d}, statistic={statistic!r}, n_resamples={n_resamples})",
                seed=seed,
                sizes={"n": self.nobs},
            ),
            method=f"Permutation test of the number of directions of {self.short_name}",
            data_name=self.data_name,
            statistic=null.observed,
            statistic_name=STATISTICS[statistic] if d == 0 else f"eigenvalue {d + 1}",
            pvalue=null.pvalue,
            alternative="greater",
            alternative_text=more_than(d),
            n={"observations": self.nobs},
            settings={
                "null hypothesis": at_most(d),
                "validity": "exact" if d == 0 else "normal predictors, large samples",
            },
            resampling=ResamplingInfo.from_null(null),
            null_distribution=null.values,
        )

    def _rows_of_directions(self) -> dict[str, Any]:
        rows = super()._rows_of_directions()
        kept = rows.pop("kept")
        if all(self.moments.parts):
            sizes = np.maximum(self.eigenvalues, np.finfo(float).tiny)
            rows["linear"] = self.first_order / sizes
        return rows | {"kept": kept}
