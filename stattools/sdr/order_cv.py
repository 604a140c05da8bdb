"""The number of components, or the method, by how well held-out responses are predicted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stattools import _random, _validation
from stattools._errors import InvalidParameterError
from stattools._typing import FloatArray, IntArray
from stattools.sdr.refit import Features, features_of, refit
from stattools.sdr.smoothing import kernel_mean_losses
from stattools.sdr.weights import column_scales, loo_losses, regression_weights

if TYPE_CHECKING:
    from stattools.sdr.gsir import Operator

FACTORS = (0.5, 1.0, 2.0, 4.0)
"""Bandwidths in units of n^{-1/(k + 4)} standard deviations, the rate of kernel means on k scores."""

UNEXPLAINED = 1e-8
MOST_ROWS = 2000


@dataclass(frozen=True, eq=False)
class Losses:
    """Held-out losses.

    Attributes
    ----------
    by_fold : (n_folds, K + 1) float64
        Mean squared distance of held-out responses from their prediction, for 0 to K components; with 0 it is the
        barycentre of the other folds.
    sizes : (n_folds,) intp
        Observations of each fold.

    Examples
    --------
    >>> Losses(np.array([[2.0, 1.0], [2.0, 1.4]]), np.array([10, 10])).relative
    array([1. , 0.6])
    """

    by_fold: FloatArray
    sizes: IntArray

    @property
    def means(self) -> FloatArray:
        """(K + 1,) mean over all observations."""
        return np.asarray(self.sizes @ self.by_fold / self.sizes.sum())

    @property
    def relative(self) -> FloatArray:
        """(K + 1,) means over that of the barycentre: one minus the cross-validated R-squared."""
        return np.asarray(self.means / self.means[0])

    @property
    def relative_std_error(self) -> FloatArray:
        """(K + 1,) spread between folds of the relative loss over the root of their number; rough for few folds."""
        relative = self.by_fold / self.means[0]
        return np.asarray(relative.std(axis=0, ddof=1) / np.sqrt(len(relative)))

    @property
    def best(self) -> int:
        """The number of components with the smallest mean."""
        return int(np.argmin(self.means))


def cross_validated_losses(
    operator: Operator, responses: FloatArray | None = None, *, k_max: int, n_folds: int = 5, rng: Any = None
) -> Losses:
    """How well kernel means on the components predict responses that took no part in the fit.

    Parameters
    ----------
    operator : Operator
    responses : (n, M) float64, optional
        Features of the responses; by default those of the space of the kernel of Y, of which the directions that
        regularization leaves are used.
    k_max : int
    n_folds : int, default 5
    rng : None, int, SeedSequence or Generator

    Returns
    -------
    Losses

    Raises
    ------
    InvalidParameterError
        More folds than half of the observations.

    Notes
    -----
    Each fold is predicted by components of a fit to the others, by kernel means on scores of unit variance; the
    bandwidth is the best of 4 by leaving one out among the others. Kernel means are convex combinations, so predicted
    quantile functions need no projection. Bandwidths of kernels and the relative regularization are those of the full
    sample; their choice has seen the held-out responses, which makes the losses slightly optimistic. Of more than 2000
    observations, a random 2000 are used.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> x = np.random.default_rng(1).standard_normal((60, 2))
    >>> vectors, values = np.linalg.qr(x - x.mean(axis=0))[0], np.array([60.0, 60.0])
    >>> operator = SimpleNamespace(
    ...     x_vectors=vectors, x_values=values, y_vectors=vectors[:, :1], y_values=values[:1], x_penalty=0.6,
    ...     y_penalty=0.6, x_filter=values / 60.6, y_filter=values[:1] / 60.6, method="gsir2",
    ... )
    >>> bool(cross_validated_losses(operator, x[:, :1], k_max=1, rng=1).relative[1] < 0.2)
    True
    """
    seed = _random.seed_sequence(rng)
    features = features_of(operator)
    targets = features.y if responses is None else responses
    n = len(features.x)
    n_folds = _validation.integer(n_folds, "n_folds", minimum=2)
    if n_folds > n // 2:
        raise InvalidParameterError(f"n_folds is {n_folds}; with {n} observations it is at most {n // 2}")
    order = _random.generator(seed).permutation(n)[:MOST_ROWS]
    folds = [np.sort(fold) for fold in np.array_split(order, n_folds)]
    targets = principal_features(targets)
    losses = np.array([_fold_losses(features, targets, np.setdiff1d(order, fold), fold, k_max) for fold in folds])
    return Losses(losses, np.array([len(fold) for fold in folds]))


def principal_features(rows: FloatArray) -> FloatArray:
    """(n, r) coordinates along principal axes that keep all but 1e-8 of the variance: distances stay what they are.

    Examples
    --------
    >>> principal_features(np.ones((4, 3)) * np.arange(4.0)[:, None]).shape
    (4, 1)
    """
    centred = rows - rows.mean(axis=0)
    if centred.shape[1] > len(centred):
        left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
        scores, values = left * sizes, sizes**2
    else:
        values, vectors = np.linalg.eigh(centred.T @ centred)
        scores, values = centred @ vectors[:, ::-1], np.maximum(values[::-1], 0.0)
    left_out = np.cumsum(values[::-1])[::-1]
    r = max(1, int(np.count_nonzero(left_out > UNEXPLAINED * left_out[0])))
    return np.ascontiguousarray(scores[:, :r])


def _fold_losses(
    features: Features, targets: FloatArray, train: IntArray, held_out: IntArray, k_max: int
) -> FloatArray:
    fit = refit(features, k_max, train)
    scores, new = fit.at(features.x[train]), fit.at(features.x[held_out])
    scales = column_scales(scores)
    scores, new = scores / scales, new / scales
    known, unseen = targets[train], targets[held_out]
    losses = [np.mean(((unseen - known.mean(axis=0)) ** 2).sum(axis=1))]
    for k in range(1, k_max + 1):
        bandwidth = _bandwidth(scores[:, :k], known)
        weights = regression_weights("nadaraya_watson", scores[:, :k], new[:, :k], bandwidth)
        losses.append(np.mean(loo_losses(unseen, weights @ known)))
    return np.array(losses)


def _bandwidth(scores: FloatArray, responses: FloatArray) -> float:
    n, k = scores.shape
    tried = [factor * n ** (-1.0 / (k + 4)) for factor in FACTORS]
    losses = kernel_mean_losses(scores, np.repeat(np.array(tried)[:, None], k, axis=1), responses)
    return float(tried[int(np.argmin(losses.mean(axis=1)))])
