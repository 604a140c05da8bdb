"""The permutation test of no effect in a Frechet regression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stattools._errors import DegenerateDataError
from stattools._provenance import Provenance
from stattools._random import seed_sequence
from stattools._typing import FloatArray, Progress, Seed
from stattools.resampling import RowPermutation, resample
from stattools.results import HTestResult, ResamplingInfo
from stattools.sdr.smoothing import candidates
from stattools.sdr.weights import leave_one_out_weights, regression_weights

if TYPE_CHECKING:
    from stattools.sdr.frechet_result import FrechetResult

BLOCK_VALUES = 2**22
BEFORE_PROJECTION = (
    "the statistic is of predictions as they are before they are made quantile functions, the largest over the "
    "candidates; the estimate is that of the fit"
)


def no_effect_test(
    result: FrechetResult, *, n_resamples: int, rng: Seed, n_jobs: int | None, progress: Progress
) -> HTestResult:
    """See `FrechetResult.permutation_test`."""
    centred = result.features - result.features.mean(axis=0)
    gram = centred @ centred.T
    if result.kind == "global":
        statistic, parameter = _global_statistic(result, gram)
    else:
        statistic, parameter = _cross_validated_statistic(result, gram)
    seed = seed_sequence(rng)
    joint = resample(
        statistic, RowPermutation(n_resamples, n=result.nobs), rng=seed, n_jobs=n_jobs, progress=progress
    )
    null = joint.marginal()
    is_global = result.kind == "global"
    return HTestResult(
        provenance=Provenance.capture(
            f"permutation_test(n_resamples={n_resamples})", seed=seed, sizes={"n": result.nobs}
        ),
        method="Permutation test of no effect in a Frechet regression",
        data_name=result.data_name,
        statistic=null.observed,
        statistic_name="F" if is_global else "unprojected cross-validated R-squared",
        parameter=parameter,
        pvalue=null.pvalue,
        alternative="greater",
        alternative_text="the law of the response depends on the predictors",
        estimate={"Wasserstein R-squared": result.rsquared, "cross-validated R-squared": result.rsquared_cv},
        n={"observations": result.nobs},
        settings={"fit": result.kind, "projection on quantile functions": "none"},
        notes=() if is_global else (BEFORE_PROJECTION,),
        resampling=ResamplingInfo.from_null(null),
        null_distribution=null.values,
    )


class _Products:
    """Inner products of matrices (H, n, n) with a Gram matrix whose rows and columns are permuted."""

    def __init__(self, matrices: FloatArray, gram: FloatArray) -> None:
        self.matrices = matrices.reshape(len(matrices), -1)
        self.gram = gram

    def __call__(self, orders: Any) -> FloatArray:
        """(b, H) products for (b, n) permutations."""
        n = len(self.gram)
        found = np.empty((len(orders), len(self.matrices)))
        rows = max(1, BLOCK_VALUES // n**2)
        for start in range(0, len(orders), rows):
            block = orders[start : start + rows]
            permuted = self.gram[block[:, :, None], block[:, None, :]].reshape(len(block), -1)
            found[start : start + rows] = permuted @ self.matrices.T
        return found


class _FRatio:
    def __init__(self, products: _Products, total: float, df: tuple[int, int]) -> None:
        self.products, self.total, self.df = products, total, df

    def __call__(self, orders: Any) -> FloatArray:
        explained = self.products(orders)[:, 0]
        left = np.maximum(self.total - explained, np.finfo(float).tiny)
        return np.asarray((explained / self.df[0]) / (left / self.df[1]))


class _BestPredicted:
    def __init__(self, products: _Products, total: float) -> None:
        self.products, self.total = products, total

    def __call__(self, orders: Any) -> FloatArray:
        return np.asarray(1.0 - self.products(orders).min(axis=1) / self.total)


def _global_statistic(result: FrechetResult, gram: FloatArray) -> tuple[Any, dict[str, Any]]:
    n = result.nobs
    hat = regression_weights("global", result.predictors, result.predictors) - 1.0 / n
    p = round(float(np.trace(hat)))
    if n - p - 1 < 1:
        raise DegenerateDataError(f"{n} observations leave no residual degrees of freedom beside {p} predictors")
    return _FRatio(_Products(hat[None], gram), float(np.trace(gram)), (p, n - p - 1)), {"df1": p, "df2": n - p - 1}


def _cross_validated_statistic(result: FrechetResult, gram: FloatArray) -> tuple[Any, dict[str, Any]]:
    n = result.nobs
    given = not result.tuned
    bandwidth: Any = result.bandwidth if given or np.isnan(result.curve["factor"]).all() else "cv"
    penalty: Any = result.penalty if given or not _penalty_was_chosen(result) else "cv"
    listed = candidates(result.kind, result.predictors, bandwidth, "cv" if penalty is None else penalty)
    matrices = []
    for candidate in listed:
        residual = np.eye(n) - leave_one_out_weights(
            result.kind, result.predictors, candidate.bandwidth, penalty=candidate.penalty
        )
        matrices.append(residual.T @ residual)
    total = float(np.trace(gram)) * (n / (n - 1)) ** 2
    parameter = {"candidates": len(matrices)} if len(matrices) > 1 else {}
    return _BestPredicted(_Products(np.array(matrices), gram), total), parameter


def _penalty_was_chosen(result: FrechetResult) -> bool:
    return len(np.unique(result.curve["penalty"])) > 1
