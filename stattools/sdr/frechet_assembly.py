"""The arrays of a Frechet regression, and the result that is made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stattools._errors import DegenerateDataError, DegenerateDataWarning, Notes
from stattools._provenance import Provenance
from stattools._typing import BoolArray, FloatArray
from stattools.distributions import Embedding
from stattools.sdr.frechet_responses import ResponseSpace
from stattools.sdr.smoothing import Smoothing, explained, select_smoothing
from stattools.sdr.weights import leave_one_out_weights, weights_at

if TYPE_CHECKING:
    from stattools.sdr.frechet_result import FrechetResult

WORDS = {
    "local": "Local Frechet regression",
    "global": "Global Frechet regression",
    "nadaraya_watson": "Nadaraya-Watson regression",
    "kernel_ridge": "Kernel ridge regression",
}

FAR = 3.0
"""Bandwidths from the nearest row beyond which a kernel fit says next to nothing."""

MORE_LEVERAGE = 4.0
"""Times the largest leverage of the rows, as at twice the distance from their centre."""

LEAST_DF = 1.0 - 1e-8
"""One, up to the rounding of a sum of leverages."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted regression as arrays.

    Attributes
    ----------
    kind : str
    predictors : (n, d) float64
    embedding : Embedding
        Of the responses.
    fitted : (n, S, D) float64
        Quantile functions at the rows.
    leverage : (n,) float64
        How much of a response enters its own fit, before the projection.
    smoothing : Smoothing
    tuned : bool
        Whether bandwidth or penalty were chosen.
    """

    kind: str
    predictors: FloatArray
    embedding: Embedding
    fitted: FloatArray
    leverage: FloatArray
    smoothing: Smoothing
    tuned: bool

    def weights(self, new: FloatArray) -> FloatArray:
        """(k, n) weights of the responses at new points."""
        chosen = self.smoothing.chosen
        return weights_at(self.kind, self.predictors, new, chosen.bandwidth, chosen.penalty).values

    def left_out_weights(self) -> FloatArray:
        """(n, n) weights of the responses in fits at each row without it, with a zero diagonal."""
        chosen = self.smoothing.chosen
        return leave_one_out_weights(self.kind, self.predictors, chosen.bandwidth, penalty=chosen.penalty)

    @property
    def df_resid(self) -> float:
        """Responses less the effective number of parameters, the sum of the leverages."""
        return len(self.predictors) - float(self.leverage.sum())

    @property
    def saturated(self) -> bool:
        """Whether less than one degree of freedom is left, so that residuals say nothing about the noise."""
        return self.df_resid < LEAST_DF

    @property
    def saturation(self) -> str:
        """What is wrong with a saturated fit, and what to do."""
        cure = "fewer predictors" if self.kind == "global" else "more smoothing or fewer predictors"
        return (
            f"the fit to {len(self.predictors)} responses has {max(self.df_resid, 0.0):.2g} residual degrees of "
            f"freedom and follows each of them; {cure} would leave some"
        )

    def far_away(self, new: FloatArray) -> tuple[BoolArray, str]:
        """(k,) which new points lie far from the rows, and far from what in words."""
        h = self.smoothing.chosen.bandwidth
        if h is not None and np.isfinite(h).any():
            from scipy.spatial import cKDTree

            used = np.isfinite(h)
            nearest = cKDTree(self.predictors[:, used] / h[used]).query(new[:, used] / h[used])[0]
            return np.asarray(nearest > FAR), f"more than {FAR:g} bandwidths from all rows of the fit"
        # the leverage of a new point is the sum of its squared weights
        own = (self.weights(new) ** 2).sum(axis=1)
        most = float((self.weights(self.predictors) ** 2).sum(axis=1).max())
        return np.asarray(own > MORE_LEVERAGE * most), "more than twice as far from the centre as any row of the fit"


def fit_arrays(
    kind: str,
    predictors: FloatArray,
    embedding: Embedding,
    space: ResponseSpace,
    bandwidth: Any,
    penalty: Any,
) -> Fit:
    """Choose the smoothing and fit the rows.

    Raises
    ------
    DegenerateDataError
        The responses are all equal.
    """
    features = embedding.features
    spread = float(((features - features.mean(axis=0)) ** 2).sum())
    if spread <= len(features) * (8 * np.finfo(float).eps) ** 2 * float((features**2).sum()):
        raise DegenerateDataError("the responses are all equal; there is nothing to explain")
    smoothing = select_smoothing(
        kind, predictors, features, bandwidth=bandwidth, penalty=penalty, projection=space.project_features
    )
    chosen = smoothing.chosen
    weights = weights_at(kind, predictors, predictors, chosen.bandwidth, chosen.penalty).values
    values = embedding.values
    fitted = space.project((weights @ values.reshape(len(values), -1)).reshape(values.shape))
    tuned = len(smoothing.curve["loss"]) > 1
    return Fit(kind, predictors, embedding, fitted, np.diag(weights).copy(), smoothing, tuned)


def result_of(
    fit: Fit,
    *,
    space: ResponseSpace,
    names: tuple[str, ...],
    row_names: tuple[str, ...],
    place: str,
    notes: Notes,
    provenance: Provenance,
) -> FrechetResult:
    """Assemble the frozen result."""
    from stattools.sdr.frechet_result import FrechetResult

    n, n_slices, n_quantiles = fit.fitted.shape
    embedding = fit.embedding
    features, scale = embedding.features, space.feature_scale
    residuals = features - (fit.fitted * scale).reshape(n, -1)
    centred = features - features.mean(axis=0)
    total = float((centred**2).sum())
    losses = fit.smoothing.losses
    in_sample = explained(float((residuals**2).sum()), total)
    # the barycentre of the others lies n / (n - 1) times as far from a response as that of all
    cross_validated = explained(float(losses.sum()), total * (n / (n - 1)) ** 2)
    for remark in fit.smoothing.remarks:
        notes.remark(remark)
    if space.kind != "line":
        biharmonic = getattr(embedding.slicer, "weighting", "") == "biharmonic"
        unit = ", in squares of its unit of length" if biharmonic else ""
        notes.remark(f"distances are those of {n_slices} slices: {embedding.slicer.description}{unit}")
    if fit.saturated:
        notes.warn(f"{fit.saturation}; R-squared of the fit says nothing", DegenerateDataWarning)
    chosen = fit.smoothing.chosen
    settings: dict[str, Any] = {}
    if chosen.bandwidth is not None:
        settings["bandwidth"] = chosen.bandwidth
    if chosen.penalty is not None:
        settings["penalty"] = chosen.penalty
    settings |= {"chosen by": "leave-one-out loss"} if fit.tuned else {}
    settings |= {"quantiles": n_quantiles}
    return FrechetResult(
        provenance=provenance,
        warnings=notes.warnings,
        notes=notes.remarks,
        method=f"{WORDS[fit.kind]} of distributions",
        data_name=f"{n} distributions {place} on {_listed(names)}",
        nobs=n,
        df_resid=fit.df_resid,
        df_model=n - fit.df_resid - 1.0,
        fitted=fit.fitted.reshape(n, -1),
        residuals=(embedding.values - fit.fitted).reshape(n, -1),
        leverage=fit.leverage,
        row_names=np.array(row_names),
        statistics={"Wasserstein R-squared": in_sample, "cross-validated R-squared": cross_validated},
        settings=settings,
        kind=fit.kind,
        bandwidth=chosen.bandwidth,
        penalty=chosen.penalty,
        tuned=fit.tuned,
        curve=fit.smoothing.curve,
        predictors=fit.predictors,
        predictor_names=names,
        responses=embedding.values,
        slice_weights=np.asarray(embedding.slicer.slice_weights),
        slice_names=tuple(embedding.slicer.slice_names),
        barycentre=embedding.values.mean(axis=0),
        distances=np.sqrt((residuals**2).sum(axis=1)),
        loo_distances=np.sqrt(losses),
        barycentre_distances=np.sqrt((centred**2).sum(axis=1)),
        support=(space.lower, space.upper),
        space_kind=space.kind,
    )


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) if len(names) <= 5 else f"{len(names)} predictors"
