"""Tests that the result of a linear reduction offers, as test results."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.linalg

from stattools import _random, _validation
from stattools._errors import InvalidParameterError, UnknownColumnError
from stattools._provenance import Provenance
from stattools._typing import FloatArray, Progress, Seed
from stattools.results import HTestResult, ResamplingInfo
from stattools.sdr.candidates import Problem, candidate, eigenpairs
from stattools.sdr.linear_permutation import ROUNDING, permuted
from stattools.sdr.lineartests import coordinate_limit

if TYPE_CHECKING:
    from stattools.sdr.linear_result import LinearSDRResult

ASYMPTOTIC = ("weighted", "chi2")
ANOTHER_STATISTIC = "T of the table and of dimension_test is another statistic of the same null hypothesis"
LAW_NAMES = {"weighted": "weighted sum of chi-squared variables", "chi2": "chi-squared"}


def dimension_test(result: LinearSDRResult, n_directions: int, law: str) -> HTestResult:
    """See `LinearSDRResult.dimension_test`."""
    _validation.choice(law, ASYMPTOTIC, "law")
    if result.tests is None or np.isnan(result.tests.chi2_pvalues).all():
        of = f"{result.short_name} with a ridge of {result.ridge:g}" if result.ridge else result.short_name
        raise InvalidParameterError(f"there is no law of the statistic of {of}; permutation_test() needs none")
    d = _validation.integer(n_directions, "n_directions", minimum=0, maximum=len(result.tests.statistics) - 1)
    return HTestResult(
        provenance=Provenance.capture(f"dimension_test({d}, law={law!r})", sizes={"n": result.nobs}),
        method=f"Test of the number of directions of {result.short_name}",
        data_name=result.data_name,
        statistic=float(result.tests.statistics[d]),
        statistic_name="T",
        parameter={"df": float(result.tests.freedoms[d])} if law == "chi2" else {},
        pvalue=float(result.tests.pvalues(law)[d]),
        alternative="greater",
        alternative_text=more_than(d),
        n={"observations": result.nobs},
        settings={"null hypothesis": at_most(d), "law": LAW_NAMES[law]},
    )


def permutation_test(
    result: LinearSDRResult,
    n_directions: int,
    *,
    n_resamples: int,
    rng: Seed,
    n_jobs: int | None,
    progress: Progress,
) -> HTestResult:
    """See `LinearSDRResult.permutation_test`."""
    problem = _problem(result)
    d = _validation.integer(n_directions, "n_directions", minimum=0, maximum=problem.rank - 1)
    seed = _random.seed_sequence(rng)
    found = eigenpairs(candidate(problem), by_size=problem.by_size)
    null = permuted(problem, found, d, n_resamples=n_resamples, seed=seed, n_jobs=n_jobs, progress=progress)
    in_table = _is_in_table(result, d, null.observed)
    exact = "exact" if d == 0 else "in large samples, for the first directions are estimates"
    return HTestResult(
        provenance=Provenance.capture(
            f"permutation_test({d}, n_resamples={n_resamples})", seed=seed, sizes={"n": result.nobs}
        ),
        method=f"Permutation test of the number of directions of {result.short_name}",
        data_name=result.data_name,
        statistic=null.observed,
        statistic_name="T" if in_table else _sum_in_words(problem, d),
        pvalue=null.pvalue,
        alternative="greater",
        alternative_text=more_than(d),
        n={"observations": result.nobs},
        settings={"null hypothesis": at_most(d), "validity": exact},
        notes=(ANOTHER_STATISTIC,) if result.tests is not None and not in_table else (),
        resampling=ResamplingInfo.from_null(null),
        null_distribution=null.values,
    )


def coordinate_test(result: LinearSDRResult, columns: Any, law: str) -> HTestResult:
    """See `LinearSDRResult.coordinate_test`."""
    _validation.choice(law, ASYMPTOTIC, "law")
    if result.short_name not in ("SIR", "SAVE"):
        raise InvalidParameterError(f"{result.short_name} has no test of columns; SIR and SAVE have one")
    problem = _problem(result)
    if result.ridge or result.whitening is None:
        raise InvalidParameterError(f"the fit has a ridge of {result.ridge:g}, with which the test does not hold")
    places = _places(columns, result.predictor_names)
    limit = coordinate_limit(problem, _contributions(result.whitening.factor, places))
    names = ", ".join(result.predictor_names[k] for k in places)
    return HTestResult(
        provenance=Provenance.capture(f"coordinate_test({columns!r}, law={law!r})", sizes={"n": result.nobs}),
        method=f"Marginal coordinate test of {result.short_name}",
        data_name=result.data_name,
        statistic=limit.statistic,
        statistic_name="T",
        parameter={"df": limit.freedom} if law == "chi2" and problem.method == "save" else {},
        pvalue=limit.weighted_pvalue if law == "weighted" else limit.chi2_pvalue,
        alternative="greater",
        alternative_text=f"the directions involve {names}",
        n={"observations": result.nobs},
        settings={
            "null hypothesis": f"{names} {'has' if len(places) == 1 else 'have'} no part in the directions",
            "law": LAW_NAMES["weighted"] if problem.method == "sir" else LAW_NAMES[law],
            **_assumption(problem.method, law),
        },
    )


def _is_in_table(result: LinearSDRResult, d: int, statistic: float) -> bool:
    """Whether T of the printed table is this statistic, as for SIR and plain average Hessians."""
    if result.tests is None or d >= len(result.tests.statistics):
        return False
    return bool(np.isclose(result.tests.statistics[d], statistic, rtol=ROUNDING))


def _sum_in_words(problem: Problem, d: int) -> str:
    which = "the smaller eigenvalues" if d else "eigenvalues"
    return f"scaled sum of squares of {which}" if problem.by_size else f"n x sum of {which}"


# pieces --------------------------------------------------------------------------------------------------------------
def _problem(result: LinearSDRResult) -> Problem:
    if result.problem is None:
        raise InvalidParameterError(f"this result of {result.short_name} does not keep what further tests need")
    return result.problem


def _assumption(method: str, law: str) -> dict[str, str]:
    if method == "save":
        return {"assumed": "normal predictors" if law == "chi2" else "fourth moments that do not depend on the slice"}
    return {"assumed": "a covariance of the predictors that does not depend on the slice"} if law == "chi2" else {}


def at_most(d: int) -> str:
    """A null hypothesis in words.

    Examples
    --------
    >>> at_most(1)
    'at most 1 direction'
    """
    return "no direction" if d == 0 else f"at most {d} direction{'' if d == 1 else 's'}"


def more_than(d: int) -> str:
    """The alternative of `at_most` in words.

    Examples
    --------
    >>> more_than(2)
    'there are more than 2 directions'
    """
    return f"there are more than {d} direction{'' if d == 1 else 's'}" if d else "there is at least one direction"


def _contributions(factor: FloatArray, places: list[int]) -> FloatArray:
    """(p, r) orthonormal directions, in white coordinates, of what columns have beyond the others."""
    units = np.eye(len(factor))[:, places]
    parts = scipy.linalg.solve_triangular(factor, units, trans="T", check_finite=False)
    return np.asarray(np.linalg.qr(parts)[0])


def _places(columns: Any, names: tuple[str, ...]) -> list[int]:
    listed = list(columns) if isinstance(columns, Iterable) and not isinstance(columns, str) else [columns]
    places: list[int] = []
    for column in listed:
        if isinstance(column, str):
            if column not in names:
                raise UnknownColumnError(f"columns has {column!r}; the predictors are {', '.join(names[:10])}")
            places.append(names.index(column))
        else:
            places.append(_validation.integer(column, "columns", minimum=0, maximum=len(names) - 1))
    if not places or len(set(places)) < len(places):
        raise InvalidParameterError(f"columns is {columns!r}; it takes at least one column, each once")
    return places
