"""Data with a known collider: are the stated risks, moments and independences those of the rows?"""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from stattools import simulate
from stattools.exceptions import InvalidDataError, InvalidParameterError
from stattools.simulate import collider as module
from tests.reference.collider_loadings import loadings

FAMILIES = {
    "gaussian": lambda **options: simulate.gaussian_collider(**options, spouses=(0.8, -0.5), sigma=0.7),
    "confounded": lambda **options: simulate.gaussian_collider(**options, sigma=0.7, confounder=0.7),
    "sine": simulate.sine_collider,
    "linear": lambda **options: simulate.violated_collider(**options, kind="linear"),
    "quadratic": lambda **options: simulate.violated_collider(**options, kind="quadratic", n_spouses=2),
    "mvn": simulate.mvn_collider,
}


def best(name, data):
    """The best regression at the test rows, written down from the definitions."""
    X = data.X_test
    if name in ("gaussian", "confounded"):
        return X @ data.coefficients
    if name == "sine":
        return (4 * (X[:, 0] - np.sin(X[:, 2])) + 2 * (X[:, 1] - X[:, 3])) / 6
    effect = 0.3 * X[:, 1] if name == "linear" else 0.5 * (X[:, 1] ** 2 - 1)
    return effect + (X[:, 0] - 0.8 * X[:, 1:].sum(axis=1) - effect) / 2


# reference -----------------------------------------------------------------------------------------------------------
def test_the_stored_loadings_are_those_of_the_generator():
    # printed with seven digits
    np.testing.assert_allclose(module.LOADINGS, loadings(), rtol=5e-7)


def test_the_published_correlations():
    covariance = simulate.mvn_covariance()
    # printed with four digits
    np.testing.assert_allclose(covariance[:3, -1], [-0.4464, 0.1384, -0.8744], atol=5e-5)
    assert np.all(covariance[3:6, -1] == 0)
    np.testing.assert_array_equal(covariance, covariance.T)
    np.testing.assert_array_equal(np.diag(covariance), 1)
    for noise, published in ((0.0, 0.0673), (0.01, 0.0860)):
        predictors = covariance[:6, :6] + np.diag([noise] * 3 + [0.0] * 3)
        risk = 1 - covariance[-1, :6] @ np.linalg.solve(predictors, covariance[:6, -1])
        assert abs(risk - published) < 5e-5  # four digits


@pytest.mark.parametrize("n_spouses", range(1, 9))
def test_other_numbers_of_spouses_share_the_colliders(n_spouses):
    covariance = simulate.mvn_covariance(n_spouses)
    assert covariance.shape == (4 + n_spouses, 4 + n_spouses)
    # matrix products of other sizes sum in another order on some processors
    np.testing.assert_allclose(covariance[:3, -1], simulate.mvn_covariance()[:3, -1], rtol=1e-14)
    assert np.linalg.eigvalsh(covariance)[0] > 0


@pytest.mark.parametrize("name", [name for name in FAMILIES if name != "mvn"])
def test_the_bayes_risk_is_that_of_the_best_regression(name):
    data = FAMILIES[name](n=1, m=0, n_test=200_000, rng=3)
    losses = (data.y_test - best(name, data)) ** 2
    # four standard errors of the mean
    assert abs(losses.mean() - data.bayes_risk) < 4 * losses.std() / math.sqrt(len(losses))


@pytest.mark.parametrize("name", [name for name in FAMILIES if name != "mvn"])
def test_the_best_regression_leaves_noise(name):
    """Residuals of the best regression have no covariance with functions of the columns."""
    data = FAMILIES[name](n=1, m=0, n_test=200_000, rng=4)
    residuals = data.y_test - best(name, data)
    for features in (data.X_test, data.X_test**2, np.sin(data.X_test), data.X_test * data.X_test[:, :1]):
        products = residuals[:, None] * features
        # four and a half standard errors: at most 2 in 10,000 for each of some 60 means together
        assert np.all(np.abs(products.mean(axis=0)) < 4.5 * products.std(axis=0) / math.sqrt(len(products)))


@pytest.mark.parametrize("kind", ["linear", "quadratic", "none"])
def test_the_violation_is_the_mean_square_of_the_conditional_mean(kind):
    data = simulate.violated_collider(kind=kind, n_test=200_000, rng=5)
    s = data.X_test[:, 1]
    effect = {"linear": 0.3 * s, "quadratic": 0.5 * (s**2 - 1), "none": 0 * s}[kind]
    # four standard errors; for "none" both are 0
    assert abs(np.mean(effect**2) - data.violation) <= 4 * np.std(effect**2) / math.sqrt(len(s))
    slope = np.mean(data.y_test * effect)
    assert abs(slope - data.violation) <= 4 * np.std(data.y_test * effect) / math.sqrt(len(s))
    if kind == "none":
        assert abs(np.mean(data.y_test)) < 4 / math.sqrt(len(s))


def test_the_moments_behind_the_waves():
    """Means and variances by quadrature, of the columns as they would be without standardization."""
    data = simulate.mvn_collider(n=1, m=0, n_test=400_000, rng=6)
    # five standard errors of a mean of variance one, and of a variance of values with kurtosis near 3
    np.testing.assert_allclose(data.X_test.mean(axis=0), 0, atol=5 / math.sqrt(400_000))
    np.testing.assert_allclose(data.X_test.var(axis=0), 1, atol=5 * math.sqrt(2 / 400_000))

    def moment(function):
        return integrate.quad(lambda z: function(z) * stats.norm.pdf(z), -8, 8, limit=2000)[0]

    # columns at the latent value z without noise: those of the module with the noise set to zero
    z = np.linspace(-3, 3, 7)
    latent = np.column_stack([z, z, z])
    wave = moment(lambda t: np.sin(2 * np.pi * t**2))
    variance = moment(lambda t: (t + 0.1 * np.sin(2 * np.pi * t**2) - 0.1 * wave) ** 2)
    expected = (z + 0.1 * np.sin(2 * np.pi * z**2) - 0.1 * wave) / math.sqrt(variance)
    rows = simulate.mvn_given_spouses(latent, rng=1)
    np.testing.assert_allclose(rows[:, 3:], np.repeat(expected[:, None], 3, axis=1), atol=1e-7)  # of the quadrature


def test_draws_given_spouses_have_the_joint_law():
    covariance = simulate.mvn_covariance()
    spouses = np.random.default_rng(1).standard_normal((200_000, 3)) @ np.linalg.cholesky(covariance[3:6, 3:6]).T
    rows = simulate.mvn_given_spouses(spouses, rng=2)
    other = simulate.mvn_collider(n=1, m=0, n_test=200_000, rng=3).X_test
    # five standard errors of the difference of two correlations, each at most 1 / sqrt(n)
    np.testing.assert_allclose(np.corrcoef(rows.T), np.corrcoef(other.T), atol=5 * math.sqrt(2 / 200_000))
    for k in range(3):
        # two-sample Kolmogorov-Smirnov, fixed seeds
        assert stats.ks_2samp(rows[:20_000, k], other[:20_000, k]).pvalue > 1e-3


# property ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", FAMILIES)
def test_shapes_names_and_seeds(name):
    data = FAMILIES[name](n=7, m=4, n_test=3, rng=1)
    p = len(data.names)
    assert data.X.shape == (7, p) and data.y.shape == (7,) and data.X_unlabeled.shape == (4, p)
    assert data.X_test.shape == (3, p) and data.y_test.shape == (3,)
    assert all(array.dtype == np.float64 for array in (data.X, data.y, data.X_unlabeled, data.X_test, data.y_test))
    assert [data.names[j][:2] for j in data.independent] == ["X2"] * len(data.independent)
    again, other = FAMILIES[name](n=7, m=4, n_test=3, rng=1), FAMILIES[name](n=7, m=4, n_test=3, rng=2)
    np.testing.assert_array_equal(data.X, again.X)
    assert not np.any(data.X == other.X)
    # a set of rows does not depend on the sizes of the others
    np.testing.assert_array_equal(data.X_test, FAMILIES[name](n=9, m=0, n_test=3, rng=1).X_test)


@pytest.mark.parametrize("name", FAMILIES)
def test_responses_are_independent_of_spouses_where_they_should_be(name):
    data = FAMILIES[name](n=1, m=0, n_test=100_000, rng=8)
    X, y = data.X_test, data.y_test
    A = X[:, list(data.independent)]
    if data.given:
        B = X[:, list(data.given)]
        A, y = A - B @ np.linalg.lstsq(B, A, rcond=None)[0], y - B @ np.linalg.lstsq(B, y, rcond=None)[0]
    correlations = [np.corrcoef(f(a), g(y))[0, 1] for a in A.T for f in (np.abs, np.sin) for g in (np.abs, np.sin)]
    if data.violation:
        assert np.max(np.abs(correlations)) > 0.05
    else:
        assert np.max(np.abs(correlations)) < 4.5 / math.sqrt(len(y))  # as above


def test_the_projection_of_a_linear_function_is_known():
    """The best regression is what least squares on X1 - b'X2 gives, and it satisfies the constraint."""
    data = simulate.gaussian_collider(n=2, m=0, slope=2.0, spouses=(0.8, -0.5), sigma=1.5, rng=1)
    w, v = data.coefficients[0], data.coefficients[1:]
    np.testing.assert_allclose(w * np.array([0.8, -0.5]) + v, 0, atol=1e-15)  # rounding
    assert math.isclose(data.bayes_risk, 2.25 / 6.25)


def test_the_official_protocol_repeats_rows_and_the_clean_one_does_not():
    official = simulate.mvn_collider(protocol="official", rng=1)
    np.testing.assert_allclose(official.X[:, 3:], official.X_unlabeled[:50, 3:], atol=1e-13)  # of a product
    np.testing.assert_allclose(official.X[:, 3:], official.X_test[:50, 3:], atol=1e-13)
    np.testing.assert_allclose(official.y, official.y_test[:50], atol=1e-13)
    assert not np.any(np.isclose(official.X[:, :3], official.X_test[:50, :3], atol=1e-6))  # noise of its own
    clean = simulate.mvn_collider(rng=1)
    assert len(np.unique(np.concatenate([clean.y, clean.y_test]))) == 5050


def test_another_structure():
    one, same, other = (simulate.mvn_covariance(2, n_colliders=4, structure=k) for k in (1, 1, 2))
    assert one.shape == (7, 7) and np.all(one[4:6, -1] == 0)
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
    assert simulate.mvn_collider(n_colliders=4, n_spouses=2, structure=1, rng=1).names[3] == "X1_4"


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: simulate.mvn_covariance(9), "n_spouses is 9"),
        (lambda: simulate.mvn_covariance(n_colliders=2), "published correlations are for 3, pass structure=1"),
        (lambda: simulate.mvn_covariance(structure=-1), "structure is -1"),
        (lambda: simulate.mvn_collider(protocol="leaky"), "protocol is 'leaky'"),
        (lambda: simulate.mvn_collider(n=0), "n is 0"),
        (lambda: simulate.gaussian_collider(m=-1), "m is -1"),
        (lambda: simulate.gaussian_collider(slope=0.0, sigma=0.0), "slope and sigma are both 0"),
        (lambda: simulate.gaussian_collider(sigma=-1.0), "sigma is -1"),
        (lambda: simulate.gaussian_collider(confounder="X3"), "confounder is 'X3'"),
        (lambda: simulate.violated_collider(kind="cubic"), "kind is 'cubic'"),
        (lambda: simulate.violated_collider(kind="none", strength=1.0), "leave strength out"),
        (lambda: simulate.sine_collider(rng=-1), "rng is -1"),
    ],
)
def test_arguments_that_cannot_be_used(call, message):
    with pytest.raises(InvalidParameterError, match=message):
        call()


def test_latent_spouses_are_a_table():
    with pytest.raises(InvalidDataError, match="latent_spouses has shape"):
        simulate.mvn_given_spouses(np.zeros(3))
