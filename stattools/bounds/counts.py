"""What a supersample experiment has seen, as tables of counts that add up over supersamples and rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidParameterError
from stattools._typing import FloatArray, IntArray

MOST_VALUES = 32
BINS = 8


@dataclass(frozen=True)
class Observations:
    """The losses and masks of an experiment, losses scaled to [0, 1].

    losses : (k1, k2, n, 2) float64, of the points in both columns of a row.
    masks : (k1, k2, n) int64; u trains on column u.
    codes : (k1, k2, n, 2) int64 or None, losses as numbers 0 to n_codes - 1; None for coins.
    symbols : (k1, k2, n) int64 or None, the pair of predictions of a row, numbered within each supersample and row.

    Examples
    --------
    >>> seen = Observations(losses=np.array([[[[0.0, 0.75]]]]), masks=np.array([[[1]]]))
    >>> seen.training.item(), seen.test.item()
    (0.75, 0.0)
    """

    losses: FloatArray
    masks: IntArray
    codes: IntArray | None = None
    n_codes: int = 2
    differences: IntArray | None = None
    symbols: IntArray | None = None

    def with_masks(self, masks: IntArray) -> Observations:
        """The same losses under other masks."""
        return Observations(self.losses, masks, self.codes, self.n_codes, self.differences, self.symbols)

    @property
    def training(self) -> FloatArray:
        """(k1, k2, n) losses of the points that were trained on."""
        return self._columns()[0]

    @property
    def test(self) -> FloatArray:
        """(k1, k2, n) losses of the others."""
        return self._columns()[1]

    def _columns(self) -> tuple[FloatArray, FloatArray]:
        first = self.masks == 0
        a, b = self.losses[..., 0], self.losses[..., 1]
        return np.where(first, a, b), np.where(first, b, a)


@dataclass(frozen=True)
class Counts:
    """Counts of the symbols that information is computed from.

    pairs : (k1, n, 2, K, K) float64, by supersample, row, mask, first loss and second loss.
    differences : (K, K) int64, the number of the difference of two losses.
    predictions : (k1, n, 2, S) float64 or None.

    Examples
    --------
    >>> seen = observe(np.array([[[[0.0, 0.75]]]]), np.array([[[1]]]), None, "bernoulli")
    >>> count(seen).of("second")  # mask 0: none; mask 1: a coin that is 1 with probability 0.75
    array([[[[0.  , 0.  ],
             [0.25, 0.75]]]])
    """

    pairs: FloatArray
    differences: IntArray
    predictions: FloatArray | None

    def of(self, variable: str) -> FloatArray:
        """(k1, n, 2, S) counts of "pair", "difference", "predictions" or of one loss: "symmetrized", "first", "second".

        "symmetrized" adds the counts of the first loss and the mask to those of the second loss and the other column's
        mask: training and test losses of the row.
        """
        k1, n, _, k, _ = self.pairs.shape
        if variable == "pair":
            return self.pairs.reshape(k1, n, 2, k * k)
        if variable == "difference":
            return self._differences(self.pairs)
        if variable == "symmetric difference":
            swapped = np.swapaxes(self.pairs[:, :, ::-1], 3, 4)
            return self._differences(self.pairs + swapped)
        if variable == "predictions":
            assert self.predictions is not None
            return self.predictions
        first, second = self.pairs.sum(axis=4), self.pairs.sum(axis=3)
        if variable == "symmetrized":
            return np.asarray(first + second[:, :, ::-1])
        return np.asarray(first if variable == "first" else second)

    def _differences(self, pairs: FloatArray) -> FloatArray:
        groups = np.eye(int(self.differences.max()) + 1)[self.differences.ravel()]
        return np.asarray(np.matmul(pairs.reshape(*pairs.shape[:3], -1), groups))


def observe(
    losses: FloatArray, masks: IntArray, predictions: IntArray | None, estimator: str, n_bins: int = BINS
) -> Observations:
    """Number the losses and predictions as the estimator needs them.

    Raises
    ------
    InvalidParameterError
        The plug-in estimate of losses on many values.

    Examples
    --------
    >>> observe(np.array([[[[0.0, 0.75]]]]), np.array([[[1]]]), None, "plugin").codes
    array([[[[0, 1]]]])
    """
    codes, differences, k = None, np.array([[1, 2], [0, 1]]), 2
    if estimator == "plugin":
        codes, differences, k = _by_value(losses)
    elif estimator == "bins":
        codes = np.minimum((losses * n_bins).astype(np.int64), n_bins - 1)
        grid = np.arange(n_bins)
        differences, k = grid[None, :] - grid[:, None] + n_bins - 1, n_bins
    symbols = None if predictions is None else _pair_symbols(predictions)
    return Observations(losses, masks, codes, k, differences.astype(np.int64), symbols)


def _by_value(losses: FloatArray) -> tuple[IntArray, IntArray, int]:
    values, codes = np.unique(losses, return_inverse=True)
    if len(values) > MOST_VALUES:
        raise InvalidParameterError(
            f"estimator is 'plugin' and the losses take {len(values)} values; it counts at most {MOST_VALUES}, "
            "take 'bernoulli' for other losses"
        )
    # differences that are equal on paper must be one symbol
    _, differences = np.unique((values[None, :] - values[:, None]).round(12), return_inverse=True)
    k = len(values)
    return codes.reshape(losses.shape).astype(np.int64), differences.reshape(k, k), k


def _pair_symbols(predictions: IntArray) -> IntArray:
    """Pairs of codes numbered 0, 1, ... within each supersample and row, in order of the codes."""
    pairs = predictions[..., 0] * (int(predictions.max()) + 1) + predictions[..., 1]
    by_cell = np.moveaxis(pairs, 1, 2)
    order = np.argsort(by_cell, axis=2, kind="stable")
    ordered = np.take_along_axis(by_cell, order, axis=2)
    ranks = np.zeros(ordered.shape, dtype=np.int64)
    ranks[..., 1:] = np.cumsum(ordered[..., 1:] != ordered[..., :-1], axis=2)
    symbols = np.empty_like(ranks)
    np.put_along_axis(symbols, order, ranks, axis=2)
    return np.ascontiguousarray(np.moveaxis(symbols, 2, 1))


def count(data: Observations) -> Counts:
    """The tables of counts of an experiment.

    Examples
    --------
    >>> seen = observe(np.array([[[[0.0, 1.0]]]]), np.array([[[1]]]), None, "bernoulli")
    >>> count(seen).pairs[0, 0, 1]
    array([[0., 1.],
           [0., 0.]])
    """
    from stattools.bounds import _kernels

    masks = _ready(data.masks)
    if data.codes is None:
        pairs = _kernels.soft_pair_counts(_ready(data.losses), masks)
    else:
        pairs = _kernels.pair_counts(_ready(data.codes), masks, data.n_codes)
    predictions = None
    if data.symbols is not None:
        predictions = _kernels.symbol_counts(_ready(data.symbols), masks, int(data.symbols.max()) + 1)
    assert data.differences is not None
    return Counts(pairs, data.differences, predictions)


def _ready(array: Any) -> Any:
    return _validation.read_only(np.ascontiguousarray(array))
