"""Intrinsic sliced Wasserstein distances between distributions."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError, PerformanceWarning, warn
from stattools._typing import FloatArray
from stattools.distributions import DistributionArray, exact_squared_distances
from stattools.twosample import inputs

MANY_STEPS = 1e11


def isw_distance(
    p: Any,
    q: Any,
    *,
    domain: Any = None,
    basis: Any = None,
    n_eigenfunctions: int = 20,
    exact: bool = True,
    n_quantiles: int = 20,
    quantile: str = "cell",
) -> float:
    """Intrinsic sliced Wasserstein distance between two distributions.

    Parameters
    ----------
    p, q : DistributionArray of length one, or array_like
        An array holds observations: points of the domain, (m,) or (m, d), or node numbers.
    domain : Domain, optional
        Needed for arrays unless `basis` is given; without either, arrays of one column lie on the line.
    basis : EigenBasis, Directions or Identity, optional
    n_eigenfunctions : int, default 20
    exact : bool, default True
        Merge the quantile functions of each slice exactly. False compares `n_quantiles` levels, as the tests do; with
        "cell" it is never larger than the exact distance.
    n_quantiles : int, default 20
    quantile : {"cell", "left", "mid"}

    Returns
    -------
    float
        Of the scale of the basis: not of the domain's coordinates.

    Raises
    ------
    InvalidDataError
        p or q holds another number of distributions than one, or they live on different domains.

    Notes
    -----
    With `truncation_bound` of the basis the squared distance to the untruncated one is bounded.

    References
    ----------
    Rustamov and Majumdar (2023), ICML, PMLR 202, 29388-29415.

    Examples
    --------
    >>> from stattools import Circle
    >>> a, b = [0.1, 0.2, 0.3], [0.6, 0.7, 0.8]
    >>> round(isw_distance(a, b, domain=Circle(1.0)), 4)
    0.0628
    """
    first, second = (_collection(value, name, domain, basis) for value, name in ((p, "p"), (q, "q")))
    for value, name in ((first, "p"), (second, "q")):
        if len(value) != 1:
            raise InvalidDataError(f"{name} holds {len(value)} distributions; isw_pairwise compares many")
    return float(
        isw_pairwise(
            first,
            second,
            domain=domain,
            basis=basis,
            n_eigenfunctions=n_eigenfunctions,
            exact=exact,
            n_quantiles=n_quantiles,
            quantile=quantile,
        )[0, 0]
    )


def isw_pairwise(
    x: DistributionArray,
    y: DistributionArray | None = None,
    *,
    domain: Any = None,
    basis: Any = None,
    n_eigenfunctions: int = 20,
    exact: bool = True,
    n_quantiles: int = 20,
    quantile: str = "cell",
) -> FloatArray:
    """Matrix of intrinsic sliced Wasserstein distances.

    Parameters
    ----------
    x : DistributionArray
        N1 distributions.
    y : DistributionArray, optional
        N2 distributions on the same domain; by default x itself.
    domain, basis, n_eigenfunctions, exact, n_quantiles, quantile
        As in `isw_distance`. ``exact=False`` is faster by orders of magnitude for many distributions.

    Returns
    -------
    (N1, N2) float64

    Raises
    ------
    InvalidDataError
        x or y is not a DistributionArray, or they live on different domains.

    Notes
    -----
    Exact: O(S n) a pair on a shared support of n points and S slices, O(S (m1 + m2)) for samples.

    Examples
    --------
    >>> from stattools import DistributionArray, Interval
    >>> x = DistributionArray.from_histogram([[1, 2, 1], [0, 1, 3]], edges=[0, 1, 2, 3], domain=Interval(0, 3))
    >>> isw_pairwise(x).shape
    (2, 2)
    """
    for value, name in ((x, "x"), (y, "y")):
        if not isinstance(value, DistributionArray) and not (value is None and name == "y"):
            raise InvalidDataError(f"{name} is {type(value).__name__}; it takes a DistributionArray")
    if y is not None:
        _require_same_space(x, y)
    exact = _validation.boolean(exact, "exact")
    slicer = inputs.slicer_of(x, domain=domain, basis=basis, n_eigenfunctions=n_eigenfunctions)
    if exact:
        _warn_of_time(x, y, slicer)
        return np.sqrt(exact_squared_distances(x, y, slicer))
    first = x.embed(slicer, n_quantiles=n_quantiles, quantile=quantile)
    return first.distance_matrix(None if y is None else y.embed(slicer, n_quantiles=n_quantiles, quantile=quantile))


def _warn_of_time(x: DistributionArray, y: DistributionArray | None, slicer: Any) -> None:
    """Exact merging visits every atom of every pair in every slice."""
    pairs = len(x) * (len(x) - 1) / 2 if y is None else len(x) * len(y)
    steps = pairs * float(np.mean(x.n_atoms)) * slicer.n_slices
    if steps > MANY_STEPS:
        warn(
            f"{pairs:.3g} exact distances take about {steps:.1g} steps, minutes or more; exact=False compares "
            "n_quantiles levels instead, in seconds",
            PerformanceWarning,
        )


def _require_same_space(x: DistributionArray, y: DistributionArray) -> None:
    if x.domain is not None and y.domain is not None:
        if not x.domain.equals(y.domain):
            raise InvalidDataError(f"x lives on {x.domain.description}, y on {y.domain.description}")
    elif x.dimension != y.dimension:
        raise InvalidDataError(f"x has {x.dimension} dimension(s), y has {y.dimension}")


def _collection(value: Any, name: str, domain: Any, basis: Any) -> DistributionArray:
    if isinstance(value, DistributionArray):
        return value
    space = domain if domain is not None else getattr(basis, "domain", None)
    if space is not None and not hasattr(space, "eigenbasis"):
        raise InvalidParameterError(f"domain is {space!r}; it takes a stattools domain such as Circle(360)")
    return DistributionArray.from_samples([_validation.float_array(value, name, ndim=(1, 2))], domain=space)
