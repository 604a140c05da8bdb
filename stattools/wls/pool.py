"""Designs on a finite pool: which rows to label."""

from __future__ import annotations

from typing import Any

import numpy as np

from stattools import _random, _validation
from stattools._errors import (
    DegenerateDataError,
    DegenerateDataWarning,
    InvalidDataError,
    InvalidParameterError,
    Notes,
)
from stattools._provenance import Provenance
from stattools._threads import one_blas_thread
from stattools._typing import ArrayLike, FloatArray, IntArray, Seed
from stattools.wls import conditional, statements, thinning
from stattools.wls.design import Design
from stattools.wls.optimal import DRAW, SIMULATE, call_text, warn_of_weights
from stattools.wls.poollaws import LAWS, PoolProblem
from stattools.wls.rows import Rows, orthonormal_rows, pool_matrix
from stattools.wls.scores import ridge_leverage
from stattools.wls.spaces import table_values
from stattools.wls.thinning import Stability

METHODS = ("auto", *LAWS)


def pool_design(
    X: Any,
    n: int,
    *,
    method: str = "auto",
    data: Any = None,
    given: ArrayLike | None = None,
    cost: Any = None,
    must_include: ArrayLike | None = None,
    regularization: float = 0.0,
    p: float = 2,
    delta: float = 0.9,
    n_simulations: int | None = None,
    rng: Seed = None,
) -> Design:
    """Choose rows of a pool to be labelled, for a least-squares fit.

    Parameters
    ----------
    X : (N, p) array_like or table, or str
        The columns of the model, an `np.memmap` for a pool larger than memory; or a formula such as
        ``"~ poly(x1, 3) + C(g)"`` for `data`. No constant column is added to an array.
    n : int
        New labels. Laws with replacement may draw a row more than once, which costs one label.
    method : str
        Below, d is the rank of the pool and l are its leverages.

        - "auto": "volume" for n < 2 d or with `given`, "leveraged_volume" otherwise; "regularized_volume" with
          `regularization`.
        - "uniform": a simple random sample without replacement.
        - "volume": without replacement, a set with probability proportional to det(X_S^T X_S). Plain least squares on
          it has exactly the coefficients of the fit to the whole pool as its mean.
        - "leveraged_volume": one draw of the projection DPP of the rows and n - d independent rows in proportion to
          leverage; weighted least squares is exactly unbiased.
        - "repeated_dpp": independent draws of the projection DPP.
        - "leverage": independent rows in proportion to leverage.
        - "regularized_volume": volume sampling for ridge regression with the penalty `regularization`; n may be below
          d.
        - "lewis", "sensitivity": independent rows in proportion to Lewis weights, or to bounds on l_p sensitivities
          plus leverages, for regression in the l_p norm.
        - "d_optimal": the rows of the largest determinant that exchanges find; not random, so that nothing is unbiased.
    data : DataFrame, optional
        The pool, for a formula; pandas, polars or pyarrow.
    given : (g,) array_like of int, or (N,) of bool, optional
        Positions of rows that are labelled already, or a mask: they are part of the design, and the n new rows are
        drawn to complement them.
        For "volume", "uniform" and "d_optimal".
    cost : (N,) array_like of positive numbers, or the name of a column of `data`, optional
        Of a label. Independent rows are drawn in proportion to leverage / sqrt(cost), which for a given expected cost
        makes the second moment of weighted leverages smallest; the rows of the DPP of "leveraged_volume" ignore costs,
        and costs of 1 and 4 in equal parts save 10 percent. For "leverage" and "leveraged_volume".
    must_include : array_like of int or bool, optional
        Rows that must be among the n.
    regularization : float, default 0
        lambda in ``|X w - y|^2 + lambda |w|^2``, in the units of the columns; for "regularized_volume".
    p : float, default 2
        Of the l_p norm, for "lewis" and "sensitivity".
    delta : float, default 0.9
        Stability is ``lambda_min >= 1 - delta`` of the weighted Gram matrix in coordinates orthonormal on the pool.
    n_simulations : int, optional
        Designs drawn to estimate the probability of stability, by default up to 100; 0 for none.
    rng : None, int, SeedSequence or Generator

    Returns
    -------
    Design
        Label the rows at the positions ``design.new_indices``; then ``y = design.gather(labels)`` and
        ``WeightedLeastSquares().fit(X[design.indices], y, design=design)``.

    Raises
    ------
    InvalidDataError
        n below the rank, more rows than there are without replacement, a column or cost that cannot be used.
    InvalidParameterError
        An option that the method does not have.

    Warns
    -----
    DegenerateDataWarning
        The columns are linearly dependent: the design is one for their span.

    Notes
    -----
    The pool is factored once, O(N p^2); a draw then costs about d^3 ln d operations, whatever N. Weights are
    1 / (N q) for rows drawn with probability q, and 1 for laws whose estimator is plain least squares.

    Memory: 8 N (d + 4) bytes besides the pool, 32 N d for "regularized_volume". For a memmap 56 N bytes: one pass makes
    the triangular factor and one the leverages to draw by, and rows are read as they are drawn; "lewis", "sensitivity"
    and `given` make more passes, "regularized_volume" and "d_optimal" take 32 N d bytes.

    The minimiser with costs: for weights 1 / (N q) the mean of (w k)^2 is proportional to sum l^2 / q, and for a given
    sum of q c this is smallest at q proportional to l / sqrt(c), by Cauchy and Schwarz (derived here).

    References
    ----------
    .. [1] Derezinski and Warmuth (2018), Reverse iterative volume sampling for linear regression, JMLR 19(23).
    .. [2] Derezinski, Warmuth and Hsu (2018), Leveraged volume sampling for linear regression, NeurIPS 31.

    Examples
    --------
    >>> x = np.linspace(-1, 1, 500)
    >>> design = pool_design(np.vander(x, 4), 12, rng=1)
    >>> design.indices.shape, design.method
    ((12,), 'leveraged_volume')
    >>> import pandas as pd
    >>> pool_design("~ poly(x, 3)", 6, data=pd.DataFrame({"x": x}), rng=1).method
    'volume'
    """
    notes = Notes()
    method = _validation.choice(method, METHODS, "method")
    n = _validation.integer(n, "n", minimum=1)
    matrix, columns, formula = columns_of_pool(X, data)
    index = getattr(data if data is not None else X, "index", None)
    with one_blas_thread():
        rows = orthonormal_rows(matrix)
        if rows.rank < matrix.shape[1]:
            notes.warn(
                f"the pool has rank {rows.rank} with {matrix.shape[1]} columns; the design is one for their span, and "
                "coefficients of dependent columns are not determined",
                DegenerateDataWarning,
            )
        costs = _costs(cost, data, len(rows), index)
        given_rows = _row_numbers(given, "given", len(rows), index)
        musts = _row_numbers(must_include, "must_include", len(rows), index)
        problem = _problem(rows, n, method, given_rows, musts, costs, regularization, p)
        options = {
            "method": (method, "auto"), "given": (_count(given_rows), ""), "must_include": (_count(musts), ""),
            "cost": ("" if costs is None else "...", ""), "regularization": (regularization, 0.0), "p": (p, 2),
        }  # fmt: skip
        return draw_from_pool(
            problem, given_rows, notes, columns=columns, formula=formula, delta=delta, n_simulations=n_simulations,
            seed=_random.seed_sequence(rng), call=call_text("pool_design", (repr(formula) if formula else "X", n),
            options),
        )  # fmt: skip


def draw_from_pool(
    problem: PoolProblem,
    given_rows: IntArray,
    notes: Notes,
    *,
    columns: tuple[str, ...],
    formula: str | None,
    delta: float,
    n_simulations: int | None,
    seed: np.random.SeedSequence,
    call: str,
) -> Design:
    """Draw, and say what was drawn."""
    law, rows = LAWS[problem.method], problem.rows
    stability = Stability(_validation.real(delta, "delta", minimum=0, maximum=1, exclusive=True))
    sample = law.draw(problem, _random.generator(seed, DRAW))
    simulations = thinning.default_simulations(len(sample.weights), rows.rank)
    if n_simulations is not None:
        simulations = _validation.integer(n_simulations, "n_simulations", minimum=0)
    simulations = simulations if law.simulated else 0
    warn_of_weights(
        sample, "Their rows have hardly any leverage for what they cost; bring costs nearer together", notes
    )
    _remark_on_repeats(sample.where, notes)
    zero = int((rows.leverage == 0).sum())
    if zero:
        notes.remark(f"{zero} row{'s' if zero > 1 else ''} of zeros {'have' if zero > 1 else 'has'} no leverage")
    is_given = np.isin(sample.where, given_rows) if len(given_rows) else None
    design = Design(
        provenance=Provenance.capture(call, seed=seed, sizes={"N": len(rows), "n": len(sample.where), "d": rows.rank}),
        warnings=notes.warnings,
        notes=notes.remarks,
        method=problem.method,
        indices=sample.where,
        n_pool=len(rows),
        pool_columns=columns,
        formula=formula,
        sampling_weights=sample.weights,
        features=sample.features,
        transform=rows.transform,
        block_id=sample.block,
        given=is_given,
        inclusion_probabilities=law.included(problem),
        delta=stability.delta,
        unbiased=_is_unbiased(problem),
        stability_probability=(
            thinning.stable_share(
                lambda generator: law.draw(problem, generator),
                _random.child_seed(seed, SIMULATE),
                stability,
                simulations,
            )
            if simulations
            else None
        ),
        n_simulations=simulations,
        p=problem.p,
        regularization=problem.regularization,
        effective_dimension=_effective_dimension(problem),
        has_fixed_rows=len(problem.fixed) > 0,
        cost=None if problem.cost is None else problem.cost[sample.where],
    )
    design = statements.complete(design)
    object.__setattr__(design, "_problem", problem)
    return design


def _remark_on_repeats(where: IntArray, notes: Notes) -> None:
    distinct = len(np.unique(where))
    if distinct < len(where):
        notes.remark(
            f"{len(where)} draws take {distinct} labels, as rows with much leverage are drawn more than once; "
            "extend(k) adds "
            "k draws"
        )


def _effective_dimension(problem: PoolProblem) -> float | None:
    """Of the ridge fit to all rows: the sum of its leverages."""
    if problem.method != "regularized_volume":
        return None
    return float(ridge_leverage(problem.rows, problem.regularization).sum())


def _is_unbiased(problem: PoolProblem) -> bool:
    if len(problem.fixed):
        return False
    rank = problem.rows.rank
    return problem.method in ("volume", "leveraged_volume") or (
        problem.method == "repeated_dpp" and problem.n_new == rank
    )


# what the user passes ------------------------------------------------------------------------------------------------
def columns_of_pool(X: Any, data: Any) -> tuple[FloatArray, tuple[str, ...], str | None]:
    """The matrix of the pool, names of its columns, and the formula.

    Examples
    --------
    >>> columns_of_pool([[1.0, 2.0]], None)[1]
    ('x1', 'x2')
    """
    if type(X).__module__.partition(".")[0] == "pyarrow":
        X = X.to_pandas()
    if isinstance(X, str):
        if data is None:
            raise InvalidParameterError(f"X is the formula {X!r}, which needs data, the table of the pool")
        from stattools.wls import formulas

        matrix, names = formulas.rhs_matrix(X, data)
        return matrix, names, X
    if data is not None:
        raise InvalidParameterError("data is given with an array X; data is the table for a formula")
    matrix = pool_matrix(X, "X") if isinstance(X, np.memmap) else table_values(X, "X")
    matrix = matrix.reshape(-1, 1) if matrix.ndim == 1 else matrix
    names = tuple(map(str, getattr(X, "columns", ()))) if not callable(getattr(X, "columns", None)) else ()
    if len(names) != matrix.shape[1]:
        names = tuple(f"x{j + 1}" for j in range(matrix.shape[1]))
    return matrix, names, None


def _problem(
    rows: Rows,
    n: int,
    method: str,
    given: IntArray,
    musts: IntArray,
    costs: FloatArray | None,
    regularization: float,
    p: float,
) -> PoolProblem:
    penalty = _validation.real(regularization, "regularization", minimum=0)
    p = _validation.real(p, "p", minimum=0, exclusive=True)
    both = np.intersect1d(given, musts)
    if len(both):
        raise InvalidDataError(f"row {both[0]} is in given and in must_include; a labelled row needs no new label")
    fixed = np.concatenate([given, musts])
    method = _resolved(method, n, rows.rank, penalty, len(fixed) > 0, costs is not None)
    _check_options(method, penalty, p, len(fixed) > 0, costs is not None)
    if len(musts) > n:
        raise InvalidDataError(f"must_include has {len(musts)} rows, and n is {n}; it must be at least as large")
    _check_size(method, n, len(given), rows)
    if len(fixed):
        _check_completion(rows, fixed, n - len(musts))
    return PoolProblem(rows, method, n - len(musts), fixed, costs, penalty, p)


def _resolved(method: str, n: int, rank: int, penalty: float, fixed: bool, costs: bool) -> str:
    if method != "auto":
        return method
    if penalty:
        return "regularized_volume"
    if fixed:
        return "volume"
    return "volume" if n < 2 * rank and not costs else "leveraged_volume"


def _check_options(method: str, penalty: float, p: float, fixed: bool, costs: bool) -> None:
    def able(attribute: str) -> str:
        return ", ".join(repr(name) for name, law in LAWS.items() if getattr(law, attribute))

    if fixed and costs:
        raise InvalidParameterError(
            "cost goes with rows drawn independently, and given and must_include with volume sampling, which has none; "
            "pass one of them. With must_include, dear rows can be left out of X"
        )
    if fixed and not LAWS[method].fixed:
        raise InvalidParameterError(
            f"given and must_include are for {able('fixed')}; the law of method={method!r} knows no rows that were "
            "not drawn"
        )
    if costs and not LAWS[method].tilted:
        raise InvalidParameterError(
            f"cost is for {able('tilted')}, whose independent rows may follow it; not {method!r}"
        )
    if method == "regularized_volume" and not penalty:
        raise InvalidParameterError(
            "method='regularized_volume' needs regularization, the penalty of the ridge regression; without one, "
            "'volume' "
            "is the law"
        )
    if penalty and method != "regularized_volume":
        raise InvalidParameterError(f"regularization is {penalty:g}; it is for 'regularized_volume', not {method!r}")
    if p != 2 and method not in ("lewis", "sensitivity"):
        raise InvalidParameterError(f"p is {p:g}; it is for 'lewis' and 'sensitivity', not {method!r}")
    if method == "sensitivity" and p < 1:
        raise InvalidParameterError(f"p is {p:g}; sensitivities need p of at least 1")


def _check_size(method: str, n: int, n_given: int, rows: Rows) -> None:
    free = len(rows) - n_given
    if not LAWS[method].replacement and n > free:
        raise InvalidDataError(f"n is {n}, and {free} rows are there to be labelled; method={method!r} takes each once")
    if method != "regularized_volume" and n + n_given < rows.rank:
        before = f" with {n_given} rows labelled before" if n_given else ""
        raise InvalidDataError(
            f"n is {n}{before}; the pool has rank d = {rows.rank}, and a fit needs at least as many rows. For fewer, "
            "use "
            "method='regularized_volume' with a regularization"
        )


def _check_completion(rows: Rows, fixed: IntArray, n_new: int) -> None:
    reached = int((conditional.reach(rows, fixed)[0] > 0).sum())
    if reached + n_new < rows.rank:
        raise DegenerateDataError(
            f"the {len(fixed)} rows in given and must_include have rank {reached}; with {n_new} others the rank d = "
            f"{rows.rank} of the pool cannot be reached. Raise n to {rows.rank - reached + len(fixed)} or more in all"
        )


def _row_numbers(values: Any, name: str, n: int, index: Any) -> IntArray:
    """Positions of rows, each once, ascending; from positions or from a mask."""
    if values is None:
        return np.empty(0, dtype=np.intp)
    _check_index(values, name, index)
    array = np.asarray(values)
    if array.dtype == np.bool_:
        if array.shape != (n,):
            raise InvalidDataError(f"{name} is a mask of shape {array.shape}; the pool has {n} rows")
        return np.flatnonzero(array)
    numbers = _validation.float_array(values, name, ndim=1, empty=True)
    if len(numbers) == n > 2 and np.isin(numbers, (0, 1)).all():
        raise InvalidDataError(f"{name} holds {n} zeros and ones; a mask must be of type bool, see astype(bool)")
    bad = np.flatnonzero((numbers != np.floor(numbers)) | (numbers < 0) | (numbers >= n))
    if bad.size:
        raise InvalidDataError(
            f"{name} has {numbers[bad[0]]:g} at index {bad[0]}; it takes row numbers from 0 to {n - 1}"
        )
    found, counts = np.unique(numbers.astype(np.intp), return_counts=True)
    if (counts > 1).any():
        raise InvalidDataError(f"{name} has row {found[counts > 1][0]} more than once")
    return found


def _check_index(values: Any, name: str, index: Any) -> None:
    """Refuse pandas objects whose labels are not the positions that they would be taken for."""
    if index is None or callable(index) or not type(values).__module__.startswith("pandas"):
        return
    if not hasattr(values, "index"):  # an Index: labels, where positions are meant
        if not np.array_equal(index, np.arange(len(index))):
            raise InvalidDataError(
                f"{name} is an index of labels, and the pool has labels that are no positions; pass positions: "
                f"data.index.get_indexer({name})"
            )
    elif len(values) == len(index) and not values.index.equals(index):
        raise InvalidDataError(
            f"{name} is a Series whose index is not that of the pool; bring it in order with {name}.reindex(data.index)"
        )


def _count(rows: IntArray) -> str:
    return f"{len(rows)} rows" if len(rows) else ""


def _costs(cost: Any, data: Any, n: int, index: Any) -> FloatArray | None:
    if cost is None:
        return None
    if isinstance(cost, str):
        if data is None:
            raise InvalidParameterError(f"cost is {cost!r}; a column can be named for a formula with data only")
        from stattools._formulas import as_frame

        table = as_frame(data)
        if cost not in table.columns:
            raise InvalidParameterError(f"cost is {cost!r}, which is no column of data")
        cost = table[cost]
    else:
        _check_index(cost, "cost", index)
    costs = _validation.float_array(cost, "cost", ndim=(0, 1))
    if costs.ndim == 0:
        raise InvalidDataError(
            f"cost is {float(costs):g}; it is the cost of each row, {n} numbers. n is the number of labels"
        )
    if len(costs) != n:
        raise InvalidDataError(f"cost has {len(costs)} entries for {n} rows")
    bad = np.flatnonzero(costs <= 0)
    if bad.size:
        raise InvalidDataError(f"cost has {costs[bad[0]]:g} at index {bad[0]}; costs must be positive")
    return costs
