"""The result of a hypothesis test, printed as R prints an htest."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from stattools import _validation
from stattools._errors import InvalidParameterError
from stattools._typing import FloatArray
from stattools.results import _format
from stattools.results.base import Result
from stattools.results.interval import ConfidenceInterval
from stattools.results.resampling import ResamplingInfo
from stattools.results.summary import Gap, Line, Part, Table, cut, text_rows

ALTERNATIVES = {"two-sided": "not equal to", "less": "less than", "greater": "greater than"}
MAX_ROWS = 20


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class HTestResult(Result):
    """A hypothesis test; unpacks to exactly ``(statistic, pvalue)``.

    Parameters
    ----------
    statistic, pvalue : float
        Arrays of one shape for a function that runs one test for each row of its input.
    method : str
        The name of the test, the title of the printed form.
    data_name : str
        What was tested, in words.
    statistic_name : str
        Its symbol, such as "T*".
    parameter : dict of str to number
        Printed behind the statistic: degrees of freedom, number of slices.
    estimate : dict of str to float
    estimate_units : str or dict of str to str
        Units of all estimates, or of those that are named.
    null_value : dict of str to float, optional
        The parameter under the null hypothesis.
    alternative : {"two-sided", "less", "greater"}
    alternative_text : str
        The alternative hypothesis in words; by default it is made from `null_value` and `alternative`.
    n : dict of str to int
        Sizes, such as ``{"x": 120, "y": 115}``.
    conf_int : ConfidenceInterval, optional
    components : dict of str to (k,) array_like
        Columns of a table with a row for each slice or term.
    combination : dict
        How several p-values became one: "method", "guarantee", ...
    settings : dict of str to str or number
        Options worth a reader's attention.
    resampling : ResamplingInfo, optional
        Absent when the p-value does not come from resampling.
    null_distribution : (B,) array_like, optional
        Values of the statistic under the null hypothesis.

    Raises
    ------
    InvalidParameterError
        The p-value is outside [0, 1], the alternative is unknown, or the columns of `components` differ in length.

    Examples
    --------
    >>> from stattools._provenance import Provenance
    >>> result = HTestResult(
    ...     provenance=Provenance.capture("f(x, y)"), method="Two-sample test", data_name="x and y",
    ...     statistic=2.5, pvalue=0.0124, statistic_name="z", alternative_text="the means differ",
    ... )
    >>> print(str(result).strip())
    Two-sample test
    <BLANKLINE>
    data:  x and y
    z = 2.5, p-value = 0.0124
    alternative hypothesis: the means differ
    """

    plot_kinds: ClassVar[tuple[str, ...]] = ("null",)

    statistic: float
    pvalue: float
    method: str
    data_name: str = ""
    statistic_name: str = "statistic"
    parameter: dict[str, Any] = field(default_factory=dict)
    estimate: dict[str, float] = field(default_factory=dict)
    estimate_units: str | dict[str, str] = ""
    null_value: dict[str, float] | None = None
    alternative: str = "two-sided"
    alternative_text: str = ""
    n: dict[str, int] = field(default_factory=dict)
    conf_int: ConfidenceInterval | None = None
    components: dict[str, Any] = field(default_factory=dict)
    combination: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    resampling: ResamplingInfo | None = None
    null_distribution: FloatArray | None = None

    def __post_init__(self) -> None:
        for name in ("statistic", "pvalue"):
            object.__setattr__(self, name, _scalar_or_array(getattr(self, name)))
        if self.null_distribution is not None:
            object.__setattr__(self, "null_distribution", np.asarray(self.null_distribution))
        object.__setattr__(self, "components", {k: np.asarray(v) for k, v in self.components.items()})
        super().__post_init__()
        self._check()

    def _check(self) -> None:
        _validation.choice(self.alternative, tuple(ALTERNATIVES), "alternative")
        p = np.asarray(self.pvalue)
        if np.any((p < 0) | (p > 1)):
            raise InvalidParameterError(f"pvalue is {_format.value_text(self.pvalue)}; it must lie in [0, 1]")
        lengths = {name: column.shape for name, column in self.components.items()}
        if any(len(shape) != 1 for shape in lengths.values()) or len(set(lengths.values())) > 1:
            raise InvalidParameterError(f"components has columns of shapes {lengths}; they must be (k,) for one k")

    def __iter__(self) -> Iterator[Any]:
        return iter((self.statistic, self.pvalue))

    def confidence_interval(self, confidence_level: float = 0.95) -> ConfidenceInterval:
        """The confidence interval that was computed with the test.

        Parameters
        ----------
        confidence_level : float, default 0.95

        Raises
        ------
        InvalidParameterError
            There is no interval, or only one of another level.

        Examples
        --------
        >>> from stattools.resampling import combine_pvalues
        >>> combine_pvalues([0.01, 0.2]).confidence_interval()
        Traceback (most recent call last):
        ...
        stattools._errors.InvalidParameterError: ...
        """
        level = _validation.real(confidence_level, "confidence_level", minimum=0, maximum=1, exclusive=True)
        if self.conf_int is None:
            raise InvalidParameterError(f"the {self.method} has no confidence interval")
        if abs(self.conf_int.confidence_level - level) > 1e-9:
            raise InvalidParameterError(
                f"confidence_level is {level}; this result holds the interval of level "
                f"{self.conf_int.confidence_level}, and cannot compute another"
            )
        return self.conf_int

    # printed forms ---------------------------------------------------------------------------------------------------
    @property
    def _is_scalar(self) -> bool:
        return not isinstance(self.statistic, np.ndarray) and not isinstance(self.pvalue, np.ndarray)

    @property
    def _asymptotic(self) -> bool:
        """Whether a tiny p-value rests on an approximation alone."""
        return self.resampling is None

    def _title(self) -> str:
        return self.method

    def _headline(self, digits: int) -> str:
        if not self._is_scalar:
            size = np.asarray(self.pvalue).size
            return f"{size} tests, smallest {_format.pvalue_equation(np.min(self.pvalue), digits, asymptotic=True)}"
        equation = _format.pvalue_equation(self.pvalue, digits, asymptotic=self._asymptotic)
        return f"{self.statistic_name} = {_format.number(self.statistic, digits)}, {equation}"

    def _equations(self, digits: int) -> str:
        if not self._is_scalar:
            return _format.equations(self.parameter, digits)
        equation = _format.pvalue_equation(self.pvalue, digits, asymptotic=self._asymptotic)
        return _format.equations({self.statistic_name: self.statistic, **self.parameter}, digits) + ", " + equation

    def _parts(self, digits: int, *, full: bool) -> list[Part]:
        parts: list[Part] = [Line(self.data_name, label="data:")] if self.data_name else []
        equations = self._equations(digits)
        parts += [Line(equations)] if equations else []
        if not self._is_scalar:
            parts.append(_array_table(self, digits))
        parts += [Line(self._alternative_words(), label="alternative hypothesis:")]
        parts += self._estimate_parts(digits)
        if self.resampling is not None:
            parts += [Gap(), *(Line(text) for text in self.resampling.lines(self.pvalue if self._is_scalar else None))]
        parts += self._setting_parts(digits)
        return parts + self._detail_parts(digits) if full else parts

    def _alternative_words(self) -> str:
        if self.alternative_text or not self.null_value:
            return self.alternative_text or self.alternative
        relation = ALTERNATIVES[self.alternative]
        return " and ".join(
            f"true {name} is {relation} {_format.number(value)}" for name, value in self.null_value.items()
        )

    def _estimate_parts(self, digits: int) -> list[Part]:
        parts: list[Part] = []
        if self.conf_int is not None:
            parts.append(Line(*self.conf_int.words(digits)))
        if self.estimate:
            names, label = _estimate_names(tuple(self.estimate), self.estimate_units)
            values = tuple(_format.number(value, digits) for value in self.estimate.values())
            parts.append(Table(label, names, (values,), min_width=10))
        return parts

    def _setting_parts(self, digits: int) -> list[Part]:
        if not self.settings:
            return []
        gap: list[Part] = [] if self.resampling is not None else [Gap()]
        return [*gap, Line(_format.equations(self.settings, digits, "; "), label="settings:")]

    def _detail_parts(self, digits: int) -> list[Part]:
        """What `summary` shows beyond the printed block."""
        parts: list[Part] = []
        if self.n:
            parts += [Gap(), Line(_format.equations(self.n, digits), label="sizes:")]
        if self.resampling is not None and not self.resampling.exact:
            low, high = (_format.number(limit, digits) for limit in self.resampling.interval)
            parts += [Gap(), Line(f"[{low}, {high}]", label="95 percent Monte Carlo interval of the p-value:")]
        if self.combination:
            parts += [Gap(), Line(_format.equations(self.combination, digits, "; "), label="combination:")]
        if self.components:
            names, rows, n_left = text_rows(self.components, digits)
            shown, more = cut(rows, MAX_ROWS)
            parts += [Gap(), Table("components:", names, shown, n_left=n_left)]
            parts += [Line(more)] if more else []
        return parts

    def _sentence(self, style: str) -> str:
        if not self._is_scalar:
            return f"{self.method}: {self._headline(3)}."
        if style == "plain":
            about = f" of {self.data_name}" if self.data_name else ""
            how = f" by {_resampling_words(self.resampling)}" if self.resampling else ""
            interval = f", {self.conf_int.apa()}" if self.conf_int is not None else ""
            words = self._alternative_words()
            return f"{self.method}{about}: {self._equations(4)}{how}{interval}; alternative hypothesis: {words}."
        values = _format.equations({self.statistic_name: self.statistic, **self.parameter}, 3)
        interval = f", {self.conf_int.apa()}" if self.conf_int is not None else ""
        how = f" ({_resampling_words(self.resampling)})" if self.resampling else ""
        return f"{self.method}, {values}{interval}, {_format.pvalue_apa(self.pvalue)}{how}."

    # tables ----------------------------------------------------------------------------------------------------------
    def _tidy(self) -> Mapping[str, Any]:
        if self.components:
            return self.components
        if self._is_scalar:
            return {name: [value] for name, value in self._glance().items()}
        shape = np.broadcast(self.statistic, self.pvalue).shape
        columns = {"statistic": self.statistic, "p_value": self.pvalue}
        table = {name: np.broadcast_to(values, shape).ravel() for name, values in columns.items()}
        return {"term": np.arange(table["p_value"].size), **table, "method": [self.method] * table["p_value"].size}

    def _glance(self) -> Mapping[str, Any]:
        row: dict[str, Any] = {}
        if len(self.estimate) == 1:
            row["estimate"] = next(iter(self.estimate.values()))
        else:
            row |= {f"estimate_{_format.snake(name)}": value for name, value in self.estimate.items()}
        if self._is_scalar:
            row |= {"statistic": self.statistic, "p_value": self.pvalue}
        else:
            row |= {"n_tests": np.asarray(self.pvalue).size, "smallest_p_value": float(np.min(self.pvalue))}
        row |= {f"parameter_{_format.snake(name)}": value for name, value in self.parameter.items()}
        if self.conf_int is not None:
            row |= {"conf_low": self.conf_int.low, "conf_high": self.conf_int.high}
            row["conf_level"] = self.conf_int.confidence_level
        row |= {f"n_{_format.snake(name)}": size for name, size in self.n.items()}
        row |= {"method": self.method, "alternative": self.alternative}
        if self.resampling is not None:
            row |= {"n_resamples": self.resampling.n_resamples, "mc_std_error": self.resampling.standard_error}
        return row

    # plots -----------------------------------------------------------------------------------------------------------
    def _available_plots(self) -> tuple[str, ...]:
        return tuple(kind for kind in self.plot_kinds if kind != "null" or self.null_distribution is not None)

    def _plot(self, kind: str, ax: Any, **options: Any) -> Any:
        # by name: plotting stands above results, and is loaded only to draw
        plotting = importlib.import_module("stattools.plotting")
        return plotting.plot_null_distribution(self, ax=ax, **options)


def _scalar_or_array(value: Any) -> Any:
    array = np.asarray(value, dtype=np.float64)
    if array.ndim == 0:
        return float(array)
    return value if isinstance(value, np.ndarray) and value.dtype == np.float64 else array


def _array_table(result: HTestResult, digits: int) -> Table:
    statistics, pvalues = (a.ravel() for a in np.broadcast_arrays(result.statistic, result.pvalue))
    texts = [_format.pvalue(p, digits, asymptotic=result._asymptotic) for p in pvalues]
    numbers = _format.number_column(statistics.tolist(), digits)
    rows = [(str(k), s, p) for k, (s, p) in enumerate(zip(numbers, texts, strict=True))]
    shown, more = cut(rows, MAX_ROWS)
    return Table(f"first rows, {more}:" if more else "", ("row", result.statistic_name, "p-value"), shown)


def _estimate_names(names: tuple[str, ...], units: str | Mapping[str, str]) -> tuple[tuple[str, ...], str]:
    if isinstance(units, str):
        return names, f"sample estimates ({units}):" if units else "sample estimates:"
    return tuple(f"{name} ({units[name]})" if units.get(name) else name for name in names), "sample estimates:"


def _resampling_words(info: ResamplingInfo | None) -> str:
    if info is None:
        return ""
    if info.exact:
        return f"{info.kind}, all {info.n_resamples} distinct arrangements"
    early = ", stopped early" if info.stopped_early else ""
    return f"{info.kind} with {info.n_resamples} resamples{early}"
