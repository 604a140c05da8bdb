"""How far scores move when the observations are drawn again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.special import ndtri

from stattools import _random, _validation
from stattools._provenance import Provenance
from stattools._typing import FloatArray, Progress
from stattools.resampling import Bootstrap, resample
from stattools.results import Result, _format
from stattools.results.summary import Gap, Line, Part, Table, cut
from stattools.sdr.pairing import needed
from stattools.sdr.refit import Features, refit

MAX_ROWS = 20
NEGLIGIBLE = 1e-2
"""Directions whose filter is below this share of the largest are held at zero: they move scores by less than that."""

COVERAGE = (
    "in simulations with 60 and 200 observations, intervals of nominal level 0.95 covered on average 0.95 of the "
    "scores of one clearly leading component, 0.88 to 0.95 of those of two, and 0.73 to 0.93 where eigenvalues are "
    "close or features skewed; low alignment is the sign of it"
)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ScoreBands(Result):
    """Bootstrap bands of the scores of the observations that were fitted.

    Attributes
    ----------
    scores : (n, d) float64
    std_error : (n, d) float64
        Root mean squared distance of aligned bootstrap scores from those of the fit.
    low, high : (n, d) float64
        ``scores`` minus and plus the normal quantile times the standard error, for each score on its own.
    confidence_level : float
    n_resamples : int
    alignment : (d,) float64
        Mean over resamples of the squared correlation of an aligned bootstrap component, on the observations, with the
        one of the fit: near 1 for a stable component.
    row_names : (n,) ndarray or None

    Notes
    -----
    See `SDRResult.bootstrap_scores` for what the bands are about.

    Examples
    --------
    >>> x = np.random.default_rng(1).standard_normal((60, 2))
    >>> features = Features(x - x.mean(axis=0), x[:, :1] - x[:, :1].mean(axis=0), 0.5, 0.5, "gsir2")
    >>> scores = refit(features, 1).at(features.x)
    >>> bands = score_bands(features, scores, n_resamples=99, rng=1)
    >>> bands
    <ScoreBands: Bootstrap bands of scores, 60 observations, 1 component, 99 resamples>
    """

    plot_kinds: ClassVar[tuple[str, ...]] = ("bands",)

    scores: FloatArray
    std_error: FloatArray
    low: FloatArray
    high: FloatArray
    confidence_level: float
    n_resamples: int
    alignment: FloatArray
    row_names: Any = None

    def _title(self) -> str:
        return "Bootstrap bands of scores"

    def _headline(self, digits: int) -> str:
        n, d = self.scores.shape
        return f"{n} observations, {d} component{'s' * (d > 1)}, {self.n_resamples} resamples"

    def _parts(self, digits: int, *, full: bool) -> list[Part]:
        rows = [
            (str(j + 1), *_format.number_column([error, spread, error / spread, self.alignment[j]], digits))
            for j, (error, spread) in enumerate(zip(self._typical_errors(), self.scores.std(axis=0), strict=True))
        ]
        columns = ("component", "std_error", "sd_of_scores", "ratio", "alignment")
        parts: list[Part] = [
            Line(self._headline(digits)),
            Line(f"pointwise intervals of level {_format.number(self.confidence_level)}"),
            Gap(),
            Table("root mean square of standard errors:", columns, tuple(rows), n_left=1),
        ]
        if full:
            table = self._tidy()
            texts = [list(map(str, table["observation"])), list(map(str, table["component"]))]
            texts += [_format.number_column(table[name], digits) for name in ("estimate", "conf_low", "conf_high")]
            shown, more = cut(list(zip(*texts, strict=True)), MAX_ROWS)
            names = ("observation", "component", "estimate", "conf_low", "conf_high")
            parts += [Gap(), Table("scores:", names, shown, n_left=1), *([Line(more)] if more else [])]
        return parts

    def _typical_errors(self) -> FloatArray:
        return np.asarray(np.sqrt((self.std_error**2).mean(axis=0)))

    def _sentence(self, style: str) -> str:
        words = ", ".join(_format.number(value, 3) for value in self._typical_errors() / self.scores.std(axis=0))
        return (
            f"Bootstrap standard errors of scores from {self.n_resamples} resamples are on average {words} standard "
            "deviations of the component."
        )

    def _tidy(self) -> Mapping[str, Any]:
        n, d = self.scores.shape
        names = np.arange(n) if self.row_names is None else np.asarray(self.row_names)
        return {
            "observation": np.repeat(names, d).tolist(),
            "component": np.tile(np.arange(1, d + 1), n).tolist(),
            "estimate": self.scores.ravel().tolist(),
            "std_error": self.std_error.ravel().tolist(),
            "conf_low": self.low.ravel().tolist(),
            "conf_high": self.high.ravel().tolist(),
        }

    def _glance(self) -> Mapping[str, Any]:
        n, d = self.scores.shape
        row: dict[str, Any] = {"nobs": n, "n_components": d, "n_resamples": self.n_resamples}
        row |= {f"alignment_{j + 1}": value for j, value in enumerate(self.alignment.tolist())}
        return row | {"conf_level": self.confidence_level}

    def plot(self, *, ax: Any = None, kind: str | None = None, **options: Any) -> Any:
        """Draw the bands of one component, observations in the order of their scores.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            A new figure by default.
        kind : {"bands"}, optional
        **options
            ``component``, default 1.

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        InvalidParameterError
            There is no such component or option.

        Examples
        --------
        >>> from stattools.sdr import DistributionSDR
        >>> x = np.random.default_rng(1).standard_normal((40, 2))
        >>> result = DistributionSDR(n_components=1, random_state=1).fit(x, x[:, 0]).results_
        >>> result.bootstrap_scores(n_resamples=20, rng=1).plot(component=1).get_ylabel()
        'component 1'
        """
        return super().plot(ax=ax, kind=kind, **options)

    def _plot(self, kind: str, ax: Any, **options: Any) -> Any:
        from stattools.plotting import _style, sdr as plots

        return _style.call({"bands": plots.plot_score_bands}, kind, options, self, ax)


def score_bands(
    features: Features,
    scores: FloatArray,
    *,
    n_resamples: int = 199,
    confidence_level: float = 0.95,
    row_names: Any = None,
    call: str = "",
    rng: Any = None,
    n_jobs: int | None = None,
    progress: Progress = False,
) -> ScoreBands:
    """Refit to bootstrap samples, evaluate at the observations, align, and take the spread.

    Parameters
    ----------
    features : Features
    scores : (n, d) float64
        Of the fit.
    n_resamples, confidence_level, rng, n_jobs, progress
        As in `SDRResult.bootstrap_scores`.

    Returns
    -------
    ScoreBands

    Examples
    --------
    >>> x = np.random.default_rng(1).standard_normal((60, 2))
    >>> features = Features(x - x.mean(axis=0), x[:, :1] - x[:, :1].mean(axis=0), 0.5, 0.5, "gsir2")
    >>> score_bands(features, refit(features, 1).at(features.x), n_resamples=99, rng=1).scores.shape
    (60, 1)
    """
    n, d = scores.shape
    level = _validation.real(confidence_level, "confidence_level", minimum=0, maximum=1, exclusive=True)
    n_resamples = _validation.integer(n_resamples, "n_resamples", minimum=2)
    seed = _random.seed_sequence(rng)
    lengths = np.linalg.norm(scores, axis=0)
    target = scores / lengths
    joint = resample(
        _Aligned(features, target, needed(n_resamples)),
        Bootstrap(n_resamples, codes=np.zeros(n, dtype=np.intp)),
        observed=np.zeros(n * d),
        rng=seed,
        n_jobs=n_jobs,
        progress=progress,
    )
    drawn = joint.values.reshape(-1, n, d)
    errors = np.sqrt(((drawn - (target - target.mean(axis=0))) ** 2).mean(axis=0)) * lengths
    products = np.einsum("bnd,nd->bd", drawn, target) ** 2
    norms = np.einsum("bnd,bnd->bd", drawn, drawn)
    width = float(ndtri(0.5 + level / 2)) * errors
    return ScoreBands(
        provenance=Provenance.capture(call, seed=seed, sizes={"n": n, "components": d}),
        notes=(COVERAGE,),
        scores=scores,
        std_error=errors,
        low=scores - width,
        high=scores + width,
        confidence_level=level,
        n_resamples=n_resamples,
        alignment=(products / np.where(norms > 0, norms, 1.0)).mean(axis=0),
        row_names=row_names,
    )


@dataclass(frozen=True)
class _Aligned:
    """Rows drawn (b, n) to aligned scores (b, n d) of unit norm on the observations, as far as the fit has it."""

    features: Features
    target: FloatArray
    n_needed: int | None

    def __call__(self, arrangements: Any) -> FloatArray:
        found = np.zeros((len(arrangements), self.target.size))
        for b, rows in enumerate(arrangements[: self.n_needed]):
            found[b] = self.of(rows).ravel()
        return found

    def of(self, rows: Any) -> FloatArray:
        drawn = refit(self.features, self.target.shape[1], rows).at(self.features.x)
        drawn = drawn - drawn.mean(axis=0)
        lengths = np.linalg.norm(drawn, axis=0)
        return procrustes(drawn / np.where(lengths > 0, lengths, 1.0), self.target)


def procrustes(moved: FloatArray, target: FloatArray) -> FloatArray:
    """Columns (n, d) turned by the orthogonal matrix that brings them nearest to the target.

    References
    ----------
    Schoenemann (1966), A generalized solution of the orthogonal Procrustes problem, Psychometrika 31, 1-10.

    Examples
    --------
    >>> procrustes(np.array([[0.0, -1.0], [1.0, 0.0]]), np.eye(2)) + 0.0
    array([[1., 0.],
           [0., 1.]])
    """
    left, _, right = np.linalg.svd(moved.T @ target)
    return np.asarray(moved @ (left @ right))
