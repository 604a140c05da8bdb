"""PAC-Bayes bounds of the risk of a randomised rule from its empirical risk and its distance to the prior."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidParameterError, Notes
from stattools._typing import FloatArray
from stattools.bounds import assembly, pacbayes_forms as forms
from stattools.bounds.inverses import binomial_tail_inverse, kl_inverse
from stattools.results.bound import BoundResult

if TYPE_CHECKING:
    from stattools.bounds.table import BoundTable

DELTA_MC = 0.01
SMALLEST_BETA = 1e-12
CHOICE = (
    "all but catoni follow from one event, so that the smallest of them holds without a price; to choose among all "
    "six, divide delta by 2"
)
TITLES = {
    "kl": "PAC-Bayes-kl bound",
    "mcallester": "PAC-Bayes bound of McAllester",
    "quadratic": "PAC-Bayes-quadratic bound",
    "lambda": "PAC-Bayes-lambda bound",
    "refined_pinsker": "PAC-Bayes bound by the refined Pinsker inequality",
    "catoni": "PAC-Bayes bound of Catoni",
}
CITATIONS = {
    "kl": "Seeger (2002), JMLR 3, 233-269; Maurer (2004), arXiv cs/0411099",
    "mcallester": "McAllester (1999), COLT; with the constant of Maurer (2004), arXiv cs/0411099",
    "quadratic": "Rivasplata, Tankasali and Szepesvari (2019), arXiv 1908.07380",
    "lambda": "Thiemann, Igel, Wintenberger and Seldin (2017), ALT, PMLR 76",
    "refined_pinsker": "McAllester (2003), COLT; with the constant of Maurer (2004), arXiv cs/0411099",
    "catoni": "Catoni (2007), IMS Lecture Notes 56, theorem 1.2.6",
}


@dataclass(frozen=True, slots=True)
class Options:
    """What a PAC-Bayes inequality needs beside risk, divergence and size.

    Examples
    --------
    >>> Options(0.05).xi
    'maurer'
    """

    delta: float
    xi: str = "maurer"
    lam: float | None = None
    betas: tuple[float, ...] | None = None  # None: the grid of the size


def pac_bayes(
    risk: float,
    kl: float,
    n: int,
    method: str = "kl",
    *,
    delta: float = 0.05,
    xi: str = "maurer",
    lam: float | None = None,
    beta: float | Sequence[float] | None = None,
    mc_samples: int | None = None,
    delta_mc: float | None = None,
    loss_range: tuple[float, float] = (0.0, 1.0),
    data_name: str = "",
) -> BoundResult | BoundTable:
    """Bound the risk of a randomised rule (Gibbs classifier) that draws a new predictor from a posterior each time.

    Parameters
    ----------
    risk : float
        Empirical risk, averaged over the posterior, in `loss_range`. (`pac_bayes_values` takes arrays.)
    kl : float
        KL(posterior || prior) in nats, at least 0; infinity gives the vacuous bound.
    n : int
        Number of losses behind `risk`.
    method : {"kl", "mcallester", "quadratic", "lambda", "refined_pinsker", "catoni", "all"}
        "kl" is never above the other four of its family, which are relaxations of it. "all" returns a table.
    delta : float, default 0.05
        Probability of failure.
    xi : {"maurer", "exact"}
        Whether the constant of the kl inequality is 2 sqrt(n), as in the literature, or the exact `maurer_xi`, which is
        never larger. Both are valid for losses in [0, 1], and for the relaxations too.
    lam : float, optional
        Of "lambda" (and "all"), in (0, 2). By default the best; the inequality holds for all at once, so the choice
        costs nothing.
    beta : float or sequence of float, optional
        Of "catoni" (and "all"), above 0, fixed before the data were seen. Of several the best is used, at the price of
        the logarithm of their number. By default powers of 2 from about 1 / sqrt(n) to 16.
    mc_samples : int, optional
        `risk` is an average over so many predictors drawn from the posterior, not an exact average: it is first raised
        to ``kl_inverse(risk, ln(2 / delta_mc) / mc_samples)``.
    delta_mc : float, default 0.01 with `mc_samples`
        Probability that this fails; the result's ``delta`` is ``delta + delta_mc``.
    loss_range : (float, float), default (0, 1)
        Smallest and largest possible loss.
    data_name : str

    Returns
    -------
    BoundResult
        Or, for "all", a BoundTable of all six.

    Raises
    ------
    InvalidParameterError
        A number is outside its range, or an option that the method does not use; the message names it.

    Notes
    -----
    With B = (kl + ln(xi / delta)) / n and q the risk:

    - "kl": the largest p with kl(q || p) <= B [1]_, [2]_;
    - "mcallester": q + sqrt(B / 2);
    - "quadratic": (sqrt(q + B / 2) + sqrt(B / 2))^2 [3]_;
    - "lambda": (q + B / lam) / (1 - lam / 2) [4]_, whose minimum over lam is "quadratic";
    - "refined_pinsker": q + sqrt(2 q B) + 2 B;
    - "catoni": (1 - exp(-beta q - C)) / (1 - exp(-beta)), C = (kl + ln(G / delta)) / n with G values of beta [5]_. Its
      minimum over all beta > 0 is the inverse of kl at C with G = 1, a lower envelope that is not itself a bound.

    All but "catoni" follow from one event, so that the smallest of them may be reported without a correction. All hold
    for every posterior at once, which may therefore depend on the data.

    References
    ----------
    .. [1] Seeger (2002), PAC-Bayesian generalisation error bounds for Gaussian process classification, JMLR 3.
    .. [2] Maurer (2004), A note on the PAC Bayesian theorem, arXiv cs/0411099, equation (4).
    .. [3] Rivasplata, Tankasali and Szepesvari (2019), PAC-Bayes with backprop, arXiv 1908.07380.
    .. [4] Thiemann, Igel, Wintenberger and Seldin (2017), A strongly quasiconvex PAC-Bayesian bound, ALT.
    .. [5] Catoni (2007), PAC-Bayesian supervised classification, IMS Lecture Notes 56, theorem 1.2.6.

    Examples
    --------
    >>> bound = pac_bayes(0.1, kl=100, n=60000)
    >>> round(bound.value, 6)
    0.119065
    >>> pac_bayes(0.1, kl=float("inf"), n=60000).vacuous
    True
    """
    _validation.choice(method, (*forms.METHODS, "all"), "method")
    low, high = _loss_range(loss_range)
    scaled = (_validation.real(risk, "risk", minimum=low, maximum=high) - low) / (high - low)
    divergence, size = assembly.cost(kl, "kl"), assembly.size(n)
    options = _options(delta, xi, lam, beta)
    _require_used(method, xi, lam, beta)
    total = options.delta
    components = {"KL": divergence}
    if mc_samples is not None:
        failure = assembly.level(DELTA_MC if delta_mc is None else delta_mc, "delta_mc")
        scaled, total = posterior_risk(scaled, mc_samples, failure), total + failure
        assembly.level(total, "delta + delta_mc")
        components |= {"posterior risk": low + (high - low) * scaled, "posterior draws": int(mc_samples)}
    elif delta_mc is not None:
        raise InvalidParameterError("delta_mc is given without mc_samples; pass both, or neither for an exact risk")
    units = Units(float(risk), low, high, size, total, data_name)
    if method != "all":
        return _result(method, scaled, divergence, units, options, components)
    results = {each: _result(each, scaled, divergence, units, options, components) for each in forms.METHODS}
    return assembly.table("pac_bayes(risk, kl, n, 'all')", "PAC-Bayes bounds", results, data_name, choice=CHOICE)


def pac_bayes_values(
    risk: Any, kl: Any, n: Any, method: str = "kl", *, delta: Any = 0.05, xi: str = "maurer", lam: Any = None,
    beta: float | Sequence[float] | None = None,
) -> Any:  # fmt: skip
    """The numbers of `pac_bayes` for arrays that broadcast, as they come from the formulas.

    Parameters
    ----------
    risk, kl, n, delta : float or array_like
        As in `pac_bayes`, for losses in [0, 1].
    method : {"kl", "mcallester", "quadratic", "lambda", "refined_pinsker", "catoni"}
    xi, lam, beta
        As in `pac_bayes`; `lam` may be an array that broadcasts with the others. For "catoni" without `beta` each n has
        its own grid.

    Returns
    -------
    float or ndarray
        The closed formulas may exceed 1, which means that nothing is excluded; they are not cut there. "kl" never does.

    Raises
    ------
    InvalidParameterError
        A number is outside its range, shapes do not broadcast, or an option that the method does not use.

    Examples
    --------
    >>> pac_bayes_values(0.1, 100.0, [10**4, 10**5, 10**6]).round(4)
    array([0.1498, 0.1146, 0.1045])
    """
    _validation.choice(method, forms.METHODS, "method")
    q = assembly.numbers(risk, "risk", low=0, high=1)
    divergence = assembly.numbers(kl, "kl", low=0)
    sizes = assembly.numbers(n, "n", low=1, whole=True)
    failures = assembly.levels(delta)
    rates = None if lam is None else _rates(lam)
    options = _options(0.5, xi, None, beta)
    _require_used(method, xi, lam, beta)
    arrays = {"risk": q, "kl": divergence, "n": sizes, "delta": failures} | ({} if rates is None else {"lam": rates})
    try:
        q, divergence, sizes, failures, *given = np.broadcast_arrays(*arrays.values())
    except ValueError:
        names = ", ".join(arrays)
        shapes = ", ".join(str(a.shape) for a in arrays.values())
        raise InvalidParameterError(f"{names} have shapes {shapes}, which do not broadcast") from None
    if method == "catoni":
        found = _catoni_values(q, divergence, sizes, failures, options.betas)
    else:
        cost = (divergence + forms.log_constant(sizes, xi) - np.log(failures)) / sizes
        found = _simple(method, q, cost, given[0] if given else None)
    return found if q.ndim else float(found)


def posterior_risk(risk: float, mc_samples: int, delta_mc: float) -> float:
    """Upper limit of a posterior's empirical risk, of which `risk` is an average over predictors drawn from it.

    Parameters
    ----------
    risk : float
        In [0, 1].
    mc_samples : int
        Predictors drawn independently; one predictor for all n data, or another one for each: the same inequality.
    delta_mc : float
        Probability that the limit is too low.

    Notes
    -----
    The published layer has ln(2 / delta_mc) [1]_; for one side ln(1 / delta_mc) would do.

    References
    ----------
    .. [1] Langford and Caruana (2001), (Not) bounding the true error, NIPS 14.

    Examples
    --------
    >>> round(posterior_risk(0.1, 1000, 0.01), 4)
    0.1337
    """
    q = assembly.risk(risk)
    draws, failure = assembly.size(mc_samples, "mc_samples"), assembly.level(delta_mc, "delta_mc")
    return float(kl_inverse(q, assembly.upwards(math.log(2 / failure) / draws), side="upper"))


def occam(
    risk: float,
    n: int,
    prior: float | None = None,
    *,
    log_prior: float | None = None,
    method: str = "kl",
    delta: float = 0.05,
    data_name: str = "",
) -> BoundResult:
    """Bound the risk of one rule out of countably many that had prior probabilities (Occam's razor).

    Parameters
    ----------
    risk : float
        Empirical risk of the rule that was chosen, in [0, 1].
    n : int
    prior : float
        Prior probability of that rule, fixed before the data were seen; the probabilities of all rules sum to at most
        1. For a rule that is written with b bits in a prefix-free code, ``2**-b``.
    log_prior : float
        Its natural logarithm, instead of `prior`.
    method : {"kl", "binomial"}
        "binomial" is exact for zero-one losses, for which `risk` is a multiple of 1/n.
    delta : float, default 0.05
    data_name : str

    Returns
    -------
    BoundResult

    Raises
    ------
    InvalidParameterError
        Not exactly one of `prior` and `log_prior`, or "binomial" with a risk that is no multiple of 1/n.

    Notes
    -----
    A test-set bound at level ``prior * delta`` for each rule, and the union bound over rules [1]_.

    References
    ----------
    .. [1] Blumer, Ehrenfeucht, Haussler and Warmuth (1987), Occam's razor, Inform. Process. Lett. 24, 377-380;
       Langford (2005), JMLR 6, 273-306, theorem 4.1.

    Examples
    --------
    >>> round(occam(0.1, 1000, log_prior=-20).value, 4)
    0.1762
    """
    _validation.choice(method, ("kl", "binomial"), "method")
    q, size, failure = assembly.risk(risk), assembly.size(n), assembly.level(delta)
    information = _information(prior, log_prior)
    log_level = math.log(failure) - information
    if method == "binomial":
        errors = round(q * size)
        if abs(errors - q * size) > 1e-6:
            raise InvalidParameterError(f"risk is {q}, no multiple of 1/{size}; use method='kl' for it")
        value = 1.0 if math.isinf(information) else float(binomial_tail_inverse(errors, size, log_delta=log_level))
    else:
        value = float(kl_inverse(q, assembly.upwards(-log_level / size), side="upper"))
    return assembly.finished(
        f"occam(risk, n, method={method!r})", "Occam's razor bound", value, delta=failure, empirical_risk=q, n=size,
        data_name=data_name,
        assumptions=(
            "the losses are independent and identically distributed, " + _ranges(method),
            "the prior probabilities of all rules were fixed before these data were seen and sum to at most 1",
        ),
        components={"-ln prior": information},
        settings={"method": method},
        citation="Langford (2005), JMLR 6, 273-306, theorem 4.1",
    )  # fmt: skip


# below the public functions ------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Units:
    """What a result says beside its bound.

    Examples
    --------
    >>> Units(risk=0.1, low=0.0, high=1.0, n=100, delta=0.05, data_name="").n
    100
    """

    risk: float
    low: float
    high: float
    n: int
    delta: float
    data_name: str


def _ranges(method: str) -> str:
    return "0 or 1" if method == "binomial" else "within [0, 1]"


def _loss_range(loss_range: Any) -> tuple[float, float]:
    try:
        low, high = loss_range
    except (TypeError, ValueError):
        raise InvalidParameterError(f"loss_range is {loss_range!r}; it must be a pair of numbers") from None
    limit = assembly.LARGEST
    low = _validation.real(low, "loss_range[0]", minimum=-limit, maximum=limit)
    high = _validation.real(high, "loss_range[1]", minimum=-limit, maximum=limit)
    if not low < high:
        raise InvalidParameterError(f"loss_range is ({low}, {high}); the first must be below the second")
    return low, high


def _information(prior: Any, log_prior: Any) -> float:
    if (prior is None) == (log_prior is None):
        raise InvalidParameterError("give exactly one of prior and log_prior")
    if prior is not None:
        value = _validation.real(prior, "prior", minimum=0, maximum=1)
        return -math.log(value) if value else math.inf
    if isinstance(log_prior, (float, np.floating)) and log_prior == -math.inf:
        return math.inf
    return 0.0 - _validation.real(log_prior, "log_prior", maximum=0)


def _options(delta: Any, xi: Any, lam: Any, beta: Any) -> Options:
    _validation.choice(xi, forms.CONSTANTS, "xi")
    rate = None if lam is None else _validation.real(lam, "lam", minimum=0, maximum=2, exclusive=True)
    return Options(assembly.level(delta), xi, rate, None if beta is None else _betas(beta))


def _require_used(method: str, xi: str, lam: Any, beta: Any) -> None:
    """An option that the method does not use is refused: it would change nothing, unseen."""
    given = {"lam": (lam is not None, method == "lambda"), "beta": (beta is not None, method == "catoni")}
    given["xi"] = (xi != "maurer", method != "catoni")
    for name, (is_given, used) in given.items():
        if is_given and not used and method != "all":
            raise InvalidParameterError(f"{name} is given, and method {method!r} does not use it; leave it out")


def _rates(lam: Any) -> FloatArray:
    rates = assembly.numbers(lam, "lam", low=0, high=2)
    outside = (rates == 0.0) | (rates == 2.0)
    if outside.any():
        raise InvalidParameterError(f"lam has {rates[outside].flat[0]}; it must be above 0 and below 2")
    return rates


def _betas(beta: Any) -> tuple[float, ...]:
    betas = tuple(
        _validation.real(assembly.positive(b, "beta"), "beta", minimum=SMALLEST_BETA)
        for b in np.atleast_1d(np.asarray(beta)).ravel().tolist()
    )
    if not betas:
        raise InvalidParameterError("beta is empty; pass a number, several numbers, or None")
    return betas


def _simple(method: str, risk: Any, cost: Any, lam: Any) -> Any:
    if method == "lambda":
        return forms.at_lambda(risk, cost, forms.best_lambda(risk, cost) if lam is None else lam)
    functions: dict[str, Any] = {
        "kl": forms.seeger,
        "mcallester": forms.mcallester,
        "quadratic": forms.quadratic,
        "refined_pinsker": forms.refined_pinsker,
    }
    return functions[method](risk, cost)


def _catoni_best(
    risk: float, kl: float, n: int, delta: float, betas: tuple[float, ...] | None
) -> tuple[float, float, int]:
    """The bound, the beta it is taken at, and how many there were."""
    grid = np.array(forms.beta_grid(n) if betas is None else betas)
    bounds = forms.catoni(risk, (kl + math.log(len(grid)) - math.log(delta)) / n, grid)
    best = int(np.argmin(bounds))
    return float(bounds[best]), float(grid[best]), len(grid)


def _catoni_values(q: Any, kl: Any, n: Any, delta: Any, betas: tuple[float, ...] | None) -> Any:
    found = np.empty(q.shape)
    for size in np.unique(n):  # the default grid is that of the size
        here = n == size
        grid = np.array(forms.beta_grid(int(size)) if betas is None else betas)
        cost = (kl[here] + math.log(len(grid)) - np.log(delta[here])) / size
        found[here] = forms.catoni(q[here][:, None], cost[:, None], grid).min(axis=1)
    return found


def _result(
    method: str, scaled: float, kl: float, units: Units, options: Options, components: dict[str, Any]
) -> BoundResult:
    parts = dict(components)
    settings: dict[str, Any] = {"method": method}
    if method == "catoni":
        value, parts["beta"], parts["grid"] = _catoni_best(scaled, kl, units.n, options.delta, options.betas)
    else:
        log_constant = float(forms.log_constant(units.n, options.xi))
        cost = (kl + log_constant - math.log(options.delta)) / units.n
        value = float(_simple(method, scaled, cost, options.lam))
        settings["constant"] = "2 sqrt(n)" if options.xi == "maurer" else "exact"
        if method == "lambda":
            parts["lambda"] = float(forms.best_lambda(scaled, cost)) if options.lam is None else options.lam
    notes = Notes()
    if math.isinf(kl):
        notes.remark("KL is infinite: the posterior is not dominated by the prior, and nothing is promised")
        value = 1.0
    span = units.high - units.low
    return assembly.finished(
        f"pac_bayes(risk, kl, n, {method!r})", TITLES[method], units.low + span * value, delta=units.delta,
        empirical_risk=units.risk, n=units.n, largest=units.high, data_name=units.data_name,
        assumptions=_assumptions(method, units, parts, options), components=parts, settings=settings,
        citation=CITATIONS[method], notes=notes,
    )  # fmt: skip


def _assumptions(method: str, units: Units, parts: dict[str, Any], options: Options) -> tuple[str, ...]:
    texts = [
        "the n data are independent and identically distributed",
        f"losses are within [{units.low:g}, {units.high:g}]",
        "the prior was chosen without these n data; the posterior may depend on them",
        "what is bounded is the risk of a predictor drawn anew from the posterior, not that of one fixed predictor",
    ]
    if method == "catoni" and options.betas is not None:
        texts.append("beta, or the list of its values, was fixed before the data were seen")
    if "posterior draws" in parts:
        texts.append("the predictors behind the empirical risk were drawn independently from the posterior")
    return tuple(texts)
