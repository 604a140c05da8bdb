import importlib
import json
import shlex

import numpy as np
import pandas as pd
import pytest

from stattools import Circle, DistributionArray, Grid, Sphere, isw_anova, isw_test
from stattools.cli.outputs import plain
from tests.cli.conftest import BASIC, winds


def by_hand(table, **options):
    named = table.assign(unit=table["place"] + " " + table["day"])
    units = DistributionArray.from_frame(named, value="dir", unit="unit", group="place", domain=Circle(360))
    return isw_test(units, rng=1, **options)


# what is computed ----------------------------------------------------------------------------------------------------
def test_the_command_prints_what_the_function_returns(run, csv):
    result = run("compare", csv, *BASIC)
    assert result.code == 0 and result.err == ""
    assert result.out.strip() == str(by_hand(winds())).strip()


def test_json_holds_the_same_numbers_and_nothing_else(run, csv):
    result = run("compare", csv, *BASIC, "--json")
    content = json.loads(result.out)
    expected = by_hand(winds())
    assert (content["statistic"], content["pvalue"]) == (expected.statistic, expected.pvalue)
    assert content["n"] == {"A": 8, "B": 8}
    assert content["resampling"]["n_exceeding"] == expected.resampling.n_exceeding
    assert content["components"]["share"] == expected.components["share"].tolist()
    assert content["provenance"]["command"] == shlex.join(
        ["python", "-m", "stattools", "compare", str(csv), *BASIC, "--json"]
    )
    assert len(result.out) < 10_000  # no array of units, features or resamples


def test_options_reach_the_test(run, csv):
    words = ("--statistic", "combined", "--calibration", "asymptotic", "--combination", "cauchy", "--n-quantiles", "5")
    content = json.loads(run("compare", csv, *BASIC, *words, "--n-eigenfunctions", "4", "--json").out)
    expected = by_hand(
        winds(),
        statistic="combined",
        calibration="asymptotic",
        combination="cauchy",
        n_quantiles=5,
        n_eigenfunctions=4,
    )
    assert content["pvalue"] == expected.pvalue
    assert content["resampling"] is None


def test_parquet_tab_separated_compressed_and_standard_input_agree(run, tmp_path, csv, monkeypatch):
    expected = run("compare", csv, *BASIC).out
    winds().to_parquet(tmp_path / "w.parquet")
    winds().to_csv(tmp_path / "w.tsv", index=False, sep="\t")
    winds().to_csv(tmp_path / "w.csv.gz", index=False)
    for name in ("w.parquet", "w.tsv", "w.csv.gz"):
        assert run("compare", tmp_path / name, *BASIC).out == expected
    with csv.open(encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stdin", stream)
        assert run("compare", "-", *BASIC).out == expected


def test_pairs_are_matched_by_label_whatever_the_order_of_rows(run, tmp_path):
    table = winds()
    expected = by_hand(table, paired=True)
    table.sample(frac=1, random_state=3).sort_values("place", ascending=False, kind="stable").to_csv(
        tmp_path / "w.csv", index=False
    )
    content = json.loads(run("compare", tmp_path / "w.csv", *BASIC, "--pair", "day", "--json").out)
    np.testing.assert_allclose(content["statistic"], expected.statistic, rtol=1e-10)  # sums in another order
    assert content["pvalue"] == expected.pvalue
    assert "paired" in content["method"]


def test_joined_labels_do_not_make_one_unit_of_two(run, tmp_path):
    table = winds().assign(place=lambda t: t["place"].replace("A", "A 1"))
    table.loc[table["day"] == "000", "day"] = "1 000"
    table.loc[(table["place"] == "A 1") & (table["day"] == "001"), ["place", "day"]] = ["A", "1 1 000"]
    table.to_csv(tmp_path / "w.csv", index=False)
    result = run("compare", tmp_path / "w.csv", *BASIC)
    assert result.code == 2
    assert "two units are named 'A 1 1 000' once the columns place, day are joined" in result.err


def test_strata_and_blocks_follow_the_units(run, csv):
    table = winds()
    halves = table.drop_duplicates(["place", "day"])["half"].to_numpy()
    content = json.loads(run("compare", csv, *BASIC, "--strata", "half", "--json").out)
    assert content["pvalue"] == by_hand(table, strata=halves).pvalue
    assert "strata" in content["settings"]["exchanged"]
    content = json.loads(run("compare", csv, *BASIC, "--pair", "day", "--blocks", "pairs", "--json").out)
    assert content["pvalue"] == by_hand(table, paired=True, blocks=np.arange(8) % 7).pvalue
    assert content["resampling"]["n_distinct"] < 2**8  # seven blocks of pairs, not eight pairs


def test_three_groups_are_an_analysis_of_variance(run, tmp_path):
    table = pd.concat([winds(), winds(seed=1)[lambda t: t["place"] == "B"].assign(place="C")])
    table.to_csv(tmp_path / "w.csv", index=False)
    content = json.loads(run("compare", tmp_path / "w.csv", *BASIC, "--json").out)
    named = table.assign(unit=table["place"] + " " + table["day"])
    units = DistributionArray.from_frame(named, value="dir", unit="unit", group="place", domain=Circle(360))
    assert content["statistic"] == isw_anova(units, rng=1).statistic


def test_longitude_and_latitude_become_points_of_the_sphere(run, tmp_path):
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(-180, 180, 120), rng.uniform(-60, 60, 120)
    unit, group = np.repeat(np.arange(8), 15), np.repeat(["a", "b"], 60)
    pd.DataFrame({"lon": lon, "lat": lat, "u": unit, "g": group}).to_csv(tmp_path / "s.csv", index=False)
    words = ("--value", "lon", "lat", "--unit", "u", "--group", "g", "--domain", "sphere-lonlat", "--json")
    content = json.loads(run("compare", tmp_path / "s.csv", *words).out)
    samples = list(Sphere.from_lonlat(lon, lat).reshape(8, 15, 3))
    expected = isw_test(DistributionArray.from_samples(samples, domain=Sphere(), groups=group[::15]))
    np.testing.assert_allclose(content["statistic"], expected.statistic, rtol=1e-12)  # text keeps 17 digits


def test_masses_at_the_nodes_of_a_grid(run, tmp_path):
    rng = np.random.default_rng(0)
    counts = rng.integers(0, 5, (10, 36))
    image, node = np.nonzero(counts)
    table = pd.DataFrame({"image": image, "node": node, "ink": counts[image, node], "digit": image % 2})
    table.to_csv(tmp_path / "g.csv", index=False)
    words = ("--value", "node", "--mass", "ink", "--unit", "image", "--group", "digit", "--domain", "grid:6x6")
    content = json.loads(run("compare", tmp_path / "g.csv", *words, "--localize", "--json").out)
    units = DistributionArray.from_histogram(counts, domain=Grid((6, 6)), groups=np.arange(10) % 2)
    np.testing.assert_allclose(content["statistic"], isw_test(units).statistic, rtol=1e-10)
    assert len(content["localization"]["map"]["witness"]) == 36


def test_resamples_of_a_localisation_are_an_option_of_their_own(run, csv):
    words = ("compare", csv, *BASIC, "--n-resamples", "99", "--localize")
    assert "1999 resamples" in run(*words).out
    assert "family-wise error; 99 resamples" in run(*words, "--localize-resamples", "99").out


def test_utf_16_is_read_when_it_is_named(run, csv, tmp_path):
    (tmp_path / "u.csv").write_text(csv.read_text(encoding="utf-8"), encoding="utf-16")
    assert run("compare", tmp_path / "u.csv", *BASIC, "--encoding", "utf-16").out == run("compare", csv, *BASIC).out


def test_labels_stay_as_they_are_written(run, tmp_path):
    table = pd.DataFrame({"x": np.arange(24.0) ** 1.5, "u": np.repeat(["7", "07", "007", "x", "nan", "NA"], 4)})
    table.assign(g=np.repeat(["NA", "EU"], 12)).to_csv(tmp_path / "t.csv", index=False)
    content = json.loads(
        run("compare", tmp_path / "t.csv", "--value", "x", "--unit", "u", "--group", "g", "--json").out
    )
    assert content["n"] == {"EU": 3, "NA": 3}


def test_json_values():
    assert plain({"a": np.inf, "b": (np.float64(1.5), np.bool_(True)), 3: 2**53 + 1}) == {
        "a": None,
        "b": [1.5, True],
        "3": str(2**53 + 1),
    }


# warnings and mistakes -----------------------------------------------------------------------------------------------
def test_warnings_go_to_standard_error_and_leave_json_clean(run, tmp_path):
    winds(n_days=2).to_csv(tmp_path / "w.csv", index=False)
    result = run("compare", tmp_path / "w.csv", *BASIC, "--json")
    assert result.code == 0
    assert json.loads(result.out)["warnings"]
    assert result.err.startswith("warning: the smallest p-value that can be attained is 0.333")
    assert result.err.count("\n") == 1
    printed = run("compare", tmp_path / "w.csv", *BASIC)
    assert "warning: the smallest p-value" in printed.out and printed.err == ""


def test_a_missing_value_is_refused_or_counted(run, tmp_path):
    table = winds()
    table.loc[5, "dir"] = np.nan
    table.to_csv(tmp_path / "w.csv", index=False)
    refused = run("compare", tmp_path / "w.csv", *BASIC)
    assert refused.code == 2 and "'A 000'" in refused.err and "--nan-policy omit" in refused.err
    assert "1 of 192 points omitted" in run("compare", tmp_path / "w.csv", *BASIC, "--nan-policy", "omit").out


def change(column, value, row=5):
    def edit(table):
        table[column] = table[column].astype(object)
        table.loc[row, column] = value
        return table

    return edit


MISTAKES = {
    "no such column": (None, ("--value", "direction"), "no column 'direction'; it has: place, day, half, pairs, dir"),
    "case of a column": (None, ("--value", "Dir"), "did you mean 'dir'?"),
    "column twice": (None, ("--group", "dir"), "column 'dir' is both --value and --group"),
    "units share names": (None, ("--unit", "day"), "join the columns: --unit place day"),
    "one group": (lambda t: t[t["place"] == "A"], (), "single level 'A'"),
    "no number": (change("dir", "calm"), (), "has 'calm' in row 6 below the header"),
    "decimal comma": (change("dir", "1,5"), (), "write decimals with a point"),
    "infinite": (change("dir", np.inf), (), "inf"),
    "empty label": (change("day", None), (), "column 'day' is empty in row 6"),
    "empty group": (change("place", None), (), "column 'place' is empty in row 6"),
    "domain": (None, ("--domain", "circl:360"), "did you mean 'circle'?"),
    "domain number": (None, ("--domain", "circle:x"), "circle:PERIOD"),
    "domain too small": (None, ("--domain", "interval:0,100"), "outside [0, 100]"),
    "too few columns": (None, ("--domain", "sphere-lonlat"), "takes longitude, then latitude"),
    "too many columns": (None, ("--value", "dir", "half"), "takes 1 column"),
    "line of two": (None, ("--value", "dir", "half", "--domain", "line"), "such as box:0,1,0,1"),
    "node": (None, ("--domain", "grid:8x8"), "node ids"),
    "statistic": (None, ("--statistic", "F"), "invalid choice: 'F'"),
    "for more groups": (None, ("--statistic", "pseudo_f"), "three or more groups"),
    "no such calibration": (None, ("--statistic", "omnibus", "--calibration", "wild"), "permutation"),
    "resamples": (None, ("--n-resamples", "0"), "'0' is not a whole number of at least 1"),
    "seed": (None, ("--seed", "-1"), "'-1' is not a whole number of at least 0"),
    "partner": (lambda t: t.iloc[12:], ("--pair", "day"), "1 unit has no partner, with day '000'; remove it"),
    "pair twice": (None, ("--pair", "half"), "group 'A' has several units with half '0'"),
    "label of a unit": (change("half", 9), ("--strata", "half"), "unit 'A 000' has 2 labels in column 'half'"),
    "report": (None, ("--report", "out"), "a file ending in .html"),
    "resamples of nothing": (None, ("--localize-resamples", "99"), "without --localize"),
    "too few to localize": (None, ("--localize", "--localize-resamples", "18"), "'18' is less than 19"),
    "unknown option": (None, ("--volume", "3"), "unrecognized arguments: --volume 3"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line_and_exit_code_2(name, run, tmp_path):
    edit, words, message = MISTAKES[name]
    table = winds() if edit is None else edit(winds())
    table.to_csv(tmp_path / "w.csv", index=False)
    result = run("compare", tmp_path / "w.csv", *BASIC, *words)
    assert result.code == 2 and result.out == ""
    assert result.err.startswith("stattools") and "error: " in result.err and result.err.count("\n") == 1
    assert message in result.err


THREE = {
    "--statistic omnibus": "compares two groups and 'place' has 3",
    "--calibration wild": "is for two groups",
    "--combination simes": "is for two groups",
    "--localize": "keep the rows of two of them",
    "--pair day": "use --strata day",
}


@pytest.mark.parametrize("words", THREE)
def test_options_for_two_groups_are_refused_for_three(words, run, tmp_path):
    table = pd.concat([winds(), winds().assign(place="C")])
    table.to_csv(tmp_path / "w.csv", index=False)
    result = run("compare", tmp_path / "w.csv", *BASIC, *words.split())
    assert result.code == 2 and THREE[words] in result.err


FILES = {
    "absent.csv": (None, "there is no file"),
    "empty.csv": ("", "is empty"),
    "header.csv": ("place,day,dir\n", "no row below it"),
    "semicolon.csv": ("place;day;dir\nA;1;2\n", "add --sep ';'"),
    "ragged.csv": ("place,day,dir\nA,1,2\nA,1,2,3,4\n", "Expected 3 fields in line 3, saw 5"),
    "shifted.csv": ("place,day,dir\nA,1,2,3\nA,1,2,3\n", "more fields than the header"),
    "latin.csv": ("place,day,dir\nZürich,1,2\n".encode("latin-1"), "--encoding latin-1"),
    "wide.csv": ("place,day,dir\nA,1,2\n".encode("utf-16"), "--encoding utf-16"),
    "no.parquet": ("place,day,dir\n", "cannot be read as Parquet"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_table(name, run, tmp_path):
    content, message = FILES[name]
    if content is not None:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    result = run("compare", tmp_path / name, *BASIC)
    assert result.code == 2 and message in result.err and result.err.count("\n") == 1


def test_a_folder_is_no_file(run, tmp_path):
    assert "is a folder" in run("compare", tmp_path, *BASIC).err


def test_parquet_without_pyarrow(run, tmp_path, monkeypatch):
    winds().to_parquet(tmp_path / "w.parquet")
    monkeypatch.setitem(importlib.import_module("sys").modules, "pyarrow", None)
    assert "pip install pyarrow" in run("compare", tmp_path / "w.parquet", *BASIC).err


# report --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "words", [(), ("--localize",), ("--domain", "interval:0,360", "--localize"), ("--domain", "line")]
)
def test_report(words, run, csv, tmp_path):
    path = tmp_path / "deep" / "r.html"
    result = run("compare", csv, *BASIC, "--n-resamples", "99", *words, "--report", path)
    assert result.code == 0 and str(path) in result.out
    page = path.read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") >= 3
    assert "Intrinsic sliced Wasserstein two-sample test" in page
    assert "http:" not in page


def test_labels_cannot_break_out_of_the_report(run, tmp_path):
    table = winds()
    table["place"] = table["place"].map({"A": '<script src="http://x/">', "B": "B & <b>"})
    table.to_csv(tmp_path / "w.csv", index=False)
    run("compare", tmp_path / "w.csv", *BASIC, "--n-resamples", "99", "--report", tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "<script" not in page and "<b>" not in page and "B &amp; &lt;b&gt;" in page
