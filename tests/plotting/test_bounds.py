"""Pictures of bounds: the numbers of the table are the numbers in the picture."""

import numpy as np
import pytest

from stattools._provenance import Provenance
from stattools.bounds import BoundTable, test_set
from stattools.exceptions import InvalidParameterError
from stattools.plotting.bounds import plot_bound_table
from stattools.results import BoundResult
from stattools.results.interval import ConfidenceInterval

SOURCE = Provenance.capture("example()")


def bound(value, kind="expectation", **options):
    delta = 0.05 if kind == "high-probability" else None
    return BoundResult(
        provenance=SOURCE, method=f"bound {value}", value=value, kind=kind, delta=delta, gap=value - 0.1,
        **{"empirical_risk": 0.1, **options},
    )  # fmt: skip


def table(**bounds):
    return BoundTable(provenance=SOURCE, bounds=tuple(bounds.values()), keys=tuple(bounds), method="Some bounds")


@pytest.fixture
def mixed():
    return table(
        ld_mi=bound(0.4, interval=ConfidenceInterval(0.35, 0.47)),
        hoeffding=bound(0.3, "high-probability"),
        cmi=bound(1.18),
        kl=bound(0.2, "high-probability"),
        norm=bound(5.0, "up-to-constant"),
    )


def ticks(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def marks(ax, gid="bound"):
    return np.array([artist.get_offsets()[0] for artist in ax.collections if artist.get_gid() == gid])


def segments(ax, gid):
    return [artist.get_segments()[0] for artist in ax.collections if artist.get_gid() == gid]


def by_place(ax):
    return dict(zip(ax.get_yticks().tolist(), ticks(ax), strict=True))


def test_kinds_stand_apart_and_are_sorted_inside(mixed, ax):
    assert mixed.plot(ax=ax) is ax
    assert ticks(ax) == ["kl", "hoeffding", "ld_mi", "cmi", "norm"]
    headings = [text.get_text() for text in ax.texts if (text.get_gid() or "").startswith("heading")]
    assert headings == ["with high probability", "on average over samples", "up to a constant"]
    assert ax.get_xlabel() == "bound of the risk"
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    mixed.plot(ax=ax.figure.add_subplot(), sort=False)
    assert ticks(ax.figure.axes[-1]) == ["hoeffding", "kl", "ld_mi", "cmi", "norm"]


def test_marks_bars_and_whiskers_are_the_numbers(mixed, ax):
    mixed.plot(ax=ax, xlim=(0, 6))
    names = by_place(ax)
    for x, y in marks(ax):
        assert x == mixed[names[y]].value
    for bar in segments(ax, "bar"):
        assert bar[:, 0].tolist() == [0.1, mixed[names[bar[0, 1]]].value]
    (whisker,) = segments(ax, "interval")
    assert whisker[:, 0].tolist() == [0.35, 0.47] and names[whisker[0, 1]] == "ld_mi"


def test_diagnostics_and_contradicted_bounds_are_crosses_and_no_certificates(ax):
    mixed = table(
        real=bound(0.4),
        guess=bound(0.2, diagnostic="bins"),
        crossed=bound(0.15, "high-probability", interval=ConfidenceInterval(0.3, 0.15)),
        sure=bound(0.3, "high-probability"),
        doubted=bound(0.12, "high-probability", diagnostic="masks"),
    )
    mixed.plot(ax=ax, xlim=(0, 1))
    assert ticks(ax) == ["sure", "real", "doubted", "guess", "crossed"]
    headings = [text.get_text() for text in ax.texts if (text.get_gid() or "").startswith("heading")]
    assert headings[2:] == ["diagnostics, which need not be bounds", "contradicted by their other limit"]
    names = by_place(ax)
    assert {names[y] for _, y in marks(ax)} == {"sure", "real"}
    assert {(names[y], x) for x, y in marks(ax, "no bound")} == {("doubted", 0.12), ("guess", 0.2), ("crossed", 0.15)}


def test_lower_bounds_have_the_largest_first_and_are_seen(ax):
    lower = test_set(errors=2, n=60, method="all", alternative="lower")
    lower.plot(ax=ax)
    values = [lower[key].value for key in ticks(ax)]
    assert values == sorted(values, reverse=True) and ax.get_xlabel() == "lower bound of the risk"
    low, high = ax.get_xlim()
    assert low < 0 and high > lower[0].empirical_risk
    names = by_place(ax)
    for x, y in marks(ax):
        assert x == lower[names[y]].value and low <= x <= high
    beyond = {names[y] for _, y in marks(ax, "beyond")}
    assert beyond == {key for key, each in lower.items() if each.value < low} and "empirical_bernstein" in beyond
    assert [line.get_xdata()[0] for line in ax.lines if line.get_gid() == "smallest"] == [0.0]


def test_a_vacuous_bound_is_hollow_and_may_be_left_out(mixed, ax):
    mixed.plot(ax=ax, xlim=(0, 6))
    names = by_place(ax)
    for artist in ax.collections:
        if artist.get_gid() == "bound":
            hollow = artist.get_facecolors()[0].tolist() == [1, 1, 1, 1]
            assert hollow == mixed[names[artist.get_offsets()[0][1]]].vacuous
    mixed.plot(ax=ax.figure.add_subplot(), vacuous=False)
    assert ticks(ax.figure.axes[-1]) == ["kl", "hoeffding", "ld_mi"]
    all_vacuous = table(a=bound(2.0), b=bound(3.0))
    assert ticks(all_vacuous.plot(ax=ax.figure.add_subplot(), vacuous=False)) == ["a", "b"]


def test_far_away_bounds_stand_at_the_edge_with_their_value(mixed, ax):
    mixed.plot(ax=ax)
    assert ax.get_xlim()[1] == pytest.approx(1.5 * 1.04)
    (far,) = marks(ax, "beyond")
    assert by_place(ax)[far[1]] == "norm" and far[0] == ax.get_xlim()[1]
    assert "5" in [text.get_text() for text in ax.texts]
    infinite = table(a=bound(np.inf), b=bound(0.3))
    assert len(marks(infinite.plot(ax=ax.figure.add_subplot()), "beyond")) == 1


def test_shared_risk_and_largest_are_drawn_and_others_not(mixed, ax):
    mixed.plot(ax=ax)
    lines = {line.get_gid(): line.get_xdata()[0] for line in ax.lines}
    assert lines == {"risk": 0.1, "largest": 1.0}
    other = table(a=bound(0.4), b=bound(0.3, empirical_risk=0.2, largest=2.0))
    other.plot(ax=(second := ax.figure.add_subplot()))
    assert second.lines[:] == []


def test_new_axes_grow_with_the_table(mixed):
    small, large = mixed.plot(), table(**{f"b{k}": bound(0.1 + k / 40) for k in range(30)}).plot()
    assert small.figure.get_figheight() < large.figure.get_figheight()


def test_refused(mixed, ax):
    with pytest.raises(InvalidParameterError, match="result is a BoundResult; it takes a BoundTable"):
        plot_bound_table(mixed[0], ax)
    with pytest.raises(InvalidParameterError, match="sort is 'yes'"):
        mixed.plot(ax=ax, sort="yes")
    with pytest.raises(InvalidParameterError, match="kind is 'curve'"):
        mixed.plot(ax=ax, kind="curve")
