"""Bands around the quantile functions that a Frechet regression predicts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from stattools import _validation
from stattools._errors import DegenerateDataError, InvalidParameterError
from stattools._provenance import Provenance
from stattools._random import seed_sequence
from stattools._typing import FloatArray, Seed
from stattools.resampling import Bootstrap, Multiplier, resample
from stattools.results import Result
from stattools.results._format import WIDTH, number_column, percent
from stattools.results.summary import Gap, Line, Part, Table, cut
from stattools.sdr.band_errors import Residuals, widened

if TYPE_CHECKING:
    from stattools.sdr.frechet_assembly import Fit
    from stattools.sdr.frechet_responses import ResponseSpace

MOST_ROWS = 20
MOST_PREDICTORS = 3
LONG_NAME = 24
BLOCK_VALUES = 2**22


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class QuantileBands(Result):
    """Bands around predicted quantile functions, one for each new row.

    Parameters
    ----------
    levels : (D,) float64
        Middles of the cells over which quantile functions are averaged.
    centre, lower, upper, std_error : (k, D) float64
        Predicted quantile functions, the bands, and the standard errors that they rest on.
    critical : (k,) or (k, D) float64
        Standard errors on either side, widened for their degrees of freedom.
    df : (k,) float64
        Degrees of freedom of the standard errors.
    confidence_level : float
    of : {"mean", "response"}
    coverage : {"simultaneous", "pointwise"}
    n_resamples : int
    predictors : (k, d) float64
    predictor_names, row_names : tuple of str

    Examples
    --------
    >>> from stattools.distributions import DistributionArray
    >>> from stattools.sdr.frechet import FrechetRegressor
    >>> rng = np.random.default_rng(1)
    >>> u = rng.uniform(size=40)
    >>> Y = DistributionArray.from_samples(u[:, None] + rng.standard_normal((40, 30)))
    >>> FrechetRegressor("global", n_quantiles=10).fit(u, Y).predict_bands([0.1, 0.9], rng=1).lower.shape
    (2, 10)
    """

    plot_kinds: ClassVar[tuple[str, ...]] = ("bands",)

    levels: FloatArray
    centre: FloatArray
    lower: FloatArray
    upper: FloatArray
    std_error: FloatArray
    critical: FloatArray
    df: FloatArray
    confidence_level: float
    of: str
    coverage: str
    n_resamples: int
    predictors: FloatArray
    predictor_names: tuple[str, ...]
    row_names: tuple[str, ...]

    @property
    def _words(self) -> str:
        return "mean quantile functions" if self.of == "mean" else "quantile functions of new responses"

    def _title(self) -> str:
        return f"{self.coverage.capitalize()} bands for {self._words}"

    def _headline(self, digits: int) -> str:
        return f"{len(self.centre)} rows, confidence {percent(self.confidence_level)} percent"

    def _parts(self, digits: int, *, full: bool) -> list[Part]:
        most = min(MOST_PREDICTORS, self._n_predictors)
        tables = [self._band_table(k, digits, full=full) for k in range(most, -1, -1)]
        table, more = next((one for one in tables if _width(one[0]) <= WIDTH - 2), tables[-1])
        hidden = self._n_predictors - (len(table.columns) - 5)
        kind = "wild bootstrap" if self.of == "mean" else "bootstrap"
        how = f"{percent(self.confidence_level)} percent, by {kind} with {self.n_resamples} resamples"
        parts: list[Part] = [Line(how, label="confidence:"), Gap(), table, *([Line(more)] if more else [])]
        return [*parts, Line(f"{hidden} more predictor{'s' * (hidden > 1)} in tidy()")] if hidden else parts

    @property
    def _n_predictors(self) -> int:
        return len(self.predictor_names)

    def _band_table(self, n_predictors: int, digits: int, *, full: bool) -> tuple[Table, str]:
        """The table with so many predictors, and words for the rows that it leaves out."""
        names = ("row", *self.predictor_names[:n_predictors], "level", "quantile", "lower", "upper")
        places = [round(q * (len(self.levels) - 1)) for q in (0.1, 0.5, 0.9)]
        columns = self._columns(places, n_predictors)
        texts = [number_column(np.asarray(column).tolist(), digits) for column in columns[1:]]
        rows = list(zip(columns[0], *texts, strict=True))
        shown, more = cut(rows, len(rows) if full else 3 * MOST_ROWS)
        return Table("quantiles at three levels, and their bands:", names, shown, n_left=1), more

    def _columns(self, places: list[int], n_predictors: int) -> list[Any]:
        k, m = len(self.centre), len(places)
        columns: list[Any] = [np.repeat(np.array(self.row_names), m).tolist()]
        columns += [np.repeat(self.predictors[:, j], m) for j in range(n_predictors)]
        columns.append(np.tile(self.levels[places], k))
        return columns + [values[:, places].ravel() for values in (self.centre, self.lower, self.upper)]

    def _sentence(self, style: str) -> str:
        rows, level = len(self.centre), percent(self.confidence_level)
        return f"{self._title()} at {rows} rows, confidence level {level} percent, {self.n_resamples} resamples."

    def _tidy(self) -> Mapping[str, Any]:
        everything = list(range(len(self.levels)))
        columns = self._columns(everything, len(self.predictor_names))
        names = ("row", *self.predictor_names, "level", "estimate", "conf_low", "conf_high")
        return dict(zip(names, columns, strict=True)) | {"std_error": self.std_error.ravel()}

    def _glance(self) -> Mapping[str, Any]:
        width = float(np.mean(self.upper - self.lower))
        row = {"rows": len(self.centre), "conf_level": self.confidence_level, "mean_width": width, "of": self.of}
        return row | {"coverage": self.coverage, "n_resamples": self.n_resamples}

    def plot(self, *, ax: Any = None, kind: str | None = None, **options: Any) -> Any:
        """Draw predicted quantile functions with their bands.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            A new figure by default.
        kind : {"bands"}, optional
        **options
            ``rows``, numbers of the rows to draw; by default the first six.

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        InvalidParameterError
            There is no such row or option.

        Examples
        --------
        >>> from stattools.distributions import DistributionArray
        >>> from stattools.sdr.frechet import FrechetRegressor
        >>> u = np.random.default_rng(1).uniform(size=40)
        >>> Y = DistributionArray.from_samples(u[:, None] + np.random.default_rng(2).standard_normal((40, 30)))
        >>> bands = FrechetRegressor("global", n_quantiles=10).fit(u, Y).predict_bands([0.1, 0.9], rng=1)
        >>> bands.plot(rows=[1]).get_ylabel()
        'quantile'
        """
        return super().plot(ax=ax, kind=kind, **options)

    def _plot(self, kind: str, ax: Any, **options: Any) -> Any:
        from stattools.plotting import _style, frechet as plots

        return _style.call({"bands": plots.plot_bands}, kind, options, self, ax)


def _width(table: Table) -> int:
    """Characters of a line of the table, whose names are narrowed where they are long."""
    lengths = [max(map(len, column)) for column in zip(table.columns, *table.rows, strict=True)]
    return min(lengths[0], LONG_NAME) + sum(lengths[1:]) + 2 * (len(lengths) - 1)


def bands_of(
    fit: Fit,
    space: ResponseSpace,
    new: FloatArray,
    names: tuple[str, ...],
    *,
    level: float,
    of: str,
    coverage: str,
    n_resamples: int,
    rng: Seed,
    n_jobs: int | None,
    columns: tuple[str, ...],
) -> QuantileBands:
    """See `FrechetRegressor.predict_bands`."""
    if space.kind != "line":
        raise InvalidParameterError(
            f"the responses have {fit.embedding.n_slices} slices; bands are for responses on the line"
        )
    level = _validation.real(level, "level", minimum=0, maximum=1, exclusive=True)
    _validation.choice(of, ("mean", "response"), "of")
    _validation.choice(coverage, ("simultaneous", "pointwise"), "coverage")
    n_resamples = _validation.integer(n_resamples, "n_resamples", minimum=1)
    place = math.ceil(level * (n_resamples + 1) * (1 - 1e-12))
    if place > n_resamples:
        needed = math.ceil(level / (1.0 - level) * (1 - 1e-12))
        raise InvalidParameterError(f"n_resamples is {n_resamples}; level={level:g} needs at least {needed}")
    seed = seed_sequence(rng)
    if of == "response" and fit.saturated:
        raise DegenerateDataError(f"of is 'response', and no residual tells the size of the noise: {fit.saturation}")
    weights, found = fit.weights(new), Residuals.of(fit)
    residuals, noise = found.values, None if of == "mean" else found.noise
    errors, df = (found.of_mean if of == "mean" else found.of_response)(weights)
    draws = _Draws(weights, residuals, noise, errors, coverage == "simultaneous")
    n = len(residuals)
    scheme: Any = (
        Multiplier(n_resamples, n=n)
        if of == "mean"
        else Bootstrap(n_resamples, codes=np.zeros(n, dtype=int), sizes=[n + 1])
    )
    values = resample(draws, scheme, observed=np.zeros(draws.width), rng=seed, n_jobs=n_jobs).values
    critical = np.partition(values, place - 1, axis=0)[place - 1]
    at_once = errors.shape[1] if coverage == "simultaneous" else 1
    critical = critical if coverage == "simultaneous" else critical.reshape(errors.shape)
    critical = widened(critical, df, level=level, n_levels=at_once)
    curves = weights @ fit.embedding.values[:, 0]
    half = (critical[:, None] if coverage == "simultaneous" else critical) * errors
    lower, upper = _within(curves - half, curves + half, space, coverage)
    return QuantileBands(
        provenance=Provenance.capture(
            f"predict_bands(U, level={level:g}, of={of!r}, coverage={coverage!r})",
            seed=seed,
            sizes={"n": n, "rows": len(new)},
        ),
        notes=_notes(fit, of, coverage),
        levels=fit.embedding.levels,
        centre=space.project(curves),
        lower=lower,
        upper=upper,
        std_error=errors,
        critical=critical,
        df=df,
        confidence_level=level,
        of=of,
        coverage=coverage,
        n_resamples=n_resamples,
        predictors=new,
        predictor_names=columns,
        row_names=names,
    )


class _Draws:
    """Absolute ratios of resampled errors to standard errors: (b, k), the largest of all levels, or (b, k D)."""

    def __init__(
        self,
        weights: FloatArray,
        residuals: FloatArray,
        noise: FloatArray | None,
        errors: FloatArray,
        simultaneous: bool,
    ) -> None:
        self.weights, self.residuals, self.noise, self.errors = weights, residuals, noise, errors
        self.simultaneous = simultaneous
        self.width = len(weights) * (1 if simultaneous else residuals.shape[1])

    def __call__(self, arrangements: Any) -> FloatArray:
        n, n_levels = self.residuals.shape
        if self.noise is None:
            multipliers, added = arrangements, None
        else:
            multipliers, added = _counts(arrangements[:, :n], n) - 1.0, self.noise[arrangements[:, n]]
        found = np.empty((len(arrangements), self.width))
        span = 1 if self.simultaneous else n_levels
        for k, (weights, errors) in enumerate(zip(self.weights, self.errors, strict=True)):
            moves = multipliers @ (weights[:, None] * self.residuals)
            moves = np.abs(moves if added is None else moves + added)
            # an error of zero is that of a quantile which is the same in all responses, up to rounding
            ratios = np.divide(moves, errors, out=np.zeros_like(moves), where=errors > 0)
            found[:, k * span : (k + 1) * span] = ratios.max(axis=1, keepdims=True) if self.simultaneous else ratios
        return found


def _counts(rows: Any, n: int) -> FloatArray:
    """(b, n) how often each row was drawn."""
    flat = rows + n * np.arange(len(rows))[:, None]
    return np.asarray(np.bincount(flat.ravel(), minlength=n * len(rows)).reshape(len(rows), n), dtype=np.float64)


def _within(
    lower: FloatArray, upper: FloatArray, space: ResponseSpace, coverage: str
) -> tuple[FloatArray, FloatArray]:
    """What non-decreasing functions within the support can reach inside of the bands, and pointwise the support."""
    if coverage == "simultaneous":
        lower = np.maximum.accumulate(lower, axis=1)
        upper = np.minimum.accumulate(upper[:, ::-1], axis=1)[:, ::-1]
    return np.clip(lower, space.lower, space.upper), np.clip(upper, space.lower, space.upper)


def _notes(fit: Fit, of: str, coverage: str) -> tuple[str, ...]:
    notes = []
    if coverage == "pointwise":
        notes.append("each level is covered with the stated probability, not all levels at once")
    if of == "mean" and fit.kind != "global":
        notes.append("the bands are for what the smoother estimates; smoothing bias is not in them")
    if of == "mean" and fit.saturated:
        notes.append(f"the level is not known: {fit.saturation}")
    if of == "response":
        notes.append("residuals are taken to follow one law whatever the predictors are")
    return tuple(notes)
