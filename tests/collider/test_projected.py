"""Projected kernels, constrained kernel ridge regression, and the published estimators."""

import pickle

import numpy as np
import pytest
from scipy import stats

from stattools.collider import ColliderRegressor, ProjectedRegressor
from stattools.collider.constraints import Resolved
from stattools.collider.projected import _landmarks, fit_constrained
from stattools.collider.projected_kernel import (
    Conditions,
    Points,
    Units,
    cross_kernels,
    fit_projected_kernel,
    fixed_conditions,
    gaussian,
    rest_features,
)
from stattools.collider.projected_published import published_fit
from stattools.collider.projected_several import fit_several, smoothing
from stattools.exceptions import InsufficientUnlabeledWarning, InvalidDataError, InvalidParameterError
from stattools.rkhs import gaussian_gram
from stattools.simulate.collider import gaussian_collider, mvn_collider
from tests import naive_collider as naive

pytestmark = pytest.mark.kernels

DATA = mvn_collider(40, 80, 60, rng=1)
ROWS = np.vstack([DATA.X, DATA.X_unlabeled])
NOISY = gaussian_collider(40, 100, 60, spouses=(0.8, 0.4, 0.2), rng=1)  # above break-even
ONE = Resolved((3, 4, 5), (), (0, 1, 2))
GIVEN = Resolved((3, 4), (5,), (0, 1, 2))
FIXED = {"lengthscale": (2.0, 3.0), "penalty": 0.1}


def kernel_of(rows, constraint, scales=(2.0, 3.0), penalty="gcv"):
    units = Units.of_rows(rows)
    joint = sorted((*constraint.independent, *constraint.given))
    conditions = Conditions.tried(np.ascontiguousarray(units.of(rows)[:, joint]))
    return fit_projected_kernel(rows, units, constraint, scales, conditions=conditions, penalty=penalty)


def gram_of(kernel, rows):
    points = kernel.at(rows)
    return kernel.cross(points, points)


# naive ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("m", [0, 80])
def test_the_published_estimators_are_those_of_the_formulas(m):
    Z = ROWS[: 40 + m]
    fit = published_fit(DATA.X, DATA.y, DATA.X_unlabeled[:m], DATA.independent)
    found = fit.predict(DATA.X_test)
    arguments = (DATA.X_test, DATA.independent)
    # explicit inverses of matrices of condition up to 1e4 beside a factor that leaves out 1e-14 of the trace
    np.testing.assert_allclose(found.krr, naive.krr(DATA.X, DATA.y, *arguments), atol=1e-7)
    np.testing.assert_allclose(found.projected, naive.projected_krr(DATA.X, DATA.y, Z, *arguments), atol=1e-7)
    np.testing.assert_allclose(found.constrained, naive.constrained_krr(DATA.X, DATA.y, Z, *arguments), atol=1e-7)


def test_the_projected_kernel_is_that_of_weights():
    """l (R - W R - R W' + W R W') with the centred weights."""
    kernel = kernel_of(ROWS, ONE, penalty=0.7)
    z = kernel.units.of(ROWS)
    new = DATA.X_test[:7]
    z_new = kernel.units.of(new)
    r, r_new = (gaussian_gram(a[:, :3], z[:, :3], lengthscale=2.0) for a in (z, z_new))
    weights, weights_new = (kernel.embedding.weights(a[:, 3:]) for a in (z, z_new))
    left = r_new - weights_new @ r
    expected = gaussian_gram(z_new[:, 3:], z[:, 3:], lengthscale=3.0) * (left - left @ weights.T)
    # `left @ weights.T` averages over rows; `left` has the row itself
    np.testing.assert_allclose(kernel.cross(kernel.at(new), kernel.at(ROWS)), expected, atol=1e-12)


def test_several_constraints_are_what_backfitting_ends_at():
    places = [Resolved((3,), (), (0, 1, 2, 4, 5)), Resolved((4,), (5,), (0, 1, 2, 3))]
    units = Units.of_rows(ROWS)
    z = units.of(ROWS)
    made = rest_features(z / 3.0, None, centred=True)
    parts = [smoothing(z, place, made.values, 0.5) for place in places]
    kernel = fit_several(ROWS, units, 3.0, parts)
    corrections = [np.zeros_like(made.values) for _ in parts]
    for _ in range(400):
        for k, part in enumerate(parts):
            corrections[k] = part.matrix @ (made.values - corrections[1 - k])
    np.testing.assert_allclose(kernel.at(ROWS).residual, made.values - sum(corrections), atol=1e-8)  # sweeps end


@pytest.mark.parametrize("constraint", [ONE, GIVEN])
def test_leave_one_out_values_are_those_of_refits(constraint):
    """The conditional means and units stay: they see no responses."""
    fit = fit_constrained(DATA.X, DATA.y, DATA.X_unlabeled, [constraint], **FIXED)
    gram = gram_of(fit.kernel, DATA.X)
    for i in (0, 17, 39):
        kept = np.delete(np.arange(40), i)
        inner = gram[np.ix_(kept, kept)]
        centre = np.eye(39) - 1 / 39
        dual = np.linalg.inv(centre @ inner @ centre + 0.1 * np.eye(39)) @ centre @ DATA.y[kept]
        row = gram[i, kept] - inner.mean(axis=0)
        expected = DATA.y[kept].mean() + (row - row.mean()) @ centre @ dual
        assert fit.out_of_sample[i, 0] == pytest.approx(expected, rel=1e-8)


def test_the_evidence_is_a_restricted_normal_likelihood():
    fit = fit_constrained(DATA.X, DATA.y, DATA.X_unlabeled, [ONE], **FIXED)
    penalty, n = 0.1, 40
    contrasts = np.linalg.svd(np.eye(n) - 1 / n)[0][:, : n - 1]
    covariance = contrasts.T @ (gram_of(fit.kernel, DATA.X) / penalty + np.eye(n)) @ contrasts
    values = contrasts.T @ DATA.y
    scale = values @ np.linalg.solve(covariance, values) / (n - 1)
    expected = -stats.multivariate_normal(np.zeros(n - 1), scale * covariance).logpdf(values)
    assert fit._path.reml(np.array([penalty]))[0, 0] == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("constraint", [ONE, GIVEN])
def test_mean_and_deviation_are_those_of_a_gaussian_process(constraint):
    fit = fit_constrained(DATA.X, DATA.y, DATA.X_unlabeled, [constraint], **FIXED)
    new = DATA.X_test[:9]
    at_new, at_rows = fit.kernel.at(new), fit.kernel.at(DATA.X)
    big = 1e5
    gram = fit.kernel.cross(at_rows, at_rows) / 0.1 + big + np.eye(40)
    cross = fit.kernel.cross(at_new, at_rows) / 0.1 + big
    own = fit.kernel.lengths(new, at_new) / 0.1 + big
    variance = own - np.einsum("ij,ij->i", cross, np.linalg.solve(gram, cross.T).T)
    # the constant has variance 1e5 and not infinity, and costs as many digits
    np.testing.assert_allclose(fit.predict(new)[:, 0], cross @ np.linalg.solve(gram, DATA.y), atol=1e-4)
    np.testing.assert_allclose(np.square(fit.std(new)[:, 0]) / fit.noise_variance[0], variance, rtol=1e-4)


def test_lengths_of_new_rows_include_what_no_row_spans():
    kernel = kernel_of(ROWS, ONE, penalty=0.7)
    new = DATA.X_test[:5]
    z, z_new = kernel.units.of(ROWS), kernel.units.of(new)
    weights = kernel.embedding.weights(z_new[:, 3:])
    r, cross = gaussian_gram(z[:, :3], lengthscale=2.0), gaussian_gram(z_new[:, :3], z[:, :3], lengthscale=2.0)
    expected = 1.0 - 2.0 * np.einsum("ij,ij->i", weights, cross) + np.einsum("ij,jk,ik->i", weights, r, weights)
    np.testing.assert_allclose(kernel.lengths(new, kernel.at(new)), expected, atol=1e-10)


# property ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("penalty", [1e-8, 0.1, 10.0])
@pytest.mark.parametrize("constraint", [ONE, GIVEN])
def test_kernels_are_positive_semidefinite(penalty, constraint):
    rows = np.vstack([mvn_collider(300, 0, 0, rng=2).X[:290], np.repeat(ROWS[:1], 10, axis=0)])
    rows[:, 1] = 3.0
    kernel = kernel_of(rows, constraint, penalty=penalty)
    gram = gram_of(kernel, rows)
    scale = np.abs(gram).max()
    np.testing.assert_allclose(gram, gram.T, atol=1e-14 * scale)
    values = np.linalg.eigvalsh((gram + gram.T) / 2.0)
    assert values[0] >= -1e-10 * values[-1]
    joint = sorted((*constraint.independent, *constraint.given))
    weights = kernel.embedding.weights(kernel.units.of(DATA.X_test)[:, joint])
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, atol=1e-10)


def test_a_constant_in_the_kernel_changes_nothing():
    """r + 1 and r give the same projected kernel when conditional means are centred."""
    z = Units.of_rows(ROWS).of(ROWS)
    joint = np.ascontiguousarray(z[:, 3:])
    grams = []
    for centred in (True, False):  # features of r, centred, and of r + 1
        made = rest_features(z[:, :3] / 2.0, None, centred=centred)
        mean = fixed_conditions(joint, made.values, lengthscale=3.0, penalty=1.0, centred=True).compiled(made.values)
        points = Points(made.values - mean.of(joint), joint / 3.0, None)
        grams.append(cross_kernels(points, points, 0.0))
    np.testing.assert_allclose(grams[0], grams[1], atol=1e-11)  # of r + 1 eigenvalues below 1e-11 are left out


def test_an_infinite_penalty_of_the_embedding_leaves_a_centred_kernel():
    """Kernel ridge regression with r centred, times l."""
    fit = fit_constrained(DATA.X, DATA.y, DATA.X_unlabeled, [ONE], embedding_penalty=np.inf, **FIXED)
    z, z_new = (fit.kernel.units.of(a) for a in (ROWS, DATA.X_test))
    r, r_new = (gaussian_gram(a[:, :3], z[:, :3], lengthscale=2.0) for a in (z, z_new))
    means = r.mean(axis=0)
    centred = [a - means - a.mean(axis=1, keepdims=True) + r.mean() for a in (r, r_new)]
    factors = [gaussian_gram(a[:, 3:], z[:40, 3:], lengthscale=3.0) for a in (z[:40], z_new)]
    gram, cross = centred[0][:40, :40] * factors[0], centred[1][:, :40] * factors[1]
    centre = np.eye(40) - 1 / 40
    dual = centre @ np.linalg.solve(centre @ gram @ centre + 0.1 * np.eye(40), centre @ DATA.y)
    expected = DATA.y.mean() + (cross - gram.mean(axis=0)) @ dual
    np.testing.assert_allclose(fit.predict(DATA.X_test)[:, 0], expected, rtol=0, atol=1e-8)


def test_responses_are_fitted_one_by_one():
    y = np.column_stack([DATA.y, DATA.y**2])
    joint = fit_constrained(DATA.X, y, DATA.X_unlabeled, [ONE], lengthscale=(2.0, 3.0))
    for j in range(2):
        alone = fit_constrained(DATA.X, y[:, j], DATA.X_unlabeled, [ONE], lengthscale=(2.0, 3.0))
        np.testing.assert_allclose(joint.predict(DATA.X_test)[:, [j]], alone.predict(DATA.X_test), atol=1e-10)


@pytest.mark.parametrize("constraint", [ONE, GIVEN])
def test_the_order_of_rows_and_units_do_not_matter(constraint):
    fit = fit_constrained(DATA.X, DATA.y, DATA.X_unlabeled, [constraint], embedding_penalty=0.01, **FIXED)
    order = np.random.default_rng(1).permutation(40)
    other = fit_constrained(
        DATA.X[order] * 7.0 - 3.0, DATA.y[order], DATA.X_unlabeled[::-1] * 7.0 - 3.0, [constraint],
        embedding_penalty=0.01, **FIXED,
    )  # fmt: skip
    # rounding, over the smallest eigenvalues that are kept
    np.testing.assert_allclose(fit.predict(DATA.X_test), other.predict(DATA.X_test * 7.0 - 3.0), atol=1e-8)


def test_lengthscales_are_chosen_alike_in_any_order_of_rows():
    data = mvn_collider(40, 200, 60, rng=1)  # more rows than features are spanned by while lengthscales are tried
    order, others = (np.random.default_rng(1).permutation(size) for size in (40, 200))
    fit = fit_constrained(data.X, data.y, data.X_unlabeled, [ONE], rng=1)
    moved = fit_constrained(data.X[order], data.y[order], data.X_unlabeled[others], [ONE], rng=1)
    np.testing.assert_allclose(moved.lengthscale, fit.lengthscale, rtol=1e-6)  # rounding of a flat criterion
    np.testing.assert_allclose(moved.predict(data.X_test), fit.predict(data.X_test), atol=1e-6)


@pytest.mark.parametrize("n", [60, 620])  # fewer and more labelled rows than landmarks
def test_landmarks_are_the_same_rows_in_any_order(n):
    rows = np.random.default_rng(1).normal(size=(900, 3))
    order = np.concatenate([np.random.default_rng(2).permutation(n), n + np.random.default_rng(3).permutation(900 - n)])
    first, second = (_landmarks(part, n, False, np.random.SeedSequence(1))[0] for part in (rows, rows[order]))
    assert set(order[second]) == set(first)


def test_exact_conditional_means_leave_no_conditional_mean():
    """On many rows the mean of the constrained fit given the spouses is constant."""
    data = gaussian_collider(60, 700, 5000, sigma=0.7, rng=3)
    fit = fit_constrained(data.X, data.y, data.X_unlabeled, [Resolved((1,), (), (0,))], rng=1)
    values = fit.predict(data.X_test)[:, 0]
    powers = np.vander(data.X_test[:, 1], 4)
    conditional = powers @ np.linalg.lstsq(powers, values, rcond=None)[0]
    # the conditional mean has about 3 degrees of freedom, and a mean square error of their share of N rows
    assert conditional.var() < 4.0 * 3.0 / 760 * values.var()


def test_functions_of_the_given_columns_are_allowed():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(120, 3))
    y = np.sin(2.0 * X[:, 2])
    fit = fit_constrained(X, y, np.empty((0, 3)), [Resolved((1,), (2,), (0,))], rng=1)
    new = rng.uniform(-1.5, 1.5, size=(50, 3))
    np.testing.assert_allclose(fit.predict(new)[:, 0], np.sin(2.0 * new[:, 2]), atol=0.05)


def test_low_rank_fits_are_close_to_exact_ones():
    data = mvn_collider(700, 300, 200, rng=4)
    options = {"lengthscale": (6.0, 6.0), "penalty": 0.3, "embedding_penalty": 1e-3, "rng": 1}
    exact, low = (
        fit_constrained(data.X, data.y, data.X_unlabeled, [ONE], solver=solver, **options)
        for solver in ("exact", "nystrom")
    )
    np.testing.assert_allclose(low.predict(data.X_test), exact.predict(data.X_test), atol=1e-3)
    np.testing.assert_allclose(low.std(data.X_test), exact.std(data.X_test), rtol=1e-2)
    assert any("Nystrom" in words for words in low.remarks) and not exact.remarks


def test_predictions_do_not_depend_on_each_other():
    fit = fit_constrained(DATA.X, DATA.y, DATA.X_unlabeled, [ONE], **FIXED)
    np.testing.assert_allclose(fit.predict(DATA.X_test)[:1], fit.predict(DATA.X_test[:1]), atol=1e-13)


# the estimator -------------------------------------------------------------------------------------------------------
def test_the_estimator_fills_the_result():
    model = ColliderRegressor(NOISY.independent, method="erm", gain_folds=3, random_state=1)
    result = model.fit(NOISY.X, NOISY.y, NOISY.X_unlabeled).results_
    assert result.projection.method == "erm"
    assert result.gain is not None and np.isfinite(result.gain.estimate)
    assert result.predicted is None and result.sensitivity is None
    freedom = result.degrees_of_freedom
    assert 1.0 < freedom.projected < 40.0 and freedom.projection >= 1.0
    assert result.projection.before.shape == result.projection.after.shape == (140, 1)
    assert type(result).from_dict(result.to_dict()) == result
    assert "empirical risk minimisation" in str(result)
    values, deviations = model.predict(NOISY.X_test, return_std=True)
    assert values.shape == deviations.shape == (60,) and (deviations > 0).all()
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(NOISY.X_test), values)


def test_the_same_seed_gives_the_same_bits():
    options = {"method": "erm", "gain": False, "test": None, "random_state": 3}
    first, second = (
        ColliderRegressor(NOISY.independent, **options).fit(NOISY.X, NOISY.y, NOISY.X_unlabeled).predict(NOISY.X_test)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


def test_without_a_constraint_it_is_the_base():
    options = {"gain": False, "test": None, "random_state": 1}
    fits = [ColliderRegressor(method=method, **options).fit(NOISY.X, NOISY.y) for method in ("erm", "none")]
    np.testing.assert_array_equal(*(fit.predict(NOISY.X_test) for fit in fits))


def test_several_constraints_are_fitted_at_once():
    model = ColliderRegressor(
        [(1,), (2,)], [(), (3,)], method="erm", gain=False, test=None, random_state=1
    ).fit(NOISY.X, NOISY.y, NOISY.X_unlabeled)
    assert model.results_.projection.penalty.shape == (2, 1)
    assert np.mean((model.predict(NOISY.X_test) - NOISY.y_test) ** 2) < 0.7  # Bayes risk 0.5


@pytest.mark.compiled
def test_random_features_are_close_to_kernels():
    data = gaussian_collider(300, 1200, 500, spouses=(0.8,), rng=2)
    found = []
    for solver in ("exact", "rff"):
        model = ColliderRegressor(
            data.independent, method="erm", solver=solver, gain=False, test=None, random_state=1
        ).fit(data.X, data.y, data.X_unlabeled)
        found.append(model.predict(data.X_test))
        assert model.results_.projection.method == "erm"
    # both have excess risk of a few degrees of freedom over 300 rows, at a Bayes risk of 0.5
    assert np.mean((found[0] - found[1]) ** 2) < 0.5 * 6 / 300
    assert any("random features" in words for words in model.results_.notes)


def test_too_few_rows_are_told():
    data = mvn_collider(60, 0, 1, rng=1)
    with pytest.warns(InsufficientUnlabeledWarning, match="constrained fit"):
        ColliderRegressor(data.independent, method="erm", gain=False, test=None, random_state=1).fit(data.X, data.y)


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("options", "words"),
    [({"base": "ridge"}, "base='krr'"), ({"projector": "linear"}, "projector")],
)
def test_what_a_constrained_fit_has_not_is_refused(options, words):
    with pytest.raises(InvalidParameterError, match=words):
        ColliderRegressor([3], method="erm", **options).fit(DATA.X, DATA.y)


def test_any_regressor_has_no_constrained_fit():
    from sklearn.linear_model import LinearRegression

    with pytest.raises(InvalidParameterError, match="method"):
        ProjectedRegressor(LinearRegression(), [3], method="erm").fit(DATA.X, DATA.y)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tune": "aic"}, "tune"),
        ({"solver": "rff"}, "solver"),
        ({"lengthscale": (1.0, 0.0)}, "lengthscale"),
        ({"penalty": -1.0}, "penalty"),
        ({"embedding_penalty": -1.0, "lengthscale": (1.0, 1.0)}, "penalty"),
        ({"embedding_penalty": "reml", "lengthscale": (1.0, 1.0)}, "penalty"),
    ],
)
def test_bad_options_are_refused(options, words):
    with pytest.raises(InvalidParameterError, match=words):
        fit_constrained(DATA.X, DATA.y, DATA.X_unlabeled, [ONE], **options)


def test_bad_data_of_the_published_estimators_are_refused():
    with pytest.raises(InvalidDataError, match="rows"):
        published_fit(DATA.X, DATA.y[:3], None, (3,))
    with pytest.raises(InvalidDataError, match="columns"):
        published_fit(DATA.X, DATA.y, DATA.X_unlabeled[:, :2], (3,))
    with pytest.raises(InvalidParameterError, match="independent"):
        published_fit(DATA.X, DATA.y)
    with pytest.raises(InvalidParameterError, match="penalty"):
        published_fit(DATA.X, DATA.y, None, (3,), penalty=0.0)
    with pytest.raises(InvalidDataError, match="columns"):
        published_fit(DATA.X, DATA.y, None, (3,)).predict(DATA.X[:, :4])


# calibration ---------------------------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize(("n", "share"), [(30, 1e-2), (100, 1e-3), (100, 1e-1)])
def test_the_gain_of_the_projection_is_above_its_lower_bound(n, share):
    """E gain >= eta E mu(X)^2 / (root n M + root n share)^2, for kernel ridge regression with penalty n share.

    mu_z is the conditional mean embedding at an independent draw z of the spouse, M = sup k, eta the least conditional
    variance of Y. On the Gaussian collider X1 = Y + .8 X2 + e all of it has a closed form or is an average.
    """
    b, variance = 0.8, 2.0  # of X1 given X2
    def mean_features(x, z):
        """E k(x, (X1, z)) with X1 ~ N(b z, variance), for the Gaussian kernel of lengthscale 1: (k, l)."""
        total = 1.0 + variance
        smooth = np.exp(-((x[:, None, 0] - b * z) ** 2) / (2 * total)) / np.sqrt(total)
        return smooth * np.exp(-((x[:, None, 1] - z) ** 2) / 2)

    rng = np.random.default_rng(1)
    gains, z = [], rng.normal(size=400)
    for seed in range(200):
        data = gaussian_collider(n, 0, 1, spouses=(b,), sigma=1.0, rng=seed)
        dual = np.linalg.solve(gaussian_gram(data.X) + n * share * np.eye(n), data.y)
        gains.append(np.mean((mean_features(data.X, z).T @ dual) ** 2))
    fresh = gaussian_collider(2000, 0, 1, spouses=(b,), sigma=1.0, rng=999).X
    bound = 0.5 * np.mean(mean_features(fresh, z) ** 2) / (np.sqrt(n) + np.sqrt(n) * share) ** 2
    assert np.mean(gains) - 4.0 * np.std(gains) / np.sqrt(200) > bound


@pytest.mark.slow
def test_intervals_of_a_constrained_process_cover():
    """Functions drawn from the projected process itself, with lengthscales and penalty known."""
    data = mvn_collider(40, 200, 50, rng=5)
    pilot = fit_constrained(data.X, np.zeros(40) + data.y, data.X_unlabeled, [ONE], **FIXED)
    rows = np.vstack([data.X, data.X_test])
    points = pilot.kernel.at(rows)
    gram = pilot.kernel.cross(points, points)
    factor = np.linalg.cholesky((gram + gram.T) / 2.0 + 1e-9 * np.eye(90))
    rng, covered = np.random.default_rng(1), []
    for _ in range(200):
        f = factor @ rng.normal(size=90)
        y = f[:40] + np.sqrt(0.1) * rng.normal(size=40)  # noise variance = penalty: signal variance one
        fit = fit_constrained(data.X, y, data.X_unlabeled, [ONE], **FIXED)
        margin = stats.t.ppf(0.975, 40 - fit.degrees_of_freedom) * fit.std(data.X_test)[:, 0]
        covered.append(np.mean(np.abs(fit.predict(data.X_test)[:, 0] - f[40:]) < margin))
    error = np.std(covered) / np.sqrt(200)
    assert abs(np.mean(covered) - 0.95) < 0.01 + 3.0 * error


@pytest.mark.slow
def test_above_break_even_the_constrained_fit_is_better():
    losses = []
    for seed in range(30):
        data = gaussian_collider(40, 1000, 2000, spouses=(0.8, 0.8), sigma=1.0, rng=seed)
        options = {"test": None, "gain": False, "random_state": seed}
        fits = [
            ColliderRegressor(data.independent, method=method, **options).fit(data.X, data.y, data.X_unlabeled)
            for method in ("none", "erm")
        ]
        losses.append([np.mean((fit.predict(data.X_test) - data.y_test) ** 2) for fit in fits])
    difference = np.diff(losses, axis=1)[:, 0]
    assert difference.mean() + 2.0 * difference.std() / np.sqrt(30) < 0.0


@pytest.mark.slow
def test_published_estimators_win_without_leaks():
    """Of 100 data sets in another program's run all improved with m = 1000, 96 and 97 with m = 100."""
    for m, least in ((100, 0.85), (1000, 0.95)):
        wins = []
        for seed in range(40):
            data = mvn_collider(50, m, 2000, rng=seed)
            found = published_fit(data.X, data.y, data.X_unlabeled, data.independent).predict(data.X_test)
            errors = [np.mean((values - data.y_test) ** 2) for values in found]
            wins.append([errors[1] < errors[0], errors[2] < errors[0]])
        assert np.mean(wins, axis=0).min() >= least


def test_gaussian_kernels_by_products_alone():
    z = DATA.X - DATA.X.mean(axis=0)
    np.testing.assert_allclose(gaussian(z, z), gaussian_gram(z), atol=1e-14)
