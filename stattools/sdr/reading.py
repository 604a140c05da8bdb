"""From what a user passes as X or Y to blocks with kernels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stattools import _random, _validation
from stattools._errors import AssumptionWarning, DegenerateDataError, InvalidDataError, InvalidParameterError, Notes
from stattools._typing import FloatArray
from stattools.distributions import DistributionArray
from stattools.distributions.summaries import is_flat, is_on_line
from stattools.sdr.bandwidths import Rule, bandwidth_of, bandwidth_of_distances, identical
from stattools.sdr.parts import Columns, Part, Template, features_of, numbers
from stattools.sdr.slices import is_categorical
from stattools.sdr.slicing import natural_metric, natural_slicer

METRICS = ("auto", "w2", "sw2", "w1", "intrinsic", "euclidean", "match", "precomputed")
KERNELS = ("gaussian", "laplacian", "precomputed")
DEFAULT_QUANTILES = 200
FEWEST = 3
"""Observations that a fit needs."""
LARGEST_SAMPLE = 500
"""Common sample size up to which quantile functions keep a cell for each point, which is exact."""


@dataclass(frozen=True)
class Options:
    """How a side is to be turned into a kernel; see `DistributionSDR`."""

    name: str
    kernel: Any
    metric: Any
    bandwidth: Any
    complexity: float
    n_quantiles: int | None
    n_directions: int
    allow_indefinite: bool
    seed: np.random.SeedSequence

    def of_block(self, key: str) -> Options:
        """The options of one block of a dict; those given as a dict are looked up."""
        chosen = {}
        for field in ("kernel", "metric", "bandwidth"):
            value = getattr(self, field)
            if isinstance(value, Mapping):
                default = {"kernel": "gaussian", "metric": "auto", "bandwidth": "mean"}[field]
                value = value.get(key, default)
            chosen[field] = value
        return replace(self, name=f"{self.name}[{key!r}]", **chosen)

    def rule(self, kernel: str) -> Rule:
        """How the bandwidth is found."""
        return Rule(self.name, self.bandwidth, self.complexity, kernel)


def precomputed_part(data: Any, name: str) -> Part:
    """A Gram matrix as a block of its own."""
    gram = _gram(data, name)
    _require_enough(len(gram), name)
    where = f"{len(gram)} rows of a Gram matrix"
    return Part(name, "precomputed", "precomputed", "precomputed", np.nan, gram, None, where)


def part_of(data: Any, options: Options, notes: Notes) -> Part:
    """A block of distributions, numbers or categories."""
    kernel = _validation.choice(options.kernel, KERNELS, f"kernel_{options.name[0].lower()}")
    metric = _validation.choice(options.metric, METRICS, f"metric_{options.name[0].lower()}")
    if kernel == "precomputed" or metric == "precomputed":
        raise InvalidParameterError(f"{options.name} is a block of a dict; a precomputed kernel stands alone")
    if isinstance(data, DistributionArray):
        return _distributions(data, kernel, metric, options, notes)
    if is_categorical(data):
        return _categories(data, metric, options)
    return _vectors(data, kernel, metric, options)


def _require_enough(n: int, name: str) -> None:
    if n < FEWEST:
        raise InvalidDataError(f"{name} has n_samples = {n}; at least {FEWEST} observations are needed")


def _distributions(data: DistributionArray, kernel: str, metric: str, options: Options, notes: Notes) -> Part:
    _require_enough(len(data), options.name)
    line = is_on_line(data)
    flat = is_flat(data)
    metric = natural_metric(data) if metric == "auto" else metric
    side = options.name[0].lower()
    allowed = {"w2", "w1"} if line else {"sw2", "w2"} if flat else {"intrinsic", "w2"}
    if metric not in allowed:
        raise InvalidParameterError(
            f"metric_{side} is {metric!r}; for distributions {data.place} it is one of {sorted(allowed)}"
        )
    if metric == "w1" and kernel != "laplacian":
        raise InvalidParameterError(
            f"metric_{side}='w1' goes with kernel_{side}='laplacian'; exp(-W1^2) is not positive definite"
        )
    if metric == "w2" and not line:
        return _clouds(data, kernel, options, notes)
    template = Template(data[:1], _slicer(data, options), _n_quantiles(data, options, notes))
    rows = features_of(data, template, metric)
    bandwidth = bandwidth_of(rows, options.rule(kernel), metric)
    where = f"{len(data)} distributions {data.place}"
    return Part(options.name, "distributions", kernel, metric, bandwidth, rows, template, where)


def _clouds(data: DistributionArray, kernel: str, options: Options, notes: Notes) -> Part:
    """Wasserstein distances that have no Hilbert embedding, if the user wants them all the same."""
    side = options.name[0].lower()
    if not options.allow_indefinite:
        raise InvalidParameterError(
            f"metric_{side}='w2' {data.place}: this distance has no Hilbert embedding, and its kernel need not be "
            f"positive definite. Use metric_{side}='auto', or allow_indefinite=True to drop negative eigenvalues"
        )
    notes.warn(
        f"the kernel of {options.name} by Wasserstein distances {data.place} is not known to be positive definite; its "
        "negative eigenvalues are dropped, and what holds for kernels of Hilbert spaces is not guaranteed",
        AssumptionWarning,
    )
    distances = data.pairwise("w2")
    bandwidth = bandwidth_of_distances(distances, options.rule(kernel))
    where = f"{len(data)} distributions {data.place}"
    return Part(options.name, "clouds", kernel, "w2", bandwidth, data, distances, where)


def _slicer(data: DistributionArray, options: Options) -> Any:
    """Other metrics than the natural one that reach this, "w1" on the line, have its slicer."""
    generator = _random.generator(_random.child_seed(options.seed, 0 if options.name[0] == "X" else 1))
    number = options.n_directions
    return natural_slicer(data, n_directions=number, n_functions=number, rng=generator)


def _n_quantiles(data: DistributionArray, options: Options, notes: Notes) -> int:
    """As many cells as atoms when all samples are of one size, which is exact; else a number that averages."""
    if options.n_quantiles is not None:
        return options.n_quantiles
    sizes = np.unique(np.diff(data.offsets)) if data.offsets is not None else np.array([0])
    if data.masses is None and len(sizes) == 1 and sizes[0] <= LARGEST_SAMPLE:
        return int(sizes[0])
    notes.remark(
        f"{options.name}: quantile functions were averaged over {DEFAULT_QUANTILES} cells; distances are at most the "
        "exact ones (n_quantiles= refines them)"
    )
    return DEFAULT_QUANTILES


def _vectors(data: Any, kernel: str, metric: str, options: Options) -> Part:
    side = options.name[0].lower()
    if metric not in ("auto", "euclidean"):
        raise InvalidParameterError(f"metric_{side} is {metric!r}; for columns of numbers it is 'euclidean'")
    rows = numbers(data, options.name)
    _require_enough(len(rows), options.name)
    names = tuple(str(name) for name in data.columns) if hasattr(data, "columns") else None
    columns = Columns(rows.shape[1], names)
    bandwidth = bandwidth_of(rows, options.rule(kernel), "euclidean")
    what = "numbers" if rows.shape[1] == 1 else f"rows of {rows.shape[1]} columns"
    return Part(options.name, "vectors", kernel, "euclidean", bandwidth, rows, columns, f"{len(rows)} {what}")


def _categories(data: Any, metric: str, options: Options) -> Part:
    if metric not in ("auto", "match"):
        raise InvalidParameterError(
            f"metric_{options.name[0].lower()} is {metric!r}; for categories it is 'match', 1 where they are equal"
        )
    codes, levels = _validation.group_codes(data, options.name)
    _require_enough(len(codes), options.name)
    if len(levels) < 2:
        raise DegenerateDataError(f"{options.name} has the single category {levels[0]!r}")
    where = f"{len(codes)} labels of {len(levels)} categories"
    return Part(options.name, "categories", "match", "match", np.nan, codes, levels, where)


def _gram(data: Any, name: str) -> FloatArray:
    gram = _validation.float_array(data, name, ndim=2)
    if gram.shape[0] != gram.shape[1]:
        raise InvalidDataError(f"{name} has shape {gram.shape}; a precomputed kernel is a square Gram matrix")
    size = float(np.abs(gram).max())
    if not np.allclose(gram, gram.T, rtol=0, atol=1e-10 * size):
        i, j = np.unravel_index(int(np.argmax(np.abs(gram - gram.T))), gram.shape)
        raise InvalidDataError(
            f"{name} is not symmetric: {gram[i, j]:g} at [{i}, {j}] and {gram[j, i]:g} at [{j}, {i}]"
        )
    smallest = float(np.linalg.eigvalsh(gram)[0]) if len(gram) <= 2000 else 0.0
    if smallest < -1e-8 * len(gram) * size:
        raise InvalidDataError(
            f"{name} has the negative eigenvalue {smallest:.3g}; a kernel is positive semidefinite. Distances are "
            "turned into a kernel first, for example by exp(-d^2 / (2 b^2))"
        )
    if np.ptp(gram) <= 1e-14 * size:
        raise DegenerateDataError(identical(name, "rows"))
    return gram
