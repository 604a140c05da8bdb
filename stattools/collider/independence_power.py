"""The smallest violation of an independence that a test of this size could have detected."""

from __future__ import annotations

from dataclasses import dataclass, replace

from stattools import _validation
from stattools._errors import DegenerateDataError
from stattools.results import serialization


@serialization.register
@dataclass(frozen=True, kw_only=True)
class Detectable:
    """A violation that is detected with a given probability.

    Attributes
    ----------
    squared_norm : float
        ||m||^2 = Var(E[Y|A,B] - E[Y|B]), in squared units of Y.
    r_squared : float
        Its share of Var(Y - E[Y|B]), between 0 and 1.
    noncentrality : float
        Of the F statistic.
    n, df1 : int
    df2 : float
        Degrees of freedom of the F statistic.
    level, power : float
    """

    squared_norm: float
    r_squared: float
    noncentrality: float
    n: int
    df1: int
    df2: float
    level: float
    power: float

    def scaled(self, variance: float) -> Detectable:
        """The same share of another variance Var(Y - E[Y|B])."""
        return replace(self, squared_norm=self.r_squared * variance)


def smallest_detectable(
    n: int, q: int, *, df_given: float = 0.0, variance: float = 1.0, level: float = 0.05, power: float = 0.8
) -> Detectable:
    """The smallest violation of E[Y|A,B] = E[Y|B] that the linear F-test detects with probability `power`.

    Parameters
    ----------
    n : int
        Rows.
    q : int
        Columns of A.
    df_given : float, default 0
        Degrees of freedom that the regression on B takes, without the constant.
    variance : float, default 1
        Var(Y - E[Y|B]), in squared units of Y; an estimate of it when it is not known.
    level : float, default 0.05
    power : float, default 0.8

    Returns
    -------
    Detectable

    Raises
    ------
    DegenerateDataError
        No degrees of freedom are left.

    Notes
    -----
    Derived here. Let m = E[Y|A,B] - E[Y|B] be linear in the part of A that B does not explain, and Y = E[Y|B] + m + e
    with normal errors of variance s^2. Given A and B, the F statistic of the q coefficients has a noncentral F law with
    q and n - q - 1 - df_given degrees of freedom and noncentrality n ||m||^2 / s^2, where ||m||^2 is the mean square of
    m over the rows. With R^2 = ||m||^2 / (||m||^2 + s^2) the noncentrality is n R^2 / (1 - R^2). The noncentrality of
    which the law exceeds its central quantile with probability `power` gives R^2, and ||m||^2 = R^2 `variance`.

    For random A the mean square of m over the rows varies about ||m||^2, which lowers the power of large effects a
    little. A violation of which no linear part remains is not detected by this test at any size; other tests differ.

    References
    ----------
    Cohen (1988), Statistical power analysis for the behavioral sciences, chapter 9, for the noncentrality.

    Examples
    --------
    >>> found = smallest_detectable(50, 1)
    >>> round(found.r_squared, 3)
    0.141
    """
    from scipy.optimize import brentq
    from scipy.special import fdtri, ncfdtr

    n = _validation.integer(n, "n", minimum=2)
    q = _validation.integer(q, "q", minimum=1)
    df_given = _validation.real(df_given, "df_given", minimum=0)
    variance = _validation.real(variance, "variance", minimum=0)
    level = _validation.real(level, "level", minimum=0, maximum=1, exclusive=True)
    power = _validation.real(power, "power", minimum=level, maximum=1, exclusive=True)
    df2 = n - q - 1 - df_given
    if df2 <= 0:
        raise DegenerateDataError(f"{n} rows leave no degrees of freedom beside {q} of a and {df_given:.4g} of b")
    critical = fdtri(q, df2, 1.0 - level)

    def shortfall(noncentrality: float) -> float:
        return 1.0 - float(ncfdtr(q, df2, noncentrality, critical)) - power

    high = 10.0
    while shortfall(high) < 0:
        high *= 2
    noncentrality = float(brentq(shortfall, 0.0, high, xtol=1e-10))
    r_squared = noncentrality / (n + noncentrality)
    return Detectable(
        squared_norm=r_squared * variance,
        r_squared=r_squared,
        noncentrality=noncentrality,
        n=n,
        df1=q,
        df2=float(df2),
        level=level,
        power=power,
    )
