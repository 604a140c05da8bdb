import numpy as np
import pytest

from stattools.wls.sensitivity import shares

ACTIVE = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 1], [1, 0, 1]], dtype=bool)
TRUTH = np.array([3.0, 1.0, 0.7, 0.4, 0.0, 0.0])


# property ------------------------------------------------------------------------------------------------------------
def test_exact_coefficients_have_exact_shares():
    values = shares(TRUTH, np.zeros((6, 6)), ACTIVE, corrected=True)
    total = 1.0 + 0.49 + 0.16
    np.testing.assert_allclose(values.first_order, np.array([1.0, 0.49, 0.0]) / total, rtol=1e-14)
    np.testing.assert_allclose(values.total, np.array([1.16, 0.65, 0.0]) / total, rtol=1e-14)
    assert not np.any(values.first_order_se) and not np.any(values.total_se)


def test_the_constant_and_the_unit_do_not_matter():
    matrix = np.diag([5.0, 0.01, 0.02, 0.01, 0.03, 0.01])
    plain = shares(TRUTH, matrix, ACTIVE, corrected=True)
    moved = shares(np.concatenate([[99.0], TRUTH[1:]]) * 1e6, matrix * 1e12, ACTIVE, corrected=True)
    for ours, theirs in zip(plain, moved, strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-12)


@pytest.mark.parametrize("noise", [0.02, 0.1])
def test_noise_is_taken_off_and_told(noise):
    rng = np.random.default_rng(1)
    root = noise * (np.eye(6) + 0.3 * rng.normal(size=(6, 6)))
    matrix = root @ root.T
    draws = TRUTH + rng.normal(size=(4000, 6)) @ root.T
    found = [shares(draw, matrix, ACTIVE, corrected=True) for draw in draws]
    exact = shares(TRUTH, np.zeros((6, 6)), ACTIVE, corrected=True)
    for name in ("first_order", "total"):
        values = np.array([getattr(one, name) for one in found])
        errors = np.array([getattr(one, f"{name}_se") for one in found])
        # four standard errors of the mean, and the bias of a ratio, of the order of the squared error
        bound = 4 * values.std(axis=0) / np.sqrt(4000) + values.std(axis=0) ** 2
        assert (np.abs(values.mean(axis=0) - getattr(exact, name)) < bound).all()
        ratio = np.sqrt((errors**2).mean(axis=0)) / values.std(axis=0)
        assert (ratio > 0.95).all()
        assert (ratio[:2] < 1.1).all()  # of an input without effect, whose form is all noise, twice at most
        assert ratio[2] < 2.0
