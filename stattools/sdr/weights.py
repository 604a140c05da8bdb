"""Weights of regressions whose fit is a weighted mean of responses: global and local linear, kernel mean, kernel ridge.

The fit at u is sum_i s_i(u) Q_i with weights of sum one that do not depend on the responses, so that one matrix of
weights serves every coordinate of a quantile function, every resample and the sum of squares left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import ArrayLike, BoolArray, FloatArray
from stattools.rkhs.grams import centring
from stattools.rkhs.kernels import gaussian_gram
from stattools.rkhs.spectra import spectrum

KINDS = ("local", "global", "nadaraya_watson", "kernel_ridge")

FLAT = 1e-8
"""A weighted variance of predictors below this share of the squared bandwidth, or of the variance of all rows if that
is smaller, has no slope that digits could carry."""

DETERMINED = 1e-10
"""A leverage within this of one: the other rows do not determine the fit there, and dividing by 1 - h is noise."""

BLOCK_VALUES = 2**17  # what a cache holds


@dataclass(frozen=True, eq=False)
class Weights:
    """Weights at new points.

    Attributes
    ----------
    values : (k, n) float64
        Rows sum to one; negative ones occur for all kinds but "nadaraya_watson".
    flat : (k,) bool
        Where the predictors near the point do not span a slope in some direction, so that a local linear fit is
        constant in it.
    """

    values: FloatArray
    flat: BoolArray


def regression_weights(
    kind: str,
    train: ArrayLike,
    new: ArrayLike,
    bandwidth: float | ArrayLike | None = None,
    *,
    penalty: float | None = None,
) -> FloatArray:
    """Weights of the responses in the fit at new points.

    Parameters
    ----------
    kind : {"global", "local", "nadaraya_watson", "kernel_ridge"}
        "global": linear regression. "local": local linear regression with a Gaussian kernel. "nadaraya_watson": kernel
        means. "kernel_ridge": ridge regression in the space of a Gaussian kernel, with a free constant.
    train : (n, d) array_like
        Predictors of the responses.
    new : (k, d) array_like
        Predictors to fit at.
    bandwidth : float or (d,) array_like, optional
        Standard deviation of the Gaussian kernel in the unit of the predictors, one for all columns or one each; inf
        makes "local" global and "nadaraya_watson" constant. Not with "global".
    penalty : float, optional
        Only for "kernel_ridge", which needs it: added to the eigenvalues of the centred Gram matrix; inf gives 1/n.

    Returns
    -------
    (k, n) float64
        Rows sum to one.

    Raises
    ------
    InvalidParameterError
        A bandwidth or penalty is missing, not positive, or given to a kind that has none.
    InvalidDataError
        The numbers of columns differ.

    Notes
    -----
    With u_i the predictors, m(u) and S(u) the mean and covariance of u_i - u under kernel weights k_i(u) of sum one,
    the local linear weight is k_i [1 - m' S^+ (u_i - u - m)]: the first row of the weighted least-squares solution,
    written in a centred form whose rows sum to one whatever rounding does. It is the weight of [1]_, where kernel means
    are not normalised. The global weight is the same with k_i = 1/n. Directions without spread (constant columns,
    collinear columns) have no slope: S^+ is the pseudo-inverse in units of the bandwidths, or of standard deviations
    where those are smaller, and its eigenvalues below 1e-8 are taken for zero.

    O(k n d^2) time, and 8 k n bytes beside blocks of 1 MB; "kernel_ridge" O(n^3 + k n^2) and 24 n^2 bytes.

    References
    ----------
    .. [1] Petersen and Mueller (2019), Frechet regression for random objects with Euclidean predictors, Annals of
       Statistics 47(2), 691-719, equations 4 and 11.

    Examples
    --------
    >>> regression_weights("global", [[0.0], [1.0], [2.0]], [[1.0], [3.0]]).round(3)
    array([[ 0.333,  0.333,  0.333],
           [-0.667,  0.333,  1.333]])
    """
    train, new = _columns(train, "train"), _columns(new, "new")
    return weights_at(kind, train, new, bandwidth, penalty).values


def weights_at(
    kind: str, train: FloatArray, new: FloatArray, bandwidth: float | ArrayLike | None, penalty: float | None
) -> Weights:
    """See `regression_weights`; also says where a local fit has no slope."""
    if new.shape[1] != train.shape[1]:
        raise InvalidDataError(f"new has {new.shape[1]} columns and train {train.shape[1]}")
    h = _smoothing(kind, train.shape[1], bandwidth, penalty)
    if kind == "kernel_ridge":
        return _steady(RidgeWeights(train, h).at(new, penalty))
    if kind == "global" or (kind == "local" and np.isinf(h).all()):
        return _steady(_global(train, new))
    return _in_blocks(kind, train, new, h, leave_out=False)


def leave_one_out_weights(
    kind: str, train: FloatArray, bandwidth: float | ArrayLike | None = None, *, penalty: float | None = None
) -> FloatArray:
    """Weights of the fit at each row made without that row.

    Parameters
    ----------
    kind, bandwidth, penalty
        As in `regression_weights`.
    train : (n, d) float64

    Returns
    -------
    (n, n) float64
        With a zero diagonal and rows of sum one.

    Notes
    -----
    Exactly the weights of n fits to n - 1 rows, the bandwidth and the penalty held. For kernel means and local linear
    fits the own kernel weight is set to zero. Linear and ridge fits are penalised least squares with a free constant,
    for which leaving out row i divides the other weights at it by 1 - h_ii; rows with h_ii = 1, which the others do not
    determine, are fitted again.

    Examples
    --------
    >>> leave_one_out_weights("global", np.array([[0.0], [1.0], [2.0]]))[1]
    array([0.5, 0. , 0.5])
    """
    h = _smoothing(kind, train.shape[1], bandwidth, penalty)
    if kind == "kernel_ridge":
        return RidgeWeights(train, h).left_out(penalty)
    if kind == "global" or (kind == "local" and np.isinf(h).all()):
        return _without_own(_global(train, train), train)
    return _in_blocks(kind, train, train, h, leave_out=True).values


def loo_losses(responses: FloatArray, predictions: FloatArray) -> FloatArray:
    """Squared distances of responses from what the other rows predict.

    Parameters
    ----------
    responses : (n, P) float64
        Hilbert features: Euclidean distances between rows are the distances of the responses.
    predictions : (n, P) float64
        ``leave_one_out_weights(...) @ responses``, after a projection on features of responses where there is one.

    Returns
    -------
    (n,) float64

    Examples
    --------
    >>> responses = np.array([[1.0], [5.0], [3.0]])
    >>> weights = leave_one_out_weights("global", np.array([[0.0], [1.0], [2.0]]))
    >>> loo_losses(responses, weights @ responses).round(9).tolist()
    [36.0, 9.0, 36.0]
    """
    return np.asarray(np.einsum("ip,ip->i", responses - predictions, responses - predictions))


class RidgeWeights:
    """Weights of kernel ridge regressions with one kernel and any penalty, from one eigendecomposition.

    Parameters
    ----------
    train : (n, d) float64
    bandwidth : (d,) float64

    Examples
    --------
    >>> ridge = RidgeWeights(np.array([[0.0], [1.0], [2.0]]), np.ones(1))
    >>> ridge.at(np.array([[1.0]]), np.inf).round(3)
    array([[0.333, 0.333, 0.333]])
    """

    def __init__(self, train: FloatArray, bandwidth: FloatArray) -> None:
        self.train, self.bandwidth = train, bandwidth
        gram = gaussian_gram(train, lengthscale=bandwidth)
        self._centring = centring(gram)
        self._spectrum = spectrum(self._centring.train(gram))

    @property
    def largest(self) -> float:
        """The largest eigenvalue of the centred Gram matrix, the unit of sensible penalties; 0 if there is none."""
        return float(self._spectrum.values[0]) if len(self._spectrum.values) else 0.0

    def at(self, new: FloatArray, penalty: float | None) -> FloatArray:
        """(k, n) weights at new points: 1/n + k_c(u)' (G + penalty)^-1 for the centred cross-Gram k_c."""
        values, vectors = self._spectrum.values, self._spectrum.vectors
        cross = self._centring.cross(gaussian_gram(new, self.train, lengthscale=self.bandwidth))
        weights = ((cross @ vectors) / (values + _number(penalty))) @ vectors.T
        return np.asarray(weights + 1.0 / len(self.train))

    def left_out_fits(self, penalty: float | None, responses: FloatArray) -> FloatArray:
        """(n, P) fits at each row without it, for (n, P) responses; no matrix of weights is formed."""
        values, vectors = self._spectrum.values, self._spectrum.vectors
        shrinkage = values / (values + _number(penalty))
        fitted = (vectors * shrinkage) @ (vectors.T @ responses) + responses.mean(axis=0)
        own = (vectors**2 @ shrinkage + 1.0 / len(self.train))[:, None]
        return np.asarray((fitted - own * responses) / (1.0 - own))

    def left_out(self, penalty: float | None) -> FloatArray:
        """(n, n) weights of each row's fit without it."""
        values, vectors = self._spectrum.values, self._spectrum.vectors
        hat = (vectors * (values / (values + _number(penalty)))) @ vectors.T + 1.0 / len(self.train)
        own = 1.0 - np.diag(hat)
        np.fill_diagonal(hat, 0.0)
        return np.asarray(hat / own[:, None])


# the kinds ------------------------------------------------------------------------------------------------------------
def _global(train: FloatArray, new: FloatArray) -> FloatArray:
    """1/n + (u - mean)' of the pseudo-inverse of the centred design, columns brought to unit variance."""
    centre, scale = train.mean(axis=0), column_scales(train)
    left, values, right = np.linalg.svd((train - centre) / scale, full_matrices=False)
    rank = np.count_nonzero(values > len(train) * np.finfo(float).eps * max(values[0], 1.0))
    coordinates = ((new - centre) / scale) @ (right[:rank].T / values[:rank])
    return np.asarray(coordinates @ left[:, :rank].T + 1.0 / len(train))


def _without_own(hat: FloatArray, train: FloatArray) -> FloatArray:
    own = 1.0 - np.diag(hat)
    weights = hat.copy()
    np.fill_diagonal(weights, 0.0)
    determined = own > DETERMINED
    weights[determined] /= own[determined, None]
    for i in np.flatnonzero(~determined):
        others = np.arange(len(train)) != i
        weights[i, others] = _global(train[others], train[i : i + 1])[0]
    return weights


def _in_blocks(kind: str, train: FloatArray, new: FloatArray, h: FloatArray, *, leave_out: bool) -> Weights:
    n, d = train.shape
    weights, flat = np.empty((len(new), n)), np.zeros(len(new), bool)
    rows = max(1, BLOCK_VALUES // (n * d))
    unit = np.minimum(h, column_scales(train))
    for start in range(0, len(new), rows):
        block = slice(start, min(start + rows, len(new)))
        steps = (train.T[:, None] - new[block].T[:, :, None]) / unit[:, None, None]  # (d, b, n): axis by axis is fast
        exponents = np.zeros(steps.shape[1:])
        for j in range(d):
            exponents -= (0.5 * (unit[j] / h[j]) ** 2) * steps[j] ** 2
        if leave_out:
            exponents[np.arange(len(exponents)), np.arange(block.start, block.stop)] = -np.inf
        kernel = np.exp(exponents - exponents.max(axis=1, keepdims=True))  # the nearest row never underflows
        kernel /= kernel.sum(axis=1, keepdims=True)
        weights[block], flat[block] = (
            _sloped(kernel, steps) if kind == "local" else (kernel, np.zeros(len(kernel), bool))
        )
    return Weights(weights, flat)


def _sloped(kernel: FloatArray, steps: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Local linear weights from kernel weights (b, n) of sum one and scaled differences (d, b, n), overwritten."""
    d, k = len(steps), len(kernel)
    means, covariance = np.empty((k, d)), np.empty((k, d, d))
    for j in range(d):
        means[:, j] = np.einsum("kn,kn->k", kernel, steps[j])
        steps[j] -= means[:, j, None]
        weighted = kernel * steps[j]
        for i in range(j + 1):
            covariance[:, i, j] = covariance[:, j, i] = np.einsum("kn,kn->k", weighted, steps[i])
    values, vectors = np.linalg.eigh(covariance)
    kept = values > FLAT
    rotated = np.einsum("kd,kde->ke", means, vectors)
    slopes = np.einsum("kde,ke->kd", vectors, np.where(kept, rotated / np.where(kept, values, 1.0), 0.0))
    # S^+ m has no part along directions without spread, so a constant column changes nothing
    flat = np.abs(np.where(kept, 0.0, rotated)).max(axis=1) > np.sqrt(FLAT)
    slope = np.ones_like(kernel)
    for j in range(d):
        slope -= steps[j] * slopes[:, j, None]
    return kernel * slope, flat


# checks ---------------------------------------------------------------------------------------------------------------
def column_scales(train: FloatArray) -> FloatArray:
    """(d,) standard deviations of the columns; 1 for a constant one."""
    return np.asarray(np.where(constant_columns(train), 1.0, train.std(axis=0)))


def constant_columns(train: FloatArray) -> BoolArray:
    """(d,) whether a column does not vary beyond rounding."""
    return np.asarray(train.std(axis=0) <= 8 * np.finfo(float).eps * np.abs(train).max(axis=0))


def check_bandwidth(bandwidth: float | ArrayLike, d: int) -> FloatArray:
    """(d,) positive bandwidths, infinity allowed."""
    if isinstance(bandwidth, str) or bandwidth is None or np.ndim(bandwidth) > 1:
        raise InvalidParameterError(f"bandwidth is {bandwidth!r}; it takes a positive number or one for each column")
    h = np.atleast_1d(_validation.float_array(bandwidth, "bandwidth", ndim=(0, 1), finite=False))
    if len(h) not in (1, d):
        raise InvalidParameterError(f"bandwidth has {len(h)} numbers for {d} columns")
    if not np.all(h > 0):
        raise InvalidParameterError(f"bandwidth is {bandwidth!r}; a bandwidth must be positive")
    return np.array(np.broadcast_to(h, (d,)))


def check_penalty(penalty: float) -> float:
    """A positive penalty, infinity allowed."""
    if isinstance(penalty, (int, float, np.integer, np.floating)) and penalty == np.inf:
        return float("inf")
    return _validation.real(penalty, "penalty", minimum=0, exclusive=True)


def _smoothing(kind: str, d: int, bandwidth: float | ArrayLike | None, penalty: float | None) -> FloatArray:
    _validation.choice(kind, KINDS, "kind")
    if kind == "kernel_ridge":
        if penalty is None:
            raise InvalidParameterError("penalty is None; kind='kernel_ridge' needs one")
        check_penalty(penalty)
    elif penalty is not None:
        raise InvalidParameterError(f"penalty is {penalty!r}; kind={kind!r} has no penalty, leave it out")
    if kind == "global":
        if bandwidth is not None:
            raise InvalidParameterError(f"bandwidth is {bandwidth!r}; kind='global' has no bandwidth, leave it out")
        return np.full(d, np.inf)
    if bandwidth is None:
        raise InvalidParameterError(f"bandwidth is None; kind={kind!r} needs one")
    h = check_bandwidth(bandwidth, d)
    if kind == "kernel_ridge" and np.isinf(h).any():
        raise InvalidParameterError("bandwidth is infinite; kind='kernel_ridge' takes finite ones")
    return h


def _columns(values: ArrayLike, name: str) -> FloatArray:
    return _validation.float_array(values, name, ndim=2)


def _number(penalty: float | None) -> float:
    assert penalty is not None
    return float(penalty)


def _steady(values: FloatArray) -> Weights:
    return Weights(values, np.zeros(len(values), bool))
