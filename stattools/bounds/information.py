"""Bounds of the mean generalization gap from the information that an algorithm keeps of its sample."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools.bounds import assembly
from stattools.results.bound import BoundResult

TITLES = {
    "xu_raginsky": "Mutual-information bound",
    "individual": "Individual-sample mutual-information bound",
    "cmi": "Conditional-mutual-information bound",
}
CITATIONS = {
    "xu_raginsky": "Xu and Raginsky (2017), NIPS 30, theorem 1",
    "individual": "Bu, Zou and Veeravalli (2020), IEEE J. Sel. Areas Inf. Theory 1, 121-130",
    "cmi": "Steinke and Zakynthinou (2020), COLT, theorem 2",
}


def mutual_information(
    information: Any,
    n: int,
    method: str = "xu_raginsky",
    *,
    sigma: float | None = None,
    risk: float | None = None,
    data_name: str = "",
) -> BoundResult:
    """Bound the mean difference between the risk and the empirical risk by an information in nats.

    Parameters
    ----------
    information : float or (n,) array_like
        I(S; W) between sample and output for "xu_raginsky"; I(W; Z_i) for each datum for "individual", where a number
        stands for all; I(W; U | supersample) for "cmi". Infinity gives the vacuous bound.
    n : int
    method : {"xu_raginsky", "individual", "cmi"}
    sigma : float, optional
        The loss is sigma-sub-Gaussian. By default it is within [0, 1], for which sigma = 1/2. "cmi" needs a loss
        within [0, 1].
    risk : float, optional
        Mean empirical risk. With it the risk is bounded, without it the gap.
    data_name : str

    Returns
    -------
    BoundResult
        Of kind "expectation": it holds on average over samples and the algorithm's random numbers.

    Notes
    -----
    sqrt(2 sigma^2 I / n) [1]_; the mean over i of sqrt(2 sigma^2 I_i) [2]_, which is never above the first; and
    sqrt(2 CMI / n) [3]_.

    References
    ----------
    .. [1] Xu and Raginsky (2017), Information-theoretic analysis of generalization capability, NIPS 30, theorem 1.
    .. [2] Bu, Zou and Veeravalli (2020), Tightening mutual information-based bounds on generalization error.
    .. [3] Steinke and Zakynthinou (2020), Reasoning about generalization via conditional mutual information, COLT.

    Examples
    --------
    >>> round(mutual_information(10, 1000).value, 6), round(mutual_information(10, 1000, "cmi").value, 6)
    (0.070711, 0.141421)
    """
    _validation.choice(method, tuple(TITLES), "method")
    size = assembly.size(n)
    nats = assembly.numbers(information, "information", low=0)
    scale = 0.5 if sigma is None else assembly.positive(sigma, "sigma")
    if method == "cmi" and sigma is not None:
        raise InvalidParameterError(f"sigma is {sigma}; method 'cmi' takes losses within [0, 1] and no sigma")
    if nats.ndim and (method != "individual" or nats.shape != (size,)):
        raise InvalidDataError(f"information has shape {nats.shape}; method {method!r} takes {_expected(method, size)}")
    gap = _gap(method, nats, size, scale)
    q = None if risk is None else _risk(risk, bounded=sigma is None)
    bounded = sigma is None
    return assembly.finished(
        f"mutual_information(information, n, {method!r})", TITLES[method],
        float(assembly.upwards(gap + (q or 0.0))), delta=None, kind="expectation", empirical_risk=q, n=size,
        largest=1.0 if bounded else np.inf, of="generalization gap" if q is None else "risk", data_name=data_name,
        assumptions=(
            "the n data are independent and identically distributed",
            "losses are within [0, 1]" if bounded else f"the loss of every output is {scale:g}-sub-Gaussian",
            "the information is the true one, in nats; an estimate of it makes this an estimate of the bound",
        ),
        components={"largest information" if nats.ndim else "information": float(nats.max()), "sigma": scale},
        settings={"method": method}, citation=CITATIONS[method],
    )  # fmt: skip


def _expected(method: str, n: int) -> str:
    return f"a number or {n} of them" if method == "individual" else "one number"


def _risk(value: Any, *, bounded: bool) -> float:
    return (
        assembly.risk(value)
        if bounded
        else _validation.real(value, "risk", minimum=-assembly.LARGEST, maximum=assembly.LARGEST)
    )


def _gap(method: str, nats: Any, n: int, sigma: float) -> float:
    if method == "xu_raginsky":
        return float(sigma * np.sqrt(2 * nats / n))
    if method == "individual":
        return float(np.mean(sigma * np.sqrt(2 * nats)))
    return float(np.sqrt(2 * nats / n))
