import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from stattools.collider import features
from stattools.collider.paths import Path
from stattools.collider.projectors import fit_projector

KINDS = ("auto", "linear", "spline", "kernel", "rff", "forest", "cells")


def columns(n=80, d=2, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


# naive ---------------------------------------------------------------------------------------------------------------
def test_the_linear_projector_without_penalty_is_least_squares():
    a = columns()
    t = np.random.default_rng(1).normal(size=(80, 2))
    fit = fit_projector("linear", a, t, penalty=0.0)
    design = np.column_stack([np.ones(80), a])
    expected = design @ np.linalg.lstsq(design, t, rcond=None)[0] - t.mean(axis=0)
    np.testing.assert_allclose(fit.predict(a), expected, atol=1e-13)  # rounding; condition below 10
    np.testing.assert_allclose(fit.degrees_of_freedom, [2.0, 2.0])


def test_weighted_rows_of_two_types_have_an_intercept_each():
    a = columns(60, 1)
    types = np.repeat([0, 1], [40, 20])
    t = np.random.default_rng(1).normal(size=(60, 1)) + 5.0 * types[:, None]
    weights = np.where(types == 0, 1.0, 4.0)
    fit = fit_projector("linear", a, t, weights, types=types, penalty=0.0)
    design = np.column_stack([types == 0, types == 1, a]) * np.sqrt(weights)[:, None]
    slope = np.linalg.lstsq(design, t * np.sqrt(weights)[:, None], rcond=None)[0][2]
    expected = (a - a[:40].mean()) * slope
    np.testing.assert_allclose(fit.predict(a), expected, atol=1e-13)  # rounding; condition below 10


def test_what_is_given_is_taken_out_of_targets_and_columns():
    b = columns(200, 1, 1)
    a = 0.7 * b + columns(200, 1, 2)
    t = 2.0 * a + b + columns(200, 1, 3)
    fit = fit_projector("linear", a, t, given=b, penalty=0.0)
    joint = np.column_stack([np.ones(200), a, b])
    slope = np.linalg.lstsq(joint, t, rcond=None)[0][1]  # Frisch, Waugh and Lovell
    remainder = a - np.column_stack([np.ones(200), b]) @ np.linalg.lstsq(joint[:, [0, 2]], a, rcond=None)[0]
    np.testing.assert_allclose(fit.predict(a, b), slope * remainder, atol=1e-12)  # rounding


def test_the_criterion_is_generalised_cross_validation_of_the_hat_matrix():
    z = columns(30, 4)
    z -= z.mean(axis=0)
    t = np.random.default_rng(1).normal(size=(30, 1))
    t -= t.mean()
    scored = np.arange(30) < 20
    for rows in (None, scored):
        path = Path.of(z, degrees=1.0, scored=rows)
        penalty = np.array([0.1])
        hat = z @ np.linalg.inv(z.T @ z + 3.0 * np.eye(4)) @ z.T  # 0.1 times 30 rows
        own = np.ones(30, dtype=bool) if rows is None else rows
        left = (t - hat @ t)[own]
        expected = own.sum() * (left**2).sum() / (own.sum() - 1.4 * np.trace(hat[np.ix_(own, own)]) - 1.0) ** 2
        np.testing.assert_allclose(path.gcv(t, penalty), [[expected]], rtol=1e-12)  # rounding


def test_the_variance_of_a_correction_is_that_of_repeated_targets():
    a = columns(50, 2)
    rng = np.random.default_rng(1)
    values, noise = [], []
    for _ in range(400):
        fit = fit_projector("linear", a, 2.0 * rng.normal(size=(50, 1)), penalty=0.05)
        values.append(fit.predict(a)[:, 0])
        noise.append(fit.noise[0])
    spread = np.var(values, axis=0).mean()
    assert abs(np.mean(noise) / spread - 1.0) < 0.2  # four standard errors of a variance from 400 draws of 2 terms


# property ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("penalty", [0.0, 0.1])
def test_a_given_penalty_leaves_the_linear_regression_alone(penalty):
    a = columns()
    t = a[:, :1] + np.sin(3.0 * a[:, 1:])
    auto, linear = (fit_projector(kind, a, t, penalty=penalty) for kind in ("auto", "linear"))
    np.testing.assert_array_equal(auto.predict(a), linear.predict(a))
    assert auto.kind == linear.kind and (auto.penalty == penalty).all()
    assert (fit_projector("auto", a, t).degrees_of_freedom > auto.degrees_of_freedom).all()


@pytest.mark.parametrize("kind", ["auto", "kernel"])
def test_the_order_of_rows_does_not_matter(kind):
    a, order = columns(), np.random.default_rng(1).permutation(80)
    t = np.sin(3.0 * a[:, 1:])
    first, second = (fit_projector(kind, a[rows], t[rows], rng=1).predict(a) for rows in (np.arange(80), order))
    np.testing.assert_allclose(second, first, atol=1e-9)  # rounding, over the smallest penalty


def test_a_forest_projector_is_the_same_in_any_units():
    a, b = columns(60, 2), columns(60, 1, 1)
    t = np.sin(2 * a[:, :1]) + b + 0.1 * columns(60, 1, 2)
    fit = fit_projector("forest", a, t, given=b, rng=1)
    small = fit_projector("forest", a * 2.0**40, t * 2.0**-60, given=b * 2.0**-40, rng=1)
    values = small.predict(a * 2.0**40, b * 2.0**-40) * 2.0**60
    np.testing.assert_allclose(values, fit.predict(a, b), rtol=1e-12, atol=1e-14)  # powers of two: sums round alike
    assert fit.predict(a, b).std() > 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_a_correction_has_mean_zero_and_one_column_for_each_target(kind):
    a = np.round(columns()) if kind == "cells" else columns()
    t = np.column_stack([a[:, 0] ** 2, a[:, 1]])
    fit = fit_projector(kind, a, t, rng=1)
    values = fit.predict(a)
    assert values.shape == (80, 2)
    np.testing.assert_allclose(values.mean(axis=0), 0.0, atol=1e-12)  # rounding


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "forest"])
def test_an_infinite_penalty_gives_no_correction(kind):
    a = columns()
    fit = fit_projector(kind, a, a[:, :1] ** 3, penalty=np.inf, rng=1)
    assert (fit.predict(a) == 0).all()
    assert np.isinf(fit.penalty).all()
    assert (fit.degrees_of_freedom == 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_constant_columns_give_no_correction(kind):
    fit = fit_projector(kind, np.full((40, 1), 3.0), columns(40, 1), rng=1)
    np.testing.assert_allclose(fit.predict(np.full((5, 1), 3.0)), 0.0, atol=1e-14)  # rounding


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_smoother_again_is_linear_in_the_targets(kind):
    a, b = columns(60, 1), columns(60, 1, 1)
    t = np.sin(2 * a) + 0.1 * columns(60, 1, 2)
    fit = fit_projector(kind, a, t, given=b, rng=1)
    np.testing.assert_allclose(fit.again(t).predict(a, b), fit.predict(a, b), atol=1e-12)  # rounding
    if kind != "forest":
        np.testing.assert_allclose(fit.again(3.0 * t).predict(a, b), 3.0 * fit.predict(a, b), atol=1e-11)


@settings(max_examples=3)
@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(1e-3, 1e3), shift=st.floats(-10, 10))
def test_units_of_columns_do_not_matter(seed, scale, shift):
    a = columns(40, 2, seed)
    t = np.sin(a[:, :1]) + a[:, 1:]
    one, two = (fit_projector("auto", x, t).predict(x) for x in (a, scale * a + shift))
    np.testing.assert_allclose(two, one, atol=1e-3)  # the kernel basis is cut at a relative trace of 1e-6


def test_features_of_new_rows_are_those_of_the_fit():
    x = columns(50, 2)
    kernel = features.Kernel.fit(x, lengthscale=1.5, rank=50)
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    gram = np.exp(-((scaled[:, None] - scaled[None]) ** 2).sum(axis=2) / (2 * 1.5**2))
    np.testing.assert_allclose(kernel.of(x) @ kernel.of(x).T, gram, atol=5e-5)  # a trace of 1e-6 times 50 is left out
    splines = features.Splines.fit(x)
    assert np.isfinite(splines.of(10.0 * x)).all()
    assert np.linalg.matrix_rank(splines.of(x) - splines.of(x).mean(axis=0)) == 20  # 11 less the constant, twice


# reference -----------------------------------------------------------------------------------------------------------
def test_cells_are_means():
    a = np.repeat([[0.0], [1.0], [2.0]], 20, axis=0)
    t = columns(60, 1)
    fit = fit_projector("cells", a, t, penalty=0.0)
    means = np.array([t[a[:, 0] == level].mean() for level in (0, 1, 2)])
    np.testing.assert_allclose(fit.predict(np.array([[0.0], [1.0], [2.0]]))[:, 0], means - t.mean(), atol=1e-13)
    assert (fit_projector("auto", a, t).kind == "cells") and features.is_discrete(a)
    assert not features.is_discrete(columns())


@pytest.mark.parametrize(
    ("kind", "most"), [("spline", 0.02), ("kernel", 0.02), ("rff", 0.02), ("auto", 0.02), ("forest", 0.1)]
)
def test_curved_conditional_means_are_found(kind, most):
    a = columns(600, 1)
    truth = np.sin(2 * a)
    t = truth + 0.5 * columns(600, 1, 1)
    fresh = np.random.default_rng(2).uniform(-1.5, 1.5, size=(500, 1))
    error = fit_projector(kind, a, t, rng=1).predict(fresh) - (np.sin(2 * fresh) - truth.mean())
    assert np.mean(error**2) < most  # the variance of the target is 0.6; about 10 degrees of freedom cost 0.004


@pytest.mark.parametrize("kind", ["kernel", "forest"])
def test_curved_means_that_the_condition_explains_are_left(kind):
    b = columns(600, 1, 1)
    a = b + columns(600, 1, 2)
    t = np.sin(2 * b) + 0.3 * columns(600, 1, 3)
    correction = fit_projector(kind, a, t, given=b, rng=1).predict(a, b)
    assert np.mean(correction**2) < 0.02  # the variance of the target is 0.6


def test_noise_is_not_followed():
    sizes = [
        np.mean(fit_projector("auto", columns(60, 2, s), columns(60, 1, 1000 + s)).predict(columns(200, 2, 5)) ** 2)
        for s in range(4)
    ]
    assert np.mean(sizes) < 0.05  # least squares on two columns has 2 / 60 = 0.033; the target has variance 1
