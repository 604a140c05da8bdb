"""Pictures of designs: where their points are, what these weigh, and how stable the fit on them is."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from stattools._errors import InvalidParameterError
from stattools.plotting import _style, _wls_points
from stattools.plotting.wls_fit import plot_fit

MOST_BARS = 80
MANY = 30  # ratio from which an axis is logarithmic

plot_fit_coefficients = partial(plot_fit, kind="coefficients")
plot_fit_residuals = partial(plot_fit, kind="residuals")
plot_fit_leverage = partial(plot_fit, kind="leverage")
plot_fit_sobol = partial(plot_fit, kind="sobol")


def plot_design(result: Any, kind: str = "points", ax: Any = None, **options: Any) -> Any:
    """Draw a design.

    Parameters
    ----------
    result : Design
    kind : {"points", "weights", "spectrum", "inclusion"}
        "points": where to evaluate, coloured by sampling weight; along one input below the density of the optimal
        measure, in two inputs over the bands of that density relative to mu, on the sphere as a map. For a pool, the
        leverages of its rows in falling order with the rows of the design. "weights": the sampling weights in falling
        order. "spectrum": eigenvalues of the Gram matrix with the limits of the event of stability. "inclusion":
        probability of each row of the pool to be in the design, with the rows that are.
    ax : matplotlib Axes, optional
    **options
        points, on a space of polynomials or functions: ``inputs``, one or two numbers of inputs from 0 (the first two
        by default), and ``blocks`` (bool: tell the draws of the DPP apart, as rows along a line, where it is the
        default for up to 12, and by markers in the plane). points, on the sphere: ``projection`` ("mollweide", the
        default, or "equirectangular"), ``extent`` (west, east, south, north; degrees), ``land`` (a list of (m, 2) lines
        of longitude and latitude) and ``blocks``. points, of a pool: ``columns``, two names or numbers of columns of
        the pool, in which the rows are drawn instead.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InvalidParameterError
        There is no such kind or option, or the design has nothing to draw for it.

    Notes
    -----
    With more inputs than are drawn, the density is that of these inputs under the optimal measure: squares of the other
    factors of an orthonormal function have mean 1 and integrate out. A narrow peak of a density is cut by the picture.
    Colours follow the logarithm of weights when the largest exceeds 50 times the median.

    Examples
    --------
    >>> from stattools.wls import PolynomialSpace, optimal_design
    >>> design = optimal_design(PolynomialSpace("legendre", degree=4), 15, rng=1)
    >>> plot_design(design).get_xlabel()
    'x, legendre on [-1, 1]'
    >>> plot_design(design, "spectrum").get_ylabel()
    'eigenvalue of the Gram matrix'
    """
    _style.require(result, ("sampling_weights", "eigenvalues", "n_pool"), "what optimal_design or pool_design returns")
    drawings = {"points": _points(result), "weights": _weights, "spectrum": _spectrum, "inclusion": _inclusion}
    return _style.call(drawings, kind, options, result, ax)


def _points(design: Any) -> Any:
    """The function that draws the points of this design."""
    if design.points is None:
        return _wls_points.on_pool
    on_sphere = hasattr(design.space, "degree") and not hasattr(design.space, "univariate")
    return _wls_points.on_sphere if on_sphere else _wls_points.on_space


def _weights(design: Any, ax: Any) -> Any:
    weights = np.sort(design.sampling_weights)[::-1]
    n = len(weights)
    ax = _style.axes(ax, height=3.8)
    places = np.arange(1, n + 1)
    if n <= MOST_BARS:
        ax.bar(places, weights, color=_style.PLAIN, width=0.75, gid="weights")
    else:
        ax.fill_between(places, 0.0, weights, color=_style.PLAIN, alpha=0.35, linewidth=0, step="mid")
        ax.step(places, weights, color=_style.PLAIN, linewidth=1.3, where="mid", gid="weights")
    ax.axhline(1.0, color=_style.INK, linewidth=0.9, linestyle=(0, (4, 3)))
    _count_axis(ax, n)
    ax.set_ylim(0.0, 1.06 * max(1.0, float(weights[0])))
    if _wls_points.equal_weights(weights):
        words = f"all weights are {_style.number(weights[0])}"
    else:
        words = f"largest {_style.number(weights[0])}, {100 * weights[0] / weights.sum():.3g} % of the sum"
    words = f"effective size {_style.number(design.effective_size, 4)} of {n}; {words}"
    noun = "points" if design.points is not None else "rows"
    return _style.finish(
        ax, title=_wls_points.title(design, words), xlabel=f"{noun} by falling weight", ylabel="sampling weight"
    )


def _count_axis(ax: Any, n: int) -> None:
    """Whole numbers from 1 to n, with room around few of them."""
    spare = 0.5 + 0.02 * n + max(0.0, (5 - n) / 2)
    ax.set_xlim(1 - spare, n + spare)
    if n <= 5:
        ax.set_xticks(np.arange(1, n + 1))
    else:
        ax.xaxis.get_major_locator().set_params(integer=True)


def _spectrum(design: Any, ax: Any) -> Any:
    values = np.asarray(design.eigenvalues)
    m, top = len(values), float(values[-1])
    zero = values <= 1e-14 * m * top if top > 0 else np.ones(m, dtype=bool)
    low, high = 1 - design.delta, 1 + design.delta
    two_sided = design.event == "two_sided"
    ax = _style.axes(ax, height=3.8)
    places = np.arange(1, m + 1)
    smallest = float(values[~zero].min(initial=1.0))
    logarithmic = max(top, 1.0) > MANY / 3 * min(smallest, low)
    floor = min(smallest, low) / 2 if logarithmic else 0.0
    ceiling = max(top, high if two_sided else 1.0) * (1.5 if logarithmic else 1.12)
    if logarithmic:
        ax.set_yscale("log")
    ax.set_ylim(floor, ceiling)
    upper = high if two_sided else ceiling
    name = f"stable: {_style.number(low)} to {_style.number(high)}" if two_sided else f"stable: from {low:.3g}"
    ax.axhspan(low, upper, color=_style.PALE, alpha=0.35, linewidth=0, label=name, gid="band")
    for level in (low, high) if two_sided else (low,):
        ax.axhline(level, color=_style.INK, linewidth=0.9, linestyle=(0, (4, 3)), gid="limit")
    ax.axhline(1.0, color=_style.GREY, linewidth=0.9, linestyle=":", label="exact orthonormality: 1")
    size = _wls_points.dot_size(m)
    ax.scatter(places[~zero], values[~zero], s=size, color=_style.PLAIN, linewidths=0, zorder=4, gid="eigenvalues")
    if zero.any():
        place = np.full(int(zero.sum()), floor)
        ax.scatter(
            places[zero], place, s=40, marker="v", facecolors="white", edgecolors=_style.PLAIN, clip_on=False, zorder=5,
            label=f"zero: {int(zero.sum())} of {m}", gid="zero",
        )  # fmt: skip
    _count_axis(ax, m)
    _style.legend(ax, fontsize="small", loc="lower right")
    words = f"smallest eigenvalue {_style.number(values[0], 4)}, largest {_style.number(top, 4)}"
    return _style.finish(
        ax, title=_wls_points.title(design, words), xlabel="number, ascending", ylabel="eigenvalue of the Gram matrix"
    )


def _inclusion(design: Any, ax: Any) -> Any:
    chances = design.inclusion_probabilities
    if chances is None:
        raise InvalidParameterError(
            f"the inclusion probabilities of this design, method={design.method!r}, are not known in closed form"
        )
    words = f"expected number of distinct rows {_style.number(float(chances.sum()), 4)}, drawn {design.n_unique}"
    return _wls_points.ranked(
        design,
        ax,
        np.asarray(chances),
        design.indices,
        words=words,
        ylabel="inclusion probability",
    )
