"""p-values without resampling: weighted chi-square matching, James's T^2, and coordinate-wise combination."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stattools._typing import FloatArray
from stattools.twosample.moments import Norms
from stattools.twosample.statistics import VARIANCE_FLOOR, studentized


class MomentMatch(NamedTuple):
    """statistic |d|^2/scale is compared with chi-square on df degrees of freedom."""

    scale: float
    df: float
    pvalue: float


def satterthwaite(groups: tuple[FloatArray, ...]) -> MomentMatch:
    """Two-moment chi-square approximation of the null law of |d|^2.

    Under the null |d|^2 is close to a weighted sum of chi-squares with the eigenvalues of Omega as weights. Its mean
    tr(Omega) and variance 2 tr(Omega^2) are matched by scale * chi-square(df). tr(S_g^2) is estimated without bias for
    Gaussian rows, tr(S_1 S_2) without bias for any.

    Parameters
    ----------
    groups : one or two arrays (n_g, P)
        Two groups, or the differences of pairs. n_g >= 3.

    References
    ----------
    Box (1954), Ann. Math. Statist. 25, 290-302, theorem 3.1; the trace estimate is that of Bai and Saranadasa (1996),
    Statist. Sinica 6, 311-329.
    """
    from scipy.stats import chi2

    centred = tuple(rows - rows.mean(axis=0) for rows in groups)
    trace, _, trace_squared = trace_moments(centred, tuple(len(rows) for rows in groups))
    means = [rows.mean(axis=0) for rows in groups]
    difference = means[0] - means[1] if len(groups) == 2 else means[0]
    distance = float(difference @ difference)
    # a trace that is all rounding is zero: the rows of each group are equal
    if studentized(Norms(np.array([distance]), np.array([trace])))[0] in (0.0, np.inf) or trace_squared <= 0:
        return MomentMatch(0.0, 0.0, 1.0 if distance == 0 else np.nan)
    scale, df = trace_squared / trace, trace**2 / trace_squared
    return MomentMatch(scale, df, float(chi2.sf(distance / scale, df)))


def trace_moments(centred: tuple[FloatArray, ...], sizes: tuple[int, ...]) -> tuple[float, float, float]:
    """tr(Omega), tr(Omega^2) and the unbiased estimate of the latter, Omega the sum of S_g / n_g.

    Parameters
    ----------
    centred : one or two arrays (m_g, P), rows less their group mean; S_g is their covariance, m_g >= 3.
    sizes : n_g, the group sizes for which Omega is wanted; they need not be m_g.
    """
    rows_in = [len(rows) for rows in centred]
    traces = [float(np.einsum("np,np->", rows, rows)) / (m - 1) for rows, m in zip(centred, rows_in, strict=True)]
    trace = sum(t / n for t, n in zip(traces, sizes, strict=True))
    plain, unbiased, floor = 0.0, 0.0, 0.0
    for rows, m, n, t in zip(centred, rows_in, sizes, traces, strict=True):
        own = _product_trace(rows, rows) / (m - 1) ** 2
        plain += own / n**2
        unbiased += (m - 1) ** 2 / ((m - 2) * (m + 1)) * (own - t**2 / (m - 1)) / n**2
        floor += own / n**2 / (m - 1)
    if len(centred) == 2:
        (x, y), (m1, m2), (n1, n2) = centred, rows_in, sizes
        cross = 2 * _product_trace(x, y) / ((m1 - 1) * (m2 - 1)) / (n1 * n2)
        plain, unbiased = plain + cross, unbiased + cross
    return trace, plain, max(unbiased, floor)  # the unbiased estimate can be negative for tiny groups


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
