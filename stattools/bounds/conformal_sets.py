"""What conformal prediction and risk control promise, on average and for the calibration set at hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError, Notes
from stattools._provenance import Provenance
from stattools._typing import ArrayLike, FloatArray
from stattools.bounds import inverses, moments
from stattools.bounds.evidence import read_range
from stattools.results import BoundResult

EXCHANGEABLE = "calibration and test points are exchangeable"
INDEPENDENT = "calibration and test points are independent draws from one distribution"
UNTOUCHED = "the calibration points played no part in fitting the rule"


def conformal_coverage(n: ArrayLike, alpha: ArrayLike, delta: ArrayLike = 0.05) -> Any:
    """Coverage that a split conformal set has with probability at least 1 - delta over its calibration set.

    Parameters
    ----------
    n : array_like
        Number of calibration points, whole, at least 1.
    alpha : array_like
        Nominal miscoverage, in (0, 1).
    delta : array_like, default 0.05
        In (0, 1).

    Returns
    -------
    float or ndarray
        The delta-quantile of the law Beta(n + 1 - l, l) of the coverage given the calibration set, l = floor(alpha
        (n + 1)), rounded down; 1 where l = 0, since the set is everything then. All arguments broadcast.

    Raises
    ------
    InvalidDataError
        n is not whole and positive, or shapes that do not broadcast.
    InvalidParameterError
        alpha or delta outside (0, 1).

    Notes
    -----
    The law is exact for scores without ties, and ties make coverage larger. The quantile is 1 minus the
    Clopper-Pearson limit for l - 1 errors of n.

    References
    ----------
    .. [1] Vovk (2012), Proc. Mach. Learn. Res. 25, 475-490, Proposition 2a.

    Examples
    --------
    >>> round(conformal_coverage(1000, 0.1), 7)
    0.8840755
    >>> conformal_coverage([100, 1000, 10000], 0.1).round(3)
    array([0.848, 0.884, 0.895])
    """
    size = inverses.counts(n, "n", 1)
    miss, level = _open_unit(alpha, "alpha"), inverses.log_levels(delta, None)
    shape, (size, miss, level) = inverses.broadcast({"n": size, "alpha": miss, "delta": level})
    excluded = np.minimum(whole_below(miss, size + 1.0), size)
    limits = inverses.binomial_tail_inverse(np.maximum(excluded - 1.0, 0.0), size, log_delta=level)
    coverage = np.where(excluded == 0.0, 1.0, np.nextafter(1.0 - limits, 0.0))
    return inverses.shaped(coverage, shape)


def _open_unit(values: ArrayLike, name: str) -> FloatArray:
    array = _validation.float_array(values, name, empty=True)
    outside = ~((array > 0.0) & (array < 1.0))
    if outside.any():
        i = np.unravel_index(int(np.argmax(outside)), array.shape)
        raise InvalidParameterError(f"{name} has {array[i]}; it must be in (0, 1)")
    return array


def whole_below(alpha: FloatArray, n: FloatArray) -> FloatArray:
    """floor(alpha n), where a product within rounding of a whole number counts as that number.

    Examples
    --------
    >>> float(whole_below(np.array(0.29), np.array(100.0)))
    29.0
    """
    product = np.asarray(alpha * n)
    nearest = np.rint(product)
    return np.where(np.abs(product - nearest) <= 2.0**-50 * product, nearest, np.floor(product))


def conformal(scores: ArrayLike, *, alpha: float = 0.1, delta: float = 0.05, data_name: str = "") -> BoundResult:
    """The threshold of a split conformal set, and the miscoverage it promises for this calibration set.

    Parameters
    ----------
    scores : (n,) array_like
        Nonconformity of the calibration points; large means strange. Infinite scores are allowed.
    alpha : float, default 0.1
        Nominal miscoverage, in (0, 1).
    delta : float, default 0.05
        In (0, 1): the probability that the calibration set is an unlucky one.
    data_name : str

    Returns
    -------
    BoundResult
        ``value`` bounds the miscoverage of all sets ``{y : score(x, y) <= threshold}`` given the calibration set;
        ``components["threshold"]`` is the ceil((1 - alpha)(n + 1))-th smallest score, infinite when there is none.
        On average over calibration sets, miscoverage is at most ``components["average miscoverage"]``.

    Raises
    ------
    InvalidDataError
        No scores, or a missing one.
    InvalidParameterError
        alpha or delta outside (0, 1).

    References
    ----------
    .. [1] Vovk (2012), Proc. Mach. Learn. Res. 25, 475-490, Proposition 2a.

    Examples
    --------
    >>> import numpy as np
    >>> bound = conformal(np.abs(np.random.default_rng(0).normal(size=1000)), alpha=0.1)
    >>> round(bound.value, 4), round(bound.components["threshold"], 3)
    (0.1159, 1.555)
    """
    values = _validation.float_array(scores, "scores", ndim=1, finite=False)
    if np.isnan(values).any():
        raise InvalidDataError(f"scores has nan at index {int(np.argmax(np.isnan(values)))}; remove or impute it first")
    alpha = _validation.real(alpha, "alpha", minimum=0, maximum=1, exclusive=True)
    delta = _validation.real(delta, "delta", minimum=0, maximum=1, exclusive=True)
    n = values.size
    excluded = min(int(whole_below(np.array(alpha), np.array(n + 1.0))), n)
    threshold = math.inf if excluded == 0 else float(np.partition(values, n - excluded)[n - excluded])
    coverage = conformal_coverage(n, alpha, delta)
    return BoundResult(
        provenance=Provenance.capture(f"conformal(scores, alpha={alpha:g}, delta={delta:g})", sizes={"n": n}),
        method="Split conformal prediction",
        value=1.0 - coverage,
        kind="high-probability",
        delta=delta,
        n=n,
        data_name=data_name,
        of="miscoverage",
        assumptions=(UNTOUCHED, INDEPENDENT),
        components={"threshold": threshold, "average miscoverage": excluded / (n + 1.0)},
        settings={"alpha": alpha},
        citation="Vovk (2012), Proc. Mach. Learn. Res. 25, 475-490, Proposition 2a",
    )


def conformal_risk_control(
    losses: ArrayLike,
    parameters: ArrayLike,
    *,
    alpha: float = 0.1,
    loss_range: tuple[float, float] = (0.0, 1.0),
    data_name: str = "",
) -> BoundResult:
    """The smallest parameter at which conformal risk control keeps the expected loss at or below alpha.

    Parameters
    ----------
    losses : (n, m) array_like
        Loss of each calibration point at each parameter; it must not rise from one parameter to the next.
    parameters : (m,) array_like
        Increasing, from daring to careful: larger sets, lower loss. At the last, no loss may ever exceed alpha, as with
        the set of everything.
    alpha : float, default 0.1
        Wanted bound of the expected loss.
    loss_range : (float, float), default (0, 1)
        The largest loss, B, is what one test point could cost at worst.
    data_name : str

    Returns
    -------
    BoundResult
        Of kind "expectation", with ``value = alpha``: the loss of a test point at the parameter that is chosen, on
        average over calibration sets. ``components["parameter"]`` is the first at which the adjusted risk
        ``(n R + B) / (n + 1)`` is at most alpha, R its mean loss; having been chosen, the adjusted risk itself is no
        bound. If there is none, it is the last parameter, and a note says so: what holds there is the assumption that
        its losses never exceed alpha, to which the data add nothing. With fewer than B / alpha - 1 points it is always
        the last.

    Raises
    ------
    InvalidDataError
        Losses out of range or rising, or above alpha at the last parameter; or shapes that do not fit.
    InvalidParameterError
        alpha or `loss_range` is no number, or not finite.

    Notes
    -----
    The theorem defines the choice as the last parameter where no adjusted risk is at most alpha; the average over
    calibration sets includes those. It needs, for every loss including the test point's: at most B, not rising with the
    parameter, and at most alpha at the last one.

    References
    ----------
    .. [1] Angelopoulos, Bates, Fisch, Lei and Schuster (2024), Conformal risk control, ICLR, Theorem 1.

    Examples
    --------
    >>> import numpy as np
    >>> scores = np.random.default_rng(0).uniform(size=500)
    >>> thresholds = np.linspace(0, 1, 101)
    >>> missed = scores[:, None] > thresholds
    >>> bound = conformal_risk_control(missed, thresholds, alpha=0.1)
    >>> bound.value, round(bound.components["parameter"], 2), round(bound.components["adjusted risk"], 4)
    (0.1, 0.92, 0.0998)
    """
    low, high = read_range(loss_range)
    table = _validation.float_array(losses, "losses", ndim=2)
    grid = _validation.float_array(parameters, "parameters", ndim=1)
    alpha = _validation.real(alpha, "alpha")
    _require_falling(table, grid, low, high)
    _require_careful(table, grid, alpha)
    n = table.shape[0]
    means = np.array([math.fsum(column) for column in table.T]) / n
    bounds = (n * means + high) / (n + 1.0)
    enough = bounds <= alpha
    first = int(np.argmax(enough)) if enough.any() else grid.size - 1
    notes = Notes()
    if not enough.any():
        notes.remark(
            f"no parameter has an adjusted risk of at most alpha = {alpha:g} (the smallest is {bounds.min():.4g}); the "
            "last is taken, as the theorem has it: there every loss is at most alpha by assumption, not by these data"
        )
    return BoundResult(
        provenance=Provenance.capture(f"conformal_risk_control(losses, parameters, alpha={alpha:g})", sizes={"n": n}),
        notes=notes.remarks,
        method="Conformal risk control",
        value=alpha,
        kind="expectation",
        gap=alpha - float(means[first]),
        empirical_risk=float(means[first]),
        n=n,
        data_name=data_name,
        assumptions=(
            UNTOUCHED,
            EXCHANGEABLE,
            "no loss rises with the parameter",
            f"every loss is at most {high:g}",
            f"at the last parameter, {grid[-1]:g}, no loss can exceed alpha = {alpha:g}, that of a test point included",
        ),
        components={"parameter": float(grid[first]), "adjusted risk": float(bounds[first])},
        largest=high,
        settings={"alpha": alpha},
        citation="Angelopoulos, Bates, Fisch, Lei and Schuster (2024), Conformal risk control, ICLR, Theorem 1",
    )


def _require_falling(table: FloatArray, grid: FloatArray, low: float, high: float) -> None:
    if table.shape[1] != grid.size:
        raise InvalidDataError(f"losses has shape {table.shape} for {grid.size} parameters; it needs a column for each")
    if not np.all(np.diff(grid) > 0.0):
        raise InvalidDataError("parameters does not increase strictly; sort it, and the columns of losses with it")
    outside = (table < low) | (table > high)
    rising = np.zeros(table.shape, dtype=bool)
    rising[:, 1:] = table[:, 1:] > table[:, :-1]
    for wrong, what in (
        (outside, f"must be in [{low:g}, {high:g}]"),
        (rising, "is above the one before it in its row"),
    ):
        if wrong.any():
            index = np.unravel_index(int(np.argmax(wrong)), table.shape)
            raise InvalidDataError(f"losses has {table[index]} at {_validation.place(index, 2)}; it {what}")


def _require_careful(table: FloatArray, grid: FloatArray, alpha: float) -> None:
    """The theorem needs a parameter at which no loss exceeds alpha; the last one is that, if any is."""
    above = table[:, -1] > alpha
    if above.any():
        i = int(np.argmax(above))
        raise InvalidDataError(
            f"losses has {table[i, -1]:g} at row {i} for the last parameter, {grid[-1]:g}, above alpha = {alpha:g}; "
            "there is a promise only if some parameter keeps every loss at or below alpha: add one, such as that of "
            "the set of everything"
        )


def hoeffding_bentkus(risk: ArrayLike, n: ArrayLike, alpha: ArrayLike, *, log: bool = False) -> Any:
    """P-value of the hypothesis that a risk is above alpha, for losses in [0, 1].

    Parameters
    ----------
    risk : array_like
        Mean of the losses, in [0, 1].
    n : array_like
        Number of losses, whole, at least 1.
    alpha : array_like
        In (0, 1).
    log : bool, default False
        Return its natural logarithm, for p-values that are too small to be written.

    Returns
    -------
    float or ndarray
        ``min(exp(-n kl(min(risk, alpha), alpha)), e P(Bin(n, alpha) <= ceil(n risk)), 1)``; all arguments broadcast.

    Raises
    ------
    InvalidDataError
        risk outside [0, 1], n not whole, or shapes that do not broadcast.
    InvalidParameterError
        alpha outside (0, 1).

    Notes
    -----
    A bound of the risk by the same inequalities is ``test_set(..., method="hoeffding_bentkus")``.

    References
    ----------
    .. [1] Bates, Angelopoulos, Lei, Malik and Jordan (2021), J. ACM 68(6), 43.

    Examples
    --------
    >>> round(hoeffding_bentkus(0.08, 1000, 0.1), 10)
    0.0478732234
    """
    from stattools.bounds import _kernels

    r, size = inverses.probabilities(risk, "risk"), inverses.counts(n, "n", 1)
    shape, (r, size, target) = inverses.broadcast({"risk": r, "n": size, "alpha": _open_unit(alpha, "alpha")})
    _validation.boolean(log, "log")
    hoeffding = -size * _kernels.binary_kl(np.minimum(r, target), target)
    bentkus = 1.0 + _kernels.log_binomial_tail(moments.whole_above(r, size), size, target)
    logs = np.minimum(np.minimum(hoeffding, bentkus), 0.0)
    return inverses.shaped(logs if log else np.exp(logs), shape)
