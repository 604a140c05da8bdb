"""Kernels, Gram matrices and their spectra, low rank, ridge paths, and measures of dependence."""

from __future__ import annotations

import importlib
from typing import Any

_PUBLIC = {
    "Centring": "grams",
    "ConditionalEmbedding": "conditional",
    "FeatureSpectrum": "ridge",
    "FourierFeatures": "fourier",
    "PivotedCholesky": "cholesky",
    "RidgePath": "ridge",
    "Selection": "ridge",
    "Spectrum": "spectra",
    "apply_kernel": "kernels",
    "centred_spectrum": "ridge",
    "centring": "grams",
    "distance_correlation_of": "dependence",
    "embedding_gcv": "conditional",
    "feature_spectrum": "ridge",
    "fit_conditional_embedding": "conditional",
    "fourier_features": "fourier",
    "gaussian_gram": "kernels",
    "kernel_scale": "kernels",
    "matching_gram": "kernels",
    "mean_distance": "kernels",
    "mean_squared_distance": "kernels",
    "median_distance": "kernels",
    "pivoted_cholesky": "cholesky",
    "posterior_covariances": "ridge",
    "posterior_deviations": "ridge",
    "ridge_path": "ridge",
    "spectrum": "spectra",
    "squared_distances": "kernels",
    "top_eigenpairs": "spectra",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return __all__
