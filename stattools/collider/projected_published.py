"""The published estimators with fixed hyper-parameters: kernel ridge regression, projected, and constrained.

They are here for comparisons. For a prediction take `ColliderRegressor`, which chooses its hyper-parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import scipy.linalg

from stattools import _validation
from stattools._errors import InvalidDataError
from stattools._typing import ArrayLike, FloatArray
from stattools.collider import constraints
from stattools.collider.projected_kernel import (
    CompiledMean,
    RestFeatures,
    fixed_conditions,
    gaussian,
    rest_features,
)

CHUNK = 2**17
"""Kernel values at once in predictions, few enough to stay near the processor."""


class PublishedPredictions(NamedTuple):
    """(k,) or (k, q) predictions of the three estimators.

    krr : kernel ridge regression. projected : that less its conditional mean, P-KRR. constrained : kernel ridge
    regression with the projected kernel, H_P-KRR.
    """

    krr: FloatArray
    projected: FloatArray
    constrained: FloatArray


@dataclass(frozen=True, eq=False)
class PublishedFit:
    """Three estimators fitted to the same rows: from `published_fit`.

    Attributes
    ----------
    independent : (a,) tuple of int
    rest : tuple of int
        The other columns.

    Examples
    --------
    >>> from stattools.simulate.collider import mvn_collider
    >>> data = mvn_collider(20, 30, 5, rng=1)
    >>> published_fit(data.X, data.y, data.X_unlabeled, data.independent).predict(data.X_test).krr.shape
    (5,)
    """

    independent: tuple[int, ...]
    rest: tuple[int, ...]
    _centre: FloatArray = field(repr=False)
    _scales: tuple[float, float] = field(repr=False)
    _features: RestFeatures = field(repr=False)
    _mean: CompiledMean = field(repr=False)
    _n: int = field(repr=False)
    _plain: FloatArray = field(repr=False)
    _constrained: FloatArray = field(repr=False)
    _single: bool = field(repr=False)

    def predict(self, X: ArrayLike) -> PublishedPredictions:
        """Predictions of the three estimators.

        Parameters
        ----------
        X : (k, p) array_like

        Returns
        -------
        PublishedPredictions

        Notes
        -----
        Features of C have the rank q of their Gram matrix, which for long lengthscales is far below N: O(k N q) time.
        """
        rows = _validation.float_array(X, "X", ndim=2)
        if rows.shape[1] != len(self._centre):
            raise InvalidDataError(f"X has {rows.shape[1]} columns, and the fit {len(self._centre)}")
        step = max(1, CHUNK // len(self._features.values))
        parts = [self._values(rows[i : i + step]) for i in range(0, max(1, len(rows)), step)]
        together = np.concatenate(parts, axis=1)
        return PublishedPredictions(*(values[:, 0] if self._single else values for values in together))

    def _values(self, rows: FloatArray) -> FloatArray:
        """(3, k, q) predictions."""
        z = rows - self._centre
        first = self._features.of(z[:, self.rest] / self._scales[0])
        # the same kernels serve the conditional mean and the factor of the columns A
        kernels = gaussian(z[:, self.independent] / self._scales[1], self._mean.of_columns.points)
        residual = first - kernels @ self._mean.slopes
        own, rank = kernels[:, : self._n], first.shape[1]
        found = np.empty((3, len(rows), self._plain.shape[1] // rank))
        for j in range(found.shape[2]):
            part = slice(j * rank, (j + 1) * rank)
            plain = own @ self._plain[:, part]
            found[0, :, j] = np.einsum("ij,ij->i", first, plain)
            found[1, :, j] = np.einsum("ij,ij->i", residual, plain)
            found[2, :, j] = np.einsum("ij,ij->i", residual, own @ self._constrained[:, part])
        return found


def published_fit(
    X: ArrayLike,
    y: ArrayLike,
    X_unlabeled: ArrayLike | None = None,
    independent: tuple[int, ...] = (),
    *,
    lengthscales: tuple[float, float] = (8.0, 2.0),
    penalty: float = 1e-3,
    embedding_penalty: float = 1.0,
) -> PublishedFit:
    """Fit KRR, P-KRR and H_P-KRR for a response that is independent of some columns, with fixed hyper-parameters.

    Parameters
    ----------
    X : (n, p) array_like
        Taken as it is: neither centred nor scaled.
    y : (n,) or (n, q) array_like
        Taken as it is: there is no intercept, so its mean should be near zero.
    X_unlabeled : (m, p) array_like, optional
    independent : tuple of int
        The columns A.
    lengthscales : (float, float), default (8, 2)
        Of the other columns C, and of A.
    penalty : float, default 1e-3
        Times n it is added to the eigenvalues of the Gram matrix.
    embedding_penalty : float, default 1
        Added to the eigenvalues of the Gram matrix of A over the N = n + m rows.

    Returns
    -------
    PublishedFit

    Raises
    ------
    InvalidDataError
        Shapes do not fit.
    InvalidParameterError
        A number is out of range, or the columns are none or all.

    Notes
    -----
    The kernel is (r(C) + 1) l(A) with Gaussian r and l [1]_. With W(a) = (L + embedding_penalty I)^-1 l(Z, a) over the
    N rows Z and u the features of r + 1, the conditional mean is m(a) = sum W_i(a) u(C_i), the projection of a fit sum
    alpha_i k(x_i, x) is sum alpha_i l(A_i, a) u(C_i)'(u(c) - m(a)), and the projected kernel is
    l(a, a') (u(c) - m(a))'(u(c') - m(a')). Weights W(a) do not sum to one, so m is too small and functions keep a part
    of their conditional mean; `ColliderRegressor(method="erm")` centres it. Default hyper-parameters are those of the
    published simulation.

    References
    ----------
    .. [1] Bouabid, Fawkes and Sejdinovic (2023), Returning the favour: when regression benefits from probabilistic
       causal knowledge, ICML. Written from the formulas.

    Examples
    --------
    >>> from stattools.simulate.collider import mvn_collider
    >>> data = mvn_collider(protocol="official", rng=1)
    >>> fit = published_fit(data.X, data.y, data.X_unlabeled, data.independent)
    >>> [bool(((values - data.y_test) ** 2).mean() < 0.3) for values in fit.predict(data.X_test)]
    [True, True, True]
    """
    rows, responses = _validation.float_array(X, "X", ndim=2), _validation.float_array(y, "y", ndim=(1, 2))
    if len(rows) != len(responses):
        raise InvalidDataError(f"y has {len(responses)} rows and X {len(rows)}")
    both = rows
    if X_unlabeled is not None and np.size(X_unlabeled):
        others = _validation.float_array(X_unlabeled, "X_unlabeled", ndim=2)
        if others.shape[1] != rows.shape[1]:
            raise InvalidDataError(f"X_unlabeled has {others.shape[1]} columns and X {rows.shape[1]}")
        both = np.vstack([rows, others])
    names = tuple(f"x{j}" for j in range(rows.shape[1]))
    place = constraints.resolve(constraints.normalise(independent) or [constraints.Constraint(())], names)[0]
    first, second = (_validation.real(v, "lengthscales", minimum=0.0, exclusive=True) for v in lengthscales)
    ridge = _validation.real(penalty, "penalty", minimum=0.0, exclusive=True) * len(rows)
    shrinkage = _validation.real(embedding_penalty, "embedding_penalty", minimum=0.0, exclusive=True)

    n, centre = len(rows), both.mean(axis=0)  # distances do not see the centre, and lose fewer digits
    z = both - centre
    joint = np.ascontiguousarray(z[:, place.independent])
    features = rest_features(np.ascontiguousarray(z[:, place.rest] / first), None, centred=False)
    mean = fixed_conditions(joint, features.values, lengthscale=second, penalty=shrinkage, centred=False)
    compiled = mean.compiled(features.values)
    targets = responses[:, None] if responses.ndim == 1 else responses
    own = gaussian(joint[:n] / second, joint[:n] / second)
    plain = features.values[:n]
    residual = plain - compiled.of(joint[:n])
    return PublishedFit(
        place.independent, place.rest, centre, (first, second), features, compiled, n,
        _primal(own, plain, targets, ridge), _primal(own, residual, targets, ridge), responses.ndim == 1,
    )  # fmt: skip


def _primal(factor: FloatArray, features: FloatArray, y: FloatArray, ridge: float) -> FloatArray:
    """(n, q rank) features times the dual coefficients of each response. factor : (n, n), times u'u the Gram matrix."""
    gram = factor * (features @ features.T)
    gram[np.diag_indices(len(gram))] += ridge
    dual = scipy.linalg.cho_solve(scipy.linalg.cho_factor(gram, lower=True, overwrite_a=True), y)
    return np.hstack([features * column[:, None] for column in dual.T])
