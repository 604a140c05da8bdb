"""Are two variables independent, perhaps given a third?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools import _random, _validation
from stattools._errors import (
    DegenerateDataError,
    DegenerateDataWarning,
    InvalidParameterError,
    Notes,
    PerformanceWarning,
)
from stattools._provenance import Provenance
from stattools._threads import one_blas_thread
from stattools._typing import Progress, Seed
from stattools.collider import (
    independence_inputs as inputs_module,
    independence_kernels as kernels,
    independence_linear as linear,
)
from stattools.collider.independence_inputs import Inputs
from stattools.collider.independence_plan import Outcome, Plan, independence_words
from stattools.collider.independence_power import Detectable, smallest_detectable
from stattools.results import HTestResult, ResamplingInfo, _format
from stattools.results.summary import Line, Part

METHODS: dict[str, Callable[[Plan], Outcome]] = {
    "hsic": kernels.hsic,
    "dcor": kernels.dcor,
    "kci": kernels.kci,
    "rcot": kernels.rcot,
    "gcm": linear.gcm,
    "partial": linear.partial_correlation,
    "moment": linear.moment,
}
OPTIONS = {
    "lengthscale": ("hsic", "kci", "rcot"),
    "n_features": ("rcot",),
    "degree": ("moment",),
}
LARGEST_HSIC, LARGEST_KCI = 5000, 2000
MANY_ROWS = 5000
NO_UNIFORM_TEST = (
    "no test of independence given a continuous variable has its level under every law and power against any (Shah and "
    "Peters 2020); this one relies on how well regressions on b fit"
)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class IndependenceResult(HTestResult):
    """Result of `conditional_independence_test`.

    Attributes
    ----------
    null_text : str
        The null hypothesis in words.
    guarantee : str
        Under which conditions, and by which law, the p-value is valid.
    detectable : dict of str to Detectable
        For each column of y, the smallest violation of E[Y|A,B] = E[Y|B] that a linear F-test with these rows detects
        with probability 0.8 at level 0.05. Empty when no degrees of freedom are left for it.

    Besides these, all attributes of `HTestResult`.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> conditional_independence_test(rng.normal(size=50), rng.normal(size=50), n_resamples=99, rng=1)
    <IndependenceResult: Hilbert-Schmidt independence test, n HSIC = ..., p-value = ...>
    """

    null_text: str = ""
    guarantee: str = ""
    detectable: dict[str, Detectable]

    def _alternative_words(self) -> str:
        return self.alternative_text

    def _setting_parts(self, digits: int) -> list[Part]:
        parts = [
            Line(self.null_text, label="null hypothesis:"),
            Line(self.guarantee, label="validity:"),
            *(Line(_detectable_words(*item, digits), label="detectable:") for item in self.detectable.items()),
        ]
        return [*super()._setting_parts(digits), *parts]

    def _glance(self) -> Any:
        row = dict(super()._glance())
        if len(self.detectable) == 1:
            found = next(iter(self.detectable.values()))
            row |= {"detectable_r_squared": found.r_squared, "detectable_squared_norm": found.squared_norm}
        return row


def _detectable_words(name: str, found: Detectable, digits: int) -> str:
    return (
        f"a linear effect on {name} with ||m||^2 = {_format.number(found.squared_norm, digits)} (R-squared "
        f"{_format.number(found.r_squared, digits)}) has power {_format.number(found.power, 2)} at level "
        f"{_format.number(found.level, 2)}"
    )


def conditional_independence_test(
    y: Any,
    a: Any,
    b: Any = None,
    *,
    method: str = "auto",
    lengthscale: float | None = None,
    n_features: int | None = None,
    degree: int | None = None,
    n_resamples: int = 999,
    nan_policy: str = "raise",
    rng: Seed = None,
    n_jobs: int | None = None,
    progress: Progress = False,
) -> IndependenceResult:
    """Test whether y and a are independent, or independent given b.

    Parameters
    ----------
    y, a : (n,) or (n, d) array_like, Series or DataFrame
        Numeric or categorical columns. Text, booleans and declared categories are categorical. Numeric columns are
        standardised.
    b : (n,) or (n, d) array_like, Series or DataFrame, optional
        What is given. A numeric b with at most n/10 distinct rows is used as categories.
    method : {"auto", "hsic", "dcor", "kci", "rcot", "gcm", "partial", "moment"}
        See Notes. "auto" takes "hsic" up to 5000 rows without a continuous b, "kci" up to 2000 rows with one, and
        "rcot" beyond.
    lengthscale : float, optional
        Of the Gaussian kernels of "hsic", "kci" and "rcot", in standard deviations of the columns; by default the
        median distance. The regression on b chooses its own.
    n_features : int, optional
        Random Fourier features of y and of a in "rcot"; 10 by default.
    degree : int, optional
        Highest power of a in "moment"; by default 3, or less when there are fewer than 10 rows a column.
    n_resamples : int, default 999
        Permutations, multipliers or simulated normals. All permutations are gone through when there are no more.
    nan_policy : {"raise", "omit"}
        "omit" leaves out rows with a missing value and says how many.
    rng : None, int, SeedSequence or Generator
        The same seed gives the same bits for any `n_jobs`.
    n_jobs : int, optional
        joblib's meaning.
    progress : bool or callable
        A callable receives ``(done, total)``.

    Returns
    -------
    IndependenceResult
        Unpacks to ``(statistic, pvalue)``; has ``detectable``, ``null_text`` and ``guarantee``.

    Raises
    ------
    InvalidDataError
        Rows that differ in number, missing or infinite values, dates, no columns.
    InvalidParameterError
        An unknown method, or an option that the method does not have.
    DegenerateDataError
        Fewer than 5 rows, too few for the columns of a linear method, or categories of b with one row each.

    Warns
    -----
    DegenerateDataWarning
        y or a does not vary: it is independent of everything, the statistic is 0 and the p-value 1.
    PerformanceWarning
        A method that may take O(n^2) memory on many rows.

    Notes
    -----
    Without b, and with a categorical b, rows of y are exchanged (within the categories of b): every method is then
    exact at any n under (conditional) independence, and the methods differ in the dependence they see. "kci" is then
    "hsic"; within categories, statistics of kernels and distances add up over the categories.

    Given a continuous b no test has its level under every law and power against any [1]_. Each method below regresses
    on b by kernel ridge with an unpenalised linear part, lengthscale and penalty chosen by generalised
    cross-validation ("partial" by a linear model), and is valid under the conditions that are named:

    ========= =================================== ==============================================================
    method    null hypothesis given b             p-value
    ========= =================================== ==============================================================
    hsic,     y and a are independent             permuted residuals: y and a are smooth functions of b plus noise
    dcor                                          independent of b; approximate
    kci       y and a are independent [2]_        Rademacher multipliers of residual features; large n
    rcot      y and a are independent, as far as  weighted sum of squared normals, simulated; large n
              few random features tell [3]_
    gcm       cov(y, a | b) is 0 on average [1]_  normal, or the largest of correlated normals; large n
    partial   a adds nothing to b in a linear     permuted residuals of y [4]_, both models fitted anew;
              model                               approximate
    moment    E[y|a,b] = E[y|b]                   permuted residuals, statistic robust to unequal variances [5]_;
                                                  approximate
    ========= =================================== ==============================================================

    When b changes the variances of y and a, "hsic" and "dcor" reject far too often: b is then a common cause of both
    variances, which permuted residuals take for dependence. So does "partial", and also when b acts on both nonlinearly
    or the variance of y depends on a; "moment" and "gcm" allow for unequal variances.

    *kci*: with residual features u_i of y and v_i of (a, b/2), the statistic is ``|sum_i u_i (x) v_i|^2 / n``, the
    trace of the product of both residual Grams of [2]_ over n. Its limiting law is that of the same sum with
    independent signs e_i, ``e'(U o V)e / n`` for the entrywise product of the Grams (derived here; normal multipliers
    in place of signs give exactly the weighted chi-square law of [2]_). Kernels keep all but 1e-6 of their traces, up
    to rank 1000. *moment*: the basis is made of powers of a and, while there are 10 rows a column, products of a and
    b; the statistic is ``s' W^{-1} s / q`` with ``s = sum v_i e_i`` and ``W = sum v_i v_i' e_i^2``.

    HSIC and the squared distance covariance are V-statistics times n. Kernels of low rank keep all but 1e-10 of their
    traces; permutation p-values are exact for what is kept.

    Time of a permutation is O(n r^2) for "hsic" with kernels of rank r (about 20 for one column), O(n log n) for
    "dcor" with one column each, else O(n^2). Regressions take O(n r^2) with r at most 300. Memory is O(n r + 256 n),
    and 8 n^2 bytes for "hsic" where a rank exceeds n/4 or 600, for "dcor" with several columns and for "kci" up to
    6000 rows.

    References
    ----------
    .. [1] Shah and Peters (2020), Ann. Statist. 48, 1514-1538: no uniform test, and the generalised covariance measure.
    .. [2] Zhang, Peters, Janzing and Schoelkopf (2011), UAI, 804-813.
    .. [3] Strobl, Zhang and Visweswaran (2019), J. Causal Inference 7, 20180017.
    .. [4] Freedman and Lane (1983), J. Bus. Econ. Statist. 1, 292-298.
    .. [5] DiCiccio and Romano (2017), J. Amer. Statist. Assoc. 112, 1211-1220.

    Gretton et al. (2008), NIPS 20, for HSIC; Szekely, Rizzo and Bakirov (2007), Ann. Statist. 35, 2769-2794, for
    distance covariance.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> b = rng.normal(size=200)
    >>> a, y = np.sin(b) + rng.normal(size=200), b**2 + rng.normal(size=200)
    >>> conditional_independence_test(y, a, b, rng=1).pvalue > 0.05
    True
    >>> conditional_independence_test(y + a, a, b, rng=1).pvalue
    0.001
    """
    notes = Notes()
    _validation.choice(method, ("auto", *METHODS), "method")
    n_resamples = _validation.integer(n_resamples, "n_resamples", minimum=1)
    options = {
        "lengthscale": _optional(_validation.real, lengthscale, "lengthscale", minimum=0, exclusive=True),
        "n_features": _optional(_validation.integer, n_features, "n_features", minimum=1),
        "degree": _optional(_validation.integer, degree, "degree", minimum=1, maximum=10),
    }
    seed = _random.seed_sequence(rng)
    inputs = inputs_module.read(y, a, b, nan_policy=nan_policy, notes=notes)
    chosen = automatic_method(inputs) if method == "auto" else method
    _check_options(options, chosen, method)
    plan = Plan(inputs, **options, n_resamples=n_resamples, seed=seed, n_jobs=n_jobs, progress=progress)
    with one_blas_thread():
        outcome = _constant(plan, notes) if inputs.y.constant or inputs.a.constant else _run(plan, chosen, notes)
        detectable = detectable_violations(plan)
    return _result(plan, outcome, detectable, notes, method=method, chosen=chosen)


def automatic_method(inputs: Inputs) -> str:
    """The method of "auto": by whether a continuous b is given, and by n."""
    if inputs.b is None or inputs.strata is not None:
        return "hsic" if inputs.n <= LARGEST_HSIC else "rcot"
    return "kci" if inputs.n <= LARGEST_KCI else "rcot"


def detectable_violations(plan: Plan) -> dict[str, Detectable]:
    """For each column of y, the smallest violation a linear F-test detects with power 0.8 at level 0.05."""
    inputs = plan.inputs
    if inputs.y.constant or inputs.a.constant:
        return {}
    columns, scales = inputs.y.contrasts()
    fit = plan.residuals(columns)
    q, df_given = inputs.a.contrasts()[0].shape[1], fit.degrees_of_freedom - 1.0
    if inputs.n - q - 1 - df_given <= 0:
        return {}
    variances = scales**2 * (fit.values**2).sum(axis=0) / (inputs.n - 1 - df_given)
    names = inputs.y.contrast_names
    unit = smallest_detectable(inputs.n, q, df_given=max(df_given, 0.0))
    return {name: unit.scaled(float(variance)) for name, variance in zip(names, variances, strict=True)}


def _optional(check: Any, value: Any, name: str, **bounds: Any) -> Any:
    return None if value is None else check(value, name, **bounds)


def _check_options(options: dict[str, Any], chosen: str, method: str) -> None:
    for name, value in options.items():
        if value is not None and chosen not in OPTIONS[name]:
            words = f"method={method!r}" + (f" (here {chosen!r})" if method == "auto" else "")
            takers = " and ".join(repr(taker) for taker in OPTIONS[name])
            raise InvalidParameterError(f"{name} is {value}; {words} has no such option, only {takers}")


def _run(plan: Plan, chosen: str, notes: Notes) -> Outcome:
    n, inputs = plan.inputs.n, plan.inputs
    if plan.strata is not None and np.bincount(plan.strata).max() < 2:
        raise DegenerateDataError(
            f"each of the {n} rows has its own category of b, so nothing can be exchanged; use coarser categories"
        )
    several = max(inputs.y.points().shape[1], inputs.a.points().shape[1]) > 1
    if chosen in ("dcor", "hsic", "kci") and n > MANY_ROWS and several and not (chosen == "kci" and plan.smooth):
        gigabytes = 16e-9 * n**2
        notes.warn(f"{chosen!r} of {n} rows may take {gigabytes:.1f} GB; 'rcot' needs O(n)", PerformanceWarning)
    outcome = METHODS[chosen](plan)
    if plan.smooth:
        notes.remark(NO_UNIFORM_TEST)
    for remark in outcome.remarks:
        notes.remark(remark)
    return outcome


def _constant(plan: Plan, notes: Notes) -> Outcome:
    """A constant is independent of everything."""
    blocks = [block for block in (plan.inputs.y, plan.inputs.a) if block.constant]
    names = " and ".join(", ".join(block.names) for block in blocks)
    notes.warn(f"{names} does not vary: it is independent of everything, and the p-value is 1", DegenerateDataWarning)
    null_text, alternative_text = independence_words(plan)
    return Outcome(
        title="Independence of a constant",
        statistic_name="statistic",
        statistic=0.0,
        pvalue=1.0,
        null=None,
        null_text=null_text,
        alternative_text=alternative_text,
        guarantee="nothing was computed",
    )


def _result(
    plan: Plan, outcome: Outcome, detectable: dict[str, Detectable], notes: Notes, *, method: str, chosen: str
) -> IndependenceResult:
    inputs, null = plan.inputs, outcome.null
    sizes = {"observations": inputs.n}
    if plan.strata is not None:
        sizes["categories of b"] = int(plan.strata.max()) + 1
    settings: dict[str, Any] = {"method": chosen + (" (by n)" if method == "auto" else "")}
    settings |= {name: getattr(plan, name) for name in OPTIONS if getattr(plan, name) is not None}
    given = "" if inputs.b is None else ", b"
    return IndependenceResult(
        provenance=Provenance.capture(
            f"conditional_independence_test(y, a{given}, method={method!r}, n_resamples={plan.n_resamples})",
            seed=plan.seed,
            sizes={"n": inputs.n},
        ),
        warnings=notes.warnings,
        notes=notes.remarks,
        statistic=outcome.statistic,
        pvalue=min(1.0, outcome.pvalue),
        method=outcome.title,
        data_name=inputs.data_name,
        statistic_name=outcome.statistic_name,
        parameter=outcome.parameter,
        estimate=outcome.estimate,
        alternative_text=outcome.alternative_text,
        n=sizes,
        settings=settings,
        resampling=None if null is None else ResamplingInfo.from_null(null),
        null_distribution=None if null is None else null.values,
        null_text=outcome.null_text,
        guarantee=outcome.guarantee,
        detectable=detectable,
    )
