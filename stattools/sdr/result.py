"""What `DistributionSDR` returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError, Notes
from stattools._provenance import Provenance
from stattools._typing import FloatArray, Progress, Seed
from stattools.results import HTestResult, Result, serialization
from stattools.results.summary import Part
from stattools.sdr import result_words as words
from stattools.sdr.bootstrap import NEGLIGIBLE, ScoreBands, score_bands
from stattools.sdr.effects import ComponentEffects, Responses, along_component, component_effects
from stattools.sdr.gsir import Operator
from stattools.sdr.independence import independence_test
from stattools.sdr.order import determine
from stattools.sdr.order_table import OrderTable
from stattools.sdr.pairing import Retuning, observed_eigenvalues
from stattools.sdr.refit import features_of

if TYPE_CHECKING:
    from pandas import DataFrame

MOST_EIGENVALUES = 20

serialization.register(Operator)


@serialization.register
@dataclass(frozen=True, eq=False, kw_only=True)
class Side:
    """Kernel and regularization of the predictor or of the response, frozen at the fit.

    Attributes
    ----------
    name : str
        "X" or "Y".
    description : str
        What was passed, such as "100 distributions on the line, samples of 50 points".
    kernel, metric : str
        "gaussian", "laplacian", "match", "precomputed"; "w2", "sw2", "euclidean", ...
    bandwidth : float or dict of str to float
        Length b in units of the distance d, in kernels exp(-d^2 / (2 b^2)) and exp(-d / b); one for each block of a
        product kernel; NaN where the kernel has none.
    regularization : float
        In units of the largest eigenvalue; 0 for a pseudo-inverse, NaN where none enters.
    tuned : bool
        Chosen by generalized cross-validation.
    rank : int
        Of the Gram matrix, or of its approximation.
    residual_share : float
        Trace of the Gram matrix that an approximation leaves out, over its trace; 0 for the exact solver.
    curve : dict of str to (g,) float64
        "regularization", "gcv" and "df", effective degrees of freedom; empty where the criterion was not computed.

    Examples
    --------
    >>> Side(name="X", kernel="gaussian", metric="w2", bandwidth=0.7, regularization=0.01, rank=99).tuned
    False
    """

    name: str
    description: str = ""
    kernel: str
    metric: str
    bandwidth: float | dict[str, float]
    regularization: float
    tuned: bool = False
    rank: int
    residual_share: float = 0.0
    curve: dict[str, FloatArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        curve = {name: _validation.read_only(np.asarray(values)) for name, values in self.curve.items()}
        object.__setattr__(self, "curve", curve)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SDRResult(Result):
    """Result of `DistributionSDR`: components, how many there are, and what they do to the response.

    Attributes
    ----------
    method : str
        Such as "W-GSIR2".
    eigenvalues : (k,) float64
        Leading eigenvalues, decreasing, up to 20. With GSIR2 they lie in [0, 1): squared canonical correlations, shrunk
        by regularization. With GSIR1 they are in units of the Gram matrix of Y.
    trace : float
        Sum of all eigenvalues.
    order : OrderTable
        Criteria for the number of components, and the one that decided.
    scores : (n, d) float64
        Values of the components at the observations, with mean zero.
    scale : {"unit_norm", "unit_variance"}
    responses : Responses
    effects : ComponentEffects
        Response along each component.
    predictor, response : Side
        Kernels, bandwidths, regularization, and curves of generalized cross-validation.
    solver : str
        "exact" or "rpcholesky".
    operator : Operator
        Spectra of the Gram matrices, from which resampling starts. 8 n (r + s) bytes for ranks r and s.
    retuning : Retuning or None
        What the choice of regularization needs for another pairing; None where none was tuned.
    method_tuned : bool
        Whether cross-validation on the responses chose between GSIR1 and GSIR2.
    row_names : (n,) ndarray or None
    named : bool
        Tables carry the names of rows as their index.

    Notes
    -----
    Components are functions of X; their signs are arbitrary and fixed so that the largest score in size is positive.

    What is printed, and stands in `tidy`:

    - *components*: a row for each, the first one that was not kept in brackets. "share" is an eigenvalue over the sum
      of all, which is no explained variance. "p_value" compares an eigenvalue with the largest one of random
      pairings. "rsquared_cv" is the share of squared distances that so many components explain for responses that
      took part neither in the reduction, the choice of its regularization aside, nor in the regression; "(s.e.)" is
      its standard error over folds.
      "rsquared_alone" is that of one component alone, where responses are left out of the second step only: it is
      optimistic, and shares do not add up. "distance", in `tidy`, is that of the responses expected at the low and at
      the high score.
    - *number of components by each criterion*: see `order`, whose print has all curves. For more than 300
      observations "permutation", "ladle", "augmentation" and "cv" are left out unless they decide or are asked for,
      and `rsquared_cv` with them; `order_criteria` computes them afterwards.
    - *expected response*: kernel means of the response at the 10, 50 and 90 percent points of the scores of one
      component, "low", "middle" and "high", in numbers that describe it: mean and standard deviation on the line,
      means of coordinates, shares of categories, means of eigenfunctions on a domain. The other components vary as
      they do among observations with such scores; this is association. Names of columns are these names in small
      letters, as mean_low.
    - *kernels*: bandwidth in units of the distance, regularization in units of the largest eigenvalue of the Gram
      matrix, "by" GCV or given, and the rank of the Gram matrix or of what approximates it.

    Examples
    --------
    >>> from stattools import DistributionArray
    >>> from stattools.sdr import DistributionSDR
    >>> rng = np.random.default_rng(1)
    >>> centre = rng.normal(size=60)
    >>> X = DistributionArray.from_samples(centre[:, None] + rng.normal(size=(60, 40)))
    >>> Y = DistributionArray.from_samples(np.exp(centre)[:, None] + rng.normal(size=(60, 40)))
    >>> result = DistributionSDR(n_components=1, random_state=1).fit(X, Y).results_
    >>> result.permutation_test(n_resamples=99, rng=1).pvalue
    0.01
    """

    plot_kinds: ClassVar[tuple[str, ...]] = ("scree", "scores", "component", "order", "gcv")

    method: str
    eigenvalues: FloatArray
    trace: float
    order: OrderTable
    scores: FloatArray
    scale: str = "unit_norm"
    responses: Responses
    effects: ComponentEffects
    predictor: Side
    response: Side
    solver: str = "exact"
    operator: Operator
    retuning: Retuning | None = None
    method_tuned: bool = False
    row_names: Any = None
    named: bool = False
    _Y: Any = field(init=False, default=None, compare=False)

    # the fit ---------------------------------------------------------------------------------------------------------
    @property
    def nobs(self) -> int:
        """Number of observations."""
        return len(self.scores)

    @property
    def n_components(self) -> int:
        """Number of components d."""
        return int(self.scores.shape[1])

    @property
    def shares(self) -> FloatArray:
        """(k,) eigenvalues over their sum."""
        return np.asarray(self.eigenvalues / self.trace)

    @property
    def component_names(self) -> tuple[str, ...]:
        """Names of the columns of scores."""
        return tuple(f"component_{j + 1}" for j in range(self.n_components))

    @property
    def rsquared_cv(self) -> FloatArray | None:
        """(K,) share of the squared distances of held-out responses from the barycentre that 1 to K components explain.

        None where the criterion "cv" was not computed.
        """
        return self.order.rsquared_cv

    # what can be asked of it -----------------------------------------------------------------------------------------
    def permutation_test(
        self,
        *,
        statistic: str = "largest",
        n_resamples: int = 999,
        rng: Seed = None,
        n_jobs: int | None = None,
        progress: Progress = False,
    ) -> HTestResult:
        """Test that X and Y are independent.

        Parameters
        ----------
        statistic : {"largest", "trace"}, default "largest"
            The largest eigenvalue, powerful against dependence through few functions, or the sum of all.
        n_resamples : int, default 999
            Random pairings of predictors and responses.
        rng : None, int, SeedSequence or Generator
        n_jobs, progress
            As in `stattools.resampling.resample`.

        Returns
        -------
        HTestResult

        Notes
        -----
        Generalized cross-validation chooses the regularization by how the observed pairs fit, so it is repeated for
        each pairing; bandwidths and centring do not depend on the pairing. The p-value is then exact for independent
        pairs (X_i, Y_i), or exchangeable ones, whatever the kernels. It is not if `method="cv"` chose the method from
        the same responses; the result says so.

        Examples
        --------
        >>> from stattools.sdr import DistributionSDR
        >>> x = np.random.default_rng(1).standard_normal((40, 2))
        >>> y = np.random.default_rng(2).standard_normal(40)
        >>> fit = DistributionSDR(n_components=1, random_state=1).fit(x, y)
        >>> bool(fit.results_.permutation_test(n_resamples=99, rng=1).pvalue > 0.05)
        True
        """
        return independence_test(
            self, statistic=statistic, n_resamples=n_resamples, rng=rng, n_jobs=n_jobs, progress=progress
        )

    def order_criteria(
        self,
        criteria: str | Sequence[str] = "all",
        *,
        n_resamples: int = 99,
        rng: Seed = None,
        n_jobs: int | None = None,
        progress: Progress = False,
    ) -> OrderTable:
        """Criteria for the number of components, also those that the fit left out for many observations.

        Parameters
        ----------
        criteria : "all" or sequence of str
            From "permutation", "bic", "ratio", "ladle", "augmentation" and "cv".
        n_resamples : int, default 99
        rng : None, int, SeedSequence or Generator
        n_jobs, progress
            As in `stattools.resampling.resample`.

        Returns
        -------
        OrderTable
            Of the components of this fit, whose number stays as it is.

        Examples
        --------
        >>> from stattools.sdr import DistributionSDR
        >>> x = np.random.default_rng(1).standard_normal((40, 2))
        >>> result = DistributionSDR(n_components=1, random_state=1).fit(x, x[:, 0]).results_
        >>> sorted(result.order_criteria(("bic", "ratio")).choices)
        ['bic', 'ratio']
        """
        return determine(
            self.operator,
            criterion=self.n_components,
            criteria=criteria,
            responses=self.responses.features,
            retuning=self.retuning,
            n_resamples=n_resamples,
            rng=rng,
            n_jobs=n_jobs,
            progress=progress,
        )

    def bootstrap_scores(
        self,
        *,
        n_resamples: int = 199,
        confidence_level: float = 0.95,
        rng: Seed = None,
        n_jobs: int | None = None,
        progress: Progress = False,
    ) -> ScoreBands:
        """Bands for the scores of the observations by the bootstrap of pairs.

        Parameters
        ----------
        n_resamples : int, default 199
        confidence_level : float, default 0.95
            Of each interval on its own.
        rng : None, int, SeedSequence or Generator
        n_jobs, progress
            As in `stattools.resampling.resample`.

        Returns
        -------
        ScoreBands

        Notes
        -----
        Pairs are drawn with replacement, the components are estimated again with bandwidths and relative regularization
        held, evaluated at the original observations, centred, brought to the length of the original scores and turned
        by an orthogonal matrix onto them (Procrustes), since the order and the signs of components are arbitrary. Bands
        are the scores plus and minus normal quantiles of the bootstrap standard deviation.

        They are about the components that the same regularization would give on infinitely many observations, up to
        that rotation and length; the difference of those from an unregularized ideal, and the choice of the
        regularization, are not covered. See the remarks of the result for how often they did in simulations.

        Examples
        --------
        >>> from stattools.sdr import DistributionSDR
        >>> x = np.random.default_rng(1).standard_normal((40, 2))
        >>> result = DistributionSDR(n_components=1, random_state=1).fit(x, x[:, 0] ** 2).results_
        >>> result.bootstrap_scores(n_resamples=50, rng=1).low.shape
        (40, 1)
        """
        return score_bands(
            features_of(self.operator, negligible=NEGLIGIBLE),
            self.scores,
            n_resamples=n_resamples,
            confidence_level=confidence_level,
            row_names=self.row_names,
            call=f"bootstrap_scores(n_resamples={n_resamples})",
            rng=rng,
            n_jobs=n_jobs,
            progress=progress,
        )

    def frechet_regression(
        self, kind: str = "local", bandwidth: Any = "cv", *, Y: Any = None, **options: Any
    ) -> Any:
        """Regress the response on the scores.

        Parameters
        ----------
        kind, bandwidth
            As in `FrechetRegressor`.
        Y : DistributionArray, optional
            The responses of the fit; needed only for a result that was read from storage.
        **options
            Passed to `FrechetRegressor`.

        Returns
        -------
        FrechetRegressor
            Fitted; its ``results_`` holds R-squared and bands.

        Raises
        ------
        InvalidParameterError
            The response is no array of distributions, or `Y` is needed.
        InvalidDataError
            `Y` has another number of distributions.

        Notes
        -----
        The scores have seen the responses; the cross-validated R-squared of the regression leaves out a response only
        from the second step, and is optimistic. `rsquared_cv` of this result repeats both steps.

        Examples
        --------
        >>> from stattools import DistributionArray
        >>> from stattools.sdr import DistributionSDR
        >>> rng = np.random.default_rng(1)
        >>> x = rng.normal(size=(40, 1))
        >>> Y = DistributionArray.from_samples(x + rng.normal(size=(40, 30)))
        >>> result = DistributionSDR(n_components=2, random_state=1).fit(x, Y).results_
        >>> bool(result.frechet_regression("local").results_.rsquared > 0.8)
        True
        """
        from stattools.distributions import DistributionArray
        from stattools.sdr.frechet import FrechetRegressor

        Y = self._Y if Y is None else Y
        if Y is None:
            raise InvalidParameterError("Y is None; a result read from storage holds no distributions, pass them again")
        if not isinstance(Y, DistributionArray):
            raise InvalidParameterError(
                f"the response is {self.response.description or type(Y).__name__}; Frechet regression is for "
                "distributions. Any regression on result.scores serves other responses"
            )
        if len(Y) != self.nobs:
            raise InvalidDataError(f"Y has {len(Y)} distributions; the fit has {self.nobs} observations")
        return FrechetRegressor(kind, bandwidth=bandwidth, **options).fit_scores(self.scores, Y, self.component_names)

    def along(self, component: int, at: Any) -> FloatArray:
        """Responses expected at scores of one component, by kernel means.

        Parameters
        ----------
        component : int
            From 1 to d.
        at : (k,) array_like
            Scores.

        Returns
        -------
        (k, M) float64
            In the units of the response: quantile functions at ``responses.levels``, coordinates, or probabilities of
            categories.

        Raises
        ------
        InvalidParameterError
            There is no such component.

        Examples
        --------
        >>> from stattools.sdr import DistributionSDR
        >>> x = np.random.default_rng(1).standard_normal((40, 2))
        >>> result = DistributionSDR(n_components=1, random_state=1).fit(x, x[:, 0]).results_
        >>> low, high = result.along(1, [-0.1, 0.1])[:, 0]
        >>> bool(abs(high - low) > 0.5)
        True
        """
        j = _validation.integer(component, "component", minimum=1, maximum=self.n_components) - 1
        return along_component(self.scores, self.responses, self.effects, j, at)

    # tables ----------------------------------------------------------------------------------------------------------
    def augment(self, data: Any = None) -> DataFrame:
        """The data with a column for each component.

        Parameters
        ----------
        data : DataFrame or dict, optional
            The observations, in their order. A polars table is converted to pandas.

        Returns
        -------
        DataFrame
            With the columns component_1, component_2, ...

        Raises
        ------
        InvalidDataError
            `data` has another number of rows, or has such a column already.

        Examples
        --------
        >>> from stattools.sdr import DistributionSDR
        >>> x = np.random.default_rng(1).standard_normal((40, 2))
        >>> DistributionSDR(n_components=1, random_state=1).fit(x, x[:, 0]).results_.augment({"a": x[:, 0]}).shape
        (40, 2)
        """
        import pandas

        index = None if self.row_names is None or not self.named else pandas.Index(self.row_names)
        added = pandas.DataFrame(self.scores.copy(), columns=list(self.component_names), index=index)
        if data is None:
            return added
        data = data.to_pandas() if hasattr(data, "to_pandas") else data
        table = pandas.DataFrame(data, copy=True)
        if len(table) != self.nobs:
            raise InvalidDataError(f"data has {len(table)} rows; the fit was made on {self.nobs}")
        clash = [name for name in added if name in table.columns]
        if clash:
            raise InvalidDataError(f"data has a column {clash[0]!r} already; rename it first")
        return table.assign(**{name: added[name].to_numpy() for name in added})

    def _tidy(self) -> Mapping[str, Any]:
        return words.component_columns(self)

    def _glance(self) -> Mapping[str, Any]:
        return words.glance(self)

    # printed forms ---------------------------------------------------------------------------------------------------
    def _title(self) -> str:
        return f"Sufficient dimension reduction by {self.method}"

    def _headline(self, digits: int) -> str:
        return words.headline(self, digits)

    def _parts(self, digits: int, *, full: bool) -> list[Part]:
        return words.parts(self, digits, full=full)

    def _sentence(self, style: str) -> str:
        return words.sentence(self, style)

    # plots -----------------------------------------------------------------------------------------------------------
    def plot(self, *, ax: Any = None, kind: str | None = None, **options: Any) -> Any:
        """Draw the result with matplotlib.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            A new figure by default.
        kind : {"scree", "scores", "component", "order", "gcv"}, default "scree"
            "scree": eigenvalues, and the largest one of random pairings. "scores": observations by their scores,
            coloured by a summary of the response. "component": the response expected along a component. "order": one
            criterion for the number of components. "gcv": curves of generalized cross-validation.
        **options
            For "scores": ``components``, (1, 2) or one number, which is drawn against the response; ``color``, name of
            a summary of the response, or (n,) numbers. For "component": ``component``, default 1; ``n_curves``, default
            9, for responses on the line. For "order": ``criterion``, by default the one that decided, or permutation
            tests where the number was given.

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        InvalidParameterError
            There is no such kind, option or component, or this result cannot draw it.

        Examples
        --------
        >>> from stattools.sdr import DistributionSDR
        >>> x = np.random.default_rng(1).standard_normal((40, 2))
        >>> result = DistributionSDR(n_components=1, random_state=1).fit(x, x[:, 0]).results_
        >>> result.plot(kind="order", criterion="bic").get_ylabel()
        'BIC (largest)'
        """
        return super().plot(ax=ax, kind=kind, **options)

    def _absent_plots(self) -> Mapping[str, str]:
        absent = {}
        if not (self.predictor.curve or self.response.curve):
            absent["gcv"] = "no regularization was chosen by generalized cross-validation"
        if not self.order.curves:
            absent["order"] = "no criterion for the number of components was computed; order_criteria() returns them"
        if self.responses.kind in ("features", "slices"):
            absent["component"] = (
                "curves along a component are for responses on the line, numbers and categories; tidy() has what is "
                "known of others"
            )
        return absent

    def _plot(self, kind: str, ax: Any, **options: Any) -> Any:
        from stattools.plotting import sdr as plots

        return plots.plot_sdr(self, kind, ax=ax, **options)


def assemble(
    operator: Operator,
    *,
    scores: FloatArray,
    order: OrderTable,
    responses: Responses,
    predictor: Side,
    response: Side,
    method: str,
    solver: str,
    scale: str = "unit_norm",
    retuning: Retuning | None = None,
    method_tuned: bool = False,
    Y: Any = None,
    row_names: Any = None,
    named: bool = False,
    notes: Notes,
    call: str,
    seed: np.random.SeedSequence | None = None,
) -> SDRResult:
    """Make the result of a fit.

    Parameters
    ----------
    operator : Operator
        Spectra of the centred Gram matrices and absolute penalties.
    scores : (n, d) float64
        As `transform` gives them for the observations; d is ``order.n_components``.
    order : OrderTable
        From `order.determine`.
    responses : Responses
        Rows of the response.
    predictor, response : Side
    method : str
        Display name: "W-GSIR1", "SW-GSIR2", "GSIR2", ...
    solver : str
    scale : {"unit_norm", "unit_variance"}
    retuning : Retuning, optional
        Must be given where generalized cross-validation chose a regularization from a grid, with the eigenpairs of the
        Gram matrices it used (as it used them, centred or not) and its grid. Permutation tests repeat the choice.
    method_tuned : bool
        Whether gsir1 or gsir2 was chosen from the responses.
    Y : object, optional
        The response as the user passed it, for `frechet_regression`; not stored.
    row_names : (n,) array_like, optional
    named : bool
        Whether tables carry them as an index.
    notes : Notes
        Warnings and remarks of the fit so far; the effects add theirs.
    call : str
    seed : SeedSequence, optional

    Returns
    -------
    SDRResult
    """
    k = min(MOST_EIGENVALUES, len(operator.x_values), len(operator.y_values))
    *eigenvalues, trace = observed_eigenvalues(operator, k).tolist()
    effects = component_effects(scores, responses, notes)
    remark_on_order(order, method_tuned, notes)
    remark_on_units((predictor, response), notes)
    result = SDRResult(
        provenance=Provenance.capture(call, seed=seed, sizes={"n": len(scores), "components": scores.shape[1]}),
        warnings=notes.warnings,
        notes=notes.remarks,
        method=method,
        eigenvalues=np.array(eigenvalues),
        trace=trace,
        order=order,
        scores=scores,
        scale=scale,
        responses=responses,
        effects=effects,
        predictor=predictor,
        response=response,
        solver=solver,
        operator=operator,
        retuning=retuning,
        method_tuned=method_tuned,
        row_names=None if row_names is None else np.asarray(row_names),
        named=named,
    )
    object.__setattr__(result, "_Y", Y)
    return result


def remark_on_order(order: OrderTable, method_tuned: bool, notes: Notes) -> None:
    """Say what the choice of the number of components does not guarantee."""
    if order.criterion == "permutation":
        level = order.settings["level"]
        notes.remark(
            f"permutation tests keep a component with probability at most {level:g} when X and Y are independent; for "
            "the second and later components no level is guaranteed"
        )
    if "permutation" in order.curves and method_tuned:
        notes.remark(
            "the method was chosen by cross-validation on the same responses, which permutations do not repeat; their "
            "p-values are approximate"
        )


def remark_on_units(sides: Sequence[Side], notes: Notes) -> None:
    """Say what bandwidths and distances on a domain are in."""
    intrinsic = [side.name for side in sides if "intrinsic" in side.metric]
    if intrinsic:
        notes.remark(
            f"{' and '.join(intrinsic)}: distances and bandwidth are in squares of the domain's unit of length; "
            "eigenfunctions have mean square 1 under the uniform law"
        )
