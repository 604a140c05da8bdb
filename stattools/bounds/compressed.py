"""Bound of the risk of a rule that a few of its training data determine."""

from __future__ import annotations

import math

import numpy as np

from stattools import _validation
from stattools._errors import InvalidParameterError
from stattools.bounds import assembly
from stattools.bounds.inverses import binomial_tail_inverse, kl_inverse
from stattools.results.bound import BoundResult

_LARGEST_EXACT = 2000  # up to this many kept data, the binomial coefficient is a whole number of Python


def compression(
    errors: int,
    n: int,
    k: int,
    *,
    messages: int | None = None,
    log_messages: float | None = None,
    method: str = "binomial",
    delta: float = 0.05,
    data_name: str = "",
) -> BoundResult:
    """Bound the risk of a rule that can be rebuilt from k of its n training data (support vectors, say).

    Parameters
    ----------
    errors : int
        Errors among the n - k data that were not kept.
    n : int
    k : int
        Kept data, fewer than n.
    messages : int, default 1
        How many rules can be rebuilt from one set of k data with the help of a message.
    log_messages : float, optional
        Its logarithm instead.
    method : {"binomial", "kl"}
        "kl" is the looser closed form.
    delta : float, default 0.05
    data_name : str

    Returns
    -------
    BoundResult
        ``empirical_risk`` is errors / (n - k).

    Raises
    ------
    InvalidParameterError
        k is not below n, or errors are more than n - k.

    Notes
    -----
    The binomial tail inverse of `errors` in n - k trials at level ``delta / ((n + 1) C(n, k) messages)``: the union
    bound over the size of the set, the set and the message [1]_. The order of the kept data must not matter.

    References
    ----------
    .. [1] Littlestone and Warmuth (1986), Relating data compression and learnability; Langford (2005), JMLR 6, 273-306,
       theorem 6.1.

    Examples
    --------
    >>> round(compression(10, 1000, 20).value, 6)
    0.133687
    """
    _validation.choice(method, ("binomial", "kl"), "method")
    size, failure = assembly.size(n), assembly.level(delta)
    kept = _validation.integer(k, "k", minimum=0, maximum=size - 1)
    rest = size - kept
    wrong = _validation.integer(errors, "errors", minimum=0, maximum=rest)
    log_level = math.log(failure) - math.log(size + 1) - _log_binomial(size, kept) - _log_count(messages, log_messages)
    if method == "binomial":
        value = float(binomial_tail_inverse(wrong, rest, log_delta=log_level))
    else:
        value = float(kl_inverse(wrong / rest, assembly.upwards(-log_level / rest), side="upper"))
    return assembly.finished(
        f"compression(errors, n, k, method={method!r})", "Sample compression bound", value, delta=failure,
        empirical_risk=wrong / rest, n=size, data_name=data_name,
        assumptions=(
            "the n data are independent and identically distributed, and losses are 0 or 1",
            "the rule is a function, fixed before the data were seen, of the set of kept data and the message alone",
        ),
        components={"kept": kept, "errors": wrong, "ln level": log_level}, settings={"method": method},
        citation="Littlestone and Warmuth (1986); Langford (2005), JMLR 6, 273-306",
    )  # fmt: skip


def _log_binomial(n: int, k: int) -> float:
    """ln C(n, k), never below the truth by more than rounding of the last place."""
    few = min(k, n - k)
    if few <= _LARGEST_EXACT:
        return math.log(math.comb(n, few))
    terms = [math.lgamma(n + 1), math.lgamma(k + 1), math.lgamma(n - k + 1)]
    return terms[0] - terms[1] - terms[2] + 4 * float(np.finfo(float).eps) * terms[0]


def _log_count(messages: int | None, log_messages: float | None) -> float:
    if messages is not None and log_messages is not None:
        raise InvalidParameterError("give messages or log_messages, not both")
    if log_messages is not None:
        return _validation.real(log_messages, "log_messages", minimum=0, maximum=assembly.LARGEST)
    return 0.0 if messages is None else math.log(_validation.integer(messages, "messages", minimum=1))
