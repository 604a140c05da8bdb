"""The methods of a test-set bound: names, what they need, and what they assume."""

from __future__ import annotations

from dataclasses import dataclass

WAUDBY = "Waudby-Smith and Ramdas (2024), J. R. Statist. Soc. B 86, 1-27"


@dataclass(frozen=True, slots=True)
class Method:
    """A method of `test_set`.

    title : of the printed result.
    citation : where it was published, and the equation.
    needs : "errors" (0-1 losses), "mean", "variance" (a known one), "spread" (two losses) or "losses" (one by one).

    Examples
    --------
    >>> METHODS["empirical_bernstein"].needs
    'spread'
    """

    title: str
    citation: str
    needs: str


METHODS = {
    "binomial": Method(
        "Binomial tail test-set bound",
        "Clopper and Pearson (1934), Biometrika 26, 404-413; Langford (2005), J. Mach. Learn. Res. 6, 273-306, Thm 3.3",
        "errors",
    ),
    "kl": Method(
        "Chernoff-kl test-set bound",
        "Hoeffding (1963), J. Am. Statist. Assoc. 58, 13-30, eq. (2.1)",
        "mean",
    ),
    "hoeffding": Method(
        "Hoeffding test-set bound",
        "Hoeffding (1963), J. Am. Statist. Assoc. 58, 13-30, eq. (2.3)",
        "mean",
    ),
    "bernstein": Method(
        "Bernstein test-set bound",
        "Boucheron, Lugosi and Massart (2013), Concentration Inequalities, Thm 2.10",
        "variance",
    ),
    "bennett": Method(
        "Bennett test-set bound",
        "Bennett (1962), J. Am. Statist. Assoc. 57, 33-45; Boucheron, Lugosi and Massart (2013), Thm 2.9",
        "variance",
    ),
    "empirical_bernstein": Method(
        "Empirical Bernstein test-set bound",
        "Maurer and Pontil (2009), COLT, Thm 4",
        "spread",
    ),
    "unexpected_bernstein": Method(
        "Unexpected Bernstein test-set bound",
        "Mhammedi, Gruenwald and Guedj (2019), NeurIPS 32, after Fan, Grama and Liu (2015), Electron. J. Probab. 20; "
        "the lower bound is derived here",
        "mean",
    ),
    "split_kl": Method(
        "Split-kl test-set bound",
        "Wu and Seldin (2022), NeurIPS, split-kl inequality for several levels",
        "losses",
    ),
    "betting": Method("Betting test-set bound", f"{WAUDBY}, hedged capital process", "losses"),
    "hoeffding_bentkus": Method(
        "Hoeffding-Bentkus test-set bound",
        "Bentkus (2004), Ann. Probab. 32, 1650-1673; Bates, Angelopoulos, Lei, Malik and Jordan (2021), J. ACM 68(6)",
        "mean",
    ),
}


def level(delta: float) -> float:
    """The confidence level 1 - delta, below 1.

    Examples
    --------
    >>> level(0.05), level(1e-20) < 1.0
    (0.95, True)
    """
    return min(1.0 - delta, 1.0 - 2.0**-53)


def assumptions(
    key: str,
    *,
    low: float,
    high: float,
    variance: float | None = None,
    max_weight: float | None = None,
    shuffled: bool = False,
) -> tuple[str, ...]:
    """All that must hold for a bound to hold, in words.

    Examples
    --------
    >>> assumptions("hoeffding", low=0.0, high=1.0)[-1]
    'every loss lies in [0, 1]'
    """
    texts = ["the test losses played no part in fitting or choosing the rule"]
    if key == "betting" and not shuffled:
        texts.append("each loss has the risk as its mean, given the losses before it; their order was not chosen")
    else:
        texts.append("the losses are independent draws from the distribution that the risk is about")
    what = "loss" if max_weight is None else "weighted loss"
    if key == "binomial":
        texts.append(f"every loss is either {low:g} or {high:g}")
    else:
        texts.append(f"every {what} lies in [{low:g}, {high:g}]")
    if max_weight is not None:
        texts.append(
            f"the weights are ratios of target to sampling density, never above {max_weight:g}, which was known "
            "beforehand"
        )
    if METHODS[key].needs == "variance":
        texts.append(f"the variance of a {what} is at most {variance:g}, which was known beforehand")
    if key == "split_kl":
        texts.append("the levels were fixed before the losses were seen")
    return tuple(texts)
