"""What a projection gains: measured on held-out rows, predicted by theory, and what a violation would take away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import optimize, stats

from stattools import _random
from stattools._typing import FloatArray
from stattools.collider.assembly import BreakEven, HeldOutGain, PredictedGain, Sensitivity
from stattools.collider.features import Scaler
from stattools.collider.paths import Unshrunk, helps

Pair = Callable[[FloatArray], tuple[FloatArray, FloatArray]]
FitPair = Callable[[FloatArray, FloatArray, np.random.SeedSequence], Pair]

CURVE_POINTS = 41
LARGE_NONCENTRALITY = 1e6


# measured ------------------------------------------------------------------------------------------------------------
def response_units(y: FloatArray) -> FloatArray:
    """(q,) factors that give several responses one unit, their standard deviation; 1 for a single response.

    y : (n, q). A response that is constant has factor 0, so that it counts as one without errors.

    Examples
    --------
    >>> response_units(np.array([[1.0, 100.0, 7.0], [3.0, 500.0, 7.0]])).tolist()
    [1.0, 0.005, 0.0]
    """
    if y.shape[1] == 1:
        return np.ones(1)
    scaler = Scaler.fit(y)
    units = np.zeros(y.shape[1])
    units[scaler.kept] = 1.0 / scaler.scale
    return units


def loss_differences(y: FloatArray, base: FloatArray, projected: FloatArray) -> FloatArray:
    """(n,) squared errors of the base less those of the projected fit, averaged over the responses. All (n, q)."""
    return np.asarray(np.mean((base - y) ** 2 - (projected - y) ** 2, axis=1))


def conditional_interval(differences: FloatArray, confidence_level: float) -> tuple[float, float, float]:
    """(std_error, low, high) of the mean difference of a fixed pair of fits on fresh rows, by Student's law.

    Examples
    --------
    >>> [round(x, 3) for x in conditional_interval(np.array([1.0, 2.0, 3.0]), 0.95)]
    [0.577, -0.484, 4.484]
    """
    n = len(differences)
    error = float(np.std(differences, ddof=1) / np.sqrt(n))
    margin = float(stats.t.ppf(0.5 + confidence_level / 2.0, n - 1)) * error
    mean = float(differences.mean())
    return error, mean - margin, mean + margin


def cross_fitted_law(
    estimate: float, fold_means: FloatArray, ratio: float, confidence_level: float
) -> tuple[float, float, float, float]:
    """(std_error, low, high, pvalue) of the expected difference over training sets, from J means over held-out folds.

    Parameters
    ----------
    estimate : float
        Mean difference over all rows, which is that of the fold means where folds are of one size.
    fold_means : (J,) float64
    ratio : float
        Held-out rows over training rows.
    confidence_level : float

    Returns
    -------
    (float, float, float, float)
        The p-value is one-sided, of the null that the expected difference is at most 0. All are NaN when every fold
        mean is 0: then no fold had a projection, and the spread of the mean cannot be seen.

    Notes
    -----
    The variance of the mean is taken to be (1 / J + ratio) times that of the fold means, and Student's law has J - 1
    degrees of freedom: training sets overlap, and folds are not independent [1]_. Approximate, the p-value as much as
    the interval: the one is below (1 - confidence_level) / 2 exactly where the other is above 0.

    References
    ----------
    .. [1] Nadeau and Bengio (2003), Inference for the generalization error, Machine Learning 52, 239-281.

    Examples
    --------
    >>> error, low, high, pvalue = cross_fitted_law(2.0, np.array([1.0, 2.0, 3.0, 2.0, 2.0]), 0.25, 0.95)
    >>> round(error, 4), round(pvalue, 4)
    (0.4743, 0.0068)
    """
    if not fold_means.any():
        return (float("nan"),) * 4
    count = len(fold_means)
    error = float(np.sqrt((1.0 / count + ratio) * np.var(fold_means, ddof=1)))
    margin = float(stats.t.ppf(0.5 + confidence_level / 2.0, count - 1)) * error
    statistic = estimate / error if error > 0 else float(np.copysign(np.inf, estimate))
    return error, estimate - margin, estimate + margin, float(stats.t.sf(statistic, count - 1))


def held_out_gain(
    fit_pair: FitPair,
    X: FloatArray,
    y: FloatArray,
    *,
    n_folds: int,
    n_repeats: int,
    confidence_level: float,
    rng: Any,
) -> HeldOutGain:
    """Repeated K-fold: both fits are made anew on K - 1 folds, hyper-parameters included, and compared on the other.

    fit_pair : (X_train, y_train, seed) to a function that gives base and projected predictions, (k, q) each. X : (n,
    p); y : (n, q). Losses are in the units of `response_units`.
    """
    seed = _random.seed_sequence(rng)
    n = len(y)
    units = response_units(y)
    n_folds = min(n_folds, n)
    sums, losses, means = np.zeros(n), np.zeros(2), []
    for repeat in range(n_repeats):
        fold = _random.generator(seed, 0, repeat).permutation(n) % n_folds
        for k in range(n_folds):
            test = fold == k
            predict = fit_pair(X[~test], y[~test], _random.child_seed(seed, 1, repeat, k))
            response, base, projected = (values * units for values in (y[test], *predict(X[test])))
            differences = loss_differences(response, base, projected)
            sums[test] += differences
            means.append(float(differences.mean()))
            losses += [float(np.sum(np.mean((values - response) ** 2, axis=1))) for values in (base, projected)]
    differences = sums / n_repeats
    estimate, fold_means = float(differences.mean()), np.array(means)
    error, low, high, pvalue = cross_fitted_law(estimate, fold_means, 1.0 / (n_folds - 1), confidence_level)
    return HeldOutGain(
        estimate=estimate,
        std_error=error,
        low=low,
        high=high,
        confidence_level=confidence_level,
        pvalue=pvalue,
        base_loss=float(losses[0] / (n * n_repeats)),
        projected_loss=float(losses[1] / (n * n_repeats)),
        n_folds=n_folds,
        n_repeats=n_repeats,
        n_train=n * (n_folds - 1) / n_folds,
        differences=differences,
        fold_means=fold_means,
    )


# predicted -----------------------------------------------------------------------------------------------------------
def linear_gain(risk: float, q: int, n: int, p: int) -> float:
    """R* q / (n - p - 1): expected gain of the exact projection for least squares with p columns on a Gaussian design.

    NaN for n <= p + 1.

    Examples
    --------
    >>> round(linear_gain(0.5, 1, 50, 2), 5)
    0.01064
    """
    return risk * q / (n - p - 1) if n > p + 1 else float("nan")


def predicted_gain(
    method: str, correction: FloatArray, noise: FloatArray, linear: float, unshrunk: Unshrunk | None = None
) -> PredictedGain:
    """Expected gain from the correction alone, without held-out responses.

    Parameters
    ----------
    method : {"plugin", "augmented"}
    correction : (N, q) float64
        The correction on the rows of the projection.
    noise : (q,) float64
        Its mean variance.
    linear : float
    unshrunk : Unshrunk, optional
        What its penalty did to it. Default: there was none.

    Notes
    -----
    Derived here. Let g be what the constraint forbids in the base, c its estimate and l the one without penalty. When
    the constraint holds, the gain is 2 <c, g> - |c|^2, and |g|^2 is that of the exact projection.

    Plug-in: l - g is noise that is uncorrelated with g, so <c, l> exceeds <c, g> by the covariance of c and l, and
    |l|^2 exceeds |g|^2 by the variance of l. Without penalty the gain is |c|^2 - 2 noise. Augmented: residuals of the
    base carry the error of which g is a part, and l is the posterior mean of g to leading order (exactly for least
    squares on a Gaussian design, as n grows): g - l is uncorrelated with l. So <c, g> is <c, l>, |g|^2 is |l|^2 and the
    variance, and without penalty the gain is |c|^2. Both are approximate for other bases. With more features than a
    tenth of the rows l says nothing, and the penalty is passed over, which makes the prediction low.

    With a posterior law of g, from what the base knows of its errors, l is the posterior mean, and g - l is
    uncorrelated with all that the data say: gain and |g|^2 are expectations under that law, for both methods. Given the
    data, <c, g> is normal, which is the probability of a gain; several responses are taken to err together, which keeps
    a probability above one half low.

    A penalty that is chosen by the same data, as by cross-validation, makes the prediction high, by 10 to 30 percent in
    simulations of ridge regressions on 50 rows.
    """
    raw, spread = float(np.mean(correction**2)), float(np.mean(noise))
    found = Unshrunk.same(noise) if unshrunk is None else unshrunk
    left, grown, variance, optimism = (
        float(np.mean(part)) for part in (found.left, found.grown, found.noise, found.optimism)
    )
    if method == "plugin":
        oracle, net = raw + grown - variance, raw + 2.0 * (left - optimism)
    else:
        oracle, net = raw + grown + variance, raw + 2.0 * left
    return PredictedGain(raw, spread, oracle, net, linear, float(helps(net, float(np.mean(np.sqrt(found.doubt))) ** 2)))


def break_even(ratios: FloatArray, r_squareds: FloatArray, n: int, n_rows: int) -> BreakEven:
    """The verdict on the plug-in projection that the smallest of the break-even ratios gives.

    ratios, r_squareds : (q,) of the responses; R-squared is NaN for a constant one.
    """
    worst = int(np.argmax(np.where(np.isnan(r_squareds), -np.inf, r_squareds)))  # ratios fall as R-squared rises
    ratio, r_squared = float(ratios[worst]), float(r_squareds[worst])
    if not r_squared > 0:
        verdict = "the base predicts no better than the mean; any projection is cheap"
    elif ratio < 1.0:
        verdict = "too few rows for a plug-in projection without a penalty, which would lose"
    elif ratio < 2.0:
        verdict = "a plug-in projection without a penalty gains less than half of what an exact one would"
    else:
        verdict = "enough rows for any projection"
    return BreakEven(ratio, r_squared, n, n_rows, verdict, ratios, r_squareds)


# sensitivity ---------------------------------------------------------------------------------------------------------
def sensitivity(net: float, correction: FloatArray, variance: float) -> Sensitivity:
    """How large a violation would cancel the gain.

    Parameters
    ----------
    net : float
        Expected gain if the constraint holds.
    correction : (N, q) float64
    variance : float
        Of the response, averaged over the responses.

    Notes
    -----
    With m = E[Y | A, B] - E[Y | B] and a fixed correction c, the gain is that without violation less 2 <m, c>. The
    worst m is along c, and cancels a net gain G when |m| = G / (2 |c|); for an exact projection, c = g and G = |g|^2,
    that is |m| = |g| / 2. The curve is G - 2 |m| |c|.
    """
    size = float(np.sqrt(np.mean(correction**2)))
    threshold = (max(net, 0.0) / (2.0 * size)) ** 2 if size > 0 else 0.0
    sizes = np.linspace(0.0, 4.0 * threshold, CURVE_POINTS) if threshold > 0 else np.zeros(1)
    relative = threshold / variance if variance > 0 else float("nan")
    return Sensitivity(threshold, relative, sizes, net - 2.0 * np.sqrt(sizes) * size)


def violation_interval(
    statistic: float, df: tuple[int, int], scale: float, confidence_level: float
) -> tuple[float, float, float]:
    """(estimate, low, high) of |m|^2 from an F statistic of the moments.

    Parameters
    ----------
    statistic : float
        F with `df` degrees of freedom.
    df : (int, int)
    scale : float
        Residual variance over the number of rows: |m|^2 is the noncentrality times it.
    confidence_level : float

    Notes
    -----
    The estimate is unbiased for a linear model with normal noise, unless it is negative, where it is 0. The interval
    inverts the noncentral F law, exact for that model on fixed columns; the scale is taken as known.

    Examples
    --------
    >>> [round(x, 2) for x in violation_interval(1.0, (2, 40), 1.0, 0.95)]
    [0.0, 0.0, 9.93]
    """
    q, rest = df
    if not (np.isfinite(statistic) and rest > 0 and scale >= 0):
        return float("nan"), float("nan"), float("nan")
    unbiased = q * (statistic - 1.0)  # times the scale: the explained sum of squares less what noise explains, over n
    tail = (1.0 - confidence_level) / 2.0
    low, high = (_noncentrality(statistic, q, rest, probability) for probability in (1.0 - tail, tail))
    return max(unbiased, 0.0) * scale, low * scale, high * scale


def _noncentrality(statistic: float, q: int, rest: int, probability: float) -> float:
    """The noncentrality under which F is at most the statistic with this probability; 0 when even that is smaller."""
    if stats.f.cdf(statistic, q, rest) <= probability:
        return 0.0
    if q * statistic > LARGE_NONCENTRALITY:  # the numerator is its noncentrality, to a relative error of 2 / root
        return q * statistic * float(stats.chi2.ppf(1.0 - probability, rest)) / rest

    def excess(value: float) -> float:
        return float(stats.ncf.cdf(statistic, q, rest, value)) - probability

    top = 10.0 + 4.0 * q * max(statistic, 1.0)
    while excess(top) > 0:
        top *= 2.0
    return float(optimize.brentq(excess, 0.0, top, xtol=1e-10, rtol=1e-10))


def linear_moments(
    y: FloatArray, a: FloatArray, b: FloatArray | None
) -> tuple[FloatArray, tuple[int, int], FloatArray]:
    """F statistics (q,) of the linear regression of y on A given B, degrees of freedom, and residual variances (q,).

    y : (n, q); a : (n, d); b : (n, e) or None. NaN when the columns leave no degrees of freedom.
    """
    n = len(y)
    centred = y - y.mean(axis=0)
    reduced = _column_basis(b, n)
    full = _column_basis(a if b is None else np.hstack([b, a]), n)
    q, rest = full.shape[1] - reduced.shape[1], n - 1 - full.shape[1]
    if q <= 0 or rest <= 0:
        nothing = np.full(y.shape[1], np.nan)
        return nothing, (max(q, 0), max(rest, 0)), nothing
    left = centred - full @ (full.T @ centred)
    variance = np.sum(left**2, axis=0) / rest
    explained = np.sum((full.T @ centred) ** 2, axis=0) - np.sum((reduced.T @ centred) ** 2, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.maximum(explained, 0.0) / q / variance, (q, rest), variance


def _column_basis(columns: FloatArray | None, n: int) -> FloatArray:
    """(n, r) orthonormal basis of centred columns, by rank."""
    if columns is None or columns.shape[1] == 0:
        return np.empty((n, 0))
    centred = columns - columns.mean(axis=0)
    scale = np.linalg.norm(centred, axis=0)
    centred = centred / np.where(scale > 0, scale, 1.0)
    left, singular, _ = np.linalg.svd(centred, full_matrices=False)
    kept = singular > max(singular[0], 1e-300) * max(centred.shape) * np.finfo(float).eps * 10
    return np.asarray(left[:, kept] if singular[0] > 1e-12 else left[:, :0])
