"""Plots of results as PNG, when matplotlib is there."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Callable
from functools import partial
from typing import Any

from stattools.cli.html import Figure

DPI = 110
ABSENT = "matplotlib is not installed, so there are no plots; install it by: pip install matplotlib"


def available() -> bool:
    """Whether plots can be drawn.

    Examples
    --------
    >>> isinstance(available(), bool)
    True
    """
    return importlib.util.find_spec("matplotlib") is not None


def figure(result: Any, kind: str, caption: str, **options: Any) -> Figure:
    """One plot of a result, drawn without a window.

    Parameters
    ----------
    result : Result
    kind : str
        One of the kinds that the result can draw.
    caption : str
    **options
        Passed to ``result.plot``.
    """
    return Figure(_png(lambda: result.plot(kind=kind, **options)), caption)


def collection(units: Any, **options: Any) -> tuple[Figure, ...]:
    """The distributions themselves: all groups in one plot where the space allows it, else a plot for each group.

    Parameters
    ----------
    units : DistributionArray
    **options
        Passed to `plot_distributions`.
    """
    from stattools.domains import Circle, Interval, Sphere
    from stattools.plotting import plot_distributions

    if not available():
        return ()
    if units.domain is None or isinstance(units.domain, (Circle, Interval, Sphere)):
        caption = "All units, each with the same weight."
        return (Figure(_png(lambda: plot_distributions(units, title="", **options)), caption),)
    return tuple(
        Figure(
            _png(partial(plot_distributions, units, group=level, title="mean", **options)),
            f"Group {level}: the mean of its units.",
        )
        for level in units.group_levels
    )


def _png(draw: Callable[[], Any]) -> bytes:
    """Draw on a figure of its own, without a window, and give its bytes."""
    import matplotlib

    with matplotlib.rc_context({"backend": "Agg"}):
        import matplotlib.pyplot as plt

        drawn = draw().figure
        buffer = io.BytesIO()
        # without the version of matplotlib the bytes depend on the numbers alone
        drawn.savefig(buffer, format="png", dpi=DPI, bbox_inches="tight", metadata={"Software": None})
        plt.close(drawn)
    return buffer.getvalue()


def figures(result: Any, captions: dict[str, str], **options: dict[str, Any]) -> tuple[Figure, ...]:
    """The plots named in `captions` that the result can draw; none without matplotlib.

    Parameters
    ----------
    result : Result
    captions : dict of kind to caption
    **options
        For a kind, the options of its plot.
    """
    if not available():
        return ()
    kinds = result._available_plots()
    return tuple(
        figure(result, kind, caption, **options.get(kind, {})) for kind, caption in captions.items() if kind in kinds
    )
