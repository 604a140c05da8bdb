"""Pictures of tests on collections of distributions."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidParameterError
from stattools._typing import FloatArray
from stattools.domains import Sphere
from stattools.plotting import _layout, _style
from stattools.plotting.domains import draw_values, slice_number
from stattools.plotting.results import plot_null_distribution

MOST_BARS = 20
LEVEL = 0.05
MAPS = {
    "density": ("difference of mean densities", "more mass"),
    "kernel": ("difference smoothed by the spectral kernel", "more mass, widely smoothed,"),
}


def plot_test(result: Any, kind: str = "null", ax: Any = None, **options: Any) -> Any:
    """Draw a test of two or more collections of distributions.

    Parameters
    ----------
    result : ISWTestResult or ISWAnovaResult
    kind : {"null", "components", "quantiles", "scatter", "map"}
        "null": the resampled statistic with the observed one. "components": the share of the squared distance that
        each eigenspace, or slice, holds. "quantiles": mean quantile functions of the groups through one slice, with
        pointwise intervals. "scatter": the collection in the plane, by classical scaling of its distances. "map":
        where on the domain the first group puts more mass than the second, as a difference of mean densities (two
        groups only); it has no p-values, which `localize` computes.
    ax : matplotlib Axes, optional
    **options
        null: ``bins``. quantiles: ``slice`` (number or name; by default the one that differs most) and
        ``confidence_level``. map: ``points``, ``map_of`` as in `localize` ("density", the default, or "kernel") and
        the options of `draw_values`.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InvalidParameterError
        There is no such kind or option, or the result has nothing to draw for it.

    Examples
    --------
    >>> from stattools import Circle, DistributionArray, isw_test
    >>> rng = np.random.default_rng(1)
    >>> x = DistributionArray.from_samples(rng.vonmises(0.0, 2.0, (12, 50)), domain=Circle())
    >>> y = DistributionArray.from_samples(rng.vonmises(0.9, 2.0, (12, 50)), domain=Circle())
    >>> ax = plot_test(isw_test(x, y, n_resamples=99, rng=1), "quantiles", slice=0)
    >>> ax.get_xlabel()
    'level'
    """
    _style.require(result, ("null_distribution", "components"), "what isw_test or isw_anova returns")
    if kind == "map":
        return _test_map(result, ax, **options)
    drawings = {"null": _test_null, "components": _shares, "quantiles": _mean_quantiles, "scatter": _scatter}
    if kind not in drawings:
        _validation.choice(kind, (*drawings, "map"), "kind")
    return _style.call(drawings, kind, options, result, ax)


def plot_localization(result: Any, kind: str = "components", ax: Any = None, **options: Any) -> Any:
    """Draw where two collections differ.

    Parameters
    ----------
    result : Localization
    kind : {"components", "quantiles", "map"}
        "components": the statistic of each eigenspace or slice with its adjusted p-value. "quantiles": the difference
        of mean quantiles through one slice, with pointwise intervals; levels that differ after adjustment are filled.
        "map": the difference that was asked for by ``map_of``, on the domain; points that differ at family-wise level
        0.05 are outlined.
    ax : matplotlib Axes, optional
    **options
        quantiles: ``slice`` (number or name; by default the one with most levels that differ) and
        ``confidence_level``. map: ``of`` ("witness" or "transport") and the options of `draw_values`.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InvalidParameterError
        There is no such kind or option, or no domain to draw a map on.

    Examples
    --------
    >>> from stattools import Circle, DistributionArray, isw_test
    >>> rng = np.random.default_rng(1)
    >>> x = DistributionArray.from_samples(rng.vonmises(0.0, 2.0, (12, 50)), domain=Circle())
    >>> y = DistributionArray.from_samples(rng.vonmises(0.9, 2.0, (12, 50)), domain=Circle())
    >>> found = isw_test(x, y, n_resamples=99, rng=1).localize(n_resamples=199, rng=2)
    >>> ax = plot_localization(found, "map")
    """
    _style.require(result, ("slices",), "what result.localize() returns")
    if kind == "map":
        return _found_map(result, ax, **options)
    drawings = {"components": _statistics, "quantiles": _quantile_differences}
    if kind not in drawings:
        _validation.choice(kind, (*drawings, "map"), "kind")
    return _style.call(drawings, kind, options, result, ax)


def plot_power(result: Any, ax: Any = None) -> Any:
    """Power against the size of the first group, with its Monte Carlo band.

    Parameters
    ----------
    result : ISWPowerResult
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Notes
    -----
    The band is a pointwise 95 percent interval of the simulation, not of the pilot's uncertainty.

    Examples
    --------
    >>> from stattools import DistributionArray, isw_power
    >>> rng = np.random.default_rng(1)
    >>> x = DistributionArray.from_samples(rng.normal(size=(12, 30)))
    >>> y = DistributionArray.from_samples(rng.normal(0.1, 1.0, size=(12, 30)))
    >>> plot_power(isw_power(x, y, n=20, rng=1)).get_ylabel()
    'power'
    """
    _style.require(result, ("curve_n", "curve_power"), "what isw_power returns")
    ax = _style.axes(ax)
    n, power = np.asarray(result.curve_n, dtype=float), np.asarray(result.curve_power, dtype=float)
    half = 1.96 * np.sqrt(power * (1 - power) / result.n_simulations)
    ax.fill_between(
        n,
        np.maximum(power - half, 0),
        np.minimum(power + half, 1),
        color=_style.color(0),
        alpha=0.25,
        linewidth=0,
        label="95 % Monte Carlo band",
    )
    ax.plot(n, power, color=_style.color(0), marker="o", markersize=4, linewidth=1.6, gid="power")
    if result.target is not None:
        ax.axhline(
            result.target, color=_style.INK, linewidth=0.9, linestyle=(0, (4, 3)), label=f"target {result.target:g}"
        )
    ax.axhline(
        result.alpha, color=_style.GREY, linewidth=0.9, linestyle=":", label=f"level of the test {result.alpha:g}"
    )
    sizes = f"{result.n[0]} and {result.n[1]} units"
    ax.plot(
        [result.n[0]],
        [result.power],
        color=_style.color(1),
        marker="D",
        markersize=8,
        linestyle="none",
        label=f"{sizes}: power {result.power:.3f}",
        gid="chosen",
    )
    ax.set_ylim(0, 1.03)
    _style.legend(ax, fontsize="small")
    ratio = result.n[1] / result.n[0]
    second = "as many in the second" if result.n[0] == result.n[1] else f"{ratio:.3g} times as many in the second"
    return _style.finish(
        ax, title="Power to find the pilot's difference", xlabel=f"units in the first group ({second})", ylabel="power"
    )


# tests ---------------------------------------------------------------------------------------------------------------
def _test_null(result: Any, ax: Any, *, bins: int | None = None) -> Any:
    return plot_null_distribution(result, ax=ax, bins=bins)


def _shares(result: Any, ax: Any) -> Any:
    table = result.components
    if "share" not in table:
        raise InvalidParameterError("the test has no shares of components: a group has fewer than two units")
    of = "distance" if len(result.plan.levels) == 2 else "explained sum of squares"
    ax, _places, _ = _bars(ax, table, np.asarray(table["share"], dtype=float) * 100, add_rest=True)
    return _style.finish(
        ax,
        title="Where the difference lies",
        xlabel=f"share of the squared {of} (%)" if of == "distance" else f"share of the {of} (%)",
        ylabel=ax.get_ylabel(),
    )


def _bars(ax: Any, table: Any, lengths: FloatArray, *, add_rest: bool, filled: Any = None) -> Any:
    """Horizontal bars, a component each, from the top down; of many the longest and the sum of the rest."""
    shown = (
        np.sort(np.argsort(-lengths, kind="stable")[:MOST_BARS])
        if len(lengths) > MOST_BARS + 1
        else np.arange(len(lengths))
    )
    texts = [_component_label(table, i) for i in shown]
    drawn = lengths[shown]
    n_left = len(lengths) - len(shown)
    if n_left and add_rest:
        texts.append(f"{n_left} others")
        drawn = np.append(drawn, lengths.sum() - drawn.sum())
    ax = _style.axes(ax, height=max(2.8, 1.1 + 0.24 * len(texts)))
    places = np.arange(len(texts))
    strong = np.ones(len(texts), dtype=bool) if filled is None else filled[shown]
    shades = [_style.PLAIN if s else _style.PALE for s in strong]
    if n_left and add_rest:
        shades[-1] = _style.GREY
    bars = ax.barh(places, drawn, color=shades, height=0.72)
    bars.set_label("components")
    small = "x-small" if len(texts) > 14 else "small"
    ax.set_yticks(places, texts, fontsize=small)
    ax.tick_params(axis="y", length=0)
    spare = max(0.0, 4 - len(texts)) / 2
    ax.set_ylim(len(texts) - 0.4 + spare, -0.6 - spare)
    ax.set_ylabel(
        ("eigenspace, eigenvalue" if len(texts) < 6 else "eigenspace and eigenvalue λ")
        if "eigenvalue" in table
        else "slice"
    )
    return ax, places, shown


def _component_label(table: Any, i: int) -> str:
    name = str(table["component"][i]).removeprefix("eigenspace ")
    return f"{name}   λ = {_style.number(table['eigenvalue'][i])}" if "eigenvalue" in table else name


def _groups(plan: Any) -> list[Any]:
    return [np.flatnonzero(plan.codes == g) for g in range(len(plan.levels))]


def _mean_quantiles(result: Any, ax: Any, *, slice: Any = None, confidence_level: float = 0.95) -> Any:
    plan = result.plan
    level = _validation.real(confidence_level, "confidence_level", minimum=0, maximum=1, exclusive=True)
    embedding = plan.embedding
    s = _most_different_slice(plan) if slice is None else slice_number(embedding.slicer, slice)
    quantiles = embedding.quantile_functions()[:, s]
    ax = _style.axes(ax)
    levels = np.asarray(embedding.levels)
    for g, rows in enumerate(_groups(plan)):
        mean, half = _mean_and_half_width(quantiles[rows], level)
        ax.fill_between(levels, mean - half, mean + half, color=_style.color(g), alpha=0.22, linewidth=0)
        ax.plot(
            levels,
            mean,
            color=_style.color(g),
            linewidth=1.7,
            linestyle=("-", "--", "-.", ":")[g % 4],
            label=_style.group_name(plan.levels[g], len(rows)),
        )
    _style.legend(ax, fontsize="small", title=f"mean and {100 * level:g} % pointwise interval", title_fontsize="small")
    return _style.finish(
        ax,
        title=_slice_title(embedding, s, "Mean quantile functions"),
        xlabel="level",
        ylabel=_slice_value(embedding, s),
    )


def _mean_and_half_width(rows: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """Mean of the rows and half the width of its t interval, NaN from a single row."""
    from scipy.special import stdtrit

    n = len(rows)
    if n < 2:
        return rows.mean(axis=0), np.full(rows.shape[1], np.nan)
    return rows.mean(axis=0), stdtrit(n - 1, (1 + level) / 2) * rows.std(axis=0, ddof=1) / np.sqrt(n)


def _most_different_slice(plan: Any) -> int:
    """The slice that holds most of the squared differences between group means."""
    embedding = plan.embedding
    features = embedding.features.reshape(len(embedding), -1, embedding.n_quantiles)
    overall = features.mean(axis=0)
    between = sum(len(rows) * (features[rows].mean(axis=0) - overall) ** 2 for rows in _groups(plan))
    return int(np.argmax(np.asarray(between).sum(axis=1)))


def _is_line(embedding: Any) -> bool:
    return embedding.slicer.n_slices == 1 and getattr(embedding.slicer, "domain", None) is None


def _slice_value(embedding: Any, s: int) -> str:
    return "value" if _is_line(embedding) else f"value of slice {embedding.slicer.slice_names[s]}"


def _slice_title(embedding: Any, s: int, text: str) -> str:
    if _is_line(embedding):
        return text
    return f"{text} through slice {embedding.slicer.slice_names[s]} (number {s} of {embedding.slicer.n_slices})"


def _scatter(result: Any, ax: Any) -> Any:
    plan = result.plan
    scores, shares = _layout.principal_scores(plan.embedding.features)
    ax = _style.axes(ax)
    if getattr(plan, "paired", False):
        half = len(scores) // 2
        ends = np.stack([scores[:half], scores[half:], np.full_like(scores[:half], np.nan)], axis=1)
        # one line with gaps: a line for each pair takes seconds
        ax.plot(*ends.reshape(-1, 2).T, color=_style.PALE, linewidth=0.8, zorder=1)
    size = float(np.clip(3000 / len(scores), 6, 36))
    for g, rows in enumerate(_groups(plan)):
        ax.scatter(
            *scores[rows].T,
            s=size,
            marker=_style.marker(g),
            color=_style.color(g),
            alpha=0.65,
            linewidths=0,
            zorder=2,
            label=_style.group_name(plan.levels[g], len(rows)),
        )
    for g, rows in enumerate(_groups(plan)):
        ax.scatter(
            *scores[rows].mean(axis=0),
            s=130,
            marker=_style.marker(g),
            color=_style.color(g),
            edgecolors=_style.INK,
            linewidths=1.4,
            zorder=3,
        )
    ax.scatter([], [], s=90, marker="o", color="white", edgecolors=_style.INK, linewidths=1.4, label="mean of a group")
    ax.set_aspect("equal", adjustable="datalim")
    _style.legend(ax, fontsize="small")
    names = [f"axis {k + 1} ({100 * share:.3g} % of variance)" for k, share in enumerate(shares)]
    return _style.finish(
        ax, title="Distances between distributions, classical scaling", xlabel=names[0], ylabel=names[1]
    )


def _test_map(result: Any, ax: Any, *, points: Any = None, map_of: str = "density", **options: Any) -> Any:
    plan = result.plan
    slicer = plan.embedding.slicer
    domain = getattr(slicer, "domain", None)
    _validation.choice(map_of, tuple(MAPS), "map_of")
    if domain is None:
        raise InvalidParameterError("these slices have no domain, so there is no map")
    if len(plan.levels) != 2:
        raise InvalidParameterError(f"a map shows the difference of two groups; this test has {len(plan.levels)}")
    points = _map_points(domain) if points is None else domain.check_points(points)
    values = result.difference_at(points, map_of=map_of)
    title = f'{_map_title(plan.levels)}\n(no p-values here; localize().plot("map") marks significance)'
    return _draw_witness(slicer, points, values, plan.levels, map_of, ax, **({"title": title} | options))


def _map_points(domain: Any) -> Any:
    """The domain's own nodes; on a sphere a finer grid, since maps are often cut to a region."""
    if not isinstance(domain, Sphere):
        return domain.nodes()
    latitude, longitude = np.meshgrid(np.arange(-89.0, 90, 2), np.arange(-179.0, 180, 2), indexing="ij")
    return domain.from_lonlat(longitude.ravel(), latitude.ravel())


def _map_title(levels: Any) -> str:
    return f"Where {_style.group_name(levels[0])} and {_style.group_name(levels[1])} differ"


def _draw_witness(
    slicer: Any, points: Any, values: FloatArray, levels: Any, map_of: str, ax: Any, **options: Any
) -> Any:
    label, more = MAPS[map_of]
    if map_of == "density":
        label += " (per unit of volume)" if slicer.normalization == "volume" else " (1 = uniform)"
    names = [_style.group_name(level) for level in levels]
    defaults: dict[str, Any] = {"label": label, "ends": (f"{more} in {names[0]}", f"{more} in {names[1]}")}
    return draw_values(slicer.domain, points, values, ax, **(defaults | options))


# localisation ---------------------------------------------------------------------------------------------------------
def _statistics(result: Any, ax: Any) -> Any:
    table = result.slices
    statistic, adjusted = np.asarray(table["statistic"], dtype=float), np.asarray(table["p_adjusted"], dtype=float)
    ax, places, shown = _bars(ax, table, statistic, add_rest=False, filled=adjusted <= LEVEL)
    small = "x-small" if len(shown) > 14 else "small"
    for place, i in zip(places, shown, strict=True):
        ax.annotate(
            f"p = {_style.number(adjusted[i], 2)}",
            (max(statistic[i], 0.0), place),
            (4, 0),
            textcoords="offset points",
            va="center",
            fontsize=small,
            fontweight="bold" if adjusted[i] <= LEVEL else "normal",
            color=_style.INK,
        )
    ax.margins(x=0.16)
    left_out = f", the largest {len(shown)} of {len(statistic)}" if len(shown) < len(statistic) else ""
    return _style.finish(
        ax,
        title=f"Components that differ at adjusted level {LEVEL:g} are dark{left_out}",
        xlabel="studentized squared distance, with adjusted p-value",
        ylabel=ax.get_ylabel(),
    )


def _quantile_differences(result: Any, ax: Any, *, slice: Any = None, confidence_level: float = 0.95) -> Any:
    from scipy.special import ndtri

    level = _validation.real(confidence_level, "confidence_level", minimum=0, maximum=1, exclusive=True)
    slicer, n_slices = result.embedding.slicer, result.embedding.slicer.n_slices
    table = {name: np.asarray(column).reshape(n_slices, -1) for name, column in result.coordinates.items()}
    s = _clearest_slice(table) if slice is None else slice_number(slicer, slice)
    x, difference = table["level"][s].astype(float), table["difference"][s].astype(float)
    half = float(ndtri((1 + level) / 2)) * table["std_error"][s].astype(float)
    found = table["p_adjusted"][s] <= LEVEL
    ax = _style.axes(ax)
    ax.axhline(0.0, color=_style.GREY, linewidth=0.9)
    ax.fill_between(
        x,
        difference - half,
        difference + half,
        color=_style.PLAIN,
        alpha=0.2,
        linewidth=0,
        label=f"{100 * level:g} % pointwise interval",
    )
    ax.plot(x, difference, color=_style.PLAIN, linewidth=1.5, gid="difference")
    ax.plot(
        x[~found],
        difference[~found],
        linestyle="none",
        marker="o",
        markersize=5,
        markerfacecolor="white",
        markeredgecolor=_style.PLAIN,
        label="not significant",
    )
    ax.plot(
        x[found],
        difference[found],
        linestyle="none",
        marker="o",
        markersize=6,
        color=_style.MARK,
        label=f"adjusted p ≤ {LEVEL:g}",
        gid="mask",
    )
    _style.legend(ax, fontsize="small")
    names = [_style.group_name(name) for name in result.levels]
    return _style.finish(
        ax,
        title=_slice_title(result.embedding, s, "Difference of mean quantiles"),
        xlabel="level",
        ylabel=f"{names[0]} less {names[1]}",
    )


def _clearest_slice(table: Any) -> int:
    """The slice with most levels that differ; among equals the one with the largest statistic."""
    counts = (table["p_adjusted"] <= LEVEL).sum(axis=1)
    largest = np.nanmax(
        np.abs(np.where(np.isfinite(table["statistic"].astype(float)), table["statistic"].astype(float), 0.0)), axis=1
    )
    return int(np.lexsort((-largest, -counts))[0])


def _found_map(result: Any, ax: Any, *, of: str = "witness", **options: Any) -> Any:
    _validation.choice(of, ("witness", "transport"), "of")
    if result.points is None:
        raise InvalidParameterError("these slices have no domain, so there is no map")
    domain = result.embedding.slicer.domain
    names = [_style.group_name(level) for level in result.levels]
    if of == "transport":
        values = np.asarray(result.transport)
        defaults: dict[str, Any] = {
            "label": f"transport potential from {names[0]} to {names[1]}",
            "title": f"Mass moves from high to low on the way from {names[0]} to {names[1]}",
        }
        centred = values - np.average(values, weights=domain.node_masses if domain.is_discrete else None)
        return draw_values(domain, result.points, centred, ax, **(defaults | options))
    mask = np.asarray(result.p_map) <= LEVEL
    found = f"marked: family-wise p ≤ {LEVEL:g}" if mask.any() else f"no point at family-wise p ≤ {LEVEL:g}"
    title = f"{_map_title(result.levels)}\n({found})"
    defaults = {"mask": mask, "threshold": result.threshold, "title": title}
    slicer, values = result.embedding.slicer, np.asarray(result.witness)
    return _draw_witness(slicer, result.points, values, result.levels, result.map_of, ax, **(defaults | options))
