"""Frechet regression of distributions on vectors, with the interface of scikit-learn."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from stattools import _random, _validation
from stattools._errors import (
    AssumptionWarning,
    DegenerateDataError,
    DegenerateDataWarning,
    InvalidDataError,
    InvalidParameterError,
    Notes,
    warn,
)
from stattools._provenance import Provenance
from stattools._typing import FloatArray, Seed
from stattools.distributions import DistributionArray, Embedding
from stattools.distributions.array import joined
from stattools.sdr.frechet_assembly import Fit, fit_arrays, result_of
from stattools.sdr.frechet_bands import QuantileBands, bands_of
from stattools.sdr.frechet_responses import ResponseSpace
from stattools.sdr.linear_response import read_predictors
from stattools.sdr.parts import require_rectangular
from stattools.sdr.weights import KINDS, check_bandwidth, check_penalty, constant_columns, weights_at


class FrechetRegressor(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Regression of distributions on vectors: predicted quantile functions are weighted means of those observed.

    Parameters
    ----------
    kind : {"local", "global", "nadaraya_watson", "kernel_ridge"}, default "local"
        "local": local linear with a Gaussian kernel. "global": linear. "nadaraya_watson": means weighted by the kernel;
        its weights are positive, so that no projection is needed. "kernel_ridge": ridge regression in the space of a
        Gaussian kernel, with a free constant.
    bandwidth : "cv", float or (d,) array_like, default "cv"
        Standard deviation of the Gaussian kernel, in the unit of the predictors: one number for all or one each; inf
        makes "local" global. "cv" chooses a multiple of the standard deviations of the predictors by leave-one-out
        loss. "global" has none.
    penalty : "cv" or float, default "cv"
        Only for "kernel_ridge": added to the eigenvalues of the centred Gram matrix.
    n_quantiles : int, default 100
        Cells of (0, 1) over which quantile functions are averaged; also the points of a predicted distribution.
    slicer : Directions or EigenBasis, optional
        For responses in R^d or on a domain. By default, directions spread evenly in R^d and on a box, and the
        eigenbasis of any other domain.
    n_directions : int, default 50
        Directions that are drawn when R^d has no slicer.
    random_state : None, int, SeedSequence or Generator
        For those directions alone; the fit itself draws nothing.

    Attributes
    ----------
    results_ : FrechetResult
        R-squared, cross-validation, barycentre, distances, `permutation_test` and plots.
    bandwidth_ : (d,) float64 or None
    penalty_ : float or None
    n_features_in_ : int
    feature_names_in_ : (d,) array of str
        Only for tables.

    Notes
    -----
    The fit at u minimises sum_i s_i(u) d(Y_i, mu)^2 over distributions mu, with the weights of `regression_weights` and
    d the 2-Wasserstein distance on the line [1]_. There d is the L2 distance of quantile functions, so the minimum is
    the projection of sum_i s_i(u) Q_i on non-decreasing functions within the declared support, which
    `monotone_projection` computes exactly. Quantile functions are averages over D cells, orthogonal projections of the
    exact ones; distances are therefore at most the exact ones and grow to them with D.

    Responses in R^d and on a domain are compared by their slices. Each slice is regressed as on the line [2]_, and
    points of R^d are then moved until their slices fit. With non-negative weights this is the sliced Wasserstein
    barycentre, up to a local minimum (the mixture of the responses with the same weights is another distribution). On
    a domain that is neither an interval nor a box the slices can be predicted, `predict_embedding`, and no
    distribution.

    With "cv", the cross-validated R-squared is that of the best candidate and so a little optimistic.

    8 n (n + 3 S D) bytes; O(n^2 (S D + d^2)) time for each of about 30 bandwidths.

    References
    ----------
    .. [1] Petersen and Mueller (2019), Frechet regression for random objects with Euclidean predictors, Annals of
       Statistics 47(2), 691-719, sections 3 and 6.1.
    .. [2] Chen and Mueller (2023), Sliced Wasserstein regression, arXiv 2306.10601: slice-wise regression. The point
       clouds in place of their inversion of the Radon transform, and kernel ridge, are choices made here.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> u = rng.uniform(size=(60, 1))
    >>> Y = DistributionArray.from_samples(np.sin(6 * u) + 0.3 * rng.standard_normal((60, 40)))
    >>> model = FrechetRegressor().fit(u, Y)
    >>> bool(model.results_.rsquared_cv > 0.9)
    True
    >>> bool(abs(model.predict([[0.25]]).mean()[0] - np.sin(1.5)) < 0.1)
    True
    """

    def __init__(
        self,
        kind: str = "local",
        *,
        bandwidth: Any = "cv",
        penalty: Any = "cv",
        n_quantiles: int = 100,
        slicer: Any = None,
        n_directions: int = 50,
        random_state: Seed = None,
    ) -> None:
        self.kind = kind
        self.bandwidth = bandwidth
        self.penalty = penalty
        self.n_quantiles = n_quantiles
        self.slicer = slicer
        self.n_directions = n_directions
        self.random_state = random_state

    def fit(self, U: Any, Y: Any) -> Self:
        """Fit the regression.

        Parameters
        ----------
        U : (n, d) array_like or table
            Predictors, such as the scores of `DistributionSDR`; (n,) is one column.
        Y : DistributionArray
            The n responses; a list of arrays is joined.

        Raises
        ------
        InvalidDataError
            There are fewer than three rows, not as many rows as responses, or a number is missing or infinite.
        InvalidParameterError
            An option is unknown, or a bandwidth or penalty is not positive or belongs to another kind.
        DegenerateDataError
            All predictors are constant, or all responses are equal.

        Warns
        -----
        DegenerateDataWarning
            A predictor is constant, and has no part in the fit; or less than one residual degree of freedom is left.

        Examples
        --------
        >>> Y = DistributionArray.from_samples([[0.0, 1.0], [1.0, 2.0], [2.0, 3.0]])
        >>> FrechetRegressor("global").fit([0.0, 1.0, 2.0], Y).predict([3.0]).mean().round(6)
        array([3.5])
        """
        self._check_options()
        self._columns: tuple[str, ...] | None = None
        return self._fitted(U, Y)

    def fit_scores(self, scores: FloatArray, Y: DistributionArray, columns: tuple[str, ...]) -> Self:
        """Fit on scores under the names of their columns.

        New predictors may then be an array, as ``transform`` of a reduction returns it, or a table with these columns.

        Parameters
        ----------
        scores : (n, d) float64
        Y : DistributionArray
        columns : tuple of str

        Raises
        ------
        InvalidDataError, InvalidParameterError, DegenerateDataError
            As in `fit`.

        Examples
        --------
        >>> Y = DistributionArray.from_samples([[0.0, 1.0], [1.0, 2.0], [2.0, 3.0]])
        >>> fit = FrechetRegressor("global").fit_scores(np.array([[0.0], [1.0], [2.0]]), Y, ("first",))
        >>> fit.predict([[3.0]]).mean().round(6)
        array([3.5])
        """
        self._check_options()
        self._columns = columns
        return self._fitted(scores, Y)

    def _fitted(self, U: Any, Y: Any) -> Self:
        notes = Notes()
        Y = joined(Y)
        predictors = self._predictors(U, reset=True)
        self._check_predictors(predictors, notes)
        seed = _random.seed_sequence(self.random_state, name="random_state")
        self._space = ResponseSpace.of(
            Y, slicer=self.slicer, n_quantiles=self.n_quantiles, n_directions=self.n_directions, rng=seed
        )
        if len(Y) != len(predictors):
            raise InvalidDataError(f"U has {len(predictors)} rows for {len(Y)} responses")
        self._embedding = self._space.embed(Y)
        fit = fit_arrays(self.kind, predictors, self._embedding, self._space, self.bandwidth, self.penalty)
        self.bandwidth_, self.penalty_ = fit.smoothing.chosen.bandwidth, fit.smoothing.chosen.penalty
        self._fit: Fit = fit
        drawn = self.slicer is None and self._space.kind == "vectors"
        self.results_ = result_of(
            fit,
            space=self._space,
            names=self._names(),
            row_names=Y.names,
            place=Y.place,
            notes=notes,
            provenance=Provenance.capture(
                self._call(), seed=seed if drawn else None, sizes={"n": len(Y), "predictors": predictors.shape[1]}
            ),
        )
        return self

    def predict(self, U: Any) -> DistributionArray:
        """Predicted distributions.

        Parameters
        ----------
        U : (k, d) array_like or table

        Returns
        -------
        DistributionArray
            Each with `n_quantiles` equally weighted points, named by the rows of a table.

        Raises
        ------
        InvalidParameterError
            The responses live on a domain that is neither an interval nor a box: use `predict_embedding`.

        Warns
        -----
        AssumptionWarning
            A row lies far from those of the fit, see `predict_embedding`.
        ConvergenceWarning
            Points of R^d had not settled.

        Examples
        --------
        >>> Y = DistributionArray.from_samples([[0.0, 1.0], [1.0, 2.0], [2.0, 3.0]])
        >>> FrechetRegressor("global", n_quantiles=2).fit([0.0, 1.0, 2.0], Y).predict([0.5]).quantile(0.25).round(6)
        array([0.5])
        """
        embedding = self.predict_embedding(U)
        return self._space.distributions(embedding.values, embedding.names, Notes())

    def predict_embedding(self, U: Any) -> Embedding:
        """Predicted quantile functions of the slices, for responses on any space.

        Parameters
        ----------
        U : (k, d) array_like or table

        Returns
        -------
        Embedding
            Comparable with ``Y.embed(...)`` of the same slicer, and with ``results_``.

        Warns
        -----
        AssumptionWarning
            A row lies more than 3 bandwidths from all rows of the fit (kernels), or has a leverage above four times the
            largest of theirs, as at twice the distance from their centre (global); or a local fit has no slope there.

        Examples
        --------
        >>> Y = DistributionArray.from_samples([[0.0, 1.0], [1.0, 2.0], [2.0, 3.0]])
        >>> FrechetRegressor("global", n_quantiles=2).fit([0.0, 1.0, 2.0], Y).predict_embedding([0.5]).values.round(6)
        array([[[0.5, 1.5]]])
        """
        check_is_fitted(self)
        new, names = self._new_predictors(U)
        values = self._space.project(self._means(new))
        return Embedding(values, self._space.slicer, "cell", names)

    def predict_bands(
        self,
        U: Any,
        *,
        level: float = 0.95,
        of: str = "mean",
        coverage: str = "simultaneous",
        n_resamples: int = 999,
        rng: Seed = None,
        n_jobs: int | None = None,
    ) -> QuantileBands:
        """Bands around predicted quantile functions, by bootstrap.

        Parameters
        ----------
        U : (k, d) array_like or table
        level : float, default 0.95
            Probability that a band covers, for each row of U alone.
        of : {"mean", "response"}, default "mean"
            "mean": the quantile function that the regression estimates, a confidence band. "response": that of a new
            response, a prediction band.
        coverage : {"simultaneous", "pointwise"}, default "simultaneous"
            Whether a band covers at all levels of the quantile function at once, or at each with this probability.
        n_resamples : int, default 999
        rng, n_jobs
            Seed, and processes of the resampling.

        Returns
        -------
        QuantileBands

        Raises
        ------
        InvalidParameterError
            Responses are not on the line, or `n_resamples` are too few for the level.
        DegenerateDataError
            `of` is "response", and less than one residual degree of freedom is left.

        Notes
        -----
        Residuals are those from the fit without the row, e_i(t), as in the covariance estimate HC3. The error of the
        fit at u is resampled as sum_i s_i(u) e_i(t) v_i with random signs v_i (the wild bootstrap [1]_), which allows
        for residual variances that differ between rows; the predictors and the bandwidth are held. Its largest absolute
        ratio to the standard error over all t gives the width of the simultaneous band. For a new response, rows are
        drawn with replacement, v_i is the count of row i less one, and the residual of one more row is added. That one
        is divided by (1 + sum_j w_ij^2)^{1/2}, for the weights w_ij of its fit without the row, which gives it the
        variance of a response: this takes residuals to follow one law whatever the predictors are.

        The standard error is itself an estimate, of df degrees of freedom, and the width is multiplied as from the
        normal law to Student's t [2]_. Residuals are e = A y with A = I - W, so that for normal errors of one variance
        the squared standard error sum_i s_i^2 e_i^2 has two moments, and df = (sum_i s_i^2 P_ii)^2 / sum_ij s_i^2 s_j^2
        P_ij^2 with P = A A'; for a new response s_i^2 + 1 / (n P_ii) takes the place of s_i^2. Few rows that decide a
        fit have few degrees of freedom. For errors of other laws and of unequal variances this is an approximation.

        A band of the mean covers what the smoother estimates; smoothing bias, of "local", "nadaraya_watson" and
        "kernel_ridge", is not in it. Simultaneous bands are narrowed to what a non-decreasing function within the
        support can reach inside of them, which loses no coverage (derived here: such a function is at least the running
        maximum of the lower end, and at most the running minimum, from the right, of the upper end).

        O(n^3) time and 24 n^2 bytes.

        References
        ----------
        .. [1] Wu (1986), Jackknife, bootstrap and other resampling methods in regression analysis, Annals of Statistics
           14(4), 1261-1295.
        .. [2] Bell and McCaffrey (2002), Bias reduction in standard errors for linear regression with multi-stage
           samples, Survey Methodology 28(2), 169-181: degrees of freedom from two moments. Those for bands, and for new
           responses, are derived here.

        Examples
        --------
        >>> rng = np.random.default_rng(1)
        >>> u = rng.uniform(size=40)
        >>> Y = DistributionArray.from_samples(u[:, None] + rng.standard_normal((40, 30)))
        >>> bands = FrechetRegressor("global", n_quantiles=10).fit(u, Y).predict_bands([0.5], rng=1)
        >>> bool((bands.lower < bands.upper).all())
        True
        """
        check_is_fitted(self)
        new, names = self._new_predictors(U)
        return bands_of(
            self._fit, self._space, new, names,
            level=level, of=of, coverage=coverage, n_resamples=n_resamples, rng=rng, n_jobs=n_jobs,
            columns=self._names(),
        )  # fmt: skip

    def score(self, U: Any, Y: Any) -> float:
        """Wasserstein R-squared of predictions.

        Parameters
        ----------
        U : (k, d) array_like or table
        Y : DistributionArray
            The k responses.

        Returns
        -------
        float
            ``1 - sum d(Y_i, predicted_i)^2 / sum d(Y_i, B)^2`` with B the barycentre of these Y, as scikit-learn takes
            the mean of the responses that are scored; NaN if they are all equal. Distances are those of the slices.

        Warns
        -----
        DegenerateDataWarning
            All responses are equal.

        Examples
        --------
        >>> Y = DistributionArray.from_samples([[0.0, 1.0], [1.0, 2.0], [2.0, 3.0]])
        >>> round(FrechetRegressor("global").fit([0.0, 1.0, 2.0], Y).score([0.0, 1.0, 2.0], Y), 6)
        1.0
        """
        check_is_fitted(self)
        observed = self._space.embed(joined(Y))
        predicted = self.predict_embedding(U)
        if len(predicted) != len(observed):
            raise InvalidDataError(f"U has {len(predicted)} rows for {len(observed)} responses")
        total = float(((observed.features - observed.features.mean(axis=0)) ** 2).sum())
        if not total > 0:
            warn("the responses are all equal; R-squared is not defined", DegenerateDataWarning)
            return float("nan")
        return 1.0 - float(((observed.features - predicted.features) ** 2).sum()) / total

    # from the input to the arrays -----------------------------------------------------------------------------------
    def _check_options(self) -> None:
        _validation.choice(self.kind, KINDS, "kind")
        for name in ("bandwidth", "penalty"):
            value = getattr(self, name)
            if isinstance(value, str):
                _validation.choice(value, ("cv",), name)
        if self.kind == "global" and not isinstance(self.bandwidth, str):
            raise InvalidParameterError(f"bandwidth is {self.bandwidth!r}; kind='global' has none, leave it out")
        if self.kind != "kernel_ridge" and not isinstance(self.penalty, str):
            raise InvalidParameterError(f"penalty is {self.penalty!r}; kind={self.kind!r} has none, leave it out")
        if self.kind == "kernel_ridge" and not isinstance(self.penalty, str):
            check_penalty(self.penalty)

    def _check_predictors(self, predictors: FloatArray, notes: Notes) -> None:
        d = predictors.shape[1]
        if not isinstance(self.bandwidth, str):
            check_bandwidth(self.bandwidth, d)
        constant = constant_columns(predictors)
        if constant.all():
            raise DegenerateDataError("U is constant; there is nothing to regress on")
        if constant.any():
            named = ", ".join(name for name, still in zip(self._names(), constant, strict=True) if still)
            notes.warn(f"constant in all rows, and without a part in the fit: {named}", DegenerateDataWarning)

    def _predictors(self, U: Any, *, reset: bool) -> FloatArray:
        """(n, d) numbers; names and counts of columns are learned or compared as scikit-learn does."""
        if isinstance(joined(U), DistributionArray):
            raise InvalidDataError("U is a DistributionArray; reduce it to vectors first, as DistributionSDR does")
        if U is None:
            raise InvalidDataError("U is None; pass an array of numbers")
        require_rectangular(U, "U")
        if self._columns is not None and hasattr(U, "columns"):
            found = tuple(str(column) for column in U.columns)
            if found != self._columns:
                raise InvalidDataError(f"U has columns {found[:6]}; the fit had {self._columns[:6]}, in this order")
            U = np.asarray(U)
        if np.ndim(U) == 1 and (reset or self.n_features_in_ == 1):
            U = np.reshape(U, (-1, 1))
        return read_predictors(self, U, reset=reset, name="U")

    def _new_predictors(self, U: Any) -> tuple[FloatArray, tuple[str, ...]]:
        new = self._predictors(U, reset=False)
        labels = getattr(U, "index", None)
        names = labels if labels is not None and not callable(labels) else range(len(new))
        return new, tuple(str(name) for name in names)

    def _means(self, new: FloatArray) -> FloatArray:
        """(k, S, D) weighted means of quantile functions before the projection."""
        chosen = self._fit.smoothing.chosen
        weights = weights_at(self.kind, self._fit.predictors, new, chosen.bandwidth, chosen.penalty)
        self._warn_of_distance(new, weights.flat)
        values = self._embedding.values
        return np.asarray((weights.values @ values.reshape(len(values), -1)).reshape(len(new), *values.shape[1:]))

    def _warn_of_distance(self, new: FloatArray, flat: Any) -> None:
        far, words = self._fit.far_away(new)
        if far.any():
            warn(
                f"{np.count_nonzero(far)} of {len(new)} rows of U lie {words}, the first at row {int(np.argmax(far))}; "
                "the prediction there is an extrapolation",
                AssumptionWarning,
            )
        if np.any(flat & ~far):
            warn(
                f"too few rows of the fit lie near {np.count_nonzero(flat & ~far)} of {len(new)} rows of U for a slope "
                "in every direction; the local fit is constant in the others, a larger bandwidth makes it linear",
                AssumptionWarning,
            )

    def _names(self) -> tuple[str, ...]:
        names = getattr(self, "feature_names_in_", self._columns)
        return tuple(f"u{j + 1}" for j in range(self.n_features_in_)) if names is None else tuple(map(str, names))

    def _call(self) -> str:
        shown = [repr(self.kind)]
        shown += [] if isinstance(self.bandwidth, str) else [f"bandwidth={np.asarray(self.bandwidth).tolist()}"]
        shown += [] if isinstance(self.penalty, str) else [f"penalty={self.penalty}"]
        shown += [] if self.n_quantiles == 100 else [f"n_quantiles={self.n_quantiles}"]
        return f"FrechetRegressor({', '.join(shown)}).fit(U, Y)"
