"""Statistics of linear reductions with their laws and p-values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stattools import _validation
from stattools._typing import FloatArray
from stattools.results import serialization
from stattools.sdr.chisquares import weighted_chi2_sf

UNKNOWN: FloatArray = _validation.read_only(np.full(1, np.nan))


@serialization.register
@dataclass(frozen=True, eq=False)
class DimensionTests:
    """Tests of "at most d directions", for d = 0, 1, ...

    Attributes
    ----------
    statistics : (K,) float64
    freedoms : (K,) float64
        Degrees of freedom of the chi-square law.
    chi2_pvalues : (K,) float64
        By that law, which needs normal predictors, or moments like theirs.
    weighted_pvalues : (K,) float64
        By a weighted sum of chi-square variables, whose weights are estimated; NaN where there are too many terms.
    permutation_pvalues : (K,) float64
        NaN where none was computed; by default everywhere.

    Examples
    --------
    >>> tests = DimensionTests(np.ones(1), np.ones(1), np.ones(1), np.ones(1))
    >>> list(tests.columns())
    ['statistic', 'df', 'p_chi2', 'p_weighted']
    """

    statistics: FloatArray
    freedoms: FloatArray
    chi2_pvalues: FloatArray
    weighted_pvalues: FloatArray
    permutation_pvalues: FloatArray | None = None

    def __post_init__(self) -> None:
        if self.permutation_pvalues is None:
            object.__setattr__(self, "permutation_pvalues", np.full(len(self.statistics), np.nan))
        for name in ("statistics", "freedoms", "chi2_pvalues", "weighted_pvalues", "permutation_pvalues"):
            object.__setattr__(self, name, _validation.read_only(np.asarray(getattr(self, name), dtype=np.float64)))

    @classmethod
    def by_permutation(cls, statistics: FloatArray, pvalues: FloatArray) -> DimensionTests:
        """Statistics (K,) without a known law, and p-values of the first of them."""
        none = np.full(len(statistics), np.nan)
        return cls(statistics, none, none, none, pvalues)

    def pvalues(self, law: str) -> FloatArray:
        """(K,) p-values by one of the laws, "weighted", "chi2" or "permutation"."""
        named = {"weighted": self.weighted_pvalues, "chi2": self.chi2_pvalues, "permutation": self.permutation_pvalues}
        return np.asarray(named[law])

    def columns(self) -> dict[str, FloatArray]:
        """Columns of a table, those without a number left out."""
        columns = {
            "statistic": self.statistics,
            "df": self.freedoms,
            **{f"p_{law}": self.pvalues(law) for law in ("chi2", "weighted", "permutation")},
        }
        return {name: values for name, values in columns.items() if not np.isnan(values).all()}


@dataclass(frozen=True, eq=False)
class Limit:
    """A statistic and its law under the null hypothesis for large samples.

    Attributes
    ----------
    statistic : float
    freedom : float
        Degrees of freedom under the stronger assumptions.
    weights, counts : (k,) float64
        Weights of independent chi-square variables and the degrees of freedom of each, under the weaker ones; NaN where
        they were not computed.
    chi2_pvalue : float
        Under the stronger assumptions.

    Examples
    --------
    >>> Limit(5.991464547, 2.0, np.ones(2), np.ones(2), 0.05).weighted_pvalue.__round__(6)
    0.05
    """

    statistic: float
    freedom: float
    weights: FloatArray
    counts: FloatArray
    chi2_pvalue: float

    @property
    def weighted_pvalue(self) -> float:
        """Under the weaker assumptions."""
        if np.isnan(self.weights).any():
            return float("nan")
        return weighted_chi2_sf(self.statistic, self.weights, self.counts)
