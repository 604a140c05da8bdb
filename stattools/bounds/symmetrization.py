"""Bounds of the risk, uniform over a class, from its Rademacher complexity, which may itself be simulated."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools import _random, _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import FloatArray, Seed
from stattools.bounds import assembly
from stattools.results._format import confidence
from stattools.results.bound import BoundResult

BLOCK = 128  # draws from one stream of random numbers
AT_ONCE = 2**22  # signs that are held
FACTORS = {"loss": 2.0, "signs": 1.0, "scores": 2.0}
COMPLEXITY = "empirical Rademacher complexity"


def rademacher(
    risk: float,
    complexity: float | BoundResult,
    n: int,
    *,
    of: str = "loss",
    empirical: bool = True,
    lipschitz: float = 1.0,
    delta: float = 0.05,
    data_name: str = "",
) -> BoundResult:
    """Bound the risk of a rule that was chosen from a class of known Rademacher complexity.

    Parameters
    ----------
    risk : float
        Its empirical risk, in [0, 1].
    complexity : float or BoundResult
        Of the class; a result of `rademacher_monte_carlo` brings its own probability of failure, which is added.
    n : int
    of : {"loss", "signs", "scores"}
        What the complexity is of: the losses of the class (it counts twice), classifiers with values -1 and 1 under
        zero-one loss (once, since their loss has half their complexity), or scores behind a loss that is
        `lipschitz`-Lipschitz in the score (twice the product, by contraction).
    empirical : bool, default True
        Whether it was computed at the n data, or is an expectation over them.
    lipschitz : float, default 1
        For "scores".
    delta : float, default 0.05
    data_name : str

    Returns
    -------
    BoundResult

    Notes
    -----
    risk + f R + sqrt(ln(1 / delta) / (2 n)) for the expected, and risk + f R + 3 sqrt(ln(2 / delta) / (2 n)) for the
    empirical complexity [1]_, f the factor described above.

    References
    ----------
    .. [1] Mohri, Rostamizadeh and Talwalkar (2018), Foundations of Machine Learning, 2nd ed., theorems 3.3 and 3.5.

    Examples
    --------
    >>> round(rademacher(0.1, 0.02, 10000).value, 4)
    0.1807
    """
    q, size, failure = assembly.risk(risk), assembly.size(n), assembly.level(delta)
    _validation.choice(of, tuple(FACTORS), "of")
    slope = assembly.positive(lipschitz, "lipschitz")
    if slope != 1.0 and of != "scores":
        raise InvalidParameterError(f"lipschitz is {slope}, which only of='scores' uses; of is {of!r}")
    known = known_complexity(complexity)
    estimated = _validation.boolean(empirical, "empirical")
    if known.delta and not estimated:
        raise InvalidParameterError("empirical is False; a simulated complexity is that of the data at hand")
    spread = deviation(size, failure, empirical=estimated)
    factor = FACTORS[of] * slope
    return assembly.finished(
        "rademacher(risk, complexity, n)", "Rademacher bound", assembly.upwards(q + factor * known.value + spread),
        delta=assembly.level(failure + known.delta, "delta, with that of the complexity,"), empirical_risk=q, n=size,
        data_name=data_name,
        assumptions=(
            "the n data are independent and identically distributed, and losses are within [0, 1]",
            "the class was fixed before these data were seen",
            f"its complexity is at most the one given{known.words}",
        ),
        components={"complexity": known.value, "factor": factor, "deviation": spread},
        settings={"of": of, "complexity": "empirical" if estimated else "expected"},
        citation="Bartlett and Mendelson (2002), JMLR 3, 463-482; Mohri et al. (2018), theorems 3.3 and 3.5",
    )  # fmt: skip


def rademacher_monte_carlo(
    outputs: Any = None,
    *,
    supremum: Callable[[FloatArray], float] | None = None,
    envelope: Any = None,
    n_draws: int = 1000,
    delta: float = 0.01,
    rng: Seed = None,
) -> BoundResult:
    """Simulate the empirical Rademacher complexity of a class, with an upper limit for the error of simulation.

    Parameters
    ----------
    outputs : (m, n) array_like
        Values of m functions at the n data; or else
    supremum : callable
        From signs (n,) to the largest ``sum_i sign_i h(x_i)`` in the class, exactly, together with
    envelope : (n,) array_like
        the largest ``|h(x_i)|`` in the class. For functions w.x with ``|w| <= B`` these are
        ``lambda s: B * np.linalg.norm(X.T @ s)`` and ``B * np.linalg.norm(X, axis=1)``.
    n_draws : int, default 1000
        Draws of n signs.
    delta : float, default 0.01
        Probability that the complexity is above the result.
    rng : None, int, SeedSequence or Generator

    Returns
    -------
    BoundResult
        ``value`` is the upper limit, ``components`` hold the estimate and its standard error. Give it to `rademacher`.

    Raises
    ------
    InvalidParameterError
        Neither or both ways of describing the class were used, or the envelope is exceeded.

    Notes
    -----
    The limit adds ``sqrt(2 ln(1 / delta) sum_i b_i^2 / n_draws) / n`` with b the envelope (derived here: another sign
    i in draw j moves the average by at most 2 b_i / (n n_draws), so McDiarmid's inequality applies to all
    n n_draws signs). A single draw therefore already has an error of order 1 / sqrt(n).

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(50, 3))
    >>> norms = np.linalg.norm(X, axis=1)
    >>> found = rademacher_monte_carlo(supremum=lambda s: np.linalg.norm(X.T @ s), envelope=norms, rng=1)
    >>> found.components["estimate"] < rademacher_monte_carlo(X.T, rng=1).largest
    True
    """
    largest, sums = _class(outputs, supremum, envelope)
    draws, failure = _validation.integer(n_draws, "n_draws", minimum=2), assembly.level(delta)
    seed, n = _random.seed_sequence(rng), len(largest)
    values = np.concatenate([sums(signs) for signs in _signs(draws, n, seed)]) / n
    if not np.isfinite(values).all():
        raise InvalidParameterError("supremum returned a value that is not finite")
    if (np.abs(values) > largest.mean() * (1 + 1e-9)).any():
        raise InvalidParameterError("supremum exceeds the sum of envelope, which must be the largest |h(x_i)|")
    estimate, error = float(values.mean()), float(values.std(ddof=1) / math.sqrt(draws))
    spread = math.sqrt(2 * math.log(1 / failure) * float(np.sum(largest**2)) / draws) / n
    return assembly.finished(
        "rademacher_monte_carlo(...)", "Simulated Rademacher complexity", assembly.upwards(max(estimate, 0.0) + spread),
        delta=failure, n=n, of=COMPLEXITY, largest=float(largest.mean()), seed=seed,
        assumptions=("the supremum over the class was exact for each draw of signs", "the envelope is correct"),
        components={"estimate": estimate, "std_error": error, "error limit": spread}, settings={"draws": draws},
        citation="Bartlett and Mendelson (2002), JMLR 3, 463-482, theorem 11",
    )  # fmt: skip


# shared with margins -------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Known:
    """A complexity, the probability that it is too small, and how that is said.

    Examples
    --------
    >>> Known(0.02, 0.0, "known").value
    0.02
    """

    value: float
    delta: float
    words: str


def known_complexity(complexity: Any) -> Known:
    """What a user gave as complexity: a number, or a simulated one.

    Examples
    --------
    >>> known_complexity(0.1).value
    0.1
    """
    if not isinstance(complexity, BoundResult):
        return Known(assembly.cost(complexity, "complexity"), 0.0, "")
    if complexity.of != COMPLEXITY or complexity.delta is None:
        raise InvalidParameterError(
            f"complexity is a bound of the {complexity.of}; it takes a number or a result of rademacher_monte_carlo"
        )
    return Known(complexity.value, complexity.delta, f" (simulated, with probability {confidence(complexity.delta)})")


def deviation(n: int, delta: float, *, empirical: bool) -> float:
    """The part of the bound that does not depend on the class.

    Examples
    --------
    >>> round(deviation(10000, 0.05, empirical=True), 4)
    0.0407
    """
    if empirical:
        return 3 * math.sqrt(math.log(2 / delta) / (2 * n))
    return math.sqrt(math.log(1 / delta) / (2 * n))


# the class and its signs ---------------------------------------------------------------------------------------------
def _class(outputs: Any, supremum: Any, envelope: Any) -> tuple[FloatArray, Callable[[FloatArray], FloatArray]]:
    """The envelope, and the function from (b, n) signs to the b suprema of sums."""
    if (outputs is None) == (supremum is None):
        raise InvalidParameterError("give exactly one of outputs and supremum")
    if outputs is not None:
        values = assembly.array(outputs, "outputs", ndim=2)
        return np.abs(values).max(axis=0), lambda signs: (signs @ values.T).max(axis=1)
    if not callable(supremum):
        raise InvalidParameterError(f"supremum is {supremum!r:.80}; it must be a function of the signs")
    if envelope is None:
        raise InvalidParameterError("envelope is None; with supremum it must hold the largest |h(x_i)| of the class")
    largest = _validation.nonnegative(assembly.array(envelope, "envelope", ndim=1), "envelope")
    return largest, lambda signs: np.array([_one(supremum, row) for row in signs])


def _one(supremum: Callable[[FloatArray], float], signs: FloatArray) -> float:
    value = np.asarray(supremum(signs), dtype=np.float64)
    if value.size != 1:
        raise InvalidDataError(f"supremum returned an array of shape {value.shape}; it must return one number")
    return float(value.reshape(()))


def _signs(draws: int, n: int, seed: np.random.SeedSequence) -> Iterator[FloatArray]:
    """Rows of signs, as many at a time as there is room for."""
    rows = max(1, min(BLOCK, AT_ONCE // n))
    for block, start in enumerate(range(0, draws, BLOCK)):
        generator, count = _random.generator(seed, block), min(BLOCK, draws - start)
        for first in range(0, count, rows):
            bits = generator.integers(0, 2, size=(min(rows, count - first), n))
            yield 2.0 * bits.astype(np.float64) - 1.0
