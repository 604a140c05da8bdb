"""Pictures of tests: the numbers of the result are the numbers in the picture."""

import numpy as np
import pytest
from scipy import stats

from stattools import DistributionArray, Grid, Sphere, isw_anova, isw_power, isw_test
from stattools.distributions import Directions
from stattools.exceptions import InvalidParameterError
from stattools.plotting import plot_localization, plot_null_distribution, plot_power, plot_test
from tests.plotting.conftest import by_gid


def widths(ax):
    (bars,) = ax.containers
    return [bar.get_width() for bar in bars]


@pytest.mark.parametrize(
    "result", [None, 1.0, "result", {"statistic": 1}, isw_test], ids=lambda value: type(value).__name__
)
def test_what_is_no_result_is_refused(result):
    for draw in (plot_test, plot_localization, plot_power, plot_null_distribution):
        with pytest.raises(InvalidParameterError, match="result is a .*; it takes"):
            draw(result)


@pytest.mark.parametrize("kind", ["null", "components", "quantiles", "scatter", "map"])
def test_tests_draw_on_the_axes_they_are_given(wind_test, ax, kind):
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    assert wind_test.plot(kind=kind, ax=ax) is ax
    ax.figure.canvas.draw()
    assert plt.get_fignums() == before


@pytest.mark.parametrize("kind", ["components", "quantiles", "map"])
def test_localizations_draw_on_the_axes_they_are_given(wind_places, ax, kind):
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    assert wind_places.plot(kind=kind, ax=ax) is ax
    ax.figure.canvas.draw()
    assert plt.get_fignums() == before


def test_unknown_kinds_and_options_are_refused(wind_test, wind_places, height_test):
    with pytest.raises(InvalidParameterError, match="did you mean 'components'"):
        plot_test(wind_test, "component")
    with pytest.raises(InvalidParameterError, match="kind is 'null'"):
        plot_localization(wind_places, "null")
    with pytest.raises(InvalidParameterError, match="slices is no option of kind='quantiles', which takes slice"):
        plot_test(wind_test, "quantiles", slices=1)
    with pytest.raises(InvalidParameterError, match="takes no options"):
        plot_test(wind_test, "scatter", slice=1)
    with pytest.raises(InvalidParameterError, match="no domain"):
        plot_test(height_test, "map")
    with pytest.raises(InvalidParameterError, match="of is 'mass'"):
        plot_localization(wind_places, "map", of="mass")


def test_bars_are_the_shares_in_percent(wind_test, ax):
    wind_test.plot(kind="components", ax=ax)
    np.testing.assert_allclose(widths(ax), 100 * wind_test.components["share"])
    texts = [t.get_text() for t in ax.get_yticklabels()]
    assert texts[0] == f"1 (dim 2)   λ = {wind_test.components['eigenvalue'][0]:.3g}"
    low, high = ax.get_ylim()
    assert low > high  # the first component is on top


def test_of_many_components_the_largest_are_drawn_and_the_rest_summed(ax):
    rng = np.random.default_rng(5)
    x = DistributionArray.from_samples(rng.normal(size=(16, 20, 2)))
    result = isw_test(x[:8], x[8:], basis=Directions.random(2, 40, rng=1), n_resamples=99, rng=1)
    result.plot(kind="components", ax=ax)
    drawn = widths(ax)
    assert len(drawn) == 21
    assert sum(drawn) == pytest.approx(100)
    assert ax.get_yticklabels()[-1].get_text() == "20 others"
    assert sorted(drawn[:-1]) == pytest.approx(sorted(100 * result.components["share"])[-20:])


def test_quantile_lines_are_group_means_with_t_intervals(height_test, heights, ax):
    height_test.plot(kind="quantiles", ax=ax, confidence_level=0.9)
    values = heights.embed().quantile_functions()[:, 0]
    for g, line in enumerate(ax.lines):
        rows = values[12 * g : 12 * (g + 1)]
        np.testing.assert_allclose(line.get_ydata(), rows.mean(axis=0))
        np.testing.assert_allclose(line.get_xdata(), (np.arange(20) + 0.5) / 20)
        interval = stats.t.interval(0.9, 11, rows.mean(axis=0), stats.sem(rows))
        band = ax.collections[g].get_paths()[0].vertices
        assert band[:, 1].min() == pytest.approx(interval[0].min())
        assert band[:, 1].max() == pytest.approx(interval[1].max())
    assert ax.get_ylabel() == "value"


def test_the_slice_can_be_chosen_and_is_named(wind_test, ax):
    basis = wind_test.plan.embedding.slicer
    wind_test.plot(kind="quantiles", ax=ax, slice=7)
    assert basis.slice_names[7] in ax.get_title(loc="left") and basis.slice_names[7] in ax.get_ylabel()
    by_number = [line.get_ydata() for line in ax.lines]
    ax.clear()
    wind_test.plot(kind="quantiles", ax=ax, slice=basis.slice_names[7])
    np.testing.assert_array_equal(by_number, [line.get_ydata() for line in ax.lines])
    with pytest.raises(InvalidParameterError, match="slice is 10000"):
        wind_test.plot(kind="quantiles", slice=10000)


def test_by_default_the_slice_that_differs_most_is_drawn(wind_test, ax):
    plan = wind_test.plan
    features = plan.embedding.features
    gap = (features[plan.codes == 0].mean(axis=0) - features[plan.codes == 1].mean(axis=0)) ** 2
    largest = int(gap.reshape(-1, plan.embedding.n_quantiles).sum(axis=1).argmax())
    wind_test.plot(kind="quantiles", ax=ax)
    assert plan.embedding.slicer.slice_names[largest] in ax.get_ylabel()


def test_scatter_axes_are_those_of_classical_scaling(wind_test, ax):
    wind_test.plot(kind="scatter", ax=ax)
    drawn = np.concatenate([np.asarray(c.get_offsets()) for c in ax.collections[:2]])
    squared = wind_test.plan.embedding.distance_matrix() ** 2
    n = len(squared)
    centring = np.eye(n) - 1 / n
    values = np.linalg.eigvalsh(-centring @ squared @ centring / 2)[::-1]
    np.testing.assert_allclose((drawn**2).sum(axis=0), values[:2], rtol=1e-8)
    assert ax.get_xlabel() == f"axis 1 ({100 * values[0] / values.sum():.3g} % of variance)"
    assert [len(c.get_offsets()) for c in ax.collections[:2]] == [14, 12]


def test_pairs_are_joined_in_the_scatter(heights, ax):
    result = isw_test(heights[:12], heights[12:], paired=True, n_resamples=99, rng=1)
    result.plot(kind="scatter", ax=ax)
    dots = [np.asarray(c.get_offsets()) for c in ax.collections[:2]]
    (line,) = ax.lines
    drawn = line.get_xydata().reshape(12, 3, 2)
    np.testing.assert_allclose(drawn[:, :2], np.stack([dots[0], dots[1]], axis=1))
    assert np.isnan(drawn[:, 2]).all()  # a gap before the next pair


def test_the_map_of_a_test_is_the_witness_of_its_localization(wind_test, wind_places, ax):
    np.testing.assert_allclose(wind_test.difference_at(wind_places.points), wind_places.witness, rtol=1e-9)
    wind_test.plot(kind="map", ax=ax)
    radius = np.hypot(*by_gid(ax, "values").get_xydata()[:-1].T)
    w = wind_places.witness
    assert radius == pytest.approx(1 + 0.62 * w / np.abs(w).max())
    assert 'localize().plot("map")' in ax.get_title(loc="left")


def test_the_kernel_map_of_a_test_is_that_of_its_localization(wind_test, wind_places, ax):
    found = wind_test.localize(map_of="kernel", n_resamples=99, rng=2)
    np.testing.assert_allclose(wind_test.difference_at(found.points, map_of="kernel"), found.witness, rtol=1e-9)
    wind_test.plot(kind="map", ax=ax, map_of="kernel")
    drawn = by_gid(ax, "values").get_xydata()
    ax.clear()
    found.plot(kind="map", ax=ax)
    np.testing.assert_allclose(drawn, by_gid(ax, "values").get_xydata(), atol=1e-9)


@pytest.mark.parametrize("map_of, title, more", [
    ("density", "difference of mean densities (1 = uniform)", "more mass in a"),
    ("kernel", "difference smoothed by the spectral kernel", "more mass, widely smoothed, in a"),
])  # fmt: skip
def test_maps_say_what_they_show(wind_test, ax, map_of, title, more):
    for result in (wind_test, wind_test.localize(map_of=map_of, n_resamples=99, rng=2)):
        ax.clear()
        result.plot(kind="map", ax=ax, **({"map_of": map_of} if result is wind_test else {}))
        key = ax.get_legend()
        assert " ".join(key.get_title().get_text().split()).startswith(title)
        assert " ".join(key.get_texts()[0].get_text().split()) == more
    with pytest.raises(InvalidParameterError, match="map_of is 'mass'"):
        plot_test(wind_test, "map", map_of="mass")


def test_the_density_map_is_a_difference_of_densities(winds, wind_test):
    points = np.arange(0.0, 360, 1)[:, None]
    values = wind_test.difference_at(points)
    assert values.mean() == pytest.approx(0.0, abs=1e-9)
    seen_by_group = [
        np.deg2rad(np.concatenate([winds.atoms(i)[0].ravel() for i in rows])) for rows in (range(14), range(14, 26))
    ]
    at = np.deg2rad(points.ravel())
    # by hand: 1 + 2 sum of damped cosines of the distance to each observation, frequencies 1 to 3
    damping = np.exp(-2 * np.arange(1, 4) ** 2 / 9)
    density = [
        1 + 2 * sum(d * np.cos(k * (at[:, None] - seen)).mean(axis=1) for k, d in zip((1, 2, 3), damping, strict=True))
        for seen in seen_by_group
    ]
    np.testing.assert_allclose(values, density[0] - density[1], atol=1e-8)


def test_with_volume_normalisation_the_label_says_so(winds, ax):
    basis = winds.domain.eigenbasis(6, normalization="volume")
    isw_test(winds, basis=basis, n_resamples=99, rng=1).plot(kind="map", ax=ax)
    assert "(per unit of volume)" in " ".join(ax.get_legend().get_title().get_text().split())


def test_the_map_marks_points_at_family_wise_level(wind_places, ax):
    wind_places.plot(kind="map", ax=ax)
    n_found = int((wind_places.p_map <= 0.05).sum())
    assert 0 < n_found < len(wind_places.p_map)
    assert np.isnan(by_gid(ax, "mask").get_xdata()).sum() == n_found


def test_the_map_of_images_shows_the_witness(ax):
    rng = np.random.default_rng(6)
    counts = rng.poisson(5, size=(20, 3, 4)).astype(float)
    counts[:, 0, 0] += np.where(np.arange(20) < 10, 0, 30)
    counts[:, 2, 3] += np.where(np.arange(20) < 10, 30, 0)
    x = DistributionArray.from_histogram(counts.reshape(20, 12), domain=Grid((3, 4)))
    found = isw_test(x[:10], x[10:], n_eigenfunctions=11, n_resamples=99, rng=1).localize(n_resamples=199, rng=1)
    found.plot(kind="map", ax=ax)
    np.testing.assert_allclose(ax.images[0].get_array(), found.witness.reshape(3, 4))
    assert found.witness[0] < 0  # the second group has more mass in the corner


def test_transport_map_has_mean_zero(wind_places, ax):
    wind_places.plot(kind="map", of="transport", ax=ax)
    radius = np.hypot(*by_gid(ax, "values").get_xydata()[:-1].T)
    centred = wind_places.transport - wind_places.transport.mean()
    assert radius == pytest.approx(1 + 0.62 * centred / np.abs(centred).max())


def test_map_of_a_sphere_takes_its_options(ax):
    rng = np.random.default_rng(7)
    units = [Sphere.from_lonlat(rng.normal(20 * (i >= 8), 20, 15), rng.normal(0, 10, 15)) for i in range(16)]
    x = DistributionArray.from_samples(units, domain=Sphere())
    result = isw_test(x[:8], x[8:], n_resamples=99, rng=1)
    result.plot(kind="map", ax=ax, extent=(-90, 90, -45, 45))
    assert ax.get_xlim() == (-90, 90)
    result.plot(kind="map", ax=ax, projection="mollweide", title="two")
    assert ax.get_title(loc="left") == "two"


def test_statistics_of_components_with_their_p_values(wind_places, ax):
    wind_places.plot(kind="components", ax=ax)
    np.testing.assert_allclose(widths(ax), wind_places.slices["statistic"])
    written = [t.get_text() for t in ax.texts]
    assert written == [f"p = {p:.2g}" for p in wind_places.slices["p_adjusted"]]
    (bars,) = ax.containers
    dark = [bar.get_facecolor() == bars[0].get_facecolor() for bar in bars]
    assert dark == (wind_places.slices["p_adjusted"] <= 0.05).tolist()


def test_difference_curve_and_its_significant_levels(wind_places, ax):
    slicer = wind_places.embedding.slicer
    wind_places.plot(kind="quantiles", ax=ax, slice=2)
    chosen = np.flatnonzero(wind_places.coordinates["slice"] == slicer.slice_names[2])
    line = by_gid(ax, "difference")
    np.testing.assert_allclose(line.get_ydata(), wind_places.coordinates["difference"][chosen])
    found = wind_places.coordinates["p_adjusted"][chosen] <= 0.05
    np.testing.assert_allclose(by_gid(ax, "mask").get_xdata(), wind_places.coordinates["level"][chosen][found])
    half = 1.959964 * wind_places.coordinates["std_error"][chosen]
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert band.max() == pytest.approx((line.get_ydata() + half).max(), rel=1e-6)


def test_analysis_of_variance_has_all_its_pictures(winds, ax):
    result = isw_anova(winds, np.arange(26) % 3, n_resamples=99, n_eigenfunctions=4, rng=1)
    for kind in result.plot_kinds:
        ax.clear()
        assert result.plot(kind=kind, ax=ax) is ax
        ax.figure.canvas.draw()
    ax.clear()
    result.plot(kind="quantiles", ax=ax)
    assert len(ax.lines) == 3
    with pytest.raises(InvalidParameterError, match="has 3"):
        plot_test(result, "map")


def test_a_group_of_one_has_a_line_and_no_band(heights, ax):
    result = isw_test(heights[:1], heights[1:], statistic="mean", n_resamples=99, rng=1)
    result.plot(kind="quantiles", ax=ax)
    ax.figure.canvas.draw()
    np.testing.assert_allclose(ax.lines[0].get_ydata(), heights[:1].embed().quantile_functions()[0, 0])


def test_power_curve_target_and_band(heights, ax):
    result = isw_power(heights[:12], heights[12:], power=0.8, effect="observed", n_simulations=500, rng=1)
    assert plot_power(result, ax) is ax
    line = by_gid(ax, "power")
    np.testing.assert_allclose(line.get_xdata(), result.curve_n)
    np.testing.assert_allclose(line.get_ydata(), result.curve_power)
    assert by_gid(ax, "chosen").get_xydata().tolist() == [[result.n[0], result.power]]
    p = result.curve_power
    top = np.minimum(p + 1.96 * np.sqrt(p * (1 - p) / 500), 1)
    assert ax.collections[0].get_paths()[0].vertices[:, 1].max() == pytest.approx(top.max())
    assert any(line.get_label() == "target 0.8" and line.get_ydata()[0] == 0.8 for line in ax.lines)
    ax.clear()
    assert result.plot(ax=ax) is ax


def test_pictures_are_the_same_each_time(wind_places):
    def pixels():
        axes = wind_places.plot(kind="map")
        axes.figure.canvas.draw()
        return np.asarray(axes.figure.canvas.buffer_rgba()).copy()

    np.testing.assert_array_equal(pixels(), pixels())
