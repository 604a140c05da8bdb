"""Small results that the tests of pictures share."""

import numpy as np
import pytest

from stattools import Circle, DistributionArray, isw_test


@pytest.fixture(scope="package")
def winds():
    """Two groups of directions, the second turned by 40 degrees."""
    rng = np.random.default_rng(1)
    units = [np.rad2deg(rng.vonmises(turn, 2.0, 40)) for turn in np.deg2rad([0.0] * 14 + [40.0] * 12)]
    return DistributionArray.from_samples(units, domain=Circle(360, unit="deg"), groups=["a"] * 14 + ["b"] * 12)


@pytest.fixture(scope="package")
def wind_test(winds):
    return isw_test(winds, n_resamples=199, n_eigenfunctions=6, rng=1)


@pytest.fixture(scope="package")
def wind_places(wind_test):
    return wind_test.localize(n_resamples=199, rng=2)


@pytest.fixture(scope="package")
def heights():
    """Two groups on the line that hardly differ."""
    rng = np.random.default_rng(2)
    units = rng.normal(size=(24, 30)) + 0.12 * np.repeat([0.0, 1.0], 12)[:, None]
    return DistributionArray.from_samples(units, groups=["x"] * 12 + ["y"] * 12)


@pytest.fixture(scope="package")
def height_test(heights):
    return isw_test(heights, n_resamples=999, rng=3)


@pytest.fixture
def ax():
    """Axes of a figure that pyplot knows nothing of."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure()
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def by_gid(ax, gid):
    """The one artist that carries a name."""
    (found,) = [artist for artist in ax.get_children() if artist.get_gid() == gid]
    return found
