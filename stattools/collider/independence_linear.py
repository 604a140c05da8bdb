"""Tests of conditional covariances and means: generalised covariance measure, partial correlation, moment test."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from stattools._errors import DegenerateDataError
from stattools._typing import FloatArray
from stattools.collider.independence_plan import Outcome, Plan, independence_words, permutation_guarantee
from stattools.collider.independence_residuals import orthonormal
from stattools.resampling import MonteCarlo

HIGHEST_DEGREE = 3
ROWS_PER_COLUMN = 10


# generalised covariance measure --------------------------------------------------------------------------------------
def gcm(plan: Plan) -> Outcome:
    """Largest studentized covariance of the residuals of y and a on b."""
    y, a = (plan.residuals(block.contrasts()[0]).values for block in (plan.inputs.y, plan.inputs.a))
    values = _studentized(y, a)
    largest = float(np.abs(values).max())
    single = values.size == 1
    null, guarantee = None, permutation_guarantee(plan)
    if not plan.smooth:
        null = plan.run(partial(_permuted_gcm, y=y, a=a), plan.permutations())
        pvalue, largest = null.pvalue, null.observed
    elif single:
        from scipy.special import ndtr

        pvalue, guarantee = 2.0 * float(ndtr(-largest)), "for large n: the statistic is standard normal"
    else:
        root = _correlation_root(y, a)
        scheme = MonteCarlo(plan.n_resamples, partial(_normals, size=root.shape[1]))
        null = plan.run(partial(_largest_of_normals, root=root), scheme, observed=largest)
        pvalue = null.pvalue
        guarantee = "for large n: against the largest of correlated normals"
    if plan.smooth:
        guarantee += ", when both regressions on b have errors that vanish faster than n^(-1/4)"
    names = f"{', '.join(plan.inputs.y.names)} and {', '.join(plan.inputs.a.names)}"
    given = "" if plan.inputs.b is None else f" given {', '.join(plan.inputs.b.names)}"
    return Outcome(
        title="Generalised covariance measure test",
        statistic_name="T" if single else "max |T|",
        statistic=float(values[0, 0]) if single else largest,
        pvalue=pvalue,
        null=null,
        null_text=f"the conditional covariance of {names}{given} is zero on average",
        alternative_text=f"the average conditional covariance of {names}{given} is not zero",
        guarantee=guarantee,
        parameter={} if single else {"pairs": values.size},
        estimate=_residual_correlation(y, a),
    )


def _studentized(y: FloatArray, a: FloatArray) -> FloatArray:
    """(p, q) of sqrt(n) mean / sd of the products of residual columns."""
    return _ratio(y.T @ a, (y**2).T @ a**2, len(y))


def _ratio(sums: FloatArray, squares: FloatArray, n: int) -> FloatArray:
    """Sums over their estimated standard deviations; 0 where nothing varies."""
    variance = squares - sums**2 / n
    return np.asarray(np.where(variance > 0, sums / np.sqrt(np.where(variance > 0, variance, 1.0)), 0.0))


def _permuted_gcm(rows: Any, *, y: FloatArray, a: FloatArray) -> FloatArray:
    largest = np.zeros(len(rows))
    for column in a.T:
        moved = column[rows]
        values = _ratio(moved @ y, moved**2 @ y**2, len(y))
        largest = np.maximum(largest, np.abs(values).max(axis=1))
    return largest


def _correlation_root(y: FloatArray, a: FloatArray) -> FloatArray:
    """(p q, r) root of the correlation matrix of the products of residual columns."""
    products = np.einsum("ij,ik->ijk", y, a).reshape(len(y), -1)
    centred = products - products.mean(axis=0)
    norms = np.linalg.norm(centred, axis=0)
    centred = centred / np.where(norms > 0, norms, 1.0)
    values, vectors = np.linalg.eigh(centred.T @ centred)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def _normals(generator: np.random.Generator, count: int, *, size: int) -> FloatArray:
    return generator.standard_normal((count, size))


def _largest_of_normals(normals: FloatArray, *, root: FloatArray) -> FloatArray:
    return np.asarray(np.abs(normals @ root.T).max(axis=1))


def _residual_correlation(y: FloatArray, a: FloatArray) -> dict[str, float]:
    scale = np.outer(np.linalg.norm(y, axis=0), np.linalg.norm(a, axis=0))
    values = np.where(scale > 0, y.T @ a / np.where(scale > 0, scale, 1.0), 0.0)
    largest = values.ravel()[np.abs(values).argmax()]
    return {"residual correlation" if values.size == 1 else "largest residual corr.": float(largest)}


# partial correlation -------------------------------------------------------------------------------------------------
def partial_correlation(plan: Plan) -> Outcome:
    """Partial correlation of linear regressions, by permutation of the residuals of y on b."""
    given = _linear_columns(plan)
    y, a = (_unit_columns(block.contrasts()[0], given) for block in (plan.inputs.y, plan.inputs.a))
    n, q, p = plan.inputs.n, a.shape[1], given.shape[1]
    if n - p - q < 1:
        raise DegenerateDataError(f"{n} rows are too few for linear models with {p + q} columns; leave some out")
    null_text, alternative_text = _partial_words(plan)
    if not y.shape[1] or not q:
        raise DegenerateDataError("b explains y or a wholly, so that nothing is left to be correlated")
    null = plan.run(partial(_permuted_trace, y=y, a=a, given=given), plan.permutations())
    trace, n_y = null.observed, y.shape[1]
    statistic, name, parameter = trace, "Pillai trace", {"df1": q * n_y, "df2": n - p - q}
    if n_y == 1:
        statistic = trace / max(1.0 - trace, np.finfo(float).tiny) * (n - p - q) / q
        name, parameter = "F", {"df1": q, "df2": n - p - q}
    estimate = {"partial R-squared" if n_y == 1 else "mean partial R-squared": trace / n_y}
    if n_y == q == 1:
        columns = [block.contrasts()[0][:, 0] for block in (plan.inputs.y, plan.inputs.a)]
        signs = np.sign([float(x @ u[:, 0]) for x, u in zip(columns, (y, a), strict=True)])
        estimate = {"partial correlation": float(signs[0] * signs[1] * (y.T @ a)[0, 0])}
    return Outcome(
        title="Partial correlation test" if plan.inputs.b is not None else "Correlation test",
        statistic_name=name,
        statistic=float(statistic),
        pvalue=null.pvalue,
        null=null,
        null_text=null_text,
        alternative_text=alternative_text,
        guarantee=(
            "approximate: residuals of y are permuted (Freedman and Lane), which holds for linear models with "
            "exchangeable errors; a nonlinear effect of b on both y and a, or a variance of y that depends on a, is "
            "reported as dependence"
            if plan.smooth
            else permutation_guarantee(plan)
        ),
        parameter=parameter,
        estimate=estimate,
    )


def _linear_columns(plan: Plan) -> FloatArray:
    """Orthonormal basis of the constant and the linear terms of b; indicators of its categories when it is discrete."""
    if plan.smooth:
        assert plan.inputs.b is not None
        columns = plan.inputs.b.contrasts()[0]
        return orthonormal(np.hstack([np.ones((len(columns), 1)), columns]))
    return plan.smoother.fixed


def _unit_columns(columns: FloatArray, given: FloatArray) -> FloatArray:
    """Orthonormal basis of residual columns; what `given` explains up to rounding is dropped."""
    rest = columns - given @ (given.T @ columns)
    kept = np.linalg.norm(rest, axis=0) > 1e-10 * np.linalg.norm(columns, axis=0)
    return orthonormal(rest[:, kept])


def _permuted_trace(rows: Any, *, y: FloatArray, a: FloatArray, given: FloatArray) -> FloatArray:
    """Pillai's trace after the residuals of y are permuted and both models are fitted anew.

    With orthonormal columns, the permuted residuals have cross products I, of which b takes G'G and a adds A'A; the
    trace is that of (I - G'G)^{-1} A'A.
    """
    n_y = y.shape[1]
    by_a, by_given = np.empty((len(rows), a.shape[1], n_y)), np.empty((len(rows), given.shape[1], n_y))
    for j in range(n_y):
        moved = y[:, j][rows]
        by_a[:, :, j], by_given[:, :, j] = moved @ a, moved @ given
    left = np.eye(n_y) - np.swapaxes(by_given, 1, 2) @ by_given
    explained = np.swapaxes(by_a, 1, 2) @ by_a
    if n_y == 1:
        return np.asarray(explained[:, 0, 0] / np.maximum(left[:, 0, 0], np.finfo(float).tiny))
    left += 1e-12 * np.eye(n_y)  # residuals that b explains after the permutation would make it singular
    return np.asarray(np.trace(np.linalg.solve(left, explained), axis1=1, axis2=2))


def _partial_words(plan: Plan) -> tuple[str, str]:
    names = f"{', '.join(plan.inputs.y.names)} and {', '.join(plan.inputs.a.names)}"
    if plan.inputs.b is None:
        return independence_words(plan)[0], f"{names} are correlated"
    given = ", ".join(plan.inputs.b.names)
    y, a = ", ".join(plan.inputs.y.names), ", ".join(plan.inputs.a.names)
    null = f"in a linear model of {y}, {a} adds nothing to {given}"
    return null, f"{names} are correlated given linear terms of {given}"


# moment test ---------------------------------------------------------------------------------------------------------
def moment(plan: Plan) -> Outcome:
    """Whether the mean of y depends on a beyond b: robust Wald statistic of powers of a, residuals permuted."""
    y_columns, scales = plan.inputs.y.contrasts()
    fit = plan.residuals(y_columns)
    basis, degree = _moment_basis(plan)
    rest = plan.residuals(basis).values
    kept = np.linalg.norm(rest, axis=0) > 1e-10 * np.linalg.norm(basis, axis=0)
    columns = orthonormal(rest[:, kept])
    n, q = columns.shape
    if 2 * q >= n:
        raise DegenerateDataError(f"{n} rows are too few for a moment test with {q} columns; use 'hsic' or 'kci'")
    if not q:
        raise DegenerateDataError("b explains a wholly, so that nothing of it is left")
    first, second = np.triu_indices(q)
    crossed = np.ascontiguousarray(columns[:, first] * columns[:, second])
    null = plan.run(partial(_permuted_wald, y=fit.values, columns=columns, crossed=crossed), plan.permutations())
    explained = (columns.T @ fit.values) ** 2
    totals = (fit.values**2).sum(axis=0)
    df2 = n - q - fit.degrees_of_freedom
    variances = (totals - explained.sum(axis=0)) / df2
    violation = float((scales**2 * (explained.sum(axis=0) - q * variances)).sum()) / n
    names = ", ".join(plan.inputs.y.names), ", ".join(plan.inputs.a.names)
    given = "" if plan.inputs.b is None else f", {', '.join(plan.inputs.b.names)}"
    base = f"E[{names[0]}]" if plan.inputs.b is None else f"E[{names[0]} | {', '.join(plan.inputs.b.names)}]"
    return Outcome(
        title="Conditional moment test",
        statistic_name="F",
        statistic=null.observed,
        pvalue=null.pvalue,
        null=null,
        null_text=f"E[{names[0]} | {names[1]}{given}] = {base}",
        alternative_text=f"E[{names[0]} | {names[1]}{given}] differs from {base}",
        guarantee=_moment_guarantee(plan),
        parameter={"df1": q * len(scales), "df2": df2, "degree": degree},
        estimate={"||m||^2": violation, "R-squared": float(explained.sum() / max(totals.sum(), np.finfo(float).tiny))},
    )


def _moment_guarantee(plan: Plan) -> str:
    if not plan.smooth:
        return (
            "exact at every n when y and a are independent, and for large n when only means agree, as the statistic "
            "allows for unequal variances"
        )
    return (
        "approximate: residuals of y on b are permuted, for large n and an accurate kernel ridge regression on b; "
        "unequal variances are allowed for"
    )


def _moment_basis(plan: Plan) -> tuple[FloatArray, int]:
    """Powers of the numeric columns of a, its categories, and products of a with b while there are rows enough."""
    n = plan.inputs.n
    linear = plan.inputs.a.contrasts()[0]
    numeric = plan.inputs.a.numeric
    degree = plan.degree
    if degree is None:
        degree = HIGHEST_DEGREE
        while degree > 1 and linear.shape[1] + (degree - 1) * numeric.shape[1] > n / ROWS_PER_COLUMN:
            degree -= 1
    basis = np.hstack([linear, *(numeric**power for power in range(2, degree + 1))])
    if plan.inputs.b is not None:
        b = plan.inputs.b.contrasts()[0]
        if basis.shape[1] + linear.shape[1] * b.shape[1] <= n / ROWS_PER_COLUMN:
            basis = np.hstack([basis, np.einsum("ij,ik->ijk", linear, b).reshape(n, -1)])
    return basis, degree


def _permuted_wald(rows: Any, *, y: FloatArray, columns: FloatArray, crossed: FloatArray) -> FloatArray:
    """Mean over columns of y and degrees of freedom of s' Omega^{-1} s, with s = V'e and Omega = sum of v v' e^2."""
    q = columns.shape[1]
    total = np.zeros(len(rows))
    upper = np.triu_indices(q)
    for residual in y.T:
        moved = residual[rows]
        sums = moved @ columns
        omega = np.zeros((len(rows), q, q))
        omega[:, upper[0], upper[1]] = moved**2 @ crossed
        omega[:, upper[1], upper[0]] = omega[:, upper[0], upper[1]]
        ridge = 1e-12 * np.trace(omega, axis1=1, axis2=2) + np.finfo(float).tiny
        omega += ridge[:, None, None] * np.eye(q)
        total += np.einsum("bi,bi->b", sums, np.linalg.solve(omega, sums[:, :, None])[:, :, 0])
    return np.asarray(total / (q * y.shape[1]))
