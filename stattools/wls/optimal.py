"""Optimal designs on a space of functions: where to evaluate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools import _random, _validation
from stattools._errors import AssumptionWarning, InvalidDataError, InvalidParameterError, Notes, StabilityError
from stattools._provenance import Provenance
from stattools._threads import one_blas_thread
from stattools._typing import Seed
from stattools.wls import guarantees, laws, required, statements, thinning
from stattools.wls.design import Design
from stattools.wls.laws import Mixture, Sample
from stattools.wls.spaces import Space
from stattools.wls.thinning import ONE_SIDED, TWO_SIDED, Drawer, Stability

METHODS = ("repeated_dpp", "dpp", "volume", "iid", "greedy", "boosted")
REFERENCES = ("iid", "repeated_dpp")
BOOSTED_CANDIDATES = 100
FAILURE = 0.01
LARGE_WEIGHT = 1e6
PRUNED = 20  # designs that are pruned, at the most, until one has as few points as asked for
CAPPING = (
    "The basis nearly vanishes there: safe_mixture=0.1 with method='iid' or 'volume' caps weights at 10, and adding "
    "the "
    "constant to the space caps them at m"
)
MOST_REJECTIONS = 100_000
SEARCHED = 10**8  # n m^2 up to which the search for a sufficient n takes seconds
DRAW, SIMULATE, SEARCH = 0, 1, 2  # children of the seed


def optimal_design(
    space: Space,
    n: int | None = None,
    *,
    method: str = "repeated_dpp",
    delta: float = 0.9,
    condition: bool = True,
    max_tries: int = 1000,
    safe_mixture: float = 0.0,
    n_candidates: int | None = None,
    subsample_to: int | None = None,
    block_size: int | None = None,
    reference: str = "iid",
    n_simulations: int | None = None,
    rng: Seed = None,
) -> Design:
    """Draw the points at which a function should be evaluated for a weighted least-squares fit.

    Parameters
    ----------
    space : Space
        Of dimension m.
    n : int, optional
        Points, at least m. By default 3 m; m for "dpp" and "greedy"; for "iid" and "boosted" what the matrix Chernoff
        inequality asks for.
    method : str
        - "repeated_dpp": independent draws of the projection determinantal point process (DPP) of the space, of m
          points each; the last is thinned when n is no multiple of m. The default: stable with few points.
        - "dpp": one draw, n = m; the fit interpolates.
        - "volume": volume-rescaled sampling. The fit is exactly unbiased unless the design is conditioned.
        - "iid": independent points from the optimal measure k(x) dmu / m.
        - "greedy": repeated DPPs of about n + 2 m points, pruned to n.
        - "boosted": the best of `n_candidates` independent designs (100 by default) [1]_.
    delta : float, default 0.9
        In (0, 1). A design is stable when ``lambda_min(G) >= 1 - delta``; for "boosted" when all eigenvalues of G are
        within delta of 1, as in [1]_. Smaller values need more points.
    condition : bool, default True
        Draw again until the design is stable.
    max_tries : int, default 1000
        Draws before giving up.
    safe_mixture : float, default 0
        In [0, 1): share of mu in the law of independent points, which caps weights at its inverse. For "iid", "volume"
        and "boosted".
    n_candidates : int, optional
        Designs of which the one with G nearest to the identity is kept; 100 for "boosted", else 1.
    subsample_to : int, optional
        Remove points greedily down to this number, as long as the design stays stable.
    reference : {"iid", "repeated_dpp"}
        What volume sampling reweights by det(G): independent points, or repeated DPPs (by rejection; the fit is then
        not exactly unbiased).
    n_simulations : int, optional
        Designs drawn to estimate the probability of stability, by default up to 100; 0 for none.
    rng : None, int, SeedSequence or Generator

    Returns
    -------
    Design
        Evaluate at ``design.points`` and give the values to ``WeightedLeastSquares(space).fit(design.points, y,
        design=design)``.

    Raises
    ------
    StabilityError
        No draw was stable; the message says how near they came, how probable stability is, and how many points it
        needs.
    InvalidDataError
        n < m.
    InvalidParameterError
        An option out of range, or one that the method does not have.

    Notes
    -----
    A draw of the DPP costs about m^3 ln m operations, and m^2 for one polynomial input with all degrees. With
    optimal weights m / k(x), G has mean identity under every law here except a conditioned, selected, pruned or
    reweighted one.
    Memory: 32 n m bytes, for the features and copies of them.

    References
    ----------
    .. [1] Haberstich, Nouy and Perrin (2022), Boosted optimal weighted least-squares, Math. Comp. 91, 1281-1315.
    .. [2] Nouy and Michel (2023), Weighted least-squares approximation with determinantal point processes and
       generalized volume sampling, arXiv:2312.14057. The constants that a design prints are derived in this package.

    Examples
    --------
    >>> from stattools.wls import PolynomialSpace
    >>> space = PolynomialSpace(["legendre", "hermite"], degree=3)
    >>> design = optimal_design(space, 30, rng=1)
    >>> design
    <Design: Repeated projection DPP design, n = 30, dimension = 10, lambda_min = ...>
    """
    notes = Notes()
    if not isinstance(space, Space):
        raise InvalidParameterError(f"space is a {type(space).__name__}; it takes a space such as PolynomialSpace")
    method = _validation.choice(method, METHODS, "method")
    delta = _validation.real(delta, "delta", minimum=0, maximum=1, exclusive=True)
    condition = _validation.boolean(condition, "condition")
    max_tries = _validation.integer(max_tries, "max_tries", minimum=1)
    share = _share(safe_mixture, method)
    candidates = BOOSTED_CANDIDATES if method == "boosted" else 1
    if n_candidates is not None:
        candidates = _validation.integer(n_candidates, "n_candidates", minimum=1)
    n_drawn, n_kept = _sizes(space, n, method, delta, candidates, subsample_to)
    law = Law(method, share, _reference(reference, method), _block_size(block_size, method, n_drawn, space.dim))
    pruned = n_kept < n_drawn
    simulations = thinning.default_simulations(n_drawn, space.dim)
    if n_simulations is not None:
        simulations = _validation.integer(n_simulations, "n_simulations", minimum=0)
    elif not simulations:
        notes.remark("stability was not simulated, as designs of this size take long; n_simulations=20 does it")
    stability = Stability(delta, TWO_SIDED if method == "boosted" else ONE_SIDED)
    seed = _random.seed_sequence(rng)
    draw = drawer(space, law, n_drawn)
    with one_blas_thread():
        found, sample = _selected(
            draw, seed, stability if condition else None, candidates, max_tries, n_kept, stability
        )
        if sample is None:
            raise _unstable(space, law, n_drawn, stability, found, candidates, seed)
        share_stable = (
            thinning.stable_share(draw, _random.child_seed(seed, SIMULATE), stability, simulations)
            if simulations
            else None
        )
    if len(sample.weights) > n_kept:
        reason = "removing any more would leave none that is stable" if condition else "it was not stable to begin with"
        notes.warn(
            f"{len(sample.weights)} points were kept, not {n_kept}: {reason}. Raise delta for fewer", AssumptionWarning
        )
    _remark_on_blocks(sample, space.dim, notes)
    warn_of_weights(sample, CAPPING, notes)
    one_law = not (condition or pruned or candidates > 1)
    fields: dict[str, Any] = {
        "method": method,
        "space": space,
        "points": sample.where,
        "sampling_weights": sample.weights,
        "features": sample.features,
        "block_id": sample.block,
        "delta": delta,
        "event": stability.event,
        "conditioned": condition,
        "unbiased": one_law and _is_volume_law(law, len(sample.weights), space.dim),
        "stability_probability": share_stable,
        "n_simulations": simulations,
        "n_tries": found.tries,
        "n_candidates": candidates,
        "n_drawn": n_drawn,
        "n_target": n_kept,
        "safe_mixture": share,
        "reference": reference,
    }
    options = {
        "method": (method, "repeated_dpp"), "delta": (delta, 0.9), "condition": (condition, True),
        "max_tries": (max_tries, 1000), "safe_mixture": (share, 0.0), "n_candidates": (n_candidates, None),
        "subsample_to": (subsample_to, None), "block_size": (block_size, None), "reference": (reference, "iid"),
        "n_simulations": (n_simulations, None),
    }  # fmt: skip
    provenance = Provenance.capture(
        call_text("optimal_design", ("space", n), options), seed=seed, sizes={"n": len(sample.weights), "m": space.dim}
    )
    design = Design(provenance=provenance, warnings=notes.warnings, notes=notes.remarks, **fields)
    with one_blas_thread():  # for the eigenvalues that the words need
        return statements.complete(design)


def _selected(
    draw: Drawer,
    seed: np.random.SeedSequence,
    condition: Stability | None,
    candidates: int,
    max_tries: int,
    n_kept: int,
    stability: Stability,
) -> tuple[thinning.Selection, Sample | None]:
    """A stable design with as few points as asked for, or the fewest that several rounds of removal came to."""
    best: tuple[thinning.Selection, Sample | None] | None = None
    for attempt in range(PRUNED):
        found = thinning.select(draw, _random.child_seed(seed, DRAW, attempt), condition, candidates, max_tries)
        if found.sample is None:
            return best or (found, None)
        sample = found.sample
        if len(sample.weights) > n_kept:
            sample = thinning.remove_greedily(sample, n_kept, stability)
        if best is None or best[1] is None or len(sample.weights) < len(best[1].weights):
            best = found, sample
        if len(sample.weights) == n_kept or condition is None:
            break
    assert best is not None
    return best


def call_text(function: str, arguments: tuple[Any, ...], options: Mapping[str, tuple[Any, Any]]) -> str:
    """A call as a reader can type it again: options that differ from their default are named.

    Examples
    --------
    >>> call_text("f", ("x", 3), {"a": (1, 1), "b": ("u", None)})
    "f(x, 3, b='u')"
    """
    given = [str(argument) for argument in arguments if argument is not None]
    given += [f"{name}={value!r}" for name, (value, default) in options.items() if value != default]
    return f"{function}({', '.join(given)})"


@dataclass(frozen=True)
class Law:
    """A sampling law on a space: method, share of mu, what volume sampling reweights, points of a volume sample."""

    method: str
    share: float = 0.0
    reference: str = "iid"
    block_size: int | None = None


def drawer(space: Space, law: Law, n: int) -> Drawer:
    """The function that draws one design of n points, before any selection."""
    mixture, size = Mixture(space, law.share), law.block_size
    if law.method in ("iid", "boosted"):
        return lambda generator: laws.independent(space, n, generator, mixture)
    if law.method in ("repeated_dpp", "dpp", "greedy"):
        return lambda generator: laws.repeated_dpp(space, n, generator)
    if law.reference == "repeated_dpp":
        return lambda generator: _reweighted(space, n, generator)
    if size is not None:
        return lambda generator: laws.repeated_volume(space, n, size, generator, mixture)
    return lambda generator: laws.volume_rescaled(space, n, generator, mixture)


def _reweighted(space: Space, n: int, generator: np.random.Generator) -> Sample:
    """Repeated DPPs reweighted by the determinant of G."""
    sample, tries = laws.determinant_reweighted(lambda g: laws.repeated_dpp(space, n, g), generator, MOST_REJECTIONS)
    if sample is None:
        raise StabilityError(
            f"det(G) is so small that none of {tries} repeated DPPs of {n} points was accepted; take more points, or "
            "reference='iid'",
            best=0.0,
            probability=3 / tries,
            n_needed=None,
        )
    return sample


def _reference(reference: str, method: str) -> str:
    reference = _validation.choice(reference, REFERENCES, "reference")
    if reference != "iid" and method != "volume":
        raise InvalidParameterError(f"reference={reference!r} is for method='volume', not {method!r}")
    return reference


def _block_size(block_size: int | None, method: str, n: int, m: int) -> int | None:
    if block_size is None:
        return None
    if method != "volume":
        raise InvalidParameterError(f"block_size is for method='volume', not {method!r}")
    size = _validation.integer(block_size, "block_size", minimum=m)
    if n % size:
        raise InvalidParameterError(f"n is {n}; it must be a multiple of block_size = {size}")
    return size


def _share(safe_mixture: float, method: str) -> float:
    share = _validation.real(safe_mixture, "safe_mixture", minimum=0)
    if share >= 1:
        raise InvalidParameterError(f"safe_mixture is {share:g}; it must be at least 0 and below 1")
    if share and method not in ("iid", "volume", "boosted"):
        raise InvalidParameterError(
            f"safe_mixture is {share:g}; points of method={method!r} have the optimal measure, so that it is for "
            "'iid', "
            "'volume' and 'boosted'"
        )
    return share


def _sizes(
    space: Space, n: int | None, method: str, delta: float, candidates: int, subsample_to: int | None
) -> tuple[int, int]:
    """Points to draw, and points to keep."""
    m = space.dim
    size = _default_n(m, method, delta, candidates) if n is None else _validation.integer(n, "n")
    if size < m:
        raise InvalidDataError(f"n is {size}; the space has dimension m = {m}, and a fit needs n >= {m} points")
    if method == "dpp" and size != m:
        raise InvalidParameterError(
            f"n is {size}; one draw of the DPP has m = {m} points. Use method='repeated_dpp' or 'volume' for more"
        )
    kept = None if subsample_to is None else _validation.integer(subsample_to, "subsample_to", minimum=m)
    if method == "greedy":
        if kept is not None:
            raise InvalidParameterError("subsample_to is given with method='greedy', for which n says how many to keep")
        return m * (-(-size // m) + 2), size
    if kept is not None and kept > size:
        raise InvalidParameterError(f"subsample_to is {kept}; it must not exceed n = {size}")
    return size, size if kept is None else kept


def _default_n(m: int, method: str, delta: float, candidates: int) -> int:
    if method == "iid":
        return required.required_n(m, delta, FAILURE)
    if method == "boosted":
        # the best of M fails with probability eta^M, so that each may fail with eta^(1/M)
        return max(m, math.ceil(m * math.log(2 * m / FAILURE ** (1 / candidates)) / guarantees.upper_rate(delta)))
    return m if method in ("dpp", "greedy") else 3 * m


def _is_volume_law(law: Law, n: int, m: int) -> bool:
    if law.method == "volume":
        return law.reference == "iid" and law.block_size in (None, n)
    return law.method in ("dpp", "repeated_dpp") and n == m


def _remark_on_blocks(sample: Sample, m: int, notes: Notes) -> None:
    if sample.block is None:
        return
    left = int((sample.block == sample.block.max()).sum())
    if left < m and len(sample.weights) > m:
        notes.remark(f"the last draw of the DPP was thinned to {left} of its {m} points, since n is no multiple of {m}")


def warn_of_weights(sample: Sample, advice: str, notes: Notes) -> None:
    """Warn of weights so large that single points decide the fit."""
    largest = float(sample.weights.max())
    if largest > LARGE_WEIGHT:
        notes.warn(
            f"the largest weight is {largest:.3g}, so that single points decide the fit. {advice}", AssumptionWarning
        )


def _unstable(
    space: Space,
    law: Law,
    n: int,
    stability: Stability,
    found: thinning.Selection,
    candidates: int,
    seed: np.random.SeedSequence,
) -> StabilityError:
    """What to say when conditioning failed: how near, how probable, how many points."""
    draws = found.tries * candidates
    needed = None
    if n * space.dim**2 <= SEARCHED:
        needed = required.by_simulation(
            space,
            lambda k: drawer(space, law, k),
            stability,
            0.5,
            40,
            _random.child_seed(seed, SEARCH),
            step=law.block_size or (space.dim if law.method in ("repeated_dpp", "dpp", "greedy") else 1),
            largest_ratio=64,
        )
    best = 1 - found.best
    reached = (
        f"lambda_min = {best:.3g}" if stability.event == ONE_SIDED else f"all eigenvalues within {found.best:.3g} of 1"
    )
    instead = {"dpp": " with method='repeated_dpp'", "greedy": " before removal"}.get(law.method, "")
    more = f"n = {needed}{instead} makes about half of the designs stable (simulated)" if needed else "Raise n"
    return StabilityError(
        f"none of {draws} designs with n = {n} points had {stability.words}; the best had {reached}, and the "
        f"probability of stability is at most {min(1.0, 3 / draws):.2g} (95 percent limit). {more}; else raise delta, "
        "or "
        "pass condition=False",
        best=best,
        probability=min(1.0, 3 / draws),
        n_needed=needed,
    )
