"""From what a user passes as X or Y to blocks with kernels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stattools import _random, _validation
from stattools._errors import AssumptionWarning, DegenerateDataError, InvalidDataError, InvalidParameterError, Notes
from stattools.distributions import DistributionArray
from stattools.distributions.summaries import is_flat, is_on_line
from stattools.sdr.bandwidths import Rule, bandwidth_of, bandwidth_of_distances
from stattools.sdr.option_checks import BY_BLOCK, DEFAULTS, of_block
from stattools.sdr.parts import Columns, Part, Template, features_of, numbers
from stattools.sdr.precomputed import checked_gram
from stattools.sdr.slices import is_categorical, require_repeated
from stattools.sdr.slicing import natural_metric, natural_slicer

METRICS = ("auto", "w2", "sw2", "w1", "intrinsic", "euclidean", "match")
OTHER_NAMES = {
    "wasserstein": "w2",
    "wasserstein2": "w2",
    "wasserstein1": "w1",
    "sliced": "sw2",
    "sliced_wasserstein": "sw2",
    "sliced wasserstein": "sw2",
}
"""Metrics under names that users try."""
KERNELS = ("gaussian", "laplacian", "precomputed")
DEFAULT_QUANTILES = 200
FEWEST = 3
"""Observations that a fit needs."""
MANY_COLUMNS = 20
"""Columns without names beyond which a remark says that they were not read as samples."""
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
        chosen: dict[str, Any] = {}
        for field in BY_BLOCK:
            value = of_block(getattr(self, field), key)
            chosen[field] = DEFAULTS[field] if value is None else value
        return replace(self, name=f"{self.name}[{key!r}]", **chosen)

    def rule(self, kernel: str) -> Rule:
        """How the bandwidth is found."""
        return Rule(self.name, self.bandwidth, self.complexity, kernel)


def precomputed_part(data: Any, name: str) -> Part:
    """A Gram matrix as a block of its own."""
    gram = checked_gram(data, name)
    _require_enough(len(gram), name)
    where = f"{len(gram)} rows of a Gram matrix"
    return Part(name, "precomputed", "precomputed", "precomputed", np.nan, gram, None, where)


def part_of(data: Any, options: Options, notes: Notes) -> Part:
    """A block of distributions, numbers or categories."""
    kernel = _validation.choice(options.kernel, KERNELS, f"kernel_{options.name[0].lower()}")
    metric = _metric(options.metric, f"metric_{options.name[0].lower()}")
    if kernel == "precomputed":
        raise InvalidParameterError(f"{options.name} is a block of a dict; a precomputed kernel stands alone")
    if isinstance(data, DistributionArray):
        return _distributions(data, kernel, metric, options, notes)
    if is_categorical(data):
        return _categories(data, metric, options)
    return _vectors(data, kernel, metric, options, notes)


def _metric(given: Any, name: str) -> str:
    """One of METRICS."""
    if isinstance(given, str):
        word = given.lower()
        if word == "precomputed":
            side = name[-1]
            raise InvalidParameterError(
                f"{name} is 'precomputed'; a Gram matrix goes with kernel_{side}='precomputed', and distances D are "
                "turned into one first, for example by exp(-D**2 / (2 * b**2))"
            )
        if word in OTHER_NAMES:
            listed = ", ".join(map(repr, METRICS))
            raise InvalidParameterError(
                f"{name} is {given!r}; it takes one of {listed}; did you mean {OTHER_NAMES[word]!r}?"
            )
    return _validation.choice(given, METRICS, name)


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


def _vectors(data: Any, kernel: str, metric: str, options: Options, notes: Notes) -> Part:
    side = options.name[0].lower()
    if metric not in ("auto", "euclidean"):
        raise InvalidParameterError(f"metric_{side} is {metric!r}; for columns of numbers it is 'euclidean'")
    rows = numbers(data, options.name)
    _require_enough(len(rows), options.name)
    names = tuple(str(name) for name in data.columns) if hasattr(data, "columns") else None
    columns = Columns(rows.shape[1], names)
    if names is None and rows.shape[1] > MANY_COLUMNS:
        notes.remark(
            f"{options.name} was read as vectors of {rows.shape[1]} coordinates; if its rows are samples, "
            f"DistributionArray.from_samples({options.name}) makes distributions of them"
        )
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
    require_repeated(len(levels), len(codes), options.name)
    where = f"{len(codes)} labels of {len(levels)} categories"
    return Part(options.name, "categories", "match", "match", np.nan, codes, levels, where)
