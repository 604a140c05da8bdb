"""Pictures of weighted least-squares fits."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidParameterError
from stattools._typing import BoolArray, FloatArray, IntArray
from stattools.plotting import _style

MOST_INPUTS = 20
LONGEST_NAME = 32
FULL = 1e-10  # one minus a leverage below which a row decides its own fitted value
COOK = (0.5, 1.0)


def plot_fit(result: Any, kind: str = "coefficients", ax: Any = None, **options: Any) -> Any:
    """Draw a weighted least-squares fit.

    Parameters
    ----------
    result : WLSResult
    kind : {"coefficients", "residuals", "leverage", "sobol"}
        "coefficients": estimates with confidence intervals, filled where the interval excludes zero. "residuals":
        weighted residuals against fitted values. "leverage": residuals divided by their standard errors under the
        model, against leverage, with contours of Cook's distance. "sobol": first-order and total Sobol indices of the
        inputs.
    ax : matplotlib Axes, optional
    **options
        coefficients: ``alpha`` (0.05), ``n_terms`` (the largest 40), ``order`` ("given" or "size"), ``constant``
        (False leaves out the constant, which often dwarfs the others) and ``by_degree`` (bool: absolute values
        against the degree, for a fit in polynomials or spherical harmonics). residuals: ``loo`` (bool: leave-one-out
        residuals too) and ``n_labels`` (3). leverage: ``n_labels`` (3).

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InvalidParameterError
        There is no such kind or option, or the fit has nothing to draw for it.

    Notes
    -----
    The largest coefficients are those of the largest absolute value in an orthonormal basis, and otherwise, where
    columns may have different units, of the largest ratio to their standard errors.

    Examples
    --------
    >>> from stattools.wls import PolynomialSpace, WeightedLeastSquares, optimal_design
    >>> space = PolynomialSpace("legendre", degree=4)
    >>> design = optimal_design(space, 15, rng=1)
    >>> fit = WeightedLeastSquares(space).fit(design.points, np.exp(design.points[:, 0]), design=design)
    >>> plot_fit(fit.results_).get_xlabel()
    'estimate with 95 % confidence interval'
    >>> plot_fit(fit.results_, "leverage", n_labels=0).get_xlabel()
    'leverage'
    """
    _style.require(result, ("solution", "weights_kind", "wresid"), "what WeightedLeastSquares or wls returns")
    drawings: dict[str, Any] = {
        "coefficients": _coefficients,
        "residuals": _residuals,
        "leverage": _leverage,
        "sobol": _sobol,
    }
    return _style.call(drawings, kind, options, result, ax)


# coefficients --------------------------------------------------------------------------------------------------------
def _coefficients(
    result: Any,
    ax: Any,
    *,
    alpha: float = 0.05,
    n_terms: int = 40,
    order: str = "given",
    constant: bool = True,
    by_degree: bool = False,
) -> Any:
    n_terms = _validation.integer(n_terms, "n_terms", minimum=1, maximum=200)
    order = _validation.choice(order, ("given", "size"), "order")
    estimates = np.asarray(result.coefficients)
    limits = np.asarray(result.conf_int(alpha))
    kept = np.arange(len(estimates))
    left_out = _constant(result)
    if not _validation.boolean(constant, "constant"):
        if left_out is None:
            raise InvalidParameterError("constant is False; the fit has no coefficient of a constant to leave out")
        kept = np.delete(kept, left_out)
    if _validation.boolean(by_degree, "by_degree"):
        return _decay(result, ax, estimates, limits, kept, alpha)
    sizes = np.nan_to_num(np.abs(estimates if result.space is not None else np.asarray(result.tvalues)), nan=-1.0)
    ranked = kept[np.argsort(-sizes[kept], kind="stable")][:n_terms]
    shown = ranked if order == "size" else np.sort(ranked)
    ax = _style.axes(ax, height=max(2.8, 1.2 + 0.22 * len(shown)))
    places = np.arange(len(shown))
    found = _excludes_zero(limits[shown])
    ax.axvline(0.0, color=_style.GREY, linewidth=0.9)
    ax.hlines(places, *limits[shown].T, color=_style.PLAIN, linewidth=1.6, gid="intervals")
    for part, face in ((found, _style.PLAIN), (~found, "white")):
        style = {"facecolors": face, "edgecolors": _style.PLAIN, "linewidths": 1.2, "s": 26, "zorder": 4}
        ax.scatter(estimates[shown][part], places[part], gid="found" if face != "white" else "other", **style)
    names = [_short(result.param_names[k]) for k in shown]
    ax.set_yticks(places, names, fontsize="x-small" if len(shown) > 14 else "small")
    ax.tick_params(axis="y", length=0)
    spare = max(0.0, 4 - len(shown)) / 2
    ax.set_ylim(len(shown) - 0.4 + spare, -0.6 - spare)
    words = f"{_which(len(shown), len(kept), len(estimates))}, covariance {result.cov_type}"
    if not np.isfinite(limits[shown]).any():
        return _style.finish(ax, title=f"{words}: no standard errors", xlabel="estimate")
    words += "\nfilled: the interval excludes zero"
    return _style.finish(ax, title=words, xlabel=f"estimate with {100 * (1 - alpha):g} % confidence interval")


def _which(n_shown: int, n_kept: int, n: int) -> str:
    but = " but the constant" if n_kept < n else ""
    return f"Coefficients{but}" if n_shown == n_kept else f"Largest {n_shown} of {n_kept} coefficients{but}"


def _excludes_zero(limits: FloatArray) -> BoolArray:
    return np.asarray((limits[:, 0] > 0) | (limits[:, 1] < 0))


def _constant(result: Any) -> int | None:
    """Which coefficient is that of the constant."""
    if result.space is not None:
        index: int | None = result.space.constant_index
        return index
    if result.intercept:
        return 0
    names = list(result.param_names)
    return names.index("Intercept") if "Intercept" in names else None


def _short(name: str) -> str:
    """The two ends of a long name."""
    half = LONGEST_NAME // 2
    return name if len(name) <= LONGEST_NAME else f"{name[:half]}…{name[-half + 1 :]}"


def _decay(
    result: Any, ax: Any, estimates: FloatArray, limits: FloatArray, kept: IntArray, alpha: float
) -> Any:
    """Absolute coefficients against the degree, with the root of the sum of squares of each degree."""
    degrees = _degrees(result.space)[kept]
    sizes, found = np.abs(estimates[kept]), _excludes_zero(limits[kept])
    if not (sizes > 0).any():
        raise InvalidParameterError("by_degree is True; all coefficients are zero, which a logarithm cannot show")
    levels = np.unique(degrees)
    totals = np.sqrt(np.array([np.sum(sizes[degrees == level] ** 2) for level in levels]))
    ax = _style.axes(ax)
    place = _spread(degrees)
    for part, face, name in (
        (found, _style.PLAIN, f"{100 * (1 - alpha):g} % interval excludes zero"),
        (~found, "white", "other coefficients"),
    ):
        some = part & (sizes > 0)
        if some.any():
            style = {"facecolors": face, "edgecolors": _style.PLAIN, "linewidths": 0.9, "s": 20, "zorder": 4}
            ax.scatter(place[some], sizes[some], label=name, gid="found" if face != "white" else "other", **style)
    positive = totals > 0
    ax.plot(
        levels[positive], totals[positive], color=_style.INK, linewidth=1.1, marker="_", markersize=12, gid="totals",
        label="root of the sum of squares of a degree",
    )  # fmt: skip
    ax.set_yscale("log")
    low = max(float(sizes[sizes > 0].min()), 1e-17 * float(totals.max()))
    ax.set_ylim(low / 2, 3 * float(totals.max()))
    ax.xaxis.get_major_locator().set_params(integer=True)
    _style.legend(ax, fontsize="small")
    return _style.finish(ax, title="Decay of the coefficients", xlabel="degree", ylabel="|coefficient|")


def _degrees(space: Any) -> IntArray:
    """Total degree of each function of a basis; a frequency counts as its degree."""
    if hasattr(space, "univariate"):
        levels = np.array(space.indices)
        for j, family in enumerate(space.univariate):
            if family.name == "trigonometric":
                levels[:, j] = (levels[:, j] + 1) // 2
        return np.asarray(levels.sum(axis=1))
    if space is None or not hasattr(space, "degree"):
        raise InvalidParameterError("by_degree needs a fit in a space of polynomials or spherical harmonics")
    return np.repeat(np.arange(space.degree + 1), 2 * np.arange(space.degree + 1) + 1)


def _spread(degrees: IntArray) -> FloatArray:
    """Places side by side within 0.3 of each degree."""
    place = degrees.astype(np.float64)
    for level in np.unique(degrees):
        rows = np.flatnonzero(degrees == level)
        place[rows] += np.linspace(-0.3, 0.3, len(rows)) if len(rows) > 1 else 0.0
    return place


# residuals -----------------------------------------------------------------------------------------------------------
def _residuals(result: Any, ax: Any, *, loo: bool = False, n_labels: int = 3) -> Any:
    used = np.asarray(result.weights) > 0
    fitted, residuals = np.asarray(result.fitted), np.asarray(result.wresid)
    weighted = result.weights_kind != "none"
    ax = _style.axes(ax)
    ax.axhline(0.0, color=_style.GREY, linewidth=0.9)
    size = float(np.clip(2400 / len(fitted), 7, 36))
    if _validation.boolean(loo, "loo"):
        _refuse_average(result, "loo is True")
        left_out = np.asarray(result.loo_residuals) * np.sqrt(result.weights)
        known = used & np.isfinite(left_out)
        ax.vlines(fitted[known], residuals[known], left_out[known], color=_style.PALE, linewidth=0.8, zorder=1)
        style = {"facecolors": "white", "edgecolors": _style.INK, "linewidths": 0.9, "s": size, "zorder": 3}
        ax.scatter(fitted[known], left_out[known], label="leave-one-out", gid="loo", **style)
    ax.scatter(
        fitted[used], residuals[used], s=size, color=_style.PLAIN, linewidths=0, alpha=0.85, zorder=4, gid="residuals",
        label="residual",
    )  # fmt: skip
    lines = _interpolation_words(result)
    if np.isfinite(result.weighted_scale) and result.weighted_scale > 0:
        spread = float(np.sqrt(result.weighted_scale))
        for level in (-2 * spread, 2 * spread):
            name = f"± 2 residual standard errors ({_style.number(spread)})" if level > 0 else None
            ax.axhline(level, color=_style.INK, linewidth=0.9, linestyle=(0, (4, 3)), label=name, zorder=1)
        _label_rows(ax, result, fitted, residuals, np.where(used, np.abs(residuals), -1.0), n_labels)
    else:
        _validation.integer(n_labels, "n_labels", minimum=0)
    ax.margins(x=0.08, y=0.12)
    _style.legend(ax, fontsize="small", **_below(ax))
    hidden = int((~used).sum())
    lines += [f"{hidden} row{'s' if hidden > 1 else ''} of weight zero not shown"] if hidden else []
    title = "Weighted residuals" if weighted else "Residuals"
    ylabel = "residual times root of weight" if weighted else "residual"
    return _style.finish(ax, title=_titled(title, lines), xlabel="fitted value", ylabel=ylabel)


def _below(ax: Any) -> dict[str, Any]:
    """A place for a legend below the axes, where a layout engine makes room for it."""
    if ax.figure.get_layout_engine() is None:
        return {}
    count = len(ax.get_legend_handles_labels()[0])
    return {"loc": "upper left", "bbox_to_anchor": (0.0, -0.16), "ncols": min(count, 3), "borderaxespad": 0.0}


def _titled(title: str, remarks: list[str]) -> str:
    return "\n".join([title, *(["; ".join(remarks)] if remarks else [])])


def _refuse_average(result: Any, what: str) -> None:
    if result.averaged:
        raise InvalidParameterError(
            f"{what}; the coefficients are a mean of interpolants, to which leverages of the joint fit do not belong"
        )


def _interpolation_words(result: Any) -> list[str]:
    left = result.solution.n_used - result.solution.effective_rank
    return ["the fit interpolates: only rounding is left"] if left <= 0 and not result.averaged else []


def _label_rows(ax: Any, result: Any, x: FloatArray, y: FloatArray, sizes: FloatArray, n_labels: int) -> None:
    """Names of the rows of largest size, beside their dots."""
    n_labels = _validation.integer(n_labels, "n_labels", minimum=0, maximum=50)
    names = np.arange(len(x)) if result.row_names is None else np.asarray(result.row_names)
    largest = np.argsort(-np.nan_to_num(sizes, nan=-1.0), kind="stable")[:n_labels]
    middle = (np.nanmin(x) + np.nanmax(x)) / 2
    for k in largest:
        if sizes[k] > 0:
            right = x[k] <= middle
            ax.annotate(
                _short(str(names[k])),
                (x[k], y[k]),
                (5 if right else -5, 0),
                textcoords="offset points",
                ha="left" if right else "right",
                va="center",
                fontsize="x-small",
                color=_style.INK,
                zorder=6,
            )


# leverage ------------------------------------------------------------------------------------------------------------
def _leverage(result: Any, ax: Any, *, n_labels: int = 3) -> Any:
    _refuse_average(result, "kind is 'leverage'")
    used = np.asarray(result.weights) > 0
    h = np.asarray(result.leverage)
    rank, n = float(result.solution.effective_rank), result.solution.n_used
    standard = _standardized(result, h)
    known = used & np.isfinite(standard)
    ax = _style.axes(ax)
    ax.axhline(0.0, color=_style.GREY, linewidth=0.9)
    size = float(np.clip(2400 / len(h), 7, 36))
    ax.scatter(
        h[known], standard[known], s=size, color=_style.PLAIN, linewidths=0, alpha=0.85, zorder=4, gid="leverage"
    )
    unknown = used & ~known
    if unknown.any():
        ax.scatter(
            h[unknown], np.zeros(int(unknown.sum())), s=40, marker=">", facecolors="white", edgecolors=_style.PLAIN,
            zorder=4, gid="undefined", label=f"no standardized residual: {int(unknown.sum())}", clip_on=False,
        )  # fmt: skip
    reach = max(2.5, 1.15 * float(np.max(np.abs(standard[known]), initial=0.0)))
    right = 1.0 if unknown.any() else min(1.0, max(1.12 * float(h[used].max()), 2.3 * rank / n))
    if known.any():
        _cook_contours(ax, rank, right, reach)
    mark = {"color": _style.INK, "linewidth": 0.9, "linestyle": ":", "zorder": 1}
    ax.axvline(rank / n, label=f"mean leverage {_style.number(rank / n)}", gid="mean", **mark)
    ax.set_xlim(0.0, right)
    ax.set_ylim(-reach, reach)
    cook = standard**2 * h / (np.maximum(1 - h, FULL) * rank)
    _label_rows(ax, result, h, np.nan_to_num(standard), np.where(known, cook, -1.0), n_labels)
    _style.legend(ax, fontsize="small", **_below(ax))
    title = "Leverage and residuals" + ("" if result.weights_kind == "none" else " of the weighted fit")
    title = _titled(title, _interpolation_words(result))
    return _style.finish(ax, title=title, xlabel="leverage", ylabel="standardized residual")


def _standardized(result: Any, h: FloatArray) -> FloatArray:
    """Weighted residuals over their standard errors for equal weighted variances; NaN where the leverage is one."""
    scale, full = result.weighted_scale, 1 - h < FULL
    with np.errstate(invalid="ignore", divide="ignore"):
        standard = np.asarray(result.wresid) / np.sqrt(scale * np.where(full, 1.0, 1 - h))
    return np.where(full | ~np.isfinite(standard), np.nan, standard)


def _cook_contours(ax: Any, rank: float, right: float, reach: float) -> None:
    h = np.linspace(0, right, 400)[1:]
    for level, style in zip(COOK, ((0, (4, 3)), "-"), strict=True):
        with np.errstate(divide="ignore", invalid="ignore"):
            height = np.sqrt(level * rank * np.maximum(1 - h, 0.0) / h)
        inside = height <= reach
        if inside.any():
            line = {"color": _style.color(1), "linewidth": 1.0, "linestyle": style, "zorder": 2}
            ax.plot(h[inside], height[inside], label=f"Cook's distance {level:g}", gid=f"cook {level:g}", **line)
            ax.plot(h[inside], -height[inside], **line)


# Sobol indices -------------------------------------------------------------------------------------------------------
def _sobol(result: Any, ax: Any) -> Any:
    table = result.sobol()
    first, total = (np.asarray(table[name], dtype=float) for name in ("first_order", "total"))
    if not np.isfinite(total).all():
        raise InvalidParameterError("the fitted function is constant; its variance has no shares")
    shown = np.arange(len(total))
    if len(shown) > MOST_INPUTS:
        shown = np.sort(np.argsort(-total, kind="stable")[:MOST_INPUTS])
    ax = _style.axes(ax, height=max(2.6, 1.4 + 0.3 * len(shown)))
    places = np.arange(len(shown))
    ax.barh(places, total[shown], color=_style.PALE, height=0.72, label="total")
    ax.barh(places, first[shown], color=_style.PLAIN, height=0.4, label="first order (alone)")
    ax.set_yticks(places, [str(table.index[k]) for k in shown], fontsize="x-small" if len(shown) > 14 else "small")
    ax.tick_params(axis="y", length=0)
    spare = max(0.0, 4 - len(shown)) / 2
    ax.set_ylim(len(shown) - 0.4 + spare, -0.6 - spare)
    ax.set_xlim(0.0, max(1.0, 1.02 * float(total.max())))
    _style.legend(ax, fontsize="small", loc="lower right" if total[shown[-1]] < 0.6 else "best")
    of = "" if len(shown) == len(total) else f", the largest {len(shown)} of {len(total)} inputs"
    return _style.finish(ax, title=f"Sobol indices of the fitted function{of}", xlabel="share of its variance")
