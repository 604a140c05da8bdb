"""Nonlinear sufficient dimension reduction when predictor and response are distributions, or anything with a kernel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from stattools import _random, _validation
from stattools._errors import (
    AssumptionWarning,
    InvalidDataError,
    InvalidParameterError,
    Notes,
    PerformanceWarning,
    warn,
)
from stattools._provenance import option_texts
from stattools._typing import BoolArray, FloatArray, Seed
from stattools.distributions import DistributionArray
from stattools.sdr import blocks, gsir, order, parts
from stattools.sdr.order_cv import cross_validated_losses
from stattools.sdr.pairing import Retuning
from stattools.sdr.reading import Options
from stattools.sdr.responses import responses_of
from stattools.sdr.result import Side, assemble
from stattools.sdr.spectral import SideSpectra, exact_spectra, low_rank_spectra, note_on_spectra
from stattools.sdr.tuning import Curve

GRID = np.logspace(-6.0, 0.0, 7)
LARGEST_EXACT = 3000
"""Observations up to which solver="auto" is exact."""
MATRICES = 8
"""Gram matrices and eigenvectors that the exact solver holds at its peak."""


class ComponentNames:
    """Tables of scores have the columns of ``results_.augment()``.

    Examples
    --------
    >>> x = np.linspace(-1.0, 1.0, 40)
    >>> DistributionSDR(n_components=1, random_state=1).fit(x, x).get_feature_names_out().tolist()
    ['component_1']
    """

    results_: Any

    def get_feature_names_out(self, input_features: Any = None) -> Any:
        """Names of the columns that `transform` returns.

        Parameters
        ----------
        input_features : None
            Has no influence; scikit-learn passes it.

        Returns
        -------
        (d,) array of str

        Examples
        --------
        >>> x = np.linspace(-1.0, 1.0, 40)
        >>> fit = DistributionSDR(n_components=1, random_state=1).fit(x, x)
        >>> fit.set_output(transform="pandas").transform(x[:3]).columns.tolist()
        ['component_1']
        """
        check_is_fitted(self)
        return np.asarray(self.results_.component_names, dtype=object)


class DistributionSDR(ComponentNames, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Sufficient dimension reduction by generalized sliced inverse regression in reproducing kernel Hilbert spaces.

    Finds the few functions f(X) that carry what X knows about Y, for distributions on the line (Wasserstein kernels,
    W-GSIR), in R^d (sliced ones, SW-GSIR), on a domain (intrinsic slices, ISW-GSIR), numbers, categories, or several
    blocks of these.

    Parameters
    ----------
    method : {"gsir2", "gsir1", "cv"}, default "gsir2"
        gsir2 weights the response by its inverse covariance, so that eigenvalues are squared canonical correlations in
        [0, 1); gsir1 does not. "cv" takes the one whose components predict held-out responses better.
    kernel_x, kernel_y : {"gaussian", "laplacian", "precomputed"}, default "gaussian"
        exp(-d^2 / (2 b^2)) or exp(-d / b), or a Gram matrix is passed as data. For a dict of blocks, a dict chooses for
        each. Categories have the kernel that is 1 where labels are equal.
    metric_x, metric_y : {"auto", "w2", "sw2", "intrinsic", "w1", "euclidean", "match"}, default "auto"
        The distance d. "auto": "w2" on the line, "sw2" in R^d, "intrinsic" on a domain, "euclidean" for numbers.
        "w1" goes with a Laplacian kernel on the line.
    bandwidth_x, bandwidth_y : {"mean", "median"} or float, default "mean"
        The length b in units of the distance. "mean": of distributions under a Gaussian kernel the root of the mean
        squared distance, else the mean distance, over all pairs. "median" is the largest distance where more than half
        of the pairs of rows coincide. Neither depends on the order of the rows.
    regularization_x, regularization_y : "gcv" or float, default "gcv"
        Ridge, in units of the largest eigenvalue of the centred Gram matrix. A response of categories has a
        pseudo-inverse instead, and that of gsir1 is not weighted; both take no number.
    n_components : {"permutation", "bic", "ratio", "ladle", "augmentation", "cv"} or int, default "permutation"
        How the number of components is found; see `stattools.sdr.order`.
    solver : {"auto", "exact", "rpcholesky"}, default "auto"
        "rpcholesky" works on a randomly pivoted Cholesky factor of both Gram matrices. "auto" is exact up to 3000
        observations.
    n_directions : int, default 50
        Directions in R^d, or eigenfunctions of a domain.
    complexity_x, complexity_y : float, default 1
        The bandwidth of a rule is divided by the root of it (Gaussian), or by it (Laplacian).
    regularization_grid : (g,) array_like, optional
        Candidates of cross-validation; 10^-6, 10^-5, ..., 1 by default.
    gcv_centered : bool, default False
        Cross-validate with centred Gram matrices.
    n_quantiles : int, optional
        Cells over which quantile functions are averaged. By default the common size of the samples, which is exact, or
        200 where sizes differ.
    rank : int, default 200
        Of the low-rank factors.
    tol : float, default 1e-6
        Share of the trace at which the factors stop growing.
    scale : {"unit_norm", "unit_variance"}, default "unit_norm"
        "unit_norm" leaves the eigenvectors behind the scores at length one, so that scores shrink with n;
        "unit_variance" gives the scores of the fit variance one.
    allow_indefinite : bool, default False
        Permit "w2" in R^d or on a domain other than the line, where its kernel need not be positive definite; the
        exact solver, the only one for it, then drops negative eigenvalues.
    memory_limit : float, default 4e9
        Bytes above which the exact solver warns.
    criteria : "auto", "all", str or sequence of str, default "auto"
        Criteria for the number of components that are computed beside the one that decides. "auto": all for up to 300
        observations, of fewer than 20 without "cv"; beyond, "bic" and "ratio", which cost nothing.
    max_components : int, default 8
        The largest number that criteria consider.
    n_resamples : int, default 99
        Of the criteria for the number of components.
    level : float, default 0.05
        Of the permutation tests.
    random_state : None, int, SeedSequence or Generator
        Of directions, pivots and resampling.

    Attributes
    ----------
    results_ : SDRResult
    n_components_ : int
    n_features_in_ : int
        Only where X is an array or a table of numbers.

    Notes
    -----
    Bandwidths, directions, cells and centring are those of the fit, so that a new observation has one score, whatever
    it is transformed with, and ``transform`` of the data of the fit gives its scores.

    Both Gram matrices are decomposed once; cross-validation, the number of components and every permutation work on
    the products of their eigenvectors. Exact: O(n^2 M + n^3) time and about 64 n^2 bytes. Low rank r: O(n M r + n r^2)
    and about 8 n (2 M + 12 r) bytes, for M features a row.

    With finitely many directions or eigenfunctions, distributions that agree in all slices are not told apart.

    References
    ----------
    .. [1] Zhang, Li and Xue (2024), Nonlinear sufficient dimension reduction for distribution-on-distribution
       regression, Journal of Multivariate Analysis 202, 105302: W-GSIR and SW-GSIR. The form for domains, the low-rank
       solver and the fully centred scores of new observations are derived here.
    .. [2] Lee, Li and Chiaromonte (2013), A general theory for nonlinear sufficient dimension reduction: formulation
       and estimation, Annals of Statistics 41(1), 221-249.

    Examples
    --------
    >>> from stattools import DistributionArray
    >>> rng = np.random.default_rng(1)
    >>> centre = rng.normal(size=60)
    >>> X = DistributionArray.from_samples(centre[:, None] + rng.normal(size=(60, 40)))
    >>> Y = DistributionArray.from_samples(np.exp(centre)[:, None] + rng.normal(size=(60, 40)))
    >>> sdr = DistributionSDR(n_components=1, random_state=1).fit(X, Y)
    >>> ranks = [np.argsort(np.argsort(values)) for values in (sdr.transform(X)[:, 0], centre)]
    >>> bool(np.corrcoef(*ranks)[0, 1] > 0.9)
    True
    """

    def __init__(
        self,
        method: str = "gsir2",
        *,
        kernel_x: Any = "gaussian",
        kernel_y: Any = "gaussian",
        metric_x: Any = "auto",
        metric_y: Any = "auto",
        bandwidth_x: Any = "mean",
        bandwidth_y: Any = "mean",
        regularization_x: Any = "gcv",
        regularization_y: Any = "gcv",
        n_components: Any = "permutation",
        solver: str = "auto",
        n_directions: int = 50,
        complexity_x: float = 1.0,
        complexity_y: float = 1.0,
        regularization_grid: Any = None,
        gcv_centered: bool = False,
        n_quantiles: int | None = None,
        rank: int = 200,
        tol: float = 1e-6,
        scale: str = "unit_norm",
        allow_indefinite: bool = False,
        memory_limit: float = 4e9,
        criteria: Any = "auto",
        max_components: int = order.MOST_COMPONENTS,
        n_resamples: int = 99,
        level: float = 0.05,
        random_state: Seed = None,
    ) -> None:
        self.method = method
        self.kernel_x = kernel_x
        self.kernel_y = kernel_y
        self.metric_x = metric_x
        self.metric_y = metric_y
        self.bandwidth_x = bandwidth_x
        self.bandwidth_y = bandwidth_y
        self.regularization_x = regularization_x
        self.regularization_y = regularization_y
        self.n_components = n_components
        self.solver = solver
        self.n_directions = n_directions
        self.complexity_x = complexity_x
        self.complexity_y = complexity_y
        self.regularization_grid = regularization_grid
        self.gcv_centered = gcv_centered
        self.n_quantiles = n_quantiles
        self.rank = rank
        self.tol = tol
        self.scale = scale
        self.allow_indefinite = allow_indefinite
        self.memory_limit = memory_limit
        self.criteria = criteria
        self.max_components = max_components
        self.n_resamples = n_resamples
        self.level = level
        self.random_state = random_state

    def fit(self, X: Any, Y: Any) -> Self:
        """Fit the components.

        Parameters
        ----------
        X, Y : DistributionArray, array_like, table, labels, or dict of these
            n observations each: distributions (one array, or a list of arrays that are joined), (n,) or (n, d) numbers,
            n categories, several blocks under names, or an (n, n) Gram matrix with a precomputed kernel.

        Raises
        ------
        InvalidDataError
            Fewer than three observations, X and Y of different lengths, a missing number, or blocks that do not match.
        InvalidParameterError
            An option is unknown or does not fit the data, or there are more components than the ranks allow.
        DegenerateDataError
            All predictors, or all responses, are identical.

        Warns
        -----
        PerformanceWarning
            The exact solver needs more than `memory_limit`.
        AssumptionWarning
            A metric without a Hilbert embedding was allowed, or no component was found.
        ConvergenceWarning
            A low-rank factor leaves out more than 5 percent of the trace, and more than `tol`.
        DegenerateDataWarning
            The kernel is nearly the identity: most rows have values below 0.011 with all others.

        Examples
        --------
        >>> x = np.linspace(-1.0, 1.0, 40)
        >>> DistributionSDR(n_components=1, random_state=1).fit(x, x**2).results_.method
        'GSIR2'
        """
        notes, seed = Notes(), _random.seed_sequence(self.random_state, name="random_state")
        settings = _settings(self)
        X, Y = parts.read(X), parts.read(Y)
        _check_columns(self, X, reset=True)
        kernels = [blocks.side_kernel(data, self._options(name, seed), notes) for name, data in (("X", X), ("Y", Y))]
        _check_sizes(*kernels)
        solver = self._solver(kernels, notes)
        x, y = (self._spectra(kernels[k], solver, _random.child_seed(seed, 2 + k), notes) for k in range(2))
        given = [self._regularization(kernels, side) for side in "xy"]
        tuned = _tune(x, y, given[0], given[1], settings.grid, notes)
        responses = responses_of(kernels[1], Y, y.plain)
        operator, switched = self._operator(x, y, tuned, responses.features, _random.child_seed(seed, 4))
        if said := gsir.unregularized(operator):
            notes.remark(said)
        table = order.determine(
            operator,
            criterion=settings.n_components,
            criteria=settings.criteria,
            max_components=settings.max_components,
            responses=responses.features,
            retuning=tuned.retuning,
            n_resamples=settings.n_resamples,
            level=settings.level,
            rng=_random.child_seed(seed, 5),
            notes=notes,
        )
        found = gsir.components(operator, table.n_components)
        factors = _factors(found.scores, self.scale)
        self._x = x
        self._loadings = np.asarray(
            found.weights * factors * (np.sqrt(x.centred.values) / (x.centred.values + operator.x_penalty))[:, None]
        )
        self.n_components_ = table.n_components
        names = _row_names(X)
        self.results_ = assemble(
            operator,
            scores=found.scores * factors,
            order=table,
            responses=responses,
            predictor=_side(x, given[0], tuned.x, tuned.x_curve),
            response=_side(y, given[1], tuned.y, tuned.y_curve, used=operator.method == "gsir2"),
            method=_display_name(kernels, operator.method),
            solver=solver,
            scale=self.scale,
            retuning=tuned.retuning,
            method_tuned=switched,
            Y=Y,
            row_names=names,
            named=names is not None and not isinstance(X, DistributionArray),
            notes=notes,
            call=f"DistributionSDR({called(self)}).fit(X, Y)",
            seed=seed,
        )
        return self

    def transform(self, X: Any) -> FloatArray:
        """Scores of observations.

        Parameters
        ----------
        X : as in `fit`
            With a precomputed kernel, the (k, n) kernel of the new observations with those of the fit.

        Returns
        -------
        (k, d) float64

        Raises
        ------
        InvalidDataError
            Another dimension, space, category or set of columns than in the fit.

        Warns
        -----
        AssumptionWarning
            Rows lie far from all rows of the fit (in low rank, from all pivots): their largest kernel value is below
            0.22, and its logarithm below twice that of any row of the fit with the others; or it is below 0.011. A
            precomputed kernel is judged by the same values if its diagonal is constant, and is not judged otherwise.

        Notes
        -----
        Far from the rows of the fit the kernel is 0, and scores do not follow the predictor: they tend to one point,
        which lies inside of the scores of the fit.

        Examples
        --------
        >>> x = np.linspace(-1.0, 1.0, 40)
        >>> sdr = DistributionSDR(n_components=1, random_state=1).fit(x, x)
        >>> sdr.transform([0.25, 0.5]).shape
        (2, 1)
        """
        check_is_fitted(self)
        X = parts.read(X)
        _check_columns(self, X, reset=False)
        coordinates, separations = self._x.coordinates(self._x.kernel.rows_of(X))
        _warn_of_distance(self._x.proximity.is_far(separations), separations)
        return np.asarray(coordinates @ self._loadings)

    def fit_transform(self, X: Any, Y: Any = None, **fit_params: Any) -> FloatArray:
        """Fit, and return the scores of the observations.

        Examples
        --------
        >>> x = np.linspace(-1.0, 1.0, 40)
        >>> DistributionSDR(n_components=1, random_state=1).fit_transform(x, x).shape
        (40, 1)
        """
        return np.array(self.fit(X, Y, **fit_params).results_.scores)

    # from options to arrays ------------------------------------------------------------------------------------------
    def _options(self, name: str, seed: np.random.SeedSequence) -> Options:
        side = name.lower()
        return Options(
            name=name,
            kernel=getattr(self, f"kernel_{side}"),
            metric=getattr(self, f"metric_{side}"),
            bandwidth=getattr(self, f"bandwidth_{side}"),
            complexity=_validation.real(
                getattr(self, f"complexity_{side}"), f"complexity_{side}", minimum=0, exclusive=True
            ),
            n_quantiles=self.n_quantiles
            if self.n_quantiles is None
            else _validation.integer(self.n_quantiles, "n_quantiles", minimum=1),
            n_directions=_validation.integer(self.n_directions, "n_directions", minimum=1),
            allow_indefinite=_validation.boolean(self.allow_indefinite, "allow_indefinite"),
            seed=_random.child_seed(seed, 1),
        )

    def _solver(self, kernels: list[blocks.SideKernel], notes: Notes) -> str:
        _validation.choice(self.solver, ("auto", "exact", "rpcholesky"), "solver")
        limit = _validation.real(self.memory_limit, "memory_limit", minimum=0)
        n = kernels[0].n
        indefinite = [kernel.name for kernel in kernels if not kernel.definite]
        if self.solver == "rpcholesky" and indefinite:
            raise InvalidParameterError(
                f"solver is 'rpcholesky' and the kernel of {indefinite[0]} may be indefinite, which a Cholesky factor "
                "cannot be; use solver='exact', which drops negative eigenvalues"
            )
        small = n <= LARGEST_EXACT or bool(indefinite)
        solver = ("exact" if small else "rpcholesky") if self.solver == "auto" else self.solver
        needed = 8.0 * MATRICES * n**2
        if solver == "exact" and needed > limit:
            other = "; solver='rpcholesky' needs memory in proportion to n"
            notes.warn(
                f"the exact solver needs about {needed / 1e9:.3g} GB for {n} observations, more than the limit of "
                f"{limit / 1e9:.3g} GB" + ("" if indefinite else other),
                PerformanceWarning,
            )
        return solver

    def _spectra(
        self, kernel: blocks.SideKernel, solver: str, seed: np.random.SeedSequence, notes: Notes
    ) -> SideSpectra:
        centred = _validation.boolean(self.gcv_centered, "gcv_centered")
        if solver == "exact":
            found = exact_spectra(kernel, gcv_centered=centred)
            note_on_spectra(found, notes, tol=0.0)
            return found
        rank = _validation.integer(self.rank, "rank", minimum=1)
        tol = _validation.real(self.tol, "tol", minimum=0)
        found = low_rank_spectra(kernel, rank=rank, tol=tol, seed=seed, gcv_centered=centred)
        note_on_spectra(found, notes, tol=tol)
        return found

    def _regularization(self, kernels: list[blocks.SideKernel], side: str) -> float | None:
        """A number, or None where it is to be tuned; 0 for the pseudo-inverse of categories, NaN where none enters."""
        value, name = getattr(self, f"regularization_{side}"), f"regularization_{side}"
        if side == "y" and self.method == "gsir1":
            if not isinstance(value, str):
                raise InvalidParameterError(
                    f"{name} is {value!r}; method='gsir1' does not weight the response and has none, leave it out"
                )
            _validation.choice(value, ("gcv",), name)
            return np.nan
        if side == "y" and kernels[1].categorical:
            if not isinstance(value, str):
                raise InvalidParameterError(
                    f"{name} is {value!r}; a response of categories has a pseudo-inverse, leave it out"
                )
            return 0.0
        if isinstance(value, str):
            _validation.choice(value, ("gcv",), name)
            return None
        return _validation.real(value, name, minimum=0)

    def _operator(
        self, x: SideSpectra, y: SideSpectra, tuned: _Tuned, responses: FloatArray, seed: np.random.SeedSequence
    ) -> tuple[gsir.Operator, bool]:
        """The operator of the method, and whether it was chosen by its predictions."""
        _validation.choice(self.method, (*gsir.METHODS, "cv"), "method")

        def of(method: str) -> gsir.Operator:
            return gsir.Operator(
                x.centred.vectors, x.centred.values, y.centred.vectors, y.centred.values,
                tuned.x * float(x.centred.values[0]),
                tuned.y * float(y.centred.values[0]) if method == "gsir2" else np.nan, method,
            )  # fmt: skip

        if self.method != "cv":
            return of(self.method), False
        both = [of(method) for method in gsir.METHODS]
        k = min(self.max_components, len(x.centred.values), len(y.centred.values))
        if not isinstance(self.n_components, str):
            k = min(k, self.n_components)
        losses = [cross_validated_losses(one, responses, k_max=k, rng=seed).means[1:].min() for one in both]
        return both[int(np.argmin(losses))], True


# numbers --------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class _Tuned:
    """Regularizations in units of the largest eigenvalue, and how they were found."""

    x: float
    y: float
    x_curve: Curve | None
    y_curve: Curve | None
    retuning: Retuning | None


def _tune(
    x: SideSpectra, y: SideSpectra, x_given: float | None, y_given: float | None, grid: FloatArray, notes: Notes
) -> _Tuned:
    """Cross-validate the sides that were not given; each needs the other side's Gram matrix, not its regularization."""
    if x_given is not None and y_given is not None:
        return _Tuned(x_given, y_given, None, None, None)
    retuning = Retuning(
        x.plain.vectors, x.plain.values, y.plain.vectors, y.plain.values,
        grid if x_given is None else None, grid if y_given is None else None,
    )  # fmt: skip
    x_curve, y_curve = retuning.curves((x.plain.vectors.T @ y.plain.vectors) ** 2)
    for name, curve in (("x", x_curve), ("y", y_curve)):
        if curve is not None and curve.at_end:
            notes.remark(
                f"regularization_{name}: cross-validation is smallest at {curve.chosen:g}, an end of the grid; "
                "a wider regularization_grid may be better"
            )
    return _Tuned(_value(x_given, x_curve), _value(y_given, y_curve), x_curve, y_curve, retuning)


def _value(given: float | None, curve: Curve | None) -> float:
    if given is not None:
        return given
    assert curve is not None
    return curve.chosen


def _factors(scores: FloatArray, scale: str) -> FloatArray:
    _validation.choice(scale, ("unit_norm", "unit_variance"), "scale")
    if scale == "unit_norm":
        return np.ones(scores.shape[1])
    spread = scores.std(axis=0)
    return np.asarray(1.0 / np.where(spread > 0, spread, 1.0))


# words ----------------------------------------------------------------------------------------------------------------
def _side(spectra: SideSpectra, given: float | None, value: float, curve: Curve | None, *, used: bool = True) -> Side:
    kernel = spectra.kernel
    only = kernel.parts[0]
    single = len(kernel.parts) == 1 and kernel.keys is None
    keys = kernel.keys or (only.name,)
    bandwidth = only.bandwidth if single else {key: p.bandwidth for key, p in zip(keys, kernel.parts, strict=True)}
    pairs = [(key, part) for key, part in zip(keys, kernel.parts, strict=True)]
    described = only.description if single else "; ".join(f"{key}: {part.description}" for key, part in pairs)
    return Side(
        name=kernel.name,
        description=described,
        kernel=_joined([part.kernel for part in kernel.parts]),
        metric=_joined([part.metric for part in kernel.parts]),
        bandwidth=bandwidth,
        regularization=value if used else np.nan,
        tuned=used and given is None,
        rank=len(spectra.centred.values),
        residual_share=spectra.residual_share,
        curve={} if curve is None or not used else {"regularization": curve.grid, "gcv": curve.gcv, "df": curve.df},
    )


def _joined(words: list[str]) -> str:
    return " x ".join(dict.fromkeys(words))


def _display_name(kernels: list[blocks.SideKernel], method: str) -> str:
    """GSIR with the distance of distributional predictors before it; the response says its own in the result."""
    metrics = [part.metric for part in kernels[0].parts if part.kind in ("distributions", "clouds")]
    prefixes = {"w2": "W-", "w1": "W-", "sw2": "SW-", "intrinsic": "ISW-"}
    return (prefixes[metrics[0]] if metrics else "") + method.upper()


def called(estimator: Any) -> str:
    """The options of an estimator that differ from its defaults, as in its call."""
    return ", ".join(option_texts(estimator.get_params(), type(estimator)().get_params()))


def _row_names(X: Any) -> Any:
    """Names of distributions or labels of the rows of a pandas object; None where there are none."""
    if isinstance(X, DistributionArray):
        return np.asarray(X.names) if X.names else None
    index = getattr(X, "index", None)
    return None if index is None or callable(index) else np.asarray(list(index))  # lists have a method of that name


def _warn_of_distance(far: BoolArray, separations: FloatArray) -> None:
    if far.any():
        i = int(np.argmax(far))
        warn(
            f"{np.count_nonzero(far)} of {len(far)} rows of X lie far from those of the fit, the first at row {i} "
            f"whose largest kernel value is {np.exp(-separations[i]):.2g}; scores of distant rows tend to one point, "
            "and predictions from them are extrapolations",
            AssumptionWarning,
        )


# checks ---------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class _Settings:
    grid: FloatArray
    n_components: str | int
    criteria: str | tuple[str, ...]
    max_components: int
    n_resamples: int
    level: float


def _settings(estimator: DistributionSDR) -> _Settings:
    """The numbers among the options, checked before any work."""
    given = estimator.regularization_grid
    grid = GRID if given is None else np.unique(_validation.float_array(given, "regularization_grid", ndim=1))
    if grid[0] <= 0:
        raise InvalidParameterError(f"regularization_grid holds {grid[0]:g}; candidates are above 0")
    number = estimator.n_components
    named = isinstance(number, str)
    return _Settings(
        grid,
        order.criterion_of(number) if named else _validation.integer(number, "n_components", minimum=1),
        order.criteria_of(estimator.criteria),
        _validation.integer(estimator.max_components, "max_components", minimum=1),
        _validation.integer(estimator.n_resamples, "n_resamples", minimum=1),
        _validation.real(estimator.level, "level", minimum=0, maximum=1, exclusive=True),
    )


def _check_sizes(x: blocks.SideKernel, y: blocks.SideKernel) -> None:
    if x.n != y.n:
        raise InvalidDataError(f"X has {x.n} observations and Y has {y.n}; they are paired, one by one")


def _check_columns(estimator: DistributionSDR, X: Any, *, reset: bool) -> None:
    """Counts and names of columns of numbers are learned or compared as scikit-learn does."""
    from sklearn.utils.validation import _check_feature_names, _check_n_features

    plain = hasattr(X, "columns") or (isinstance(X, np.ndarray) and X.ndim == 2)
    if not plain or estimator.kernel_x == "precomputed":
        return
    try:
        _check_feature_names(estimator, X, reset=reset)
        _check_n_features(estimator, X, reset=reset)
    except ValueError as error:
        raise InvalidDataError(str(error)) from error
