import numpy as np
import pytest

from stattools.distributions import Directions, Identity
from stattools.exceptions import InvalidDataError, InvalidParameterError

KINDS = ["random", "orthogonal", "qmc"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dimension", [1, 2, 3, 7])
@pytest.mark.parametrize("n_directions", [1, 6, 17])
def test_random_directions_are_unit_vectors_and_repeatable(kind, dimension, n_directions):
    directions = Directions.random(dimension, n_directions, kind=kind, rng=1)
    assert directions.directions.shape == (n_directions, dimension)
    np.testing.assert_allclose(np.linalg.norm(directions.directions, axis=1), 1, rtol=1e-14)
    np.testing.assert_array_equal(
        directions.directions, Directions.random(dimension, n_directions, kind=kind, rng=1).directions
    )
    np.testing.assert_allclose(directions.slice_weights.sum(), 1)
    assert len(directions.slice_names) == directions.n_slices == n_directions


def test_orthogonal_directions_come_in_frames():
    frames = Directions.random(3, 6, kind="orthogonal", rng=0).directions.reshape(2, 3, 3)
    for frame in frames:
        np.testing.assert_allclose(frame @ frame.T, np.eye(3), atol=1e-14)
    assert not np.allclose(frames[0], frames[1])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dimension", [2, 3])
def test_each_direction_is_uniform_on_the_sphere(kind, dimension):
    drawn = np.stack([Directions.random(dimension, 4, kind=kind, rng=seed).directions for seed in range(2000)])
    # second moments of a uniform direction are 1/d; 0.05 is at least 5 standard errors over 2000 draws
    second = np.einsum("nsi,nsj->sij", drawn, drawn) / len(drawn)
    np.testing.assert_allclose(second, np.broadcast_to(np.eye(dimension) / dimension, second.shape), atol=0.05)
    np.testing.assert_allclose(drawn.mean(axis=0), 0, atol=0.09)


def test_spread_directions_are_more_even():
    def unevenness(kind, seed, dimension):
        directions = Directions.random(dimension, 64, kind=kind, rng=seed).directions
        return np.abs(directions.T @ directions / 64 - np.eye(dimension) / dimension).max()

    for dimension in (2, 3):
        random, qmc = (np.mean([unevenness(kind, seed, dimension) for seed in range(30)]) for kind in ("random", "qmc"))
        assert qmc < random / 3


def test_evaluate_projects():
    directions = Directions([[0.6, 0.8], [1, 0]], weights=[1, 3])
    np.testing.assert_allclose(directions.evaluate([[1, 1], [0, 2]]), [[1.4, 1], [1.6, 0]])
    assert directions.slice_weights.tolist() == [1, 3]
    assert repr(directions) == "Directions(2 in R^2)"
    assert directions.domain is None
    with pytest.raises(InvalidDataError, match=r"needs \(M, 2\)"):
        directions.evaluate([[1, 2, 3]])


def test_identity():
    assert Identity().evaluate([3.0, 1.0]).tolist() == [[3], [1]]
    assert (Identity().n_slices, Identity().slice_weights.tolist(), Identity().slice_names) == (1, [1], ("value",))
    assert repr(Identity()) == "Identity()"
    with pytest.raises(InvalidDataError):
        Identity().evaluate([[1.0, 2.0]])


def test_directions_are_checked():
    with pytest.raises(InvalidDataError, match="length 2 in row 1; divide"):
        Directions([[1, 0], [0, 2]])
    with pytest.raises(InvalidDataError, match="3 numbers for 1"):
        Directions([[1, 0]], weights=[1, 2, 3])
    with pytest.raises(InvalidDataError, match="must not be negative"):
        Directions([[1, 0]], weights=[-1])
    with pytest.raises(InvalidParameterError, match="did you mean 'orthogonal'"):
        Directions.random(2, 3, kind="ortogonal")
    with pytest.raises(InvalidParameterError, match="n_directions is 0"):
        Directions.random(2, 0)
    with pytest.raises(InvalidParameterError, match="use kind='random'"):
        Directions.random(10**5, 1, kind="qmc")
