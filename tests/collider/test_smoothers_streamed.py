"""Projectors of rows that pass in blocks are those of all rows at once."""

import numpy as np
import pytest

from stattools import _random
from stattools.collider import smoothers
from stattools.collider.projectors import fit_projector
from stattools.collider.rows import Rows
from stattools.collider.smoothers_streamed import fit_streamed
from stattools.exceptions import InvalidDataError


def _rows(m=900, n=300, *, given=False, types=True):
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(m, 2)), rng.normal(size=(m, 1))
    a[:, :1] += b
    values = np.hstack([np.sin(a[:, :1]) + b**2, 0.3 * a[:, 1:]]) + 0.5 * rng.normal(size=(m, 2))
    if not types:
        return Rows(a, b if given else None, np.zeros(m, dtype=np.intp), np.ones((m, 2))), values
    residuals = values[:n] + 0.2 * rng.normal(size=(n, 2))
    weights = np.vstack([np.tile([1.0, 2.0], (m, 1)), np.tile([3.0, 1.0], (n, 1))])
    both = np.vstack([b, b[:n]]) if given else None
    rows = Rows(np.vstack([a, a[:n]]), both, np.repeat([0, 1], [m, n]), weights)
    return rows, np.vstack([values, residuals])


# naive ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("types", [True, False])
@pytest.mark.parametrize("penalty", ["gcv", 0.01, np.inf])
@pytest.mark.parametrize(
    ("kind", "given"),
    [("linear", False), ("spline", False), ("kernel", False), ("rff", False), ("linear", True), ("spline", True)],
)
def test_streamed_smoother_is_that_of_all_rows(kind, given, penalty, types):
    rows, targets = _rows(given=given, types=types)
    words, main, of_given = smoothers._feature_maps(kind, rows, _random.seed_sequence(1), rank=30)[0]
    whole = smoothers._fit(kind, rows, targets, penalty, words, main, of_given)
    found = fit_streamed(kind, words, rows, targets, penalty, main, of_given, jointly=kind not in ("linear", "spline"))
    new = rows.columns[:50] + 0.1, None if rows.given is None else rows.given[:50]
    # products know small directions to fewer digits; that matters where splines of B are regressed on without penalty
    digits = 1e-5 if given else 1e-8
    np.testing.assert_allclose(found.predict(*new), whole.predict(*new), atol=digits)
    with np.errstate(invalid="ignore"):
        for name in ("penalty", "degrees_of_freedom", "noise", "gcv"):
            np.testing.assert_allclose(getattr(found, name), getattr(whole, name), rtol=digits, atol=1e-14)
    other = np.cos(targets)
    np.testing.assert_allclose(found.again(other).predict(*new), whole.again(other).predict(*new), atol=digits)


def test_types_that_do_not_stand_together():
    rows, targets = _rows()
    order = np.random.default_rng(2).permutation(len(targets))
    words, main, _ = smoothers._feature_maps("linear", rows, None)[0]
    found = fit_streamed("linear", words, rows.some(order), targets[order], "gcv", main, None, jointly=False)
    whole = fit_streamed("linear", words, rows, targets, "gcv", main, None, jointly=False)
    # sums in another order
    np.testing.assert_allclose(found.predict(rows.columns[:9]), whole.predict(rows.columns[:9]), atol=1e-12)


# property ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["auto", "linear", "spline", "kernel", "rff", "cells"])
def test_projectors_of_many_rows(kind, monkeypatch):
    monkeypatch.setattr(smoothers, "MANY_ROWS", 500)
    rows, targets = _rows(m=3000, types=False)
    columns = np.round(rows.columns) if kind == "cells" else rows.columns
    found = fit_projector(kind, columns, targets, rng=1).compact()
    again = fit_projector(kind, columns, targets, rng=1)
    values = found.predict(columns)
    assert (values == again.predict(columns)).all()
    # centred over the rows of the fit, up to rounding
    np.testing.assert_allclose(values.mean(axis=0), 0.0, atol=1e-12)
    truth = 0.3 * columns[:, 1]
    # noise of variance 1/4 over 3000 rows, and up to 100 degrees of freedom
    assert np.mean((values[:, 1] - truth + truth.mean()) ** 2) < 0.03
    assert np.isfinite(found.noise).all()
    assert "rows" in found.settings or "terms" in found.settings


def test_a_given_column_is_taken_off(monkeypatch):
    monkeypatch.setattr(smoothers, "MANY_ROWS", 500)
    rows, targets = _rows(m=4000, given=True, types=False)
    for kind in ("auto", "spline", "kernel"):
        found = fit_projector(kind, rows.columns, rows.given**2 + 0.0 * targets, given=rows.given, rng=1)
        # a function of B alone has no part that A explains beyond it; a line does not know a square
        size = 0.2 if kind == "auto" else 0.03
        assert np.mean(found.predict(rows.columns, rows.given) ** 2) < size


def test_constant_column_is_no_projection(monkeypatch):
    monkeypatch.setattr(smoothers, "MANY_ROWS", 50)
    targets = np.random.default_rng(1).normal(size=(200, 1))
    found = fit_projector("rff", np.ones((200, 1)), targets, rng=1)
    assert (found.predict(np.ones((3, 1))) == 0).all()
    assert np.isinf(found.penalty).all()


# errors --------------------------------------------------------------------------------------------------------------
def test_weights_that_differ_within_a_type_are_refused(monkeypatch):
    monkeypatch.setattr(smoothers, "MANY_ROWS", 50)
    rng = np.random.default_rng(1)
    with pytest.raises(InvalidDataError, match="weights differ within"):
        fit_projector("linear", rng.normal(size=(100, 1)), rng.normal(size=(100, 1)), rng.uniform(1, 2, 100))
