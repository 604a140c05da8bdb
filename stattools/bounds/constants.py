"""How large a gap of test and training risk an information allows: constants at their optimum, and inverses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import FloatArray

Gap = tuple[FloatArray, dict[str, FloatArray]]


def information_gap(risk: Any, information: Any, *, method: str = "ld_tight") -> Any:
    """The gap of expected test and training risk that a mutual information with the supersample's mask allows.

    Parameters
    ----------
    risk : float or array_like
        Training risk in [0, 1].
    information : float or array_like
        Mutual information in nats of a row's mask with what `method` says, averaged over rows; infinite is accepted.
    method : {"ld_tight", "single_js", "kl_cmi", "fast_rate", "fast_pair", "fast_explicit", "sz_fast", "square_root"}
        "ld_tight": of the difference of the two losses, inverted. "single_js": of one loss, inverted. "kl_cmi": of the
        pair of losses, by the divergence of two coins. "fast_rate": of one loss, the best ``C1 risk + I / C2``.
        "fast_pair": of the pair, the same. "fast_explicit": of one loss, ``4 I + 4 sqrt(I risk)``. "sz_fast": of the
        pair, the best ``(g - 1) risk + I / rate``. "square_root": of the pair or the difference, ``sqrt(2 I)``.

    Returns
    -------
    float or array
        The gap, rounded up. The three inverses are at most ``1 - risk``, where they say nothing; others may exceed it.

    Raises
    ------
    InvalidParameterError
        There is no such method, `risk` is outside of [0, 1] or `information` is negative.
    InvalidDataError
        NaN, or shapes that do not broadcast.

    Notes
    -----
    At equal information ld_tight is at most kl_cmi, fast_pair, sz_fast and square_root, and single_js at most
    fast_rate, which is at most fast_explicit. fast_pair equals ld_tight where test and training risk add up to at
    most 1. All are derived in the notes of `supersample`.

    References
    ----------
    Wang and Mao (2023), ICML, arXiv 2302.02432, for fast_rate, fast_explicit, kl_cmi and sz_fast; ld_tight, single_js
    and fast_pair are derived here.

    Examples
    --------
    >>> round(information_gap(0.1, 0.01), 9)
    0.073505914
    >>> information_gap(0.0, [0.1, 0.2], method="kl_cmi").round(6)
    array([0.190325, 0.362538])
    """
    _validation.choice(method, tuple(GAPS), "method")
    a = _validation.float_array(risk, "risk", empty=True)
    c = _validation.float_array(information, "information", finite=False, empty=True)
    if ((a < 0) | (a > 1)).any():
        raise InvalidParameterError(f"risk is {a[(a < 0) | (a > 1)].flat[0]}; it must be at least 0 and at most 1")
    if np.isnan(c).any():
        raise InvalidDataError("information is NaN; it must be a number of nats")
    if (c < 0).any():
        raise InvalidParameterError(f"information is {c[c < 0].flat[0]}; it must be at least 0")
    try:
        a, c = np.broadcast_arrays(a, c)
    except ValueError:
        raise InvalidDataError(f"risk has shape {a.shape} and information {c.shape}; they must broadcast") from None
    gap = GAPS[method](a.ravel(), c.ravel())[0].reshape(a.shape)
    return float(gap) if gap.ndim == 0 else gap


# one function a bound; risks and informations are (m,) float64 -------------------------------------------------------
def square_root(risk: FloatArray, information: FloatArray) -> Gap:
    """sqrt(2 I).

    Examples
    --------
    >>> float(square_root(np.array([0.1]), np.array([0.02]))[0][0])
    0.2
    """
    return np.sqrt(2.0 * information), {}


def kl_gap(risk: FloatArray, information: FloatArray) -> Gap:
    """2 (m - risk) for the largest mean m of training and test risk with kl(risk, m) at most I.

    Examples
    --------
    >>> kl_gap(np.array([0.1]), np.array([0.01]))[0].round(6)
    array([0.095351])
    """
    from stattools.bounds._kernels import kl_inverse_upper

    gap = 2.0 * kl_inverse_upper(*_plain(risk, information))[1]
    return np.minimum(gap, 1.0 - risk), {}


def loss_gap(risk: FloatArray, information: FloatArray) -> Gap:
    """The inverse of the Jensen-Shannon divergence of two coins.

    Examples
    --------
    >>> loss_gap(np.array([0.1]), np.array([0.01]))[0].round(6)
    array([0.100193])
    """
    from stattools.bounds._kernels import largest_gaps

    return largest_gaps(*_plain(risk, information), False), {}


def difference_gap(risk: FloatArray, information: FloatArray) -> Gap:
    """The inverse of the least information of a difference of losses.

    Examples
    --------
    >>> difference_gap(np.array([0.1]), np.array([0.01]))[0].round(6)
    array([0.073506])
    """
    from stattools.bounds._kernels import largest_gaps

    return largest_gaps(*_plain(risk, information), True), {}


def fast_gap(risk: FloatArray, information: FloatArray) -> Gap:
    """The smallest C1 risk + I / C2.

    Examples
    --------
    >>> gap, constants = fast_gap(np.array([0.1]), np.array([0.01]))
    >>> gap.round(6), constants["C2"].round(6)
    (array([0.110172]), array([0.151973]))
    """
    from stattools.bounds._kernels import fast_constants

    finite = np.where(np.isinf(information), 0.0, information)
    value, c1, c2 = fast_constants(*_plain(risk, finite)).T
    value = np.where(np.isinf(information), np.inf, value)
    return value, {"C1": c1, "C2": c2}


def fast_pair_gap(risk: FloatArray, information: FloatArray) -> Gap:
    """The smallest C1 risk + I / lambda with exp(lambda) + exp(-lambda (1 + C1)) <= 2; lambda is 2 C2.

    Examples
    --------
    >>> fast_pair_gap(np.array([0.1]), np.array([0.01]))[0].round(6)
    array([0.073506])
    """
    value, constants = fast_gap(risk, 0.5 * information)
    return value, {"C1": constants["C1"], "lambda": 2.0 * constants["C2"]}


def explicit_gap(risk: FloatArray, information: FloatArray) -> Gap:
    """4 I + 4 sqrt(I risk).

    Examples
    --------
    >>> explicit_gap(np.array([0.04]), np.array([0.01]))[0].round(6)
    array([0.12])
    """
    with np.errstate(invalid="ignore"):
        root = np.where(risk > 0, np.sqrt(information * risk), 0.0)
    return 4.0 * information + 4.0 * root, {}


def squared_gap(risk: FloatArray, information: FloatArray) -> Gap:
    """The smallest (g - 1) risk + I / rate.

    Examples
    --------
    >>> squared_gap(np.array([0.0]), np.array([0.01]))[0].round(6)
    array([0.027372])
    """
    from stattools.bounds._kernels import squared_constants

    finite = np.where(np.isinf(information), 0.0, information)
    value, g, rate = squared_constants(*_plain(risk, finite)).T
    return np.where(np.isinf(information), np.inf, value), {"g": g, "lambda": rate}


GAPS: dict[str, Callable[[FloatArray, FloatArray], Gap]] = {
    "ld_tight": difference_gap,
    "single_js": loss_gap,
    "kl_cmi": kl_gap,
    "fast_rate": fast_gap,
    "fast_pair": fast_pair_gap,
    "fast_explicit": explicit_gap,
    "sz_fast": squared_gap,
    "square_root": square_root,
}


def _plain(*arrays: FloatArray) -> tuple[FloatArray, ...]:
    """Arrays as kernels take them."""
    return tuple(_validation.read_only(np.ascontiguousarray(array, dtype=np.float64)) for array in arrays)
