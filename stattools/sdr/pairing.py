"""Eigenvalues of the estimator when the responses are paired with the predictors at random.

Only the products of eigenvectors of the two Gram matrices depend on the pairing, so a permutation costs one matrix
product and a small eigenproblem.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import linalg

from stattools._typing import FloatArray, IntArray, Progress
from stattools.resampling import JointNull, RowPermutation, resample
from stattools.resampling.engine import BLOCK_SIZE
from stattools.results import serialization
from stattools.sdr.refit import kept
from stattools.sdr.tuning import Curve, gcv_curve

if TYPE_CHECKING:
    from stattools.sdr.gsir import Operator

NEGLIGIBLE = 1e-3
"""Directions of X whose filter is below this share of the largest, and of Y below its square, are passed over. In
D C E C' D they add a positive matrix of norm at most its square times the largest entry of E: by Weyl's inequality
eigenvalues move by no more."""

CHUNK = 4096
SAVES_FROM = 2
COMBINES = 1e-7
SINGLE_FROM = 5000
"""Observations from which products for another pairing are made in single precision, in low rank: eigenvalues then
move by about 1e-6 of the largest entry of E."""

TIE = 1e-9
"""Relative; rounding in a permuted product must not split pairings that are equal."""

TINY = 1e-12
"""Eigenvalues of the Gram matrices of cross-validation below this share of the largest are passed over."""


@serialization.register
@dataclass(frozen=True, eq=False)
class Retuning:
    """What generalized cross-validation needs to choose the regularization for another pairing.

    Attributes
    ----------
    x_vectors, x_values : (n, p), (p,) float64
        Eigenpairs, decreasing, of the Gram matrix of X that the criterion uses.
    y_vectors, y_values : (n, q), (q,) float64
        Those of Y.
    x_grid, y_grid : (g,) float64 or None
        Candidates, in units of the largest eigenvalue; None for a regularization that was given.

    Notes
    -----
    For K_X = U L U' and K_Y = V T V', the criterion of X depends on the pairing through the squared norms
    sum_j (u_i'v_j)^2 t_j^2 alone, see `stattools.sdr.tuning.gcv_curve`; likewise for Y with the roles exchanged.

    Examples
    --------
    >>> basis = np.linalg.qr(np.random.default_rng(1).standard_normal((6, 3)))[0]
    >>> values = np.array([3.0, 2.0, 1.0])
    >>> grid = np.array([1e-3, 1e-1])
    >>> retuning = Retuning(basis, values, basis, values, grid, grid)
    >>> retuning.chosen(retuning.squared_products(np.arange(6)))
    (0.001, 0.001)
    """

    x_vectors: FloatArray
    x_values: FloatArray
    y_vectors: FloatArray
    y_values: FloatArray
    x_grid: FloatArray | None
    y_grid: FloatArray | None

    def trimmed(self) -> Retuning:
        """Without directions that no candidate can feel."""
        p, q = kept(self.x_values, TINY), kept(self.y_values, TINY)
        return replace(
            self,
            x_vectors=np.ascontiguousarray(self.x_vectors[:, :p]),
            x_values=self.x_values[:p],
            y_vectors=np.ascontiguousarray(self.y_vectors[:, :q]),
            y_values=self.y_values[:q],
        )

    def squared_products(self, rows: IntArray) -> FloatArray:
        """(p, q) squared inner products of eigenvectors when observation i of X goes with ``rows[i]`` of Y."""
        return paired_products(self.x_vectors, self.y_vectors, rows) ** 2

    def curves(self, squared: FloatArray) -> tuple[Curve | None, Curve | None]:
        """The criteria of X and of Y for squared products of eigenvectors; None for a side that is not tuned."""
        n = len(self.x_vectors)
        x = y = None
        if self.x_grid is not None:
            explained, total = squared @ self.y_values**2, float(np.sum(self.y_values**2))
            x = gcv_curve(self.x_grid, self.x_values, explained, total, n)
        if self.y_grid is not None:
            explained, total = self.x_values**2 @ squared, float(np.sum(self.x_values**2))
            y = gcv_curve(self.y_grid, self.y_values, explained, total, n)
        return x, y

    def chosen(self, squared: FloatArray) -> tuple[float | None, float | None]:
        """The two candidates of least criterion; None for a side that is not tuned."""
        x, y = self.curves(squared)
        return None if x is None else x.chosen, None if y is None else y.chosen


def null_eigenvalues(
    operator: Operator,
    k: int = 1,
    *,
    n_resamples: int,
    rng: Any,
    retuning: Retuning | None = None,
    n_jobs: int | None = None,
    progress: Progress = False,
) -> JointNull:
    """Eigenvalues of the estimator over random pairings.

    Parameters
    ----------
    operator : Operator
    k : int, default 1
        How many eigenvalues to keep.
    n_resamples : int
    rng : None, int, SeedSequence or Generator
    retuning : Retuning, optional
        The regularization is chosen anew for each pairing. Without it the one of `operator` is held, which is right
        only if the responses did not take part in its choice.
    n_jobs, progress
        As in `stattools.resampling.resample`.

    Returns
    -------
    JointNull
        Of k + 2 statistics: the largest eigenvalue and the trace, tuned for each pairing, and the k largest
        eigenvalues at the regularization of `operator`.

    Notes
    -----
    Bandwidths, centring and the spectra of both Grams do not depend on the pairing. When X and Y are independent all
    pairings of the same observations are equally probable, so a statistic that is the same function of each pairing,
    its tuning included, is exchangeable, and its p-values are exact. O(n r s) a pairing, for the r and s directions
    that regularization leaves.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> basis = np.linalg.qr(np.random.default_rng(1).standard_normal((30, 2)))[0]
    >>> one = np.ones(2)
    >>> operator = SimpleNamespace(
    ...     x_vectors=basis, x_values=one, y_vectors=basis, y_values=one, x_penalty=0.0, y_penalty=0.0, method="gsir2",
    ... )
    >>> null_eigenvalues(operator, n_resamples=99, rng=1).marginal(0).pvalue
    0.01
    """
    statistic = _Pairings.of(operator, k, retuning, needed(n_resamples))
    scheme = RowPermutation(n_resamples, n=len(operator.x_vectors))
    return resample(statistic, scheme, rng=rng, n_jobs=n_jobs, progress=progress, tolerance=TIE)


@dataclass(frozen=True, eq=False)
class _Pairings:
    """The statistic of `null_eigenvalues`: arrangements (b, n) to (b, k + 2); those after `n_needed` are left zero."""

    operator: Operator
    k: int
    retuning: Retuning | None
    n_needed: int | None
    change: _Change | None = None

    @classmethod
    def of(cls, operator: Operator, k: int, retuning: Retuning | None, n_needed: int | None = None) -> _Pairings:
        if retuning is None:
            return cls(operator, k, None, n_needed)
        retuning = retuning.trimmed()
        change = _Change.of(operator, retuning)
        return cls(operator, k, retuning, n_needed, change)

    def __call__(self, arrangements: Any) -> FloatArray:
        found = np.zeros((len(arrangements), self.k + 2))
        for b, rows in enumerate(arrangements[: self.n_needed]):
            found[b] = self.values(rows)
        return found

    def values(self, rows: IntArray) -> FloatArray:
        of = self.operator
        held = tuned = filters(of, of.x_penalty, of.y_penalty)
        product = None
        if self.retuning is not None:
            plain, product = self._products(rows)
            tuned = self._tuned(plain**2)
        if product is None:
            p, q = (max(map(len, pair)) for pair in zip(held, tuned, strict=True))
            product = paired_products(of.x_vectors[:, :p], of.y_vectors[:, :q], rows)
        weighted = _weighted(product, *held)
        found = np.concatenate([np.zeros(2), largest_squares(weighted, self.k)])
        if self.retuning is not None:
            weighted = _weighted(product, *tuned)
            found[0] = largest_squares(weighted, 1)[0]
        else:
            found[0] = found[2]
        found[1] = np.vdot(weighted, weighted)
        return found

    def _products(self, rows: IntArray) -> tuple[FloatArray, FloatArray | None]:
        """Products of plain eigenvectors, and of centred ones where they follow from these."""
        assert self.retuning is not None
        x, y = self.retuning.x_vectors, self.retuning.y_vectors
        if self.change is None:
            return paired_products(x, y, rows), None
        products = self.change.products(rows)
        return products[: x.shape[1], : y.shape[1]], self.change.centred(products)

    def _tuned(self, squared: FloatArray) -> tuple[FloatArray, FloatArray]:
        of = self.operator
        assert self.retuning is not None
        x, y = self.retuning.chosen(squared)
        return filters(
            of,
            of.x_penalty if x is None else x * float(of.x_values[0]),
            of.y_penalty if y is None else y * float(of.y_values[0]),
        )


@dataclass(frozen=True, eq=False)
class _Change:
    """From inner products of the eigenvectors of plain Gram matrices to those of centred ones.

    Centred eigenvectors of a factor of low rank are combinations of the plain ones and the constant, so that one
    product over the observations serves both. Bases are orthonormal, the plain eigenvectors first, and so are the maps
    up to rounding: they do not magnify the errors of products.

    Attributes
    ----------
    x_basis, y_basis : (n, p + 1), (n, q + 1) floats
    x_map, y_map : (p + 1, r), (q + 1, s) float64
    """

    x_basis: Any
    y_basis: Any
    x_map: FloatArray
    y_map: FloatArray

    @classmethod
    def of(cls, operator: Operator, retuning: Retuning) -> _Change | None:
        """None where it would cost more than it saves, or where the combinations are not exact."""
        n = len(operator.x_vectors)
        if n < SAVES_FROM * (retuning.x_vectors.shape[1] + retuning.y_vectors.shape[1]):
            return None
        x_basis, y_basis = (_with_constant(plain) for plain in (retuning.x_vectors, retuning.y_vectors))
        x_map, y_map = x_basis.T @ operator.x_vectors, y_basis.T @ operator.y_vectors
        for basis, change, centred in ((x_basis, x_map, operator.x_vectors), (y_basis, y_map, operator.y_vectors)):
            if np.abs(basis @ change - centred).max() >= COMBINES:
                return None
        if n >= SINGLE_FROM:
            x_basis, y_basis = x_basis.astype(np.float32), y_basis.astype(np.float32)
        return cls(x_basis, y_basis, x_map, y_map)

    def products(self, rows: IntArray) -> FloatArray:
        """(p + 1, q + 1) inner products of the bases."""
        return paired_products(self.x_basis, self.y_basis, rows)

    def centred(self, products: FloatArray) -> FloatArray:
        """(r, s) products of centred eigenvectors from those of the bases."""
        return np.asarray(self.x_map.T @ products @ self.y_map)


def _with_constant(plain: FloatArray) -> FloatArray:
    """(n, p + 1) orthonormal columns and the part of the constant that is no combination of them, of unit norm or 0."""
    left = np.ones(len(plain)) - plain @ plain.sum(axis=0)
    left -= plain @ (plain.T @ left)  # once more, against rounding where the constant is nearly a combination
    size = float(np.linalg.norm(left))
    return np.column_stack([plain, left / size if size > COMBINES * len(plain) ** 0.5 else np.zeros(len(plain))])


def paired_products(left: Any, right: Any, rows: IntArray) -> FloatArray:
    """(p, q) inner products of columns, row i of the one going with ``rows[i]`` of the other.

    Examples
    --------
    >>> paired_products(np.eye(2), np.eye(2), np.array([1, 0]))
    array([[0., 1.],
           [1., 0.]])
    """
    total = np.zeros((left.shape[1], right.shape[1]))
    for start in range(0, len(rows), CHUNK):  # rows that were gathered stay in the cache
        total += left[start : start + CHUNK].T @ right[rows[start : start + CHUNK]]
    return total


def filters(
    operator: Operator, x_penalty: float, y_penalty: float, *, negligible: float = NEGLIGIBLE
) -> tuple[FloatArray, FloatArray]:
    """Entries of D and the roots of those of E at given penalties, without those that are negligible."""
    x_filter = operator.x_values / (operator.x_values + x_penalty)
    y_filter = operator.y_values if operator.method == "gsir1" else operator.y_values / (operator.y_values + y_penalty)
    return x_filter[: kept(x_filter, negligible)], np.sqrt(y_filter[: kept(y_filter, negligible**2)])


def _weighted(product: FloatArray, x_filter: FloatArray, y_root: FloatArray) -> FloatArray:
    return np.asarray(product[: len(x_filter), : len(y_root)] * x_filter[:, None] * y_root)


def observed_eigenvalues(operator: Operator, k: int) -> FloatArray:
    """(k + 1,) the k largest eigenvalues for the observed pairing, zeros beyond the rank, and the trace.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> basis, one = np.eye(4)[:, :2], np.ones(2)
    >>> operator = SimpleNamespace(
    ...     x_vectors=basis, x_values=one, y_vectors=basis, y_values=one, x_penalty=1.0, y_penalty=0.0, method="gsir2",
    ... )
    >>> observed_eigenvalues(operator, 1)
    array([0.25, 0.5 ])
    """
    kept_all = filters(operator, operator.x_penalty, operator.y_penalty, negligible=0.0)
    weighted = _weighted(operator.x_vectors.T @ operator.y_vectors, *kept_all)
    return np.append(largest_squares(weighted, k), np.vdot(weighted, weighted))


def needed(n_resamples: int) -> int | None:
    """How many arrangements of a block are used: the engine computes blocks whole, and cuts the only one.

    Examples
    --------
    >>> needed(99), needed(999)
    (99, None)
    """
    return n_resamples if n_resamples < BLOCK_SIZE else None


def largest_squares(product: FloatArray, k: int) -> FloatArray:
    """(k,) the largest squared singular values, decreasing, and zeros beyond the rank.

    Examples
    --------
    >>> largest_squares(np.diag([1.0, 3.0]), 1)
    array([9.])
    """
    small = product @ product.T if len(product) <= product.shape[1] else product.T @ product
    size = len(small)
    if k < size // 4:
        values = linalg.eigvalsh(small, subset_by_index=[size - k, size - 1], check_finite=False)
    else:
        values = linalg.eigvalsh(small, check_finite=False)[-k:]
    found = np.zeros(k)
    found[: len(values)] = np.maximum(values[::-1], 0.0)
    return found
