"""Matrices that are passed as the Gram matrix of a kernel."""

import numpy as np
import pytest

from stattools.exceptions import InvalidDataError
from stattools.sdr import DistributionSDR, precomputed
from stattools.sdr.precomputed import checked_gram

RNG = np.random.default_rng(1)
LINE = RNG.normal(size=2100)


def low_rank(**options):
    return DistributionSDR(
        kernel_x="precomputed", n_components=1, criteria=(), solver="rpcholesky", rank=20, random_state=1, **options
    )


# properties ----------------------------------------------------------------------------------------------------------
def test_kernels_pass():
    x = LINE[:60, None] + RNG.normal(size=(60, 2))
    centred = x - x.mean(axis=0)
    for gram in (centred @ centred.T, np.exp(-((x[:, :1] - x[:, 0]) ** 2)), np.eye(3), np.diag([0.0, 1.0, 2.0])):
        assert np.array_equal(checked_gram(gram, "X"), gram)


def test_a_large_kernel_is_said_to_be_checked_in_part(monkeypatch):
    monkeypatch.setattr(precomputed, "MOST_ROWS", 50)
    line = LINE[:60]
    notes = low_rank().fit(np.exp(-((line[:, None] - line) ** 2) / 2), line).results_.notes
    assert any("positive semidefinite on 50 of its 60 rows" in note for note in notes)


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("n", [40, 2100])
@pytest.mark.parametrize("turned", [lambda d: 1.0 - d, lambda d: d], ids=["1 - d", "d"])
def test_distances_are_no_kernel_at_any_size(n, turned):
    distances = np.abs(LINE[:n, None] - LINE[:n])
    with pytest.raises(InvalidDataError, match="on the diagonal there, and so a negative eigenvalue"):
        low_rank().fit(turned(distances), LINE[:n])


def test_a_large_indefinite_matrix_with_no_entry_too_large(monkeypatch):
    """No pair of rows shows it, and half of the rows do."""
    monkeypatch.setattr(precomputed, "MOST_ROWS", 100)
    gram = np.exp(-np.abs(LINE[:200, None] - LINE[:200]) ** 4)
    with pytest.raises(InvalidDataError, match="of 100 of its rows.*negative eigenvalue"):
        checked_gram(gram, "X")


def test_a_negative_diagonal():
    with pytest.raises(InvalidDataError, match=r"-1 at \[2, 2\], and so a negative eigenvalue"):
        checked_gram(np.diag([1.0, 1.0, -1.0]), "X")
