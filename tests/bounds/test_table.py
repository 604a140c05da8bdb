"""Tables of bounds."""

import copy
import pickle

import numpy as np
import pytest

from stattools._provenance import Provenance
from stattools.bounds import BoundTable
from stattools.exceptions import InvalidParameterError
from stattools.results import BoundResult, Result
from stattools.results.interval import ConfidenceInterval
from tests.helpers import assert_snapshot

SOURCE = Provenance.capture("example()", sizes={"n": 1000})
SHARED = {"provenance": SOURCE, "empirical_risk": 0.1, "n": 1000}


def certificate(name, value, **options):
    options = {"kind": "high-probability", "delta": 0.05, "assumptions": ("losses are independent",), **options}
    return BoundResult(method=name, value=value, gap=value - 0.1, **{**SHARED, **options})


def average(name, value, **options):
    options = {"kind": "expectation", "assumptions": ("masks are uniform", f"{name} is exact"), **options}
    return BoundResult(method=name, value=value, gap=value - 0.1, **{**SHARED, **options})


@pytest.fixture
def table():
    bounds = (
        certificate("Hoeffding", 0.1387),
        average("Loss differences", 1.2, noise_floor=0.03),
        certificate("Chernoff-kl", 0.1247),
        average("Single losses", 0.21, interval=ConfidenceInterval(0.19, 0.24, of="the bound")),
    )
    return BoundTable(
        provenance=SOURCE, bounds=bounds, keys=("hoeffding", "ld_mi", "kl", "single"), method="Some bounds",
        data_name="a thousand losses", settings={"pool": "auto"}, notes=("a remark",),
    )  # fmt: skip


# property ------------------------------------------------------------------------------------------------------------
def test_it_is_a_sequence_with_names(table):
    assert len(table) == 4
    assert [bound.method for bound in table] == ["Hoeffding", "Loss differences", "Chernoff-kl", "Single losses"]
    assert table["kl"] is table[2] is table[-2]
    assert table[1:3] == (table["ld_mi"], table["kl"])
    assert "kl" in table and "kk" not in table and table[0] in table
    assert dict(table.items())["hoeffding"] is table[0]


def test_round_trips(table):
    assert BoundTable.from_json(table.to_json()) == table == Result.from_dict(table.to_dict())
    assert pickle.loads(pickle.dumps(table)) == table == copy.deepcopy(table)
    assert BoundTable.from_json(table.to_json())["ld_mi"].vacuous


def test_tidy_has_a_row_a_bound(table):
    frame = table.tidy()
    assert frame["key"].tolist() == list(table.keys)
    for name in ("value", "gap", "kind", "vacuous", "n", "method"):
        assert frame[name].tolist() == [getattr(bound, name) for bound in table]
    assert frame["delta"].isna().tolist() == [False, True, False, True]
    assert frame["conf_high"].tolist()[3] == 0.24 and np.isnan(frame["conf_high"][0])
    assert frame["noise_floor"].dtype == float


def test_glance_never_ranks_kinds_together(table):
    frame = table.glance()
    assert len(frame) == 1
    row = frame.iloc[0]
    assert (row["high_probability_key"], row["expectation_key"]) == ("kl", "single")
    assert row["high_probability_value"] == 0.1247 and row["expectation_value"] == 0.21
    assert row["up_to_constant_key"] is None or row["up_to_constant_key"] != row["up_to_constant_key"]
    assert (row["n_bounds"], row["n_vacuous"]) == (4, 1)


def test_a_bound_that_is_not_a_number_is_never_the_smallest():
    table = BoundTable(
        provenance=SOURCE, bounds=(certificate("A", np.nan), certificate("B", 0.5)), keys=("a", "b"), method="Two"
    )
    assert table.glance()["high_probability_key"][0] == "b"


def test_the_report_states_the_probability_and_what_choosing_costs():
    one = BoundTable(provenance=SOURCE, bounds=(certificate("A", 0.2),), keys=("a",), method="One")
    said = "One: the smallest of 1 high-probability bound is risk <= 0.2 (A), with probability at least 0.95."
    assert one.report() == said
    bounds = tuple(certificate(name, 0.2, delta=0.6) for name in "AB")
    two = BoundTable(provenance=SOURCE, bounds=bounds, keys=("a", "b"), method="Two")
    assert "with probability at least 0.4 if it was named beforehand" in two.report()
    assert "with no probability that is stated if it was chosen among the 2" in two.report()


def test_diagnostics_are_marked_and_never_the_smallest():
    bounds = (average("A", 0.3), average("B", 0.1, diagnostic="its estimate errs downward"))
    table = BoundTable(provenance=SOURCE, bounds=bounds, keys=("a", "b"), method="Two")
    assert table.glance()["expectation_key"][0] == "a" and "smallest a" in repr(table)
    assert "1 diagnostic, no bound" in repr(table) and "1 diagnostic, no bound" in table.report()
    assert next(line for line in str(table).split("\n") if line.startswith("  b ")).endswith("diagnostic")
    assert table.tidy()["diagnostic"].tolist() == [False, True]
    alone = BoundTable(provenance=SOURCE, bounds=bounds[1:], keys=("b",), method="One")
    assert alone.glance()["expectation_key"][0] is None and alone.report() == "One: 1 diagnostic, no bound."


# errors --------------------------------------------------------------------------------------------------------------
def test_an_unknown_key_is_named(table):
    with pytest.raises(KeyError, match="did you mean 'hoeffding'"):
        table["hoefding"]
    with pytest.raises(IndexError):
        table[4]


@pytest.mark.parametrize(
    "change, message",
    [
        ({"bounds": ()}, "bounds is empty"),
        ({"keys": ("a",)}, "keys has 1 names for 2 bounds"),
        ({"keys": "a"}, "keys has 1 names for 2 bounds"),
        ({"keys": ("a", "a")}, "keys has 'a' more than once"),
        ({"keys": ("a", "")}, "keys holds ''"),
        ({"keys": ("a", 1)}, "keys holds 1"),
        ({"bounds": (1, 2)}, "bounds holds a int"),
    ],
)
def test_refused(change, message):
    bounds = (certificate("A", 0.2), certificate("B", 0.3))
    with pytest.raises(InvalidParameterError, match=message):
        BoundTable(**{"provenance": SOURCE, "bounds": bounds, "keys": ("a", "b"), "method": "Two", **change})


# print ---------------------------------------------------------------------------------------------------------------
def test_printed_forms(table):
    text = "\n".join([str(table), table.report(), table.report(style="plain"), repr(table)])
    assert_snapshot(text, "bounds_table.txt")
    assert_snapshot(table.summary().as_text().split("\ncall:")[0], "bounds_table_summary.txt")
    for form in (table.summary().as_html(), table.summary().as_latex(), table.summary().as_markdown()):
        assert "Chernoff-kl" in form
