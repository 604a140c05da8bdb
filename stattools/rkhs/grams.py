"""Centred Gram matrices: kernels of points from whose features the mean feature was taken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stattools._typing import FloatArray


@dataclass(frozen=True, eq=False)
class Centring:
    """What centring needs of the Gram matrix of the points it was learned from.

    Attributes
    ----------
    column_means : (n,) float64
    grand_mean : float

    Examples
    --------
    >>> gram = np.array([[2.0, 1.0], [1.0, 4.0]])
    >>> learned = centring(gram)
    >>> learned.train(gram)
    array([[ 1., -1.],
           [-1.,  1.]])
    >>> np.allclose(learned.cross(gram), learned.train(gram))
    True
    """

    column_means: FloatArray
    grand_mean: float

    def train(self, gram: FloatArray) -> FloatArray:
        """(n, n) H K H with H = I - 11'/n, for the Gram matrix K of these points; symmetric to the bit."""
        centred = gram - self.column_means
        centred -= self.column_means[:, None]
        centred += self.grand_mean
        return np.asarray((centred + centred.T) / 2.0)

    def cross(self, cross: FloatArray) -> FloatArray:
        """(k, n) inner products of the centred features of k new points, a row each, with those of these points."""
        centred = cross - self.column_means
        centred -= cross.mean(axis=1, keepdims=True)
        centred += self.grand_mean
        return np.asarray(centred)


def centring(gram: FloatArray) -> Centring:
    """Learn the centring of an (n, n) Gram matrix.

    Examples
    --------
    >>> centring(np.array([[2.0, 1.0], [1.0, 4.0]])).grand_mean
    2.0
    """
    means = gram.mean(axis=0)
    return Centring(means, float(means.mean()))
