"""Slow, obvious twins of the statistics: one loop over rows each, straight from the definitions."""

import numpy as np


def trace_of_covariance(rows):
    return np.trace(np.atleast_2d(np.cov(rows.T)))


def squared_distance(first, second):
    return float(((first.mean(axis=0) - second.mean(axis=0)) ** 2).sum())


def studentized(first, second):
    spread = trace_of_covariance(first) / len(first) + trace_of_covariance(second) / len(second)
    return squared_distance(first, second) / spread


def welch(first, second):
    t, df, difference = [], [], []
    for j in range(first.shape[1]):
        a, b = first[:, j], second[:, j]
        va, vb = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
        difference.append(a.mean() - b.mean())
        t.append((a.mean() - b.mean()) / np.sqrt(va + vb))
        df.append((va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1)))
    return np.array(t), np.array(df), np.array(difference)


def hotelling_james(first, second):
    d = first.mean(axis=0) - second.mean(axis=0)
    covariance = np.cov(first.T) / len(first) + np.cov(second.T) / len(second)
    return float(d @ np.linalg.solve(np.atleast_2d(covariance), d))


def studentized_groups(groups):
    pooled = np.vstack(groups)
    n = len(pooled)
    between = sum(len(g) * ((g.mean(axis=0) - pooled.mean(axis=0)) ** 2).sum() for g in groups)
    return between / sum((1 - len(g) / n) * trace_of_covariance(g) for g in groups)


def pseudo_f(groups):
    pooled = np.vstack(groups)
    n, k = len(pooled), len(groups)
    between = sum(len(g) * ((g.mean(axis=0) - pooled.mean(axis=0)) ** 2).sum() for g in groups)
    within = sum(((g - g.mean(axis=0)) ** 2).sum() for g in groups)
    return (between / (k - 1)) / (within / (n - k))


def freedman_lane(rows, dummies, covariates, order):
    """Pseudo-F of the dummies after permuting the residuals of the model with covariates only."""
    n = len(rows)
    z = np.column_stack([np.ones(n), covariates])
    hat_z = z @ np.linalg.pinv(z)
    full = np.column_stack([z, dummies])
    hat_full = full @ np.linalg.pinv(full)
    y = hat_z @ rows + ((np.eye(n) - hat_z) @ rows)[order]
    explained = np.trace(y.T @ (hat_full - hat_z) @ y) / dummies.shape[1]
    rest = np.trace(y.T @ (np.eye(n) - hat_full) @ y) / (n - np.linalg.matrix_rank(full))
    return explained / rest
