"""Directions of an index model with several responses, from scores of the predictors."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import scipy.linalg

from stattools import _random, _validation
from stattools._errors import AssumptionWarning, DegenerateDataError, InvalidDataError, InvalidParameterError, Notes
from stattools._provenance import Provenance
from stattools._typing import FloatArray, Seed
from stattools.sdr.linear_base import LinearReduction
from stattools.sdr.linear_fit import oriented
from stattools.sdr.linear_laws import DimensionTests
from stattools.sdr.linear_response import Response, read_predictors, read_response
from stattools.sdr.lineartests import MOST_TESTED
from stattools.sdr.stein_moments import (
    ORDERS,
    POOLINGS,
    SECOND_WEIGHT,
    Directions,
    Moments,
    PermutationTests,
    directions,
    sequential_tests,
)
from stattools.sdr.stein_result import SteinResult
from stattools.sdr.stein_scores import Covariance, Scores, covariance_of, given_scores, normal_scores

CONSTANT = 8 * np.finfo(np.float64).eps
"""Spread of a column, over its largest entry, that is rounding."""
DEPENDENT = 1e-12
"""Smallest eigenvalue of a correlation matrix, over its size, below which columns are linearly dependent."""


class SteinIndexModel(LinearReduction):
    """Directions B of the model y = F(B'x) + error for one or several responses, by identities of Stein.

    For a smooth density f of x, integration by parts gives E[y_j s(x)] = B E[grad F_j] with the score s = -grad log f,
    and E[y_j T(x)] = B E[Hessian of F_j] B' with T = (Hessian of f) / f. So first moments see trends, second ones see
    curvature, and together they find what either misses.

    Parameters
    ----------
    order : {"both", "first", "second"}, default "both"
        Moments that make the candidate matrix: sum_j m_j m_j' for m_j = mean of y_j s, sum_j M_j^2 for M_j = mean of
        y_j T, or the first plus `second_weight` times the second.
    score_function : "gaussian" or callable, default "gaussian"
        Score of the predictors: of the normal law with their mean and covariance, or a function that returns s as
        (k, p) for (k, p) predictors.
    second_score_function : callable, optional
        Function that returns T as (k, p, p); needed where `score_function` is one and second moments take part.
    shrinkage : {"none", "ledoit_wolf", "oas"} or float in [0, 1], default "none"
        How far correlations of the predictors are shrunk towards zero. More columns than rows need it.
    pooling : {"squares", "mean"}, default "squares"
        How second moments of several responses are put together: sum of M_j^2, in which nothing cancels, or
        (sum of M_j)^2, which has the eigenvectors of their mean.
    second_weight : float, default 0.5
        Weight of the second order in "both".
    coordinates : {"white", "original"}, default "white"
        In which the moments stand: those of predictors with covariance identity, or of predictors as they are.
    scale_responses : bool, default True
        Divide responses by their standard deviations, so that their units do not matter.
    n_components : "test" or int, default "test"
        Number of directions. "test": permutation tests of at most 0, 1, ... directions, which need the normal score.
    level : float, default 0.05
        Of these tests.
    n_resamples : int, default 199
        Permutations of each.
    random_state : None, int, SeedSequence or Generator
        Of the permutations.

    Attributes
    ----------
    results_ : SteinResult
    n_components_ : int
    components_ : (n_components_, p) float64
        Coefficients.
    mean_ : (p,) float64
    n_features_in_ : int
    feature_names_in_ : (p,) array of str
        Only for tables.

    Notes
    -----
    *The weight 1/2.* For normal predictors in white coordinates the expansion of a response in Hermite polynomials
    begins F_j = m_j'z + 1/2 <M_j, z z' - I> + ..., with variances |m_j|^2 and 1/2 |M_j|^2. With this weight the trace
    of the candidate matrix is the variance of the responses that a linear and a quadratic function of the predictors
    explain, and each eigenvalue is the share of a direction in it, with products counted half for each of both factors.
    It favours neither order by anything but what it explains. The noise is not the same: for n observations it adds on
    average 1 / n of the variance of the responses to each eigenvalue by the first order, and (p + 1) / (2 n) by the
    second, so that with many columns and few rows ``order="first"`` finds trends better. Weights that
    balance the noise, 1 / (p + 1), lost more on even links than they won on odd ones in simulations.

    *Identities.* With the normal score, first moments in original coordinates are the coefficients of the least-squares
    regression of the responses, and directions their right singular vectors. With one response, the second moment in
    white coordinates is the matrix of principal Hessian directions (response version), and eigenvalues are the squares
    of those.

    *What has to hold.* The normal score is right for normal predictors; for elliptical ones first moments still find
    directions of B alone. In original coordinates directions depend on the units of the predictors; in white ones they
    do not, and any invertible linear map of the predictors leaves scores as they are (without shrinkage).

    O(n p^2 q) time, for each permutation too; 8 n (p + q) bytes, and 8 n p^2 more for a second score that is given.

    References
    ----------
    .. [1] Tian, Wu and Feng (2025), Nonlinear multiple response regression and learning of latent spaces, arXiv
       2503.21608: moments of several responses with first and second scores. The forms here, the weights and the tests
       are derived from the identities above.
    .. [2] Li (1992), On principal Hessian directions for data visualization and dimension reduction: another
       application of Stein's lemma, Journal of the American Statistical Association 87, 1025-1039.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = rng.normal(size=(400, 5))
    >>> y = np.column_stack([np.tanh(x[:, 0]), x[:, 1] ** 2]) + 0.1 * rng.normal(size=(400, 2))
    >>> model = SteinIndexModel(random_state=1).fit(x, y)
    >>> model.n_components_
    2
    >>> (np.abs(model.components_) > 0.2).sum(axis=0).tolist()
    [1, 1, 0, 0, 0]
    """

    _short_name: ClassVar[str] = "Stein"
    _title: ClassVar[str] = "Stein index model"

    def __init__(
        self,
        order: str = "both",
        *,
        score_function: Any = "gaussian",
        second_score_function: Any = None,
        shrinkage: Any = "none",
        pooling: str = "squares",
        second_weight: float = SECOND_WEIGHT,
        coordinates: str = "white",
        scale_responses: bool = True,
        n_components: Any = "test",
        level: float = 0.05,
        n_resamples: int = 199,
        random_state: Seed = None,
    ) -> None:
        self.order = order
        self.score_function = score_function
        self.second_score_function = second_score_function
        self.shrinkage = shrinkage
        self.pooling = pooling
        self.second_weight = second_weight
        self.coordinates = coordinates
        self.scale_responses = scale_responses
        self.n_components = n_components
        self.level = level
        self.n_resamples = n_resamples
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Find the directions.

        Parameters
        ----------
        X : (n, p) array_like or table
            Predictors.
        y : (n,) or (n, q) array_like
            Responses, numbers.

        Returns
        -------
        self

        Raises
        ------
        InvalidDataError
            A number is missing or infinite, there are fewer than three rows, not as many as responses, the responses
            are labels, or a score function returns another shape.
        InvalidParameterError
            An option is unknown or does not fit the others, or more directions are asked for than there can be.
        DegenerateDataError
            A column is constant, columns are linearly dependent and nothing is shrunk, or the responses are constant.

        Warns
        -----
        AssumptionWarning
            The tests find no direction; one is kept.

        Examples
        --------
        >>> x = np.random.default_rng(1).standard_normal((100, 3))
        >>> SteinIndexModel(n_components=1).fit(x, x[:, 0] ** 2).components_.round(0) + 0.0
        array([[1., 0., 0.]])
        """
        self._check_options()
        notes, seed = Notes(), _random.seed_sequence(self.random_state, name="random_state")
        moments = Moments(self.order, self.pooling, float(self.second_weight))
        x = read_predictors(self, X, reset=True)
        response = read_response(y, len(x))
        names = self._names()
        responses = _centred(response, scaled=self.scale_responses, notes=notes)
        spread = _spread(x, names)
        covariance = covariance_of(x, self.shrinkage)
        scores = self._score_values(x, covariance, names)
        found = directions(scores, responses, moments)
        rank = min(x.shape[1], responses.shape[1]) if self.order == "first" else x.shape[1]
        tests = self._tests(x, responses, moments, covariance.intensity, rank, seed)
        n_components = self._count(rank, tests, notes)
        coefficients = _unit_scores(x, scores.basis @ found.vectors[:, :rank])
        self._all_directions = oriented(coefficients, spread)
        self.mean_, self.n_components_ = covariance.mean, n_components
        self.components_ = np.ascontiguousarray(self._all_directions[:, :n_components].T)
        self.results_ = SteinResult(
            provenance=Provenance.capture(
                self._call(),
                seed=None if tests is None else seed,
                sizes={"n": len(x), "predictors": len(names), "responses": responses.shape[1]},
            ),
            warnings=notes.warnings,
            notes=notes.remarks,
            method=self._title,
            short_name=self._short_name,
            data_name=f"{_listed(response.names)} on {len(names)} predictor{'' if len(names) == 1 else 's'}",
            nobs=len(x),
            eigenvalues=found.eigenvalues[:rank],
            first_order=found.first_order[:rank],
            all_directions=self._all_directions,
            n_components=n_components,
            predictor_names=names,
            mean=covariance.mean,
            spread=spread,
            scores=self._scores(x),
            response=response,
            chosen_by="given" if tests is None else "permutation",
            level=float(self.level),
            n_found=None if tests is None else tests.n_components,
            tests=None if tests is None else _table(found, tests),
            row_names=getattr(X, "index", None) if hasattr(X, "columns") else None,
            settings=self._settings() | {"shrinkage": covariance.intensity},
            moments=moments,
            coordinates=self.coordinates,
            shrinkage=covariance.intensity,
            predictors=x,
            responses=responses,
            score_values=scores,
        )
        return self

    # pieces ----------------------------------------------------------------------------------------------------------
    def _check_options(self) -> None:
        _validation.choice(self.order, ORDERS, "order")
        _validation.choice(self.pooling, POOLINGS, "pooling")
        _validation.choice(self.coordinates, ("white", "original"), "coordinates")
        _validation.boolean(self.scale_responses, "scale_responses")
        _validation.real(self.second_weight, "second_weight", minimum=0, exclusive=True)
        _validation.real(self.level, "level", minimum=0, maximum=1, exclusive=True)
        _validation.integer(self.n_resamples, "n_resamples", minimum=1)
        if isinstance(self.n_components, str):
            _validation.choice(self.n_components, ("test",), "n_components")
        else:
            _validation.integer(self.n_components, "n_components", minimum=1)
        if isinstance(self.score_function, str):
            _validation.choice(self.score_function, ("gaussian",), "score_function")
            if self.second_score_function is not None:
                raise InvalidParameterError(
                    "second_score_function is given beside score_function='gaussian', which has its own"
                )
            return
        if self.n_components == "test":
            raise InvalidParameterError(
                "n_components is 'test', which needs score_function='gaussian'; with another give a number, and "
                "results_.permutation_test() tests for any direction at all"
            )
        if (self.order == "first") != (self.second_score_function is None):
            raise InvalidParameterError(
                f"order is {self.order!r} and second_score_function is "
                f"{'not ' if self.second_score_function is None else ''}given; with a score function second "
                "moments need it, and first ones alone do not"
            )

    def _score_values(self, x: FloatArray, covariance: Covariance, names: tuple[str, ...]) -> Scores:
        white = self.coordinates == "white"
        if not callable(self.score_function):
            _require_definite(covariance, len(x), names)
            return normal_scores(x, covariance, white=white)
        basis = np.eye(x.shape[1])
        if white:
            _require_definite(covariance, len(x), names)
            basis = normal_scores(x, covariance, white=True).basis
        return given_scores(x, self.score_function, self.second_score_function, basis)

    def _tests(
        self,
        x: FloatArray,
        responses: FloatArray,
        moments: Moments,
        shrinkage: float,
        rank: int,
        seed: np.random.SeedSequence,
    ) -> PermutationTests | None:
        if self.n_components != "test":
            return None
        return sequential_tests(
            x, responses, moments,
            shrinkage=shrinkage, white=self.coordinates == "white", most=min(rank, MOST_TESTED, len(x) - 2),
            n_resamples=self.n_resamples, level=float(self.level), rng=seed,
        )  # fmt: skip

    def _count(self, rank: int, tests: PermutationTests | None, notes: Notes) -> int:
        if tests is None:
            if self.n_components > rank:
                raise InvalidParameterError(
                    f"n_components is {self.n_components}; there are at most {rank} directions in these data"
                )
            return int(self.n_components)
        if tests.n_components == 0:
            notes.warn(
                f"the tests find no direction at level {self.level:g} (p = {tests.pvalues[0]:.3g}); the first one is "
                "kept, and may be noise",
                AssumptionWarning,
            )
        notes.remark(
            "the test of no direction is exact; those of more directions hold for normal predictors in large samples"
        )
        return max(1, tests.n_components)

    def _settings(self) -> dict[str, Any]:
        score = "normal" if isinstance(self.score_function, str) else "given as a function"
        found: dict[str, Any] = {"order": self.order, "score": score, "coordinates": self.coordinates}
        if self.order != "first":
            found["pooling"] = self.pooling
        return found | ({"second weight": float(self.second_weight)} if self.order == "both" else {})

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


# numbers --------------------------------------------------------------------------------------------------------------
def _centred(response: Response, *, scaled: bool, notes: Notes) -> FloatArray:
    """(n, q) responses of mean zero, and of variance one if they are scaled."""
    if response.levels:
        raise InvalidDataError(
            f"y holds labels ({', '.join(response.levels[:4])}, ...); a Stein index model needs numbers. Pass "
            "indicator columns of the levels, or use SIR or KernelSIR"
        )
    values = np.asarray(response.values).reshape(len(response.values), -1)
    centred = values - values.mean(axis=0)
    spread = np.sqrt(np.mean(centred**2, axis=0))
    constant = spread <= CONSTANT * np.abs(values).max(axis=0)
    if constant.all():
        raise DegenerateDataError("y is constant; nothing can be learned from it")
    if constant.any():
        named = _listed(tuple(name for name, bad in zip(response.names, constant, strict=True) if bad))
        notes.remark(f"constant responses have no part in the fit: {named}")
    kept = centred[:, ~constant]
    return np.ascontiguousarray(kept / spread[~constant] if scaled else kept)


def _spread(x: FloatArray, names: tuple[str, ...]) -> FloatArray:
    """(p,) standard deviations of columns, none of them constant."""
    spread = x.std(axis=0)
    constant = np.flatnonzero(spread <= CONSTANT * np.abs(x).max(axis=0))
    if constant.size:
        raise DegenerateDataError(f"column {names[constant[0]]!r} of X is constant; drop it")
    return np.asarray(spread)


def _require_definite(covariance: Covariance, n: int, names: tuple[str, ...]) -> None:
    p = len(names)
    advice = "drop columns, or give shrinkage='ledoit_wolf' or a number"
    if covariance.intensity == 0.0 and n <= p:
        raise DegenerateDataError(f"X has n_samples = {n} rows for {p} columns, whose covariance is singular; {advice}")
    spread = np.sqrt(np.diag(covariance.matrix))
    correlation = covariance.matrix / np.outer(spread, spread)
    values, vectors = scipy.linalg.eigh(correlation, check_finite=False)
    if values[0] <= DEPENDENT * values[-1]:
        involved = names[int(np.argmax(np.abs(vectors[:, 0])))]
        raise DegenerateDataError(f"column {involved!r} of X is a linear combination of the others; {advice}")


def _unit_scores(x: FloatArray, coefficients: FloatArray) -> FloatArray:
    """(p, r) coefficients, each of which gives scores of variance one."""
    spread = (x @ coefficients).std(axis=0)
    return np.asarray(coefficients / np.where(spread > 0, spread, 1.0))


def _table(found: Directions, tests: PermutationTests) -> DimensionTests:
    statistics = found.eigenvalues[: len(tests.pvalues)]
    return DimensionTests.by_permutation(statistics, tests.pvalues)


# words ----------------------------------------------------------------------------------------------------------------
def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:4])
    return shown if len(names) <= 4 else f"{shown} and {len(names) - 4} more"

