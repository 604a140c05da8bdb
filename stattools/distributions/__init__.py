"""Collections of distributions, their quantile embeddings, and exact one-dimensional transport."""

from stattools.distributions.array import DistributionArray
from stattools.distributions.embedding import Embedding
from stattools.distributions.pairwise import exact_squared_distances
from stattools.distributions.slicers import Directions, Identity, Slicer

__all__ = ["Directions", "DistributionArray", "Embedding", "Identity", "Slicer", "exact_squared_distances"]
