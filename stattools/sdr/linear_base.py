"""What linear reductions share: options, fit, scores, and the interface of scikit-learn."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from stattools import _random, _validation
from stattools._errors import AssumptionWarning, Notes
from stattools._provenance import Provenance, option_texts
from stattools._typing import FloatArray, Seed
from stattools.sdr.candidates import Problem, candidate, eigenpairs
from stattools.sdr.linear_fit import Choice, Found, choose, oriented
from stattools.sdr.linear_response import Response, read_predictors, read_response
from stattools.sdr.linear_result import LinearSDRResult
from stattools.sdr.slices import RULES, Slices, require_rows, slice_response
from stattools.sdr.whitening import whitening


class LinearReduction(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """What `SIR`, `SAVE`, `PHD` and `DirectionalRegression` share; a subclass makes the candidate matrix's problem.

    Examples
    --------
    >>> from stattools.sdr.linear import SIR
    >>> issubclass(SIR, LinearReduction)
    True
    """

    _short_name: ClassVar[str]
    _title: ClassVar[str]

    n_components: Any
    ridge: float
    test: str
    level: float
    n_resamples: int
    random_state: Seed

    def fit(self, X: Any, y: Any) -> Self:
        """Find the directions.

        Parameters
        ----------
        X : (n, p) array_like or table
            Predictors.
        y : (n,) or (n, q) array_like
            Responses: numbers; or labels (text, booleans, a categorical column), each a slice of its own.

        Returns
        -------
        self

        Raises
        ------
        InvalidDataError
            A number is missing or infinite, X or y holds distributions, there are fewer than three rows, or not as many
            as responses; or more labels than half of the rows.
        InvalidParameterError
            An option is unknown, more directions are asked for than the method can find, or there are more slices than
            half of the rows.
        DegenerateDataError
            A column is constant, columns are linearly dependent and there is no ridge, or the response is constant.

        Warns
        -----
        AssumptionWarning
            The tests find no direction; one is kept.

        Examples
        --------
        >>> from stattools.sdr.linear import SIR
        >>> x = np.random.default_rng(1).standard_normal((100, 3))
        >>> SIR().fit(x, x[:, 0]).n_components_
        1
        """
        self._check_options()
        notes, seed = Notes(), _random.seed_sequence(self.random_state, name="random_state")
        predictors = read_predictors(self, X, reset=True)
        response = read_response(y, len(predictors))
        names = self._names()
        white = whitening(predictors, ridge=float(self.ridge), names=names)
        problem, slices = self._problem(white.apply(predictors), y, response, notes)
        pairs = eigenpairs(candidate(problem), by_size=problem.by_size)
        choice = choose(
            Found(problem, pairs, float(self.ridge)),
            n_components=self.n_components,
            law=self.test,
            level=self.level,
            n_resamples=self.n_resamples,
            seed=seed,
            name=self._short_name,
        )
        if choice.n_found == 0:
            notes.warn(
                f"the tests find no direction at level {self.level:g} (p = {choice.first_pvalue:.3g}); the first one "
                "is kept, and may be noise",
                AssumptionWarning,
            )
        self._keep(white.coefficients(pairs.vectors)[:, : problem.rank], white.mean, white.spread, choice)
        self.results_ = LinearSDRResult(
            provenance=Provenance.capture(
                self._call(),
                seed=seed if choice.law == "permutation" else None,
                sizes={"n": len(predictors), "predictors": len(names)},
            ),
            warnings=notes.warnings,
            notes=notes.remarks,
            method=self._title,
            short_name=self._short_name,
            data_name=f"{', '.join(response.names)} on {len(names)} predictor{'' if len(names) == 1 else 's'}",
            nobs=len(predictors),
            eigenvalues=pairs.values[: problem.rank],
            all_directions=self._all_directions,
            n_components=choice.n_components,
            predictor_names=names,
            mean=white.mean,
            spread=white.spread,
            scores=self._scores(predictors),
            response=response,
            slices=slices,
            ridge=float(self.ridge),
            chosen_by=choice.law,
            level=float(self.level),
            n_found=choice.n_found,
            tests=choice.tests,
            problem=problem,
            whitening=white,
            row_names=getattr(X, "index", None) if hasattr(X, "columns") else None,
            settings=self._settings(),
        )
        return self

    def transform(self, X: Any) -> Any:
        """Scores of observations: centred predictors times the directions.

        Parameters
        ----------
        X : (k, p) array_like or table

        Returns
        -------
        (k, n_components_) float64
            For the data of the fit, ``results_.scores``.

        Examples
        --------
        >>> from stattools.sdr.linear import SIR
        >>> x = np.random.default_rng(1).standard_normal((100, 3))
        >>> SIR(n_components=2).fit(x, x[:, 0]).transform(x[:5]).shape
        (5, 2)
        """
        check_is_fitted(self)
        return self._scores(read_predictors(self, X, reset=False))

    # what a subclass adds --------------------------------------------------------------------------------------------
    def _problem(self, z: FloatArray, y: Any, response: Response, notes: Notes) -> tuple[Problem, Slices | None]:
        raise NotImplementedError

    def _settings(self) -> dict[str, Any]:
        return {"ridge": self.ridge} if self.ridge else {}

    # pieces ----------------------------------------------------------------------------------------------------------
    def _check_options(self) -> None:
        if isinstance(self.n_components, str):
            _validation.choice(self.n_components, ("test",), "n_components")
        else:
            _validation.integer(self.n_components, "n_components", minimum=1)
        _validation.choice(self.test, ("weighted", "chi2", "permutation"), "test")
        _validation.real(self.level, "level", minimum=0, maximum=1, exclusive=True)
        _validation.real(self.ridge, "ridge", minimum=0)
        _validation.integer(self.n_resamples, "n_resamples", minimum=1)

    def _keep(self, directions: FloatArray, mean: FloatArray, spread: FloatArray, choice: Choice) -> None:
        self._all_directions = oriented(directions, spread)
        self.mean_, self.n_components_ = mean, choice.n_components
        self.components_ = np.ascontiguousarray(self._all_directions[:, : choice.n_components].T)

    def _scores(self, predictors: FloatArray) -> FloatArray:
        return np.asarray((predictors - self.mean_) @ self.components_.T)

    @property
    def _n_features_out(self) -> int:
        return int(self.n_components_)

    def _names(self) -> tuple[str, ...]:
        names = getattr(self, "feature_names_in_", None)
        return tuple(f"x{j + 1}" for j in range(self.n_features_in_)) if names is None else tuple(map(str, names))

    def _call(self) -> str:
        given = {name: value for name, value in self.get_params().items() if name != "random_state"}
        shown = option_texts(given, type(self)().get_params())
        return f"{type(self).__name__}({', '.join(shown)}).fit(X, y)"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags


class SlicedReduction(LinearReduction):
    """What reductions by slices of the response share.

    Examples
    --------
    >>> from stattools.sdr.linear import SAVE
    >>> issubclass(SAVE, SlicedReduction)
    True
    """

    _method: ClassVar[str]

    def __init__(
        self,
        n_components: Any = "test",
        *,
        n_slices: int | None = None,
        slicing: str = "dr",
        ridge: float = 0.0,
        test: str = "weighted",
        level: float = 0.05,
        n_resamples: int = 999,
        random_state: Seed = None,
    ) -> None:
        self.n_components = n_components
        self.n_slices = n_slices
        self.slicing = slicing
        self.ridge = ridge
        self.test = test
        self.level = level
        self.n_resamples = n_resamples
        self.random_state = random_state

    def _check_options(self) -> None:
        super()._check_options()
        _validation.choice(self.slicing, RULES, "slicing")
        if self.n_slices is not None:
            _validation.integer(self.n_slices, "n_slices", minimum=2)

    def _problem(self, z: FloatArray, y: Any, response: Response, notes: Notes) -> tuple[Problem, Slices | None]:
        source = y if response.levels else response.values
        slices = slice_response(source, n_slices=self.n_slices, n_columns=z.shape[1], rule=self.slicing)
        if self.n_slices is not None and slices.count != self.n_slices:
            notes.remark(f"{slices.count} slices in place of n_slices = {self.n_slices}: {self._reason(slices)}")
        require_rows(slices, labels=bool(response.levels))
        self._check_slices(slices)
        return Problem(self._method, z, slices.codes), slices

    def _reason(self, slices: Slices) -> str:
        if slices.levels:
            return "each value of the response is one"
        return f"equal responses stay together, and slicing={self.slicing!r} fills each before the next"

    def _check_slices(self, slices: Slices) -> None:
        """Refuse slices that the method cannot use."""

    def _settings(self) -> dict[str, Any]:
        return {"slicing": self.slicing, **super()._settings()}
