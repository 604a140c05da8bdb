"""How much a Frechet regression smooths: bandwidths and penalties by leave-one-out loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from stattools._errors import DegenerateDataError
from stattools._typing import FloatArray
from stattools.sdr.weights import (
    BLOCK_VALUES,
    RidgeWeights,
    check_bandwidth,
    check_penalty,
    column_scales,
    leave_one_out_weights,
    loo_losses,
)

WIDEST = 3.0
N_COARSE, N_FINE = 19, 9
RIDGE_FACTORS = (0.5, 1.0, 2.0, 4.0)
RIDGE_PENALTIES = tuple(10.0 ** np.arange(-7.0, 2.0))
ROUNDING = 1e-12
"""R-squared of sums over n responses has an error of about n times the unit roundoff."""

Projection = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class Candidate:
    """One amount of smoothing.

    Attributes
    ----------
    bandwidth : (d,) float64 or None
    penalty : float or None
        In units of the eigenvalues of the centred Gram matrix.
    factor : float
        Bandwidth in standard deviations of the predictors, or NaN where the user gave it.
    """

    bandwidth: FloatArray | None
    penalty: float | None
    factor: float = float("nan")


@dataclass(frozen=True, eq=False)
class Smoothing:
    """The chosen amount of smoothing and the losses of all candidates.

    Attributes
    ----------
    chosen : Candidate
    losses : (n,) float64
        Squared distance of each response from the prediction of the others, at the chosen candidate.
    curve : dict of str to (c,) float64
        "factor", "penalty" (NaN where there is none) and "loss", the mean of the squared distances, in the order of
        factors and penalties.
    remarks : tuple of str
    """

    chosen: Candidate
    losses: FloatArray
    curve: dict[str, FloatArray]
    remarks: tuple[str, ...] = ()


def select_smoothing(
    kind: str,
    train: FloatArray,
    responses: FloatArray,
    *,
    bandwidth: str | float | FloatArray = "cv",
    penalty: str | float = "cv",
    projection: Projection | None = None,
) -> Smoothing:
    """Choose bandwidth and penalty by the mean squared distance of each response from what the others predict.

    Parameters
    ----------
    kind : {"global", "local", "nadaraya_watson", "kernel_ridge"}
    train : (n, d) float64
    responses : (n, P) float64
        Hilbert features of the responses.
    bandwidth : "cv", float or (d,) array_like
        "cv" goes through multiples of the standard deviations of the predictors. "global" has none.
    penalty : "cv" or float
        Only for "kernel_ridge"; "cv" goes through multiples of the largest eigenvalue of the centred Gram matrix.
    projection : callable, optional
        From (n, P) fitted features to features of distributions; by default the fits are taken as they are.

    Returns
    -------
    Smoothing

    Notes
    -----
    For a kernel, 19 factors from half the median distance to the (d + 1)-th neighbour to 3 standard deviations, evenly
    on a log scale, and infinity, which is the global fit of "local" and the constant one of "nadaraya_watson"; then 9
    more between the neighbours of the best. For "kernel_ridge", factors 0.5, 1, 2 and 4 times the root of d and
    penalties 1e-7 to 10 times the largest eigenvalue, and infinity. Each is O(n^2 (P + d^2)), for ridge O(n^2 P) after
    one eigendecomposition a bandwidth. Candidates depend on the predictors alone.

    Examples
    --------
    >>> u = np.linspace(0.0, 1.0, 30)[:, None]
    >>> found = select_smoothing("local", u, np.sin(6.0 * u))
    >>> bool(0.01 < found.chosen.bandwidth[0] < 0.3)
    True
    """
    problem = _Problem(kind, train, responses, projection)
    coarse = list(candidates(kind, train, bandwidth, penalty))
    tried = problem.evaluate(coarse)
    if kind in ("local", "nadaraya_watson") and isinstance(bandwidth, str):
        tried = problem.evaluate(_refined(tried, train)) + tried
    tried.sort(key=lambda pair: (pair[0].factor, pair[0].penalty or 0.0))
    means = np.array([losses.mean() for _, losses in tried])
    if not np.isfinite(means).all():
        raise DegenerateDataError("the leave-one-out loss is not finite; rescale the predictors or the responses")
    best = int(np.argmin(means))
    chosen, losses = tried[best]
    curve = {
        "factor": np.array([candidate.factor for candidate, _ in tried]),
        "penalty": np.array([np.nan if c.penalty is None else c.penalty for c, _ in tried]),
        "loss": means,
    }
    return Smoothing(chosen, losses, curve, tuple(_edges(kind, chosen, curve)))


def candidates(
    kind: str, train: FloatArray, bandwidth: str | float | FloatArray, penalty: str | float
) -> Iterator[Candidate]:
    """The amounts of smoothing that are gone through; a single one where the user gave it.

    Examples
    --------
    >>> [c.bandwidth for c in candidates("global", np.ones((3, 1)), "cv", "cv")]
    [None]
    """
    d = train.shape[1]
    scales = column_scales(train)
    if kind == "global":
        yield Candidate(None, None)
        return
    given = not isinstance(bandwidth, str)
    factors = [float("nan")] if given else _factors(kind, train)
    for factor in factors:
        h = check_bandwidth(bandwidth, d) if given else factor * scales
        if kind != "kernel_ridge":
            yield Candidate(h, None, factor)
        elif not isinstance(penalty, str):
            yield Candidate(h, check_penalty(penalty), factor)
        else:
            largest = RidgeWeights(train, h).largest
            steps = [step * largest for step in RIDGE_PENALTIES] if largest > 0 else []
            yield from (Candidate(h, step, factor) for step in (*steps, float("inf")))


def kernel_mean_losses(
    train: FloatArray, bandwidths: FloatArray, responses: FloatArray, projection: Projection | None = None
) -> FloatArray:
    """Squared distances of responses from the kernel means of the others, for several bandwidths at once.

    Parameters
    ----------
    train : (n, d) float64
    bandwidths : (c, d) float64
    responses : (n, P) float64
    projection : callable, optional
        As in `select_smoothing`; it takes any number of rows.

    Returns
    -------
    (c, n) float64
        The losses of ``leave_one_out_weights("nadaraya_watson", train, bandwidth)``.

    Notes
    -----
    Differences of predictors are squared once for all bandwidths, in blocks of rows that stay in the cache, and no
    matrix of weights is kept.

    Examples
    --------
    >>> kernel_mean_losses(np.array([[0.0], [1.0], [2.0]]), np.full((1, 1), np.inf), np.array([[1.0], [5.0], [3.0]]))
    array([[9., 9., 0.]])
    """
    n, d = train.shape
    scales = column_scales(train)
    powers = -0.5 * (scales / bandwidths) ** 2
    losses = np.empty((len(bandwidths), n))
    for start in range(0, n, max(1, BLOCK_VALUES // (n * d))):
        block = slice(start, min(start + max(1, BLOCK_VALUES // (n * d)), n))
        own = np.arange(block.start, block.stop)
        squares = ((train[own].T[:, :, None] - train.T[:, None]) / scales[:, None, None]) ** 2  # (d, b, n)
        kernel = np.empty(squares.shape[1:])
        for c, power in enumerate(powers):
            np.multiply(squares[0], power[0], out=kernel)
            for j in range(1, d):
                kernel += power[j] * squares[j]
            kernel[own - start, own] = -np.inf
            kernel -= kernel.max(axis=1, keepdims=True)  # the nearest row never underflows
            np.exp(kernel, out=kernel)
            predicted = (kernel @ responses) / kernel.sum(axis=1)[:, None]
            predicted = predicted if projection is None else projection(predicted)
            losses[c, block] = loo_losses(responses[block], predicted)
    return losses


def explained(left: float, total: float) -> float:
    """R-squared of losses, which is 0 where they are those of the barycentre up to rounding.

    Examples
    --------
    >>> explained(1.0, 4.0), explained(3.0000000000000004, 3.0)
    (0.75, 0.0)
    """
    rsquared = 1.0 - left / total
    return 0.0 if abs(rsquared) < ROUNDING else rsquared


def _factors(kind: str, train: FloatArray) -> list[float]:
    n, d = train.shape
    if kind == "kernel_ridge":
        return [factor * np.sqrt(d) for factor in RIDGE_FACTORS]
    from scipy.spatial import cKDTree

    scaled = train / column_scales(train)
    distances = cKDTree(scaled).query(scaled, k=[min(n, d + 2)])[0]  # the nearest is the row itself
    lowest = min(max(0.5 * float(np.median(distances)), 1e-3), WIDEST / 10)
    return [*np.geomspace(lowest, WIDEST, N_COARSE).tolist(), float("inf")]


def _refined(tried: list[tuple[Candidate, FloatArray]], train: FloatArray) -> list[Candidate]:
    best = int(np.argmin([losses.mean() for _, losses in tried]))
    finite = [candidate.factor for candidate, _ in tried if np.isfinite(candidate.factor)]
    if best >= len(finite):
        return []
    low, high = finite[max(best - 1, 0)], finite[min(best + 1, len(finite) - 1)]
    scales = column_scales(train)
    steps = np.geomspace(low, high, N_FINE + 2)[1:-1]
    return [Candidate(step * scales, None, float(step)) for step in steps if step not in finite]


def _edges(kind: str, chosen: Candidate, curve: dict[str, FloatArray]) -> Iterator[str]:
    if len(curve["loss"]) < 2:
        return
    constant = kind == "nadaraya_watson" and np.isinf(chosen.factor)
    if constant or chosen.penalty == float("inf"):
        yield "the fit is constant: no candidate predicted left-out responses better than their barycentre"
    elif kind == "local" and np.isinf(chosen.factor):
        yield "cross-validation chose an infinite bandwidth, which makes the fit that of global regression"
    elif kind != "kernel_ridge" and chosen.factor == curve["factor"][0]:
        yield "cross-validation chose the smallest bandwidth among the candidates; the fit may follow single responses"


@dataclass(frozen=True)
class _Problem:
    kind: str
    train: FloatArray
    responses: FloatArray
    projection: Projection | None

    def evaluate(self, listed: list[Candidate]) -> list[tuple[Candidate, FloatArray]]:
        """Leave-one-out losses (n,) of each candidate."""
        if self.kind == "nadaraya_watson" and listed:
            bandwidths = np.array([candidate.bandwidth for candidate in listed])
            losses = kernel_mean_losses(self.train, bandwidths, self.responses, self.projection)
            return list(zip(listed, losses, strict=True))
        found = []
        ridge: RidgeWeights | None = None
        for candidate in listed:
            if self.kind == "kernel_ridge":
                assert candidate.bandwidth is not None
                if ridge is None or not np.array_equal(ridge.bandwidth, candidate.bandwidth):
                    ridge = RidgeWeights(self.train, candidate.bandwidth)
                predicted = ridge.left_out_fits(candidate.penalty, self.responses)
            else:
                weights = leave_one_out_weights(
                    self.kind, self.train, candidate.bandwidth, penalty=candidate.penalty
                )
                predicted = weights @ self.responses
            predicted = predicted if self.projection is None else self.projection(predicted)
            found.append((candidate, loo_losses(self.responses, predicted)))
        return found
