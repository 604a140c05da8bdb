"""Projection DPPs of one input and all degrees below m, as eigenvalues of random tridiagonal matrices."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from stattools._typing import FloatArray
from stattools.wls.families import Family


def points(family: Family, m: int, generator: np.random.Generator) -> FloatArray | None:
    """m points in random order, in the user's domain; None for a family without such a matrix.

    The points have the joint density prod |x_i - x_j|^2 prod w(x_i): the ensembles with beta = 2. Their tridiagonal
    models are those of Dumitriu and Edelman [1]_ for the weights of Hermite and Laguerre and of Killip and Nenciu [2]_
    for the weight of Jacobi. O(m^2).

    References
    ----------
    .. [1] Dumitriu and Edelman (2002), Matrix models for beta ensembles, J. Math. Phys. 43, table 1.
    .. [2] Killip and Nenciu (2004), Matrix models for circular ensembles, Int. Math. Res. Not. 50, theorem 2.

    Examples
    --------
    >>> from stattools.wls.families import parse
    >>> points(parse("hermite", None), 4, np.random.default_rng(0)).shape
    (4,)
    """
    if family.name == "trigonometric":
        return None
    if family.name == "hermite":
        diagonal, squares = _hermite(m, generator)
    elif family.name == "laguerre":
        diagonal, squares = _laguerre(m, family.parameters[0], generator)
    else:
        diagonal, squares = _jacobi(m, *family.exponents, generator)
    if m == 1:
        return family.from_standard(diagonal)
    from scipy.linalg.lapack import dsterf  # at m = 50 eigvalsh_tridiagonal adds a quarter of its time

    eigenvalues, failed = dsterf(diagonal, np.sqrt(squares), overwrite_d=True, overwrite_e=True)
    if failed:  # the iteration did not converge
        return None
    return family.from_standard(generator.permutation(eigenvalues))


def _hermite(m: int, generator: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Diagonal N(0, 1), squares of the other diagonal gamma of shapes m - 1, ..., 1 (scaled so that w is N(0, 1))."""
    return generator.standard_normal(m), generator.standard_gamma(np.arange(m - 1, 0, -1.0))


def _laguerre(m: int, alpha: float, generator: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """B B^T for a lower bidiagonal B, its squares gamma of shapes alpha + m, ..., alpha + 1 and m - 1, ..., 1."""
    main = generator.standard_gamma(alpha + np.arange(m, 0, -1.0))
    below = generator.standard_gamma(np.arange(m - 1, 0, -1.0))
    diagonal = main + np.concatenate([[0.0], below])
    return diagonal, main[:-1] * below


def _jacobi(m: int, alpha: float, beta: float, generator: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """The Jacobi matrix on [-1, 1] from independent beta variables in (0, 1), its canonical moments.

    With the weight (1 - x)^alpha (1 + x)^beta and canonical moments p_1, ..., p_{2m-1} on [0, 1], odd ones are
    Beta(m - k + 1 + beta, m - k + 1 + alpha) for p_{2k-1} and even ones Beta(m - k, m - k + 1 + alpha + beta) for
    p_{2k}. The chain zeta_j = (1 - p_{j-1}) p_j gives a_k = zeta_{2k-2} + zeta_{2k-1} and b_k^2 = zeta_{2k-1} zeta_{2k}
    on [0, 1].
    """
    drawn = generator.beta(*_moment_shapes(m, alpha, beta))
    chain = np.zeros(2 * m)
    chain[1::2], chain[2::2] = drawn[:m], drawn[m:]
    chain[1:] *= 1.0 - chain[:-1]
    diagonal = chain[0::2] + chain[1::2]
    squares = chain[1:-1:2] * chain[2::2]
    return 2.0 * diagonal - 1.0, 4.0 * squares


@lru_cache(maxsize=16)
def _moment_shapes(m: int, alpha: float, beta: float) -> tuple[FloatArray, FloatArray]:
    """Parameters of the beta variables, those of odd moments first."""
    k = np.arange(m, 0, -1.0)
    return np.concatenate([k + beta, k[1:]]), np.concatenate([k + alpha, k[1:] + 1 + alpha + beta])
