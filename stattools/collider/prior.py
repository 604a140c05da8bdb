"""Penalties of linear projections from what a base regression knows of its own errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from stattools import _random
from stattools._typing import FloatArray, Seed
from stattools.collider.augmented import Targets
from stattools.collider.smoothers import linear_contrasts

MOST_ROWS = 2000  # over which variances are averaged; their cost is quadratic
ROWS_KEY = 11


def posterior_penalties(
    base: Any, X: FloatArray, targets: Targets, constraints: Sequence[Any], rng: Seed = None
) -> tuple[FloatArray, ...]:
    """Penalties of linear corrections from the size of the errors that are to be corrected.

    Parameters
    ----------
    base : FittedBase
    X : (N, p) float64
    targets : Targets
        With weights that are inverse variances.
    constraints : sequence
        With attributes `independent` and `given`, tuples of column indices.
    rng : Seed
        For the rows over which variances are averaged, when there are more than 2000.

    Returns
    -------
    tuple of (q,) float64
        One for each constraint, as `fit_projector` takes them; empty when the base does not know its variances.

    Notes
    -----
    Derived here. When the constraint holds, the function has no linear part in A given B, and all of the one that its
    estimate has is error. The base says how large: with features z of A less their regression on B, of singular vectors
    u_j over N rows, errors e have slopes whose contribution to the mean square is the mean of (u_j' e)^2 over the
    features' directions, of expectation u_j' C u_j for a posterior covariance C. A normal prior of the slopes with one
    variance t matches it when t sum z_ij^2 = sum_j u_j' C u_j.

    Values of the function on rows of their own have slopes that differ from those of the errors by independent noise,
    of the variance that the weights say. The posterior mean of the slopes is then a ridge regression with penalty
    1 / (t N w), w the mean weight. So a plug-in correction is a posterior mean. Residuals of labelled rows are not such
    values: least squares leaves them without slopes, and so they act as a prior themselves. With them the corrections
    are smaller than posterior means. That costs little where rows without responses are many, since the penalty is
    small then, and without such rows, where the unpenalised correction may do harm, it does good.

    Nothing is chosen by the values that are corrected, and no correction is lost because a criterion cannot see it.
    """
    generator = _random.generator(_random.seed_sequence(rng), ROWS_KEY)
    rows = X if len(X) <= MOST_ROWS else X[np.sort(generator.choice(len(X), MOST_ROWS, replace=False))]
    scale = targets.weights.sum(axis=0)
    found = []
    for constraint in constraints:
        given = rows[:, list(constraint.given)] if constraint.given else None
        directions, squares = linear_contrasts(np.ascontiguousarray(rows[:, list(constraint.independent)]), given)
        variances = base.contrast_variances(rows, directions)
        if variances is None:
            return ()
        total = variances.sum(axis=0)
        found.append(np.divide(squares, total * scale, out=np.full_like(total, np.inf), where=total > 0))
    return tuple(found)
