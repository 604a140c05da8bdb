"""Slow and obvious twins of the sdr area: explicit inverses, one pair at a time."""

import numpy as np


def squared_wasserstein(x, y):
    """Of two samples of one size."""
    return np.mean((np.sort(x) - np.sort(y)) ** 2)


def gaussian_gram(samples, gamma):
    return np.array([[np.exp(-gamma * squared_wasserstein(x, y)) for y in samples] for x in samples])


def mean_squared(samples):
    n = len(samples)
    return np.mean([squared_wasserstein(samples[i], samples[k]) for i in range(n) for k in range(i)])


def gcv(k_x, k_y, epsilon):
    n = len(k_x)
    smoother = k_x @ np.linalg.inv(k_x + epsilon * np.linalg.eigvalsh(k_x)[-1] * np.eye(n))
    return np.linalg.norm(k_y - smoother @ k_y) ** 2 / (1 - np.trace(smoother) / n) ** 2


def gsir(k_x, k_y, epsilon_x, epsilon_y, method, k):
    """Eigenvalues and scores, with the inverses of the definition."""
    n = len(k_x)
    q = np.eye(n) - 1 / n
    g_x, g_y = q @ k_x @ q, q @ k_y @ q
    ridge_x = g_x + epsilon_x * np.linalg.eigvalsh(g_x)[-1] * np.eye(n)
    ridge_y = g_y + epsilon_y * np.linalg.eigvalsh(g_y)[-1] * np.eye(n)
    s = g_x @ np.linalg.inv(ridge_x)
    a = g_y if method == "gsir1" else g_y @ np.linalg.inv(ridge_y)
    m = s @ a @ s
    values, vectors = np.linalg.eigh((m + m.T) / 2)
    values, vectors = values[::-1][:k], vectors[:, ::-1][:, :k]
    alpha = np.linalg.inv(ridge_x) @ vectors
    return values, g_x @ alpha
