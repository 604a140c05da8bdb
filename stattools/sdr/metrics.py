"""How near two sets of scores, two subspaces, or two sets of objects are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools import _random, _validation
from stattools._errors import DegenerateDataError, InvalidDataError
from stattools._provenance import Provenance
from stattools._typing import ArrayLike, FloatArray, IntArray, Progress, Seed
from stattools.distributions import DistributionArray
from stattools.distributions.array import joined
from stattools.resampling import RowPermutation, null_distribution
from stattools.results import HTestResult, ResamplingInfo
from stattools.rkhs.dependence import Form, distance_form, euclidean_form, permuted_products


def rv_multirank(u: ArrayLike, v: ArrayLike) -> float:
    """RV coefficient of the spatial ranks of two sets of scores, in [0, 1].

    Parameters
    ----------
    u : (n, d) array_like
    v : (n, q) array_like
        (n,) is one column.

    Returns
    -------
    float
        1 where the ranks agree up to a rotation and a factor.

    Raises
    ------
    InvalidDataError
        Different numbers of rows, fewer than three, or a missing number.
    DegenerateDataError
        All rows of one of them coincide.

    Notes
    -----
    The spatial rank of u_i is the mean over k of (u_k - u_i) / |u_k - u_i|. With the covariances C of both ranks, the
    coefficient is tr(C_uv C_vu) / sqrt(tr(C_uu^2) tr(C_vv^2)). It does not change with shifts, rotations and factors;
    for one column each it does not change with monotone maps either, for more it does. Because it is largest for few
    dominant directions, values for different numbers of columns are not comparable. O(n^2 (d + q)) time.

    References
    ----------
    .. [1] Robert and Escoufier (1976), A unifying tool for linear multivariate statistical methods: the RV-coefficient,
       Applied Statistics 25(3), 257-265.
    .. [2] Oja (2010), Multivariate nonparametric methods with R, Springer: spatial ranks.

    Examples
    --------
    >>> x = np.arange(5.0)
    >>> round(rv_multirank(x, np.exp(x)), 12)
    1.0
    """
    from stattools.sdr._kernels import spatial_ranks

    first, second = (_of_order_one(points) for points in _pair(u, v))
    ranks = [np.asarray(spatial_ranks(points)) for points in (first, second)]
    ranks = [rank - rank.mean(axis=0) for rank in ranks]
    scale = np.linalg.norm(ranks[0].T @ ranks[0]) * np.linalg.norm(ranks[1].T @ ranks[1])
    return float(np.linalg.norm(ranks[0].T @ ranks[1]) ** 2 / scale)


def subspace_distance(a: ArrayLike, b: ArrayLike, *, angles: bool = False) -> Any:
    """Distance between the spans of the columns of two matrices.

    Parameters
    ----------
    a : (p, d) array_like
    b : (p, q) array_like
        Columns need not be orthonormal; (p,) is one column. Of a fitted reduction, ``components_.T``.
    angles : bool, default False
        Return the principal angles instead.

    Returns
    -------
    float
        Frobenius norm of the difference of the orthogonal projectors over the root of d + q: 0 for equal subspaces, 1
        for orthogonal ones.
    (min(d, q),) float64
        With ``angles=True``, angles in radians, increasing.

    Raises
    ------
    InvalidDataError
        Different numbers of rows, or a missing number.
    DegenerateDataError
        Columns are linearly dependent, for one because there are more of them than rows.

    Notes
    -----
    For cosines c_i of the principal angles the squared distance is (d + q - 2 sum c_i^2) / (d + q).

    Examples
    --------
    >>> subspace_distance([[1.0], [0.0]], [[0.0], [2.0]])
    1.0
    """
    from scipy.linalg import subspace_angles

    for name, values in (("a", a), ("b", b)):
        rows, columns = _table(values, name).shape
        if columns > rows:
            raise DegenerateDataError(
                f"{name} has shape ({rows}, {columns}), more columns than rows; directions are columns here and rows "
                "of components_: pass components_.T"
            )
    first, second = _pair(a, b, fewest=1)
    for name, matrix in (("a", first), ("b", second)):
        if np.linalg.matrix_rank(matrix) < matrix.shape[1]:
            raise DegenerateDataError(f"the {matrix.shape[1]} columns of {name} are linearly dependent")
    found = np.sort(subspace_angles(first, second))
    if angles:
        return found
    columns = first.shape[1] + second.shape[1]
    # d + q - 2 sum cos^2 is |d - q| + 2 sum sin^2, which keeps its digits for small angles
    return float(np.sqrt((abs(first.shape[1] - second.shape[1]) + 2.0 * np.sum(np.sin(found) ** 2)) / columns))


def distance_correlation(
    a: ArrayLike,
    b: ArrayLike,
    *,
    is_distance: bool = False,
    n_resamples: int = 999,
    rng: Seed = None,
    n_jobs: int | None = None,
    progress: Progress = False,
) -> HTestResult:
    """Distance correlation of paired objects, with a permutation test of independence.

    Parameters
    ----------
    a : (n,) or (n, p) array_like
    b : (n,) or (n, q) array_like
        Points with Euclidean distances; with ``is_distance=True`` two (n, n) matrices of distances, such as those of
        distributions.
    is_distance : bool, default False
    n_resamples : int, default 999
    rng : None, int, SeedSequence or Generator
    n_jobs, progress
        As in `stattools.resampling.resample`.

    Returns
    -------
    HTestResult
        The statistic is the distance correlation, between 0 and 1 for distances of negative type.

    Raises
    ------
    InvalidDataError
        Different numbers of rows, fewer than three, distances that are negative or not symmetric.
    DegenerateDataError
        All objects of one of them coincide.

    Notes
    -----
    The root of the mean product of double-centred distances over the root of the product of both with themselves [1]_:
    the V-statistic, which is well above 0 for independent data of small n. Distances that are not centred have a
    cosine near 1 whatever the data; that is another number.

    The null hypothesis is that a and b are independent; all orders of b are then equally probable, and the p-value is
    exact. O(n^2) a permutation, O(n log n) for numbers on the line.

    References
    ----------
    .. [1] Szekely, Rizzo and Bakirov (2007), Measuring and testing dependence by correlation of distances, Annals of
       Statistics 35(6), 2769-2794.

    Examples
    --------
    >>> x = np.linspace(-1.0, 1.0, 30)
    >>> result = distance_correlation(x, x**2, rng=1)
    >>> round(result.statistic, 3), result.pvalue
    (0.492, 0.016)
    """
    n_resamples = _validation.integer(n_resamples, "n_resamples", minimum=1)
    if _validation.boolean(is_distance, "is_distance"):
        forms = [distance_form(_of_order_one(_distances(values, name))) for values, name in ((a, "a"), (b, "b"))]
        if forms[0].n != forms[1].n:
            raise InvalidDataError(f"a is about {forms[0].n} objects and b about {forms[1].n}; they are paired")
    else:
        forms = [euclidean_form(_of_order_one(points)) for points in _pair(a, b)]
    scale = float(np.sqrt(forms[0].self_product() * forms[1].self_product()))
    if not scale > 0:
        raise DegenerateDataError("all objects of a or of b coincide; the distance correlation is not defined")
    seed = _random.seed_sequence(rng)
    null = null_distribution(
        _Correlations(forms[0], forms[1], scale),
        RowPermutation(n_resamples, n=forms[0].n),
        rng=seed,
        n_jobs=n_jobs,
        progress=progress,
    )
    return HTestResult(
        provenance=Provenance.capture(
            f"distance_correlation(is_distance={is_distance}, n_resamples={n_resamples})",
            seed=seed,
            sizes={"n": forms[0].n},
        ),
        method="Distance correlation test of independence",
        data_name=f"{forms[0].n} pairs",
        statistic=null.observed,
        statistic_name="dCor",
        pvalue=null.pvalue,
        alternative="greater",
        alternative_text="a and b depend on each other",
        n={"pairs": forms[0].n},
        resampling=ResamplingInfo.from_null(null),
        null_distribution=null.values,
    )


@dataclass(frozen=True)
class _Correlations:
    """Distance correlations over orders of b."""

    a: Form
    b: Form
    scale: float

    def __call__(self, rows: IntArray) -> FloatArray:
        return np.sqrt(np.maximum(permuted_products(self.a, self.b, rows), 0.0) / self.scale)


def _pair(a: ArrayLike, b: ArrayLike, *, fewest: int = 3) -> tuple[FloatArray, FloatArray]:
    """Two tables of equally many rows."""
    first, second = _table(a, "a"), _table(b, "b")
    if len(first) != len(second):
        raise InvalidDataError(f"one has {len(first)} rows and the other {len(second)}; rows are paired")
    if len(first) < fewest:
        raise InvalidDataError(f"there are {len(first)} rows; at least {fewest} are needed")
    for values in (first, second):
        if fewest > 1 and not (values != values[0]).any():
            raise DegenerateDataError("all rows of one of them coincide")
    return first, second


def _table(values: Any, name: str) -> FloatArray:
    """(n, d) numbers; one dimension is a column."""
    if isinstance(joined(values), DistributionArray):
        raise InvalidDataError(
            f"{name} holds distributions, where numbers are needed; distance_correlation(a, b, is_distance=True) takes "
            f"distances, such as {name}.pairwise()"
        )
    table = _validation.float_array(values, name, ndim=(1, 2))
    return table[:, None] if table.ndim == 1 else table


def _of_order_one(points: FloatArray) -> FloatArray:
    """Points over a power of two, exactly, so that squares neither overflow nor vanish."""
    largest = float(np.abs(points).max())
    return np.asarray(np.ldexp(points, -int(np.frexp(largest)[1])))


def _distances(values: ArrayLike, name: str) -> FloatArray:
    if isinstance(joined(values), DistributionArray):
        raise InvalidDataError(f"{name} holds distributions; pass their distances, such as {name}.pairwise()")
    matrix = _validation.nonnegative(_validation.float_array(values, name, ndim=2), name)
    if matrix.shape[0] != matrix.shape[1] or len(matrix) < 3:
        raise InvalidDataError(f"{name} has shape {matrix.shape}; distances of n >= 3 objects are an (n, n) matrix")
    if np.any(matrix.diagonal() != 0) or not np.allclose(matrix, matrix.T, rtol=1e-10, atol=0):
        raise InvalidDataError(f"{name} is not symmetric with a zero diagonal, as distances are")
    return matrix
