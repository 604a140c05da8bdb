"""Projected random features, and risk minimisation on them."""

import numpy as np
import pytest

from stattools.collider.constraints import Constraint, resolve
from stattools.collider.krr import fit_krr
from stattools.collider.largescale import fit_projected_features
from stattools.exceptions import InvalidParameterError


def _one(independent, given=(), width=3):
    return resolve([Constraint(tuple(independent), tuple(given))], tuple(f"x{j}" for j in range(width)))


def _design(n, seed):
    rng = np.random.default_rng(seed)
    y, x2 = rng.normal(size=(n, 1)), rng.normal(size=(n, 2))
    x1 = np.hstack([y + np.sin(x2[:, :1]), 0.5 * y + x2[:, 1:]]) + 0.5 * rng.normal(size=(n, 2))
    return np.hstack([x1, x2]), y


# reference -----------------------------------------------------------------------------------------------------------
def test_projected_features_are_conditional_means_in_a_gaussian_case():
    rng = np.random.default_rng(1)
    n, slope, noise = 20_000, 0.8, 0.6
    a = rng.normal(size=(n, 1))
    X = np.hstack([slope * a + noise * rng.normal(size=(n, 1)), a])
    fit = fit_projected_features(
        X[:500], a[:500], X[500:], _one([1], width=2), lengthscale=1.0, penalty=1.0, n_features=64, rng=2
    )
    new = X[:2000]
    frequencies, scaler = fit._features.features.frequencies, fit.scaler
    # E exp(i w x1 | a) = exp(i w E[x1 | a] - w^2 var / 2) for the scaled column
    means = np.column_stack([slope * new[:, 1], new[:, 1]])
    damping = np.exp(-0.5 * (frequencies[0] * noise / scaler.scale[0]) ** 2)
    own, mean = scaler.of(new) @ frequencies, scaler.of(means) @ frequencies
    expected = np.hstack([np.cos(own) - damping * np.cos(mean), np.sin(own) - damping * np.sin(mean)]) / np.sqrt(32)
    error = np.mean((fit.features(new) - expected) ** 2) / np.mean(expected**2)
    # ridge regressions of about 15 degrees of freedom on 20,000 rows: 15 / 20,000 = 0.00075
    assert error < 0.002


def test_with_given_columns_the_projection_adds_their_means():
    rng = np.random.default_rng(3)
    n = 20_000
    b = rng.normal(size=(n, 1))
    a = 0.5 * b + rng.normal(size=(n, 1))
    c = a - b + 0.5 * rng.normal(size=(n, 1))
    X = np.hstack([c, a, b])
    fit = fit_projected_features(
        X[:500], b[:500], X[500:], _one([1], [2]), lengthscale=1.0, penalty=1.0, n_features=32, rng=2
    )
    frequencies, scaler = fit._features.features.frequencies, fit.scaler
    new = X[:2000]

    def mean_wave(c_mean, c_sd, a_mean, a_sd, covariance):
        points = scaler.of(np.column_stack([c_mean, a_mean, new[:, 2]]))
        w = frequencies / scaler.scale[:, None]
        spread = (w[0] * c_sd) ** 2 + (w[1] * a_sd) ** 2 + 2.0 * w[0] * w[1] * covariance
        angle = points @ frequencies
        return np.hstack([np.cos(angle), np.sin(angle)]) * np.tile(np.exp(-0.5 * spread), 2) / 4.0

    zero = np.zeros(len(new))
    whole = mean_wave(new[:, 0], 0.0, new[:, 1], 0.0, 0.0)
    given_both = mean_wave(new[:, 1] - new[:, 2], 0.5, new[:, 1], 0.0, 0.0)
    given_b = mean_wave(zero - 0.5 * new[:, 2], np.sqrt(1.25), 0.5 * new[:, 2], 1.0, 1.0)
    expected = whole - given_both + given_b
    error = np.mean((fit.features(new) - expected) ** 2) / np.var(expected)
    # about 60 degrees of freedom of two columns on 20,000 rows
    assert error < 0.01


# naive ---------------------------------------------------------------------------------------------------------------
def test_out_of_sample_values_are_those_of_refits_on_the_same_features():
    X, y = _design(300, 1)
    fit = fit_projected_features(X[:60], y[:60], X[60:], _one([2, 3], width=4), penalty=0.2, n_features=40, rng=1)
    values = fit.features(X[:60])
    for i in (0, 33):
        kept = np.arange(60) != i
        mean, target = values[kept].mean(axis=0), y[:60][kept].mean()
        centred = values[kept] - mean
        slopes = np.linalg.solve(centred.T @ centred + 0.2 * np.eye(40), centred.T @ (y[:60][kept, 0] - target))
        # the same system by another factorization
        assert fit.out_of_sample[i, 0] == pytest.approx(target + (values[i] - mean) @ slopes, abs=1e-10)
    np.testing.assert_allclose(fit.fitted, fit.predict(X[:60]), atol=1e-12)


# property ------------------------------------------------------------------------------------------------------------
def test_predictions_respect_the_constraint():
    X, y = _design(6000, 101)
    one = _one([2, 3], width=4)
    fit = fit_projected_features(X[:300], y[:300], X[300:], one, n_features=128, rng=1)
    base = fit_krr(X[:300], y[:300], rng=1)
    new, _ = _design(20_000, 3)
    columns = np.column_stack([np.sin(new[:, 2:]), new[:, 2:], new[:, 2:] ** 2])
    columns -= columns.mean(axis=0)

    def explained(values):
        slopes = np.linalg.lstsq(columns, values - values.mean(axis=0), rcond=None)[0]
        return np.var(columns @ slopes) / np.var(values)

    # conditional means from 6000 rows; the base has 300 to learn it from
    assert explained(fit.predict(new)) < min(0.003, explained(base.predict(new)))
    assert (fit.std(new[:5]) > 0).all()
    assert fit.tuning["criterion"] == "reml"
    # the constrained function is smoother than one that has to fit an effect of every column
    assert fit.tuning["multiples"][np.argmin(fit.tuning["profile"])] > 1.0


@pytest.mark.slow
def test_the_constraint_gains_on_average():
    one, losses = _one([2, 3], width=4), []
    for seed in range(200, 212):
        X, y = _design(3000, seed)
        new, best = _design(10_000, seed + 100)
        fit = fit_projected_features(X[:300], y[:300], X[300:], one, n_features=128, rng=1)
        base = fit_krr(X[:300], y[:300], rng=1)
        losses.append([float(np.mean((model.predict(new) - best) ** 2)) for model in (fit, base)])
    projected, unconstrained = np.mean(losses, axis=0)
    # what the base loses beside the noise, a variance of 1/6, is cut by half
    assert projected - 1 / 6 < 0.5 * (unconstrained - 1 / 6)


def test_an_infinite_penalty_of_the_means_only_centres_features_of_other_columns():
    X, y = _design(200, 4)
    fit = fit_projected_features(
        X[:100], y[:100], X[100:], _one([2, 3], width=4), embedding_penalty=np.inf, penalty=1.0, n_features=32, rng=1
    )
    assert fit.embedding_freedom.tolist() == [1.0]
    points = fit.scaler.of(X) / fit.lengthscale
    frequencies = fit._features.features.frequencies
    own, turn = points[:, :2] @ frequencies[:2], points[:, 2:] @ frequencies[2:]
    cosines, sines = np.cos(own) - np.cos(own).mean(axis=0), np.sin(own) - np.sin(own).mean(axis=0)
    expected = np.cos(turn) * cosines - np.sin(turn) * sines
    np.testing.assert_allclose(fit.features(X)[:, :16], expected / 4.0, atol=1e-12)


def test_seeds_and_rows_on_disk(tmp_path):
    X, y = _design(3000, 5)
    np.save(tmp_path / "x.npy", X)
    stored = np.load(tmp_path / "x.npy", mmap_mode="r")
    options = {"n_features": 32, "n_conditioning": 16, "rng": 7}
    one = _one([2, 3], width=4)
    first = fit_projected_features(X[:2500], y[:2500], X[2500:], one, **options)
    again = fit_projected_features(stored[:2500], y[:2500], stored[2500:], one, **options)
    assert (first.out_of_sample == again.out_of_sample).all()
    alone = fit_projected_features(X[:2500], y[:2500], X[:0], one, **options)
    assert np.isfinite(alone.predict(X[:3])).all()


# errors --------------------------------------------------------------------------------------------------------------
def test_refusals():
    X, y = _design(50, 6)
    two = resolve([Constraint((2,)), Constraint((3,))], ("a", "b", "c", "d"))
    with pytest.raises(InvalidParameterError, match="take one constraint, and there are 2"):
        fit_projected_features(X, y, X[:0], two)
    with pytest.raises(InvalidParameterError, match="tune"):
        fit_projected_features(X, y, X[:0], two[:1], tune="loo")
    with pytest.raises(InvalidParameterError, match="must not be negative"):
        fit_projected_features(X, y, X[:0], two[:1], embedding_penalty=-1.0)
