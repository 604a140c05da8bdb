"""What every result can do: be compared, stored, printed, tabled and plotted."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._provenance import Provenance
from stattools.results import serialization
from stattools.results._format import clean, value_text
from stattools.results._immutable import equal, freeze
from stattools.results.summary import Gap, Line, Part, Summary

if TYPE_CHECKING:
    from pandas import DataFrame

REPORT_STYLES = ("apa", "plain")

serialization.register(Provenance)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Result:
    """Base of all results: frozen, with read-only arrays, equal by content, not hashable.

    Parameters
    ----------
    provenance : Provenance
        Seed, versions, call, time and sizes.
    warnings : tuple of str
        Texts of the warnings that the computation issued.
    notes : tuple of str
        Remarks that are no warnings.

    Notes
    -----
    Two results are equal when they are of one class and all fields are equal, NaN equal to NaN, the time of the
    computation aside. Arrays that are handed in writable are copied; read-only ones are kept.

    A subclass is declared ``@dataclass(frozen=True, eq=False, repr=False, kw_only=True)`` and implements

    - ``_title()``, the first line of the printed form;
    - ``_headline(digits)``, the numbers that `repr` shows;
    - ``_parts(digits, full)``, the printed parts, `full` for `summary` and not for `print`;
    - ``_sentence(style)``, the sentence of `report`;
    - ``_tidy()`` and ``_glance()``, columns of the two tables;
    - ``_plot(kind, ax, **options)`` with the kinds listed in ``plot_kinds``, the default first.

    Examples
    --------
    >>> from stattools.results import HTestResult
    >>> issubclass(HTestResult, Result)
    True
    """

    plot_kinds: ClassVar[tuple[str, ...]] = ()

    provenance: Provenance
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if serialization.may_register(cls):
            serialization.register(cls)

    def __post_init__(self) -> None:
        source = self.provenance
        source = dataclasses.replace(source, versions=freeze(source.versions), sizes=freeze(source.sizes))
        object.__setattr__(self, "provenance", source)
        for field in dataclasses.fields(self):
            object.__setattr__(self, field.name, freeze(getattr(self, field.name)))

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        # arrays come out of a pickle or a copy writable
        for name, value in state.items():
            object.__setattr__(self, name, freeze(value, own=True))

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return equal(self, other)

    __hash__ = None  # type: ignore[assignment]

    # hooks -----------------------------------------------------------------------------------------------------------
    def _title(self) -> str:
        raise NotImplementedError

    def _headline(self, digits: int) -> str:
        raise NotImplementedError

    def _parts(self, digits: int, *, full: bool) -> list[Part]:
        raise NotImplementedError

    def _sentence(self, style: str) -> str:
        raise NotImplementedError

    def _tidy(self) -> Mapping[str, Any]:
        raise NotImplementedError

    def _glance(self) -> Mapping[str, Any]:
        raise NotImplementedError

    def _plot(self, kind: str, ax: Any, **options: Any) -> Any:
        raise NotImplementedError

    # printed forms ---------------------------------------------------------------------------------------------------
    def summary(self, *, digits: int = 4) -> Summary:
        """The printed form with all tables, settings and the provenance.

        Parameters
        ----------
        digits : int, default 4
            Significant digits.

        Returns
        -------
        Summary
            With ``as_text()``, ``as_html()``, ``as_latex()`` and ``as_markdown()``.

        Examples
        --------
        >>> from stattools.resampling import combine_pvalues
        >>> "p-value" in combine_pvalues([0.01, 0.2]).summary(digits=3).as_text()
        True
        """
        digits = _validation.integer(digits, "digits", minimum=1, maximum=15)
        return self._summary(digits, full=True)

    def _summary(self, digits: int, *, full: bool) -> Summary:
        parts = [*self._parts(digits, full=full), *self._remark_parts()]
        if full:
            parts += self._provenance_parts()
        return Summary(clean(self._title()), tuple(parts))

    def _remark_parts(self) -> list[Part]:
        lines: list[Part] = [Line(text, label="warning:") for text in self.warnings]
        lines += [Line(text, label="note:") for text in self.notes]
        return [Gap(), *lines] if lines else []

    def _provenance_parts(self) -> list[Part]:
        source = self.provenance
        sizes = ", ".join(f"{name} = {size}" for name, size in source.sizes.items())
        versions = ", ".join(f"{name} {version}" for name, version in source.versions.items())
        lines = [("call:", source.call), ("sizes:", sizes), ("versions:", versions), ("computed:", source.time)]
        shown: list[Part] = [Line(text, label=label) for label, text in lines if text]
        return [Gap(), *shown] if shown else []

    def __str__(self) -> str:
        return self._summary(4, full=False).as_text()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {clean(self._title())}, {clean(self._headline(4))}>"

    def _repr_html_(self) -> str:
        return self._summary(4, full=False).as_html()

    def report(self, *, style: str = "apa") -> str:
        """The result in one sentence.

        Parameters
        ----------
        style : {"apa", "plain"}, default "apa"
            "apa" follows the number style of the APA; "plain" prints numbers as the result itself does.

        Examples
        --------
        >>> from stattools.resampling import combine_pvalues
        >>> combine_pvalues([0.01, 0.2]).report(style="apa")
        'Combination of p-values, harmonic mean p, 1/HMP = 52.5, p = .021.'
        """
        return clean(self._sentence(_validation.choice(style, REPORT_STYLES, "style")))

    # tables ----------------------------------------------------------------------------------------------------------
    def tidy(self) -> DataFrame:
        """A table with a row for each term, slice or component.

        Examples
        --------
        >>> from stattools.resampling import combine_pvalues
        >>> len(combine_pvalues([0.01, 0.2]).tidy())
        1
        """
        import pandas

        return pandas.DataFrame({name: _column(values) for name, values in self._tidy().items()})

    def glance(self) -> DataFrame:
        """A table of exactly one row that describes the whole result.

        Examples
        --------
        >>> from stattools.resampling import combine_pvalues
        >>> len(combine_pvalues([0.01, 0.2]).glance())
        1
        """
        import pandas

        return pandas.DataFrame([{name: _cell(value) for name, value in self._glance().items()}])

    # storage ---------------------------------------------------------------------------------------------------------
    def to_dict(self) -> dict[str, Any]:
        """A dict of JSON values from which `from_dict` rebuilds an equal result.

        Examples
        --------
        >>> from stattools.resampling import combine_pvalues
        >>> combine_pvalues([0.01, 0.2]).to_dict()["statistic_name"]
        '1/HMP'
        """
        encoded: dict[str, Any] = serialization.encode(self)
        return encoded

    def to_json(self, *, indent: int | None = None) -> str:
        """The dict of `to_dict` as JSON text.

        Examples
        --------
        >>> from stattools.resampling import combine_pvalues
        >>> result = combine_pvalues([0.01, 0.2])
        >>> type(result).from_json(result.to_json()) == result
        True
        """
        return json.dumps(self.to_dict(), allow_nan=False, indent=indent)

    @classmethod
    def from_dict(cls, d: Mapping[str, Any]) -> Self:
        """Rebuild a result from `to_dict`; ``Result.from_dict`` rebuilds any kind.

        Raises
        ------
        InvalidDataError
            `d` does not describe a result of this class.

        Examples
        --------
        >>> from stattools.resampling import combine_pvalues
        >>> result = combine_pvalues([0.01, 0.2])
        >>> Result.from_dict(result.to_dict()) == result
        True
        """
        result = serialization.decode(d)
        if not isinstance(result, cls):
            raise InvalidDataError(f"d describes a {type(result).__name__}, not a {cls.__name__}")
        return result

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Rebuild a result from `to_json`.

        Raises
        ------
        InvalidDataError
            `text` is no JSON, or does not describe a result of this class.

        Examples
        --------
        >>> from stattools.resampling import combine_pvalues
        >>> result = combine_pvalues([0.01, 0.2])
        >>> Result.from_json(result.to_json()) == result
        True
        """
        try:
            stored = json.loads(text)
        except (ValueError, TypeError) as error:
            raise InvalidDataError(f"text cannot be read as JSON: {error}") from None
        return cls.from_dict(stored)

    # plots -----------------------------------------------------------------------------------------------------------
    def plot(self, *, ax: Any = None, kind: str | None = None, **options: Any) -> Any:
        """Draw the result with matplotlib.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            A new figure by default.
        kind : str, optional
            One of ``plot_kinds``; the first by default.
        **options
            Passed to the drawing function.

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        InvalidParameterError
            The result has no such plot.

        Examples
        --------
        >>> from stattools.resampling import combine_pvalues
        >>> combine_pvalues([0.01, 0.2]).plot(kind="null")
        Traceback (most recent call last):
        ...
        stattools._errors.InvalidParameterError: ...
        """
        kinds, absent = self._available_plots(), self._absent_plots()
        if isinstance(kind, str) and kind in absent:
            others = f"; it can draw {', '.join(map(repr, kinds))}" if kinds else ""
            raise InvalidParameterError(f"kind is {kind!r}, which this result cannot draw: {absent[kind]}{others}")
        if not kinds:
            raise InvalidParameterError(f"kind is {kind!r}; this {type(self).__name__} has no plot")
        kind = kinds[0] if kind is None else _validation.choice(kind, kinds, "kind")
        return self._plot(kind, ax, **options)

    def _available_plots(self) -> tuple[str, ...]:
        """The kinds this one result can draw: those that are not absent; a subclass may narrow them without reasons."""
        absent = self._absent_plots()
        return tuple(kind for kind in type(self).plot_kinds if kind not in absent)

    def _absent_plots(self) -> Mapping[str, str]:
        """Why this one result cannot draw the other kinds, and what to do about it; a subclass may give reasons."""
        return {}


def _column(values: Any) -> Any:
    """A column that pandas may keep and write to without touching the result."""
    return values.copy() if hasattr(values, "copy") else list(values)


def _cell(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    return value if value is None or isinstance(value, (bool, int, float, str)) else value_text(value)
