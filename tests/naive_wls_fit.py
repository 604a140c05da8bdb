"""Slow twins of the weighted least-squares fit, by normal equations and inverses, row by row."""

import numpy as np


def coefficients(features, y, weights, penalty=0.0):
    """(sum w phi phi^T + penalty I)^-1 sum w phi y."""
    gram = sum(w * np.outer(phi, phi) for phi, w in zip(features, weights, strict=True))
    moment = sum(w * phi * value for phi, w, value in zip(features, weights, y, strict=True))
    return np.linalg.inv(gram + penalty * np.eye(len(gram))) @ moment


def leverage(features, weights, penalty=0.0):
    gram = sum(w * np.outer(phi, phi) for phi, w in zip(features, weights, strict=True))
    inverse = np.linalg.inv(gram + penalty * np.eye(len(gram)))
    return np.array([w * phi @ inverse @ phi for phi, w in zip(features, weights, strict=True)])


def sandwich(features, y, weights, cov_type, penalty=0.0):
    """HC0 to HC3: the middle is the sum of w^2 phi phi^T e^2, divided as the type says."""
    gram = sum(w * np.outer(phi, phi) for phi, w in zip(features, weights, strict=True))
    inverse = np.linalg.inv(gram + penalty * np.eye(len(gram)))
    hat = leverage(features, weights, penalty)
    residuals = y - features @ coefficients(features, y, weights, penalty)
    n = np.count_nonzero(weights)
    factor = {"HC0": 1.0, "HC1": n / (n - hat.sum()), "HC2": 1 / (1 - hat), "HC3": 1 / (1 - hat) ** 2}[cov_type]
    factor = factor * np.ones(len(y))
    middle = sum(
        w**2 * e**2 * c * np.outer(phi, phi)
        for phi, w, e, c in zip(features, weights, residuals, factor, strict=True)
    )
    return inverse @ middle @ inverse


def block_covariance(features, y, weights, blocks):
    """Clusters with residuals multiplied by the symmetric root of (I - H_bb)^-1, weighted rows throughout."""
    rows = features * np.sqrt(weights)[:, None]
    inverse = np.linalg.inv(rows.T @ rows)
    residuals = np.sqrt(weights) * (y - features @ coefficients(features, y, weights))
    middle = np.zeros_like(inverse)
    for block in np.unique(blocks):
        own = rows[blocks == block]
        values, vectors = np.linalg.eigh(np.eye(len(own)) - own @ inverse @ own.T)
        score = own.T @ (vectors @ np.diag(values**-0.5) @ vectors.T) @ residuals[blocks == block]
        middle += np.outer(score, score)
    return inverse @ middle @ inverse


def left_out_residuals(features, y, weights):
    """Residual of each row from the fit to all others, by fitting n times."""
    kept = ~np.eye(len(y), dtype=bool)
    fits = [coefficients(features[k], y[k], weights[k]) for k in kept]
    return np.array([value - phi @ c for value, phi, c in zip(y, features, fits, strict=True)])


def block_mean(features, y, blocks):
    """Mean of the interpolants of blocks, and its covariance from their spread."""
    interpolants = np.array([np.linalg.inv(features[blocks == b]) @ y[blocks == b] for b in np.unique(blocks)])
    return interpolants.mean(axis=0), np.cov(interpolants.T) / len(interpolants)


def sobol(indices, coefficients):
    """First-order and total indices by adding squares one by one."""
    squares = {tuple(index): c**2 for index, c in zip(indices.tolist(), coefficients, strict=True)}
    variance = sum(value for index, value in squares.items() if any(index))
    first, total = [], []
    for j in range(indices.shape[1]):
        involved = {index: value for index, value in squares.items() if index[j] > 0}
        total.append(sum(involved.values()) / variance)
        alone = [value for index, value in involved.items() if sum(k > 0 for k in index) == 1]
        first.append(sum(alone) / variance)
    return np.array(first), np.array(total)
