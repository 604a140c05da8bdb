"""Estimates of E[f | A, B] - E[f | B] as a function of the constraint columns, by regression on them."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from stattools import _random
from stattools._typing import FloatArray, IntArray, Seed
from stattools.collider import features as maps
from stattools.collider.paths import Unshrunk
from stattools.collider.rows import LinearPrior, Rows
from stattools.collider.smoothers import fit_linear, fit_smoother, fit_sum

KINDS = ("auto", "linear", "spline", "kernel", "rff", "forest", "cells")


class FittedProjector(Protocol):
    """What every kind of projector offers.

    kind : its name, with settings. degrees_of_freedom : (q,), NaN where they have no closed form. penalty : (q,). noise
    : (q,) mean square of the estimation error of `predict` over the rows of type 0, by its variance; NaN without one.
    unshrunk : what a penalty did to the estimate there.
    gcv : (q,) criterion by which kinds are compared. settings : what was chosen, for the tuning path.
    """

    @property
    def kind(self) -> str: ...
    @property
    def degrees_of_freedom(self) -> FloatArray: ...
    @property
    def penalty(self) -> FloatArray: ...
    @property
    def noise(self) -> FloatArray: ...
    @property
    def unshrunk(self) -> Unshrunk: ...
    @property
    def gcv(self) -> FloatArray: ...
    @property
    def settings(self) -> dict[str, Any]: ...

    def predict(self, columns: FloatArray, given: FloatArray | None = None) -> FloatArray:
        """(k, q) values of mean zero over the rows of type 0."""
        ...

    def again(self, targets: FloatArray) -> FittedProjector:
        """The same smoother for other (N, q) targets."""
        ...

    def compact(self) -> FittedProjector:
        """Without what only `again` needs."""
        ...


def fit_projector(
    kind: str,
    columns: FloatArray,
    targets: FloatArray,
    weights: FloatArray | None = None,
    *,
    given: FloatArray | None = None,
    types: IntArray | None = None,
    penalty: str | float = "gcv",
    prior: LinearPrior | None = None,
    rng: Seed = None,
) -> FittedProjector:
    """Regress targets on constraint columns, for the part that the given columns do not explain.

    Parameters
    ----------
    kind : {"auto", "linear", "spline", "kernel", "rff", "forest", "cells"}
        "auto" takes cell means when all columns are discrete, else a linear regression and, unless the penalty is a
        number, a kernel for what that leaves; beyond 30,000 rows of type 0 random Fourier features instead of the
        kernel.
    columns : (N, d) float64
        The columns A.
    targets : (N, q) float64
    weights : (N,) or (N, q) float64, optional
        Inverse variances, up to a factor; equal within types beyond 30,000 rows.
    given : (N, e) float64, optional
        The columns B.
    types : (N,) intp, optional
        Type of each row, 0 for rows over which the estimate is centred.
    penalty : "gcv" or float, default "gcv"
        A number is added to the eigenvalues of the weighted Gram matrix of the features over N; 0 is least squares and
        infinity is no projection. Infinity is always among the candidates of "gcv".
    prior : LinearPrior, optional
        What is known of the slopes of "linear" and "auto", where the penalty is "gcv". Their linear regression is then
        one of rows of type 0, which have one weight.
    rng : Seed
        For "rff" and "forest".

    Returns
    -------
    FittedProjector

    Raises
    ------
    InvalidDataError
        More than 30,000 rows of type 0, and weights that differ within a type.

    Notes
    -----
    Without B the estimate is a weighted ridge regression of the targets, with an intercept for each type of rows, on
    features of A. With B, targets are first residualised on features of B within each type, and features of A (of A and
    B jointly for kernels and cells) on those of B over the rows of type 0. Time O(N r^2) with r features; r is at most
    300 for kernels and "rff".

    Beyond 30,000 rows of type 0 kernels and "rff" have 128 features, whose lengthscale (and a kernel's rows) is chosen
    on 30,000 rows drawn at random. All rows then pass once, in blocks, with memory O(r^2) beside a block; a forest
    keeps them.

    Examples
    --------
    >>> a = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> fit_projector("linear", a, 2.0 * a, penalty=0.0).predict(a).ravel()
    array([-3., -1.,  1.,  3.])
    """
    n, q = targets.shape
    weights = np.ones((n, 1)) if weights is None else np.asarray(weights, dtype=np.float64).reshape(n, -1)
    types = np.zeros(n, dtype=np.intp) if types is None else types
    rows = Rows(columns, given, types, np.broadcast_to(weights, (n, q)))
    seed = _random.seed_sequence(rng)
    if kind == "forest":
        from stattools.collider.forest import fit_forest

        return fit_forest(rows, targets, seed)
    if kind == "auto" and maps.is_discrete(rows.joint[rows.first]):
        kind = "cells"
    own = penalty if prior is None or penalty != "gcv" else prior
    if kind == "auto":
        return fit_sum(rows, targets, penalty, own, seed)
    if kind == "linear":
        return fit_linear(rows, targets, own, seed)
    return fit_smoother(kind, rows, targets, penalty, seed)
