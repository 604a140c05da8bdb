"""Rows far from those of the fit, kernels that relate no rows, low ranks that leave much out, and extreme units."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from stattools import DistributionArray, _random
from stattools._errors import Notes
from stattools.exceptions import (
    AssumptionWarning,
    ConvergenceWarning,
    DegenerateDataWarning,
    InvalidDataError,
    InvalidParameterError,
)
from stattools.sdr import DistributionSDR, FrechetRegressor, distance_correlation, rv_multirank
from stattools.sdr.blocks import side_kernel
from stattools.sdr.proximity import CEILING, FACTOR, FLOOR, proximity_of_factor, proximity_of_gram
from stattools.sdr.spectral import exact_spectra, low_rank_spectra

RNG = np.random.default_rng(1)
X = RNG.normal(size=(60, 3))
Y = X[:, 0] ** 2 + 0.3 * RNG.normal(size=60)


def fast(**options):
    return DistributionSDR(**{"n_components": 1, "criteria": (), "random_state": 1} | options)


# naive ---------------------------------------------------------------------------------------------------------------
def test_separations_against_loops():
    gram = np.exp(-((X[:, None] - X) ** 2).sum(axis=-1))
    expected = [-np.log(max(gram[i, j] for j in range(60) if j != i)) for i in range(60)]
    found = proximity_of_gram(3.0 * gram)  # a kernel with another diagonal
    assert np.allclose(found.own, expected, rtol=1e-12)  # rounding
    assert found.limit == pytest.approx(np.clip(FACTOR * max(expected), FLOOR, CEILING), rel=1e-12)
    factor = np.linalg.cholesky(gram)
    pivots = np.arange(20)
    of_pivots = [-np.log(max(gram[i, j] for j in range(20) if j != i)) for i in range(60)]
    assert np.allclose(proximity_of_factor(factor, pivots, gram.diagonal()).own, of_pivots, rtol=1e-10)


# properties ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("solver", ["exact", "rpcholesky"])
def test_a_pipeline_says_that_it_extrapolates(solver):
    t = RNG.uniform(-2, 2, size=60)
    x = DistributionArray.from_samples(t[:, None] + 0.5 * RNG.normal(size=(60, 40)))
    y = DistributionArray.from_samples(np.abs(t[:, None]) ** 1.5 + 0.5 * RNG.normal(size=(60, 40)))
    fit = make_pipeline(fast(solver=solver), FrechetRegressor("global")).fit(x, y)
    for far in (5.0, 10.0, 1e6):
        new = DistributionArray.from_samples([[0.5, 0.0], [far, far]])
        with warnings.catch_warnings(record=True) as caught:  # the regression may have something to say too
            warnings.simplefilter("always")
            fit.predict(new)
        assert str(caught[0].message).startswith("1 of 2 rows of X lie far from those of the fit, the first at row 1 ")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit[0].transform(DistributionArray.from_samples(np.linspace(-2, 2, 50)[:, None] + 0.5 * RNG.normal(size=40)))


def test_scores_far_away_are_one_point_inside():
    fit = fast().fit(X, Y)
    with pytest.warns(AssumptionWarning, match="largest kernel value is 0"):
        scores = fit.transform(X[:3] + np.array([[1e3], [-1e3], [1e6]]))
    assert np.ptp(scores) < 1e-12  # rounding of products; the kernel is 0 to the bit
    assert fit.results_.scores.min() < scores[0, 0] < fit.results_.scores.max()


def test_precomputed_kernels_are_judged_if_their_diagonal_is_constant():
    gram = np.exp(-((X[:, None] - X) ** 2).sum(axis=-1) / 8)
    with pytest.warns(AssumptionWarning, match="far from those of the fit"):
        fast(kernel_x="precomputed").fit(2.0 * gram, Y).transform(np.full((1, 60), 1e-9))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fast(kernel_x="precomputed").fit(X @ X.T, Y).transform(np.full((1, 60), 1e-9))


def test_rows_of_a_label_of_their_own_do_not_hide_far_rows():
    labels = np.array(["a"] * 59 + ["b"])
    fit = fast().fit({"x": X, "g": labels}, Y)
    with pytest.warns(AssumptionWarning, match="1 of 2 rows"):
        fit.transform({"x": X[:2] + np.array([[0.0], [50.0]]), "g": labels[:2]})


@pytest.mark.parametrize("side", ["x", "y"])
def test_a_bandwidth_far_too_short_is_told(side):
    for shortest in (1e-8, 1e-4):
        with pytest.warns(DegenerateDataWarning, match=f"bandwidth_{side} is far too short"):
            fit = fast(**{f"bandwidth_{side}": shortest}).fit(X, Y)
        assert any("nearly the identity" in text for text in fit.results_.warnings)


def test_a_low_rank_that_leaves_out_much_is_told():
    with (
        pytest.warns(ConvergenceWarning, match="of Y leaves out .* at rank 3; a larger rank= or a longer band"),
        pytest.warns(ConvergenceWarning, match=r"kernel of X leaves out \d\d percent"),
    ):
        result = fast(solver="rpcholesky", rank=3).fit(X, Y).results_
    assert result.predictor.residual_share > 0.05
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fast(solver="rpcholesky", rank=40, tol=0.5).fit(X, Y)  # tol allows for more


def test_units_change_nothing():
    """Powers of two are exact; others round."""
    for unit in (1e-200, 1e200):
        assert rv_multirank(unit * X, Y) == pytest.approx(rv_multirank(X, Y), rel=1e-12)
        found = distance_correlation(unit * X, Y, n_resamples=9, rng=1).statistic
        assert found == pytest.approx(distance_correlation(X, Y, n_resamples=9, rng=1).statistic, rel=1e-12)


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_numbers_whose_squares_are_none_are_to_be_rescaled(unit):
    with pytest.raises(InvalidDataError, match="rescale the data"):
        fast().fit(unit * X, Y)
    with pytest.raises(InvalidDataError, match="Y .*rescale the data"):
        fast().fit(X, unit * Y)
    with pytest.raises(InvalidDataError, match="rescale the data"):
        fast().fit(DistributionArray.from_samples(unit * X), Y)
    with pytest.raises(InvalidParameterError, match="bandwidth_x is .* its square"):
        fast(bandwidth_x=unit).fit(X, Y)


def test_new_numbers_whose_squares_are_none():
    with pytest.raises(InvalidDataError, match="rescale the data"):
        fast().fit(X, Y).transform(1e200 * X)


def test_other_columns_are_invalid_data():
    table = pd.DataFrame(X, columns=list("pqr"))
    fit = fast().fit(table, Y)
    with pytest.raises(InvalidDataError, match="same order"):
        fit.transform(table[list("qpr")])
    with pytest.raises(InvalidDataError, match="2 features"):
        fast().fit(X, Y).transform(X[:, :2])


# calibration ---------------------------------------------------------------------------------------------------------
def share_of_fits_that_warn(draw, n_fits, solver="exact", n=60, **options):
    """Fits to n rows of which one or more of 50 new rows of the same law are called far."""
    told = 0
    for seed in range(n_fits):
        data = draw(np.random.default_rng(seed), n + 50)
        kernel = side_kernel(data[:n], fast(**options)._options("X", _random.seed_sequence(seed)), Notes())
        if solver == "exact":
            found = exact_spectra(kernel, gcv_centered=True)
        else:
            found = low_rank_spectra(kernel, rank=30, tol=1e-6, seed=_random.seed_sequence(seed), gcv_centered=True)
        told += found.proximity.is_far(found.coordinates(kernel.rows_of(data[n:]))[1]).any()
    return told / n_fits


def shifts(rng, n):
    return DistributionArray.from_samples(rng.normal(size=(n, 1)) + rng.normal(size=(n, 20)))


def planes(rng, n):
    return DistributionArray.from_samples(rng.normal(size=(n, 1, 2)) + rng.normal(size=(n, 5, 2)))


def vectors(rng, n):
    return rng.normal(size=(n, 5))


LAWS = {"shifts on the line": shifts, "shifts in the plane": planes, "vectors of 5": vectors}


@pytest.mark.parametrize("law", LAWS)
def test_new_rows_of_the_law_are_seldom_called_far(law):
    # 40 fits of which at most 0.05 are expected to: five or more have probability 0.05 at that share
    assert share_of_fits_that_warn(LAWS[law], 40) < 5 / 40


@pytest.mark.slow
@pytest.mark.parametrize("kernel", ["gaussian", "laplacian"])
@pytest.mark.parametrize("solver", ["exact", "rpcholesky"])
@pytest.mark.parametrize("law", LAWS)
def test_share_of_fits_that_call_new_rows_far(law, solver, kernel):
    # 400 fits: the standard error at 0.05 is 0.011
    assert share_of_fits_that_warn(LAWS[law], 400, solver, kernel_x=kernel) < 0.05 + 2 * 0.011
