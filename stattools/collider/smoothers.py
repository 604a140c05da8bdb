"""Ridge regressions on features of the constraint columns.

Rows may be of several types. Values of a fitted function on all rows are one type; its residuals on labelled rows are
another, with the same E[. | A, B] - E[. | B] when the constraint holds, and a mean given B of its own. So intercepts,
and regressions on B, are those of a type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stattools import _random
from stattools._typing import FloatArray, IntArray
from stattools.collider import features as maps
from stattools.collider.features import FeatureMap
from stattools.collider.paths import Path, Unshrunk
from stattools.collider.rows import (
    FEW_FEATURES,
    NO_ROWS,
    Expansion,
    LinearPrior,
    Penalty,
    Rows,
    joint,
    law,
    repeated,
    sharing,
)
from stattools.collider.smoothers_streamed import StreamedSmoother, fit_streamed, members, weights_by_type

LENGTHSCALES = (1.0, 2.0, 4.0, 8.0)  # in units of the root mean square distance of a column pair
MAX_RANK, RANK_OF_MANY = 300, 128
ROWS_KEY = 7
ROWS_AS_PRODUCTS = 5000  # beyond which products of features take less time than a decomposition of them
MANY_ROWS = 30_000  # beyond which rows pass in blocks, and settings are chosen on so many of them


# smoothers of one kind -----------------------------------------------------------------------------------------------
def is_many(rows: Rows) -> bool:
    """Whether rows pass in blocks."""
    return int(np.count_nonzero(rows.first)) > MANY_ROWS


def fit_smoother(
    kind: str, rows: Rows, targets: FloatArray, penalty: Penalty, seed: Any
) -> Smoother | StreamedSmoother:
    """The best smoother of one kind over the lengthscales of that kind."""
    if is_many(rows):
        return _fit_many(kind, rows, targets, penalty, seed)
    settings = _feature_maps(kind, rows, seed, penalty)
    fits: list[Smoother | StreamedSmoother]
    if len(rows.types) > ROWS_AS_PRODUCTS and weights_by_type(rows):
        jointly = kind not in ("linear", "spline")
        fits = [
            fit_streamed(kind, words, rows, targets, penalty, main, given, jointly=jointly)
            for words, main, given in settings
        ]
    else:
        fits = [_fit(kind, rows, targets, penalty, *one) for one in settings]
    totals = _totals(fits, targets)
    best = fits[int(np.argmin(totals))]  # all targets share a lengthscale
    if len(fits) == 1:
        return best
    tried = {fit.kind: total for fit, total in zip(fits, totals, strict=True)}
    return replace(best, settings={**best.settings, "criterion": tried})


def _fit_many(kind: str, rows: Rows, targets: FloatArray, penalty: Penalty, seed: Any) -> StreamedSmoother:
    """Settings by generalised cross-validation on some of the rows, then one pass over all of them."""
    chosen = _some_of_each_type(rows.types, _random.generator(seed, ROWS_KEY))
    fewer = rows.some(chosen)
    jointly = kind not in ("linear", "spline")
    if kind in ("linear", "spline", "cells"):  # scales, knots and levels are those of all rows
        ((words, main, given),) = _feature_maps(kind, rows, seed, penalty)
        return fit_streamed(kind, words, rows, targets, penalty, main, given, jointly=jointly)
    settings = _feature_maps(kind, fewer, seed, rank=RANK_OF_MANY)
    fits = [
        fit_streamed(kind, words, fewer, targets[chosen], penalty, main, given, jointly=jointly)
        for words, main, given in settings
    ]
    totals = _totals(fits, targets[chosen])
    words, main, given = settings[int(np.argmin(totals))]
    found = fit_streamed(kind, words, rows, targets, penalty, main, given, jointly=jointly)
    tried = {fit.kind: total for fit, total in zip(fits, totals, strict=True)}
    return replace(found, settings={**found.settings, "criterion": tried, "criterion_rows": len(chosen)})


def _totals(fits: Sequence[Smoother | StreamedSmoother], targets: FloatArray) -> list[float]:
    """The criterion of each fit, summed over targets in one unit."""
    size = targets.var(axis=0)
    size[size == 0] = 1.0
    return [float(np.sum(fit.gcv / size)) for fit in fits]


def _some_of_each_type(types: IntArray, generator: np.random.Generator) -> IntArray:
    """Indices of about MANY_ROWS rows, drawn at random in equal numbers from the types as far as they have them."""
    kinds = np.unique(types)
    found = []
    for kind in kinds:
        members = np.flatnonzero(types == kind)
        size = min(len(members), MANY_ROWS // len(kinds))
        found.append(members if size == len(members) else generator.choice(members, size, replace=False))
    return np.sort(np.concatenate(found))


def _feature_maps(
    kind: str, rows: Rows, seed: Any, penalty: Penalty = "gcv", *, rank: int = MAX_RANK
) -> list[tuple[str, FeatureMap, FeatureMap | None]]:
    """(words, map of A or of A and B, map of B) for each setting of a kind."""
    first = rows.first
    a, b = rows.columns[first], None if rows.given is None else rows.given[first]
    both = joint(a, b)
    if kind == "linear":
        main = maps.Mixed.fit(a, penalty.mixing) if isinstance(penalty, LinearPrior) else maps.Linear.fit(a)
        return [("linear", main, None if b is None else maps.Linear.fit(b))]
    if kind == "spline":
        return [("spline", maps.Splines.fit(a), None if b is None else maps.Splines.fit(b))]
    if kind == "cells":
        return [("cells", maps.Cells.fit(both), None if b is None else maps.Cells.fit(b))]

    def one(columns: FloatArray, multiple: float, key: int) -> FeatureMap:
        # columns are scaled: the root mean square distance of two rows is the root of twice their number
        lengthscale = multiple * float(np.sqrt(columns.shape[1] / 2.0))
        if kind == "kernel":
            return maps.Kernel.fit(columns, lengthscale=lengthscale, rank=rank)
        return maps.Fourier.fit(columns, lengthscale=lengthscale, count=rank, rng=_random.child_seed(seed, key))

    return [
        (f"{kind}, lengthscale {multiple:g}", one(both, multiple, 0), None if b is None else one(b, multiple, 1))
        for multiple in LENGTHSCALES
    ]


@dataclass(frozen=True)
class Design:
    """Features of the rows, ready for regression.

    expand : the features, residualised on B and centred over rows of type 0. values : (N, r) those of the rows, centred
    within types. on_given : (N, s) features of B, centred within types, or None.
    """

    expand: Expansion
    values: FloatArray
    on_given: FloatArray | None


def _design(rows: Rows, kind: str, main: FeatureMap, given: FeatureMap | None) -> Design:
    jointly = kind not in ("linear", "spline")
    first = rows.first
    raw = main.of(rows.joint if jointly else rows.columns)
    if given is None or rows.given is None:
        expansion = Expansion(main, jointly, None, np.empty(0), np.empty((0, 0)), raw[first].mean(axis=0))
        return Design(expansion, _within(raw - expansion.centre, rows.types), None)
    on_given = given.of(rows.given)
    centre = on_given[first].mean(axis=0)
    path = Path.of(on_given[first] - centre, degrees=1.0)
    centred = raw[first] - raw[first].mean(axis=0)
    regression = path.coefficients(centred, _penalty_of_given(path, centred))
    values = raw - (on_given - centre) @ regression
    expansion = Expansion(main, jointly, given, centre, regression, values[first].mean(axis=0))
    return Design(expansion, _within(values - expansion.centre, rows.types), _within(on_given, rows.types))


def _within(values: FloatArray, types: IntArray) -> FloatArray:
    """Values less the mean of their type: (N, r)."""
    centred = np.array(values, dtype=np.float64)
    for kind in np.unique(types):
        centred[types == kind] -= centred[types == kind].mean(axis=0)
    return centred


@dataclass(frozen=True)
class Part:
    """The regression of the targets that share their weights.

    targets : their indices; roots : (N,) roots of weights.
    """

    targets: IntArray
    roots: FloatArray
    path: Path


@dataclass(frozen=True)
class Smoother:
    """A projector that is a ridge regression on features; see `FittedProjector`."""

    kind: str
    rows: Rows
    design: Design
    given_paths: tuple[Path, ...]
    given_penalties: tuple[FloatArray, ...]
    parts: tuple[Part, ...]
    coefficients: FloatArray
    penalty: FloatArray
    degrees_of_freedom: FloatArray
    noise: FloatArray
    unshrunk: Unshrunk
    gcv: FloatArray
    settings: dict[str, Any]

    def predict(self, columns: FloatArray, given: FloatArray | None = None) -> FloatArray:
        return self.design.expand.times(self.coefficients, columns, given)

    def again(self, targets: FloatArray) -> Smoother:
        remainder, _ = _residualise(self.rows, self.given_paths, targets, self.given_penalties)
        coefficients = np.empty_like(self.coefficients)
        for part in self.parts:
            weighted = remainder[:, part.targets] * part.roots[:, None]
            coefficients[:, part.targets] = part.path.coefficients(weighted, self.penalty[part.targets])
        return replace(self, coefficients=coefficients)

    def repeated(self, j: int, k: int) -> Smoother:
        """The smoother of target j for k targets at once, by `again`."""
        return repeated(self, j, k)

    def compact(self) -> Smoother:
        design = replace(self.design, values=np.empty((0, 0)), on_given=None)
        return replace(self, rows=NO_ROWS, design=design, given_paths=(), given_penalties=(), parts=())


def _fit(
    kind: str,
    rows: Rows,
    targets: FloatArray,
    penalty: Penalty,
    words: str,
    main: FeatureMap,
    given: FeatureMap | None,
) -> Smoother:
    n, q = targets.shape
    design = _design(rows, kind, main, given)
    paths = _paths_of_given(rows, design)
    remainder, used = _residualise(rows, paths, targets, None)
    spent = 1.0 + (_degrees(paths[:1], used[:1], q) if paths else np.zeros(q))
    scored = None if rows.first.all() else rows.first
    r = design.values.shape[1]
    coefficients, chosen, freedom = np.zeros((r, q)), np.empty(q), np.empty(q)
    noise, criterion = np.empty(q), np.empty(q)
    parts, differences = [], []
    for shared in sharing(rows.weights):
        weights = rows.weights[:, shared[0]]
        roots = np.sqrt(weights / weights.mean())
        path = Path.of(design.values * roots[:, None], degrees=float(spent[shared].max()), scored=scored)
        weighted = remainder[:, shared] * roots[:, None]
        cautious = kind not in ("linear", "cells") or r > FEW_FEATURES * np.count_nonzero(rows.first)
        variance = 1.0 / rows.weights[0, shared]
        if isinstance(penalty, LinearPrior):
            penalties = path.known(path.left.T @ weighted, penalty, shared, variance)
        else:
            chooses = isinstance(penalty, str)
            penalties = path.best(weighted, cautious=cautious) if chooses else np.full(len(shared), penalty)
        parts.append(Part(shared, roots, path))
        coefficients[:, shared] = path.coefficients(weighted, penalties)
        chosen[shared] = penalties
        freedom[shared] = path.filter(penalties).sum(axis=1)
        criterion[shared] = [path.gcv(weighted[:, [j]], penalties[[j]])[0, 0] for j in range(len(shared))]
        noise[shared], found = _errors(
            design, rows, path, weighted, coefficients[:, shared], penalties, roots, rich=cautious
        )
        if isinstance(penalty, LinearPrior):
            found = path.informed(found, path.left.T @ weighted, penalty, shared, penalties, variance)
        differences.append((shared, found))
    settings = {"kind": words, "rows": n, "features": r, "law": law(penalty, chosen)}
    used_tuple = tuple(used)
    return Smoother(
        words, rows, design, paths, used_tuple, tuple(parts), coefficients, chosen, freedom, noise,
        Unshrunk.gathered(differences, q), criterion, settings,
    )  # fmt: skip


def _errors(
    design: Design,
    rows: Rows,
    path: Path,
    weighted: FloatArray,
    coefficients: FloatArray,
    penalty: FloatArray,
    roots: FloatArray,
    *,
    rich: bool,
) -> tuple[FloatArray, Unshrunk]:
    """(q,) mean variance of the estimate over the rows of type 0, for weights that are inverse variances; and more.

    With V D U' the decomposition of the weighted features and variance c of a weighted target, the coefficients have
    covariance c V diag(s / (s + penalty)^2) V' / N, s the eigenvalues. rich : features are many, and then the estimate
    without penalty says nothing.
    """
    first = design.values[rows.first] @ path.right.T
    mean_square = np.einsum("ij,ij->j", first, first) / len(first)
    residual = weighted - (design.values * roots[:, None]) @ coefficients
    variance = path.residual_variance(np.einsum("ij,ij->j", residual, residual), penalty)
    noise = path.noise(path.filter(penalty) ** 2, mean_square, variance)
    if rich:
        return noise, Unshrunk.same(noise)
    return noise, path.unshrunk(path.left.T @ weighted, first.T @ first / len(first), penalty, variance)


def fit_linear(
    rows: Rows, targets: FloatArray, penalty: Penalty, seed: Any
) -> Smoother | StreamedSmoother | OfFirst:
    """A linear smoother; of rows of type 0 alone when a law of its slopes is known, which residuals add nothing to."""
    if not isinstance(penalty, LinearPrior) or rows.first.all():
        return fit_smoother("linear", rows, targets, penalty, seed)
    chosen = members(rows.types, 0)
    return OfFirst(fit_smoother("linear", rows.some(chosen), targets[chosen], penalty, seed), chosen)


@dataclass(frozen=True)
class OfFirst:
    """A smoother of some of the rows, of these indices or this slice; see `FittedProjector`."""

    smoother: Smoother | StreamedSmoother
    chosen: Any

    @property
    def kind(self) -> str:
        return self.smoother.kind

    @property
    def settings(self) -> dict[str, Any]:
        return self.smoother.settings

    @property
    def degrees_of_freedom(self) -> FloatArray:
        return self.smoother.degrees_of_freedom

    @property
    def noise(self) -> FloatArray:
        return self.smoother.noise

    @property
    def unshrunk(self) -> Unshrunk:
        return self.smoother.unshrunk

    @property
    def penalty(self) -> FloatArray:
        return self.smoother.penalty

    @property
    def gcv(self) -> FloatArray:
        return self.smoother.gcv

    def predict(self, columns: FloatArray, given: FloatArray | None = None) -> FloatArray:
        return self.smoother.predict(columns, given)

    def again(self, targets: FloatArray) -> OfFirst:
        return replace(self, smoother=self.smoother.again(targets[self.chosen]))

    def repeated(self, j: int, k: int) -> OfFirst:
        """The smoother of target j for k targets at once, by `again`."""
        return replace(self, smoother=self.smoother.repeated(j, k))

    def compact(self) -> OfFirst:
        return replace(self, smoother=self.smoother.compact())


def fit_sum(rows: Rows, targets: FloatArray, penalty: str | float, linear_penalty: Penalty, seed: Any) -> Sum:
    """A linear smoother, and one by a kernel, or of many rows by its random features, for what it leaves.

    The kernel's penalty is always chosen: a given one is that of the linear smoother, which is then alone.
    """
    linear = fit_linear(rows, targets, linear_penalty, seed)
    if penalty != "gcv":
        return Sum((linear,), rows)
    rest = targets - linear.predict(rows.columns, rows.given)
    return Sum((linear, fit_smoother("rff" if is_many(rows) else "kernel", rows, rest, penalty, seed)), rows)


@dataclass(frozen=True)
class Sum:
    """Smoothers of which each was fitted to what the ones before it left; see `FittedProjector`."""

    terms: tuple[Smoother | StreamedSmoother | OfFirst, ...]
    rows: Rows

    @property
    def kind(self) -> str:
        used = [term.kind for term in self.terms if np.isfinite(term.penalty).any()]
        return " + ".join(used) if used else self.terms[0].kind

    @property
    def settings(self) -> dict[str, Any]:
        settings = [term.settings for term in self.terms]
        alone = not any(np.isfinite(term.penalty).any() for term in self.terms[1:])
        return {"kind": self.kind, "law": settings[0]["law"] if alone else None, "terms": settings}

    @property
    def degrees_of_freedom(self) -> FloatArray:
        return np.asarray(np.sum([term.degrees_of_freedom for term in self.terms], axis=0))

    @property
    def noise(self) -> FloatArray:
        return np.asarray(np.sum([term.noise for term in self.terms], axis=0))

    @property
    def unshrunk(self) -> Unshrunk:
        return Unshrunk.total([term.unshrunk for term in self.terms])

    @property
    def penalty(self) -> FloatArray:
        """The smallest of the terms."""
        return np.asarray(np.min([term.penalty for term in self.terms], axis=0))

    @property
    def gcv(self) -> FloatArray:
        return self.terms[-1].gcv

    def predict(self, columns: FloatArray, given: FloatArray | None = None) -> FloatArray:
        return np.asarray(np.sum([term.predict(columns, given) for term in self.terms], axis=0))

    def again(self, targets: FloatArray) -> Sum:
        terms: list[Smoother | StreamedSmoother | OfFirst] = []
        for term in self.terms:
            terms.append(term.again(targets))
            targets = targets - terms[-1].predict(self.rows.columns, self.rows.given)
        return replace(self, terms=tuple(terms))

    def repeated(self, j: int, k: int) -> Sum:
        """The smoother of target j for k targets at once, by `again`."""
        return replace(self, terms=tuple(term.repeated(j, k) for term in self.terms))

    def compact(self) -> Sum:
        return Sum(tuple(term.compact() for term in self.terms), NO_ROWS)


def linear_contrasts(columns: FloatArray, given: FloatArray | None) -> tuple[FloatArray, FloatArray]:
    """Differences of values at (N, d) rows that say what slopes on the columns are, less their regression on B.

    Returns (N, r) orthonormal directions u, and the (d, r) matrix M for which the values have slopes M u' v.
    """
    rows = Rows(columns, given, np.zeros(len(columns), dtype=np.intp), np.ones((len(columns), 1)))
    main, on_given = maps.Linear.fit(columns), None if given is None else maps.Linear.fit(given)
    path = Path.of(_design(rows, "linear", main, on_given).values, degrees=1.0)
    scaler, slopes = main.scaler, np.zeros((columns.shape[1], len(path.eigenvalues)))
    slopes[scaler.kept] = (path.right / np.sqrt(path.eigenvalues * len(columns))[:, None]).T / scaler.scale[:, None]
    return path.left, slopes


# the part that B explains --------------------------------------------------------------------------------------------
def _paths_of_given(rows: Rows, design: Design) -> tuple[Path, ...]:
    """The decomposition of the features of B within each type of rows."""
    if design.on_given is None:
        return ()
    return tuple(Path.of(design.on_given[rows.types == kind], degrees=1.0) for kind in np.unique(rows.types))


def _residualise(
    rows: Rows, paths: tuple[Path, ...], targets: FloatArray, penalties: tuple[FloatArray, ...] | None
) -> tuple[FloatArray, list[FloatArray]]:
    """Targets less their mean, or their regression on B, within each type; and the penalties that were used."""
    remainder = _within(targets, rows.types)
    used = []
    for k, path in enumerate(paths):
        members = rows.types == np.unique(rows.types)[k]
        values = remainder[members]
        penalty = _penalty_of_given(path, values) if penalties is None else penalties[k]
        shrunk = path.filter(penalty).T
        remainder[members] = values - path.left @ (shrunk * (path.left.T @ values))
        used.append(penalty)
    return remainder, used


def _penalty_of_given(path: Path, targets: FloatArray) -> FloatArray:
    """(q,) penalties of regressions on B: none for few features, as what is left of B counts as an effect of A."""
    if len(path.eigenvalues) <= FEW_FEATURES * len(path.left):
        return np.zeros(targets.shape[1])
    return path.best(targets)


def _degrees(paths: tuple[Path, ...], penalties: list[FloatArray], q: int) -> FloatArray:
    """(q,) degrees of freedom spent on B."""
    total = np.zeros(q)
    for path, penalty in zip(paths, penalties, strict=True):
        total += path.filter(penalty).sum(axis=1)
    return total
