"""What a contrastive loss says about classification, when similar pairs share a latent class."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import AssumptionWarning, InvalidDataError, InvalidParameterError, Notes
from stattools.bounds import assembly
from stattools.results.bound import BoundResult

LOSSES = ("hinge", "logistic")
CITATION = "Arora, Khandeparkar, Khodak, Plevrakis and Saunshi (2019), ICML, arXiv 1902.09229"


def contrastive(
    risk: float,
    n: int,
    *,
    tau: float | None = None,
    class_probabilities: Any = None,
    radius: float,
    complexity: float,
    loss: str = "hinge",
    compared: str = "empirical",
    different_class_risk: float | None = None,
    deviation: float | None = None,
    constant: float | None = None,
    delta: float = 0.05,
    data_name: str = "",
) -> BoundResult:
    """Bound the supervised loss of the mean classifier on a representation that was learned by contrast.

    Parameters
    ----------
    risk : float
        Mean contrastive loss with one negative example, ``loss(f(x).(f(x+) - f(x-)))``.
    n : int
        Number M of triples.
    tau : float
        Probability that two independent classes are equal, below 1; or
    class_probabilities : (c,) array_like
        of the latent classes, from which tau = sum p^2.
    radius : float
        R, the largest norm of a representation.
    complexity : float
        Rademacher complexity of the class of representations on the triples, not divided by M: the mean over triples
        and signs of ``sup_f sum sign_ij f_j(x_i)`` over 3 M inputs and all coordinates.
    loss : {"hinge", "logistic"}
        max(0, 1 - v) or log2(1 + exp(-v)), both 1 at v = 0.
    compared : {"empirical", "population"}
        Whether `risk` is the loss of the learned f on the triples, or the true loss of any fixed f, to which the
        minimiser of the empirical loss is compared.
    different_class_risk : float, optional
        Contrastive loss given that the negative has another class. With `deviation` it gives the second form.
    deviation : float, optional
        s(f) = mean over classes of sqrt(spectral norm of Cov(f | class)) times the mean norm of f.
    constant : float, optional
        c' of the second form, which is not known; 1 by default. That form holds up to a constant.
    delta : float, default 0.05
    data_name : str

    Returns
    -------
    BoundResult
        Of the mean two-class supervised loss of the mean classifier.

    Raises
    ------
    InvalidParameterError
        tau is 1 or more, or `different_class_risk` and `deviation` are not both given or both absent.

    Warns
    -----
    AssumptionWarning
        `risk` is below tau, which no representation reaches in the population.

    Notes
    -----
    First form [1]_: (risk - tau) / (1 - tau) + Gen / (1 - tau). With probability tau the classes coincide, and then the
    loss is at least loss(0) = 1 by convexity; otherwise Jensen's inequality moves the class means inside the loss.
    Second form [1]_: risk among different classes + c' tau / (1 - tau) s(f) + Gen / (1 - tau).

    Gen is derived here, with explicit constants. The loss has slope l (1, or 1 / ln 2 for the logistic loss) in
    ``a.(b - c)``, whose gradient in (a, b, c) has norm at most sqrt(6) R. Contraction for vectors [2]_ multiplies by
    sqrt(2), symmetrization by 2: Gen = 4 sqrt(3) l R complexity / M + B sqrt(ln(1 / delta) / (2 M)) for the empirical
    loss, with 2 B sqrt(ln(2 / delta) / (2 M)) for a comparison in the population; B = loss(-2 R^2).

    References
    ----------
    .. [1] Arora et al. (2019), A theoretical analysis of contrastive unsupervised representation learning, ICML.
    .. [2] Maurer (2016), A vector-contraction inequality for Rademacher complexities, ALT, corollary 1.

    Examples
    --------
    >>> bound = contrastive(0.3, 10**6, class_probabilities=[0.1] * 10, radius=1.0, complexity=2000.0)
    >>> round(bound.value, 4), bound.kind
    (0.2417, 'high-probability')
    """
    _validation.choice(loss, LOSSES, "loss")
    _validation.choice(compared, ("empirical", "population"), "compared")
    size, failure = assembly.size(n, "n"), assembly.level(delta)
    same = _tau(tau, class_probabilities)
    r = assembly.positive(radius, "radius")
    slope, largest = _slope_and_largest(loss, r)
    q = _validation.real(risk, "risk", minimum=0, maximum=largest)
    second = _second_form(different_class_risk, deviation, constant, largest)
    spread = math.log(1 / failure) if compared == "empirical" else 4 * math.log(2 / failure)
    contraction = 4 * math.sqrt(3) * slope * r * assembly.cost(complexity, "complexity") / size
    gen = contraction + largest * math.sqrt(spread / (2 * size))
    notes = Notes()
    if q < same:
        notes.warn(f"risk is {q:.4g}, below tau = {same:.4g}: a contrastive loss that low is chance", AssumptionWarning)
    components = {"tau": same, "Gen": gen}
    if second is None:
        value = (max(q, same) - same + gen) / (1 - same)
    else:
        value = second[0] + second[2] * same / (1 - same) * second[1] + gen / (1 - same)
        components |= {"intraclass deviation": second[1], "constant": second[2]}
    return assembly.finished(
        "contrastive(risk, n)", "Latent-class bound for contrastive learning", assembly.upwards(value),
        delta=failure if second is None else None, kind="high-probability" if second is None else "up-to-constant",
        n=size, largest=largest, of="supervised loss of the mean classifier", data_name=data_name, notes=notes,
        assumptions=(
            "the M triples are independent; a similar pair is two independent draws from one latent class, and the "
            "negative is a draw from an independent class",
            "the supervised task is to tell two different latent classes apart, drawn with the same probabilities",
            f"representations have norm at most {r:g}; their class was fixed before these data were seen",
            "the risk given is that on these triples" if compared == "empirical"
            else "the representation minimises the loss on these triples; the risk given is the true one of a fixed f",
        ),
        components=components, settings={"loss": loss, "compared": compared}, citation=CITATION,
    )  # fmt: skip


def contrastive_identity(different_class_risk: float, same_class_risk: float, tau: float) -> float:
    """The contrastive loss from its two parts: (1 - tau) times one plus tau times the other.

    Parameters
    ----------
    different_class_risk, same_class_risk : float
        Mean loss given that the negative example has another class, or the same.
    tau : float
        Probability of the same, from 0 to 1.

    Examples
    --------
    >>> round(contrastive_identity(0.2, 1.1, 0.1), 12)
    0.29
    """
    share = _validation.real(tau, "tau", minimum=0, maximum=1)
    different = assembly.magnitude(different_class_risk, "different_class_risk")
    return (1 - share) * different + share * assembly.magnitude(same_class_risk, "same_class_risk")


def _slope_and_largest(loss: str, radius: float) -> tuple[float, float]:
    """Of the loss, in v = f(x).(f(x+) - f(x-)), which is at least -2 R^2."""
    v = 2 * radius**2
    if loss == "hinge":
        return 1.0, 1 + v
    return 1 / math.log(2), (v + math.log1p(math.exp(-v))) / math.log(2)


def _tau(tau: Any, class_probabilities: Any) -> float:
    if (tau is None) == (class_probabilities is None):
        raise InvalidParameterError("give exactly one of tau and class_probabilities")
    if class_probabilities is not None:
        probabilities = _validation.float_array(class_probabilities, "class_probabilities", ndim=1)
        _validation.nonnegative(probabilities, "class_probabilities")
        if abs(probabilities.sum() - 1) > 1e-8:
            raise InvalidDataError(f"class_probabilities sum to {probabilities.sum():.10g}; they must sum to 1")
        tau = float(np.sum(probabilities**2))
    same = _validation.real(tau, "tau", minimum=0)
    if same >= 1:
        raise InvalidParameterError(
            f"tau is {same}; it must be below 1, because one class leaves nothing to tell apart"
        )
    return same


def _second_form(risk: Any, deviation: Any, constant: Any, largest: float) -> tuple[float, float, float] | None:
    if (risk is None) != (deviation is None):
        raise InvalidParameterError("give both different_class_risk and deviation, or neither")
    if risk is None:
        if constant is not None:
            raise InvalidParameterError("constant is used with different_class_risk and deviation only")
        return None
    c = 1.0 if constant is None else assembly.positive(constant, "constant")
    apart = _validation.real(risk, "different_class_risk", minimum=0, maximum=largest)
    return apart, assembly.magnitude(deviation, "deviation"), c
