import numpy as np
import pytest

from stattools import Box, DistributionArray
from stattools.distributions.slicers import Directions
from stattools.exceptions import ConvergenceWarning, InvalidParameterError
from stattools.sdr import particles
from stattools.sdr.frechet import FrechetRegressor
from stattools.sdr.particles import from_slices


def targets_of(points, directions, m):
    cloud = DistributionArray.from_samples([points])
    return cloud.embed(Directions(directions), m, "cell").values


def cloud(n=60, seed=0):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(n, 2)) @ np.array([[1.0, 0.6], [0.0, 0.5]])
    points[: n // 2] += 3.0
    return points


# property ------------------------------------------------------------------------------------------------------------
def test_steps_do_not_raise_the_distance(monkeypatch):
    directions = Directions.random(2, 20, kind="qmc", rng=1).directions
    targets = targets_of(cloud(), directions, 30)
    weights = np.full(20, 1 / 20)
    distances = []
    for most in range(8):
        monkeypatch.setattr(particles, "MOST_STEPS", most)
        distances.append(from_slices(targets, directions, weights).distances[0])
    assert (np.diff(distances) <= 1e-12).all()
    assert distances[-1] < 0.5 * distances[0]


def test_a_shift_of_the_targets_shifts_the_points():
    directions = Directions.random(2, 20, kind="qmc", rng=1).directions
    weights = np.full(20, 1 / 20)
    shift = np.array([5.0, -2.0])
    plain = from_slices(targets_of(cloud(), directions, 30), directions, weights)
    moved = from_slices(targets_of(cloud() + shift, directions, 30), directions, weights)
    np.testing.assert_allclose(moved.points, plain.points + shift, atol=1e-10)  # rounding over some 100 steps


# reference -----------------------------------------------------------------------------------------------------------
def test_one_direction_a_coordinate_is_met_exactly():
    targets = np.sort(np.random.default_rng(0).normal(size=(3, 2, 12)), axis=2)
    found = from_slices(targets, np.eye(2), np.array([0.5, 0.5]))
    assert found.converged.all() and found.distances.max() < 1e-12
    np.testing.assert_allclose(np.sort(found.points, axis=1), np.swapaxes(targets, 1, 2), atol=1e-12)


def test_the_cloud_is_near_the_one_that_made_the_slices():
    directions = Directions.random(2, 50, kind="qmc", rng=1).directions
    points = cloud()
    found = from_slices(targets_of(points, directions, 60), directions, np.full(50, 1 / 50))
    other = Directions.random(2, 200, rng=2)
    apart = DistributionArray.from_samples(found.points).pairwise(
        "sw2", DistributionArray.from_samples([points]), slicer=other
    )
    spread = np.sqrt(points.var(axis=0).sum() / 2)
    assert apart[0, 0] < 0.05 * spread  # measured 0.03: the minimum is a local one


def test_points_stay_in_a_box():
    directions = Directions.random(2, 20, kind="qmc", rng=1).directions
    points = np.clip(cloud(), 0.0, 3.0)
    found = from_slices(
        targets_of(points, directions, 30), directions, np.full(20, 1 / 20), box=np.array([[0.0, 3.0]] * 2)
    )
    assert found.points.min() >= 0.0 and found.points.max() <= 3.0
    assert found.converged.all() and found.distances[0] < 0.1


# errors --------------------------------------------------------------------------------------------------------------
def test_directions_must_span_the_space():
    with pytest.raises(InvalidParameterError, match="do not span R\\^2"):
        from_slices(np.zeros((1, 1, 5)), np.array([[1.0, 0.0]]), np.ones(1))


def test_clouds_that_have_not_settled_are_told(monkeypatch):
    monkeypatch.setattr(particles, "MOST_STEPS", 1)
    rng = np.random.default_rng(0)
    u = rng.uniform(size=20)
    Y = DistributionArray.from_samples(cloud()[None] + u[:, None, None], domain=Box([(-10, 10), (-10, 10)]))
    model = FrechetRegressor("global", n_quantiles=20, random_state=1).fit(u, Y)
    with pytest.warns(ConvergenceWarning, match="1 of 1 point clouds had not settled after 1 steps"):
        model.predict([0.5])
