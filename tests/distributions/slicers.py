"""Slicers that tests make up."""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, eq=False)
class Table:
    """Slice functions given by their values at the nodes of a domain."""

    domain: object
    values: np.ndarray
    slice_weights: np.ndarray

    description = "a table"

    @property
    def n_slices(self):
        return self.values.shape[1]

    @property
    def slice_names(self):
        return tuple(f"column {s}" for s in range(self.n_slices))

    def evaluate(self, points):
        return self.values[np.asarray(points)]

    def negated(self):
        return replace(self, values=-self.values)


def random_table(domain, n_slices, rng, *, ties=False):
    values = rng.normal(size=(domain.n_nodes, n_slices))
    return Table(domain, np.round(values, 1) if ties else values, rng.uniform(0.5, 2.0, size=n_slices))
