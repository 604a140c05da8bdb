"""Slow twins of Frechet regression: weights as the papers print them, refits row by row, isotonic rows by min-max."""

import numpy as np


def global_weights(train, new):
    """1 + (u - mean)' covariance^-1 (u_i - mean), over n."""
    mean, n = train.mean(axis=0), len(train)
    inverse = np.linalg.inv((train - mean).T @ (train - mean) / n)
    return np.array([[(1 + (u - mean) @ inverse @ (row - mean)) / n for row in train] for u in new])


def kernel(steps, bandwidth):
    return np.exp(-0.5 * np.sum((steps / bandwidth) ** 2))


def local_weights(train, new, bandwidth):
    """K_h(u_i - u) (1 - mu_1' mu_2^-1 (u_i - u)) / sigma_0^2, over n."""
    n = len(train)
    rows = []
    for u in new:
        steps = train - u
        k = np.array([kernel(step, bandwidth) for step in steps])
        mu_0 = sum(k) / n
        mu_1 = sum(w * step for w, step in zip(k, steps, strict=True)) / n
        mu_2 = sum(w * np.outer(step, step) for w, step in zip(k, steps, strict=True)) / n
        slope = np.linalg.inv(mu_2) @ mu_1
        sigma = mu_0 - mu_1 @ slope
        rows.append([w * (1 - slope @ step) / sigma / n for w, step in zip(k, steps, strict=True)])
    return np.array(rows)


def mean_weights(train, new, bandwidth):
    rows = np.array([[kernel(row - u, bandwidth) for row in train] for u in new])
    return rows / rows.sum(axis=1, keepdims=True)


def ridge_weights(train, new, bandwidth, penalty):
    """Rows of the solution of the normal equations for a constant and n kernel coefficients."""
    n = len(train)
    gram = np.array([[kernel(a - b, bandwidth) for b in train] for a in train])
    # K (K c + b - y) + penalty K c = 0 holds when K c + penalty c + b = y; the constant makes the sum of c zero
    system = np.block([[gram + penalty * np.eye(n), np.ones((n, 1))], [np.ones((1, n)), np.zeros((1, 1))]])
    cross = np.array([[kernel(a - u, bandwidth) for a in train] for u in new])
    solution = np.linalg.inv(system)[:, :n]
    return np.column_stack([cross, np.ones(len(new))]) @ solution


def isotonic(values, weights):
    """max over j <= i of min over k >= i of the weighted mean of values j..k."""
    d = len(values)

    def mean(j, k):
        return np.average(values[j : k + 1], weights=weights[j : k + 1])

    return np.array([max(min(mean(j, k) for k in range(i, d)) for j in range(i + 1)) for i in range(d)])
