"""How many data does a bound need to reach a target?"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidParameterError
from stattools.bounds import assembly
from stattools.bounds.moments import whole_above
from stattools.bounds.named import BOUNDS, Named, by_call, check_settings, refuse_unused_delta

LARGEST = 2**50
CHUNK = 4096
FEW = 64

Holds = Callable[[int], bool]


def sample_size(
    bound: str | Callable[..., Any], target: float, *, delta: float | None = None, n_max: int = LARGEST, **settings: Any
) -> int:
    """The smallest n at which a bound is at most a target.

    Parameters
    ----------
    bound : str or callable
        A name:

        - of a test set: "binomial", "kl", "hoeffding", "hoeffding_bentkus"; "bernstein", "bennett",
          "empirical_bernstein" with `variance`; "unexpected_bernstein" with `second_moment`;
        - "pac_bayes_kl", "pac_bayes_mcallester", "pac_bayes_quadratic", "pac_bayes_lambda",
          "pac_bayes_refined_pinsker", "pac_bayes_catoni" with `kl`, and optionally `xi`, `lam`, `beta`;
        - "occam" with `log_prior`; "compression" with `k` kept data, and optionally `messages`;
        - "vc_vapnik", "vc_relative", "vc_mohri" with `dimension`, and optionally `growth`;
        - "xu_raginsky", "cmi" with `information` in nats; these hold on average, and have no delta.

        Or a function of n, or of n and ``delta=``, that returns a number or a BoundResult and never increases with n.
    target : float
        What the bound shall not exceed; above `risk`, to which the bounds decrease, and below 1, which every risk is at
        most (0.05 means five percent).
    delta : float, optional
        Probability of failure, 0.05 unless given; only for bounds that have one and functions that take it.
    n_max : int, default 2^50
        Where the search ends.
    **settings
        `risk`, the empirical risk that is expected (0 by default), and what is named above. The number of errors among
        n is the smallest whole number at least n times the risk.

    Returns
    -------
    int

    Raises
    ------
    InvalidParameterError
        The target cannot be reached or promises nothing, an unknown name, a setting that is missing or that the bound
        does not use, delta among them, or a function that returns something else than a number or an upper bound.

    Notes
    -----
    The number is exact for the bound as it is computed here, which is rounded to the safe side: the bound at n is at
    most the target and no smaller n has this property. Bounds that decrease are bisected. Those with a number of errors
    jump upward where this number grows. Between the jumps they decrease, so that the sizes just before a jump are
    searched first, and then the piece before it: a bound at n may thus reach the target and miss it at n + 1. Bounds
    that choose among a grid of constants, which grows with n, are searched from jump to jump (derived here). Beyond
    some 10^9 data, values at n and n + 1 may be one number in double precision, and n is exact up to that.

    For a function, the values cross the target between n - 1 and n.

    References
    ----------
    Langford (2005), Tutorial on practical prediction theory for classification, J. Mach. Learn. Res. 6, 273-306, for
    the bounds of a test set; the search is derived here.

    Examples
    --------
    >>> sample_size("hoeffding", 0.15, risk=0.1)
    600
    >>> sample_size("binomial", 0.05)
    59
    >>> sample_size("pac_bayes_kl", 0.15, risk=0.1, kl=20)
    2534
    >>> sample_size(lambda n: n**-0.5, 0.01)
    10000
    """
    goal = _validation.real(target, "target")
    failure = assembly.level(0.05 if delta is None else delta)
    largest = _validation.integer(n_max, "n_max", minimum=1, maximum=LARGEST)
    if callable(bound):
        check_settings(settings, {})
        refuse_unused_delta(delta, {"the function": bound})
        result = by_call(bound)
        return _bisected(
            lambda n: result(n, failure)[0] <= goal, 1, largest, lambda n: result(n, failure)[0], goal
        )
    name = _validation.choice(bound, tuple(BOUNDS), "bound")
    spec = BOUNDS[name]
    options = check_settings(settings, {name: spec})[name]
    refuse_unused_delta(delta, {name: spec})
    if goal <= options["risk"]:
        raise InvalidParameterError(f"target is {goal:g}; {name!r} stays above the empirical risk {options['risk']:g}")
    if goal >= 1.0 and options.get("sigma") is None:
        raise InvalidParameterError(f"target is {goal:g}; a risk in [0, 1] is below that without any data")
    return _Search(spec, options, goal, failure, largest).smallest()


# search --------------------------------------------------------------------------------------------------------------
class _Search:
    """The smallest size at which a named bound reaches the target."""

    def __init__(self, spec: Named, options: dict[str, Any], target: float, delta: float, n_max: int) -> None:
        self.spec, self.options, self.target, self.delta = spec, options, target, delta
        self.low, self.n_max = spec.smallest(options), n_max

    def values(self, n: Any) -> Any:
        sizes = np.atleast_1d(np.asarray(n, dtype=np.float64))
        return self.spec.values(sizes, np.full(sizes.shape, self.delta), self.options)

    def holds(self, n: int) -> bool:
        return bool(self.values(n)[0] <= self.target)

    def smallest(self) -> int:
        if self.low > self.n_max:
            raise InvalidParameterError(f"n_max is {self.n_max}; the bound needs at least {self.low} data")
        if self.spec.errors and self.options["risk"] > 0.0:
            return self._between_errors()
        if self.spec.jumps is not None:
            return self._between_jumps(self.spec.jumps)
        return self._bisected(self.low)

    def _bisected(self, low: int) -> int:
        return _bisected(self.holds, low, self.n_max, lambda n: float(self.values(n)[0]), self.target)

    def _between_jumps(self, jumps: Callable[[float], Any]) -> int:
        """The first piece at whose end the target is reached, and its first size that does."""
        starts = sorted({n for n in jumps(self.delta) if self.low < n <= self.n_max} | {self.low})
        for start, following in zip(starts, [*starts[1:], self.n_max + 1], strict=True):
            if self.holds(following - 1):
                return _first(self.holds, start, following - 1)
        raise _unreached(self.target, self.n_max, float(self.values(self.n_max)[0]))

    # numbers of errors
    def _last(self, errors: Any) -> Any:
        """(m,) the largest size with each number of errors."""
        risk = np.full(errors.shape, self.options["risk"])
        rest = np.floor(errors / risk) + 1.0
        while (beyond := whole_above(risk, rest) > errors).any():
            rest = np.where(beyond, rest - 1.0, rest)
        return np.minimum(rest + self.options.get("k", 0), self.n_max)

    def _end(self, errors: int) -> int:
        return int(self._last(np.array([float(errors)]))[0])

    def _between_errors(self) -> int:
        """The first number of errors whose largest size reaches the target, and the first size with this number.

        Ends of pieces are within one datum of errors / risk, where the bound would decrease with the errors. One datum
        changes it by no more than a few errors do, of which `window` is more than twice as many, so that an earlier end
        that reaches the target is not farther back.
        """
        risk, most = self.options["risk"], math.ceil(self.options["risk"] * self.n_max)
        ends = self._reaches
        found = _bisected(ends, 1, most, lambda errors: float(self.values(self._end(errors))[0]), self.target)
        window = 16 + math.ceil(8.0 * risk * self.target / (self.target - risk))
        first = self._earliest(max(1, found - window), found)
        start = self.low if first == 1 else self._end(first - 1) + 1
        return _first(self.holds, max(self.low, start), self._end(first))

    def _reaches(self, errors: int) -> bool:
        return self.holds(self._end(errors))

    def _earliest(self, low: int, high: int) -> int:
        """The first number of errors from low to high whose largest size reaches the target, as that of high does.

        More data with no larger a share of errors have no larger a bound. Hence, where one number misses the target, so
        does every smaller one with the same share or more; numbers with small shares are tried first.
        """
        errors = np.arange(low, high, dtype=np.float64)
        shares = errors / (self._last(errors) - self.options.get("k", 0))
        while errors.size > FEW:
            quarter = errors.size // 4
            i = quarter + int(np.argmin(shares[quarter : 3 * quarter]))
            if self._reaches(int(errors[i])):
                high, left = int(errors[i]), np.arange(errors.size) < i
            else:
                left = (np.arange(errors.size) > i) | (shares < shares[i])
            settled = errors.size - int(left.sum())
            errors, shares = errors[left], shares[left]
            if settled < quarter // 4:
                break  # one by one then
        for start in range(0, errors.size, CHUNK):
            some = errors[start : start + CHUNK]
            reached = self.values(self._last(some)) <= self.target
            if reached.any():
                return int(some[np.argmax(reached)])
        return high


def _bisected(holds: Holds, low: int, high: int, value: Callable[[int], float], target: float) -> int:
    """The smallest whole number from low to high for which a statement holds that stays true once it is."""
    step, last = max(1, low), low - 1
    n = low
    while not holds(n):
        if n >= high:
            raise _unreached(target, high, value(n))
        last, n = n, min(high, low + step)
        step *= 2
    return _first(holds, last + 1, n)


def _first(holds: Holds, low: int, high: int) -> int:
    """The same, when it is known to hold at high."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def _unreached(target: float, n: int, value: float) -> InvalidParameterError:
    return InvalidParameterError(f"target is {target:g}; the bound is {value:.6g} at n = {n}, where the search ends")
