"""Slow, obvious twins of what stattools.wls does with the rows of a pool."""

from itertools import combinations

import numpy as np


def leverages(x, masses=None, regularization=0.0):
    weighted = x if masses is None else np.sqrt(masses)[:, None] * x
    if regularization:
        return np.diag(x @ np.linalg.solve(x.T @ x + regularization * np.eye(x.shape[1]), x.T))
    return np.diag(weighted @ np.linalg.pinv(weighted))


def left_over(z, left, anchors):
    """h_i = 1 - z_i^T M^-1 z_i of the rows in `left`; not smaller than rounding can tell from zero."""
    m = z[left].T @ z[left] + anchors.T @ anchors
    h = 1 - np.einsum("ij,ij->i", z[left] @ np.linalg.inv(m), z[left])
    return np.where(h > 1e-10, h, 0.0)


def removal_law(z, size, anchors):
    """Probability of each set of rows left, over all orders of removal."""
    law = {tuple(range(len(z))): 1.0}
    while len(next(iter(law))) > size:
        after = {}
        for left, probability in law.items():
            h = left_over(z, list(left), anchors)
            for k in range(len(left)):
                rest = left[:k] + left[k + 1 :]
                after[rest] = after.get(rest, 0.0) + probability * h[k] / h.sum()
        law = after
    return law


def volume_law(x, size):
    """Probability of each set of rows in volume sampling."""
    sets = list(combinations(range(len(x)), size))
    volumes = np.array([np.linalg.det(x[list(s)].T @ x[list(s)]) for s in sets])
    return dict(zip(sets, volumes / volumes.sum(), strict=True))


def remove_rows(z, size, anchors, n_listed, uniforms):
    """The order of removal that a stream of pairs of uniforms gives."""
    alive, order = list(range(len(z))), []
    for first, second in uniforms:
        if len(alive) == size:
            return order
        h = left_over(z, alive, anchors)
        if len(alive) > n_listed:
            place = int(first * len(alive))
            if h[place] <= second:
                continue
        else:
            place = int(np.searchsorted(np.cumsum(h), first * h.sum(), side="right"))
        order.append(alive[place])
        alive[place] = alive[-1]
        alive.pop()
    raise AssertionError("the uniforms did not suffice")


def largest_determinant(x, n, fixed=()):
    """Largest log-determinant over all choices of n rows that hold the fixed ones."""
    choices = [list(s) for s in combinations(range(len(x)), n) if set(fixed) <= set(s)]
    return max(np.linalg.slogdet(x[s].T @ x[s])[1] for s in choices)


def lewis_equation(x, weights, p):
    """Right side of w_i = (x_i^T (X^T W^(1 - 2/p) X)^-1 x_i)^(p/2), for rows of positive weight."""
    weighted_gram = (x.T * weights ** (1 - 2 / p)) @ x
    return np.diag(x @ np.linalg.solve(weighted_gram, x.T)) ** (p / 2)


def sensitivity_one(x, i):
    """l_1 sensitivity by the linear program in its primal form: min sum t with -t <= X b <= t and x_i^T b = 1."""
    from scipy.optimize import linprog

    n, d = x.shape
    solution = linprog(
        np.r_[np.zeros(d), np.ones(n)],
        A_ub=np.block([[x, -np.eye(n)], [-x, -np.eye(n)]]),
        b_ub=np.zeros(2 * n),
        A_eq=np.r_[x[i], np.zeros(n)][None],
        b_eq=[1.0],
        bounds=[(None, None)] * d + [(0, None)] * n,
    )
    return 1 / solution.fun


def sensitivity_two_columns(x, i, p):
    """l_p sensitivity of a row of an (N, 2) matrix, by scanning directions and then refining the best one."""
    from scipy.optimize import minimize_scalar

    def ratio(angle):
        direction = np.array([np.cos(angle), np.sin(angle)])
        return -(abs(x[i] @ direction) ** p) / np.sum(np.abs(x @ direction) ** p)

    grid = np.linspace(0, np.pi, 2001)
    best = grid[np.argmin([ratio(a) for a in grid])]
    return -minimize_scalar(ratio, bounds=(best - 2e-3, best + 2e-3), method="bounded", options={"xatol": 1e-10}).fun
