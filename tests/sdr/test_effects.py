"""Responses along components: known answers."""

import numpy as np
import pytest

from stattools._errors import InvalidParameterError, Notes
from stattools.sdr import effects as module
from stattools.sdr.effects import Responses, along_component, component_effects, curve_summary


def line(curves):
    m = curves.shape[1]
    return Responses("line", curves, np.full(m, m**-0.5), (np.arange(m) + 0.5) / m)


# reference -----------------------------------------------------------------------------------------------------------
def test_a_location_family_moves_by_its_location():
    u = np.linspace(-1.0, 1.0, 200)[:, None]
    base = np.linspace(-2.0, 2.0, 21)
    found = component_effects(u, line(3.0 * u + base))
    # 0.1: kernel means at the 10 and 90 percent points lean inwards by the bandwidth at most
    np.testing.assert_allclose(found.summaries["mean"][0], 3.0 * found.positions[0], atol=0.1)
    np.testing.assert_allclose(found.summaries["sd"][0], base.std(), rtol=1e-9)
    np.testing.assert_allclose(found.distances[0], np.ptp(found.summaries["mean"][0]), rtol=1e-9)
    assert found.rsquared_alone[0] > 0.99


def test_a_component_without_effect_has_none():
    rng = np.random.default_rng(2)
    scores = rng.standard_normal((300, 2))
    found = component_effects(scores, line(scores[:, :1] + np.linspace(-1.0, 1.0, 11)))
    assert found.rsquared_alone[0] > 0.95 and found.rsquared_alone[1] < 0.05
    assert found.distances[0] > 20 * found.distances[1]


def test_leaving_one_out_of_a_constant_fit_explains_nothing():
    rng = np.random.default_rng(3)
    found = component_effects(rng.standard_normal((100, 1)), line(rng.standard_normal((100, 1)) + np.zeros(4)))
    assert -0.02 <= found.rsquared_alone[0] < 0.1  # 29 bandwidths were compared, infinity with exactly 0 among them


def test_an_effect_of_nothing_is_exactly_zero():
    rng = np.random.default_rng(1)
    found = component_effects(rng.standard_normal((40, 12)), line(rng.standard_normal((40, 1)) + np.zeros(4)))
    assert (found.rsquared_alone[found.bandwidths == np.inf] == 0.0).all() and np.isinf(found.bandwidths).any()


def test_summary_of_curves_is_that_of_their_atoms():
    curves = np.random.default_rng(1).standard_normal((4, 6))
    widths = np.array([1.0, 2.0, 1.0, 1.0, 3.0, 2.0]) / 10.0
    found = curve_summary(curves, np.sqrt(widths))
    for k, curve in enumerate(curves):
        mean = np.average(curve, weights=widths)
        assert np.isclose(found["mean"][k], mean) and np.isclose(
            found["sd"][k], np.sqrt(np.average((curve - mean) ** 2, weights=widths))
        )


# property ------------------------------------------------------------------------------------------------------------
def test_shares_of_categories_add_up_to_one():
    codes = np.random.default_rng(1).integers(0, 3, 90)
    responses = Responses("categories", np.eye(3)[codes], np.ones(3), names=("a", "b", "c"))
    scores = codes[:, None] + 0.3 * np.random.default_rng(2).standard_normal((90, 1))
    found = component_effects(scores, responses)
    np.testing.assert_allclose(sum(found.summaries.values()), 1.0, rtol=1e-12)
    assert found.summaries["a"][0, 0] > 0.9 and found.summaries["c"][0, 2] > 0.9


def test_expected_quantile_functions_do_not_decrease():
    rng = np.random.default_rng(1)
    scores = rng.standard_normal((50, 1))
    responses = line(np.sort(rng.standard_normal((50, 20)), axis=1) * np.exp(scores))
    curves = along_component(scores, responses, component_effects(scores, responses), 0, np.linspace(-3, 3, 13))
    assert (np.diff(curves, axis=1) >= 0).all()


def test_large_samples_take_a_subset_for_the_bandwidth_and_say_so(monkeypatch):
    monkeypatch.setattr(module, "MOST_ROWS", 60)
    u = np.linspace(-1.0, 1.0, 400)[:, None]
    notes = Notes()
    found = component_effects(u, Responses("vector", u**2, np.ones(1), names=("y",)), notes)
    assert "60 of 400 observations" in notes.remarks[0]
    np.testing.assert_allclose(found.summaries["y"][0], [0.64, 0.0, 0.64], atol=0.05)


def test_features_have_no_summary():
    rows = np.random.default_rng(1).standard_normal((30, 3))
    assert component_effects(rows[:, :1], Responses("features", rows, np.ones(3))).summaries == {}


# errors --------------------------------------------------------------------------------------------------------------
def test_an_unknown_kind_is_named():
    with pytest.raises(InvalidParameterError, match="kind is 'lines'"):
        Responses("lines", np.ones((2, 2)), np.ones(2))
