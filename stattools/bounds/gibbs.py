"""The empirical risk of a linear classifier whose weights are Gaussian."""

from __future__ import annotations

import math

import numpy as np

from stattools import _random
from stattools._typing import FloatArray, IntArray

WIDTH = 8.5  # the standard normal law has 2e-17 outside
SAFETY = 1e-12  # error of the quadrature, added to the risk
_CHUNK = 2**20
_DRAWS = 64  # draws of weights from one stream of random numbers


def scores_of(rows: FloatArray, mean: FloatArray) -> FloatArray:
    """(n, k) mean scores.

    Examples
    --------
    >>> scores_of(np.ones((1, 2)), np.ones((1, 2)))
    array([[2.]])
    """
    scores: FloatArray = rows @ mean.T
    return scores


def exact_risk(rows: FloatArray, codes: IntArray, mean: FloatArray) -> float:
    """Mean probability of an error when the coordinates of the weights are N(mean, 1), independent.

    Parameters
    ----------
    rows : (n, p) ndarray
    codes : (n,) ndarray of int
        Number of the right class.
    mean : (k, p) ndarray
        One row for two classes, where a positive score means class 1; otherwise one for each class.

    Notes
    -----
    For more than two classes the trapezoidal rule, which converges faster than any power for such integrands; the step
    is so small that the error stays below `SAFETY`, which is added.

    Examples
    --------
    >>> round(exact_risk(np.array([[1.0]]), np.array([1]), np.array([[0.0]])), 9)
    0.5
    """
    from scipy.special import ndtr

    scores = scores_of(rows, mean) / np.linalg.norm(rows, axis=1)[:, None]
    if scores.shape[1] == 1:
        return float(np.mean(ndtr(np.where(codes == 1, -scores[:, 0], scores[:, 0]))))
    n, k = scores.shape
    right = np.take_along_axis(scores, codes[:, None], axis=1)
    leads = np.delete(right - scores, np.arange(n) * k + codes).reshape(n, k - 1)
    step = 2 * math.pi / math.sqrt(64 * k)
    z = np.arange(-math.ceil(WIDTH / step), math.ceil(WIDTH / step) + 1) * step
    masses = np.exp(-(z**2) / 2) * step / math.sqrt(2 * math.pi)
    size = max(1, _CHUNK // (z.size * (k - 1)))
    correct = [np.prod(ndtr(leads[i : i + size, :, None] + z), axis=1) @ masses for i in range(0, n, size)]
    return min(1.0, max(0.0, 1 - float(np.mean(np.concatenate(correct)))) + SAFETY)


def sampled_risk(
    rows: FloatArray, codes: IntArray, mean: FloatArray, n_draws: int, seed: np.random.SeedSequence
) -> float:
    """Mean share of errors of classifiers with weights drawn from N(mean, 1).

    Examples
    --------
    >>> sampled_risk(np.array([[1.0]]), np.array([1]), np.array([[50.0]]), 10, np.random.SeedSequence(0))
    0.0
    """
    errors = 0
    for block, start in enumerate(range(0, n_draws, _DRAWS)):
        generator = _random.generator(seed, 1, block)
        for _ in range(min(_DRAWS, n_draws - start)):
            scores = scores_of(rows, mean + generator.standard_normal(mean.shape))
            decided = scores[:, 0] > 0 if scores.shape[1] == 1 else np.argmax(scores, axis=1)
            errors += int(np.count_nonzero(decided != codes))
    return errors / (n_draws * len(rows))
