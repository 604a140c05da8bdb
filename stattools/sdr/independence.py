"""The test of independence that comes with a fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stattools import _random, _validation
from stattools._provenance import Provenance
from stattools._typing import Progress, Seed
from stattools.results import HTestResult, ResamplingInfo
from stattools.sdr.pairing import null_eigenvalues

if TYPE_CHECKING:
    from stattools.sdr.result import SDRResult

STATISTICS = {"largest": "largest eigenvalue", "trace": "sum of eigenvalues"}


def independence_test(
    result: SDRResult,
    *,
    statistic: str = "largest",
    n_resamples: int = 999,
    rng: Seed = None,
    n_jobs: int | None = None,
    progress: Progress = False,
) -> HTestResult:
    """See `SDRResult.permutation_test`."""
    statistic = _validation.choice(statistic, tuple(STATISTICS), "statistic")
    n_resamples = _validation.integer(n_resamples, "n_resamples", minimum=1)
    seed = _random.seed_sequence(rng)
    joint = null_eigenvalues(
        result.operator, n_resamples=n_resamples, rng=seed, retuning=result.retuning, n_jobs=n_jobs,
        progress=progress,
    )  # fmt: skip
    null = joint.marginal(0 if statistic == "largest" else 1)
    return HTestResult(
        provenance=Provenance.capture(
            f"permutation_test(statistic={statistic!r}, n_resamples={n_resamples})",
            seed=seed,
            sizes={"n": result.nobs},
        ),
        notes=_notes(result),
        method=f"Permutation test of independence by {result.method}",
        data_name=f"{result.response.description} and {result.predictor.description}",
        statistic=null.observed,
        statistic_name=STATISTICS[statistic],
        pvalue=null.pvalue,
        alternative="greater",
        alternative_text="X and Y depend on each other",
        n={"pairs": result.nobs},
        settings=_settings(result),
        resampling=ResamplingInfo.from_null(null),
        null_distribution=null.values,
    )


def _settings(result: SDRResult) -> dict[str, Any]:
    repeated = [side.name for side in (result.predictor, result.response) if side.tuned]
    return {"regularization chosen again for each pairing": ", ".join(repeated)} if repeated else {}


def _notes(result: SDRResult) -> tuple[str, ...]:
    if not result.method_tuned:
        return ()
    return (
        "the method was chosen by cross-validation on the same responses, which permutations do not repeat; the "
        "p-value is approximate",
    )
