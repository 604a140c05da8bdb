"""What the two estimators share: from what a user passes to arrays, and back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from stattools import _random, _validation
from stattools._errors import InvalidDataError, Notes
from stattools._typing import FloatArray
from stattools.collider import augmented, calls, inputs, study, tables
from stattools.collider.constraints import Constraint
from stattools.collider.fitting import Options, require_constrained, two_dimensional
from stattools.collider.study import Examination, Problem

METHODS = ("augmented", "plugin", "erm", "none", "auto")
PROJECTIONS = tuple(method for method in METHODS if method != "erm")
PROJECTORS = ("auto", "linear", "spline", "kernel", "rff", "forest", "cells")
REACTIONS = ("warn", "raise", "skip")
TUNINGS = ("reml", "gcv", "loo", "kfold")
SOLVERS = ("auto", "exact", "nystrom", "rff")
TESTS = ("auto", "hsic", "dcor", "kci", "rcot", "gcm", "partial", "moment")


class Projecting(MultiOutputMixin, RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """What `ColliderRegressor` and `ProjectedRegressor` share."""

    # parameters of the two classes
    independent: Any
    given: Any
    projector: str
    penalty: Any
    on_violation: str
    test: str | None
    n_resamples: int
    level: float
    gain: Any
    gain_folds: int
    gain_repeats: int
    gate: bool
    confidence_level: float
    random_state: Any

    def fit(self, X: Any, y: Any, X_unlabeled: Any = None) -> Self:
        """Fit the base, check the constraints, project, and measure the gain.

        Parameters
        ----------
        X : (n, p) array_like or table
            Labelled rows, without the response.
        y : (n,) or (n, q) array_like
        X_unlabeled : (m, p) array_like or table, optional
            Rows without a response, drawn as those of X were. Columns of tables are matched by name.

        Raises
        ------
        InvalidDataError
            Fewer than five rows, missing or infinite numbers, columns of text or dates, two columns of one name, the
            response among the columns, or other columns in `X_unlabeled`.
        InvalidParameterError
            An option has no such value, or a constraint names a column twice or leaves no column for the rest.
        KeyError
            A constraint names a column that X has not.

        Warns
        -----
        CausalAssumptionWarning
            The data contradict a constraint.
        InsufficientUnlabeledWarning
            ``method="plugin"`` with too few rows.
        AssumptionWarning
            `X_unlabeled` does not look like X, or holds its rows.
        DegenerateDataWarning
            An independent column is constant.

        Examples
        --------
        >>> from stattools.collider import ColliderRegressor
        >>> rng = np.random.default_rng(1)
        >>> y, x2 = rng.normal(size=40), rng.normal(size=40)
        >>> X = np.column_stack([y + x2, x2])
        >>> ColliderRegressor(independent=[1], base="ridge", gain=False, random_state=1).fit(X, y).predict(X).shape
        (40,)
        """
        notes = Notes()
        options, examination = self._options(), self._examination()
        if options.method == "erm":
            require_constrained(options)
        seed = _random.seed_sequence(self.random_state, name="random_state")
        rows = tables.read_predictors(self, X, reset=True)
        names = self._column_names()
        options = replace(options, names=names)
        response = tables.read_response(y, len(rows), type(self).__name__)
        inputs.require_rows(len(rows))
        self._check_response_name(y, names)
        self.constraints_, resolved, words = self._constraints(names, rows.shape[1], notes)
        _remark_on_name(y, words.get("graph"), notes)
        labels = inputs.column_labels(tables.as_pandas(X))
        unlabeled = inputs.unlabeled_rows(X_unlabeled, labels, rows.shape[1], notes)
        inputs.warn_of_repeats(rows, unlabeled, notes)
        problem = Problem(
            X=rows,
            y=two_dimensional(response),
            unlabeled=unlabeled,
            constraints=tuple(resolved),
            labels=tuple(_words(constraint, y) for constraint in self.constraints_),
            names=names or tuple(f"x{j}" for j in range(rows.shape[1])),
        )
        self._fit, parts = study.run(problem, options, examination, notes, seed)
        self._single = response.ndim == 1
        self.results_ = study.assemble(
            self._fit,
            problem,
            parts,
            notes,
            title=self._title(),
            data_name=_data_name(y, problem.names),
            call=calls.estimator_call(self, words.get("graph"), X_unlabeled is not None),
            seed=seed,
            named=hasattr(X, "columns"),
            index=getattr(X, "index", None) if hasattr(X, "columns") else None,
            single=self._single,
            words=words,
        )
        return self

    def predict(self, X: Any, return_std: bool = False) -> Any:
        """Values of the projected fit.

        Parameters
        ----------
        X : (k, p) array_like or table
        return_std : bool, default False
            Also standard deviations of the function at these rows, where the base has them, see Notes of the class.

        Returns
        -------
        (k,) or (k, q) float64, or a pair of them

        Raises
        ------
        InvalidParameterError
            `return_std` for a fit without standard deviations.

        Examples
        --------
        >>> from stattools.collider import ColliderRegressor
        >>> X, y = np.arange(12.0).reshape(6, 2), np.arange(6.0)
        >>> ColliderRegressor(base="ridge").fit(X, y).predict(X[:2]).shape
        (2,)
        """
        check_is_fitted(self)
        rows = tables.read_predictors(self, X, reset=False)
        values = self._shaped(self._fit.predict(rows))
        if not return_std:
            return values
        return values, self._shaped(two_dimensional(self._fit.standard_deviation(rows)))

    def project(self, values: Any, X: Any) -> FloatArray:
        """The projection of a function that is given by its values.

        Parameters
        ----------
        values : (k,) or (k, q) array_like
            f at the rows of X.
        X : (k, p) array_like or table

        Returns
        -------
        (k,) or (k, q) float64
            f - E[f | A, B] + E[f | B] at these rows, with the mean of f kept; conditional expectations by the projector
            of this estimator, estimated from these rows alone, with a penalty by generalized cross-validation unless it
            is a number.

        Examples
        --------
        >>> X, y = np.random.default_rng(1).normal(size=(20, 2)), np.arange(20.0)
        >>> from stattools.collider import ColliderRegressor
        >>> model = ColliderRegressor(independent=[1], base="ridge", projector="linear", penalty=0.0, gain=False)
        >>> values = model.fit(X, y).project(3.0 * X[:, 1], X)
        >>> bool(np.ptp(values) < 1e-12)
        True
        """
        check_is_fitted(self)
        rows = tables.read_predictors(self, X, reset=False)
        given = _validation.float_array(values, "values", ndim=(1, 2))
        if len(given) != len(rows):
            raise InvalidDataError(f"values has {len(given)} rows and X {len(rows)}")
        if not self._resolved:
            return np.array(given)
        correction = augmented.fit_correction(
            self.projector,
            rows,
            augmented.plugin_targets(two_dimensional(given)),
            self._resolved,
            penalty=self._options().criterion,
            rng=_random.seed_sequence(self.random_state, name="random_state"),
        )
        return np.asarray(given - correction.predict(rows).reshape(given.shape))

    # parameters ------------------------------------------------------------------------------------------------------
    def _options(self) -> Options:
        raise NotImplementedError

    def _title(self) -> str:
        raise NotImplementedError

    def _projection_penalty(self) -> str | float:
        if isinstance(self.penalty, str):
            return _validation.choice(self.penalty, ("auto", "gcv"), "penalty")
        if self.penalty == np.inf:
            return float("inf")
        return _validation.real(self.penalty, "penalty", minimum=0.0)

    def _examination(self) -> Examination:
        gain = self.gain
        if not isinstance(gain, str):
            gain = _validation.boolean(gain, "gain")
        return Examination(
            test=None if self.test is None else _validation.choice(self.test, TESTS, "test"),
            n_resamples=_validation.integer(self.n_resamples, "n_resamples", minimum=1),
            level=_validation.real(self.level, "level", minimum=0.0, maximum=1.0, exclusive=True),
            on_violation=_validation.choice(self.on_violation, REACTIONS, "on_violation"),
            gain=_validation.choice(gain, ("auto",), "gain") if isinstance(gain, str) else gain,
            n_folds=_validation.integer(self.gain_folds, "gain_folds", minimum=2),
            n_repeats=_validation.integer(self.gain_repeats, "gain_repeats", minimum=1),
            confidence_level=_validation.real(
                self.confidence_level, "confidence_level", minimum=0.0, maximum=1.0, exclusive=True
            ),
            gate=_validation.boolean(self.gate, "gate"),
        )

    # from the input to the arrays ------------------------------------------------------------------------------------
    def _constraints(
        self, names: tuple[str, ...] | None, width: int, notes: Notes
    ) -> tuple[tuple[Any, ...], Sequence[Any], dict[str, Any]]:
        """Constraints, the same as indices, and words about the variables."""
        from stattools.collider import constraints

        chosen = constraints.normalise(self.independent, self.given)
        return self._resolve(chosen, names, width)

    def _resolve(
        self, chosen: Sequence[Any], names: tuple[str, ...] | None, width: int
    ) -> tuple[tuple[Any, ...], Sequence[Any], dict[str, Any]]:
        from stattools.collider import constraints

        columns = names or tuple(f"x{j}" for j in range(width))
        self._resolved = tuple(constraints.resolve(tuple(chosen), columns)) if chosen else ()
        return tuple(chosen), self._resolved, {}

    def _column_names(self) -> tuple[str, ...] | None:
        names = getattr(self, "feature_names_in_", None)
        return None if names is None else tuple(str(name) for name in names)

    def _check_response_name(self, y: Any, names: tuple[str, ...] | None) -> None:
        own = [getattr(y, "name", None), *getattr(y, "columns", ()), getattr(self, "response", None)]
        inside = [name for name in own if isinstance(name, str) and name in (names or ())]
        if inside:
            raise InvalidDataError(f"the response {inside[0]!r} is one of the columns of X; leave it out of X")

    def _shaped(self, values: FloatArray) -> FloatArray:
        return values[:, 0] if self._single and values.ndim == 2 else values


def _remark_on_name(y: Any, graph: Any, notes: Notes) -> None:
    """Say it when a response has another name than its node in the graph, unless that is part of its name."""
    columns = list(getattr(y, "columns", ()))
    name = columns[0] if len(columns) == 1 else getattr(y, "name", None)
    if graph is None or not isinstance(name, str) or not name:
        return
    if not re.search(rf"\b{re.escape(str(graph.response))}\b", name):
        notes.remark(f"y has the name {name!r}, and the response of the graph {graph.response!r}; y was taken for it")


def _words(constraint: Constraint, y: Any) -> str:
    """A constraint with the name that the response has in its table."""
    name = getattr(y, "name", None)
    if isinstance(name, str) and name and constraint.response == Constraint.response:
        constraint = replace(constraint, response=name)
    return str(constraint)


def _data_name(y: Any, names: tuple[str, ...]) -> str:
    name = getattr(y, "name", None)
    response = str(name) if name is not None else "y"
    return f"{response} on " + (", ".join(names) if len(names) <= 5 else f"{len(names)} columns")
