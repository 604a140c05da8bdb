"""Pictures of Frechet regressions and of the bands around their predictions."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidParameterError
from stattools._typing import FloatArray
from stattools.plotting import _style

MOST_CURVES = 50
MOST_BANDS = 6
COLORS = "viridis"


def plot_frechet(result: Any, kind: str = "effect", ax: Any = None, **options: Any) -> Any:
    """Draw a Frechet regression.

    Parameters
    ----------
    result : FrechetResult
    kind : {"effect", "smoothing", "residuals"}
        "effect": predicted quantile functions or densities along one predictor, the others held. "smoothing": the
        leave-one-out loss of all candidates. "residuals": distances of responses from what the others predict.
    ax : matplotlib Axes, optional
    **options
        effect: ``predictor`` (name or number, the first), ``show`` ("quantile" or "density"), ``n_curves`` (9), ``at``
        (dict of name to value for the other predictors; their means). residuals: ``predictor`` (name or number to draw
        against; by default the distance from the barycentre of the responses) and ``n_labels`` (3).

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InvalidParameterError
        There is no such kind, option or predictor, or the fit has nothing to draw for it.

    Notes
    -----
    Values of the predictor run evenly between its 5 and 95 percent quantiles. Densities are drawn from the predicted
    quantiles with a Gaussian kernel of Silverman's width, cut at the ends of a declared support; they are for the eye.

    Examples
    --------
    >>> from stattools.distributions import DistributionArray
    >>> from stattools.sdr.frechet import FrechetRegressor
    >>> u = np.linspace(0.0, 1.0, 30)
    >>> Y = DistributionArray.from_samples(np.sin(6 * u)[:, None] + np.linspace(-1.0, 1.0, 20))
    >>> plot_frechet(FrechetRegressor().fit(u, Y).results_, "smoothing").get_xlabel()
    'bandwidth in standard deviations of the predictors'
    """
    _style.require(result, ("predictors", "loo_distances", "curve"), "what FrechetRegressor keeps in results_")
    drawings: dict[str, Any] = {"effect": _effect, "smoothing": _smoothing, "residuals": _residuals}
    return _style.call(drawings, kind, options, result, ax)


def plot_bands(bands: Any, ax: Any = None, *, rows: Any = None) -> Any:
    """Draw bands around predicted quantile functions.

    Parameters
    ----------
    bands : QuantileBands
    ax : matplotlib Axes, optional
    rows : sequence of int, optional
        Which rows, at most 6; by default the first ones.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InvalidParameterError
        There is no such row, or there are more than 6.

    Examples
    --------
    >>> from stattools.distributions import DistributionArray
    >>> from stattools.sdr.frechet import FrechetRegressor
    >>> u = np.linspace(0.0, 1.0, 30)
    >>> Y = DistributionArray.from_samples(u[:, None] ** 2 + np.linspace(-1.0, 1.0, 20))
    >>> plot_bands(FrechetRegressor("global").fit(u, Y).predict_bands([0.2], rng=1)).get_ylabel()
    'quantile'
    """
    _style.require(bands, ("levels", "centre", "lower", "upper"), "what FrechetRegressor.predict_bands returns")
    n = len(bands.centre)
    chosen = list(range(min(n, MOST_BANDS))) if rows is None else [int(row) for row in np.atleast_1d(rows)]
    if len(chosen) > MOST_BANDS or any(not 0 <= row < n for row in chosen):
        raise InvalidParameterError(f"rows is {rows!r}; it takes at most {MOST_BANDS} of the rows 0 to {n - 1}")
    ax = _style.axes(ax)
    for place, k in enumerate(chosen):
        color = _style.color(place)
        ax.fill_between(bands.levels, bands.lower[k], bands.upper[k], color=color, alpha=0.22, linewidth=0)
        pairs = zip(bands.predictor_names, bands.predictors[k], strict=True)
        named = [f"{name} = {value:.4g}" for name, value in pairs]
        label = ", ".join(named) if len(named) <= 2 else f"row {bands.row_names[k]}"
        ax.plot(bands.levels, bands.centre[k], color=color, linewidth=1.6, label=label, gid=f"row {k}")
    _style.legend(ax, fontsize="small")
    what = "mean quantile functions" if bands.of == "mean" else "new responses"
    title = f"{bands.coverage.capitalize()} {100 * bands.confidence_level:g} % bands for {what}"
    return _style.finish(ax, title=title, xlabel="level", ylabel="quantile")


# effect --------------------------------------------------------------------------------------------------------------
def _effect(
    result: Any, ax: Any, *, predictor: Any = 0, show: str = "quantile", n_curves: int = 9, at: Any = None
) -> Any:
    if result.space_kind != "line":
        raise InvalidParameterError("kind is 'effect'; it is for responses on the line")
    show = _validation.choice(show, ("quantile", "density"), "show")
    n_curves = _validation.integer(n_curves, "n_curves", minimum=2, maximum=MOST_CURVES)
    j = _column(result, predictor)
    low, high = np.quantile(result.predictors[:, j], [0.05, 0.95])
    values = np.linspace(low, high, n_curves)
    rows = np.tile(_held(result, at, j), (n_curves, 1))
    rows[:, j] = values
    quantiles = result.quantile_functions(rows)[:, 0]
    ax = _style.axes(ax)
    scale, colors = _colors(values)
    if show == "density":
        grid, curves = _densities(quantiles, result.support)
    else:
        grid, curves = result.levels, quantiles
    for k, curve in enumerate(curves):
        ax.plot(grid, curve, color=colors[k], linewidth=1.5, gid=f"curve {k}")
    _style.color_bar(ax, scale, result.predictor_names[j])
    held = "" if len(result.predictor_names) == 1 else "; the other predictors are held"
    title = f"Predicted {show} functions{held}" if show == "quantile" else f"Predicted densities{held}"
    labels = ("level", "quantile") if show == "quantile" else ("value", "density")
    return _style.finish(ax, title=title, xlabel=labels[0], ylabel=labels[1])


def _column(result: Any, predictor: Any) -> int:
    names = list(result.predictor_names)
    if isinstance(predictor, str):
        if predictor not in names:
            shown = ", ".join(map(repr, names[:10])) + (", ..." if len(names) > 10 else "")
            raise InvalidParameterError(f"predictor is {predictor!r}; the fit has {shown}")
        return names.index(predictor)
    return _validation.integer(predictor, "predictor", minimum=0, maximum=len(names) - 1)


def _held(result: Any, at: Any, moving: int) -> FloatArray:
    held = np.array(result.predictors.mean(axis=0))
    for name, value in (at or {}).items():
        j = _column(result, name)
        if j == moving:
            raise InvalidParameterError(f"at gives {name!r}, which is the predictor that runs")
        held[j] = _validation.real(value, f"at[{name!r}]")
    return held


def _colors(values: FloatArray) -> tuple[Any, Any]:
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    scale = ScalarMappable(Normalize(values[0], values[-1]), colormaps[COLORS])
    return scale, scale.to_rgba(values)


def _densities(quantiles: FloatArray, support: tuple[float, float]) -> tuple[FloatArray, FloatArray]:
    low, high = quantiles.min(), quantiles.max()
    spread = quantiles.std(axis=1)
    width = 1.06 * np.where(spread > 0, spread, max(high - low, 1.0) / 100) * quantiles.shape[1] ** -0.2
    grid = np.linspace(max(low - 3 * width.max(), support[0]), min(high + 3 * width.max(), support[1]), 300)
    steps = (grid[None, :, None] - quantiles[:, None, :]) / width[:, None, None]
    heights = np.exp(-0.5 * steps**2).mean(axis=2) / (np.sqrt(2 * np.pi) * width[:, None])
    return grid, heights


# smoothing -----------------------------------------------------------------------------------------------------------
def _smoothing(result: Any, ax: Any) -> Any:
    factor, penalty, loss = (np.asarray(result.curve[name]) for name in ("factor", "penalty", "loss"))
    if len(loss) < 2:
        raise InvalidParameterError("kind is 'smoothing'; nothing was chosen in this fit, which has one candidate")
    ax = _style.axes(ax)
    ridge = np.isfinite(penalty).any()
    moving = penalty if ridge else factor
    finite = np.isfinite(moving)
    for place, value in enumerate(np.unique(factor[finite]) if ridge else [None]):
        part = finite & (factor == value) if ridge else finite
        part = finite if ridge and np.isnan(value) else part
        label = f"bandwidth {value:.3g} s.d." if ridge and np.isfinite(value) else None
        color = _style.color(place) if ridge else _style.PLAIN
        order = np.argsort(moving[part])
        ax.plot(moving[part][order], loss[part][order], "o-", color=color, markersize=3.5, linewidth=1.2, label=label)
    if (~finite).any():
        at_infinity = "constant fit" if result.kind != "local" else "global fit (infinite bandwidth)"
        ax.axhline(loss[~finite].min(), color=_style.GREY, linewidth=1.0, linestyle="--", label=at_infinity)
    best = int(np.argmin(loss))
    if finite[best]:
        ax.plot(moving[best], loss[best], "o", color=_style.MARK, fillstyle="none", markersize=10, gid="chosen")
    ax.set_xscale("log")
    if loss.max() > 20 * loss.min() > 0:
        ax.set_yscale("log")
    if ax.get_legend_handles_labels()[0]:
        _style.legend(ax, fontsize="small")
    if not ridge:
        _plain_ticks(ax)
    xlabel = "penalty" if ridge else "bandwidth in standard deviations of the predictors"
    return _style.finish(ax, title="Leave-one-out loss", xlabel=xlabel, ylabel="mean squared distance")


def _plain_ticks(ax: Any) -> None:
    """Factors of a log axis as plain numbers."""
    low, high = ax.get_xlim()
    ticks = [step * 10.0**power for power in range(-4, 2) for step in (1, 2, 5)]
    shown = [tick for tick in ticks if low <= tick <= high]
    ax.set_xticks(shown, [f"{tick:g}" for tick in shown])
    ax.set_xticks([], minor=True)


# residuals -----------------------------------------------------------------------------------------------------------
def _residuals(result: Any, ax: Any, *, predictor: Any = None, n_labels: int = 3) -> Any:
    n_labels = _validation.integer(n_labels, "n_labels", minimum=0, maximum=50)
    ax = _style.axes(ax)
    if predictor is None:
        across = np.asarray(result.barycentre_distances)
        xlabel = "distance from the barycentre of all responses"
        end = float(max(across.max(), result.loo_distances.max()))
        ax.plot([0, end], [0, end], color=_style.GREY, linewidth=0.9)
        title = "Responses below the line are better predicted than by the barycentre"
    else:
        j = _column(result, predictor)
        across, xlabel = np.asarray(result.predictors[:, j]), result.predictor_names[j]
        title = "Distances of responses from what the others predict"
    ax.scatter(across, result.loo_distances, s=18, color=_style.PLAIN, alpha=0.75, linewidths=0, gid="responses")
    for i in np.argsort(-result.loo_distances)[:n_labels]:
        place = {"xytext": (4, 2), "textcoords": "offset points", "fontsize": "x-small", "color": _style.INK}
        ax.annotate(str(result.row_names[i]), (across[i], result.loo_distances[i]), **place)
    ax.set_ylim(bottom=0)
    return _style.finish(ax, title=title, xlabel=xlabel, ylabel="distance from what the others predict")
