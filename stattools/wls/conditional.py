"""Volume sampling of a pool in which some rows are chosen already."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from stattools._typing import BoolArray, FloatArray, IntArray
from stattools.wls.poolsource import PoolSource
from stattools.wls.rows import Rows, squared_norms
from stattools.wls.sequential import by_rejection


@dataclass(frozen=True, eq=False)
class Completion:
    """The law of k further rows S, without replacement, with probability proportional to det(M_G + M_S).

    M_G and M_S are the sums of u u^T over the rows chosen already and over the new ones.

    In coordinates with M_pool = I let gamma and V be eigenvalues and eigenvectors of M_G. Expanding the determinant
    over subsets T of S (Cauchy and Binet) shows that S is a set T and a uniform (k - |T|)-subset of the other rows,
    where T is a projection DPP on the span of a random set J of eigenvectors, and J has probability proportional to
    prod_J (1 - gamma) prod_{not J} gamma times C(N' - |J|, k - |J|), N' being the number of rows not chosen already.
    Directions that the chosen rows do not reach have gamma = 0 and are always in J. Without chosen rows this is volume
    sampling: the DPP of the pool and a uniform subset of the rest (derived here, checked by enumeration).

    Attributes
    ----------
    rows : Rows
    fixed : (g,) int
        Rows chosen already, each once.
    n_new : int
        k.

    Examples
    --------
    >>> from stattools.wls.rows import orthonormal_rows
    >>> law = completion(orthonormal_rows(np.vander(np.arange(6.0), 2)), np.array([0, 5]), 2)
    >>> new = law.draw(np.random.default_rng(0))
    >>> len(new), bool(np.isin([0, 5], new).any())
    (2, False)
    """

    rows: Rows
    fixed: IntArray
    n_new: int
    gamma: FloatArray
    vectors: FloatArray
    counts: FloatArray

    def draw(self, generator: np.random.Generator) -> IntArray:
        """(k,) new rows, each once, in random order."""
        chosen = self._dpp(self._directions(generator), generator)
        taken = np.concatenate([self.fixed, chosen])
        rest = uniform_rows(len(self.rows), taken, self.n_new - len(chosen), generator)
        return generator.permutation(np.concatenate([chosen, rest]))

    def _directions(self, generator: np.random.Generator) -> BoolArray:
        """The random set J, drawn backwards through the table of sums over subsets of the first l eigenvectors."""
        n_directions = len(self.gamma)
        sizes = self.counts[n_directions] * self._size_factors()
        left = int(generator.choice(n_directions + 1, p=sizes / sizes.sum()))
        chosen = np.zeros(n_directions, dtype=bool)
        uniforms = generator.random(n_directions)
        for k in range(n_directions, 0, -1):
            if left and uniforms[k - 1] * self.counts[k, left] < (1 - self.gamma[k - 1]) * self.counts[k - 1, left - 1]:
                chosen[k - 1] = True
                left -= 1
        return chosen

    def _size_factors(self) -> FloatArray:
        """C(N' - t, k - t) / C(N', k) for t = 0, 1, ...; zero for t > k."""
        t = np.arange(len(self.gamma))
        n_free = len(self.rows) - len(self.fixed)
        with np.errstate(divide="ignore", invalid="ignore"):
            steps = np.where(t < self.n_new, (self.n_new - t) / (n_free - t), 0.0)
        return np.concatenate([[1.0], np.cumprod(steps)])

    def _dpp(self, chosen: BoolArray, generator: np.random.Generator) -> IntArray:
        if not chosen.any():
            return np.empty(0, dtype=np.intp)
        rows = self.rows
        if len(self.fixed):
            rows = without(rows, self.fixed, self.vectors[:, chosen] / np.sqrt(1 - self.gamma[chosen]))
        return np.asarray(by_rejection(PoolSource(rows), generator).where)


def completion(rows: Rows, fixed: IntArray, n_new: int) -> Completion:
    """The law of `n_new` rows to be added to those in `fixed`; N >= len(fixed) + n_new >= rank.

    Examples
    --------
    >>> from stattools.wls.rows import orthonormal_rows
    >>> completion(orthonormal_rows(np.eye(3)), np.array([0]), 2).gamma.round(12)
    array([1., 0., 0.])
    """
    gamma, vectors = reach(rows, fixed)
    counts = np.zeros((len(gamma) + 1, len(gamma) + 1))
    counts[0, 0] = 1.0
    for k, g in enumerate(gamma):
        counts[k + 1] = g * counts[k]
        counts[k + 1, 1:] += (1 - g) * counts[k, :-1]
    return Completion(rows, fixed, n_new, gamma, vectors, counts)


def reach(rows: Rows, fixed: IntArray) -> tuple[FloatArray, FloatArray]:
    """Eigenvalues and eigenvectors of M_G: zero where the fixed rows do not reach, one where nothing is left.

    The rank is that of the fixed rows themselves, in units of their largest, whatever the size of the pool.

    Examples
    --------
    >>> from stattools.wls.rows import orthonormal_rows
    >>> reach(orthonormal_rows(np.eye(3)), np.array([0]))[0].round(12)
    array([1., 0., 0.])
    """
    chosen = rows.features(fixed) / np.sqrt(len(rows))
    _, singular, vectors = np.linalg.svd(chosen, full_matrices=True)
    gamma = np.zeros(rows.rank)
    if len(singular):
        seen = singular > 100 * np.finfo(np.float64).eps * max(chosen.shape) * singular[0]
        gamma[: len(singular)] = np.where(seen, np.minimum(singular**2, 1.0), 0.0)
    gamma[gamma > 1 - 1e-13] = 1.0  # rounding; nothing is left in such a direction
    return gamma, np.ascontiguousarray(vectors.T)


def without(rows: Rows, excluded: IntArray, turn: FloatArray) -> Rows:
    """Rows with features times `turn`, of which some have no leverage, so that they are never drawn.

    Examples
    --------
    >>> from stattools.wls.rows import orthonormal_rows
    >>> without(orthonormal_rows(np.eye(2)), np.array([1]), np.eye(2)).leverage.round(12)
    array([1., 0.])
    """
    leverage = np.empty(len(rows))
    for low, block in rows.blocks():
        leverage[low : low + len(block)] = squared_norms(block @ turn) / len(rows)
    leverage[excluded] = 0.0
    stored = None if rows.stored is None else rows.stored @ turn
    return replace(rows, transform=rows.transform @ turn, rank=turn.shape[1], leverage=leverage, stored=stored)


def uniform_rows(n_rows: int, excluded: IntArray, n: int, generator: np.random.Generator) -> IntArray:
    """n of the rows that are not excluded, each once, in random order; the time does not grow with the pool.

    Examples
    --------
    >>> uniform_rows(3, np.array([1]), 2, np.random.default_rng(0)).tolist()
    [2, 0]
    """
    candidates = generator.choice(n_rows, n + len(excluded), replace=False)
    return np.asarray(candidates[~np.isin(candidates, excluded)][:n], dtype=np.intp)
