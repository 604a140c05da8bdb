"""Random forests on standardised columns and responses: the same trees in any units, with out-of-bag values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools._typing import FloatArray
from stattools.collider.features import Scaler


@dataclass(frozen=True, eq=False)
class Forest:
    """A fitted forest. columns : scaler of the rows; mean, scale : (q,) of the responses; model : of scikit-learn."""

    columns: Scaler
    mean: FloatArray
    scale: FloatArray
    model: Any

    def predict(self, X: FloatArray) -> FloatArray:
        """(k, q) values at (k, p) rows."""
        return self._values(self.model, _single(self.columns, X))

    def _values(self, model: Any, single: Any) -> FloatArray:
        standardised = np.asarray(model.predict(single), dtype=np.float64).reshape(len(single), -1)
        return standardised * self.scale + self.mean


def grow_forest(
    X: FloatArray, y: FloatArray, *, trees: int, leaf: int, state: int, weights: FloatArray | None = None
) -> tuple[Forest, FloatArray]:
    """A forest of (n, p) rows and (n, q) responses, and its (n, q) out-of-bag values, NaN for rows in every bag.

    Trees split where an impurity exceeds the rounding of 1 and compare columns in single precision, so both are
    standardised first. leaf : fewest rows in a leaf; state : integer seed; weights : (n,) of the rows.
    """
    from sklearn.ensemble import RandomForestRegressor

    columns = Scaler.fit(X)
    mean, scale = y.mean(axis=0), y.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    single, standardised = _single(columns, X), (y - mean) / scale
    target = standardised[:, 0] if y.shape[1] == 1 else standardised
    model = RandomForestRegressor(trees, min_samples_leaf=leaf, max_features=1.0, random_state=state)
    forest = Forest(columns, mean, scale, model.fit(single, target, sample_weight=weights))
    totals, counts = np.zeros(y.shape), np.zeros(len(X))
    for tree, drawn in zip(model.estimators_, model.estimators_samples_, strict=True):
        out = np.setdiff1d(np.arange(len(X)), drawn)
        if len(out):
            totals[out] += forest._values(tree, single[out])
            counts[out] += 1
    return forest, np.where(counts[:, None] > 0, totals / np.maximum(counts, 1)[:, None], np.nan)


def _single(columns: Scaler, X: FloatArray) -> Any:
    """(k, p) scaled columns in single precision; one of zeros when none varies."""
    scaled = columns.of(X)
    return (scaled if scaled.shape[1] else np.zeros((len(X), 1))).astype(np.float32)
