"""Random Fourier features of a Gaussian kernel, and ridge regressions on features of more rows than memory holds.

Rows pass in blocks. What a ridge regression needs of them are means and products, whose size is that of the features
alone; leave-one-out values take one more pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy.linalg.blas import dsyrk, dtrmm, strmm

from stattools import _random, _validation
from stattools._errors import InvalidParameterError
from stattools._threads import blas_threads, one_blas_thread
from stattools._typing import FloatArray, Seed
from stattools.rkhs._kernels import cosines_and_sines
from stattools.rkhs.ridge import RidgePath

BLOCK = 2048
"""Rows at once."""
Part = TypeVar("Part")
STREAMED_CRITERIA = ("reml", "gcv")
THROUGH = 1e-10
ROWS_FOR_SINGLE = 100  # for each feature
"""What a leverage leaves of one, up to rounding, where a fit passes through the response."""
PRECISION = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class FourierFeatures:
    """Cosines and sines of random frequencies: from `fourier_features`.

    Attributes
    ----------
    frequencies : (d, m) float64

    Examples
    --------
    >>> FourierFeatures(np.array([[0.0, np.pi]])).of(np.array([[1.0]])).round(3)
    array([[ 0.707, -0.707,  0.   ,  0.   ]])
    """

    frequencies: FloatArray

    @property
    def count(self) -> int:
        """Number of features, 2 m."""
        return 2 * int(self.frequencies.shape[1])

    def of(self, points: FloatArray, out: FloatArray | None = None) -> FloatArray:
        """(k, 2 m) features of (k, d) points: cosines, then sines, over the root of m.

        out : (k, w) float64, C-contiguous with w >= 2 m, whose first columns take the features and which is returned.
        """
        angles = np.ascontiguousarray(np.asarray(points, dtype=np.float64) @ self.frequencies)
        m = angles.shape[1]
        found = np.empty((len(angles), 2 * m)) if out is None else out
        cosines_and_sines(angles, 1.0 / np.sqrt(max(m, 1)), found)
        return found


def fourier_features(
    d: int, count: int, *, lengthscale: float | FloatArray = 1.0, orthogonal: bool = True, rng: Seed = None
) -> FourierFeatures:
    """Draw features whose inner products have the mean exp(-|x - x'|^2 / (2 l^2)).

    Parameters
    ----------
    d : int
        Columns of the points.
    count : int
        Features, an even number.
    lengthscale : float or (d,) float64, default 1.0
    orthogonal : bool, default True
        Draw frequencies in orthogonal sets of d [2]_, each of the law it has anyway, instead of independently.
    rng : None, int, SeedSequence or Generator

    Returns
    -------
    FourierFeatures

    Raises
    ------
    InvalidParameterError
        The count is odd or not positive, or a lengthscale is not positive.

    Notes
    -----
    With frequencies w ~ N(0, I / l^2), the mean of cos(w'x) cos(w'x') + sin(w'x) sin(w'x') = cos(w'(x - x')) is the
    kernel [1]_. Of m independent frequencies the error has variance (1 - k(x, x')^2)^2 / (2 m) (derived here:
    E cos(w'd)^2 = (1 + k^4) / 2), and features have length 1. Orthogonal frequencies have smaller errors when d > 1.

    References
    ----------
    .. [1] Rahimi and Recht (2007), Random features for large-scale kernel machines, NIPS.
    .. [2] Yu, Suresh, Choromanski, Holtmann-Rice and Kumar (2016), Orthogonal random features, NIPS.

    Examples
    --------
    >>> x = np.array([[0.0, 0.0], [1.0, 0.0]])
    >>> features = fourier_features(2, 20_000, rng=1).of(x)
    >>> (features @ features.T).round(2)  # exp(-1 / 2) = 0.61
    array([[1.  , 0.61],
           [0.61, 1.  ]])
    """
    scale = np.broadcast_to(np.asarray(lengthscale, dtype=np.float64), (d,))
    if not (np.isfinite(scale) & (scale > 0)).all():
        raise InvalidParameterError(f"lengthscale is {lengthscale!r}; it must be positive")
    if _validation.integer(count, "count", minimum=2) % 2:
        raise InvalidParameterError(f"count is {count}; each frequency has a cosine and a sine, so it must be even")
    generator = _random.generator(_random.seed_sequence(rng), 0)
    m = count // 2
    drawn = generator.standard_normal((d, m))
    if orthogonal and d > 1:
        # directions of each set of d frequencies from the QR factors of d others, uniform by the signs of R
        sets = -(-m // d)
        q, r = np.linalg.qr(generator.standard_normal((sets, d, d)))
        q *= np.sign(np.einsum("kii->ki", r))[:, None, :]
        directions = q.transpose(1, 0, 2).reshape(d, -1)[:, :m]
        drawn = directions * np.linalg.norm(drawn, axis=0)
    return FourierFeatures(np.ascontiguousarray(drawn / scale[:, None]))


# moments of rows that pass in blocks ---------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class Moments:
    """Means and products of the columns of some rows.

    Attributes
    ----------
    count : int
        Rows.
    mean : (w,) float64
    scatter : (w, w) float64
        Sum over the rows of products of columns less their means.

    Examples
    --------
    >>> rows = np.array([[1.0, 0.0], [3.0, 2.0], [2.0, 4.0]])
    >>> found = accumulate(lambda block: rows[block].copy(), 3, 2)
    >>> found.count, found.mean, found.scatter
    (3, array([2., 2.]), array([[2., 2.],
           [2., 8.]]))
    """

    count: int
    mean: FloatArray
    scatter: FloatArray

    def split(self, d: int) -> CrossMoments:
        """Those of a regression of the last columns on the first d."""
        return CrossMoments(
            self.count,
            self.mean[:d],
            self.mean[d:],
            self.scatter[:d, :d],
            self.scatter[:d, d:],
            np.diag(self.scatter)[d:],
        )


def accumulate(block_of: Callable[[slice], FloatArray], n: int, width: int, *, size: int = BLOCK) -> Moments:
    """Moments of n rows.

    Parameters
    ----------
    block_of : callable
        The (k, width) values of a slice of rows, in an array that may be overwritten.
    n, width : int
    size : int, default 2048
        Rows at once.

    Notes
    -----
    O(w^2) for each row and 8 w^2 bytes. Each block is centred before its products are taken, and means are merged by
    their difference [1]_, so that columns with large means lose no digits.

    References
    ----------
    .. [1] Chan, Golub and LeVeque (1983), Algorithms for computing the sample variance, The American Statistician 37,
       242-247.
    """

    def products(rows: slice) -> tuple[int, FloatArray, FloatArray]:
        block = block_of(rows)
        own = block.mean(axis=0)
        block -= own
        return len(block), own, dsyrk(1.0, block.T, lower=1)

    count, mean = 0, np.zeros(width)
    scatter = np.zeros((width, width), order="F")
    for k, own, part in over_rows(products, n, size):
        step = own - mean
        scatter += part
        scatter = dsyrk(count * k / (count + k), step[:, None], beta=1.0, c=scatter, lower=1, overwrite_c=1)
        mean = mean + step * (k / (count + k))
        count += k
    full = np.ascontiguousarray(np.tril(scatter) + np.tril(scatter, -1).T)
    return Moments(count, mean, full)


@dataclass(frozen=True, eq=False)
class CrossMoments:
    """What a ridge regression of (n, q) responses on (n, d) features needs: from `accumulate_cross` or `Moments.split`.

    count : n. feature_mean : (d,). mean : (q,). gram : (d, d) and cross : (d, q) sums over the rows of products of
    columns less their means. squares : (q,) the same of each response.
    """

    count: int
    feature_mean: FloatArray
    mean: FloatArray
    gram: FloatArray
    cross: FloatArray
    squares: FloatArray


def accumulate_cross(
    block_of: Callable[[slice], tuple[FloatArray, FloatArray]], n: int, d: int, q: int, *, size: int = BLOCK
) -> CrossMoments:
    """Moments of n rows without products of the responses: O(d^2 + d q) for each row.

    block_of : the (k, d) features and (k, q) responses of a slice of rows, in arrays that may be overwritten.

    Examples
    --------
    >>> rows = np.array([[1.0, 0.0], [3.0, 2.0]])
    >>> accumulate_cross(lambda block: (rows[block, :1].copy(), rows[block, 1:].copy()), 2, 1, 1).cross
    array([[2.]])
    """

    def products(rows: slice) -> tuple[int, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
        left, right = block_of(rows)
        means = left.mean(axis=0), right.mean(axis=0)
        left -= means[0]
        right -= means[1]
        own = np.einsum("ij,ij->j", right, right)
        return len(left), *means, dsyrk(1.0, left.T, lower=1), left.T @ right, own

    count, mean, other = 0, np.zeros(d), np.zeros(q)
    gram, cross, squares = np.zeros((d, d)), np.zeros((d, q)), np.zeros(q)
    for k, left, right, own_gram, own_cross, own_squares in over_rows(products, n, size):
        step, move = left - mean, right - other
        weight = count * k / (count + k)
        gram += own_gram + weight * step[:, None] * step
        cross += own_cross + weight * step[:, None] * move
        squares += own_squares + weight * move**2
        mean, other = mean + step * (k / (count + k)), other + move * (k / (count + k))
        count += k
    return CrossMoments(count, mean, other, np.tril(gram) + np.tril(gram, -1).T, cross, squares)


@dataclass(frozen=True, eq=False)
class StreamedRidge(RidgePath):
    """All ridge regressions of some responses on features, from moments of the rows: from `streamed_ridge`.

    Fits and criteria are those of `RidgePath` on the same rows, "reml" and "gcv" without another pass. Nothing is kept
    for each row: `vectors`, `unreached` and `spare` are empty, and `responses` only tell their number, so what needs
    rows takes them again, see `leave_one_out`.

    Attributes
    ----------
    right : (D, r) float64
        Eigenvectors of the scatter of the features.
    feature_mean : (D,) float64
    beyond : (q,) float64
        Sum of squares of the responses, less their mean, that no features reach.
    constant : (q,) bool

    Examples
    --------
    >>> x = np.linspace(-1.0, 1.0, 9)[:, None]
    >>> rows = np.hstack([x, 3.0 + 2.0 * x])
    >>> path = streamed_ridge(accumulate(lambda block: rows[block].copy(), 9, 2).split(1))
    >>> slopes, constant = path.linear(np.zeros(1))
    >>> slopes.round(6), constant.round(6)
    (array([[2.]]), array([3.]))
    """

    right: FloatArray
    feature_mean: FloatArray
    beyond: FloatArray
    constant: NDArray[np.bool_]

    @property
    def outside(self) -> FloatArray:
        return self.beyond

    @property
    def is_constant(self) -> NDArray[np.bool_]:
        return self.constant

    def linear(self, penalty: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(D, q) slopes and (q,) constants of predictions from features; penalty : (q,)."""
        slopes = np.asarray(self.right @ self.primal(penalty))
        return slopes, np.asarray(self.mean - self.feature_mean @ slopes)

    def coordinates(self, features: FloatArray) -> FloatArray:
        """(k, r) coordinates of (k, D) features along the eigenvectors."""
        return np.asarray(features @ self.right - self.feature_mean @ self.right)

    def criterion(self, name: str, penalties: FloatArray, folds: Any = None) -> FloatArray:
        _validation.choice(name, STREAMED_CRITERIA, "tune")
        return super().criterion(name, penalties, folds)

    def leave_one_out(self, penalty: FloatArray) -> LeaveOneOut:
        """Fitted and leave-one-out values of rows that pass again; penalty : (q,)."""
        slopes, constant = self.linear(penalty)
        factors = {}
        for own in np.unique(penalty[np.isfinite(penalty)]):
            # R'R = V (S + penalty)^-1 V', and a triangle takes half the products of all eigenvectors
            triangle = np.linalg.qr((self.right / np.sqrt(self.values + own)).T, mode="r")
            single = len(self.responses) >= ROWS_FOR_SINGLE * len(self.right)
            room = np.zeros((len(self.right), len(self.right)), order="F", dtype=np.float32 if single else np.float64)
            room[: len(triangle)] = triangle
            factors[float(own)] = room
        return LeaveOneOut(self, penalty, slopes, constant, factors)

    def _alone(self, j: int) -> StreamedRidge:
        part = slice(j, j + 1)
        return StreamedRidge(
            self.values,
            self.vectors,
            self.responses[:, part],
            self.mean[part],
            self.rotated[:, part],
            self.unreached,
            self.spare,
            self.intercept,
            self.right,
            self.feature_mean,
            self.beyond[part],
            self.constant[part],
        )


@dataclass(frozen=True, eq=False)
class LeaveOneOut:
    """Predictions of the rows of a fit, each without its own response: from `StreamedRidge.leave_one_out`.

    penalty : (q,). slopes : (D, q). constant : (q,). factors : for each finite penalty, a triangle R with leverages
    |R z|^2 of centred features z, the intercept apart. Where rows are a hundred times the features, leverages are a
    hundredth on average and are found in single precision, with relative errors of 1e-5.
    """

    path: StreamedRidge
    penalty: FloatArray
    slopes: FloatArray
    constant: FloatArray
    factors: dict[float, FloatArray]

    def of(self, features: FloatArray, responses: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(k, q) fitted values and (k, q) leave-one-out predictions; O(D^2) for each row and penalty.

        features : (k, D), overwritten; responses : (k, q). Exact at the penalty; infinite where the fit must pass
        through the response.
        """
        fitted = np.asarray(features @ self.slopes + self.constant)
        features -= self.path.feature_mean
        left = np.full(fitted.shape, 1.0 - 1.0 / len(self.path.responses))
        for k, (own, triangle) in enumerate(self.factors.items()):
            if triangle.dtype == np.float32:
                turned = strmm(1.0, triangle, features.T.astype(np.float32), overwrite_b=True)
            else:
                turned = dtrmm(1.0, triangle, features.T, overwrite_b=k == len(self.factors) - 1)
            left[:, self.penalty == own] -= np.einsum("ij,ij->j", turned, turned)[:, None]
        usable = left > THROUGH
        residuals = responses - fitted
        return fitted, np.asarray(responses - np.where(usable, residuals / np.where(usable, left, 1.0), np.inf))


def streamed_ridge(moments: CrossMoments) -> StreamedRidge:
    """Prepare the ridge regressions, with an intercept, of responses on features.

    Parameters
    ----------
    moments : CrossMoments
        Of D features and q responses.

    Returns
    -------
    StreamedRidge

    Notes
    -----
    O(D^3). Eigenvalues of products know the squares of singular values up to the precision of the largest one, so
    directions below D times that share are left out: least squares is that on the others.
    """
    d, q = moments.cross.shape
    with one_blas_thread():
        values, right = scipy.linalg.eigh(moments.gram, driver="evd", check_finite=False)
    values, right = values[::-1], right[:, ::-1]
    # a column that does not vary leaves rounding of its size behind
    rounding = _rounding(moments.count, moments.feature_mean, np.diag(moments.gram))
    kept = values > max(d * PRECISION * float(values.max(initial=0.0)), float(rounding.max(initial=0.0)))
    values, right = values[kept], np.ascontiguousarray(right[:, kept])
    rotated = (right.T @ moments.cross) / np.sqrt(values)[:, None]
    total, mean = moments.squares, moments.mean
    beyond = np.maximum(total - np.square(rotated).sum(axis=0), 0.0)
    if len(values) >= moments.count - 1:  # the features span everything: what is left is rounding
        beyond[:] = 0.0
    return StreamedRidge(
        values=values,
        vectors=np.empty((0, len(values))),
        responses=np.broadcast_to(mean, (moments.count, q)),
        mean=mean,
        rotated=rotated,
        unreached=np.empty((0, q)),
        spare=np.empty(0),
        intercept=True,
        right=right,
        feature_mean=moments.feature_mean,
        beyond=beyond,
        constant=np.asarray(total <= _rounding(moments.count, mean, total)),
    )


def _rounding(count: int, mean: FloatArray, squares: FloatArray) -> FloatArray:
    """(w,) sums of squares that columns without variation have by rounding."""
    return np.asarray(np.square(4.0 * PRECISION) * (count * mean**2 + squares))


def row_blocks(n: int, size: int = BLOCK) -> Iterator[slice]:
    """Slices of at most `size` rows that cover n, in order.

    Examples
    --------
    >>> list(row_blocks(5, 3))
    [slice(0, 3, None), slice(3, 5, None)]
    """
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def over_rows(task: Callable[[slice], Part], n: int, size: int = BLOCK) -> Iterator[Part]:
    """What a task makes of each block of rows, in order.

    Blocks are worked on at once by as many threads as BLAS may use, and BLAS has one in each: its own threads would
    wait for each other in every small product. The bits do not depend on their number.

    Examples
    --------
    >>> list(over_rows(lambda rows: rows.start, 5, 2))
    [0, 2, 4]
    """
    workers = min(blas_threads(), -(-n // size))
    with one_blas_thread():
        if workers <= 1:
            yield from map(task, row_blocks(n, size))
            return
        import joblib

        parallel = joblib.Parallel(n_jobs=workers, backend="threading", return_as="generator")
        yield from parallel(joblib.delayed(task)(rows) for rows in row_blocks(n, size))


def beside(
    features: Callable[[slice, FloatArray], Any], responses: FloatArray, n_features: int
) -> Callable[[slice], FloatArray]:
    """Blocks of features and responses side by side, for `accumulate`.

    features : called with a slice of rows and a (k, D + q) array whose first D columns it fills. responses : (n, q).
    """

    def block_of(rows: slice) -> FloatArray:
        block = np.empty((rows.stop - rows.start, n_features + responses.shape[1]))
        features(rows, block)
        block[:, n_features:] = responses[rows]
        return block

    return block_of
