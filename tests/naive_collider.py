"""Slow and obvious twins of the collider area: projected kernels with explicit inverses and full Gram matrices."""

import numpy as np

LENGTHSCALE_COLLIDER, LENGTHSCALE_SPOUSE, PENALTY, PENALTY_EMBEDDING = 8.0, 2.0, 1e-3, 1.0


def gaussian(x, y, lengthscale):
    """exp(-|x - y|^2 / (2 l^2)), from all differences."""
    differences = x[:, None, :] - y[None, :, :]
    return np.exp(-(differences**2).sum(axis=2) / (2 * lengthscale**2))


def split(X, spouses):
    others = [j for j in range(X.shape[1]) if j not in spouses]
    return X[:, others], X[:, list(spouses)]


def grams(X, Z, spouses):
    """r + 1 on the colliders and s on the spouses."""
    (x1, x2), (z1, z2) = split(X, spouses), split(Z, spouses)
    return gaussian(x1, z1, LENGTHSCALE_COLLIDER) + 1, gaussian(x2, z2, LENGTHSCALE_SPOUSE)


def embedding_weights(X, Z, spouses):
    """(N, k) weights of the conditional mean embedding of new rows X on the rows Z."""
    within, across = grams(Z, Z, spouses)[1], grams(Z, X, spouses)[1]
    return np.linalg.inv(within + PENALTY_EMBEDDING * np.eye(len(Z))) @ across


def projected_kernel(X, V, Z, spouses):
    """s (r+1 - W'(r+1) - (r+1)W + W'(r+1)W)."""
    left, right = embedding_weights(X, Z, spouses), embedding_weights(V, Z, spouses)
    r, s = grams(X, V, spouses)
    r_xz, r_vz, r_zz = grams(X, Z, spouses)[0], grams(V, Z, spouses)[0], grams(Z, Z, spouses)[0]
    return s * (r - left.T @ r_vz.T - r_xz @ right + left.T @ r_zz @ right)


def dual(gram, y):
    return np.linalg.inv(gram + len(y) * PENALTY * np.eye(len(y))) @ y


def krr(X, y, X_new, spouses):
    r, s = grams(X, X, spouses)
    r_new, s_new = grams(X_new, X, spouses)
    return (r_new * s_new) @ dual(r * s, y)


def projected_krr(X, y, Z, X_new, spouses):
    """P-KRR: kernel ridge regression less its conditional mean."""
    r, s = grams(X, X, spouses)
    alpha = dual(r * s, y)
    s_new = grams(X_new, X, spouses)[1]
    weights = embedding_weights(X_new, Z, spouses)
    r_xz = grams(X, Z, spouses)[0]
    return krr(X, y, X_new, spouses) - (s_new * (r_xz @ weights).T) @ alpha


def constrained_krr(X, y, Z, X_new, spouses):
    """H_P-KRR: kernel ridge regression with the projected kernel."""
    return projected_kernel(X_new, X, Z, spouses) @ dual(projected_kernel(X, X, Z, spouses), y)
