"""Sliced inverse regression in the space of a kernel of the predictors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from stattools import _validation
from stattools._errors import InvalidParameterError
from stattools._typing import FloatArray, Seed
from stattools.sdr.estimator import ComponentNames, DistributionSDR, called
from stattools.sdr.linear_response import read_predictors, read_response
from stattools.sdr.order import MOST_COMPONENTS
from stattools.sdr.slices import RULES, Slices, require_rows, slice_response

MOST_SLICES, ROWS_OF_A_SLICE = 10, 5


class KernelSIR(ComponentNames, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Functions f(X) of a vector whose means differ most between slices of the response.

    Generalized sliced inverse regression (`DistributionSDR` with "gsir2") whose kernel of the response is 1 in a slice
    and 0 across slices.

    Parameters
    ----------
    n_slices : int, optional
        By default a fifth of the rows, from 2 to 10. Labels, and numbers with at most so many values, have a slice
        each. More than half as many slices as rows are refused.
    slicing : {"dr", "balanced"}, default "dr"
        How numbers are cut; see `stattools.sdr.slices.slice_response`.
    kernel : {"gaussian", "laplacian"}, default "gaussian"
        Of the predictors: exp(-d^2 / (2 b^2)) or exp(-d / b) for Euclidean distances d.
    bandwidth : {"mean", "median"} or float, default "mean"
        b, in units of the predictors. A rule takes that of the distances.
    regularization : "gcv" or float, default "gcv"
        Ridge, in units of the largest eigenvalue of the centred Gram matrix.
    n_components : {"permutation", "bic", "ratio", "ladle", "augmentation", "cv"} or int, default "permutation"
        As in `DistributionSDR`; fewer than slices.
    criteria : "auto", "all", str or sequence of str, default "auto"
        Criteria that are computed beside the one that decides.
    max_components : int, default 8
        The largest number that criteria consider.
    solver : {"auto", "exact", "rpcholesky"}, default "auto"
    rank : int, default 200
        Of the low-rank factors.
    scale : {"unit_norm", "unit_variance"}, default "unit_variance"
    n_resamples : int, default 99
    level : float, default 0.05
    random_state : None, int, SeedSequence or Generator

    Attributes
    ----------
    results_ : SDRResult
    slices_ : Slices
    n_components_ : int
    n_features_in_ : int
    feature_names_in_ : (p,) array of str
        Only for tables.

    Notes
    -----
    The Gram matrix of the response has rank H - 1 for H slices and enters by its pseudo-inverse, so that the operator
    is S P S for the projection P on centred functions of the slice and the ridge smoother S of X. Eigenvalues lie in
    [0, 1), and at most H - 1 of them are not zero. Slices are made from the responses alone, so permutation tests are
    of the independence of X and the slice of the response, and exact.

    Columns in different units should be standardized first, as before any kernel.

    References
    ----------
    .. [1] Wu (2008), Kernel sliced inverse regression with applications to classification, Journal of Computational and
       Graphical Statistics 17(3), 590-610.
    .. [2] Lee, Li and Chiaromonte (2013), A general theory for nonlinear sufficient dimension reduction: formulation
       and estimation, Annals of Statistics 41(1), 221-249.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> x = rng.normal(size=(100, 2))
    >>> radius = np.sqrt((x**2).sum(axis=1))
    >>> scores = KernelSIR(n_components=1, random_state=1).fit_transform(x, radius)
    >>> bool(abs(np.corrcoef(scores[:, 0], radius)[0, 1]) > 0.9)
    True
    """

    def __init__(
        self,
        n_slices: int | None = None,
        *,
        slicing: str = "dr",
        kernel: str = "gaussian",
        bandwidth: Any = "mean",
        regularization: Any = "gcv",
        n_components: Any = "permutation",
        criteria: Any = "auto",
        max_components: int = MOST_COMPONENTS,
        solver: str = "auto",
        rank: int = 200,
        scale: str = "unit_variance",
        n_resamples: int = 99,
        level: float = 0.05,
        random_state: Seed = None,
    ) -> None:
        self.n_slices = n_slices
        self.slicing = slicing
        self.kernel = kernel
        self.bandwidth = bandwidth
        self.regularization = regularization
        self.n_components = n_components
        self.criteria = criteria
        self.max_components = max_components
        self.solver = solver
        self.rank = rank
        self.scale = scale
        self.n_resamples = n_resamples
        self.level = level
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Fit the components.

        Parameters
        ----------
        X : (n, p) array_like or table
            Predictors.
        y : (n,) or (n, q) array_like
            Numbers, which are sliced, or labels.

        Returns
        -------
        self

        Raises
        ------
        InvalidDataError
            A number is missing or infinite, X or y holds distributions, there are fewer than three rows, or not as many
            as responses; or more labels than half of the rows.
        InvalidParameterError
            An option is unknown, there are more components than slices less one, or more slices than half of the rows.
        DegenerateDataError
            All rows of X, or all responses, are equal.

        Warns
        -----
        AssumptionWarning
            No component was found; one is kept.

        Examples
        --------
        >>> import numpy as np
        >>> x = np.linspace(-1.0, 1.0, 40)[:, None]
        >>> KernelSIR(n_components=1, random_state=1).fit(x, x[:, 0] ** 2).slices_.count
        8
        """
        _validation.choice(self.kernel, ("gaussian", "laplacian"), "kernel")
        _validation.choice(self.slicing, RULES, "slicing")
        rows = read_predictors(self, X, reset=True)
        self.slices_ = self._slices(y, rows)
        self._inner = DistributionSDR(
            "gsir2",
            kernel_x=self.kernel,
            bandwidth_x=self.bandwidth,
            regularization_x=self.regularization,
            n_components=self.n_components,
            criteria=self.criteria,
            max_components=self.max_components,
            solver=self.solver,
            rank=self.rank,
            scale=self.scale,
            n_resamples=self.n_resamples,
            level=self.level,
            random_state=self.random_state,
        )
        if not isinstance(self.n_components, str) and self.n_components >= self.slices_.count:
            raise InvalidParameterError(
                f"n_components is {self.n_components}; {self.slices_.count} slices of the response have at most "
                f"{self.slices_.count - 1}"
            )
        found = self._inner.fit(_with_index(rows, X), _labels(self.slices_)).results_
        self.n_components_ = self._inner.n_components_
        call = f"KernelSIR({called(self)}).fit(X, y)"
        self.results_ = replace(found, method="KernelSIR", provenance=replace(found.provenance, call=call))
        return self

    def transform(self, X: Any) -> FloatArray:
        """Scores of observations, (k, d).

        Parameters
        ----------
        X : (k, p) array_like or table

        Examples
        --------
        >>> import numpy as np
        >>> x = np.linspace(-1.0, 1.0, 40)[:, None]
        >>> KernelSIR(n_components=1, random_state=1).fit(x, x[:, 0]).transform([[0.5]]).shape
        (1, 1)
        """
        check_is_fitted(self)
        return self._inner.transform(read_predictors(self, X, reset=False))

    def _slices(self, y: Any, rows: FloatArray) -> Slices:
        response = read_response(y, len(rows))
        wanted = self.n_slices
        if wanted is None:
            wanted = min(MOST_SLICES, max(2, len(rows) // ROWS_OF_A_SLICE))
        wanted = _validation.integer(wanted, "n_slices", minimum=2)
        source = y if response.levels else response.values
        slices = slice_response(source, n_slices=wanted, n_columns=rows.shape[1], rule=self.slicing)
        require_rows(slices, labels=bool(response.levels))
        return slices

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags


def _labels(slices: Slices) -> Any:
    """Slices as a categorical column, in their order and under names that differ; intervals are ordered."""
    import pandas

    names = [
        name if slices.names.count(name) == 1 else f"{name} ({h + 1})" for h, name in enumerate(slices.names)
    ]  # two intervals may round to one name
    return pandas.Categorical.from_codes(slices.codes, categories=names, ordered=not slices.levels)


def _with_index(rows: FloatArray, X: Any) -> Any:
    """Rows under the labels of a table, for the tables of the result."""
    if not hasattr(X, "columns") or getattr(X, "index", None) is None:
        return rows
    import pandas

    return pandas.DataFrame(rows, index=X.index)
