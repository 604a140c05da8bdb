"""Whether a matrix that was passed can be the Gram matrix of a kernel."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools import _random, _validation
from stattools._errors import DegenerateDataError, InvalidDataError
from stattools._typing import FloatArray
from stattools.sdr.bandwidths import identical

MOST_ROWS = 2000
"""Rows of the largest matrix whose eigenvalues are computed for the check; of a larger one, as many at random."""
TOLERANCE = 1e-8
"""Share of the largest entry: entries that are too large by less, and eigenvalues below zero by less for each row, are
rounding."""
CHUNK = 2**22
_INDEFINITE = (
    "negative eigenvalue; a kernel is positive semidefinite. Distances are turned into a kernel first, for example by "
    "exp(-d^2 / (2 b^2))"
)


def checked_gram(data: Any, name: str) -> FloatArray:
    """The (n, n) Gram matrix that was passed for X or Y.

    Raises
    ------
    InvalidDataError
        It is not square or not symmetric; an entry is larger than the Cauchy-Schwarz inequality allows, as distances
        are; or it has a negative eigenvalue.
    DegenerateDataError
        All entries are equal.

    Notes
    -----
    The eigenvalues of a principal submatrix lie between those of the matrix (Cauchy's interlacing), so that a negative
    one of 2000 rows drawn at random proves one of the whole. The reverse does not hold: a larger matrix that passes may
    still be indefinite, which the exact solver sees and low rank does not.

    Examples
    --------
    >>> checked_gram([[1.0, 0.5], [0.5, 1.0]], "X").shape
    (2, 2)
    """
    gram = _validation.float_array(data, name, ndim=2)
    if gram.shape[0] != gram.shape[1]:
        raise InvalidDataError(f"{name} has shape {gram.shape}; a precomputed kernel is a square Gram matrix")
    size = float(np.abs(gram).max())
    if not np.allclose(gram, gram.T, rtol=0, atol=1e-10 * size):
        i, j = np.unravel_index(int(np.argmax(np.abs(gram - gram.T))), gram.shape)
        raise InvalidDataError(
            f"{name} is not symmetric: {gram[i, j]:g} at [{i}, {j}] and {gram[j, i]:g} at [{j}, {i}]"
        )
    _require_cauchy_schwarz(gram, size, name)
    _require_no_negative_eigenvalue(gram, size, name)
    if np.ptp(gram) <= 1e-14 * size:
        raise DegenerateDataError(identical(name, "rows"))
    return gram


def _require_cauchy_schwarz(gram: FloatArray, size: float, name: str) -> None:
    """A pair that violates it spans a principal submatrix with a negative eigenvalue."""
    diagonal = gram.diagonal()
    if diagonal.min() < -TOLERANCE * size:
        i = int(np.argmin(diagonal))
        raise InvalidDataError(f"{name} has {gram[i, i]:.3g} at [{i}, {i}], and so a {_INDEFINITE}")
    roots = np.sqrt(np.maximum(diagonal, 0.0))
    step = max(1, CHUNK // len(gram))
    for start in range(0, len(gram), step):
        excess = np.abs(gram[start : start + step]) - roots[start : start + step, None] * roots
        if excess.max() > TOLERANCE * size:
            row, j = np.unravel_index(int(np.argmax(excess)), excess.shape)
            i = start + int(row)
            raise InvalidDataError(
                f"{name} has {gram[i, j]:.3g} at [{i}, {j}] with {gram[i, i]:.3g} and {gram[j, j]:.3g} on the diagonal "
                f"there, and so a {_INDEFINITE}"
            )


def _require_no_negative_eigenvalue(gram: FloatArray, size: float, name: str) -> None:
    part, of = gram, ""
    if len(gram) > MOST_ROWS:
        # which rows are drawn decides on nothing but an error, so one seed serves all calls
        rows = np.sort(_random.generator(_random.seed_sequence(0)).permutation(len(gram))[:MOST_ROWS])
        part, of = gram[np.ix_(rows, rows)], f" (of {MOST_ROWS} of its rows)"
    smallest = float(np.linalg.eigvalsh(part)[0])
    if smallest < -TOLERANCE * len(part) * size:
        raise InvalidDataError(f"{name} has the eigenvalue {smallest:.3g}{of}, a {_INDEFINITE}")
