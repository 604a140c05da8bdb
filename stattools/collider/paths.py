"""Ridge regressions for all penalties from one decomposition, with a criterion that may judge some of the rows only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import svd
from scipy.special import ndtr

from stattools._typing import FloatArray, IntArray
from stattools.collider.rows import LinearPrior

CAUTIOUS = 1e-4
PENALTIES = np.geomspace(1e-6, 1e3, 37)  # relative to the largest eigenvalue
COST_OF_FREEDOM = 1.4  # of Kim and Gu (2004): one in the criterion of small samples leads to rough fits now and then
PROBABLY = 0.8
MULTIPLES = np.geomspace(1.0, 10.0, 13)
MOST_FREEDOM = 0.25  # degrees of freedom for each row, beyond which no candidate is judged reliably


@dataclass(frozen=True)
class Unshrunk:
    """What a ridge estimate c differs in from the one without penalty, l, over rows of a type; each (q,).

    left : mean of c (l - c). grown : mean square of l less that of c. noise : mean variance of l. optimism : mean
    covariance of c with targets. doubt : posterior variance of the mean of c g, g what is estimated; NaN without one.

    Where there is a posterior law of g, l is its mean. Then g - l is uncorrelated with c: the mean square of g less
    that of c is `grown`, and there is no noise.
    """

    left: FloatArray
    grown: FloatArray
    noise: FloatArray
    optimism: FloatArray
    doubt: FloatArray

    @classmethod
    def same(cls, noise: FloatArray) -> Unshrunk:
        """Of an estimate that is taken to be without penalty."""
        doubt = np.where(noise == 0, 0.0, np.nan)  # without noise there is no estimate
        return cls(np.zeros_like(noise), np.zeros_like(noise), noise, noise, doubt)

    def times(self, factor: FloatArray) -> Unshrunk:
        """In other units; factor : (q,), for squares."""
        left, grown, noise, optimism, doubt = self._arrays()
        return Unshrunk(left * factor, grown * factor, noise * factor, optimism * factor, doubt * factor**2)

    @classmethod
    def total(cls, parts: Sequence[Unshrunk]) -> Unshrunk:
        """Of a sum of estimates that are taken to be independent."""
        return cls(*np.sum([part._arrays() for part in parts], axis=0))

    def of_values(self) -> Unshrunk:
        """Of an estimate from function values alone, whose noise c has part in, with the noise taken out."""
        nothing = np.zeros_like(self.noise)
        return Unshrunk(self.left - self.optimism, self.grown - self.noise, nothing, nothing, self.doubt)

    @classmethod
    def gathered(cls, parts: Sequence[tuple[IntArray, Unshrunk]], q: int) -> Unshrunk:
        """Of q targets, from those of some of them and their indices."""
        found = np.zeros((5, q))
        for targets, part in parts:
            found[:, targets] = part._arrays()
        return cls(*found)

    def _arrays(self) -> tuple[FloatArray, ...]:
        return self.left, self.grown, self.noise, self.optimism, self.doubt


def helps(gain: FloatArray | float, doubt: FloatArray | float) -> FloatArray:
    """Posterior probabilities of a gain 2 <c, g> - |c|^2, from its mean and the variance of <c, g>; NaN for c = 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(ndtr(gain / (2.0 * np.sqrt(doubt))))


class Penalised:
    """What ridge regressions from one decomposition share. eigenvalues : (k,) over the number of rows."""

    eigenvalues: FloatArray
    degrees: float

    @property
    def size(self) -> int:
        """Number of rows."""
        raise NotImplementedError

    @property
    def candidates(self) -> FloatArray:
        """(c,) penalties, infinity the last; 0 among them when the rows are more than twice the features."""
        if self.eigenvalues.size == 0:
            return np.array([np.inf])
        zero = [0.0] if 2 * len(self.eigenvalues) < self.size else []
        return np.concatenate([zero, self.eigenvalues[0] * PENALTIES, [np.inf]])

    def filter(self, penalty: FloatArray) -> FloatArray:
        """(c, k) shrinkage factors s / (s + penalty)."""
        return np.asarray(self.eigenvalues / (self.eigenvalues + np.asarray(penalty)[..., None]))

    def residual_variance(self, squares: FloatArray, penalty: FloatArray) -> FloatArray:
        """(q,) variances of weighted targets, from sums of squared residuals. penalty : (q,)."""
        return np.asarray(squares / np.maximum(self.size - self.filter(penalty).sum(axis=1) - self.degrees, 1.0))

    def noise(self, factors: FloatArray, mean_square: FloatArray, variance: FloatArray) -> FloatArray:
        """(q,) mean covariance of targets of this variance with an estimate, or mean variance of it, over some rows.

        factors : (q, k) or (k,), of the least-squares coordinates in the estimate, squared for its variance.
        mean_square : (k,) of the features of the rows along the right vectors.
        """
        return np.asarray(variance * ((factors / self.eigenvalues) @ mean_square) / self.size)

    def unshrunk(self, rotated: FloatArray, gram: FloatArray, penalty: FloatArray, variance: FloatArray) -> Unshrunk:
        """What a penalty did to an estimate, over the rows of a type.

        rotated : (k, q) of the targets along the left vectors. gram : (k, k) mean products of the features of those
        rows along the right vectors. penalty, variance : (q,), the variance of a weighted target.
        """
        if not self.eigenvalues.size:
            return Unshrunk.same(np.zeros(rotated.shape[1]))
        shrunk, squares = self.filter(penalty), np.diag(gram)
        free = rotated / np.sqrt(self.eigenvalues * self.size)[:, None]
        kept = shrunk.T * free

        def product(one: FloatArray, two: FloatArray) -> FloatArray:
            return np.asarray(np.einsum("ij,ij->j", one, gram @ two))

        return Unshrunk(
            product(kept, free - kept),
            product(free, free) - product(kept, kept),
            self.noise(np.ones(len(squares)), squares, variance),
            self.noise(shrunk, squares, variance),
            np.full(rotated.shape[1], np.nan),
        )

    def posterior(self, rotated: FloatArray, prior: FloatArray, penalty: FloatArray, variance: FloatArray) -> Unshrunk:
        """What an estimate differs in from a posterior mean. Targets have equal weights.

        rotated : (k, q) of the targets along the left vectors. prior : (q,) penalties of the posterior mean. penalty :
        (q,) of the estimate. variance : (q,) of the noise of a target.
        """
        shares = self.filter(prior)
        kept, mean = self.filter(penalty).T * rotated, shares.T * rotated
        spread = variance * shares.T
        return Unshrunk(
            np.sum(kept * (mean - kept), axis=0) / self.size,
            np.sum(mean**2 - kept**2 + spread, axis=0) / self.size,
            np.zeros(len(prior)),
            np.zeros(len(prior)),
            np.sum(kept**2 * spread, axis=0) / self.size**2,
        )

    def known(self, rotated: FloatArray, prior: LinearPrior, targets: IntArray, variance: FloatArray) -> FloatArray:
        """(q,) penalties that a prior law of the slopes asks for; parameters as in `posterior`, targets : indices."""
        own = prior.penalty[targets]
        return self.careful(rotated, own, variance) if prior.careful else own

    def informed(
        self,
        found: Unshrunk,
        rotated: FloatArray,
        prior: LinearPrior,
        targets: IntArray,
        penalty: FloatArray,
        variance: FloatArray,
    ) -> Unshrunk:
        """What is known of an estimate by a prior law; several constraints each claim all errors, and are not summed.

        found : without the law. Others as in `posterior` and `known`.
        """
        if prior.alone:
            return self.posterior(rotated, prior.penalty[targets], penalty, variance)
        return found.of_values()

    def careful(self, rotated: FloatArray, prior: FloatArray, variance: FloatArray) -> FloatArray:
        """(q,) smallest multiples of penalties for which the estimate probably helps; parameters as in `posterior`.

        Multiples go up to 10. The mean square of g - c is below that of g when the mean of c g is above half the mean
        square of c, an event of which the posterior law of g says the probability; 0.8 is asked for.
        """
        chosen = np.array(prior, dtype=np.float64)
        open_ = np.ones(len(chosen), dtype=bool)
        for multiple in MULTIPLES:
            chosen[open_] = multiple * prior[open_]
            found = self.posterior(rotated, prior, chosen, variance)
            square = np.sum((self.filter(chosen).T * rotated) ** 2, axis=0) / self.size
            open_ &= ~(helps(square + 2.0 * found.left, found.doubt) >= PROBABLY)
        return chosen

    def _criterion(
        self,
        penalties: FloatArray,
        rotated: FloatArray,
        scored: tuple[FloatArray, FloatArray, FloatArray],
        n: int,
    ) -> FloatArray:
        """(c, q) criterion of `Path.gcv`, from coordinates along the left vectors.

        rotated : (k, q) of the targets. scored : what the n scored rows have, (k, k) products of these coordinates,
        (k, q) those with the targets, (q,) squares of the targets.
        """
        gram, crossed, squares = scored
        shrunk = self.filter(penalties)
        free = n - COST_OF_FREEDOM * (shrunk @ np.diag(gram)) - self.degrees
        free[shrunk.sum(axis=1) > max(MOST_FREEDOM * n, 1.0)] = 0.0
        criterion = np.empty((len(shrunk), rotated.shape[1]))
        for j in range(rotated.shape[1]):
            fitted = shrunk * rotated[:, j]
            size = np.einsum("ij,ij->i", fitted @ gram, fitted)
            criterion[:, j] = n * np.maximum(squares[j] - 2.0 * fitted @ crossed[:, j] + size, 0.0)
        criterion /= np.where(free > 0, free, np.nan)[:, None] ** 2
        return np.where(np.isnan(criterion), np.inf, criterion)

    def _smallest(
        self, scored: Callable[[FloatArray], FloatArray], everywhere: Callable[[FloatArray], FloatArray] | None
    ) -> FloatArray:
        """(q,) penalties of the smallest criterion, the largest of equals.

        scored : the criterion at (c,) penalties. everywhere : that over all rows, for a cautious choice, which takes
        the larger of two penalties and leaves out the smallest; None for the other.
        """
        penalties = self.candidates[::-1]
        if everywhere is not None:
            penalties = penalties[penalties >= CAUTIOUS * self.eigenvalues.max(initial=0.0)]
        chosen = penalties[np.argmin(scored(penalties), axis=0)]
        if everywhere is not None and everywhere is not scored:
            chosen = np.maximum(chosen, penalties[np.argmin(everywhere(penalties), axis=0)])
        return np.asarray(chosen)


@dataclass(frozen=True)
class Path(Penalised):
    """One singular value decomposition of (N, r) centred features, and the ridge regressions it gives.

    left : (N, k). eigenvalues : (k,) squared singular values over N. right : (k, r). degrees : those of the intercept
    of the scored rows. scored : (N,) rows over which candidates are judged, None for all.
    """

    left: FloatArray
    eigenvalues: FloatArray
    right: FloatArray
    degrees: float
    scored: Any = None

    @classmethod
    def of(cls, features: FloatArray, *, degrees: float, scored: Any = None) -> Path:
        n, r = features.shape
        if r == 0 or not features.any():
            return cls(np.empty((n, 0)), np.empty(0), np.empty((0, r)), degrees, scored)
        left, singular, right = svd(features, full_matrices=False, check_finite=False)
        kept = singular > singular[0] * max(n, r) * np.finfo(float).eps
        return cls(left[:, kept], singular[kept] ** 2 / n, right[kept], degrees, scored)

    @property
    def size(self) -> int:
        return len(self.left)

    def gcv(self, targets: FloatArray, penalties: FloatArray, *, everywhere: bool = False) -> FloatArray:
        """(c, q) generalised cross-validation n |residual|^2 / (n - 1.4 df)^2 over the scored rows, or over all.

        df is the trace of the derivatives of the scored fits by their own targets. The other rows are part of the
        smoother: their noise may depend on what is estimated, as that of residuals does, while scored targets judge any
        smoother fairly.
        """
        whole = everywhere or self.scored is None
        left = self.left if whole else self.left[self.scored]
        own = targets if whole else targets[self.scored]
        squares = np.einsum("ij,ij->j", own, own)
        return self._criterion(penalties, self.left.T @ targets, (left.T @ left, left.T @ own, squares), len(own))

    def best(self, targets: FloatArray, *, cautious: bool = False) -> FloatArray:
        """(q,) penalties of the smallest criterion, the largest of equals; the larger of two criteria when cautious.

        Rich features could follow the noise of rows that are not scored, which is small beside that of scored ones. So
        a cautious choice asks both. It leaves out the smallest penalties, since criteria are averages over the rows and
        do not see what happens where columns are rare.
        """
        if not cautious:
            return self._smallest(lambda penalties: self.gcv(targets, penalties), None)

        def scored(penalties: FloatArray) -> FloatArray:
            return self.gcv(targets, penalties)

        def everywhere(penalties: FloatArray) -> FloatArray:
            return self.gcv(targets, penalties, everywhere=True)

        return self._smallest(scored, scored if self.scored is None else everywhere)

    def coefficients(self, targets: FloatArray, penalty: FloatArray) -> FloatArray:
        """(r, q) coefficients on the features; penalty : (q,)."""
        scale = np.sqrt(self.eigenvalues * len(self.left))
        weights = self.filter(penalty).T / scale[:, None] if scale.size else np.empty((0, targets.shape[1]))
        return np.asarray(self.right.T @ (weights * (self.left.T @ targets)))
