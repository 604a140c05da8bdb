"""Bound of the risk of an algorithm whose output hardly depends on any one of its data."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidParameterError
from stattools.bounds import assembly
from stattools.results.bound import BoundResult

ALGORITHMS = {
    "kernel": ("lipschitz", "kernel_bound", "regularization"),
    "sgd": ("lipschitz", "step_sizes"),
    "strongly_convex": ("lipschitz", "convexity"),
}


def stability(
    risk: float,
    beta: float,
    n: int,
    *,
    estimate: str = "empirical",
    definition: str = "remove",
    loss_bound: float = 1.0,
    delta: float | None = 0.05,
    data_name: str = "",
) -> BoundResult:
    """Bound the risk of a uniformly stable algorithm.

    Parameters
    ----------
    risk : float
        Empirical or leave-one-out risk, from 0 to `loss_bound`.
    beta : float
        Uniform stability: no loss anywhere changes by more than beta when one of the n data is removed (or replaced).
    n : int
    estimate : {"empirical", "leave_one_out"}
        Which risk `risk` is.
    definition : {"remove", "replace"}
        Which change `beta` is about. Stability beta under removal implies 2 beta under replacement.
    loss_bound : float, default 1
        M; losses are in [0, M].
    delta : float or None, default 0.05
        None gives the bound in expectation.
    data_name : str

    Returns
    -------
    BoundResult

    Notes
    -----
    For removal, risk + 2 beta + (4 n beta + M) sqrt(ln(1 / delta) / (2 n)), and risk + beta + the same for the
    leave-one-out risk [1]_. For replacement with stability b the same argument gives risk + b + (2 n b + M) sqrt(...)
    (derived here: the difference of risk and empirical risk has mean at most b and changes by at most 2 b + M / n with
    one datum). It is useful only when beta is o(1 / sqrt(n)).

    References
    ----------
    .. [1] Bousquet and Elisseeff (2002), Stability and generalization, JMLR 2, 499-526, theorem 12.

    Examples
    --------
    >>> round(stability(0.0, 1e-3, 1000).value, 6)
    0.195511
    """
    _validation.choice(estimate, ("empirical", "leave_one_out"), "estimate")
    _validation.choice(definition, ("remove", "replace"), "definition")
    if definition == "replace" and estimate == "leave_one_out":
        raise InvalidParameterError("definition is 'replace'; the leave-one-out form needs stability under removal")
    largest = assembly.positive(loss_bound, "loss_bound")
    q = _validation.real(risk, "risk", minimum=0, maximum=largest)
    b, size = assembly.cost(beta, "beta"), assembly.size(n)
    replaced = b if definition == "replace" else 2 * b
    mean = b if estimate == "leave_one_out" else replaced
    spread = 0.0
    if delta is not None:
        spread = (2 * size * replaced + largest) * math.sqrt(math.log(1 / assembly.level(delta)) / (2 * size))
    return assembly.finished(
        "stability(risk, beta, n)", "Uniform stability bound", assembly.upwards(q + mean + spread), delta=delta,
        kind="expectation" if delta is None else "high-probability", empirical_risk=q, n=size, largest=largest,
        data_name=data_name,
        assumptions=(
            f"the n data are independent and identically distributed, and losses are within [0, {largest:g}]",
            "the algorithm is symmetric in its data, and deterministic (or its own random numbers are held fixed)",
            f"its uniform stability, when one datum is {definition}d, is at most beta, for every sample of this size",
        ),
        components={"beta": b, "bias": mean, "deviation": spread},
        settings={"estimate": estimate, "definition": definition},
        citation="Bousquet and Elisseeff (2002), JMLR 2, 499-526, theorem 12",
    )  # fmt: skip


def stability_coefficient(
    algorithm: str,
    n: int,
    *,
    lipschitz: float,
    kernel_bound: float | None = None,
    regularization: float | None = None,
    step_sizes: Any = None,
    convexity: float | None = None,
) -> float:
    """Uniform stability of an algorithm, as `stability` takes it.

    Parameters
    ----------
    algorithm : {"kernel", "sgd", "strongly_convex"}
        "kernel" minimises the mean convex loss + regularization * norm^2 in a reproducing kernel Hilbert space, with no
        unpenalised intercept (see Notes);
        "sgd" is stochastic gradient descent on a convex loss; "strongly_convex" is that, projected, on a loss that is
        convexity-strongly convex, with one constant step.
    n : int
    lipschitz : float
        Lipschitz constant of the loss: in the prediction for "kernel", in the parameters for the others.
    kernel_bound : float
        kappa, the largest sqrt(k(x, x)). For "kernel".
    regularization : float
        For "kernel": the factor of the squared norm beside the mean loss.
    step_sizes : array_like
        One for each step taken, each at most 2 / smoothness of the loss. For "sgd".
    convexity : float
        For "strongly_convex".

    Returns
    -------
    float
        ``lipschitz^2 kappa^2 / (2 regularization n)``, with definition "remove" [1]_;
        ``2 lipschitz^2 sum(step_sizes) / n`` or ``2 lipschitz^2 / (convexity n)``, with definition "replace", on
        average over the order of the data [2]_: for these only the bound in expectation (delta=None) follows.

    Raises
    ------
    InvalidParameterError
        A parameter of the algorithm is missing, or one was given that it does not use.

    Notes
    -----
    For "kernel" the whole predictor must be penalised. An intercept that is not can move with a single datum however
    large the regularization is: with classes of nearly equal size and a small weight of the data, support vector
    machines of scikit-learn, whose intercept is free, change the hinge loss by about 1 when one datum is left out. An
    intercept that is penalised like the rest is a kernel with a constant added, which `kernel_bound` must count.

    References
    ----------
    .. [1] Bousquet and Elisseeff (2002), JMLR 2, 499-526, theorem 22.
    .. [2] Hardt, Recht and Singer (2016), Train faster, generalize better, ICML, theorems 3.8 and 3.9.

    Examples
    --------
    >>> stability_coefficient("kernel", 1000, lipschitz=1.0, kernel_bound=1.0, regularization=0.5)
    0.001
    """
    _validation.choice(algorithm, tuple(ALGORITHMS), "algorithm")
    given = {
        "lipschitz": lipschitz, "kernel_bound": kernel_bound, "regularization": regularization,
        "step_sizes": step_sizes, "convexity": convexity,
    }  # fmt: skip
    for name, value in given.items():
        used = name in ALGORITHMS[algorithm]
        if used == (value is None):
            word = "needs" if used else "does not use"
            raise InvalidParameterError(f"{name} is {value!r:.60}; algorithm {algorithm!r} {word} it")
    size, slope = assembly.size(n), assembly.positive(lipschitz, "lipschitz")
    if algorithm == "kernel":
        kappa = assembly.positive(kernel_bound, "kernel_bound")
        return slope**2 * kappa**2 / (2 * assembly.positive(regularization, "regularization") * size)
    if algorithm == "sgd":
        return 2 * slope**2 * float(np.sum(assembly.numbers(step_sizes, "step_sizes", low=0))) / size
    return 2 * slope**2 / (assembly.positive(convexity, "convexity") * size)
