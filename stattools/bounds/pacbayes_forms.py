"""The PAC-Bayes inequalities as functions on arrays: the risk and a cost in, the bound out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from stattools.bounds import assembly
from stattools.bounds.inverses import kl_inverse

SIMPLE = ("kl", "mcallester", "quadratic", "lambda", "refined_pinsker")
METHODS = (*SIMPLE, "catoni")
CONSTANTS = ("maurer", "exact")
_SUMMED = 24  # below this n the constant is a sum; above, Stirling's series is exact to rounding
LARGEST_BETA = 16.0


def maurer_xi(n: Any) -> Any:
    """The largest mean of exp(n kl(mean of n losses || risk)), the constant of the PAC-Bayes-kl inequality.

    Parameters
    ----------
    n : int or array_like of int
        At least 1.

    Returns
    -------
    float or ndarray
        ``sum_k C(n, k) (k/n)^k (1 - k/n)^(n-k)``, between sqrt(n) and 2 sqrt(n) [1]_.

    Notes
    -----
    The sum equals ``n! sum_k n^(k-n) / k! = e^n n^-n Gamma(n + 1, n)`` (derived here from Abel's binomial identity
    ``sum_k C(n, k) k^k (n - k)^(n - k) = n! sum_k n^k / k!``), which is Ramanujan's function plus 1. So it costs O(1)
    at any n: Stirling's formula times a regularised incomplete gamma function.

    References
    ----------
    .. [1] Maurer (2004), A note on the PAC Bayesian theorem, arXiv cs/0411099, theorem 1 and equation (5).

    Examples
    --------
    >>> maurer_xi([1, 2])
    array([2. , 2.5])
    >>> round(maurer_xi(10**6), 5)
    1253.98091
    """
    sizes = assembly.numbers(n, "n", low=1, whole=True)
    summed = np.array([_xi_sum(m) for m in range(1, _SUMMED)])
    few = sizes < _SUMMED
    small = summed[np.where(few, sizes, 1).astype(np.intp) - 1]
    values = np.where(few, small, _xi_stirling(np.maximum(sizes, _SUMMED)))
    return values if sizes.ndim else float(values)


def _xi_sum(n: int) -> float:
    term = total = 1.0
    for k in range(n, 0, -1):  # n! / (k! n^(n-k))
        term *= k / n
        total += term
    return total


def _xi_stirling(n: Any) -> Any:
    from scipy.special import gammaincc

    correction = 1 / (12 * n) - 1 / (360 * n**3) + 1 / (1260 * n**5) - 1 / (1680 * n**7)
    return np.sqrt(2 * math.pi * n) * np.exp(correction) * gammaincc(n + 1, n)


def log_constant(n: Any, xi: str) -> Any:
    """ln of 2 sqrt(n), or of the exact constant.

    Examples
    --------
    >>> round(float(log_constant(100, "maurer")), 4), round(float(log_constant(100, "exact")), 4)
    (2.9957, 2.581)
    """
    return math.log(2) + 0.5 * np.log(np.asarray(n, dtype=np.float64)) if xi == "maurer" else np.log(maurer_xi(n))


# one function an inequality; `cost` is (KL + ln(constant / delta)) / n -----------------------------------------------
def seeger(risk: Any, cost: Any) -> Any:
    """sup {p : kl(risk || p) <= cost}.

    Examples
    --------
    >>> round(float(seeger(0.0, 0.1)), 6)
    0.095163
    """
    return kl_inverse(risk, assembly.upwards(cost), side="upper")


def mcallester(risk: Any, cost: Any) -> Any:
    """From kl(q || p) >= 2 (p - q)^2.

    Examples
    --------
    >>> round(float(mcallester(0.0, 0.02)), 6)
    0.1
    """
    return assembly.upwards(risk + np.sqrt(cost / 2))


def quadratic(risk: Any, cost: Any) -> Any:
    """From kl(q || p) >= (p - q)^2 / (2 p), solved for p.

    Examples
    --------
    >>> round(float(quadratic(0.0, 0.02)), 6)
    0.04
    """
    half = cost / 2
    return assembly.upwards((np.sqrt(risk + half) + np.sqrt(half)) ** 2)


def refined_pinsker(risk: Any, cost: Any) -> Any:
    """The quadratic form, simplified.

    Examples
    --------
    >>> round(float(refined_pinsker(0.0, 0.02)), 6)
    0.04
    """
    # written so that a risk of 0 meets no infinite cost inside one root
    return assembly.upwards(risk + np.sqrt(2 * risk) * np.sqrt(np.minimum(cost, 1e300)) + 2 * cost)


def best_lambda(risk: Any, cost: Any) -> Any:
    """The lambda at which `at_lambda` is smallest.

    Examples
    --------
    >>> float(best_lambda(0.0, 0.02))
    1.0
    """
    return 2 / (1 + np.sqrt(1 + 2 * risk / cost))


def at_lambda(risk: Any, cost: Any, lam: Any) -> Any:
    """The linear form, which holds for all lambda in (0, 2) at once.

    Examples
    --------
    >>> round(float(at_lambda(0.0, 0.02, 1.0)), 6)
    0.04
    """
    return assembly.upwards((risk + cost / lam) / (1 - lam / 2))


def catoni(risk: Any, cost: Any, beta: Any) -> Any:
    """Catoni's form for one beta; here `cost` is (KL + ln(1 / delta)) / n, plus the price of a grid.

    Examples
    --------
    >>> round(float(catoni(0.0, 0.02, 1.0)), 6)
    0.031325
    """
    return assembly.upwards(np.expm1(-beta * risk - cost) / np.expm1(-beta))


def beta_grid(n: int) -> list[float]:
    """Powers of 2 from 1 / sqrt(n) to 16, chosen by n alone.

    The best beta is about sqrt(2 cost / (risk (1 - risk))) or larger, which is seldom below 1 / sqrt(n); a factor of
    sqrt(2) beside the best costs little, because the bound is flat there.

    Examples
    --------
    >>> beta_grid(16)
    [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0]
    """
    count = math.ceil(math.log2(LARGEST_BETA * math.sqrt(n)))
    return [LARGEST_BETA * 2.0**-k for k in range(count, -1, -1)]
