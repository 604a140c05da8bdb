"""Parts of the fit of a linear reduction: signs of directions, and how many are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools._errors import InvalidParameterError
from stattools._typing import FloatArray
from stattools.rkhs import spectra
from stattools.sdr.candidates import Eigenpairs, Problem
from stattools.sdr.linear_laws import DimensionTests
from stattools.sdr.linear_permutation import permutation_pvalues, remaining
from stattools.sdr.lineartests import MOST_TESTED, dimension_tests


def oriented(directions: FloatArray, spread: FloatArray) -> FloatArray:
    """(p, r) directions with the signs that make their largest standardized coefficients positive.

    Examples
    --------
    >>> oriented(np.array([[1.0], [-1.0]]), np.array([1.0, 2.0]))
    array([[-1.],
           [ 1.]])
    """
    return np.asarray(directions * spectra.column_signs(directions * spread[:, None]))


@dataclass(frozen=True, eq=False)
class Found:
    """A problem, the eigenpairs of its candidate matrix, and the ridge it was whitened with.

    Examples
    --------
    >>> problem = Problem("sir", np.array([[-1.0], [1.0]]), np.array([0, 1]))
    >>> Found(problem, Eigenpairs(np.ones(1), np.ones((1, 1))), 0.0).ridge
    0.0
    """

    problem: Problem
    pairs: Eigenpairs
    ridge: float


@dataclass(frozen=True, eq=False)
class Choice:
    """How many directions are kept, and why.

    Attributes
    ----------
    n_components : int
    law : str
        "given", "weighted", "chi2" or "permutation".
    n_found : int or None
        Directions that tests found.
    tests : DimensionTests or None

    Examples
    --------
    >>> Choice(1, "given", None, None).n_components
    1
    """

    n_components: int
    law: str
    n_found: int | None
    tests: DimensionTests | None

    @property
    def first_pvalue(self) -> float:
        """Of no direction."""
        return float("nan") if self.tests is None else float(self.tests.pvalues(self.law)[0])


def choose(
    found: Found,
    *,
    n_components: Any,
    law: str,
    level: float,
    n_resamples: int,
    seed: np.random.SeedSequence,
    name: str,
) -> Choice:
    """Keep as many directions as are asked for, or as sequential tests find, at least one.

    Parameters
    ----------
    found : Found
    n_components : "test" or int
    law : {"weighted", "chi2", "permutation"}
    level : float
    n_resamples : int
    seed : SeedSequence
        Of the permutations.
    name : str
        Of the method, for messages.

    Returns
    -------
    Choice

    Raises
    ------
    InvalidParameterError
        More directions are asked for than there can be, or the law does not hold with a ridge.

    Notes
    -----
    "At most d directions" is tested for d = 0, 1, ... until a p-value is above the level. The chance to keep more than
    there are is then at most about the level, since it takes a rejection of a true hypothesis.

    Examples
    --------
    >>> from stattools.sdr.candidates import candidate, eigenpairs
    >>> z = np.array([[-1.5], [-0.5], [0.5], [1.5]]) / 1.25**0.5
    >>> problem = Problem("sir", z, np.array([0, 0, 1, 1]))
    >>> found = Found(problem, eigenpairs(candidate(problem)), 0.0)
    >>> seed = np.random.SeedSequence(1)
    >>> choose(found, n_components=1, law="chi2", level=0.05, n_resamples=9, seed=seed, name="SIR").tests.freedoms
    array([1.])
    """
    problem = found.problem
    wanted = n_components == "test"
    if not wanted and n_components > problem.rank:
        raise InvalidParameterError(
            f"n_components is {n_components}; {name} finds at most {problem.rank} direction"
            f"{'' if problem.rank == 1 else 's'} in these data"
        )
    tests = dimension_tests(problem, found.pairs) if found.ridge == 0 else None
    if not wanted:
        return Choice(int(n_components), "given", None, tests)
    if law == "permutation":
        tests = _with_permutations(found, tests, level, n_resamples, seed)
    elif tests is None:
        raise InvalidParameterError(
            f"test is {law!r}; with a ridge the law of the statistic is not known. Give "
            "test='permutation', or a number of components"
        )
    pvalues = tests.pvalues(law)
    if np.isnan(pvalues[0]):
        raise InvalidParameterError(
            f"test is {law!r}; {problem.p} columns have too many products for the weights of its law. Give "
            "test='permutation' or 'chi2', or a number of components"
        )
    accepted = np.flatnonzero(~(pvalues <= level))
    n_found = int(accepted[0]) if accepted.size else len(pvalues)
    return Choice(max(1, n_found), law, n_found, tests)


def _with_permutations(
    found: Found, tests: DimensionTests | None, level: float, n_resamples: int, seed: np.random.SeedSequence
) -> DimensionTests:
    problem = found.problem
    most = min(problem.rank, MOST_TESTED)
    pvalues = permutation_pvalues(problem, found.pairs, level=level, most=most, n_resamples=n_resamples, seed=seed)
    if tests is None:
        statistics: FloatArray = np.array([remaining(problem, problem.z, d) for d in range(most)])
        return DimensionTests.by_permutation(statistics, pvalues)
    return DimensionTests(tests.statistics, tests.freedoms, tests.chi2_pvalues, tests.weighted_pvalues, pvalues)
