"""Responses of a Frechet regression as quantile functions of slices, and predictions as distributions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import ConvergenceWarning, InvalidDataError, InvalidParameterError, Notes
from stattools._random import generator, seed_sequence
from stattools._typing import FloatArray, Seed
from stattools.distributions import DistributionArray, Embedding
from stattools.distributions.array import require_array
from stattools.distributions.slicers import Directions, Identity
from stattools.distributions.summaries import is_flat, is_on_line
from stattools.sdr.monotone import project
from stattools.sdr.particles import from_slices
from stattools.sdr.slicing import natural_slicer


@dataclass(frozen=True, eq=False)
class ResponseSpace:
    """Where responses live, and how they become rows of features.

    Attributes
    ----------
    slicer : Identity, Directions or EigenBasis
    n_quantiles : int
        Cells D of each quantile function.
    domain : Domain or None
    lower, upper : float
        Ends of the declared support on the line; infinite without one.
    kind : {"line", "vectors", "slices"}
        "line": one quantile function is the distribution. "vectors": points of R^d can be made from the slices.
        "slices": only the quantile functions of the slices can be predicted.
    """

    slicer: Any
    n_quantiles: int
    domain: Any
    lower: float
    upper: float
    kind: str

    @classmethod
    def of(cls, Y: Any, *, slicer: Any, n_quantiles: int, n_directions: int, rng: Seed) -> ResponseSpace:
        """The space of an array of responses; S directions are drawn in R^d when no slicer is given."""
        array = require_array(Y, "Y")
        n_quantiles = _validation.integer(n_quantiles, "n_quantiles", minimum=2)
        n_directions = _validation.integer(n_directions, "n_directions", minimum=1)
        if is_on_line(array):
            if slicer is not None and not isinstance(slicer, Identity):
                raise InvalidParameterError(f"slicer is {slicer!r}; responses on the line are not sliced, leave it out")
            low, high = (-np.inf, np.inf) if array.domain is None else (array.domain.low, array.domain.high)
            return cls(Identity(), n_quantiles, array.domain, float(low), float(high), "line")
        flat = is_flat(array)
        if slicer is None:
            drawn = generator(seed_sequence(rng, name="random_state"), 0)
            slicer = natural_slicer(array, n_directions=n_directions, n_functions=None, rng=drawn)
        kind = "vectors" if flat and isinstance(slicer, Directions) else "slices"
        return cls(slicer, n_quantiles, array.domain, -np.inf, np.inf, kind)

    def embed(self, Y: Any, name: str = "Y") -> Embedding:
        """Quantile functions (n, S, D) of distributions, averaged over D cells."""
        array = require_array(Y, name)
        if self.kind == "line" and not is_on_line(array):
            raise InvalidDataError(f"{name} holds distributions {array.place}; those of the fit are on the line")
        return array.embed(self.slicer, self.n_quantiles, "cell")

    @property
    def feature_scale(self) -> FloatArray:
        """(S, 1) what quantile functions are multiplied with to be features."""
        return np.sqrt(np.asarray(self.slicer.slice_weights) / self.n_quantiles)[:, None]

    def project(self, values: FloatArray) -> FloatArray:
        """(k, S, D) curves to the nearest quantile functions within the support."""
        return project(values, np.ones(self.n_quantiles), self.lower, self.upper)

    def project_features(self, features: FloatArray) -> FloatArray:
        """(k, S D) features to the nearest features of quantile functions; the scale of a slice changes nothing."""
        scale = self.feature_scale
        if not np.all(scale > 0):  # a slice of weight zero has no part in any distance
            scale = np.where(scale > 0, scale, 1.0)
        values = features.reshape(-1, self.slicer.n_slices, self.n_quantiles) / scale
        return (self.project(values) * scale).reshape(len(features), -1)

    def distributions(self, values: FloatArray, names: tuple[str, ...], notes: Notes) -> DistributionArray:
        """Distributions with the given quantile functions (k, S, D) of their slices.

        Raises
        ------
        InvalidParameterError
            On a domain that is neither an interval nor a box, no distribution is known to have these slices.
        """
        if self.kind == "line":
            return DistributionArray.from_quantiles(values[:, 0], domain=self.domain, names=names)
        if self.kind == "slices":
            where = "R^d sliced otherwise" if self.domain is None else self.domain.description
            raise InvalidParameterError(
                f"the responses live on {where}, where the distribution of least weighted squared distance is not "
                "known in closed form; predict_embedding() gives the quantile functions of its slices, and distances "
                "to them are those of the regression"
            )
        box = None if self.domain is None else np.array(self.domain.intervals, dtype=np.float64)
        cloud = from_slices(values, self.slicer.directions, np.asarray(self.slicer.slice_weights), box=box)
        if not cloud.converged.all():
            notes.warn(
                f"{np.count_nonzero(~cloud.converged)} of {len(values)} point clouds had not settled after "
                f"{cloud.n_steps} steps; their slices are up to {cloud.distances.max():.4g} from the predicted ones",
                ConvergenceWarning,
            )
        array = DistributionArray.from_samples(cloud.points, domain=self.domain, names=names)
        remark = (
            f"points were moved until their slices fit the predicted quantile functions, to a sliced distance of "
            f"{cloud.distances.min():.4g} to {cloud.distances.max():.4g}; the minimum is a local one"
        )
        return replace(array, remarks=(remark,))
