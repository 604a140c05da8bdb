"""More points for a design, of the same law."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from stattools import _random, _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._provenance import Provenance
from stattools._threads import one_blas_thread
from stattools.wls import conditional, laws, statements
from stattools.wls.design import Design
from stattools.wls.laws import Mixture, Reference, Sample
from stattools.wls.pool import columns_of_pool
from stattools.wls.poollaws import LAWS, PoolProblem, included_in_blocks, unweighted
from stattools.wls.rows import orthonormal_rows
from stattools.wls.sequential import Source

EXTEND = 3  # child of the seed; 0, 1 and 2 are those of the first draw
WITHOUT_REPLACEMENT = ("uniform", "volume")


def extend(design: Design, n: int, pool: Any, rng: Any) -> Design:
    """See `Design.extend`.

    Examples
    --------
    >>> from stattools.wls import PolynomialSpace, optimal_design
    >>> design = optimal_design(PolynomialSpace("legendre", degree=1), 4, method="iid", condition=False, rng=1)
    >>> extend(design, 3, None, None).n
    7
    """
    n = _validation.integer(n, "n", minimum=1)
    _check_extendable(design)
    seed = design.provenance.seed_sequence() if rng is None else _random.seed_sequence(rng)
    generator = _random.generator(seed, EXTEND, design.n_extensions)
    with one_blas_thread():
        if design.space is not None:
            added = _more(design, design.space, Mixture(design.space, design.safe_mixture), n, generator)
            return _joined(design, added, {"points": np.concatenate([_places(design), added.where])}, n)
        problem = _problem_of(design, pool)
        if design.method in WITHOUT_REPLACEMENT:
            free = len(problem.rows) - design.n_unique
            if n > free:
                raise InvalidDataError(f"n is {n}; {free} rows of the pool are not in the design yet")
            where = conditional.uniform_rows(len(problem.rows), np.unique(_places(design)), n, generator)
            added = unweighted(replace(problem, fixed=problem.fixed[:0]), where)
        else:
            added = _more(design, problem.source, problem.reference, n, generator)
        longer = replace(problem, n_new=problem.n_new + n)
        result = _joined(design, added, _pool_changes(design, added, longer), n)
    object.__setattr__(result, "_problem", longer)
    return result


def _places(design: Design) -> Any:
    return design.points if design.indices is None else design.indices


def _check_extendable(design: Design) -> None:
    complement = "pool_design(..., given=design.indices) complements a design"
    reason = ""
    if design.method in ("dpp", "greedy", "boosted"):
        hint = "'repeated_dpp' or 'volume'" if design.method == "dpp" else "a law that is not pruned or selected"
        reason = f"method={design.method!r} has no extension; use {hint} for a design that can grow"
    elif design.n_candidates > 1 or design.n_drawn > design.n:
        reason = "the design was selected or pruned, and more points would not have its law; draw a larger one"
    elif design.method in ("regularized_volume", "d_optimal"):
        reason = f"method={design.method!r} has no extension; {complement}"
    elif design.method == "volume" and design.has_fixed_rows:
        reason = f"volume sampling around rows chosen beforehand has no extension; {complement}"
    elif design.reference != "iid":
        reason = "volume sampling that reweights repeated DPPs has no extension; draw a larger design"
    if reason:
        raise InvalidParameterError(reason)


def _more(design: Design, source: Source, reference: Reference, n: int, generator: np.random.Generator) -> Sample:
    """Points that make a longer design of the same law."""
    if design.block_id is None:
        return laws.independent(source, n, generator, reference)
    if design.method == "volume":
        size = int(np.bincount(design.block_id)[0])
        if n % size:
            raise InvalidParameterError(f"n is {n}; the design consists of volume samples of {size} points each")
        added = laws.repeated_volume(source, n, size, generator, reference)
    else:
        added = laws.repeated_dpp(source, n, generator)
    return replace(added, block=np.asarray(added.block) + 1 + design.block_id.max())


def _pool_changes(design: Design, added: Sample, longer: PoolProblem) -> dict[str, Any]:
    """Fields of a longer design of a pool."""
    new = np.zeros(len(added.weights), dtype=bool)
    costs = None if longer.cost is None else longer.cost[added.where]
    if design.block_id is None or added.block is None:
        chances = LAWS[design.method].included(longer)
    else:
        chances = included_in_blocks(longer.rows, np.bincount(np.concatenate([design.block_id, added.block])))
    return {
        "indices": np.concatenate([_places(design), added.where]),
        "inclusion_probabilities": chances,
        "given": None if design.given is None else np.concatenate([design.given, new]),
        "cost": None if design.cost is None or costs is None else np.concatenate([design.cost, costs]),
    }


def _joined(design: Design, added: Sample, changes: dict[str, Any], n: int) -> Design:
    notes = design.notes
    if design.conditioned:
        notes += (f"the first {design.n} points were conditioned on stability; {n} were added without",)
    source = design.provenance
    provenance = Provenance.capture(
        f"{source.call}.extend({n})", seed=source.seed_sequence(), sizes={**source.sizes, "n": design.n + n}
    )
    if design.block_id is not None:
        changes["block_id"] = np.concatenate([design.block_id, np.asarray(added.block)])
    longer = replace(
        design,
        provenance=provenance,
        notes=notes,
        features=np.concatenate([design.features, added.features]),
        sampling_weights=np.concatenate([design.sampling_weights, added.weights]),
        unbiased=design.unbiased and design.block_id is None,
        stability_probability=None,
        n_simulations=0,
        n_drawn=0,
        n_target=0,
        n_extensions=design.n_extensions + 1,
        **changes,
    )
    return statements.complete(longer)


def _problem_of(design: Design, pool: Any) -> PoolProblem:
    """The pool that the design remembers, or what the user passes for a design that was read from storage."""
    if design._problem is not None:
        return design._problem
    if pool is None:
        raise InvalidParameterError("the design does not hold its pool (it was read from storage); pass X, the pool")
    if design.cost is not None or design.has_fixed_rows:
        raise InvalidParameterError(
            "the costs and rows that a stored design was drawn with are not stored; extend it before it is stored"
        )
    rows = orthonormal_rows(columns_of_pool(design.formula or pool, pool if design.formula else None)[0])
    if len(rows) != design.n_pool:
        raise InvalidDataError(f"X has {len(rows)} rows; the design is one of a pool of {design.n_pool}")
    if not np.allclose(rows.features(_places(design)), design.features, rtol=1e-8, atol=1e-8):
        raise InvalidDataError("X is not the pool of the design: its rows have other features")
    return PoolProblem(rows, design.method, design.n, np.empty(0, dtype=np.intp), p=design.p)
