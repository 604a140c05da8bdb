"""Collections of distributions, their quantile embeddings, and exact one-dimensional transport."""

from stattools.distributions.array import DistributionArray
from stattools.distributions.embedding import Embedding
from stattools.distributions.pairwise import exact_squared_distances
from stattools.distributions.slicers import Directions, Identity, Slicer
from stattools.results.serialization import register as _register

for _storable in (Directions, DistributionArray, Embedding, Identity):
    _register(_storable)

__all__ = ["Directions", "DistributionArray", "Embedding", "Identity", "Slicer", "exact_squared_distances"]
