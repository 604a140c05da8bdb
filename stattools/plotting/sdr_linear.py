"""Pictures of linear dimension reductions: the response along a direction, eigenvalues, coefficients."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidParameterError
from stattools.plotting import _style

MOST_LABELS = 40
JITTER = 0.16


def plot_linear_sdr(result: Any, kind: str = "summary", ax: Any = None, **options: Any) -> Any:
    """Draw a linear dimension reduction.

    Parameters
    ----------
    result : LinearSDRResult
    kind : {"summary", "scree", "coefficients"}
        "summary": the sufficient summary plot, the response against the scores of a direction, or two directions
        coloured by the response. "scree": eigenvalues, with the number that was kept. "coefficients": the standardized
        coefficients of the directions.
    ax : matplotlib Axes, optional
    **options
        summary: ``components`` ((1,), or (1, 2) coloured by the response) and ``response`` (name or place of a column,
        for several responses). coefficients: ``components`` (those that were kept).

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InvalidParameterError
        There is no such kind, option, component or response.

    Examples
    --------
    >>> from stattools.sdr.linear import SIR
    >>> x = np.random.default_rng(1).standard_normal((60, 3))
    >>> plot_linear_sdr(SIR(n_components=1).fit(x, x[:, 0]).results_).get_ylabel()
    'y'
    """
    _style.require(result, ("all_directions", "scores", "response"), "what SIR, SAVE and others keep in results_")
    drawings: dict[str, Any] = {"summary": _summary, "scree": _scree, "coefficients": _coefficients}
    return _style.call(drawings, kind, options, result, ax)


# response against scores ---------------------------------------------------------------------------------------------
def _summary(result: Any, ax: Any, *, components: Any = (1,), response: Any = 0) -> Any:
    chosen = _components(result, components, most=2)
    name, values = _response(result, response)
    ax = _style.axes(ax)
    size = float(np.clip(3000 / result.nobs, 6, 36))
    x = result.scores[:, chosen[0]]
    if len(chosen) == 1:
        _against_response(result, ax, x, values, size)
        ylabel = name
    else:
        _coloured(result, ax, x, result.scores[:, chosen[1]], (name, values), size)
        ylabel = f"direction {chosen[1] + 1}"
    title = f"Sufficient summary plot, {result.short_name}"
    return _style.finish(ax, title=title, xlabel=f"direction {chosen[0] + 1}", ylabel=ylabel)


def _against_response(result: Any, ax: Any, x: Any, values: Any, size: float) -> None:
    levels = result.response.levels
    if levels:
        # evenly spread within a level by their order in the data, so that the picture is the same each time
        spread = JITTER * (2.0 * ((np.arange(len(x)) * 0.6180339887) % 1.0) - 1.0)
        values = values + spread
        ax.set_yticks(range(len(levels)), [_style.group_name(level) for level in levels])
    ax.scatter(x, values, s=size, color=_style.PLAIN, alpha=0.75, linewidths=0, gid="observations")


def _coloured(result: Any, ax: Any, x: Any, y: Any, response: tuple[str, Any], size: float) -> None:
    name, values = response
    levels = result.response.levels
    if not levels:
        drawn = ax.scatter(x, y, s=size, c=values, cmap="viridis", linewidths=0, gid="observations")
        _style.color_bar(ax, drawn, name)
        return
    for k, level in enumerate(levels):
        own = values == k
        label = _style.group_name(level, int(own.sum()))
        ax.scatter(x[own], y[own], s=size, color=_style.color(k), marker=_style.marker(k), linewidths=0, label=label,
                   gid=f"level {k}")  # fmt: skip
    _style.legend(ax, fontsize="small")


# eigenvalues ---------------------------------------------------------------------------------------------------------
def _scree(result: Any, ax: Any) -> Any:
    values = np.asarray(result.eigenvalues)
    numbers = np.arange(1, len(values) + 1)
    kept = numbers <= result.n_components
    ax = _style.axes(ax)
    ax.axhline(0.0, color=_style.GREY, linewidth=0.8)
    ax.plot(numbers, values, color=_style.GREY, linewidth=1.0, zorder=2)
    for part, face, name in ((kept, _style.PLAIN, "kept"), (~kept, "white", "left out")):
        if part.any():
            style = {"facecolors": face, "edgecolors": _style.PLAIN, "linewidths": 1.2, "s": 34, "zorder": 4}
            ax.scatter(numbers[part], values[part], label=name, gid=name, **style)
    ax.xaxis.get_major_locator().set_params(integer=True)
    _style.legend(ax, loc="best", fontsize="small")
    return _style.finish(ax, title=f"Eigenvalues of {result.short_name}", xlabel="direction", ylabel="eigenvalue")


# coefficients --------------------------------------------------------------------------------------------------------
def _coefficients(result: Any, ax: Any, *, components: Any = None) -> Any:
    listed = range(1, result.n_components + 1) if components is None else components
    chosen = _components(result, listed, most=len(_style.PALETTE))
    p = len(result.predictor_names)
    ax = _style.axes(ax, height=float(np.clip(1.6 + 0.28 * p, 3.0, 12.0)))
    places = np.arange(p)
    height = 0.8 / len(chosen)
    table = result.standardized_directions
    for k, j in enumerate(chosen):
        offset = (k - (len(chosen) - 1) / 2) * height
        ax.barh(places + offset, table[:, j], height=0.9 * height, color=_style.color(k), label=f"direction {j + 1}",
                gid=f"direction {j + 1}")  # fmt: skip
    ax.axvline(0.0, color=_style.GREY, linewidth=0.8)
    if p <= MOST_LABELS:
        ax.set_yticks(places, [_style.group_name(name) for name in result.predictor_names])
    ax.invert_yaxis()
    if len(chosen) > 1:
        _style.legend(ax, fontsize="small")
    xlabel = "coefficient of the standardized predictor, length one"
    return _style.finish(ax, title=f"Directions of {result.short_name}", xlabel=xlabel)


# pieces --------------------------------------------------------------------------------------------------------------
def _components(result: Any, components: Any, *, most: int) -> list[int]:
    listed = [components] if np.ndim(components) == 0 else list(components)
    if not 1 <= len(listed) <= most:
        raise InvalidParameterError(f"components is {components!r}; it takes 1 to {most} of them")
    return [_validation.integer(k, "components", minimum=1, maximum=result.n_components) - 1 for k in listed]


def _response(result: Any, response: Any) -> tuple[str, Any]:
    names, values = result.response.names, result.response.values
    if isinstance(response, str):
        if response not in names:
            raise InvalidParameterError(f"response is {response!r}; the fit has {', '.join(names)}")
        response = names.index(response)
    k = _validation.integer(response, "response", minimum=0, maximum=len(names) - 1)
    return names[k], values if values.ndim == 1 else values[:, k]
