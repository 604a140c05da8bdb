"""Two criteria for the number of components that look at eigenvectors: the ladle, and augmentation by noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools import _random
from stattools._typing import FloatArray
from stattools.resampling import Bootstrap, MonteCarlo, resample
from stattools.sdr.pairing import needed
from stattools.sdr.refit import Features, refit

LARGEST_SEED = 2**53

COARSE = 0.05
"""These criteria compare leading functions; directions that regularization shrinks below this share are left out."""


def ladle_curve(
    features: Features, eigenvalues: FloatArray, *, n_resamples: int, rng: Any, n_jobs: int | None = None
) -> FloatArray:
    """Variability of the first k functions plus the next eigenvalue, each scaled, for k from 0 to K.

    Parameters
    ----------
    features : Features
    eigenvalues : (K + 1,) float64
        In [0, 1].
    n_resamples : int
        Bootstrap samples.
    rng, n_jobs
        As in `stattools.resampling.resample`.

    Returns
    -------
    (K + 1,) float64

    Notes
    -----
    The variability of k functions is the mean over bootstrap samples of 1 - |det(F'F_b)|, F and F_b being orthonormal
    bases of the first k functions of the fit and of the bootstrap fit on the original sample. For linear features it is
    the criterion of Luo and Li (2016) in the inner product of the sample.

    Examples
    --------
    >>> x = np.random.default_rng(1).standard_normal((80, 3))
    >>> y = x[:, :1] + 0.1 * np.random.default_rng(2).standard_normal((80, 1))
    >>> curve = ladle_curve(Features(x, y, 0.1, 0.1, "gsir2"), np.array([0.9, 0.0, 0.0]), n_resamples=50, rng=1)
    >>> int(np.argmin(curve))
    1
    """
    k = len(eigenvalues) - 1
    statistic = _Disagreement(features, _orthonormal(refit(features, k).at(features.x)), needed(n_resamples))
    scheme = Bootstrap(n_resamples, codes=np.zeros(len(features.x), dtype=np.intp))
    joint = resample(statistic, scheme, observed=np.zeros(k), rng=rng, n_jobs=n_jobs)
    variability = np.concatenate([[0.0], joint.values.mean(axis=0)])
    return np.asarray(variability / (1.0 + variability.sum()) + eigenvalues / (1.0 + eigenvalues.sum()))


@dataclass(frozen=True)
class _Disagreement:
    """Rows drawn (b, n) to 1 - |det| for 1 to K functions, (b, K)."""

    features: Features
    basis: FloatArray
    n_needed: int | None

    def __call__(self, arrangements: Any) -> FloatArray:
        found = np.zeros((len(arrangements), self.basis.shape[1]))
        for b, rows in enumerate(arrangements[: self.n_needed]):
            found[b] = self.of(rows)
        return found

    def of(self, rows: Any) -> FloatArray:
        k = self.basis.shape[1]
        drawn = _orthonormal(refit(self.features, k, rows).at(self.features.x))
        products = self.basis.T @ drawn
        return np.array([1.0 - min(1.0, abs(np.linalg.det(products[:j, :j]))) for j in range(1, k + 1)])


def _orthonormal(functions: FloatArray) -> FloatArray:
    """(n, k) orthonormal columns of which the first j span the first j functions, centred."""
    return np.asarray(np.linalg.qr(functions - functions.mean(axis=0))[0])


def augmentation_curve(
    features: Features, eigenvalues: FloatArray, *, n_resamples: int, rng: Any, n_jobs: int | None = None
) -> FloatArray:
    """Weight of the first k eigenvectors on appended noise plus the scaled next eigenvalue, for k from 0 to K.

    Parameters
    ----------
    features, eigenvalues, n_resamples, rng, n_jobs
        As in `ladle_curve`; resamples are draws of the noise.

    Returns
    -------
    (K + 1,) float64

    Notes
    -----
    Normal columns, as many as the effective degrees of freedom of the ridge on X and with the variance of the leading
    feature, so that regularization hardly shrinks them, are appended to the features. Among eigenvectors that only fit
    noise their share is then about a half, and near zero for those that carry signal. The curve is
    sum_{j<=k} share_j + l_{k+1} / (1 + sum_{j<=k+1} l_j) with the mean share over draws, the form of Luo and Li (2021)
    for vectors; sizes and scale of the noise in a space of functions are chosen here.

    Examples
    --------
    >>> x = np.random.default_rng(1).standard_normal((80, 3))
    >>> y = x[:, :1] + 0.1 * np.random.default_rng(2).standard_normal((80, 1))
    >>> features = Features(x, np.hstack([y, y**2]), 0.1, 0.1, "gsir2")
    >>> int(np.argmin(augmentation_curve(features, np.array([0.9, 0.02, 0.0]), n_resamples=20, rng=1)))
    1
    """
    k = len(eigenvalues) - 1
    scheme = MonteCarlo(n_resamples, _seeds)
    statistic = _NoiseShare.of(features, k, needed(n_resamples))
    joint = resample(statistic, scheme, observed=np.zeros(k), rng=rng, n_jobs=n_jobs)
    share = np.concatenate([[0.0], np.cumsum(joint.values.mean(axis=0))])
    return np.asarray(share + eigenvalues / (1.0 + np.cumsum(eigenvalues)))


def _seeds(generator: np.random.Generator, size: int) -> Any:
    """(size,) seeds of the noise, which is too large to be held for a whole block of draws."""
    return generator.integers(0, LARGEST_SEED, size)


@dataclass(frozen=True)
class _NoiseShare:
    """Seeds (b,) to the share of appended noise in the first k eigenvectors, (b, k)."""

    features: Features
    k: int
    n_noise: int
    scale: float
    n_needed: int | None

    @classmethod
    def of(cls, features: Features, k: int, n_needed: int | None) -> _NoiseShare:
        n = len(features.x)
        values = np.linalg.eigvalsh(features.x.T @ features.x)[::-1]
        shrunk = values / (values + features.x_penalty)
        n_noise = max(1, round(float(shrunk.sum())))
        return cls(features, k, n_noise, float(np.sqrt(values[0] / n)), n_needed)

    def __call__(self, seeds: Any) -> FloatArray:
        found = np.zeros((len(seeds), self.k))
        for b, seed in enumerate(seeds[: self.n_needed]):
            found[b] = self.shares(int(seed))
        return found

    def shares(self, seed: int) -> FloatArray:
        x = self.features.x
        noise = _random.generator(_random.seed_sequence(seed)).standard_normal((len(x), self.n_noise))
        fit = refit(self.features, self.k, x=np.hstack([x, self.scale * noise]))
        return np.asarray((fit.standardized[x.shape[1] :] ** 2).sum(axis=0))
