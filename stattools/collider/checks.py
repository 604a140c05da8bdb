"""Do the data contradict the constraints, and do unlabelled rows come from the same distribution?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from stattools import _random
from stattools._errors import (
    AssumptionWarning,
    CausalAssumptionWarning,
    ContradictedConstraintError,
    DegenerateDataWarning,
    Notes,
)
from stattools._typing import FloatArray
from stattools.collider import features
from stattools.collider.assembly import NAN, ConstraintCheck, ShiftCheck
from stattools.collider.gain import linear_moments, violation_interval
from stattools.collider.independence_power import smallest_detectable
from stattools.resampling import Permutation, adjust_pvalues, null_distribution

SHIFT_ROWS, SHIFT_RANK = 2000, 100


def check_constraints(
    X: FloatArray,
    y: FloatArray,
    constraints: Sequence[Any],
    labels: Sequence[str],
    names: Sequence[str],
    *,
    method: str | None,
    n_resamples: int,
    level: float,
    confidence_level: float,
    on_violation: str,
    notes: Notes,
    rng: Any,
) -> tuple[ConstraintCheck, ...]:
    """Each constraint beside the labelled rows: a test, Holm over all tests, and the size of the violation.

    X : (n, p); y : (n, q), several responses in the units of `gain.response_units`; constraints : with tuples of
    indices `independent` and `given`; labels : in words; names : (p,) of columns. method : of
    `conditional_independence_test`, None for no test. A constraint is compared in the columns A that vary in these
    rows, and not tested when none does.

    Raises
    ------
    ContradictedConstraintError
        A constraint is rejected, and `on_violation` is "raise".

    Warns
    -----
    CausalAssumptionWarning
        A constraint is rejected, and `on_violation` is "warn".
    DegenerateDataWarning
        A column A of a constraint does not vary in the labelled rows.
    """
    seed = _random.seed_sequence(rng)
    sides = [_sides(X, c, label, names, notes) for c, label in zip(constraints, labels, strict=True)]
    tests = [
        None if method is None or not a.shape[1] else _test(y, a, b, method, n_resamples, _random.child_seed(seed, k))
        for k, (a, b) in enumerate(sides)
    ]
    adjusted = np.array([NAN if test is None else float(test.pvalue) for test in tests])
    tested = np.isfinite(adjusted)
    if tested.any():
        adjusted[tested] = adjust_pvalues(adjusted[tested])
    checks = tuple(
        _check(y, *side, label, test, float(p), level, confidence_level, on_violation)
        for side, label, test, p in zip(sides, labels, tests, adjusted, strict=True)
    )
    for check in checks:
        if check.adjusted < level:
            _react(check, level, on_violation, notes)
    return checks


def _sides(
    X: FloatArray, constraint: Any, label: str, names: Sequence[str], notes: Notes
) -> tuple[FloatArray, FloatArray | None]:
    """(n, d) columns A that vary, and (n, e) columns B that do, or None without any."""
    varies = features.Scaler.varies(X)
    constant = [names[j] for j in constraint.independent if not varies[j]]
    if constant:
        every = len(constant) == len(constraint.independent)
        notes.warn(
            f"{', '.join(constant)} does not vary in the labelled rows, which "
            f"{'say nothing of' if every else 'are compared in the other columns alone with'} {label}",
            DegenerateDataWarning,
        )
    given = [j for j in constraint.given if varies[j]]
    return X[:, [j for j in constraint.independent if varies[j]]], X[:, given] if given else None


def _test(y: FloatArray, a: FloatArray, b: FloatArray | None, method: str, n_resamples: int, seed: Any) -> Any:
    from stattools.collider.independence import conditional_independence_test

    response = y[:, 0] if y.shape[1] == 1 else y
    return conditional_independence_test(response, a, b, method=method, n_resamples=n_resamples, rng=seed)


def _check(
    y: FloatArray,
    a: FloatArray,
    b: FloatArray | None,
    label: str,
    test: Any,
    adjusted: float,
    level: float,
    confidence_level: float,
    on_violation: str,
) -> ConstraintCheck:
    n = len(y)
    varies = features.Scaler.varies(y)  # a constant response is explained by anything
    statistics, df, variances = linear_moments(y[:, varies], a, b)
    count = max(len(statistics), 1)
    each = 1.0 - (1.0 - confidence_level) / count  # Bonferroni: the mean lies between the means of joint limits
    intervals = np.array([violation_interval(f, df, v / n, each) for f, v in zip(statistics, variances, strict=True)])
    share = count / len(varies)
    low = high = estimate = NAN
    if len(intervals) and np.isfinite(intervals).all():
        estimate, low, high = (float(value) for value in share * intervals.mean(axis=0))
    rejected = bool(adjusted < level)
    if not np.isfinite(adjusted):
        verdict = "not tested"
    elif rejected:
        verdict = "contradicted"
    else:
        verdict = "not contradicted"
    return ConstraintCheck(
        constraint=label,
        method="" if test is None else str(test.method),
        statistic=NAN if test is None else float(test.statistic),
        pvalue=NAN if test is None else float(test.pvalue),
        adjusted=adjusted,
        violation=estimate,
        violation_low=low,
        violation_high=high,
        detectable=_detectable(df, n, share * float(np.mean(variances)) if len(variances) else NAN, level),
        used=not (rejected and on_violation == "skip"),
        verdict=verdict,
        level=level,
        confidence_level=confidence_level,
    )


def _detectable(df: tuple[int, int], n: int, variance: float, level: float) -> float:
    """The |m|^2 that the F test of the linear moments finds with power 0.8, for residual variance `variance`."""
    q, rest = df
    if q <= 0 or rest <= 0 or not np.isfinite(variance):
        return NAN
    found = smallest_detectable(n, q, df_given=n - q - 1 - rest, level=level)
    return found.noncentrality * variance / n


def _react(check: ConstraintCheck, level: float, on_violation: str, notes: Notes) -> None:
    words = (
        f"the data contradict {check.constraint} (adjusted p = {check.adjusted:.3g} < {level:g}): check the graph for "
        "a common cause and the "
        "rows for selection"
    )
    if on_violation == "raise":
        raise ContradictedConstraintError(f"{words}; pass on_violation='warn' to fit nevertheless")
    if on_violation == "warn":
        notes.warn(f"{words}; the projection may do harm, see the sensitivity of the gain", CausalAssumptionWarning)
    else:
        notes.remark(f"{words}; the constraint was left out, so what follows is conditional on that choice")


def check_shift(
    X: FloatArray, X_unlabeled: FloatArray, *, n_resamples: int, level: float, notes: Notes, rng: Any
) -> ShiftCheck | None:
    """Two-sample test of labelled against unlabelled rows by the maximum mean discrepancy.

    X : (n, p); X_unlabeled : (m, p). None when no column varies. Gaussian kernel on scaled columns, with the root
    mean square distance as lengthscale; at most 2000 rows of each, drawn at random. Exact permutation test of equal
    distributions.

    Warns
    -----
    AssumptionWarning
        The p-value is below the level.

    References
    ----------
    Gretton, Borgwardt, Rasch, Schoelkopf and Smola (2012), A kernel two-sample test, JMLR 13, 723-773.
    """
    seed = _random.seed_sequence(rng)
    parts = [_some(rows, _random.generator(seed, 0, k)) for k, rows in enumerate((X, X_unlabeled))]
    sizes = (len(parts[0]), len(parts[1]))
    pooled = np.vstack(parts)
    width = len(features.Scaler.fit(pooled).kept)
    if width == 0:
        return None
    values = features.Kernel.fit(pooled, lengthscale=float(np.sqrt(2.0 * width)), rank=SHIFT_RANK).of(pooled)
    values = values - values.mean(axis=0)

    def discrepancy(codes: Any) -> FloatArray:
        sums = (codes == 0).astype(np.float64) @ values  # the other group has minus this sum
        return np.asarray(np.einsum("ij,ij->i", sums, sums) * (1.0 / sizes[0] + 1.0 / sizes[1]) ** 2)

    null = null_distribution(discrepancy, Permutation(n_resamples, group_sizes=sizes), rng=_random.child_seed(seed, 1))
    if null.pvalue < level:
        notes.warn(
            f"X_unlabeled and X do not look like one distribution (permutation p = {null.pvalue:.3g}); the projection "
            "averages over both, and "
            "is wrong where the law of the columns given A and B differs",
            AssumptionWarning,
        )
    return ShiftCheck(null.observed, null.pvalue, null.n_resamples, sizes)


def _some(rows: FloatArray, generator: np.random.Generator) -> FloatArray:
    if len(rows) <= SHIFT_ROWS:
        return rows
    return rows[np.sort(generator.choice(len(rows), SHIFT_ROWS, replace=False))]
