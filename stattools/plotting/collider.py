"""Pictures of collider regressions: what the projection took away, what that gained, and what could cancel it."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidParameterError
from stattools._typing import FloatArray
from stattools.plotting import _style

BEFORE, AFTER = _style.color(1), _style.color(0)
MOST_DOTS, CELLS, FEW_VALUES = 1000, 200, 8
REACH = 4.0  # of the curves of sensitivity, in thresholds
CRITERIA = {
    "reml": "-log restricted likelihood, less its smallest value",
    "gcv": "generalized cross-validation over its smallest value",
    "loo": "leave-one-out error over its smallest value",
    "kfold": "K-fold error over its smallest value",
    "out-of-bag": "out-of-bag error over the variance",
}


def plot_collider(result: Any, kind: str = "projection", ax: Any = None, **options: Any) -> Any:
    """Draw a collider regression.

    Parameters
    ----------
    result : ColliderResult
    kind : {"projection", "gain", "sensitivity", "graph", "tuning"}
        "projection": function values before and after against an independent column, with smooth means. "gain":
        held-out loss of the base less that of the projected fit by fold, with its interval, and what theory predicts.
        "sensitivity": the predicted gain against the size of a violation in the worst and best direction, above what
        was measured of the constraints. "graph": the causal graph. "tuning": the criterion along the candidates of the
        base.
    ax : matplotlib Axes, optional
    **options
        projection: ``column`` (name or place among the independent columns, 0) and ``response`` (1 to q, 1). tuning:
        ``of`` ("penalty", or "lengthscale" of a kernel). graph: ``roles`` (True).

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InvalidParameterError
        There is no such kind, option, column or response, or the fit has nothing to draw for it.

    Notes
    -----
    Smooth means are local linear regressions with Gaussian weights, of standard deviation 1.5 s N^(-1/5) for N rows
    and standard deviation s of the column; means at each value for at most 8 values. They are a help for the eye, and
    of a conditional constraint they need not be level.

    Examples
    --------
    >>> from stattools.collider import ColliderRegressor
    >>> X = np.random.default_rng(1).normal(size=(40, 2))
    >>> model = ColliderRegressor([1], base="ridge", test=None, gain=False, random_state=1).fit(X, 2.0 * X[:, 0])
    >>> plot_collider(model.results_, "tuning").get_xlabel()
    'penalty'
    """
    parts = ("checks", "projection", "tuning", "sensitivity", "_absent_plots")
    _style.require(result, parts, "what ColliderRegressor keeps in results_")
    drawings: dict[str, Any] = {
        "projection": _projection,
        "gain": _gain,
        "sensitivity": _sensitivity,
        "graph": _graph,
        "tuning": _tuning,
    }
    missing = result._absent_plots()
    if isinstance(kind, str) and kind in missing:
        raise InvalidParameterError(f"kind is {kind!r}, which this result cannot draw: {missing[kind]}")
    return _style.call(drawings, kind, options, result, ax)


def _graph(result: Any, ax: Any, *, roles: bool = True) -> Any:
    from stattools.plotting.collider_graph import plot_graph

    return plot_graph(result.graph, ax=ax, roles=roles)


# projection ----------------------------------------------------------------------------------------------------------
def _projection(result: Any, ax: Any, *, column: Any = 0, response: int = 1) -> Any:
    projection = result.projection
    j = _column(projection, column)
    q = projection.before.shape[1]
    k = _validation.integer(response, "response", minimum=1, maximum=q) - 1
    x = np.asarray(projection.along[:, j])
    ax = _style.axes(ax)
    shown = np.unique(np.linspace(0, len(x) - 1, min(len(x), MOST_DOTS)).astype(int))
    size = float(np.clip(2500 / len(shown), 4, 20))
    columns = ((projection.before, BEFORE, "o", "before"), (projection.after, AFTER, "^", "after"))
    for values, color, marker, name in columns:
        style = {"color": color, "marker": marker, "alpha": 0.35, "linewidths": 0, "s": size, "zorder": 2}
        ax.scatter(x[shown], values[shown, k], gid=f"{name} dots", **style)
    for values, color, marker, name in columns:
        at, means = smooth_means(x, np.asarray(values[:, k]))
        few = {"marker": marker, "markersize": 7, "linestyle": "none", "markeredgecolor": "white"}
        line = {"linewidth": 2.2, "linestyle": "-" if name == "after" else (0, (5, 2))}
        ax.plot(at, means, color=color, label=name, gid=name, zorder=4, **(few if len(at) <= FEW_VALUES else line))
    level = float(np.mean(projection.after[:, k]))
    ax.axhline(level, color=_style.GREY, linewidth=0.9, zorder=1)
    _style.legend(ax, fontsize="small", title="mean of the function", title_fontsize="small", handlelength=3.2)
    name = str(projection.columns[j])
    of = f" of response {k + 1}" if q > 1 else ""
    count = len(projection.columns)
    which = f"{name} ({j + 1} of {count})" if count > 1 else name
    title = f"Function{of} before and after the {projection.title}, along {which}"
    return _style.finish(ax, title=_style.wrapped(title, 75), xlabel=name, ylabel="function value")


def _column(projection: Any, column: Any) -> int:
    names = list(projection.columns)
    if isinstance(column, str):
        if column not in names:
            listed = ", ".join(map(repr, names))
            raise InvalidParameterError(f"column is {column!r}; the independent columns are {listed}")
        return names.index(column)
    return _validation.integer(column, "column", minimum=0, maximum=len(names) - 1)


def smooth_means(x: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Places and local linear means there of (N,) values along (N,) places.

    Rows are first averaged in 200 cells of equal width, so that time is linear in N.

    Examples
    --------
    >>> x = np.linspace(0.0, 1.0, 500)
    >>> at, means = smooth_means(x, 2.0 * x)
    >>> bool(np.allclose(means, 2.0 * at))
    True
    """
    levels, inverse = np.unique(x, return_inverse=True)
    if len(levels) <= FEW_VALUES:
        return levels, np.bincount(inverse, values) / np.bincount(inverse)
    edges = np.linspace(x.min(), x.max(), CELLS + 1)
    cell = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, CELLS - 1)
    counts = np.bincount(cell, minlength=CELLS).astype(np.float64)
    full = counts > 0
    counts = counts[full]
    places = np.bincount(cell, x, CELLS)[full] / counts
    heights = np.bincount(cell, values, CELLS)[full] / counts
    low, high = np.quantile(x, [0.02, 0.98]).tolist()
    at = np.linspace(low, high, 100)
    steps = places[None, :] - at[:, None]
    width = max(1.5 * float(x.std()) * len(x) ** -0.2, float(edges[1] - edges[0]))
    weights = counts * np.exp(-0.5 * (steps / width) ** 2)
    s0, s1, s2 = (np.sum(weights * steps**power, axis=1) for power in range(3))
    t0, t1 = weights @ heights, np.sum(weights * steps * heights, axis=1)
    spread = s2 * s0 - s1**2
    straight = spread > 1e-9 * s0**2 * width**2  # else one cell has all the weight
    means = np.where(straight, (s2 * t0 - s1 * t1) / np.where(straight, spread, 1.0), t0 / np.maximum(s0, 1e-300))
    return at, means


# gain ----------------------------------------------------------------------------------------------------------------
def _gain(result: Any, ax: Any) -> Any:
    gain = result.gain
    ax = _style.axes(ax)
    means = np.asarray(gain.fold_means)
    numbers = np.arange(1, len(means) + 1)
    ax.axhline(0.0, color=_style.INK, linewidth=0.9, zorder=1)
    place = len(means) + 1.4
    level = f"{100 * gain.confidence_level:g} %"
    style = {"color": _style.GREY, "s": 34, "linewidths": 0, "zorder": 3}
    ax.scatter(numbers, means, label="mean of a fold", gid="folds", **style)
    ax.vlines(place, gain.low, gain.high, color=_style.PLAIN, linewidth=2.4, zorder=3, gid="interval")
    label = f"gain, {level} interval (approximate)"
    style = {"color": _style.PLAIN, "marker": "D", "s": 46, "linewidths": 0, "zorder": 4}
    ax.scatter([place], [gain.estimate], label=label, gid="gain", **style)
    _predictions(ax, result.predicted if result.projects else None)
    ax.set_xticks([*numbers, place] if len(numbers) <= 20 else [place], _fold_names(numbers))
    ax.set_xlim(0.4, place + 0.6)
    _room_for_legend(ax, 0.3)
    title = f"Gain {_style.number(gain.estimate)} of the projection, one-sided p = {_style.number(gain.pvalue)}"
    folds = "fold" if gain.n_repeats == 1 else f"fold, {gain.n_repeats} repeats of {gain.n_folds}"
    return _style.finish(ax, title=title, xlabel=folds, ylabel="squared error, base less projected")


def _room_for_legend(ax: Any, share: float) -> None:
    """A legend of two columns above all that was drawn."""
    low, high = ax.get_ylim()
    ax.set_ylim(low, high + share * (high - low))
    _style.legend(ax, fontsize="small", loc="upper left", ncols=2)


def _predictions(ax: Any, predicted: Any) -> None:
    if predicted is None:
        return
    lines = (
        (predicted.net, "net", _style.color(1), (0, (5, 3)), "predicted if the constraints hold"),
        (predicted.linear, "linear", _style.color(2), (0, (1, 2)), "least squares, exact projection"),
    )
    for height, gid, color, dashes, label in lines:
        if np.isfinite(height):
            ax.axhline(height, color=color, linewidth=1.5, linestyle=dashes, label=label, gid=gid, zorder=2)


def _fold_names(numbers: Any) -> list[str]:
    return [*(map(str, numbers) if len(numbers) <= 20 else ()), "all"]


# sensitivity ---------------------------------------------------------------------------------------------------------
def _sensitivity(result: Any, ax: Any) -> Any:
    predicted, sensitive = result.predicted, result.sensitivity
    checks = [check for check in result.checks if check.used and np.isfinite(check.violation_high)]
    measured = [value for check in checks for value in (check.violation_high, check.detectable) if np.isfinite(value)]
    end = max(REACH * sensitive.threshold, *(1.1 * value for value in measured), 0.25 * predicted.raw)
    sizes = end * np.linspace(0.0, 1.0, 401) ** 2
    change = 2.0 * np.sqrt(sizes * predicted.raw)
    ax = _style.axes(ax, height=4.4 + 0.22 * len(checks))
    low, high = predicted.net - change, predicted.net + change
    ax.fill_between(sizes, low, high, color=_style.PLAIN, alpha=0.12, linewidth=0)
    dashes = (0, (5, 2))
    ax.plot(sizes, high, color=AFTER, linewidth=1.8, linestyle=dashes, label="m against the correction", gid="best")
    ax.axhline(predicted.net, color=_style.GREY, linewidth=1.2, label="m orthogonal to it", gid="orthogonal")
    ax.plot(sizes, low, color=BEFORE, linewidth=1.8, label="m along the correction", gid="worst")
    ax.axhline(0.0, color=_style.INK, linewidth=0.9)
    if sensitive.threshold > 0:
        words = f"gain cancelled at {_style.number(sensitive.threshold)}"
        style = {"facecolors": "white", "edgecolors": BEFORE, "linewidths": 1.6, "s": 52, "zorder": 5}
        ax.scatter([sensitive.threshold], [0.0], label=words, gid="threshold", **style)
    ax.set_xlim(0.0, end)
    _violations(ax, checks, float(low.min()), float(high.max()))
    _room_for_legend(ax, 0.25)
    title = "Predicted gain against the size of a violation"
    units = "squared units of the response" if result.n_responses == 1 else "variances of the responses"
    xlabel = f"size of the violation |m|$^2$, in {units}"
    return _style.finish(ax, title=title, xlabel=xlabel, ylabel="gain in mean squared error")


def _violations(ax: Any, checks: Any, low: float, high: float) -> None:
    """What was measured of each constraint, in rows below the curves."""
    step = 0.13 * (high - low)
    for k, check in enumerate(checks):
        height = low - (k + 1.0) * step
        style = {"color": _style.INK, "zorder": 4}
        ax.hlines(height, check.violation_low, check.violation_high, linewidth=2.0, gid=f"interval {k}", **style)
        label = "measured violation, interval" if k == 0 else None
        ax.scatter([check.violation], [height], s=30, linewidths=0, label=label, gid=f"violation {k}", **style)
        if np.isfinite(check.detectable):
            label = "detectable with power 0.8" if k == 0 else None
            ax.scatter([check.detectable], [height], marker="|", s=130, color=_style.PLAIN, label=label, zorder=5)
        name = _style.group_name(check.constraint)
        ax.annotate(name, (0.0, height), (3, 8), textcoords="offset points", fontsize="x-small", color=_style.INK)
    ax.set_ylim(low - (len(checks) + 0.6) * step, high)


# tuning --------------------------------------------------------------------------------------------------------------
def _tuning(result: Any, ax: Any, *, of: str = "penalty") -> Any:
    tuning = result.tuning
    if "leaves" in tuning:
        _validation.choice(of, ("penalty",), "of")
        return _leaves(tuning, ax)
    profile = np.asarray(tuning.get("profile", ()), dtype=np.float64)
    known = ("penalty", "lengthscale") if profile.size else ("penalty",)
    if _validation.choice(of, known, "of") == "lengthscale":
        return _profile(tuning, profile, ax)
    return _penalties(tuning, ax)


def _penalties(tuning: Any, ax: Any) -> Any:
    """The criterion of each response along the penalties; 0 and infinity stand at the ends."""
    penalties = np.asarray(tuning["penalties"], dtype=np.float64)
    finite = np.isfinite(penalties) & (penalties > 0)
    if not finite.any():
        raise InvalidParameterError("kind is 'tuning'; there was one candidate only")
    order = np.argsort(penalties)
    penalties, finite = penalties[order], finite[order]
    path = np.asarray(tuning["path"], dtype=np.float64).reshape(len(penalties), -1)[order]
    chosen = np.asarray(tuning["penalty"], dtype=np.float64).ravel()
    name = str(tuning["criterion"])
    heights = np.column_stack([_relative(values, name) for values in path.T])
    ends = penalties[finite][[0, -1]]
    places = _on_log_axis(penalties, ends)
    ax = _style.axes(ax)
    for k, own in enumerate(heights.T):
        color, known = _style.color(k), np.isfinite(own)
        ax.plot(places[known & finite], own[known & finite], color=color, linewidth=1.4, gid=f"path {k}", zorder=3)
        outer = known & ~finite
        ax.scatter(places[outer], own[outer], color=color, s=22, linewidths=0, zorder=3, gid=f"ends {k}")
        at = float(_on_log_axis(chosen[[k]], ends)[0])
        height = float(np.interp(np.log(at), np.log(places[known]), own[known]))
        value = "infinite" if np.isinf(chosen[k]) else _style.number(chosen[k])
        label = f"response {k + 1}: {value}" if len(chosen) > 1 else f"choice: {value}"
        style = {"s": 80, "facecolors": "none", "edgecolors": color, "linewidths": 1.8, "zorder": 5}
        ax.scatter([at], [height], label=label, gid=f"choice {k}", **style)
    ax.set_xscale("log")
    low, high = _window(heights, 0.0 if name == "reml" else 1.0, 4.0 if name == "reml" else 1.0)
    visible = places[(heights <= high).any(axis=1)]
    pad = (places[-1] / visible[0]) ** 0.04
    ax.set_xlim(visible[0] / pad, places[-1] * pad)
    ax.set_ylim(low, high)
    _mark_ends(ax, penalties, ends)
    _style.legend(ax, fontsize="small")
    ylabel = CRITERIA.get(name, name)
    return _style.finish(ax, title="Choice of the penalty of the base", xlabel="penalty", ylabel=ylabel)


def _relative(values: FloatArray, name: str) -> FloatArray:
    """A criterion less its smallest value for a likelihood, over it for an error."""
    finite = values[np.isfinite(values)]
    smallest = float(finite.min())
    if name == "reml":
        return np.asarray(values - smallest)
    return np.asarray(values / smallest if smallest > 0 else values - smallest + 1.0)


def _on_log_axis(penalties: FloatArray, ends: FloatArray) -> FloatArray:
    """Penalties, with 0 and infinity beyond the ends."""
    gap = (ends[1] / ends[0]) ** 0.05
    return np.where(penalties == 0, ends[0] / gap, np.where(np.isinf(penalties), ends[1] * gap, penalties))


def _mark_ends(ax: Any, penalties: FloatArray, ends: FloatArray) -> None:
    """Numbers for a few powers of ten in sight, and words for 0 and infinity."""
    left, right = np.log10(ax.get_xlim())
    words = {}
    for value, text in ((0.0, "0"), (np.inf, "infinite")):
        place = float(np.log10(_on_log_axis(np.array([value]), ends)[0]))
        if (penalties == value).any() and left <= place <= right:
            words[place] = text
    powers = np.arange(np.ceil(max(left, np.log10(ends[0]))), np.floor(np.log10(ends[1])) + 1)
    powers = powers[:: max(1, int(np.ceil(len(powers) / 7)))]
    apart = 0.09 * (right - left)
    shown = [power for power in powers.tolist() if all(abs(power - place) > apart for place in words)]
    labels = [*(f"$10^{{{int(power)}}}$" for power in shown), *words.values()]
    ax.set_xticks([10.0**place for place in (*shown, *words)], labels)
    ax.set_xticks([], minor=True)


def _window(heights: FloatArray, lowest: float, least: float) -> tuple[float, float]:
    """Limits that show the minimum and most of the path: where it overfits a criterion is much larger."""
    excess = [own[np.isfinite(own)] - lowest for own in heights.T]
    largest = 1.05 * max(float(own.max()) for own in excess)
    top = min(largest, max(least, *(2.5 * float(np.median(own)) for own in excess)))
    return lowest - 0.05 * top, lowest + top


def _profile(tuning: Any, profile: FloatArray, ax: Any) -> Any:
    multiples = np.asarray(tuning["multiples"], dtype=np.float64)
    ax = _style.axes(ax)
    heights = profile - profile.min()
    ax.plot(multiples, heights, color=_style.color(0), marker="o", markersize=4, linewidth=1.4, gid="profile")
    best = int(np.argmin(heights))
    lengths = np.unique(np.asarray(tuning["lengthscale"]))[[0, -1]]
    value = " to ".join(dict.fromkeys(_style.number(length) for length in lengths))
    style = {"s": 80, "facecolors": "none", "edgecolors": _style.color(0), "linewidths": 1.8, "zorder": 5}
    label = f"best of the grid; refined to {value}"
    ax.scatter([multiples[best]], [heights[best]], label=label, gid="choice", **style)
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_formatter(lambda tick, _: _style.number(tick))
    _style.legend(ax, fontsize="small")
    name = str(tuning["criterion"])
    ylabel = "criterion, less its smallest value" if name == "reml" else "log criterion, less its smallest value"
    xlabel = "lengthscale over the median distance"
    return _style.finish(ax, title=f"Choice of the lengthscale by {name.upper()}", xlabel=xlabel, ylabel=ylabel)


def _leaves(tuning: Any, ax: Any) -> Any:
    leaves, errors = np.asarray(tuning["leaves"]), np.asarray(tuning["path"])
    ax = _style.axes(ax)
    ax.plot(leaves, errors, color=_style.color(0), marker="o", markersize=5, linewidth=1.4, gid="path 0")
    best = int(np.flatnonzero(leaves == tuning["leaf"])[0])
    style = {"s": 80, "facecolors": "none", "edgecolors": _style.color(0), "linewidths": 1.8, "zorder": 5}
    label = f"choice: {_style.number(leaves[best])}"
    ax.scatter([leaves[best]], [errors[best]], label=label, gid="choice 0", **style)
    ax.set_xticks(leaves, [_style.number(leaf) for leaf in leaves])
    _style.legend(ax, fontsize="small")
    title = "Choice of the leaf size of the forest"
    return _style.finish(ax, title=title, xlabel="fewest rows in a leaf", ylabel=CRITERIA["out-of-bag"])
