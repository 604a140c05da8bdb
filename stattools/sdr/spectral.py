"""Eigenpairs of the Gram matrix of one side, exact or of low rank, and what turns new rows into scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg

from stattools import _random
from stattools._errors import (
    ConvergenceWarning,
    DegenerateDataError,
    DegenerateDataWarning,
    InvalidDataError,
    Notes,
)
from stattools._typing import FloatArray
from stattools.rkhs import Centring, PivotedCholesky, Spectrum, centring, pivoted_cholesky, spectrum
from stattools.sdr import precomputed
from stattools.sdr.blocks import SideKernel
from stattools.sdr.proximity import CEILING, Proximity, proximity_of_factor, proximity_of_gram

CHUNK = 2**23
"""Kernel values of a block of new rows."""
NEGATIVE = 1e-8
"""Eigenvalues below minus this share of the largest are not rounding."""
MOST_LEFT_OUT = 0.05
"""Share of the trace that a low rank may leave out without a warning."""


@dataclass(frozen=True, eq=False)
class SideSpectra:
    """Eigenpairs of one side.

    Attributes
    ----------
    kernel : SideKernel
    centred : Spectrum
        Of the centred Gram matrix, which the estimator uses.
    plain : Spectrum
        Of the Gram matrix as it is, which cross-validation uses unless it is to be centred too.
    residual_share : float
        Trace that an approximation leaves out, over the trace.
    proximity : Proximity
        How near rows of the fit are to the others, in low rank to the pivots.
    centring : Centring or None
        Exact solver.
    factor : PivotedCholesky or None
        Low rank; with `mean` (r,) of its rows and `basis` (r, k), which turns centred rows of the factor into
        coordinates along `centred`.
    """

    kernel: SideKernel
    centred: Spectrum
    plain: Spectrum
    residual_share: float
    proximity: Proximity
    centring: Centring | None = None
    factor: PivotedCholesky | None = None
    mean: FloatArray | None = None
    basis: FloatArray | None = None

    def coordinates(self, new: Any) -> tuple[FloatArray, FloatArray]:
        """(k, r) inner products of new centred features with unit functions along the eigenvectors, (k,) separations.

        For a row of the fit the first is the row of ``centred.vectors * sqrt(centred.values)``.
        """
        count = len(_first(new))
        step = max(1, CHUNK // self.kernel.n)
        parts = [self._coordinates(_chunk(new, start, start + step)) for start in range(0, count, step)]
        return np.vstack([part[0] for part in parts]), np.concatenate([part[1] for part in parts])

    def _coordinates(self, new: Any) -> tuple[FloatArray, FloatArray]:
        cross = self.kernel.cross(new, None if self.factor is None else self.factor.pivots)
        separations = self.proximity.separations(cross)
        if self.factor is None:
            assert self.centring is not None
            rows = self.centring.cross(cross) @ self.centred.vectors
            return np.asarray(rows / np.sqrt(self.centred.values)), separations
        assert self.mean is not None and self.basis is not None
        return np.asarray((self.factor.transform(cross) - self.mean) @ self.basis), separations


def exact_spectra(kernel: SideKernel, *, gcv_centered: bool) -> SideSpectra:
    """Two eigendecompositions, or one if cross-validation uses the centred Gram matrix too. O(n^3), 32 n^2 bytes.

    Raises
    ------
    InvalidDataError
        The Gram matrix that was passed has negative eigenvalues.
    DegenerateDataError
        All rows have one feature.
    """
    gram = kernel.gram()
    learned = centring(gram)
    centred = learned.train(gram)
    of_centred = spectrum(centred)
    _require_rank(of_centred, kernel)
    if kernel.precomputed:
        _require_semidefinite(centred, of_centred, kernel.name)
    plain = of_centred if gcv_centered else spectrum(gram)
    return SideSpectra(kernel, of_centred, plain, 0.0, proximity_of_gram(gram), centring=learned)


def low_rank_spectra(
    kernel: SideKernel, *, rank: int, tol: float, seed: np.random.SeedSequence, gcv_centered: bool
) -> SideSpectra:
    """Eigenpairs of a randomly pivoted Cholesky factor. O(n M r + n r^2), about 8 n (M + 5 r) bytes.

    One QR factorization of a constant column beside the factor gives the centred matrix too: without the first row of
    the triangle its columns are those of the factor less their means.
    """
    diagonal = kernel.parts[0].rows.diagonal() if kernel.precomputed else np.ones(kernel.n)
    found = pivoted_cholesky(kernel.columns, diagonal, rank=rank, tol=tol, rng=_random.child_seed(seed, 0))
    n, r = found.factor.shape
    beside = np.empty((n, r + 1), order="F")
    beside[:, 0] = 1.0 / np.sqrt(n)
    beside[:, 1:] = found.factor
    q, triangle = scipy.linalg.qr(beside, mode="economic", overwrite_a=True, check_finite=False)
    of_centred, basis = _from_triangle(q, triangle[1:, 1:], q[:, 1:])
    _require_rank(of_centred, kernel)
    plain = of_centred if gcv_centered else _from_triangle(q, triangle[:, 1:], q)[0]
    share = found.residual_trace / float(np.sum(diagonal))
    mean = found.factor.mean(axis=0)
    near = proximity_of_factor(found.factor, found.pivots, diagonal)
    return SideSpectra(kernel, of_centred, plain, share, near, factor=found, mean=mean, basis=basis)


def note_on_spectra(found: SideSpectra, notes: Notes, *, tol: float) -> None:
    """Say where a kernel hardly relates rows, or an approximation hardly represents it; `tol` is the share allowed.

    Warns
    -----
    ConvergenceWarning
        A low-rank factor stopped with more than 5 percent of the trace left out, and more than `tol`.
    DegenerateDataWarning
        Most rows have a kernel near 0 with all others.
    """
    name = found.kernel.name
    bandwidth = "" if found.kernel.precomputed else f" or a longer bandwidth_{name.lower()}="
    if found.residual_share > max(MOST_LEFT_OUT, tol):
        assert found.factor is not None
        notes.warn(
            f"the low-rank factor of the kernel of {name} leaves out {100.0 * found.residual_share:.2g} percent of its "
            f"trace at rank {found.factor.factor.shape[1]}; a larger rank={bandwidth} leaves out less",
            ConvergenceWarning,
        )
    elif found.proximity.isolated:
        notes.warn(
            f"the kernel of {name} is nearly the identity: for most rows it is below {np.exp(-CEILING):.2g} with all "
            "others, so that it relates no row to another and new rows have scores near one point; "
            + ("it is too narrow" if found.kernel.precomputed else f"bandwidth_{name.lower()} is far too short"),
            DegenerateDataWarning,
        )
    if found.factor is not None and found.kernel.precomputed and found.kernel.n > precomputed.MOST_ROWS:
        notes.remark(
            f"{name} was checked to be positive semidefinite on {precomputed.MOST_ROWS} of its {found.kernel.n} rows "
            "alone; solver='exact' checks all"
        )


def _from_triangle(q: FloatArray, triangle: FloatArray, used: FloatArray) -> tuple[Spectrum, FloatArray]:
    """Spectrum of Z Z' for Z = used @ triangle, and the matrix that turns rows of Z into coordinates."""
    left, singular, right = scipy.linalg.svd(triangle, full_matrices=False, check_finite=False)
    rounding = len(q) * np.finfo(np.float64).eps * singular.max(initial=0.0) ** 2
    kept = int(np.count_nonzero(singular**2 > rounding))
    vectors = used @ left[:, :kept]
    return Spectrum(singular[:kept] ** 2, vectors), np.ascontiguousarray(right[:kept].T)


def _require_rank(found: Spectrum, kernel: SideKernel) -> None:
    if not len(found.values):
        longer = "" if kernel.precomputed else f"; bandwidth_{kernel.name.lower()} may be far too long"
        raise DegenerateDataError(f"the kernel of {kernel.name} is the same for all pairs of rows, to rounding{longer}")


def _require_semidefinite(centred: FloatArray, found: Spectrum, name: str) -> None:
    """The trace of what was dropped is that of the negative part."""
    missing = float(found.values.sum() - np.trace(centred))
    if missing > NEGATIVE * len(centred) * float(found.values[0]):
        raise InvalidDataError(
            f"{name} has negative eigenvalues of sum {missing:.3g}; a kernel is positive semidefinite"
        )


def _first(rows: Any) -> Any:
    if isinstance(rows, np.ndarray):
        return rows
    return rows[0] if rows[0] is not None else rows[1][0]


def _chunk(rows: Any, start: int, stop: int) -> Any:
    if isinstance(rows, np.ndarray):
        return rows[start:stop]
    joined, others = rows
    return (None if joined is None else joined[start:stop]), [part[start:stop] for part in others]
