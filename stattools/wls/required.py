"""How many points does a stable design need?"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from stattools import _random, _validation
from stattools._errors import InvalidParameterError
from stattools._threads import one_blas_thread
from stattools._typing import Seed
from stattools.wls import laws, thinning
from stattools.wls.guarantees import failure_bound, lower_rate, upper_rate
from stattools.wls.sequential import Source
from stattools.wls.spaces import Space
from stattools.wls.thinning import Drawer, Stability

EVENTS = (thinning.ONE_SIDED, thinning.TWO_SIDED)
LAWS = ("iid", "volume", "repeated_dpp")
LARGEST_RATIO = 2**14


def required_n(
    m: int | Space,
    delta: float = 0.9,
    eta: float = 0.01,
    *,
    event: str = "one_sided",
    law: str = "iid",
    simulate: bool = False,
    n_simulations: int | None = None,
    rng: Seed = None,
) -> int:
    """Points with which a design is stable with probability at least ``1 - eta``.

    Parameters
    ----------
    m : int or Space
        The dimension, or the space itself, which `simulate` needs.
    delta : float, default 0.9
        In (0, 1).
    eta : float, default 0.01
        In (0, 1): the probability of failure.
    event : {"one_sided", "two_sided"}
        ``lambda_min(G) >= 1 - delta``, or all eigenvalues of G within delta of 1.
    law : {"iid", "volume", "repeated_dpp"}
        The law of the design, with the optimal measure.
    simulate : bool, default False
        False gives the sufficient number of the matrix Chernoff inequality, which holds for every space of dimension m
        and is far too large for "volume" and "repeated_dpp". True draws designs of `m`, a space, and finds the smallest
        number at which the simulated share of failures is at most `eta`.
    n_simulations : int, optional
        Designs for each number of points; by default ``max(400, 10 / eta)``.
    rng : None, int, SeedSequence or Generator
        Of the simulation.

    Returns
    -------
    int
        For "repeated_dpp" a multiple of m.

    Raises
    ------
    InvalidParameterError
        delta or eta outside (0, 1), or `simulate` without a space.

    Notes
    -----
    For independent points ``m ln(m / eta) / c`` with c = delta + (1 - delta) ln(1 - delta), and
    ``m ln(2 m / eta) / c`` with c = (1 + delta) ln(1 + delta) - delta for the two-sided event. For volume sampling the
    independent part alone must suffice, and for repeated DPPs each draw counts as one matrix (both derived here).

    Examples
    --------
    >>> required_n(11, 0.9, 0.01), required_n(11, 0.9, 0.01, event="two_sided")
    (116, 265)
    >>> from stattools.wls import PolynomialSpace
    >>> required_n(PolynomialSpace("legendre", degree=10), law="repeated_dpp", simulate=True, rng=1)
    33
    """
    space = m if isinstance(m, Space) else None
    dim = space.dim if space is not None else _validation.integer(m, "m", minimum=1)
    delta = _validation.real(delta, "delta", minimum=0, maximum=1, exclusive=True)
    eta = _validation.real(eta, "eta", minimum=0, maximum=1, exclusive=True)
    _validation.choice(event, EVENTS, "event")
    _validation.choice(law, LAWS, "law")
    if not _validation.boolean(simulate, "simulate"):
        if n_simulations is not None or rng is not None:
            raise InvalidParameterError("n_simulations and rng are for simulate=True; Chernoff's number is not random")
        return _by_chernoff(dim, delta, eta, event, law)
    if space is None:
        raise InvalidParameterError(f"simulate=True draws designs, for which m = {dim} must be a space, not a number")
    repeats = max(400, math.ceil(10 / eta)) if n_simulations is None else n_simulations
    repeats = _validation.integer(repeats, "n_simulations", minimum=10)
    with one_blas_thread():
        found = by_simulation(
            space, drawer_of(space, law), Stability(delta, event), 1 - eta, repeats, _random.seed_sequence(rng),
            step=dim if law == "repeated_dpp" else 1,
        )  # fmt: skip
    if found is None:
        raise InvalidParameterError(f"no n up to {LARGEST_RATIO * dim} reaches this; raise delta or eta")
    return found


def _by_chernoff(m: int, delta: float, eta: float, event: str, law: str) -> int:
    one_sided = event == thinning.ONE_SIDED
    rate = lower_rate(delta) if one_sided else upper_rate(delta)
    if law == "iid":
        return max(m, math.ceil(m * math.log((m if one_sided else 2 * m) / eta) / rate))
    step = m if law == "repeated_dpp" else 1
    return step * _smallest(lambda k: failure_bound(k * step, m, delta, event, law) <= eta, start=-(-m // step))


def _smallest(enough: Callable[[int], bool], start: int) -> int:
    """The smallest k >= start with ``enough(k)``, which stays true from there on."""
    low, high = start - 1, start
    while not enough(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def drawer_of(source: Source, law: str) -> Callable[[int], Drawer]:
    """From a number of points to the function that draws designs of a law.

    Examples
    --------
    >>> from stattools.wls import PolynomialSpace
    >>> draw = drawer_of(PolynomialSpace("legendre", degree=1), "iid")(5)
    >>> draw(np.random.default_rng(0)).gram.shape
    (2, 2)
    """
    functions: dict[str, Any] = {
        "iid": laws.independent,
        "volume": laws.volume_rescaled,
        "repeated_dpp": laws.repeated_dpp,
    }
    return lambda n: lambda generator: functions[law](source, n, generator)


def by_simulation(
    source: Source,
    drawer: Callable[[int], Drawer],
    stability: Stability,
    probability: float,
    n_simulations: int,
    seed: np.random.SeedSequence,
    *,
    step: int = 1,
    largest_ratio: int = LARGEST_RATIO,
) -> int | None:
    """The smallest n, a multiple of `step`, at which the simulated share of stable designs reaches `probability`.

    None when none up to `largest_ratio` times m does. The same seeds serve every n.
    """

    def enough(n: int) -> bool:
        return thinning.share_reaches(drawer(n), seed, stability, probability, n_simulations)

    m = source.dim
    low, high = 0, -(-m // step)
    while not enough(step * high):
        low, high = high, 2 * high
        if step * high > largest_ratio * m:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        if step * middle < m:
            low = middle
        else:
            low, high = (low, middle) if enough(step * middle) else (middle, high)
    return step * high
