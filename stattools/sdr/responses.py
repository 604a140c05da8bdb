"""The response of a fit as rows whose weighted means can be read."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools._typing import FloatArray
from stattools.distributions.slicers import Directions
from stattools.rkhs import Spectrum
from stattools.sdr.blocks import SideKernel
from stattools.sdr.effects import Responses
from stattools.sdr.parts import Part

MOST_EIGENFUNCTIONS = 3
"""Of the Laplacian of a domain, whose means describe a distribution there."""


def responses_of(kernel: SideKernel, data: Any, plain: Spectrum) -> Responses:
    """Rows of the response: quantile functions, numbers, indicators, or else features of its kernel."""
    if len(kernel.parts) == 1:
        part = kernel.parts[0]
        if part.kind == "distributions":
            return _distributions(part, data)
        if part.kind == "vectors":
            names = part.template.names or _numbered(part.template.count)
            return Responses("vector", part.rows, np.ones(part.template.count), names=names)
        if part.kind == "categories":
            indicators = (part.rows[:, None] == np.arange(len(part.template))).astype(np.float64)
            names = tuple(str(level) for level in part.template)
            ordered = bool(getattr(getattr(data, "cat", data), "ordered", False))
            return Responses("categories", indicators, np.ones(len(names)), names=names, ordered=ordered)
    return _features(plain)


def _distributions(part: Part, data: Any) -> Responses:
    template = part.template
    embedding = data.embed(template.slicer, template.n_quantiles)
    label = "Y" if data.domain is None or not getattr(data.domain, "unit", None) else f"Y ({data.domain.unit})"
    if embedding.n_slices == 1 and part.metric in ("w2", "w1"):
        scale = np.full(template.n_quantiles, 1.0 / np.sqrt(template.n_quantiles))
        return Responses("line", embedding.values[:, 0], scale, embedding.levels, label=label)
    scale = np.repeat(np.sqrt(np.asarray(template.slicer.slice_weights) / template.n_quantiles), template.n_quantiles)
    summaries: dict[str, FloatArray] = {}
    if isinstance(template.slicer, Directions):
        means = np.asarray(data.mean()).reshape(len(data), -1)
        summaries = {f"mean of coordinate {k + 1}": means[:, k] for k in range(means.shape[1])}
    else:
        summaries = _eigenfunction_means(data, template.slicer)
    return Responses("slices", embedding.values.reshape(len(data), -1), scale, summaries=summaries, label=label)


def _eigenfunction_means(data: Any, slicer: Any) -> dict[str, FloatArray]:
    """Means (n,) of the first eigenfunctions as they are; slices turn those of an eigenspace by small angles."""
    number = min(MOST_EIGENFUNCTIONS, slicer.n_eigenfunctions)
    basis = data.domain.eigenbasis(number, multiplicity="fixed")
    means = data.embed(basis, n_quantiles=1).values[:, :, 0]
    return {f"mean of eigenfunction {basis.slice_names[k]}": means[:, k] for k in range(number)}


def _features(plain: Spectrum) -> Responses:
    """Coordinates of the kernel's features along the leading eigenvectors of its Gram matrix."""
    rows = plain.features
    return Responses("features", rows, np.ones(rows.shape[1]))


def _numbered(count: int) -> tuple[str, ...]:
    return ("Y",) if count == 1 else tuple(f"Y{k + 1}" for k in range(count))
