"""Slow, obvious twins of the laws and kernels of stattools.wls: enumeration and textbook formulas, one by one."""

import itertools
import math

import numpy as np
from scipy import special


def orthonormal_value(name, parameters, degree, x):
    """p_degree(x) from scipy's classical polynomials and their norms; x in the standard domain."""
    if name == "legendre":
        return math.sqrt(2 * degree + 1) * special.eval_legendre(degree, x)
    if name == "chebyshev":
        return (1.0 if degree == 0 else math.sqrt(2)) * special.eval_chebyt(degree, x)
    if name == "hermite":
        return special.eval_hermitenorm(degree, x) / math.sqrt(math.factorial(degree))
    if name == "laguerre":
        alpha = parameters[0]
        norm = special.gamma(degree + alpha + 1) / (math.factorial(degree) * special.gamma(alpha + 1))
        return (-1) ** degree * special.eval_genlaguerre(degree, alpha, x) / math.sqrt(norm)
    if name == "jacobi":
        alpha, beta = parameters
        both = alpha + beta
        norm = special.gamma(degree + alpha + 1) * special.gamma(degree + beta + 1)
        norm /= math.factorial(degree) * special.gamma(degree + both + 1)
        norm *= 2 ** (both + 1) / (2 * degree + both + 1)
        total = 2 ** (both + 1) * special.beta(alpha + 1, beta + 1)
        return special.eval_jacobi(degree, alpha, beta, x) / math.sqrt(norm / total)
    frequency = (degree + 1) // 2
    if degree == 0:
        return 1.0
    return math.sqrt(2) * (math.cos if degree % 2 else math.sin)(2 * math.pi * frequency * x)


def index_set(name, degree, n_inputs, anisotropy, q):
    """All multi-indices of a named set by testing every candidate."""
    most = int(np.max(degree) / min(1.0, *anisotropy)) + 1
    found = []
    for index in itertools.product(range(most + 1), repeat=n_inputs):
        k, g = np.array(index), np.array(anisotropy)
        inside = {
            "total_degree": lambda k=k, g=g: (g * k).sum() <= degree + 1e-9,
            "hyperbolic_cross": lambda k=k, g=g: np.prod((k + 1.0) ** g) <= (degree + 1) * (1 + 1e-9),
            "tensor": lambda k=k, g=g: (g * k <= np.asarray(degree) + 1e-9).all(),
            "lq": lambda k=k, g=g: ((g * k) ** q).sum() <= degree**q + 1e-9,
        }[name]()
        if inside:
            found.append(index)
    return set(found)


def volume_law(X, size, fixed=()):
    """Sets of `size` rows besides the fixed ones, and probabilities proportional to the determinant of X^T X."""
    free = [i for i in range(len(X)) if i not in fixed]
    sets = list(itertools.combinations(free, size))
    weights = np.array([np.linalg.det(X[[*fixed, *s]].T @ X[[*fixed, *s]]) for s in sets])
    return sets, np.maximum(weights, 0) / np.maximum(weights, 0).sum()


def sequences(features, masses, nu, n):
    """Every sequence of n nodes: its probability under nu^n, its weights and features.

    features : (N, m) orthonormal under the masses; nu : (N,) probabilities.
    """
    ratio = masses / nu
    for rows in itertools.product(range(len(features)), repeat=n):
        rows = list(rows)
        yield rows, math.prod(nu[rows]), ratio[rows], features[rows]


def volume_sequence_law(features, masses, nu, n):
    """Probabilities of ordered sequences under volume-rescaled sampling, as an array with one axis a point."""
    pmf = np.zeros((len(features),) * n)
    for rows, chance, weights, phi in sequences(features, masses, nu, n):
        pmf[tuple(rows)] = chance * np.linalg.det((phi.T * weights) @ phi / n)
    return pmf


def composed_law(features, masses, nu, n):
    """The same law as a DPP and independent points in random order."""
    n_nodes, m = features.shape
    pmf = np.zeros((n_nodes,) * n)
    for places in itertools.combinations(range(n), m):
        others = [k for k in range(n) if k not in places]
        for rows in itertools.product(range(n_nodes), repeat=n):
            rows = np.array(rows)
            dpp = np.linalg.det(features[rows[list(places)]]) ** 2 * np.prod(masses[rows[list(places)]])
            pmf[tuple(rows)] += dpp / math.factorial(m) * np.prod(nu[rows[others]])
    return pmf / math.comb(n, m)


def orthonormal_features(rng, n_nodes, m):
    """Features of a random discrete problem, and its masses: sum of masses times phi phi^T is the identity."""
    masses = rng.dirichlet(np.full(n_nodes, 3.0))
    q, _ = np.linalg.qr(np.sqrt(masses)[:, None] * rng.normal(size=(n_nodes, m)))
    return q / np.sqrt(masses)[:, None], masses


def dpp_acceptance(features, uniforms, rank):
    """Positions that a sequential draw accepts, with a projection formed anew each time."""
    chosen = []
    for i, (phi, u) in enumerate(zip(features, uniforms, strict=True)):
        residual = phi.copy()
        if chosen:
            span, _ = np.linalg.qr(features[chosen].T)
            residual -= span @ (span.T @ phi)
        if residual @ residual > u * (phi @ phi) and residual @ residual > 1e-12 * (phi @ phi):
            chosen.append(i)
        if len(chosen) == rank:
            break
    return chosen


def fit_coefficients(features, weights, values):
    root = np.sqrt(weights)
    return np.linalg.lstsq(features * root[:, None], values * root, rcond=None)[0]
