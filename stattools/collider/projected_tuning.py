"""Lengthscales of a projected kernel, by the criterion of the penalty."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar

from stattools import _random
from stattools._typing import FloatArray, IntArray
from stattools.collider.projected_kernel import Conditions, Units, fit_projected_kernel, rest_features
from stattools.collider.projected_several import fit_several, smoothing
from stattools.rkhs.kernels import lexicographic_order
from stattools.rkhs.ridge import centred_spectrum, ridge_path

MULTIPLES = np.geomspace(0.25, 32.0, 8)
"""Tried common lengthscales, in units of the root mean square distance of two rows in the columns concerned."""
MOST_LABELLED, MOST_ROWS = 500, 1000
LANDMARKS = 200
"""Rows that span features of C while lengthscales are tried, if there are not more labelled ones."""
PRECISION = 0.05
"""Of logarithms of lengthscales."""


@dataclass(frozen=True, eq=False)
class Scales:
    """Chosen lengthscales.

    values : of C and of S. tried, criterion : (c,) common ones, as multiples of root mean square distances, and their
    criterion. smallest : that of the chosen ones.
    """

    values: tuple[float, float]
    tried: FloatArray
    criterion: FloatArray
    smallest: float


def choose_scales(
    rows: FloatArray,
    y: FloatArray,
    units: Units,
    constraints: Sequence[Any],
    embedding_penalty: float | str,
    *,
    tune: str,
    folds: IntArray | None,
    seed: np.random.SeedSequence,
) -> tuple[Scales, tuple[str, ...]]:
    """A lengthscale of C and one of S, or one for both with several constraints; and remarks.

    rows : (N, p), labelled ones first; y : (n, q); embedding_penalty : "gcv", or a number that is added to eigenvalues
    over N; folds : (n,) labels, for "kfold".
    """
    n = len(y)
    kept, notes = _subsample(rows, n, seed)
    labelled = kept[kept < n]
    some, targets = np.ascontiguousarray(rows[kept]), y[labelled]
    own_folds = None if folds is None else folds[labelled]
    amount = embedding_penalty if isinstance(embedding_penalty, str) else embedding_penalty * len(some)
    value = _criterion(some, targets, units, constraints, amount, tune, own_folds)
    lengths = _distances(units.of(some), constraints)
    common = np.array([value(np.log(lengths * multiple)) for multiple in MULTIPLES])
    best = int(np.argmin(common))
    where, smallest = np.log(lengths * MULTIPLES[best]), float(common[best])
    step = np.log(MULTIPLES[1] / MULTIPLES[0])
    axes = [np.ones(2)] if len(constraints) > 1 else [np.array([1.0, 0.0]), np.array([0.0, 1.0])] * 2
    for k, axis in enumerate(axes):
        where, smallest = _line(value, where, axis, (2.0 - k // 2) * step, smallest)
    return Scales((float(np.exp(where[0])), float(np.exp(where[1]))), MULTIPLES, common, smallest), notes


def _subsample(rows: FloatArray, n: int, seed: np.random.SeedSequence) -> tuple[IntArray, tuple[str, ...]]:
    """Indices of rows to tune on, labelled ones first; the same rows in whatever order they come."""
    generator = _random.generator(seed)
    labelled, others = lexicographic_order(rows[:n]), n + lexicographic_order(rows[n:])
    notes: tuple[str, ...] = ()
    if n > MOST_LABELLED:
        labelled = generator.choice(labelled, MOST_LABELLED, replace=False)
        notes = (f"lengthscales were chosen on {MOST_LABELLED} of {n} labelled rows, drawn at random",)
    if len(others) > MOST_ROWS - len(labelled):
        others = generator.choice(others, MOST_ROWS - len(labelled), replace=False)
    return np.concatenate([np.sort(labelled), np.sort(others)]).astype(np.int64), notes


def _landmarks(rows: FloatArray, n: int) -> IntArray | None:
    """Labelled rows, and others spread evenly over their lexicographic order up to LANDMARKS in all; None for all."""
    count = max(n, LANDMARKS) - n
    if len(rows) - n <= count:
        return None
    others = n + lexicographic_order(rows[n:])
    return np.concatenate([np.arange(n), others[np.linspace(0, len(others) - 1, count).astype(np.intp)]])


def _distances(z: FloatArray, constraints: Sequence[Any]) -> FloatArray:
    """(2,) root mean square distances of two rows, in C and in S."""
    if len(constraints) > 1:
        return np.full(2, np.sqrt(max(2.0 * float(z.var(axis=0).sum()), 1e-300)))
    rest = list(constraints[0].rest)
    joint = [*constraints[0].independent, *constraints[0].given]
    spread = [float(z[:, columns].var(axis=0).sum()) for columns in (rest, joint)]
    return np.sqrt([2.0 * value if value > 0 else 1.0 for value in spread])


def _criterion(
    rows: FloatArray,
    y: FloatArray,
    units: Units,
    constraints: Sequence[Any],
    amount: float | str,
    tune: str,
    folds: IntArray | None,
) -> Callable[[FloatArray], float]:
    z = units.of(rows)
    n = len(y)
    if len(constraints) > 1:
        whole = rest_features(z / _distances(z, constraints)[0], None, centred=True).values
        smoothings = [smoothing(z, one, whole, amount) for one in constraints]

        def kernel_at(scales: FloatArray) -> Any:
            return fit_several(rows, units, float(scales[0]), smoothings)
    else:
        joint = tuple(sorted((*constraints[0].independent, *constraints[0].given)))
        conditions = Conditions.tried(np.ascontiguousarray(z[:, joint]))
        landmarks = _landmarks(rows, n)

        def kernel_at(scales: FloatArray) -> Any:
            pair = (float(scales[0]), float(scales[1]))
            return fit_projected_kernel(
                rows, units, constraints[0], pair, conditions=conditions, penalty=amount, landmarks=landmarks
            )

    def value(logarithms: FloatArray) -> float:
        kernel = kernel_at(np.exp(logarithms))
        points = kernel.at(rows[:n])
        gram = kernel.cross(points, points)
        smallest = ridge_path(centred_spectrum((gram + gram.T) / 2.0), y).select(tune, folds=folds).smallest
        if tune != "reml":
            smallest = np.log(np.maximum(smallest, np.finfo(np.float64).tiny))
        return float(smallest.sum())

    return value


def _line(
    value: Callable[[FloatArray], float], start: FloatArray, axis: FloatArray, reach: float, smallest: float
) -> tuple[FloatArray, float]:
    """The lowest point seen within reach of the start on a line, the start included."""
    found = minimize_scalar(
        lambda t: value(start + t * axis), bounds=(-reach, reach), method="bounded", options={"xatol": PRECISION}
    )
    if found.fun < smallest:
        return start + found.x * axis, float(found.fun)
    return start, smallest
