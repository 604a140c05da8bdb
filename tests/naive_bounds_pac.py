"""Slow and obvious twins of the PAC-Bayes, voting and complexity functions."""

import itertools
import math
from fractions import Fraction

import numpy as np
from scipy import integrate, stats


def xi(n):
    """The sum itself, in whole numbers."""
    total = sum(math.comb(n, k) * k**k * (n - k) ** (n - k) for k in range(n + 1))
    return float(Fraction(total, n**n))


def binary_kl(q, p):
    parts = ((q, p), (1 - q, 1 - p))
    return sum(a * math.log(a / b) for a, b in parts if a > 0)


def kl_upper(q, c):
    """Bisection on the definition."""
    low, high = q, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        inside = middle < 1 and binary_kl(q, middle) <= c
        low, high = (middle, high) if inside else (low, middle)
    return high


def density_kl(posterior, prior):
    """By quadrature, for two frozen laws of scipy with one coordinate."""
    integrand = lambda x: posterior.pdf(x) * (posterior.logpdf(x) - prior.logpdf(x))
    centre, width = posterior.mean(), posterior.std()
    edges = [centre - 40 * width, centre, centre + 40 * width]
    return sum(integrate.quad(integrand, a, b, limit=400)[0] for a, b in itertools.pairwise(edges))


def pair_errors(votes, y, valid, weights):
    """Gibbs error, tandem error, chance that exactly one errs: loops over voters and data."""
    count = len(votes)
    gibbs = tandem = apart = 0.0
    for t in range(count):
        rows = np.flatnonzero(valid[t])
        gibbs += weights[t] * sum(votes[t, i] != y[i] for i in rows) / len(rows)
        for u in range(count):
            rows = [i for i in range(len(y)) if valid[t, i] and valid[u, i]]
            wrong = [(votes[t, i] != y[i], votes[u, i] != y[i]) for i in rows]
            tandem += weights[t] * weights[u] * sum(a and b for a, b in wrong) / len(rows)
            apart += weights[t] * weights[u] * sum(a != b for a, b in wrong) / len(rows)
    return gibbs, tandem, apart


def gibbs_risk(rows, codes, mean):
    """Probability of an error under Gaussian weights: one quadrature for each row."""
    risks = []
    for x, c in zip(rows, codes, strict=True):
        scores = mean @ x / np.linalg.norm(x)
        if len(scores) == 1:
            risks.append(stats.norm.cdf(-scores[0] if c == 1 else scores[0]))
            continue
        others = np.delete(scores, c)
        right = lambda z, s=scores[c], o=others: stats.norm.pdf(z) * np.prod(stats.norm.cdf(z + s - o))
        risks.append(1 - integrate.quad(right, -9, 9, epsabs=1e-12, limit=200)[0])
    return float(np.mean(risks))


def empirical_rademacher(outputs):
    """The mean over all 2^n signs."""
    n = outputs.shape[1]
    signs = np.array(list(itertools.product([-1, 1], repeat=n)))
    return float((signs @ outputs.T).max(axis=1).mean() / n)
