import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from scipy import special

from stattools.datasets import MagneticField, Table, load_magnetic_field, load_nyc_flights
from stattools.datasets._base import read_table
from stattools.domains import Sphere
from stattools.domains._harmonics import real_harmonics
from stattools.exceptions import InvalidDataError, InvalidParameterError
from tests.helpers import assert_snapshot

TABLES = {"nyc_flights": load_nyc_flights, "magnetic_field": load_magnetic_field}
REFERENCE = Path(__file__).parent.parent / "reference" / "magnetic_field.csv"


# every table ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", TABLES)
def test_source_licence_and_question_are_stated(name):
    data = TABLES[name]()
    assert isinstance(data, Table)
    assert all(len(text) > 20 for text in (data.source, data.licence, data.question, data.description))


@pytest.mark.parametrize("name", TABLES)
def test_printed_form(name):
    text = repr(TABLES[name]())
    assert text.isascii() and max(map(len, text.splitlines())) <= 80
    assert_snapshot(text, f"dataset_{name}.txt")


@pytest.mark.parametrize("name", TABLES)
def test_a_table_survives_pickling_and_is_frozen(name):
    data = TABLES[name]()
    again = pickle.loads(pickle.dumps(data))
    pd.testing.assert_frame_equal(again.frame, data.frame)
    assert repr(again) == repr(data)
    with pytest.raises(AttributeError):
        data.name = "other"


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_no_missing_value_and_is_loaded_anew(name):
    frame = TABLES[name]().frame
    assert not frame.isna().any(axis=None)
    frame.iloc[0, -1] = -1
    assert TABLES[name]().frame.iloc[0, -1] != -1


# flights --------------------------------------------------------------------------------------------
def test_flights_are_those_of_the_file_that_landed():
    table, frame = read_table("nyc_flights_2013"), load_nyc_flights().frame
    assert len(table) == 51955 and table["air_time"].isna().sum() == 1946 and len(frame) == 50009
    keys = ["origin", "destination", "carrier", "month", "day", "hour", "air_time"]
    landed = table.dropna().astype({"air_time": "int64"}).sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(frame.sort_values(keys, ignore_index=True)[keys], landed[keys])


def test_flights_are_in_the_order_of_planned_departure():
    frame = load_nyc_flights().frame
    assert (frame["date"] + pd.to_timedelta(frame["hour"], unit="h")).is_monotonic_increasing
    assert frame["date"].nunique() == 59 and (frame["date"].dt.year == 2013).all()
    assert (frame["date"].dt.month == frame["month"]).all() and (frame["date"].dt.day == frame["day"]).all()
    assert frame["hour"].min() == 5 and frame["hour"].max() == 23


def test_every_route_of_the_flights_has_one_distance():
    routes, table = read_table("nyc_routes_2013"), read_table("nyc_flights_2013")
    pairs = set(zip(routes["origin"], routes["destination"], strict=True))
    assert len(pairs) == len(routes) == 190
    assert pairs == set(zip(table["origin"], table["destination"], strict=True))
    frame = load_nyc_flights().frame
    assert frame.loc[(frame["origin"] == "JFK") & (frame["destination"] == "HNL"), "distance"].unique() == [4983]


def test_no_flight_is_faster_than_an_airliner_in_a_jet_stream():
    frame = load_nyc_flights().frame
    miles_per_hour = 60 * frame["distance"] / frame["air_time"]
    assert 70 < miles_per_hour.min() and miles_per_hour.max() < 600


def test_numbers_that_the_documentation_states():
    frame = load_nyc_flights().frame
    planned = [name for name in frame if name != "air_time"]
    assert frame.duplicated(planned, keep=False).sum() == 1484
    assert (frame["carrier"] == "OO").sum() == 1
    assert (frame["carrier"].value_counts() > 1).sum() == frame["carrier"].nunique() - 1
    routes = frame.groupby(["origin", "destination", "carrier"])["air_time"].transform("mean")
    rest = frame["air_time"] - routes
    days = rest.groupby(frame["date"]).transform("mean")
    assert round((days**2).sum() / (rest**2).sum(), 2) == 0.13


# field: naive ---------------------------------------------------------------------------------------
def naive_field(frame, longitude, latitude):
    """North, east and outward by Schmidt's functions of scipy and central differences of the potential."""

    def potential(lon, lat, radius):
        total = 0.0
        for n, m, g, h in frame.itertuples(index=False):
            schmidt = (-1) ** m * special.lpmv(m, n, np.sin(lat))  # scipy attaches the sign, geomagnetism does not
            schmidt *= np.sqrt((2 if m else 1) * special.factorial(n - m) / special.factorial(n + m))
            total += radius ** -(n + 1) * (g * np.cos(m * lon) + h * np.sin(m * lon)) * schmidt
        return total

    step = 1e-5
    north = -(potential(longitude, latitude + step, 1) - potential(longitude, latitude - step, 1)) / (2 * step)
    east = -(potential(longitude + step, latitude, 1) - potential(longitude - step, latitude, 1)) / (2 * step)
    out = -(potential(longitude, latitude, 1 + step) - potential(longitude, latitude, 1 - step)) / (2 * step)
    return np.array([north, east / np.cos(latitude), out])


@given(longitude=st.floats(-180, 180), latitude=st.floats(-85, 85))
def test_the_field_is_minus_the_gradient_of_the_potential(longitude, latitude):
    field = load_magnetic_field()
    place = Sphere.from_lonlat([longitude], [latitude])
    north, east, out = naive_field(field.frame, np.radians(longitude), np.radians(latitude))
    # a step of 1e-5 leaves 1e-10 / 6 times the third derivative, which is far below 12^3 60000 nT = 1e8 nT
    np.testing.assert_allclose(field.north_east_down(place)[0], [north, east, -out], rtol=0, atol=1e-3)
    np.testing.assert_allclose(field.radial(place)[0], out, rtol=0, atol=1e-3)


# field: reference -----------------------------------------------------------------------------------
def test_the_field_agrees_with_pygeomag():
    table = pd.read_csv(REFERENCE)
    field, places = load_magnetic_field(), Sphere.from_lonlat(table["longitude"], table["latitude"])
    expected = table[["north", "east", "down"]].to_numpy()
    # the stored numbers have six decimals
    np.testing.assert_allclose(field.north_east_down(places), expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(field.radial(places), -expected[:, 2], rtol=0, atol=1e-6)


def test_degree_one_is_the_dipole_in_closed_form():
    field = load_magnetic_field()
    (_, _, g10, _), (_, _, g11, h11) = field.frame.head(2).itertuples(index=False)
    moment = np.array([g11, h11, g10])
    places = Sphere().uniform(50, rng=1)
    # B = 3 (moment . x) x - moment, for the sphere of radius 1; sums of three terms below 60000 nT
    out = 2 * places @ moment
    np.testing.assert_allclose(field.radial(places, degree=1), out, atol=1e-9)
    horizontal = np.linalg.norm(moment - (places @ moment)[:, None] * places, axis=1)
    components = field.north_east_down(places, degree=1)
    np.testing.assert_allclose(np.hypot(components[:, 0], components[:, 1]), horizontal, atol=1e-9)


# field: property ------------------------------------------------------------------------------------
def test_radial_coefficients_are_those_of_the_harmonics():
    field, places = load_magnetic_field(), Sphere().uniform(200, rng=2)
    assert field.radial_coefficients.shape == (168,) and not field.radial_coefficients.flags.writeable
    fitted = np.linalg.lstsq(real_harmonics(places, 12), field.radial(places), rcond=None)[0]
    # 200 places at random for 168 coefficients: the condition number is 112, times 60000 nT and 1e-16
    np.testing.assert_allclose(fitted, field.radial_coefficients, rtol=0, atol=1e-8)


def test_the_mean_square_is_the_sum_of_squared_coefficients():
    field = load_magnetic_field()
    height, weights = np.polynomial.legendre.leggauss(13)  # exact up to degree 25 in the height
    turn = 2 * np.pi * np.arange(26) / 26  # and up to 25 in the longitude
    z, angle = (part.ravel() for part in np.meshgrid(height, turn, indexing="ij"))
    ring = np.sqrt(1 - z**2)
    places = np.column_stack([ring * np.cos(angle), ring * np.sin(angle), z])
    share = np.repeat(weights / 52, 26)
    # sums of 338 terms, relative rounding
    squares = field.radial_coefficients**2
    np.testing.assert_allclose(share @ field.radial(places) ** 2, squares.sum(), rtol=1e-12)
    missed = field.radial(places) - field.radial(places, degree=8)
    np.testing.assert_allclose(share @ missed**2, squares[80:].sum(), rtol=1e-9)  # numbers 340 times as large cancel
    np.testing.assert_allclose(share @ field.radial(places), 0, atol=1e-9)
    assert (round(np.sqrt(squares.sum()), -1), round(np.sqrt(squares[80:].sum()))) == (35480, 104)


def test_components_have_no_break_at_the_poles():
    field = load_magnetic_field()
    for sign in (1.0, -1.0):
        pole = field.north_east_down([[0.0, 0.0, sign]])
        near = field.north_east_down(Sphere.from_lonlat([0.0], [sign * (90 - 1e-7)]))
        np.testing.assert_allclose(pole, near, rtol=0, atol=1e-3)  # 1e-7 degrees times 5 times 60000 nT a radian
        turned = field.north_east_down(Sphere.from_lonlat([90.0], [sign * (90 - 1e-7)]))[0]
        # a quarter turn to the east, east points where north did at the north pole, and against it at the south pole
        np.testing.assert_allclose(turned, [-sign * pole[0, 1], sign * pole[0, 0], pole[0, 2]], rtol=0, atol=1e-3)


def test_degree_keeps_the_terms_up_to_it():
    field, places = load_magnetic_field(), Sphere().uniform(20, rng=3)
    np.testing.assert_array_equal(field.radial(places, degree=12), field.radial(places))
    frame = field.frame.assign(**{name: field.frame[name].where(field.frame["n"] <= 5, 0.0) for name in ("g", "h")})
    short = MagneticField(
        **{name: getattr(field, name) for name in field.__dataclass_fields__ if name != "frame"}, frame=frame
    )
    # zeros are added in one of the two; rounding of sums of 168 terms
    np.testing.assert_allclose(field.radial(places, degree=5), short.radial(places), atol=1e-9)
    np.testing.assert_allclose(field.north_east_down(places, degree=5), short.north_east_down(places), atol=1e-9)


# field: errors --------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["radial", "north_east_down"])
def test_places_and_degrees_are_checked(method):
    evaluate = getattr(load_magnetic_field(), method)
    with pytest.raises(InvalidDataError, match="length 2 at row 1"):
        evaluate([[0.0, 0.0, 1.0], [0.0, 2.0, 0.0]])
    with pytest.raises(InvalidDataError, match="from_lonlat"):
        evaluate([[10.0, 50.0]])
    with pytest.raises(InvalidDataError, match="nan"):
        evaluate([[np.nan, 0.0, 1.0]])
    for degree in (0, 13, 1.5, "8"):
        with pytest.raises(InvalidParameterError, match="degree is"):
            evaluate([[0.0, 0.0, 1.0]], degree=degree)
