"""What can be promised about the risk of a fitted rule, on which assumptions, and why does it generalize?"""

from __future__ import annotations

import importlib
from typing import Any

_PUBLIC = {
    "BoundCurve": "curves",
    "BoundTable": "table",
    "Comparison": "comparison",
    "ConfidenceSequence": "betting.sequence",
    "DecayTest": "nngp",
    "LinearCertificate": "linear_gibbs",
    "LowerBoundResult": "lower",
    "LowerBoundTable": "lower",
    "LowerComparison": "comparison",
    "SupersampleData": "supersample_data",
    "binary_kl": "inverses",
    "binomial_tail_inverse": "inverses",
    "bound_curve": "curves",
    "compare": "comparison",
    "compression": "compressed",
    "confidence_sequence": "betting.sequence",
    "conformal": "conformal_sets",
    "conformal_coverage": "conformal_sets",
    "conformal_risk_control": "conformal_sets",
    "contrastive": "latent_classes",
    "contrastive_identity": "latent_classes",
    "decay_test": "nngp",
    "f1_complexity": "shallow_nets",
    "forest_certificate": "forests",
    "gaussian_kl": "divergences",
    "hoeffding_bentkus": "conformal_sets",
    "information_gap": "constants",
    "kl_inverse": "inverses",
    "laplace_kl": "divergences",
    "linear_certificate": "linear_gibbs",
    "log_growth": "vapnik",
    "majority_vote": "votes",
    "margin": "margins",
    "maurer_xi": "pacbayes_forms",
    "mutual_information": "information",
    "neurons_barron": "nngp",
    "neurons_rkhs": "nngp",
    "occam": "pacbayes",
    "out_of_bag_votes": "forests",
    "pac_bayes": "pacbayes",
    "pac_bayes_values": "pacbayes",
    "posterior_risk": "pacbayes",
    "rademacher": "symmetrization",
    "rademacher_finite": "complexities",
    "rademacher_kernel": "complexities",
    "rademacher_linear": "complexities",
    "rademacher_monte_carlo": "symmetrization",
    "rademacher_network": "complexities",
    "relu_kernel": "nngp",
    "risk_limit": "moments",
    "rkhs_norm": "nngp",
    "sample_size": "sample_sizes",
    "spectral_complexity": "complexities",
    "sphere_eigenvalues": "nngp",
    "sphere_multiplicities": "nngp",
    "stability": "stable",
    "stability_coefficient": "stable",
    "step_kernel": "nngp",
    "supersample": "supersamples",
    "supersample_experiment": "experiment",
    "test_set": "holdout",
    "vc": "vapnik",
}

__all__ = sorted(_PUBLIC)
_MODULES = frozenset(place.partition(".")[0] for place in _PUBLIC.values())


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return __all__
