"""The projector that is a random forest, for conditional expectations of any shape."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stattools import _random
from stattools._typing import FloatArray
from stattools.collider.paths import Unshrunk
from stattools.collider.rows import NO_ROWS, Rows, joint
from stattools.collider.trees import Forest, grow_forest

TREES = 200
SMALLEST_LEAF = 5


@dataclass(frozen=True)
class ForestProjector:
    """E[t | A, B] - E[t | B] by a forest, times a factor in [0, 1] that out-of-bag predictions choose.

    See `projectors.FittedProjector` for what it offers. forests : one for each target, None where its factor is 0.
    factors : (q,).
    """

    kind: str
    rows: Rows
    seed: np.random.SeedSequence
    forests: tuple[Any, ...]
    factors: FloatArray
    centre: FloatArray
    penalty: FloatArray
    degrees_of_freedom: FloatArray
    noise: FloatArray
    gcv: FloatArray
    settings: dict[str, Any]

    @property
    def unshrunk(self) -> Unshrunk:
        return Unshrunk.same(self.noise)

    def predict(self, columns: FloatArray, given: FloatArray | None = None) -> FloatArray:
        return _raw(self.forests, self.factors, columns, given) - self.centre

    def again(self, targets: FloatArray) -> ForestProjector:
        return replace(fit_forest(self.rows, targets, self.seed), settings=self.settings)

    def compact(self) -> ForestProjector:
        return replace(self, rows=NO_ROWS)


def _raw(forests: tuple[Any, ...], factors: FloatArray, columns: FloatArray, given: FloatArray | None) -> FloatArray:
    values = np.zeros((len(columns), len(forests)))
    both = joint(columns, given)
    for j, forest in enumerate(forests):
        if forest is not None:
            fitted, on_given = forest
            values[:, j] = fitted.predict(both)[:, 0]
            if on_given is not None and given is not None:
                values[:, j] -= on_given.predict(given)[:, 0]
            values[:, j] *= factors[j]
    return values


def fit_forest(rows: Rows, targets: FloatArray, seed: np.random.SeedSequence) -> ForestProjector:
    """Fit one forest for each target; with B, to what forests on B leave of the targets of each type.

    The factor is the least-squares slope of the residualised target on its out-of-bag prediction, cut to [0, 1]: 0 is
    no projection. A row that enters as a prediction and again as a residual may be in the bag once and out of it once,
    so the factor is slightly too large.
    """
    n, q = targets.shape
    forests, factors, criterion = [], np.zeros(q), np.zeros(q)
    for j in range(q):
        weights = rows.weights[:, j] / rows.weights[:, j].mean()
        remainder = _without_given(rows, targets[:, j], seed, j)
        fitted, outside = _forest(rows.joint, remainder, weights, seed, (j, 0))
        on_given = None
        if rows.given is not None:  # the mean given B of what was fitted, which noise of the first step leaves
            first = rows.first
            inside = fitted.predict(rows.joint[first])[:, 0]
            on_given, smooth = _forest(rows.given[first], inside, weights[first], seed, (j, 1))
            outside = outside - np.where(first, _spread(smooth, first), on_given.predict(rows.given)[:, 0])
        square = float(np.sum(weights * outside**2))
        slope = float(np.sum(weights * outside * remainder)) / square if square > 0 else 0.0
        factors[j] = min(max(slope, 0.0), 1.0)
        forests.append((fitted, on_given) if factors[j] > 0 else None)
        criterion[j] = float(np.mean(weights * (remainder - factors[j] * outside) ** 2))
    first_given = None if rows.given is None else rows.given[rows.first]
    centre = _raw(tuple(forests), factors, rows.columns[rows.first], first_given).mean(axis=0)
    unknown = np.full(q, np.nan)
    settings = {"kind": "forest", "rows": n, "trees": TREES, "factors": factors.tolist()}
    return ForestProjector(
        "forest", rows, seed, tuple(forests), factors, centre, unknown, unknown, unknown, criterion, settings
    )


def _spread(values: FloatArray, where: Any) -> FloatArray:
    full = np.zeros(len(where))
    full[where] = values
    return full


def _without_given(rows: Rows, target: FloatArray, seed: np.random.SeedSequence, j: int) -> FloatArray:
    """The target less its out-of-bag forest on B, or its mean, within each type of rows."""
    remainder = np.array(target)
    for kind in np.unique(rows.types):
        members = rows.types == kind
        if rows.given is None:
            remainder[members] -= remainder[members].mean()
        else:
            uniform = np.ones(int(members.sum()))
            _, outside = _forest(rows.given[members], target[members], uniform, seed, (j, 2 + int(kind)))
            remainder[members] -= outside
    return remainder


def _forest(
    columns: FloatArray, target: FloatArray, weights: FloatArray, seed: np.random.SeedSequence, key: tuple[int, ...]
) -> tuple[Forest, FloatArray]:
    """(forest, its out-of-bag predictions); a row that was in every bag gets the weighted mean of the target."""
    state = int(_random.generator(seed, *key).integers(2**31))
    forest, outside = grow_forest(
        columns, target[:, None], trees=TREES, leaf=SMALLEST_LEAF, state=state, weights=weights
    )
    mean = float(np.average(target, weights=weights))
    return forest, np.where(np.isnan(outside[:, 0]), mean, outside[:, 0])
