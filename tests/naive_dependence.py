"""Slow, obvious twins of measures and tests of dependence: sums over pairs, dense matrices, textbook formulas."""

import numpy as np


def gaussian(x, lengthscale):
    n = len(x)
    gram = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            gram[i, j] = np.exp(-np.sum((x[i] - x[j]) ** 2) / (2 * lengthscale**2))
    return gram


def distances(x):
    return np.array([[np.sqrt(np.sum((u - v) ** 2)) for v in x] for u in x])


def centred(matrix):
    h = np.eye(len(matrix)) - 1 / len(matrix)
    return h @ matrix @ h


def mean_product(a, b, order=None):
    """n^-2 sum over i, j of the double-centred a[i, j] b[p(i), p(j)]."""
    n = len(a)
    order = range(n) if order is None else order
    a, b = centred(a), centred(b)
    total = 0.0
    for i in range(n):
        for j in range(n):
            total += a[i, j] * b[order[i], order[j]]
    return total / n**2


def distance_correlation(a, b):
    return np.sqrt(mean_product(a, b) / np.sqrt(mean_product(a, a) * mean_product(b, b)))


def multiplied(u, v, signs):
    """|sum_i e_i u_i (x) v_i|^2 / n with all products written out."""
    total = np.zeros((u.shape[1], v.shape[1]))
    for e, x, z in zip(signs, u, v, strict=True):
        total += e * np.outer(x, z)
    return np.sum(total**2) / len(u)


def studentized_covariance(e, f):
    """sqrt(n) mean / sd (divisor n) of the products of two residuals."""
    products = e * f
    return np.sqrt(len(e)) * products.mean() / products.std()


def nested_f(y, given, added):
    """F statistic of added columns by two least-squares fits."""
    n = len(y)
    small, large = np.column_stack([np.ones(n), given]), np.column_stack([np.ones(n), given, added])
    rss = [np.sum((y - x @ np.linalg.lstsq(x, y, rcond=None)[0]) ** 2) for x in (small, large)]
    df1, df2 = large.shape[1] - small.shape[1], n - large.shape[1]
    return (rss[0] - rss[1]) / df1 / (rss[1] / df2)


def freedman_lane(y, given, added, order):
    """The same F for the fitted values of y on what is given plus permuted residuals."""
    x = np.column_stack([np.ones(len(y)), given])
    fitted = x @ np.linalg.lstsq(x, y, rcond=None)[0]
    return nested_f(fitted + (y - fitted)[order], given, added)


def robust_wald(y, columns):
    """s' Omega^-1 s over q for the slopes of y on columns, residuals under the null being y about its mean."""
    e, v = y - y.mean(), columns - columns.mean(axis=0)
    s = v.T @ e
    omega = sum(np.outer(row, row) * value**2 for row, value in zip(v, e, strict=True))
    return s @ np.linalg.solve(omega, s) / columns.shape[1]


def ridge_gcv(targets, fixed, features, penalties):
    """Residuals of the penalty with the smallest GCV, hat matrices formed: fixed columns and then ridge."""
    n = len(targets)
    project = np.eye(n) - fixed @ np.linalg.pinv(fixed)
    rest = project @ features
    best, found = np.inf, None
    for penalty in penalties:
        hat = np.eye(n) - project + rest @ np.linalg.solve(rest.T @ rest + penalty * np.eye(rest.shape[1]), rest.T)
        residual = targets - hat @ targets
        score = np.sum(residual**2) / (1 - np.trace(hat) / n) ** 2
        if score < best:
            best, found = score, (residual, np.trace(hat))
    return found
