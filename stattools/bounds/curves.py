"""Bounds as functions of the size of the sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError, Notes
from stattools._provenance import Provenance
from stattools._typing import ArrayLike, FloatArray, IntArray
from stattools.bounds import assembly
from stattools.bounds.named import BOUNDS, Named, by_call, check_settings, has_delta, refuse_unused_delta
from stattools.results import Result, _format
from stattools.results.summary import Line, Part, Table

DEFAULT_SIZES = tuple(round(10.0 ** (k / 8)) for k in range(8, 49))  # from 10 to a million
SHOWN = 5


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class BoundCurve(Result):
    """Values of bounds over sizes and probabilities of failure.

    Parameters
    ----------
    names : tuple of str
        Of the B bounds.
    n : (N,) array_like of int
    delta : (D,) array_like of float
        One NaN if no bound depends on it.
    values : (B, D, N) array_like
        As the formulas give them: from 1 on a bound of a risk in [0, 1] excludes nothing. NaN where a bound needs more
        data.
    kinds : tuple of str
        In which sense each bound holds, as of a BoundResult; "" for a function that does not say.
    without_delta : tuple of str
        The names of bounds that do not depend on `delta`: those on average, and functions that do not take it.
    risk : float, optional
        The empirical risk that the bounds belong to.
    settings : dict of str to str or number

    Examples
    --------
    >>> from stattools.bounds import bound_curve
    >>> curve = bound_curve("hoeffding", [100, 1000], delta=[0.05, 0.01], risk=0.1)
    >>> curve.values.shape, curve.gaps[0, 0].round(4)
    ((1, 2, 2), array([0.1224, 0.0387]))
    """

    plot_kinds: ClassVar[tuple[str, ...]] = ("value", "gap")

    names: tuple[str, ...]
    n: IntArray
    delta: FloatArray
    values: FloatArray
    kinds: tuple[str, ...]
    risk: float | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    without_delta: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, kind in (("n", np.int64), ("delta", np.float64), ("values", np.float64)):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=kind))
        for name in ("names", "kinds", "without_delta"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        shape = (len(self.names), self.delta.size, self.n.size)
        if self.values.shape != shape:
            raise InvalidDataError(f"values has shape {self.values.shape}; names, delta and n need {shape}")
        if len(self.kinds) != len(self.names):
            raise InvalidDataError(f"kinds has {len(self.kinds)} entries for {len(self.names)} bounds")
        super().__post_init__()

    @property
    def gaps(self) -> FloatArray:
        """(B, D, N) values less the empirical risk."""
        return self.values - (0.0 if self.risk is None else self.risk)

    @property
    def vacuous(self) -> Any:
        """(B, D, N) whether a bound of a risk in [0, 1] excludes nothing."""
        return ~(self.values < 1.0)

    # printed forms ---------------------------------------------------------------------------------------------------
    def _title(self) -> str:
        return "Bounds by size of the sample"

    def _headline(self, digits: int) -> str:
        return f"{', '.join(self.names)} at n = {self.n.min()} to {self.n.max()}"

    def _parts(self, digits: int, *, full: bool) -> list[Part]:
        parts: list[Part] = []
        equations = {name: value for name, value in self.settings.items() if isinstance(value, (int, float, str))}
        if equations:
            parts.append(Line(_format.equations(equations, digits)))
        shown = range(self.n.size) if full or self.n.size <= 2 * SHOWN else self._some()
        sizes = tuple(str(size) for size in self.n[list(shown)])
        for d, delta in enumerate(self.delta):
            columns = [
                _format.number_column(self.values[b, d, list(shown)], digits, rounding="up")
                for b in range(len(self.names))
            ]
            rows = tuple(zip(sizes, *columns, strict=True))
            label = "" if np.isnan(delta) else f"delta = {_format.number(float(delta), digits)}:"
            parts.append(Table(label, ("n", *self.names), rows, n_left=1))
        return parts

    def _some(self) -> list[int]:
        return sorted({int(k) for k in np.linspace(0, self.n.size - 1, SHOWN).round()})

    def _sentence(self, style: str) -> str:
        digits = 3 if style == "apa" else 4
        last = int(np.argmax(self.n))
        found = [self._said(b, last, digits) for b in range(len(self.names))]
        delta = float(self.delta[0])
        where = f"At n = {self.n[last]}" + ("" if np.isnan(delta) else f" and delta = {_format.number(delta, digits)}")
        return f"{where}, {'the bounds are' if len(found) > 1 else 'the bound is'} {', '.join(found)}."

    def _said(self, b: int, k: int, digits: int) -> str:
        """One bound in a sentence, on the safe side, with what must be known about it."""
        value = float(self.values[b, 0, k])
        if np.isnan(value):
            return f"{self.names[b]} none (too few data)"
        words = {
            "on average over samples": self.kinds[b] == "expectation",
            "up to an unknown constant": self.kinds[b] == "up-to-constant",
            "whatever delta": self.names[b] in self.without_delta and not self.kinds[b],
            "vacuous for a risk in [0, 1]": bool(self.vacuous[b, 0, k]),
        }
        remarks = ", ".join(word for word, holds in words.items() if holds)
        return f"{self.names[b]} {_format.number_up(value, digits)}" + (f" ({remarks})" if remarks else "")

    # tables ----------------------------------------------------------------------------------------------------------
    def _tidy(self) -> Mapping[str, Any]:
        b, d, k = (index.ravel() for index in np.indices(self.values.shape))
        without = np.array([name in self.without_delta for name in self.names])[b]
        kept = ~without | (d == 0)  # what does not depend on delta stands once
        b, d, k, without = b[kept], d[kept], k[kept], without[kept]
        return {
            "bound": [self.names[i] for i in b],
            "n": self.n[k],
            "delta": np.where(without, np.nan, self.delta[d]),
            "value": self.values[b, d, k],
            "gap": self.gaps[b, d, k],
            "vacuous": self.vacuous[b, d, k],
            "kind": [self.kinds[i] for i in b],
        }

    def _glance(self) -> Mapping[str, Any]:
        row = {"n_bounds": len(self.names), "n_min": int(self.n.min()), "n_max": int(self.n.max())}
        return row | {"n_delta": self.delta.size, "risk": self.risk}

    def _plot(self, kind: str, ax: Any, **options: Any) -> Any:
        from stattools.plotting.bounds_curves import plot_bound_curve

        return plot_bound_curve(self, ax, kind=kind, **options)


def bound_curve(
    bound: str | Callable[..., Any] | list[Any] | tuple[Any, ...] | Mapping[str, Any],
    n: ArrayLike = DEFAULT_SIZES,
    delta: ArrayLike | None = None,
    **settings: Any,
) -> BoundCurve:
    """Values of one or more bounds over sizes of the sample and probabilities of failure.

    Parameters
    ----------
    bound : str, callable, sequence or mapping
        A name as in `sample_size`, or a function of n, or of n and ``delta=``, that returns a number or a BoundResult;
        several of them; or a mapping from labels to them.
    n : (N,) array_like of int, default from 10 to 1,000,000
    delta : float or (D,) array_like, optional
        0.05 unless given; only if there is a bound that has one, or a function that takes it.
    **settings
        As in `sample_size`: `risk` (0 by default) and what the bounds need. Each bound takes those it knows.

    Returns
    -------
    BoundCurve
        With ``values`` (B, D, N); ``plot()`` draws them on logarithmic axes, ``plot(kind="gap")`` what they add to the
        empirical risk.

    Raises
    ------
    InvalidParameterError
        An unknown name, a setting that is missing or that no bound uses, delta among them, a size or a delta out of
        range, or a function that returns something else than a number or an upper bound.

    Notes
    -----
    The bounds of a test set, PAC-Bayes and "occam" are computed for all n and delta at once, the others one by one.
    The number of errors among n is the smallest whole number at least n times the risk.

    References
    ----------
    Those of the functions that compute each bound: `test_set`, `pac_bayes`, `vc`, `compression`, `mutual_information`.

    Examples
    --------
    >>> curve = bound_curve(["binomial", "hoeffding", "vc_vapnik"], [100, 10_000], risk=0.1, dimension=10)
    >>> curve.values[:, 0].round(3)
    array([[0.164, 0.105],
           [0.222, 0.112],
           [0.774, 0.195]])
    >>> bound_curve(lambda n: n**-0.5, [4, 16]).values
    array([[[0.5 , 0.25]]])
    """
    sizes = _sizes(n)
    failures = np.atleast_1d(assembly.levels(0.05 if delta is None else delta))
    if failures.ndim != 1:
        raise InvalidParameterError(f"delta has shape {failures.shape}; pass a number or a list of numbers")
    chosen = _chosen(bound)
    specs = {label: BOUNDS[each] for label, each in chosen.items() if isinstance(each, str)}
    options = check_settings(settings, specs)
    bounds = {label: specs.get(label, each) for label, each in chosen.items()}
    refuse_unused_delta(delta, bounds)
    without = tuple(label for label, each in bounds.items() if not has_delta(each))
    if len(without) == len(bounds):
        failures = np.array([np.nan])
    found = [
        (_of_name(each, sizes, failures, options[label]), each.kind)
        if isinstance(each, Named) else _of_call(each, sizes, failures)
        for label, each in bounds.items()
    ]  # fmt: skip
    risk = next((options[label]["risk"] for label in options), None)
    shown = {"risk": risk, **settings} if risk is not None else settings
    notes = Notes()
    if without and len(without) < len(bounds):
        notes.remark(f"{', '.join(without)} {'does' if len(without) == 1 else 'do'} not depend on delta")
    return BoundCurve(
        provenance=Provenance.capture(f"bound_curve({list(chosen)}, n, delta)", sizes={"n": sizes.size}),
        notes=notes.remarks,
        names=tuple(chosen),
        n=sizes,
        delta=failures,
        values=np.stack([values for values, _ in found]),
        kinds=tuple(kind for _, kind in found),
        risk=risk,
        settings={name: _plain(value) for name, value in shown.items() if isinstance(_plain(value), (int, float, str))},
        without_delta=without,
    )


# below the public function -------------------------------------------------------------------------------------------
def _sizes(n: Any) -> IntArray:
    found = np.atleast_1d(assembly.numbers(n, "n", low=1, whole=True))
    if found.ndim != 1:
        raise InvalidParameterError(f"n has shape {found.shape}; pass a number or a list of numbers")
    return found.astype(np.int64)


def _chosen(bound: Any) -> dict[str, Any]:
    """Labels and bounds."""
    if isinstance(bound, Mapping):
        found = dict(bound)
    else:
        each = list(bound) if isinstance(bound, (list, tuple)) else [bound]
        labels = [item if isinstance(item, str) else _label(item, i) for i, item in enumerate(each)]
        twice = sorted({label for label in labels if labels.count(label) > 1})
        if twice:
            raise InvalidParameterError(f"bound has {twice[0]!r} more than once; pass a mapping from labels to bounds")
        found = dict(zip(labels, each, strict=True))
    if not found:
        raise InvalidParameterError("bound is empty; name at least one")
    for label, item in found.items():
        if not isinstance(label, str) or not label:
            raise InvalidParameterError(f"bound has the label {label!r}; a label is a text that is not empty")
        if not callable(item):
            _validation.choice(item, tuple(BOUNDS), "bound")
    return found


def _label(item: Any, i: int) -> str:
    name = getattr(item, "__name__", "")
    return name if name and name != "<lambda>" else f"bound {i + 1}"


def _of_name(spec: Named, n: IntArray, delta: FloatArray, options: dict[str, Any]) -> FloatArray:
    grid_delta, grid_n = np.meshgrid(delta, n.astype(np.float64), indexing="ij")
    found = np.full(grid_n.shape, np.nan)
    enough = grid_n >= spec.smallest(options)
    if enough.any():
        found[enough] = spec.values(grid_n[enough], grid_delta[enough], options)
    return found


def _of_call(bound: Any, n: IntArray, delta: FloatArray) -> tuple[FloatArray, str]:
    """Values of a user's function, and the kind that its results state, if they agree."""
    result = by_call(bound)
    found = [[result(int(size), float(failure)) for size in n] for failure in delta]
    kinds = {kind for row in found for _, kind in row}
    return np.array([[value for value, _ in row] for row in found]), kinds.pop() if len(kinds) == 1 else ""


def _plain(value: Any) -> Any:
    """A number of numpy as one of Python."""
    return value.item() if isinstance(value, np.generic) else value
