"""Pairs of distributions in which a few known functions of X carry all that X knows about the law of Y."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools import _random, _validation
from stattools._typing import FloatArray, Seed
from stattools.distributions import DistributionArray

LEVELS = np.linspace(0.0, 1.0, 101)
"""At which quantile functions are compared, by the trapezoidal rule."""
BETA_REFERENCES = ((2.0, 1.0), (2.0, 3.0))
CLOUD_MEANS = np.array([[-1.0, 0.0], [0.0, 1.0]])
CLOUD_VARIANCES = np.array([[1.0, 0.5], [0.5, 1.0]])
TURN = np.array([[1.0, 1.0], [-1.0, 1.0]]) / np.sqrt(2.0)
REFLECTION = np.array([[1.0, 1.0], [1.0, -1.0]]) / np.sqrt(2.0)
CENTRE_NOISE, SCALAR_NOISE = 0.2, 0.1
LEAST_VARIANCE, LARGEST_VARIANCE = 0.2, 2.0
VECTOR_DIMENSION = 10

Column = FloatArray
Spread = Callable[[np.random.Generator, FloatArray], Column]


@dataclass(frozen=True, eq=False, repr=False)
class DistributionPairs:
    """n pairs, and the functions of X that matter for Y.

    Parameters
    ----------
    X : DistributionArray of n, or (n, 10) float64
        Samples of m points, or vectors.
    Y : DistributionArray of n, or (n,) float64
        Samples of m points, or numbers.
    predictors : (n, d) float64
        Given these, Y does not depend on X. They are exact: functions of the laws, not of the samples.
    model : str

    Examples
    --------
    >>> pairs = distribution_regression("wasserstein_mean", 5, 20, rng=1)
    >>> len(pairs.X), pairs.Y.n_atoms, pairs.predictors.shape
    (5, array([20, 20, 20, 20, 20]), (5, 1))
    >>> pairs
    <DistributionPairs: 5 of wasserstein_mean, X and Y on the line, d = 1>
    """

    X: Any
    Y: Any
    predictors: FloatArray
    model: str

    def __repr__(self) -> str:
        x, y = _words(self.X), _words(self.Y)
        sides = f"X and Y {x}" if x == y else f"X {x}, Y {y}"
        n, d = self.predictors.shape
        return f"<DistributionPairs: {n} of {self.model}, {sides}, d = {d}>"


def _words(side: Any) -> str:
    if isinstance(side, DistributionArray):
        return side.place
    return "numbers" if side.ndim == 1 else f"vectors of {side.shape[1]}"


def distribution_regression(
    model: str = "wasserstein_mean_spread", n: int = 100, m: int = 100, *, rng: Seed = None
) -> DistributionPairs:
    """Pairs (X, Y) from one of the models of Zhang, Li and Xue for distributions, numbers and vectors.

    Parameters
    ----------
    model : str, default "wasserstein_mean_spread"
        One of `MODELS`, see the notes.
    n : int, default 100
        Pairs.
    m : int, default 100
        Points drawn from each distribution.
    rng : None, int, SeedSequence or Generator

    Returns
    -------
    DistributionPairs

    Raises
    ------
    InvalidParameterError
        The model is unknown, or a number is out of range.

    Notes
    -----
    In parentheses, the name that the public code of the paper's authors gives to a model. N(c, s) is a normal law with
    standard deviation s.

    **Beta laws.** X is Beta(a, b) with a ~ Gamma(shape 2, rate 1) and b ~ Gamma(shape 2, rate 3). w1 and w2 are its
    Wasserstein distances from Beta(2, 1) and Beta(2, 3), by the trapezoidal rule on 101 levels; h1 and h2 are one less
    the Bhattacharyya coefficients with these (the *squared* Hellinger distances); k is the Kullback-Leibler divergence
    of Beta(2, 3) from X. Y is N(c, s) with c ~ N(centre, 0.2):

    - "wasserstein_mean" (d2d_ex1): centre exp(w1^2) + exp(w2^2), which is the predictor; s = 1.
    - "wasserstein_mean_spread" (d2d_ex2): predictors w1, w2; centre exp(w1^2), s = exp(w2^2).
    - "wasserstein_mean_gamma" (d2d_ex3): the same, s ~ Gamma(shape w2^2, rate w2).
    - "hellinger_mean_spread" (d2d_ex4): predictors h1, h2; centre exp(h1), s = exp(h2).
    - "entropy_mean" (d2d_ex5): predictor k; centre exp(k / 2), s = 1.
    - "moments_mean_gamma" (d2d_ex6): a and b are N(2, 1) within [1, 3]; predictors E X, E X^2; centre E X,
      s ~ Gamma(shape E X^2, rate the root of E X^2).

    **Numbers as responses**: X as before, and Y ~ N(predictor, 0.1). "scalar_wasserstein" (s2d_ex1): exp(w1^2) +
    exp(w2^2); "scalar_ratio" (s2d_ex2): exp(w1) / (1 + exp(w2)); "scalar_wave" (s2d_ex3): sin(pi exp(w1 + w2) / 2);
    "scalar_hellinger" (s2d_ex4): exp(h1) + exp(h2); "scalar_entropy" (s2d_ex5): exp(k).

    **Vectors as predictors**: X ~ N(0, I) in R^10, Y is N(c, s) with c ~ N(centre, 0.2). "vector_mean" (d2v_ex1):
    predictor and centre x1^2 + x2^2, s = 1; "vector_mean_spread" (d2v_ex2): predictors x1 / (1 + exp(x2)) and
    (x3^2 + x4^2)^(1/2), which are centre and s; "vector_mean_gamma" (d2v_ex3): predictors x1^2 + x2^2 and
    e = (x3^2 + x4^2)^(1/2), centre the first, s ~ Gamma(shape e^2, rate e).

    **Points in the plane**: X has independent coordinates N(a, b), b ~ Beta(2, 3), a ~ N(0.5, 0.5), in the last two
    models a ~ N(0, 1). The predictors are d_k = (2 a - sum_j m_kj)^2 + sum_j (b^(1/2) - v_kj^(1/2))^2 for the
    means m_1 = (-1, 0), m_2 = (0, 1) and the variances v_1 = (1, 1/2), v_2 = (1/2, 1). They look like Wasserstein
    distances of normal laws and are none: differences of coordinates are added before they are squared, and b is taken
    for a variance, as in the authors' code. Y is normal with mean c and the covariance R diag(l1, l2) R', R a rotation
    by 45 degrees:

    - "plane_mean" (md2md_ex1): predictor d1; both coordinates of c ~ N(d1, 1); covariance I.
    - "plane_mean_spread" (md2md_ex2): predictors d1, d2; c = (d1, d1)^(1/2); l = |N(d2, 0.5)|.
    - "plane_mean_gamma" (md2md_ex3): c ~ N(d1, 1); l ~ Gamma(shape d2^2, scale 1 / d2) within [0.2, 2].
    - "plane_hellinger" (md2md_ex4): as before, with one less the Bhattacharyya coefficients of N((a, a), b I) and
      N(m_k, diag(v_k)) as d_k, and a reflection for R. The authors' code leaves out the 1/8 in the exponent of the
      coefficient; here it is in.
    - "plane_mean_narrow" (md2md_ex5): c ~ N(d1, 1); l = |N(d2, 0.1)|.

    Where a gamma law has no mass within its limits that a float64 can hold, the nearer limit is taken.

    References
    ----------
    .. [1] Zhang, Li and Xue (2024), Nonlinear sufficient dimension reduction for distribution-on-distribution
       regression, Journal of Multivariate Analysis 202, 105302. The models are those of the authors' public code.

    Examples
    --------
    >>> pairs = distribution_regression("plane_mean", 4, 30, rng=1)
    >>> pairs.X.dimension, pairs.predictors.shape
    (2, (4, 1))
    """
    _validation.choice(model, MODELS, "model")
    n = _validation.integer(n, "n", minimum=1)
    m = _validation.integer(m, "m", minimum=1)
    return _MODELS[model](model, n, m, _random.generator(_random.seed_sequence(rng)))


# beta laws -----------------------------------------------------------------------------------------------------------
def wasserstein_distances(a: Column, b: Column) -> FloatArray:
    """(n, 2) distances of Beta(a, b) from the two references, by the trapezoidal rule on 101 levels."""
    from scipy.special import betaincinv

    quantiles = betaincinv(a[:, None], b[:, None], LEVELS)
    squared = [np.trapezoid((quantiles - betaincinv(*c, LEVELS)) ** 2, LEVELS, axis=1) for c in BETA_REFERENCES]
    return np.asarray(np.sqrt(np.column_stack(squared)))


def squared_hellinger(a: Column, b: Column) -> FloatArray:
    """(n, 2): one less the Bhattacharyya coefficients of Beta(a, b) and the two references."""
    from scipy.special import betaln

    logs = [betaln((a + c) / 2, (b + d) / 2) - (betaln(a, b) + betaln(c, d)) / 2 for c, d in BETA_REFERENCES]
    return np.asarray(-np.expm1(np.column_stack(logs)))


def divergence(a: Column, b: Column) -> FloatArray:
    """(n, 1) Kullback-Leibler divergences of Beta(2, 3) from Beta(a, b)."""
    from scipy.special import betaln, digamma

    c, d = BETA_REFERENCES[1]
    value = betaln(a, b) - betaln(c, d) + (c - a) * digamma(c) + (d - b) * digamma(d) + (a - c + b - d) * digamma(c + d)
    return np.asarray(value)[:, None]


def _moments(a: Column, b: Column) -> FloatArray:
    first = a / (a + b)
    return np.column_stack([first, first * (a + 1) / (a + b + 1)])


def _gamma_shapes(n: int, rng: np.random.Generator) -> tuple[Column, Column]:
    return rng.gamma(2.0, 1.0, n), rng.gamma(2.0, 1.0 / 3.0, n)


def _normal_shapes(n: int, rng: np.random.Generator) -> tuple[Column, Column]:
    """N(2, 1) within [1, 3], by the quantile function."""
    from scipy.special import ndtr, ndtri

    draws = 2.0 + ndtri(rng.uniform(ndtr(-1.0), ndtr(1.0), size=(2, n)))
    return draws[0], draws[1]


@dataclass(frozen=True)
class _Beta:
    """Beta laws as predictors; normal laws as responses, or numbers where there is no spread."""

    functions: Callable[[Column, Column], FloatArray]
    centre: Callable[[FloatArray], Column]
    spread: Spread | None
    predictor_is_centre: bool = False
    shapes: Callable[[int, np.random.Generator], tuple[Column, Column]] = _gamma_shapes

    def __call__(self, model: str, n: int, m: int, rng: np.random.Generator) -> DistributionPairs:
        a, b = self.shapes(n, rng)
        functions = self.functions(a, b)
        centre = self.centre(functions)
        x = DistributionArray.from_samples(rng.beta(a[:, None], b[:, None], size=(n, m)))
        known = centre[:, None] if self.predictor_is_centre else functions
        if self.spread is None:
            return DistributionPairs(x, rng.normal(centre, SCALAR_NOISE), known, model)
        return DistributionPairs(x, _normal_samples(centre, self.spread(rng, functions), m, rng), known, model)


def _normal_samples(centre: Column, spread: Column, m: int, rng: np.random.Generator) -> DistributionArray:
    """m draws of N(c, spread) each, c ~ N(centre, 0.2)."""
    shifted = rng.normal(centre, CENTRE_NOISE)
    return DistributionArray.from_samples(rng.normal(shifted[:, None], spread[:, None], size=(len(centre), m)))


def _one(rng: np.random.Generator, functions: FloatArray) -> Column:
    return np.ones(len(functions))


# vectors -------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Vector:
    """Normal vectors as predictors, normal laws as responses; the first function is the centre."""

    functions: Callable[[FloatArray], FloatArray]
    spread: Spread

    def __call__(self, model: str, n: int, m: int, rng: np.random.Generator) -> DistributionPairs:
        x = rng.standard_normal((n, VECTOR_DIMENSION))
        functions = self.functions(x)
        y = _normal_samples(functions[:, 0], self.spread(rng, functions), m, rng)
        return DistributionPairs(x, y, functions, model)


# points in the plane -------------------------------------------------------------------------------------------------
def summed_squares(a: Column, b: Column) -> FloatArray:
    """(n, 2): d1 and d2 of the plane models."""
    shifts = (2.0 * a[:, None] - CLOUD_MEANS.sum(axis=1)) ** 2
    spreads = ((np.sqrt(b)[:, None, None] - np.sqrt(CLOUD_VARIANCES)) ** 2).sum(axis=2)
    return np.asarray(shifts + spreads)


def squared_hellinger_normal(a: Column, b: Column) -> FloatArray:
    """(n, 2): one less the Bhattacharyya coefficients of N((a, a), b I) and the two references in the plane."""
    means = (b[:, None, None] + CLOUD_VARIANCES) / 2
    exponent = ((a[:, None, None] - CLOUD_MEANS) ** 2 / means).sum(axis=2) / 8
    logs = (np.log(b)[:, None, None] / 2 + np.log(CLOUD_VARIANCES) / 2 - np.log(means)).sum(axis=2) / 2
    return np.asarray(-np.expm1(logs - exponent))


@dataclass(frozen=True)
class _Plane:
    """Normal points in the plane as predictors and as responses."""

    n_predictors: int
    variances: Callable[[np.random.Generator, Column], FloatArray]
    functions: Callable[[Column, Column], FloatArray] = summed_squares
    location: tuple[float, float] = (0.5, 0.5)
    rotation: Any = None
    root_centre: bool = False

    def __call__(self, model: str, n: int, m: int, rng: np.random.Generator) -> DistributionPairs:
        a, b = rng.normal(*self.location, n), rng.beta(2.0, 3.0, n)
        functions = self.functions(a, b)
        x = rng.normal(a[:, None, None], b[:, None, None], size=(n, m, 2))
        first = functions[:, :1]
        centre = np.repeat(np.sqrt(first), 2, axis=1) if self.root_centre else rng.normal(first, 1.0, size=(n, 2))
        spread = np.sqrt(self.variances(rng, functions[:, 1]))
        points = spread[:, None, :] * rng.standard_normal((n, m, 2))
        if self.rotation is not None:
            points = points @ self.rotation.T
        return DistributionPairs(
            DistributionArray.from_samples(x),
            DistributionArray.from_samples(centre[:, None, :] + points),
            functions[:, : self.n_predictors],
            model,
        )


def _absolute(spread: float) -> Callable[[np.random.Generator, Column], FloatArray]:
    return lambda rng, d: np.abs(rng.normal(d[:, None], spread, size=(len(d), 2)))


def truncated_gamma(rng: np.random.Generator, d: Column) -> FloatArray:
    """(n, 2) draws of Gamma(shape d^2, scale 1 / d) within the limits of a variance, by the quantile function."""
    from scipy.special import gammainc, gammaincinv

    shape, scale = d[:, None] ** 2, 1.0 / d[:, None]
    low, high = (gammainc(shape, limit / scale) for limit in (LEAST_VARIANCE, LARGEST_VARIANCE))
    draws = gammaincinv(shape, low + (high - low) * rng.uniform(size=(len(d), 2))) * scale
    nearest = np.clip(d, LEAST_VARIANCE, LARGEST_VARIANCE)[:, None]
    return np.where(high - low > 1e-300, np.clip(draws, LEAST_VARIANCE, LARGEST_VARIANCE), nearest)


# the models ----------------------------------------------------------------------------------------------------------
def _sum_of_exponentials(w: FloatArray) -> Column:
    return np.asarray(np.exp(w[:, 0] ** 2) + np.exp(w[:, 1] ** 2))


def _gamma_spread(rng: np.random.Generator, functions: FloatArray) -> Column:
    """Gamma(shape e^2, rate e) for the second function e."""
    return rng.gamma(functions[:, 1] ** 2, 1.0 / functions[:, 1])


def _planar_norms(x: FloatArray, *, ratio: bool = False) -> FloatArray:
    first = x[:, 0] / (1.0 + np.exp(x[:, 1])) if ratio else x[:, 0] ** 2 + x[:, 1] ** 2
    return np.column_stack([first, np.hypot(x[:, 2], x[:, 3])])


_MODELS: dict[str, Callable[[str, int, int, np.random.Generator], DistributionPairs]] = {
    "wasserstein_mean": _Beta(wasserstein_distances, _sum_of_exponentials, _one, True),
    "wasserstein_mean_spread": _Beta(
        wasserstein_distances, lambda w: np.exp(w[:, 0] ** 2), lambda rng, w: np.exp(w[:, 1] ** 2)
    ),
    "wasserstein_mean_gamma": _Beta(wasserstein_distances, lambda w: np.exp(w[:, 0] ** 2), _gamma_spread),
    "hellinger_mean_spread": _Beta(squared_hellinger, lambda h: np.exp(h[:, 0]), lambda rng, h: np.exp(h[:, 1])),
    "entropy_mean": _Beta(divergence, lambda k: np.exp(k[:, 0] / 2), _one),
    "moments_mean_gamma": _Beta(
        _moments,
        lambda e: e[:, 0],
        lambda rng, e: rng.gamma(e[:, 1], 1.0 / np.sqrt(e[:, 1])),
        shapes=_normal_shapes,
    ),
    "scalar_wasserstein": _Beta(wasserstein_distances, _sum_of_exponentials, None, True),
    "scalar_ratio": _Beta(wasserstein_distances, lambda w: np.exp(w[:, 0]) / (1 + np.exp(w[:, 1])), None, True),
    "scalar_wave": _Beta(wasserstein_distances, lambda w: np.sin(np.pi * np.exp(w.sum(axis=1)) / 2), None, True),
    "scalar_hellinger": _Beta(squared_hellinger, lambda h: np.exp(h).sum(axis=1), None, True),
    "scalar_entropy": _Beta(divergence, lambda k: np.exp(k[:, 0]), None, True),
    "vector_mean": _Vector(lambda x: _planar_norms(x)[:, :1], _one),
    "vector_mean_spread": _Vector(lambda x: _planar_norms(x, ratio=True), lambda rng, d: d[:, 1]),
    "vector_mean_gamma": _Vector(_planar_norms, _gamma_spread),
    "plane_mean": _Plane(1, lambda rng, d: np.ones((len(d), 2))),
    "plane_mean_spread": _Plane(2, _absolute(0.5), rotation=TURN, root_centre=True),
    "plane_mean_gamma": _Plane(2, truncated_gamma, rotation=TURN),
    "plane_hellinger": _Plane(2, truncated_gamma, squared_hellinger_normal, (0.0, 1.0), REFLECTION),
    "plane_mean_narrow": _Plane(2, _absolute(0.1), location=(0.0, 1.0), rotation=TURN),
}
MODELS = tuple(_MODELS)
"""Names of the models."""
