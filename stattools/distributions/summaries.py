"""Means, quantiles, barycentres, mixtures and samples of the distributions of an array."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from stattools import _random, _validation
from stattools._errors import DegenerateDataWarning, InvalidDataError, InvalidParameterError, warn
from stattools._typing import ArrayLike, BoolArray, FloatArray, Seed
from stattools.distributions._joining import as_ragged, explicit_masses
from stattools.distributions._samples import Parts
from stattools.distributions._slices import has_linear_coordinates, ragged_slices, starts_of
from stattools.distributions.embedding import slice_quantiles
from stattools.distributions.slicers import Identity

if TYPE_CHECKING:
    from stattools.distributions.array import DistributionArray

SAME_LEVEL = 2e-15
"""Levels this close are one; see `_transport1d.TIE`."""


def is_on_line(array: DistributionArray) -> bool:
    """Whether the distributions are on R or an interval."""
    return array.n_coordinates == 1 and has_linear_coordinates(array.domain)


def is_flat(array: DistributionArray) -> bool:
    """Whether the distributions are in R^d or a box, where points are moved and projected as vectors."""
    from stattools.domains import Box

    return array.domain is None or isinstance(array.domain, Box)


def _require_line(array: DistributionArray, what: str) -> None:
    if not is_on_line(array):
        raise InvalidParameterError(
            f"the distributions are {array.place}; {what} needs the line or an Interval. "
            "Elsewhere, embed the array and work with the quantile functions of its slices"
        )


# means ----------------------------------------------------------------------------------------------------------------
def means(array: DistributionArray) -> FloatArray:
    """See `DistributionArray.mean`."""
    domain = array.domain
    if domain is not None and domain.is_discrete:
        raise InvalidParameterError(
            f"the distributions are {array.place}, whose nodes have no mean; average the rows of embed().features, "
            "or use mixture()"
        )
    if domain is None:
        centres = _averages(array, lambda points: points)
    else:
        centres = _means_on_domain(array)
    return centres[:, 0] if array.n_coordinates == 1 else centres


def _means_on_domain(array: DistributionArray) -> FloatArray:
    from stattools import domains

    if isinstance(array.domain, domains.Sphere):
        resultants = _averages(array, lambda points: points)
        lengths = np.linalg.norm(resultants, axis=1, keepdims=True)
        return np.asarray(_defined(resultants / np.where(lengths > 0, lengths, 1.0), lengths[:, 0] > 1e-12, array))
    centres = np.empty((len(array), array.n_coordinates))
    for k, period in enumerate(periods(array.domain)):
        if period is None:
            centres[:, k] = _averages(array, partial(_column, k=k))[:, 0]
        else:
            centres[:, k] = _mean_angles(array, k, period)
    return centres


def _column(points: FloatArray, k: int) -> FloatArray:
    return points[:, k : k + 1]


def periods(domain: Any) -> list[float | None]:
    """Period of each coordinate of a flat domain; None for a coordinate that does not wrap."""
    from stattools import domains

    if isinstance(domain, domains.Circle):
        return [float(domain.period)]
    if isinstance(domain, domains.Torus):
        return [float(period) for period in domain.periods]
    if isinstance(domain, domains.Cylinder):
        return [float(domain.period), None]
    return [None] * int(domain.n_coordinates)


def _mean_angles(array: DistributionArray, k: int, period: float) -> FloatArray:
    def on_unit_circle(points: FloatArray) -> FloatArray:
        angles = points[:, k] * (2 * np.pi / period)
        return np.column_stack([np.cos(angles), np.sin(angles)])

    cosine, sine = _averages(array, on_unit_circle).T
    angles = np.arctan2(sine, cosine) * (period / (2 * np.pi)) % period
    angles[angles >= period] = 0.0  # a tiny negative angle wraps to the period itself
    return _defined(angles, np.hypot(cosine, sine) > 1e-12, array)


def _defined(values: FloatArray, known: BoolArray, array: DistributionArray) -> FloatArray:
    if not known.all():
        i = int(np.argmin(known))
        warn(
            f"{np.count_nonzero(~known)} of {len(array)} distributions have no mean direction (the first is "
            f"{array.names[i]!r}): their points balance; the mean is NaN there",
            DegenerateDataWarning,
        )
        values = values.copy()
        values[~known] = np.nan
    return values


def _averages(array: DistributionArray, function: Callable[[Any], FloatArray]) -> FloatArray:
    """(N, k) mean of a function of the points under each distribution."""
    if array.offsets is None:
        assert array.masses is not None
        return np.asarray(array.masses @ function(array.points))
    offsets = array.offsets
    rows = []
    for start, stop in itertools.pairwise(offsets):
        values = function(array.points[start:stop])
        rows.append(_plain_mean(values) if array.masses is None else array.masses[start:stop] @ values)
    return np.array(rows)


def _plain_mean(values: FloatArray) -> FloatArray:
    with np.errstate(over="ignore"):
        mean = values.mean(axis=0)
    return np.asarray(mean if np.isfinite(mean).all() else (values / len(values)).sum(axis=0))


# the line -------------------------------------------------------------------------------------------------------------
def quantiles(array: DistributionArray, levels: ArrayLike) -> FloatArray:
    """See `DistributionArray.quantile`."""
    _require_line(array, "quantile()")
    wanted = _validation.float_array(levels, "levels", ndim=(0, 1))
    outside = np.atleast_1d((wanted < 0) | (wanted > 1))
    if outside.any():
        i = int(np.argmax(outside))
        raise InvalidParameterError(f"levels has {np.atleast_1d(wanted)[i]} at index {i}; levels lie in [0, 1]")
    flat = np.atleast_1d(wanted)
    order = np.argsort(flat, kind="stable")
    found = slice_quantiles(array, Identity(), flat[order], False)[:, 0]
    result = np.empty_like(found)
    result[:, order] = found
    return result[:, 0] if wanted.ndim == 0 else result


def cumulated(array: DistributionArray, values: ArrayLike) -> FloatArray:
    """See `DistributionArray.cdf`."""
    _require_line(array, "cdf()")
    wanted = _validation.float_array(values, "values", ndim=(0, 1))
    atoms, levels, starts = _levels(array)
    result = np.empty((len(array), wanted.size))
    for i, (start, stop) in enumerate(itertools.pairwise(starts)):
        reached = np.searchsorted(atoms[start:stop], np.atleast_1d(wanted), side="right")
        result[i] = np.append(0.0, levels[start:stop])[reached]
    return result[:, 0] if wanted.ndim == 0 else result


def _levels(array: DistributionArray) -> tuple[FloatArray, FloatArray, Any]:
    """Distinct atoms in order, cumulated masses, and where each distribution starts."""
    from stattools.distributions._transport1d import compress_ragged

    held = ragged_slices(*as_ragged(array), Identity())
    atoms, levels, starts = compress_ragged(held.values[0], held.weights[0], held.offsets)
    return atoms[: starts[-1]], levels[: starts[-1]], starts


def barycenter(array: DistributionArray, weights: ArrayLike | None) -> Parts:
    """See `DistributionArray.barycenter`.

    The mean of step functions jumps where any of them jumps; the jumps are added up in the order of their levels.
    """
    _require_line(array, "barycenter()")
    share = mixing_weights(weights, len(array))
    atoms, levels, starts = _levels(array)
    owner = np.repeat(np.arange(len(array)), np.diff(starts))
    lowest = float(share @ atoms[starts[:-1]])
    inner = np.ones(len(atoms), bool)
    inner[starts[1:] - 1] = False
    last = np.flatnonzero(inner)
    jumps = share[owner[last]] * (atoms[last + 1] - atoms[last])
    where = levels[last]
    moved = (jumps > 0) & (where < 1.0 - SAME_LEVEL)
    order = np.argsort(where[moved], kind="stable")
    where, jumps = where[moved][order], jumps[moved][order]
    first_of_level = np.flatnonzero(np.diff(where, prepend=-1.0) > SAME_LEVEL)
    heights = np.add.reduceat(jumps, first_of_level) if len(jumps) else jumps
    values = lowest + np.concatenate([[0.0], np.cumsum(heights)])
    masses = np.diff(np.concatenate([[0.0], where[first_of_level], [1.0]]))
    return _single(values[:, None], masses, starts_of([len(values)]), array, "barycentre")


def mixing_weights(weights: ArrayLike | None, n: int) -> FloatArray:
    """Weights of distributions with sum 1."""
    if weights is None:
        return np.full(n, 1.0 / n)
    given = _validation.nonnegative(_validation.float_array(weights, "weights", ndim=1), "weights")
    if len(given) != n:
        raise InvalidDataError(f"weights has {len(given)} numbers for {n} distributions")
    total = given.sum()
    if not (total > 0 and np.isfinite(total)):
        raise InvalidDataError(f"weights sums to {total:g}; at least one must be positive and the sum finite")
    return np.asarray(given / total)


def _single(points: Any, masses: FloatArray, offsets: Any, array: DistributionArray, name: str) -> Parts:
    return {
        "points": points,
        "masses": masses,
        "offsets": offsets,
        "totals": np.ones(1),
        "domain": array.domain,
        "names": (name,),
    }


# anywhere -------------------------------------------------------------------------------------------------------------
def mixture(array: DistributionArray, weights: ArrayLike | None) -> Parts:
    """See `DistributionArray.mixture`."""
    share = mixing_weights(weights, len(array))
    if array.offsets is None:
        assert array.masses is not None
        return _single(array.points, (share @ array.masses)[None], None, array, "mixture")
    masses = explicit_masses(array.masses, array.offsets) * np.repeat(share, np.diff(array.offsets))
    return _single(array.points, masses, np.array([0, len(masses)], dtype=np.intp), array, "mixture")


def sample(array: DistributionArray, n: int, rng: Seed) -> Parts:
    """See `DistributionArray.sample`."""
    n = _validation.integer(n, "n", minimum=1)
    seed = _random.seed_sequence(rng)
    chosen = []
    for i in range(len(array)):
        points, masses = array.atoms(i)
        levels = np.cumsum(masses)
        uniforms = _random.generator(seed, i).random(n) * levels[-1]
        chosen.append(points[np.searchsorted(levels, uniforms, side="right")])
    return {
        "points": np.concatenate(chosen),
        "masses": None,
        "offsets": np.arange(0, n * len(array) + 1, n, dtype=np.intp),
        "totals": np.full(len(array), float(n)),
        "domain": array.domain,
        "names": array.names,
        "groups": array.groups,
        "group_levels": array.group_levels,
    }
