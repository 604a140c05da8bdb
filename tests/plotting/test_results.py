"""Null distributions: what is drawn is what was counted."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, strategies as st

from stattools.exceptions import InvalidParameterError, StattoolsError
from stattools.plotting import plot_null_distribution
from stattools.plotting.results import extreme_values
from stattools.resampling import combine_pvalues


def stand_in(values, observed, alternative="greater"):
    return SimpleNamespace(
        null_distribution=np.asarray(values, dtype=float), statistic=observed, pvalue=0.5, alternative=alternative,
        method="test", statistic_name="T", resampling=None,
    )  # fmt: skip


def bar_counts(ax):
    shaded, rest = 0.0, 0.0
    for bar in ax.patches:
        if bar.get_gid() == "shaded":
            shaded += bar.get_height()
        elif bar.get_gid() == "rest":
            rest += bar.get_height()
    return shaded, rest


def test_shaded_bars_count_the_exceeding_resamples(height_test, ax):
    info = height_test.resampling
    assert 0 < info.n_exceeding < info.n_resamples
    plot_null_distribution(height_test, ax=ax)
    assert bar_counts(ax) == (info.n_exceeding, info.n_resamples - info.n_exceeding)
    texts = [text.get_text() for text in ax.texts]
    assert any(f"{info.n_exceeding} of {info.n_resamples} at least as large" in t for t in texts)
    assert any(f"p-value = {height_test.pvalue:.4g}" in t for t in texts)


@given(
    st.lists(st.integers(-5, 5), min_size=1, max_size=60),
    st.integers(-7, 7),
    st.sampled_from(["greater", "less", "two-sided"]),
)
def test_ties_fall_on_the_side_of_the_tail(values, observed, alternative):
    from matplotlib.figure import Figure

    values = np.array(values, dtype=float)
    upper, lower = (values >= observed).sum(), (values <= observed).sum()
    expected = {"greater": upper, "less": lower, "two-sided": min(upper, lower)}[alternative]
    ax = plot_null_distribution(stand_in(values, observed, alternative), ax=Figure().add_subplot())
    assert bar_counts(ax) == (expected, len(values) - expected)


def test_no_shaded_bar_holds_a_value_of_the_rest():
    from matplotlib.figure import Figure

    ax = plot_null_distribution(stand_in(np.linspace(0, 1, 500), 0.8), ax=Figure().add_subplot())
    starts = [bar.get_x() for bar in ax.patches if bar.get_gid() == "shaded" and bar.get_height() > 0]
    assert min(starts) == pytest.approx(0.8, rel=1e-11)
    both = [bar.get_x() for bar in ax.patches if bar.get_gid() == "rest" and bar.get_height() > 0]
    assert not set(starts) & set(both)


def test_extreme_values_include_ties_up_to_rounding():
    values = np.array([1.0, 1.0 - 1e-15, 0.9])
    assert extreme_values(values, 1.0, "greater").tolist() == [True, True, False]


def test_bins_are_as_asked_for(ax):
    plot_null_distribution(stand_in(np.linspace(0, 1, 100), 2.0), ax=ax, bins=10)
    widths = {round(bar.get_width(), 9) for bar in ax.patches}
    assert max(widths) == pytest.approx(0.1)


@pytest.mark.parametrize("bins", [0, -3, 2.5, "auto"])
def test_bins_are_checked(height_test, bins):
    with pytest.raises(InvalidParameterError, match="bins is"):
        height_test.plot(kind="null", bins=bins)


def test_without_resamples_there_is_nothing_to_draw():
    with pytest.raises(InvalidParameterError, match="holds no null distribution"):
        plot_null_distribution(combine_pvalues([0.1, 0.2]))


def test_a_statistic_that_is_not_finite_cannot_be_placed():
    with pytest.raises(InvalidParameterError, match="not finite"):
        plot_null_distribution(stand_in([1.0, 2.0], np.inf))


def test_missing_matplotlib_is_named_with_its_cure(height_test, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r'pip install "stattools\[plot\]"') as caught:
        height_test.plot()
    assert isinstance(caught.value, StattoolsError)


@pytest.mark.parametrize("observed", [100.0, -100.0])
def test_an_extreme_statistic_leaves_the_bars_visible(observed, ax):
    plot_null_distribution(stand_in(np.linspace(0, 4, 500), observed), ax=ax)
    low, high = ax.get_xlim()
    assert high - low < 8
    assert any(artist.get_gid() == "beyond" for artist in ax.texts) and not ax.lines
    written = " ".join(text.get_text() for text in ax.texts)
    assert f"observed {observed:g}, beyond this axis" in written
    assert sum(bar_counts(ax)) == 500


def test_a_statistic_near_the_resampled_ones_is_a_line(ax):
    plot_null_distribution(stand_in(np.linspace(0, 4, 500), 6.0), ax=ax)
    (line,) = ax.lines
    assert line.get_xdata()[0] == 6.0 and ax.get_xlim()[1] > 6.0
    assert not any("beyond" in text.get_text() for text in ax.texts)
