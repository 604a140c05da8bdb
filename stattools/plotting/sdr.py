"""Pictures of nonlinear dimension reductions: eigenvalues, criteria, scores, and what components do to the response."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidParameterError
from stattools._typing import FloatArray
from stattools.plotting import _style

COLORS = "viridis"
MOST_CURVES = 50
MOST_NAMES = 12
CRITERION_LABELS = {
    "bic": "BIC (largest)",
    "permutation": "p-value",
    "ratio": "eigenvalue over next (largest)",
    "ladle": "ladle (smallest)",
    "augmentation": "augmentation (smallest)",
    "cv": "held-out loss (smallest)",
}


def plot_sdr(result: Any, kind: str = "scree", ax: Any = None, **options: Any) -> Any:
    """Draw a dimension reduction.

    Parameters
    ----------
    result : SDRResult
    kind : {"scree", "scores", "component", "order", "gcv"}
        "scree": eigenvalues, and the largest one under random pairings. "scores": observations by their scores,
        coloured by a summary of the response. "component": the response expected along a component. "order": one
        criterion for the number of components. "gcv": curves of generalized cross-validation.
    ax : matplotlib Axes, optional
    **options
        scores: ``components`` ((1, 2), or (1,) against the summary), ``color`` (name of a summary, or (n,) numbers).
        component: ``component`` (1) and ``n_curves`` (9). order: ``criterion`` (by default the one that decided, or
        "permutation" where the number was given).

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InvalidParameterError
        There is no such kind, option or component, or the fit has nothing to draw for it.

    Examples
    --------
    >>> from stattools.sdr import DistributionSDR
    >>> x = np.random.default_rng(1).standard_normal((40, 2))
    >>> result = DistributionSDR(n_components=1, random_state=1).fit(x, x[:, 0]).results_
    >>> plot_sdr(result).get_ylabel()
    'eigenvalue'
    """
    _style.require(result, ("eigenvalues", "order", "scores", "effects"), "what DistributionSDR keeps in results_")
    drawings: dict[str, Any] = {
        "scree": _scree,
        "scores": _scores,
        "component": _component,
        "order": _order,
        "gcv": _gcv,
    }
    return _style.call(drawings, kind, options, result, ax)


def plot_score_bands(bands: Any, ax: Any = None, *, component: int = 1) -> Any:
    """Draw bootstrap bands of the scores of one component, in the order of the scores.

    Parameters
    ----------
    bands : ScoreBands
    ax : matplotlib Axes, optional
    component : int, default 1

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InvalidParameterError
        There is no such component.

    Examples
    --------
    >>> from stattools.sdr import DistributionSDR
    >>> x = np.random.default_rng(1).standard_normal((40, 2))
    >>> result = DistributionSDR(n_components=1, random_state=1).fit(x, x[:, 0]).results_
    >>> plot_score_bands(result.bootstrap_scores(n_resamples=20, rng=1)).get_ylabel()
    'component 1'
    """
    _style.require(bands, ("scores", "low", "high", "alignment"), "what SDRResult.bootstrap_scores returns")
    j = _validation.integer(component, "component", minimum=1, maximum=bands.scores.shape[1]) - 1
    order = np.argsort(bands.scores[:, j], kind="stable")
    places = np.arange(len(order))
    ax = _style.axes(ax)
    ax.axhline(0.0, color=_style.GREY, linewidth=0.9)
    limits = bands.low[order, j], bands.high[order, j]
    ax.vlines(places, *limits, color=_style.PLAIN, alpha=0.35, linewidth=float(np.clip(260 / len(order), 0.4, 2.5)))
    size = float(np.clip(1800 / len(order), 3, 20))
    ax.scatter(places, bands.scores[order, j], s=size, color=_style.INK, linewidths=0, zorder=4, gid="scores")
    title = f"Bootstrap: pointwise {100 * bands.confidence_level:g} % intervals"
    xlabel = "observations in the order of their score"
    return _style.finish(ax, title=title, xlabel=xlabel, ylabel=f"component {j + 1}")


# eigenvalues ---------------------------------------------------------------------------------------------------------
def _scree(result: Any, ax: Any) -> Any:
    values = np.asarray(result.eigenvalues)
    numbers = np.arange(1, len(values) + 1)
    kept = numbers <= result.n_components
    ax = _style.axes(ax)
    ax.plot(numbers, values, color=_style.GREY, linewidth=1.0, zorder=2)
    null = result.order.null_eigenvalues
    if null is not None:
        level = result.order.settings["level"]
        height = float(np.quantile(null, 1.0 - level))
        words = f"{100 * (1 - level):g} % point of the largest\nunder {len(null)} random pairings"
        ax.axhline(height, color=_style.color(1), linewidth=1.2, linestyle=(0, (5, 3)), label=words, gid="null")
    for part, face, name in ((kept, _style.PLAIN, "kept"), (~kept, "white", "left out")):
        if part.any():
            style = {"facecolors": face, "edgecolors": _style.PLAIN, "linewidths": 1.2, "s": 34, "zorder": 4}
            ax.scatter(numbers[part], values[part], label=name, gid=name, **style)
    ax.set_ylim(0.0, 1.06 * max(float(values.max()), 1e-300))
    ax.xaxis.get_major_locator().set_params(integer=True)
    _style.legend(ax, loc="upper right", fontsize="small")
    return _style.finish(ax, title=f"Eigenvalues of {result.method}", xlabel="component", ylabel="eigenvalue")


# scores --------------------------------------------------------------------------------------------------------------
def _scores(result: Any, ax: Any, *, components: Any = None, color: Any = None) -> Any:
    chosen = _chosen_components(result, components)
    name, values = _coloring(result, color)
    ax = _style.axes(ax)
    size = float(np.clip(3000 / result.nobs, 6, 36))
    x = result.scores[:, chosen[0]]
    if len(chosen) == 1:
        return _against_summary(result, ax, chosen[0], name, values, size)
    y = result.scores[:, chosen[1]]
    ax.axhline(0.0, color=_style.PALE, linewidth=0.8, zorder=1)
    ax.axvline(0.0, color=_style.PALE, linewidth=0.8, zorder=1)
    labels = f"component {chosen[0] + 1}", f"component {chosen[1] + 1}"
    if values is None:
        ax.scatter(x, y, s=size, color=_style.PLAIN, linewidths=0, zorder=3, gid="scores")
    elif color is None and result.responses.kind == "categories":
        _categories(ax, x, y, result.responses, size)
    else:
        dots = ax.scatter(x, y, c=values, cmap=COLORS, s=size, linewidths=0, zorder=3, gid="scores")
        _style.color_bar(ax, dots, name)
    return _style.finish(ax, title="Scores of the observations", xlabel=labels[0], ylabel=labels[1])


def _chosen_components(result: Any, components: Any) -> list[int]:
    d = result.n_components
    listed = list(range(1, min(d, 2) + 1)) if components is None else list(np.atleast_1d(components))
    if not 1 <= len(listed) <= 2:
        raise InvalidParameterError(f"components is {components!r}; it takes one or two numbers from 1 to {d}")
    return [_validation.integer(number, "components", minimum=1, maximum=d) - 1 for number in listed]


def _coloring(result: Any, color: Any) -> tuple[str, FloatArray | None]:
    """Name and values (n,) of what observations are coloured by."""
    own = result.responses.own_summary()
    if color is None:
        if not own:
            return "", None
        name = next(iter(own))
        return _summary_label(result, name), own[name]
    if isinstance(color, str):
        if color not in own:
            listed = ", ".join(map(repr, own)) or "none"
            raise InvalidParameterError(f"color is {color!r}; the summaries of the response are {listed}")
        return _summary_label(result, color), own[color]
    values = _validation.float_array(color, "color", ndim=1)
    if len(values) != result.nobs:
        raise InvalidParameterError(f"color has {len(values)} numbers for {result.nobs} observations")
    return "", values


def _summary_label(result: Any, name: str) -> str:
    label = result.responses.label
    return f"{name} of {label}" if result.responses.kind in ("line", "slices") else name


def _categories(ax: Any, x: FloatArray, y: FloatArray, responses: Any, size: float) -> None:
    codes = np.argmax(responses.values, axis=1)
    colors = _level_colors(responses)
    for k, level in enumerate(responses.names):
        own = codes == k
        label = _style.group_name(level, int(own.sum()))
        marker = "o" if responses.ordered else _style.marker(k)
        style = {"color": colors[k], "marker": marker, "linewidths": 0, "s": size, "zorder": 3}
        ax.scatter(x[own], y[own], label=label, gid=f"level {k}", **style)
    _key_to_levels(ax, responses, colors)


def _level_colors(responses: Any) -> list[Any]:
    """A colour for each category or coordinate; a scale for ordered categories."""
    import matplotlib as mpl

    count = len(responses.names)
    if responses.ordered:
        return list(mpl.colormaps[COLORS](np.linspace(0.0, 0.95, count)))
    return [_style.color(k) for k in range(count)]


def _key_to_levels(ax: Any, responses: Any, colors: list[Any]) -> None:
    """A legend, or a bar beside the axes for ordered categories, which may be many."""
    if not responses.ordered:
        _style.legend(ax, fontsize="small")
        return
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import BoundaryNorm, ListedColormap

    count = len(colors)
    scale = ScalarMappable(BoundaryNorm(np.arange(count + 1) - 0.5, count), ListedColormap(colors))
    shown = np.unique(np.linspace(0, count - 1, min(count, MOST_NAMES)).round().astype(int))
    bar = ax.figure.colorbar(scale, ax=ax, fraction=0.046, pad=0.04, ticks=shown)
    bar.ax.set_yticklabels([_style.group_name(responses.names[k]) for k in shown], fontsize="small")
    bar.minorticks_off()
    bar.ax.tick_params(length=0)
    bar.outline.set_visible(False)


def _against_summary(result: Any, ax: Any, j: int, name: str, values: FloatArray | None, size: float) -> Any:
    """One component against the response."""
    scores = result.scores[:, j]
    if values is None:
        raise InvalidParameterError("the response has no summary to draw one component against; give color=")
    ax.scatter(scores, values, s=size, color=_style.PLAIN, linewidths=0, zorder=3, gid="scores")
    return _style.finish(
        ax, title="Response against the score", xlabel=f"component {j + 1}", ylabel=name or "values of color"
    )


# along a component ---------------------------------------------------------------------------------------------------
def _component(result: Any, ax: Any, *, component: int = 1, n_curves: int = 9) -> Any:
    j = _validation.integer(component, "component", minimum=1, maximum=result.n_components) - 1
    n_curves = _validation.integer(n_curves, "n_curves", minimum=2, maximum=MOST_CURVES)
    responses = result.responses
    if responses.kind not in ("line", "vector", "categories"):
        raise InvalidParameterError(
            "kind is 'component'; it draws quantile functions on the line, coordinates or shares of categories, and "
            f"the response is {result.response.description or responses.kind}"
        )
    low, high = np.quantile(result.scores[:, j], [0.05, 0.95])
    title = f"Response expected along component {j + 1}"
    if responses.kind == "line":
        at = np.linspace(low, high, n_curves)
        curves = result.along(j + 1, at)
        ax = _style.axes(ax)
        scale, colors = _ramp(at)
        for k, curve in enumerate(curves):
            ax.plot(responses.levels, curve, color=colors[k], linewidth=1.6, gid=f"curve {k}")
        _style.color_bar(ax, scale, f"score of component {j + 1}")
        return _style.finish(ax, title=title, xlabel="level", ylabel=f"quantile of {responses.label}")
    at = np.linspace(low, high, 60)
    curves = result.along(j + 1, at)
    ax = _style.axes(ax)
    colors = _level_colors(responses)
    for k, name in enumerate(responses.names):
        ax.plot(at, curves[:, k], color=colors[k], linewidth=1.6, label=str(name), gid=f"curve {k}")
    if len(responses.names) > 1:
        _key_to_levels(ax, responses, colors)
    ylabel = "share" if responses.kind == "categories" else "response"
    single = responses.names[0] if len(responses.names) == 1 else ylabel
    return _style.finish(ax, title=title, xlabel=f"score of component {j + 1}", ylabel=single)


def _ramp(values: FloatArray) -> tuple[Any, Any]:
    """A colour for each value, and what a colour bar takes."""
    import matplotlib as mpl
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    scale = ScalarMappable(Normalize(values.min(), values.max()), mpl.colormaps[COLORS])
    return scale, scale.to_rgba(values)


# criteria ------------------------------------------------------------------------------------------------------------
def _order(result: Any, ax: Any, *, criterion: str | None = None) -> Any:
    table = result.order
    known = tuple(name for name in CRITERION_LABELS if name in table.curves)
    if not known:
        raise InvalidParameterError("kind is 'order'; no criterion for the number of components was computed")
    name = _default_criterion(table.criterion, known) if criterion is None else _known_criterion(criterion, known)
    curve = np.asarray(table.curves[name])
    numbers = np.arange(len(curve))
    shown = np.isfinite(curve)
    ax = _style.axes(ax)
    if name == "cv":
        errors = np.asarray(table.curves["cv_std_error"])
        ax.vlines(numbers, curve - errors, curve + errors, color=_style.PALE, linewidth=2.5, zorder=2)
        ax.axhline(1.0, color=_style.GREY, linewidth=0.9, linestyle=(0, (2, 3)))
    ax.plot(numbers[shown], curve[shown], color=_style.INK, linewidth=1.1, marker="o", markersize=4, gid="curve")
    choice = table.choices[name]
    if np.isfinite(curve[choice]):
        style = {"s": 70, "facecolors": "none", "edgecolors": _style.color(1), "linewidths": 1.6, "zorder": 5}
        ax.scatter([choice], [curve[choice]], gid="choice", label=f"choice: {choice}", **style)
        _style.legend(ax, fontsize="small")
    if table.criterion == "given":
        d = table.n_components
        style = {"color": _style.GREY, "linewidth": 1.1, "linestyle": (0, (2, 3)), "gid": "given"}
        ax.axvline(d, label=f"kept, as given: {d}", **style)
        _style.legend(ax, fontsize="small")
    if name == "permutation":
        level = table.settings["level"]
        ax.axhline(level, color=_style.color(1), linewidth=1.1, linestyle=(0, (5, 3)), label=f"level {level:g}")
        ax.set_ylim(0.0, 1.03)
        _style.legend(ax, fontsize="small", loc="center right")
    ax.set_xlim(-0.4 if shown[0] else 0.6, len(curve) - 0.6)
    ax.xaxis.get_major_locator().set_params(integer=True)
    title = f"Number of components by {name.upper() if name in ('bic', 'cv') else name}: {choice}"
    return _style.finish(ax, title=title, xlabel="number of components", ylabel=CRITERION_LABELS[name])


def _default_criterion(decided: str, known: tuple[str, ...]) -> str:
    """The one that decided; of a given number the default criterion of a fit, if it was computed."""
    return next((name for name in (decided, "permutation") if name in known), known[0])


def _known_criterion(criterion: Any, known: tuple[str, ...]) -> str:
    if isinstance(criterion, str) and criterion in CRITERION_LABELS and criterion not in known:
        raise InvalidParameterError(
            f"criterion is {criterion!r}, which this fit did not compute; it has {', '.join(known)}. A fit with "
            f"criteria='all' has all of them, order_criteria([{criterion!r}]) returns the numbers"
        )
    return _validation.choice(criterion, known, "criterion")


def _gcv(result: Any, ax: Any) -> Any:
    sides = [side for side in (result.predictor, result.response) if side.curve]
    if not sides:
        raise InvalidParameterError("kind is 'gcv'; no generalized cross-validation was made in this fit")
    ax = _style.axes(ax)
    for k, side in enumerate(sides):
        grid, values = np.asarray(side.curve["regularization"]), np.asarray(side.curve["gcv"])
        relative = values / values.min()
        ax.plot(grid, relative, color=_style.color(k), marker="o", markersize=3.5, linewidth=1.3, gid=side.name)
        best = int(np.argmin(values))
        label = f"{side.name}: {_style.number(grid[best])} ({_style.number(side.curve['df'][best])} df)"
        style = {"s": 70, "facecolors": "none", "edgecolors": _style.color(k), "linewidths": 1.6, "zorder": 5}
        ax.scatter([grid[best]], [relative[best]], label=label, **style)
    ax.set_xscale("log")
    ax.set_yscale("log")
    for axis in (ax.yaxis.set_major_formatter, ax.yaxis.set_minor_formatter):
        axis(lambda value, _: _style.number(value))
    _style.legend(ax, fontsize="small")
    return _style.finish(
        ax,
        title="Generalized cross-validation",
        xlabel="regularization over the largest eigenvalue",
        ylabel="criterion over its smallest value",
    )
