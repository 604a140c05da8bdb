"""From a domain's spectrum to its EigenBasis: weights, directions in eigenspaces, ranges, truncation bound."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools import _random, _validation
from stattools._errors import AssumptionWarning, ConvergenceWarning, InvalidParameterError, Notes
from stattools._typing import FloatArray, IntArray
from stattools.domains import weightings
from stattools.domains._eigenspaces import group_means, group_slices
from stattools.domains.base import Domain, Spectrum
from stattools.domains.eigenbasis import EigenBasis

N_ANGLES = 16
N_FRAMES = 4


def build_basis(
    domain: Domain,
    *,
    n_eigenfunctions: Any,
    weighting: Any,
    heat_time: Any,
    order: Any,
    multiplicity: Any,
    normalization: Any,
    n_rotations: Any,
    rng: Any,
) -> EigenBasis:
    """Validate the options, then compute; see `Domain.eigenbasis`."""
    n = _validation.integer(n_eigenfunctions, "n_eigenfunctions", minimum=1)
    multiplicity = _validation.choice(multiplicity, ("average", "fixed"), "multiplicity")
    normalization = _validation.choice(normalization, ("measure", "volume"), "normalization")
    if n_rotations is not None:
        n_rotations = _validation.integer(n_rotations, "n_rotations", minimum=2)
    seed = _random.seed_sequence(rng)
    weightings.resolve(weighting, heat_time=heat_time, order=order, first_eigenvalue=1.0)  # refuse before the work

    spectrum = domain._spectrum(n)
    alpha = weightings.resolve(weighting, heat_time=heat_time, order=order, first_eigenvalue=spectrum.eigenvalues[0])
    weights = alpha(group_means(spectrum.eigenvalues, spectrum.groups))
    if not weights.any():
        raise InvalidParameterError(
            f"weighting {alpha.text} gives every one of the {len(weights)} eigenfunctions weight 0"
        )
    notes = _collect_notes(domain, spectrum, alpha, n)
    average = multiplicity == "average"
    directions = eigenspace_directions(spectrum.groups, average=average, n_rotations=n_rotations, seed=seed)
    ranges = slice_ranges(domain, spectrum, directions)
    bound = domain._tail_bound(alpha, spectrum, average=average)
    if normalization == "volume":
        ranges = ranges / np.sqrt(domain.volume)
        bound = None if bound is None else bound / domain.volume
    return EigenBasis(
        domain=domain,
        weighting=alpha.text,
        normalization=normalization,
        multiplicity=multiplicity,
        eigenvalues=spectrum.eigenvalues,
        eigenvalue_weights=weights,
        groups=spectrum.groups,
        modes=spectrum.modes,
        directions=directions,
        slice_ranges=ranges,
        truncation_bound=bound,
        next_eigenvalue=spectrum.next_eigenvalue,
        eigenvectors=spectrum.eigenvectors,
        warnings=notes.warnings,
        remarks=notes.remarks,
    )


def _collect_notes(domain: Domain, spectrum: Spectrum, alpha: weightings.Weighting, n: int) -> Notes:
    notes = Notes()
    found = len(spectrum.eigenvalues)
    if found != n:
        word = "extended" if found > n else "reduced"
        notes.remark(f"n_eigenfunctions = {n} was {word} to {found}, the end of an eigenspace")
    for text in spectrum.remarks:
        notes.remark(text)
    for text in spectrum.warnings:
        notes.warn(text, ConvergenceWarning)
    if not domain.is_discrete and alpha.diverges(domain.dimension):
        notes.warn(
            f"{alpha.text} weights on {domain.description} (dimension {domain.dimension}) decay too slowly: distances "
            "between single points grow without bound as eigenfunctions are added; use 'heat', or 'sobolev' with "
            f"order above {domain.dimension / 2:g}",
            AssumptionWarning,
        )
    return notes


def eigenspace_directions(
    groups: IntArray, *, average: bool, n_rotations: int | None, seed: np.random.SeedSequence
) -> tuple[FloatArray, ...]:
    """For each eigenspace of dimension m the (S_E, m) unit vectors along which it is sliced.

    Their second moment is the identity over m, so that weights alpha * m / S_E reproduce the sum over the eigenspace
    of everything that is quadratic.
    """
    dimensions = np.bincount(groups).tolist()
    return tuple(
        np.eye(m) if m == 1 or not average else _spread(m, n_rotations, _random.generator(seed, group))
        for group, m in enumerate(dimensions)
    )


def _spread(m: int, n_rotations: int | None, generator: np.random.Generator) -> FloatArray:
    if m == 2:
        n_angles = n_rotations or N_ANGLES
        angles = np.pi * np.arange(n_angles) / n_angles
        return np.column_stack([np.cos(angles), np.sin(angles)])
    return np.concatenate([haar_frame(m, generator) for _ in range(n_rotations or N_FRAMES)])


def haar_frame(m: int, generator: np.random.Generator) -> FloatArray:
    """An orthonormal basis of R^m from the uniform (Haar) law, as rows."""
    q, r = np.linalg.qr(generator.standard_normal((m, m)))
    return np.asarray((q * np.sign(np.diag(r))).T)  # without the signs the law of q is not uniform


def slice_ranges(domain: Domain, spectrum: Spectrum, directions: tuple[FloatArray, ...]) -> FloatArray:
    """(S,) range of each slice function, or an upper bound of it (see EigenBasis)."""
    blocks = zip(group_slices(spectrum.groups), directions, strict=True)
    if spectrum.eigenvectors is not None:
        vectors = spectrum.eigenvectors
        return np.concatenate([np.ptp(vectors[:, columns] @ rows.T, axis=0) for columns, rows in blocks])
    extremes = domain._mode_extremes(spectrum.modes)
    shares = domain._mode_shares(spectrum.modes)
    singles = extremes[:, 1] - extremes[:, 0]
    return np.concatenate(
        [np.minimum(np.abs(rows) @ singles[columns], 2 * np.sqrt(shares[columns].sum())) for columns, rows in blocks]
    )
