"""What can be promised of a design before a function is seen: constants, and the sentences that carry them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from stattools.wls.design import Design


def lower_rate(delta: float) -> float:
    """c in P(lambda_min(G) < 1 - delta) <= m exp(-n c / K) for n independent points with weights, K = sup w k.

    The lower tail of the matrix Chernoff inequality [1]_.

    References
    ----------
    .. [1] Tropp (2012), User-friendly tail bounds for sums of random matrices, Found. Comput. Math. 12, theorem 1.1.

    Examples
    --------
    >>> round(lower_rate(0.9), 4)
    0.6697
    """
    return delta + (1 - delta) * math.log1p(-delta) if delta < 1 else 1.0


def upper_rate(delta: float) -> float:
    """c in P(lambda_max(G) > 1 + delta) <= m exp(-n c / K); smaller than the rate of the lower tail.

    Examples
    --------
    >>> round(upper_rate(0.9), 4)
    0.3195
    """
    return (1 + delta) * math.log1p(delta) - delta


def failure_bound(n: int, m: int, delta: float, event: str, law: str, share: float = 0.0) -> float:
    """Upper bound on the probability that a design is not stable, 1 where nothing better is known.

    Parameters
    ----------
    law : {"iid", "volume", "repeated_dpp"}
        For "volume" only its n - m independent points count for the lower tail, and its DPP adds at most m^2 / n to the
        largest eigenvalue. For "repeated_dpp" the n // m draws are bounded as independent matrices with eigenvalues up
        to m, which is very pessimistic (derived here).
    share : float
        beta of a mixture, for which K is m / (1 - beta).

    Examples
    --------
    >>> failure_bound(116, 11, 0.9, "one_sided", "iid") <= 0.01 < failure_bound(115, 11, 0.9, "one_sided", "iid")
    True
    """
    if law == "iid":
        if event == "one_sided":
            return _tail(n, m, lower_rate(delta), m, share)
        return min(1.0, 2 * _tail(n, m, upper_rate(delta), m, share))
    if law == "repeated_dpp":
        tail = _tail(n // m, m, lower_rate(delta), m, 0.0)
        return tail if event == "one_sided" else min(1.0, tail + _tail(n // m, m, upper_rate(delta), m, 0.0))
    independent = n - m
    if independent <= 0 or (1 - delta) * n >= independent:
        return 1.0
    tail = _tail(independent, m, lower_rate(1 - (1 - delta) * n / independent), m, share)
    if event == "one_sided":
        return tail
    above = ((1 + delta) * n - m**2 / (1 - share)) / independent - 1
    return min(1.0, tail + _tail(independent, m, upper_rate(above), m, share)) if above > 0 else 1.0


def _tail(n: int, m: int, rate: float, bound: float, share: float) -> float:
    return min(1.0, m * math.exp(-n * rate * (1 - share) / bound))


def error_factor(design: Design) -> tuple[float | None, str]:
    """C in E ||f - Qf||^2 <= C ||f - Pf||^2, and the condition in words.

    Q f is the weighted least-squares fit, P f the best approximation in L2(mu). On a pool f is the vector of all labels
    and the squared norms are mean squares over the pool. None where no such constant is known. The expectation is over
    designs of the law; a conditioned law is its own law. Derived here:

    - The fit differs from P f by G^-1 (1/n) sum w phi g, g = f - P f. The sum has mean zero and mean square at most
      (m/n) ||g||^2 for independent optimal points, for their mixture with a DPP, and for repeated DPPs, whose linear
      statistics vary no more than those of as many independent points. With lambda_min >= 1 - delta this gives
      1 + (1 - delta)^-2 m / n on the event, and the last term over P(event) under the conditioned law.
    - In general ||Qg||^2 <= (1 - delta)^-1 ||g||_x^2 on the event, whose mean is (1 - delta)^-1 ||g||^2 when a point's
      weight is its inverse density: a factor of 1 + (1 - delta)^-1 / P, times the number of candidates for the best of
      several, times n / n_kept after removal.
    - For one DPP, m + 1, with equality (on a pool: when no m rows are dependent).
    - For volume sampling without conditioning, see `volume_factor`.

    Examples
    --------
    >>> from stattools.wls import PolynomialSpace, optimal_design
    >>> design = optimal_design(PolynomialSpace("legendre", degree=4), method="dpp", condition=False, rng=1)
    >>> error_factor(design)
    (6.0, 'in expectation, with equality')
    """
    m, n, delta = design.dim, design.n, design.delta
    law = _law(design)
    if not law:
        return None, ""
    selected = design.n_candidates > 1 or design.n_drawn > n
    optimal = not design.safe_mixture and design.reference == "iid" and design.cost is None
    if design.conditioned:
        return _conditioned_factor(design, selected, optimal)
    if selected:
        return None, ""
    if n == m and law != "iid":
        return m + 1.0, "in expectation" + (", with equality" if design.space is not None else "")
    if law == "volume" and optimal:
        return volume_factor(n, m), "in expectation, without conditioning"
    if optimal and law != "without replacement":
        words = f"in expectation over designs with {design.stability.words} (the others counted as zero)"
        return 1 + m / n / (1 - delta) ** 2, words
    return None, ""


def _law(design: Design) -> str:
    """The law on spaces whose constants hold for the design; empty for none."""
    if design.space is not None:
        return {"dpp": "repeated_dpp", "greedy": "repeated_dpp", "boosted": "iid"}.get(design.method, design.method)
    laws = {
        "leverage": "iid",
        "leveraged_volume": "volume",
        "repeated_dpp": "repeated_dpp",
        "volume": "without replacement",
    }
    untouched = design.given is None and design.regularization == 0 and not design.has_fixed_rows
    return laws.get(design.method, "") if untouched else ""


def _conditioned_factor(design: Design, selected: bool, optimal: bool) -> tuple[float | None, str]:
    probability = design.stability_probability
    if not probability:
        return None, ""
    m, n, delta = design.dim, design.n, design.delta
    words = f"in expectation under the conditioned law (with the simulated P = {probability:.3g})"
    if selected:
        best = 1 - (1 - probability) ** design.n_candidates
        return 1 + design.n_candidates * design.n_drawn / n / ((1 - delta) * best), words
    general = 1 + 1 / ((1 - delta) * probability)
    return min(general, 1 + m / n / ((1 - delta) ** 2 * probability)) if optimal else general, words


def volume_factor(n: int, m: int) -> float:
    """C of volume-rescaled sampling with the optimal measure and no conditioning; m + 1, exactly, for n = m.

    Derived here. Let B be the event that lambda_min of the n' = n - m independent points is below 1 - delta. Off B,
    lambda_min(G) >= (1 - delta) n' / n, which gives n / ((1 - delta) n') times ||g||^2. On B, G is at least its DPP
    part D: ||Qg||^2 <= tr(D^-1) sum w g^2, where the DPP's own points contribute at most m^2 ||g||^2 in the mean, E
    tr(D^-1) is at most m, and each independent point contributes ||g||^2 times the probability eta' that the n' - 1
    others have lambda_min below (1 - delta) n' / (n' - 1). With eta = P(B) the factor is
    1 + n / ((1 - delta) n') + m^2 eta + m n' eta', eta and eta' by Chernoff, smallest over delta.

    Examples
    --------
    >>> volume_factor(11, 11), round(volume_factor(400, 11), 2)
    (12.0, 4.75)
    """
    if n == m:
        return m + 1.0
    independent = n - m
    best = math.inf
    for delta in np.linspace(0.01, 0.99, 99).tolist():
        eta = failure_bound(independent, m, delta, "one_sided", "iid")
        others = 1 - (1 - delta) * independent / (independent - 1) if independent > 1 else 0.0
        eta_others = failure_bound(independent - 1, m, others, "one_sided", "iid") if others > 0 else 1.0
        best = min(best, 1 + n / ((1 - delta) * independent) + m**2 * eta + m * independent * eta_others)
    return best
