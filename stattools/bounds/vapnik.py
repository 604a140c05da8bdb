"""Bounds of the risk, uniform over a class of classifiers, from its VC dimension."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from stattools import _validation
from stattools._errors import Notes
from stattools.bounds import assembly
from stattools.results.bound import BoundResult

if TYPE_CHECKING:
    from stattools.bounds.table import BoundTable

MOST_TERMS = 10**6
METHODS = ("vapnik", "relative", "mohri")
TITLES = {"vapnik": "VC bound", "relative": "Relative VC bound", "mohri": "VC bound by Rademacher complexity"}
CITATIONS = {
    "vapnik": "Vapnik (1998), Statistical Learning Theory, Wiley, sections 4.1 to 4.4",
    "relative": "Vapnik (1998), Statistical Learning Theory, Wiley, section 4.6; Anthony and Shawe-Taylor (1993)",
    "mohri": "Mohri, Rostamizadeh and Talwalkar (2018), Foundations of Machine Learning, corollary 3.19",
}


def vc(
    risk: float,
    n: int,
    dimension: int,
    method: str = "vapnik",
    *,
    growth: str = "closed",
    delta: float = 0.05,
    data_name: str = "",
) -> BoundResult | BoundTable:
    """Bound the risk of a classifier that was chosen from a class of finite VC dimension.

    Parameters
    ----------
    risk : float
        Its share of errors among the n data, in [0, 1].
    n : int
    dimension : int
        VC dimension d of the class, at least 1; d + 1 for half-spaces of R^d.
    method : {"vapnik", "relative", "mohri", "all"}
        "relative" is the better one when `risk` is small. "all" returns a table.
    growth : {"closed", "sauer"}
        How S below is bounded: by (2 e n / d)^d as in the literature, or by Sauer's sum, which is never larger. The sum
        has d + 1 terms; above a million the closed form stands in for it, which a note says.
    delta : float, default 0.05
    data_name : str

    Returns
    -------
    BoundResult
        Or, for "all", a BoundTable.

    Notes
    -----
    With S the number of ways in which 2n points can be labelled, and T that for n points:

    - "vapnik": risk + sqrt((ln S + ln(4 / delta)) / n) [1]_. Derived here for one side: a ghost sample costs a factor 2
      and 1/n, and sampling n of 2n points without replacement (Serfling's inequality) gives the deviation
      ``1/n + sqrt((n + 1) (ln S + ln(2 / delta))) / n``. The printed form is above this whenever it is below about 0.3;
      the larger of the two is returned, which is therefore valid throughout.
    - "relative": risk + 2 sqrt(risk A) + 4 A, A = (ln S + ln(4 / delta)) / n [1]_.
    - "mohri": risk + sqrt(2 ln T / n) + sqrt(ln(1 / delta) / (2 n)) [2]_.

    References
    ----------
    .. [1] Vapnik (1998), Statistical Learning Theory, Wiley, chapter 4.
    .. [2] Mohri, Rostamizadeh and Talwalkar (2018), Foundations of Machine Learning, 2nd ed., corollary 3.19.

    Examples
    --------
    >>> round(vc(0.05, 10**5, 10).value, 6)
    0.083677
    """
    _validation.choice(method, (*METHODS, "all"), "method")
    q, size, failure = assembly.risk(risk), assembly.size(n), assembly.level(delta)
    d = _validation.integer(dimension, "dimension", minimum=1)
    closed = _validation.choice(growth, ("closed", "sauer"), "growth") == "closed"
    chosen = METHODS if method == "all" else (method,)
    results = {each: _result(each, q, size, d, failure, closed, data_name) for each in chosen}
    if method != "all":
        return results[method]
    return assembly.table("vc(risk, n, dimension, 'all')", "VC bounds", results, data_name)


def log_growth(n: int, dimension: int, *, closed: bool = False) -> float:
    """Logarithm of the number of ways in which a class of VC dimension d can label n points, at most (Sauer's lemma).

    Parameters
    ----------
    n, dimension : int
    closed : bool, default False
        d ln(e n / d) instead of the logarithm of the sum of C(n, i), i <= d; both at most n ln 2. It is also used for
        d of a million or more, where the sum has too many terms.

    Examples
    --------
    >>> round(log_growth(4, 2), 6) == round(math.log(11), 6)
    True
    """
    size, d = assembly.size(n), _validation.integer(dimension, "dimension", minimum=1)
    if d >= size:
        return size * math.log(2)
    if closed or d >= MOST_TERMS:
        return min(d * (1 + math.log(size / d)), size * math.log(2))
    from scipy.special import gammaln, logsumexp

    i = np.arange(d + 1.0)
    terms = gammaln(size + 1.0) - gammaln(i + 1) - gammaln(size - i + 1)
    return float(logsumexp(terms)) + 4 * float(np.finfo(float).eps * gammaln(size + 2.0))  # what gammaln may have lost


def _result(method: str, q: float, n: int, d: int, delta: float, closed: bool, data_name: str) -> BoundResult:
    points = n if method == "mohri" else 2 * n
    log_labellings = log_growth(points, d, closed=closed)
    notes = Notes()
    if not closed and MOST_TERMS <= d < points:
        notes.remark(f"Sauer's sum has {d + 1} terms; its closed bound (e {points} / {d})^{d} is used instead")
    gap = {"vapnik": _vapnik, "relative": _relative, "mohri": _mohri}[method](q, n, log_labellings, delta)
    return assembly.finished(
        f"vc(risk, n, dimension, {method!r})", TITLES[method], assembly.upwards(q + gap), delta=delta,
        empirical_risk=q, n=n, data_name=data_name,
        assumptions=(
            "the n data are independent and identically distributed, and losses are 0 or 1",
            f"the class has VC dimension at most {d} and was fixed before these data were seen",
        ),
        components={"VC dimension": d, f"ln labellings of {points}": log_labellings},
        settings={"method": method, "growth": "closed" if closed else "sauer"}, citation=CITATIONS[method],
        notes=notes,
    )  # fmt: skip


def _vapnik(q: float, n: int, growth: float, delta: float) -> float:
    one_sided = 1 / n + math.sqrt((n + 1) * (growth + math.log(2 / delta))) / n
    return max(math.sqrt((growth + math.log(4 / delta)) / n), one_sided)


def _relative(q: float, n: int, growth: float, delta: float) -> float:
    a = (growth + math.log(4 / delta)) / n
    return 2 * math.sqrt(q * a) + 4 * a


def _mohri(q: float, n: int, growth: float, delta: float) -> float:
    return math.sqrt(2 * growth / n) + math.sqrt(math.log(1 / delta) / (2 * n))
