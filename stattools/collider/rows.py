"""Rows of a regression on constraint columns, and features of those columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from stattools._typing import FloatArray, IntArray
from stattools.collider.features import FeatureMap
from stattools.rkhs.fourier import over_rows

Fitted = TypeVar("Fitted")
FEW_FEATURES = 0.1  # for each row
ROWS_AT_ONCE = 8192


@dataclass(frozen=True)
class LinearPrior:
    """A normal law of slopes, for a linear regression of function values that have equal weights.

    mixing : (d, k) combinations of columns whose slopes are independent and of one variance. penalty : (q,) by which
    the regression is a posterior mean. careful : whether to shrink further, as `Penalised.careful` does. alone :
    whether no other constraint has a share in the errors.
    """

    mixing: FloatArray
    penalty: FloatArray
    careful: bool
    alone: bool


Penalty = str | float | LinearPrior  # "gcv", a number, or what is known of the slopes


def law(penalty: Penalty, chosen: FloatArray) -> tuple[float, ...] | None:
    """Chosen penalties in units of those of the posterior mean; None where no law of the slopes is known."""
    if not isinstance(penalty, LinearPrior):
        return None
    finite = np.isfinite(penalty.penalty)
    return tuple(np.divide(chosen, penalty.penalty, out=np.ones(len(chosen)), where=finite).tolist())


@dataclass(frozen=True)
class Rows:
    """Rows of a regression. columns : (N, d); given : (N, e) or None; types : (N,) codes; weights : (N, q)."""

    columns: FloatArray
    given: FloatArray | None
    types: IntArray
    weights: FloatArray

    @property
    def joint(self) -> FloatArray:
        """(N, d + e) columns and what is given."""
        return joint(self.columns, self.given)

    @property
    def first(self) -> Any:
        """Which rows are of type 0."""
        return self.types == 0

    def some(self, chosen: Any) -> Rows:
        """The rows of these indices, or of this slice."""
        given = None if self.given is None else self.given[chosen]
        return Rows(self.columns[chosen], given, self.types[chosen], self.weights[chosen])


NO_ROWS = Rows(np.empty((0, 0)), None, np.empty(0, dtype=np.intp), np.empty((0, 0)))


def joint(columns: FloatArray, given: FloatArray | None) -> FloatArray:
    """(k, d + e) columns side by side."""
    return columns if given is None else np.hstack([columns, given])


@dataclass(frozen=True)
class Expansion:
    """Features of A given B: (map of A or of both) less its regression on the map of B, less a centre (r,)."""

    main: FeatureMap
    jointly: bool
    given: FeatureMap | None
    given_centre: FloatArray
    regression: FloatArray
    centre: FloatArray

    def __call__(self, columns: FloatArray, given: FloatArray | None) -> FloatArray:
        values = self.main.of(joint(columns, given) if self.jointly else columns)
        if self.given is not None and given is not None:
            values = values - (self.given.of(given) - self.given_centre) @ self.regression
        return np.asarray(values - self.centre)

    def times(self, coefficients: FloatArray, columns: FloatArray, given: FloatArray | None) -> FloatArray:
        """(k, q) features times (r, q) coefficients, a block of rows at a time."""
        if len(columns) <= ROWS_AT_ONCE:
            return np.asarray(self(columns, given) @ coefficients)

        def part(rows: slice) -> FloatArray:
            return np.asarray(self(columns[rows], None if given is None else given[rows]) @ coefficients)

        return np.vstack(list(over_rows(part, len(columns), ROWS_AT_ONCE)))


def sharing(weights: FloatArray) -> list[IntArray]:
    """Indices of targets, grouped by equal columns of weights up to a factor."""
    relative = weights / weights.mean(axis=0)
    groups: list[list[int]] = []
    for j in range(relative.shape[1]):
        for group in groups:
            if np.allclose(relative[:, j], relative[:, group[0]], rtol=1e-12, atol=0.0):
                group.append(j)
                break
        else:
            groups.append([j])
    return [np.array(group, dtype=np.intp) for group in groups]


def repeated(smoother: Fitted, j: int, k: int) -> Fitted:
    """A smoother by ridge regression that smooths k targets as it does target j, once it is given them by `again`."""
    own: Any = smoother
    (part,) = [part for part in own.parts if j in part.targets]
    found: Fitted = replace(
        own,
        given_penalties=tuple(np.full(k, penalty[j]) for penalty in own.given_penalties),
        parts=(replace(part, targets=np.arange(k)),),
        coefficients=np.empty((len(own.coefficients), k)),
        penalty=np.full(k, own.penalty[j]),
    )
    return found
