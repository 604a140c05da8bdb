"""Sentences about results. Every statement follows from the numbers of the result it is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from stattools.cli.places import holding_data, place_text
from stattools.results._format import number, pvalue_equation

LEVEL = 0.05


def percent(share: float) -> str:
    """A share in words.

    Examples
    --------
    >>> percent(0.1234), percent(0.0004)
    ('12.3 %', '0.04 %')
    """
    return f"{number(100 * share, 3 if share > 0.01 else 1)} %"


def conclusion(result: Any, *, null: str, level: float = LEVEL) -> str:
    """One sentence on the null hypothesis, and what the p-value cannot say.

    Parameters
    ----------
    result : HTestResult
    null : str
        The null hypothesis as the end of "that ...", such as "the mean embeddings of both airports are equal".
    level : float

    Examples
    --------
    >>> from stattools.resampling import combine_pvalues
    >>> conclusion(combine_pvalues([0.3, 0.4]), null="all is the same")
    'At level 0.05 the data do not contradict that all is the same (p-value = 0.4461); this does not prove it.'
    """
    p = float(result.pvalue)
    info = result.resampling
    equation = pvalue_equation(p, 4, asymptotic=info is None)
    if p > level:
        text = f"At level {level:g} the data do not contradict that {null} ({equation}); this does not prove it."
    else:
        least = info is not None and not info.exact and info.n_exceeding == 0
        remark = f", the smallest that {info.n_resamples} resamples can give" if least else ""
        text = f"At level {level:g} the data contradict that {null} ({equation}{remark})."
    if info is not None and info.interval[0] < level < info.interval[1]:
        text += " The Monte Carlo interval of the p-value includes the level: take more resamples before deciding."
    return text


def size(result: Any, *, units: str = "units") -> str:
    """How large the difference is beside the variation of units.

    Parameters
    ----------
    result : ISWTestResult or ISWAnovaResult
    units : str
        What the units are called.
    """
    share = result.estimate.get("R-squared")
    if share is None:
        return ""
    if getattr(result.plan, "paired", False):
        return (
            f"The mean difference holds {percent(share)} of the squared differences within pairs; the rest changes "
            "from pair to pair."
        )
    return (
        f"Group means hold {percent(share)} of the variance of the embedded {units}; the rest is variation within "
        "groups."
    )


def parts(result: Any) -> str:
    """What an omnibus test tried, so that a reader sees what the smallest was chosen from."""
    if "omnibus" not in str(result.settings.get("statistic", "")):
        return ""
    tried = "; ".join(f"{name}: {number(value, 3)}" for name, value in result.combination.items())
    return f"The omnibus p-value allows for the choice among these p-values ({tried})."


def where(
    found: Any,
    units: Any = None,
    *,
    test: Any = None,
    place: Callable[[Any], str] | None = None,
    level: float = LEVEL,
) -> list[str]:
    """What a localisation found: components, then places.

    Parameters
    ----------
    found : Localization
    units : DistributionArray, optional
        The two collections; with them the sentence speaks of places that hold data only.
    test : HTestResult, optional
        The test of the same two collections. When it found nothing, the sentence on components says what they are.
    place : callable, optional
        Turns a point of the map into words; by default what `place_text` says for the domain.
    level : float
    """
    slices = found.slices
    differ = np.asarray(slices["p_adjusted"]) <= level
    lead = int(np.argmax(slices["share"]))
    texts = [
        f"{differ.sum()} of {len(differ)} components differ at adjusted level {level:g}; the largest share of the "
        f"squared distance, {percent(slices['share'][lead])}, lies in {slices['component'][lead]}."
    ]
    if test is not None and float(test.pvalue) > level:
        texts[0] += (
            " The test of the whole did not reject; the components are an exploratory search beside it, with an error "
            "of its own" + (", and what it found needs new data." if differ.any() else ".")
        )
    if found.p_map is not None:
        texts.append(_map_sentence(found, units, place, level))
    return texts


def _map_sentence(found: Any, units: Any, place: Callable[[Any], str] | None, level: float) -> str:
    p, witness = np.asarray(found.p_map), np.asarray(found.witness)
    domain = found.embedding.slicer.domain
    held = np.ones(len(p), dtype=bool) if units is None else holding_data(units, found.points, found.embedding.slicer)
    what = "points of the map" if units is None else "points of the map that hold data"
    marked = held & (p <= level)
    if not marked.any():
        least = number(p[held].min(), 3)
        return (
            f"No place stands out: over the {held.sum()} {what} the smallest p-value, adjusted for the whole map, "
            f"is {least}."
        )
    name = place or (lambda point: place_text(domain, point))
    parts = []
    for label, sign in zip(found.levels, (1, -1), strict=True):
        own = np.where(marked, sign * witness, 0.0)
        if own.max() > 0:
            parts.append(f"{label} most of all around {name(found.points[int(own.argmax())])}")
    everywhere = "" if held.all() else f"; of all {len(p)} points {(p <= level).sum()}"
    smoothed = "smoothed mean densities" if found.map_of == "density" else "means, widely smoothed by the kernel,"
    return (
        f"The {smoothed} differ at {marked.sum()} of the {held.sum()} {what} (family-wise level "
        f"{level:g}{everywhere}). There is more mass in {', and in '.join(parts)}."
    )
