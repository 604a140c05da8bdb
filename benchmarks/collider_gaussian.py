"""Least squares on normal collider designs, many data sets at once: for `benchmarks.collider_tables`."""

from __future__ import annotations

import numpy as np

from stattools.collider import fitting
from stattools.collider.constraints import Resolved
from stattools.collider.fitting import Options

SLOPE = 0.8
DESIGNS = [  # n, m, spouses, R2
    (50, 100, 1, 0.5),
    (50, 100, 3, 0.5),
    (50, 100, 3, 1 / 1.1),
    (50, 1000, 3, 1 / 1.1),
    (50, 5, 3, 1 / 1.1),
    (50, 100, 3, 0.2),
]
GIVEN = [(40, 100, 0.7), (40, 100, 0.2), (40, 10, 0.2)]  # n, m, noise of the collider
HEADER = (
    "n, m, d, R2", "least squares", "exact projection", "H_P, exact", "plug-in, unlabelled alone",
    "plug-in, labelled alone", "pooled", "augmented", "gain of augmented (s.e.)",
)  # fmt: skip
HEADER_GIVEN = (
    "m, noise, R2", "least squares", "gain of exact projection", "plug-in", "augmented", "gain of plug-in (s.e.)",
    "gain of augmented (s.e.)",
)  # fmt: skip
BLOCK = 500
CHECKED = 20


# least squares for a block of data sets ------------------------------------------------------------------------------
def solved(X, y, weights=None):
    """(r, p, q) coefficients of y (r, n, q) on X (r, n, p)."""
    left = X if weights is None else X * weights[:, :, None]
    return np.linalg.solve(np.swapaxes(left, 1, 2) @ X, np.swapaxes(left, 1, 2) @ y)


def centred(values):
    return values - values.mean(axis=1, keepdims=True)


def quadratic(errors, covariance):
    """(r,) excess risks of (r, p) errors of coefficients."""
    return np.einsum("ri,ij,rj->r", errors, covariance, errors)


def least_squares(X, y):
    """(r, p) coefficients and (r, n) leave-one-out predictions."""
    coefficients = solved(X, y[:, :, None])[:, :, 0]
    gram = np.swapaxes(X, 1, 2) @ X
    leverage = np.einsum("rni,rin->rn", X, np.linalg.solve(gram, np.swapaxes(X, 1, 2)))
    residual = y - np.einsum("rnp,rp->rn", X, coefficients)
    return coefficients, y - residual / (1 - leverage)


def correction(values, residuals, A, B=None):
    """(r, d) slopes on A, (r, e) on B, of the linear correction: plug-in without residuals, else augmented."""
    n_all = values.shape[1]
    a = centred(A)
    if B is None:
        on_b, regression = None, None
        targets = [centred(values)]
        spread = np.mean(targets[0] ** 2, axis=1)
    else:
        b = centred(B)
        regression = solved(b, a)
        a = a - b @ regression
        targets = [centred(values)]
        targets[0] = targets[0] - (b @ solved(b, targets[0][:, :, None]))[:, :, 0]
        spread = np.mean(targets[0] ** 2, axis=1)
    rows, weights = [a], [np.ones((len(values), n_all))]
    if residuals is not None:
        n = residuals.shape[1]
        own = centred(residuals)
        features = A[:, :n] if B is None else A[:, :n] - B[:, :n] @ regression
        features = centred(features)
        if B is not None:
            on_b = centred(B[:, :n])
            own = own - (on_b @ solved(on_b, own[:, :, None]))[:, :, 0]
        noise = np.mean(own**2, axis=1)
        targets.append(own)
        rows.append(features)
        weights.append(np.broadcast_to((spread / noise)[:, None], own.shape))
    slopes = solved(np.concatenate(rows, axis=1), np.concatenate(targets, axis=1)[:, :, None],
                    np.concatenate(weights, axis=1))[:, :, 0]  # fmt: skip
    if B is None:
        return slopes, np.empty((len(slopes), 0))
    return slopes, -np.einsum("red,rd->re", regression, slopes)


def package_errors(X, y, unlabeled, constraint, best, methods=("plugin", "augmented")):
    """(methods, p) errors of coefficients of one data set, by the package."""
    found = []
    base = _Base(X, y)
    for method in methods:
        options = Options(None, method, "linear", 0.0, "reml", "auto")
        fit = fitting.project_base(base, options, X, y[:, None], unlabeled, [constraint], np.random.SeedSequence(1))
        # differences over long steps at small arguments: predictions may be kept within a range
        step = 1e-3 * np.eye(X.shape[1])
        found.append((fit.predict(step) - fit.predict(-step))[:, 0] / 2e-3 - best)
    return np.array(found)


class _Base:
    """Least squares without an intercept, as a base of the package."""

    name, degrees_of_freedom, remarks = "least squares", None, ()

    def __init__(self, X, y):
        coefficients, outside = least_squares(X[None], y[None])
        self.coefficients, self.out_of_sample = coefficients[0], outside[0][:, None]

    def predict(self, X):
        return (X @ self.coefficients)[:, None]


# tables --------------------------------------------------------------------------------------------------------------
def simple(repetitions):
    """Rows of the table without a third column, and failures."""
    rows, failures = [], []
    for number, (n, m, d, r2) in enumerate(DESIGNS):
        risk, p = 1 - r2, d + 1
        found = np.concatenate(list(_simple_blocks(number, n, m, d, r2, repetitions)))
        exact = risk / (n - p - 1)
        theory = (
            risk * p / (n - p - 1), exact, risk / (n - 2),
            exact + (1 - risk + exact) * d / (m - d - 1), None, None, None,
        )  # fmt: skip
        name = f"{n}, {m}, {d}, {r2:.3f}"
        cells = [name]
        for k, expected in enumerate(theory):
            mean, own = found[:, k].mean(), found[:, k].std(ddof=1) / np.sqrt(len(found))
            far = expected is not None and abs(mean - expected) > 4 * own and not (k == 3 and m == 5)
            if far:
                failures.append(f"{name}: {HEADER[k + 1]} is {mean:.5f}, theory {expected:.5f}, s.e. {own:.5f}")
            cells.append(f"{mean:.5f}" + ("" if expected is None else f" ({expected:.5f})") + ("*" if far else ""))
        gain = found[:, 0] - found[:, 6]
        own = gain.std(ddof=1) / np.sqrt(len(gain))
        cells.append(f"{gain.mean():+.5f} ({own:.5f})")
        if gain.mean() <= 2 * own:
            failures.append(f"{name}: the augmented projection gains {gain.mean():.5f}, s.e. {own:.5f}")
        plugin = found[:, 0].mean() - found[:, 3].mean()
        if d == 3 and r2 > 0.9 and (plugin > 0) != (m == 1000):
            failures.append(f"{name}: the plug-in gains {plugin:.5f}, on the wrong side of break-even")
        rows.append(tuple(cells))
    return rows, failures


def _simple_blocks(number, n, m, d, r2, repetitions):
    sigma = np.sqrt((1 - r2) / r2)
    b = np.full(d, SLOPE)
    covariance = np.eye(d + 1)
    covariance[0, 0] = 1 + b @ b + sigma**2
    covariance[0, 1:] = covariance[1:, 0] = b
    best = r2 * np.r_[1.0, -b]
    for block, start in enumerate(range(0, repetitions, BLOCK)):
        rng = np.random.default_rng([number, block])
        size = min(BLOCK, repetitions - start)
        y, noise = rng.standard_normal((2, size, n + m))
        x2 = rng.standard_normal((size, n + m, d))
        X = np.concatenate([(y + x2 @ b + sigma * noise)[:, :, None], x2], axis=2)
        own, y = X[:, :n], y[:, :n]
        coefficients, outside = least_squares(own, y)
        values = np.einsum("rnp,rp->rn", X, coefficients)
        together = np.concatenate([outside, values[:, n:]], axis=1)
        first = coefficients[:, 0]
        # exact: w2 becomes -w1 b. H_P: least squares on X1 - b'X2
        residual = own[:, :, 0] - own[:, :, 1:] @ b
        slope = np.einsum("rn,rn->r", residual, y) / np.einsum("rn,rn->r", residual, residual)
        # plug-in without intercepts, as theory has it, of function values on unlabelled or on labelled rows
        apart = [solved(X[:, part, 1:], values[:, part, None])[:, :, 0] for part in (slice(n, None), slice(0, n))]
        methods = [correction(together, None, x2)[0], correction(together, outside - y, x2)[0]]
        errors = [
            coefficients - best,
            np.column_stack([first, -first[:, None] * b]) - best,
            np.column_stack([slope, -slope[:, None] * b]) - best,
        ]
        for taken in (*apart, *methods):
            errors.append(np.column_stack([first, coefficients[:, 1:] - taken]) - best)
        if block == 0:
            place = Resolved(tuple(range(1, d + 1)), (), (0,))
            for r in range(min(CHECKED, size)):
                package = package_errors(own[r], y[r], X[r, n:], place, best)
                assert np.allclose(package, [errors[5][r], errors[6][r]], atol=1e-6), (package, r)
        yield np.column_stack([quadratic(one, covariance) for one in errors])


def given(repetitions):
    """Rows of the table with a third column, and failures."""
    rows, failures = [], []
    for number, (n, m, sigma) in enumerate(GIVEN):
        risk = sigma**2 / (1 + sigma**2)
        found = np.concatenate(list(_given_blocks(number, n, m, sigma, repetitions)))
        name = f"{m}, {sigma}, {1 - risk / 1.49:.3f}"
        gains = found[:, :1] - found[:, 1:]
        own = gains.std(axis=0, ddof=1) / np.sqrt(len(gains))
        least, error = found[:, 0].mean(), found[:, 0].std(ddof=1) / np.sqrt(len(found))
        for what, value, expected, spread in (
            ("least squares", least, risk * 3 / 36, error), ("exact gain", gains[:, 0].mean(), risk / 36, own[0])
        ):  # fmt: skip
            if abs(value - expected) > 4 * spread:
                failures.append(f"{name}: {what} is {value:.5f}, theory {expected:.5f}, s.e. {spread:.5f}")
        if gains[:, 2].mean() <= 2 * own[2]:
            failures.append(f"{name}: the augmented projection gains {gains[:, 2].mean():.5f}, s.e. {own[2]:.5f}")
        rows.append((
            name, f"{least:.5f} ({risk * 3 / 36:.5f})", f"{gains[:, 0].mean():.5f} ({risk / 36:.5f})",
            f"{found[:, 2].mean():.5f}", f"{found[:, 3].mean():.5f}",
            *(f"{gains[:, k].mean():+.5f} ({own[k]:.5f})" for k in (1, 2)),
        ))  # fmt: skip
    return rows, failures


def _given_blocks(number, n, m, sigma, repetitions):
    c, half = 0.7, 0.5
    k = 1 / (1 + sigma**2)
    best = np.array([k, -k * SLOPE, (1 - k) * c])  # of X1, X2, X3
    mixing = np.array([[1.0, sigma, SLOPE, c + SLOPE * half], [0, 0, 1, half], [0, 0, 0, 1]])
    covariance = mixing @ mixing.T
    for block, start in enumerate(range(0, repetitions, BLOCK)):
        rng = np.random.default_rng([100 + number, block])
        size = min(BLOCK, repetitions - start)
        e, noise, u, x3 = rng.standard_normal((4, size, n + m))
        y, x2 = c * x3 + e, half * x3 + u
        X = np.stack([y + SLOPE * x2 + sigma * noise, x2, x3], axis=2)
        own, y = X[:, :n], y[:, :n]
        coefficients, outside = least_squares(own, y)
        values = np.einsum("rnp,rp->rn", X, coefficients)
        together = np.concatenate([outside, values[:, n:]], axis=1)
        excess = coefficients[:, 0] * SLOPE + coefficients[:, 1]  # of X2 - half X3 in E[f | X2, X3] - E[f | X3]
        exact = coefficients - np.column_stack([np.zeros(size), excess, -half * excess])
        errors = [coefficients - best, exact - best]
        for residuals in (None, outside - y):
            a, b = correction(together, residuals, X[:, :, 1:2], X[:, :, 2:])
            errors.append(coefficients - np.column_stack([np.zeros(size), a, b]) - best)
        if block == 0:
            for r in range(min(CHECKED, size)):
                package = package_errors(own[r], y[r], X[r, n:], Resolved((1,), (2,), (0,)), best)
                assert np.allclose(package, [errors[2][r], errors[3][r]], atol=1e-6), (package, r)
        yield np.column_stack([quadratic(one, covariance) for one in errors])
