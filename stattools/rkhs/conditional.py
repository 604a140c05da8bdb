"""Conditional mean embeddings: the mean of a kernel's features given other variables, as weights on rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stattools._errors import InvalidParameterError
from stattools._typing import FloatArray
from stattools.rkhs.grams import Centring, centring
from stattools.rkhs.ridge import SHARES, FeatureSpectrum, centred_spectrum
from stattools.rkhs.spectra import Spectrum, spectrum


@dataclass(frozen=True, eq=False)
class ConditionalEmbedding:
    """Weights w(z) on N rows with E[phi(R) | z] ~ sum_i w_i(z) phi(R_i): from `fit_conditional_embedding`.

    Attributes
    ----------
    spectrum : Spectrum or FeatureSpectrum
        Of the (centred) Gram matrix L of the conditioning variables, N rows.
    centring : Centring or None
        Of that Gram matrix; None if it was not centred, or if the spectrum is that of features.
    centred : bool
    penalty : float
        Added to eigenvalues; infinity gives the unconditional mean, or zero without centring.
    degrees_of_freedom : float
        Trace of the smoother.
    penalties : (c,) float64
        Candidates, decreasing from infinity; only the penalty itself if it was given.
    criterion : (c,) float64
        Their embedding GCV; empty if the penalty was given.

    Notes
    -----
    With H = I - 11'/N and l(z) the kernels of z with the rows, centred as in kernel principal components,
    w(z) = 1/N + H (H L H + penalty I)^-1 l(z). Derived here: the feature of R is regressed on that of z with an
    intercept that is not penalised, so the weights of each z sum to one, a constant added to the kernel of R changes
    nothing in what is not constant, and an infinite penalty gives the mean. Without centring
    w(z) = (L + penalty I)^-1 l(z) [1]_: the weights sum to less than one.

    References
    ----------
    .. [1] Song, Huang, Smola and Fukumizu (2009), Hilbert space embeddings of conditional distributions with
       applications to dynamical systems, ICML, 961-968.

    Examples
    --------
    >>> from stattools.rkhs import gaussian_gram
    >>> z = np.linspace(-1.0, 1.0, 30)[:, None]
    >>> gram = gaussian_gram(z)
    >>> found = fit_conditional_embedding(gram, z @ z.T)
    >>> new = gaussian_gram(np.array([[0.5]]), z)
    >>> found.weights(new).sum().round(10), found.expectation(new, z).round(2)
    (np.float64(1.0), array([[0.5]]))
    """

    spectrum: Spectrum
    centring: Centring | None
    centred: bool
    penalty: float
    degrees_of_freedom: float
    penalties: FloatArray
    criterion: FloatArray

    def coordinates(self, cross: FloatArray) -> FloatArray:
        """(k, r) coordinates of new z from their (k, N) kernels, or (k, d) features, on the eigenvectors."""
        if isinstance(self.spectrum, FeatureSpectrum):
            return self.spectrum.coordinates(cross)
        kernels = cross if self.centring is None else self.centring.cross(cross)
        return np.asarray(kernels @ (self.spectrum.vectors / np.sqrt(self.spectrum.values)))

    def weights(self, cross: FloatArray) -> FloatArray:
        """(k, N) weights, a row for each new z.

        cross : (k, N) kernels of the new z with the rows, or their (k, d) features if it was fitted to features.
        """
        return np.asarray(self.coordinates(cross) @ self._loadings().T + self._constant())

    def expectation(self, cross: FloatArray, values: FloatArray) -> FloatArray:
        """(k, q) conditional means of functions known by their (N, q) values at the rows, without the (k, N) weights.

        O(N r q + k r (N + q)) time; cross as in `weights`.
        """
        slopes = self._loadings().T @ values
        return np.asarray(self.coordinates(cross) @ slopes + self._constant() * values.sum(axis=0))

    def training_weights(self) -> FloatArray:
        """(N, N) weights at the rows themselves, a row each: the symmetric smoother matrix."""
        vectors, values = self.spectrum.vectors, self.spectrum.values
        return np.asarray((vectors * (values / (values + self.penalty))) @ vectors.T + self._constant())

    def _loadings(self) -> FloatArray:
        values = self.spectrum.values
        return np.asarray(self.spectrum.vectors * (np.sqrt(values) / (values + self.penalty)))

    def _constant(self) -> float:
        return 1.0 / len(self.spectrum.vectors) if self.centred else 0.0


def fit_conditional_embedding(
    conditions: FloatArray | FeatureSpectrum,
    outcomes: FloatArray,
    *,
    penalty: float | str = "gcv",
    centred: bool = True,
) -> ConditionalEmbedding:
    """Estimate a conditional mean embedding from N rows.

    Parameters
    ----------
    conditions : (N, N) float64 or FeatureSpectrum
        Gram matrix of the conditioning variables, or the decomposition of features of them, centred as `centred` says.
    outcomes : (N, N) or (N, d) float64
        Gram matrix of the variables whose features are averaged, or the features themselves if d differs from N; only
        used by "gcv".
    penalty : "gcv" or float, default "gcv"
        Added to the eigenvalues of `conditions`; "gcv" takes the candidate of the smallest `embedding_gcv`, infinity
        among them.
    centred : bool, default True

    Returns
    -------
    ConditionalEmbedding

    Raises
    ------
    InvalidParameterError
        The penalty is negative, or no number.

    Examples
    --------
    >>> from stattools.rkhs import gaussian_gram
    >>> rng = np.random.default_rng(1)
    >>> z, r = rng.normal(size=(40, 1)), rng.normal(size=(40, 1))
    >>> found = fit_conditional_embedding(gaussian_gram(z), gaussian_gram(r), penalty=np.inf)
    >>> found.weights(gaussian_gram(z[:1], z))[0, :2]
    array([0.025, 0.025])
    """
    learned = None
    if isinstance(conditions, FeatureSpectrum):
        pairs: Spectrum = conditions
    else:
        learned = centring(conditions) if centred else None
        pairs = centred_spectrum(conditions) if centred else spectrum(conditions)
    if isinstance(penalty, str):
        if penalty != "gcv":
            raise InvalidParameterError(f"penalty is {penalty!r}; it takes 'gcv' or a number")
        penalties = _candidates(pairs)
        criterion = embedding_gcv(pairs, outcomes, penalties, centred=centred)
        chosen = float(penalties[int(np.argmin(criterion))])
    else:
        if not penalty >= 0:
            raise InvalidParameterError(f"penalty is {penalty}; it must not be negative")
        chosen, penalties, criterion = float(penalty), np.array([float(penalty)]), np.empty(0)
    degrees = float((pairs.values / (pairs.values + chosen)).sum()) + float(centred)
    return ConditionalEmbedding(pairs, learned, centred, chosen, degrees, penalties, criterion)


def _candidates(pairs: Spectrum) -> FloatArray:
    inner = pairs.values[0] * SHARES[::-1] if len(pairs.values) else np.empty(0)
    return np.concatenate([[np.inf], inner])


def embedding_gcv(pairs: Spectrum, outcomes: FloatArray, penalties: FloatArray, *, centred: bool = True) -> FloatArray:
    """Generalised cross-validation of conditional mean embeddings, all penalties from one decomposition.

    Parameters
    ----------
    pairs : Spectrum
        Of the (centred) Gram matrix of the conditioning variables, N rows.
    outcomes : (N, N) or (N, d) float64
        Gram matrix of the outcomes, or their features if d differs from N.
    penalties : (c,) float64
    centred : bool, default True

    Returns
    -------
    (c,) float64
        Infinite where no freedom is left.

    Notes
    -----
    Derived here: with the smoother S, the features of the outcomes leave the squared residual tr((I - S) R (I - S)) for
    their Gram matrix R, and GCV is N times it over tr(I - S)^2, as for any multivariate response. Along eigenvector k,
    I - S shrinks by d_k = penalty / (s_k + penalty); along all other directions (but the constant one, if centred) by
    one. Each penalty costs O(r) after one product, O(N^2 r).

    Examples
    --------
    >>> from stattools.rkhs import spectrum
    >>> embedding_gcv(spectrum(np.diag([0.5, -0.5]) @ np.ones((2, 2)) @ np.diag([0.5, -0.5])), np.eye(2), [np.inf])
    array([2.])
    """
    rows = len(pairs.vectors)
    along, total = _energies(pairs, outcomes, centred)
    free = rows - int(centred)
    beyond = max(total - float(along.sum()), 0.0) if len(along) < free else 0.0
    with np.errstate(divide="ignore"):
        kept = 1.0 / (1.0 + pairs.values / np.asarray(penalties, dtype=np.float64)[:, None])
    squares = np.square(kept) @ along + beyond
    left = kept.sum(axis=1) + max(free - len(along), 0)
    usable = left > 0
    return np.where(usable, rows * squares / np.where(usable, left, 1.0) ** 2, np.inf)


def _energies(pairs: Spectrum, outcomes: FloatArray, centred: bool) -> tuple[FloatArray, float]:
    """u' R u for each eigenvector u, and the trace of the (centred) R."""
    vectors = pairs.vectors
    if outcomes.shape[0] == outcomes.shape[1]:
        along = np.einsum("ij,ij->j", vectors, outcomes @ vectors)
        total = float(np.trace(outcomes)) - (float(outcomes.mean(axis=0).sum()) if centred else 0.0)
    else:
        features = outcomes - outcomes.mean(axis=0) if centred else outcomes
        along = np.square(vectors.T @ features).sum(axis=1)
        total = float(np.square(features).sum())
    return np.maximum(along, 0.0), total
