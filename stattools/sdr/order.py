"""How many components: the criteria, and the one that decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stattools import _random, _validation
from stattools._errors import AssumptionWarning, InvalidParameterError, Notes
from stattools._typing import FloatArray, Progress
from stattools.resampling.engine import pvalue_of
from stattools.results import ResamplingInfo
from stattools.sdr.order_cv import cross_validated_losses
from stattools.sdr.order_resampled import COARSE, augmentation_curve, ladle_curve
from stattools.sdr.order_table import CRITERIA, OrderTable
from stattools.sdr.pairing import TIE, Retuning, null_eigenvalues, observed_eigenvalues
from stattools.sdr.refit import features_of

if TYPE_CHECKING:
    from stattools.sdr.gsir import Operator

MOST_COMPONENTS = 8
ALL_UP_TO = 300
"""Observations up to which every criterion is computed unless the caller says which."""
FEWEST_TO_VALIDATE = 20
"""Observations below which "auto" leaves cross-validation out: folds would hold too few."""

BIC_CONSTANT = {"gsir1": 2.0, "gsir2": 4.0}
ZERO = 1e-12
"""Eigenvalues below this share of the largest are rounding."""


def determine(
    operator: Operator,
    *,
    criterion: str | int = "permutation",
    criteria: str | Sequence[str] = "auto",
    responses: FloatArray | None = None,
    retuning: Retuning | None = None,
    n_resamples: int = 99,
    level: float = 0.05,
    bic_constant: float | None = None,
    max_components: int = MOST_COMPONENTS,
    n_folds: int = 5,
    rng: Any = None,
    n_jobs: int | None = None,
    progress: Progress = False,
    notes: Notes | None = None,
) -> OrderTable:
    """Choose the number of components.

    Parameters
    ----------
    operator : Operator
        Spectra of the centred Grams of X and Y and their penalties.
    criterion : {"permutation", "bic", "ratio", "ladle", "augmentation", "cv"} or int
        What decides; a number is taken as it is, and the criteria are computed for comparison.
    criteria : "auto", "all", str or sequence of str
        What to compute beside the one that decides. "auto": all for up to 300 observations, without "cv" for
        fewer than 20; beyond, "bic" and "ratio",
        which cost nothing.
    responses : (n, M) float64, optional
        Features of the responses, whose Euclidean distances are the distances that "cv" predicts; by default those of
        the space of the kernel of Y.
    retuning : Retuning, optional
        Where the regularization was chosen by cross-validation on the responses; it is then chosen again for each
        random pairing.
    n_resamples : int, default 99
        Permutations, bootstrap samples of "ladle" and augmentations.
    level : float, default 0.05
        Of the permutation tests.
    bic_constant : float, optional
        By default 2 for "gsir1" and 4 for "gsir2".
    max_components : int, default 8
        Largest number considered; less where the ranks of the Grams are smaller.
    n_folds : int, default 5
    rng, n_jobs, progress
        As in `stattools.resampling.resample`.
    notes : Notes, optional
        Collects warnings and remarks.

    Returns
    -------
    OrderTable

    Raises
    ------
    InvalidParameterError
        An unknown criterion, or more components than the ranks allow.

    Warns
    -----
    AssumptionWarning
        The criterion finds no component; one is kept.

    Notes
    -----
    *What is counted.* If Y depends on X through f(X) alone, functions of f(X) such as its square are eigenfunctions as
    well: in a bivariate normal law with correlation r the eigenvalues of an unregularized estimator are r^2, r^4, ...
    All criteria but "cv" count eigenfunctions that can be told from noise, which for large samples may be more than the
    functions needed to generate them.

    *permutation.* Each eigenvalue is compared with the largest one under random pairings, and components are kept up to
    the first whose p-value exceeds `level`. Pairings at random destroy all dependence, so the probability to keep any
    component when X and Y are independent is at most `level`, exactly; for that, tuning is repeated for each pairing.
    Nothing is guaranteed for the second and later components: that X matters through one function alone is not what
    the pairings draw from. Their eigenvalues are compared with the largest one at the regularization of the fit,
    because less regularization makes all eigenvalues larger, those of noise too.

    *bic.* Largest sum_{j<=k} l_j - c l_1 k sqrt(log n / n), which keeps the eigenvalues above c sqrt(log n / n) of the
    first [1]_. For c = 4 and n up to 67 that is none, whatever the data.

    *ratio.* Largest l_k / l_{k+1}; never 0.

    *ladle* [2]_. Bootstrap variability of the first k functions plus the scaled next eigenvalue, smallest. Functions of
    a bootstrap fit are evaluated on the original sample, where both sets are orthonormalized; their agreement is the
    absolute determinant of the products.

    *augmentation* [3]_. Columns of pure noise are appended to the features; the weight of the eigenvectors on them plus
    the scaled next eigenvalue, smallest. The form for features in a space of functions is a reconstruction.

    *cv.* Squared distance of held-out responses from kernel means on the components of a fit to the other folds; the
    regularization is that of the full sample. 0 stands for the barycentre.

    References
    ----------
    .. [1] Li, Artemiou and Li (2011), Principal support vector machines for linear and nonlinear sufficient dimension
       reduction, Annals of Statistics 39(6), 3182-3210.
    .. [2] Luo and Li (2016), Combining eigenvalues and variation of eigenvectors for order determination, Biometrika
       103(4), 875-887.
    .. [3] Luo and Li (2021), On order determination by predictor augmentation, Biometrika 108(3), 557-574.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> basis = np.linalg.qr(np.random.default_rng(1).standard_normal((60, 4)))[0]
    >>> values, shrunk = np.full(4, 5.0), np.full(4, 5.0 / 5.05)
    >>> operator = SimpleNamespace(
    ...     x_vectors=basis, x_values=values, y_vectors=basis[:, :1], y_values=values[:1], x_penalty=0.05,
    ...     y_penalty=0.05, x_filter=shrunk, y_filter=shrunk[:1], method="gsir2",
    ... )
    >>> determine(operator, criteria=("ratio",), rng=1).choices
    {'permutation': 1, 'ratio': 1}
    """
    notes = Notes() if notes is None else notes
    wanted = _wanted(criterion, criteria, len(operator.x_vectors))
    _remark_on_omitted(criteria, wanted, len(operator.x_vectors), notes)
    rank = min(len(operator.x_values), len(operator.y_values))
    given = None if isinstance(criterion, str) else _validation.integer(criterion, "n_components", minimum=1)
    if given is not None and given > rank:
        raise InvalidParameterError(
            f"n_components is {given}; the Gram matrices of ranks {len(operator.x_values)} and "
            f"{len(operator.y_values)} allow at most {rank}"
        )
    k_max = min(max(_validation.integer(max_components, "max_components", minimum=1), given or 1), rank)
    problem = _Problem(
        operator,
        observed_eigenvalues(operator, k_max + 1)[:-1],
        k_max,
        _random.seed_sequence(rng),
        _validation.integer(n_resamples, "n_resamples", minimum=1),
        _validation.real(level, "level", minimum=0, maximum=1, exclusive=True),
        BIC_CONSTANT[operator.method] if bic_constant is None else _positive(bic_constant),
        _validation.integer(n_folds, "n_folds", minimum=2),
        responses, retuning, n_jobs, progress, notes,
    )  # fmt: skip
    findings = {name: _COMPUTE[name](problem) for name in CRITERIA if name in wanted}
    curves = {name: values for finding in findings.values() for name, values in finding.curves.items()}
    choices = {name: finding.choice for name, finding in findings.items()}
    of_permutation = findings.get("permutation", _Finding(0, {}))
    return OrderTable(
        criterion=criterion if isinstance(criterion, str) else "given",
        n_components=given if given is not None else _at_least_one(str(criterion), choices, notes),
        choices=choices,
        curves=curves,
        null_eigenvalues=of_permutation.null,
        resampling=of_permutation.resampling,
        settings=problem.settings(wanted),
        omitted=tuple(name for name in CRITERIA if name not in wanted),
    )


def _wanted(criterion: str | int, criteria: str | Sequence[str], n: int) -> set[str]:
    deciding = {criterion_of(criterion)} if isinstance(criterion, str) else set()
    listed = criteria_of(criteria)
    if listed == "all":
        return set(CRITERIA)
    if listed == "auto":
        if n <= ALL_UP_TO:
            return (set(CRITERIA) if n >= FEWEST_TO_VALIDATE else set(CRITERIA) - {"cv"}) | deciding
        return {"bic", "ratio"} | deciding
    return set(listed) | deciding


def _remark_on_omitted(criteria: Any, wanted: set[str], n: int, notes: Notes) -> None:
    """Say which criteria "auto" leaves out of a large fit, and how to have them."""
    omitted = [name for name in CRITERIA if name not in wanted]
    if isinstance(criteria, str) and criteria == "auto" and n > ALL_UP_TO and omitted:
        listed = ", ".join(omitted)
        notes.remark(
            f"left out at more than {ALL_UP_TO} observations: {listed}. result.order_criteria([{omitted[-1]!r}]) "
            "computes those that are named, criteria='all' at the fit all"
        )


def criterion_of(name: str) -> str:
    """The criterion that decides, checked.

    Raises
    ------
    InvalidParameterError

    Examples
    --------
    >>> criterion_of("bic")
    'bic'
    """
    if name == "auto":
        raise InvalidParameterError(
            f"n_components is 'auto'; it takes a number, or the criterion that decides: one of "
            f"{', '.join(map(repr, CRITERIA))} ('permutation' by default)"
        )
    return _validation.choice(name, CRITERIA, "n_components")


def criteria_of(criteria: Any) -> str | tuple[str, ...]:
    """Which criteria are to be computed, checked: "auto", "all", one name or several.

    Raises
    ------
    InvalidParameterError
        An unknown name, or no sequence of names.

    Examples
    --------
    >>> criteria_of(["bic", "ratio"]), criteria_of("bic")
    (('bic', 'ratio'), ('bic',))
    """
    if isinstance(criteria, str):
        one = _validation.choice(criteria, ("auto", "all", *CRITERIA), "criteria")
        return (one,) if one in CRITERIA else one
    if not isinstance(criteria, Iterable):
        raise InvalidParameterError(f"criteria is {criteria!r}; it is 'auto', 'all' or a sequence of {CRITERIA}")
    return tuple(_validation.choice(name, CRITERIA, "criteria") for name in criteria)


def _positive(constant: float) -> float:
    return _validation.real(constant, "bic_constant", minimum=0, exclusive=True)


def _at_least_one(criterion: str, choices: Mapping[str, int], notes: Notes) -> int:
    if choices[criterion] == 0:
        notes.warn(
            f"the criterion {criterion!r} keeps no component; one is kept, and it may be noise. "
            "permutation_test() tests whether X and Y depend on each other at all",
            AssumptionWarning,
        )
    return max(1, choices[criterion])


# the criteria ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Problem:
    """What the criteria share; eigenvalues: (k_max + 1,) float64, zeros beyond the rank."""

    operator: Any
    eigenvalues: FloatArray
    k_max: int
    seed: np.random.SeedSequence
    n_resamples: int
    level: float
    bic_constant: float
    n_folds: int
    responses: FloatArray | None
    retuning: Retuning | None
    n_jobs: int | None
    progress: Progress
    notes: Notes

    @property
    def n(self) -> int:
        return len(self.operator.x_vectors)

    @property
    def rank(self) -> int:
        return min(len(self.operator.x_values), len(self.operator.y_values))

    @property
    def bounded(self) -> FloatArray:
        """Eigenvalues in [0, 1] for both methods: over the largest filter of Y."""
        return np.asarray(self.eigenvalues / self.operator.y_filter[0])

    def settings(self, wanted: set[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if wanted & {"permutation", "ladle", "augmentation"}:
            found["n_resamples"] = self.n_resamples
        if "permutation" in wanted:
            found |= {"level": self.level, "retuned": self.retuning is not None}
        if "bic" in wanted:
            found["bic_constant"] = self.bic_constant
        if "cv" in wanted:
            found["n_folds"] = self.n_folds
        return found


@dataclass(frozen=True)
class _Finding:
    choice: int
    curves: dict[str, FloatArray]
    null: FloatArray | None = None
    resampling: ResamplingInfo | None = None


def _permutation(problem: _Problem) -> _Finding:
    joint = null_eigenvalues(
        problem.operator,
        problem.k_max,
        n_resamples=problem.n_resamples,
        rng=_random.child_seed(problem.seed, 0),
        retuning=problem.retuning,
        n_jobs=problem.n_jobs,
        progress=problem.progress,
    )
    first = joint.marginal(0)
    largest = np.ascontiguousarray(joint.values[:, 2])
    later = [pvalue_of(float(value), largest, exact=joint.exact, tolerance=TIE)[0] for value in joint.observed[3:]]
    pvalues = np.maximum.accumulate([first.pvalue, *later])
    choice = int(np.argmax(np.append(pvalues, np.inf) > problem.level))
    if choice == problem.k_max > 1:
        problem.notes.remark(
            f"the permutation criterion keeps all {choice} components that it looked at; max_components allows more"
        )
    curve = np.concatenate([[np.nan], pvalues])
    return _Finding(choice, {"permutation": curve}, largest, ResamplingInfo.from_null(first))


def _bic(problem: _Problem) -> _Finding:
    values, n = problem.eigenvalues, problem.n
    penalty = problem.bic_constant * values[0] * np.sqrt(np.log(n) / n)
    curve = np.concatenate([[0.0], np.cumsum(values[: problem.k_max] - penalty)])
    if problem.bic_constant * np.sqrt(np.log(n) / n) >= 1.0:
        problem.notes.remark(f"the BIC criterion with constant {problem.bic_constant:g} keeps nothing at n = {n}")
    return _Finding(int(np.argmax(curve)), {"bic": curve})


def _ratio(problem: _Problem) -> _Finding:
    values = problem.eigenvalues
    floor = ZERO * values[0]
    # the last eigenvalue has no next one to be compared with
    considered = min(problem.k_max, max(1, problem.rank - 1), max(1, int(np.count_nonzero(values > floor))))
    ratios = np.full(problem.k_max + 1, np.nan)
    ratios[1 : considered + 1] = values[:considered] / np.maximum(values[1 : considered + 1], floor)
    return _Finding(int(np.nanargmax(ratios)), {"ratio": ratios})


def _ladle(problem: _Problem) -> _Finding:
    curve = ladle_curve(
        features_of(problem.operator, negligible=COARSE),
        problem.bounded,
        n_resamples=problem.n_resamples,
        rng=_random.child_seed(problem.seed, 1),
        n_jobs=problem.n_jobs,
    )
    # any fit recovers the space of all features
    curve[max(2, len(problem.operator.x_values)) :] = np.nan
    return _Finding(int(np.nanargmin(curve)), {"ladle": curve})


def _augmentation(problem: _Problem) -> _Finding:
    curve = augmentation_curve(
        features_of(problem.operator, negligible=COARSE),
        problem.bounded,
        n_resamples=problem.n_resamples,
        rng=_random.child_seed(problem.seed, 2),
        n_jobs=problem.n_jobs,
    )
    return _Finding(int(np.argmin(curve)), {"augmentation": curve})


def _cv(problem: _Problem) -> _Finding:
    losses = cross_validated_losses(
        problem.operator,
        problem.responses,
        k_max=problem.k_max,
        n_folds=problem.n_folds,
        rng=_random.child_seed(problem.seed, 3),
    )
    return _Finding(losses.best, {"cv": losses.relative, "cv_std_error": losses.relative_std_error})


_COMPUTE: dict[str, Callable[[_Problem], _Finding]] = {
    "permutation": _permutation,
    "bic": _bic,
    "ratio": _ratio,
    "ladle": _ladle,
    "augmentation": _augmentation,
    "cv": _cv,
}
