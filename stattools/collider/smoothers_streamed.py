"""Smoothers of more rows than their features could be held for: the same regressions from products of features.

Rows of a type have one weight here. What a weighted ridge regression with an intercept for each type, on features less
their regression on those of B, needs of the rows are then the means and products of features and targets within types.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.linalg

from stattools._errors import InvalidDataError
from stattools._typing import FloatArray, IntArray
from stattools.collider.features import FeatureMap
from stattools.collider.paths import Penalised, Unshrunk
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
from stattools.rkhs.fourier import PRECISION, accumulate, beside


@dataclass(frozen=True)
class Products:
    """Products of features and targets of the rows of one type, less their means, after B was regressed on.

    count : int. gram : (r, r). cross : (r, q). squares : (q,) of the targets.
    """

    count: int
    gram: FloatArray
    cross: FloatArray
    squares: FloatArray

    def left_over(self, coefficients: FloatArray) -> FloatArray:
        """(q,) sums of squared residuals of a fit with (r, q) coefficients."""
        fitted = np.einsum("ij,ij->j", coefficients, self.gram @ coefficients)
        crossed = np.einsum("ij,ij->j", coefficients, self.cross)
        return np.asarray(np.maximum(self.squares - 2.0 * crossed + fitted, 0.0))


def _total(parts: Sequence[Products]) -> Products:
    return Products(
        sum(part.count for part in parts),
        np.asarray(np.sum([part.gram for part in parts], axis=0)),
        np.asarray(np.sum([part.cross for part in parts], axis=0)),
        np.asarray(np.sum([part.squares for part in parts], axis=0)),
    )


@dataclass(frozen=True)
class ProductPath(Penalised):
    """The ridge regressions of `Path`, from products over N rows instead of the rows.

    eigenvalues : (k,) of the products of features over N. right : (k, r). count : N. degrees : those of the intercept
    of the scored rows.
    """

    eigenvalues: FloatArray
    right: FloatArray
    count: int
    degrees: float

    @classmethod
    def of(cls, gram: FloatArray, count: int, *, degrees: float, rounding: float = 0.0) -> ProductPath:
        """gram : (r, r); rounding : of its entries, below which directions are left out."""
        if not gram.size or not gram.any():
            return cls(np.empty(0), np.empty((0, len(gram))), count, degrees)
        values, vectors = scipy.linalg.eigh(gram, driver="evd", check_finite=False)
        values, vectors = values[::-1], vectors[:, ::-1]
        kept = values > len(gram) * PRECISION * max(float(values[0]), rounding)
        return cls(values[kept] / count, np.ascontiguousarray(vectors[:, kept].T), count, degrees)

    @property
    def size(self) -> int:
        return self.count

    def rotated(self, values: FloatArray) -> FloatArray:
        """(k, q) along the left vectors, from (r, q) products with features."""
        scale = np.sqrt(self.eigenvalues * self.count)
        return np.asarray((self.right @ values) / scale[:, None])

    def coefficients(self, products: Products, penalty: FloatArray) -> FloatArray:
        """(r, q) coefficients on the features; penalty : (q,)."""
        if not self.eigenvalues.size:
            return np.zeros(products.cross.shape)
        weights = self.filter(penalty).T / np.sqrt(self.eigenvalues * self.count)[:, None]
        return np.asarray(self.right.T @ (weights * self.rotated(products.cross)))

    def gcv(self, products: Products, scored: Products, penalties: FloatArray) -> FloatArray:
        """(c, q) criterion of `Path.gcv` over the scored rows, of the fit to the rows of `products`."""
        gram = self.rotated(self.rotated(scored.gram).T)
        judged = (gram, self.rotated(scored.cross), scored.squares)
        return self._criterion(penalties, self.rotated(products.cross), judged, scored.count)

    def best(self, products: Products, scored: Products, *, cautious: bool = False) -> FloatArray:
        """(q,) penalties as `Path.best` chooses them."""

        def by(rows: Products) -> Callable[[FloatArray], FloatArray]:
            return lambda penalties: self.gcv(products, rows, penalties)

        judged = by(scored)
        if not cautious:
            return self._smallest(judged, None)
        return self._smallest(judged, by(products) if scored.count < products.count else judged)


# products of the rows ------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Scatter:
    """Products of features of A, features of B and targets within one type. mean : (r + s + q,); r, s : int."""

    count: int
    mean: FloatArray
    products: FloatArray
    r: int
    s: int

    def part(self, left: str, right: str) -> FloatArray:
        """A block of the products, by letters "a", "b", "t"."""
        places = {"a": slice(0, self.r), "b": slice(self.r, self.r + self.s), "t": slice(self.r + self.s, None)}
        return self.products[places[left], places[right]]


def _scatter(
    rows: Rows, members: Any, targets: FloatArray, main: FeatureMap, jointly: bool, given: FeatureMap | None
) -> Scatter:
    """One pass over the rows of one type."""
    columns, own = rows.columns[members], targets[members]
    conditions = None if rows.given is None else rows.given[members]

    def parts(block: slice) -> list[FloatArray]:
        b = None if conditions is None else conditions[block]
        found = [main.of(joint(columns[block], b) if jointly else columns[block])]
        if given is not None and b is not None:
            found.append(given.of(b))
        return found

    first = parts(slice(0, 1))
    sizes = [first[0].shape[1], first[1].shape[1] if len(first) > 1 else 0]

    def fill(block: slice, out: FloatArray) -> None:
        start = 0
        for values in parts(block):
            out[:, start : start + values.shape[1]] = values
            start += values.shape[1]

    width = sum(sizes)
    moments = accumulate(beside(fill, own, width), len(own), width + own.shape[1])
    return Scatter(moments.count, moments.mean, moments.scatter, sizes[0], sizes[1])


def members(types: IntArray, kind: int) -> Any:
    """The rows of a type: a slice when they stand together."""
    places = np.flatnonzero(types == kind)
    if len(places) and places[-1] - places[0] == len(places) - 1:
        return slice(int(places[0]), int(places[-1]) + 1)
    return places


def weights_by_type(rows: Rows) -> bool:
    """Whether the rows of a type have one weight."""
    for kind in np.unique(rows.types):
        own = rows.weights[members(rows.types, int(kind))]
        if np.any(np.ptp(own, axis=0) > 1e-12 * own.max(axis=0)):
            return False
    return True


def _type_weights(rows: Rows, kinds: IntArray) -> FloatArray:
    """(kinds, q) weights of the rows of each type."""
    if not weights_by_type(rows):
        raise InvalidDataError(
            f"weights differ within the rows of a type; for as many rows as these {len(rows.types)} a projector takes "
            "one weight for each type"
        )
    return np.array([rows.weights[np.argmax(rows.types == kind)] for kind in kinds])


# the smoother --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Part:
    """The regression of targets that share their weights: targets : indices; relative : (kinds,) weights."""

    targets: IntArray
    relative: FloatArray
    path: ProductPath


@dataclass(frozen=True)
class StreamedSmoother:
    """A projector that is a ridge regression on features, from their products; see `FittedProjector`."""

    kind: str
    rows: Rows
    expansion: Expansion
    given_paths: tuple[ProductPath, ...]
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
        return self.expansion.times(self.coefficients, columns, given)

    def again(self, targets: FloatArray) -> StreamedSmoother:
        kinds = np.unique(self.rows.types)
        main, jointly, given = self.expansion.main, self.expansion.jointly, self.expansion.given
        scatters = [
            _scatter(self.rows, members(self.rows.types, int(kind)), targets, main, jointly, given) for kind in kinds
        ]
        products, _ = _residualised(scatters, self.expansion.regression, self.given_paths, self.given_penalties)
        coefficients = np.empty_like(self.coefficients)
        for part in self.parts:
            total = _weighted(products, part.targets, part.relative)
            coefficients[:, part.targets] = part.path.coefficients(_total(total), self.penalty[part.targets])
        return replace(self, coefficients=coefficients)

    def repeated(self, j: int, k: int) -> StreamedSmoother:
        """The smoother of target j for k targets at once, by `again`."""
        return repeated(self, j, k)

    def compact(self) -> StreamedSmoother:
        return replace(self, rows=NO_ROWS, given_paths=(), given_penalties=(), parts=())


def fit_streamed(
    kind: str,
    words: str,
    rows: Rows,
    targets: FloatArray,
    penalty: Penalty,
    main: FeatureMap,
    given: FeatureMap | None,
    *,
    jointly: bool,
) -> StreamedSmoother:
    """The smoother of `smoothers.fit_smoother` for one setting, in one pass over the rows.

    kind, words : of the features. main : map of A, or of A and B if `jointly`. given : map of B. O(N (r + s)^2) time
    for r and s features, and memory for (r + s)^2 numbers beside a block.
    """
    q = targets.shape[1]
    kinds = np.unique(rows.types)
    weights = _type_weights(rows, kinds)
    scatters = [_scatter(rows, members(rows.types, int(k)), targets, main, jointly, given) for k in kinds]
    first = scatters[0]
    regression = np.empty((0, 0))
    paths: tuple[ProductPath, ...] = ()
    if first.s:
        paths = tuple(ProductPath.of(one.part("b", "b"), one.count, degrees=1.0) for one in scatters)
        on_features = Products(first.count, first.part("b", "b"), first.part("b", "a"), np.diag(first.part("a", "a")))
        regression = paths[0].coefficients(on_features, _penalty_of_given(paths[0], on_features))
    products, used = _residualised(scatters, regression, paths, None)
    spent = 1.0 + (paths[0].filter(used[0]).sum(axis=1) if paths else np.zeros(q))

    rounding = float(max(np.diag(one.part("a", "a")).max(initial=0.0) for one in scatters))
    cautious = kind not in ("linear", "cells") or first.r > FEW_FEATURES * first.count
    coefficients = np.zeros((first.r, q))
    chosen, freedom, noise, criterion = np.empty(q), np.empty(q), np.empty(q), np.empty(q)
    parts, differences = [], []
    counts = np.array([one.count for one in scatters])
    for shared in sharing(weights):
        relative = weights[:, shared[0]] * (counts.sum() / (counts @ weights[:, shared[0]]))
        weighted = _weighted(products, shared, relative)
        total, scored = _total(weighted), weighted[0]
        path = ProductPath.of(total.gram, total.count, degrees=float(spent[shared].max()), rounding=rounding)
        variance = 1.0 / weights[0, shared]
        if isinstance(penalty, LinearPrior):
            penalties = path.known(path.rotated(total.cross), penalty, shared, variance)
        else:
            chooses = isinstance(penalty, str)
            penalties = path.best(total, scored, cautious=cautious) if chooses else np.full(len(shared), penalty)
        parts.append(Part(shared, relative, path))
        coefficients[:, shared] = path.coefficients(total, penalties)
        chosen[shared], freedom[shared] = penalties, path.filter(penalties).sum(axis=1)
        criterion[shared] = np.diag(path.gcv(total, scored, penalties))
        noise[shared], found = _errors(path, products[0], total, coefficients[:, shared], penalties, rich=cautious)
        if isinstance(penalty, LinearPrior):
            found = path.informed(found, path.rotated(total.cross), penalty, shared, penalties, variance)
        differences.append((shared, found))
    centre, given_centre = first.mean[: first.r], first.mean[first.r : first.r + first.s]
    expansion = Expansion(main, jointly, given if first.s else None, given_centre, regression, centre)
    settings = {"kind": words, "rows": len(targets), "features": first.r, "law": law(penalty, chosen)}
    return StreamedSmoother(
        words, rows, expansion, paths, tuple(used), tuple(parts), coefficients, chosen, freedom, noise,
        Unshrunk.gathered(differences, q), criterion, settings,
    )  # fmt: skip


def _residualised(
    scatters: Sequence[Scatter],
    regression: FloatArray,
    paths: tuple[ProductPath, ...],
    penalties: tuple[FloatArray, ...] | None,
) -> tuple[list[Products], list[FloatArray]]:
    """Products within each type after B is regressed on, and the penalties that were used.

    Features lose their regression on B over the rows of type 0, targets that within their type.
    """
    found, used = [], []
    for k, one in enumerate(scatters):
        gram, cross = one.part("a", "a"), one.part("a", "t")
        squares = np.diag(one.part("t", "t"))
        if paths:
            on_targets = Products(one.count, one.part("b", "b"), one.part("b", "t"), squares)
            own = _penalty_of_given(paths[k], on_targets) if penalties is None else penalties[k]
            slopes = paths[k].coefficients(on_targets, own)
            ab, bb = one.part("a", "b"), one.part("b", "b")
            crossed = ab @ regression
            gram = gram - crossed - crossed.T + regression.T @ bb @ regression
            cross = cross - ab @ slopes - regression.T @ (on_targets.cross - bb @ slopes)
            squares = on_targets.left_over(slopes)
            used.append(own)
        found.append(Products(one.count, (gram + gram.T) / 2.0, cross, squares))
    return found, used


def _penalty_of_given(path: ProductPath, products: Products) -> FloatArray:
    """(q,) penalties of regressions on B, as in `smoothers`."""
    if len(path.eigenvalues) <= FEW_FEATURES * path.count:
        return np.zeros(products.cross.shape[1])
    return path.best(products, products)


def _weighted(products: Sequence[Products], targets: IntArray, relative: FloatArray) -> list[Products]:
    """Products of some targets, times the weight of each type."""
    return [
        Products(one.count, weight * one.gram, weight * one.cross[:, targets], weight * one.squares[targets])
        for one, weight in zip(products, relative, strict=True)
    ]


def _errors(
    path: ProductPath,
    first: Products,
    total: Products,
    coefficients: FloatArray,
    penalty: FloatArray,
    *,
    rich: bool,
) -> tuple[FloatArray, Unshrunk]:
    """(q,) mean variance of the estimate over the rows of type 0, and more, as in `smoothers`."""
    gram = path.right @ first.gram @ path.right.T / first.count
    mean_square = np.diag(gram)
    variance = path.residual_variance(total.left_over(coefficients), penalty)
    noise = path.noise(path.filter(penalty) ** 2, mean_square, variance)
    if rich or not path.eigenvalues.size:
        return noise, Unshrunk.same(noise)
    return noise, path.unshrunk(path.rotated(total.cross), gram, penalty, variance)
