"""Risks and informations of a supersample experiment, for the data and for weighted supersamples at once."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from stattools._typing import FloatArray, IntArray
from stattools.bounds.counts import Counts, Observations
from stattools.bounds.neighbours import neighbour_information
from stattools.bounds.tables_mi import information_of

POOLS = ("none", "supersample", "all")
COLUMNS = ("symmetrized", "mean", "first", "minimum")


@dataclass(frozen=True)
class Averages:
    """Averages over the masks and rows of each supersample, (k1,) float64 each.

    risk, test : training and test risk.
    squared_risk : mean square of the training risk of a run.
    sharpness : mean square, over points and the runs that trained on them, of a point's mean training loss.

    Examples
    --------
    >>> seen = Observations(losses=np.array([[[[0.0, 0.75]]]]), masks=np.array([[[1]]]))
    >>> averages(seen).risk, averages(seen).squared_risk
    (array([0.75]), array([0.5625]))
    """

    risk: FloatArray
    test: FloatArray
    squared_risk: FloatArray
    sharpness: FloatArray


def averages(data: Observations) -> Averages:
    """Averages of each supersample.

    Examples
    --------
    >>> seen = Observations(losses=np.array([[[[0.0, 0.75]]]]), masks=np.array([[[1]]]))
    >>> averages(seen).test
    array([0.])
    """
    training, test = data.training, data.test
    first = data.masks == 0
    squares = np.zeros(len(training))
    for column, trained in enumerate((first, ~first)):
        times = trained.sum(axis=1)
        total = np.where(trained, data.losses[..., column], 0.0).sum(axis=1)
        # times * mean^2, so that a point that no run has trained on has no weight
        squares += (total**2 / np.maximum(times, 1)).sum(axis=1)
    return Averages(
        risk=training.mean(axis=(1, 2)),
        test=test.mean(axis=(1, 2)),
        squared_risk=(training.mean(axis=2) ** 2).mean(axis=1),
        sharpness=squares / training[0].size,
    )


@dataclass(frozen=True)
class Information:
    """Mutual information with the mask, averaged over cells: (b,) float64 each.

    mean : of I. root : of sqrt(2 I).

    Examples
    --------
    >>> Information(mean=np.array([0.02]), root=np.array([0.2])).root
    array([0.2])
    """

    mean: FloatArray
    root: FloatArray


class Ingredients:
    """Risks and informations of b weightings of the supersamples, from tables of counts.

    Parameters
    ----------
    counts : Counts
    averages : Averages
    weights : (b, k1) float64
        How often each supersample counts; a row adds up to k1.
    correction : str or None
        See `tables_mi.information_of`.
    columns : {"symmetrized", "mean", "first", "minimum"}
        How the two columns share in the information of one loss.

    Examples
    --------
    >>> from stattools.bounds.counts import count, observe
    >>> seen = observe(np.array([[[[0.0, 1.0]], [[1.0, 0.0]]]]), np.array([[[0], [1]]]), None, "bernoulli")
    >>> found = Ingredients(count(seen), averages(seen), np.ones((1, 1)), None, "symmetrized")
    >>> found.information("difference", "all").mean.round(4), found.risk
    (array([0.6931]), array([0.]))
    """

    def __init__(
        self, counts: Counts, averages: Averages, weights: FloatArray, correction: str | None, columns: str
    ) -> None:
        self._counts = counts
        self._weights = weights
        self._correction = correction
        self._columns = columns
        self._known: dict[tuple[str, str], Information] = {}
        share = weights / weights.shape[1]
        self.risk = np.clip(share @ averages.risk, 0.0, 1.0)
        self.test = share @ averages.test
        self.squared_risk = share @ averages.squared_risk
        self.sharpness = share @ averages.sharpness

    def information(self, variable: str, pool: str) -> Information:
        """Of "predictions", "pair", "difference", "symmetric difference" or "single".

        Pool "none" takes each supersample and row by itself, "supersample" the rows with supersamples pooled, "all"
        everything in one table.
        """
        key = (variable, pool)
        if key not in self._known:
            cells = self._cells(variable, pool)
            mean, root = cells.mean(axis=1), np.sqrt(2.0 * cells).mean(axis=1)
            if pool == "none":
                mean, root = (self._weights @ part / self._weights.shape[1] for part in (mean, root))
            self._known[key] = Information(mean, root)
        return self._known[key]

    def by_row(self, variable: str, pool: str) -> FloatArray:
        """(n,) information of each row under the first weighting; (1,) when everything is pooled."""
        cells = self._cells(variable, pool)
        if variable == "single" and self._columns == "mean":
            cells = cells.reshape(len(cells), 2, -1).mean(axis=1)
        return np.asarray(self._weights[0] @ cells / self._weights.shape[1] if pool == "none" else cells[0])

    def _cells(self, variable: str, pool: str) -> FloatArray:
        """Information of each cell: (k1, n) for pool "none", else (b, n) or (b, 1)."""
        if variable != "single":
            return self._of(variable, pool)
        if self._columns in ("symmetrized", "first"):
            return self._of(self._columns, pool)
        parts = (self._of("first", pool), self._of("second", pool))
        return np.concatenate(parts, axis=1) if self._columns == "mean" else np.minimum(*parts)

    def _of(self, variable: str, pool: str) -> FloatArray:
        tables = self._counts.of(variable)
        if pool == "none":
            return information_of(tables, self._correction)
        if pool == "all":
            tables = tables.sum(axis=1, keepdims=True)
        pooled = self._weights @ tables.reshape(len(tables), -1)
        return information_of(pooled.reshape(len(pooled), *tables.shape[1:]), self._correction)


class NeighbourIngredients(Ingredients):
    """Informations by nearest neighbours, of the losses themselves; of predictions, by counts.

    Examples
    --------
    >>> from stattools.bounds.counts import count, observe
    >>> rng = np.random.default_rng(0)
    >>> masks = np.tile([[[0], [1]]], (1, 40, 1))
    >>> seen = observe(rng.random((1, 80, 1, 2)), masks, None, "ksg")
    >>> found = NeighbourIngredients(seen, count(seen), averages(seen), "symmetrized")
    >>> bool(found.information("difference", "all").mean < 0.2)
    True
    """

    def __init__(self, data: Observations, counts: Counts, averages: Averages, columns: str) -> None:
        k1 = len(data.losses)
        super().__init__(counts, averages, np.ones((1, k1)), None, columns)
        self._data = data

    def _of(self, variable: str, pool: str) -> FloatArray:
        if variable == "predictions":
            return super()._of(variable, pool)
        values, masks = self._values(variable)
        k1, n = len(values), values.shape[2]
        if pool == "none":
            cells = [(slice(z, z + 1), slice(i, i + 1)) for z, i in itertools.product(range(k1), range(n))]
            shape = (k1, n)
        elif pool == "supersample":
            cells = [(slice(None), slice(i, i + 1)) for i in range(n)]
            shape = (1, n)
        else:
            cells, shape = [(slice(None), slice(None))], (1, 1)
        found = []
        for z, i in cells:
            part = values[z, :, i]
            found.append(neighbour_information(part.reshape(-1, part.shape[-1]), masks[z, :, i].ravel()))
        return np.array(found).reshape(shape)

    def _values(self, variable: str) -> tuple[FloatArray, IntArray]:
        """(k1, k, n, d) values and their (k1, k, n) masks; k is 2 k2 where both columns count."""
        losses, masks = self._data.losses, self._data.masks
        if variable == "pair":
            return losses, masks
        if variable in ("first", "second"):
            return losses[..., [0 if variable == "first" else 1]], masks
        both = np.concatenate([masks, 1 - masks], axis=1)
        if variable == "symmetrized":
            return np.concatenate([losses[..., :1], losses[..., 1:]], axis=1), both
        difference = losses[..., 1:] - losses[..., :1]
        if variable == "difference":
            return difference, masks
        return np.concatenate([difference, -difference], axis=1), both
