"""What all pictures share: axes, colours, colour bars, and the message when matplotlib is not there."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidParameterError, StattoolsError
from stattools._typing import FloatArray

# Okabe and Ito (2008), told apart under the common forms of colour blindness; the first two groups take the two
# ends of the signed colour map.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#4D4D4D")
MARKERS = ("o", "^", "s", "D", "v", "P", "X")
SIGNED = ("#6b2e00", "#D55E00", "#f3b98f", "#f7f7f7", "#93c4e3", "#0072B2", "#00304d")
POSITIVE = ("#f7f7f7", "#dadaeb", "#9e9ac8", "#6a51a3", "#2d0059")  # of no group, as PLAIN
PLAIN = "#6a51a3"  # what belongs to no group: components, differences, the tail of a null distribution
INK = "#262626"
GREY = "#8c8c8c"
PALE = "#d0d0d0"
MARK = "#111111"  # outlines of what is significant


class MissingMatplotlibError(StattoolsError, ImportError):
    """A picture was asked for, and matplotlib is not installed."""


def matplotlib() -> Any:
    """The package, or an error that says how to get it."""
    try:
        import matplotlib
    except ImportError:
        raise MissingMatplotlibError(
            'pictures need matplotlib, which is not installed; run pip install "stattools[plot]"'
        ) from None
    return matplotlib


def axes(ax: Any, *, height: float = 4.4, layout: str = "constrained") -> Any:
    """The given axes after a check, or those of a new figure 6.4 inches wide; "compressed" suits a fixed aspect."""
    matplotlib()
    if ax is None:
        import matplotlib.pyplot as plt

        return plt.figure(figsize=(6.4, height), layout=layout).add_subplot()
    if getattr(ax, "name", None) != "rectilinear" or not hasattr(ax, "figure"):
        kind = f"{ax.name} axes" if isinstance(getattr(ax, "name", None), str) else f"a {type(ax).__name__}"
        raise InvalidParameterError(f"ax is {kind}; it takes ordinary matplotlib Axes, such as plt.subplots()[1]")
    return ax


def finish(ax: Any, *, title: str = "", xlabel: str = "", ylabel: str = "") -> Any:
    """Labels, and no box."""
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if title:
        ax.set_title(title, loc="left", fontsize="medium", color=INK)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def bare(ax: Any, *, title: str = "") -> Any:
    """No axes at all, equal scales: for drawings without coordinates."""
    ax.set_aspect("equal")
    ax.set_axis_off()
    if title:
        ax.set_title(title, loc="left", fontsize="medium", color=INK)
    return ax


def color(k: int) -> str:
    """Colour of group k."""
    return PALETTE[k % len(PALETTE)]


def marker(k: int) -> str:
    """Marker of group k; colours and markers come back together only after 49 groups."""
    return MARKERS[(k + k // len(MARKERS)) % len(MARKERS)]


def color_map(signed: bool) -> Any:
    """Diverging with white in the middle, or from white to dark."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("stattools", SIGNED if signed else POSITIVE)


def color_scale(values: FloatArray, signed: bool) -> Any:
    """Limits of the colours: symmetric about zero, or from zero (or the smallest value, when negative) up."""
    from matplotlib.colors import Normalize

    finite = values[np.isfinite(values)]
    top = float(np.max(np.abs(finite) if signed else finite, initial=0.0))
    low = -top if signed else min(0.0, float(np.min(finite, initial=0.0)))
    if top == low:
        low, top = (-1.0, 1.0) if signed else (low, low + 1.0)
    return Normalize(low, top)


def color_bar(ax: Any, artist: Any, label: str, *, mark: float | None = None, horizontal: bool = False) -> Any:
    """A labelled colour bar beside `ax`; `mark` draws lines at plus and minus a threshold."""
    place: dict[str, Any] = {"fraction": 0.046, "pad": 0.04}
    if horizontal:  # without panchor the axes would be pushed up, over their own title
        place = {"location": "bottom", "fraction": 0.06, "pad": 0.08, "aspect": 35, "panchor": False}
    bar = ax.figure.colorbar(artist, ax=ax, **place)
    bar.outline.set_visible(False)
    bar.set_label(label)
    bar.formatter.set_powerlimits((-3, 4))
    bar.locator.set_params(nbins=5 if horizontal else 7)
    low, high = artist.norm.vmin, artist.norm.vmax
    for level in () if mark is None else (-mark, mark):
        if low <= level <= high:
            (bar.ax.axhline if not horizontal else bar.ax.axvline)(level, color=MARK, linewidth=1.2)
    return bar


def legend(ax: Any, **options: Any) -> None:
    """A legend on a white ground without a border."""
    ax.legend(**{"loc": "best", "facecolor": "white", "edgecolor": "none", "framealpha": 0.85, **options})


def number(value: float, digits: int = 3) -> str:
    """A number for a label: short, in powers of ten where it is large or small."""
    return f"{float(value):.{digits}g}"


def spans(low: FloatArray, high: FloatArray, n: int = 2) -> FloatArray:
    """Places along a line that runs from each low to its high, n places each, with a gap (NaN) after each."""
    steps = low[:, None] + (high - low)[:, None] * np.linspace(0, 1, n)
    return np.column_stack([steps, np.full(len(low), np.nan)]).ravel()


def wrapped(text: str, width: int = 25) -> str:
    """Text in lines of about `width` letters."""
    return "\n".join(textwrap.fill(line, width) for line in text.splitlines())


def group_name(level: Any, n: int | None = None) -> str:
    """The label of a group, with its size."""
    text = str(level)
    text = text if len(text) <= 28 else text[:27] + "…"
    return text if n is None else f"{text} (n = {n})"


def require(result: Any, attributes: tuple[str, ...], what: str) -> None:
    """Refuse a result of another kind, told by what it has."""
    if isinstance(result, type) or not all(hasattr(result, name) for name in attributes):
        raise InvalidParameterError(f"result is a {type(result).__name__}; it takes {what}")


def call(functions: Mapping[str, Callable[..., Any]], kind: str, options: Mapping[str, Any], *args: Any) -> Any:
    """Call the drawing function of a kind, refusing a kind or an option that there is not."""
    function = functions[_validation.choice(kind, tuple(functions), "kind")]
    known = [p.name for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY]
    for name in options:
        if name not in known:
            takes = "takes " + ", ".join(known) if known else "takes no options"
            raise InvalidParameterError(f"{name} is no option of kind={kind!r}, which {takes}")
    return function(*args, **options)
