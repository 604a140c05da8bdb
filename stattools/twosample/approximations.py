"""p-values without resampling: weighted chi-square matching, James's T^2, and coordinate-wise combination."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stattools._typing import FloatArray
from stattools.twosample.moments import Norms
from stattools.twosample.statistics import VARIANCE_FLOOR, studentized


class MomentMatch(NamedTuple):
    """T* = |d|^2 / tr(Omega) is compared with F on these degrees of freedom."""

    numerator_df: float
    denominator_df: float
    pvalue: float


class Traces(NamedTuple):
    """trace : tr(Omega); plain : tr of the squared estimate of Omega; squared : unbiased estimate of tr(Omega^2);
    error : half the sampling variance of the estimated tr(Omega)."""

    trace: float
    plain: float
    squared: float
    error: float


def satterthwaite(groups: tuple[FloatArray, ...]) -> MomentMatch:
    """F approximation of the null law of the studentized squared distance.

    Under the null |d|^2 is close to a weighted sum of chi-squares with the eigenvalues of Omega as weights, and the
    estimated trace, by which it is divided, to another one. Each is matched in mean and variance by a multiple of a
    chi-square. One coordinate gives Welch's t-test. Traces of squares are estimated without bias for Gaussian rows.

    Parameters
    ----------
    groups : one or two arrays (n_g, P)
        Two groups, or the differences of pairs. n_g >= 3.

    References
    ----------
    Box (1954), Ann. Math. Statist. 25, 290-302, theorem 3.1; the ratio as in Brunner, Dette and Munk (1997), J. Am.
    Statist. Assoc. 92, 1494-1502; the trace estimate is that of Bai and Saranadasa (1996), Statist. Sinica 6, 311-329.
    """
    from scipy.stats import f

    centred = tuple(rows - rows.mean(axis=0) for rows in groups)
    moments = trace_moments(centred, tuple(len(rows) for rows in groups))
    means = [rows.mean(axis=0) for rows in groups]
    difference = means[0] - means[1] if len(groups) == 2 else means[0]
    distance = float(difference @ difference)
    statistic = float(studentized(Norms(np.array([distance]), np.array([moments.trace])))[0])
    # a trace that is all rounding is zero: the rows of each group are equal
    if statistic in (0.0, np.inf) or moments.squared <= 0:
        return MomentMatch(0.0, 0.0, 1.0 if distance == 0 else np.nan)
    df1, df2 = moments.trace**2 / moments.squared, moments.trace**2 / moments.error
    return MomentMatch(df1, df2, float(f.sf(statistic, df1, df2)))


def trace_moments(centred: tuple[FloatArray, ...], sizes: tuple[int, ...]) -> Traces:
    """Traces of Omega, the sum of S_g / n_g.

    Parameters
    ----------
    centred : one or two arrays (m_g, P), rows less their group mean; S_g is their covariance, m_g >= 3.
    sizes : n_g, the group sizes for which Omega is wanted; they need not be m_g.
    """
    trace, plain, squared, floor, error = 0.0, 0.0, 0.0, 0.0, 0.0
    for rows, n in zip(centred, sizes, strict=True):
        m = len(rows)
        own_trace = float(np.einsum("np,np->", rows, rows)) / (m - 1)
        own = _product_trace(rows, rows) / (m - 1) ** 2
        unbiased = (m - 1) ** 2 / ((m - 2) * (m + 1)) * (own - own_trace**2 / (m - 1))
        trace += own_trace / n
        plain += own / n**2
        squared += unbiased / n**2
        # at least what an even spread over all directions would give: the unbiased estimate can be negative
        floor += own / n**2 / (m - 1)
        error += max(unbiased, own / (m - 1)) / n**2 / (m - 1)
    if len(centred) == 2:
        (x, y), (n1, n2) = centred, sizes
        cross = 2 * _product_trace(x, y) / ((len(x) - 1) * (len(y) - 1)) / (n1 * n2)
        plain, squared = plain + cross, squared + cross
    return Traces(trace, plain, max(squared, floor), error)


def _product_trace(x: FloatArray, y: FloatArray) -> float:
    """tr(X'X Y'Y) through the smaller of the two Gram matrices."""
    if len(x) * len(y) <= x.shape[1] ** 2:
        return float(((x @ y.T) ** 2).sum())
    return float(np.einsum("ij,ij->", x.T @ x, y.T @ y))


def james_f(statistic: float, groups: tuple[FloatArray, ...]) -> tuple[float, float, float]:
    """F approximation of T^2 on r scores with unequal covariances: (df1, df2, p-value).

    One group: Hotelling's exact F for Gaussian differences. Two groups: the degrees of freedom of Krishnamoorthy and
    Yu (2004), Statist. Probab. Lett. 66, 161-169, which are invariant under linear maps of the scores. NaN when the
    groups have no spread in some direction, where T^2 is not defined.
    """
    from scipy.stats import f

    r = groups[0].shape[1]
    if len(groups) == 1:
        n = len(groups[0])
        df2 = float(n - r)
        return float(r), df2, float(f.sf(statistic * df2 / (r * (n - 1)), r, df2))
    parts = [np.atleast_2d(np.cov(rows.T)) / len(rows) for rows in groups]
    total = np.add(*parts)
    if np.linalg.eigvalsh(total)[0] <= VARIANCE_FLOOR:
        return float(r), np.nan, np.nan
    denominator = 0.0
    for part, rows in zip(parts, groups, strict=True):
        ratio = np.linalg.solve(total, part)
        denominator += (np.trace(ratio @ ratio) + np.trace(ratio) ** 2) / (len(rows) - 1)
    nu = (r + r**2) / denominator
    df2 = float(nu - r + 1)
    return float(r), df2, float(f.sf(statistic * df2 / (nu * r), r, df2))
