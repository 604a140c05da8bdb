"""Linear sufficient dimension reduction of vectors: which few linear combinations of X matter for Y?"""

from __future__ import annotations

from typing import Any

from stattools import _validation
from stattools._errors import DegenerateDataError, InvalidDataError, Notes
from stattools._typing import FloatArray, Seed
from stattools.sdr.candidates import Problem, quadratic_design
from stattools.sdr.linear_base import LinearReduction, SlicedReduction
from stattools.sdr.linear_response import Response
from stattools.sdr.slices import Slices, require_pairs

HESSIANS = ("residual", "response", "quadratic")


class SIR(SlicedReduction):
    """Sliced inverse regression.

    Parameters
    ----------
    n_components : "test" or int, default "test"
        Directions to keep. "test": as many as sequential tests find, at least one.
    n_slices : int, optional
        Slices of a numeric response. Default: ``max(8, p + 3)``, or n / 4 where that is less. Labels, and numbers with
        no more values than this, have a slice for each. More than n / 2 slices are refused.
    slicing : {"dr", "balanced"}, default "dr"
        "dr": n // n_slices observations each, from the smallest response on, and a last slice with what remains, as the
        R package of this name has them. "balanced": as equal as ties allow. Equal responses are never parted.
    ridge : float, default 0
        Added to the diagonal of the correlation matrix of the predictors, for many or nearly dependent columns. The
        laws of the tests do not hold with a ridge; permutation tests do.
    test : {"weighted", "chi2", "permutation"}, default "weighted"
        Law of the statistics of the tests that choose the number of directions.
    level : float, default 0.05
        Of each test.
    n_resamples : int, default 999
        Of permutation tests.
    random_state : None, int, SeedSequence or Generator
        Of permutation tests.

    Attributes
    ----------
    results_ : LinearSDRResult
        Eigenvalues, directions, tests of their number and of single columns, tables and plots.
    components_ : (n_components_, p) float64
        Directions as rows.
    mean_ : (p,) float64
        Of the predictors.
    n_components_ : int
    n_features_in_ : int
    feature_names_in_ : (p,) array of str
        Only for tables.

    Notes
    -----
    The candidate matrix is the covariance of the means of white predictors z over slices of the response [1]_,
    ``sum_h f_h m_h m_h'``. Its eigenvectors estimate directions of the central subspace if E(X | B'X) is linear in B'X,
    as for elliptical predictors. A mean that does not move with the response, as in y = x^2 with symmetric x, leaves
    no trace in it: `SAVE`, `DirectionalRegression` and `PHD` see such links.

    O(n p^2) time.

    References
    ----------
    .. [1] Li (1991), Sliced inverse regression for dimension reduction, Journal of the American Statistical Association
       86, 316-327.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(1).standard_normal((300, 4))
    >>> model = SIR().fit(x, x[:, 0] + 0.5 * x[:, 1])
    >>> model.n_components_
    1
    >>> (model.components_ / model.components_[0, 0]).round(1) + 0.0
    array([[1. , 0.5, 0. , 0. ]])
    """

    _short_name, _title, _method = "SIR", "Sliced inverse regression", "sir"


class SAVE(SlicedReduction):
    """Sliced average variance estimation.

    Parameters
    ----------
    n_components, n_slices, slicing, ridge, test, level, n_resamples, random_state
        As for `SIR`; slices have two observations at least.

    Attributes
    ----------
    results_, components_, mean_, n_components_, n_features_in_, feature_names_in_
        As for `SIR`.

    Notes
    -----
    The candidate matrix is ``sum_h f_h (I - V_h)^2`` for the covariances V_h (divisor n_h) of white predictors in
    slices [1]_. It sees links that are even, beside those that are monotone, and needs more observations than `SIR` for
    the latter. E(X | B'X) must be linear and the covariance of X given B'X constant, as for normal predictors; few
    observations in a slice bias the eigenvalues upwards. The tests are conservative then: with 200 normal observations,
    4 columns and nine slices, that of independence at level .05 by the chi-squared law rejected 24 of 1000 data sets,
    and 14 of 300 with 800 observations.

    O(n p^2 + H p^3) time and 8 H p^2 bytes for H slices; the weights of tests add O(n p^4) time.

    References
    ----------
    .. [1] Cook and Weisberg (1991), discussion of Li, Journal of the American Statistical Association 86, 328-332.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(1).standard_normal((400, 3))
    >>> model = SAVE().fit(x, x[:, 1] ** 2)
    >>> bool(model.n_components_ == 1 and abs(model.components_[0, 1]) > 0.98)
    True
    """

    _short_name, _title, _method = "SAVE", "Sliced average variance estimation", "save"

    def _check_slices(self, slices: Slices) -> None:
        require_pairs(slices, "SAVE")


class DirectionalRegression(SlicedReduction):
    """Directional regression.

    Parameters
    ----------
    n_components, n_slices, slicing, ridge, test, level, n_resamples, random_state
        As for `SIR`; slices have two observations at least.

    Attributes
    ----------
    results_, components_, mean_, n_components_, n_features_in_, feature_names_in_
        As for `SIR`.

    Notes
    -----
    From the directions z - z' between pairs of observations whose responses fall into given slices [1]_. With means m_h
    and second moments S_h about zero of white predictors in slices, and M = sum_h f_h m_h m_h', the candidate matrix is
    ``2 sum_h f_h (S_h - I)^2 + 2 M^2 + 2 tr(M) M``. It sees what `SIR` and `SAVE` see, under the assumptions of the
    latter. Tests of the number of directions are derived in `stattools.sdr.lineartests.dimension_tests`; their
    statistic is not that of [1]_.

    Time and memory as for `SAVE`.

    References
    ----------
    .. [1] Li and Wang (2007), On directional regression for dimension reduction, Journal of the American Statistical
       Association 102, 997-1008.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(1).standard_normal((500, 3))
    >>> DirectionalRegression().fit(x, x[:, 0] + x[:, 1] ** 2).n_components_
    2
    """

    _short_name, _title, _method = "DR", "Directional regression", "directional"

    def _check_slices(self, slices: Slices) -> None:
        require_pairs(slices, "directional regression")


class PHD(LinearReduction):
    """Principal Hessian directions, of a numeric response.

    Parameters
    ----------
    n_components : "test" or int, default "test"
        As for `SIR`.
    response : {"residual", "response", "quadratic"}, default "residual"
        "residual": the average Hessian by the third moments of the predictors with the residuals of a linear fit.
        "response": with the response itself, which for predictors that are not normal confounds trend and curvature.
        "quadratic": the Hessian of a full quadratic fit, for predictors of any law. The methods phdres, phdy and phdq
        of the R package dr.
    ridge, test, level, n_resamples, random_state
        As for `SIR`.

    Attributes
    ----------
    results_, components_, mean_, n_components_, n_features_in_, feature_names_in_
        As for `SIR`; eigenvalues have signs, those of the curvature, and are ordered by size.

    Notes
    -----
    For normal predictors the mean of r z z' is the average Hessian of E(y | z), by Stein's identity [1]_, and its
    eigenvectors lie in the central mean subspace. It sees links that are even, and no linear trend: of the same data
    `SIR` finds another part.

    O(n p^2) time; "quadratic" O(n p^4) time and 8 n p^2 bytes.

    References
    ----------
    .. [1] Li (1992), On principal Hessian directions for data visualization and dimension reduction: another
       application of Stein's lemma, Journal of the American Statistical Association 87, 1025-1039.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(1).standard_normal((400, 3))
    >>> model = PHD().fit(x, x[:, 0] - 0.5 * x[:, 2] ** 2)
    >>> bool(model.n_components_ == 1 and abs(model.components_[0, 2]) > 0.9)
    True
    >>> bool(model.results_.eigenvalues[0] < 0)
    True
    """

    _short_name, _title = "pHd", "Principal Hessian directions"

    def __init__(
        self,
        n_components: Any = "test",
        *,
        response: str = "residual",
        ridge: float = 0.0,
        test: str = "weighted",
        level: float = 0.05,
        n_resamples: int = 999,
        random_state: Seed = None,
    ) -> None:
        self.n_components = n_components
        self.response = response
        self.ridge = ridge
        self.test = test
        self.level = level
        self.n_resamples = n_resamples
        self.random_state = random_state

    def _check_options(self) -> None:
        super()._check_options()
        _validation.choice(self.response, HESSIANS, "response")

    def _problem(self, z: FloatArray, y: Any, response: Response, notes: Notes) -> tuple[Problem, Slices | None]:
        values = response.values
        if response.levels:
            raise InvalidDataError("y holds labels; principal Hessian directions need numbers, SIR takes labels")
        if values.ndim == 2:
            raise InvalidDataError(f"y has {values.shape[1]} columns; principal Hessian directions take one response")
        centred = values - values.mean()
        if not abs(centred).max() > 0:
            raise DegenerateDataError("all responses are equal")
        n, p = z.shape
        terms = quadratic_design(z[:1]).shape[1]
        if self.response == "quadratic" and n <= terms:
            raise DegenerateDataError(f"a quadratic fit to {p} columns has {terms} terms; there are {n} observations")
        return Problem("phd", z, responses=centred[:, None], variant=self.response), None

    def _settings(self) -> dict[str, Any]:
        return {"Hessian of": self.response, **super()._settings()}
