"""How likely is a test to find the difference that a pilot shows, and how many units does it need?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from stattools import _random, _validation
from stattools._errors import AssumptionWarning, DegenerateDataError, InvalidParameterError, Notes
from stattools._provenance import Provenance
from stattools._typing import FloatArray, Seed
from stattools.results import Result
from stattools.results.summary import Line, Part
from stattools.twosample import approximations, inputs
from stattools.twosample.moments import rows_of

LARGEST_N = 10**6
MOST_EIGENVALUES = 200


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ISWPowerResult(Result):
    """Result of `isw_power`.

    Attributes
    ----------
    power : float
        Probability of rejection at `n` units.
    n : (int, int)
        Units in each group.
    alpha : float
    target : float or None
        The power asked for, when `n` was sought.
    std_error : float
        Monte Carlo standard error of `power`.
    effect : float
        Squared distance of the mean embeddings that was assumed.
    method : str
    n_simulations : int
    curve_n, curve_power : (m,) arrays
        Power at sizes of the first group around `n`.

    Examples
    --------
    >>> from stattools import DistributionArray, isw_power
    >>> rng = np.random.default_rng(1)
    >>> x = DistributionArray.from_samples(rng.normal(size=(12, 30)))
    >>> y = DistributionArray.from_samples(rng.normal(1.0, 1.0, size=(12, 30)))
    >>> found = isw_power(x, y, power=0.9, rng=1)
    >>> found.power >= 0.9
    True
    """

    plot_kinds: ClassVar[tuple[str, ...]] = ("curve",)

    power: float
    n: tuple[int, int]
    alpha: float
    target: float | None
    std_error: float
    effect: float
    method: str
    n_simulations: int
    curve_n: Any
    curve_power: Any

    def _title(self) -> str:
        return "Power of the intrinsic sliced Wasserstein test"

    def _headline(self, digits: int) -> str:
        return f"power = {self.power:.{digits}g} at n = {self.n[0]} and {self.n[1]}"

    def _parts(self, digits: int, *, full: bool) -> list[Part]:
        lines: list[Part] = [
            Line(f"n1 = {self.n[0]}, n2 = {self.n[1]}, significance level = {self.alpha:g}"),
            Line(f"power = {self.power:.{digits}g}, Monte Carlo s.e. {self.std_error:.2g}"),
            Line(f"squared distance assumed: {self.effect:.{digits}g}"),
            Line(f"{METHODS[self.method]}; {self.n_simulations} simulations", label="method:"),
        ]
        if self.target is not None:
            lines.insert(0, Line(f"smallest sizes with power of at least {self.target:g}"))
        return lines

    def _sentence(self, style: str) -> str:
        power = f"{self.power:.2f}".lstrip("0") if style == "apa" else f"{self.power:.3f}"
        alpha = f"{self.alpha:g}".lstrip("0") if style == "apa" else f"{self.alpha:g}"
        return (
            f"With {self.n[0]} and {self.n[1]} units, the test at level {alpha} has power {power} against the "
            "difference seen in the pilot."
        )

    def _tidy(self) -> Mapping[str, Any]:
        return {"n": self.curve_n, "power": self.curve_power}

    def _glance(self) -> Mapping[str, Any]:
        return {
            "power": self.power,
            "std_error": self.std_error,
            "n1": self.n[0],
            "n2": self.n[1],
            "alpha": self.alpha,
            "effect": self.effect,
            "method": self.method,
        }

    def _plot(self, kind: str, ax: Any, **options: Any) -> Any:
        from stattools.plotting import twosample as plots

        return plots.plot_power(self, ax, **options)


METHODS = {
    "mixture": "weighted noncentral chi-squares with the pilot's covariance",
    "bootstrap": "pilot units resampled, each data set tested by the F approximation",
}


def isw_power(
    x: Any,
    y: Any = None,
    *,
    n: Any = None,
    power: float | None = None,
    alpha: float = 0.05,
    groups: Any = None,
    method: str = "mixture",
    effect: str = "unbiased",
    ratio: float = 1.0,
    domain: Any = None,
    basis: Any = None,
    n_eigenfunctions: int = 20,
    n_quantiles: int = 20,
    quantile: str = "cell",
    n_simulations: int | None = None,
    nan_policy: str = "raise",
    rng: Seed = None,
) -> ISWPowerResult:
    """Power of `isw_test` at given sizes, or sizes for a given power, from pilot data.

    Parameters
    ----------
    x, y, groups
        The pilot, as in `isw_test`; at least three units a group.
    n : int or (int, int), optional
        Units a group, or in each group; give this or `power`.
    power : float, optional
        Power to reach; sizes are sought with ``n2 = ratio * n1``.
    alpha : float, default 0.05
        Level of the test.
    method : {"mixture", "bootstrap"}
        "mixture": the squared distance is a weighted sum of noncentral chi-squares whose weights are the eigenvalues
        of the pilot's covariance. "bootstrap": units are drawn from the pilot with replacement and tested; it needs no
        normality of the means, and takes longer.
    effect : {"unbiased", "observed"}
        The squared distance of the pilot's means overstates the population's by the trace of its covariance.
        "unbiased" shrinks the mean difference accordingly; "observed" takes it as it is.
    ratio : float, default 1
        n2 / n1 when sizes are sought.
    domain, basis, n_eigenfunctions, n_quantiles, quantile, nan_policy
        As in `isw_test`.
    n_simulations : int, optional
        20,000 for "mixture" and 1,000 for "bootstrap".
    rng : None, int, SeedSequence or Generator

    Returns
    -------
    ISWPowerResult

    Raises
    ------
    InvalidParameterError
        Both or neither of `n` and `power` are given.
    DegenerateDataError
        A group of fewer than three units, or a power that no size up to a million reaches.

    Notes
    -----
    The covariance is the pilot's own, corrected for the spread that sampling adds to its eigenvalues: a pilot of few
    units gives a rough answer all the same. The studentized statistic and the plain one have the same power here, where
    the trace is known. At sizes so small that no permutation p-value reaches `alpha`, power is zero.

    Examples
    --------
    >>> from stattools import DistributionArray
    >>> rng = np.random.default_rng(1)
    >>> x = DistributionArray.from_samples([rng.normal(m, 1.0, 40) for m in rng.normal(0.0, 1.0, 15)])
    >>> y = DistributionArray.from_samples([rng.normal(m, 1.0, 40) for m in rng.normal(1.0, 1.0, 15)])
    >>> 0.5 < isw_power(x, y, n=40, rng=1).power <= 1.0
    True
    """
    notes = Notes()
    _validation.choice(method, tuple(METHODS), "method")
    _validation.choice(effect, ("unbiased", "observed"), "effect")
    alpha = _validation.real(alpha, "alpha", minimum=0, maximum=1, exclusive=True)
    ratio = _validation.real(ratio, "ratio", minimum=0, exclusive=True)
    if (n is None) == (power is None):
        raise InvalidParameterError("isw_power takes either n or power")
    simulations = n_simulations if n_simulations is not None else (20_000 if method == "mixture" else 1_000)
    simulations = _validation.integer(simulations, "n_simulations", minimum=100)
    seed = _random.seed_sequence(rng)
    collections = inputs.collections_of(x, y, groups, nan_policy=nan_policy, notes=notes, name="isw_power")
    if len(collections.levels) != 2:
        raise DegenerateDataError(f"isw_power compares two groups, not {len(collections.levels)}")
    if np.bincount(collections.codes).min() < 3:
        raise DegenerateDataError("isw_power needs a pilot of at least 3 units a group")
    embedding = inputs.embedded(
        collections,
        domain=domain,
        basis=basis,
        notes=notes,
        n_eigenfunctions=n_eigenfunctions,
        n_quantiles=n_quantiles,
        quantile=quantile,
    )
    features = rows_of(embedding.features, centre=True).features
    pilot = _pilot(features[collections.codes == 0], features[collections.codes == 1], effect, notes)
    build = _Mixture if method == "mixture" else _Resampled
    power_at = _Attainable(build(pilot, alpha, simulations, seed), alpha)
    if power is not None:
        power = _validation.real(power, "power", minimum=alpha, maximum=1, exclusive=True)
        sizes = _smallest_sizes(power_at, power, ratio, pilot)
    else:
        sizes = _sizes(n)
    value = power_at(*sizes)
    if power_at.unattainable(*sizes):
        notes.remark(f"with groups of {sizes[0]} and {sizes[1]}, no permutation p-value is as small as {alpha:g}")
    curve = np.unique(np.maximum(3, np.round(sizes[0] * np.array([0.25, 0.5, 0.75, 1.0, 1.5, 2.0])).astype(int)))
    by_size = [power_at(int(k), max(3, round(k * sizes[1] / sizes[0]))) for k in curve]
    return ISWPowerResult(
        provenance=Provenance.capture(
            f"isw_power(x, y, {f'power={power}' if power is not None else f'n={n}'}, alpha={alpha}, method={method!r})",
            seed=seed,
            sizes={"pilot": len(features), "features": features.shape[1]},
        ),
        warnings=notes.warnings,
        notes=(*notes.remarks, "the pilot's covariance is taken as known"),
        power=value,
        n=sizes,
        alpha=alpha,
        target=power,
        std_error=power_at.std_error(*sizes),
        effect=pilot.effect,
        method=method,
        n_simulations=simulations,
        curve_n=curve,
        curve_power=np.array(by_size),
    )


@dataclass(frozen=True)
class _Pilot:
    """residuals : two arrays of rows centred in their group; difference : (P,) assumed; effect : its squared norm."""

    residuals: tuple[FloatArray, FloatArray]
    difference: FloatArray
    effect: float


def _pilot(first: FloatArray, second: FloatArray, effect: str, notes: Notes) -> _Pilot:
    means = first.mean(axis=0), second.mean(axis=0)
    difference = means[0] - means[1]
    residuals = first - means[0], second - means[1]
    squared = float(difference @ difference)
    if effect == "unbiased" and squared > 0:
        bias = sum(float((r**2).sum()) / (len(r) - 1) / len(r) for r in residuals)
        shrunken = max(squared - bias, 0.0)
        if shrunken == 0:
            notes.warn(
                "the pilot's distance is no larger than its own sampling error: without bias, the effect is zero and "
                "power is the level of the test",
                AssumptionWarning,
            )
        difference, squared = difference * np.sqrt(shrunken / squared), shrunken
    return _Pilot(residuals, difference, squared)


class _Mixture:
    """Power by simulating weighted noncentral chi-squares; the same normals at every size keep it monotone.

    The pilot's eigenvalues are more spread out than the population's. They are drawn together until tr(Omega^2) is
    its unbiased estimate, tr(Omega) staying as it is; what lies beyond the leading ones is one chi-square with many
    degrees of freedom (derived here).
    """

    def __init__(self, pilot: _Pilot, alpha: float, simulations: int, seed: np.random.SeedSequence) -> None:
        self._pilot, self._alpha, self._simulations = pilot, alpha, simulations
        self._dimension = int((pilot.residuals[0].any(axis=0) | pilot.residuals[1].any(axis=0)).sum())
        self._leading = min(sum(len(r) for r in pilot.residuals), self._dimension, MOST_EIGENVALUES)
        generators = _random.generator(seed, 0), _random.generator(seed, 1)
        self._normals = generators[0].standard_normal((simulations, self._leading))
        self._null_squares = generators[1].standard_normal((simulations, self._leading)) ** 2
        # a chi-square with many degrees of freedom, to third order in its cube root
        self._cube_roots = generators[0].standard_normal(simulations), generators[1].standard_normal(simulations)

    def __call__(self, n1: int, n2: int) -> float:
        if self._dimension == 0:
            return 1.0 if self._pilot.effect > 0 else self._alpha
        null, values = self._draws(n1, n2)
        return float(np.mean(values > np.quantile(null, 1 - self._alpha)))

    def std_error(self, n1: int, n2: int) -> float:
        """Monte Carlo error of the power, that of the simulated critical value included."""
        if self._dimension == 0:
            return 0.0
        null, values = self._draws(n1, n2)
        low, critical, high = np.quantile(null, 1 - self._alpha * np.array([1.25, 1.0, 0.75]))
        power = float(np.mean(values > critical))
        density_ratio = float(np.mean((values > low) & (values <= high))) / (0.5 * self._alpha)
        variance = power * (1 - power) + density_ratio**2 * self._alpha * (1 - self._alpha)
        return float(np.sqrt(variance / self._simulations))

    def _draws(self, n1: int, n2: int) -> tuple[FloatArray, FloatArray]:
        """Squared distances under the null and under the pilot's effect, simulated."""
        weights, shifts, bulk, rest = self._spectrum(n1, n2)
        k, beyond = len(weights), self._dimension - len(weights)
        null = self._null_squares[:, :k] @ weights
        values = ((self._normals[:, :k] * np.sqrt(weights) + shifts) ** 2).sum(axis=1) + rest
        if beyond > 0:
            c = 2 / (9 * beyond)
            bulks = [bulk * np.maximum(1 - c + np.sqrt(c) * z, 0.0) ** 3 for z in self._cube_roots]
            values, null = values + bulks[0], null + bulks[1]
        return null, values

    def _spectrum(self, n1: int, n2: int) -> tuple[FloatArray, FloatArray, float, float]:
        """Leading eigenvalues of Omega, the mean difference along their axes, trace beyond them, its squared rest."""
        trace, plain, unbiased, _ = approximations.trace_moments(self._pilot.residuals, (n1, n2))
        flat = trace**2 / self._dimension
        keep = np.sqrt(np.clip((unbiased - flat) / (plain - flat), 0.0, 1.0)) if plain > flat else 0.0
        stacked = np.vstack(
            [r / np.sqrt((len(r) - 1) * n) for r, n in zip(self._pilot.residuals, (n1, n2), strict=True)]
        )
        _, singular, axes = np.linalg.svd(stacked, full_matrices=False)
        weights = keep * singular[: self._leading] ** 2 + (1 - keep) * trace / self._dimension
        shifts = axes[: self._leading] @ self._pilot.difference
        rest = max(self._pilot.effect - float(shifts @ shifts), 0.0)
        return weights, shifts, max(trace - float(weights.sum()), 0.0), rest


class _Resampled:
    """Power by drawing units of the pilot with replacement and testing each data set."""

    def __init__(self, pilot: _Pilot, alpha: float, simulations: int, seed: np.random.SeedSequence) -> None:
        self._pilot, self._alpha, self._simulations, self._seed = pilot, alpha, simulations, seed

    def __call__(self, n1: int, n2: int) -> float:
        first, second = self._pilot.residuals
        stretched = [r * np.sqrt(len(r) / (len(r) - 1)) for r in (first, second)]
        rejections = 0
        for b in range(self._simulations):
            generator = _random.generator(self._seed, 2, b)
            u1, u2 = generator.random(n1), generator.random(n2)
            a = stretched[0][(u1 * len(first)).astype(int)] + self._pilot.difference
            c = stretched[1][(u2 * len(second)).astype(int)]
            rejections += approximations.satterthwaite((a, c)).pvalue <= self._alpha
        return rejections / self._simulations

    def std_error(self, n1: int, n2: int) -> float:
        """Monte Carlo error of the power."""
        power = self(n1, n2)
        return float(np.sqrt(power * (1 - power) / self._simulations))


class _Attainable:
    """Power of the permutation test: zero at sizes where no p-value can be as small as the level."""

    def __init__(self, power_at: _Mixture | _Resampled, alpha: float) -> None:
        self._power_at, self._alpha = power_at, alpha

    def unattainable(self, n1: int, n2: int) -> bool:
        if n1 + n2 > 60:
            return False
        # exchanging groups of equal size gives the same distance
        return (2 if n1 == n2 else 1) / math.comb(n1 + n2, n1) > self._alpha

    def __call__(self, n1: int, n2: int) -> float:
        return 0.0 if self.unattainable(n1, n2) else self._power_at(n1, n2)

    def std_error(self, n1: int, n2: int) -> float:
        return 0.0 if self.unattainable(n1, n2) else self._power_at.std_error(n1, n2)


def _sizes(n: Any) -> tuple[int, int]:
    pair = n if isinstance(n, (tuple, list, np.ndarray)) and np.ndim(n) else (n, n)
    if len(pair) != 2:
        raise InvalidParameterError(f"n is {n!r}; it takes a number or two numbers")
    n1, n2 = (_validation.integer(k, "n", minimum=3, maximum=LARGEST_N) for k in pair)
    return n1, n2


def _smallest_sizes(power_at: Any, power: float, ratio: float, pilot: _Pilot) -> tuple[int, int]:
    """Bisection on n1; the upper end is found by doubling."""

    def second(n1: int) -> int:
        return max(3, round(ratio * n1))

    if pilot.effect == 0:
        raise DegenerateDataError("the effect is zero, so no size reaches a power above the level of the test")
    low, high = 2, 4
    while power_at(high, second(high)) < power:
        low, high = high, 2 * high
        if high > LARGEST_N:
            raise DegenerateDataError(f"power {power} is not reached with {LARGEST_N} units a group")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if power_at(middle, second(middle)) < power else (low, middle)
    return max(high, 3), second(max(high, 3))
