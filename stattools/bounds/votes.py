"""Bounds of the error of a weighted majority vote from the errors of its voters, alone and in pairs."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from stattools import _validation
from stattools._errors import DegenerateDataError, InvalidDataError, InvalidParameterError, Notes
from stattools._typing import BoolArray, FloatArray
from stattools.bounds import assembly, pacbayes_forms as forms
from stattools.bounds.inverses import kl_inverse
from stattools.results.bound import BoundResult

if TYPE_CHECKING:
    from stattools.bounds.table import BoundTable

METHODS = ("first_order", "tandem", "disagreement", "c_bound")
TITLES = {
    "first_order": "First-order bound of a majority vote",
    "tandem": "Second-order (tandem) bound of a majority vote",
    "disagreement": "Second-order (disagreement) bound of a majority vote",
    "c_bound": "C-bound of a majority vote",
}
MASEGOSA = "Masegosa, Lorenzen, Igel and Seldin (2020), NeurIPS 33, arXiv 2007.13532"
CITATIONS = {
    "first_order": "Langford and Shawe-Taylor (2002), NIPS 15; " + MASEGOSA,
    "tandem": MASEGOSA + "",
    "disagreement": MASEGOSA + "",
    "c_bound": "Germain, Lacasse, Laviolette, Marchand and Roy (2015), JMLR 16, 787-860",
}


@dataclass(frozen=True, slots=True)
class Average:
    """A mean over voters, or over pairs of voters, of shares that were each counted on data of their own.

    share : the mean by weight. n : harmonic mean by weight of the numbers of data. divergence : from the prior, both
    reweighted by 1 / n. log_xi : logarithm of the mean constant under the prior.

    Examples
    --------
    >>> round(Average(share=0.1, n=1000, divergence=2.0, log_xi=math.log(60.0)).limit(0.05), 4)
    0.1452
    """

    share: float
    n: float
    divergence: float
    log_xi: float

    def limit(self, delta: float, side: str = "upper") -> float:
        cost = (self.divergence + self.log_xi - math.log(delta)) / self.n
        return float(kl_inverse(min(max(self.share, 0.0), 1.0), assembly.upwards(cost), side=side))


@dataclass(frozen=True, slots=True)
class Errors:
    """Of a voter, of two voters at once, and of exactly one of two; the last two None where they are not needed.

    lacking : which two voters are never judged on one datum, in words.

    Examples
    --------
    >>> Errors(Average(0.1, 1000, 2.0, 4.0)).tandem is None
    True
    """

    gibbs: Average
    tandem: Average | None = None
    apart: Average | None = None
    lacking: str = ""


def majority_vote(
    votes: Any,
    y: Any,
    *,
    valid: Any = None,
    weights: Any = None,
    prior: Any = None,
    method: str = "all",
    xi: str = "maurer",
    delta: float = 0.05,
    data_name: str = "",
) -> BoundResult | BoundTable:
    """Bound the error of a weighted majority vote of classifiers.

    Parameters
    ----------
    votes : (T, n) array_like
        Labels that each of T voters gives to n data.
    y : (n,) array_like
        The labels.
    valid : (T, n) array_like of bool, optional
        Where a voter may be judged: data that it was not trained on, such as those out of its bag. All by default,
        which is right for a hold-out set only.
    weights : (T,) array_like, optional
        Of the vote, not negative; scaled to sum 1. Uniform by default. They may depend on the data.
    prior : (T,) array_like, optional
        Weights that were fixed before the data were seen. Uniform by default.
    method : {"first_order", "tandem", "disagreement", "c_bound", "all"}
        "all" returns a table; of the first alone, with a note, where some voters may be judged together on no datum.
    xi : {"maurer", "exact"}
        As in `pac_bayes`.
    delta : float, default 0.05
    data_name : str

    Returns
    -------
    BoundResult
        ``empirical_risk`` is None: out of bag the vote itself is never observed.

    Raises
    ------
    InvalidDataError
        Shapes do not fit, or a label or weight is missing or negative.
    DegenerateDataError
        A voter, or for one of the methods of pairs a pair of voters, may be judged on no datum.

    Notes
    -----
    G is the error of a voter drawn by weight, T that of two voters at once, D the chance that exactly one of two errs.
    Their limits are inverses of kl [1]_ at (KL + ln(xi / delta)) / n, where n is the harmonic mean, by weight, of the
    numbers of data that voters or pairs were judged on. A tie counts as an error.

    - "first_order": 2 G (Markov's inequality).
    - "tandem": 4 T (second moment), for any number of classes.
    - "disagreement": 4 G - 2 D, limits at delta / 2 each; equal to "tandem" without them, since T = G - D / 2. D is
      taken from errors, so that it holds for any number of classes; for two it is the chance of disagreement.
    - "c_bound": 1 - (1 - 2 G)^2 / (1 - 2 D) for G < 1/2, limits at delta / 2 each [2]_ (the inequality of Cantelli).
      Without G < 1/2 nothing follows.

    The harmonic mean is derived here; the source has the smallest number. Let r and p be weights of voters, or products
    of two for pairs. Among posteriors, to all of which the inequality applies, is r / n scaled to sum 1, for which the
    mean of n kl is that of kl under r, times the harmonic mean. The prior may be p / n scaled to sum 1, since the
    numbers do not depend on the data. KL is between these two: 0 when r = p, and the divergence
    of r from p when all n are equal.

    The vote errs only where voters of half the weight do. On one hold-out set the error of the vote can be counted, and
    `test_set` is then tighter than any of these.

    References
    ----------
    .. [1] Masegosa, Lorenzen, Igel and Seldin (2020), Second order PAC-Bayesian bounds for the weighted majority vote,
       NeurIPS 33.
    .. [2] Germain et al. (2015), Risk bounds for the majority vote, JMLR 16, 787-860.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(0, 2, 50000)
    >>> votes = np.where(rng.random((25, 50000)) < 0.2, 1 - y, y)  # voters that err independently
    >>> table = majority_vote(votes, y)
    >>> table["first_order"].value > table["tandem"].value > table["c_bound"].value
    True
    """
    _validation.choice(method, (*METHODS, "all"), "method")
    _validation.choice(xi, forms.CONSTANTS, "xi")
    failure = assembly.level(delta)
    errors, judged = _errors_of(votes, y, valid)
    rho, pi = _weights(weights, "weights", len(errors)), _weights(prior, "prior", len(errors))
    averages = _averages(errors, judged, rho, pi, xi, pairs=method != "first_order")
    lacking = averages.lacking
    if lacking and method != "all":
        raise DegenerateDataError(f"{lacking}; use more data, or method='first_order'")
    chosen = (method,) if method != "all" else METHODS[:1] if lacking else METHODS
    results = {each: _result(each, averages, failure, xi, errors.shape[1], data_name) for each in chosen}
    if method != "all":
        return results[method]
    table = assembly.table("majority_vote(votes, y)", "Bounds of a majority vote", results, data_name)
    return replace(table, notes=(f"{lacking}, so that bounds by pairs are left out",)) if lacking else table


# votes into numbers --------------------------------------------------------------------------------------------------
def _errors_of(votes: Any, y: Any, valid: Any) -> tuple[BoolArray, BoolArray]:
    """(T, n) where a voter errs, and where that may be counted."""
    try:
        labels, given = np.asarray(y), np.asarray(votes)
    except ValueError as error:
        raise InvalidDataError(f"votes or y cannot be read as a rectangular array: {error}") from None
    if labels.ndim != 1 or given.ndim != 2 or given.shape[1:] != labels.shape or 0 in given.shape:
        raise InvalidDataError(f"votes has shape {given.shape} and y has {labels.shape}; they must be (T, n) and (n,)")
    _validation.group_codes(labels, "y")
    if (given.dtype.kind in "biuf") != (labels.dtype.kind in "biuf"):
        raise InvalidDataError(f"votes has dtype {given.dtype} and y has {labels.dtype}; labels must be of one kind")
    judged = np.ones(given.shape, dtype=bool)
    if valid is not None:
        judged = np.asarray(valid)
        if judged.dtype != bool or judged.shape != given.shape:
            seen = f"dtype {judged.dtype} and shape {judged.shape}"
            raise InvalidDataError(f"valid has {seen}; it must be bool of shape {given.shape}")
    if given.dtype.kind == "f" and not np.isfinite(given[judged]).all():
        raise InvalidDataError("votes has a missing label where valid is True")
    return np.asarray(given != labels, dtype=bool) & judged, judged


def _weights(values: Any, name: str, count: int) -> FloatArray:
    if values is None:
        return np.full(count, 1 / count)
    array = _validation.nonnegative(_validation.float_array(values, name, ndim=1), name)
    if array.size != count:
        raise InvalidDataError(f"{name} has {array.size} elements for {count} voters")
    if array.sum() <= 0:
        raise InvalidDataError(f"{name} sums to 0; at least one voter must count")
    scaled: FloatArray = array / array.sum()
    return scaled


def _averages(errors: BoolArray, judged: BoolArray, rho: FloatArray, pi: FloatArray, xi: str, *, pairs: bool) -> Errors:
    if (rho[pi == 0] > 0).any():
        voter = int(np.argmax((pi == 0) & (rho > 0)))
        raise InvalidParameterError(f"prior is 0 for voter {voter}, whose weight is not; the bound would be infinite")
    used = np.flatnonzero(pi > 0)
    rho, pi, errors, judged = rho[used], pi[used], errors[used], judged[used]
    counts = judged.sum(axis=1).astype(np.float64)
    if counts.min() == 0:
        raise DegenerateDataError(f"voter {int(used[np.argmin(counts)])} may be judged on no datum")
    gibbs = _average(errors.sum(axis=1) / counts, counts, rho, pi, xi)
    if not pairs:
        return Errors(gibbs)
    # counts stay below 2^53, so that products of floats are exact
    valid, wrong = judged.astype(np.float64), errors.astype(np.float64)
    shared, both, first_wrong = valid @ valid.T, wrong @ wrong.T, wrong @ valid.T
    if shared.min() == 0:
        t, u = (int(used[i]) for i in np.unravel_index(int(np.argmin(shared)), shared.shape))
        return Errors(gibbs, lacking=f"voters {t} and {u} have no datum on which both may be judged")
    one_of_two = first_wrong + first_wrong.T - 2 * both
    weights = (np.outer(rho, rho), np.outer(pi, pi))
    tandem, apart = (_average(sums / shared, shared, *weights, xi) for sums in (both, one_of_two))
    return Errors(gibbs, tandem, apart)


def _average(shares: FloatArray, counts: FloatArray, rho: FloatArray, pi: FloatArray, xi: str) -> Average:
    from scipy.special import rel_entr

    per_rho, per_pi = rho / counts, pi / counts
    posterior, prior = per_rho / per_rho.sum(), per_pi / per_pi.sum()
    sizes, places = np.unique(counts, return_inverse=True)
    constants = np.exp(forms.log_constant(sizes, xi))[places.reshape(counts.shape)]
    return Average(
        share=float(np.sum(rho * shares)),
        n=1 / float(per_rho.sum()),
        divergence=max(float(np.sum(rel_entr(posterior, prior))), 0.0),
        log_xi=math.log(float(np.sum(prior * constants))),
    )


# numbers into bounds -------------------------------------------------------------------------------------------------
def _bound(method: str, errors: Errors, delta: float, notes: Notes) -> tuple[float, dict[str, Any]]:
    if method == "first_order":
        gibbs = errors.gibbs.limit(delta)
        return 2 * gibbs, _shown("Gibbs error", errors.gibbs, gibbs)
    assert errors.tandem is not None and errors.apart is not None
    if method == "tandem":
        tandem = errors.tandem.limit(delta)
        return 4 * tandem, _shown("tandem error", errors.tandem, tandem)
    gibbs, apart = errors.gibbs.limit(delta / 2), errors.apart.limit(delta / 2, "lower")
    components = _shown("Gibbs error", errors.gibbs, gibbs) | _shown("disagreement", errors.apart, apart, "lower limit")
    if method == "disagreement":
        return 4 * gibbs - 2 * apart, components
    if gibbs >= 0.5:
        notes.remark("the limit of the Gibbs error is not below 1/2, where the C-bound says nothing")
        return 1.0, components
    # D <= 2 G (1 - G) in the population, so the cap binds only where a limit has failed
    apart = min(apart, 2 * gibbs * (1 - gibbs))
    return 1 - (1 - 2 * gibbs) ** 2 / (1 - 2 * apart), components


def _shown(name: str, average: Average, limit: float, word: str = "limit") -> dict[str, Any]:
    size, divergence = f"n of the {name}", f"KL of the {name}"
    return {name: average.share, f"its {word}": limit, size: average.n, divergence: average.divergence}


def _result(method: str, errors: Errors, delta: float, xi: str, n: int, data_name: str) -> BoundResult:
    notes = Notes()
    value, components = _bound(method, errors, delta, notes)
    return assembly.finished(
        f"majority_vote(votes, y, method={method!r})", TITLES[method], assembly.upwards(value), delta=delta, n=n,
        of="error of the majority vote", data_name=data_name, notes=notes,
        assumptions=(
            "the n data are independent and identically distributed",
            "every voter was trained without the data it is judged on",
            "which data a voter is judged on was decided without looking at them",
            "the prior weights were fixed before the data were seen",
        ),
        components=components, settings={"method": method, "constant": "2 sqrt(n)" if xi == "maurer" else "exact"},
        citation=CITATIONS[method],
    )  # fmt: skip
