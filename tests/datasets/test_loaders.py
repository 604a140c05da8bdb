import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from stattools import datasets
from stattools.datasets import load_digits_grid, load_nyc_wind, load_snow1854, load_storms
from stattools.datasets._base import ragged, read_table
from stattools.datasets._streets import nearest_node, stacks, street_graph, walking_distances
from stattools.exceptions import DegenerateDataError, InvalidParameterError
from tests.helpers import assert_snapshot

DEFAULTS = {
    "nyc_wind": load_nyc_wind,
    "storms": load_storms,
    "snow1854": load_snow1854,
    "snow1854_case": lambda: load_snow1854(by="case"),
    "digits_grid": lambda: load_digits_grid((3, 8)),
}


# every data set -------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", DEFAULTS)
def test_units_frame_and_distributions_tell_the_same(name):
    data = DEFAULTS[name]()
    assert data.units["unit"].is_unique
    assert len(data.distributions) == len(data.units) == len(data.groups)
    assert list(data.distributions.names) == data.units["unit"].tolist()
    np.testing.assert_array_equal(data.distributions.groups, data.groups)
    used = data.frame[data.frame["used"]]
    assert set(used["unit"]) == set(data.units["unit"])
    by_unit = data.units.set_index("unit")["group"]
    assert (used["unit"].map(by_unit) == used["group"]).all()


@pytest.mark.parametrize("name", DEFAULTS)
def test_source_licence_and_question_are_stated(name):
    data = DEFAULTS[name]()
    assert all(len(text) > 20 for text in (data.source, data.licence, data.question, data.description))


@pytest.mark.parametrize("name", DEFAULTS)
def test_printed_form(name):
    text = repr(DEFAULTS[name]())
    assert text.isascii() and max(map(len, text.splitlines())) <= 80
    assert_snapshot(text, f"dataset_{name}.txt")


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_collection_holds_one_group(name):
    data = DEFAULTS[name]()
    for group, n in data.counts().items():
        assert len(data.collection(group)) == n
    with pytest.raises(InvalidParameterError, match="group is 'nobody'"):
        data.collection("nobody")


def test_a_data_set_survives_pickling_and_is_frozen():
    data = load_storms(years=(2020, 2022))
    again = pickle.loads(pickle.dumps(data))
    pd.testing.assert_frame_equal(again.units, data.units)
    assert len(again.distributions) == len(data.units)
    with pytest.raises(AttributeError):
        data.name = "other"


def test_public_names_resolve():
    assert set(dir(datasets)) == set(datasets.__all__)
    assert all(getattr(datasets, name) for name in datasets.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        datasets.nothing


def test_ragged_refers_to_units_by_name():
    frame = pd.DataFrame({"unit": list("bab"), "used": [True, True, False], "x": [1.0, 2.0, 3.0]})
    values, offsets = ragged(frame, pd.DataFrame({"unit": ["a", "b"]}), ["x"])
    assert values[:, 0].tolist() == [2.0, 1.0] and offsets.tolist() == [0, 1, 2]


# wind -----------------------------------------------------------------------------------------------
def test_wind_counts_of_all_airports():
    data = load_nyc_wind(("EWR", "JFK", "LGA"), min_share=0)
    states = data.frame["state"].value_counts()
    assert states.to_dict() == {"direction": 24399, "calm": 1256, "variable": 456, "missing": 4}
    assert data.units[["n_direction", "n_calm", "n_variable", "n_missing"]].sum().tolist() == [24399, 1256, 456, 4]
    assert data.units["n_reports"].sum() == len(data.frame) == 26115


def test_wind_of_one_day_equals_the_file():
    table = read_table("nyc_wind_2013")
    day = table[(table["airport"] == "LGA") & (table["date"] == "2013-07-04")]
    data = load_nyc_wind()
    i = data.units.index[data.units["unit"] == "LGA 2013-07-04"][0]
    points, masses = data.distributions.atoms(int(i))
    expected = day.loc[~((day["speed"] == 0) & (day["direction"] == 0)), "direction"].dropna()
    np.testing.assert_array_equal(np.sort(np.ravel(points)), np.sort(expected % 360))
    np.testing.assert_allclose(masses, 1 / len(expected), rtol=1e-12)


def test_calm_hours_are_not_taken_for_north():
    frame = load_nyc_wind(min_share=0).frame
    assert frame.loc[frame["state"] == "calm", "direction"].isna().all()
    assert (frame.loc[frame["used"], "direction"] > 0).all()  # the reports write north as 360
    assert ((frame["direction"] == 360) & frame["used"]).sum() > 0


@pytest.mark.parametrize("unit, n", [("day", 363), ("week", 52), ("month", 12)])
def test_airports_have_the_same_periods_in_the_same_order(unit, n):
    units = load_nyc_wind(("LGA", "EWR", "JFK"), unit=unit).units
    starts = [part["start"].tolist() for _, part in units.groupby("airport", sort=False)]
    assert units["airport"].unique().tolist() == ["LGA", "EWR", "JFK"]
    assert starts[0] == starts[1] == starts[2] == sorted(starts[0]) and len(starts[0]) == n


def test_days_with_few_directions_go_at_all_airports_and_are_counted():
    data = load_nyc_wind(min_share=0.95)
    assert data.units["n_direction"].min() >= 0.95 * 24
    left_out = 364 - len(data.units) // 2
    assert left_out > 50
    assert any(remark.startswith(f"{left_out} day(s)") for remark in data.remarks)
    assert data.frame["used"].sum() == data.units["n_direction"].sum() == data.distributions.n_atoms.sum()


def test_the_absurd_speed_is_missing_and_reported():
    data = load_nyc_wind("EWR")
    assert data.frame["speed"].max() < 50
    assert any("911" in remark for remark in data.remarks)
    assert not any("911" in remark for remark in load_nyc_wind("JFK").remarks)


@pytest.mark.parametrize("by, n_groups", [("airport", 2), ("season", 4), ("month", 12)])
def test_wind_groups(by, n_groups):
    data = load_nyc_wind(by=by)
    assert len(data.counts()) == n_groups
    assert (data.units["group"] == data.units[by]).all()


@pytest.mark.parametrize("unit, roses, differences", [("day", 0.32, 0.07), ("week", 0.10, 0.00)])
def test_correlation_of_neighbours_is_as_documented(unit, roses, differences):
    data = load_nyc_wind(unit=unit)
    features = data.distributions.embed().features
    n = len(features) // 2
    season = data.units["season"].to_numpy()[:n]
    for rows, stated in ((features[:n], roses), (features[:n] - features[n:], differences)):
        centred = rows - np.stack([rows[season == name].mean(axis=0) for name in season])
        found = (centred[:-1] * centred[1:]).sum() / (centred**2).sum()
        assert round(abs(found), 2) == stated


def test_a_season_keeps_its_months():
    data = load_nyc_wind(season="summer")
    assert set(data.units["month"]) == {6, 7, 8} == set(data.frame["date"].dt.month)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"airports": ("JFK", "BOS")}, "'BOS'"),
        ({"airports": ("JFK", "JFK")}, "at most once"),
        ({"airports": ()}, "at most once"),
        ({"unit": "hour"}, "unit is 'hour'"),
        ({"by": "weekday"}, "by is 'weekday'"),
        ({"season": "fall"}, "season is 'fall'"),
        ({"min_share": 2}, "min_share is 2"),
    ],
)
def test_wind_options_are_checked(options, message):
    with pytest.raises(InvalidParameterError, match=message):
        load_nyc_wind(**options)


def test_no_period_left_is_an_error():
    with pytest.raises(DegenerateDataError, match="no month has directions in 100%"):
        load_nyc_wind(unit="month", min_share=1)


# storms ---------------------------------------------------------------------------------------------
def test_storm_table_is_six_hourly_and_unique():
    table = read_table("atlantic_storms")
    time = pd.to_datetime(table["time_utc"], utc=True)
    assert set(time.dt.hour) == {0, 6, 12, 18} and (time.dt.minute == 0).all()
    assert not table.duplicated(["storm", "time_utc"]).any()
    step = time.groupby(table["storm"]).diff().dropna().dt.total_seconds() / 3600
    assert (step > 0).all() and (step != 6).sum() == 84
    assert not table.isna().any(axis=None)


def test_no_storm_moves_faster_than_a_storm_can():
    data = load_storms(stages="all", years=(1975, 2022), min_observations=1)
    assert len(data.units) == 654
    frame = data.frame
    angle = np.radians(frame[["latitude", "longitude"]].to_numpy())
    latitude, longitude = angle.T
    points = np.c_[np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)]
    same = frame["unit"].to_numpy()[1:] == frame["unit"].to_numpy()[:-1]
    hours = frame["time_utc"].diff().dt.total_seconds().to_numpy()[1:] / 3600
    kilometres = 6371 * 2 * np.arcsin(np.linalg.norm(np.diff(points, axis=0), axis=1) / 2)
    assert (kilometres[same] / hours[same]).max() < 150  # two storms in one track would jump


def test_a_storm_over_new_year_is_one_storm():
    units = load_storms(stages="all").units
    assert "Zeta 2005" in set(units["unit"]) and "Zeta 2006" not in set(units["unit"])


def test_positions_are_on_the_sphere_where_the_table_says():
    data = load_storms(by="intensity")
    i = data.units.index[data.units["unit"] == "Katrina 2005"][0]
    points, masses = data.distributions.atoms(int(i))
    track = data.frame[(data.frame["unit"] == "Katrina 2005") & data.frame["used"]]
    np.testing.assert_allclose(np.degrees(np.arcsin(points[:, 2])), track["latitude"], atol=1e-9)
    np.testing.assert_allclose(np.degrees(np.arctan2(points[:, 1], points[:, 0])), track["longitude"], atol=1e-9)
    np.testing.assert_allclose(masses, 1 / len(track), rtol=1e-12)


def test_storm_groups_follow_their_definitions():
    units = load_storms().units
    month = units["start"].dt.month
    expected = np.select([month < 8, month < 10], ["early", "peak"], "late")
    np.testing.assert_array_equal(units["season"].to_numpy(dtype=str), expected)
    np.testing.assert_array_equal(units["intensity"] == "hurricane", units["max_wind"] >= 64)
    assert (units["decade"].str[:3] == units["year"].astype(str).str[:3]).all()


def test_stages_and_short_storms_are_counted():
    data, everything = load_storms(), load_storms(stages="all", min_observations=1)
    assert any(f"of {len(everything.frame)} positions" in remark for remark in data.remarks)
    assert any(f"of {len(everything.units)} storms" in remark for remark in data.remarks)
    assert data.units["n_observations"].min() == 8
    assert data.frame.loc[data.frame["used"], "status"].nunique() == 5
    assert everything.frame["used"].all()


@pytest.mark.parametrize(
    "options, message",
    [
        ({"by": "basin"}, "by is 'basin'"),
        ({"stages": "tropic"}, "did you mean 'tropical'"),
        ({"years": 2000}, "years is 2000"),
        ({"years": (2010, 2000)}, r"years\[1\] is 2000"),
        ({"years": (1900, 2000)}, r"years\[0\] is 1900"),
        ({"min_observations": 0}, "min_observations is 0"),
    ],
)
def test_storm_options_are_checked(options, message):
    with pytest.raises(InvalidParameterError, match=message):
        load_storms(**options)


def test_no_storm_left_is_an_error():
    with pytest.raises(DegenerateDataError, match="500 positions"):
        load_storms(min_observations=500)


# Snow -----------------------------------------------------------------------------------------------
def test_addresses_hold_every_death_once():
    data = load_snow1854()
    assert data.units["n_deaths"].sum() == len(data.frame) == 578
    assert data.frame["unit"].value_counts().to_dict() == data.units.set_index("unit")["n_deaths"].to_dict()
    assert ((data.units["n_deaths"] > 1) == (data.units["group"] == "several")).all()


def test_the_number_of_addresses_does_not_hang_on_the_reach():
    places = read_table("snow1854_deaths")[["x", "y"]].to_numpy()
    assert {int(stacks(places, reach).max()) + 1 for reach in (0.05, 0.055, 0.06)} == {323}


def test_a_stack_is_a_straight_line():
    data = load_snow1854()
    for _, bars in data.frame.groupby("unit"):
        centred = bars[["x", "y"]].to_numpy() - bars[["x", "y"]].to_numpy().mean(axis=0)
        across = np.linalg.svd(centred, compute_uv=False)[1:]
        assert not across.size or across[0] / np.sqrt(len(bars)) < 0.02  # half the distance of two bars


def test_the_street_graph_is_connected_and_keeps_its_length():
    streets = read_table("snow1854_streets")
    same = streets["segment"].to_numpy()[1:] == streets["segment"].to_numpy()[:-1]
    total = np.linalg.norm(np.diff(streets[["x", "y"]].to_numpy(), axis=0), axis=1)[same].sum()
    for spacing in (0.5, 2.0):
        data = load_snow1854(spacing=spacing)
        edges = data.tables["edges"]
        np.testing.assert_allclose(edges["length"].sum(), total, rtol=1e-12)
        assert edges["length"].max() <= spacing + 1e-12
        reached = np.isfinite(data.units["to_pump"]).all()
        assert reached and data.distributions.domain.n_nodes == len(data.tables["nodes"])


def test_most_deaths_are_nearest_to_the_broad_street_pump():
    units = load_snow1854().units
    deaths = units.groupby("pump")["n_deaths"].sum()
    assert deaths.idxmax() == "Broad St" and deaths["Broad St"] / 578 > 0.6


def test_addresses_stand_near_their_bars():
    data = load_snow1854(spacing=0.5)
    nodes = data.tables["nodes"].to_numpy()[data.frame["node"]]
    gap = np.linalg.norm(nodes - data.frame[["x", "y"]].to_numpy(), axis=1)
    # half an edge along the street, the distance to the street, and the length of the highest stack
    assert gap.max() < 0.25 + data.units["to_street"].max() + 18 * 0.05


def test_point_masses_make_the_distance_of_means_an_mmd():
    data = load_snow1854(spacing=2.0)
    basis = data.distributions.domain.eigenbasis(10)
    features = data.distributions.embed(basis).features
    several = data.groups == "several"
    difference = features[several].mean(axis=0) - features[~several].mean(axis=0)
    nodes = data.units["node"].to_numpy()
    kernel = basis.kernel(nodes, nodes)
    sign = np.where(several, 1 / several.sum(), -1 / (~several).sum())
    np.testing.assert_allclose(difference @ difference, sign @ kernel @ sign, rtol=1e-9)


def test_cases_cover_all_nodes():
    data = load_snow1854(by="case")
    assert len(data.units) == len(data.tables["nodes"])
    assert data.units["n_deaths"].sum() == 578
    assert data.counts()["deaths"] == load_snow1854().units["node"].nunique()


@pytest.mark.parametrize("options", [{"by": "pump"}, {"spacing": 0}, {"spacing": float("nan")}, {"spacing": "fine"}])
def test_snow_options_are_checked(options):
    with pytest.raises(InvalidParameterError, match=next(iter(options))):
        load_snow1854(**options)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 12), spacing=st.floats(0.05, 2.0))
def test_nearest_node_equals_its_naive_twin(seed, n, spacing):
    rng = np.random.default_rng(seed)
    graph = street_graph(np.repeat(np.arange(3), 2), rng.random((6, 2)), spacing)
    places = rng.random((n, 2))
    node, distance = nearest_node(graph, places)
    for place, found, gap in zip(places, node, distance, strict=True):
        feet = []
        for (a, b), length in zip(graph.edges, graph.lengths, strict=True):
            p, q = graph.positions[a], graph.positions[b]
            share = np.clip((place - p) @ (q - p) / length**2, 0, 1)
            feet.append((np.linalg.norm(place - p - share * (q - p)), b if share > 0.5 else a))
        best = min(foot[0] for foot in feet)
        np.testing.assert_allclose(gap, best, atol=1e-12)
        assert found in {foot[1] for foot in feet if foot[0] <= best + 1e-12}


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 15))
def test_stacks_equal_their_naive_twin(seed, n):
    places = np.random.default_rng(seed).random((n, 2))
    label = list(range(n))
    for _ in range(n):
        for i in range(n):
            for j in range(n):
                if np.linalg.norm(places[i] - places[j]) <= 0.2:
                    label[i] = label[j] = min(label[i], label[j])
    firsts = sorted(set(label))
    assert stacks(places, 0.2).tolist() == [firsts.index(k) for k in label]


def test_walking_distances_agree_with_networkx():
    networkx = pytest.importorskip("networkx")
    rng = np.random.default_rng(3)
    corners = rng.random((5, 2))[rng.integers(0, 5, size=14)]
    distinct = np.repeat([(corners[2 * i] != corners[2 * i + 1]).any() for i in range(7)], 2)
    graph = street_graph(np.repeat(np.arange(7), 2)[distinct], corners[distinct], 0.2)
    peer = networkx.Graph()
    peer.add_nodes_from(range(len(graph.positions)))
    peer.add_weighted_edges_from(zip(*graph.edges.T.tolist(), graph.lengths.tolist(), strict=True))
    expected = networkx.single_source_dijkstra_path_length(peer, 0)
    ours = walking_distances(graph, np.array([0]))[0]
    np.testing.assert_allclose(ours, [expected.get(i, np.inf) for i in range(len(ours))], rtol=1e-12)


# digits ---------------------------------------------------------------------------------------------
def test_ink_becomes_mass():
    from sklearn.datasets import load_digits

    data = load_digits_grid()
    images = load_digits().images
    assert len(data.units) == 1797
    points, masses = data.distributions.atoms(7)
    mass = np.zeros(64)
    mass[np.ravel(points)] = masses
    np.testing.assert_allclose(mass.reshape(8, 8), images[7] / images[7].sum(), rtol=1e-12)
    np.testing.assert_allclose(data.distributions.totals, data.units["ink"])


@pytest.mark.parametrize("digits", [(10,), (3, 3), (), (1.5,), ("3",)])
def test_digits_are_checked(digits):
    with pytest.raises(InvalidParameterError, match="digits"):
        load_digits_grid(digits)


def test_one_digit_may_stand_alone():
    assert load_digits_grid(4).counts() == {4: 181}
