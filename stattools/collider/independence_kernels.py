"""Tests of independence by kernels and distances: HSIC, distance covariance, KCI and RCoT."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from stattools import _random
from stattools._typing import FloatArray, IntArray
from stattools.collider.independence_inputs import Block
from stattools.collider.independence_plan import FEATURES, Outcome, Plan, independence_words, permutation_guarantee
from stattools.collider.independence_residuals import kernel_features, median_lengthscale, residuals
from stattools.resampling import MonteCarlo, Multiplier
from stattools.rkhs.dependence import (
    Form,
    double_centred,
    euclidean_form,
    factor_form,
    gaussian_form,
    permuted_products,
)

N_FEATURES = 10
KCI_TOLERANCE = 1e-6
KCI_RANK = 1000
KCI_DENSE_ROWS = 6000
ADDITIVE = (
    "approximate: residuals are permuted, which assumes that {pair} are smooth functions of {b} plus noise that does "
    "not depend on {b}"
)


# permutation tests ---------------------------------------------------------------------------------------------------
def hsic(plan: Plan) -> Outcome:
    """HSIC with Gaussian kernels (identity kernel for categories) by permutation."""
    return _by_permutation(plan, kernel=True)


def dcor(plan: Plan) -> Outcome:
    """Squared distance covariance of Euclidean distances by permutation."""
    return _by_permutation(plan, kernel=False)


def _by_permutation(plan: Plan, *, kernel: bool) -> Outcome:
    y_form, a_form = (_form(plan, block, kernel=kernel) for block in (plan.inputs.y, plan.inputs.a))
    statistic, own = _permuted_statistic(plan, y_form, a_form)
    null = plan.run(statistic, plan.permutations())
    correlation = null.observed / own if own > 0 else 0.0
    null_text, alternative_text = independence_words(plan)
    guarantee = permutation_guarantee(plan)
    if plan.smooth:
        assert plan.inputs.b is not None
        pair = f"{', '.join(plan.inputs.y.names)} and {', '.join(plan.inputs.a.names)}"
        guarantee = ADDITIVE.format(pair=pair, b=", ".join(plan.inputs.b.names))
    title = "Hilbert-Schmidt independence test" if kernel else "Distance covariance test of independence"
    return Outcome(
        title=title + _setting(plan),
        statistic_name="n HSIC" if kernel else "n dCov^2",
        statistic=null.observed,
        pvalue=null.pvalue,
        null=null,
        null_text=null_text,
        alternative_text=alternative_text,
        guarantee=guarantee,
        estimate=(
            {"kernel alignment": float(correlation)}
            if kernel
            else {"distance correlation": float(np.sqrt(max(correlation, 0.0)))}
        ),
    )


def _setting(plan: Plan) -> str:
    if plan.strata is not None:
        return " within categories"
    return " of residuals" if plan.smooth else ""


def _rescaled(values: FloatArray) -> FloatArray:
    """Residual columns of variance 1; columns that b explains wholly stay as they are."""
    deviations = values.std(axis=0)
    return np.asarray(values / np.where(deviations > 1e-12, deviations, 1.0))


def _form(plan: Plan, block: Block, *, kernel: bool) -> Form:
    """Kernels or distances of a block; of its residuals when a continuous variable is given."""
    if kernel and not plan.smooth and block.one_category:  # the identity kernel: one feature a category
        return factor_form(block.indicators[0])
    points = block.points()
    if plan.smooth:
        points = _rescaled(plan.residuals(points).values)
    if not kernel:
        return euclidean_form(points)
    return gaussian_form(points, plan.lengthscale or median_lengthscale(points))


def _permuted_statistic(plan: Plan, y_form: Form, a_form: Form) -> tuple[Any, float]:
    """The statistic as a function of permutations, and the product of the norms of both matrices over n."""
    n = plan.inputs.n
    if plan.strata is None:
        return partial(_scaled_products, a=a_form, b=y_form), n * float(
            np.sqrt(y_form.self_product() * a_form.self_product())
        )
    parts, y_square, a_square = [], 0.0, 0.0
    for members in _members(plan.strata):
        forms = [_restricted(form, members) for form in (a_form, y_form)]
        parts.append((members, *forms))
        a_square += forms[0].self_product() * len(members) ** 2
        y_square += forms[1].self_product() * len(members) ** 2
    return partial(_within, parts=parts, n=n), float(np.sqrt(y_square * a_square)) / n


def _members(strata: IntArray) -> list[IntArray]:
    """Rows of each stratum that has at least two."""
    order = np.argsort(strata, kind="stable")
    groups = np.split(order, np.cumsum(np.bincount(strata))[:-1])
    return [np.sort(rows) for rows in groups if len(rows) > 1]


def _restricted(form: Form, members: IntArray) -> Form:
    """The form of some of the points, with the kernel of all of them."""
    if form.factor is not None:
        return factor_form(form.factor[members])
    if form.line is not None:
        return euclidean_form(form.line[members][:, None])
    assert form.matrix is not None
    return Form(len(members), matrix=np.ascontiguousarray(double_centred(form.matrix[np.ix_(members, members)])))


def _scaled_products(rows: Any, *, a: Form, b: Form) -> FloatArray:
    return a.n * permuted_products(a, b, rows)


def _within(rows: Any, *, parts: list[Any], n: int) -> FloatArray:
    """n times the sum over strata of mean products, each weighted by its squared share of the rows."""
    values = np.zeros(len(rows))
    place = np.empty(n, dtype=np.int32)
    for members, a, b in parts:
        place[members] = np.arange(len(members), dtype=np.int32)
        values += len(members) ** 2 / n * permuted_products(a, b, place[rows[:, members]])
    return values


# KCI -----------------------------------------------------------------------------------------------------------------
def kci(plan: Plan) -> Outcome:
    """Kernel conditional independence test; without a continuous b it is HSIC."""
    if not plan.smooth:
        return hsic(plan)
    assert plan.inputs.b is not None
    generator = _random.generator(plan.seed, *FEATURES)
    smoother = plan.smoother
    joint = np.hstack([plan.inputs.a.points(), 0.5 * plan.inputs.b.points()])
    left = _reproducing(plan.inputs.y, plan.inputs.y.points(), plan.lengthscale, generator)
    right = _reproducing(None, joint, plan.lengthscale, generator)
    u, v = (residuals(features, smoother).values for features in (left, right))
    observed = float(np.sum((u.T @ v) ** 2)) / plan.inputs.n
    null = plan.run(_multiplied(u, v), Multiplier(plan.n_resamples, n=plan.inputs.n), observed=observed)
    scale = np.linalg.norm(u.T @ u) * np.linalg.norm(v.T @ v) / plan.inputs.n
    null_text, alternative_text = independence_words(plan)
    return Outcome(
        title="Kernel conditional independence test",
        statistic_name="n KCI",
        statistic=observed,
        pvalue=null.pvalue,
        null=null,
        null_text=null_text,
        alternative_text=alternative_text,
        guarantee="for large n, when kernel ridge regression on b is accurate; by Rademacher multipliers of the rows",
        parameter={"rank of y": u.shape[1], "rank of a and b": v.shape[1]},
        estimate={"kernel alignment": observed / float(scale) if scale > 0 else 0.0},
    )


def _reproducing(
    block: Block | None, points: FloatArray, lengthscale: float | None, generator: np.random.Generator
) -> FloatArray:
    """(n, r) features of the kernel of some points."""
    if block is not None and block.one_category:
        return block.indicators[0]
    scale = lengthscale or median_lengthscale(points)
    return kernel_features(points, scale, tolerance=KCI_TOLERANCE, most=KCI_RANK, rng=generator)


def _multiplied(u: FloatArray, v: FloatArray) -> Any:
    """|sum_i e_i u_i (x) v_i|^2 / n as a function of multipliers e, in the cheaper of two ways.

    It is a quadratic form in e, of the entrywise product of both Gram matrices.
    """
    n = len(u)
    if u.shape[1] * v.shape[1] < n or n > KCI_DENSE_ROWS:
        return partial(_multiplied_factors, u=u, v=np.ascontiguousarray(v))
    return partial(_quadratic, matrix=(u @ u.T) * (v @ v.T) / n)


def _quadratic(multipliers: FloatArray, *, matrix: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("bi,bi->b", multipliers @ matrix, multipliers))


def _multiplied_factors(multipliers: FloatArray, *, u: FloatArray, v: FloatArray) -> FloatArray:
    return np.array([float(np.sum(((u * e[:, None]).T @ v) ** 2)) for e in multipliers]) / len(u)


# RCoT ----------------------------------------------------------------------------------------------------------------
def rcot(plan: Plan) -> Outcome:
    """Squared covariances of random Fourier features of y and a, less their regressions on b."""
    generator = _random.generator(plan.seed, *FEATURES)
    count = plan.n_features or N_FEATURES
    left, right = (_random_features(x, count, plan.lengthscale, generator) for x in (plan.inputs.y, plan.inputs.a))
    null_text, alternative_text = independence_words(plan)
    parameter = {"features": left.shape[1], "by": right.shape[1]}
    if not plan.smooth:
        statistic, own = _permuted_statistic(plan, factor_form(left), factor_form(right))
        null = plan.run(statistic, plan.permutations())
        observed, scale, guarantee = null.observed, own, permutation_guarantee(plan)
    else:
        smoother = plan.smoother
        u, v = (residuals(features, smoother).values for features in (left, right))
        covariance = u.T @ v
        observed = float(np.sum(covariance**2)) / plan.inputs.n
        scale = float(np.linalg.norm(u.T @ u) * np.linalg.norm(v.T @ v)) / plan.inputs.n
        weights = _product_eigenvalues(u, v)
        scheme = MonteCarlo(plan.n_resamples, partial(_squared_normals, size=len(weights)))
        null = plan.run(partial(_weighted_sum, weights=weights), scheme, observed=observed)
        guarantee = (
            "for large n, when kernel ridge regression on b is accurate; against a weighted sum of squared normals, "
            "the law under normal multipliers of the rows"
        )
    return Outcome(
        title="Randomized conditional correlation test" if plan.inputs.b is not None else "Randomized correlation test",
        statistic_name="n |C|^2",
        statistic=observed,
        pvalue=null.pvalue,
        null=null,
        null_text=null_text,
        alternative_text=alternative_text,
        guarantee=guarantee + "; random features can miss a dependence that needs others",
        parameter=parameter,
        estimate={"feature alignment": observed / scale if scale > 0 else 0.0},
    )


def _random_features(
    block: Block, count: int, lengthscale: float | None, generator: np.random.Generator
) -> FloatArray:
    """(n, r) random Fourier features of the Gaussian kernel; the indicators themselves for one categorical variable."""
    if block.one_category:
        return block.indicators[0]
    points = block.points()
    scale = lengthscale or median_lengthscale(points)
    frequencies = generator.standard_normal((points.shape[1], count)) / scale
    phases = generator.uniform(0.0, 2 * np.pi, count)
    return np.asarray(np.sqrt(2.0 / count) * np.cos(points @ frequencies + phases))


def _product_eigenvalues(u: FloatArray, v: FloatArray) -> FloatArray:
    """Eigenvalues of the mean of (u_i (x) v_i)(u_i (x) v_i)'; rows in pieces, so that no n x r s matrix is made."""
    size = u.shape[1] * v.shape[1]
    total = np.zeros((size, size))
    for low in range(0, len(u), 4096):
        part = np.einsum("ij,ik->ijk", u[low : low + 4096], v[low : low + 4096]).reshape(-1, size)
        total += part.T @ part
    return np.asarray(np.maximum(np.linalg.eigvalsh(total / len(u)), 0.0))


def _squared_normals(generator: np.random.Generator, count: int, *, size: int) -> FloatArray:
    return generator.standard_normal((count, size)) ** 2


def _weighted_sum(squares: FloatArray, *, weights: FloatArray) -> FloatArray:
    return np.asarray(squares @ weights)

