"""Figures of cost against size."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np


def draw_costs(
    measured: Sequence[tuple[str, Any, Any, float, float]],
    path: Path,
    xlabel: str,
    *,
    fitted: int,
    every_size: bool = False,
) -> None:
    """Median times against sizes on log-log axes, with the powers fitted to the largest sizes.

    measured : (what, sizes, medians in seconds, slope, expected slope). fitted : how many sizes the slope is of.
    every_size : a tick at each size, and room for a longer legend.
    """
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(5.5, 4.2), layout="constrained")
    for k, (what, sizes, medians, slope, expected) in enumerate(measured):
        ax.loglog(sizes, medians, "o", color=f"C{k}", markersize=4, label=f"{what}: {slope:.2f} ({expected:g})")
        last = np.asarray(sizes)[-fitted:].astype(float)
        level = np.log(medians[-fitted:]).mean() - slope * np.log(last).mean()
        ax.loglog(last, np.exp(level) * last**slope, "-", color=f"C{k}", linewidth=1)
    if every_size:
        ticks = sorted({int(size) for _, sizes, *_ in measured for size in sizes})
        ax.set_xticks(ticks, [f"{size:,}" for size in ticks])
        ax.minorticks_off()
    ax.set_xlabel(xlabel)
    ax.set_ylabel("seconds")
    ax.grid(which="major", color="0.9")
    ax.legend(fontsize=8, title="exponent (expected)", title_fontsize=8, loc="upper left")
    if every_size:
        ax.set_ylim(top=ax.get_ylim()[1] * 10)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)
