"""Sampling laws of designs, from two ingredients: draws of the projection DPP and independent draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from stattools._typing import FloatArray, IntArray
from stattools.wls.sequential import Source, draw_dpp
from stattools.wls.spaces import Draw


@dataclass(frozen=True)
class Sample:
    """A drawn design.

    where : (n, d) points or (n,) rows of a pool.
    features : (n, m) orthonormal.
    weights : (n,) densities dmu/dnu, nu being the law of independent points; for repeated DPPs the optimal measure.
    block : (n,) number of the DPP draw a point came from, where the design is made of such draws; else None.
    """

    where: Any
    features: FloatArray
    weights: FloatArray
    block: IntArray | None = None

    @property
    def gram(self) -> FloatArray:
        """(m, m) mean of w phi phi^T."""
        return gram(self.features, self.weights)

    @property
    def eigenvalues(self) -> FloatArray:
        """(m,) of the Gram matrix, ascending."""
        return np.asarray(np.linalg.eigvalsh(self.gram), dtype=np.float64)


def gram(features: FloatArray, weights: FloatArray) -> FloatArray:
    """Mean of w phi phi^T, symmetric to the bit.

    Examples
    --------
    >>> gram(np.eye(2), np.array([2.0, 2.0]))
    array([[1., 0.],
           [0., 1.]])
    """
    scaled = features * np.sqrt(weights / len(weights))[:, None]
    return np.asarray(scaled.T @ scaled)


class Reference(Protocol):
    """The law nu of independent points, and the density of mu with respect to it."""

    def draw(self, generator: np.random.Generator, n: int) -> Draw: ...

    def weights(self, draw: Draw) -> FloatArray: ...


@dataclass(frozen=True)
class Mixture:
    """nu = (1 - share) nu_m + share mu: the optimal measure, made safe by a share of mu that caps weights at 1 / share.

    Examples
    --------
    >>> from stattools.wls import PolynomialSpace
    >>> law = Mixture(PolynomialSpace("legendre", degree=1), 0.5)
    >>> law.weights(Draw(np.zeros((1, 1)), np.array([[1.0, 0.0]])))
    array([1.33333333])
    """

    source: Source
    share: float = 0.0

    def draw(self, generator: np.random.Generator, n: int) -> Draw:
        n_safe = int(generator.binomial(n, self.share)) if self.share else 0
        optimal = self.source.draw_optimal(generator, n - n_safe)
        if not n_safe:
            return optimal
        return permuted(joined([optimal, self.source.draw_measure(generator, n_safe)]), generator)

    def weights(self, draw: Draw) -> FloatArray:
        squares = np.einsum("ij,ij->i", draw.features, draw.features)
        return np.asarray(1.0 / ((1.0 - self.share) * squares / draw.features.shape[1] + self.share))


def joined(draws: list[Draw]) -> Draw:
    """Draws one after the other."""
    return Draw(np.concatenate([d.where for d in draws]), np.concatenate([d.features for d in draws]))


def permuted(draw: Draw, generator: np.random.Generator) -> Draw:
    """The same points in random order."""
    order = generator.permutation(len(draw.features))
    return Draw(draw.where[order], draw.features[order])


def independent(source: Source, n: int, generator: np.random.Generator, reference: Reference | None = None) -> Sample:
    """n independent points from the reference law, by default the optimal one."""
    reference = Mixture(source) if reference is None else reference
    draw = reference.draw(generator, n)
    return Sample(draw.where, draw.features, reference.weights(draw))


def volume_rescaled(
    source: Source, n: int, generator: np.random.Generator, reference: Reference | None = None
) -> Sample:
    """n >= m points with density proportional to det(G) with respect to nu^n.

    One draw of the projection DPP, which does not depend on nu, and n - m independent points from nu, in random order.
    By the formula of Cauchy and Binet det(sum_i w_i phi_i phi_i^T) prod nu(dx_i) is the sum over subsets S of size m of
    det(Phi_S)^2 prod_S mu(dx_i) prod_{not S} nu(dx_i), and each term is that law for one place of the DPP's points
    (derived here; the idea of adding a DPP to an independent sample is that of Derezinski, Warmuth and Hsu [1]_).

    References
    ----------
    .. [1] Derezinski, Warmuth and Hsu (2022), Unbiased estimators for random design regression, JMLR 23(167).
    """
    reference = Mixture(source) if reference is None else reference
    both = joined([draw_dpp(source, generator), reference.draw(generator, n - source.dim)])
    draw = permuted(both, generator)
    return Sample(draw.where, draw.features, reference.weights(draw))


def repeated_dpp(source: Source, n: int, generator: np.random.Generator) -> Sample:
    """Independent draws of the projection DPP; where n is no multiple of m, the last is thinned to what is left.

    A random part of a draw keeps the law of each of its points, so that the mean of w phi phi^T stays the identity.
    """
    m = source.dim
    draws = [draw_dpp(source, generator) for _ in range(-(-n // m))]
    left = n - m * (len(draws) - 1)
    draws[-1] = Draw(draws[-1].where[:left], draws[-1].features[:left])
    draw = joined(draws)
    block = np.repeat(np.arange(len(draws)), [len(d.features) for d in draws])
    return Sample(draw.where, draw.features, Mixture(source).weights(draw), block)


def repeated_volume(
    source: Source, n: int, size: int, generator: np.random.Generator, reference: Reference | None = None
) -> Sample:
    """n / size independent draws of volume-rescaled sampling of `size` points each."""
    samples = [volume_rescaled(source, size, generator, reference) for _ in range(n // size)]
    return Sample(
        np.concatenate([s.where for s in samples]),
        np.concatenate([s.features for s in samples]),
        np.concatenate([s.weights for s in samples]),
        np.repeat(np.arange(len(samples)), size),
    )


def determinant_reweighted(
    draw: Callable[[np.random.Generator], Sample], generator: np.random.Generator, max_tries: int
) -> tuple[Sample | None, int]:
    """A draw from the law proportional to det(G) times a reference law, by rejection, and the tries it took.

    With optimal weights the trace of G is m for every design, so det(G) is at most 1 by the inequality of the means and
    is the probability of acceptance. None when no try was accepted.
    """
    for tries in range(1, max_tries + 1):
        sample = draw(generator)
        if generator.random() <= np.linalg.det(sample.gram):
            return sample, tries
    return None, max_tries
