"""Permutation, sign-flip, bootstrap and Monte Carlo tests; combination and adjustment of p-values."""

from stattools.resampling.combination import CombinationResult, combine_pvalues
from stattools.resampling.engine import (
    JointNull,
    NullDistribution,
    Sequential,
    extend,
    null_distribution,
    resample,
)
from stattools.resampling.multiple import adjust_pvalues, step_down_pvalues
from stattools.resampling.schemes import (
    Bootstrap,
    MonteCarlo,
    Multiplier,
    Permutation,
    RowPermutation,
    Scheme,
    SignFlip,
)

__all__ = [
    "Bootstrap",
    "CombinationResult",
    "JointNull",
    "MonteCarlo",
    "Multiplier",
    "NullDistribution",
    "Permutation",
    "RowPermutation",
    "Scheme",
    "Sequential",
    "SignFlip",
    "adjust_pvalues",
    "combine_pvalues",
    "extend",
    "null_distribution",
    "resample",
    "step_down_pvalues",
]
