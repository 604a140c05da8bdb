"""What a component does to the response: the response at low, middle and high scores, and how much it explains."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import Notes
from stattools._typing import FloatArray
from stattools.results import serialization
from stattools.sdr.order_cv import principal_features
from stattools.sdr.smoothing import explained, select_smoothing
from stattools.sdr.weights import regression_weights

POSITIONS = (0.1, 0.5, 0.9)
MOST_ROWS = 500
KINDS = ("line", "vector", "categories", "slices", "features")


@serialization.register
@dataclass(frozen=True, eq=False)
class Responses:
    """Responses as rows, with what turns a weighted mean of rows into words.

    Attributes
    ----------
    kind : {"line", "vector", "categories", "slices", "features"}
        "line": quantile functions of distributions on the line. "vector": coordinates. "categories": indicators, one
        column a level. "slices": quantile functions of the slices of distributions elsewhere, side by side.
        "features": rows whose distances are all that is known, as of a precomputed Gram matrix.
    values : (n, M) float64
        In the units of the response.
    scale : (M,) float64
        Distances of responses are Euclidean ones of ``values * scale``; for "line" the roots of the widths of the
        cells.
    levels : (M,) float64 or None
        Levels of the quantiles, for "line".
    names : tuple of str
        Of the columns, for "vector" and "categories".
    summaries : dict of str to (n,) float64
        Numbers that describe each response, for "slices", such as its mean in each coordinate.
    label : str
        Name of the response, with its unit.
    ordered : bool
        Categories have an order, as the slices of a number.

    Examples
    --------
    >>> values = np.array([[0.0, 1.0], [2.0, 3.0]])
    >>> Responses("line", values, np.full(2, 0.5**0.5), np.array([0.25, 0.75])).summary_of(np.eye(2))["mean"]
    array([0.5, 2.5])
    """

    kind: str
    values: FloatArray
    scale: FloatArray
    levels: FloatArray | None = None
    names: tuple[str, ...] = ()
    summaries: dict[str, FloatArray] = field(default_factory=dict)
    label: str = "Y"
    ordered: bool = False

    def __post_init__(self) -> None:
        _validation.choice(self.kind, KINDS, "kind")
        for name in ("values", "scale", "levels"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, _validation.read_only(np.asarray(value)))
        summaries = {name: _validation.read_only(np.asarray(values)) for name, values in self.summaries.items()}
        object.__setattr__(self, "summaries", summaries)

    @property
    def features(self) -> FloatArray:
        """(n, M) rows whose Euclidean distances are those of the responses."""
        return np.asarray(self.values * self.scale)

    def fitted(self, weights: FloatArray) -> FloatArray:
        """(k, M) weighted means of the rows, in the units of the response; weights (k, n) of sum one."""
        return np.asarray(weights @ self.values)

    def summary_of(self, weights: FloatArray) -> dict[str, FloatArray]:
        """Numbers (k,) that describe weighted means of the responses; none for "features"."""
        if self.kind == "line":
            return curve_summary(self.fitted(weights), self.scale)
        if self.kind in ("vector", "categories"):
            fitted = self.fitted(weights)
            return {name: fitted[:, k] for k, name in enumerate(self.names)}
        return {name: np.asarray(weights @ values) for name, values in self.summaries.items()}

    def own_summary(self) -> dict[str, FloatArray]:
        """Numbers (n,) that describe each response."""
        if self.kind == "line":
            return curve_summary(self.values, self.scale)
        if self.kind in ("vector", "categories"):
            return {name: self.values[:, k] for k, name in enumerate(self.names)}
        return dict(self.summaries)


def curve_summary(curves: FloatArray, scale: FloatArray) -> dict[str, FloatArray]:
    """Mean and standard deviation (k,) of the distributions of quantile functions (k, M).

    Examples
    --------
    >>> curve_summary(np.array([[-1.0, 1.0]]), np.full(2, 0.5**0.5))["sd"].round(9)
    array([1.])
    """
    widths = scale**2 / np.sum(scale**2)
    mean = curves @ widths
    return {"mean": mean, "sd": np.sqrt((curves - mean[:, None]) ** 2 @ widths)}


@serialization.register
@dataclass(frozen=True, eq=False)
class ComponentEffects:
    """Kernel means of the response along each component.

    Attributes
    ----------
    positions : (d, 3) float64
        Scores at their 10, 50 and 90 percent points.
    bandwidths : (d,) float64
        Of the kernel means, in units of the score; inf where no dependence on the component alone is seen.
    rsquared_alone : (d,) float64
        1 minus the squared distance of responses from their kernel mean on this component alone, each without its own
        response, over that from the barycentre of the others.
    distances : (d,) float64
        Between the responses expected at the low and at the high score, in the metric of the response.
    summaries : dict of str to (d, 3) float64
        Numbers that describe the response expected at the three positions.

    Examples
    --------
    >>> u = np.linspace(-1.0, 1.0, 50)[:, None]
    >>> effects = component_effects(u, Responses("vector", u**2, np.ones(1), names=("y",)))
    >>> bool(effects.rsquared_alone[0] > 0.95), bool(effects.distances[0] < 0.01)
    (True, True)
    """

    positions: FloatArray
    bandwidths: FloatArray
    rsquared_alone: FloatArray
    distances: FloatArray
    summaries: dict[str, FloatArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("positions", "bandwidths", "rsquared_alone", "distances"):
            object.__setattr__(self, name, _validation.read_only(np.asarray(getattr(self, name))))
        summaries = {name: _validation.read_only(np.asarray(values)) for name, values in self.summaries.items()}
        object.__setattr__(self, "summaries", summaries)


def component_effects(scores: FloatArray, responses: Responses, notes: Notes | None = None) -> ComponentEffects:
    """Describe the response along each component.

    Parameters
    ----------
    scores : (n, d) float64
    responses : Responses
    notes : Notes, optional

    Returns
    -------
    ComponentEffects

    Notes
    -----
    Kernel means on one component average over the others as they are distributed given its score: an association, not
    the effect of changing the component with the others held. They are convex combinations of the responses, so that
    expected quantile functions are quantile functions. The bandwidth is chosen by leaving one response out; of more
    than 500 observations, evenly spaced ranks of the score are used for that. Scores were fitted to the same
    responses, which makes the R-squared optimistic.

    Examples
    --------
    >>> u = np.linspace(-1.0, 1.0, 50)[:, None]
    >>> effects = component_effects(u, Responses("vector", u, np.ones(1), names=("y",)))
    >>> effects.summaries["y"].round(1)
    array([[-0.8,  0. ,  0.8]])
    """
    d = scores.shape[1]
    targets = principal_features(responses.features)
    positions = np.quantile(scores, POSITIONS, axis=0).T.copy()
    bandwidths, alone = np.empty(d), np.empty(d)
    weights = np.empty((d, len(POSITIONS), len(scores)))
    for j in range(d):
        column = np.ascontiguousarray(scores[:, j : j + 1])
        bandwidths[j], alone[j] = _smooth(column, targets)
        weights[j] = regression_weights("nadaraya_watson", column, positions[j][:, None], bandwidths[j])
    if len(scores) > MOST_ROWS and notes is not None:
        notes.remark(f"bandwidths of effects and R-squared alone rest on {MOST_ROWS} of {len(scores)} observations")
    expected = weights.reshape(-1, len(scores))
    ends = (weights[:, -1] - weights[:, 0]) @ responses.features
    summaries = {name: values.reshape(d, -1) for name, values in responses.summary_of(expected).items()}
    return ComponentEffects(positions, bandwidths, alone, np.linalg.norm(ends, axis=1), summaries)


def _smooth(column: FloatArray, targets: FloatArray) -> tuple[float, float]:
    """Bandwidth of kernel means on one score, and the share of variance that they explain, each response left out."""
    n = len(column)
    if n > MOST_ROWS:
        ranks = np.linspace(0, n - 1, MOST_ROWS).round().astype(np.intp)
        chosen = np.argsort(column[:, 0], kind="stable")[ranks]
        column, targets = column[chosen], targets[chosen]
        n = MOST_ROWS
    found = select_smoothing("nadaraya_watson", column, targets)
    bandwidth = found.chosen.bandwidth
    assert bandwidth is not None
    centred = targets - targets.mean(axis=0)
    left_out = np.sum(centred**2) * (n / (n - 1.0)) ** 2  # from the barycentre of the others
    return float(bandwidth[0]), explained(float(found.losses.sum()), float(left_out))


def along_component(
    scores: FloatArray, responses: Responses, effects: ComponentEffects, component: int, at: Any
) -> FloatArray:
    """(k, M) responses expected at scores of one component, in the units of the response.

    Parameters
    ----------
    component : int
        Counted from 0.
    at : (k,) array_like
        Scores.

    Examples
    --------
    >>> u = np.linspace(-1.0, 1.0, 50)[:, None]
    >>> responses = Responses("vector", u, np.ones(1), names=("y",))
    >>> along_component(u, responses, component_effects(u, responses), 0, [0.0]).round(6) + 0.0
    array([[0.]])
    """
    column = np.ascontiguousarray(scores[:, component : component + 1])
    new = np.asarray(at, dtype=np.float64).reshape(-1, 1)
    bandwidth = float(effects.bandwidths[component])
    return responses.fitted(regression_weights("nadaraya_watson", column, new, bandwidth))
