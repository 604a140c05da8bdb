"""Regressions that respect an independence of the response, with the interface of scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sklearn.utils.validation import check_is_fitted

from stattools import _validation
from stattools._errors import InvalidParameterError, Notes, NoUsableConstraintError
from stattools.collider.bases import require_regressor
from stattools.collider.fitting import Options
from stattools.collider.nodes import listed
from stattools.collider.projecting import METHODS, PROJECTIONS, PROJECTORS, SOLVERS, TUNINGS, Projecting


class ColliderRegressor(Projecting):
    """Regression that uses an independence of the response, such as a collider in a causal graph gives.

    If Y is independent of A given B, then E[f(X) | A, B] = E[f(X) | B] holds for the best function f of X. A fit to
    finite data breaks this, and subtracting its E[f | A, B] - E[f | B] cannot increase the mean squared error. That
    conditional expectation needs no responses, so rows without a response help to estimate it.

    Parameters
    ----------
    independent : sequence of str or int, or sequence of tuples of them, default ()
        The columns A, by name or position. Tuples stand for several constraints. Without any the estimator is its base.
    given : like `independent`, default ()
        The columns B.
    dag : graph, optional
        Constraints are read from it by d-separation, see `compile_dag`; then leave out `independent` and `given`. A
        `CompiledGraph` of the columns of X is used as it was compiled.
    response : str or int, optional
        The node of the response in `dag`; that of a `CompiledGraph` by default.
    base : {"krr", "ridge", "spline", "forest"} or estimator, default "krr"
        The regression that is projected: Gaussian kernel ridge, linear ridge, additive splines, random forest, or any
        regressor of scikit-learn's interface.
    method : {"augmented", "plugin", "erm", "none", "auto"}, default "augmented"
        "plugin" regresses values of the fitted function on A and B. "augmented" also uses what labelled rows tell of
        its errors. "erm" fits kernel ridge regression anew among functions that respect the constraint, by a
        projected kernel; for ``base="krr"``, which is then what the gain is measured against. "none" fits and tests,
        and does not project. "auto" takes "plugin" when the break-even ratio is at least 2, else "augmented"; the
        choice depends on the data.
    projector : {"auto", "linear", "spline", "kernel", "rff", "forest", "cells"}, default "auto"
        How to regress on A and B. "auto": cell means for few discrete values, else linear or kernel by generalised
        cross-validation. The conditional means of "erm" are by kernels, and leave no choice.
    tune : {"reml", "gcv", "loo", "kfold"}, default "reml"
        How hyper-parameters of the base are chosen.
    solver : {"auto", "exact", "nystrom", "rff"}, default "auto"
        Of the base "krr", and of the fit of "erm": all rows, at most 600 of them, or random features. "auto" takes them
        in this order up to 3000 rows, up to 30,000, and beyond; in "erm" unlabelled rows count. See `fit_krr`.
    on_violation : {"warn", "raise", "skip"}, default "warn"
        What to do about a constraint that the data contradict; "skip" leaves it out, a choice that folds of the gain do
        not make anew.
    random_state : None, int, SeedSequence or Generator
    constraints : {"top", "all"}, default "top"
        Which constraints of the graph to use.
    allow_empty : bool, default False
        Fit the base when the graph has no usable constraint, instead of an error.
    penalty : {"auto", "gcv"} or float, default "auto"
        Of the projector's ridge: 0 is least squares, infinity no projection. "auto" makes, for projections on linear
        functions of A, use of the posterior law that krr, ridge and splines have of their errors. For one constraint a
        plug-in correction is the posterior mean, which gains most on average, and an augmented one is shrunk further
        until it lowers the error with probability 0.8, or to ten times the penalty. Several constraints are treated
        each as if alone. For other projectors, for what "auto" adds by a kernel, and for other bases, it is
        "gcv", generalized cross-validation. With a number the projector "auto" is the linear one, or cell means. In
        "erm" it is the penalty of the conditional means, for which infinity takes unconditional ones.
    test : str or None, default "auto"
        Method of `conditional_independence_test` for each constraint; None for no tests, of shift either.
    n_resamples : int, default 999
    level : float, default 0.05
        Of the tests.
    gain : "auto" or bool, default "auto"
        Whether to measure the held-out gain, by refitting `gain_folds` times `gain_repeats`; "auto" does for 10 to 2000
        rows.
    gain_folds : int, default 5
    gain_repeats : int, default 1
    gate : bool, default False
        Project only if the held-out gain is positive.
    confidence_level : float, default 0.95

    Attributes
    ----------
    results_ : ColliderResult
    constraints_ : tuple of Constraint
    n_features_in_ : int
    feature_names_in_ : (p,) array of str
        Only for tables.

    Notes
    -----
    The projection is Pi f = f - E[f | A, B] + E[f | B], the orthogonal projection in L2 onto the functions with E[f |
    A, B] = E[f | B]. If the constraint holds, the mean squared error of Pi f is that of f less |E[f | A, B] - E[f |
    B]|^2; if not, with m = E[Y | A, B] - E[Y | B] and g the same for f, it is less |g|^2 - 2 <m, g>, so a wrong
    constraint costs at most |m|^2 at the best f.

    Estimated from N rows the plug-in projection without a penalty loses when N (1 - R2) < n R2, where R2 belongs to the
    base. "augmented" is derived here: the residuals f - Y of labelled rows have the same conditional expectation, since
    that of Y cancels, and enter as further rows with weights that are inverse variances. For least squares on a
    Gaussian design its effective number of rows is n / (1 - R2) + m, with a gain at any m to leading order. It
    resembles prediction-powered and control-variate estimates. Where the base has a posterior law of its errors (see
    `penalty`), that law takes the place of residuals, which have nothing to add to it. For one constraint and a linear
    correction the results have the probability, under that law, that it lowers the error.

    "erm" is the empirical risk minimiser in the space of the projected kernel, see Notes of
    `stattools.collider.projected.fit_constrained`. Conditional means are estimated from all N rows without responses,
    and like the plug-in it needs a break-even ratio above 1: below, their error costs more than the constraint gains.
    No theory predicts its gain, so the results have the held-out one alone, and no sensitivity.

    Standard deviations are those of the posterior of the base as a Gaussian process without a projection, and with
    "erm" that of the Gaussian process with the projected kernel, for which conditional means count as known. After
    other projections they are not derived.

    Unlabelled rows are passed on by metadata routing, ``set_fit_request(X_unlabeled=True)``. scikit-learn cuts what is
    routed in cross-validation when it has as many rows as X; pass another number of them. In a `Pipeline`,
    ``transform_input=["X_unlabeled"]`` transforms them too.

    Time is that of the base, O(N r^2) for the projection with at most r = 300 features, and five times both for the
    gain.

    References
    ----------
    Bouabid, Fawkes and Sejdinovic (2023), Returning the favour: when regression benefits from probabilistic causal
    knowledge, ICML. The projection, its plug-in estimate and the projected kernel are theirs; augmented projection,
    centring and selection of penalties are derived here.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> y, x2 = rng.normal(size=300), rng.normal(size=(300, 2))
    >>> X = np.column_stack([y + x2.sum(axis=1) + rng.normal(size=300), x2])
    >>> model = ColliderRegressor(independent=[1, 2], base="ridge", random_state=1)
    >>> _ = model.fit(X[:40], y[:40], X_unlabeled=X[40:])
    >>> model.results_.checks[0].verdict
    'not contradicted'
    """

    def __init__(
        self,
        independent: Any = (),
        given: Any = (),
        *,
        dag: Any = None,
        response: str | int | None = None,
        base: Any = "krr",
        method: str = "augmented",
        projector: str = "auto",
        tune: str = "reml",
        solver: str = "auto",
        on_violation: str = "warn",
        random_state: Any = None,
        constraints: str = "top",
        allow_empty: bool = False,
        penalty: Any = "auto",
        test: str | None = "auto",
        n_resamples: int = 999,
        level: float = 0.05,
        gain: Any = "auto",
        gain_folds: int = 5,
        gain_repeats: int = 1,
        gate: bool = False,
        confidence_level: float = 0.95,
    ) -> None:
        self.independent = independent
        self.given = given
        self.dag = dag
        self.response = response
        self.base = base
        self.method = method
        self.projector = projector
        self.tune = tune
        self.solver = solver
        self.on_violation = on_violation
        self.random_state = random_state
        self.constraints = constraints
        self.allow_empty = allow_empty
        self.penalty = penalty
        self.test = test
        self.n_resamples = n_resamples
        self.level = level
        self.gain = gain
        self.gain_folds = gain_folds
        self.gain_repeats = gain_repeats
        self.gate = gate
        self.confidence_level = confidence_level

    def _options(self) -> Options:
        method = _validation.choice(self.method, METHODS, "method")
        return Options(
            base=self.base,
            method=method,
            projector=_validation.choice(self.projector, PROJECTORS, "projector"),
            penalty=self._projection_penalty(),
            tune=_validation.choice(self.tune, TUNINGS, "tune"),
            solver=_validation.choice(self.solver, SOLVERS, "solver"),
        )

    def _title(self) -> str:
        projects = bool(self.constraints_) and self.method != "none"
        return "Collider regression" if projects else "Regression without a projection"

    def _constraints(
        self, names: tuple[str, ...] | None, width: int, notes: Notes
    ) -> tuple[tuple[Any, ...], Sequence[Any], dict[str, Any]]:
        _validation.choice(self.constraints, ("top", "all"), "constraints")
        _validation.boolean(self.allow_empty, "allow_empty")
        if self.dag is None:
            return super()._constraints(names, width, notes)
        return self._compiled(names, width, notes)

    def _compiled(
        self, names: tuple[str, ...] | None, width: int, notes: Notes
    ) -> tuple[tuple[Any, ...], Sequence[Any], dict[str, Any]]:
        from stattools.collider.graph_columns import compile_columns

        if len(self.independent) or len(self.given):
            raise InvalidParameterError("independent and dag were both given; constraints come from one of them")
        compiled = compile_columns(self.dag, self.response, names, width)
        found = tuple(compiled)
        if not found:
            if not self.allow_empty:
                raise NoUsableConstraintError(
                    f"the graph implies no independence of {compiled.response} that the columns "
                    f"{listed(compiled.observed)} could use; pass allow_empty=True to fit the base without a projection"
                )
            notes.remark("the graph implies no usable independence; predictions are those of the base")
        chosen = found if self.constraints == "all" else found[:1]
        resolved = self._resolve(chosen, names, width)
        words = {"roles": _by_name(compiled.roles), "reasons": _by_name(compiled.reasons), "graph": compiled}
        return resolved[0], resolved[1], words


class ProjectedRegressor(Projecting):
    """Any regressor, projected onto the functions that respect an independence of the response.

    Parameters
    ----------
    estimator : regressor of scikit-learn's interface
        An instance, which is cloned and fitted to the labelled rows. Bases by name are those of `ColliderRegressor`.
    independent, given
        As in `ColliderRegressor`.
    method : {"augmented", "plugin", "none", "auto"}, default "augmented"
        As in `ColliderRegressor`, whose "erm" has no part here.
    projector, on_violation, random_state, penalty, test, n_resamples, level, gain, gain_folds, gain_repeats, gate,
    confidence_level
        As in `ColliderRegressor`.

    Attributes
    ----------
    results_ : ColliderResult
    estimator_ : regressor
        Fitted.
    constraints_ : tuple of Constraint
    n_features_in_ : int
    feature_names_in_ : (p,) array of str

    Notes
    -----
    Values of the fit at its own rows contain their responses, so the projection takes cross-fitted ones: the regressor
    is fitted again on parts of the rows. See `ColliderRegressor` for the projection.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> rng = np.random.default_rng(1)
    >>> y, x2 = rng.normal(size=60), rng.normal(size=60)
    >>> X = np.column_stack([y + x2, x2])
    >>> model = ProjectedRegressor(LinearRegression(), independent=[1], random_state=1).fit(X, y)
    >>> model.results_.nobs
    60
    """

    def __init__(
        self,
        estimator: Any,
        independent: Any = (),
        given: Any = (),
        *,
        method: str = "augmented",
        projector: str = "auto",
        on_violation: str = "warn",
        random_state: Any = None,
        penalty: Any = "auto",
        test: str | None = "auto",
        n_resamples: int = 999,
        level: float = 0.05,
        gain: Any = "auto",
        gain_folds: int = 5,
        gain_repeats: int = 1,
        gate: bool = False,
        confidence_level: float = 0.95,
    ) -> None:
        self.estimator = estimator
        self.independent = independent
        self.given = given
        self.method = method
        self.projector = projector
        self.on_violation = on_violation
        self.random_state = random_state
        self.penalty = penalty
        self.test = test
        self.n_resamples = n_resamples
        self.level = level
        self.gain = gain
        self.gain_folds = gain_folds
        self.gain_repeats = gain_repeats
        self.gate = gate
        self.confidence_level = confidence_level

    @property
    def estimator_(self) -> Any:
        """The fitted regressor."""
        check_is_fitted(self)
        return self._fit.base.estimator

    def _options(self) -> Options:
        return Options(
            base=require_regressor(self.estimator, "estimator"),
            method=_validation.choice(self.method, PROJECTIONS, "method"),
            projector=_validation.choice(self.projector, PROJECTORS, "projector"),
            penalty=self._projection_penalty(),
            tune="reml",
            solver="auto",
        )

    def _title(self) -> str:
        return "Projected regression"


def _by_name(words: dict[Any, str]) -> dict[str, str]:
    """The same words by names of columns, which an index has as well."""
    return {f"x{node}" if isinstance(node, int) else node: text for node, text in words.items()}
