"""Mean differences and their estimated variances, for many arrangements at once, by matrix products.

A design holds the embedded rows and turns arrangements (group codes, signs or multipliers, one arrangement a row) into
moments. Every statistic of this area is a function of these moments, so each is written once for all designs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from stattools._typing import FloatArray

EPSILON = float(np.finfo(np.float64).eps)


class Norms(NamedTuple):
    """distance : (b,) squared norm of the mean difference; trace : (b,) trace of its estimated covariance."""

    distance: FloatArray
    trace: FloatArray


class Coordinates(NamedTuple):
    """difference, variance, df : (b, P) or broadcastable; variance is that of the mean difference."""

    difference: FloatArray
    variance: FloatArray
    df: FloatArray


@dataclass(frozen=True)
class Rows:
    """Embedded rows, and what the statistics need of them, computed once.

    features : (N, P) float64.
    squares : (N,) squared norms of the rows.
    gram : (N, N) inner products, only when N <= P: then products with it are the cheaper ones.
    scale : (P,) size of the numbers each column was computed from, the yardstick of rounding.
    """

    features: FloatArray
    squares: FloatArray
    gram: FloatArray | None
    scale: FloatArray

    def quadratic(self, coefficients: FloatArray) -> FloatArray:
        """Squared norm of each linear combination of rows; coefficients is (b, N)."""
        if self.gram is not None:
            return np.asarray(np.einsum("bn,bn->b", coefficients @ self.gram, coefficients))
        sums = coefficients @ self.features
        return np.asarray(np.einsum("bp,bp->b", sums, sums))


def rows_of(features: FloatArray, *, centre: bool, scale: FloatArray | None = None, with_gram: bool = True) -> Rows:
    """Prepare rows; columns that are constant up to rounding become exactly zero.

    Parameters
    ----------
    features : (N, P) float64
    centre : bool
        Subtract the pooled column means: the statistics do not depend on them, and digits are saved.
    scale : (P,) float64, optional
        Size of the numbers from which the features were computed; by default the columns' own.
    with_gram : bool, default True
        False when only coordinates are wanted, not norms.

    Notes
    -----
    Memory: 8 N P bytes, and 8 N^2 more when N <= P.
    """
    magnitude = np.abs(features).max(axis=0) if scale is None else scale
    values = np.array(features)
    if centre:
        values -= values[0].copy()  # first, or the error of the mean of N equal numbers passes for spread
        values -= values.mean(axis=0)
    values[:, np.abs(values).max(axis=0) <= 10 * EPSILON * magnitude] = 0.0
    gram = values @ values.T if with_gram and values.shape[0] <= values.shape[1] else None
    return Rows(values, np.einsum("np,np->n", values, values), gram, magnitude)


@dataclass(frozen=True)
class TwoGroups:
    """Two groups of rows; an arrangement is a row of N group codes, 0 or 1.

    rows : centred; sizes : (n1, n2).
    """

    rows: Rows
    sizes: tuple[int, int]

    def norms(self, codes: Any) -> Norms:
        n1, n2 = self.sizes
        first = (codes == 0).astype(np.float64)
        quadratic = self.rows.quadratic(first)  # the second group's sum is minus the first's: rows are centred
        own = first @ self.rows.squares
        distance = quadratic * (1 / n1 + 1 / n2) ** 2
        if min(n1, n2) < 2:
            return Norms(distance, np.full(len(distance), np.nan))
        trace1 = (own - quadratic / n1) / (n1 - 1)
        trace2 = (self.rows.squares.sum() - own - quadratic / n2) / (n2 - 1)
        return Norms(distance, np.maximum(trace1 / n1 + trace2 / n2, 0.0))

    def coordinates(self, codes: Any) -> Coordinates:
        n1, n2 = self.sizes
        first = (codes == 0).astype(np.float64)
        x = self.rows.features
        x_squared = x**2
        sums, squares = first @ x, first @ x_squared
        total = x_squared.sum(axis=0)
        v1 = np.maximum((squares - sums**2 / n1) / (n1 - 1), 0.0) / n1
        v2 = np.maximum((total - squares - sums**2 / n2) / (n2 - 1), 0.0) / n2
        return Coordinates(sums * (1 / n1 + 1 / n2), v1 + v2, welch_df(v1, v2, n1, n2))


@dataclass(frozen=True)
class Pairs:
    """Differences of n pairs; an arrangement is a row of n signs.

    rows : the differences, not centred.
    """

    rows: Rows

    def norms(self, signs: Any) -> Norms:
        n = len(self.rows.squares)
        distance = self.rows.quadratic(signs) / n**2
        trace = (self.rows.squares.sum() - n * distance) / (n - 1) / n
        return Norms(distance, np.maximum(trace, 0.0))

    def coordinates(self, signs: Any) -> Coordinates:
        n = len(self.rows.squares)
        difference = signs @ self.rows.features / n
        variance = np.maximum((self.rows.features**2).sum(axis=0) / n - difference**2, 0.0) / (n - 1)
        return Coordinates(difference, variance, np.full((1, 1), n - 1.0))


@dataclass(frozen=True)
class WildTwoGroups:
    """Residuals of two groups; an arrangement is a row of N multipliers.

    Residuals are stretched by sqrt(n_g / (n_g - 1)), so that the variance of their group means is the estimated one.

    rows : stretched residuals, not centred further; codes : (N,) the observed groups; sizes : (n1, n2).
    """

    rows: Rows
    codes: Any
    sizes: tuple[int, int]

    def norms(self, multipliers: Any) -> Norms:
        n1, n2 = self.sizes
        parts = [multipliers * (self.codes == g) / n for g, n in enumerate(self.sizes)]
        distance = self.rows.quadratic(parts[0] - parts[1])
        own = [self.rows.squares[self.codes == g].sum() for g in (0, 1)]
        trace1 = (own[0] / n1 - self.rows.quadratic(parts[0])) / (n1 - 1)
        trace2 = (own[1] / n2 - self.rows.quadratic(parts[1])) / (n2 - 1)
        return Norms(distance, np.maximum(trace1 + trace2, 0.0))

    def coordinates(self, multipliers: Any) -> Coordinates:
        n1, n2 = self.sizes
        x = self.rows.features
        means, variances = [], []
        for g, n in enumerate(self.sizes):
            member = self.codes == g
            mean = multipliers[:, member] @ x[member] / n
            variances.append(np.maximum((x[member] ** 2).sum(axis=0) / n - mean**2, 0.0) / (n - 1))
            means.append(mean)
        v1, v2 = variances
        return Coordinates(means[0] - means[1], v1 + v2, welch_df(v1, v2, n1, n2))


Design = TwoGroups | Pairs | WildTwoGroups


def wild_two_groups(features: FloatArray, codes: Any, *, scale: FloatArray, with_gram: bool = True) -> WildTwoGroups:
    """Stretched residuals of two groups of rows."""
    residuals = np.array(features)
    sizes = []
    for g in (0, 1):
        member = codes == g
        n = int(member.sum())
        residuals[member] -= residuals[member].mean(axis=0)
        residuals[member] *= np.sqrt(n / (n - 1))
        sizes.append(n)
    rows = rows_of(residuals, centre=False, scale=scale, with_gram=with_gram)
    return WildTwoGroups(rows, codes, (sizes[0], sizes[1]))


def welch_df(v1: FloatArray, v2: FloatArray, n1: int, n2: int) -> FloatArray:
    """Welch-Satterthwaite degrees of freedom; n1 + n2 - 2 where both variances are zero."""
    total = v1 + v2
    share = np.divide(v1, total, out=np.full(np.shape(total), 0.5), where=total > 0)  # squares of v could underflow
    return np.where(total > 0, 1 / (share**2 / (n1 - 1) + (1 - share) ** 2 / (n2 - 1)), float(n1 + n2 - 2))


class GroupMoments(NamedTuple):
    """between : (b,) sum of n_g |m_g - m|^2; within : (b, k) traces of the group covariances."""

    between: FloatArray
    within: FloatArray


def group_moments(rows: Rows, codes: Any, sizes: tuple[int, ...]) -> GroupMoments:
    """Moments of k groups of centred rows for (b, N) group codes."""
    between = np.zeros(len(codes))
    within = np.empty((len(codes), len(sizes)))
    for g, n in enumerate(sizes):
        member = (codes == g).astype(np.float64)
        quadratic = rows.quadratic(member) / n
        between += quadratic
        within[:, g] = np.maximum(member @ rows.squares - quadratic, 0.0) / (n - 1) if n > 1 else np.nan
    return GroupMoments(between, within)


@dataclass(frozen=True)
class CoordinateTests:
    """Two-sided t-tests of each coordinate, from two passes over the data.

    difference, std_error, statistic, df, pvalue : (P,) float64.
    constant : (P,) bool, where the standard error is rounding noise; there t is not defined and the p-value is 1.
    """

    difference: FloatArray
    std_error: FloatArray
    statistic: FloatArray
    df: FloatArray
    pvalue: FloatArray
    constant: Any = field(default=None)


def coordinate_tests(groups: tuple[FloatArray, ...], scale: FloatArray | None = None) -> CoordinateTests:
    """Welch t-tests of two groups of rows, or one-sample t-tests of one group of differences.

    A standard error below ten machine epsilons times `scale`, (P,) sizes of the numbers that the coordinates were
    computed from (by default the largest values in `groups`), is taken for zero. Without this guard, coordinates that
    are constant up to rounding reject a true null nearly always.
    """
    from scipy.special import stdtr

    sizes = [len(rows) for rows in groups]
    means = [rows.mean(axis=0) for rows in groups]
    variances = [rows.var(axis=0, ddof=1) / n for rows, n in zip(groups, sizes, strict=True)]
    if scale is None:
        scale = np.max([np.abs(rows).max(axis=0) for rows in groups], axis=0)
    if len(groups) == 1:
        difference, variance = means[0], variances[0]
        df = np.full(len(difference), sizes[0] - 1.0)
    else:
        difference, variance = means[0] - means[1], variances[0] + variances[1]
        df = welch_df(variances[0], variances[1], sizes[0], sizes[1])
    std_error = np.sqrt(variance)
    constant = std_error <= 10 * EPSILON * scale
    t = np.where(constant, 0.0, difference / np.where(constant, 1.0, std_error))
    pvalue = np.where(constant, 1.0, 2 * stdtr(df, -np.abs(t)))
    return CoordinateTests(difference, std_error, t, df, np.minimum(pvalue, 1.0), constant)
