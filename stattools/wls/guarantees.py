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
        return _repeated_failure(n, m, delta, event)
    independent = n - m
    if independent <= 0 or (1 - delta) * n >= independent:
        return 1.0
    tail = _tail(independent, m, lower_rate(1 - (1 - delta) * n / independent), m, share)
    if event == "one_sided":
        return tail
    above = ((1 + delta) * n - m**2 / (1 - share)) / independent - 1
    return min(1.0, tail + _tail(independent, m, upper_rate(above), m, share)) if above > 0 else 1.0


def _repeated_failure(n: int, m: int, delta: float, event: str) -> float:
    """A thinned last draw of t points adds nothing to the smallest eigenvalue, at most m t / n to the largest."""
    draws, left = divmod(n, m)
    low = 1 - (1 - delta) * n / (draws * m)
    tail = _tail(draws, m, lower_rate(low), m, 0.0) if low > 0 else 1.0
    if event == "one_sided":
        return tail
    high = ((1 + delta) * n - m * left) / (draws * m) - 1
    return min(1.0, tail + _tail(draws, m, upper_rate(high), m, 0.0)) if high > 0 else 1.0


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
    - In general ||Qg||^2 <= (1 - delta)^-1 ||g||_x^2 on the event. The mean of ||g||_x^2 is ||g||^2 when a point's
      weight is its inverse density; for volume sampling with a share beta of mu it is at most
      (m / n / (1 - beta) + 1 - m / n) ||g||^2, because m of the n points are those of the DPP. So the factor is 1 plus
      that over (1 - delta) P, times the number of candidates for the best of several, times n over the number of points
      asked for after removal.
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
        continuous = design.space is not None and not design.space.is_discrete
        return m + 1.0, "in expectation" + (", with equality" if continuous else "")
    if law == "volume" and optimal:
        return volume_factor(n, m), "in expectation, without conditioning"
    if optimal and law != "without replacement":
        words = f"in expectation over designs with {design.stability.words} (the others counted as zero)"
        return 1 + m / n / (1 - delta) ** 2, words
    return None, ""


def _law(design: Design) -> str:
    """The law on spaces whose constants hold for the design; empty for none."""
    if design.reference != "iid" or (design.conditioned and design.n_extensions):
        return ""
    if design.space is not None:
        if design.method == "volume" and design.block_id is not None:
            return "repeated_volume"
        return {"dpp": "repeated_dpp", "greedy": "repeated_dpp", "boosted": "iid"}.get(design.method, design.method)
    laws = {"leverage": "iid", "leveraged_volume": "volume", "repeated_dpp": "repeated_dpp"}
    untouched = design.given is None and not design.has_fixed_rows
    return {**laws, "volume": "without replacement"}.get(design.method, "") if untouched else ""


def _conditioned_factor(design: Design, selected: bool, optimal: bool) -> tuple[float | None, str]:
    low = design.stability_limits[0]
    if not low > 0:
        return None, ""
    m, n, delta, share = design.dim, design.n, design.delta, design.safe_mixture
    words = f"in expectation under the conditioned law (with P >= {low:.3g}, the 95 percent limit of the simulation)"
    of_dpp = m / design.n_drawn if design.method == "volume" and share else 0.0
    mean = of_dpp / (1 - share) + 1 - of_dpp
    if selected:
        best = 1 - (1 - low) ** design.n_candidates
        return 1 + design.n_candidates * design.n_drawn / design.n_target * mean / ((1 - delta) * best), words
    general = 1 + mean / ((1 - delta) * low)
    return min(general, 1 + m / n / ((1 - delta) ** 2 * low)) if optimal else general, words


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
