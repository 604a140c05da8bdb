import numpy as np
import pytest
from scipy import stats

from stattools.datasets._base import read_table
from stattools.datasets.climate import load_climate
from tests.helpers import assert_snapshot

TRANSFER, FEEDBACK = (1.6, 0.9), 1.1


@pytest.fixture(scope="module")
def frame():
    return load_climate().frame


# property -----------------------------------------------------------------------------------------------------------
def test_the_table_is_the_file(frame):
    assert frame.equals(read_table("climate_runs")) and len(frame) == 1500
    assert frame.columns.tolist() == ["temperature", "co2_forcing", "aerosol_forcing"]
    assert not frame.isna().any(axis=None)


def test_forcings_are_in_the_ranges_that_the_documentation_states(frame):
    assert frame["co2_forcing"].between(1.5, 5.5).all()
    assert (frame["aerosol_forcing"] < 0).all()
    # a uniform law: the mean is 3.5 with a standard error of 4 / sqrt(12 * 1500)
    assert abs(frame["co2_forcing"].mean() - 3.5) < 4 * 4 / np.sqrt(12 * 1500)


def test_the_forcings_are_independent_and_temperature_depends_on_both(frame):
    co2, aerosol, temperature = (frame[name].to_numpy() for name in ("co2_forcing", "aerosol_forcing", "temperature"))
    assert stats.spearmanr(co2, aerosol).pvalue > 0.05
    quarters = np.digitize(co2, np.quantile(co2, [0.25, 0.5, 0.75]))
    assert stats.kruskal(*(aerosol[quarters == k] for k in range(4))).pvalue > 0.05
    design = np.column_stack([np.ones(len(frame)), co2, aerosol])
    slopes = np.linalg.lstsq(design, temperature, rcond=None)[0][1:]
    assert (slopes > 0).all()


# reference ----------------------------------------------------------------------------------------------------------
def test_the_response_lies_below_that_of_a_climate_in_equilibrium(frame):
    # layers at rest have temperature forcing / feedback, and none of them gets there while forcing grows
    design = np.column_stack([np.ones(len(frame)), frame["co2_forcing"], frame["aerosol_forcing"]])
    slope = np.linalg.lstsq(design, frame["temperature"].to_numpy(), rcond=None)[0][1]
    assert 1 / (FEEDBACK + sum(TRANSFER)) < slope < 1 / FEEDBACK


def test_neither_forcing_is_a_function_of_the_other_columns(frame):
    design = np.column_stack([np.ones(len(frame)), frame["temperature"], frame["co2_forcing"]])
    y = frame["aerosol_forcing"].to_numpy()
    rest = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    assert 0.2 < rest.var() / y.var() < 0.4


# print --------------------------------------------------------------------------------------------------------------
def test_printed_form():
    text = repr(load_climate())
    assert text.isascii() and max(map(len, text.splitlines())) <= 80
    assert_snapshot(text, "dataset_climate.txt")
