import numpy as np
import pytest

from stattools.datasets._base import read_table
from stattools.datasets.birth_weight import load_birth_weight
from tests.helpers import assert_snapshot


@pytest.fixture(scope="module")
def frame():
    return load_birth_weight().frame


# property -----------------------------------------------------------------------------------------------------------
def test_rows_are_the_complete_ones_of_the_file(frame):
    table = read_table("births_2014")
    complete = table.dropna()
    assert len(table) == 1000 and len(frame) == len(complete) == 941
    for name in ("weeks", "sex", "mother_age"):
        assert (frame[name].to_numpy() == complete[name].to_numpy()).all()
    assert (frame["smoker"].to_numpy() == (complete["habit"] == "smoker").to_numpy()).all()


def test_weights_are_in_kilograms(frame):
    complete = read_table("births_2014").dropna()
    # rounded to a gram and to a tenth of a kilogram
    np.testing.assert_allclose(frame["weight"], complete["weight"] * 0.45359237, rtol=0, atol=0.5e-3 + 1e-12)
    np.testing.assert_allclose(frame["gained"], complete["gained"] * 0.45359237, rtol=0, atol=0.05 + 1e-12)
    assert frame["weight"].between(0.3, 6).all()


def test_types_are_those_of_statistics(frame):
    assert not frame.isna().any(axis=None)
    assert frame["weeks"].dtype == np.int64 and frame["smoker"].dtype == bool
    assert set(frame["sex"]) == {"female", "male"}


# reference ----------------------------------------------------------------------------------------------------------
def test_what_every_textbook_says_of_birth_weight(frame):
    mean = frame.groupby("sex")["weight"].mean()
    assert 0.02 < mean["male"] - mean["female"] < 0.3  # boys are some 0.1 kg heavier
    assert frame["weight"].corr(frame["weeks"]) > 0.4
    term = frame["weeks"].between(37, 42)
    smoking = frame[term].groupby("smoker")["weight"].mean()
    assert smoking[True] < smoking[False]


def test_numbers_that_the_documentation_states(frame):
    assert frame["weeks"].max() == 46
    assert load_birth_weight().remarks[0].startswith("59 of 1000")


# print --------------------------------------------------------------------------------------------------------------
def test_printed_form():
    text = repr(load_birth_weight())
    assert text.isascii() and max(map(len, text.splitlines())) <= 80
    assert_snapshot(text, "dataset_birth_weight.txt")
