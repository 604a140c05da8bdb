"""From what a user passes to pooled embedded rows and group codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import (
    AssumptionWarning,
    DegenerateDataError,
    DegenerateDataWarning,
    InvalidDataError,
    InvalidParameterError,
    Notes,
)
from stattools.distributions import DistributionArray, Embedding
from stattools.results.serialization import encode

FEW_ATOMS = 100
ATOM_RATIO = 1.5
SMALLEST_FEATURE = 1e-70


@dataclass(frozen=True)
class Collections:
    """Pooled collections.

    data : the pooled distributions, or their embedding when the user passed one.
    codes : (N,) group of each. levels : names of the groups. kept : indices of the units that were not omitted.
    units : what carries the names of all units, the omitted ones included.
    """

    data: DistributionArray | Embedding
    codes: Any
    levels: tuple[Any, ...]
    kept: Any
    units: Any


def collections_of(x: Any, y: Any, groups: Any, *, nan_policy: str, notes: Notes, name: str) -> Collections:
    """Pool x and y, or split x by group labels.

    Raises
    ------
    InvalidDataError
        x or y is not a collection of distributions, they live on different domains, or labels are missing.
    InvalidParameterError
        Both y and groups are given, or neither.
    """
    _validation.choice(nan_policy, ("raise", "omit"), "nan_policy")
    _require_collection(x, "x")
    if y is not None:
        if groups is not None:
            raise InvalidParameterError(f"{name} takes either y or groups, not both")
        _require_collection(y, "y")
        _remark_omitted(x, "x", notes)
        _remark_omitted(y, "y", notes)
        codes = np.repeat([0, 1], [len(x), len(y)])
        pooled = _pooled(x, y)
        return Collections(pooled, codes, _names_of(x, y), np.arange(len(codes)), pooled)
    order = None
    if isinstance(groups, (DistributionArray, Embedding)):
        raise InvalidDataError(
            "groups is a collection; join the collections with DistributionArray.concat and pass one label a unit"
        )
    groups = by_name(groups, x, "groups")
    if groups is None:
        groups, order = getattr(x, "groups", None), getattr(x, "group_levels", None)
    if groups is None:
        raise InvalidParameterError(f"{name} needs a second collection y, or group labels")
    _remark_omitted(x, "x", notes)
    units, kept = x, np.arange(len(x))
    if nan_policy == "omit":
        kept, groups = _labelled(groups, len(x), notes)
        x = x[kept]
    codes, levels = _validation.group_codes(groups, "groups", n=len(x))
    codes, levels = _in_order(codes, levels, order)
    if len(levels) < 2:
        raise DegenerateDataError(f"groups has the single level {levels[0]!r}; two are needed to compare")
    return Collections(x, codes, levels, kept, units)


def embedded(collections: Collections, *, domain: Any, basis: Any, notes: Notes, **options: Any) -> Embedding:
    """Embed the pooled distributions; the basis comes from the argument, or from the domain.

    Parameters
    ----------
    options : n_eigenfunctions, n_quantiles, quantile.
    """
    data = collections.data
    if isinstance(data, Embedding):
        if domain is not None or basis is not None:
            raise InvalidParameterError("x is embedded already; domain and basis have no effect and must be left out")
        return _representable(data)
    slicer = slicer_of(data, domain=domain, basis=basis, n_eigenfunctions=options["n_eigenfunctions"])
    notes.carry(getattr(slicer, "warnings", ()))
    for remark in getattr(slicer, "remarks", ()):
        notes.remark(remark)
    _check_atoms(data, collections, notes)
    return _representable(data.embed(slicer, n_quantiles=options["n_quantiles"], quantile=options["quantile"]))


def _representable(embedding: Embedding) -> Embedding:
    """Statistics take fourth powers of features; refuse those whose powers would overflow or vanish."""
    size = float(np.abs(embedding.features).max())
    if size > 0 and not SMALLEST_FEATURE <= size <= 1 / SMALLEST_FEATURE:
        raise InvalidDataError(
            f"the quantile features are of size {size:.0e}, too far from 1 for their powers to be representable; "
            "rescale the coordinates of the distributions"
        )
    return embedding


def slicer_of(data: DistributionArray, *, domain: Any, basis: Any, n_eigenfunctions: int) -> Any:
    """The slicer that the arguments ask for."""
    if basis is not None:
        if domain is not None and not (hasattr(domain, "equals") and domain.equals(getattr(basis, "domain", None))):
            raise InvalidParameterError("give either basis or domain; the basis knows its own domain")
        if not hasattr(basis, "evaluate"):
            raise InvalidParameterError(
                f"basis is {type(basis).__name__}; it takes domain.eigenbasis(...), Directions or Identity"
            )
        return basis
    if domain is not None and (isinstance(domain, type) or not hasattr(domain, "eigenbasis")):
        raise InvalidParameterError(f"domain is {domain!r}; it takes a stattools domain such as Circle(360)")
    own = data.domain
    if domain is not None and own is not None and not domain.equals(own):
        raise InvalidDataError(f"the distributions live on {own.description}, not on {domain.description}")
    space = own if own is not None else domain
    if space is not None:
        return space.eigenbasis(_validation.integer(n_eigenfunctions, "n_eigenfunctions", minimum=1))
    if data.dimension == 1:
        from stattools.distributions import Identity

        return Identity()
    raise InvalidParameterError(
        f"distributions in R^{data.dimension} need a basis: pass basis=Directions.random({data.dimension}, 50, rng=1), "
        "or give them a domain such as Sphere() or Box(...)"
    )


def by_name(labels: Any, x: Any, name: str) -> Any:
    """Labels in the order of the units, when they come with the units' names: a dict, or an index that holds the names.

    Anything else is taken in the order given.

    Raises
    ------
    InvalidDataError
        A dict lacks a unit.
    """
    names = [str(unit) for unit in getattr(x, "names", ())]
    if isinstance(labels, Mapping):
        found = {str(key): label for key, label in labels.items()}
        missing = [unit for unit in names if unit not in found]
        if missing or not names:
            raise InvalidDataError(
                f"{name} has no entry for unit {missing[0]!r}" if missing else f"{name} needs unit names"
            )
        return [found[unit] for unit in names]
    index = getattr(labels, "index", None)
    if index is None or callable(index) or type(index).__name__ == "RangeIndex":
        return labels
    keys = [str(key) for key in index]
    if len(set(keys)) < len(keys) or sorted(keys) != sorted(names) or keys == names:
        return labels
    position = {key: i for i, key in enumerate(keys)}
    return labels.iloc[[position[unit] for unit in names]]


def _require_collection(x: Any, name: str) -> None:
    if isinstance(x, (DistributionArray, Embedding)):
        return
    hint = (
        "made by DistributionArray.from_samples(...) when the numbers are observed values, or from_histogram(...) when "
    )
    hint += "they are frequencies"
    if hasattr(x, "columns"):
        hint = "made by DistributionArray.from_frame(table, value=..., unit=..., group=...)"
    elif name == "y":
        hint += "; labels of one collection are passed as groups="
    raise InvalidDataError(f"{name} is {type(x).__name__}; it takes a DistributionArray, {hint}")


def _pooled(x: Any, y: Any) -> Any:
    if isinstance(x, Embedding) != isinstance(y, Embedding):
        raise InvalidDataError("x and y must both be DistributionArrays, or both be embeddings")
    if isinstance(x, Embedding):
        return _joined(x, y)
    return DistributionArray.concat([x.with_groups(None), y.with_groups(None)])


def _joined(x: Embedding, y: Embedding) -> Embedding:
    same_slices = x.slicer is y.slicer or encode(x.slicer) == encode(y.slicer)
    if x.values.shape[1:] != y.values.shape[1:] or x.quantile != y.quantile or not same_slices:
        raise InvalidDataError(f"x and y are embedded differently: {x!r} and {y!r}; embed y by x.transform(...)")
    return replace(x, values=np.concatenate([x.values, y.values]), names=(), groups=None, group_levels=())


def _in_order(codes: Any, levels: tuple[Any, ...], order: tuple[Any, ...] | None) -> tuple[Any, tuple[Any, ...]]:
    """Levels in the order that the collection has for them, those without a unit left out."""
    if not order or set(levels) - set(order):
        return codes, levels
    wanted = tuple(level for level in order if level in levels)
    return np.array([wanted.index(level) for level in levels])[codes], wanted


def _labelled(groups: Any, n: int, notes: Notes) -> tuple[Any, Any]:
    labels = np.asarray(groups.to_numpy() if hasattr(groups, "to_numpy") else groups, dtype=object)
    if labels.ndim != 1 or len(labels) != n:
        raise InvalidDataError(f"groups has shape {labels.shape} for {n} units")
    present = np.array([label is not None and label == label for label in labels.tolist()])
    missing = int((~present).sum())
    if missing:
        notes.warn(f"{missing} of {n} units have no group label and were omitted", DegenerateDataWarning)
    kept = np.flatnonzero(present)
    return kept, np.array(labels[kept].tolist())


def _remark_omitted(x: Any, name: str, notes: Notes) -> None:
    for remark in getattr(x, "remarks", ()):
        notes.remark(f"{name}: {remark}")


def _check_atoms(data: DistributionArray, collections: Collections, notes: Notes) -> None:
    """Quantiles of few observations are biased, so unequal numbers of observations look like a difference."""
    if len(data) > 2 and not data.is_shared and (np.asarray(data.n_atoms) == 1).all():
        notes.remark("every unit holds a single observation: the test compares points, not distributions")
    counts = np.asarray(data.totals if data.is_shared else data.n_atoms, dtype=np.float64)
    if data.is_shared and not np.all(counts == np.round(counts)):
        return
    medians = np.array([np.median(counts[collections.codes == g]) for g in range(len(collections.levels))])
    low, high = int(np.argmin(medians)), int(np.argmax(medians))
    if medians[low] > 1 and medians[low] < FEW_ATOMS and medians[high] > ATOM_RATIO * medians[low]:
        notes.warn(
            f"units of {collections.levels[low]!r} hold {medians[low]:g} observations in the median, those of "
            f"{collections.levels[high]!r} {medians[high]:g}: quantiles of few observations are biased, and the test "
            "also reacts to that difference",
            AssumptionWarning,
        )


def in_pairs(collections: Collections) -> Collections:
    """The first group's rows, then the second's, each in its own order, so that row i belongs with row n + i.

    Raises
    ------
    InvalidDataError
        The groups are not of equal size.
    """
    sizes = np.bincount(collections.codes)
    if sizes[0] != sizes[1]:
        raise InvalidDataError(f"paired=True needs two collections of equal size, not {sizes[0]} and {sizes[1]}")
    order = np.argsort(collections.codes, kind="stable")
    _check_partners(collections, order)
    return replace(
        collections, data=collections.data[order], codes=collections.codes[order], kept=collections.kept[order]
    )


def _check_partners(collections: Collections, order: Any) -> None:
    """Pairs are made in order; where both collections carry the same names in another order, that is a mistake."""
    names = [str(collections.data.names[i]) for i in order] if collections.data.names else []
    first, second = names[: len(names) // 2], names[len(names) // 2 :]
    if first != second and sorted(first) == sorted(second):
        i = next(k for k, (a, b) in enumerate(zip(first, second, strict=True)) if a != b)
        raise InvalidDataError(
            f"pair {i} is of {first[i]!r} and {second[i]!r}, though both collections hold the same names: bring them "
            "into one order, such as y[list(x.names)]"
        )


def _names_of(x: Any, y: Any) -> tuple[Any, Any]:
    """The group labels of x and y when each has a single one and they differ, else "x" and "y"."""
    labels = [set(np.asarray(a.groups).tolist()) if a.groups is not None else set() for a in (x, y)]
    if all(len(found) == 1 for found in labels) and labels[0] != labels[1]:
        return labels[0].pop(), labels[1].pop()
    return "x", "y"
