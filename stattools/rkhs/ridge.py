"""Ridge regressions for all penalties from one decomposition."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dpotrs
from scipy.optimize import minimize_scalar

from stattools import _validation
from stattools._typing import FloatArray, IntArray
from stattools.rkhs.spectra import Spectrum, signed, spectrum

CRITERIA = ("reml", "gcv", "loo", "kfold")
SHARES = np.geomspace(1e-11, 1e3, 57)
"""Candidate penalties over the largest eigenvalue."""
ROUNDING = 1e-12
"""A share of a row this small, in what neither vectors nor intercept reach, is rounding: the fit determines the row."""
COST_OF_FREEDOM = 1.4
"""Of a degree of freedom where GCV selects: at cost one it follows the noise of a small sample now and then."""
SINGULAR = 1e-13
"""Ratio of the extreme squared pivots of a system below which it has no solution to speak of."""


@dataclass(frozen=True, eq=False)
class FeatureSpectrum(Spectrum):
    """Singular value decomposition of (n, d) features, as the spectrum of the Gram matrix of their rows.

    Attributes
    ----------
    values : (r,) float64
        Squared singular values, decreasing.
    vectors : (n, r) float64
    right : (r, d) float64
        Orthonormal rows.
    mean : (d,) float64
        What was taken from the features: their mean, or zero.

    Examples
    --------
    >>> found = feature_spectrum(np.array([[2.0], [0.0]]))
    >>> found.values, found.coordinates(np.array([[3.0]]))
    (array([2.]), array([[2.]]))
    """

    right: FloatArray
    mean: FloatArray

    def coordinates(self, features: FloatArray) -> FloatArray:
        """(k, r) coordinates of (k, d) features of new points on the right singular vectors."""
        return np.asarray((features - self.mean) @ self.right.T)


def feature_spectrum(features: FloatArray, *, centred: bool = True) -> FeatureSpectrum:
    """Thin singular value decomposition; directions of rounding size are left out.

    Parameters
    ----------
    features : (n, d) float64
    centred : bool, default True
        Take the mean of the rows away first, as an unpenalised intercept does.

    Returns
    -------
    FeatureSpectrum

    Examples
    --------
    >>> feature_spectrum(np.ones((3, 2))).values.shape
    (0,)
    """
    n, d = features.shape
    mean = features.mean(axis=0) if centred else np.zeros(d)
    rows = features - mean
    size = float(np.abs(features).max(initial=0.0))
    if not rows.any():
        return FeatureSpectrum(np.empty(0), np.empty((n, 0)), np.empty((0, d)), mean)
    left, singular, right = scipy.linalg.svd(rows, full_matrices=False, check_finite=False)
    precision = max(n, d) * np.finfo(np.float64).eps
    # a column that does not vary leaves rounding of its size behind, which is no direction either
    largest = max(float(singular.max(initial=0.0)), size)
    rank = int(np.count_nonzero(singular > precision * largest))
    vectors = signed(left[:, :rank])
    flips = np.where(np.einsum("ij,ij->j", vectors, left[:, :rank]) < 0, -1.0, 1.0)
    return FeatureSpectrum(
        singular[:rank] ** 2, np.ascontiguousarray(vectors), np.ascontiguousarray(right[:rank] * flips[:, None]), mean
    )


def centred_spectrum(gram: FloatArray) -> Spectrum:
    """Eigenpairs of H K H with H = I - 11'/n, the vectors orthogonal to the constant up to rounding.

    Parameters
    ----------
    gram : (n, n) float64
        Symmetric K; a constant that was added to all its entries costs digits and changes nothing else.

    Returns
    -------
    Spectrum

    Notes
    -----
    Vectors of small eigenvalues of a matrix that was centred numerically lean to the constant, by rounding over the
    share of the eigenvalue. Here a reflection turns the constant into the first axis, and the rest is decomposed.

    Examples
    --------
    >>> centred_spectrum(np.eye(3)).values
    array([1., 1.])
    """
    n = len(gram)
    if n == 1:
        return Spectrum(np.empty(0), np.empty((1, 0)))
    axis = np.full(n, 1.0 / np.sqrt(n))
    axis[0] += 1.0
    axis *= np.sqrt(2.0 / (axis @ axis))  # I - axis axis' takes the constant to the first axis
    product = gram @ axis
    half = product - 0.5 * (axis @ product) * axis
    turned = gram[1:, 1:] - axis[1:, None] * half[1:] - half[1:, None] * axis[1:]
    found = spectrum((turned + turned.T) / 2.0)
    vectors = np.vstack([np.zeros((1, len(found.values))), found.vectors])
    vectors -= axis[:, None] * (axis @ vectors)
    return Spectrum(found.values, np.ascontiguousarray(signed(vectors)))


def is_constant(responses: FloatArray, mean: FloatArray | float) -> NDArray[np.bool_]:
    """(q,) whether the columns of (n, q) responses are their mean, or zero, up to rounding.

    Examples
    --------
    >>> is_constant(np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([1.0, 0.5]))
    array([ True, False])
    """
    rounding = 4.0 * np.finfo(np.float64).eps * np.abs(responses).max(axis=0)
    return np.asarray(np.abs(responses - mean).max(axis=0) <= rounding)


@dataclass(frozen=True, eq=False)
class RidgePath:
    """All ridge regressions of some responses on one set of features: from `ridge_path`.

    A fit minimises |y - b - F w|^2 + penalty |w|^2 over w, and over b if there is an intercept; the penalty is added to
    eigenvalues s of F F', so that its fitted values shrink by s / (s + penalty). Penalty 0 is least squares, infinity
    the intercept alone.

    Attributes
    ----------
    values : (r,) float64
        Eigenvalues s > 0, decreasing, of the centred matrix F F' if there is an intercept.
    vectors : (n, r) float64
        Eigenvectors.
    responses : (n, q) float64
    mean : (q,) float64
        The intercept, or zero.
    rotated : (r, q) float64
        Responses less their mean, along the vectors.
    unreached : (n, q) float64
        Part of the responses, less their mean, that no vector reaches.
    spare : (n,) float64
        Part of the diagonal of the identity that neither the vectors nor the intercept reach.
    intercept : bool

    Notes
    -----
    Criteria take (c,) penalties and return (c, q) values, each target apart. With shrinkage d = s / (s + penalty),
    degrees of freedom df = sum d (and 1 for the intercept), leverages h and residuals e:

    - "gcv": n |e|^2 / (n - cost df)^2, of cost 1 [1]_; selection takes 1.4 [3]_.
    - "loo": mean of (e_i / (1 - h_i))^2, the exact leave-one-out residuals at a fixed penalty; the intercept is left
      out with the row. Derived here: with row i out, the fit to the other rows is the fit to all rows in which y_i is
      replaced by the prediction f_i of that fit, so f_i = yhat_i - h_i (y_i - f_i).
    - "kfold": the same for whole folds, (I - H_FF)^-1 e_F.
    - "reml": minus the logarithm of the restricted likelihood [2]_ of y ~ N(b, sigma^2 (F F' / penalty + I)), at its
      largest over sigma^2: with m = n - 1 contrasts and coordinates z of y along them,
      (m log(2 pi sigma^2) + m + sum log(1 + s / penalty)) / 2, sigma^2 = mean of z^2 / (1 + s / penalty). Without an
      intercept m = n.

    References
    ----------
    .. [1] Golub, Heath and Wahba (1979), Generalized cross-validation as a method for choosing a good ridge parameter,
       Technometrics 21, 215-223.
    .. [2] Patterson and Thompson (1971), Recovery of inter-block information when block sizes are unequal, Biometrika
       58, 545-554.
    .. [3] Kim and Gu (2004), Smoothing spline Gaussian regression: more scalable computation via efficient
       approximation, Journal of the Royal Statistical Society B 66, 337-356.

    Examples
    --------
    >>> x = np.linspace(-1.0, 1.0, 9)[:, None]
    >>> path = ridge_path(feature_spectrum(x), 3.0 + 2.0 * x)
    >>> path.fitted(0.0)[0].round(6), path.fitted(np.inf)[0].round(6)
    (array([1.]), array([3.]))
    """

    values: FloatArray
    vectors: FloatArray
    responses: FloatArray
    mean: FloatArray
    rotated: FloatArray
    unreached: FloatArray
    spare: FloatArray
    intercept: bool

    @property
    def free(self) -> int:
        """Rows less the intercept."""
        return len(self.responses) - int(self.intercept)

    def filters(self, penalties: FloatArray | float) -> FloatArray:
        """(..., r) shrinkage s / (s + penalty) for penalties of any shape (...)."""
        return np.asarray(self.values / (self.values + np.asarray(penalties, dtype=np.float64)[..., None]))

    def kept(self, penalties: FloatArray | float) -> FloatArray:
        """(..., r) what residuals keep, penalty / (s + penalty), with all digits for small penalties."""
        with np.errstate(divide="ignore"):
            return np.asarray(1.0 / (1.0 + self.values / np.asarray(penalties, dtype=np.float64)[..., None]))

    @property
    def outside(self) -> FloatArray:
        """(q,) sum of squares of what no vector reaches."""
        return np.asarray(np.square(self.unreached).sum(axis=0))

    @property
    def is_constant(self) -> NDArray[np.bool_]:
        """(q,) whether responses are their mean up to rounding, so that no criterion judges anything."""
        return is_constant(self.responses, self.mean)

    def degrees_of_freedom(self, penalties: FloatArray | float) -> FloatArray:
        """(...,) trace of the smoother, with the intercept."""
        return np.asarray(self.filters(penalties).sum(axis=-1) + float(self.intercept))

    def fitted(self, penalty: FloatArray | float) -> FloatArray:
        """(n, q) fitted values; penalty : one, or (q,)."""
        return np.asarray(self.mean + self.vectors @ (self._by_target(penalty) * self.rotated))

    def residuals(self, penalty: FloatArray | float) -> FloatArray:
        """(n, q) responses less fitted values; penalty : one, or (q,)."""
        kept = self._broadcast(self.kept(np.atleast_1d(penalty)))
        return np.asarray(self.vectors @ (kept * self.rotated) + self.unreached)

    def leverages(self, penalty: FloatArray | float) -> FloatArray:
        """(n, q) diagonal of the smoother of each target; penalty : one, or (q,)."""
        own = self._by_target(penalty)
        return np.asarray(np.square(self.vectors) @ own + float(self.intercept) / len(self.responses))

    def dual(self, penalty: FloatArray | float) -> FloatArray:
        """(n, q) coefficients alpha of predictions mean + k alpha, with k (centred) kernels of new points with rows."""
        return np.asarray(self.vectors @ (self._by_target(penalty) * self.rotated / self.values[:, None]))

    def primal(self, penalty: FloatArray | float) -> FloatArray:
        """(r, q) coefficients of predictions mean + c w, with c coordinates of new points, see `FeatureSpectrum`."""
        return np.asarray(self._by_target(penalty) * self.rotated / np.sqrt(self.values)[:, None])

    def loo_residuals(self, penalty: FloatArray | float) -> FloatArray:
        """(n, q) responses less their leave-one-out predictions; infinite where the fit must pass through a response.

        penalty : one, or (q,).
        """
        kept = self._broadcast(self.kept(np.atleast_1d(penalty)))
        left = np.square(self.vectors) @ kept + self.spare[:, None]
        return np.where(left > 0, self.residuals(penalty) / np.where(left > 0, left, 1.0), np.inf)

    def fold_residuals(self, penalty: float, folds: IntArray) -> FloatArray:
        """(n, q) responses less their predictions from the other folds; infinite where those are not determined.

        folds : (n,) labels.
        """
        residuals = self.residuals(penalty)
        spanned = len(self.values) >= self.free
        weights = self.kept(penalty) - float(not spanned)
        for fold in np.unique(folds):
            rows = np.flatnonzero(folds == fold)
            vectors = self.vectors[rows]
            left = (vectors * weights) @ vectors.T
            if not spanned:
                left += np.eye(len(rows)) - float(self.intercept) / len(self.responses)
            residuals[rows] = _solved(left, residuals[rows])
        return residuals

    def noise_variance(self, penalty: FloatArray | float) -> FloatArray:
        """(q,) squared residuals over n - df, at penalties that are one or (q,); infinite without freedom left.

        Unbiased for least squares, and for normal coefficients of variance noise / penalty: the residual along an
        eigenvector then has mean square v (1 - d)^2 (1 + s / penalty) = v (1 - d).
        """
        kept = self._broadcast(self.kept(np.atleast_1d(penalty)))
        left = kept.sum(axis=0) + max(self.free - len(self.values), 0)
        squares = np.square(kept * self.rotated).sum(axis=0) + self.outside
        return np.where(left > 0, squares / np.where(left > 0, left, 1.0), np.inf)

    def gcv(self, penalties: FloatArray, *, cost: float = 1.0) -> FloatArray:
        """(c, q) generalised cross-validation; infinite where no freedom is left, each degree at its cost."""
        n = len(self.responses)
        kept = self.kept(penalties)
        squares = np.square(kept) @ self.rotated**2 + self.outside
        left = kept.sum(axis=1) + max(self.free - len(self.values), 0)
        left -= (cost - 1.0) * (n - left)
        usable = left > 0
        return np.where(usable[:, None], n * squares / np.where(usable, left, 1.0)[:, None] ** 2, np.inf)

    def loo(self, penalties: FloatArray) -> FloatArray:
        """(c, q) mean squared leave-one-out residuals."""
        return np.array([np.square(self.loo_residuals(float(penalty))).mean(axis=0) for penalty in penalties])

    def kfold(self, penalties: FloatArray, folds: IntArray) -> FloatArray:
        """(c, q) mean squared residuals of folds that were left out; folds : (n,) labels."""
        return np.array([np.square(self.fold_residuals(float(p), folds)).mean(axis=0) for p in penalties])

    def reml(self, penalties: FloatArray) -> FloatArray:
        """(c, q) minus the profile restricted log-likelihood; infinite at penalty 0, which is no such model."""
        penalties = np.asarray(penalties, dtype=np.float64)
        m = self.free
        total = np.square(self.rotated).sum(axis=0) + self.outside
        least = np.finfo(np.float64).eps ** 2 * total / m  # an exact fit leaves rounding
        with np.errstate(divide="ignore"):
            logarithms = np.log1p(self.values / penalties[:, None]).sum(axis=1)
            variances = np.maximum((self.kept(penalties) @ self.rotated**2 + self.outside) / m, least)
            found = 0.5 * (m * np.log(2.0 * np.pi * variances) + m + logarithms[:, None])
        return np.where(penalties[:, None] > 0, found, np.inf)

    def criterion(self, name: str, penalties: FloatArray, folds: IntArray | None = None) -> FloatArray:
        """(c, q) values of "reml", "gcv", "loo" or "kfold", which needs folds; smaller is better."""
        _validation.choice(name, CRITERIA, "tune")
        if name == "kfold":
            if folds is None:
                raise TypeError("kfold needs folds")
            return self.kfold(penalties, folds)
        if name == "gcv":
            return self.gcv(penalties, cost=COST_OF_FREEDOM)
        return self.reml(penalties) if name == "reml" else self.loo(penalties)

    def candidates(self, *, zero: bool = False) -> FloatArray:
        """(c,) decreasing penalties from infinity to 1e-11 of the largest eigenvalue, and 0 if asked for."""
        last = [0.0] if zero else []
        scale = self.values[0] if len(self.values) else 1.0
        inner = scale * SHARES[::-1] if len(self.values) else np.empty(0)
        return np.concatenate([[np.inf], inner, last if len(self.values) else []])

    def select(self, name: str, *, folds: IntArray | None = None, zero: bool = False) -> Selection:
        """The penalty of the smallest criterion for each target, the largest of equals, refined between candidates.

        Parameters
        ----------
        name : {"reml", "gcv", "loo", "kfold"}
        folds : (n,) int, optional
            Labels of folds, for "kfold".
        zero : bool, default False
            Least squares is a candidate too; under "reml" it never is.

        Returns
        -------
        Selection

        Examples
        --------
        >>> x = np.linspace(-1.0, 1.0, 9)[:, None]
        >>> ridge_path(feature_spectrum(x), x).select("gcv", zero=True).penalty
        array([0.])
        >>> ridge_path(feature_spectrum(x), 0.0 * x).select("reml").penalty
        array([inf])
        """
        penalties = self.candidates(zero=zero and name != "reml")
        table = self.criterion(name, penalties, folds)
        constant = self.is_constant
        chosen, smallest = np.full(table.shape[1], np.inf), table[0].copy()
        for j in range(table.shape[1]):
            if constant[j]:
                continue
            best = int(np.argmin(table[:, j]))
            chosen[j], smallest[j] = penalties[best], table[best, j]
            if 1 < best < len(SHARES):  # neither infinite, nor zero, nor at an end
                chosen[j], smallest[j] = self._refined(name, penalties[best - 1 : best + 2], j, folds, smallest[j])
        return Selection(chosen, smallest, penalties, table)

    def _refined(
        self, name: str, around: FloatArray, target: int, folds: IntArray | None, smallest: float
    ) -> tuple[float, float]:
        alone = self._alone(target)

        def value(logarithm: float) -> float:
            return float(alone.criterion(name, np.array([np.exp(logarithm)]), folds)[0, 0])

        bounds = (np.log(around[2]), np.log(around[0]))
        found = minimize_scalar(value, bounds=bounds, method="bounded", options={"xatol": 1e-3})
        if found.fun < smallest:
            return float(np.exp(found.x)), float(found.fun)
        return float(around[1]), float(smallest)

    def _alone(self, j: int) -> RidgePath:
        part = slice(j, j + 1)
        return RidgePath(
            self.values,
            self.vectors,
            self.responses[:, part],
            self.mean[part],
            self.rotated[:, part],
            self.unreached[:, part],
            self.spare,
            self.intercept,
        )

    def _by_target(self, penalty: FloatArray | float) -> FloatArray:
        """(r, q) shrinkage for one penalty or (q,)."""
        return self._broadcast(self.filters(np.atleast_1d(penalty)))

    def _broadcast(self, by_penalty: FloatArray) -> FloatArray:
        return np.broadcast_to(by_penalty.T, self.rotated.shape)


@dataclass(frozen=True, eq=False)
class Selection:
    """Chosen penalties with the path they were chosen from.

    Attributes
    ----------
    penalty : (q,) float64
    smallest : (q,) float64
        The criterion at them.
    penalties : (c,) float64
        Candidates, decreasing.
    criterion : (c, q) float64

    Examples
    --------
    >>> x = np.linspace(-1.0, 1.0, 9)[:, None]
    >>> found = ridge_path(feature_spectrum(x), x).select("gcv", zero=True)
    >>> found.penalty, found.penalties[[0, -1]], found.criterion.shape
    (array([0.]), array([inf,  0.]), (59, 1))
    """

    penalty: FloatArray
    smallest: FloatArray
    penalties: FloatArray
    criterion: FloatArray


def ridge_path(spectrum: Spectrum, responses: FloatArray, *, intercept: bool = True) -> RidgePath:
    """Prepare the ridge regressions of responses on what a spectrum describes.

    Parameters
    ----------
    spectrum : Spectrum
        Of a centred Gram matrix, or of centred features, if there is an intercept: its vectors sum to zero.
    responses : (n,) or (n, q) float64
    intercept : bool, default True
        Unpenalised.

    Returns
    -------
    RidgePath

    Notes
    -----
    O(n r q) time. An unpenalised intercept and centred features give the same fit as features as they are and an
    unpenalised intercept.

    Examples
    --------
    >>> x = np.linspace(-1.0, 1.0, 9)[:, None]
    >>> path = ridge_path(feature_spectrum(x), np.exp(x))
    >>> path.degrees_of_freedom(np.array([0.0, np.inf]))
    array([2., 1.])
    """
    y = responses[:, None] if responses.ndim == 1 else responses
    mean = y.mean(axis=0) if intercept else np.zeros(y.shape[1])
    rest = y - mean
    rotated = spectrum.vectors.T @ rest
    unreached = rest - spectrum.vectors @ rotated
    spare = 1.0 - np.square(spectrum.vectors).sum(axis=1) - float(intercept) / len(y)
    spare[spare < ROUNDING] = 0.0
    if len(spectrum.values) >= len(y) - int(intercept):  # the vectors span everything: what is left is rounding
        unreached, spare = np.zeros_like(rest), np.zeros(len(y))
    return RidgePath(spectrum.values, spectrum.vectors, y, mean, rotated, unreached, spare, intercept)


def posterior_deviations(
    path: RidgePath,
    penalty: FloatArray,
    coordinates: FloatArray,
    lengths: FloatArray,
) -> FloatArray:
    """Standard deviations of fitted functions at new points, when coefficients are normal before the data are seen.

    Parameters
    ----------
    path : RidgePath
    penalty : (q,) float64
    coordinates : (k, r) float64
        Of the (centred) features of new points along the eigenvectors.
    lengths : (k,) float64
        Squared lengths of those features.

    Returns
    -------
    (k, q) float64
        Infinite where the penalty is zero and a feature has a part that the rows do not span.

    Notes
    -----
    Derived here. Coefficients have variance v / penalty with v the noise variance, and the intercept a flat prior.
    Along an eigenvector the data leave v / (s + penalty), elsewhere v / penalty; the mean of the responses has variance
    v / n and is independent of both. So for features of length |c| the variance is
    v (sum c_j^2 / (s_j + penalty) + (|c|^2 - sum c_j^2) / penalty + 1 / n), without the last term if there is no
    intercept; v is `RidgePath.noise_variance`.

    Examples
    --------
    >>> x = np.array([[-1.0], [0.0], [1.0]])
    >>> found = feature_spectrum(x)
    >>> path = ridge_path(found, np.array([0.0, 2.0, 1.0]))
    >>> new = found.coordinates(np.array([[2.0]]))
    >>> posterior_deviations(path, np.array([0.0]), new, np.array([4.0])) / np.sqrt(path.noise_variance(0.0))
    array([[1.5275...]])
    """
    squares = np.square(coordinates)
    beyond = lengths - squares.sum(axis=1)
    beyond[beyond <= ROUNDING * lengths] = 0.0
    with np.errstate(divide="ignore"):
        outer = np.where(beyond[:, None] > 0, np.divide(1.0, penalty), 0.0)
    variance = squares @ (1.0 / (path.values[:, None] + penalty))
    variance += np.where(beyond > 0, beyond, 1.0)[:, None] * outer + float(path.intercept) / len(path.responses)
    return np.sqrt(variance * path.noise_variance(penalty))


def posterior_covariances(
    path: RidgePath, penalty: FloatArray, coordinates: FloatArray, products: FloatArray
) -> FloatArray:
    """Covariances of differences of values of fitted functions, when coefficients are normal before the data are seen.

    Parameters
    ----------
    path : RidgePath
    penalty : (q,) float64
    coordinates : (k, r) float64
        Of k combinations of the (centred) features of new points along the eigenvectors; coefficients of a combination
        have sum zero.
    products : (k, k) float64
        Of the combined features with each other.

    Returns
    -------
    (q, k, k) float64
        Not finite where the penalty is zero and a feature has a part that the rows do not span.

    Notes
    -----
    As in `posterior_deviations`, whose squares are the diagonals: v (C (s + penalty)^-1 C' + (P - C C') / penalty) for
    coordinates C and products P.

    Examples
    --------
    >>> x = np.array([[-1.0], [0.0], [1.0]])
    >>> found = feature_spectrum(x)
    >>> path = ridge_path(found, np.array([0.0, 2.0, 1.0]))
    >>> sums = np.array([[2.0]])
    >>> variance = posterior_covariances(path, np.array([0.0]), sums @ found.right.T, sums @ sums.T)
    >>> (variance / path.noise_variance(0.0)).ravel().round(12)
    array([2.])
    """
    beyond = products - coordinates @ coordinates.T
    inside = np.diag(beyond) <= ROUNDING * np.diag(products)
    beyond[inside], beyond[:, inside] = 0.0, 0.0
    variances = np.broadcast_to(path.noise_variance(penalty), penalty.shape)
    found = np.empty((len(penalty), *products.shape))
    for j, own in enumerate(penalty):
        found[j] = (coordinates / (path.values + own)) @ coordinates.T
        if not inside.all():
            found[j] += beyond / own if own > 0 else np.inf
        found[j] *= variances[j]
    return found


def _solved(left: FloatArray, residuals: FloatArray) -> FloatArray:
    """Solution of a positive semidefinite system; infinite where it is singular up to rounding."""
    factor, failed = dpotrf(left, lower=1)
    pivots = np.diag(factor)
    if failed or pivots.min() ** 2 <= SINGULAR * pivots.max() ** 2:
        return np.full_like(residuals, np.inf)
    return np.asarray(dpotrs(factor, residuals, lower=1)[0])
