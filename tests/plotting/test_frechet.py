"""Pictures of Frechet regressions: the numbers of the result are the numbers in the picture."""

import numpy as np
import pandas as pd
import pytest

from stattools import DistributionArray, Interval
from stattools.exceptions import InvalidParameterError
from stattools.plotting.frechet import plot_bands, plot_frechet
from stattools.sdr.frechet import FrechetRegressor
from tests.plotting.conftest import by_gid


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.uniform(size=(60, 2)), columns=["heat", "rain"])
    points = np.sin(5 * frame[["heat"]].to_numpy()) + 0.5 * rng.standard_normal((60, 30))
    return frame, DistributionArray.from_samples(1 / (1 + np.exp(-points)), domain=Interval(0, 1))


@pytest.fixture(scope="module")
def model(data):
    return FrechetRegressor("local", n_quantiles=20).fit(*data)


# effect --------------------------------------------------------------------------------------------------------------
def test_curves_are_predictions_along_a_predictor(model, ax):
    result = model.results_
    assert result.plot(ax=ax, predictor="rain", n_curves=3, at={"heat": 0.2}) is ax
    low, high = np.quantile(result.predictors[:, 1], [0.05, 0.95])
    rows = [[0.2, value] for value in np.linspace(low, high, 3)]
    expected = result.quantile_functions(rows)[:, 0]
    for k in range(3):
        np.testing.assert_array_equal(by_gid(ax, f"curve {k}").get_ydata(), expected[k])
    assert ax.figure.axes[1].get_ylabel() == "rain"


def test_densities_have_mass_one_inside_of_the_support(model, ax):
    model.results_.plot(ax=ax, show="density", n_curves=2)
    for k in range(2):
        line = by_gid(ax, f"curve {k}")
        assert line.get_xdata().min() >= 0 and line.get_xdata().max() <= 1
        mass = np.trapezoid(line.get_ydata(), line.get_xdata())
        assert 0.9 < mass < 1.001  # what the kernel puts outside of the support is cut


# smoothing -----------------------------------------------------------------------------------------------------------
def test_the_curve_of_losses_has_its_minimum_marked(model, ax):
    model.results_.plot(ax=ax, kind="smoothing")
    curve = model.results_.curve
    best = int(np.argmin(curve["loss"]))
    (marked,) = by_gid(ax, "chosen").get_xydata()
    np.testing.assert_array_equal(marked, [curve["factor"][best], curve["loss"][best]])


def test_ridge_losses_have_a_line_a_bandwidth(data, ax):
    result = FrechetRegressor("kernel_ridge", n_quantiles=20).fit(*data).results_
    result.plot(ax=ax, kind="smoothing")
    assert ax.get_xlabel() == "penalty"
    assert len([text for text in ax.get_legend().get_texts() if "bandwidth" in text.get_text()]) == 4


# residuals -----------------------------------------------------------------------------------------------------------
def test_dots_are_distances(model, ax):
    result = model.results_
    result.plot(ax=ax, kind="residuals", n_labels=2)
    dots = by_gid(ax, "responses").get_offsets()
    np.testing.assert_array_equal(dots, np.column_stack([result.barycentre_distances, result.loo_distances]))
    assert len(ax.texts) == 2
    against = plot_frechet(result, "residuals", predictor="heat")
    assert against.get_xlabel() == "heat"


# bands ---------------------------------------------------------------------------------------------------------------
def test_bands_surround_their_curves(model, ax):
    bands = model.predict_bands(pd.DataFrame({"heat": [0.2, 0.8], "rain": [0.5, 0.5]}), n_resamples=99, rng=1)
    bands.plot(ax=ax, rows=[1])
    np.testing.assert_array_equal(by_gid(ax, "row 1").get_ydata(), bands.centre[1])
    assert "heat = 0.8" in ax.get_legend().get_texts()[0].get_text()
    with pytest.raises(InvalidParameterError, match="rows 0 to 1"):
        plot_bands(bands, rows=[2])


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("effect", {"predictor": "snow"}, "the fit has 'heat', 'rain'"),
        ("effect", {"predictor": 2}, "at most 1"),
        ("effect", {"at": {"heat": 1.0}}, "which is the predictor that runs"),
        ("effect", {"show": "cdf"}, "it takes one of 'quantile'"),
        ("residuals", {"bins": 3}, "no option of kind='residuals'"),
        ("scree", {}, "it takes one of 'effect'"),
    ],
)
def test_options_are_checked(model, kind, options, message):
    with pytest.raises(InvalidParameterError, match=message):
        model.results_.plot(kind=kind, **options)


def test_what_there_is_not_is_not_drawn(data):
    fixed = FrechetRegressor("global", n_quantiles=20).fit(*data).results_
    with pytest.raises(InvalidParameterError, match="kind"):
        fixed.plot(kind="smoothing")
    with pytest.raises(InvalidParameterError, match="nothing was chosen"):
        plot_frechet(fixed, "smoothing")
    with pytest.raises(InvalidParameterError, match="FrechetRegressor"):
        plot_frechet(3)
