"""How much each eigenfunction counts: alpha as a function of the eigenvalue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from stattools import _validation
from stattools._errors import InvalidParameterError
from stattools._typing import FloatArray

NAMES = ("biharmonic", "heat", "commute", "sobolev", "flat")


@dataclass(frozen=True)
class Weighting:
    """alpha(lambda) with the name that results print.

    kind : "power" for lambda**-parameter, "heat" for exp(-parameter * lambda), "flat" for 1, "custom" for `function`.

    Examples
    --------
    >>> import numpy as np
    >>> Weighting("power", "biharmonic", 2.0)(np.array([1.0, 2.0]))
    array([1.  , 0.25])
    """

    kind: Literal["power", "heat", "flat", "custom"]
    text: str
    parameter: float = 0.0
    function: Callable[[float], float] | None = None

    def __call__(self, eigenvalues: FloatArray) -> FloatArray:
        """(L,) weights of (L,) positive eigenvalues; refuses weights that are negative or not finite."""
        with np.errstate(over="ignore", under="ignore", divide="ignore"):
            weights = self._raw(eigenvalues)
        bad = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
        if bad.size:
            raise InvalidParameterError(
                f"weighting {self.text} is {weights[bad[0]]} at eigenvalue {eigenvalues[bad[0]]:.6g}; "
                "weights must be finite and not negative"
            )
        return weights

    def _raw(self, eigenvalues: FloatArray) -> FloatArray:
        if self.kind == "power":
            return eigenvalues**-self.parameter
        if self.kind == "heat":
            return np.exp(-self.parameter * eigenvalues)
        if self.kind == "flat":
            return np.ones_like(eigenvalues)
        return np.array([self._one(float(eigenvalue)) for eigenvalue in eigenvalues], dtype=np.float64)

    def _one(self, eigenvalue: float) -> float:
        assert self.function is not None
        value: Any = self.function(eigenvalue)
        try:
            return float(value)
        except (TypeError, ValueError):
            raise InvalidParameterError(
                f"weighting {self.text} returned {type(value).__name__} at eigenvalue {eigenvalue:.6g}; "
                "it must return one number for one eigenvalue"
            ) from None

    def diverges(self, dimension: int) -> bool:
        """True when the weights sum to infinity on a continuous domain of that dimension, the flat ones aside.

        Examples
        --------
        >>> Weighting("power", "commute", 1.0).diverges(2)
        True
        """
        return self.kind == "power" and 2 * self.parameter <= dimension


def resolve(weighting: Any, *, heat_time: Any, order: Any, first_eigenvalue: float) -> Weighting:
    """What a user passes as `weighting`, `heat_time` and `order`, as one object.

    Examples
    --------
    >>> resolve("heat", heat_time=None, order=2.0, first_eigenvalue=4.0).text
    'heat(t=0.25)'
    """
    word = weighting if isinstance(weighting, str) else ""
    if heat_time is not None and word != "heat":
        raise InvalidParameterError(f"heat_time is {heat_time!r}; it is used with weighting='heat' only")
    if word != "sobolev" and not (np.ndim(order) == 0 and order == 2.0):
        raise InvalidParameterError(f"order is {order!r}; it is used with weighting='sobolev' only")
    if callable(weighting):
        name = getattr(weighting, "__name__", type(weighting).__name__)
        return Weighting("custom", "custom" if name == "<lambda>" else f"custom({name})", function=weighting)
    weighting = _validation.choice(weighting, NAMES, "weighting")
    if weighting == "heat":
        default = heat_time is None
        time = (
            1.0 / first_eigenvalue if default else _validation.real(heat_time, "heat_time", minimum=0, exclusive=True)
        )
        return Weighting("heat", f"heat(t={time:.6g})", time)
    if weighting == "sobolev":
        exponent = _validation.real(order, "order", minimum=0, exclusive=True)
        return Weighting("power", f"sobolev(p={exponent:.6g})", exponent)
    if weighting == "flat":
        return Weighting("flat", "flat")
    return Weighting("power", weighting, 2.0 if weighting == "biharmonic" else 1.0)
