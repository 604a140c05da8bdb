import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from stattools.distributions import DistributionArray
from stattools.domains import Circle, Grid
from stattools.exceptions import InvalidDataError, InvalidParameterError

TABLES = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}


def columns():
    return {
        "unit": ["b", "a", "b", "c", "a"],
        "group": ["x", "y", "x", "x", "y"],
        "value": [1.0, 2.0, 3.0, 4.0, 5.0],
        "other": [5, 4, 3, 2, 1],
        "mass": [1.0, 1.0, 3.0, 2.0, 1.0],
    }


@pytest.fixture(params=TABLES)
def table(request):
    return lambda **changes: TABLES[request.param]({**columns(), **changes})


def test_units_keep_their_order_of_appearance_and_rows_theirs(table):
    array = DistributionArray.from_frame(table(), value="value", unit="unit", group="group")
    assert array.names == ("b", "a", "c")
    assert array.groups.tolist() == ["x", "y", "x"]
    assert array.offsets.tolist() == [0, 2, 4, 5]
    assert array.points.ravel().tolist() == [1, 3, 2, 5, 4]
    assert array.masses is None


def test_several_value_columns_and_masses(table):
    array = DistributionArray.from_frame(table(), value=["value", "other"], unit="unit", mass="mass")
    assert array.atoms(0)[0].tolist() == [[1, 5], [3, 3]]
    assert array.atoms(0)[1].tolist() == [0.25, 0.75]
    assert array.totals.tolist() == [4, 2, 2]
    assert array.groups is None


def test_on_a_domain(table):
    array = DistributionArray.from_frame(table(), value="other", unit="unit", domain=Grid((6,)))
    assert array.points.tolist() == [5, 3, 4, 1, 2]
    wrapped = DistributionArray.from_frame(table(), value="value", unit="unit", domain=Circle(4.0))
    assert wrapped.points.ravel().tolist() == [1, 3, 2, 1, 0]


def test_a_unit_in_two_groups_is_an_error(table):
    with pytest.raises(
        InvalidDataError, match="'y' and 'x' .row 4 of df. within unit 'a'; a unit belongs to one group"
    ):
        DistributionArray.from_frame(table(group=["x", "y", "x", "x", "x"]), value="value", unit="unit", group="group")


def test_missing_labels_are_an_error(table):
    for column in ("unit", "group"):
        with pytest.raises(InvalidDataError, match=f"{column} column '{column}' is missing at row 2"):
            changed = columns()[column]
            changed[2] = None
            DistributionArray.from_frame(table(**{column: changed}), value="value", unit="unit", group="group")


@pytest.mark.parametrize("column", ["value", "mass"])
def test_missing_values_are_an_error_or_omitted(table, column):
    changed = columns()[column]
    changed[3] = None
    df = table(**{column: changed})
    with pytest.raises(InvalidDataError, match="nan in distribution 2 .'c'., point 0"):
        DistributionArray.from_frame(df, value="value", unit="unit", mass="mass")
    array = DistributionArray.from_frame(df, value="value", unit="unit", group="group", mass="mass", nan_policy="omit")
    assert array.names == ("b", "a")
    assert array.groups.tolist() == ["x", "y"]
    assert array.n_omitted == 2
    assert array.remarks[1] == "1 of 3 distributions omitted, without a point: c"


def test_missing_integers_are_missing():
    df = pd.DataFrame({"u": ["a", "a"], "v": pd.array([1, None], dtype="Int64")})
    assert DistributionArray.from_frame(df, value="v", unit="u", nan_policy="omit").n_atoms.tolist() == [1]
    df = pl.DataFrame({"u": ["a", "a"], "v": [1, None]})
    assert DistributionArray.from_frame(df, value="v", unit="u", nan_policy="omit").n_atoms.tolist() == [1]


def test_categories_order_the_groups():
    df = pd.DataFrame(columns()).assign(group=lambda d: pd.Categorical(d["group"], categories=["y", "z", "x"]))
    assert DistributionArray.from_frame(df, value="value", unit="unit", group="group").group_levels == ("y", "x")
    enum = pl.DataFrame(columns()).with_columns(pl.col("group").cast(pl.Enum(["y", "z", "x"])))
    assert DistributionArray.from_frame(enum, value="value", unit="unit", group="group").group_levels == ("y", "x")


def test_units_may_be_numbers_and_dates():
    df = pd.DataFrame({"day": pd.to_datetime(["2020-01-02", "2020-01-01", "2020-01-02"]), "v": [1, 2, 3]})
    assert DistributionArray.from_frame(df, value="v", unit="day").names[0].startswith("2020-01-02")
    df = pd.DataFrame({"id": [3, 1, 3], "v": [1, 2, 3]}, index=[7, 7, 7])
    assert DistributionArray.from_frame(df, value="v", unit="id").names == ("3", "1")


def test_tables_and_columns_are_checked(table):
    with pytest.raises(InvalidParameterError, match="value is 'speed'; the table has the columns unit, group"):
        DistributionArray.from_frame(table(), value="speed", unit="unit")
    with pytest.raises(InvalidParameterError, match="mass is 'weight'"):
        DistributionArray.from_frame(table(), value="value", unit="unit", mass="weight")
    with pytest.raises(InvalidParameterError, match="value is empty"):
        DistributionArray.from_frame(table(), value=[], unit="unit")
    with pytest.raises(InvalidDataError, match="column 'group' of df has dtype .*; it must hold numbers"):
        DistributionArray.from_frame(table(), value="group", unit="unit")
    with pytest.raises(InvalidDataError, match="masses has -1.0 in distribution 0"):
        DistributionArray.from_frame(table(mass=[-1.0] * 5), value="value", unit="unit", mass="mass")


@pytest.mark.parametrize("role", ["value", "unit", "group", "mass"])
def test_what_is_no_column_is_refused(table, role):
    good = {"value": "value", "unit": "unit", "group": "group", "mass": "mass"}
    for column in (5, ["value", "nothing"], b"value", *([] if role in ("group", "mass") else [None])):
        with pytest.raises(InvalidParameterError, match=f"{role} is .*; the table has the columns"):
            DistributionArray.from_frame(table(), **{**good, role: column})


def test_columns_of_pandas_may_have_numbers_and_must_differ():
    df = pd.DataFrame([[1.0, 7], [2.0, 7], [3.0, 8]])
    assert DistributionArray.from_frame(df, value=0, unit=1).names == ("7", "8")
    with pytest.raises(InvalidParameterError, match="value is 'v'; the table has the columns 0, 1"):
        DistributionArray.from_frame(df, value="v", unit=1)
    df.columns = ["v", "v"]
    with pytest.raises(InvalidParameterError, match="more than one column 'v'"):
        DistributionArray.from_frame(df, value="v", unit="v")


@pytest.mark.parametrize("role", ["unit", "group"])
@pytest.mark.parametrize(
    "labels",
    [
        pd.array([1, None], dtype="Int64"),
        pd.Series([1, pd.NA], dtype=object),
        pd.Series(["a", None]),
        pd.to_datetime(["2020-01-01", None]),
        [1.0, np.nan],
    ],
    ids=["Int64", "object", "text", "date", "float"],
)
def test_every_kind_of_missing_label_is_an_error(role, labels):
    df = pd.DataFrame({"unit": ["a", "b"], "group": ["x", "y"], "v": [1.0, 2.0]}).assign(**{role: labels})
    with pytest.raises(InvalidDataError, match=f"{role} column '{role}' is missing at row 1 of df"):
        DistributionArray.from_frame(df, value="v", unit="unit", group="group")


def test_a_nan_of_polars_is_a_missing_label():
    df = pl.DataFrame({"unit": [1.0, float("nan")], "v": [1.0, 2.0]})
    with pytest.raises(InvalidDataError, match="unit column 'unit' is missing at row 1"):
        DistributionArray.from_frame(df, value="v", unit="unit")


def test_lists_are_no_labels():
    df = pd.DataFrame({"unit": [[1], [2]], "v": [1.0, 2.0]})
    with pytest.raises(InvalidDataError, match="unit column 'unit' of df has dtype .*, which holds no labels"):
        DistributionArray.from_frame(df, value="v", unit="unit")


def test_what_is_no_table_is_refused():
    for df in ([1, 2], np.zeros((2, 2)), None, {"value": [1]}, pl.LazyFrame({"value": [1], "unit": ["a"]})):
        with pytest.raises(InvalidParameterError, match="pass a pandas, polars or pyarrow table"):
            DistributionArray.from_frame(df, value="value", unit="unit")
    with pytest.raises(InvalidDataError, match="no rows"):
        DistributionArray.from_frame(pd.DataFrame({"value": [], "unit": []}), value="value", unit="unit")
