"""The commands as a user starts them: demo, versions, warmup, help."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest

from stattools import Circle, DistributionArray, isw_test
from stattools.cli import demo, figures, html, places, words
from stattools.cli._parser import PROGRAM, build_parser


# demo ----------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A quick demo of all four studies: what it printed, and its page."""
    import contextlib
    import io

    path = tmp_path_factory.mktemp("demo") / "report.html"
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        demo.run(out=str(path), seed=7, quick=True)
    return printed.getvalue(), path.read_text(encoding="utf-8"), path


def test_the_demo_says_where_its_report_is(report):
    printed, _, path = report
    assert f"Report: {path}" in printed.splitlines()


def test_the_report_needs_nothing_but_itself(report):
    page = report[1]
    assert not re.search(r"https?:|[\"'(]//|<script|<link|@import|url\(", page)
    sources = re.findall(r'src="([^"]{0,22})', page)
    assert sources and set(sources) == {"data:image/png;base64,"}
    assert "default-src 'none'" in page


def test_every_study_has_its_parts(report):
    printed, page, _ = report
    for title, _ in demo.STUDIES.values():
        assert title in printed and f">{title}</h2>" in page
    for label in ("Question", "Data and unit", "Design", "Source", "Licence"):
        assert page.count(f"<dt>{label}</dt>") == len(demo.STUDIES)
    assert page.count("<figure>") >= 6 * len(demo.STUDIES)
    assert "--seed 7 --quick" in page and "numpy" in page


def test_what_is_printed_is_in_the_report(report):
    printed, page, _ = report
    numbers = re.findall(r"^(?:T\*|F2|-log10 min p) = .*p-value.*$", printed, flags=re.MULTILINE)
    assert len(numbers) == 5
    for line in numbers:
        assert line.replace("<", "&lt;") in page


def test_the_same_seed_gives_the_same_words():
    settings = demo.Settings(3, 99, 99)
    first, second = (demo._findings(demo.digits(settings)) for _ in range(2))
    assert first == second


def test_without_matplotlib_the_demo_says_so(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(figures, "available", lambda: False)
    demo.run(out=str(tmp_path), seed=1, quick=True, studies=("grid",))
    printed = capsys.readouterr().out
    page = (tmp_path / demo.REPORT).read_text(encoding="utf-8")
    assert "matplotlib is not installed" in printed and "Matplotlib is not installed" in page
    assert "<img" not in page and "two-sample test" in page


def test_the_place_of_the_report_is_checked_before_the_work(run, tmp_path):
    (tmp_path / "taken").write_text("")
    result = run("demo", "--out", tmp_path / "taken" / "report.html")
    assert result.code == 2 and result.out == "" and "cannot write" in result.err


@pytest.mark.parametrize("out, name", [("r.html", "r.html"), ("a/b/r.HTM", "r.HTM"), ("folder", "default.html")])
def test_target(tmp_path, out, name):
    path = html.target(str(tmp_path / out), default_name="default.html")
    assert path.name == name and path.exists()


# sentences -----------------------------------------------------------------------------------------------------------
def made_up(p, interval=(0.0, 0.0), n_exceeding=0, n_resamples=99):
    from types import SimpleNamespace

    info = SimpleNamespace(exact=False, n_exceeding=n_exceeding, n_resamples=n_resamples, interval=interval)
    return SimpleNamespace(pvalue=p, resampling=info)


def test_a_conclusion_follows_the_p_value():
    assert "contradict that all is well (p-value = 0.01, the smallest that 99 resamples can give)." in words.conclusion(
        made_up(0.01), null="all is well"
    )
    assert "do not contradict" in words.conclusion(made_up(0.3, n_exceeding=29), null="all is well")
    open_question = words.conclusion(made_up(0.04, (0.01, 0.1), n_exceeding=3), null="all is well")
    assert "contradict that" in open_question and "more resamples" in open_question


def localised(shift, n=10):
    """Two groups on a circle of values rounded to ten degrees, and where they differ."""
    rng = np.random.default_rng(3)
    centres = np.repeat([120.0, 120.0 + shift], n)
    units = [np.mod(np.round(rng.normal(c, 25, 60), -1), 360) for c in centres]
    x = DistributionArray.from_samples(units, domain=Circle(360, unit="deg"), groups=np.repeat(["a", "b"], n))
    result = isw_test(x, n_resamples=199, rng=1)
    return x, result, result.localize(n_resamples=199, rng=1)


def test_after_a_test_that_found_nothing_components_are_called_a_search():
    x, result, found = localised(0.0)
    assert result.pvalue > 0.05
    first = words.where(found, x, test=result)[0]
    assert "exploratory search" in first and "an error of its own" in first
    x, result, found = localised(40.0)
    assert result.pvalue <= 0.05
    assert "exploratory" not in words.where(found, x, test=result)[0]


def test_sentences_on_places_count_those_that_hold_data():
    x, _, found = localised(40.0)
    held = places.holding_data(x, found.points, found.embedding.slicer)
    assert 100 < held.sum() < 300 and held[[90, 95, 120, 155]].all() and not held[300]  # between the tens as well
    text = words.where(found, x)[1]
    marked = found.p_map <= 0.05
    assert f"at {(held & marked).sum()} of the {held.sum()} points of the map that hold data" in text
    assert f"of all 360 points {marked.sum()}" in text
    assert "smoothed mean densities" in text and "more mass in a most of all around" in text


def test_storms_keep_their_colours_in_both_tests():
    from stattools import datasets

    data = demo._in_order(datasets.load_storms(by="season"), ("peak", "late", "early"))
    assert data.distributions.group_levels == ("peak", "late", "early")
    two = data.distributions[np.isin(data.groups, ["peak", "late"])]
    assert two.group_levels == ("peak", "late")


# other commands ------------------------------------------------------------------------------------------------------
def test_versions(run):
    result = run("versions")
    assert result.code == 0 and "numpy" in result.out


def test_warmup_times_every_step(run):
    lines = run("warmup").out.splitlines()
    assert all(re.fullmatch(r".+\S +\d+\.\d\d s", line) for line in lines[:-1])
    assert any(line.startswith("isw_test") for line in lines) and lines[-2].startswith("all")


@pytest.mark.parametrize("disabled, words", [("1", "nothing was compiled"), ("0", "[Mm]achine code")])
def test_warmup_says_whether_anything_was_compiled(disabled, words):
    code = "from stattools.cli.warmup import _cache_words; print(_cache_words())"
    environment = {**os.environ, "NUMBA_DISABLE_JIT": disabled}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert re.search(words, done.stdout)


def test_every_command_explains_itself(run):
    for command in ((), ("demo",), ("compare",), ("versions",), ("warmup",)):
        result = run(*command, "--help")
        assert result.code == 0 and "usage: python -m stattools" in result.out
        assert max(map(len, result.out.splitlines())) <= 125


def test_examples_in_the_help_can_be_parsed(run):
    text = run("compare", "--help").out + run("--help").out
    lines = re.sub(r"\\\n +", "", text).splitlines()
    examples = [line.strip().removeprefix(PROGRAM).split() for line in lines if line.strip().startswith(PROGRAM)]
    assert len(examples) >= 6
    for example in examples:
        if "--help" not in example:
            build_parser().parse_args(example)


def test_no_command(run):
    result = run()
    assert result.code == 2 and result.err.count("\n") == 1 and "--help" in result.err


def test_the_module_can_be_run():
    shown = subprocess.run([sys.executable, "-m", "stattools", "--version"], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"stattools \d+\.\d+\.\d+\n", shown.stdout)


def test_a_closed_pipe_is_no_error():
    command = f"{sys.executable} -m stattools versions | true; exit ${{PIPESTATUS[0]}}"
    shown = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert shown.returncode == 0 and shown.stderr == ""


def test_a_wrong_command_does_not_load_what_it_does_not_need():
    code = (
        "import sys; from stattools.cli import main; main(['compare', 'absent.csv', '--value', 'x', '--unit', 'u', "
        "'--group', 'g']); print(sorted({'numba', 'matplotlib', 'scipy'} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "matplotlib" not in shown.stdout
