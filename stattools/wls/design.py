"""A drawn design: what to evaluate or label, with which weights, and what is known about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from stattools._provenance import seed_text
from stattools._typing import BoolArray, FloatArray, IntArray
from stattools.results import Result, _format
from stattools.results.summary import Gap, Items, Line, Part
from stattools.wls import laws
from stattools.wls.thinning import ONE_SIDED, Stability

if TYPE_CHECKING:
    from pandas import DataFrame

    from stattools.wls.poollaws import PoolProblem
    from stattools.wls.spaces import Space

TITLES = {
    "iid": "Design of independent optimal points",
    "dpp": "Projection DPP design",
    "volume": "Volume sampling design",
    "repeated_dpp": "Repeated projection DPP design",
    "greedy": "Greedily pruned projection DPP design",
    "boosted": "Best of several independent designs",
    "uniform": "Simple random sample of rows",
    "leverage": "Design of independent rows by leverage",
    "leveraged_volume": "Leveraged volume sampling design",
    "regularized_volume": "Regularized volume sampling design",
    "lewis": "Design of independent rows by Lewis weight",
    "sensitivity": "Design of independent rows by sensitivity",
    "d_optimal": "D-optimal design",
}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Design(Result):
    """Result of `optimal_design` and `pool_design`.

    Attributes
    ----------
    method : str
        The sampling law.
    space : Space or None
        The space of functions; None for a pool.
    points : (n, d) float64 or None
        Where to evaluate; None for a pool.
    indices : (n,) int or None
        Which rows to label; a row that was drawn twice stands twice, and needs one label. Rows that were labelled
        before come first.
    n_pool : int or None
        Rows of the pool.
    sampling_weights : (n,) float64
        dmu/dnu, the density of the target measure with respect to the law nu of independent points (for DPPs the
        optimal measure), and 1 throughout where plain least squares is the estimator.
    features : (n, m) float64
        Values of the orthonormal basis.
    transform : (p, m) float64 or None
        For a pool, ``features`` are the rows times this.
    block_id : (n,) int or None
        Which draw of the DPP a point belongs to, where the design consists of such draws.
    given : (n,) bool or None
        Rows that were labelled before.
    inclusion_probabilities : (N,) float64 or None
        For a pool, the probability that a row is in the design; None where it is not known in closed form.
    delta : float
        The design is called stable when ``lambda_min >= 1 - delta``.
    event : {"one_sided", "two_sided"}
        "two_sided" asks in addition for ``lambda_max <= 1 + delta``.
    conditioned : bool
        The law was drawn from until the design was stable.
    unbiased : bool
        Weighted least squares on this law has exactly the coefficients of the L2(mu) projection, or of the fit to the
        whole pool, as its mean.
    stability_probability : float or None
        Simulated probability that a design of the law, before conditioning, is stable.
    n_simulations : int
        Designs simulated for it.
    n_tries : int
        Designs, or rounds of candidates, that were drawn.
    n_candidates : int
        Candidates in a round, the best of which was kept.
    n_drawn : int
        Points before removal.
    n_target : int
        Points that removal was to leave; more are left when fewer would not be stable.
    effective_dimension : float or None
        Of the ridge fit to the whole pool, for regularized volume sampling.
    safe_mixture : float
        Share of mu in the law of independent points.
    reference : {"iid", "repeated_dpp"}
        What volume sampling reweights.
    regularization : float
        lambda of regularized volume sampling, in the columns of the pool.
    cost : (n,) float64 or None
        What each label costs.
    has_fixed_rows : bool
        Some rows were chosen beforehand, by `given` or `must_include`.
    guarantee : tuple of str
        What is known of the fit on such a design, in words.

    Examples
    --------
    >>> from stattools.wls import PolynomialSpace, optimal_design
    >>> design = optimal_design(PolynomialSpace("legendre", degree=4), 15, rng=1)
    >>> design.points.shape, design.lambda_min >= 0.1
    ((15, 1), True)
    """

    plot_kinds: ClassVar[tuple[str, ...]] = ("points", "weights", "spectrum", "inclusion")

    method: str
    space: Space | None = None
    points: FloatArray | None = None
    indices: IntArray | None = None
    n_pool: int | None = None
    pool_columns: tuple[str, ...] = ()
    formula: str | None = None
    sampling_weights: FloatArray
    features: FloatArray
    transform: FloatArray | None = None
    block_id: IntArray | None = None
    given: BoolArray | None = None
    inclusion_probabilities: FloatArray | None = None
    delta: float = 0.9
    event: str = ONE_SIDED
    conditioned: bool = False
    unbiased: bool = False
    stability_probability: float | None = None
    n_simulations: int = 0
    n_tries: int = 1
    n_candidates: int = 1
    n_drawn: int = 0
    n_target: int = 0
    effective_dimension: float | None = None
    safe_mixture: float = 0.0
    reference: str = "iid"
    p: float = 2.0
    regularization: float = 0.0
    cost: FloatArray | None = None
    has_fixed_rows: bool = False
    guarantee: tuple[str, ...] = ()
    cost_words: str = ""
    n_extensions: int = 0
    _problem: PoolProblem | None = field(init=False, default=None, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("n_drawn", "n_target"):
            object.__setattr__(self, name, getattr(self, name) or self.n)

    # numbers ---------------------------------------------------------------------------------------------------------
    @property
    def n(self) -> int:
        """Points, rows drawn twice counted twice."""
        return len(self.sampling_weights)

    @property
    def dim(self) -> int:
        """m, the dimension of the space or the rank of the pool."""
        return int(self.features.shape[1])

    @cached_property
    def gram(self) -> FloatArray:
        """(m, m) mean of w phi phi^T; its expectation is the identity where the weights match the law."""
        return laws.gram(self.features, self.sampling_weights)

    @cached_property
    def eigenvalues(self) -> FloatArray:
        """(m,) of the Gram matrix, ascending; those that rounding made negative are zero."""
        return np.asarray(np.maximum(np.linalg.eigvalsh(self.gram), 0.0))

    @property
    def lambda_min(self) -> float:
        """Smallest eigenvalue of the Gram matrix."""
        return float(self.eigenvalues[0])

    @property
    def lambda_max(self) -> float:
        """Largest eigenvalue of the Gram matrix."""
        return float(self.eigenvalues[-1])

    @property
    def cond(self) -> float:
        """Condition number of the Gram matrix."""
        return self.lambda_max / self.lambda_min if self.lambda_min > 0 else float("inf")

    @property
    def stability_constant(self) -> float:
        """1 / lambda_min, which bounds the squared L2(mu) norm of a fit over the weighted mean square of its data."""
        return 1 / self.lambda_min if self.lambda_min > 0 else float("inf")

    @property
    def effective_size(self) -> float:
        """(sum w)^2 / sum w^2: as many equally weighted points carry this much."""
        return float(self.sampling_weights.sum() ** 2 / (self.sampling_weights**2).sum())

    @cached_property
    def n_unique(self) -> int:
        """Distinct points or rows: the number of evaluations or labels."""
        places = self.indices if self.indices is not None else self.points
        return len(np.unique(np.asarray(places), axis=0))

    @property
    def new_indices(self) -> IntArray:
        """Positions of rows that still need a label, each once, in ascending order; only for a pool.

        Positions count from 0 whatever the index of a table says: take ``data.iloc[design.new_indices]``.
        """
        from stattools._errors import InvalidParameterError

        if self.indices is None:
            raise InvalidParameterError("a design on a space has points, not rows; see Design.points")
        chosen = self.indices if self.given is None else self.indices[~self.given]
        known = self.indices[:0] if self.given is None else self.indices[self.given]
        return np.setdiff1d(chosen, known)

    @property
    def total_cost(self) -> float | None:
        """What the new labels cost together, a row that was drawn twice once; None without `cost`."""
        if self.cost is None or self.indices is None:
            return None
        by_row = dict(zip(self.indices.tolist(), self.cost.tolist(), strict=True))
        return float(sum(by_row[row] for row in self.new_indices.tolist()))

    @property
    def stability_limits(self) -> tuple[float, float]:
        """95 percent limits of Clopper and Pearson for the simulated probability of stability; 0 and 1 without any."""
        from scipy.special import betaincinv

        if self.stability_probability is None or not self.n_simulations:
            return 0.0, 1.0
        n, k = self.n_simulations, round(self.stability_probability * self.n_simulations)
        tail = 0.025 if 0 < k < n else 0.05  # one-sided where the estimate is at an end
        low = float(betaincinv(k, n - k + 1, tail)) if k else 0.0
        return low, float(betaincinv(k + 1, n - k, 1 - tail)) if k < n else 1.0

    @property
    def acceptance(self) -> float:
        """Share of the rounds drawn that were kept: one in `n_tries`."""
        return 1 / self.n_tries

    @property
    def stability(self) -> Stability:
        """The event that `delta` and `event` name."""
        return Stability(self.delta, self.event)

    def gather(self, labels: Any) -> FloatArray:
        """Labels in the order of the rows of the design, for ``fit(X[design.indices], y, design=design)``.

        Parameters
        ----------
        labels : mapping, or Series, from row number to label; or (N,) array_like; or (k,) array_like
            A mapping holds every row of the design. An array of N has NaN where there is no label. An array of
            ``len(new_indices)`` is in the order of `new_indices`, for a design without rows that were labelled before.

        Returns
        -------
        (n,) float64
            A row that stands in the design twice gets its label twice.

        Raises
        ------
        InvalidDataError
            A label is missing.

        Examples
        --------
        >>> from stattools.wls import pool_design
        >>> design = pool_design(np.vander(np.arange(9.0), 2), 3, rng=1)
        >>> y = design.gather({int(row): 10.0 * row for row in design.new_indices})
        >>> bool((y == 10.0 * design.indices).all())
        True
        """
        from stattools.wls import labelling

        return labelling.gather(self, labels)

    # more points -----------------------------------------------------------------------------------------------------
    def extend(self, n: int, *, X: Any = None, rng: Any = None) -> Design:
        """The same design with n more points of its law; those that it has are kept, and so are their values.

        Parameters
        ----------
        n : int
            How many more.
        X : (N, p) array_like or table, optional
            The pool, needed for a design that was read from storage.
        rng : None, int, SeedSequence or Generator
            By default the seed of the design, continued.

        Raises
        ------
        InvalidParameterError
            The law has no extension: pruned, selected, regularized and D-optimal designs; and a single DPP.

        Notes
        -----
        Independent laws get more independent points. Volume sampling of n + k points is volume sampling of n points and
        k independent ones (without replacement: k uniform ones of the rest), so that its law is kept exactly. Repeated
        DPPs get further draws. A conditioned design was conditioned on its first points only, and the result says so.

        Examples
        --------
        >>> from stattools.wls import PolynomialSpace, optimal_design
        >>> design = optimal_design(PolynomialSpace("legendre", degree=4), 10, rng=1)
        >>> longer = design.extend(5)
        >>> longer.n, bool((longer.points[:10] == design.points).all())
        (15, True)
        """
        from stattools.wls import extension

        return extension.extend(self, n, X, rng)

    # tables ----------------------------------------------------------------------------------------------------------
    def to_frame(self, data: Any = None) -> DataFrame:
        """A row for each point: coordinates or row number, weight, leverage in the weighted fit, and block.

        Parameters
        ----------
        data : DataFrame, optional
            The pool; its columns are put beside, and its index is kept.

        Examples
        --------
        >>> from stattools.wls import PolynomialSpace, optimal_design
        >>> optimal_design(PolynomialSpace("legendre", degree=1), 4, rng=1).to_frame().columns.tolist()
        ['x', 'sampling_weight', 'leverage', 'block']
        """
        import pandas

        table = pandas.DataFrame(self._tidy())
        if data is None or self.indices is None:
            return table
        data = data.to_pandas() if hasattr(data, "to_pandas") else pandas.DataFrame(data)
        rows = data.iloc[self.indices]
        return pandas.concat([rows, table.set_index(rows.index)], axis=1)

    def _tidy(self) -> Mapping[str, Any]:
        columns: dict[str, Any] = {}
        if self.points is not None:
            names = self.space.input_names if self.space is not None else ()
            columns |= {name: self.points[:, j] for j, name in enumerate(names)}
        if self.indices is not None:
            columns["row"] = self.indices
        columns |= {"sampling_weight": self.sampling_weights, "leverage": self.leverage}
        if self.block_id is not None:
            columns["block"] = self.block_id
        if self.given is not None:
            columns["given"] = self.given
        if self.cost is not None:
            columns["cost"] = self.cost
        return columns

    @cached_property
    def leverage(self) -> FloatArray:
        """(n,) diagonal of the hat matrix of the weighted fit on these points; they sum to its rank."""
        scaled = self.features * np.sqrt(self.sampling_weights)[:, None]
        left, singular, _ = np.linalg.svd(scaled, full_matrices=False)
        reached = singular > max(scaled.shape) * np.finfo(np.float64).eps * singular[0]
        return np.asarray((left[:, reached] ** 2).sum(axis=1))

    def _glance(self) -> Mapping[str, Any]:
        return {
            "method": self.method,
            "n": self.n,
            "n_unique": self.n_unique,
            "dim": self.dim,
            "lambda_min": self.lambda_min,
            "cond": self.cond,
            "stability_constant": self.stability_constant,
            "effective_size": self.effective_size,
            "delta": self.delta,
            "stability_probability": self.stability_probability,
            "n_tries": self.n_tries,
            "conditioned": self.conditioned,
            "unbiased": self.unbiased,
            "total_cost": self.total_cost,
        }

    # printed forms ---------------------------------------------------------------------------------------------------
    def _title(self) -> str:
        return TITLES[self.method]

    def _headline(self, digits: int) -> str:
        sizes = {"n": self.n, "dimension": self.dim, "lambda_min": self.lambda_min}
        return _format.equations(sizes, digits)

    def _target(self) -> str:
        if self.space is not None:
            return repr(self.space)
        columns = f"{len(self.pool_columns)} columns" if self.formula is None else self.formula
        return f"pool of {self.n_pool} rows, {columns}, rank {self.dim}"

    def _parts(self, digits: int, *, full: bool) -> list[Part]:
        noun = "points" if self.space is not None else "rows"
        sizes: dict[str, Any] = {noun: self.n, "dimension": self.dim, f"distinct {noun}": self.n_unique}
        if self.given is not None and self.given.any():
            sizes["labelled before"] = int(self.given.sum())
            sizes["to be labelled"] = len(self.new_indices)
        if self.total_cost is not None:
            sizes["total cost"] = self.total_cost
        spectrum = {
            "lambda_min": self.lambda_min,
            "lambda_max": self.lambda_max,
            "condition number": self.cond,
            "stability constant": self.stability_constant,
        }
        weights = {
            "weights": f"{_format.number(self.sampling_weights.min(), digits)} to "
            f"{_format.number(self.sampling_weights.max(), digits)}",
            "effective size": self.effective_size,
        }
        parts: list[Part] = [
            Line(self._target(), label="data:"),
            Line(_format.equations(sizes, digits)),
            Line(_format.equations(spectrum, digits)),
            Line(_format.equations(weights, digits)),
            *self._stability_lines(digits),
        ]
        if self.guarantee:
            parts += [Gap(), Items("what is known of the fit:", self.guarantee)]
        if self.cost_words:
            parts += [Gap(), Line(self.cost_words, label="price:")]
        settings = {"p": self.p} if self.method in ("lewis", "sensitivity") else {}
        settings |= {"penalty": self.regularization} if self.regularization else {}
        if settings:
            parts += [Gap(), Line(_format.equations(settings, digits), label="settings:")]
        if full:
            seed = seed_text(self.provenance.seed, self.provenance.spawn_key)
            parts += [Gap(), Line(f"{self.method}; seed {seed}", label="law:")]
        return parts

    def _stability_lines(self, digits: int) -> list[Part]:
        lines: list[Part] = []
        if self.stability_probability is not None:
            low, high = (_format.number(limit, 3) for limit in self.stability_limits)
            before = " before conditioning" if self.conditioned else ""
            value = _format.number(self.stability_probability, digits)
            lines.append(
                Line(
                    f"P({self.stability.words}) = {value}{before}, simulated with {self.n_simulations} designs, 95 "
                    "percent "
                    f"interval {low} to {high}"
                )
            )
        if self.conditioned:
            what = "design" if self.n_candidates == 1 else f"round of {self.n_candidates} candidates"
            lines.append(Line(f"stable at {what} {self.n_tries}"))
        return lines

    def _sentence(self, style: str) -> str:
        digits = 3 if style == "apa" else 4
        noun = "points" if self.space is not None else "rows"
        text = (
            f"{TITLES[self.method]} of {self.n} {noun} for {'a ' if self.space is None else ''}{self._target()}: the "
            f"smallest eigenvalue of the weighted Gram matrix was {_format.number(self.lambda_min, digits)}"
        )
        return text + (f" (designs were redrawn until {self.stability.words})." if self.conditioned else ".")

    # plots -----------------------------------------------------------------------------------------------------------
    def _available_plots(self) -> tuple[str, ...]:
        absent = {"inclusion"} if self.inclusion_probabilities is None else set()
        return tuple(kind for kind in self.plot_kinds if kind not in absent)

    def _plot(self, kind: str, ax: Any, **options: Any) -> Any:
        from stattools.plotting import wls as plots

        return plots.plot_design(self, kind, ax, **options)
