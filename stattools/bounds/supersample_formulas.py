"""The supersample bounds: which information each uses, and how it turns into a gap of test and training risk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools._typing import FloatArray
from stattools.bounds import constants
from stattools.bounds.constants import Gap
from stattools.bounds.ingredients import Ingredients

LOG2 = float(np.log(2.0))
WANG_MAO = "Wang and Mao (2023), ICML, arXiv 2302.02432"
HARUTYUNYAN = "Harutyunyan, Raginsky, Ver Steeg and Galstyan (2021), NeurIPS 34"
HELLSTROM = "Hellstrom and Durisi (2022), NeurIPS 35"
STEINKE = "Steinke and Zakynthinou (2020), COLT, PMLR 125"
DERIVED = "derived here: see the notes of stattools.bounds.supersample"


@dataclass(frozen=True)
class Formula:
    """A bound.

    title : its name in words.
    variable : whose information it uses.
    pool : "none", "supersample" or "all" under ``pool="auto"``.
    gap : from ingredients, pool and gamma to the (b,) gaps and the constants behind them, for losses in [0, 1].
    two_sided : whether the absolute value of the gap is bounded.
    own_pool : whether it is defined for one pool only.
    citation : where it comes from.

    Examples
    --------
    >>> FORMULAS["ld_mi"].variable, FORMULAS["ld_mi"].two_sided
    ('difference', True)
    """

    title: str
    variable: str
    pool: str
    gap: Callable[[Ingredients, str, float], Gap]
    citation: str
    two_sided: bool = False
    own_pool: bool = False


def _root(variable: str, factor: float = 1.0) -> Callable[[Ingredients, str, float], Gap]:
    return lambda found, pool, gamma: (factor * found.information(variable, pool).root, {})


def _of_mean(
    variable: str, inverse: Callable[[FloatArray, FloatArray], Gap]
) -> Callable[[Ingredients, str, float], Gap]:
    return lambda found, pool, gamma: inverse(found.risk, found.information(variable, pool).mean)


def _variance(found: Ingredients, pool: str, gamma: float) -> Gap:
    return _scaled("variance", found.risk - (1.0 - gamma**2) * found.squared_risk, found, pool, gamma)


def _sharpness(found: Ingredients, pool: str, gamma: float) -> Gap:
    return _scaled("sharpness", found.risk - (1.0 - gamma**2) * found.sharpness, found, pool, gamma)


def _scaled(name: str, complexity: FloatArray, found: Ingredients, pool: str, gamma: float) -> Gap:
    """The smallest C1 V + I / C2 under the constraint of gamma: the fast rate with risk V / gamma^2.

    V is at least gamma^2 times the training risk, so the result is never below the fast rate itself.
    """
    information = found.information("single", pool).mean
    gap, used = constants.fast_gap(np.maximum(complexity / gamma**2, found.risk), information)
    return gap, {name: complexity, "C1": used["C1"] / gamma**2, "C2": used["C2"]}


def _interpolating(found: Ingredients, pool: str, gamma: float) -> Gap:
    gap = found.information("symmetric difference", pool).mean / LOG2
    by_pair = found.information("pair", "none").mean / LOG2
    by_loss = 2.0 * found.information("single", pool).mean / LOG2
    return gap, {"by_pair": by_pair, "by_single": by_loss}


def _formula(title: str, variable: str, pool: str, gap: Any, citation: str, **options: bool) -> Formula:
    return Formula(title, variable, pool, gap, citation, **options)


FORMULAS: dict[str, Formula] = {
    "f_cmi": _formula(
        "Conditional information of predictions", "predictions", "none", _root("predictions"), HARUTYUNYAN,
        two_sided=True, own_pool=True,
    ),
    "e_cmi": _formula(
        "Conditional information of loss pairs", "pair", "none", _root("pair"), HELLSTROM,
        two_sided=True, own_pool=True,
    ),
    "ld_cmi": _formula(
        "Conditional information of loss differences", "difference", "none", _root("difference"), WANG_MAO,
        two_sided=True, own_pool=True,
    ),
    "e_mi": _formula(
        "Information of loss pairs", "pair", "supersample", _root("pair"), WANG_MAO, two_sided=True
    ),
    "ld_mi": _formula(
        "Information of loss differences", "difference", "supersample", _root("difference"), WANG_MAO, two_sided=True
    ),
    "single_loss": _formula(
        "Information of single losses", "single", "supersample", _root("single", 2.0), WANG_MAO
    ),
    "fast_rate": _formula(
        "Fast rate of single losses", "single", "supersample", _of_mean("single", constants.fast_gap), WANG_MAO
    ),
    "fast_explicit": _formula(
        "Fast rate, explicit", "single", "supersample", _of_mean("single", constants.explicit_gap), WANG_MAO
    ),
    "variance": _formula("Fast rate by loss variance", "single", "supersample", _variance, WANG_MAO),
    "sharpness": _formula("Fast rate by sharpness", "single", "supersample", _sharpness, WANG_MAO),
    "kl_cmi": _formula(
        "Divergence of coins, loss pairs", "pair", "none", _of_mean("pair", constants.kl_gap), HELLSTROM
    ),
    "sz_fast": _formula(
        "Fast rate of loss pairs, 1 + g^2", "pair", "none", _of_mean("pair", constants.squared_gap), STEINKE
    ),
    "interpolating": _formula(
        "Interpolation, loss differences", "symmetric difference", "supersample", _interpolating, WANG_MAO
    ),
    "single_js": _formula(
        "Inverse information of single losses", "single", "supersample",
        _of_mean("single", constants.loss_gap), DERIVED,
    ),
    "ld_tight": _formula(
        "Inverse information of loss differences", "difference", "supersample",
        _of_mean("difference", constants.difference_gap), DERIVED,
    ),
    "fast_pair": _formula(
        "Fast rate of loss pairs", "pair", "supersample", _of_mean("pair", constants.fast_pair_gap), DERIVED
    ),
}  # fmt: skip
KEYS = ("cmi", *FORMULAS)
CMI_TITLE = "Conditional information of the whole output"


def gaps_of(found: Ingredients, keys: tuple[str, ...], pool: str, gamma: float) -> dict[str, Gap]:
    """Gaps and constants of each bound, for losses in [0, 1].

    Examples
    --------
    >>> from stattools.bounds.counts import count, observe
    >>> from stattools.bounds.ingredients import averages
    >>> seen = observe(np.array([[[[0.0, 1.0]], [[1.0, 0.0]]]]), np.array([[[0], [1]]]), None, "bernoulli")
    >>> found = Ingredients(count(seen), averages(seen), np.ones((1, 1)), None, "symmetrized")
    >>> gaps_of(found, ("interpolating",), "auto", 1.0)["interpolating"][0]
    array([1.])
    """
    return {key: FORMULAS[key].gap(found, pool_of(key, pool), gamma) for key in keys}


def pool_of(key: str, pool: str) -> str:
    """What a bound pools.

    Examples
    --------
    >>> pool_of("ld_mi", "auto"), pool_of("ld_mi", "all"), pool_of("ld_cmi", "all")
    ('supersample', 'all', 'none')
    """
    formula = FORMULAS[key]
    return formula.pool if pool == "auto" or formula.own_pool else pool
